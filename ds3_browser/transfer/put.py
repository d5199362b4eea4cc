"""Uploads: the objects are files here, a blob is a part of a file on its way out.

A file is looked at before and after each of its blobs; one whose size or time differs from what
was planned fails, for nobody could say which bytes the archive has. The checksum goes out before
the bytes: small blobs are read once, big ones are hashed ahead while others are being sent.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, datetime

from ds3_browser.protocol.client import Ds3Client
from ds3_browser.protocol.records import Blob, BulkJob, Checksum, ChecksumType, Priority, PutItem
from ds3_browser.protocol.transport import PIECE, Hangup

from . import checksum, metadata
from .bulk import Job, Transfer, checksum_type
from .errors import LocalFileError
from .events import Direction, Failure, FailureCode, ObjectState, State
from .ledger import JobRecord, Ledger, NewObject
from .plan import Item, WalkOptions, unreadable, walk
from .pool import SMALL, BlobPool
from .turns import Kind, Turns


@dataclass(frozen=True, slots=True)
class PutSpec:
    """What to upload where. `prefix` is "" or ends in `/`; `paths` are files and folders."""

    job_id: int
    session_id: str
    bucket: str
    prefix: str
    paths: tuple[str, ...]
    name: str
    priority: Priority | None = None
    follow_links: bool = False
    keep_empty_folders: bool = True
    skip_system_files: bool = False
    file_attributes: bool = True


class PutJob(Job):
    direction = Direction.PUT
    turn_kind = Kind.UPLOAD

    def __init__(
        self, spec: PutSpec, client: Ds3Client, ledger: Ledger, pool: BlobPool, turns: Turns
    ) -> None:
        super().__init__(spec.job_id, client, ledger, pool, turns)
        self.spec = spec
        self._items: dict[str, Item] = {}
        self._checksum_type: ChecksumType | None = None
        self._hashed: dict[tuple[str, int], Future[Checksum]] = {}

    def _record(self) -> JobRecord:
        spec = self.spec
        return JobRecord(
            id=spec.job_id,
            kind="put",
            session=spec.session_id,
            bucket=spec.bucket,
            prefix=spec.prefix,
            target=None,
            name=spec.name,
            state=State.PREPARING,
            created=datetime.now(UTC),
            ended=None,
            endpoint=self._client.endpoint.url,
            access_id=self._client.credentials.access_id,
            options={
                "paths": [os.fsencode(path).decode("utf-8", "replace") for path in spec.paths],
                "priority": spec.priority.value if spec.priority else None,
                "follow_links": spec.follow_links,
                "keep_empty_folders": spec.keep_empty_folders,
                "skip_system_files": spec.skip_system_files,
                "file_attributes": spec.file_attributes,
            },
        )

    def _plan(self) -> Iterator[NewObject]:
        spec = self.spec
        options = WalkOptions(spec.follow_links, spec.keep_empty_folders, spec.skip_system_files)
        for found in walk(spec.paths, spec.prefix, options, self._check):
            if isinstance(found, Item) and found.name in self._items:
                other = self._items[found.name].path
                # The first one keeps the name; both have one row, so the second gets a mark.
                clash = Failure(FailureCode.CLASH, found.name, found.path, other)
                yield NewObject(
                    f"{found.name} ({found.path})",
                    found.path,
                    found.size,
                    None,
                    ObjectState.FAILED,
                    clash,
                )
            elif isinstance(found, Item):
                self._items[found.name] = found
                yield NewObject(found.name, found.path, found.size, found.mtime_ns)
            else:
                name = found.name or found.path or ""
                yield NewObject(name, found.path, None, None, ObjectState.FAILED, found)

    def _create(self, objects: Sequence[NewObject], part: int, parts: int) -> BulkJob:
        self._checksum_type = checksum_type(self._client, self.spec.bucket)
        name = self.spec.name if parts == 1 else f"{self.spec.name} ({part + 1} of {parts})"
        return self._client.start_put_job(
            self.spec.bucket,
            [PutItem(found.name, found.size or 0) for found in objects],
            name=name,
            priority=self.spec.priority,
        )

    def _path_of(self, name: str) -> str | None:
        item = self._items.get(name)
        return item.path if item else None

    def _object_moved(self, name: str) -> ObjectState:
        return ObjectState.IN_CACHE

    def _before_moving(self, transfer: Transfer) -> None:
        """Let the hashing thread read a big blob while others are being sent."""
        blob, kind = transfer.blob, self._checksum_type
        if kind is None or blob.length < SMALL:
            return
        item = self._items[blob.name]
        key = (blob.name, blob.offset)
        self._hashed[key] = self._pool.hash_ahead(lambda: self._hash(kind, item, blob))

    def _hash(self, kind: ChecksumType, item: Item, blob: Blob) -> Checksum:
        descriptor = _open(item)
        try:
            return checksum.of_file(kind, descriptor, blob.offset, blob.length, self._check)
        finally:
            os.close(descriptor)

    def _move(self, transfer: Transfer, hangup: Hangup) -> None:
        blob = transfer.blob
        item = self._items[blob.name]
        if item.is_folder:
            self._put(transfer, b"", None, {}, hangup)
            return
        descriptor = _open(item)
        try:
            status = _unchanged(item, descriptor)
            told = metadata.read(item.path, status) if self.spec.file_attributes else {}
            body: FileBody | bytes
            if blob.length < SMALL:
                body = os.pread(descriptor, blob.length, blob.offset)
                if len(body) != blob.length:
                    raise _changed(item, os.fstat(descriptor))
                digest = (
                    checksum.of_bytes(self._checksum_type, body) if self._checksum_type else None
                )
            else:
                body = FileBody(descriptor, blob, transfer, self)
                hashed = self._hashed.pop((blob.name, blob.offset), None)
                digest = hashed.result() if hashed else None
            self._put(transfer, body, digest, told, hangup)
            _unchanged(item, descriptor)
        finally:
            os.close(descriptor)

    def _put(
        self,
        transfer: Transfer,
        body: FileBody | bytes,
        digest: Checksum | None,
        told: dict[str, str],
        hangup: Hangup,
    ) -> None:
        if digest is None and self._checksum_type is not None and isinstance(body, bytes):
            digest = checksum.of_bytes(self._checksum_type, body)
        assert self._part is not None
        self._client.put_object(
            self.spec.bucket,
            transfer.blob.name,
            body,
            job_id=self._part.job_id,
            offset=transfer.blob.offset,
            checksum=digest,
            metadata=told,
            hangup=hangup,
        )
        transfer.checksum = (digest.type.value, digest.value) if digest else None

    def check(self) -> None:
        """Raise JobCancelled where the run is to end; for a body on its way."""
        self._check()


class FileBody:
    """A blob of an open file on its way out. `moved` counts, and is where a cancel is noticed."""

    def __init__(self, descriptor: int, blob: Blob, transfer: Transfer, job: PutJob) -> None:
        self._descriptor = descriptor
        self._blob = blob
        self._transfer = transfer
        self._job = job

    @property
    def length(self) -> int:
        return self._blob.length

    @property
    def file(self) -> tuple[int, int] | None:
        return self._descriptor, self._blob.offset

    def pieces(self) -> Iterator[memoryview]:
        buffer = memoryview(bytearray(PIECE))
        offset, end = self._blob.offset, self._blob.offset + self._blob.length
        while offset < end:
            n = os.preadv(self._descriptor, [buffer[: min(PIECE, end - offset)]], offset)
            if n == 0:
                raise ConnectionAbortedError("the file ended before the blob did")
            yield buffer[:n]
            offset += n

    def moved(self, n: int) -> None:
        self._transfer.moved += n
        self._job.check()


def _open(item: Item) -> int:
    try:
        return os.open(item.path, os.O_RDONLY)
    except OSError as error:
        failure = unreadable(item.path, error)
        raise LocalFileError(failure.code, item.path, error.strerror or "") from error


def _unchanged(item: Item, descriptor: int) -> os.stat_result:
    """The open file's status, if it is still what was planned; raises LocalFileError if not."""
    status = os.fstat(descriptor)
    if (status.st_size, status.st_mtime_ns) != (item.size, item.mtime_ns):
        raise _changed(item, status)
    return status


def _changed(item: Item, status: os.stat_result) -> LocalFileError:
    return LocalFileError(FailureCode.CHANGED, item.path, "", status.st_size - item.size)
