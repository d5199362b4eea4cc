"""A file on its way out: opened, read in blobs, and looked at before and after each.

What the disk raises becomes a LocalFileError right here, for what the network raises is an OSError
as well.
"""

from __future__ import annotations

import contextlib
import io
import os
import stat
from collections.abc import Callable, Iterator

from ds3_browser.protocol.bodies import PIECE, room
from ds3_browser.protocol.records import Blob
from ds3_browser.protocol.transport import BodyChanged

from .blobs import ObjectInJob, Transfer
from .controls import Controls
from .errors import LocalFileError
from .events import FailureCode
from .ledger_records import NewObject
from .limit import Allowance
from .plan import NOT_REGULAR, Item, unreadable

READING = (
    os.O_RDONLY
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
    # A named pipe that took a file's place would keep who opens it waiting for its other end.
    | getattr(os, "O_NONBLOCK", 0)
)


class FileBody:
    """A blob of an open file on its way out. `moved` counts, and is where a cancel is noticed."""

    def __init__(
        self,
        item: Item,
        file: io.FileIO,
        transfer: Transfer,
        controls: Controls,
        take: Callable[[int], int],
    ) -> None:
        """`take` waits for a limit of speed, and says how many bytes may go."""
        self._item = item
        self._file = file
        self._transfer = transfer
        self._controls = controls
        self._allowance = Allowance(take)
        self.allowed = self._allowance.of
        transfer.moved = 0

    @property
    def length(self) -> int:
        return self._transfer.blob.length

    @property
    def file(self) -> tuple[int, int] | None:
        return self._file.fileno(), self._transfer.blob.offset

    def pieces(self) -> Iterator[memoryview]:
        buffer = room(PIECE)
        left = self._transfer.blob.length
        self._file.seek(self._transfer.blob.offset)
        while left:
            wanted = self.allowed(min(PIECE, left))
            with reading(self._item):
                n = self._file.readinto(buffer[:wanted])
            if not n:
                raise _changed(self._item, self._file)
            yield buffer[:n]
            left -= n

    def moved(self, n: int) -> None:
        self._allowance.moved(n)
        self._transfer.moved += n
        self._controls.check()


def file_of(found: ObjectInJob) -> Item:
    """The file of an object, as it was planned."""
    return Item(found.name, found.path or "", found.size, found.mtime_ns or 0)


def planned(found: NewObject) -> Item:
    """The file of an object, as it was when the job was planned."""
    return Item(found.name, found.path or "", found.size or 0, found.mtime_ns or 0)


def read(item: Item, blob: Blob) -> tuple[bytes, os.stat_result]:
    """All of a small blob, exactly, and the file's status before it was read."""
    try:
        descriptor = os.open(item.path, READING)
        try:
            before = os.fstat(descriptor)
            if blob.offset:
                os.lseek(descriptor, blob.offset, os.SEEK_SET)
            data = os.read(descriptor, blob.length)
            after = os.fstat(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise _unreadable(item, error) from error
    if len(data) != blob.length or _differs(item, before) or _differs(item, after):
        raise _another(item, after)
    return data, before


def _unreadable(item: Item, error: OSError) -> LocalFileError:
    return LocalFileError(unreadable(item.path, error).code, item.path, error.strerror)


def _differs(item: Item, status: os.stat_result) -> bool:
    """Whether the file is not what was planned."""
    if not stat.S_ISREG(status.st_mode):
        return True
    return status.st_mtime_ns != item.mtime_ns or status.st_size != item.size


@contextlib.contextmanager
def opened(item: Item) -> Iterator[io.FileIO]:
    with reading(item):
        file = io.FileIO(os.open(item.path, READING))
    with file:
        yield file


@contextlib.contextmanager
def reading(item: Item) -> Iterator[None]:
    """Tell what the disk raises from what the network does, which is an OSError as well."""
    try:
        yield
    except OSError as error:
        raise _unreadable(item, error) from error


@contextlib.contextmanager
def sending(item: Item, file: io.FileIO) -> Iterator[None]:
    """Tell what became of the file: an OSError that comes out of a request is never the network."""
    try:
        with reading(item):
            yield
    except LocalFileError as error:
        if isinstance(error.__cause__, BodyChanged):
            raise _changed(item, file) from error
        raise


def unchanged(item: Item, file: io.FileIO) -> os.stat_result:
    """The open file's status, if it is still what was planned; raises LocalFileError if not."""
    with reading(item):
        status = os.fstat(file.fileno())
    if _differs(item, status):
        raise _changed(item, file)
    return status


def _changed(item: Item, file: io.FileIO) -> LocalFileError:
    return _another(item, os.fstat(file.fileno()))


def _another(item: Item, status: os.stat_result) -> LocalFileError:
    """What to say of a file that is not what was planned."""
    if not stat.S_ISREG(status.st_mode):
        return LocalFileError(FailureCode.UNREADABLE, item.path, NOT_REGULAR)
    return LocalFileError(FailureCode.CHANGED, item.path, None, status.st_size - item.size)
