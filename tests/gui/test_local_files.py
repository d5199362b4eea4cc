"""A folder of this computer: looked at in the background, shown as rows, never waited for."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QPersistentModelIndex, Qt, QUrl
from PySide6.QtWidgets import QWidget

from ds3_browser.gui.local_files import FileOrder, LocalFile, LocalFolder, arranged, look_at
from ds3_browser.gui.models.local_files import MODIFIED, NAME, SIZE, LocalFiles
from ds3_browser.gui.views.local_pane import LocalPane
from ds3_browser.gui.workers import CallsApart, Ticket

SOON = 10_000


def names(model: LocalFiles) -> list[str]:
    return [model.file(row).name for row in range(model.rowCount())]


def folder_of(*names: str, path: str = "/files") -> LocalFolder:
    files = arranged((LocalFile(name, name.endswith(".d"), 1, 0.0) for name in names), FileOrder())
    return LocalFolder(path, files, FileOrder())


# -- looking --------------------------------------------------------------------------------------


def test_a_look_tells_folders_first_and_numbers_in_their_order(tmp_path: Path) -> None:
    for name in ("take10.mov", "take9.mov", "Take1.mov"):
        (tmp_path / name).write_bytes(b"12345")
    (tmp_path / "z").mkdir()
    found = look_at(str(tmp_path), FileOrder())
    assert [file.name for file in found.files] == ["z", "Take1.mov", "take9.mov", "take10.mov"]
    assert found.files[0].folder
    assert found.files[0].size is None
    assert found.files[1].size == 5
    assert found.free is not None


def test_a_link_is_what_it_leads_to_and_a_broken_one_is_a_file_of_no_known_size(
    tmp_path: Path,
) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "to d").symlink_to(tmp_path / "d")
    (tmp_path / "to nothing").symlink_to(tmp_path / "nothing")
    found = look_at(str(tmp_path), FileOrder())
    kinds = {file.name: (file.folder, file.size) for file in found.files}
    assert kinds == {"d": (True, None), "to d": (True, None), "to nothing": (False, None)}


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (FileOrder("size"), ["d", "none", "small", "large"]),
        (FileOrder("size", descending=True), ["d", "large", "small", "none"]),
        (FileOrder("modified", descending=True), ["d", "small", "large", "none"]),
    ],
)
def test_files_stand_in_the_order_that_was_chosen(order: FileOrder, expected: list[str]) -> None:
    files = [
        LocalFile("large", False, 900, 1.0),
        LocalFile("small", False, 9, 2.0),
        LocalFile("none", False),
        LocalFile("d", True, None, 9.0),
    ]
    assert [file.name for file in arranged(files, order)] == expected


# -- rows -----------------------------------------------------------------------------------------


@pytest.fixture
def model(qtmodeltester) -> LocalFiles:
    made = LocalFiles()
    made.show(folder_of("a", "c", "e", "x.d"))
    qtmodeltester.check(made)
    return made


def test_a_fresh_look_changes_just_the_rows_that_changed(qtbot, model) -> None:
    held = model.index(2, NAME)
    assert model.file(held.row()).name == "c"
    kept = QPersistentModelIndex(held)
    with qtbot.assertNotEmitted(model.modelReset):
        model.show(folder_of("b", "c", "d", "e", "x.d", "y.d"))
    assert names(model) == ["x.d", "y.d", "b", "c", "d", "e"]
    assert model.file(kept.row()).name == "c"


def test_a_file_that_grew_is_told_alone(qtbot, model) -> None:
    files = folder_of("a", "c", "e", "x.d").files
    grown = tuple(replace(file, size=9) if file.name == "c" else file for file in files)
    with qtbot.waitSignal(model.dataChanged) as told, qtbot.assertNotEmitted(model.modelReset):
        model.show(LocalFolder("/files", grown, FileOrder()))
    assert {index.row() for index in told.args[:2]} == {2}
    assert model.index(2, SIZE).data() == "9 B"


def test_an_order_keeps_what_is_held_and_another_folder_is_told_anew(qtbot, model) -> None:
    kept = QPersistentModelIndex(model.index(3, NAME))
    model.sort(NAME, Qt.SortOrder.DescendingOrder)
    assert names(model) == ["x.d", "e", "c", "a"]
    assert kept.row() == 1
    with qtbot.waitSignal(model.modelReset):
        model.show(folder_of("q", path="/other"))
    assert model.folder == "/other"


def test_a_year_that_no_calendar_has_is_not_known(model) -> None:
    model.show(LocalFolder("/files", (LocalFile("a", False, 1, 1e18),), FileOrder()))
    assert model.index(0, MODIFIED).data() == "—"


def test_what_is_dragged_are_the_files_paths(model) -> None:
    data = model.mimeData([model.index(1, NAME), model.index(1, SIZE), model.index(3, NAME)])
    assert data.urls() == [QUrl.fromLocalFile("/files/a"), QUrl.fromLocalFile("/files/e")]


# -- the pane -------------------------------------------------------------------------------------


class Looks:
    """Looks that end when the test says so."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Ticket]] = []

    def __call__(
        self,
        path: str,
        order: FileOrder,
        on_result: Callable[[LocalFolder], None],
        on_error: Callable[[Exception], None],
    ) -> Ticket:
        ticket = Ticket(on_result, on_error)
        self.asked.append((path, ticket))
        return ticket

    def answer(self, *files: str) -> None:
        path, ticket = self.asked[-1]
        ticket.deliver(folder_of(*files, path=path), None)


@pytest.fixture
def looks() -> Looks:
    return Looks()


@pytest.fixture
def pane(qtbot, looks) -> LocalPane:
    made = LocalPane(looks, lambda: True)
    qtbot.addWidget(made)
    made.show_folder("/here")
    looks.answer("a", "b")
    made.show()
    looks.answer("a", "b")
    return made


def footer(pane: LocalPane) -> str:
    return pane.findChild(QWidget, "local_totals").text()


def test_a_disk_that_does_not_answer_leaves_what_is_shown_and_one_can_go_elsewhere(
    qtbot, pane, looks
) -> None:
    pane.show_folder("/gone")
    dead = looks.asked[-1][1]
    qtbot.waitUntil(lambda: footer(pane) == "Looking at /gone", timeout=SOON)
    assert names(pane.list.model()) == ["a", "b"]
    pane.show_folder("/there")
    assert dead.dropped
    looks.answer("c")
    assert pane.folder == "/there"
    assert names(pane.list.model()) == ["c"]


def test_what_changes_in_the_folder_is_seen_and_the_selection_stays(qtbot, pane, looks) -> None:
    pane.list.setCurrentIndex(pane.list.model().index(1, NAME))
    asked = len(looks.asked)
    qtbot.waitUntil(lambda: len(looks.asked) > asked, timeout=SOON)
    assert looks.asked[-1][0] == "/here"
    looks.answer("0", "a", "b")
    assert pane.selected_paths() == ["/here/b"]
    qtbot.waitUntil(lambda: footer(pane).startswith("3 items"), timeout=SOON)


def test_a_folder_that_is_gone_is_told_until_it_is_there_again(qtbot, pane, looks) -> None:
    pane.look_again()
    _path, ticket = looks.asked[-1]
    ticket.deliver(None, FileNotFoundError(2, "No such file or directory"))
    told = "/here cannot be read: No such file or directory."
    qtbot.waitUntil(lambda: footer(pane) == told, timeout=SOON)
    asked = len(looks.asked)
    qtbot.waitUntil(lambda: len(looks.asked) > asked, timeout=SOON)
    looks.answer("a")
    qtbot.waitUntil(lambda: footer(pane) == "1 item", timeout=SOON)


# -- calls that never end -------------------------------------------------------------------------


def test_a_call_that_never_ends_holds_up_neither_another_nor_the_end(qtbot) -> None:
    calls = CallsApart("disk")
    dead, told = threading.Event(), []
    calls.run_call(lambda: dead.wait(60), told.append, told.append)
    calls.run_call(lambda: os.getpid(), told.append, told.append)
    qtbot.waitUntil(lambda: told == [os.getpid()], timeout=SOON)
    calls.close()
    dead.set()
    assert told == [os.getpid()]


def test_going_up_begins_at_the_folder_one_came_from(pane, looks) -> None:
    pane.show_folder("/here/deep.d")
    looks.answer("x")
    pane.go_up()
    looks.answer("a", "b.d", "deep.d", "z")
    assert pane.folder == "/here"
    assert pane.list.model().path(pane.list.currentIndex().row()) == "/here/deep.d"
    assert pane.selected_paths() == []
