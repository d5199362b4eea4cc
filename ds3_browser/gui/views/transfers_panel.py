"""The transfers dock: header, list of jobs, detail of the current one, or all folded to a strip.

Shows what the models hold. Verbs leave as wishes that carry the job's id.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from PySide6.QtCore import (
    QByteArray,
    QCoreApplication,
    QModelIndex,
    QPoint,
    QSize,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from ds3_browser.gui import job_cells, theme, wait_words
from ds3_browser.gui.job_row import JobRow, Segment
from ds3_browser.gui.models.chunks import Chunks
from ds3_browser.gui.models.job_objects import JobObject, ObjectsWanted
from ds3_browser.gui.models.jobs import JobsModel
from ds3_browser.gui.models.throughput import Throughput
from ds3_browser.gui.theme import Role
from ds3_browser.gui.views.job_detail import JobDetail
from ds3_browser.gui.views.jobs_view import JobsView
from ds3_browser.gui.views.labels import ElidedLabel
from ds3_browser.gui.views.summary_strip import SummaryStrip
from ds3_browser.gui.views.transfers_header import TransfersHeader
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
ANNOUNCE_AT_S = (60, 10)
QWIDGETSIZE_MAX = (1 << 24) - 1  # Qt's own, which PySide6 does not export


class Divider(QSplitter):
    """Knows whether its place was chosen, by hand or in an earlier run, and is to be left alone."""

    def __init__(self, orientation: Qt.Orientation, parent: QWidget | None = None) -> None:
        super().__init__(orientation, parent)
        self.chosen = False
        self.splitterMoved.connect(self._choose)

    def restoreState(self, state: QByteArray | bytes | bytearray | memoryview) -> bool:
        restored = super().restoreState(state)
        self.chosen = self.chosen or restored
        return restored

    def _choose(self) -> None:
        self.chosen = True


class TransfersPanel(QWidget):
    """The dock. Wishes: those of list, header and detail, each with the job's id where it is one
    job's; `page_wanted(ObjectsWanted)` and `free_space_wanted(folder)`, which are answered by
    `show_page` and `show_free_space`. Told besides: `collapsed_changed(bool)`,
    `current_changed(job_id | None)`.
    """

    try_now_wanted = Signal(object)
    answered = Signal(object, object, object, bool)
    retry_wanted = Signal(object)
    pause_wanted = Signal(object)
    resume_wanted = Signal(object)
    cancel_wanted = Signal(object)
    remove_wanted = Signal(object)
    move_wanted = Signal(object, object)
    menu_wanted = Signal(object, QPoint)
    show_wanted = Signal(object)
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
        self._announced: set[tuple[int, object, int]] = set()
        self._build(chunks, throughput)
        self._connect()
        self._show_empty()

    def _build(self, chunks: Chunks, throughput: Throughput) -> None:
        self.header = TransfersHeader(self._jobs, self)
        self.header.setFixedHeight(theme.row_height(self, HEADER))
        self.list = JobsView(self._jobs, self)
        self.detail = JobDetail(self._jobs, chunks, throughput, self)
        self.strip = SummaryStrip(self._jobs, self)
        self.strip.setFixedHeight(self._strip_height())
        self.strip.hide()
        self._empty = ElidedLabel(self.list.viewport(), 13, role=Role.SECONDARY)
        self._empty.setObjectName("transfers_empty")
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        # A layout follows the viewport, which is sized after the panel.
        QVBoxLayout(self.list.viewport()).addWidget(self._empty)
        self.splitter = Divider(Qt.Orientation.Horizontal, self)
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
        self.list.retry_wanted.connect(self.retry_wanted)
        self.list.resume_wanted.connect(self.resume_wanted)
        self.list.toggle_pause_wanted.connect(self._toggle_pause)
        self.list.end_wanted.connect(self._end)
        self.list.move_wanted.connect(self.move_wanted)
        self.list.menu_wanted.connect(self.menu_wanted)
        self.list.show_wanted.connect(self.show_wanted)
        self.header.expand_wanted.connect(self._show_whole)
        self.list.selectionModel().currentRowChanged.connect(self._show_current)
        self.header.segment_chosen.connect(self.show_segment)
        self.header.pause_all_wanted.connect(self.pause_all_wanted)
        self.header.resume_all_wanted.connect(self.resume_all_wanted)
        self.header.clear_done_wanted.connect(self.clear_done_wanted)
        self.header.close_wanted.connect(lambda: self.set_collapsed(True))
        self.detail.try_now_wanted.connect(self.try_now_wanted)
        self.detail.pause_wanted.connect(self.pause_wanted)
        self.detail.resume_wanted.connect(self.resume_wanted)
        self.detail.answered.connect(self.answered)
        self.detail.menu_wanted.connect(self.menu_wanted)
        self.detail.page_wanted.connect(self.page_wanted)
        self.detail.free_space_wanted.connect(self.free_space_wanted)
        self.strip.open_wanted.connect(self._open_at)
        self.splitter.splitterMoved.connect(self._show_fitting_columns)
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
        self.detail.page_failed(wanted)

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

    def _show_whole(self) -> None:
        if (row := self.current_job()) is not None:
            self.show_wanted.emit(row.job_id)

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

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._show_fitting()

    def _show_fitting(self) -> None:
        """Leave out what a narrow dock has no room for; large letters make it narrow sooner."""
        width = self.width() * 1000 // theme.row_height(self, 1000)
        self.detail.setVisible(width >= DETAIL_FROM and bool(self._jobs.rowCount()))
        if not self.splitter.chosen:
            detail = theme.row_height(self, max(DETAIL[0], min(DETAIL[1], width * 3 // 10)))
            self.splitter.setSizes([self.width() - detail, detail])
        self._show_fitting_columns()
        self.header.set_wide(width >= COLUMNS_FROM)

    def _show_fitting_columns(self) -> None:
        room = self.splitter.sizes()[0] if self.detail.isVisibleTo(self) else self.width()
        wide = self.width() >= theme.row_height(self, COLUMNS_FROM)
        beside = room >= theme.row_height(self, LIST_WITH_OBJECTS_FROM)
        self.list.show_objects(wide and beside)

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
        if row is not None and row.may_remove:
            self.remove_wanted.emit(job_id)
        elif row is not None and row.may_cancel:
            self.cancel_wanted.emit(job_id)

    @Slot(object)
    def _announce(self, row: JobRow) -> None:
        self._say(job_cells.announcement(row, self._jobs.now()))

    def _announce_countdowns(self) -> None:
        """Say a countdown at one minute and at ten seconds, never each second."""
        now = self._jobs.now()
        for row in self._jobs.rows():
            seconds = wait_words.seconds_to_wait(row, now)
            if row.wait is None or seconds is None:
                continue
            for bound in ANNOUNCE_AT_S:
                key = (row.job_id, row.wait.asked_at, bound)
                if bound - 1 < seconds <= bound and key not in self._announced:
                    self._announced.add(key)
                    self._say(f"{row.name}: {job_cells.spoken_countdown(seconds)}")

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
