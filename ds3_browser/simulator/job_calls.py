"""Jobs on the wire after their creation: looking, changing, ending, and the lists of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence

from . import parameters
from .access import Access
from .answers import element, tag
from .calls import PAGING, Answer, Call, Page, Route, Routes, glob, not_found, paged
from .dialect import release
from .enumerations import ENUMERATIONS
from .faults import Faults
from .job_answers import OPTIONS, JobAnswers
from .jobs import Change, Jobs
from .users import Users

_ORDER = "chunk_client_processing_order_guarantee"
_FILTERS = f"bucket_id {_ORDER} name priority rechunked request_type truncated user_id"


class JobCalls:
    def __init__(
        self, jobs: Jobs, users: Users, access: Access, job_answers: JobAnswers, faults: Faults
    ) -> None:
        self._jobs = jobs
        self._faults = faults
        self._access = access
        self._users = users
        self._answers = job_answers

    def routes(self) -> Routes:
        change = "name priority protected dead_job_cleanup_allowed created_at"
        every = "force bucket_id request_type"
        return {
            "GET job": Route(self._running_jobs, "bucket_id full_details"),
            "GET job/": Route(self._show, "replicate summary"),
            "PUT job/": Route(self._modify, f"{change} close_aggregating_job"),
            "PUT active_job/": Route(self._modify, change, since=(3, 2)),
            "DELETE job/": Route(self._end, "force"),
            "DELETE active_job/": Route(self._end, "force", since=(3, 2)),
            "DELETE job": Route(self._end_all, every),
            "DELETE active_job": Route(self._end_all, every, since=(3, 2)),
            **self._lists("active_job", "Job", "IN_PROGRESS", "aggregating"),
            **self._lists("completed_job", "CompletedJob", "COMPLETED"),
            **self._lists("canceled_job", "CanceledJob", "CANCELED", "canceled_due_to_timeout"),
            "DELETE completed_job": Route(self._clear("COMPLETED")),
            "DELETE canceled_job": Route(self._clear("CANCELED")),
        }

    # --- looking and changing

    def _show(self, call: Call) -> Answer:
        if call.has("replicate"):
            return Answer(body=self._answers.to_replicate(call.name))
        if call.has("summary") and release(self._faults.get("server_version")) >= (6, 0):
            return self._answers.summary(call.name)
        return self._answers.master_list(call.name)

    def _running_jobs(self, call: Call) -> Answer:
        """All that run, in one answer. An unknown bucket has none."""
        where, values = self._filters(call, "IN_PROGRESS")
        rows, _ = self._jobs.page(where, values, 0, -1)
        return Answer(body=tag("Jobs", {}, [self._answers.alone(job) for job in rows]))

    def _modify(self, call: Call) -> Answer:
        if call.has("close_aggregating_job"):
            self._jobs.close_aggregating(call.name)
            return self._answers.master_list(call.name)
        given = {name: call.flag(name) for name in ("protected", "dead_job_cleanup_allowed")}
        options = {OPTIONS[name]: value for name, value in given.items() if value is not None}
        name, priority = call.text("name"), call.word("priority")
        self._jobs.modify(call.name, Change(name, priority, call.date("created_at"), options))
        return self._answers.master_list(call.name)

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

    def _lists(self, resource: str, name: str, status: str, more: str = "") -> dict[str, Route]:
        def show(call: Call) -> Answer:
            job = self._jobs.get(call.name)
            if job["status"] != status:
                raise not_found(name, call.name)
            return Answer(body=element("Data", self._answers.fields(job)))

        def show_all(call: Call) -> Answer:
            where, values = self._filters(call, status)
            page = Page.of(call)
            _, total = self._jobs.page(where, values, 0, 0)

            def ids() -> Iterator[str]:
                return (job["id"] for job in self._jobs.page(where, values, 0, -1)[0])

            offset = page.start(total, ids)
            rows, total = self._jobs.page(where, values, offset, page.length)
            items = [element(name, self._answers.fields(job)) for job in rows]
            return paged(items, total, offset)

        return {
            f"GET {resource}": Route(show_all, f"{_FILTERS} {more} {PAGING}"),
            f"GET {resource}/": Route(show, since=(3, 2)),
        }

    def _filters(self, call: Call, status: str) -> tuple[str, Sequence[object]]:
        where, values = ["status = ?"], list[object]([status])
        if (seen := self._access.buckets_of(call.user, "JOB")) is not None:
            where.append("(user = ? OR bucket IN (SELECT value FROM json_each(?)))")
            values += [call.user, json.dumps(seen)]
        if (bucket := call.text("bucket_id")) is not None:
            where.append("bucket IN (SELECT name FROM bucket WHERE name = ? OR id = ?)")
            values += [bucket, bucket.lower()]
        if (user := call.text("user_id")) is not None:
            found = self._users.find(user)
            where.append("user = ?")
            values.append(found and found.name)
        if call.text("rechunked") is not None:
            where.append("0")  # no job here is ever cut anew
        for test, value in (
            ("name GLOB ?", glob(call.text("name"))),
            ("priority = ?", _word(call, "priority", "BlobStoreTaskPriority")),
            ("kind = ?", _word(call, "request_type", "JobRequestType")),
            ("in_order = ?", _word(call, _ORDER, "JobChunkClientProcessingOrderGuarantee")),
            ("truncated = ?", call.flag("truncated")),
            ("timed_out = ?", call.flag("canceled_due_to_timeout")),
            ("COALESCE(json_extract(options, '$.Aggregating'), 0) = ?", call.flag("aggregating")),
        ):
            if value is not None:
                where.append(test)
                values.append(value)
        return " AND ".join(where), values

    def _clear(self, status: str) -> Callable[[Call], Answer]:
        def clear(call: Call) -> Answer:
            self._jobs.clear_history(status)
            return Answer(204)

        return clear


def _word(call: Call, name: str, kind: str) -> str | None:
    """A parameter that is a word of an enumeration, None if it is absent. Raises Refused."""
    text = call.text(name)
    return text and str(parameters.value(name, kind, ENUMERATIONS[kind], text))
