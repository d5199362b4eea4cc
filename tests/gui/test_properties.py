"""Properties: what is told of objects, folders, several and buckets; versions; placement."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QLabel,
    QLineEdit,
    QPushButton,
    QToolButton,
    QWidget,
)

from ds3_browser.gui import fact_words
from ds3_browser.gui.dialogs.download import DownloadDialog
from ds3_browser.gui.dialogs.properties import PropertiesWindow
from ds3_browser.gui.dialogs.property_pages import PlacementPage
from ds3_browser.gui.dialogs.questions import Box
from ds3_browser.gui.dialogs.unattended import UnattendedDialog
from ds3_browser.gui.facts import ObjectFacts
from ds3_browser.gui.places import Place, SelectedObject, Selection
from ds3_browser.gui.theme import Role
from ds3_browser.gui.views.facts_table import FactsTable
from ds3_browser.protocol.records import (
    Blob,
    DataPolicy,
    GetItem,
    PlacedBlob,
    Placement,
    Versioning,
)
from ds3_browser.protocol.system_records import Tape
from ds3_browser.transfer.events import Direction, State
from tests.gui.test_window import answer, rows_of

SOON = 10_000
OWN = {"ds3-mode": "100640", "ds3-permissions": "640(rw-r-----)", "ds3-flags": "N|A"}
AT = datetime(2026, 11, 22, 22, 47, 30, tzinfo=UTC)


def record(kind, **known):
    """A record of which only some fields matter to a test."""
    from dataclasses import fields

    return kind(**{field.name: None for field in fields(kind)} | known)


def tape(barcode: str, **known) -> Tape:
    return record(Tape, id=barcode, bar_code=barcode, type="LTO8", **{"state": "NORMAL"} | known)


def placed(*tapes: str, offset: int = 0, in_cache: bool = False) -> PlacedBlob:
    blob = Blob("a.mxf", offset, 10, in_cache, None)
    return PlacedBlob(blob, Placement(tapes, (), ()))


POLICY = record(
    DataPolicy, id="p", name="Dual Copy", versioning=Versioning.NONE, default_blob_size=10**10
)
FACTS = ObjectFacts(
    bucket="rushes",
    name="a.mxf",
    at=AT,
    head=None,
    versions=None,
    blobs=(placed("A1", "A2"), placed("A1", "A2", offset=10)),
    policy=POLICY,
    copies_asked=2,
    tapes={"A1": tape("A1"), "A2": tape("A2", state="EJECTED", eject_location="Vault 2, shelf 4")},
)


@pytest.mark.ui("9.10", "placement has a headline of whole copies, and the cache as a row")
@pytest.mark.parametrize(
    ("change", "text", "role"),
    [
        ({}, "Persisted: 2 of 2 copies, as data policy Dual Copy asks", Role.SUCCESS),
        ({"copies_asked": None}, "Persisted: 2 copies", Role.SUCCESS),
        (
            {"blobs": (placed("A1", "A2"), placed("A1", offset=10))},
            "Degraded: 1 of 2 copies that data policy Dual Copy asks for",
            Role.WARNING,
        ),
        ({"blobs": (placed("A1"), placed())}, "Not yet persisted", Role.WARNING),
        ({"blobs": None}, "Where the copies are is not known", Role.SECONDARY),
    ],
)
def test_the_headline_counts_whole_copies_against_what_the_policy_asks(change, text, role) -> None:
    told = fact_words.headline(replace(FACTS, **change))
    assert (told.text, told.role) == (text, role)


@pytest.mark.ui("9.11", "ejected tapes are told with their place")
def test_ejected_tapes_are_told_with_their_place() -> None:
    where = fact_words.headline(FACTS).where
    assert where == "1 tape is in the library. Tape A2 is ejected, in Vault 2, shelf 4."


@pytest.mark.ui("9.12", "pieces of a large object are explained")
def test_pieces_are_explained_with_the_policys_size() -> None:
    assert fact_words.blobs_text(FACTS) == (
        "An object larger than 10.0 GB is kept in several pieces."
    )
    unknown = replace(FACTS, policy=None)
    assert fact_words.blobs_text(unknown) == "This object is kept in 2 pieces."
    assert fact_words.blobs_text(replace(FACTS, blobs=(placed("A1"),))) == ""


# --- the window, against the simulator


@pytest.fixture
def open_properties(qtbot, window, connected, client):
    for name in ("a.mxf", "d/x", "d/y"):
        client.put_object(
            "archive", name, b"0123456789", metadata={"colour": "red", "ds3-uid": "1000", **OWN}
        )
    window.context.actions["refresh"].trigger()
    qtbot.waitUntil(lambda: len(rows_of(window)) == 2, timeout=SOON)

    def show(row: int) -> PropertiesWindow:
        window.page.list.selectRow(row)
        action = window.context.actions["properties"]
        qtbot.waitUntil(action.isEnabled, timeout=SOON)
        action.trigger()
        shown = window.findChild(PropertiesWindow)
        qtbot.waitUntil(lambda: looked_up(shown), timeout=SOON)
        return shown

    return show


def looked_up(shown: PropertiesWindow) -> bool:
    return shown.findChild(QWidget, "looked_up").text().startswith("Looked up")


def general(shown: PropertiesWindow) -> dict[str, str]:
    return dict(shown.general.told)


def table(shown: PropertiesWindow, name: str) -> FactsTable:
    found = shown.findChild(FactsTable, name)
    assert found is not None
    return found


@pytest.mark.ui("9.6", "properties stand beside the window and follow unless pinned")
def test_an_objects_properties_are_told_beside_the_window(open_properties) -> None:
    shown = open_properties(1)
    assert not shown.isModal()
    told = general(shown)
    assert (told["Name"], told["Bucket"]) == ("a.mxf", "archive")
    assert told["Size"] == "10 B (10 bytes)"
    assert told["Owner"] == "spectra"
    assert told["Checksum type"] not in ("", "—")


@pytest.mark.ui("9.8", "metadata groups the file's own properties")
def test_metadata_groups_our_own_keys(open_properties) -> None:
    rows = table(open_properties(1), "metadata_table").texts()
    assert rows[0] == ["colour", "red"]
    assert rows[1] == ["ds3-flags", "N|A"]  # of another system's files
    assert rows[2] == ["File properties", ""]
    assert ["Owner's number", "1000"] in rows
    assert ["Permissions", "640 (rw-r-----)"] in rows


def test_the_number_of_metadata_is_of_those_that_are_shown(open_properties) -> None:
    shown = open_properties(1)
    rows = table(shown, "metadata_table").texts()
    tab = shown.findChild(QWidget, "metadata_tab")
    assert tab.text() == f"Metadata {len(rows) - 1}"  # without the title of a group


@pytest.mark.ui("9.7", "folders are counted live and several objects summed")
def test_a_folder_is_counted_live_and_several_are_summed(qtbot, window, open_properties) -> None:
    shown = open_properties(0)
    assert general(shown)["Objects"] == "2"
    assert not shown.findChild(QWidget, "placement_tab").isVisible()
    window.page.select_all()
    qtbot.waitUntil(lambda: general(shown).get("Objects") == "3", timeout=SOON)
    assert shown.findChild(QWidget, "properties_name").text() == "2 selected"


@pytest.mark.ui("9.6", "properties stand beside the window and follow unless pinned")
def test_it_follows_the_selection_unless_the_pin_is_down(qtbot, window, open_properties) -> None:
    shown = open_properties(0)
    window.page.list.selectRow(1)
    qtbot.waitUntil(lambda: general(shown).get("Name") == "a.mxf", timeout=SOON)
    shown.findChild(QToolButton, "properties_pin").click()
    window.page.list.selectRow(0)
    qtbot.waitUntil(lambda: not window._tell_properties.isActive(), timeout=SOON)
    assert general(shown)["Name"] == "a.mxf"


@pytest.mark.ui("9.15", "a bucket's properties name its policy")
def test_a_buckets_properties_name_its_policy(qtbot, window, open_properties) -> None:
    shown = open_properties(1)
    window.context.actions["bucket_properties"].trigger()
    qtbot.waitUntil(lambda: "Versioning" in general(shown), timeout=SOON)
    told = general(shown)
    assert told["Name"] == "archive"
    assert told["Versioning"] == "Keeps no versions"
    assert told["Used"] == "30 B (30 bytes)"
    assert told["Owner"] == "spectra"


@pytest.mark.ui("9.10", "placement has a headline of whole copies, and the cache as a row")
def test_the_placement_page_has_the_cache_as_its_last_row(open_properties) -> None:
    shown = open_properties(1)
    shown.findChild(QWidget, "placement_tab").click()
    copies = table(shown, "copies_table").texts()
    assert copies[-1][:4] == ["Cache", "", "Disk", "In cache"]
    assert table(shown, "blobs_table").texts()[0][:3] == ["1", "0 B", "10 B"]


@pytest.mark.ui("9.10", "placement has a headline of whole copies, and the cache as a row")
def test_each_copy_is_told_with_what_holds_it(qtbot) -> None:
    where = Placement(("A1",), ("pool 1",), ("South", "Azure"), replicas=("South",))
    blobs = (PlacedBlob(Blob("a.mxf", 0, 10, True, None), where),)
    window = QWidget()
    qtbot.addWidget(window)
    page = PlacementPage(window)
    page.show_facts(replace(FACTS, blobs=blobs, tapes={}))
    kinds = [row[1:3] for row in table(page, "copies_table").texts()[:-1]]
    assert kinds == [
        ["A1", "Tape"],
        ["pool 1", "Disk pool"],
        ["South", "Appliance"],
        ["Azure", "Cloud"],
    ]


@pytest.mark.ui("9.13", "what may not be asked leaves the rest")
def test_what_may_not_be_asked_leaves_the_rest(qtbot, window, open_properties, simulator) -> None:
    simulator.faults.set("fail_next", [["PUT /_rest_/bucket/archive", 403, "AccessDenied", 9]])
    shown = open_properties(1)
    assert general(shown)["Size"] == "10 B (10 bytes)"
    text = shown.findChild(QWidget, "placement_text").text()
    assert text == "Where the copies are is not known"


@pytest.mark.ui("9.14", "all that is told is saved as CSV, barcodes are copied")
def test_all_that_is_told_is_saved_as_csv(qtbot, open_properties, tmp_path) -> None:
    shown = open_properties(1)
    file = tmp_path / "told.csv"
    shown.save_to(str(file))
    qtbot.waitUntil(file.exists)
    assert file.read_bytes().startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(file.read_text(encoding="utf-8-sig").splitlines()))
    assert rows[0] == ["Page", "Name", "Value"]
    assert ["General", "Name", "a.mxf"] in rows
    assert ["Metadata", "colour", "red"] in rows


@pytest.mark.ui("9.10", "placement has a headline of whole copies, and the cache as a row")
def test_no_column_is_cut_to_nothing_by_large_letters(qtbot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    font = window.font()
    font.setPixelSize(20)
    window.setFont(font)
    page = PlacementPage(window)
    page.resize(700, 500)
    window.show()
    page.show_facts(FACTS)
    for name in ("copies_table", "blobs_table"):
        header = table(page, name).horizontalHeader()
        for number in range(header.count()):
            assert header.sectionSize(number) >= header.sectionSizeHint(number)


def test_an_object_is_verified_from_its_placement(qtbot, open_properties, window) -> None:
    shown = open_properties(1)
    shown.findChild(QWidget, "placement_tab").click()
    button = shown.findChild(QPushButton, "verify_now")
    qtbot.waitUntil(lambda: asked_again(qtbot, shown).isVisible(), timeout=SOON)
    button.click()
    question = window.findChild(UnattendedDialog)
    qtbot.waitUntil(question.isVisible)
    assert question.findChild(QLabel, "unattended_tapes").isVisible()
    question.go_on.click()
    qtbot.waitUntil(lambda: [row.state for row in window.jobs.rows()] == [State.DONE], timeout=SOON)
    (row,) = window.jobs.rows()
    assert row.direction is Direction.VERIFY


def asked_again(qtbot, shown: PropertiesWindow) -> QPushButton:
    """Look up once more: the copies may have come since. Returns the button to verify."""
    shown.look_up()
    qtbot.waitUntil(lambda: looked_up(shown), timeout=SOON)
    return shown.findChild(QPushButton, "verify_now")


# --- versions


@pytest.fixture
def versioned(qtbot, window, connected, client, simulator):
    simulator.faults.set("policies", [{"versioning": "KEEP_MULTIPLE_VERSIONS"}])
    client.create_bucket("versions")
    for data in (b"1", b"22", b"333"):
        client.put_object("versions", "a", data)
    place = Place(connected.id, "versions")
    window.commands.properties.show(Selection(place, (SelectedObject("a", 3),)), "versions")
    shown = window.findChild(PropertiesWindow)
    qtbot.waitUntil(lambda: looked_up(shown), timeout=SOON)
    return shown


def sizes(shown: PropertiesWindow) -> list[tuple[str, str]]:
    return [(row[1], row[3]) for row in table(shown, "versions_table").texts()]


@pytest.mark.ui("9.9", "versions are listed, deleted and brought back")
def test_all_versions_are_listed_newest_first(versioned) -> None:
    assert sizes(versioned) == [("3 B", "Latest"), ("2 B", ""), ("1 B", "")]
    assert versioned.findChild(QWidget, "versions_tab").text() == "Versions 3"


@pytest.mark.ui("9.9", "versions are listed, deleted and brought back")
def test_each_version_is_told_with_where_it_is(qtbot, versioned, client, simulator) -> None:
    def placements() -> list[str]:
        versioned.look_up()
        qtbot.waitUntil(lambda: looked_up(versioned), timeout=SOON)
        return [row[4] for row in table(versioned, "versions_table").texts()]

    qtbot.waitUntil(lambda: all("tape" in each for each in placements()), timeout=SOON)
    versions = list(client.find_objects(bucket="versions", name="a"))
    (oldest,) = [one.id for one in versions if one.size == 1]
    (blob,) = client.placements("versions", [GetItem("a", oldest)])
    simulator.faults.set("eject_tape", [blob.placement.tapes[0]])
    assert "1 ejected" in placements()[2]


@pytest.mark.ui("9.9", "versions are listed, deleted and brought back")
def test_one_version_is_deleted_after_a_question(qtbot, versioned, client) -> None:
    table(versioned, "versions_table").selectRow(1)
    answer(qtbot, Box, lambda box: box.findChild(QPushButton, "go_on").click())
    versioned.findChild(QPushButton, "delete_version").click()
    qtbot.waitUntil(lambda: sizes(versioned) == [("3 B", "Latest"), ("1 B", "")], timeout=SOON)


def test_one_version_is_downloaded_whatever_the_latest_is(
    qtbot, window, versioned, tmp_path
) -> None:
    table(versioned, "versions_table").selectRow(1)

    def choose(form: QDialog) -> None:
        form.findChild(QLineEdit, "target_folder").setText(str(tmp_path / "out"))
        button = form.findChild(QPushButton, "download_button")
        qtbot.waitUntil(button.isEnabled, timeout=SOON)
        button.click()

    answer(qtbot, DownloadDialog, choose)
    versioned.findChild(QPushButton, "download_version").click()
    qtbot.waitUntil(lambda: [row.state for row in window.jobs.rows()] == [State.DONE], timeout=SOON)
    assert (tmp_path / "out" / "a").read_bytes() == b"22"


@pytest.mark.ui("9.9", "versions are listed, deleted and brought back")
def test_a_deleted_object_is_undeleted(qtbot, versioned, client) -> None:
    client.delete_object("versions", "a")
    versioned.look_up()
    qtbot.waitUntil(lambda: [word for _, word in sizes(versioned)] == ["", "", ""], timeout=SOON)
    table(versioned, "versions_table").selectRow(2)
    versioned.findChild(QPushButton, "undelete_version").click()
    qtbot.waitUntil(lambda: ("1 B", "Latest") in sizes(versioned), timeout=SOON)
    assert [one.size for one in client.list_objects("versions").objects()] == [1]


@pytest.mark.ui("9.14", "all that is told is saved as CSV, barcodes are copied")
def test_barcodes_are_copied_one_a_line(qtbot) -> None:
    from ds3_browser.gui.dialogs.property_pages import PlacementPage

    parent = QWidget()
    qtbot.addWidget(parent)
    page = PlacementPage(parent)
    page.show_facts(FACTS)
    page.findChild(QPushButton, "copy_barcodes").click()
    assert QApplication.clipboard().text() == "A1\nA2"
    assert table(page, "copies_table").texts()[1][3:5] == ["Ejected", "Vault 2, shelf 4"]


def test_ejected_tapes_are_asked_for_once_a_minute_and_never_without_the_right(
    client, simulator
) -> None:
    from ds3_browser.gui.connections import Placed
    from ds3_browser.gui.looking_up import EjectedTapes
    from ds3_browser.protocol.errors import AccessDenied, Refusal

    class Library:
        def __init__(self) -> None:
            self.asked: list[str] = []
            self.denied = False

        def tape(self, barcode: str) -> Tape:
            self.asked.append(barcode)
            if self.denied:
                raise AccessDenied(Refusal("GET", "/_rest_/tape", 403))
            return tape(barcode, state="EJECTED" if barcode == "A2" else "NORMAL")

    library, known = Library(), EjectedTapes()
    places = {"a": Placed(False, ("A1", "A2")), "b": Placed(False, ("A1",))}
    told = known.told_in(places, library)
    assert (told["a"].ejected, told["b"].ejected) == (("A2",), ())
    known.told_in(places, library)
    assert library.asked == ["A1", "A2"]
    library.denied, refused = True, EjectedTapes()
    refused.told_in(places, library)
    refused.told_in(places, library)
    assert library.asked == ["A1", "A2", "A1"]


@pytest.mark.ui("9.9", "versions are listed, deleted and brought back")
def test_that_a_version_is_the_latest_is_said_in_full(versioned) -> None:
    versioned.show_page("versions")
    versions = table(versioned, "versions_table")
    assert versions.sizeHintForColumn(3) <= versions.columnWidth(3)
