"""How much room is on tapes and pools: what answers tell of a medium besides its record.

It changes with every blob, so it is worked out when it is looked at.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any  # a record's fields are as many types as JSON has

from .copies import Copies
from .records import Record

FULL_BELOW = 1_000_000_000  # bytes left on a tape that is full


class Room:
    def __init__(self, copies: Copies) -> None:
        self._copies = copies

    def used(self) -> Mapping[str, int]:
        """Bytes on each medium, by its id."""
        return self._copies.used()

    def now(self, medium: Record, used: Mapping[str, int]) -> Record:
        """A tape or pool with the fields that follow from what is on it."""
        worked_out = _of_tape if medium.kind == "tape" else _of_pool
        return medium.with_fields(worked_out(medium, used.get(medium.id, 0)))

    def shown(self, medium: Record) -> Record:
        return self.now(medium, self.used())


def _of_tape(tape: Record, used: int) -> dict[str, Any]:
    total = tape["TotalRawCapacity"]
    left = None if total is None else max(0, total - used)
    full = left is not None and left < FULL_BELOW
    return {"AvailableRawCapacity": left, "FullOfData": full or tape["FullOfData"]}


def _of_pool(pool: Record, used: int) -> dict[str, Any]:
    free = pool["TotalCapacity"] - pool["ReservedCapacity"] - used
    return {"UsedCapacity": used, "AvailableCapacity": max(0, free)}
