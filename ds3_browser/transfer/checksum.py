"""Digests of blobs as data policies name them, computed while bytes stream by."""

from __future__ import annotations

import base64
import hashlib
import io
import itertools
import os
import zlib
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

import crc32c

from ds3_browser.protocol.bodies import room
from ds3_browser.protocol.records import Checksum, ChecksumType, ObjectHead

from . import crc

PIECE = 1 << 20  # read, and counted while it is in a cache
SHARED_FROM = 64 << 20  # bytes; below that the other threads would hardly begin
SHARED_PIECE = 4 << 20
_SHARES = hasattr(os, "preadv")
READERS = min(4, os.cpu_count() or 1) if _SHARES else 1


class Digest(Protocol):
    def update(self, piece: bytes | memoryview) -> None: ...
    def digest(self) -> bytes: ...


class _Crc32:
    def __init__(self) -> None:
        self._value = 0

    def update(self, piece: bytes | memoryview) -> None:
        self._value = zlib.crc32(piece, self._value)

    def digest(self) -> bytes:
        return self._value.to_bytes(4, "big")


class _Crc32c:
    def __init__(self) -> None:
        self._value = 0

    def update(self, piece: bytes | memoryview) -> None:
        self._value = crc32c.crc32c(piece, self._value)

    def digest(self) -> bytes:
        return self._value.to_bytes(4, "big")


_Count = Callable[[memoryview, int], int]
_CRCS: dict[ChecksumType, tuple[int, _Count]] = {
    ChecksumType.CRC_32: (crc.CRC_32, zlib.crc32),
    ChecksumType.CRC_32C: (crc.CRC_32C, crc32c.crc32c),
}
_MAKERS: dict[ChecksumType, Callable[[], Digest]] = {
    ChecksumType.MD5: lambda: hashlib.md5(usedforsecurity=False),
    ChecksumType.CRC_32: _Crc32,
    ChecksumType.CRC_32C: _Crc32c,
    ChecksumType.SHA_256: hashlib.sha256,
    ChecksumType.SHA_512: hashlib.sha512,
}


def new(kind: ChecksumType) -> Digest:
    """Begin a digest. CRCs come out as four bytes, big-endian."""
    return _MAKERS[kind]()


def finish(kind: ChecksumType, digest: Digest) -> Checksum:
    return Checksum(kind, base64.b64encode(digest.digest()).decode("ascii"))


def of_bytes(kind: ChecksumType, data: bytes) -> Checksum:
    digest = new(kind)
    digest.update(data)
    return finish(kind, digest)


AtOnce = Callable[[Sequence[Callable[[], None]]], object]


class Begun:
    """A file's digest, begun before it is known which parts of the file are blobs.

    Of a CRC its pieces are counted: they serve every blob that begins and ends between two of them.
    Of other kinds the file is digested from its beginning, which serves the first blob. One thread
    at a time may go on with it.
    """

    def __init__(self, kind: ChecksumType) -> None:
        self.kind = kind
        self.pieces: dict[tuple[int, int], int] = {}  # begin and length -> CRC
        self._digest: Digest | None = None
        self._done = 0

    def go_on(
        self,
        file: io.FileIO,
        length: int,
        check: Callable[[], None],
        at_once: AtOnce | None = None,
    ) -> None:
        """Digest the file's first bytes. What is done till `check` raises, or the disk, is kept."""
        if _SHARES and self.kind in _CRCS:
            _Shared(self.kind, file.fileno(), 0, length, check, self.pieces).count(at_once)
            return
        self._digest = self._digest or new(self.kind)
        for piece in _pieces(file, self._done, length, check):
            self._digest.update(piece)
            self._done += len(piece)

    def taken(self, offset: int, length: int) -> tuple[Digest, int]:
        """A digest for a blob, and how many of its bytes it has. It is no longer kept here."""
        digest, done = self._digest, self._done
        if digest is None or offset or done > length:
            return new(self.kind), 0
        self._digest, self._done = None, 0
        return digest, done


def of_file(
    kind: ChecksumType,
    file: io.FileIO,
    offset: int,
    length: int,
    check: Callable[[], None],
    at_once: AtOnce | None = None,
    begun: Begun | None = None,
) -> Checksum:
    """Read a part of a file and digest it. `check` is called at each piece and may raise.

    `at_once` runs works beside each other and returns when all have ended: a long CRC is then
    counted by several threads. What is `begun` is not done again. A file that ends early gives the
    digest of what is there; the send will notice.
    """
    if length < SHARED_FROM or READERS == 1:
        at_once = None
    if _SHARES and kind in _CRCS and (at_once is not None or begun is not None):
        pieces = begun.pieces if begun is not None else {}
        return _Shared(kind, file.fileno(), offset, length, check, pieces).counted(at_once)
    digest, done = begun.taken(offset, length) if begun is not None else (new(kind), 0)
    for piece in _pieces(file, offset + done, length - done, check):
        digest.update(piece)
    return finish(kind, digest)


def _pieces(
    file: io.FileIO, offset: int, length: int, check: Callable[[], None]
) -> Iterator[memoryview]:
    """A part of a file, in pieces that lie in one buffer one after the other."""
    buffer = room(min(PIECE, length))
    file.seek(offset)
    while length:
        check()
        n = file.readinto(buffer[:length])
        if not n:
            break
        yield buffer[:n]
        length -= n


def has_bytes_of(head: ObjectHead, file: io.FileIO, check: Callable[[], None]) -> bool | None:
    """Whether a file of an object's size has its bytes, by the checksums of all its blobs.

    None where the appliance tells none, or none of the first bytes. `check` is called at each piece
    and may raise.
    """
    kind = head.checksum_type
    if kind is None or kind is ChecksumType.NONE or 0 not in head.checksums:
        return None
    begins = sorted(head.checksums)
    return all(
        of_file(kind, file, begin, end - begin, check).value == head.checksums[begin]
        for begin, end in zip(begins, [*begins[1:], head.size], strict=True)
    )


class _Shared:
    """A CRC counted in pieces, by several threads each of which takes the next one.

    So they read the file from its beginning to its end, as a disk likes best.
    """

    def __init__(
        self,
        kind: ChecksumType,
        descriptor: int,
        offset: int,
        length: int,
        check: Callable[[], None],
        known: dict[tuple[int, int], int],
    ) -> None:
        """`known` has CRCs by the begin and length of their pieces, and gets those found here."""
        self._kind = kind
        self._polynomial, self._count = _CRCS[kind]
        self._descriptor = descriptor
        self._check = check
        self._known = known
        self._pieces = [
            (offset + begin, min(SHARED_PIECE, length - begin))
            for begin in range(0, length, SHARED_PIECE)
        ]
        self._next = itertools.count()  # one step of it is not divided among threads
        self._found: dict[int, tuple[int, int]] = {}  # CRC and length of each piece
        self._failed: Exception | None = None

    def count(self, at_once: AtOnce | None) -> None:
        if at_once is None:
            self._work()
        else:
            at_once([self._work] * READERS)
        if self._failed is not None:
            raise self._failed

    def counted(self, at_once: AtOnce | None) -> Checksum:
        self.count(at_once)
        value = 0
        for n in range(len(self._pieces)):
            value = crc.joined(self._polynomial, value, *self._found[n])
        return Checksum(self._kind, base64.b64encode(value.to_bytes(4, "big")).decode("ascii"))

    def _work(self) -> None:
        buffer = room(PIECE)
        try:
            while self._failed is None and (n := next(self._next)) < len(self._pieces):
                self._found[n] = self._piece(*self._pieces[n], buffer)
        except Exception as error:
            self._failed = error

    def _piece(self, begin: int, length: int, buffer: memoryview) -> tuple[int, int]:
        known = self._known.get((begin, length))
        if known is not None:
            return known, length
        value, done = 0, 0
        while done < length:
            self._check()
            n = os.preadv(self._descriptor, [buffer[: length - done]], begin + done)
            if not n:
                return value, done
            value = self._count(buffer[:n], value)
            done += n
        self._known[begin, length] = value
        return value, length
