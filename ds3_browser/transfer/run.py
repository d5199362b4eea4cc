"""One run of a job: what others may do to it meanwhile, and its one end.

`Run` knows no plan and no blobs of its own; what a run does is its subclass's `_move_all`. All of
it happens in the thread that calls `run`, but for the blobs, which the appliance's pool moves. From
other threads come only the flags of `Controls`.
"""

from __future__ import annotations

import abc
import logging
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from typing import TypeVar

from ds3_browser.protocol.client import Ds3Client
from ds3_browser.protocol.errors import (
    BadReply,
    Busy,
    ConnectionFailed,
    RequestRefused,
    ServerFault,
    TlsFailed,
)
from ds3_browser.protocol.records import JobStatus

from .controls import Controls
from .creation import Creation
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
from .ledger import Ledger, LedgerError, LedgerReader, LedgerUnwritable, NewObject
from .loop import BUSY_S, DISK_S, Loop
from .part_file import free_space
from .pool import BlobPool
from .reporting import Reporter
from .turns import Kind, Turns
from .waits import Waits

log = logging.getLogger(__name__)

LOCKED_S = 1.0  # who holds the ledger will let it go soon
GONE_THERE = (FailureCode.JOB_GONE, FailureCode.TIMED_OUT)

T = TypeVar("T")


class Run(abc.ABC):
    """One run of one job, once. What stands above `run` any thread may call at any time."""

    direction: Direction
    turn_kind: Kind
    #: Whether keys that are refused in mid-job leave it open for a run with better ones. Who sets
    #: this begins that run.
    waits_for_key = False

    def __init__(
        self,
        job_id: int,
        bucket: str,
        client: Ds3Client,
        ledger: Ledger,
        pool: BlobPool,
        turns: Turns,
        *,
        continued: bool,
    ) -> None:
        """`continued` for a further run of a job that the ledger has already."""
        self.job_id = job_id
        self._continued = continued
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
        self._asked_before = False  # by an earlier run: what is not there by now will not come
        self._loop: Loop | None = None
        self._there: dict[int, JobThere] = {}

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

    # --- what a run does

    @abc.abstractmethod
    def _move_all(self) -> None:
        """Do all that the job is for. `_reader` is open. Raises JobCancelled, JobRefused."""

    @abc.abstractmethod
    def leave_behind_nothing(self, found: NewObject) -> None:
        """Remove what an earlier run left of an object that was not whole. Never fails."""

    @abc.abstractmethod
    def _unanswered_before(self) -> None:
        """Know again what an earlier run asked the appliance for, without learning what came of it.

        `_reader` is open.
        """

    # --- the run

    def run(self, report: Callable[[Event], None]) -> None:
        """Run to the end. Blocks. `report` is called in this thread; its last event is JobEnded."""
        self._reporter.listen(report)
        try:
            ended = self._run_to_an_end()
        except Exception:
            # A run without its JobEnded would say "running" for ever.
            log.exception("job %d ended by a fault of the engine", self.job_id)
            ended = self._end_by_fault(Failure(FailureCode.INTERNAL))
        finally:
            self._waits.leave_turn()
        self._reporter.progress(time.monotonic())
        report(ended)

    def _end_by_fault(self, failure: Failure) -> JobEnded:
        try:
            return self._end_refused(failure)
        except Exception:
            log.exception("the end of job %d is not kept", self.job_id)
            counts = self._amounts.counts()
            return JobEnded(self.job_id, Outcome.FAILED, Actor.ENGINE, counts, failure)

    def _run_to_an_end(self) -> JobEnded:
        try:
            with (
                self._client.under(self._controls.calls),
                closing(LedgerReader(self._ledger.path)) as self._reader,
            ):
                self._move_all()
            return self._end_of_run()
        except JobCancelled:
            return self._end_cancelled()
        except JobRefused as refused:
            return self._end_refused(refused.failure)
        except LedgerError as error:
            log.exception("job %d ended because the ledger cannot be written", self.job_id)
            path = str(self._ledger.path)
            return self._end_refused(Failure(FailureCode.LOCAL_WRITE, None, path, str(error)))

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
        self._reporter.failed(self._note_failed(failure))

    def _note_failed(self, failure: Failure) -> Failure:
        """The same, for the ledger alone; the failure with the object's path."""
        name = failure.name or ""
        failure = replace(failure, path=self._reader.path_of(self.job_id, name))
        self._ledger.object_ended(self.job_id, name, ObjectState.FAILED, failure=failure)
        return failure

    # --- ends

    def _end_of_run(self) -> JobEnded:
        self._is_ending = True
        failed = self._amounts.failed > 0
        state, outcome = (State.FAILED, Outcome.FAILED) if failed else (State.DONE, Outcome.DONE)
        self._reporter.cells()
        self._reporter.progress(time.monotonic())  # who hears "done" has all its figures
        doubts = Facts(
            doubts_unknown=self._reporter.doubts_unknown, unproved=self._reporter.unproved
        )
        self._reporter.state(state, facts=doubts)
        by = Actor.ENGINE if failed else Actor.APPLIANCE
        self._ledger.set_end(self.job_id, by=by.value)
        return JobEnded(self.job_id, outcome, by, self._amounts.counts())

    def _end_refused(self, failure: Failure) -> JobEnded:
        if failure.code is FailureCode.KEYS and self.waits_for_key and self._is_under_way:
            return self._end_for_key(failure)
        self._is_ending = True
        self._abandon()
        self._ledger.end_open_objects(self.job_id, ObjectState.CANCELLED)
        self._keep_lost()
        self._reporter.cells()
        self._reporter.state(State.FAILED, facts=Facts(failure=failure))
        told = failure.status is not None or failure.code in GONE_THERE
        by = Actor.APPLIANCE if told else Actor.ENGINE
        self._keep_end(by, failure)
        return JobEnded(self.job_id, Outcome.FAILED, by, self._amounts.counts(), failure)

    def _keep_lost(self) -> None:  # noqa: B027
        """Keep what a refusal means for what had moved already."""

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
        files = self._loop.files_ending if self._loop is not None else None
        facts = Facts(blobs_in_flight=in_flight, files_ending=files)
        self._reporter.state(State.CANCELLING, facts=facts)
        self._abandon()
        self._reporter.state(State.CANCELLING)
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
            self._reader = reader
            self._amounts.recall(reader.totals(self.job_id))
            for part in reader.parts(self.job_id):
                if part.appliance_id is not None and part.state in ("open", "moved", "truncated"):
                    moved = part.state != "open"
                    self._there[part.part] = JobThere(part.part, part.appliance_id, moved)
            if self._creation is None:
                self._unanswered_before()
                self._asked_before = self._creation is not None
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
        unanswered = self._creation is not None and self._creation.unanswered
        if not self._there and not unanswered:
            return keep  # it knows of no job
        if keep and not ending.told(self._client.truncates):
            return None  # it would drop all of the job; its own time-out may still keep some
        orphan: str | None = ""
        if self._creation is not None and unanswered:
            look, none = self._creation.orphan, "" if self._asked_before else None
            orphan = ending.told(lambda: look() or none)
            if orphan:
                self._there[self._creating] = JobThere(self._creating, orphan)
        there = [job for job in self._there.values() if not (keep and job.moved)]
        in_doubt = self._loop.in_doubt if self._loop is not None else ()
        heard = [ending.tell(job, keep, in_doubt) for job in there]
        if orphan is None or None in heard:
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
        """The ledger's disk is full, or gone, or another program holds the file: wait and try
        again, but for the end of a run.
        """
        if self._is_ending:
            return False
        log.warning("job %d waits for the ledger's disk: %s", self.job_id, error)
        folder = str(self._ledger.path.parent)
        self._waits_for_ledger = True
        try:
            facts = Facts(path=folder, free=free_space(folder) if "full" in str(error) else None)
            seconds = LOCKED_S if "locked" in str(error) else DISK_S
            self._waits.wait(WaitReason.DISK, seconds, facts=facts)
        finally:
            self._waits_for_ledger = False
        return True
