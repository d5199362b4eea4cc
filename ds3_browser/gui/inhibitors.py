"""Ways to keep this computer awake, by system. Each blocks a little and is called off the window.

Linux: the desktop's screen saver over D-Bus, else the login manager; Windows: the thread's
execution state; macOS: `caffeinate`, which ends with this process. Where there is none, nothing is
claimed.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any  # ctypes' and D-Bus' values

log = logging.getLogger(__name__)

ANSWER_MS = 2000
APPLICATION = "DS3 Browser"
REASON = "Transferring to or from an archive"

Release = Callable[[], None]


def inhibit() -> Release | None:
    """Keep the computer awake until what is returned is called; None where that is not possible.

    Both are to be called in the same thread.
    """
    if sys.platform == "win32":
        return _windows()
    if sys.platform == "darwin":
        return _macos()
    return _screen_saver() or _login_manager()


def _screen_saver() -> Release | None:
    """WORKAROUND: QtDBus sends the cookie of UnInhibit as a signed number, which a strict service
    refuses; so a connection of its own is used, and closed: that ends what was asked through it.
    """
    from PySide6.QtDBus import QDBusConnection

    name = f"inhibit-{os.getpid()}"
    bus = QDBusConnection.connectToBus(QDBusConnection.BusType.SessionBus, name)
    where = ("org.freedesktop.ScreenSaver", "/org/freedesktop/ScreenSaver")
    reply = _ask(bus, *where, "org.freedesktop.ScreenSaver", "Inhibit", APPLICATION, REASON)
    if reply is None:
        QDBusConnection.disconnectFromBus(name)
        return None
    # The connection is named in what is returned, and so lives as long.
    return lambda kept=bus: QDBusConnection.disconnectFromBus(name)  # type: ignore[misc]  # default


def _login_manager() -> Release | None:
    from PySide6.QtDBus import QDBusConnection

    bus = QDBusConnection.systemBus()
    where = ("org.freedesktop.login1", "/org/freedesktop/login1")
    asked = ("org.freedesktop.login1.Manager", "Inhibit", "sleep", APPLICATION, REASON, "block")
    reply = _ask(bus, *where, *asked)
    if reply is None:
        return None
    descriptor = os.dup(reply[0].fileDescriptor())  # held open is held awake
    return lambda: os.close(descriptor)


def _ask(bus: Any, service: str, path: str, interface: str, call: str, *words: str) -> Any:
    """Return what a D-Bus service answers, None where it does not."""
    from PySide6.QtDBus import QDBus, QDBusMessage

    if not bus.isConnected():
        return None
    message = QDBusMessage.createMethodCall(service, path, interface, call)
    message.setArguments(list(words))
    reply = bus.call(message, QDBus.CallMode.Block, ANSWER_MS)
    if reply.type() is not QDBusMessage.MessageType.ReplyMessage:
        log.debug("%s does not keep the computer awake: %s", service, reply.errorName())
        return None
    return reply.arguments()


def _macos() -> Release | None:
    try:
        process = subprocess.Popen(["caffeinate", "-i", "-w", str(os.getpid())])
    except OSError as error:
        log.info("caffeinate cannot be started: %s", error)
        return None

    def release() -> None:
        process.terminate()
        process.wait()

    return release


def _windows() -> Release | None:
    import ctypes

    continuous, system = 0x80000000, 0x00000001  # ES_CONTINUOUS, ES_SYSTEM_REQUIRED
    set_state: Any = ctypes.windll.kernel32.SetThreadExecutionState  # type: ignore[attr-defined]  # there alone
    if not set_state(continuous | system):
        return None
    return lambda: set_state(continuous)
