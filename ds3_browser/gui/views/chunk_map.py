"""The chunk map: one widget that shows a job's chunks as cells, each state a shape of its own.

Cells are cached tiles: painting thousands of rounded rectangles anew would take a tenth of a
second. The map knows only what `models.chunks` holds.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from functools import partial

from PySide6.QtCore import (
    QCoreApplication,
    QEvent,
    QPoint,
    QPointF,
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
    QColor,
    QFocusEvent,
    QFontMetrics,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QStyle, QToolTip, QWidget

from ds3_browser.gui import format, job_words, theme
from ds3_browser.gui.models.chunks import (
    ChunkBlock,
    ChunkCell,
    Chunks,
    MapCell,
    chunks_a_cell,
    map_block,
    map_cell,
)
from ds3_browser.gui.views.chunk_layout import Grid, Layout
from ds3_browser.transfer.events import ChunkPhase, Direction

_tr = partial(QCoreApplication.translate, "chunk_map")
_counted = partial(format.counted, "chunk_map")

CELL = 14  # at a 13 px font; both grow with it
GAP = 3
LEVELS = 8  # of a filling cell
NORMAL_FONT = 13

UPLOAD_LEGEND = (
    *(ChunkPhase.WAITING, ChunkPhase.READY, ChunkPhase.TRANSFERRING),
    *(ChunkPhase.IN_CACHE, ChunkPhase.PERSISTED, ChunkPhase.FAILED),
)
DOWNLOAD_LEGEND = (
    *(ChunkPhase.WAITING, ChunkPhase.READY, ChunkPhase.TRANSFERRING, ChunkPhase.DONE),
    ChunkPhase.FAILED,
)
UNATTENDED_LEGEND = (ChunkPhase.WAITING, ChunkPhase.PARTLY_IN_CACHE, ChunkPhase.IN_CACHE)
_LEGENDS = {
    Direction.PUT: UPLOAD_LEGEND,
    Direction.GET: DOWNLOAD_LEGEND,
    Direction.STAGE: (*UNATTENDED_LEGEND, ChunkPhase.FAILED),
    Direction.VERIFY: (*UNATTENDED_LEGEND, ChunkPhase.DONE, ChunkPhase.FAILED),
}
FILLING = (ChunkPhase.TRANSFERRING, ChunkPhase.PARTLY_IN_CACHE)


def legend_of(direction: Direction) -> tuple[ChunkPhase, ...]:
    """Return the states that the chunks of such a job can have."""
    return _LEGENDS[direction]


SPOKEN_ORDER = (
    *(ChunkPhase.IN_CACHE, ChunkPhase.PERSISTED, ChunkPhase.DONE, ChunkPhase.FAILED),
    *(ChunkPhase.TRANSFERRING, ChunkPhase.PARTLY_IN_CACHE),
    *(ChunkPhase.READY, ChunkPhase.NEXT, ChunkPhase.WAITING),
)


class Tiles:
    """Pixmaps of chunk cells at one size and pixel ratio, made when first needed."""

    def __init__(self, size: int, ratio: float) -> None:
        self.size = size
        self.ratio = ratio
        self._made: dict[tuple[ChunkPhase, int], QPixmap] = {}

    def tile(self, phase: ChunkPhase, fraction: float = 0.5) -> QPixmap:
        level = level_of(fraction) if phase in FILLING else 0
        key = (phase, level)
        if key not in self._made:
            self._made[key] = self._paint(phase, level)
        return self._made[key]

    def _paint(self, phase: ChunkPhase, level: int) -> QPixmap:
        pixmap = QPixmap(QSize(self.size, self.size) * self.ratio)
        pixmap.setDevicePixelRatio(self.ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_cell(painter, QRectF(0, 0, self.size, self.size), phase, level / LEVELS)
        painter.end()
        return pixmap


def level_of(fraction: float) -> int:
    """Return one of the fill levels: something from the first byte on, full only when full."""
    if fraction >= 1:
        return LEVELS
    return max(1, min(LEVELS - 1, round(fraction * LEVELS)))


def paint_cell(painter: QPainter, rect: QRectF, phase: ChunkPhase, fraction: float) -> None:
    """Paint one cell: the shape tells the state without its colour."""
    tokens = theme.tokens()
    match phase:
        case ChunkPhase.WAITING:
            _outline(painter, rect, tokens.chunk_waiting, 1.0)
        case ChunkPhase.NEXT:
            _outline(painter, rect, tokens.chunk_next, 1.5, tokens.warning_box)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(tokens.chunk_next)
            painter.drawEllipse(rect.center(), rect.width() / 7, rect.width() / 7)
        case ChunkPhase.READY:
            _outline(painter, rect, tokens.chunk_transferring, 1.5, tokens.base)
        case ChunkPhase.TRANSFERRING:
            _filling(painter, rect, tokens.chunk_transferring, fraction)
        case ChunkPhase.PARTLY_IN_CACHE:
            _filling(painter, rect, tokens.chunk_in_cache, fraction)
        case ChunkPhase.IN_CACHE:
            _solid(painter, rect, tokens.chunk_in_cache)
        case ChunkPhase.PERSISTED | ChunkPhase.DONE:
            _solid(painter, rect, tokens.chunk_persisted)
            _mark(painter, rect, ((0.26, 0.52), (0.44, 0.70), (0.76, 0.34)))
        case ChunkPhase.FAILED:
            _solid(painter, rect, tokens.error)
            _mark(painter, rect, ((0.30, 0.30), (0.70, 0.70)))
            _mark(painter, rect, ((0.70, 0.30), (0.30, 0.70)))


def _radius(rect: QRectF) -> float:
    return rect.width() * 3 / CELL


def _outline(
    painter: QPainter, rect: QRectF, colour: QColor, width: float, fill: QColor | None = None
) -> None:
    painter.setPen(QPen(colour, width))
    painter.setBrush(Qt.BrushStyle.NoBrush if fill is None else fill)
    half = width / 2
    radius = _radius(rect) - half
    painter.drawRoundedRect(rect.adjusted(half, half, -half, -half), radius, radius)


def _filling(painter: QPainter, rect: QRectF, colour: QColor, fraction: float) -> None:
    _outline(painter, rect, colour, 1.5, theme.tokens().accent_box)
    inner = rect.adjusted(3, 3, -3, -3)
    inner.setTop(inner.bottom() - inner.height() * fraction)
    painter.fillRect(inner, colour)


def _solid(painter: QPainter, rect: QRectF, colour: QColor) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawRoundedRect(rect, _radius(rect) * 0.8, _radius(rect) * 0.8)


def _mark(painter: QPainter, rect: QRectF, points: tuple[tuple[float, float], ...]) -> None:
    pen = QPen(theme.tokens().base, max(1.6, rect.width() / 8))
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    path = QPainterPath()
    for number, (x, y) in enumerate(points):
        point = QPointF(rect.x() + x * rect.width(), rect.y() + y * rect.height())
        path.lineTo(point) if number else path.moveTo(point)
    painter.drawPath(path)


class ChunkMap(QWidget):
    """The cells of one job, wrapped to the width. Signal: `current_changed(MapCell)`.

    Arrows, Home and End move the current cell, F goes to the next failed one; the tool tip and the
    reader of the screen are told what it holds.
    """

    current_changed = Signal(object)

    def __init__(
        self, chunks: Chunks, parent: QWidget | None = None, *, larger: float = 1.0
    ) -> None:
        super().__init__(parent)
        self._larger = larger
        self.setObjectName("chunk_map")
        self.setAccessibleName(_tr("Chunk map"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self._chunks = chunks
        self._job_id: int | None = None
        self._cells: list[MapCell] = []
        self._blocks: list[ChunkBlock] = []
        self._folded: list[list[MapCell]] = []  # the cells of each block
        self._layout: tuple[tuple[int, Grid], Layout] | None = None
        self._current = -1
        self._tiles: Tiles | None = None
        chunks.changed.connect(self._follow)
        theme.notifier().changed.connect(self._drop_tiles)

    def show_job(self, job_id: int | None) -> None:
        if job_id == self._job_id:
            return
        self._job_id, self._current = job_id, -1
        self._rebuild()

    def cells(self) -> list[MapCell]:
        return self._cells

    def current(self) -> int:
        return self._current

    def current_cell(self) -> MapCell | None:
        return self._cells[self._current] if 0 <= self._current < len(self._cells) else None

    def set_current(self, position: int) -> None:
        """Make a cell the current one and announce what it holds."""
        if not 0 <= position < len(self._cells) or position == self._current:
            return
        self._update_cell(self._current)
        self._current = position
        self._update_cell(position)
        self.current_changed.emit(self._cells[position])
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, self.describe(position)))

    def describe(self, position: int) -> str:
        """Return one sentence on a cell: which chunks, what state, how much, what is in it."""
        cell = self._cells[position]
        held = self._held(cell)
        total = format.count(len(self._chunks.of(self._job_id or 0)))
        word = job_words.chunk_word(cell.phase)
        if cell.first == cell.last:
            which = _tr("Chunk {n} of {total}: {state}")
            told = which.format(n=format.count(cell.first + 1), total=total, state=word)
        else:
            which = _tr("Chunks {first} to {last} of {total}: {state}")
            told = which.format(
                first=format.count(cell.first + 1),
                last=format.count(cell.last + 1),
                total=total,
                state=word,
            )
        if cell.phase in FILLING:
            told = f"{told} {format.percent(int(cell.fraction * 1000), 1000)}"
        block = self.block_of(cell)
        job = [job_caption(block)] if block is not None and block.of > 1 else []
        return ", ".join([told, *_contents(held), *job])

    def _is_split(self) -> bool:
        return any(block.of > 1 for block in self._blocks)

    def block_of(self, cell: MapCell) -> ChunkBlock | None:
        """Return the job on the appliance whose chunks a cell stands for."""
        number = bisect_right([block.first for block in self._blocks], cell.first) - 1
        return self._blocks[number] if number >= 0 else None

    def _held(self, cell: MapCell) -> list[ChunkCell]:
        return self._chunks.of(self._job_id or 0)[cell.first : cell.last + 1]

    @Slot(object, object)
    def _follow(self, job_id: int, positions: tuple[int, ...] | None) -> None:
        if job_id != self._job_id:
            return
        if positions is None or self._blocks != self._chunks.blocks(job_id):
            self._rebuild()
            return
        chunks = self._chunks.of(job_id)
        step = chunks_a_cell(len(chunks))
        for cell in {self._cell_of(position, step) for position in positions}:
            block = self._blocks[bisect_right(self._laid_out().firsts, cell) - 1]
            first, end = self._cells[cell].first, block.first + block.chunks
            self._cells[cell] = map_cell(chunks, first, step, end)
            self._update_cell(cell)
        self._tell()

    def _cell_of(self, position: int, step: int) -> int:
        """Return the cell that a chunk is in."""
        number = bisect_right([block.first for block in self._blocks], position) - 1
        return self._laid_out().firsts[number] + (position - self._blocks[number].first) // step

    def _rebuild(self) -> None:
        job_id = -1 if self._job_id is None else self._job_id
        chunks, self._blocks = self._chunks.of(job_id), self._chunks.blocks(job_id)
        step = chunks_a_cell(len(chunks))
        self._folded = [map_block(chunks, block, step) for block in self._blocks]
        self._cells = [cell for cells in self._folded for cell in cells]
        self._layout = None
        self._current = min(self._current, len(self._cells) - 1)
        self._tell()
        self.updateGeometry()
        self.update()

    def _tell(self) -> None:
        self.setAccessibleDescription(self._description())

    def _description(self) -> str:
        if self._job_id is None or not self._cells:
            return ""
        counts = self._chunks.counts(self._job_id)
        parts = [
            f"{job_words.chunk_word(phase)} {format.count(counts[phase])}"
            for phase in SPOKEN_ORDER
            if counts[phase]
        ]
        return _tr("Chunks: {n}. {parts}").format(
            n=format.count(counts.total()), parts=", ".join(parts)
        )

    def _cell_size(self) -> int:
        grown = self._larger * self.fontMetrics().height() / _normal_height(self)
        return max(10, round(CELL * grown))

    def _pitch(self) -> int:
        return self._cell_size() + GAP

    def _laid_out(self, width: int | None = None) -> Layout:
        """Return where the cells stand at a width, at the widget's own where none is given."""
        mirrored = self.layoutDirection() is Qt.LayoutDirection.RightToLeft
        caption = self.fontMetrics().height() + GAP if self._is_split() else 0
        grid = Grid(self._cell_size(), self._pitch(), caption, mirrored)
        key = (self.width() if width is None else width, grid)
        if self._layout is None or self._layout[0] != key:
            self._layout = key, Layout([len(cells) for cells in self._folded], *key)
        return self._layout[1]

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return self._laid_out(width).height

    def sizeHint(self) -> QSize:
        width = max(self.width(), 20 * self._pitch())
        return QSize(width, self.heightForWidth(width))

    def minimumSizeHint(self) -> QSize:
        return QSize(8 * self._pitch(), self.heightForWidth(self.width()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another width wraps to another height, which a scroll area learns from the hints."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.updateGeometry()

    def cell_rect(self, position: int) -> QRect:
        return self._laid_out().cell_rect(position)

    def cell_at(self, point: QPoint) -> int:
        """Return the cell under a point, the gap right and below belonging to it, or -1."""
        return self._laid_out().cell_at(point)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        tiles, layout = self._fitting_tiles(), self._laid_out()
        self._paint_captions(painter, layout)
        for cells in layout.between(event.rect().top(), event.rect().bottom()):
            for position in cells:
                cell = self._cells[position]
                corner = layout.cell_rect(position).topLeft()
                painter.drawPixmap(corner, tiles.tile(cell.phase, cell.fraction))
        if self.hasFocus() and 0 <= self._current < len(self._cells):
            self._paint_focus(painter)

    def _paint_captions(self, painter: QPainter, layout: Layout) -> None:
        """A split transfer has a block for each of its jobs, with its name above it."""
        if not self._is_split():
            return
        painter.setPen(theme.tokens().secondary)
        painter.setFont(theme.scaled(self.font(), 12))
        for number, block in enumerate(self._blocks):
            rect = layout.caption_rect(number)
            painter.drawText(rect, Qt.AlignmentFlag.AlignLeading, job_caption(block))

    def _paint_focus(self, painter: QPainter) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.tokens().text, 1.5))
        ring = QRectF(self.cell_rect(self._current)).adjusted(-1, -1, 1, 1)
        painter.drawRoundedRect(ring, 4, 4)

    def _fitting_tiles(self) -> Tiles:
        size, ratio = self._cell_size(), self.devicePixelRatioF()
        if self._tiles is None or (self._tiles.size, self._tiles.ratio) != (size, ratio):
            self._tiles = Tiles(size, ratio)
        return self._tiles

    def _drop_tiles(self) -> None:
        self._tiles = None
        self.update()

    def _update_cell(self, position: int) -> None:
        if position >= 0:
            self.update(self.cell_rect(position).adjusted(-2, -2, 2, 2))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        target = self._target(Qt.Key(event.key())) if self._cells else None
        if target is None:
            super().keyPressEvent(event)
            return
        self.set_current(max(0, min(target, len(self._cells) - 1)))

    def _target(self, key: Qt.Key) -> int | None:
        ahead = -1 if self.layoutDirection() is Qt.LayoutDirection.RightToLeft else 1
        match key:
            case Qt.Key.Key_Left:
                return self._current - ahead
            case Qt.Key.Key_Right:
                return self._current + ahead
            case Qt.Key.Key_Up:
                return self._laid_out().moved(max(self._current, 0), -1)
            case Qt.Key.Key_Down:
                return self._laid_out().moved(max(self._current, 0), 1)
            case Qt.Key.Key_Home:
                return 0
            case Qt.Key.Key_End:
                return len(self._cells) - 1
            case Qt.Key.Key_F:
                return self._next_failed()
            case _:
                return None

    def _next_failed(self) -> int:
        failed = [n for n, cell in enumerate(self._cells) if cell.phase is ChunkPhase.FAILED]
        behind = [position for position in failed if position > self._current]
        return (behind or failed or [self._current])[0]

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.set_current(self.cell_at(event.position().toPoint()))

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if self._current < 0 and self._cells:
            self.set_current(0)

    def event(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            position = self.cell_at(event.pos())
            if position < 0:
                QToolTip.hideText()
            else:
                rect = self.cell_rect(position)
                QToolTip.showText(event.globalPos(), self.describe(position), self, rect)
            return True
        return super().event(event)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.PaletteChange):
            self._drop_tiles()
            self.updateGeometry()
        super().changeEvent(event)


def job_caption(block: ChunkBlock) -> str:
    """`Job 2 of 3`, of a transfer that is several jobs on the appliance."""
    return _tr("Job {n} of {of}").format(n=format.count(block.number), of=format.count(block.of))


def _contents(held: list[ChunkCell]) -> list[str]:
    lengths = [cell.length for cell in held if cell.length is not None]
    objects = [cell.objects for cell in held if cell.objects is not None]
    told = [format.size3(sum(lengths))] if len(lengths) == len(held) else []
    if len(objects) == len(held):
        number = sum(objects)
        told.append(_counted("{n} objects", number))
    return told


def _normal_height(widget: QWidget) -> int:
    """Return the line height of the 13 px font the sizes here are meant for."""
    font = widget.font()
    font.setPixelSize(NORMAL_FONT)
    return max(1, QFontMetrics(font).height())


class Legend(QWidget):
    """The shapes and their words, wrapped to the width; only states the job's kind has."""

    SIDE = 12
    BETWEEN = 16
    LINE = 20

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("chunk_legend")
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self._phases: tuple[ChunkPhase, ...] = ()
        self._counts: Mapping[ChunkPhase, int] | None = None
        theme.notifier().changed.connect(self.update)

    def show_phases(
        self, phases: tuple[ChunkPhase, ...], counts: Mapping[ChunkPhase, int] | None = None
    ) -> None:
        """Show these states, and how many chunks are in each where that is given."""
        if (phases, counts) == (self._phases, self._counts):
            return
        self._phases, self._counts = phases, counts
        self.setAccessibleName(", ".join(map(self._word, phases)))
        self.updateGeometry()
        self.update()

    def _places(self, width: int) -> list[tuple[ChunkPhase, QRect]]:
        metrics = self.fontMetrics()
        line = max(self.LINE, metrics.height() + 4)
        places, x, y = [], 0, 0
        for phase in self._phases:
            taken = self.SIDE + 5 + metrics.horizontalAdvance(self._word(phase))
            if x and x + taken > width:
                x, y = 0, y + line
            places.append((phase, QRect(x, y, taken, line)))
            x += taken + self.BETWEEN
        return places

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        places = self._places(width)
        return places[-1][1].bottom() + 1 if places else 0

    def sizeHint(self) -> QSize:
        return QSize(200, self.heightForWidth(max(self.width(), 200)))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.updateGeometry()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for phase, place in self._places(self.width()):
            cell = QRect(
                place.x(), place.y() + (place.height() - self.SIDE) // 2, self.SIDE, self.SIDE
            )
            paint_cell(painter, QRectF(self._mirrored(cell)), phase, 0.5)
            painter.setPen(theme.tokens().secondary)
            words = self._mirrored(place.adjusted(self.SIDE + 5, 0, 0, 0))
            painter.drawText(words, Qt.AlignmentFlag.AlignVCenter, self._word(phase))

    def _word(self, phase: ChunkPhase) -> str:
        word = job_words.chunk_word(phase)
        return word if self._counts is None else f"{word} {format.count(self._counts[phase])}"

    def _mirrored(self, rect: QRect) -> QRect:
        return QStyle.visualRect(self.layoutDirection(), self.rect(), rect)
