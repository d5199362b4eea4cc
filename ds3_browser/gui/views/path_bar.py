"""Where one is in the local files: the path in parts, each of which leads there, and as a text."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSizePolicy,
    QStackedLayout,
    QToolButton,
    QWidget,
)

from ds3_browser.gui import direction, icons, theme
from ds3_browser.gui.names import visible
from ds3_browser.gui.theme import Role
from ds3_browser.gui.views.tabbing import WayBack, buttons_in, has_focus, tab_before

_tr = partial(QCoreApplication.translate, "local_pane")

BAR = 32
CRUMBS = 4  # of a path, at the most
CRUMB_EDGES = 20  # of a part beside its words: its padding and the arrow before it
EDGES = 70  # of the bar beside its parts: the disk and the button


class PathBar(QFrame):
    """Where on this computer one is. Wish: `path_chosen(path)`."""

    path_chosen = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("path_bar")
        self.setAccessibleName(_tr("Local folder"))
        self.setProperty("look", "card")
        self.setFixedHeight(BAR)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._path = ""
        self._row = QWidget(self)
        self._crumbs = QHBoxLayout(self._row)
        self._crumbs.setContentsMargins(direction.margins(9, 0, 4, 0))
        self._crumbs.setSpacing(0)
        self._editor = QLineEdit(self)
        self._editor.setObjectName("path_editor")
        self._editor.setAccessibleName(_tr("Local folder"))
        self._editor.setFrame(False)
        self._editor.returnPressed.connect(self._enter)
        self._editor.installEventFilter(self)
        self._way_back = WayBack()
        self._copy = QToolButton(self)
        self._copy.setObjectName("copy_path")
        self._copy.setToolTip(_tr("Copy path"))
        self._copy.setAccessibleName(_tr("Copy path"))
        self._copy.clicked.connect(lambda: QApplication.clipboard().setText(self._path))
        self._stack = QStackedLayout(self)
        self._stack.setContentsMargins(0, 0, 0, 0)
        self._stack.addWidget(self._row)
        self._stack.addWidget(self._editor)
        theme.notifier().changed.connect(self._show)

    def minimumSizeHint(self) -> QSize:
        return QSize(100, BAR)

    def show_path(self, path: str) -> None:
        self._path = path
        self._show()
        self._stack.setCurrentWidget(self._row)

    def edit(self) -> None:
        self._editor.setText(self._path)
        self._way_back.remember()
        self._stack.setCurrentWidget(self._editor)
        self._editor.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._editor.selectAll()

    def _enter(self) -> None:
        self._stack.setCurrentWidget(self._row)
        self._way_back.go()
        self.path_chosen.emit(str(Path(self._editor.text()).expanduser()))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._editor:
            escaped = isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape
            if escaped or event.type() == QEvent.Type.FocusOut:
                self._stack.setCurrentWidget(self._row)
                if escaped:
                    self._way_back.go()
                return escaped
        return super().eventFilter(watched, event)

    def mouseDoubleClickEvent(self, event: object) -> None:
        self.edit()

    def _show(self) -> None:
        focused = has_focus(self._row, self._copy)
        while (item := self._crumbs.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None and widget is not self._copy:
                widget.hide()
                widget.deleteLater()
        disk = QLabel(self._row)
        disk.setPixmap(icons.pixmap("hard-drive", Role.SECONDARY, 16, self.devicePixelRatioF()))
        self._crumbs.addWidget(disk)
        path = Path(self._path)
        whole = [*reversed(path.parents), path] if self._path else []
        shown = self._fitting(whole)
        for number, part in enumerate(shown):
            if number or len(whole) > len(shown):
                self._crumbs.addWidget(self._arrow())
            self._crumbs.addWidget(self._crumb(part, last=part == path))
        made = buttons_in(self._crumbs)
        self._crumbs.addStretch(1)
        self._copy.setIcon(icons.icon("copy", Role.SECONDARY))
        self._crumbs.addWidget(self._copy)
        tab_before(self._copy, made)
        if focused and made:
            made[-1].setFocus(Qt.FocusReason.OtherFocusReason)

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
            self._show()

    def _arrow(self) -> QWidget:
        arrow = QLabel(self._row)
        arrow.setPixmap(icons.pixmap("chevron-right", Role.FAINT, 14, self.devicePixelRatioF()))
        return arrow

    def _crumb(self, path: Path, *, last: bool) -> QToolButton:
        crumb = QToolButton(self._row)
        text = _words(path)
        crumb.setText(text.replace("&", "&&"))
        crumb.setAccessibleName(text)
        crumb.setProperty("look", "here" if last else "crumb")
        weight = QFont.Weight.DemiBold if last else QFont.Weight.Normal
        crumb.setFont(theme.scaled(self.font(), 13, weight))
        crumb.setObjectName("path_crumb")
        crumb.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        crumb.clicked.connect(partial(self.path_chosen.emit, str(path)))
        return crumb


def _words(path: Path) -> str:
    return visible(path.name or str(path))
