"""Where one is in the local files: the path in parts, each of which leads there, and as a text."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtGui import QFont, QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QApplication, QWidget

from ds3_browser.gui import theme
from ds3_browser.gui.names import visible
from ds3_browser.gui.theme import Role
from ds3_browser.gui.views.crumb_bar import CrumbBar

_tr = partial(QCoreApplication.translate, "local_pane")

CRUMBS = 4  # of a path, at the most
CRUMB_EDGES = 20  # of a part beside its words: its padding and the arrow before it
EDGES = 70  # of the bar beside its parts: the disk and the button


class PathBar(CrumbBar):
    """Where on this computer one is. Wish: `path_chosen(path)`."""

    path_chosen = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__("path", _tr("Local folder"), _tr("Copy path"), parent)
        self.setObjectName("path_bar")
        self._path = ""

    def show_path(self, path: str) -> None:
        self._path = path
        self.show_crumbs()
        self.show_row()

    def copy(self) -> None:
        QApplication.clipboard().setText(self._path)

    def edit(self) -> None:
        self.begin_edit(self._path)

    def entered(self, text: str) -> None:
        self.path_chosen.emit(str(Path(text).expanduser()))

    def show_crumbs(self) -> None:
        self.begin_row("hard-drive")
        path = Path(self._path)
        whole = [*reversed(path.parents), path] if self._path else []
        shown = self._fitting(whole)
        for number, part in enumerate(shown):
            if number or len(whole) > len(shown):
                self.row.addWidget(self.label("chevron-right", Role.FAINT, 14))
            go = partial(self.path_chosen.emit, str(part))
            crumb = self.crumb(_words(part), go, last=part == path)
            crumb.setObjectName("path_crumb")
            self.row.addWidget(crumb)
        self.end_row()

    def _fitting(self, whole: list[Path]) -> list[Path]:
        """The last parts of a path that have room, one at the least."""
        metrics = QFontMetrics(theme.scaled(self.font(), 13, QFont.Weight.DemiBold))
        room = self.width() - EDGES
        shown: list[Path] = []
        for part in reversed(whole[-CRUMBS:]):
            room -= metrics.horizontalAdvance(_words(part)) + CRUMB_EDGES
            if room < 0 and shown:
                break
            shown.insert(0, part)
        return shown

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.oldSize().width() != event.size().width():
            self.show_crumbs()


def _words(path: Path) -> str:
    return visible(path.name or str(path))
