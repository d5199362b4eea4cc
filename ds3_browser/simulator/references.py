"""What becomes of records whose reference goes: they go too, let it go, or hold it fast."""

from __future__ import annotations

from .kinds import KINDS
from .records import Record, Records
from .store import Refused


def remove(records: Records, record: Record) -> None:
    """Delete a record and what goes with it. Raises Refused if another one needs it."""
    let_go(records, record.kind, record.id)
    records.delete(record)


def let_go(records: Records, kind: str, identifier: str) -> None:
    """Let go of something that will be deleted. Raises Refused if a record needs it.

    The kind may be one that has no records, as buckets have none. Within the caller's transaction.
    """
    for other in KINDS.values():
        for column in other.columns.values():
            if column.refers_to == kind:
                _let_go(records, other.resource, column.name, column.marks, identifier)


def _let_go(
    records: Records, kind: str, field: str, marks: frozenset[str], identifier: str
) -> None:
    for record in records.every(kind):
        if record[field] != identifier:
            continue
        if "cascade" in marks:
            remove(records, record)
        elif "cleared" in marks:
            records.update(record, **{field: None})
        else:
            message = f"A {KINDS[kind].element} needs it: {record.id}"
            raise Refused(409, "Conflict", message)
