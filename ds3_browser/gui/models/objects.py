"""The list of one place: folders first, then objects, kept as columns; no object a row.

Pages are added as they come. Rows stand in the appliance's own order until a header is clicked;
then in the user's, by a permutation that is made in slices so that the window stays alive. What is
filtered out is still here. A million rows are meant to be smooth: `cell` gives a delegate all it
needs to paint in one call, and `data` answers only what views ask.
"""

from __future__ import annotations

import math
import re
import time
from array import array
from bisect import bisect_right
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from random import Random
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QCoreApplication,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    QTimer,
    Signal,
)

from ds3_browser.gui import format
from ds3_browser.gui.models.columns import BUCKETS, OBJECTS, Column
from ds3_browser.gui.places import Place, SelectedObject
from ds3_browser.protocol.records import Bucket, Listing, Owner

Index = QModelIndex | QPersistentModelIndex

_tr = partial(QCoreApplication.translate, "objects")

SLICE_MS = 8
SLICE_MIN = 2000
_CONTROL = re.compile("[\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069]")
_DIGITS = re.compile(r"(\d+)")
_KINDS = {
    "file-play": "mxf mov mp4 mkv avi dpx exr wav aif aiff mp3 flac r3d braw",
    "image": "png jpg jpeg tif tiff gif bmp webp svg dng cr2 nef psd",
    "archive": "zip tar gz bz2 xz 7z rar tgz iso",
    "file-text": "txt md csv xml json log ale mhl pdf doc docx html yaml yml ini py",
}
_ICON_OF = {ending: icon for icon, endings in _KINDS.items() for ending in endings.split()}


@dataclass(frozen=True, slots=True)
class Cell:
    """What a delegate paints: text, icon by name (of the first column), and what it means."""

    text: str
    icon: str = ""
    right: bool = False
    secondary: bool = False
    folder: bool = False


@dataclass(frozen=True, slots=True)
class Totals:
    """What the footer tells. `shown` counts rows the filter leaves."""

    objects: int
    folders: int
    size: int
    shown: int
    hidden: int


class ObjectsModel(QAbstractTableModel):
    """Signals: `totals_changed()`, and `order_changed()` when another order was chosen."""

    totals_changed = Signal()
    order_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.columns: tuple[Column, ...] = OBJECTS
        self.place = Place()
        self._timer = QTimer(self)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._sort_a_slice)
        self._sorting: Generator[None, None, array[int]] | None = None
        self.sort_column: str | None = None
        self.descending = False
        self._filter = ""
        self._empty()

    def _empty(self) -> None:
        self._folders: list[str] = []
        self._names: list[str] = []
        self._sizes: array[int] = array("q")
        self._modified: array[float] = array("d")
        self._etags: list[str | None] = []
        self._owners: list[Owner] = []
        self._versions: list[str | None] = []
        self._size = 0
        # Shown rows, as indexes into the columns above.
        self._shown_folders: array[int] = array("I")
        self._shown: array[int] = array("I")

    # --- what is in it

    def begin(self, place: Place) -> None:
        """Show nothing yet, of a new place, in the appliance's order."""
        self._stop_sorting()
        self.beginResetModel()
        self._empty()
        self.place = place
        self.columns = OBJECTS if place.bucket is not None else BUCKETS
        self.sort_column, self.descending, self._filter = None, False, ""
        self.endResetModel()
        self.totals_changed.emit()
        self.order_changed.emit()

    def show_buckets(self, buckets: Sequence[Bucket]) -> None:
        """Show the buckets of a session instead of objects."""
        self.beginResetModel()
        self._empty()
        self._folders = [bucket.name for bucket in buckets]
        self._modified = array(
            "d", (b.created.timestamp() if b.created else math.nan for b in buckets)
        )
        self._shown_folders = self._matching_folders(0)
        self.endResetModel()
        self.totals_changed.emit()

    def add_page(self, page: Listing) -> None:
        """Put a page's folders after the folders that are here, its objects at the end."""
        self._add_folders([p for p in page.prefixes if p not in self._known_folders()])
        first = len(self._names)
        # The folder's own placeholder is not a thing in it.
        kept = [row for row, name in enumerate(page.names) if name != self.place.prefix]
        whole = len(kept) == len(page)
        self._names += page.names if whole else [page.names[row] for row in kept]
        self._sizes += page.sizes if whole else array("q", (page.sizes[row] for row in kept))
        self._modified += (
            page.modified if whole else array("d", (page.modified[row] for row in kept))
        )
        self._etags += page.etags if whole else [page.etags[row] for row in kept]
        self._owners += page.owners if whole else [page.owners[row] for row in kept]
        self._versions += page.version_ids if whole else [page.version_ids[row] for row in kept]
        self._size += sum(self._sizes[first:])
        new = self._matching(first)
        if new:
            row = self.rowCount()
            self.beginInsertRows(QModelIndex(), row, row + len(new) - 1)
            self._shown += new
            self.endInsertRows()
        self.totals_changed.emit()

    def _known_folders(self) -> set[str]:
        # Pages come in order, so only the last folder can come twice.
        return set(self._folders[-1:])

    def _add_folders(self, prefixes: list[str]) -> None:
        if not prefixes:
            return
        first = len(self._folders)
        self._folders += prefixes
        new = self._matching_folders(first)
        if new:
            row = len(self._shown_folders)
            self.beginInsertRows(QModelIndex(), row, row + len(new) - 1)
            self._shown_folders += new
            self.endInsertRows()

    def replace(self, pages: Iterable[Listing]) -> None:
        """Show a fresh listing of the same place at once; order and filter stay."""
        fresh = ObjectsModel()
        fresh.begin(self.place)
        for page in pages:
            fresh.add_page(page)
        if fresh.same_rows(self):
            self._take(fresh)
            if self.rowCount():
                last = self.index(self.rowCount() - 1, self.columnCount() - 1)
                self.dataChanged.emit(self.index(0, 0), last)
            return
        self._stop_sorting()
        self.beginResetModel()
        self._take(fresh)
        self._shown_folders, self._shown = self._matching_folders(0), self._matching(0)
        self.endResetModel()
        if self.sort_column is not None:
            self.sort_by(self.sort_column, self.descending)
        self.totals_changed.emit()

    def same_rows(self, other: ObjectsModel) -> bool:
        return self._names == other._names and self._folders == other._folders

    def _take(self, other: ObjectsModel) -> None:
        self._folders, self._names = other._folders, other._names
        self._sizes, self._modified, self._etags = other._sizes, other._modified, other._etags
        self._owners, self._versions, self._size = other._owners, other._versions, other._size

    # --- filter

    @property
    def filter(self) -> str:
        return self._filter

    def set_filter(self, text: str) -> None:
        """Leave only rows whose own name contains the text, in any case."""
        if text == self._filter:
            return
        self._filter = text
        self.beginResetModel()
        self._shown_folders, self._shown = self._matching_folders(0), self._matching(0)
        self.endResetModel()
        if self.sort_column is not None:
            self.sort_by(self.sort_column, self.descending)
        self.totals_changed.emit()

    def _matching(self, first: int) -> array[int]:
        if not self._filter:
            return array("I", range(first, len(self._names)))
        wanted, skip = self._filter.casefold(), len(self.place.prefix)
        names = self._names
        return array(
            "I",
            (n for n in range(first, len(names)) if wanted in names[n][skip:].casefold()),
        )

    def _matching_folders(self, first: int) -> array[int]:
        wanted, skip = self._filter.casefold(), len(self.place.prefix)
        folders = self._folders
        return array(
            "I",
            (n for n in range(first, len(folders)) if wanted in folders[n][skip:].casefold()),
        )

    # --- order

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        if 0 <= column < len(self.columns):
            self.sort_by(self.columns[column].id, order is Qt.SortOrder.DescendingOrder)

    def sort_by(self, column: str | None, descending: bool = False) -> None:
        """Order what is listed by a column, folders first; None is the appliance's order again."""
        self._stop_sorting()
        self.sort_column, self.descending = column, descending
        self.order_changed.emit()
        if column is None or self.place.bucket is None:
            self._swap(self._matching(0))
            return
        key = self._key(column)
        self._sorting = _sorted_in_slices(self._shown, key, descending)
        self._timer.start()

    def _key(self, column: str) -> Callable[[int], Any]:
        skip = len(self.place.prefix)
        names, owners, etags = self._names, self._owners, self._etags
        match column:
            case "size":
                return self._sizes.__getitem__
            case "modified":
                return lambda row: -1.0 if math.isnan(m := self._modified[row]) else m
            case "kind":
                return lambda row: (_ending(names[row]), natural(names[row][skip:]))
            case "owner":
                return lambda row: owners[row].name or ""
            case "etag":
                return lambda row: etags[row] or ""
            case "version":
                return lambda row: self._versions[row] or ""
            case _:
                return lambda row: natural(names[row][skip:])

    def _sort_a_slice(self) -> None:
        """A few milliseconds of sorting, between what the user does."""
        assert self._sorting is not None
        end = time.perf_counter() + SLICE_MS / 1000
        try:
            while time.perf_counter() < end:
                next(self._sorting)
        except StopIteration as stop:
            self._stop_sorting()
            order = stop.value
            if self.descending:
                order.reverse()
            # Rows that came meanwhile are added after.
            order += array("I", self._shown[len(order) :])
            self._swap(order)

    def _stop_sorting(self) -> None:
        self._timer.stop()
        self._sorting = None

    @property
    def is_sorting(self) -> bool:
        return self._sorting is not None

    def _swap(self, order: array[int]) -> None:
        """Show the same rows in another order; what points at a row goes on pointing at it."""
        self.layoutAboutToBeChanged.emit()
        kept = self.persistentIndexList()
        above = len(self._shown_folders)
        if kept:
            row_of = {n: row for row, n in enumerate(order)}
            moved = [
                index
                if index.row() < above
                else self.createIndex(
                    above + row_of.get(self._shown[index.row() - above], -above - 1),
                    index.column(),
                )
                for index in kept
            ]
        self._shown = order
        if kept:
            self.changePersistentIndexList(kept, moved)
        self.layoutChanged.emit()

    # --- asked by views

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  # Qt's own default
        return 0 if parent.isValid() else len(self._shown_folders) + len(self._shown)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.columns)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation is not Qt.Orientation.Horizontal or section >= len(self.columns):
            return None
        column = self.columns[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.title()
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if column.right else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.ToolTipRole and column.id == "modified":
            return _tr("When the appliance stored it.")
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role == Qt.ItemDataRole.DisplayRole:
            return self.cell(index.row(), index.column()).text
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self._spoken(index.row(), index.column())
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tool_tip(index.row(), index.column())
        return None

    def cell(self, row: int, column: int) -> Cell:
        """What one cell shows; the one call a delegate makes."""
        above = len(self._shown_folders)
        id = self.columns[column].id
        if row < above:
            return self._folder_cell(self._shown_folders[row], id)
        return self._object_cell(self._shown[row - above], id)

    def _folder_cell(self, n: int, column: str) -> Cell:
        if column == "name":
            name = visible(self._folders[n][len(self.place.prefix) :])
            return Cell(name, "folder" if self.place.bucket is not None else "bucket", folder=True)
        if column == "kind":
            return Cell(_tr("Folder"), secondary=True)
        if column == "created":
            return Cell(format.date(_moment(self._modified[n])), secondary=True)
        return Cell("")

    def _object_cell(self, n: int, column: str) -> Cell:
        unfinished = self._etags[n] is None and math.isnan(self._modified[n])
        match column:
            case "name":
                name = self._names[n][len(self.place.prefix) :]
                return Cell(visible(name), _ICON_OF.get(_ending(name), "file"))
            case "size":
                return Cell(format.size(None if unfinished else self._sizes[n]), right=True)
            case "kind":
                return Cell(_ending(self._names[n]).upper(), secondary=True)
            case "modified":
                return Cell(format.date(_moment(self._modified[n])), secondary=True)
            case "owner":
                return Cell(self._owners[n].name or format.UNKNOWN, secondary=True)
            case "etag":
                return Cell(self._etags[n] or format.UNKNOWN, secondary=True)
            case _:
                return Cell(self._versions[n] or format.UNKNOWN, secondary=True)

    def _spoken(self, row: int, column: int) -> str:
        """The first cell reads the whole row as one sentence; the others their own."""
        if column:
            return self.cell(row, column).text
        cells = [
            self.cell(row, n).text for n in range(len(self.columns)) if not self.columns[n].hidden
        ]
        return ", ".join(text for text in cells if text and text != format.UNKNOWN)

    def _tool_tip(self, row: int, column: int) -> str | None:
        above = len(self._shown_folders)
        id = self.columns[column].id
        if row < above:
            return visible(self._folders[self._shown_folders[row]]) if id == "name" else None
        n = self._shown[row - above]
        if id == "name":
            return visible(self._names[n])
        if id == "size":
            return format.exact(self._sizes[n])
        if id == "modified":
            return format.iso(_moment(self._modified[n]))
        return None

    # --- asked by panes

    def totals(self) -> Totals:
        shown = self.rowCount()
        all_rows = len(self._names) + len(self._folders)
        return Totals(len(self._names), len(self._folders), self._size, shown, all_rows - shown)

    def is_folder(self, row: int) -> bool:
        return row < len(self._shown_folders)

    def folder(self, row: int) -> str:
        """The whole prefix of a folder row, or a bucket's name."""
        return self._folders[self._shown_folders[row]]

    def object(self, row: int) -> SelectedObject:
        n = self._shown[row - len(self._shown_folders)]
        unfinished = self._etags[n] is None and math.isnan(self._modified[n])
        return SelectedObject(self._names[n], None if unfinished else self._sizes[n])

    def name(self, row: int) -> str:
        return self.folder(row) if self.is_folder(row) else self.object(row).name

    def rows_named(self, names: set[str]) -> list[int]:
        """The rows of these whole names, in order."""
        above = len(self._shown_folders)
        folders = [r for r, n in enumerate(self._shown_folders) if self._folders[n] in names]
        return folders + [above + r for r, n in enumerate(self._shown) if self._names[n] in names]

    def row_beginning(self, text: str, after: int) -> int | None:
        """The next row, round the end, whose own name begins with a text in any case."""
        skip, wanted, rows = len(self.place.prefix), text.casefold(), self.rowCount()
        for step in range(rows):
            row = (after + step) % rows
            if self.name(row)[skip:].casefold().startswith(wanted):
                return row
        return None

    def names_below(self, beginning: str, limit: int = 50) -> list[str]:
        """Folders that begin with a text, for completion."""
        return [f for f in self._folders if f.startswith(beginning)][:limit]


def _moment(seconds: float) -> datetime | None:
    return None if math.isnan(seconds) else datetime.fromtimestamp(seconds, UTC)


def _ending(name: str) -> str:
    stem, dot, ending = name.rpartition("/")[2].rpartition(".")
    return ending.lower() if dot and stem and len(ending) <= 8 else ""


def natural(text: str) -> tuple[tuple[int, int, str], ...]:
    """A sort key that puts take9 before take10, whatever the case."""
    return tuple(
        (0, int(part), "") if part.isdigit() and part.isascii() else (1, 0, part.casefold())
        for part in _DIGITS.split(text)
        if part
    )


def visible(name: str) -> str:
    """The name with characters one cannot see shown as marks. Nothing else is changed."""
    return _CONTROL.sub(_mark, name)


def _mark(found: re.Match[str]) -> str:
    code = ord(found.group())
    return chr(0x2400 + code) if code < 0x20 else "␡" if code == 0x7F else "\N{OPEN BOX}"


def _sorted_in_slices(
    rows: array[int], key: Callable[[int], Any], descending: bool
) -> Generator[None, None, array[int]]:
    """Sort rows by a key, giving way every few thousand: a sample splits them into buckets.

    One call of `sorted` over a million rows would stop the window for a second, in any thread.
    Yields between steps; returns the order, ascending and stable.
    """
    keys: list[Any] = []
    for begin in range(0, len(rows), SLICE_MIN):
        keys += map(key, rows[begin : begin + SLICE_MIN])
        yield
    if len(rows) <= SLICE_MIN:
        return array("I", (rows[n] for n in sorted(range(len(rows)), key=keys.__getitem__)))
    random = Random(1)
    sample = sorted(keys[random.randrange(len(keys))] for _ in range(1024))[::8]
    buckets: list[list[int]] = [[] for _ in range(len(sample) + 1)]
    for begin in range(0, len(keys), SLICE_MIN):
        for n in range(begin, min(begin + SLICE_MIN, len(keys))):
            buckets[bisect_right(sample, keys[n])].append(n)
        yield
    order = array("I")
    for bucket in buckets:
        bucket.sort(key=keys.__getitem__)
        order.extend(rows[n] for n in bucket)
        yield
    return order
