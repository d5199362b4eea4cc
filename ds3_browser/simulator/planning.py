"""Creating bulk jobs: what is asked for becomes blobs, and blobs become chunks.

A job is created whole or not at all.
"""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from .faults import Faults
from .policies import Policies
from .spans import Span, missing
from .store import Refused, Store, check_name

MAX_OBJECTS = 500_000
CLIENT_PRIORITIES = ("URGENT", "HIGH", "NORMAL", "LOW")
SYSTEM_PRIORITIES = ("CRITICAL", "BACKGROUND")
DEFAULT_PRIORITIES = {"PUT": "NORMAL", "GET": "HIGH"}
ORDERS = ("IN_ORDER", "NONE")


@dataclass(frozen=True, slots=True)
class JobRequest:
    """The parameters of a creation that mean something here. `bucket` is a name or an id."""

    bucket: str
    user: str
    name: str = "Untitled"
    priority: str | None = None
    max_upload_size: int | None = None
    ignore_naming_conflicts: bool = False
    in_order: str = "IN_ORDER"
    options: Mapping[str, bool] = field(default_factory=dict)  # by their names in answers
    naked: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """One object of a bulk GET: whole, or the part from `offset` of `length` bytes."""

    name: str
    version_id: str | None = None
    offset: int | None = None
    length: int | None = None

    def span(self, size: int) -> Span:
        begin = self.offset or 0
        return begin, size if self.length is None else begin + self.length


@dataclass(slots=True)
class _Planned:
    """A blob on its way into a chunk. `wanted` are the spans of the object that a GET asks for."""

    key: int
    offset: int
    length: int
    wanted: list[Span] = field(default_factory=list)

    def partly(self) -> str | None:
        """The wanted spans as JSON, None if they are the whole blob or nobody asked."""
        whole = [(self.offset, self.offset + self.length)]
        return json.dumps(self.wanted) if self.wanted and missing(whole, self.wanted) else None


class Planner:
    def __init__(self, store: Store, policies: Policies, faults: Faults) -> None:
        self._store = store
        self._policies = policies
        self._faults = faults

    def create_put(self, request: JobRequest, items: Sequence[tuple[str, int]]) -> str:
        """Plan a PUT job; all of it or nothing. Raises Refused."""
        self._check(request, items)
        with self._store.transaction():
            row = self._store.bucket(request.bucket)
            items = self._without_conflicts(row["name"], items, request.ignore_naming_conflicts)
            size = self._blob_size(row, request.max_upload_size)
            job, identifier = self._insert(request, row["name"], "PUT")
            blobs = self._store.add_objects(row["name"], items, size, job)
            self._chunk(job, [_Planned(blob.key, blob.offset, blob.length) for blob in blobs])
        return identifier

    def _check(self, request: JobRequest, items: Sequence[object]) -> None:
        if self._faults.count_down("busy"):
            raise Refused(503, "SlowDown", "Too many jobs.", retry_after=True)
        if not items:
            raise Refused(400, "InvalidArgument", "A job needs at least one object.")
        if len(items) > MAX_OBJECTS:
            raise Refused(400, "InvalidArgument", f"A job holds at most {MAX_OBJECTS} objects.")
        check_priority(request.priority)
        if request.in_order not in ORDERS:
            raise Refused(400, "InvalidArgument", f"Not an order: {request.in_order}")

    def _without_conflicts(
        self, bucket: str, items: Sequence[tuple[str, int]], ignore: bool
    ) -> list[tuple[str, int]]:
        if len({name for name, _ in items}) != len(items):
            raise Refused(400, "InvalidArgument", "A name is listed twice.")
        kept = []
        for name, size in items:
            check_name(name)
            there = self._store.value(
                "SELECT size FROM object WHERE bucket = ? AND name = ?", bucket, name
            )
            if there is None:
                kept.append((name, size))
            elif not (ignore and there == size):
                raise exists(name)
        return kept

    def _blob_size(self, bucket: sqlite3.Row, wanted: int | None) -> int | None:
        policy = self._policies.of(bucket)
        if wanted is None or not policy.blobbing_enabled:
            return policy.blob_size
        if wanted < self._faults.get("min_blob"):
            raise Refused(400, "InvalidArgument", f"max_upload_size is too small: {wanted}")
        return wanted

    def create_get(self, request: JobRequest, items: Sequence[Wanted]) -> str:
        """Plan a GET job of whole blobs, each once however many ranges touch it."""
        self._check(request, items)
        with self._store.transaction():
            bucket = self._store.bucket(request.bucket)["name"]
            planned: dict[int, _Planned] = {}
            absent = []
            for item in items:
                if not self._plan(bucket, item, planned):
                    absent.append(item.name)
            if absent:
                names = ", ".join(absent[:10])
                raise Refused(404, "NotFound", f"Could not find requested blobs for {names}")
            job, identifier = self._insert(request, bucket, "GET")
            self._chunk(job, list(planned.values()))
        return identifier

    def _plan(self, bucket: str, item: Wanted, planned: dict[int, _Planned]) -> bool:
        """Add the blobs that an item touches; False where the object is not there."""
        row = self._store.one(
            "SELECT key, id, size FROM object WHERE bucket = ? AND name = ? AND NOT missing",
            bucket,
            item.name,
        )
        if row is None or (item.version_id and item.version_id.lower() != row["id"]):
            return False
        begin, end = item.span(row["size"])
        for blob in self._store.blobs(row["key"]):
            offset, length = blob["offset"], blob["length"]
            part = (max(begin, offset), min(end, offset + length))
            if part[0] < part[1] or not length:
                known = planned.setdefault(blob["key"], _Planned(blob["key"], offset, length))
                known.wanted.append(part)
        return True

    def create_naked_put(self, request: JobRequest, name: str, length: int) -> sqlite3.Row:
        """An object of one blob, whatever its size, and its hidden job; the blob."""
        with self._store.transaction():
            job, _ = self._insert(request, request.bucket, "PUT")
            (new,) = self._store.add_objects(request.bucket, [(name, length)], None, job)
            self._chunk(job, [_Planned(new.key, new.offset, new.length)])
            blob = self._store.one("SELECT key, id, length FROM blob WHERE key = ?", new.key)
        assert blob is not None
        return blob

    def _insert(self, request: JobRequest, bucket: str, kind: str) -> tuple[int, str]:
        key, identifier, now = self._store.new_key("job"), str(uuid.uuid4()), self._store.now()
        self._store.db.execute(
            "INSERT INTO job (key, id, bucket, kind, name, priority, user, naked, options,"
            " undying, in_order, created, active) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(key, identifier, bucket, kind, request.name),
                *(request.priority or DEFAULT_PRIORITIES[kind], request.user, request.naked),
                *(json.dumps(dict(request.options)), _is_undying(request)),
                *(request.in_order, now, now),
            ),
        )
        return key, identifier

    def _chunk(self, job: int, blobs: Sequence[_Planned]) -> None:
        """Group blobs in chunks, none larger than half of a finite cache where blobs allow it."""
        limit, most = self._faults.get("chunk_bytes"), self._faults.get("chunk_blobs")
        cache = self._faults.get("cache_bytes")
        if cache is not None:
            limit = min(limit, cache // 2)
        chunks: list[list[_Planned]] = []
        length = 0
        for blob in blobs:
            if not chunks or length + blob.length > limit or len(chunks[-1]) >= most:
                chunks.append([])
                length = 0
            chunks[-1].append(blob)
            length += blob.length
        for number, members in enumerate(chunks, 1):
            self._insert_chunk(job, number, members)
        self._store.db.execute(
            "UPDATE job SET size = ?, open = ? WHERE key = ?",
            (sum(blob.length for blob in blobs), len(blobs), job),
        )

    def _insert_chunk(self, job: int, number: int, members: Sequence[_Planned]) -> None:
        key = self._store.new_key("chunk")
        length = sum(blob.length for blob in members)
        self._store.db.execute(
            "INSERT INTO chunk (key, id, job, number, length, open) VALUES (?, ?, ?, ?, ?, ?)",
            (key, str(uuid.uuid4()), job, number, length, len(members)),
        )
        self._store.db.executemany(
            "INSERT INTO job_blob (chunk, place, blob, job, wanted) VALUES (?, ?, ?, ?, ?)",
            [(key, place, blob.key, job, blob.partly()) for place, blob in enumerate(members)],
        )


def _is_undying(request: JobRequest) -> bool:
    """Whether a job is spared the end that idle jobs meet."""
    options = request.options
    return options.get("Protected", False) or not options.get("DeadJobCleanupAllowed", True)


def check_priority(priority: str | None) -> None:
    """Refuse a priority that clients may not give, or that there is not."""
    if priority in SYSTEM_PRIORITIES:
        raise Refused(403, "AccessDenied", "This priority is reserved for the system.")
    if priority not in (None, *CLIENT_PRIORITIES):
        raise Refused(400, "InvalidArgument", f"Not a priority: {priority}")


def exists(name: str) -> Refused:
    return Refused(409, "OBJECT_ALREADY_EXISTS", f"The object exists: {name}")
