"""Tables of which only some pages are here: what is long is read a page at a time.

Rows of pages that are not here yet are blank; showing one asks for its page. A page that comes
again replaces what differs and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol  # Qt's type of what a cell shows

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

Index = QModelIndex | QPersistentModelIndex

PAGE = 500


class AnyColumn(Protocol):
    @property
    def id(self) -> str: ...
    @property
    def title(self) -> Callable[[], str]: ...
    @property
    def right(self) -> bool: ...


class PagedTable(QAbstractTableModel):
    """A subclass says what the cells of a row show (`_cell`), and asks for a page (`_wish`)."""

    def __init__(self, columns: Sequence[AnyColumn], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._columns = columns
        self._rows: list[Any] = []  # records of the subclass's, or None
        self._asked: set[int] = set()

    def _cell(self, column: Any, row: Any, role: int) -> Any:
        raise NotImplementedError

    def _wish(self, offset: int) -> None:
        raise NotImplementedError

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  # Qt's signature
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._columns)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        column = self._columns[index.column()]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(column)
        row = self._rows[index.row()]
        if row is None:
            if role == Qt.ItemDataRole.DisplayRole:
                self._ask(index.row() - index.row() % PAGE)
            return None
        return self._cell(column, row, role)

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:
        if orientation is not Qt.Orientation.Horizontal or not 0 <= section < len(self._columns):
            return None
        column = self._columns[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.title()
        return _alignment(column) if role == Qt.ItemDataRole.TextAlignmentRole else None

    def set_count(self, count: int) -> None:
        """Follow the number of rows; the new ones are blank."""
        have = len(self._rows)
        if count > have:
            self.beginInsertRows(QModelIndex(), have, count - 1)
            self._rows += [None] * (count - have)
            self.endInsertRows()
        elif count < have:
            self.beginRemoveRows(QModelIndex(), count, have - 1)
            del self._rows[count:]
            self.endRemoveRows()

    def _blank(self, count: int) -> None:
        """Forget all; to be called while the model is reset."""
        self._rows = [None] * count
        self._asked.clear()

    def _take(self, offset: int, rows: Sequence[Any]) -> None:
        """Show the rows of a page, but for those that are there no more."""
        self._asked.discard(offset)
        rows = rows[: max(0, len(self._rows) - offset)]
        changed = [n for n, row in enumerate(rows, offset) if self._rows[n] != row]
        for number in changed:
            self._rows[number] = rows[number - offset]
        if changed:
            last = self.index(changed[-1], len(self._columns) - 1)
            self.dataChanged.emit(self.index(changed[0], 0), last)

    def _ask(self, offset: int) -> None:
        if offset not in self._asked:
            self._asked.add(offset)
            self._wish(offset)


def _alignment(column: AnyColumn) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if column.right else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter
