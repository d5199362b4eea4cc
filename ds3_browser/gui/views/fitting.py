"""Windows that make room for what they show."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget


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
