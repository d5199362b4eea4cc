"""Saved sessions and settings: what is kept, and what never is."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from ds3_browser.gui import store
from ds3_browser.gui.folders import Folders
from ds3_browser.gui.sessions import ProxyChoice, SavedSession, Sessions, from_endpoint
from ds3_browser.gui.settings import Settings
from ds3_browser.gui.theme import Theme
from ds3_browser.protocol.records import Credentials, Endpoint

SECRET = "s3cret-key-of-mine"


@pytest.fixture
def file(tmp_path) -> Path:
    return tmp_path / "settings.ini"


@pytest.fixture
def sessions(qapp, file) -> Sessions:
    return Sessions(Settings(file))


def north(**given) -> SavedSession:
    return SavedSession.new(
        "North Vault", host="bp-north.example", access_id="YXJjaGl2ZQ==", **given
    )


def test_a_session_comes_back_at_the_next_start_but_its_key_does_not(sessions, file):
    session = north(pin="AB" * 32, connect_at_start=True, proxy=ProxyChoice.NONE)
    sessions.add(session, SECRET)
    again = Sessions(Settings(file))
    assert again.all() == (session,)
    assert again.credentials(session.id) is None
    assert sessions.credentials(session.id) == Credentials("YXJjaGl2ZQ==", SECRET)


def test_nothing_secret_is_in_the_file_or_in_a_repr(sessions, file):
    session = north(
        proxy=ProxyChoice.ADDRESS,
        proxy_address="http://proxy.example:3128",
        proxy_user="me",
        proxy_password="pr0xy-pass",
    )
    sessions.add(session, SECRET)
    assert store.finish()
    kept = file.read_text()
    assert "bp-north.example" in kept
    assert SECRET not in kept
    assert "pr0xy-pass" not in kept
    assert "pr0xy-pass" not in repr(session) + repr(session.endpoint)


def test_what_is_not_to_be_kept_is_not(sessions, file):
    sessions.add(replace(north(), kept=False, demo=True), SECRET)
    assert Sessions(Settings(file)).all() == ()


def test_adding_tells_once_and_editing_tells_a_change(qtbot, sessions):
    session = north()
    with qtbot.waitSignal(sessions.added) as added:
        sessions.add(session, SECRET)
    with qtbot.waitSignal(sessions.changed) as changed, qtbot.assertNotEmitted(sessions.added):
        sessions.add(replace(session, name="North"))
    assert added.args == [session]
    assert changed.args[0].name == "North"
    assert sessions.secret_key(session.id) == SECRET  # an edit without a key keeps the old one


def test_removing_forgets_the_key(qtbot, sessions, file):
    session = north()
    sessions.add(session, SECRET)
    with qtbot.waitSignal(sessions.removed) as removed:
        sessions.remove(session.id)
    assert removed.args == [session.id]
    assert sessions.credentials(session.id) is None
    assert Sessions(Settings(file)).all() == ()
    with qtbot.assertNotEmitted(sessions.removed):
        sessions.remove(session.id)


def test_the_users_order_is_kept(sessions, file):
    for name in ("South", "North", "East"):
        sessions.add(SavedSession.new(name, host=f"{name}.example"))
    assert [one.name for one in Sessions(Settings(file)).all()] == ["South", "North", "East"]


def test_a_name_that_is_taken_gets_a_number(sessions):
    sessions.add(north())
    assert sessions.free_name("North Vault") == "North Vault (2)"
    assert sessions.free_name("South Vault") == "South Vault"


@pytest.mark.parametrize(
    ("field", "value"),
    [("port", "443"), ("port", 70000), ("port", True), ("scheme", "ftp"), ("proxy", "odd"),
     ("verify", "no"), ("name", 3)],
)  # fmt: skip
def test_a_broken_field_falls_back_alone(qapp, file, field, value):
    settings = Settings(file)
    settings.keep_sessions([{"id": "1", "name": "n", "host": "h", "access_id": "a", field: value}])
    settings.save()
    (session,) = Sessions(Settings(file)).all()
    blank = SavedSession("1", "n", host="h", access_id="a")
    expected = replace(blank, name="") if field == "name" else blank
    assert session == expected


def test_a_broken_session_is_left_out_alone(qapp, file):
    settings = Settings(file)
    settings.keep_sessions([{"name": "without id or host"}, {"id": "1", "name": "n", "host": "h"}])
    settings.save()
    other = file.with_name("other.ini")
    other.write_text(file.read_text().replace('without id or host\\"}', "without id or host"))
    assert [one.name for one in Sessions(Settings(other)).all()] == ["n"]


def test_the_environments_login_at_a_proxy_is_not_kept(sessions, file):
    endpoint = Endpoint.parse("bp.example", proxy="http://me:pr0xy-pass@proxy.example:8080")
    session = from_endpoint(endpoint, "id", "bp.example")
    assert session.endpoint == endpoint
    sessions.add(session, SECRET)
    assert store.finish()
    assert "pr0xy-pass" not in file.read_text()
    (again,) = Sessions(Settings(file)).all()
    assert again.endpoint.proxy == "http://me@proxy.example:8080"


@pytest.mark.parametrize(
    ("choice", "proxy"),
    [
        (ProxyChoice.NONE, None),
        (ProxyChoice.SYSTEM, "http://desk.example:3128"),
        (ProxyChoice.ADDRESS, "http://u%40x:p%2Fw@proxy.example:8080"),
    ],
)
def test_the_proxy_is_the_one_that_was_chosen(qapp, monkeypatch, choice, proxy):
    monkeypatch.setenv("http_proxy", "http://desk.example:3128")
    monkeypatch.setenv("https_proxy", "http://desk.example:3128")
    monkeypatch.delenv("no_proxy", raising=False)
    session = north(
        proxy=choice,
        proxy_address="proxy.example:8080",
        proxy_user="u@x",
        proxy_password="p/w",
    )
    assert session.endpoint.proxy == proxy


def test_no_proxy_leads_back_to_this_computer(qapp, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://desk.example:3128")
    session = SavedSession.new("x", scheme="http", host="127.0.0.1", port=8080)
    assert session.endpoint.proxy is None


# -- settings -------------------------------------------------------------------------------------


def test_the_theme_is_kept_and_an_unknown_one_is_the_systems(qapp, file):
    settings = Settings(file)
    settings.theme = Theme.DARK
    settings.save()
    assert Settings(file).theme is Theme.DARK
    other = file.with_name("other.ini")
    other.write_text(file.read_text().replace("theme=dark", "theme=pink"))
    assert Settings(other).theme is Theme.SYSTEM


def test_a_newer_programs_file_keeps_its_number(qapp, file):
    file.write_text("[General]\nschema=7\n[view]\ntheme=dark\n")
    settings = Settings(file)
    assert settings.theme is Theme.DARK
    settings.save()
    assert "schema=7" in file.read_text()


def test_a_file_that_is_no_settings_file_starts_with_none(qapp, file):
    file.write_bytes(b"\x00\xff garbage [[[\n=\n")
    settings = Settings(file)
    assert settings.theme is Theme.SYSTEM
    assert settings.sessions() == []


def looked(qtbot, file) -> Settings:
    """The settings of another start, which has looked at the folders of the last one."""
    settings = Settings(file)
    folders = Folders(settings)
    with qtbot.waitSignal(folders.looked):
        folders.look()
    folders.close()
    return settings


def test_a_folder_that_is_gone_is_no_last_folder(qtbot, file, tmp_path):
    settings = Settings(file)
    folder, other = tmp_path / "restore", tmp_path / "rushes"
    for made in (folder, other):
        made.mkdir()
    settings.download_folder, settings.upload_folder = str(folder), str(other)
    assert settings.download_folder == str(folder)
    settings.save()
    folder.rmdir()
    assert Settings(file).upload_folder is None  # nothing is known before somebody looked
    again = looked(qtbot, file)
    assert again.download_folder is None
    assert again.upload_folder == str(other)


def test_a_folder_that_does_not_answer_holds_up_nothing(qtbot, file, tmp_path, monkeypatch):
    settings = Settings(file)
    settings.local_folder = settings.upload_folder = str(tmp_path)
    settings.save()
    answers = threading.Event()

    def is_there(folder: str) -> bool:
        answers.wait(20)
        return True

    monkeypatch.setattr("ds3_browser.gui.folders._is_there", is_there)
    monkeypatch.setattr("ds3_browser.gui.folders.LOOK_WITHIN_MS", 50)
    again = looked(qtbot, file)
    assert again.folders_looked_at
    assert again.local_folder is None
    answers.set()


def test_forgetting_the_window_keeps_the_rest(qapp, file):
    settings = Settings(file)
    settings.theme = Theme.LIGHT
    settings.keep_flag("transfers_folded", True)
    settings.forget_window()
    assert not settings.flag("transfers_folded")
    assert settings.theme is Theme.LIGHT


def test_an_address_of_ipv6_stands_in_brackets_before_its_port() -> None:
    assert SavedSession.new("x", host="fd00::1", port=8080).address == "[fd00::1]:8080"
