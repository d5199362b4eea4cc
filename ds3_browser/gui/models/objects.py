"""The list of one place: folders first, then objects, in the order and filter that are asked for.

Pages are added as they come. Rows stand in the appliance's own order until a header is clicked;
then in the user's, by a permutation worked out in slices. What is filtered out is still here. A
million rows are meant to be smooth: `cell` gives a delegate all it needs to paint in one call, and
`data` answers only what views ask.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any  # what Qt's roles hold

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

from ds3_browser.gui import format, placement_words
from ds3_browser.gui.connections import BucketColumns, Placed
from ds3_browser.gui.models.columns import BUCKETS, BUCKETS_ASKED, FOUND, OBJECTS, Column
from ds3_browser.gui.models.ordering import (
    Arrangement,
    Slices,
    SortKey,
    arrange,
    matching,
    matching_folders,
)
from ds3_browser.gui.models.rows import Rows, moment
from ds3_browser.gui.names import ending, icon, visible
from ds3_browser.gui.places import Place, SelectedObject, Selection
from ds3_browser.gui.theme import Role
from ds3_browser.protocol.records import Bucket, Listing

Index = QModelIndex | QPersistentModelIndex

_tr = partial(QCoreApplication.translate, "objects")

SHOW_EVERY_MS = 100  # later pages are put in together: each insertion costs the view the same


@dataclass(frozen=True, slots=True)
class Cell:
    """What a delegate paints: text, signs before it by name and role, and what it means."""

    text: str
    signs: tuple[tuple[str, Role], ...] = ()
    right: bool = False
    role: Role = Role.TEXT
    figures: bool = False  # of one width: columns of them stand still


@dataclass(frozen=True, slots=True)
class Totals:
    """What the footer tells; `hidden` are the rows that the filter leaves out."""

    objects: int
    folders: int
    size: int
    shown: int
    hidden: int


@dataclass(frozen=True, slots=True, eq=False)
class PlacementWanted:
    """Some objects of one bucket, by name and row of the columns, whose place is wanted."""

    rows: Rows
    bucket: str
    names: dict[str, int]


class ObjectsModel(QAbstractTableModel):
    """Signals: `totals_changed()`, and `order_changed()` when another order was chosen.

    It is reset where other rows come to be shown, and `place` stays; then a view may find again by
    name what was selected.
    """

    totals_changed = Signal()
    order_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.columns: tuple[Column, ...] = OBJECTS
        self.order: tuple[SortKey, ...] = ()
        self._filter = ""
        self._rows = Rows(Place())
        self._slices = Slices(self)
        self._fresh: Rows | None = None
        self._show_timer = QTimer(self)
        self._show_timer.setSingleShot(True)
        self._show_timer.setInterval(SHOW_EVERY_MS)
        self._show_timer.timeout.connect(self._show_new)
        self._take(Arrangement(array("I"), array("I"), 0, 0, array("I")))

    def _take(self, arrangement: Arrangement) -> None:
        """Shown rows are indexes into the columns; rows beyond `_looked_at` are not shown yet."""
        self._folders, self._objects = arrangement.folders, arrangement.objects
        self._looked_at_folders = arrangement.looked_at_folders
        self._looked_at_objects = arrangement.looked_at_objects

    # --- what is in it

    @property
    def place(self) -> Place:
        return self._rows.place

    def begin(self, place: Place) -> None:
        """Show nothing yet, of a new place and without a filter; the order stays."""
        self._slices.stop()
        self._show_timer.stop()
        self.beginResetModel()
        self._rows, self._fresh = Rows(place), None
        self._take(Arrangement(array("I"), array("I"), 0, 0, array("I")))
        columns = FOUND if place.search else BUCKETS if place.bucket is None else OBJECTS
        if columns is not self.columns:
            self.columns, self.order = columns, ()
        self._filter = ""
        self.endResetModel()
        self.totals_changed.emit()
        self.order_changed.emit()

    def show_buckets(self, buckets: Iterable[Bucket]) -> None:
        """Show the buckets of a session instead of objects."""
        rows = Rows.of_buckets(self.place, buckets)
        if not rows.same_names(self._rows):
            self.replace(rows)

    def show_bucket_columns(self, known: Mapping[str, BucketColumns]) -> None:
        """Show what is known of the buckets beyond their listing."""
        if known == self._rows.bucket_columns:
            return
        self._rows.bucket_columns = known
        if self._fresh is not None:
            self._fresh.bucket_columns = known
        if any(key.column in BUCKETS_ASKED for key in self.order):
            self._rearrange()
        if self.rowCount():
            last = self.index(self.rowCount() - 1, len(self.columns) - 1)
            self.dataChanged.emit(self.index(0, 1), last)

    def add_page(self, page: Listing) -> None:
        """Put a page's folders after the folders that are here, its objects at the end.

        The first page is shown at once, later ones soon; `settle` shows what is not shown yet.
        """
        self._rows.add(page)
        if not self._looked_at_folders and not self._looked_at_objects:
            self._rearrange() if self.order else self._show_new()
        elif not self._show_timer.isActive():
            self._show_timer.start()

    def settle(self) -> None:
        """All pages are here: show them, and order them all together if an order was chosen."""
        self._show_new()
        if self.order:
            self._rearrange()

    def _show_new(self) -> None:
        """Put in what came since, unless all is being put in another order just now."""
        self._show_timer.stop()
        if self._slices.running:
            return
        rows, first, last = self._rows, self._looked_at_objects, len(self._rows.names)
        self._insert(self._folders, matching_folders(rows, self._filter, self._looked_at_folders))
        self._looked_at_folders = len(rows.folders)
        self._insert(self._objects, matching(rows, self._filter, first, last))
        self._looked_at_objects = last
        self.totals_changed.emit()

    def _insert(self, shown: array[int], new: array[int]) -> None:
        if new:
            row = len(self._folders) if shown is self._folders else self.rowCount()
            self.beginInsertRows(QModelIndex(), row, row + len(new) - 1)
            shown.extend(new)
            self.endInsertRows()

    def replace(self, rows: Rows) -> None:
        """Show a fresh listing of the same place, all at once; order and filter stay."""
        self._fresh = rows
        self._rearrange()

    # --- filter and order

    @property
    def filter(self) -> str:
        return self._filter

    def set_filter(self, text: str) -> None:
        """Leave only rows whose own name contains the text, in any case."""
        if text != self._filter:
            self._filter = text
            self._rearrange()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        if 0 <= column < len(self.columns):
            key = SortKey(self.columns[column].id, order is Qt.SortOrder.DescendingOrder)
            self.sort_by((key,))

    def sort_by(self, order: Sequence[SortKey]) -> None:
        """Order what is listed, folders first; nothing is the appliance's own order again."""
        self.order = tuple(order)
        self.order_changed.emit()
        self._rearrange()

    @property
    def is_sorting(self) -> bool:
        return self._slices.running

    def _rearrange(self) -> None:
        self._show_timer.stop()
        rows = self._rows if self._fresh is None else self._fresh
        self._slices.start(arrange(rows, self._filter, self.order), self._swap)

    def _swap(self, arrangement: Arrangement) -> None:
        """Show rows as they were worked out; those that came meanwhile are put in after."""
        fresh, self._fresh = self._fresh, None
        if fresh is not None:
            fresh.take_placements(self._rows)
        if fresh is not None and fresh.same_names(self._rows):
            self._rows, fresh = fresh, None  # only sizes and dates may be others
        shown = (len(self._folders), len(self._objects))
        same = shown == (len(arrangement.folders), len(arrangement.objects))
        if fresh is None and same and self._all_shown():
            self._reorder(arrangement)
        else:
            self.beginResetModel()
            self._rows = fresh or self._rows
            self._take(arrangement)
            self.endResetModel()
        self._show_new()

    def _all_shown(self) -> bool:
        return self.rowCount() == len(self._rows)

    def _reorder(self, arrangement: Arrangement) -> None:
        """Show the same rows in another order; what points at a row goes on pointing at it."""
        self.layoutAboutToBeChanged.emit()
        kept, above = self.persistentIndexList(), len(self._folders)
        folder_at = {row: at for at, row in enumerate(arrangement.folders)} if kept else {}
        moved = [
            self.createIndex(
                folder_at[self._folders[index.row()]]
                if index.row() < above
                else above + arrangement.place_of[self._objects[index.row() - above]],
                index.column(),
            )
            for index in kept
        ]
        self._take(arrangement)
        self.changePersistentIndexList(kept, moved)
        self.layoutChanged.emit()

    # --- asked by views

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  # Qt's own default
        return 0 if parent.isValid() else len(self._folders) + len(self._objects)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.columns)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation is not Qt.Orientation.Horizontal or not 0 <= section < len(self.columns):
            return None
        column = self.columns[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.title()
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if column.right else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.ToolTipRole:
            return column.tip() or None
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role == Qt.ItemDataRole.DisplayRole:
            return self.cell(index.row(), index.column()).text
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self._spoken(index.row(), index.column())
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tool_tip(index.row(), index.column())
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return flags | Qt.ItemFlag.ItemIsDragEnabled | Qt.ItemFlag.ItemNeverHasChildren

    def cell(self, row: int, column: int) -> Cell:
        """What one cell shows; the one call a delegate makes."""
        above = len(self._folders)
        id = self.columns[column].id
        if row < above:
            return self._folder_cell(self._folders[row], id)
        return self._object_cell(self._objects[row - above], id)

    def _folder_cell(self, n: int, column: str) -> Cell:
        rows = self._rows
        if column == "name":
            picture = "bucket" if self.place.bucket is None else "folder"
            return Cell(visible(rows.own_folder(n)), ((picture, Role.ACCENT),))
        if column == "kind":
            return Cell(_tr("Folder"), role=Role.SECONDARY)
        if column == "created":
            return Cell(format.date(moment(rows.created[n])), role=Role.SECONDARY, figures=True)
        if column == "used":
            return Cell(format.size(rows.bucket_known(n).used), right=True, figures=True)
        if column == "bucket_owner":
            return Cell(rows.bucket_known(n).owner or format.UNKNOWN, role=Role.SECONDARY)
        if column == "policy":
            return Cell(rows.bucket_known(n).policy or format.UNKNOWN, role=Role.SECONDARY)
        return Cell("")

    def _object_cell(self, n: int, column: str) -> Cell:
        rows = self._rows
        match column:
            case "name":
                return Cell(visible(rows.own_name(n)), ((icon(rows.names[n]), Role.SECONDARY),))
            case "size":
                return Cell(format.size(rows.size_of(n)), right=True, figures=True)
            case "kind":
                return Cell(ending(rows.names[n]).upper(), role=Role.SECONDARY)
            case "placement":
                return self._placement_cell(n)
            case "modified" | "created":
                return Cell(format.date(rows.modified_at(n)), role=Role.SECONDARY, figures=True)
            case "bucket":
                return Cell(rows.buckets[n], role=Role.SECONDARY)
            case "folder":
                return Cell(visible(rows.folder_of(n)), role=Role.SECONDARY)
            case "owner":
                return Cell(rows.owners[n].name or format.UNKNOWN, role=Role.SECONDARY)
            case "etag":
                return Cell(rows.etags[n] or format.UNKNOWN, role=Role.SECONDARY)
            case _:
                return Cell(rows.versions[n] or format.UNKNOWN, role=Role.SECONDARY)

    def _placement_cell(self, n: int) -> Cell:
        """Empty until it is known; what is on its way has no place yet."""
        rows = self._rows
        if self._lists_deleted:
            words = placement_words.deleted()
        elif rows.being_uploaded(n):
            words = placement_words.being_uploaded()
        elif n not in rows.placements:
            return Cell("")
        elif (placed := rows.placements[n]) is None:
            words = placement_words.not_known()
        else:
            words = placement_words.placement_words(placed)
        return Cell(words.text, words.signs, role=words.role)

    def _spoken(self, row: int, column: int) -> str:
        """The first cell reads the whole row as one sentence; the others their own."""
        if column:
            return self.cell(row, column).text
        shown = (n for n, one in enumerate(self.columns) if not one.hidden)
        cells = [self.cell(row, n).text for n in shown]
        return ", ".join(text for text in cells if text and text != format.UNKNOWN)

    def _tool_tip(self, row: int, column: int) -> str | None:
        rows, id = self._rows, self.columns[column].id
        if self.is_folder(row):
            n = self._folders[row]
            if id == "created":
                return format.iso(moment(rows.created[n])) or None
            if id == "used" and (used := rows.bucket_known(n).used) is not None:
                return format.exact(used)
            if id in BUCKETS_ASKED:
                return self.cell(row, column).text
            return visible(rows.folders[n]) if id == "name" else None
        n = self._object_row(row)
        match id:
            case "name":
                return visible(rows.names[n])
            case "size":
                size = rows.size_of(n)
                return _tr("Being uploaded") if size is None else format.exact(size)
            case "modified" | "created":
                return format.iso(rows.modified_at(n)) or None
            case "placement" if (placed := rows.placements.get(n)) is not None:
                return ", ".join((*placed.tapes, *placed.pools, *placed.targets)) or None
            case _:
                return self.cell(row, column).text or None

    # --- asked by panes

    @property
    def _lists_deleted(self) -> bool:
        return self.place.search is not None and self.place.search.deleted

    def totals(self) -> Totals:
        rows, shown = self._rows, self.rowCount()
        looked_at = self._looked_at_folders + self._looked_at_objects
        return Totals(len(rows.names), len(rows.folders), rows.size, shown, looked_at - shown)

    def is_folder(self, row: int) -> bool:
        return row < len(self._folders)

    def folder(self, row: int) -> str:
        """The whole prefix of a folder row, or a bucket's name."""
        return self._rows.folders[self._folders[row]]

    def object(self, row: int) -> SelectedObject:
        n = self._object_row(row)
        return SelectedObject(self._rows.names[n], self._rows.size_of(n))

    def _object_row(self, row: int) -> int:
        return self._objects[row - len(self._folders)]

    def name(self, row: int) -> str:
        """The whole name of what a row shows."""
        return self.folder(row) if self.is_folder(row) else self._rows.names[self._object_row(row)]

    def selection(self, spans: Iterable[range]) -> Selection:
        """What some spans of rows stand for."""
        above = len(self._folders)
        folders: list[str] = []
        objects = array("I")
        for span in spans:
            folders += map(self.folder, range(span.start, min(span.stop, above)))
            objects += self._objects[max(0, span.start - above) : max(0, span.stop - above)]
        if self.place.lists_buckets:
            return Selection(self.place, buckets=tuple(folders))
        if self.place.search is None:
            return Selection(self.place, self._rows.chosen(objects), tuple(folders))
        if not objects:
            return Selection(self.place)
        # What was found is chosen by whole names; only where all are of one bucket it is told.
        buckets = {self._rows.bucket_of(n) for n in objects}
        bucket = buckets.pop() if len(buckets) == 1 else None
        return Selection(Place(self.place.session_id, bucket), self._rows.chosen(objects))

    def size_of(self, spans: Iterable[range]) -> int | None:
        """The bytes of the objects in some spans of rows; None where one is not known."""
        above, chosen = len(self._folders), array("I")
        for span in spans:
            chosen += self._objects[max(0, span.start - above) : max(0, span.stop - above)]
        return self._rows.size_together(chosen)

    def on_tape_only(self, spans: Iterable[range]) -> int | None:
        """How many objects in some spans of rows are on tape and nowhere else.

        None where the place of one of them is not known.
        """
        above, places, number = len(self._folders), self._rows.placements, 0
        for span in spans:
            for n in self._objects[max(0, span.start - above) : max(0, span.stop - above)]:
                placed = places.get(n)
                if placed is None or placed.in_cache is None:
                    return None
                elsewhere = placed.in_cache or placed.pools or placed.targets
                number += bool(placed.tapes) and not elsewhere
        return number

    def without_placement(self, span: range, *, anew: bool = False) -> list[PlacementWanted]:
        """The objects in a span of rows whose place is not known yet, bucket by bucket.

        With `anew` those too whose place is known, but may be another by now.
        """
        if self._lists_deleted:
            return []
        rows, above = self._rows, len(self._folders)
        wanted: dict[str, dict[str, int]] = {}
        for n in self._objects[max(0, span.start - above) : max(0, span.stop - above)]:
            bucket = rows.bucket_of(n)
            known = n in rows.placements and not anew
            if not known and bucket is not None and not rows.being_uploaded(n):
                wanted.setdefault(bucket, {})[rows.names[n]] = n
        return [PlacementWanted(rows, bucket, names) for bucket, names in wanted.items()]

    def show_placements(self, wanted: PlacementWanted, placed: Mapping[str, Placed] | None) -> None:
        """Show where some objects are; None: it may not be known. Late ones are dropped."""
        if wanted.rows is not self._rows:
            return
        for name, n in wanted.names.items():
            self._rows.placements[n] = None if placed is None else placed.get(name)
        column = next((n for n, one in enumerate(self.columns) if one.id == "placement"), None)
        if column is not None and self.rowCount():
            last = self.index(self.rowCount() - 1, column)
            self.dataChanged.emit(self.index(0, column), last)

    def rows_named(self, wanted: set[str]) -> list[int]:
        """The rows of these whole names, in order."""
        above, folders, names = len(self._folders), self._rows.folders, self._rows.names
        found = [row for row, n in enumerate(self._folders) if folders[n] in wanted]
        found += [above + row for row, n in enumerate(self._objects) if names[n] in wanted]
        return found

    def row_beginning(self, text: str, after: int) -> int | None:
        """The next row, round the end, whose own name begins with a text in any case."""
        rows, wanted, above = self._rows, text.casefold(), len(self._folders)
        begin, end = rows.skip, rows.skip + len(text)
        found_names = self.place.search is not None

        def among(first: int, last: int) -> int | None:
            for row in range(first, min(last, above)):
                if rows.folders[self._folders[row]][begin:end].casefold() == wanted:
                    return row
            names, first = rows.names, max(first, above)
            for row, n in enumerate(self._objects[first - above : max(0, last - above)], first):
                own = rows.own_name(n)[: len(text)] if found_names else names[n][begin:end]
                if own.casefold() == wanted:
                    return row
            return None

        found = among(after, self.rowCount())
        return among(0, after) if found is None else found

    def folders_beginning(self, text: str, limit: int = 100) -> list[str]:
        """Whole prefixes (or buckets) that begin with a text, for completion."""
        return [one for one in self._rows.folders if one.startswith(text)][:limit]
