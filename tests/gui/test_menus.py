"""The order of every menu: what is drawn, less what the program cannot do yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QLabel,
    QLineEdit,
    QMenu,
    QToolButton,
    QWidget,
)

from ds3_browser.gui import menus as table
from ds3_browser.gui.actions import Actions, plain
from ds3_browser.gui.command_table import commands
from ds3_browser.gui.job_row import JobRow
from ds3_browser.gui.menus import Entries, menu_for
from ds3_browser.gui.places import Place, SelectedObject, Selection
from ds3_browser.gui.sessions import SavedSession
from ds3_browser.gui.situation import Situation
from ds3_browser.gui.views.menu_style import QuietLetters
from ds3_browser.transfer.events import Direction

PLACE = Place("n", "rushes-2026", "day-016/A-cam/")
ONE, TWO = SelectedObject("day-016/A-cam/a", 1), SelectedObject("day-016/A-cam/b", 1)
FOLDER = "day-016/A-cam/proxies/"
NORTH = SavedSession("n", "North Vault", host="bp-north.example")
MOMENT = datetime(2026, 11, 22, tzinfo=UTC)
JOB = JobRow(1, Direction.PUT, "dailies", "n", "North Vault", "dailies", "", MOMENT, MOMENT)
HERE = Situation(session=NORTH, connected=True, into=PLACE, page=PLACE, parent=True)
SOON = 10_000

UPLOADS = ("Upload files…", "Upload folder…", "New folder…")
DOWNLOADS = ("Download…", "Download again to last folder", "Plan download…")
CONTEXT_MENUS = {
    "session": (
        *("Disconnect", "-", "Jobs on appliance", "New bucket…", "Search all buckets…"),
        *("-", "Edit session…", "Copy endpoint", "-", "Remove session…"),
    ),
    "bucket": (
        *("Open", "Search in bucket…", "-", *UPLOADS, "-", *DOWNLOADS),
        *("-", "Jobs for this bucket", "Copy bucket name", "Refresh", "Properties"),
        *("-", "Delete bucket…"),
    ),
    "folder": (
        *("Open", "-", *DOWNLOADS, "Bring to cache", "-", *UPLOADS),
        *("-", "Verify on appliance…", "Compare with folder…"),
        *("-", "Copy folder name", "Copy bucket and folder name", "Refresh", "Properties"),
        *("-", "Delete folder…"),
    ),
    "object": (
        *("Download…", "Download again to last folder", "Download part…", "Plan download…"),
        *("Bring to cache", "-", "Verify on appliance…", "Compare with file…"),
        *("-", "Copy object name", "Copy bucket and object name"),
        *("-", "Versions…", "Properties", "-", "Delete object…"),
    ),
    "several": (
        *(*DOWNLOADS, "Bring to cache", "-", "Verify on appliance…", "Compare with folder…"),
        *("-", "Copy object names", "Copy bucket and object names", "-", "Properties"),
        *("-", "Delete 1 folder and 2 objects…"),
    ),
    "empty area": (
        *(*UPLOADS, "-", "Paste files", "-", "Select all", "Refresh", "-", "Folder properties"),
    ),
    "transfer": (
        *("Show job", "Go to folder", "Show files on this computer", "-", "Try now", "Pause"),
        *("Change priority ▸", "Move up", "Move down", "-", "Retry failed"),
        *("Show failed objects", "Close job, keep the rest"),
        *("-", "Export report…", "Copy job id", "Show on jobs board"),
        *("-", "Cancel job…", "Remove from list"),
    ),
    "local files": (
        *("Upload to A-cam", "Upload to…", "-", "Open", "Show in file manager", "New folder…"),
        *("-", "Compare with this folder"),
    ),
}
SITUATIONS = {
    "session": replace(HERE, target=Selection(Place("n"))),
    "bucket": replace(HERE, target=Selection(Place("n"), buckets=("rushes-2026",))),
    "folder": replace(HERE, target=Selection(PLACE, (), (FOLDER,))),
    "object": replace(HERE, target=Selection(PLACE, (ONE,))),
    "several": replace(HERE, target=Selection(PLACE, (ONE, TWO), (FOLDER,))),
    "empty area": replace(HERE, target=Selection(PLACE)),
    "transfer": replace(HERE, target=Selection(PLACE), job=JOB),
    "local files": replace(
        HERE, target=Selection(PLACE), local_shown=True, local_paths=("/tmp/a",)
    ),
}
FIXED = {
    "session": "SESSION_MENU",
    "transfer": "job_menu",
    "local files": "LOCAL_MENU",
}
BAR = {
    "File": (
        *("New session…", "Sessions…", "Edit session…", "Connect", "Copy endpoint"),
        *("Remove session…", "-", "Import sessions from Eon Browser…", "Start the demo"),
        *("Start the demo anew", "-", "Local files ▸", "-", "Quit"),
    ),
    "Edit": (
        *("Copy object names", "Copy bucket and object names", "Copy location", "Paste files"),
        *("-", "Select all", "-", "Filter", "Search in bucket…", "Search all buckets…"),
        *("-", "Preferences…"),
    ),
    "View": (
        *("Local files", "Transfers", "-", "Columns ▸", "Density ▸", "Theme ▸"),
        *("Increase contrast", "-", "Problems", "-", "Refresh", "Stop listing"),
    ),
    "Go": (
        *("Back", "Forward", "Parent folder", "Location…", "-", "Jobs on appliance"),
        *("-", "Sidebar", "Local files", "Objects", "Transfers", "Next pane", "Previous pane"),
    ),
    "Bucket": (
        *("New bucket…", "-", *UPLOADS, "-", "Jobs for this bucket"),
        *("-", "Bucket properties", "Delete bucket…"),
    ),
    "Object": (
        *("Open", "-", "Download…", "Download again to last folder", "Download part…"),
        *("Plan download…", "Bring to cache", "-", "Verify on appliance…"),
        *("Compare with folder…", "-", "Versions…", "Properties", "-", "Delete…"),
    ),
    "Transfers": (
        *("Show job", "Go to folder", "Show files on this computer", "-", "Try now", "Pause"),
        *("Pause all", "Change priority ▸", "Move up", "Move down", "-", "Retry failed"),
        *("Show failed objects", "Close job, keep the rest", "-", "Export report…"),
        *("Copy job id", "Show on jobs board", "-", "Appliance job ▸", "-", "Cancel job…"),
        *("Remove from list", "Clear done", "-", "Columns ▸"),
    ),
    "Help": (
        *("Guide", "Keyboard", "Show hints", "-", "Open log folder", "Copy diagnostic report"),
        *("-", "About DS3 Browser"),
    ),
}


def entries(menu: QMenu) -> list[str]:
    return [entry(one.text(), submenu=one.menu() is not None) for one in menu.actions()]


def entry(text: str, *, submenu: bool) -> str:
    return (plain(text) or "-") + (" ▸" if submenu else "")


def less_what_is_absent(drawn: Sequence[str], known: set[str]) -> list[str]:
    """The drawn menu without what is in no menu of the program, and lines that part nothing."""
    left: list[str] = []
    for one in drawn:
        if one == "-" and left[-1:] in ([], ["-"]):
            continue
        if one == "-" or one in known:
            left.append(one)
    return left[:-1] if left[-1:] == ["-"] else left


@pytest.fixture
def owner(qtbot) -> QWidget:
    widget = QWidget()
    qtbot.addWidget(widget)
    return widget


def words_of(actions: Actions, menu_bar: Sequence[QMenu]) -> set[str]:
    """All that the program can do in this situation, and what its menus hold menus of."""
    known = {plain(actions[id].text()) for id in actions}
    waiting = list(menu_bar)
    while waiting:
        for action in waiting.pop().actions():
            inner = action.menu()
            if isinstance(inner, QMenu):
                known.add(entry(action.text(), submenu=True))
                waiting.append(inner)
    return known


def top_menus(actions: Actions, owner: QWidget) -> dict[str, QMenu]:
    return {
        plain(title): actions.menu(entries, owner, title)
        for _id, title, entries in table.menu_bar()
    }


@pytest.mark.ui("13.1", "the menu of a session")
@pytest.mark.ui("13.2", "the menu of a bucket")
@pytest.mark.ui("13.3", "the menu of a folder")
@pytest.mark.ui("13.4", "the menu of an object")
@pytest.mark.ui("13.5", "the menu of several")
@pytest.mark.ui("13.6", "the menu of an empty area")
@pytest.mark.ui("13.7", "the menu of a transfer")
@pytest.mark.ui("13.9", "the menu of local files")
@pytest.mark.parametrize("about", CONTEXT_MENUS)
def test_each_context_menu_stands_in_its_order(owner, about) -> None:
    actions = Actions(owner)
    now = SITUATIONS[about]
    actions.follow(now)
    fixed = getattr(table, FIXED[about]) if about in FIXED else menu_for(now.target)
    shown: Entries = fixed() if callable(fixed) else fixed
    menu = actions.menu(shown, owner)
    known = words_of(actions, list(top_menus(actions, owner).values()))
    if about == "local files" and "Open" not in entries(menu):
        known.remove("Open")  # that of the object list is another command
    assert entries(menu) == less_what_is_absent(CONTEXT_MENUS[about], known)


@pytest.mark.ui("1.32", "the menus of the bar hold their commands in the order drawn")
@pytest.mark.parametrize("title", BAR)
def test_each_menu_of_the_bar_stands_in_its_order(owner, title) -> None:
    actions = Actions(owner)
    menus = top_menus(actions, owner)
    assert list(menus) == list(BAR)
    known = words_of(actions, list(menus.values()))
    assert entries(menus[title]) == less_what_is_absent(BAR[title], known)


@pytest.mark.ui("1.34", "the toolbar stands in its order")
def test_the_toolbar_stands_in_its_order(window) -> None:
    bar = window.tool_bar
    buttons = [one for one in bar.findChildren(QToolButton) if one.objectName() in TOOLS]
    buttons.sort(key=lambda one: one.mapTo(bar, QPoint()).x())
    assert [one.objectName() for one in buttons] == list(TOOLS)
    search = window.findChild(QWidget, "search").mapTo(bar, QPoint()).x()
    refresh, local = (
        bar.button(name).mapTo(bar, QPoint()).x() for name in ("refresh", "local_files")
    )
    assert refresh < search < local
    upload = bar.button("upload").menu()
    assert entries(upload) == ["Upload files…", "Upload folder…"]


TOOLS = (
    *("back_button", "forward_button", "parent_button", "upload_button", "download_button"),
    *("new_folder_button", "refresh_button", "local_files_button", "transfers_button"),
)


def listed(qtbot, window, client, *names: str) -> None:
    for name in names:
        client.put_object("archive", name, b"1")
    window.context.actions["refresh"].trigger()
    qtbot.waitUntil(lambda: window.page.model.rowCount() == len(names), timeout=SOON)


def ask_for_menu(view, at: QPoint, reason: QContextMenuEvent.Reason) -> list[str]:
    event = QContextMenuEvent(reason, at, view.viewport().mapToGlobal(at))
    QApplication.sendEvent(view.viewport(), event)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    found = entries(menu)
    menu.close()
    return found


@pytest.mark.ui("13.12", "a right click on an unselected row selects it first")
def test_a_right_click_selects_the_row_under_it_first(qtbot, window, connected, client) -> None:
    listed(qtbot, window, client, "a", "b", "c")
    view = window.page.list
    view.selectRow(0)
    at = view.visualRect(view.model().index(2, 0)).center()
    ask_for_menu(view, at, QContextMenuEvent.Reason.Mouse)
    assert [one.name for one in view.selection().objects] == ["c"]


@pytest.mark.ui("13.12", "a right click on an unselected row selects it first")
def test_a_right_click_on_what_is_selected_keeps_all_of_it(
    qtbot, window, connected, client
) -> None:
    listed(qtbot, window, client, "a", "b", "c")
    view = window.page.list
    view.selectAll()
    at = view.visualRect(view.model().index(1, 0)).center()
    assert ask_for_menu(view, at, QContextMenuEvent.Reason.Mouse)[-1] == "Delete 3 objects…"


@pytest.mark.ui("13.13", "the menu key opens the menu at the current row")
def test_the_menu_key_opens_the_menu_at_the_current_row(qtbot, window, connected, client) -> None:
    listed(qtbot, window, client, "a", "b", "c")
    view = window.page.list
    view.selectRow(1)
    found = ask_for_menu(view, QPoint(1, 1), QContextMenuEvent.Reason.Keyboard)
    assert [one.name for one in view.selection().objects] == ["b"]
    assert found[-1] == "Delete object…"


@pytest.mark.parametrize("entries", [table.OBJECT_MENU, table.SEVERAL_MENU, table.LOCAL_MENU])
def test_no_two_commands_of_a_menu_bear_the_same_sign(entries) -> None:
    signs = {command.id: command.icon for command in commands()}
    drawn = [signs[entry] for entry in entries if signs.get(entry) is not None]
    assert sorted(drawn) == sorted(set(drawn))


def test_what_is_on_has_its_mark_in_the_menu(qapp) -> None:
    actions = Actions()
    for command in commands():
        assert actions[command.id].isIconVisibleInMenu() is not command.checkable


def test_letters_of_a_form_are_underlined_only_while_alt_is_held(qtbot) -> None:
    form = QDialog()
    label, plain, field = QLabel("&Name", form), QLabel("Name", form), QLineEdit(form)
    label.setBuddy(field)
    qtbot.addWidget(form)
    QuietLetters(form)
    form.show()
    for one in (label, plain):
        one.resize(80, 20)

    def drawn(one: QLabel) -> QImage:
        return one.grab().toImage()

    assert drawn(label) == drawn(plain)
    QTest.keyPress(form, Qt.Key.Key_Alt)
    assert drawn(label) != drawn(plain)
    QTest.keyRelease(form, Qt.Key.Key_Alt)
    assert drawn(label) == drawn(plain)
