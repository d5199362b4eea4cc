"""A line above the page of the demo appliance, so that nobody takes it for a real one."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QWidget

from ds3_browser.gui import icons, theme
from ds3_browser.gui.theme import Role
from ds3_browser.gui.views.labels import ElidedLabel

_tr = partial(QCoreApplication.translate, "demo_badge")


class DemoBadge(QFrame):
    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("demo_badge")
        self.setProperty("look", "badge")
        self._icon = QLabel(self)
        text = ElidedLabel(self, 12, QFont.Weight.Medium, Role.ACCENT)
        text.setText(_tr("Demo appliance: nothing leaves this computer"))
        self.setAccessibleName(text.text())
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 5, 12, 5)
        row.setSpacing(8)
        row.addWidget(self._icon)
        row.addWidget(text, 1)
        theme.notifier().changed.connect(self._tint)
        self._tint()

    def _tint(self) -> None:
        ratio = self.devicePixelRatioF()
        self._icon.setPixmap(icons.pixmap("flask-conical", Role.ACCENT, 14, ratio))
