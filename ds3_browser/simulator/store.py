"""What the appliance knows, on disk: a SQLite file for facts, a file a blob for bytes.

Everything survives a restart, running jobs included. All methods take the one lock and are short;
bytes move outside of it. Names sort as their UTF-8 bytes, which is SQLite's own order of text.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import re
import shutil
import sqlite3
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any  # rows of SQLite

# `key` columns are row numbers, `id` columns the UUIDs that clients see.
# object.missing  blobs not received yet; 0 = the object is there, and has a date and an ETag.
# blob.job        the PUT job that brings it. blob.allocated: cache is reserved for it.
# chunk.open      blobs not received (PUT) or not read (GET). chunk.ready: allocated, or loaded.
# job.open        blobs not persisted (PUT) or not read (GET). job.cached, job.completed: bytes.
# job_blob.wanted, sent: spans in the object as JSON; no `wanted` means the whole blob.
SCHEMA = """
CREATE TABLE IF NOT EXISTS bucket (
    name TEXT PRIMARY KEY, id TEXT UNIQUE, created REAL, user TEXT, policy TEXT, protected INTEGER);
CREATE TABLE IF NOT EXISTS object (
    key INTEGER PRIMARY KEY, id TEXT, bucket TEXT, name TEXT, size INTEGER, missing INTEGER,
    created REAL, etag TEXT, metadata TEXT, UNIQUE (bucket, name));
CREATE TABLE IF NOT EXISTS blob (
    key INTEGER PRIMARY KEY, id TEXT, object INTEGER, job INTEGER, offset INTEGER, length INTEGER,
    checksum_type TEXT, checksum BLOB, allocated INTEGER DEFAULT 0, received_at REAL,
    cached INTEGER DEFAULT 0, persisted_at REAL, used_at REAL, discarded INTEGER DEFAULT 0);
CREATE UNIQUE INDEX IF NOT EXISTS blob_object ON blob (object, offset);
CREATE INDEX IF NOT EXISTS blob_unpersisted ON blob (received_at) WHERE persisted_at IS NULL;
CREATE INDEX IF NOT EXISTS blob_droppable ON blob (used_at)
    WHERE cached AND persisted_at IS NOT NULL;
CREATE TABLE IF NOT EXISTS job (
    key INTEGER PRIMARY KEY, id TEXT UNIQUE, bucket TEXT, kind TEXT, name TEXT, priority TEXT,
    user TEXT, naked INTEGER, options TEXT, undying INTEGER, in_order TEXT, created REAL,
    active REAL, status TEXT DEFAULT 'IN_PROGRESS', ended REAL, timed_out INTEGER DEFAULT 0,
    truncated INTEGER DEFAULT 0, size INTEGER DEFAULT 0, cached INTEGER DEFAULT 0,
    completed INTEGER DEFAULT 0, open INTEGER DEFAULT 0);
CREATE INDEX IF NOT EXISTS job_status ON job (status, ended, created);
CREATE TABLE IF NOT EXISTS chunk (
    key INTEGER PRIMARY KEY, id TEXT UNIQUE, job INTEGER, number INTEGER, length INTEGER,
    open INTEGER, ready INTEGER DEFAULT 0);
CREATE INDEX IF NOT EXISTS chunk_job ON chunk (job, number);
CREATE INDEX IF NOT EXISTS chunk_open ON chunk (job, number) WHERE open > 0;
CREATE TABLE IF NOT EXISTS job_blob (
    chunk INTEGER, place INTEGER, blob INTEGER, job INTEGER, read INTEGER DEFAULT 0,
    wanted TEXT, sent TEXT, PRIMARY KEY (chunk, place)) WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS job_blob_blob ON job_blob (blob, job);
CREATE INDEX IF NOT EXISTS job_blob_job ON job_blob (job);
"""
TABLES = ("bucket", "object", "blob", "job", "chunk", "job_blob")
LAST = "\U0010ffff"
MAX_NAME_BYTES = 1024
NOT_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


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


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a listing: an object, or a common prefix. `size` is 0 until all is received."""

    name: str
    is_prefix: bool
    id: str = ""
    size: int = 0
    created: float | None = None
    etag: str | None = None


@dataclass(frozen=True, slots=True)
class NewBlob:
    """A blob just planned: its row number and its part of the object."""

    key: int
    offset: int
    length: int


class Store:
    def __init__(self, folder: Path, now: Callable[[], float]) -> None:
        self.folder = folder
        self.now = now
        self.lock = threading.RLock()
        self._depth = 0
        self._folders: set[str] = set()
        (folder / "blobs").mkdir(parents=True, exist_ok=True)
        for left_over in (folder / "blobs").glob("incoming-*"):
            left_over.unlink()
        self.db = sqlite3.connect(folder / "appliance.sqlite3", check_same_thread=False)
        self.db.row_factory = sqlite3.Row
        self.db.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;" + SCHEMA)
        self._count_keys()

    def _count_keys(self) -> None:
        tables = ("object", "blob", "job", "chunk")
        last = (self.db.execute(f"SELECT MAX(key) FROM {t}").fetchone()[0] or 0 for t in tables)
        self._keys = {t: itertools.count(n + 1) for t, n in zip(tables, last, strict=True)}

    def new_key(self, table: str) -> int:
        """The next row number. Known before the row is written, so rows can be written in bulk."""
        return next(self._keys[table])

    def close(self) -> None:
        with self.lock:
            self.db.close()

    def clear(self) -> None:
        with self.transaction() as db:
            for table in TABLES:
                db.execute(f"DELETE FROM {table}")
        shutil.rmtree(self.folder / "blobs", ignore_errors=True)
        self._folders.clear()
        (self.folder / "blobs").mkdir(exist_ok=True)

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Hold the lock. The outermost block keeps what was written, or nothing if it raises."""
        with self.lock:
            self._depth += 1
            try:
                yield self.db
            except BaseException:
                self.db.rollback()
                raise
            else:
                if self._depth == 1:
                    self.db.commit()
            finally:
                self._depth -= 1

    def one(self, query: str, *values: Any) -> sqlite3.Row | None:
        with self.lock:
            row: sqlite3.Row | None = self.db.execute(query, values).fetchone()
            return row

    def all(self, query: str, *values: Any) -> list[sqlite3.Row]:
        with self.lock:
            return self.db.execute(query, values).fetchall()

    def value(self, query: str, *values: Any) -> Any:
        row = self.one(query, *values)
        return None if row is None else row[0]

    # --- buckets

    def bucket(self, name_or_id: str) -> sqlite3.Row:
        row = self.one(
            "SELECT * FROM bucket WHERE name = ? OR id = ?", name_or_id, name_or_id.lower()
        )
        if row is None:
            raise Refused(404, "NoSuchBucket", f"Bucket does not exist: {name_or_id}")
        return row

    def create_bucket(self, name: str, user: str, policy: str, *, protected: bool = False) -> None:
        with self.transaction() as db:
            if self.one("SELECT 1 FROM bucket WHERE name = ?", name):
                raise Refused(409, "BucketAlreadyExists", f"The bucket exists: {name}")
            values = (name, str(uuid.uuid4()), self.now(), user, policy, protected)
            db.execute("INSERT INTO bucket VALUES (?, ?, ?, ?, ?, ?)", values)

    def delete_bucket(self, name_or_id: str, *, force: bool) -> None:
        with self.transaction() as db:
            name = self.bucket(name_or_id)["name"]
            keys = [row["key"] for row in self.all("SELECT key FROM object WHERE bucket = ?", name)]
            if keys and not force:
                raise Refused(409, "BUCKET_NOT_EMPTY", f"The bucket is not empty: {name}")
            self.remove_objects(keys)
            db.execute("DELETE FROM bucket WHERE name = ?", (name,))

    def bucket_usage(self, name: str) -> tuple[int, bool]:
        """Bytes of the objects in a bucket, and whether it is empty."""
        row = self.one("SELECT SUM(size) AS used, COUNT(*) AS n FROM object WHERE bucket = ?", name)
        return (0, True) if row is None else (row["used"] or 0, row["n"] == 0)

    # --- objects

    def object(self, bucket: str, name: str, version_id: str | None = None) -> sqlite3.Row:
        row = self.one("SELECT * FROM object WHERE bucket = ? AND name = ?", bucket, name)
        if row is None or (version_id and row["id"] != version_id.lower()):
            self.bucket(bucket)
            raise Refused(404, "NoSuchKey", f"The object does not exist: {name}")
        return row

    def blobs(self, object_key: int) -> list[sqlite3.Row]:
        return self.all("SELECT * FROM blob WHERE object = ? ORDER BY offset", object_key)

    def add_objects(
        self, bucket: str, items: Sequence[tuple[str, int]], blob_size: int | None, job: int
    ) -> list[NewBlob]:
        """Insert objects that are still to come; their blobs in order. `None` cuts nothing."""
        objects, rows, planned = [], [], []
        for name, size in items:
            key = self.new_key("object")
            cut = blob_size or max(size, 1)
            offsets = range(0, max(size, 1), cut)
            objects.append((key, str(uuid.uuid4()), bucket, name, size, len(offsets)))
            for offset in offsets:
                blob = NewBlob(self.new_key("blob"), offset, min(cut, size - offset))
                planned.append(blob)
                rows.append((blob.key, str(uuid.uuid4()), key, job, offset, blob.length))
        self.db.executemany(
            "INSERT INTO object (key, id, bucket, name, size, missing) VALUES (?, ?, ?, ?, ?, ?)",
            objects,
        )
        self.db.executemany(
            "INSERT INTO blob (key, id, object, job, offset, length) VALUES (?, ?, ?, ?, ?, ?)",
            rows,
        )
        return planned

    def complete_object(self, key: int, digest: Callable[[bytes], bytes]) -> None:
        """Give an object whose blobs are all there its date and its ETag.

        The ETag is the blob's checksum in hex; of several blobs the checksum over theirs, with
        their number behind a dash.
        """
        checksums = [blob["checksum"] for blob in self.blobs(key)]
        several = len(checksums) > 1
        etag = (digest(b"".join(checksums)) if several else checksums[0]).hex()
        self.db.execute(
            "UPDATE object SET created = ?, etag = ? WHERE key = ?",
            (self.now(), f"{etag}-{len(checksums)}" if several else etag, key),
        )

    def metadata(self, row: sqlite3.Row) -> dict[str, str]:
        found: dict[str, str] = json.loads(row["metadata"] or "{}")
        return found

    def remove_objects(self, keys: Iterable[int]) -> None:
        """Delete objects with their blobs and files; jobs that held them hold less."""
        with self.transaction() as db:
            jobs: set[int] = set()
            for key in keys:
                for blob in self.blobs(key):
                    found = db.execute("SELECT job FROM job_blob WHERE blob = ?", (blob["key"],))
                    jobs.update(row["job"] for row in found)
                    db.execute("DELETE FROM job_blob WHERE blob = ?", (blob["key"],))
                    if blob["received_at"] is not None:
                        self.blob_path(blob["id"]).unlink(missing_ok=True)
                db.execute("DELETE FROM blob WHERE object = ?", (key,))
                db.execute("DELETE FROM object WHERE key = ?", (key,))
            for job in jobs:
                self._recount(job)

    def _recount(self, job: int) -> None:
        """Count anew what a job and its chunks hold, after blobs have left it."""
        put = self.value("SELECT kind FROM job WHERE key = ?", job) == "PUT"
        moved = "b.received_at IS NOT NULL" if put else "j.read"
        there = moved if put else "(c.ready OR j.read)"
        done = "b.persisted_at IS NOT NULL" if put else "j.read"
        blobs = (
            "FROM job_blob j JOIN blob b ON b.key = j.blob JOIN chunk c ON c.key = j.chunk WHERE"
        )
        self.db.execute(
            "UPDATE chunk SET (length, open) = (SELECT COALESCE(SUM(b.length), 0),"
            f" COALESCE(SUM(NOT ({moved})), 0) {blobs} j.chunk = chunk.key) WHERE job = ?",
            (job,),
        )
        self.db.execute(
            "UPDATE job SET (size, cached, completed, open) = (SELECT COALESCE(SUM(b.length), 0),"
            f" COALESCE(SUM(b.length * ({there})), 0), COALESCE(SUM(b.length * ({done})), 0),"
            f" COALESCE(SUM(NOT ({done})), 0) {blobs} j.job = job.key) WHERE key = ?",
            (job,),
        )

    def delete_object(self, bucket: str, name: str, version_id: str | None) -> None:
        with self.transaction():
            self.remove_objects([self.object(bucket, name, version_id)["key"]])

    def delete_folder(self, bucket: str, folder: str) -> None:
        """Delete all objects below a folder, named with or without its slash."""
        with self.transaction():
            name = self.bucket(bucket)["name"]
            prefix = folder.removesuffix("/") + "/"
            rows = self.all(
                "SELECT key FROM object WHERE bucket = ? AND name >= ? AND name < ?",
                name,
                prefix,
                prefix + LAST,
            )
            if not rows:
                raise Refused(404, "NotFound", f"No object is in the folder {folder}")
            self.remove_objects([row["key"] for row in rows])

    # --- files

    def blob_path(self, blob_id: str) -> Path:
        return self.folder / "blobs" / blob_id[:2] / blob_id

    def new_file(self) -> Path:
        return self.folder / "blobs" / f"incoming-{uuid.uuid4()}"

    def keep_file(self, incoming: Path, blob_id: str) -> None:
        target = self.blob_path(blob_id)
        if blob_id[:2] not in self._folders:
            target.parent.mkdir(exist_ok=True)
            self._folders.add(blob_id[:2])
        incoming.rename(target)

    # --- listings

    def list_page(
        self, bucket: str, prefix: str, delimiter: str, marker: str, max_keys: int
    ) -> tuple[Sequence[Row], bool]:
        """One page in byte order, and whether more follows.

        A common prefix counts as one row, is never split over pages, and is skipped by seeking
        past it instead of reading what is below.
        """
        with self.lock:
            found = itertools.islice(
                self._rows(bucket, prefix, delimiter, marker), max(max_keys, 0) + 1
            )
            rows = list(found)
        return rows[:max_keys], len(rows) > max_keys > 0

    def _rows(self, bucket: str, prefix: str, delimiter: str, marker: str) -> Iterator[Row]:
        after: str | None = marker
        if delimiter and _common_prefix(marker, prefix, delimiter) == marker:
            # A marker that is a common prefix stands for all below it.
            after = marker + LAST
        while after is not None:
            names = self.db.execute(
                "SELECT name, id, size, missing, created, etag FROM object"
                " WHERE bucket = ? AND name > ? AND name >= ? AND name < ? ORDER BY name",
                (bucket, after, prefix, prefix + LAST),
            )
            after = None
            for row in names:
                common = _common_prefix(row["name"], prefix, delimiter) if delimiter else None
                if common is not None:
                    yield Row(common, True)
                    after = common + LAST
                    break
                yield _row(row)

    def search(
        self, where: str, values: Sequence[Any], offset: int, limit: int
    ) -> tuple[list[sqlite3.Row], int]:
        """Objects of all buckets by name, and how many there are in all."""
        total = self.value(f"SELECT COUNT(*) FROM object o WHERE {where}", *values)
        rows = self.all(
            "SELECT o.*, b.id AS bucket_id, b.user FROM object o JOIN bucket b ON b.name = o.bucket"
            f" WHERE {where} ORDER BY o.name, o.created DESC, o.id LIMIT ? OFFSET ?",
            *values,
            limit,
            offset,
        )
        return rows, total


def check_name(name: str) -> None:
    """Refuse what no object may be called: nothing, too much, or what XML cannot carry."""
    if not 0 < len(name.encode()) <= MAX_NAME_BYTES:
        raise Refused(400, "InvalidArgument", f"A name has 1 to {MAX_NAME_BYTES} bytes.")
    if NOT_XML.search(name):
        raise Refused(400, "InvalidArgument", "A name holds a character that XML cannot carry.")


def _row(found: sqlite3.Row) -> Row:
    return Row(
        name=found["name"],
        is_prefix=False,
        id=found["id"],
        size=0 if found["missing"] else found["size"],
        created=found["created"],
        etag=found["etag"],
    )


def _common_prefix(name: str, prefix: str, delimiter: str) -> str | None:
    if not name.startswith(prefix):
        return None
    end = name.find(delimiter, len(prefix))
    return None if end < 0 else name[: end + len(delimiter)]
