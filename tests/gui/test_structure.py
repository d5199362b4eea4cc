"""What the window is made of: its parts in their places, what stands where there is nothing yet."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QMenu, QToolButton, QWidget

from ds3_browser.gui import theme
from ds3_browser.gui.actions import plain
from ds3_browser.gui.browsing import SessionState
from ds3_browser.gui.connections import Placed
from ds3_browser.gui.models import columns
from ds3_browser.gui.models.sidebar import Kind, SidebarModel
from ds3_browser.gui.places import Place
from ds3_browser.gui.views.location_bar import LocationBar
from ds3_browser.gui.views.sidebar import CacheGauge, SidebarTree, state_word
from ds3_browser.protocol.records import CacheState

SOON = 10_000


def top_of(window, widget: QWidget) -> int:
    return widget.mapTo(window, QPoint()).y()


def left_of(window, widget: QWidget) -> int:
    return widget.mapTo(window, QPoint()).x()


def listed(qtbot, window, client, *names: str) -> None:
    for name in names:
        client.put_object("archive", name, b"1")
    window.context.actions["refresh"].trigger()
    qtbot.waitUntil(lambda: window.page.model.rowCount() > 0, timeout=SOON)
    qtbot.waitUntil(lambda: not window.page.listing, timeout=SOON)


# -- the window ------------------------------------------------------------------------------------


@pytest.mark.ui("1.1", "menus, toolbar, body, transfers and status stand from top to bottom")
@pytest.mark.ui("1.2", "sidebar, local files and page stand from left to right")
def test_the_windows_parts_stand_where_they_are_drawn(qtbot, window, connected) -> None:
    window.show_local(True)
    window.resize(1440, 900)
    qtbot.waitUntil(window.local.isVisible)
    down = [
        *(window.menuBar(), window.tool_bar, window.sidebar),
        *(window.transfers, window.status_bar),
    ]
    tops = [top_of(window, one) for one in down]
    assert tops == sorted(set(tops))
    across = [window.sidebar, window.local, window.page]
    lefts = [left_of(window, one) for one in across]
    assert lefts == sorted(set(lefts))
    assert window.transfers.width() == window.width()


@pytest.mark.ui("1.49", "the window can be as small as 900 by 560")
def test_the_smallest_window_is_still_whole(qtbot, window, connected) -> None:
    window.resize(100, 100)
    assert (window.width(), window.height()) == (900, 560)
    for part in (window.sidebar, window.page.list, window.transfers, window.status_bar):
        assert part.isVisible()
        corner = part.mapTo(window, part.rect().bottomRight())
        assert window.rect().contains(corner), part.objectName()


@pytest.mark.ui("1.3", "the transfers are low while empty and fold to a strip of 36 px")
def test_an_empty_dock_is_low_and_folds_to_a_strip(qtbot, window) -> None:
    window.resize(1440, 900)
    qtbot.waitUntil(lambda: window.transfers.height() in range(110, 150), timeout=SOON)
    window.transfers.set_collapsed(True)
    qtbot.waitUntil(lambda: window.transfers.height() <= 40, timeout=SOON)


# -- the sidebar -----------------------------------------------------------------------------------


@pytest.mark.ui("1.6", "a sidebar without sessions says so, and its head adds one")
def test_a_sidebar_without_sessions_says_so(window) -> None:
    words = window.sidebar.findChild(QLabel, "no_sessions")
    assert words.isVisible()
    assert words.text() == "No sessions yet"
    add = window.sidebar.findChild(QToolButton, "new_session")
    add.click()
    form = window.findChild(QWidget, "secret_key")
    assert form is not None
    form.window().close()


@pytest.mark.ui("1.7", "a session's row tells its state in a word")
def test_a_sessions_row_tells_its_state() -> None:
    assert [state_word(state) for state in SESSION_WORDS] == list(SESSION_WORDS.values())
    assert state_word(SessionState.CONNECTED, demo=True) == "on this computer"


SESSION_WORDS = {
    SessionState.CONNECTED: "connected",
    SessionState.CONNECTING: "connecting",
    SessionState.NOT_CONNECTED: "not connected",
    SessionState.SIGN_IN_FAILED: "sign-in failed",
}


@pytest.mark.ui("1.8", "folders load when opened, and a failure is a row that tries again")
def test_a_branch_that_cannot_be_listed_is_a_row_that_tries_again(qtbot, qapp) -> None:
    model = SidebarModel()
    model.show_session("n", "North Vault", "server", "connected")
    model.show_buckets("n", ["rushes"])
    bucket = Place("n", "rushes")
    index = model.index_of(bucket)
    with qtbot.waitSignal(model.children_wanted) as wanted:
        model.fetchMore(index)
    assert wanted.args == [bucket]
    assert model.index(0, 0, index).data() == "Loading"
    model.show_failure(bucket)
    note = model.index(0, 0, index)
    assert note.data() == "Could not list. Retry"
    assert model.node(note).kind is Kind.FAILED
    with qtbot.waitSignal(model.children_wanted):
        model.want_children(bucket)
    model.add_folders(bucket, ["day-1/"], whole=True)
    assert [model.index(n, 0, index).data() for n in range(model.rowCount(index))] == ["day-1"]


@pytest.mark.ui("1.12", "a cache that is nearly full is told as a warning")
@pytest.mark.parametrize("chosen", [theme.Theme.LIGHT, theme.Theme.DARK])
def test_a_cache_that_is_nearly_full_is_told_as_a_warning(qtbot, qapp, chosen) -> None:
    theme.apply(qapp, chosen)
    gauge = CacheGauge()
    qtbot.addWidget(gauge)
    gauge.resize(268, 74)

    def has_warning(used: int) -> bool:
        gauge.show_cache("North Vault", CacheState(1000, used, 1000 - used, 0, 0))
        picture = gauge.grab().toImage()
        return any(
            picture.pixelColor(x, y) == theme.tokens().warning
            for x in range(picture.width() // 2, picture.width())
            for y in range(28)
        )

    assert not has_warning(899)
    assert has_warning(960)
    assert "96 % used" in gauge.accessibleName()


# -- location and search ---------------------------------------------------------------------------


@pytest.fixture
def bar(qtbot) -> LocationBar:
    made = LocationBar()
    qtbot.addWidget(made)
    made.resize(900, 32)
    made.show()
    return made


def crumbs(bar: LocationBar) -> list[str]:
    found = [one for one in bar.findChildren(QToolButton, "crumb") if one.isVisibleTo(bar)]
    found.sort(key=lambda one: one.x())
    return [one.text() for one in found]


DEEP = Place("n", "rushes-2026", "day-016/A-cam/proxies/quarter/")


@pytest.mark.ui("1.38", "crumbs that have no room fold into one with a menu")
def test_crumbs_without_room_fold_into_one_with_a_menu(qtbot, bar) -> None:
    bar.show_place(DEEP, "North Vault")
    whole = ["North Vault", "rushes-2026", "day-016", "A-cam", "proxies", "quarter"]
    qtbot.waitUntil(lambda: crumbs(bar) == whole)
    bar.resize(400, 32)
    qtbot.waitUntil(lambda: 2 <= len(crumbs(bar)) < len(whole))
    left = crumbs(bar)
    assert left[0] == "North Vault"
    assert left[-1] == "quarter"
    fold = next(one for one in bar.findChildren(QToolButton) if one.menu() and one.isVisible())
    folded = [plain(one.text()) for one in fold.menu().actions()]
    assert set(left) | set(folded) >= set(whole)
    with qtbot.waitSignal(bar.place_chosen) as chosen:
        fold.menu().actions()[0].trigger()
    assert chosen.args[0].bucket == "rushes-2026"


@pytest.mark.ui("1.39", "a location can be typed, and left with Esc")
def test_escape_leaves_the_location_editor(qtbot, bar) -> None:
    bar.show_place(DEEP, "North Vault")
    editor = bar.findChild(QWidget, "location_editor")
    qtbot.mouseDClick(bar, Qt.MouseButton.LeftButton, pos=QPoint(880, 16))
    assert editor.isVisible()
    assert editor.text() == "North Vault/rushes-2026/day-016/A-cam/proxies/quarter/"
    with qtbot.assertNotEmitted(bar.location_entered):
        qtbot.keyClick(editor, Qt.Key.Key_Escape)
    assert not editor.isVisible()


@pytest.mark.ui("1.40", "the location is copied with a button")
def test_the_location_is_copied_with_a_button(bar) -> None:
    bar.show_place(DEEP, "North Vault")
    copy = bar.findChild(QToolButton, "copy_location")
    assert copy.toolTip() == "Copy location"
    copy.click()
    assert QApplication.clipboard().text() == "rushes-2026/day-016/A-cam/proxies/quarter/"


@pytest.mark.ui("1.35", "the search box names the bucket, and is off without a session")
def test_the_search_box_names_the_bucket_and_is_off_without_a_session(
    qtbot, window, start_program
) -> None:
    assert not window.tool_bar.search.isEnabled()
    assert window.tool_bar.search.placeholderText() == "Search"


@pytest.mark.ui("1.35", "the search box names the bucket, and is off without a session")
def test_the_search_box_names_where_it_would_look(qtbot, window, connected) -> None:
    search = window.tool_bar.search
    qtbot.waitUntil(search.isEnabled)
    assert search.placeholderText() == "Search in archive"
    window.go(Place(connected.id))
    qtbot.waitUntil(lambda: search.placeholderText() == "Search in North Vault")


# -- columns ---------------------------------------------------------------------------------------


@pytest.mark.ui("1.46", "a narrow list leaves out kind, owner, then the date")
def test_a_narrow_list_leaves_out_columns(qtbot, window, connected, client) -> None:
    listed(qtbot, window, client, "a")
    view, model = window.page.list, window.page.model

    def shown() -> list[str]:
        return [
            model.headerData(n, Qt.Orientation.Horizontal)
            for n in range(model.columnCount())
            if not view.isColumnHidden(n)
        ]

    window.resize(1440, 900)
    all_of_them = ["Name", "Size", "Kind", "Placement", "Modified", "Owner"]
    qtbot.waitUntil(lambda: shown() == all_of_them)
    window.show_local(True)  # takes 500 px of it
    qtbot.waitUntil(lambda: shown() == ["Name", "Size", "Placement", "Modified"])
    window.resize(1300, 900)
    qtbot.waitUntil(lambda: shown() == ["Name", "Size", "Placement"])


@pytest.mark.ui("2.14", "each table has its columns in order, with those that are hidden at first")
@pytest.mark.parametrize(
    ("table", "shown", "hidden"),
    [
        (
            columns.OBJECTS,
            ["Name", "Size", "Kind", "Placement", "Modified", "Owner"],
            ["ETag", "Version id"],
        ),
        (
            columns.FOUND,
            ["Name", "Bucket", "Folder", "Size", "Placement", "Created", "Owner"],
            [],
        ),
        (columns.BUCKETS, ["Name", "Created"], ["Owner", "Data policy", "Used"]),
    ],
)
def test_columns_stand_in_their_order_and_some_are_hidden_at_first(table, shown, hidden) -> None:
    assert [one.title() for one in table if not one.hidden] == shown
    assert [one.title() for one in table if one.hidden] == hidden
    figures = ["used"] if table is columns.BUCKETS else ["size"]
    assert [one.id for one in table if one.right] == figures


@pytest.mark.ui("2.15", "columns are chosen at the header, and reset there")
def test_the_header_chooses_columns_and_resets_them(qtbot, window, connected, client) -> None:
    listed(qtbot, window, client, "a")
    view = window.page.list
    window.resize(1440, 900)

    def choose(words: str) -> None:
        header = view.horizontalHeader()
        at = QPoint(20, 10)
        event = QContextMenuEvent(
            QContextMenuEvent.Reason.Mouse, at, header.viewport().mapToGlobal(at)
        )
        QApplication.sendEvent(header.viewport(), event)
        menu = QApplication.activePopupWidget()
        assert isinstance(menu, QMenu)
        entry = next(one for one in menu.actions() if plain(one.text()) == words)
        entry.trigger()
        menu.close()

    etag = next(n for n, one in enumerate(columns.OBJECTS) if one.id == "etag")
    assert view.isColumnHidden(etag)
    choose("ETag")
    assert not view.isColumnHidden(etag)
    choose("Reset columns")
    assert view.isColumnHidden(etag)


@pytest.mark.ui("2.17", "the header of Modified says whose time it is")
def test_the_header_of_modified_says_whose_time_it_is(window, connected) -> None:
    model = window.page.model
    at = next(n for n, one in enumerate(columns.OBJECTS) if one.id == "modified")
    tip = model.headerData(at, Qt.Orientation.Horizontal, Qt.ItemDataRole.ToolTipRole)
    assert tip == ("When the appliance stored it. The file's own time is in Properties, Metadata.")


@pytest.mark.ui("2.18", "folders stay first in every order")
@pytest.mark.parametrize("column", ["name", "size", "modified"])
def test_folders_stay_first_in_every_order(qtbot, window, connected, client, column) -> None:
    listed(qtbot, window, client, "a", "z/1", "b/2", "c")
    header = window.page.list.horizontalHeader()
    at = next(n for n, one in enumerate(columns.OBJECTS) if one.id == column)
    x = header.sectionViewportPosition(at) + 20
    for _ in range(2):  # upwards, then downwards
        qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(x, 8))
        qtbot.waitUntil(lambda: not window.page.model.is_sorting)
        names = [window.page.model.name(row) for row in range(4)]
        assert {names[0], names[1]} == {"b/", "z/"}


@pytest.mark.ui("2.13", "elided text has a tool tip")
def test_a_name_that_is_cut_is_whole_in_its_tool_tip(qtbot, window, connected, client) -> None:
    name = "a very long name " * 12
    listed(qtbot, window, client, name)
    tip = window.page.model.index(0, 0).data(Qt.ItemDataRole.ToolTipRole)
    assert name in tip


@pytest.mark.ui("15.14", "the filter's text is not kept")
def test_a_filter_is_left_behind_with_its_folder(qtbot, window, connected, client) -> None:
    listed(qtbot, window, client, "a", "d/1")
    window.page.filter.setText("zzz")
    window.go(Place(connected.id, "archive", "d/"))
    assert window.page.filter.text() == ""


@pytest.mark.ui("1.17", "what is selected is added up in the footer")
def test_the_footer_tells_how_much_of_the_selection_only_tapes_hold(
    qtbot, window, connected, client
) -> None:
    listed(qtbot, window, client, "a", "b", "c")
    model, footer = window.page.model, window.findChild(QLabel, "footer_selection")
    qtbot.waitUntil(lambda: not model.without_placement(range(3)))  # the appliance has told it
    wanted = model.without_placement(range(3), anew=True)
    places = {
        "a": Placed(True, ("T1",)),
        "b": Placed(False, ("T1", "T2")),
        "c": Placed(False, (), pools=("p",)),
    }
    window.page.list.selectAll()
    for one in wanted:
        model.show_placements(one, places)
    on_tape = window.findChild(QLabel, "footer_on_tape")
    qtbot.waitUntil(lambda: on_tape.text() == "· 1 on tape only" and on_tape.isVisible())
    assert footer.text() == "3 selected · 3 B"
    for one in wanted:
        model.show_placements(one, {**places, "c": Placed(None, ("T1",))})
    qtbot.waitUntil(lambda: on_tape.isHidden())
    assert footer.text() == "3 selected · 3 B"


@pytest.mark.ui("1.55", "the side buttons of a mouse walk back and forward")
@pytest.mark.parametrize("pane", ["list", "tree"])
def test_the_side_buttons_of_a_mouse_walk_back_and_forward(
    qtbot, window, connected, client, pane
) -> None:
    listed(qtbot, window, client, "d/1")
    window.go(Place(connected.id, "archive", "d/"))
    view = window.page.list if pane == "list" else window.sidebar.tree
    at = QPoint(view.viewport().width() // 2, view.viewport().height() - 4)
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.BackButton, pos=at)
    assert window.place == Place(connected.id, "archive")
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.ForwardButton, pos=at)
    assert window.place == Place(connected.id, "archive", "d/")


@pytest.mark.ui("1.56", "a typed location is completed from what is listed")
def test_a_typed_location_is_completed_from_what_is_listed(
    qtbot, window, connected, client
) -> None:
    listed(qtbot, window, client, "day-1/a", "day-2/b", "object")
    window.activateWindow()
    window.context.actions["location"].trigger()
    editor = window.findChild(QLineEdit, "location_editor")
    qtbot.waitUntil(editor.isVisible)
    completer = editor.completer()
    completer.setCompletionPrefix("North Vault/archive/day")
    found = {
        completer.completionModel().index(row, 0).data()
        for row in range(completer.completionCount())
    }
    assert found == {"North Vault/archive/day-1/", "North Vault/archive/day-2/"}


# -- right to left ---------------------------------------------------------------------------------


def tree_picture(qtbot, direction: Qt.LayoutDirection, name: str, word: str):
    """A sidebar of one session as it is painted."""
    model = SidebarModel()
    tree = SidebarTree(model)
    qtbot.addWidget(tree)
    tree.setLayoutDirection(direction)
    tree.resize(268, 100)
    model.show_session("n", name, "server", word)
    tree.show()
    qtbot.waitExposed(tree)
    return tree.viewport().grab(tree.visualRect(model.index(0, 0))).toImage()


@pytest.mark.ui("15.8", "right to left mirrors the sidebar: icon, name and word stay apart")
@pytest.mark.parametrize(
    "direction", [Qt.LayoutDirection.LeftToRight, Qt.LayoutDirection.RightToLeft]
)
def test_icon_name_and_word_stay_apart_in_both_directions(qtbot, qapp, direction) -> None:
    whole = tree_picture(qtbot, direction, "North Vault", "connected")
    parts = [
        tree_picture(qtbot, direction, "", "connected"),
        tree_picture(qtbot, direction, "North Vault", ""),
    ]
    empty = tree_picture(qtbot, direction, "", "")
    width, height = whole.width(), whole.height()
    columns = range(width)

    def painted(one) -> set[int]:
        """The columns in which something is painted beside the icon."""
        return {
            x
            for x in columns
            if any(one.pixelColor(x, y) != empty.pixelColor(x, y) for y in range(height))
        }

    def icon() -> set[int]:
        ground = empty.pixelColor(width // 2, height // 2)
        return {x for x in columns if any(empty.pixelColor(x, y) != ground for y in range(height))}

    word, name = map(painted, parts)
    assert word
    assert name
    assert icon()
    assert word.isdisjoint(name)
    assert name.isdisjoint(icon())
    mirrored = direction is Qt.LayoutDirection.RightToLeft
    assert (min(name) > max(word)) is mirrored
    assert (max(name) < min(icon())) is mirrored
