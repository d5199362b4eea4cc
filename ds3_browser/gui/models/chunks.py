"""The chunks of all jobs, as their maps show them: phase and fraction of each, newest wins.

Fed by events alone. A map of more than 2,000 chunks shows one cell for several, with the worst.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field, replace

from PySide6.QtCore import QObject, Signal, Slot

from ds3_browser.transfer.events import (
    ChunkPhase,
    ChunkState,
    Event,
    JobCreated,
    Persisted,
)

MOST_CELLS = 2000

WORST_FIRST = (
    *(ChunkPhase.FAILED, ChunkPhase.TRANSFERRING, ChunkPhase.READY, ChunkPhase.NEXT),
    *(ChunkPhase.PARTLY_IN_CACHE, ChunkPhase.WAITING, ChunkPhase.IN_CACHE),
    *(ChunkPhase.PERSISTED, ChunkPhase.DONE),
)
_BADNESS = {phase: len(WORST_FIRST) - rank for rank, phase in enumerate(WORST_FIRST)}


@dataclass(frozen=True, slots=True)
class ChunkCell:
    """One chunk. `fraction` (0 to 1) of its bytes moved; length is bytes, None where unknown."""

    number: int
    length: int | None
    objects: int | None
    phase: ChunkPhase = ChunkPhase.WAITING
    fraction: float = 0.0


@dataclass(frozen=True, slots=True)
class MapCell:
    """One cell of a map: the chunks `first` to `last` of the list, and the worst among them."""

    first: int
    last: int
    phase: ChunkPhase
    fraction: float


@dataclass(frozen=True, slots=True)
class ChunkBlock:
    """The chunks of one job on the appliance: so many from position `first` on.

    It is number `number`, from 1, of the `of` jobs that the transfer is split into.
    """

    first: int
    chunks: int
    appliance_job_id: str
    number: int
    of: int


@dataclass(slots=True)
class _JobChunks:
    cells: list[ChunkCell] = field(default_factory=list)
    place: dict[int, int] = field(default_factory=dict)  # chunk number -> position in cells
    parts: dict[str, JobCreated] = field(default_factory=dict)  # by the appliance's ids
    counts: Counter[ChunkPhase] = field(default_factory=Counter)  # kept, for maps are large
    split_into: int = 1


class Chunks(QObject):
    """Signals: `changed(job_id, positions)`, the positions a tuple, None when all are new."""

    changed = Signal(object, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs: dict[int, _JobChunks] = {}

    def of(self, job_id: int) -> list[ChunkCell]:
        """Return the job's chunks in the appliance's order; not to be changed."""
        job = self._jobs.get(job_id)
        return job.cells if job is not None else []

    def blocks(self, job_id: int) -> list[ChunkBlock]:
        """Return the jobs on the appliance that have chunks, one for most transfers."""
        job = self._jobs.get(job_id)
        if job is None:
            return []
        found: list[ChunkBlock] = []
        first = 0
        for appliance_id, part in job.parts.items():
            if part.chunks:
                number, of = part.part + 1, job.split_into
                found.append(ChunkBlock(first, len(part.chunks), appliance_id, number, of))
            first += len(part.chunks)
        return found

    def counts(self, job_id: int) -> Counter[ChunkPhase]:
        """Return how many chunks are in each state; those without any are left out."""
        job = self._jobs.get(job_id)
        return +job.counts if job is not None else Counter()

    @Slot(object)
    def apply(self, event: Event) -> None:
        match event:
            case JobCreated():
                self._create(event)
            case ChunkState():
                self._set(event)
            case Persisted():
                self._persist(event.job_id)

    @Slot(object)
    def remove(self, job_id: int) -> None:
        self._jobs.pop(job_id, None)

    def _create(self, event: JobCreated) -> None:
        """Take the chunks of one appliance job; a second part of a split job comes behind.

        A part that is told again may have fewer: what it gave up comes with another part.
        """
        job = self._jobs.setdefault(event.job_id, _JobChunks())
        more, job.split_into = event.parts > job.split_into, max(event.parts, job.split_into)
        before = job.parts.get(event.appliance_job_id)
        if before is not None and before.chunks == event.chunks and not more:
            return
        job.parts[event.appliance_job_id] = event
        _lay_out(job)
        self.changed.emit(event.job_id, None)

    def _set(self, event: ChunkState) -> None:
        job = self._jobs.get(event.job_id)
        position = job.place.get(event.number) if job is not None else None
        if job is None or position is None:
            return
        new = replace(job.cells[position], phase=event.phase, fraction=event.fraction)
        old = job.cells[position]
        if new != old:
            job.cells[position] = new
            job.counts[old.phase] -= 1
            job.counts[new.phase] += 1
            self.changed.emit(event.job_id, (position,))

    def _persist(self, job_id: int) -> None:
        """The whole job is on final storage, and with it each of its chunks."""
        job = self._jobs.get(job_id)
        if job is None:
            return
        job.cells = [
            cell
            if cell.phase is ChunkPhase.FAILED
            else replace(cell, phase=ChunkPhase.PERSISTED, fraction=1.0)
            for cell in job.cells
        ]
        job.counts = Counter(cell.phase for cell in job.cells)
        self.changed.emit(job_id, None)


def _lay_out(job: _JobChunks) -> None:
    """The cells of all parts, in their order; one that is the same as before keeps its state."""
    before = {(cell.number, cell.length): cell for cell in job.cells}
    job.cells = [
        before.get((new.number, new.length), ChunkCell(new.number, new.length, new.objects))
        for part in job.parts.values()
        for new in part.chunks
    ]
    job.place = {cell.number: position for position, cell in enumerate(job.cells)}
    job.counts = Counter(cell.phase for cell in job.cells)


def map_block(cells: list[ChunkCell], block: ChunkBlock, step: int) -> list[MapCell]:
    """Fold the chunks of one job on the appliance, so many a cell."""
    end = block.first + block.chunks
    return [map_cell(cells, first, step, end) for first in range(block.first, end, step)]


def map_cell(cells: list[ChunkCell], first: int, step: int, end: int) -> MapCell:
    """Fold the chunks from `first` on, so many but none from `end` on."""
    held = cells[first : min(first + step, end)]
    worst = max(held, key=lambda cell: _BADNESS[cell.phase])
    fraction = worst.fraction if step == 1 else sum(c.fraction for c in held) / len(held)
    return MapCell(first, first + len(held) - 1, worst.phase, fraction)


def chunks_a_cell(chunks: int) -> int:
    return max(1, math.ceil(chunks / MOST_CELLS))
