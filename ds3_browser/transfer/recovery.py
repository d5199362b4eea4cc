"""Jobs that the ledger had lost: brought back from its damaged file, then from the appliance.

First comes what can be read of the file itself. Then each appliance that is connected is asked for
the active jobs of its user: one that the ledger has not is taken in as the appliance lists it, and
what was lost of the others is added. An appliance knows names, sizes and what it has in cache, but
no path: where the files are is asked of whoever started the job, and till then it waits.

All of this blocks, and goes through the ledger's own writer, in steps that are whole or not at all.
"""

from __future__ import annotations

import json
import logging
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any  # values of SQLite

from ds3_browser.protocol.client import Ds3Client
from ds3_browser.protocol.errors import Gone, NotFound
from ds3_browser.protocol.records import ApplianceJob, Chunk, RequestType

from .creation import ChunkSink, is_of_another
from .damaged import DamagedLedger, Row
from .events import Direction, ObjectState, State, WaitReason
from .ledger import Ledger
from .ledger_reader import LedgerReader
from .ledger_records import JobRecord, NewObject
from .part_file import folds_names
from .plan import Targets

log = logging.getLogger(__name__)

#: An object of which the ledger has lost the size, and with it the time of its file.
_SIZE_OF_BLOBS = (
    "UPDATE object SET size = (SELECT SUM(b.length) FROM blob b WHERE b.object = object.id)"
    " WHERE job = ? AND part = ? AND mtime_ns IS NULL AND ended IS NULL AND chunk IS NOT NULL"
)
_PART_NAME = re.compile(r"(.*) \((\d+) of (\d+)\)", re.DOTALL)  # as `bulk` names them
_KINDS = {RequestType.PUT: Direction.PUT, RequestType.GET: Direction.GET}


@dataclass(frozen=True, slots=True)
class Salvaged:
    """What became of a damaged file. `whole` where all of it could be read."""

    file: str
    jobs: int
    whole: bool


@dataclass(frozen=True, slots=True)
class Pointed:
    """What was found in the folder that a job's files were said to be in."""

    found: int
    missing: int


# --- what can be read of the damaged file


def salvage(ledger: Ledger) -> list[Salvaged]:
    """Bring back what can be read of damaged files that nobody has read yet. Blocks."""
    with closing(LedgerReader(ledger.path)) as reader:
        files, known = reader.to_recover(""), {job.id for job in reader.jobs()}
    return [_salvage(ledger, file, known) for file in files]


def _salvage(ledger: Ledger, file: str, known: set[int]) -> Salvaged:
    with closing(DamagedLedger(ledger.path.with_name(file))) as damaged:
        jobs = [row for row in damaged.rows("job") if _is_job(row) and row["id"] not in known]
        ids = {row["id"] for row in jobs}
        rows = partial(_rows, damaged, known)
        ledger.bring_back(
            (_insert("job", _JOB), [_values(row, _JOB) for row in jobs]),
            (
                "UPDATE job SET options = json_set(COALESCE(options, '{}'), '$.recovered', 1)"
                " WHERE id = ?",
                [(job_id,) for job_id in ids],
            ),
            (_insert("appliance_job", _PART), rows("appliance_job", _PART)),
            (_insert("chunk", _CHUNK), rows("chunk", _CHUNK)),
            (_insert("object", _OBJECT), rows("object", _OBJECT)),
            (
                'INSERT OR IGNORE INTO blob (object, "offset", length, chunk, state, tries,'
                " checksum) SELECT id, ?, ?, ?, ?, ?, ? FROM object"
                " WHERE job = ? AND name = ? AND version = ?",
                _Again(lambda: _blob_rows(damaged, known)),
            ),
            (
                "UPDATE recovery SET at = ? WHERE file = ? AND source = ''",
                [(_now(), file)],
            ),
        )
        log.info("%d jobs brought back from %s, whole: %s", len(jobs), file, damaged.whole)
        return Salvaged(file, len(jobs), damaged.whole)


class _Again:
    """Rows that are read anew each time they are gone through: not held in memory."""

    def __init__(self, rows: Any) -> None:  # a function without arguments that gives an iterator
        self._rows = rows

    def __iter__(self) -> Iterator[Sequence[Any]]:
        return iter(self._rows())


_JOB = (
    *("id", "kind", "session", "endpoint", "access_id", "bucket", "prefix", "target", "name"),
    *("options", "state", "reason", "created", "started", "ended", "persisted", "removed"),
)
_PART = ("job", "part", "appliance_id", "intended", "state", "last_activity", "persisted")
_CHUNK = ("job", "part", "number", "appliance_id", "node")
_OBJECT = (
    *("job", "part", "name", "version", "path", "size", "mtime_ns", "chunk", "state", "tries"),
    *("checksum_type", "checksum", "error_code", "error_facts", "ended", "started"),
)


def _insert(table: str, columns: Sequence[str]) -> str:
    places = ", ".join("?" * len(columns))
    return f"INSERT OR IGNORE INTO {table} ({', '.join(columns)}) VALUES ({places})"


def _values(row: Row, columns: Sequence[str]) -> tuple[Any, ...]:
    there = row.keys()
    return tuple(row[column] if column in there else None for column in columns)


def _rows(
    damaged: DamagedLedger, known: set[int], table: str, columns: Sequence[str]
) -> Iterable[Sequence[Any]]:
    """The sound rows of a table, but those of jobs that have another owner by now."""
    sound = _is_object if table == "object" else _is_part if table == "appliance_job" else _any
    return _Again(
        lambda: (
            _values(row, columns)
            for row in damaged.rows(table)
            if row["job"] not in known and sound(row)
        )
    )


def _blob_rows(damaged: DamagedLedger, known: set[int]) -> Iterator[Sequence[Any]]:
    for row in damaged.rows("object"):
        if row["job"] in known or not _is_object(row):
            continue
        for blob in damaged.blobs(row["id"]):
            yield (
                *(blob["offset"], blob["length"], blob["chunk"], blob["state"], blob["tries"]),
                *(blob["checksum"], row["job"], row["name"], row["version"]),
            )


def _is_job(row: Row) -> bool:
    """Whether a row makes sense: what stands on a torn page may be anything."""
    texts = (row["session"], row["bucket"], row["prefix"], row["name"])
    return (
        row["kind"] in {kind.value for kind in Direction}
        and row["state"] in {state.value for state in State}
        and all(isinstance(text, str) for text in texts)
        and _is_date(row["created"])
    )


def _is_part(row: Row) -> bool:
    return isinstance(row["part"], int) and _is_date(row["intended"])


def _is_object(row: Row) -> bool:
    return (
        isinstance(row["name"], str)
        and row["state"] in {state.value for state in ObjectState}
        and isinstance(row["size"], int | None)
    )


def _any(row: Row) -> bool:
    return True


def _is_date(text: object) -> bool:
    try:
        return datetime.fromisoformat(str(text)) is not None
    except ValueError:
        return False


# --- what the appliance knows


def look(client: Ds3Client, ledger: Ledger, session_id: str) -> list[int]:
    """Ask a session's appliance once for what a damaged file has lost; the ids of jobs taken in.

    Blocks. Raises what the calls to the appliance raise; then it is looked at again another time.
    """
    with closing(LedgerReader(ledger.path)) as reader:
        files = reader.to_recover(session_id)
        if not files:
            return []
        before = reader.read_at(files[-1])
        adopter = _Adopter(client, ledger, reader, session_id)
        taken = adopter.take_in_all(before)
    ledger.bring_back(
        (
            "INSERT OR REPLACE INTO recovery VALUES (?, ?, ?)",
            [(file, session_id, _now()) for file in files],
        )
    )
    return taken


def take_over(
    client: Ds3Client, ledger: Ledger, session_id: str, listed: ApplianceJob
) -> tuple[int, bool]:
    """Take a job in that was begun elsewhere, with the objects that the appliance lists for it.

    Its id, and whether it is new here: one that the ledger has is left as it is. Where its files
    are, `point_to` tells. Blocks. Raises NotFound or Gone where it has ended, ValueError for a job
    that no client moves.
    """
    if listed.request_type not in _KINDS:
        raise ValueError(f"a job of the type {listed.request_type} has no files")
    with closing(LedgerReader(ledger.path)) as reader:
        if (known := reader.job_with(listed.job_id)) is not None:
            return known[0], False
        return _Adopter(client, ledger, reader, session_id).take_in(listed), True


def _of_several(name: str) -> tuple[str, int, int] | None:
    """What a part of a split job is called: the job's name, its number from 1, of how many."""
    found = _PART_NAME.fullmatch(name)
    return None if found is None else (found[1], int(found[2]), int(found[3]))


def _transfers(listed: Iterable[ApplianceJob]) -> list[tuple[str, dict[int, ApplianceJob]]]:
    """Jobs on the appliance as the transfers that they are parts of, by their names.

    Parts that cannot be told apart, for two transfers have one name, stay alone, and so does a part
    of which no other is there: their names say what they are.
    """
    several: dict[object, list[tuple[int, ApplianceJob]]] = {}
    for job in listed:
        name = job.name or ""
        base, number, of = _of_several(name) or (name, 0, 0)
        key = (base, of, job.request_type, job.bucket_id) if of else job.job_id
        several.setdefault(key, []).append((number - 1, job))
    found: list[tuple[str, dict[int, ApplianceJob]]] = []
    for parts in several.values():
        numbered = dict(parts)
        if len(parts) == 1 or len(numbered) < len(parts):
            found += [(job.name or "", {0: job}) for _, job in parts]
        else:
            found.append((_name_of_parts(parts[0][1].name or "", sorted(numbered)), numbered))
    return found


def _name_of_parts(name: str, parts: Sequence[int]) -> str:
    base, _, of = _of_several(name) or (name, 1, 1)
    if len(parts) == of:
        return base
    return f"{base} ({', '.join(str(part + 1) for part in parts)} of {of})"


class _Adopter:
    """Takes in jobs that are open on the appliance of one session."""

    def __init__(
        self, client: Ds3Client, ledger: Ledger, reader: LedgerReader, session_id: str
    ) -> None:
        self._client = client
        self._ledger = ledger
        self._reader = reader
        self._session_id = session_id

    def take_in_all(self, before: datetime) -> list[int]:
        """All that were created before the damage was seen: later ones the ledger knows."""
        owner = self._client.get_service().owner
        ours: list[ApplianceJob] = []
        for listed in self._client.active_jobs():
            theirs = is_of_another(listed, owner)
            late = listed.created is not None and listed.created > before
            if not theirs and not late and listed.request_type in _KINDS:
                ours.append(listed)
        taken: list[int] = []
        for name, parts in _transfers(reversed(ours)):  # the newest came first
            job_id = self._take_in_parts(name, parts)
            if job_id is not None:
                taken.append(job_id)
        return taken

    def _take_in_parts(self, name: str, parts: Mapping[int, ApplianceJob]) -> int | None:
        """The id of a job that the ledger did not have, with those of its parts that are there."""
        job_id: int | None = None
        for part, listed in sorted(parts.items()):
            try:
                job_id = self._take_in(job_id, part, listed, name) or job_id
            except (NotFound, Gone):
                log.info("job %s ended while it was looked at", listed.job_id)
        return job_id

    def _take_in(
        self, job_id: int | None, part: int, listed: ApplianceJob, name: str
    ) -> int | None:
        """As part of a job of which others were taken in already, where that has an id."""
        known = self._reader.job_with(listed.job_id) or self._home_of(listed)
        record = self._reader.job(known[0]) if known is not None else None
        if record is not None and known is not None and known[0] != job_id:
            if (record.options or {}).get("recovered") and not record.state.ended:
                self._have_part(*known, listed)
                self._complete(*known, listed.job_id)
            return None
        place = known or (job_id or self._ledger.reserve_job_id(), part)
        return self.take_in(listed, place, name)

    def take_in(
        self, listed: ApplianceJob, place: tuple[int, int] | None = None, name: str | None = None
    ) -> int:
        """Make a job of the ledger of it, or the part of one that `place` names; the job's id."""
        job_id, part = place or (self._ledger.reserve_job_id(), 0)
        self._add(job_id, part, listed, name or listed.name or listed.job_id)
        self._complete(job_id, part, listed.job_id)
        return job_id

    def _home_of(self, listed: ApplianceJob) -> tuple[int, int] | None:
        """Job and part that have lost, or had never learned, this one's id on the appliance."""
        base, _, _ = _of_several(listed.name or "") or (listed.name, 1, 1)
        for record in self._reader.jobs():
            mine = (record.options or {}).get("recovered") and not record.state.ended
            same = (record.session, record.kind) == (
                *(self._session_id, _KINDS[RequestType(listed.request_type)].value),
            )
            if not (mine and same and record.name in (base, listed.name)):
                continue
            bucket, names = self._bucket_and_names(listed.job_id)
            known = {one.part for one in self._reader.parts(record.id) if one.appliance_id}
            lost = self._reader.parts_of(record.id, names) - known
            if bucket == record.bucket and lost:
                return record.id, min(lost)
        return None

    def _bucket_and_names(self, appliance_id: str) -> tuple[str | None, set[str]]:
        names: set[str] = set()

        def take(chunk: Chunk) -> None:
            names.update(blob.name for blob in chunk.blobs)

        return self._client.get_job(appliance_id, take=take).bucket, names

    def _have_part(self, job_id: int, part: int, listed: ApplianceJob) -> None:
        created = (listed.created or datetime.now(UTC)).isoformat()
        row = (job_id, part, listed.job_id, created, "open", None, None)
        self._ledger.bring_back(
            (_insert("appliance_job", _PART), [row]),
            (
                "UPDATE appliance_job SET appliance_id = ?, state = 'open'"
                " WHERE job = ? AND part = ? AND appliance_id IS NULL",
                [(listed.job_id, job_id, part)],
            ),
        )

    def _add(self, job_id: int, part: int, listed: ApplianceJob, name: str) -> None:
        kind = _KINDS[RequestType(listed.request_type)]
        created = listed.created or datetime.now(UTC)
        bucket = listed.bucket or self._client.get_job(listed.job_id).bucket or ""
        checksum = self._client.checksum_of_policy(bucket)
        options = {"planned": 1, "recovered": 1, "checksum": checksum.value if checksum else None}
        endpoint = self._client.endpoint.url
        access_id = self._client.credentials.access_id
        self._ledger.bring_back(
            (
                _insert("job", _JOB),
                [
                    (
                        *(job_id, kind.value, self._session_id, endpoint, access_id, bucket, ""),
                        *(None, name),
                        json.dumps(options),
                        *(State.WAITING.value, WaitReason.USER.value, created.isoformat()),
                        *(None, None, None, None),
                    )
                ],
            ),
        )
        self._have_part(job_id, part, listed)

    def _complete(self, job_id: int, part: int, appliance_id: str) -> None:
        """Add objects and blobs that the appliance lists and the ledger has not."""
        self._ledger.flush()
        first = self._reader.first_chunk(job_id, part)
        record = self._reader.job(job_id)
        if record is None:
            return
        uploads = record.kind == Direction.PUT.value
        targets = _targets(record) if record.kind == Direction.GET.value else None

        def keep(chunks: Sequence[Chunk]) -> None:
            ends: dict[str, int] = {}
            for chunk in chunks:
                for blob in chunk.blobs:
                    ends[blob.name] = max(ends.get(blob.name, 0), blob.offset + blob.length)
            lost = set(ends) - self._reader.names_among(job_id, ends)
            paths = {name: targets.path_for(name) for name in lost} if targets else {}
            objects = [NewObject(name, paths.get(name), ends[name], part=part) for name in lost]
            self._ledger.add_objects(job_id, objects)
            self._ledger.listed(job_id, part, chunks, first)
            if uploads:
                self._ledger.listed_again(job_id, part, chunks)

        listing = ChunkSink(keep)
        job = self._client.get_job(appliance_id, take=listing.take)
        listing.flush()
        self._ledger.flush()
        if uploads:
            self._fill_gaps(job_id, part, job.bucket or "")
            _take_files(self._ledger, self._reader, record, _chosen_path(record))
        else:
            self._ledger.bring_back((_SIZE_OF_BLOBS, [(job_id, part)]))

    def _fill_gaps(self, job_id: int, part: int, bucket: str) -> None:
        """Blobs of listed objects that the job lists no more were received with their chunks.

        How long an object is of which the ledger has lost the size, a listing of the bucket tells.
        """
        lost = set(self._reader.pathless(job_id, part))
        sizes = {name: size or 0 for name, size in self._reader.sizes(job_id).items()}
        sizes |= dict(self._sizes(bucket, lost)) if lost else {}
        missing: list[tuple[Any, ...]] = []
        for name in {*lost, *self._reader.not_whole(job_id, part, as_planned=True)}:
            at = 0
            for offset, length, _state, _tries in self._reader.blobs(job_id, name):
                if offset > at:
                    missing.append((at, offset - at, job_id, name, part))
                at = offset + length
            if (size := sizes.get(name, at)) > at:
                missing.append((at, size - at, job_id, name, part))
        self._ledger.bring_back(
            (
                'INSERT OR IGNORE INTO blob (object, "offset", length, chunk, state)'
                " SELECT id, ?, ?, chunk, 'done' FROM object"
                " WHERE job = ? AND name = ? AND part = ?",
                missing,
            ),
            (_SIZE_OF_BLOBS, [(job_id, part)]),
            (
                "UPDATE object SET state = 'in cache', ended = ? WHERE job = ? AND part = ?"
                " AND ended IS NULL AND mtime_ns IS NULL AND NOT EXISTS"
                " (SELECT 1 FROM blob b WHERE b.object = object.id AND b.state != 'done')",
                [(_now(), job_id, part)],
            ),
        )

    def _sizes(self, bucket: str, names: set[str]) -> Iterator[tuple[str, int]]:
        for page in self._client.list_pages(bucket, prefix=common_folder(names)):
            for name, size in zip(page.names, page.sizes, strict=True):
                if name in names:
                    yield name, size


# --- where the files are


def _targets(record: JobRecord) -> Targets | None:
    """Gives the paths of a download that still knows where to."""
    if not record.target:
        return None
    return Targets(record.target, record.prefix, folds=folds_names(record.target))


def _chosen_path(record: JobRecord) -> Callable[[str], str | None]:
    """Gives the path of an upload's object, as far as the chosen files and folders are known."""
    chosen = {os.path.basename(path): path for path in (record.options or {}).get("paths") or ()}

    def path_of(name: str) -> str | None:
        first, *rest = name.removeprefix(record.prefix).split("/")
        return os.path.join(chosen[first], *rest) if first in chosen else None

    return path_of


def common_folder(names: Iterable[str]) -> str:
    """The longest folder that all names lie in: "" or ending in `/`."""
    first: str | None = None
    for name in names:
        folder = name[: name.rstrip("/").rfind("/") + 1]
        if first is None:
            first = folder
        while not name.startswith(first):
            first = first[: first.rstrip("/").rfind("/") + 1]
    return first or ""


def point_to(ledger: Ledger, job_id: int, folder: str) -> Pointed:
    """Take the files of an upload from a folder, or put those of a download into it. Blocks.

    The folder stands for the one that all names of the job lie in. What an upload lacks there
    fails when its turn comes, as every file does that has vanished or changed.
    """
    with closing(LedgerReader(ledger.path)) as reader:
        record = reader.job(job_id)
        if record is None:
            return Pointed(0, 0)
        base = common_folder(names := reader.pathless(job_id))
        if record.kind == Direction.GET.value:
            return _put_below(ledger, record, names, base, folder)

        def path_of(name: str) -> str:
            return os.path.join(folder, *name.removeprefix(base).split("/"))

        pointed = _take_files(ledger, reader, record, path_of)
    if not record.prefix:
        ledger.bring_back(("UPDATE job SET prefix = ? WHERE id = ?", [(base, job_id)]))
    return pointed


def _put_below(
    ledger: Ledger, record: JobRecord, names: Sequence[str], base: str, folder: str
) -> Pointed:
    targets = Targets(folder, base, folds=folds_names(folder))
    paths = [(os.fsencode(targets.path_for(name)), record.id, name) for name in names]
    ledger.bring_back(
        ("UPDATE object SET path = ? WHERE job = ? AND name = ?", paths),
        ("UPDATE job SET target = ?, prefix = ? WHERE id = ?", [(folder, base, record.id)]),
    )
    return Pointed(len(names), 0)


def _take_files(
    ledger: Ledger,
    reader: LedgerReader,
    record: JobRecord,
    path_of: Callable[[str], str | None],
) -> Pointed:
    """Give open objects without a file the one at their path, where that is known."""
    begun, sizes = reader.begun(record.id), reader.sizes(record.id)
    rows: list[tuple[Any, ...]] = []
    found = 0
    for name in reader.pathless(record.id):
        if (path := path_of(name)) is None:
            continue
        size, mtime_ns = _status(path)
        fits = size is not None and (name.endswith("/") or size == sizes.get(name))
        # The ledger has lost the file's time. One that was written after the job began is not the
        # file of which the appliance has a part already.
        if name in begun and mtime_ns > int(record.created.timestamp() * 1e9):
            mtime_ns, fits = 0, False
        found += fits
        rows.append((os.fsencode(path), mtime_ns, record.id, name))
    ledger.bring_back(("UPDATE object SET path = ?, mtime_ns = ? WHERE job = ? AND name = ?", rows))
    return Pointed(found, len(rows) - found)


def _status(path: str) -> tuple[int | None, int]:
    """Size and time of a file; no size where there is nothing."""
    try:
        status = os.stat(path)
    except OSError:
        return None, 0
    return status.st_size, status.st_mtime_ns


def _now() -> str:
    return datetime.now(UTC).isoformat()
