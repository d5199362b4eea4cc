"""What an administrator sets up, kept as records: one of a kind, with an id and its fields.

Records are few and asked for at every request, so they are held in memory as well; SQLite has them
for the next start. What a transaction wrote and then took back is forgotten here too.
"""

from __future__ import annotations

import itertools
import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any  # a record's fields are as many types as JSON has

from . import answers
from .answers import Field
from .kinds import Kind
from .store import Refused, Store

SCHEMA = """
CREATE TABLE IF NOT EXISTS record (
    kind TEXT, id TEXT, place INTEGER, source TEXT, fields TEXT, PRIMARY KEY (kind, id));
"""


@dataclass(frozen=True, slots=True)
class Record:
    """`fields` are by their names in answers; a date is seconds since 1970, nil is None.

    `place` grows with each record. `source` says which switch made it, "" for none.
    """

    kind: str
    id: str
    place: int
    source: str
    fields: Mapping[str, Any]

    @property
    def name(self) -> str:
        """What a record is called, "" where its kind has no names."""
        return str(self.fields.get("Name") or self.fields.get("BarCode") or "")

    def __getitem__(self, field: str) -> Any:
        return self.fields[field]

    def with_fields(self, changes: Mapping[str, Any]) -> Record:
        """The same record with other values, which are not kept."""
        fields = {**self.fields, **changes, "Id": self.id}
        return Record(self.kind, self.id, self.place, self.source, fields)


class Records:
    """All records. Any thread may ask; what it is given does not change."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._kinds: dict[str, dict[str, Record]] = {}
        self._changes = itertools.count(1)
        self.generation = 0
        with store.lock:
            store.db.executescript(SCHEMA)
        self._places = itertools.count(1 + (store.value("SELECT MAX(place) FROM record") or 0))
        store.forgetters.append(self._forget)

    def _forget(self) -> None:
        self._kinds.clear()
        self._changed()

    def _changed(self) -> None:
        self.generation = next(self._changes)

    def _of(self, kind: str) -> dict[str, Record]:
        known = self._kinds.get(kind)
        if known is None:
            rows = self._store.all("SELECT * FROM record WHERE kind = ? ORDER BY place", kind)
            known = self._kinds[kind] = {
                row["id"]: Record(
                    kind, row["id"], row["place"], row["source"], json.loads(row["fields"])
                )
                for row in rows
            }
        return known

    # --- asking

    def every(self, kind: str) -> list[Record]:
        """All of a kind, the first made first."""
        with self._store.lock:
            return list(self._of(kind).values())

    def find(self, kind: str, name_or_id: str) -> Record | None:
        """One by its id, whatever its case, or else by its name."""
        with self._store.lock:
            found = self._of(kind).get(name_or_id.lower())
        return found or self.first(kind, lambda record: record.name == name_or_id != "")

    def first(self, kind: str, fits: Callable[[Record], bool]) -> Record | None:
        return next((record for record in self.every(kind) if fits(record)), None)

    def get(self, kind: str, name_or_id: str, called: str) -> Record:
        """One that has to be there. Raises Refused, which names its type as `called`."""
        found = self.find(kind, name_or_id)
        if found is None:
            raise missing(called, name_or_id)
        return found

    # --- changing

    def insert(
        self, kind: str, fields: Mapping[str, Any], *, id: str | None = None, source: str = ""
    ) -> Record:
        """Keep a new record, under a new id unless one is given. Raises Refused if it is taken."""
        given = (id or str(uuid.uuid4())).lower()
        with self._store.transaction() as db:
            if given in self._of(kind):
                raise Refused(409, "Conflict", f"The id is taken: {given}")
            record = Record(kind, given, next(self._places), source, {**fields, "Id": given})
            db.execute(
                "INSERT INTO record VALUES (?, ?, ?, ?, ?)",
                (kind, given, record.place, source, json.dumps(record.fields)),
            )
            self._of(kind)[given] = record
            self._changed()
        return record

    def update(self, record: Record, **changes: Any) -> Record:
        """Change fields of a record, as it is by now."""
        with self._store.transaction() as db:
            now = self._of(record.kind).get(record.id)
            if now is None:
                raise missing(record.kind, record.id)
            changed = now.with_fields(changes)
            db.execute(
                "UPDATE record SET fields = ? WHERE kind = ? AND id = ?",
                (json.dumps(changed.fields), now.kind, now.id),
            )
            self._of(now.kind)[now.id] = changed
            self._changed()
        return changed

    def delete(self, record: Record) -> None:
        with self._store.transaction() as db:
            db.execute("DELETE FROM record WHERE kind = ? AND id = ?", (record.kind, record.id))
            self._of(record.kind).pop(record.id, None)
            self._changed()


def written(kind: Kind, record: Record) -> dict[str, Field]:
    """A record's fields as answers have them."""
    return {
        column.name: answers.date(value) if column.type == "date" else value
        for column in kind.columns.values()
        if (value := record[column.name]) is not None or "omit" not in column.marks
    }


def missing(called: str, name_or_id: str) -> Refused:
    message = f"{called} not found via identifier / bean property value '{name_or_id}'."
    return Refused(404, "NotFound", message)
