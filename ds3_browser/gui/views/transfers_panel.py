"""The transfers dock: header, list of jobs, detail of the current one, or all folded to a strip.

Shows what the models hold. Verbs leave as wishes that carry the job's id.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from PySide6.QtCore import (
    QByteArray,
    QCoreApplication,
    QEvent,
    QModelIndex,
    QPoint,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
    QContextMenuEvent,
    QFont,
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
    QHBoxLayout,
    QHeaderView,
    QSizePolicy,
    QSplitter,
    QTableView,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ds3_browser.gui import format, icons, job_words, theme
from ds3_browser.gui.job_row import JobRow, Segment
from ds3_browser.gui.models.chunks import Chunks
from ds3_browser.gui.models.job_objects import JobObject, ObjectsWanted
from ds3_browser.gui.models.jobs import COLUMN_OF, JobsModel, Summary
from ds3_browser.gui.models.throughput import Throughput
from ds3_browser.gui.theme import Role
from ds3_browser.gui.views.job_delegates import (
    JobDelegate,
    button_rect,
    button_text,
    row_height,
    state_width,
)
from ds3_browser.gui.views.job_detail import JobDetail
from ds3_browser.gui.views.labels import ElidedLabel
from ds3_browser.gui.views.list_header import ListHeader
from ds3_browser.gui.views.segments import Segments
from ds3_browser.gui.views.summary_strip import Rates, SummaryStrip
from ds3_browser.transfer.events import ObjectState

_tr = partial(QCoreApplication.translate, "transfers_panel")

HEADER = 37
STRIP = 36
HEIGHT = 330
EMPTY_HEIGHT = 120
DETAIL_FROM = 1200  # a narrower dock has no detail
COLUMNS_FROM = 1100  # a narrower one neither Objects nor rates, and icons for words
LIST_WITH_OBJECTS_FROM = 920  # beside a detail the list has less: the names need it more
DETAIL = (360, 431)  # its least width, and the width it takes of 1440
WIDTHS = {"state": 282, "progress": 196, "objects": 88, "rate": 92, "time_left": 84}
ANNOUNCE_AT_S = (60, 10)
QWIDGETSIZE_MAX = (1 << 24) - 1  # Qt's own, which PySide6 does not export


class JobsView(QTableView):
    """The list of jobs. Wishes, each with the job's id: `try_now_wanted`, `toggle_pause_wanted`,
    `end_wanted` (cancel, or remove what has ended); `menu_wanted(job_id, global point)`.
    """

    try_now_wanted = Signal(object)
    toggle_pause_wanted = Signal(object)
    end_wanted = Signal(object)
    menu_wanted = Signal(object, QPoint)

    def __init__(self, jobs: JobsModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("transfers_list")
        self.setAccessibleName(_tr("Transfers"))
        self._jobs = jobs
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
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalHeader(ListHeader(self))
        self.verticalHeader().hide()
        self._size_rows()
        self._size_columns()

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
        for name, width in WIDTHS.items():
            header.resizeSection(COLUMN_OF[name], theme.row_height(self, width))
        state = max(header.sectionSize(COLUMN_OF["state"]), state_width(self.font()))
        header.resizeSection(COLUMN_OF["state"], state)

    def button_at(self, point: QPoint) -> int | None:
        """Return the job whose button lies under a point of the viewport, else None."""
        index = self.indexAt(point)
        row = self._jobs.row_at(index)
        if row is None or index.column() != COLUMN_OF["state"] or not button_text(row):
            return None
        rect = button_rect(self.visualRect(index), self.font(), self.layoutDirection())
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
            self._try_now(held)

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

    def _try_now(self, job_id: int) -> None:
        row = self._jobs.row(job_id)
        if row is not None and row.may_try_now and not row.rests(self._jobs.now()):
            self.try_now_wanted.emit(job_id)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        row = self._jobs.row_at(self.currentIndex())
        control = event.modifiers() == Qt.KeyboardModifier.ControlModifier
        if row is None:
            super().keyPressEvent(event)
        elif event.key() == Qt.Key.Key_Space and not event.modifiers():
            self.toggle_pause_wanted.emit(row.job_id)
        elif event.key() == Qt.Key.Key_T and control:
            self._try_now(row.job_id)
        elif event.key() == Qt.Key.Key_Delete:
            self.end_wanted.emit(row.job_id)
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
        if event.type() is QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            job_id = self.button_at(event.pos())
            self.viewport().setToolTip(_tr("Ask at once (Ctrl+T)") if job_id is not None else "")
        return super().viewportEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.hasFocus() and self.currentIndex().isValid():
            self._paint_focus()

    def _paint_focus(self) -> None:
        row = self.visualRect(self.currentIndex())
        ring = QRectF(0, row.top(), self.viewport().width(), row.height() - 1)
        painter = QPainter(self.viewport())
        painter.setPen(QPen(theme.tokens().accent, 2))
        painter.drawRect(ring.adjusted(1, 1, -1, -1))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.viewport().update()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange and hasattr(self, "_delegate"):
            self._size_rows()
            self._size_columns()


class Header(QWidget):
    """The dock's header. Wishes: `segment_chosen(Segment)`, `pause_all_wanted`,
    `resume_all_wanted`, `clear_done_wanted`, `close_wanted`.
    """

    segment_chosen = Signal(object)
    pause_all_wanted = Signal()
    resume_all_wanted = Signal()
    clear_done_wanted = Signal()
    close_wanted = Signal()

    def __init__(self, jobs: JobsModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._wide = True
        self._resumes = False
        self._verbs: tuple[int, int, int, bool] | None = None
        self._build()
        jobs.summary_changed.connect(self._follow)
        theme.notifier().changed.connect(self._tint)
        self._follow()
        self._tint()

    def _build(self) -> None:
        title = ElidedLabel(self, 13, QFont.Weight.DemiBold)
        title.setText(_tr("Transfers"))
        title.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
        title.setMinimumWidth(title.sizeHint().width())
        self.segments = Segments(self)
        self.segments.setObjectName("transfers_segments")
        self.segments.chosen.connect(self.segment_chosen)
        self._rates = Rates(self)
        self._pause = self._button("pause_all")
        self._pause.clicked.connect(self._press_pause)
        self._clear = self._button("clear_done")
        self._clear.clicked.connect(self.clear_done_wanted)
        self._close = self._button("close_transfers")
        self._close.setToolTip(_tr("Fold the transfers to a line (Ctrl+J)"))
        self._close.setAccessibleName(_tr("Fold the transfers to a line"))
        self._close.clicked.connect(self.close_wanted)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 0, 8, 1)
        row.setSpacing(8)
        row.addWidget(title)
        row.addWidget(self.segments)
        row.addStretch(1)
        row.addWidget(self._rates)
        row.addSpacing(8)
        row.addWidget(self._pause)
        row.addWidget(self._clear)
        row.addWidget(self._close)

    def _button(self, name: str) -> QToolButton:
        button = QToolButton(self)
        button.setObjectName(name)
        button.setAutoRaise(True)
        button.setMinimumSize(28, 28)
        return button

    def set_wide(self, wide: bool) -> None:
        self._wide = wide
        self._rates.setVisible(wide)
        self._follow()

    def show_segment(self, segment: Segment) -> None:
        self.segments.button(segment).setChecked(True)

    def _follow(self) -> None:
        summary = self._jobs.summary()
        self._rates.show_rates(summary.up, summary.down)
        self._show_counts(summary)
        self._show_verbs(summary)

    def _show_counts(self, summary: Summary) -> None:
        words = {
            Segment.ALL: _tr("All {n}"),
            Segment.ACTIVE: _tr("Active {n}"),
            Segment.FAILED: _tr("Failed {n}"),
            Segment.DONE: _tr("Done {n}"),
        }
        told = [
            (part, text.format(n=format.count(summary.counts[part])))
            for part, text in words.items()
        ]
        self.segments.show_segments(told, self._jobs.segment)

    def _show_verbs(self, summary: Summary) -> None:
        verbs = (summary.may_pause, summary.may_resume, summary.may_clear, self._wide)
        if verbs == self._verbs:
            return
        self._verbs = verbs
        self._resumes = not summary.may_pause and bool(summary.may_resume)
        self._word(self._pause, _tr("Resume all") if self._resumes else _tr("Pause all"))
        self._pause.setIcon(icons.icon("play" if self._resumes else "pause", Role.SECONDARY))
        self._pause.setEnabled(bool(summary.may_pause or summary.may_resume))
        self._word(self._clear, _tr("Clear done"))
        self._clear.setEnabled(bool(summary.may_clear))

    def _word(self, button: QToolButton, text: str) -> None:
        button.setText(text)
        button.setToolTip("" if self._wide else text)
        button.setAccessibleName(text)
        style = Qt.ToolButtonStyle
        button.setToolButtonStyle(
            style.ToolButtonTextBesideIcon if self._wide else style.ToolButtonIconOnly
        )

    def _press_pause(self) -> None:
        (self.resume_all_wanted if self._resumes else self.pause_all_wanted).emit()

    def _tint(self) -> None:
        self._clear.setIcon(icons.icon("clear-done", Role.SECONDARY))
        self._close.setIcon(icons.icon("close", Role.SECONDARY))
        self._verbs = None
        self._follow()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        tokens = theme.tokens()
        painter.fillRect(self.rect(), tokens.window)
        painter.fillRect(QRect(0, self.height() - 1, self.width(), 1), tokens.border)


class TransfersPanel(QWidget):
    """The dock. Wishes: those of list, header and detail, each with the job's id where it is one
    job's; `page_wanted(ObjectsWanted)` and `free_space_wanted(folder)`, which are answered by
    `show_page` and `show_free_space`. Told besides: `collapsed_changed(bool)`,
    `current_changed(job_id | None)`.
    """

    try_now_wanted = Signal(object)
    pause_wanted = Signal(object)
    resume_wanted = Signal(object)
    cancel_wanted = Signal(object)
    remove_wanted = Signal(object)
    menu_wanted = Signal(object, QPoint)
    page_wanted = Signal(object)
    free_space_wanted = Signal(object)
    pause_all_wanted = Signal()
    resume_all_wanted = Signal()
    clear_done_wanted = Signal()
    collapsed_changed = Signal(bool)
    current_changed = Signal(object)

    def __init__(
        self,
        jobs: JobsModel,
        chunks: Chunks,
        throughput: Throughput,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("transfers")
        self.setAccessibleName(_tr("Transfers"))
        self._jobs = jobs
        self._collapsed = False
        self._divided = False
        self._announced: set[tuple[int, object, int]] = set()
        self._build(chunks, throughput)
        self._connect()
        self._show_empty()

    def _build(self, chunks: Chunks, throughput: Throughput) -> None:
        self.header = Header(self._jobs, self)
        self.header.setFixedHeight(theme.row_height(self, HEADER))
        self.list = JobsView(self._jobs, self)
        self.detail = JobDetail(self._jobs, chunks, throughput, self)
        self.strip = SummaryStrip(self._jobs, self)
        self.strip.setFixedHeight(self._strip_height())
        self.strip.hide()
        self._empty = ElidedLabel(self.list.viewport(), 13, role=Role.SECONDARY)
        self._empty.setObjectName("transfers_empty")
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.splitter = QSplitter(Qt.Orientation.Horizontal, self)
        self.splitter.setObjectName("transfers_splitter")
        self.splitter.setChildrenCollapsible(False)
        self.splitter.setHandleWidth(1)
        self.splitter.addWidget(self.list)
        self.splitter.addWidget(self.detail)
        self.splitter.setStretchFactor(0, 1)
        self.splitter.setStretchFactor(1, 0)
        self.detail.setMinimumWidth(theme.row_height(self, DETAIL[0]))
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addWidget(self.header)
        self._column.addWidget(self.splitter, 1)
        self._column.addWidget(self.strip)
        self.setMinimumHeight(EMPTY_HEIGHT)

    def _connect(self) -> None:
        self.list.try_now_wanted.connect(self.try_now_wanted)
        self.list.toggle_pause_wanted.connect(self._toggle_pause)
        self.list.end_wanted.connect(self._end)
        self.list.menu_wanted.connect(self.menu_wanted)
        self.list.selectionModel().currentRowChanged.connect(self._show_current)
        self.header.segment_chosen.connect(self.show_segment)
        self.header.pause_all_wanted.connect(self.pause_all_wanted)
        self.header.resume_all_wanted.connect(self.resume_all_wanted)
        self.header.clear_done_wanted.connect(self.clear_done_wanted)
        self.header.close_wanted.connect(lambda: self.set_collapsed(True))
        self.detail.try_now_wanted.connect(self.try_now_wanted)
        self.detail.pause_wanted.connect(self.pause_wanted)
        self.detail.resume_wanted.connect(self.resume_wanted)
        self.detail.menu_wanted.connect(self.menu_wanted)
        self.detail.page_wanted.connect(self.page_wanted)
        self.detail.free_space_wanted.connect(self.free_space_wanted)
        self.strip.open_wanted.connect(self._open_at)
        self.splitter.splitterMoved.connect(self._divide)
        self._jobs.rowsInserted.connect(self._select_new)
        self._jobs.rowsRemoved.connect(self._show_empty)
        self._jobs.modelReset.connect(self._show_empty)
        self._jobs.state_changed.connect(self._announce)
        self._jobs.ticked.connect(self._announce_countdowns)

    def current_job(self) -> JobRow | None:
        return self._jobs.row_at(self.list.currentIndex())

    def select_job(self, job_id: int) -> None:
        """Make a job the current one, in All if its segment hides it, and unfold the dock."""
        self.set_collapsed(False)
        if not self._jobs.index_of(job_id).isValid():
            self.show_segment(Segment.ALL)
        self._make_current(job_id)

    def show_segment(self, segment: Segment) -> None:
        """Show a part of the list; the current job stays current where it is in it."""
        current = self.current_job()
        self._jobs.show_segment(segment)
        self.header.show_segment(segment)
        if current is not None and self._jobs.index_of(current.job_id).isValid():
            self._make_current(current.job_id)
        elif self._jobs.rowCount():
            self.list.setCurrentIndex(self._jobs.index(0, 0))
        else:
            self._show_current(QModelIndex())

    def show_page(
        self,
        wanted: ObjectsWanted,
        rows: Sequence[JobObject],
        counts: Mapping[ObjectState, int],
    ) -> None:
        """Take the page of objects that `page_wanted` asked for."""
        self.detail.show_page(wanted, rows, counts)

    def page_failed(self, wanted: ObjectsWanted) -> None:
        """The page that `page_wanted` asked for could not be read."""
        self.detail.objects.page_failed(wanted)

    def show_free_space(self, folder: str, free: int | None) -> None:
        """Take the answer to `free_space_wanted(folder)`; None: it cannot be written."""
        self.detail.show_free_space(folder, free)

    @property
    def collapsed(self) -> bool:
        return self._collapsed

    def set_collapsed(self, collapsed: bool) -> None:
        """Fold the dock to its strip, or unfold it."""
        if collapsed == self._collapsed:
            return
        had_focus = self.isAncestorOf(self.focusWidget()) if self.focusWidget() else False
        self._collapsed = collapsed
        self.header.setVisible(not collapsed)
        self.splitter.setVisible(not collapsed)
        self.strip.setVisible(collapsed)
        strip = self._strip_height()
        self.setMinimumHeight(strip if collapsed else EMPTY_HEIGHT)
        self.setMaximumHeight(strip if collapsed else QWIDGETSIZE_MAX)
        self.updateGeometry()
        if had_focus and not collapsed:
            self.list.setFocus()
        self.collapsed_changed.emit(collapsed)

    def preferred_height(self, window_height: int) -> int:
        """Return the height at first: less while there is nothing to show, the strip if folded."""
        if self._collapsed:
            return self._strip_height()
        if not any(True for _ in self._jobs.rows()):
            return EMPTY_HEIGHT
        return min(HEIGHT, window_height * 2 // 5)

    def sizeHint(self) -> QSize:
        return QSize(1200, self.preferred_height(HEIGHT * 3))

    def _open_at(self, segment: Segment) -> None:
        self.set_collapsed(False)
        self.show_segment(segment)
        self.list.setFocus()

    def _make_current(self, job_id: int) -> None:
        index = self._jobs.index_of(job_id)
        self.list.setCurrentIndex(index)
        self.list.scrollTo(index)

    def _select_new(self, parent: QModelIndex, first: int, last: int) -> None:
        """A new job is what one wants to see, unless one is at work in the list."""
        self._show_empty()
        busy = self.list.hasFocus() or self.detail.isAncestorOf(self.focusWidget() or self)
        if not self.list.currentIndex().isValid() or not busy:
            self.list.setCurrentIndex(self._jobs.index(last, 0))
        self.list.scrollTo(self._jobs.index(last, 0))

    def _show_current(self, current: QModelIndex, previous: QModelIndex | None = None) -> None:
        row = self._jobs.row_at(current)
        self.detail.show_job(row.job_id if row is not None else None)
        self.current_changed.emit(row.job_id if row is not None else None)

    def _show_empty(self) -> None:
        empty = not self._jobs.rowCount()
        self._empty.setVisible(empty)
        self.list.horizontalHeader().setVisible(not empty)
        self._empty.setText(_empty_words(self._jobs.segment))
        if empty:
            self._show_current(QModelIndex())
        self._show_fitting()
        self._place_empty()

    def _place_empty(self) -> None:
        self._empty.setGeometry(self.list.viewport().rect())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._show_fitting()
        self._place_empty()

    def _show_fitting(self) -> None:
        """Leave out what a narrow dock has no room for; large letters make it narrow sooner."""
        width = self.width() * 1000 // theme.row_height(self, 1000)
        self.detail.setVisible(width >= DETAIL_FROM and bool(self._jobs.rowCount()))
        if not self._divided:
            detail = theme.row_height(self, max(DETAIL[0], min(DETAIL[1], width * 3 // 10)))
            self.splitter.setSizes([self.width() - detail, detail])
        self._show_fitting_columns()
        self.header.set_wide(width >= COLUMNS_FROM)

    def _show_fitting_columns(self) -> None:
        room = self.splitter.sizes()[0] if self.detail.isVisibleTo(self) else self.width()
        wide = self.width() >= theme.row_height(self, COLUMNS_FROM)
        beside = room >= theme.row_height(self, LIST_WITH_OBJECTS_FROM)
        self.list.setColumnHidden(COLUMN_OF["objects"], not (wide and beside))

    def _divide(self) -> None:
        """The user has moved the divider: where it is, it stays."""
        self._divided = True
        self._show_fitting_columns()

    def save_divider(self) -> QByteArray:
        """Return where the divider of list and detail is, for `restore_divider`."""
        return self.splitter.saveState() if self._divided else QByteArray()

    def restore_divider(self, state: QByteArray) -> None:
        """Put the divider where it was. A value that cannot be read changes nothing."""
        self._divided = not state.isEmpty() and self.splitter.restoreState(state)

    def _strip_height(self) -> int:
        return theme.row_height(self, STRIP)

    def _toggle_pause(self, job_id: int) -> None:
        row = self._jobs.row(job_id)
        if row is None:
            return
        if row.may_pause or row.may_pause_at_once:
            self.pause_wanted.emit(job_id)
        elif row.paused:
            self.resume_wanted.emit(job_id)

    def _end(self, job_id: int) -> None:
        row = self._jobs.row(job_id)
        if row is not None and row.ended:
            self.remove_wanted.emit(job_id)
        elif row is not None and row.may_cancel:
            self.cancel_wanted.emit(job_id)

    @Slot(object)
    def _announce(self, row: JobRow) -> None:
        self._say(job_words.announcement(row, self._jobs.now()))

    def _announce_countdowns(self) -> None:
        """Say a countdown at one minute and at ten seconds, never each second."""
        now = self._jobs.now()
        for row in self._jobs.rows():
            seconds = job_words.seconds_to_wait(row, now)
            if row.wait is None or seconds is None:
                continue
            for bound in ANNOUNCE_AT_S:
                key = (row.job_id, row.wait.asked_at, bound)
                if bound - 1 < seconds <= bound and key not in self._announced:
                    self._announced.add(key)
                    self._say(f"{row.name}: {job_words.spoken_countdown(seconds)}")

    def _say(self, text: str) -> None:
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self.list, text))


def _empty_words(segment: Segment) -> str:
    match segment:
        case Segment.ALL:
            return _tr("No transfers yet. Drop files on a bucket or folder to upload them.")
        case Segment.ACTIVE:
            return _tr("Nothing is being transferred.")
        case Segment.FAILED:
            return _tr("No transfer has failed.")
        case Segment.DONE:
            return _tr("No transfer is done yet.")
