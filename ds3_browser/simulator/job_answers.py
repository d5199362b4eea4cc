"""What a job looks like: with its chunks and blobs, alone in a list, as a record of its end.

A blob looks the same in every answer of its job; only InCache changes. Every answer names at least
one node.
"""

from __future__ import annotations

import json
import random
import sqlite3

from . import answers
from .answers import Field, Value, quoted, tag
from .calls import Answer
from .faults import Faults
from .job_summary import JobSummary
from .jobs import Jobs
from .nodes import Nodes
from .store import Refused, Store
from .users import Users

OPTIONS = {
    "aggregating": "Aggregating",
    "dead_job_cleanup_allowed": "DeadJobCleanupAllowed",
    "implicit_job_id_resolution": "ImplicitJobIdResolution",
    "minimize_spanning_across_media": "MinimizeSpanningAcrossMedia",
    "protected": "Protected",
    "verify_after_write": "VerifyAfterWrite",
}
_DEFAULT_OPTIONS = dict.fromkeys(OPTIONS.values(), False) | {"DeadJobCleanupAllowed": True}


class JobAnswers:
    def __init__(
        self,
        store: Store,
        jobs: Jobs,
        users: Users,
        nodes: Nodes,
        summary: JobSummary,
        faults: Faults,
    ) -> None:
        self._store = store
        self._summary = summary
        self._jobs = jobs
        self._users = users
        self._nodes = nodes
        self._faults = faults

    # --- with chunks

    def master_list(self, identifier: str) -> Answer:
        job = self._jobs.get(identifier)
        return self.with_chunks(job, [self.chunk(job, chunk) for chunk in self._jobs.chunks(job)])

    def with_chunks(self, job: sqlite3.Row, chunks: list[str]) -> Answer:
        if self._faults.get("shuffle"):
            random.Random(job["id"]).shuffle(chunks)
        inner = [self._nodes.listed(), *chunks]
        return Answer(body=tag("MasterObjectList", self._attributes(job), inner))

    def summary(self, identifier: str) -> Answer:
        """How far each copy of a job's data is, as release 6.0 tells it."""
        job = self._jobs.get(identifier)
        inner = self._summary.inner(job, self._jobs.chunks(job))
        return Answer(body=tag("JobSummary", self._attributes(job), inner))

    def to_replicate(self, identifier: str) -> str:
        """What another appliance is told of a PUT job, which nobody else needs to understand.

        Raises Refused if the job brings nothing.
        """
        job = self._jobs.get(identifier)
        if job["kind"] != "PUT":
            raise Refused(400, "InvalidArgument", "Only a PUT job can be replicated.")
        sizes: dict[str, int] = {}
        for chunk in self._jobs.chunks(job):
            for blob in self._jobs.blobs(chunk):
                sizes[blob["name"]] = sizes.get(blob["name"], 0) + blob["length"]
        return json.dumps({"job": job["id"], "name": job["name"], "objects": sizes})

    def alone(self, job: sqlite3.Row) -> str:
        """A job of the unpaged list: without its chunks."""
        return tag("Job", self._attributes(job), [self._nodes.listed()])

    def _attributes(self, job: sqlite3.Row) -> dict[str, Value]:
        return {
            "Aggregating": json.loads(job["options"]).get("Aggregating", False),
            "BucketName": job["bucket"],
            "CachedSizeInBytes": job["cached"],
            "ChunkClientProcessingOrderGuarantee": job["in_order"],
            "CompletedSizeInBytes": job["completed"],
            "EntirelyInCache": job["cached"] == job["size"],
            "JobId": job["id"],
            "Naked": bool(job["naked"]),
            "Name": job["name"],
            "OriginalSizeInBytes": job["size"],
            "Priority": job["priority"],
            "RequestType": job["kind"],
            "StartDate": answers.date(job["created"]),
            "Status": job["status"],
            "UserId": self._users.id_of(job["user"]),
            "UserName": job["user"],
        }

    def chunk(self, job: sqlite3.Row, chunk: sqlite3.Row, *, unread_only: bool = False) -> str:
        blobs = [
            self._blob(job, chunk, place, blob)
            for place, blob in enumerate(self._jobs.blobs(chunk))
            if not (unread_only and blob["read"])
        ]
        if self._faults.get("shuffle"):
            random.Random(chunk["id"]).shuffle(blobs)
        attributes: dict[str, Value] = {
            "ChunkId": chunk["id"],
            "ChunkNumber": chunk["number"],
            "NodeId": self.node(chunk),
        }
        return tag("Objects", attributes, blobs)

    def node(self, chunk: sqlite3.Row) -> str | None:
        """The node that has a chunk in its cache; none until it is there."""
        return self._nodes.of_chunk(chunk["number"]) if chunk["ready"] else None

    def _blob(self, job: sqlite3.Row, chunk: sqlite3.Row, place: int, blob: sqlite3.Row) -> str:
        # Written out and not built by `tag`: a job of 500,000 blobs has as many of these.
        return (
            f'<Object Id="{blob["id"]}"{self._in_cache(job, chunk, place, blob)}'
            f' Latest="{"true" if blob["latest"] else "false"}"'
            f' Length="{blob["length"]}" Name="{quoted(blob["name"])}" Offset="{blob["offset"]}"'
            f' VersionId="{blob["version"]}"/>'
        )

    def _in_cache(self, job: sqlite3.Row, chunk: sqlite3.Row, place: int, blob: sqlite3.Row) -> str:
        if job["kind"] == "PUT":
            there = blob["received_at"] is not None
        elif self._faults.get("partial_chunk"):
            return "" if place % 2 == 0 else ' InCache="false"'
        else:
            there = self._jobs.is_loaded(chunk, blob)
        return f' InCache="{"true" if there else "false"}"'

    # --- as a record

    def fields(self, job: sqlite3.Row) -> dict[str, Field]:
        """What the lists of active, completed and cancelled jobs tell of one."""
        fields: dict[str, Field] = {
            "BucketId": self._store.value("SELECT id FROM bucket WHERE name = ?", job["bucket"]),
            "CachedSizeInBytes": job["cached"],
            "ChunkClientProcessingOrderGuarantee": job["in_order"],
            "CompletedSizeInBytes": job["completed"],
            "CreatedAt": answers.date(job["created"]),
            "ErrorMessage": self._faults.get("job_error") if job["kind"] == "PUT" else None,
            "Id": job["id"],
            "Naked": bool(job["naked"]),
            "Name": job["name"],
            "OriginalSizeInBytes": job["size"],
            "Priority": job["priority"],
            "Rechunked": None,
            "RequestType": job["kind"],
            "Truncated": bool(job["truncated"]),
            "UserId": self._users.id_of(job["user"]),
        }
        ended = answers.date(job["ended"])
        if job["status"] == "COMPLETED":
            return {**fields, "DateCompleted": ended}
        if job["status"] == "CANCELED":
            timed_out = bool(job["timed_out"])
            return {**fields, "CanceledDueToTimeout": timed_out, "DateCanceled": ended}
        running = {"Replicating": False, "Restore": "NO", "TruncatedDueToTimeout": False}
        return {**fields, **_DEFAULT_OPTIONS, **json.loads(job["options"]), **running}
