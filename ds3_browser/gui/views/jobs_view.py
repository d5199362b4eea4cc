"""The list of transfers: a table of two-line rows with a button in those that wait."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from PySide6.QtCore import (
    QCoreApplication,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRectF,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import (
    QContextMenuEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHeaderView,
    QMenu,
    QTableView,
    QToolTip,
    QWidget,
)

from ds3_browser.gui import job_words, theme, wait_words
from ds3_browser.gui.models.jobs import COLUMN_OF, COLUMNS, JobsModel
from ds3_browser.gui.views import column_menu
from ds3_browser.gui.views.column_menu import Entry
from ds3_browser.gui.views.job_delegates import (
    JobDelegate,
    button_rect,
    button_text,
    state_width,
)
from ds3_browser.gui.views.line_drags import LineDrags
from ds3_browser.gui.views.list_header import ListHeader
from ds3_browser.gui.views.tabbing import is_return
from ds3_browser.gui.views.two_lines import row_height

Index = QModelIndex | QPersistentModelIndex

_tr = partial(QCoreApplication.translate, "jobs_view")

WIDTHS = {
    "state": 282,
    "progress": 196,
    "objects": 106,  # neither is "of 1,000,000"
    "rate": 92,
    "time_left": 98,  # "under 1 min" is never cut
    "started": 146,
    "priority": 84,
    "session": 110,
    "job_id": 220,
}
FIXED = ("job", "state")  # they are always shown
NAME = 150  # the least it has before other columns give way
GIVE_WAY = ("objects", "rate", "time_left")  # in this order
LEAST_PROGRESS = 110  # so narrow it becomes once no other can give way


class JobsView(QTableView):
    """The list of jobs. Wishes, each with the job's id: `try_now_wanted`, `retry_wanted`,
    `resume_wanted`, `toggle_pause_wanted`, `end_wanted` (cancel, or remove what has ended);
    `move_wanted(job_id, places)`, further forward in its line, or back where negative;
    `menu_wanted(job_id, global point)`.
    """

    try_now_wanted = Signal(object)
    retry_wanted = Signal(object)
    resume_wanted = Signal(object)
    toggle_pause_wanted = Signal(object)
    end_wanted = Signal(object)
    move_wanted = Signal(object, object)
    menu_wanted = Signal(object, QPoint)
    show_wanted = Signal(object)
    columns_chosen = Signal()

    def __init__(self, jobs: JobsModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("transfers_list")
        self.setAccessibleName(_tr("Transfers"))
        self._jobs = jobs
        self._with_objects = True
        self._chosen_columns: dict[str, bool] = {}
        self._said: set[tuple[str, str]] = set()  # words of states beside their buttons
        self._delegate = JobDelegate(self)
        self.setModel(jobs)
        self.setItemDelegate(self._delegate)
        self.setMouseTracking(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalHeader(ListHeader(self))
        self.horizontalHeader().setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.horizontalHeader().customContextMenuRequested.connect(self._choose_columns)
        self.verticalHeader().hide()
        self.drags = LineDrags(self, jobs)
        self.drags.moved.connect(self.move_wanted)
        self._size_rows()
        self._size_columns()
        theme.notifier().changed.connect(self._size_rows)
        for altered in (jobs.state_changed, jobs.rowsInserted, jobs.rowsRemoved, jobs.modelReset):
            altered.connect(self._fit_states)

    def _size_rows(self) -> None:
        height = row_height(self.font())
        self.verticalHeader().setMinimumSectionSize(height)
        self.verticalHeader().setDefaultSectionSize(height)

    def _size_columns(self) -> None:
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionsMovable(False)
        header.setMinimumSectionSize(60)
        header.setSectionResizeMode(COLUMN_OF["job"], QHeaderView.ResizeMode.Stretch)
        for name in WIDTHS:
            header.resizeSection(COLUMN_OF[name], self._wanted(name))
        self._give_way()

    def _wanted(self, name: str) -> int:
        wide = theme.row_height(self, WIDTHS[name])
        if name != "state":
            return wide
        said = {(wait_words.longest_wait(), job_words.try_now()), *self._said}
        return max(wide, *(state_width(self.font(), *one) for one in said))

    @Slot()
    def _fit_states(self) -> None:
        """Be as wide as what stands beside a button needs: a countdown always has its room."""
        said = self._jobs.words_beside_buttons()
        if said != self._said:
            self._said = said
            self._size_columns()

    def show_objects(self, shown: bool) -> None:
        """Have the column of objects, where there is room for it, or do without."""
        self._with_objects = shown
        self._give_way()

    def _give_way(self) -> None:
        """Hide columns until the name has room; where that is not enough, narrow the progress."""
        header = self.horizontalHeader()
        room = self.viewport().width() - theme.row_height(self, NAME)
        shown = {name for name in WIDTHS if self._is_shown(name)}
        needed = sum(map(self._wanted, shown))
        for name in GIVE_WAY:
            if needed > room and name in shown and name not in self._chosen_columns:
                shown.discard(name)
                needed -= self._wanted(name)
        for name in WIDTHS:
            header.setSectionHidden(COLUMN_OF[name], name not in shown)
        narrower = max(0, needed - room)
        least = theme.row_height(self, LEAST_PROGRESS)
        wide = max(least, self._wanted("progress") - narrower)
        header.resizeSection(COLUMN_OF["progress"], wide)

    def _is_shown(self, name: str) -> bool:
        by_itself = not COLUMNS[COLUMN_OF[name]].hidden
        if name == "objects":
            by_itself = self._with_objects
        return self._chosen_columns.get(name, by_itself)

    # --- columns

    def _choose_columns(self, at: QPoint) -> None:
        at = self.horizontalHeader().viewport().mapToGlobal(at)
        column_menu.popup(self, at, self.fill_columns)

    def fill_columns(self, menu: QMenu) -> None:
        """Make a menu of the columns: which are shown, and all as at first."""
        columns = [
            Entry(one.id, one.title(), not self.isColumnHidden(number), one.id not in FIXED)
            for number, one in enumerate(COLUMNS)
        ]
        column_menu.fill(menu, columns, self.choose_column, self.reset_columns)

    def choose_column(self, name: str, shown: bool) -> None:
        """Show or hide a column, however wide the list is."""
        self._chosen_columns[name] = shown
        self._give_way()
        self.columns_chosen.emit()

    def reset_columns(self) -> None:
        self._chosen_columns.clear()
        self._give_way()
        self.columns_chosen.emit()

    @property
    def chosen_columns(self) -> dict[str, bool]:
        """The columns that the user showed or hid, by their names."""
        return dict(self._chosen_columns)

    def restore_columns(self, chosen: Mapping[str, bool]) -> None:
        """Show and hide columns as in an earlier run."""
        known = {name: shown for name, shown in chosen.items() if name in WIDTHS}
        self._chosen_columns.update(known)
        self._give_way()

    def button_at(self, point: QPoint) -> int | None:
        """Return the job whose button lies under a point of the viewport, else None."""
        index = self.indexAt(point)
        row = self._jobs.row_at(index)
        if row is None or index.column() != COLUMN_OF["state"] or not button_text(row):
            return None
        text = button_text(row)
        rect = button_rect(self.visualRect(index), self.font(), self.layoutDirection(), text)
        return row.job_id if rect.contains(point) else None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover(self.button_at(event.position().toPoint()))
        super().mouseMoveEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        job_id = self.button_at(event.position().toPoint())
        if event.button() is Qt.MouseButton.LeftButton and job_id is not None:
            self._hold(job_id)
            return
        super().mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        held = self._delegate.held
        if held is None:
            super().mouseReleaseEvent(event)
            return
        self._hold(None)
        if self.button_at(event.position().toPoint()) == held:
            self._press(held)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        point = event.position().toPoint()
        row = self._jobs.row_at(self.indexAt(point))
        if row is not None and self.button_at(point) is None:
            self.show_wanted.emit(row.job_id)

    def leaveEvent(self, event: QEvent) -> None:
        self._hover(None)
        super().leaveEvent(event)

    def _hover(self, job_id: int | None) -> None:
        if job_id == self._delegate.hovered:
            return
        self._delegate.hovered = job_id
        over = Qt.CursorShape.PointingHandCursor if job_id is not None else None
        self.viewport().unsetCursor() if over is None else self.viewport().setCursor(over)
        self.viewport().update()

    def _hold(self, job_id: int | None) -> None:
        self._delegate.held = job_id
        self.viewport().update()

    def _press(self, job_id: int) -> None:
        row = self._jobs.row(job_id)
        if row is not None and row.needs_session:
            self.resume_wanted.emit(job_id)
        elif row is not None and row.may_retry:
            self.retry_wanted.emit(job_id)
        elif row is not None and (
            row.may_choose_folder or row.waits_for_key or row.question is not None
        ):
            self.resume_wanted.emit(job_id)
        else:
            self._try_now(job_id)

    def _try_now(self, job_id: int) -> None:
        row = self._jobs.row(job_id)
        if row is not None and row.may_try_now and not row.rests(self._jobs.now()):
            self.try_now_wanted.emit(job_id)

    def startDrag(self, actions: Qt.DropAction) -> None:
        row = self._jobs.row_at(self.currentIndex())
        if row is not None:
            self.drags.begin(row)

    def event(self, event: QEvent) -> bool:
        """Here the keys that lead to the parent folder elsewhere move a job in its line."""
        override = event.type() is QEvent.Type.ShortcutOverride
        if override and isinstance(event, QKeyEvent) and _places(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        row = self._jobs.row_at(self.currentIndex())
        control = event.modifiers() == Qt.KeyboardModifier.ControlModifier
        if row is None:
            super().keyPressEvent(event)
        elif places := _places(event):
            if row.line is not None:
                self.move_wanted.emit(row.job_id, places)
        elif event.key() == Qt.Key.Key_Space and not event.modifiers():
            self.toggle_pause_wanted.emit(row.job_id)
        elif event.key() == Qt.Key.Key_T and control:
            self._try_now(row.job_id)
        elif event.key() == Qt.Key.Key_Delete:
            self.end_wanted.emit(row.job_id)
        elif is_return(event):
            self.show_wanted.emit(row.job_id)
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """The row under the mouse becomes the current one; the menu key opens at the current."""
        if event.reason() is QContextMenuEvent.Reason.Mouse:
            index = self.indexAt(event.pos())
            point = event.globalPos()
            if index.isValid():
                self.setCurrentIndex(index)
        else:
            index = self.currentIndex()
            corner = self.visualRect(index).bottomLeft() + QPoint(48, 0)
            point = self.viewport().mapToGlobal(corner)
        row = self._jobs.row_at(index)
        if row is not None:
            self.menu_wanted.emit(row.job_id, point)

    def viewportEvent(self, event: QEvent) -> bool:
        """A button's own tip stands before that of its cell."""
        if event.type() is QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            job_id = self.button_at(event.pos())
            row = None if job_id is None else self._jobs.row(job_id)
            if row is not None and (tip := job_words.verb_tip(row)):
                QToolTip.showText(event.globalPos(), tip, self.viewport())
                return True
        return super().viewportEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        self.drags.paint(QPainter(self.viewport()))
        if self.hasFocus() and self.currentIndex().isValid():
            self._paint_focus()

    def _paint_focus(self) -> None:
        row = self.visualRect(self.currentIndex())
        ring = QRectF(0, row.top(), self.viewport().width(), row.height() - 1)
        painter = QPainter(self.viewport())
        painter.setPen(QPen(theme.tokens().accent, 2))
        painter.drawRect(ring.adjusted(1, 1, -1, -1))

    def currentChanged(self, current: Index, previous: Index) -> None:
        super().currentChanged(current, previous)
        self.viewport().update()  # the ring goes round whole rows, Qt paints a cell of them

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._give_way()
        self.viewport().update()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange and hasattr(self, "_delegate"):
            self._size_rows()
            self._size_columns()


def _places(event: QKeyEvent) -> int:
    """How many places forward in line a key means: one, one back, or none at all."""
    alt = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier == Qt.KeyboardModifier.AltModifier
    if not alt:
        return 0
    return {Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1}.get(Qt.Key(event.key()), 0)
