"""The question for one secret key, where no keychain has it. It leaves the window usable."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtWidgets import QFormLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from ds3_browser.gui.dialogs.form import Form
from ds3_browser.gui.dialogs.parts import (
    button_row,
    default_button,
    heading,
    other_button,
    set_body,
)
from ds3_browser.gui.sessions import SavedSession
from ds3_browser.gui.theme import Role
from ds3_browser.gui.views.labels import ElidedLabel

_tr = partial(QCoreApplication.translate, "secret_key")


class SecretKeyDialog(Form):
    """Not modal. Signal: `entered(str)` with the key; closing it without one is `rejected`."""

    entered = Signal(str)

    def __init__(self, session: SavedSession, note: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("secret_key_dialog")
        self.setWindowTitle(_tr("Secret key"))
        self._build(session, note)

    def _build(self, session: SavedSession, note: str) -> None:
        self._secret = QLineEdit(self)
        self._secret.setObjectName("secret_key")
        self._secret.setEchoMode(QLineEdit.EchoMode.Password)
        self._secret.setMinimumWidth(320)
        self._secret.setAccessibleName(_tr("Secret key"))
        self._secret.textChanged.connect(self._follow)
        form = QFormLayout()
        form.setHorizontalSpacing(14)
        form.setVerticalSpacing(10)
        access_id = QLabel(session.access_id, self)
        access_id.setTextFormat(Qt.TextFormat.PlainText)
        form.addRow(_tr("Access ID"), access_id)
        form.addRow(_tr("Secret key"), self._secret)
        kept = ElidedLabel(self, 12, role=Role.SECONDARY)
        kept.setObjectName("key_note")
        kept.setText(note)
        kept.setMinimumWidth(kept.sizeHint().width())
        self._connect_button = default_button(self, "connect_button", _tr("Connect"))
        self._connect_button.clicked.connect(self._enter)
        later = other_button(self, "later", _tr("Not now"))
        later.clicked.connect(self.reject)
        column = QVBoxLayout()
        column.setSpacing(12)
        column.addWidget(heading(self, _tr("Secret key for {name}").format(name=session.name)))
        column.addLayout(form)
        column.addWidget(kept)
        set_body(self, column, button_row(later, self._connect_button))
        self._secret.setFocus()
        self._follow()

    def _follow(self) -> None:
        self._connect_button.setEnabled(bool(self._secret.text().strip()))

    def _enter(self) -> None:
        self.entered.emit(self._secret.text().strip())
        self.accept()
