"""A certificate nobody vouches for: what it says of itself, and what may be done about it.

Trusting pins this one certificate; a CA file vouches for it and others; not to verify is asked once
and stays in sight.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QByteArray, QCoreApplication, QDateTime, Qt
from PySide6.QtGui import QFont
from PySide6.QtNetwork import QSsl, QSslCertificate
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from ds3_browser.gui import format, icons, theme
from ds3_browser.gui.dialogs.questions import ask_first
from ds3_browser.gui.findings import Findings
from ds3_browser.gui.theme import Role
from ds3_browser.protocol.errors import TlsFailed, TlsFault
from ds3_browser.protocol.transport import Certificate

_tr = partial(QCoreApplication.translate, "session")


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
        self._title.setText(_trust_title(error.fault, facts, found.endpoint.host))
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
    """What a certificate says of itself. `names` are those of hosts it is made out to."""

    name: str
    told: str
    self_signed: bool
    expired: bool
    names: tuple[str, ...]

    def is_for(self, host: str) -> bool:
        """Whether it is made out to a host; `*` stands for the first part of a name."""
        wanted = host.lower().rstrip(".")
        above = "*." + wanted.partition(".")[2]
        return any(name.lower() in (wanted, above) for name in self.names)


def read_certificate(certificate: Certificate) -> CertificateFacts:
    """Read name and validity of a certificate."""
    read = QSslCertificate(QByteArray(certificate.der), QSsl.EncodingFormat.Der)
    common = read.subjectInfo(QSslCertificate.SubjectInfo.CommonName)
    name = common[0] if common else ""
    told = _tr("Valid {start} to {end}").format(
        start=_day(read.effectiveDate()), end=_day(read.expiryDate())
    )
    told = f"{told} · CN={name}" if name else told
    others = [name for several in read.subjectAlternativeNames().values() for name in _all(several)]
    expired = read.expiryDate() < QDateTime.currentDateTimeUtc()
    return CertificateFacts(name, told, read.isSelfSigned(), expired, (*common, *others))


def _all(names: str | list[str]) -> list[str]:
    return [names] if isinstance(names, str) else list(names)


def fingerprint(sha256: str) -> str:
    """Return `5E:1A:…` in two lines of sixteen pairs."""
    plain = sha256.replace(":", "").upper()
    pairs = [plain[start : start + 2] for start in range(0, len(plain), 2)]
    return ":".join(pairs[:16]) + ":\n" + ":".join(pairs[16:])


def ask_not_to_verify(parent: QWidget, on_yes: Callable[[], None]) -> None:
    """Ask once whether certificates shall not be looked at."""
    ask_first(
        parent,
        _tr("Do not verify"),
        _tr("Connect without looking at the certificate?"),
        _tr(
            "Anybody between this computer and the appliance could then read and change what is"
            " transferred. An open shield in the status bar will remind you."
        ),
        _tr("Do not verify"),
        on_yes,
        _tr("Keep verifying"),
    )


def _trust_title(fault: TlsFault, facts: CertificateFacts, host: str) -> str:
    """Tell all that is wrong with it: whoever checks it stops at the first."""
    match fault:
        case TlsFault.CHANGED:
            return _tr("This is not the certificate you trusted")
        case TlsFault.UNTRUSTED if facts.self_signed and facts.expired:
            return _tr("The appliance's certificate is self-signed and has expired")
        case TlsFault.UNTRUSTED if facts.self_signed and not facts.is_for(host):
            return _tr("The appliance's certificate is self-signed and made out to another name")
        case TlsFault.UNTRUSTED if facts.expired:
            return _tr("The appliance's certificate has expired, and nobody known has signed it")
        case TlsFault.EXPIRED:
            return _tr("The appliance's certificate has expired")
        case TlsFault.WRONG_HOST:
            return _tr("The appliance's certificate is made out to another name")
        case _ if facts.self_signed:
            return _tr("The appliance's certificate is self-signed")
        case _:
            return _tr("The appliance's certificate is signed by nobody this computer trusts")


def _day(moment: QDateTime) -> str:
    return format.day(moment.toUTC().date())
