"""The header of pages that have one of their own, where the toolbar stands on others."""

from __future__ import annotations

from PySide6.QtCore import QRect
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from ds3_browser.gui import theme

HEIGHT = 46


class Upright(QWidget):
    """A short line between two parts of a header."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setFixedWidth(9)

    def paintEvent(self, event: QPaintEvent) -> None:
        line = QRect(4, self.height() // 2 - 11, 1, 22)
        QPainter(self).fillRect(line, theme.tokens().border)


class PageHead(QWidget):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setFixedHeight(theme.row_height(parent, HEIGHT))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, tokens = QPainter(self), theme.tokens()
        painter.fillRect(self.rect(), tokens.window)
        painter.fillRect(QRect(0, self.height() - 1, self.width(), 1), tokens.border)
