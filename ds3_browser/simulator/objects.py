"""PUT, GET and HEAD of objects, with a job or without one."""

from __future__ import annotations

import contextlib
import json
import re
import sqlite3
from collections.abc import Callable, Iterator

from . import answers, checksum
from .bodies import Disconnect, Exchange, Sending
from .calls import Answer, Call
from .dialect import release
from .faults import Faults
from .intake import Intake
from .media import Media
from .planning import JobRequest
from .policies import Policies
from .receiving import Received, Receiving, begin_put
from .spans import Span, split
from .store import Refused, Store
from .transfers import Transfers
from .versions import Versions

PUT_PARAMETERS = "job offset"
GET_PARAMETERS = "job offset version_id cached_only"
HEAD_PARAMETERS = "version_id"
_SPAN = re.compile(r"([0-9]{1,19})-([0-9]{0,19})")
HELD_BACK = 1 << 16  # bytes of a job's blob that go out after it counts as sent


class ObjectCalls:
    def __init__(
        self,
        store: Store,
        versions: Versions,
        transfers: Transfers,
        intake: Intake,
        media: Media,
        receiving: Receiving,
        policies: Policies,
        faults: Faults,
        count: Callable[[str, int], None],
    ) -> None:
        self._store = store
        self._versions = versions
        self._transfers = transfers
        self._intake = intake
        self._media = media
        self._receiving = receiving
        self._policies = policies
        self._faults = faults
        self._count = count

    # --- in

    def put(self, exchange: Exchange, call: Call) -> None:
        length = begin_put(exchange, self._faults)
        job = self._job_of(call, "PUT")
        if job is None:
            received = self._put_naked(exchange, call, length)
        else:
            received = self._put_blob(exchange, call, job, length)
        exchange.send(Answer(headers={"ETag": received.checksum.hex()}))

    def _job_of(self, call: Call, kind: str) -> str | None:
        """The job a request names, or one that resolves its requests without."""
        return call.text("job") or self._transfers.implicit_job(
            call.bucket, call.name, call.number("offset"), kind
        )

    def _put_blob(self, exchange: Exchange, call: Call, job: str, length: int) -> Received:
        bucket = self._store.bucket(call.bucket)
        try:
            blob = self._transfers.blob_to_receive(
                job, bucket["name"], call.name, call.number("offset")
            )
            self._redirect()
            if length != blob["length"]:
                raise Refused(400, "InvalidArgument", f"The blob has {blob['length']} bytes.")
            with self._receiving.body(exchange, self._policies.of(bucket), length) as received:
                self._transfers.blob_received(blob, received)
        except Refused as refused:
            if refused.status == 409:
                self._count("blobs received twice", 1)
            raise
        self._count("blobs received", 1)
        return received

    def _put_naked(self, exchange: Exchange, call: Call, length: int) -> Received:
        place = self._intake.check(call.bucket, call.name, length)
        self._redirect()
        with self._media.reservation(length) as granted:
            if not granted:
                status = self._faults.get("not_allocated_status")
                raise Refused(status, "SlowDown", "No cache is free.", retry_after=True)
            with self._receiving.body(exchange, place.policy, length) as received:
                self._intake.take(place, call.name, call.user, length, received)
        self._count("blobs received", 1)
        return received

    def _redirect(self) -> None:
        if self._faults.count_down("redirect_times"):
            raise Refused(307, None, "Try again.", retry_after=True)

    def complete_blob(self, call: Call) -> Answer:
        """Finish a blob that was written into the cache beside this server: none ever is."""
        job, blob = call.required("job"), call.required("blob")
        bucket = self._store.bucket(call.bucket)["name"]
        if not self._transfers.has_blob(job, bucket, call.name, blob):
            raise Refused(400, "InvalidArgument", "The cache has no data of the blob.")
        return Answer()

    # --- out

    def get(self, exchange: Exchange, call: Call) -> None:
        row, blob, job = self._outgoing(call)
        wanted = exchange.fields.get("range")
        spans = None if wanted is None else _spans(wanted, blob)
        self._redirect()
        parts = spans or [(blob["offset"], blob["offset"] + blob["length"])]
        headers = self._headers(row) | {"Accept-Ranges": "bytes"}
        if spans is None:
            headers[checksum.HEADERS[blob["checksum_type"]]] = checksum.text(blob["checksum"])
        else:
            shown = ",".join(f"{begin}-{end - 1}" for begin, end in spans)
            headers["Content-Range"] = f"bytes {shown}/{row['size']}"
        status, length = (200 if spans is None else 206), sum(end - begin for begin, end in parts)
        with self._open(blob) as file:
            exchange.send_head(status, length, headers)
            sending = Sending(exchange, blob["offset"], file, self._faults, self._count)
            self._send_blob(sending, blob, job, parts)

    def _outgoing(self, call: Call) -> tuple[sqlite3.Row, sqlite3.Row, str | None]:
        """The object, the blob and the job, if there is one, that a GET means. Raises Refused."""
        offset, version = call.number("offset"), call.text("version_id")
        job = self._job_of(call, "GET")
        if job is not None:
            bucket = self._store.bucket(call.bucket)["name"]
            blob = self._transfers.blob_to_send(job, bucket, call.name, offset, version)
            return self._versions.find(bucket, call.name, blob["version"]), blob, job
        row = self._versions.find(call.bucket, call.name, version)
        request = JobRequest(row["bucket"], call.user, naked=True, kind="GET")
        cached_only = call.has("cached_only")
        there = self._transfers.naked_blob(request, row, offset, cached_only=cached_only)
        return row, *there

    def _send_blob(
        self, sending: Sending, blob: sqlite3.Row, job: str | None, parts: list[Span]
    ) -> None:
        """Send parts of a blob. A job's blob counts as sent before its last bytes leave.

        Who has read all of a blob finds its job ended, however fast the next question comes. An
        empty one is read with its head, and nothing of it can be cut off.
        """
        total = sum(end - begin for begin, end in parts)
        early, late = split(parts, max(0, total - HELD_BACK))
        if sending.cut is not None and total:
            early, late = split(parts, min(total, sending.cut.get("bytes", total // 2)))[0], []
        sent = sending.sent
        try:
            sending.send(early)
            sent = [*sent, *late]
        finally:
            if job is not None:
                self._transfers.blob_sent(job, blob, sent)
        sending.send(late)
        if sending.cut is not None:
            raise Disconnect
        self._count("blobs sent", 1)
        if job is not None and blob["read"]:
            self._count("blobs sent twice", 1)

    @contextlib.contextmanager
    def _open(self, blob: sqlite3.Row) -> Iterator[int | bytes | None]:
        """A blob's file or its bytes, None if they were not kept. Raises Refused if it went."""
        if blob["kept"] == "nowhere":
            yield None
            return
        if blob["kept"] != "file":
            yield self._small(blob)
            return
        try:
            file = self._store.blob_path(blob["id"]).open("rb", buffering=0)
        except FileNotFoundError:
            raise _gone() from None
        with file:
            yield file.fileno()

    def _small(self, blob: sqlite3.Row) -> bytes:
        if blob["kept"] == "row":
            query = "SELECT bytes FROM content WHERE blob = ?"
            found: bytes | None = self._store.value(query, blob["key"])
        else:
            found = self._store.packs.read(blob["pack"], blob["start"], blob["length"])
        if found is None:
            raise _gone()
        return found

    # --- what is known of an object

    def head(self, exchange: Exchange, call: Call) -> None:
        row = self._versions.find(call.bucket, call.name, call.text("version_id"))
        headers = self._headers(row)
        for blob in self._versions.blobs(row["key"]):
            if blob["checksum"] is not None:
                headers["ds3-blob-checksum-type"] = blob["checksum_type"]
                name = f"ds3-blob-checksum-offset-{blob['offset']}"
                headers[name] = checksum.text(blob["checksum"])
        exchange.send_head(200, row["size"], headers)

    def _headers(self, row: sqlite3.Row) -> dict[str, str]:
        metadata = row["metadata"]
        headers: dict[str, str] = {} if metadata in (None, "{}") else json.loads(metadata)
        if row["etag"] is not None:
            headers["ETag"] = row["etag"]
            headers["creation-date"] = answers.date(row["created"]) or ""
        if release(self._faults.get("server_version")) >= (5, 0):
            headers["version-id"] = row["id"]
        return headers


def _gone() -> Refused:
    return Refused(404, "NoSuchKey", "The object was deleted just now.")


def _spans(text: str, blob: sqlite3.Row) -> list[Span]:
    """A Range header's spans. They are offsets in the object and lie inside the blob."""
    first, behind = blob["offset"], blob["offset"] + blob["length"]
    spans = []
    for part in text.removeprefix("bytes=").split(","):
        found = _SPAN.fullmatch(part.strip())
        if found is None:
            raise Refused(416, "InvalidRange", f"Not a range: {text}")
        span = (int(found[1]), int(found[2]) + 1 if found[2] else behind)
        if not first <= span[0] < span[1] <= behind:
            raise Refused(416, "InvalidRange", f"Not within the blob: {text}")
        spans.append(span)
    return spans
