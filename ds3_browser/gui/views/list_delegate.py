"""What the rows of a browsed list look like. Paints, with one call to the model a cell."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from ds3_browser.gui import icons, theme
from ds3_browser.gui.models.objects import ObjectsModel
from ds3_browser.gui.theme import Role

Index = QModelIndex | QPersistentModelIndex

PAD = 12
EDGE = 3
ICON = 16
GAP = 6
ROW = 28


class ListDelegate(QStyledItemDelegate):
    """`dropped_on` is the row that a drag is over, or None."""

    dropped_on: int | None = None

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(80, ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        model = index.model()
        assert isinstance(model, ObjectsModel)
        row, column = index.row(), index.column()
        cell = model.cell(row, column)
        tokens = theme.tokens()
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.save()
        rect = QRect(option.rect)
        painter.fillRect(rect, tokens.selection if selected else tokens.base)
        painter.fillRect(QRect(rect.left(), rect.bottom(), rect.width(), 1), tokens.row_line)
        if selected and column == 0:
            painter.fillRect(QRect(rect.left(), rect.top(), EDGE, rect.height() - 1), tokens.accent)
        if option.state & QStyle.StateFlag.State_HasFocus or self.dropped_on == row:
            self._ring(painter, rect, row)
        area = rect.adjusted(PAD, 0, -PAD, -1)
        if cell.icon:
            role = Role.ACCENT if cell.folder else Role.SECONDARY
            picture = icons.pixmap(cell.icon, role, ICON, painter.device().devicePixelRatioF())
            at = QRect(area.left(), area.top() + (area.height() - ICON) // 2, ICON, ICON)
            painter.drawPixmap(QStyle.visualRect(option.direction, rect, at).topLeft(), picture)
            area.setLeft(area.left() + ICON + GAP)
        painter.setPen(
            tokens.selection_text
            if selected
            else tokens.secondary
            if cell.secondary
            else tokens.text
        )
        font = option.font if column == 0 else theme.tabular(option.font)
        painter.setFont(font)
        elide = Qt.TextElideMode.ElideMiddle if column == 0 else Qt.TextElideMode.ElideRight
        text = QFontMetrics(font).elidedText(cell.text, elide, area.width())
        side = Qt.AlignmentFlag.AlignRight if cell.right else Qt.AlignmentFlag.AlignLeft
        flags = QStyle.visualAlignment(option.direction, side) | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QStyle.visualRect(option.direction, rect, area), flags, text)
        painter.restore()

    def _ring(self, painter: QPainter, rect: QRect, row: int) -> None:
        pen = painter.pen()
        pen.setColor(theme.tokens().accent)
        pen.setWidth(2)
        painter.setPen(pen)
        inner = rect.adjusted(1, 1, -1, -2)
        if self.dropped_on == row:  # the whole row, so no lines between its cells
            painter.drawLine(inner.topLeft(), inner.topRight())
            painter.drawLine(inner.bottomLeft(), inner.bottomRight())
        else:
            painter.drawRect(inner)
