"""How fast each job was in the last half hour, and when it waited. Fed by events alone."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from PySide6.QtCore import QObject, Signal, Slot

from ds3_browser.transfer.events import Event, JobEnded, JobState, Progress, State

WINDOW = timedelta(minutes=15)
KEPT = timedelta(minutes=30)
SHORTEST = timedelta(seconds=10)
APART = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Sample:
    """The rate from `at` on, in bytes a second; `waiting` when it was 0 because of a wait."""

    at: datetime
    rate: float
    waiting: bool = False


@dataclass(frozen=True, slots=True)
class History:
    """What a graph shows: samples from `start` to `end`, oldest first."""

    start: datetime
    end: datetime
    samples: tuple[Sample, ...]

    @property
    def now(self) -> float:
        return self.samples[-1].rate if self.samples else 0.0

    @property
    def average(self) -> float:
        """The mean while it was sending: waits do not count."""
        moving = seconds = 0.0
        ends = [*(sample.at for sample in self.samples[1:]), self.end]
        for sample, end in zip(self.samples, ends, strict=False):
            if sample.rate > 0:
                seconds += (end - sample.at).total_seconds()
                moving += sample.rate * (end - sample.at).total_seconds()
        return moving / seconds if seconds else self.now

    @property
    def highest(self) -> float:
        return max((sample.rate for sample in self.samples), default=0.0)


@dataclass(slots=True)
class _Job:
    state: State | None = None
    samples: deque[Sample] = field(default_factory=deque)


class Throughput(QObject):
    """Signal: `changed(job_id)`."""

    changed = Signal(object)

    def __init__(
        self, parent: QObject | None = None, clock: Callable[[], datetime] | None = None
    ) -> None:
        super().__init__(parent)
        self._clock = clock or (lambda: datetime.now(UTC))
        self._jobs: dict[int, _Job] = {}

    def history(self, job_id: int, window: timedelta = WINDOW) -> History | None:
        """Return the last minutes of a job (at most 30), None while it has not moved a byte.

        A young job's graph begins with its first byte, so that it is not a sliver at the edge.
        """
        job = self._jobs.get(job_id)
        if job is None or not job.samples:
            return None
        ended = job.state is not None and job.state.ended
        end = job.samples[-1].at if ended else self._clock()
        start = max(end - window, min(job.samples[0].at, end - SHORTEST))
        samples = tuple(sample for sample in job.samples if sample.at >= end - window)
        return History(start, end, samples)

    @Slot(object)
    def apply(self, event: Event) -> None:
        match event:
            case JobState():
                job = self._jobs.setdefault(event.job_id, _Job())
                if job.state is event.state:
                    return
                job.state = event.state
                if event.state is not State.TRANSFERRING and job.samples:
                    self._add(event.job_id, job, 0.0)
            case Progress():
                self._sample(event)
            case JobEnded():
                job = self._jobs.setdefault(event.job_id, _Job())
                if job.samples:
                    self._add(event.job_id, job, 0.0)
                job.state = State.DONE
            case _:
                pass

    @Slot(object)
    def remove(self, job_id: int) -> None:
        self._jobs.pop(job_id, None)

    def _sample(self, event: Progress) -> None:
        job = self._jobs.setdefault(event.job_id, _Job())
        if job.state is not State.TRANSFERRING or event.rate is None:
            return
        recent = job.samples and self._clock() - job.samples[-1].at < APART
        if not recent or job.samples[-1].waiting:
            self._add(event.job_id, job, event.rate)

    def _add(self, job_id: int, job: _Job, rate: float) -> None:
        now = self._clock()
        while job.samples and job.samples[0].at < now - KEPT:
            job.samples.popleft()
        job.samples.append(Sample(now, rate, job.state is State.WAITING))
        self.changed.emit(job_id)
