"""The shipped drawings as SVG text, with colour and stroke set."""

from __future__ import annotations

from functools import cache

from PySide6.QtGui import QColor

from ds3_browser import resources

STROKE = 1.75  # in the drawing's box of 24


def coloured(name: str, colour: QColor, stroke: float = STROKE) -> bytes:
    """Return a drawing as SVG in one colour. Raises FileNotFoundError."""
    text = _drawing(name).replace("currentColor", colour.name())
    return text.replace('stroke-width="2"', f'stroke-width="{stroke}"').encode()


@cache
def _drawing(name: str) -> str:
    return resources.path(f"icons/{name}.svg").read_text(encoding="utf-8")
