"""What a look before an upload could not know, and a person should."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QWidget

from ds3_browser.gui import icons, theme
from ds3_browser.gui.job_options import Counted
from ds3_browser.gui.theme import Role
from ds3_browser.protocol.records import Versioning

_tr = partial(QCoreApplication.translate, "doubts")


@dataclass(frozen=True, slots=True)
class Doubt:
    text: str
    role: Role = Role.WARNING


def doubts(counted: Counted) -> tuple[Doubt, ...]:
    """Return why names in the bucket were not compared; empty where they were."""
    found = [
        None if counted.compared else Doubt(_tr("What is there is too much to be compared.")),
        None if counted.listable else Doubt(_not_listable(counted)),
    ]
    return tuple(one for one in found if one is not None)


def _not_listable(counted: Counted) -> str:
    match counted.versioning:
        case Versioning.NONE:
            return _tr("You may not list this bucket. A name that is there already is refused.")
        case Versioning.KEEP_LATEST:
            return _tr("You may not list this bucket. What has the same name there is replaced.")
        case Versioning.KEEP_MULTIPLE_VERSIONS:
            return _tr("You may not list this bucket. A name that is there gets a new version.")
        case None:
            return _tr(
                "You may not list this bucket. A name that is there is refused, or replaced."
            )


class Doubts(QWidget):
    """Shows them one below the other, with a sign; hidden where there are none."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("doubts")
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(6)
        self._grid.setColumnStretch(1, 1)
        self._shown: tuple[Doubt, ...] = ()
        self.hide()
        theme.notifier().changed.connect(self._fill)

    def show_doubts(self, found: Sequence[Doubt]) -> None:
        if tuple(found) != self._shown:
            self._shown = tuple(found)
            self._fill()
        self.setVisible(bool(found))

    def texts(self) -> list[str]:
        return [one.text for one in self._shown]

    def _fill(self) -> None:
        while (item := self._grid.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        for line, doubt in enumerate(self._shown):
            name = "info" if doubt.role is Role.SECONDARY else "warning"
            sign, text = QLabel(self), QLabel(doubt.text, self)
            sign.setPixmap(icons.pixmap(name, doubt.role, 16, self.devicePixelRatioF()))
            text.setTextFormat(Qt.TextFormat.PlainText)
            text.setWordWrap(True)
            text.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
            text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.MinimumExpanding)
            self._grid.addWidget(sign, line, 0, Qt.AlignmentFlag.AlignTop)
            self._grid.addWidget(text, line, 1)
