"""How full an appliance's cache is, as a bar: data, locked by unfinished jobs, free."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QPainter

from ds3_browser.gui import theme
from ds3_browser.protocol.records import CacheState


def data(cache: CacheState) -> int:
    """Bytes in use that no unfinished job holds."""
    return max(0, cache.used - (cache.locked_by_jobs or 0))


def paint_cache(painter: QPainter, rect: QRect, cache: CacheState, *, mirrored: bool) -> None:
    tokens = theme.tokens()
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(tokens.border)
    painter.drawRoundedRect(rect, 3, 3)
    # A cache that was made smaller than what is in it tells of more than all of it.
    width = rect.width() * min(data(cache), cache.total) // cache.total
    more = min(rect.width() * (cache.locked_by_jobs or 0) // cache.total, rect.width() - width)
    used = QRect(rect.left(), rect.top(), width, rect.height())
    locked = QRect(rect.left() + width, rect.top(), more, rect.height())
    if mirrored:
        used.moveRight(rect.right())
        locked.moveRight(rect.right() - width)
    painter.setBrush(tokens.chunk_in_cache)
    painter.drawRoundedRect(used, 3, 3)
    painter.setBrush(tokens.chunk_next)
    painter.drawRect(locked)
