"""One connection: requests read, signatures checked on the raw path, answers written.

What a request asks for is the router's business; how bytes come and go is here.
"""

from __future__ import annotations

import contextlib
import functools
import io
import os
import socket
import sqlite3
import ssl
import time
from collections.abc import Iterator, Mapping
from socketserver import StreamRequestHandler
from typing import TYPE_CHECKING

from . import answers, control, heads, signature
from .bodies import PIECE, Disconnect, Pace
from .calls import Answer, retry_after
from .dialect import rewrite
from .store import Refused, no_room

if TYPE_CHECKING:
    from .server import Server

MAX_XML_BODY = 256 << 20  # bytes
DRAIN_LIMIT = 64 << 20  # bytes of a refused body that are read, and the connection goes on
LINGER_S = 5.0  # how long the rest of what was refused is taken before its connection ends
ENDLESS = 1 << 63  # bytes of a body whose end cannot be told
READ_AHEAD = 1 << 13  # bytes
SMALL = 1 << 15  # bytes that go out together with their head
MANAGEMENT_HEADER = "Spectra-Data-Path-Request-Made-On-Management-Path"
WITH_RETRY_AFTER = (307, 429, 503)


class Handler(StreamRequestHandler):
    """One connection. Its attributes are those of the request just read (see `Request`)."""

    disable_nagle_algorithm = True
    wbufsize = 1 << 16
    server: Server

    method = "GET"
    raw_path = ""
    raw_query = ""
    request_id = 0
    length: int | None = None
    body_left = 0
    close_connection = False
    is_old = False

    def setup(self) -> None:
        super().setup()
        if isinstance(self.request, ssl.SSLSocket):
            self.request.do_handshake()
        else:
            # As a file of the system: a socket's own file passes through Python each time.
            self.request.setblocking(True)  # whatever the default of this process is
            file = io.FileIO(self.request.fileno(), closefd=False)
            self.rfile = io.BufferedReader(file, READ_AHEAD)
        self.simulator = self.server.simulator
        self.faults = self.simulator.faults
        self.pace = Pace(self.faults, self.simulator.closing)
        self.fields: dict[str, str] = {}
        assert isinstance(self.rfile, io.BufferedReader)
        self._lines = self.rfile
        self.simulator.connected(self.connection)

    @functools.cached_property
    def buffer(self) -> memoryview:
        return memoryview(bytearray(PIECE))

    def finish(self) -> None:
        self.simulator.disconnected(self.connection)
        with contextlib.suppress(OSError):
            super().finish()

    def handle(self) -> None:
        while not self.close_connection:
            self._handle_request()
        if self.body_left:
            self._linger()

    def _handle_request(self) -> None:
        """One request, from its raw line to its answer."""
        self.length, self.body_left = None, 0
        self.method, self.raw_path, self.is_old = "GET", "", False
        try:
            if not self._read_head():
                self.close_connection = True
                return
            self._answer_request()
            self.wfile.flush()
            if self.body_left:
                self._drain()  # a body nobody asked for is not the next request
        except Refused as refused:
            self._send_refusal(refused)
        except Disconnect as disconnect:
            self._disconnect(disconnect.answer)
        except (ConnectionError, TimeoutError):
            self.close_connection = True
        except (OSError, sqlite3.OperationalError) as error:
            self._send_refusal(no_room(error))
        except sqlite3.ProgrammingError:
            if not self.simulator.closing.is_set():
                raise
            self.close_connection = True

    def _linger(self) -> None:
        """Take what a client still sends, as it may not look for the answer before its end.

        To close on unread bytes would reset the connection, and the answer could be lost.
        """
        until = time.monotonic() + LINGER_S
        with contextlib.suppress(OSError):
            if not isinstance(self.connection, ssl.SSLSocket):
                self.connection.shutdown(socket.SHUT_WR)
            while (left := until - time.monotonic()) > 0:
                self.connection.settimeout(left)
                if not self.connection.recv_into(self.buffer):
                    return

    def _disconnect(self, answer: Refused | None) -> None:
        self.close_connection, self.body_left = True, 0
        with contextlib.suppress(OSError):
            if answer is not None:
                self._send_refusal(answer)
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_RDWR)

    # --- the head of a request

    def _read_head(self) -> bool:
        """Read the next request's head; False at the connection's end. Raises Refused."""
        try:
            head = heads.read(self._lines)
        except Refused:
            self.request_id = next(self.simulator.request_ids)
            self.close_connection, self.body_left = True, ENDLESS
            raise
        if head is None:
            return False
        self.request_id = next(self.simulator.request_ids)
        self.method, self.fields = head.method, head.fields
        self.raw_path, self.raw_query = head.path, head.query
        self.close_connection, self.is_old = not head.keeps_alive, head.is_old
        self._begin_body()
        return True

    def _begin_body(self) -> None:
        if "transfer-encoding" in self.fields:
            self.close_connection, self.body_left = True, ENDLESS
            raise Refused(411, "MissingContentLength", "Content-Length is required.")
        if (text := self.fields.get("content-length")) is not None:
            if not (text.isascii() and text.isdigit() and len(text) < 20):
                self.close_connection, self.body_left = True, ENDLESS
                raise Refused(400, "InvalidArgument", "Content-Length is not a number.")
            self.length = self.body_left = int(text)
        if self.fields.get("expect", "").lower() == "100-continue" and not self.is_old:
            # The line has to leave at once: libcurl waits a second for it.
            self.wfile.write(heads.CONTINUE)
            self.wfile.flush()

    def _answer_request(self) -> None:
        if self.raw_path.startswith(control.PATH):
            self._control()
            return
        self.simulator.count(f"requests {self.method}")
        if self.faults.get("mgmt_port"):
            raise Refused(404, "NotFound", "This is the management path.")
        self.faults.begin(self.method, self.raw_path, self.raw_query)
        user = self._authenticate()
        self._fail_if_asked()
        self.simulator.router.answer(self, user)

    def _control(self) -> None:
        token = self.fields.get("x-simulator-token", "")
        control.check(self.client_address[0], self.simulator.token, token)
        what = self.raw_path.removeprefix(control.PATH)
        self.send(control.answer(self.simulator, self.method, what, self.read_body()))

    def _authenticate(self) -> str:
        request = signature.Signed(
            self.method, self.raw_path, self.raw_query, self.fields, self.body_left > 0
        )
        secrets, names = self.simulator.users.secrets_and_names()
        try:
            access_id = signature.check(
                request,
                secrets,
                now=self.simulator.store.now(),
                lenient=self.faults.get("lenient_bodyless"),
            )
        except signature.Denied as denied:
            raise Refused(403, denied.code, denied.message) from None
        return names[access_id]

    def _fail_if_asked(self) -> None:
        failure = self.faults.failure_for(self.method, self.raw_path, self.raw_query)
        if failure is not None:
            status, code = failure
            again = status in WITH_RETRY_AFTER
            raise Refused(status, code, "A fault was asked for.", retry_after=again)

    # --- bodies

    def read_body(self) -> bytes:
        if self.body_left > MAX_XML_BODY:
            raise Refused(400, "InvalidArgument", "The body is too long.")
        if not self.body_left:
            return b""
        body = self.rfile.read(self.body_left)
        if len(body) < self.body_left:
            raise Disconnect
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
        if self.method != "HEAD" and answer.body:
            version, style = self.faults.get("server_version"), self.faults.get("xml_style")
            is_xml = answer.body.startswith("<")
            body = rewrite(answer.body, version, style) if is_xml else answer.body.encode()
        head = self._head(answer.status, len(body), answer.headers, xml=bool(body))
        self.wfile.flush()
        self.connection.sendall(head + body)

    def _send_refusal(self, refused: Refused) -> None:
        self._drain()
        headers = retry_after(self.faults) if refused.retry_after else {}
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

    def send_head(self, status: int, length: int, headers: Mapping[str, str]) -> None:
        self.wfile.write(self._head(status, length, headers))

    def _head(
        self, status: int, length: int, headers: Mapping[str, str], *, xml: bool = False
    ) -> bytes:
        date = heads.date(int(self.simulator.store.now()))
        given = f"Date: {date}\r\nServer: DS3 simulator\r\nx-amz-request-id: {self.request_id}\r\n"
        if xml:
            given += "Content-Type: text/xml;charset=UTF-8\r\n"
        if status != 204:
            given += f"Content-Length: {length}\r\n"
        for name, value in headers.items():
            given += f"{name}: {value}\r\n"
        if self.close_connection:
            given += "Connection: close\r\n"
        elif self.is_old:
            given += "Connection: keep-alive\r\n"
        return heads.written(status, given)
