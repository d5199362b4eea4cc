"""The whole window, as the program puts it together, against a real simulator."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, QSize, Qt, QTimer, QUrl
from PySide6.QtGui import QAccessible, QDragEnterEvent, QDropEvent, QGuiApplication, QKeySequence
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QDialog,
    QLabel,
    QLineEdit,
    QMenu,
    QPushButton,
    QToolButton,
    QWidget,
)

from ds3_browser.gui import theme
from ds3_browser.gui.actions import plain
from ds3_browser.gui.connections import SessionState
from ds3_browser.gui.dialogs import new_bucket
from ds3_browser.gui.dialogs.questions import Box
from ds3_browser.gui.dialogs.upload import UploadDialog
from ds3_browser.gui.job_options import DownloadOptions, UploadOptions
from ds3_browser.gui.places import Place, SelectedObject, Selection
from ds3_browser.gui.sessions import SavedSession
from ds3_browser.gui.theme import Theme
from ds3_browser.simulator.server import Simulator
from ds3_browser.transfer.checks import Conflict
from ds3_browser.transfer.events import State

SOON = 10_000


def rows_of(window) -> list[str]:
    model = window.page.model
    return [model.name(row) for row in range(model.rowCount())]


def answer(qtbot, kind: type[QDialog], act) -> None:
    """Do `act` to the dialog of this kind that opens next."""

    def look() -> None:
        tops = QApplication.topLevelWidgets()
        found = next((one for one in tops if isinstance(one, kind) and one.isVisible()), None)
        if found is not None:
            act(found)
        else:
            QTimer.singleShot(10, look)

    QTimer.singleShot(0, look)


def put(client, *names: str, data: bytes = b"content") -> None:
    for name in names:
        client.put_object("archive", name, data)


# -- first start -----------------------------------------------------------------------------------


@pytest.mark.ui("1.29", "the status bar tells trust, session and endpoint")
def test_a_new_user_sees_two_ways_to_begin(window):
    assert window.welcome.isVisible()
    assert window.findChild(QPushButton, "add_appliance").isVisible()
    assert window.findChild(QPushButton, "start_demo_button").isVisible()
    assert window.findChild(QWidget, "status_text").text() == "Not connected"


@pytest.mark.ui("13.10", "what cannot work is disabled with its reason")
def test_what_cannot_work_is_disabled_and_says_why(window):
    action = window.context.actions["upload_files"]
    assert not action.isEnabled()
    assert action.toolTip() == "No session is chosen."


def test_the_environments_appliance_is_offered(start_program, monkeypatch):
    for name in ("DS3_ENDPOINT", "DS3_ACCESS_KEY", "DS3_SECRET_KEY"):
        monkeypatch.setenv(name, "x")
    window = start_program().window
    assert window.findChild(QPushButton, "use_environment").isVisible()


def test_without_keys_in_the_environment_nothing_is_offered(start_program, monkeypatch):
    monkeypatch.setenv("DS3_ENDPOINT", "bp.example")
    monkeypatch.delenv("DS3_ACCESS_KEY", raising=False)
    window = start_program().window
    assert window.findChild(QPushButton, "use_environment") is None


# -- pages -----------------------------------------------------------------------------------------


@pytest.mark.ui("1.15", "back and forward walk through the pages")
def test_the_toolbar_walks_back_forward_and_up(qtbot, window, connected, client):
    put(client, "day-1/a", "day-1/b")
    window.go(Place(connected.id, "archive", "day-1/"))
    qtbot.waitUntil(lambda: rows_of(window) == ["day-1/a", "day-1/b"], timeout=SOON)
    window.context.actions["parent"].trigger()
    assert window.place == Place(connected.id, "archive")
    window.context.actions["back"].trigger()
    assert window.place == Place(connected.id, "archive", "day-1/")
    window.context.actions["forward"].trigger()
    assert window.place == Place(connected.id, "archive")
    qtbot.waitUntil(lambda: rows_of(window) == ["day-1/"], timeout=SOON)


@pytest.mark.ui("1.14", "the page is what the sidebar's selection means")
def test_the_sidebar_opens_the_way_to_the_listed_folder(qtbot, window, connected, client):
    put(client, "a/b/c/object")
    deep = Place(connected.id, "archive", "a/b/c/")
    window.go(deep)
    tree = window.sidebar.tree

    def marked() -> bool:
        index = tree.currentIndex()
        return index.isValid() and window.sidebar.model.node(index).place == deep

    qtbot.waitUntil(marked, timeout=SOON)


@pytest.mark.ui("1.39", "a location can be typed, and left with Esc")
@pytest.mark.parametrize("text", ["archive/day-1", "archive/day-1/", "North Vault/archive/day-1/"])
def test_a_typed_location_is_gone_to(window, connected, text):
    window.go_to_text(text)
    assert window.place == Place(connected.id, "archive", "day-1/")


def test_disconnecting_leaves_the_buckets_page_for_the_sessions(qtbot, window, connected):
    window.context.actions["connect"].trigger()
    state = window.context.browsing.connection(connected.id).state
    assert state is SessionState.NOT_CONNECTED
    assert window.place.bucket is None
    assert plain(window.context.actions["connect"].text()) == "Connect"


def test_removing_a_session_leads_back_to_the_welcome_page(qtbot, window, connected):
    def confirm(box: Box) -> None:
        assert "North Vault" in box.text.text()
        box.findChild(QPushButton, "go_on").click()

    answer(qtbot, Box, confirm)
    window.context.actions["remove_session"].trigger()
    qtbot.waitUntil(lambda: window.context.sessions.all() == (), timeout=SOON)
    assert window.welcome.isVisible()


@pytest.mark.ui("11.4", "a lost session is told above the page and tried again")
def test_a_lost_appliance_is_told_above_the_page_and_found_again(qtbot, window, tmp_path):
    appliance = Simulator(tmp_path / "appliance")
    session = SavedSession.new(
        "South Vault",
        scheme="http",
        host=appliance.host,
        port=appliance.port,
        access_id=appliance.access_id,
    )
    browsing = window.context.browsing
    window.context.sessions.add(session, appliance.secret_key)
    browsing.connect_session(session.id)
    qtbot.waitUntil(lambda: state_of(window, session) is SessionState.CONNECTED, timeout=SOON)
    client = browsing.client(session.id)
    client.create_bucket("archive")
    client.put_object("archive", "object", b"content")
    appliance.close()
    window.go(Place(session.id, "archive"))
    qtbot.waitUntil(window.notice.isVisible, timeout=SOON)
    assert "not reachable" in window.findChild(QWidget, "status_text").text()
    assert window.notice.message.text.startswith("Lost connection to South Vault at ")
    assert "Trying again in 00:" in window.notice.message.text
    appliance = Simulator(
        tmp_path / "appliance", port=session.port, secret_key=appliance.secret_key
    )
    try:
        window.notice.findChild(QPushButton, "notice_remedy").click()
        qtbot.waitUntil(lambda: not window.notice.isVisible(), timeout=SOON)
        assert state_of(window, session) is SessionState.CONNECTED
        qtbot.waitUntil(lambda: rows_of(window) == ["object"], timeout=SOON)  # listed by itself
    finally:
        appliance.close()


def state_of(window, session: SavedSession) -> SessionState:
    return window.context.browsing.connection(session.id).state


# -- selection and menus ---------------------------------------------------------------------------


def entries(menu: QMenu) -> list[str]:
    return ["-" if one.isSeparator() else plain(one.text()) for one in menu.actions()]


def context_menu(window, open_menu) -> list[str]:
    """Open a context menu and return what is in it, before it is closed again."""
    open_menu()
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    found = entries(menu)
    menu.close()
    return found


@pytest.mark.ui("13.2", "the menu of a bucket")
@pytest.mark.ui("13.3", "the menu of a folder")
@pytest.mark.ui("13.4", "the menu of an object")
@pytest.mark.ui("13.5", "the menu of several")
@pytest.mark.ui("13.6", "the menu of an empty area")
def test_context_menus_stand_in_their_order(window, connected):
    place = Place(connected.id, "archive", "d/")
    one, two = SelectedObject("d/a", 1), SelectedObject("d/b", 2)

    def menu(selection: Selection) -> list[str]:
        return context_menu(
            window, lambda: window.menus.open_for_selection(selection, QPoint(100, 100))
        )

    assert menu(Selection(place, (one,))) == [
        *("Download…", "Download again to last folder", "Download part…", "Plan download…"),
        *("Bring to cache", "-", "Verify on appliance…", "Compare with file…"),
        *("-", "Copy object name", "Copy bucket and object name"),
        *("-", "Versions…", "Properties", "-", "Delete object…"),
    ]
    assert menu(Selection(place, (one, two)))[-1] == "Delete 2 objects…"
    assert menu(Selection(place, (one, two), ("d/e/",)))[-3:] == [
        *("Properties", "-", "Delete 1 folder and 2 objects…"),
    ]
    assert menu(Selection(place, (), ("d/e/",))) == [
        *("Open", "-", "Download…", "Download again to last folder", "Plan download…"),
        *("Bring to cache", "-", "Upload files…", "Upload folder…", "New folder…"),
        *("-", "Verify on appliance…", "Compare with folder…"),
        *("-", "Copy folder name", "Copy bucket and folder name", "Refresh", "Properties"),
        *("-", "Delete folder…"),
    ]
    assert menu(Selection(place)) == [
        *("Upload files…", "Upload folder…", "New folder…", "-", "Paste files"),
        *("-", "Select all", "Refresh", "-", "Folder properties"),
    ]
    assert menu(Selection(Place(connected.id), buckets=("archive",))) == [
        *("Open", "Search in bucket…", "-", "Upload files…", "Upload folder…", "New folder…"),
        *("-", "Download…", "Download again to last folder", "Plan download…"),
        *("-", "Jobs for this bucket", "Copy bucket name", "Refresh", "Properties"),
        *("-", "Delete bucket…"),
    ]


@pytest.mark.ui("13.1", "the menu of a session")
def test_the_sidebars_menu_acts_on_the_row_under_it_and_not_on_the_page(qtbot, window, connected):
    found = context_menu(
        window, lambda: window.menus.open_for_place(Place(connected.id), QPoint(50, 150))
    )
    assert found == [
        *("Disconnect", "-", "Jobs on appliance", "New bucket…", "Search all buckets…"),
        *("-", "Edit session…", "Copy endpoint"),
        *("-", "Remove session…"),
    ]
    delete = window.context.actions["delete"]  # the page's own selection again
    qtbot.waitUntil(lambda: not delete.isEnabled(), timeout=SOON)


@pytest.mark.ui("13.14", "a command of a menu acts on what the menu is about")
def test_a_command_of_a_context_menu_acts_on_what_the_menu_is_about(qtbot, window, connected):
    window.menus.open_for_place(Place(connected.id, "archive"), QPoint(50, 150))
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    menu.setActiveAction(next(one for one in menu.actions() if "Copy" in one.text()))
    qtbot.keyClick(menu, Qt.Key.Key_Return)
    assert QGuiApplication.clipboard().text() == "archive"
    qtbot.waitUntil(lambda: window.situation().target.buckets == (), timeout=SOON)


@pytest.mark.ui("13.15", "names are copied one a line")
def test_names_are_copied_one_a_line(qtbot, window, connected, client):
    put(client, "a", "b")
    window.context.actions["refresh"].trigger()
    qtbot.waitUntil(lambda: rows_of(window) == ["a", "b"], timeout=SOON)
    window.context.actions["select_all"].trigger()
    qtbot.waitUntil(window.context.actions["copy_full_names"].isEnabled, timeout=SOON)
    window.context.actions["copy_full_names"].trigger()
    assert QGuiApplication.clipboard().text() == "archive/a\narchive/b"
    window.context.actions["copy_location"].trigger()
    assert QGuiApplication.clipboard().text() == "archive/"


@pytest.mark.ui("12.2", "every command is in a menu, and every menu has its letters")
def test_every_menu_has_letters_of_its_own_for_alt(window):
    """In each menu every entry has a letter, and no two share one."""
    for top in window.menuBar().actions():
        for menu in (top.menu(), *(one.menu() for one in top.menu().actions() if one.menu())):
            letters = [letter(one.text()) for one in menu.actions() if not one.isSeparator()]
            assert None not in letters, menu.title()
            assert len(set(letters)) == len(letters), (menu.title(), letters)
    tops = [letter(one.text()) for one in window.menuBar().actions()]
    assert len(set(tops)) == len(tops)


def letter(text: str) -> str | None:
    at = text.replace("&&", "  ").find("&")
    return None if at < 0 else text[at + 1].lower()


@pytest.mark.ui("12.3", "no two commands share keys, none takes Ctrl+Alt and a letter")
def test_no_two_commands_share_keys(window):
    actions = window.context.actions
    keys = [actions[id].shortcut().toString() for id in actions if not actions.is_local(id)]
    keys = [one for one in keys if one]
    assert len(set(keys)) == len(keys)
    local = [actions[id].shortcut().toString() for id in actions if actions.is_local(id)]
    assert len(set(local)) == len(local)
    assert QKeySequence("Ctrl+Shift+N").toString() in keys


@pytest.mark.ui("1.58", "the menu of columns shows and hides those of the list by keys too")
def test_columns_are_chosen_in_the_menu_bar_too(qtbot, window, connected):
    menu = window.menuBar().findChild(QMenu, "menu_columns")
    menu.aboutToShow.emit()
    words = {one.text(): one for one in menu.actions()}
    assert list(words)[:3] == ["Name", "Size", "Kind"]
    assert not words["Name"].isEnabled()  # the name always stands
    etag = [column.id for column in window.page.model.columns].index("etag")
    assert window.page.list.isColumnHidden(etag)
    words["ETag"].trigger()
    assert not window.page.list.isColumnHidden(etag)
    words["Reset columns"].trigger()
    assert window.page.list.isColumnHidden(etag)


def test_the_columns_of_the_transfers_are_chosen_in_their_menu_too(window):
    menu = window.menuBar().findChild(QMenu, "menu_jobs_columns")
    menu.aboutToShow.emit()
    words = {one.text(): one for one in menu.actions()}
    assert not words["Job"].isEnabled()
    words["Session"].trigger()
    assert window.transfers.list.chosen_columns == {"session": True}


# -- making, deleting, transferring ----------------------------------------------------------------


@pytest.mark.ui("9.16", "a new bucket is made, a taken name is told in the form")
def test_a_new_bucket_is_made_and_listed(qtbot, window, connected, client):
    def type_name(dialog: QDialog) -> None:
        field = dialog.findChild(QLineEdit, "name")
        qtbot.keyClicks(field, "a b")
        assert not dialog.findChild(QPushButton, "create").isEnabled()
        field.clear()
        qtbot.keyClicks(field, "dailies")
        dialog.findChild(QPushButton, "create").click()

    answer(qtbot, QDialog, type_name)
    window.context.actions["new_bucket"].trigger()
    qtbot.waitUntil(lambda: window.place == Place(connected.id, "dailies"), timeout=SOON)
    assert [bucket.name for bucket in client.get_service().buckets] == ["archive", "dailies"]


@pytest.mark.ui("9.16", "a new bucket is made, a taken name is told in the form")
def test_a_bucket_that_is_there_already_is_told_in_the_form(qtbot, window, connected):
    def type_name(dialog: QDialog) -> None:
        qtbot.keyClicks(dialog.findChild(QLineEdit, "name"), "archive")
        dialog.findChild(QPushButton, "create").click()
        note = dialog.findChild(QWidget, "note")
        qtbot.waitUntil(lambda: "is there already" in note.text(), timeout=SOON)
        dialog.reject()
        told.append(note.text())

    told: list[str] = []
    answer(qtbot, QDialog, type_name)
    window.context.actions["new_bucket"].trigger()
    qtbot.waitUntil(lambda: bool(told), timeout=SOON)
    assert window.place == Place(connected.id, "archive")


def test_the_rules_for_a_buckets_name_are_told_in_words():
    assert new_bucket.complaint("day-016") is None
    assert new_bucket.complaint("day 016").startswith("A bucket's name has no spaces")
    assert new_bucket.complaint("day/016").endswith("no “/”.")


@pytest.mark.ui("9.17", "a new folder is made in the listed one")
def test_a_new_folder_is_made_in_the_listed_one(qtbot, window, connected):
    def type_name(dialog: QDialog) -> None:
        qtbot.keyClicks(dialog.findChild(QLineEdit, "name"), "day-016")
        dialog.findChild(QPushButton, "create").click()

    answer(qtbot, QDialog, type_name)
    window.context.actions["new_folder"].trigger()
    qtbot.waitUntil(lambda: rows_of(window) == ["day-016/"], timeout=SOON)


def test_a_folder_is_deleted_after_its_bucket_was_typed(qtbot, window, connected, client):
    put(client, "day-1/a", "day-1/b", "keep")
    window.go(Place(connected.id, "archive", "day-1/"))
    window.go(Place(connected.id, "archive"))
    qtbot.waitUntil(lambda: rows_of(window) == ["day-1/", "keep"], timeout=SOON)
    window.page.list.selectRow(0)
    qtbot.waitUntil(window.context.actions["delete"].isEnabled, timeout=SOON)

    def confirm(dialog: QDialog) -> None:
        button = dialog.findChild(QPushButton, "delete_button")
        typed = dialog.findChild(QLineEdit, "typed_name")
        qtbot.waitUntil(typed.isVisible, timeout=SOON)
        assert dialog.findChild(QWidget, "heading").text().startswith("Delete 2 objects, 14 B,")
        assert not button.isEnabled()
        qtbot.keyClicks(typed, "archive")
        qtbot.waitUntil(button.isEnabled, timeout=SOON)
        button.click()

    answer(qtbot, QDialog, confirm)
    window.context.actions["delete"].trigger()
    qtbot.waitUntil(lambda: rows_of(window) == ["keep"], timeout=SOON)
    assert [one.name for one in client.list_objects("archive").objects()] == ["keep"]
    window.context.actions["back"].trigger()  # the deleted folder is no page any more
    assert window.place.prefix == ""


@pytest.mark.ui("14.1", "files on the list go into the listed folder")
def test_a_dropped_folder_is_uploaded_and_downloaded_again(
    qtbot, window, connected, client, tmp_path
):
    source = tmp_path / "take 1"
    (source / "deep").mkdir(parents=True)
    for name in ("a.bin", "deep/b.bin"):
        (source / name).write_bytes(os.urandom(200_000))
    drop(window, [source])
    qtbot.waitUntil(lambda: states(window) == [State.DONE], timeout=3 * SOON)
    qtbot.waitUntil(lambda: rows_of(window) == ["take 1/"], timeout=SOON)
    target = tmp_path / "restored"
    target.mkdir()

    def choose(dialog: QDialog) -> None:
        dialog.findChild(QLineEdit, "target_folder").setText(str(target))
        press("download_button")(dialog)

    window.page.list.selectRow(0)
    qtbot.waitUntil(window.context.actions["download"].isEnabled, timeout=SOON)
    answer(qtbot, QDialog, choose)
    window.context.actions["download"].trigger()
    qtbot.waitUntil(lambda: states(window) == [State.DONE, State.DONE], timeout=3 * SOON)
    for name in ("a.bin", "deep/b.bin"):
        assert (target / "take 1" / name).read_bytes() == (source / name).read_bytes()


@pytest.mark.ui("7.1", "where something is doubtful the form comes before anything is sent")
@pytest.mark.parametrize(
    ("conflict", "content"),
    [(Conflict.LEAVE_OUT, b"before"), (Conflict.DELETE_FIRST, b"another")],
)
def test_what_is_in_the_bucket_already_is_asked_about_before_anything_is_sent(
    qtbot, window, connected, client, tmp_path, conflict, content
):
    client.put_object("archive", "take 1/a.bin", b"before")
    source = tmp_path / "take 1"
    source.mkdir()
    (source / "a.bin").write_bytes(b"another")
    (source / "b.bin").write_bytes(b"new")
    drop(window, [source])
    qtbot.waitUntil(lambda: window.findChild(UploadDialog) is not None, timeout=SOON)
    form = window.findChild(UploadDialog)
    qtbot.waitUntil(form.isVisible, timeout=SOON)
    button = form.findChild(QPushButton, "upload_button")
    assert (button.isEnabled(), button.toolTip()) == (False, "1 file needs a choice.")
    assert states(window) == []
    choices = form.findChild(QComboBox, "for_all")
    choices.setCurrentIndex(choices.findData(conflict))
    choices.activated.emit(choices.currentIndex())
    button.click()
    if conflict is Conflict.DELETE_FIRST:
        form.findChild(Box, "question_box").findChild(QPushButton, "go_on").click()
    qtbot.waitUntil(lambda: states(window) == [State.DONE], timeout=SOON)
    found = {one.name: one.size for one in client.list_objects("archive").objects()}
    assert found == {"take 1/a.bin": len(content), "take 1/b.bin": 3}


def test_a_link_brings_up_the_form_and_its_choice_is_kept(qtbot, window, connected, tmp_path):
    source = tmp_path / "take 2"
    source.mkdir()
    (source / "a.bin").write_bytes(b"a")
    (source / "link.bin").symlink_to(source / "a.bin")
    drop(window, [source])
    qtbot.waitUntil(lambda: window.findChild(UploadDialog) is not None, timeout=SOON)
    form = window.findChild(UploadDialog)
    qtbot.waitUntil(form.isVisible, timeout=SOON)
    assert form.findChild(QLabel, "check_heading").text() == "1 link or empty folder"
    qtbot.keyClick(form.findChild(QComboBox, "for_all"), Qt.Key.Key_Down)
    button = form.findChild(QPushButton, "upload_button")
    qtbot.waitUntil(lambda: button.text() == "Upload 2 objects", timeout=SOON)
    assert form.isVisible()  # somebody is choosing: it does not begin by itself
    button.click()
    qtbot.waitUntil(lambda: states(window) == [State.DONE], timeout=3 * SOON)


def press(name: str):
    def click(dialog: QDialog) -> None:
        button = dialog.findChild(QPushButton, name)
        if button.isEnabled():
            button.click()
        else:
            QTimer.singleShot(20, lambda: click(dialog))

    return click


def drop(window, paths: list[Path]) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    viewport = window.page.list.viewport()
    at = QPointF(200, viewport.height() - 5)
    how = (Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton)
    free = Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(viewport, QDragEnterEvent(at.toPoint(), *how, free))
    QApplication.sendEvent(viewport, QDropEvent(at, *how, free))


def states(window) -> list[State]:
    return [row.state for row in window.jobs.rows()]


# -- themes, sizes, memory -------------------------------------------------------------------------


@pytest.mark.ui("4.1", "the theme is the system's, light or dark, and changes at once")
def test_the_theme_is_changed_at_once_and_kept(qtbot, window, qapp):
    with qtbot.waitSignal(theme.notifier().changed):
        window.context.actions["theme_dark"].trigger()
    assert theme.tokens().dark
    assert window.context.settings.theme is Theme.DARK
    assert window.context.actions["theme_dark"].isChecked()
    assert not window.context.actions["theme_light"].isChecked()


@pytest.mark.ui("1.45", "a narrow window turns words to icons and narrows the sidebar")
def test_a_narrow_window_has_icons_for_words_and_a_narrow_sidebar(qtbot, window):
    style = Qt.ToolButtonStyle
    window.resize(1300, 800)
    refresh = window.tool_bar.button("refresh")
    upload = window.tool_bar.button("upload")
    assert refresh.toolButtonStyle() is style.ToolButtonTextBesideIcon
    window.resize(1024, 640)
    assert refresh.toolButtonStyle() is style.ToolButtonIconOnly
    assert upload.toolButtonStyle() is style.ToolButtonTextBesideIcon
    qtbot.waitUntil(lambda: abs(window.sidebar.width() - 206) <= 2, timeout=SOON)
    window.resize(1300, 800)
    qtbot.waitUntil(lambda: window.sidebar.width() >= 266, timeout=SOON)


@pytest.mark.ui("1.4", "sizes and splitters are as they were left")
def test_size_and_splitters_come_back_at_the_next_start(qtbot, start_program, tmp_path):
    first = start_program().window
    first.resize(1210, 777)
    first.body.setSizes([333, 877])
    first.body.splitterMoved.emit(333, 1)
    first.transfers.set_collapsed(True)
    first.close()
    second = start_program(tmp_path / "data").window
    # The tests' screen is narrower than the window; its height stays but for the frame.
    assert abs(second.height() - 777) < 30
    second.resize(1210, 777)
    qtbot.waitUntil(lambda: abs(second.sidebar.width() - 333) <= 2, timeout=SOON)
    assert second.transfers.collapsed


@pytest.mark.ui("15.12", "a window on a screen that is gone comes back")
def test_a_window_that_was_on_a_screen_that_is_gone_comes_back(qtbot, start_program, tmp_path):
    first = start_program().window
    first.move(9000, 9000)
    first.close()
    second = start_program(tmp_path / "data").window
    screen = second.screen().availableGeometry()
    assert screen.contains(second.geometry().center())


def test_resetting_the_window_forgets_its_size(qtbot, start_program, tmp_path):
    first = start_program().window
    first.resize(950, 600)
    first.close()
    second = start_program(tmp_path / "data", reset_window=True).window
    assert second.size() != QSize(950, 600)


@pytest.mark.ui("12.10", "panes are walked with one key, the local one with them")
def test_the_panes_are_walked_with_one_key(qtbot, window, connected):
    window.activateWindow()
    window.sidebar.tree.setFocus()
    seen = []
    for _ in range(3):
        window.next_pane()
        seen.append(QApplication.focusWidget())
    assert seen == [window.page.list, window.transfers.list, window.sidebar.tree]


@pytest.mark.ui("15.1", "everything one can press has a name, icons alone have a tool tip")
def test_everything_one_can_press_has_a_name_to_be_spoken(window, connected):
    silent = []
    for widget in window.findChildren(QWidget):
        pressable = isinstance(widget, QAbstractButton | QLineEdit | QComboBox)
        if pressable and widget.isVisibleTo(window):
            face = QAccessible.queryAccessibleInterface(widget)
            if not face.text(QAccessible.Text.Name).strip():
                silent.append((type(widget).__name__, widget.objectName()))
    assert silent == []


@pytest.mark.ui("15.1", "everything one can press has a name, icons alone have a tool tip")
def test_icon_only_buttons_say_what_they_do(window):
    window.resize(1024, 640)
    mute = [
        button.objectName()
        for button in window.tool_bar.findChildren(QToolButton)
        if button.isVisible() and not button.toolTip()
    ]
    assert mute == []


@pytest.mark.ui("5.20", "leaving with open jobs asks, and pauses them by default")
def test_quitting_asks_while_a_transfer_is_open(qtbot, window, connected, simulator, tmp_path):
    simulator.faults.set("cache_bytes", 1000)
    simulator.faults.set("retry_after", 60)
    big = tmp_path / "big.bin"
    big.write_bytes(bytes(500_000))
    window.context.queue.upload(connected.id, "archive", "", [str(big)])
    qtbot.waitUntil(lambda: states(window) == [State.WAITING], timeout=SOON)
    assert not window.close()
    window.findChild(QPushButton, "stay").click()
    assert window.isVisible()
    assert not window.close()
    window.findChild(QPushButton, "pause_and_quit").click()
    assert not window.isVisible()


def test_a_session_that_wants_it_is_edited_with_what_is_known(qtbot, window, connected):
    def look(dialog: QDialog) -> None:
        assert dialog.findChild(QLineEdit, "session_name").text() == "North Vault"
        assert dialog.findChild(QLineEdit, "access_id").text() == connected.access_id
        assert dialog.findChild(QLineEdit, "secret_key").echoMode() is QLineEdit.EchoMode.Password
        dialog.reject()
        seen.append(dialog)

    seen: list[QDialog] = []
    answer(qtbot, QDialog, look)
    window.context.actions["edit_session"].trigger()
    qtbot.waitUntil(lambda: bool(seen), timeout=SOON)
    assert window.context.sessions.all() == (connected,)


def test_starting_with_a_sessions_name_asks_for_its_key(qtbot, start_program, tmp_path):
    from ds3_browser.gui.sessions import Sessions
    from ds3_browser.gui.settings import Settings

    folder = tmp_path / "data"
    folder.mkdir()
    saved = SavedSession.new("South", host="bp-south.invalid", access_id="id")
    Sessions(Settings(folder / "settings.ini")).add(saved)
    window = start_program(folder, session="South").window
    named = (QDialog, "secret_key_dialog")
    qtbot.waitUntil(lambda: window.findChild(*named) is not None, timeout=SOON)
    dialog = window.findChild(*named)
    assert not dialog.isModal()  # the window stays usable
    assert window.place == Place(saved.id)
    dialog.reject()


@pytest.mark.ui("13.17", "what is selected is downloaded again to the session's last folder")
def test_a_download_goes_to_the_last_folder_again(qtbot, window, connected, client, folder):
    put(client, "a", "b")
    window.page.refresh()
    qtbot.waitUntil(lambda: window.page.model.rowCount() == 2, timeout=SOON)
    again = window.context.actions["download_again"]
    window.page.select_all()
    window.follow()
    assert not again.isEnabled()
    assert again.toolTip() == "Nothing was downloaded in this session yet."
    window.context.settings.keep_last_target(connected.id, str(folder))
    window.follow()
    again.trigger()
    qtbot.waitUntil(lambda: {one.name for one in folder.iterdir()} == {"a", "b"}, timeout=SOON)


@pytest.mark.ui("13.18", "a transfer's files are shown in the file manager")
def test_the_files_of_a_transfer_are_shown(qtbot, window, connected, folder, monkeypatch):
    opened: list[str] = []
    monkeypatch.setattr(window.commands.local, "open_file", opened.append)
    (folder / "clip.mov").write_bytes(b"1")
    options = UploadOptions(name="clips")
    queue = window.context.queue
    up = queue.upload(connected.id, "archive", "", [str(folder / "clip.mov")], options)
    qtbot.waitUntil(lambda: window.jobs.row(up) is not None and window.jobs.row(up).ended)
    window.transfers.select_job(up)
    window.context.actions["show_files"].trigger()
    qtbot.waitUntil(lambda: opened == [str(folder)], timeout=SOON)
    target = folder / "restored"
    down = queue.download(
        *(connected.id, "archive", "", ("clip.mov",), (), str(target), DownloadOptions())
    )
    qtbot.waitUntil(lambda: window.jobs.row(down) is not None and window.jobs.row(down).ended)
    window.transfers.select_job(down)
    window.context.actions["show_files"].trigger()
    qtbot.waitUntil(lambda: opened[-1] == str(target), timeout=SOON)
