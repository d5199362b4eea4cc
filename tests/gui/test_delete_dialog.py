"""The question before something is deleted."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest
from PySide6.QtWidgets import QLabel, QLineEdit, QPushButton, QTableWidget, QWidget

from ds3_browser.gui.connections import Deleted, OnlyCopies, Tally
from ds3_browser.gui.dialogs.delete import DeleteDialog
from ds3_browser.gui.places import Place, SelectedObject, Selection
from ds3_browser.protocol.errors import AccessDenied, Refusal
from ds3_browser.protocol.records import DeleteError, Versioning

BUCKET = Place("n", "rushes-2026", "d/")
OBJECTS = Selection(BUCKET, (SelectedObject("d/a", 5), SelectedObject("d/b", 7)))
FOLDER = Selection(BUCKET, (), ("d/_proxies/",))
WHOLE = Selection(Place("n"), buckets=("rushes-2026",))


@dataclass
class Appliance:
    """Counts and deletes when it is told to, and remembers what it was asked."""

    versioning: Versioning | None = Versioning.NONE
    counted: list[Selection] = field(default_factory=list)
    deleted: list[Selection] = field(default_factory=list)
    copies: OnlyCopies | None = field(default_factory=lambda: OnlyCopies(2, 0))
    looked_at: list[Selection] = field(default_factory=list)
    stopped: int = 0
    looks_stopped: int = 0

    def count(self, selection, on_progress, on_result, on_error):
        self.counted.append(selection)
        self.tell_count, self.end_count, self.fail_count = on_progress, on_result, on_error
        return self._stop

    def delete(self, selection, on_progress, on_result, on_error):
        self.deleted.append(selection)
        self.tell, self.end, self.fail = on_progress, on_result, on_error
        return self._stop

    def look(self, selection, on_progress, on_result, on_error):
        self.looked_at.append(selection)
        self.tell_copies, self.end_copies, self.fail_copies = on_progress, on_result, on_error
        if self.copies is not None:
            on_result(self.copies)
        return self._stop_look

    def _stop_look(self) -> None:
        self.looks_stopped += 1

    def ask_versioning(self, on_result):
        on_result(self.versioning)

    def _stop(self) -> None:
        self.stopped += 1


@pytest.fixture
def appliance() -> Appliance:
    return Appliance()


def at_once(do, on_result, on_error) -> None:
    """A call in the background, but here and now."""
    try:
        result = do()
    except OSError as error:
        on_error(error)
    else:
        on_result(result)


@pytest.fixture
def ask(qtbot, appliance):
    def ask(selection: Selection) -> DeleteDialog:
        dialog = DeleteDialog(
            selection,
            appliance.count,
            appliance.delete,
            appliance.look,
            appliance.ask_versioning,
            at_once,
        )
        qtbot.addWidget(dialog)
        dialog.show()
        return dialog

    return ask


def button(dialog: DeleteDialog) -> QPushButton:
    return dialog.findChild(QPushButton, "delete_button")


def text(dialog: DeleteDialog, name: str) -> str:
    return dialog.findChild(QWidget, name).text()


@pytest.mark.ui("9.1", "delete tells count and size, and waits for the count")
def test_delete_waits_for_the_count_and_the_count_is_told_meanwhile(ask, appliance):
    dialog = ask(FOLDER)
    assert not button(dialog).isEnabled()
    appliance.tell_count(Tally(12_300, 5, (("d/_proxies/", 12_300, 5),)))
    assert text(dialog, "delete_status") == "counting, 12,300 so far"
    assert not button(dialog).isEnabled()


@pytest.mark.ui("9.3", "the bucket's name is typed from a hundred objects, for folders and buckets")
def test_a_few_objects_need_just_the_button(ask, appliance):
    dialog = ask(OBJECTS)
    appliance.end_count(Tally(2, 12, (("d/a", 1, 5), ("d/b", 1, 7))))
    assert text(dialog, "heading") == "Delete 2 objects, 12 B, from rushes-2026?"
    assert not dialog.findChild(QLineEdit, "typed_name").isVisible()
    assert button(dialog).isEnabled()
    assert not button(dialog).isDefault()


@pytest.mark.ui("9.3", "the bucket's name is typed from a hundred objects, for folders and buckets")
@pytest.mark.parametrize(("selection", "objects"), [(FOLDER, 1), (OBJECTS, 100), (WHOLE, 1)])
def test_a_folder_a_hundred_objects_or_a_full_bucket_ask_for_the_name(
    qtbot, ask, appliance, selection, objects
):
    dialog = ask(selection)
    appliance.end_count(Tally(objects, 5))
    typed = dialog.findChild(QLineEdit, "typed_name")
    assert typed.isVisible()
    qtbot.keyClicks(typed, "rushes-202")
    assert not button(dialog).isEnabled()
    qtbot.keyClicks(typed, "6")
    assert button(dialog).isEnabled()


@pytest.mark.ui("9.5", "an empty bucket is deleted without its name")
def test_an_empty_bucket_needs_no_name(ask, appliance):
    dialog = ask(WHOLE)
    appliance.end_count(Tally(0, 0))
    assert button(dialog).isEnabled()
    assert button(dialog).text() == "Delete the bucket"


@pytest.mark.ui("9.2", "what delete means is told from the data policy")
@pytest.mark.parametrize(
    ("versioning", "told"),
    [
        (Versioning.NONE, "so this cannot be undone."),
        (Versioning.KEEP_MULTIPLE_VERSIONS, "Their versions stay on the appliance."),
        (None, "can no longer be restored from tape."),
    ],
)
def test_the_data_policy_decides_what_is_said(ask, appliance, versioning, told):
    appliance.versioning = versioning
    assert text(ask(OBJECTS), "sentence").endswith(told)


def test_of_one_object_it_is_said_in_the_singular(ask, appliance):
    appliance.versioning = Versioning.NONE
    one = Selection(OBJECTS.place, OBJECTS.objects[:1])
    assert text(ask(one), "sentence").startswith("It is removed from cache")
    appliance.versioning = Versioning.KEEP_MULTIPLE_VERSIONS
    assert text(ask(one), "sentence") == "Its versions stay on the appliance."


@pytest.mark.ui("9.3", "the bucket's name is typed from a hundred objects, for folders and buckets")
def test_a_bucket_that_may_hold_versions_asks_for_its_name_and_tells_of_them(ask, appliance):
    appliance.versioning = Versioning.KEEP_MULTIPLE_VERSIONS
    dialog = ask(WHOLE)
    appliance.end_count(Tally(0, 0))
    assert "older versions and those of deleted objects too" in text(dialog, "sentence")
    assert dialog.findChild(QLineEdit, "typed_name").isVisible()
    assert not button(dialog).isEnabled()


def test_leaving_stops_the_count(ask, appliance):
    ask(FOLDER).reject()
    assert appliance.stopped == 1
    assert appliance.deleted == []


def test_it_closes_when_all_is_deleted(qtbot, ask, appliance):
    dialog = ask(OBJECTS)
    appliance.end_count(Tally(2, 12))
    button(dialog).click()
    assert appliance.deleted == [OBJECTS]
    appliance.tell(Deleted(1, 2))
    assert text(dialog, "delete_status") == "1 of 2 asked for"
    with qtbot.waitSignal(dialog.accepted):
        appliance.end(Deleted(2, 2))
    assert dialog.began


def test_a_deletion_can_be_stopped(ask, appliance):
    dialog = ask(OBJECTS)
    appliance.end_count(Tally(2, 12))
    button(dialog).click()
    stop = dialog.findChild(QPushButton, "cancel")
    assert stop.text() == "Stop"
    stop.click()
    assert appliance.stopped == 1
    assert dialog.began


@pytest.mark.ui(
    "9.19", "a deletion says in red which objects have no other copy, and asks for the name"
)
def test_an_object_without_another_copy_is_told_in_red_and_asks_for_the_name(qtbot, ask, appliance):
    appliance.copies = None
    dialog = ask(OBJECTS)
    appliance.end_count(Tally(2, 12))
    assert not button(dialog).isEnabled()
    assert button(dialog).toolTip() == "It is still looked up which objects have no other copy."
    assert not dialog.findChild(QLineEdit, "typed_name").isVisible()
    appliance.end_copies(OnlyCopies(2, 1))
    red = dialog.findChild(QLabel, "only_copies")
    assert red.isVisible()
    assert red.text() == (
        "1 of these objects has no other copy: it is in cache and not yet persisted."
    )
    assert not button(dialog).isEnabled()
    typed = dialog.findChild(QLineEdit, "typed_name")
    assert typed.isVisible()
    qtbot.keyClicks(typed, "rushes-2026")
    assert button(dialog).isEnabled()


@pytest.mark.ui(
    "9.19", "a deletion says in red which objects have no other copy, and asks for the name"
)
@pytest.mark.parametrize(
    ("copies", "told"),
    [
        (OnlyCopies(1, 1), "This object has no other copy: it is in cache and not yet persisted."),
        (OnlyCopies(1, 1, 1), "This object has no other copy: it is not yet persisted."),
        (
            OnlyCopies(9_000, 1_200),
            "1,200 of these objects have no other copy: they are in cache and not yet persisted.",
        ),
        (
            OnlyCopies(9_000, 1_200, 3),
            "1,200 of these objects have no other copy: they are not yet persisted.",
        ),
    ],
)
def test_the_red_line_claims_no_more_than_is_known(ask, appliance, copies, told):
    appliance.copies = copies
    assert text(ask(FOLDER), "only_copies") == told


def test_a_long_look_tells_how_far_it_is_and_can_be_ended(qtbot, ask, appliance):
    appliance.copies = None
    dialog = ask(FOLDER)
    appliance.end_count(Tally(50_000, 5))
    qtbot.keyClicks(dialog.findChild(QLineEdit, "typed_name"), "rushes-2026")
    appliance.tell_copies(OnlyCopies(12_300, 7))
    end = dialog.findChild(QPushButton, "stop_looking")
    qtbot.waitUntil(end.isVisible)
    assert text(dialog, "only_copies_look") == (
        "Looking for other copies, 12,300 of 50,000 objects so far"
    )
    assert text(dialog, "only_copies").startswith("7 of these objects have no other copy")
    assert not button(dialog).isEnabled()
    end.click()
    assert appliance.looks_stopped == 1
    assert text(dialog, "only_copies_look") == (
        "12,300 objects were looked at. Whether the others have another copy is not known."
    )
    assert button(dialog).isEnabled()


def test_copies_that_cannot_be_looked_up_ask_for_the_name_and_say_why(ask, appliance):
    appliance.copies = None
    dialog = ask(OBJECTS)
    appliance.end_count(Tally(2, 12))
    appliance.fail_copies(AccessDenied(Refusal("PUT", "/_rest_/bucket/rushes-2026", 403)))
    assert text(dialog, "only_copies_look") == (
        "Whether there is another copy could not be looked up."
        " You have no right to do this. Ask the appliance's administrator."
    )
    assert dialog.findChild(QLineEdit, "typed_name").isVisible()
    assert not button(dialog).isEnabled()


def test_where_older_versions_stay_no_copy_is_looked_for(ask, appliance):
    appliance.versioning = Versioning.KEEP_MULTIPLE_VERSIONS
    dialog = ask(OBJECTS)
    appliance.end_count(Tally(2, 12))
    assert appliance.looked_at == []
    assert button(dialog).isEnabled()


def test_leaving_ends_the_look_and_a_late_answer_does_no_harm(ask, appliance):
    appliance.copies = None
    dialog = ask(OBJECTS)
    dialog.reject()
    assert appliance.looks_stopped == 1
    appliance.end_copies(OnlyCopies(2, 2))
    assert not dialog.isVisible()


@pytest.mark.ui("9.4", "names that were not deleted are told in the same dialog")
def test_names_that_were_not_deleted_are_listed_with_reasons(ask, appliance):
    dialog = ask(OBJECTS)
    appliance.end_count(Tally(2, 12))
    button(dialog).click()
    appliance.end(Deleted(2, 2, (DeleteError("d/b", None, "AccessDenied", "no"),)))
    assert dialog.isVisible()
    assert text(dialog, "heading") == "1 of 2 objects was not deleted"
    table = dialog.findChild(QTableWidget, "delete_items")
    assert [table.item(0, 0).text(), table.item(0, 1).text()] == [
        "d/b",
        "You have no right to delete it.",
    ]
    assert "AccessDenied" in table.item(0, 1).toolTip()


def test_a_count_that_fails_says_why_and_offers_no_deletion(ask, appliance):
    dialog = ask(FOLDER)
    appliance.fail_count(AccessDenied(Refusal("GET", "/rushes-2026", 403)))
    assert "You have no right to list rushes-2026." in text(dialog, "delete_trouble")
    assert not button(dialog).isVisible()
    assert dialog.findChild(QPushButton, "cancel").text() == "Close"


def test_a_very_large_selection_is_listed_in_part(ask, appliance):
    many = tuple(SelectedObject(f"d/{n:04d}", 1) for n in range(1200))
    dialog = ask(Selection(BUCKET, many))
    table = dialog.findChild(QTableWidget, "delete_items")
    assert table.rowCount() == 501
    assert table.item(500, 0).text() == "and 700 more"


@pytest.mark.ui("9.18", "the list of what would be deleted is saved as CSV")
def test_the_list_is_saved_once_it_is_counted(ask, appliance, tmp_path: Path):
    dialog = ask(FOLDER)
    save = dialog.findChild(QPushButton, "save_list")
    assert not save.isEnabled()
    assert save.toolTip() == "The objects are still being counted."
    appliance.end_count(Tally(1_204, 318, (("=d/_proxies é/", 1_204, 318),)))
    assert save.isEnabled()
    file = tmp_path / "list.csv"
    dialog.save_to(str(file))
    assert file.read_bytes() == (
        b"\xef\xbb\xbf" + "Name,Objects,Size\r\n'=d/_proxies é/,1204,318\r\n".encode()
    )
    assert text(dialog, "delete_status") == "The list is saved."


@pytest.mark.ui("9.18", "the list of what would be deleted is saved as CSV")
def test_a_list_that_cannot_be_saved_says_why_in_the_form(ask, appliance, tmp_path: Path):
    dialog = ask(OBJECTS)
    appliance.end_count(Tally(2, 12, (("d/a", 1, 5), ("d/b", 1, 7))))
    dialog.save_to(str(tmp_path / "gone" / "list.csv"))
    words = [one.text() for one in dialog.findChildren(QLabel) if one.isVisible()]
    assert any("could not be saved" in one and "gone" in one for one in words), words
    assert button(dialog).isEnabled()
