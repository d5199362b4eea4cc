"""The list of sessions at the left of their dialog: icon, name, and below it where it leads."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QCoreApplication, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter
from PySide6.QtWidgets import (
    QFrame,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from ds3_browser.gui import icons, theme
from ds3_browser.gui.sessions import SavedSession
from ds3_browser.gui.theme import Role

_tr = partial(QCoreApplication.translate, "session")

Index = QModelIndex | QPersistentModelIndex

ROW = 50
TILE = 26
EDGE = 3
WhereRole = Qt.ItemDataRole.UserRole + 1
IconRole = Qt.ItemDataRole.UserRole + 2


class SessionList(QListWidget):
    """One row a session; who owns it knows which is which by its number."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("session_list")
        self.setAccessibleName(_tr("Sessions"))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setItemDelegate(_Delegate(self))

    def add_session(self, session: SavedSession) -> None:
        self.addItem(QListWidgetItem())
        self.show_session(self.count() - 1, session)

    def show_session(self, row: int, session: SavedSession) -> None:
        item = self.item(row)
        where = where_it_leads(session)
        item.setText(session.name)
        item.setData(WhereRole, where)
        item.setData(IconRole, "flask-conical" if session.demo else "server")
        item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{session.name}, {where}")
        item.setToolTip(f"{session.name}\n{where}")


def where_it_leads(session: SavedSession) -> str:
    """Return the second line of a session: the host as typed, and how its trust is special."""
    if session.demo:
        return _tr("On this computer")
    if not session.host:
        return _tr("Not saved yet")
    if session.scheme == "https" and session.pin is None and not session.verify:
        return _tr("{host}, not verified").format(host=session.host)
    if session.scheme == "https" and session.pin is not None and session.self_signed:
        return _tr("{host}, self-signed").format(host=session.host)
    return session.host


class _Delegate(QStyledItemDelegate):
    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(100, theme.row_height(self.parent(), ROW))  # type: ignore[arg-type]  # the list

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        tokens, rect = theme.tokens(), QRect(option.rect)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.setClipRect(option.rect, Qt.ClipOperation.IntersectClip)  # marks may be high
        painter.fillRect(rect, tokens.selection if selected else tokens.alt)
        painter.fillRect(QRect(rect.left(), rect.bottom(), rect.width(), 1), tokens.row_line)
        if selected:
            edge = QRect(rect.left(), rect.top(), EDGE, rect.height())
            painter.fillRect(QStyle.visualRect(option.direction, rect, edge), tokens.accent)
        self._paint_icon(painter, option, index, selected)
        area = rect.adjusted(12 + TILE + 10, 6, -12, -7)
        name, where = theme.scaled(option.font, 13, QFont.Weight.Medium), option.font
        where = theme.scaled(option.font, 12)
        half = area.height() // 2
        lines = (
            (name, index.data(), tokens.selection_text if selected else tokens.text, 0),
            (where, index.data(WhereRole), tokens.secondary, half),
        )
        side = QStyle.visualAlignment(option.direction, Qt.AlignmentFlag.AlignLeft)
        for font, text, colour, top in lines:
            painter.setFont(font)
            painter.setPen(colour)
            line = QRect(area.left(), area.top() + top, area.width(), half)
            told = QFontMetrics(font).elidedText(text, Qt.TextElideMode.ElideMiddle, line.width())
            line = QStyle.visualRect(option.direction, rect, line)
            painter.drawText(line, side | Qt.AlignmentFlag.AlignVCenter, told)
        if option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(tokens.accent)
            painter.drawRect(rect.adjusted(0, 0, -1, -2))
        painter.restore()

    def _paint_icon(
        self, painter: QPainter, option: QStyleOptionViewItem, index: Index, selected: bool
    ) -> None:
        tokens, rect = theme.tokens(), QRect(option.rect)
        tile = QRect(rect.left() + 12, rect.center().y() - TILE // 2, TILE, TILE)
        tile = QStyle.visualRect(option.direction, rect, tile)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(tokens.accent_box if selected else tokens.track)
        painter.drawRoundedRect(tile, 6, 6)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        role = Role.ACCENT if selected else Role.TEXT
        ratio = painter.device().devicePixelRatioF()
        picture = icons.pixmap(index.data(IconRole), role, 16, ratio)
        painter.drawPixmap(tile.center().x() - 7, tile.center().y() - 7, picture)
