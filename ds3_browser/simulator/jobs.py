"""Bulk jobs: planning into blobs and chunks, what may be moved when, and how jobs end.

Time is looked at when something is asked: `settle` brings persistence, tapes and time-outs up to
the present moment before each answer that depends on them.
"""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from .faults import Faults
from .store import Refused, Store

MAX_OBJECTS = 500_000
IDLE_LIMIT_S = 24 * 3600
DEFAULT_OPEN_CHUNKS = 10
CLIENT_PRIORITIES = ("URGENT", "HIGH", "NORMAL", "LOW")
SYSTEM_PRIORITIES = ("CRITICAL", "BACKGROUND")


@dataclass(frozen=True, slots=True)
class JobRequest:
    """The parameters of a creation that mean something here."""

    bucket: str
    user: str
    name: str = "Untitled"
    priority: str | None = None
    max_upload_size: int | None = None
    ignore_naming_conflicts: bool = False
    in_order: str = "IN_ORDER"
    aggregating: bool = False
    naked: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """One object of a bulk GET: whole, or the part from `offset` of `length` bytes."""

    name: str
    version_id: str | None = None
    offset: int | None = None
    length: int | None = None


class Jobs:
    def __init__(self, store: Store, faults: Faults) -> None:
        self._store = store
        self._faults = faults

    # --- creation

    def create_put(self, request: JobRequest, items: Sequence[tuple[str, int]]) -> str:
        """Plan a PUT job; all of it or nothing. Raises Refused."""
        self._check(request, items)
        with self._store.transaction():
            bucket = self._store.bucket(request.bucket)["name"]
            items = self._without_conflicts(bucket, items, request.ignore_naming_conflicts)
            job = self._insert(request, bucket, "PUT", request.priority or "NORMAL")
            size = self._blob_size(request.max_upload_size)
            planned = [
                blob for name, n in items for blob in self._store.add_object(bucket, name, n, size)
            ]
            self._chunk(job, planned)
        return job

    def _check(self, request: JobRequest, items: Sequence[object]) -> None:
        if self._faults.count_down("busy"):
            raise Refused(503, "SlowDown", "Too many jobs.", retry_after=True)
        if not items:
            raise Refused(400, "InvalidArgument", "A job needs at least one object.")
        if len(items) > MAX_OBJECTS:
            raise Refused(400, "InvalidArgument", f"A job holds at most {MAX_OBJECTS} objects.")
        if request.priority in SYSTEM_PRIORITIES:
            raise Refused(403, "AccessDenied", "This priority is reserved for the system.")
        if request.priority not in (None, *CLIENT_PRIORITIES):
            raise Refused(400, "InvalidArgument", f"Not a priority: {request.priority}")

    def _without_conflicts(
        self, bucket: str, items: Sequence[tuple[str, int]], ignore: bool
    ) -> list[tuple[str, int]]:
        if len({name for name, _ in items}) != len(items):
            raise Refused(400, "InvalidArgument", "A name is listed twice.")
        kept = []
        for name, size in items:
            if not name or len(name.encode()) > 1024:
                raise Refused(400, "InvalidArgument", "A name has 1 to 1024 bytes.")
            there = self._store.one(
                "SELECT size FROM object WHERE bucket = ? AND name = ?", bucket, name
            )
            if there is None:
                kept.append((name, size))
            elif not (ignore and there["size"] == size):
                raise Refused(409, "OBJECT_ALREADY_EXISTS", f"The object exists: {name}")
        return kept

    def _blob_size(self, wanted: int | None) -> int:
        if wanted is None:
            return max(1, int(self._faults.get("blob_bytes")))
        if wanted < self._faults.get("min_blob"):
            raise Refused(400, "InvalidArgument", f"max_upload_size is too small: {wanted}")
        return wanted

    def create_get(self, request: JobRequest, items: Sequence[Wanted]) -> str:
        self._check(request, items)
        with self._store.transaction():
            bucket = self._store.bucket(request.bucket)["name"]
            planned: dict[str, int] = {}
            missing = []
            for item in items:
                found = self._wanted_blobs(bucket, item)
                if found is None:
                    missing.append(item.name)
                else:
                    planned.update(found)
            if missing:
                names = ", ".join(missing[:10])
                message = f"Could not find requested blobs for {names}"
                raise Refused(404, "NotFound", message)
            job = self._insert(request, bucket, "GET", request.priority or "HIGH")
            self._chunk(job, list(planned.items()))
        return job

    def _wanted_blobs(self, bucket: str, item: Wanted) -> dict[str, int] | None:
        """Blobs that an item touches, each once; None where the object is not there."""
        row = self._store.one(
            "SELECT * FROM object WHERE bucket = ? AND name = ? AND created IS NOT NULL",
            bucket,
            item.name,
        )
        if row is None or (item.version_id and item.version_id.lower() != row["id"]):
            return None
        blobs = self._store.blobs(row["id"])
        if item.offset is None or item.length is None:
            return {blob["id"]: blob["length"] for blob in blobs}
        end = item.offset + item.length
        return {
            b["id"]: b["length"]
            for b in blobs
            if b["offset"] < end and item.offset < b["offset"] + b["length"]
        }

    def _insert(self, request: JobRequest, bucket: str, kind: str, priority: str) -> str:
        job, now = str(uuid.uuid4()), self._store.now()
        self._store.db.execute(
            "INSERT INTO job (id, bucket, kind, name, priority, user, created, active, status,"
            " naked, aggregating, in_order) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(job, bucket, kind, request.name, priority, request.user, now, now, "IN_PROGRESS"),
                *(int(request.naked), int(request.aggregating), request.in_order),
            ),
        )
        return job

    def _chunk(self, job: str, blobs: Sequence[tuple[str, int]]) -> None:
        """Group blobs in chunks, none larger than half of a finite cache where blobs allow it."""
        db = self._store.db
        limit, count = self._faults.get("chunk_bytes"), self._faults.get("chunk_blobs")
        cache = self._faults.get("cache_bytes")
        if cache is not None:
            limit = min(limit, cache // 2)
        chunks: list[tuple[str, int]] = []
        chunk, held, length = "", 0, 0
        for place, (blob, n) in enumerate(blobs):
            if not chunk or (held and (length + n > limit or held >= count)):
                chunk, held, length = str(uuid.uuid4()), 0, 0
                chunks.append((chunk, 0))
            held, length = held + 1, length + n
            chunks[-1] = (chunk, length)
            db.execute("INSERT INTO job_blob VALUES (?, ?, ?, ?, 0)", (job, chunk, place, blob))
        db.executemany(
            "INSERT INTO chunk (id, job, number, length) VALUES (?, ?, ?, ?)",
            [(chunk, job, number, n) for number, (chunk, n) in enumerate(chunks, 1)],
        )
        total = sum(n for _, n in blobs)
        db.execute("UPDATE job SET size = ? WHERE id = ?", (total, job))

    # --- looking at jobs

    def get(self, job: str) -> sqlite3.Row:
        self.settle()
        return self._row(job)

    def _row(self, job: str) -> sqlite3.Row:
        row = self._store.one("SELECT * FROM job WHERE id = ?", job.lower())
        if row is None:
            raise Refused(404, "NotFound", f"Job not found via identifier {job}")
        return row

    def active(self, job: str) -> sqlite3.Row:
        row = self.get(job)
        if row["status"] != "IN_PROGRESS":
            raise Refused(404, "NotFound", f"Job not found via identifier {job}")
        return row

    def with_status(self, status: str, bucket: str | None = None) -> list[sqlite3.Row]:
        self.settle()
        order = "created DESC" if status == "IN_PROGRESS" else "ended DESC, created DESC"
        rows = self._store.all(f"SELECT * FROM job WHERE status = ? ORDER BY {order}", status)
        return [row for row in rows if bucket is None or row["bucket"] == bucket]

    def chunks(self, job: str) -> list[sqlite3.Row]:
        return self._store.all("SELECT * FROM chunk WHERE job = ? ORDER BY number", job)

    def blobs(self, chunk: str) -> list[sqlite3.Row]:
        """A chunk's blobs with the facts of their objects, in the order of the request."""
        return self._store.all(
            "SELECT b.*, o.name, o.id AS version, o.bucket, j.read FROM job_blob j"
            " JOIN blob b ON b.id = j.blob JOIN object o ON o.id = b.object"
            " WHERE j.chunk = ? ORDER BY j.place",
            chunk,
        )

    def sizes(self, job: sqlite3.Row) -> tuple[int, int]:
        """Bytes in cache and bytes completed, as the job's kind counts them."""
        cached, done = (
            ("b.received_at IS NOT NULL", "b.persisted_at IS NOT NULL")
            if job["kind"] == "PUT"
            else ("b.cached OR j.read", "j.read")
        )
        row = self._store.one(
            f"SELECT SUM(b.length * ({cached})) AS cached, SUM(b.length * ({done})) AS done"
            " FROM job_blob j JOIN blob b ON b.id = j.blob WHERE j.job = ?",
            job["id"],
        )
        assert row is not None
        return row["cached"] or 0, row["done"] or 0

    # --- chunks

    def ready_chunks(self, job: str, preferred: int | None) -> list[str]:
        """Ids of the chunks whose blobs may be moved now; empty means wait. Raises Refused."""
        row = self.get(job)
        if row["status"] != "IN_PROGRESS":
            raise self._finished()
        self.touch(job)
        if row["kind"] == "GET":
            return self._readable(row, preferred)
        return self._writable(job, preferred or DEFAULT_OPEN_CHUNKS)

    def _finished(self) -> Refused:
        status = self._faults.get("finished_chunk_status")
        return Refused(status, None if status == 410 else "NotFound", "The job has no chunks left.")

    def _writable(self, job: str, preferred: int) -> list[str]:
        unfinished = self._store.all(
            "SELECT DISTINCT c.* FROM chunk c JOIN job_blob j ON j.chunk = c.id"
            " JOIN blob b ON b.id = j.blob WHERE c.job = ? AND b.received_at IS NULL"
            " ORDER BY c.number LIMIT ?",
            job,
            preferred,
        )
        if not unfinished:
            raise self._finished()
        return [c["id"] for c in unfinished if c["allocated"] or self.allocate(c["id"])]

    def allocate(self, chunk: str) -> bool:
        """Reserve cache for a chunk; False when there is no room now."""
        with self._store.transaction() as db:
            row = self._store.one("SELECT * FROM chunk WHERE id = ?", chunk)
            if row is None:
                raise Refused(404, "NotFound", f"Chunk not found via identifier {chunk}")
            if not row["allocated"]:
                if not self._make_room(row["length"]):
                    return False
                db.execute("UPDATE chunk SET allocated = 1 WHERE id = ?", (chunk,))
                db.execute(
                    "UPDATE blob SET allocated = 1 WHERE id IN"
                    " (SELECT blob FROM job_blob WHERE chunk = ?)",
                    (chunk,),
                )
        return True

    def _readable(self, job: sqlite3.Row, preferred: int | None) -> list[str]:
        ready = []
        again = self._faults.get("repeat_read_blobs")
        for chunk in self.chunks(job["id"]):
            blobs = self.blobs(chunk["id"])
            if not again and all(blob["read"] for blob in blobs):
                continue
            if all(blob["read"] or self._in_cache(blob, job["created"]) for blob in blobs):
                ready.append(chunk["id"])
            elif job["in_order"] == "IN_ORDER":
                break
        return ready[:preferred] if preferred else ready

    def _in_cache(self, blob: sqlite3.Row, since: float) -> bool:
        """Whether a blob can be read now, loading it from tape when the time for that is over."""
        delay = self._faults.get("tape_delay")
        if blob["persisted_at"] is not None and self._store.now() < since + delay:
            return False
        return bool(blob["cached"]) or self._load(blob)

    def _load(self, blob: sqlite3.Row) -> bool:
        with self._store.transaction() as db:
            if not self._make_room(blob["length"]):
                return False
            db.execute(
                "UPDATE blob SET cached = 1, used_at = ? WHERE id = ?",
                (self._store.now(), blob["id"]),
            )
        return True

    # --- the cache

    def cache_used(self) -> tuple[int, int]:
        """Bytes used, allocations included, and those that unfinished jobs hold."""
        row = self._store.one(
            "SELECT SUM(length) AS used, SUM(length * (persisted_at IS NULL)) AS locked FROM blob"
            " WHERE cached OR (allocated AND received_at IS NULL)"
        )
        assert row is not None
        return row["used"] or 0, row["locked"] or 0

    def _make_room(self, length: int) -> bool:
        """Drop persisted blobs, least recently used first, until `length` bytes are free."""
        size = self._faults.get("cache_bytes")
        if size is None:
            return True
        used, locked = self.cache_used()
        if locked + length > size:
            return False
        for blob in self._store.all(
            "SELECT * FROM blob WHERE cached AND persisted_at IS NOT NULL AND id NOT IN"
            " (SELECT j.blob FROM job_blob j JOIN job ON job.id = j.job"
            "  WHERE job.kind = 'GET' AND job.status = 'IN_PROGRESS' AND NOT j.read)"
            " ORDER BY used_at"
        ):
            if used + length <= size:
                break
            self._store.db.execute("UPDATE blob SET cached = 0 WHERE id = ?", (blob["id"],))
            used -= blob["length"]
        return bool(used + length <= size)

    # --- what time brings

    def settle(self) -> None:
        """Bring persistence, ends of jobs and time-outs up to now."""
        with self._store.transaction() as db:
            now = self._store.now()
            if not self._faults.get("hold_persistence"):
                ripe = now - self._faults.get("persist_delay")
                db.execute(
                    "UPDATE blob SET persisted_at = ? WHERE persisted_at IS NULL"
                    " AND received_at <= ?",
                    (now, ripe),
                )
            self._end_jobs(now)

    def _end_jobs(self, now: float) -> None:
        for job in self._store.all("SELECT * FROM job WHERE status = 'IN_PROGRESS'"):
            open_when = "b.persisted_at IS NULL" if job["kind"] == "PUT" else "NOT j.read"
            still_open = self._store.one(
                "SELECT 1 FROM job_blob j JOIN blob b ON b.id = j.blob"
                f" WHERE j.job = ? AND {open_when} LIMIT 1",
                job["id"],
            )
            if still_open is None:
                self._end(job["id"], "COMPLETED")
            elif now - job["active"] > IDLE_LIMIT_S and not self._all_received(job):
                self.cancel(job["id"], timed_out=True)

    def _all_received(self, job: sqlite3.Row) -> bool:
        return bool(job["kind"] == "PUT" and self.sizes(job)[0] == job["size"])

    def _end(self, job: str, status: str, *, timed_out: bool = False) -> None:
        self._store.db.execute(
            "UPDATE job SET status = ?, ended = ?, timed_out = ? WHERE id = ?",
            (status, self._store.now(), int(timed_out), job),
        )

    def touch(self, job: str) -> None:
        with self._store.transaction() as db:
            db.execute("UPDATE job SET active = ? WHERE id = ?", (self._store.now(), job))

    # --- changes

    def modify(self, job: str, name: str | None, priority: str | None) -> None:
        self.active(job)
        if priority in SYSTEM_PRIORITIES:
            raise Refused(403, "AccessDenied", "This priority is reserved for the system.")
        with self._store.transaction() as db:
            db.execute(
                "UPDATE job SET name = COALESCE(?, name), priority = COALESCE(?, priority),"
                " active = ? WHERE id = ?",
                (name, priority, self._store.now(), job.lower()),
            )

    def cancel(self, job: str, *, timed_out: bool = False) -> None:
        """End a job and drop all it brought."""
        with self._store.transaction():
            if self._store.one("SELECT kind FROM job WHERE id = ?", job)["kind"] == "PUT":  # type: ignore[index]  # it is there: callers looked
                self._store.remove_objects(self._objects(job))
            self._end(job, "CANCELED", timed_out=timed_out)

    def truncate(self, job: str) -> None:
        """End a job's transfer: objects completely received stay, the others leave it."""
        row = self.active(job)
        if self._faults.get("server_version").startswith("3.0") or row["kind"] != "PUT":
            self.cancel(row["id"])
            return
        with self._store.transaction() as db:
            self._store.remove_objects(self._objects(row["id"], "AND o.created IS NULL"))
            left = self._objects(row["id"])
            if not left:
                self._end(row["id"], "CANCELED")
                return
            db.execute(
                "UPDATE job SET truncated = 1, size = (SELECT SUM(b.length) FROM job_blob j"
                " JOIN blob b ON b.id = j.blob WHERE j.job = job.id) WHERE id = ?",
                (row["id"],),
            )

    def _objects(self, job: str, condition: str = "") -> list[str]:
        rows = self._store.all(
            "SELECT DISTINCT o.id FROM job_blob j JOIN blob b ON b.id = j.blob"
            f" JOIN object o ON o.id = b.object WHERE j.job = ? {condition}",
            job,
        )
        return [row["id"] for row in rows]

    # --- blobs on the wire

    def blob_to_receive(self, job: str, name: str, offset: int | None) -> sqlite3.Row:
        """The blob that a PUT with a job means. Raises Refused where it may not come now."""
        row = self._row(job)
        if row["status"] == "CANCELED":
            raise Refused(404, "NotFound", f"Job not found via identifier {job}")
        blob = self._job_blob(row["id"], name, offset or 0)
        if blob["received_at"] is not None:
            raise Refused(409, "OBJECT_ALREADY_EXISTS", f"The blob was received already: {name}")
        if not blob["allocated"] and not self.allocate(blob["chunk"]):
            status = self._faults.get("not_allocated_status")
            raise Refused(status, "SlowDown", "No cache is allocated.", retry_after=True)
        return blob

    def blob_to_send(self, job: str, name: str, offset: int | None) -> sqlite3.Row:
        row = self._row(job)
        blob = self._job_blob(row["id"], name, offset or 0)
        if blob["read"] and self._faults.get("blob_gone_after_read"):
            status = 404 if row["status"] == "IN_PROGRESS" else 410
            raise Refused(status, "NotFound", f"The blob was read already: {name}")
        if not blob["read"] and not self._in_cache(blob, row["created"]):
            raise Refused(307, "SlowDown", "The data is not in cache yet.", retry_after=True)
        return blob

    def _job_blob(self, job: str, name: str, offset: int) -> sqlite3.Row:
        row = self._store.one(
            "SELECT b.*, j.chunk, j.read FROM object o JOIN blob b ON b.object = o.id"
            " JOIN job_blob j ON j.blob = b.id AND j.job = ?"
            " WHERE o.bucket = (SELECT bucket FROM job WHERE id = ?) AND o.name = ?"
            " AND b.offset = ?",
            job,
            job,
            name,
            offset,
        )
        if row is None:
            raise Refused(404, "NotFound", f"The job has no such blob: {name} at {offset}")
        return row

    def blob_read(self, job: str, blob: str) -> None:
        """A blob was sent completely. The last one ends a GET job."""
        with self._store.transaction() as db:
            now = self._store.now()
            db.execute("UPDATE job_blob SET read = 1 WHERE job = ? AND blob = ?", (job, blob))
            db.execute("UPDATE blob SET used_at = ? WHERE id = ?", (now, blob))
            db.execute("UPDATE job SET active = ? WHERE id = ?", (now, job))
            left = self._store.one("SELECT 1 FROM job_blob WHERE job = ? AND NOT read LIMIT 1", job)
            if left is None:
                self._end(job, "COMPLETED")
