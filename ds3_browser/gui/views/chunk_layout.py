"""Where the cells of a chunk map stand: in rows, and of a split transfer in a block each job.

Pure geometry over counts: knows no widget and paints nothing.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPoint, QRect

RIM = 1  # around all cells, for the ring of the current one
BETWEEN = 6  # from one block to the caption of the next


@dataclass(frozen=True, slots=True)
class Grid:
    """How large a cell is, how far it is to the next, how high a caption; in pixels.

    Without a height blocks have no captions.
    """

    size: int
    pitch: int
    caption: int = 0
    mirrored: bool = False


class Layout:
    """`counts` are the cells of each block."""

    def __init__(self, counts: Sequence[int], width: int, grid: Grid) -> None:
        self._grid = grid
        gap = grid.pitch - grid.size
        self.columns = max(1, (width - 2 * RIM + gap) // grid.pitch)
        self._width = width
        self.firsts: list[int] = []
        self._tops: list[int] = []  # of the cells
        self._counts = list(counts)
        first, top = 0, 0
        for number, count in enumerate(counts):
            if grid.caption:
                top += grid.caption + (BETWEEN if number else 0)
            self.firsts.append(first)
            self._tops.append(top)
            first += count
            top += self._rows(count) * grid.pitch
        self.cells = first
        self.height = max(0, top - gap) + 2 * RIM if first else 2 * RIM

    def _rows(self, count: int) -> int:
        return -(-count // self.columns)

    def _block_of(self, position: int) -> int:
        return max(0, bisect_right(self.firsts, position) - 1)

    def caption_rect(self, block: int) -> QRect:
        """Where the caption of a block stands."""
        top = self._tops[block] - self._grid.caption
        return QRect(RIM, top, self._width - 2 * RIM, self._grid.caption)

    def cell_rect(self, position: int) -> QRect:
        if not self.firsts:
            return QRect()
        block = self._block_of(position)
        row, column = divmod(position - self.firsts[block], self.columns)
        pitch, size = self._grid.pitch, self._grid.size
        left = RIM + column * pitch
        if self._grid.mirrored:
            left = self._width - left - size
        return QRect(left, RIM + self._tops[block] + row * pitch, size, size)

    def cell_at(self, point: QPoint) -> int:
        """Return the cell under a point, the gap behind and below belonging to it, or -1."""
        from_the_side = self._width - 1 - point.x() if self._grid.mirrored else point.x()
        column = (from_the_side - RIM) // self._grid.pitch
        block = bisect_right(self._tops, point.y() - RIM) - 1
        if not 0 <= column < self.columns or block < 0:
            return -1
        row = (point.y() - RIM - self._tops[block]) // self._grid.pitch
        within = row * self.columns + column
        return self.firsts[block] + within if within < self._counts[block] else -1

    def between(self, top: int, bottom: int) -> list[range]:
        """Return the cells whose rows touch these heights, block by block."""
        found = []
        for first, start, count in zip(self.firsts, self._tops, self._counts, strict=True):
            rows = self._rows(count)
            begin = max(0, (top - RIM - start) // self._grid.pitch)
            end = min(rows, (bottom - RIM - start) // self._grid.pitch + 1)
            if begin < end:
                last = min(first + end * self.columns, first + count)
                found.append(range(first + begin * self.columns, last))
        return found

    def moved(self, position: int, rows: int) -> int:
        """Return the cell one row further down, or up where `rows` is -1, also in another block."""
        block = self._block_of(position)
        within = position - self.firsts[block]
        target = within + rows * self.columns
        if 0 <= target < self._counts[block]:
            return self.firsts[block] + target
        column = within % self.columns
        if rows < 0:
            return self._in_last_row(block - 1, column) if block else position
        if within // self.columns < self._rows(self._counts[block]) - 1:
            return self.firsts[block] + self._counts[block] - 1  # the row below is shorter
        if block + 1 < len(self.firsts):
            return self.firsts[block + 1] + min(column, self._counts[block + 1] - 1)
        return position

    def _in_last_row(self, block: int, column: int) -> int:
        begin = (self._rows(self._counts[block]) - 1) * self.columns
        return self.firsts[block] + min(begin + column, self._counts[block] - 1)
