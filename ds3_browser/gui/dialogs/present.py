"""What becomes of files whose names are in the bucket already: a choice for each of two kinds.

Files of the same size as what is there, and not newer, are left out unless somebody says else. Of
the others somebody has to say what is meant, for it may be a new version or a mistake.
"""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtWidgets import QComboBox, QFormLayout, QLabel, QWidget

from ds3_browser.gui import format
from ds3_browser.gui.job_options import Counted
from ds3_browser.gui.theme import Role
from ds3_browser.gui.views.labels import ElidedLabel
from ds3_browser.protocol.records import Versioning
from ds3_browser.transfer.checks import Conflict

_tr = partial(QCoreApplication.translate, "present")


class Present(QWidget):
    """Hidden where no name is there. Signal: `changed`, once something was chosen by hand."""

    changed = Signal()

    def __init__(
        self,
        parent: QWidget,
        like: Conflict = Conflict.LEAVE_OUT,
        unlike: Conflict | None = None,
    ) -> None:
        """`like` and `unlike` are what is chosen at first, where the data policy has it."""
        super().__init__(parent)
        self.setObjectName("present")
        self._first = {"like": like, "unlike": unlike}
        self._counted = Counted()
        self._versioning: Versioning | None = None
        self._labels: dict[str, QLabel] = {}
        self._choices: dict[str, QComboBox] = {}
        self._build()
        self.hide()

    def _build(self) -> None:
        self._form = QFormLayout(self)
        self._form.setContentsMargins(0, 0, 0, 0)
        self._form.setVerticalSpacing(6)
        self._form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapAllRows)
        self._form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.FieldsStayAtSizeHint)
        for kind, words in (
            ("unlike", _tr("What to do with files that differ from what is in the bucket")),
            ("like", _tr("What to do with files that may be what is in the bucket")),
        ):
            label, box = QLabel(self), QComboBox(self)
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setBuddy(box)
            box.setObjectName(f"{kind}_there")
            box.setAccessibleName(words)
            box.activated.connect(self._choose)
            self._labels[kind], self._choices[kind] = label, box
            self._form.addRow(label, box)
        self._note = ElidedLabel(self, 12, role=Role.SECONDARY)
        self._note.setObjectName("present_note")
        self._form.addRow(self._note)

    # -- what was chosen ------------------------------------------------------------------------

    def like(self) -> Conflict:
        return self._chosen("like") or Conflict.LEAVE_OUT

    def unlike(self) -> Conflict:
        """What was chosen. Nothing is ever sent over what is there without a word: left out."""
        return self._chosen("unlike") or Conflict.LEAVE_OUT

    def undecided(self) -> int:
        """How many files wait for a choice."""
        return self._counted.unlike if self._chosen("unlike") is None else 0

    def left_out(self) -> int:
        """How many files will not be sent."""
        like = self._counted.like if self.like() is Conflict.LEAVE_OUT else 0
        return like + (self._counted.unlike if self.unlike() is Conflict.LEAVE_OUT else 0)

    def deleted(self) -> int:
        """How many objects are deleted before their files are sent."""
        like = self._counted.like if self.like() is Conflict.DELETE_FIRST else 0
        return like + (self._counted.unlike if self.unlike() is Conflict.DELETE_FIRST else 0)

    def _chosen(self, kind: str) -> Conflict | None:
        chosen: Conflict | None = self._choices[kind].currentData()
        return chosen

    # -- what is shown --------------------------------------------------------------------------

    def show_counted(self, counted: Counted) -> None:
        known = (counted.versioning, bool(counted.like), bool(counted.unlike))
        before = (self._versioning, bool(self._counted.like), bool(self._counted.unlike))
        self._counted = counted
        if known != before:
            self._versioning = counted.versioning
            self._offer("unlike", _for_unlike(counted.versioning))
            self._offer("like", _for_like(counted.versioning))
        self._labels["like"].setText(_like_words(counted.like))
        self._labels["unlike"].setText(_unlike_words(counted.unlike))
        self._form.setRowVisible(self._choices["like"], counted.like > 0)
        self._form.setRowVisible(self._choices["unlike"], counted.unlike > 0)
        self._show_note()
        self.setVisible(counted.present > 0)

    def _offer(self, kind: str, choices: tuple[tuple[str, Conflict], ...]) -> None:
        box, first = self._choices[kind], self._first[kind]
        box.clear()
        for words, conflict in choices:
            box.addItem(words, conflict)
        box.setPlaceholderText(_tr("Choose…"))
        box.setCurrentIndex(box.findData(first) if first is not None else -1)

    def _choose(self) -> None:
        self._show_note()
        self.changed.emit()

    def _show_note(self) -> None:
        deleted = self.deleted()
        self._note.set_role(Role.ERROR if deleted else Role.SECONDARY)
        text = _deleted_words(deleted) if deleted else _policy_words(self._versioning)
        self._note.setText(text)


def _like_words(number: int) -> str:
    if number == 1:
        return _tr("1 file is in the bucket with the same size:")
    return _tr("{n} files are in the bucket with the same size:").format(n=format.count(number))


def _unlike_words(number: int) -> str:
    if number == 1:
        return _tr("1 file is in the bucket with a different size, or older:")
    return _tr("{n} files are in the bucket with a different size, or older:").format(
        n=format.count(number)
    )


def _deleted_words(number: int) -> str:
    if number == 1:
        return _tr("Nobody can read this object until it is in cache again.")
    return _tr("Nobody can read these {n} objects until they are in cache again.").format(
        n=format.count(number)
    )


def _policy_words(versioning: Versioning | None) -> str:
    match versioning:
        case Versioning.NONE:
            return _tr("Objects here cannot be replaced: the data policy keeps no versions.")
        case Versioning.KEEP_LATEST:
            return _tr("The data policy keeps the latest version alone.")
        case Versioning.KEEP_MULTIPLE_VERSIONS:
            return _tr("The data policy keeps older versions.")
        case None:
            return _tr("The data policy cannot be read: the appliance may refuse to replace them.")


def _for_unlike(versioning: Versioning | None) -> tuple[tuple[str, Conflict], ...]:
    named = (_tr("Upload as new name"), Conflict.NEW_NAME)
    left = (_tr("Leave out"), Conflict.LEAVE_OUT)
    match versioning:
        case Versioning.NONE:
            return named, left, (_tr("Delete and upload…"), Conflict.DELETE_FIRST)
        case Versioning.KEEP_LATEST:
            return (_tr("Replace"), Conflict.SEND), named, left
        case Versioning.KEEP_MULTIPLE_VERSIONS:
            return (_tr("Add as version"), Conflict.SEND), named, left
        case None:
            return named, left, (_tr("Try to replace"), Conflict.SEND)


def _for_like(versioning: Versioning | None) -> tuple[tuple[str, Conflict], ...]:
    skip = (_tr("Skip"), Conflict.LEAVE_OUT)
    return skip, *(each for each in _for_unlike(versioning) if each[1] is not Conflict.LEAVE_OUT)
