"""Writes the ledger's steps, in one thread: whole ones, many in one transaction.

Who hands over a step that is durable waits till it is committed, or is told at once that the disk
refuses. The others are kept in memory then, and tried again with the next commit.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any  # values of SQLite

from .ledger_records import LedgerError, LedgerUnwritable
from .ledger_schema import connect

log = logging.getLogger(__name__)

COMMIT_STEPS = 1000
COMMIT_AFTER_S = 0.5
BUSY_S = 2.0  # another program holds the file; who waits for a commit hears of no cancel till then
COMMIT_AGAIN_S = 5.0  # what the disk has refused
MAX_WAITING = 2000  # steps handed over and not yet taken; who hands over more waits
ROWS_OF_A_STEP = 10  # of one with many rows, which are written faster than as many steps

#: A statement and the rows it is executed with, one after the other; gone through twice at times.
Statement = tuple[str, Iterable[Sequence[Any]]]


class Writer:
    """Owns the writing thread. `ends` are the queries that `put_end` may be given, in the order in
    which they are written. Any thread may call.
    """

    def __init__(self, path: Path, ends: Sequence[str]) -> None:
        self._path = path
        self._closed = False
        self.kept = 0  # rows that the disk has refused, and that are in memory
        self._waiting = _Waiting(ends)
        self._thread = threading.Thread(target=self._write, name="ledger", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Commit what is waiting and end the thread."""
        if not self._closed:
            self._closed = True
            self._waiting.close()
            self._thread.join()

    def put(self, *statements: Statement) -> None:
        """Hand over a step that nobody waits for; waits while the writer is far behind."""
        self._hand_over(_Step(statements, None))

    def put_end(self, query: str, row: Sequence[Any]) -> None:
        """Hand over what ended: there may be thousands a second of it."""
        self._check_open()
        self._waiting.put_end(query, row)

    def put_durable(self, *statements: Statement) -> None:
        """Hand over a step and wait until it and all before it are committed."""
        done: Future[None] = Future()
        self._hand_over(_Step(statements, done))
        done.result()

    def _hand_over(self, step: _Step) -> None:
        self._check_open()
        self._waiting.put(step)

    def _check_open(self) -> None:
        if self._closed:
            raise LedgerError(f"{self._path} is closed")

    def _write(self) -> None:
        kept: list[_Step | _Ends] = []
        with closing(connect(self._path, BUSY_S)) as connection:
            last = False
            while not last:
                steps, last = self._waiting.take(COMMIT_AGAIN_S if kept else None)
                kept = _commit(connection, kept + steps)
                self.kept = sum(_rows_of(step) for step in kept)
        if kept:
            log.error("%d steps could not be written to %s", len(kept), self._path)


@dataclass(frozen=True, slots=True, eq=False)
class _Step:
    """Statements that belong together. `done` is given where somebody waits for the commit."""

    statements: Sequence[Statement]
    done: Future[None] | None


class _Ends:
    """A step that grows: what ended one after the other, written with a few statements in all.

    They are in the order of `queries`, whatever came first.
    """

    done = None

    def __init__(self, queries: Sequence[str]) -> None:
        self._rows: dict[str, list[Sequence[Any]]] = {query: [] for query in queries}

    def add(self, query: str, row: Sequence[Any]) -> None:
        self._rows[query].append(row)

    @property
    def statements(self) -> Sequence[Statement]:
        return [(query, rows) for query, rows in self._rows.items() if rows]

    def singly(self) -> list[_Step]:
        return [_Step([(query, [row])], None) for query, rows in self.statements for row in rows]


class _Waiting:
    """Steps on their way to the writer, which is not woken for each of them.

    It is when somebody waits for the commit, when there are enough for one, or when the oldest has
    waited long enough.
    """

    def __init__(self, queries: Sequence[str]) -> None:
        self._queries = queries
        lock = threading.Lock()
        self._reason = threading.Condition(lock)
        self._room = threading.Condition(lock)
        self._steps: list[_Step | _Ends] = []
        self._ends: _Ends | None = None  # the last of them, if it may grow
        self._count = 0  # of steps, or rows where they grow
        self._writer_idle = False
        self._urgent = False
        self._closed = False

    def put(self, step: _Step) -> None:
        """Hand a step over; waits while the writer is far behind."""
        with self._room:
            self._make_room()
            self._ends = None
            self._steps.append(step)
            self._urgent = self._urgent or step.done is not None
            self._added(max(1, _rows_of(step) // ROWS_OF_A_STEP))

    def put_end(self, query: str, row: Sequence[Any]) -> None:
        """Hand over what ended: there may be thousands a second of it."""
        with self._room:
            self._make_room()
            if self._ends is None:
                self._ends = _Ends(self._queries)
                self._steps.append(self._ends)
            self._ends.add(query, row)
            self._added(1)

    def _make_room(self) -> None:
        if self._count >= MAX_WAITING:
            self._room.wait_for(lambda: self._count < MAX_WAITING)

    def _added(self, count: int) -> None:
        self._count += count
        if self._writer_idle or self._due():
            self._reason.notify()

    def close(self) -> None:
        with self._reason:
            self._closed = True
            self._reason.notify()

    def take(self, within_s: float | None) -> tuple[list[_Step | _Ends], bool]:
        """Steps for one commit, and whether there will be no more; none where none come in time."""
        with self._reason:
            self._writer_idle = True
            self._reason.wait_for(lambda: bool(self._steps) or self._closed, within_s)
            self._writer_idle = False
            if self._steps:
                self._reason.wait_for(self._due, COMMIT_AFTER_S)
            steps, self._steps, self._ends, self._count = self._steps, [], None, 0
            self._urgent = False
            self._room.notify_all()
            return steps, self._closed

    def _due(self) -> bool:
        return self._urgent or self._closed or self._count >= COMMIT_STEPS


def _rows_of(step: _Step | _Ends) -> int:
    return sum(len(rows) if isinstance(rows, Sequence) else 1 for _, rows in step.statements)


def _commit(connection: sqlite3.Connection, steps: Sequence[_Step | _Ends]) -> list[_Step | _Ends]:
    """Write the steps in one transaction and tell who waits. Returns those to try again."""
    try:
        _execute(connection, steps)
    except sqlite3.OperationalError as error:
        # The disk refuses. Who waits must know now; what nobody waits for can come later.
        log.warning("the ledger cannot be written: %s", error)
        for step in steps:
            if step.done is not None:
                step.done.set_exception(LedgerUnwritable(str(error)))
        return [step for step in steps if step.done is None]
    except (sqlite3.Error, ValueError, OverflowError) as error:
        _commit_singly(connection, steps, error)
        return []
    for step in steps:
        if step.done is not None:
            step.done.set_result(None)
    return []


def _commit_singly(
    connection: sqlite3.Connection, steps: Sequence[_Step | _Ends], error: Exception
) -> None:
    """One step is wrong in itself: write all others, and leave that one out."""
    if len(steps) > 1 or isinstance(steps[0], _Ends):
        for step in steps:
            for single in step.singly() if isinstance(step, _Ends) else (step,):
                _commit(connection, [single])
        return
    log.error("a step was left out of the ledger: %s", error)
    for step in steps:
        if step.done is not None:
            step.done.set_exception(LedgerError(str(error)))


def _execute(connection: sqlite3.Connection, steps: Iterable[_Step | _Ends]) -> None:
    with connection:  # commits, or rolls back what an exception left
        for step in steps:
            for query, rows in step.statements:
                connection.executemany(query, rows)
