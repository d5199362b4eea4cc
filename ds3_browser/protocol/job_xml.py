"""Answers about jobs: XML to records, those with chunks while they stream in."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from lxml import etree

from .errors import BadReply
from .records import ApplianceJob, Blob, BulkJob, Chunk, JobStatus, RequestType
from .wire_xml import (
    MAX_DEPTH,
    attributes_of,
    checked_name,
    expect,
    number_of,
    parse_bool,
    parse_date,
    parse_int,
    parse_size,
    read,
    text_of,
    word_of,
)


def _status(text: str | None) -> JobStatus:
    """A status that is not told, or not known, is that of a job that still runs."""
    try:
        return JobStatus((text or "IN_PROGRESS").upper())
    except ValueError:
        return JobStatus.IN_PROGRESS


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
        request_type=word_of(RequestType, text_of(element, "RequestType")),
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
        verifies_writes=parse_bool(text_of(element, "VerifyAfterWrite")),
        error_message=_error_message(element),
    )


def _error_message(element: etree._Element) -> str | None:
    if element.find("ErrorMessage") is None:
        return None
    return (text_of(element, "ErrorMessage") or "").strip()


def read_jobs(data: bytes) -> tuple[ApplianceJob, ...]:
    """The unpaged job list, whose facts are attributes."""
    return tuple(
        ApplianceJob(
            job_id=_job_id(job.get("JobId")),
            status=_status(job.get("Status")),
            bucket_id=None,
            bucket=job.get("BucketName"),
            name=job.get("Name"),
            request_type=word_of(RequestType, job.get("RequestType")),
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

    def __init__(self, take: Callable[[Chunk], None] | None) -> None:
        self.root: dict[str, str] | None = None
        self.chunks: list[Chunk] = []
        self._take = take or self.chunks.append
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
            self._blobs.append(read_blob(attributes))

    def end(self, tag: str) -> None:
        if self._depth == 2 and tag.rpartition("}")[2] == "Objects":
            self._take(_chunk(self._chunk, tuple(self._blobs)))
            self._blobs = []
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


def read_blob(attributes: dict[str, str]) -> Blob:
    # lxml hands over its attributes as a plain mapping whose values are str.
    return Blob(
        name=checked_name(attributes.get("Name")),
        offset=parse_size(attributes.get("Offset")),
        length=parse_size(attributes.get("Length")),
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
    blobs = tuple(read_blob(attributes_of(e)) for e in root.iterfind("Object"))
    return _chunk(attributes_of(root), blobs)


def _bulk_job(root: dict[str, str], chunks: tuple[Chunk, ...]) -> BulkJob:
    return BulkJob(
        job_id=_job_id(root.get("JobId")),
        bucket=root.get("BucketName") or None,
        request_type=word_of(RequestType, root.get("RequestType")),
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


def read_bulk_job(pieces: Iterable[bytes], take: Callable[[Chunk], None] | None = None) -> BulkJob:
    """Read a MasterObjectList piece by piece. Raises BadReply, and what `take` raises.

    With `take`, each chunk goes to it as soon as it is read, and the job has none: a list of half a
    million blobs is never whole in memory.
    """
    target = _JobTarget(take)
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
