"""Chunks on the wire: which are ready, one alone, its record, and cache for it.

Every list of ready chunks says when to ask again.
"""

from __future__ import annotations

import sqlite3

from . import answers
from .answers import Field, element
from .calls import Answer, Call, Route, Routes, retry_after
from .faults import Faults
from .job_answers import JobAnswers
from .jobs import Jobs
from .media import Media


class ChunkCalls:
    def __init__(self, jobs: Jobs, media: Media, job_answers: JobAnswers, faults: Faults) -> None:
        self._jobs = jobs
        self._media = media
        self._answers = job_answers
        self._faults = faults

    def routes(self) -> Routes:
        return {
            "GET job_chunk": Route(self._ready_chunks, "job job_chunk preferred_number_of_chunks"),
            "GET job_chunk/": Route(self._one_chunk),
            "PUT job_chunk/ allocate": Route(self._allocate),
            "GET job_chunk_dao/": Route(self._record, since=(3, 2), until=(6, 0)),
        }

    def _ready_chunks(self, call: Call) -> Answer:
        """Chunks whose blobs may be moved now, those of a GET job without what was read already."""
        identifier, only = call.required("job"), call.text("job_chunk")
        preferred = call.number("preferred_number_of_chunks")
        ready = self._jobs.ready_chunks(identifier, preferred)
        job = self._jobs.get(identifier)
        unread = job["kind"] != "PUT" and not self._faults.get("repeat_read_blobs")
        chunks = [
            self._answers.chunk(job, chunk, unread_only=unread)
            for chunk in ready
            if only is None or only.lower() == chunk["id"]
        ]
        answer = self._answers.with_chunks(job, chunks)
        return Answer(200, answer.body, retry_after(self._faults))

    def _one_chunk(self, call: Call) -> Answer:
        chunk, job = self._jobs.chunk(call.name)
        return Answer(body=self._answers.chunk(job, chunk))

    def _allocate(self, call: Call) -> Answer:
        self._jobs.allocate(call.name)
        return self._one_chunk(call)

    # --- the record of a chunk

    def _record(self, call: Call) -> Answer:
        chunk, job = self._jobs.chunk(call.name)
        fields: dict[str, Field] = {
            "BlobStoreState": self._state(job, chunk),
            "ChunkNumber": chunk["number"],
            "Id": chunk["id"],
            "JobCreationDate": answers.date(job["created"]),
            "JobId": job["id"],
            "NodeId": self._answers.node(chunk),
            "PendingTargetCommit": False,
            "ReadFromAzureTargetId": None,
            "ReadFromDs3TargetId": None,
            "ReadFromS3TargetId": None,
            **self._read_from(job, chunk),
        }
        return Answer(body=element("Data", fields))

    def _state(self, job: sqlite3.Row, chunk: sqlite3.Row) -> str:
        """How far a chunk is on its way to its media, or from them."""
        if job["kind"] != "PUT":
            return "COMPLETED" if chunk["ready"] else "IN_PROGRESS"
        if chunk["open"]:
            return "PENDING"
        return "COMPLETED" if self._jobs.is_persisted(chunk) else "IN_PROGRESS"

    def _read_from(self, job: sqlite3.Row, chunk: sqlite3.Row) -> dict[str, Field]:
        """The medium that the first blob of a chunk is read from."""
        found: dict[str, Field] = {"ReadFromPoolId": None, "ReadFromTapeId": None}
        if job["kind"] != "PUT":
            placed = self._media.placement([blob["key"] for blob in self._jobs.blobs(chunk)])
            for copy in next(iter(placed.values()), ())[:1]:
                found[f"ReadFrom{copy.kind}Id"] = copy.id
        return found
