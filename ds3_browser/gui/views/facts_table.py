"""A small table of facts: read only, boxed, with signs and figures; rows can be chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QItemSelectionModel, Qt, Slot
from PySide6.QtGui import QBrush, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from ds3_browser.gui import icons, theme
from ds3_browser.gui.theme import Role
from ds3_browser.gui.views.list_header import ListHeader

ROW = 28
LEAST = 96  # of a column that takes what is left: under that the table scrolls
_MIDDLE = Qt.AlignmentFlag.AlignVCenter


@dataclass(frozen=True, slots=True)
class FactColumn:
    """`width` None takes what is left, and never less than its title and `LEAST` need."""

    title: str
    width: int | None
    right: bool = False


@dataclass(frozen=True, slots=True)
class Fact:
    text: str
    sign: tuple[str, Role] | None = None
    role: Role = Role.TEXT
    mono: bool = False
    strong: bool = False
    tip: str = ""


class FactsTable(QTableWidget):
    def __init__(self, name: str, spoken: str, parent: QWidget | None = None) -> None:
        super().__init__(0, 0, parent)
        self.setObjectName(name)
        self.setAccessibleName(spoken)
        self._columns: tuple[FactColumn, ...] = ()
        self._rows: tuple[tuple[Fact, ...], ...] = ()
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setProperty("look", "boxed")
        self.verticalHeader().hide()
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.verticalHeader().setDefaultSectionSize(theme.row_height(self, ROW))
        self.setHorizontalHeader(ListHeader(self))
        self.horizontalHeader().sectionResized.connect(self._make_room)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        theme.notifier().changed.connect(self._fill)

    def show_facts(self, columns: Sequence[FactColumn], rows: Sequence[Sequence[Fact]]) -> None:
        """Show these rows; the same row stays chosen where it is still there."""
        self._columns, self._rows = tuple(columns), tuple(map(tuple, rows))
        self._fill()

    def selectRow(self, row: int) -> None:
        """Select one row alone, and make it the current one.

        WORKAROUND: from right to left QTableView looks for the column one pixel beyond its edge
        (`logicalIndexAt(viewport()->width())` in QTableView::selectRow, Qt 6.11), finds none and
        selects nothing. Can go when it asks for the last pixel.
        """
        only = QItemSelectionModel.SelectionFlag.ClearAndSelect
        chosen = only | QItemSelectionModel.SelectionFlag.Rows
        self.selectionModel().setCurrentIndex(self.model().index(row, 0), chosen)

    def texts(self) -> list[list[str]]:
        return [[fact.text for fact in row] for row in self._rows]

    def titles(self) -> list[str]:
        return [column.title for column in self._columns]

    def _fill(self) -> None:
        chosen = self.currentRow()
        self.setRowCount(len(self._rows))
        self.setColumnCount(len(self._columns))
        header = self.horizontalHeader()
        for number, column in enumerate(self._columns):
            item = QTableWidgetItem(column.title)
            item.setTextAlignment(_side(column))
            self.setHorizontalHeaderItem(number, item)
            header.setSectionResizeMode(number, QHeaderView.ResizeMode.Interactive)
            if column.width is not None:
                wanted = theme.row_height(self, column.width)
                self.setColumnWidth(number, max(wanted, header.sectionSizeHint(number)))
        for row, facts in enumerate(self._rows):
            for number, (column, fact) in enumerate(zip(self._columns, facts, strict=True)):
                self.setItem(row, number, self._item(fact, column))
        self._stretch()
        if 0 <= chosen < len(self._rows):
            self.selectRow(chosen)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._stretch()

    @Slot(int, int, int)
    def _make_room(self, number: int, _before: int, _now: int) -> None:
        if number < len(self._columns) and self._columns[number].width is not None:
            self._stretch()

    def _stretch(self) -> None:
        """Give the column without a width what the others leave of the table."""
        for number, column in enumerate(self._columns):
            if column.width is None:
                header = self.horizontalHeader()
                least = max(theme.row_height(self, LEAST), header.sectionSizeHint(number))
                left = self.viewport().width() - header.length() + self.columnWidth(number)
                self.setColumnWidth(number, max(least, left))

    def _item(self, fact: Fact, column: FactColumn) -> QTableWidgetItem:
        item = QTableWidgetItem(fact.text)
        item.setTextAlignment(_side(column))
        item.setToolTip(fact.tip or fact.text)
        item.setForeground(QBrush(theme.colour(fact.role)))
        if fact.sign is not None:
            item.setIcon(icons.icon(*fact.sign))
        if fact.mono:
            item.setFont(theme.mono_font(12))
        elif column.right:
            item.setFont(theme.tabular(self.font()))
        elif fact.strong:
            font = self.font()
            font.setWeight(font.Weight.DemiBold)
            item.setFont(font)
        return item


def _side(column: FactColumn) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if column.right else Qt.AlignmentFlag.AlignLeft
    return side | _MIDDLE
