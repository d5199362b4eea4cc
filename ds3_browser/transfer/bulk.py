"""The life of a bulk job in the engine: plan, create, move, end.

`Job` is what all kinds share; `put.PutJob` and `get.GetJob` say what their objects and blobs are,
and of an `unattended.UnattendedJob` nothing comes here. All of a run happens in the thread that
calls `run`, but for the blobs themselves, which the appliance's pool moves. From other threads come
only the flags of `Controls`.
"""

from __future__ import annotations

import abc
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TypeVar

from ds3_browser.protocol.client import Ds3Client
from ds3_browser.protocol.errors import (
    BadReply,
    Busy,
    ConnectionFailed,
    NotFound,
    RequestRefused,
    ServerFault,
    TlsFailed,
)
from ds3_browser.protocol.records import BulkJob, Chunk, JobStatus, Priority, RequestType

from .blobs import Blobs
from .controls import Controls
from .creation import ChunkSink, Creation, GoingOn
from .ending import Ending, JobThere
from .errors import JobCancelled, JobRefused, failure_of
from .events import (
    Actor,
    Cancel,
    Direction,
    Event,
    Facts,
    Failure,
    FailureCode,
    JobEnded,
    ObjectState,
    Outcome,
    State,
    WaitReason,
)
from .handing import Context
from .ledger import (
    JobRecord,
    Ledger,
    LedgerError,
    LedgerReader,
    LedgerUnwritable,
    NewObject,
)
from .loop import BUSY_S, DISK_S, Loop, is_stored
from .meter import INTERVAL_S
from .part_file import free_space
from .pool import BlobPool
from .reporting import Reporter
from .turns import Kind, Turns
from .waits import Waits

log = logging.getLogger(__name__)

MAX_OBJECTS_PER_JOB = 500_000  # the appliance's limit
FOUND_AT_ONCE = 1000

_GONE = (FailureCode.JOB_GONE, FailureCode.TIMED_OUT)

T = TypeVar("T")


class Job(abc.ABC):
    """One bulk job. `run` once; what is above it may be called from any thread at any time."""

    direction: Direction
    turn_kind: Kind
    request_type: RequestType
    #: Whether keys that are refused in mid-job leave it open for a run with better ones. Who sets
    #: this begins that run.
    waits_for_key = False

    def __init__(
        self,
        job_id: int,
        bucket: str,
        name: str,
        client: Ds3Client,
        ledger: Ledger,
        pool: BlobPool,
        turns: Turns,
        objects_per_job: int = MAX_OBJECTS_PER_JOB,
        *,
        priority: Priority | None = None,
        continued: bool = False,
        retry: bool = False,
    ) -> None:
        """`continued` for a further run of a job that the ledger has already; `retry` where the
        failed objects are to be tried again in it. `priority` may change while it runs: jobs that
        the appliance is asked for from then on have it.
        """
        self.priority = priority
        self.job_id = job_id
        self._continued = continued or retry
        self._retry = retry
        self._name = name
        self._objects_per_job = min(objects_per_job, MAX_OBJECTS_PER_JOB)
        self._client = client
        self._ledger = ledger.patient(self._wait_for_ledger)
        self._waits_for_ledger = self._is_ending = False
        self._controls = Controls()
        self._limit = turns.limit
        self._reporter = Reporter(job_id, self.direction, self._keep_state)
        self._amounts = self._reporter.amounts
        self._waits = Waits(self._controls, self._reporter, turns, rank=float(job_id))
        self._context = Context(
            *(job_id, bucket, client, self._ledger, pool),
            *(self._controls, self._waits, self._reporter),
        )
        self._bucket = bucket
        self._creation: Creation | None = None
        self._creating = 0  # the part whose job is, or was last, asked for
        self._loop: Loop | None = None
        self._there: dict[int, JobThere] = {}
        self._current_job = ""  # the appliance's id of the job whose blobs are being moved

    # --- what others may do to it

    def cancel(self, how: Cancel) -> None:
        """End the job and tell the appliance to keep or discard what it has."""
        self._controls.cancel(how)

    def interrupt(self) -> None:
        """End the run because the program quits; the job stays open on the appliance."""
        self._controls.interrupt()

    def pause(self) -> None:
        """Begin nothing more; a second call ends the blobs in flight as well."""
        self._controls.pause()

    def resume(self) -> None:
        self._controls.resume()

    def try_now(self) -> None:
        """End a wait at once and ask."""
        self._controls.try_now()

    def stand_in_line(self, rank: float | None) -> None:
        """Before `run`: take the place in line of this rank, or the last one.

        So jobs that are begun one after the other transfer in that order.
        """
        self._waits.join(self.turn_kind, rank)

    def move_in_line(self, places: int) -> None:
        """Of a queued job: let so many others go behind it, or before it where negative."""
        rank = self._waits.move_in_line(places)
        if rank is not None:
            self._ledger.set_option(self.job_id, "rank", repr(rank))

    # --- what each kind of job says of itself; see also `moving` and `unattended`

    @abc.abstractmethod
    def _record(self) -> JobRecord:
        """The job for the ledger."""

    @abc.abstractmethod
    def _plan(self) -> Iterator[NewObject]:
        """Find the objects, PREPARING being told. Raises JobCancelled, JobRefused."""

    @abc.abstractmethod
    def _compare(self, to_move: int) -> None:
        """Settle what was planned with what is at its other end; `to_move` objects are to go."""

    @abc.abstractmethod
    def _before_asking(self, number: int) -> None:
        """Make way for the objects of a part, whose job is about to be asked for."""

    @abc.abstractmethod
    def _settle_conflict(self, number: int) -> bool:
        """The appliance refused a part's job for names: whether fewer are left to ask for now."""

    @abc.abstractmethod
    def _recall(self, record: JobRecord) -> None:
        """Of a job that goes on: know again what an earlier run knew, and look at its files.

        Raises JobCancelled, JobRefused.
        """

    @abc.abstractmethod
    def _again(self, failed: NewObject) -> NewObject | None:
        """A failed object as it is now, if it may be tried again in the job it has."""

    @abc.abstractmethod
    def _anew(self, failed: NewObject) -> NewObject | None:
        """A failed object that no job has, as it is now, if another job may be asked for it."""

    def _as_another(self, failed: NewObject) -> NewObject | None:
        """A failed object that a job there has for what is no more, as it is now; None if it is to
        stay failed.
        """
        return None

    @abc.abstractmethod
    def _create(self, objects: Iterator[NewObject], name: str, listing: ChunkSink) -> str:
        """Ask the appliance for a job of these objects, in one try; its id of it."""

    @abc.abstractmethod
    def _leave_out_missing(self, objects: Iterator[NewObject], error: NotFound) -> None:
        """After a 404 of a creation: end the objects that are missing.

        Asks the appliance; tells what is missing only when that is known of all. Raises JobRefused
        if nothing is left.
        """

    def as_wanted(self, chunk: Chunk) -> Chunk:
        return chunk

    @abc.abstractmethod
    def _move_part(self, there: JobThere, blobs: Blobs, job: BulkJob | None) -> None:
        """Have all of a job's blobs moved; `job` is one that goes on, as the appliance has it.

        Raises JobCancelled, JobRefused.
        """

    @abc.abstractmethod
    def leave_behind_nothing(self, found: NewObject) -> None:
        """Remove what an earlier run left of an object that was not whole. Never fails."""

    # --- the run

    def run(self, report: Callable[[Event], None]) -> None:
        """Run to the end. Blocks. `report` is called in this thread; its last event is JobEnded."""
        self._reporter.listen(report)
        try:
            ended = self._run_to_an_end()
        except Exception:
            # A run without its JobEnded would say "running" for ever.
            log.exception("job %d ended by a fault of the engine", self.job_id)
            ended = self._end_refused(Failure(FailureCode.INTERNAL))
        finally:
            self._waits.leave_turn()
        self._reporter.progress(time.monotonic())
        report(ended)

    def _run_to_an_end(self) -> JobEnded:
        try:
            with (
                self._client.under(self._controls.calls),
                closing(LedgerReader(self._ledger.path)) as self._reader,
            ):
                self._run_all_parts()
            return self._end_of_run()
        except JobCancelled:
            return self._end_cancelled()
        except JobRefused as refused:
            return self._end_refused(refused.failure)
        except LedgerError as error:
            log.exception("job %d ended because the ledger cannot be written", self.job_id)
            path = str(self._ledger.path)
            return self._end_refused(Failure(FailureCode.LOCAL_WRITE, None, path, str(error)))

    def _run_all_parts(self) -> None:
        self._ledger.flush()
        record = self._reader.job(self.job_id) if self._continued else None
        if record is None:
            self._ledger.add_job(self._record())
            self._look_at_objects()
        elif not record.planned:
            self._ledger.plan_anew(self.job_id)
            self._look_at_objects()
        else:
            self._take_up(record)
        parts = self._open_parts()
        if not parts:
            if not self._amounts.objects:
                raise JobRefused(Failure(FailureCode.NOTHING_TO_DO))
            return
        self._waits.take_turn(self.turn_kind)
        run: set[int] = set()
        while left := [number for number in parts if number not in run]:
            number = left[0]
            if number in self._there or self._makes_way(number):
                self._run_part(number, self._name_of(number))
            run.add(number)
            parts = self._open_parts()  # what a job did not give is a part of its own

    def _name_of(self, number: int) -> str:
        """The name of a part's job on the appliance."""
        parts = self._parts()
        return self._name if parts == 1 else f"{self._name} ({number + 1} of {parts})"

    def _parts(self) -> int:
        """How many jobs on the appliance it is split into, as far as is known."""
        return max(self._reader.last_part(self.job_id), *self._there, 0) + 1

    def _makes_way(self, number: int) -> bool:
        """Whether a part's job may be asked for: its names are free, of those that are left.

        Raises JobCancelled, JobRefused.
        """
        return True

    def _open_parts(self) -> list[int]:
        self._ledger.flush()
        return self._reader.open_parts(self.job_id)

    def _take_up(self, record: JobRecord) -> None:
        """Begin with what an earlier run left to be moved."""
        if self._retry:
            self._open_again(self._reader)
        self._ledger.begin_run(self.job_id)
        self._ledger.hold_open_objects(self.job_id)
        self._ledger.flush()
        self._amounts.recall(self._reader.totals(self.job_id))
        self._recall(self._reader.job(self.job_id) or record)
        self._recall_parts(set(self._open_parts()))

    def _open_again(self, reader: LedgerReader) -> None:
        """The failed objects of a job there; all open ones, where the job itself was refused."""
        record = reader.job(self.job_id)
        ended = record.failure.code if record is not None and record.failure is not None else None
        if self.direction is Direction.PUT and ended in _GONE:
            # What a time-out dropped is there no more; of a job that is unknown, who can tell.
            lost: tuple[ObjectState, ...] = (ObjectState.CANCELLED, ObjectState.FAILED)
            if ended is FailureCode.TIMED_OUT:
                lost = (*lost, ObjectState.IN_CACHE)
            beyond = max(p.part for p in reader.parts(self.job_id)) + 1
            self._ledger.begin_anew(self.job_id, beyond, lost)
        else:
            if any(part.appliance_id for part in reader.parts(self.job_id)):
                self._open_failed_again(reader)
            # These had not failed: the job itself was refused.
            self._ledger.open_cancelled_again(self.job_id)
        self._ledger.flush()

    def _open_failed_again(self, reader: LedgerReader) -> None:
        """Failed objects go on in the job that they have. What has none, for a name was taken or a
        file unreadable, is asked for with another job, and so is a file that is another one now.
        """
        again = list[tuple[str, int | None]]()
        others = list[NewObject]()
        for failed in reader.failed(self.job_id):
            if (one := self._again(failed)) is not None:
                again.append((one.name, one.mtime_ns))
            elif (one := self._as_another(failed)) is not None:
                others.append(one)
        outside = [self._anew(failed) for failed in reader.failed_outside(self.job_id)]
        self._ledger.retry(self.job_id, again)
        parts = (reader.last_part(self.job_id), *(p.part for p in reader.parts(self.job_id)))
        self._plan_again([one for one in outside if one is not None], others, max(parts) + 1)

    def _plan_again(
        self, outside: Sequence[NewObject], others: Sequence[NewObject], beyond: int
    ) -> None:
        """Failed objects for jobs of their own, from part `beyond` on: those that no job there has,
        and those of which one has `others`.
        """
        self._ledger.plan_again(self.job_id, self._in_parts(outside, beyond))

    def _in_parts(self, objects: Sequence[NewObject], first: int) -> list[NewObject]:
        return [
            replace(one, part=first + number // self._objects_per_job)
            for number, one in enumerate(objects)
        ]

    def _release(self, holder: JobThere, *, keeps: bool) -> None:
        """A job there is closed; it `keeps` what is in cache, if there is something."""
        self._ledger.release(self.job_id, holder.part, "truncated" if keeps else "gone")
        if keeps:
            self._there[holder.part] = replace(holder, moved=True, closed=True)
        else:
            del self._there[holder.part]
        self._reporter.created(self._blobs(holder.job_id, holder.part), self._parts())
        self._reporter.cells()

    def _recall_parts(self, unfinished: set[int]) -> None:
        """Know the jobs on the appliance again, and show those that have all their blobs."""
        for part in self._reader.parts(self.job_id):
            if part.appliance_id is None or (part.state == "gone" and part.part not in unfinished):
                continue
            moved = part.part not in unfinished
            closed = part.state == "truncated"
            self._there[part.part] = JobThere(part.part, part.appliance_id, moved, closed)
            if moved:
                self._reporter.created(self._blobs(part.appliance_id, part.part), self._parts())
                self._reporter.cells()

    def _look_at_objects(self) -> None:
        """Walk or list, into the ledger as it is found, each object with its part."""
        self._waits.take_turn(Kind.WALK)
        self._reporter.state(State.PREPARING, facts=Facts(looked_at=0))
        to_move = 0
        batch: list[NewObject] = []
        told_at = time.monotonic()
        for looked_at, found in enumerate(self._plan(), 1):
            held = self._waits.checkpoint()
            self._count_new(found)
            if found.state is ObjectState.WAITING:
                found = replace(found, part=to_move // self._objects_per_job)
                to_move += 1
            batch.append(found)
            if held or time.monotonic() - told_at >= INTERVAL_S:
                told_at = time.monotonic()
                self._reporter.state(State.PREPARING, facts=Facts(looked_at=looked_at))
            if len(batch) >= FOUND_AT_ONCE:
                self._ledger.add_objects(self.job_id, batch)
                batch = []
        self._ledger.add_objects(self.job_id, batch)
        self._compare(to_move)
        self._ledger.set_planned(self.job_id)
        self._waits.leave_turn()

    def _count_new(self, found: NewObject) -> None:
        self._amounts.objects += 1
        match found.state:
            case ObjectState.FAILED if found.failure is not None:
                self._reporter.failed(found.failure)
            case ObjectState.SKIPPED:
                self._amounts.skipped += 1
            case ObjectState.DONE:
                self._amounts.done += 1
            case _:
                self._amounts.total += found.size or 0

    def _run_part(self, number: int, name: str) -> None:
        """Have one job on the appliance and move its blobs; most jobs are one part.

        What is there, and the blobs of all objects, are the ledger's to know: in memory is only
        what is on its way.
        """
        there = self._there.get(number)
        try:
            job = self._gone_on(there) if there is not None else None
        except JobRefused as refused:
            if self.direction is Direction.PUT or refused.failure.code not in _GONE:
                raise
            self._ask_anew_for_rest(number)
            return
        if there is None:
            there = self._there[number] = JobThere(number, self._created(number, name))
        self._current_job = there.job_id
        self._fail_those_not_whole(number)
        blobs = self._blobs(there.job_id, number)
        self._amounts.total = self._reader.size(self.job_id)
        if job is not None:
            self._amounts.there = self._reader.bytes_there(self.job_id)
            self._amounts.loaded = max(self._amounts.loaded, self._amounts.there)
        self._reporter.created(blobs, self._parts())
        self._move_part(there, blobs, job)
        self._there[number] = replace(there, moved=True)
        self._ledger.appliance_job_ended(self.job_id, number, "moved")

    def _ask_anew_for_rest(self, number: int) -> None:
        """A download's job is no more: what is left of it goes into another one."""
        self._ledger.appliance_job_ended(self.job_id, number, "gone")
        beyond = max(self._reader.last_part(self.job_id), *self._there) + 1
        self._ledger.move_open_objects(self.job_id, number, beyond)

    def _blobs(self, there: str, part: int) -> Blobs:
        return Blobs(
            there,
            part,
            self._reader.cells(self.job_id, part),
            partial(self._reader.blobs_to_move, self.job_id),
            partial(self._reader.chunks_of, self.job_id),
        )

    def _gone_on(self, there: JobThere) -> BulkJob:
        """A job that the appliance has, as it is now; the ledger then knows what that means."""
        uploads = self.direction is Direction.PUT
        if uploads:
            self._ledger.unlist(self.job_id, there.part)

        def keep(chunks: Sequence[Chunk]) -> None:
            if uploads:
                self._ledger.listed_again(self.job_id, there.part, chunks)

        job = GoingOn(self._context, self.request_type, there.job_id, keep).run()
        if uploads:
            self._settle(there, job)
        return job

    def _settle(self, there: JobThere, job: BulkJob) -> None:
        """What a job of an upload lists no more was received.

        But one that somebody truncated lists no more what it never got, and is smaller then; its
        objects are looked for one by one.
        """
        self._ledger.flush()
        length = sum(row.length for row in self._reader.cells(self.job_id, there.part))
        if job.original_size is None or job.original_size < length:
            for name, size in self._reader.unlisted(self.job_id, there.part):
                self._controls.check()
                if not is_stored(self._client, self._bucket, name, size):
                    self._ledger.drop_blobs(self.job_id, name)
                    self._fail(Failure(FailureCode.JOB_GONE, name))
        self._ledger.keep_unlisted(self.job_id, there.part)

    def _answered(self, ask: Callable[[], T]) -> T:
        """Ask before anything is moved; waits for an appliance that is away or busy.

        Raises JobRefused.
        """
        while True:
            self._waits.checkpoint()
            try:
                answer = ask()
            except TlsFailed as error:
                raise JobRefused(failure_of(error)) from error
            except ConnectionFailed as error:
                self._waits.for_network(error)
            except Busy as busy:
                seconds = busy.retry_after_s or BUSY_S
                self._waits.wait(WaitReason.BUSY, seconds, retry_after_s=busy.retry_after_s)
            except ServerFault:
                self._waits.wait(WaitReason.BUSY, self._waits.back_off())
            except (RequestRefused, BadReply) as error:
                raise JobRefused(failure_of(error)) from error
            else:
                self._waits.reached()
                return answer

    def _fail(self, failure: Failure) -> None:
        """An object has failed before anything of it was moved in this run."""
        name = failure.name or ""
        failure = replace(failure, path=self._reader.path_of(self.job_id, name))
        self._ledger.object_ended(self.job_id, name, ObjectState.FAILED, failure=failure)
        self._reporter.failed(failure)

    def _fail_those_not_whole(self, part: int) -> None:
        """Objects that the appliance lists wrongly, or not at all, cannot be moved."""
        as_planned = self.direction is Direction.PUT
        for name in self._reader.not_whole(self.job_id, part, as_planned=as_planned):
            self._fail(Failure(FailureCode.BAD_REPLY, name))
        self._ledger.flush()

    def _created(self, number: int, name: str) -> str:
        """The appliance's id of the job, which the ledger knows before anything is moved."""
        intended = self._intended_before(number) if self._continued else None
        self._ledger.intend(self.job_id, number)
        self._creating = number
        self._creation = Creation(
            self._context,
            *(self.request_type, name, lambda: self._reader.to_move(self.job_id, number)),
            ask=partial(self._ask_for_job, number),
            look_up=partial(self._look_up_job, number),
            leave_out=partial(self._leave_out, number),
            settle=partial(self._settle_conflict, number),
            intended=intended,
        )
        there = self._creation.run()
        self._ledger.created(self.job_id, number, there)
        return there

    def _ask_for_job(self, number: int, name: str) -> str:
        self._before_asking(number)
        listing = self._listing(number)
        there = self._create(self._reader.to_move(self.job_id, number), name, listing)
        listing.flush()
        return there

    def _look_up_job(self, number: int, there: str) -> str:
        listing = self._listing(number)
        self._client.get_job(there, take=listing.take)
        listing.flush()
        return there

    def _leave_out(self, number: int, error: NotFound) -> None:
        self._leave_out_missing(self._reader.to_move(self.job_id, number), error)
        self._ledger.flush()

    def _listing(self, number: int) -> ChunkSink:
        first = self._reader.first_chunk(self.job_id, number)

        def keep(chunks: Sequence[Chunk]) -> None:
            wanted = [self.as_wanted(chunk) for chunk in chunks]
            self._ledger.listed(self.job_id, number, wanted, first)

        return ChunkSink(keep)

    def _intended_before(self, number: int) -> datetime | None:
        """When an earlier run was about to ask for a job and did not learn what came of it."""
        found = [part for part in self._reader.parts(self.job_id) if part.part == number]
        return found[0].intended if found and found[0].state == "intended" else None

    # --- ends

    def _end_of_run(self) -> JobEnded:
        self._is_ending = True
        failed = self._amounts.failed > 0
        state, outcome = (State.FAILED, Outcome.FAILED) if failed else (State.DONE, Outcome.DONE)
        self._reporter.cells()
        self._reporter.progress(time.monotonic())  # who hears "done" has all its figures
        self._reporter.state(state, facts=Facts(doubts_unknown=self._reporter.doubts_unknown))
        by = Actor.ENGINE if failed else Actor.APPLIANCE
        self._ledger.set_end(self.job_id, by=by.value)
        return JobEnded(self.job_id, outcome, by, self._amounts.counts())

    def _end_refused(self, failure: Failure) -> JobEnded:
        if failure.code is FailureCode.KEYS and self.waits_for_key and self._is_under_way:
            return self._end_for_key(failure)
        self._is_ending = True
        self._abandon()
        self._ledger.end_open_objects(self.job_id, ObjectState.CANCELLED)
        self._reporter.cells()
        self._reporter.state(State.FAILED, facts=Facts(failure=failure))
        told = failure.status is not None or failure.code in _GONE
        by = Actor.APPLIANCE if told else Actor.ENGINE
        self._keep_end(by, failure)
        return JobEnded(self.job_id, Outcome.FAILED, by, self._amounts.counts(), failure)

    @property
    def _is_under_way(self) -> bool:
        return self._continued or bool(self._there)

    def _end_for_key(self, failure: Failure) -> JobEnded:
        """End the run, not the job: what moved is kept, and what did not waits for other keys."""
        self._is_ending = True
        self._controls.interrupt()
        self._abandon()
        self._ledger.hold_open_objects(self.job_id)
        self._reporter.cells()
        self._reporter.state(State.WAITING, WaitReason.KEY, Facts(failure=failure))
        counts = self._amounts.counts(ended=False)
        return JobEnded(self.job_id, Outcome.INTERRUPTED, Actor.APPLIANCE, counts, failure)

    def _end_cancelled(self) -> JobEnded:
        how, self._is_ending = self._controls.how, True
        if how is None:
            self._abandon()
            self._ledger.flush()
            counts = self._amounts.counts(ended=False)
            return JobEnded(self.job_id, Outcome.INTERRUPTED, Actor.ENGINE, counts)
        if self._continued and self._loop is None:
            self._recall_to_cancel()
        in_flight = len(self._reporter.blobs.moving) if self._reporter.blobs else 0
        self._reporter.state(State.CANCELLING, facts=Facts(blobs_in_flight=in_flight))
        self._abandon()
        with closing(LedgerReader(self._ledger.path)) as self._reader:
            kept = self._tell_appliance(how)
            self._ledger.end_open_objects(self.job_id, ObjectState.CANCELLED)
            self._ledger.flush()
            counts = self._reader.totals(self.job_id).counts()
        if self._ledger.behind:
            counts = self._amounts.counts()
        self._reporter.cells()
        left_there = counts.done
        self._ledger.set_end(self.job_id, by=Actor.USER.value, kept=kept, objects_kept=left_there)
        self._reporter.state(State.CANCELLED, facts=Facts(kept=kept, objects_kept=left_there))
        return JobEnded(self.job_id, Outcome.CANCELLED, Actor.USER, counts)

    def _keep_end(self, by: Actor, failure: Failure) -> None:
        try:
            self._ledger.set_end(self.job_id, by=by.value, failure=failure)
        except LedgerError:
            log.exception("why job %d ended is not in the ledger", self.job_id)

    def _recall_to_cancel(self) -> None:
        """A job of an earlier run is cancelled before it goes on: know what it left, and where."""
        with closing(LedgerReader(self._ledger.path)) as reader:
            self._amounts.recall(reader.totals(self.job_id))
            for part in reader.parts(self.job_id):
                if part.appliance_id is not None and part.state in ("open", "moved", "truncated"):
                    moved = part.state != "open"
                    self._there[part.part] = JobThere(part.part, part.appliance_id, moved)
            for found in reader.to_move(self.job_id):
                self.leave_behind_nothing(found)

    def _abandon(self) -> None:
        """Begin nothing more and wait for the blobs in flight, which the hangup ends."""
        self._controls.blobs.fire()
        if self._loop is not None:
            self._loop.abandon()

    def _tell_appliance(self, how: Cancel) -> bool | None:
        """Truncate or cancel the jobs there. True: what arrived is kept, or some of it where a job
        had ended before it was told. False: discarded. None: not known.
        """
        keep = how is Cancel.KEEP and self.direction is Direction.PUT
        ending = Ending(self._context, self.direction)
        if keep and not ending.told(self._client.truncates):
            return None  # it would drop all of the job; its own time-out may still keep some
        if self._creation is not None and self._creation.unanswered:
            orphan = ending.told(self._creation.orphan)
            if orphan is None:
                return None
            self._there[self._creating] = JobThere(self._creating, orphan)
        there = [job for job in self._there.values() if not (keep and job.moved)]
        in_doubt = self._loop.in_doubt if self._loop is not None else ()
        heard = [ending.tell(job, keep, in_doubt) for job in there]
        if None in heard:
            return None
        return keep or (JobStatus.COMPLETED in heard and self.direction is Direction.PUT)

    def _keep_state(self, state: State, reason: WaitReason | None) -> None:
        why = reason.value if reason else None
        if self._waits_for_ledger:
            self._ledger.note_state(self.job_id, state, why)
            return
        try:
            self._ledger.set_state(self.job_id, state, why)
        except LedgerError:
            if not state.ended:
                raise
            # The run ends all the same, and says so.
            log.exception("the end of job %d is not in the ledger", self.job_id)

    def _wait_for_ledger(self, error: LedgerUnwritable) -> bool:
        """The ledger's disk is full, or gone: wait and try again, but for the end of a run."""
        if self._is_ending:
            return False
        log.warning("job %d waits for the ledger's disk: %s", self.job_id, error)
        folder = str(self._ledger.path.parent)
        self._waits_for_ledger = True
        try:
            facts = Facts(path=folder, free=free_space(folder) if "full" in str(error) else None)
            self._waits.wait(WaitReason.DISK, DISK_S, facts=facts)
        finally:
            self._waits_for_ledger = False
        return True
