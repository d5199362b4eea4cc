"""Blobs from and to local files: when they may be moved, and whether they came as they are."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable
from typing import TypeVar

from ds3_browser.protocol import errors
from ds3_browser.protocol.records import BlobReply, ChecksumType
from ds3_browser.transfer import checksum

#: Seconds before a blob is asked for or offered again, where the appliance said: later.
PAUSES_S = (0.1, 0.5, 1.0, 2.0)

T = TypeVar("T")


def when_ready(call: Callable[[], T]) -> T:
    """Call, and again where the appliance says that it is not ready for this blob yet."""
    for pause_s in PAUSES_S:
        try:
            return call()
        except errors.Busy as busy:
            if busy.status != 307:
                raise
        time.sleep(pause_s)
    return call()


def is_same(reply: BlobReply, path: str, offset: int) -> bool:
    """Whether a file has a blob's bytes at an offset, where that can be told."""
    told = reply.checksum
    if told is None or told.type is ChecksumType.NONE or not os.path.isfile(path):
        return True
    with open(path, "rb", buffering=0) as file:
        return checksum.of_file(told.type, file, offset, reply.received, lambda: None) == told


class FileAt:
    """A sink: writes from an offset of a file, which it makes if it is not there.

    The file is made with the first byte, so that a call that fails leaves none behind. That it can
    be made and written is seen before the call: what a job sends once it does not send again.
    """

    def __init__(self, path: str, offset: int) -> None:
        self._path = path
        self._offset = offset
        self._descriptor: int | None = None

    def __enter__(self) -> FileAt:
        try:
            self._descriptor = self._opened(0)
        except FileNotFoundError:
            folder = os.path.dirname(self._path) or os.curdir
            if not self._path or not os.path.isdir(folder):
                raise
            if not os.access(folder, os.W_OK | os.X_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), folder) from None
        return self

    def __exit__(self, *error: object) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)

    def open(self) -> int:
        if self._descriptor is None:
            self._descriptor = self._opened(os.O_CREAT)
        return self._descriptor

    def _opened(self, how: int) -> int:
        return os.open(self._path, os.O_WRONLY | how | getattr(os, "O_BINARY", 0), 0o666)

    def write_at(self, offset: int, piece: memoryview) -> None:
        descriptor = self.open()
        os.lseek(descriptor, self._offset + offset, os.SEEK_SET)
        while piece:
            piece = piece[os.write(descriptor, piece) :]

    def moved(self, n: int) -> None:
        """Nobody counts."""
