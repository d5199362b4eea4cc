"""The checksums of an upload's blobs, which go out before their bytes.

Big blobs are hashed ahead, while others are being sent or the appliance makes the job; what nobody
has begun on is hashed by the thread that is about to send it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future

from ds3_browser.protocol.records import Checksum, ChecksumType

from . import checksum
from .ahead import Ahead
from .blobs import Transfer
from .file_body import file_of, opened, reading
from .ledger_records import NewObject
from .pool import SMALL, BlobPool


class Digests:
    """Those of one job. `kind` is what the bucket's data policy wants, None where it wants none."""

    def __init__(self, pool: BlobPool, check: Callable[[], None]) -> None:
        """`check` is called at each piece, and raises JobCancelled to end it."""
        self.kind: ChecksumType | None = None
        self._pool = pool
        self._check = check
        self._hashed: dict[Transfer, Future[Checksum]] = {}
        self._ahead: Ahead | None = None  # of the part that is being created, or moved

    def noting(self, part: int, objects: Iterator[NewObject]) -> Iterator[NewObject]:
        """The objects of a part as its job is asked for, to be begun on when all are named."""
        if self.kind is None:
            return objects
        if self._ahead is None or (self._ahead.part, self._ahead.kind) != (part, self.kind):
            self._stop_ahead()
            self._ahead = Ahead(part, self.kind, self._pool, self._check)
        return self._ahead.noting(objects)

    def begin(self, transfer: Transfer) -> None:
        """In the job's thread: have the pool's hashing thread read a big blob before its turn."""
        kind = self.kind
        if kind is None or transfer.blob.length < SMALL or transfer.checksum is not None:
            return
        self._stop_ahead()
        self._hashed[transfer] = self._pool.hash_ahead(lambda: self._hash(kind, transfer))

    def of(self, transfer: Transfer) -> Checksum | None:
        """In the blob's thread: the digest of a big blob; one that nobody has begun on is hashed
        here.

        To wait in line behind other jobs' blobs would leave this thread and its connection idle.
        """
        hashed = self._hashed.pop(transfer, None)
        if hashed is not None and not hashed.cancel():
            return hashed.result()
        return self._hash(self.kind, transfer) if self.kind is not None else None

    def _hash(self, kind: ChecksumType, transfer: Transfer) -> Checksum:
        """In several threads where the pool's own have nothing to send meanwhile.

        After a try in vain all of it is read anew: what was begun may not be what is in the file.
        """
        item, blob = file_of(transfer.object), transfer.blob
        at_once = self._pool.at_once if self._pool.idle > 1 else None
        ahead = self._ahead if not transfer.tries else None
        begun = ahead.of(item) if ahead is not None else None
        with opened(item) as file, reading(item):
            return checksum.of_file(
                *(kind, file, blob.offset, blob.length, self._check),
                *(at_once, begun),
            )

    def _stop_ahead(self) -> None:
        if self._ahead is not None:
            self._ahead.stop()
