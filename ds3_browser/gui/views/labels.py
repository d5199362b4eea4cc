"""Labels of a size of the type scale, in a role's colour: elided where narrow, or wrapped."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QLabel, QSizePolicy, QWidget

from ds3_browser.gui import theme
from ds3_browser.gui.theme import Role


class ElidedLabel(QLabel):
    """A label that gives way: what does not fit is elided and stands in the tool tip.

    `size` is in pixels at a 13 px body font and grows with it. The colour follows the theme.
    """

    def __init__(
        self,
        parent: QWidget | None = None,
        size: int = 13,
        weight: QFont.Weight = QFont.Weight.Normal,
        role: Role = Role.TEXT,
        elide: Qt.TextElideMode = Qt.TextElideMode.ElideRight,
    ) -> None:
        super().__init__(parent)
        self.setFont(theme.scaled(self.font(), size, weight))
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._role = role
        self._elide = elide
        theme.notifier().changed.connect(self.update)

    def set_role(self, role: Role) -> None:
        self._role = role
        self.update()

    def minimumSizeHint(self) -> QSize:
        return QSize(0, QFontMetrics(self.font()).height())

    def sizeHint(self) -> QSize:
        metrics = QFontMetrics(self.font())
        return QSize(metrics.horizontalAdvance(self.text()) + 1, metrics.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        metrics = QFontMetrics(self.font())
        told = metrics.elidedText(self.text(), self._elide, self.width())
        tip = self.text() if told != self.text() else ""
        if tip != self.toolTip():
            self.setToolTip(tip)
        painter.setPen(theme.colour(self._role))
        painter.drawText(self.rect(), self.alignment(), told)


class WrappedLabel(QLabel):
    """A text of as many lines as it needs, which can be selected; in a role's colour."""

    def __init__(self, parent: QWidget, size: int = 12, role: Role = Role.SECONDARY) -> None:
        super().__init__(parent)
        self.setFont(theme.scaled(self.font(), size))
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._role = role
        self._tint()
        theme.notifier().changed.connect(self._tint)

    def set_role(self, role: Role) -> None:
        if role is not self._role:
            self._role = role
            self._tint()

    def _tint(self) -> None:
        palette = self.palette()
        palette.setColor(self.foregroundRole(), theme.colour(self._role))
        self.setPalette(palette)


def heading(parent: QWidget, text: str) -> ElidedLabel:
    """Return a small bold heading, as wide as its words."""
    label = ElidedLabel(parent, 12, QFont.Weight.DemiBold)
    label.setText(text)
    label.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
    label.setMinimumWidth(label.sizeHint().width())
    return label


def beside_icon(button: QAbstractButton, words: str) -> None:
    """Name a button that has an icon, with a gap between the two.

    A style sheet cannot set that gap, and the style's own is too small.
    """
    button.setText(f" {words}")
    button.setAccessibleName(words.replace("&", ""))
