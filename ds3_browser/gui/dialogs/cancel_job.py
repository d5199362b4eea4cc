"""The question before a job is cancelled: what becomes of what the appliance has already."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtWidgets import QDialog, QGridLayout, QLabel, QVBoxLayout, QWidget

from ds3_browser.gui import format, theme
from ds3_browser.gui.dialogs.parts import ask, button_row, default_button, heading, other_button
from ds3_browser.gui.job_row import JobRow
from ds3_browser.transfer.events import Cancel

_tr = partial(QCoreApplication.translate, "cancel_job")


class CancelJobDialog(QDialog):
    """Two named choices for an upload, one for a download; doing nothing is the default.

    Signal: `chosen(Cancel)`.
    """

    chosen = Signal(object)

    def __init__(
        self, row: JobRow, parent: QWidget | None = None, *, may_keep: bool = True
    ) -> None:
        """`may_keep` is false where the appliance would drop all of the job in any case."""
        super().__init__(parent)
        self._may_keep = may_keep or not row.uploads
        self.setObjectName("cancel_job_dialog")
        self.setWindowTitle(_tr("Cancel job"))
        self.choice: Cancel | None = None
        self._build(row)

    @classmethod
    def ask(
        cls,
        row: JobRow,
        on_choice: Callable[[Cancel], None],
        parent: QWidget | None = None,
        *,
        may_keep: bool = True,
    ) -> None:
        """Ask; `on_choice` is told how to cancel, and nothing if the job shall go on."""
        dialog = cls(row, parent, may_keep=may_keep)
        dialog.chosen.connect(on_choice)
        ask(dialog)

    def _build(self, row: JobRow) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 16)
        column.setSpacing(16)
        column.addWidget(heading(self, _tr("Cancel {job}?").format(job=row.name)))
        choices = QGridLayout()
        choices.setHorizontalSpacing(16)
        choices.setVerticalSpacing(12)
        choices.setColumnStretch(0, 1)
        for number, (how, words, sentence) in enumerate(_choices(row)):
            self._add_choice(choices, number, how, words, sentence)
        column.addLayout(choices)
        go_on = default_button(self, "go_on", _tr("Go on transferring"))
        go_on.clicked.connect(self.reject)
        column.addSpacing(4)
        column.addLayout(button_row(go_on))
        self.setMinimumWidth(500)
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


def _choices(row: JobRow) -> tuple[tuple[Cancel, str, str], ...]:
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
    if done == 1:
        return _tr(
            "1 object is there completely. It stays and gets persisted, the rest is dropped."
        )
    return _tr(
        "{n} objects are there completely. They stay and get persisted, the rest is dropped."
    ).format(n=format.count(done))
