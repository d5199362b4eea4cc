"""Files and objects compared, from the menu to what is done about it."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QFileDialog

from ds3_browser.gui.dialogs.comparison import ComparisonDialog
from ds3_browser.gui.dialogs.download import DownloadDialog
from ds3_browser.gui.dialogs.upload import UploadDialog
from ds3_browser.gui.models.comparison import COLUMN_OF, ComparisonModel
from ds3_browser.gui.places import Place, SelectedObject, Selection
from ds3_browser.transfer.comparison_records import Row, Verdict, Why
from tests.transfer.scenes import write


def age(folder: Path) -> None:
    for path in folder.rglob("*"):
        os.utime(path, (1_600_000_000, 1_600_000_000))


@pytest.fixture
def both(client, bucket: str, folder: Path) -> Path:
    """Two names the same, one that differs, a folder and a file only here, one only there."""
    write(folder, same=10, **{"sub/same": 20, "differs": 5, "here": 3, "new/1": 4, "new/2": 4})
    for name in ("same", "sub/same"):
        client.put_object(bucket, f"in/{name}", (folder / name).read_bytes())
    client.put_object(bucket, "in/differs", b"another size")
    client.put_object(bucket, "in/sub/there", b"12")
    age(folder)
    return folder


def dialog_of(window) -> ComparisonDialog:
    dialogs = window.findChildren(ComparisonDialog)
    return dialogs[-1]


def compare(qtbot, window, session, bucket: str, folder: Path, prefix: str = "in/"):
    place = Place(session.id, bucket)
    window.commands.comparisons.compare(Selection(place, folders=(prefix,)), str(folder))
    dialog = dialog_of(window)
    qtbot.waitUntil(lambda: done(dialog), timeout=10_000)
    return dialog


def done(dialog: ComparisonDialog) -> bool:
    return bool(dialog._summary.text()) and dialog.model.rowCount() > 0 and shown(dialog)


def shown(dialog: ComparisonDialog) -> bool:
    return all(dialog.model.row(n) is not None for n in range(dialog.model.rowCount()))


def rows(dialog: ComparisonDialog) -> list[tuple[str, str, str]]:
    def cell(row: int, column: str) -> str:
        return str(dialog.model.index(row, COLUMN_OF[column]).data())

    return [
        (cell(n, "name"), cell(n, "result"), cell(n, "reason"))
        for n in range(dialog.model.rowCount())
    ]


@pytest.mark.ui("13.19", "a folder is compared with files: how many are the same, differ, alone")
def test_a_folder_is_compared_and_the_worst_comes_first(
    qtbot, window, connected, bucket, both
) -> None:
    dialog = compare(qtbot, window, connected, bucket, both)
    assert dialog._summary.text() == "2 same, 1 differ, 3 only here, 1 only there"
    assert rows(dialog) == [
        ("differs", "Differs", "Another size"),
        ("here", "Only here", ""),
        ("new/1", "Only here", ""),
        ("new/2", "Only here", ""),
        ("sub/there", "Only there", ""),
        ("same", "Same", ""),
        ("sub/same", "Same", ""),
    ]
    assert "Nothing was read from tape" in dialog._status.text()
    assert dialog.upload.text() == "Upload the 3"
    assert dialog.download.text() == "Download the 1…"


@pytest.mark.ui("13.20", "what was compared is filtered by result and by name")
def test_the_rows_are_filtered(qtbot, window, connected, bucket, both) -> None:
    dialog = compare(qtbot, window, connected, bucket, both)
    dialog.segments.button(Verdict.ONLY_HERE).click()
    qtbot.waitUntil(lambda: dialog.model.rowCount() == 3 and shown(dialog))
    assert {result for _, result, _ in rows(dialog)} == {"Only here"}
    dialog.segments.button("all").click()
    dialog.filter.setText("SUB")
    qtbot.waitUntil(lambda: dialog.model.rowCount() == 2 and shown(dialog))
    assert [name for name, _, _ in rows(dialog)] == ["sub/there", "sub/same"]
    dialog.filter.setText("nowhere")
    qtbot.waitUntil(lambda: dialog._instead.isVisible())
    dialog._instead._button.click()
    qtbot.waitUntil(lambda: dialog.model.rowCount() == 7)


@pytest.mark.ui("13.21", "checksums are compared where one asks for it, and told what that reads")
def test_checksums_are_compared_on_request(qtbot, window, connected, bucket, both) -> None:
    (both / "same").write_bytes(b"other bytes!"[:10])
    age(both)
    dialog = compare(qtbot, window, connected, bucket, both)
    assert dialog.read.text() == "Compare checksums (reads 30 B here)"
    dialog.read.click()
    qtbot.waitUntil(lambda: dialog._stop is None, timeout=10_000)
    assert dialog._summary.text() == "1 same, 2 differ, 3 only here, 1 only there"
    assert dialog.read.isHidden()
    wanted = {
        ("same", "Differs", "Other bytes: the checksums differ"),
        ("sub/same", "Same", "Checksums compared"),
    }
    qtbot.waitUntil(lambda: wanted <= set(rows(dialog)))


def test_a_page_that_was_asked_for_before_something_changed_is_asked_for_again(qtbot) -> None:
    model = ComparisonModel("")
    asked = list[int]()
    model.page_wanted.connect(asked.append)
    before = Row("x", "/x", Verdict.SAME, here=1, there=1)
    after = Row("x", "/x", Verdict.DIFFERS, Why.BYTES, here=1, there=1)
    model.begin(1)
    model.refresh(0, 0)
    model.refresh(0, 0)  # something has changed since
    assert asked == [0]
    model.show_page(0, [before], 1)
    assert asked == [0, 0]
    model.show_page(0, [after], 1)
    assert asked == [0, 0]
    assert model.row(0) == after


@pytest.mark.ui("13.22", "what is only here is uploaded to where it belongs, whole folders and all")
def test_what_is_only_here_is_uploaded_to_its_place(
    qtbot, window, connected, bucket, both, client
) -> None:
    dialog = compare(qtbot, window, connected, bucket, both)
    dialog.upload.click()

    def there() -> set[str]:
        form = window.findChild(UploadDialog)
        if form is not None and form.isVisible() and form._upload.isEnabled():
            form._upload.click()
        return {one.name for one in client.list_objects(bucket).objects()}

    wanted = {"in/here", "in/new/1", "in/new/2"}
    qtbot.waitUntil(lambda: wanted <= there(), timeout=20_000)
    assert not [name for name in there() if name not in wanted | _were_there()]


def _were_there() -> set[str]:
    return {"in/same", "in/sub/same", "in/differs", "in/sub/there"}


@pytest.mark.ui("13.23", "what is only there is downloaded to the folder it was compared with")
def test_what_is_only_there_is_downloaded_to_its_place(
    qtbot, window, connected, bucket, both
) -> None:
    dialog = compare(qtbot, window, connected, bucket, both)
    dialog.download.click()
    qtbot.waitUntil(lambda: window.findChild(DownloadDialog) is not None)
    form = window.findChild(DownloadDialog)
    assert form.target() == str(both)
    form.accept()
    qtbot.waitUntil(lambda: (both / "sub" / "there").is_file(), timeout=20_000)
    assert (both / "sub" / "there").read_bytes() == b"12"


def test_a_report_has_every_name(qtbot, window, connected, bucket, both, tmp_path, monkeypatch):
    dialog = compare(qtbot, window, connected, bucket, both)
    file = tmp_path / "report.csv"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(file), ""))
    dialog.export.click()
    qtbot.waitUntil(file.is_file)
    with file.open(encoding="utf-8-sig", newline="") as opened:
        read = list(csv.DictReader(opened))
    assert [row["object name"] for row in read] == sorted(row["object name"] for row in read)
    differs = next(row for row in read if row["object name"] == "in/differs")
    told = [differs[what] for what in ("result", "size here", "size there")]
    assert told == ["Differs", "5", "12"]
    assert len(read) == 7


def test_one_object_is_compared_with_one_file(qtbot, window, connected, bucket, both, client):
    place = Place(connected.id, bucket, "in/")
    target = Selection(place, (SelectedObject("in/same", 10),))
    window.commands.comparisons.compare(target, str(both / "same"))
    dialog = dialog_of(window)
    qtbot.waitUntil(lambda: done(dialog))
    assert rows(dialog) == [("same", "Same", "")]
    assert dialog.upload.isHidden()
    assert dialog.download.isHidden()


def test_what_is_selected_is_compared_and_nothing_beside_it(
    qtbot, window, connected, bucket, both
) -> None:
    place = Place(connected.id, bucket, "in/")
    objects = (SelectedObject("in/same", 10), SelectedObject("in/lost", 10))
    window.commands.comparisons.compare(Selection(place, objects, ("in/sub/", "in/no/")), str(both))
    dialog = dialog_of(window)
    qtbot.waitUntil(lambda: done(dialog))
    assert rows(dialog) == [
        ("sub/there", "Only there", ""),
        ("same", "Same", ""),
        ("sub/same", "Same", ""),
    ]


@pytest.mark.ui(
    "13.24", "a folder that cannot be compared is told in place of rows, and tried again"
)
def test_a_folder_that_is_gone_is_told_and_tried_again(
    qtbot, window, connected, bucket, both, tmp_path
) -> None:
    place = Place(connected.id, bucket)
    window.commands.comparisons.compare(Selection(place, folders=("in/",)), str(tmp_path / "gone"))
    dialog = dialog_of(window)
    qtbot.waitUntil(lambda: "no longer there" in dialog._instead._text.text())
    both.rename(tmp_path / "gone")
    dialog._instead._button.click()
    qtbot.waitUntil(lambda: done(dialog))
    assert dialog._summary.text() == "2 same, 1 differ, 3 only here, 1 only there"


def test_an_appliance_that_is_away_is_told(qtbot, window, connected, bucket, both, simulator):
    simulator.faults.set("fail_next", [["GET /archive*", 403, "AccessDenied", 9]])
    place = Place(connected.id, bucket)
    window.commands.comparisons.compare(Selection(place, folders=("in/",)), str(both))
    dialog = dialog_of(window)
    qtbot.waitUntil(lambda: dialog._instead._button.text() == "Try again")
    simulator.faults.set("fail_next", [])
    dialog._instead._button.click()
    qtbot.waitUntil(lambda: done(dialog))


@pytest.mark.ui("13.25", "the local and the listed folder are compared from the local pane")
def test_the_local_folder_is_compared_with_the_listed_one(
    qtbot, window, connected, bucket, both
) -> None:
    window.show_local(True)
    window.local.show_folder(str(both))
    qtbot.waitUntil(lambda: window.local.folder == str(both))
    window.go(Place(connected.id, bucket, "in/"))
    qtbot.waitUntil(lambda: not window.page.listing)
    qtbot.waitUntil(lambda: window.context.actions["compare_local"].isEnabled())
    window.context.actions["compare_local"].trigger()
    dialog = dialog_of(window)
    qtbot.waitUntil(lambda: done(dialog))
    assert dialog._summary.text() == "2 same, 1 differ, 3 only here, 1 only there"


def test_a_comparison_that_is_left_stops(qtbot, window, connected, bucket, both) -> None:
    dialog = compare(qtbot, window, connected, bucket, both)
    dialog.read.click()
    dialog.close()
    qtbot.waitUntil(lambda: not window.context.queue.counting._stops)


@pytest.mark.ui("13.26", "a comparison is stopped, and begun anew with nothing of before in it")
def test_a_comparison_is_made_again_with_what_is_there_now(
    qtbot, window, connected, bucket, both, client
) -> None:
    dialog = compare(qtbot, window, connected, bucket, both)
    client.put_object(bucket, "in/here", (both / "here").read_bytes())
    dialog.again.click()
    assert dialog._summary.isHidden()
    qtbot.waitUntil(lambda: done(dialog))
    assert dialog._summary.text() == "3 same, 1 differ, 2 only here, 1 only there"
    assert len(rows(dialog)) == 7


def test_a_comparison_that_was_stopped_in_its_midst_is_begun_anew(
    qtbot, window, connected, bucket, both, simulator
) -> None:
    simulator.faults.set("throttle_bps", 300)
    place = Place(connected.id, bucket)
    window.commands.comparisons.compare(Selection(place, folders=("in/",)), str(both))
    dialog = dialog_of(window)
    dialog.stop.click()
    assert "stopped" in dialog._instead._text.text()
    simulator.faults.set("throttle_bps", None)
    dialog._instead._button.click()
    qtbot.waitUntil(lambda: done(dialog))
    assert dialog._summary.text() == "2 same, 1 differ, 3 only here, 1 only there"


def test_return_in_the_filter_begins_no_upload(
    qtbot, window, connected, bucket, both, client
) -> None:
    dialog = compare(qtbot, window, connected, bucket, both)
    clicked = list[bool]()
    dialog.upload.clicked.connect(lambda: clicked.append(True))
    for widget in (dialog.filter, dialog.table):
        widget.setFocus()
        qtbot.keyClick(widget, Qt.Key.Key_Return)
    assert not clicked
    dialog.upload.setFocus()
    qtbot.keyClick(dialog.upload, Qt.Key.Key_Return)
    assert clicked


def test_the_comparison_is_used_by_keyboard_alone(qtbot, window, connected, bucket, both) -> None:
    dialog = compare(qtbot, window, connected, bucket, both)
    dialog.activateWindow()
    dialog.filter.setFocus()
    reached = set[str]()
    for _ in range(20):
        focused = QApplication.focusWidget()
        if focused is not None:
            reached.add(focused.objectName())
        qtbot.keyClick(focused or dialog, Qt.Key.Key_Tab)
    assert reached >= {
        *("comparison_filter", "compare_again", "comparison_rows", "compare_checksums"),
        *("export_comparison", "close_button", "download_only_there", "upload_only_here"),
    }
