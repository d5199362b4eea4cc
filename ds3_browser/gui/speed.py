"""The limit of speed as the preferences have it: how much, and in which hours of the day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from PySide6.QtCore import QObject, QTimer

from ds3_browser.gui.settings import Settings

LOOK_EVERY_MS = 20_000


class SpeedLimit(QObject):
    """Tells the engine, now and when an hour begins in which another limit holds."""

    def __init__(
        self,
        settings: Settings,
        tell: Callable[[int | None], None],
        parent: QObject | None = None,
        now: Callable[[], datetime] = datetime.now,
    ) -> None:
        """`tell` is given bytes a second, None for no limit. `now` is local time."""
        super().__init__(parent)
        self._settings = settings
        self._tell = tell
        self._now = now
        self._told: int | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_EVERY_MS)
        self._timer.timeout.connect(self.apply)
        self._timer.start()

    def apply(self) -> None:
        """Have the limit that holds now."""
        limit = limit_at(self._settings, self._now().hour)
        if limit != self._told:
            self._told = limit
            self._tell(limit)


def limit_at(settings: Settings, hour: int) -> int | None:
    """Bytes a second in an hour of the day, None for as fast as it goes."""
    begin, end = settings.limited_from, settings.limited_until
    if begin == end:
        holds = True
    elif begin < end:
        holds = begin <= hour < end
    else:  # over midnight
        holds = hour >= begin or hour < end
    return settings.speed_limit if holds else None
