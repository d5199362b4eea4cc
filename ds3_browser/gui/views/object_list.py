"""The table of one place: selection, order, columns, keys, drops. Shows a model, emits wishes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from PySide6.QtCore import (
    QCoreApplication,
    QItemSelection,
    QItemSelectionModel,
    QItemSelectionRange,
    QModelIndex,
    QPoint,
    QRect,
    Qt,
    QTimer,
    Signal,
    Slot,
)
from PySide6.QtGui import (
    QContextMenuEvent,
    QDrag,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QMenu, QTableView, QWidget

from ds3_browser.gui import theme
from ds3_browser.gui.models.columns import Column
from ds3_browser.gui.models.objects import ObjectsModel
from ds3_browser.gui.models.ordering import SortKey
from ds3_browser.gui.names import visible
from ds3_browser.gui.places import Place, Selection
from ds3_browser.gui.views import column_menu
from ds3_browser.gui.views.column_menu import Entry
from ds3_browser.gui.views.drops import DropOverlay, FileDrops, ObjectsInDrag, Target, ghost
from ds3_browser.gui.views.list_delegate import ListDelegate
from ds3_browser.gui.views.list_header import ListHeader
from ds3_browser.gui.views.tabbing import is_alone, is_return

_tr = partial(QCoreApplication.translate, "object_list")

NARROWEST_NAME = 160
BUCKET_FROM = 960  # a narrower list of what was found in one bucket leaves that out
TYPING_MS = 1000
KEEP_SELECTED = 1000  # rows; moving very many selected ones to their new places takes seconds
MOVES = (Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_Up, Qt.Key.Key_Down)
NARROWEST = 40  # of the other columns, as the user may make them
UNIT = 1000  # pixels by which larger letters are told
SETTLE_MS = 250  # after a column was dragged wider or narrower
# Back and forward, for the window.
SIDE_BUTTONS = (Qt.MouseButton.BackButton, Qt.MouseButton.ForwardButton)


class _SortHeader(ListHeader):
    """Shows the order by arrows, orders by clicks, and lets columns be chosen by its menu.

    Signals: `menu_wanted(QPoint)` (global), `column_clicked(int)`, `column_added(int)` with Shift.
    """

    column_clicked = Signal(int)
    column_added = Signal(int)
    menu_wanted = Signal(object)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setSectionsClickable(True)
        self.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        self._shift = False
        self.sectionClicked.connect(self._click)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        super().mousePressEvent(event)

    def _click(self, section: int) -> None:
        (self.column_added if self._shift else self.column_clicked).emit(section)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.menu_wanted.emit(event.globalPos())

    def paintSection(self, painter: QPainter, rect: QRect, section: int) -> None:
        super().paintSection(painter, rect, section)
        model = self.model()
        assert isinstance(model, ObjectsModel)
        column = model.columns[section]
        # The appliance's own order is one by name too.
        order = model.order or (SortKey("name"),)
        key = next((key for key in order if key.column == column.id), None)
        if key is not None:
            self.paint_arrow(painter, rect, section, key.descending)


class ObjectList(QTableView):
    """Wishes: `opened(row)`, `files_dropped(list of paths, Place)`, `menu_wanted(QPoint)` (global),
    `selection_altered()`. `resized()` when other rows came into view by that.
    """

    opened = Signal(int)
    files_dropped = Signal(object, object)
    menu_wanted = Signal(object)
    selection_altered = Signal()
    columns_chosen = Signal()
    resized = Signal()

    def __init__(self, model: ObjectsModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("objects")
        self.setAccessibleName(_tr("Objects"))
        self._objects = model
        self._selection: Selection | None = None
        self._filter = ""  # of the rows that are shown
        self._remembered = _Remembered(Place())
        self._chosen_columns: dict[str, bool] = {}
        self._chosen_widths: dict[str, int] = {}  # at letters of the design's size
        self._fitting = False
        self._typed = ""
        self._build(model)
        self._follow_model(model)
        theme.notifier().changed.connect(self.viewport().update)
        theme.notifier().changed.connect(self._size_rows)

    def _size_rows(self) -> None:
        self.verticalHeader().setMinimumSectionSize(theme.list_row(self))
        self.verticalHeader().setDefaultSectionSize(theme.list_row(self))

    def _build(self, model: ObjectsModel) -> None:
        self._header = _SortHeader(self)
        self._header.column_clicked.connect(self._order_by)
        self._header.column_added.connect(self._order_also_by)
        self._header.menu_wanted.connect(self._choose_columns)
        self._header.sectionResized.connect(self._choose_width)
        self._settling = QTimer(self)
        self._settling.setSingleShot(True)
        self._settling.setInterval(SETTLE_MS)
        self._settling.timeout.connect(self._settle_widths)
        self.setHorizontalHeader(self._header)
        # Before the selection's own slots, which would follow every selected row.
        model.modelAboutToBeReset.connect(self._remember)
        model.layoutAboutToBeChanged.connect(self._before_reordering)
        self.setModel(model)
        self.setItemDelegate(ListDelegate(self))
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self._size_rows()
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setFrameShape(QTableView.Shape.NoFrame)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTabKeyNavigation(False)
        self.doubleClicked.connect(self._open)
        self.setDragEnabled(True)
        self._drops = FileDrops(self, self._target_at)
        self._drops.dropped.connect(self.files_dropped)
        self._drops.lingered.connect(self._open_place)
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(TYPING_MS)
        self._typing.timeout.connect(self._forget_typed)

    def _follow_model(self, model: ObjectsModel) -> None:
        model.modelReset.connect(self._come_back)
        model.layoutChanged.connect(self._after_reordering)
        model.order_changed.connect(self._header.viewport().update)
        model.rowsInserted.connect(self._keep_in_view)

    @property
    def overlay(self) -> DropOverlay:
        return self._drops.overlay

    # --- selection

    def selection(self) -> Selection:
        """What is selected, read by ranges: rows may be very many."""
        if self._selection is None:
            self._selection = self._objects.selection(self._spans())
        return self._selection

    def is_selected(self, row: int) -> bool:
        return any(row in span for span in self._spans())

    def selected_rows(self) -> int:
        return sum(map(len, self._spans()))

    def selected_size(self) -> int | None:
        """The bytes of the selected objects, None where one is not known."""
        return self._objects.size_of(self._spans())

    def selected_on_tape_only(self) -> int | None:
        """How many of the selected objects are on tape alone, None where one's place is unknown."""
        return self._objects.on_tape_only(self._spans())

    def _spans(self) -> list[range]:
        chosen = self.selectionModel().selection()
        ranges = [chosen.at(number) for number in range(chosen.count())]
        spans = [range(one.top(), one.bottom() + 1) for one in ranges]
        return sorted(spans, key=lambda span: span.start)

    def selectionChanged(self, selected: QItemSelection, deselected: QItemSelection) -> None:
        super().selectionChanged(selected, deselected)
        self._tell_selection()

    def _tell_selection(self) -> None:
        self._selection = None
        self.selection_altered.emit()

    def selectRow(self, row: int) -> None:
        """Select one row alone, and make it the current one.

        WORKAROUND: from right to left QTableView looks for the column one pixel beyond its edge
        (`logicalIndexAt(viewport()->width())` in QTableView::selectRow, Qt 6.11), finds none and
        selects nothing. Can go when it asks for the last pixel.
        """
        only = QItemSelectionModel.SelectionFlag.ClearAndSelect
        chosen = only | QItemSelectionModel.SelectionFlag.Rows
        self.selectionModel().setCurrentIndex(self.model().index(row, 0), chosen)

    def select_rows(self, rows: list[int]) -> None:
        """Select these rows, in order, and nothing else."""
        model, chosen = self._objects, QItemSelection()
        last = model.columnCount() - 1
        begin = None
        for number, row in enumerate(rows):
            after = rows[number + 1] if number + 1 < len(rows) else None
            begin = row if begin is None else begin
            if after != row + 1:
                chosen.append(QItemSelectionRange(model.index(begin, 0), model.index(row, last)))
                begin = None
        self.selectionModel().select(chosen, QItemSelectionModel.SelectionFlag.ClearAndSelect)

    # --- what stays in view

    def _remember(self) -> None:
        """Before other rows are shown: what is selected, where one is, what is in view."""
        model = self._objects
        self._remembered = _Remembered(model.place)
        rows, current = self.selected_rows(), self.currentIndex()
        everything = rows > 0 and rows == model.rowCount()
        if rows <= KEEP_SELECTED:
            names = set(self.selection().names)
            self._remembered = _Remembered(model.place, names, everything)
        elif everything:
            self._remembered = _Remembered(model.place, set(), everything)
        self._remembered.current = model.name(current.row()) if current.isValid() else None
        self._remembered.row = current.row()
        self._remembered.scroll = self.verticalScrollBar().value()

    def _come_back(self) -> None:
        """After other rows are shown: select and show again what is still there."""
        model, before = self._objects, self._remembered
        filtered, self._filter = model.filter != self._filter, model.filter
        self._selection = None
        self._fit_columns()
        if before.place != model.place:
            return
        rows: list[int] = []
        if before.current is not None and model.rowCount():
            rows = model.rows_named({before.current})
            # Where it is gone, the one that took its place; of what a filter leaves, the first.
            row = 0 if filtered else min(before.row, model.rowCount() - 1)
            row = rows[0] if rows else row
            index = model.index(row, 0)
            flag = QItemSelectionModel.SelectionFlag.NoUpdate
            self.selectionModel().setCurrentIndex(index, flag)
        if before.everything and not model.filter:
            self.selectAll()
        elif before.names:
            self.select_rows(model.rows_named(before.names))
        self.updateGeometries()
        self.verticalScrollBar().setValue(0 if filtered else before.scroll)
        if filtered and rows:
            self.scrollTo(self.currentIndex())
        self._tell_selection()

    def _before_reordering(self) -> None:
        rows = self.selected_rows()
        self._remembered = _Remembered(self._objects.place)
        if rows > KEEP_SELECTED:
            self._remembered.everything = rows == self._objects.rowCount()
            self.clearSelection()

    def _after_reordering(self) -> None:
        if self._remembered.everything:
            self.selectAll()
        self._selection = None

    @Slot(QModelIndex, int, int)
    def _keep_in_view(self, parent: QModelIndex, first: int, last: int) -> None:
        """Rows put in above do not move what is in view."""
        bar, height = self.verticalScrollBar(), self.verticalHeader().defaultSectionSize()
        if bar.value() > first * height:
            self.updateGeometries()  # else the bar ends where it ended without the new rows
            bar.setValue(bar.value() + (last - first + 1) * height)

    # --- order

    def _order_by(self, section: int) -> None:
        """First the user's order, then the other way round, then the appliance's again."""
        column, order = self._objects.columns[section].id, self._objects.order
        if len(order) != 1 or order[0].column != column:
            self._objects.sort_by((SortKey(column),))
        elif not order[0].descending:
            self._objects.sort_by((SortKey(column, descending=True),))
        else:
            self._objects.sort_by(())

    def _order_also_by(self, section: int) -> None:
        """Add a second key, or turn it round."""
        column, order = self._objects.columns[section].id, self._objects.order
        first = order[0] if order else SortKey("name")
        if first.column == column:
            self._order_by(section)
            return
        turned = len(order) > 1 and order[1] == SortKey(column)
        self._objects.sort_by((first, SortKey(column, turned)))

    # --- columns

    def _choose_columns(self, at: QPoint) -> None:
        column_menu.popup(self, at, self.fill_columns)

    def fill_columns(self, menu: QMenu) -> None:
        """Make a menu of the columns that there are now: which are shown, and all as at first."""
        columns = [
            Entry(one.id, one.title(), not self.isColumnHidden(number), one.width is not None)
            for number, one in enumerate(self._objects.columns)
        ]
        column_menu.fill(menu, columns, self.choose_column, self.reset_columns)

    def choose_column(self, column: str, shown: bool) -> None:
        """Show or hide a column, however wide the list is."""
        self._chosen_columns[column] = shown
        self._fit_columns()
        self.columns_chosen.emit()

    @Slot(int, int, int)
    def _choose_width(self, number: int, _before: int, now: int) -> None:
        """A column was dragged wider or narrower: so it stays, whatever becomes of the list."""
        columns = self._objects.columns
        column = columns[number] if number < len(columns) else None
        if self._fitting or column is None or column.width is None or not now:
            return
        unit = theme.row_height(self, UNIT)
        self._chosen_widths[column.id] = max(NARROWEST, round(now * UNIT / unit))
        self._settling.start()

    def _settle_widths(self) -> None:
        self._fit_columns()
        self.columns_chosen.emit()

    def reset_columns(self) -> None:
        self._chosen_columns.clear()
        self._chosen_widths.clear()
        self._fit_columns()
        self.columns_chosen.emit()

    @property
    def chosen_columns(self) -> dict[str, bool]:
        """The columns that the user showed or hid, by their names."""
        return dict(self._chosen_columns)

    @property
    def chosen_widths(self) -> dict[str, int]:
        """How wide the user made which columns, as if the letters were the design's."""
        return dict(self._chosen_widths)

    def restore_columns(self, chosen: Mapping[str, bool], widths: Mapping[str, int]) -> None:
        """Show and hide columns as in an earlier run, as wide as they were made."""
        self._chosen_columns.update(chosen)
        self._chosen_widths.update(widths)
        self._fit_columns()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_columns()
        if self.overlay.isVisible():
            self.overlay.setGeometry(self.rect())
        self.resized.emit()

    def rows_in_view(self) -> range:
        first = self.rowAt(0)
        last = self.rowAt(self.viewport().height() - 1)
        end = self._objects.rowCount() if last < 0 else last + 1
        return range(max(0, first), end if first >= 0 else 0)

    def column_named(self, id: str) -> int | None:
        """Where a column stands, None where it is not shown."""
        found = (n for n, one in enumerate(self._objects.columns) if one.id == id)
        return next((n for n in found if not self.isColumnHidden(n)), None)

    def _fit_columns(self) -> None:
        self._fitting = True
        width = self.viewport().width()
        left, stretch = width, 0
        for number, column in enumerate(self._objects.columns):
            shown = self._is_shown(column, width)
            self.setColumnHidden(number, not shown)
            if column.width is None:
                stretch = number
            elif shown:
                wide = self._chosen_widths.get(column.id, column.width)
                self.setColumnWidth(number, theme.row_height(self, wide))
                left -= theme.row_height(self, wide)
        self.setColumnWidth(stretch, max(theme.row_height(self, NARROWEST_NAME), left))
        self._fitting = False

    def _is_shown(self, column: Column, width: int) -> bool:
        narrow = column.narrow
        if column.id == "bucket" and self._objects.place.bucket is not None:
            narrow = BUCKET_FROM  # all are in one, which the location tells
        by_itself = not column.hidden and width >= theme.row_height(self, narrow)
        return self._chosen_columns.get(column.id, by_itself)

    # --- keys, mouse, menu

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if is_return(event) and self.currentIndex().isValid():
            self._open(self.currentIndex())
        elif self._is_letter(event):
            self.keyboardSearch(event.text())
        else:
            super().keyPressEvent(event)
            if event.key() in MOVES and is_alone(event):
                self._select_current()

    def _select_current(self) -> None:
        """Where the focus made the first row the current one, a key that leads there selects it."""
        current = self.currentIndex()
        if current.isValid() and not self.selectionModel().hasSelection():
            self.selectRow(current.row())

    def _is_letter(self, event: QKeyEvent) -> bool:
        """A space belongs to a name once one is being typed; alone it selects."""
        text = event.text()
        unheld = Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier
        held = event.modifiers() & ~unheld
        return text.isprintable() and bool(text.strip() or (text and self._typed)) and not held

    def keyboardSearch(self, search: str) -> None:
        self._typed += search
        self._typing.start()
        # A first letter goes on from here, further ones stay while they fit.
        after = max(0, self.currentIndex().row() + (len(self._typed) == 1))
        row = self._objects.row_beginning(self._typed, after)
        if row is not None:
            self.selectRow(row)

    def _forget_typed(self) -> None:
        self._typed = ""

    def moveCursor(
        self, action: QAbstractItemView.CursorAction, held: Qt.KeyboardModifier
    ) -> QModelIndex:
        """Home and End lead to the first and last row, as in any list of files."""
        ends = QAbstractItemView.CursorAction
        rows = self._objects.rowCount()
        if rows and action in (ends.MoveHome, ends.MoveEnd):
            column = max(0, self.currentIndex().column())
            return self._objects.index(0 if action is ends.MoveHome else rows - 1, column)
        return super().moveCursor(action, held)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        at = event.pos()
        if event.reason() is QContextMenuEvent.Reason.Keyboard and self.currentIndex().isValid():
            self.scrollTo(self.currentIndex())
            at = self.visualRect(self.currentIndex()).center()
        index = self.indexAt(at)
        if index.isValid() and not self.selectionModel().isSelected(index):
            self.selectRow(index.row())
        elif not index.isValid():
            self.clearSelection()
        self.menu_wanted.emit(self.viewport().mapToGlobal(at))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() in SIDE_BUTTONS:
            event.ignore()  # the window walks back and forward with them
            return
        if not self.indexAt(event.position().toPoint()).isValid():
            self.clearSelection()
        super().mousePressEvent(event)

    def _open(self, index: QModelIndex) -> None:
        self.opened.emit(index.row())

    # --- drags and drops

    def startDrag(self, actions: Qt.DropAction) -> None:
        """Drag objects and folders to the local files; nothing else could take them."""
        selection = self.selection()
        if selection.buckets or selection.place.bucket is None:
            return
        drag = QDrag(self)
        drag.setMimeData(ObjectsInDrag(selection))
        drag.setPixmap(self._ghost(selection))
        drag.exec(Qt.DropAction.CopyAction)
        ObjectsInDrag.current = None

    def _ghost(self, selection: Selection) -> QPixmap:
        name = visible(selection.first_names(1)[0].rstrip("/").rpartition("/")[2])
        return ghost(self, name, len(selection))

    def _target_at(self, at: QPoint) -> Target | None:
        """Where a drop here leads: the folder under it, else the listed place."""
        place, row = self._objects.place, self.indexAt(at).row()
        if row < 0 or not self._objects.is_folder(row):
            return Target(place) if place.takes_uploads else None
        folder = self._objects.folder(row)
        rect = self.visualRect(self._objects.index(row, 0))
        whole = QRect(0, rect.top(), self.viewport().width(), rect.height())
        if place.bucket is None:
            return Target(Place(place.session_id, folder), whole)
        return Target(place.folder(folder), whole)

    @Slot(object)
    def _open_place(self, place: Place) -> None:
        name = place.prefix or place.bucket or ""
        if rows := self._objects.rows_named({name}):
            self.opened.emit(rows[0])


class _Remembered:
    """What a list showed of a place: selected names or all, the current name and where it stood,
    how far down.
    """

    def __init__(
        self, place: Place, names: set[str] | None = None, everything: bool = False
    ) -> None:
        self.place = place
        self.names = names or set()
        self.everything = everything
        self.current: str | None = None
        self.row = 0
        self.scroll = 0
