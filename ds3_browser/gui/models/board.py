"""The rows of the jobs board: of one list, narrowed by owner and text, in the chosen order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, NamedTuple

from PySide6.QtCore import (
    QAbstractTableModel,
    QCoreApplication,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
)

from ds3_browser.gui import appliance_jobs, format
from ds3_browser.gui.appliance_jobs import BoardRow

Index = QModelIndex | QPersistentModelIndex

_tr = partial(QCoreApplication.translate, "board")

ShownRole = Qt.ItemDataRole.UserRole + 1  # what the delegate paints from, a `Shown`

_PRIORITIES = ("CRITICAL", "URGENT", "HIGH", "NORMAL", "LOW", "BACKGROUND")
_NEVER = datetime.min.replace(tzinfo=UTC)


class Shown(NamedTuple):
    """A row and the time at which it is shown."""

    row: BoardRow
    now: datetime


@dataclass(frozen=True, slots=True)
class Column:
    """One column: what its cell reads, and what it is ordered by."""

    id: str
    title: Callable[[], str]
    text: Callable[[BoardRow, datetime], str]
    key: Callable[[BoardRow], Any]
    right: bool = False


def _progress(row: BoardRow, now: datetime) -> str:
    told, part = appliance_jobs.amount(row.job), appliance_jobs.share_of(row)
    return f"{told}, {part}" if part else told


def _fraction(row: BoardRow) -> float:
    stages = appliance_jobs.stages(row.job)
    return stages[-1][0] if stages else 0.0


def _left(row: BoardRow, now: datetime) -> str:
    return format.size3(appliance_jobs.left(row.job) or None)


def _priority(row: BoardRow) -> int:
    known = row.job.priority in _PRIORITIES
    return _PRIORITIES.index(row.job.priority or "") if known else len(_PRIORITIES)


COLUMNS = (
    Column(
        "type",
        lambda: _tr("Type"),
        lambda row, now: appliance_jobs.type_of(row),
        lambda row: appliance_jobs.type_of(row),
    ),
    Column(
        "name",
        lambda: _tr("Name"),
        lambda row, now: appliance_jobs.name(row.job),
        lambda row: (appliance_jobs.name(row.job).casefold(), row.job.job_id),
    ),
    Column(
        "bucket",
        lambda: _tr("Bucket"),
        lambda row, now: row.job.bucket or format.duration(None),
        lambda row: row.job.bucket or "",
    ),
    Column(
        "owner",
        lambda: _tr("Owner"),
        lambda row, now: row.job.user_name or format.duration(None),
        lambda row: (row.job.user_name or "").casefold(),
    ),
    Column(
        "priority",
        lambda: _tr("Priority"),
        lambda row, now: appliance_jobs.priority_word(row.job.priority),
        _priority,
    ),
    Column("progress", lambda: _tr("Progress"), _progress, _fraction),
    Column(
        "left",
        lambda: _tr("Left"),
        _left,
        lambda row: appliance_jobs.left(row.job) or 0,
        right=True,
    ),
    Column(
        "started",
        lambda: _tr("Started"),
        lambda row, now: format.day_and_time(row.job.created, now),
        lambda row: row.job.created or _NEVER,
    ),
    Column(
        "activity",
        lambda: _tr("Activity"),
        lambda row, now: appliance_jobs.activity(row, now).text,
        lambda row: appliance_jobs.activity(row, appliance_jobs.now()).text,
    ),
)
COLUMN_OF = {column.id: number for number, column in enumerate(COLUMNS)}


class BoardModel(QAbstractTableModel):
    """Rows are replaced whole; the same jobs in the same order keep selection and scroll."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._all: tuple[BoardRow, ...] = ()
        self._rows: list[BoardRow] = []
        self._now = appliance_jobs.now()
        self._text = ""
        self._only_mine = self._only_idle = False
        self._order = (COLUMN_OF["started"], Qt.SortOrder.DescendingOrder)

    # --- what is in it

    def show_rows(self, rows: Sequence[BoardRow]) -> None:
        self._all = tuple(rows)
        self._follow()

    def set_filter(self, text: str) -> None:
        """Keep rows whose name, bucket, owner or id has this text, capital letters or not."""
        self._text = text.strip().casefold()
        self._follow()

    def set_only_mine(self, wanted: bool) -> None:
        self._only_mine = wanted
        self._follow()

    def set_only_idle(self, wanted: bool) -> None:
        self._only_idle = wanted
        self._follow()

    @property
    def only_idle(self) -> bool:
        return self._only_idle

    @property
    def hidden(self) -> int:
        """How many rows the filters leave out."""
        return len(self._all) - len(self._rows)

    def row_at(self, index: Index) -> BoardRow | None:
        return self._rows[index.row()] if index.isValid() else None

    def place_of(self, job_id: str) -> QModelIndex:
        for place, row in enumerate(self._rows):
            if row.job.job_id == job_id:
                return self.index(place, 0)
        return QModelIndex()

    def _follow(self) -> None:
        self._now = appliance_jobs.now()
        rows = [row for row in self._all if self._is_wanted(row)]
        number, order = self._order
        rows.sort(key=COLUMNS[number].key, reverse=order is Qt.SortOrder.DescendingOrder)
        if [row.job.job_id for row in rows] == [row.job.job_id for row in self._rows]:
            self._rows = rows
            if rows:
                last = self.index(len(rows) - 1, len(COLUMNS) - 1)
                self.dataChanged.emit(self.index(0, 0), last)
            return
        self.beginResetModel()
        self._rows = rows
        self.endResetModel()

    def _is_wanted(self, row: BoardRow) -> bool:
        if (self._only_mine and not row.mine) or (self._only_idle and not row.is_idle(self._now)):
            return False
        job = row.job
        texts = (appliance_jobs.name(job), job.bucket, job.user_name, job.job_id)
        return any(self._text in (text or "").casefold() for text in texts)

    # --- asked by views

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        self._order = (column, order)
        self._follow()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[section].title()
        if role == Qt.ItemDataRole.TextAlignmentRole and COLUMNS[section].right:
            return Qt.AlignmentFlag.AlignRight
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row, column = self._rows[index.row()], COLUMNS[index.column()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return column.text(row, self._now)
            case Qt.ItemDataRole.ToolTipRole:
                return self._tip(row, column)
            case Qt.ItemDataRole.AccessibleTextRole if index.column() == 0:
                return ", ".join(one.text(row, self._now) for one in COLUMNS)
            case _ if role == ShownRole:
                return Shown(row, self._now)
        return None

    def _tip(self, row: BoardRow, column: Column) -> str:
        match column.id:
            case "name":
                return f"{appliance_jobs.name(row.job)}\n{row.job.job_id}"
            case "started":
                return format.iso(row.job.created)
            case "activity" if row.job.ended is not None:
                return format.iso(row.job.ended)
            case "left":
                return format.exact(appliance_jobs.left(row.job))
            case _:
                return column.text(row, self._now)
