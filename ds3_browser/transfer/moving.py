"""Bulk jobs whose blobs are moved by this program: the part of a run between two jobs' ends.

What an upload and a download do differently is said by `handing.Mover`.
"""

from __future__ import annotations

import abc
from collections.abc import Sequence

from ds3_browser.protocol.records import BulkJob
from ds3_browser.protocol.transport import Hangup

from .blobs import Blobs, ObjectInJob, Transfer
from .bulk import Job
from .ending import Ending, JobThere
from .events import Direction, ObjectState
from .handing import Ended
from .loop import Loop
from .together import OnItsWay


class MovingJob(Job):
    # --- in the blob threads

    def _wait_for(self, length: int) -> None:
        """Wait until so many bytes may be moved at once."""
        self._limit.take_all(self.job_id, length, self._controls.check_blobs)

    def _take(self, wanted: int) -> int:
        """Wait until some bytes may be moved, and say how many."""
        return self._limit.take(self.job_id, wanted, self._controls.check_blobs)

    # --- what uploads and downloads say of their blobs; see also `handing.Mover`

    @abc.abstractmethod
    def before_moving(self, transfer: Transfer) -> None: ...

    @abc.abstractmethod
    def move(self, transfer: Transfer, hangup: Hangup) -> None: ...

    @abc.abstractmethod
    def begin(self, transfer: Transfer, hangup: Hangup) -> OnItsWay: ...

    @abc.abstractmethod
    def finish(self, found: ObjectInJob) -> ObjectState: ...

    @abc.abstractmethod
    def finish_together(self, found: Sequence[ObjectInJob], ended: Ended) -> None: ...

    @abc.abstractmethod
    def asks_anew(self, found: ObjectInJob) -> bool: ...

    @abc.abstractmethod
    def leave(self, found: ObjectInJob) -> None: ...

    # --- one job there

    def _move_part(self, there: JobThere, blobs: Blobs, job: BulkJob | None) -> None:
        whole = [
            blobs.object_of(row) for row in self._reader.objects_to_finish(self.job_id, there.part)
        ]
        next_part = max(self._reader.last_part(self.job_id), *self._there) + 1
        self._loop = Loop(self, blobs, self._context, whole, next_part)
        here_before = any(cell.ended for cell in blobs.cells)
        if job is not None and self.direction is Direction.GET:
            self._loop.recall(job)
        self._loop.run()
        if (here_before or self._loop.broke_off) and self.direction is Direction.GET:
            # What was here already is not read again, and what was read in pieces may not count:
            # the job there would wait for it in vain.
            Ending(self._context, self.direction).end_quietly(there.job_id)
