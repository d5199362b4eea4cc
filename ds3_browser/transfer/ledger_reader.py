"""Reads the ledger, page by page, beside the thread that writes it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any  # values of SQLite and JSON

from .events import MAX_TRIES, ObjectState, State
from .ledger_columns import failure_from, path_from
from .ledger_records import (
    CellRow,
    ChunkRow,
    JobRecord,
    KnownBlob,
    NewObject,
    ObjectRow,
    PartRecord,
    Totals,
)

CONTAINS = " AND name LIKE ? ESCAPE '\\'"

#: The blobs of the chunks ?2 to ?3 of job ?1: an object is found by the chunk of its first blob,
#: later ones by their own. A cross join is gone through as it stands: from the few later blobs to
#: their objects, and not from all objects of the job.
_BLOBS_OF_CHUNKS = (
    'SELECT o.id AS object, b."offset" AS place FROM object o JOIN blob b ON b.object = o.id'
    " WHERE o.job = ?1 AND o.chunk BETWEEN ?2 AND ?3 AND b.chunk BETWEEN ?2 AND ?3"
    ' UNION SELECT b.object, b."offset" FROM blob b CROSS JOIN object o ON o.id = b.object'
    ' WHERE b.chunk BETWEEN ?2 AND ?3 AND b."offset" > 0 AND o.job = ?1'
)
#: How often a blob was tried: one that failed as often as its object, if that was before more was
#: known of it; one that is being moved once more than in vain.
_TRIES = (
    "CASE WHEN b.state = 'done' THEN b.tries WHEN o.state = 'failed' THEN MAX(b.tries, o.tries)"
    f" WHEN o.ended IS NOT NULL THEN b.tries WHEN b.tries > 0 THEN MIN(b.tries + 1, {MAX_TRIES})"
    " ELSE o.state = 'transferring' END"
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

    def open_parts(self, job_id: int) -> list[int]:
        """The parts of which objects have not ended, in order."""
        query = "SELECT DISTINCT part FROM object WHERE job = ? AND ended IS NULL ORDER BY part"
        return [part for (part,) in self._db.execute(query, (job_id,))]

    def parts_asked_for(self, job_id: int) -> list[int]:
        """The parts that have had a job on the appliance, or are to have one, in order."""
        query = (
            "SELECT part FROM appliance_job WHERE job = ?1 AND appliance_id IS NOT NULL"
            " UNION SELECT part FROM object WHERE job = ?1 AND ended IS NULL ORDER BY part"
        )
        return [part for (part,) in self._db.execute(query, (job_id,))]

    def last_part(self, job_id: int) -> int:
        query = "SELECT COALESCE(MAX(part), 0) FROM object WHERE job = ?"
        return int(self._db.execute(query, (job_id,)).fetchone()[0])

    def to_move(self, job_id: int, part: int | None = None) -> Iterator[NewObject]:
        """The objects, of a part or of all, that have not ended, in the order they were found."""
        query = (
            "SELECT * FROM object WHERE job = ?1 AND (?2 IS NULL OR part = ?2) AND ended IS NULL"
            " ORDER BY id"
        )
        for row in self._db.execute(query, (job_id, part)):
            yield NewObject(
                row["name"], path_from(row["path"]), row["size"], row["mtime_ns"], part=row["part"]
            )

    def of_names(self, job_id: int, names: Sequence[str]) -> list[NewObject]:
        """Those objects of some names that have not ended."""
        query = (
            "SELECT * FROM object WHERE job = ? AND ended IS NULL"
            " AND name IN (SELECT value FROM json_each(?))"
        )
        return [
            NewObject(
                row["name"], path_from(row["path"]), row["size"], row["mtime_ns"], part=row["part"]
            )
            for row in self._db.execute(query, (job_id, json.dumps(names)))
        ]

    def has_object(self, job_id: int, name: str) -> bool:
        query = "SELECT 1 FROM object WHERE job = ? AND name = ?"
        return self._db.execute(query, (job_id, name)).fetchone() is not None

    def brings(self, job_id: int, names: Sequence[str]) -> bool:
        """Whether one of these names is an object of the job that was not left out of it."""
        query = (
            "SELECT 1 FROM object WHERE job = ? AND state != 'skipped'"
            " AND name IN (SELECT value FROM json_each(?)) LIMIT 1"
        )
        return self._db.execute(query, (job_id, json.dumps(names))).fetchone() is not None

    def failed(self, job_id: int) -> list[NewObject]:
        """The failed objects that a job on the appliance has, in the order they were found."""
        return self._failed(job_id, "chunk IS NOT NULL")

    def failed_outside(self, job_id: int) -> list[NewObject]:
        """The failed objects that no job on the appliance has, in the order they were found."""
        return self._failed(job_id, "chunk IS NULL")

    def partly_there(self, job_id: int, part: int) -> bool:
        """Whether the part's job has blobs of objects that are not whole."""
        query = (
            "SELECT 1 FROM object o JOIN blob b ON b.object = o.id WHERE o.job = ? AND o.part = ?"
            " AND o.state NOT IN ('in cache', 'persisted') AND b.state = 'done' AND b.length > 0"
        )
        return self._db.execute(f"{query} LIMIT 1", (job_id, part)).fetchone() is not None

    def has_whole(self, job_id: int, part: int) -> bool:
        """Whether an upload's part has brought an object, completely."""
        query = (
            "SELECT 1 FROM object WHERE job = ? AND part = ? AND chunk IS NOT NULL"
            " AND state IN ('in cache', 'persisted') LIMIT 1"
        )
        return self._db.execute(query, (job_id, part)).fetchone() is not None

    def _failed(self, job_id: int, where: str) -> list[NewObject]:
        query = f"SELECT * FROM object WHERE job = ? AND state = 'failed' AND {where} ORDER BY id"
        return [
            NewObject(
                *(row["name"], path_from(row["path"]), row["size"], row["mtime_ns"]),
                ObjectState.FAILED,
                failure_from(row["error_code"], row["error_facts"]),
                row["part"],
            )
            for row in self._db.execute(query, (job_id,))
        ]

    def cells(self, job_id: int, part: int) -> list[CellRow]:
        """The chunks of a part, in order."""
        query = (
            "SELECT b.chunk, COUNT(*), SUM(b.length), COUNT(DISTINCT b.object),"
            " SUM(b.state = 'done'),"
            " COALESCE(SUM(CASE WHEN b.state = 'done' THEN b.length END), 0),"
            " SUM(b.state != 'done' AND o.ended IS NOT NULL)"
            " FROM object o JOIN blob b ON b.object = o.id WHERE o.job = ? AND o.part = ?"
            " GROUP BY b.chunk ORDER BY b.chunk"
        )
        return [CellRow(*row) for row in self._db.execute(query, (job_id, part))]

    def chunks(self, job_id: int, first: int, last: int) -> ChunkRow:
        """What became of the chunks from one number to another."""
        of_chunks = (job_id, first, last)
        query = (
            f"SELECT COUNT(DISTINCT CASE WHEN o.state = 'failed' THEN o.id END),"
            f" COALESCE(MAX({_TRIES}), 0) FROM ({_BLOBS_OF_CHUNKS}) f"
            ' JOIN blob b ON b.object = f.object AND b."offset" = f.place'
            " JOIN object o ON o.id = f.object"
        )
        failed, tries = self._db.execute(query, of_chunks).fetchone()
        query = (
            f"SELECT o.error_code, o.error_facts FROM ({_BLOBS_OF_CHUNKS}) f"
            " JOIN object o ON o.id = f.object WHERE o.error_code IS NOT NULL"
            " ORDER BY json_extract(o.error_facts, '$.at') DESC LIMIT 1"
        )
        code, facts = self._db.execute(query, of_chunks).fetchone() or (None, None)
        return ChunkRow(failed, tries, failure_from(code, facts), self._nodes(job_id, first, last))

    def _nodes(self, job_id: int, first: int, last: int) -> tuple[str, ...]:
        """The nodes of some chunks; the appliance counts those of each of its jobs anew."""
        query = (
            f"SELECT DISTINCT o.part FROM ({_BLOBS_OF_CHUNKS}) f"
            " JOIN object o ON o.id = f.object ORDER BY o.part"
        )
        parts = [part for (part,) in self._db.execute(query, (job_id, first, last))]
        found: dict[str, None] = {}
        for part in parts:
            begin = self.first_chunk(job_id, part)
            query = (
                "SELECT DISTINCT node FROM chunk WHERE job = ? AND part = ?"
                " AND number BETWEEN ? AND ? AND node IS NOT NULL ORDER BY number"
            )
            row = (job_id, part, first - begin, last - begin)
            found |= dict.fromkeys(node for (node,) in self._db.execute(query, row))
        return tuple(found)

    def blobs_to_move(self, job_id: int, chunk: int) -> list[KnownBlob]:
        """The blobs of a chunk that are not there yet, of objects that have not ended."""
        of_chunk = (
            'SELECT o.id AS object, b."offset" AS place FROM object o JOIN blob b'
            " ON b.object = o.id WHERE o.job = ?1 AND o.chunk = ?2 AND b.chunk = ?2"
            ' UNION SELECT b.object, b."offset" FROM blob b CROSS JOIN object o ON o.id = b.object'
            ' WHERE b.chunk = ?2 AND b."offset" > 0 AND o.job = ?1'
        )
        query = (
            "SELECT o.name, o.version, o.path, COALESCE(o.size, 0), o.mtime_ns,"
            " (SELECT COUNT(*) FROM blob c WHERE c.object = o.id AND c.state != 'done'),"
            f' b."offset", b.length FROM ({of_chunk}) f'
            ' JOIN blob b ON b.object = f.object AND b."offset" = f.place'
            " JOIN object o ON o.id = f.object WHERE b.state != 'done' AND o.ended IS NULL"
            ' ORDER BY o.id, b."offset"'
        )
        return [
            KnownBlob(name, version or None, path_from(path), size, mtime, *rest)
            for name, version, path, size, mtime, *rest in self._db.execute(query, (job_id, chunk))
        ]

    def chunks_of(self, job_id: int, name: str, offset: int | None) -> set[int]:
        """The chunks that an object's blobs lie in; with an offset, that of one blob."""
        query = (
            "SELECT DISTINCT b.chunk FROM object o JOIN blob b ON b.object = o.id"
            ' WHERE o.job = ?1 AND o.name = ?2 AND (?3 IS NULL OR b."offset" = ?3)'
        )
        return {chunk for (chunk,) in self._db.execute(query, (job_id, name, offset))}

    def first_chunk(self, job_id: int, part: int) -> int:
        """The number that the chunks of a part are counted on from."""
        query = (
            "SELECT COALESCE(MAX(b.chunk) + 1, 0) FROM object o JOIN blob b ON b.object = o.id"
            " WHERE o.job = ? AND o.part < ?"
        )
        return int(self._db.execute(query, (job_id, part)).fetchone()[0]) if part else 0

    def was_listed(self, job_id: int, part: int) -> bool:
        """Whether a job there has listed any of a part's open objects before."""
        query = (
            "SELECT EXISTS (SELECT 1 FROM object WHERE job = ? AND chunk >= 0 AND part = ?"
            " AND ended IS NULL)"
        )
        return bool(self._db.execute(query, (job_id, part)).fetchone()[0])

    def not_whole(self, job_id: int, part: int, *, as_planned: bool) -> list[str]:
        """Open objects whose blobs do not follow on each other from the first byte to the last.

        `as_planned` where they must add up to the size that was asked for as well.
        """
        query = (
            "SELECT o.name FROM object o LEFT JOIN (SELECT object, SUM(length) AS length,"
            ' MAX(place != due) AS gap FROM (SELECT b.object, b.length, b."offset" AS place,'
            ' LAG(b."offset" + b.length, 1, 0) OVER (PARTITION BY b.object ORDER BY b."offset")'
            " AS due FROM blob b JOIN object p ON p.id = b.object WHERE p.job = ?1 AND p.part = ?2)"
            " GROUP BY object) l ON l.object = o.id"
            " WHERE o.job = ?1 AND o.part = ?2 AND o.ended IS NULL"
            " AND (l.object IS NULL OR l.gap OR (?3 AND l.length != o.size))"
        )
        return [name for (name,) in self._db.execute(query, (job_id, part, as_planned))]

    def part_size(self, job_id: int, part: int) -> int:
        """Bytes of all objects of a part."""
        query = "SELECT COALESCE(SUM(size), 0) FROM object WHERE job = ? AND part = ?"
        return int(self._db.execute(query, (job_id, part)).fetchone()[0])

    def objects_to_finish(self, job_id: int, part: int) -> list[KnownBlob]:
        """Open objects of which all blobs are there; one blob of each, with nothing left."""
        query = (
            "SELECT o.name, o.version, o.path, COALESCE(o.size, 0), o.mtime_ns, 0,"
            ' b."offset", b.length FROM object o JOIN blob b ON b.object = o.id'
            " WHERE o.job = ? AND o.part = ? AND o.ended IS NULL GROUP BY o.id"
            " HAVING SUM(b.state != 'done') = 0"
        )
        return [
            KnownBlob(name, version or None, path_from(path), size, mtime, *rest)
            for name, version, path, size, mtime, *rest in self._db.execute(query, (job_id, part))
        ]

    def in_cache(self, job_id: int, part: int) -> list[tuple[str, int, str]]:
        """Name, size and version of what an upload's part has brought."""
        query = (
            "SELECT name, size, version FROM object WHERE job = ? AND part = ?"
            " AND state = 'in cache' ORDER BY id"
        )
        return [tuple(row) for row in self._db.execute(query, (job_id, part))]

    def unlisted(
        self, job_id: int, part: int, *, only_open: bool = False, only_empty: bool = False
    ) -> list[tuple[str, int, str]]:
        """Name, size and version of objects with a blob that the appliance lists no more.

        `only_open` of those that have not ended, `only_empty` of those without bytes.
        """
        query = (
            "SELECT DISTINCT o.name, o.size, o.version FROM object o JOIN blob b"
            " ON b.object = o.id WHERE o.job = ? AND o.part = ? AND b.state = 'unlisted'"
        )
        if only_open:
            query += " AND o.ended IS NULL"
        if only_empty:
            query += " AND o.size = 0"
        return [tuple(row) for row in self._db.execute(query, (job_id, part))]

    def bytes_there(self, job_id: int) -> int:
        """Bytes of all blobs that were moved."""
        query = (
            "SELECT COALESCE(SUM(b.length), 0) FROM object o JOIN blob b ON b.object = o.id"
            " WHERE o.job = ? AND b.state = 'done'"
        )
        return int(self._db.execute(query, (job_id,)).fetchone()[0])

    def size(self, job_id: int) -> int:
        """Bytes of all objects that are, or were, to be moved."""
        query = (
            "SELECT COALESCE(SUM(size), 0) FROM object WHERE job = ?"
            " AND (chunk IS NOT NULL OR ended IS NULL)"
        )
        return int(self._db.execute(query, (job_id,)).fetchone()[0])

    def path_of(self, job_id: int, name: str) -> str | None:
        query = "SELECT path FROM object WHERE job = ? AND name = ?"
        row = self._db.execute(query, (job_id, name)).fetchone()
        return path_from(row[0]) if row is not None else None

    def begun(self, job_id: int) -> set[str]:
        """Names of the objects that have not ended and of which blobs were moved."""
        query = (
            "SELECT DISTINCT o.name FROM object o JOIN blob b ON b.object = o.id"
            " WHERE o.job = ? AND o.ended IS NULL AND b.state = 'done'"
        )
        return {name for (name,) in self._db.execute(query, (job_id,))}

    def checksums(self, job_id: int, name: str) -> dict[int, tuple[int, str | None]]:
        """Length and digest of each blob of an object that was moved, by offset."""
        query = (
            'SELECT b."offset", b.length, b.checksum FROM blob b JOIN object o ON o.id = b.object'
            " WHERE o.job = ? AND o.name = ? AND b.state = 'done'"
        )
        rows = self._db.execute(query, (job_id, name))
        return {offset: (length, digest) for offset, length, digest in rows}

    def unproved(self, job_id: int) -> int:
        """How many objects of a download are here with bytes that no checksum was told of."""
        query = (
            "SELECT COUNT(*) FROM object o WHERE o.job = ? AND o.state = 'done' AND o.size > 0"
            " AND EXISTS (SELECT 1 FROM blob b WHERE b.object = o.id AND b.checksum IS NULL)"
        )
        return int(self._db.execute(query, (job_id,)).fetchone()[0])

    def knows_appliance_job(self, appliance_id: str) -> bool:
        """Whether a job of the ledger has this one on the appliance."""
        query = "SELECT 1 FROM appliance_job WHERE appliance_id = ?"
        return self._db.execute(query, (appliance_id,)).fetchone() is not None

    # --- after damage

    def to_recover(self, source: str) -> list[str]:
        """The damaged files of which a source has not been asked: "" is the file itself.

        An appliance is not asked before the file was read.
        """
        query = (
            "SELECT file FROM recovery f WHERE source = '' AND (at IS NULL) = (?1 = '') AND NOT"
            " EXISTS (SELECT 1 FROM recovery s WHERE s.file = f.file AND s.source = ?1"
            " AND s.at IS NOT NULL) ORDER BY file"
        )
        return [file for (file,) in self._db.execute(query, (source,))]

    def was_damaged(self) -> bool:
        """Whether there was a damaged file, which may have held jobs that only appliances know."""
        return self._db.execute("SELECT 1 FROM recovery LIMIT 1").fetchone() is not None

    def read_at(self, file: str) -> datetime:
        """When a damaged file was read."""
        query = "SELECT at FROM recovery WHERE file = ? AND source = ''"
        return datetime.fromisoformat(self._db.execute(query, (file,)).fetchone()[0])

    def job_with(self, appliance_id: str) -> tuple[int, int] | None:
        """Job and part that have this id on the appliance; the job itself may be lost."""
        query = "SELECT job, part FROM appliance_job WHERE appliance_id = ?"
        row = self._db.execute(query, (appliance_id,)).fetchone()
        return None if row is None else (row[0], row[1])

    def pathless(self, job_id: int, part: int | None = None) -> list[str]:
        """Names of open objects of which nobody knows the file."""
        query = (
            "SELECT name FROM object WHERE job = ?1 AND (?2 IS NULL OR part = ?2)"
            " AND ended IS NULL AND path IS NULL ORDER BY id"
        )
        return [name for (name,) in self._db.execute(query, (job_id, part))]

    def names_among(self, job_id: int, names: Iterable[str]) -> set[str]:
        """Those of some names that are objects of the job."""
        query = "SELECT 1 FROM object WHERE job = ? AND name = ?"
        return {name for name in names if self._db.execute(query, (job_id, name)).fetchone()}

    def parts_of(self, job_id: int, names: Iterable[str]) -> set[int]:
        """The parts of those objects of the job that have these names."""
        query = "SELECT part FROM object WHERE job = ? AND name = ?"
        rows = (self._db.execute(query, (job_id, name)).fetchone() for name in names)
        return {part for (part,) in filter(None, rows)}

    def lacks_paths(self, job_id: int) -> bool:
        query = "SELECT 1 FROM object WHERE job = ? AND ended IS NULL AND path IS NULL LIMIT 1"
        return self._db.execute(query, (job_id,)).fetchone() is not None

    def sizes(self, job_id: int) -> dict[str, int | None]:
        """The size of each object that has not ended."""
        query = "SELECT name, size FROM object WHERE job = ? AND ended IS NULL"
        return dict(self._db.execute(query, (job_id,)).fetchall())

    def objects(
        self,
        job_id: int,
        *,
        states: frozenset[ObjectState] | None = None,
        name_contains: str | None = None,
        chunks: tuple[int, int] | None = None,
        offset: int = 0,
        limit: int = 500,
    ) -> list[ObjectRow]:
        """A page of a job's objects, failed ones first, then in the order they were found.

        `name_contains` takes a letter of either case for the other, of a to z; `chunks` are the
        first and the last of those that hold some of an object.
        """
        where, values = _chosen(job_id, name_contains, chunks)
        query = f"SELECT * FROM object WHERE {where}"
        if states is not None:
            query += f" AND state IN ({','.join('?' * len(states))})"
            values += [state.value for state in states]
        query += " ORDER BY state != 'failed', id LIMIT ? OFFSET ?"
        return [_object_row(row) for row in self._db.execute(query, (*values, limit, offset))]

    def counts(
        self,
        job_id: int,
        name_contains: str | None = None,
        chunks: tuple[int, int] | None = None,
    ) -> dict[ObjectState, int]:
        """How many objects are in each state, of all or of those that `objects` would give."""
        where, values = _chosen(job_id, name_contains, chunks)
        query = f"SELECT state, COUNT(*) FROM object WHERE {where} GROUP BY state"
        rows = self._db.execute(query, values)
        return {ObjectState(state): n for state, n in rows}

    def blobs(self, job_id: int, name: str) -> list[tuple[int, int, str, int]]:
        """Offset, length, state and tries of an object's blobs, in order."""
        query = (
            'SELECT b."offset", b.length, b.state, b.tries FROM blob b JOIN object o'
            ' ON o.id = b.object WHERE o.job = ? AND o.name = ? ORDER BY b."offset"'
        )
        return [tuple(row) for row in self._db.execute(query, (job_id, name))]


def _chosen(
    job_id: int, name_contains: str | None, chunks: tuple[int, int] | None
) -> tuple[str, list[Any]]:
    """The condition for some of a job's objects, and its values."""
    where = "job = ?1"
    values: list[Any] = [job_id]
    if chunks is not None:
        where += f" AND id IN (SELECT object FROM ({_BLOBS_OF_CHUNKS}))"
        values += chunks
    if name_contains:
        where += CONTAINS
        values.append(_anywhere(name_contains))
    return where, values


def _anywhere(text: str) -> str:
    """The pattern for a text anywhere in a name; what would be a wild card stands for itself."""
    for sign in "\\%_":
        text = text.replace(sign, f"\\{sign}")
    return f"%{text}%"


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
        path=path_from(row["path"]),
        size=row["size"],
        chunk=row["chunk"],
        state=ObjectState(row["state"]),
        tries=row["tries"],
        checksum_type=row["checksum_type"],
        checksum=row["checksum"],
        failure=failure_from(row["error_code"], row["error_facts"]),
        ended=_date(row["ended"]),
        version=row["version"] or None,
        started=_date(row["started"]),
    )


def _date(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
