"""The order of transfers that stand in line: how rows follow it, and how far a moved one goes.

Uploads, downloads and folder walks stand in lines of their own. Pure: rows in, numbers out.
"""

from __future__ import annotations

from collections.abc import Sequence

from ds3_browser.gui.job_row import JobRow
from ds3_browser.transfer.turns import Kind


def arranged(rows: Sequence[JobRow]) -> list[int]:
    """Return the jobs' ids as they are listed: those of one line in its order.

    Each line keeps the rows its jobs have between them; everything else stays where it is. Jobs
    tell their places one by one: while two claim the same, they stay as they were.
    """
    ids = [row.job_id for row in rows]
    for kind in Kind:
        at = [number for number, row in enumerate(rows) if row.line is kind]
        in_line = sorted((rows[number] for number in at), key=_position)
        for number, row in zip(at, in_line, strict=True):
            ids[number] = row.job_id
    return ids


def _position(row: JobRow) -> int:
    return row.facts.position or 0


def position_beside(moved: JobRow, other: JobRow, *, after: bool) -> int:
    """Return the place in line, 1 for the next, that leads right before or after another job."""
    goes_back = _position(moved) < _position(other)
    return _position(other) + after - goes_back
