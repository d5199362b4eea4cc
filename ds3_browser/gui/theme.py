"""Colours and fonts: one table of tokens for light and dark, and the palette made from it.

Delegates and painters read tokens, widgets the palette; no colour is written anywhere else. The
window follows the desktop's scheme, or the user's choice, at once and without a restart.
"""

from __future__ import annotations

import enum
import os
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from PySide6.QtCore import QDir, QObject, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontDatabase,
    QFontInfo,
    QFontMetrics,
    QGuiApplication,
    QPalette,
)
from PySide6.QtWidgets import QApplication, QWidget

from ds3_browser import resources
from ds3_browser.gui import stylesheet
from ds3_browser.gui.drawings import coloured

BODY = 13  # pixels of the body text, to which all other sizes of the design are in proportion
BODY_HEIGHT = 16  # of a line of body text
UI_FAMILY = "Inter"
MONO_FAMILY = "JetBrains Mono"


class Theme(enum.Enum):
    """What the user chose; the value is kept in the settings."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


class Density(enum.Enum):
    """How high the rows of lists are: those of one line and those of two, at a 13 px font."""

    COMFORTABLE = (32, 56)
    NORMAL = (28, 50)
    COMPACT = (24, 44)

    @property
    def line(self) -> int:
        return self.value[0]

    @property
    def two_lines(self) -> int:
        return self.value[1]


class Role(enum.Enum):
    """What a text or an icon means. Never told by its colour alone."""

    TEXT = "text"
    SECONDARY = "secondary"
    FAINT = "faint"
    ACCENT = "accent"
    SUCCESS = "success"
    WARNING = "warning"
    ERROR = "error"
    ON_ACCENT = "on_accent"


@dataclass(frozen=True, slots=True)
class Tokens:
    """All colours of one theme. A `box` is a tinted ground for text, a `line` its border."""

    dark: bool
    text: QColor
    secondary: QColor
    faint: QColor
    base: QColor
    window: QColor
    alt: QColor
    border: QColor
    row_line: QColor
    accent: QColor
    on_accent: QColor
    accent_box: QColor
    selection: QColor
    selection_text: QColor
    success: QColor
    warning: QColor
    error: QColor
    success_box: QColor
    warning_box: QColor
    warning_line: QColor
    error_box: QColor
    error_line: QColor
    chunk_waiting: QColor
    chunk_next: QColor
    chunk_transferring: QColor
    chunk_in_cache: QColor
    chunk_persisted: QColor
    track: QColor  # ground of bars, badges and small tiles
    segments: QColor  # ground of a row of segments
    segment: QColor  # the chosen one
    gauge_locked: QColor


# token: (light, dark)
_TABLE = {
    "text": ("#1A1E24", "#E7EAEE"),
    "secondary": ("#58616C", "#A3ACB7"),
    "faint": ("#656E7A", "#8C96A2"),
    "base": ("#FFFFFF", "#16181C"),
    "window": ("#F2F4F6", "#1D2025"),
    "alt": ("#F8F9FB", "#1A1D22"),
    "border": ("#D9DDE3", "#31363E"),
    "row_line": ("#EDEFF2", "#23272D"),
    "accent": ("#2257CC", "#84A9FF"),
    "on_accent": ("#FFFFFF", "#10203F"),
    "accent_box": ("#E6EDFB", "#212B42"),
    "selection": ("#DCE6FA", "#283A61"),
    "selection_text": ("#10203F", "#F3F6FC"),
    "success": ("#17733D", "#6BD096"),
    "warning": ("#875400", "#EBBB55"),
    "error": ("#B42318", "#FF8B82"),
    "success_box": ("#E1F3E7", "#1B3326"),
    "warning_box": ("#FFF3D9", "#332A17"),
    "warning_line": ("#F0D9A4", "#54431F"),
    "error_box": ("#FDEBE9", "#3A2020"),
    "error_line": ("#F2C4BF", "#64302D"),
    "chunk_waiting": ("#7F8995", "#6B7684"),
    "chunk_next": ("#B7791F", "#D9A441"),
    "chunk_transferring": ("#2257CC", "#84A9FF"),
    "chunk_in_cache": ("#5585DE", "#5F82C9"),
    "chunk_persisted": ("#2E8B57", "#4FB37C"),
    "track": ("#E3E7EC", "#2C3138"),
    "segments": ("#E3E7EC", "#16181C"),
    "segment": ("#FFFFFF", "#31363E"),
    "gauge_locked": ("#B7791F", "#D9A441"),
}


class Notifier(QObject):
    """`changed` comes after the tokens and the palette are new."""

    changed = Signal()


class _Following(QObject):
    """What is set now. It lives as long as the application and follows the desktop's scheme."""

    def __init__(self) -> None:
        super().__init__()
        self.theme = Theme.SYSTEM
        self.drawings: tempfile.TemporaryDirectory[str] | None = None

    def follow(self) -> None:
        app = QApplication.instance()
        if self.theme is Theme.SYSTEM and isinstance(app, QApplication):
            _show(app, _system_is_dark())


def tokens() -> Tokens:
    return _state.tokens


def colour(role: Role) -> QColor:
    found: QColor = getattr(_state.tokens, role.value)
    return found


@cache
def notifier() -> Notifier:
    return Notifier()


def density() -> Density:
    return _state.density


def set_density(density: Density) -> None:
    """Show lists with rows of this height, now and for whatever is opened later."""
    if density is not _state.density:
        _state.density = density
        notifier().changed.emit()


def set_contrast(app: QApplication, strong: bool) -> None:
    """Draw borders and lines stronger, or as usual."""
    if strong == _state.strong:
        return
    _state.strong = strong
    if app.styleSheet():
        _show(app, _state.tokens.dark)


def apply(app: QApplication, theme: Theme) -> None:
    """Show the program in a theme, now and for whatever is opened later."""
    hints = app.styleHints()
    following = _following()
    if following.parent() is None:
        following.setParent(app)
        hints.colorSchemeChanged.connect(following.follow)
        app.setStyle("Fusion")
        app.setFont(ui_font())
    following.theme = theme
    # Where the platform knows schemes, this colours what is not ours: title bars, file dialogs.
    match theme:
        case Theme.SYSTEM:
            hints.unsetColorScheme()
        case Theme.LIGHT:
            hints.setColorScheme(Qt.ColorScheme.Light)
        case Theme.DARK:
            hints.setColorScheme(Qt.ColorScheme.Dark)
    _show(app, theme is Theme.DARK or (theme is Theme.SYSTEM and _system_is_dark()))


def _show(app: QApplication, dark: bool) -> None:
    tokens = _tokens(dark)
    grown = max(1.0, QFontMetrics(app.font()).height() / BODY_HEIGHT)
    if app.styleSheet() and (tokens, grown) == (_state.tokens, _state.grown):
        return  # every widget there is would be styled again, and look the same
    _state.tokens, _state.grown = tokens, grown
    app.setPalette(_palette(_state.tokens))
    app.setStyleSheet(stylesheet.sheet(_state.tokens, _tinted_drawings(), grown))
    notifier().changed.emit()


def _system_is_dark() -> bool:
    return QGuiApplication.styleHints().colorScheme() is Qt.ColorScheme.Dark


def _tokens(dark: bool) -> Tokens:
    colours = {name: QColor(pair[dark]) for name, pair in _TABLE.items()}
    if _state.strong:
        colours["row_line"], colours["border"] = colours["border"], colours["faint"]
    return Tokens(dark=dark, **colours)


def _palette(tokens: Tokens) -> QPalette:
    role = QPalette.ColorRole
    palette = QPalette()
    for one, colour in {
        role.Window: tokens.window,
        role.WindowText: tokens.text,
        role.Base: tokens.base,
        role.AlternateBase: tokens.alt,
        role.Text: tokens.text,
        role.PlaceholderText: tokens.faint,
        role.Button: tokens.window,
        role.ButtonText: tokens.text,
        role.BrightText: tokens.error,
        role.Light: tokens.base,
        role.Midlight: tokens.row_line,
        role.Mid: tokens.border,
        role.Dark: tokens.border,
        role.Shadow: tokens.border,
        role.Highlight: tokens.selection,
        role.HighlightedText: tokens.selection_text,
        role.Accent: tokens.accent,
        role.Link: tokens.accent,
        role.LinkVisited: tokens.accent,
        role.ToolTipBase: tokens.text if not tokens.dark else tokens.border,
        role.ToolTipText: tokens.base if not tokens.dark else tokens.text,
    }.items():
        palette.setColor(one, colour)
    for one in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, one, tokens.faint)
    palette.setColor(QPalette.ColorGroup.Disabled, role.Highlight, tokens.row_line)
    palette.setColor(QPalette.ColorGroup.Disabled, role.HighlightedText, tokens.faint)
    return palette


def _tinted_drawings() -> str:
    """Write the few drawings that a style sheet can name only as files; return their prefix.

    A new folder each time, because Qt keeps what it has read under the same name.
    """
    made = tempfile.TemporaryDirectory(prefix="ds3-browser-")
    for name, drawing, colour in (
        ("down", "chevron-down", _state.tokens.secondary),
        ("up", "chevron-up", _state.tokens.secondary),
        ("right", "chevron-right", _state.tokens.secondary),
        ("check", "check", _state.tokens.on_accent),
        ("check-plain", "check", _state.tokens.secondary),
    ):
        Path(made.name, f"{name}.svg").write_bytes(coloured(drawing, colour, 2.25))
    following = _following()
    if following.drawings is not None:
        following.drawings.cleanup()
    following.drawings = made
    QDir.setSearchPaths("theme", [made.name])
    return f"{Path(made.name).as_posix()}/"


# -- fonts ----------------------------------------------------------------------------------------


def ui_font() -> QFont:
    """Return the desktop's font; the shipped one where no desktop has set any."""
    if not _bundled():
        return QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont)
    font = QFont(UI_FAMILY)
    font.setPixelSize(BODY)
    # Drawn as designed: hinting would move letters to whole pixels and tear words apart.
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    return font


def mono_font(size: int = BODY) -> QFont:
    """Return the font of barcodes, ids and fingerprints, at a size of the design."""
    if _bundled():
        font = QFont(MONO_FAMILY)
        font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
        return scaled(font, size)
    return scaled(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont), size)


def scaled(font: QFont, size: int, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
    """Return a font at a size of the design, which grows with the user's own font size."""
    made = QFont(font)
    body = QApplication.font()
    if body.pixelSize() > 0:
        made.setPixelSize(round(body.pixelSize() * size / BODY))
    else:
        made.setPointSizeF(body.pointSizeF() * size / BODY)
    made.setWeight(weight)
    return made


def row_height(widget: QWidget, height: int) -> int:
    """Return a height of the design (28 for a row of one line), grown with the user's font."""
    return max(height, round(height * widget.fontMetrics().height() / BODY_HEIGHT))


def list_row(widget: QWidget) -> int:
    """Return the height of a list's row of one line, as dense as the user wants it."""
    return row_height(widget, density().line)


def tabular(font: QFont) -> QFont:
    """Return the font with figures of one width: columns and countdowns stand still.

    For figures alone: it widens the hyphens of names too.
    """
    made = QFont(font)
    if hasattr(QFont, "Tag"):  # Qt 6.7
        made.setFeature(QFont.Tag("tnum"), 1)
    return made


@cache
def _bundled() -> bool:
    """Load the shipped fonts and return whether they are the ones to use."""
    for file in ("400Regular", "500Medium", "600SemiBold"):
        QFontDatabase.addApplicationFont(str(resources.path(f"fonts/Inter_{file}.ttf")))
    for file in ("400Regular", "500Medium"):
        QFontDatabase.addApplicationFont(str(resources.path(f"fonts/JetBrainsMono_{file}.ttf")))
    platform = QGuiApplication.platformName()
    if platform in ("offscreen", "minimal"):
        return True
    if platform == "xcb" and not os.environ.get("XDG_CURRENT_DESKTOP"):
        return True
    system = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont)
    return not QFontInfo(system).exactMatch()


class _State:
    tokens: Tokens
    grown = 0.0
    density = Density.NORMAL
    strong = False


_state = _State()
_state.tokens = _tokens(dark=False)


@cache
def _following() -> _Following:
    return _Following()
