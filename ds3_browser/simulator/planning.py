"""Creating bulk jobs: what is asked for becomes blobs, and blobs become chunks.

A job is created whole or not at all.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from .faults import Faults
from .policies import Policies, Policy
from .spans import Span, missing
from .store import Refused, Store, check_name, new_id, new_id_beginning
from .versions import Versions, Whole

MAX_OBJECTS = 500_000
CLIENT_PRIORITIES = ("URGENT", "HIGH", "NORMAL", "LOW")
SYSTEM_PRIORITIES = ("CRITICAL", "BACKGROUND")
STAGE_PRIORITY = "LOW"
GATHERING_S = 30 * 60  # how long what is asked for joins an aggregating job
ORDERS = ("IN_ORDER", "NONE")


@dataclass(frozen=True, slots=True)
class JobRequest:
    """The parameters of a creation that mean something here. `bucket` is a name or an id.

    `kind` is PUT, GET or VERIFY; `unattended` if no client moves the data, as in staging.
    """

    bucket: str
    user: str
    name: str = "Untitled"
    priority: str | None = None
    max_upload_size: int | None = None
    ignore_naming_conflicts: bool = False
    in_order: str = "IN_ORDER"
    options: Mapping[str, bool] = field(default_factory=dict)  # by their names in answers
    naked: bool = False
    kind: str = "PUT"
    unattended: bool = False
    pre_allocate: bool = False

    @property
    def aggregating(self) -> bool:
        return self.options.get("Aggregating", False)


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
    latest: bool = True
    wanted: list[Span] | None = None

    def partly(self) -> str | None:
        """The wanted spans as JSON, None if they are the whole blob or nobody asked."""
        whole = [(self.offset, self.offset + self.length)]
        return json.dumps(self.wanted) if self.wanted and missing(whole, self.wanted) else None


class Planner:
    def __init__(
        self, store: Store, versions: Versions, policies: Policies, faults: Faults
    ) -> None:
        self._store = store
        self._versions = versions
        self._policies = policies
        self._faults = faults

    def create_put(self, request: JobRequest, items: Sequence[tuple[str, int]]) -> str:
        """Plan a PUT job; all of it or nothing. Raises Refused."""
        self._check(request, items)
        with self._store.transaction():
            bucket = self._store.bucket(request.bucket)
            items = self._without_conflicts(bucket, items, request.ignore_naming_conflicts)
            size = self._blob_size(bucket, request.max_upload_size)
            key, identifier = self._joined(request, bucket["name"])
            blobs = self._versions.add(bucket["name"], items, size, key)
            self._chunk(key, [_Planned(*blob) for blob in blobs])
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
        self, bucket: sqlite3.Row, items: Sequence[tuple[str, int]], ignore: bool
    ) -> list[tuple[str, int]]:
        """What is to come. A name that is there is refused where no versions are kept.

        With `ignore` the same name with the same size is left out, whatever is kept.
        """
        if len({name for name, _ in items}) != len(items):
            raise Refused(400, "InvalidArgument", "A name is listed twice.")
        for name, _ in items:
            check_name(name)
        if not bucket["objects"]:
            return list(items)
        one_of_a_name = self._policies.of(bucket).versioning == "NONE"
        kept = []
        for name, size in items:
            there = self._versions.one(bucket["name"], name)
            if ignore and there is not None and there["size"] == size:
                continue
            if one_of_a_name and there is not None:
                raise exists(name)
            kept.append((name, size))
        return kept

    def has_all(self, bucket: str, items: Sequence[tuple[str, int]]) -> bool:
        """Whether all these objects are there, each of its size. Raises Refused."""
        name = self._store.bucket(bucket)["name"]
        found = (self._versions.one(name, each) for each, _ in items)
        return all(
            row is not None and not row["missing"] and row["size"] == size
            for row, (_, size) in zip(found, items, strict=True)
        )

    def _blob_size(self, bucket: sqlite3.Row, wanted: int | None) -> int | None:
        policy = self._policies.of(bucket)
        if wanted is None or not policy.blobbing_enabled:
            return policy.blob_size
        if wanted < self._faults.get("min_blob"):
            raise Refused(400, "InvalidArgument", f"max_upload_size is too small: {wanted}")
        return wanted

    def create_get(self, request: JobRequest, items: Sequence[Wanted]) -> str:
        """Plan a GET or VERIFY job of whole blobs, each once however many ranges touch it."""
        self._check(request, items)
        with self._store.transaction():
            bucket = self._store.bucket(request.bucket)["name"]
            planned: dict[int, _Planned] = {}
            absent = [item.name for item in items if not self._plan(bucket, item, planned)]
            if absent:
                names = ", ".join(absent[:10])
                raise Refused(404, "NotFound", f"Could not find requested blobs for {names}")
            key, identifier = self._joined(request, bucket, planned)
            self._chunk(key, list(planned.values()))
        return identifier

    def _plan(self, bucket: str, item: Wanted, planned: dict[int, _Planned]) -> bool:
        """Add the blobs that an item touches; False where there are none."""
        row = self._versions.one(bucket, item.name, item.version_id)
        if row is None or row["missing"]:
            return False
        begin, end = item.span(row["size"])
        touched = False
        for blob in self._versions.blobs(row["key"]):
            offset, length = blob["offset"], blob["length"]
            part = (max(begin, offset), min(end, offset + length))
            if part[0] < part[1] or not length:
                new = _Planned(blob["key"], offset, length, bool(row["latest"]))
                spans = planned.setdefault(blob["key"], new)
                spans.wanted = [*(spans.wanted or ()), part]
                touched = True
        return touched

    def create_cut(
        self, request: JobRequest, name: str, lengths: Sequence[int]
    ) -> list[sqlite3.Row]:
        """The hidden job of an object whose blobs are already cut; the blobs, all to come."""
        with self._store.transaction():
            job, _ = self._insert(request, request.bucket)
            new = self._versions.add_cut(request.bucket, name, lengths, job)
            self._chunk(job, [_Planned(*blob) for blob in new])
            return self._store.all(
                "SELECT b.key, b.id, b.length FROM job_blob j JOIN blob b ON b.key = j.blob"
                " WHERE j.job = ? ORDER BY b.offset",
                job,
            )

    def create_received(self, wholes: Sequence[Whole], first_blob: int) -> int:
        """The hidden jobs of blobs that came without one and are there, as the arrivals say.

        The blobs' row numbers follow each other, and so do those of the jobs, of which the first
        is returned. Within the caller's transaction, like all that follows here.
        """
        db = self._store.db
        first_job = self._store.new_keys("job", len(wholes))
        first_chunk = self._store.new_keys("chunk", len(wholes))
        for bucket, user in {(each.bucket, each.user) for each in wholes}:
            request = JobRequest(bucket, user, naked=True)
            row = self._row(request, bucket, self._store.now())
            db.execute(
                f"INSERT INTO job ({', '.join(row)}, key, id, created, active, size, cached, open)"
                f" SELECT {', '.join('?' * len(row))}, ? + n, ? || PRINTF('%012x', n),"
                " arrived, arrived, length, length, 1 FROM arrival WHERE bucket = ? AND user = ?",
                (*row.values(), first_job, new_id_beginning(), bucket, user),
            )
        db.execute(
            "INSERT INTO chunk (key, id, job, number, length, open, ready)"
            " SELECT ? + n, ? || PRINTF('%012x', n), ? + n, 1, length, 0, 1 FROM arrival",
            (first_chunk, new_id_beginning(), first_job),
        )
        db.execute(
            "INSERT INTO job_blob (chunk, place, blob, job) SELECT ? + n, 0, ? + n, ? + n"
            " FROM arrival",
            (first_chunk, first_blob, first_job),
        )
        return first_job

    def _joined(
        self, request: JobRequest, bucket: str, blobs: Mapping[int, object] = MappingProxyType({})
    ) -> tuple[int, str]:
        """The row number and id of the job that takes what was asked for: a new one, as a rule.

        An aggregating one joins the user's last that still gathers and has none of the `blobs`.
        """
        if request.aggregating:
            gathers = self._store.one(
                "SELECT key, id FROM job WHERE bucket = ? AND kind = ? AND gathering > ?"
                " AND user = ? AND unattended = ? AND status = 'IN_PROGRESS' ORDER BY key DESC",
                *(bucket, request.kind, self._store.now(), request.user, request.unattended),
            )
            if gathers is not None and not self._has_any(gathers["key"], blobs):
                return gathers["key"], gathers["id"]
        return self._insert(request, bucket)

    def _has_any(self, job: int, blobs: Iterable[int]) -> bool:
        query = "SELECT 1 FROM job_blob WHERE blob = ? AND job = ?"
        return any(self._store.one(query, blob, job) for blob in blobs)

    def _insert(self, request: JobRequest, bucket: str) -> tuple[int, str]:
        key, identifier, now = self._store.new_key("job"), new_id(), self._store.now()
        row = self._row(request, bucket, now)
        row |= {"key": key, "id": identifier, "created": now, "active": now}
        self._store.has_implicit_jobs |= bool(row["implicit"])
        columns, places = ", ".join(row), ", ".join("?" * len(row))
        self._store.db.execute(
            f"INSERT INTO job ({columns}) VALUES ({places})", tuple(row.values())
        )
        return key, identifier

    def _row(self, request: JobRequest, bucket: str, now: float) -> dict[str, object]:
        """What the table has of a job that is alike for all that are asked for like this."""
        policy = self._policies.of(self._store.bucket_known(bucket))
        options = {**policy.job_options(request.kind), **request.options}
        return {
            "bucket": bucket,
            "kind": request.kind,
            "name": request.name,
            "priority": _priority(request, policy),
            "user": request.user,
            "naked": request.naked,
            "options": json.dumps(options),
            "undying": is_undying(request.options),
            "in_order": request.in_order,
            "unattended": request.unattended,
            "gathering": now + GATHERING_S if request.aggregating else None,
            "implicit": request.options.get("ImplicitJobIdResolution", False),
        }

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
        before = self._store.value("SELECT MAX(number) FROM chunk WHERE job = ?", job) or 0
        for number, members in enumerate(chunks, before + 1):
            self._insert_chunk(job, number, members)
        self._store.db.execute(
            "UPDATE job SET size = size + ?, open = open + ? WHERE key = ?",
            (sum(blob.length for blob in blobs), len(blobs), job),
        )

    def _insert_chunk(self, job: int, number: int, members: Sequence[_Planned]) -> None:
        key = self._store.new_key("chunk")
        length = sum(blob.length for blob in members)
        self._store.db.execute(
            "INSERT INTO chunk (key, id, job, number, length, open) VALUES (?, ?, ?, ?, ?, ?)",
            (key, new_id(), job, number, length, len(members)),
        )
        self._store.db.executemany(
            "INSERT INTO job_blob (chunk, place, blob, job, wanted, latest)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            [
                (key, place, blob.key, job, blob.partly(), blob.latest)
                for place, blob in enumerate(members)
            ],
        )


def is_undying(options: Mapping[str, bool]) -> bool:
    """Whether a job is spared the end that idle jobs meet."""
    return options.get("Protected", False) or not options.get("DeadJobCleanupAllowed", True)


def _priority(request: JobRequest, policy: Policy) -> str:
    if request.priority is not None:
        return request.priority
    staged = request.unattended and request.kind == "GET"
    return STAGE_PRIORITY if staged else policy.default_priority(request.kind)


def check_priority(priority: str | None) -> None:
    """Refuse a priority that clients may not give, or that there is not."""
    if priority in SYSTEM_PRIORITIES:
        raise Refused(403, "AccessDenied", "This priority is reserved for the system.")
    if priority not in (None, *CLIENT_PRIORITIES):
        raise Refused(400, "InvalidArgument", f"Not a priority: {priority}")


def exists(name: str) -> Refused:
    return Refused(409, "OBJECT_ALREADY_EXISTS", f"The object exists: {name}")
