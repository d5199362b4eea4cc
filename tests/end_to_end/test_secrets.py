"""A whole use with unusual keys, and then a search of everything for them.

Written files, log lines at every level, what was printed, the arguments of processes, the
clipboard, settings, reports, exceptions and reprs: none may hold a secret key or a password, in
clear or as it is written in URLs, XML, JSON or base64.
"""

from __future__ import annotations

import base64
import html
import json
import logging
import os
import socket
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote, quote_plus

import keyring
import pytest
from PySide6.QtCore import QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QCheckBox, QLineEdit, QPushButton

from ds3_browser import app, log
from ds3_browser.demo import Demo
from ds3_browser.gui import eon_sessions
from ds3_browser.gui.browsing import SessionState
from ds3_browser.gui.dialogs.import_sessions import ImportDialog
from ds3_browser.gui.dialogs.sessions import SessionsDialog
from ds3_browser.gui.faults import Faults
from ds3_browser.gui.messages import sentence
from ds3_browser.gui.places import Place
from ds3_browser.gui.sessions import DEMO_ID, ProxyChoice, SavedSession
from ds3_browser.protocol.records import Credentials, Endpoint
from ds3_browser.simulator.server import Simulator
from ds3_browser.transfer.events import State
from tests.end_to_end.person import Person, press, until
from tests.gui.keyrings import MemoryKeyring

# With what URLs, XML, INI files, shells and regular expressions take to be their own.
SECRET = "s3cr:et/+&=?#%20<key>\"'\\;@ü→\tz"
WRONG = "wr0ng;key%3D[section]=*(.)+"
PROXY_PASSWORD = "pr0xy@pa:ss/word%&<>"
EON_SECRET = "e0n$ecret&'quoted'\\n"


def forms(secret: str) -> set[bytes]:
    """How a secret may look where it should not be."""
    texts = {
        *(secret, quote(secret), quote(secret, safe=""), quote_plus(secret)),
        *(html.escape(secret), html.escape(secret, quote=False)),
        *(json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]),
        *(repr(secret)[1:-1], ascii(secret)[1:-1]),
    }
    inside = {text.encode() for text in texts} | {secret.encode("utf-16-le")}
    return inside | set(in_base64(secret.encode()))


def in_base64(secret: bytes) -> Iterator[bytes]:
    """The middle of it, wherever it begins in what was encoded: behind `user:` for instance."""
    for before in range(3):
        encoded = base64.b64encode(b"x" * before + secret).rstrip(b"=")
        yield encoded[4 if before else 0 : -2]


class Search:
    """Looks for all secrets in what it is given, and says where one was."""

    def __init__(self, *secrets: str) -> None:
        self._forms = {form: secret for secret in secrets for form in forms(secret)}
        self.found: list[str] = []

    def look(self, where: str, content: bytes | str) -> None:
        data = content.encode("utf-8", "replace") if isinstance(content, str) else content
        self.found += [f"{where}: {form!r}" for form in self._forms if form in data]


def test_the_search_finds_what_it_is_for() -> None:
    login = [base64.b64encode(f"{user}:{SECRET}".encode()).decode() for user in ("a", "bc", "def")]
    texts = (SECRET, quote(SECRET, safe=""), json.dumps(SECRET), html.escape(SECRET), *login)
    for written in texts:
        search = Search(SECRET)
        search.look("here", f"before {written} after")
        assert search.found
    innocent = Search(SECRET)
    innocent.look("here", "nothing of it, but s3cr:et alone")
    assert innocent.found == []


@pytest.fixture
def appliance(tmp_path: Path) -> Iterator[Simulator]:
    """An appliance of its own, whose files are not part of what is searched."""
    with Simulator(tmp_path / "appliance", secret_key=SECRET) as simulator:
        yield simulator


def test_a_whole_use_leaves_no_secret_anywhere(
    qtbot, appliance, tmp_path, monkeypatch, caplog, capfd
) -> None:
    home, data = tmp_path / "home", tmp_path / "data"
    for folder in (home / ".dsbrowser", data):
        folder.mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    eon = home / ".dsbrowser" / "sessions.json"
    credentials = {"accessId": "ZW9u", "secretKey": EON_SECRET}
    kept = {"name": "Eon", "endpoint": "eon.invalid", "portNo": "443", "credentials": credentials}
    eon.write_text(json.dumps({"sessions": [{**kept, "useSSL": True, "proxyServer": None}]}))
    keychain, before = MemoryKeyring(), keyring.get_keyring()
    keyring.set_keyring(keychain)
    caplog.set_level(logging.DEBUG)
    log.set_up(data, "DEBUG")
    said: list[str] = []
    try:
        said += _use(qtbot, appliance, data, tmp_path / "files")
        said += _come_back(qtbot, data)
    finally:
        log.tear_down()
        keyring.set_keyring(before)
    assert set(keychain.kept.values()) == {SECRET, PROXY_PASSWORD, EON_SECRET}
    search = Search(SECRET, WRONG, PROXY_PASSWORD, EON_SECRET)
    for number, text in enumerate(said):
        search.look(f"said {number}", text)
    search.look("log records", caplog.text)
    printed = capfd.readouterr()
    search.look("printed", printed.out + printed.err)
    appliances_own = tmp_path / "appliance"
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    searched = [path for path in files if appliances_own not in path.parents]
    assert {"settings.ini", "transfers.sqlite3", "ds3-browser.log", "sessions.json"} <= {
        path.name for path in searched
    }
    for path in searched:
        search.look(str(path), path.read_bytes())
        search.look("a name", str(path))
    assert search.found == []


def _use(qtbot, appliance: Simulator, data: Path, files: Path) -> list[str]:
    """One start of the program, with all that can go wrong with keys. What it says of itself."""
    said = []
    program = app.Program(
        app.make_application([]), data, app.Options(log_level="DEBUG", data_dir=data)
    )
    window, context = program.window, program.window.context
    program.show()
    person = Person(window)
    until(lambda: context.keys.looked, "the keychain")
    good = Credentials(appliance.access_id, SECRET)
    endpoint = Endpoint("http", appliance.host, appliance.port)

    # A wrong key first, then the right one by the form, with its connection test.
    wrong = person.add_session(endpoint, Credentials(appliance.access_id, WRONG), "Wrong")
    until(
        lambda: person.connection(wrong).state is SessionState.SIGN_IN_FAILED, "the wrong key's end"
    )
    said += [repr(person.connection(wrong).error), str(person.connection(wrong).error)]
    window.commands.sessions.edit_session(wrong)
    form = window.findChild(SessionsDialog)
    form.findChild(QLineEdit, "secret_key").setText(SECRET)
    form.test()
    until(form.findChild(QPushButton, "connect_button").isEnabled, "the end of the test")
    said += [repr(form.answer()), repr(form.answer().session)]
    form.reject()
    context.sessions.remove(wrong)
    session = person.connect(endpoint, good)

    # A proxy with a login that does not answer.
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    proxied = SavedSession.new(
        "Proxied",
        scheme="http",
        host="bp.invalid",
        port=80,
        access_id="id",
        proxy=ProxyChoice.ADDRESS,
        proxy_address=f"http://127.0.0.1:{port}",
        proxy_user="me",
        proxy_password=PROXY_PASSWORD,
    )
    context.sessions.add(proxied, SECRET)
    context.browsing.connect_session(proxied.id)
    until(lambda: person.connection(proxied.id).error is not None, "the proxy's failure")
    said += [repr(person.connection(proxied.id).error), repr(proxied), repr(proxied.endpoint)]

    # Proxies that want another login, and say what they were given.
    for status in ("407 Proxy Authentication Required", "502 Bad Gateway"):
        with telltale(status) as proxy:
            told = replace(proxied, id=status, proxy_address=proxy, scheme="http")
            for one in (told, replace(told, id=f"{status} TLS", scheme="https", port=443)):
                context.sessions.add(one, SECRET)
                context.browsing.connect_session(one.id)
                until(lambda id=one.id: person.connection(id).error is not None, "its failure")
                error = person.connection(one.id).error
                said += [*_all_of(error), repr(sentence(error, host=one.host))]
                context.sessions.remove(one.id)

    # Faults of the program itself, here and in a thread, that have a key in their words.
    faults = Faults(data / "log")
    happened: list[str] = []
    faults.happened.connect(window.telling.tell_fault)
    faults.happened.connect(happened.append)
    QTimer.singleShot(0, partial(_fail, f"no use for {SECRET}", f"me:{PROXY_PASSWORD}"))
    thread = threading.Thread(target=_fail, args=(f"{SECRET} {quote(WRONG)}",))
    thread.start()
    until(lambda: len(happened) == 2, "both faults")
    assert any("a fault" in one.message.text for one in window.telling.problems.all())
    said += happened
    thread.join()
    faults.close()

    # Files up and down, one that cannot be read, an appliance that refuses.
    files.mkdir()
    (files / "a.txt").write_bytes(b"content" * 1000)
    context.browsing.create_bucket(session, "archive", None, lambda: None, lambda error: None)
    until(lambda: bool(person.connection(session).buckets), "the bucket")
    person.go("archive")
    up = context.queue.upload(session, "archive", "", [str(files), "/no/such/file"])
    until(lambda: person.row(up).ended, "the upload")
    down = context.queue.download(session, "archive", "files/", ["files/a.txt"], (), str(data))
    until(lambda: person.row(down).state is State.DONE, "the download")
    appliance.faults.set("fail_next", [["GET /archive*", 500, "InternalError", 20]])
    window.page.refresh()
    until(lambda: not window.page.listing, "the refused listing")

    # Eon Browser's keys, moved.
    context.actions["import_sessions"].trigger()
    dialog = window.findChild(ImportDialog)
    until(lambda: dialog.answer().chosen, "Eon Browser's sessions")
    said.append(repr(dialog.answer()))
    dialog.findChild(QCheckBox, "remove_keys").setChecked(True)
    press(dialog, "import_button")
    until(lambda: EON_SECRET not in eon_sessions.usual_file().read_text(), "the moved key")

    # The demo, whose key goes to another process.
    window.commands.demo.start()
    until(lambda: person.connection(DEMO_ID).state is SessionState.CONNECTED, "the demo", 60)
    demo = context.demo
    assert isinstance(demo, Demo)
    demos_key = context.sessions.credentials(DEMO_ID).secret_key
    command_lines = list(_command_lines())
    assert any("ds3_browser.simulator" in line for line in command_lines)
    assert not any(demos_key in line for line in command_lines)
    said += command_lines
    # The demo appliance knows its users' keys, as every appliance does: its archive is its own.
    archive = data / "demo" / "archive"
    for path in (one for one in data.rglob("*") if one.is_file() and archive not in one.parents):
        assert demos_key.encode() not in path.read_bytes(), path

    context.actions["copy_report"].trigger()
    until(lambda: "Transfers:" in QGuiApplication.clipboard().text(), "the report")
    said.append(QGuiApplication.clipboard().text())
    said += [problem.message.text for problem in window.telling.problems.all()]
    said += [str(problem.message.details) for problem in window.telling.problems.all()]
    _end(program)
    return said


def _fail(*words: str) -> None:
    raise ValueError(*words)


def _all_of(error: BaseException | None) -> Iterator[str]:
    """All that could be printed of an error: what it was raised from comes with it."""
    if error is not None:
        yield from (str(error), repr(error), "".join(traceback.format_exception(error)))


@contextmanager
def telltale(status: str) -> Iterator[str]:
    """The address of a proxy that refuses, and whose answer quotes the whole request."""

    class Refuses(BaseHTTPRequestHandler):
        def handle_one_request(self) -> None:
            head = b""
            while (line := self.rfile.readline()) not in (b"\r\n", b""):
                head += line
            told = head.replace(b"\r\n", b" ")
            answer = f"HTTP/1.1 {status}\r\nX-Told: ".encode() + told
            answer += f"\r\nContent-Length: {len(told)}\r\nConnection: close\r\n\r\n".encode()
            self.wfile.write(answer + told)
            self.close_connection = True

    server = ThreadingHTTPServer(("127.0.0.1", 0), Refuses)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _come_back(qtbot, data: Path) -> list[str]:
    """The next start: keys come from the keychain, and are shown in the form."""
    program = app.Program(
        app.make_application([]), data, app.Options(log_level="DEBUG", data_dir=data)
    )
    context = program.window.context
    program.show()
    north = next(one for one in context.sessions.all() if one.name == "North")
    program.window.commands.sessions.connect_session(north.id)
    until(
        lambda: context.browsing.connection(north.id).state is SessionState.CONNECTED,
        "the connection with a kept key",
    )
    program.window.go(Place(north.id, "archive"))
    said = [repr(context.sessions.all()), repr(context.sessions.credentials(north.id))]
    _end(program)
    return said


def _end(program: app.Program) -> None:
    program.window.hide()
    program.close()
    program.window.deleteLater()


def _command_lines() -> Iterator[str]:
    """The command lines of this process and of those below it."""
    below = {os.getpid()}
    for status in sorted(Path("/proc").glob("[0-9]*/stat"), key=lambda one: int(one.parent.name)):
        try:
            parent = int(status.read_text().rpartition(")")[2].split()[1])
            if parent in below:
                below.add(int(status.parent.name))
                yield status.with_name("cmdline").read_bytes().decode("utf-8", "replace")
        except OSError:
            continue
