"""The whole window on what archives are really like, and what it says of that.

10,000 objects with names of every script; versions, also of what is deleted; tapes that are out of
the library; copies that were lost; a user without rights. What nobody caught and what Qt warns of
fail a test by themselves (pytest-qt); besides, nothing is logged as an error here, and no box comes
up that stops the user but those of `BOXES`.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QObject
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPushButton, QWidget

from ds3_browser.gui.dialogs.delete import DeleteDialog
from ds3_browser.gui.dialogs.download import DownloadDialog
from ds3_browser.gui.dialogs.properties import PropertiesWindow
from ds3_browser.gui.dialogs.questions import Box
from ds3_browser.gui.job_tasks import ObjectsPage
from ds3_browser.gui.messages import sentence
from ds3_browser.gui.models.ordering import SortKey
from ds3_browser.gui.places import Place, Search, SelectedObject, Selection
from ds3_browser.gui.views.facts_table import FactsTable
from ds3_browser.protocol.records import Credentials
from ds3_browser.simulator.seeding import Seed
from ds3_browser.transfer.events import ObjectState, State, WaitReason
from tests.end_to_end.person import Person, in_front, press, until
from tests.gui.odd_names import OBJECTS, ODD, PUT, SIZE, scripts, tree

#: Boxes that stop the user until they are answered, by name: a name that is asked for, and the
#: question before a version is deleted for good.
BOXES = {"new_folder_dialog", "new_bucket_dialog", "question_box"}
SOON = 20_000


class _Boxes(QObject):
    """Notes by name what comes up and stops the window."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        shown = event.type() == QEvent.Type.Show and isinstance(watched, QWidget)
        if shown and watched.isWindow() and watched.isModal():
            self.seen.add(watched.objectName())
        return False


@pytest.fixture(autouse=True)
def _calm(qapp: QApplication, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Nothing is logged as an error, and nothing modal comes up that need not."""
    boxes = _Boxes()
    qapp.installEventFilter(boxes)
    yield
    qapp.removeEventFilter(boxes)
    errors = [one.getMessage() for one in caplog.records if one.levelno >= logging.ERROR]
    assert errors == []
    assert boxes.seen <= BOXES


class Visitor(Person):
    """Somebody who looks at everything, and reads what is said."""

    def connect_as(self, endpoint, credentials) -> None:
        self.connect(endpoint, credentials)
        self.window.resize(1440, 900)

    def said(self, name: str, inside: QWidget | None = None) -> str:
        found = (inside or self.window.pages.currentWidget()).findChild(QLabel, name)
        assert found is not None, name
        return found.text()

    def cells(self, column: str) -> list[str]:
        model = self.window.page.model
        (number,) = (n for n, one in enumerate(model.columns) if one.id == column)
        return [model.cell(row, number).text for row in range(model.rowCount())]

    def sort(self, *keys: SortKey) -> list[str]:
        model = self.window.page.model
        model.sort_by(list(keys))
        until(lambda: not model.is_sorting, "the order")
        return self.listed()

    def filter(self, text: str) -> list[str]:
        self.window.page.filter.setText(text)
        return self.listed()

    def search(self, text: str, bucket: str | None) -> list[str]:
        self.window.go(Place(self.session, bucket, search=Search(text)))
        self.until_listed()
        return self.listed()

    def properties(self, name: str) -> PropertiesWindow:
        self.select(name)
        action = self.window.actions_table["properties"]
        until(action.isEnabled, "Properties")
        action.trigger()
        shown = self.window.findChild(PropertiesWindow)
        assert shown is not None
        looked_up(shown)
        return shown

    def upload(self, bucket: str, *paths: Path, prefix: str = "") -> int:
        def act() -> None:
            before = set(self.jobs())
            place = Place(self.session, bucket, prefix)
            self.window.commands.upload([str(path) for path in paths], place)
            until(lambda: in_front() or set(self.jobs()) - before, "the upload or its form")
            if (form := in_front()) is not None:
                press(form, "upload_button")

        return self.begun(act)

    def fetch(self, bucket: str, target: Path, *names: str, folders: tuple[str, ...] = ()) -> int:
        """Download what may not be listed, by name."""
        objects = tuple(SelectedObject(name, None) for name in names)

        def act() -> None:
            self.window.commands.download(Selection(Place(self.session, bucket), objects, folders))
            form = in_front()
            assert isinstance(form, DownloadDialog)
            form.findChild(QLineEdit, "target_folder").setText(str(target))
            press(form, "download_button")

        return self.begun(act)

    def until_failed(self, job: int) -> str:
        self.until_job(job, State.FAILED, that=lambda row: row.outcome)
        return self.says(job)

    def failures(self, job: int, state: ObjectState = ObjectState.FAILED) -> dict[str, str]:
        """What is said of each object of a job that failed, or was left out."""
        pages: list[ObjectsPage] = []
        states = frozenset({state})
        self.window.context.queue.reading.page(job, pages.append, pytest.fail, states=states)
        until(lambda: pages, "the objects")
        return {one.name: sentence(one.failure).text for one in pages[0].rows}

    def begin_to_delete(self, *names: str) -> QWidget:
        """Ask to delete rows; gives the form once it knows all it wants to."""
        self.select(*names)
        action = self.window.actions_table["delete"]
        until(action.isEnabled, "Delete")
        action.trigger()
        return self.delete_form()

    def delete_form(self) -> QWidget:
        """The form that asks before a deletion, once it has counted."""
        shown = [one for one in self.window.findChildren(DeleteDialog) if one.isVisible()]
        (form,) = shown
        counted = form.findChild(QPushButton, "save_list")
        until(lambda: counted.isEnabled() or not counted.isVisible(), "the count")
        return form

    def delete(self, *names: str, typed: str = "") -> None:
        form = self.begin_to_delete(*names)
        if typed:
            until(form.findChild(QLineEdit, "typed_name").isVisible, "the field for the name")
            QTest.keyClicks(form.findChild(QLineEdit, "typed_name"), typed)
        press(form, "delete_button")


def looked_up(shown: PropertiesWindow) -> None:
    looked = shown.findChild(QWidget, "looked_up")
    until(lambda: looked.text().startswith("Looked up"), "the properties")


def rows(shown: PropertiesWindow, table: str) -> list[list[str]]:
    return shown.findChild(FactsTable, table).texts()


def visible_rows(window) -> list[str]:
    """The names that can be read in the sidebar, down to the folders that are unfolded."""
    model, found, left = window.sidebar.tree.model(), [], []
    left = [model.index(row, 0) for row in range(model.rowCount())]
    while left:
        index = left.pop()
        found.append(str(index.data()))
        left += [model.index(row, 0, index) for row in range(model.rowCount(index))]
    return found


@pytest.fixture
def visitor(window, endpoint, credentials, bucket) -> Visitor:
    visitor = Visitor(window)
    visitor.connect_as(endpoint, credentials)
    return visitor


# -- names of every script -------------------------------------------------------------------------


def test_ten_thousand_objects_of_every_script_are_browsed_and_found(
    visitor, simulator, client, window
):
    names = tree(simulator, client, "archive")
    assert len(set(names)) == OBJECTS
    visitor.go("archive")
    tops = {name.partition("/")[0] + ("/" if "/" in name else "") for name in names}
    until(lambda: len(visitor.listed()) == len(tops), "all folders and objects")
    assert set(visitor.listed()) == tops
    assert all(visitor.cells("name"))
    archive = window.sidebar.model.index_of(Place(visitor.session, "archive"))
    window.sidebar.tree.expand(archive)
    until(lambda: len(visible_rows(window)) >= len(scripts()), "the sidebar's folders")
    assert all(visible_rows(window))  # a folder whose name is empty is read, too
    assert set(visitor.sort(SortKey("name"))) == tops
    assert visitor.sort(SortKey("size", descending=True))[-1] in tops
    visitor.sort()
    for letters in scripts().values():
        assert f"{letters}/" in visitor.filter(letters)
    assert visitor.filter("no such name") == []
    visitor.filter("")
    for letters in scripts().values():
        found = visitor.search(f"{letters}.mxf", "archive")
        assert found == [f"{letters}/{letters}.mxf"]


def test_folders_of_every_script_open_tell_themselves_and_come_home(
    visitor, simulator, client, window, tmp_path
):
    names = tree(simulator, client, "archive")
    arabic, hangul, emoji = scripts()["ARABIC"], scripts()["HANGUL"], "🎬👩\u200d🎤.mxf"
    visitor.go("archive", f"{arabic}/")
    inside = {name for name in names if name.startswith(f"{arabic}/")}
    assert len(visitor.listed()) == 3
    shown = visitor.properties(f"{arabic}/{arabic}.mxf")
    told = dict(shown.general.told)
    assert (told["Name"], told["Size"]) == (f"{arabic}/{arabic}.mxf", "7 B (7 bytes)")
    assert len(rows(shown, "versions_table")) == 1
    shown.close()
    visitor.go("archive")
    job = visitor.download(tmp_path, f"{arabic}/", f"{hangul}/", emoji, "tab\there")
    row = visitor.until_done(job)
    assert (row.counts.failed, row.counts.done) == (0, 2 * len(inside) + 2)
    home = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert inside | {emoji, "tab\there"} <= home
    assert (tmp_path / arabic / f"{arabic}.mxf").read_bytes() == PUT
    assert (tmp_path / arabic / "takes" / "object-0000000").stat().st_size == SIZE


def test_a_tree_of_every_script_is_uploaded_as_it_is_and_deleted(visitor, client, window, tmp_path):
    made = tmp_path / "tree"
    for letters in scripts().values():
        (made / letters / letters[::-1]).mkdir(parents=True, exist_ok=True)
        (made / letters / letters[::-1] / f"{letters} 1.mxf").write_bytes(PUT)
    for name in (one for one in ODD if "/" not in one and 2 < len(one) < 250):
        (made / name).write_bytes(PUT)
    wanted = {
        "tree/" + path.relative_to(made).as_posix() for path in made.rglob("*") if path.is_file()
    }
    (made / "bell\a").write_bytes(PUT)
    job = visitor.upload("archive", made)
    visitor.until_job(job, State.DONE, that=lambda row: row.outcome)
    # Most control characters are in no name that the appliance takes in a job: that is said.
    refused = {"tree/bell\a"}
    told = "The appliance takes no such name: a control character."
    assert visitor.failures(job, ObjectState.SKIPPED) == dict.fromkeys(refused, told)
    sent = {one.name for page in client.list_pages("archive") for one in page.objects()}
    assert sent == wanted
    visitor.go("archive", "tree/")
    letters = scripts()["THAI"]
    until(lambda: f"tree/{letters}/" in visitor.listed(), "the uploaded folders")
    visitor.delete(f"tree/{letters}/", "tree/ leading", typed="archive")
    until(lambda: in_front() is None, "the end of the deletion")
    left = {one.name for page in client.list_pages("archive") for one in page.objects()}
    gone = wanted - left
    assert gone == {f"tree/{letters}/{letters[::-1]}/{letters} 1.mxf", "tree/ leading"}
    until(lambda: f"tree/{letters}/" not in visitor.listed(), "the list without it")


# -- versions --------------------------------------------------------------------------------------


@pytest.fixture
def versions(simulator, client) -> str:
    """A bucket that keeps versions: of `take`, of a folder's object, and of two deleted ones."""
    simulator.faults.set("policies", [{"versioning": "KEEP_MULTIPLE_VERSIONS"}])
    client.create_bucket("versions")
    for data in (b"1", b"22", b"333"):
        client.put_object("versions", "take", data)
        client.put_object("versions", "day/é.mov", data)
    for name in ("gone", "empty/gone"):
        client.put_object("versions", name, b"4444")
        client.delete_object("versions", name)
    return "versions"


def test_versions_are_told_fetched_deleted_and_brought_back(
    visitor, versions, client, window, tmp_path
):
    visitor.go(versions)
    assert visitor.listed() == ["day/", "take"]  # what is deleted is not there
    assert visitor.search("take", versions) == ["take"]  # once, not three times
    visitor.go(versions)
    shown = visitor.properties("take")
    assert [row[1] for row in rows(shown, "versions_table")] == ["3 B", "2 B", "1 B"]
    assert dict(shown.general.told)["Size"] == "3 B (3 bytes)"
    shown.show_page("versions")
    shown.findChild(FactsTable, "versions_table").selectRow(2)

    def fetch_oldest() -> None:
        shown.findChild(QPushButton, "download_version").click()
        until(lambda: window.findChild(DownloadDialog), "the form")
        form = window.findChild(DownloadDialog)
        form.findChild(QLineEdit, "target_folder").setText(str(tmp_path))
        press(form, "download_button")

    visitor.until_done(visitor.begun(fetch_oldest))
    assert (tmp_path / "take").read_bytes() == b"1"
    shown.findChild(FactsTable, "versions_table").selectRow(1)
    shown.findChild(QPushButton, "delete_version").click()
    until(lambda: window.findChild(Box), "the question")
    window.findChild(Box).findChild(QPushButton, "go_on").click()
    until(lambda: len(rows(shown, "versions_table")) == 2, "one version less")
    shown.close()


def test_a_deletion_leaves_versions_and_says_so(visitor, versions, client, window):
    visitor.go(versions)
    shown = visitor.properties("take")
    form = visitor.begin_to_delete("take")
    assert visitor.said("sentence", form) == "Its versions stay on the appliance."
    press(form, "delete_button")
    until(lambda: "take" not in visitor.listed(), "the list without it")
    shown.look_up()
    looked_up(shown)
    until(lambda: "Latest" not in str(rows(shown, "versions_table")), "what is left of it")
    shown.show_page("versions")
    note = [one.text() for one in shown.versions.findChildren(QLabel) if one.text()]
    assert "The object is deleted; its versions are kept." in note
    shown.findChild(FactsTable, "versions_table").selectRow(0)
    press(shown, "undelete_version")
    until(lambda: "take" in visitor.listed(), "the object that was brought back")
    assert [one.size for one in client.list_objects(versions).objects()] == [3, 3]
    shown.close()


def test_a_bucket_with_old_versions_alone_is_deleted_with_them(visitor, versions, client, window):
    client.delete_object(versions, "take")
    client.delete_object(versions, "day/é.mov")
    window.go(Place(visitor.session))
    window.actions_table["refresh"].trigger()
    until(lambda: versions in visitor.listed(), "the bucket")
    visitor.select(versions)
    action = window.actions_table["delete_bucket"]
    until(action.isEnabled, "Delete bucket")
    action.trigger()
    form = visitor.delete_form()
    until(lambda: form.findChild(QLineEdit, "typed_name").isVisible(), "the field for the name")
    assert "those of deleted objects too" in visitor.said("sentence", form)
    QTest.keyClicks(form.findChild(QLineEdit, "typed_name"), versions)
    press(form, "delete_button")
    until(lambda: versions not in visitor.listed(), "the list without it")
    assert in_front() is None
    assert [one.name for one in client.buckets()] == ["archive"]


# -- tapes and copies ------------------------------------------------------------------------------


@pytest.fixture
def tapes(simulator, client) -> list[str]:
    """In `archive` 20 objects on two tapes that are ejected, of which one has lost a copy."""
    simulator.seed(Seed("archive", 20, size=1000))
    (where,) = (one.placement for one in client.placements("archive", ["object-0000000"]))
    ejected = {"barcode": where.tapes[0], "label": "Vault", "location": "Vault 2, shelf 4"}
    simulator.faults.set("eject_tape", [ejected, where.tapes[1]])
    simulator.faults.set("degraded", ["archive/object-0000001"])
    return list(where.tapes)


def test_objects_on_ejected_tapes_are_told_waited_for_and_fetched_once_a_tape_is_back(
    visitor, tapes, simulator, window, tmp_path
):
    visitor.go("archive")
    until(lambda: visitor.cells("placement")[0] == "2 tapes, 2 ejected", "the placement")
    shown = visitor.properties("object-0000000")
    assert shown.findChild(QWidget, "placement_text").text() == (
        "Persisted: 2 of 2 copies, as data policy Two copies on tape asks"
    )
    states = {row[1]: row[3:5] for row in rows(shown, "copies_table")}
    assert states == {
        tapes[0]: ["Ejected", "Vault 2, shelf 4"],
        tapes[1]: ["Ejected", ""],
        "": ["Not in cache", ""],
    }
    shown.close()
    job = visitor.download(tmp_path, "object-0000000", ejected=True)
    visitor.until_waiting(job, WaitReason.TAPE)
    simulator.faults.set("eject_tape", [])
    window.context.queue.try_now(job)
    visitor.until_done(job)
    assert (tmp_path / "object-0000000").stat().st_size == 1000


def test_a_lost_copy_is_told_in_the_list_and_in_the_properties(visitor, tapes, window):
    visitor.go("archive")
    until(lambda: visitor.cells("placement")[1] == "1 tape, 1 ejected", "the placement")
    shown = visitor.properties("object-0000001")
    assert shown.findChild(QWidget, "placement_text").text() == (
        "Degraded: 1 of 2 copies that data policy Two copies on tape asks for"
    )
    shown.close()
    form = visitor.begin_to_delete("object-0000001")  # a copy is left: it needs no more care
    press(form, "delete_button")
    until(lambda: "object-0000001" not in visitor.listed(), "the list without it")


# -- a user without rights -------------------------------------------------------------------------


@pytest.fixture
def guest(window, simulator, client, endpoint, bucket, folder) -> Visitor:
    """Anna may list `archive` and no more, read from `closed` without seeing it, see no policy."""
    client.create_bucket("closed")
    for name in ("archive", "closed"):
        client.put_object(name, "take", PUT)
        client.put_object(name, "day/take", PUT)
    simulator.faults.set("users", [{"name": "anna", "access_id": "anna", "secret_key": "key"}])
    rules = [("archive", "LIST"), ("closed", "READ")]
    simulator.faults.set(
        "acls", [{"user": "anna", "bucket": where, "permission": right} for where, right in rules]
    )
    simulator.faults.set("fail_next", [["GET /_rest_/data_polic*", 403, "AccessDenied", 10_000]])
    visitor = Visitor(window)
    visitor.connect_as(endpoint, Credentials("anna", "key"))
    return visitor


def test_a_user_without_rights_sees_what_may_be_seen_and_is_told_which_right_is_missing(
    guest, window
):
    assert guest.listed() == ["archive"]
    guest.go("archive")
    assert guest.listed() == ["day/", "take"]
    shown = guest.properties("take")
    told = dict(shown.general.told)
    assert (told["Size"], told["Checksum type"], told["Data policy"]) == ("7 B (7 bytes)", "—", "—")
    assert shown.findChild(QWidget, "placement_text").text() == "Persisted: 2 copies"
    assert {row[3] for row in rows(shown, "copies_table")} == {"—", "In cache"}
    window.actions_table["bucket_properties"].trigger()
    until(lambda: "Versioning" in dict(shown.general.told), "the bucket's properties")
    assert dict(shown.general.told)["Data policy"] == "—"
    shown.close()
    assert guest.search("take", None) == ["day/take", "take"]
    guest.go("closed")
    assert guest.listed() == []
    denied = "You have no right to list closed. Ask its owner for LIST."
    assert guest.said("instead_text") == denied
    guest.search("take", "closed")
    assert guest.said("instead_text") == denied


def test_transfers_without_the_right_fail_and_name_it(guest, window, folder, tmp_path):
    file = folder / "new.bin"
    file.write_bytes(PUT)
    guest.go("archive")
    assert guest.until_failed(guest.upload("archive", file)) == (
        "Failed, You may not write to archive. Ask its owner for WRITE."
    )
    assert guest.until_failed(guest.fetch("archive", tmp_path / "1", "take")) == (
        "Failed, You have no right to read from archive. Ask its owner for READ."
    )
    guest.until_done(guest.fetch("closed", tmp_path / "2", "take"))
    assert (tmp_path / "2" / "take").read_bytes() == PUT
    assert guest.until_failed(guest.fetch("closed", tmp_path / "3", folders=("day/",))) == (
        "Failed, You have no right to list closed. Ask its owner for LIST."
    )


def test_deleting_and_creating_without_the_right_say_so_in_the_form(guest, client, window):
    guest.go("archive")
    form = guest.begin_to_delete("take")
    press(form, "delete_button")
    until(lambda: guest.said("heading", form) == "1 of 1 objects was not deleted", "the end")
    assert form.findChild(QWidget, "delete_items").item(0, 1).text() == (
        "You have no right to delete it."
    )
    press(form, "cancel")
    window.actions_table["new_folder"].trigger()
    until(lambda: window.findChild(QWidget, "new_folder_dialog"), "the form")
    form = window.findChild(QWidget, "new_folder_dialog")
    QTest.keyClicks(form.findChild(QLineEdit, "name"), "other")
    press(form, "create")
    until(lambda: "WRITE" in guest.said("note", form), "the reason")
    assert guest.said("note", form) == "You may not write to archive. Ask its owner for WRITE."
    press(form, "cancel")
    left = [one.name for page in client.list_pages("archive") for one in page.objects()]
    assert left == ["day/take", "take"]
