"""What cells of rows with two lines are painted with: grounds, lines, icons, stacked bars."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPainterPath
from PySide6.QtWidgets import QStyle, QStyleOptionViewItem

from ds3_browser.gui import icons, theme
from ds3_browser.gui.theme import Role
from ds3_browser.transfer.events import ChunkPhase

PAD = 12
ICON = 16
BAR = 6
EDGE = 3
LINE_GAP = 4


class RowCell:
    """One cell being painted: where its two lines are, in which fonts, mirrored where needed."""

    def __init__(self, painter: QPainter, option: QStyleOptionViewItem) -> None:
        self.painter = painter
        self.option = option
        self.selected = bool(option.state & QStyle.StateFlag.State_Selected)
        self.body = QFont(option.font)
        self.strong = theme.scaled(option.font, 13, QFont.Weight.DemiBold)
        self.medium = theme.scaled(option.font, 13, QFont.Weight.Medium)
        self.small = theme.scaled(option.font, 12)
        self.button_font = theme.scaled(option.font, 12, QFont.Weight.Medium)

    @property
    def text_colour(self) -> QColor:
        return theme.tokens().selection_text if self.selected else theme.tokens().text

    def inner(self) -> QRect:
        return self.option.rect.adjusted(PAD, 0, -PAD, -1)

    def first_line(self) -> QRect:
        return two_lines(self.inner(), self.body, self.small)[0]

    def second_line(self) -> QRect:
        return two_lines(self.inner(), self.body, self.small)[1]

    def mirrored(self, rect: QRect) -> QRect:
        """Return where a rectangle meant for left-to-right lies in this cell."""
        return QStyle.visualRect(self.option.direction, self.option.rect, rect)

    def line(
        self,
        line: QRect,
        between: QRect,
        text: str,
        font: QFont,
        colour: QColor,
        elide: Qt.TextElideMode = Qt.TextElideMode.ElideRight,
        align: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft,
    ) -> None:
        rect = QRect(between.left(), line.top(), between.width(), line.height())
        font = theme.tabular(font) if align == Qt.AlignmentFlag.AlignRight else font
        told = QFontMetrics(font).elidedText(text, elide, rect.width())
        self.painter.setFont(font)
        self.painter.setPen(colour)
        flags = QStyle.visualAlignment(self.option.direction, align)
        self.painter.drawText(self.mirrored(rect), flags | Qt.AlignmentFlag.AlignVCenter, told)


def row_height(font: QFont) -> int:
    """Return the height of a row of two lines: 50 px at a 13 px font, growing with it."""
    small = theme.scaled(font, 12)
    denser = theme.density().two_lines - theme.Density.NORMAL.two_lines
    return QFontMetrics(font).height() + QFontMetrics(small).height() + 19 + denser


def two_lines(area: QRect, first_font: QFont, second_font: QFont) -> tuple[QRect, QRect]:
    """Return two lines, centred together in an area."""
    first, second = QFontMetrics(first_font).height(), QFontMetrics(second_font).height()
    top = area.top() + (area.height() - first - second - LINE_GAP) // 2
    return (
        QRect(area.left(), top, area.width(), first),
        QRect(area.left(), top + first + LINE_GAP, area.width(), second),
    )


def paint_ground(painter: QPainter, option: QStyleOptionViewItem) -> None:
    tokens = theme.tokens()
    selected = bool(option.state & QStyle.StateFlag.State_Selected)
    painter.fillRect(option.rect, tokens.selection if selected else tokens.base)
    line = QRect(option.rect)
    line.setTop(line.bottom())
    painter.fillRect(line, tokens.row_line)


def paint_row(painter: QPainter, option: QStyleOptionViewItem, *, first: bool) -> None:
    """Paint the ground of a cell; the `first` of a selected row has the accent's edge."""
    paint_ground(painter, option)
    if first and option.state & QStyle.StateFlag.State_Selected:
        edge = QRect(option.rect)
        edge.setHeight(edge.height() - 1)
        if option.direction is Qt.LayoutDirection.RightToLeft:
            edge.setLeft(edge.right() - EDGE + 1)
        else:
            edge.setWidth(EDGE)
        painter.fillRect(edge, theme.tokens().accent)


def paint_icon(painter: QPainter, name: str, role: Role, rect: QRect, size: int = ICON) -> None:
    device = painter.device()
    ratio = device.devicePixelRatioF() if device is not None else 1.0
    pixmap = icons.pixmap(name, role, size, ratio)
    place = QRect(0, 0, size, size)
    place.moveCenter(rect.center())
    painter.drawPixmap(place, pixmap)


def paint_bar(
    painter: QPainter,
    rect: QRectF,
    stages: tuple[tuple[float, ChunkPhase], ...],
    mirrored: bool,
    ground: QColor,
) -> None:
    """Paint the stacked bar: a track, and the stages from the side where reading begins."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    track = QPainterPath()
    track.addRoundedRect(rect, rect.height() / 2, rect.height() / 2)
    painter.setClipPath(track, Qt.ClipOperation.IntersectClip)
    tokens = theme.tokens()
    # On a selected row the usual track would not be seen.
    painter.fillRect(rect, tokens.base if ground == tokens.selection else tokens.track)
    done = 0.0
    for end, phase in stages:
        if end <= done:
            continue
        left = done * rect.width() + (1 if done else 0)  # a hair between two stages
        part = QRectF(rect.x() + left, rect.y(), end * rect.width() - left, rect.height())
        if mirrored:
            part.moveRight(rect.right() - left)
        if done:
            painter.fillRect(part.adjusted(-1, 0, 0, 0), ground)
        painter.fillRect(part, phase_colour(phase))
        done = end
    painter.restore()


def phase_colour(phase: ChunkPhase) -> QColor:
    tokens = theme.tokens()
    match phase:
        case ChunkPhase.PERSISTED | ChunkPhase.DONE:
            return tokens.chunk_persisted
        case ChunkPhase.IN_CACHE:
            return tokens.chunk_in_cache
        case _:
            return tokens.chunk_transferring
