"""Bodies on their way in.

A body goes to a place of its own first and counts when it is complete and its checksum is right. A
part that broke off leaves nothing.
"""

from __future__ import annotations

import contextlib
import functools
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from . import checksum
from .bodies import Disconnect, Exchange
from .faults import Faults
from .policies import Policy
from .store import Refused, Store, no_room

METADATA = "x-amz-meta-"
SMALL_BODY = 1 << 16  # bytes up to which a body is kept in a row: making a file takes far longer
DISCARDED_FROM = 1 << 20  # bytes

Write = Callable[[memoryview], object]


class Received(NamedTuple):
    """What came with a body that is complete. `metadata` has lower-case names."""

    checksum_type: str
    checksum: bytes
    metadata: dict[str, str]
    body: Path | bytes | None  # a file or what is in it; None: the bytes were not kept

    @property
    def kept(self) -> str:
        """Where the bytes are, in the words of the tables."""
        match self.body:
            case None:
                return "nowhere"
            case bytes():
                return "row"
            case _:
                return "file"


def begin_put(exchange: Exchange, faults: Faults) -> int:
    """The length of a body that is about to come. Raises Refused, or Disconnect by switch."""
    if exchange.length is None:
        raise Refused(411, "MissingContentLength", "Content-Length is required.")
    if fault := faults.strikes("early_close", "PUT"):
        status, code = fault.get("status", 503), fault.get("code", "SlowDown")
        raise Disconnect(Refused(status, code, "Too early.", retry_after=True))
    return exchange.length


class Receiving:
    def __init__(self, store: Store, faults: Faults, count: Callable[[str, int], None]) -> None:
        self._store = store
        self._faults = faults
        self._count = count

    def body(
        self, exchange: Exchange, policy: Policy, length: int
    ) -> contextlib.AbstractContextManager[Received]:
        """Take a body to its file, which is gone afterwards unless somebody moved it."""
        given = _given_checksum(exchange.fields, policy)
        if length > SMALL_BODY or self._is_disturbed():
            return self._in_pieces(exchange, policy, length, given)
        body = exchange.read_body()
        self._count("bytes received", length)
        computed = checksum.of(policy.checksum_type, body)
        return contextlib.nullcontext(_received(exchange, policy, body, computed, given))

    def _is_disturbed(self) -> bool:
        """Whether a switch may have a say while a body comes in."""
        get = self._faults.get
        return bool(get("drop_connection") or get("random_faults") or get("throttle_bps"))

    @contextlib.contextmanager
    def _in_pieces(
        self, exchange: Exchange, policy: Policy, length: int, given: str | None
    ) -> Iterator[Received]:
        with self._place_for(length) as (body, write):
            computed = self._receive(exchange, length, policy.checksum_type, write)
            whole = bytes(body) if isinstance(body, bytearray) else body
            yield _received(exchange, policy, whole, computed, given)

    @contextlib.contextmanager
    def _place_for(self, length: int) -> Iterator[tuple[Path | bytearray | None, Write]]:
        """Where a body goes and how: a file, or memory if it is small, or nowhere by switch."""
        if self._faults.get("discard_bodies") and length >= DISCARDED_FROM:
            yield None, _drop
        elif length <= SMALL_BODY:
            small = bytearray()
            yield small, small.extend
        else:
            incoming = self._store.new_file()
            try:
                with incoming.open("xb", buffering=0) as file:
                    yield incoming, functools.partial(_write, file.fileno())
            except BaseException as error:
                incoming.unlink(missing_ok=True)
                if isinstance(error, OSError):
                    raise no_room(error) from error
                raise

    def _receive(self, exchange: Exchange, length: int, kind: str, write: Write) -> bytes:
        """Read a body a piece at a time; its checksum."""
        digest = checksum.new(kind)
        drop = self._faults.strikes("drop_connection", "PUT")
        limit = length if drop is None else min(length, drop.get("bytes", length // 2))
        left = limit
        while left:
            n = exchange.read_into(exchange.buffer[: min(left, exchange.pace.piece)])
            left -= n
            digest.update(exchange.buffer[:n])
            write(exchange.buffer[:n])
            self._count("bytes received", n)
            exchange.pace.moved(n)
        if drop is not None:
            raise Disconnect
        return digest.digest()


def _received(
    exchange: Exchange,
    policy: Policy,
    body: Path | bytes | None,
    computed: bytes,
    given: str | None,
) -> Received:
    """What came, if its checksum is the one that was given. Raises Refused."""
    if given is not None and given != checksum.text(computed):
        raise Refused(400, "BadDigest", "The checksum differs from the body's.")
    return Received(policy.checksum_type, computed, sent_metadata(exchange), body)


def sent_metadata(exchange: Exchange) -> dict[str, str]:
    return {name: value for name, value in exchange.fields.items() if name.startswith(METADATA)}


def _given_checksum(fields: Mapping[str, str], policy: Policy) -> str | None:
    """The checksum a request brought. It has to be of the policy's type."""
    kind, given = checksum.given(fields)
    if given and kind != policy.checksum_type:
        message = f"The data policy asks for {policy.checksum_type}."
        raise Refused(400, "InvalidArgument", message)
    if not given and policy.end_to_end_crc_required:
        raise Refused(400, "InvalidArgument", "The data policy asks for a checksum.")
    return given or None


def _drop(piece: memoryview) -> None:
    """Keep nothing of a body."""


def _write(descriptor: int, piece: memoryview) -> None:
    while piece:
        piece = piece[os.write(descriptor, piece) :]
