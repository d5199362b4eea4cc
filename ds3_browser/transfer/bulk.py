"""The life of a bulk job in the engine: plan, create, move; `run` has its end.

`Job` is what all kinds share; `put.PutJob` and `get.GetJob` say what their objects and blobs are,
and of an `unattended.UnattendedJob` nothing comes here.
"""

from __future__ import annotations

import abc
import contextlib
import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from functools import partial

from ds3_browser.protocol.client import Ds3Client
from ds3_browser.protocol.errors import Ds3Error, NotFound, RequestRefused
from ds3_browser.protocol.records import BulkJob, Chunk, JobStatus, RequestType

from .blobs import Blobs
from .creation import ChunkSink, Creation, GoingOn
from .ending import JobThere
from .errors import JobCancelled, JobDropped, JobRefused, NothingLeft
from .events import Direction, Facts, Failure, FailureCode, ObjectState, State
from .ledger import JobRecord, Ledger, LedgerReader, NewObject
from .meter import INTERVAL_S
from .pool import BlobPool
from .run import GONE_THERE, Run
from .specs import MAX_OBJECTS_PER_JOB, AnySpec, record_of
from .stored import dropped_there, is_head_of
from .turns import Kind, Turns

log = logging.getLogger(__name__)

FOUND_AT_ONCE = 1000


class Job(Run):
    """One bulk job. `run` it once; see `Run` for what others may do to it."""

    request_type: RequestType
    spec: AnySpec

    def __init__(
        self,
        spec: AnySpec,
        client: Ds3Client,
        ledger: Ledger,
        pool: BlobPool,
        turns: Turns,
        *,
        continued: bool = False,
        retry: bool = False,
    ) -> None:
        """`continued` for a further run of a job that the ledger has already; `retry` where the
        failed objects are to be tried again in it.
        """
        super().__init__(
            *(spec.job_id, spec.bucket, client, ledger, pool, turns), continued=continued or retry
        )
        self.spec = spec
        #: It may change while the job runs: what the appliance is asked for from then on has it.
        self.priority = spec.priority
        self._retry = retry
        self._objects_per_job = min(spec.objects_per_job, MAX_OBJECTS_PER_JOB)
        self._current_job = ""  # the appliance's id of the job whose blobs are being moved
        self._lost: tuple[int, bool] | None = None  # a part whose job is gone, and what it had
        self._listed_anew: set[int] = set()  # parts with objects that another job had before

    # --- what each kind of job says of itself; see also `moving` and `unattended`

    @abc.abstractmethod
    def _plan(self) -> Iterator[NewObject]:
        """Find the objects, PREPARING being told. Raises JobCancelled, JobRefused."""

    @abc.abstractmethod
    def _compare(self, to_move: int) -> None:
        """Settle what was planned with what is at its other end; `to_move` objects are to go."""

    @abc.abstractmethod
    def _before_asking(self, number: int) -> None:
        """Make way for the objects of a part, whose job is about to be asked for.

        Raises JobCancelled, JobRefused, NothingLeft.
        """

    @abc.abstractmethod
    def _settle_conflict(self, number: int, error: RequestRefused) -> bool:
        """The appliance refused a part's job for names: whether fewer are left to ask for now.

        Raises JobRefused, also where it can say more than the error; JobCancelled, NothingLeft.
        """

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
        if that is all of the job, and NothingLeft if it is all of its part.
        """

    def as_wanted(self, chunk: Chunk) -> Chunk:
        return chunk

    @abc.abstractmethod
    def _move_part(self, there: JobThere, blobs: Blobs, job: BulkJob | None) -> None:
        """Have all of a job's blobs moved; `job` is one that goes on, as the appliance has it.

        Raises JobCancelled, JobRefused.
        """

    def _record(self) -> JobRecord:
        """The job for the ledger."""
        return record_of(self.spec, self._client.endpoint.url, self._client.credentials.access_id)

    # --- the run

    def _move_all(self) -> None:
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
                with contextlib.suppress(NothingLeft):
                    self._run_part(number, self._name_of(number))
            run.add(number)
            parts = self._open_parts()  # what a job did not give is a part of its own

    def _name_of(self, number: int) -> str:
        """The name of a part's job on the appliance."""
        place, parts = self._place_of(number)
        name = self.spec.name
        return name if parts == 1 else f"{name} ({place + 1} of {parts})"

    def _place_of(self, number: int) -> tuple[int, int]:
        """Which of its jobs on the appliance a part's is, from 0, and of how many so far."""
        parts = sorted({*self._reader.parts_asked_for(self.job_id), number})
        return parts.index(number), len(parts)

    def _tell_created(self, there: JobThere) -> Blobs:
        blobs = self._blobs(there.job_id, there.part)
        self._reporter.created(blobs, *self._place_of(there.part))
        return blobs

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
        if self.direction is Direction.PUT and ended in GONE_THERE:
            self._leave_lost(reader, ended)
        if record is not None and record.end.get("closed"):
            self._leave_closed(reader)
        if any(part.appliance_id for part in reader.parts(self.job_id)):
            self._open_failed_again(reader)
        # These had not failed: the job itself was refused.
        self._ledger.open_cancelled_again(self.job_id)
        self._leave_closed_parts(reader)
        self._ledger.flush()

    def _leave_lost(self, reader: LedgerReader, ended: FailureCode) -> None:
        """What the lost jobs of an upload did not bring, or dropped, is asked for with others."""
        parts = reader.parts(self.job_id)
        lost = [part.part for part in parts if part.state == "lost"] or [p.part for p in parts]
        self._ask_anew_for(reader, lost, ended, (ObjectState.CANCELLED, ObjectState.FAILED))

    def _leaves_lost(self, part: int, refused: JobRefused) -> bool:
        """Whether what an upload's job there has lost is asked for with another one at once.

        It is where somebody has told the job to go on that was known to have failed.
        """
        ended = refused.failure.code
        if not self._retry or ended not in GONE_THERE:
            return False
        self._keep_lost_part(part, dropped=isinstance(refused, JobDropped))
        self._ledger.flush()
        self._lost = None
        del self._there[part]
        open_states = (ObjectState.CANCELLED, ObjectState.WAITING)
        self._ask_anew_for(self._reader, [part], ended, open_states)
        self._amounts.recall(self._reader.totals(self.job_id))
        return True

    def _ask_anew_for(
        self,
        reader: LedgerReader,
        lost: Sequence[int],
        ended: FailureCode,
        states: tuple[ObjectState, ...],
    ) -> None:
        """Of the parts of an upload whose jobs are no more, what is in these states."""
        if ended is FailureCode.TIMED_OUT:
            states = (*states, ObjectState.IN_CACHE)
        else:
            # Of a job that is unknown there, nobody can tell what it has kept.
            for part in lost:
                for name, size, version in reader.in_cache(self.job_id, part):
                    if not self._has(name, size, version):
                        self._ledger.object_ended(self.job_id, name, ObjectState.CANCELLED)
        parts = (part.part for part in reader.parts(self.job_id))
        beyond = max(reader.last_part(self.job_id), *parts) + 1
        self._ledger.begin_anew(self.job_id, lost, beyond, states)
        for part in lost:
            self._ledger.release(self.job_id, part, "gone")
            self._ledger.keep_unlisted(self.job_id, part)

    def _has(self, name: str, size: int, version: str) -> bool:
        """Whether an object is there, completely; False where the appliance will not say.

        Waits for one that is away or busy. Raises JobCancelled.
        """
        try:
            head = self._answered(lambda: self._client.head_object(self._bucket, name))
        except JobRefused as refused:
            log.warning("an object could not be looked for: %s", refused.failure)
            return False
        return is_head_of(head, size, version)

    def _keep_lost(self) -> None:
        """A cancelled job has dropped what it had brought: nothing of it counts as there. Who has
        cancelled one of a split upload may have cancelled others.
        """
        if self._lost is None:
            return
        part, dropped = self._lost
        self._keep_lost_part(part, dropped=dropped)
        self._ledger.flush()
        if not dropped or self._ledger.behind:
            return
        with closing(LedgerReader(self._ledger.path)) as reader:
            for other in reader.parts(self.job_id):
                is_there = other.state in ("open", "moved", "truncated")
                if is_there and self._is_dropped(other.appliance_id):
                    self._keep_lost_part(other.part, dropped=True)
            self._ledger.flush()
            self._amounts.done = reader.totals(self.job_id).counts().done

    def _keep_lost_part(self, part: int, *, dropped: bool) -> None:
        self._ledger.appliance_job_ended(self.job_id, part, "lost")
        if dropped:
            self._ledger.discard_objects(self.job_id, part)

    def _is_dropped(self, job_id: str | None) -> bool:
        """Whether the appliance says now, at the run's end, that it has cancelled a job."""
        try:
            return job_id is not None and dropped_there(self._client, job_id) is not None
        except Ds3Error as error:
            log.warning("whether job %s was cancelled is not known: %s", job_id, error)
            return False

    def _note_lost(self, part: int, refused: JobRefused) -> None:
        if self.direction is Direction.PUT and refused.failure.code in GONE_THERE:
            self._lost = part, isinstance(refused, JobDropped)

    def _leave_closed(self, reader: LedgerReader) -> None:
        """What had failed left the jobs there when they were closed: it is for others to take."""
        for part in reader.parts(self.job_id):
            if part.appliance_id is not None and part.state in ("open", "moved"):
                keeps = reader.has_whole(self.job_id, part.part)
                self._ledger.release(self.job_id, part.part, "truncated" if keeps else "gone")

    def _leave_closed_parts(self, reader: LedgerReader) -> None:
        """What waits in a part whose job takes nothing more is for another job."""
        self._ledger.flush()
        waiting = set(reader.open_parts(self.job_id))
        for part in reader.parts(self.job_id):
            if part.state in ("truncated", "gone") and part.part in waiting:
                beyond = reader.last_part(self.job_id) + 1
                self._ledger.move_open_objects(self.job_id, part.part, beyond)

    def _open_failed_again(self, reader: LedgerReader) -> None:
        """Failed objects go on in the job that they have. What has none, for a name was taken or a
        file unreadable, is asked for with another job, and so is a file that is another one now.
        """
        again = list[str]()
        others = list[NewObject]()
        for failed in reader.failed(self.job_id):
            if (one := self._again(failed)) is not None:
                again.append(one.name)
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
        self._tell_created(holder)
        self._reporter.cells()

    def _recall_parts(self, unfinished: set[int]) -> None:
        """Know the jobs on the appliance again, and show those that have all their blobs."""
        for part in self._reader.parts(self.job_id):
            if part.appliance_id is None or (part.state == "gone" and part.part not in unfinished):
                continue
            moved = part.part not in unfinished
            closed = part.state == "truncated"
            self._there[part.part] = JobThere(part.part, part.appliance_id, moved, closed)
            if part.state in ("moved", "truncated") and self._has_dropped(
                part.part, part.appliance_id
            ):
                continue
            if moved:
                self._tell_created(self._there[part.part])
                self._reporter.cells()

    def _has_dropped(self, part: int, job_id: str) -> bool:
        """Whether somebody has cancelled an upload's job there since it had all of its bytes, or
        was closed with some, and they are asked for with another one. Raises JobRefused where they
        are not.
        """
        if self.direction is not Direction.PUT:
            return False
        failure = self._answered(partial(dropped_there, self._client, job_id))
        if failure is None:
            return False
        refused = JobDropped(failure)
        self._note_lost(part, refused)
        if not self._leaves_lost(part, refused):
            raise refused
        return True

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
            if self.direction is Direction.PUT:
                left = self._leaves_lost(number, refused)
            elif left := refused.failure.code in GONE_THERE:
                self._ask_anew_for_rest(number)
            if not left:
                raise
            return
        if there is None:
            there = self._there[number] = JobThere(number, self._created(number, name))
        self._current_job = there.job_id
        self._take_files(number)
        self._fail_those_not_whole(number)
        self._amounts.total = self._reader.size(self.job_id)
        if job is not None or number in self._listed_anew:
            self._amounts.there = self._reader.bytes_there(self.job_id)
            self._amounts.loaded = max(self._amounts.loaded, self._amounts.there)
        blobs = self._tell_created(there)
        try:
            self._move_part(there, blobs, job)
        except JobRefused as refused:
            self._note_lost(number, refused)
            raise
        self._there[number] = replace(there, moved=True)
        self._ledger.appliance_job_ended(self.job_id, number, "moved")

    def _ask_anew_for_rest(self, number: int) -> None:
        """A download's job is no more: what is left of it goes into another one."""
        self._ledger.appliance_job_ended(self.job_id, number, "gone")
        beyond = max(self._reader.last_part(self.job_id), *self._there) + 1
        self._ledger.move_open_objects(self.job_id, number, beyond)
        del self._there[number]

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

        try:
            job = GoingOn(self._context, self.request_type, there.job_id, keep).run()
        except JobRefused as refused:
            self._note_lost(there.part, refused)
            raise
        if uploads:
            self._settle(there, job)
        return job

    def _take_files(self, part: int) -> None:
        """What a part's job has is known: settle which files its failed objects go on with."""

    def _settle(self, there: JobThere, job: BulkJob) -> None:
        """What a job of an upload lists no more was received.

        But one that somebody truncated lists no more what it never got, and is smaller then; its
        objects are looked for one by one. So are empty ones, without which it is no smaller, and
        all that is told by nothing but the job's end.
        """
        self._ledger.flush()
        length = sum(row.length for row in self._reader.cells(self.job_id, there.part))
        whole = job.original_size is not None and job.original_size >= length
        lost = dict[str, Failure]()
        goes_on = job.status is JobStatus.IN_PROGRESS
        for name, size, version in self._reader.unlisted(
            self.job_id, there.part, only_open=whole, only_empty=whole and goes_on
        ):
            self._controls.check()
            if not self._has(name, size, version):
                self._ledger.drop_blobs(self.job_id, name)
                lost[name] = self._note_failed(Failure(FailureCode.JOB_GONE, name))
        self._ledger.keep_unlisted(self.job_id, there.part)
        self._ledger.flush()
        if self._retry and lost:
            lost = self._ask_anew_for_lost(lost)
        for failure in lost.values():
            self._reporter.failed(failure)
        # What had ended may be open again, or have failed.
        self._amounts.recall(self._reader.totals(self.job_id))

    def _ask_anew_for_lost(self, lost: Mapping[str, Failure]) -> dict[str, Failure]:
        """A retry asks at once with another job for what one was closed without; what is left."""
        failed = (one for one in self._reader.failed(self.job_id) if one.name in lost)
        others = {one.name: one for one in map(self._as_another, failed) if one is not None}
        parts = (part.part for part in self._reader.parts(self.job_id))
        beyond = max(self._reader.last_part(self.job_id), *parts) + 1
        self._plan_again([], list(others.values()), beyond)
        self._ledger.flush()
        return {name: failure for name, failure in lost.items() if name not in others}

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
        self._creation = self._creation_of(number, name, intended)
        try:
            there = self._creation.run()
        except (JobCancelled, JobRefused, NothingLeft):
            if not self._creation.unanswered:
                self._ledger.withdraw_intent(self.job_id, number)
            raise
        self._ledger.created(self.job_id, number, there)
        return there

    def _is_all(self, objects: int) -> bool:
        """Whether the job has no more objects than these."""
        return objects >= self._amounts.objects

    def _creation_of(self, number: int, name: str, intended: datetime | None) -> Creation:
        return Creation(
            self._context,
            *(self.request_type, name, lambda: self._reader.to_move(self.job_id, number)),
            ask=partial(self._ask_for_job, number),
            look_up=partial(self._look_up_job, number),
            leave_out=partial(self._leave_out, number),
            settle=partial(self._settle_conflict, number),
            moves=self.direction.moves,
            intended=intended,
        )

    def _unanswered_before(self) -> None:
        for part in self._reader.parts(self.job_id):
            if part.state == "intended":
                name = self._name_of(part.part)
                self._creating = part.part
                self._creation = self._creation_of(part.part, name, part.intended)

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
        anew = self.direction is Direction.GET and self._reader.was_listed(self.job_id, number)
        if anew:
            self._listed_anew.add(number)
            self._ledger.drop_unproved(self.job_id, number)

        def keep(chunks: Sequence[Chunk]) -> None:
            wanted = [self.as_wanted(chunk) for chunk in chunks]
            if anew:
                self._ledger.drop_replaced(self.job_id, number, wanted)
            self._ledger.listed(self.job_id, number, wanted, first)

        return ChunkSink(keep)

    def _intended_before(self, number: int) -> datetime | None:
        """When an earlier run was about to ask for a job and did not learn what came of it."""
        found = [part for part in self._reader.parts(self.job_id) if part.part == number]
        return found[0].intended if found and found[0].state == "intended" else None
