"""A row of buttons of which one is down: what part of a list is shown, with counts.

To keyboard and screen reader they are what they look like: checkable buttons of one group, moved
among with the arrows.
"""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QEnterEvent, QFont, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QAbstractButton,
    QButtonGroup,
    QComboBox,
    QHBoxLayout,
    QSizePolicy,
    QWidget,
)

from ds3_browser.gui import theme

EDGE = 2


class SegmentButton(QAbstractButton):
    """One segment. It is as wide as its word in bold, so that pressing it moves nothing."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setCheckable(True)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def sizeHint(self) -> QSize:
        metrics = QFontMetrics(theme.scaled(self.font(), 12, QFont.Weight.DemiBold))
        width = metrics.horizontalAdvance(self.text()) + 20
        return QSize(width, max(24, metrics.height() + 6))

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme.tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        if self.isChecked():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(tokens.segment)
            painter.drawRoundedRect(rect, 4, 4)
        if self.hasFocus():
            painter.setPen(QPen(tokens.accent, 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        weight = QFont.Weight.DemiBold if self.isChecked() else QFont.Weight.Medium
        painter.setFont(theme.scaled(self.font(), 12, weight))
        shown = self.isChecked() or self.underMouse()
        painter.setPen(tokens.text if shown else tokens.secondary)
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.text())

    def enterEvent(self, event: QEnterEvent) -> None:
        self.update()
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self.update()
        super().leaveEvent(event)


class Segments(QWidget):
    """Signal: `chosen(id)` when the user presses a segment.

    `box` stands for all the buttons where who lays them out finds that they do not `fit`.
    """

    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._buttons: dict[object, SegmentButton] = {}
        self._shown: tuple[dict[object, str], object] | None = None
        self._group = QButtonGroup(self)
        self.box = QComboBox(self)
        self.box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.box.activated.connect(lambda: self._choose(self.box.currentData()))
        self.box.hide()
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(EDGE, EDGE, EDGE, EDGE)
        self._row.setSpacing(EDGE)
        self._row.addWidget(self.box)

    def show_segments(self, segments: Iterable[tuple[object, str]], current: object) -> None:
        """Show these ids with their words; buttons that stay keep the focus."""
        wanted = dict(segments)
        if (wanted, current) == self._shown:
            return
        self._shown = (wanted, current)
        for id in [id for id in self._buttons if id not in wanted]:
            button = self._buttons.pop(id)
            self._group.removeButton(button)
            button.hide()
            button.deleteLater()
        for place, (id, text) in enumerate(wanted.items()):
            button = self._buttons.get(id) or self._make(id)
            self._row.insertWidget(place, button)
            if button.text() != text:
                button.setText(text)
                button.setAccessibleName(text)
                button.updateGeometry()
            button.setChecked(id == current)
            button.setHidden(self.boxed)
        if not self.box.view().isVisible():
            self.box.clear()
            for id, text in wanted.items():
                self.box.addItem(text, id)
            self.box.setCurrentIndex(list(wanted).index(current))
        self.updateGeometry()

    @property
    def boxed(self) -> bool:
        return not self.box.isHidden()

    def fit(self, room: int) -> None:
        """Be a box where all the buttons beside each other need more than this."""
        widths = [button.sizeHint().width() + EDGE for button in self._buttons.values()]
        boxed = sum(widths) + EDGE > room
        if boxed == self.boxed:
            return
        self.box.setVisible(boxed)
        for button in self._buttons.values():
            button.setHidden(boxed)
        edge = 0 if boxed else EDGE
        self._row.setContentsMargins(edge, edge, edge, edge)
        self._row.activate()  # who lays this out asks for its size at once

    def button(self, id: object) -> SegmentButton:
        return self._buttons[id]

    def _make(self, id: object) -> SegmentButton:
        button = SegmentButton(self)
        name = getattr(id, "value", id)
        button.setObjectName(f"{self.objectName()}_{name}")
        button.clicked.connect(lambda: self._choose(id))
        self._group.addButton(button)
        self._buttons[id] = button
        return button

    def _choose(self, id: object) -> None:
        self._shown = None
        self.chosen.emit(id)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.boxed:
            return
        tokens = theme.tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(tokens.border)
        painter.setBrush(tokens.segments)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)


class Tab(QAbstractButton):
    """A heading that is pressed to show what it heads; the one shown is bold.

    `underlined`, it has a line of the accent's below it too.
    """

    def __init__(self, parent: QWidget | None = None, *, underlined: bool = False) -> None:
        super().__init__(parent)
        self._underlined = underlined
        self.setCheckable(True)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def sizeHint(self) -> QSize:
        metrics = QFontMetrics(theme.scaled(self.font(), 12, QFont.Weight.DemiBold))
        return QSize(metrics.horizontalAdvance(self.text()) + 1, max(24, metrics.height() + 6))

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme.tokens()
        painter = QPainter(self)
        weight = QFont.Weight.DemiBold if self.isChecked() else QFont.Weight.Medium
        painter.setFont(theme.scaled(self.font(), 12, weight))
        shown = self.isChecked() or self.underMouse()
        painter.setPen(tokens.text if shown else tokens.secondary)
        line = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        painter.drawText(self.rect(), line, self.text())
        if self.hasFocus() or (self._underlined and self.isChecked()):
            painter.setPen(QPen(tokens.accent, 2))
            bottom = self.rect().bottom() - 1
            painter.drawLine(0, bottom, self.width(), bottom)
