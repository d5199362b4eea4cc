"""What the appliance knows, on disk: a SQLite file for facts, a file a blob for bytes.

Everything survives a restart, running jobs included. All methods take the one lock and are short;
bytes move outside of it. Names sort as their UTF-8 bytes, which is SQLite's own order of text.
What is to be written may be put off (`put_off`); whoever reads or writes has it written before.
"""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import shutil
import sqlite3
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any  # rows of SQLite

from .answers import NOT_XML
from .packs import Packs
from .schema import ARRIVALS, SCHEMA, VERSION

# Nobody else opens the file, so no lock of it is asked for at each statement. A process that is
# killed loses nothing that was committed; a computer that stops may.
SETTINGS = """
PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;
PRAGMA wal_autocheckpoint=8000; PRAGMA cache_size=-65536; PRAGMA temp_store=MEMORY;
"""
NUMBERED = (
    "object",
    "blob",
    "job",
    "chunk",
    "pack",
)  # tables whose rows get their number from here
MAX_NAME_BYTES = 1024
FILE = "appliance.sqlite3"
JOURNAL = "arrivals.journal"
BUCKET = "SELECT * FROM bucket WHERE name = ? OR id = ?"
MOST_KNOWN = 1000  # rows that are remembered


class Refused(Exception):
    """What the appliance answers instead of success. Without a code the answer has no body."""

    def __init__(
        self, status: int, code: str | None, message: str, *, retry_after: bool = False
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.retry_after = retry_after


def no_room(error: Exception) -> Refused:
    """What is answered when the disk is full. Raises what is another error."""
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return Refused(503, "SlowDown", "The disk is full.", retry_after=True)
    if getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_FULL:
        return Refused(503, "SlowDown", "The disk is full.", retry_after=True)
    raise error


class Store:
    def __init__(self, folder: Path, now: Callable[[], float]) -> None:
        self.folder = folder
        self.now = now
        self.lock = threading.RLock()
        # Called when the tables no longer hold what was written to them.
        self.forgetters: list[Callable[[], object]] = []
        self._depth = 0
        self.changes = 0  # how often something may have been written
        self._put_off: Callable[[], object] | None = None
        self._known: dict[tuple[Any, ...], sqlite3.Row | None] = {}
        self._folders: set[str] = set()
        (folder / "blobs").mkdir(parents=True, exist_ok=True)
        self.db = sqlite3.connect(folder / FILE, check_same_thread=False, cached_statements=256)
        self.db.row_factory = sqlite3.Row
        self.db.executescript(SETTINGS)
        self._begin()
        # The archive is ours alone by now: nobody is about to write to these.
        for left_over in (folder / "blobs").glob("incoming-*"):
            left_over.unlink()
        self.packs = Packs(folder / "blobs", self.db)
        self.packs.remove_lost()
        self._count_keys()
        # Whether there may be one: asked at each request that names no job.
        self.has_implicit_jobs = bool(self.value("SELECT 1 FROM job WHERE implicit LIMIT 1"))

    def _begin(self) -> None:
        """Have all tables. What was written with other ones cannot be read and goes."""
        if self.db.execute("PRAGMA user_version").fetchone()[0] != VERSION:
            for table in self.tables():
                self.db.execute(f"DROP TABLE {table}")
            self._remove_files()
            (self.folder / JOURNAL).unlink(missing_ok=True)
        self.db.executescript(f"{SCHEMA} {ARRIVALS} PRAGMA user_version={VERSION};")

    def _count_keys(self) -> None:
        last = (self.value(f"SELECT MAX(key) FROM {table}") or 0 for table in NUMBERED)
        self._keys = {t: itertools.count(n + 1) for t, n in zip(NUMBERED, last, strict=True)}

    def new_key(self, table: str) -> int:
        """The next row number. Known before the row is written, so rows can be written in bulk."""
        return next(self._keys[table])

    def new_keys(self, table: str, times: int) -> int:
        """The first of so many row numbers, which follow each other."""
        with self.lock:
            first = next(self._keys[table])
            self._keys[table] = itertools.count(first + times)
            return first

    def close(self) -> None:
        """Close the tables. What could not be written any more is left to the next start."""
        with self.lock:
            try:
                self._catch_up()
            finally:
                self.packs.close()
                self.db.close()

    def tables(self) -> list[str]:
        found = self.db.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        )
        return [row[0] for row in found.fetchall()]

    def clear(self) -> None:
        with self.transaction() as db:
            for table in self.tables():
                db.execute(f"DELETE FROM {table}")
            self._forget()
            self.packs.close()
        self._remove_files()

    def _forget(self) -> None:
        for forget in self.forgetters:
            forget()

    def _remove_files(self) -> None:
        shutil.rmtree(self.folder / "blobs", ignore_errors=True)
        self._folders.clear()
        (self.folder / "blobs").mkdir(exist_ok=True)

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Hold the lock. The outermost block keeps what was written, or nothing if it raises."""
        with self.reading():
            self._depth += 1
            try:
                yield self.db
            except BaseException:
                self.db.rollback()
                self._forget()
                raise
            else:
                if self._depth == 1:
                    self.db.commit()
            finally:
                self._depth -= 1
                self.changes += 1
                self._known.clear()

    @contextlib.contextmanager
    def reading(self) -> Iterator[None]:
        """Hold the lock, with everything written that was put off."""
        with self.lock:
            self._catch_up()
            yield

    def put_off(self, write: Callable[[], object]) -> None:
        """Have this called before anybody reads or writes. The caller holds the lock."""
        self._put_off = write

    def _catch_up(self) -> None:
        if self._put_off is not None:
            write, self._put_off = self._put_off, None
            write()

    def one(self, query: str, *values: Any) -> sqlite3.Row | None:
        with self.lock:
            self._catch_up()
            row: sqlite3.Row | None = self.db.execute(query, values).fetchone()
            return row

    def written(self, query: str, *values: Any) -> sqlite3.Row | None:
        """One row of what is written by now, without what was put off."""
        with self.lock:
            row: sqlite3.Row | None = self.db.execute(query, values).fetchone()
            return row

    def known(self, query: str, *values: Any) -> sqlite3.Row | None:
        """As `written`, for rows asked for again and again: remembered until something changes."""
        with self.lock:
            key = (query, *values)
            if key not in self._known:
                if len(self._known) >= MOST_KNOWN:
                    self._known.clear()
                self._known[key] = self.written(query, *values)
            return self._known[key]

    def all(self, query: str, *values: Any) -> list[sqlite3.Row]:
        with self.lock:
            self._catch_up()
            return self.db.execute(query, values).fetchall()

    def value(self, query: str, *values: Any) -> Any:
        row = self.one(query, *values)
        return None if row is None else row[0]

    # --- buckets

    def bucket(self, name_or_id: str) -> sqlite3.Row:
        row = self.one(BUCKET, name_or_id, name_or_id.lower())
        if row is None:
            raise Refused(404, "NoSuchBucket", f"Bucket does not exist: {name_or_id}")
        return row

    def bucket_known(self, name_or_id: str) -> sqlite3.Row:
        """As `bucket`, for who does not care for its `objects` and `used`."""
        row = self.known(BUCKET, name_or_id, name_or_id.lower())
        return self.bucket(name_or_id) if row is None else row

    def create_bucket(
        self,
        name: str,
        user: str,
        policy: str,
        *,
        identifier: str | None = None,
        protected: bool = False,
    ) -> None:
        identifier = identifier or str(uuid.uuid4())
        with self.transaction() as db:
            if self.one("SELECT 1 FROM bucket WHERE name = ? OR id = ?", name, identifier):
                raise Refused(409, "BucketAlreadyExists", f"The bucket exists: {name}")
            db.execute(
                "INSERT INTO bucket (name, id, created, user, policy, protected)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (name, identifier, self.now(), user, policy, protected),
            )

    # --- jobs

    def forget_jobs(self, where: str, *values: object) -> None:
        """Let some jobs be as if there had never been any."""
        with self.transaction() as db:
            for table in ("job_blob", "chunk"):
                some = f"job IN (SELECT key FROM job WHERE {where})"
                db.execute(f"DELETE FROM {table} WHERE {some}", values)
            db.execute(f"DELETE FROM job WHERE {where}", values)

    # --- files

    def blob_path(self, blob_id: str) -> Path:
        return self.folder / "blobs" / blob_id[-2:] / blob_id

    def new_file(self) -> Path:
        return self.folder / "blobs" / f"incoming-{new_id()}"

    def keep_body(self, body: Path | bytes | None, identifier: str) -> None:
        """Keep a body in a file, wherever it is; none if its bytes were not kept."""
        if isinstance(body, bytes):
            incoming = self.new_file()
            incoming.write_bytes(body)
            body = incoming
        if body is not None:
            self.keep_file(body, identifier)

    def keep_content(self, body: Path | bytes | None, key: int, identifier: str) -> None:
        """Keep a blob's body where it is at home: a small one in a row, another in a file."""
        if isinstance(body, bytes):
            self.db.execute("INSERT INTO content VALUES (?, ?)", (key, body))
        elif body is not None:
            self.keep_file(body, identifier)

    def keep_file(self, incoming: Path, blob_id: str) -> None:
        target = self.blob_path(blob_id)
        self._have_folder(target)
        os.rename(incoming, target)

    def _have_folder(self, file: Path) -> None:
        name = file.parent.name
        if name not in self._folders:
            file.parent.mkdir(exist_ok=True)
            self._folders.add(name)

    def remove_file(self, blob_id: str) -> None:
        self.blob_path(blob_id).unlink(missing_ok=True)


_COUNT = itertools.count()


def new_id() -> str:
    """A UUID that begins with the time, so that indexes of a million of them grow at their end."""
    ms = time.time_ns() // 1_000_000 & 0xFFFF_FFFF_FFFF
    rest = int.from_bytes(os.urandom(8), "big")
    return (
        f"{ms >> 16:08x}-{ms & 0xFFFF:04x}-7{next(_COUNT) & 0xFFF:03x}"
        f"-{0x8000 | rest >> 50:04x}-{rest & 0xFFFF_FFFF_FFFF:012x}"
    )


def new_id_beginning() -> str:
    """What many new ids have in common; the number of each follows, as twelve hex digits."""
    return new_id()[:-12]


def new_ids() -> Iterator[str]:
    """As many of them as are wanted, for less: they differ in their last digits alone."""
    beginning = new_id_beginning()
    return (f"{beginning}{number:012x}" for number in itertools.count())


def check_name(name: str) -> None:
    """Refuse what no object may be called: nothing, too much, or what XML cannot carry."""
    if not 0 < len(name.encode()) <= MAX_NAME_BYTES:
        raise Refused(400, "InvalidArgument", f"A name has 1 to {MAX_NAME_BYTES} bytes.")
    if NOT_XML.search(name):
        raise Refused(400, "InvalidArgument", "A name holds a character that XML cannot carry.")
