"""Reads what can still be read of a damaged ledger, and leaves the file as it is.

Rows are gone through by their own numbers, without any index. Where a page cannot be read, the next
number that can is searched for, so one torn page costs the rows on it and no others. A file whose
first page is gone, which says where the tables are, is read through a copy with the first page of a
new ledger: the tables of all ledgers begin at the same pages.
"""

from __future__ import annotations

import contextlib
import logging
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any  # values of SQLite

from .ledger_schema import connect, make_tables

log = logging.getLogger(__name__)

Row = Mapping[str, Any]

_END = 1 << 62  # beyond every number of a row
_FIRST_PAGE = 4096


class DamagedLedger:
    """`close` it. `whole` is False once something could not be read."""

    def __init__(self, file: Path) -> None:
        self.whole = True
        self._file = file
        self._copies: Path | None = None
        self._db = self._opened()

    def close(self) -> None:
        if self._db is not None:
            self._db.close()
        if self._copies is not None:
            shutil.rmtree(self._copies, ignore_errors=True)

    def rows(self, table: str, *, since: int = 0) -> Iterator[Row]:
        """The rows of a table that has row numbers, as far as they can be read."""
        if self._db is None:
            return
        at = since
        while at < _END:
            try:
                for row in self._from(table, at):
                    at = row["row_number"] + 1
                    yield row
                return
            except sqlite3.Error as error:
                log.warning("%s: %s is damaged after row %d: %s", self._file, table, at, error)
                self.whole = False
                at = self._next_readable(table, at)

    def blobs(self, object_id: int) -> list[Row]:
        """The blobs of one object; none where they cannot be read."""
        if self._db is None:
            return []
        try:
            return list(self._db.execute("SELECT * FROM blob WHERE object = ?", (object_id,)))
        except sqlite3.Error:
            self.whole = False
            return []

    def _from(self, table: str, at: int) -> Iterator[Row]:
        assert self._db is not None
        query = f"SELECT rowid AS row_number, * FROM {table} NOT INDEXED WHERE rowid >= ?"
        return iter(self._db.execute(f"{query} ORDER BY rowid", (at,)))

    def _next_readable(self, table: str, at: int) -> int:
        """The first number after `at` from which rows can be read; found by ever longer steps."""
        step, bad = 1, at
        while bad + step < _END and not self._is_readable(table, bad + step):
            bad, step = bad + step, step * 2
        good = min(bad + step, _END)
        while good - bad > 1:
            middle = (bad + good) // 2
            good, bad = (middle, bad) if self._is_readable(table, middle) else (good, middle)
        return good

    def _is_readable(self, table: str, at: int) -> bool:
        try:
            next(self._from(table, at), None)
        except sqlite3.Error:
            return False
        return True

    # --- opening

    def _opened(self) -> sqlite3.Connection | None:
        try:
            return _reading(self._file)
        except sqlite3.Error as error:
            log.warning("%s cannot be opened: %s", self._file, error)
        self.whole = False
        try:
            return _reading(self._with_new_first_page())
        except (sqlite3.Error, OSError) as error:
            log.warning("nothing of %s can be read: %s", self._file, error)
            return None

    def _with_new_first_page(self) -> Path:
        self._copies = Path(tempfile.mkdtemp(prefix=".reading-", dir=self._file.parent))
        fresh, copy = self._copies / "fresh", self._copies / "copy"
        with contextlib.closing(connect(fresh)) as db:
            make_tables(db)
        shutil.copy(self._file, copy)
        wal = self._file.with_name(self._file.name + "-wal")
        if wal.exists():
            shutil.copy(wal, copy.with_name(copy.name + "-wal"))
        first = bytearray(fresh.read_bytes()[:_FIRST_PAGE])
        # SQLite takes the size of the file itself where these two counts differ; and the list of
        # free pages is that of the fresh file.
        first[32:40], first[92:96] = bytes(8), b"\xff\xff\xff\xff"
        with copy.open("r+b") as file:
            file.write(first)
        return copy


def _reading(file: Path) -> sqlite3.Connection:
    """A connection that changes nothing of the file. Raises sqlite3.Error where it has no jobs."""
    where = f"{file.resolve().as_uri()}?mode=ro"
    # The ledger's writer goes through the rows while the thread that made this waits for it.
    db = sqlite3.connect(where, uri=True, timeout=30, check_same_thread=False)
    try:
        db.row_factory = sqlite3.Row
        # What does not say where its tables are fails here; damage further on is met row by row.
        for table in ("job", "appliance_job", "chunk", "object", "blob"):
            db.execute(f"SELECT * FROM {table} LIMIT 0").fetchall()
    except sqlite3.Error:
        db.close()
        raise
    return db
