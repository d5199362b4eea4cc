"""The detail of the current transfer: figures or wait card, and below them chunks or objects.

Shows what the models hold; verbs leave as wishes with the job's id.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from PySide6.QtCore import QCoreApplication, QPoint, Qt, Signal, SignalInstance, Slot
from PySide6.QtGui import QFont, QPalette
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QToolButton, QVBoxLayout, QWidget

from ds3_browser.gui import direction, icons, job_cells, job_words, theme
from ds3_browser.gui.job_row import JobRow
from ds3_browser.gui.models.chunks import Chunks
from ds3_browser.gui.models.job_objects import JobObject, ObjectsWanted
from ds3_browser.gui.models.jobs import JobsModel
from ds3_browser.gui.models.throughput import Throughput
from ds3_browser.gui.theme import Role
from ds3_browser.gui.views.chunk_page import ChunkPage
from ds3_browser.gui.views.job_objects import JobObjects
from ds3_browser.gui.views.labels import ElidedLabel
from ds3_browser.gui.views.notice_bar import NoticeBar
from ds3_browser.gui.views.segments import Tab
from ds3_browser.gui.views.stages import Stages
from ds3_browser.gui.views.wait_card import WaitCard
from ds3_browser.transfer.events import ObjectState, State

_tr = partial(QCoreApplication.translate, "job_detail")


class JobDetail(QWidget):
    """Signals, each with the job's id: `pause_wanted`, `resume_wanted`, `try_now_wanted`; with a
    global point in addition `menu_wanted`; `page_wanted(ObjectsWanted)` for pages of its objects;
    `free_space_wanted(folder)` when a download begins to wait.
    """

    pause_wanted = Signal(object)
    resume_wanted = Signal(object)
    try_now_wanted = Signal(object)
    answered = Signal(object, object, object, bool)
    menu_wanted = Signal(object, QPoint)
    page_wanted = Signal(object)
    free_space_wanted = Signal(object)

    def __init__(
        self,
        jobs: JobsModel,
        chunks: Chunks,
        throughput: Throughput,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("job_detail")
        self.setAccessibleName(_tr("Details of the transfer"))
        self._jobs = jobs
        self._job_id: int | None = None
        self._refused: str | None = None
        self._build(chunks, throughput)
        self._connect()
        self._tint()
        self.show_job(None)

    def _build(self, chunks: Chunks, throughput: Throughput) -> None:
        self.setAutoFillBackground(True)
        self._head = self._build_head()
        self._refusal = NoticeBar(self)
        self._refusal.setObjectName("job_refusal")
        self._stages = Stages(self)
        self._card = WaitCard(self)
        self._chunk_page = ChunkPage(chunks, throughput, self)
        self._objects = JobObjects(self)
        self._tabs = self._build_tabs()
        self._pages = QStackedWidget(self)
        self._pages.addWidget(self._chunk_page)
        self._pages.addWidget(self._objects)
        column = QVBoxLayout(self)
        column.setContentsMargins(direction.margins(16, 10, 12, 8))
        column.setSpacing(0)
        column.addWidget(self._head)
        column.addSpacing(6)
        column.addWidget(self._refusal)
        column.addWidget(self._stages)
        column.addWidget(self._card)
        column.addSpacing(10)
        column.addWidget(self._tabs)
        column.addSpacing(4)
        column.addWidget(self._pages, 1)

    def _build_head(self) -> QWidget:
        head = QWidget(self)
        middle = Qt.TextElideMode.ElideMiddle
        self._name = ElidedLabel(head, 15, QFont.Weight.DemiBold, elide=middle)
        self._name.setObjectName("job_name")
        self._errand = ElidedLabel(head, 12, role=Role.SECONDARY, elide=middle)
        self._pause = _icon_button(head, "pause_job")
        self._more = _icon_button(head, "job_menu")
        self._more.setToolTip(_tr("More"))
        self._more.setAccessibleName(_tr("More for this transfer"))
        texts = QVBoxLayout()
        texts.setSpacing(1)
        texts.addWidget(self._name)
        texts.addWidget(self._errand)
        row = QHBoxLayout(head)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addLayout(texts, 1)
        row.addWidget(self._pause)
        row.addWidget(self._more)
        return head

    def _build_tabs(self) -> QWidget:
        tabs = QWidget(self)
        self._chunks_tab = _tab(tabs, "chunks_tab", _tr("Chunks"))
        self._objects_tab = _tab(tabs, "objects_tab", _tr("Objects"))
        self._chunks_tab.setChecked(True)
        self._counted = ElidedLabel(tabs, 12, role=Role.SECONDARY)
        self._each = ElidedLabel(tabs, 12, role=Role.SECONDARY)
        self._each.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        row = QHBoxLayout(tabs)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        row.addWidget(self._chunks_tab)
        row.addWidget(self._objects_tab)
        row.addWidget(self._counted, 1)
        row.addWidget(self._each, 1)
        row.addWidget(self._objects.parts)
        self._objects.parts.hide()
        return tabs

    def _connect(self) -> None:
        self._pause.clicked.connect(self._press_pause)
        self._more.clicked.connect(self._press_more)
        self._card.try_now_wanted.connect(lambda: self._wish(self.try_now_wanted))
        self._card.answered.connect(self._tell_answer)
        self._card.resume_wanted.connect(lambda: self._wish(self.resume_wanted))
        self._chunks_tab.clicked.connect(self.show_chunks)
        self._objects_tab.clicked.connect(self.show_objects)
        self._chunk_page.captions_changed.connect(self._show_captions)
        self._chunk_page.free_space_wanted.connect(self.free_space_wanted)
        self._objects.boxed_changed.connect(self._show_captions)
        self._objects.page_wanted.connect(self.page_wanted)
        self._jobs.row_changed.connect(self._follow)
        self._jobs.ticked.connect(self._tick)
        theme.notifier().changed.connect(self._tint)

    def _tint(self) -> None:
        palette = self.palette()
        palette.setColor(QPalette.ColorRole.Window, theme.tokens().alt)
        self.setPalette(palette)
        self._more.setIcon(icons.icon("more", Role.SECONDARY))
        row = self._row()
        if row is not None:
            self._show_pause(row)

    def job_id(self) -> int | None:
        return self._job_id

    def show_job(self, job_id: int | None) -> None:
        """Show a job, or nothing."""
        self._job_id, self._refused = job_id, None
        self._refusal.clear()
        row = self._row()
        for part in (self._head, self._tabs, self._pages):
            part.setVisible(row is not None)
        if row is None:
            self._stages.hide()
            self._card.hide()
            self._chunk_page.show_row(None)
            self._objects.show_row(None)
        else:
            self._show_row(row)

    def show_chunks(self) -> None:
        self._objects.close_page()
        self._show_page(self._chunk_page)

    def show_objects(self) -> None:
        self._show_page(self._objects)
        self._objects.open()

    def show_page(
        self,
        wanted: ObjectsWanted,
        rows: Sequence[JobObject],
        counts: Mapping[ObjectState, int],
    ) -> None:
        """Take a page of objects that was read for `page_wanted`."""
        self._objects.show_page(wanted, rows, counts)

    def page_failed(self, wanted: ObjectsWanted) -> None:
        """The page asked for by `page_wanted` could not be read."""
        self._objects.page_failed(wanted)

    def show_free_space(self, folder: str, free: int | None) -> None:
        """Take the answer to `free_space_wanted`; None: the folder cannot be written."""
        self._chunk_page.show_free_space(folder, free)

    def _row(self) -> JobRow | None:
        return None if self._job_id is None else self._jobs.row(self._job_id)

    @Slot(object)
    def _follow(self, row: JobRow) -> None:
        if row.job_id == self._job_id:
            self._show_row(row)

    def _tick(self) -> None:
        row = self._row()
        if row is not None and row.state is State.WAITING:
            self._card.show_wait(row, self._jobs.now())
            self._chunk_page.show_throughput()

    def _show_row(self, row: JobRow) -> None:
        """Show a job as it is now; while it waits, the wait card stands in place of the figures."""
        self._name.setText(row.name)
        self._errand.setText(job_cells.errand(row))
        self._show_pause(row)
        self._show_refusal(row)
        waits = row.state is State.WAITING
        self._card.setVisible(waits)
        self._stages.setVisible(not waits)
        self._card.show_wait(row, self._jobs.now())
        self._stages.show_row(row)
        self._chunk_page.show_row(row)
        self._objects.show_row(row)

    def _show_refusal(self, row: JobRow) -> None:
        """Say what ended the whole job, once: what was put away stays away."""
        told = job_words.refusal(row)
        if told is not None and told.text != self._refused:
            self._refused = told.text
            self._refusal.show_message(told)

    def _show_pause(self, row: JobRow) -> None:
        word = _tr("Resume") if row.may_resume else _tr("Pause")
        if row.may_pause_at_once:
            word = _tr("Pause at once")
        self._pause.setVisible(not row.ended and (row.moves or row.may_resume))
        self._pause.setEnabled(row.may_cancel)
        self._pause.setIcon(icons.icon("play" if row.may_resume else "pause", Role.SECONDARY))
        self._pause.setToolTip(_tr("{verb} (Space)").format(verb=word))
        self._pause.setAccessibleName(word)

    def _show_page(self, page: QWidget) -> None:
        self._pages.setCurrentWidget(page)
        self._chunks_tab.setChecked(page is self._chunk_page)
        self._objects_tab.setChecked(page is self._objects)
        self._show_captions()

    def _show_captions(self) -> None:
        """Right of the tabs stands what belongs to the page that is shown."""
        on_chunks = self._pages.currentWidget() is self._chunk_page
        self._counted.setText(self._chunk_page.counted() if on_chunks else "")
        self._each.setText(self._chunk_page.each() if on_chunks else "")
        self._objects.parts.setVisible(not on_chunks and self._objects.boxed)

    def _wish(self, signal: SignalInstance) -> None:
        if self._job_id is not None:
            signal.emit(self._job_id)

    def _tell_answer(self, question: object, existing: object, for_all: bool) -> None:
        if self._job_id is not None:
            self.answered.emit(self._job_id, question, existing, for_all)

    def _press_pause(self) -> None:
        row = self._row()
        if row is not None:
            self._wish(self.resume_wanted if row.may_resume else self.pause_wanted)

    def _press_more(self) -> None:
        if self._job_id is not None:
            corner = self._more.mapToGlobal(self._more.rect().bottomLeft())
            self.menu_wanted.emit(self._job_id, corner)


def _icon_button(parent: QWidget, name: str) -> QToolButton:
    button = QToolButton(parent)
    button.setObjectName(name)
    button.setAutoRaise(True)
    side = theme.row_height(parent, 28)
    button.setFixedSize(side, side)
    return button


def _tab(parent: QWidget, name: str, text: str) -> Tab:
    tab = Tab(parent)
    tab.setObjectName(name)
    tab.setText(text)
    tab.setAccessibleName(text)
    return tab
