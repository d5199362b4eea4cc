"""How many tapes an upload takes, as far as that can be told before: an estimate.

Each copy on tape is written for itself, to tapes of the type that its storage domain has. How full
the tape is that the appliance writes to first, it alone knows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from statistics import median_low

from ds3_browser.protocol.client import Ds3Client
from ds3_browser.protocol.system_records import DataPersistenceRule, StorageDomainMember

LOOKED_AT = 100  # tapes of a type, to learn how much one takes


@dataclass(frozen=True, slots=True)
class TapeCopy:
    """A copy that goes to tape. `capacity` is how many bytes one of its tapes takes."""

    type: str | None
    capacity: int


def tape_copies(
    client: Ds3Client, rules: Iterable[DataPersistenceRule]
) -> tuple[TapeCopy, ...] | None:
    """The copies on tape of these rules; None where one goes to tapes of which nothing is known.

    Blocks. Raises Ds3Error.
    """
    found = []
    for rule in rules:
        members = client.storage_domain_members(storage_domain_id=rule.storage_domain_id)
        on_tape = [member for member in members if member.tape_partition_id is not None]
        if not on_tape:
            continue  # a copy on disk
        copy = next((copy for member in on_tape if (copy := _copy(client, member))), None)
        if copy is None:
            return None
        found.append(copy)
    return tuple(found)


def _copy(client: Ds3Client, member: StorageDomainMember) -> TapeCopy | None:
    tapes = client.tapes(partition_id=member.tape_partition_id, type=member.tape_type)
    totals = [tape.total for tape in islice(tapes, LOOKED_AT) if tape.total]
    return TapeCopy(member.tape_type, median_low(totals)) if totals else None


def tapes_needed(size: int, copies: Sequence[TapeCopy]) -> int:
    """How many tapes so many bytes are written to, all copies together."""
    return sum(max(1, -(-size // copy.capacity)) for copy in copies) if size else 0
