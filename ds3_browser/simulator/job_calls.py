"""Bulk jobs on the wire: creation, ready chunks, what a job looks like, changes and lists.

A blob looks the same in every answer of its job; only InCache changes. Every answer names at least
one node, and every list of ready chunks says when to ask again.
"""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Callable, Sequence

from lxml import etree

from . import answers
from .answers import Field, Value, element, quoted, tag
from .calls import (
    PAGING,
    Answer,
    Call,
    Page,
    Route,
    Routes,
    attribute_number,
    not_found,
    paged,
    parse,
    retry_after,
)
from .faults import Faults
from .jobs import Jobs
from .nodes import Nodes
from .planning import JobRequest, Planner, Wanted
from .store import Refused, Store
from .users import Users

_FILTERS = "bucket_id name priority request_type truncated user_id"
_OPTIONS = {
    "aggregating": "Aggregating",
    "dead_job_cleanup_allowed": "DeadJobCleanupAllowed",
    "implicit_job_id_resolution": "ImplicitJobIdResolution",
    "minimize_spanning_across_media": "MinimizeSpanningAcrossMedia",
    "protected": "Protected",
    "verify_after_write": "VerifyAfterWrite",
}
_DEFAULT_OPTIONS = dict.fromkeys(_OPTIONS.values(), False) | {"DeadJobCleanupAllowed": True}


class JobCalls:
    def __init__(
        self,
        store: Store,
        planner: Planner,
        jobs: Jobs,
        users: Users,
        nodes: Nodes,
        faults: Faults,
    ) -> None:
        self._store = store
        self._planner = planner
        self._jobs = jobs
        self._users = users
        self._nodes = nodes
        self._faults = faults

    def routes(self) -> Routes:
        shared = "name priority protected dead_job_cleanup_allowed"
        create = f"aggregating implicit_job_id_resolution {shared}"
        every = "force bucket_id request_type"
        return {
            "PUT bucket/ start_bulk_put": Route(
                self._start_put,
                f"{create} force ignore_naming_conflicts max_upload_size"
                " minimize_spanning_across_media pre_allocate_job_space verify_after_write",
            ),
            "PUT bucket/ start_bulk_get": Route(
                self._start_get, f"{create} chunk_client_processing_order_guarantee"
            ),
            "GET job_chunk": Route(self._ready_chunks, "job job_chunk preferred_number_of_chunks"),
            "GET job_chunk/": Route(self._one_chunk),
            "PUT job_chunk/ allocate": Route(self._allocate),
            "GET job": Route(self._running_jobs, "bucket_id full_details"),
            "GET job/": Route(self._show),
            "PUT job/": Route(self._modify, f"{shared} created_at"),
            "PUT active_job/": Route(self._modify, f"{shared} created_at"),
            "DELETE job/": Route(self._end, "force"),
            "DELETE active_job/": Route(self._end, "force"),
            "DELETE job": Route(self._end_all, every),
            "DELETE active_job": Route(self._end_all, every),
            **self._lists("active_job", "Job", "IN_PROGRESS"),
            **self._lists("completed_job", "CompletedJob", "COMPLETED"),
            **self._lists("canceled_job", "CanceledJob", "CANCELED"),
            "DELETE completed_job": Route(self._clear("COMPLETED")),
            "DELETE canceled_job": Route(self._clear("CANCELED")),
        }

    # --- creation

    def _start_put(self, call: Call) -> Answer:
        items = [(_name(item), _required_size(item)) for item in parse(call.body).iter("Object")]
        request = self._request(call, call.number("max_upload_size"))
        return self._master_list(self._planner.create_put(request, items))

    def _start_get(self, call: Call) -> Answer:
        wanted = [
            Wanted(
                _name(item),
                item.get("VersionId"),
                attribute_number(item, "Offset"),
                attribute_number(item, "Length"),
            )
            for item in parse(call.body).iter("Object")
        ]
        return self._master_list(self._planner.create_get(self._request(call), wanted))

    def _request(self, call: Call, max_upload_size: int | None = None) -> JobRequest:
        given = {own: call.flag(name) for name, own in _OPTIONS.items()}
        return JobRequest(
            bucket=call.name,
            user=call.user,
            name=call.text("name") or "Untitled",
            priority=call.word("priority"),
            max_upload_size=max_upload_size,
            ignore_naming_conflicts=call.has("ignore_naming_conflicts"),
            in_order=call.word("chunk_client_processing_order_guarantee") or "IN_ORDER",
            options={name: value for name, value in given.items() if value is not None},
        )

    # --- a job with its chunks

    def _master_list(self, identifier: str) -> Answer:
        job = self._jobs.get(identifier)
        chunks = [self._chunk(job, chunk) for chunk in self._jobs.chunks(job)]
        return self._with_chunks(job, chunks)

    def _with_chunks(self, job: sqlite3.Row, chunks: list[str]) -> Answer:
        if self._faults.get("shuffle"):
            random.Random(job["id"]).shuffle(chunks)
        inner = [self._nodes.listed(), *chunks]
        return Answer(body=tag("MasterObjectList", self._attributes(job), inner))

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

    def _chunk(self, job: sqlite3.Row, chunk: sqlite3.Row, *, unread_only: bool = False) -> str:
        blobs = [
            self._blob(job, place, blob)
            for place, blob in enumerate(self._jobs.blobs(chunk))
            if not (unread_only and blob["read"])
        ]
        if self._faults.get("shuffle"):
            random.Random(chunk["id"]).shuffle(blobs)
        attributes: dict[str, Value] = {
            "ChunkId": chunk["id"],
            "ChunkNumber": chunk["number"],
            "NodeId": self._nodes.of_chunk(chunk["number"]) if chunk["ready"] else None,
        }
        return tag("Objects", attributes, blobs)

    def _blob(self, job: sqlite3.Row, place: int, blob: sqlite3.Row) -> str:
        # Written out and not built by `tag`: a job of 500,000 blobs has as many of these.
        return (
            f'<Object Id="{blob["id"]}"{self._in_cache(job, place, blob)} Latest="true"'
            f' Length="{blob["length"]}" Name="{quoted(blob["name"])}" Offset="{blob["offset"]}"'
            f' VersionId="{blob["version"]}"/>'
        )

    def _in_cache(self, job: sqlite3.Row, place: int, blob: sqlite3.Row) -> str:
        if job["kind"] == "PUT":
            there = blob["received_at"] is not None
        elif self._faults.get("partial_chunk"):
            return "" if place % 2 == 0 else ' InCache="false"'
        else:
            there = bool(blob["cached"])
        return f' InCache="{"true" if there else "false"}"'

    # --- chunks

    def _ready_chunks(self, call: Call) -> Answer:
        """Chunks whose blobs may be moved now, those of a GET job without what was read already."""
        identifier, only = call.required("job"), call.text("job_chunk")
        preferred = call.number("preferred_number_of_chunks")
        ready = self._jobs.ready_chunks(identifier, preferred)
        job = self._jobs.get(identifier)
        unread = job["kind"] == "GET" and not self._faults.get("repeat_read_blobs")
        chunks = [
            self._chunk(job, chunk, unread_only=unread)
            for chunk in ready
            if only is None or only.lower() == chunk["id"]
        ]
        return Answer(200, self._with_chunks(job, chunks).body, retry_after(self._faults))

    def _one_chunk(self, call: Call) -> Answer:
        chunk, job = self._jobs.chunk(call.name)
        return Answer(body=self._chunk(job, chunk))

    def _allocate(self, call: Call) -> Answer:
        self._jobs.allocate(call.name)
        return self._one_chunk(call)

    # --- looking and changing

    def _show(self, call: Call) -> Answer:
        return self._master_list(call.name)

    def _running_jobs(self, call: Call) -> Answer:
        """All that run, in one answer. An unknown bucket has none."""
        where, values = self._filters(call, "IN_PROGRESS")
        rows, _ = self._jobs.page(where, values, 0, -1)
        jobs = [tag("Job", self._attributes(job), [self._nodes.listed()]) for job in rows]
        return Answer(body=tag("Jobs", {}, jobs))

    def _modify(self, call: Call) -> Answer:
        self._jobs.modify(call.name, call.text("name"), call.word("priority"))
        return self._master_list(call.name)

    def _end(self, call: Call) -> Answer:
        """Cancel with `force`, which drops what has come; else end the transfer and keep it."""
        if call.has("force"):
            self._jobs.cancel(call.name)
        else:
            self._jobs.truncate(call.name)
        return Answer(204)

    def _end_all(self, call: Call) -> Answer:
        where, values = self._filters(call, "IN_PROGRESS")
        rows, _ = self._jobs.page(where, values, 0, -1)
        for job in rows:
            if call.has("force"):
                self._jobs.cancel(job["id"])
            else:
                self._jobs.truncate(job["id"])
        return Answer(204)

    # --- lists

    def _lists(self, resource: str, name: str, status: str) -> dict[str, Route]:
        def show(call: Call) -> Answer:
            job = self._jobs.get(call.name)
            if job["status"] != status:
                raise not_found(name, call.name)
            return Answer(body=element("Data", self._fields(job)))

        def show_all(call: Call) -> Answer:
            where, values = self._filters(call, status)
            page = Page.of(call)
            _, total = self._jobs.page(where, values, 0, 0)
            offset = page.start(total)
            rows, total = self._jobs.page(where, values, offset, page.length)
            return paged([element(name, self._fields(job)) for job in rows], total, offset)

        return {
            f"GET {resource}": Route(show_all, f"{_FILTERS} {PAGING}"),
            f"GET {resource}/": Route(show),
        }

    def _filters(self, call: Call, status: str) -> tuple[str, Sequence[object]]:
        where, values = ["status = ?"], list[object]([status])
        if (bucket := call.text("bucket_id")) is not None:
            where.append("bucket IN (SELECT name FROM bucket WHERE name = ? OR id = ?)")
            values += [bucket, bucket.lower()]
        if (user := call.text("user_id")) is not None:
            names = [each.name for each in self._users.every if user in (each.name, each.id)]
            where.append("user = ?")
            values.append(names[0] if names else None)
        for column, value in (
            ("name", call.text("name")),
            ("priority", call.word("priority")),
            ("kind", call.word("request_type")),
            ("truncated", call.flag("truncated")),
        ):
            if value is not None:
                where.append(f"{column} = ?")
                values.append(value)
        return " AND ".join(where), values

    def _fields(self, job: sqlite3.Row) -> dict[str, Field]:
        fields: dict[str, Field] = {
            "BucketId": self._store.value("SELECT id FROM bucket WHERE name = ?", job["bucket"]),
            "CachedSizeInBytes": job["cached"],
            "ChunkClientProcessingOrderGuarantee": job["in_order"],
            "CompletedSizeInBytes": job["completed"],
            "CreatedAt": answers.date(job["created"]),
            "ErrorMessage": None,
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

    def _clear(self, status: str) -> Callable[[Call], Answer]:
        def clear(call: Call) -> Answer:
            self._jobs.clear_history(status)
            return Answer(204)

        return clear


def _name(item: etree._Element) -> str:
    return item.get("Name") or ""


def _required_size(item: etree._Element) -> int:
    size = attribute_number(item, "Size", "Length")
    if size is None:
        raise Refused(400, "InvalidArgument", f"An object needs a size: {_name(item)}")
    return size
