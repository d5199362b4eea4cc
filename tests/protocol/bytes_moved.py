"""Bodies and sinks of the tests."""

from __future__ import annotations

import os
from collections.abc import Iterator


class Bytes:
    """A Body over bytes. `sent` is what `moved` was told."""

    file: tuple[int, int] | None = None

    def __init__(self, data: bytes, piece: int = 1 << 20) -> None:
        self.data = data
        self.length = len(data)
        self.sent = 0
        self._piece = piece

    def pieces(self) -> Iterator[memoryview]:
        view = memoryview(self.data)
        for begin in range(0, len(view), self._piece):
            yield view[begin : begin + self._piece]

    def moved(self, n: int) -> None:
        self.sent += n


class OpenFile(Bytes):
    """A Body over an open file. `in_pieces` once it was not the kernel that sent it."""

    def __init__(self, descriptor: int, data: bytes, offset: int = 0) -> None:
        super().__init__(data)
        self.file = (descriptor, offset)
        self.in_pieces = False

    def pieces(self) -> Iterator[memoryview]:
        self.in_pieces = True
        descriptor, offset = self.file or (-1, 0)
        for begin in range(0, self.length, self._piece):
            wanted = min(self._piece, self.length - begin)
            yield memoryview(os.pread(descriptor, wanted, offset + begin))


class Collected:
    """A Sink that keeps what it is given; `pieces` are the lengths it came in."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.pieces: list[int] = []

    def write_at(self, offset: int, piece: memoryview) -> None:
        assert offset == len(self.data)
        self.data += piece

    def moved(self, n: int) -> None:
        self.pieces.append(n)
