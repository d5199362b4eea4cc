"""Everything by keyboard alone: the table of keys, and a menu for each command."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QMenu

from ds3_browser.gui.actions import plain

# keys and the command they stand for, as the guide promises them
TABLE = {
    "Ctrl+N": "new_session",
    "Ctrl+O": "sessions",
    "Ctrl+1": "go_sidebar",
    "Ctrl+2": "go_local",
    "Ctrl+3": "go_objects",
    "Ctrl+4": "go_transfers",
    "F6": "next_pane",
    "Shift+F6": "previous_pane",
    "Alt+Left": "back",
    "Alt+Right": "forward",
    "Alt+Up": "parent",
    "Ctrl+L": "location",
    "Ctrl+F": "filter",
    "Ctrl+Shift+F": "search",
    "F5": "refresh",
    "Ctrl+A": "select_all",
    "Ctrl+U": "upload_files",
    "Ctrl+Shift+U": "upload_folder",
    "Ctrl+D": "download",
    "Ctrl+C": "copy_names",
    "Ctrl+Shift+C": "copy_full_names",
    "Ctrl+V": "paste_files",
    "Alt+Return": "properties",
    "Del": "delete",
    "Ctrl+Shift+N": "new_folder",
    "Ctrl+Shift+B": "new_bucket",
    "Ctrl+J": "transfers",
    "Ctrl+Shift+J": "show_job",
    "Ctrl+Shift+L": "local_files",
    "Ctrl+T": "try_now",
    "Ctrl+Shift+Space": "pause_all",
    "Ctrl+Q": "quit",
    "Ctrl+,": "preferences",
    "F1": "guide",
    "Ctrl+Shift+R": "retry_failed",
}
# By their words: commands that have these keys as soon as the program has them.
LATER = {
    "Download again to last folder": "Ctrl+Shift+D",
    "Plan download…": "Ctrl+Shift+P",
    "Jobs on appliance": "Ctrl+Shift+A",
}
# In a context menu, which the menu key opens.
NOT_IN_THE_BAR = {"folder_properties"}


@pytest.mark.ui("12.1", "each key of the table belongs to its command")
@pytest.mark.parametrize(("keys", "command"), TABLE.items())
def test_each_key_of_the_table_belongs_to_its_command(window, keys, command) -> None:
    assert window.context.actions[command].shortcut() == QKeySequence(keys)


@pytest.mark.ui("12.1", "each key of the table belongs to its command")
def test_what_comes_later_comes_with_its_keys(window) -> None:
    actions = window.context.actions
    wrong = {
        plain(actions[id].text()): keys
        for id in actions
        if (keys := LATER.get(plain(actions[id].text())))
        and actions[id].shortcut() != QKeySequence(keys)
    }
    assert wrong == {}


@pytest.mark.ui("12.1", "each key of the table belongs to its command")
def test_ctrl_w_disconnects_while_a_session_is_connected(qtbot, window, connected) -> None:
    action = window.context.actions["connect"]
    qtbot.waitUntil(lambda: action.shortcut() == QKeySequence("Ctrl+W"), timeout=10_000)


@pytest.mark.ui("12.2", "every command is in a menu, and every menu has its letters")
def test_every_command_is_in_a_menu_of_the_bar(window) -> None:
    found: set[str] = set()

    def walk(menu: QMenu) -> None:
        for action in menu.actions():
            if action.menu() is not None:
                walk(action.menu())
            elif not action.isSeparator():
                found.add(action.objectName())

    for top in window.menuBar().actions():
        walk(top.menu())
    assert set(window.context.actions) - found <= NOT_IN_THE_BAR


def test_a_command_that_is_pressed_in_vain_says_why(window) -> None:
    """Without a session most cannot work: each tells its reason as the menus' tool tip."""
    actions = window.context.actions
    silent = [id for id in actions if not actions[id].isEnabled() and not actions[id].toolTip()]
    assert silent == []


@pytest.mark.ui("12.3", "no two commands share keys, none takes Ctrl+Alt and a letter")
def test_no_key_is_one_that_desktops_take(window) -> None:
    taken = {"Alt+F4", "Alt+Tab", "Ctrl+Esc", "PrintScreen"}
    for id in window.context.actions:
        for sequence in window.context.actions[id].shortcuts():
            keys = sequence.toString()
            assert keys not in taken, id
            assert not ({"Ctrl", "Alt"} <= set(keys.split("+"))), (id, keys)
