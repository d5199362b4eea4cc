"""The HTTP side: requests in, signatures checked on the raw path, calls found, answers out.

`Simulator` is one appliance on one port of this computer.
"""

from __future__ import annotations

import contextlib
import itertools
import logging
import os
import socket
import sqlite3
import ssl
import sys
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self  # switch values are JSON; socketserver gives sockets as Any
from urllib.parse import parse_qsl, unquote_to_bytes

from . import answers, control, signature, tls
from .bodies import PIECE, Disconnect, Pace
from .bucket_calls import BucketCalls
from .calls import Answer, Call, Route, Routes, parameters
from .dialect import rewrite
from .faults import Faults
from .job_calls import JobCalls
from .jobs import Jobs
from .media import Media
from .nodes import Nodes
from .objects import GET_PARAMETERS, HEAD_PARAMETERS, PUT_PARAMETERS, ObjectCalls
from .policies import Policies
from .store import Refused, Store
from .system_calls import SystemCalls
from .users import Users

log = logging.getLogger(__name__)

ADDRESS = "127.0.0.1"
MAX_XML_BODY = 256 << 20  # bytes
DRAIN_LIMIT = 64 << 20  # bytes of a refused body that are read, so that the answer is
SMALL = 1 << 15  # bytes that go out together with their head
MANAGEMENT_HEADER = "Spectra-Data-Path-Request-Made-On-Management-Path"
WITH_RETRY_AFTER = (307, 429, 503)


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
        self.users = Users(access_id, secret_key, uuid.uuid4().hex)
        self.request_ids = itertools.count(1)
        self._counts: dict[str, int] = {}
        self._lock = threading.Lock()
        self._connections: set[socket.socket] = set()
        self._server = _Server((ADDRESS, port), self)
        self._furnish(folder)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name="simulator", daemon=True
        )
        self._thread.start()

    def _furnish(self, folder: Path) -> None:
        self.store = Store(folder, self._now)
        policies = Policies(self.faults)
        media = Media(self.store, self.faults)
        nodes = Nodes(self.faults, self.host, self.port)
        self.jobs = Jobs(self.store, media, policies, self.faults)
        self.objects = ObjectCalls(self.store, self.jobs, media, policies, self.faults, self.count)
        self.buckets = BucketCalls(self.store, policies, self.users, self.faults)
        self.job_calls = JobCalls(self.store, self.jobs, self.users, nodes, self.faults)
        system = SystemCalls(self.store, self.jobs, media, policies, self.users, nodes, self.faults)
        self.routes: Routes = {
            **self.buckets.routes(),
            **self.job_calls.routes(),
            **system.routes(),
        }

    @property
    def host(self) -> str:
        return ADDRESS

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        return f"{'https' if self.faults.get('tls') else 'http'}://{self.host}:{self.port}"

    def counters(self) -> dict[str, int]:
        """What clients did: requests by kind, bytes and blobs in and out, blobs received twice."""
        with self._lock:
            return dict(self._counts)

    def count(self, name: str, n: int = 1) -> None:
        with self._lock:
            self._counts[name] = self._counts.get(name, 0) + n

    def reset(self) -> None:
        """Empty, and all switches as at the start."""
        self.faults.reset()
        self.store.clear()
        with self._lock:
            self._counts.clear()

    def close(self) -> None:
        """Stop serving and cut the connections that are left. What was stored stays."""
        if self.closed:
            return
        self.closed = True
        self._server.shutdown()
        self._server.server_close()
        with self._lock:
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
        with self._lock:
            self._connections.add(connection)

    def disconnected(self, connection: socket.socket) -> None:
        with self._lock:
            self._connections.discard(connection)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    allow_reuse_address = True

    def __init__(self, address: tuple[str, int], simulator: Simulator) -> None:
        self.simulator = simulator
        self._handlers: set[threading.Thread] = set()
        super().__init__(address, _Handler)

    def get_request(self) -> tuple[Any, Any]:
        connection, address = super().get_request()
        if certificate := self.simulator.faults.get("tls"):
            return tls.wrapped(connection, certificate), address
        return connection, address

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


class _Handler(BaseHTTPRequestHandler):
    """One connection. Its attributes are those of the request just read (see `Exchange`)."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 1 << 16
    server: _Server

    raw_path = ""
    raw_query = ""
    request_id = 0
    length: int | None = None
    body_left = 0

    def setup(self) -> None:
        if isinstance(self.request, ssl.SSLSocket):
            self.request.do_handshake()
        super().setup()
        self.simulator = self.server.simulator
        self.faults = self.simulator.faults
        self.pace = Pace(self.faults)
        self.buffer = memoryview(bytearray(PIECE))
        self.fields: dict[str, str] = {}
        self.simulator.connected(self.connection)

    def finish(self) -> None:
        self.simulator.disconnected(self.connection)
        with contextlib.suppress(OSError):
            super().finish()

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing is printed: a line a request would hold names of users' files."""

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """What http.server itself refuses is told as the appliance tells it."""
        self.close_connection = True
        self.body_left = 0
        self._send_refusal(Refused(code, "InvalidArgument", message or "Not a request."))

    def handle_expect_100(self) -> bool:
        # The line has to leave at once: libcurl waits a second for it.
        super().handle_expect_100()
        self.wfile.flush()
        return True

    def do_request(self) -> None:
        """One request, from its raw line to its answer."""
        self.request_id = next(self.simulator.request_ids)
        try:
            self._read_head()
            self._answer_request()
        except Refused as refused:
            self._send_refusal(refused)
        except Disconnect as disconnect:
            self._disconnect(disconnect.answer)
        except (ConnectionError, TimeoutError):
            self.close_connection = True
        except sqlite3.ProgrammingError:
            if not self.simulator.closed:
                raise
            self.close_connection = True

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = do_request  # noqa: N815  # names are given

    def _disconnect(self, answer: Refused | None) -> None:
        self.close_connection = True
        with contextlib.suppress(OSError):
            if answer is not None:
                self.body_left = 0
                self._send_refusal(answer)
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_RDWR)

    # --- the head of a request

    def _read_head(self) -> None:
        # http.server folds leading slashes in `path`; the signature is over the line as it came.
        self.raw_path, _, self.raw_query = self.requestline.split(" ")[1].partition("?")
        self.fields = {}
        for name, value in self.headers.items():
            lower = name.lower()
            self.fields[lower] = f"{self.fields[lower]},{value}" if lower in self.fields else value
        self.length, self.body_left = None, 0
        if "transfer-encoding" in self.fields:
            self.close_connection = True
            raise Refused(411, "MissingContentLength", "Content-Length is required.")
        if (text := self.fields.get("content-length")) is not None:
            if not (text.isascii() and text.isdigit()):
                self.close_connection = True
                raise Refused(400, "InvalidArgument", "Content-Length is not a number.")
            self.length = self.body_left = int(text)

    def _answer_request(self) -> None:
        if self.raw_path.startswith(control.PATH):
            self._control()
            return
        self.simulator.count(f"requests {self.command}")
        if self.faults.get("mgmt_port"):
            raise Refused(404, "NotFound", "This is the management path.")
        user = self._authenticate()
        self._fail_if_asked()
        self._route(user)

    def _control(self) -> None:
        token = self.fields.get("x-simulator-token", "")
        control.check(self.client_address[0], self.simulator.token, token)
        what = self.raw_path.removeprefix(control.PATH)
        self.send(control.answer(self.simulator, self.command, what, self._read_body()))

    def _authenticate(self) -> str:
        request = signature.Signed(
            self.command, self.raw_path, self.raw_query, self.fields, self.body_left > 0
        )
        try:
            access_id = signature.check(
                request,
                self.simulator.users.secrets,
                now=self.simulator.store.now(),
                lenient=self.faults.get("lenient_bodyless"),
            )
        except signature.Denied as denied:
            raise Refused(403, denied.code, denied.message) from None
        return self.simulator.users.name_of(access_id)

    def _fail_if_asked(self) -> None:
        request = f"{self.command} {self.raw_path}"
        failure = self.faults.failure_for(request, f"{request}?{self.raw_query}")
        if failure is not None:
            status, code = failure
            again = status in WITH_RETRY_AFTER
            raise Refused(status, code, "A fault was asked for.", retry_after=again)

    # --- routing

    def _route(self, user: str) -> None:
        first, *rest = self.raw_path[1:].split("/", 1)
        given = parameters(parse_qsl(self.raw_query, keep_blank_values=True))
        bucket, name = _decoded(first), _decoded("".join(rest))
        call = Call(self.command, given, user, b"", bucket, name)
        if bucket == "_rest_":
            self._rest(call)
        elif not bucket:
            self._root(call)
        elif name:
            self._object(call)
        else:
            self._bucket(call, has_slash=bool(rest))

    def _root(self, call: Call) -> None:
        if self.raw_path != "/":
            raise Refused(404, "NoSuchBucket", "A bucket needs a name.")
        if self.command != "GET":
            raise Refused(400, "InvalidArgument", "A bucket needs a name.")
        self._run("service", Route(self.simulator.buckets.service), call)

    def _rest(self, call: Call) -> None:
        """A call under `/_rest_/`; a slash behind the resource changes nothing."""
        resource, _, identifier = call.name.partition("/")
        operation = (call.text("operation") or "").lower()
        found = f"{self.command} {resource}{'/' if identifier else ''} {operation}".rstrip()
        route = self.simulator.routes.get(found)
        if route is None:
            raise Refused(404, "NotFound", f"There is no call {found}.")
        body = self._read_body()
        self._run(
            resource, route, Call(self.command, call.parameters, call.user, body, "", identifier)
        )

    def _bucket(self, call: Call, *, has_slash: bool) -> None:
        buckets = self.simulator.buckets
        if self.command == "PUT" and has_slash:
            raise Refused(400, "InvalidArgument", "A bucket name has no slash.")
        routes = {
            "GET": Route(buckets.list_objects, "delimiter marker max_keys prefix versions"),
            "HEAD": Route(buckets.head),
            "PUT": Route(buckets.create),
            "POST": Route(buckets.delete_objects, "delete"),
            "DELETE": Route(buckets.delete_object if has_slash else buckets.delete),
        }
        if call.has("uploads") or (self.command == "POST" and not call.has("delete")):
            raise Refused(400, "InvalidArgument", "There is no such call of a bucket.")
        body = self._read_body()
        self._run(
            "bucket",
            routes[self.command],
            Call(self.command, call.parameters, call.user, body, call.bucket),
        )

    def _object(self, call: Call) -> None:
        """A call of an object. Those that move data answer by themselves."""
        objects = self.simulator.objects
        if call.has("upload_id") or call.has("uploads") or self.command == "POST":
            raise Refused(400, "InvalidArgument", "There is no such call of an object.")
        if self.command == "DELETE":
            route = Route(self.simulator.buckets.delete_object, "version_id replicate roll_back")
            self._run("object", route, call)
            return
        move, knows = {
            "PUT": (objects.put, PUT_PARAMETERS),
            "GET": (objects.get, GET_PARAMETERS),
            "HEAD": (objects.head, HEAD_PARAMETERS),
        }[self.command]
        self._count("object")
        self._check_parameters(Route(lambda _: Answer(), knows), call)
        move(self, call)

    def _run(self, kind: str, route: Route, call: Call) -> None:
        self._count(kind)
        self._check_parameters(route, call)
        self.send(route.function(call))

    def _count(self, kind: str) -> None:
        self.simulator.count(f"requests {self.command} {kind}")

    def _check_parameters(self, route: Route, call: Call) -> None:
        if self.faults.get("strict"):
            route.check(call.parameters)

    # --- bodies

    def _read_body(self) -> bytes:
        if self.body_left > MAX_XML_BODY:
            raise Refused(400, "InvalidArgument", "The body is too long.")
        body = self.rfile.read(self.body_left)
        self.body_left = 0
        return body

    def read_into(self, piece: memoryview) -> int:
        n = self.rfile.readinto(piece)
        if not n:
            raise Disconnect
        self.body_left -= n
        return n

    def send_bytes(self, data: bytes | bytearray | memoryview) -> None:
        self.wfile.write(data)

    def send_file(self, descriptor: int, offset: int, length: int) -> Iterator[int]:
        """Send a part of a file: through the kernel, or with its head if it is small."""
        if length <= SMALL or isinstance(self.connection, ssl.SSLSocket):
            self.wfile.write(os.pread(descriptor, length, offset))
            yield length
            return
        self.wfile.flush()
        while length:
            n = os.sendfile(self.connection.fileno(), descriptor, offset, length)
            if not n:
                raise Disconnect
            yield n
            offset, length = offset + n, length - n

    # --- answers

    def send(self, answer: Answer) -> None:
        """Send an answer whole, in the words of the release it plays."""
        body = b""
        if self.command != "HEAD" and answer.body:
            version, style = self.faults.get("server_version"), self.faults.get("xml_style")
            is_xml = answer.body.startswith("<")
            body = rewrite(answer.body, version, style) if is_xml else answer.body.encode()
        self.send_head(answer.status, len(body), answer.headers, xml=bool(body))
        self.wfile.write(body)
        self.wfile.flush()

    def _send_refusal(self, refused: Refused) -> None:
        self._drain()
        headers = self.simulator.job_calls.retry_after() if refused.retry_after else {}
        if self.faults.get("mgmt_port"):
            headers = {MANAGEMENT_HEADER: "1"}
        body = ""
        if refused.code is not None:
            path, status = self.raw_path, refused.status
            body = answers.error(refused.code, status, refused.message, path, self.request_id)
        self.send(Answer(refused.status, body, headers))

    def _drain(self) -> None:
        """Take the rest of a body, so that the answer is read; too large a one ends it all."""
        if self.body_left > DRAIN_LIMIT:
            self.close_connection = True
            return
        while self.body_left:
            n = self.rfile.readinto(self.buffer[: self.body_left])
            if not n:
                break
            self.body_left -= n

    def send_head(
        self, status: int, length: int, headers: Mapping[str, str], *, xml: bool = False
    ) -> None:
        self.send_response_only(status)
        self.send_header("Date", self.date_time_string(int(self.simulator.store.now())))
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


def _decoded(text: str) -> str:
    """A part of the request line, whose bytes came as the characters of Latin-1."""
    try:
        return unquote_to_bytes(text.encode("latin-1")).decode("utf-8")
    except UnicodeDecodeError:
        raise Refused(400, "InvalidArgument", "A name is not UTF-8.") from None
