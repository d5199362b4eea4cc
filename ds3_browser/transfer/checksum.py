"""Digests of blobs as data policies name them, computed while bytes stream by."""

from __future__ import annotations

import base64
import hashlib
import io
import zlib
from collections.abc import Callable
from typing import Protocol

import crc32c

from ds3_browser.protocol.records import Checksum, ChecksumType

PIECE = 1 << 20


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


def of_file(
    kind: ChecksumType, file: io.FileIO, offset: int, length: int, check: Callable[[], None]
) -> Checksum:
    """Read a part of a file and digest it. `check` is called at each piece and may raise.

    A file that ends early gives the digest of what is there; the send will notice.
    """
    digest = new(kind)
    buffer = memoryview(bytearray(min(PIECE, length)))
    file.seek(offset)
    while length:
        check()
        n = file.readinto(buffer[:length])
        if not n:
            break
        digest.update(buffer[:n])
        length -= n
    return finish(kind, digest)
