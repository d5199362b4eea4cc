"""The planner of a restore: when it opens, what it shows, and what becomes of what is chosen."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QComboBox,
    QLabel,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QTableWidget,
    QWidget,
)

from ds3_browser.gui import plan_words
from ds3_browser.gui.dialogs.download import DownloadCalls, DownloadDialog
from ds3_browser.gui.job_row import download_speeds
from ds3_browser.gui.places import Place, SelectedObject, Selection
from ds3_browser.gui.views.fitting import TallArea
from ds3_browser.protocol.errors import Refusal, ServerFault
from ds3_browser.protocol.records import Order, PutItem
from ds3_browser.simulator.seeding import Seed
from ds3_browser.transfer.events import Direction, State
from ds3_browser.transfer.placing import Medium
from ds3_browser.transfer.restore_plan import Alike, RestorePlan
from ds3_browser.transfer.tapes import TapeFacts
from tests.gui.job_stories import GB

SOON = 20_000


@pytest.fixture
def archive(connected, simulator, client) -> tuple[list[str], list[str]]:
    """5 objects on two ejected tapes, 20 on two in the library, one in cache."""
    simulator.seed(Seed("archive", 5, size=100, prefix="films/old/"))
    (old,) = client.placements("archive", ["films/old/object-0000000"])
    gone = sorted(old.placement.tapes)
    place = {"barcode": gone[0], "label": "OLD A", "location": "Vault 2, shelf 4"}
    simulator.faults.set("eject_tape", [place, gone[1]])
    simulator.seed(Seed("archive", 20, size=10, prefix="films/new/"))
    (new,) = client.placements("archive", ["films/new/object-0000000"])
    job = client.start_put_job("archive", [PutItem("films/cached", 7)], name="c")
    client.put_object("archive", "films/cached", b"1234567", job_id=job.job_id, offset=0)
    return gone, sorted(new.placement.tapes)


@pytest.fixture
def open_form(qtbot, window, connected, tmp_path):
    """Begin a download, to an empty folder, and wait until all is looked at."""

    def begin(*folders: str, names: tuple[str, ...] = (), target: Path = tmp_path / "t", **options):
        objects = tuple(SelectedObject(name, 7) for name in names)
        selection = Selection(Place(connected.id, "archive"), objects, folders)
        window.commands.download(selection, **options)
        form = window.findChild(DownloadDialog)
        form.findChild(QLineEdit, "target_folder").setText(str(target))
        button = form.findChild(QPushButton, "download_button")
        qtbot.waitUntil(lambda: button.isEnabled() and "afterwards" in room(form), timeout=SOON)
        return form

    return begin


def room(form: DownloadDialog) -> str:
    return form.findChild(QLabel, "free_space").text()


def button(form: DownloadDialog) -> str:
    return form.findChild(QPushButton, "download_button").text()


def is_planner(form: DownloadDialog) -> bool:
    return form.findChild(QWidget, "plan_pane").isVisible()


def told(form: DownloadDialog, where: str) -> tuple[str, str]:
    place = form.findChild(QWidget, f"where_{where}")
    return place.findChild(QLabel, "size").text(), place.findChild(QLabel, "detail").text()


def tapes(form: DownloadDialog) -> list[list[str]]:
    table = form.findChild(QTableWidget, "tapes")
    return [
        [table.item(row, column).text() for column in range(table.columnCount())]
        for row in range(table.rowCount())
    ]


def checked(form: DownloadDialog) -> list[bool]:
    table = form.findChild(QTableWidget, "tapes")
    boxes = [table.item(row, 0).checkState() for row in range(table.rowCount())]
    return [box is Qt.CheckState.Checked for box in boxes]


def check(form: DownloadDialog, row: int, on: bool) -> None:
    box = Qt.CheckState.Checked if on else Qt.CheckState.Unchecked
    form.findChild(QTableWidget, "tapes").item(row, 0).setCheckState(box)


def test_a_download_of_what_is_in_cache_asks_for_a_folder_alone(archive, open_form) -> None:
    form = open_form(names=("films/cached",))
    assert not is_planner(form)
    assert button(form) == "Download 1 object"
    assert form.windowTitle() == "Download"


@pytest.mark.ui("8.6", "a download tells where its data is, tape by tape, and what may be left out")
def test_the_planner_opens_by_itself_and_tells_where_the_data_is(archive, open_form) -> None:
    (gone, _), (here, _) = archive
    form = open_form("films/")
    assert is_planner(form)
    assert "Plan a download from archive/films/" in [
        label.text() for label in form.findChildren(QLabel)
    ]
    assert told(form, "cache") == ("7 B", "1 object, can start at once")
    assert told(form, "library") == ("200 B", "20 objects on 1 tape")
    assert told(form, "ejected") == ("500 B", "5 objects on 1 tape")
    assert not form.findChild(QWidget, "where_disk").isVisible()
    assert form.findChild(QLabel, "plan_summary").text().startswith("26 objects · 707 B · 2 tapes")
    first, last = tapes(form)
    assert first[0] == here
    assert first[2:6] == ["In library", first[3], "20", "200 B"]
    assert last[0] == gone
    assert last[2:] == ["Ejected", "Vault 2, shelf 4", "5", "500 B", "Label: OLD A"]


def test_all_of_a_planner_is_seen_where_there_is_room(qtbot, window, archive, connected) -> None:
    """When the tapes have come nothing else changes, and the form has grown for them already."""
    place = Place(connected.id, "archive", "films/")
    window.commands.download(Selection(place, folders=("films/new/",)), planned=True)
    form = window.findChild(DownloadDialog)
    qtbot.waitUntil(lambda: bool(tapes(form)), timeout=SOON)
    qtbot.waitUntil(lambda: "afterwards" in room(form), timeout=SOON)
    assert form.findChild(TallArea).verticalScrollBar().maximum() == 0


def test_the_planner_opens_for_a_file_that_is_at_the_target(
    qtbot, archive, open_form, tmp_path: Path
) -> None:
    (tmp_path / "there" / "films").mkdir(parents=True)
    (tmp_path / "there" / "films" / "cached").write_bytes(b"1")
    form = open_form(names=("films/cached",), target=tmp_path / "there")
    qtbot.waitUntil(lambda: is_planner(form), timeout=SOON)


def test_the_command_plans_what_needs_no_plan(archive, open_form) -> None:
    form = open_form(names=("films/cached",), planned=True)
    assert is_planner(form)
    assert form.windowTitle() == "Plan download"
    assert tapes(form) == []


def test_what_is_on_ejected_tapes_is_left_out_or_asked_for(archive, open_form) -> None:
    form = open_form("films/")
    assert (checked(form), button(form)) == ([True, False], "Download 21 objects")
    assert form.findChild(QLabel, "left_out").text() == "5 objects are left out, 500 B"
    form.findChild(QRadioButton, "ask_for").click()
    assert (checked(form), button(form)) == ([True, True], "Download 26 objects")
    assert form.options().without_ejected is False
    assert form.options().without_tapes == ()
    check(form, 1, False)  # then the other ejected copy is asked for
    assert ([row[4] for row in tapes(form)], checked(form)) == (
        *(["20", "0", "5"], [True, False, True]),
    )
    assert form.options().without_tapes == (archive[0][0],)
    check(form, 2, False)
    assert form.findChild(QRadioButton, "leave_out").isChecked()
    assert form.options().without_ejected is True


def test_of_what_is_all_left_out_nothing_can_be_downloaded(qtbot, form, looking) -> None:
    tapes = {"A": TapeFacts("A", ejected=True)}
    looking.show(RestorePlan(12_000, 120 * GB, True, 12_000, (ON_TAPE,), tapes, finished=True))
    pressed = form.findChild(QPushButton, "download_button")
    assert (pressed.isEnabled(), pressed.toolTip()) == (False, "All of it is left out.")
    form.findChild(QRadioButton, "ask_for").click()
    assert (pressed.isEnabled(), pressed.toolTip()) == (True, "")


def test_clearing_a_tape_leaves_out_what_is_only_there(archive, open_form) -> None:
    _, (here, other) = archive
    form = open_form("films/")
    check(form, 0, False)
    assert button(form) == "Download 21 objects"  # the other copy is read
    assert [row[0] for row in tapes(form)[:2]] == [here, other]
    assert [row[4] for row in tapes(form)[:2]] == ["0", "20"]
    check(form, 1, False)
    assert button(form) == "Download 1 object"
    assert form.options().without_tapes == (here, other)
    check(form, 0, True)
    assert button(form) == "Download 21 objects"


def test_what_was_planned_is_what_the_job_does(
    qtbot, window, archive, open_form, tmp_path: Path
) -> None:
    form = open_form("films/")
    form.findChild(QLineEdit, "job_name").setText("reels")
    order = form.findChild(QComboBox, "order")
    order.setCurrentIndex(order.findData(Order.IN_ORDER))
    form.findChild(QPushButton, "download_button").click()
    qtbot.waitUntil(lambda: any(row.counts for row in window.jobs.rows()), timeout=SOON)
    (row,) = window.jobs.rows()
    assert row.state is State.DONE
    assert (row.name, row.counts.done, row.counts.skipped) == ("reels", 21, 5)
    files = [path for path in (tmp_path / "t").rglob("*") if path.is_file()]
    assert len(files) == 21


def test_barcodes_are_copied_and_lists_saved(qtbot, archive, open_form, tmp_path: Path) -> None:
    (gone, gone_too), (here, other) = archive
    form = open_form("films/")
    form.findChild(QPushButton, "copy_barcodes").click()
    assert QGuiApplication.clipboard().text() == f"{here}\n{gone}"
    status = form.findChild(QLabel, "count_status")
    form.save_pull_list(tmp_path / "pull.csv")
    qtbot.waitUntil(lambda: status.text() == "pull.csv has 1 rows.", timeout=SOON)
    assert rows_of(tmp_path / "pull.csv") == [
        ["tape", "type", "location", "label", "objects", "size"],
        [gone, "LTO7", "Vault 2, shelf 4", "OLD A", "5", "500"],
    ]
    form.save_plan(tmp_path / "plan.csv")
    qtbot.waitUntil(lambda: status.text() == "plan.csv has 26 rows.", timeout=SOON)
    plan = {row[0]: row[1:] for row in rows_of(tmp_path / "plan.csv")[1:]}
    target = tmp_path / "t" / "films"
    assert plan["films/cached"] == [str(target / "cached"), "7", "cache", "", "download"]
    assert plan["films/old/object-0000000"][2:] == ["ejected", f"{gone} {gone_too}", "left out"]
    assert plan["films/new/object-0000000"][2:] == ["library", f"{here} {other}", "download"]


def rows_of(file: Path) -> list[list[str]]:
    with file.open(encoding="utf-8-sig", newline="") as opened:
        return list(csv.reader(opened))


def test_without_the_right_to_look_the_form_says_so_and_downloads_all(
    archive, open_form, simulator
) -> None:
    simulator.faults.set("fail_next", [["PUT /_rest_/bucket/*", 403, "AccessDenied", 9]])
    form = open_form("films/", planned=True)
    words = form.findChild(QLabel, "plan_summary").text()
    assert words == "You may not look up where the data is."
    assert button(form) == "Download 26 objects"
    assert form.options().without_ejected is False


def test_all_of_it_is_brought_to_the_cache_only(
    qtbot, window, archive, open_form, client, tmp_path: Path
) -> None:
    form = open_form("films/new/", planned=True)
    form.findChild(QPushButton, "stage_button").click()
    assert not form.isVisible()
    qtbot.waitUntil(lambda: [row.state for row in window.jobs.rows()] == [State.DONE], timeout=SOON)
    (row,) = window.jobs.rows()
    assert row.direction is Direction.STAGE
    blobs = client.placements("archive", ["films/new/object-0000000"])
    assert all(one.blob.in_cache for one in blobs)
    assert not (tmp_path / "t").exists()


def test_what_is_left_out_keeps_all_from_the_cache(archive, open_form) -> None:
    form = open_form("films/")
    stage = form.findChild(QPushButton, "stage_button")
    assert (stage.isEnabled(), stage.toolTip()) == (
        False,
        "Objects are left out: it is all of it that is brought to the cache.",
    )
    form.findChild(QRadioButton, "ask_for").click()
    assert (stage.isEnabled(), stage.toolTip()) == (True, "")


def test_before_release_5_0_nothing_is_brought_to_the_cache(qtbot, looking) -> None:
    calls = DownloadCalls(looking, lambda folder, show: show(GB), stage=print, stages=False)
    selection = Selection(Place("north", "rushes"), folders=("d/",))
    dialog = DownloadDialog(selection, "d", "/restore", calls, planned=True)
    qtbot.addWidget(dialog)
    looking.show(RestorePlan(12_000, 120 * GB, True, 12_000, (ON_TAPE,), finished=True))
    stage = dialog.findChild(QPushButton, "stage_button")
    assert (stage.isEnabled(), "5.0" in stage.toolTip()) == (False, True)


# -- without an appliance --------------------------------------------------------------------------


class Looking:
    def __init__(self) -> None:
        self.stopped = 0

    def __call__(self, selection, show, fail):
        self.show = show
        return self.stop

    def stop(self) -> None:
        self.stopped += 1


@pytest.fixture
def looking() -> Looking:
    return Looking()


@pytest.fixture
def form(qtbot, looking) -> DownloadDialog:
    calls = DownloadCalls(looking, lambda folder, show: show(500 * GB), speeds=(1e8, 2e8))
    selection = Selection(Place("north", "rushes"), folders=("d/",))
    dialog = DownloadDialog(selection, "d", "/restore", calls)
    qtbot.addWidget(dialog)
    dialog.show()
    return dialog


ON_TAPE = Alike(Medium.TAPE, (("A",),), 12_000, 120 * GB, (120 * GB,))


def test_very_many_objects_are_not_waited_for(form, looking) -> None:
    able = form.findChild(QPushButton, "download_button").isEnabled
    looking.show(RestorePlan(19_000, GB, False, 0))
    assert not able()
    looking.show(RestorePlan(20_000, GB, True, 12_000, (ON_TAPE,)))
    assert not able()
    looking.show(RestorePlan(48_000, 480 * GB, True, 12_000, (ON_TAPE,)))
    assert able()
    words = form.findChild(QLabel, "plan_summary").text()
    assert words == "looked at 12,000 of 48,000"
    assert form.options().without_ejected  # of the others it is not known yet
    form.reject()
    assert looking.stopped == 1


def test_a_look_that_broke_off_leaves_out_nothing(form, looking) -> None:
    """The job could not tell either what is on which tape."""
    tapes = {"A": TapeFacts("A", ejected=True)}
    error = ServerFault(Refusal("PUT", "/_rest_/bucket/b", 500))
    plan = RestorePlan(13_000, 130 * GB, True, 12_000, (ON_TAPE,), tapes, error, finished=True)
    looking.show(plan)
    assert form.findChild(QLabel, "plan_summary").text() == (
        "Where the data is could not be looked up."
    )
    assert button(form) == "Download 13,000 objects"
    assert (form.options().without_tapes, form.options().without_ejected) == ((), False)


def test_a_window_made_smaller_stays_so(qtbot, form, looking) -> None:
    tapes = {"A": TapeFacts("A", ejected=False)}
    plan = RestorePlan(12_000, 120 * GB, True, 12_000, (ON_TAPE,), tapes)
    looking.show(plan)
    form.resize(form.width(), 400)
    looking.show(replace(plan, finished=True))
    assert form.height() == 400


def test_an_empty_folder_has_nothing_to_download(form, looking) -> None:
    looking.show(RestorePlan(listed=True, finished=True))
    assert not form.findChild(QPushButton, "download_button").isEnabled()


def test_the_planner_opens_where_there_is_no_room(form, looking) -> None:
    cached = Alike(Medium.CACHE, (), 3, 501 * GB, ())
    looking.show(RestorePlan(3, 501 * GB, True, 3, (cached,), finished=True))
    assert is_planner(form)
    assert room(form).startswith("500.0 GB free, 501.0 GB needed")


def test_the_estimate_is_a_range_of_how_earlier_downloads_went(form, looking) -> None:
    tapes = {"A": TapeFacts("A", ejected=False)}
    looking.show(RestorePlan(12_000, 120 * GB, True, 12_000, (ON_TAPE,), tapes, finished=True))
    words = form.findChild(QLabel, "count_status").text()
    assert words == "120 GB, about 10 min to 20 min"


def test_nothing_is_estimated_from_nothing(qapp) -> None:
    assert plan_words.estimate(5 * GB, ()) == "5.00 GB"
    assert plan_words.estimate(5 * GB, (1e8,)) == "5.00 GB"
    assert download_speeds([], "north") == ()


def test_partitions_are_told_once_by_their_word(qapp) -> None:
    said = [
        plan_words.location(TapeFacts("A", partition=name)) for name in ("Stack-1", "Partition 1")
    ]
    assert said == ["Partition Stack-1", "Partition 1"]
