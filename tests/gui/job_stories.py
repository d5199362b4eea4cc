"""Rows and events the tests of the transfers tell their stories with."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from ds3_browser.gui.job_row import JobRow, after
from ds3_browser.protocol.records import ChecksumType
from ds3_browser.transfer.events import (
    Actor,
    ChunkSummary,
    Counts,
    Direction,
    Event,
    Facts,
    Failure,
    JobCreated,
    JobEnded,
    JobState,
    ObjectState,
    Outcome,
    PersistenceProgress,
    Progress,
    State,
    Waiting,
    WaitReason,
)

NOW = datetime(2026, 11, 22, 22, 41, tzinfo=UTC)
GB = 10**9


@dataclass(frozen=True)
class Stored:
    """An object of a job, as the ledger tells it."""

    name: str
    size: int = 1000
    chunk: int | None = 1
    state: ObjectState = ObjectState.WAITING
    tries: int = 0
    checksum_type: ChecksumType | None = None
    failure: Failure | None = None


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def forward(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


def upload(job_id: int = 1, name: str = "dailies 22 Nov") -> JobRow:
    return JobRow(
        job_id=job_id,
        direction=Direction.PUT,
        name=name,
        session_id="north",
        session_name="North Vault",
        bucket="dailies",
        prefix="2026-11-22/",
        created=NOW,
        state_since=NOW,
    )


def download(job_id: int = 1, name: str = "reels") -> JobRow:
    return replace(upload(job_id, name), direction=Direction.GET, target="/restore")


def told(row: JobRow, *events: Event, now: datetime = NOW) -> JobRow:
    for event in events:
        row = after(row, event, now)
    return row


def state(
    state: State,
    reason: WaitReason | None = None,
    job_id: int = 1,
    **facts: object,
) -> JobState:
    return JobState(job_id, state, reason, Facts(**facts))  # type: ignore[arg-type]  # by name


def waiting(
    reason: WaitReason,
    until_s: float = 252,
    asked_at: datetime = NOW,
    times: int = 1,
    total_s: float = 0,
    job_id: int = 1,
) -> Waiting:
    return Waiting(job_id, reason, asked_at + timedelta(seconds=until_s), asked_at, times, total_s)


def progress(
    sent: int,
    total: int = 100 * GB,
    *,
    in_cache: int | None = 0,
    persisted: int | None = None,
    done: int = 0,
    failed: int = 0,
    objects: int = 10,
    rate: float | None = None,
    time_left_s: float | None = None,
    job_id: int = 1,
) -> Progress:
    return Progress(
        job_id, sent, in_cache, persisted, total, done, failed, objects, rate, time_left_s
    )


def created(chunks: int, job_id: int = 1, length: int = 64 * GB) -> JobCreated:
    summaries = tuple(ChunkSummary(number, length, 9) for number in range(1, chunks + 1))
    return JobCreated(job_id, f"appliance-{job_id}", 0, summaries)


def ended(
    outcome: Outcome,
    by: Actor = Actor.ENGINE,
    *,
    done: int = 0,
    failed: int = 0,
    skipped: int = 0,
    cancelled: int = 0,
    failure: Failure | None = None,
    job_id: int = 1,
) -> JobEnded:
    counts = Counts(done, failed, skipped, cancelled, done + failed + skipped + cancelled)
    return JobEnded(job_id, outcome, by, counts, failure)


def persisting(persisted: int, job_id: int = 1) -> PersistenceProgress:
    return PersistenceProgress(job_id, f"appliance-{job_id}", persisted, persisted)
