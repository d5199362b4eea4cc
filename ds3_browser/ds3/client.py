"""The calls of the original SDK. Each blocks; each raises Ds3Error where it was no success."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable
from itertools import islice

from ds3_browser.protocol import errors
from ds3_browser.protocol.client import Ds3Client as Client
from ds3_browser.protocol.client import from_environment
from ds3_browser.protocol.headers import Metadata
from ds3_browser.protocol.open_files import FilePart
from ds3_browser.protocol.records import BucketAccess, Endpoint, GetItem, Order
from ds3_browser.protocol.records import Credentials as ApplianceCredentials
from ds3_browser.protocol.wire_xml import parse_date

from . import answers, arguments, files
from .failures import Ds3Error, not_success, told
from .records import (
    Credentials,
    Ds3AllocatedChunk,
    Ds3AvailableChunks,
    Ds3Bucket,
    Ds3BucketDetails,
    Ds3BuildInformation,
    Ds3BulkPlan,
    Ds3SearchObject,
    Ds3SystemHealth,
    Ds3SystemInformation,
)


@told
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
            arguments.text(endpoint)
        arguments.typed(credentials, Credentials)
        arguments.text_or_none(proxy)
        try:
            there = arguments.endpoint(endpoint, proxy)
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
        arguments.text(bucketName)
        arguments.text(objectName)
        if not objectName and arguments.bucket(bucketName):
            self.headBucket(bucketName)
            raise not_success(400, "An object name cannot be empty.", None)
        arguments.bucket(bucketName)

    # --- service and buckets

    @told
    def getService(self) -> list[Ds3Bucket]:
        """The buckets that this user may see."""
        buckets = self._client.get_service().buckets
        return [Ds3Bucket(each.name, answers.date(each.created)) for each in buckets]

    @told
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
            arguments.text_or_none(text)
        arguments.amount_or_none(maxKeys)
        page = self._client.list_objects(
            arguments.bucket(bucketName),
            prefix=prefix,
            delimiter=delimiter,
            marker=nextMarker,
            max_keys=maxKeys,
        )
        return Ds3BucketDetails(
            name=bucketName,
            creationDate=answers.date(page.created),
            objects=[answers.listed(each) for each in page.objects()],
            commonPrefixes=list(page.prefixes),
            isTruncated=page.truncated,
            marker=page.marker,
            nextMarker=page.next_marker,
            delimiter=page.delimiter,
            maxKeys=1000 if page.max_keys is None else page.max_keys,
            prefix=page.prefix,
        )

    @told
    def headBucket(self, bucketName: str) -> None:
        """Raise Ds3Error, 404 or 403, for a bucket that is absent or not for this user."""
        access = self._client.head_bucket(arguments.bucket(bucketName))
        if access is BucketAccess.ABSENT:
            raise not_success(404, f"There is no bucket {bucketName}.", None)
        if access is BucketAccess.FORBIDDEN:
            raise not_success(403, f"The bucket {bucketName} is not for this user.", None)

    @told
    def putBucket(self, bucketName: str) -> None:
        """Create a bucket with the data policy that is the user's default."""
        self._client.create_default_bucket(arguments.bucket(bucketName))

    @told
    def deleteBucket(self, bucketName: str) -> None:
        """Delete a bucket, which has to be empty."""
        self._client.delete_bucket(arguments.bucket(bucketName), missing_ok=False)

    # --- objects

    @told
    def headObject(self, bucketName: str, objectName: str) -> dict[str, list[str]]:
        """The metadata of an object: for each name the list of its values."""
        self._check(bucketName, objectName)
        head = self._client.head_object(bucketName, objectName)
        if head is None:
            raise not_success(404, f"There is no object {objectName} in {bucketName}.", None)
        return answers.lists(head.metadata)

    @told
    def deleteObject(self, bucketName: str, objName: str) -> None:
        """Delete an object. Raises Ds3Error, 404, for one that is not there."""
        self._check(bucketName, objName)
        self._client.delete_object(bucketName, objName, missing_ok=False)

    @told
    def deleteObjects(self, bucketName: str, fileNameList: Iterable[str]) -> None:
        """Delete objects. Names that are not there are no error, others are told together."""
        arguments.text(bucketName)
        names = arguments.names(fileNameList)
        batches = self._client.delete_objects(arguments.bucket(bucketName), names)
        failed = [error for _, faults in batches for error in faults]
        if failed:
            told = ", ".join(f"{each.name} ({each.code}: {each.message})" for each in failed)
            raise Ds3Error(f"Not deleted: {told}")

    @told
    def deleteFolder(self, bucketName: str, folderName: str) -> None:
        """Delete all objects below a folder, named with or without its slash."""
        self._check(bucketName, arguments.text(folderName).strip("/"))
        self._client.delete_folder(bucketName, folderName, missing_ok=False)

    @told
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
            arguments.text_or_none(text)
        arguments.amount_or_none(pageLength)
        arguments.amount_or_none(pageOffset)
        if version is not None and not isinstance(version, int):
            arguments.text(version)
        kind = arguments.kind(objType)
        if creationDate is not None and parse_date(creationDate) is None:
            raise not_success(400, f"This is no date: {creationDate}.", None)
        looked_through = not (creationDate is None and objId is None and version is None)
        # Some appliances may take an underscore for any character.
        looked_through = looked_through or "_" in (name or "")
        found = self._client.find_objects(
            bucket=None if bucketName is None else arguments.bucket(bucketName),
            name=name,
            kind=kind,
            page_offset=None if looked_through else pageOffset,
        )
        wanted = (
            each
            for each in answers.numbered(found)
            if (name is None or answers.matches(each.name, name))
            and (creationDate is None or answers.same_date(each.lastModified, creationDate))
            and (objId is None or each.id.lower() == objId.lower())
            and (version is None or str(version) in (each.version, each.id))
        )
        begin = (pageOffset or 0) if looked_through else 0
        end = None if pageLength is None else begin + pageLength
        return list(islice(wanted, begin, end))

    @told
    def getPhysicalPlacement(
        self, bucketName: str, fileNameList: Iterable[str], fullDetails: bool = False
    ) -> list[str]:
        """The barcodes of the tapes that hold the objects. Unknown names are on none."""
        arguments.text(bucketName)
        names = arguments.names(fileNameList)
        arguments.bucket(bucketName)
        if not fullDetails:
            return list(self._client.placement(bucketName, names).tapes)
        blobs = self._client.placements(bucketName, names)
        return list(dict.fromkeys(tape for each in blobs for tape in each.placement.tapes))

    # --- jobs

    @told
    def putBulk(self, bucketName: str, fileInfoList: Iterable[tuple[str, int]]) -> Ds3BulkPlan:
        """Begin to put objects, each given as (name, size)."""
        arguments.text(bucketName)
        items = [arguments.put_item(each) for each in arguments.items(fileInfoList)]
        return answers.plan(self._client.start_put_job(arguments.bucket(bucketName), items))

    @told
    def getBulk(
        self, bucketName: str, fileNameList: Iterable[str], chunkOrdering: bool = True
    ) -> Ds3BulkPlan:
        """Begin to get objects, the chunks in order or as they come from tape."""
        arguments.text(bucketName)
        items = [GetItem(name) for name in arguments.names(fileNameList)]
        order = Order.IN_ORDER if chunkOrdering else Order.NONE
        return answers.plan(
            self._client.start_get_job(arguments.bucket(bucketName), items, order=order)
        )

    @told
    def getAvailableChunks(self, jobId: str) -> Ds3AvailableChunks:
        """The chunks of a job that can be moved now. None at all means: wait, and ask again."""
        ready = self._client.chunks_ready(arguments.text(jobId))
        return Ds3AvailableChunks(
            answers.plan(ready.job, ready.chunks), math.ceil(ready.retry_after_s)
        )

    @told
    def allocateChunk(self, chunkId: str) -> Ds3AllocatedChunk:
        """Ask for the cache of a chunk of a put job; its objects are then put one by one."""
        try:
            return Ds3AllocatedChunk(
                answers.chunk(self._client.allocate_chunk(arguments.text(chunkId))), 0
            )
        except errors.Busy as busy:
            return Ds3AllocatedChunk(None, math.ceil(busy.retry_after_s or 60))

    @told
    def putObject(
        self,
        bucketName: str,
        objectName: str,
        offset: int,
        size: int,
        jobId: str,
        realFileName: arguments.AnyPath | None = None,
        metadata: Metadata | None = None,
    ) -> None:
        """Send the bytes from `offset` of a local file, named like the object unless said.

        Raises OSError for a file that cannot be read, or is shorter than that.
        """
        arguments.amount(offset)
        arguments.amount(size)
        arguments.text(jobId)
        path = arguments.path(objectName, realFileName)
        given = arguments.checked(metadata)
        self._check(bucketName, objectName)

        def send(body: FilePart | bytes) -> None:
            self._client.put_object(
                bucketName, objectName, body, job_id=jobId, offset=offset, metadata=given
            )

        if size == 0:
            files.when_ready(lambda: send(b""))
            return
        with open(path, "rb", buffering=0) as file:
            if (there := file.seek(0, os.SEEK_END)) < offset + size:
                raise OSError(f"{path} has {there} bytes, and {size} from {offset} are wanted.")
            body = FilePart(file, offset, size)
            files.when_ready(lambda: send(body))

    @told
    def getObject(
        self,
        bucketName: str,
        objectName: str,
        offset: int,
        jobId: str,
        realFileName: arguments.AnyPath | None = None,
    ) -> dict[str, list[str]]:
        """Write a blob at its offset of a local file, leaving the rest of it; give the metadata.

        The file is named like the object unless said, if that leads nowhere outside of the folder
        one is in: names are somebody else's.

        Raises Ds3Error where what is in the file then is not what the appliance has, by the
        checksum it sent, and OSError for a file that cannot be written.
        """
        arguments.amount(offset)
        arguments.text(jobId)
        path = arguments.path(objectName, realFileName)
        if realFileName is None and arguments.leads_out(objectName):
            told = f"{objectName} leads out of the folder: say with realFileName where it goes."
            raise not_success(400, told, None)
        self._check(bucketName, objectName)
        with files.FileAt(path, offset) as sink:
            reply = files.when_ready(
                lambda: self._client.get_object(
                    bucketName, objectName, sink, job_id=jobId, offset=offset
                )
            )
            sink.open()  # An empty blob makes its file, too.
        if not files.is_same(reply, path, offset):
            raise Ds3Error(f"The bytes of {objectName} at {offset} were damaged on their way.")
        return answers.lists(reply.metadata)

    @told
    def getJob(self, jobId: str) -> Ds3BulkPlan:
        """A job with the chunks it still has, also one that has ended."""
        return answers.plan(self._client.get_job(arguments.text(jobId)))

    @told
    def getJobs(self) -> list[Ds3BulkPlan]:
        """The jobs of the appliance, without their chunks."""
        return [
            Ds3BulkPlan(
                bucketName=job.bucket,
                jobId=job.job_id,
                startDate=answers.date(job.created),
                userId=job.user_id,
                userName=job.user_name,
                requestType=answers.word(job.request_type),
                status=job.status.value,
                cachedSize=job.cached_size,
                originalSize=job.original_size,
                chunks=[],
            )
            for job in self._client.list_jobs()
        ]

    @told
    def putJob(self, jobId: str) -> Ds3BulkPlan:
        """Begin the time anew after which the appliance drops a job that nobody serves."""
        return answers.plan(self._client.modify_job(arguments.text(jobId)))

    @told
    def deleteJob(self, jobId: str) -> None:
        """Cancel a job and discard what it brought."""
        self._client.cancel_job(arguments.text(jobId))

    # --- the appliance

    @told
    def getSystemInformation(self) -> Ds3SystemInformation:
        """Which appliance this is, and which software it runs."""
        told = self._client.system_information()
        build = Ds3BuildInformation(told.branch, told.revision, told.version)
        return Ds3SystemInformation(told.api_version, told.serial_number, build)

    @told
    def verifySystemHealth(self) -> Ds3SystemHealth:
        """Have the appliance look whether it is well. Raises Ds3Error, 503, if not."""
        return Ds3SystemHealth(self._client.system_health().ms_to_verify)
