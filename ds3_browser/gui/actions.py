"""The actions: every command of the table made once, shared by menu bar, toolbar and context menus.

What a command acts on is a `Situation`; `follow` takes one and sets which commands can work, with
the reason as tool tip where one cannot, and the words that change with what is selected.
"""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar, QWidget

from ds3_browser.gui import icons, theme
from ds3_browser.gui.command_table import Command, commands
from ds3_browser.gui.menus import BOARD_PRIORITIES, LINE, PRIORITIES, Entries, Submenu, menu_bar
from ds3_browser.gui.situation import Situation
from ds3_browser.gui.theme import Density, Role, Theme


class Actions(QObject):
    """The actions by id: `actions["upload_files"]`. What is `absent` is in no menu."""

    def __init__(self, parent: QObject | None = None, absent: frozenset[str] = frozenset()) -> None:
        super().__init__(parent)
        self._absent = absent
        self._commands = {command.id: command for command in commands()}
        self._actions = {id: self._make(command) for id, command in self._commands.items()}
        self._themes = QActionGroup(self)
        for chosen in Theme:
            self._themes.addAction(self[f"theme_{chosen.value}"])
        self._densities = QActionGroup(self)
        for density in Density:
            self._densities.addAction(self[f"density_{density.name.lower()}"])
        theme.notifier().changed.connect(self._tint)
        self._tint()
        self.follow(Situation())

    def __getitem__(self, id: str) -> QAction:
        return self._actions[id]

    def is_local(self, id: str) -> bool:
        """Whether its keys belong to some panes alone, so that others use them otherwise."""
        return self._commands[id].local_keys

    def __iter__(self) -> Iterator[str]:
        return iter(self._actions)

    def _make(self, command: Command) -> QAction:
        action = QAction(command.text, self)
        action.setObjectName(command.id)
        action.setCheckable(command.checkable)
        action.setIconVisibleInMenu(not command.checkable)  # the mark of what is on stands there
        if command.keys:
            action.setShortcut(QKeySequence(command.keys))
        if command.local_keys:
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        elif command.id == "quit":  # also from a form that stands beside the window
            action.setShortcutContext(Qt.ShortcutContext.ApplicationShortcut)
        return action

    def follow(self, now: Situation) -> None:
        """Set what can work in this situation, and the words that depend on it."""
        for id, command in self._commands.items():
            action = self._actions[id]
            if command.words is not None:
                action.setText(command.words(now))
            reason = None if command.reason is None else command.reason(now)
            action.setEnabled(reason is None)
            action.setToolTip(reason or self._tip(action, command))
        priority = now.job.priority if now.job is not None else None
        for name in PRIORITIES:
            chosen = priority is not None and name == f"priority_{priority.value.lower()}"
            self[name].setChecked(chosen)
        asked = now.board_job.job.priority if now.board_job is not None else None
        for name in BOARD_PRIORITIES:
            self[name].setChecked(name == f"board_priority_{(asked or '').lower()}")
        disconnects = now.connected or now.connecting
        self["connect"].setShortcut(QKeySequence("Ctrl+W") if disconnects else QKeySequence())

    def _tip(self, action: QAction, command: Command) -> str:
        text = command.tip or plain(action.text())
        keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        return f"{text} ({keys})" if keys else text

    def _tint(self) -> None:
        for id, command in self._commands.items():
            if command.icon is not None:
                checked = Role.ACCENT if command.checkable else None
                self._actions[id].setIcon(icons.icon(command.icon, command.role, checked))

    def keys(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """Return each menu's title with its commands that have keys: (words, keys)."""
        return [(plain(title), self._keys_of(entries)) for _id, title, entries in menu_bar()]

    def _keys_of(self, entries: Entries) -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = []
        for entry in self._present(entries):
            if isinstance(entry, Submenu):
                found += self._keys_of(entry.entries)
            elif entry != LINE and (keys := self._commands[entry].keys):
                sequence = QKeySequence(keys)
                words = plain(self._commands[entry].text).rstrip("…")
                native = sequence.toString(QKeySequence.SequenceFormat.NativeText)
                found.append((words, native))
        return found

    # -- menus ----------------------------------------------------------------------------------

    def fill_menu_bar(self, bar: QMenuBar) -> None:
        for id, title, entries in menu_bar():
            menu = self.menu(entries, bar, title)
            menu.setObjectName(f"menu_{id}")
            bar.addMenu(menu)

    def menu(self, entries: Entries, parent: QWidget, title: str = "") -> QMenu:
        """Return a menu of these actions; a disabled one tells its reason as a tool tip."""
        menu = QMenu(title, parent)
        menu.setToolTipsVisible(True)
        for entry in self._present(entries):
            if isinstance(entry, Submenu):
                inner = self.menu(entry.entries, menu, entry.title)
                inner.setObjectName(f"menu_{entry.id}")
                menu.addMenu(inner)
            elif entry == LINE:
                menu.addSeparator()
            else:
                menu.addAction(self._actions[entry])
        return menu

    def _present(self, entries: Entries) -> list[str | Submenu]:
        """Leave out what is absent, and the lines that then part nothing."""
        present: list[str | Submenu] = []
        for entry in entries:
            if entry in self._absent or (entry == LINE and present[-1:] in ([], [LINE])):
                continue
            present.append(entry)
        return present[:-1] if present[-1:] == [LINE] else present


def plain(text: str) -> str:
    """Return a text without the mark of its mnemonic."""
    return text.replace("&&", "\0").replace("&", "").replace("\0", "&")
