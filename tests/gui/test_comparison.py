"""Files and objects compared, from the menu to what is done about it."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QFileDialog

from ds3_browser.gui.dialogs.download import DownloadDialog
from ds3_browser.gui.dialogs.upload import UploadDialog
from ds3_browser.gui.models.comparison import COLUMN_OF, ComparisonModel
from ds3_browser.gui.places import Place, SelectedObject, Selection
from ds3_browser.gui.views.comparison_page import ComparisonPage
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


def page_of(window) -> ComparisonPage:
    assert window.comparison is not None
    return window.comparison


def compare(qtbot, window, session, bucket: str, folder: Path, prefix: str = "in/"):
    place = Place(session.id, bucket)
    window.commands.comparisons.compare(Selection(place, folders=(prefix,)), str(folder))
    page = page_of(window)
    qtbot.waitUntil(lambda: done(page), timeout=10_000)
    return page


def done(page: ComparisonPage) -> bool:
    return bool(page._summary.text()) and page.model.rowCount() > 0 and shown(page)


def shown(page: ComparisonPage) -> bool:
    return all(page.model.row(n) is not None for n in range(page.model.rowCount()))


def rows(page: ComparisonPage) -> list[tuple[str, str, str]]:
    def cell(row: int, column: str) -> str:
        return str(page.model.index(row, COLUMN_OF[column]).data())

    return [
        (cell(n, "name"), cell(n, "result"), cell(n, "reason"))
        for n in range(page.model.rowCount())
    ]


@pytest.mark.ui("13.19", "a folder is compared with files: how many are the same, differ, alone")
def test_a_folder_is_compared_and_the_worst_comes_first(
    qtbot, window, connected, bucket, both
) -> None:
    page = compare(qtbot, window, connected, bucket, both)
    assert page._summary.text() == "2 same, 1 differ, 3 only here, 1 only there"
    assert rows(page) == [
        ("differs", "Differs", "Another size"),
        ("here", "Only here", ""),
        ("new/1", "Only here", ""),
        ("new/2", "Only here", ""),
        ("sub/there", "Only there", ""),
        ("same", "Same", ""),
        ("sub/same", "Same", ""),
    ]
    assert "Nothing was read from tape" in page._status.text()
    assert page.upload.text() == "Upload the 3"
    assert page.download.text() == "Download the 1…"


@pytest.mark.ui("13.20", "what was compared is filtered by result and by name")
def test_the_rows_are_filtered(qtbot, window, connected, bucket, both) -> None:
    page = compare(qtbot, window, connected, bucket, both)
    page.segments.button(Verdict.ONLY_HERE).click()
    qtbot.waitUntil(lambda: page.model.rowCount() == 3 and shown(page))
    assert {result for _, result, _ in rows(page)} == {"Only here"}
    page.segments.button("all").click()
    page.filter.setText("SUB")
    qtbot.waitUntil(lambda: page.model.rowCount() == 2 and shown(page))
    assert [name for name, _, _ in rows(page)] == ["sub/there", "sub/same"]
    page.filter.setText("nowhere")
    qtbot.waitUntil(lambda: page._instead.isVisible())
    page._instead._button.click()
    qtbot.waitUntil(lambda: page.model.rowCount() == 7)


@pytest.mark.ui("13.21", "checksums are compared where one asks for it, and told what that reads")
def test_checksums_are_compared_on_request(qtbot, window, connected, bucket, both) -> None:
    (both / "same").write_bytes(b"other bytes!"[:10])
    age(both)
    page = compare(qtbot, window, connected, bucket, both)
    assert page.read.text() == "Compare checksums (reads 30 B here)"
    page.read.click()
    qtbot.waitUntil(lambda: page._stop is None, timeout=10_000)
    assert page._summary.text() == "1 same, 2 differ, 3 only here, 1 only there"
    assert page.read.isHidden()
    wanted = {
        ("same", "Differs", "Other bytes: the checksums differ"),
        ("sub/same", "Same", "Checksums compared"),
    }
    qtbot.waitUntil(lambda: wanted <= set(rows(page)))


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
    page = compare(qtbot, window, connected, bucket, both)
    page.upload.click()

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
    page = compare(qtbot, window, connected, bucket, both)
    page.download.click()
    qtbot.waitUntil(lambda: window.findChild(DownloadDialog) is not None)
    form = window.findChild(DownloadDialog)
    assert form.target() == str(both)
    form.accept()
    qtbot.waitUntil(lambda: (both / "sub" / "there").is_file(), timeout=20_000)
    assert (both / "sub" / "there").read_bytes() == b"12"


def test_a_report_has_every_name(qtbot, window, connected, bucket, both, tmp_path, monkeypatch):
    page = compare(qtbot, window, connected, bucket, both)
    file = tmp_path / "report.csv"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(file), ""))
    page.export.click()
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
    page = page_of(window)
    qtbot.waitUntil(lambda: done(page))
    assert rows(page) == [("same", "Same", "")]
    assert page.upload.isHidden()
    assert page.download.isHidden()


def test_what_is_selected_is_compared_and_nothing_beside_it(
    qtbot, window, connected, bucket, both
) -> None:
    place = Place(connected.id, bucket, "in/")
    objects = (SelectedObject("in/same", 10), SelectedObject("in/lost", 10))
    window.commands.comparisons.compare(Selection(place, objects, ("in/sub/", "in/no/")), str(both))
    page = page_of(window)
    qtbot.waitUntil(lambda: done(page))
    assert rows(page) == [
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
    page = page_of(window)
    qtbot.waitUntil(lambda: "no longer there" in page._instead._text.text())
    both.rename(tmp_path / "gone")
    page._instead._button.click()
    qtbot.waitUntil(lambda: done(page))
    assert page._summary.text() == "2 same, 1 differ, 3 only here, 1 only there"


def test_an_appliance_that_is_away_is_told(qtbot, window, connected, bucket, both, simulator):
    simulator.faults.set("fail_next", [["GET /archive*", 403, "AccessDenied", 9]])
    place = Place(connected.id, bucket)
    window.commands.comparisons.compare(Selection(place, folders=("in/",)), str(both))
    page = page_of(window)
    qtbot.waitUntil(lambda: page._instead._button.text() == "Try again")
    simulator.faults.set("fail_next", [])
    page._instead._button.click()
    qtbot.waitUntil(lambda: done(page))


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
    page = page_of(window)
    qtbot.waitUntil(lambda: done(page))
    assert page._summary.text() == "2 same, 1 differ, 3 only here, 1 only there"


def test_a_comparison_stops_where_another_is_begun(
    qtbot, window, connected, bucket, both, simulator
) -> None:
    simulator.faults.set("throttle_bps", 300)
    place = Place(connected.id, bucket)
    window.commands.comparisons.compare(Selection(place, folders=("in/",)), str(both))
    first = page_of(window)
    simulator.faults.set("throttle_bps", None)
    second = compare(qtbot, window, connected, bucket, both)
    assert second is not first
    assert first._stop is None
    assert window.place.comparison == 2
    window.go_back()
    assert window.place.comparison is None
    qtbot.waitUntil(lambda: len(window.findChildren(ComparisonPage)) == 1)


def test_a_comparison_ends_with_its_session(qtbot, window, connected, bucket, both) -> None:
    compare(qtbot, window, connected, bucket, both)
    window.context.sessions.remove(connected.id)
    qtbot.waitUntil(lambda: window.comparison is None)
    qtbot.waitUntil(lambda: not window.findChildren(ComparisonPage))
    assert window.welcome.isVisible()


@pytest.mark.ui("13.29", "a comparison is a page: back from it the list stands as it was left")
def test_forward_leads_to_the_comparison_again(qtbot, window, connected, bucket, both) -> None:
    page = compare(qtbot, window, connected, bucket, both)
    page.back.click()
    window.context.actions["forward"].trigger()
    assert window.on_comparison
    assert page._summary.text() == "2 same, 1 differ, 3 only here, 1 only there"
    assert len(rows(page)) == 7


def test_escape_clears_the_filter_first(qtbot, window, connected, bucket, both) -> None:
    page = compare(qtbot, window, connected, bucket, both)
    window.focus_filter()
    assert page.filter.hasFocus()
    qtbot.keyClicks(page.filter, "sub")
    qtbot.keyClick(page.filter, Qt.Key.Key_Escape)
    assert (page.filter.text(), window.on_comparison) == ("", True)
    qtbot.keyClick(page.filter, Qt.Key.Key_Escape)
    assert not window.on_comparison


def test_refresh_compares_again(qtbot, window, connected, bucket, both, client) -> None:
    page = compare(qtbot, window, connected, bucket, both)
    client.put_object(bucket, "in/here", (both / "here").read_bytes())
    window.follow()
    window.context.actions["refresh"].trigger()
    qtbot.waitUntil(lambda: done(page) and page._summary.text().startswith("3 same"))


@pytest.mark.parametrize("width", [900, 1440])
def test_all_buttons_are_seen_in_a_narrow_window(
    qtbot, window, connected, bucket, both, width
) -> None:
    window.show_local(True)
    window.resize(width, 640)
    page = compare(qtbot, window, connected, bucket, both)
    assert window.width() == width

    def is_whole(button) -> bool:
        edge = button.mapTo(page, button.rect().bottomRight())
        return button.width() >= button.sizeHint().width() and page.rect().contains(edge)

    buttons = (page.read, page.export, page.download, page.upload)
    qtbot.waitUntil(lambda: all(map(is_whole, buttons)))


def test_rows_are_seen_above_open_transfers_in_a_small_window(
    qtbot, window, connected, bucket, both
) -> None:
    window.resize(1024, 640)
    window.context.queue.upload(connected.id, bucket, "", ["/no/such/file"])
    page = compare(qtbot, window, connected, bucket, both)
    line = page.table.verticalHeader().defaultSectionSize()
    qtbot.waitUntil(lambda: window.transfers.height() > 200)
    qtbot.waitUntil(lambda: page.table.viewport().height() >= 3 * line)
    window.transfers.set_collapsed(True)
    window.resize(1024, 800)
    qtbot.waitUntil(lambda: page._status.y() > page._summary.y())


@pytest.mark.ui("13.26", "a comparison is stopped, and begun anew with nothing of before in it")
def test_a_comparison_is_made_again_with_what_is_there_now(
    qtbot, window, connected, bucket, both, client
) -> None:
    page = compare(qtbot, window, connected, bucket, both)
    client.put_object(bucket, "in/here", (both / "here").read_bytes())
    page.again.click()
    assert page._summary.isHidden()
    qtbot.waitUntil(lambda: done(page))
    assert page._summary.text() == "3 same, 1 differ, 2 only here, 1 only there"
    assert len(rows(page)) == 7


def test_a_comparison_that_was_stopped_in_its_midst_is_begun_anew(
    qtbot, window, connected, bucket, both, simulator
) -> None:
    simulator.faults.set("throttle_bps", 300)
    place = Place(connected.id, bucket)
    window.commands.comparisons.compare(Selection(place, folders=("in/",)), str(both))
    page = page_of(window)
    page.stop.click()
    assert "stopped" in page._instead._text.text()
    simulator.faults.set("throttle_bps", None)
    page._instead._button.click()
    qtbot.waitUntil(lambda: done(page))
    assert page._summary.text() == "2 same, 1 differ, 3 only here, 1 only there"


def test_return_in_the_filter_begins_no_upload(
    qtbot, window, connected, bucket, both, client
) -> None:
    page = compare(qtbot, window, connected, bucket, both)
    clicked = list[bool]()
    page.upload.clicked.connect(lambda: clicked.append(True))
    for widget in (page.filter, page.table):
        widget.setFocus()
        qtbot.keyClick(widget, Qt.Key.Key_Return)
    assert not clicked
    page.upload.setFocus()
    qtbot.keyClick(page.upload, Qt.Key.Key_Return)
    assert clicked


def test_the_comparison_is_used_by_keyboard_alone(qtbot, window, connected, bucket, both) -> None:
    page = compare(qtbot, window, connected, bucket, both)
    window.activateWindow()
    page.filter.setFocus()
    reached = set[str]()
    for _ in range(20):
        focused = QApplication.focusWidget()
        if focused is not None:
            reached.add(focused.objectName())
        qtbot.keyClick(focused or page, Qt.Key.Key_Tab)
    assert reached >= {
        *("comparison_filter", "compare_again", "comparison_rows", "compare_checksums"),
        *("export_comparison", "download_only_there", "upload_only_here"),
        "back_from_comparison",
    }
