"""Sessions of Eon Browser: read one by one, and their keys moved only when that is proved."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QLabel, QListWidget, QPushButton

from ds3_browser.gui import eon_sessions
from ds3_browser.gui.dialogs.import_sessions import ImportDialog
from ds3_browser.gui.dialogs.questions import Box
from ds3_browser.gui.sessions import ProxyChoice
from tests.gui.keyrings import LockedKeyring

SECRET = "eon-s3cret-key"


def kept(name: str = "North", **changed: object) -> dict[str, object]:
    return {
        "name": name,
        "endpoint": "bp-north.example",
        "portNo": "443",
        "proxyServer": None,
        "credentials": {"accessId": "YWNjZXNz", "secretKey": SECRET},
        "defaultSession": True,
        "useSSL": True,
        **changed,
    }


def at_once(file, on_result, on_error):
    """Read a file as the program does in the background."""
    try:
        found = eon_sessions.read_sessions(file)
    except (OSError, ValueError) as error:
        on_error(error)
    else:
        on_result(found)


@pytest.fixture
def write(tmp_path):
    def write_it(*sessions: object) -> Path:
        file = tmp_path / "sessions.json"
        file.write_text(json.dumps({"sessions": list(sessions)}), encoding="utf-8")
        return file

    return write_it


def test_a_session_is_taken_as_it_is_and_its_certificate_is_checked(write):
    (found,) = eon_sessions.read_sessions(write(kept()))
    session = found.session
    assert (session.name, session.scheme, session.host, session.port) == (
        *("North", "https", "bp-north.example"),
        443,
    )
    assert (session.access_id, found.secret_key) == ("YWNjZXNz", SECRET)
    assert session.verify
    assert session.connect_at_start
    assert session.proxy is ProxyChoice.NONE
    assert SECRET not in repr(found)


def test_a_proxy_with_a_login_is_taken_apart(write):
    (found,) = eon_sessions.read_sessions(write(kept(proxyServer="http://me:p%40ss@proxy:3128")))
    session = found.session
    assert session.proxy is ProxyChoice.ADDRESS
    assert (session.proxy_address, session.proxy_user) == ("http://proxy:3128", "me")
    assert session.proxy_password == "p@ss"


@pytest.mark.parametrize(
    ("changed", "scheme", "port"),
    [
        ({"useSSL": False, "portNo": "80"}, "http", 80),
        ({"useSSL": False, "portNo": "8080"}, "http", 8080),
        ({"portNo": "many"}, "https", 443),
        ({"portNo": "0"}, "https", 443),
        ({"portNo": None, "useSSL": None}, "http", 80),
    ],
)
def test_scheme_and_port_are_read_or_fall_back(write, changed, scheme, port):
    (found,) = eon_sessions.read_sessions(write(kept(**changed)))
    assert (found.session.scheme, found.session.port) == (scheme, port)


def test_what_cannot_be_read_is_left_out_alone(write):
    broken = (None, 3, {}, kept(endpoint=""), kept(endpoint=7), kept(endpoint="a b"))
    found = eon_sessions.read_sessions(write(*broken, kept("South", credentials="none")))
    assert [(one.number, one.session.name, one.secret_key) for one in found] == [(6, "South", "")]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"sessions": {}}', "3"])
def test_a_file_that_is_none_is_told(qtbot, tmp_path, text):
    file = tmp_path / "sessions.json"
    file.write_text(text)
    with pytest.raises(ValueError):  # noqa: PT011  # json's own or ours
        eon_sessions.read_sessions(file)
    dialog = ImportDialog(file, (), True, at_once)
    qtbot.addWidget(dialog)
    told = " ".join(label.text() for label in dialog.findChildren(QLabel))
    assert "holds no sessions of Eon Browser" in told
    assert not dialog.findChild(QPushButton, "import_button").isEnabled()


def test_only_the_keys_that_were_moved_leave_the_file(write):
    file = write(kept("North"), kept("South"), {"odd": [1, "é"]})
    found = eon_sessions.read_sessions(file)
    eon_sessions.remove_keys(file, found[:1])
    north, south, odd = json.loads(file.read_text(encoding="utf-8"))["sessions"]
    assert north == kept("North", credentials={"accessId": "YWNjZXNz", "secretKey": ""})
    assert south == kept("South")
    assert odd == {"odd": [1, "é"]}
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_a_session_that_is_another_by_now_keeps_its_key(write):
    file = write(kept("North"))
    found = eon_sessions.read_sessions(file)
    other = kept("East", credentials={"accessId": "x", "secretKey": "another"})
    write(other)
    eon_sessions.remove_keys(file, found)
    assert json.loads(file.read_text())["sessions"] == [other]


def test_what_is_here_already_is_not_chosen(qtbot, write):
    file = write(kept("North"), kept("South", endpoint="bp-south.example"))
    dialog = ImportDialog(file, {("bp-north.example", 443, "YWNjZXNz")}, True, at_once)
    qtbot.addWidget(dialog)
    answer = dialog.answer()
    assert [one.session.name for one in answer.chosen] == ["South"]
    assert (answer.copy_keys, answer.remove_keys) == (True, False)
    assert dialog.findChild(QPushButton, "import_button").text() == "Import 1 session"
    rows = dialog.findChild(QListWidget, "eon_sessions")
    rows.item(0).setCheckState(Qt.CheckState.Checked)
    assert dialog.findChild(QPushButton, "import_button").text() == "Import 2 sessions"


def test_without_a_keychain_no_key_is_copied_and_that_is_said(qtbot, write):
    dialog = ImportDialog(write(kept()), (), False, at_once)
    qtbot.addWidget(dialog)
    dialog.show()
    assert not dialog.findChild(QCheckBox, "copy_keys").isVisible()
    assert not dialog.findChild(QCheckBox, "remove_keys").isVisible()
    assert not dialog.answer().copy_keys
    assert any("no keychain" in one.text() for one in dialog.findChildren(QLabel))


def test_keys_that_are_not_copied_cannot_be_removed(qtbot, write):
    dialog = ImportDialog(write(kept()), (), True, at_once)
    qtbot.addWidget(dialog)
    dialog.findChild(QCheckBox, "remove_keys").setChecked(True)
    assert dialog.answer().remove_keys
    dialog.findChild(QCheckBox, "copy_keys").setChecked(False)
    assert not dialog.findChild(QCheckBox, "remove_keys").isEnabled()
    assert not dialog.answer().remove_keys


def test_keys_move_from_eon_browser_to_the_keychain(
    qtbot, memory, start_program, write, tmp_path, monkeypatch
):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".dsbrowser").mkdir()
    file = write(kept("North", defaultSession=False)).rename(eon_sessions.usual_file())
    window = start_program().window
    qtbot.waitUntil(lambda: window.context.keys.looked)
    qtbot.waitUntil(window.welcome.findChild(QPushButton, "import_eon").isVisible)
    window.context.actions["import_sessions"].trigger()
    dialog = window.findChild(ImportDialog)
    qtbot.waitUntil(dialog.findChild(QPushButton, "import_button").isEnabled)
    dialog.findChild(QCheckBox, "remove_keys").setChecked(True)
    dialog.findChild(QPushButton, "import_button").click()
    qtbot.waitUntil(lambda: SECRET not in file.read_text())
    (session,) = window.context.sessions.all()
    assert list(memory.kept.values()) == [SECRET]
    assert window.context.sessions.credentials(session.id).secret_key == SECRET


def test_keys_stay_in_eon_browsers_file_where_the_keychain_takes_none(
    qtbot, use, start_program, write, tmp_path, monkeypatch
):
    use(LockedKeyring())
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".dsbrowser").mkdir()
    file = write(kept("North", defaultSession=False)).rename(eon_sessions.usual_file())
    window = start_program().window
    qtbot.waitUntil(lambda: window.context.keys.looked)
    window.context.actions["import_sessions"].trigger()
    dialog = window.findChild(ImportDialog)
    qtbot.waitUntil(dialog.findChild(QPushButton, "import_button").isEnabled)
    dialog.findChild(QCheckBox, "remove_keys").setChecked(True)
    dialog.findChild(QPushButton, "import_button").click()
    qtbot.waitUntil(lambda: window.findChild(Box, "notice_box") is not None)
    assert SECRET in file.read_text()
    window.findChild(Box, "notice_box").close()


def test_a_file_that_is_not_there_is_told_with_what_to_do(qtbot, tmp_path):
    dialog = ImportDialog(tmp_path / "none.json", (), True, at_once)
    qtbot.addWidget(dialog)
    told = [label.text() for label in dialog.findChildren(QLabel)]
    assert any("is not there. Choose the file" in text for text in told)
