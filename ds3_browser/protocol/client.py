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
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from errno import EBADF
from itertools import islice
from typing import TypeVar
from urllib.parse import quote, unquote

import requests
import urllib3

from . import wire_xml
from .errors import (
    AccessDenied,
    BadCredentials,
    BadReply,
    Busy,
    ClockSkewed,
    Conflict,
    ConnectionLost,
    Gone,
    ManagementPort,
    NotFound,
    Refusal,
    RequestRefused,
    ServerFault,
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
    ChunksReady,
    Credentials,
    DataPolicy,
    DeleteError,
    Endpoint,
    GetItem,
    JobStatus,
    Listing,
    ObjectHead,
    Order,
    Priority,
    PutItem,
    Service,
    SystemInformation,
)
from .transport import (
    CHECKSUM_HEADERS,
    PIECE,
    Body,
    Hangup,
    Request,
    Sink,
    Timeouts,
    Transport,
    encode,
    receive,
)

log = logging.getLogger(__name__)

MAX_REPLY = 64 << 20
MAX_JOB_REPLY = 1 << 30
MAX_ERROR_BODY = 64 << 10
MAX_KEYS_PER_DELETE = 1000
DEFAULT_RETRY_AFTER_S = 60.0
RETRY_AFTER_RANGE_S = (1.0, 600.0)
CALL_TRIES = 3
MANAGEMENT_HEADER = "Spectra-Data-Path-Request-Made-On-Management-Path"
METADATA_PREFIX = "x-amz-meta-"

T = TypeVar("T")
Query = Sequence[tuple[str, str | None]]
Metadata = Mapping[str, str | Sequence[str]]


def from_environment(environ: Mapping[str, str] = os.environ) -> tuple[Endpoint, Credentials]:
    """Read DS3_ENDPOINT, DS3_ACCESS_KEY, DS3_SECRET_KEY and http_proxy.

    An endpoint without a scheme means https. Raises ValueError that names what is missing.
    """
    names = ("DS3_ENDPOINT", "DS3_ACCESS_KEY", "DS3_SECRET_KEY")
    missing = [name for name in names if not environ.get(name, "").strip()]
    if missing:
        raise ValueError(f"{' and '.join(missing)} must be set in the environment.")
    endpoint, access_id, secret_key = (environ[name].strip() for name in names)
    proxy = environ.get("http_proxy", "").strip() or None
    return Endpoint.parse(endpoint, proxy=proxy), Credentials(access_id, secret_key)


class Ds3Client:
    """One appliance, as one user. Attributes: `endpoint`, `credentials`."""

    def __init__(
        self,
        endpoint: Endpoint,
        credentials: Credentials,
        *,
        timeouts: Timeouts | None = None,
        user_agent: str = "ds3_browser",
    ) -> None:
        self.endpoint = endpoint
        self.credentials = credentials
        self._timeouts = timeouts or Timeouts()
        self._transport = Transport(endpoint, credentials, self._timeouts, user_agent)
        self._checksum_types: dict[str, ChecksumType | None] = {}
        self._calling = threading.local()

    def close(self) -> None:
        """Close all connections. A call after this opens new ones."""
        self._transport.close()

    @contextlib.contextmanager
    def under(self, hangup: Hangup) -> Iterator[None]:
        """Put the calls that this thread makes inside under a hangup, where they name no other.

        One that is cut off raises ConnectionLost, like any connection that ends.
        """
        self._calling.hangup = hangup
        try:
            yield
        finally:
            self._calling.hangup = None

    # --- service and buckets

    def get_service(self) -> Service:
        """List the buckets this user may see. Raises BadCredentials and its kin."""
        return wire_xml.read_service(self._call("GET", "/"))

    def service_and_clock(self) -> tuple[Service, float | None]:
        """List the buckets in one try; also tell this computer's clock minus the appliance's."""
        with self._answer(self._request("GET", "/")) as response:
            difference = _clock_difference(response.headers.get("Date"))
            return wire_xml.read_service(_whole(response, MAX_REPLY)), difference

    def probe(self) -> None:
        """Find out whether the appliance answers at all, in one try."""
        self._exchange(self._request("GET", "/"))

    def create_bucket(self, name: str, *, data_policy_id: str | None = None) -> None:
        """Create a bucket; without a policy the user's default one is taken. Raises Conflict."""
        query = [("name", name), *_given(data_policy_id=data_policy_id)]
        self._call_once("POST", "/_rest_/bucket", query)

    def head_bucket(self, name: str) -> BucketAccess:
        try:
            self._call("HEAD", _path(name))
        except NotFound:
            return BucketAccess.ABSENT
        except AccessDenied:
            return BucketAccess.FORBIDDEN
        return BucketAccess.EXISTS

    def bucket_details(self, name: str) -> BucketDetails:
        return wire_xml.read_bucket_details(self._call("GET", _rest("bucket", name)))

    def delete_bucket(self, name: str, *, force: bool = False) -> None:
        """Delete a bucket; with `force` its objects too. One that is gone already is success."""
        with contextlib.suppress(NotFound):
            self._call("DELETE", _rest("bucket", name), _flags(force=force))

    def checksum_of_policy(self, bucket: str) -> ChecksumType | None:
        """The checksum type of the bucket's data policy; None if it has none or may not be read.

        Asked once a bucket, until it was answered. Blocks.
        """
        if bucket not in self._checksum_types:
            self._checksum_types[bucket] = self._ask_checksum_type(bucket)
        return self._checksum_types[bucket]

    def _ask_checksum_type(self, bucket: str) -> ChecksumType | None:
        try:
            policy_id = self.bucket_details(bucket).data_policy_id
            found = self.data_policy(policy_id).checksum_type if policy_id else None
        except (Busy, ServerFault):
            # Not known now is not the same as none: without a type nothing would be verified.
            raise
        except RequestRefused as error:
            log.info("the data policy of %s cannot be read: %s", bucket, error)
            return None
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
        """All pages, each asked for when it is wanted. Ends when a page brings no later marker."""
        while True:
            page = self.list_objects(
                bucket, prefix=prefix, delimiter=delimiter, marker=marker, max_keys=max_keys
            )
            yield page
            if page.next_marker is None or page.next_marker == marker or not _rows(page):
                return
            marker = page.next_marker

    # --- objects

    def head_object(
        self, bucket: str, name: str, *, version_id: str | None = None
    ) -> ObjectHead | None:
        """Size, checksums and metadata of an object; None where there is none."""
        request = self._request("HEAD", _path(bucket, name), _given(version_id=version_id))
        try:
            response = self._repeated(lambda: self._exchange_headers(request))
        except NotFound:
            return None
        return _object_head(response)

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
        )
        counter = _CountingSink(sink)
        with self._answer(request, hangup) as response:
            try:
                received = receive(response, counter)
            except (OSError, urllib3.exceptions.HTTPError, requests.RequestException) as error:
                if not _is_network(error):
                    raise
                raise self._transport.failure(error, counter.received) from error
            whole = byte_range is None and response.status_code != 206
            return BlobReply(
                received=received,
                checksum=_reply_checksum(response) if whole else None,
                etag=_etag(response),
                metadata=read_metadata(response.headers),
            )

    def delete_object(self, bucket: str, name: str, *, version_id: str | None = None) -> None:
        """Delete an object; one that is gone already is success."""
        with contextlib.suppress(NotFound):
            self._call("DELETE", _path(bucket, name), _given(version_id=version_id))

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
            yield so_far, tuple(e for e in wire_xml.read_delete_result(reply) if not _gone(e))

    def delete_folder(self, bucket: str, prefix: str) -> None:
        """Delete all objects below a folder, named with or without its slash."""
        path = f"/_rest_/folder/{encode(prefix.removesuffix('/'))}"
        with contextlib.suppress(NotFound):
            self._call("DELETE", path, [("bucket_id", bucket), ("recursive", None)])

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
            with self._answer(request) as response:
                job = wire_xml.read_bulk_job(_pieces(response, MAX_JOB_REPLY))
                return ChunksReady(
                    tuple(chunk for chunk in job.chunks if chunk.blobs),
                    retry_after(response.headers.get("Retry-After")) or DEFAULT_RETRY_AFTER_S,
                )

        return self._repeated(ask)

    def get_job(self, job_id: str) -> BulkJob:
        return self._repeated(lambda: self._job("GET", _rest("job", job_id), [], None))

    def modify_job(
        self, job_id: str, *, priority: Priority | None = None, name: str | None = None
    ) -> BulkJob:
        """Change a job; without a change it only resets the appliance's 24 h inactivity timer."""
        query = _given(priority=priority.value if priority else None, name=name)
        return self._job("PUT", _rest("job", job_id), query, None)

    def cancel_job(self, job_id: str) -> None:
        """End a job and discard what it brought, also what is in cache or partly persisted."""
        self._call("DELETE", _rest("job", job_id), _flags(force=True))

    def truncate_job(self, job_id: str) -> None:
        """End a job and keep the objects that are completely received. Needs release 3.2.

        Release 3.0 takes the same request for a cancel. Raises Conflict where it cannot be done.
        """
        self._call("DELETE", _rest("job", job_id))

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
        for data in self._paged(f"/_rest_/{kind}"):
            yield from wire_xml.read_appliance_jobs(data, status)

    # --- policies and system

    def data_policies(self) -> tuple[DataPolicy, ...]:
        pages = self._paged("/_rest_/data_policy")
        return tuple(policy for page in pages for policy in wire_xml.read_data_policies(page))

    def data_policy(self, id_or_name: str) -> DataPolicy:
        return wire_xml.read_data_policy(self._call("GET", _rest("data_policy", id_or_name)))

    def system_information(self) -> SystemInformation:
        return wire_xml.read_system_information(self._call("GET", "/_rest_/system_information"))

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

    def _job(self, method: str, path: str, query: Query, body: bytes | None) -> BulkJob:
        request = self._request(method, path, query, body, timeout_s=self._timeouts.job)
        with self._answer(request) as response:
            return wire_xml.read_bulk_job(_pieces(response, MAX_JOB_REPLY))

    def _paged(self, path: str) -> Iterator[bytes]:
        """Pages by item offset, until Total-Result-Count were seen or a page is empty."""
        offset = 0
        while True:
            request = self._request("GET", path, [("page_offset", str(offset))] if offset else [])
            with self._answer(request) as response:
                data = _whole(response, MAX_REPLY)
                total = _count(response.headers.get("Total-Result-Count"))
            yield data
            items = len(wire_xml.read(data))
            offset += items
            if not items or total is None or offset >= total:
                return

    def _exchange(self, request: Request, hangup: Hangup | None = None) -> bytes:
        with self._answer(request, hangup) as response:
            return _whole(response, MAX_REPLY)

    def _exchange_headers(self, request: Request) -> requests.Response:
        with self._answer(request) as response:
            return response

    @contextlib.contextmanager
    def _answer(
        self, request: Request, hangup: Hangup | None = None
    ) -> Iterator[requests.Response]:
        """Send, and give the answer if it is success; else raise what it means. Closes it."""
        began = time.monotonic()
        hangup = hangup or getattr(self._calling, "hangup", None)
        try:
            response = self._transport.send(request, hangup)
            with contextlib.closing(response):
                log.debug(
                    "%s %s: %d, request %s, %.0f ms",
                    request.method,
                    request.path,
                    response.status_code,
                    response.headers.get("x-amz-request-id"),
                    (time.monotonic() - began) * 1000,
                )
                if not 200 <= response.status_code < 300:
                    raise refusal(request, response)
                try:
                    yield response
                except (urllib3.exceptions.HTTPError, requests.RequestException) as error:
                    raise self._transport.failure(error) from error
        finally:
            if hangup is not None:
                hangup.detach()

    def _repeated(self, ask: Callable[[], T]) -> T:
        for tries_left in range(CALL_TRIES - 1, 0, -1):
            try:
                return ask()
            except (ServerFault, ConnectionLost) as error:
                log.info("asked again, %d tries left: %s", tries_left, error)
        return ask()


class _CountingSink:
    """Passes bytes on and knows how many there were, so that a broken body can be continued."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self.received = 0

    def write_at(self, offset: int, piece: memoryview) -> None:
        self._sink.write_at(offset, piece)
        self.received = offset + len(piece)

    def moved(self, n: int) -> None:
        self._sink.moved(n)


def _is_network(error: Exception) -> bool:
    """Tell what the connection raised from what a sink raised, a full disk for one."""
    network = (urllib3.exceptions.HTTPError, requests.RequestException, ConnectionError)
    return isinstance(error, (*network, TimeoutError)) or getattr(error, "errno", 0) == EBADF


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


def _rows(page: Listing) -> int:
    return len(page) + len(page.prefixes)


def _gone(error: DeleteError) -> bool:
    return bool(re.search("notfound|nosuchkey", (error.code or "").replace("_", "").lower()))


def _count(text: str | None) -> int | None:
    return int(text) if text and text.strip().isdigit() else None


def _pieces(response: requests.Response, limit: int) -> Iterator[bytes]:
    """The body in pieces, up to `limit` bytes; more is a BadReply, raised at the limit."""
    total = 0
    while piece := response.raw.read(PIECE, decode_content=False):
        total += len(piece)
        if total > limit:
            raise BadReply(f"the answer is longer than {limit} bytes")
        yield piece


def _whole(response: requests.Response, limit: int) -> bytes:
    return b"".join(_pieces(response, limit))


def retry_after(text: str | None, now: datetime | None = None) -> float | None:
    """Seconds of a Retry-After header, number or date, held to 1..600; None for anything else."""
    if not text:
        return None
    text = text.strip()
    if text.isascii() and text.isdigit():
        seconds = float(text[:9])
    else:
        try:
            moment = parsedate_to_datetime(text)
        except ValueError:
            return None
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        seconds = (moment - (now or datetime.now(UTC))).total_seconds()
    low, high = RETRY_AFTER_RANGE_S
    return min(max(seconds, low), high)


def refusal(request: Request, response: requests.Response) -> RequestRefused:
    """Read an answer that is not success into the error it means. Never fails on its body."""
    body = b""
    if request.method != "HEAD":
        with contextlib.suppress(OSError, urllib3.exceptions.HTTPError):
            body = response.raw.read(MAX_ERROR_BODY, decode_content=False) or b""
    told = wire_xml.read_error(body)
    facts = Refusal(
        method=request.method,
        path=request.path,
        status=response.status_code,
        code=told.get("Code"),
        message=told.get("Message"),
        resource=told.get("Resource"),
        resource_id=told.get("ResourceId"),
        request_id=response.headers.get("x-amz-request-id"),
        retry_after_s=retry_after(response.headers.get("Retry-After")),
        server_date=response.headers.get("Date"),
        body=body[:2048].decode("utf-8", "replace"),
    )
    log.info("%s %s: %d, request %s", facts.method, facts.path, facts.status, facts.request_id)
    return _meaning(facts, management=MANAGEMENT_HEADER in response.headers)


def _meaning(facts: Refusal, *, management: bool) -> RequestRefused:
    match facts.status:
        case 301:
            return ManagementPort(facts)
        case 404 if management:
            return ManagementPort(facts)
        case 401 | 403:
            return _denial(facts)
        case 404:
            return NotFound(facts)
        case 409:
            return Conflict(facts)
        case 410:
            return Gone(facts)
        case 307 | 429 | 503:
            return Busy(facts)
        case 500 | 502 | 504:
            return ServerFault(facts)
        case _:
            return RequestRefused(facts)


def _denial(facts: Refusal) -> RequestRefused:
    denied = AccessDenied(facts)
    if denied.has_code("RequestTimeTooSkewed") or "Client clock" in (facts.message or ""):
        return ClockSkewed(facts, _clock_difference(facts.server_date))
    if denied.has_code("InvalidAccessKeyId", "SignatureDoesNotMatch"):
        return BadCredentials(facts)
    return denied


def _clock_difference(server_date: str | None) -> float | None:
    """Seconds this computer's clock is ahead of the appliance's."""
    try:
        theirs = parsedate_to_datetime(server_date or "")
    except ValueError:
        return None
    theirs = theirs if theirs.tzinfo else theirs.replace(tzinfo=UTC)
    return (datetime.now(UTC) - theirs).total_seconds()


def _etag(response: requests.Response) -> str | None:
    return response.headers.get("ETag", "").strip('"') or None


def _reply_checksum(response: requests.Response) -> Checksum | None:
    for kind, header in CHECKSUM_HEADERS.items():
        if value := response.headers.get(header):
            return Checksum(kind, value)
    return None


_BLOB_CHECKSUM = "ds3-blob-checksum-offset-"


def _object_head(response: requests.Response) -> ObjectHead:
    headers = response.headers
    kind = headers.get("ds3-blob-checksum-type", "").upper()
    return ObjectHead(
        size=_count(headers.get("Content-Length")) or 0,
        etag=_etag(response),
        created=wire_xml.parse_date(headers.get("creation-date")),
        version_id=headers.get("version-id"),
        checksum_type=ChecksumType(kind) if kind in ChecksumType.__members__ else None,
        checksums={
            int(name[len(_BLOB_CHECKSUM) :]): value
            for name, value in headers.items()
            if name.lower().startswith(_BLOB_CHECKSUM) and name[len(_BLOB_CHECKSUM) :].isdigit()
        },
        metadata=read_metadata(headers),
    )


def metadata_headers(metadata: Metadata) -> dict[str, str]:
    """Headers for user metadata: keys in lower case, both sides percent-encoded as UTF-8.

    Several values are joined by a comma, so a comma within a value is encoded. Empty ones are left
    out, for the appliance keeps none.
    """
    headers = {}
    for key, value in metadata.items():
        values = [value] if isinstance(value, str) else list(value)
        encoded = ",".join(quote(v, safe="!#$&'*-.^_`|~()<>@;:\"/\\[]?={}") for v in values if v)
        if encoded:
            headers[METADATA_PREFIX + quote(key.lower(), safe="!#$&'*-.^_`|~")] = encoded
    return headers


def read_metadata(headers: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """User metadata of an answer, decoded; what is not well encoded stays as it came."""
    found = {}
    for name, value in headers.items():
        if name.lower().startswith(METADATA_PREFIX):
            key = _decoded(name[len(METADATA_PREFIX) :].lower()).lower()
            found[key] = tuple(_decoded(part.strip()) for part in value.split(","))
    return found


def _decoded(text: str) -> str:
    if re.search("%(?![0-9A-Fa-f]{2})", text):
        return text
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError:
        return text
