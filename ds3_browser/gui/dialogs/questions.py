"""The two small boxes: something that is told, and a question before what cannot be taken back."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QFont, QKeyEvent
from PySide6.QtWidgets import QDialog, QLabel, QPushButton, QVBoxLayout, QWidget

from ds3_browser.gui import theme
from ds3_browser.gui.dialogs.parts import (
    ask,
    button_row,
    default_button,
    other_button,
    set_body,
    wrapped,
)
from ds3_browser.gui.views.tabbing import press_focused

_tr = partial(QCoreApplication.translate, "commands")


class Box(QDialog):
    """A sentence, and below it what it means."""

    def __init__(self, name: str, title: str, text: str, more: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setWindowTitle(title)
        self.text, self.more = self._label(text), self._label(more)
        self.text.setFont(theme.scaled(self.font(), 17, QFont.Weight.DemiBold))
        self.more.setVisible(bool(more))

    def _label(self, text: str) -> QLabel:
        label = wrapped(self, text)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        return label

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not press_focused(event, self.focusWidget()):  # as in all forms, which stand on this
            super().keyPressEvent(event)

    def lay_out(self, *buttons: QPushButton) -> None:
        """Put it together; the last button is the one that Return presses."""
        column = QVBoxLayout()
        column.setSpacing(12)
        column.addWidget(self.text)
        column.addWidget(self.more)
        column.addStretch(1)
        set_body(self, column, button_row(*buttons))
        buttons[-1].setFocus()


def tell(parent: QWidget, text: str, more: str = "") -> None:
    """Say what was asked for and cannot be done."""
    box = Box("notice_box", _tr("DS3 Browser"), text, more, parent)
    close = default_button(box, "close", _tr("Close"))
    close.clicked.connect(box.accept)
    box.lay_out(close)
    ask(box)


def ask_first(
    parent: QWidget,
    title: str,
    question: str,
    more: str,
    verb: str,
    on_yes: Callable[[], object],
    stay_words: str = "",
) -> None:
    """Ask before something that cannot be taken back. Not to do it is the default."""
    box = Box("question_box", title, question, more, parent)
    go_on = other_button(box, "go_on", verb)
    go_on.clicked.connect(box.accept)
    go_on.clicked.connect(lambda: on_yes())
    stay = default_button(box, "stay", stay_words or _tr("Cancel"))
    stay.clicked.connect(box.reject)
    box.lay_out(go_on, stay)
    ask(box)
