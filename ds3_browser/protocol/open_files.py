"""A body and a sink over open files, or bytes in memory that look like one, for scripts.

They know no path. A file serves one call at a time; its position is anywhere afterwards.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import BinaryIO

from .bodies import PIECE

#: Those of `open`, beside the unbuffered one.
_BUFFERED = (io.BufferedReader, io.BufferedRandom)


class FilePart:
    """A body: `length` bytes of a binary file from `offset`, or all that follow.

    A file that turns out shorter ends the call with BodyChanged, which is an OSError. Raises
    TypeError for what is no file, or one that was opened as text, and ValueError for one that
    cannot be read, or at any place, as a pipe.
    """

    def __init__(self, file: BinaryIO, offset: int = 0, length: int | None = None) -> None:
        _check_open(file, "rb")
        _check_number("offset", offset)
        # This also hands on what was written to it just now, which the system would not send else.
        file.seek(0, io.SEEK_END)
        end = file.tell()
        if length is None and offset > end:
            raise ValueError(f"A file of {end} bytes has no part from {offset} on.")
        self.length = end - offset if length is None else _check_number("length", length)
        self._file = file
        self._offset = offset

    @property
    def file(self) -> tuple[int, int] | None:
        """Where the system can send it from by itself; None where it is not the file's bytes that
        are read, as of one that is unpacked, whose descriptor is that of the packed one.
        """
        raw = getattr(self._file, "raw", None) if type(self._file) in _BUFFERED else self._file
        return (raw.fileno(), self._offset) if type(raw) is io.FileIO else None

    def pieces(self) -> Iterator[memoryview]:
        self._file.seek(self._offset)
        left = self.length
        while left and (piece := self._file.read(min(PIECE, left))):
            left -= len(piece)
            yield memoryview(piece)

    def moved(self, n: int) -> None:
        """Called after each piece: to be overridden by who wants to count, or to stop it."""


class FileSink:
    """A sink: the bytes of a blob go to their place behind `offset` of a binary file.

    Raises TypeError for what is no file, or one that was opened as text, and ValueError for one
    that cannot be written, or at one place alone: a pipe, and one opened to append, which whatever
    their place would write them at its end.
    """

    def __init__(self, file: BinaryIO, offset: int = 0) -> None:
        _check_open(file, "wb")
        if "a" in str(getattr(file, "mode", "")):
            raise ValueError('A file to be filled is opened with "r+b" or "wb", not to append.')
        self._file = file
        self._offset = _check_number("offset", offset)

    def write_at(self, offset: int, piece: memoryview) -> None:
        self._file.seek(self._offset + offset)
        while piece:
            piece = piece[self._file.write(piece) :]

    def moved(self, n: int) -> None:
        """As that of a body."""


def _check_open(file: object, mode: str) -> None:
    """Now, and not when the request is under way: what a job sends once is not sent again."""
    if isinstance(file, io.TextIOBase) or getattr(file, "encoding", None) is not None:
        raise TypeError('The file is opened as text: open it with a "b" in its mode.')
    if not hasattr(file, "seek"):
        kind = type(file).__name__
        raise TypeError(f"An open file is needed, as of open(path, {mode!r}), not {kind}.")
    if getattr(file, "closed", False):
        raise ValueError("The file is closed.")
    able = getattr(file, "readable" if mode == "rb" else "writable", None)
    if able is not None and not able():
        raise ValueError(f"The file was opened for another thing: it takes the mode {mode!r}.")
    can_seek = getattr(file, "seekable", None)
    if can_seek is not None and not can_seek():
        raise ValueError("The file has no places to go to: a pipe, or like one.")


def _check_number(what: str, number: int) -> int:
    if not isinstance(number, int):
        raise TypeError(f"The {what} of a part of a file is an int, not {number!r}.")
    if number < 0:
        raise ValueError(f"The {what} of a part of a file is no less than nothing: {number}.")
    return number
