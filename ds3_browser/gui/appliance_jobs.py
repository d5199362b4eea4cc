"""The jobs on an appliance as its board tells them: what the appliance says, and what was watched.

Plain records and words. The appliance does not tell when a job last received something: that is
claimed only as far as it was seen between refreshes of this program.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial

from PySide6.QtCore import QCoreApplication

from ds3_browser.gui import format
from ds3_browser.gui.theme import Role
from ds3_browser.protocol.records import ApplianceJob, RequestType
from ds3_browser.transfer.events import ChunkPhase, ChunkSummary

_tr = partial(QCoreApplication.translate, "appliance_jobs")

MOST = 2000  # jobs of one list, the newest
IDLE_FROM = timedelta(hours=1)
STILL_FROM = timedelta(minutes=1)  # less is no silence between two refreshes


class Part(enum.Enum):
    """One of the appliance's three lists of jobs."""

    ACTIVE = "active"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Silence:
    """Since when a job's bytes were seen to be the same; `changed` where they were seen to move."""

    since: datetime
    changed: bool = False


@dataclass(frozen=True, slots=True)
class BoardRow:
    """One job of the board. `here` where this computer's transfers run it; `mine` its owner's.

    `staged` where this computer asked for it to be brought to cache: the appliance calls it GET.
    """

    job: ApplianceJob
    part: Part
    here: bool = False
    mine: bool = False
    silence: Silence | None = None
    staged: bool = False

    def silent_for(self, now: datetime) -> timedelta:
        """How long it was watched without a change."""
        return timedelta(0) if self.silence is None else now - self.silence.since

    def is_idle(self, now: datetime) -> bool:
        """Whether it keeps cache locked though nothing came for an hour."""
        sending = self.part is Part.ACTIVE and not self.here and not is_appliances_own(self.job)
        return sending and not nothing_left(self.job) and self.silent_for(now) >= IDLE_FROM


@dataclass(frozen=True, slots=True)
class Board:
    """The jobs of one appliance as they were last told: `lists` has what was asked for.

    `owner` is the name of the session's user. `error` is why the running jobs are not known.
    """

    lists: Mapping[Part, tuple[ApplianceJob, ...]] = field(default_factory=dict)
    asked: datetime | None = None
    owner: str | None = None
    error: Exception | None = None


@dataclass(frozen=True, slots=True)
class JobFacts:
    """What is known of one job beside its row: whole objects, and its chunks with their phases."""

    objects: int
    objects_in_cache: int
    chunks: tuple[ChunkSummary, ...]
    phases: tuple[ChunkPhase, ...]

    @property
    def chunks_in_cache(self) -> int:
        return sum(phase is ChunkPhase.IN_CACHE for phase in self.phases)


class Watch:
    """Remembers between refreshes what each running job had."""

    def __init__(self) -> None:
        self._seen: dict[str, tuple[object, Silence]] = {}

    def see(self, jobs: Iterable[ApplianceJob], now: datetime) -> None:
        """Take all running jobs as they are now; what is not among them is forgotten."""
        seen: dict[str, tuple[object, Silence]] = {}
        for job in jobs:
            has = (job.cached_size, job.completed_size)
            before = self._seen.get(job.job_id)
            if before is None:
                seen[job.job_id] = (has, Silence(now))
            else:
                seen[job.job_id] = before if before[0] == has else (has, Silence(now, True))
        self._seen = seen

    def silence(self, job_id: str) -> Silence | None:
        found = self._seen.get(job_id)
        return None if found is None else found[1]


@dataclass(frozen=True, slots=True)
class Activity:
    text: str
    icon: str = ""
    role: Role = Role.TEXT


def activity(row: BoardRow, now: datetime) -> Activity:
    """What a job does, as far as that is known; a dash where it is not."""
    if row.part is not Part.ACTIVE:
        return _ended(row, now)
    if row.here and not row.staged:
        return Activity(_tr("This computer"), "awake", Role.SUCCESS)
    if row.staged or is_appliances_own(row.job):
        return Activity(_tr("Appliance only"), "server", Role.SECONDARY)
    if nothing_left(row.job):
        return Activity(_tr("Nothing left to send"), "check", Role.SECONDARY)
    silent = row.silent_for(now)
    if silent < STILL_FROM:
        return Activity(format.duration(None))
    text = _tr("No data for {time}").format(time=format.duration(silent.total_seconds()))
    return Activity(text, "unplug", Role.WARNING if row.is_idle(now) else Role.SECONDARY)


def _ended(row: BoardRow, now: datetime) -> Activity:
    when = format.moment(row.job.ended, now)
    if row.part is Part.COMPLETED:
        return Activity(_tr("Completed {when}").format(when=when), "circle-check", Role.SECONDARY)
    if row.job.timed_out:
        text = _tr("Timed out {when}")
    elif row.job.truncated:
        text = _tr("Closed {when}, the rest kept")
    else:
        text = _tr("Cancelled {when}")
    return Activity(text.format(when=when), "circle-x", Role.SECONDARY)


def is_appliances_own(job: ApplianceJob) -> bool:
    """Whether no client moves its bytes."""
    return job.request_type is RequestType.VERIFY


def nothing_left(job: ApplianceJob) -> bool:
    return job.request_type is RequestType.PUT and left(job) == 0


def type_word(job: ApplianceJob) -> str:
    """PUT, GET or VERIFY; what a newer release calls it otherwise."""
    kind = job.request_type
    return kind.value if isinstance(kind, RequestType) else str(kind or "")


def type_of(row: BoardRow) -> str:
    """The same; STAGE for what this computer has the appliance bring to its cache."""
    return "STAGE" if row.staged else type_word(row.job)


def name(job: ApplianceJob) -> str:
    return job.name or _tr("Untitled")


def left(job: ApplianceJob) -> int | None:
    """Bytes that are still to come into cache, or to be read of a job that verifies."""
    done = job.completed_size if is_appliances_own(job) else job.cached_size
    if job.original_size is None or done is None:
        return None
    return max(0, job.original_size - max(done, job.completed_size or 0))


def amount(job: ApplianceJob) -> str:
    """`1.47 of 2.41 TB`, or the whole once nothing is left."""
    rest = left(job)
    if rest is None or job.original_size is None or rest == 0:
        return format.size(job.original_size)
    return format.pair(job.original_size - rest, job.original_size)


def share_of(row: BoardRow) -> str:
    """The same; of what this computer brings to cache, `6 % in cache`."""
    job = row.job
    if not row.staged or job.cached_size is None or not job.original_size:
        return share(job)
    percent = format.percent(min(job.cached_size, job.original_size), job.original_size)
    return _tr("{percent} in cache").format(percent=percent)


def share(job: ApplianceJob) -> str:
    """`24 % persisted`, `6 % loaded` or `12 % checked`, whole and floored."""
    match job.request_type:
        case RequestType.GET:
            part, words = job.cached_size, _tr("{percent} loaded")
        case RequestType.VERIFY:
            part, words = job.completed_size, _tr("{percent} checked")
        case _:
            part, words = job.completed_size, _tr("{percent} persisted")
    if part is None or not job.original_size:
        return ""
    percent = format.percent(min(part, job.original_size), job.original_size)
    return words.format(percent=percent)


def stages(job: ApplianceJob) -> tuple[tuple[float, ChunkPhase], ...]:
    """The stacked bar from the left, each end as a fraction of the whole, ascending."""
    if not job.original_size:
        return ()
    completed, cached = job.completed_size or 0, job.cached_size or 0
    ends = ((completed, ChunkPhase.PERSISTED), (max(cached, completed), ChunkPhase.IN_CACHE))
    return tuple((min(1.0, end / job.original_size), phase) for end, phase in ends)


def priority_word(priority: str | None) -> str:
    match priority:
        case "CRITICAL":
            return _tr("Critical")
        case "URGENT":
            return _tr("Urgent")
        case "HIGH":
            return _tr("High")
        case "NORMAL":
            return _tr("Normal")
        case "LOW":
            return _tr("Low")
        case "BACKGROUND":
            return _tr("Background")
        case other:
            return other or format.duration(None)


def now() -> datetime:
    return datetime.now(UTC)
