"""Blobs on the wire: which one a request means, and what becomes of it when its bytes have moved.

A blob is received once. It is read when all that was wanted of it has been sent.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable

from . import checksum
from .faults import Faults
from .jobs import DONE, Jobs, unknown_job
from .media import Media
from .planning import JobRequest, Planner, Wanted, exists
from .receiving import Received
from .spans import Span, missing
from .store import Refused, Store
from .versions import Versions


class Transfers:
    def __init__(
        self,
        store: Store,
        versions: Versions,
        media: Media,
        planner: Planner,
        jobs: Jobs,
        faults: Faults,
    ) -> None:
        self._store = store
        self._versions = versions
        self._media = media
        self._planner = planner
        self._jobs = jobs
        self._faults = faults

    # --- blobs in

    def blob_to_receive(self, job: str, bucket: str, name: str, offset: int | None) -> sqlite3.Row:
        """The blob that a PUT with a job means. Raises Refused where it may not come now."""
        row = self._job(job, bucket, "PUT")
        blob = self._job_blob(row, name, offset)
        if blob["received_at"] is not None:
            raise exists(name)
        if not blob["allocated"] and not self._allocate_late(blob["chunk"]):
            status = self._faults.get("not_allocated_status")
            raise Refused(status, "SlowDown", "No cache is allocated.", retry_after=True)
        return blob

    def _job(self, job: str, bucket: str, kind: str) -> sqlite3.Row:
        """The job that a request for a blob names. Raises Refused if its blobs do not move so."""
        row = self._jobs.row(job)
        if row["status"] == "CANCELED" or row["bucket"] != bucket:
            raise unknown_job(job)
        if row["kind"] != kind or row["unattended"]:
            raise Refused(400, "InvalidArgument", f"No {kind} of a blob is part of the job {job}")
        return row

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
            self._check_metadata(known, received.metadata)
            db.execute(
                "UPDATE blob SET received_at = ?, cached = 1, checksum_type = ?, checksum = ?,"
                " used_at = ?, kept = ? WHERE key = ?",
                (
                    *(now, received.checksum_type, received.checksum, now),
                    *(received.kept, blob["key"]),
                ),
            )
            # The first blob's headers are the object's.
            db.execute(
                "UPDATE object SET missing = missing - 1, metadata = COALESCE(metadata, ?)"
                " WHERE key = ?",
                (json.dumps(received.metadata), known["object"]),
            )
            if known["missing"] == 1:
                self._complete(known["object"], received.checksum_type)
            self._count_received(blob, known["job"], now)
            self._store.keep_content(received.body, blob["key"], blob["id"])

    def _check_metadata(self, known: sqlite3.Row, metadata: dict[str, str]) -> None:
        """Refuse by switch headers that are not those of the object's first blob."""
        if known["metadata"] is None or not self._faults.get("strict"):
            return
        if json.loads(known["metadata"]) != metadata:
            raise Refused(400, "InvalidArgument", "The blobs of an object differ in metadata.")

    def _complete(self, object_key: int, kind: str) -> None:
        self._versions.complete(object_key, lambda joined: checksum.of(kind, joined))

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

    def has_blob(self, job: str, bucket: str, name: str, blob: str) -> bool:
        """Whether a blob of a job is there, by its id. Raises Refused if the job has no such."""
        row = self._jobs.active(job)
        found = self._store.one(
            "SELECT b.received_at FROM job_blob j JOIN blob b ON b.key = j.blob"
            " JOIN object o ON o.key = b.object"
            " WHERE j.job = ? AND b.id = ? AND o.bucket = ? AND o.name = ?",
            *(row["key"], blob.lower(), bucket, name),
        )
        if found is None:
            raise Refused(404, "NotFound", f"The job has no such blob: {blob}")
        return found["received_at"] is not None

    # --- blobs out

    def blob_to_send(
        self, job: str, bucket: str, name: str, offset: int | None, version_id: str | None
    ) -> sqlite3.Row:
        """The blob that a GET with a job means. Raises Refused where it cannot be read now."""
        row = self._job(job, bucket, "GET")
        blob = self._job_blob(row, name, offset, version_id)
        if blob["read"]:
            self._check_read_again(row, blob, name)
        elif not blob["ready"]:
            self._jobs.load_chunks(row)
            blob = self._job_blob(row, name, offset, version_id)
            if not blob["ready"]:
                raise Refused(307, "SlowDown", "The data is not in cache yet.", retry_after=True)
        return blob

    def implicit_job(self, bucket: str, name: str, offset: int | None, kind: str) -> str | None:
        """The running job that takes a request for a blob of its own without being named."""
        if not self._store.has_implicit_jobs:
            return None
        found: str | None = self._store.value(
            "SELECT job.id FROM object o CROSS JOIN blob b ON b.object = o.key"
            " CROSS JOIN job_blob j ON j.blob = b.key CROSS JOIN job ON job.key = j.job"
            " WHERE o.bucket = ? AND o.name = ? AND (? IS NULL OR b.offset = ?) AND job.kind = ?"
            " AND job.implicit AND job.status = 'IN_PROGRESS' ORDER BY job.key LIMIT 1",
            *(bucket, name, offset, offset, kind),
        )
        return found

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
            wanted = Wanted(row["name"], row["id"], blob["offset"], blob["length"])
            job = self._planner.create_get(request, [wanted])
        there = self.blob_to_send(job, row["bucket"], row["name"], blob["offset"], row["id"])
        return there, job

    def _settle_for_tape(self) -> None:
        if self._faults.get("tape_delay"):
            self._jobs.settle()

    def _blob_at(self, row: sqlite3.Row, offset: int | None) -> sqlite3.Row:
        blobs = self._versions.blobs(row["key"])
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

    def _job_blob(
        self, job: sqlite3.Row, name: str, offset: int | None, version_id: str | None = None
    ) -> sqlite3.Row:
        """A blob of a job; without an offset the first, which is an object's only one.

        Of two versions without an id it is the latest.
        """
        # CROSS JOIN keeps the order: from the name to the blob, and not through the whole job.
        row = self._store.one(
            "SELECT b.*, o.id AS version, j.chunk, j.read, c.ready"
            " FROM object o CROSS JOIN blob b ON b.object = o.key"
            " CROSS JOIN job_blob j ON j.blob = b.key CROSS JOIN chunk c ON c.key = j.chunk"
            " WHERE o.bucket = ? AND o.name = ? AND (? IS NULL OR b.offset = ?) AND j.job = ?"
            " AND (? IS NULL OR o.id = ?)"
            " ORDER BY o.latest DESC, o.created DESC, b.offset LIMIT 1",
            *(job["bucket"], name, offset, offset, job["key"]),
            *(version_id, version_id and version_id.lower()),
        )
        if row is None:
            raise Refused(404, "NotFound", f"The job has no such blob: {name} at {offset}")
        return row

    def blob_sent(self, job: str, blob: sqlite3.Row, sent: Iterable[Span]) -> None:
        """Spans of a blob, as offsets in the object, went out. All that is wanted ends it.

        The last blob of a job ends the job. A job that has ended meanwhile is left as it is.
        """
        with self._store.transaction() as db:
            state, now = self._reading(job, blob), self._store.now()
            if state is None:
                return
            db.execute("UPDATE job SET active = ? WHERE key = ?", (now, state["job"]))
            db.execute("UPDATE blob SET used_at = ? WHERE key = ?", (now, blob["key"]))
            whole = [(blob["offset"], blob["offset"] + blob["length"])]
            wanted = json.loads(state["wanted"]) if state["wanted"] else whole
            seen = [*(json.loads(state["sent"]) if state["sent"] else ()), *sent]
            read = bool(seen) and not missing(wanted, seen)
            db.execute(
                "UPDATE job_blob SET read = ?, sent = ? WHERE blob = ? AND job = ?",
                (read, json.dumps(seen), blob["key"], state["job"]),
            )
            if read:
                self._count_read(state["job"], state["chunk"], blob["length"], now)

    def _reading(self, job: str, blob: sqlite3.Row) -> sqlite3.Row | None:
        """What a running job has had of a blob that it still wants."""
        return self._store.one(
            "SELECT j.* FROM job CROSS JOIN job_blob j ON j.job = job.key AND j.blob = ?"
            " WHERE job.id = ? AND job.status = 'IN_PROGRESS' AND NOT j.read",
            blob["key"],
            job.lower(),
        )

    def _count_read(self, job: int, chunk: int, length: int, now: float) -> None:
        db = self._store.db
        db.execute("UPDATE chunk SET open = open - 1 WHERE key = ?", (chunk,))
        db.execute(
            "UPDATE job SET completed = completed + ?, open = open - 1 WHERE key = ?",
            (length, job),
        )
        db.execute(
            f"UPDATE job SET status = 'COMPLETED', ended = ? WHERE key = ? AND {DONE}",
            (now, job, now),
        )
