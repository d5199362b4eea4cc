"""Downloads: a blob is a part of an object on its way into a file.

A blob that broke off goes on where it ended, with a Range; its digest goes on with it. Every blob
that was read completely is verified, wherever the appliance tells a checksum. `part_file` says
what becomes of the bytes.
"""

from __future__ import annotations

import contextlib
import io
import logging
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import pairwise

from ds3_browser.protocol.begun import BegunGet
from ds3_browser.protocol.client import Ds3Client
from ds3_browser.protocol.errors import (
    BadReply,
    ConnectionLost,
    RequestRefused,
)
from ds3_browser.protocol.records import (
    Blob,
    BlobReply,
    Checksum,
    ChecksumType,
    Chunk,
    GetItem,
    RequestType,
)
from ds3_browser.protocol.transport import Hangup

from . import checksum
from .answers import Answers
from .blobs import ObjectInJob, Transfer
from .creation import ChunkSink
from .errors import ChecksumMismatch, JobRefused, LocalFileError, failure_of
from .events import (
    Direction,
    Facts,
    Failure,
    FailureCode,
    ObjectState,
    Question,
    State,
    WaitReason,
)
from .extracts import Extracts
from .handing import Ended
from .leaving_out import LeavingOut, LeftOut
from .ledger import JobRecord, Ledger, NewObject
from .ledger_records import UNPROVED
from .loop import DISK_S
from .moving import MovingJob
from .part_file import Existing as Existing
from .part_file import (
    PartFile,
    Target,
    folds_names,
    in_the_way,
    is_part_name,
    left_over,
    sync_folder,
)
from .placing import batches
from .plan import Targets, numbered
from .pool import BlobPool
from .reading import ReadingJob
from .receiving import BlobSink, MemorySink, Received
from .specs import GetSpec as GetSpec
from .stored import is_stored
from .together import OnItsWay, attempt
from .turns import Kind, Turns

log = logging.getLogger(__name__)

SLOW_SYNC_S = 0.001  # memory takes less, a disk more


class GetJob(ReadingJob, MovingJob):
    direction = Direction.GET
    turn_kind = Kind.DOWNLOAD
    request_type = RequestType.GET
    spec: GetSpec

    def __init__(
        self,
        spec: GetSpec,
        client: Ds3Client,
        ledger: Ledger,
        pool: BlobPool,
        turns: Turns,
        *,
        continued: bool = False,
        retry: bool = False,
    ) -> None:
        super().__init__(spec, client, ledger, pool, turns, continued=continued, retry=retry)
        self._versions = dict(spec.versions)
        self._extracts = Extracts(spec.extracts)
        self._answers = Answers(spec.existing, dict(spec.answers))
        self._target: Target | None = None
        self._files: dict[str, PartFile] = {}
        self._asked_anew: set[str] = set()
        self._received: dict[Transfer, Received] = {}
        self._checksum_type: ChecksumType | None = None

    def _move_all(self) -> None:
        super()._move_all()
        self._ledger.flush()
        unproved = self._reporter.unproved = self._reader.unproved(self.job_id)
        self._ledger.set_option(self.job_id, UNPROVED, str(unproved) if unproved else None)

    # --- which objects, and where to

    def _plan(self) -> Iterator[NewObject]:
        try:
            self._target = Target.make(os.path.abspath(self.spec.target))
        except OSError as error:
            failure = Failure(
                FailureCode.LOCAL_WRITE, None, self.spec.target, detail=error.strerror
            )
            raise JobRefused(failure) from error
        folder = self._target.folder
        targets = Targets(folder, self.spec.base_prefix, folds=folds_names(folder))
        may_repeat = self._may_repeat()
        seen: set[str] = set()
        for name, size, complete, left_out in self._wanted():
            if name in seen:
                continue
            if may_repeat:
                seen.add(name)
            if left_out is None:
                yield self._planned(targets, name, size, complete)
            else:
                yield NewObject(name, None, left_out.size, None, ObjectState.SKIPPED, left_out.why)

    def _may_repeat(self) -> bool:
        """Whether a name may come twice. One folder lists none twice, nor do names in order."""
        names, prefixes = self.spec.names, self.spec.prefixes
        if names and prefixes:
            return True
        return len(prefixes) > 1 or any(one >= next_ for one, next_ in pairwise(names))

    def _wanted(self) -> Iterator[tuple[str, int | None, bool, LeftOut | None]]:
        """All that was chosen, and what of it is left out for the tapes that it is on."""
        if not (self.spec.without_tapes or self.spec.without_ejected):
            for named in self._named():
                yield *named, None
            return
        leaving_out = LeavingOut(
            *(self._client, self.spec.bucket, self._versions),
            without=self.spec.without_tapes,
            ejected=self.spec.without_ejected,
            answered=self._answered,
        )
        for batch in batches(self._named()):
            left_out = leaving_out.among([(name, size) for name, size, _ in batch])
            for name, size, complete in batch:
                yield name, size, complete, left_out.get(name)

    def _named(self) -> Iterator[tuple[str, int | None, bool]]:
        """Name, size and completeness of all that was chosen; a single one has no size yet.

        Names given one by one are in the ledger, and leave memory as they are planned.
        """
        names = list(reversed(self.spec.names))
        self.spec = replace(self.spec, names=())
        while names:
            name = names.pop()
            extract = self._extracts.of(name)
            yield name, extract.length if extract is not None else None, True
        yield from self._below(self.spec.prefixes)

    def _planned(self, targets: Targets, name: str, size: int | None, complete: bool) -> NewObject:
        extract = self._extracts.of(name)
        path = targets.path_for(name if extract is None else self.spec.base_prefix + extract.file)
        if is_part_name(path, self.job_id):
            path = numbered(path, 2)
        if not complete:
            failure = Failure(FailureCode.NOT_FOUND, name, path, "being uploaded")
            return NewObject(name, path, size, None, ObjectState.FAILED, failure)
        if (above := targets.file_above(path)) is not None:
            failure = Failure(FailureCode.IN_THE_WAY, name, path, os.path.basename(above))
            return NewObject(name, path, size, None, ObjectState.FAILED, failure)
        if name.endswith("/"):
            return self._folder(name, path)
        if os.path.isdir(path):
            failure = failure_of(in_the_way(path), name)
            return NewObject(name, path, size, None, ObjectState.FAILED, failure)
        looks = self.spec.existing in (Existing.SKIP, Existing.ASK)
        if looks and os.path.lexists(path) and self._to_do(name, path, size) is Existing.SKIP:
            return NewObject(name, path, size, None, ObjectState.SKIPPED)
        if self.spec.existing is Existing.SKIP_SAME and self._is_here(name, path):
            return NewObject(name, path, size, None, ObjectState.SKIPPED)
        return NewObject(name, path, size)

    def answer(self, question: Question, existing: Existing, *, for_all: bool) -> None:
        """Say what becomes of the file that was asked about. From any thread."""
        self._answers.give(question, existing, for_all=for_all)
        self._controls.wake.set()

    def _to_do(self, name: str, path: str, size: int | None) -> Existing:
        """What becomes of a file that is there: as it was chosen, or as somebody says now."""

        def wait(question: Question, take: Callable[[], Existing | None]) -> Existing:
            answer = self._waits.for_answer(Facts(question=question), take)
            self._reporter.state(State.PREPARING)
            return answer

        keep = partial(self._ledger.set_option, self.job_id, "answers")
        return self._answers.ask(name, path, size, wait, keep)

    def _is_here(self, name: str, path: str) -> bool:
        """Whether a file is the object already: of its size, and with all its checksums."""
        if not os.path.isfile(path) or self._extracts.of(name) is not None:
            return False
        version = self._versions.get(name)
        head = self._answered(
            lambda: self._client.head_object(self.spec.bucket, name, version_id=version)
        )
        if head is None:
            return False
        try:
            if os.path.getsize(path) != head.size:
                return False
            with io.FileIO(path) as file:  # what nothing proves is not the same
                return bool(checksum.has_bytes_of(head, file, self._controls.check))
        except OSError:
            return False

    def _folder(self, name: str, path: str) -> NewObject:
        """A kept empty folder is made here; there is nothing to fetch."""
        try:
            os.makedirs(path, exist_ok=True)
        except OSError as error:
            blocked = isinstance(error, FileExistsError | NotADirectoryError)
            failure = failure_of(in_the_way(path) if blocked else error, name)
            return NewObject(name, path, 0, None, ObjectState.FAILED, failure)
        return NewObject(name, path, 0, None, ObjectState.DONE)

    def _compare(self, to_move: int) -> None:
        """What is here already is looked at file by file, as it is planned."""

    def _before_asking(self, number: int) -> None:
        """A download makes way for nothing there."""

    def _settle_conflict(self, number: int, error: RequestRefused) -> bool:
        return False

    def _recall(self, record: JobRecord) -> None:
        """Find the target again, and what an earlier run left there of files that are not whole."""
        self._target = self._target_of_before()
        options = record.options or {}
        kind = options.get("checksum")
        self._checksum_type = ChecksumType(kind) if kind else None
        self._extracts.recall(options.get("blobs_of_extracts"))
        begun = self._reader.begun(self.job_id)
        for found in self._reader.to_move(self.job_id):
            self._controls.check()
            left = left_over(found.path or "", self.job_id)
            if left is None and found.name not in begun:
                continue
            digests = self._reader.checksums(self.job_id, found.name)
            lost = set(digests)
            if left is not None:
                path, size = found.path or "", found.size or 0
                part = PartFile.left(self._target, path, self.job_id, size, left)
                lost = {at for at in digests if not self._is_proved(part, at, *digests[at])}
                if len(lost) < len(digests):
                    self._files[found.name] = part
                else:
                    part.discard()
            if lost:
                self._ledger.drop_blobs(self.job_id, found.name, sorted(lost))

    def _is_proved(self, part: PartFile, offset: int, length: int, digest: str | None) -> bool:
        """Read back what is in the part file; only what has the digest of the time is trusted."""
        kind = self._checksum_type
        if kind is None or digest is None:
            return False
        try:
            with part.opened() as file:
                found = checksum.of_file(kind, file, offset, length, self._controls.check)
        except LocalFileError as error:
            log.warning("what is here of a file cannot be read back: %s", error)
            return False
        return found.value == digest

    def _again(self, failed: NewObject) -> NewObject | None:
        return failed

    def _anew(self, failed: NewObject) -> NewObject | None:
        return None if failed.name.endswith("/") else failed

    def _target_of_before(self) -> Target:
        """A target that is not there now was on a disk that is away: wait for it."""
        folder = os.path.abspath(self.spec.target)
        while True:
            try:
                return Target.found(folder)
            except OSError:
                needed = max(0, self._amounts.total - self._amounts.there)
                facts = Facts(path=folder, needed=needed)
                self._waits.wait(WaitReason.DISK, DISK_S, facts=facts)

    def _create(self, objects: Iterator[NewObject], name: str, listing: ChunkSink) -> str:
        kind = self._checksum_type = self._client.checksum_of_policy(self.spec.bucket)
        self._ledger.set_option(self.job_id, "checksum", kind.value if kind else None)
        self._look_at_extracts()
        created = self._client.start_get_job(
            self.spec.bucket,
            (self._item(found.name) for found in objects),
            name=name,
            priority=self.priority,
            order=self.spec.order,
            take=listing.take,
        )
        return created.job_id

    def _item(self, name: str) -> GetItem:
        extract = self._extracts.of(name)
        if extract is None:
            return GetItem(name, self._versions.get(name))
        return GetItem(name, self._versions.get(name), extract.offset, extract.length)

    def _look_at_extracts(self) -> None:
        """Refuse a part that its object does not have: less than was asked for is not what was."""
        for one in self.spec.extracts:
            version = self._versions.get(one.name)
            head = self._client.head_object(self.spec.bucket, one.name, version_id=version)
            if head is not None and head.size < one.end:
                raise JobRefused(Failure(FailureCode.OUTSIDE, one.name, difference=head.size))

    def as_wanted(self, chunk: Chunk) -> Chunk:
        known = self._extracts.kept()
        wanted = self._extracts.cut(chunk)
        if (kept := self._extracts.kept()) != known:
            self._ledger.set_option(self.job_id, "blobs_of_extracts", kept)
        return wanted

    # --- one blob

    def before_moving(self, transfer: Transfer) -> None:
        found = transfer.object
        part = self._files.get(found.name)
        if part is not None and part.size != found.size:
            # It was replaced by another one, which its job of before did not have.
            self._files.pop(found.name).discard()
        if found.name not in self._files:
            assert self._target is not None
            path = found.path or ""
            self._files[found.name] = PartFile(
                self._target, path, self.job_id, found.size, again=self._continued
            )

    def move(self, transfer: Transfer, hangup: Hangup) -> None:
        part = self._files[transfer.blob.name]
        received = self._begun_receiving(transfer)
        transfer.moved = received.length
        with part.opened() as file, self._client.under(hangup):
            if received.reply is None:
                received.resumed = received.length > 0
                sink = BlobSink(part, file, transfer, received, self._controls, self._take)
                received.reply = self._receive(transfer, sink, hangup)
            try:
                transfer.checksum = self._verified(transfer.blob, received, received.reply, file)
            except ChecksumMismatch:
                del self._received[transfer]  # it is begun anew
                raise
            del self._received[transfer]
            if self._extracts.of(transfer.blob.name) is None:
                part.attributes = received.reply.metadata or part.attributes

    def _begun_receiving(self, transfer: Transfer) -> Received:
        """What came of a blob before. One that did not end well, with all its bytes, is no
        beginning: nothing is behind it. Neither is one of an object that may be another by now,
        where no checksum would tell.
        """
        received = self._received.get(transfer)
        no_end = received is None or received.reply is None
        loose = transfer.outside and transfer.blob.version_id is None
        unproved = loose and self._checksum_type is None
        if received is None or (no_end and (unproved or received.length >= transfer.blob.length)):
            received = self._received[transfer] = self._nothing_received(transfer.blob)
        return received

    def _nothing_received(self, blob: Blob) -> Received:
        is_part = blob.length < self._extracts.whole(blob).length
        return Received(None if is_part else self._checksum_type)

    def begin(self, transfer: Transfer, hangup: Hangup) -> OnItsWay:
        blob, part = transfer.blob, self._files[transfer.blob.name]
        alone = blob.length == transfer.object.size and not part.begun
        extract = self._extracts.of(blob.name) is not None
        if not alone or extract or transfer.outside or transfer in self._received:
            return _Later(lambda: self.move(transfer, hangup))
        self._wait_for(blob.length)
        begun = self._client.begin_get(
            self.spec.bucket,
            blob.name,
            job_id=self._current_job,
            offset=blob.offset,
            version_id=blob.version_id,
            hangup=hangup,
        )
        return _Small(begun, lambda begun: self._take_small(transfer, part, begun, hangup))

    def _take_small(
        self, transfer: Transfer, part: PartFile, begun: BegunGet, hangup: Hangup
    ) -> None:
        """Receive a whole object in memory, and write its file. What breaks off is kept as well."""
        received = Received(self._checksum_type)
        sink = MemorySink(transfer, received)
        try:
            reply = begun.receive(sink)
        except ConnectionLost:
            if received.length:
                part.write_beginning(sink.data)
                self._received[transfer] = received
            raise
        with self._client.under(hangup):
            transfer.checksum = self._verified(transfer.blob, received, reply, sink.data)
        part.attributes = reply.metadata or part.attributes
        part.write_whole(sink.data)

    def _receive(self, transfer: Transfer, sink: BlobSink, hangup: Hangup) -> BlobReply:
        """Ask for what is missing of a blob: in the job or, once it was read there, without it."""
        blob, begin = transfer.blob, sink.received.length
        whole, at = self._extracts.whole(blob), self._extracts.in_object(blob)
        cut = blob.length < whole.length
        ranged = blob.length > 0 and (begin > 0 or cut or transfer.outside)
        try:
            return self._client.get_object(
                self.spec.bucket,
                blob.name,
                sink,
                job_id=None if transfer.outside else self._current_job,
                offset=whole.offset,
                version_id=blob.version_id,
                byte_range=(at + begin, at + blob.length - 1) if ranged else None,
                hangup=hangup,
            )
        except BadReply:
            # Not bytes to go on behind: they are of another answer than was asked for.
            del self._received[transfer]
            raise

    def _verified(
        self,
        blob: Blob,
        received: Received,
        reply: BlobReply,
        written: io.FileIO | bytearray,
    ) -> Checksum | None:
        """The blob's digest, which is the one the appliance tells; None where it tells none."""
        whole = self._extracts.whole(blob)
        if blob.length < whole.length:
            if received.length != blob.length:
                raise ChecksumMismatch(blob.name, blob.offset)
            return None  # nothing tells the checksum of a part
        expected = reply.checksum or self._checksum_from_head(whole)
        unproved = expected is None and received.resumed and self._checksum_type is not None
        if received.length != blob.length or unproved:
            raise ChecksumMismatch(blob.name, blob.offset)
        if expected is None:
            return None
        digest = received.checksum(expected.type, written, blob, self._controls.check)
        if digest != expected:
            raise ChecksumMismatch(blob.name, blob.offset)
        return expected

    def _checksum_from_head(self, blob: Blob) -> Checksum | None:
        """A ranged answer carries no checksum of the blob; the object's head does."""
        head = self._client.head_object(self.spec.bucket, blob.name, version_id=blob.version_id)
        kind = head.checksum_type if head is not None else None
        if head is None or kind is None or kind is ChecksumType.NONE:
            return None
        value = head.checksums.get(blob.offset)
        return Checksum(kind, value) if value else None

    # --- one object

    def finish(self, found: ObjectInJob) -> ObjectState:
        states: list[ObjectState] = []

        def ended(_: ObjectInJob, state: ObjectState | None, error: Exception | None) -> None:
            if error is not None or state is None:
                raise error or AssertionError("an object ended in no state")
            states.append(state)

        self.finish_together((found,), ended)
        return states[0]

    def finish_together(self, found: Sequence[ObjectInJob], ended: Ended) -> None:
        """Each file is synced and named, then each folder is synced once for all of them."""
        named: list[tuple[ObjectInJob, PartFile]] = []
        parts = [self._files[whole.name] for whole in found]
        for whole, part, failed in zip(found, parts, self._synced(parts), strict=True):
            try:
                if failed is not None:
                    raise failed
                self._check_extract(whole)
                placed = part.name(self._answers.of(whole.name), self._controls.check_blobs)
            except Exception as error:
                ended(whole, None, error)
                continue
            whole.path = part.path
            del self._files[whole.name]
            if placed:
                named.append((whole, part))
            else:
                ended(whole, ObjectState.SKIPPED, None)
        for folder in {os.path.dirname(part.path) for _, part in named}:
            sync_folder(folder)
        for whole, part in named:
            part.restore()
            ended(whole, ObjectState.DONE, None)

    def _check_extract(self, found: ObjectInJob) -> None:
        """The object may have been replaced by a smaller one since it was looked at."""
        extract = self._extracts.of(found.name)
        if extract is not None and found.size != extract.length:
            raise BadReply(f"{found.size} bytes instead of {extract.length}: {found.name}")

    def _synced(self, parts: Sequence[PartFile]) -> list[Exception | None]:
        """Sync files, and say what went wrong with each: beside each other where it takes long."""
        began = time.monotonic()
        errors = [attempt(part.sync) for part in parts[:1]]
        if time.monotonic() - began < SLOW_SYNC_S:
            return errors + [attempt(part.sync) for part in parts[1:]]
        works = [partial(attempt, part.sync) for part in parts[1:]]
        return errors + self._context.pool.at_once(works)

    def asks_anew(self, found: ObjectInJob) -> bool:
        """Once for each object, and only if it is there."""
        if found.name in self._asked_anew:
            return False
        self._asked_anew.add(found.name)
        size = found.size if self._extracts.of(found.name) is None else None
        return is_stored(self._client, self.spec.bucket, found.name, size)

    def leave(self, found: ObjectInJob) -> None:
        part = self._files.pop(found.name, None)
        if part is not None:
            part.discard()
        for transfer in list(self._received):
            if transfer.blob.name == found.name:
                self._received.pop(transfer, None)

    def leave_behind_nothing(self, found: NewObject) -> None:
        left = left_over(found.path or "", self.job_id)
        if left is not None:
            with contextlib.suppress(OSError):
                os.unlink(left)


class _Small:
    """A small object that was asked for."""

    __slots__ = ("_begun", "_take")

    def __init__(self, begun: BegunGet, take: Callable[[BegunGet], None]) -> None:
        self._begun = begun
        self._take = take

    def end(self) -> None:
        self._take(self._begun)

    def leave(self) -> None:
        self._begun.leave()


class _Later:
    """A blob that is not asked for before its turn comes."""

    __slots__ = ("end",)

    def __init__(self, move: Callable[[], None]) -> None:
        self.end = move

    def leave(self) -> None:
        """It was not begun."""
