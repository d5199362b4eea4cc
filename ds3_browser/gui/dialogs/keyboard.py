"""The page of all keys: those of the commands, out of their table, and those of the lists."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QCoreApplication, QSize, Qt
from PySide6.QtGui import QFont, QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QLineEdit,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from ds3_browser.gui import theme
from ds3_browser.gui.actions import Actions
from ds3_browser.gui.dialogs.form import Form
from ds3_browser.gui.dialogs.parts import button_row, default_button, heading, set_body
from ds3_browser.gui.views.fitting import lettered
from ds3_browser.gui.views.list_header import ListHeader

_tr = partial(QCoreApplication.translate, "keyboard")


ROW = 26
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class KeyboardDialog(Form):
    """Stays open beside the window. What is typed into its filter leaves the keys that match."""

    def __init__(self, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("keyboard_dialog")
        self.setWindowTitle(_tr("Keyboard"))
        self._groups: list[tuple[QTreeWidgetItem, list[QTreeWidgetItem]]] = []
        self._build()
        self._fill(actions)

    def _build(self) -> None:
        self._filter = QLineEdit(self)
        self._filter.setObjectName("keyboard_filter")
        self._filter.setPlaceholderText(_tr("Command or key"))
        self._filter.setAccessibleName(_tr("Filter"))
        self._filter.textChanged.connect(self._show_matching)
        self._tree = QTreeWidget(self)
        self._tree.setObjectName("keys")
        self._tree.setAccessibleName(_tr("Keys"))
        self._tree.setColumnCount(2)
        self._tree.setProperty("look", "boxed")
        self._tree.setHeader(ListHeader(self._tree))
        self._tree.setHeaderLabels([_tr("Command"), _tr("Keys")])
        self._tree.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self._tree.header().setStretchLastSection(False)
        self._tree.header().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self._tree.headerItem().setTextAlignment(1, Qt.AlignmentFlag.AlignRight)
        self._tree.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self._tree.setRootIsDecorated(False)
        self._tree.setItemsExpandable(False)
        self._tree.setIndentation(12)
        close = default_button(self, "close", _tr("Close"))
        close.clicked.connect(self.accept)
        column = QVBoxLayout()
        column.setSpacing(12)
        column.addWidget(heading(self, _tr("Keyboard")))
        column.addWidget(self._filter)
        column.addWidget(self._tree, 1)
        set_body(self, column, button_row(close))
        self.resize(lettered(self, 520, 560))
        self._filter.setFocus()

    def _fill(self, actions: Actions) -> None:
        for title, keys in (*actions.keys(), (_tr("In lists"), _list_keys())):
            if not keys:
                continue
            group = QTreeWidgetItem([title])
            group.setFirstColumnSpanned(True)
            group.setFont(0, theme.scaled(self.font(), 13, QFont.Weight.DemiBold))
            self._tree.addTopLevelItem(group)
            items = [QTreeWidgetItem([words, sequence]) for words, sequence in keys]
            for item in (group, *items):
                item.setSizeHint(0, QSize(0, theme.row_height(self, ROW)))
                item.setTextAlignment(1, RIGHT)
            group.addChildren(items)
            group.setExpanded(True)
            self._groups.append((group, items))

    def _show_matching(self, text: str) -> None:
        wanted = text.casefold()
        for group, items in self._groups:
            for item in items:
                item.setHidden(wanted not in f"{item.text(0)} {item.text(1)}".casefold())
            group.setHidden(all(item.isHidden() for item in items))


def _list_keys() -> list[tuple[str, str]]:
    """Return keys that are no command: they move, select, or belong to one list."""
    return [
        (_tr("Open a folder, or download an object"), _native("Return")),
        (_tr("Jump to a name by its first letters"), _tr("letters")),
        (_tr("Select a range"), _tr("Shift with arrows")),
        (_tr("Select one more, or one less"), _native("Ctrl+Space")),
        (_tr("Clear the filter, leave the editor, stop listing"), _native("Esc")),
        (_tr("Open the menu of the current row"), _tr("menu key")),
        (_tr("Pause or resume a transfer"), _native("Space")),
        (_tr("Move in the chunk map"), _tr("arrows, Home, End")),
        (_tr("Next failed chunk"), _native("F")),
    ]


def _native(keys: str) -> str:
    return QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText)
