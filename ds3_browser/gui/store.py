"""What is kept in an INI file: read once, then held in memory, and written by a thread of its own.

Qt's own settings write in the thread that changes them, and wait till the disk has it: on a home
that hangs that would be the window. Changes within a moment are written together.
"""

from __future__ import annotations

import atexit
import logging
import threading
from collections import deque
from pathlib import Path
from typing import Any  # whatever QSettings holds: texts, lists of them, QByteArray

from PySide6.QtCore import QSettings

log = logging.getLogger(__name__)

TOGETHER_S = 0.05  # changes that come within it are written at once
END_WITHIN_S = 5.0


class Store:
    """The values of one file. For one thread; nothing blocks but making it and `save`."""

    def __init__(self, file: Path) -> None:
        self._file = file
        _writer.finish(END_WITHIN_S, again=False)  # of an earlier store of the same file
        kept = _open(file)
        if kept.status() is not QSettings.Status.NoError:
            log.warning("%s cannot be read as settings; starting with none", file)
        self._values: dict[str, Any] = {key: kept.value(key) for key in kept.allKeys() if key}

    def value(self, key: str) -> Any:
        """Return what is kept, None if nothing is."""
        return self._values.get(key)

    def set(self, key: str, value: object) -> None:
        if key not in self._values or self._values[key] != value:
            self._values[key] = value
            _writer.write(self._file, key, value)

    def remove(self, key: str) -> None:
        """Forget a key and all below it."""
        below = f"{key}/"
        for one in [one for one in self._values if one == key or one.startswith(below)]:
            del self._values[one]
        _writer.write(self._file, key, _GONE)

    def save(self) -> None:
        """Wait until the file has it all, but not for ever."""
        if not finish():
            log.warning("the settings are not written: the disk does not answer")


def finish() -> bool:
    """Wait until the files have all that was kept, but not for ever. False: they have not."""
    return _writer.finish(END_WITHIN_S)


_GONE = object()  # the value of a key that is removed


class _Writer:
    """The thread that writes, for all stores: the files take their changes in turn."""

    def __init__(self) -> None:
        self._changes: deque[tuple[Path, str, object]] = deque()
        self._changed = threading.Condition()
        self._hurry = threading.Event()
        self._busy = False
        self._refused: list[tuple[Path, str, object]] = []  # which the disk did not take
        self._thread: threading.Thread | None = None

    def write(self, file: Path, key: str, value: object) -> None:
        with self._changed:
            self._changes.append((file, key, value))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="settings", daemon=True)
                self._thread.start()
                atexit.register(self.finish, END_WITHIN_S)
            self._changed.notify_all()

    def finish(self, within_s: float, *, again: bool = True) -> bool:
        """Wait until all is written; False where it took too long. What the disk has refused is
        tried `again`: it may have room by now.
        """
        self._hurry.set()
        try:
            with self._changed:
                if again and self._refused:
                    self._changes.extendleft(reversed(self._refused))
                    self._refused = []
                    self._changed.notify_all()
                return self._changed.wait_for(
                    lambda: not self._changes and not self._busy, within_s
                )
        finally:
            self._hurry.clear()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: bool(self._changes))
                self._busy = True
            self._hurry.wait(TOGETHER_S)
            with self._changed:
                files = {file for file, _key, _value in self._changes}
                changes = [one for one in self._refused if one[0] in files]
                changes += self._changes
                refused = [one for one in self._refused if one[0] not in files]
                self._changes.clear()
            for file in dict.fromkeys(file for file, _key, _value in changes):
                of_file = [one for one in changes if one[0] == file]
                if not _write(file, [(key, value) for _file, key, value in of_file]):
                    refused += of_file
            with self._changed:
                self._refused = refused
                self._busy = False
                self._changed.notify_all()


_writer = _Writer()


def _open(file: Path) -> QSettings:
    return QSettings(str(file), QSettings.Format.IniFormat)


def _write(file: Path, changes: list[tuple[str, object]]) -> bool:
    kept = _open(file)
    for key, value in changes:
        if value is _GONE:
            kept.remove(key)
        else:
            kept.setValue(key, value)
    kept.sync()
    written = kept.status() is QSettings.Status.NoError
    if not written:
        log.warning("%s cannot be written", file)
    return written
