"""Four hints for a newcomer to the demo. Each ticks itself when it was done."""

from __future__ import annotations

import enum
from functools import partial

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtGui import QFont, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QWidget

from ds3_browser.gui import direction, icons, theme
from ds3_browser.gui.theme import Role
from ds3_browser.gui.views.labels import ElidedLabel

_tr = partial(QCoreApplication.translate, "hint_strip")

SPACING, GAP = 6, 10  # pixels between the parts of a hint, and more between two hints


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
        self._words: dict[Hint, str] = {}
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
        row.setSpacing(SPACING)
        for number, (hint, words) in enumerate(_words(), 1):
            icon, text = QLabel(self), ElidedLabel(self, 12)
            text.setObjectName(f"hint_{hint.value}")
            self._words[hint] = _tr("{n}. {hint}").format(n=number, hint=words)
            text.setText(self._words[hint])
            text.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
            self._hints[hint] = (icon, text)
            row.addWidget(icon)
            row.addWidget(text)
            row.addSpacing(GAP)
        row.addStretch(1)
        self._hide = QPushButton(_tr("Hide hints"), self)
        self._hide.setObjectName("hide_hints")
        self._hide.setProperty("look", "link")
        self._hide.setFont(theme.scaled(self.font(), 12, QFont.Weight.DemiBold))
        self._hide.clicked.connect(self.hide_wanted)
        row.addWidget(self._hide)

    def _show(self) -> None:
        ratio = self.devicePixelRatioF()
        for hint, (icon, text) in self._hints.items():
            done = hint in self._done
            name, role = ("circle-check", Role.SUCCESS) if done else ("circle-dashed", Role.FAINT)
            icon.setPixmap(icons.pixmap(name, role, 16, ratio))
            text.set_role(Role.SECONDARY if done else Role.TEXT)
            state = _tr("done") if done else _tr("not done yet")
            words = _tr("{hint}, {state}").format(hint=self._words[hint], state=state)
            text.setAccessibleName(words)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Show the next hint in whole words; the others too, else only their signs."""
        margins, metrics = self.contentsMargins(), self.fontMetrics()
        room = self.width() - margins.left() - margins.right() - self._hide.sizeHint().width()
        for icon, _text in self._hints.values():
            room -= icon.sizeHint().width() + GAP + 4 * SPACING
        room -= metrics.averageCharWidth()
        for hint in sorted(self._hints, key=self.is_done):  # those to be done come first
            icon, text = self._hints[hint]
            text.setText(self._words[hint])
            needed = text.sizeHint().width()
            shown = needed <= room
            text.setVisible(shown)
            icon.setToolTip("" if shown else self._words[hint])
            room -= needed if shown else 0


def _words() -> tuple[tuple[Hint, str], ...]:
    return (
        (Hint.BROWSE, _tr("Open a bucket at the left")),
        (Hint.DROP, _tr("Drop a file or folder of yours on the list")),
        (Hint.WATCH, _tr("Watch its chunks below")),
        (Hint.DOWNLOAD, _tr("Right-click an object, Download…")),
    )
