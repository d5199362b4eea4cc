"""Jobs that the appliance does by itself: objects brought into its cache, or read and checked.

Nothing of them comes here. The job is made there and then asked for until the appliance has ended
it: with its chunks where its amounts have changed, for then others of them may be in cache, else
without. What it says is told, and nothing that it does not say. Rules of the wire: staging is a GET
job that no client reads (release 5.0 and newer); a job that has ended is no longer active; which
chunks are verified is told at no time, only which are in cache; what a verification found wrong is
listed among the suspect objects, for administrators.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import partial

from ds3_browser.protocol.client import Ds3Client
from ds3_browser.protocol.errors import (
    AccessDenied,
    BadReply,
    Conflict,
    Gone,
    NotFound,
    RequestRefused,
)
from ds3_browser.protocol.records import (
    ApplianceJob,
    BulkJob,
    Chunk,
    GetItem,
    JobStatus,
    RequestType,
)
from ds3_browser.protocol.releases import Feature

from .blobs import Blobs
from .creation import ChunkSink
from .ending import JobThere
from .errors import JobRefused, failure_of
from .events import Direction, Facts, Failure, FailureCode, ObjectState, State, WaitReason
from .ledger import JobRecord, Ledger, NewObject
from .ledger_records import THERE
from .listed_cache import ListedCache, Told, told_by
from .pool import BlobPool
from .reading import ReadingJob
from .specs import UnattendedSpec as UnattendedSpec
from .stored import cancelled_there
from .turns import Kind, Turns

log = logging.getLogger(__name__)

ASK_AFTER_S = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)  # the longer nothing changes, the more rarely
KEEP_ALIVE_S = 3600.0  # the appliance drops a job of which it hears nothing for 24 h

#: The option of a job that nobody could ask what was found wrong.
UNASKED = "doubts_unknown"


class UnattendedJob(ReadingJob):
    turn_kind = Kind.UNATTENDED
    spec: UnattendedSpec

    def __init__(
        self,
        spec: UnattendedSpec,
        client: Ds3Client,
        ledger: Ledger,
        pool: BlobPool,
        turns: Turns,
        *,
        continued: bool = False,
        retry: bool = False,
    ) -> None:
        self.direction = spec.kind
        self._stages = spec.kind is Direction.STAGE
        self.request_type = RequestType.GET if self._stages else RequestType.VERIFY
        super().__init__(spec, client, ledger, pool, turns, continued=continued, retry=retry)
        self._versions = dict(spec.versions)
        self._kept_alive_at = time.monotonic()
        self._cache_changed = False  # since the objects in it were last counted

    # --- which objects

    def _plan(self) -> Iterator[NewObject]:
        if self._stages and not self._answered(partial(self._client.knows, Feature.STAGE)):
            raise JobRefused(Failure(FailureCode.TOO_OLD))
        seen: set[str] = set()
        for name, size, complete in self._named():
            # An empty folder has no data that could be read.
            if name in seen or name.endswith("/"):
                continue
            seen.add(name)
            if complete:
                yield NewObject(name, None, size)
            else:
                failure = Failure(FailureCode.NOT_FOUND, name, detail="being uploaded")
                yield NewObject(name, None, size, None, ObjectState.FAILED, failure)

    def _named(self) -> Iterator[tuple[str, int | None, bool]]:
        yield from ((name, None, True) for name in self.spec.names)
        yield from self._below(self.spec.prefixes)

    def _compare(self, to_move: int) -> None:
        """There is no other end."""

    def _before_asking(self, number: int) -> None:
        """Nothing there is in its way."""

    def _settle_conflict(self, number: int, error: RequestRefused) -> bool:
        return False

    def _recall(self, record: JobRecord) -> None:
        """An earlier run has left no files."""
        self._ledger.forget_cached(self.job_id)

    def _again(self, failed: NewObject) -> NewObject | None:
        return None  # the job that failed it has ended

    def _as_another(self, failed: NewObject) -> NewObject | None:
        return failed

    def _anew(self, failed: NewObject) -> NewObject | None:
        return failed

    def _plan_again(
        self, outside: Sequence[NewObject], others: Sequence[NewObject], beyond: int
    ) -> None:
        self._ledger.plan_again(self.job_id, self._in_parts(outside, beyond))
        self._ledger.replace_files(self.job_id, self._in_parts(others, beyond))

    def leave_behind_nothing(self, found: NewObject) -> None:
        """Nothing of it ever comes here."""

    # --- the job there

    def _create(self, objects: Iterator[NewObject], name: str, listing: ChunkSink) -> str:
        start = self._client.start_stage_job if self._stages else self._client.start_verify_job
        created = start(
            self._bucket,
            (GetItem(found.name, self._versions.get(found.name)) for found in objects),
            name=name,
            priority=self.priority,
            take=listing.take,
        )
        return created.job_id

    def _move_part(self, there: JobThere, blobs: Blobs, job: BulkJob | None) -> None:
        """Follow the job until the appliance has ended it, and learn what came of it."""
        done = self._amounts.done
        try:
            self._take_end(there, self._follow(there, blobs), blobs.length)
        except JobRefused:
            self._amounts.done = done  # nothing that was in cache so far counts
            raise
        totals = self._reader.totals(self.job_id)
        self._amounts.done = totals.counts().done
        self._tell(sum(totals.sizes.get(state, 0) for state in THERE))
        self._tell_created(there)
        self._reporter.cells()

    def _follow(self, there: JobThere, blobs: Blobs) -> ApplianceJob | BulkJob:
        """Ask until the appliance has ended the job; the job as it is then."""
        before, length = self._amounts.there, blobs.length
        listed, calls = ListedCache(blobs, partial(self._keep_cached, there.part)), 0
        known: Told | None = None
        while True:
            self._waits.checkpoint()
            now = self._answered(partial(self._look_till_read, there.job_id, listed, known))
            if now.status is JobStatus.CANCELED:
                raise JobRefused(cancelled_there(self._client, there.job_id))
            self._count_cached()
            self._tell(before + min(self._done(now), length))
            self._reporter.cells()
            if now.status is JobStatus.COMPLETED:
                return now
            calls = calls + 1 if told_by(now) == known else 0
            known = told_by(now)
            self._let_it_work(calls)

    def _keep_cached(self, part: int, chunk: Chunk) -> None:
        """A chunk is in cache, or some of it, and was not before; or the other way round."""
        state = ObjectState.IN_CACHE if self._stages else ObjectState.READY
        self._ledger.blobs_in_cache(self.job_id, part, chunk, state)
        self._cache_changed = True

    def _count_cached(self) -> None:
        """Objects that are in cache are done already, where that is all that was asked for."""
        if self._cache_changed:
            self._cache_changed = False
            self._ledger.flush()
            self._amounts.done = self._reader.totals(self.job_id).counts().done

    def _look_till_read(
        self, job_id: str, listed: ListedCache, known: Told | None
    ) -> ApplianceJob | BulkJob:
        """As `_look`; an answer that cannot be read ends nothing that goes on there."""
        while True:
            try:
                return self._look(job_id, listed, known)
            except BadReply as error:
                log.warning("job %s cannot be looked at now: %s", job_id, error)
                self._waits.wait(WaitReason.BUSY, self._waits.back_off())

    def _look(self, job_id: str, listed: ListedCache, known: Told | None) -> ApplianceJob | BulkJob:
        """The job as it is now. Raises JobRefused if the appliance has none."""
        if time.monotonic() - self._kept_alive_at >= KEEP_ALIVE_S:
            self._keep_alive(job_id)
        if listed.is_due(known):
            try:
                return self._look_whole(job_id, listed)
            except BadReply as error:
                log.warning("the chunks of job %s are not told now: %s", job_id, error)
                listed.put_off()
        try:
            return self._client.active_job(job_id)
        except (NotFound, Gone):
            pass  # it has ended, or the release cannot tell one active job
        return self._look_whole(job_id, listed)

    def _look_whole(self, job_id: str, listed: ListedCache) -> BulkJob:
        """The job with its chunks, which may have ended."""
        try:
            job = self._client.get_job(job_id, take=listed.take)
        except (NotFound, Gone) as error:
            raise JobRefused(failure_of(error, code=FailureCode.JOB_GONE)) from error
        listed.looked(told_by(job))
        return job

    def _keep_alive(self, job_id: str) -> None:
        self._kept_alive_at = time.monotonic()
        try:
            self._client.modify_job(job_id, take=lambda chunk: None)
        except (NotFound, Gone, Conflict) as error:
            log.info("job %s has ended: %s", job_id, error)

    def _done(self, job: ApplianceJob | BulkJob) -> int:
        """Bytes in cache, or read and checked."""
        return (job.cached_size if self._stages else job.completed_size) or 0

    def _tell(self, done: int) -> None:
        self._amounts.there = self._amounts.loaded = self._amounts.checked = done
        self._reporter.progress(time.monotonic())

    def _let_it_work(self, calls: int) -> None:
        """Until it is asked for again; what does not begin to change waits for its tapes."""
        seconds = ASK_AFTER_S[min(calls, len(ASK_AFTER_S) - 1)]
        if calls:
            self._waits.wait(WaitReason.TAPE, seconds)
            return
        self._waits.something_moves()
        self._reporter.state(State.TRANSFERRING, facts=Facts())
        self._controls.sleep(seconds)

    # --- its end

    def _take_end(self, there: JobThere, job: ApplianceJob | BulkJob, length: int) -> None:
        if job.original_size is not None and job.original_size < length:
            self._fail_those_gone(there)
        if not self._stages:
            self._fail_suspects(there)
        self._ledger.flush()
        state = ObjectState.IN_CACHE if self._stages else ObjectState.DONE
        self._ledger.end_part(self.job_id, there.part, state)
        self._ledger.flush()

    def _fail_those_gone(self, there: JobThere) -> None:
        """The job there has lost objects on its way: those that were deleted meanwhile."""
        gone = 0
        for found in list(self._reader.to_move(self.job_id, there.part)):
            self._controls.check()
            if self._answered(partial(self._is_there, found.name)):
                continue
            gone += 1
            self._fail(Failure(FailureCode.NOT_FOUND, found.name, at=datetime.now(UTC)))
        if not gone:
            detail = "the job ended smaller than it was made"
            raise JobRefused(Failure(FailureCode.BAD_REPLY, detail=detail))

    def _is_there(self, name: str) -> bool:
        version = self._versions.get(name)
        return self._client.head_object(self._bucket, name, version_id=version) is not None

    def _fail_suspects(self, there: JobThere) -> None:
        """What the appliance doubts after it was read has not been verified."""
        names = self._answered(self._suspects)
        self._ledger.set_option(self.job_id, UNASKED, None if names is not None else "1")
        self._reporter.doubts_unknown = names is None
        if not names:
            return
        for found in list(self._reader.to_move(self.job_id, there.part)):
            if found.name in names:
                self._fail(Failure(FailureCode.NOT_VERIFIED, found.name, at=datetime.now(UTC)))

    def _suspects(self) -> set[str] | None:
        """Names of the bucket's objects that the appliance doubts; None where it may not tell."""
        try:
            return {found.name for found in self._client.suspect_objects(bucket=self._bucket)}
        except (AccessDenied, NotFound) as error:
            log.info("which objects are suspect is not told: %s", error)
            return None
