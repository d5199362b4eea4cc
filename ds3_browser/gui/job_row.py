"""One job as the window knows it: a frozen record, and the record that follows an event.

Knows no widget, no model and no words; `job_words` says what a row shows. Pure: the time is given.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import assert_never

from ds3_browser.protocol.records import CacheState, Priority
from ds3_browser.transfer.events import (
    Actor,
    ApplianceSaid,
    Counts,
    Direction,
    Event,
    Facts,
    Failure,
    FailureCode,
    JobCreated,
    JobEnded,
    JobState,
    ObjectFailed,
    Outcome,
    Persisted,
    PersistenceProgress,
    Progress,
    Question,
    Said,
    State,
    Waiting,
    WaitReason,
)
from ds3_browser.transfer.turns import Kind

REST_AFTER_TRY = timedelta(seconds=5)
FIRST_ESTIMATE_AFTER = timedelta(seconds=3)
PERSISTENCE_WINDOW = timedelta(minutes=10)
WORTH_MEASURING = 100_000_000  # bytes: what is less says little of how fast the next will be
MEASURED = 5  # downloads

_STATE_OF_OUTCOME = {
    Outcome.DONE: State.DONE,
    Outcome.CANCELLED: State.CANCELLED,
    Outcome.FAILED: State.FAILED,
}


@dataclass(frozen=True, slots=True)
class NeededTapes:
    """The tapes that a waiting download still has to read, by their barcodes.

    `ejected` of them have to be put back first. `whole` where all objects were looked at, and not
    only those that are next.
    """

    barcodes: tuple[str, ...]
    ejected: tuple[str, ...] = ()
    whole: bool = True


@dataclass(frozen=True, slots=True)
class JobRow:
    """What is known of one job. Replaced as a whole at each event, never changed.

    `state_since` is when the state was entered, `pressed_at` when the user last asked to try now
    in this wait, `asked_in_vain` when the appliance answered that press with one more wait. `cache`
    is the appliance's own word on its cache in this wait, None where it may not be read.
    `part` of a transfer that is split: which of how many jobs on the appliance it has come to.
    `session_gone` is the host of a session that is no longer among the saved ones.
    `tapes` are those a download waits for, None where they are not known.
    `verify_asked` where an upload asked for verify after write, which `said` may tell more of.
    `persisted_seen` are the last ten minutes of (time, bytes persisted), oldest first.
    """

    job_id: int
    direction: Direction
    name: str
    session_id: str
    session_name: str
    bucket: str
    prefix: str
    created: datetime
    state_since: datetime
    session_gone: str | None = None
    target: str | None = None
    priority: Priority | None = None
    state: State = State.QUEUED
    reason: WaitReason | None = None
    facts: Facts = field(default_factory=Facts)
    wait: Waiting | None = None
    pressed_at: datetime | None = None
    asked_in_vain: datetime | None = None
    cache: CacheState | None = None
    tapes: NeededTapes | None = None
    progress: Progress | None = None
    persisted_bytes: int | None = None
    persisted_seen: tuple[tuple[datetime, int], ...] = ()
    persisted: Persisted | None = None
    outcome: Outcome | None = None
    ended_by: Actor | None = None
    counts: Counts | None = None
    failure: Failure | None = None
    appliance_jobs: tuple[str, ...] = ()
    part: tuple[int, int] | None = None
    verify_asked: bool = False
    said: Said = field(default_factory=Said)

    @property
    def ended(self) -> bool:
        return self.state.ended

    @property
    def missing_tapes(self) -> tuple[str, ...]:
        """The barcodes of ejected tapes that alone hold what a download waits for."""
        return self.tapes.ejected if self.tapes is not None else ()

    @property
    def paused(self) -> bool:
        return self.state is State.WAITING and self.reason is WaitReason.USER

    @property
    def line(self) -> Kind | None:
        """The line it stands in, None where it stands in none or has not told its place."""
        return self.facts.line if self.state is State.QUEUED else None

    @property
    def uploads(self) -> bool:
        return self.direction is Direction.PUT

    def brings_to(self, session_id: str | None, bucket: str | None) -> bool:
        """Whether it may still bring objects to a bucket: it goes on, or can be tried again."""
        over = self.state in (State.DONE, State.CANCELLED)
        return self.uploads and not over and (self.session_id, self.bucket) == (session_id, bucket)

    @property
    def stages(self) -> bool:
        """Whether the appliance brings objects into its cache, and nothing comes here."""
        return self.direction is Direction.STAGE

    @property
    def verifies(self) -> bool:
        """Whether the appliance reads and checks objects by itself."""
        return self.direction is Direction.VERIFY

    @property
    def moves(self) -> bool:
        """Whether bytes come to this computer or leave it."""
        return self.direction.moves

    @property
    def failed_objects(self) -> int:
        if self.counts is not None:
            return self.counts.failed
        return self.progress.objects_failed if self.progress is not None else 0

    @property
    def rate(self) -> float | None:
        """Bytes a second while it transfers, else None."""
        if self.state is not State.TRANSFERRING or self.progress is None:
            return None
        return self.progress.rate

    @property
    def persisted_amount(self) -> int | None:
        """Bytes of an upload on final storage, of a download here and checked."""
        if not self.uploads:
            return self.progress.persisted if self.progress is not None else None
        if self.persisted is not None and self.progress is not None:
            return self.progress.total
        known = (self.persisted_bytes, self.progress.persisted if self.progress else None)
        return max((amount for amount in known if amount is not None), default=None)

    @property
    def may_change_priority(self) -> bool:
        return not self.ended and self.state is not State.CANCELLING

    @property
    def may_pause(self) -> bool:
        ending = self.ended or self.state is State.CANCELLING
        return self.moves and not ending and not self.paused and not self.waits_for_key

    @property
    def waits_for_key(self) -> bool:
        """Whether it goes on once its session has a key, or another one where it was refused."""
        return self.state is State.WAITING and self.reason is WaitReason.KEY

    @property
    def needs_session(self) -> bool:
        """Whether its session has to be added again before anything can be done with it."""
        return self.session_gone is not None and (not self.ended or self.may_retry)

    @property
    def question(self) -> Question | None:
        """What it asks before it goes on."""
        waits = self.state is State.WAITING and self.reason is WaitReason.ANSWER
        return self.facts.question if waits else None

    @property
    def key_was_refused(self) -> bool:
        failure = self.facts.failure
        return self.waits_for_key and failure is not None and failure.code is FailureCode.KEYS

    @property
    def may_pause_at_once(self) -> bool:
        """Whether a paused job still ends blobs, which one more press of Pause would cut off."""
        return self.paused and bool(self.facts.blobs_in_flight)

    @property
    def may_resume(self) -> bool:
        """Whether it is paused and nothing is in flight any more."""
        return self.paused and not self.facts.blobs_in_flight

    @property
    def may_choose_folder(self) -> bool:
        """Whether it was found again after damage, and nobody has said where its files are."""
        return self.paused and self.facts.place_unknown

    @property
    def may_try_now(self) -> bool:
        """Whether asking now could end the wait: one with a time at which it asks by itself."""
        return (
            self.state is State.WAITING
            and self.wait is not None
            and self.reason not in (WaitReason.USER, WaitReason.KEY, WaitReason.ANSWER)
        )

    @property
    def may_retry(self) -> bool:
        """Whether failed objects, or a refused job, can be tried again.

        Those of a job that is closed go into another one.
        """
        return self.state is State.FAILED

    @property
    def may_check_again(self) -> bool:
        """Whether names that are there refused all of it: tried as it is, it would be again."""
        refused = self.failure is not None and self.failure.code is FailureCode.EXISTS
        return self.uploads and self.may_retry and refused and not self.failed_objects

    @property
    def may_close(self) -> bool:
        """Whether a failed job is still open on the appliance."""
        open_there = self.state is State.FAILED and not self.facts.closed
        return open_there and bool(self.appliance_jobs) and self.uploads

    @property
    def may_cancel(self) -> bool:
        ending = self.ended or self.state is State.CANCELLING
        return not ending and self.session_gone is None

    @property
    def may_remove(self) -> bool:
        """Whether it may be taken out of the list: it has ended, or nobody could end it."""
        return self.ended or self.session_gone is not None

    @property
    def cleared_with_done(self) -> bool:
        """Whether `Clear done` takes it away: neither failed nor still to be persisted."""
        match self.state:
            case State.CANCELLED:
                return True
            case State.DONE:
                return not self.uploads or self.persisted is not None
            case _:
                return False

    def rests(self, now: datetime) -> bool:
        """Whether Try now rests, because it was pressed a moment ago."""
        return self.pressed_at is not None and now < self.pressed_at + REST_AFTER_TRY

    def time_left_s(self, now: datetime) -> float | None:
        """Seconds until all bytes moved, or are persisted; None where that is not known."""
        if self.state is State.DONE and self.uploads and self.persisted is None:
            return self._until_persisted_s()
        if self.state is not State.TRANSFERRING or now < self.state_since + FIRST_ESTIMATE_AFTER:
            return None
        return self.progress.time_left_s if self.progress is not None else None

    def _until_persisted_s(self) -> float | None:
        if len(self.persisted_seen) < 2 or self.progress is None:
            return None
        (start, first), (end, last) = self.persisted_seen[0], self.persisted_seen[-1]
        seconds = (end - start).total_seconds()
        if last <= first or seconds <= 0:
            return None
        return (self.progress.total - last) * seconds / (last - first)


def percent_of(rows: Iterable[JobRow]) -> int | None:
    """Return how far all that is not ended has come, floored; None while nothing is to move.

    Never 100: what has moved to the last byte is not yet confirmed.
    """
    moving = [row.progress for row in rows if not row.ended and row.progress is not None]
    total = sum(progress.total for progress in moving)
    sent = sum(progress.sent for progress in moving)
    return min(sent * 100 // total, 99) if total else None


class Segment(enum.Enum):
    """The parts of the list that the header's buttons show."""

    ALL = "all"
    ACTIVE = "active"
    FAILED = "failed"
    DONE = "done"

    def holds(self, row: JobRow) -> bool:
        match self:
            case Segment.ALL:
                return True
            case Segment.ACTIVE:
                return not row.ended
            case Segment.FAILED:
                return row.state is State.FAILED
            case Segment.DONE:
                return row.state is State.DONE
            case _:
                assert_never(self)


def after(row: JobRow, event: Event, now: datetime) -> JobRow:
    """Return the row as `event` leaves it. An event that tells a row nothing gives it back."""
    match event:
        case JobState():
            return _after_state(row, event, now)
        case Waiting():
            return _after_waiting(row, event)
        case Progress():
            return _after_progress(row, event, now)
        case JobCreated():
            if not event.chunks:
                rest = tuple(one for one in row.appliance_jobs if one != event.appliance_job_id)
                return replace(row, appliance_jobs=rest)
            part = (event.part + 1, event.parts) if event.parts > 1 else None
            there = dict.fromkeys((*row.appliance_jobs, event.appliance_job_id))
            return replace(row, part=part, appliance_jobs=tuple(there))
        case JobEnded():
            return _after_end(row, event, now)
        case PersistenceProgress():
            return _with_persisted(row, event.persisted, now)
        case Persisted():
            return replace(row, persisted=event)
        case ApplianceSaid():
            return replace(row, said=with_said(row.said, event.said))
        case ObjectFailed() | _:
            return row


def pressed(row: JobRow, now: datetime) -> JobRow:
    """Return the row after the user asked to try now."""
    return replace(row, pressed_at=now, asked_in_vain=None)


def with_cache(row: JobRow, cache: CacheState | None) -> JobRow:
    """Return the row with what the appliance says of its cache, if it still waits for that."""
    waits = row.state is State.WAITING and row.reason is WaitReason.CACHE
    return replace(row, cache=cache) if waits else row


def with_tapes(row: JobRow, tapes: NeededTapes) -> JobRow:
    """Return the row with the tapes it waits for, if it still waits."""
    waits = row.state is State.WAITING and row.reason is WaitReason.TAPE
    return replace(row, tapes=tapes) if waits else row


def with_said(before: Said, now: Said) -> Said:
    """What the appliance says by now; what it does not tell now stays as it was."""
    return Said(
        before.verifies_writes if now.verifies_writes is None else now.verifies_writes,
        before.error_message if now.error_message is None else now.error_message,
    )


def _after_state(row: JobRow, event: JobState, now: datetime) -> JobRow:
    same = event.state is row.state and event.reason is row.reason
    if same:
        return replace(row, facts=event.facts)
    if row.ended and not event.state.ended:  # one more run of it
        row = replace(row, outcome=None, ended_by=None, counts=None, failure=None, persisted=None)
    return replace(
        row,
        state=event.state,
        reason=event.reason,
        facts=event.facts,
        state_since=now,
        wait=None,
        pressed_at=None,
        asked_in_vain=None,
        cache=None,
        tapes=None,
    )


def _after_waiting(row: JobRow, event: Waiting) -> JobRow:
    """Tell an answer to the user's press from one that came by itself."""
    answers_press = row.pressed_at is not None and (
        event.asked_at >= row.pressed_at
        and (row.wait is None or row.wait.asked_at < row.pressed_at)
    )
    still_the_same = row.wait is not None and row.wait.asked_at == event.asked_at
    vain = event.asked_at if answers_press else row.asked_in_vain if still_the_same else None
    return replace(row, reason=event.reason, wait=event, asked_in_vain=vain)


def _after_progress(row: JobRow, event: Progress, now: datetime) -> JobRow:
    changed = replace(row, progress=event)
    if not row.uploads or event.persisted is None:
        return changed
    return _with_persisted(changed, event.persisted, now)


def _with_persisted(row: JobRow, amount: int, now: datetime) -> JobRow:
    if row.persisted_bytes == amount and row.persisted_seen:
        return row
    recent = tuple(seen for seen in row.persisted_seen if seen[0] >= now - PERSISTENCE_WINDOW)
    return replace(row, persisted_bytes=amount, persisted_seen=(*recent, (now, amount)))


def _after_end(row: JobRow, event: JobEnded, now: datetime) -> JobRow:
    state = _STATE_OF_OUTCOME.get(event.outcome, row.state)
    facts = row.facts if state is row.state else Facts()
    return replace(
        row,
        state=state,
        reason=None if state.ended else row.reason,
        facts=facts,
        state_since=row.state_since if state is row.state else now,
        wait=None,
        outcome=event.outcome,
        ended_by=event.by,
        counts=event.counts,
        failure=event.failure,
    )


def download_speeds(rows: Iterable[JobRow], session_id: str | None) -> tuple[float, ...]:
    """How fast the last downloads of a session were, in bytes a second, their waits included."""
    found = [
        row.progress.sent / (row.state_since - row.created).total_seconds()
        for row in sorted(rows, key=lambda row: row.state_since)
        if row.direction is Direction.GET
        and row.session_id == session_id
        and row.state is State.DONE
        and row.progress is not None
        and row.progress.sent >= WORTH_MEASURING
        and row.state_since > row.created
    ]
    return tuple(found[-MEASURED:])
