"""The watcher: what becomes of a job on the appliance, during its run and after its last byte.

Asks for the job alone, without its chunks. A job that still runs is asked for every 30 s; one that
has ended its run at 2, 4, 8, 16 and 32 s and then every 60 s, until the appliance has it no more
among the active ones. One thread an appliance; it reports what it learned, from its own thread.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from ds3_browser.protocol.client import Ds3Client
from ds3_browser.protocol.errors import Ds3Error, NotFound
from ds3_browser.protocol.records import ApplianceJob
from ds3_browser.protocol.transport import Hangup

from .events import ApplianceSaid, Event, Persisted, PersistenceProgress, Said

log = logging.getLogger(__name__)

FIRST_S = 2.0
RUNNING_S = 30.0
ENDED_S = 60.0


@dataclass(slots=True)
class _Part:
    """One job on the appliance; sizes are bytes. `over` once it was persisted."""

    appliance_job_id: str
    total: int
    persisted: int = 0
    over: datetime | None = None
    said: Said = field(default_factory=Said)

    def take(self, told: ApplianceJob) -> None:
        """Keep what its record says; a job that has ended tells less than one that runs."""
        verifies, message = told.verifies_writes, told.error_message
        self.said = Said(
            self.said.verifies_writes if verifies is None else verifies,
            self.said.error_message if message is None else message,
        )


@dataclass(slots=True)
class _Watched:
    """One job of ours, with all its parts on the appliance."""

    job_id: int
    due: float
    interval_s: float
    ended: bool = False
    parts: dict[str, _Part] = field(default_factory=dict)
    said: Said = field(default_factory=Said)


class PersistenceWatcher:
    """`report` is called in the watcher's thread; the other methods from any thread."""

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
        self._hangup = Hangup()
        self._changed = threading.Condition()
        self._jobs: dict[int, _Watched] = {}
        self._closed = False
        self._thread = threading.Thread(target=self._watch, name="persistence", daemon=True)
        self._thread.start()

    def watch(self, job_id: int, appliance_job_id: str, total: int) -> None:
        """Follow a job of `total` bytes from its creation on; once for each part of a split job."""
        with self._changed:
            due = time.monotonic() + self._running_s
            watched = self._jobs.setdefault(job_id, _Watched(job_id, due, self._running_s))
            watched.parts[appliance_job_id] = _Part(appliance_job_id, total)
            self._changed.notify()

    def leave_out(self, job_id: int, appliance_job_id: str) -> None:
        """A part is there no more, and another one brings what it was to bring."""
        with self._changed:
            if watched := self._jobs.get(job_id):
                watched.parts.pop(appliance_job_id, None)

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
        """End the thread, and the call it may be in."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._hangup.fire()
        self._thread.join()

    def _watch(self) -> None:
        with self._client.under(self._hangup):
            while (job := self._next()) is not None:
                try:
                    self._ask(job)
                except Ds3Error as error:
                    log.info("persistence of job %d is not known now: %s", job.job_id, error)
                except Exception:
                    # What is wrong this time ends nothing that is told later, or of other jobs.
                    log.exception("job %d could not be followed this time", job.job_id)

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
        with self._changed:
            parts = list(job.parts.values())
        if not parts:
            return
        for part in parts:
            if part.over is None:
                self._ask_part(job, part)
        self._tell_said(job, _together([part.said for part in parts]))
        persisted = sum(part.persisted for part in parts)
        ends = [part.over for part in parts if part.over is not None]
        last = parts[-1].appliance_job_id
        if len(ends) < len(parts) or not job.ended:
            total = sum(part.total for part in parts)
            self._report(PersistenceProgress(job.job_id, last, persisted, total))
        elif self._forgotten(job):
            self._report(Persisted(job.job_id, last, max(ends)))

    def _tell_said(self, job: _Watched, said: Said) -> None:
        if said != job.said:
            job.said = said
            self._report(ApplianceSaid(job.job_id, said))

    def _ask_part(self, job: _Watched, part: _Part) -> None:
        try:
            running = self._client.active_job(part.appliance_job_id)
        except NotFound:
            self._ask_completed(job, part)
        else:
            part.take(running)
            part.persisted = min(running.completed_size or 0, part.total)

    def _ask_completed(self, job: _Watched, part: _Part) -> None:
        """The job is no longer active: persisted it is only if the appliance says so of all of it.

        One that was cancelled there by somebody, or lost something as it was truncated, is followed
        no more.
        """
        try:
            completed = self._client.completed_job(part.appliance_job_id)
        except NotFound:
            log.warning("job %d is no longer on the appliance", job.job_id)
            self.forget(job.job_id)
            raise
        part.take(completed)
        size = completed.original_size
        if size < part.total if size is not None else completed.truncated:
            log.warning("job %d was truncated on the appliance", job.job_id)
            self.forget(job.job_id)
            return
        part.persisted, part.over = part.total, completed.ended or datetime.now(UTC)

    def _forgotten(self, job: _Watched) -> bool:
        """Follow it no more; whether it was still followed."""
        with self._changed:
            return self._jobs.pop(job.job_id, None) is not None


def _together(parts: Sequence[Said]) -> Said:
    """What several jobs on the appliance say of the one job here that they are of."""
    verifies = [part.verifies_writes for part in parts if part.verifies_writes is not None]
    messages = [part.error_message for part in parts]
    message = next((one for one in messages if one), None)
    return Said(
        all(verifies) if verifies else None,
        "" if message is None and None not in messages else message,
    )
