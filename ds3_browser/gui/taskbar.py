"""How far all transfers are, at the program's icon in the desktop's taskbar.

Linux: the launcher entry over D-Bus, which docks and panels listen to that own the name below.
Elsewhere, and where nobody listens, the title of the window tells it. Not with QtDBus, whose
blocking calls hold the interpreter.
"""

from __future__ import annotations

import logging
import sys
from typing import Any  # D-Bus' values

from PySide6.QtCore import QCoreApplication, QObject, Signal

from ds3_browser.gui.workers import CallsInTurn

log = logging.getLogger(__name__)

LISTENER = "com.canonical.Unity"  # owned by whoever shows launcher entries
INTERFACE = f"{LISTENER}.LauncherEntry"
PATH = "/com/canonical/unity/launcherentry/ds3_browser"
ANSWER_S = 2.0
END_WITHIN_S = 1.0


class Taskbar(QObject):
    """Signal: `changed`, when `there` is another: whether the desktop shows what it is given."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.there = False
        self._percent: int | None = None
        self._bus: Any = None  # of the thread of calls alone
        self._calls = CallsInTurn("taskbar", self)

    def show(self, percent: int | None) -> None:
        """Show how far it is, None for nothing."""
        if percent != self._percent:
            begins = self._percent is None
            self._percent = percent
            self._calls.run_call(lambda: self._tell(percent, begins), self._take, self._failed)

    def close(self) -> None:
        self.show(None)
        self._calls.close(END_WITHIN_S)

    def _tell(self, percent: int | None, begins: bool) -> bool:
        """Whether anybody listens is asked when there is something to show after a rest."""
        if not sys.platform.startswith("linux"):
            return False
        if begins:
            self._bus = _listened_to()
        if self._bus is None:
            return False
        _send(self._bus, percent)
        if percent is None:
            self._bus.close()
            self._bus = None
        return True

    def _take(self, there: bool) -> None:
        if there != self.there:
            self.there = there
            self.changed.emit()

    def _failed(self, error: Exception) -> None:
        log.debug("the taskbar cannot be told: %s", error)
        self._take(False)


def _listened_to() -> Any:
    """Return a connection to the desktop's bus where somebody shows launcher entries, else None."""
    try:
        from jeepney.bus_messages import message_bus
        from jeepney.io.blocking import open_dbus_connection
    except ImportError:
        return None
    try:
        bus = open_dbus_connection("SESSION", auth_timeout=ANSWER_S)
    except (OSError, KeyError, ValueError, RuntimeError) as error:
        log.debug("no session bus: %s", error)
        return None
    try:
        answer = bus.send_and_get_reply(message_bus.NameHasOwner(LISTENER), timeout=ANSWER_S)
    except OSError as error:
        log.debug("the session bus does not answer: %s", error)
        bus.close()
        return None
    if answer.body != (True,):
        bus.close()
        return None
    return bus


def _send(bus: Any, percent: int | None) -> None:
    from jeepney import DBusAddress, new_signal
    from PySide6.QtGui import QGuiApplication

    name = QGuiApplication.desktopFileName() or QCoreApplication.applicationName()
    values = {
        "progress": ("d", (percent or 0) / 100),
        "progress-visible": ("b", percent is not None),
    }
    where = DBusAddress(PATH, interface=INTERFACE)
    body = (f"application://{name}.desktop", values)
    bus.send(new_signal(where, "Update", "sa{sv}", body))
