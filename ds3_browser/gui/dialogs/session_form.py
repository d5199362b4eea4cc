"""The form of one session: name, endpoint, keys, proxy, and a connection test that runs by itself.

The test is a callable that is given; nothing here opens a connection. What the form holds leaves as
a `SavedSession` and a secret key.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from urllib.parse import unquote

from PySide6.QtCore import QCoreApplication, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QIntValidator
from PySide6.QtWidgets import (
    QBoxLayout,
    QComboBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from ds3_browser.gui import direction, icons, theme
from ds3_browser.gui.dialogs.connection_test import CheckList
from ds3_browser.gui.dialogs.parts import while_open
from ds3_browser.gui.dialogs.trust_box import TrustBox, ask_not_to_verify, read_certificate
from ds3_browser.gui.findings import Findings
from ds3_browser.gui.sessions import ProxyChoice, SavedSession, without_login
from ds3_browser.gui.theme import Role
from ds3_browser.gui.views.labels import ElidedLabel, WrappedLabel
from ds3_browser.protocol.records import DEFAULT_PORTS, Credentials, Endpoint

_tr = partial(QCoreApplication.translate, "session")

TEST_AFTER_MS = 600
FIELD_WIDTH = 426
LABEL_WIDTH = 128

Stop = Callable[[], None]
# (session, credentials, tell) -> what stops it
StartTest = Callable[[SavedSession, Credentials, Callable[[Findings], None]], Stop]


class SessionForm(QWidget):
    """Signals: `edited` when what it holds is another, `grown` when it may need more room.

    `key_note` is the line under the secret key: where it is kept.
    """

    edited = Signal()
    grown = Signal()

    def __init__(self, start_test: StartTest, key_note: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = SavedSession(id="", name="")
        self._start_test = start_test
        self._stop: Stop | None = None
        self._pin: str | None = None
        self._ca_file: str | None = None
        self._verify = True
        self._self_signed = False
        self._trusted_for = ("", 0)
        self._undecided = False  # about the certificate at this address
        self._findings: Findings | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(TEST_AFTER_MS)
        self._timer.timeout.connect(self.test)
        self._build(key_note)
        self._connect()

    def load(self, session: SavedSession, secret_key: str) -> None:
        """Show another session, and test it soon if all is there."""
        self.end_test()
        self._session = session
        self._pin, self._ca_file, self._verify = session.pin, session.ca_file, session.verify
        self._self_signed = session.self_signed
        self._trusted_for, self._undecided = (session.host, session.port), False
        self._fill(session, secret_key)
        self.setEnabled(not session.demo)
        self._show(None)
        if self._complete() and not session.demo:
            self._timer.start()

    def take_key(self, secret_key: str, proxy_password: str) -> None:
        """Fill in what the keychain had, unless something was typed meanwhile."""
        if not self._secret.text() and secret_key:
            self._secret.setText(secret_key)
        if not self._proxy_password.text() and proxy_password:
            self._proxy_password.setText(proxy_password)
        self._edited()

    def focus_first(self) -> None:
        """Give the focus to the first field that wants something."""
        fields = (self._name, self._host, self._access_id, self._secret)
        empty = next((field for field in fields if not field.text()), self._name)
        empty.setFocus()
        if empty is self._name or self._session.host == "":
            self._name.selectAll()

    def focus_key(self) -> None:
        """Give the focus to the secret key; what is typed takes its place."""
        self._secret.setFocus()
        self._secret.selectAll()

    def read(self) -> SavedSession:
        """Return the session as it stands in the form."""
        return replace(
            self._session,
            name=self._name.text().strip() or self._host.text().strip(),
            scheme=self._scheme.currentText(),
            host=_host(self._host.text()),
            port=self._port_number(),
            access_id=self._access_id.text().strip(),
            proxy=self._proxy.currentData(),
            proxy_address=without_login(self._proxy_address.text().strip()),
            proxy_user=self._proxy_user.text(),
            proxy_password=self._proxy_password.text(),
            ca_file=self._ca_file,
            pin=self._pin,
            self_signed=self._self_signed and self._pin is not None,
            verify=self._verify,
        )

    def credentials(self) -> Credentials:
        return Credentials(self._access_id.text().strip(), self._secret.text().strip())

    @property
    def named(self) -> bool:
        """Whether there is enough to keep it."""
        return bool(self._host.text().strip())

    def cannot_connect(self) -> str | None:
        """Return why it cannot be connected as it is, None if it can."""
        if not self._complete():
            return _tr("Endpoint, access ID and secret key are needed.")
        if self._undecided:
            return _tr("Decide about the certificate first.")
        return None

    # -- building -------------------------------------------------------------------------------

    def _build(self, key_note: str) -> None:
        body = QVBoxLayout(self)
        body.setContentsMargins(direction.margins(20, 18, 22, 18))
        body.setSpacing(14)
        body.addLayout(self._build_form(key_note))
        self._checks = CheckList(self)
        self._checks.again.clicked.connect(self.test)
        body.addWidget(self._checks)
        self._trust = TrustBox(self)
        self._trust.trust.clicked.connect(self._trust_certificate)
        self._trust.choose_ca.clicked.connect(self._choose_ca)
        self._trust.skip.clicked.connect(self._do_not_verify)
        self._trust.hide()
        body.addWidget(self._trust)
        body.addStretch(1)
        self._name.setMinimumWidth(FIELD_WIDTH)

    def _build_form(self, key_note: str) -> QFormLayout:
        form = QFormLayout()
        form.setLabelAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.setHorizontalSpacing(14)
        form.setVerticalSpacing(11)
        self._name = self._field("session_name")
        form.addRow(_label(_tr("Name"), self._name), self._name)
        endpoint = self._build_endpoint()
        form.addRow(_label(_tr("Endpoint"), self._host), endpoint)
        self._access_id = self._field("access_id")
        form.addRow(_label(_tr("Access ID"), self._access_id), self._access_id)
        secret = self._build_secret(key_note)
        form.addRow(_label(_tr("Secret key"), self._secret), secret)
        proxy = self._build_proxy()
        form.addRow(_label(_tr("Proxy"), self._proxy), proxy)
        return form

    def _field(self, name: str) -> QLineEdit:
        field = QLineEdit(self)
        field.setObjectName(name)
        return field

    def _build_endpoint(self) -> QWidget:
        self._scheme = QComboBox(self)
        self._scheme.setObjectName("scheme")
        self._scheme.setAccessibleName(_tr("Protocol"))
        for scheme in ("https", "http"):
            self._scheme.addItem(scheme)
        self._host = self._field("host")
        self._host.setPlaceholderText(_tr("Data path address"))
        self._host.setAccessibleName(_tr("Host"))
        self._port = self._field("port")
        self._port.setAccessibleName(_tr("Port"))
        self._port.setValidator(QIntValidator(1, 65535, self._port))
        self._port.setFixedWidth(self._port.fontMetrics().horizontalAdvance("65535") + 30)
        self._unencrypted = ElidedLabel(self, 12, role=Role.WARNING)
        self._unencrypted.setObjectName("unencrypted")
        self._unencrypted.setText(_tr("Keys are signed but data travels unencrypted"))
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self._scheme)
        row.addWidget(self._host, 1)
        row.addWidget(QLabel(":", self))
        row.addWidget(self._port)
        if direction.is_mirrored():  # an address goes from left to right in every language
            row.setDirection(QBoxLayout.Direction.RightToLeft)
        return _stacked(self, row, self._unencrypted)

    def _build_secret(self, key_note: str) -> QWidget:
        self._secret = self._field("secret_key")
        self._secret.setEchoMode(QLineEdit.EchoMode.Password)
        self._eye = QAction(_tr("Show the key"), self)
        self._eye.setObjectName("show_key")
        self._eye.setCheckable(True)
        self._eye.toggled.connect(self._show_secret)
        self._secret.addAction(self._eye, QLineEdit.ActionPosition.TrailingPosition)
        self._secret.editingFinished.connect(lambda: self._eye.setChecked(False))
        kept = WrappedLabel(self)
        kept.setObjectName("key_note")
        kept.setText(key_note)
        return _stacked(self, self._secret, kept)

    def _build_proxy(self) -> QWidget:
        self._proxy = QComboBox(self)
        self._proxy.setObjectName("proxy")
        self._proxy.addItem(_tr("System settings"), ProxyChoice.SYSTEM)
        self._proxy.addItem(_tr("None"), ProxyChoice.NONE)
        self._proxy.addItem(_tr("Address"), ProxyChoice.ADDRESS)
        self._proxy_address = self._field("proxy_address")
        self._proxy_address.setPlaceholderText("http://proxy.example:8080")
        self._proxy_address.setAccessibleName(_tr("Address of the proxy"))
        self._proxy_user = self._field("proxy_user")
        self._proxy_user.setPlaceholderText(_tr("Login"))
        self._proxy_user.setAccessibleName(_tr("Login at the proxy"))
        self._proxy_password = self._field("proxy_password")
        self._proxy_password.setEchoMode(QLineEdit.EchoMode.Password)
        self._proxy_password.setPlaceholderText(_tr("Password"))
        self._proxy_password.setAccessibleName(_tr("Password at the proxy"))
        self._proxy_fields = QWidget(self)
        row = QHBoxLayout(self._proxy_fields)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self._proxy_address, 3)
        row.addWidget(self._proxy_user, 1)
        row.addWidget(self._proxy_password, 1)
        return _stacked(self, self._proxy, self._proxy_fields, spacing=8)

    def _fill(self, session: SavedSession, secret_key: str) -> None:
        self._last_scheme = session.scheme
        for field, text in (
            (self._name, session.name),
            (self._host, session.host),
            (self._port, str(session.port)),
            (self._access_id, session.access_id),
            (self._secret, secret_key),
            (self._proxy_address, session.proxy_address),
            (self._proxy_user, session.proxy_user),
            (self._proxy_password, session.proxy_password),
        ):
            field.setText(text)
        self._eye.setChecked(False)
        for box, at in (
            (self._scheme, self._scheme.findText(session.scheme)),
            (self._proxy, self._proxy.findData(session.proxy)),
        ):
            box.blockSignals(True)
            box.setCurrentIndex(at)
            box.blockSignals(False)

    def _connect(self) -> None:
        self._scheme.currentTextChanged.connect(self._follow_scheme)
        self._proxy.currentIndexChanged.connect(self._edited)
        for field in (
            *(self._host, self._port, self._access_id, self._secret),
            *(self._proxy_address, self._proxy_user, self._proxy_password),
        ):
            field.textEdited.connect(self._edited)
        self._host.editingFinished.connect(self.spread_address)
        self._proxy_address.editingFinished.connect(self._spread_proxy)
        self._name.textEdited.connect(self._follow)
        theme.notifier().changed.connect(self._tint)
        self._tint()

    def _port_number(self) -> int:
        """Return the port as typed; the scheme's own while the field is empty."""
        text = self._port.text()
        usable = self._port.hasAcceptableInput()
        return int(text) if usable else DEFAULT_PORTS[self._scheme.currentText()]

    def _complete(self) -> bool:
        """Whether there is enough to connect with."""
        given = (self._host.text(), self._access_id.text(), self._secret.text())
        return all(text.strip() for text in given)

    # -- following ------------------------------------------------------------------------------

    def _follow_scheme(self, scheme: str) -> None:
        """Change the port with the scheme, but only one that nobody chose."""
        if self._port_number() == DEFAULT_PORTS[self._last_scheme]:
            self._port.setText(str(DEFAULT_PORTS[scheme]))
        self._last_scheme = scheme
        self._edited()

    def _edited(self) -> None:
        where = (self._host.text().strip(), self._port_number())
        if where != self._trusted_for:
            self._pin, self._verify = None, True
            self._trusted_for, self._undecided = where, False
        self.end_test()
        self._show(None)
        self._follow()
        if self._complete():
            self._timer.start()

    def spread_address(self) -> None:
        """Spread `https://host:port` or `host:port` over the fields, once it is typed or pasted."""
        text = without_login(self._host.text().strip())
        if "://" not in text and not re.fullmatch(r"[^:/]+:\d+", text):
            return
        try:
            endpoint = Endpoint.parse(text, default_scheme=self._scheme.currentText())
        except ValueError:
            return
        self._last_scheme = endpoint.scheme
        self._scheme.blockSignals(True)
        self._scheme.setCurrentText(endpoint.scheme)
        self._scheme.blockSignals(False)
        self._host.setText(endpoint.host)
        self._port.setText(str(endpoint.port))
        self._edited()

    def _spread_proxy(self) -> None:
        """Spread `http://me:password@proxy:8080` over the fields: a login is kept elsewhere."""
        typed = self._proxy_address.text().strip()
        address = without_login(typed)
        if address == typed:
            return
        login = typed.rpartition("://")[2].rpartition("@")[0]
        user, _, password = login.partition(":")
        self._proxy_address.setText(address)
        self._proxy_user.setText(unquote(user))
        self._proxy_password.setText(unquote(password))
        self._edited()

    def _follow(self) -> None:
        self._unencrypted.setVisible(self._scheme.currentText() == "http")
        self._proxy_fields.setVisible(self._proxy.currentData() is ProxyChoice.ADDRESS)
        self._checks.again.setEnabled(self._complete())
        self.edited.emit()

    def _show_secret(self, shown: bool) -> None:
        mode = QLineEdit.EchoMode.Normal if shown else QLineEdit.EchoMode.Password
        self._secret.setEchoMode(mode)
        self._eye.setText(_tr("Hide the key") if shown else _tr("Show the key"))
        self._tint()

    def _tint(self) -> None:
        name = "eye-off" if self._eye.isChecked() else "eye"
        self._eye.setIcon(icons.icon(name, Role.SECONDARY))

    # -- testing --------------------------------------------------------------------------------

    def test(self) -> None:
        """Test what the form holds now."""
        self.spread_address()
        self.end_test()
        if self._complete():
            show = while_open(self, self._show)
            self._stop = self._start_test(self.read(), self.credentials(), show)

    def end_test(self) -> None:
        """Stop what runs; nothing is shown of it any more."""
        self._timer.stop()
        if self._stop is not None:
            self._stop()
            self._stop = None

    def _show(self, found: Findings | None) -> None:
        self._findings = found
        self._checks.show_findings(found)
        untrusted = found is not None and found.untrusted
        if found is not None and not found.running:
            self._undecided = untrusted
        if found is not None and untrusted:
            self._trust.show_certificate(found, self._session.pin)
        self._trust.setVisible(untrusted)
        self._follow()
        self.grown.emit()

    def _trust_certificate(self) -> None:
        if self._findings is not None and self._findings.certificate is not None:
            certificate = self._findings.certificate
            self._pin, self._ca_file, self._verify = certificate.fingerprint, None, True
            self._self_signed = read_certificate(certificate).self_signed
            self._decided()

    def _choose_ca(self) -> None:
        file, _filter = QFileDialog.getOpenFileName(
            self,
            _tr("Choose CA file"),
            "",
            _tr("Certificates (*.pem *.crt *.cer);;All files (*)"),
        )
        if file:
            self._pin, self._ca_file, self._verify = None, file, True
            self._decided()

    def _do_not_verify(self) -> None:
        ask_not_to_verify(self, self._verify_no_more)

    def _verify_no_more(self) -> None:
        self._pin, self._ca_file, self._verify = None, None, False
        self._decided()

    def _decided(self) -> None:
        self._undecided = False
        self.test()


def _host(typed: str) -> str:
    """Return the host alone: a login that was pasted with it must not be kept with it."""
    return typed.strip().rpartition("@")[2].strip("[]")


def _label(text: str, buddy: QWidget) -> QLabel:
    label = QLabel(text)
    label.setBuddy(buddy)
    label.setMinimumWidth(LABEL_WIDTH)
    buddy.ensurePolished()
    label.setFixedHeight(buddy.sizeHint().height())  # beside the field, not beside its note
    label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    buddy.setAccessibleName(buddy.accessibleName() or text)
    return label


def _stacked(
    parent: QWidget, first: QWidget | QHBoxLayout, second: QWidget, spacing: int = 4
) -> QWidget:
    """Return one above the other. Tab comes to what gets its parent now after what has one."""
    box = QWidget(parent)
    column = QVBoxLayout(box)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(spacing)
    if isinstance(first, QWidget):
        column.addWidget(first)
    else:
        column.addLayout(first)
    column.addWidget(second)
    return box
