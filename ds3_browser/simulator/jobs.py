"""Bulk jobs after their creation: which chunks may be moved when, what time brings, how jobs end.

Time is looked at when something is asked: `settle` brings persistence, ends and time-outs up to
the present moment before each answer that depends on them.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from .faults import Faults
from .media import Media
from .planning import check_priority, is_undying
from .store import Refused, Store
from .versions import Versions

IDLE_LIMIT_S = 24 * 3600
# Nothing is left to do, and nothing more is gathered; asks for the moment.
DONE = "status = 'IN_PROGRESS' AND open = 0 AND COALESCE(gathering, 0) <= ?"
DEFAULT_OPEN_CHUNKS = 10


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be changed of a job. `options` are called as in answers, `created` is a moment."""

    name: str | None = None
    priority: str | None = None
    created: float | None = None
    options: Mapping[str, bool] = field(default_factory=dict)


class Jobs:
    def __init__(self, store: Store, versions: Versions, media: Media, faults: Faults) -> None:
        self._store = store
        self._versions = versions
        self._media = media
        self._faults = faults

    # --- looking at jobs

    def get(self, job: str) -> sqlite3.Row:
        """A job as it is now, whatever became of it."""
        self.settle()
        row = self.row(job)
        if row["kind"] != "PUT" and row["status"] == "IN_PROGRESS":
            self.load_chunks(row)
            row = self.row(job)
        return row

    def row(self, job: str) -> sqlite3.Row:
        """A job as it was when time was last looked at."""
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
            "SELECT b.key, b.id, b.offset, b.length, b.cached, b.received_at, b.persisted_at,"
            " o.name, o.id AS version, j.read, j.latest"
            " FROM job_blob j JOIN blob b ON b.key = j.blob JOIN object o ON o.key = b.object"
            " WHERE j.chunk = ? ORDER BY j.place",
            chunk["key"],
        )

    # --- chunks

    def ready_chunks(self, identifier: str, preferred: int | None) -> list[sqlite3.Row]:
        """The chunks whose blobs may be moved now; none means wait. Raises Refused."""
        job = self.get(identifier)
        if job["status"] != "IN_PROGRESS":
            raise self._finished()
        if job["kind"] != "PUT":
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
        """Reserve cache for one chunk. Raises Refused when there is no room now.

        What a job reads has its room when it comes: then, or by now.
        """
        chunk, job = self.chunk(identifier)
        puts = job["kind"] == "PUT"
        # The chunks of an aggregating job are allocated as they come.
        gathers = puts and json.loads(job["options"]).get("Aggregating")
        if gathers or job["status"] == "CANCELED":
            raise Refused(404, "NotFound", f"Chunk not found via identifier {identifier}")
        if not puts:
            self.get(job["id"])
            chunk, _ = self.chunk(identifier)
        if not (chunk["ready"] or (puts and self._media.allocate(chunk))):
            # Not 307: a client's transport repeats that at once and gives up.
            raise Refused(503, "SlowDown", "No cache is free.", retry_after=True)

    def allocate_all(self, identifier: str, *, all_or_nothing: bool) -> None:
        """Reserve cache for all of a job as it is made. Raises Refused if it has to be all."""
        for chunk in self._open_chunks(self.row(identifier)):
            if not (chunk["ready"] or self._media.allocate(chunk)) and all_or_nothing:
                message = "The cache has no room for all of the job."
                raise Refused(503, "SlowDown", message, retry_after=True)

    def is_persisted(self, chunk: sqlite3.Row) -> bool:
        """Whether all blobs of a chunk are where their data policy wants them."""
        return not self._store.value(
            "SELECT COUNT(*) FROM job_blob j JOIN blob b ON b.key = j.blob"
            " WHERE j.chunk = ? AND b.persisted_at IS NULL",
            chunk["key"],
        )

    def _readable(self, job: sqlite3.Row, preferred: int | None) -> list[sqlite3.Row]:
        if self._faults.get("repeat_read_blobs"):
            return [chunk for chunk in self.chunks(job) if chunk["ready"]][:preferred]
        return self._ready(job, preferred)

    def load_chunks(self, job: sqlite3.Row) -> None:
        """Get ready what can be; in an ordered job nothing overtakes."""
        loaded = 0
        with self._store.transaction() as db:
            for chunk in self._open_chunks(job):
                if chunk["ready"]:
                    continue
                pace = self._faults.get("tape_pace") * (chunk["number"] - 1)
                if self._media.load(chunk, job["created"] + pace):
                    loaded += chunk["length"]
                elif job["in_order"] == "IN_ORDER":
                    break
            if loaded:
                db.execute("UPDATE job SET cached = cached + ? WHERE key = ?", (loaded, job["key"]))

    def is_loaded(self, chunk: sqlite3.Row, blob: sqlite3.Row) -> bool:
        """Whether a blob that a job reads is in cache, as the job sees it: what is still on its way
        from tape is not, though it may be there for another one.
        """
        return bool(blob["cached"]) and (bool(chunk["ready"]) or self._media.at_hand(blob))

    # --- what time brings

    def settle(self) -> None:
        """Bring persistence, ends of jobs and time-outs up to now."""
        with self._store.transaction() as db:
            now = self._store.now()
            self._media.persist()
            self._move_unattended()
            db.execute(
                f"UPDATE job SET status = 'COMPLETED', ended = ? WHERE {DONE}",
                (now, now),
            )
            idle = self._store.all(
                "SELECT * FROM job WHERE status = 'IN_PROGRESS' AND active < ?"
                " AND ((kind = 'GET' AND NOT unattended) OR cached < size) AND NOT undying",
                now - IDLE_LIMIT_S,
            )
            for job in idle:
                self._cancel(job, timed_out=True)

    def _move_unattended(self) -> None:
        """What VERIFY and staging jobs need has been read as soon as it is in cache."""
        for job in self._store.all("SELECT * FROM job WHERE unattended AND status = 'IN_PROGRESS'"):
            self.load_chunks(job)
            for chunk in self._open_chunks(job):
                if chunk["ready"]:
                    self._count_moved(job, chunk)

    def _count_moved(self, job: sqlite3.Row, chunk: sqlite3.Row) -> None:
        db = self._store.db
        db.execute("UPDATE job_blob SET read = 1 WHERE chunk = ?", (chunk["key"],))
        db.execute("UPDATE chunk SET open = 0 WHERE key = ?", (chunk["key"],))
        db.execute(
            "UPDATE job SET completed = completed + ?, open = open - ? WHERE key = ?",
            (chunk["length"], chunk["open"], job["key"]),
        )

    # --- changes

    def modify(self, job: str, change: Change) -> None:
        """Change what was given. Without anything it still counts as activity."""
        row = self.active(job)
        check_priority(change.priority)
        options = {**json.loads(row["options"]), **change.options}
        with self._store.transaction() as db:
            db.execute(
                "UPDATE job SET name = COALESCE(?, name), priority = COALESCE(?, priority),"
                " created = COALESCE(?, created), options = ?, undying = ?, active = ?"
                " WHERE key = ?",
                (
                    *(change.name, change.priority, change.created),
                    *(json.dumps(options), is_undying(options), self._store.now(), row["key"]),
                ),
            )

    def close_aggregating(self, job: str) -> None:
        """Append nothing more to a job; it ends when it has what was gathered."""
        row = self.active(job)
        with self._store.transaction() as db:
            db.execute("UPDATE job SET gathering = NULL WHERE key = ?", (row["key"],))

    def cancel(self, job: str) -> None:
        self._cancel(self.active(job))

    def _cancel(self, job: sqlite3.Row, *, timed_out: bool = False) -> None:
        """End a job and drop all that a PUT job brought."""
        with self._store.transaction() as db:
            sizes = (job["size"], job["cached"], job["completed"])
            if job["kind"] == "PUT":
                self._versions.remove(self._objects(job))
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
            self._versions.remove(self._objects(row, "AND o.missing"))
            db.execute("UPDATE job SET truncated = 1 WHERE key = ?", (row["key"],))
            if not self._objects(row):
                self._cancel(self.row(job))

    def clear_history(self, status: str) -> None:
        self._store.forget_jobs("status = ?", status)

    def _objects(self, job: sqlite3.Row, condition: str = "") -> list[int]:
        rows = self._store.all(
            "SELECT DISTINCT o.key FROM blob b JOIN job_blob j ON j.blob = b.key"
            f" JOIN object o ON o.key = b.object WHERE j.job = ? {condition}",
            job["key"],
        )
        return [row["key"] for row in rows]


def unknown_job(job: str) -> Refused:
    return Refused(404, "NotFound", f"Job not found via identifier {job}")
