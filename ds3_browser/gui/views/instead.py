"""Stands in place of rows: why there are none, the one thing to do about it, and the details."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from ds3_browser.gui import messages, theme
from ds3_browser.gui.messages import Message

_tr = partial(QCoreApplication.translate, "instead")

WIDEST = 560


class Help(enum.Enum):
    """The one thing to do about it."""

    NOTHING = "nothing"
    RETRY = "retry"
    CONNECT = "connect"
    CLEAR_FILTER = "clear filter"
    UPLOAD = "upload"
    NEW_BUCKET = "new bucket"
    SEARCH_ALL = "search all"
    EDIT_SESSION = "edit session"


@dataclass(frozen=True, slots=True)
class Instead:
    """What to say instead of rows. `details` are (label, value) pairs of an error."""

    text: str
    help: Help = Help.NOTHING
    button: str = ""
    details: tuple[tuple[str, str], ...] = ()


class InsteadOfRows(QWidget):
    """Covers the rows, and lets drags and the context menu through. `wanted(Help)`: the button."""

    wanted = Signal(object)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._rows = parent
        self.setObjectName("instead_of_rows")
        self._said = Instead("")
        self._text = self._label("instead_text")
        self._facts = self._label("instead_facts")
        self._facts.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._button = QPushButton(self)
        self._button.setObjectName("instead_button")
        self._button.clicked.connect(self._want)
        self._more = QPushButton(_tr("Details"), self)
        self._more.setObjectName("instead_details")
        self._more.setProperty("look", "link")
        self._more.setCheckable(True)
        self._more.toggled.connect(self._show_details)
        self._copy = QPushButton(_tr("Copy"), self)
        self._copy.setObjectName("instead_copy")
        self._copy.setProperty("look", "link")
        self._copy.clicked.connect(self._copy_details)
        self._lay_out()
        theme.notifier().changed.connect(self.update)
        self.hide()

    def _label(self, name: str) -> QLabel:
        label = QLabel(self)
        label.setObjectName(name)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setWordWrap(True)
        label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        label.setMaximumWidth(WIDEST)
        return label

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addStretch(1)
        for button in (self._button, self._more, self._copy):
            buttons.addWidget(button)
        buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 12, 24, 12)
        column.setSpacing(12)
        column.addStretch(2)
        for label in (self._text, self._facts):
            row = QHBoxLayout()
            row.addStretch(1)
            row.addWidget(label, 100)
            row.addStretch(1)
            column.addLayout(row)
        column.insertLayout(2, buttons)
        column.addStretch(3)

    def say(self, said: Instead) -> None:
        """Show it; what was folded out stays so while the same thing is said."""
        if said.details != self._said.details or not said.details:
            self._more.setChecked(False)
        self._said = said
        self._text.setText(said.text)
        self.setAccessibleName(said.text)
        self._button.setText(said.button)
        self._button.setVisible(bool(said.button))
        self._more.setVisible(bool(said.details))
        self._show_details(self._more.isChecked())
        self.show()
        self.raise_()

    def say_or_hide(self, said: Instead | None) -> None:
        """Say it over all of the rows, or with nothing to say let them be seen."""
        if said is None:
            self.hide()
            return
        self.say(said)
        self.setGeometry(self._rows.rect())

    def _show_details(self, shown: bool) -> None:
        self._facts.setText("\n".join(f"{label}: {value}" for label, value in self._said.details))
        self._facts.setVisible(shown)
        self._copy.setVisible(shown)

    def _copy_details(self) -> None:
        message = Message(self._said.text, None, self._said.details)
        QApplication.clipboard().setText(messages.details_text(message))

    def _want(self) -> None:
        self.wanted.emit(self._said.help)

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), theme.tokens().base)
