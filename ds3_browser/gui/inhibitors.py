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

ANSWER_S = 2.0
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
    return _over_dbus("SESSION", _ask_screen_saver)


def _ask_screen_saver(bus: Any) -> Release | None:
    from jeepney import DBusAddress, new_method_call

    path, name = "/org/freedesktop/ScreenSaver", "org.freedesktop.ScreenSaver"
    where = DBusAddress(path, name, name)
    asked = _ask(bus, new_method_call(where, "Inhibit", "ss", (APPLICATION, REASON)))
    if asked is None:
        return None

    def release() -> None:
        _ask(bus, new_method_call(where, "UnInhibit", "u", (asked[0],)))
        bus.close()  # which by itself ends what was asked through it

    return release


def _login_manager() -> Release | None:
    return _over_dbus("SYSTEM", _ask_login_manager)


def _ask_login_manager(bus: Any) -> Release | None:
    from jeepney import DBusAddress, new_method_call

    path, name = "/org/freedesktop/login1", "org.freedesktop.login1"
    where = DBusAddress(path, name, f"{name}.Manager")
    words = ("sleep", APPLICATION, REASON, "block")
    asked = _ask(bus, new_method_call(where, "Inhibit", "ssss", words))
    if asked is None:
        return None

    def release() -> None:
        asked[0].close()  # held open is held awake
        bus.close()

    return release


def _over_dbus(name: str, ask: Callable[[Any], Release | None]) -> Release | None:
    """Ask over a connection of its own, closed where nothing came of it.

    Not with QtDBus: its blocking calls hold the interpreter, and so the window, and it sends the
    screen saver's cookie as a signed number, which a strict service refuses.
    """
    try:
        from jeepney.io.blocking import open_dbus_connection
    except ImportError:
        return None
    try:
        bus = open_dbus_connection(name, enable_fds=True, auth_timeout=ANSWER_S)
    except (OSError, KeyError, ValueError, RuntimeError) as error:
        log.debug("no %s bus: %s", name, error)
        return None
    release = ask(bus)
    if release is None:
        bus.close()
    return release


def _ask(bus: Any, message: Any) -> Any:
    """Return what a D-Bus service answers, None where it does not."""
    from jeepney import MessageType

    try:
        reply = bus.send_and_get_reply(message, timeout=ANSWER_S)
    except OSError as error:  # a time-out is one too
        log.debug("nobody keeps the computer awake: %s", error)
        return None
    if reply.header.message_type is not MessageType.method_return:
        log.debug("nobody keeps the computer awake: %s", reply.body)
        return None
    return reply.body


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
