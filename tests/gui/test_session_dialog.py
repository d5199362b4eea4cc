"""The session form and its connection test, against real servers."""

from __future__ import annotations

import socket
import threading
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QDialog,
    QLineEdit,
    QListWidget,
    QPushButton,
    QWidget,
)

from ds3_browser.gui import connecting, findings
from ds3_browser.gui.dialogs.session_list import where_it_leads
from ds3_browser.gui.dialogs.sessions import Choice, SessionsDialog, key_note
from ds3_browser.gui.dialogs.trust_box import fingerprint, read_certificate
from ds3_browser.gui.findings import Findings, Mark
from ds3_browser.gui.sessions import ProxyChoice, SavedSession, Sessions
from ds3_browser.gui.settings import Settings
from ds3_browser.gui.workers import Calls
from ds3_browser.protocol.errors import (
    BadCredentials,
    BadReply,
    ClockSkewed,
    ConnectionFailed,
    ManagementPort,
    Refusal,
    TlsFailed,
    TlsFault,
    Unreachable,
)
from ds3_browser.protocol.probe import Reached
from ds3_browser.protocol.records import Credentials, Endpoint, Owner, Service
from ds3_browser.protocol.transport import Certificate

SOON = 10_000
REACHED = Reached("10.40.8.21", 443, 0.012, False)
HTTPS = Endpoint("https", "bp-south.example", 443)
SERVICE = Service((), Owner(None, None))
DENIED = Refusal("GET", "/", 403)


@pytest.fixture
def calls(qapp):
    calls = Calls()
    yield calls
    calls.close()


def run_test(qtbot, calls, endpoint: Endpoint, credentials: Credentials) -> Findings:
    """Run a connection test to its end."""
    told: list[Findings] = []
    session = SavedSession.new(
        scheme=endpoint.scheme,
        host=endpoint.host,
        port=endpoint.port,
        proxy=ProxyChoice.NONE,
        pin=endpoint.pin,
        ca_file=endpoint.ca_file,
        verify=endpoint.verify,
    )
    connecting.start_test(calls, session, credentials, told.append)
    qtbot.waitUntil(lambda: not told[-1].running, timeout=SOON)
    return told[-1]


def marks(found: Findings) -> list[Mark]:
    return [step.mark for step in findings.steps(found)]


def texts(found: Findings) -> list[str]:
    return [step.text for step in findings.steps(found)]


# -- against the simulator -------------------------------------------------------------------------


def test_a_good_appliance_passes_every_step(qtbot, calls, endpoint, credentials):
    found = run_test(qtbot, calls, endpoint, credentials)
    good = Mark.GOOD
    assert marks(found) == [good, Mark.WARNING, good, good, good]
    assert texts(found)[:2] == [f"Reached 127.0.0.1, port {endpoint.port}", "Not encrypted"]
    assert findings.trouble(found) is None


def test_wrong_keys_stop_at_their_step(qtbot, calls, endpoint, credentials):
    found = run_test(qtbot, calls, endpoint, Credentials(credentials.access_id, "wrong"))
    assert marks(found)[2:] == [Mark.GOOD, Mark.BAD, Mark.OPEN]
    assert "secret key is wrong" in findings.trouble(found)


def test_a_clock_that_is_off_leaves_the_keys_open(qtbot, calls, simulator, endpoint, credentials):
    simulator.faults.set("clock", {"offset_s": -1320})
    found = run_test(qtbot, calls, endpoint, credentials)
    assert marks(found)[3:] == [Mark.OPEN, Mark.BAD]
    assert "22 min" in findings.trouble(found)


@pytest.mark.checklist(
    "K C-26: the management port is told as such",
)
def test_the_management_port_is_told(qtbot, calls, simulator, endpoint, credentials):
    simulator.faults.set("mgmt_port", True)
    found = run_test(qtbot, calls, endpoint, credentials)
    assert marks(found)[2:] == [Mark.BAD, Mark.OPEN, Mark.OPEN]
    assert "management port" in findings.trouble(found)


def test_nobody_there_stops_at_the_first_step(qtbot, calls, credentials):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    found = run_test(qtbot, calls, Endpoint("http", "127.0.0.1", port), credentials)
    assert marks(found) == [Mark.BAD, *4 * [Mark.OPEN]]
    assert f"127.0.0.1:{port}" in findings.trouble(found)


def test_a_port_that_speaks_no_tls_is_told(qtbot, calls, simulator, credentials):
    endpoint = Endpoint("https", "127.0.0.1", simulator.port)
    found = run_test(qtbot, calls, endpoint, credentials)
    assert marks(found)[:2] == [Mark.GOOD, Mark.BAD]
    assert not found.untrusted
    assert "does not speak TLS" in findings.trouble(found)


@pytest.mark.parametrize("certificate", ["self-signed", "expired", "wrong-host"])
def test_a_certificate_nobody_vouches_for_is_shown_and_can_be_trusted(
    qtbot, calls, simulator, credentials, certificate
):
    simulator.faults.set("tls", certificate)
    endpoint = Endpoint("https", "localhost", simulator.port)
    found = run_test(qtbot, calls, endpoint, credentials)
    assert found.untrusted
    assert marks(found)[:3] == [Mark.GOOD, Mark.WARNING, Mark.OPEN]
    trusted = replace(endpoint, pin=found.certificate.fingerprint)
    found = run_test(qtbot, calls, trusted, credentials)
    assert marks(found) == 5 * [Mark.GOOD]
    assert texts(found)[1] == "Certificate trusted by you"


def test_nothing_signed_is_sent_before_the_certificate_is_trusted(
    qtbot, calls, simulator, credentials
):
    simulator.faults.set("tls", "self-signed")
    before = simulator.counters()
    run_test(qtbot, calls, Endpoint("https", "localhost", simulator.port), credentials)
    assert simulator.counters() == before


def test_a_certificate_that_was_exchanged_is_told_as_changed(qtbot, calls, simulator, credentials):
    simulator.faults.set("tls", "self-signed")
    endpoint = Endpoint("https", "localhost", simulator.port)
    pin = run_test(qtbot, calls, endpoint, credentials).certificate.fingerprint
    simulator.faults.set("tls", "changed")
    found = run_test(qtbot, calls, replace(endpoint, pin=pin), credentials)
    assert found.untrusted
    assert found.error.fault is TlsFault.CHANGED
    assert found.certificate.fingerprint != pin


def test_what_the_certificate_says_of_itself_is_read(qtbot, calls, simulator, credentials):
    simulator.faults.set("tls", "self-signed")
    endpoint = Endpoint("https", "localhost", simulator.port)
    facts = read_certificate(run_test(qtbot, calls, endpoint, credentials).certificate)
    assert facts.self_signed
    assert facts.told.startswith("Valid ")
    assert f"CN={facts.name}" in facts.told


@pytest.mark.parametrize("host", ["a..b", "x" * 300, "..", "bp south", "\x00x"])
def test_a_name_that_no_host_has_is_told_as_one_that_does_not_answer(
    qtbot, calls, credentials, host
):
    found = run_test(qtbot, calls, Endpoint("http", host, 80), credentials)
    assert marks(found)[0] is Mark.BAD
    assert findings.trouble(found).startswith(f"No appliance answers at {host}:80.")


@pytest.mark.parametrize(
    "address", ["http://[bad", "[::1", "proxy:abc", "http://", "http://127.0.0.1:99999", ":8080"]
)
def test_an_address_that_no_proxy_has_is_told_as_such(qtbot, calls, credentials, address):
    session = SavedSession.new(
        scheme="http",
        host="bp.invalid",
        port=80,
        proxy=ProxyChoice.ADDRESS,
        proxy_address=address,
        proxy_user="me",
        proxy_password="pa55word",
    )
    told: list[Findings] = []
    connecting.start_test(calls, session, credentials, told.append)
    qtbot.waitUntil(lambda: not told[-1].running, timeout=SOON)
    trouble = findings.trouble(told[-1])
    assert trouble == f"The proxy {address} lets nothing through. Check the session's proxy."


def test_another_kind_of_server_is_told(qtbot, calls, credentials):
    with talker(b"HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\nhello") as port:
        found = run_test(qtbot, calls, Endpoint("http", "127.0.0.1", port), credentials)
    assert marks(found)[2] is Mark.BAD
    assert "did not answer like a BlackPearl" in findings.trouble(found)


def test_a_server_that_is_no_appliance_is_told(qtbot, calls, credentials):
    with talker(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello") as port:
        found = run_test(qtbot, calls, Endpoint("http", "127.0.0.1", port), credentials)
    assert marks(found)[2] is Mark.BAD
    assert "did not answer like a BlackPearl" in findings.trouble(found)


class talker:  # noqa: N801  # used as a function
    """A server that gives every connection the same answer."""

    def __init__(self, answer: bytes) -> None:
        self._answer = answer
        self._server = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> int:
        self._thread.start()
        return self._server.getsockname()[1]

    def __exit__(self, *_: object) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._thread.join()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            with connection:
                if connection.recv(65536):
                    connection.sendall(self._answer)


# -- the check list, as facts and words ------------------------------------------------------------


def test_an_untrusted_certificate_waits_for_a_decision():
    certificate = Certificate(b"", "AB" * 32)
    error = TlsFailed("bp:443", TlsFault.UNTRUSTED)
    found = Findings(HTTPS, False, REACHED, error=error, certificate=certificate)
    steps = findings.steps(found)
    assert found.untrusted
    assert [step.note for step in steps[:3]] == ["12 ms", "see below", "waits for the certificate"]
    assert marks(found) == [Mark.GOOD, Mark.WARNING, Mark.OPEN, Mark.OPEN, Mark.OPEN]


@pytest.mark.parametrize(
    ("difference", "mark"),
    [(0.0, Mark.GOOD), (-299.0, Mark.GOOD), (301.0, Mark.WARNING), (None, Mark.WARNING)],
)
def test_clocks_agree_within_five_minutes(difference, mark):
    found = Findings(HTTPS, False, REACHED, SERVICE, difference)
    assert marks(found) == [Mark.GOOD, Mark.GOOD, Mark.GOOD, Mark.GOOD, mark]


@pytest.mark.parametrize(
    "error",
    [
        ConnectionFailed("bp:443", Unreachable.NAME),
        TlsFailed("bp:443", TlsFault.EXPIRED),
        ManagementPort(DENIED),
        BadReply("x"),
        BadCredentials(DENIED),
        ClockSkewed(DENIED, 1320.0),
    ],
)
def test_the_list_stops_at_the_first_failure(error):
    reached = None if type(error) is ConnectionFailed else REACHED
    found = Findings(HTTPS, False, reached, error=error)
    bad = [at for at, mark in enumerate(marks(found)) if mark is Mark.BAD]
    assert len(bad) == 1
    assert Mark.GOOD not in marks(found)[bad[0] :]
    assert findings.trouble(found)


# -- the form --------------------------------------------------------------------------------------


class Tests:
    """Takes the place of the connection test: remembers what was asked, tells what it is told."""

    __test__ = False

    def __init__(self) -> None:
        self.asked: list[tuple[Endpoint, Credentials]] = []
        self.stopped = 0

    def start(self, session, credentials, tell):
        self.asked.append((session.direct_endpoint, credentials))
        self.tell = tell
        return self._stop

    def _stop(self) -> None:
        self.stopped += 1


@pytest.fixture
def tests() -> Tests:
    return Tests()


@pytest.fixture
def sessions(qapp, tmp_path) -> Sessions:
    return Sessions(Settings(tmp_path / "settings.ini"))


@pytest.fixture
def open_dialog(qtbot, tests, sessions):
    """A function that opens the dialog on a session; what is removed there is removed unasked."""

    def remove(session: SavedSession, parent: QWidget, on_removed) -> None:
        sessions.remove(session.id)
        on_removed()

    def open_it(first: SavedSession | None = None, secret_key: str = "") -> SessionsDialog:
        dialog = SessionsDialog(sessions, tests.start, remove, None, first, secret_key)
        qtbot.addWidget(dialog)
        dialog.show()
        return dialog

    return open_it


@pytest.fixture
def form(open_dialog) -> SessionsDialog:
    return open_dialog()


def field(form: QDialog, name: str) -> QLineEdit:
    return form.findChild(QLineEdit, name)


def fill(qtbot, form: QDialog) -> None:
    for name, text in (("host", "bp.example"), ("access_id", "id"), ("secret_key", "key")):
        qtbot.keyClicks(field(form, name), text)


def test_connect_waits_for_host_and_keys(qtbot, form):
    connect = form.findChild(QPushButton, "connect_button")
    assert not connect.isEnabled()
    assert connect.toolTip()
    fill(qtbot, form)
    assert connect.isEnabled()
    answer = form.answer()
    assert answer.session.host == "bp.example"
    assert answer.credentials == Credentials("id", "key")
    assert "key" not in repr(answer).replace("secret_key", "").replace("keychain", "")


def test_the_test_runs_by_itself_after_the_last_edit(qtbot, form, tests):
    fill(qtbot, form)
    assert tests.asked == []
    qtbot.waitUntil(lambda: len(tests.asked) == 1, timeout=SOON)
    endpoint, credentials = tests.asked[0]
    assert (endpoint.scheme, endpoint.host, endpoint.port) == ("https", "bp.example", 443)
    assert credentials == Credentials("id", "key")


def test_an_edit_stops_the_test_that_runs(qtbot, form, tests):
    fill(qtbot, form)
    form.test()
    qtbot.keyClicks(field(form, "host"), ".org")
    assert tests.stopped == 1
    form.reject()


def test_the_port_follows_the_scheme_unless_it_was_chosen(qtbot, form):
    scheme, port = form.findChild(QComboBox, "scheme"), field(form, "port")
    assert (scheme.currentText(), port.text()) == ("https", "443")
    scheme.setCurrentText("http")
    assert port.text() == "80"
    assert form.findChild(QWidget, "unencrypted").isVisible()
    port.setText("8080")
    scheme.setCurrentText("https")
    assert port.text() == "8080"


@pytest.mark.parametrize("typed", ["http://bp.example:8080", "http://bp.example:8080/"])
def test_a_whole_address_is_spread_over_the_fields(qtbot, form, typed):
    qtbot.keyClicks(field(form, "host"), typed)
    qtbot.keyClick(field(form, "host"), Qt.Key.Key_Tab)
    assert field(form, "host").text() == "bp.example"
    assert field(form, "port").text() == "8080"
    assert form.findChild(QComboBox, "scheme").currentText() == "http"


def test_a_port_behind_the_host_goes_to_its_field(qtbot, form):
    qtbot.keyClicks(field(form, "host"), "bp.example:8443")
    form.test()
    assert (field(form, "host").text(), field(form, "port").text()) == ("bp.example", "8443")
    assert form.findChild(QComboBox, "scheme").currentText() == "https"


def test_the_key_is_hidden_until_the_eye_is_pressed_and_again_when_the_field_is_left(qtbot, form):
    secret = field(form, "secret_key")
    eye = next(action for action in secret.actions() if action.objectName() == "show_key")
    assert secret.echoMode() is QLineEdit.EchoMode.Password
    eye.trigger()
    assert secret.echoMode() is QLineEdit.EchoMode.Normal
    secret.editingFinished.emit()
    assert secret.echoMode() is QLineEdit.EchoMode.Password


def test_connect_waits_for_a_decision_about_the_certificate(qtbot, form, tests):
    fill(qtbot, form)
    form.test()
    certificate = Certificate(b"", "ab" * 32)
    error = TlsFailed("bp.example:443", TlsFault.UNTRUSTED)
    tests.tell(Findings(HTTPS, False, REACHED, error=error, certificate=certificate))
    connect = form.findChild(QPushButton, "connect_button")
    assert form.findChild(QWidget, "trust_box").isVisible()
    assert not connect.isEnabled()
    form.findChild(QPushButton, "trust_certificate").click()
    assert tests.asked[-1][0].pin == "ab" * 32
    tests.tell(Findings(tests.asked[-1][0], False, REACHED, SERVICE, 0.0))
    assert not form.findChild(QWidget, "trust_box").isVisible()
    assert connect.isEnabled()
    assert form.answer().session.pin == "ab" * 32


def test_trust_is_for_one_address_and_goes_with_it(qtbot, form, tests):
    fill(qtbot, form)
    form.test()
    error = TlsFailed("bp.example:443", TlsFault.UNTRUSTED)
    certificate = Certificate(b"", "ab" * 32)
    tests.tell(Findings(HTTPS, False, REACHED, error=error, certificate=certificate))
    form.findChild(QPushButton, "trust_certificate").click()
    qtbot.keyClicks(field(form, "host"), ".org")
    assert form.answer().session.pin is None


def test_saving_without_connecting_needs_no_keys(qtbot, form):
    qtbot.keyClicks(field(form, "host"), "bp.example")
    with qtbot.waitSignal(form.accepted):
        qtbot.mouseClick(form.findChild(QPushButton, "save"), Qt.MouseButton.LeftButton)
    assert form.answer().choice is Choice.SAVE


def test_a_proxy_by_address_has_its_fields(qtbot, form):
    proxy = form.findChild(QComboBox, "proxy")
    address = field(form, "proxy_address")
    assert not address.isVisible()
    proxy.setCurrentIndex(proxy.findData(ProxyChoice.ADDRESS))
    assert address.isVisible()
    qtbot.keyClicks(address, "http://proxy.example:3128")
    assert form.answer().session.endpoint.proxy == "http://proxy.example:3128"


def test_a_login_in_the_address_of_a_proxy_goes_to_its_fields(qtbot, form):
    proxy = form.findChild(QComboBox, "proxy")
    proxy.setCurrentIndex(proxy.findData(ProxyChoice.ADDRESS))
    field(form, "proxy_address").setFocus()
    qtbot.keyClicks(field(form, "proxy_address"), "http://me:p%40ss@proxy.example:3128")
    assert "p%40ss" not in form.answer().session.proxy_address  # also before it is left
    qtbot.keyClick(field(form, "proxy_address"), Qt.Key.Key_Tab)
    assert field(form, "proxy_address").text() == "http://proxy.example:3128"
    assert (field(form, "proxy_user").text(), field(form, "proxy_password").text()) == (
        "me",
        "p@ss",
    )


@pytest.mark.parametrize("typed", ["me:key@bp.example", "https://me:key@bp.example:8443"])
def test_a_login_that_is_pasted_with_the_host_is_kept_nowhere(qtbot, form, typed):
    qtbot.keyClicks(field(form, "host"), typed)
    assert "key" not in form.answer().session.host
    qtbot.keyClick(field(form, "host"), Qt.Key.Key_Tab)
    session = form.answer().session
    assert session.host == "bp.example"
    assert session.port == (8443 if "8443" in typed else 443)


def test_tab_goes_through_the_fields_in_the_order_in_which_they_stand(qtbot, form):
    proxy = form.findChild(QComboBox, "proxy")
    proxy.setCurrentIndex(proxy.findData(ProxyChoice.ADDRESS))
    form.activateWindow()
    field(form, "session_name").setFocus()
    reached = ["session_name"]
    for _ in range(8):
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        reached.append(QApplication.focusWidget().objectName())
    assert reached == [
        *("session_name", "scheme", "host", "port", "access_id", "secret_key"),
        *("proxy", "proxy_address", "proxy_user"),
    ]


# -- the list --------------------------------------------------------------------------------------


def saved(sessions: Sessions, *names: str) -> list[SavedSession]:
    for name in names:
        session = SavedSession.new(name, host=f"{name.lower()}.example", access_id="id")
        sessions.add(session, f"key of {name}")
    return list(sessions.all())


def press(qtbot, dialog: QDialog, name: str) -> None:
    qtbot.mouseClick(dialog.findChild(QAbstractButton, name), Qt.MouseButton.LeftButton)


def listed(dialog: QDialog) -> list[str]:
    rows = dialog.findChild(QListWidget, "session_list")
    return [rows.item(row).text() for row in range(rows.count())]


def test_all_sessions_are_listed_and_the_wanted_one_is_in_the_form(open_dialog, sessions):
    _north, south = saved(sessions, "North", "South")
    dialog = open_dialog(south)
    assert listed(dialog) == ["North", "South"]
    assert field(dialog, "host").text() == "south.example"
    assert field(dialog, "secret_key").text() == "key of South"


def test_what_was_edited_is_kept_when_another_row_is_looked_at(qtbot, open_dialog, sessions):
    north, south = saved(sessions, "North", "South")
    dialog = open_dialog(north)
    qtbot.keyClicks(field(dialog, "host"), ".org")
    dialog.findChild(QListWidget, "session_list").setCurrentRow(1)
    answer = dialog.answer()
    assert answer.session == south
    assert [kept.session.host for kept in answer.others] == ["north.example.org"]
    assert sessions.get(north.id) == north  # nothing is saved before the dialog is accepted


def test_a_new_session_stands_at_the_end_with_a_name_of_its_own(qtbot, open_dialog, sessions):
    saved(sessions, "North")
    dialog = open_dialog(sessions.all()[0])
    press(qtbot, dialog, "add_session")
    press(qtbot, dialog, "add_session")
    assert listed(dialog) == ["North", "New appliance", "New appliance (2)"]
    assert field(dialog, "host").text() == ""
    assert dialog.answer().others == ()  # one without a host is not kept


def test_a_duplicate_is_another_session_with_the_same_key(qtbot, open_dialog, sessions):
    (north,) = saved(sessions, "North")
    dialog = open_dialog(north)
    press(qtbot, dialog, "copy_session")
    answer = dialog.answer()
    assert (answer.session.name, answer.session.host) == ("North copy", north.host)
    assert answer.session.id != north.id
    assert answer.credentials == Credentials("id", "key of North")


def test_removing_shows_the_next_one_and_the_last_leaves_a_blank(qtbot, open_dialog, sessions):
    saved(sessions, "North", "South")
    dialog = open_dialog(sessions.all()[0])
    press(qtbot, dialog, "delete_session")
    assert listed(dialog) == ["South"]
    assert field(dialog, "host").text() == "south.example"
    press(qtbot, dialog, "delete_session")
    assert listed(dialog) == ["New appliance"]
    assert field(dialog, "host").text() == ""
    assert sessions.all() == ()


def test_the_demo_is_shown_and_cannot_be_edited(qtbot, open_dialog, sessions):
    demo = SavedSession("demo", "Demo appliance", "http", "127.0.0.1", kept=False, demo=True)
    sessions.add(demo, "key")
    dialog = open_dialog(demo)
    assert not field(dialog, "host").isEnabled()
    assert not dialog.findChild(QAbstractButton, "delete_session").isEnabled()
    assert dialog.findChild(QPushButton, "connect_button").isEnabled()


def test_looking_from_row_to_row_changes_nothing(open_dialog, sessions):
    north, _south = saved(sessions, "North", "South")
    dialog = open_dialog(north)
    rows = dialog.findChild(QListWidget, "session_list")
    for row in (1, 0, 1, 0):
        rows.setCurrentRow(row)
    assert dialog.answer().others == ()
    assert dialog.answer().session == north


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, "bp.example"),
        ({"pin": "ab" * 32}, "bp.example"),
        ({"pin": "ab" * 32, "self_signed": True}, "bp.example, self-signed"),
        ({"verify": False}, "bp.example, not verified"),
        ({"verify": False, "scheme": "http"}, "bp.example"),
        ({"demo": True}, "On this computer"),
    ],
)
def test_the_second_line_tells_where_it_leads(given, told):
    assert where_it_leads(SavedSession.new("x", host="bp.example", **given)) == told


def test_where_the_key_is_kept_is_said():
    assert "Secret Service" in key_note("Secret Service")
    assert key_note(None).startswith("No keychain found: asked at each start")


def test_a_fingerprint_is_told_in_two_lines_of_pairs():
    lines = fingerprint("0123456789abcdef" * 4).splitlines()
    assert lines[0] == "01:23:45:67:89:AB:CD:EF:01:23:45:67:89:AB:CD:EF:"
    assert len(lines) == 2
