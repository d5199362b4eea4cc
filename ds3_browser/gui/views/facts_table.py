"""A small table of facts: read only, boxed, with signs and figures; rows can be chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QItemSelectionModel, Qt
from PySide6.QtGui import QBrush
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
_MIDDLE = Qt.AlignmentFlag.AlignVCenter


@dataclass(frozen=True, slots=True)
class FactColumn:
    """`width` None takes what is left."""

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
            if column.width is None:
                header.setSectionResizeMode(number, QHeaderView.ResizeMode.Stretch)
            else:
                header.setSectionResizeMode(number, QHeaderView.ResizeMode.Interactive)
                self.setColumnWidth(number, theme.row_height(self, column.width))
        for row, facts in enumerate(self._rows):
            for number, (column, fact) in enumerate(zip(self._columns, facts, strict=True)):
                self.setItem(row, number, self._item(fact, column))
        if 0 <= chosen < len(self._rows):
            self.selectRow(chosen)

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
