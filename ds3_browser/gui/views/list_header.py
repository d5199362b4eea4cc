"""The header of a list: titles in line with the texts below them, and one line under all."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter
from PySide6.QtWidgets import QHeaderView, QStyle, QWidget

from ds3_browser.gui import icons, theme
from ds3_browser.gui.theme import Role

PAD = 12
HEIGHT = 28
ARROW = 14


class ListHeader(QHeaderView):
    """Paints titles with the padding of the cells, in the secondary colour."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setHighlightSections(False)
        self.setSectionsMovable(False)
        self.setSectionsClickable(False)
        theme.notifier().changed.connect(self.viewport().update)

    def _title_font(self) -> QFont:
        return theme.scaled(self.font(), 12, QFont.Weight.Medium)

    def sizeHint(self) -> QSize:
        height = max(HEIGHT, QFontMetrics(self._title_font()).height() + 12)
        return QSize(super().sizeHint().width(), height)

    def sectionSizeFromContents(self, section: int) -> QSize:
        """A title is never cut where a column is as wide as what is in it."""
        title = self.model().headerData(section, self.orientation()) or ""
        words = QFontMetrics(self._title_font()).horizontalAdvance(str(title))
        size = super().sectionSizeFromContents(section)
        return QSize(max(size.width(), words + 2 * PAD + 2), size.height())

    def paint_arrow(self, painter: QPainter, rect: QRect, section: int, down: bool) -> None:
        """Show that the rows are ordered by this column, beside its title."""
        title = str(self.model().headerData(section, self.orientation()))
        side = self.model().headerData(
            section, self.orientation(), Qt.ItemDataRole.TextAlignmentRole
        )
        taken = PAD + QFontMetrics(self._title_font()).horizontalAdvance(title) + 6
        right = side is not None and bool(Qt.AlignmentFlag(side) & Qt.AlignmentFlag.AlignRight)
        left = rect.right() - taken - ARROW if right else rect.left() + taken
        name = "arrow-down" if down else "arrow-up"
        picture = icons.pixmap(name, Role.SECONDARY, ARROW, self.devicePixelRatioF())
        at = QRect(left, rect.center().y() - ARROW // 2, ARROW, ARROW)
        painter.drawPixmap(QStyle.visualRect(self.layoutDirection(), rect, at).topLeft(), picture)

    def paintSection(self, painter: QPainter, rect: QRect, section: int) -> None:
        tokens = theme.tokens()
        painter.fillRect(rect, tokens.base)
        painter.fillRect(rect.adjusted(0, rect.height() - 1, 0, 0), tokens.border)
        title = self.model().headerData(section, self.orientation())
        if not title:
            return
        side = self.model().headerData(
            section, self.orientation(), Qt.ItemDataRole.TextAlignmentRole
        )
        side = Qt.AlignmentFlag(side) if side is not None else Qt.AlignmentFlag.AlignLeft
        font = self._title_font()
        inner = rect.adjusted(PAD, 0, -PAD, -1)
        elided = QFontMetrics(font).elidedText(title, Qt.TextElideMode.ElideRight, inner.width())
        painter.setFont(font)
        painter.setPen(tokens.secondary)
        flags = QStyle.visualAlignment(self.layoutDirection(), side)
        painter.drawText(inner, flags | Qt.AlignmentFlag.AlignVCenter, elided)
