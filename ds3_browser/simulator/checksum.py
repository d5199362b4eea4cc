"""Digests of a blob as data policies name them, and the request headers that carry them."""

from __future__ import annotations

import base64
import hashlib
import zlib
from collections.abc import Mapping
from typing import Protocol

import crc32c

HEADERS = {
    "MD5": "Content-MD5",
    "CRC_32": "Content-CRC32",
    "CRC_32C": "Content-CRC32C",
    "SHA_256": "Content-SHA256",
    "SHA_512": "Content-SHA512",
}
FIELDS = {kind: header.lower() for kind, header in HEADERS.items()}
_FIELDS = frozenset(FIELDS.values())


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


def new(kind: str) -> Digest:
    """Begin a digest of a policy's type. CRCs come out as four bytes, big-endian."""
    match kind:
        case "CRC_32":
            return _Crc32()
        case "CRC_32C":
            return _Crc32c()
        case _:
            return hashlib.new(kind.replace("_", "").lower(), usedforsecurity=False)


def of(kind: str, data: bytes) -> bytes:
    if kind == "CRC_32C":  # the usual one, without a detour
        value: int = crc32c.crc32c(data)
        return value.to_bytes(4, "big")
    digest = new(kind)
    digest.update(data)
    return digest.digest()


def text(digest: bytes) -> str:
    """The wire's form: base64 of the binary digest."""
    return base64.b64encode(digest).decode("ascii")


def given(fields: Mapping[str, str]) -> tuple[str, str]:
    """The kind and the text of the checksum that a request's head has; empty without one."""
    if _FIELDS.isdisjoint(fields):
        return "", ""
    found = ((kind, fields.get(name, "")) for kind, name in FIELDS.items())
    return next((pair for pair in found if pair[1]), ("", ""))
