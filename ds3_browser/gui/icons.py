"""Icons by name, drawn in the theme's colours.

The shipped drawings are one-coloured lines; colour and stroke are set here. The desktop's own icons
are not used: they are missing on half the systems and stay black on dark.
"""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from ds3_browser import resources
from ds3_browser.gui import direction, theme
from ds3_browser.gui.drawings import coloured
from ds3_browser.gui.theme import Role

SIZES = (16, 20, 24)
RATIOS = (1.0, 2.0)
DISABLED = 0.5  # opacity

POINTING = frozenset({"arrow-left", "arrow-right", "chevron-right"})  # mirrored with the words

_icons: dict[tuple[str, Role, Role | None, bool], QIcon] = {}
_pixmaps: dict[tuple[str, Role, int, float, bool], QPixmap] = {}


def icon(name: str, role: Role = Role.TEXT, checked: Role | None = None) -> QIcon:
    """Return an icon in a role's colour, with its disabled look; `checked` colours the pressed one.

    Good until the theme changes: who keeps one asks again when the theme's notifier says so.
    """
    key = (name, role, checked, _is_mirrored(name))
    if key not in _icons:
        _icons[key] = _icon(name, role, checked)
    return _icons[key]


def pixmap(name: str, role: Role = Role.TEXT, size: int = 16, ratio: float = 1.0) -> QPixmap:
    """Return one icon at a size in device-independent pixels, sharp at the screen's ratio."""
    mirrored = _is_mirrored(name)
    key = (name, role, size, ratio, mirrored)
    if key not in _pixmaps:
        drawing = coloured(name, theme.colour(role))
        _pixmaps[key] = _render(drawing, size, ratio, mirrored=mirrored)
    return _pixmaps[key]


def app_icon() -> QIcon:
    """Return the program's own icon at the sizes desktops ask for."""
    icon = QIcon()
    for size in (16, 24, 32, 48, 64, 128, 256):
        icon.addPixmap(app_pixmap(size))
    return icon


def app_pixmap(size: int, ratio: float = 1.0) -> QPixmap:
    return _render(resources.path("icons/app.svg").read_bytes(), size, ratio)


def forget() -> None:
    """Drop what was drawn in the colours of the theme that was."""
    _icons.clear()
    _pixmaps.clear()


def _icon(name: str, role: Role, checked: Role | None) -> QIcon:
    icon = QIcon()
    faint = coloured(name, theme.colour(Role.FAINT))
    for size in SIZES:
        for ratio in RATIOS:
            plain = pixmap(name, role, size, ratio)
            icon.addPixmap(plain, QIcon.Mode.Normal)
            icon.addPixmap(plain, QIcon.Mode.Selected)
            disabled = _render(faint, size, ratio, DISABLED, mirrored=_is_mirrored(name))
            icon.addPixmap(disabled, QIcon.Mode.Disabled)
            if checked is not None:
                pressed = pixmap(name, checked, size, ratio)
                icon.addPixmap(pressed, QIcon.Mode.Normal, QIcon.State.On)
                icon.addPixmap(pressed, QIcon.Mode.Selected, QIcon.State.On)
    return icon


def _is_mirrored(name: str) -> bool:
    return name in POINTING and direction.is_mirrored()


def _render(
    svg: bytes, size: int, ratio: float, opacity: float = 1.0, *, mirrored: bool = False
) -> QPixmap:
    pixmap = QPixmap(round(size * ratio), round(size * ratio))
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setOpacity(opacity)
    if mirrored:
        painter.translate(pixmap.width(), 0)
        painter.scale(-1, 1)
    QSvgRenderer(QByteArray(svg)).render(painter, QRectF(pixmap.rect()))
    painter.end()
    pixmap.setDevicePixelRatio(ratio)
    return pixmap


# Connected here, before any widget is: whoever draws anew on the signal draws in the new colours.
theme.notifier().changed.connect(forget)
