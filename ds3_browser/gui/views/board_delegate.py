"""What the cells of the jobs board look like: type badges, names with ids, bars, activity."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from ds3_browser.gui import appliance_jobs, theme
from ds3_browser.gui.models.board import COLUMNS, Shown, ShownRole
from ds3_browser.gui.theme import Role
from ds3_browser.gui.views.two_lines import (
    BAR,
    ICON,
    RowCell,
    paint_bar,
    paint_icon,
    paint_row,
    row_height,
)
from ds3_browser.protocol.records import RequestType

Index = QModelIndex | QPersistentModelIndex

BADGE = 18


class BoardDelegate(QStyledItemDelegate):
    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(60, row_height(option.font))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        shown = index.data(ShownRole)
        if not isinstance(shown, Shown):
            return
        painter.save()
        painter.setClipRect(option.rect, Qt.ClipOperation.IntersectClip)  # marks may be high
        paint_row(painter, option, first=index.column() == 0)
        cell = RowCell(painter, option)
        text = str(index.data())
        column = COLUMNS[index.column()]
        match column.id:
            case "type":
                _paint_type(cell, shown, text)
            case "name":
                _paint_name(cell, shown, text)
            case "progress":
                _paint_progress(cell, shown)
            case "activity":
                _paint_activity(cell, shown)
            case "priority" if shown.row.job.priority in ("CRITICAL", "URGENT"):
                _paint_text(cell, text, theme.colour(Role.ERROR), cell.strong)
            case "owner":
                _paint_text(cell, text, theme.tokens().secondary, cell.body)
            case _:
                side = Qt.AlignmentFlag.AlignRight if column.right else Qt.AlignmentFlag.AlignLeft
                _paint_text(cell, text, cell.text_colour, cell.body, side)
        painter.restore()


def _paint_text(
    cell: RowCell,
    text: str,
    colour: QColor,
    font: QFont,
    side: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft,
) -> None:
    area = cell.inner()
    cell.line(area, area, text, font, colour, align=side)


def _paint_type(cell: RowCell, shown: Shown, text: str) -> None:
    """A badge: its word tells the type, its colour only where one looks first."""
    tokens, area = theme.tokens(), cell.inner()
    font = theme.scaled(cell.option.font, 11, QFont.Weight.DemiBold)
    metrics = QFontMetrics(font)
    badge = QRect(
        area.left(), 0, metrics.horizontalAdvance(text) + 12, max(BADGE, metrics.height())
    )
    badge.moveTop(area.top() + (area.height() - badge.height()) // 2)
    badge = cell.mirrored(badge)
    match shown.row.job.request_type:
        case RequestType.PUT:
            ground, words = tokens.accent_box, tokens.accent
        case RequestType.GET:
            ground, words = tokens.success_box, tokens.success
        case _:
            ground, words = tokens.track, tokens.secondary
    cell.painter.setPen(Qt.PenStyle.NoPen)
    cell.painter.setBrush(ground)
    cell.painter.drawRoundedRect(badge, 4, 4)
    cell.painter.setFont(font)
    cell.painter.setPen(words)
    cell.painter.drawText(badge, Qt.AlignmentFlag.AlignCenter, text)


def _paint_name(cell: RowCell, shown: Shown, text: str) -> None:
    area, middle = cell.inner(), Qt.TextElideMode.ElideMiddle
    cell.line(cell.first_line(), area, text, cell.medium, cell.text_colour, middle)
    secondary = theme.tokens().secondary
    cell.line(cell.second_line(), area, shown.row.job.job_id, cell.small, secondary)


def _paint_progress(cell: RowCell, shown: Shown) -> None:
    area, tokens, job = cell.inner(), theme.tokens(), shown.row.job
    first = cell.first_line().translated(0, -1)
    caption, amount = appliance_jobs.share_of(shown.row), appliance_jobs.amount(job)
    right, metrics = Qt.AlignmentFlag.AlignRight, QFontMetrics(cell.small)
    if metrics.horizontalAdvance(amount) + 8 + metrics.horizontalAdvance(caption) > area.width():
        amount = ""  # the tip has it; what is cut says nothing
    cell.line(first, area, caption, cell.small, tokens.secondary, align=right)
    taken = metrics.horizontalAdvance(caption)
    left = area.adjusted(0, 0, -taken - 8, 0)
    cell.line(first, left, amount, cell.small, cell.text_colour)
    top = cell.second_line().center().y() - BAR / 2 + 1
    bar = cell.mirrored(QRect(area.left(), round(top), area.width(), BAR))
    mirrored = cell.option.direction is Qt.LayoutDirection.RightToLeft
    ground = tokens.selection if cell.selected else tokens.base
    paint_bar(cell.painter, QRectF(bar), appliance_jobs.stages(job), mirrored, ground)


def _paint_activity(cell: RowCell, shown: Shown) -> None:
    told, area = appliance_jobs.activity(shown.row, shown.now), cell.inner()
    texts = area
    if told.icon:
        at = QRect(area.left(), area.top(), ICON, area.height())
        paint_icon(cell.painter, told.icon, told.role, cell.mirrored(at))
        texts = area.adjusted(ICON + 6, 0, 0, 0)
    calm = told.role is not Role.WARNING
    colour = cell.text_colour if calm else theme.colour(told.role)
    cell.line(area, texts, told.text, cell.body, colour)
