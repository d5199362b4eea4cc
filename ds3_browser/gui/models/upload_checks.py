"""What a look before an upload found: the checks, and the files of one of them.

Both show what is chosen; who changes a choice tells them to show it anew.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QAbstractTableModel,
    QCoreApplication,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
)

from ds3_browser.gui import format, names, upload_words
from ds3_browser.gui.job_options import Counted
from ds3_browser.gui.theme import Role
from ds3_browser.gui.upload_choices import UploadChoices
from ds3_browser.transfer.checks import Check, Found

_tr = partial(QCoreApplication.translate, "upload_checks")

Index = QModelIndex | QPersistentModelIndex

_ROOT = QModelIndex()

SecondRole = Qt.ItemDataRole.UserRole + 1
CountRole = Qt.ItemDataRole.UserRole + 2
IconRole = Qt.ItemDataRole.UserRole + 3
ColourRole = Qt.ItemDataRole.UserRole + 4

_SIGNS = {
    Check.UNREADABLE: ("circle-alert", Role.ERROR),
    Check.NOT_ALLOWED: ("circle-alert", Role.ERROR),
    Check.TWICE: ("warning", Role.WARNING),
    Check.COMING: ("info", Role.ACCENT),
    Check.UNLIKE: ("warning", Role.WARNING),
    Check.GOOD: ("circle-check", Role.SUCCESS),
}
_PLAIN = ("info", Role.ACCENT)


class ChecksModel(QAbstractListModel):
    """One row a check that found anything, the worst first; good files are always one."""

    def __init__(self, choices: UploadChoices, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._choices = choices
        self._counted = Counted()
        self._checks: list[Check] = []
        self._second: dict[Check, str] = {}  # lines: what they say of many files is looked at once

    def show_counted(self, counted: Counted) -> None:
        checks = [check for check in Check if counted.of(check).number or check is Check.GOOD]
        self._counted = counted
        if checks == self._checks:
            self.show_choices()
            return
        self.beginResetModel()
        self._checks = checks
        self._second = self._lines()
        self.endResetModel()

    def _lines(self) -> dict[Check, str]:
        return {
            check: upload_words.second_line(self._counted, self._choices, check)
            for check in self._checks
        }

    def show_choices(self) -> None:
        if self._checks:
            self._second = self._lines()
            self.dataChanged.emit(self.index(0), self.index(len(self._checks) - 1))

    def check_at(self, row: int) -> Check | None:
        return self._checks[row] if 0 <= row < len(self._checks) else None

    def row_of(self, check: Check) -> int:
        return self._checks.index(check) if check in self._checks else -1

    def first_to_look_at(self) -> Check:
        """The worst check with files that wait for a choice, else what makes one doubtful."""
        for check in self._checks:
            if self._choices.undecided(self._counted, check):
                return check
        doubtful = (*(check for check in _SIGNS if check is not Check.GOOD), Check.LIKE)
        if self._counted.links:
            doubtful = (*doubtful, Check.LINK)
        return next((check for check in doubtful if check in self._checks), Check.GOOD)

    def rowCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._checks)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # Qt's variant
        check = self.check_at(index.row()) if index.isValid() else None
        if check is None:
            return None
        number = self._counted.of(check).number
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return upload_words.title(check)
            case _ if role == SecondRole:
                return self._second[check]
            case _ if role == CountRole:
                return format.count(number)
            case _ if role == IconRole:
                return _SIGNS.get(check, _PLAIN)[0]
            case _ if role == ColourRole and not number:
                return Role.SECONDARY  # nothing good is no success
            case _ if role == ColourRole:
                return _SIGNS.get(check, _PLAIN)[1]
            case Qt.ItemDataRole.AccessibleTextRole | Qt.ItemDataRole.ToolTipRole:
                return f"{upload_words.title(check)}, {format.count(number)}, {self._second[check]}"
            case _:
                return None


FILE, HERE, OTHER, CHOICE = range(4)


class FilesModel(QAbstractTableModel):
    """The first files of one check: what is here, what is there or why, what becomes of them."""

    def __init__(self, choices: UploadChoices, prefix: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._choices = choices
        self._prefix = prefix
        self._check = Check.GOOD
        self._rows: tuple[Found, ...] = ()

    @property
    def check(self) -> Check:
        return self._check

    @property
    def has_other(self) -> bool:
        """Whether there is more to be said of each file than what it is here."""
        return self._check in (
            *(Check.UNREADABLE, Check.NOT_ALLOWED, Check.TWICE, Check.COMING),
            *(Check.UNLIKE, Check.LIKE, Check.LINK),
        )

    def show_files(self, check: Check, rows: tuple[Found, ...]) -> None:
        if (check, rows) == (self._check, self._rows):
            self.show_choices()
            return
        self.beginResetModel()
        self._check, self._rows = check, rows
        self.endResetModel()

    def show_choices(self) -> None:
        if self._rows:
            last = self.index(len(self._rows) - 1, CHOICE)
            self.dataChanged.emit(self.index(0, OTHER), last)

    def found_at(self, row: int) -> Found:
        return self._rows[row]

    def rowCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else CHOICE + 1

    def flags(self, index: Index) -> Qt.ItemFlag:
        """A choice can be edited where there is more than one."""
        flags = super().flags(index)
        if index.isValid() and index.column() == CHOICE:
            found = self._rows[index.row()]
            if len(self._choices.offers(found.check, found)) > 1:
                flags |= Qt.ItemFlag.ItemIsEditable
        return flags

    def headerData(
        self, section: int, side: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:  # Qt's variant
        if side is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            right = section == HERE or (section == OTHER and self._has_there)
            return Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        return (_tr("File"), _tr("On this computer"), self._other_title(), _tr("What to do"))[
            section
        ]

    @property
    def _has_there(self) -> bool:
        return self._check in (Check.UNLIKE, Check.LIKE)

    def _other_title(self) -> str:
        if self._has_there or self._check is Check.COMING:
            return _tr("In the bucket")
        if self._check is Check.TWICE:
            return _tr("Its name has")
        return _tr("Kind") if self._check is Check.LINK else _tr("Why")

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # Qt's variant
        if not index.isValid():
            return None
        found = self._rows[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return self._lines(found, index.column())[0]
            case _ if role == SecondRole:
                return self._lines(found, index.column())[1]
            case _ if role == IconRole and index.column() == FILE:
                return "folder" if found.is_folder else names.icon(found.name)
            case _ if role == ColourRole and index.column() == CHOICE:
                open_ = self._choices.choice(found) is None
                return Role.WARNING if open_ else Role.TEXT
            case Qt.ItemDataRole.TextAlignmentRole:
                return self.headerData(index.column(), Qt.Orientation.Horizontal, role)
            case Qt.ItemDataRole.ToolTipRole:
                return (
                    found.path
                    if index.column() == FILE
                    else ", ".join(filter(None, self._lines(found, index.column())))
                )
            case Qt.ItemDataRole.AccessibleTextRole:
                return ", ".join(filter(None, self._lines(found, index.column())))
            case _:
                return None

    def _lines(self, found: Found, column: int) -> tuple[str, str]:
        match column:
            case _ if column == FILE:
                name = found.name.removeprefix(self._prefix)
                folder, slash, last = name.rstrip("/").rpartition("/")
                return last + ("/" if found.is_folder else ""), folder + slash
            case _ if column == HERE:
                modified = None if not found.mtime_ns else found.mtime_ns / 1e9
                size = "" if found.size is None or found.is_folder else format.size(found.size)
                return size, _moment(modified)
            case _ if column == OTHER and found.there is not None and self._has_there:
                return format.size(found.there.size), _moment(found.there.modified)
            case _ if column == OTHER:
                return upload_words.detail(found), ""
            case _:
                return self._choice_lines(found)

    def _choice_lines(self, found: Found) -> tuple[str, str]:
        if not self._choices.offers(found.check, found):
            return _tr("Uploaded"), ""
        choice = self._choices.choice(found)
        words = upload_words.done_words(found, choice, self._choices.versioning)
        return words, upload_words.choice_detail(found, choice, self._choices.is_same(found))


def _moment(seconds: float | None) -> str:
    when = upload_words.moment(seconds)
    return "" if when is None else format.moment(when, datetime.now(UTC))
