"""The question before a job is cancelled: what becomes of what the appliance has already."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QVBoxLayout, QWidget

from ds3_browser.gui import appliance_jobs, format, theme
from ds3_browser.gui.appliance_jobs import BoardRow
from ds3_browser.gui.dialogs.form import Form
from ds3_browser.gui.dialogs.parts import (
    ask,
    button_row,
    default_button,
    heading,
    other_button,
    set_body,
)
from ds3_browser.gui.job_row import JobRow
from ds3_browser.gui.views.fitting import lettered
from ds3_browser.protocol.records import RequestType
from ds3_browser.transfer.events import Cancel

_tr = partial(QCoreApplication.translate, "cancel_job")
_counted = partial(format.counted, "cancel_job")


Choice = tuple[Cancel, str, str]  # how, the button's words, what becomes of what is there


class CancelDialog(Form):
    """Named choices, of which doing nothing is the default. Signal: `chosen(Cancel)`."""

    chosen = Signal(object)

    def __init__(
        self,
        title: str,
        choices: Sequence[Choice],
        go_on: str,
        parent: QWidget | None = None,
        *,
        may_keep: bool = True,
    ) -> None:
        """`may_keep` is false where the appliance would drop all of the job in any case."""
        super().__init__(parent)
        self._may_keep = may_keep
        self.setObjectName("cancel_job_dialog")
        self.setWindowTitle(_tr("Cancel job"))
        self.choice: Cancel | None = None
        self._build(title, choices, go_on)

    def ask(self, on_choice: Callable[[Cancel], None]) -> None:
        """Ask; `on_choice` is told how to cancel, and nothing if the job shall go on."""
        self.chosen.connect(on_choice)
        ask(self)

    def _build(self, title: str, given: Sequence[Choice], words: str) -> None:
        column = QVBoxLayout()
        column.setSpacing(16)
        column.addWidget(heading(self, title))
        choices = QGridLayout()
        choices.setHorizontalSpacing(16)
        choices.setVerticalSpacing(12)
        choices.setColumnStretch(0, 1)
        for number, choice in enumerate(given):
            self._add_choice(choices, number, *choice)
        column.addLayout(choices)
        go_on = default_button(self, "go_on", words)
        go_on.clicked.connect(self.reject)
        set_body(self, column, button_row(go_on))
        self.setMinimumWidth(lettered(self, 500).width())
        go_on.setFocus()

    def _add_choice(
        self, choices: QGridLayout, line: int, how: Cancel, words: str, sentence: str
    ) -> None:
        label = QLabel(sentence, self)
        label.setWordWrap(True)
        label.setFont(theme.scaled(self.font(), 12))
        button = other_button(self, f"cancel_{how.value}", words)
        if how is Cancel.KEEP and not self._may_keep:
            sentence = _tr("Not to be had: the appliance does not say that its release can.")
            label.setText(sentence)
            button.setEnabled(False)
        button.setAccessibleDescription(sentence)
        button.clicked.connect(lambda: self._choose(how))
        choices.addWidget(label, line, 0)
        choices.addWidget(button, line, 1)

    def _choose(self, how: Cancel) -> None:
        self.choice = how
        self.accept()
        self.chosen.emit(how)


class CancelJobDialog(CancelDialog):
    """Two choices for an upload of this computer, one for a download."""

    def __init__(
        self, row: JobRow, parent: QWidget | None = None, *, may_keep: bool = True
    ) -> None:
        title, go_on = _tr("Cancel {job}?").format(job=row.name), _go_on(row)
        may_keep = may_keep or not row.uploads
        super().__init__(title, _choices(row), go_on, parent, may_keep=may_keep)


class CancelOnApplianceDialog(CancelDialog):
    """The same for any job on an appliance; of another user's the question names the owner."""

    def __init__(
        self, row: BoardRow, parent: QWidget | None = None, *, may_keep: bool = True
    ) -> None:
        title = _tr("Cancel {job}?").format(job=appliance_jobs.name(row.job))
        if not row.mine:
            owner = row.job.user_name or _tr("another user")
            words = _tr("Cancel {job} of {owner}?")
            title = words.format(job=appliance_jobs.name(row.job), owner=owner)
        choices = _choices_there(row)
        may_keep = may_keep or len(choices) == 1
        super().__init__(title, choices, _tr("Let it go on"), parent, may_keep=may_keep)


def _go_on(row: JobRow) -> str:
    return _tr("Go on transferring") if row.moves else _tr("Let it go on")


def _choices_there(row: BoardRow) -> tuple[Choice, ...]:
    if row.job.request_type is not RequestType.PUT:
        sentence = _tr("Whoever runs it gets nothing more of it. Nothing is deleted.")
        return ((Cancel.DISCARD, _tr("Cancel the job"), sentence),)
    return (
        (
            Cancel.KEEP,
            _tr("Keep what is in cache"),
            _tr("Objects that are there completely stay and get persisted, the rest is dropped."),
        ),
        (
            Cancel.DISCARD,
            _tr("Discard all of it"),
            _tr("The appliance deletes what it received of this job, persisted objects too."),
        ),
    )


def _choices(row: JobRow) -> tuple[Choice, ...]:
    if not row.moves:
        sentence = _tr("The appliance reads no more of it. What is in its cache stays there.")
        return ((Cancel.DISCARD, _tr("Cancel the job"), sentence),)
    if not row.uploads:
        sentence = _tr("Files that were received and checked stay. Parts of files are deleted.")
        return ((Cancel.KEEP, _tr("Cancel the download"), sentence),)
    return (
        (Cancel.KEEP, _tr("Keep what is in cache"), _kept(row)),
        (
            Cancel.DISCARD,
            _tr("Discard all of it"),
            _tr("The appliance deletes what it received of this job, persisted objects too."),
        ),
    )


def _kept(row: JobRow) -> str:
    done = row.progress.objects_done if row.progress is not None else 0
    return _counted(
        "{n} objects are there completely. They stay and get persisted, the rest is dropped.", done
    )
