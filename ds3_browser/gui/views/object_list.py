"""The table of one place: selection, keys, drops. It shows a model and emits wishes."""

from __future__ import annotations

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
)
from PySide6.QtGui import (
    QContextMenuEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from ds3_browser.gui import icons, theme
from ds3_browser.gui.models.objects import ObjectsModel
from ds3_browser.gui.places import Place, SelectedObject, Selection
from ds3_browser.gui.theme import Role
from ds3_browser.gui.views.drops import DropOverlay, dragged_paths, upload_tip
from ds3_browser.gui.views.list_delegate import ListDelegate
from ds3_browser.gui.views.list_header import PAD, ListHeader

_tr = partial(QCoreApplication.translate, "object_list")

ROW = 28
OPEN_AFTER_MS = 700
KEEP_SELECTED = 1000


class _SortHeader(ListHeader):
    """Shows the order: an arrow behind the title of the column that rules."""

    def paintSection(self, painter: QPainter, rect: QRect, section: int) -> None:
        super().paintSection(painter, rect, section)
        model = self.model()
        assert isinstance(model, ObjectsModel)
        column = model.columns[section]
        if column.id != (model.sort_column or "name"):
            return
        painter.setFont(self._title_font())
        metrics = painter.fontMetrics()
        title = metrics.horizontalAdvance(column.title())
        turned = "arrow-down" if model.descending else "arrow-up"
        picture = icons.pixmap(turned, Role.SECONDARY, 14, self.devicePixelRatioF())
        left = rect.left() + PAD + title + 6
        if column.right:
            left = rect.right() - PAD - title - 18
        painter.drawPixmap(left, rect.center().y() - 7, picture)


class ObjectList(QTableView):
    """Wishes: `opened(row)`, `files_dropped(list of paths, Place)`, `menu_wanted(QPoint)` (global),
    `selection_altered()`.
    """

    opened = Signal(int)
    files_dropped = Signal(object, object)
    menu_wanted = Signal(object)
    selection_altered = Signal()

    def __init__(self, model: ObjectsModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("objects")
        self.setAccessibleName(_tr("Objects"))
        self._objects = model
        self._over: Place | None = None
        self._over_row: int | None = None
        self._above = 0
        self._typed = ""
        self._build(model)
        model.modelReset.connect(self._fit_columns)
        model.order_changed.connect(self._header.viewport().update)
        model.rowsInserted.connect(self._keep_in_view)
        theme.notifier().changed.connect(self.viewport().update)

    def _build(self, model: ObjectsModel) -> None:
        self._header = _SortHeader(self)
        self._header.setSectionsClickable(True)
        self._header.sectionClicked.connect(self._order_by)
        self._header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        self.setHorizontalHeader(self._header)
        self.setModel(model)
        self._delegate = ListDelegate(self)
        self.setItemDelegate(self._delegate)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setDefaultSectionSize(theme.row_height(self, ROW))
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setFrameShape(QTableView.Shape.NoFrame)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTabKeyNavigation(False)
        self.setAcceptDrops(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DropOnly)
        self.selectionModel().selectionChanged.connect(self._tell_selection)
        self.doubleClicked.connect(self._open)
        self._overlay = DropOverlay(self.viewport())
        self._spring = QTimer(self)
        self._spring.setSingleShot(True)
        self._spring.setInterval(OPEN_AFTER_MS)
        self._spring.timeout.connect(self._spring_open)
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(1000)
        self._typing.timeout.connect(self._forget_typed)

    @property
    def overlay(self) -> DropOverlay:
        return self._overlay

    # --- selection

    def selection(self) -> Selection:
        """What is selected, read by ranges: rows may be very many."""
        model, place = self._objects, self._objects.place
        folders: list[str] = []
        objects: list[SelectedObject] = []
        for span in self._spans():
            for row in range(span.top(), span.bottom() + 1):
                if model.is_folder(row):
                    folders.append(model.folder(row))
                else:
                    objects.append(model.object(row))
        if place.bucket is None:
            return Selection(place, buckets=tuple(folders))
        return Selection(place, tuple(objects), tuple(folders))

    def selected_rows(self) -> int:
        return sum(span.height() for span in self._spans())

    def _spans(self) -> list[QItemSelectionRange]:
        """The ranges of selected rows, each once: they are told for the first column."""
        selection = self.selectionModel().selection()
        spans = [selection.at(n) for n in range(selection.count())]
        return [span for span in spans if span.left() == 0]

    def select_names(self, names: set[str], current: str | None, scroll: int) -> None:
        """Select rows by their whole names and put the view back where it was."""
        selection = QItemSelection()
        last = self._objects.columnCount() - 1
        for row in self._objects.rows_named(names):
            index = self._objects.index(row, 0)
            selection.select(index, self._objects.index(row, last))
        flags = QItemSelectionModel.SelectionFlag.ClearAndSelect
        self.selectionModel().select(selection, flags)
        if current is not None:
            for row in self._objects.rows_named({current}):
                index = self._objects.index(row, 0)
                keep = QItemSelectionModel.SelectionFlag.NoUpdate
                self.selectionModel().setCurrentIndex(index, keep)
        self.verticalScrollBar().setValue(scroll)

    def remembered(self) -> tuple[set[str], str | None, int]:
        """What `select_names` needs to come back to this view."""
        rows = self.selected_rows()
        names = set(self.selection().names) if rows <= KEEP_SELECTED else set()
        current = self.currentIndex()
        name = self._objects.name(current.row()) if current.isValid() else None
        return names, name, self.verticalScrollBar().value()

    def _tell_selection(self) -> None:
        self.selection_altered.emit()

    def _order_by(self, section: int) -> None:
        """First the user's order, then the other way round, then the appliance's again."""
        model = self._objects
        column = model.columns[section].id
        if self.selected_rows() > KEEP_SELECTED:
            self.clearSelection()  # a swap of very many selected rows takes seconds
        if model.sort_column != column:
            model.sort_by(column)
        elif not model.descending:
            model.sort_by(column, descending=True)
        else:
            model.sort_by(None)

    # --- columns

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_columns()
        if self._overlay.isVisible():
            self._overlay.setGeometry(self.viewport().rect())

    def _fit_columns(self) -> None:
        width = self.viewport().width()
        left, stretch = width, 0
        for number, column in enumerate(self._objects.columns):
            hidden = column.hidden or width < column.narrow
            self.setColumnHidden(number, hidden)
            if column.width is None:
                stretch = number
            elif not hidden:
                self.setColumnWidth(number, column.width)
                left -= column.width
        self.setColumnWidth(stretch, max(120, left))

    def _keep_in_view(self, parent: QModelIndex, first: int, last: int) -> None:
        """Rows put in above do not move what is in view."""
        bar, height = self.verticalScrollBar(), self.verticalHeader().defaultSectionSize()
        if bar.value() > first * height:
            bar.setValue(bar.value() + (last - first + 1) * height)

    # --- keys and menu

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self._open(self.currentIndex())
        elif self._is_letter(event):
            self.keyboardSearch(event.text())
        else:
            super().keyPressEvent(event)

    def _is_letter(self, event: QKeyEvent) -> bool:
        held = event.modifiers() & ~Qt.KeyboardModifier.ShiftModifier
        return bool(event.text().strip()) and event.text().isprintable() and not held

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

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        at = event.pos()
        if event.reason() is QContextMenuEvent.Reason.Keyboard and self.currentIndex().isValid():
            at = self.visualRect(self.currentIndex()).center()
        index = self.indexAt(at)
        if index.isValid() and not self.selectionModel().isSelected(index):
            self.selectRow(index.row())
        elif not index.isValid():
            self.clearSelection()
        self.menu_wanted.emit(self.viewport().mapToGlobal(at))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if not self.indexAt(event.position().toPoint()).isValid():
            self.clearSelection()
        super().mousePressEvent(event)

    def _open(self, index: QModelIndex) -> None:
        self.opened.emit(index.row())

    # --- drops

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        self._consider(event)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        self._consider(event)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._end_drag()

    def dropEvent(self, event: QDropEvent) -> None:
        paths, place = dragged_paths(event.mimeData()), self._target(event.position().toPoint())
        self._end_drag()
        if not paths or place is None:
            event.ignore()
            return
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()
        self.files_dropped.emit(paths, place)

    def _consider(self, event: QDragMoveEvent) -> None:
        paths, at = dragged_paths(event.mimeData()), event.position().toPoint()
        if not paths:
            event.ignore()
            return
        place = self._target(at)
        if place is None:
            self._over, self._over_row = None, None
            self._overlay.show_tip((_tr("Choose a bucket"), ""), whole=False, refused=True)
            event.ignore()
            return
        row = self.indexAt(at).row()
        self._over_row = row if place != self._objects.place else None
        if place != self._over:
            self._over = place
            self._spring.start() if self._over_row is not None else self._spring.stop()
        if self._delegate.dropped_on != self._over_row:
            self._delegate.dropped_on = self._over_row
            self.viewport().update()
        whole = self._over_row is None
        self._overlay.show_tip(upload_tip(paths, place.location), whole=whole)
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()

    def _target(self, at: QPoint) -> Place | None:
        """Where a drop here leads: the folder under it, else the listed place."""
        place, row = self._objects.place, self.indexAt(at).row()
        on_folder = row >= 0 and self._objects.is_folder(row)
        if place.bucket is None:
            return Place(place.session_id, self._objects.folder(row)) if on_folder else None
        return place.folder(self._objects.folder(row)) if on_folder else place

    def _spring_open(self) -> None:
        if self._over_row is not None:
            self.opened.emit(self._over_row)

    def _end_drag(self) -> None:
        self._spring.stop()
        self._over, self._over_row = None, None
        self._delegate.dropped_on = None
        self._overlay.hide()
        self.viewport().update()
