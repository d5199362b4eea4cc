"""Faults of this program itself: what no caller has caught, in whichever thread.

Each is in the log, with nothing secret, and told where it can be seen; the program goes on. A
crash of the interpreter leaves the place in the code, of every thread, in a file beside the log.
"""

from __future__ import annotations

import faulthandler
import logging
import sys
import threading
import traceback
from pathlib import Path
from types import TracebackType
from typing import IO, Any  # hooks take whatever Python gives them

from PySide6.QtCore import QObject, Signal

from ds3_browser import log as redaction

log = logging.getLogger(__name__)

CRASH_FILE = "crash.txt"


class Faults(QObject):
    """Takes over Python's hooks until `close`. Signal: `happened(str)`, the fault in one line."""

    happened = Signal(str)

    def __init__(self, log_folder: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._before = (sys.excepthook, threading.excepthook, sys.unraisablehook)
        sys.excepthook = self._in_this_thread
        threading.excepthook = self._in_a_thread
        sys.unraisablehook = self._unraisable
        self._crashes = _crash_file(log_folder)

    def close(self) -> None:
        sys.excepthook, threading.excepthook, sys.unraisablehook = self._before
        if self._crashes is not None:
            faulthandler.disable()
            self._crashes.close()

    def _in_this_thread(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            self._before[0](kind, error, trace)
        else:
            self._tell(kind, error, trace)

    def _in_a_thread(self, given: threading.ExceptHookArgs) -> None:
        if given.exc_type is not SystemExit:
            self._tell(given.exc_type, given.exc_value, given.exc_traceback)

    def _unraisable(self, given: Any) -> None:
        self._tell(given.exc_type, given.exc_value, given.exc_traceback)

    def _tell(
        self,
        kind: type[BaseException],
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        error = kind() if error is None else error
        told = redaction.redacted("".join(traceback.format_exception(kind, error, trace)))
        log.critical("a fault of this program\n%s", told.rstrip())
        self.happened.emit(redaction.redacted(f"{kind.__name__}: {error}"))


def _crash_file(folder: Path) -> IO[str] | None:
    """Let a crash of the interpreter write where each thread was. It has no names and no values."""
    try:
        file = (folder / CRASH_FILE).open("a", encoding="utf-8")
    except OSError as error:
        log.info("crashes leave no trace: %s", error)
        return None
    faulthandler.enable(file)
    return file
