"""Keeps the computer awake while something is transferred, and not while a wait is long."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from PySide6.QtCore import QObject, Signal

from ds3_browser.gui import inhibitors
from ds3_browser.gui.inhibitors import Release
from ds3_browser.gui.job_row import JobRow
from ds3_browser.gui.workers import CallsInTurn
from ds3_browser.transfer.events import State

log = logging.getLogger(__name__)

LONGEST_WAIT = timedelta(minutes=10)
END_WITHIN_S = 3.0


def wants_awake(rows: Iterable[JobRow], now: datetime) -> bool:
    """Whether some job would suffer from sleep: it moves bytes, or is about to."""
    return any(_wants(row, now) for row in rows)


def _wants(row: JobRow, now: datetime) -> bool:
    if row.ended or row.paused:
        return False
    if not row.moves:
        return False  # the appliance works alone, and this computer is not needed
    return row.state is not State.WAITING or now - row.state_since < LONGEST_WAIT


class Awake(QObject):
    """Signal: `changed`, when `held` is another: whether the computer is kept awake."""

    changed = Signal()

    def __init__(
        self,
        inhibit: Callable[[], Release | None] = inhibitors.inhibit,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.held = False
        self._inhibit = inhibit
        self._wanted = False
        self._release: Release | None = None  # of the thread of calls alone
        self._calls = CallsInTurn("awake", self)

    def want(self, wanted: bool) -> None:
        """Keep the computer awake from now on, or let it sleep."""
        if wanted != self._wanted:
            self._wanted = wanted
            self._calls.run_call(self._hold if wanted else self._let_go, self._show, self._failed)

    def close(self) -> None:
        """Let the computer sleep."""
        self.want(False)
        self._calls.close(END_WITHIN_S)

    def _hold(self) -> bool:
        self._release = self._inhibit()
        return self._release is not None

    def _let_go(self) -> bool:
        release, self._release = self._release, None
        if release is not None:
            release()
        return False

    def _show(self, held: bool) -> None:
        if held != self.held:
            self.held = held
            self.changed.emit()

    def _failed(self, error: Exception) -> None:
        log.info("the computer cannot be kept awake: %s", error)
        self._show(False)
