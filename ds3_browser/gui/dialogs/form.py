"""What all dialogs stand on."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDialog, QWidget

from ds3_browser.gui.dialogs.questions import tell
from ds3_browser.gui.views.tabbing import press_focused


class Form(QDialog):
    """A dialog. Return presses the button that has the keyboard, and else the default one: Qt would
    press that one whatever has it, and be it the button that cancels.

    `obstacle` tells why it cannot be accepted now, and None where it can: what it is about may be
    gone since it was opened. Then it stays, with all that was chosen.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.obstacle: Callable[[], str | None] = lambda: None

    def accept(self) -> None:
        reason = self.obstacle()
        if reason is None:
            super().accept()
        else:
            tell(self, reason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not press_focused(event, self.focusWidget()):
            super().keyPressEvent(event)
