"""What the detail shows below the figures: chunk map, legend, throughput, or the room at a target.

It scrolls, for a map may be of two thousand cells.
"""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QCoreApplication, Qt, Signal, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from ds3_browser.gui import format, icons, theme
from ds3_browser.gui.job_row import JobRow, NeededTapes
from ds3_browser.gui.models.chunks import Chunks, chunks_a_cell
from ds3_browser.gui.models.throughput import Throughput
from ds3_browser.gui.theme import Role
from ds3_browser.gui.views.chunk_map import ChunkMap, Legend, legend_of
from ds3_browser.gui.views.labels import ElidedLabel, heading
from ds3_browser.gui.views.throughput import ThroughputGraph, caption
from ds3_browser.transfer.events import ChunkPhase, State

_tr = partial(QCoreApplication.translate, "chunk_page")

TAPES_NAMED = 3
TAPES_IN_TIP = 30


class ChunkPage(QScrollArea):
    """Signals: `captions_changed()` when `counted()` or `each()` may read differently;
    `free_space_wanted(folder)` when a download begins to wait.
    """

    captions_changed = Signal()
    free_space_wanted = Signal(object)

    def __init__(
        self, chunks: Chunks, throughput: Throughput, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("chunks_page")
        self._chunks, self._throughput = chunks, throughput
        self._row: JobRow | None = None
        self._each = ""
        self._build()
        self._map.current_changed.connect(self._bring_into_view)
        chunks.changed.connect(self._follow_chunks)
        throughput.changed.connect(self._follow_throughput)

    def _build(self) -> None:
        page = QWidget()
        self._map = ChunkMap(self._chunks, page)
        self._legend = Legend(page)
        self._legend.setFont(theme.scaled(self.font(), 11))
        self._not_told = ElidedLabel(page, 11, role=Role.SECONDARY)
        self._graph = ThroughputGraph(page)
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._map)
        column.addSpacing(6)
        column.addWidget(self._legend)
        column.addWidget(self._not_told)
        column.addSpacing(8)
        column.addWidget(self._build_graph_head(page))
        column.addSpacing(4)
        column.addWidget(self._graph)
        column.addWidget(self._build_tapes(page))
        column.addWidget(self._build_room(page))
        column.addStretch(1)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setWidget(page)
        # setWidget turns this on; the detail's own ground is to show.
        page.setAutoFillBackground(False)
        self.viewport().setAutoFillBackground(False)

    def _build_graph_head(self, page: QWidget) -> QWidget:
        self._graph_head = QWidget(page)
        self._rates = ElidedLabel(self._graph_head, 12, role=Role.SECONDARY)
        self._rates.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        row = QHBoxLayout(self._graph_head)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(heading(self._graph_head, _tr("Throughput")))
        row.addWidget(self._rates, 1)
        return self._graph_head

    def _build_tapes(self, page: QWidget) -> QWidget:
        """Return the line that tells which tapes a waiting download still needs."""
        self._tapes = QWidget(page)
        self._tapes_title = heading(self._tapes, "")
        self._barcodes = ElidedLabel(self._tapes, 12, role=Role.SECONDARY)
        self._barcodes.setObjectName("needed_tapes")
        self._barcodes.setFont(theme.mono_font(theme.scaled(self.font(), 11).pixelSize()))
        self._barcodes.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        row = QHBoxLayout(self._tapes)
        row.setContentsMargins(0, 0, 0, 6)
        row.setSpacing(12)
        row.addWidget(self._tapes_title)
        row.addWidget(self._barcodes, 1)
        self._tapes.hide()
        return self._tapes

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

    def show_row(self, row: JobRow | None) -> None:
        """Show a job as it is now, or nothing."""
        before, self._row = self._row, row
        if row is None:
            self._map.show_job(None)
            return
        another = before is None or before.job_id != row.job_id
        if another:
            self._map.show_job(row.job_id)
            self._each = self._each_words(row)
            self._room.hide()
        if another or before is None or _waits_for_data(before) != _waits_for_data(row):
            self.show_throughput()
            if _waits_for_data(row):
                self.free_space_wanted.emit(row.target)
        self._show_tapes(row)
        self._show_chunks(row)

    def _show_tapes(self, row: JobRow) -> None:
        """Three barcodes and how many more there are; the tool tip has all of them."""
        tapes = row.tapes
        self._tapes.setVisible(tapes is not None and bool(tapes.barcodes))
        if tapes is None or not tapes.barcodes:
            return
        title = _tr("Tapes still needed") if tapes.whole else _tr("Tapes needed next")
        self._tapes_title.setText(title)
        self._tapes_title.setMinimumWidth(self._tapes_title.sizeHint().width())
        told = "   ".join(tapes.barcodes[:TAPES_NAMED])
        more = len(tapes.barcodes) - TAPES_NAMED
        if more > 0:
            told = _tr("{barcodes}   + {n}").format(barcodes=told, n=format.count(more))
        self._barcodes.setText(told)
        self._tapes.setToolTip(self._tapes_tip(tapes))
        self._tapes.setAccessibleName(f"{title}: {', '.join(tapes.barcodes)}")

    def _tapes_tip(self, tapes: NeededTapes) -> str:
        one = _tr("Of an object with several copies one is enough: the appliance chooses which.")
        lines = [
            _tr("{barcode}, ejected").format(barcode=code) if code in tapes.ejected else code
            for code in tapes.barcodes[:TAPES_IN_TIP]
        ]
        return "\n".join([*lines, one])

    def show_free_space(self, folder: str, free: int | None) -> None:
        """Take the answer to `free_space_wanted`; None: the folder cannot be written."""
        row = self._row
        if row is None or row.target != folder or not _waits_for_data(row):
            return
        if free is None:
            icon, role = "warning", Role.WARNING
            words = _tr("Cannot write to {folder}").format(folder=folder)
        elif free < (needed := _still_to_come(row)):
            icon, role = "warning", Role.WARNING
            words = _tr("{size} free at {folder}, {needed} needed").format(
                size=format.size(free), folder=folder, needed=format.size(needed)
            )
        else:
            icon, role = "circle-check", Role.SUCCESS
            words = _tr("{size} free at {folder}").format(size=format.size(free), folder=folder)
        self._room_icon.setPixmap(icons.pixmap(icon, role, 14, self.devicePixelRatioF()))
        self._room_words.setText(words)
        self._room.show()

    def counted(self) -> str:
        """Return `21 of 38 in cache`."""
        row = self._row
        cells = self._chunks.of(row.job_id) if row is not None else []
        if row is None or not cells:
            return _tr("not known yet")
        counts = self._chunks.counts(row.job_id)
        done = counts[ChunkPhase.DONE]
        if row.uploads or row.stages:
            done = counts[ChunkPhase.IN_CACHE] + counts[ChunkPhase.PERSISTED]
        words = (
            _tr("{n} of {total} in cache")
            if row.uploads or row.stages
            else _tr("{n} of {total} done")
        )
        return words.format(n=format.count(done), total=format.count(len(cells)))

    def each(self) -> str:
        """Return `≈ 64 GB each`, or how many chunks a cell stands for."""
        return self._each

    def _each_words(self, row: JobRow) -> str:
        cells = self._chunks.of(row.job_id)
        step = chunks_a_cell(len(cells))
        if step > 1:
            return _tr("one cell is {n} chunks").format(n=format.count(step))
        lengths = sorted(cell.length for cell in cells if cell.length)
        if len(lengths) < 2:
            return ""
        return _tr("≈ {size} each").format(size=format.size3(lengths[len(lengths) // 2]))

    @Slot(object, object)
    def _follow_chunks(self, job_id: int, positions: object) -> None:
        row = self._row
        if row is None or job_id != row.job_id:
            return
        if positions is None:
            self._each = self._each_words(row)
        self._show_chunks(row)

    def _show_chunks(self, row: JobRow) -> None:
        self._legend.show_phases(self._legend_of(row))
        self._show_not_told(row)
        self.captions_changed.emit()

    def _legend_of(self, row: JobRow) -> tuple[ChunkPhase, ...]:
        """Return the states that this kind of job has, Next only while there is one."""
        phases = legend_of(row.direction)
        if not self._chunks.counts(row.job_id)[ChunkPhase.NEXT]:
            return phases
        return (phases[0], ChunkPhase.NEXT, *phases[1:])

    def _show_not_told(self, row: JobRow) -> None:
        """Say so where the appliance tells bytes on tape, and not of which chunks."""
        amount = row.persisted_amount if row.uploads else None
        shown = bool(amount) and not self._chunks.counts(row.job_id)[ChunkPhase.PERSISTED]
        self._not_told.setVisible(shown)
        if shown:
            self._not_told.setText(
                _tr("persisted: {amount} of the job, chunks not told").format(
                    amount=format.size3(amount)
                )
            )

    def _bring_into_view(self) -> None:
        """Scroll to the current cell, which the arrows may have moved out of sight."""
        cell = self._map.cell_rect(self._map.current())
        centre = self._map.mapToParent(cell.center())
        self.ensureVisible(centre.x(), centre.y(), 0, cell.height())

    @Slot(object)
    def _follow_throughput(self, job_id: int) -> None:
        if self._row is not None and job_id == self._row.job_id:
            self.show_throughput()

    def show_throughput(self) -> None:
        """Show the graph up to now; a waiting download has the room at its target instead."""
        row = self._row
        if row is None:
            return
        waits = _waits_for_data(row)
        if not waits:
            self._room.hide()
        history = None if waits else self._throughput.history(row.job_id)
        self._graph.show_history(history)
        self._rates.setText(caption(history) if history is not None else "")
        self._graph_head.setVisible(history is not None)
        self._graph.setVisible(history is not None)


def _still_to_come(row: JobRow) -> int:
    return row.progress.total - row.progress.sent if row.progress is not None else 0


def _waits_for_data(row: JobRow) -> bool:
    return row.state is State.WAITING and row.target is not None
