"""Sessions whose appliance is gone are tried again by themselves, visibly, until it answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from PySide6.QtCore import QObject, QTimer, Signal, SignalInstance, Slot

from ds3_browser.gui.seen import Seen

AGAIN_AFTER = timedelta(seconds=20)


class Browses(Protocol):
    """What is asked here of the doer of short calls."""

    changed: SignalInstance

    def is_lost(self, session_id: str) -> bool: ...
    def refresh_buckets(self, session_id: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Lost:
    """Since when an appliance is gone, and when it is asked again."""

    since: datetime
    next_try: datetime


class Reconnecting(QObject):
    """Asks lost sessions again, while somebody can look at the window or as soon as they can.

    Signal: `ticked(session_id)`, once a second while one is lost.
    """

    ticked = Signal(str)

    def __init__(
        self,
        browsing: Browses,
        window: Seen,
        parent: QObject | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        super().__init__(parent)
        self._browsing = browsing
        self._window = window
        self._clock = clock
        self._lost: dict[str, Lost] = {}
        self._timer = QTimer(self)
        self._timer.setInterval(1000)
        self._timer.timeout.connect(self.tick)
        browsing.changed.connect(self._follow)
        window.changed.connect(self.tick)

    def lost(self, session_id: str) -> Lost | None:
        return self._lost.get(session_id)

    def seconds_left(self, session_id: str) -> float:
        """Return the time until a lost session is asked again, 0 when it is being asked."""
        lost = self._lost.get(session_id)
        return 0 if lost is None else max(0.0, (lost.next_try - self._clock()).total_seconds())

    def try_now(self, session_id: str) -> None:
        lost = self._lost.get(session_id)
        if lost is not None:
            self._lost[session_id] = Lost(lost.since, self._clock() + AGAIN_AFTER)
            self._browsing.refresh_buckets(session_id)
            self.ticked.emit(session_id)

    @Slot()
    def tick(self) -> None:
        if not self._window:
            return
        now = self._clock()
        for session_id, lost in list(self._lost.items()):
            if now >= lost.next_try:
                self.try_now(session_id)
            else:
                self.ticked.emit(session_id)

    @Slot(str)
    def _follow(self, session_id: str) -> None:
        if not self._browsing.is_lost(session_id):
            self._lost.pop(session_id, None)
        elif session_id not in self._lost:
            now = self._clock()
            self._lost[session_id] = Lost(now, now + AGAIN_AFTER)
        if self._lost and not self._timer.isActive():
            self._timer.start()
        elif not self._lost:
            self._timer.stop()
