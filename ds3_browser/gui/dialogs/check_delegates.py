"""Paints the checks of an upload and the files of one of them, in rows of two lines."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from ds3_browser.gui import theme
from ds3_browser.gui.models.upload_checks import (
    CHOICE,
    FILE,
    OTHER,
    ColourRole,
    CountRole,
    IconRole,
    SecondRole,
)
from ds3_browser.gui.theme import Role
from ds3_browser.gui.views.two_lines import (
    ICON,
    PAD,
    RowCell,
    paint_icon,
    paint_row,
    row_height,
    two_lines,
)

Index = QModelIndex | QPersistentModelIndex


class CheckDelegate(QStyledItemDelegate):
    """A sign, the name of the check and what becomes of its files, and how many they are."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(200, row_height(option.font))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        painter.save()
        painter.setClipRect(option.rect, Qt.ClipOperation.IntersectClip)  # marks may be high
        paint_row(painter, option, first=True)
        cell = RowCell(painter, option)
        role: Role = index.data(ColourRole)
        area = cell.inner()
        sign = QRect(area.left(), area.top(), ICON, area.height())
        paint_icon(painter, index.data(IconRole), role, cell.mirrored(sign))
        count = index.data(CountRole)
        width = QFontMetrics(theme.tabular(cell.strong)).horizontalAdvance(count) + 2
        words = area.adjusted(ICON + 8, 0, -width - 8, 0)
        first, second = two_lines(area, cell.medium, cell.small)
        cell.line(first, words, index.data(), cell.medium, cell.text_colour)
        secondary = theme.tokens().secondary
        cell.line(second, words, index.data(SecondRole), cell.small, secondary)
        figure = QRect(area.right() - width, area.top(), width, area.height())
        colour = theme.tokens().secondary if role is Role.ACCENT else theme.colour(role)
        right = Qt.AlignmentFlag.AlignRight
        cell.line(area, figure, count, cell.strong, colour, align=right)
        _paint_focus(painter, option)
        painter.restore()


class FileDelegate(QStyledItemDelegate):
    """Two lines a cell; a choice has the arrows of what opens a menu before it."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        # What stands at the right has figures of one width, which take more room than others.
        font, small = (theme.tabular(theme.scaled(option.font, size)) for size in (13, 12))
        width = max(
            QFontMetrics(font).horizontalAdvance(index.data() or ""),
            QFontMetrics(small).horizontalAdvance(index.data(SecondRole) or ""),
        )
        sign = ICON + 6 if index.column() in (FILE, CHOICE) else 0
        return QSize(width + sign + 2 * PAD + 4, row_height(option.font))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        painter.save()
        painter.setClipRect(option.rect, Qt.ClipOperation.IntersectClip)  # marks may be high
        column = index.column()
        paint_row(painter, option, first=column == FILE)
        cell = RowCell(painter, option)
        area = cell.inner()
        words = area
        if column in (FILE, CHOICE):
            sign = QRect(area.left(), area.top(), ICON, area.height())
            icon = index.data(IconRole) if column == FILE else "chevrons-up-down"
            if column == FILE or index.flags() & Qt.ItemFlag.ItemIsEditable:
                paint_icon(painter, icon, Role.SECONDARY, cell.mirrored(sign))
                words = area.adjusted(ICON + 6, 0, 0, 0)
        side = index.data(Qt.ItemDataRole.TextAlignmentRole)
        align = Qt.AlignmentFlag(side) if side is not None else Qt.AlignmentFlag.AlignLeft
        told, second = index.data() or "", index.data(SecondRole) or ""
        role = index.data(ColourRole)
        colour = cell.text_colour if role in (None, Role.TEXT) else theme.colour(role)
        middle = column in (FILE, OTHER)
        elide = Qt.TextElideMode.ElideMiddle if middle else Qt.TextElideMode.ElideRight
        if second:
            top, below = two_lines(area, cell.body, cell.small)
            secondary = theme.tokens().secondary
            cell.line(below, words, second, cell.small, secondary, elide, align)
        else:
            top = area
        cell.line(top, words, told, cell.body, colour, elide, align)
        if column == CHOICE:
            _paint_focus(painter, option)
        painter.restore()


def _paint_focus(painter: QPainter, option: QStyleOptionViewItem) -> None:
    if option.state & QStyle.StateFlag.State_HasFocus:
        painter.setPen(theme.tokens().accent)
        painter.drawRect(option.rect.adjusted(1, 1, -2, -3))
