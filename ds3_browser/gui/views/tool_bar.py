"""The toolbar: the most used actions; in a narrow window most of them lose their words."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QSize, Qt, QTimer
from PySide6.QtGui import QAction, QDropEvent
from PySide6.QtWidgets import QSizePolicy, QToolBar, QToolButton, QWidget

from ds3_browser.gui import theme
from ds3_browser.gui.actions import Actions, plain
from ds3_browser.gui.menus import UPLOAD_MENU
from ds3_browser.gui.views import menu_style
from ds3_browser.gui.views.drops import OPEN_AFTER_MS, dragged_objects
from ds3_browser.gui.views.labels import beside_icon
from ds3_browser.gui.views.search_box import SearchBox

_tr = partial(QCoreApplication.translate, "tool_bar")

HEIGHT = 46
WORDS_FROM = 1200  # in a narrower window only Upload and Download keep their words

_ICON_ONLY = ("back", "forward", "parent")
_ALWAYS_WORDS = ("upload", "download")


class ToolBar(QToolBar):
    def __init__(self, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("toolbar")
        self.setWindowTitle(_tr("Toolbar"))
        self.setAccessibleName(_tr("Toolbar"))
        self.setMovable(False)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self.setIconSize(QSize(16, 16))
        self._buttons: dict[str, QToolButton] = {}
        self._wide: bool | None = None
        self._build(actions)
        self.setFixedHeight(max(HEIGHT, theme.row_height(self, HEIGHT)))
        self.set_wide(True)

    def button(self, name: str) -> QToolButton:
        return self._buttons[name]

    def set_wide(self, wide: bool) -> None:
        if wide == self._wide:
            return
        self._wide = wide
        self.search.set_wide(wide)
        for name, button in self._buttons.items():
            words = name in _ALWAYS_WORDS or (wide and name not in _ICON_ONLY)
            style = Qt.ToolButtonStyle
            button.setProperty("look", "words" if words else "icon")
            button.style().unpolish(button)
            button.style().polish(button)
            button.setToolButtonStyle(
                style.ToolButtonTextBesideIcon if words else style.ToolButtonIconOnly
            )

    def _build(self, actions: Actions) -> None:
        self._add_space(9)
        for name in _ICON_ONLY:
            self._add(name, actions[name])
        self.addSeparator()
        self._add_upload(actions)
        for name in ("download", "new_folder", "refresh"):
            self._add(name, actions[name])
        self._add_stretch()
        self.search = SearchBox(self)
        self.addWidget(self.search)
        self._add_space(8)
        self._add("local_files", actions["local_files"])
        OpensUnderDrag(self._buttons["local_files"], actions["local_files"])
        self._add("transfers", actions["transfers"])
        self._add_space(12)

    def _add(self, name: str, action: QAction) -> None:
        button = QToolButton(self)
        button.setDefaultAction(action)
        action.changed.connect(partial(self._follow, button, action))
        self._place(name, button)
        self._follow(button, action)

    def _add_upload(self, actions: Actions) -> None:
        """Upload is a menu of two and can be opened whenever one of them can work."""
        button = QToolButton(self)
        beside_icon(button, _tr("Upload"))
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = actions.menu(UPLOAD_MENU, button)
        menu.setObjectName("upload_menu")
        menu_style.quieten(menu)
        button.setMenu(menu)
        files = actions["upload_files"]

        def follow() -> None:
            button.setEnabled(files.isEnabled())
            button.setIcon(files.icon())
            button.setToolTip(_tr("Upload") if files.isEnabled() else files.toolTip())

        files.changed.connect(follow)
        self._place("upload", button)
        follow()

    def _place(self, name: str, button: QToolButton) -> None:
        button.setObjectName(f"{name}_button")
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._buttons[name] = button
        self.addWidget(button)

    def _follow(self, button: QToolButton, action: QAction) -> None:
        """A toolbar's words are shorter than a menu's: no mnemonic, no dots."""
        text = plain(action.text()).rstrip("…")
        beside_icon(button, text)

    def _add_stretch(self) -> None:
        space = QWidget(self)
        space.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.addWidget(space)

    def _add_space(self, width: int) -> None:
        space = QWidget(self)
        space.setFixedWidth(width)
        self.addWidget(space)


class OpensUnderDrag(QObject):
    """Opens a pane, by its checkable action, once objects were held over its button for a while."""

    def __init__(self, button: QToolButton, action: QAction) -> None:
        super().__init__(button)
        self._action = action
        self._linger = QTimer(self)
        self._linger.setSingleShot(True)
        self._linger.setInterval(OPEN_AFTER_MS)
        self._linger.timeout.connect(self._open)
        button.setAcceptDrops(True)
        button.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        match event.type():
            case QEvent.Type.DragEnter:
                assert isinstance(event, QDropEvent)
                if dragged_objects(event.mimeData()) is not None:
                    self._linger.start()
                    event.accept()  # else no word comes of where the drag goes on
            case QEvent.Type.DragMove:
                event.ignore()  # nothing can be dropped here
            case QEvent.Type.DragLeave | QEvent.Type.Drop:
                self._linger.stop()
            case _:
                return False
        return True

    def _open(self) -> None:
        if not self._action.isChecked():
            self._action.trigger()
