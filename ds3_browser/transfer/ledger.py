"""The ledger: every job, object and blob, what became of it, and what survives a crash.

One thread writes; what others hand it is committed every 1,000 rows or half a second. A call that
is `durable` returns after its own commit, which holds all that was handed over before it: with
`synchronous=FULL` SQLite has then synced the write-ahead log, so a crash of the program or of the
computer loses nothing that was reported as true before it. The intent to create a job is durable
before the request goes out, and the appliance's id and the chunks before the first byte; a state
is written after it is true. Readers have connections of their own, which cannot write.
"""

from __future__ import annotations

import json
import queue
import sqlite3
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any  # values of SQLite and JSON

from ds3_browser.protocol.records import BulkJob

from .events import Failure, FailureCode, ObjectState, State

SCHEMA_VERSION = 1
COMMIT_ROWS = 1000
COMMIT_AFTER_S = 0.5

_SCHEMA = """
CREATE TABLE schema_version (version INTEGER NOT NULL);
INSERT INTO schema_version VALUES (1);
CREATE TABLE job (
    id INTEGER PRIMARY KEY, kind TEXT NOT NULL, session TEXT NOT NULL, endpoint TEXT,
    access_id TEXT, bucket TEXT NOT NULL, prefix TEXT NOT NULL, target TEXT, name TEXT NOT NULL,
    options TEXT,
    state TEXT NOT NULL, reason TEXT, created TEXT NOT NULL, started TEXT, ended TEXT,
    persisted TEXT);
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
    error_code TEXT, error_facts TEXT, ended TEXT, UNIQUE (job, name, version));
CREATE INDEX object_state ON object (job, state);
CREATE TABLE blob (
    object INTEGER NOT NULL, "offset" INTEGER NOT NULL, length INTEGER NOT NULL, chunk INTEGER,
    state TEXT NOT NULL, tries INTEGER NOT NULL DEFAULT 0, checksum TEXT,
    PRIMARY KEY (object, "offset")) WITHOUT ROWID;
"""


class LedgerError(Exception):
    """The ledger cannot be opened; the text says why. The file is left as it is."""


@dataclass(frozen=True, slots=True)
class JobRecord:
    """A job as the ledger has it. Times are aware UTC."""

    id: int
    kind: str
    session: str
    bucket: str
    prefix: str
    target: str | None
    name: str
    state: State
    created: datetime
    ended: datetime | None
    endpoint: str | None = None
    access_id: str | None = None
    options: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class ObjectRow:
    """An object of a job. `chunk` is the number of its first blob's chunk."""

    name: str
    path: str | None
    size: int | None
    chunk: int | None
    state: ObjectState
    tries: int
    checksum_type: str | None
    checksum: str | None
    failure: Failure | None
    ended: datetime | None


@dataclass(frozen=True, slots=True)
class NewObject:
    """An object as it is found; `state` other than WAITING for one that ends right there."""

    name: str
    path: str | None
    size: int | None
    mtime_ns: int | None = None
    state: ObjectState = ObjectState.WAITING
    failure: Failure | None = None


_Statement = tuple[str, Sequence[Any]]


class Ledger:
    """Opens or creates the file and owns the writing thread. Raises LedgerError.

    Any thread may call; what is not durable returns at once.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._ids = threading.Lock()
        self._last_id = _prepare(path)
        self._waiting: queue.Queue[tuple[list[_Statement], Future[None] | None] | None] = (
            queue.Queue()
        )
        self._thread = threading.Thread(target=self._write, name="ledger", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Commit what is waiting and end the thread."""
        if self._thread.is_alive():
            self._waiting.put(None)
            self._thread.join()

    def reserve_job_id(self) -> int:
        """The next job's id. Touches no disk."""
        with self._ids:
            self._last_id += 1
            return self._last_id

    # --- jobs

    def add_job(self, record: JobRecord) -> None:
        """Durable."""
        self._durable(
            [
                (
                    "INSERT INTO job (id, kind, session, endpoint, access_id, bucket, prefix,"
                    " target, name, options, state, created) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",
                    (
                        *(record.id, record.kind, record.session, record.endpoint),
                        *(record.access_id, record.bucket, record.prefix, record.target),
                        *(record.name, json.dumps(record.options), record.state.value),
                        record.created.isoformat(),
                    ),
                )
            ]
        )

    def set_state(self, job_id: int, state: State, reason: str | None = None) -> None:
        """Durable where the job has ended."""
        ended = _now() if state.ended else None
        statements: list[_Statement] = [
            (
                "UPDATE job SET state = ?, reason = ?, ended = ?,"
                " started = COALESCE(started, ?) WHERE id = ?",
                (state.value, reason, ended, _now(), job_id),
            )
        ]
        if state.ended:
            self._durable(statements)
        else:
            self._put(statements)

    def set_persisted(self, job_id: int) -> None:
        self._put([("UPDATE job SET persisted = ? WHERE id = ?", (_now(), job_id))])

    def intend(self, job_id: int, part: int) -> None:
        """Durable: a job is about to be asked of the appliance."""
        self._durable(
            [
                (
                    "INSERT OR REPLACE INTO appliance_job (job, part, intended, state)"
                    " VALUES (?, ?, ?, 'intended')",
                    (job_id, part, _now()),
                )
            ]
        )

    def created(self, job_id: int, part: int, job: BulkJob) -> None:
        """Durable: the appliance's id, the chunks and the blobs of all objects."""
        statements: list[_Statement] = [
            (
                "UPDATE appliance_job SET appliance_id = ?, state = 'open', last_activity = ?"
                " WHERE job = ? AND part = ?",
                (job.job_id, _now(), job_id, part),
            )
        ]
        for chunk in job.chunks:
            statements.append(
                (
                    "INSERT OR REPLACE INTO chunk VALUES (?, ?, ?, ?, ?)",
                    (job_id, part, chunk.number, chunk.chunk_id, chunk.node_id),
                )
            )
            for blob in chunk.blobs:
                statements.append(
                    (
                        "UPDATE object SET version = ?, chunk = COALESCE(chunk, ?),"
                        " size = MAX(COALESCE(size, 0), ?) WHERE job = ? AND name = ?",
                        (
                            *(blob.version_id or "", chunk.number, blob.offset + blob.length),
                            *(job_id, blob.name),
                        ),
                    )
                )
                statements.append(
                    (
                        'INSERT OR REPLACE INTO blob (object, "offset", length, chunk, state)'
                        " SELECT id, ?, ?, ?, 'waiting' FROM object WHERE job = ? AND name = ?",
                        (blob.offset, blob.length, chunk.number, job_id, blob.name),
                    )
                )
        self._durable(statements)

    def appliance_job_ended(self, job_id: int, part: int, state: str) -> None:
        self._put(
            [
                (
                    "UPDATE appliance_job SET state = ?, last_activity = ?"
                    " WHERE job = ? AND part = ?",
                    (state, _now(), job_id, part),
                )
            ]
        )

    # --- objects and blobs

    def add_objects(self, job_id: int, part: int, objects: Iterable[NewObject]) -> None:
        self._put(
            [
                (
                    "INSERT OR IGNORE INTO object (job, part, name, path, size, mtime_ns, state,"
                    " error_code, error_facts, ended) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        *(job_id, part, _text(new.name), _bytes(new.path), new.size),
                        *(new.mtime_ns, new.state.value, *_failure_columns(new.failure)),
                        _now() if new.state is not ObjectState.WAITING else None,
                    ),
                )
                for new in objects
            ]
        )

    def blob_ended(
        self, job_id: int, name: str, offset: int, state: str, tries: int, checksum: str | None
    ) -> None:
        self._put(
            [
                (
                    'UPDATE blob SET state = ?, tries = ?, checksum = ? WHERE "offset" = ?'
                    " AND object = (SELECT id FROM object WHERE job = ? AND name = ?)",
                    (state, tries, checksum, offset, job_id, name),
                )
            ]
        )

    def object_ended(
        self,
        job_id: int,
        name: str,
        state: ObjectState,
        *,
        tries: int = 1,
        checksum: tuple[str, str] | None = None,
        path: str | None = None,
        failure: Failure | None = None,
        durable: bool = False,
    ) -> None:
        statements: list[_Statement] = [
            (
                "UPDATE object SET state = ?, tries = ?, checksum_type = ?, checksum = ?,"
                " path = COALESCE(?, path), error_code = ?, error_facts = ?, ended = ?"
                " WHERE job = ? AND name = ?",
                (
                    *(state.value, tries, *(checksum or (None, None)), _bytes(path)),
                    *(*_failure_columns(failure), _now(), job_id, _text(name)),
                ),
            )
        ]
        if durable:
            self._durable(statements)
        else:
            self._put(statements)

    def end_open_objects(self, job_id: int, state: ObjectState) -> None:
        """Give all objects that have not ended one state; for a job that was cancelled."""
        self._put(
            [
                (
                    "UPDATE object SET state = ?, ended = ? WHERE job = ? AND state IN"
                    " ('waiting', 'ready', 'transferring')",
                    (state.value, _now(), job_id),
                )
            ]
        )

    def discard_objects(self, job_id: int) -> None:
        """What was in cache is there no more: the job was cancelled with all it brought."""
        self._put(
            [
                (
                    "UPDATE object SET state = 'cancelled', ended = ? WHERE job = ?"
                    " AND state = 'in cache'",
                    (_now(), job_id),
                )
            ]
        )

    def flush(self) -> None:
        """Durable: all that was handed over before."""
        self._durable([])

    # --- the writing thread

    def _put(self, statements: list[_Statement]) -> None:
        self._waiting.put((statements, None))

    def _durable(self, statements: list[_Statement]) -> None:
        done: Future[None] = Future()
        self._waiting.put((statements, done))
        done.result()

    def _write(self) -> None:
        connection = _connect(self.path)
        rows, began = 0, time.monotonic()
        pending: list[Future[None]] = []
        open_for_more = True
        while open_for_more:
            late = max(0.01, began + COMMIT_AFTER_S - time.monotonic())
            with suppress(queue.Empty):
                taken = self._waiting.get(timeout=late if rows else None)
                if taken is None:
                    open_for_more = False
                else:
                    began = began if rows else time.monotonic()
                    rows += _execute(connection, taken[0], taken[1], pending)
            due = rows >= COMMIT_ROWS or time.monotonic() - began >= COMMIT_AFTER_S
            if pending or due or not open_for_more:
                _commit(connection, pending)
                rows, began = 0, time.monotonic()
        connection.close()


def _execute(
    connection: sqlite3.Connection,
    statements: list[_Statement],
    done: Future[None] | None,
    pending: list[Future[None]],
) -> int:
    """Run statements; their caller, if one waits, learns of a failure at once."""
    try:
        for text, values in statements:
            connection.execute(text, values)
    except sqlite3.Error as error:
        if done is None:
            raise
        done.set_exception(error)
        return 0
    if done is not None:
        pending.append(done)
    return len(statements)


def _commit(connection: sqlite3.Connection, pending: list[Future[None]]) -> None:
    try:
        connection.commit()
    except sqlite3.Error as error:
        for done in pending:
            done.set_exception(error)
    else:
        for done in pending:
            done.set_result(None)
    pending.clear()


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=30)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    return connection


def _prepare(path: Path) -> int:
    """Make the tables where there are none; the highest job id so far. Raises LedgerError."""
    try:
        connection = _connect(path)
        try:
            if not connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()[0]:
                connection.executescript(_SCHEMA)
            version = connection.execute("SELECT version FROM schema_version").fetchone()[0]
            if version != SCHEMA_VERSION:
                raise LedgerError(f"{path} has version {version}; this program knows 1")
            highest = connection.execute("SELECT COALESCE(MAX(id), 0) FROM job").fetchone()[0]
            return int(highest)
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise LedgerError(f"{path}: {error}") from error


class LedgerReader:
    """Reads pages; cannot write. Belongs to the thread that made it; `close` it."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=30)
        self._db.row_factory = sqlite3.Row

    def close(self) -> None:
        self._db.close()

    def jobs(self) -> list[JobRecord]:
        return [
            JobRecord(
                id=row["id"],
                kind=row["kind"],
                session=row["session"],
                bucket=row["bucket"],
                prefix=row["prefix"],
                target=row["target"],
                name=row["name"],
                state=State(row["state"]),
                created=datetime.fromisoformat(row["created"]),
                ended=_date(row["ended"]),
                endpoint=row["endpoint"],
                access_id=row["access_id"],
                options=json.loads(row["options"] or "null"),
            )
            for row in self._db.execute("SELECT * FROM job ORDER BY id")
        ]

    def appliance_jobs(self, job_id: int) -> list[tuple[int, str | None, str]]:
        """Part, the appliance's id and state of each job there."""
        query = "SELECT part, appliance_id, state FROM appliance_job WHERE job = ? ORDER BY part"
        return [tuple(row) for row in self._db.execute(query, (job_id,))]

    def objects(
        self,
        job_id: int,
        *,
        states: frozenset[ObjectState] | None = None,
        name_contains: str | None = None,
        offset: int = 0,
        limit: int = 500,
    ) -> list[ObjectRow]:
        """A page of a job's objects, failed ones first, then in the order they were found."""
        query, values = "SELECT * FROM object WHERE job = ?", [job_id]
        parameters: list[Any] = list(values)
        if states is not None:
            query += f" AND state IN ({','.join('?' * len(states))})"
            parameters += [state.value for state in states]
        if name_contains:
            query += " AND instr(name, ?) > 0"
            parameters.append(name_contains)
        query += " ORDER BY state != 'failed', id LIMIT ? OFFSET ?"
        return [_object_row(row) for row in self._db.execute(query, (*parameters, limit, offset))]

    def counts(self, job_id: int) -> dict[ObjectState, int]:
        query = "SELECT state, COUNT(*) FROM object WHERE job = ? GROUP BY state"
        return {ObjectState(state): n for state, n in self._db.execute(query, (job_id,))}


def _object_row(row: sqlite3.Row) -> ObjectRow:
    return ObjectRow(
        name=row["name"],
        path=None if row["path"] is None else row["path"].decode("utf-8", "surrogateescape"),
        size=row["size"],
        chunk=row["chunk"],
        state=ObjectState(row["state"]),
        tries=row["tries"],
        checksum_type=row["checksum_type"],
        checksum=row["checksum"],
        failure=_failure(row["error_code"], row["error_facts"]),
        ended=_date(row["ended"]),
    )


def _failure_columns(failure: Failure | None) -> tuple[str | None, str | None]:
    if failure is None:
        return None, None
    facts = {key: value for key, value in asdict(failure).items() if value is not None}
    facts.pop("code")
    if failure.at is not None:
        facts["at"] = failure.at.isoformat()
    return failure.code.value, json.dumps(facts)


def _failure(code: str | None, facts: str | None) -> Failure | None:
    if code is None:
        return None
    told = json.loads(facts or "{}")
    if "at" in told:
        told["at"] = datetime.fromisoformat(told["at"])
    return Failure(FailureCode(code), **told)


def _now() -> str:
    return datetime.now(UTC).isoformat()


def _date(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _bytes(path: str | None) -> bytes | None:
    return None if path is None else path.encode("utf-8", "surrogateescape")


def _text(name: str) -> str:
    """A name that SQLite can hold; a file name that is not UTF-8 is shown with marks."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
