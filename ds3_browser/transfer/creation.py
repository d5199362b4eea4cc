"""Asking the appliance for a job, until there is one.

A creation is no request that may simply be repeated: an answer that was lost may have left a job
there, and a second one would be refused because of the first, or stand beside it for ever. So the
job is looked for among the active ones, by what is known of it, before it is asked for again. One
that came into being only after that look may be anybody's with the same keys, and is left alone.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta

from ds3_browser.protocol.errors import (
    BadReply,
    Busy,
    Conflict,
    ConnectionFailed,
    ConnectionLost,
    Gone,
    NotFound,
    RequestRefused,
    ServerFault,
    TlsFailed,
)
from ds3_browser.protocol.records import ApplianceJob, BulkJob, Chunk, JobStatus, Owner, RequestType

from .errors import JobDropped, JobRefused, NothingLeft, failure_of
from .events import Facts, Failure, FailureCode, State, WaitReason
from .handing import Context
from .ledger import LedgerReader, NewObject
from .loop import BUSY_S
from .stored import cancelled_there

log = logging.getLogger(__name__)

CLOCKS_DIFFER_BY = timedelta(minutes=15)  # more, and the appliance refuses the signature
LOOKS_AFTER_CONFLICT = 3

#: The objects to be asked for, anew each time they are gone through.
Objects = Callable[[], Iterator[NewObject]]
KEPT_AT_ONCE = 20_000  # blobs


class ChunkSink:
    """Hands a job's chunks on while its answer is read, many small ones or a large one at once."""

    def __init__(self, keep: Callable[[Sequence[Chunk]], None]) -> None:
        self._keep = keep
        self._chunks: list[Chunk] = []
        self._blobs = 0

    def take(self, chunk: Chunk) -> None:
        self._chunks.append(chunk)
        self._blobs += len(chunk.blobs) + 1
        if self._blobs >= KEPT_AT_ONCE:
            self.flush()

    def flush(self) -> None:
        """Hand on what is left; to be called at the end of the answer."""
        if self._chunks:
            self._keep(self._chunks)
        self._chunks, self._blobs = [], 0


class Creation:
    """One job to be created, and its list to be kept.

    `ask` sends the request, in one try, and gives the appliance's id of the job; `look_up` keeps
    the list of a job that is there. `leave_out` ends the objects that the appliance does not have,
    or raises JobRefused. `settle` ends those that it has and will not take again; True if there
    were some, and others are left. It may raise JobRefused itself, to say more; both may raise
    NothingLeft.
    """

    def __init__(
        self,
        context: Context,
        kind: RequestType,
        name: str,
        objects: Objects,
        ask: Callable[[str], str],
        look_up: Callable[[str], str],
        leave_out: Callable[[NotFound], None],
        settle: Callable[[RequestRefused], bool],
        *,
        moves: bool,
        intended: datetime | None = None,
    ) -> None:
        """`intended` is when an earlier run asked, if it did not learn what came of it. `moves`
        where it is for a client to move the job's bytes.
        """
        self._objects = objects
        self._context = context
        self._kind = kind
        self._name = name
        self._ask = ask
        self._look_up = look_up
        self._leave_out = leave_out
        self._settle = settle
        self._moves = moves
        self._began = intended or datetime.now(UTC)
        self._missing: NotFound | None = None
        self._lost = intended is not None
        self._looks_left = LOOKS_AFTER_CONFLICT
        self.unanswered = self._lost

    def run(self) -> str:
        """The appliance's id of the job, whatever that takes. Raises JobCancelled, JobRefused."""
        while True:
            self._context.waits.checkpoint()
            self._context.reporter.state(State.PREPARING, facts=Facts(creating=True))
            try:
                self._leave_out_missing()
                return self._found() or self._asked()
            except ConnectionFailed as error:
                self._wait_for_connection(error)
            except Busy as busy:
                self._wait_busy(busy.retry_after_s or BUSY_S, busy.retry_after_s)
            except NotFound as error:
                self._missing = error
            except (RequestRefused, BadReply) as error:
                self._wait_or_refuse(error)

    def _leave_out_missing(self) -> None:
        if self._missing is not None:
            self._leave_out(self._missing)
            self._missing = None

    def _asked(self) -> str:
        """Ask for the job. `unanswered` stays true where it is not known what came of it."""
        self.unanswered = True
        try:
            job_id = self._ask(self._name)
        except (ConnectionLost, ServerFault):
            self._lost = True
            raise
        except (ConnectionFailed, RequestRefused, JobRefused, NothingLeft):
            self.unanswered = self._lost
            raise
        self.unanswered = False
        return job_id

    def _wait_for_connection(self, error: ConnectionFailed) -> None:
        self._context.controls.check()
        if isinstance(error, TlsFailed):
            # Nothing was begun; whether to trust a certificate is the user's to decide.
            raise JobRefused(failure_of(error)) from error
        self._context.waits.for_network(error)

    def _wait_busy(self, seconds: float, retry_after_s: float | None) -> None:
        self._context.waits.wait(WaitReason.BUSY, seconds, retry_after_s=retry_after_s)

    def _wait_or_refuse(self, error: RequestRefused | BadReply) -> None:
        """Names that are there already may be those of our own job, which is being made."""
        if isinstance(error, Conflict) and not self._lost and self._settle(error):
            return
        if not (self._lost and isinstance(error, Conflict) and self._looks_left):
            raise JobRefused(failure_of(error)) from error
        self._looks_left -= 1
        self._wait_busy(self._context.waits.back_off(), None)

    # --- looking for a job whose creation was not answered

    def _found(self) -> str | None:
        found = self.orphan() if self._lost else None
        return self._look_up(found) if found is not None else None

    def orphan(self) -> str | None:
        """The appliance's id of the job, if it was created without our learning of it.

        Raises what the calls to the appliance raise.
        """
        found = self._like_ours()
        if found is not None:
            log.info("a job whose creation was not answered is there: %s", found.job_id)
        return found.job_id if found is not None else None

    def _like_ours(self) -> ApplianceJob | None:
        client = self._context.client
        bucket_id = client.bucket_details(self._context.bucket).id
        owner = client.get_service().owner
        with closing(LedgerReader(self._context.ledger.path)) as reader:
            for listed in client.active_jobs():
                if listed.created is not None and listed.created < self._began - CLOCKS_DIFFER_BY:
                    return None  # the newest come first
                if not self._is_like_ours(listed, bucket_id) or is_of_another(listed, owner):
                    continue
                if reader.knows_appliance_job(listed.job_id) or self._has_begun(listed):
                    continue
                # Somebody else may have asked for a job of the same name and size.
                if self._names_there(listed.job_id) == {one.name for one in self._objects()}:
                    return listed
        return None

    def _has_begun(self, job: ApplianceJob) -> bool:
        """Whether somebody moves bytes in it: we have not, for we never learned its id."""
        if not self._moves:
            return False  # the appliance itself may have begun
        moved = job.cached_size if self._kind is RequestType.PUT else job.completed_size
        return bool(moved)

    def _names_there(self, job_id: str) -> set[str]:
        names: set[str] = set()
        self._context.client.get_job(
            job_id, take=lambda chunk: names.update(blob.name for blob in chunk.blobs)
        )
        return names

    def _is_like_ours(self, job: ApplianceJob, bucket_id: str) -> bool:
        sizes = [found.size for found in self._objects()]
        size = None if None in sizes else sum(size or 0 for size in sizes)
        return (job.name, job.request_type, job.bucket_id) == (
            *(self._name, self._kind, bucket_id),
        ) and (size is None or job.original_size == size)


def is_of_another(job: ApplianceJob, user: Owner) -> bool:
    """Whether another user than this one has made a job."""
    return user.id not in (job.user_id, None) and user.name != job.user_name


class GoingOn:
    """A job of an earlier run, on the appliance: is it there, and what has it?"""

    def __init__(
        self,
        context: Context,
        kind: RequestType,
        job_id: str,
        keep: Callable[[Sequence[Chunk]], None],
    ) -> None:
        """`keep` is given the job's chunks, some at a time; again if it had to be asked again."""
        self._context = context
        self._kind = kind
        self._job_id = job_id
        self._keep = keep

    def run(self) -> BulkJob:
        """The job, its time-out begun anew. Raises JobCancelled, JobRefused."""
        waits = self._context.waits
        while True:
            waits.checkpoint()
            self._context.reporter.state(State.PREPARING, facts=Facts(creating=True))
            try:
                job = self._asked()
            except ConnectionFailed as error:
                self._context.controls.check()
                if isinstance(error, TlsFailed):
                    raise JobRefused(failure_of(error)) from error
                waits.for_network(error)
            except Busy as busy:
                seconds = busy.retry_after_s or BUSY_S
                waits.wait(WaitReason.BUSY, seconds, retry_after_s=busy.retry_after_s)
            except (ServerFault, BadReply) as error:
                log.warning("job %s cannot be looked at now: %s", self._job_id, error)
                waits.wait(WaitReason.BUSY, waits.back_off())
            except RequestRefused as error:
                raise JobRefused(failure_of(error)) from error
            else:
                waits.reached()
                return job

    def _asked(self) -> BulkJob:
        """A change of nothing resets the appliance's 24 h; a job that has ended is only read."""
        listing = ChunkSink(self._keep)
        try:
            job = self._context.client.modify_job(self._job_id, take=listing.take)
        except (NotFound, Gone, Conflict) as error:
            job = self._ended_job(error, listing)
        listing.flush()
        same = (job.request_type, job.bucket) == (self._kind, self._context.bucket)
        if not same:
            raise JobRefused(Failure(FailureCode.JOB_GONE))
        if job.status is JobStatus.CANCELED:
            raise JobDropped(cancelled_there(self._context.client, self._job_id))
        return job

    def _ended_job(self, error: RequestRefused, listing: ChunkSink) -> BulkJob:
        try:
            return self._context.client.get_job(self._job_id, take=listing.take)
        except (NotFound, Gone) as gone:
            raise JobRefused(failure_of(gone, code=FailureCode.JOB_GONE)) from error
