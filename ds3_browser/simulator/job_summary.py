"""How far each copy of a job's data is, as release 6.0 tells it: which chunks are there, which not.

A destination is the storage domain of a persistence rule. A job that brings nothing has none.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from .answers import element, leaf, tag
from .copies import Copies
from .records import Record, Records
from .store import Store
from .writing import Writing


class JobSummary:
    def __init__(self, store: Store, records: Records, copies: Copies, writing: Writing) -> None:
        self._store = store
        self._records = records
        self._copies = copies
        self._writing = writing

    def inner(self, job: sqlite3.Row, chunks: Sequence[sqlite3.Row]) -> list[str]:
        """The elements of a job's summary."""
        bucket = self._store.one("SELECT * FROM bucket WHERE name = ?", job["bucket"])
        brings = bucket is not None and job["kind"] == "PUT"
        rules = self._writing.rules_of(bucket) if brings and bucket is not None else []
        copied = {chunk["key"]: self._rules_done(chunk) for chunk in chunks}
        told = "".join(
            self._destination(rule, chunks, [rule.id in copied[c["key"]] for c in chunks])
            for rule in rules
        )
        summary = f"{job['completed']} of {job['size']} bytes are persisted"
        destinations = f"<Destinations>{told}</Destinations>" if told else "<Destinations/>"
        return [destinations, leaf("Summary", summary)]

    def _rules_done(self, chunk: sqlite3.Row) -> set[str]:
        """The rules of which all blobs of a chunk have a copy."""
        rows = self._store.all(
            "SELECT DISTINCT b.copies FROM job_blob j JOIN blob b ON b.key = j.blob"
            " WHERE j.chunk = ?",
            chunk["key"],
        )
        of_each = [
            {place.rule for place in self._copies.of(row["copies"]) if place.medium} for row in rows
        ]
        return set.intersection(*of_each) if of_each else set()

    def _destination(
        self, rule: Record, chunks: Sequence[sqlite3.Row], done: Sequence[bool]
    ) -> str:
        domain = self._records.get("storage_domain", rule["StorageDomainId"], "StorageDomain")
        told = [
            tag("JobChunk", {"ChunkId": chunk["id"], "ChunkNumber": chunk["number"]})
            for chunk in chunks
        ]
        of = {
            is_done: "".join(
                each for each, state in zip(told, done, strict=True) if state is is_done
            )
            for is_done in (True, False)
        }
        return element(
            "Destination",
            {
                "Complete": [f"<Complete>{of[True]}</Complete>" if of[True] else "<Complete/>"],
                "Id": domain.id,
                "Incomplete": [
                    f"<Incomplete>{of[False]}</Incomplete>" if of[False] else "<Incomplete/>"
                ],
                "Name": domain.name,
            },
        )
