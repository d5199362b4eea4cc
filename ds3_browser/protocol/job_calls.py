"""Bulk jobs: their creation, their chunks, their end, and the lists of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from . import job_xml, wire_xml
from .calling import (
    DEFAULT_RETRY_AFTER_S,
    MAX_JOB_REPLY,
    Calls,
    Query,
    flags,
    given,
    rest_path,
    retry_after,
)
from .records import (
    ApplianceJob,
    BulkJob,
    Chunk,
    ChunksReady,
    GetItem,
    JobStatus,
    Order,
    Priority,
    PutItem,
)


class JobCalls(Calls):
    """Calls about jobs."""

    def start_put_job(
        self,
        bucket: str,
        items: Sequence[PutItem],
        *,
        name: str | None = None,
        priority: Priority | None = None,
        max_upload_size: int | None = None,
        force: bool = False,
        ignore_naming_conflicts: bool = False,
        verify_after_write: bool | None = None,
    ) -> BulkJob:
        """Create a bulk PUT job of at most 500,000 objects. One try: a repeat could make two jobs.

        `max_upload_size` is bytes a blob, at least 10 MiB. Raises Conflict where a name exists and
        the data policy keeps no versions, Busy where the appliance takes no new job now, ValueError
        for a name that cannot be sent.
        """
        query = [
            ("operation", "start_bulk_put"),
            *given(
                name=name,
                priority=priority.value if priority else None,
                max_upload_size=max_upload_size,
                verify_after_write=verify_after_write,
            ),
            *flags(force=force, ignore_naming_conflicts=ignore_naming_conflicts),
        ]
        body = wire_xml.write_put_items(items)
        return self._job("PUT", rest_path("bucket", bucket), query, body)

    def start_get_job(
        self,
        bucket: str,
        items: Sequence[GetItem],
        *,
        name: str | None = None,
        priority: Priority | None = None,
        order: Order | None = Order.NONE,
    ) -> BulkJob:
        """Create a bulk GET job. One try. Raises NotFound where an object is not there, Busy."""
        query = [
            ("operation", "start_bulk_get"),
            *given(
                name=name,
                priority=priority.value if priority else None,
                chunk_client_processing_order_guarantee=order.value if order else None,
            ),
        ]
        body = wire_xml.write_get_items(items)
        return self._job("PUT", rest_path("bucket", bucket), query, body)

    def chunks_ready(self, job_id: str, *, preferred: int | None = None) -> ChunksReady:
        """Ask which chunks may be moved now. Raises NotFound or Gone for a job that has ended."""
        query = [("job", job_id), *given(preferred_number_of_chunks=preferred)]
        request = self._request("GET", "/_rest_/job_chunk", query, timeout_s=self._timeouts.job)

        def ask() -> ChunksReady:
            with self._answer(request) as answer:
                job = job_xml.read_bulk_job(answer.pieces(MAX_JOB_REPLY))
                chunks = tuple(chunk for chunk in job.chunks if chunk.blobs)
                return ChunksReady(chunks, retry_after(answer) or DEFAULT_RETRY_AFTER_S, job)

        return self._repeated(ask)

    def allocate_chunk(self, chunk_id: str) -> Chunk:
        """Ask for the cache of one chunk of a PUT job. Raises Busy while there is none.

        The older way: `chunks_ready` asks for a job as a whole.
        """
        path, query = rest_path("job_chunk", chunk_id), [("operation", "allocate")]
        return job_xml.read_chunk(self._call_once("PUT", path, query))

    def get_job(self, job_id: str) -> BulkJob:
        """A job with the chunks it still has, also one that has ended. Raises NotFound."""
        return self._repeated(lambda: self._job("GET", rest_path("job", job_id), [], None))

    def modify_job(
        self, job_id: str, *, priority: Priority | None = None, name: str | None = None
    ) -> BulkJob:
        """Change a job; without a change it only resets the appliance's 24 h inactivity timer."""
        query = given(priority=priority.value if priority else None, name=name)
        return self._job("PUT", rest_path("job", job_id), query, None)

    def cancel_job(self, job_id: str) -> None:
        """End a job and discard what it brought, also what is in cache or partly persisted.

        One try: after a first one that was heard, a second finds no job.
        """
        self._call_once("DELETE", rest_path("job", job_id), flags(force=True))

    def truncate_job(self, job_id: str) -> None:
        """End a job and keep the objects that are completely received. Needs release 3.2.

        Release 3.0 takes the same request for a cancel. Raises Conflict where it cannot be done.
        """
        self._call_once("DELETE", rest_path("job", job_id))

    def list_jobs(self, *, bucket: str | None = None) -> tuple[ApplianceJob, ...]:
        """All jobs in one answer. The paged lists are for a screen."""
        return job_xml.read_jobs(self._call("GET", "/_rest_/job", given(bucket_id=bucket)))

    def active_job(self, job_id: str) -> ApplianceJob:
        """One running job without its chunks. Raises NotFound once it is no longer active."""
        return self._one_job("active_job", job_id, JobStatus.IN_PROGRESS)

    def completed_job(self, job_id: str) -> ApplianceJob:
        return self._one_job("completed_job", job_id, JobStatus.COMPLETED)

    def canceled_job(self, job_id: str) -> ApplianceJob:
        return self._one_job("canceled_job", job_id, JobStatus.CANCELED)

    def active_jobs(self) -> Iterator[ApplianceJob]:
        return self._all_jobs("active_job", JobStatus.IN_PROGRESS)

    def completed_jobs(self) -> Iterator[ApplianceJob]:
        return self._all_jobs("completed_job", JobStatus.COMPLETED)

    def canceled_jobs(self) -> Iterator[ApplianceJob]:
        return self._all_jobs("canceled_job", JobStatus.CANCELED)

    def _one_job(self, kind: str, job_id: str, status: JobStatus) -> ApplianceJob:
        return job_xml.read_appliance_job(self._call("GET", rest_path(kind, job_id)), status)

    def _all_jobs(self, kind: str, status: JobStatus) -> Iterator[ApplianceJob]:
        return self._paged(
            f"/_rest_/{kind}", lambda data: job_xml.read_appliance_jobs(data, status)
        )

    def _job(self, method: str, path: str, query: Query, body: bytes | None) -> BulkJob:
        request = self._request(method, path, query, body, timeout_s=self._timeouts.job)
        with self._answer(request) as answer:
            return job_xml.read_bulk_job(answer.pieces(MAX_JOB_REPLY))
