"""The throughput of the last minutes as a line, waits shaded: a flat line has its reason."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from PySide6.QtCore import QCoreApplication, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from ds3_browser.gui import format, theme
from ds3_browser.gui.models.throughput import History, Sample

_tr = partial(QCoreApplication.translate, "throughput")


def caption(history: History) -> str:
    """Return `1.12 GB/s now, 1.04 GB/s average, last 15 min`."""
    seconds = round((history.end - history.start).total_seconds())
    words = _tr("{now} now, {average} average, last {n} min")
    if seconds < 60:
        words = _tr("{now} now, {average} average, last {n} s")
    return words.format(
        now=format.rate(history.now),
        average=format.rate(history.average),
        n=format.count(seconds if seconds < 60 else round(seconds / 60)),
    )


class ThroughputGraph(QWidget):
    """A graph without axes; the caption above it has the figures, and its accessible text too."""

    HEIGHT = 36

    def __init__(self, parent: QWidget | None = None, *, height: int = HEIGHT) -> None:
        super().__init__(parent)
        self._height = height
        self.setObjectName("throughput")
        self.setAccessibleName(_tr("Throughput"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._history: History | None = None
        theme.notifier().changed.connect(self.update)

    def show_history(self, history: History | None) -> None:
        self._history = history
        self.setAccessibleDescription(caption(history) if history is not None else "")
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(200, self._height)

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme.tokens()
        painter = QPainter(self)
        area = QRectF(self.rect()).adjusted(0, 1, 0, -1)
        if self._history is not None:
            self._paint_waits(painter, area, self._history)
        for y in (area.top(), area.center().y(), area.bottom()):
            painter.fillRect(QRectF(area.left(), y, area.width(), 1), tokens.row_line)
        if self._history is not None:
            self._paint_line(painter, area, self._history)

    def _x(self, area: QRectF, history: History, at: datetime) -> float:
        whole = (history.end - history.start).total_seconds() or 1.0
        part = (at - history.start).total_seconds() / whole
        if self.layoutDirection() is Qt.LayoutDirection.RightToLeft:
            part = 1 - part
        return area.left() + area.width() * max(0.0, min(1.0, part))

    def _paint_waits(self, painter: QPainter, area: QRectF, history: History) -> None:
        ends = [*(sample.at for sample in history.samples[1:]), history.end]
        for sample, end in zip(history.samples, ends, strict=True):
            if sample.waiting:
                left, right = self._x(area, history, sample.at), self._x(area, history, end)
                shade = QRectF(QPointF(left, area.top()), QPointF(right, area.bottom()))
                painter.fillRect(shade.normalized(), theme.tokens().warning_box)

    def _paint_line(self, painter: QPainter, area: QRectF, history: History) -> None:
        line = self._line(area, history)
        if line.isEmpty():
            return
        accent = theme.tokens().accent
        below = QPainterPath(line)
        below.lineTo(line.currentPosition().x(), area.bottom())
        below.lineTo(line.elementAt(0).x, area.bottom())
        below.closeSubpath()
        tint = QColor(accent)
        tint.setAlphaF(0.12)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillPath(below, tint)
        painter.setPen(QPen(accent, 1.5))
        painter.drawPath(line)

    def _line(self, area: QRectF, history: History) -> QPainterPath:
        """Connect the samples; to and from nothing is a step, as the bytes stopped at once."""
        path = QPainterPath()
        top = history.highest * 1.1 or 1.0
        before: Sample | None = None
        for sample in history.samples:
            if sample.at < history.start:
                continue
            y = area.bottom() - area.height() * sample.rate / top
            x = self._x(area, history, sample.at)
            if before is None:
                path.moveTo(x, y)
            elif not (sample.rate and before.rate):
                path.lineTo(x, path.currentPosition().y())
            path.lineTo(x, y)
            before = sample
        if before is not None:
            path.lineTo(self._x(area, history, history.end), path.currentPosition().y())
        return path
