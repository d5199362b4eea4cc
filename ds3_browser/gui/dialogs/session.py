"""The session form: name, endpoint, keys, proxy, and a connection test that runs by itself.

The test is a callable that is given; nothing here opens a connection. What the form holds leaves as
a `SavedSession` and a secret key.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from PySide6.QtCore import QByteArray, QCoreApplication, QDateTime, QSize, Qt, QTimer
from PySide6.QtGui import QAction, QCloseEvent, QFont, QIntValidator, QShowEvent
from PySide6.QtNetwork import QSsl, QSslCertificate
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QFileDialog,
    QFormLayout,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMessageBox,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from ds3_browser.gui import findings, format, icons, theme
from ds3_browser.gui.dialogs.parts import ask
from ds3_browser.gui.findings import Findings, Step
from ds3_browser.gui.sessions import ProxyChoice, SavedSession
from ds3_browser.gui.theme import Role
from ds3_browser.gui.views.fitting import grow
from ds3_browser.gui.views.labels import ElidedLabel
from ds3_browser.protocol.errors import TlsFailed, TlsFault
from ds3_browser.protocol.records import DEFAULT_PORTS, Credentials, Endpoint
from ds3_browser.protocol.transport import Certificate

_tr = partial(QCoreApplication.translate, "session")

TEST_AFTER_MS = 600
FIELD_WIDTH = 426
LABEL_WIDTH = 128

Stop = Callable[[], None]
# (endpoint, credentials, tell) -> what stops it
StartTest = Callable[[Endpoint, Credentials, Callable[[Findings], None]], Stop]


class Choice(enum.Enum):
    CONNECT = "connect"
    SAVE = "save"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the form was left with. The key is not in the repr of anything that holds it."""

    session: SavedSession
    credentials: Credentials
    choice: Choice


class SessionDialog(QDialog):
    """Accepted with `answer()`. `Connect` waits for a decision about the certificate."""

    def __init__(
        self,
        session: SavedSession,
        secret_key: str,
        start_test: StartTest,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("session_dialog")
        self._session = session
        self._start_test = start_test
        self._stop: Stop | None = None
        self._choice = Choice.CONNECT
        self._pin, self._ca_file, self._verify = session.pin, session.ca_file, session.verify
        self._trusted_for = (session.host, session.port)
        self._findings: Findings | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(TEST_AFTER_MS)
        self._timer.timeout.connect(self.test)
        self.setWindowTitle(_tr("Edit session") if session.host else _tr("New session"))
        self._build()
        self._fill(session, secret_key)
        self._connect()
        self._follow()
        if self._complete():
            self._timer.start()

    @classmethod
    def ask(
        cls,
        session: SavedSession,
        secret_key: str,
        start_test: StartTest,
        on_answer: Callable[[Answer], None],
        parent: QWidget | None = None,
    ) -> SessionDialog:
        """Ask for a session; `on_answer` is told if it is wanted. Returns the open form."""
        dialog = cls(session, secret_key, start_test, parent)
        dialog.accepted.connect(lambda: on_answer(dialog.answer()))
        ask(dialog)
        return dialog

    def answer(self) -> Answer:
        return Answer(self._read(), self._credentials(), self._choice)

    # -- building -------------------------------------------------------------------------------

    def _build(self) -> None:
        body = QVBoxLayout()
        body.setContentsMargins(20, 18, 22, 18)
        body.setSpacing(14)
        body.addLayout(self._build_form())
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
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(body, 1)
        column.addWidget(self._build_foot())
        self._name.setMinimumWidth(FIELD_WIDTH)

    def _build_form(self) -> QFormLayout:
        form = QFormLayout()
        form.setLabelAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.setHorizontalSpacing(14)
        form.setVerticalSpacing(11)
        self._name = self._field("session_name")
        self._access_id = self._field("access_id")
        form.addRow(_label(_tr("Name"), self._name), self._name)
        endpoint = self._build_endpoint()
        form.addRow(_label(_tr("Endpoint"), self._host), endpoint)
        form.addRow(_label(_tr("Access ID"), self._access_id), self._access_id)
        secret = self._build_secret()
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
        return _stacked(row, self._unencrypted)

    def _build_secret(self) -> QWidget:
        self._secret = self._field("secret_key")
        self._secret.setEchoMode(QLineEdit.EchoMode.Password)
        self._eye = QAction(_tr("Show the key"), self)
        self._eye.setObjectName("show_key")
        self._eye.setCheckable(True)
        self._eye.toggled.connect(self._show_secret)
        self._secret.addAction(self._eye, QLineEdit.ActionPosition.TrailingPosition)
        self._secret.editingFinished.connect(lambda: self._eye.setChecked(False))
        kept = ElidedLabel(self, 12, role=Role.SECONDARY)
        kept.setObjectName("key_note")
        kept.setText(_tr("Kept in memory and asked for at each start. Never written to a file."))
        return _stacked(self._secret, kept)

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
        return _stacked(self._proxy, self._proxy_fields, spacing=8)

    def _build_foot(self) -> QWidget:
        foot = QFrame(self)
        foot.setProperty("look", "foot")
        self._at_start = QCheckBox(_tr("Connect when DS3 Browser starts"), foot)
        self._at_start.setObjectName("connect_at_start")
        cancel = QPushButton(_tr("Cancel"), foot)
        cancel.setObjectName("cancel")
        cancel.setAutoDefault(False)
        cancel.clicked.connect(self.reject)
        self._save = QPushButton(_tr("Save without connecting"), foot)
        self._save.setObjectName("save")
        self._save.setAutoDefault(False)
        self._save.clicked.connect(partial(self._accept, Choice.SAVE))
        self._connect_button = QPushButton(_tr("Connect"), foot)
        self._connect_button.setObjectName("connect_button")
        self._connect_button.setDefault(True)
        self._connect_button.clicked.connect(partial(self._accept, Choice.CONNECT))
        row = QHBoxLayout(foot)
        row.setContentsMargins(18, 12, 18, 12)
        row.setSpacing(8)
        row.addWidget(self._at_start)
        row.addSpacing(24)
        row.addStretch(1)
        row.addWidget(cancel)
        row.addWidget(self._save)
        row.addWidget(self._connect_button)
        return foot

    def _fill(self, session: SavedSession, secret_key: str) -> None:
        self._name.setText(session.name)
        self._scheme.setCurrentText(session.scheme)
        self._host.setText(session.host)
        self._port.setText(str(session.port))
        self._access_id.setText(session.access_id)
        self._secret.setText(secret_key)
        self._proxy.setCurrentIndex(self._proxy.findData(session.proxy))
        self._proxy_address.setText(session.proxy_address)
        self._proxy_user.setText(session.proxy_user)
        self._proxy_password.setText(session.proxy_password)
        self._at_start.setChecked(session.connect_at_start)
        self._last_scheme = session.scheme
        first = self._name if not session.name else self._host if not session.host else self._secret
        first.setFocus()

    def _connect(self) -> None:
        self._scheme.currentTextChanged.connect(self._follow_scheme)
        self._proxy.currentIndexChanged.connect(self._edited)
        for field in (
            *(self._host, self._port, self._access_id, self._secret),
            *(self._proxy_address, self._proxy_user, self._proxy_password),
        ):
            field.textEdited.connect(self._edited)
        self._host.editingFinished.connect(self._spread_address)
        self._name.textEdited.connect(self._follow)
        theme.notifier().changed.connect(self._tint)
        self._tint()

    # -- reading --------------------------------------------------------------------------------

    def _read(self) -> SavedSession:
        return replace(
            self._session,
            name=self._name.text().strip() or self._host.text().strip(),
            scheme=self._scheme.currentText(),
            host=self._host.text().strip().strip("[]"),
            port=self._port_number(),
            access_id=self._access_id.text().strip(),
            proxy=self._proxy.currentData(),
            proxy_address=self._proxy_address.text().strip(),
            proxy_user=self._proxy_user.text(),
            proxy_password=self._proxy_password.text(),
            ca_file=self._ca_file,
            pin=self._pin,
            verify=self._verify,
            connect_at_start=self._at_start.isChecked(),
        )

    def _credentials(self) -> Credentials:
        return Credentials(self._access_id.text().strip(), self._secret.text().strip())

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
            self._trusted_for = where
        self._end_test()
        self._show(None)
        self._follow()
        if self._complete():
            self._timer.start()

    def _spread_address(self) -> None:
        """Spread `https://host:port` or `host:port` over the fields, once it is typed or pasted."""
        text = self._host.text().strip()
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

    def _follow(self) -> None:
        self._unencrypted.setVisible(self._scheme.currentText() == "http")
        self._proxy_fields.setVisible(self._proxy.currentData() is ProxyChoice.ADDRESS)
        named = bool(self._host.text().strip())
        self._save.setEnabled(named)
        self._save.setToolTip("" if named else _tr("The endpoint's host is missing."))
        reason = self._cannot_connect()
        self._connect_button.setEnabled(reason is None)
        self._connect_button.setToolTip(reason or "")
        self._checks.again.setEnabled(self._complete())

    def _cannot_connect(self) -> str | None:
        if not self._complete():
            return _tr("Endpoint, access ID and secret key are needed.")
        if self._findings is not None and self._findings.untrusted:
            return _tr("Decide about the certificate first.")
        return None

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        grow(self)

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
        self._spread_address()
        self._end_test()
        if self._complete():
            self._stop = self._start_test(self._read().endpoint, self._credentials(), self._show)

    def _end_test(self) -> None:
        self._timer.stop()
        if self._stop is not None:
            self._stop()
            self._stop = None

    def _show(self, found: Findings | None) -> None:
        self._findings = found
        self._checks.show_findings(found)
        untrusted = found is not None and found.untrusted
        if found is not None and untrusted:
            self._trust.show_certificate(found, self._session.pin)
        self._trust.setVisible(untrusted)
        self._follow()
        grow(self)

    def _trust_certificate(self) -> None:
        if self._findings is not None and self._findings.certificate is not None:
            self._pin, self._ca_file = self._findings.certificate.fingerprint, None
            self._verify = True
            self.test()

    def _choose_ca(self) -> None:
        file, _filter = QFileDialog.getOpenFileName(
            self,
            _tr("Choose CA file"),
            "",
            _tr("Certificates (*.pem *.crt *.cer);;All files (*)"),
        )
        if file:
            self._pin, self._ca_file, self._verify = None, file, True
            self.test()

    def _do_not_verify(self) -> None:
        ask_not_to_verify(self, self._verify_no_more)

    def _verify_no_more(self) -> None:
        self._pin, self._ca_file, self._verify = None, None, False
        self.test()

    # -- the end --------------------------------------------------------------------------------

    def _accept(self, choice: Choice) -> None:
        self._spread_address()
        self._choice = choice
        self.accept()

    def done(self, result: int) -> None:
        self._end_test()
        super().done(result)

    def closeEvent(self, event: QCloseEvent) -> None:
        self._end_test()
        super().closeEvent(event)


class CheckList(QFrame):
    """The connection test's five lines, and the sentence of what ended it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("connection_test")
        self.setProperty("look", "panel")
        self._lines: list[tuple[QLabel, ElidedLabel, ElidedLabel]] = []
        self._steps: tuple[Step, ...] = ()
        self._build()
        theme.notifier().changed.connect(self._tint)
        self.show_findings(None)

    def _build(self) -> None:
        title = QLabel(_tr("Connection test"), self)
        title.setFont(theme.scaled(self.font(), 13, QFont.Weight.DemiBold))
        self.again = QPushButton(f" {_tr('Test again')}", self)  # a gap beside the icon
        self.again.setObjectName("test_again")
        self.again.setAccessibleName(_tr("Test again"))
        self.again.setAutoDefault(False)
        self.again.setProperty("look", "small")
        self.again.setIconSize(QSize(16, 16))
        head = QHBoxLayout()
        head.addWidget(title)
        head.addStretch(1)
        head.addWidget(self.again)
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(6)
        self._grid.setColumnStretch(1, 1)
        for row in range(5):
            icon = QLabel(self)
            text, note = ElidedLabel(self, 12), ElidedLabel(self, 12, role=Role.SECONDARY)
            text.setObjectName(f"step_{row + 1}")
            note.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
            note.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            self._grid.addWidget(icon, row, 0)
            self._grid.addWidget(text, row, 1)
            self._grid.addWidget(note, row, 2)
            self._lines.append((icon, text, note))
        self._trouble = QLabel(self)
        self._trouble.setObjectName("test_trouble")
        self._trouble.setTextFormat(Qt.TextFormat.PlainText)
        self._trouble.setWordWrap(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 10, 14, 12)
        column.setSpacing(8)
        column.addLayout(head)
        column.addLayout(self._grid)
        column.addWidget(self._trouble)

    def show_findings(self, found: Findings | None) -> None:
        self._steps = findings.steps(found) if found is not None else _untested()
        for (_icon, text, note), step in zip(self._lines, self._steps, strict=True):
            text.setText(step.text)
            text.set_role(Role.SECONDARY if step.mark is findings.Mark.OPEN else Role.TEXT)
            note.setText(step.note)
            note.setMinimumWidth(note.sizeHint().width())
            text.setAccessibleName(f"{step.text}. {step.note}" if step.note else step.text)
        trouble = None
        if found is not None and not found.untrusted:
            trouble = findings.trouble(found)
        self._trouble.setText(trouble or "")
        self._trouble.setVisible(trouble is not None)
        self._tint()

    def _tint(self) -> None:
        ratio = self.devicePixelRatioF()
        self.again.setIcon(icons.icon("refresh", Role.SECONDARY))
        for (icon, _text, _note), step in zip(self._lines, self._steps, strict=True):
            icon.setPixmap(icons.pixmap(step.mark.icon, step.mark.role, 16, ratio))
        palette = self._trouble.palette()
        palette.setColor(self._trouble.foregroundRole(), theme.colour(Role.ERROR))
        self._trouble.setPalette(palette)


class TrustBox(QFrame):
    """A certificate nobody vouches for, and what may be done about it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("trust_box")
        self._role = Role.WARNING
        self._build()
        theme.notifier().changed.connect(self._tint)

    def _build(self) -> None:
        self._icon = QLabel(self)
        self._title = QLabel(self)
        self._title.setFont(theme.scaled(self.font(), 13, QFont.Weight.DemiBold))
        self._advice = QLabel(self)
        self._advice.setWordWrap(True)
        self._fingerprint = QLabel(self)
        self._fingerprint.setObjectName("fingerprint")
        self._fingerprint.setFont(theme.mono_font(12))
        self._fingerprint.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._validity = QLabel(self)
        self._validity.setTextFormat(Qt.TextFormat.PlainText)
        for label in (self._advice, self._validity):
            label.setFont(theme.scaled(self.font(), 12))
        self.trust = QPushButton(_tr("Trust this certificate"), self)
        self.trust.setObjectName("trust_certificate")
        self.choose_ca = QPushButton(_tr("Choose CA file…"), self)
        self.choose_ca.setObjectName("choose_ca")
        self.skip = QPushButton(_tr("Do not verify"), self)
        self.skip.setObjectName("do_not_verify")
        self.skip.setProperty("look", "link")
        for button in (self.trust, self.choose_ca, self.skip):
            button.setAutoDefault(False)
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self._icon)
        head.addWidget(self._title, 1)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.trust)
        buttons.addWidget(self.choose_ca)
        buttons.addStretch(1)
        buttons.addWidget(self.skip)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 12, 14, 12)
        column.setSpacing(7)
        column.addLayout(head)
        column.addWidget(self._advice)
        column.addWidget(self._fingerprint)
        column.addWidget(self._validity)
        column.addLayout(buttons)

    def show_certificate(self, found: Findings, old_pin: str | None) -> None:
        """Show what the appliance's certificate is; `old_pin` is the one trusted before."""
        certificate, error = found.certificate, found.error
        if certificate is None or not isinstance(error, TlsFailed):
            return
        changed = error.fault is TlsFault.CHANGED
        self._role = Role.ERROR if changed else Role.WARNING
        self.setProperty("look", "error-box" if changed else "warning-box")
        self.trust.setProperty("look", "" if changed else "primary")
        for widget in (self, self.trust):
            widget.style().unpolish(widget)
            widget.style().polish(widget)
        facts = read_certificate(certificate)
        self._title.setText(_trust_title(error.fault, facts))
        self._advice.setText(
            _tr(
                "Somebody may be reading along. Compare both SHA-256 fingerprints with the one your"
                " BlackPearl administrator reads from the appliance."
            )
            if changed
            else _tr(
                "Before you trust it, compare this SHA-256 fingerprint with the one your BlackPearl"
                " administrator reads from the appliance."
            )
        )
        shown = fingerprint(certificate.fingerprint)
        if changed and old_pin:
            shown = _tr("Trusted before:\n{old}\nNow:\n{new}").format(
                old=fingerprint(old_pin), new=shown
            )
        self._fingerprint.setText(shown)
        self._validity.setText(facts.told)
        self._tint()

    def _tint(self) -> None:
        ratio = self.devicePixelRatioF()
        self._icon.setPixmap(icons.pixmap("shield-alert", self._role, 18, ratio))


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    name: str
    told: str
    self_signed: bool


def read_certificate(certificate: Certificate) -> CertificateFacts:
    """Read name and validity of a certificate."""
    read = QSslCertificate(QByteArray(certificate.der), QSsl.EncodingFormat.Der)
    names = read.subjectInfo(QSslCertificate.SubjectInfo.CommonName)
    name = names[0] if names else ""
    told = _tr("Valid {start} to {end}").format(
        start=_day(read.effectiveDate()), end=_day(read.expiryDate())
    )
    told = f"{told} · CN={name}" if name else told
    return CertificateFacts(name, told, read.isSelfSigned())


def fingerprint(sha256: str) -> str:
    """Return `5E:1A:…` in two lines of sixteen pairs."""
    plain = sha256.replace(":", "").upper()
    pairs = [plain[start : start + 2] for start in range(0, len(plain), 2)]
    return ":".join(pairs[:16]) + ":\n" + ":".join(pairs[16:])


def ask_not_to_verify(parent: QWidget, on_yes: Callable[[], None]) -> None:
    """Ask once whether certificates shall not be looked at."""
    box = QMessageBox(parent)
    box.setObjectName("not_verify_question")
    box.setWindowTitle(_tr("Do not verify"))
    box.setText(_tr("Connect without looking at the certificate?"))
    box.setInformativeText(
        _tr(
            "Anybody between this computer and the appliance could then read and change what is"
            " transferred. An open shield in the status bar will remind you."
        )
    )
    verify = box.addButton(_tr("Keep verifying"), QMessageBox.ButtonRole.RejectRole)
    skip = box.addButton(_tr("Do not verify"), QMessageBox.ButtonRole.AcceptRole)
    box.setDefaultButton(verify)
    skip.clicked.connect(on_yes)
    ask(box)


def _trust_title(fault: TlsFault, facts: CertificateFacts) -> str:
    match fault:
        case TlsFault.CHANGED:
            return _tr("This is not the certificate you trusted")
        case TlsFault.EXPIRED:
            return _tr("The appliance's certificate has expired")
        case TlsFault.WRONG_HOST:
            return _tr("The appliance's certificate is made out to another name")
        case _ if facts.self_signed:
            return _tr("The appliance's certificate is self-signed")
        case _:
            return _tr("The appliance's certificate is signed by nobody this computer trusts")


def _untested() -> tuple[Step, ...]:
    return tuple(
        Step(text)
        for text in (
            _tr("Reached"),
            _tr("Certificate trusted"),
            _tr("Data path, not the management port"),
            _tr("Keys accepted"),
            _tr("Clocks agree"),
        )
    )


def _day(moment: QDateTime) -> str:
    return format.day(moment.toUTC().date())


def _label(text: str, buddy: QWidget) -> QLabel:
    label = QLabel(text)
    label.setBuddy(buddy)
    label.setMinimumWidth(LABEL_WIDTH)
    buddy.ensurePolished()
    label.setFixedHeight(buddy.sizeHint().height())  # beside the field, not beside its note
    label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    buddy.setAccessibleName(buddy.accessibleName() or text)
    return label


def _stacked(first: QWidget | QHBoxLayout, second: QWidget, spacing: int = 4) -> QWidget:
    box = QWidget()
    column = QVBoxLayout(box)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(spacing)
    if isinstance(first, QWidget):
        column.addWidget(first)
    else:
        column.addLayout(first)
    column.addWidget(second)
    return box
