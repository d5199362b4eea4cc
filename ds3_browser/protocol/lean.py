"""The short way for a blob: the request in one send, its answer from the same socket.

requests and urllib3 take half a millisecond of processor time for a request, and a job of many
small objects is little else. This way exists for plain HTTP without a proxy; bodies go out from
memory. What comes back is read here if it is what nearly all answers are, a success of announced
length; everything else is left to http.client, over the same bytes, and the connection is closed
after it.
"""

from __future__ import annotations

import contextlib
import io
import re
import select
import socket
import threading
from collections.abc import Iterator, Mapping
from http import client as http_client
from typing import Any  # http.client's own idea of a socket

from .answers import Answer, Failure, Wire
from .connections import BoundedResponse, Flight, open_socket
from .headers import read_count
from .records import Endpoint

HELD = 64 << 10
_USUAL = re.compile(r"HTTP/1\.1 (20[046])(?: [^\r\n]*)?").fullmatch
_BARE_END = re.compile(rb"\n\r?\n").search
_NAME = re.compile(r"[^\s:][^\n:]*(?<!\s)").fullmatch


def suits(endpoint: Endpoint) -> bool:
    """Whether this way leads to the endpoint."""
    return endpoint.scheme == "http" and endpoint.proxy is None


class Lines:
    """The plain connections to one endpoint. Each carries one request at a time, of any thread."""

    def __init__(self, endpoint: Endpoint, connect_timeout_s: float) -> None:
        self._place = (endpoint.host, endpoint.port)
        self._connect_timeout_s = connect_timeout_s
        self._lock = threading.RLock()  # one that is let go is left wherever that happens
        self._idle: list[_Line] = []
        self._closed = 0

    def close(self) -> None:
        """Close what is idle; a connection in use is closed by who uses it."""
        with self._lock:
            idle, self._idle = self._idle, []
            self._closed += 1
        for line in idle:
            line.close()

    def answer(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes, flight: Flight
    ) -> Asked:
        """A request to send, and its answer. Raises what `flight` makes of a failure."""
        return Asked(self, method, _message(method, target, headers, body), flight)

    def take(self, flight: Flight) -> tuple[_Line, int]:
        """A connection, and what `give_back` wants to know. Raises OSError."""
        closed = self._closed
        return self._idle_line() or self._new_line(flight), closed

    def give_back(self, line: _Line, closed: int) -> None:
        """Keep the connection for the next request if that is possible, or close it."""
        with self._lock:
            kept = line.reusable and closed == self._closed
            if kept:
                self._idle.append(line)
        if not kept:
            line.close()

    def _idle_line(self) -> _Line | None:
        while True:
            with self._lock:
                if not self._idle:
                    return None
                line = self._idle.pop()
            if not line.dropped():
                line.reusable = False
                return line
            line.close()

    def _new_line(self, flight: Flight) -> _Line:
        return _Line(open_socket(self._place, self._connect_timeout_s, flight))


class Asked(contextlib.AbstractContextManager[Answer]):
    """One request on its line, until its answer was read. Not a generator: it would cost more.

    It is sent when it is entered, or before that by `send`: so several can be on their way while
    one thread waits for the answer to the first.
    """

    __slots__ = ("_closed", "_error", "_flight", "_line", "_lines", "_message", "_method")

    def __init__(self, lines: Lines, method: str, message: bytes, flight: Flight) -> None:
        self._lines = lines
        self._method = method
        self._message = message
        self._flight = flight
        self._line: _Line | None = None
        self._error: OSError | None = None

    def send(self) -> None:
        """Send it. Where there is no connection, raises what the flight makes of that at once.

        What goes wrong with a connection is raised when this is entered.
        """
        try:
            self._line, self._closed = self._lines.take(self._flight)
        except OSError as error:
            raise self._flight.failure(error) from error
        try:
            self._flight.begin(self._line.sock)
            self._line.send(self._message)
        except OSError as error:
            self._error = error

    def __enter__(self) -> Answer:
        if self._line is None:
            self.send()
        try:
            if self._error is not None:
                raise self._error
            assert self._line is not None
            return self._line.answer(self._method, self._flight.failure)
        except BaseException as error:
            self.leave()
            if isinstance(error, OSError | http_client.HTTPException):
                raise self._flight.failure(error) from error
            raise

    def __exit__(self, *_raised: object) -> None:
        self.leave()

    def __del__(self) -> None:
        # Let go without a word, while hangups hold its socket; an interrupt may leave it half made.
        if getattr(self, "_line", None) is not None:
            self.leave()

    def leave(self) -> None:
        """Give its line back, or close it where the answer was not read to its end."""
        self._flight.end()
        line, self._line = self._line, None
        if line is not None:
            self._lines.give_back(line, self._closed)


def _message(method: str, target: str, headers: Mapping[str, str], body: bytes) -> bytes:
    lines = [f"{method} {target} HTTP/1.1", *map(": ".join, headers.items()), "", ""]
    text = "\r\n".join(lines)
    if text.count("\n") != len(lines) - 1 or text.count("\r") != len(lines) - 1:
        raise ValueError("a header of the request holds a line break")
    return text.encode("latin-1") + body


class _Line:
    """One connection. `reusable` once an answer was read to its end and nothing speaks against."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.reusable = False
        self._refused: OSError | None = None
        self._buffer = bytearray(HELD)
        self._view = memoryview(self._buffer)
        self._poll = select.poll() if hasattr(select, "poll") else None
        if self._poll is not None:
            self._poll.register(sock, select.POLLIN)

    def close(self) -> None:
        self.reusable = False
        with contextlib.suppress(OSError):
            self.sock.close()

    def dropped(self) -> bool:
        """Whether the other side has closed it, or sent what nobody asked for."""
        if self._poll is not None:
            return bool(self._poll.poll(0))
        return bool(select.select([self.sock], [], [], 0)[0])

    def send(self, message: bytes) -> None:
        """Send a request. Raises OSError.

        An answer may come before all was sent, and the connection be closed behind it: that the
        other side takes no more is raised when there is no answer either.
        """
        self._refused = None
        try:
            self.sock.sendall(message)
        except (BrokenPipeError, ConnectionResetError) as error:
            self._refused = error

    def answer(self, method: str, failure: Failure) -> Answer:
        """Read the head of the answer to what was sent. Raises OSError, HTTPException."""
        try:
            return self._answer(method, failure)
        except (OSError, http_client.HTTPException):
            if self._refused is not None:
                raise self._refused from None
            raise

    def _answer(self, method: str, failure: Failure) -> Answer:
        filled, end = 0, -1
        while end < 0 and filled < len(self._buffer):
            n = self.sock.recv_into(self._view[filled:])
            if n == 0:
                break
            begin, filled = max(0, filled - 3), filled + n
            end = self._buffer.find(b"\r\n\r\n", begin, filled)
            if end < 0 and _BARE_END(self._buffer, begin, filled):
                break  # its lines end otherwise: nothing more may come
        if filled == 0:
            raise http_client.RemoteDisconnected("ended without an answer")
        if end >= 0:
            usual = _usual(bytes(self._view[:end]))
            if usual is not None:
                status, headers = usual
                return _UsualAnswer(self, status, headers, failure, end + 4, filled)
        return _OtherAnswer(self.sock, bytes(self._view[:filled]), method, failure)

    def held(self, begin: int, end: int) -> memoryview:
        return self._view[begin:end]

    def receive(self, most: int) -> int:
        """Wait for the first of the bytes to come, into the buffer; at most `most` of them."""
        n = self.sock.recv_into(self._view[:most])
        if n == 0:
            raise ConnectionResetError("ended early")
        return n


def _usual(head: bytes) -> tuple[int, _Headers] | None:
    """Status and headers of an answer as nearly all are; None for any other."""
    lines = head.decode("latin-1").split("\r\n")
    match = _USUAL(lines[0])
    if match is None:
        return None
    found: dict[str, str] = {}
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if not colon or not _NAME(name) or "\n" in value:
            return None
        found[name.lower()] = value.strip(" \t")
    if len(found) != len(lines) - 1:
        return None  # one of them came twice
    length = found.get("content-length", "0" if match[1] == "204" else "")
    if read_count(length) is None:
        return None
    if "transfer-encoding" in found or "content-encoding" in found:
        return None
    return int(match[1]), _Headers(found)


class _Headers(Mapping[str, str]):
    """Headers by name in any case."""

    def __init__(self, lowered: dict[str, str]) -> None:
        self._lowered = lowered

    def __getitem__(self, name: str) -> str:
        return self._lowered[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._lowered)

    def __len__(self) -> int:
        return len(self._lowered)

    def get(self, name: str, default: Any = None) -> Any:  # the mixin's own is four times as slow
        return self._lowered.get(name.lower(), default)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._lowered


class _UsualAnswer(Answer):
    """A success of announced length; the beginning of its body lies in the line's buffer."""

    def __init__(
        self,
        line: _Line,
        status: int,
        headers: Mapping[str, str],
        failure: Failure,
        begin: int,
        filled: int,
    ) -> None:
        super().__init__(status, headers, failure)
        self._line = line
        self._left = self.length or 0
        self._held = line.held(begin, min(filled, begin + self._left))
        self._more_than_asked = filled > begin + self._left
        if not self._left:
            self.done()

    def _read_some(self, wanted: int) -> bytes:
        if not self._left:
            return b""
        piece = bytes(self.buffered(wanted))
        if not self._left:
            self.done()
        return piece

    def _wire(self) -> Wire:
        return self

    def buffered(self, most: int) -> memoryview:
        """What came with the head; where that was nothing, what comes first."""
        if not self._held:
            most = min(most, self._left)
            self._held = self._line.held(0, self._line.receive(most))
        piece, self._held = self._held[:most], self._held[most:]
        self._left -= len(piece)
        return piece

    @property
    def sock(self) -> socket.socket:
        return self._line.sock

    def done(self) -> None:
        stays = self.headers.get("Connection", "").lower() != "close"
        self._line.reusable = stays and not self._more_than_asked


class _OtherAnswer(Answer):
    """Whatever else came, as http.client reads it."""

    def __init__(self, sock: socket.socket, held: bytes, method: str, failure: Failure) -> None:
        self._response: http_client.HTTPResponse = BoundedResponse(
            _Replayed(sock, held),  # type: ignore[arg-type]  # it needs `makefile` alone
            method=method,
        )
        self._response.begin()
        # Without this http.client ends quietly where the connection does.
        self._left = self._response.length
        headers: dict[str, str] = {}
        for name, value in self._response.headers.items():
            lowered = name.lower()
            headers[lowered] = f"{headers[lowered]}, {value}" if lowered in headers else value
        super().__init__(self._response.status, _Headers(headers), failure)

    def _read_some(self, wanted: int) -> bytes:
        piece = self._response.read(wanted)
        if self._left is not None:
            self._left -= len(piece)
            if not piece and self._left > 0:
                raise ConnectionResetError("ended early")
        return piece

    def _wire(self) -> None:
        return None


class _Replayed(io.RawIOBase):
    """A socket for http.client: what was read from it already comes first."""

    def __init__(self, sock: socket.socket, held: bytes) -> None:
        self._sock = sock
        self._held = held

    def makefile(self, *_args: Any) -> io.BufferedReader:
        return io.BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._held:
            return self._sock.recv_into(buffer)
        piece, self._held = self._held[: len(buffer)], self._held[len(buffer) :]
        buffer[: len(piece)] = piece
        return len(piece)
