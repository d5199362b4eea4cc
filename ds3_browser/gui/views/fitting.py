"""Windows that make room for what they show."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtGui import QGuiApplication, QScreen
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget

from ds3_browser.gui import theme


def grow(window: QWidget) -> None:
    """Make a window at least as high as its parts need at its width, now that they have changed.

    Wrapped texts tell their height only for a width, which a layout's minimum knows nothing of.
    """
    layout = window.layout()
    if layout is None or not window.isVisible():
        return
    layout.activate()
    needed = layout.totalMinimumSize().height()
    if layout.hasHeightForWidth():
        needed = max(needed, layout.totalHeightForWidth(window.width()))
    window.setMinimumHeight(needed)


FROM_EDGE = 40  # pixels of the screen that a window leaves free, with its title


def within_screen(window: QWidget, size: QSize) -> QSize:
    """Return this size, or as much of it as the window's screen has room for."""
    return size.boundedTo(screen_of(window).availableSize() - QSize(FROM_EDGE, FROM_EDGE))


def screen_of(window: QWidget) -> QScreen:
    """The screen that a window is on, or will come up on before its parent.

    WORKAROUND: a widget that is asked for its screen makes that a child of itself for Python
    (PySide 6.11), and once such widgets were collected the next picture crashed. Can go when it no
    longer does.
    """
    parent = window.parentWidget()
    there = window if window.isVisible() or parent is None else parent.window()
    known = QGuiApplication.screenAt(there.frameGeometry().center())
    return known or QGuiApplication.primaryScreen()


def lettered(window: QWidget, width: int, height: int = 0) -> QSize:
    """Return a size of the design, grown with the user's letters, within the window's screen."""
    size = QSize(theme.row_height(window, width), theme.row_height(window, height))
    return within_screen(window, size)


class TallArea(QScrollArea):
    """As high as what is in it, where there is room; else it can be scrolled."""

    def __init__(self, content: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.content = content
        self.fitted = 0  # the most that a window was made high for
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setWidget(content)
        content.setAutoFillBackground(False)
        self.viewport().setAutoFillBackground(False)

    def sizeHint(self) -> QSize:
        content = self.content
        size = content.sizeHint()
        if content.hasHeightForWidth():
            size.setHeight(max(size.height(), content.heightForWidth(self.width())))
        return size

    def minimumSizeHint(self) -> QSize:
        return QSize(self.content.minimumSizeHint().width(), 120)


def fit(window: QWidget, width: int = 0) -> None:
    """Make a window as high as what its `TallArea` holds, and as wide as this, within its screen.

    It never gets smaller: nothing moves away under the hand.
    """
    area, layout = window.findChild(TallArea), window.layout()
    if area is None or layout is None:
        return
    most = screen_of(window).availableSize()
    now = window.size() if window.isVisible() else window.minimumSize()
    width = min(max(now.width(), width), most.width() - FROM_EDGE)
    _settle(area.content)
    layout.activate()
    content = area.content.layout()
    height = area.sizeHint().height()
    if content is not None and content.hasHeightForWidth():
        height = max(height, content.totalHeightForWidth(width))
    height += layout.totalMinimumSize().height() - area.minimumSizeHint().height()
    if window.isVisible() and height <= area.fitted:
        return  # somebody may have made it smaller since
    area.fitted = height
    window.resize(width, max(now.height(), min(height, most.height() - FROM_EDGE)))
    if window.isVisible():
        _bring_in(window)


def _settle(content: QWidget) -> None:
    """Let each part tell its size as it is now, the inmost first: they would do so only later."""
    for part in (*reversed(content.findChildren(QWidget)), content):
        if (inner := part.layout()) is not None:
            inner.activate()


def _bring_in(window: QWidget) -> None:
    """Move a window that has grown so that no edge of it is beyond its screen's."""
    screen, frame = screen_of(window).availableGeometry(), window.frameGeometry()
    left = max(screen.left(), min(frame.left(), screen.right() + 1 - frame.width()))
    top = max(screen.top(), min(frame.top(), screen.bottom() + 1 - frame.height()))
    if (left, top) != (frame.left(), frame.top()):
        window.move(left, top)
