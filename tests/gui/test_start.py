"""Starting with an appliance that is away, or a keychain that waits: the window does not wait."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import pytest
from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QApplication

from ds3_browser.gui import keychain
from ds3_browser.gui.browsing import SessionState
from ds3_browser.gui.dialogs.sessions import SessionsDialog
from ds3_browser.gui.places import Place
from ds3_browser.gui.sessions import ProxyChoice, SavedSession, Sessions
from ds3_browser.gui.settings import Settings
from tests.gui.keyrings import SlowKeyring

STALL_S = 1.0  # bounds are generous: they catch what hangs


@pytest.fixture
def silence() -> Iterator[int]:
    """The port of a server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def saved(tmp_path, silence) -> SavedSession:
    """A session to such a server that wants to be connected at the start."""
    session = SavedSession.new(
        "Away",
        scheme="http",
        host="127.0.0.1",
        port=silence,
        access_id="id",
        proxy=ProxyChoice.NONE,
        connect_at_start=True,
    )
    folder = tmp_path / "data"
    folder.mkdir()
    Sessions(Settings(folder / "settings.ini")).add(session)
    return session


class Pulse(QObject):
    """Measures the longest time that the window did not come to anything."""

    def __init__(self) -> None:
        super().__init__()
        self.longest, self._last = 0.0, monotonic()
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._beat)
        self._timer.start(5)

    def _beat(self) -> None:
        now = monotonic()
        self.longest, self._last = max(self.longest, now - self._last), now


def work_with(window) -> None:
    """Do what somebody would while nothing answers: dialogs, themes, panes, the welcome page."""
    window.context.actions["new_session"].trigger()
    dialog = window.findChild(SessionsDialog)
    assert dialog.isVisible()
    dialog.reject()
    window.toggle_transfers()
    window.context.actions["density_compact"].trigger()
    window.context.actions["density_normal"].trigger()
    window.go(Place())
    assert window.welcome.isVisible()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def test_an_appliance_that_never_answers_holds_up_nothing(
    qtbot, memory, start_program, saved, tmp_path
):
    memory.kept[keychain.SERVICE, saved.id] = "key"
    pulse = Pulse()
    window = start_program(tmp_path / "data").window
    browsing = window.context.browsing
    qtbot.waitUntil(lambda: browsing.connection(saved.id).state is SessionState.CONNECTING)
    pulse.longest = 0.0
    work_with(window)
    assert browsing.connection(saved.id).state is SessionState.CONNECTING
    assert pulse.longest < STALL_S
    browsing.disconnect_session(saved.id)


def test_a_keychain_that_waits_for_its_user_holds_up_nothing(
    qtbot, use, start_program, saved, tmp_path
):
    slow = use(SlowKeyring())
    window = start_program(tmp_path / "data").window
    work_with(window)
    browsing = window.context.browsing
    assert browsing.connection(saved.id).state is SessionState.NOT_CONNECTED
    slow.kept[keychain.SERVICE, saved.id] = "key"
    slow.answered.set()
    qtbot.waitUntil(lambda: browsing.connection(saved.id).state is SessionState.CONNECTING)
    browsing.disconnect_session(saved.id)


def test_a_key_that_comes_when_the_form_is_gone_goes_to_nobody(
    qtbot, use, start_program, saved, tmp_path
):
    slow = use(SlowKeyring())
    window = start_program(tmp_path / "data").window
    slow.kept[keychain.SERVICE, saved.id] = "key"
    window.commands.sessions.edit_session(saved.id)
    window.findChild(SessionsDialog).reject()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert window.findChild(SessionsDialog) is None
    slow.answered.set()
    sessions, browsing = window.context.sessions, window.context.browsing
    qtbot.waitUntil(lambda: sessions.credentials(saved.id) is not None)
    qtbot.waitUntil(lambda: browsing.connection(saved.id).state is SessionState.CONNECTING)
    told: list[bool] = []
    sessions.look_up(saved.id, lambda: told.append(True))  # after all that was waiting
    qtbot.waitUntil(lambda: bool(told))
    browsing.disconnect_session(saved.id)


@pytest.mark.ui("1.10", "several sessions are connected at once")
def test_several_sessions_connect_at_once_and_the_away_one_alone_is_told(
    qtbot, memory, start_program, saved, simulator, bucket, tmp_path
):
    near = SavedSession.new(
        "Near",
        scheme="http",
        host=simulator.host,
        port=simulator.port,
        access_id=simulator.access_id,
        proxy=ProxyChoice.NONE,
        connect_at_start=True,
    )
    Sessions(Settings(Path(tmp_path / "data" / "settings.ini"))).add(near)
    memory.kept[keychain.SERVICE, saved.id] = "key"
    memory.kept[keychain.SERVICE, near.id] = simulator.secret_key
    window = start_program(tmp_path / "data").window
    browsing = window.context.browsing
    qtbot.waitUntil(lambda: browsing.connection(near.id).state is SessionState.CONNECTED)
    assert browsing.connection(saved.id).state is SessionState.CONNECTING
    browsing.disconnect_session(saved.id)


def usable_after_s(qtbot, start_program, folder: Path) -> float:
    """Seconds from nothing to a window that answers: its actions do, and its loop turns."""
    began = monotonic()
    window = start_program(folder).window
    turned: list[bool] = []
    QTimer.singleShot(0, lambda: turned.append(True))
    qtbot.waitUntil(lambda: bool(turned))
    work_with(window)
    return monotonic() - began


@pytest.mark.ui("9.22", "an appliance that is away does not slow the start")
def test_the_window_is_usable_as_fast_with_an_appliance_that_is_away(
    qtbot, memory, start_program, saved, tmp_path
):
    memory.kept[keychain.SERVICE, saved.id] = "key"
    usable_after_s(qtbot, start_program, tmp_path / "warm")  # the first start reads fonts and code
    without = min(usable_after_s(qtbot, start_program, tmp_path / f"none-{n}") for n in range(3))
    away = []
    for number in range(3):
        shutil.copytree(tmp_path / "data", tmp_path / f"away-{number}")
        away.append(usable_after_s(qtbot, start_program, tmp_path / f"away-{number}"))
    assert min(away) < 2 * without + STALL_S / 2
