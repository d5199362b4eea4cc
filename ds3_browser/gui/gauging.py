"""How full the cache of the session in view is: asked when it comes into view, then each 30 s."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtCore import QObject, QTimer, SignalInstance, Slot

from ds3_browser.gui.connections import Connection, SessionState
from ds3_browser.gui.seen import Seen

EVERY_MS = 30_000


class Browses(Protocol):
    """What is asked here of the doer of short calls."""

    changed: SignalInstance

    def connection(self, session_id: str | None) -> Connection: ...
    def ask_cache(self, session_id: str) -> None: ...


class Gauging(QObject):
    """While nobody can look at the window nothing is asked, and at once when somebody can again."""

    def __init__(self, browsing: Browses, window: Seen, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._browsing = browsing
        self._window = window
        self._due = False
        self._session_id: str | None = None
        self._asked: str | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(EVERY_MS)
        self._timer.timeout.connect(self._ask)
        self._timer.start()
        browsing.changed.connect(self._follow)
        window.changed.connect(self._go_on)

    def set_refresh(self, seconds: int) -> None:
        """How often it is asked by itself; 0: only when a session comes into view."""
        if seconds:
            self._timer.start(seconds * 1000)
        else:
            self._timer.stop()

    def see(self, session_id: str | None) -> None:
        """This session's page is in view now."""
        if session_id != self._session_id:
            self._session_id, self._asked = session_id, None
        self._ask_first()

    @Slot(str)
    def _follow(self, session_id: str) -> None:
        if session_id == self._session_id:
            self._ask_first()

    def _ask_first(self) -> None:
        """Ask at once when the session has come to be connected."""
        if not self._is_connected():
            self._asked = None
        elif self._asked != self._session_id:
            self._asked = self._session_id
            self._ask()

    @Slot()
    def _ask(self) -> None:
        if self._session_id is None or not self._is_connected():
            return
        self._due = not self._window
        if not self._due:
            self._browsing.ask_cache(self._session_id)

    @Slot(bool)
    def _go_on(self, seen: bool) -> None:
        if seen and self._due:
            self._ask()

    def _is_connected(self) -> bool:
        return self._browsing.connection(self._session_id).state is SessionState.CONNECTED
