"""Keys in the keychain: kept, found again, forgotten; and how its absence is survived."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ds3_browser.gui import keychain
from ds3_browser.gui.dialogs.secret_key import SecretKeyDialog
from ds3_browser.gui.keys import Keys
from ds3_browser.gui.places import Place
from ds3_browser.gui.sessions import ProxyChoice, SavedSession, Sessions
from ds3_browser.gui.settings import Settings
from ds3_browser.protocol.records import Credentials
from tests.gui.keyrings import ClearTextKeyring, LockedKeyring, SlowKeyring

SECRET = "s3cret-key-of-mine"
ROOT = Path(keychain.__file__).resolve().parents[2]


@pytest.fixture
def start(qapp, tmp_path) -> Iterator[Callable[[], tuple[Sessions, Keys]]]:
    """A function that starts the program's sessions with the settings of the last start."""
    started: list[Keys] = []

    def start_it() -> tuple[Sessions, Keys]:
        for one in started:
            one.close()
        keys = Keys()
        started.append(keys)
        return Sessions(Settings(tmp_path / "settings.ini"), keys), keys

    yield start_it
    for one in started:
        one.close()


def look_up(qtbot, sessions: Sessions, session_id: str) -> Credentials | None:
    told: list[bool] = []
    sessions.look_up(session_id, lambda: told.append(True))
    qtbot.waitUntil(lambda: bool(told))
    return sessions.credentials(session_id)


def north(**given) -> SavedSession:
    return SavedSession.new("North Vault", host="bp-north.example", access_id="id", **given)


def test_a_key_is_found_again_at_the_next_start(qtbot, start, memory):
    sessions, _ = start()
    session = north()
    sessions.add(session, SECRET)
    sessions, _ = start()
    assert sessions.credentials(session.id) is None  # nobody waits for the keychain at the start
    assert look_up(qtbot, sessions, session.id) == Credentials("id", SECRET)
    assert list(memory.kept) == [(keychain.SERVICE, session.id)]


def test_the_password_at_a_proxy_is_kept_with_the_key(qtbot, start, memory):
    sessions, _ = start()
    session = north(
        proxy=ProxyChoice.ADDRESS,
        proxy_address="http://proxy.example:3128",
        proxy_user="me",
        proxy_password="pr0xy-pass",
    )
    sessions.add(session, SECRET)
    sessions, _ = start()
    look_up(qtbot, sessions, session.id)
    assert sessions.get(session.id) == session
    sessions.add(replace(session, proxy_user="", proxy_password=""))
    sessions.remove(session.id)
    start()
    assert memory.kept == {}


def test_a_removed_session_leaves_nothing_in_the_keychain(qtbot, start, memory):
    sessions, keys = start()
    session = north()
    sessions.add(session, SECRET)
    sessions.remove(session.id)
    keys.close()
    assert memory.kept == {}


def test_an_edit_without_a_key_leaves_the_kept_one(qtbot, start, memory):
    sessions, _ = start()
    session = north()
    sessions.add(session, SECRET)
    sessions, _ = start()
    sessions.add(replace(session, name="North"))
    assert look_up(qtbot, sessions, session.id) == Credentials("id", SECRET)


def test_a_new_key_replaces_the_kept_one(qtbot, start, memory):
    sessions, _ = start()
    session = north()
    sessions.add(session, SECRET)
    sessions.add(session, "another-key")
    sessions, _ = start()
    assert look_up(qtbot, sessions, session.id) == Credentials("id", "another-key")


def test_what_is_not_to_be_kept_never_reaches_the_keychain(qtbot, start, memory):
    sessions, keys = start()
    sessions.add(north(kept=False, demo=True), SECRET)
    keys.close()
    assert memory.kept == {}


def test_a_key_typed_while_the_keychain_waits_is_the_one_that_counts(qtbot, start, use):
    slow = use(SlowKeyring())
    sessions, _ = start()
    session = north()
    slow.kept[keychain.SERVICE, session.id] = "the-old-one"
    sessions.add(session)
    told: list[bool] = []
    sessions.look_up(session.id, lambda: told.append(True))
    sessions.add(session, SECRET)
    slow.answered.set()
    qtbot.waitUntil(lambda: bool(told))
    assert sessions.credentials(session.id) == Credentials("id", SECRET)


def test_a_keychain_that_waits_for_its_user_holds_up_neither_window_nor_end(
    qtbot, start, use, monkeypatch
):
    monkeypatch.setattr("ds3_browser.gui.keys.END_WITHIN_S", 0.05)
    slow = use(SlowKeyring())
    sessions, keys = start()
    session = north()
    sessions.add(session)
    told: list[bool] = []
    sessions.look_up(session.id, lambda: told.append(True))
    keys.close()
    assert told == []
    slow.answered.set()


@pytest.mark.parametrize("backend", [ClearTextKeyring, None])
def test_without_a_safe_keychain_the_key_is_in_memory_alone(qtbot, start, use, backend, tmp_path):
    kept = use(backend()) if backend is not None else None
    sessions, keys = start()
    with qtbot.waitSignal(keys.found):
        keys.look()
    assert keys.name is None
    session = north()
    sessions.add(session, SECRET)
    assert sessions.credentials(session.id) == Credentials("id", SECRET)
    sessions, _ = start()
    assert look_up(qtbot, sessions, session.id) is None
    assert kept is None or kept.kept == {}
    assert SECRET not in (tmp_path / "settings.ini").read_text()


def test_a_locked_keychain_is_told_and_the_key_stays_in_memory(qtbot, start, use, caplog):
    use(LockedKeyring())
    caplog.set_level(logging.DEBUG)
    sessions, keys = start()
    session = north()
    with qtbot.waitSignal(keys.not_kept):
        sessions.add(session, SECRET)
    assert sessions.credentials(session.id) == Credentials("id", SECRET)
    sessions, _ = start()
    assert look_up(qtbot, sessions, session.id) is None
    assert SECRET not in caplog.text


def test_the_keychain_is_named_as_its_user_knows_it(qtbot, start, memory):
    _, keys = start()
    with qtbot.waitSignal(keys.found):
        keys.look()
    assert keys.name == "In memory"


SCRIPT = """
import sys
from pathlib import Path
from PySide6.QtCore import QCoreApplication, QTimer
from ds3_browser.gui.dialogs.secret_key import SecretKeyDialog
from ds3_browser.gui.keys import Keys
from ds3_browser.gui.places import Place
from ds3_browser.gui.sessions import SavedSession, Sessions
from ds3_browser.gui.settings import Settings

app = QCoreApplication([])
file, secret = Path(sys.argv[1]), sys.stdin.readline().strip()
first = Keys()
first.found.connect(lambda: print(first.name))
first.look()
session = SavedSession.new("North", host="bp.example", access_id="id")
Sessions(Settings(file), first).add(session, secret)
later = []

def again():
    first.close()
    second = Keys()
    sessions = Sessions(Settings(file), second)
    later.extend((second, sessions))
    sessions.look_up(session.id, lambda: look(second, sessions))

def look(second, sessions):
    print(sessions.credentials(session.id).secret_key == secret)
    sessions.remove(session.id)
    sessions.add(SavedSession(session.id, "North", host="bp.example"))
    sessions.look_up(session.id, lambda: end(second, sessions))

def end(second, sessions):
    print(sessions.credentials(session.id))
    second.close()
    app.quit()

first.found.connect(lambda: QTimer.singleShot(0, again))
app.exec()
"""


def test_a_real_secret_service_keeps_a_key_from_one_start_to_the_next(tmp_path):
    missing = [tool for tool in ("dbus-run-session", "gnome-keyring-daemon") if not _there(tool)]
    if missing:
        line = "apt-get install gnome-keyring dbus"
        assert "CI" not in os.environ, f"{missing} missing: {line}"
        pytest.skip(f"{missing} missing: {line}")
    runtime = tmp_path / "run"
    runtime.mkdir(mode=0o700)
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    environ = {
        **{name: value for name, value in os.environ.items() if not name.startswith("DBUS_")},
        "HOME": str(tmp_path),
        "XDG_RUNTIME_DIR": str(runtime),
        "PYTHONPATH": str(ROOT),
        "XDG_DATA_HOME": str(tmp_path / "share"),
    }
    environ.pop("PYTHON_KEYRING_BACKEND", None)
    daemon = "gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1"
    command = f"printf 'its password' | {daemon}" + ' && exec "$0" "$1" "$2"'
    arguments = [sys.executable, str(script), str(tmp_path / "settings.ini")]
    ended = subprocess.run(
        ["dbus-run-session", "--", "sh", "-c", command, *arguments],
        input="its-own-secret\n",
        env={**environ, "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.stdout.splitlines() == ["Secret Service", "True", "None"], ended.stderr
    assert "its-own-secret" not in (tmp_path / "settings.ini").read_text()


def _there(tool: str) -> bool:
    return shutil.which(tool) is not None


def test_a_session_whose_key_nobody_has_says_so_and_asks_for_it(
    qtbot, use, start_program, tmp_path
):
    use(ClearTextKeyring())  # none that is safe
    (tmp_path / "data").mkdir()
    session = north()
    Sessions(Settings(tmp_path / "data" / "settings.ini")).add(session)
    window = start_program(tmp_path / "data").window
    model = window.sidebar.model
    index = model.index_of(Place(session.id))
    qtbot.waitUntil(lambda: model.node(index).word == "Enter key…")
    window.sidebar.tree.chosen.emit(Place(session.id))
    qtbot.waitUntil(lambda: window.findChild(SecretKeyDialog) is not None)
    dialog = window.findChild(SecretKeyDialog)
    assert not dialog.isModal()
    dialog.reject()
    assert model.node(index).word == "Enter key…"
    window.context.sessions.add(session, SECRET)
    assert model.node(index).word == "not connected"
