"""Downloads: a blob is a part of an object on its way into a file.

Bytes go into `<name>.<job>.ds3part` beside the target. Only when all blobs of an object are there
and verified is the file synced, renamed and given its times; nothing that exists is overwritten
unless that was chosen. Whatever ends the job, no part file stays behind.
"""

from __future__ import annotations

import contextlib
import enum
import errno
import os
import shutil
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from ds3_browser.protocol.client import Ds3Client
from ds3_browser.protocol.errors import (
    ConnectionFailed,
    ConnectionLost,
    Ds3Error,
    Gone,
    NotFound,
)
from ds3_browser.protocol.records import (
    Blob,
    BlobReply,
    BulkJob,
    Checksum,
    ChecksumType,
    GetItem,
    Listing,
    Order,
    Priority,
)
from ds3_browser.protocol.transport import Hangup

from . import checksum, metadata
from .bulk import Job, Transfer, checksum_type, failure_of
from .errors import ChecksumMismatch, JobRefused, LocalFileError, NoSpace
from .events import Direction, Failure, FailureCode, ObjectState, State
from .ledger import JobRecord, Ledger, NewObject
from .plan import Targets, numbered
from .pool import BlobPool
from .turns import Kind, Turns


class Existing(enum.Enum):
    """What to do with an object whose file is there already."""

    SKIP = "skip"
    REPLACE = "replace"
    KEEP_BOTH = "keep both"


@dataclass(frozen=True, slots=True)
class GetSpec:
    """What to download where. `names` are objects, `prefixes` whole folders of the bucket.

    `base_prefix` is what names lose on their way to a path below `target`.
    """

    job_id: int
    session_id: str
    bucket: str
    base_prefix: str
    names: tuple[str, ...]
    prefixes: tuple[str, ...]
    target: str
    name: str
    priority: Priority | None = None
    existing: Existing = Existing.KEEP_BOTH


@dataclass(slots=True)
class _Restore:
    """An object on its way: where it goes, and what came with its bytes."""

    path: Path
    part: Path
    descriptor: int | None = None
    opening: threading.Lock = field(default_factory=threading.Lock)
    metadata: dict[str, tuple[str, ...]] = field(default_factory=dict)


class GetJob(Job):
    direction = Direction.GET
    turn_kind = Kind.DOWNLOAD

    def __init__(
        self, spec: GetSpec, client: Ds3Client, ledger: Ledger, pool: BlobPool, turns: Turns
    ) -> None:
        super().__init__(spec.job_id, client, ledger, pool, turns)
        self.spec = spec
        self._restores: dict[str, _Restore] = {}
        self._checksum_type: ChecksumType | None = None
        self._received: dict[tuple[str, int], int] = {}

    def _record(self) -> JobRecord:
        spec = self.spec
        return JobRecord(
            id=spec.job_id,
            kind="get",
            session=spec.session_id,
            bucket=spec.bucket,
            prefix=spec.base_prefix,
            target=spec.target,
            name=spec.name,
            state=State.PREPARING,
            created=datetime.now(UTC),
            ended=None,
            endpoint=self._client.endpoint.url,
            access_id=self._client.credentials.access_id,
            options={
                "names": list(spec.names[:1000]),
                "prefixes": list(spec.prefixes),
                "existing": spec.existing.value,
                "priority": spec.priority.value if spec.priority else None,
            },
        )

    # --- which objects, and where to

    def _plan(self) -> Iterator[NewObject]:
        target = Path(self.spec.target)
        try:
            target.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            failure = Failure(FailureCode.LOCAL_WRITE, None, str(target), error.strerror)
            yield NewObject(self.spec.name, None, None, None, ObjectState.FAILED, failure)
            return
        targets = Targets(target, self.spec.base_prefix)
        seen: set[str] = set()
        for name, size, complete in self._named():
            if name not in seen:
                seen.add(name)
                yield self._planned(targets, name, size, complete)

    def _named(self) -> Iterator[tuple[str, int | None, bool]]:
        """Name, size and completeness of all that was chosen; a single one has no size yet."""
        for name in self.spec.names:
            yield name, None, True
        for prefix in self.spec.prefixes:
            for page in self._listed(prefix):
                yield from ((o.name, o.size, not o.being_uploaded) for o in page.objects())

    def _listed(self, prefix: str) -> Iterator[Listing]:
        """All pages below a prefix; the network gone is waited for."""
        marker: str | None = None
        while True:
            self._check()
            try:
                page = self._client.list_objects(self.spec.bucket, prefix=prefix, marker=marker)
            except ConnectionFailed as error:
                self._wait_for_network(error)
                continue
            except Ds3Error as error:
                raise JobRefused(failure_of(error)) from error
            yield page
            if page.next_marker is None or page.next_marker == marker:
                return
            marker = page.next_marker

    def _planned(self, targets: Targets, name: str, size: int | None, complete: bool) -> NewObject:
        path = targets.path_for(name)
        if not complete:
            failure = Failure(FailureCode.NOT_FOUND, name, detail="being uploaded")
            return NewObject(name, str(path), size, None, ObjectState.FAILED, failure)
        if name.endswith("/"):
            return self._folder(name, path)
        if self.spec.existing is Existing.SKIP and path.exists():
            return NewObject(name, str(path), size, None, ObjectState.SKIPPED)
        part = path.with_name(f"{path.name[:200]}.{self.job_id}.ds3part")
        self._restores[name] = _Restore(path, part)
        return NewObject(name, str(path), size)

    def _folder(self, name: str, path: Path) -> NewObject:
        """A kept empty folder is made here; there is nothing to fetch."""
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            failure = _in_the_way(name, path, error)
            return NewObject(name, str(path), 0, None, ObjectState.FAILED, failure)
        return NewObject(name, str(path), 0, None, ObjectState.DONE)

    def _create(self, objects: Sequence[NewObject], part: int, parts: int) -> BulkJob:
        self._checksum_type = checksum_type(self._client, self.spec.bucket)
        return self._client.start_get_job(
            self.spec.bucket,
            [GetItem(found.name) for found in objects],
            name=self.spec.name,
            priority=self.spec.priority,
            order=Order.NONE,
        )

    def _path_of(self, name: str) -> str | None:
        restore = self._restores.get(name)
        return str(restore.path) if restore else None

    # --- one blob

    def _move(self, transfer: Transfer, hangup: Hangup) -> None:
        blob = transfer.blob
        restore = self._restores[blob.name]
        sink = _BlobSink(self._descriptor(restore), blob, transfer, self)
        with _told(restore):
            self._receive(blob, sink, hangup, restore)
            transfer.checksum = (
                (self._checksum_type.value, sink.value or "") if self._checksum_type else None
            )

    def _receive(self, blob: Blob, sink: _BlobSink, hangup: Hangup, restore: _Restore) -> None:
        """Receive a blob; one that broke off is continued where it ended, once, with a Range."""
        try:
            reply = self._get(blob, sink, hangup)
        except ConnectionLost:
            if not 0 < sink.received < blob.length or hangup.fired:
                raise
            self._check()
            reply = self._get(blob, sink, hangup, begin=sink.received)
        except (NotFound, Gone):
            # One listed blob may be read once; after that it is there without the job.
            sink.restart()
            reply = self._get(blob, sink, hangup, begin=0, with_job=False)
        restore.metadata = reply.metadata or restore.metadata
        self._verify(blob, sink, reply)

    def _get(
        self,
        blob: Blob,
        sink: _BlobSink,
        hangup: Hangup,
        begin: int | None = None,
        with_job: bool = True,
    ) -> BlobReply:
        span = None
        if begin is not None and blob.length:
            sink.begin_at(begin)
            span = (blob.offset + begin, blob.offset + blob.length - 1)
        assert self._part is not None
        return self._client.get_object(
            self.spec.bucket,
            blob.name,
            sink,
            job_id=self._part.job_id if with_job else None,
            offset=blob.offset,
            version_id=blob.version_id,
            byte_range=span,
            hangup=hangup,
        )

    def _verify(self, blob: Blob, sink: _BlobSink, reply: BlobReply) -> None:
        if sink.received != blob.length:
            raise ChecksumMismatch(blob.name, blob.offset)
        expected = reply.checksum or self._checksum_from_head(blob)
        if expected is None:
            return
        if expected != sink.finish(expected.type):
            raise ChecksumMismatch(blob.name, blob.offset)

    def _checksum_from_head(self, blob: Blob) -> Checksum | None:
        """A ranged answer carries no checksum of the blob; the object's head does."""
        head = self._client.head_object(self.spec.bucket, blob.name)
        if head is None or head.checksum_type in (None, ChecksumType.NONE):
            return None
        value = head.checksums.get(blob.offset)
        return Checksum(head.checksum_type, value) if value and head.checksum_type else None

    def _descriptor(self, restore: _Restore) -> int:
        """The open part file, made with its folders by the first of the object's blobs."""
        with restore.opening, _told(restore):
            if restore.descriptor is None:
                restore.part.parent.mkdir(parents=True, exist_ok=True)
                flags = os.O_RDWR | os.O_CREAT | os.O_TRUNC
                restore.descriptor = os.open(restore.part, flags, 0o666)
            return restore.descriptor

    def check(self) -> None:
        """Raise JobCancelled where the run is to end; for a sink that is being filled."""
        self._check()

    @property
    def checksum_type(self) -> ChecksumType | None:
        return self._checksum_type

    # --- a whole object

    def _object_moved(self, name: str) -> ObjectState:
        restore = self._restores[name]
        assert restore.descriptor is not None
        os.fsync(restore.descriptor)
        os.close(restore.descriptor)
        restore.descriptor = None
        try:
            state = self._put_in_place(restore)
        except OSError as error:
            restore.part.unlink(missing_ok=True)
            raise _local(restore, error) from error
        if state is ObjectState.DONE:
            metadata.restore(restore.path, restore.metadata)
        return state

    def _put_in_place(self, restore: _Restore) -> ObjectState:
        """Give the part file its name. What came into being meanwhile is not overwritten either."""
        if self.spec.existing is Existing.REPLACE:
            restore.part.replace(restore.path)
        else:
            wanted, number = restore.path, 2
            while not _renamed(restore.part, restore.path):
                if self.spec.existing is Existing.SKIP:
                    restore.part.unlink()
                    return ObjectState.SKIPPED
                restore.path = numbered(wanted, number)
                number += 1
        _sync_folder(restore.path.parent)
        return ObjectState.DONE

    def _object_given_up(self, name: str) -> None:
        restore = self._restores.get(name)
        if restore is None:
            return
        if restore.descriptor is not None:
            os.close(restore.descriptor)
            restore.descriptor = None
        with contextlib.suppress(OSError):
            restore.part.unlink(missing_ok=True)


class _BlobSink:
    """Takes a blob's bytes to their place in the part file and digests them as they come."""

    def __init__(self, descriptor: int, blob: Blob, transfer: Transfer, job: GetJob) -> None:
        self._descriptor = descriptor
        self._blob = blob
        self._transfer = transfer
        self._job = job
        self._begin = 0
        self.value: str | None = None
        self.restart()

    def restart(self) -> None:
        """Begin anew: what came before counts no more."""
        self.received = 0
        self._transfer.moved = 0
        self._kind = self._job.checksum_type
        self._digest = checksum.new(self._kind) if self._kind else None

    def begin_at(self, received: int) -> None:
        """The next answer's body begins after so many bytes of the blob."""
        self._begin = received

    def write_at(self, offset: int, piece: memoryview) -> None:
        place = self._blob.offset + self._begin + offset
        written = 0
        while written < len(piece):
            written += os.pwrite(self._descriptor, piece[written:], place + written)
        if self._digest is not None:
            self._digest.update(piece)
        self.received += len(piece)

    def moved(self, n: int) -> None:
        self._transfer.moved += n
        self._job.check()

    def finish(self, kind: ChecksumType) -> Checksum:
        """The digest of what was received; read back from the file where another type is asked."""
        if self._digest is not None and kind is self._kind:
            result = checksum.finish(kind, self._digest)
        else:
            result = checksum.of_file(
                kind, self._descriptor, self._blob.offset, self._blob.length, self._job.check
            )
        self.value = result.value
        return result


@contextlib.contextmanager
def _told(restore: _Restore) -> Iterator[None]:
    """Turn what the disk says into what it means for the object or the job."""
    try:
        yield
    except ConnectionError:
        raise
    except OSError as error:
        raise _local(restore, error) from error


def _local(restore: _Restore, error: OSError) -> LocalFileError:
    folder = str(restore.path.parent)
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        free = None
        with contextlib.suppress(OSError):
            free = shutil.disk_usage(folder).free
        return NoSpace(FailureCode.LOCAL_WRITE, folder, error.strerror or "", free)
    failure = _in_the_way(None, restore.path, error)
    return LocalFileError(failure.code, str(restore.path), failure.detail or "")


def _in_the_way(name: str | None, path: Path, error: OSError) -> Failure:
    """Tell a file where a folder should be, or the other way round, from other trouble."""
    kinds = (FileExistsError, NotADirectoryError, IsADirectoryError)
    if isinstance(error, kinds):
        blocking = next((p for p in [path, *path.parents] if p.exists()), path)
        return Failure(FailureCode.IN_THE_WAY, name, str(path), str(blocking))
    return Failure(FailureCode.LOCAL_WRITE, name, str(path), error.strerror)


def _renamed(part: Path, path: Path) -> bool:
    """Give the file its name unless that is taken; False then. Atomic where links are known."""
    try:
        os.link(part, path)
    except FileExistsError:
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path)) from None
        return False
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.EMLINK):
            raise
        if path.exists():
            return False
        part.rename(path)
        return True
    part.unlink()
    return True


def _sync_folder(folder: Path) -> None:
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
