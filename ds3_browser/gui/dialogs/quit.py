"""The question before the program ends while jobs are open."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QDialog, QLabel, QVBoxLayout, QWidget

from ds3_browser.gui import format
from ds3_browser.gui.dialogs.parts import (
    Names,
    ask,
    button_row,
    default_button,
    heading,
    other_button,
)
from ds3_browser.gui.job_row import JobRow

_tr = partial(QCoreApplication.translate, "quit")


class QuitDialog(QDialog):
    """Says what becomes of the open jobs. Staying is the default."""

    def __init__(self, rows: Sequence[JobRow], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("quit_dialog")
        self.setWindowTitle(_tr("Quit"))
        self._build(rows)

    @classmethod
    def ask(
        cls, rows: Sequence[JobRow], on_quit: Callable[[], None], parent: QWidget | None = None
    ) -> None:
        """Ask whether to quit with these jobs open."""
        dialog = cls(rows, parent)
        dialog.accepted.connect(on_quit)
        ask(dialog)

    def _build(self, rows: Sequence[JobRow]) -> None:
        sentence = QLabel(
            _tr(
                "They stop now and stay open on the appliance, which may end jobs that are idle"
                " for a day. This version does not continue them after the next start."
            ),
            self,
        )
        sentence.setWordWrap(True)
        leave = other_button(self, "quit_anyway", _tr("Stop them and quit"))
        leave.clicked.connect(self.accept)
        stay = default_button(self, "stay", _tr("Don't quit"))
        stay.clicked.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 16)
        column.setSpacing(12)
        column.addWidget(heading(self, _heading(len(rows))))
        column.addWidget(Names([row.name for row in rows], self))
        column.addWidget(sentence)
        column.addSpacing(4)
        column.addLayout(button_row(leave, stay))
        self.setMinimumWidth(440)
        stay.setFocus()


def _heading(number: int) -> str:
    if number == 1:
        return _tr("1 transfer is not finished")
    return _tr("{n} transfers are not finished").format(n=format.count(number))
