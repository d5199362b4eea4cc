"""The watcher: what becomes of a job on the appliance, during its run and after its last byte.

Asks for the job alone, without its chunks. A job that still runs is asked for every 30 s; one that
has ended its run at 2, 4, 8, 16 and 32 s and then every 60 s, until the appliance has it no more
among the active ones. One thread an appliance; it reports what it learned, from its own thread.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from ds3_browser.protocol.client import Ds3Client
from ds3_browser.protocol.errors import Ds3Error, NotFound

from .events import Event, Persisted, PersistenceProgress

log = logging.getLogger(__name__)

FIRST_S = 2.0
RUNNING_S = 30.0
ENDED_S = 60.0


@dataclass(slots=True)
class _Watched:
    job_id: int
    appliance_job_id: str
    total: int
    interval_s: float
    due: float
    ended: bool = False


class PersistenceWatcher:
    """`report` is called in the watcher's thread."""

    def __init__(
        self,
        client: Ds3Client,
        report: Callable[[Event], None],
        *,
        first_s: float = FIRST_S,
        running_s: float = RUNNING_S,
        ended_s: float = ENDED_S,
    ) -> None:
        self._client = client
        self._report = report
        self._first_s, self._running_s, self._ended_s = first_s, running_s, ended_s
        self._changed = threading.Condition()
        self._jobs: dict[int, _Watched] = {}
        self._closed = False
        self._thread = threading.Thread(target=self._watch, name="persistence", daemon=True)
        self._thread.start()

    def watch(self, job_id: int, appliance_job_id: str, total: int) -> None:
        """Follow a job of `total` bytes from its creation on."""
        due = time.monotonic() + self._running_s
        with self._changed:
            watched = _Watched(job_id, appliance_job_id, total, self._running_s, due)
            self._jobs[job_id] = watched
            self._changed.notify()

    def ended(self, job_id: int) -> None:
        """The job's run is over with all its bytes in cache: ask soon, then ever less often."""
        with self._changed:
            if watched := self._jobs.get(job_id):
                watched.ended = True
                watched.interval_s = self._first_s
                watched.due = time.monotonic() + self._first_s
                self._changed.notify()

    def forget(self, job_id: int) -> None:
        with self._changed:
            self._jobs.pop(job_id, None)

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join()

    def _watch(self) -> None:
        while (job := self._next()) is not None:
            try:
                self._ask(job)
            except Ds3Error as error:
                log.info("persistence of job %d is not known now: %s", job.job_id, error)

    def _next(self) -> _Watched | None:
        """Wait for the next job that is due and set when it is due again."""
        with self._changed:
            while not self._closed:
                now = time.monotonic()
                job = min(self._jobs.values(), key=lambda watched: watched.due, default=None)
                if job is not None and job.due <= now:
                    job.due = now + job.interval_s
                    if job.ended:
                        job.interval_s = min(job.interval_s * 2, self._ended_s)
                    return job
                self._changed.wait(None if job is None else job.due - now)
        return None

    def _ask(self, job: _Watched) -> None:
        try:
            running = self._client.active_job(job.appliance_job_id)
        except NotFound:
            self._ask_completed(job)
            return
        done = running.completed_size
        if done is not None:
            self._report(
                PersistenceProgress(
                    job.job_id, job.appliance_job_id, min(done, job.total), job.total
                )
            )

    def _ask_completed(self, job: _Watched) -> None:
        """A job that is no longer active and not among the completed ones is no one's any more."""
        self.forget(job.job_id)
        completed = self._client.completed_job(job.appliance_job_id)
        at = completed.ended or datetime.now(UTC)
        self._report(Persisted(job.job_id, job.appliance_job_id, at))
