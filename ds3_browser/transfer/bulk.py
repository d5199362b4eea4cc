"""The life of a bulk job in the engine: create, ask for ready chunks, move blobs, wait, end.

`Job` is what uploads and downloads share; `put.PutJob` and `get.GetJob` say what their blobs are.
All of a run happens in the thread that calls `run`, but for the blobs themselves, which the
appliance's pool moves; what a blob came to is taken from a queue here, so the ledger, the counts
and the events have one writer. From other threads come only flags, each followed by `wake`.
"""

from __future__ import annotations

import abc
import logging
import queue
import random
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial

from ds3_browser.protocol.client import Ds3Client
from ds3_browser.protocol.errors import (
    AccessDenied,
    BadCredentials,
    BadReply,
    Busy,
    ClockSkewed,
    Conflict,
    ConnectionFailed,
    ConnectionLost,
    Ds3Error,
    Gone,
    NotFound,
    RequestRefused,
    ServerFault,
    TlsFailed,
)
from ds3_browser.protocol.records import Blob, BulkJob, ChecksumType, Chunk, JobStatus
from ds3_browser.protocol.transport import Hangup

from .errors import ChecksumMismatch, JobCancelled, JobRefused, LocalFileError, NoSpace
from .events import (
    Actor,
    Cancel,
    ChunkPhase,
    ChunkState,
    ChunkSummary,
    Counts,
    Direction,
    Event,
    Facts,
    Failure,
    FailureCode,
    JobCreated,
    JobEnded,
    JobState,
    ObjectFailed,
    ObjectState,
    Outcome,
    Progress,
    State,
    Waiting,
    WaitReason,
)
from .ledger import JobRecord, Ledger, NewObject
from .meter import INTERVAL_S, Meter
from .pool import BlobPool
from .turns import Kind, Turn, Turns

log = logging.getLogger(__name__)

MAX_TRIES = 5
MAX_OBJECTS_PER_JOB = 500_000
PREFERRED_CHUNKS = {Direction.PUT: 4, Direction.GET: 10}
BUSY_S = 60.0
DISK_S = 30.0
LEND_AFTER_S = 60.0
ASK_AGAIN_S = 0.2
FIRST_FAILURES = 100
NEVER_REACHED_S = (1, 2, 4, 8, 16, 32, 60)
TRY_AGAIN_S = (1, 2, 4, 8)
TELL_TRIES = 3

BlobKey = tuple[str, str | None, int]


@dataclass(slots=True)
class Transfer:
    """One blob of this run. `moved` is written by the blob's thread, all else by the loop's."""

    blob: Blob
    chunk: int
    tries: int = 0
    not_before: float = 0.0
    moved: int = 0
    checksum: tuple[str, str] | None = None

    @property
    def key(self) -> BlobKey:
        return self.blob.name, self.blob.version_id, self.blob.offset


@dataclass(frozen=True, slots=True)
class Ended:
    """What a transfer came to: None for success, else what was raised in the blob's thread."""

    transfer: Transfer
    error: Exception | None


@dataclass(slots=True)
class _Chunk:
    """Bookkeeping of a chunk for its cell in the map."""

    length: int
    blobs: int
    ended: int = 0
    done_bytes: int = 0
    ready: bool = False
    failed: bool = False
    told: tuple[ChunkPhase, float] | None = None


@dataclass(slots=True)
class _Amounts:
    total: int = 0
    confirmed: int = 0
    loaded: int = 0
    objects_total: int = 0
    done: int = 0
    failed: int = 0
    skipped: int = 0
    checked: int = 0


@dataclass(slots=True)
class _Part:
    """The transfer of one job on the appliance. Each blob is in exactly one of the four."""

    job_id: str
    number: int
    unseen: dict[BlobKey, Transfer]
    ready: deque[Transfer] = field(default_factory=deque)
    moving: dict[BlobKey, Transfer] = field(default_factory=dict)
    left_by_name: dict[str, int] = field(default_factory=dict)

    @property
    def open(self) -> bool:
        return bool(self.unseen or self.ready or self.moving)


class Job(abc.ABC):
    """One bulk job. `run` once; the other methods may be called from any thread at any time."""

    direction: Direction
    turn_kind: Kind

    def __init__(
        self,
        job_id: int,
        client: Ds3Client,
        ledger: Ledger,
        pool: BlobPool,
        turns: Turns,
    ) -> None:
        self.job_id = job_id
        self._client = client
        self._ledger = ledger
        self._pool = pool
        self._turns = turns
        self._wake = threading.Event()
        self._hangup = Hangup()
        self._cancel: Cancel | None = None
        self._interrupted = False
        self._paused = False
        self._paused_at: datetime | None = None
        self._try_now = False
        self._results: queue.SimpleQueue[Ended] = queue.SimpleQueue()
        self._report: Callable[[Event], None] = lambda event: None
        self._state: JobState | None = None
        self._meter = Meter()
        self._amounts = _Amounts()
        self._chunks: dict[int, _Chunk] = {}
        self._part: _Part | None = None
        self._turn: Turn | None = None
        self._waits = 0
        self._waited_s = 0.0
        self._failures_told = 0
        self._trouble: ConnectionFailed | NoSpace | None = None
        self._unreached = 0
        self._part_names: tuple[int, int] = (1, 1)

    # --- what others may do to it

    def cancel(self, how: Cancel) -> None:
        """End the job and tell the appliance to keep or discard what it has."""
        self._cancel = self._cancel or how
        self._hangup.fire()
        self._wake.set()

    def interrupt(self) -> None:
        """End the run because the program quits; the job stays open on the appliance."""
        self._interrupted = True
        self._hangup.fire()
        self._wake.set()

    def pause(self) -> None:
        """Begin nothing more; a second call ends the blobs in flight as well."""
        if self._paused:
            self._hangup.fire()
        self._paused_at = self._paused_at or _now()
        self._paused = True
        self._wake.set()

    def resume(self) -> None:
        self._paused, self._paused_at = False, None
        self._wake.set()

    def try_now(self) -> None:
        """End a wait at once and ask."""
        self._try_now = True
        self._wake.set()

    # --- what uploads and downloads say of themselves

    @abc.abstractmethod
    def _record(self) -> JobRecord:
        """The job for the ledger."""

    @abc.abstractmethod
    def _plan(self) -> Iterator[NewObject]:
        """Find the objects; PREPARING is told already. Raises JobCancelled."""

    @abc.abstractmethod
    def _create(self, objects: Sequence[NewObject], part: int, parts: int) -> BulkJob:
        """Ask the appliance for the job of these objects."""

    @abc.abstractmethod
    def _move(self, transfer: Transfer, hangup: Hangup) -> None:
        """Move one blob, in a thread of the pool. Raises what went wrong."""

    @abc.abstractmethod
    def _object_moved(self, name: str) -> ObjectState:
        """All blobs of an object are there: finish it. Raises LocalFileError, ChecksumMismatch."""

    def _before_moving(self, transfer: Transfer) -> None:  # noqa: B027  # a hook
        """The transfer is about to be handed to the pool."""

    def _object_given_up(self, name: str) -> None:  # noqa: B027  # a hook
        """The object failed or its job ended: leave nothing of it behind."""

    def _path_of(self, name: str) -> str | None:
        return None

    # --- the run

    def run(self, report: Callable[[Event], None]) -> None:
        """Run to the end. Blocks. `report` is called in this thread; its last event is JobEnded."""
        self._report = report
        try:
            ended = self._run()
        except JobCancelled:
            ended = self._end_cancelled()
        except JobRefused as refused:
            ended = self._end_refused(refused.failure)
        except Exception:
            # A run that ended without its JobEnded would say "running" for ever.
            log.exception("job %d ended by a fault of the engine", self.job_id)
            ended = self._end_refused(Failure(FailureCode.INTERNAL))
        finally:
            self._leave_turn()
        self._tell_progress(time.monotonic(), last=True)
        self._report(ended)

    def _run(self) -> JobEnded:
        self._tell(State.PREPARING, facts=Facts(looked_at=0))
        self._ledger.add_job(self._record())
        objects = self._look_at_objects()
        if objects:
            self._take_turn(self.turn_kind)
            parts = [
                objects[begin : begin + MAX_OBJECTS_PER_JOB]
                for begin in range(0, len(objects), MAX_OBJECTS_PER_JOB)
            ]
            for number, part in enumerate(parts):
                self._run_part(part, number, len(parts))
        elif not (self._amounts.failed or self._amounts.done or self._amounts.skipped):
            raise JobRefused(Failure(FailureCode.NOTHING_TO_DO))
        return self._end_of_run()

    def _look_at_objects(self) -> list[NewObject]:
        """Walk or list, into the ledger as it is found; what is to be moved, in order."""
        self._take_turn(Kind.WALK)
        self._tell(State.PREPARING, facts=Facts(looked_at=0))
        objects: list[NewObject] = []
        batch: list[NewObject] = []
        told_at = time.monotonic()
        for looked_at, found in enumerate(self._plan(), 1):
            self._check()
            batch.append(found)
            self._count_new(found)
            if found.state is ObjectState.WAITING:
                objects.append(found)
            now = time.monotonic()
            if now - told_at >= INTERVAL_S:
                told_at = now
                self._tell(State.PREPARING, facts=Facts(looked_at=looked_at))
            if len(batch) >= 1000:
                self._ledger.add_objects(self.job_id, 0, batch)
                batch = []
        self._ledger.add_objects(self.job_id, 0, batch)
        self._leave_turn()
        return objects

    def _count_new(self, found: NewObject) -> None:
        self._amounts.objects_total += 1
        self._amounts.total += found.size or 0
        match found.state:
            case ObjectState.FAILED if found.failure is not None:
                self._amounts.failed += 1
                self._tell_failure(found.failure)
            case ObjectState.SKIPPED:
                self._amounts.skipped += 1
            case ObjectState.DONE:
                self._amounts.done += 1
            case _:
                pass

    def _run_part(self, objects: Sequence[NewObject], number: int, parts: int) -> None:
        self._part_names = (number + 1, parts)
        job = self._create_on_appliance(objects, number, parts)
        self._begin_part(job, number)
        assert self._part is not None
        self._transfer(self._part)
        self._ledger.appliance_job_ended(self.job_id, number, "moved")

    def _create_on_appliance(
        self, objects: Sequence[NewObject], number: int, parts: int
    ) -> BulkJob:
        while True:
            self._check()
            self._tell(State.PREPARING, facts=Facts(creating=True))
            self._ledger.intend(self.job_id, number)
            try:
                return self._create(objects, number, parts)
            except Busy as busy:
                self._wait(WaitReason.BUSY, busy.retry_after_s or BUSY_S, busy.retry_after_s)
            except ConnectionFailed as error:
                self._wait_for_network(error)
            except (RequestRefused, BadReply) as error:
                raise JobRefused(failure_of(error)) from error

    def _begin_part(self, job: BulkJob, number: int) -> None:
        """The appliance has made the job: keep its id before anything is moved, and tell."""
        self._ledger.created(self.job_id, number, job)
        part = _Part(job.job_id, number, {})
        summaries = []
        for chunk in job.chunks:
            length = sum(blob.length for blob in chunk.blobs)
            names = {blob.name for blob in chunk.blobs}
            summaries.append(ChunkSummary(chunk.number, length, len(names)))
            self._chunks[chunk.number] = _Chunk(length, len(chunk.blobs))
            for blob in chunk.blobs:
                transfer = Transfer(blob, chunk.number)
                part.unseen[transfer.key] = transfer
                part.left_by_name[blob.name] = part.left_by_name.get(blob.name, 0) + 1
        if self.direction is Direction.GET:
            self._amounts.total = sum(summary.length for summary in summaries)
        self._part = part
        self._report(JobCreated(self.job_id, job.job_id, number, tuple(summaries)))

    # --- moving blobs

    def _transfer(self, part: _Part) -> None:
        """Move all blobs of a part. Returns when none is left; raises JobCancelled, JobRefused."""
        ask_at, asked_while_idle = 0.0, False
        while part.open:
            self._check()
            self._take_results(part)
            if self._trouble is not None:
                self._wait_out_trouble(part)
                continue
            if self._paused:
                self._hold(part)
                ask_at = 0.0
                continue
            self._feed(part)
            now = time.monotonic()
            hungry = len(part.moving) + len(part.ready) < self._pool.size and part.unseen
            if hungry and now >= ask_at:
                found, delay = self._ask(part)
                if found:
                    ask_at = now + ASK_AGAIN_S
                    continue
                if not part.moving and not part.ready and part.unseen:
                    self._wait_for_chunks(delay)
                    continue
                ask_at = now + (ASK_AGAIN_S if not asked_while_idle else 1.0)
            if part.moving:
                self._tell_moving(part)
                self._tick(part)
            elif part.ready:
                self._wait_for_ready(part)
            self._tell_progress(time.monotonic())

    def _ask(self, part: _Part) -> tuple[bool, float]:
        """Ask which chunks are ready; whether that brought anything new, and when to ask again."""
        try:
            answer = self._client.chunks_ready(
                part.job_id, preferred=PREFERRED_CHUNKS[self.direction]
            )
        except Busy as busy:
            self._wait(WaitReason.BUSY, busy.retry_after_s or BUSY_S, busy.retry_after_s)
            return True, 0.0
        except ConnectionFailed as error:
            self._wait_for_network(error)
            return True, 0.0
        except (NotFound, Gone):
            self._job_ended_there(part)
            return True, 0.0
        except (RequestRefused, BadReply) as error:
            raise JobRefused(failure_of(error)) from error
        self._unreached = 0
        return self._take_chunks(part, answer.chunks), answer.retry_after_s

    def _take_chunks(self, part: _Part, chunks: Sequence[Chunk]) -> bool:
        found = False
        for chunk in chunks:
            for blob in chunk.blobs:
                transfer = part.unseen.pop((blob.name, blob.version_id, blob.offset), None)
                if transfer is None:
                    continue
                found = True
                self._mark_ready(transfer)
                if self.direction is Direction.PUT and blob.in_cache:
                    self._succeeded(part, transfer)
                else:
                    part.ready.append(transfer)
        return found

    def _mark_ready(self, transfer: Transfer) -> None:
        self._amounts.loaded += transfer.blob.length
        self._chunks[transfer.chunk].ready = True

    def _feed(self, part: _Part) -> None:
        """Hand ready blobs to the pool, a few more than it has threads."""
        now = time.monotonic()
        for _ in range(len(part.ready)):
            if len(part.moving) >= 2 * self._pool.size:
                return
            transfer = part.ready.popleft()
            if transfer.not_before > now:
                part.ready.append(transfer)
                continue
            self._regain_turn()
            transfer.moved = 0
            part.moving[transfer.key] = transfer
            self._before_moving(transfer)
            task = partial(self._move_and_tell, transfer, self._hangup)
            self._pool.submit(self.job_id, task, transfer.blob.length)

    def _move_and_tell(self, transfer: Transfer, hangup: Hangup) -> None:
        """What a thread of the pool does; the loop decides what a failure means."""
        error: Exception | None = None
        try:
            self._check()
            self._move(transfer, hangup)
        except Exception as raised:
            error = raised
        self._results.put(Ended(transfer, error))
        self._wake.set()

    def _check(self) -> None:
        """Raise JobCancelled where the run is to end. Any thread of this job calls it."""
        if self._cancel is not None or self._interrupted:
            raise JobCancelled

    def _tick(self, part: _Part) -> None:
        """Let a fifth of a second pass, or less when something happens."""
        self._wake.wait(INTERVAL_S)
        self._wake.clear()
        self._take_results(part)

    def _take_results(self, part: _Part) -> None:
        while True:
            try:
                ended = self._results.get_nowait()
            except queue.Empty:
                return
            part.moving.pop(ended.transfer.key, None)
            if ended.error is None:
                self._unreached = 0
                self._succeeded(part, ended.transfer)
            else:
                self._failed_try(part, ended.transfer, ended.error)

    def _succeeded(self, part: _Part, transfer: Transfer) -> None:
        blob = transfer.blob
        transfer.moved = 0
        self._amounts.confirmed += blob.length
        chunk = self._chunks[transfer.chunk]
        chunk.ended += 1
        chunk.done_bytes += blob.length
        self._ledger.blob_ended(
            self.job_id,
            blob.name,
            blob.offset,
            "done",
            transfer.tries + 1,
            transfer.checksum[1] if transfer.checksum else None,
        )
        part.left_by_name[blob.name] -= 1
        if part.left_by_name[blob.name]:
            return
        try:
            state = self._object_moved(blob.name)
        except (LocalFileError, OSError) as error:
            self._give_up(part, transfer, failure_of(error, blob.name))
            return
        self._object_done(transfer, state)

    def _object_done(self, transfer: Transfer, state: ObjectState) -> None:
        blob = transfer.blob
        if state is ObjectState.SKIPPED:
            self._amounts.skipped += 1
        else:
            self._amounts.done += 1
        size = blob.offset + blob.length
        self._amounts.checked += size
        self._ledger.object_ended(
            self.job_id,
            blob.name,
            state,
            tries=transfer.tries + 1,
            checksum=transfer.checksum,
            path=self._path_of(blob.name),
            durable=size >= 64 << 20,
        )

    def _failed_try(self, part: _Part, transfer: Transfer, error: Exception) -> None:
        """Decide what a failure means: nothing yet, a wait, another try, or the object's end."""
        if isinstance(error, JobCancelled) or (self._hangup.fired and _is_lost(error)):
            part.ready.append(transfer)
            return
        match error:
            case NoSpace():
                part.ready.append(transfer)
                self._trouble = error
            case Busy():
                transfer.not_before = time.monotonic() + (error.retry_after_s or 1.0)
                part.ready.append(transfer)
            case ConnectionLost():
                self._lost(part, transfer, error)
            case ConnectionFailed():
                part.ready.append(transfer)
                self._trouble = error
            case Conflict() | NotFound() | Gone() if self._settled_by_job(part, transfer, error):
                pass
            case ChecksumMismatch() | ServerFault():
                self._count_try(part, transfer, error)
            case RequestRefused() if error.status == 400 and self.direction is Direction.PUT:
                self._count_try(part, transfer, error)
            case Ds3Error() | OSError():
                self._give_up(part, transfer, failure_of(error, transfer.blob.name))
            case _:
                raise error

    def _lost(self, part: _Part, transfer: Transfer, error: ConnectionLost) -> None:
        """A body broke off: a try if the appliance still answers, else a wait of the whole job."""
        if self._trouble is None:
            try:
                self._client.probe()
            except ConnectionFailed as unreached:
                self._trouble = unreached
            except Ds3Error as answer:
                log.info("the appliance answers: %s", answer)
        if self._trouble is None:
            self._count_try(part, transfer, error)
        else:
            part.ready.append(transfer)

    def _count_try(self, part: _Part, transfer: Transfer, error: Ds3Error) -> None:
        transfer.tries += 1
        log.info("job %d: try %d of a blob: %s", self.job_id, transfer.tries, error)
        if transfer.tries >= MAX_TRIES:
            failure = failure_of(error, transfer.blob.name)
            self._give_up(part, transfer, replace(failure, tries=transfer.tries, at=_now()))
            return
        transfer.not_before = time.monotonic() + TRY_AGAIN_S[transfer.tries - 1]
        part.ready.append(transfer)

    def _settled_by_job(self, part: _Part, transfer: Transfer, error: RequestRefused) -> bool:
        """Ask the job what a 404, 409 or 410 of a blob means. False: it is the object's trouble."""
        try:
            job = self._client.get_job(part.job_id)
        except (NotFound, Gone) as gone:
            raise JobRefused(failure_of(gone, code=FailureCode.JOB_GONE)) from error
        if job.status is JobStatus.CANCELED:
            raise JobRefused(failure_of(error, code=FailureCode.JOB_GONE)) from error
        listed = {(b.name, b.version_id, b.offset): b for b in job.blobs()}.get(transfer.key)
        if self.direction is Direction.PUT and listed is not None and listed.in_cache:
            self._succeeded(part, transfer)
            return True
        return False

    def _job_ended_there(self, part: _Part) -> None:
        """The appliance has no chunks left. Fine if all that is open is in flight."""
        try:
            job = self._client.get_job(part.job_id)
        except (NotFound, Gone) as error:
            raise JobRefused(failure_of(error, code=FailureCode.JOB_GONE)) from error
        if job.status is JobStatus.CANCELED:
            raise JobRefused(Failure(FailureCode.JOB_GONE))
        listed = {(b.name, b.version_id, b.offset): b for b in job.blobs()}
        for key, transfer in list(part.unseen.items()):
            there = listed.get(key)
            received = there is None or bool(there.in_cache) or job.status is JobStatus.COMPLETED
            if self.direction is Direction.PUT and received:
                del part.unseen[key]
                self._succeeded(part, transfer)
            elif self.direction is Direction.GET:
                # The appliance takes it for read; it is asked for once more all the same.
                del part.unseen[key]
                part.ready.append(transfer)
        if part.unseen and not part.moving and not part.ready:
            self._wait_for_chunks(ASK_AGAIN_S)

    def _give_up(self, part: _Part, transfer: Transfer, failure: Failure) -> None:
        """The object has failed: none of its blobs is moved any more. The others go on."""
        name = transfer.blob.name
        failure = replace(failure, path=failure.path or self._path_of(name))
        part.left_by_name[name] = -1
        self._chunks[transfer.chunk].failed = True
        for waiting in (part.unseen, part.moving):
            for key in [key for key in waiting if key[0] == name]:
                del waiting[key]
        part.ready = deque(t for t in part.ready if t.blob.name != name)
        self._object_given_up(name)
        self._amounts.failed += 1
        self._ledger.object_ended(
            self.job_id, name, ObjectState.FAILED, tries=transfer.tries + 1, failure=failure
        )
        self._tell_failure(failure)

    def _tell_failure(self, failure: Failure) -> None:
        if self._failures_told < FIRST_FAILURES:
            self._failures_told += 1
            self._report(ObjectFailed(self.job_id, failure))

    # --- waiting

    def _wait_out_trouble(self, part: _Part) -> None:
        """The network or the disk stops the whole job: what is in flight ends, then one wait."""
        while part.moving:
            self._check()
            self._tick(part)
        trouble, self._trouble = self._trouble, None
        if isinstance(trouble, NoSpace):
            self._wait_for_space(trouble)
        elif trouble is not None:
            self._wait_for_network(trouble)

    def _wait(
        self,
        reason: WaitReason,
        seconds: float,
        retry_after_s: float | None = None,
        facts: Facts | None = None,
    ) -> None:
        """Wait as told, shown with its reason; ends early on Try now, a cancel or a pause."""
        self._check()
        asked_at = _now()
        self._waits += 1
        self._tell(State.WAITING, reason, facts or Facts())
        until = asked_at + timedelta(seconds=seconds)
        self._report(
            Waiting(
                self.job_id,
                reason,
                until,
                asked_at,
                self._waits,
                self._waited_s,
                retry_after_s,
            )
        )
        self._meter.pause()
        began = time.monotonic()
        self._try_now = False
        while (left := began + seconds - time.monotonic()) > 0:
            self._check()
            if self._try_now or self._paused:
                break
            if self._turn is not None and self._waited_s + seconds - left > LEND_AFTER_S:
                self._turn.leave()
            self._wake.wait(min(left, LEND_AFTER_S))
            self._wake.clear()
        self._try_now = False
        self._waited_s += time.monotonic() - began

    def _wait_for_chunks(self, delay_s: float) -> None:
        reason = WaitReason.TAPE if self.direction is Direction.GET else WaitReason.CACHE
        self._tell_chunks(final=False)
        self._tell_progress(time.monotonic(), last=True)
        self._wait(reason, delay_s, delay_s)

    def _wait_for_ready(self, part: _Part) -> None:
        """All that is left waits for its next try."""
        delay = min(t.not_before for t in part.ready) - time.monotonic()
        if delay > 1.5:
            self._wait(WaitReason.BUSY, delay, delay)
        elif delay > 0:
            self._wake.wait(delay)
            self._wake.clear()

    def _wait_for_network(self, error: ConnectionFailed) -> None:
        """No connection: the whole job waits, no try is used, for ever."""
        if isinstance(error, TlsFailed) and self._state and self._part is None:
            raise JobRefused(failure_of(error)) from error
        self._check()
        step = NEVER_REACHED_S[min(self._unreached, len(NEVER_REACHED_S) - 1)]
        self._unreached += 1
        since = self._state.facts.since if self._state and self._state.facts.since else _now()
        self._wait(WaitReason.NETWORK, step * random.uniform(0.8, 1.2), None, Facts(since=since))

    def _wait_for_space(self, error: NoSpace) -> None:
        self._wait(
            WaitReason.DISK,
            DISK_S,
            None,
            Facts(path=error.path, free=error.difference, needed=self._missing()),
        )

    def _missing(self) -> int:
        return max(0, self._amounts.total - self._amounts.confirmed)

    def _hold(self, part: _Part) -> None:
        """Paused: let what is in flight end, then hold no place in the line."""
        since = self._paused_at
        self._take_back(part)
        while part.moving and self._paused:
            self._check()
            self._tell(State.WAITING, WaitReason.USER, Facts(blobs_in_flight=len(part.moving)))
            self._tick(part)
            self._tell_progress(time.monotonic())
        if not self._paused:
            return
        if self._hangup.fired and self._cancel is None and not self._interrupted:
            self._hangup = Hangup()
        self._tell(State.WAITING, WaitReason.USER, Facts(since=since))
        self._meter.pause()
        if self._turn is not None:
            self._turn.leave()
        while self._paused:
            self._check()
            self._wake.wait(60)
            self._wake.clear()

    def _take_back(self, part: _Part) -> None:
        """What has not begun in the pool is no longer in flight."""
        waiting = self._pool.withdraw(self.job_id)
        for transfer in [t for t in part.moving.values() if t in waiting]:
            del part.moving[transfer.key]
            part.ready.appendleft(transfer)

    # --- turns

    def _take_turn(self, kind: Kind) -> None:
        self._turn = self._turns.join(kind, self._wake.set)
        while position := self._turn.position:
            self._check()
            self._tell(State.QUEUED, facts=Facts(position=position))
            self._wake.wait(60)
            self._wake.clear()

    def _regain_turn(self) -> None:
        """After a long wait the place may be lent; there is something to move again."""
        if self._turn is None:
            return
        self._turn.come_back()
        while position := self._turn.position:
            self._check()
            self._tell(State.QUEUED, facts=Facts(position=position))
            self._wake.wait(60)
            self._wake.clear()

    def _leave_turn(self) -> None:
        if self._turn is not None:
            self._turn.leave()
            self._turn = None

    # --- ends

    def _end_of_run(self) -> JobEnded:
        self._tell_chunks(final=True)
        failed = self._amounts.failed > 0
        state, outcome = (State.FAILED, Outcome.FAILED) if failed else (State.DONE, Outcome.DONE)
        self._ledger.set_state(self.job_id, state)
        self._tell(state)
        by = Actor.ENGINE if failed else Actor.APPLIANCE
        return JobEnded(self.job_id, outcome, by, self._counts())

    def _end_refused(self, failure: Failure) -> JobEnded:
        self._drop_flights()
        gone = failure.code is FailureCode.JOB_GONE
        self._ledger.end_open_objects(self.job_id, ObjectState.CANCELLED)
        self._tell_chunks(final=True)
        self._ledger.set_state(self.job_id, State.FAILED, failure.code.value)
        self._tell(State.FAILED, facts=Facts(failure=failure))
        by = Actor.APPLIANCE if gone or failure.status else Actor.ENGINE
        return JobEnded(self.job_id, Outcome.FAILED, by, self._counts(), failure)

    def _end_cancelled(self) -> JobEnded:
        if self._interrupted and self._cancel is None:
            self._drop_flights()
            self._ledger.flush()
            return JobEnded(self.job_id, Outcome.INTERRUPTED, Actor.ENGINE, self._counts())
        flights = len(self._part.moving) if self._part else 0
        self._tell(State.CANCELLING, facts=Facts(blobs_in_flight=flights))
        self._drop_flights()
        kept = self._tell_appliance(self._cancel or Cancel.DISCARD)
        self._ledger.end_open_objects(self.job_id, ObjectState.CANCELLED)
        if kept is False and self.direction is Direction.PUT:
            self._ledger.discard_objects(self.job_id)
        self._ledger.set_state(self.job_id, State.CANCELLED, "user")
        counts = self._counts()
        self._tell(
            State.CANCELLED,
            facts=Facts(kept=kept, objects_kept=0 if kept is False else counts.done),
        )
        return JobEnded(self.job_id, Outcome.CANCELLED, Actor.USER, counts)

    def _drop_flights(self) -> None:
        """Begin nothing more and wait for the blobs in flight, which the hangup ends."""
        self._hangup.fire()
        part = self._part
        if part is None:
            return
        self._take_back(part)
        self._pool.wait_for(self.job_id)
        while not self._results.empty():
            ended = self._results.get_nowait()
            part.moving.pop(ended.transfer.key, None)
            if ended.error is None:
                self._succeeded(part, ended.transfer)
        for name, left in part.left_by_name.items():
            if left > 0:
                self._object_given_up(name)

    def _tell_appliance(self, how: Cancel) -> bool | None:
        """Truncate or cancel the job there. True: kept, False: discarded, None: it did not hear."""
        if self._part is None:
            return False
        keep = how is Cancel.KEEP and self.direction is Direction.PUT
        for _ in range(TELL_TRIES):
            try:
                if keep:
                    self._client.truncate_job(self._part.job_id)
                else:
                    self._client.cancel_job(self._part.job_id)
            except (NotFound, Gone):
                return keep or None
            except Conflict as error:
                log.warning("the appliance cannot keep part of job %d: %s", self.job_id, error)
                return None
            except Ds3Error as error:
                log.warning("the appliance was not told of a cancel: %s", error)
                time.sleep(0)
            else:
                state = "truncated" if keep else "cancelled"
                self._ledger.appliance_job_ended(self.job_id, self._part.number, state)
                return keep
        return None

    def _counts(self) -> Counts:
        a = self._amounts
        rest = max(0, a.objects_total - a.done - a.failed - a.skipped)
        return Counts(a.done, a.failed, a.skipped, rest, a.objects_total)

    # --- telling

    def _tell(
        self, state: State, reason: WaitReason | None = None, facts: Facts | None = None
    ) -> None:
        """Report a state if it, its reason or its facts are new."""
        told = JobState(self.job_id, state, reason, facts or Facts())
        if told == self._state:
            return
        changed = self._state is None or self._state.state is not state
        self._state = told
        if changed and not state.ended:
            self._ledger.set_state(self.job_id, state, reason.value if reason else None)
        self._report(told)

    def _tell_moving(self, part: _Part) -> None:
        moving = {t.chunk for t in part.moving.values()}
        ready = {t.chunk for t in part.ready} - moving
        self._tell(
            State.TRANSFERRING,
            facts=Facts(chunks_in_flight=len(moving), chunks_ready=len(ready)),
        )

    def _tell_progress(self, now: float, *, last: bool = False) -> None:
        if not (last or self._meter.due(now)):
            return
        a = self._amounts
        in_flight = sum(t.moved for t in self._part.moving.values()) if self._part else 0
        sent = min(a.confirmed + in_flight, a.total) if a.total else 0
        self._meter.add(now, sent)
        put = self.direction is Direction.PUT
        self._report(
            Progress(
                self.job_id,
                sent=sent,
                in_cache=a.confirmed if put else min(a.loaded, a.total),
                persisted=None if put else a.checked,
                total=a.total,
                objects_done=a.done + a.skipped,
                objects_failed=a.failed,
                objects_total=a.objects_total,
                rate=self._meter.rate(now),
                time_left_s=self._meter.time_left(now, a.total - sent),
            )
        )
        self._tell_chunks(final=False)

    def _tell_chunks(self, *, final: bool) -> None:
        """Report the cells that changed since they were last told."""
        in_flight: dict[int, int] = {}
        if self._part is not None and not final:
            for transfer in self._part.moving.values():
                in_flight[transfer.chunk] = in_flight.get(transfer.chunk, 0) + transfer.moved
        for number, chunk in self._chunks.items():
            cell = self._cell(chunk, in_flight.get(number))
            if cell != chunk.told:
                chunk.told = cell
                self._report(ChunkState(self.job_id, number, *cell))

    def _cell(self, chunk: _Chunk, in_flight: int | None) -> tuple[ChunkPhase, float]:
        moved = chunk.done_bytes + (in_flight or 0)
        fraction = min(1.0, moved / chunk.length) if chunk.length else float(bool(chunk.ended))
        if chunk.failed:
            return ChunkPhase.FAILED, fraction
        if chunk.ended >= chunk.blobs:
            put = self.direction is Direction.PUT
            return (ChunkPhase.IN_CACHE if put else ChunkPhase.DONE), 1.0
        if in_flight is not None:
            return ChunkPhase.TRANSFERRING, fraction
        return (ChunkPhase.READY if chunk.ready else ChunkPhase.WAITING), fraction


def _now() -> datetime:
    return datetime.now(UTC)


def _is_lost(error: Exception) -> bool:
    return isinstance(error, ConnectionFailed | OSError)


_CODES: tuple[tuple[type[Exception], FailureCode], ...] = (
    (ChecksumMismatch, FailureCode.CHECKSUM),
    (TlsFailed, FailureCode.CERTIFICATE),
    (ConnectionFailed, FailureCode.CONNECTION),
    (BadCredentials, FailureCode.KEYS),
    (ClockSkewed, FailureCode.CLOCK),
    (AccessDenied, FailureCode.NO_RIGHT),
    (NotFound, FailureCode.NOT_FOUND),
    (Gone, FailureCode.NOT_FOUND),
    (Conflict, FailureCode.EXISTS),
    (ServerFault, FailureCode.APPLIANCE),
    (BadReply, FailureCode.BAD_REPLY),
    (RequestRefused, FailureCode.REFUSED),
)


def failure_of(
    error: Exception, name: str | None = None, code: FailureCode | None = None
) -> Failure:
    """The facts of an error, for the ledger and the window."""
    if isinstance(error, LocalFileError):
        return Failure(error.code, name, error.path, error.detail, error.difference)
    if isinstance(error, OSError):
        return Failure(FailureCode.LOCAL_WRITE, name, detail=error.strerror)
    found = code or next((c for kind, c in _CODES if isinstance(error, kind)), FailureCode.INTERNAL)
    failure = Failure(found, name, detail=str(error) if isinstance(error, BadReply) else None)
    if isinstance(error, TlsFailed):
        return replace(failure, detail=error.fault.value)
    if isinstance(error, ClockSkewed) and error.difference_s is not None:
        failure = replace(failure, difference=round(error.difference_s))
    if isinstance(error, RequestRefused):
        told = error.refusal
        return replace(
            failure,
            at=_now(),
            status=told.status,
            appliance_code=told.code,
            appliance_message=told.message,
            request_id=told.request_id,
        )
    return failure


def checksum_type(client: Ds3Client, bucket: str) -> ChecksumType | None:
    """The type the bucket's policy asks for; None where it has none or cannot be read now."""
    try:
        return client.checksum_of_policy(bucket)
    except Ds3Error as error:
        log.info("the checksum type of %s is not known: %s", bucket, error)
        return None
