"""What becomes of a file that a download met: one of three, for this one or all that follow."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QPushButton, QWidget

from ds3_browser.gui.job_row import JobRow
from ds3_browser.transfer.events import Question
from ds3_browser.transfer.get import Existing

_tr = partial(QCoreApplication.translate, "answer_bar")


class AnswerBar(QWidget):
    """Hidden while nothing is asked. Signal: `answered(question, existing, for_all)`."""

    answered = Signal(object, object, bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("answer_bar")
        self._question: Question | None = None
        self._for_all = QCheckBox(_tr("For all that follow"), self)
        self._for_all.setObjectName("for_all_that_follow")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        for name, words, existing in (
            ("answer_skip", _tr("Skip"), Existing.SKIP),
            ("answer_replace", _tr("Replace"), Existing.REPLACE),
            ("answer_keep_both", _tr("Keep both"), Existing.KEEP_BOTH),
        ):
            button = QPushButton(words, self)
            button.setObjectName(name)
            button.setProperty("look", "small")
            button.clicked.connect(partial(self._answer, existing))
            row.addWidget(button)
        row.addWidget(self._for_all)
        row.addStretch(1)
        self.hide()

    def show_question(self, row: JobRow) -> None:
        """Show what a job asks; the next question begins with no box checked."""
        if row.question != self._question:
            self._question = row.question
            self._for_all.setChecked(False)
        self.setVisible(self._question is not None)

    def _answer(self, existing: Existing) -> None:
        if self._question is not None:
            self.answered.emit(self._question, existing, self._for_all.isChecked())
