"""The program's place in the desktop's tray, where the desktop has one."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QCoreApplication, QObject, Signal
from PySide6.QtWidgets import QApplication, QMenu, QSystemTrayIcon

_tr = partial(QCoreApplication.translate, "tray")


class Tray(QObject):
    """Wishes: `window_wanted`, `quit_wanted`; `message_clicked` when the last notice was."""

    window_wanted = Signal()
    quit_wanted = Signal()
    message_clicked = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._menu = QMenu()
        self._menu.addAction(_tr("&Show DS3 Browser"), self.window_wanted.emit)
        self._menu.addSeparator()
        self._menu.addAction(_tr("&Quit"), self.quit_wanted.emit)
        self._icon = QSystemTrayIcon(QApplication.windowIcon(), self)
        self._icon.setToolTip(_tr("DS3 Browser"))
        self._icon.setContextMenu(self._menu)
        self._icon.activated.connect(self._pressed)
        self._icon.messageClicked.connect(self.message_clicked)
        self._icon.show()

    def tell(self, title: str, text: str) -> None:
        """Show a notice of the desktop's."""
        self._icon.showMessage(title, text, QApplication.windowIcon())

    def close(self) -> None:
        self._icon.hide()

    def _pressed(self, how: QSystemTrayIcon.ActivationReason) -> None:
        if how is QSystemTrayIcon.ActivationReason.Trigger:
            self.window_wanted.emit()


def find(parent: QObject | None = None) -> Tray | None:
    """Return a place in the tray, None where the desktop has none (plain GNOME)."""
    return Tray(parent) if QSystemTrayIcon.isSystemTrayAvailable() else None
