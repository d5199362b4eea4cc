"""Reads the ledger, page by page, beside the thread that writes it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any  # values of SQLite and JSON

from ds3_browser.protocol.records import Blob, Chunk

from .events import ObjectState, State
from .ledger_records import (
    JobRecord,
    NewObject,
    ObjectRow,
    PartRecord,
    Totals,
    failure_from,
)


class LedgerReader:
    """Reads pages; cannot write. Belongs to the thread that made it; `close` it."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=30)
        self._db.row_factory = sqlite3.Row

    def close(self) -> None:
        self._db.close()

    def jobs(self) -> list[JobRecord]:
        """All jobs, oldest first."""
        return [_job_record(row) for row in self._db.execute("SELECT * FROM job ORDER BY id")]

    def job(self, job_id: int) -> JobRecord | None:
        row = self._db.execute("SELECT * FROM job WHERE id = ?", (job_id,)).fetchone()
        return None if row is None else _job_record(row)

    def parts(self, job_id: int) -> list[PartRecord]:
        """The jobs on the appliance, in order."""
        query = "SELECT * FROM appliance_job WHERE job = ? ORDER BY part"
        return [
            PartRecord(
                row["part"],
                row["appliance_id"],
                datetime.fromisoformat(row["intended"]),
                row["state"],
            )
            for row in self._db.execute(query, (job_id,))
        ]

    def totals(self, job_id: int) -> Totals:
        query = (
            "SELECT state, COUNT(*), COALESCE(SUM(size), 0) FROM object WHERE job = ?"
            " GROUP BY state"
        )
        rows = [(ObjectState(s), n, size) for s, n, size in self._db.execute(query, (job_id,))]
        return Totals(
            sum(n for _, n, _ in rows),
            {state: n for state, n, _ in rows},
            {state: size for state, _, size in rows},
        )

    def to_move(self, job_id: int) -> Iterator[NewObject]:
        """The objects that have not ended, in the order they were found."""
        query = "SELECT * FROM object WHERE job = ? AND ended IS NULL ORDER BY id"
        for row in self._db.execute(query, (job_id,)):
            yield NewObject(
                row["name"], _path(row["path"]), row["size"], row["mtime_ns"], part=row["part"]
            )

    def ended(self, job_id: int, part: int) -> dict[str, ObjectState]:
        """What became of the objects of a part that have ended."""
        query = "SELECT name, state FROM object WHERE job = ? AND part = ? AND ended IS NOT NULL"
        rows = self._db.execute(query, (job_id, part))
        return {row["name"]: ObjectState(row["state"]) for row in rows}

    def failed(self, job_id: int) -> list[NewObject]:
        """The failed objects that a job on the appliance has, in the order they were found."""
        query = (
            "SELECT * FROM object WHERE job = ? AND state = 'failed' AND chunk IS NOT NULL"
            " ORDER BY id"
        )
        return [
            NewObject(
                *(row["name"], _path(row["path"]), row["size"], row["mtime_ns"]),
                ObjectState.FAILED,
                failure_from(row["error_code"], row["error_facts"]),
                row["part"],
            )
            for row in self._db.execute(query, (job_id,))
        ]

    def chunks(self, job_id: int, part: int) -> tuple[Chunk, ...]:
        """The chunks of a part with all their blobs, as its creation gave them.

        Numbered through the whole job. `Blob.in_cache` says whether the ledger has it as moved.
        """
        query = (
            'SELECT b.chunk, b."offset", b.length, b.state, o.name, o.version FROM blob b'
            " JOIN object o ON o.id = b.object WHERE o.job = ? AND o.part = ?"
            ' ORDER BY b.chunk, o.id, b."offset"'
        )
        found: dict[int, list[Blob]] = {}
        for row in self._db.execute(query, (job_id, part)):
            blob = Blob(
                name=row["name"],
                offset=row["offset"],
                length=row["length"],
                in_cache=row["state"] == "done",
                version_id=row["version"] or None,
            )
            found.setdefault(row["chunk"], []).append(blob)
        return tuple(Chunk("", number, None, tuple(blobs)) for number, blobs in found.items())

    def part_size(self, job_id: int, part: int) -> int:
        """Bytes of all objects of a part."""
        query = "SELECT COALESCE(SUM(size), 0) FROM object WHERE job = ? AND part = ?"
        return int(self._db.execute(query, (job_id, part)).fetchone()[0])

    def checksums(self, job_id: int, name: str) -> dict[int, str]:
        """The digest of each blob of an object that was moved and has one, by offset."""
        query = (
            'SELECT b."offset", b.checksum FROM blob b JOIN object o ON o.id = b.object'
            " WHERE o.job = ? AND o.name = ? AND b.state = 'done' AND b.checksum IS NOT NULL"
        )
        return {row[0]: row[1] for row in self._db.execute(query, (job_id, name))}

    def knows_appliance_job(self, appliance_id: str) -> bool:
        """Whether a job of the ledger has this one on the appliance."""
        query = "SELECT 1 FROM appliance_job WHERE appliance_id = ?"
        return self._db.execute(query, (appliance_id,)).fetchone() is not None

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
        query, parameters = "SELECT * FROM object WHERE job = ?", [job_id]
        values: list[Any] = list(parameters)
        if states is not None:
            query += f" AND state IN ({','.join('?' * len(states))})"
            values += [state.value for state in states]
        if name_contains:
            query += " AND instr(name, ?) > 0"
            values.append(name_contains)
        query += " ORDER BY state != 'failed', id LIMIT ? OFFSET ?"
        return [_object_row(row) for row in self._db.execute(query, (*values, limit, offset))]

    def counts(self, job_id: int) -> dict[ObjectState, int]:
        query = "SELECT state, COUNT(*) FROM object WHERE job = ? GROUP BY state"
        return {ObjectState(state): n for state, n in self._db.execute(query, (job_id,))}

    def blobs(self, job_id: int, name: str) -> list[tuple[int, int, str, int]]:
        """Offset, length, state and tries of an object's blobs, in order."""
        query = (
            'SELECT b."offset", b.length, b.state, b.tries FROM blob b JOIN object o'
            ' ON o.id = b.object WHERE o.job = ? AND o.name = ? ORDER BY b."offset"'
        )
        return [tuple(row) for row in self._db.execute(query, (job_id, name))]


def _job_record(row: sqlite3.Row) -> JobRecord:
    return JobRecord(
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
        reason=row["reason"],
        started=_date(row["started"]),
        persisted=_date(row["persisted"]),
        removed=_date(row["removed"]),
    )


def _object_row(row: sqlite3.Row) -> ObjectRow:
    return ObjectRow(
        name=row["name"],
        path=_path(row["path"]),
        size=row["size"],
        chunk=row["chunk"],
        state=ObjectState(row["state"]),
        tries=row["tries"],
        checksum_type=row["checksum_type"],
        checksum=row["checksum"],
        failure=failure_from(row["error_code"], row["error_facts"]),
        ended=_date(row["ended"]),
    )


def _date(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _path(stored: bytes | None) -> str | None:
    return None if stored is None else stored.decode("utf-8", "surrogateescape")
