"""Digests begun while the appliance is making the job.

A blob's checksum goes out before its bytes, so the first blobs of an upload would wait for theirs
while nothing is sent. Making a job takes the appliance a while, in which the disk and the
processors have nothing else to do for it.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator

from ds3_browser.protocol.records import ChecksumType

from .checksum import AtOnce, Begun
from .errors import JobCancelled, LocalFileError
from .file_body import opened, planned, reading
from .ledger import NewObject
from .plan import Item
from .pool import SMALL, BlobPool

MOST_FILES = 64
MOST_BYTES = 1 << 30  # what four threads send first


class Ahead:
    """The first big files of one job there. Files are digested in the pool's hashing thread."""

    def __init__(self, part: int, kind: ChecksumType, pool: BlobPool, check: Callable[[], None]):
        """`check` is called at each piece, and raises JobCancelled to end it."""
        self.part, self.kind = part, kind
        self._pool = pool
        self._check = check
        self._asked = self._stopped = False
        self._begun: dict[str, tuple[Begun, threading.Lock]] = {}

    def noting(self, objects: Iterator[NewObject]) -> Iterator[NewObject]:
        """The objects as they are asked for. After the last of them it begins on the first, once:
        an appliance that is busy is asked again.
        """
        first: list[Item] = []
        left = MOST_BYTES
        for found in objects:
            size = found.size or 0
            if size >= SMALL and left > 0 and len(first) < MOST_FILES:
                first.append(planned(found))
                left -= size
            yield found
        if first and not self._asked:
            self._asked = True
            self._pool.hash_ahead(lambda: self._digest(first))

    def stop(self) -> None:
        """Blobs are on their way, and those who send them go on with what is begun."""
        self._stopped = True

    def of(self, item: Item) -> Begun | None:
        """What is begun of a file. May block while a piece of it is read."""
        self.stop()
        begun, busy = self._begun.get(item.name, (None, None))
        if busy is not None:
            with busy:
                pass
        return begun

    def _digest(self, items: list[Item]) -> None:
        left = MOST_BYTES
        for item in items:
            if self._stopped:
                return
            begun, busy = Begun(self.kind), threading.Lock()
            at_once: AtOnce | None = self._pool.at_once if self._pool.idle > 1 else None
            with busy:
                self._begun[item.name] = begun, busy
                # Who sends the file finds out himself what is wrong with it.
                with (
                    contextlib.suppress(JobCancelled, LocalFileError, _Stopped),
                    opened(item) as file,
                    reading(item),
                ):
                    begun.go_on(file, min(item.size, left), self._go_on, at_once)
            left -= item.size

    def _go_on(self) -> None:
        self._check()
        if self._stopped:
            raise _Stopped


class _Stopped(Exception):
    pass
