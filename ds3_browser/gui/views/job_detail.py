"""The detail of the current transfer: figures or wait card, chunk map, throughput, its objects.

Shows what the models hold; verbs leave as wishes with the job's id.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from PySide6.QtCore import QCoreApplication, QPoint, Qt, QTimer, Signal, SignalInstance, Slot
from PySide6.QtGui import QFont, QPalette, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QScrollArea,
    QStackedWidget,
    QTableView,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ds3_browser.gui import format, icons, job_words, theme
from ds3_browser.gui.job_row import JobRow
from ds3_browser.gui.models.chunks import Chunks, chunks_a_cell
from ds3_browser.gui.models.job_objects import (
    ALL,
    COLUMN_OF,
    DOWNLOAD_SEGMENTS,
    UPLOAD_SEGMENTS,
    JobObject,
    JobObjectsModel,
    ObjectsSegment,
    ObjectsWanted,
)
from ds3_browser.gui.models.jobs import JobsModel
from ds3_browser.gui.models.throughput import Throughput
from ds3_browser.gui.theme import Role
from ds3_browser.gui.views.chunk_map import DOWNLOAD_LEGEND, UPLOAD_LEGEND, ChunkMap, Legend
from ds3_browser.gui.views.job_delegates import ObjectDelegate, row_height
from ds3_browser.gui.views.labels import ElidedLabel, heading
from ds3_browser.gui.views.list_header import ListHeader
from ds3_browser.gui.views.notice_bar import NoticeBar
from ds3_browser.gui.views.segments import Segments, Tab
from ds3_browser.gui.views.throughput import ThroughputGraph, caption
from ds3_browser.gui.views.wait_card import WaitCard
from ds3_browser.transfer.events import ChunkPhase, ObjectState, State

_tr = partial(QCoreApplication.translate, "job_detail")

REFRESH_MS = 1000
NARROW = 640


class Figure(QWidget):
    """One of the three figures: icon and word, below it the amount and its share."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown: tuple[str, Role] = ("", Role.TEXT)
        self._icon = QLabel(self)
        self._word = ElidedLabel(self, 12, role=Role.SECONDARY)
        self._amount = ElidedLabel(self, 15, QFont.Weight.DemiBold)
        self._share = ElidedLabel(self, 12, role=Role.SECONDARY)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(6)
        grid.setVerticalSpacing(2)
        head = QHBoxLayout()
        head.setSpacing(6)
        head.addWidget(self._icon)
        head.addWidget(self._word, 1)
        grid.addLayout(head, 0, 0, 1, 2)
        for column, label in enumerate((self._amount, self._share)):
            label.setSizePolicy(label.sizePolicy().Policy.Minimum, label.sizePolicy().Policy.Fixed)
            label.setAlignment(Qt.AlignmentFlag.AlignBottom)
            grid.addWidget(label, 1, column, Qt.AlignmentFlag.AlignBottom)
        grid.setColumnStretch(1, 1)
        theme.notifier().changed.connect(self._retint)

    def show_stage(
        self, icon: str, role: Role, word: str, part: int | None, whole: int | None
    ) -> None:
        if (icon, role) != self._shown:
            self._shown = (icon, role)
            self._retint()
        self._word.setText(word)
        self._amount.setText(format.size3(part))
        known = part is not None and whole
        self._share.setText(format.percent(part or 0, whole or 1) if known else "")
        for label in (self._amount, self._share):
            label.setMinimumWidth(label.sizeHint().width())
        self.setAccessibleName(f"{word} {self._amount.text()} {self._share.text()}".strip())

    def _retint(self) -> None:
        name, role = self._shown
        if name:
            self._icon.setPixmap(icons.pixmap(name, role, 14, self.devicePixelRatioF()))


class JobDetail(QWidget):
    """Signals, each with the job's id: `pause_wanted`, `resume_wanted`, `try_now_wanted`; with a
    global point in addition `menu_wanted`; `page_wanted(ObjectsWanted)` for pages of its objects;
    `free_space_wanted(folder)` while a download waits.
    """

    pause_wanted = Signal(object)
    resume_wanted = Signal(object)
    try_now_wanted = Signal(object)
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
        self._jobs, self._chunks, self._throughput = jobs, chunks, throughput
        self._job_id: int | None = None
        self._segment: ObjectsSegment = ALL
        self._counts: Mapping[ObjectState, int] = {}
        self._each_is = ""
        self._refused: tuple[int | None, str] | None = None
        self.objects = JobObjectsModel(self)
        self._refresh = QTimer(self)
        self._refresh.setSingleShot(True)
        self._refresh.setInterval(REFRESH_MS)
        self._refresh.timeout.connect(self._refresh_objects)
        self._build()
        self._connect()
        self._tint()
        self.show_job(None)

    def _build(self) -> None:
        self.setAutoFillBackground(True)
        self._head = self._build_head()
        self._figures = self._build_figures()
        self._card = WaitCard(self)
        self._refusal = NoticeBar(self)
        self._refusal.setObjectName("job_refusal")
        self._tabs = self._build_tabs()
        self._pages = QStackedWidget(self)
        self._pages.addWidget(self._build_chunks())
        self._pages.addWidget(self._build_objects())
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 10, 12, 8)
        column.setSpacing(0)
        column.addWidget(self._head)
        column.addSpacing(6)
        column.addWidget(self._refusal)
        column.addWidget(self._figures)
        column.addWidget(self._card)
        column.addSpacing(10)
        column.addWidget(self._tabs)
        column.addSpacing(4)
        column.addWidget(self._pages, 1)

    def _build_head(self) -> QWidget:
        head = QWidget(self)
        self._name = ElidedLabel(
            head, 15, QFont.Weight.DemiBold, elide=Qt.TextElideMode.ElideMiddle
        )
        self._name.setObjectName("job_name")
        self._errand = ElidedLabel(
            head, 12, role=Role.SECONDARY, elide=Qt.TextElideMode.ElideMiddle
        )
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

    def _build_figures(self) -> QWidget:
        figures = QWidget(self)
        row = QHBoxLayout(figures)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        self._stages = [Figure(figures) for _ in range(3)]
        for stage in self._stages:
            row.addWidget(stage, 1)
        return figures

    def _build_tabs(self) -> QWidget:
        tabs = QWidget(self)
        self._chunks_tab = _tab(tabs, "chunks_tab", _tr("Chunks"))
        self._objects_tab = _tab(tabs, "objects_tab", _tr("Objects"))
        self._chunks_tab.setChecked(True)
        self._caption = ElidedLabel(tabs, 12, role=Role.SECONDARY)
        self._each = ElidedLabel(tabs, 12, role=Role.SECONDARY)
        self._each.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        row = QHBoxLayout(tabs)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        row.addWidget(self._chunks_tab)
        row.addWidget(self._objects_tab)
        row.addWidget(self._caption, 1)
        row.addWidget(self._each, 1)
        row.addWidget(self._build_parts_box(tabs))
        return tabs

    def _build_parts_box(self, tabs: QWidget) -> QComboBox:
        """Return what chooses a part of the objects where there is no room for buttons."""
        self._parts = QComboBox(tabs)
        self._parts.setObjectName("job_objects_parts")
        self._parts.setAccessibleName(_tr("Which objects"))
        self._parts.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self._parts.activated.connect(lambda: self._show_segment(self._parts.currentData()))
        self._parts.hide()
        return self._parts

    def _build_chunks(self) -> QWidget:
        page = QWidget()
        self._map = ChunkMap(self._chunks, page)
        self._legend = Legend(page)
        self._legend.setFont(theme.scaled(self.font(), 11))
        self._not_told = ElidedLabel(page, 11, role=Role.SECONDARY)
        self._graph_head = QWidget(page)
        self._rates = ElidedLabel(self._graph_head, 12, role=Role.SECONDARY)
        self._rates.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        head = QHBoxLayout(self._graph_head)
        head.setContentsMargins(0, 0, 0, 0)
        head.addWidget(heading(self._graph_head, _tr("Throughput")))
        head.addWidget(self._rates, 1)
        self._graph = ThroughputGraph(page)
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 4, 0)
        column.setSpacing(0)
        column.addWidget(self._map)
        column.addSpacing(6)
        column.addWidget(self._legend)
        column.addWidget(self._not_told)
        column.addSpacing(8)
        column.addWidget(self._graph_head)
        column.addSpacing(4)
        column.addWidget(self._graph)
        column.addWidget(self._build_room(page))
        column.addStretch(1)
        scroll = QScrollArea(self)
        scroll.setObjectName("chunks_page")
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(page)
        # setWidget turns this on; the detail's own ground is to show.
        page.setAutoFillBackground(False)
        scroll.viewport().setAutoFillBackground(False)
        self._scroll = scroll
        return scroll

    def _build_room(self, page: QWidget) -> QWidget:
        """Return the line that tells the room at a download's target."""
        self._room = QWidget(page)
        self._room_icon = QLabel(self._room)
        self._room_words = ElidedLabel(
            self._room, 12, role=Role.SECONDARY, elide=Qt.TextElideMode.ElideMiddle
        )
        self._room_words.setObjectName("free_space")
        row = QHBoxLayout(self._room)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self._room_icon)
        row.addWidget(self._room_words, 1)
        self._room.hide()
        return self._room

    def _build_objects(self) -> QWidget:
        page = QWidget(self)
        self._segments = Segments(page)
        self._segments.setObjectName("job_objects_segments")
        self._table = QTableView(page)
        self._table.setObjectName("job_objects")
        self._table.setAccessibleName(_tr("Objects of the transfer"))
        self._table.setModel(self.objects)
        self._delegate = ObjectDelegate(self._table)
        self._table.setItemDelegate(self._delegate)
        self._table.setFrameShape(QFrame.Shape.NoFrame)
        self._table.setShowGrid(False)
        self._table.setWordWrap(False)
        self._table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self._table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self._table.setTabKeyNavigation(False)
        self._table.setHorizontalHeader(ListHeader(self._table))
        self._table.verticalHeader().hide()
        line = self.fontMetrics().height() + 12
        self._table.verticalHeader().setDefaultSectionSize(line)
        self._table.verticalHeader().setMinimumSectionSize(line)
        self._size_columns(self._table.horizontalHeader())
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 4, 0, 0)
        column.setSpacing(6)
        column.addWidget(self._segments)
        column.addWidget(self._table, 1)
        return page

    def _size_columns(self, header: QHeaderView) -> None:
        """The name and the note share what the figures leave."""
        header.setHighlightSections(False)
        header.setSectionsMovable(False)
        header.setMinimumSectionSize(40)
        for name, width in (("size", 96), ("chunk", 66), ("state", 124), ("tries", 60)):
            header.resizeSection(COLUMN_OF[name], self._scaled(width))
        for name in ("object", "note"):
            header.setSectionResizeMode(COLUMN_OF[name], QHeaderView.ResizeMode.Stretch)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """A narrow detail shows an object in two lines, and its parts in a box, not in buttons."""
        super().resizeEvent(event)
        self._show_narrow(self.width() < self._scaled(NARROW))

    def _show_narrow(self, narrow: bool) -> None:
        if narrow == self._delegate.narrow:
            return
        self._delegate.narrow = narrow
        for column in range(1, self.objects.columnCount()):
            self._table.setColumnHidden(column, narrow)
        self._table.horizontalHeader().setVisible(not narrow)
        line = row_height(self.font()) if narrow else self.fontMetrics().height() + 12
        self._table.verticalHeader().setMinimumSectionSize(line)
        self._table.verticalHeader().setDefaultSectionSize(line)
        self._segments.setVisible(not narrow)
        self._show_parts_box()

    def _show_parts_box(self) -> None:
        on_objects = self._pages.currentIndex() == 1
        self._parts.setVisible(on_objects and self._delegate.narrow)
        self._each.setVisible(not on_objects)

    def _scaled(self, pixels: int) -> int:
        return round(pixels * self.fontMetrics().height() / 16)

    def _connect(self) -> None:
        self._pause.clicked.connect(self._press_pause)
        self._more.clicked.connect(self._press_more)
        self._card.try_now_wanted.connect(lambda: self._wish(self.try_now_wanted))
        self._card.resume_wanted.connect(lambda: self._wish(self.resume_wanted))
        self._chunks_tab.clicked.connect(lambda: self._show_page(0))
        self._objects_tab.clicked.connect(lambda: self._show_page(1))
        self._segments.chosen.connect(self._show_segment)
        self._map.current_changed.connect(self._bring_into_view)
        self.objects.page_wanted.connect(self.page_wanted)
        self._jobs.row_changed.connect(self._follow)
        self._jobs.ticked.connect(self._tick)
        self._chunks.changed.connect(self._follow_chunks)
        self._throughput.changed.connect(self._follow_throughput)
        theme.notifier().changed.connect(self._tint)

    def _tint(self) -> None:
        palette = self.palette()
        palette.setColor(QPalette.ColorRole.Window, theme.tokens().alt)
        self.setPalette(palette)
        self._more.setIcon(icons.icon("more", Role.SECONDARY))
        self._show_pause()

    def job_id(self) -> int | None:
        return self._job_id

    def show_job(self, job_id: int | None) -> None:
        """Show a job, or nothing."""
        if job_id != self._job_id:
            self._segment, self._counts = ALL, {}
        self._job_id = job_id
        row = self._row()
        for part in (self._head, self._tabs, self._pages):
            part.setVisible(row is not None)
        self._figures.setVisible(False)
        self._card.setVisible(False)
        self._refusal.clear()
        self._refused = None
        self._room.setVisible(False)
        self._map.show_job(job_id)
        if row is None:
            self.objects.show_job(None, True, None, 0)
            return
        self._each_is = self._each_words(row)
        self._show_row(row)
        self._show_chunks(row)
        self._show_throughput(row)
        self._reset_objects(row)

    def show_page(
        self,
        wanted: ObjectsWanted,
        rows: Sequence[JobObject],
        counts: Mapping[ObjectState, int],
    ) -> None:
        """Take a page of objects that was read for `page_wanted`."""
        if wanted.job_id != self._job_id:
            return
        self._counts = counts
        row = self._row()
        if row is not None:
            self._show_segments(row)
        self.objects.set_count(self._segment.count(counts))
        self.objects.show_page(wanted, rows)

    def show_free_space(self, folder: str, free: int | None) -> None:
        """Take the answer to `free_space_wanted`; None: the folder cannot be written."""
        row = self._row()
        if row is None or row.target != folder or not self._room_is_told(row):
            return
        if free is None:
            icon, role = "warning", Role.WARNING
            words = _tr("Cannot write to {folder}").format(folder=folder)
        else:
            icon, role = "circle-check", Role.SUCCESS
            words = _tr("{size} free at {folder}").format(size=format.size(free), folder=folder)
        self._room_icon.setPixmap(icons.pixmap(icon, role, 14, self.devicePixelRatioF()))
        self._room_words.setText(words)
        self._room.show()

    @staticmethod
    def _room_is_told(row: JobRow) -> bool:
        return row.state is State.WAITING and row.target is not None

    def _row(self) -> JobRow | None:
        return None if self._job_id is None else self._jobs.row(self._job_id)

    @Slot(object)
    def _follow(self, row: JobRow) -> None:
        if row.job_id != self._job_id:
            return
        self._show_row(row)
        if self._pages.currentIndex() == 1 and not self._refresh.isActive():
            self._refresh.start()

    def _tick(self) -> None:
        row = self._row()
        if row is None or row.state is not State.WAITING:
            return
        self._card.show_wait(row, self._jobs.now())
        self._show_throughput(row)

    def _show_row(self, row: JobRow) -> None:
        self._name.setText(row.name)
        self._errand.setText(job_words.errand(row))
        self._show_pause()
        waits = row.state is State.WAITING
        if waits and not self._card.isVisibleTo(self) and self._room_is_told(row):
            self.free_space_wanted.emit(row.target)
        turned = waits != self._card.isVisibleTo(self)
        self._card.setVisible(waits)
        self._figures.setVisible(not waits)
        if turned:
            self._show_throughput(row)
        if waits:
            self._card.show_wait(row, self._jobs.now())
        else:
            self._show_figures(row)
        self._show_refusal(row)
        self._show_not_told(row)
        self._show_captions(row)

    def _show_refusal(self, row: JobRow) -> None:
        """Say what ended the whole job, once: what was put away stays away."""
        told = job_words.refusal(row)
        if told is None or (self._job_id, told.text) == self._refused:
            return
        self._refused = (self._job_id, told.text)
        self._refusal.show_message(told)

    def _show_figures(self, row: JobRow) -> None:
        progress = row.progress
        whole = progress.total if progress is not None else None
        sent = progress.sent if progress is not None else None
        in_cache = progress.in_cache if progress is not None else None
        up = (
            ("arrow-up", Role.ACCENT, _tr("Sent"), sent),
            ("hard-drive", Role.ACCENT, _tr("In cache"), in_cache),
            ("cassette", Role.SUCCESS, _tr("Persisted"), row.persisted_amount),
        )
        down = (
            ("hard-drive", Role.ACCENT, _tr("Loaded in cache"), in_cache),
            ("arrow-down", Role.ACCENT, _tr("Received"), sent),
            ("circle-check", Role.SUCCESS, _tr("Checked"), row.persisted_amount),
        )
        for figure, stage in zip(self._stages, up if row.uploads else down, strict=True):
            figure.show_stage(*stage, whole)

    def _show_pause(self) -> None:
        row = self._row()
        self._pause.setVisible(row is not None and not row.ended)
        if row is None:
            return
        self._pause.setEnabled(row.may_cancel)
        resumes = row.paused and not row.may_pause_at_once
        word = _tr("Resume") if resumes else _tr("Pause")
        if row.may_pause_at_once:
            word = _tr("Pause at once")
        self._pause.setIcon(icons.icon("play" if resumes else "pause", Role.SECONDARY))
        self._pause.setToolTip(_tr("{verb} (Space)").format(verb=word))
        self._pause.setAccessibleName(word)

    @Slot(object, object)
    def _follow_chunks(self, job_id: int, positions: object) -> None:
        row = self._row()
        if row is None or job_id != self._job_id:
            return
        if positions is None:
            self._each_is = self._each_words(row)
        self._show_chunks(row)

    def _show_chunks(self, row: JobRow) -> None:
        self._legend.show_phases(self._legend_of(row))
        self._show_not_told(row)
        self._show_captions(row)

    def _legend_of(self, row: JobRow) -> tuple[ChunkPhase, ...]:
        """Return the states that this kind of job has, Next only while there is one."""
        phases = UPLOAD_LEGEND if row.uploads else DOWNLOAD_LEGEND
        if not self._chunks.counts(row.job_id)[ChunkPhase.NEXT]:
            return phases
        return (phases[0], ChunkPhase.NEXT, *phases[1:])

    def _bring_into_view(self) -> None:
        """Scroll to the current cell, which the arrows may have moved out of sight."""
        cell = self._map.cell_rect(self._map.current())
        centre = self._map.mapToParent(cell.center())
        self._scroll.ensureVisible(centre.x(), centre.y(), 0, cell.height())

    def _show_not_told(self, row: JobRow) -> None:
        """Say so where the appliance tells bytes on tape, and not of which chunks."""
        amount = row.persisted_amount if row.uploads else None
        told = self._chunks.counts(row.job_id)[ChunkPhase.PERSISTED]
        shown = bool(amount) and not told
        self._not_told.setVisible(shown)
        if shown:
            self._not_told.setText(
                _tr("persisted: {amount} of the job, chunks not told").format(
                    amount=format.size3(amount)
                )
            )

    def _show_captions(self, row: JobRow) -> None:
        cells = self._chunks.of(row.job_id)
        if self._pages.currentIndex() == 1 or not cells:
            self._caption.setText("" if cells else _tr("not known yet"))
            self._each.setText("")
            return
        counts = self._chunks.counts(row.job_id)
        done = counts[ChunkPhase.DONE]
        if row.uploads:
            done = counts[ChunkPhase.IN_CACHE] + counts[ChunkPhase.PERSISTED]
        words = _tr("{n} of {total} in cache") if row.uploads else _tr("{n} of {total} done")
        self._caption.setText(words.format(n=format.count(done), total=format.count(len(cells))))
        self._each.setText(self._each_is)

    def _each_words(self, row: JobRow) -> str:
        cells = self._chunks.of(row.job_id)
        step = chunks_a_cell(len(cells))
        if step > 1:
            return _tr("one cell is {n} chunks").format(n=format.count(step))
        lengths = [cell.length for cell in cells if cell.length]
        if len(lengths) < 2:
            return ""
        return _tr("≈ {size} each").format(size=format.size3(sorted(lengths)[len(lengths) // 2]))

    @Slot(object)
    def _follow_throughput(self, job_id: int) -> None:
        row = self._row()
        if row is not None and job_id == self._job_id:
            self._show_throughput(row)

    def _show_throughput(self, row: JobRow) -> None:
        told = self._room_is_told(row)
        if not told:
            self._room.hide()
        history = None if told else self._throughput.history(row.job_id)
        self._graph.show_history(history)
        self._rates.setText(caption(history) if history is not None else "")
        self._graph_head.setVisible(history is not None)
        self._graph.setVisible(history is not None)

    def _show_page(self, number: int) -> None:
        self._pages.setCurrentIndex(number)
        self._chunks_tab.setChecked(number == 0)
        self._objects_tab.setChecked(number == 1)
        self._show_parts_box()
        row = self._row()
        if row is None:
            return
        self._show_captions(row)
        if number == 1:
            self._reset_objects(row)

    def _show_segment(self, id: object) -> None:
        row = self._row()
        if row is None:
            return
        self._segment = next(part for part in _segments_of(row) if part.id == id)
        self._reset_objects(row)

    def _reset_objects(self, row: JobRow) -> None:
        """Show a segment from its first page on; nothing is read while the page is not open."""
        self._show_segments(row)
        count = self._segment.count(self._counts)
        self.objects.show_job(row.job_id, row.uploads, self._segment.states, count, row.prefix)
        if self._pages.currentIndex() == 1:
            self.objects.refresh(0, 0) if count else self._ask_first()

    def _ask_first(self) -> None:
        if self._job_id is not None:
            self.page_wanted.emit(ObjectsWanted(self._job_id, self._segment.states, 0))

    def _show_segments(self, row: JobRow) -> None:
        """Show a button for each part that has objects, and All always."""
        parts = [
            part
            for part in _segments_of(row)
            if part is ALL or part is self._segment or part.count(self._counts)
        ]
        words = [
            (part.id, f"{part.title()} {format.count(part.count(self._counts))}") for part in parts
        ]
        self._segments.show_segments(words, self._segment.id)
        self._parts.clear()
        for id, text in words:
            self._parts.addItem(text, id)
        self._parts.setCurrentIndex(self._parts.findData(self._segment.id))

    def _refresh_objects(self) -> None:
        if self._pages.currentIndex() != 1 or self._job_id is None:
            return
        if not self.objects.rowCount():
            self._ask_first()
            return
        first = max(0, self._table.rowAt(0))
        last = self._table.rowAt(self._table.viewport().height() - 1)
        self.objects.refresh(first, last if last >= 0 else self.objects.rowCount() - 1)

    def _wish(self, signal: SignalInstance) -> None:
        if self._job_id is not None:
            signal.emit(self._job_id)

    def _press_pause(self) -> None:
        row = self._row()
        if row is not None:
            resumes = row.paused and not row.may_pause_at_once
            self._wish(self.resume_wanted if resumes else self.pause_wanted)

    def _press_more(self) -> None:
        if self._job_id is not None:
            corner = self._more.mapToGlobal(self._more.rect().bottomLeft())
            self.menu_wanted.emit(self._job_id, corner)


def _segments_of(row: JobRow) -> tuple[ObjectsSegment, ...]:
    return UPLOAD_SEGMENTS if row.uploads else DOWNLOAD_SEGMENTS


def _icon_button(parent: QWidget, name: str) -> QToolButton:
    button = QToolButton(parent)
    button.setObjectName(name)
    button.setAutoRaise(True)
    button.setFixedSize(28, 28)
    return button


def _tab(parent: QWidget, name: str, text: str) -> Tab:
    tab = Tab(parent)
    tab.setObjectName(name)
    tab.setText(text)
    tab.setAccessibleName(text)
    return tab
