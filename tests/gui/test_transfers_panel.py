"""The transfers dock as a person meets it: buttons, keys, segments, folding, both themes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QFont, QFontMetrics, QHelpEvent
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QMenu,
    QPushButton,
    QTableView,
    QToolButton,
    QToolTip,
    QWidget,
)

from ds3_browser.gui import job_words, theme
from ds3_browser.gui.job_row import NeededTapes, Segment
from ds3_browser.gui.models.chunks import Chunks
from ds3_browser.gui.models.job_objects import ObjectsWanted
from ds3_browser.gui.models.jobs import COLUMN_OF, COLUMNS, JobsModel
from ds3_browser.gui.models.throughput import Throughput
from ds3_browser.gui.views import transfers_panel
from ds3_browser.gui.views.chunk_map import ChunkMap
from ds3_browser.gui.views.job_delegates import button_rect
from ds3_browser.gui.views.notice_bar import NoticeBar
from ds3_browser.gui.views.segments import Tab
from ds3_browser.gui.views.transfers_panel import STRIP, TransfersPanel
from ds3_browser.gui.views.two_lines import ICON, PAD
from ds3_browser.transfer.events import (
    Actor,
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
    upload,
    waiting,
)


class Dock:
    """A panel with its models, fed as the queue would."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.jobs = JobsModel(clock=self.clock)
        self.chunks = Chunks()
        self.throughput = Throughput(clock=self.clock)
        self.panel = TransfersPanel(self.jobs, self.chunks, self.throughput)

    def feed(self, *events: Event) -> None:
        for event in events:
            for model in (self.jobs, self.chunks, self.throughput):
                model.apply(event)

    def button_centre(self, job_id: int) -> QPoint:
        view = self.panel.list
        row = self.jobs.index_of(job_id).row()
        cell = view.visualRect(self.jobs.index(row, COLUMN_OF["state"]))
        return button_rect(cell, view.font(), view.layoutDirection()).center()

    def press_button(self, qtbot, job_id: int) -> None:
        view = self.panel.list.viewport()
        qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=self.button_centre(job_id))

    def child(self, kind: type[QWidget], name: str) -> QWidget:
        found = self.panel.findChild(kind, name)
        assert found is not None, name
        return found


@pytest.fixture
def dock(qtbot) -> Dock:
    dock = Dock()
    qtbot.addWidget(dock.panel)
    dock.panel.resize(1440, 330)
    dock.panel.show()
    return dock


@pytest.fixture
def five(dock) -> Dock:
    """One job in each of five states, as an ordinary evening has them."""
    dock.jobs.add(upload(1, "day-016 A-cam"))
    dock.jobs.add(upload(2, "dailies"))
    dock.jobs.add(download(3, "reels"))
    dock.jobs.add(upload(4, "news"))
    dock.jobs.add(upload(5, "sound"))
    dock.feed(
        *(created(38), state(State.TRANSFERRING, chunks_in_flight=4, chunks_ready=3)),
        progress(61 * GB, in_cache=50 * GB, persisted=20 * GB, rate=1.1e9, time_left_s=840),
        *(ChunkState(1, n, phase, 0.5) for n, phase in enumerate(ChunkPhase, 1)),
        created(107, job_id=2),
        progress(34 * GB, failed=3, job_id=2),
        state(State.WAITING, WaitReason.CACHE, job_id=2),
        waiting(WaitReason.CACHE, 252, times=3, total_s=600, job_id=2),
        state(State.WAITING, WaitReason.TAPE, job_id=3),
        waiting(WaitReason.TAPE, 38, job_id=3),
        progress(100 * GB, in_cache=100 * GB, persisted=60 * GB, done=10, job_id=4),
        ended(Outcome.DONE, done=10, job_id=4),
        progress(99 * GB, in_cache=99 * GB, done=7, failed=3, job_id=5),
        ended(Outcome.FAILED, done=7, failed=3, job_id=5),
    )
    return dock


@pytest.mark.ui("3.25", "an inline button is in the row of what can be helped")
def test_a_click_on_try_now_asks_for_that_job(five, qtbot):
    with qtbot.waitSignal(five.panel.try_now_wanted, timeout=5000) as asked:
        five.press_button(qtbot, 2)
    assert asked.args == [2]


def _room_of_state(dock: Dock, job_id: int) -> int:
    """What the word of a row's state has at the left of the row's button."""
    view, row = dock.panel.list, dock.jobs.row(job_id)
    cell = view.visualRect(dock.jobs.index_of(job_id).siblingAtColumn(COLUMN_OF["state"]))
    button = button_rect(cell, view.font(), view.layoutDirection(), job_words.verb(row))
    return button.left() - 8 - (cell.left() + PAD + ICON + 6)


def _width_of_state(dock: Dock, job_id: int) -> int:
    view, row = dock.panel.list, dock.jobs.row(job_id)
    strong = theme.scaled(view.font(), 13, QFont.Weight.DemiBold)
    return QFontMetrics(strong).horizontalAdvance(job_words.job_words(row, NOW).text)


def test_the_number_of_very_many_objects_is_whole(dock):
    dock.panel.resize(1440, 330)
    small = theme.scaled(dock.panel.list.font(), 12)
    needed = QFontMetrics(small).horizontalAdvance("of 1,000,000") + 2 * PAD
    assert dock.panel.list.columnWidth(COLUMN_OF["objects"]) >= needed


@pytest.mark.parametrize("width", [1440, 1024])
def test_what_a_job_waits_for_is_whole_beside_its_button(dock, qtbot, width):
    dock.panel.resize(width, 330)
    dock.jobs.add(upload(1))
    dock.jobs.add(upload(2))
    dock.feed(state(State.TRANSFERRING), state(State.TRANSFERRING, job_id=2))
    narrow = dock.panel.list.columnWidth(COLUMN_OF["state"])
    refused = Failure(FailureCode.KEYS)
    dock.feed(state(State.WAITING, WaitReason.KEY, job_id=2, failure=refused))
    assert job_words.verb(dock.jobs.row(2)) == "Edit session…"
    assert _room_of_state(dock, 2) >= _width_of_state(dock, 2)
    dock.jobs.remove(2)
    assert dock.panel.list.columnWidth(COLUMN_OF["state"]) == narrow


def test_a_button_has_a_tip_of_its_own_and_other_buttons_that_of_their_cell(five, qtbot):
    def tip_over(job_id: int) -> str:
        QToolTip.hideText()
        view, row = five.panel.list, five.jobs.row(job_id)
        cell = view.visualRect(five.jobs.index_of(job_id).siblingAtColumn(COLUMN_OF["state"]))
        text = job_words.verb(row)
        at = button_rect(cell, view.font(), view.layoutDirection(), text).center()
        event = QHelpEvent(QEvent.Type.ToolTip, at, view.viewport().mapToGlobal(at))
        five.panel.activateWindow()
        QApplication.sendEvent(view.viewport(), event)
        return QToolTip.text()

    qtbot.waitUntil(five.panel.isActiveWindow)
    assert tip_over(2) == "Ask at once (Ctrl+T)"
    assert tip_over(5) == "Failed\n3 of 10 objects"


def test_try_now_does_not_change_the_current_row(five, qtbot):
    five.panel.select_job(1)
    five.press_button(qtbot, 3)
    assert five.panel.current_job().job_id == 1


def test_a_press_that_ends_elsewhere_asks_nothing(five, qtbot):
    view = five.panel.list.viewport()
    with qtbot.assertNotEmitted(five.panel.try_now_wanted):
        qtbot.mousePress(view, Qt.MouseButton.LeftButton, pos=five.button_centre(2))
        qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, pos=QPoint(20, 20))


def test_try_now_rests_after_a_press(five, qtbot):
    five.jobs.press(2)
    with qtbot.assertNotEmitted(five.panel.try_now_wanted):
        five.press_button(qtbot, 2)
    five.clock.forward(5)
    with qtbot.waitSignal(five.panel.try_now_wanted, timeout=5000):
        five.press_button(qtbot, 2)


@pytest.mark.ui("3.25", "an inline button is in the row of what can be helped")
def test_a_job_that_transfers_has_no_button(five, qtbot):
    with qtbot.assertNotEmitted(five.panel.try_now_wanted):
        five.press_button(qtbot, 1)


@pytest.mark.ui("3.25", "an inline button is in the row of what can be helped")
def test_a_failed_job_offers_to_retry_what_failed(five, qtbot):
    where = five.button_centre(5)
    assert five.panel.list.button_at(where) == 5
    with qtbot.waitSignal(five.panel.retry_wanted) as wish:
        qtbot.mouseClick(five.panel.list.viewport(), Qt.MouseButton.LeftButton, pos=where)
    assert wish.args == [5]


def test_control_t_asks_for_the_current_job(five, qtbot):
    five.panel.select_job(3)
    with qtbot.waitSignal(five.panel.try_now_wanted, timeout=5000) as asked:
        qtbot.keyClick(five.panel.list, Qt.Key.Key_T, Qt.KeyboardModifier.ControlModifier)
    assert asked.args == [3]


@pytest.mark.ui("12.8", "space pauses and resumes, Del cancels or removes, in transfers")
def test_space_pauses_and_resumes(five, qtbot):
    five.panel.select_job(1)
    with qtbot.waitSignal(five.panel.pause_wanted, timeout=5000) as paused:
        qtbot.keyClick(five.panel.list, Qt.Key.Key_Space)
    five.feed(state(State.WAITING, WaitReason.USER))
    with qtbot.waitSignal(five.panel.resume_wanted, timeout=5000) as resumed:
        qtbot.keyClick(five.panel.list, Qt.Key.Key_Space)
    assert (paused.args, resumed.args) == ([1], [1])


@pytest.mark.ui("5.15", "only what has ended can be removed")
@pytest.mark.ui("12.8", "space pauses and resumes, Del cancels or removes, in transfers")
@pytest.mark.parametrize(("job_id", "wish"), [(1, "cancel_wanted"), (5, "remove_wanted")])
def test_delete_cancels_what_runs_and_removes_what_has_ended(five, qtbot, job_id, wish):
    five.panel.select_job(job_id)
    with qtbot.waitSignal(getattr(five.panel, wish), timeout=5000) as wished:
        qtbot.keyClick(five.panel.list, Qt.Key.Key_Delete)
    assert wished.args == [job_id]


@pytest.mark.ui("5.2", "a wait card asks now, rests, and counts waits and time")
def test_the_wait_card_asks_too_and_rests(five, qtbot):
    five.panel.select_job(2)
    button = five.child(QPushButton, "try_now")
    with qtbot.waitSignal(five.panel.try_now_wanted, timeout=5000) as asked:
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert asked.args == [2]
    five.jobs.press(2)
    assert not button.isEnabled()


@pytest.mark.ui("1.41", "segments of the transfers count all, active, failed and done")
def test_a_segment_shows_its_jobs_and_keeps_the_current_one(five, qtbot):
    five.panel.select_job(5)
    failed = five.panel.header.segments.button(Segment.FAILED)
    qtbot.mouseClick(failed, Qt.MouseButton.LeftButton)
    assert five.jobs.rowCount() == 1
    assert five.panel.current_job().job_id == 5
    assert failed.text() == "Failed 1"


def test_selecting_a_hidden_job_shows_all_again(five):
    five.panel.show_segment(Segment.FAILED)
    five.panel.select_job(1)
    assert five.jobs.segment is Segment.ALL
    assert five.panel.current_job().job_id == 1


@pytest.mark.ui("1.43", "pause all, clear done, expand and close stand in the header")
def test_the_header_counts_and_its_verbs_fit_the_jobs(five):
    texts = [five.panel.header.segments.button(part).text() for part in Segment]
    assert texts == ["All 5", "Active 3", "Failed 1", "Done 1"]
    assert not five.child(QToolButton, "clear_done").isEnabled()
    five.feed(ended(Outcome.DONE, done=4, job_id=3))
    assert five.child(QToolButton, "clear_done").isEnabled()


@pytest.mark.ui("1.43", "pause all, clear done, expand and close stand in the header")
def test_pause_all_becomes_resume_all(five, qtbot):
    button = five.child(QToolButton, "pause_all")
    with qtbot.waitSignal(five.panel.pause_all_wanted, timeout=5000):
        button.click()
    for job_id in (1, 2, 3):
        five.feed(state(State.WAITING, WaitReason.USER, job_id=job_id))
    assert button.accessibleName() == "Resume all"
    with qtbot.waitSignal(five.panel.resume_all_wanted, timeout=5000):
        button.click()


@pytest.mark.ui("1.3", "the transfers are low while empty and fold to a strip of 36 px")
@pytest.mark.ui("1.44", "the strip tells what is not nothing, and opens the dock at it")
def test_the_dock_folds_to_a_strip_that_opens_it_at_a_part(five, qtbot):
    five.panel.set_collapsed(True)
    assert five.panel.maximumHeight() == STRIP
    waits = five.child(QToolButton, "strip_waiting")
    assert waits.accessibleName() == "2 waiting, next in 00:38"
    assert waits.text().strip() == waits.accessibleName()
    assert not waits.icon().isNull()
    qtbot.mouseClick(five.child(QToolButton, "strip_failed"), Qt.MouseButton.LeftButton)
    assert not five.panel.collapsed
    assert five.jobs.segment is Segment.FAILED


@pytest.mark.ui("1.47", "a narrow dock leaves out its detail, then objects and rates")
@pytest.mark.parametrize(
    ("width", "detail", "objects"),
    [(1440, True, True), (1199, False, True), (1099, False, False)],
)
def test_a_narrow_dock_leaves_out_what_has_no_room(five, width, detail, objects):
    five.panel.resize(width, 330)
    assert five.panel.detail.isVisible() is detail
    assert five.panel.list.isColumnHidden(COLUMN_OF["objects"]) is not objects
    wide = five.child(QToolButton, "pause_all").toolButtonStyle()
    assert (wide == Qt.ToolButtonStyle.ToolButtonIconOnly) is (width < 1100)


def test_an_empty_dock_says_how_to_begin(dock):
    empty = dock.child(QWidget, "transfers_empty")
    assert empty.isVisible()
    assert empty.text() == "No transfers yet. Drop files on a bucket or folder to upload them."
    dock.jobs.add(upload())
    assert not empty.isVisible()


def test_a_new_job_becomes_the_current_one(five):
    five.panel.select_job(1)
    five.jobs.add(upload(6, "late"))
    assert five.panel.current_job().job_id == 6


def test_a_new_job_does_not_take_the_row_one_works_in(five, qtbot):
    five.panel.select_job(1)
    five.panel.list.setFocus()
    qtbot.waitUntil(five.panel.list.hasFocus, timeout=5000)
    five.jobs.add(upload(6, "late"))
    assert five.panel.current_job().job_id == 1


@pytest.mark.ui("1.28", "the transfers of all sessions stand left, the current one's detail right")
@pytest.mark.ui("5.1", "the dock's detail follows the current job")
def test_the_detail_follows_the_current_job_through_its_states(five):
    five.panel.select_job(1)
    card = five.child(QWidget, "wait_card")
    assert not card.isVisible()
    five.feed(state(State.WAITING, WaitReason.NETWORK), waiting(WaitReason.NETWORK, 20))
    assert card.isVisible()
    five.feed(ended(Outcome.CANCELLED, Actor.USER))
    assert not card.isVisible()
    assert not five.child(QToolButton, "pause_job").isVisible()


def test_the_right_click_menu_is_wished_for_the_row_under_the_mouse(five, qtbot):
    five.panel.select_job(1)
    with qtbot.waitSignal(five.panel.menu_wanted, timeout=5000) as wished:
        _right_click(five, 4)
    assert wished.args[0] == 4
    assert five.panel.current_job().job_id == 4


@pytest.mark.ui("3.15", "a state is an icon and a word in both themes")
@pytest.mark.parametrize("chosen", [theme.Theme.LIGHT, theme.Theme.DARK])
def test_every_state_is_painted_in_both_themes(five, qtbot, chosen):
    theme.apply(QApplication.instance(), chosen)
    for job_id in range(1, 6):
        five.panel.select_job(job_id)
        assert not five.panel.grab().isNull()
    five.panel.set_collapsed(True)
    assert not five.panel.grab().isNull()


@pytest.mark.ui("15.1", "everything one can press has a name, icons alone have a tool tip")
def test_what_one_presses_has_a_name(five):
    five.panel.select_job(2)
    nameless = [
        button.objectName()
        for button in five.panel.findChildren(QToolButton)
        if button.isVisible() and not (button.accessibleName() or button.text())
    ]
    assert nameless == []


def _right_click(dock: Dock, job_id: int) -> None:
    from PySide6.QtGui import QContextMenuEvent

    view = dock.panel.list
    point = view.visualRect(dock.jobs.index_of(job_id)).center()
    where = view.viewport().mapToGlobal(point)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, point, where)
    QApplication.sendEvent(view.viewport(), event)


def test_the_objects_of_the_current_job_are_asked_for_when_their_page_opens(five, qtbot):
    five.panel.select_job(5)
    with qtbot.waitSignal(five.panel.page_wanted, timeout=5000) as wished:
        qtbot.mouseClick(five.child(Tab, "objects_tab"), Qt.MouseButton.LeftButton)
    wanted = wished.args[0]
    assert (wanted.job_id, wanted.states, wanted.offset) == (5, None, 0)
    rows = [Stored("2026-11-22/a.mov", state=ObjectState.FAILED), Stored("2026-11-22/b.mov")]
    counts = {ObjectState.FAILED: 1, ObjectState.WAITING: 1}
    five.panel.show_page(wanted, rows, counts)
    table = five.child(QTableView, "job_objects")
    assert [table.model().index(row, 0).data() for row in range(2)] == ["a.mov", "b.mov"]
    assert not table.grab().isNull()


def test_a_part_of_the_objects_is_asked_for_by_its_states(five, qtbot):
    five.panel.select_job(5)
    five.child(Tab, "objects_tab").click()
    counts = {ObjectState.FAILED: 1, ObjectState.WAITING: 1}
    five.panel.show_page(ObjectsWanted(5, None, 0), [Stored("a"), Stored("b")], counts)
    box = five.child(QComboBox, "job_objects_parts")
    assert [box.itemText(number) for number in range(box.count())] == [
        *("All 2", "Failed 1", "Waiting 1"),
    ]
    with qtbot.waitSignal(five.panel.page_wanted, timeout=5000) as wished:
        box.activated.emit(_choose(box, "failed"))
    assert wished.args[0].states == frozenset({ObjectState.FAILED})


@pytest.mark.ui("5.5", "a waiting download tells the room at its target")
def test_a_waiting_download_tells_the_room_at_its_target(five, qtbot):
    with qtbot.waitSignal(five.panel.free_space_wanted, timeout=5000) as wished:
        five.panel.select_job(3)
    assert wished.args == ["/restore"]
    five.panel.show_free_space("/restore", 12_630 * GB)
    assert five.child(QWidget, "free_space").text() == "12.63 TB free at /restore"
    five.feed(progress(34 * GB, total=100 * GB, job_id=3))
    five.panel.show_free_space("/restore", 12 * GB)
    told = "12.00 GB free at /restore, 66.00 GB needed"
    assert five.child(QWidget, "free_space").text() == told
    five.feed(state(State.TRANSFERRING, job_id=3))
    assert not five.child(QWidget, "free_space").isVisible()


@pytest.mark.ui("5.11", "pause comes at once, a second press ends the blobs")
def test_a_second_press_of_pause_ends_the_blobs_at_once(five, qtbot):
    five.panel.select_job(1)
    five.feed(state(State.WAITING, WaitReason.USER, blobs_in_flight=4))
    button = five.child(QToolButton, "pause_job")
    assert button.accessibleName() == "Pause at once"
    with qtbot.waitSignal(five.panel.pause_wanted, timeout=5000):
        button.click()
    five.feed(state(State.WAITING, WaitReason.USER))
    assert button.accessibleName() == "Resume"
    with qtbot.waitSignal(five.panel.resume_wanted, timeout=5000):
        button.click()


def _choose(box: QComboBox, id: str) -> int:
    box.setCurrentIndex(box.findData(id))
    return box.currentIndex()


def shown_columns(dock: Dock) -> list[str]:
    header = dock.panel.list.horizontalHeader()
    return [name for name, number in COLUMN_OF.items() if not header.isSectionHidden(number)]


def test_further_columns_are_chosen_by_the_headers_menu_and_stay_in_a_narrow_dock(
    five: Dock, qtbot
) -> None:
    assert shown_columns(five)[-1] == "time_left"
    header = five.panel.list.horizontalHeader()
    header.customContextMenuRequested.emit(QPoint(20, 5))
    menu = five.panel.findChild(QMenu, "columns_menu")
    entries = {one.text(): one for one in menu.actions()}
    assert not entries["Job"].isEnabled()
    with qtbot.waitSignal(five.panel.list.columns_chosen):
        entries["Job id"].trigger()
    entries["Priority"].trigger()
    menu.close()
    five.panel.resize(900, 330)
    assert {"job_id", "priority"} <= set(shown_columns(five))
    assert "rate" not in shown_columns(five)
    five.feed(created(3, job_id=1))
    cell = five.jobs.index(five.jobs.index_of(1).row(), COLUMN_OF["job_id"])
    assert cell.data() == "appliance-1"
    five.panel.list.reset_columns()
    assert "job_id" not in shown_columns(five)


def test_the_id_of_a_split_job_is_its_first_and_how_many_more(qapp) -> None:
    column = COLUMNS[COLUMN_OF["job_id"]]
    one = replace(upload(1), appliance_jobs=("95dcda9b-aaaa", "b", "c"))
    assert column.text(one, NOW) == "95dcda9b… +2"
    assert column.text(upload(1), NOW) == "—"


@pytest.fixture
def said(monkeypatch) -> list[str]:
    """What a reader of the screen is told."""
    told: list[str] = []

    class Ear:
        @staticmethod
        def updateAccessibility(event) -> None:
            told.append(event.message())

    monkeypatch.setattr(transfers_panel, "QAccessible", Ear)
    return told


@pytest.mark.ui("15.4", "new states are announced, progress is not, countdowns seldom")
def test_a_new_state_is_announced_and_progress_is_not(five, said):
    five.feed(progress(62 * GB, in_cache=50 * GB))
    assert said == []
    five.feed(ended(Outcome.DONE, done=318))
    assert said == ["day-016 A-cam: done, not yet persisted. Keep the originals until it is"]


@pytest.mark.ui("15.4", "new states are announced, progress is not, countdowns seldom")
def test_a_countdown_is_announced_at_one_minute_and_at_ten_seconds(five, said):
    five.feed(state(State.TRANSFERRING, job_id=2))
    said.clear()
    for _ in range(38):
        five.clock.forward(1)
        five.jobs.ticked.emit()
    assert said == ["reels: next try in 10 seconds"]


def test_what_refused_a_job_stands_in_its_detail_with_the_appliances_words(five):
    failure = Failure(FailureCode.NO_RIGHT, status=403, appliance_code="AccessDenied")
    five.feed(ended(Outcome.FAILED, failure=failure))
    five.panel.select_job(1)
    notice = five.child(NoticeBar, "job_refusal")
    assert notice.isVisible()
    assert notice.message.text == "You may not write to dailies. Ask its owner for WRITE."
    assert ("Code", "AccessDenied") in notice.message.details
    five.panel.select_job(5)
    assert not notice.isVisible()


def test_the_detail_follows_when_its_job_is_removed(five):
    five.panel.select_job(5)
    five.jobs.remove(5)
    assert five.panel.detail.job_id() == five.panel.current_job().job_id == 4
    for job_id in range(1, 5):
        five.jobs.remove(job_id)
    assert five.panel.detail.job_id() is None


def test_arrows_bring_a_chunk_into_view(five, qtbot):
    five.jobs.add(upload(9, "large"))
    five.feed(created(2000, job_id=9))
    five.panel.select_job(9)
    chunk_map = five.child(ChunkMap, "chunk_map")

    def laid_out() -> bool:
        high = chunk_map.height()
        return high > 1000 and high == chunk_map.heightForWidth(chunk_map.width())

    qtbot.waitUntil(laid_out, timeout=5000)
    qtbot.keyClick(chunk_map, Qt.Key.Key_End)
    assert not chunk_map.visibleRegion().intersected(chunk_map.cell_rect(1999)).isEmpty()


@pytest.mark.ui("5.25", "tapes that a download still needs are told in the dock's detail")
def test_a_waiting_download_tells_the_tapes_it_still_needs(five):
    five.panel.select_job(3)
    line = five.child(QWidget, "needed_tapes")
    assert not line.isVisible()
    barcodes = tuple(f"A0012{n}L8" for n in range(5))
    five.jobs.show_tapes(3, NeededTapes(barcodes, ejected=("A00121L8",)))
    assert line.isVisible()
    assert line.text() == "A00120L8   A00121L8   A00122L8   + 2"
    told = line.parentWidget()
    assert told.accessibleName() == f"Tapes still needed: {', '.join(barcodes)}"
    assert told.toolTip().splitlines()[:3] == ["A00120L8", "A00121L8, ejected", "A00122L8"]
    five.jobs.show_tapes(3, NeededTapes(barcodes[:1], whole=False))
    assert line.text() == "A00120L8"
    assert told.accessibleName() == "Tapes needed next: A00120L8"
    five.panel.select_job(2)
    assert not line.isVisible()
    five.panel.select_job(3)
    assert line.isVisible()
    five.feed(state(State.TRANSFERRING, job_id=3))
    assert not line.isVisible()


def test_tapes_that_are_told_late_are_not_shown(five):
    five.feed(state(State.TRANSFERRING, job_id=3))
    five.jobs.show_tapes(3, NeededTapes(("A00120L8",)))
    assert five.jobs.row(3).tapes is None


@pytest.mark.ui("1.4", "sizes and splitters are as they were left")
def test_a_divider_that_was_chosen_stays_where_it_is(five):
    five.panel.splitter.setSizes([800, 640])
    state = five.panel.splitter.saveState()
    five.panel.splitter.setSizes([1000, 440])
    five.panel.splitter.restoreState(state)
    five.panel.resize(1441, 330)
    assert five.panel.detail.width() == pytest.approx(640, abs=3)
