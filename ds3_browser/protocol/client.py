"""Ds3Client: one method per request we use; records in, records out.

Any thread may call it, and each call blocks until its answer. Calls without a body are repeated
here after a fault of the appliance's own or a lost connection, signed anew each time. A body is
never repeated here, and nobody sleeps here because the appliance is busy: `Busy` goes to the
caller, who shows the wait.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from typing import TypeVar

from . import wire_xml
from .errors import (
    AccessDenied,
    ConnectionLost,
    Ds3Error,
    NotFound,
    Refusal,
    ServerFault,
    Unreachable,
    refused,
)
from .headers import (
    Metadata,
    clock_difference,
    metadata_headers,
    read_checksum,
    read_count,
    read_etag,
    read_metadata,
    read_object_head,
    read_retry_after,
)
from .records import (
    ApplianceJob,
    BlobReply,
    BucketAccess,
    BucketDetails,
    BulkJob,
    CacheState,
    Checksum,
    ChecksumType,
    Chunk,
    ChunksReady,
    Credentials,
    DataPolicy,
    DeleteError,
    Endpoint,
    FoundObject,
    GetItem,
    JobStatus,
    Listing,
    ObjectHead,
    ObjectKind,
    Order,
    PlacedBlob,
    Placement,
    Priority,
    PutItem,
    Service,
    SystemHealth,
    SystemInformation,
)
from .transport import Answer, Body, Hangup, Request, Sink, Timeouts, Transport, encode

log = logging.getLogger(__name__)

MAX_REPLY = 64 << 20
MAX_JOB_REPLY = 1 << 30
MAX_ERROR_BODY = 64 << 10
KEPT_ERROR_BODY = 2 << 10
MAX_KEYS_PER_DELETE = 1000
DEFAULT_RETRY_AFTER_S = 60.0
#: Seconds before each further try of a call without a body.
PAUSES_S = (0.1, 0.5)
MANAGEMENT_HEADER = "Spectra-Data-Path-Request-Made-On-Management-Path"

T = TypeVar("T")
Query = Sequence[tuple[str, str | None]]


def from_environment(
    environ: Mapping[str, str] = os.environ, *, default_scheme: str = "https"
) -> tuple[Endpoint, Credentials]:
    """Read DS3_ENDPOINT, DS3_ACCESS_KEY, DS3_SECRET_KEY and http_proxy.

    `default_scheme` is that of an endpoint without one. Raises ValueError that names what is
    missing.
    """
    names = ("DS3_ENDPOINT", "DS3_ACCESS_KEY", "DS3_SECRET_KEY")
    missing = [name for name in names if not environ.get(name, "").strip()]
    if missing:
        raise ValueError(f"{' and '.join(missing)} must be set in the environment.")
    endpoint, access_id, secret_key = (environ[name].strip() for name in names)
    proxy = environ.get("http_proxy", "").strip()
    if proxy and "://" not in proxy:
        proxy = f"http://{proxy}"
    there = Endpoint.parse(endpoint, default_scheme=default_scheme, proxy=proxy or None)
    return there, Credentials(access_id, secret_key)


class Ds3Client:
    """One appliance, as one user. Attributes: `endpoint`, `credentials`."""

    def __init__(
        self,
        endpoint: Endpoint,
        credentials: Credentials,
        *,
        timeouts: Timeouts | None = None,
        user_agent: str = "ds3_browser",
        fast: bool = True,
    ) -> None:
        """Not `fast`, it takes no short ways past requests: as correct, and slower."""
        self.endpoint = endpoint
        self.credentials = credentials
        self._timeouts = timeouts or Timeouts()
        self._transport = Transport(endpoint, credentials, self._timeouts, user_agent, fast=fast)
        self._checksum_types: dict[str, ChecksumType | None] = {}
        self._calling = threading.local()
        self._closed = threading.Event()

    def close(self) -> None:
        """End the calls under way, with ConnectionLost, and close all connections. Any thread.

        A call that begins after this opens new ones.
        """
        self._closed.set()
        self._transport.close()

    @contextlib.contextmanager
    def under(self, hangup: Hangup) -> Iterator[None]:
        """Put the calls that this thread makes inside under a hangup, where they name no other.

        One that is cut off raises ConnectionLost, like any connection that ends.
        """
        before = self._calling_hangup
        self._calling.hangup = hangup
        try:
            yield
        finally:
            self._calling.hangup = before

    @property
    def _calling_hangup(self) -> Hangup | None:
        hangup: Hangup | None = getattr(self._calling, "hangup", None)
        return hangup

    # --- service and buckets

    def get_service(self) -> Service:
        """List the buckets this user may see. Raises BadCredentials and its kin."""
        return wire_xml.read_service(self._call("GET", "/"))

    def service_and_clock(self) -> tuple[Service, float | None]:
        """List the buckets in one try; also tell this computer's clock minus the appliance's."""
        with self._answer(self._request("GET", "/")) as answer:
            difference = clock_difference(answer.headers.get("Date"), datetime.now(UTC))
            return wire_xml.read_service(answer.whole(MAX_REPLY)), difference

    def probe(self) -> None:
        """Find out whether the appliance answers at all, in one try."""
        self._exchange(self._request("GET", "/"))

    def create_bucket(self, name: str, *, data_policy_id: str | None = None) -> None:
        """Create a bucket; without a policy the user's default one is taken. Raises Conflict."""
        query = [("name", name), *_given(data_policy_id=data_policy_id)]
        self._call_once("POST", "/_rest_/bucket", query)

    def create_default_bucket(self, name: str) -> None:
        """Create a bucket the way S3 does: the user must have a default data policy.

        One try, like every creation. Raises Conflict, RequestRefused for a name that is not
        allowed.
        """
        self._call_once("PUT", _path(name))

    def head_bucket(self, name: str) -> BucketAccess:
        """Find out whether a bucket is there and may be read."""
        try:
            self._call("HEAD", _path(name))
        except NotFound:
            return BucketAccess.ABSENT
        except AccessDenied:
            return BucketAccess.FORBIDDEN
        return BucketAccess.EXISTS

    def bucket_details(self, name: str) -> BucketDetails:
        return wire_xml.read_bucket_details(self._call("GET", _rest("bucket", name)))

    def delete_bucket(self, name: str, *, force: bool = False, missing_ok: bool = True) -> None:
        """Delete a bucket; with `force` its objects too. Raises Conflict where it has some."""
        self._delete(_rest("bucket", name), _flags(force=force), missing_ok)

    def checksum_of_policy(self, bucket: str) -> ChecksumType | None:
        """The checksum type of the bucket's data policy; None if it has none or may not be read.

        The bucket is asked for its policy each time, a policy once for its type, which never
        changes. Raises what keeps the answer from being known.
        """
        try:
            policy_id = self.bucket_details(bucket).data_policy_id
            if policy_id is None:
                return None
            if policy_id not in self._checksum_types:
                self._checksum_types[policy_id] = self.data_policy(policy_id).checksum_type
        except (AccessDenied, NotFound) as error:
            log.info("the data policy of %s cannot be read: %s", bucket, error)
            return None
        found = self._checksum_types[policy_id]
        return None if found is ChecksumType.NONE else found

    # --- listings

    def list_objects(
        self,
        bucket: str,
        *,
        prefix: str | None = None,
        delimiter: str | None = None,
        marker: str | None = None,
        max_keys: int | None = None,
    ) -> Listing:
        """List one page of a bucket. `marker` is the last name of the previous page, or None.

        `max_keys` is 1 to 1000. The order is the appliance's. Raises NotFound.
        """
        query = _given(prefix=prefix, delimiter=delimiter, marker=marker, max_keys=max_keys)
        return wire_xml.read_listing(self._call("GET", _path(bucket), query), bucket)

    def list_pages(
        self,
        bucket: str,
        *,
        prefix: str | None = None,
        delimiter: str | None = None,
        marker: str | None = None,
        max_keys: int | None = None,
    ) -> Iterator[Listing]:
        """All pages, each asked for when it is wanted.

        Ends also where a page brings nothing new, or the appliance leads in a circle.
        """
        seen = {marker}
        while True:
            page = self.list_objects(
                bucket, prefix=prefix, delimiter=delimiter, marker=marker, max_keys=max_keys
            )
            yield page
            marker = page.next_marker
            if marker is None or marker in seen or not (page.names or page.prefixes):
                return
            seen.add(marker)

    # --- objects

    def head_object(
        self, bucket: str, name: str, *, version_id: str | None = None
    ) -> ObjectHead | None:
        """Size, checksums and metadata of an object; None where there is none."""
        request = self._request("HEAD", _path(bucket, name), _given(version_id=version_id))

        def ask() -> ObjectHead:
            with self._answer(request) as answer:
                answer.whole(0)
                return read_object_head(answer.headers)

        try:
            return self._repeated(ask)
        except NotFound:
            return None

    def put_object(
        self,
        bucket: str,
        name: str,
        body: Body | bytes,
        *,
        job_id: str | None = None,
        offset: int | None = None,
        checksum: Checksum | None = None,
        metadata: Metadata | None = None,
        hangup: Hangup | None = None,
    ) -> None:
        """Send one blob of a job, or a whole object without one. One try, never repeated here.

        Raises Busy where the chunk has no cache yet, Conflict where the blob or object is there
        already, NotFound or Gone where the job is not, ConnectionLost within the body.
        """
        request = Request(
            "PUT",
            _path(bucket, name),
            _given(job=job_id, offset=offset),
            body=body,
            content_type="application/octet-stream",
            checksum=checksum,
            headers=metadata_headers(metadata or {}),
            timeout_s=self._timeouts.blob,
            is_blob=True,
        )
        self._exchange(request, hangup)

    def get_object(
        self,
        bucket: str,
        name: str,
        sink: Sink,
        *,
        job_id: str | None = None,
        offset: int | None = None,
        version_id: str | None = None,
        byte_range: tuple[int, int] | None = None,
        hangup: Hangup | None = None,
    ) -> BlobReply:
        """Receive a blob, or with `byte_range` (absolute, both ends included) a part of it.

        One try. Raises ConnectionLost with the number of bytes the sink has, when the body ends
        before its announced length; Busy where the data is not in cache; NotFound, Gone.
        """
        headers = {"Range": f"bytes={byte_range[0]}-{byte_range[1]}"} if byte_range else {}
        request = Request(
            "GET",
            _path(bucket, name),
            _given(job=job_id, offset=offset, version_id=version_id),
            headers=headers,
            timeout_s=self._timeouts.blob,
            is_blob=True,
        )
        with self._answer(request, hangup) as answer:
            received = answer.receive(sink)
            whole = byte_range is None and answer.status != 206
            return BlobReply(
                received=received,
                checksum=read_checksum(answer.headers) if whole else None,
                etag=read_etag(answer.headers),
                metadata=read_metadata(answer.headers),
            )

    def delete_object(
        self, bucket: str, name: str, *, version_id: str | None = None, missing_ok: bool = True
    ) -> None:
        """Delete an object, or one version of it for good."""
        self._delete(_path(bucket, name), _given(version_id=version_id), missing_ok)

    def delete_objects(
        self, bucket: str, names: Iterable[str]
    ) -> Iterator[tuple[int, tuple[DeleteError, ...]]]:
        """Delete in batches of 1000; after each: how many names so far, and what failed in it.

        A name that is gone already is success. A new batch is sent when the next item is wanted.
        """
        waiting = iter(names)
        so_far = 0
        while batch := list(islice(waiting, MAX_KEYS_PER_DELETE)):
            so_far += len(batch)
            body = wire_xml.write_delete(batch)
            reply = self._call_once("POST", _path(bucket), [("delete", None)], body)
            errors = wire_xml.read_delete_result(reply)
            yield so_far, tuple(error for error in errors if not _is_gone(error))

    def delete_folder(self, bucket: str, prefix: str, *, missing_ok: bool = True) -> None:
        """Delete all objects below a folder, named with or without its slash.

        Raises ValueError for no folder: that is the bucket.
        """
        path = _rest("folder", prefix.removesuffix("/"))
        self._delete(path, [("bucket_id", bucket), ("recursive", None)], missing_ok)

    # --- search and placement

    def find_objects(
        self,
        *,
        bucket: str | None = None,
        name: str | None = None,
        kind: ObjectKind | None = None,
        latest: bool | None = None,
        page_length: int | None = None,
        page_offset: int | None = None,
    ) -> Iterator[FoundObject]:
        """Search for objects, in one bucket or in all; `%` in the name stands for any text.

        In the appliance's order: by name, the versions of one name newest first. `page_length` is
        how many are asked for at a time, `page_offset` how many are skipped. Raises NotFound for a
        bucket that is not there.
        """
        query = [
            *_given(bucket_id=bucket, name=name, type=kind.value if kind else None, latest=latest),
            *_flags(full_details=True),
        ]
        return self._paged(
            "/_rest_/object",
            wire_xml.read_found_objects,
            query,
            length=page_length,
            offset=page_offset or 0,
        )

    def placement(self, bucket: str, names: Iterable[str]) -> Placement:
        """Find out which media hold the copies of objects. Unknown names are left out."""
        body = wire_xml.write_get_items([GetItem(name) for name in names])
        query = [("operation", "get_physical_placement")]
        return wire_xml.read_placement(self._call_once("PUT", _rest("bucket", bucket), query, body))

    def placements(self, bucket: str, names: Iterable[str]) -> tuple[PlacedBlob, ...]:
        """The same, for each blob on its own."""
        body = wire_xml.write_get_items([GetItem(name) for name in names])
        query = [("operation", "get_physical_placement"), *_flags(full_details=True)]
        reply = self._call_once("PUT", _rest("bucket", bucket), query, body)
        return wire_xml.read_placed_blobs(reply)

    # --- jobs

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
            *_given(
                name=name,
                priority=priority.value if priority else None,
                max_upload_size=max_upload_size,
                verify_after_write=verify_after_write,
            ),
            *_flags(force=force, ignore_naming_conflicts=ignore_naming_conflicts),
        ]
        body = wire_xml.write_put_items(items)
        return self._job("PUT", _rest("bucket", bucket), query, body)

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
            *_given(
                name=name,
                priority=priority.value if priority else None,
                chunk_client_processing_order_guarantee=order.value if order else None,
            ),
        ]
        body = wire_xml.write_get_items(items)
        return self._job("PUT", _rest("bucket", bucket), query, body)

    def chunks_ready(self, job_id: str, *, preferred: int | None = None) -> ChunksReady:
        """Ask which chunks may be moved now. Raises NotFound or Gone for a job that has ended."""
        query = [("job", job_id), *_given(preferred_number_of_chunks=preferred)]
        request = self._request("GET", "/_rest_/job_chunk", query, timeout_s=self._timeouts.job)

        def ask() -> ChunksReady:
            with self._answer(request) as answer:
                job = wire_xml.read_bulk_job(answer.pieces(MAX_JOB_REPLY))
                chunks = tuple(chunk for chunk in job.chunks if chunk.blobs)
                return ChunksReady(chunks, _retry_after(answer) or DEFAULT_RETRY_AFTER_S, job)

        return self._repeated(ask)

    def allocate_chunk(self, chunk_id: str) -> Chunk:
        """Ask for the cache of one chunk of a PUT job. Raises Busy while there is none.

        The older way: `chunks_ready` asks for a job as a whole.
        """
        path, query = _rest("job_chunk", chunk_id), [("operation", "allocate")]
        return wire_xml.read_chunk(self._call_once("PUT", path, query))

    def get_job(self, job_id: str) -> BulkJob:
        """A job with the chunks it still has, also one that has ended. Raises NotFound."""
        return self._repeated(lambda: self._job("GET", _rest("job", job_id), [], None))

    def modify_job(
        self, job_id: str, *, priority: Priority | None = None, name: str | None = None
    ) -> BulkJob:
        """Change a job; without a change it only resets the appliance's 24 h inactivity timer."""
        query = _given(priority=priority.value if priority else None, name=name)
        return self._job("PUT", _rest("job", job_id), query, None)

    def cancel_job(self, job_id: str) -> None:
        """End a job and discard what it brought, also what is in cache or partly persisted.

        One try: after a first one that was heard, a second finds no job.
        """
        self._call_once("DELETE", _rest("job", job_id), _flags(force=True))

    def truncate_job(self, job_id: str) -> None:
        """End a job and keep the objects that are completely received. Needs release 3.2.

        Release 3.0 takes the same request for a cancel. Raises Conflict where it cannot be done.
        """
        self._call_once("DELETE", _rest("job", job_id))

    def list_jobs(self, *, bucket: str | None = None) -> tuple[ApplianceJob, ...]:
        """All jobs in one answer. The paged lists are for a screen."""
        return wire_xml.read_jobs(self._call("GET", "/_rest_/job", _given(bucket_id=bucket)))

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
        return wire_xml.read_appliance_job(self._call("GET", _rest(kind, job_id)), status)

    def _all_jobs(self, kind: str, status: JobStatus) -> Iterator[ApplianceJob]:
        return self._paged(
            f"/_rest_/{kind}", lambda data: wire_xml.read_appliance_jobs(data, status)
        )

    # --- policies and system

    def data_policies(self) -> tuple[DataPolicy, ...]:
        return tuple(self._paged("/_rest_/data_policy", wire_xml.read_data_policies))

    def data_policy(self, id_or_name: str) -> DataPolicy:
        return wire_xml.read_data_policy(self._call("GET", _rest("data_policy", id_or_name)))

    def system_information(self) -> SystemInformation:
        return wire_xml.read_system_information(self._call("GET", "/_rest_/system_information"))

    def system_health(self) -> SystemHealth:
        """Ask the appliance whether it is well. Raises Busy where it is not."""
        return wire_xml.read_system_health(self._call("GET", "/_rest_/system_health"))

    def cache_state(self) -> CacheState:
        """Sizes of the cache. Needs an administrator's rights on most appliances: AccessDenied."""
        return wire_xml.read_cache_state(self._call("GET", "/_rest_/cache_state"))

    # --- how requests are made

    def _request(
        self,
        method: str,
        path: str,
        query: Query = (),
        body: bytes | None = None,
        *,
        timeout_s: float | None = None,
    ) -> Request:
        content_type = "application/xml" if body is not None else ""
        timeout = self._timeouts.call if timeout_s is None else timeout_s
        return Request(method, path, query, body, content_type, timeout_s=timeout)

    def _call(self, method: str, path: str, query: Query = ()) -> bytes:
        """A call without a body that may be made again."""
        request = self._request(method, path, query)
        return self._repeated(lambda: self._exchange(request))

    def _call_once(
        self, method: str, path: str, query: Query = (), body: bytes | None = None
    ) -> bytes:
        return self._exchange(self._request(method, path, query, body))

    def _delete(self, path: str, query: Query, missing_ok: bool) -> None:
        """Delete; what is gone already is success, or NotFound where the caller wants to know.

        Then it is one try: after a first one that was heard, a second would find nothing.
        """
        if missing_ok:
            with contextlib.suppress(NotFound):
                self._call("DELETE", path, query)
        else:
            self._call_once("DELETE", path, query)

    def _job(self, method: str, path: str, query: Query, body: bytes | None) -> BulkJob:
        request = self._request(method, path, query, body, timeout_s=self._timeouts.job)
        with self._answer(request) as answer:
            return wire_xml.read_bulk_job(answer.pieces(MAX_JOB_REPLY))

    def _paged(
        self,
        path: str,
        read: Callable[[bytes], Sequence[T]],
        query: Query = (),
        *,
        length: int | None = None,
        offset: int = 0,
    ) -> Iterator[T]:
        """Items of all pages, by item offset, until Total-Result-Count were seen.

        Ends also where a page is empty or the same as the one before.
        """
        before = None
        while True:
            where = [*query, *_given(page_length=length, page_offset=offset or None)]
            page, total = self._repeated(partial(self._page, path, where))
            items = read(page)
            if not items or page == before:
                return
            yield from items
            offset, before = offset + len(items), page
            if total is None or offset >= total:
                return

    def _page(self, path: str, query: Query) -> tuple[bytes, int | None]:
        with self._answer(self._request("GET", path, query)) as answer:
            total = read_count(answer.headers.get("Total-Result-Count"))
            return answer.whole(MAX_REPLY), total

    def _exchange(self, request: Request, hangup: Hangup | None = None) -> bytes:
        with self._answer(request, hangup) as answer:
            return answer.whole(MAX_REPLY)

    @contextlib.contextmanager
    def _answer(self, request: Request, hangup: Hangup | None = None) -> Iterator[Answer]:
        """Send, and give the answer if it is success; else raise what it means."""
        began = time.monotonic()
        with self._transport.answer(request, hangup or self._calling_hangup) as answer:
            log.debug(
                "%s %s: %d, request %s, %.0f ms",
                request.method,
                request.path,
                answer.status,
                answer.headers.get("x-amz-request-id"),
                (time.monotonic() - began) * 1000,
            )
            if not 200 <= answer.status < 300:
                raise self._refusal(request, answer)
            yield answer

    def _refusal(self, request: Request, answer: Answer) -> Ds3Error:
        """Read an answer that is not success into the error it means. Never fails on its body."""
        body = answer.beginning(MAX_ERROR_BODY)
        if answer.status == 407:
            return self._transport.refused_by_proxy("407")
        told = wire_xml.read_error(body)
        facts = Refusal(
            method=request.method,
            path=request.path,
            status=answer.status,
            code=told.get("Code"),
            message=told.get("Message"),
            resource=told.get("Resource"),
            resource_id=told.get("ResourceId"),
            request_id=answer.headers.get("x-amz-request-id"),
            retry_after_s=_retry_after(answer),
            server_date=answer.headers.get("Date"),
            body=body[:KEPT_ERROR_BODY].decode("utf-8", "replace"),
        )
        difference = clock_difference(facts.server_date, datetime.now(UTC))
        management = MANAGEMENT_HEADER in answer.headers
        return refused(facts, clock_difference_s=difference, management=management)

    def _repeated(self, ask: Callable[[], T]) -> T:
        """Ask again after a fault of the appliance's own or a connection that was reset."""
        for pause_s in PAUSES_S:
            try:
                return ask()
            except (ServerFault, ConnectionLost) as error:
                if not self._is_worth_another_try(error):
                    raise
                log.info("asked again in %.1f s: %s", pause_s, error)
            self._closed.wait(pause_s)
        return ask()

    def _is_worth_another_try(self, error: ServerFault | ConnectionLost) -> bool:
        """Not where the call was cut off from here, nor where it had all its time already."""
        if isinstance(error, ServerFault):
            return True
        hangup = self._calling_hangup
        cut_off = self._closed.is_set() or (hangup is not None and hangup.fired)
        return error.why is Unreachable.RESET and not cut_off


# --- small pieces --------------------------------------------------------------------------------


def _path(bucket: str, name: str | None = None) -> str:
    """The percent-encoded path. Everything after the bucket's slash is the name, as it is."""
    if not bucket:
        raise ValueError("A bucket name cannot be empty.")
    if name is None:
        return f"/{encode(bucket)}"
    return f"/{encode(bucket)}/{encode(wire_xml.check_name(name))}"


def _rest(resource: str, identifier: str) -> str:
    if not identifier:
        raise ValueError(f"A {resource} needs an id or a name.")
    return f"/_rest_/{resource}/{encode(identifier)}"


def _given(**values: str | int | bool | None) -> list[tuple[str, str | None]]:
    """Query parameters that were given. None and the empty text are absent."""
    return [(n, _text(v)) for n, v in values.items() if v is not None and v != ""]


def _text(value: str | int | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _flags(**flags: bool) -> list[tuple[str, str | None]]:
    """Bare flags. One that is off must be absent: its presence alone counts, whatever its value."""
    return [(name, None) for name, on in flags.items() if on]


def _is_gone(error: DeleteError) -> bool:
    code = (error.code or "").replace("_", "").lower()
    return "notfound" in code or "nosuchkey" in code


def _retry_after(answer: Answer) -> float | None:
    return read_retry_after(answer.headers.get("Retry-After"), datetime.now(UTC))
