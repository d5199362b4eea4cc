"""The answer to one request, whichever way it came: its status, its headers, its body once.

A body goes to a sink straight from the socket where nothing has to be decoded on the way.
"""

from __future__ import annotations

import abc
import contextlib
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from http import client as http_client
from typing import Protocol

import urllib3

from .bodies import PIECE, Sink, Unseen, allowance, room
from .errors import BadReply, Ds3Error
from .headers import read_count
from .splicing import Spliced, can_be_spliced

FLUSH_AFTER_S = 0.2

Failure = Callable[[Exception, int], Ds3Error]


class Wire(Protocol):
    """What lies under an answer whose body comes as it is."""

    @property
    def sock(self) -> socket.socket:
        """Where what is not buffered comes from."""

    def buffered(self, most: int) -> memoryview | bytes:
        """What came from the socket along with the head, and has to be read first."""

    def done(self) -> None:
        """All of the body was read: the connection may carry the next request."""


def _fill_from(sock: socket.socket, view: memoryview) -> tuple[int, OSError | None]:
    """Read until the view is full, or for a moment where bytes come slowly.

    How many bytes there are now, and what ended the connection where it ended.
    """
    filled, began = 0, time.monotonic()
    try:
        while filled < len(view):
            n = sock.recv_into(view[filled:])
            if n == 0:
                return filled, ConnectionResetError("ended early")
            filled += n
            if time.monotonic() - began > FLUSH_AFTER_S:
                break
    except OSError as error:
        return filled, error
    return filled, None


class Answer(abc.ABC):
    """The answer to one request. Its body is read once, by one of the methods.

    `status` is the HTTP status; `headers` finds names in any case. Reading raises ConnectionLost
    where the body ends before its announced length. `failure` tells what an error of the
    connection means after so many bytes.
    """

    def __init__(self, status: int, headers: Mapping[str, str], failure: Failure) -> None:
        self.status = status
        self.headers = headers
        self._failure = failure

    @abc.abstractmethod
    def _read_some(self, wanted: int) -> bytes:
        """The next bytes of the body, b"" at its end. Raises what the connection raises."""

    @abc.abstractmethod
    def _wire(self) -> Wire | None:
        """What the body can be read from directly; None where it must be decoded."""

    @property
    def length(self) -> int | None:
        """The announced length of the body, None where there is none to be relied on."""
        return read_count(self.headers.get("Content-Length"))

    def pieces(self, limit: int) -> Iterator[bytes]:
        """The body in pieces. Raises BadReply at the first byte beyond `limit`."""
        total = 0
        while piece := self._read(min(PIECE, limit - total + 1), total):
            total += len(piece)
            if total > limit:
                raise BadReply(f"the answer is longer than {limit} bytes")
            yield piece

    def whole(self, limit: int) -> bytes:
        return b"".join(self.pieces(limit))

    def beginning(self, limit: int) -> bytes:
        """The first bytes of a body that is allowed to be broken off or to be missing."""
        with contextlib.suppress(Ds3Error):
            return self._read(limit, 0)
        return b""

    def _read(self, wanted: int, so_far: int) -> bytes:
        try:
            return self._read_some(wanted)
        except (urllib3.exceptions.HTTPError, http_client.HTTPException, OSError) as error:
            raise self._failure(error, so_far) from error

    def receive(self, sink: Sink) -> int:
        """Hand the body to the sink in pieces of up to 1 MiB; return its length.

        What breaks off has reached the sink up to `ConnectionLost.received`.
        """
        announced = self.length
        wire = self._wire() if announced else None
        if announced is None or wire is None:
            return self._receive_decoded(sink, announced)
        received = self._receive_buffered(wire, sink, announced)
        if can_be_spliced(sink, wire.sock, announced - received):
            received = self._receive_unseen(wire, sink, received, announced)
        if received < announced:
            buffer, allowed = room(min(PIECE, announced), received), allowance(sink)
            while received < announced:
                wanted = allowed(min(PIECE, announced - received))
                filled, error = _fill_from(wire.sock, buffer[:wanted])
                received += _hand_over(sink, received, buffer[:filled])
                if error is not None:
                    raise self._failure(error, received) from error
        wire.done()
        return received

    def _receive_buffered(self, wire: Wire, sink: Sink, announced: int) -> int:
        try:
            held = wire.buffered(announced)
        except OSError as error:
            raise self._failure(error, 0) from error
        return _hand_over(sink, 0, memoryview(held))

    def _receive_unseen(self, wire: Wire, sink: Unseen, received: int, announced: int) -> int:
        spliced = Spliced(wire.sock, sink, received, announced)
        error = spliced.receive()
        if error is not None:
            raise self._failure(error, spliced.received) from error
        return spliced.received

    def _receive_decoded(self, sink: Sink, announced: int | None) -> int:
        received, allowed = 0, allowance(sink)
        while piece := self._read(allowed(PIECE), received):
            received += _hand_over(sink, received, memoryview(piece))
        if announced is not None and received < announced:
            raise self._failure(ConnectionResetError("ended early"), received)
        return received


def _hand_over(sink: Sink, offset: int, piece: memoryview) -> int:
    if piece:
        sink.write_at(offset, piece)
        sink.moved(len(piece))
    return len(piece)
