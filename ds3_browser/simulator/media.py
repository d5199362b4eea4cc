"""Cache and tape: where the bytes of a blob are, and when they get there.

A blob that was received is in cache. After `persist_delay` it is persisted as well, on the media
that its data policy asks for, and from then on the cache may drop it when room is needed, the least
recently used first. What was dropped comes back from tape for a GET job after `tape_delay`, unless
all its tapes are out of the library. Nothing here waits: time is looked at when somebody asks, so
that a switch takes effect at once.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from .answers import Field
from .copies import Copies
from .faults import Faults
from .kinds import KINDS
from .records import Record, Records, written
from .room import Room
from .store import Store
from .writing import Writing

_UNLIMITED = contextlib.nullcontext(True)


@dataclass(frozen=True, slots=True)
class Copy:
    """One copy of a blob: on which medium it is, and what answers tell of that medium.

    `kind` is Tape or Pool, `name` a tape's barcode or a pool's name; `domain` holds the name and
    the id of its storage domain.
    """

    kind: str
    id: str
    name: str
    domain: tuple[str, str]
    fields: Mapping[str, Field]


class Media:
    def __init__(
        self,
        store: Store,
        records: Records,
        copies: Copies,
        writing: Writing,
        room: Room,
        faults: Faults,
    ) -> None:
        self._store = store
        self._records = records
        self._copies = copies
        self._room = room
        self._writing = writing
        self._faults = faults
        self._reserved = 0  # bytes of naked PUTs on their way

    def cache_used(self) -> tuple[int, int]:
        """Bytes in use, reservations included, and those that may not be dropped."""
        row = self._store.one(
            # Two partial indexes: a large archive has few blobs in cache, and all the others.
            "SELECT (SELECT COALESCE(SUM(length), 0) FROM blob INDEXED BY blob_unpersisted"
            "  WHERE persisted_at IS NULL AND (cached OR (allocated AND received_at IS NULL)))"
            " AS locked, (SELECT COALESCE(SUM(length), 0) FROM blob INDEXED BY blob_droppable"
            "  WHERE cached AND persisted_at IS NOT NULL) AS droppable"
        )
        assert row is not None
        locked = row["locked"] + self._reserved
        return locked + row["droppable"], locked

    # --- where copies are

    def placement(self, blobs: Sequence[int]) -> Mapping[int, Sequence[Copy]]:
        """The copies of blobs, by the blob's row number; one without a copy is not among them."""
        with self._store.transaction():
            self.persist()
        uses, known = self._room.uses(), dict[str, Copy]()
        found: dict[int, list[Copy]] = {}
        for blob in self._rows(blobs):
            for medium in self._copies.media(self._copies.left(blob)):
                if medium.id not in known:
                    known[medium.id] = self._copy(self._room.now(medium, uses))
                found.setdefault(blob["key"], []).append(known[medium.id])
        return found

    def _rows(self, blobs: Sequence[int]) -> list[sqlite3.Row]:
        return self._store.all(
            "SELECT b.key, b.copies, o.bucket, o.name FROM blob b JOIN object o ON o.key = b.object"
            " WHERE b.key IN (SELECT value FROM json_each(?))",
            json.dumps(list(blobs)),
        )

    def _copy(self, medium: Record) -> Copy:
        kind = KINDS[medium.kind]
        member = self._records.find("storage_domain_member", medium["StorageDomainMemberId"] or "")
        domain = member and self._records.find("storage_domain", member["StorageDomainId"])
        names = (domain.name, domain.id) if domain else ("", "")
        return Copy(kind.element, medium.id, medium.name, names, written(kind, medium))

    def degraded(self, blobs: Sequence[int]) -> int:
        """How many of some blobs have fewer copies than their data policy asked for."""
        with self._store.transaction():
            self.persist()
        return sum(bool(self._copies.lost(blob)) for blob in self._rows(blobs))

    def away(self, job: str) -> set[str]:
        """The barcodes of the tapes without which a job's data cannot be read, by the job's id."""
        rows = self._store.all(
            "SELECT DISTINCT b.copies FROM job JOIN job_blob j ON j.job = job.key"
            " JOIN blob b ON b.key = j.blob WHERE job.id = ? AND NOT b.cached",
            job,
        )
        lacking = [row["copies"] for row in rows if not self._copies.is_reachable(row["copies"])]
        return {
            medium.name for key in lacking for medium in self._copies.media(self._copies.of(key))
        }

    # --- room in the cache

    def allocate(self, chunk: sqlite3.Row) -> bool:
        """Reserve room for a chunk of a PUT job; False when there is none now."""
        with self._store.transaction() as db:
            if not self._make_room(chunk["length"]):
                return False
            db.execute("UPDATE chunk SET ready = 1 WHERE key = ?", (chunk["key"],))
            db.execute(
                "UPDATE blob SET allocated = 1 WHERE key IN"
                " (SELECT blob FROM job_blob WHERE chunk = ?)",
                (chunk["key"],),
            )
        return True

    def reservation(self, length: int) -> contextlib.AbstractContextManager[bool]:
        """Hold room for a body while it comes in; False when there is none now."""
        if self._faults.get("cache_bytes") is None:
            return _UNLIMITED
        return self._reservation(length)

    @contextlib.contextmanager
    def _reservation(self, length: int) -> Iterator[bool]:
        with self._store.transaction():
            granted = self._make_room(length)
            self._reserved += length * granted
        try:
            yield granted
        finally:
            with self._store.lock:
                self._reserved -= length * granted

    def _make_room(self, length: int) -> bool:
        """Drop persisted blobs until `length` bytes are free; drop none if that is not enough."""
        size = self._faults.get("cache_bytes")
        if size is None:
            return True
        self.persist()
        used, _ = self.cache_used()
        droppable = self._droppable() if used + length > size else []
        if used + length - sum(blob["length"] for blob in droppable) > size:
            return False
        for blob in droppable:
            if used + length <= size:
                break
            self._store.db.execute("UPDATE blob SET cached = 0 WHERE key = ?", (blob["key"],))
            used -= blob["length"]
        return True

    def reclaim(self) -> None:
        """Drop from the cache all that may be dropped."""
        with self._store.transaction() as db:
            dropped = [(blob["key"],) for blob in self._droppable()]
            db.executemany("UPDATE blob SET cached = 0 WHERE key = ?", dropped)

    def _droppable(self) -> list[sqlite3.Row]:
        """Persisted blobs that no GET job is about to read, the least recently used first."""
        return self._store.all(
            "SELECT key, length FROM blob WHERE cached AND persisted_at IS NOT NULL AND key NOT IN"
            " (SELECT j.blob FROM job JOIN job_blob j ON j.job = job.key"
            "  JOIN chunk c ON c.key = j.chunk"
            "  WHERE job.status = 'IN_PROGRESS' AND job.kind = 'GET' AND c.ready AND NOT j.read)"
            " ORDER BY used_at"
        )

    # --- from tape to the cache

    def load(self, chunk: sqlite3.Row, since: float) -> bool:
        """Bring what a chunk of a GET job lacks into the cache; False while that takes time.

        With a `tape_delay`, what is persisted is read from tape though the cache has it too:
        whoever sets it wants to see the wait. `since` is when the chunk's turn came.
        """
        with self._store.transaction() as db:
            blobs = self._store.all(
                "SELECT b.key, b.length, b.cached, b.persisted_at, b.copies FROM job_blob j"
                " JOIN blob b ON b.key = j.blob WHERE j.chunk = ? AND NOT j.read",
                chunk["key"],
            )
            on_tape = [blob for blob in blobs if self._on_tape(blob)]
            if self._on_its_way(since) and on_tape:
                self._copies.read(blob["copies"] for blob in on_tape)
                return False
            lacking = [blob for blob in blobs if not blob["cached"]]
            if not all(self._copies.is_reachable(blob["copies"]) for blob in lacking):
                return False
            db.execute("UPDATE chunk SET ready = 1 WHERE key = ?", (chunk["key"],))
            if not self._make_room(sum(blob["length"] for blob in lacking)):
                db.execute("UPDATE chunk SET ready = 0 WHERE key = ?", (chunk["key"],))
                return False
            self._copies.read(blob["copies"] for blob in lacking)
            db.executemany(
                "UPDATE blob SET cached = 1, used_at = ? WHERE key = ?",
                [(self._store.now(), blob["key"]) for blob in lacking],
            )
        return True

    def _on_its_way(self, since: float) -> bool:
        return bool(self._store.now() < since + self._faults.get("tape_delay"))

    def _on_tape(self, blob: sqlite3.Row) -> bool:
        return blob["persisted_at"] is not None

    def at_hand(self, blob: sqlite3.Row) -> bool:
        """Whether a blob can be read without waiting for a tape."""
        slow = self._faults.get("tape_delay") > 0 or self._faults.get("tape_pace") > 0
        delayed = slow and self._on_tape(blob)
        return bool(blob["cached"]) and not delayed

    # --- from the cache to tape

    def persist(self) -> None:
        """Persist what is old enough and has media to go to, within the caller's transaction."""
        if self._faults.get("hold_persistence"):
            return
        limit = self._store.now() - self._faults.get("persist_delay")
        ripe = self._store.all(
            "SELECT SUM(length) AS length, COUNT(*) AS blobs, job FROM blob"
            " WHERE persisted_at IS NULL AND received_at <= ? GROUP BY job",
            limit,
        )
        for group in ripe:
            self._persist_of_job(group, limit)
        self._writing.mend()

    def _persist_of_job(self, ripe: sqlite3.Row, limit: float) -> None:
        """Persist what a job brought until a moment, unless it has to wait for a medium."""
        bucket = self._store.one(
            "SELECT b.* FROM job JOIN bucket b ON b.name = job.bucket WHERE job.key = ?",
            ripe["job"],
        )
        possible, copies = (True, None)
        if bucket is not None:
            possible, copies = self._writing.choose(bucket, ripe["length"])
        if not possible:
            return
        self._store.db.execute(
            "UPDATE blob SET persisted_at = ?, copies = ?"
            " WHERE persisted_at IS NULL AND received_at <= ? AND job IS ?",
            (self._store.now(), copies, limit, ripe["job"]),
        )
        self._store.db.execute(
            "UPDATE job SET completed = completed + ?, open = open - ? WHERE key = ?", tuple(ripe)
        )
