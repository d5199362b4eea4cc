"""Which way words go: from left to right, or from right to left with all pages and forms mirrored.

Names, paths and figures stand as they are in either: `rushes/`, `26 Nov 2026`, `4.2 MB`.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QLocale, QMargins, QObject, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QLabel

# An embedding. An isolate (U+2066) would keep its neighbours off as well, but Qt takes it from
# another font, which makes the line higher.
LEFT_TO_RIGHT, END = "\u202a", "\u202c"

_LEFT, _RIGHT = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight
_ABSOLUTE = Qt.AlignmentFlag.AlignAbsolute


def is_mirrored() -> bool:
    return QGuiApplication.layoutDirection() is Qt.LayoutDirection.RightToLeft


def as_it_is(text: str) -> str:
    """Return a name or figure that keeps its order among words from right to left."""
    return f"{LEFT_TO_RIGHT}{text}{END}" if text and is_mirrored() else text


def plain(shown: str) -> str:
    """Return what is shown without the marks of `as_it_is`, for the name of a file."""
    return shown.replace(LEFT_TO_RIGHT, "").replace(END, "")


def margins(begin: int, top: int, end: int, bottom: int) -> QMargins:
    """Return a layout's margins by where lines begin and end: Qt mirrors what is between alone."""
    left, right = (end, begin) if is_mirrored() else (begin, end)
    return QMargins(left, top, right, bottom)


class LabelsAside(QObject):
    """Puts labels at the side where lines begin, also where what they say is no word.

    A label goes by its own text: a name in Latin letters would stand at the left of a mirrored
    form, away from its neighbours.
    """

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Polish and isinstance(watched, QLabel):
            side = watched.alignment()
            if side & _LEFT and not side & _ABSOLUTE:
                watched.setAlignment((side & ~_LEFT) | _RIGHT | _ABSOLUTE)
            elif side & _RIGHT and not side & _ABSOLUTE:
                watched.setAlignment((side & ~_RIGHT) | _LEFT | _ABSOLUTE)
        return False


def settle(app: QApplication, language: str) -> LabelsAside | None:
    """Go the way a language goes, and mirror what Qt leaves as it is. Before the first window."""
    if QLocale(language).textDirection() is Qt.LayoutDirection.RightToLeft:
        app.setLayoutDirection(Qt.LayoutDirection.RightToLeft)  # Qt's own file may not be there
    if not is_mirrored():
        return None
    aside = LabelsAside(app)
    app.installEventFilter(aside)
    return aside
