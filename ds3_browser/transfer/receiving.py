"""A download's sinks: where the bytes of a blob go, and what is known of those that have come."""

from __future__ import annotations

import io
import os
from collections.abc import Callable

from ds3_browser.protocol.bodies import NOT_BY_THE_KERNEL
from ds3_browser.protocol.errors import BadReply
from ds3_browser.protocol.records import Blob, BlobReply, Checksum, ChecksumType

from . import checksum
from .blobs import Transfer
from .controls import Controls
from .limit import Allowance
from .part_file import PartFile


class Received:
    """How much of a blob is in its file, and the digest of that; kept when a body breaks off.

    `reply` is what came with the last of it, once all of it is here. `resumed` where it came in
    several pieces.
    """

    def __init__(self, kind: ChecksumType | None) -> None:
        self.length = 0
        self.reply: BlobReply | None = None
        self.resumed = False
        self._kind = kind
        self._digest = checksum.new(kind) if kind is not None else None

    @property
    def digests(self) -> bool:
        return self._digest is not None

    def add(self, piece: memoryview) -> None:
        if self._digest is not None:
            self._digest.update(piece)
        self.length += len(piece)

    def add_unseen(self, n: int) -> None:
        """Of what is not digested only the length counts."""
        self.length += n

    def checksum(
        self,
        kind: ChecksumType,
        written: io.FileIO | bytearray,
        blob: Blob,
        check: Callable[[], None],
    ) -> Checksum:
        """The digest of the whole blob; read back where another type is asked than was expected.

        `check` is called at each piece that is read back, and may raise.
        """
        if self._digest is not None and kind is self._kind:
            return checksum.finish(kind, self._digest)
        if isinstance(written, bytearray):
            return checksum.of_bytes(kind, bytes(written))
        return checksum.of_file(kind, written, blob.offset, blob.length, check)


class MemorySink:
    """Takes a small blob's bytes."""

    def __init__(self, transfer: Transfer, received: Received) -> None:
        self.data = bytearray()
        self._transfer = transfer
        self._received = received

    def write_at(self, offset: int, piece: memoryview) -> None:
        if len(self.data) + len(piece) > self._transfer.blob.length:
            raise _too_long(self._transfer)
        self.data += piece
        self._received.add(piece)

    def moved(self, n: int) -> None:
        self._transfer.moved += n


def _too_long(transfer: Transfer) -> BadReply:
    return BadReply(f"more bytes than the blob has: {transfer.blob.name}")


class BlobSink:
    """Takes a blob's bytes to their place in the part file, one piece after the other."""

    def __init__(
        self,
        part: PartFile,
        file: io.FileIO,
        transfer: Transfer,
        received: Received,
        controls: Controls,
        take: Callable[[int], int],
    ) -> None:
        self.received = received
        self._allowance = Allowance(take)
        self.allowed = self._allowance.of
        self._part = part
        self._file = file
        self._transfer = transfer
        self._controls = controls
        file.seek(transfer.blob.offset + received.length)

    def write_at(self, offset: int, piece: memoryview) -> None:
        self._check_length(len(piece))
        with self._part.told():
            written = 0
            while written < len(piece):
                written += self._file.write(piece[written:])
        self.received.add(piece)

    @property
    def takes_unseen(self) -> bool:
        return not self.received.digests

    def take_unseen(self, offset: int, pipe: int, n: int) -> int:
        self._check_length(n)
        with self._part.told():
            try:
                taken = os.splice(pipe, self._file.fileno(), n)
            except OSError as error:
                if error.errno in NOT_BY_THE_KERNEL:
                    return 0
                raise
        self.received.add_unseen(taken)
        return taken

    def _check_length(self, n: int) -> None:
        if self.received.length + n > self._transfer.blob.length:
            # What comes behind it belongs to another blob.
            raise _too_long(self._transfer)

    def moved(self, n: int) -> None:
        self._allowance.moved(n)
        self._transfer.moved = self.received.length
        self._controls.check()
