"""What the rows of a browsed list look like. Paints, with one call to the model a cell."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from ds3_browser.gui import icons, theme
from ds3_browser.gui.models.objects import Cell, ObjectsModel
from ds3_browser.gui.theme import Role

Index = QModelIndex | QPersistentModelIndex

PAD = 12
EDGE = 3
ICON = 16
GAP = 6  # to the text
NEXT = 3  # to the next sign
ROW = 28


def shown_signs(cell: Cell, metrics: QFontMetrics, room: int) -> tuple[tuple[str, Role], ...]:
    """All its signs, or the last where these would cut the words, which say the same."""
    signs = cell.signs
    if len(signs) < 2:
        return signs
    needed = metrics.horizontalAdvance(cell.text) + len(signs) * (ICON + NEXT) + GAP - NEXT
    return signs if needed <= room else signs[-1:]


class ListDelegate(QStyledItemDelegate):
    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._font: QFont | None = None  # the list's, of which the two below are made
        self._figures = QFont()
        self._metrics = self._figure_metrics = QFontMetrics(QFont())

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(80, ROW)

    def cell_of(self, index: Index) -> Cell:
        model = index.model()
        assert isinstance(model, ObjectsModel)
        return model.cell(index.row(), index.column())

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        cell = self.cell_of(index)
        tokens = theme.tokens()
        first = index.column() == 0
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        rect = QRect(option.rect)
        painter.save()
        painter.setClipRect(option.rect, Qt.ClipOperation.IntersectClip)  # marks may be high
        painter.fillRect(rect, tokens.selection if selected else tokens.base)
        painter.fillRect(QRect(rect.left(), rect.bottom(), rect.width(), 1), tokens.row_line)
        if selected and first:
            edge = QRect(rect.left(), rect.top(), EDGE, rect.height())
            painter.fillRect(QStyle.visualRect(option.direction, rect, edge), tokens.accent)
        area = rect.adjusted(PAD, 0, -PAD, -1)
        self._measure(option.font)
        for name, role in shown_signs(cell, self._metrics, area.width()):
            self._paint_sign(painter, option, name, role, area)
            area.setLeft(area.left() + ICON + NEXT)
        if cell.signs:
            area.setLeft(area.left() + GAP - NEXT)
        plain = cell.role in (Role.TEXT, Role.SECONDARY)
        painter.setPen(tokens.selection_text if selected and plain else theme.colour(cell.role))
        self._paint_text(painter, option, cell, area, first)
        if option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(tokens.accent, 2))
            painter.drawRect(rect.adjusted(1, 1, -1, -2))
        painter.restore()

    def _paint_sign(
        self, painter: QPainter, option: QStyleOptionViewItem, name: str, role: Role, area: QRect
    ) -> None:
        picture = icons.pixmap(name, role, ICON, painter.device().devicePixelRatioF())
        at = QRect(area.left(), area.top() + (area.height() - ICON) // 2, ICON, ICON)
        rect = QRect(option.rect)
        painter.drawPixmap(QStyle.visualRect(option.direction, rect, at).topLeft(), picture)

    def _paint_text(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        cell: Cell,
        area: QRect,
        first: bool,
    ) -> None:
        """Names give way in the middle, all else at the end; figures stand in columns."""
        painter.setFont(self._figures if cell.figures else option.font)
        metrics = self._figure_metrics if cell.figures else self._metrics
        elide = Qt.TextElideMode.ElideMiddle if first else Qt.TextElideMode.ElideRight
        text = metrics.elidedText(cell.text, elide, area.width())
        side = Qt.AlignmentFlag.AlignRight if cell.right else Qt.AlignmentFlag.AlignLeft
        flags = QStyle.visualAlignment(option.direction, side) | Qt.AlignmentFlag.AlignVCenter
        rect = QStyle.visualRect(option.direction, QRect(option.rect), area)
        painter.drawText(rect, flags | Qt.TextFlag.TextSingleLine, text)

    def _measure(self, font: QFont) -> None:
        """Make fonts and metrics once for all cells, not in each."""
        if font != self._font:
            self._font = QFont(font)
            self._figures = theme.tabular(font)
            self._metrics = QFontMetrics(font)
            self._figure_metrics = QFontMetrics(self._figures)
