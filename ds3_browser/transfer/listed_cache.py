"""Which chunks of a job the appliance has in its cache, as its list of them says.

For jobs that move nothing here. The list names every blob, so it is asked for only when the amounts
of the job have changed, and the longer it is, the more rarely.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from ds3_browser.protocol.records import ApplianceJob, BulkJob, Chunk

from .blobs import Blobs, Cell

LISTED_A_SECOND = 2000  # blobs, in the long run
PUT_OFF_S = 60.0
AT_ONCE_S = 1.0

#: Bytes in cache, and bytes that are completed; None where that is not told.
Told = tuple[int | None, int | None]


def told_by(job: ApplianceJob | BulkJob) -> Told:
    return job.cached_size, job.completed_size


class ListedCache:
    """What is in cache is in the `blobs`' cells; `keep` is given each chunk that has changed."""

    def __init__(self, blobs: Blobs, keep: Callable[[Chunk], None]) -> None:
        self._blobs = blobs
        self._keep = keep
        self._rest_s = sum(cell.blobs for cell in blobs.cells) / LISTED_A_SECOND
        # A long list has just been read, when the job was made.
        self._not_before = 0.0 if self._rest_s <= AT_ONCE_S else time.monotonic() + self._rest_s
        self._seen: Told | None = None
        self._cells: dict[tuple[str, int], Cell] = {}
        self._there: dict[Cell, bytes] = {}  # whether each of its blobs is in cache

    def is_due(self, told: Told | None) -> bool:
        """Whether the list may say something new, where the job was last told to be so far."""
        changed = told is None or told != self._seen
        return changed and time.monotonic() >= self._not_before

    def take(self, chunk: Chunk) -> None:
        """One chunk of the list; one that is listed again counts as it is listed last."""
        if (cell := self._cell_of(chunk)) is None:
            return
        there = bytes(bool(blob.in_cache) for blob in chunk.blobs)
        if there != self._there.get(cell, bytes(len(there))):
            self._keep(chunk)
        self._there[cell] = there
        cell.cached = sum(blob.length for blob in chunk.blobs if blob.in_cache)
        cell.cached_blobs = sum(there)

    def looked(self, told: Told) -> None:
        """The list was read to its end, with these amounts."""
        self._seen = told
        self._not_before = time.monotonic() + self._rest_s

    def put_off(self) -> None:
        """The list could not be read: the job can be followed without it."""
        self._not_before = time.monotonic() + max(self._rest_s, PUT_OFF_S)

    def _cell_of(self, chunk: Chunk) -> Cell | None:
        key = (chunk.chunk_id, chunk.number)
        if key not in self._cells and (cell := self._blobs.cell_of(chunk.blobs)) is not None:
            self._cells[key] = cell
        return self._cells.get(key)
