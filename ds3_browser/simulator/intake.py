"""Objects that come without a job: each counts at once and is in the tables a little later.

A small one costs the tables far more than the wire. So it goes to a journal, in one write, which a
killed process leaves behind as well as any commit; what has gathered there is written to the tables
in one go, before anybody looks into them. A start writes what the last process left.
"""

from __future__ import annotations

import itertools
import json
import logging
import mmap
import os
import sqlite3
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from struct import Struct
from typing import NamedTuple

from . import checksum
from .planning import Planner, exists
from .policies import Policies, Policy
from .receiving import Received
from .store import JOURNAL, Refused, Store, check_name, new_id, new_ids, no_room
from .versions import Versions, Whole

log = logging.getLogger(__name__)

MAX_BYTES = 1 << 40  # of an object without a job
MOST_WAITING = 200  # objects
FEWEST_PACKED = 16  # objects whose bodies go to one file; of fewer each goes to a row
GROWTH = 1 << 20  # bytes by which the journal grows
_FRAME = Struct(">III")  # lengths of facts and body, CRC-32 of the facts, which know the body's
_NO_FRAME = bytes(_FRAME.size)


class Journal:
    """A file of objects and their bodies. An entry is whole, or it is not there.

    It is written through memory, which is the file's own and outlives the process, and over again
    and again, as fresh pages of a file cost more than the writing. `batch` tells the entries that
    count from those of earlier rounds behind them.
    """

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        self._map: mmap.mmap | None = None
        self._room = 0  # bytes of the file that are mapped
        self._end = 0
        self.batch = new_id()

    def close(self) -> None:
        if self._map is not None:
            self._map.close()
        os.close(self._file)

    def append(self, whole: Whole, body: bytes) -> None:
        """Add an entry. Raises OSError, and has nothing of it then."""
        facts = "\0".join(
            (
                *(self.batch, whole.id, whole.blob_id, whole.bucket, whole.name),
                *(whole.checksum_type, whole.checksum.hex(), repr(whole.arrived)),
                *(whole.metadata, whole.user),
            )
        ).encode()
        frame = _FRAME.pack(len(facts), len(body), zlib.crc32(facts))
        entry = b"".join((frame, facts, body))
        end = self._end + len(entry)
        if self._map is None or end > self._room:
            self._map = self._mapped(end)
        self._map[self._end : end] = entry
        self._end = end

    def _mapped(self, end: int) -> mmap.mmap:
        """The file as memory, with room up to `end` at least.

        Its room is written, not merely claimed: memory behind which there is no disk ends the
        process that writes to it.
        """
        wanted, there = -(-end // GROWTH) * GROWTH, os.fstat(self._file).st_size
        while there < wanted:
            there += os.pwrite(self._file, bytes(min(GROWTH, wanted - there)), there)
        if self._map is not None:
            self._map.close()
            self._map = None
        self._room = wanted
        return mmap.mmap(self._file, wanted)

    def entries(self) -> Iterator[tuple[Whole, bytes]]:
        """All that count, up to where a killed process left half of one."""
        batch = None
        with os.fdopen(os.dup(self._file), "rb") as file:
            file.seek(0)
            while len(frame := file.read(_FRAME.size)) == _FRAME.size and frame != _NO_FRAME:
                of_facts, of_body, of_sum = _FRAME.unpack(frame)
                facts, body = file.read(of_facts), file.read(of_body)
                if zlib.crc32(facts) != of_sum:
                    return
                its_batch, *rest = facts.decode().split("\0", 9)
                whole = _whole(rest, of_body)
                is_whole = checksum.of(whole.checksum_type, body) == whole.checksum
                if its_batch != (batch := batch or its_batch) or not is_whole:
                    return
                yield whole, body

    def clear(self) -> None:
        """Have no entries, and begin the next batch."""
        os.pwrite(self._file, _NO_FRAME, 0)
        self._end, self.batch = 0, new_id()


def _whole(facts: list[str], length: int) -> Whole:
    """What an entry says of an object. Its body is small, so it goes to a row."""
    identifier, blob_id, bucket, name, kind, checksum, arrived, metadata, user = facts
    return Whole(
        *(identifier, blob_id, bucket, name, user, length),
        *(kind, bytes.fromhex(checksum), metadata, "row", float(arrived)),
    )


def _as_json(metadata: Mapping[str, str]) -> str:
    return json.dumps(metadata) if metadata else "{}"


class Place(NamedTuple):
    """Where an object without a job goes. `changes` are the store's at the time of the look."""

    bucket: str
    policy: Policy
    changes: int


class Intake:
    def __init__(
        self, store: Store, versions: Versions, planner: Planner, policies: Policies
    ) -> None:
        self._store = store
        self._versions = versions
        self._planner = planner
        self._policies = policies
        self._waiting: dict[tuple[str, str], tuple[Whole, bytes]] = {}
        self._ids = new_ids()
        self._journal = Journal(store.folder / JOURNAL)
        self._recover()

    def close(self) -> None:
        self._journal.close()

    def _recover(self) -> None:
        """Write what a process that was killed had taken. It may have come to writing it."""
        left = [
            entry
            for entry in self._journal.entries()
            if self._store.one("SELECT 1 FROM object WHERE id = ?", entry[0].id) is None
        ]
        self._waiting = {(whole.bucket, whole.name): (whole, body) for whole, body in left}
        with self._store.lock:
            self._write()

    # --- what may come

    def check(self, bucket: str, name: str, length: int) -> Place:
        """The bucket that a PUT without a job goes to. Raises Refused where it cannot."""
        changes, row = self._store.changes, self._store.bucket_known(bucket)
        place = Place(row["name"], self._policies.of(row), changes)
        check_name(name)
        if length > MAX_BYTES:
            raise Refused(400, "InvalidArgument", "Without a job an object has at most 1 TB.")
        if place.policy.versioning == "NONE" and self._is_there(place.bucket, name):
            raise exists(name)
        return place

    def _is_there(self, bucket: str, name: str) -> bool:
        """Whether a name means an object, or one that waits."""
        if (bucket, name) in self._waiting:
            return True
        query = "SELECT 1 FROM object WHERE bucket = ? AND name = ? AND listed"
        return self._store.written(query, bucket, name) is not None

    # --- what came

    def take(self, place: Place, name: str, user: str, length: int, received: Received) -> None:
        """Keep an object whose bytes are there. Raises Refused if one has come meanwhile."""
        with self._store.lock:
            place, ids = self._checked_again(place, name, length), self._ids
            whole = Whole(
                *(next(ids), next(ids), place.bucket, name, user, length),
                *(received.checksum_type, received.checksum, _as_json(received.metadata)),
                *(received.kept, self._store.now()),
            )
            if isinstance(received.body, bytes) and place.policy.versioning == "NONE":
                self._put_off(whole, received.body)
            else:
                with self._store.transaction():
                    first_blob = self._insert([whole])
                    self._store.keep_content(received.body, first_blob, whole.blob_id)

    def _checked_again(self, place: Place, name: str, length: int) -> Place:
        unchanged = self._store.changes == place.changes
        if unchanged and (place.bucket, name) not in self._waiting:
            return place
        return self.check(place.bucket, name, length)

    def _put_off(self, whole: Whole, body: bytes) -> None:
        try:
            self._journal.append(whole, body)
        except OSError as error:
            raise no_room(error) from error
        self._waiting[whole.bucket, whole.name] = (whole, body)
        self._store.put_off(self._write)
        if len(self._waiting) >= MOST_WAITING:
            self._catch_up()

    def _catch_up(self) -> None:
        """Write what waits. While there is no room for it the journal has it."""
        try:
            with self._store.reading():
                pass
        except (OSError, sqlite3.OperationalError) as error:
            log.warning("objects wait for room: %s", no_room(error).message)

    def _write(self) -> None:
        """Write to the tables what waits. The caller holds the lock."""
        waiting = list(self._waiting.values())
        try:
            if waiting:
                with self._store.transaction():
                    self._insert_with_bodies(waiting)
        except BaseException:
            self._store.put_off(self._write)
            raise
        self._waiting.clear()
        self._ids = new_ids()
        self._journal.clear()

    def _insert_with_bodies(self, waiting: list[tuple[Whole, bytes]]) -> None:
        wholes, bodies = [whole for whole, _ in waiting], [body for _, body in waiting]
        if len(bodies) >= FEWEST_PACKED:
            pack, start = self._store.packs.keep(bodies, lambda: self._store.new_key("pack"))
            self._insert(wholes, pack, start)
            return
        first_blob = self._insert(wholes)
        self._store.db.executemany(
            "INSERT INTO content VALUES (?, ?)", list(enumerate(bodies, first_blob))
        )

    def _insert(self, wholes: list[Whole], pack: int | None = None, start: int = 0) -> int:
        db, first_blob = self._store.db, self._store.new_keys("blob", len(wholes))
        starts = itertools.accumulate((each.length for each in wholes), initial=start)
        db.executemany(
            f"INSERT INTO arrival VALUES (?, ?{', ?' * len(Whole._fields)})",
            [(n, next(starts), *each) for n, each in enumerate(wholes)],
        )
        first_job = self._planner.create_received(wholes, first_blob)
        self._versions.add_whole(wholes, first_blob, first_job, pack)
        db.execute("DELETE FROM arrival")
        return first_blob
