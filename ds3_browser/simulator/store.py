"""Buckets, objects and blobs on disk: a SQLite file for what is known of them, a file a blob.

A restart keeps everything, running jobs included. All methods take the one lock and are short:
bytes move outside of it.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import sqlite3
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any  # rows of SQLite

SCHEMA = """
CREATE TABLE IF NOT EXISTS bucket (name TEXT PRIMARY KEY, id TEXT UNIQUE, created REAL, user TEXT);
CREATE TABLE IF NOT EXISTS object (
    id TEXT PRIMARY KEY, bucket TEXT, name TEXT, size INTEGER, created REAL, etag TEXT,
    metadata TEXT, UNIQUE (bucket, name));
CREATE TABLE IF NOT EXISTS blob (
    id TEXT PRIMARY KEY, object TEXT, offset INTEGER, length INTEGER, checksum TEXT,
    allocated INTEGER DEFAULT 0, received_at REAL, cached INTEGER DEFAULT 0, persisted_at REAL,
    used_at REAL DEFAULT 0);
CREATE INDEX IF NOT EXISTS blob_object ON blob (object, offset);
CREATE INDEX IF NOT EXISTS blob_unpersisted ON blob (received_at) WHERE persisted_at IS NULL;
CREATE TABLE IF NOT EXISTS job (
    id TEXT PRIMARY KEY, bucket TEXT, kind TEXT, name TEXT, priority TEXT, user TEXT, created REAL,
    active REAL, ended REAL, status TEXT, naked INTEGER, aggregating INTEGER, in_order TEXT,
    timed_out INTEGER DEFAULT 0, truncated INTEGER DEFAULT 0, size INTEGER DEFAULT 0);
CREATE TABLE IF NOT EXISTS chunk (
    id TEXT PRIMARY KEY, job TEXT, number INTEGER, length INTEGER, allocated INTEGER DEFAULT 0);
CREATE INDEX IF NOT EXISTS chunk_job ON chunk (job, number);
CREATE TABLE IF NOT EXISTS job_blob (
    job TEXT, chunk TEXT, place INTEGER, blob TEXT, read INTEGER DEFAULT 0,
    PRIMARY KEY (job, place)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS job_blob_blob ON job_blob (blob);
CREATE INDEX IF NOT EXISTS job_blob_chunk ON job_blob (chunk);
CREATE INDEX IF NOT EXISTS job_blob_unread ON job_blob (job) WHERE NOT read;
"""
LAST = "\U0010ffff"
DEFAULT_CHECKSUM = "CRC_32C"


class Refused(Exception):
    """What the appliance answers instead of success."""

    def __init__(
        self, status: int, code: str | None, message: str, retry_after: bool = False
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a listing: an object, or a common prefix."""

    name: str
    is_prefix: bool
    id: str = ""
    size: int = 0
    created: float | None = None
    etag: str | None = None


class Store:
    def __init__(self, folder: Path, now: Callable[[], float]) -> None:
        self.folder = folder
        self.now = now
        self.lock = threading.RLock()
        (folder / "blobs").mkdir(parents=True, exist_ok=True)
        self.db = sqlite3.connect(folder / "simulator.sqlite3", check_same_thread=False)
        self.db.row_factory = sqlite3.Row
        self.db.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;" + SCHEMA)

    def close(self) -> None:
        with self.lock:
            self.db.close()

    def clear(self) -> None:
        with self.transaction():
            for table in ("bucket", "object", "blob", "job", "chunk", "job_blob"):
                self.db.execute(f"DELETE FROM {table}")
        shutil.rmtree(self.folder / "blobs", ignore_errors=True)
        (self.folder / "blobs").mkdir(exist_ok=True)

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Hold the lock; what was written stays if the block ends, and is undone if it raises."""
        with self.lock:
            try:
                yield self.db
            except BaseException:
                self.db.rollback()
                raise
            self.db.commit()

    def one(self, query: str, *values: Any) -> sqlite3.Row | None:
        with self.lock:
            row: sqlite3.Row | None = self.db.execute(query, values).fetchone()
            return row

    def all(self, query: str, *values: Any) -> list[sqlite3.Row]:
        with self.lock:
            return self.db.execute(query, values).fetchall()

    # --- buckets

    def bucket(self, name_or_id: str) -> sqlite3.Row:
        row = self.one("SELECT * FROM bucket WHERE name = ? OR id = ?", name_or_id, name_or_id)
        if row is None:
            raise Refused(404, "NoSuchBucket", f"Bucket does not exist: {name_or_id}")
        return row

    def create_bucket(self, name: str, user: str) -> None:
        with self.transaction() as db:
            if self.one("SELECT 1 FROM bucket WHERE name = ?", name):
                raise Refused(409, "BucketAlreadyExists", f"The bucket exists: {name}")
            values = (name, str(uuid.uuid4()), self.now(), user)
            db.execute("INSERT INTO bucket VALUES (?, ?, ?, ?)", values)

    def delete_bucket(self, name: str, force: bool) -> None:
        with self.transaction() as db:
            name = self.bucket(name)["name"]
            ids = [r["id"] for r in db.execute("SELECT id FROM object WHERE bucket = ?", (name,))]
            if ids and not force:
                raise Refused(409, "BUCKET_NOT_EMPTY", f"The bucket is not empty: {name}")
            self.remove_objects(ids)
            db.execute("DELETE FROM bucket WHERE name = ?", (name,))

    def bucket_usage(self, name: str) -> tuple[int, bool]:
        row = self.one("SELECT SUM(size) AS used, COUNT(*) AS n FROM object WHERE bucket = ?", name)
        return (0, True) if row is None else (row["used"] or 0, row["n"] == 0)

    # --- objects

    def object(self, bucket: str, name: str, version_id: str | None = None) -> sqlite3.Row:
        row = self.one("SELECT * FROM object WHERE bucket = ? AND name = ?", bucket, name)
        if row is None or (version_id and row["id"].lower() != version_id.lower()):
            self.bucket(bucket)
            raise Refused(404, "NoSuchKey", f"The object does not exist: {name}")
        return row

    def blobs(self, object_id: str) -> list[sqlite3.Row]:
        return self.all("SELECT * FROM blob WHERE object = ? ORDER BY offset", object_id)

    def add_object(
        self, bucket: str, name: str, size: int, blob_size: int
    ) -> list[tuple[str, int]]:
        """Insert an object that is not received yet; its blobs' ids and lengths, in order."""
        object_id = str(uuid.uuid4())
        self.db.execute(
            "INSERT INTO object (id, bucket, name, size) VALUES (?, ?, ?, ?)",
            (object_id, bucket, name, size),
        )
        blobs = []
        for offset in range(0, max(size, 1), blob_size):
            blob_id, length = str(uuid.uuid4()), min(blob_size, size - offset)
            self.db.execute(
                "INSERT INTO blob (id, object, offset, length) VALUES (?, ?, ?, ?)",
                (blob_id, object_id, offset, length),
            )
            blobs.append((blob_id, length))
        return blobs

    def blob_received(self, blob_id: str, checksum: str, metadata: dict[str, str]) -> None:
        """A blob's bytes are all there. The last one of an object completes it."""
        with self.transaction() as db:
            now = self.now()
            blob = self.one("SELECT * FROM blob WHERE id = ?", blob_id)
            if blob is None:
                raise Refused(404, "NotFound", "The blob is no longer part of a job.")
            if blob["received_at"] is not None:
                raise Refused(409, "OBJECT_ALREADY_EXISTS", "The blob was received already.")
            db.execute(
                "UPDATE blob SET received_at = ?, cached = 1, checksum = ?, used_at = ?"
                " WHERE id = ?",
                (now, checksum, now, blob_id),
            )
            db.execute(
                "UPDATE object SET metadata = ? WHERE id = ? AND metadata IS NULL",
                (json.dumps(metadata), blob["object"]),
            )
            self._complete_if_whole(blob["object"], now)

    def _complete_if_whole(self, object_id: str, now: float) -> None:
        blobs = self.blobs(object_id)
        if any(blob["received_at"] is None for blob in blobs):
            return
        first = blobs[0]["checksum"].encode().hex()
        etag = first if len(blobs) == 1 else f"{first}-{len(blobs)}"
        self.db.execute(
            "UPDATE object SET created = ?, etag = ? WHERE id = ?", (now, etag, object_id)
        )

    def remove_objects(self, ids: Iterable[str]) -> None:
        """Delete objects with their blobs and files, within the caller's transaction."""
        for object_id in ids:
            for blob in self.blobs(object_id):
                self.db.execute("DELETE FROM job_blob WHERE blob = ?", (blob["id"],))
                self.blob_path(blob["id"]).unlink(missing_ok=True)
            self.db.execute("DELETE FROM blob WHERE object = ?", (object_id,))
            self.db.execute("DELETE FROM object WHERE id = ?", (object_id,))

    def delete_object(self, bucket: str, name: str, version_id: str | None) -> None:
        with self.transaction():
            self.remove_objects([self.object(bucket, name, version_id)["id"]])

    def delete_folder(self, bucket: str, folder: str) -> None:
        with self.transaction() as db:
            self.bucket(bucket)
            prefix = folder.removesuffix("/") + "/"
            rows = db.execute(
                "SELECT id FROM object WHERE bucket = ? AND name >= ? AND name < ?",
                (bucket, prefix, prefix + LAST),
            ).fetchall()
            if not rows:
                raise Refused(404, "NotFound", f"No object is in the folder {folder}")
            self.remove_objects([row["id"] for row in rows])

    def blob_path(self, blob_id: str) -> Path:
        return self.folder / "blobs" / blob_id[:2] / blob_id

    def new_file(self) -> Path:
        return self.folder / "blobs" / f"incoming-{uuid.uuid4()}"

    # --- listings

    def list(
        self, bucket: str, prefix: str, delimiter: str, marker: str, max_keys: int
    ) -> tuple[Sequence[Row], bool]:
        """One page in byte order, and whether more follows.

        A common prefix counts as one row, is never split over pages, and is skipped by seeking
        past it instead of reading what is below.
        """
        self.bucket(bucket)
        rows: list[Row] = []
        after = marker
        if delimiter and marker.startswith(prefix):
            below = _common_prefix(marker, prefix, delimiter)
            # A marker that is a common prefix stands for all below it.
            after = marker + LAST if below == marker else marker
        while len(rows) <= max_keys:
            batch = self._names_after(bucket, prefix, after, max_keys + 1 - len(rows))
            if not batch:
                return rows, False
            for found in batch:
                common = _common_prefix(found["name"], prefix, delimiter) if delimiter else None
                if common is not None:
                    rows.append(Row(common, True))
                    after = common + LAST
                    break
                rows.append(_row(found))
                after = found["name"]
        return rows[:max_keys], True

    def _names_after(
        self, bucket: str, prefix: str, after: str, limit: int
    ) -> Sequence[sqlite3.Row]:
        return self.all(
            "SELECT * FROM object WHERE bucket = ? AND name > ? AND name >= ? AND name < ?"
            " ORDER BY name LIMIT ?",
            bucket,
            after,
            prefix,
            prefix + LAST,
            limit,
        )


def _row(found: sqlite3.Row) -> Row:
    complete = found["created"] is not None
    return Row(
        name=found["name"],
        is_prefix=False,
        id=found["id"],
        size=found["size"] if complete else 0,
        created=found["created"],
        etag=found["etag"],
    )


def _common_prefix(name: str, prefix: str, delimiter: str) -> str | None:
    end = name.find(delimiter, len(prefix))
    return None if end < 0 else name[: end + len(delimiter)]
