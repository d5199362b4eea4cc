"""How steps are handed to the ledger's writer: durable or not, one row or many.

What is written stands with the areas of the ledger: ledger_jobs, ledger_parts, ledger_objects,
ledger_again. Any thread may call.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Self  # Any: values of SQLite

from .ledger_records import LedgerUnwritable
from .ledger_writer import Statement, Writer

MOST_KEPT = 50_000  # rows that the disk has refused, till a job waits for it

#: Told why; whether to try again.
WaitForRoom = Callable[[LedgerUnwritable], bool]


class Steps:
    """What all areas of the ledger write with."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._wait: WaitForRoom | None = None

    def patient(self, wait: WaitForRoom) -> Self:
        """The same ledger for one job's thread: where the disk refuses a durable call, `wait` is
        called before it is tried again, and may raise. Where it gives False, the call returns
        at once, and its step is written when it can be.
        """
        view = copy.copy(self)
        view._wait = wait
        return view

    @property
    def behind(self) -> bool:
        """Whether the disk refuses, so that what is read lacks what was handed over."""
        return self._writer.kept > 0

    def keep_up(self) -> None:
        """Go no further than memory holds, where the disk refuses for long."""
        if self._writer.kept > MOST_KEPT:
            self.flush()

    def flush(self) -> None:
        """Durable: all that was handed over before."""
        self._durable_steps()

    def _put(self, query: str, row: Sequence[Any]) -> None:
        """Hand over one row; this and the next three are not durable."""
        self._writer.put((query, [row]))

    def _put_end(self, query: str, row: Sequence[Any]) -> None:
        self._writer.put_end(query, row)

    def _put_many(self, query: str, rows: Sequence[Sequence[Any]]) -> None:
        if rows:
            self._writer.put((query, rows))

    def _steps(self, *statements: Statement) -> None:
        self._writer.put(*statements)

    def _durable(self, query: str, row: Sequence[Any]) -> None:
        self._durable_steps((query, [row]))

    def _durable_steps(self, *statements: Statement) -> None:
        while True:
            try:
                self._writer.put_durable(*statements)
            except LedgerUnwritable as error:
                if self._wait is None:
                    raise
                if not self._wait(error):
                    self._writer.put(*statements)
                    return
            else:
                return


def now() -> str:
    """The time as the ledger keeps it."""
    return datetime.now(UTC).isoformat()
