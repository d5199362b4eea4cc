"""Object data through a connection: a megabyte at a time, never a body in memory."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
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
    buffer: memoryview
    pace: Pace

    @property
    def fields(self) -> Mapping[str, str]: ...

    def read_into(self, piece: memoryview) -> int:
        """Take some of the body. Raises Disconnect when the client is gone."""

    def send(self, answer: Answer) -> None: ...

    def send_head(self, status: int, length: int, headers: Mapping[str, str]) -> None: ...

    def send_bytes(self, data: bytes | bytearray | memoryview) -> None: ...

    def send_file(self, descriptor: int, offset: int, length: int) -> Iterator[int]:
        """Send a part of a file; yields how much each time some has gone."""


class Pace:
    """Keeps a connection at the throttle's speed, in small pieces so that it moves smoothly."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._due = 0.0

    @property
    def piece(self) -> int:
        limit = self._faults.get("throttle_bps")
        return PIECE if not limit else max(1, min(PIECE, limit // 20))

    def moved(self, n: int) -> None:
        """Wait until `n` more bytes are due. A throttle that is taken away ends the wait."""
        limit = self._faults.get("throttle_bps")
        if not limit:
            return
        self._due = max(self._due, time.monotonic() - LATE_S) + n / limit
        while limit and (left := self._due - time.monotonic()) > 0:
            time.sleep(min(left, 0.1))
            limit = self._faults.get("throttle_bps")


def pattern(offset: int, length: int) -> bytes:
    """What stands for bytes that were not kept: each is its offset's last byte."""
    begin = offset % 256
    return PATTERN[begin : begin + length]


def pieces(spans: list[Span], size: int) -> Iterator[Span]:
    """Cut spans in pieces of at most `size`; an empty span is one empty piece."""
    for begin, end in spans:
        for at in range(begin, max(end, begin + 1), size):
            yield at, min(at + size, end)
