"""Without a mouse: the order of Tab, what has the focus, and the way out of every form."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QCheckBox,
    QComboBox,
    QDialog,
    QLineEdit,
    QPushButton,
    QToolButton,
    QWidget,
)

from ds3_browser.gui import theme
from ds3_browser.gui.places import Place

SOON = 10_000
# A form of the window by the command that opens it, with what must be selected before.
FORMS = (
    *("new_session", "sessions", "edit_session", "preferences", "problems", "keyboard", "about"),
    *("new_bucket", "new_folder", "delete", "delete_bucket", "properties", "remove_session"),
)
# Those with a default button: it is pressed by Return, so that nothing that deletes has one.
WITH_DEFAULT = (
    *(one for one in FORMS if one not in ("problems", "delete", "delete_bucket", "remove_session")),
    *("download", "download_part", "stage", "verify"),
)


def listed(qtbot, window, client) -> None:
    for name in ("a", "b", "d/1"):
        client.put_object("archive", name, b"1")
    window.context.actions["refresh"].trigger()
    qtbot.waitUntil(lambda: window.page.model.rowCount() == 3, timeout=SOON)
    window.page.list.selectRow(1)
    qtbot.waitUntil(window.context.actions["delete"].isEnabled, timeout=SOON)


def open_form(qtbot, window, command: str) -> QDialog:
    action = window.context.actions[command]
    assert action.isEnabled(), command
    action.trigger()
    found: list[QDialog] = []

    def is_there() -> bool:
        found[:] = [one for one in QApplication.topLevelWidgets() if isinstance(one, QDialog)]
        found[:] = [one for one in found if one.isVisible()]
        return bool(found)

    qtbot.waitUntil(is_there, timeout=SOON)
    return found[0]


@pytest.mark.ui("15.6", "Esc leaves every form, and its first field has the focus")
@pytest.mark.parametrize("command", FORMS)
def test_escape_leaves_every_form(qtbot, window, connected, client, command) -> None:
    listed(qtbot, window, client)
    dialog = open_form(qtbot, window, command)
    dialog.activateWindow()
    qtbot.waitUntil(lambda: dialog.focusWidget() is not None)
    focus = dialog.focusWidget()
    fields = [one for one in dialog.findChildren(QLineEdit) if one.isVisible() and one.isEnabled()]
    if fields and not isinstance(focus, QAbstractItemView):
        assert isinstance(focus, QLineEdit | QComboBox | QPushButton | QCheckBox), focus
    qtbot.keyClick(focus, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not dialog_is_open(dialog), timeout=SOON)


@pytest.mark.parametrize("command", WITH_DEFAULT)
def test_the_default_button_is_the_last_that_tab_comes_to(
    qtbot, window, connected, client, command
) -> None:
    listed(qtbot, window, client)
    dialog = open_form(qtbot, window, command)
    walked, one = list[QWidget](), dialog.nextInFocusChain()
    while one is not dialog:
        if one.isVisible() and one.focusPolicy() & Qt.FocusPolicy.TabFocus:
            walked.append(one)
        one = one.nextInFocusChain()
    assert isinstance(walked[-1], QPushButton)
    assert walked[-1].isDefault()
    dialog.reject()


def dialog_is_open(dialog: QDialog) -> bool:
    return dialog in QApplication.topLevelWidgets() and dialog.isVisible()


@pytest.mark.ui("15.1", "everything one can press has a name, icons alone have a tool tip")
@pytest.mark.parametrize("command", FORMS)
def test_what_one_can_press_in_a_form_has_a_name(qtbot, window, connected, client, command) -> None:
    listed(qtbot, window, client)
    dialog = open_form(qtbot, window, command)
    silent = [
        (type(one).__name__, one.objectName())
        for one in dialog.findChildren(QWidget)
        if isinstance(one, QAbstractButton | QLineEdit | QComboBox)
        and one.isVisibleTo(dialog)
        and not one.objectName().startswith("qt_")
        and not spoken(one)
    ]
    dialog.reject()
    assert silent == []


def spoken(widget: QWidget) -> str:
    from PySide6.QtGui import QAccessible

    face = QAccessible.queryAccessibleInterface(widget)
    return face.text(QAccessible.Text.Name).strip()


@pytest.mark.ui(
    "15.5", "Tab walks toolbar, sidebar, location, filter, list and transfers in this order"
)
def test_tab_walks_the_window_in_order(qtbot, window, connected, client) -> None:
    listed(qtbot, window, client)
    window.resize(1440, 900)
    parts = {
        "toolbar": window.tool_bar,
        "sidebar": window.sidebar,
        "location": window.page.location,
        "filter": window.page.filter,
        "list": window.page.list,
        "transfers": window.transfers,
    }
    window.activateWindow()
    window.tool_bar.button("upload").setFocus(Qt.FocusReason.TabFocusReason)
    walked: list[str] = []
    for _ in range(80):
        focus = QApplication.focusWidget()
        assert focus is not None
        name = next((name for name, one in parts.items() if holds(one, focus)), None)
        if name is not None and walked[-1:] != [name]:
            walked.append(name)
        if walked[-1:] == ["transfers"]:
            break
        window.focusNextChild()
    assert walked == list(parts)


def holds(part: QWidget, widget: QWidget) -> bool:
    return widget is part or part.isAncestorOf(widget)


@pytest.mark.ui(
    "15.5", "Tab walks toolbar, sidebar, location, filter, list and transfers in this order"
)
def test_the_first_focus_is_where_one_begins(qtbot, window) -> None:
    window.activateWindow()
    qtbot.waitUntil(lambda: QApplication.focusWidget() is window.welcome.add)


@pytest.mark.ui("15.9", "what one can press is at least 24 px")
def test_what_one_presses_is_large_enough(qtbot, window, connected, client) -> None:
    listed(qtbot, window, client)
    window.resize(1440, 900)
    small = [
        (one.objectName(), one.text(), one.width(), one.height())
        for one in window.findChildren(QAbstractButton)
        if one.isVisible()
        and isinstance(one, QPushButton | QToolButton)
        and one.objectName() != "crumb_arrow"  # beside its crumb, and a menu for keys
        and not isinstance(one.parent(), QLineEdit)  # the field has keys for what its signs do
        and (one.width() < 24 or one.height() < 24)
        and not one.objectName().startswith("qt_")
    ]
    assert small == []


@pytest.mark.ui("4.6", "focus is seen in every table and field")
@pytest.mark.parametrize("chosen", [theme.Theme.LIGHT, theme.Theme.DARK])
@pytest.mark.parametrize("kind", [QLineEdit, QComboBox, QPushButton, QToolButton, QCheckBox])
def test_focus_is_seen_in_fields_and_buttons(qtbot, qapp, chosen, kind) -> None:
    theme.apply(qapp, chosen)
    holder = QWidget()
    qtbot.addWidget(holder)
    other, one = QLineEdit(holder), kind(holder)
    one.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    other.setGeometry(0, 60, 100, 30)
    one.setGeometry(0, 0, 120, 30)
    if isinstance(one, QAbstractButton):
        one.setText("words")
    holder.show()
    holder.activateWindow()
    other.setFocus()
    qtbot.waitUntil(other.hasFocus)
    without = one.grab().toImage()
    one.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(one.hasFocus)
    assert one.grab().toImage() != without


@pytest.mark.ui("4.6", "focus is seen in every table and field")
def test_the_current_row_of_the_list_is_seen(qtbot, window, connected, client) -> None:
    listed(qtbot, window, client)
    view = window.page.list
    view.clearSelection()
    window.activateWindow()
    window.sidebar.tree.setFocus()
    qtbot.waitUntil(window.sidebar.tree.hasFocus)
    without = view.viewport().grab().toImage()
    view.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(view.hasFocus)
    accent = theme.tokens().accent
    ring = view.visualRect(view.currentIndex())
    picture = view.viewport().grab().toImage()
    assert picture != without
    assert any(
        picture.pixelColor(ring.left() + 40, y) == accent
        for y in range(ring.top(), ring.bottom() + 1)
    )


@pytest.mark.ui("15.6", "Esc leaves every form, and its first field has the focus")
def test_focus_comes_back_to_where_it_was(qtbot, window, connected, client) -> None:
    listed(qtbot, window, client)
    window.activateWindow()
    window.page.list.setFocus()
    qtbot.waitUntil(window.page.list.hasFocus)
    dialog = open_form(qtbot, window, "new_folder")
    dialog.reject()
    window.activateWindow()
    qtbot.waitUntil(window.page.list.hasFocus, timeout=SOON)
    assert window.place == Place(connected.id, "archive")


@pytest.mark.parametrize(("command", "ends"), [("preferences", True), ("new_bucket", False)])
def test_one_quits_from_what_stands_beside_the_window_but_not_from_a_question(
    qtbot, window, connected, command: str, ends: bool
) -> None:
    dialog = open_form(qtbot, window, command)
    dialog.activateWindow()
    qtbot.waitUntil(lambda: dialog.focusWidget() is not None)
    qtbot.keyClick(dialog.focusWidget(), Qt.Key.Key_Q, Qt.KeyboardModifier.ControlModifier)
    assert window.isVisible() is not ends
    dialog.reject()


def test_the_focus_of_a_page_that_is_left_goes_to_the_list_of_the_next(
    qtbot, window, connected
) -> None:
    window.activateWindow()
    window.leave(lambda place: True)
    window.show_in_pages(window.welcome)
    window.welcome.add.setFocus()
    qtbot.waitUntil(window.welcome.add.hasFocus)
    window.go(Place(connected.id, "archive"))
    qtbot.waitUntil(window.page.list.hasFocus, timeout=SOON)


@pytest.mark.parametrize("button", ["continue_not_now", "continue_jobs"])
def test_the_focus_of_a_bar_that_goes_is_the_pages(
    qtbot, window, connected, client, button: str
) -> None:
    listed(qtbot, window, client)
    window.activateWindow()
    window.continue_bar.offer(2)
    pressed = window.continue_bar.findChild(QPushButton, button)
    pressed.setFocus()
    qtbot.waitUntil(pressed.hasFocus)
    qtbot.keyClick(pressed, Qt.Key.Key_Space)
    assert not window.continue_bar.isVisible()
    assert QApplication.focusWidget() is window.page.list
    window.continue_bar.offer(2)
    window.sidebar.tree.setFocus()
    window.continue_bar.hide()
    assert QApplication.focusWidget() is window.sidebar.tree


def test_the_focus_of_a_search_box_that_cannot_be_used_is_the_pages(
    qtbot, window, connected, client
) -> None:
    listed(qtbot, window, client)
    window.activateWindow()
    box = window.tool_bar.search
    box.setFocus()
    qtbot.waitUntil(box.hasFocus)
    window.context.browsing.disconnect_session(connected.id)
    qtbot.waitUntil(lambda: not box.isEnabled(), timeout=SOON)
    assert QApplication.focusWidget() is window.page.list


def test_tab_walks_the_crumbs_from_the_session_on_and_then_copies(
    qtbot, window, connected, client
) -> None:
    client.put_object("archive", "day-1/a/x.bin", b"1")
    window.go(Place(connected.id, "archive", "day-1/a/"))
    qtbot.waitUntil(lambda: not window.page.listing)
    window.resize(1440, 900)
    window.activateWindow()
    row = window.page.location
    qtbot.waitUntil(lambda: any(one.isVisible() for one in row.findChildren(QToolButton, "crumb")))
    crumbs = [one for one in row.findChildren(QToolButton, "crumb") if one.isVisible()]
    crumbs[0].setFocus(Qt.FocusReason.TabFocusReason)
    walked = []
    while (focus := QApplication.focusWidget()) is not None and row.isAncestorOf(focus):
        walked.append(focus.accessibleName())
        window.focusNextChild()
    places = ["North Vault", "archive", "day-1", "a"]
    assert [name for name in walked if name in places] == places
    assert walked[-1] == "Copy location"
    assert QApplication.focusWidget() is window.page.filter


def test_a_crumb_that_is_pressed_keeps_the_focus_in_its_bar(
    qtbot, window, connected, client
) -> None:
    client.put_object("archive", "day-1/a/x.bin", b"1")
    window.go(Place(connected.id, "archive", "day-1/a/"))
    qtbot.waitUntil(lambda: not window.page.listing)
    window.activateWindow()
    row = window.page.location
    crumb = next(one for one in row.findChildren(QToolButton, "crumb") if one.text() == "day-1")
    crumb.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.keyClick(crumb, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: window.place == Place(connected.id, "archive", "day-1/"))
    qtbot.waitUntil(lambda: not window.page.listing)
    focus = QApplication.focusWidget()
    assert isinstance(focus, QToolButton)
    assert focus.text() == "day-1"


@pytest.mark.parametrize("key", [Qt.Key.Key_Escape, Qt.Key.Key_Return])
def test_the_location_editor_gives_the_focus_back(qtbot, window, connected, client, key) -> None:
    listed(qtbot, window, client)
    window.activateWindow()
    window.focus_page()
    window.context.actions["location"].trigger()
    editor = window.page.location.findChild(QLineEdit, "location_editor")
    assert QApplication.focusWidget() is editor
    qtbot.keyClick(editor, key)
    qtbot.waitUntil(lambda: QApplication.focusWidget() is window.page.list)


def test_where_a_row_is_gone_the_next_one_is_current(qtbot, window, connected, client) -> None:
    for name in ("a", "b", "c", "d"):
        client.put_object("archive", name, b"1")
    window.page.refresh()
    model, view = window.page.model, window.page.list
    qtbot.waitUntil(lambda: model.rowCount() == 4)
    view.selectRow(2)
    client.delete_object("archive", "c")
    window.page.refresh()
    qtbot.waitUntil(lambda: model.rowCount() == 3)
    assert model.name(view.currentIndex().row()) == "d"
    assert len(window.page.selection()) == 0
    view.selectRow(2)
    client.delete_object("archive", "d")
    window.page.refresh()
    qtbot.waitUntil(lambda: model.rowCount() == 2)
    assert model.name(view.currentIndex().row()) == "b"


def test_return_presses_the_button_that_has_the_keyboard(qtbot, window) -> None:
    """As in a form; Qt itself does so only there."""
    add = window.welcome.add
    add.setFocus()
    with qtbot.waitSignal(add.clicked):
        qtbot.keyClick(add, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.findChild(QDialog) is not None, timeout=SOON)
    window.findChild(QDialog).reject()
