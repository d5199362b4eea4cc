"""The list of the jobs board: rows of two lines, ordered by a click on a title."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QCoreApplication, QEvent, QModelIndex, QPoint, QRect, QRectF, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QFrame, QHeaderView, QTableView, QWidget

from ds3_browser.gui import theme
from ds3_browser.gui.appliance_jobs import BoardRow
from ds3_browser.gui.models.board import COLUMN_OF, BoardModel
from ds3_browser.gui.views.board_delegate import BoardDelegate
from ds3_browser.gui.views.list_header import ListHeader
from ds3_browser.gui.views.two_lines import row_height

_tr = partial(QCoreApplication.translate, "board")

WIDTHS = {
    "type": 78,
    "bucket": 114,
    "owner": 94,
    "priority": 80,
    "progress": 222,
    "left": 88,
    "started": 142,
    "activity": 206,
}
NAME = 150  # the least it has before other columns give way
GIVE_WAY = ("left", "owner", "started", "priority", "bucket")  # in this order
LEAST = {"progress": 120, "activity": 130}  # so narrow they become once no other can give way


class _Header(ListHeader):
    """Shows the order by an arrow beside its column's title."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setSectionsClickable(True)
        self.setSortIndicatorShown(False)
        self.setSortIndicator(COLUMN_OF["started"], Qt.SortOrder.DescendingOrder)
        self.sectionClicked.connect(self._order_by)

    def _order_by(self, section: int) -> None:
        up, down = Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder
        again = section == self.sortIndicatorSection() and self.sortIndicatorOrder() is up
        self.setSortIndicator(section, down if again else up)
        self.model().sort(section, self.sortIndicatorOrder())
        self.viewport().update()

    def paintSection(self, painter: QPainter, rect: QRect, section: int) -> None:
        super().paintSection(painter, rect, section)
        if section != self.sortIndicatorSection():
            return
        down = self.sortIndicatorOrder() is Qt.SortOrder.DescendingOrder
        self.paint_arrow(painter, rect, section, down)


class BoardList(QTableView):
    """Wishes: `current_altered()`, `menu_wanted(global point)`, `cancel_wanted()`."""

    current_altered = Signal()
    menu_wanted = Signal(QPoint)
    cancel_wanted = Signal()

    def __init__(self, model: BoardModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("board_list")
        self.setAccessibleName(_tr("Jobs on the appliance"))
        self._board = model
        self.setModel(model)
        self.setItemDelegate(BoardDelegate(self))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        header = _Header(self)
        header.setMinimumSectionSize(50)
        self.setHorizontalHeader(header)
        header.setSectionResizeMode(COLUMN_OF["name"], QHeaderView.ResizeMode.Stretch)
        self.verticalHeader().hide()
        self._size()
        theme.notifier().changed.connect(self._size)
        self._kept: tuple[str, int] | None = None  # the current job, and where it is scrolled to
        model.modelAboutToBeReset.connect(self._keep)
        model.modelReset.connect(self._bring_back)
        self.selectionModel().currentRowChanged.connect(self._tell)

    def current_row(self) -> BoardRow | None:
        return self._board.row_at(self.currentIndex())

    def select_job(self, job_id: str) -> bool:
        """Make a job the current one; False where it is not in the list."""
        index = self._board.place_of(job_id)
        if index.isValid():
            self.setCurrentIndex(index)
            self.scrollTo(index)
        return index.isValid()

    def _keep(self) -> None:
        row = self.current_row()
        self._kept = None if row is None else (row.job.job_id, self.verticalScrollBar().value())

    def _bring_back(self) -> None:
        """A refresh keeps the current row and the scroll position."""
        if self._kept is not None:
            index = self._board.place_of(self._kept[0])
            if index.isValid():
                self.setCurrentIndex(index)
                self.verticalScrollBar().setValue(self._kept[1])
        self.current_altered.emit()

    def _tell(self, now: QModelIndex, before: QModelIndex) -> None:
        self.viewport().update()  # the ring goes round whole rows, Qt paints a cell of them
        self.current_altered.emit()

    # --- size

    def _size(self) -> None:
        height = row_height(self.font())
        self.verticalHeader().setMinimumSectionSize(height)
        self.verticalHeader().setDefaultSectionSize(height)
        for name, width in WIDTHS.items():
            self.horizontalHeader().resizeSection(COLUMN_OF[name], theme.row_height(self, width))
        self._give_way()

    def _give_way(self) -> None:
        """Hide columns until the name has room, and narrow others where that is not enough."""
        header = self.horizontalHeader()
        room = self.viewport().width() - theme.row_height(self, NAME)
        needed = sum(theme.row_height(self, width) for width in WIDTHS.values())
        for name in GIVE_WAY:
            hidden = needed > room
            header.setSectionHidden(COLUMN_OF[name], hidden)
            if hidden:
                needed -= theme.row_height(self, WIDTHS[name])
        for name, least in LEAST.items():
            wide = theme.row_height(self, WIDTHS[name])
            narrow = max(theme.row_height(self, least), wide - max(0, needed - room))
            header.resizeSection(COLUMN_OF[name], narrow)
            needed -= wide - narrow

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._give_way()
        if self.currentIndex().isValid():  # the details of the current job take of its height
            self.scrollTo(self.currentIndex())

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange and hasattr(self, "_board"):
            self._size()

    # --- keys, menu, focus

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Delete and self.current_row() is not None:
            self.cancel_wanted.emit()
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if event.reason() is QContextMenuEvent.Reason.Mouse:
            index, at = self.indexAt(event.pos()), event.globalPos()
            if index.isValid():
                self.setCurrentIndex(index)
        else:
            index = self.currentIndex()
            at = self.viewport().mapToGlobal(self.visualRect(index).bottomLeft() + QPoint(48, 0))
        if index.isValid():
            self.menu_wanted.emit(at)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.hasFocus() and self.currentIndex().isValid():
            row = self.visualRect(self.currentIndex().siblingAtColumn(COLUMN_OF["name"]))
            ring = QRectF(0, row.top(), self.viewport().width(), row.height() - 1)
            painter = QPainter(self.viewport())
            painter.setPen(QPen(theme.tokens().accent, 2))
            painter.drawRect(ring.adjusted(1, 1, -1, -1))
