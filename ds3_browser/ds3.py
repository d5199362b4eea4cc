"""The names of the original Python SDK, version 1, as a thin face of the client.

Scripts written for that SDK run after their `import` and the spelling of Python 3 are changed:

    from ds3_browser import ds3
    client = ds3.createClientFromEnv()

Each call blocks. Argument types are checked before anything is sent. Everything else about the
wire is in `protocol`, whose own client is the one for new programs.
"""

from __future__ import annotations

import enum
import functools
import math
import os
import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from http import HTTPStatus
from itertools import groupby, islice
from typing import NoReturn, ParamSpec, TypeVar

from .protocol import errors
from .protocol.client import Ds3Client as Client
from .protocol.client import from_environment
from .protocol.headers import Metadata
from .protocol.open_files import FilePart
from .protocol.records import Blob as ApplianceBlob
from .protocol.records import (
    BlobReply,
    BucketAccess,
    BulkJob,
    ChecksumType,
    Endpoint,
    FoundObject,
    GetItem,
    ObjectKind,
    Order,
    Owner,
    PutItem,
    StoredObject,
)
from .protocol.records import Chunk as ApplianceChunk
from .protocol.records import Credentials as ApplianceCredentials
from .protocol.wire_xml import parse_date
from .transfer import checksum

__all__ = ["Credentials", "Ds3Client", "Ds3Error", "createClientFromEnv"]

#: Seconds before a blob is asked for or offered again, where the appliance said: later.
PAUSES_S = (0.1, 0.5, 1.0, 2.0)

P = ParamSpec("P")
T = TypeVar("T")


class Ds3Error(Exception):
    """Whatever was not success. `reason` says what.

    `statusCode`, `statusMessage` and `message` are the appliance's, None where it did not answer.
    """

    def __init__(
        self,
        reason: str,
        statusCode: int | None = None,
        statusMessage: str | None = None,
        message: str | None = None,
    ) -> None:
        super().__init__(reason, statusCode, statusMessage, message)
        self.reason = reason
        self.statusCode = statusCode
        self.statusMessage = statusMessage
        self.message = message

    def __str__(self) -> str:
        return self.reason


@dataclass(frozen=True, slots=True)
class Credentials:
    """An access key and its secret key. The secret one never shows in a repr."""

    accessKey: str
    secretKey: str = field(repr=False)

    def __post_init__(self) -> None:
        _text(self.accessKey)
        _text(self.secretKey)


# --- what calls give -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ds3Bucket:
    """A bucket. `creationDate` is the appliance's text."""

    name: str
    creationDate: str | None


@dataclass(frozen=True, slots=True)
class Ds3Owner:
    """Whose something is."""

    name: str | None
    id: str | None


@dataclass(frozen=True, slots=True)
class Ds3Object:
    """An object of a listing, `size` in bytes."""

    name: str
    size: int
    etag: str | None
    owner: Ds3Owner


@dataclass(frozen=True, slots=True)
class Ds3BucketDetails:
    """One page of a bucket. `nextMarker` is None on the last one."""

    name: str
    creationDate: str | None
    objects: list[Ds3Object]
    commonPrefixes: list[str]
    isTruncated: bool
    marker: str | None
    nextMarker: str | None
    delimiter: str | None
    maxKeys: int
    prefix: str | None


@dataclass(frozen=True, slots=True)
class Ds3BulkObject:
    """A blob: `length` bytes from `offset` of the object."""

    name: str
    length: int
    offset: int
    inCache: bool | None


@dataclass(frozen=True, slots=True)
class Ds3Chunk:
    """A group of blobs that the appliance makes ready together."""

    chunkId: str
    chunkNumber: int
    nodeId: str | None
    serverId: str | None
    objects: list[Ds3BulkObject]


@dataclass(frozen=True, slots=True)
class Ds3BulkPlan:
    """A job. Words such as `status` are the appliance's own: IN_PROGRESS, COMPLETED, CANCELED."""

    bucketName: str | None
    jobId: str
    startDate: str | None
    userId: str | None
    userName: str | None
    requestType: str | None
    status: str
    cachedSize: int | None
    originalSize: int | None
    chunks: list[Ds3Chunk]


@dataclass(frozen=True, slots=True)
class Ds3AvailableChunks:
    """The chunks that can be moved now, and after how many seconds to ask for more."""

    bulkPlan: Ds3BulkPlan
    retryAfter: int


@dataclass(frozen=True, slots=True)
class Ds3AllocatedChunk:
    """The chunk, or None and after how many seconds to ask again."""

    chunk: Ds3Chunk | None
    retryAfter: int


@dataclass(frozen=True, slots=True)
class Ds3SearchObject:
    """An object as a search finds it. The versions of a name count from "1", the oldest."""

    name: str
    id: str
    bucketId: str | None
    size: int | None
    owner: str | None
    lastModified: str | None
    storageClass: str | None
    type: str | None
    version: str


@dataclass(frozen=True, slots=True)
class Ds3BuildInformation:
    """The appliance's software."""

    branch: str | None
    revision: str | None
    version: str | None


@dataclass(frozen=True, slots=True)
class Ds3SystemInformation:
    """Which appliance this is."""

    apiVersion: str | None
    serialNumber: str | None
    buildInformation: Ds3BuildInformation


@dataclass(frozen=True, slots=True)
class Ds3SystemHealth:
    """How long it took the appliance to find out that it is well, in milliseconds."""

    msRequiredToVerifyDataPlannerHealth: int | None


# --- the client ----------------------------------------------------------------------------------


def _told(call: Callable[P, T]) -> Callable[P, T]:
    """A call whose failures are a Ds3Error of this module."""

    @functools.wraps(call)
    def telling(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return call(*args, **kwargs)
        except errors.RequestRefused as error:
            raise _answered(error) from error
        except errors.Ds3Error as error:
            raise Ds3Error(str(error)) from error
        except ValueError as error:
            # What cannot be sent, as a name with a control character: refused before it is.
            raise _not_success(400, str(error), None) from error

    return telling


def _answered(error: errors.RequestRefused) -> Ds3Error:
    told = error.refusal
    return _not_success(told.status, str(error), told.message or told.body or None)


def _not_success(status: int, reason: str, message: str | None) -> Ds3Error:
    known = status in {each.value for each in HTTPStatus}
    return Ds3Error(reason, status, HTTPStatus(status).phrase if known else None, message)


@_told
def createClientFromEnv() -> Ds3Client:
    """A client from DS3_ENDPOINT, DS3_ACCESS_KEY, DS3_SECRET_KEY and http_proxy.

    An endpoint without a scheme means http, as it did in the SDK.
    """
    try:
        endpoint, credentials = from_environment(default_scheme="http")
    except ValueError as error:
        raise Ds3Error(str(error)) from error
    keys = Credentials(credentials.access_id, credentials.secret_key)
    return Ds3Client(endpoint.url, keys, endpoint.proxy)


class Ds3Client:
    """One appliance, as one user. `endpoint` is a URL, or host and port, which means http.

    An `Endpoint` says more: whose certificate is to be trusted.
    """

    def __init__(
        self, endpoint: str | Endpoint, credentials: Credentials, proxy: str | None = None
    ) -> None:
        if not isinstance(endpoint, Endpoint):
            _text(endpoint)
        _typed(credentials, Credentials)
        _text_or_none(proxy)
        try:
            there = _endpoint(endpoint, proxy)
        except ValueError as error:
            raise Ds3Error(str(error)) from error
        self.endpoint = endpoint
        self.credentials = credentials
        # Keys that were read from a file still have the end of their line.
        keys = ApplianceCredentials(credentials.accessKey.strip(), credentials.secretKey.strip())
        self._client = Client(there, keys)

    def close(self) -> None:
        """Close the connections. A later call opens new ones.

        The SDK had no way to say that one is done: a client that is let go closes by itself.
        """
        self._client.close()

    def _check(self, bucketName: str, objectName: str) -> None:
        """Refuse an empty bucket name, and an empty object name as the appliance would."""
        _text(bucketName)
        _text(objectName)
        if not objectName and _bucket(bucketName):
            self.headBucket(bucketName)
            raise _not_success(400, "An object name cannot be empty.", None)
        _bucket(bucketName)

    # --- service and buckets

    @_told
    def getService(self) -> list[Ds3Bucket]:
        """The buckets that this user may see."""
        buckets = self._client.get_service().buckets
        return [Ds3Bucket(each.name, _date(each.created)) for each in buckets]

    @_told
    def getBucket(
        self,
        bucketName: str,
        prefix: str | None = None,
        nextMarker: str | None = None,
        delimiter: str | None = None,
        maxKeys: int | None = None,
    ) -> Ds3BucketDetails:
        """List one page of a bucket; `nextMarker` is that of the page before."""
        for text in (prefix, nextMarker, delimiter):
            _text_or_none(text)
        _amount_or_none(maxKeys)
        page = self._client.list_objects(
            _bucket(bucketName),
            prefix=prefix,
            delimiter=delimiter,
            marker=nextMarker,
            max_keys=maxKeys,
        )
        return Ds3BucketDetails(
            name=bucketName,
            creationDate=_date(page.created),
            objects=[_listed(each) for each in page.objects()],
            commonPrefixes=list(page.prefixes),
            isTruncated=page.truncated,
            marker=page.marker,
            nextMarker=page.next_marker,
            delimiter=page.delimiter,
            maxKeys=1000 if page.max_keys is None else page.max_keys,
            prefix=page.prefix,
        )

    @_told
    def headBucket(self, bucketName: str) -> None:
        """Raise Ds3Error, 404 or 403, for a bucket that is absent or not for this user."""
        access = self._client.head_bucket(_bucket(bucketName))
        if access is BucketAccess.ABSENT:
            raise _not_success(404, f"There is no bucket {bucketName}.", None)
        if access is BucketAccess.FORBIDDEN:
            raise _not_success(403, f"The bucket {bucketName} is not for this user.", None)

    @_told
    def putBucket(self, bucketName: str) -> None:
        """Create a bucket with the data policy that is the user's default."""
        self._client.create_default_bucket(_bucket(bucketName))

    @_told
    def deleteBucket(self, bucketName: str) -> None:
        """Delete a bucket, which has to be empty."""
        self._client.delete_bucket(_bucket(bucketName), missing_ok=False)

    # --- objects

    @_told
    def headObject(self, bucketName: str, objectName: str) -> dict[str, list[str]]:
        """The metadata of an object: for each name the list of its values."""
        self._check(bucketName, objectName)
        head = self._client.head_object(bucketName, objectName)
        if head is None:
            raise _not_success(404, f"There is no object {objectName} in {bucketName}.", None)
        return _lists(head.metadata)

    @_told
    def deleteObject(self, bucketName: str, objName: str) -> None:
        """Delete an object. Raises Ds3Error, 404, for one that is not there."""
        self._check(bucketName, objName)
        self._client.delete_object(bucketName, objName, missing_ok=False)

    @_told
    def deleteObjects(self, bucketName: str, fileNameList: Iterable[str]) -> None:
        """Delete objects. Names that are not there are no error, others are told together."""
        _text(bucketName)
        names = _names(fileNameList)
        batches = self._client.delete_objects(_bucket(bucketName), names)
        failed = [error for _, faults in batches for error in faults]
        if failed:
            told = ", ".join(f"{each.name} ({each.code}: {each.message})" for each in failed)
            raise Ds3Error(f"Not deleted: {told}")

    @_told
    def deleteFolder(self, bucketName: str, folderName: str) -> None:
        """Delete all objects below a folder, named with or without its slash."""
        self._check(bucketName, _text(folderName).strip("/"))
        self._client.delete_folder(bucketName, folderName, missing_ok=False)

    @_told
    def getObjects(
        self,
        bucketName: str | None = None,
        creationDate: str | None = None,
        objId: str | None = None,
        name: str | None = None,
        pageLength: int | None = None,
        pageOffset: int | None = None,
        objType: str | None = None,
        version: int | str | None = None,
    ) -> list[Ds3SearchObject]:
        """Search for objects. `%` in the name stands for any text, `objType` is DATA or FOLDER.

        `pageOffset` objects are left out, and no more than `pageLength` are given. The appliance
        knows no search by date, id and version: those are looked through here.
        """
        for text in (bucketName, creationDate, objId, name, objType):
            _text_or_none(text)
        _amount_or_none(pageLength)
        _amount_or_none(pageOffset)
        if version is not None and not isinstance(version, int):
            _text(version)
        kind = _kind(objType)
        if creationDate is not None and parse_date(creationDate) is None:
            raise _not_success(400, f"This is no date: {creationDate}.", None)
        looked_through = not (creationDate is None and objId is None and version is None)
        # Some appliances may take an underscore for any character.
        looked_through = looked_through or "_" in (name or "")
        found = self._client.find_objects(
            bucket=None if bucketName is None else _bucket(bucketName),
            name=name,
            kind=kind,
            page_offset=None if looked_through else pageOffset,
        )
        wanted = (
            each
            for each in _numbered(found)
            if (name is None or _matches(each.name, name))
            and (creationDate is None or _same_date(each.lastModified, creationDate))
            and (objId is None or each.id.lower() == objId.lower())
            and (version is None or str(version) in (each.version, each.id))
        )
        begin = (pageOffset or 0) if looked_through else 0
        end = None if pageLength is None else begin + pageLength
        return list(islice(wanted, begin, end))

    @_told
    def getPhysicalPlacement(
        self, bucketName: str, fileNameList: Iterable[str], fullDetails: bool = False
    ) -> list[str]:
        """The barcodes of the tapes that hold the objects. Unknown names are on none."""
        _text(bucketName)
        names = _names(fileNameList)
        _bucket(bucketName)
        if not fullDetails:
            return list(self._client.placement(bucketName, names).tapes)
        blobs = self._client.placements(bucketName, names)
        return list(dict.fromkeys(tape for each in blobs for tape in each.placement.tapes))

    # --- jobs

    @_told
    def putBulk(self, bucketName: str, fileInfoList: Iterable[tuple[str, int]]) -> Ds3BulkPlan:
        """Begin to put objects, each given as (name, size)."""
        _text(bucketName)
        items = [_put_item(each) for each in _items(fileInfoList)]
        return _plan(self._client.start_put_job(_bucket(bucketName), items))

    @_told
    def getBulk(
        self, bucketName: str, fileNameList: Iterable[str], chunkOrdering: bool = True
    ) -> Ds3BulkPlan:
        """Begin to get objects, the chunks in order or as they come from tape."""
        _text(bucketName)
        items = [GetItem(name) for name in _names(fileNameList)]
        order = Order.IN_ORDER if chunkOrdering else Order.NONE
        return _plan(self._client.start_get_job(_bucket(bucketName), items, order=order))

    @_told
    def getAvailableChunks(self, jobId: str) -> Ds3AvailableChunks:
        """The chunks of a job that can be moved now. None at all means: wait, and ask again."""
        ready = self._client.chunks_ready(_text(jobId))
        return Ds3AvailableChunks(_plan(ready.job, ready.chunks), math.ceil(ready.retry_after_s))

    @_told
    def allocateChunk(self, chunkId: str) -> Ds3AllocatedChunk:
        """Ask for the cache of a chunk of a put job; its objects are then put one by one."""
        try:
            return Ds3AllocatedChunk(_chunk(self._client.allocate_chunk(_text(chunkId))), 0)
        except errors.Busy as busy:
            return Ds3AllocatedChunk(None, math.ceil(busy.retry_after_s or 60))

    @_told
    def putObject(
        self,
        bucketName: str,
        objectName: str,
        offset: int,
        size: int,
        jobId: str,
        realFileName: str | None = None,
        metadata: Metadata | None = None,
    ) -> None:
        """Send the bytes from `offset` of a local file, named like the object unless said.

        Raises OSError for a file that cannot be read, or is shorter than that.
        """
        _amount(offset)
        _amount(size)
        _text(jobId)
        path = _path(objectName, realFileName)
        given = _checked(metadata)
        self._check(bucketName, objectName)

        def send(body: FilePart | bytes) -> None:
            self._client.put_object(
                bucketName, objectName, body, job_id=jobId, offset=offset, metadata=given
            )

        if size == 0:
            _when_ready(lambda: send(b""))
            return
        with open(path, "rb", buffering=0) as file:
            if (there := file.seek(0, os.SEEK_END)) < offset + size:
                raise OSError(f"{path} has {there} bytes, and {size} from {offset} are wanted.")
            body = FilePart(file, offset, size)
            _when_ready(lambda: send(body))

    @_told
    def getObject(
        self,
        bucketName: str,
        objectName: str,
        offset: int,
        jobId: str,
        realFileName: str | None = None,
    ) -> dict[str, list[str]]:
        """Write a blob at its offset of a local file, leaving the rest of it; give the metadata.

        The file is named like the object unless said, if that leads nowhere outside of the folder
        one is in: names are somebody else's.

        Raises Ds3Error where what is in the file then is not what the appliance has, by the
        checksum it sent, and OSError for a file that cannot be written.
        """
        _amount(offset)
        _text(jobId)
        path = _path(objectName, realFileName)
        if realFileName is None and _leads_out(objectName):
            told = f"{objectName} leads out of the folder: say with realFileName where it goes."
            raise _not_success(400, told, None)
        self._check(bucketName, objectName)
        with _FileAt(path, offset) as sink:
            reply = _when_ready(
                lambda: self._client.get_object(
                    bucketName, objectName, sink, job_id=jobId, offset=offset
                )
            )
            sink.open()  # An empty blob makes its file, too.
        if not _is_same(reply, path, offset):
            raise Ds3Error(f"The bytes of {objectName} at {offset} were damaged on their way.")
        return _lists(reply.metadata)

    @_told
    def getJob(self, jobId: str) -> Ds3BulkPlan:
        """A job with the chunks it still has, also one that has ended."""
        return _plan(self._client.get_job(_text(jobId)))

    @_told
    def getJobs(self) -> list[Ds3BulkPlan]:
        """The jobs of the appliance, without their chunks."""
        return [
            Ds3BulkPlan(
                bucketName=job.bucket,
                jobId=job.job_id,
                startDate=_date(job.created),
                userId=job.user_id,
                userName=job.user_name,
                requestType=_word(job.request_type),
                status=job.status.value,
                cachedSize=job.cached_size,
                originalSize=job.original_size,
                chunks=[],
            )
            for job in self._client.list_jobs()
        ]

    @_told
    def putJob(self, jobId: str) -> Ds3BulkPlan:
        """Begin the time anew after which the appliance drops a job that nobody serves."""
        return _plan(self._client.modify_job(_text(jobId)))

    @_told
    def deleteJob(self, jobId: str) -> None:
        """Cancel a job and discard what it brought."""
        self._client.cancel_job(_text(jobId))

    # --- the appliance

    @_told
    def getSystemInformation(self) -> Ds3SystemInformation:
        """Which appliance this is, and which software it runs."""
        told = self._client.system_information()
        build = Ds3BuildInformation(told.branch, told.revision, told.version)
        return Ds3SystemInformation(told.api_version, told.serial_number, build)

    @_told
    def verifySystemHealth(self) -> Ds3SystemHealth:
        """Have the appliance look whether it is well. Raises Ds3Error, 503, if not."""
        return Ds3SystemHealth(self._client.system_health().ms_to_verify)


# --- what is given, checked ----------------------------------------------------------------------


def _typed(value: object, kind: type) -> None:
    if not isinstance(value, kind):
        _wrong(kind, value)


def _wrong(wanted: type, value: object) -> NoReturn:
    got = type(value).__name__
    raise TypeError(f"expected instance of type {wanted.__name__}, got instance of type {got}")


def _text(value: object) -> str:
    if not isinstance(value, str):
        _wrong(str, value)
    return value


def _text_or_none(value: object) -> None:
    if value is not None:
        _text(value)


def _amount(value: int) -> int:
    if isinstance(value, bool):
        _wrong(int, value)
    _typed(value, int)
    if value < 0:
        raise _not_success(400, f"A number cannot be less than nothing: {value}.", None)
    return value


def _amount_or_none(value: int | None) -> None:
    if value is not None:
        _amount(value)


def _bucket(name: object) -> str:
    if not _text(name):
        raise _not_success(400, "A bucket name cannot be empty.", None)
    return str(name)


def _items(given: object) -> list[object]:
    """What any iterable holds, but for a text, which is one name and no list of them."""
    if isinstance(given, (str, bytes)) or not isinstance(given, Iterable):
        _wrong(list, given)
    items = list(given)
    if not items:
        raise Ds3Error("A list of objects is needed, and this list is empty.")
    return items


def _names(given: object) -> list[str]:
    return [_name(each) for each in _items(given)]


def _name(given: object) -> str:
    """An object's name; scripts from Python 2 may hold it as bytes."""
    return _text(given.decode() if isinstance(given, bytes) else given)


def _put_item(given: object) -> PutItem:
    if isinstance(given, (str, bytes)) or not isinstance(given, Sequence):
        _wrong(tuple, given)
    if len(given) != 2:
        raise TypeError(f"An object to put is its name and its size, and this is {given!r}.")
    name, size = given
    return PutItem(_name(name), _amount(size))


def _endpoint(given: str | Endpoint, proxy: str | None) -> Endpoint:
    if not isinstance(given, Endpoint):
        return Endpoint.parse(given, default_scheme="http", proxy=proxy)
    if proxy is None:
        return given
    return replace(given, proxy=Endpoint.parse(given.url, proxy=proxy).proxy)


def _path(objectName: object, realFileName: object) -> str | os.PathLike[str]:
    if realFileName is None:
        return _text(objectName)
    if isinstance(realFileName, os.PathLike):
        return realFileName
    return _text(realFileName)


def _leads_out(name: str) -> bool:
    """Whether a name is a path outside of the folder one is in, here or on Windows."""
    parts = name.replace("\\", "/").split("/") if os.name == "nt" else name.split("/")
    return os.path.isabs(name) or bool(os.path.splitdrive(name)[0]) or ".." in parts


def _checked(metadata: Metadata | None) -> Metadata:
    if metadata is None:
        return {}
    _typed(metadata, dict)
    for name, values in metadata.items():
        _text(name)
        for value in [values] if isinstance(values, str) else _values(values):
            _text(value)
    return metadata


def _values(given: object) -> Iterable[object]:
    if not isinstance(given, (list, tuple)):
        _wrong(str, given)
    return given


def _kind(objType: str | None) -> ObjectKind | None:
    if objType is None:
        return None
    if objType.upper() not in ObjectKind.__members__:
        raise _not_success(400, f"An object is DATA or FOLDER, not {objType}.", None)
    return ObjectKind(objType.upper())


# --- what is given back --------------------------------------------------------------------------


def _date(moment: datetime | None) -> str | None:
    """A time as the appliance writes it."""
    if moment is None:
        return None
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _word(word: enum.Enum | str | None) -> str | None:
    return str(word.value) if isinstance(word, enum.Enum) else word


def _same_date(text: str | None, wanted: str) -> bool:
    moment = parse_date(text)
    return moment is not None and moment == parse_date(wanted)


def _matches(name: str, wanted: str) -> bool:
    """Whether a name is the wanted one, in which `%` stands for any text."""
    pattern = ".*".join(re.escape(part) for part in wanted.split("%"))
    return re.fullmatch(pattern, name, re.DOTALL) is not None


def _lists(metadata: dict[str, tuple[str, ...]]) -> dict[str, list[str]]:
    return {name: list(values) for name, values in metadata.items()}


def _listed(stored: StoredObject) -> Ds3Object:
    return Ds3Object(stored.name, stored.size, stored.etag, _owner(stored.owner))


def _owner(owner: Owner) -> Ds3Owner:
    return Ds3Owner(owner.name, owner.id)


def _plan(job: BulkJob, chunks: Iterable[ApplianceChunk] | None = None) -> Ds3BulkPlan:
    return Ds3BulkPlan(
        bucketName=job.bucket,
        jobId=job.job_id,
        startDate=_date(job.started),
        userId=job.user_id,
        userName=job.user_name,
        requestType=_word(job.request_type),
        status=job.status.value,
        cachedSize=job.cached_size,
        originalSize=job.original_size,
        chunks=[_chunk(each) for each in (job.chunks if chunks is None else chunks)],
    )


def _chunk(chunk: ApplianceChunk) -> Ds3Chunk:
    return Ds3Chunk(
        chunkId=chunk.chunk_id,
        chunkNumber=chunk.number,
        nodeId=chunk.node_id,
        serverId=chunk.node_id,
        objects=[_blob(each) for each in chunk.blobs],
    )


def _blob(blob: ApplianceBlob) -> Ds3BulkObject:
    return Ds3BulkObject(blob.name, blob.length, blob.offset, blob.in_cache)


def _numbered(found: Iterable[FoundObject]) -> Iterator[Ds3SearchObject]:
    """Search results with the number of their version; those of one name come newest first."""
    for _, group in groupby(found, lambda each: (each.bucket_id, each.name)):
        versions = list(group)
        for number, each in zip(range(len(versions), 0, -1), versions, strict=True):
            yield Ds3SearchObject(
                name=each.name,
                id=each.id,
                bucketId=each.bucket_id,
                size=each.size,
                owner=each.owner,
                lastModified=_date(each.created),
                storageClass=None,
                type=_word(each.kind),
                version=str(number),
            )


# --- bytes of local files ------------------------------------------------------------------------


def _when_ready(call: Callable[[], T]) -> T:
    """Call, and again where the appliance says that it is not ready for this blob yet."""
    for pause_s in PAUSES_S:
        try:
            return call()
        except errors.Busy as busy:
            if busy.status != 307:
                raise
        time.sleep(pause_s)
    return call()


def _is_same(reply: BlobReply, path: str | os.PathLike[str], offset: int) -> bool:
    """Whether a file has a blob's bytes at an offset, where that can be told."""
    told = reply.checksum
    if told is None or told.type is ChecksumType.NONE or not os.path.isfile(path):
        return True
    with open(path, "rb", buffering=0) as file:
        return checksum.of_file(told.type, file, offset, reply.received, lambda: None) == told


class _FileAt:
    """A sink: writes from an offset of a file, which it makes if it is not there.

    The file is opened with the first byte, so that a call that fails leaves none behind.
    """

    def __init__(self, path: str | os.PathLike[str], offset: int) -> None:
        self._path = path
        self._offset = offset
        self._descriptor: int | None = None

    def __enter__(self) -> _FileAt:
        return self

    def __exit__(self, *error: object) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)

    def open(self) -> int:
        if self._descriptor is None:
            flags = os.O_WRONLY | os.O_CREAT | getattr(os, "O_BINARY", 0)
            self._descriptor = os.open(self._path, flags, 0o666)
        return self._descriptor

    def write_at(self, offset: int, piece: memoryview) -> None:
        descriptor = self.open()
        os.lseek(descriptor, self._offset + offset, os.SEEK_SET)
        while piece:
            piece = piece[os.write(descriptor, piece) :]

    def moved(self, n: int) -> None:
        """Nobody counts."""
