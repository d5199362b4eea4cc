"""A line above the page for what would be a notice of the desktop's, where there are none."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QCoreApplication, QSize, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from ds3_browser.gui import direction, icons, theme
from ds3_browser.gui.theme import Role

_tr = partial(QCoreApplication.translate, "news_bar")


class NewsBar(QFrame):
    """Shows one text until it is closed or replaced. `pressed` is the wish of its button.

    Notices and questions that do not stop the window come here; `say` gives the text and the
    button's words, `ask` two buttons, of which the second is `declined`.
    """

    pressed = Signal()
    declined = Signal()

    def __init__(self, name: str, icon: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setProperty("look", "hints")
        self.setAccessibleName(_tr("Notice"))
        self._icon_name = icon
        self._build()
        theme.notifier().changed.connect(self._tint)
        self._tint()
        self.hide()

    @property
    def text(self) -> str:
        return self._text.text()

    def say(self, text: str, button: str) -> None:
        self._show(text, button)
        self._no.hide()

    def ask(self, text: str, yes: str, no: str) -> None:
        self._show(text, yes)
        self._no.setText(no)
        self._no.show()

    def _show(self, text: str, button: str) -> None:
        self._text.setText(text)
        self.setAccessibleDescription(text)
        self._yes.setText(button)
        self.show()

    def _build(self) -> None:
        self._icon = QLabel(self)
        self._text = QLabel(self)
        self._text.setWordWrap(True)
        self._text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._yes = QPushButton(self)
        self._yes.setObjectName("news_button")
        self._yes.setProperty("look", "small")
        self._yes.clicked.connect(self._press)
        self._no = QPushButton(self)
        self._no.setObjectName("news_decline")
        self._no.setProperty("look", "small")
        self._no.clicked.connect(self._decline)
        self._close = QToolButton(self)
        self._close.setObjectName("news_close")
        self._close.setToolTip(_tr("Put away"))
        self._close.setAccessibleName(_tr("Put away"))
        self._close.setIconSize(QSize(16, 16))
        self._close.clicked.connect(self._decline)
        row = QHBoxLayout(self)
        row.setContentsMargins(direction.margins(12, 4, 6, 4))
        row.setSpacing(8)
        row.addWidget(self._icon)
        row.addWidget(self._text, 1)
        for button in (self._yes, self._no, self._close):
            row.addWidget(button)

    def _press(self) -> None:
        self.hide()
        self.pressed.emit()

    def _decline(self) -> None:
        self.hide()
        self.declined.emit()

    def _tint(self) -> None:
        ratio = self.devicePixelRatioF()
        self._icon.setPixmap(icons.pixmap(self._icon_name, Role.ACCENT, 16, ratio))
        self._close.setIcon(icons.icon("close", Role.SECONDARY))
