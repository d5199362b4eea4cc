"""What a download would meet at its target, listed before it begins; hidden where nothing."""

from __future__ import annotations

import os
from functools import partial

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QLabel,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from ds3_browser.gui import format, icons, theme
from ds3_browser.gui.job_options import Foresight
from ds3_browser.gui.theme import Role
from ds3_browser.gui.views.list_header import ListHeader
from ds3_browser.transfer.foresight import Coming, Foreseen
from ds3_browser.transfer.get import Existing

_tr = partial(QCoreApplication.translate, "download_target")

ROW = 29
MOST_WIDE = 380
ROWS = 5  # in view at once
IN_THE_WAY = (Coming.FOLDER_IN_THE_WAY, Coming.FILE_IN_THE_WAY)
OTHER_NAME = (Coming.RENAMED, Coming.NUMBERED)


class DownloadTarget(QWidget):
    """A line of how many, and a list of which and what becomes of each, the worst first."""

    def __init__(self, prefix: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("download_target")
        self._prefix = prefix
        self._foresight: Foresight | None = None
        self._existing = Existing.KEEP_BOTH
        self._line = QLabel(self)
        self._line.setObjectName("target_line")
        self._line.setFont(theme.scaled(self.font(), 12))
        self._line.setTextFormat(Qt.TextFormat.PlainText)
        self._line.setWordWrap(True)
        self._table = self._build_table()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self._line)
        column.addWidget(self._table, 1)
        self.hide()
        theme.notifier().changed.connect(self._fill)

    def _build_table(self) -> QTableWidget:
        table = QTableWidget(0, 2, self)
        table.setObjectName("target_objects")
        table.setAccessibleName(_tr("What is at the target already, and names that change"))
        table.setHorizontalHeaderLabels([_tr("Object"), _tr("What happens")])
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setTabKeyNavigation(False)
        table.setShowGrid(False)
        table.setWordWrap(False)
        table.setProperty("look", "boxed")
        table.verticalHeader().hide()
        height = theme.row_height(self, ROW)
        table.verticalHeader().setDefaultSectionSize(height)
        header = ListHeader(table)
        table.setHorizontalHeader(header)
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        header.setMaximumSectionSize(MOST_WIDE)
        return table

    def forget(self) -> None:
        """Nothing is known of the target yet."""
        self._foresight = None
        self.hide()

    def show_foresight(self, foresight: Foresight) -> None:
        self._foresight = foresight
        if foresight.finished:
            self._fill()

    def choose(self, existing: Existing) -> None:
        self._existing = existing
        self._fill()

    def _fill(self) -> None:
        foresight = self._foresight
        if foresight is None or not foresight.numbers:
            self.hide()
            return
        rows = [row for coming in Coming for row in foresight.rows.get(coming, ())]
        self._table.setRowCount(len(rows))
        for number, row in enumerate(rows):
            self._fill_row(number, row)
        palette = self._line.palette()
        role = Role.ERROR if foresight.of(*IN_THE_WAY) else Role.WARNING
        palette.setColor(self._line.foregroundRole(), theme.colour(role))
        self._line.setPalette(palette)
        height = self._table.verticalHeader().defaultSectionSize()
        self._table.setMinimumHeight((min(len(rows), ROWS) + 1) * height + 4)
        self._line.setText(_line(foresight, len(rows)))
        self.show()

    def _fill_row(self, number: int, row: Foreseen) -> None:
        blocked = row.coming in IN_THE_WAY
        name = QTableWidgetItem(row.name.removeprefix(self._prefix))
        name.setIcon(
            icons.icon("warning" if blocked else "file", Role.ERROR if blocked else Role.SECONDARY)
        )
        what = QTableWidgetItem(self._what(row))
        for item in (name, what):
            item.setToolTip(item.text())
        self._table.setItem(number, 0, name)
        self._table.setItem(number, 1, what)

    def _what(self, row: Foreseen) -> str:
        match row.coming:
            case Coming.FOLDER_IN_THE_WAY:
                return _tr("It fails: a folder of this name is in the way.")
            case Coming.FILE_IN_THE_WAY if row.blocking is not None:
                return _tr("It fails: a file named {name} is in the way.").format(name=row.blocking)
            case Coming.FILE_IN_THE_WAY:
                return _tr("It fails: a file is in the way.")
            case Coming.RENAMED | Coming.NUMBERED:
                target = self._foresight.target if self._foresight is not None else ""
                path = os.path.relpath(row.path, os.path.abspath(target))
                return _tr("Saved as {name}").format(name=path)
            case Coming.EXISTS:
                return self._of_existing()

    def _of_existing(self) -> str:
        match self._existing:
            case Existing.SKIP_SAME:
                return _tr("Exists: skipped if it is the same, else both are kept")
            case Existing.SKIP:
                return _tr("Exists: skipped")
            case Existing.REPLACE:
                return _tr("Exists: replaced")
            case Existing.ASK:
                return _tr("Exists: you are asked")
            case Existing.KEEP_BOTH:
                return _tr("Exists: the new one is numbered")


def _line(foresight: Foresight, listed: int) -> str:
    told = [
        words
        for number, one, many in (
            (
                foresight.of(*IN_THE_WAY),
                _tr("1 object has something in its way."),
                _tr("{n} objects have something in their way."),
            ),
            (
                foresight.of(*OTHER_NAME),
                _tr("1 object gets another name."),
                _tr("{n} objects get other names."),
            ),
            (
                foresight.of(Coming.EXISTS),
                _tr("1 object already exists there."),
                _tr("{n} objects already exist there."),
            ),
        )
        if number
        for words in (one if number == 1 else many.format(n=format.count(number)),)
    ]
    if foresight.of(*Coming) > listed:
        told.append(_tr("The first {n} are listed.").format(n=format.count(listed)))
    return " ".join(told)
