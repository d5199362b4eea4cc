"""Searching the appliance: what is asked, what is told apart here, and what one does with it."""

from __future__ import annotations

from datetime import date

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QLineEdit, QPushButton, QWidget

from ds3_browser.gui import tasks
from ds3_browser.gui.connections import Placed
from ds3_browser.gui.dialogs.properties import PropertiesWindow
from ds3_browser.gui.names import visible
from ds3_browser.gui.placement_words import placement_words, tape_type
from ds3_browser.gui.places import Place, Search
from tests.gui.test_window import rows_of

SOON = 10_000


@pytest.fixture
def archive(client, connected):
    """Two buckets with objects whose names hold B007 and b007."""
    client.create_bucket("second")
    for bucket, name, size in (
        ("archive", "day/B007C001.mxf", 10),
        ("archive", "day/B007C002.mov", 2000),
        ("archive", "b007.txt", 5),
        ("archive", "other", 1),
        ("second", "x/B007C001.mxf", 30),
    ):
        client.put_object(bucket, name, b"." * size)
    return connected


@pytest.fixture
def find(qtbot, window, archive):
    def search(search: Search, bucket: str | None = "archive") -> list[str]:
        window.go(Place(archive.id, bucket, search=search))
        qtbot.waitUntil(lambda: not window.page.listing, timeout=SOON)
        return rows_of(window)

    return search


def column(window, id: str) -> list[str]:
    model = window.page.model
    number = next(n for n, one in enumerate(model.columns) if one.id == id)
    return [model.cell(row, number).text for row in range(model.rowCount())]


def footer(window) -> str:
    return window.page.findChild(QWidget, "footer_totals").text()


@pytest.mark.ui("1.59", "what is deleted and has versions left is found, and brought back")
def test_deleted_objects_are_found_and_brought_back(
    qtbot, client, window, connected, simulator, monkeypatch
) -> None:
    monkeypatch.setattr(tasks, "FOUND_PAGE", 3)  # versions of one name lie on two pages
    simulator.faults.set("policies", [{"versioning": "KEEP_MULTIPLE_VERSIONS"}])
    client.create_bucket("versions")
    for name, versions in (("a", 2), ("gone", 4), ("kept", 1), ("lost/gone", 5), ("z", 3)):
        for n in range(versions):
            client.put_object("versions", name, b"." * (n + 1))
    for name in ("gone", "lost/gone"):
        client.delete_object("versions", name)

    def found(text: str, bucket: str | None = "versions") -> list[str]:
        window.go(Place(connected.id, bucket, search=Search(text, deleted=True)))
        qtbot.waitUntil(lambda: not window.page.listing, timeout=SOON)
        return rows_of(window)

    assert found("o") == ["gone", "lost/gone"]
    assert found("n", None) == ["gone", "lost/gone"]
    assert column(window, "placement") == ["Deleted", "Deleted"]
    assert column(window, "size") == ["4 B", "5 B"]
    window.page.list.selectRow(0)
    window.follow()
    window.context.actions["versions"].trigger()
    shown = window.findChild(PropertiesWindow)
    undelete = shown.findChild(QPushButton, "undelete_version")
    qtbot.waitUntil(lambda: undelete.isVisible() and undelete.isEnabled(), timeout=SOON)
    undelete.click()
    qtbot.waitUntil(
        lambda: "gone" in [one.name for one in client.list_objects("versions").objects()],
        timeout=SOON,
    )
    shown.close()
    window.go(Place(connected.id, "versions"))
    assert found("gone") == ["lost/gone"]


@pytest.mark.ui("1.21", "a search asks the appliance, in a bucket or in all, case as typed")
def test_return_in_the_box_searches_the_bucket_and_capital_letters_matter(
    qtbot, window, archive
) -> None:
    box = window.tool_bar.search
    assert box.placeholderText() == "Search in archive"
    qtbot.keyClicks(box, "B007")
    qtbot.keyClick(box, Qt.Key.Key_Return)
    assert window.place == Place(archive.id, "archive", search=Search("B007"))
    qtbot.waitUntil(lambda: len(rows_of(window)) == 2, timeout=SOON)
    assert column(window, "name") == ["B007C001.mxf", "B007C002.mov"]
    assert column(window, "folder") == ["day/", "day/"]
    qtbot.waitUntil(lambda: footer(window) == "2 found · 2.0 kB", timeout=SOON)


@pytest.mark.ui("1.21", "a search asks the appliance, in a bucket or in all, case as typed")
def test_all_buckets_are_searched_and_the_bucket_is_told(window, find) -> None:
    found = find(Search("B007"), None)
    assert sorted(zip(column(window, "bucket"), found, strict=True)) == [
        ("archive", "day/B007C001.mxf"),
        ("archive", "day/B007C002.mov"),
        ("second", "x/B007C001.mxf"),
    ]


@pytest.mark.ui("1.24", "what else is searched for is told apart on this computer")
@pytest.mark.parametrize(
    ("search", "names"),
    [
        (Search("B007", ending="MXF"), ["day/B007C001.mxf"]),
        (Search("B007", larger=1000), ["day/B007C002.mov"]),
        (Search("B007", newer=date(2100, 1, 1)), []),
        (Search("B007", older=date(2100, 1, 1)), ["day/B007C001.mxf", "day/B007C002.mov"]),
        (Search("B007", in_cache=True), ["day/B007C001.mxf", "day/B007C002.mov"]),
    ],
)
def test_what_else_is_asked_for_is_told_apart_here(window, find, search, names) -> None:
    assert find(search) == names
    if names:
        assert footer(window).startswith(f"{len(names)} shown of 2 found")


@pytest.mark.ui("1.24", "what else is searched for is told apart on this computer")
def test_what_has_a_copy_on_an_ejected_tape_is_told_apart(client, window, find, simulator) -> None:
    names = ["day/B007C001.mxf", "day/B007C002.mov"]
    tapes = client.placement("archive", names).tapes
    assert find(Search("B007", ejected=True)) == []
    assert footer(window).startswith("0 shown of 2 found")
    window.context.browsing._links[window.place.session_id].ejected._known.clear()  # a minute on
    simulator.faults.set("eject_tape", list(tapes))
    assert find(Search("B007", ejected=True, larger=1000)) == ["day/B007C002.mov"]
    assert sorted(find(Search("B007", ejected=True), None)) == [*names, "x/B007C001.mxf"]


def test_a_search_for_what_may_not_be_known_says_so_and_shows_no_empty_list(
    client, window, find, simulator
) -> None:
    assert client.placement("archive", ["day/B007C001.mxf"]).tapes
    simulator.faults.set("fail_next", [["GET /_rest_/tape/*", 403, "AccessDenied", 9]])
    assert find(Search("B007", ejected=True)) == []
    said = window.page.findChild(QWidget, "instead_text").text()
    assert "You have no right" in said


def test_a_percent_sign_stands_for_itself(client, find) -> None:
    client.put_object("archive", "50% done", b"")
    assert find(Search("% d")) == ["50% done"]
    assert find(Search("B%1")) == []


def test_nothing_found_says_what_was_searched_for_and_offers_all_buckets(
    qtbot, window, find
) -> None:
    assert find(Search("x/B")) == []
    said = window.page.findChild(QWidget, "instead_text").text()
    assert said == (
        "Nothing found in archive. The search was for names containing “x/B”, capital letters"
        " matter."
    )
    window.page.findChild(QPushButton, "instead_button").click()
    qtbot.waitUntil(lambda: rows_of(window) == ["x/B007C001.mxf"], timeout=SOON)


@pytest.mark.ui("1.22", "actions work on results as on the list")
def test_results_of_one_bucket_can_be_downloaded_and_deleted_others_say_why_not(
    qtbot, window, find
) -> None:
    find(Search("B007"), None)
    page, actions = window.page, window.context.actions
    row = column(window, "bucket").index("second")
    page.list.selectRow(row)
    chosen = page.selection()
    assert (chosen.place.bucket, chosen.names) == ("second", ("x/B007C001.mxf",))
    qtbot.waitUntil(actions["download"].isEnabled, timeout=SOON)
    page.select_all()
    qtbot.waitUntil(lambda: not actions["download"].isEnabled(), timeout=SOON)
    assert actions["delete"].toolTip() == "What is selected is in several buckets."
    assert actions["copy_names"].isEnabled()
    assert not actions["upload_files"].isEnabled()


def test_results_are_left_by_going_up_and_found_again_by_going_back(qtbot, window, find) -> None:
    find(Search("B007"))
    window.context.actions["parent"].trigger()
    assert window.place.search is None
    window.context.actions["back"].trigger()
    qtbot.waitUntil(lambda: len(rows_of(window)) == 2, timeout=SOON)


@pytest.mark.ui("1.23", "a search reads page after page")
def test_pages_of_a_search_are_all_asked_for(client, window, find, monkeypatch) -> None:
    from ds3_browser.gui import tasks

    monkeypatch.setattr(tasks, "FOUND_PAGE", 2)
    for number in range(5):
        client.put_object("archive", f"clip-{number}", b"")
    assert find(Search("clip-")) == [f"clip-{number}" for number in range(5)]


@pytest.mark.ui("1.24", "what else is searched for is told apart on this computer")
def test_the_options_are_searched_by(qtbot, window, archive) -> None:
    box = window.tool_bar.search
    qtbot.keyClicks(box, "B007")
    box.show_options()
    options = window.findChild(QWidget, "search_options")
    assert options.findChild(QLineEdit, "search_text").text() == "B007"
    options.findChild(QLineEdit, "search_ending").setText(".mov")
    options.findChild(QCheckBox, "search_in_cache").setChecked(True)
    options.findChild(QPushButton, "search_button").click()
    assert not options.isVisible()
    assert window.place.search == Search("B007", ending="mov", in_cache=True)
    qtbot.waitUntil(lambda: rows_of(window) == ["day/B007C002.mov"], timeout=SOON)
    box.show_options()
    options.findChild(QCheckBox, "search_ejected").setChecked(True)
    options.findChild(QPushButton, "search_button").click()
    assert window.place.search == Search("B007", ending="mov", in_cache=True, ejected=True)


def test_the_box_is_empty_again_once_one_has_left_what_was_found(window, find) -> None:
    find(Search("B007"))
    window.page.list.setFocus()
    box = window.tool_bar.search
    assert box.text() == "B007"
    window.go(Place(window.place.session_id, "archive"))
    assert box.text() == ""
    box.setText("typed for later")
    window.go(Place(window.place.session_id, "second"))
    assert box.text() == "typed for later"


def test_a_narrow_list_tells_the_bucket_only_where_there_are_several(window, find) -> None:
    """The names need the room, and the location tells the one bucket of a search in it."""
    window.resize(1024, 640)
    find(Search("B007"))
    assert window.page.list.column_named("bucket") is None
    assert window.page.list.column_named("folder") is not None
    find(Search("B007"), None)
    assert window.page.list.column_named("bucket") is not None


def test_the_options_stay_over_the_window(window, archive) -> None:
    """They are wider than the box that they open from, which is near the window's edge."""
    window.resize(1024, 640)
    window.tool_bar.search.show_options()
    options = window.findChild(QWidget, "search_options")
    assert options.mapToGlobal(options.rect().topRight()).x() <= window.geometry().right()
    options.hide()


# --- where objects are


@pytest.mark.ui("3.21", "placement is asked for visible rows once they are still")
def test_the_place_of_what_is_in_view_is_asked_for_once_it_is_still(
    qtbot, window, archive, simulator
) -> None:
    window.go(Place(archive.id, "archive"))
    qtbot.waitUntil(lambda: "In cache" in " ".join(column(window, "placement")), timeout=SOON)
    assert column(window, "placement")[0] == ""  # a folder has none
    assert column(window, "name")[1] == visible("b007.txt")


@pytest.mark.ui("3.20", "where copies are is told in words and a sign")
@pytest.mark.parametrize(
    ("placed", "text", "signs"),
    [
        (Placed(True), "In cache", ["hard-drive"]),
        (Placed(False, ("A1", "A2")), "2 tapes", ["cassette"]),
        (Placed(True, ("A1",)), "In cache, 1 tape", ["hard-drive", "cassette"]),
        (Placed(False, ("A1", "A2"), ("A2",)), "2 tapes, 1 ejected", ["cassette", "eject"]),
        (Placed(None, pools=("p",)), "1 disk pool", ["disk-pool"]),
        (Placed(False, targets=("c",)), "1 cloud target", ["cloud"]),
        (Placed(False, targets=("b", "c")), "2 cloud targets", ["cloud"]),
        (Placed(False, targets=("r",), replicas=("r",)), "Replicated", ["server"]),
        (
            Placed(True, ("A1",), targets=("r", "c"), replicas=("r",)),
            "In cache, 1 tape, 1 cloud target, replicated",
            ["hard-drive", "cassette", "cloud", "server"],
        ),
        (Placed(False), "Not known", ["circle-help"]),
    ],
)
def test_a_place_is_told_in_words_and_signs(qapp, placed, text, signs) -> None:
    words = placement_words(placed)
    assert words.text == text
    assert [name for name, _role in words.signs] == signs


@pytest.mark.ui("1.53", "a refresh keeps what is shown, selected and in view")
def test_a_refresh_asks_for_the_places_again_and_blanks_none(
    qtbot, window, archive, simulator
) -> None:
    window.go(Place(archive.id, "archive", "day/"))
    qtbot.waitUntil(lambda: all(column(window, "placement")), timeout=SOON)
    asked = sum(simulator.counters().values())
    blank: list[bool] = []
    window.page.model.modelReset.connect(lambda: blank.append(not all(column(window, "placement"))))
    window.page.refresh()
    qtbot.waitUntil(lambda: sum(simulator.counters().values()) >= asked + 2, timeout=SOON)
    assert not any(blank)


@pytest.mark.ui("3.21", "placement is asked for visible rows once they are still")
@pytest.mark.checklist(
    "K C-131: a 403 hides what only an administrator may know, without a dialog",
)
def test_without_the_right_to_know_it_is_not_known_and_not_asked_again(
    qtbot, window, archive, simulator
) -> None:
    simulator.faults.set("fail_next", [["PUT /_rest_/bucket/archive", 403, "AccessDenied", 1]])
    window.go(Place(archive.id, "archive"))
    qtbot.waitUntil(lambda: "Not known" in column(window, "placement"), timeout=SOON)
    assert len(rows_of(window)) == 3


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ("LTO8", "LTO-8"),
        ("LTOM8", "LTO-M8"),
        ("LTO10P", "LTO-10P"),
        ("LTO_CLEANING_TAPE", "LTO CLEANING TAPE"),
        ("TS_JC", "TS JC"),
        (None, "—"),
    ],
)
def test_the_type_of_a_tape_is_written_as_on_the_tape(told: str | None, words: str) -> None:
    assert tape_type(told) == words
