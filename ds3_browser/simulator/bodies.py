"""Object data through a connection: a megabyte at a time, never a body in memory."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Protocol

from .calls import Answer
from .faults import Faults
from .spans import Span
from .store import Refused

PIECE = 1 << 20
LATE_S = 0.01  # a throttled connection may catch up with so much lateness, and saves up no more
PATTERN = bytes(range(256)) * (2 * PIECE // 256)


class Disconnect(Exception):
    """The connection is to be cut, after an answer if there is one."""

    def __init__(self, answer: Refused | None = None) -> None:
        super().__init__()
        self.answer = answer


class Exchange(Protocol):
    """One request and its answer, as the calls that move data see them.

    `fields` are the request's headers with lower-case names. `length` is the announced length of
    its body, None without one. `buffer` is a piece long and lives as long as the connection.
    """

    length: int | None
    pace: Pace

    @property
    def buffer(self) -> memoryview: ...

    @property
    def fields(self) -> Mapping[str, str]: ...

    def read_into(self, piece: memoryview) -> int:
        """Take some of the body. Raises Disconnect when the client is gone."""

    def read_body(self) -> bytes:
        """All of a body that is small. Raises Disconnect when the client is gone."""

    def send(self, answer: Answer) -> None: ...

    def send_head(self, status: int, length: int, headers: Mapping[str, str]) -> None: ...

    def send_bytes(self, data: bytes | bytearray | memoryview) -> None: ...

    def send_file(self, descriptor: int, offset: int, length: int) -> Iterator[int]:
        """Send a part of a file; yields how much each time some has gone."""


class Pace:
    """Keeps a connection at the throttle's speed, in small pieces so that it moves smoothly.

    `closing` is set when the simulator ends; no wait outlasts that.
    """

    def __init__(self, faults: Faults, closing: threading.Event) -> None:
        self._faults = faults
        self._closing = closing
        self._due = 0.0

    @property
    def piece(self) -> int:
        limit = self._faults.get("throttle_bps")
        return PIECE if not limit else max(1, min(PIECE, limit // 20))

    def moved(self, n: int) -> None:
        """Wait until `n` more bytes are due. A throttle that is taken away ends the wait.

        Raises Disconnect when the simulator ends.
        """
        limit = self._faults.get("throttle_bps")
        if not limit:
            return
        self._due = max(self._due, time.monotonic() - LATE_S) + n / limit
        while limit and (left := self._due - time.monotonic()) > 0:
            if self._closing.wait(min(left, 0.1)):
                raise Disconnect
            limit = self._faults.get("throttle_bps")


class Sending:
    """The body of an answer to a GET, and what faults do to it.

    `sent` are the spans of the object that have gone. `cut` is the fault, if any, that ends the
    body early. `source` is the blob's file, its bytes, or None for a pattern in their place; its
    first byte is `begin` in the object.
    """

    def __init__(
        self,
        exchange: Exchange,
        begin: int,
        source: int | bytes | None,
        faults: Faults,
        count: Callable[[str, int], None],
    ) -> None:
        self.sent: list[Span] = []
        self.cut = faults.strikes("truncate_get", "GET") or faults.strikes("drop_connection", "GET")
        self._flip = faults.strikes("corrupt_get", "GET") is not None
        self._exchange = exchange
        self._begin = begin
        self._source = source
        self._count = count

    def send(self, spans: list[Span]) -> None:
        pace = self._exchange.pace
        for begin, end in pieces(spans, pace.piece):
            if isinstance(self._source, int) and not self._flip:
                self._send_from(self._source, begin, end)
            else:
                self._exchange.send_bytes(self._read(begin, end))
                self.sent.append((begin, end))
            self._count("bytes sent", end - begin)
            pace.moved(end - begin)

    def _send_from(self, file: int, begin: int, end: int) -> None:
        at = begin
        for n in self._exchange.send_file(file, begin - self._begin, end - begin):
            self.sent.append((at, at + n))
            at += n

    def _read(self, begin: int, end: int) -> bytes | bytearray:
        match self._source:
            case None:
                data = pattern(begin, end - begin)
            case bytes() as whole:
                data = whole[begin - self._begin : end - self._begin]
            case descriptor:
                data = os.pread(descriptor, end - begin, begin - self._begin)
        if not (self._flip and data):
            return data
        self._flip = False
        wrong = bytearray(data)
        wrong[len(wrong) // 2] ^= 1
        return wrong


def pattern(offset: int, length: int) -> bytes:
    """What stands for bytes that were not kept: each is its offset's last byte."""
    begin = offset % 256
    return PATTERN[begin : begin + length]


def pieces(spans: list[Span], size: int) -> Iterator[Span]:
    """Cut spans in pieces of at most `size`; an empty span is one empty piece."""
    for begin, end in spans:
        for at in range(begin, max(end, begin + 1), size):
            yield at, min(at + size, end)
