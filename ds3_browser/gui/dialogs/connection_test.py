"""The connection test as a check list of five lines, and the sentence of what ended it."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QCoreApplication, QSize, Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from ds3_browser.gui import findings, icons, theme
from ds3_browser.gui.findings import Findings, Step
from ds3_browser.gui.theme import Role
from ds3_browser.gui.views.labels import ElidedLabel, beside_icon

_tr = partial(QCoreApplication.translate, "session")


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
        self.again = QPushButton(self)
        beside_icon(self.again, _tr("Test again"))
        self.again.setObjectName("test_again")
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
