"""The status bar: whom the window talks to and how far that is secure; at the right, troubles."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QStatusBar, QWidget

from ds3_browser.gui import format, icons, theme
from ds3_browser.gui.sessions import SavedSession
from ds3_browser.gui.theme import Role
from ds3_browser.gui.views.labels import ElidedLabel

_tr = partial(QCoreApplication.translate, "status_bar")
_counted = partial(format.counted, "status_bar")

HEIGHT = 26


@dataclass(frozen=True, slots=True)
class Trust:
    """How a connection is trusted: a word, a shield, and the role both are shown in."""

    word: str
    icon: str
    role: Role


def trust_of(session: SavedSession) -> Trust:
    if session.demo:
        return Trust(_tr("on this computer"), "flask-conical", Role.SECONDARY)
    if session.scheme == "http":
        return Trust(_tr("not encrypted"), "shield-off", Role.WARNING)
    if session.pin is None and not session.verify:
        return Trust(_tr("not verified"), "shield-off", Role.WARNING)
    if session.pin is not None:
        return Trust(_tr("certificate trusted by you"), "shield-check", Role.SUCCESS)
    return Trust(_tr("certificate trusted"), "shield-check", Role.SUCCESS)


def not_reachable() -> Trust:
    return Trust(_tr("not reachable"), "unplug", Role.WARNING)


class StatusBar(QStatusBar):
    """Wish: `problems_wanted`, when the count of troubles was pressed."""

    problems_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("status_bar")
        self.setAccessibleName(_tr("Status"))
        self.setSizeGripEnabled(False)
        self._session: SavedSession | None = None
        self._connected = False
        self._lost = False
        self._wide = True
        self._build()
        theme.notifier().changed.connect(self._show)
        self.show_problems(0)
        self.show_awake(False)
        self._show()

    def show_session(
        self, session: SavedSession | None, connected: bool, lost: bool = False
    ) -> None:
        """Show whom the window talks to; `lost` when that one no longer answers."""
        shown = (session, connected, lost)
        if shown != (self._session, self._connected, self._lost):
            self._session, self._connected, self._lost = shown
            self._show()

    def show_problems(self, failed_jobs: int, problems: int = 0) -> None:
        """Show how many jobs failed; where none did, how many other troubles there were."""
        if failed_jobs:
            text = _counted("{n} jobs failed", failed_jobs)
        else:
            text = _counted("{n} problems", problems)
        self._problems.setText(text)
        self._problems.setVisible(failed_jobs + problems > 0)
        self._bell.setVisible(failed_jobs + problems > 0)

    def show_awake(self, held: bool) -> None:
        """Say that this computer does not go to sleep now."""
        self._awake_icon.setVisible(held)
        self._awake.setVisible(held)

    def set_wide(self, wide: bool) -> None:
        """A narrow window has no room for the certificate's word."""
        if wide != self._wide:
            self._wide = wide
            self._show()

    def _build(self) -> None:
        self._shield = QLabel(self)
        self._text = ElidedLabel(self, 12, role=Role.SECONDARY)
        self._text.setObjectName("status_text")
        self._awake_icon = QLabel(self)
        self._awake = ElidedLabel(self, 12, role=Role.SECONDARY)
        self._awake.setObjectName("kept_awake")
        self._awake.setText(_tr("Computer kept awake"))
        self._awake.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
        self._awake.setMinimumWidth(self._awake.sizeHint().width())
        self._bell = QLabel(self)
        self._problems = QPushButton(self)
        self._problems.setObjectName("problems")
        self._problems.setProperty("look", "problem")
        self._problems.setFont(theme.scaled(self.font(), 12, QFont.Weight.Medium))
        self._problems.setCursor(Qt.CursorShape.PointingHandCursor)
        self._problems.clicked.connect(self.problems_wanted)
        box = QWidget(self)
        row = QHBoxLayout(box)
        row.setContentsMargins(12, 0, 12, 0)
        row.setSpacing(6)
        row.addWidget(self._shield)
        row.addWidget(self._text, 1)
        row.addWidget(self._awake_icon)
        row.addWidget(self._awake)
        row.addSpacing(10)
        row.addWidget(self._bell)
        row.addWidget(self._problems)
        self.addWidget(box, 1)
        self.setFixedHeight(theme.row_height(self, HEIGHT))

    def _show(self) -> None:
        ratio = self.devicePixelRatioF()
        self._awake_icon.setPixmap(icons.pixmap("awake", Role.SECONDARY, 14, ratio))
        self._bell.setPixmap(icons.pixmap("bell", Role.ERROR, 14, ratio))
        if self._session is None or not self._connected:
            text, shield, role = _tr("Not connected"), "circle-dashed", Role.SECONDARY
        else:
            trust = not_reachable() if self._lost else trust_of(self._session)
            shield, role = trust.icon, trust.role
            text = _tr("{session}, {address}").format(
                session=self._session.name, address=self._session.address
            )
            # What is less than trusted is said even where there is little room.
            if self._wide or trust.role is Role.WARNING:
                text = f"{text} · {trust.word}"
        self._shield.setPixmap(icons.pixmap(shield, role, 14, ratio))
        self._text.setText(text)
        self._text.setAccessibleName(text)
