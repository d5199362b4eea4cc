"""The question before the appliance works by itself: bring to cache, or verify.

It says of how much, and which tapes have to be read. What is counted is a callable that is given;
the question may be answered before the count has ended.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Protocol

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QFormLayout, QLabel, QVBoxLayout, QWidget

from ds3_browser.gui import format
from ds3_browser.gui.dialogs.form import Form
from ds3_browser.gui.dialogs.parts import (
    MOST_NAMED,
    ErrorBox,
    Figures,
    Names,
    button_row,
    default_button,
    heading,
    other_button,
    priority_box,
    set_body,
    show_beside,
    while_open,
)
from ds3_browser.gui.messages import Doing, sentence
from ds3_browser.gui.places import Selection
from ds3_browser.gui.views.fitting import lettered
from ds3_browser.gui.views.menu_style import QuietLetters
from ds3_browser.protocol.records import Priority
from ds3_browser.transfer.events import Direction
from ds3_browser.transfer.restore_plan import RestorePlan, Where

_tr = partial(QCoreApplication.translate, "unattended")
_counted = partial(format.counted, "unattended")

MOST_TAPES = 8  # named; of more, their number says it


class Look(Protocol):
    def __call__(
        self,
        selection: Selection,
        on_plan: Callable[[RestorePlan], None],
        on_error: Callable[[Exception], None],
    ) -> Callable[[], None]: ...


class UnattendedDialog(Form):
    """Accepted with `priority()`."""

    def __init__(
        self, kind: Direction, selection: Selection, look: Look, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._stages = kind is Direction.STAGE
        self._plan = RestorePlan()
        self.setObjectName("unattended_dialog")
        self.setWindowTitle(_tr("Bring to cache") if self._stages else _tr("Verify on appliance"))
        self._build(selection)
        QuietLetters(self)
        self._stop = look(
            selection, while_open(self, self.show_plan), while_open(self, self._show_error)
        )
        self.finished.connect(lambda _how: self._stop())

    @classmethod
    def ask(
        cls,
        kind: Direction,
        selection: Selection,
        look: Look,
        on_yes: Callable[[Priority | None], None],
        parent: QWidget | None = None,
    ) -> UnattendedDialog:
        """Ask, beside the window. Raises LookupError where the session has no client."""
        dialog = cls(kind, selection, look, parent)
        dialog.accepted.connect(lambda: on_yes(dialog.priority()))
        show_beside(dialog)
        return dialog

    def priority(self) -> Priority | None:
        found: Priority | None = self._priority.currentData()
        return found

    def _build(self, selection: Selection) -> None:
        column = QVBoxLayout()
        column.setSpacing(12)
        question = _tr("Bring to the appliance's cache?")
        if not self._stages:
            question = _tr("Have the appliance verify this?")
        column.addWidget(heading(self, question))
        first = [name or selection.place.bucket or "" for name in selection.first_names(MOST_NAMED)]
        column.addWidget(Names(first, self, len(selection)))
        words = (
            ("objects", _counted("objects", 0)),
            ("size", _tr("in all")),
            ("tapes", _counted("tapes", 0)),
        )
        self.figures = Figures(words, self)
        column.addWidget(self.figures)
        self.tapes = self._line("unattended_tapes")
        column.addWidget(self.tapes)
        note = self._line("unattended_note")
        note.setText(self._note())
        column.addWidget(note)
        self._priority = priority_box(self)
        if not self._stages:
            self._priority.setCurrentIndex(self._priority.findData(Priority.LOW))
        form = QFormLayout()
        form.addRow(_tr("&Priority"), self._priority)
        column.addLayout(form)
        self._error = ErrorBox(self, "unattended_error")
        column.addWidget(self._error)
        column.addStretch(1)
        cancel = other_button(self, "cancel_button", _tr("Cancel"))
        cancel.clicked.connect(self.reject)
        self.go_on = default_button(
            self, "go_on", _tr("Bring to cache") if self._stages else _tr("Verify")
        )
        self.go_on.clicked.connect(self.accept)
        set_body(self, column, button_row(cancel, self.go_on))
        self.setMinimumWidth(lettered(self, 560).width())
        self.show_plan(self._plan)
        self.go_on.setFocus()

    def _line(self, name: str) -> QLabel:
        label = QLabel(self)
        label.setObjectName(name)
        label.setWordWrap(True)
        return label

    def _note(self) -> str:
        if self._stages:
            return _tr(
                "The appliance reads what is only on tape into its cache. Nothing comes to this"
                " computer, and a download of it is quick afterwards."
            )
        return _tr(
            "The appliance reads the copies and checks them. Nothing comes to this computer. It"
            " takes the tape drives for as long as it reads: at priority Low, other jobs go first."
        )

    def show_plan(self, plan: RestorePlan) -> None:
        """Show how much it is, as far as that is known by now."""
        self._plan = plan
        tapes = len(plan.tapes) if plan.finished else None
        self.figures.show_figure("objects", format.count(plan.objects))
        self.figures.show_words("objects", _counted("objects", plan.objects))
        self.figures.show_figure("size", format.size(plan.size))
        self.figures.show_figure("tapes", format.count(tapes))
        self.figures.show_words("tapes", _counted("tapes", tapes or 0))
        self.tapes.setText(self._tapes_words(plan))
        self.go_on.setEnabled(not plan.listed or plan.objects > 0)

    def _tapes_words(self, plan: RestorePlan) -> str:
        if not plan.finished:
            told = _tr("Looking where it is: {n} objects so far")
            return told.format(n=format.count(plan.looked_at))
        if plan.refused is not None:
            return _tr("The appliance does not tell which tapes it is on.")
        if not plan.tapes and self._stages:
            return _tr("No tape has to be read for it.")
        if not plan.tapes:
            return _tr("None of it is on tape.")
        codes, ejected = sorted(plan.tapes), len(plan.ejected())
        if len(codes) > MOST_TAPES:
            told = _counted("On {n} tapes.", len(codes))
        else:
            told = _counted("On tapes {barcodes}.", len(codes), barcodes=", ".join(codes))
        if ejected and plan.amount(Where.EJECTED).objects:
            told += " " + _counted("{n} of them are ejected: the job waits for them.", ejected)
        return told

    def _show_error(self, error: Exception) -> None:
        self._error.say(sentence(error, doing=Doing.LIST).text)
        self.tapes.clear()
