"""Cyclic garbage is collected in the GUI thread alone.

Python collects in whichever thread happens to allocate. A worker that collected a cycle with a
timer or a widget in it would destroy that object in the wrong thread, and the next event for it
would end the process: seen as a crash in `QTimerInfoList::activateTimers`.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

EVERY_MS = 500


class Collector(QObject):
    """Takes the place of the automatic collection while it lives; one a process."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        gc.disable()
        self._timer = QTimer(self)
        self._timer.setInterval(EVERY_MS)
        self._timer.timeout.connect(self.collect)
        self._timer.start()

    def collect(self) -> None:
        """Collect the oldest generation that is due, as the automatic collection would have."""
        thresholds, counts = gc.get_threshold(), gc.get_count()
        for generation in (2, 1, 0):
            if counts[generation] > thresholds[generation]:
                gc.collect(generation)
                return

    def stop(self) -> None:
        """Give collection back to Python; for the end, when no thread of ours is left."""
        self._timer.stop()
        gc.collect()
        gc.enable()
