"""The loop that moves the blobs of one job on the appliance: ask, feed, take results, wait.

It runs in the job's own thread and decides everything; the pool's threads only move. Rules of the
wire: what the appliance lists as ready may be moved; nothing new in its list means wait as long as
it says and ask again, for ever; an unknown job while blobs are missing means look at the job. A
blob has five tries whatever the causes, but no connection at all, a busy appliance and a full disk
use up none.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import assert_never

from ds3_browser.protocol.errors import (
    BadCredentials,
    BadReply,
    Busy,
    ClockSkewed,
    Conflict,
    ConnectionFailed,
    ConnectionLost,
    Ds3Error,
    Gone,
    ManagementPort,
    NotFound,
    RequestRefused,
    ServerFault,
)
from ds3_browser.protocol.records import BulkJob, Checksum, Chunk, JobStatus

from .blobs import Blobs, ObjectInJob, Transfer, key_of
from .errors import ChecksumMismatch, DiskUnusable, JobCancelled, JobDropped, JobRefused, failure_of
from .events import (
    MAX_TRIES,
    Direction,
    Facts,
    Failure,
    FailureCode,
    ObjectState,
    State,
    WaitReason,
)
from .handing import Broken, Context, Finished, Hands, Landed, Mover, Together
from .meter import INTERVAL_S
from .pool import SMALL
from .stored import cancelled_there, is_head_of, is_older
from .together import MOST, NotBegun

log = logging.getLogger(__name__)

TRY_AGAIN_S = (1, 2, 4, 8)
PREFERRED_CHUNKS = {Direction.PUT: 4, Direction.GET: 10}
MOST_LISTED = 40_000  # blobs asked for at once: an answer is held in memory
BUSY_S = 60.0
BLOB_BUSY_S = 5.0
DISK_S = 30.0
ASK_AGAIN_S = 0.2
PROBED_AT_ONCE = 16
SMALL_AHEAD = 4 * MOST  # small blobs in the pool's hands, so that its threads never run dry
DURABLE_FROM = 64 << 20  # bytes of an object whose end is in the ledger before the loop goes on


class Loop:
    """One job on the appliance. `run` returns when nothing is left to move."""

    def __init__(
        self,
        mover: Mover,
        blobs: Blobs,
        context: Context,
        whole: Iterable[ObjectInJob] = (),
        next_part: int = 1,
    ) -> None:
        """Of the objects in `whole` all blobs are there already. `next_part` is the part that takes
        what this job does not give.
        """
        self._next_part = next_part
        self._mover = mover
        self._blobs = blobs
        self._context = context
        self._client = context.client
        self._ledger = context.ledger
        self._controls = context.controls
        self._waits = context.waits
        self._reporter = context.reporter
        self._amounts = context.reporter.amounts
        self._hands = Hands(mover, context)
        self._results = self._hands.results
        self._to_finish: list[ObjectInJob] = list(whole)
        self._trouble: ConnectionFailed | DiskUnusable | None = None
        self._nothing_ready = WaitReason.CACHE if self._uploads else WaitReason.TAPE
        self._reason = self._nothing_ready
        self._retry_after_s: float | None = None
        self._asked_at = self._ask_at = 0.0
        self._news_since = False  # a chunk, or all on offer, has ended since it was last asked
        self._went_on = False
        self.broke_off = False  # a blob was not read at one go
        self.in_doubt: list[Transfer] = []  # on their way when the run was told to end
        self._lost_bytes = 0  # which the appliance has sent and an earlier run has not kept
        self._job_began: datetime | None = None  # by the appliance's clock
        self._same = dict[str, bool]()  # whether objects without a version are those of the job

    @property
    def _uploads(self) -> bool:
        return self._mover.direction is Direction.PUT

    @property
    def files_ending(self) -> int | None:
        """Files whose bytes the disk is still to take for good, which nothing can hurry or end."""
        return None if self._uploads else len(self._blobs.finishing) or None

    def recall(self, job: BulkJob) -> None:
        """Before `run`, of a download that goes on: `job` is as the appliance has it now."""
        self._job_began = job.started
        if job.status is JobStatus.COMPLETED:
            self._blobs.load_all()
            self._read_outside(job)
        received = sum(cell.moved for cell in self._blobs.cells)
        self._lost_bytes = max(0, (job.completed_size or 0) - received)
        self._went_on = True

    def run(self) -> None:
        """Move all blobs. Raises JobCancelled, JobRefused."""
        while self._blobs.open or self._to_finish:
            self._controls.check()
            self._take_results()
            self._ledger.keep_up()
            if self._controls.paused:
                self._pause()
                continue
            if self._trouble is None:
                self._feed()
                if self._may_ask():
                    self._ask()
                    continue
            if self._blobs.busy:
                self._let_them_move()
            elif self._trouble is not None:
                self._wait_out_trouble(self._trouble)
            else:
                self._wait_as_told()

    def abandon(self) -> None:
        """Wait for what is in flight, which the fired hangup ends; leave nothing half done.

        Of a run that is to go on another time, what is whole of a file is kept.
        """
        self._withdraw()
        self._context.pool.wait_for(self._context.job_id)
        while not self._results.empty():
            self._take_last(self._results.get_nowait())
        if self._controls.how is None and self._controls.interrupted:
            return
        for found in self._blobs.objects.values():
            if found.left or found.failed:
                self._mover.leave(found)
        for found in self._to_finish:
            self._mover.leave(found)

    # --- asking what is ready

    def _may_ask(self) -> bool:
        """Whether blobs run out and the appliance may have more of them by now."""
        if not self._blobs.awaited or len(self._blobs.ready) >= 2 * self._context.pool.size:
            return False
        now = time.monotonic()
        return now >= self._ask_at or (self._news_since and now >= self._asked_at + ASK_AGAIN_S)

    def _ask(self) -> None:
        self._asked_at, self._news_since = time.monotonic(), False
        most = max(1, MOST_LISTED // max(1, self._blobs.most_in_a_chunk()))
        preferred = min(PREFERRED_CHUNKS[self._mover.direction], most)
        try:
            answer = self._client.chunks_ready(self._blobs.job_id, preferred=preferred)
        except Busy as busy:
            self._ask_in(busy.retry_after_s or BUSY_S, WaitReason.BUSY, busy.retry_after_s)
        except ConnectionFailed as error:
            self._trouble = error
        except (NotFound, Gone) as error:
            self._look_at_ended_job(error)
        except (ServerFault, BadReply) as error:
            log.warning("job %d will ask again for chunks: %s", self._context.job_id, error)
            self._ask_in(self._waits.back_off(), WaitReason.BUSY, None)
        except RequestRefused as error:
            raise JobRefused(failure_of(error)) from error
        else:
            self._waits.reached()
            if not self._take_chunks(answer.chunks) and not self._probe():
                self._ask_in(answer.retry_after_s, self._nothing_ready, answer.retry_after_s)

    def _ask_in(self, seconds: float, reason: WaitReason, retry_after_s: float | None) -> None:
        self._ask_at = time.monotonic() + seconds
        self._reason, self._retry_after_s = reason, retry_after_s

    def _take_chunks(self, chunks: Sequence[Chunk]) -> bool:
        """Take what is offered; whether anything of it is new."""
        news = False
        for chunk in map(self._mover.as_wanted, chunks):
            in_cache = {key_of(blob) for blob in chunk.blobs if self._uploads and blob.in_cache}
            offered = self._blobs.offer_chunk(chunk.blobs)
            if offered and chunk.node_id:
                part = self._blobs.part
                self._ledger.chunk_on_node(self._context.job_id, part, chunk.number, chunk.node_id)
            for transfer in offered:
                news = True
                self._amounts.loaded += transfer.blob.length
                if key_of(transfer.blob) in in_cache:
                    self._succeeded(transfer, finishes=False)
                else:
                    self._blobs.ready.append(transfer)
            for found in self._blobs.of_other_lengths(chunk.blobs):
                self._give_up_or_ask_anew(found)
                news = True
        return news

    def _give_up_or_ask_anew(self, found: ObjectInJob) -> None:
        """The job lists an object otherwise than it did: nobody could say what it is made of."""
        if self._mover.asks_anew(found):
            self._put_aside(found)
        else:
            self._give_up(found, Failure(FailureCode.BAD_REPLY, found.name))

    def _probe(self) -> bool:
        """Try to read without the job what it does not offer again; whether anything is tried.

        A blob that was sent completely to an earlier run counts as read, though that run may not
        have lived to keep it.
        """
        if not self._went_on:
            return False
        self._blobs.load_all()
        lost = self._lost_bytes > 0
        tried = [
            transfer
            for transfer in self._blobs.unseen.values()
            if not transfer.probed and (lost or not transfer.blob.length)
        ][:PROBED_AT_ONCE]
        for transfer in tried:
            if transfer.object.failed or self._left_to_another(transfer):
                continue
            self._blobs.offer(transfer.blob)
            transfer.outside = transfer.probed = True
            self._blobs.ready.append(transfer)
        if not tried:
            for transfer in self._blobs.unseen.values():
                transfer.probed = False
        return bool(tried)

    def _look_at_ended_job(self, error: RequestRefused) -> None:
        """The appliance has no chunks to offer, and blobs are missing: ask the job itself."""
        job = self._job_there(error)
        if job is None:
            return
        self._blobs.load_all()
        if self._uploads:
            self._settle_unseen(job)
        else:
            self._read_outside(job)
        if self._blobs.awaited and self._ask_at <= self._asked_at:
            self._ask_in(BUSY_S, self._nothing_ready, None)

    def _job_there(self, error: RequestRefused) -> BulkJob | None:
        """The job as the appliance has it; None if that cannot be learned now."""
        try:
            job = self._client.get_job(self._blobs.job_id)
        except (NotFound, Gone) as gone:
            raise JobRefused(failure_of(gone, code=FailureCode.JOB_GONE)) from error
        except ConnectionFailed as unreached:
            self._trouble = unreached
            return None
        except (Busy, ServerFault, BadReply) as busy:
            log.warning("job %d cannot be looked at now: %s", self._context.job_id, busy)
            self._ask_in(self._waits.back_off(), WaitReason.BUSY, None)
            return None
        except RequestRefused as refused:
            raise JobRefused(failure_of(refused)) from error
        if job.status is JobStatus.CANCELED:
            raise JobDropped(cancelled_there(self._client, self._blobs.job_id)) from error
        self._job_began = job.started
        return job

    def _read_outside(self, job: BulkJob) -> None:
        """A download's blobs count as read there; they can be had without the job."""
        for transfer in list(self._blobs.unseen.values()):
            outside = job.status is JobStatus.COMPLETED
            if transfer.object.failed or (outside and self._left_to_another(transfer)):
                continue
            self._blobs.offer(transfer.blob)
            transfer.outside = outside
            self._blobs.ready.append(transfer)

    def _left_to_another(self, transfer: Transfer) -> bool:
        """Whether it may be another object by now; another job is asked for that."""
        if self._is_sure(transfer):
            return False
        found = transfer.object
        if self._mover.asks_anew(found):
            self._put_aside(found)
        else:
            self._give_up(found, Failure(FailureCode.NOT_FOUND, found.name))
        return True

    def _is_sure(self, transfer: Transfer) -> bool:
        """Whether a blob that is read without its job is of the object that the job has.

        Its version says so. Of a release that names none, an object of several blobs has to be
        older than the job: its file could be made of parts of two.
        """
        found, blob = transfer.object, transfer.blob
        if blob.version_id is not None or blob.length >= found.size:
            return True
        if found.name not in self._same:
            bucket, began = self._context.bucket, self._job_began
            self._same[found.name] = is_older(self._client, bucket, found.name, began)
        return self._same[found.name]

    def _settle_unseen(self, job: BulkJob) -> None:
        """An upload's blobs that the job lists in cache, or no more while it goes on, were
        received.

        But a job that somebody truncated lists no more what it never got, and is smaller then; its
        objects are looked for one by one. So are empty ones, without which it is no smaller, and
        all that is told by nothing but the job's end.
        """
        listed = {key_of(blob): blob for blob in job.blobs()}
        goes_on = job.status is JobStatus.IN_PROGRESS
        whole = job.original_size is not None and job.original_size >= self._blobs.length
        stored = dict[str, bool | None]()
        for key, transfer in list(self._blobs.unseen.items()):
            there = listed.get(key)
            open_there = there is not None and not there.in_cache
            if transfer.object.failed or (open_there and goes_on):
                continue
            self._controls.check()
            received: bool | None = whole and goes_on and transfer.blob.length > 0
            if not received:
                name = transfer.object.name
                if name not in stored:
                    stored[name] = self._is_stored(transfer.object)
                received = stored[name]
            if received is None:
                return
            if received:
                self._blobs.offer(transfer.blob)
                self._succeeded(transfer, finishes=False)
            else:
                gone = Failure(FailureCode.JOB_GONE, transfer.object.name)
                self._give_up(transfer.object, gone)

    def _is_stored(self, found: ObjectInJob) -> bool | None:
        """Whether an object is there, completely; None if that cannot be learned now."""
        version = next((t.blob.version_id for t in found.transfers if t.blob.version_id), None)
        try:
            head = self._client.head_object(self._context.bucket, found.name)
        except ConnectionFailed as unreached:
            self._trouble = unreached
            return None
        except (Busy, ServerFault, BadReply) as busy:
            log.warning("%s cannot be looked for now: %s", found.name, busy)
            self._ask_in(self._waits.back_off(), WaitReason.BUSY, None)
            return None
        except Ds3Error as error:
            log.warning("an object could not be looked for: %s", error)
            return False
        return is_head_of(head, found.size, version)

    # --- feeding the pool

    def _feed(self) -> None:
        """Hand ready blobs to the pool: one more than it has threads, or many small ones."""
        self._blobs.rouse(time.monotonic())
        while self._to_finish:
            self._submit_finish(self._to_finish.pop())
        if not self._has_room():
            return
        first, together = True, Together()
        while transfer := self._blobs.next_ready():
            small = transfer.blob.length < SMALL
            if not small and len(self._blobs.moving) > self._context.pool.size:
                self._blobs.back(transfer)
                break
            if first:
                self._waits.something_moves()
                self._reporter.moving_begins(time.monotonic())
                first = False
            finishes = self._begin(transfer)
            if not small:
                self._hands.move(transfer, finishes)
            elif together.add(transfer, finishes):
                self._hands.move_together(together)
                together = Together()
                if not self._has_room():
                    break
        self._hands.move_together(together)

    def _has_room(self) -> bool:
        """Whether the pool should have more of small blobs: so many that they go together."""
        return len(self._blobs.moving) + MOST <= SMALL_AHEAD

    def _begin(self, transfer: Transfer) -> bool:
        """About to be handed over. Whether its thread is to make the object whole."""
        found = transfer.object
        found.started = found.started or datetime.now(UTC)
        if not found.in_flight and found.size >= SMALL:
            self._ledger.object_begun(self._context.job_id, found.name, found.started)
        self._mover.before_moving(transfer)
        self._blobs.begin(transfer)
        # The last blob of an object has no other beside it: its thread makes the object whole.
        return found.left == 1

    def _submit_finish(self, found: ObjectInJob) -> None:
        self._blobs.finishing.add(found)
        self._hands.finish(found)

    def _withdraw(self) -> None:
        """What has not begun in the pool is no longer in flight."""
        for task in self._hands.withdraw():
            match task:
                case Transfer() as transfer:
                    self._take_back(transfer)
                case Together() as together:
                    for transfer in reversed(together.transfers):
                        self._take_back(transfer)
                case ObjectInJob() as found:
                    self._blobs.finishing.discard(found)
                    self._to_finish.append(found)
                case _:
                    assert_never(task)

    def _take_back(self, transfer: Transfer) -> None:
        self._blobs.land(transfer)
        self._blobs.back(transfer)

    # --- taking results

    def _take_results(self) -> None:
        while not self._results.empty():
            result = self._results.get_nowait()
            match result:
                case Landed():
                    self._take_landed(result)
                case Finished():
                    self._take_finished(result)
                case Broken():
                    raise result.error
                case _:
                    assert_never(result)

    def _take_landed(self, landed: Landed) -> None:
        transfer = landed.transfer
        self._blobs.land(transfer)
        if transfer.object.failed:
            self._leave_if_failed(transfer.object)
        elif landed.error is None:
            self._waits.reached()
            self._succeeded(transfer, finishes=landed.finishes)
        elif landed.cut and isinstance(landed.error, ConnectionFailed | JobCancelled):
            self.broke_off = True
            self._put_back(transfer)
        else:
            self.broke_off = True
            self._failed_try(transfer, landed.error)

    def _succeeded(self, transfer: Transfer, *, finishes: bool) -> None:
        """A blob is there. `finishes`: its thread goes on to make the object whole."""
        blob, found = transfer.blob, transfer.object
        self._blobs.succeeded(transfer)
        self._amounts.there += blob.length
        if transfer.outside:
            self._lost_bytes -= blob.length
        if transfer.cell.complete or not self._blobs.on_offer:
            self._news_since = True
        self._ledger.blob_ended(
            self._context.job_id, blob.name, blob.offset, transfer.tries + 1, transfer.checksum
        )
        if found.left:
            return
        if finishes:
            self._blobs.finishing.add(found)
        else:
            self._to_finish.append(found)

    def _take_finished(self, finished: Finished) -> None:
        found, error = finished.object, finished.error
        self._blobs.finishing.discard(found)
        match error:
            case None if finished.state is not None:
                self._object_done(found, finished.state)
            case JobCancelled():
                self._to_finish.append(found)
            case DiskUnusable():
                self._to_finish.append(found)
                self._trouble = error
            case Ds3Error() | OSError():
                self._give_up(found, failure_of(error, found.name))
            case Exception():
                raise error

    def _object_done(self, found: ObjectInJob, state: ObjectState) -> None:
        if state is ObjectState.SKIPPED:
            self._amounts.skipped += 1
        else:
            self._amounts.done += 1
            self._amounts.checked += found.size
        self._ledger.object_ended(
            self._context.job_id,
            found.name,
            state,
            tries=found.tries,
            checksum=_checksum(found),
            path=found.path,
            started=found.started,
            durable=found.size >= DURABLE_FROM,
        )
        self._blobs.forget(found)

    def _take_last(self, result: Landed | Finished | Broken) -> None:
        """Count what still succeeded when the run was told to end; nothing is tried again."""
        match result:
            case Landed():
                self._blobs.land(result.transfer)
                if result.transfer.object.failed:
                    return
                if result.error is None:
                    self._succeeded(result.transfer, finishes=result.finishes)
                else:
                    self.in_doubt.append(result.transfer)
            case Finished():
                self._blobs.finishing.discard(result.object)
                if result.state is not None:
                    self._object_done(result.object, result.state)
                else:
                    self._to_finish.append(result.object)
            case Broken():
                log.error("a blob's thread broke off: %s", result.error)
            case _:
                assert_never(result)

    # --- what a failure means

    def _failed_try(self, transfer: Transfer, error: Exception) -> None:
        """Nothing yet, a wait of the whole job, another try, or the object's end."""
        match error:
            case JobCancelled() | NotBegun():
                self._put_back(transfer)
            case DiskUnusable():
                self._put_back(transfer)
                self._trouble = error
            case Busy() if transfer.probed:
                transfer.outside = False
                self._blobs.withdraw(transfer)  # it is not read yet: the job will offer it
            case Busy() if transfer.outside and self._mover.asks_anew(transfer.object):
                self._put_aside(transfer.object)
            case Busy():
                self._rest(transfer, error.retry_after_s or BLOB_BUSY_S, told=True)
            case ConnectionLost():
                self._lost(transfer, error)
            case ConnectionFailed():
                self._put_back(transfer)
                self._trouble = error
            case Conflict() | NotFound() | Gone():
                self._settle(transfer, error)
            case ChecksumMismatch() | ServerFault() | BadReply():
                self._count_try(transfer, error)
            case BadCredentials() | ClockSkewed() | ManagementPort():
                raise JobRefused(failure_of(error)) from error
            case RequestRefused() if error.status == 400 and self._uploads:
                # What was read may not be what was sent; it is read and hashed anew.
                transfer.checksum = None
                self._count_try(transfer, error)
            case Ds3Error() | OSError():
                self._give_up(transfer.object, failure_of(error, transfer.blob.name))
            case _:
                raise error

    def _lost(self, transfer: Transfer, error: ConnectionLost) -> None:
        """A body broke off: a try if the appliance still answers, else a wait of the whole job."""
        if self._trouble is None and self._is_reachable():
            self._count_try(transfer, error)
        else:
            self._put_back(transfer)

    def _is_reachable(self) -> bool:
        try:
            self._client.probe()
        except ConnectionFailed as unreached:
            self._trouble = unreached
            return False
        except Ds3Error as answer:
            log.info("the appliance answers: %s", answer)
        return True

    def _settle(self, transfer: Transfer, error: RequestRefused) -> None:
        """Ask the job what a 404, 409 or 410 of one of its blobs means."""
        job = self._job_there(error)
        if job is None:
            self._rest(transfer, BLOB_BUSY_S, told=False)
        elif self._uploads and (received := self._was_received(transfer, job)) is not False:
            if received:
                self._succeeded(transfer, finishes=False)
            else:
                self._rest(transfer, BLOB_BUSY_S, told=False)
        elif not self._uploads and not transfer.outside and self._is_sure(transfer):
            # A blob can be read once in its job; after that it can be had without it.
            transfer.outside = True
            self._count_try(transfer, error)
        elif self._mover.asks_anew(transfer.object):
            self._put_aside(transfer.object)
        else:
            self._give_up(transfer.object, failure_of(error, transfer.blob.name))

    def _was_received(self, transfer: Transfer, job: BulkJob) -> bool | None:
        wanted = key_of(transfer.blob)
        listed = next((blob for blob in job.blobs() if key_of(blob) == wanted), None)
        return self._is_stored(transfer.object) if listed is None else bool(listed.in_cache)

    def _count_try(self, transfer: Transfer, error: Ds3Error) -> None:
        transfer.tries += 1
        log.info("job %d, a blob's try %d: %s", self._context.job_id, transfer.tries, error)
        blob = transfer.blob
        failure = replace(failure_of(error, blob.name), tries=transfer.tries)
        self._ledger.blob_tried(self._context.job_id, blob.name, blob.offset, failure)
        if transfer.tries < MAX_TRIES:
            self._rest(transfer, TRY_AGAIN_S[transfer.tries - 1], told=False)
        else:
            self._give_up(transfer.object, failure)

    def _rest(self, transfer: Transfer, seconds: float, *, told: bool) -> None:
        self._blobs.rest(transfer, time.monotonic() + seconds, told=told)

    def _put_back(self, transfer: Transfer) -> None:
        """To be moved as soon as may be; no try was used."""
        self._blobs.back(transfer)
        if not transfer.object.in_flight and transfer.object.size >= SMALL:
            self._ledger.object_held(self._context.job_id, transfer.object.name)

    def _put_aside(self, found: ObjectInJob) -> None:
        """Neither this job nor the appliance without it gives the object: it is for another job."""
        log.info("job %d asks anew for %s", self._context.job_id, found.name)
        found.aside = True
        self._blobs.give_up(found)
        self._ledger.set_aside_object(self._context.job_id, found.name, self._next_part)

    def _give_up(self, found: ObjectInJob, failure: Failure) -> None:
        """The object has failed: none of its blobs is begun any more. The others go on."""
        failure = replace(failure, path=failure.path or found.path)
        self._blobs.give_up(found)
        self._ledger.object_ended(
            self._context.job_id,
            found.name,
            ObjectState.FAILED,
            tries=max(found.tries, failure.tries or 1),
            failure=failure,
            started=found.started,
        )
        self._reporter.failed(failure)
        self._leave_if_failed(found)

    def _leave_if_failed(self, found: ObjectInJob) -> None:
        """Clear away a failed object, but not under the hands of its blobs in flight."""
        if found.failed and not found.aside and not found.in_flight:
            self._mover.leave(found)

    # --- letting time pass

    def _let_them_move(self) -> None:
        now = time.monotonic()
        if self._reporter.due(now):
            facts = Facts(
                chunks_in_flight=self._blobs.chunks_in_flight(),
                chunks_ready=self._blobs.chunks_ready(),
                files_ending=self.files_ending,
            )
            self._reporter.state(State.TRANSFERRING, facts=facts, now=now)
            self._reporter.round(now)
        self._controls.sleep(INTERVAL_S)

    def _pause(self) -> None:
        """Let what is in flight end, then hold no place in line until told to go on."""
        self._withdraw()
        if self._blobs.busy:
            in_flight = len(self._blobs.moving) + len(self._blobs.finishing)
            self._reporter.paused(Facts(blobs_in_flight=in_flight))
            self._reporter.round(time.monotonic())
            self._controls.sleep(INTERVAL_S)
            return
        self._tell_amounts()
        self._waits.checkpoint()
        self._ask_at = 0.0

    def _wait_out_trouble(self, trouble: ConnectionFailed | DiskUnusable) -> None:
        """The network or the disk stops the whole job; nothing is in flight any more."""
        self._trouble = None
        self._tell_amounts()
        if isinstance(trouble, ConnectionFailed):
            self._waits.for_network(trouble)
        else:
            missing = max(0, self._amounts.total - self._amounts.there)
            facts = Facts(path=trouble.path, free=trouble.free, needed=missing)
            self._waits.wait(WaitReason.DISK, DISK_S, facts=facts)
        self._ask_at = 0.0

    def _wait_as_told(self) -> None:
        """Nothing moves and nothing is ready: until the appliance wants to be asked again."""
        if self._blobs.awaited and self._news_since:
            # Something has ended since it was asked: what it said then no longer holds.
            self._controls.sleep(max(0.0, self._asked_at + ASK_AGAIN_S - time.monotonic()))
            return
        times = [transfer.not_before for transfer in self._blobs.resting]
        if self._blobs.awaited:
            times.append(self._ask_at)
        left = min(times, default=0.0) - time.monotonic()
        if left <= 0:
            return
        if not self._blobs.awaited and not any(t.told_to_wait for t in self._blobs.resting):
            self._controls.sleep(left)  # a short rest between two tries
            return
        asked = self._blobs.awaited
        self._tell_amounts(next_cell=self._reason is WaitReason.CACHE)
        tried_now = self._waits.wait(
            self._reason if asked else self._nothing_ready,
            left,
            retry_after_s=self._retry_after_s if asked else left,
        )
        if tried_now:
            self._ask_at = 0.0
            self._blobs.rouse(float("inf"))

    def _tell_amounts(self, *, next_cell: bool = False) -> None:
        """What a wait begins with. A job that is given its chunks in order knows the next one."""
        self._reporter.progress(time.monotonic())
        in_order = next_cell and self._uploads
        self._reporter.cells(self._blobs.first_not_offered() if in_order else None)


def _checksum(found: ObjectInJob) -> Checksum | None:
    """The digest of an object of one blob; of several, the type alone, with an empty value.

    Those of an earlier run are not among its `transfers`.
    """
    checksums = [transfer.checksum for transfer in found.transfers]
    first = checksums[0] if checksums and all(checksums) else None
    is_one = bool(found.transfers) and found.transfers[0].blob.length == found.size
    return first if first is None or is_one else Checksum(first.type, "")
