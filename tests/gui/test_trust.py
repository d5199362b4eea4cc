"""Trust in the whole window, against the simulator with each of its certificates."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QLabel,
    QLineEdit,
    QPushButton,
    QWidget,
)

import ds3_browser.simulator
from ds3_browser.gui.browsing import SessionState
from ds3_browser.gui.dialogs.questions import Box
from ds3_browser.gui.dialogs.sessions import SessionsDialog
from ds3_browser.gui.places import Place
from ds3_browser.gui.sessions import ProxyChoice, SavedSession
from ds3_browser.protocol.errors import TlsFailed, TlsFault
from ds3_browser.protocol.transport import peek_certificate

SOON = 10_000
CERTIFICATES = Path(ds3_browser.simulator.__file__).with_name("certificates")


@pytest.fixture
def session(simulator) -> SavedSession:
    return SavedSession.new(
        "South Vault",
        scheme="https",
        host="localhost",
        port=simulator.port,
        access_id=simulator.access_id,
        proxy=ProxyChoice.NONE,
    )


@pytest.fixture
def connect(qtbot, window, simulator):
    """A function that connects a session as it is, and brings what became of it."""

    def connect_it(session: SavedSession):
        context = window.context
        window.resize(1440, 900)
        context.sessions.add(session, simulator.secret_key)
        context.browsing.disconnect_session(session.id)
        window.commands.sessions.connect_session(session.id)
        window.go(Place(session.id))
        qtbot.waitUntil(
            lambda: context.browsing.connection(session.id).state is not SessionState.CONNECTING,
            timeout=SOON,
        )
        window.follow()
        return context.browsing.connection(session.id)

    return connect_it


def status(window) -> str:
    return window.status_bar.findChild(QLabel, "status_text").text()


def pinned(session: SavedSession) -> SavedSession:
    return replace(session, pin=peek_certificate(session.endpoint).fingerprint)


@pytest.mark.parametrize(
    ("certificate", "fault", "told"),
    [
        ("self-signed", TlsFault.UNTRUSTED, "signed by nobody this computer trusts"),
        ("expired", None, "localhost"),
        ("wrong-host", None, "localhost"),
    ],
)
def test_a_certificate_nobody_vouches_for_is_refused_and_nothing_is_sent(
    simulator, window, session, connect, certificate, fault, told
):
    simulator.faults.set("tls", certificate)
    before = simulator.counters()
    connection = connect(session)
    assert connection.state is SessionState.NOT_CONNECTED
    assert isinstance(connection.error, TlsFailed)
    assert fault is None or connection.error.fault is fault
    assert simulator.counters() == before
    words = " ".join(
        label.text() for label in window.page.findChildren(QLabel) if label.isVisible()
    )
    assert told in words
    assert status(window) == "Not connected"


@pytest.mark.parametrize("certificate", ["self-signed", "expired", "wrong-host"])
def test_a_certificate_that_was_looked_at_and_trusted_connects(
    simulator, window, session, connect, certificate
):
    simulator.faults.set("tls", certificate)
    assert connect(pinned(session)).state is SessionState.CONNECTED
    assert status(window).endswith("certificate trusted by you")


def test_a_file_of_those_who_vouch_connects(simulator, window, session, connect):
    simulator.faults.set("tls", "self-signed")
    trusting = replace(session, ca_file=str(CERTIFICATES / "good.pem"))
    assert connect(trusting).state is SessionState.CONNECTED
    assert status(window).endswith("certificate trusted")


@pytest.mark.parametrize(
    ("certificate", "fault"),
    [("expired", TlsFault.EXPIRED), ("wrong-host", TlsFault.WRONG_HOST)],
)
def test_even_who_vouches_does_not_make_up_for_a_bad_certificate(
    simulator, session, connect, certificate, fault
):
    simulator.faults.set("tls", certificate)
    connection = connect(replace(session, ca_file=str(CERTIFICATES / f"{certificate}.pem")))
    assert connection.state is SessionState.NOT_CONNECTED
    assert connection.error.fault is fault


@pytest.mark.ui("1.29", "the status bar tells trust, session and endpoint")
def test_what_is_not_verified_says_so_in_every_width(simulator, window, session, connect):
    simulator.faults.set("tls", "expired")
    assert connect(replace(session, verify=False)).state is SessionState.CONNECTED
    assert status(window).endswith("not verified")
    window.resize(900, 560)
    assert status(window).endswith("not verified")


@pytest.mark.ui("9.21", "a changed certificate is refused, the old one shown beside the new")
def test_a_changed_certificate_is_refused_in_the_background_and_shown_when_looked_at(
    qtbot, simulator, window, session, connect
):
    simulator.faults.set("tls", "self-signed")
    trusted = pinned(session)
    assert connect(trusted).state is SessionState.CONNECTED
    last = "requests GET system_information"  # of what a new connection asks
    qtbot.waitUntil(lambda: last in simulator.counters(), timeout=SOON)
    simulator.faults.set("tls", "changed")
    before = simulator.counters()
    connection = connect(trusted)
    assert connection.state is SessionState.NOT_CONNECTED
    assert connection.error.fault is TlsFault.CHANGED
    assert simulator.counters() == before
    assert window.context.sessions.get(session.id).pin == trusted.pin

    window.commands.sessions.edit_session(session.id)
    dialog = window.findChild(SessionsDialog)
    dialog.test()
    box = dialog.findChild(QWidget, "trust_box")
    qtbot.waitUntil(box.isVisible, timeout=SOON)
    assert box.property("look") == "error-box"
    shown = box.findChild(QLabel, "fingerprint").text().replace("\n", "").replace(":", "")
    assert trusted.pin.replace(":", "").upper() in shown  # the old one, and below it the new one
    assert peek_certificate(session.endpoint).fingerprint.replace(":", "").upper() in shown
    assert not dialog.findChild(QPushButton, "connect_button").isEnabled()
    buttons = dialog.findChildren(QPushButton)
    assert [one.text() for one in buttons if one.isDefault() and one.isEnabled()] == []
    dialog.reject()


def test_trusting_the_changed_one_is_a_decision_that_is_kept(
    qtbot, simulator, window, session, connect
):
    simulator.faults.set("tls", "self-signed")
    trusted = pinned(session)
    simulator.faults.set("tls", "changed")
    connect(trusted)
    window.commands.sessions.edit_session(session.id)
    dialog = window.findChild(SessionsDialog)
    dialog.test()
    qtbot.waitUntil(dialog.findChild(QWidget, "trust_box").isVisible, timeout=SOON)
    dialog.findChild(QPushButton, "trust_certificate").click()
    button = dialog.findChild(QPushButton, "connect_button")
    qtbot.waitUntil(button.isEnabled, timeout=SOON)
    button.click()
    browsing = window.context.browsing
    qtbot.waitUntil(
        lambda: browsing.connection(session.id).state is SessionState.CONNECTED, timeout=SOON
    )
    kept = window.context.sessions.get(session.id)
    assert kept.pin == peek_certificate(session.endpoint).fingerprint
    assert kept.self_signed


# -- from the form to the connection ---------------------------------------------------------------


@pytest.fixture
def fill_form(qtbot, window, simulator):
    """A function that opens the form of a new session and fills it in, and waits for its test."""

    def fill() -> SessionsDialog:
        window.resize(1440, 900)
        window.commands.sessions.new_session()
        dialog = window.findChild(SessionsDialog)
        for name, text in (
            ("session_name", "South Vault"),
            ("host", "localhost"),
            ("port", str(simulator.port)),
            ("access_id", simulator.access_id),
            ("secret_key", simulator.secret_key),
        ):
            field = dialog.findChild(QLineEdit, name)
            field.clear()
            qtbot.keyClicks(field, text)
        proxy = dialog.findChild(QComboBox, "proxy")
        proxy.setCurrentIndex(proxy.findData(ProxyChoice.NONE))
        qtbot.waitUntil(lambda: box_of(dialog).isVisible(), timeout=SOON)
        return dialog

    return fill


def box_of(dialog: SessionsDialog) -> QWidget:
    return dialog.findChild(QWidget, "trust_box")


def words_of(widget: QWidget) -> str:
    return " ".join(one.text() for one in widget.findChildren(QLabel) if one.isVisible())


def connect_button(dialog: SessionsDialog) -> QPushButton:
    return dialog.findChild(QPushButton, "connect_button")


def buttons_of(box: QWidget) -> list[str]:
    return [one.text() for one in box.findChildren(QPushButton) if one.isVisible()]


def decide_to_trust(dialog: SessionsDialog, monkeypatch) -> None:
    dialog.findChild(QPushButton, "trust_certificate").click()


def decide_by_file(dialog: SessionsDialog, monkeypatch) -> None:
    file = str(CERTIFICATES / "good.pem")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (file, ""))
    dialog.findChild(QPushButton, "choose_ca").click()


def decide_not_to_look(dialog: SessionsDialog, monkeypatch) -> None:
    dialog.findChild(QPushButton, "do_not_verify").click()
    question = dialog.findChild(Box, "question_box")
    stay = question.findChild(QPushButton, "stay")
    assert stay.isDefault()
    assert stay.text() == "Keep verifying"
    assert not connect_button(dialog).isEnabled()
    question.findChild(QPushButton, "go_on").click()


@pytest.mark.ui("9.20", "an untrusted certificate is shown and waits for a decision")
@pytest.mark.parametrize(
    ("certificate", "title", "decide", "shield"),
    [
        ("self-signed", "is self-signed", decide_to_trust, "certificate trusted by you"),
        ("self-signed", "is self-signed", decide_by_file, "certificate trusted"),
        ("self-signed", "is self-signed", decide_not_to_look, "not verified"),
        ("expired", "is self-signed and has expired", decide_to_trust, "trusted by you"),
        ("expired", "is self-signed and has expired", decide_not_to_look, "not verified"),
        ("wrong-host", "self-signed and made out to another name", decide_to_trust, "by you"),
    ],
)
def test_connect_waits_in_the_form_for_a_decision_and_then_connects(
    qtbot, simulator, window, fill_form, monkeypatch, certificate, title, decide, shield
):
    simulator.faults.set("tls", certificate)
    before = simulator.counters()
    dialog = fill_form()
    box, button = box_of(dialog), connect_button(dialog)
    assert title in words_of(box)
    assert "compare this SHA-256 fingerprint" in words_of(box)
    assert buttons_of(box) == ["Trust this certificate", "Choose CA file…", "Do not verify"]
    assert "Valid " in words_of(box)
    assert not button.isEnabled()
    assert button.toolTip() == "Decide about the certificate first."
    assert simulator.counters() == before  # nothing was asked of it, and so nothing signed
    decide(dialog, monkeypatch)
    qtbot.waitUntil(button.isEnabled, timeout=SOON)
    qtbot.waitUntil(lambda: "Clocks agree" in words_of(dialog), timeout=SOON)
    assert not box.isVisible()
    button.click()
    browsing = window.context.browsing
    (session,) = window.context.sessions.all()
    qtbot.waitUntil(
        lambda: browsing.connection(session.id).state is SessionState.CONNECTED, timeout=SOON
    )
    window.follow()
    assert status(window).endswith(shield)


def test_an_edit_of_the_keys_is_no_decision(qtbot, simulator, window, fill_form):
    simulator.faults.set("tls", "self-signed")
    dialog = fill_form()
    qtbot.keyClicks(dialog.findChild(QLineEdit, "secret_key"), "x")
    assert not connect_button(dialog).isEnabled()
    qtbot.keyClicks(dialog.findChild(QLineEdit, "host"), ".example")
    assert connect_button(dialog).isEnabled()  # another address, about which nothing is known yet
    dialog.reject()


@pytest.mark.parametrize(
    ("certificate", "title", "sentence"),
    [
        ("expired", "certificate has expired", "its certificate has expired."),
        ("wrong-host", "made out to another name", "its certificate is made out to another name."),
    ],
)
def test_a_bad_certificate_of_a_trusted_signer_has_its_own_words(
    qtbot, simulator, window, session, connect, certificate, title, sentence
):
    simulator.faults.set("tls", certificate)
    connect(replace(session, ca_file=str(CERTIFICATES / f"{certificate}.pem")))
    assert f"No secure connection to localhost: {sentence}" in words_of(window.page)
    look = next(
        one
        for one in window.page.findChildren(QPushButton)
        if one.isVisible() and one.text() == "Look at the certificate…"
    )
    look.click()
    dialog = window.findChild(SessionsDialog)
    qtbot.waitUntil(lambda: box_of(dialog).isVisible(), timeout=SOON)
    assert title in words_of(box_of(dialog))
    assert not connect_button(dialog).isEnabled()
    dialog.reject()


@pytest.mark.parametrize("host", ["a..b", "x" * 300])
def test_a_session_to_a_name_that_no_host_has_says_so(window, session, connect, host):
    connection = connect(replace(session, host=host))
    assert connection.state is SessionState.NOT_CONNECTED
    assert "Check the name, the port and your network." in words_of(window.page)
