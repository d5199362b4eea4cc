"""XML to records and back. No I/O beyond reading the pieces it is given.

Rules it follows: namespaces, order and unknown names do not matter; an empty element is the same
as a missing one; dates come in several forms and mean UTC; a word that is not known is None.
A DTD or an entity is refused, and so is whatever exceeds the limits below: `BadReply`.
"""

from __future__ import annotations

import math
import re
from array import array
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import TypeVar
from xml.sax.saxutils import escape

from lxml import etree

from .errors import BadReply
from .records import (
    ApplianceJob,
    Blob,
    Bucket,
    BucketDetails,
    BulkJob,
    CacheState,
    ChecksumType,
    Chunk,
    DataPolicy,
    DeleteError,
    FoundObject,
    GetItem,
    JobStatus,
    Listing,
    ObjectKind,
    Owner,
    PlacedBlob,
    Placement,
    PutItem,
    RequestType,
    Service,
    SystemHealth,
    SystemInformation,
    Versioning,
)

MAX_DEPTH = 32
MAX_NAME_BYTES = 4 << 10

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NEEDS_ESCAPE = re.compile('[&<>"\t\n\r]')
_NO_OWNER = Owner(None, None)
E = TypeVar("E", ChecksumType, ObjectKind, Versioning, RequestType)


# --- reading: elements ---------------------------------------------------------------------------


def read(data: bytes) -> etree._Element:
    """Parse a whole answer. Raises BadReply for anything that is not plain, bounded XML."""
    parser = etree.XMLParser(
        # Whatever a document says of itself, it is UTF-8: one rule less to get around.
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        # In pieces, for without huge_tree libxml2 takes no more than 10 MB at once. It is left out
        # because it would lift libxml2's own limits on depth and growth.
        for begin in range(0, len(data), _FEED):
            parser.feed(data[begin : begin + _FEED])
        root: etree._Element = parser.close()
    except etree.XMLSyntaxError as error:
        raise BadReply(f"not XML: {error.msg}") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise BadReply("a document type is not accepted")
    if _DEEPER(root):
        raise BadReply(f"elements are nested deeper than {MAX_DEPTH}")
    if b"xmlns" in data:
        _drop_namespaces(root)
    return root


_FEED = 1 << 20
_DEEPER = etree.XPath("boolean(" + "/*" * (MAX_DEPTH + 1) + ")")


def _drop_namespaces(root: etree._Element) -> None:
    for element in root.iter():
        element.tag = etree.QName(element).localname


def expect(root: etree._Element, *names: str) -> etree._Element:
    if root.tag not in names:
        raise BadReply(f"the answer begins with {root.tag}, not {' or '.join(names)}")
    return root


def text_of(parent: etree._Element, name: str) -> str | None:
    """Text of a child; None where it is missing or empty."""
    return parent.findtext(name) or None


def number_of(parent: etree._Element, name: str) -> int | None:
    return parse_int(text_of(parent, name))


def parse_int(text: str | None) -> int | None:
    if not text:
        return None
    try:
        value = int(text)
    except ValueError as error:
        raise BadReply(f"not a number: {text[:40]!r}") from error
    if not -(1 << 63) <= value < 1 << 63:
        raise BadReply(f"not a 64-bit number: {text[:40]!r}")
    return value


def parse_bool(text: str | None) -> bool | None:
    return None if not text else text.strip().lower() == "true"


def parse_date(text: str | None) -> datetime | None:
    """Read any of the date forms seen in answers; no zone means UTC. None for what is no date."""
    try:
        moment = datetime.fromisoformat((text or "").strip())
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _word(kind: type[E], text: str | None) -> E | None:
    try:
        return kind(text.strip().upper()) if text else None
    except ValueError:
        return None


def _status(text: str | None) -> JobStatus:
    """A status that is not told, or not known, is that of a job that still runs."""
    try:
        return JobStatus((text or "IN_PROGRESS").upper())
    except ValueError:
        return JobStatus.IN_PROGRESS


# --- reading: answers ----------------------------------------------------------------------------


def read_service(data: bytes) -> Service:
    root = expect(read(data), "ListAllMyBucketsResult")
    buckets = tuple(
        Bucket(_name(element.findtext("Name")), parse_date(text_of(element, "CreationDate")))
        for element in root.iterfind("Buckets/Bucket")
    )
    return Service(buckets, _owner(root.find("Owner")))


def _owner(element: etree._Element | None) -> Owner:
    if element is None:
        return _NO_OWNER
    return Owner(text_of(element, "ID"), text_of(element, "DisplayName"))


def _name(text: str | None) -> str:
    if not text:
        raise BadReply("a name is missing")
    # No character has more than four bytes, so most names need not be encoded to be measured.
    if len(text) > MAX_NAME_BYTES // 4 and len(text.encode()) > MAX_NAME_BYTES:
        raise BadReply(f"a name is longer than {MAX_NAME_BYTES} bytes")
    return text


def read_listing(data: bytes, bucket: str) -> Listing:
    """Read one page into columns. A truncated page without NextMarker goes on from its last row."""
    root = expect(read(data), "ListBucketResult")
    page = _Columns()
    for element in root:
        if element.tag in ("Contents", "Version"):
            page.add(element)
    prefixes = tuple(_name(e.findtext("Prefix")) for e in root.iterfind("CommonPrefixes"))
    truncated = parse_bool(text_of(root, "IsTruncated")) or False
    last = max((*page.names[-1:], *prefixes[-1:]), default=None)
    return Listing(
        bucket=bucket,
        prefix=text_of(root, "Prefix"),
        delimiter=text_of(root, "Delimiter"),
        marker=text_of(root, "Marker"),
        next_marker=(text_of(root, "NextMarker") or last) if truncated else None,
        max_keys=number_of(root, "MaxKeys"),
        truncated=truncated,
        created=parse_date(text_of(root, "CreationDate")),
        prefixes=prefixes,
        names=page.names,
        sizes=page.sizes,
        modified=page.modified,
        etags=page.etags,
        owners=page.owners,
        version_ids=page.version_ids,
        latest=page.latest,
    )


class _Columns:
    """The objects of a page on their way into a `Listing`: a column for each fact."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.sizes = array("q")
        self.modified = array("d")
        self.etags: list[str | None] = []
        self.owners: list[Owner] = []
        self.version_ids: list[str | None] = []
        self.latest: list[bool] = []
        self._seen_owners: dict[Owner, Owner] = {}

    def add(self, row: etree._Element) -> None:
        # One pass over the children takes a third of the time of a search for each of them.
        children = {child.tag: child for child in row}
        told = {name: child.text for name, child in children.items()}
        modified = parse_date(told.get("LastModified"))
        owner = _owner(children.get("Owner"))
        self.names.append(_name(told.get("Key")))
        self.sizes.append(parse_int(told.get("Size")) or 0)
        self.modified.append(math.nan if modified is None else modified.timestamp())
        self.etags.append((told.get("ETag") or "").strip('"') or None)
        self.owners.append(self._seen_owners.setdefault(owner, owner))
        self.version_ids.append(told.get("VersionId") or None)
        self.latest.append(parse_bool(told.get("IsLatest")) is not False)


def read_bucket_details(data: bytes) -> BucketDetails:
    root = expect(read(data), "Data")
    return BucketDetails(
        id=text_of(root, "Id") or "",
        name=_name(root.findtext("Name")),
        created=parse_date(text_of(root, "CreationDate")),
        data_policy_id=text_of(root, "DataPolicyId"),
        user_id=text_of(root, "UserId"),
        used=number_of(root, "LogicalUsedCapacity"),
    )


def read_data_policy(data: bytes) -> DataPolicy:
    return _data_policy(expect(read(data), "Data"))


def read_data_policies(data: bytes) -> list[DataPolicy]:
    return [_data_policy(e) for e in expect(read(data), "Data").iterfind("DataPolicy")]


def _data_policy(element: etree._Element) -> DataPolicy:
    return DataPolicy(
        id=text_of(element, "Id") or "",
        name=text_of(element, "Name") or "",
        checksum_type=_word(ChecksumType, text_of(element, "ChecksumType")),
        versioning=_word(Versioning, text_of(element, "Versioning")),
        default_blob_size=number_of(element, "DefaultBlobSize"),
        end_to_end_crc_required=parse_bool(text_of(element, "EndToEndCrcRequired")) or False,
    )


def read_system_information(data: bytes) -> SystemInformation:
    root = expect(read(data), "Data")
    now = number_of(root, "Now")
    return SystemInformation(
        version=text_of(root, "BuildInformation/Version"),
        branch=text_of(root, "BuildInformation/Branch"),
        revision=text_of(root, "BuildInformation/Revision"),
        api_version=text_of(root, "ApiVersion"),
        serial_number=text_of(root, "SerialNumber"),
        now=None if now is None else _moment(now),
    )


def _moment(milliseconds: int) -> datetime | None:
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def read_system_health(data: bytes) -> SystemHealth:
    root = expect(read(data), "Data")
    return SystemHealth(
        ms_to_verify=number_of(root, "MsRequiredToVerifyDataPlannerHealth"),
        free_space=text_of(root, "DatabaseFilesystemFreeSpace"),
    )


def read_found_objects(data: bytes) -> list[FoundObject]:
    """Read a page of a search, with full details or without."""
    return [_found_object(element) for element in expect(read(data), "Data")]


def _found_object(element: etree._Element) -> FoundObject:
    return FoundObject(
        id=text_of(element, "Id") or "",
        bucket_id=text_of(element, "BucketId"),
        name=_name(element.findtext("Name")),
        kind=_word(ObjectKind, text_of(element, "Type")),
        latest=parse_bool(text_of(element, "Latest")) is not False,
        created=parse_date(text_of(element, "CreationDate")),
        size=number_of(element, "Size"),
        owner=text_of(element, "Owner"),
        etag=(text_of(element, "ETag") or "").strip('"') or None,
        blobs=number_of(element, "BlobsTotal"),
        blobs_in_cache=number_of(element, "BlobsInCache"),
        blobs_degraded=number_of(element, "BlobsDegraded"),
        blobs_being_persisted=number_of(element, "BlobsBeingPersisted"),
    )


def read_placement(data: bytes) -> Placement:
    return _placement(expect(read(data), "Data"))


def _placement(element: etree._Element) -> Placement:
    def named(path: str, name: str) -> list[str]:
        return [text for each in element.iterfind(path) if (text := text_of(each, name))]

    targets = ("Ds3Targets/Ds3Target", "S3Targets/S3Target", "AzureTargets/AzureTarget")
    return Placement(
        tapes=tuple(named("Tapes/Tape", "BarCode")),
        pools=tuple(named("Pools/Pool", "Name")),
        targets=tuple(name for path in targets for name in named(path, "Name")),
    )


def read_placed_blobs(data: bytes) -> tuple[PlacedBlob, ...]:
    return tuple(_placed_blob(e) for e in expect(read(data), "Data").iterfind("Object"))


def _placed_blob(element: etree._Element) -> PlacedBlob:
    placement = element.find("PhysicalPlacement")
    where = Placement((), (), ()) if placement is None else _placement(placement)
    return PlacedBlob(_blob(_attributes(element)), where)


def read_cache_state(data: bytes) -> CacheState:
    systems = list(expect(read(data), "Data").iterfind("Filesystems"))

    def total(name: str) -> int:
        return sum(number_of(system, name) or 0 for system in systems)

    locked = [number_of(system, "JobLockedCacheInBytes") for system in systems]
    return CacheState(
        total=total("TotalCapacityInBytes"),
        used=total("UsedCapacityInBytes"),
        available=total("AvailableCapacityInBytes"),
        unavailable=total("UnavailableCapacityInBytes"),
        locked_by_jobs=None if None in locked else sum(n or 0 for n in locked),
    )


def read_delete_result(data: bytes) -> tuple[DeleteError, ...]:
    root = expect(read(data), "DeleteResult")
    return tuple(
        DeleteError(_name(e.findtext("Key")), text_of(e, "Code"), text_of(e, "Message"))
        for e in root.iterfind("Error")
    )


def read_appliance_job(data: bytes, status: JobStatus) -> ApplianceJob:
    return _appliance_job(expect(read(data), "Data"), status)


def read_appliance_jobs(data: bytes, status: JobStatus) -> list[ApplianceJob]:
    """Rows of active_job, completed_job or canceled_job, whose elements differ in name alone."""
    return [_appliance_job(element, status) for element in expect(read(data), "Data")]


def _appliance_job(element: etree._Element, status: JobStatus) -> ApplianceJob:
    def flag(name: str) -> bool:
        return parse_bool(text_of(element, name)) or False

    ended = text_of(element, "DateCompleted") or text_of(element, "DateCanceled")
    return ApplianceJob(
        job_id=_job_id(text_of(element, "Id")),
        status=status,
        bucket_id=text_of(element, "BucketId"),
        bucket=None,
        name=text_of(element, "Name"),
        request_type=_word(RequestType, text_of(element, "RequestType")),
        priority=text_of(element, "Priority"),
        user_id=text_of(element, "UserId"),
        user_name=None,
        created=parse_date(text_of(element, "CreatedAt")),
        ended=parse_date(ended),
        original_size=number_of(element, "OriginalSizeInBytes"),
        cached_size=number_of(element, "CachedSizeInBytes"),
        completed_size=number_of(element, "CompletedSizeInBytes"),
        truncated=flag("Truncated"),
        timed_out=flag("TruncatedDueToTimeout") or flag("CanceledDueToTimeout"),
    )


def read_jobs(data: bytes) -> tuple[ApplianceJob, ...]:
    """The unpaged job list, whose facts are attributes."""
    return tuple(
        ApplianceJob(
            job_id=_job_id(job.get("JobId")),
            status=_status(job.get("Status")),
            bucket_id=None,
            bucket=job.get("BucketName"),
            name=job.get("Name"),
            request_type=_word(RequestType, job.get("RequestType")),
            priority=job.get("Priority"),
            user_id=job.get("UserId"),
            user_name=job.get("UserName"),
            created=parse_date(job.get("StartDate")),
            ended=None,
            original_size=parse_int(job.get("OriginalSizeInBytes")),
            cached_size=parse_int(job.get("CachedSizeInBytes")),
            completed_size=parse_int(job.get("CompletedSizeInBytes")),
            truncated=False,
            timed_out=False,
        )
        for job in expect(read(data), "Jobs").iterfind("Job")
    )


def _job_id(text: str | None) -> str:
    if not text:
        raise BadReply("a job without an id")
    return text


class _JobTarget:
    """Builds a BulkJob while the answer streams in; no tree of it is ever whole in memory."""

    def __init__(self) -> None:
        self.root: dict[str, str] | None = None
        self.chunks: list[Chunk] = []
        self._chunk: dict[str, str] = {}
        self._blobs: list[Blob] = []
        self._depth = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise BadReply(f"elements are nested deeper than {MAX_DEPTH}")
        name = tag.rpartition("}")[2]
        if self._depth == 1:
            if name != "MasterObjectList":
                raise BadReply(f"the answer begins with {name}, not MasterObjectList")
            self.root = dict(attributes)
        elif self._depth == 2 and name == "Objects":
            self._chunk, self._blobs = dict(attributes), []
        elif self._depth == 3 and name == "Object":
            self._blobs.append(_blob(attributes))

    def end(self, tag: str) -> None:
        if self._depth == 2 and tag.rpartition("}")[2] == "Objects":
            self.chunks.append(_chunk(self._chunk, tuple(self._blobs)))
        self._depth -= 1

    def data(self, text: str) -> None:
        """Text between elements means nothing here."""

    def doctype(self, *names: str | None) -> None:
        raise BadReply("a document type is not accepted")

    def close(self) -> None:
        """The parser's end; `result` has what was read."""

    def result(self) -> BulkJob:
        if self.root is None:
            raise BadReply("an empty answer")
        return _bulk_job(self.root, tuple(self.chunks))


def _blob(attributes: dict[str, str]) -> Blob:
    # lxml hands over its attributes as a plain mapping whose values are str.
    return Blob(
        name=_name(attributes.get("Name")),
        offset=parse_int(attributes.get("Offset")) or 0,
        length=parse_int(attributes.get("Length")) or 0,
        in_cache=parse_bool(attributes.get("InCache")),
        version_id=attributes.get("VersionId") or None,
    )


def _chunk(attributes: dict[str, str], blobs: tuple[Blob, ...]) -> Chunk:
    return Chunk(
        chunk_id=attributes.get("ChunkId") or "",
        number=parse_int(attributes.get("ChunkNumber")) or 0,
        node_id=attributes.get("NodeId") or None,
        blobs=blobs,
    )


def read_chunk(data: bytes) -> Chunk:
    """Read the answer that is one chunk alone."""
    root = expect(read(data), "Objects")
    blobs = tuple(_blob(_attributes(e)) for e in root.iterfind("Object"))
    return _chunk(_attributes(root), blobs)


def _attributes(element: etree._Element) -> dict[str, str]:
    return {str(name): str(value) for name, value in element.attrib.items()}


def _bulk_job(root: dict[str, str], chunks: tuple[Chunk, ...]) -> BulkJob:
    return BulkJob(
        job_id=_job_id(root.get("JobId")),
        bucket=root.get("BucketName") or None,
        request_type=_word(RequestType, root.get("RequestType")),
        status=_status(root.get("Status")),
        name=root.get("Name") or None,
        priority=root.get("Priority") or None,
        started=parse_date(root.get("StartDate")),
        user_id=root.get("UserId") or None,
        user_name=root.get("UserName") or None,
        original_size=parse_int(root.get("OriginalSizeInBytes")),
        cached_size=parse_int(root.get("CachedSizeInBytes")),
        completed_size=parse_int(root.get("CompletedSizeInBytes")),
        chunks=chunks,
    )


def read_bulk_job(pieces: Iterable[bytes]) -> BulkJob:
    """Read a MasterObjectList piece by piece. Raises BadReply."""
    target = _JobTarget()
    parser = etree.XMLParser(
        target=target,  # type: ignore[arg-type]  # the stub wants bytes and comments as well
        # Without this a target parser gives `&` in an attribute as `&#38;`. A document type, which
        # alone could define other entities, is refused by the target before its contents are read.
        resolve_entities="internal",  # type: ignore[arg-type]  # the stub knows bool alone
        encoding="utf-8",
        no_network=True,
    )
    try:
        for piece in pieces:
            parser.feed(piece)
        parser.close()
    except etree.XMLSyntaxError as error:
        raise BadReply(f"not XML: {error.msg}") from error
    return target.result()


def read_error(body: bytes) -> dict[str, str]:
    """What an error body tells, by element name; empty for one that tells nothing. Never fails."""
    try:
        root = read(body)
    except (BadReply, etree.LxmlError, ValueError):
        return {}
    if root.tag != "Error":
        return {}
    return {str(child.tag): child.text for child in root if child.text}


# --- writing -------------------------------------------------------------------------------------


def check_name(name: str) -> str:
    """Return the name. Raises ValueError for one that XML 1.0 cannot carry, or an empty one."""
    if not name:
        raise ValueError("An object name cannot be empty.")
    if _FORBIDDEN.search(name):
        raise ValueError(f"The name {name!r} holds a character that cannot be sent.")
    return name


def _attribute(text: str) -> str:
    if not _NEEDS_ESCAPE.search(text):
        return text
    quoted = {'"': "&quot;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;"}
    return escape(text, quoted)


def write_put_items(items: Sequence[PutItem]) -> bytes:
    return _write_objects(
        f'<Object Name="{_attribute(check_name(i.name))}" Size="{i.size}"/>' for i in items
    )


def write_get_items(items: Sequence[GetItem]) -> bytes:
    return _write_objects(_get_item(item) for item in items)


def _get_item(item: GetItem) -> str:
    parts = [f'<Object Name="{_attribute(check_name(item.name))}"']
    if item.offset is not None and item.length is not None:
        parts.append(f'Offset="{item.offset}" Length="{item.length}"')
    if item.version_id is not None:
        parts.append(f'VersionId="{_attribute(item.version_id)}"')
    return " ".join(parts) + "/>"


def _write_objects(elements: Iterator[str]) -> bytes:
    return f"<Objects>{''.join(elements)}</Objects>".encode()


def write_delete(names: Sequence[str]) -> bytes:
    keys = "".join(f"<Object><Key>{_attribute(check_name(name))}</Key></Object>" for name in names)
    return f"<Delete><Quiet>true</Quiet>{keys}</Delete>".encode()
