"""Where the focus goes: by Tab among parts that are made anew, and back from where one typed.

And which keys are pressed with no other one held.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QCheckBox,
    QLayout,
    QRadioButton,
    QToolButton,
    QWidget,
)
from shiboken6 import isValid


def tab_before(there: QWidget, made: Sequence[QWidget]) -> None:
    """Let Tab walk what was made now in its order, and then go to what was there already."""
    before = there.previousInFocusChain() or there
    for widget in made:
        QWidget.setTabOrder(before, widget)
        before = widget


def buttons_in(row: QLayout) -> list[QToolButton]:
    """Return the buttons of a row, in their order."""
    items = (row.itemAt(number) for number in range(row.count()))
    widgets = (item.widget() for item in items if item is not None)
    return [widget for widget in widgets if isinstance(widget, QToolButton)]


def has_focus(row: QWidget, but: QWidget) -> bool:
    """Whether a part of a row has the focus that is made anew: any but the one that stays."""
    focus = QApplication.focusWidget()
    return focus is not None and focus is not but and row.isAncestorOf(focus)


def is_alone(event: QKeyEvent) -> bool:
    """Whether a key is pressed with no other one held; those of the keypad are as good as any."""
    held = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    return held == Qt.KeyboardModifier.NoModifier


def is_return(event: QKeyEvent) -> bool:
    """Whether it is Return alone. With others it means other things, such as the properties."""
    return event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and is_alone(event)


def press_focused(event: QKeyEvent, focus: QWidget | None) -> bool:
    """Press the button that has the keyboard where the key is Return; whether there was one.

    What is checked is no button here: Space does that.
    """
    checked = isinstance(focus, QCheckBox | QRadioButton)
    if not is_return(event) or not isinstance(focus, QAbstractButton) or checked:
        return False
    if isinstance(focus, QToolButton) and focus.menu() is not None:
        focus.showMenu()
    else:
        focus.click()
    return True


class WayBack:
    """Remembers what had the focus before something took it for a while."""

    def __init__(self) -> None:
        self._before: QWidget | None = None

    def remember(self) -> None:
        self._before = QApplication.focusWidget()

    def go(self) -> None:
        """Give the focus back to it, where it is still there."""
        before, self._before = self._before, None
        if before is not None and isValid(before) and before.isVisible():
            before.setFocus(Qt.FocusReason.OtherFocusReason)
