"""Four hints for a newcomer to the demo. Each ticks itself when it was done."""

from __future__ import annotations

import enum
from functools import partial

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QWidget

from ds3_browser.gui import direction, icons, theme
from ds3_browser.gui.theme import Role
from ds3_browser.gui.views.labels import ElidedLabel

_tr = partial(QCoreApplication.translate, "hint_strip")


class Hint(enum.Enum):
    """One of the four; the value is kept in the settings."""

    BROWSE = "browse"
    DROP = "drop"
    WATCH = "watch"
    DOWNLOAD = "download"


class HintStrip(QFrame):
    """Wish: `hide_wanted`."""

    hide_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("hint_strip")
        self.setProperty("look", "hints")
        self.setAccessibleName(_tr("Hints"))
        self._done: set[Hint] = set()
        self._hints: dict[Hint, tuple[QLabel, ElidedLabel]] = {}
        self._build()
        theme.notifier().changed.connect(self._show)
        self._show()

    def is_done(self, hint: Hint) -> bool:
        return hint in self._done

    def set_done(self, hint: Hint, done: bool = True) -> None:
        (self._done.add if done else self._done.discard)(hint)
        self._show()

    def _build(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(direction.margins(12, 3, 6, 3))
        row.setSpacing(6)
        for number, (hint, words) in enumerate(_words(), 1):
            icon, text = QLabel(self), ElidedLabel(self, 12)
            text.setObjectName(f"hint_{hint.value}")
            text.setText(_tr("{n}. {hint}").format(n=number, hint=words))
            text.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
            self._hints[hint] = (icon, text)
            row.addWidget(icon)
            row.addWidget(text)
            row.addSpacing(10)
        row.addStretch(1)
        hide = QPushButton(_tr("Hide hints"), self)
        hide.setObjectName("hide_hints")
        hide.setProperty("look", "link")
        hide.setFont(theme.scaled(self.font(), 12, QFont.Weight.DemiBold))
        hide.clicked.connect(self.hide_wanted)
        row.addWidget(hide)

    def _show(self) -> None:
        ratio = self.devicePixelRatioF()
        for hint, (icon, text) in self._hints.items():
            done = hint in self._done
            name, role = ("circle-check", Role.SUCCESS) if done else ("circle-dashed", Role.FAINT)
            icon.setPixmap(icons.pixmap(name, role, 16, ratio))
            text.set_role(Role.SECONDARY if done else Role.TEXT)
            state = _tr("done") if done else _tr("not done yet")
            text.setAccessibleName(_tr("{hint}, {state}").format(hint=text.text(), state=state))


def _words() -> tuple[tuple[Hint, str], ...]:
    return (
        (Hint.BROWSE, _tr("Open a bucket at the left")),
        (Hint.DROP, _tr("Drop a file or folder of yours on the list")),
        (Hint.WATCH, _tr("Watch its chunks below")),
        (Hint.DOWNLOAD, _tr("Right-click an object, Download…")),
    )
