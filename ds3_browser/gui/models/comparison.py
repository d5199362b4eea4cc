"""The rows of a comparison, a page at a time: a file has them, this model asks for pages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from PySide6.QtCore import QCoreApplication, QObject, Qt, Signal

from ds3_browser.gui import comparison_words, format, icons
from ds3_browser.gui.models.pages import PAGE, PagedTable
from ds3_browser.gui.names import visible
from ds3_browser.gui.theme import Role, colour
from ds3_browser.transfer.comparison_records import Row

_tr = partial(QCoreApplication.translate, "comparison")


@dataclass(frozen=True, slots=True)
class Column:
    id: str
    title: Callable[[], str]
    text: Callable[[Row], str]
    right: bool = False


def _size(amount: int | None) -> str:
    return "" if amount is None else format.size(amount)


def _date(moment: datetime | None) -> str:
    return "" if moment is None else format.day_and_time(moment, datetime.now(UTC))


COLUMNS = (
    Column("name", lambda: _tr("Name"), lambda row: row.name),
    Column("result", lambda: _tr("Result"), lambda row: comparison_words.title(row.verdict)),
    Column("here", lambda: _tr("Size here"), lambda row: _size(row.here), right=True),
    Column("there", lambda: _tr("Size there"), lambda row: _size(row.there), right=True),
    Column(
        "changed",
        lambda: _tr("Changed here"),
        lambda row: _date(comparison_words.moments(row)[0]),
    ),
    Column(
        "stored", lambda: _tr("Stored there"), lambda row: _date(comparison_words.moments(row)[1])
    ),
    Column("reason", lambda: _tr("Note"), comparison_words.reason),
)
COLUMN_OF = {column.id: number for number, column in enumerate(COLUMNS)}


class ComparisonModel(PagedTable):
    """Signal: `page_wanted(offset)`. Names are shown without `prefix`."""

    page_wanted = Signal(object)

    def __init__(self, prefix: str, parent: QObject | None = None) -> None:
        super().__init__(COLUMNS, parent)
        self._prefix = prefix
        self._read: set[int] = set()  # pages that are here
        self._stale: set[int] = set()  # pages asked for before something changed

    def _cell(self, column: Column, row: Row, role: int) -> Any:
        match role:
            case Qt.ItemDataRole.DisplayRole if column.id == "name":
                return visible(row.name.removeprefix(self._prefix) or row.name)
            case Qt.ItemDataRole.DisplayRole:
                return column.text(row)
            case Qt.ItemDataRole.ToolTipRole if column.id in ("here", "there"):
                size = row.here if column.id == "here" else row.there
                return None if size is None else format.exact(size)
            case Qt.ItemDataRole.ToolTipRole:
                told = (visible(row.name), visible(row.path or ""), comparison_words.reason(row))
                return "\n".join(part for part in told if part)
            case Qt.ItemDataRole.AccessibleTextRole if column.id == "name":
                told = (
                    visible(row.name.removeprefix(self._prefix) or row.name),
                    comparison_words.title(row.verdict),
                    comparison_words.reason(row),
                )
                return ", ".join(part for part in told if part)
            case Qt.ItemDataRole.DecorationRole if column.id == "result":
                return icons.icon(*comparison_words.sign(row.verdict))
            case Qt.ItemDataRole.ForegroundRole if column.id not in ("name", "result"):
                return colour(Role.SECONDARY)
            case _:
                return None

    def begin(self, count: int) -> None:
        """Show so many rows, blank until their pages come."""
        self.beginResetModel()
        self._blank(count)
        self._read.clear()
        self._stale.clear()
        self.endResetModel()

    def show_page(self, offset: int, rows: Sequence[Row], count: int) -> None:
        """Take a page, and how many rows there are now."""
        self.set_count(count)
        self._read.add(offset)
        self._take(offset, rows)
        if offset in self._stale:
            self._stale.discard(offset)
            self._ask(offset)

    def page_failed(self, offset: int) -> None:
        """The page could not be read: it may be asked for again."""
        self._asked.discard(offset)

    def refresh(self, first: int, last: int) -> None:
        """Ask again for the pages of the rows `first` to `last`; what is elsewhere is forgotten."""
        shown = range(first - first % PAGE, last + 1, PAGE)
        for offset in self._read.difference(shown):
            end = min(offset + PAGE, len(self._rows))
            self._rows[offset:end] = [None] * max(0, end - offset)
        self._read.intersection_update(shown)
        for offset in shown:
            if offset in self._asked:
                self._stale.add(offset)
            elif 0 <= offset < len(self._rows):
                self._ask(offset)

    def row(self, number: int) -> Row | None:
        row: Row | None = self._rows[number]
        return row

    def _wish(self, offset: int) -> None:
        self.page_wanted.emit(offset)
