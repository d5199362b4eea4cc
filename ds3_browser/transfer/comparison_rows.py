"""What a comparison found, name by name, in a file without a name that is gone with its owner.

Half a million rows are read a page at a time. All calls may come from any thread; none from one
that must not wait for a disk.
"""

from __future__ import annotations

import math
import os
import sqlite3
import threading
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any  # values of SQL

from .comparison_records import Chosen, Proof, Row, Sum, ToRead, Verdict, Why
from .ledger_columns import text_of
from .plan import folds_to

AT_ONCE = 1000
EVERYTHING = Chosen()

_SCHEMA = """
CREATE TABLE row (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, path BLOB, rank INTEGER NOT NULL, why TEXT,
    here INTEGER, mtime_ns INTEGER, there INTEGER, modified REAL, proof TEXT, detail TEXT,
    other TEXT, folded TEXT
);
CREATE INDEX row_rank ON row (rank, id);
CREATE INDEX row_folded ON row (folded, rank) WHERE folded IS NOT NULL;
"""
_COLUMNS = "name, path, rank, why, here, mtime_ns, there, modified, proof, detail, other"
_RANK = {verdict: rank for rank, verdict in enumerate(Verdict)}  # the worst first
_OF_RANK = tuple(Verdict)
_ALONE = (Verdict.ONLY_HERE, Verdict.ONLY_THERE)
#: What is left to be read: it seems to be the same, or is newer, and nobody has compared its bytes.
_TO_READ = (
    "proof IS NULL AND here > 0 AND path IS NOT NULL"
    f" AND (rank = {_RANK[Verdict.SAME]}"
    f" OR (rank = {_RANK[Verdict.DIFFERS]} AND why = '{Why.NEWER.value}'))"
)


class ComparisonRows:
    """The rows of one comparison. `close` it, or let go of it, and they are gone."""

    def __init__(self) -> None:
        # An empty name: SQLite makes a file that it unlinks at once, and keeps small ones in memory
        self._db = sqlite3.connect("", check_same_thread=False, isolation_level=None)
        self._lock = threading.Lock()
        self._batch: list[tuple[Any, ...]] = []
        self._sums = dict.fromkeys(Verdict, Sum())
        self._end = weakref.finalize(self, self._db.close)
        with self._lock:
            self._db.create_function("contains", 2, _contains, deterministic=True)
            self._db.execute("PRAGMA journal_mode = OFF")
            self._db.executescript(_SCHEMA)

    def close(self) -> None:
        with self._lock:
            self._end()

    # --- while it goes on

    def add(self, row: Row) -> None:
        self._sums[row.verdict] = _added(self._sums[row.verdict], row)
        folded = text_of(folds_to(row.name)) if row.verdict in _ALONE else None
        self._batch.append((*_values(row), folded))
        if len(self._batch) >= AT_ONCE:
            self.flush()

    def flush(self) -> None:
        """Have all that was added where it is read."""
        batch, self._batch = self._batch, []
        insert = f"INSERT INTO row ({_COLUMNS}, folded) VALUES ({','.join('?' * 12)})"
        self._write(lambda db: db.executemany(insert, batch))

    def replace(self, row: Row) -> None:
        """More is known of a row."""
        assigned = ", ".join(f"{column} = ?" for column in _COLUMNS.split(", "))
        with self._lock:
            query = f"SELECT id, {_COLUMNS} FROM row WHERE id = ?"
            before = _row(self._db.execute(query, (row.id,)).fetchone())
            update = f"UPDATE row SET {assigned} WHERE id = ?"
            self._db.execute(update, (*_values(row), row.id))
            self._sums[before.verdict] = _added(self._sums[before.verdict], before, -1)
            self._sums[row.verdict] = _added(self._sums[row.verdict], row)

    def find_alike(self) -> None:
        """Pair the names of either side that a disk may take for one."""
        self.flush()
        twin = (
            "SELECT t.name FROM row t WHERE t.folded = row.folded AND t.rank = ?1"
            " ORDER BY t.id LIMIT 1"
        )
        pair = (
            f"UPDATE row SET why = ?3, other = ({twin}) WHERE rank = ?2 AND why IS NULL"
            f" AND EXISTS ({twin})"
        )
        ways = [(_RANK[a], _RANK[b], Why.ALIKE.value) for b, a in (_ALONE, _ALONE[::-1])]
        self._write(lambda db: db.executemany(pair, ways))

    def to_read(self) -> Iterator[Row]:
        """The files whose bytes nobody has compared, in the order of names."""
        last = 0
        while rows := self._rows(f"{_TO_READ} AND id > ?", (last,), AT_ONCE):
            yield from rows
            last = rows[-1].id

    # --- what is told of it

    def sums(self) -> Mapping[Verdict, Sum]:
        return dict(self._sums)

    def left_to_read(self) -> ToRead:
        query = (
            f"SELECT COALESCE(SUM({_TO_READ}), 0),"
            f" COALESCE(SUM(CASE WHEN {_TO_READ} THEN here ELSE 0 END), 0),"
            " COALESCE(SUM(proof = 'checksum'), 0), COALESCE(SUM(proof = 'none told'), 0) FROM row"
        )
        with self._lock:
            return ToRead(*self._db.execute(query).fetchone())

    def page(self, chosen: Chosen, offset: int, limit: int) -> list[Row]:
        """Some of the rows that are chosen, the worst first, then in the order of names."""
        where, values = _where(chosen)
        return self._rows(where, values, limit, offset, order="rank, id")

    def count(self, chosen: Chosen) -> int:
        where, values = _where(chosen)
        with self._lock:
            row = self._db.execute(f"SELECT COUNT(*) FROM row WHERE {where}", values).fetchone()
        return int(row[0])

    def all(self, chosen: Chosen = EVERYTHING) -> Iterator[Row]:
        """All rows that are chosen, in the order of names."""
        where, values = _where(chosen)
        last = 0
        while rows := self._rows(f"{where} AND id > ?", (*values, last), AT_ONCE):
            yield from rows
            last = rows[-1].id

    def to_upload(self, roots: Sequence[str], check: Callable[[], None]) -> list[str]:
        """Paths of what is only here: a folder instead of what it holds, where that is all of it.

        Only below `roots`, the folders' names that were compared, is known all that a folder holds.
        Not those whose name no object can have. `check` is called at each row and may raise.
        """
        return self._tops(_Tops(roots, Verdict.ONLY_HERE, Why.NOT_ALLOWED, _path_of), check)

    def to_download(self, roots: Sequence[str], check: Callable[[], None]) -> list[str]:
        """Names of what is only there: a folder's instead of what it holds, where that is all.

        As `to_upload`. Not what is still being uploaded.
        """
        there = _Tops(roots, Verdict.ONLY_THERE, Why.UPLOADING, lambda row, name: name)
        return self._tops(there, check)

    def _tops(self, tops: _Tops, check: Callable[[], None]) -> list[str]:
        for row in self.all():
            check()
            tops.take(row)
        return tops.ended()

    # --- the file

    def _write(self, do: Callable[[sqlite3.Connection], object]) -> None:
        with self._lock:
            self._db.execute("BEGIN")
            try:
                do(self._db)
            finally:
                self._db.execute("COMMIT")

    def _rows(
        self,
        where: str,
        values: tuple[object, ...],
        limit: int,
        offset: int = 0,
        order: str = "id",
    ) -> list[Row]:
        query = f"SELECT id, {_COLUMNS} FROM row WHERE {where} ORDER BY {order} LIMIT ? OFFSET ?"
        with self._lock:
            found = self._db.execute(query, (*values, limit, offset)).fetchall()
        return [_row(row) for row in found]


@dataclass(slots=True)
class _Folder:
    """A folder below a root, and what in it is alone, as long as that is not `whole`."""

    name: str
    told: str | None
    inside: list[str] = field(default_factory=list)
    whole: bool = True


class _Tops:
    """Gathers what is on one side only, of rows in the order of names: whole folders where it can.

    `told` gives what is gathered of a row, and of a folder that it is in. Not rows with the reason
    `but`.
    """

    def __init__(
        self,
        roots: Sequence[str],
        verdict: Verdict,
        but: Why,
        told: Callable[[Row, str], str | None],
    ) -> None:
        self._roots = frozenset(roots)
        self._verdict = verdict
        self._but = but
        self._told = told
        self._found = list[str]()
        self._open = list[_Folder]()

    def take(self, row: Row) -> None:
        self._leave(lambda folder: not row.name.startswith(folder.name))
        self._enter(row)
        if row.verdict is not self._verdict or row.why is self._but:
            for folder in self._open:
                folder.whole = False
        elif (told := self._told(row, row.name)) is not None:
            self._innermost().append(told)

    def ended(self) -> list[str]:
        self._leave(lambda folder: True)
        return self._found

    def _enter(self, row: Row) -> None:
        """Open the folders that a row is in and that are not open, the outermost first."""
        parts = row.name.split("/")[:-1]
        above = ["/".join([*parts[:depth], ""]) for depth in range(len(parts) + 1)]
        root = next((n for n, name in enumerate(above) if name in self._roots), len(parts))
        for name in above[root + 1 + len(self._open) :]:
            self._open.append(_Folder(name, self._told(row, name)))

    def _leave(self, is_left: Callable[[_Folder], bool]) -> None:
        while self._open and is_left(self._open[-1]):
            left = self._open.pop()
            whole = left.whole and left.told is not None
            self._innermost().extend([left.told or ""] if whole else left.inside)

    def _innermost(self) -> list[str]:
        return self._open[-1].inside if self._open else self._found


def _path_of(row: Row, name: str) -> str | None:
    """The path of a row, or of the folder of this name that it is in."""
    path = row.path
    for _ in range(row.name.rstrip("/").count("/") - name.rstrip("/").count("/")):
        path = os.path.dirname(path) if path is not None else None
    return path


def _where(chosen: Chosen) -> tuple[str, tuple[object, ...]]:
    """The condition for some rows, and its values."""
    ranks = tuple(_RANK[verdict] for verdict in chosen.verdicts)
    where = f"rank IN ({','.join('?' * len(ranks))})"
    if not chosen.contains:
        return where, ranks
    # The names of a million rows are looked through as they are, in capitals or not.
    return f"{where} AND contains(?, name)", (*ranks, chosen.contains.casefold())


def _contains(wanted: str, name: str) -> bool:
    return wanted in name.casefold()


def _added(before: Sum, row: Row, sign: int = 1) -> Sum:
    here, there = sign * (row.here or 0), sign * (row.there or 0)
    return Sum(before.names + sign, before.here + here, before.there + there)


def _values(row: Row) -> tuple[Any, ...]:
    return (
        text_of(row.name),
        None if row.path is None else os.fsencode(row.path),
        _RANK[row.verdict],
        row.why.value if row.why else None,
        *(row.here, row.mtime_ns, row.there, row.modified),
        row.proof.value if row.proof else None,
        *(row.detail, row.other),
    )


def _row(values: Sequence[Any]) -> Row:
    id_, name, path, rank, why, here, mtime_ns, there, modified, proof, detail, other = values
    return Row(
        name=name,
        path=None if path is None else os.fsdecode(path),
        verdict=_OF_RANK[rank],
        why=None if why is None else Why(why),
        here=here,
        mtime_ns=mtime_ns,
        there=there,
        modified=math.nan if modified is None and there is not None else modified,
        proof=None if proof is None else Proof(proof),
        detail=detail,
        other=other,
        id=id_,
    )
