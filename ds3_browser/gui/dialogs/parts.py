"""Parts that several forms have: headings, names, figures, the row of buttons."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import shiboken6
from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLayout,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ds3_browser.gui import format, icons, theme
from ds3_browser.gui.names import visible
from ds3_browser.gui.theme import Role
from ds3_browser.gui.views.fitting import lettered
from ds3_browser.gui.views.labels import ElidedLabel
from ds3_browser.protocol.records import Priority

_tr = partial(QCoreApplication.translate, "parts")

MOST_NAMED = 6
SENTENCE_WIDTH = 432


def heading(parent: QWidget, text: str) -> ElidedLabel:
    """Return a form's heading; a long name in it is elided in its middle."""
    label = ElidedLabel(parent, 17, QFont.Weight.DemiBold, elide=Qt.TextElideMode.ElideMiddle)
    label.setText(text)
    return label


class Names(QWidget):
    """The first few names of what was chosen, one a line, and how many there are besides."""

    def __init__(
        self, names: Sequence[str], parent: QWidget | None = None, number: int | None = None
    ) -> None:
        """`number` is how many there are, where `names` are only the first of very many."""
        super().__init__(parent)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        for name in names[:MOST_NAMED]:
            column.addWidget(self._line(name, Role.TEXT))
        besides = (len(names) if number is None else number) - MOST_NAMED
        if besides > 0:
            more = _tr("and {n} more").format(n=format.count(besides))
            column.addWidget(self._line(more, Role.SECONDARY))

    def _line(self, text: str, role: Role) -> ElidedLabel:
        line = ElidedLabel(self, role=role, elide=Qt.TextElideMode.ElideMiddle)
        line.setText(visible(text))
        return line


class Figures(QWidget):
    """Figures with their words below, in a row: `46,600` and below it `files`."""

    def __init__(self, words: Sequence[tuple[str, str]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._figures: dict[str, QLabel] = {}
        self._words: dict[str, str] = dict(words)
        self._labels: dict[str, ElidedLabel] = {}
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(32)
        for name, word in words:
            figure = QLabel(format.count(None), self)
            figure.setFont(theme.scaled(self.font(), 15, QFont.Weight.DemiBold))
            label = ElidedLabel(self, 12, role=Role.SECONDARY)
            label.setText(word)
            label.setMinimumWidth(label.sizeHint().width())
            column = QVBoxLayout()
            column.setSpacing(0)
            column.addWidget(figure)
            column.addWidget(label)
            row.addLayout(column)
            self._figures[name], self._labels[name] = figure, label
        row.addStretch(1)

    def show_words(self, name: str, words: str) -> None:
        """Say something else below a figure; it stays as wide as it needs to be, within reason."""
        self._words[name] = words
        label = self._labels[name]
        label.setText(words)
        label.setMinimumWidth(min(label.sizeHint().width(), 20 * label.fontMetrics().height()))
        self._figures[name].setAccessibleName(f"{words} {self._figures[name].text()}")

    def show_part(self, name: str, shown: bool) -> None:
        """Show a figure with its words, or neither."""
        self._figures[name].setVisible(shown)
        self._labels[name].setVisible(shown)

    def show_figure(self, name: str, text: str) -> None:
        self._figures[name].setText(text)
        self._figures[name].setAccessibleName(f"{self._words[name]} {text}")


class ErrorBox(QFrame):
    """A red line with a sign, hidden while there is nothing to say."""

    def __init__(self, parent: QWidget, name: str) -> None:
        super().__init__(parent)
        self.setProperty("look", "error-box")
        self._sign = QLabel(self)
        self._text = QLabel(self)
        self._text.setObjectName(name)
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setWordWrap(True)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 9, 12, 9)
        row.setSpacing(10)
        row.addWidget(self._sign)
        row.addWidget(self._text, 1)
        self.hide()
        theme.notifier().changed.connect(self._tint)
        self._tint()

    def say(self, text: str) -> None:
        self._text.setText(text)
        self.show()

    def _tint(self) -> None:
        ratio = self.devicePixelRatioF()
        self._sign.setPixmap(icons.pixmap("warning", Role.ERROR, 16, ratio))


def show_beside(dialog: QDialog) -> None:
    """Show a form beside the window, which stays usable; it is forgotten once it is left."""
    dialog.finished.connect(dialog.deleteLater)
    dialog.setModal(False)
    dialog.show()


def ask(dialog: QDialog) -> None:
    """Ask before the window goes on, without a loop of its own; forgotten once answered."""
    dialog.finished.connect(dialog.deleteLater)
    dialog.open()


def while_open(dialog: QWidget, take: Callable[..., None]) -> Callable[..., None]:
    """Return `take` for an answer that may come after the dialog was left and is dropped then."""

    def taken(*answer: object) -> None:
        if shiboken6.isValid(dialog):
            take(*answer)

    return taken


def default_button(parent: QWidget, name: str, text: str) -> QPushButton:
    """Return the button that Return presses. Its font is set, so that it is as wide as its words
    in the weight the style sheet gives it."""
    button = QPushButton(text, parent)
    button.setObjectName(name)
    button.setDefault(True)
    button.setFont(theme.scaled(parent.font(), 13, QFont.Weight.DemiBold))
    return button


def other_button(parent: QWidget, name: str, text: str) -> QPushButton:
    """Return a button that only a click or its own focus presses."""
    button = QPushButton(text, parent)
    button.setObjectName(name)
    button.setAutoDefault(False)
    return button


def button_row(*buttons: QPushButton) -> QHBoxLayout:
    """Return the buttons at a form's foot, the default one last."""
    row = QHBoxLayout()
    row.setSpacing(8)
    row.addStretch(1)
    for button in buttons:
        button.ensurePolished()  # so that the form is as wide as the words in their own weight
        row.addWidget(button)
    return row


def wrapped(parent: QWidget, words: str, width: int = SENTENCE_WIDTH) -> QLabel:
    """Return a sentence of as many lines as it needs; its form is at least as wide as that."""
    label = QLabel(words, parent)
    label.setWordWrap(True)
    label.setMinimumWidth(lettered(label, width).width())
    return label


def set_body(form: QWidget, body: QLayout, buttons: QLayout) -> None:
    """Lay a form out: what it is about, and a bar at its foot with its buttons."""
    body.setContentsMargins(24, 20, 24, 16)
    buttons.setContentsMargins(24, 12, 24, 12)
    foot = QFrame(form)
    foot.setProperty("look", "foot")
    foot.setLayout(buttons)
    column = QVBoxLayout(form)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    column.addLayout(body, 1)
    column.addWidget(foot)


class FoldButton(QToolButton):
    """Unfolds more options."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("more_options")
        self.setCheckable(True)
        self.setAutoRaise(True)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setText(_tr("More options"))
        self.toggled.connect(self._tint)
        theme.notifier().changed.connect(self._tint)
        self._tint()

    def _tint(self) -> None:
        unfolded = self.isChecked()
        role = Role.ACCENT if unfolded else Role.SECONDARY
        self.setIcon(icons.icon("chevron-down" if unfolded else "chevron-right", role))


def priority_box(parent: QWidget) -> QComboBox:
    """Return a choice of the priorities a client may ask for, the appliance's own first."""
    box = QComboBox(parent)
    box.setObjectName("priority")
    box.addItem(_tr("As the appliance decides"), None)
    for priority, word in (
        (Priority.URGENT, _tr("Urgent")),
        (Priority.HIGH, _tr("High")),
        (Priority.NORMAL, _tr("Normal")),
        (Priority.LOW, _tr("Low")),
    ):
        box.addItem(word, priority)
    return box
