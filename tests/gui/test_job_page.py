"""The expanded job: header, wait, stages, chunks, throughput, objects, and the way back."""

from __future__ import annotations

import csv
import uuid
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QBoxLayout,
    QComboBox,
    QLabel,
    QPushButton,
    QScrollArea,
    QToolButton,
    QWidget,
)

from ds3_browser.gui import wait_words
from ds3_browser.gui.models.chunks import Chunks
from ds3_browser.gui.models.job_objects import COLUMN_OF, ObjectsWanted
from ds3_browser.gui.models.job_objects import COLUMN_OF as OBJECT_COLUMNS
from ds3_browser.gui.models.jobs import JobsModel
from ds3_browser.gui.models.throughput import Throughput
from ds3_browser.gui.places import Place
from ds3_browser.gui.views.chunk_inspector import ChunksWanted
from ds3_browser.gui.views.job_page import JobPage
from ds3_browser.gui.views.labels import ElidedLabel
from ds3_browser.gui.views.throughput import ThroughputGraph
from ds3_browser.gui.views.wait_banner import WaitBanner
from ds3_browser.protocol.records import CacheState, Priority
from ds3_browser.transfer.events import (
    ChunkPhase,
    ChunkState,
    Event,
    Failure,
    FailureCode,
    ObjectState,
    Outcome,
    State,
    WaitReason,
)
from ds3_browser.transfer.ledger_records import ChunkRow
from tests.gui.job_stories import (
    GB,
    NOW,
    Clock,
    Stored,
    created,
    download,
    ended,
    progress,
    state,
    told,
    upload,
    waiting,
)

SOON = 10_000


class Opened:
    """A page with its models, fed as the queue would."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.jobs = JobsModel(clock=self.clock)
        self.chunks = Chunks()
        self.throughput = Throughput(clock=self.clock)
        self.page = JobPage(self.jobs, self.chunks, self.throughput)

    def feed(self, *events: Event) -> None:
        for event in events:
            for model in (self.jobs, self.chunks, self.throughput):
                model.apply(event)

    def text(self, name: str) -> str:
        return self.page.findChild(QWidget, name).text()  # type: ignore[attr-defined]

    def button(self, name: str) -> QAbstractButton:
        found = self.page.findChild(QAbstractButton, name)
        assert found is not None, name
        return found


@pytest.fixture
def opened(qtbot) -> Opened:
    opened = Opened()
    qtbot.addWidget(opened.page)
    opened.jobs.add(upload())
    opened.feed(created(4), state(State.TRANSFERRING), progress(40 * GB, in_cache=30 * GB))
    opened.page.resize(1200, 850)
    opened.page.show_job(1)
    opened.page.show()
    return opened


def test_in_a_narrow_page_the_verbs_that_no_menu_has_and_the_name_stay_whole(qtbot, opened) -> None:
    buttons = {
        name: opened.page.findChild(QWidget, f"job_page_{name}")
        for name in ("pause", "priority", "cancel", "name", "state")
    }
    assert all(one.isVisible() for one in buttons.values())
    opened.page.resize(520, 800)
    qtbot.waitUntil(lambda: opened.page.width() == 520)
    kept = [buttons[name] for name in ("pause", "cancel", "name")]
    qtbot.waitUntil(lambda: all(one.width() >= one.sizeHint().width() for one in kept))
    assert all(one.isVisible() for one in kept)
    assert not buttons["priority"].isVisible()
    opened.page.resize(1200, 850)
    qtbot.waitUntil(lambda: all(one.isVisible() for one in buttons.values()))


@pytest.mark.ui("5.27", "a paused job says that the appliance may end it")
def test_a_paused_job_says_that_the_appliance_may_end_it(opened) -> None:
    opened.feed(state(State.WAITING, WaitReason.USER))
    told = "The appliance may end a job that was idle for a day."
    assert opened.text("wait_facts").endswith(told)
    opened.feed(state(State.TRANSFERRING), state(State.WAITING, WaitReason.CACHE))
    assert told not in opened.text("wait_facts")


def test_where_they_have_no_room_beside_each_other_the_stages_stand_one_below_the_other(
    qtbot, opened
) -> None:
    cards = opened.page.findChild(QWidget, "stage_cards")
    stages = [one for one in cards.findChildren(QWidget) if one.accessibleName()]
    assert len(stages) == 3
    assert len({one.y() for one in stages}) == 1
    cards.setMinimumWidth(0)
    cards.parentWidget().layout().removeWidget(cards)
    cards.setParent(None)
    qtbot.addWidget(cards)
    cards.show()
    cards.resize(240, 200)
    qtbot.waitUntil(lambda: len({one.x() for one in stages}) == 1)
    for stage in stages:
        words = [one for one in stage.findChildren(ElidedLabel) if one.isVisible()]
        assert len(words) == 2  # the stage and its amount
        assert all(one.width() >= one.sizeHint().width() for one in words)
    cards.resize(900, 100)
    qtbot.waitUntil(lambda: len({one.y() for one in stages}) == 1)


def test_the_header_tells_job_and_state_and_its_verbs_leave_as_wishes(qtbot, opened) -> None:
    assert opened.text("job_page_name") == "dailies 22 Nov"
    assert opened.text("job_page_state") == "Transferring"
    with qtbot.waitSignal(opened.page.pause_wanted) as wished:
        opened.button("job_page_pause").click()
    assert wished.args == [1]
    with qtbot.waitSignal(opened.page.cancel_wanted) as wished:
        opened.button("job_page_cancel").click()
    assert wished.args == [1]
    with qtbot.waitSignal(opened.page.back_wanted):
        opened.button("back_to_transfers").click()


def test_a_name_of_usual_length_is_whole_while_the_job_waits(qtbot, opened) -> None:
    """In a narrow window the state, which the wait card tells too, gives way to it."""
    opened.page.resize(818, 600)
    opened.feed(state(State.WAITING, WaitReason.CACHE), waiting(WaitReason.CACHE, 360))
    name = opened.page.findChild(QWidget, "job_page_name")
    qtbot.waitUntil(lambda: name.width() >= name.sizeHint().width())
    opened.page.resize(1200, 850)
    opened.jobs.ticked.emit()
    opened.feed(progress(41 * GB, in_cache=30 * GB))
    qtbot.waitUntil(opened.page.findChild(QWidget, "job_page_state").isVisible)


@pytest.mark.ui("5.6", "the expanded job has the wait card only while it waits")
def test_the_wait_stands_above_only_while_it_waits_and_counts_down(qtbot, opened) -> None:
    banner = opened.page.findChild(WaitBanner)
    assert not banner.isVisible()
    opened.feed(state(State.WAITING, WaitReason.CACHE), waiting(WaitReason.CACHE, 360))
    assert banner.isVisible()
    assert "come back in 6 min (Retry-After)." in opened.text("wait_facts")
    opened.clock.forward(5)
    opened.jobs.ticked.emit()
    assert opened.text("job_page_state") == "Waiting, next try 05:55"
    with qtbot.waitSignal(opened.page.try_now_wanted) as wished:
        opened.button("banner_try_now").click()
    assert wished.args == [1]
    with qtbot.waitSignal(opened.page.board_wanted) as wished:  # which jobs hold the cache
        opened.button("banner_board").click()
    assert wished.args == [1]
    opened.feed(state(State.WAITING, WaitReason.DISK))
    assert not opened.button("banner_board").isVisible()
    opened.feed(state(State.TRANSFERRING))
    assert not banner.isVisible()


@pytest.mark.ui("5.6", "the expanded job has the wait card only while it waits")
def test_the_facts_of_a_wait_name_cache_and_how_long_so_far() -> None:
    row = told(
        upload(),
        state(State.WAITING, WaitReason.CACHE),
        waiting(WaitReason.CACHE, 360, times=3, total_s=660),
    )
    cache = CacheState(72 * 10**12, 69 * 10**12, 29 * 10**11, 0, None)
    text = wait_words.wait_facts(replace(row, cache=cache), NOW)
    assert "The cache on North Vault is 95 % used: 69.0 TB of data, 2.9 TB free." in text
    assert text.endswith("Third wait, 11 min so far.")


@pytest.mark.ui("5.7", "stages stand side by side with their share")
def test_stages_stand_side_by_side_with_their_share(opened) -> None:
    cards = opened.page.findChild(QWidget, "stage_cards")
    told = [one.accessibleName() for one in cards.findChildren(QWidget) if one.accessibleName()]
    assert told[0].startswith("Sent 40.0 GB 40 % of 100 GB")
    assert told[1].startswith("In cache 30.0 GB 30 %")


@pytest.mark.ui("5.8", "arrows walk the chunk map and fill the inspector")
def test_the_legend_counts_and_the_inspector_follows_the_current_cell(qtbot, opened) -> None:
    opened.feed(ChunkState(1, 1, ChunkPhase.IN_CACHE, 1.0))
    legend = opened.page.findChild(QWidget, "chunk_legend").accessibleName()
    assert "Waiting for appliance 3" in legend
    assert "In cache 1" in legend
    opened.page.map.setFocus()
    qtbot.keyClick(opened.page.map, Qt.Key.Key_End)
    inspector = opened.page.findChild(QWidget, "chunk_inspector")
    assert inspector.accessibleName() == "Chunk 4 of 4: Waiting for appliance"
    qtbot.keyClick(opened.page.map, Qt.Key.Key_Home)
    assert inspector.accessibleName() == "Chunk 1 of 4: In cache"


@pytest.mark.ui("5.26", "the inspector tells node, attempts and last error, and shows its objects")
def test_the_inspector_tells_what_was_asked_for_of_the_current_cell(qtbot, opened) -> None:
    asked: list[ChunksWanted] = []
    opened.page.chunks_wanted.connect(asked.append)
    opened.page.map.set_current(2)
    qtbot.waitUntil(lambda: asked == [ChunksWanted(1, 3, 3)], timeout=SOON)
    failure = Failure(FailureCode.CONNECTION, tries=5, at=NOW)
    opened.page.show_chunk_row(asked[0], ChunkRow(3, 5, failure, ("n1",)))
    opened.page.show_chunk_node(asked[0], "bp-north-n1")
    assert opened.text("chunk_objects") == "9, of these 3 failed"
    assert opened.text("chunk_tries") == "5 of 5"
    assert opened.text("chunk_node") == "bp-north-n1"
    assert opened.text("chunk_error").startswith("Connection reset by the appliance. Last try")
    opened.feed(ChunkState(1, 3, ChunkPhase.FAILED, 0.5))  # what was told stays meanwhile
    assert opened.text("chunk_objects") == "9, of these 3 failed"

    opened.page.map.set_current(3)
    assert opened.text("chunk_tries") == opened.text("chunk_node") == ""
    assert not opened.page.findChild(QLabel, "chunk_error").isVisible()
    opened.page.show_chunk_row(asked[0], ChunkRow(1, 2, failure, ()))  # of a cell that was left
    opened.page.show_chunk_node(asked[0], "late")
    assert opened.text("chunk_tries") == opened.text("chunk_node") == ""
    assert opened.text("chunk_objects") == "9"


def test_a_chunk_that_is_tried_again_says_so(qtbot, opened) -> None:
    opened.page.map.set_current(0)
    failure = Failure(FailureCode.CHECKSUM, tries=2)
    opened.page.show_chunk_row(ChunksWanted(1, 1, 1), ChunkRow(0, 3, failure, ()))
    assert opened.text("chunk_tries") == "3 of 5"
    assert opened.text("chunk_error") == (
        "Damaged on the way: checksum differs. Sent again automatically, 3 of 5."
    )


def test_the_current_cell_is_asked_for_anew_while_it_changes(qtbot, opened) -> None:
    asked: list[ChunksWanted] = []
    opened.page.chunks_wanted.connect(asked.append)
    opened.page.map.set_current(0)
    qtbot.waitUntil(lambda: len(asked) == 1, timeout=SOON)
    for step in range(1, 30):
        opened.feed(ChunkState(1, 1, ChunkPhase.TRANSFERRING, step / 30))
    qtbot.waitUntil(lambda: len(asked) == 2, timeout=SOON)
    assert asked == [ChunksWanted(1, 1, 1)] * 2


@pytest.mark.ui("5.26", "the inspector tells node, attempts and last error, and shows its objects")
def test_the_objects_of_a_chunk_are_shown_alone_and_all_again(qtbot, opened) -> None:
    wanted: list[ObjectsWanted] = []
    opened.page.page_wanted.connect(wanted.append)
    opened.page.map.set_current(1)
    opened.button("show_chunk_objects").click()
    assert wanted[-1].chunks == (2, 2)
    chosen = opened.button("objects_of_chunk")
    assert chosen.isVisible()
    assert chosen.text() == "Chunk 2 of 4"
    opened.page.show_page(wanted[-1], [Stored("2026-11-22/a")], {ObjectState.WAITING: 1})
    assert opened.page.objects.table.model().rowCount() == 1
    chosen.click()
    assert wanted[-1].chunks is None
    assert not chosen.isVisible()


@pytest.mark.ui("5.26", "the inspector tells node, attempts and last error, and shows its objects")
def test_a_real_job_tells_its_node_and_the_objects_of_a_chunk(
    qtbot, window, connected, simulator, tmp_path
) -> None:
    simulator.faults.set_all({"min_blob": 1, "chunk_blobs": 2})
    source = tmp_path / "take"
    source.mkdir()
    for n in range(4):
        (source / f"{n}.bin").write_bytes(b"12345")
    job = window.context.queue.upload(connected.id, "archive", "", [str(source)])
    qtbot.waitUntil(lambda: window.jobs.row(job).state is State.DONE, timeout=SOON)
    window.show_job(job)
    page = window.job_page
    assert len(page.map.cells()) == 2
    page.map.set_current(1)
    told = [page.findChild(QLabel, name) for name in ("chunk_tries", "chunk_node")]
    qtbot.waitUntil(lambda: all(label.text() for label in told), timeout=SOON)
    assert page.findChild(QLabel, "chunk_tries").text() == "1 of 5"
    names = [node.name for node in window.context.browsing.client(connected.id).nodes()]
    assert page.findChild(QLabel, "chunk_node").text() in names
    page.findChild(QPushButton, "show_chunk_objects").click()
    model = page.objects.table.model()
    qtbot.waitUntil(lambda: model.rowCount() == 2, timeout=SOON)
    qtbot.waitUntil(
        lambda: [model.index(n, 0).data() for n in range(2)] == ["take/2.bin", "take/3.bin"],
        timeout=SOON,
    )


@pytest.mark.ui("5.10", "objects are read in pages, in segments with counts")
def test_objects_are_read_a_page_at_a_time_and_failed_ones_can_be_shown(qtbot, opened) -> None:
    wanted: list[ObjectsWanted] = []
    opened.page.page_wanted.connect(wanted.append)
    opened.page.show_job(1)
    assert wanted[-1].offset == 0
    counts = {ObjectState.IN_CACHE: 2, ObjectState.FAILED: 1}
    rows = [Stored(f"2026-11-22/{n}", state=ObjectState.IN_CACHE) for n in range(3)]
    opened.page.show_page(wanted[-1], rows, counts)
    opened.page.show_failed()
    assert wanted[-1].states == frozenset({ObjectState.FAILED})


@pytest.mark.ui("1.48", "a narrow job page has the inspector below the map")
def test_a_narrow_page_has_the_inspector_below_the_map(opened) -> None:
    row = opened.page._chunk_row
    assert row.direction() is QBoxLayout.Direction.LeftToRight
    opened.page.resize(900, 850)
    assert row.direction() is QBoxLayout.Direction.TopToBottom


def test_names_of_objects_have_room_in_a_page_beside_the_local_files(opened) -> None:
    table = opened.page.objects.table
    hidden = [table.isColumnHidden(OBJECT_COLUMNS[name]) for name in ("chunk", "tries")]
    assert hidden == [False, False]
    opened.page.resize(640, 850)
    assert table.columnWidth(OBJECT_COLUMNS["object"]) >= 170
    opened.page.resize(1000, 850)
    hidden = [table.isColumnHidden(OBJECT_COLUMNS[name]) for name in ("chunk", "tries")]
    assert hidden == [False, False]


@pytest.mark.ui("5.7", "stages stand side by side with their share")
def test_a_download_names_its_own_stages(qtbot) -> None:
    opened = Opened()
    qtbot.addWidget(opened.page)
    opened.jobs.add(download())
    opened.page.show_job(1)
    cards = opened.page.findChild(QWidget, "stage_cards")
    told = [one.accessibleName() for one in cards.findChildren(QWidget) if one.accessibleName()]
    words = [one.split(" ")[0] for one in told if one[0].isalpha()]
    assert words[:3] == ["Loaded", "Received", "Checked"]


# --- in the window


@pytest.fixture
def waiting_job(qtbot, window, connected, simulator, tmp_path) -> int:
    simulator.faults.set("cache_bytes", 1000)
    simulator.faults.set("retry_after", 60)
    big = tmp_path / "big.bin"
    big.write_bytes(bytes(500_000))
    job = window.context.queue.upload(connected.id, "archive", "", [str(big)])
    qtbot.waitUntil(lambda: window.jobs.row(job).state is State.WAITING, timeout=SOON)
    return job


@pytest.mark.ui("1.36", "the job's page takes toolbar and dock, and leads back")
def test_the_job_takes_the_whole_page_and_the_way_back_opens_the_dock(
    qtbot, window, connected, waiting_job
) -> None:
    window.transfers.list.setFocus()
    qtbot.keyClick(window.transfers.list, Qt.Key.Key_Return)
    assert window.place == Place(connected.id, job=waiting_job)
    assert window.job_page.isVisible()
    assert not window.transfers.isVisible()
    assert not window.tool_bar.isVisible()
    window.job_page.findChild(QToolButton, "back_to_transfers").click()
    assert window.place == Place(connected.id, "archive")
    assert window.transfers.isVisible()
    assert window.tool_bar.isVisible()
    assert QApplication.focusWidget() is window.transfers.list


@pytest.mark.ui("12.11", "one key opens the job and closes it again")
def test_one_key_opens_the_job_and_closes_it_again(qtbot, window, connected, waiting_job) -> None:
    action = window.context.actions["show_job"]
    qtbot.waitUntil(action.isEnabled, timeout=SOON)
    action.trigger()
    assert window.place.job == waiting_job
    action.trigger()
    assert window.place.job is None
    window.context.actions["forward"].trigger()
    assert window.place.job == waiting_job


@pytest.mark.ui("5.10", "objects are read in pages, in segments with counts")
def test_its_objects_come_from_the_ledger(qtbot, window, connected, waiting_job) -> None:
    window.show_job(waiting_job)
    table = window.job_page.objects.table
    qtbot.waitUntil(lambda: table.model().rowCount() == 1, timeout=SOON)
    qtbot.waitUntil(lambda: table.model().index(0, 0).data() == "big.bin", timeout=SOON)
    assert not window.job_page.findChild(QComboBox, "job_objects_parts").isVisible()


def test_a_removed_job_leaves_its_page(qtbot, window, connected, waiting_job) -> None:
    from ds3_browser.transfer.events import Cancel

    window.show_job(waiting_job)
    window.context.queue.cancel(waiting_job, Cancel.DISCARD)
    qtbot.waitUntil(lambda: window.jobs.row(waiting_job).ended, timeout=SOON)
    window.context.queue.remove(waiting_job)
    assert window.place.job is None
    assert not window.job_page.isVisible()


def test_the_objects_of_a_job_that_is_persisted_are_persisted(
    qtbot, window, connected, tmp_path
) -> None:
    """On its page, in the parts above them and in its report."""
    source = tmp_path / "take"
    source.mkdir()
    for name in ("a.bin", "b.bin"):
        (source / name).write_bytes(b"12345")
    job = window.context.queue.upload(connected.id, "archive", "", [str(source)])
    qtbot.waitUntil(lambda: window.jobs.row(job).persisted is not None, timeout=SOON)
    window.show_job(job)
    table = window.job_page.objects.table
    qtbot.waitUntil(lambda: table.model().rowCount() == 2, timeout=SOON)
    state = table.model().index(0, COLUMN_OF["state"])
    qtbot.waitUntil(lambda: state.data() == "Persisted", timeout=SOON)
    parts = window.job_page.findChild(QComboBox, "job_objects_parts")
    assert [parts.itemText(n) for n in range(parts.count())] == ["All 2", "Persisted 2"]
    window.job_page.objects.show_part("persisted")
    qtbot.waitUntil(lambda: table.model().index(1, 0).data() == "take/b.bin", timeout=SOON)
    file = tmp_path / "report.csv"
    window.commands.jobs.write_report(job, file)
    qtbot.waitUntil(file.exists, timeout=SOON)
    lines = list(csv.reader(file.read_text(encoding="utf-8-sig").splitlines()))
    assert [line[3] for line in lines[1:]] == ["persisted", "persisted"]


@pytest.mark.ui("5.12", "retry works in the same job while it is open")
def test_a_failed_object_is_retried_and_the_report_names_it(
    qtbot, window, connected, tmp_path
) -> None:
    source = tmp_path / "take"
    source.mkdir()
    (source / "a.bin").write_bytes(b"12345")
    (source / "=sum(a).bin").write_bytes(b"1")
    gone = tmp_path / "gone.bin"
    job = window.context.queue.upload(connected.id, "archive", "", [str(source), str(gone)])
    qtbot.waitUntil(lambda: window.jobs.row(job).state is State.FAILED, timeout=SOON)
    window.show_job(job)
    page = window.job_page
    retry = page.findChild(QPushButton, "retry_failed_objects")
    qtbot.waitUntil(lambda: retry.isVisible() and retry.text() == "Retry 1 failed", timeout=SOON)
    file = tmp_path / "report.csv"
    window.commands.jobs.write_report(job, file)
    qtbot.waitUntil(file.exists, timeout=SOON)
    lines = list(csv.reader(file.read_text(encoding="utf-8-sig").splitlines()))
    assert lines[0][:4] == ["object name", "path", "size", "state"]
    by_name = {line[0]: line for line in lines[1:]}
    assert by_name["take/a.bin"][2:4] == ["5", "in cache"]
    assert str(uuid.UUID(by_name["take/a.bin"][10])) == by_name["take/a.bin"][10]
    assert lines[0][8:11] == ["started", "finished", "version id"]
    assert lines[0][11:] == ["verify after write", "appliance's error message"]
    assert by_name["take/a.bin"][11:] == ["", ""]
    started, finished = by_name["take/a.bin"][8:10]
    assert "" < started <= finished
    assert by_name["gone.bin"][8] == ""
    assert by_name["gone.bin"][10] == ""
    assert by_name["gone.bin"][3] == "failed"
    assert by_name["gone.bin"][7] == "The file is no longer there."
    gone.write_bytes(b"back")
    with qtbot.waitSignal(page.retry_wanted):
        retry.click()


@pytest.mark.ui("5.22", "an export is made harmless for a spreadsheet")
def test_a_formula_in_an_export_is_made_harmless(tmp_path) -> None:
    from ds3_browser.gui import csv_files

    file = tmp_path / "x.csv"
    assert csv_files.write(file, ("a",), [["=1+1"], ["plain"], ["-2"]]) == 3
    assert file.read_bytes() == b"\xef\xbb\xbfa\r\n'=1+1\r\nplain\r\n'-2\r\n"
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.ui("5.23", "the objects of a transfer can be filtered by name")
def test_the_objects_of_a_transfer_are_filtered_by_name(qtbot, window, connected, tmp_path) -> None:
    source = tmp_path / "take"
    source.mkdir()
    for name in ("B007_1.mov", "b007%2.mov", "A001.mov"):
        (source / name).write_bytes(b"1")
    job = window.context.queue.upload(connected.id, "archive", "", [str(source)])
    qtbot.waitUntil(lambda: window.jobs.row(job).state is State.DONE, timeout=SOON)
    window.show_job(job)
    objects = window.job_page.objects
    model = objects.table.model()

    def names() -> list[str]:
        return [str(model.index(n, 0).data()) for n in range(model.rowCount())]

    qtbot.waitUntil(lambda: len(names()) == 3, timeout=SOON)
    objects.filter.setText("b007")
    qtbot.waitUntil(lambda: sorted(names()) == ["take/B007_1.mov", "take/b007%2.mov"], timeout=SOON)
    objects.filter.setText("%2")
    qtbot.waitUntil(lambda: names() == ["take/b007%2.mov"], timeout=SOON)
    objects.filter.setText("nothing has this")
    qtbot.waitUntil(lambda: names() == [], timeout=SOON)
    objects.filter.clear()
    qtbot.waitUntil(lambda: len(names()) == 3, timeout=SOON)


@pytest.mark.ui("5.16", "the priority of a job is changed")
def test_the_priority_is_changed_in_the_head_of_its_page(qtbot, window, waiting_job) -> None:
    window.show_job(waiting_job)
    button = window.job_page.findChild(QPushButton, "job_page_priority")
    assert button.isVisible()
    high = next(one for one in button.menu().actions() if one.objectName() == "priority_high")
    qtbot.waitUntil(high.isEnabled, timeout=SOON)
    high.trigger()
    qtbot.waitUntil(lambda: window.jobs.row(waiting_job).priority is Priority.HIGH, timeout=SOON)
    qtbot.waitUntil(high.isChecked, timeout=SOON)


def test_what_has_ended_has_no_priority_to_change(opened) -> None:
    button = opened.button("job_page_priority")
    assert button.isVisible()
    opened.feed(ended(Outcome.DONE, done=10))
    assert not button.isVisible()


@pytest.mark.ui("5.24", "the throughput of an expanded job has a line of times")
def test_the_throughput_has_a_line_of_times_below_it(opened) -> None:
    for minute in range(0, 45, 5):
        opened.feed(progress(40 * GB + minute * GB, rate=1e9))
        opened.clock.forward(300)
    opened.feed(progress(90 * GB, rate=1e9))
    times = [one for one in opened.page.findChildren(QLabel) if one.objectName() == "graph_time"]
    assert [one.text() for one in times] == told_times(opened.clock.now)
    graph = opened.page.findChild(ThroughputGraph)
    below = graph.mapTo(opened.page, graph.rect().bottomLeft()).y()
    assert all(one.mapTo(opened.page, QPoint()).y() > below for one in times)
    opened.clock.forward(600)
    opened.feed(progress(95 * GB, rate=1e9))
    assert [one.text() for one in times] == told_times(opened.clock.now)


def told_times(now: datetime) -> list[str]:
    """The last half hour: its beginning, its middle and now, on a clock of here."""
    ago = (timedelta(minutes=30), timedelta(minutes=15), timedelta())
    return [(now - each).astimezone().strftime("%H:%M") for each in ago]


def test_no_button_over_the_objects_is_pressed_together(opened) -> None:
    """Where the parts have no room a box stands for their buttons."""
    opened.feed(progress(40 * GB, failed=1), ended(Outcome.FAILED, failed=1))
    wanted: list[ObjectsWanted] = []
    opened.page.page_wanted.connect(wanted.append)
    opened.page.map.set_current(1)
    opened.button("show_chunk_objects").click()
    states = (ObjectState.FAILED, ObjectState.WAITING, ObjectState.TRANSFERRING)
    counts = dict.fromkeys((*states, ObjectState.IN_CACHE, ObjectState.PERSISTED), 12_345)
    opened.page.show_page(wanted[-1], [], counts)
    box = opened.page.findChild(QComboBox, "job_objects_parts")
    segments = opened.page.findChild(QWidget, "job_objects_segments")
    for width, boxed in ((1400, False), (800, True), (1400, False)):
        opened.page.resize(width, 850)
        QApplication.processEvents()
        assert (box.isVisible(), segments.isVisible()) == (boxed, not boxed)
        for name in ("retry_failed_objects", "export_report", "objects_of_chunk"):
            button = opened.button(name)
            assert button.width() >= button.sizeHint().width(), (name, width)


def test_the_inspector_is_whole_and_nothing_jumps_as_one_walks(qtbot, opened) -> None:
    opened.page.resize(1400, 1000)
    opened.page.map.set_current(0)
    failure = Failure(FailureCode.CHECKSUM, tries=2)
    opened.page.show_chunk_row(ChunksWanted(1, 1, 1), ChunkRow(1, 5, failure, ()))
    button, area = opened.button("show_chunk_objects"), opened.page.findChild(QScrollArea)

    def whole() -> bool:
        bottom = button.mapTo(area, button.rect().bottomLeft()).y()
        return bottom < area.viewport().height()

    qtbot.waitUntil(whole, timeout=SOON)
    sizes = opened.page.splitter.sizes()
    opened.page.map.set_current(1)  # of which less is known
    assert opened.page.splitter.sizes() == sizes
