"""What a job tells while it runs: states at once, amounts and chunks at most five times a second.

The newest word wins: what is held back is told by the next round or not at all. Everything here is
called in the job's own thread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from .blobs import Blobs, Cell
from .events import (
    ChunkPhase,
    ChunkState,
    ChunkSummary,
    Counts,
    Direction,
    Event,
    Facts,
    Failure,
    JobCreated,
    JobState,
    ObjectFailed,
    ObjectState,
    Progress,
    State,
    Waiting,
    WaitReason,
)
from .ledger_records import THERE, Totals
from .meter import INTERVAL_S, Meter

FIRST_FAILURES = 100

KeepState = Callable[[State, WaitReason | None], None]


@dataclass(slots=True)
class Amounts:
    """Totals of a run. Bytes: `total`, `there` (in cache or received), `loaded` in the appliance's
    cache, `checked` (received and renamed); the others count objects.
    """

    total: int = 0
    there: int = 0
    loaded: int = 0
    checked: int = 0
    objects: int = 0
    done: int = 0
    failed: int = 0
    skipped: int = 0

    def recall(self, totals: Totals) -> None:
        """Begin where an earlier run of the job had come to."""
        self.objects = totals.found
        self.failed = totals.objects.get(ObjectState.FAILED, 0)
        self.skipped = totals.objects.get(ObjectState.SKIPPED, 0)
        self.done = sum(totals.objects.get(state, 0) for state in THERE)
        self.there = sum(totals.sizes.get(state, 0) for state in THERE)
        self.loaded = self.checked = self.there
        left_out = (ObjectState.SKIPPED, ObjectState.CANCELLED)
        self.total = sum(n for state, n in totals.sizes.items() if state not in left_out)

    def counts(self, *, ended: bool = True) -> Counts:
        """What became of all objects; the rest is cancelled where the run has ended for good."""
        rest = max(0, self.objects - self.done - self.failed - self.skipped)
        return Counts(self.done, self.failed, self.skipped, rest if ended else 0, self.objects)


class Reporter:
    """`keep_state` is called at each change of state, before it is told."""

    def __init__(self, job_id: int, direction: Direction, keep_state: KeepState) -> None:
        self.amounts = Amounts()
        self.blobs: Blobs | None = None
        self.doubts_unknown = False  # of what a verification found
        self.unproved = 0  # objects of a download of which no checksum was told
        self._job_id = job_id
        self._direction = direction
        self._keep_state = keep_state
        self._report: Callable[[Event], None] = lambda event: None
        self._meter = Meter()
        self._state: JobState | None = None
        self._facts_at = 0.0
        self._told: dict[Cell, tuple[ChunkPhase, float]] = {}
        self._failures = 0
        self._waits = 0

    def listen(self, report: Callable[[Event], None]) -> None:
        self._report = report

    def tell(self, event: Event) -> None:
        self._report(event)

    # --- states

    def state(
        self,
        state: State,
        reason: WaitReason | None = None,
        facts: Facts | None = None,
        *,
        now: float | None = None,
    ) -> None:
        """Tell a state, if it, its reason or its facts are new.

        With `now`, facts alone are told five times a second at most.
        """
        new = JobState(self._job_id, state, reason, facts or Facts())
        if new == self._state:
            return
        changed = self._state is None or (self._state.state, self._state.reason) != (state, reason)
        if changed:
            self._keep_state(state, reason)
        elif now is not None and now - self._facts_at < INTERVAL_S:
            return
        self._facts_at = now or 0.0
        self._state = new
        self._report(new)

    def waiting(
        self,
        reason: WaitReason,
        facts: Facts,
        asked_at: datetime,
        seconds: float,
        waited_s: float,
        retry_after_s: float | None,
    ) -> None:
        """Tell a wait, and forget the pace: a wait is no slow transfer."""
        self._meter.pause()
        self._waits += 1
        self.state(State.WAITING, reason, facts)
        until = asked_at + timedelta(seconds=seconds)
        self._report(
            Waiting(self._job_id, reason, until, asked_at, self._waits, waited_s, retry_after_s)
        )

    def paused(self, facts: Facts) -> None:
        self._meter.pause()
        self.state(State.WAITING, WaitReason.USER, facts)

    # --- objects and the job's shape

    def failed(self, failure: Failure) -> None:
        """Count a failed object; the first hundred are told."""
        self.amounts.failed += 1
        if self._failures < FIRST_FAILURES:
            self._failures += 1
            self._report(ObjectFailed(self._job_id, failure))

    def created(self, blobs: Blobs, place: int, parts: int) -> None:
        """From now on the amounts and cells are those of this job on the appliance, which stands at
        a place, from 0, among so many.
        """
        self.blobs = blobs
        chunks = tuple(ChunkSummary(c.number, c.length, c.objects) for c in blobs.cells)
        self._report(JobCreated(self._job_id, blobs.job_id, place, chunks, parts))

    # --- amounts

    def moving_begins(self, now: float) -> None:
        """Something is about to move: the pace counts from here, not from the first look at it."""
        if self._meter.fresh:
            # One interval back, so that the first look is due at once.
            self._meter.add(now - INTERVAL_S, self.amounts.there)

    def round(self, now: float) -> None:
        """Tell amounts and chunks, if a fifth of a second has passed."""
        if self._meter.due(now):
            self.progress(now)
            self.cells()

    def due(self, now: float) -> bool:
        return self._meter.due(now)

    def progress(self, now: float) -> None:
        amounts = self.amounts
        in_flight = sum(t.moved for t in self.blobs.moving) if self.blobs else 0
        sent = min(amounts.there + in_flight, amounts.total)
        self._meter.add(now, sent)
        put = self._direction is Direction.PUT
        loaded = min(amounts.loaded, amounts.total)
        if self._direction is Direction.GET:
            # What is read beside its job was in cache as well, and never offered with a chunk.
            loaded = max(sent, loaded)
        self._report(
            Progress(
                self._job_id,
                sent=sent,
                in_cache=amounts.there if put else loaded,
                persisted=None if put else min(amounts.checked, amounts.total),
                total=amounts.total,
                objects_done=amounts.done + amounts.skipped,
                objects_failed=amounts.failed,
                objects_total=amounts.objects,
                rate=self._meter.rate(now),
                time_left_s=self._meter.time_left(now, amounts.total - sent),
            )
        )

    def cells(self, next_cell: Cell | None = None) -> None:
        """Tell the chunks that changed since they were last told. `next_cell` is waited for."""
        for cell, now in self._cells(next_cell):
            if self._told.get(cell, (ChunkPhase.WAITING, 0.0)) != now:
                self._told[cell] = now
                self._report(ChunkState(self._job_id, cell.number, *now))

    def _cells(self, next_cell: Cell | None) -> Iterable[tuple[Cell, tuple[ChunkPhase, float]]]:
        if self.blobs is None:
            return
        for cell in self.blobs.cells:
            moved = max(cell.moved + self.blobs.in_flight(cell), cell.cached)
            yield cell, (self._phase(cell, cell is next_cell), _fraction(cell, moved))

    def _phase(self, cell: Cell, is_next: bool) -> ChunkPhase:
        if cell.failed:
            return ChunkPhase.FAILED
        if cell.complete:
            in_cache = self._direction in (Direction.PUT, Direction.STAGE)
            return ChunkPhase.IN_CACHE if in_cache else ChunkPhase.DONE
        if cell.cached_blobs:
            whole = cell.cached_blobs >= cell.blobs
            return ChunkPhase.IN_CACHE if whole else ChunkPhase.PARTLY_IN_CACHE
        if cell.in_flight:
            return ChunkPhase.TRANSFERRING
        if cell.offered:
            return ChunkPhase.READY
        return ChunkPhase.NEXT if is_next else ChunkPhase.WAITING


def _fraction(cell: Cell, moved: int) -> float:
    if cell.length:
        return min(1.0, moved / cell.length)
    return float(cell.complete)
