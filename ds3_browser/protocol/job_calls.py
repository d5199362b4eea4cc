"""Bulk jobs: their creation, their chunks, their end, and the lists of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from . import job_xml, wire_xml
from .calling import (
    DEFAULT_RETRY_AFTER_S,
    MAX_JOB_REPLY,
    Calls,
    Query,
    flags,
    given,
    needed,
    rest_path,
    retry_after,
    word_in,
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
    RequestType,
)
from .system_records import ChunkState, JobCreationFailure

#: Takes the chunks of a job one by one while its answer is read.
TakeChunk = Callable[[Chunk], None]


class JobCalls(Calls):
    """Calls about jobs."""

    # --- creation

    def start_put_job(
        self,
        bucket: str,
        items: Iterable[PutItem],
        *,
        name: str | None = None,
        priority: Priority | None = None,
        max_upload_size: int | None = None,
        force: bool = False,
        ignore_naming_conflicts: bool = False,
        verify_after_write: bool | None = None,
        aggregating: bool | None = None,
        minimize_spanning_across_media: bool | None = None,
        implicit_job_id_resolution: bool | None = None,
        pre_allocate_job_space: bool = False,
        dead_job_cleanup_allowed: bool | None = None,
        protected: bool | None = None,
        take: TakeChunk | None = None,
    ) -> BulkJob:
        """Create a bulk PUT job of at most 500,000 objects. One try: a repeat could make two jobs.

        `max_upload_size` is bytes a blob, at least 10 MiB. What is not given is not sent: older
        releases do not know all of it. Raises Conflict where a name exists and the data policy
        keeps no versions, Busy where the appliance takes no new job now, ValueError for a name or
        a size that cannot be sent. With `ignore_naming_conflicts` the job may have fewer objects
        than were asked for; where none is left, an appliance may answer nothing at all: BadReply.
        """
        query = [
            ("operation", "start_bulk_put"),
            *given(
                name=name,
                priority=word_in(priority),
                max_upload_size=max_upload_size,
                verify_after_write=verify_after_write,
                aggregating=aggregating,
                minimize_spanning_across_media=minimize_spanning_across_media,
                implicit_job_id_resolution=implicit_job_id_resolution,
                dead_job_cleanup_allowed=dead_job_cleanup_allowed,
                protected=protected,
            ),
            *flags(
                force=force,
                ignore_naming_conflicts=ignore_naming_conflicts,
                pre_allocate_job_space=pre_allocate_job_space,
            ),
        ]
        body = wire_xml.write_put_items(items)
        return self._job("PUT", rest_path("bucket", bucket), query, body, take)

    def start_get_job(
        self,
        bucket: str,
        items: Iterable[str | GetItem],
        *,
        name: str | None = None,
        priority: Priority | None = None,
        order: Order | None = Order.NONE,
        aggregating: bool | None = None,
        implicit_job_id_resolution: bool | None = None,
        dead_job_cleanup_allowed: bool | None = None,
        protected: bool | None = None,
        take: TakeChunk | None = None,
    ) -> BulkJob:
        """Create a bulk GET job. A name alone is the whole of its latest version.

        One try. Raises NotFound where an object is not there, Busy; ValueError for a part of an
        object that is none.
        """
        query = [
            ("operation", "start_bulk_get"),
            *given(
                name=name,
                priority=word_in(priority),
                chunk_client_processing_order_guarantee=word_in(order),
                aggregating=aggregating,
                implicit_job_id_resolution=implicit_job_id_resolution,
                dead_job_cleanup_allowed=dead_job_cleanup_allowed,
                protected=protected,
            ),
        ]
        body = wire_xml.write_get_items(items)
        return self._job("PUT", rest_path("bucket", bucket), query, body, take)

    def start_verify_job(
        self,
        bucket: str,
        items: Iterable[str | GetItem],
        *,
        name: str | None = None,
        priority: Priority | None = None,
        aggregating: bool | None = None,
        take: TakeChunk | None = None,
    ) -> BulkJob:
        """Have the appliance read objects from their media and check them. Nothing is moved.

        One try. `get_job` tells how far it is. Raises NotFound where an object is not there.
        """
        query = [
            ("operation", "start_bulk_verify"),
            *given(name=name, priority=word_in(priority), aggregating=aggregating),
        ]
        body = wire_xml.write_get_items(items)
        return self._job("PUT", rest_path("bucket", bucket), query, body, take)

    def start_stage_job(
        self,
        bucket: str,
        items: Iterable[str | GetItem],
        *,
        name: str | None = None,
        priority: Priority | None = None,
        take: TakeChunk | None = None,
    ) -> BulkJob:
        """Have the appliance bring objects into its cache. Nothing is moved. From release 5.0 on.

        One try. `get_job` tells how far it is. Raises NotFound where an object is not there.
        """
        query = [
            ("operation", "start_bulk_stage"),
            *given(name=name, priority=word_in(priority)),
        ]
        body = wire_xml.write_get_items(items)
        return self._job("PUT", rest_path("bucket", bucket), query, body, take)

    def check_put_is_safe(self, bucket: str) -> None:
        """Ask whether the bucket's media can take a PUT job now. Raises RequestRefused if not."""
        query = [("operation", "verify_safe_to_start_bulk_put")]
        self._call("PUT", rest_path("bucket", bucket), query)

    # --- chunks

    def chunks_ready(self, job_id: str, *, preferred: int | None = None) -> ChunksReady:
        """Ask which chunks may be moved now. Raises NotFound or Gone for a job that has ended."""
        query = [*needed(job=job_id), *given(preferred_number_of_chunks=preferred)]
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

    def chunk(self, chunk_id: str) -> Chunk:
        """One chunk with its blobs. Raises NotFound once it is finished."""
        return job_xml.read_chunk(self._call("GET", rest_path("job_chunk", chunk_id)))

    def chunk_state(self, chunk_id: str) -> ChunkState:
        """What the appliance does with a chunk, and from where. Below release 6.0 alone."""
        return self._one(ChunkState, "job_chunk_dao", chunk_id)

    # --- one job

    def get_job(self, job_id: str, *, take: TakeChunk | None = None) -> BulkJob:
        """A job with the chunks it still has, also one that has ended. Raises NotFound.

        A call that is made again gives `take` the same chunks again.
        """
        return self._repeated(lambda: self._job("GET", rest_path("job", job_id), [], None, take))

    def modify_job(
        self,
        job_id: str,
        *,
        priority: Priority | None = None,
        name: str | None = None,
        dead_job_cleanup_allowed: bool | None = None,
        protected: bool | None = None,
        take: TakeChunk | None = None,
    ) -> BulkJob:
        """Change a job; without a change it only resets the appliance's 24 h inactivity timer."""
        query = given(
            priority=word_in(priority),
            name=name,
            dead_job_cleanup_allowed=dead_job_cleanup_allowed,
            protected=protected,
        )
        return self._job("PUT", rest_path("job", job_id), query, None, take)

    def close_aggregating_job(self, job_id: str) -> BulkJob:
        """Let no further request be added to a job that gathers several. From release 4.0 on."""
        query = flags(close_aggregating_job=True)
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

    # --- all jobs

    def cancel_all_jobs(
        self, *, bucket: str | None = None, request_type: RequestType | None = None
    ) -> None:
        """Cancel every running job, of one bucket and of one kind where these are given."""
        query = [*_of(bucket, request_type), *flags(force=True)]
        self._call_once("DELETE", "/_rest_/job", query)

    def truncate_all_jobs(
        self, *, bucket: str | None = None, request_type: RequestType | None = None
    ) -> None:
        """Truncate every running job. Needs release 3.2, as `truncate_job` does."""
        self._call_once("DELETE", "/_rest_/job", _of(bucket, request_type))

    def list_jobs(self, *, bucket: str | None = None) -> tuple[ApplianceJob, ...]:
        """All jobs in one answer. The paged lists are for a screen."""
        return job_xml.read_jobs(self._call("GET", "/_rest_/job", given(bucket_id=bucket)))

    def active_job(self, job_id: str) -> ApplianceJob:
        """One running job without its chunks. Raises NotFound once it is no longer active."""
        return self._one_job("active_job", job_id, JobStatus.IN_PROGRESS)

    def completed_job(self, job_id: str) -> ApplianceJob:
        """One job that came to its end. Raises NotFound for any other."""
        return self._one_job("completed_job", job_id, JobStatus.COMPLETED)

    def canceled_job(self, job_id: str) -> ApplianceJob:
        """One job that was cancelled. Raises NotFound for any other."""
        return self._one_job("canceled_job", job_id, JobStatus.CANCELED)

    def active_jobs(
        self,
        *,
        bucket: str | None = None,
        name: str | None = None,
        request_type: RequestType | None = None,
        user_id: str | None = None,
    ) -> Iterator[ApplianceJob]:
        """Running jobs, newest first, page by page; of one bucket, name, kind, user where given."""
        query = [*_of(bucket, request_type), *given(name=name, user_id=user_id)]
        return self._all_jobs("active_job", JobStatus.IN_PROGRESS, query)

    def completed_jobs(
        self,
        *,
        bucket: str | None = None,
        name: str | None = None,
        request_type: RequestType | None = None,
        user_id: str | None = None,
    ) -> Iterator[ApplianceJob]:
        """Jobs that came to their end, newest first. The appliance forgets them after 30 days."""
        query = [*_of(bucket, request_type), *given(name=name, user_id=user_id)]
        return self._all_jobs("completed_job", JobStatus.COMPLETED, query)

    def canceled_jobs(
        self,
        *,
        bucket: str | None = None,
        name: str | None = None,
        request_type: RequestType | None = None,
        user_id: str | None = None,
    ) -> Iterator[ApplianceJob]:
        """Jobs that were cancelled, by somebody or for want of activity, newest first."""
        query = [*_of(bucket, request_type), *given(name=name, user_id=user_id)]
        return self._all_jobs("canceled_job", JobStatus.CANCELED, query)

    def clear_completed_jobs(self) -> None:
        """Empty the list of completed jobs, for all users."""
        self._call_once("DELETE", "/_rest_/completed_job")

    def clear_canceled_jobs(self) -> None:
        """Empty the list of cancelled jobs, for all users."""
        self._call_once("DELETE", "/_rest_/canceled_job")

    def job_creation_failures(
        self, *, user_name: str | None = None
    ) -> Iterator[JobCreationFailure]:
        """Jobs that could not be made, newest first. Known from release 5.6 on."""
        return self._all(JobCreationFailure, "job_creation_failed", given(user_name=user_name))

    def delete_job_creation_failure(self, failure_id: str, *, missing_ok: bool = True) -> None:
        """Take a job that could not be made off the list."""
        self._delete(rest_path("job_creation_failed", failure_id), (), missing_ok)

    def _one_job(self, kind: str, job_id: str, status: JobStatus) -> ApplianceJob:
        return job_xml.read_appliance_job(self._call("GET", rest_path(kind, job_id)), status)

    def _all_jobs(self, kind: str, status: JobStatus, query: Query) -> Iterator[ApplianceJob]:
        read = partial(job_xml.read_appliance_jobs, status=status)
        return self._paged(f"/_rest_/{kind}", read, query)

    def _job(
        self,
        method: str,
        path: str,
        query: Query,
        body: bytes | None,
        take: TakeChunk | None = None,
    ) -> BulkJob:
        request = self._request(method, path, query, body, timeout_s=self._timeouts.job)
        with self._answer(request) as answer:
            return job_xml.read_bulk_job(answer.pieces(MAX_JOB_REPLY), take)


def _of(bucket: str | None, request_type: RequestType | None) -> list[tuple[str, str | None]]:
    return given(bucket_id=bucket, request_type=word_in(request_type))
