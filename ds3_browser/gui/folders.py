"""The folders of this computer that were last used: which of them are still there.

Looked at once at the start, in a thread that nobody waits for: a network drive that is gone may
not answer for minutes.
"""

from __future__ import annotations

import logging
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from ds3_browser.gui.settings import Settings
from ds3_browser.gui.workers import CallsInTurn

log = logging.getLogger(__name__)

LOOK_WITHIN_MS = 2000  # what is not known by then counts as gone


class Folders(QObject):
    """Signal: `looked`, once, when the settings know which folders are there."""

    looked = Signal()

    def __init__(self, settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self._calls = CallsInTurn("folders", self)
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(LOOK_WITHIN_MS)
        self._patience.timeout.connect(self._end)

    def look(self) -> None:
        kept = self._settings.kept_folders()
        self._left = len(kept)
        self._patience.start(LOOK_WITHIN_MS if kept else 0)
        for key, folder in kept.items():
            self._calls.run_call(
                partial(_is_there, folder), partial(self._take, key), partial(self._fail, key)
            )

    def close(self) -> None:
        self._patience.stop()
        self._calls.close(0)

    def _take(self, key: str, there: bool) -> None:
        if there:
            self._settings.folder_is_there(key)
        self._left -= 1
        if not self._left and self._patience.isActive():
            self._end()

    def _fail(self, key: str, error: Exception) -> None:
        log.warning("%s in the settings cannot be looked at: %s", key, error)
        self._take(key, False)

    def _end(self) -> None:
        self._patience.stop()
        self._settings.folders_looked_at = True
        self.looked.emit()


def _is_there(folder: str) -> bool:
    """Blocks. Raises OSError and ValueError: in a folder not to be read, or no name at all."""
    return Path(folder).is_dir()
