"""What answers tell of tapes, pools and drives besides their records: room, times, what is where.

It changes with every blob, so it is worked out when it is looked at.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any  # a record's fields are as many types as JSON has

from .copies import GONE, Copies, Use
from .records import Record, Records

FULL_BELOW = 1_000_000_000  # bytes left on a tape that is full


class Room:
    def __init__(self, records: Records, copies: Copies) -> None:
        self._records = records
        self._copies = copies

    def uses(self) -> Mapping[str, Use]:
        """How each medium that was ever written to is used, by its id."""
        return self._copies.uses()

    def now(self, medium: Record, uses: Mapping[str, Use]) -> Record:
        """A tape or pool with the fields that follow from what is on it."""
        use = uses.get(medium.id, Use())
        worked_out = _of_tape if medium.kind == "tape" else _of_pool
        times = {"LastAccessed": use.accessed, "LastModified": use.written}
        return medium.with_fields({**times, **worked_out(medium, use.bytes)})

    def shown(self, medium: Record) -> Record:
        return self.now(medium, self.uses())

    def shown_drive(self, drive: Record) -> Record:
        """A drive with the tape in it: the tapes last used are in the drives of their partition."""
        uses, partition = self.uses(), drive["PartitionId"]
        drives = [each for each in self._of(partition, "tape_drive") if each["State"] == "NORMAL"]
        tapes = [
            tape
            for tape in self._of(partition, "tape")
            if tape["State"] not in GONE and tape.id in uses
        ]
        tapes.sort(key=lambda tape: (-(uses[tape.id].accessed or 0), tape.name))
        loaded = dict(zip((each.id for each in drives), tapes, strict=False))
        tape = loaded.get(drive.id)
        return drive.with_fields({"TapeId": None if tape is None else tape.id})

    def _of(self, partition: str, kind: str) -> list[Record]:
        return [each for each in self._records.every(kind) if each["PartitionId"] == partition]


def _of_tape(tape: Record, used: int) -> dict[str, Any]:
    total = tape["TotalRawCapacity"]
    left = None if total is None else max(0, total - used)
    full = left is not None and left < FULL_BELOW
    return {"AvailableRawCapacity": left, "FullOfData": full or tape["FullOfData"]}


def _of_pool(pool: Record, used: int) -> dict[str, Any]:
    free = pool["TotalCapacity"] - pool["ReservedCapacity"] - used
    return {"UsedCapacity": used, "AvailableCapacity": max(0, free)}
