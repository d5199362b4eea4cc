"""Where the copies of persisted blobs are: which tapes and pools, as the data policy asks.

Blobs that are persisted together lie on the same media, so what is kept of each is one number.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from .faults import Faults
from .records import Record, Records
from .store import Store

# copies.media  a list of [rule, kind, medium], all ids; a copy that could not be made has "" for
#               its kind and medium. copies.used: the bytes of the blobs that lie so.
# copies.written, copies.read  when any of them last came, or was read from its medium.
SCHEMA = """
CREATE TABLE IF NOT EXISTS copies (
    key INTEGER PRIMARY KEY, media TEXT UNIQUE, used INTEGER DEFAULT 0, written REAL, read REAL);
CREATE TRIGGER IF NOT EXISTS blob_left_its_media AFTER DELETE ON blob WHEN OLD.copies IS NOT NULL
BEGIN
    UPDATE copies SET used = used - OLD.length WHERE key = OLD.copies;
END;
"""
GONE = ("EJECTED", "OFFLINE", "LOST", "BAD")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a copy is: the rule that asked for it, and the tape or pool, "" for one not made."""

    rule: str
    kind: str
    medium: str


@dataclass(slots=True)
class Use:
    """What is on a medium, in bytes, and when it was last written to, and written to or read."""

    bytes: int = 0
    written: float | None = None
    accessed: float | None = None


class Copies:
    def __init__(self, store: Store, records: Records, faults: Faults) -> None:
        self._store = store
        self._records = records
        self._faults = faults
        self._read: dict[int, tuple[Place, ...]] = {}
        with store.lock:
            store.db.executescript(SCHEMA)
        store.forgetters.append(self._read.clear)

    # --- looking

    def of(self, key: int | None) -> tuple[Place, ...]:
        """The copies that a blob's number stands for."""
        if key is None:
            return ()
        found = self._read.get(key)
        if found is None:
            media = self._store.value("SELECT media FROM copies WHERE key = ?", key)
            found = self._read[key] = tuple(Place(*each) for each in json.loads(media or "[]"))
        return found

    def left(self, blob: sqlite3.Row) -> tuple[Place, ...]:
        """A blob's copies without one that is lost. It needs `copies`, `bucket` and `name`."""
        made = tuple(place for place in self.of(blob["copies"]) if place.medium)
        return made[:-1] if self._is_hit(blob) else made

    def lost(self, blob: sqlite3.Row) -> tuple[Place, ...]:
        """The copies a blob should have and has not."""
        asked, left = self.of(blob["copies"]), self.left(blob)
        return tuple(place for place in asked if place not in left)

    def suspicion(self) -> tuple[str, tuple[str, ...]]:
        """A condition on blobs `b` of objects `o` that all with a lost copy meet, and its values.

        A large bucket is not read as a whole to find that nothing is lost.
        """
        rows = self._store.all("SELECT key FROM copies")
        keys = [row["key"] for row in rows if not all(each.medium for each in self.of(row["key"]))]
        patterns: Sequence[str] = self._faults.get("degraded")
        names = " OR o.name GLOB ? OR o.bucket || '/' || o.name GLOB ?" * len(patterns)
        condition = f"b.copies IN ({', '.join(map(str, keys)) or 'NULL'}){names}"
        values = tuple(each.replace("[!", "[^") for each in patterns for _ in range(2))
        return f"b.copies IS NOT NULL AND ({condition})", values

    def doubt(self) -> tuple[str, tuple[str, ...]]:
        """A condition on objects `o` that all meet whose data is doubted, and its values."""
        patterns: Sequence[str] = self._faults.get("suspect")
        either = ["o.name GLOB ? OR o.bucket || '/' || o.name GLOB ?"] * len(patterns)
        values = tuple(each.replace("[!", "[^") for each in patterns for _ in range(2))
        return f"({' OR '.join(either) or '0'})", values

    def _is_hit(self, blob: sqlite3.Row) -> bool:
        patterns: Sequence[str] = self._faults.get("degraded")
        name, full = blob["name"], f"{blob['bucket']}/{blob['name']}"
        return any(fnmatchcase(name, each) or fnmatchcase(full, each) for each in patterns)

    def is_reachable(self, key: int | None) -> bool:
        """Whether a copy is on a medium that is here. What was never put on any always is."""
        made = [place for place in self.of(key) if place.medium]
        return not made or any(self.is_here(place) for place in made)

    def is_here(self, place: Place) -> bool:
        medium = self._records.find(place.kind, place.medium)
        return medium is not None and medium["State"] not in GONE

    def media(self, places: Iterable[Place]) -> list[Record]:
        """The tapes and pools of some places, each once, those of tapes first."""
        found: dict[tuple[str, str], Record] = {}
        for place in places:
            medium = self._records.find(place.kind, place.medium) if place.medium else None
            if medium is not None:
                found[medium.kind, medium.id] = medium
        return sorted(found.values(), key=lambda each: (each.kind == "pool", each.name))

    def uses(self) -> Mapping[str, Use]:
        """How each medium that was ever written to is used, by its id."""
        uses: dict[str, Use] = {}
        for row in self._store.all("SELECT * FROM copies"):
            made = [place for place in self.of(row["key"]) if place.medium]
            for place in made:
                use = uses.setdefault(place.medium, Use())
                use.bytes += row["used"]
                use.written = _later(use.written, row["written"])
                use.accessed = _later(use.accessed, row["written"])
            read_from = next((place for place in made if self.is_here(place)), None)
            if read_from is not None:
                use = uses[read_from.medium]
                use.accessed = _later(use.accessed, row["read"])
        return uses

    def read(self, keys: Iterable[int | None]) -> None:
        """Note that what lies so was read from its media, within the caller's transaction."""
        self._store.db.executemany(
            "UPDATE copies SET read = ? WHERE key = ?",
            [(self._store.now(), key) for key in set(keys) if key is not None],
        )

    def on(self, medium: str) -> list[int]:
        """The numbers of all ways to lie that a medium has a part in."""
        keys = [row["key"] for row in self._store.all("SELECT key FROM copies")]
        return [key for key in keys if any(place.medium == medium for place in self.of(key))]

    def number(self, asked: Sequence[Place], length: int) -> int:
        """The number for `length` bytes of blobs that lie so now. In the caller's transaction."""
        media = json.dumps([[place.rule, place.kind, place.medium] for place in asked])
        query = "SELECT key FROM copies WHERE media = ?"
        key: int | None = self._store.value(query, media)
        if key is None:
            self._store.db.execute("INSERT INTO copies (media) VALUES (?)", (media,))
            key = int(self._store.value(query, media))
        self._store.db.execute(
            "UPDATE copies SET used = used + ?, written = ? WHERE key = ?",
            (length, self._store.now(), key),
        )
        return key


def _later(one: float | None, other: float | None) -> float | None:
    return other if one is None else one if other is None else max(one, other)
