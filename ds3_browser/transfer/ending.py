"""Telling the appliance that a job is to end, and the ledger what became of it there.

Rules of the wire: a delete with force cancels, and takes what the job brought; one without it
truncates, and keeps all objects that have arrived completely. A job that had ended before is 404;
what it brought stays.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from ds3_browser.protocol.errors import Conflict, Ds3Error, Gone, NotFound
from ds3_browser.protocol.records import Chunk, JobStatus

from .blobs import ObjectInJob, Transfer
from .events import Direction, ObjectState
from .handing import Context
from .ledger import LedgerReader
from .stored import is_stored

log = logging.getLogger(__name__)

TELL_TRIES = 3
TELL_AGAIN_S = 1.0

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class JobThere:
    """One job on the appliance; `moved` once all of its blobs were, `closed` once truncated."""

    part: int
    job_id: str
    moved: bool = False
    closed: bool = False


class Ending:
    """For the job's own thread. What the appliance does not hear is not raised, but told."""

    def __init__(self, context: Context, direction: Direction) -> None:
        self._context = context
        self._client = context.client
        self._ledger = context.ledger
        self._job_id = context.job_id
        self._direction = direction

    def tell(self, job: JobThere, keep: bool, in_doubt: Sequence[Transfer]) -> JobStatus | None:
        """Truncate a job there, which keeps what arrived, or cancel it.

        What became of it; None where that is not known. Blobs that are `in_doubt` were on their way
        when the run was told to end.
        """
        end = self._client.truncate_job if keep else self._client.cancel_job
        there: dict[str, set[int]] = {}

        def end_it() -> JobStatus:
            try:
                end(job.job_id)
            except (NotFound, Gone):
                pass  # it had ended before
            else:
                if not (keep and in_doubt):
                    return JobStatus.IN_PROGRESS if keep else JobStatus.CANCELED
            found = self._client.get_job(job.job_id, take=partial(_note_cached, there))
            if found.status is JobStatus.COMPLETED and found.original_size is not None:
                sizes.append(found.original_size)
            return found.status

        sizes = list[int]()
        status = self.told(end_it)
        if status is None or self._direction is not Direction.PUT:
            return status
        if status is JobStatus.CANCELED:
            self._ledger.appliance_job_ended(self._job_id, job.part, "cancelled")
            self._ledger.discard_objects(self._job_id, job.part)
        else:
            self._ledger.appliance_job_ended(self._job_id, job.part, "truncated")
            self._keep_what_arrived(in_doubt, there)
            if sizes and sizes[-1] >= self._part_size(job.part):
                self._lose_those_not_there(job.part)
                self._ledger.keep_open_objects(self._job_id, job.part)
        return status

    def _lose_those_not_there(self, part: int) -> None:
        """Nothing but the job's end tells that it got all of them: look for each."""
        self._ledger.flush()
        with closing(LedgerReader(self._ledger.path)) as reader:
            untold = [(one.name, one.size) for one in reader.to_move(self._job_id, part)]
        for name, size in untold:
            if not is_stored(self._client, self._context.bucket, name, size):
                self._ledger.object_ended(self._job_id, name, ObjectState.CANCELLED)

    def end_quietly(self, appliance_id: str) -> None:
        """Cancel a job of a download, if it has not ended by itself."""

        def end() -> bool:
            with suppress(NotFound, Gone):
                self._client.cancel_job(appliance_id)
            return True

        self.told(end)

    def told(self, tell: Callable[[], T | None]) -> T | None:
        """Call the appliance about a cancel, a few times; None if it did not hear or not agree."""
        for again in reversed(range(TELL_TRIES)):
            try:
                if (answer := tell()) is not None:
                    return answer
            except (Conflict, NotFound, Gone) as error:
                log.warning("the appliance did not end job %d: %s", self._job_id, error)
                return None
            except Ds3Error as error:
                log.warning("the appliance was not told that job %d ends: %s", self._job_id, error)
            if again:
                self._context.controls.sleep(TELL_AGAIN_S)
        return None

    def _keep_what_arrived(
        self, in_doubt: Sequence[Transfer], there: Mapping[str, set[int]]
    ) -> None:
        """Objects whose last blobs were in doubt, and are `there` at their offsets."""
        doubt: dict[ObjectInJob, set[int]] = {}
        for transfer in in_doubt:
            doubt.setdefault(transfer.object, set()).add(transfer.blob.offset)
        for found, offsets in doubt.items():
            if len(offsets) == found.left and offsets <= there.get(found.name, set()):
                self._ledger.object_ended(self._job_id, found.name, ObjectState.IN_CACHE)

    def _part_size(self, part: int) -> int:
        with closing(LedgerReader(self._ledger.path)) as reader:
            return reader.part_size(self._job_id, part)


def _note_cached(there: dict[str, set[int]], chunk: Chunk) -> None:
    """Note which blobs of a chunk are in cache, by name and offset."""
    for blob in chunk.blobs:
        if blob.in_cache:
            there.setdefault(blob.name, set()).add(blob.offset)
