"""Files that hold the bytes of many small blobs: making a file for each takes far longer.

One is appended to until it is large, and goes with the last blob in it. What was appended without
a transaction that came to its end is there and means nothing.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

LARGE = 8 << 20  # bytes from which on nothing more is appended


class _Open(NamedTuple):
    key: int
    descriptor: int
    length: int


class Packs:
    """All that writes is called with the store's lock held, within its transaction."""

    def __init__(self, folder: Path, db: sqlite3.Connection) -> None:
        self._folder = folder
        self._db = db
        self._open: _Open | None = None

    def close(self) -> None:
        """Append no more to what was begun."""
        if self._open is not None:
            os.close(self._open.descriptor)
            self._open = None

    def keep(self, bodies: Sequence[bytes], new_key: Callable[[], int]) -> tuple[int, int]:
        """Append bodies, one behind the other; the pack's number and where the first begins."""
        pack = self._open = self._open or self._begun(new_key())
        data, end = memoryview(b"".join(bodies)), pack.length
        while data:
            written = os.pwrite(pack.descriptor, data, end)
            data, end = data[written:], end + written
        self._open = pack._replace(length=end)
        self._db.execute(
            "INSERT INTO pack VALUES (?, ?)"
            " ON CONFLICT DO UPDATE SET blobs = blobs + excluded.blobs",
            (pack.key, len(bodies)),
        )
        if self._open.length >= LARGE:
            self.close()
        return pack.key, pack.length

    def _begun(self, key: int) -> _Open:
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
        return _Open(key, os.open(self._path(key), flags, 0o666), 0)

    def read(self, pack: int, start: int, length: int) -> bytes | None:
        """A blob's bytes, None if the pack is gone."""
        try:
            with self._path(pack).open("rb", buffering=0) as file:
                return os.pread(file.fileno(), length, start)
        except FileNotFoundError:
            return None

    def leave(self, pack: int, number: int) -> None:
        """Have so many blobs less in a pack; without any its file goes."""
        self._db.execute("UPDATE pack SET blobs = blobs - ? WHERE key = ?", (number, pack))
        if self._db.execute("DELETE FROM pack WHERE key = ? AND blobs = 0", (pack,)).rowcount:
            if self._open is not None and self._open.key == pack:
                self.close()
            self._path(pack).unlink(missing_ok=True)

    def remove_lost(self) -> None:
        """Remove the files that a killed process wrote and came no further with."""
        known = {self._path(row["key"]) for row in self._db.execute("SELECT key FROM pack")}
        for file in self._folder.glob("pack-*"):
            if file not in known:
                file.unlink()

    def _path(self, pack: int) -> Path:
        return self._folder / f"pack-{pack}"
