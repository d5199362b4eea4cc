"""About the program: version, and the licences of what is shipped with it."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QCoreApplication, Qt, qVersion
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from ds3_browser import __version__
from ds3_browser.gui import icons, theme
from ds3_browser.gui.dialogs.form import Form
from ds3_browser.gui.dialogs.parts import button_row, default_button, set_body
from ds3_browser.gui.licences import all_licences
from ds3_browser.gui.theme import Role
from ds3_browser.gui.views.fitting import lettered
from ds3_browser.gui.views.labels import ElidedLabel

_tr = partial(QCoreApplication.translate, "about")


class AboutDialog(Form):
    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("about_dialog")
        self.setWindowTitle(_tr("About DS3 Browser"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._build()

    @classmethod
    def show_it(cls, parent: QWidget) -> None:
        cls(parent).open()

    def _build(self) -> None:
        logo = QLabel(self)
        logo.setPixmap(icons.app_pixmap(48, self.devicePixelRatioF()))
        name = QLabel(_tr("DS3 Browser {version}").format(version=__version__), self)
        name.setFont(theme.scaled(self.font(), 17, QFont.Weight.DemiBold))
        parts = ElidedLabel(self, 12, role=Role.SECONDARY)
        parts.setText(
            _tr("Apache License 2.0 · Qt {version} under the LGPL").format(version=qVersion())
        )
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(name)
        words.addWidget(parts)
        head = QHBoxLayout()
        head.setSpacing(14)
        head.addWidget(logo)
        head.addLayout(words, 1)
        self._which = QComboBox(self)
        self._which.setObjectName("licence")
        self._which.setAccessibleName(_tr("Licence of"))
        self._text = QPlainTextEdit(self)
        self._text.setObjectName("licence_text")
        self._text.setAccessibleName(_tr("Licence"))
        self._text.setReadOnly(True)
        self._text.setFont(theme.mono_font(11))
        for licence in all_licences():
            self._which.addItem(licence.part, licence)
        self._which.currentIndexChanged.connect(self._show_licence)
        close = default_button(self, "close", _tr("Close"))
        close.clicked.connect(self.accept)
        body = QVBoxLayout()
        body.setSpacing(12)
        body.addLayout(head)
        body.addWidget(self._which)
        body.addWidget(self._text, 1)
        set_body(self, body, button_row(close))
        self.resize(lettered(self, 620, 460))
        self._show_licence()

    def _show_licence(self) -> None:
        self._text.setPlainText(self._which.currentData().text())
