"""Files dragged from the desktop: what a drag holds, and the tip that says what a drop would do.

The disk is not looked at while something is dragged: whether a thing is a folder is not known.
"""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QCoreApplication, QMimeData, QRect, Qt
from PySide6.QtGui import QFont, QGuiApplication, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from ds3_browser.gui import icons, theme
from ds3_browser.gui.theme import Role

_tr = partial(QCoreApplication.translate, "drops")


def dragged_paths(data: QMimeData) -> list[str]:
    """The local files and folders of a drag."""
    return [url.toLocalFile() for url in data.urls() if url.isLocalFile()]


def clipboard_paths() -> list[str]:
    """The local files and folders in the clipboard; none where it holds nothing at all."""
    data: QMimeData | None = QGuiApplication.clipboard().mimeData()
    return [] if data is None else dragged_paths(data)


def upload_tip(paths: list[str], location: str) -> tuple[str, str]:
    """What a drop would do, in two lines."""
    if len(paths) == 1:
        first = _tr("Upload {name} to {location}")
        name = paths[0].rstrip("/").rpartition("/")[2]
        text = first.format(name=name, location=location)
    else:
        text = _tr("Upload {n} items to {location}").format(n=len(paths), location=location)
    return text, _tr("Release to check names and sizes before anything is sent")


class DropOverlay(QWidget):
    """Lies over a list while files are dragged: its outline, a tint, and a tip near the lower edge.

    Takes no mouse events.
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("drop_overlay")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        self._lines: tuple[str, str] = ("", "")
        self._whole = True
        self._refused = False
        self.hide()

    @property
    def text(self) -> str:
        return self._lines[0]

    def show_tip(self, lines: tuple[str, str], *, whole: bool, refused: bool = False) -> None:
        """Show a tip; `whole` outlines all of the list, else one row is outlined elsewhere."""
        self._lines, self._whole, self._refused = lines, whole, refused
        parent = self.parentWidget()
        assert parent is not None
        self.setGeometry(parent.rect())
        self.raise_()
        self.show()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        tokens = theme.tokens()
        if self._whole and not self._refused:
            tint = tokens.accent
            painter.setOpacity(0.05)
            painter.fillRect(self.rect(), tint)
            painter.setOpacity(1)
            pen = painter.pen()
            pen.setColor(tint)
            pen.setWidth(2)
            painter.setPen(pen)
            painter.drawRoundedRect(self.rect().adjusted(1, 1, -1, -1), 4, 4)
        self._paint_tip(painter)

    def _paint_tip(self, painter: QPainter) -> None:
        tokens = theme.tokens()
        strong = theme.scaled(self.font(), 13, QFont.Weight.DemiBold)
        small = theme.scaled(self.font(), 12)
        first, second = self._lines
        painter.setFont(strong)
        width = painter.fontMetrics().horizontalAdvance(first)
        painter.setFont(small)
        width = max(width, painter.fontMetrics().horizontalAdvance(second))
        height = 54 if second else 38
        box = QRect(0, 0, min(width + 62, self.width() - 24), height)
        box.moveCenter(self.rect().center())
        box.moveBottom(self.rect().bottom() - 24)
        ground = tokens.border if tokens.dark else tokens.text
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ground)
        painter.drawRoundedRect(box, 6, 6)
        icon = icons.pixmap("upload", Role.ON_ACCENT, 20, self.devicePixelRatioF())
        painter.drawPixmap(box.left() + 16, box.center().y() - 9, icon)
        painter.setPen(tokens.text if tokens.dark else tokens.base)
        text = box.adjusted(48, 8, -12, -8)
        painter.setFont(strong)
        top = text if not second else text.adjusted(0, 0, 0, -text.height() // 2)
        painter.drawText(top, Qt.AlignmentFlag.AlignVCenter, first)
        painter.setFont(small)
        if second:
            lower = text.adjusted(0, text.height() // 2, 0, 0)
            painter.drawText(lower, Qt.AlignmentFlag.AlignVCenter, second)
