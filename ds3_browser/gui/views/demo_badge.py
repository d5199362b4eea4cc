"""A line above the page of the demo appliance, so that nobody takes it for a real one.

Its menu makes the appliance behave as real ones do on bad days.
"""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtGui import QActionGroup, QFont
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QMenu, QToolButton, QWidget

from ds3_browser.gui import direction, icons, theme
from ds3_browser.gui.theme import Role
from ds3_browser.gui.views import menu_style
from ds3_browser.gui.views.labels import ElidedLabel

_tr = partial(QCoreApplication.translate, "demo_badge")


class DemoBadge(QFrame):
    """Wishes: `mood_wanted(str)` by the names of `moods`, `anew_wanted`."""

    mood_wanted = Signal(str)
    anew_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("demo_badge")
        self.setProperty("look", "badge")
        self._build()
        theme.notifier().changed.connect(self._tint)
        self._tint()

    def show_mood(self, mood: str) -> None:
        """Mark how the appliance behaves now."""
        self._moods[mood].setChecked(True)

    def _build(self) -> None:
        self._icon = QLabel(self)
        text = ElidedLabel(self, 12, QFont.Weight.Medium, Role.ACCENT)
        text.setText(_tr("Demo appliance: nothing leaves this computer"))
        self.setAccessibleName(text.text())
        self._button = QToolButton(self)
        self._button.setObjectName("demo_menu")
        self._button.setText(_tr("Make it…"))
        self._button.setToolTip(_tr("Make the demo appliance behave as real ones do on bad days"))
        self._button.setAccessibleName(_tr("Make the demo appliance behave otherwise"))
        self._button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._button.setLayoutDirection(Qt.LayoutDirection.RightToLeft)  # its arrow stands behind
        self._button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._button.setFont(theme.scaled(self.font(), 12, QFont.Weight.Medium))
        self._button.setMenu(self._build_menu())
        row = QHBoxLayout(self)
        row.setContentsMargins(direction.margins(12, 1, 6, 1))
        row.setSpacing(8)
        row.addWidget(self._icon)
        row.addWidget(text, 1)
        row.addWidget(self._button)

    def _build_menu(self) -> QMenu:
        menu = QMenu(self)
        menu.setObjectName("demo_moods")
        menu_style.quieten(menu)
        group = QActionGroup(menu)
        self._moods = {}
        for mood, words in moods():
            action = menu.addAction(words)
            action.setObjectName(mood)
            action.setCheckable(True)
            action.triggered.connect(partial(self._want, mood))
            group.addAction(action)
            self._moods[mood] = action
        self.show_mood("all_fine")
        menu.addSeparator()
        anew = menu.addAction(_tr("Start the demo &anew"))
        anew.triggered.connect(self.anew_wanted)
        return menu

    def _want(self, mood: str, _checked: bool = False) -> None:
        self.mood_wanted.emit(mood)

    def _tint(self) -> None:
        ratio = self.devicePixelRatioF()
        self._icon.setPixmap(icons.pixmap("flask-conical", Role.ACCENT, 14, ratio))
        self._button.setIcon(icons.icon("chevron-down", Role.SECONDARY))


def moods() -> tuple[tuple[str, str], ...]:
    """Return how the demo appliance can behave: the name and its words."""
    return (
        ("cache_full", _tr("&Cache full")),
        ("tapes_slow", _tr("Tapes &slow")),
        ("tape_ejected", _tr("Tape &ejected")),
        ("connection_cut", _tr("Connection c&ut")),
        ("all_fine", _tr("All &fine")),
    )
