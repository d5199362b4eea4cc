"""The questions before the program ends while jobs are open."""

from __future__ import annotations

import enum
from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from ds3_browser.gui import format
from ds3_browser.gui.dialogs.form import Form
from ds3_browser.gui.dialogs.parts import (
    Names,
    ask,
    button_row,
    default_button,
    heading,
    other_button,
    set_body,
    wrapped,
)
from ds3_browser.gui.job_row import JobRow
from ds3_browser.transfer.events import Cancel

_tr = partial(QCoreApplication.translate, "quit")
_counted = partial(format.counted, "quit")


class Way(enum.Enum):
    """How to leave: PAUSE leaves the jobs open on the appliance, TRAY goes on without a window."""

    PAUSE = "pause"
    TRAY = "tray"
    CANCEL = "cancel"


class QuitDialog(Form):
    """Says what becomes of the open jobs. To pause them is the default; to stay is one key."""

    def __init__(
        self,
        rows: Sequence[JobRow],
        tray: bool,
        on_way: Callable[[Way], None],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("quit_dialog")
        self.setWindowTitle(_tr("Quit"))
        self._on_way = on_way
        self._build(rows, tray)

    @classmethod
    def ask(
        cls,
        rows: Sequence[JobRow],
        tray: bool,
        on_way: Callable[[Way], None],
        parent: QWidget | None = None,
    ) -> None:
        """Ask how to leave with these jobs open. `tray` tells whether there is one to go to."""
        ask(cls(rows, tray, on_way, parent))

    def _build(self, rows: Sequence[JobRow], tray: bool) -> None:
        pause = default_button(self, "pause_and_quit", _tr("Pause and quit"))
        self._leads(pause, Way.PAUSE)
        going = other_button(self, "to_tray", _tr("Keep going in the tray"))
        self._leads(going, Way.TRAY)
        going.setVisible(tray)
        cancel = other_button(self, "cancel_jobs", _tr("Cancel jobs…"))
        self._leads(cancel, Way.CANCEL)
        stay = other_button(self, "stay", _tr("Don't quit"))
        stay.clicked.connect(self.reject)
        column = QVBoxLayout()
        column.setSpacing(12)
        column.addWidget(heading(self, _heading(len(rows))))
        column.addWidget(Names([row.name for row in rows], self))
        column.addWidget(wrapped(self, _what_becomes_of_them()))
        set_body(self, column, button_row(stay, cancel, *([going] if tray else []), pause))
        pause.setFocus()

    def _leads(self, button: QPushButton, way: Way) -> None:
        button.clicked.connect(self.accept)
        button.clicked.connect(lambda: self._on_way(way))


class CancelAllDialog(Form):
    """The two meanings of cancel, for all open jobs. To go on transferring is the default."""

    def __init__(
        self, number: int, on_answer: Callable[[Cancel], None], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("cancel_all_dialog")
        self.setWindowTitle(_tr("Cancel jobs"))
        keep = other_button(self, "keep", _tr("Keep what is in cache"))
        discard = other_button(self, "discard", _tr("Discard all of it"))
        for button, how in ((keep, Cancel.KEEP), (discard, Cancel.DISCARD)):
            button.clicked.connect(self.accept)
            button.clicked.connect(partial(_answer, on_answer, how))
        stay = default_button(self, "go_on", _tr("Go on transferring"))
        stay.clicked.connect(self.reject)
        words = _tr(
            "Kept: objects that were received completely stay on the appliance, and files that were"
            " checked stay here. Discarded: what the appliance has of these jobs is deleted."
        )
        column = QVBoxLayout()
        column.setSpacing(12)
        column.addWidget(heading(self, _cancel_heading(number)))
        column.addWidget(wrapped(self, words))
        set_body(self, column, button_row(keep, discard, stay))
        stay.setFocus()

    @classmethod
    def ask(
        cls, number: int, on_answer: Callable[[Cancel], None], parent: QWidget | None = None
    ) -> None:
        """Ask how to cancel so many jobs."""
        ask(cls(number, on_answer, parent))


def _answer(on_answer: Callable[[Cancel], None], how: Cancel, _checked: bool = False) -> None:
    on_answer(how)


def _what_becomes_of_them() -> str:
    return _tr(
        "Paused jobs stay open on the appliance and continue after the next start. The appliance"
        " may end a job that was idle for a day."
    )


def _heading(number: int) -> str:
    return _counted("{n} transfers are not finished", number)


def _cancel_heading(number: int) -> str:
    return _counted("Cancel {n} transfers and quit?", number)
