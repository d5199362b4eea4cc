"""How the window is left: at once, with jobs that are paused or cancelled, or for the tray."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QApplication, QMainWindow

from ds3_browser.gui.dialogs.quit import CancelAllDialog, QuitDialog, Way
from ds3_browser.gui.jobs import JobQueue
from ds3_browser.gui.tray import Tray
from ds3_browser.transfer.events import Cancel


class Leaving(QObject):
    """Decides for one window. `to_tray` tells whether closing the window shall leave it there."""

    def __init__(
        self,
        window: QMainWindow,
        queue: JobQueue,
        tray: Tray | None,
        to_tray: Callable[[], bool],
    ) -> None:
        super().__init__(window)
        self._window = window
        self._queue = queue
        self._tray = tray
        self._to_tray = to_tray
        self._decided = False
        self._quitting = False
        self._ends_with_jobs = False
        queue.event.connect(self._job_moved)

    def quit(self) -> None:
        """End the program, after a question where jobs are open."""
        self._quitting = True
        self._window.close()
        self._quitting = False

    def may_close(self) -> bool:
        """Whether the window may go now; asks first where that has to be decided."""
        if self._decided:
            return True
        if self._tray is not None and self._to_tray() and not self._quitting:
            self._go_to_tray()
            return False
        rows = self._queue.open_jobs()
        if rows:
            QuitDialog.ask(rows, self._tray is not None, self._leave, self._window)
        return not rows

    def came_back(self) -> None:
        """The window is shown again: closing it ends the program."""
        self._set_ends_with_window(True)

    def _leave(self, way: Way) -> None:
        match way:
            case Way.PAUSE:
                self._close()
            case Way.TRAY:
                self._go_to_tray()
            case Way.CANCEL:
                number = len(self._queue.open_jobs())
                CancelAllDialog.ask(number, self._cancel_all, self._window)

    def _cancel_all(self, how: Cancel) -> None:
        """Cancel what is open, and close the window when the last one has ended."""
        self._ends_with_jobs = True
        for row in self._queue.open_jobs():
            self._queue.cancel(row.job_id, how)
        self._job_moved()

    @Slot(object)
    def _job_moved(self, _event: object = None) -> None:
        if self._ends_with_jobs and not self._queue.open_jobs():
            self._ends_with_jobs = False
            self._close()

    def _close(self) -> None:
        self._decided = True
        self._window.close()

    def _go_to_tray(self) -> None:
        self._set_ends_with_window(False)
        self._window.hide()

    @staticmethod
    def _set_ends_with_window(ends: bool) -> None:
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.setQuitOnLastWindowClosed(ends)
