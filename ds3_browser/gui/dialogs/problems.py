"""The list of this run's troubles, each with the one button that helps. It stays open beside."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from ds3_browser.gui import direction, format, theme
from ds3_browser.gui.dialogs.form import Form
from ds3_browser.gui.dialogs.parts import button_row, default_button, heading, set_body
from ds3_browser.gui.problems import Problem, Problems
from ds3_browser.gui.theme import Role
from ds3_browser.gui.views.fitting import lettered
from ds3_browser.gui.views.labels import ElidedLabel

_tr = partial(QCoreApplication.translate, "problems")


class ProblemsDialog(Form):
    """Wishes: `job_wanted(job_id)`, `edit_wanted(session_id)`, `session_wanted(session_id)`."""

    job_wanted = Signal(object)
    edit_wanted = Signal(str)
    session_wanted = Signal(str)

    def __init__(self, problems: Problems, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("problems_dialog")
        self.setWindowTitle(_tr("Problems"))
        self._problems = problems
        self._area = QScrollArea(self)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setWidgetResizable(True)
        close = default_button(self, "close", _tr("Close"))
        close.clicked.connect(self.accept)
        column = QVBoxLayout()
        column.setSpacing(12)
        column.addWidget(heading(self, _tr("Problems since the start")))
        column.addWidget(self._area, 1)
        set_body(self, column, button_row(close))
        column.setContentsMargins(direction.margins(24, 20, 12, 16))  # a scroll bar has room
        close.setFocus()
        self.resize(lettered(self, 640, 420))
        problems.changed.connect(self._fill)
        self._fill()

    def _fill(self) -> None:
        ground = QWidget()
        ground.setProperty("look", "page")
        ground.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        column = QVBoxLayout(ground)
        column.setContentsMargins(direction.margins(0, 0, 12, 0))
        column.setSpacing(8)
        found = self._problems.all()
        if not found:
            none = ElidedLabel(ground, role=Role.SECONDARY)
            none.setText(_tr("Nothing went wrong since the start."))
            column.addWidget(none)
        for problem in found:
            column.addWidget(self._entry(problem, ground))
        column.addStretch(1)
        self._area.setWidget(ground)

    def _entry(self, problem: Problem, parent: QWidget) -> QWidget:
        entry = QFrame(parent)
        entry.setProperty("look", "panel")
        text = QLabel(problem.message.text, entry)
        text.setTextFormat(Qt.TextFormat.PlainText)
        text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        text.setWordWrap(True)
        at = ElidedLabel(entry, 12, role=Role.SECONDARY)
        at.setText(format.moment(problem.at, datetime.now(UTC)))
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(text)
        words.addWidget(at)
        for label, value in problem.message.details:
            line = QLabel(f"{label}: {value}", entry)
            line.setTextFormat(Qt.TextFormat.PlainText)
            line.setFont(theme.scaled(line.font(), 12))
            line.setWordWrap(True)
            words.addWidget(line)
        row = QHBoxLayout(entry)
        row.setContentsMargins(direction.margins(12, 8, 8, 8))
        row.setSpacing(12)
        row.addLayout(words, 1)
        if (button := self._button(problem, entry)) is not None:
            row.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        return entry

    def _button(self, problem: Problem, parent: QWidget) -> QPushButton | None:
        if problem.job_id is not None:
            button = QPushButton(_tr("Show job"), parent)
            button.clicked.connect(lambda: self.job_wanted.emit(problem.job_id))
        elif problem.session_id is not None and problem.fixed:
            button = QPushButton(_tr("Show session"), parent)
            button.clicked.connect(lambda: self.session_wanted.emit(problem.session_id))
        elif problem.session_id is not None:
            button = QPushButton(_tr("Edit session…"), parent)
            button.clicked.connect(lambda: self.edit_wanted.emit(problem.session_id))
        else:
            return None
        button.setObjectName("problem_button")
        button.setAutoDefault(False)
        return button
