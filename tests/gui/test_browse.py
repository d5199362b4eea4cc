"""Browsing a real simulator: the tree, the list, filter, order, drops."""

from __future__ import annotations

import math
import time
from array import array
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QTimer, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QPushButton, QWidget

from ds3_browser.gui import format, tasks
from ds3_browser.gui.browsing import Browsing
from ds3_browser.gui.connections import Deleted, OnlyCopies, SessionState, Tally
from ds3_browser.gui.models.objects import ObjectsModel
from ds3_browser.gui.models.ordering import SortKey
from ds3_browser.gui.models.sidebar import SidebarModel
from ds3_browser.gui.names import natural, visible
from ds3_browser.gui.places import Place, SelectedObject, Selection
from ds3_browser.gui.sessions import ProxyChoice, SavedSession, Sessions
from ds3_browser.gui.settings import Settings
from ds3_browser.gui.views.object_page import ObjectPage
from ds3_browser.gui.views.sidebar import Sidebar
from ds3_browser.protocol.records import Bucket, Listing, Owner

SOON = 10_000  # ms; catches what hangs
NORTH = SavedSession(
    "north", "North Vault", scheme="http", host="127.0.0.1", proxy=ProxyChoice.NONE
)


def page(*names: str, prefixes: tuple[str, ...] = (), size: int = 10) -> Listing:
    n = len(names)
    return Listing(
        bucket="archive",
        prefix=None,
        delimiter="/",
        marker=None,
        next_marker=None,
        max_keys=1000,
        truncated=False,
        created=None,
        prefixes=prefixes,
        names=list(names),
        sizes=array("q", [size] * n),
        modified=array("d", [1.7e9] * n),
        etags=["e"] * n,
        owners=[Owner("1", "anna")] * n,
        version_ids=[None] * n,
        latest=[True] * n,
    )


def shown(model: ObjectsModel) -> list[str]:
    return [model.name(row) for row in range(model.rowCount())]


@pytest.fixture
def model(qapp: QApplication) -> ObjectsModel:
    model = ObjectsModel()
    model.begin(Place("north", "archive"))
    return model


def settled(model: ObjectsModel, qtbot) -> list[str]:
    qtbot.waitUntil(lambda: not model.is_sorting, timeout=SOON)
    return shown(model)


def test_the_list_keeps_the_rules_of_a_model(model, qtbot, qtmodeltester) -> None:
    qtmodeltester.check(model)
    model.add_page(page("a", "b", prefixes=("d/",)))
    model.add_page(page("x", prefixes=("e/", "f/")))
    model.set_filter("x")
    model.set_filter("")
    model.sort_by([SortKey("name", descending=True)])
    model.settle()
    assert settled(model, qtbot) == ["f/", "e/", "d/", "x", "b", "a"]


@pytest.mark.ui("1.5", "the sidebar is a tree of sessions, buckets and folders")
def test_the_tree_keeps_the_rules_of_a_model(qapp, qtmodeltester) -> None:
    tree = SidebarModel()
    qtmodeltester.check(tree)
    tree.show_session("s", "North Vault", "server", "connected")
    tree.show_buckets("s", ["a", "b"])
    tree.want_children(Place("s", "a"))
    tree.add_folders(Place("s", "a"), ["x/", "y/"], whole=True)
    tree.show_buckets("s", ["b", "c"])
    tree.remove_session("s")
    assert tree.rowCount() == 0


@pytest.mark.ui("1.9", "two thousand folders under a node, then a row that leads to the list")
def test_a_tree_node_ends_at_two_thousand_folders(qapp) -> None:
    tree = SidebarModel()
    tree.show_session("s", "n", "server", "")
    tree.show_buckets("s", ["a"])
    tree.want_children(Place("s", "a"))
    tree.add_folders(Place("s", "a"), [f"{n:05}/" for n in range(2500)], whole=False)
    bucket = tree.index_of(Place("s", "a"))
    assert tree.rowCount(bucket) == 2001
    assert tree.index(2000, 0, bucket).data() == "More in the list"


@pytest.mark.ui("1.18", "late folders stand above and move nothing that is in view")
@pytest.mark.checklist(
    "K C-59: folders are shown by common prefixes alone",
)
def test_late_folders_stand_above_the_objects(model) -> None:
    model.add_page(page("a", prefixes=("b/",)))
    model.add_page(page("z", prefixes=("b/", "y/")))
    model.settle()
    assert shown(model) == ["b/", "y/", "a", "z"]


@pytest.mark.checklist(
    "K C-58: a folder's own placeholder is not shown in it",
)
def test_a_folders_own_placeholder_is_not_in_it(qapp) -> None:
    model = ObjectsModel()
    model.begin(Place("north", "archive", "d/"))
    model.add_page(page("d/", "d/x", "d//y"))
    assert shown(model) == ["d/x", "d//y"]
    assert model.cell(0, 0).text == "x"


@pytest.mark.ui("1.19", "a click on a header orders as people count, and says so while listing")
def test_a_click_orders_numbers_by_value_and_a_third_one_restores(model, qtbot) -> None:
    model.add_page(page("take10", "take9", "Take1"))
    model.sort_by([SortKey("name")])
    assert settled(model, qtbot) == ["Take1", "take9", "take10"]
    model.sort_by([])
    assert shown(model) == ["take10", "take9", "Take1"]


@pytest.mark.ui("1.20", "the filter narrows what is listed, at once and in any case")
def test_the_filter_looks_at_own_names_in_any_case(model) -> None:
    model.add_page(page("A014.mxf", "b.txt", prefixes=("a014x/",)))
    model.set_filter("a014")
    assert shown(model) == ["a014x/", "A014.mxf"]
    assert model.totals().hidden == 1


@pytest.mark.ui("2.11", "what is not known is a dash, what does not apply is empty")
@pytest.mark.checklist(
    "K C-57: an object being uploaded is shown as such",
)
def test_an_object_being_uploaded_has_no_size_and_no_date(model) -> None:
    listed = page("x")
    listed.modified[0] = math.nan
    listed.etags[0] = None
    model.add_page(listed)
    assert model.cell(0, 1).text == "—"
    assert model.object(0).size is None


@pytest.mark.ui("15.7", "invisible characters are shown as marks")
def test_characters_one_cannot_see_are_shown_as_marks() -> None:
    assert visible("a\tb\x00c\x7f") == "a␉b␀c␡"
    assert visible("é日本 name") == "é日本 name"
    assert natural("take9") < natural("take10") < natural("Take11")


def test_a_million_rows_are_added_ordered_and_filtered_without_a_long_stop(model, qtbot) -> None:
    longest, ticked = 0.0, time.perf_counter()

    def tick() -> None:
        nonlocal longest, ticked
        now = time.perf_counter()
        longest, ticked = max(longest, now - ticked), now

    for number in range(200):
        model.add_page(page(*(f"clip-{999_999 - number * 5000 - n:07}.mxf" for n in range(5000))))
        tick()
    model.settle()
    assert model.rowCount() == 1_000_000
    timer = QTimer()
    timer.timeout.connect(tick)
    timer.start(0)
    ticked = time.perf_counter()
    model.sort_by([SortKey("name")])
    qtbot.waitUntil(lambda: not model.is_sorting, timeout=30_000)
    assert (model.name(0), model.name(999_999)) == ("clip-0000000.mxf", "clip-0999999.mxf")
    model.set_filter("99999")
    qtbot.waitUntil(lambda: not model.is_sorting, timeout=30_000)
    assert model.rowCount() == 19
    assert longest < 1


# --- against the simulator


@pytest.fixture
def sessions(tmp_path: Path, simulator, qapp) -> Sessions:
    from dataclasses import replace

    sessions = Sessions(Settings(tmp_path / "settings.ini"))
    session = replace(NORTH, port=simulator.port, access_id=simulator.access_id)
    sessions.add(session, simulator.secret_key)
    return sessions


@pytest.fixture
def browsing(sessions: Sessions, qtbot) -> Iterator[Browsing]:
    browsing = Browsing(sessions)
    yield browsing
    browsing.close()


@pytest.fixture
def connected(browsing: Browsing, bucket: str, qtbot) -> Browsing:
    assert browsing.connect_session("north")
    qtbot.waitUntil(
        lambda: browsing.connection("north").state is SessionState.CONNECTED, timeout=SOON
    )
    return browsing


@pytest.fixture
def objects(client, bucket: str) -> list[str]:
    names = ["a.mxf", "b.txt", "d/1", "d/2", "d/e/3"]
    for name in names:
        client.put_object(bucket, name, b"0123456789")
    return names


@pytest.fixture
def open_page(connected: Browsing, objects, qtbot) -> Callable[[str], ObjectPage]:
    made = ObjectPage(connected)
    made.resize(1000, 500)
    qtbot.addWidget(made)
    made.show()

    def show(prefix: str = "") -> ObjectPage:
        made.show_place(Place("north", "archive", prefix), "North Vault")
        qtbot.waitUntil(lambda: not made.listing, timeout=SOON)
        return made

    return show


def text_of(widget: QWidget, name: str) -> str:
    return widget.findChild(QWidget, name).text()  # type: ignore[attr-defined]


@pytest.mark.ui("1.16", "the first page of a listing is shown at once, the footer is honest")
def test_a_folder_is_listed_with_its_totals(open_page) -> None:
    shown_page = open_page()
    assert shown(shown_page.model) == ["d/", "a.mxf", "b.txt"]
    assert text_of(shown_page, "footer_totals") == "2 objects, 1 folder · 20 B"
    assert shown(open_page("d/").model) == ["d/e/", "d/1", "d/2"]


@pytest.mark.ui("1.17", "what is selected is added up in the footer")
@pytest.mark.ui("1.53", "a refresh keeps what is shown, selected and in view")
def test_a_selection_is_told_and_survives_a_refresh(open_page, client, qtbot) -> None:
    shown_page = open_page()
    assert shown(shown_page.model) == ["d/", "a.mxf", "b.txt"]
    shown_page.list.selectRow(1)
    assert shown_page.selection().objects == (SelectedObject("a.mxf", 10),)
    told = "1 selected · 10 B"
    qtbot.waitUntil(lambda: text_of(shown_page, "footer_selection") == told, timeout=SOON)
    client.put_object("archive", "aa", b"1")
    shown_page.refresh()
    qtbot.waitUntil(lambda: shown_page.model.rowCount() == 4, timeout=SOON)
    assert shown_page.selection().objects == (SelectedObject("a.mxf", 10),)


@pytest.mark.ui("11.5", "a listing that fails says why in place of its rows")
def test_a_listing_that_fails_says_why_in_place_of_rows(open_page, simulator, qtbot) -> None:
    simulator.faults.set("fail_next", [["GET /archive", 403, "AccessDenied", 1]])
    shown_page = open_page()
    assert "right to list" in text_of(shown_page, "instead_text")
    shown_page.findChild(QPushButton, "instead_button").click()
    qtbot.waitUntil(lambda: shown_page.model.rowCount() == 3, timeout=SOON)
    assert not shown_page.findChild(QWidget, "instead_of_rows").isVisible()


def test_an_empty_folder_and_an_empty_filter_say_what_to_do(open_page) -> None:
    shown_page = open_page("nothing/")
    assert text_of(shown_page, "instead_text") == "Nothing here yet. Drop files to upload them."
    shown_page = open_page()
    shown_page.filter.setText("B007")
    assert text_of(shown_page, "instead_text").startswith("No name contains “B007”.")
    shown_page.findChild(QPushButton, "instead_button").click()
    assert shown_page.model.rowCount() == 3


def test_a_late_answer_for_a_folder_that_was_left_is_dropped(open_page, qtbot) -> None:
    shown_page = open_page()
    shown_page.show_place(Place("north", "archive", "d/"), "North Vault")
    shown_page.show_place(Place("north", "archive", "d/e/"), "North Vault")
    qtbot.waitUntil(lambda: not shown_page.listing, timeout=SOON)
    assert shown(shown_page.model) == ["d/e/3"]


@pytest.mark.ui("12.5", "return opens a folder and offers to download an object")
def test_return_opens_a_folder_and_offers_to_download_an_object(open_page, qtbot) -> None:
    shown_page = open_page()
    shown_page.list.selectRow(0)
    with qtbot.waitSignal(shown_page.place_chosen) as chosen:
        qtbot.keyClick(shown_page.list, Qt.Key.Key_Return)
    assert chosen.args == [Place("north", "archive", "d/")]
    shown_page.list.selectRow(1)
    with qtbot.waitSignal(shown_page.download_wanted) as wanted:
        qtbot.keyClick(shown_page.list, Qt.Key.Key_Return)
    assert wanted.args[0].objects[0].name == "a.mxf"


def test_return_downloads_all_that_is_selected(open_page, qtbot) -> None:
    shown_page = open_page()
    shown_page.list.selectRow(1)
    qtbot.keyClick(shown_page.list, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    with qtbot.waitSignal(shown_page.download_wanted) as wanted:
        qtbot.keyClick(shown_page.list, Qt.Key.Key_Enter, Qt.KeyboardModifier.KeypadModifier)
    assert [one.name for one in wanted.args[0].objects] == ["a.mxf", "b.txt"]


def test_return_with_another_key_opens_nothing(open_page, qtbot) -> None:
    shown_page = open_page()
    shown_page.list.selectRow(0)
    opened: list[object] = []
    shown_page.place_chosen.connect(opened.append)
    for held in (Qt.KeyboardModifier.AltModifier, Qt.KeyboardModifier.ControlModifier):
        qtbot.keyClick(shown_page.list, Qt.Key.Key_Return, held)
    assert not opened


def test_home_selects_the_row_that_the_focus_made_the_current_one(open_page, qtbot) -> None:
    shown_page = open_page()
    shown_page.list.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(lambda: shown_page.list.currentIndex().isValid(), timeout=SOON)
    assert not len(shown_page.selection())
    qtbot.keyClick(shown_page.list, Qt.Key.Key_Home)
    assert shown_page.selection().folders == ("d/",)


@pytest.mark.ui("12.6", "letters jump to a name")
def test_letters_jump_to_a_name(open_page, qtbot) -> None:
    shown_page = open_page()
    qtbot.keyClick(shown_page.list, "b")
    assert shown_page.selection().objects[0].name == "b.txt"


def drop(view, at: QPoint, *paths: str) -> QDropEvent:
    """A real drag and drop of files onto a view's viewport."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(path) for path in paths])
    actions, buttons = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    none = Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(at, actions, data, buttons, none)
    QApplication.sendEvent(view.viewport(), enter)
    dropped = QDropEvent(QPointF(at), actions, data, buttons, none)
    QApplication.sendEvent(view.viewport(), dropped)
    return dropped


@pytest.mark.ui("14.1", "files on the list go into the listed folder")
@pytest.mark.ui("14.2", "files on a folder row or in the sidebar go into it, hovering opens it")
def test_files_dropped_on_the_list_or_on_a_folder_row_go_there(open_page, qtbot) -> None:
    shown_page = open_page()
    view = shown_page.list
    with qtbot.waitSignal(shown_page.files_dropped) as dropped:
        event = drop(view, QPoint(50, view.viewport().height() - 5), "/tmp/x", "/tmp/y")
    assert dropped.args == [["/tmp/x", "/tmp/y"], Place("north", "archive")]
    assert event.dropAction() is Qt.DropAction.CopyAction
    on_folder = view.visualRect(shown_page.model.index(0, 0)).center()
    with qtbot.waitSignal(shown_page.files_dropped) as dropped:
        drop(view, on_folder, "/tmp/x")
    assert dropped.args[1] == Place("north", "archive", "d/")
    assert not view.overlay.isVisible()


@pytest.mark.ui("1.5", "the sidebar is a tree of sessions, buckets and folders")
def test_the_tree_shows_sessions_buckets_and_folders(sessions, connected, objects, qtbot) -> None:
    sidebar = Sidebar(sessions, connected)
    qtbot.addWidget(sidebar)
    sidebar.show()
    connected.refresh_buckets("north")
    sidebar._follow("north")
    bucket = sidebar.model.index_of(Place("north", "archive"))
    assert bucket.isValid()
    sidebar.tree.setExpanded(bucket, True)
    folder = Place("north", "archive", "d/")
    qtbot.waitUntil(lambda: sidebar.model.index_of(folder).isValid(), timeout=SOON)
    with qtbot.waitSignal(sidebar.place_chosen) as chosen:
        sidebar.tree.clicked.emit(sidebar.model.index_of(folder))
    assert chosen.args == [folder]
    at = sidebar.tree.visualRect(sidebar.model.index_of(folder)).center()
    with qtbot.waitSignal(sidebar.files_dropped) as dropped:
        drop(sidebar.tree, at, "/tmp/x")
    assert dropped.args == [["/tmp/x"], folder]


@pytest.mark.ui("14.3", "files on a session are refused with the reason")
def test_files_dropped_on_a_session_are_refused(sessions, connected, qtbot) -> None:
    sidebar = Sidebar(sessions, connected)
    qtbot.addWidget(sidebar)
    sidebar.show()
    wishes: list[object] = []
    sidebar.files_dropped.connect(lambda *args: wishes.append(args))
    at = sidebar.tree.visualRect(sidebar.model.index_of(Place("north"))).center()
    drop(sidebar.tree, at, "/tmp/x")
    assert wishes == []


@pytest.mark.ui("1.7", "a session's row tells its state in a word")
def test_wrong_keys_are_told_as_a_failed_sign_in(sessions, browsing, simulator, qtbot) -> None:
    sessions.add(sessions.get("north"), "wrong")
    browsing.connect_session("north")
    qtbot.waitUntil(
        lambda: browsing.connection("north").state is SessionState.SIGN_IN_FAILED, timeout=SOON
    )


def test_a_bucket_and_a_folder_are_created(connected: Browsing, client, qtbot) -> None:
    done: list[object] = []
    connected.create_bucket("north", "new", None, lambda: done.append("bucket"), done.append)
    qtbot.waitUntil(lambda: len(done) == 1, timeout=SOON)
    place = Place("north", "new")
    connected.create_folder(place, "sub", done.append, done.append)
    qtbot.waitUntil(lambda: len(done) == 2, timeout=SOON)
    assert done == ["bucket", Place("north", "new", "sub/")]
    assert [b.name for b in connected.connection("north").buckets] == ["archive", "new"]
    assert list(client.list_objects("new").names) == ["sub/"]


def test_a_count_is_true_and_a_delete_takes_just_that(
    connected: Browsing, objects, client, qtbot
) -> None:
    place = Place("north", "archive")
    chosen = Selection(place, (SelectedObject("a.mxf", 10),), ("d/",))
    counted: list[Tally] = []
    connected.count(chosen, lambda tally: None, counted.append, pytest.fail)
    qtbot.waitUntil(lambda: bool(counted), timeout=SOON)
    assert (counted[0].objects, counted[0].size) == (4, 40)
    deleted: list[Deleted] = []
    connected.delete(chosen, lambda told: None, deleted.append, pytest.fail)
    qtbot.waitUntil(lambda: bool(deleted), timeout=SOON)
    assert (deleted[0].done, deleted[0].errors) == (4, ())
    assert list(client.list_objects("archive").names) == ["b.txt"]


@pytest.mark.ui(
    "9.19", "a deletion says in red which objects have no other copy, and asks for the name"
)
def test_objects_that_are_not_persisted_are_found_by_their_placement(
    connected: Browsing, objects, client, simulator, qtbot, monkeypatch
) -> None:
    monkeypatch.setattr(tasks, "PLACED_AT_ONCE", 2)
    place = Place("north", "archive")
    assert all(one.placement.tapes for one in client.placements("archive", objects))
    simulator.faults.set("hold_persistence", True)
    for name in ("d/late-1", "d/late-2", "late-3"):
        client.put_object("archive", name, b"bytes")
    chosen = Selection(place, (SelectedObject("a.mxf", 10), SelectedObject("late-3", 5)), ("d/",))
    whole = Selection(Place("north"), buckets=("archive",))
    for selection, looked, found in ((chosen, 7, 3), (whole, 8, 3)):
        told: list[OnlyCopies] = []
        ended: list[OnlyCopies] = []
        connected.only_copies(selection, told.append, ended.append, pytest.fail)
        qtbot.waitUntil(lambda ended=ended: bool(ended), timeout=SOON)
        assert ended == [OnlyCopies(looked, found)]
        assert told[-1] == ended[0]
        assert [one.looked for one in told] == sorted({one.looked for one in told})
        assert len(told) >= 4


@pytest.mark.ui("1.14", "the page is what the sidebar's selection means")
def test_buckets_are_listed_as_a_page(connected: Browsing, qtbot) -> None:
    made = ObjectPage(connected)
    qtbot.addWidget(made)
    made.show_place(Place("north"), "North Vault")
    assert made.model.cell(0, 0).text == "archive"
    assert isinstance(connected.connection("north").buckets[0], Bucket)


@pytest.fixture
def bucket_page(connected: Browsing, client, objects, qtbot) -> ObjectPage:
    client.create_bucket("rushes")
    connected.refresh_buckets("north")
    qtbot.waitUntil(lambda: len(connected.connection("north").buckets) == 2, timeout=SOON)
    made = ObjectPage(connected)
    made.resize(1000, 500)
    qtbot.addWidget(made)
    made.show()
    made.show_place(Place("north"), "North Vault")
    return made


def told_of(page: ObjectPage, bucket: str) -> dict[str, str]:
    row = page.model.rows_named({bucket})[0]
    columns = enumerate(page.model.columns)
    return {
        one.id: page.model.cell(row, n).text
        for n, one in columns
        if not page.list.isColumnHidden(n)
    }


def test_what_a_list_of_buckets_does_not_tell_is_asked_for_once_it_is_to_be_seen(
    bucket_page, connected: Browsing, client, simulator, qtbot
) -> None:
    assert set(told_of(bucket_page, "archive")) == {"name", "created"}
    assert connected.connection("north").bucket_columns is None
    for column in ("bucket_owner", "policy", "used"):
        bucket_page.list.choose_column(column, True)
    qtbot.waitUntil(lambda: told_of(bucket_page, "archive")["used"] == "50 B", timeout=SOON)
    told = told_of(bucket_page, "archive")
    details = client.bucket_details("archive")
    policy = client.data_policy(details.data_policy_id).name
    assert (told["bucket_owner"], told["policy"]) == (client.get_service().owner.name, policy)
    assert told_of(bucket_page, "rushes")["used"] == "0 B"
    client.put_object("rushes", "big", b"x" * 2000)
    bucket_page.refresh()
    qtbot.waitUntil(lambda: told_of(bucket_page, "rushes")["used"] == "2.0 kB", timeout=SOON)
    bucket_page.model.sort_by([SortKey("used", descending=True)])
    assert [bucket_page.model.name(row) for row in range(2)] == ["rushes", "archive"]


def test_what_may_not_be_known_of_buckets_is_a_dash(bucket_page, simulator, qtbot) -> None:
    simulator.faults.set("fail_next", [["GET /_rest_/*", 403, "AccessDenied", 9]])
    bucket_page.list.choose_column("used", True)
    connection = bucket_page._browsing.connection
    qtbot.waitUntil(lambda: connection("north").bucket_columns is not None, timeout=SOON)
    assert told_of(bucket_page, "archive")["used"] == format.UNKNOWN


def test_the_owner_of_objects_and_that_of_buckets_are_chosen_apart(bucket_page, qtbot) -> None:
    bucket_page.list.choose_column("bucket_owner", True)
    bucket_page.show_place(Place("north", "archive"), "North Vault")
    qtbot.waitUntil(lambda: not bucket_page.listing, timeout=SOON)
    bucket_page.list.choose_column("owner", False)
    bucket_page.show_place(Place("north"), "North Vault")
    assert "bucket_owner" in told_of(bucket_page, "archive")
