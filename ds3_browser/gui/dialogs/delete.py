"""The question before something is deleted: a true count first, then progress in the same place.

Counting and deleting are callables that are given. Deleting waits until the count has ended; a
folder, a bucket that is not empty, a hundred objects, or one that may have no other copy ask for
the bucket's name to be typed.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QFont, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from ds3_browser.gui import csv_files, format, icons, messages, theme
from ds3_browser.gui.dialogs.form import Form
from ds3_browser.gui.dialogs.only_copies import Look, OnlyCopiesLine
from ds3_browser.gui.dialogs.parts import (
    ErrorBox,
    button_row,
    other_button,
    set_body,
    show_beside,
    while_open,
)
from ds3_browser.gui.messages import Doing
from ds3_browser.gui.names import icon as icon_of
from ds3_browser.gui.names import visible
from ds3_browser.gui.places import Selection
from ds3_browser.gui.theme import Role
from ds3_browser.gui.views.fitting import grow, lettered
from ds3_browser.gui.views.list_header import ListHeader
from ds3_browser.protocol.records import DeleteError, Versioning

_tr = partial(QCoreApplication.translate, "delete")
_counted = partial(format.counted, "delete")

TYPED_FROM = 100  # objects
MOST_ROWS = 500  # a list to look at, not to scroll through for an hour
WIDTH = 640
ROW = 29

_MIDDLE = Qt.AlignmentFlag.AlignVCenter
_SIDES = (
    Qt.AlignmentFlag.AlignLeft | _MIDDLE,
    Qt.AlignmentFlag.AlignRight | _MIDDLE,
    Qt.AlignmentFlag.AlignRight | _MIDDLE,
)

Stop = Callable[[], None]


class Tally(Protocol):
    """A count so far, and for each chosen name its own (name, objects, bytes)."""

    @property
    def objects(self) -> int: ...
    @property
    def size(self) -> int: ...
    @property
    def parts(self) -> tuple[tuple[str, int, int], ...]: ...


class Deleted(Protocol):
    """A deletion so far: names asked for, of how many, and those that failed."""

    @property
    def done(self) -> int: ...
    @property
    def total(self) -> int: ...
    @property
    def errors(self) -> tuple[DeleteError, ...]: ...


# (selection, on_progress, on_result, on_error) -> what stops it
Count = Callable[
    [Selection, Callable[[Tally], None], Callable[[Tally], None], Callable[[Exception], None]], Stop
]
Delete = Callable[
    [Selection, Callable[[Deleted], None], Callable[[Deleted], None], Callable[[Exception], None]],
    Stop,
]
AskVersioning = Callable[[Callable[[Versioning | None], None]], None]
# (what blocks, on_result, on_error): what is run in the background
Call = Callable[[Callable[[], Any], Callable[[Any], None], Callable[[Exception], None]], object]


class _Phase(enum.Enum):
    COUNTING = "counting"
    ASKING = "asking"
    DELETING = "deleting"
    ENDED = "ended"


class DeleteDialog(Form):
    """Accepted when anything was deleted, also when it was stopped half-way."""

    def __init__(
        self,
        selection: Selection,
        count: Count,
        delete: Delete,
        look: Look,
        ask_versioning: AskVersioning,
        call: Call,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("delete_dialog")
        self.setWindowTitle(_tr("Delete"))
        self._selection = selection
        self._delete = delete
        self._call = call
        self._phase = _Phase.COUNTING
        self._tally: Tally | None = None
        self._versioning: Versioning | None = None
        self._versioning_told = False
        self._deleted: Deleted | None = None
        self._began = False
        self._build(look)
        self._fill_items(())
        self._follow()
        self._copies.changed.connect(self._follow_copies)
        theme.notifier().changed.connect(self._tint)
        self._stop: Stop | None = count(selection, self._count, self._counted, self._count_failed)
        if selection.buckets:
            self._copies.begin(selection)
        ask_versioning(while_open(self, self._show_versioning))

    @classmethod
    def ask(
        cls,
        selection: Selection,
        count: Count,
        delete: Delete,
        look: Look,
        ask_versioning: AskVersioning,
        call: Call,
        on_begun: Callable[[], None],
        parent: QWidget | None = None,
    ) -> None:
        """Ask, and delete, beside the window; `on_begun` is told when it was left after that."""
        dialog = cls(selection, count, delete, look, ask_versioning, call, parent)
        dialog.finished.connect(lambda _result: on_begun() if dialog.began else None)
        show_beside(dialog)

    @property
    def began(self) -> bool:
        """Whether the deletion was begun."""
        return self._began

    # -- building -------------------------------------------------------------------------------

    def _build(self, look: Look) -> None:
        self._heading = QLabel(self)
        self._heading.setObjectName("heading")
        self._heading.setFont(theme.scaled(self.font(), 17, QFont.Weight.DemiBold))
        self._heading.setTextFormat(Qt.TextFormat.PlainText)
        self._heading.setWordWrap(True)
        self._sentence = QLabel(self)
        self._sentence.setObjectName("sentence")
        self._sentence.setTextFormat(Qt.TextFormat.PlainText)
        self._sentence.setWordWrap(True)
        self._table = self._build_table()
        self._copies = OnlyCopiesLine(look, self)
        self._trouble = ErrorBox(self, "delete_trouble")
        self._progress = QProgressBar(self)
        self._progress.setObjectName("delete_progress")
        self._progress.setTextVisible(False)
        self._progress.setFixedHeight(6)
        body = QVBoxLayout()
        body.setSpacing(12)
        body.addWidget(self._heading)
        body.addWidget(self._sentence)
        body.addWidget(self._table)
        body.addWidget(self._copies)
        body.addWidget(self._trouble)
        body.addWidget(self._build_confirmation())
        body.addWidget(self._progress)
        body.addStretch(1)
        set_body(self, body, self._build_buttons())
        self.setMinimumWidth(lettered(self, WIDTH).width())

    def _build_table(self) -> QTableWidget:
        table = QTableWidget(0, 3, self)
        table.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        table.setObjectName("delete_items")
        table.setAccessibleName(_tr("What is deleted"))
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        table.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        table.setShowGrid(False)
        table.setWordWrap(False)
        table.setProperty("look", "boxed")
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(theme.row_height(self, ROW))
        header = ListHeader(table)
        table.setHorizontalHeader(header)
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(2, QHeaderView.ResizeMode.ResizeToContents)
        return table

    def _build_confirmation(self) -> QWidget:
        self._confirmation = QWidget(self)
        label = QLabel(_tr("Type the bucket's name to confirm"), self._confirmation)
        self._typed = QLineEdit(self._confirmation)
        self._typed.setObjectName("typed_name")
        self._typed.setAccessibleName(label.text())
        self._typed.textChanged.connect(self._follow)
        row = QHBoxLayout(self._confirmation)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        row.addWidget(label)
        row.addWidget(self._typed, 1)
        return self._confirmation

    def _build_buttons(self) -> QHBoxLayout:
        self._status = QLabel(self)
        self._status.setObjectName("delete_status")
        self._status.setFont(theme.scaled(self.font(), 12))
        self._save = other_button(self, "save_list", _tr("Save list…"))
        self._save.clicked.connect(self._choose_file)
        self._cancel = QPushButton(self)
        self._cancel.setObjectName("cancel")
        self._cancel.setAutoDefault(False)
        self._cancel.clicked.connect(self.reject)
        self._button = QPushButton(self)
        self._button.setObjectName("delete_button")
        self._button.setProperty("look", "danger")
        self._button.setAutoDefault(False)
        self._button.clicked.connect(self._start)
        row = button_row(self._cancel, self._button)
        row.insertWidget(0, self._save)
        row.insertWidget(1, self._status, 1)
        return row

    # -- counting -------------------------------------------------------------------------------

    def _count(self, tally: Tally) -> None:
        self._tally = tally
        self._fill_items(tally.parts)
        self._follow()

    def _counted(self, tally: Tally) -> None:
        self._phase = _Phase.ASKING
        self._stop = None
        self._count(tally)
        self._copies.show_total(tally.objects)
        (self._typed if self._must_type() else self._cancel).setFocus()

    def _follow_copies(self) -> None:
        asked_before = self._confirmation.isVisible()
        self._follow()
        if self._confirmation.isVisible() and not asked_before and self._cancel.hasFocus():
            self._typed.setFocus()

    def _count_failed(self, error: Exception) -> None:
        self._stop = None
        bucket = self._bucket()
        self._trouble.say(messages.sentence(error, doing=Doing.LIST, what=bucket).text)
        self._phase = _Phase.ENDED
        self._copies.end()
        self._follow()

    def _show_versioning(self, versioning: Versioning | None) -> None:
        self._versioning, self._versioning_told = versioning, True
        if self._selection.buckets:
            pass  # what is in it goes with all its versions
        elif versioning is Versioning.KEEP_MULTIPLE_VERSIONS:
            self._copies.need_not()
        elif self._phase in (_Phase.COUNTING, _Phase.ASKING):
            self._copies.begin(self._selection)
        self._follow()

    # -- deleting -------------------------------------------------------------------------------

    def _start(self) -> None:
        self._began = True
        self._phase = _Phase.DELETING
        self._trouble.hide()
        self._stop = self._delete(
            self._selection, self._show_progress, self._ended, self._delete_failed
        )
        self._follow()
        self._cancel.setFocus()

    def _show_progress(self, deleted: Deleted) -> None:
        self._deleted = deleted
        self._follow()

    def _ended(self, deleted: Deleted) -> None:
        self._deleted = deleted
        self._stop = None
        if not deleted.errors:
            self.accept()
            return
        self._phase = _Phase.ENDED
        self._fill_failures(deleted.errors)
        self._follow()

    def _delete_failed(self, error: Exception) -> None:
        self._stop = None
        self._phase = _Phase.ENDED
        doing = Doing.DELETE_BUCKET if self._selection.buckets else Doing.DELETE
        self._trouble.say(messages.sentence(error, doing=doing, what=self._bucket()).text)
        if self._deleted is not None and self._deleted.errors:
            self._fill_failures(self._deleted.errors)
        self._follow()

    def done(self, result: int) -> None:
        if self._stop is not None:
            self._stop()
            self._stop = None
        self._copies.end()
        super().done(result)

    # -- showing --------------------------------------------------------------------------------

    def _follow(self) -> None:
        self._heading.setText(self._heading_text())
        self._sentence.setText(self._sentence_text())
        before = self._phase in (_Phase.COUNTING, _Phase.ASKING)
        self._sentence.setVisible(before)
        self._copies.setVisible(before and self._copies.speaks)
        self._confirmation.setVisible(self._phase is _Phase.ASKING and self._must_type())
        self._progress.setVisible(self._phase is _Phase.DELETING)
        self._status.setText(self._status_text())
        self._cancel.setText(self._cancel_text())
        self._button.setVisible(before)
        self._button.setText(self._button_text())
        self._button.setEnabled(self._can_delete())
        self._button.setToolTip(self._button_reason())
        self._save.setVisible(before)
        self._save.setEnabled(self._phase is _Phase.ASKING)
        self._save.setToolTip(self._save_reason())
        if self._phase is _Phase.DELETING:
            self._progress.setRange(0, self._deleted.total if self._deleted else 0)
            self._progress.setValue(self._deleted.done if self._deleted else 0)
        grow(self)

    def _must_type(self) -> bool:
        objects = self._tally.objects if self._tally is not None else 0
        if self._selection.buckets:
            return objects > 0 or self._holds_versions()
        if self._selection.folders or objects >= TYPED_FROM:
            return True
        return self._copies.settled and not self._copies.is_safe

    def _holds_versions(self) -> bool:
        """Whether older versions, and those of deleted objects, may be there uncounted."""
        return self._versioning is Versioning.KEEP_MULTIPLE_VERSIONS

    def _can_delete(self) -> bool:
        looked = self._copies.settled and self._versioning_told
        return self._phase is _Phase.ASKING and looked and self._confirmed()

    def _confirmed(self) -> bool:
        return not self._must_type() or self._typed.text() == self._bucket()

    def _bucket(self) -> str:
        return self._selection.place.bucket or next(iter(self._selection.buckets), "")

    def _heading_text(self) -> str:
        if self._phase is _Phase.ENDED:
            return self._end_text()
        bucket = self._bucket()
        if self._selection.buckets:
            return _tr("Delete the bucket {bucket}?").format(bucket=bucket)
        if self._tally is None or self._phase is _Phase.COUNTING:
            return _tr("Delete from {bucket}?").format(bucket=bucket)
        size, objects = format.size(self._tally.size), self._tally.objects
        return _counted(
            "Delete {n} objects, {size}, from {bucket}?", objects, size=size, bucket=bucket
        )

    def _end_text(self) -> str:
        deleted = self._deleted
        if deleted is None:
            return _tr("Nothing was deleted")
        gone, failed = deleted.done - len(deleted.errors), len(deleted.errors)
        if not failed:
            return _tr("{n} of {total} objects were deleted").format(
                n=format.count(gone), total=format.count(deleted.total)
            )
        total = format.count(deleted.total)
        return _counted("{n} of {total} objects were not deleted", failed, total=total)

    def _sentence_text(self) -> str:
        if self._selection.buckets:
            if self._holds_versions():
                return _tr(
                    "The bucket and all it holds, older versions and those of deleted objects too,"
                    " are removed. This cannot be undone."
                )
            return _tr("The bucket and all it holds are removed. This cannot be undone.")
        one = len(self._selection) == 1 and bool(self._selection.objects)
        if self._holds_versions():
            if one:
                return _tr("Its versions stay on the appliance.")
            return _tr("Their versions stay on the appliance.")
        removed = _tr("They are removed from cache and can no longer be restored from tape.")
        if one:
            removed = _tr("It is removed from cache and can no longer be restored from tape.")
        if self._versioning is Versioning.NONE:
            undone = _tr(
                "The data policy of this bucket keeps no versions, so this cannot be undone."
            )
            return f"{removed} {undone}"
        return removed

    def _status_text(self) -> str:
        match self._phase:
            case _Phase.COUNTING:
                objects = self._tally.objects if self._tally is not None else 0
                return _tr("counting, {n} so far").format(n=format.count(objects))
            case _Phase.DELETING if self._deleted is not None:
                return _tr("{n} of {total} asked for").format(
                    n=format.count(self._deleted.done), total=format.count(self._deleted.total)
                )
            case _Phase.DELETING:
                return _tr("Beginning")
            case _:
                return ""

    def _cancel_text(self) -> str:
        match self._phase:
            case _Phase.DELETING:
                return _tr("Stop")
            case _Phase.ENDED:
                return _tr("Close")
            case _:
                return _tr("Cancel")

    def _button_text(self) -> str:
        objects = self._tally.objects if self._tally is not None else 0
        counting = self._phase is _Phase.COUNTING
        if self._selection.buckets:
            if counting or not objects:
                return _tr("Delete the bucket")
            return _counted("Delete the bucket and its {n} objects", objects)
        if counting:
            return _tr("Delete")
        return _counted("Delete {n} objects", objects)

    def _button_reason(self) -> str:
        if self._phase is _Phase.COUNTING:
            return _tr("The objects are still being counted.")
        if not self._copies.settled:
            return _tr("It is still looked up which objects have no other copy.")
        return "" if self._confirmed() else _tr("The bucket's name has to be typed first.")

    def _save_reason(self) -> str:
        counting = self._phase is _Phase.COUNTING
        return _tr("The objects are still being counted.") if counting else ""

    # -- the list as a file ---------------------------------------------------------------------

    def _choose_file(self) -> None:
        suggested = _tr("deleted from {bucket}").format(bucket=self._bucket())
        file, _filter = QFileDialog.getSaveFileName(
            self, _tr("Save list"), f"{suggested}.csv", "*.csv"
        )
        if file:
            self.save_to(file)

    def save_to(self, file: str) -> None:
        """Write what was chosen, each with how many objects and bytes it holds."""
        parts = self._tally.parts if self._tally is not None else ()
        rows = ((name, str(objects), str(size)) for name, objects, size in parts)
        self._call(
            partial(csv_files.write, Path(file), ("Name", "Objects", "Size"), rows),
            while_open(self, lambda _number: self._status.setText(_tr("The list is saved."))),
            while_open(self, partial(self._not_saved, file)),
        )

    def _not_saved(self, file: str, error: Exception) -> None:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        text = _tr("The list could not be saved at {file}: {reason}. Choose another folder.")
        self._trouble.say(text.format(file=file, reason=reason))
        grow(self)

    def _fill_items(self, parts: Sequence[tuple[str, int, int]]) -> None:
        counted = {name: (objects, size) for name, objects, size in parts}
        self._set_head(_tr("Name"), _tr("Contains"), _tr("Size"))
        names = self._selection.first_names(MOST_ROWS)
        hidden = len(self._selection) - len(names)
        self._table.setRowCount(len(names) + (hidden > 0))
        containers = len(self._selection.buckets) + len(self._selection.folders)
        for row, name in enumerate(names):
            known = counted.get(name)
            contains = "" if row >= containers or known is None else _objects(known[0])
            size = "" if known is None else format.size(known[1])
            first = self._set_row(row, self._shown(name), contains, size)[0]
            first.setIcon(icons.icon(self._icon(name), Role.SECONDARY))
        if hidden > 0:
            more = _tr("and {n} more").format(n=format.count(hidden))
            self._set_row(len(names), more, "", "")
        self._fit_table()

    def _tint(self) -> None:
        """Draw the signs anew in the theme's colours; what was not deleted has none."""
        for row, name in enumerate(self._selection.names[:MOST_ROWS]):
            item = self._table.item(row, 0)
            if item is not None and not item.icon().isNull():
                item.setIcon(icons.icon(self._icon(name), Role.SECONDARY))

    def _fill_failures(self, errors: Sequence[DeleteError]) -> None:
        self._set_head(_tr("Not deleted"), _tr("Reason"), "")
        shown = errors[:MOST_ROWS]
        self._table.setRowCount(len(shown))
        for row, error in enumerate(shown):
            reason = self._set_row(row, visible(error.name), messages.not_deleted(error), "")[1]
            reason.setToolTip(" ".join(part for part in (error.code, error.message) if part))
        self._fit_table()

    def _set_head(self, *titles: str) -> None:
        for column, (title, side) in enumerate(zip(titles, _SIDES, strict=True)):
            item = QTableWidgetItem(title)
            item.setTextAlignment(side)
            self._table.setHorizontalHeaderItem(column, item)

    def _set_row(self, row: int, *texts: str) -> list[QTableWidgetItem]:
        items = [QTableWidgetItem(text) for text in texts]
        for column, (item, side) in enumerate(zip(items, _SIDES, strict=True)):
            item.setTextAlignment(side)
            self._table.setItem(row, column, item)
        items[0].setToolTip(texts[0])
        return items

    def _fit_table(self) -> None:
        """As high as its rows, between three and nine of them."""
        rows = min(max(self._table.rowCount(), 3), 9) + 1
        self._table.setFixedHeight(rows * theme.row_height(self, ROW) + 4)

    def _shown(self, name: str) -> str:
        """Return a name without the folders above the page it was chosen on."""
        return visible(name.removeprefix(self._selection.place.prefix) or "/")

    def _icon(self, name: str) -> str:
        if self._selection.buckets:
            return "bucket"
        return "folder" if name.endswith("/") else icon_of(name)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        grow(self)


def _objects(number: int) -> str:
    return _counted("{n} objects", number)
