"""What the commands of the Help menu do: the guide, the keys, the log, the report, the licences."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QApplication, QWidget

from ds3_browser.gui import diagnostics
from ds3_browser.gui.dialogs.about import AboutDialog
from ds3_browser.gui.dialogs.guide import GuideDialog, Page
from ds3_browser.gui.dialogs.keyboard import KeyboardDialog

if TYPE_CHECKING:
    from ds3_browser.gui.context import Context
    from ds3_browser.gui.main_window import MainWindow

log = logging.getLogger(__name__)


class HelpCommands(QObject):
    """One method a command."""

    def __init__(self, window: MainWindow, context: Context) -> None:
        super().__init__(window)
        self._window = window
        self._context = context

    def table(self) -> dict[str, Callable[[], object]]:
        """Return what each action does."""
        return {
            "guide": self.show_guide,
            "keyboard": self._show_keyboard,
            "show_hints": self._window.hints.show,
            "open_log_folder": self.open_log_folder,
            "copy_report": self.copy_report,
            "about": self._about,
        }

    def show_guide(self) -> None:
        """Open the guide at the page for what has the focus, else at its first."""
        page = self._page_for(QApplication.focusWidget())
        dialog = self._window.findChild(GuideDialog)
        if dialog is None:
            dialog = GuideDialog(self._window)
            dialog.finished.connect(dialog.deleteLater)
        dialog.show_page(page)
        dialog.show()
        dialog.raise_()

    def _page_for(self, focus: QWidget | None) -> Page:
        window = self._window
        if focus is None or not self._context.sessions.all():
            return Page.FIRST
        if window.sidebar.isAncestorOf(focus):
            return Page.SESSIONS
        panes = (window.transfers, window.job_page)
        return Page.TRANSFERS if any(one.isAncestorOf(focus) for one in panes) else Page.FIRST

    def _show_keyboard(self) -> None:
        dialog = KeyboardDialog(self._context.actions, self._window)
        dialog.finished.connect(dialog.deleteLater)
        dialog.show()

    def copy_report(self) -> None:
        """Put a report for whoever helps into the clipboard; it holds no secret."""
        context = self._context
        make = partial(
            diagnostics.report,
            tuple(context.sessions.all()),
            tuple(self._window.jobs.rows()),
            context.keys.name,
            context.log_folder,
            diagnostics.display(),
        )
        context.disk.run_call(
            make,
            lambda text: QGuiApplication.clipboard().setText(text),
            lambda error: log.error("no diagnostic report: %s", error),
        )

    def open_log_folder(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._context.log_folder)))

    def _about(self) -> None:
        AboutDialog.show_it(self._window)
