"""The ledger's file: its tables, and the steps from each version of them to the next.

A step never drops what a user could miss. A file of a later version than ours is left alone.
"""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from .ledger_records import LedgerError

SCHEMA_VERSION = 5
DAMAGED = ".damaged-"  # in the name of a file that was set aside
CHECKED_UP_TO = 64 << 20  # bytes; a larger file would keep the start waiting

_SCHEMA = """
CREATE TABLE schema_version (version INTEGER NOT NULL);
INSERT INTO schema_version VALUES (5);
CREATE TABLE job (
    id INTEGER PRIMARY KEY, kind TEXT NOT NULL, session TEXT NOT NULL, endpoint TEXT,
    access_id TEXT, bucket TEXT NOT NULL, prefix TEXT NOT NULL, target TEXT, name TEXT NOT NULL,
    options TEXT,
    state TEXT NOT NULL, reason TEXT, created TEXT NOT NULL, started TEXT, ended TEXT,
    persisted TEXT, removed TEXT);
CREATE TABLE appliance_job (
    job INTEGER NOT NULL, part INTEGER NOT NULL, appliance_id TEXT, intended TEXT NOT NULL,
    state TEXT NOT NULL, last_activity TEXT, persisted TEXT, PRIMARY KEY (job, part));
CREATE TABLE chunk (
    job INTEGER NOT NULL, part INTEGER NOT NULL, number INTEGER NOT NULL, appliance_id TEXT,
    node TEXT, PRIMARY KEY (job, part, number));
CREATE TABLE object (
    id INTEGER PRIMARY KEY, job INTEGER NOT NULL, part INTEGER NOT NULL, name TEXT NOT NULL,
    version TEXT NOT NULL DEFAULT '', path BLOB, size INTEGER, mtime_ns INTEGER, chunk INTEGER,
    state TEXT NOT NULL, tries INTEGER NOT NULL DEFAULT 0, checksum_type TEXT, checksum TEXT,
    error_code TEXT, error_facts TEXT, ended TEXT, started TEXT, UNIQUE (job, name, version));
CREATE INDEX object_state ON object (job, state);
CREATE TABLE blob (
    object INTEGER NOT NULL, "offset" INTEGER NOT NULL, length INTEGER NOT NULL, chunk INTEGER,
    state TEXT NOT NULL, tries INTEGER NOT NULL DEFAULT 0, checksum TEXT,
    PRIMARY KEY (object, "offset")) WITHOUT ROWID;
"""

#: An object is found by the chunk of its first blob, which `object.chunk` is; its later blobs by
#: their own.
_INDEXES = """
CREATE INDEX object_chunk ON object (job, chunk);
CREATE INDEX blob_later ON blob (chunk) WHERE "offset" > 0;
"""

#: What was asked of the rest of a damaged file: `source` is "" for the file itself, else a session
#: whose appliance is looked at; `at` is NULL till that was done. Tables are made in this order, so
#: that each has its root at the same page in every file.
_RECOVERY = """
CREATE TABLE recovery (
    file TEXT NOT NULL, source TEXT NOT NULL, at TEXT, PRIMARY KEY (file, source));
"""

#: What makes a file of each version one of the next.
_STEPS = {
    1: """
        ALTER TABLE job ADD COLUMN removed TEXT;
        UPDATE job SET options = json_set(COALESCE(options, '{}'), '$.planned', 1)
            WHERE id IN (SELECT job FROM appliance_job);
    """,
    2: """
        UPDATE object SET chunk = COALESCE(
            (SELECT b.chunk FROM blob b WHERE b.object = object.id AND b."offset" = 0), chunk)
            WHERE chunk IS NOT NULL;
    """
    + _INDEXES,
    3: _RECOVERY,
    4: "ALTER TABLE object ADD COLUMN started TEXT;",
}


def connect(path: Path, busy_s: float = 30) -> sqlite3.Connection:
    """Open it for writing. While another program holds it, a step waits for `busy_s` at most."""
    connection = sqlite3.connect(path, timeout=busy_s)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    return connection


def prepare(path: Path) -> tuple[int, Path | None]:
    """Make the file and its tables where there are none, or bring them up to date.

    Gives the highest job id so far, and where a damaged file was set aside to. Raises LedgerError.
    After a damaged file the ids go on far above all of its jobs: part files bear them, and its jobs
    keep theirs when they are brought back.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        set_aside = None if _is_sound(path) else _set_aside(path)
        path.touch(mode=0o600)  # it names the user's files
        with closing(connect(path)) as connection:
            _bring_up_to_date(path, connection)
            damaged = _note_damaged(path, connection)
            highest = connection.execute("SELECT COALESCE(MAX(id), 0) FROM job").fetchone()[0]
            return max(int(highest), int(time.time()) if damaged else 0), set_aside
    except (OSError, sqlite3.Error) as error:
        raise LedgerError(f"{path}: {error}") from error


def _note_damaged(path: Path, connection: sqlite3.Connection) -> int:
    """Remember the files set aside, so that they are read also where this run ends before."""
    files = [
        (file.name,)
        for file in path.parent.glob(f"{path.name}{DAMAGED}*")
        if not file.name.endswith(("-wal", "-shm"))
    ]
    with connection:
        connection.executemany("INSERT OR IGNORE INTO recovery VALUES (?, '', NULL)", files)
    return len(files)


def make_tables(connection: sqlite3.Connection) -> None:
    connection.executescript(f"BEGIN;{_SCHEMA}{_INDEXES}{_RECOVERY}COMMIT;")


def _bring_up_to_date(path: Path, connection: sqlite3.Connection) -> None:
    if not connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()[0]:
        make_tables(connection)
    version = connection.execute("SELECT version FROM schema_version").fetchone()[0]
    if version > SCHEMA_VERSION:
        raise LedgerError(f"{path} has version {version}, and this program knows {SCHEMA_VERSION}")
    for old in range(version, SCHEMA_VERSION):
        step = f"{_STEPS[old]} UPDATE schema_version SET version = {old + 1};"
        connection.executescript(f"BEGIN; {step} COMMIT;")


def _is_sound(path: Path) -> bool:
    """Whether SQLite can read the file. One that cannot be reached at all raises OSError."""
    if not path.exists() or not path.stat().st_size:
        return True
    with path.open("rb"):
        pass
    try:
        with closing(sqlite3.connect(path, timeout=30)) as connection:
            if path.stat().st_size > CHECKED_UP_TO:
                count = connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()[0]
                return int(count) > 0
            return bool(connection.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok")
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError:
        return False


def _set_aside(path: Path) -> Path:
    """Give a damaged file, and what belongs to it, another name; it is kept."""
    moment = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    aside = path.with_name(f"{path.name}{DAMAGED}{moment}")
    for ending in ("-wal", "-shm", ""):
        part = path.with_name(path.name + ending)
        if part.exists():
            part.rename(aside.with_name(aside.name + ending))
    return aside
