"""The HTTP side: requests in, signatures checked on the raw path, bodies straight to and from disk.

`Simulator` is one appliance on one port. Its control channel, on the same port under
`/_simulator_/`, answers only a caller on this computer that knows the token.
"""

from __future__ import annotations

import contextlib
import hmac
import itertools
import json
import logging
import os
import socket
import sqlite3
import sys
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self  # switch values are JSON
from urllib.parse import parse_qsl, unquote_to_bytes

from . import answers, checksum, signature
from .calls import USERS, Answer, Call, Calls, parameters
from .faults import Faults, UnknownSwitch
from .jobs import JobRequest, Jobs, Wanted
from .store import DEFAULT_CHECKSUM, Refused, Store

log = logging.getLogger(__name__)

PIECE = 1 << 20
MAX_XML_BODY = 256 << 20
DRAIN_LIMIT = 4 << 20
MANAGEMENT_HEADER = "Spectra-Data-Path-Request-Made-On-Management-Path"
MANAGEMENT_STATUS = 404
CONTROL = "/_simulator_/"


class Simulator:
    """An appliance that serves from the moment it is made until `close`.

    `access_id` and `secret_key` are those of the user `spectra`. `faults` holds the switches.
    """

    def __init__(
        self,
        folder: Path,
        *,
        access_id: str = "c3BlY3RyYQ==",
        secret_key: str = "Kx7pQ2vZ",
        port: int = 0,
        switches: Mapping[str, Any] | None = None,
        token: str | None = None,
    ) -> None:
        self.access_id = access_id
        self.secret_key = secret_key
        self.token = token
        self.closed = False
        self.faults = Faults(switches)
        self.store = Store(folder, self._now)
        self.jobs = Jobs(self.store, self.faults)
        secrets = {access_id: secret_key, "QWRtaW5pc3RyYXRvcg==": uuid.uuid4().hex}
        self.secrets = secrets
        self.users = dict(zip(secrets, USERS, strict=True))
        self.calls = Calls(self.store, self.jobs, self.faults, secrets)
        self.request_ids = itertools.count(1)
        self._counts: dict[str, int] = {}
        self._count_lock = threading.Lock()
        self._connections: set[socket.socket] = set()
        self._server = _Server(("127.0.0.1", port), self)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name="simulator", daemon=True
        )
        self._thread.start()

    @property
    def host(self) -> str:
        return "127.0.0.1"

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    def counters(self) -> dict[str, int]:
        """What clients did: requests by kind, bytes and blobs in and out, blobs received twice."""
        with self._count_lock:
            return dict(self._counts)

    def count(self, name: str, n: int = 1) -> None:
        with self._count_lock:
            self._counts[name] = self._counts.get(name, 0) + n

    def reset(self) -> None:
        """Empty, and all switches as at the start."""
        self.faults.reset()
        self.store.clear()
        with self._count_lock:
            self._counts.clear()

    def close(self) -> None:
        """Stop serving and cut the connections that are left. What was stored stays."""
        self.closed = True
        self._server.shutdown()
        self._server.server_close()
        with self._count_lock:
            connections = list(self._connections)
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._server.join_handlers()
        self._thread.join()
        self.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _now(self) -> float:
        clock = self.faults.get("clock") or {}
        fixed: float | None = clock.get("fixed_s")
        return time.time() + float(clock.get("offset_s", 0)) if fixed is None else fixed

    def connected(self, connection: socket.socket) -> None:
        with self._count_lock:
            self._connections.add(connection)

    def disconnected(self, connection: socket.socket) -> None:
        with self._count_lock:
            self._connections.discard(connection)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    allow_reuse_address = True

    def __init__(self, address: tuple[str, int], simulator: Simulator) -> None:
        self.simulator = simulator
        self._handlers: set[threading.Thread] = set()
        super().__init__(address, _Handler)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        self._handlers.add(threading.current_thread())
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._handlers.discard(threading.current_thread())

    def join_handlers(self) -> None:
        for thread in list(self._handlers):
            thread.join(5)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no event here; anything else is a fault of the simulator."""
        if not isinstance(sys.exc_info()[1], OSError):
            log.exception("a request failed")


class _Disconnect(Exception):
    """A fault asks for the connection to be cut."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 1 << 16
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.simulator = self.server.simulator
        self.simulator.connected(self.connection)

    def finish(self) -> None:
        self.simulator.disconnected(self.connection)
        with contextlib.suppress(OSError):
            super().finish()

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing is printed: a line a request would hold names of users' files."""

    def do_request(self) -> None:
        """One request, from its raw line to its answer."""
        self.request_id = next(self.simulator.request_ids)
        self.body_left = self._content_length() or 0
        try:
            self._answer_request()
        except Refused as refused:
            self._send_refusal(refused)
        except (_Disconnect, ConnectionError, TimeoutError):
            self.close_connection = True
            with contextlib.suppress(OSError):
                self.connection.shutdown(socket.SHUT_RDWR)
        except sqlite3.ProgrammingError:
            if not self.simulator.closed:
                raise
            self.close_connection = True

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = do_request  # noqa: N815  # names are given

    def _answer_request(self) -> None:
        # http.server folds leading slashes in `path`; the signature is over the line as it came.
        target = self.requestline.split(" ")[1]
        self.raw_path, _, self.raw_query = target.partition("?")
        if self.raw_path.startswith(CONTROL):
            self._control(self.raw_path.removeprefix(CONTROL))
            return
        self.simulator.count(f"requests {self.command}")
        if self.simulator.faults.get("mgmt_port"):
            raise Refused(MANAGEMENT_STATUS, "NotFound", "This is the management path.")
        user = self._authenticate()
        if failure := self.simulator.faults.failure_for(f"{self.command} {self.raw_path}"):
            raise Refused(failure[0], failure[1], "A fault was asked for.", retry_after=True)
        self._route(user)

    def _authenticate(self) -> str:
        headers: dict[str, str] = {}
        for name, value in self.headers.items():
            lower = name.lower()
            headers[lower] = f"{headers[lower]},{value}" if lower in headers else value
        try:
            access_id = signature.check(
                self.command,
                self.raw_path,
                self.raw_query,
                headers,
                self.simulator.secrets,
                now=self.simulator.store.now(),
                checksum=self._given_checksum()[1],
                bodyless=not self.body_left,
                lenient=self.simulator.faults.get("lenient_bodyless"),
            )
        except signature.Denied as denied:
            raise Refused(403, denied.code, denied.message) from None
        return self.simulator.users[access_id]

    def _given_checksum(self) -> tuple[str, str]:
        for kind, header in checksum.HEADERS.items():
            if value := self.headers.get(header):
                return kind, value
        return "", ""

    # --- routing

    def _route(self, user: str) -> None:
        segments = self.raw_path[1:].split("/", 1)
        bucket = _decoded(segments[0])
        name = _decoded(segments[1]) if len(segments) == 2 else None
        pairs = parse_qsl(self.raw_query, keep_blank_values=True)
        if bucket == "_rest_":
            self._rest(user, pairs)
        elif not bucket:
            self._root(user, name)
        elif name:
            self._object(bucket, name, Call(self.command, parameters(pairs), b"", user, name))
        else:
            body = self._read_xml() if self.command == "POST" else b""
            self._bucket(bucket, name, Call(self.command, parameters(pairs), body, user))

    def _root(self, user: str, name: str | None) -> None:
        if self.raw_path != "/":
            raise Refused(404, "NoSuchBucket", "A bucket needs a name.")
        if self.command != "GET":
            raise Refused(400, "InvalidArgument", "A bucket needs a name.")
        self._send(self.simulator.calls.service(Call("GET", {}, b"", user)))

    def _rest(self, user: str, pairs: list[tuple[str, str]]) -> None:
        resource, _, identifier = self.raw_path.removeprefix("/_rest_/").partition("/")
        if self.command == "DELETE" and not identifier and resource == "bucket":
            raise Refused(400, "InvalidArgument", "A bucket needs a name.")
        call = Call(self.command, parameters(pairs), self._read_xml(), user, _decoded(identifier))
        self._send(self.simulator.calls.rest(resource, call))

    def _bucket(self, bucket: str, name: str | None, call: Call) -> None:
        calls = self.simulator.calls
        match self.command:
            case "PUT" if name is None:
                self._send(calls.create_bucket(call, bucket))
            case "PUT":
                raise Refused(400, "InvalidArgument", "A bucket name has no slash.")
            case "HEAD":
                self._send(calls.head_bucket(bucket))
            case "GET":
                self._send(calls.list_objects(call, bucket))
            case "POST" if call.has("delete"):
                self._send(calls.delete_objects(call, bucket))
            case "DELETE" if name is None:
                self._send(calls.delete_bucket(bucket))
            case "DELETE":
                self._send(calls.delete_object(call, bucket))
            case _:
                raise Refused(400, "InvalidArgument", "There is no such request of a bucket.")

    def _object(self, bucket: str, name: str, call: Call) -> None:
        match self.command:
            case "PUT":
                self._put_object(bucket, name, call)
            case "GET":
                self._get_object(bucket, name, call)
            case "HEAD":
                self._head_object(bucket, name, call)
            case "DELETE":
                self._send(self.simulator.calls.delete_object(call, bucket))
            case _:
                raise Refused(400, "InvalidArgument", "There is no such request of an object.")

    # --- bodies in

    def _content_length(self) -> int | None:
        text = self.headers.get("Content-Length")
        return int(text) if text and text.isdigit() else None

    def _read_xml(self) -> bytes:
        if self.body_left > MAX_XML_BODY:
            raise Refused(400, "InvalidArgument", "The body is too long.")
        body = self.rfile.read(self.body_left)
        self.body_left = 0
        return body

    def _put_object(self, bucket: str, name: str, call: Call) -> None:
        length = self._content_length()
        if length is None:
            self.close_connection = True
            raise Refused(411, "MissingContentLength", "Content-Length is required.")
        self._early_close()
        blob, naked = self._incoming_blob(bucket, name, length, call)
        if self.simulator.faults.count_down("redirect_times"):
            raise Refused(307, None, "Try again.", retry_after=True)
        if length != blob["length"]:
            raise Refused(400, "InvalidArgument", f"The blob has {blob['length']} bytes.")
        try:
            self._receive_blob(blob, length)
        except Refused:
            if naked:
                self.simulator.store.delete_object(bucket, name, None)
            raise
        self._send(Answer())

    def _early_close(self) -> None:
        if fault := self.simulator.faults.strikes("early_close", self.command):
            self._send_refusal(Refused(fault.get("status", 503), fault.get("code"), "Too early."))
            self.wfile.flush()
            raise _Disconnect

    def _incoming_blob(
        self, bucket: str, name: str, length: int, call: Call
    ) -> tuple[sqlite3.Row, bool]:
        jobs = self.simulator.jobs
        job = call.text("job")
        if job is not None:
            return jobs.blob_to_receive(job, name, call.number("offset")), False
        hidden = JobRequest(bucket, call.user, name="Untitled", naked=True, max_upload_size=None)
        job = jobs.create_put(hidden, [(name, length)])
        return jobs.blob_to_receive(job, name, 0), True

    def _receive_blob(self, blob: sqlite3.Row, length: int) -> None:
        kind, given = self._given_checksum()
        if given and kind != DEFAULT_CHECKSUM:
            raise Refused(400, "InvalidArgument", f"The data policy asks for {DEFAULT_CHECKSUM}.")
        incoming = self.simulator.store.new_file()
        try:
            with incoming.open("wb", buffering=0) as file:
                computed = self._receive_into(file.fileno(), length)
            if given and given != computed:
                raise Refused(400, "BadDigest", "The checksum differs from the body's.")
            target = self.simulator.store.blob_path(blob["id"])
            target.parent.mkdir(exist_ok=True)
            incoming.replace(target)
        finally:
            incoming.unlink(missing_ok=True)
        metadata = {k.lower(): v for k, v in self.headers.items() if _is_metadata(k)}
        try:
            self.simulator.store.blob_received(blob["id"], computed, metadata)
        except Refused as refused:
            if refused.status == 409:
                self.simulator.count("blobs received twice")
            raise
        self.simulator.count("blobs received")

    def _receive_into(self, descriptor: int, length: int) -> str:
        """Read the body to a file, a piece at a time; its checksum."""
        digest = checksum.new(DEFAULT_CHECKSUM)
        buffer = memoryview(bytearray(min(PIECE, max(length, 1))))
        drop = self.simulator.faults.strikes("drop_connection", self.command)
        keep = length if drop is None else min(length, drop.get("bytes", length // 2))
        pace = _Pace(self.simulator.faults)
        while self.body_left:
            n = self.rfile.readinto(buffer[: min(len(buffer), self.body_left)])
            if not n:
                raise _Disconnect
            self.body_left -= n
            digest.update(buffer[:n])
            os.write(descriptor, buffer[:n])
            self.simulator.count("bytes received", n)
            pace.moved(n)
            if drop is not None and length - self.body_left >= keep:
                raise _Disconnect
        if drop is not None:
            raise _Disconnect
        return checksum.text(digest)

    # --- bodies out

    def _get_object(self, bucket: str, name: str, call: Call) -> None:
        job, version = call.text("job"), call.text("version_id")
        row = self.simulator.store.object(bucket, name, version)
        blob = self._outgoing_blob(row, name, job, call)
        spans = _ranges(self.headers.get("Range"), blob)
        if self.simulator.faults.count_down("redirect_times"):
            raise Refused(307, None, "Try again.", retry_after=True)
        whole = spans is None
        parts = spans or [(0, blob["length"])]
        headers = self._object_headers(row)
        headers["Accept-Ranges"] = "bytes"
        if whole:
            headers[checksum.HEADERS[DEFAULT_CHECKSUM]] = blob["checksum"]
        else:
            shown = ",".join(f"{blob['offset'] + a}-{blob['offset'] + b - 1}" for a, b in parts)
            headers["Content-Range"] = f"bytes {shown}/{row['size']}"
        self._send_head(200 if whole else 206, sum(b - a for a, b in parts), headers)
        self._send_file(self.simulator.store.blob_path(blob["id"]), parts)
        self.simulator.count("blobs sent")
        if job is not None and whole:
            self.simulator.jobs.blob_read(job.lower(), blob["id"])

    def _outgoing_blob(
        self, row: sqlite3.Row, name: str, job: str | None, call: Call
    ) -> sqlite3.Row:
        if job is not None:
            return self.simulator.jobs.blob_to_send(job, name, call.number("offset"))
        if row["created"] is None:
            raise Refused(404, "NoSuchKey", f"The object is not complete: {name}")
        blobs = self.simulator.store.blobs(row["id"])
        offset = call.number("offset")
        if offset is None and len(blobs) > 1:
            raise Refused(400, "InvalidArgument", "An object of several blobs needs an offset.")
        for blob in blobs:
            if blob["offset"] == (offset or 0):
                hidden = JobRequest(row["bucket"], call.user, naked=True)
                if not blob["cached"]:
                    self.simulator.jobs.create_get(hidden, [Wanted(name)])
                    raise Refused(307, None, "The data is not in cache.", retry_after=True)
                return blob
        raise Refused(404, "NoSuchKey", f"No blob begins at {offset}")

    def _head_object(self, bucket: str, name: str, call: Call) -> None:
        row = self.simulator.store.object(bucket, name, call.text("version_id"))
        headers = self._object_headers(row)
        headers["ds3-blob-checksum-type"] = DEFAULT_CHECKSUM
        for blob in self.simulator.store.blobs(row["id"]):
            if blob["checksum"]:
                headers[f"ds3-blob-checksum-offset-{blob['offset']}"] = blob["checksum"]
        self._send_head(200, row["size"], headers)

    def _object_headers(self, row: sqlite3.Row) -> dict[str, str]:
        headers: dict[str, str] = dict(json.loads(row["metadata"] or "{}"))
        headers["ETag"] = row["etag"] or ""
        headers["version-id"] = row["id"]
        headers["creation-date"] = answers.date(row["created"]) or ""
        return headers

    def _send_file(self, path: Path, parts: list[tuple[int, int]]) -> None:
        """The body from a file: through the kernel, but for a throttle and a wrong byte."""
        faults = self.simulator.faults
        cut = faults.strikes("truncate_get", self.command)
        drop = faults.strikes("drop_connection", self.command)
        flip = faults.strikes("corrupt_get", self.command) is not None
        left = sum(b - a for a, b in parts)
        allowed = left
        if cut is not None or drop is not None:
            allowed = min(left, (cut or drop or {}).get("bytes", left // 2))
        pace = _Pace(faults)
        self.wfile.flush()
        with path.open("rb") as file:
            for offset, n in _pieces(parts, pace.piece):
                n = min(n, allowed)
                if flip or pace.limited:
                    data = bytearray(os.pread(file.fileno(), n, offset))
                    if flip and data:
                        data[len(data) // 2] ^= 1
                        flip = False
                    self.connection.sendall(data)
                else:
                    self.connection.sendfile(file, offset, n) if n else None
                allowed -= n
                self.simulator.count("bytes sent", n)
                pace.moved(n)
                if not allowed:
                    break
        if cut is not None or drop is not None:
            raise _Disconnect

    # --- answers

    def _send(self, answer: Answer) -> None:
        body = b"" if self.command == "HEAD" else answer.body.encode()
        self._send_head(answer.status, len(body), answer.headers, xml=bool(body))
        self.wfile.write(body)
        self.wfile.flush()

    def _send_refusal(self, refused: Refused) -> None:
        self._drain()
        headers = self.simulator.calls.retry_after() if refused.retry_after else {}
        if refused.status == MANAGEMENT_STATUS and self.simulator.faults.get("mgmt_port"):
            headers = {MANAGEMENT_HEADER: "1"}
        empty = self.command == "HEAD" or refused.code is None
        body = "" if empty else self._error_body(refused)
        self._send(Answer(refused.status, body, headers))

    def _error_body(self, refused: Refused) -> str:
        code = refused.code or ""
        path = self.raw_path
        return answers.error(code, refused.status, refused.message, path, self.request_id)

    def _drain(self) -> None:
        """Take a small rest of the body, so that the answer is read; a large one ends it all."""
        if self.body_left > DRAIN_LIMIT:
            self.close_connection = True
            return
        while self.body_left:
            taken = self.rfile.read(min(PIECE, self.body_left))
            if not taken:
                break
            self.body_left -= len(taken)

    def _send_head(
        self, status: int, length: int, headers: Mapping[str, str], *, xml: bool = False
    ) -> None:
        self.send_response_only(status)
        now = self.simulator.store.now()
        self.send_header("Date", self.date_time_string(int(now)))
        self.send_header("Server", "DS3 simulator")
        self.send_header("x-amz-request-id", str(self.request_id))
        if xml:
            self.send_header("Content-Type", "text/xml;charset=UTF-8")
        if status != 204:
            self.send_header("Content-Length", str(length))
        for name, value in headers.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()

    # --- the control channel

    def _control(self, what: str) -> None:
        token = self.simulator.token
        given = self.headers.get("X-Simulator-Token", "")
        if not token or not hmac.compare_digest(token, given):
            raise Refused(403, "AccessDenied", "The control channel is closed.")
        match self.command, what:
            case "GET", "switches":
                self._send_json(self.simulator.faults.described())
            case "PUT", "switches":
                self._set_switches()
            case "GET", "counters":
                self._send_json(self.simulator.counters())
            case "POST", "reset":
                self.simulator.reset()
                self._send_json({})
            case _:
                raise Refused(404, "NotFound", "The control channel has no such thing.")

    def _set_switches(self) -> None:
        try:
            values = json.loads(self._read_xml())
            if not isinstance(values, dict):
                raise UnknownSwitch("Switches come as an object of names and values.")
            self.simulator.faults.set_all(values)
        except ValueError as error:
            raise Refused(400, "InvalidArgument", str(error)) from error
        self._send_json(self.simulator.faults.described())

    def _send_json(self, value: object) -> None:
        self._send(Answer(200, json.dumps(value)))


class _Pace:
    """Keeps a body at the throttle's speed; small pieces then, so that it changes smoothly."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._due = time.monotonic()

    @property
    def limited(self) -> bool:
        return bool(self._faults.get("throttle_bps"))

    @property
    def piece(self) -> int:
        limit = self._faults.get("throttle_bps")
        return PIECE if not limit else max(1, min(PIECE, limit // 20))

    def moved(self, n: int) -> None:
        limit = self._faults.get("throttle_bps")
        if not limit:
            return
        now = time.monotonic()
        self._due = max(self._due, now - 0.1) + n / limit
        if self._due > now:
            time.sleep(min(self._due - now, 1.0))


def _pieces(parts: list[tuple[int, int]], size: int) -> Iterator[tuple[int, int]]:
    """Offset and length of each piece, at least one, so that faults strike an empty body too."""
    for begin, end in parts:
        for offset in range(begin, max(end, begin + 1), size):
            yield offset, min(size, end - offset)


def _ranges(text: str | None, blob: sqlite3.Row) -> list[tuple[int, int]] | None:
    """A Range header's spans within the blob's file; its values are absolute in the object."""
    if text is None:
        return None
    spans = []
    for part in text.removeprefix("bytes=").split(","):
        first, _, last = part.strip().partition("-")
        if not (first.isdigit() and last.isdigit()):
            raise Refused(416, "InvalidRange", f"Not a range: {text}")
        begin, end = int(first) - blob["offset"], int(last) + 1 - blob["offset"]
        if not 0 <= begin < end <= blob["length"]:
            raise Refused(416, "InvalidRange", f"Not within the blob: {text}")
        spans.append((begin, end))
    return spans


def _is_metadata(name: str) -> bool:
    return name.lower().startswith("x-amz-meta-")


def _decoded(text: str) -> str:
    try:
        return unquote_to_bytes(text).decode("utf-8")
    except UnicodeDecodeError:
        raise Refused(400, "InvalidArgument", "A name is not UTF-8.") from None
