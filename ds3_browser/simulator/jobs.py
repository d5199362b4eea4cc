"""Bulk jobs: planning into blobs and chunks, what may be moved when, and how jobs end.

Time is looked at when something is asked: `settle` brings persistence, ends and time-outs up to
the present moment before each answer that depends on them.
"""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from . import checksum
from .faults import Faults
from .media import Media
from .policies import Policies
from .spans import Span, missing
from .store import Refused, Store, check_name

MAX_OBJECTS = 500_000
MAX_NAKED_BYTES = 1 << 40
IDLE_LIMIT_S = 24 * 3600
DEFAULT_OPEN_CHUNKS = 10
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


@dataclass(frozen=True, slots=True)
class Received:
    """What came with a body that is complete. `metadata` has lower-case names."""

    checksum_type: str
    checksum: bytes
    metadata: dict[str, str]
    file: Path | None  # None: the bytes were not kept


@dataclass(slots=True)
class _Planned:
    """A blob on its way into a chunk, and the spans of it that a partial GET wants."""

    key: int
    length: int
    wanted: list[Span] | None = None


class Jobs:
    def __init__(self, store: Store, media: Media, policies: Policies, faults: Faults) -> None:
        self._store = store
        self._media = media
        self._policies = policies
        self._faults = faults

    # --- creation

    def create_put(self, request: JobRequest, items: Sequence[tuple[str, int]]) -> str:
        """Plan a PUT job; all of it or nothing. Raises Refused."""
        self._check(request, items)
        with self._store.transaction():
            row = self._store.bucket(request.bucket)
            items = self._without_conflicts(row["name"], items, request.ignore_naming_conflicts)
            size = self._blob_size(row, request.max_upload_size)
            job, identifier = self._insert(request, row["name"], "PUT")
            blobs = self._store.add_objects(row["name"], items, size, job)
            self._chunk(job, [_Planned(blob.key, blob.length) for blob in blobs])
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
        partial = item.offset is not None and item.length is not None
        begin = item.offset if partial and item.offset else 0
        end = begin + item.length if partial and item.length is not None else row["size"]
        for blob in self._store.blobs(row["key"]):
            first, last = blob["offset"], blob["offset"] + blob["length"]
            if partial and blob["length"] and not (first < end and begin < last):
                continue
            span = (max(begin, first), min(end, last)) if partial else None
            before = planned.setdefault(
                blob["key"], _Planned(blob["key"], blob["length"], [] if partial else None)
            )
            if span is None:
                before.wanted = None
            elif before.wanted is not None:
                before.wanted.append(span)
        return True

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
            [
                (key, place, blob.key, job, json.dumps(blob.wanted) if blob.wanted else None)
                for place, blob in enumerate(members)
            ],
        )

    # --- looking at jobs

    def get(self, job: str) -> sqlite3.Row:
        """A job as it is now, whatever became of it."""
        self.settle()
        row = self._row(job)
        if row["kind"] == "GET" and row["status"] == "IN_PROGRESS":
            self._load_chunks(row)
            row = self._row(job)
        return row

    def _row(self, job: str) -> sqlite3.Row:
        row = self._store.one("SELECT * FROM job WHERE id = ?", job.lower())
        if row is None:
            raise unknown_job(job)
        return row

    def active(self, job: str) -> sqlite3.Row:
        row = self.get(job)
        if row["status"] != "IN_PROGRESS":
            raise unknown_job(job)
        return row

    def page(
        self, where: str, values: Sequence[object], offset: int, limit: int
    ) -> tuple[list[sqlite3.Row], int]:
        """Jobs, the latest first, and how many there are in all."""
        self.settle()
        total = self._store.value(f"SELECT COUNT(*) FROM job WHERE {where}", *values)
        order = "ended DESC, created DESC, key DESC LIMIT ? OFFSET ?"
        query = f"SELECT * FROM job WHERE {where} ORDER BY {order}"
        return self._store.all(query, *values, limit, offset), total

    def chunks(self, job: sqlite3.Row) -> list[sqlite3.Row]:
        return self._store.all("SELECT * FROM chunk WHERE job = ? ORDER BY number", job["key"])

    def chunk(self, identifier: str) -> tuple[sqlite3.Row, sqlite3.Row]:
        """A chunk and its job, by the chunk's id; by a job's id the first of its chunks."""
        chunk = self._store.one("SELECT * FROM chunk WHERE id = ?", identifier.lower())
        if chunk is None:
            chunk = self._store.one(
                "SELECT c.* FROM job JOIN chunk c ON c.job = job.key WHERE job.id = ?"
                " ORDER BY c.number LIMIT 1",
                identifier.lower(),
            )
        if chunk is None:
            raise Refused(404, "NotFound", f"Chunk not found via identifier {identifier}")
        job = self._store.one("SELECT * FROM job WHERE key = ?", chunk["job"])
        assert job is not None
        return chunk, job

    def blobs(self, chunk: sqlite3.Row) -> list[sqlite3.Row]:
        """A chunk's blobs with the facts of their objects, in the order of the request."""
        return self._store.all(
            "SELECT b.id, b.offset, b.length, b.cached, b.received_at, o.name, o.id AS version,"
            " j.read FROM job_blob j JOIN blob b ON b.key = j.blob"
            " JOIN object o ON o.key = b.object WHERE j.chunk = ? ORDER BY j.place",
            chunk["key"],
        )

    # --- chunks

    def ready_chunks(self, identifier: str, preferred: int | None) -> list[sqlite3.Row]:
        """The chunks whose blobs may be moved now; none means wait. Raises Refused."""
        job = self.get(identifier)
        if job["status"] != "IN_PROGRESS":
            raise self._finished()
        if job["kind"] == "GET":
            return self._readable(job, preferred)
        return self._writable(job, preferred or DEFAULT_OPEN_CHUNKS)

    def _finished(self) -> Refused:
        if self._faults.get("finished_chunk_status") == 410:
            return Refused(410, None, "The job has ended.")
        return Refused(404, "NotFound", "The job has no chunks left.")

    def _open_chunks(self, job: sqlite3.Row, limit: int = -1) -> list[sqlite3.Row]:
        return self._store.all(
            "SELECT * FROM chunk WHERE job = ? AND open > 0 ORDER BY number LIMIT ?",
            job["key"],
            limit,
        )

    def _writable(self, job: sqlite3.Row, preferred: int) -> list[sqlite3.Row]:
        """Chunks with blobs to come that have cache, in order: a large one is not overtaken."""
        unfinished = self._open_chunks(job, preferred)
        if not unfinished:
            raise self._finished()
        for chunk in unfinished:
            if not (chunk["ready"] or self._media.allocate(chunk)):
                break
        return self._ready(job, preferred)

    def _ready(self, job: sqlite3.Row, preferred: int | None) -> list[sqlite3.Row]:
        return [chunk for chunk in self._open_chunks(job) if chunk["ready"]][:preferred]

    def allocate(self, identifier: str) -> None:
        """Reserve cache for one chunk. Raises Refused when there is no room now."""
        chunk, _ = self.chunk(identifier)
        if not (chunk["ready"] or self._media.allocate(chunk)):
            # Not 307: a client's transport repeats that at once and gives up.
            raise Refused(503, "SlowDown", "No cache is free.", retry_after=True)

    def _readable(self, job: sqlite3.Row, preferred: int | None) -> list[sqlite3.Row]:
        if self._faults.get("repeat_read_blobs"):
            return [chunk for chunk in self.chunks(job) if chunk["ready"]][:preferred]
        return self._ready(job, preferred)

    def _load_chunks(self, job: sqlite3.Row) -> None:
        """Get ready what can be; in an ordered job nothing overtakes."""
        loaded = 0
        with self._store.transaction() as db:
            for chunk in self._open_chunks(job):
                if chunk["ready"]:
                    continue
                if self._media.load(chunk, job["created"]):
                    loaded += chunk["length"]
                elif job["in_order"] == "IN_ORDER":
                    break
            if loaded:
                db.execute("UPDATE job SET cached = cached + ? WHERE key = ?", (loaded, job["key"]))

    # --- what time brings

    def settle(self) -> None:
        """Bring persistence, ends of jobs and time-outs up to now."""
        with self._store.transaction() as db:
            now = self._store.now()
            self._media.persist()
            db.execute(
                "UPDATE job SET status = 'COMPLETED', ended = ?"
                " WHERE status = 'IN_PROGRESS' AND open = 0",
                (now,),
            )
            idle = self._store.all(
                "SELECT * FROM job WHERE status = 'IN_PROGRESS' AND active < ?"
                " AND (kind = 'GET' OR cached < size) AND NOT undying",
                now - IDLE_LIMIT_S,
            )
            for job in idle:
                self._cancel(job, timed_out=True)

    # --- changes

    def modify(self, job: str, name: str | None, priority: str | None) -> None:
        """Rename a job or change its priority. Without either it still counts as activity."""
        key = self.active(job)["key"]
        check_priority(priority)
        with self._store.transaction() as db:
            db.execute(
                "UPDATE job SET name = COALESCE(?, name), priority = COALESCE(?, priority),"
                " active = ? WHERE key = ?",
                (name, priority, self._store.now(), key),
            )

    def cancel(self, job: str) -> None:
        self._cancel(self.active(job))

    def _cancel(self, job: sqlite3.Row, *, timed_out: bool = False) -> None:
        """End a job and drop all that a PUT job brought."""
        with self._store.transaction() as db:
            sizes = (job["size"], job["cached"], job["completed"])
            if job["kind"] == "PUT":
                self._store.remove_objects(self._objects(job))
            db.execute(
                "UPDATE job SET status = 'CANCELED', ended = ?, timed_out = ?,"
                " size = ?, cached = ?, completed = ? WHERE key = ?",
                (self._store.now(), timed_out, *sizes, job["key"]),
            )

    def truncate(self, job: str) -> None:
        """End a job's transfer: what was completely received stays, the rest leaves it.

        Release 3.0 knows no truncating and cancels. So does a GET job, which brings nothing.
        """
        row = self.active(job)
        old = self._faults.get("server_version").startswith("3.0")
        if old or row["kind"] != "PUT":
            self._cancel(row)
            return
        with self._store.transaction() as db:
            self._store.remove_objects(self._objects(row, "AND o.missing"))
            db.execute("UPDATE job SET truncated = 1 WHERE key = ?", (row["key"],))
            if not self._objects(row):
                self._cancel(self._row(job))

    def clear_history(self, status: str) -> None:
        with self._store.transaction() as db:
            of = "job IN (SELECT key FROM job WHERE status = ?)"
            db.execute(f"DELETE FROM job_blob WHERE {of}", (status,))
            db.execute(f"DELETE FROM chunk WHERE {of}", (status,))
            db.execute("DELETE FROM job WHERE status = ?", (status,))

    def _objects(self, job: sqlite3.Row, condition: str = "") -> list[int]:
        rows = self._store.all(
            "SELECT DISTINCT o.key FROM blob b JOIN job_blob j ON j.blob = b.key"
            f" JOIN object o ON o.key = b.object WHERE j.job = ? {condition}",
            job["key"],
        )
        return [row["key"] for row in rows]

    # --- blobs in

    def blob_to_receive(self, job: str, bucket: str, name: str, offset: int | None) -> sqlite3.Row:
        """The blob that a PUT with a job means. Raises Refused where it may not come now."""
        row = self._row(job)
        if row["status"] == "CANCELED" or row["bucket"] != bucket:
            raise unknown_job(job)
        blob = self._job_blob(row, name, offset)
        if blob["received_at"] is not None:
            raise exists(name)
        if not blob["allocated"] and not self._allocate_late(blob["chunk"]):
            status = self._faults.get("not_allocated_status")
            raise Refused(status, "SlowDown", "No cache is allocated.", retry_after=True)
        return blob

    def _allocate_late(self, chunk: int) -> bool:
        """Cache for a chunk that nobody asked for before its first blob came."""
        row = self._store.one("SELECT * FROM chunk WHERE key = ?", chunk)
        return row is not None and self._media.allocate(row)

    def blob_received(self, blob: sqlite3.Row, received: Received) -> None:
        """A blob's bytes are all there. The last one of an object completes it. Raises Refused."""
        with self._store.transaction() as db:
            now = self._store.now()
            known = self._store.one(
                "SELECT b.received_at, b.object, b.job, o.missing, o.metadata FROM blob b"
                " JOIN object o ON o.key = b.object WHERE b.key = ? AND b.id = ?",
                blob["key"],
                blob["id"],
            )
            if known is None:
                raise Refused(404, "NotFound", "The blob is no longer part of a job.")
            if known["received_at"] is not None:
                raise Refused(409, "OBJECT_ALREADY_EXISTS", "The blob was received already.")
            self._keep_metadata(known, received.metadata)
            db.execute(
                "UPDATE blob SET received_at = ?, cached = 1, checksum_type = ?, checksum = ?,"
                " used_at = ?, discarded = ? WHERE key = ?",
                (
                    *(now, received.checksum_type, received.checksum, now),
                    *(received.file is None, blob["key"]),
                ),
            )
            db.execute("UPDATE object SET missing = missing - 1 WHERE key = ?", (known["object"],))
            if known["missing"] == 1:
                self._complete(known["object"], received.checksum_type)
            self._count_received(blob, known["job"], now)
            if received.file is not None:
                self._store.keep_file(received.file, blob["id"])

    def _keep_metadata(self, known: sqlite3.Row, metadata: dict[str, str]) -> None:
        """The first blob's headers are the object's; later ones are expected to be the same."""
        if known["metadata"] is None:
            self._store.db.execute(
                "UPDATE object SET metadata = ? WHERE key = ?",
                (json.dumps(metadata), known["object"]),
            )
        elif self._faults.get("strict") and json.loads(known["metadata"]) != metadata:
            raise Refused(400, "InvalidArgument", "The blobs of an object differ in metadata.")

    def _complete(self, object_key: int, kind: str) -> None:
        self._store.complete_object(object_key, lambda joined: checksum.of(kind, joined))

    def _count_received(self, blob: sqlite3.Row, job: int, now: float) -> None:
        db = self._store.db
        db.execute(
            "UPDATE chunk SET open = open - 1 WHERE key ="
            " (SELECT chunk FROM job_blob WHERE blob = ? AND job = ?)",
            (blob["key"], job),
        )
        db.execute(
            "UPDATE job SET cached = cached + ?, active = ? WHERE key = ?",
            (blob["length"], now, job),
        )

    def check_naked_put(self, bucket: str, name: str, length: int) -> sqlite3.Row:
        """The bucket that a PUT without a job goes to. Raises Refused where it cannot."""
        row = self._store.bucket(bucket)
        check_name(name)
        if length > MAX_NAKED_BYTES:
            raise Refused(400, "InvalidArgument", "Without a job an object has at most 1 TB.")
        if self._store.one("SELECT 1 FROM object WHERE bucket = ? AND name = ?", bucket, name):
            raise exists(name)
        return row

    def naked_received(
        self, request: JobRequest, name: str, length: int, received: Received
    ) -> None:
        """Create an object whose bytes came without a job, and the hidden job that brought them.

        It has one blob, whatever its size. Raises Refused if the object has come into being
        meanwhile.
        """
        with self._store.transaction() as db:
            self.check_naked_put(request.bucket, name, length)
            job, _ = self._insert(request, request.bucket, "PUT")
            (new,) = self._store.add_objects(request.bucket, [(name, length)], None, job)
            self._insert_chunk(job, 1, [_Planned(new.key, length)])
            db.execute("UPDATE job SET size = ?, open = 1 WHERE key = ?", (length, job))
            blob = self._store.one("SELECT key, id, length FROM blob WHERE key = ?", new.key)
            assert blob is not None
            self.blob_received(blob, received)

    # --- blobs out

    def blob_to_send(
        self, job: str, bucket: str, name: str, offset: int | None, version_id: str | None
    ) -> sqlite3.Row:
        """The blob that a GET with a job means. Raises Refused where it cannot be read now."""
        row = self._row(job)
        if row["status"] == "CANCELED" or row["bucket"] != bucket:
            raise unknown_job(job)
        blob = self._job_blob(row, name, offset)
        if version_id and version_id.lower() != blob["version"]:
            raise Refused(404, "NotFound", f"The job has no such version: {version_id}")
        if blob["read"]:
            self._check_read_again(row, blob, name)
        elif not blob["ready"]:
            self._load_chunks(row)
            blob = self._job_blob(row, name, offset)
            if not blob["ready"]:
                raise Refused(307, "SlowDown", "The data is not in cache yet.", retry_after=True)
        return blob

    def _check_read_again(self, job: sqlite3.Row, blob: sqlite3.Row, name: str) -> None:
        if self._faults.get("blob_gone_after_read"):
            if job["status"] == "IN_PROGRESS":
                raise Refused(404, "NotFound", f"The blob was read already: {name}")
            raise Refused(410, None, "The job ended with this blob.")
        if not blob["cached"]:
            raise Refused(404, "NotFound", f"The blob was read and has left the cache: {name}")

    def naked_blob(
        self, request: JobRequest, row: sqlite3.Row, offset: int | None, *, cached_only: bool
    ) -> tuple[sqlite3.Row, str | None]:
        """The blob that a GET without a job means, and the hidden job that loaded it, if any.

        What is at hand needs none. Else a job brings it from tape, and the answer is 307 until
        it is there.
        """
        if row["missing"]:
            raise Refused(404, "NoSuchKey", f"The object is not complete: {row['name']}")
        self._settle_for_tape()
        blob = self._blob_at(row, offset)
        if self._media.at_hand(blob):
            return blob, None
        if cached_only:
            raise Refused(404, "NotFound", "The data is not in cache.")
        job = self._hidden_job(blob)
        if job is None:
            wanted = Wanted(row["name"], None, blob["offset"], blob["length"])
            job = self.create_get(request, [wanted])
        return self.blob_to_send(job, row["bucket"], row["name"], blob["offset"], None), job

    def _settle_for_tape(self) -> None:
        if self._faults.get("tape_delay"):
            self.settle()

    def _blob_at(self, row: sqlite3.Row, offset: int | None) -> sqlite3.Row:
        blobs = self._store.blobs(row["key"])
        if offset is None and len(blobs) > 1:
            raise Refused(400, "InvalidArgument", "An object of several blobs needs an offset.")
        for blob in blobs:
            if blob["offset"] == (offset or 0):
                return blob
        raise Refused(404, "NoSuchKey", f"No blob begins at {offset}")

    def _hidden_job(self, blob: sqlite3.Row) -> str | None:
        found: str | None = self._store.value(
            "SELECT job.id FROM job_blob j JOIN job ON job.key = j.job WHERE j.blob = ?"
            " AND job.naked AND job.kind = 'GET' AND job.status = 'IN_PROGRESS'",
            blob["key"],
        )
        return found

    def _job_blob(self, job: sqlite3.Row, name: str, offset: int | None) -> sqlite3.Row:
        """A blob of a job; without an offset the one at 0, which is an object's only one."""
        # CROSS JOIN keeps the order: from the name to the blob, and not through the whole job.
        row = self._store.one(
            "SELECT b.*, o.id AS version, j.chunk, j.read, c.ready"
            " FROM object o CROSS JOIN blob b ON b.object = o.key"
            " CROSS JOIN job_blob j ON j.blob = b.key CROSS JOIN chunk c ON c.key = j.chunk"
            " WHERE o.bucket = ? AND o.name = ? AND b.offset = ? AND j.job = ?",
            job["bucket"],
            name,
            offset or 0,
            job["key"],
        )
        if row is None:
            raise Refused(404, "NotFound", f"The job has no such blob: {name} at {offset}")
        return row

    def blob_sent(self, job: str, blob: sqlite3.Row, sent: Iterable[Span]) -> None:
        """Spans of a blob, as offsets in the object, went out. All that is wanted ends it.

        The last blob of a job ends the job.
        """
        with self._store.transaction() as db:
            row, now = self._row(job), self._store.now()
            state = self._store.one(
                "SELECT * FROM job_blob WHERE blob = ? AND job = ?", blob["key"], row["key"]
            )
            if state is None or row["status"] != "IN_PROGRESS" or state["read"]:
                return
            db.execute("UPDATE job SET active = ? WHERE key = ?", (now, row["key"]))
            db.execute("UPDATE blob SET used_at = ? WHERE key = ?", (now, blob["key"]))
            whole = [(blob["offset"], blob["offset"] + blob["length"])]
            wanted = json.loads(state["wanted"]) if state["wanted"] else whole
            seen = [*(json.loads(state["sent"]) if state["sent"] else ()), *sent]
            read = bool(seen) and not missing(wanted, seen)
            db.execute(
                "UPDATE job_blob SET read = ?, sent = ? WHERE blob = ? AND job = ?",
                (read, json.dumps(seen), blob["key"], row["key"]),
            )
            if read:
                self._count_read(row, state["chunk"], blob["length"], now)

    def _count_read(self, job: sqlite3.Row, chunk: int, length: int, now: float) -> None:
        db = self._store.db
        db.execute("UPDATE chunk SET open = open - 1 WHERE key = ?", (chunk,))
        db.execute(
            "UPDATE job SET completed = completed + ?, open = open - 1 WHERE key = ?",
            (length, job["key"]),
        )
        db.execute(
            "UPDATE job SET status = 'COMPLETED', ended = ? WHERE key = ? AND open = 0",
            (now, job["key"]),
        )


def _is_undying(request: JobRequest) -> bool:
    """Whether a job is spared the end that idle jobs meet."""
    options = request.options
    return options.get("Protected", False) or not options.get("DeadJobCleanupAllowed", True)


def check_priority(priority: str | None) -> None:
    if priority in SYSTEM_PRIORITIES:
        raise Refused(403, "AccessDenied", "This priority is reserved for the system.")
    if priority not in (None, *CLIENT_PRIORITIES):
        raise Refused(400, "InvalidArgument", f"Not a priority: {priority}")


def exists(name: str) -> Refused:
    return Refused(409, "OBJECT_ALREADY_EXISTS", f"The object exists: {name}")


def unknown_job(job: str) -> Refused:
    return Refused(404, "NotFound", f"Job not found via identifier {job}")
