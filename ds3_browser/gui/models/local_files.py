"""The files of a folder of this computer, as rows. Knows no disk: it shows what others found."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import partial
from operator import eq
from typing import Any  # what Qt's roles hold

from PySide6.QtCore import (
    QAbstractTableModel,
    QCoreApplication,
    QMimeData,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    QUrl,
)

from ds3_browser.gui import format
from ds3_browser.gui.local_files import FileOrder, LocalFile, LocalFolder, arranged
from ds3_browser.gui.models.objects import Cell
from ds3_browser.gui.names import ending, icon, visible
from ds3_browser.gui.theme import Role

_tr = partial(QCoreApplication.translate, "local_files")

Index = QModelIndex | QPersistentModelIndex

COLUMNS = ("name", "size", "kind", "modified")
NAME, SIZE, KIND, MODIFIED = range(len(COLUMNS))
MANY = 500  # changes from which on all rows are told as new


class LocalFiles(QAbstractTableModel):
    """`folder` is "" until a first one is shown. What is selected survives a fresh look."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.folder = ""
        self.order = FileOrder()
        self._files: Sequence[LocalFile] = ()

    def show(self, found: LocalFolder) -> None:
        """Show a folder: anew where it is another one, else just what changed in it."""
        files = found.files if found.order == self.order else arranged(found.files, self.order)
        if found.path == self.folder and self._change_to(files):
            return
        self.beginResetModel()
        self.folder, self._files = found.path, files
        self.endResetModel()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        self.order = FileOrder(COLUMNS[column], order is Qt.SortOrder.DescendingOrder)
        self.layoutAboutToBeChanged.emit()
        held = self.persistentIndexList()
        names = [self._files[index.row()].name for index in held]
        self._files = arranged(self._files, self.order)
        row_of = {file.name: row for row, file in enumerate(self._files)}
        now = [
            self.index(row_of[name], index.column())
            for name, index in zip(names, held, strict=True)
        ]
        self.changePersistentIndexList(held, now)
        self.layoutChanged.emit()

    def path(self, row: int) -> str:
        return os.path.join(self.folder, self._files[row].name)

    def paths(self, rows: Iterable[int]) -> list[str]:
        before = os.path.join(self.folder, "")
        return [before + self._files[row].name for row in rows]

    def is_folder(self, row: int) -> bool:
        return self._files[row].folder

    def file(self, row: int) -> LocalFile:
        return self._files[row]

    def row_of(self, name: str) -> int | None:
        return next((row for row, file in enumerate(self._files) if file.name == name), None)

    # -- what changed ---------------------------------------------------------------------------

    def _change_to(self, files: Sequence[LocalFile]) -> bool:
        """Come to these rows step by step; False where they are another list altogether."""
        if len(files) == len(self._files) and all(map(eq, files, self._files)):
            return True  # as it mostly is
        before, after = {file.name for file in self._files}, {file.name for file in files}
        if len(before ^ after) > MANY:
            return False
        stay = [file.name for file in self._files if file.name in after]
        if stay != [file.name for file in files if file.name in before]:
            return False
        for first, last in reversed(_runs(self._files, before - after)):
            self.beginRemoveRows(QModelIndex(), first, last)
            self._files = (*self._files[:first], *self._files[last + 1 :])
            self.endRemoveRows()
        for first, last in _runs(files, after - before):
            self.beginInsertRows(QModelIndex(), first, last)
            self._files = (*self._files[:first], *files[first : last + 1], *self._files[first:])
            self.endInsertRows()
        changed = [
            row for row, (old, new) in enumerate(zip(self._files, files, strict=True)) if old != new
        ]
        self._files = files
        for row in changed:
            self.dataChanged.emit(self.index(row, 0), self.index(row, len(COLUMNS) - 1))
        return True

    # -- what Qt asks ---------------------------------------------------------------------------

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  # Qt's own default
        return 0 if parent.isValid() else len(self._files)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  # Qt's own default
        return 0 if parent.isValid() else len(COLUMNS)

    def flags(self, index: Index) -> Qt.ItemFlag:
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return flags | Qt.ItemFlag.ItemIsDragEnabled | Qt.ItemFlag.ItemNeverHasChildren

    def mimeTypes(self) -> list[str]:
        return ["text/uri-list"]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        return mime_of(self.paths(sorted({index.row() for index in indexes})))

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return (_tr("Name"), _tr("Size"), _tr("Kind"), _tr("Modified"))[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if section == SIZE else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row, column = index.row(), index.column()
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return self.cell(row, column).text
            case Qt.ItemDataRole.TextAlignmentRole:
                return self.headerData(column, Qt.Orientation.Horizontal, role)
            case Qt.ItemDataRole.ToolTipRole:
                return self._tool_tip(row, column)
            case Qt.ItemDataRole.AccessibleTextRole:
                return self._spoken(row) if column == NAME else self.cell(row, column).text
            case _:
                return None

    def cell(self, row: int, column: int) -> Cell:
        """What one cell shows."""
        file = self._files[row]
        match COLUMNS[column]:
            case "name":
                sign = ("folder", Role.ACCENT) if file.folder else (icon(file.name), Role.SECONDARY)
                return Cell(visible(file.name), (sign,))
            case "size":
                size = "" if file.folder else format.size(file.size)
                return Cell(size, right=True, figures=True)
            case "kind":
                kind = _tr("Folder") if file.folder else ending(file.name).upper()
                return Cell(kind, role=Role.SECONDARY)
            case _:
                return Cell(format.date(_moment(file)), role=Role.SECONDARY, figures=True)

    def _tool_tip(self, row: int, column: int) -> str:
        file = self._files[row]
        if column == SIZE and file.size is not None:
            return format.exact(file.size)
        return visible(self.path(row))

    def _spoken(self, row: int) -> str:
        """The row as one sentence: what reads a table aloud hears cells, not rows."""
        cells = [self.cell(row, column).text for column in range(len(COLUMNS))]
        return ", ".join(text for text in cells if text)


def mime_of(paths: Iterable[str]) -> QMimeData:
    """Files as they are dragged and copied."""
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(path) for path in paths])
    return mime


def _moment(file: LocalFile) -> datetime | None:
    if file.modified is None:
        return None
    try:
        return datetime.fromtimestamp(file.modified, UTC)
    except (OverflowError, ValueError, OSError):  # a year that no calendar has
        return None


def _runs(files: Iterable[LocalFile], names: set[str]) -> list[tuple[int, int]]:
    """Return the first and last rows of neighbours that are among these names."""
    runs: list[tuple[int, int]] = []
    for row, file in enumerate(files):
        if file.name not in names:
            continue
        if runs and runs[-1][1] == row - 1:
            runs[-1] = (runs[-1][0], row)
        else:
            runs.append((row, row))
    return runs
