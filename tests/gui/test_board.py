"""The jobs board: what an appliance's jobs are said to do, and what may be done about them."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QWidget

from ds3_browser.gui import appliance_jobs
from ds3_browser.gui.appliance_jobs import Board, BoardRow, Part, Silence, Watch, activity
from ds3_browser.gui.boards import Boards
from ds3_browser.gui.connections import Connection, SessionState
from ds3_browser.gui.dialogs.cancel_job import CancelDialog
from ds3_browser.gui.models.board import COLUMN_OF, BoardModel
from ds3_browser.gui.places import Place
from ds3_browser.gui.theme import Role
from ds3_browser.gui.views.board_detail import BoardDetail
from ds3_browser.gui.views.board_list import BoardList
from ds3_browser.gui.views.board_page import BoardPage, asked_words
from ds3_browser.gui.views.instead import InsteadOfRows
from ds3_browser.gui.views.news_bar import NewsBar
from ds3_browser.gui.views.segments import Segments
from ds3_browser.protocol.client import Ds3Client
from ds3_browser.protocol.errors import AccessDenied, Refusal
from ds3_browser.protocol.records import (
    ApplianceJob,
    Credentials,
    GetItem,
    JobStatus,
    Priority,
    PutItem,
    RequestType,
)
from ds3_browser.transfer.events import State

SOON = 10_000
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
AT = f"{NOW.astimezone():%H:%M}"
TB = 10**12


def job(**facts: object) -> ApplianceJob:
    plain = ApplianceJob(
        job_id="95dcda9b",
        status=JobStatus.IN_PROGRESS,
        bucket_id="b",
        bucket="rushes-2026",
        name="day-016",
        request_type=RequestType.PUT,
        priority="NORMAL",
        user_id="u",
        user_name="ingest-03",
        created=NOW - timedelta(hours=20),
        ended=None,
        original_size=TB,
        cached_size=TB // 2,
        completed_size=TB // 4,
        truncated=False,
        timed_out=False,
    )
    return replace(plain, **facts)


# --- what is said of a job


@pytest.mark.ui("6.1", "activity tells what was watched, and no more")
def test_silence_is_claimed_only_as_far_as_it_was_watched() -> None:
    watch = Watch()
    watch.see([job()], NOW)
    later = NOW + timedelta(hours=3, minutes=12)

    def told(at: datetime) -> str:
        return activity(BoardRow(job(), Part.ACTIVE, silence=watch.silence("95dcda9b")), at).text

    assert told(NOW + timedelta(seconds=30)) == "—"  # nothing is known of it yet
    assert told(later) == "No data for 3 h 12 min"
    watch.see([job(cached_size=TB // 2 + 1)], later)
    assert told(later + timedelta(seconds=30)) == "—"
    assert watch.silence("95dcda9b") == Silence(later, changed=True)
    watch.see([], later)
    assert watch.silence("95dcda9b") is None


@pytest.mark.ui("6.1", "activity tells what was watched, and no more")
@pytest.mark.parametrize(
    ("row", "words"),
    [
        (BoardRow(job(), Part.ACTIVE, here=True), "This computer"),
        (BoardRow(job(request_type=RequestType.VERIFY), Part.ACTIVE), "Appliance only"),
        (BoardRow(job(cached_size=TB), Part.ACTIVE), "Nothing left to send"),
        (BoardRow(job(request_type=RequestType.GET, cached_size=TB), Part.ACTIVE), "—"),
        (BoardRow(job(ended=NOW), Part.COMPLETED), f"Completed {AT}"),
        (BoardRow(job(ended=NOW), Part.CANCELLED), f"Cancelled {AT}"),
        (BoardRow(job(ended=NOW, timed_out=True), Part.CANCELLED), f"Timed out {AT}"),
        (BoardRow(job(ended=NOW, truncated=True), Part.CANCELLED), f"Closed {AT}"),
        (BoardRow(job(), Part.CANCELLED), "Cancelled —"),
    ],
)
def test_each_activity_has_its_words(row: BoardRow, words: str) -> None:
    assert activity(row, NOW).text.startswith(words)


def test_a_job_that_sends_nothing_for_an_hour_is_idle_and_warns() -> None:
    silence = Silence(NOW - timedelta(minutes=59))
    row = BoardRow(job(), Part.ACTIVE, silence=silence)
    assert not row.is_idle(NOW)
    assert activity(row, NOW).role is Role.SECONDARY
    later = NOW + timedelta(minutes=1)
    assert row.is_idle(later)
    assert activity(row, later).role is Role.WARNING
    for other in (
        replace(row, here=True),
        replace(row, part=Part.COMPLETED),
        replace(row, job=job(cached_size=TB)),
        replace(row, job=job(request_type=RequestType.VERIFY)),
    ):
        assert not other.is_idle(later)


@pytest.mark.parametrize(
    ("facts", "amount", "share", "left"),
    [
        ({}, "0.50 of 1.00 TB", "25 % persisted", TB // 2),
        ({"request_type": RequestType.GET}, "0.50 of 1.00 TB", "50 % loaded", TB // 2),
        ({"request_type": RequestType.VERIFY}, "0.25 of 1.00 TB", "25 % checked", TB * 3 // 4),
        ({"cached_size": TB, "completed_size": TB}, "1.00 TB", "100 % persisted", 0),
        ({"cached_size": None, "completed_size": None}, "1.00 TB", "", None),
        ({"original_size": None}, "—", "", None),
        ({"original_size": 0, "cached_size": 0, "completed_size": 0}, "0 B", "", 0),
        ({"cached_size": 2 * TB}, "1.00 TB", "25 % persisted", 0),  # it may say more than all
    ],
)
def test_amounts_are_told_as_the_type_needs(facts, amount, share, left) -> None:
    told = job(**facts)
    assert appliance_jobs.amount(told) == amount
    assert appliance_jobs.share(told) == share
    assert appliance_jobs.left(told) == left
    assert all(0 <= end <= 1 for end, _ in appliance_jobs.stages(told))


def test_the_age_of_what_is_shown_is_told() -> None:
    assert asked_words(None, NOW) == ""
    assert asked_words(NOW - timedelta(seconds=12), NOW) == "updated 12 s ago"
    assert asked_words(NOW - timedelta(minutes=3), NOW) == "updated 3 min ago"


# --- the list


def rows(model: BoardModel, column: str = "name") -> list[str]:
    return [model.index(n, COLUMN_OF[column]).data() for n in range(model.rowCount())]


@pytest.fixture
def model() -> BoardModel:
    model = BoardModel()
    model.show_rows(
        [
            BoardRow(job(job_id="a1", name="dailies", priority="URGENT"), Part.ACTIVE, mine=True),
            BoardRow(job(job_id="b2", name=None, user_name="maria"), Part.ACTIVE),
            BoardRow(job(job_id="c3", name="Reels", bucket="masters", created=NOW), Part.ACTIVE),
        ]
    )
    return model


@pytest.mark.ui("6.2", "the board is filtered by name, bucket, owner and id, and by whose it is")
def test_the_filter_looks_at_name_bucket_owner_and_id(model: BoardModel) -> None:
    for text, found in (
        ("REELS", ["Reels"]),
        ("masters", ["Reels"]),
        ("maria", ["Untitled"]),
        ("b2", ["Untitled"]),
        ("nothing", []),
    ):
        model.set_filter(text)
        assert rows(model) == found
    assert model.hidden == 3
    model.set_filter("")
    model.set_only_mine(True)
    assert rows(model) == ["dailies"]


def test_a_column_orders_by_what_it_means(model: BoardModel) -> None:
    assert rows(model)[0] == "Reels"  # the newest at first
    model.sort(COLUMN_OF["priority"], Qt.SortOrder.AscendingOrder)
    assert rows(model, "priority")[0] == "Urgent"
    model.sort(COLUMN_OF["name"], Qt.SortOrder.DescendingOrder)
    assert rows(model) == ["Untitled", "Reels", "dailies"]


def test_a_row_is_read_as_one_sentence(model: BoardModel) -> None:
    spoken = model.index(0, 0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert spoken.startswith("PUT, Reels, masters, ingest-03, Normal, 0.50 of 1.00 TB")


# --- when it is asked


class _Asked(QObject):
    """Stands for the doer of short calls, and remembers who was asked."""

    changed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.states: dict[str, SessionState] = {}
        self.asked: list[str] = []

    def connection(self, session_id: str | None) -> Connection:
        return Connection(self.states.get(session_id or "", SessionState.NOT_CONNECTED))

    def ask(self, session_id: str, call: object, on_result: Callable, on_error: object) -> None:
        self.asked.append(session_id)
        on_result(())

    def connect_to(self, session_id: str, state: SessionState = SessionState.CONNECTED) -> None:
        self.states[session_id] = state
        self.changed.emit(session_id)


def test_the_badge_is_asked_for_each_minute_the_board_each_half_and_nothing_unseen(qapp) -> None:
    asked, seen = _Asked(), [True]
    boards = Boards(asked, lambda: seen[0])
    asked.connect_to("north")
    asked.connect_to("south")
    assert asked.asked == ["north", "south"]
    asked.asked.clear()
    boards.tick()
    boards.tick()
    assert sorted(asked.asked) == ["north", "south"]
    boards.see("north")
    asked.asked.clear()
    boards.tick()
    boards.tick()
    assert sorted(asked.asked) == ["north", "north", "south"]
    seen[0] = False
    asked.asked.clear()
    boards.tick()
    assert asked.asked == []
    asked.connect_to("north", SessionState.NOT_CONNECTED)
    assert boards.active("north") is None


def test_a_wish_while_an_answer_is_on_its_way_is_asked_once_more(qapp) -> None:
    asked = _Asked()
    boards = Boards(asked, lambda: True)
    waiting: list[Callable] = []

    def ask(session_id: str, call: object, on_result: Callable, on_error: object) -> None:
        asked.asked.append(session_id)
        waiting.append(on_result)

    asked.ask = ask  # type: ignore[method-assign]  # answers when it is told to
    asked.connect_to("north")
    boards.tick()
    boards.tick()
    assert asked.asked == ["north"]
    waiting.pop()(())
    assert asked.asked == ["north", "north"]  # once, however often it was wished
    waiting.pop()(())
    assert waiting == []


# --- in the window


@pytest.fixture
def maria(simulator) -> Iterator[Ds3Client]:
    """Another user's client."""
    keys = {"name": "maria", "access_id": "maria", "secret_key": "her key"}
    simulator.faults.set("users", [keys | {"administrator": True}])
    from ds3_browser.protocol.records import Endpoint

    client = Ds3Client(Endpoint.parse(simulator.url), Credentials("maria", "her key"))
    yield client
    client.close()


@pytest.fixture
def jobs(client, bucket, maria) -> dict[str, str]:
    """Two uploads that are open, by name: one's own with half of it sent, and maria's."""
    mine = client.start_put_job(bucket, [PutItem("a", 4), PutItem("b", 4)], name="mine").job_id
    client.chunks_ready(mine)
    client.put_object(bucket, "a", b"1234", job_id=mine, offset=0)
    hers = maria.start_put_job(bucket, [PutItem("c", 9)], name="hers").job_id
    return {"mine": mine, "hers": hers}


@pytest.fixture
def board(qtbot, window, jobs, connected):
    """The board in view, with both jobs; the own one is chosen."""
    window.context.actions["appliance_jobs"].trigger()
    page = window.board_page
    qtbot.waitUntil(lambda: page.model.rowCount() == 2, timeout=SOON)
    assert page.list.select_job(jobs["mine"])
    return page


def choose(qtbot, page, job_id: str) -> None:
    assert page.list.select_job(job_id)
    qtbot.waitUntil(lambda: page.current() is not None and page.current().job.job_id == job_id)


def press(qtbot, widget: QWidget | None) -> None:
    assert isinstance(widget, QPushButton)
    qtbot.mouseClick(widget, Qt.MouseButton.LeftButton)


def question(qtbot, window) -> CancelDialog:
    qtbot.waitUntil(lambda: window.findChild(CancelDialog) is not None, timeout=SOON)
    return window.findChild(CancelDialog)


@pytest.mark.ui("1.13", "jobs on the appliance are the first child of a session, with a count")
def test_the_way_to_the_jobs_stands_first_with_their_number(qtbot, window, jobs, connected):
    model = window.sidebar.model
    session = model.index_of(Place(connected.id))

    def told() -> tuple[str, str]:
        node = model.node(model.index(0, 0, session))
        return node.text, node.word

    qtbot.waitUntil(lambda: told() == ("Jobs on appliance", "2"), timeout=SOON)
    assert model.node(model.index(1, 0, session)).text == "archive"
    window.sidebar.tree.chosen.emit(model.node(model.index(0, 0, session)).place)
    assert window.on_board
    window.context.browsing.disconnect_session(connected.id)
    assert model.rowCount(session) == 0


@pytest.mark.ui("1.54", "the jobs board has its own page header, segments and refresh")
def test_the_board_lists_all_jobs_under_its_own_header(qtbot, window, board, client, jobs):
    assert not window.tool_bar.isVisible()
    assert window.transfers.isVisible()
    assert board.findChild(QWidget, "board_title").text() == "Jobs on North Vault"
    segments = board.findChild(Segments, "board_segments")
    qtbot.waitUntil(lambda: segments.button(Part.COMPLETED).text() == "Completed 0", timeout=SOON)
    assert segments.button(Part.ACTIVE).text() == "Active 2"
    qtbot.waitUntil(lambda: set(rows(board.model, "owner")) == {"spectra", "maria"}, timeout=SOON)
    assert set(rows(board.model, "bucket")) == {"archive"}
    assert board.findChild(QWidget, "board_asked").text().startswith("updated ")
    client.start_put_job("archive", [PutItem("d", 1)], name="new")
    qtbot.mouseClick(board.findChild(QWidget, "board_refresh"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: board.model.rowCount() == 3, timeout=SOON)
    assert board.current().job.job_id == jobs["mine"]  # a refresh keeps what is chosen
    client.cancel_job(jobs["mine"])
    window.context.actions["refresh"].trigger()
    qtbot.waitUntil(lambda: segments.button(Part.CANCELLED).text() == "Cancelled 1", timeout=SOON)
    qtbot.mouseClick(segments.button(Part.CANCELLED), Qt.MouseButton.LeftButton)
    assert rows(board.model) == ["mine"]
    assert rows(board.model, "activity")[0].startswith("Cancelled ")
    assert not board.detail.cancel.isVisible()


def test_behind_another_page_the_board_asks_for_nothing_and_stays_as_it_was(
    qtbot, window, board, connected, simulator, folder
):
    (folder / "a").write_bytes(b"1")
    transfer = window.context.queue.upload(connected.id, "archive", "", [str(folder)])
    qtbot.waitUntil(lambda: window.jobs.row(transfer).ended, timeout=SOON)
    board.filter.setText("mine")
    board.show_part(Part.COMPLETED)
    window.show_job(transfer)
    calls = window.context.browsing._calls._under_way
    qtbot.waitUntil(lambda: not calls, timeout=SOON)
    before = jobs_asked_for(simulator)
    boards = window.commands.board.boards
    boards._odd = True  # it is not the turn of the numbers in the sidebar
    boards.tick()
    qtbot.waitUntil(lambda: not calls, timeout=SOON)
    assert jobs_asked_for(simulator) == before
    window.go_back()
    assert window.on_board
    assert (board.part, board.filter.text()) == (Part.COMPLETED, "mine")
    qtbot.waitUntil(lambda: jobs_asked_for(simulator) > before, timeout=SOON)


def jobs_asked_for(simulator) -> int:
    counted = simulator.counters()
    return sum(number for call, number in counted.items() if "_job" in call)


def test_on_a_transfers_page_the_boards_job_is_not_what_commands_act_on(
    qtbot, window, board, connected, folder
):
    assert window.situation().board_job == board.current() is not None
    (folder / "a").write_bytes(b"1")
    transfer = window.context.queue.upload(connected.id, "archive", "", [str(folder)])
    qtbot.waitUntil(lambda: window.jobs.row(transfer).ended, timeout=SOON)
    window.show_job(transfer)
    found = window.situation().board_job
    assert found is None or found.job.job_id in window.jobs.row(transfer).appliance_jobs


def test_only_mine_leaves_out_what_others_own(qtbot, board):
    qtbot.waitUntil(lambda: "maria" in rows(board.model, "owner"), timeout=SOON)
    board.only_mine.setChecked(True)
    qtbot.waitUntil(lambda: rows(board.model) == ["mine"], timeout=SOON)
    board.filter.setText("hers")
    said = board.findChild(InsteadOfRows)
    assert said.isVisible()
    press(qtbot, said.findChild(QPushButton, "instead_button"))
    assert set(rows(board.model)) == {"mine", "hers"}


@pytest.mark.ui("6.3", "a chosen job tells its objects, its chunks and its owner")
def test_the_chosen_job_tells_its_objects_and_chunks(qtbot, board):
    detail = board.detail

    def text(name: str) -> str:
        return detail.findChild(QWidget, name).text()

    qtbot.waitUntil(lambda: text("board_objects") == "2, of these 1 in cache", timeout=SOON)
    assert text("board_chunks") == "Chunks, 0 of 1 in cache"
    assert len(detail.map.cells()) == 1
    assert text("board_size") == "8 B"
    assert text("board_verbs") == "Take this job over"
    assert text("board_hint").startswith("Choose the folder its files came from.")
    qtbot.waitUntil(lambda: text("board_owner") == "spectra", timeout=SOON)


def parts_of_head(page) -> list[QWidget]:
    return [page.segments, page.only_mine, page.filter, page._refresh]


def is_whole(within: QWidget, part: QWidget) -> bool:
    place = QRect(part.mapTo(within, QPoint()), part.size())
    hint = part.minimumWidth() or part.sizeHint().width()
    return part.isVisible() and part.width() >= hint and within.rect().contains(place)


def test_in_a_narrow_page_a_box_stands_for_the_segments_and_nothing_is_cut(qtbot, window, board):
    window.resize(1440, 800)
    qtbot.waitUntil(lambda: not board.segments.boxed)
    window.resize(window.minimumWidth(), 800)
    window.show_local(True)
    window.beside.setSizes([800, 100])
    qtbot.waitUntil(lambda: board.segments.boxed)
    qtbot.waitUntil(lambda: all(is_whole(board, part) for part in parts_of_head(board)))
    box = board.segments.box
    assert [box.itemText(n)[:9] for n in range(box.count())] == [
        "Active 2",
        "Completed",
        "Cancelled",
    ]
    with qtbot.waitSignal(board.part_wanted) as wanted:
        box.setCurrentIndex(1)
        box.activated.emit(1)
    assert wanted.args == [Part.COMPLETED]
    window.show_local(False)
    window.resize(1440, 800)
    qtbot.waitUntil(lambda: not board.segments.boxed)
    assert board.segments.button(Part.COMPLETED).isChecked()


def test_in_a_narrow_page_what_can_be_done_is_whole_and_the_map_gives_way(qtbot, window, board):
    detail = board.detail
    objects = detail.findChild(QWidget, "board_objects")
    qtbot.waitUntil(lambda: objects.text() == "2, of these 1 in cache", timeout=SOON)
    assert detail.map.isVisible()
    window.resize(window.minimumWidth(), 800)
    window.show_local(True)
    window.beside.setSizes([400, 100])
    qtbot.waitUntil(lambda: not detail.map.isVisible())
    button = detail.cancel
    qtbot.waitUntil(lambda: button.width() >= button.sizeHint().width())
    detail.show_facts(board.current().job.job_id, detail._facts)  # as each refresh does
    assert not detail.map.isVisible()
    window.show_local(False)
    window.resize(1440, 800)
    qtbot.waitUntil(detail.map.isVisible)


@pytest.mark.ui("6.4", "the priority of a job on the appliance is changed")
def test_the_priority_is_changed_on_the_appliance(qtbot, window, board, client, jobs):
    window.context.actions["board_priority_high"].trigger()
    qtbot.waitUntil(lambda: client.active_job(jobs["mine"]).priority == "HIGH", timeout=SOON)
    qtbot.waitUntil(lambda: "High" in rows(board.model, "priority"), timeout=SOON)
    assert window.context.actions["board_priority_high"].isChecked()


@pytest.mark.ui("6.5", "a job is cancelled on the appliance after a question that names its owner")
def test_anothers_job_is_cancelled_after_a_question_that_names_its_owner(
    qtbot, window, board, client, jobs
):
    qtbot.waitUntil(lambda: "maria" in rows(board.model, "owner"), timeout=SOON)
    choose(qtbot, board, jobs["hers"])
    press(qtbot, board.detail.cancel)
    dialog = question(qtbot, window)
    title = [label.text() for label in dialog.findChildren(QWidget) if hasattr(label, "text")]
    assert "Cancel hers of maria?" in title
    assert dialog.findChild(QPushButton, "go_on").isDefault()
    press(qtbot, dialog.findChild(QPushButton, "cancel_discard"))
    qtbot.waitUntil(lambda: rows(board.model) == ["mine"], timeout=SOON)
    assert client.canceled_job(jobs["hers"]).truncated is False


def test_what_is_in_cache_is_kept_where_that_is_chosen(qtbot, window, board, client, connected):
    browsing = window.context.browsing
    qtbot.waitUntil(lambda: browsing.connection(connected.id).truncates, timeout=SOON)
    board.list.setFocus()
    qtbot.keyClick(board.list, Qt.Key.Key_Delete)
    press(qtbot, question(qtbot, window).findChild(QPushButton, "cancel_keep"))
    qtbot.waitUntil(lambda: rows(board.model) == ["hers"], timeout=SOON)
    names = {found.name for found in client.list_objects("archive").objects()}
    assert "a" in names
    assert "b" not in names


def test_a_job_that_ended_meanwhile_is_told_and_leaves_the_list(qtbot, window, board, client, jobs):
    client.cancel_job(jobs["mine"])
    press(qtbot, board.detail.cancel)
    press(qtbot, question(qtbot, window).findChild(QPushButton, "cancel_discard"))
    qtbot.waitUntil(lambda: rows(board.model) == ["hers"], timeout=SOON)


@pytest.mark.ui("6.9", "a job begun elsewhere goes on here with the files of a folder")
def test_an_upload_begun_elsewhere_goes_on_here(
    qtbot, window, board, client, simulator, connected, jobs, folder
):
    (folder / "a").write_bytes(b"1234")
    (folder / "b").write_bytes(b"5678")
    window.commands.board.take_over(connected.id, board.current(), str(folder))
    qtbot.waitUntil(
        lambda: any(jobs["mine"] in row.appliance_jobs for row in window.jobs.rows()), timeout=SOON
    )
    row = next(row for row in window.jobs.rows() if jobs["mine"] in row.appliance_jobs)
    qtbot.waitUntil(lambda: window.jobs.row(row.job_id).ended, timeout=SOON)
    assert window.jobs.row(row.job_id).state is State.DONE
    held = {found.name: found.size for found in client.list_objects("archive").objects()}
    assert held["b"] == 4
    assert simulator.counters().get("blobs received twice", 0) == 0


def test_a_download_begun_elsewhere_goes_on_into_a_folder(
    qtbot, window, client, bucket, connected, folder
):
    job_id = client.start_put_job(bucket, [PutItem("x/y", 3), PutItem("z", 1)]).job_id
    client.chunks_ready(job_id)
    client.put_object(bucket, "x/y", b"abc", job_id=job_id, offset=0)
    client.put_object(bucket, "z", b"d", job_id=job_id, offset=0)
    items = [GetItem("x/y"), GetItem("z")]
    there = client.start_get_job(bucket, items, name="theirs").job_id
    window.context.actions["appliance_jobs"].trigger()
    page = window.board_page
    qtbot.waitUntil(lambda: page.list.select_job(there), timeout=SOON)
    window.commands.board.take_over(connected.id, page.current(), str(folder))
    qtbot.waitUntil(lambda: (folder / "x" / "y").exists(), timeout=SOON)
    assert (folder / "x" / "y").read_bytes() == b"abc"
    qtbot.waitUntil((folder / "z").exists, timeout=SOON)


def test_files_that_are_others_are_told_before_anything_is_sent(
    qtbot, window, board, client, connected, jobs, folder
):
    (folder / "a").write_bytes(b"1234")
    (folder / "b").write_bytes(b"56789")
    window.commands.board.take_over(connected.id, board.current(), str(folder))

    def boxes() -> list[QWidget]:
        return [one for one in QApplication.topLevelWidgets() if one.objectName() == "notice_box"]

    qtbot.waitUntil(lambda: bool(boxes()), timeout=SOON)
    assert boxes()[0].text.text().startswith("1 of ")
    row = next(row for row in window.jobs.rows() if jobs["mine"] in row.appliance_jobs)
    assert row.state is State.WAITING
    for one in boxes():
        one.close()


@pytest.mark.ui("13.8", "the menu of a job of the appliance")
def test_the_menu_of_a_job_stands_in_its_order(qtbot, window, board):
    at = board.list.visualRect(board.list.currentIndex()).center()
    event = QContextMenuEvent(
        QContextMenuEvent.Reason.Mouse, at, board.list.viewport().mapToGlobal(at)
    )
    QApplication.sendEvent(board.list.viewport(), event)
    qtbot.waitUntil(lambda: window.menus._menu is not None and window.menus._menu.isVisible())
    shown = [one.text().replace("&", "") or "-" for one in window.menus._menu.actions()]
    assert shown == [
        *(
            "Resume here…",
            "Change priority",
            "-",
            "Go to bucket",
            "Copy job id",
            "Export object list…",
        ),
        *("-", "Cancel on appliance…"),
    ]
    window.menus._menu.close()


def test_the_id_is_copied_and_the_bucket_is_gone_to(qtbot, window, board, jobs, connected):
    window.context.actions["copy_appliance_job_id"].trigger()
    assert QApplication.clipboard().text() == jobs["mine"]
    qtbot.waitUntil(lambda: set(rows(board.model, "bucket")) == {"archive"}, timeout=SOON)
    window.context.actions["go_to_bucket"].trigger()
    assert window.place == Place(connected.id, "archive")
    window.go_back()
    assert window.on_board


@pytest.mark.ui("6.6", "a job's objects are exported as the appliance lists them")
def test_the_objects_of_a_job_are_exported(qtbot, window, board, connected, tmp_path: Path):
    file = tmp_path / "list.csv"
    window.commands.board.write_list(connected.id, board.current(), file)
    qtbot.waitUntil(file.exists, timeout=SOON)
    with file.open(encoding="utf-8-sig", newline="") as written:
        told = list(csv.reader(written))
    assert told == [["object", "size", "in cache"], ["a", "4", "yes"], ["b", "4", "no"]]


def test_the_jobs_of_a_bucket_are_shown_by_the_filter(qtbot, window, jobs, client, connected):
    client.create_bucket("other")
    client.start_put_job("other", [PutItem("x", 1)], name="elsewhere")
    window.go(Place(connected.id, "archive"))
    window.context.actions["bucket_jobs"].trigger()
    page = window.board_page
    assert page.filter.text() == "archive"
    qtbot.waitUntil(lambda: set(rows(page.model)) == {"mine", "hers"}, timeout=SOON)


@pytest.mark.ui("6.7", "idle jobs are told, and shown alone")
def test_idle_jobs_are_told_and_shown_alone(qtbot, window, board, jobs, connected):
    boards = window.commands.board.boards
    watch = boards.watch(connected.id)
    listed = boards.board(connected.id).lists[Part.ACTIVE]
    long_ago = appliance_jobs.now() - timedelta(hours=2)
    watch.see([], long_ago)
    watch.see([one for one in listed if one.job_id == jobs["hers"]], long_ago)
    boards.changed.emit(connected.id)
    bar = board.findChild(NewsBar, "idle_jobs")
    assert bar.isVisible()
    assert bar.text == (
        "1 job has received nothing for over an hour. Unfinished jobs keep cache locked."
    )
    press(qtbot, bar.findChild(QPushButton, "news_button"))
    assert rows(board.model) == ["hers"]
    assert rows(board.model, "activity") == ["No data for 2 h"]


def test_a_transfer_of_this_computer_is_known_and_shown(
    qtbot, window, connected, simulator, folder
):
    simulator.faults.set("throttle_bps", 1 << 18)
    (folder / "big").write_bytes(bytes(1 << 20))
    from ds3_browser.gui.job_options import UploadOptions

    queue = window.context.queue
    job_id = queue.upload(
        connected.id, "archive", "", [str(folder / "big")], UploadOptions(name="ours")
    )
    qtbot.waitUntil(
        lambda: (row := window.jobs.row(job_id)) is not None and bool(row.appliance_jobs),
        timeout=SOON,
    )
    window.transfers.select_job(job_id)
    window.follow()
    window.context.actions["show_on_board"].trigger()
    page = window.board_page
    qtbot.waitUntil(
        lambda: page.current() is not None and page.current().job.name == "ours", timeout=SOON
    )
    assert rows(page.model, "activity") == ["This computer"]
    assert not page.detail.resume.isVisible()
    window.follow()
    resume = window.context.actions["resume_here"]
    assert resume.toolTip() == "This computer runs it already."
    window.context.actions["cancel_on_appliance"].trigger()
    dialog = question(qtbot, window)  # the transfer's own question
    assert dialog.findChild(QPushButton, "go_on").text() == "Go on transferring"
    press(qtbot, dialog.findChild(QPushButton, "cancel_discard"))
    qtbot.waitUntil(lambda: window.jobs.row(job_id).ended, timeout=SOON)


@pytest.mark.ui("6.8", "jobs that cannot be listed are no empty list")
def test_a_refusal_stands_in_place_of_rows(qtbot):
    page = BoardPage()
    qtbot.addWidget(page)
    page.begin("North Vault")
    told = Refusal("GET", "/_rest_/active_job", 403, "AccessDenied", None, None, None)
    refused = AccessDenied(told)
    page.show_board(Board(error=refused), (), Watch(), None)
    said = page.findChild(InsteadOfRows)
    assert said.accessibleName().startswith("You have no right to do this.")
    with qtbot.waitSignal(page.refresh_wanted):
        said.findChild(QPushButton, "instead_button").click()
    page.show_board(Board({Part.ACTIVE: (job(),)}, error=refused), (), Watch(), None)
    assert rows(page.model) == ["day-016"]  # what was known stays
    page.show_board(Board({Part.ACTIVE: ()}), (), Watch(), None)
    assert said.accessibleName() == "The appliance has no active jobs."


def test_keys_lead_through_the_board(qtbot, window, board, connected):
    qtbot.keyClick(window, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: board.filter.hasFocus(), timeout=SOON)
    qtbot.keyClicks(board.filter, "hers")
    qtbot.keyClick(board.filter, Qt.Key.Key_Return)
    assert board.list.hasFocus()
    assert rows(board.model) == ["hers"]
    board.filter.setFocus()
    qtbot.keyClick(board.filter, Qt.Key.Key_Escape)
    assert board.filter.text() == ""
    assert board.list in window.panes()
    window.go(Place(connected.id))
    qtbot.keyClick(
        window,
        Qt.Key.Key_A,
        Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier,
    )
    qtbot.waitUntil(lambda: window.on_board, timeout=SOON)


def test_columns_give_way_and_the_name_keeps_its_room(qtbot, window, board):
    for width, hidden in ((1440, {"left"}), (1024, {"left", "owner", "started", "priority"})):
        window.resize(width, 700)
        qtbot.waitUntil(lambda width=width: window.width() == width)
        gone = {name for name, n in COLUMN_OF.items() if board.list.isColumnHidden(n)}
        assert gone >= hidden
        assert board.list.columnWidth(COLUMN_OF["name"]) >= 120
    assert isinstance(board.list.visualRect(board.list.currentIndex()).center(), QPoint)


@pytest.mark.parametrize("level", [Priority.URGENT, Priority.LOW])
def test_only_active_jobs_can_be_changed(qtbot, window, board, client, jobs, level):
    client.cancel_job(jobs["mine"])
    window.context.actions["refresh"].trigger()
    qtbot.waitUntil(lambda: rows(board.model) == ["hers"], timeout=SOON)
    board.show_part(Part.CANCELLED)
    qtbot.waitUntil(lambda: rows(board.model) == ["mine"], timeout=SOON)
    assert board.list.select_job(jobs["mine"])
    window.follow()
    action = window.context.actions[f"board_priority_{level.value.lower()}"]
    assert not action.isEnabled()
    assert action.toolTip() == "This job has ended."


def test_a_job_with_nothing_left_to_send_is_not_offered_to_be_taken_over(qtbot):
    detail = BoardDetail()
    qtbot.addWidget(detail)
    detail.show_row(BoardRow(job(), Part.ACTIVE))
    assert not detail.resume.isHidden()
    detail.show_row(BoardRow(job(cached_size=TB), Part.ACTIVE))
    assert detail.resume.isHidden()
    assert detail.findChild(QLabel, "board_hint").text().startswith("All of it is in cache.")


def test_the_current_job_stays_in_view_when_its_details_take_room(qtbot):
    jobs = tuple(BoardRow(job(job_id=str(n)), Part.ACTIVE) for n in range(20))
    model = BoardModel()
    model.show_rows(jobs)
    view = BoardList(model)
    qtbot.addWidget(view)
    view.resize(900, 400)
    view.show()
    view.setCurrentIndex(model.index(5, 0))
    view.resize(900, 160)
    assert view.viewport().rect().contains(view.visualRect(view.currentIndex()))
