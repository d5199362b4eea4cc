"""Whether anybody can look at the window. While nobody can, nothing is asked but what jobs need."""

from __future__ import annotations

import time

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtWidgets import QWidget

_TELLING = (QEvent.Type.WindowStateChange, QEvent.Type.Show, QEvent.Type.Hide)


class Seen(QObject):
    """True in a condition while the watched window is shown and not minimised, and before there is
    one. `unseen_s` is for how many seconds it was not, all in all. Signal: `changed(seen)`.
    """

    changed = Signal(bool)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._seen = True
        self._window: QWidget | None = None
        self._unseen_s = 0.0
        self._left_at = 0.0

    def __bool__(self) -> bool:
        return self._seen

    @property
    def unseen_s(self) -> float:
        now = 0.0 if self._seen else time.monotonic() - self._left_at
        return self._unseen_s + now

    def watch(self, window: QWidget) -> None:
        self._window = window
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._window and event.type() in _TELLING:
            self._look()
        return False

    def _look(self) -> None:
        assert self._window is not None
        seen = self._window.isVisible() and not self._window.isMinimized()
        if seen == self._seen:
            return
        if seen:
            self._unseen_s = self.unseen_s
        self._seen, self._left_at = seen, time.monotonic()
        self.changed.emit(seen)
