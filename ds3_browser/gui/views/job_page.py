"""The expanded job: a page of its own with its wait, stages, chunks, throughput and objects.

Shows what the models hold; verbs leave as wishes with the job's id.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial

from PySide6.QtCore import QCoreApplication, Qt, QTimer, Signal, SignalInstance, Slot
from PySide6.QtGui import QFont, QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ds3_browser.gui import direction, format, icons, job_cells, job_words, theme
from ds3_browser.gui.job_row import JobRow
from ds3_browser.gui.models.chunks import Chunks, MapCell, chunks_a_cell
from ds3_browser.gui.models.job_objects import JobObject, ObjectsWanted
from ds3_browser.gui.models.jobs import JobsModel
from ds3_browser.gui.models.throughput import Throughput
from ds3_browser.gui.read_back_words import read_back
from ds3_browser.gui.theme import Role
from ds3_browser.gui.views.chunk_inspector import WIDTH, ChunkInspector, ChunksWanted
from ds3_browser.gui.views.chunk_map import (
    ChunkMap,
    Legend,
    job_caption,
    legend_of,
)
from ds3_browser.gui.views.job_objects import JobObjects
from ds3_browser.gui.views.labels import ElidedLabel, WrappedLabel, beside_icon, heading
from ds3_browser.gui.views.notice_bar import NoticeBar
from ds3_browser.gui.views.page_head import PageHead, Upright
from ds3_browser.gui.views.stage_cards import StageCards
from ds3_browser.gui.views.throughput import ThroughputGraph
from ds3_browser.gui.views.transfers_panel import Divider
from ds3_browser.gui.views.wait_banner import WaitBanner
from ds3_browser.transfer.events import ChunkPhase, ObjectState, State
from ds3_browser.transfer.ledger_records import ChunkRow

_tr = partial(QCoreApplication.translate, "job_page")
_counted = partial(format.counted, "job_page")

STILL_MS = 150  # keys that walk through the map ask nothing on their way
LOOK_MS = 1000
PAD = 16
WINDOW = timedelta(minutes=30)
MINUTES_FROM = timedelta(minutes=4)  # a shorter graph has seconds in its times
BESIDE_FROM = 1100  # a narrower page has the inspector below the map
GRAPH = 52
WHOLE_NAME = 240  # a name of this width or less is not cut for the state's sake
LEAST_NAME = 60
CELLS = 1.5  # how much larger than in the dock a cell is
OBJECTS = 180  # the least height of the objects, two fifths of a page


class JobPage(QWidget):
    """Wishes: `back_wanted()`; with the job's id `pause_wanted`, `resume_wanted`, `board_wanted`,
    `try_now_wanted`, `cancel_wanted`, `retry_wanted`, `close_wanted`, `report_wanted`;
    `page_wanted(ObjectsWanted)` for pages of its objects, `chunks_wanted(ChunksWanted)` for what
    became of the chunks of the current cell.
    """

    back_wanted = Signal()
    pause_wanted = Signal(object)
    resume_wanted = Signal(object)
    board_wanted = Signal(object)
    try_now_wanted = Signal(object)
    answered = Signal(object, object, object, bool)
    cancel_wanted = Signal(object)
    retry_wanted = Signal(object)
    close_wanted = Signal(object)
    report_wanted = Signal(object)
    page_wanted = Signal(object)
    chunks_wanted = Signal(object)

    def __init__(
        self,
        jobs: JobsModel,
        chunks: Chunks,
        throughput: Throughput,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("job_page")
        self.setAccessibleName(_tr("Details of the transfer"))
        self._jobs, self._chunks, self._throughput = jobs, chunks, throughput
        self._job_id: int | None = None
        self._above = 0  # the height of the part above the objects
        self._look = QTimer(self)
        self._look.setSingleShot(True)
        self._build()
        self._connect()
        self._tint()

    # --- building

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._build_head())
        self.splitter = Divider(Qt.Orientation.Vertical, self)
        self.splitter.setObjectName("job_page_splitter")
        self.splitter.setHandleWidth(1)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.addWidget(self._build_top())
        self.splitter.addWidget(self._build_objects())
        self.splitter.setStretchFactor(0, 3)
        self.splitter.setStretchFactor(1, 2)
        column.addWidget(self.splitter, 1)

    def _build_head(self) -> QWidget:
        self._head = PageHead(self)
        self._back = QToolButton(self._head)
        beside_icon(self._back, _tr("Transfers"))
        self._back.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._back.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._back.setObjectName("back_to_transfers")
        self._back.setToolTip(_tr("Back to the page you came from (Alt+Left)"))
        self._direction = QLabel(self._head)
        self._name = ElidedLabel(
            self._head, 17, QFont.Weight.DemiBold, elide=Qt.TextElideMode.ElideMiddle
        )
        self._name.setObjectName("job_page_name")
        self._name.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._errand = ElidedLabel(
            self._head, 12, role=Role.SECONDARY, elide=Qt.TextElideMode.ElideMiddle
        )
        self._state = ElidedLabel(self._head, 12, QFont.Weight.DemiBold)
        self._state.setObjectName("job_page_state")
        self._state.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._pause = QPushButton(self._head)
        self._pause.setObjectName("job_page_pause")
        self._priority = QPushButton(_tr("Change priority"), self._head)
        self._priority.setObjectName("job_page_priority")
        self._cancel = QPushButton(_tr("Cancel job…"), self._head)
        self._cancel.setObjectName("job_page_cancel")
        row = QHBoxLayout(self._head)
        row.setContentsMargins(direction.margins(12, 0, 16, 1))
        row.setSpacing(10)
        row.addWidget(self._back)
        row.addWidget(Upright(self._head))
        row.addWidget(self._direction)
        row.addWidget(self._name)
        row.addWidget(self._errand, 1)
        row.addWidget(self._state, 1)
        row.addWidget(self._pause)
        row.addWidget(self._priority)
        row.addWidget(self._cancel)
        return self._head

    def _build_top(self) -> QWidget:
        page = QWidget()
        page.setProperty("look", "page")
        page.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._refusal = NoticeBar(page)
        self._banner = WaitBanner(page)
        self._stages = StageCards(self._chunks, page)
        self._read_back = WrappedLabel(page)
        self._read_back.setObjectName("read_back")
        self._read_back.hide()
        column = QVBoxLayout(page)
        column.setContentsMargins(16, 14, 16, 14)
        column.setSpacing(12)
        column.addWidget(self._refusal)
        column.addWidget(self._banner)
        column.addWidget(self._stages)
        column.addWidget(self._read_back)
        column.addLayout(self._build_chunks(page))
        column.addWidget(self._build_graph(page))
        column.addStretch(1)
        self._top = page
        area = QScrollArea(self)
        area.setObjectName("job_page_top")
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(page)
        return area

    def _build_chunks(self, page: QWidget) -> QBoxLayout:
        card = QFrame(page)
        card.setProperty("look", "card")
        self.map = ChunkMap(self._chunks, card, larger=CELLS)
        self._caption = ElidedLabel(card, 12, role=Role.SECONDARY)
        self._caption.setObjectName("chunks_caption")
        self._legend = Legend(card)
        self._legend.setFont(theme.scaled(self.font(), 11))
        head = QHBoxLayout()
        head.setSpacing(12)
        head.addWidget(heading(card, _tr("Chunks")))
        head.addWidget(self._caption, 1)
        column = QVBoxLayout(card)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(8)
        column.addLayout(head)
        column.addWidget(self.map)
        column.addWidget(self._legend)
        column.addStretch(1)
        self._inspector = ChunkInspector(page)
        self._chunk_row = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._chunk_row.setSpacing(12)
        self._chunk_row.addWidget(card, 1)
        self._chunk_row.addWidget(self._inspector)
        return self._chunk_row

    def _build_graph(self, page: QWidget) -> QWidget:
        self._graph_card = QFrame(page)
        self._graph_card.setProperty("look", "card")
        self._graph = ThroughputGraph(self._graph_card, height=GRAPH)
        self._rates = ElidedLabel(self._graph_card, 12, role=Role.SECONDARY)
        self._rates.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._times = [ElidedLabel(self._graph_card, 11, role=Role.SECONDARY) for _ in range(3)]
        sides = (Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignHCenter)
        for label, side in zip(self._times, (*sides, Qt.AlignmentFlag.AlignRight), strict=True):
            label.setObjectName("graph_time")
            label.setAlignment(side)
        head = QHBoxLayout()
        head.addWidget(heading(self._graph_card, _tr("Throughput, last 30 min")))
        head.addWidget(self._rates, 1)
        times = QHBoxLayout()
        for label in self._times:
            times.addWidget(label, 1)
        column = QVBoxLayout(self._graph_card)
        column.setContentsMargins(16, 10, 16, 8)
        column.setSpacing(5)
        column.addLayout(head)
        column.addWidget(self._graph)
        column.addLayout(times)
        return self._graph_card

    def _build_objects(self) -> QWidget:
        box = QWidget(self)
        box.setProperty("look", "page")
        box.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.objects = JobObjects(box, indent=PAD)
        # Where its buttons have no room a box chooses the part of the objects.
        parts = QHBoxLayout()
        parts.setContentsMargins(PAD, 0, PAD, 0)
        parts.addWidget(self.objects.parts)
        parts.addStretch(1)
        self._retry = _verb_button(box, "retry_failed_objects", "")
        self._close = _verb_button(box, "close_and_keep", _tr("Close job, keep the rest"))
        self._report = _verb_button(box, "export_report", _tr("Export report…"))
        for button in (self._retry, self._close, self._report):
            self.objects.choice.addWidget(button)
        self.objects.parts.setVisible(self.objects.boxed)
        self.objects.boxed_changed.connect(self.objects.parts.setVisible)
        column = QVBoxLayout(box)
        column.setContentsMargins(0, 6, 0, 0)
        column.setSpacing(0)
        column.addLayout(parts)
        column.addWidget(self.objects)
        box.setMinimumHeight(OBJECTS)
        return box

    def _connect(self) -> None:
        self._back.clicked.connect(self.back_wanted)
        self._pause.clicked.connect(self._press_pause)
        self._cancel.clicked.connect(lambda: self._wish(self.cancel_wanted))
        self._retry.clicked.connect(lambda: self._wish(self.retry_wanted))
        self._close.clicked.connect(lambda: self._wish(self.close_wanted))
        self._report.clicked.connect(lambda: self._wish(self.report_wanted))
        self._banner.try_now_wanted.connect(lambda: self._wish(self.try_now_wanted))
        self._banner.answered.connect(self._tell_answer)
        self._banner.resume_wanted.connect(lambda: self._wish(self.resume_wanted))
        self._banner.board_wanted.connect(lambda: self._wish(self.board_wanted))
        self.map.current_changed.connect(self._inspect)
        self._inspector.objects_wanted.connect(
            lambda first, last, words: self.objects.show_chunks((first, last), words)
        )
        self._look.timeout.connect(self._ask_chunks)
        self.objects.page_wanted.connect(self.page_wanted)
        self._jobs.row_changed.connect(self._follow)
        self._jobs.ticked.connect(self._tick)
        self._chunks.changed.connect(self._follow_chunks)
        theme.notifier().changed.connect(self._tint)

    # --- what is shown

    @property
    def job_id(self) -> int | None:
        return self._job_id

    def show_job(self, job_id: int | None) -> None:
        """Show a job from its first objects on, or nothing any more."""
        self._job_id, self._above = job_id, 0
        self.map.show_job(job_id)
        self._inspector.show_nothing()
        self._refusal.clear()
        row = self._row()
        self.objects.show_row(row)
        if row is None:
            self.objects.close_page()
            return
        if (refusal := job_words.refusal(row)) is not None:
            self._refusal.show_message(refusal)
        self._show_row(row)
        self._share_height()
        self.objects.open()

    def set_priorities(self, menu: QMenu) -> None:
        """Take the menu of priorities; its actions are those of the whole window."""
        self._priority.setMenu(menu)

    def show_failed(self) -> None:
        """Show the objects that failed."""
        self.objects.show_part("failed")

    def show_page(
        self,
        wanted: ObjectsWanted,
        rows: Sequence[JobObject],
        counts: Mapping[ObjectState, int],
    ) -> None:
        """Take a page of objects that was read for `page_wanted`."""
        self.objects.show_page(wanted, rows, counts)

    def page_failed(self, wanted: ObjectsWanted) -> None:
        self.objects.page_failed(wanted)

    def _row(self) -> JobRow | None:
        return None if self._job_id is None else self._jobs.row(self._job_id)

    @Slot(object)
    def _follow(self, row: JobRow) -> None:
        if row.job_id == self._job_id:
            self._show_row(row)

    def _show_row(self, row: JobRow) -> None:
        now = self._jobs.now()
        self._name.setText(row.name)
        self._errand.setText(job_cells.errand(row))
        self._show_state(row)
        self._show_verbs(row)
        self._fit_head()
        waits = row.state is State.WAITING
        if waits is self._banner.isHidden():
            self._banner.setVisible(waits)
            self._share_height()
        self._banner.show_wait(row, now)
        self._stages.show_row(row)
        self._show_read_back(row)
        self._show_chunks(row)
        self._show_graph(row)
        self.objects.show_row(row)

    def _show_state(self, row: JobRow) -> None:
        words = job_words.job_words(row, self._jobs.now())
        self._state.setText(words.text)
        self._state.setMinimumWidth(self._state.sizeHint().width())  # the errand gives way first
        self._state.set_role(words.role)
        self._state.setAccessibleDescription(words.second)

    def _show_read_back(self, row: JobRow) -> None:
        words = read_back(row)
        if words is not None:
            self._read_back.setText(words.text)
            self._read_back.set_role(words.role)
        if self._read_back.isHidden() is (words is not None):
            self._read_back.setVisible(words is not None)
            self._share_height()

    def _fit_head(self) -> None:
        """To the name and the verbs gives way what is told elsewhere: the state, the priority,
        which the menus have, and what the way back is called.
        """
        layout, row = self._head.layout(), self._row()
        if layout is None or row is None:
            return
        name = min(self._name.sizeHint().width(), theme.row_height(self, WHOLE_NAME))
        words = self._back.fontMetrics().horizontalAdvance(self._back.text())
        priority = self._priority.sizeHint().width() + layout.spacing()
        state = self._state.minimumWidth() + layout.spacing()
        style = Qt.ToolButtonStyle
        least = layout.totalMinimumSize().width()
        least -= 0 if self._priority.isHidden() else priority
        least -= 0 if self._state.isHidden() else state
        least -= words if self._back.toolButtonStyle() is style.ToolButtonTextBesideIcon else 0
        room = self.width() - least - name
        called = room >= words
        self._back.setToolButtonStyle(
            style.ToolButtonTextBesideIcon if called else style.ToolButtonIconOnly
        )
        room -= words
        chosen = row.may_change_priority and room >= priority
        self._priority.setVisible(chosen)
        room -= priority if chosen else 0
        self._state.setVisible(room >= state)
        self._head.setMinimumWidth(least + theme.row_height(self, LEAST_NAME))

    def _show_verbs(self, row: JobRow) -> None:
        word = _tr("Resume") if row.may_resume else _tr("Pause")
        if row.may_pause_at_once:
            word = _tr("Pause at once")
        beside_icon(self._pause, word)
        self._pause.setIcon(icons.icon("play" if row.may_resume else "pause", Role.SECONDARY))
        self._pause.setVisible(not row.ended and (row.moves or row.may_resume))
        self._cancel.setVisible(not row.ended)
        failed = row.failed_objects
        self._retry.setVisible(row.may_retry)
        words = _tr("Retry {n} failed").format(n=format.count(failed))
        self._retry.setText(words if failed else job_words.anew(row))
        self._close.setVisible(row.may_close)
        self.objects.fit()
        for button in (self._pause, self._cancel):
            button.setEnabled(row.may_cancel)
        glyph = job_cells.glyph(row)
        ratio = self.devicePixelRatioF()
        self._direction.setPixmap(icons.pixmap(glyph, Role.TEXT, 18, ratio))

    def _show_chunks(self, row: JobRow) -> None:
        cells = self._chunks.of(row.job_id)
        counts = self._chunks.counts(row.job_id)
        phases = legend_of(row.direction)
        if counts[ChunkPhase.NEXT]:
            phases = (phases[0], ChunkPhase.NEXT, *phases[1:])
        self._legend.show_phases(phases, {phase: counts[phase] for phase in phases})
        self._caption.setText(_chunks_words(len(cells), [one.length for one in cells]))

    def _show_graph(self, row: JobRow) -> None:
        history = self._throughput.history(row.job_id, WINDOW)
        if self._graph_card.isHidden() is (history is not None):
            self._graph_card.setVisible(history is not None)
            self._share_height()
        if history is None:
            return
        self._graph.show_history(history)
        words = _tr("{now} now, {average} average while moving")
        told = {"now": format.rate(history.now), "average": format.rate(history.average)}
        self._rates.setText(words.format(**told))
        middle = history.start + (history.end - history.start) / 2
        pattern = "%H:%M" if history.end - history.start >= MINUTES_FROM else "%H:%M:%S"
        for label, at in zip(self._times, (history.start, middle, history.end), strict=True):
            label.setText(at.astimezone().strftime(pattern))

    def _tick(self) -> None:
        row = self._row()
        if row is not None and self.isVisible() and not row.ended:
            self._banner.show_wait(row, self._jobs.now())
            self._show_state(row)
            self._show_graph(row)
            self._look_again()

    @Slot(object, object)
    def _follow_chunks(self, job_id: int, positions: object) -> None:
        row = self._row()
        if row is None or job_id != self._job_id:
            return
        self._show_chunks(row)
        self._stages.show_row(row)
        if (cell := self.map.current_cell()) is not None:
            self._show_cell(row, cell)
            self._look_again()

    @Slot(object)
    def _inspect(self, cell: MapCell) -> None:
        """Another cell is the current one: what is known of it at once, the rest in a moment."""
        if (row := self._row()) is not None:
            self._show_cell(row, cell)
            self._share_height()
            self._look.start(STILL_MS)

    def _show_cell(self, row: JobRow, cell: MapCell) -> None:
        chunks = self._chunks.of(row.job_id)
        held = chunks[cell.first : cell.last + 1]
        self._inspector.show_cell(cell, held, len(chunks), row.direction)
        block = self.map.block_of(cell)
        if block is not None and block.of > 1:
            self._inspector.show_job(job_caption(block), block.appliance_job_id)
        else:
            self._inspector.show_job("", "")

    def _look_again(self) -> None:
        """What is told of the current cell may be another; it is asked for once a second."""
        if not self._look.isActive():
            self._look.start(LOOK_MS)

    def _ask_chunks(self) -> None:
        wanted = self._chunks_wanted()
        if wanted is not None and self.isVisible():
            self.chunks_wanted.emit(wanted)

    def _chunks_wanted(self) -> ChunksWanted | None:
        cell = self.map.current_cell()
        if self._job_id is None or cell is None:
            return None
        chunks = self._chunks.of(self._job_id)
        return ChunksWanted(self._job_id, chunks[cell.first].number, chunks[cell.last].number)

    def show_chunk_row(self, wanted: ChunksWanted, row: ChunkRow) -> None:
        """Take the answer to `chunks_wanted`; one for a cell that was left is dropped."""
        if wanted == self._chunks_wanted():
            self._inspector.show_row(row)
            self._share_height()

    def show_chunk_node(self, wanted: ChunksWanted, name: str) -> None:
        """Take the name of the node that holds these chunks."""
        if wanted == self._chunks_wanted():
            self._inspector.show_node(name)

    # --- size and wishes

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_head()
        beside = self.width() >= theme.row_height(self, BESIDE_FROM)
        way = QBoxLayout.Direction
        self._chunk_row.setDirection(way.LeftToRight if beside else way.TopToBottom)
        width = theme.row_height(self, WIDTH)
        self._inspector.setMinimumWidth(width if beside else 0)
        self._inspector.setMaximumWidth(width if beside else 1 << 20)
        self._above = 0
        self._share_height()

    def _share_height(self) -> None:
        """Give the objects what the part above has no use for, unless somebody chose.

        What was once given to the part above stays there, so that nothing jumps as one walks
        through the chunks.
        """
        if self.splitter.chosen:
            return
        height = self.splitter.height()
        layout = self._top.layout()
        if layout is not None:
            layout.activate()
        self._above = max(self._above, self._top.sizeHint().height())
        above = min(self._above, height * 5 // 8)
        self.splitter.setSizes([above, max(1, height - above)])

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

    def _tint(self) -> None:
        self._back.setIcon(icons.icon("arrow-left", Role.SECONDARY))
        if (row := self._row()) is not None:
            self._show_verbs(row)


def _verb_button(parent: QWidget, name: str, text: str) -> QPushButton:
    button = QPushButton(text, parent)
    button.setObjectName(name)
    return button


def _chunks_words(chunks: int, lengths: Sequence[int | None]) -> str:
    """`107 chunks of about 64 GB. One cell is one chunk, in the appliance's order.`"""
    if not chunks:
        return _tr("not known yet")
    known = sorted(length for length in lengths if length)
    number = format.count(chunks)
    if len(known) > 1:
        about = format.size3(known[len(known) // 2])
        many = _tr("{n} chunks of about {size}.").format(n=number, size=about)
    else:
        many = _counted("{n} chunks.", chunks)
    step = chunks_a_cell(chunks)
    if step > 1:
        cell = _tr("One cell is {n} chunks.").format(n=format.count(step))
    else:
        cell = _tr("One cell is one chunk, in the appliance's order.")
    return _tr("{chunks} {cell}").format(chunks=many, cell=cell)
