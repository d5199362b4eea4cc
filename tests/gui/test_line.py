"""Transfers that stand in line: their order in the list, and how they are moved in it."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDragMoveEvent, QDropEvent, QKeySequence
from PySide6.QtWidgets import QApplication

from ds3_browser.gui.job_row import Segment
from ds3_browser.gui.models.jobs import JobsModel
from ds3_browser.gui.views.jobs_view import JobsView
from ds3_browser.gui.views.line_drags import JobInDrag
from ds3_browser.transfer.events import Outcome, State
from ds3_browser.transfer.turns import Kind
from tests.gui.job_stories import Clock, download, ended, progress, state, upload

MOVE, LEFT = Qt.DropAction.MoveAction, Qt.MouseButton.LeftButton
FREE = Qt.KeyboardModifier.NoModifier


@pytest.fixture
def jobs(qapp) -> JobsModel:
    """One upload that transfers, three in line, and a download in a line of its own."""
    jobs = JobsModel(clock=Clock())
    for number in (1, 2, 3, 4):
        jobs.add(upload(number, f"u{number}"))
    jobs.add(download(5, "d5"))
    jobs.apply(state(State.TRANSFERRING))
    for position, number in enumerate((2, 3, 4), 1):
        jobs.apply(queued(number, position))
    jobs.apply(queued(5, 1, Kind.DOWNLOAD))
    return jobs


def queued(job_id: int, position: int, line: Kind = Kind.UPLOAD):
    return state(State.QUEUED, job_id=job_id, position=position, line=line)


def shown(jobs: JobsModel) -> list[str]:
    return [jobs.index(row, 0).data() for row in range(jobs.rowCount())]


@pytest.mark.ui("14.8", "a queued job is dragged to its place in line")
def test_rows_in_line_stand_in_the_lines_order(jobs, qtmodeltester) -> None:
    qtmodeltester.check(jobs)
    assert shown(jobs) == ["u1", "u2", "u3", "u4", "d5"]
    for number, position in ((4, 1), (2, 2), (3, 3)):  # each tells its place for itself
        jobs.apply(queued(number, position))
    assert shown(jobs) == ["u1", "u4", "u2", "u3", "d5"]
    jobs.apply(state(State.TRANSFERRING, job_id=4))  # who begins keeps its row
    jobs.apply(queued(2, 1))
    jobs.apply(queued(3, 2))
    assert shown(jobs) == ["u1", "u4", "u2", "u3", "d5"]


def test_a_walk_stands_in_another_line_than_an_upload(jobs) -> None:
    jobs.add(upload(6, "walk"))
    jobs.apply(queued(6, 1, Kind.WALK))
    assert shown(jobs) == ["u1", "u2", "u3", "u4", "d5", "walk"]


def test_the_current_job_stays_current_when_it_moves(jobs, qtbot) -> None:
    view = JobsView(jobs)
    qtbot.addWidget(view)
    view.setCurrentIndex(jobs.index_of(4))
    for number, position in ((4, 1), (2, 2), (3, 3)):
        jobs.apply(queued(number, position))
    assert jobs.row_at(view.currentIndex()).job_id == 4


def test_a_part_of_the_list_keeps_the_lines_order(jobs) -> None:
    jobs.apply(progress(1))
    jobs.apply(ended(Outcome.FAILED, failed=1))
    jobs.show_segment(Segment.ACTIVE)
    for number, position in ((4, 1), (2, 2), (3, 3)):
        jobs.apply(queued(number, position))
    assert shown(jobs) == ["u4", "u2", "u3", "d5"]
    jobs.show_segment(Segment.ALL)
    assert shown(jobs) == ["u1", "u4", "u2", "u3", "d5"]


# --- dragged


@pytest.fixture
def view(jobs, qtbot) -> JobsView:
    view = JobsView(jobs)
    qtbot.addWidget(view)
    view.resize(1000, 400)
    view.show()
    return view


def point(view: JobsView, job_id: int, *, lower: bool = False) -> QPoint:
    rect = view.visualRect(view.model().index_of(job_id))
    return QPoint(60, rect.bottom() - 4 if lower else rect.top() + 4)


def over(view: JobsView, data: QMimeData, at: QPoint) -> QDragMoveEvent:
    QApplication.sendEvent(view.viewport(), QDragEnterEvent(at, MOVE, data, LEFT, FREE))
    event = QDragMoveEvent(at, MOVE, data, LEFT, FREE)
    QApplication.sendEvent(view.viewport(), event)
    return event


@pytest.mark.ui("14.8", "a queued job is dragged to its place in line")
@pytest.mark.parametrize(
    ("moved", "onto", "lower", "told", "places"),
    [
        (4, 2, False, "First in line", 2),
        (4, 2, True, "Second in line", 1),
        (4, 3, False, "Second in line", 1),
        (2, 4, False, "Second in line", -1),
        (2, 4, True, "Third in line", -2),
        (2, 3, True, "Second in line", -1),
        (2, 3, False, "First in line", 0),
        (3, 3, True, "Second in line", 0),
    ],
)
def test_a_drop_leads_to_the_place_that_is_told(
    qtbot, view, moved, onto, lower, told, places
) -> None:
    wishes: list[tuple[int, int]] = []
    view.move_wanted.connect(lambda job, by: wishes.append((job, by)))
    data, at = JobInDrag(moved), point(view, onto, lower=lower)
    event = over(view, data, at)
    assert event.isAccepted()
    assert event.dropAction() is MOVE
    assert view.drags.overlay.text == told
    assert view.drags.edge is not None
    drop = QDropEvent(QPointF(at), MOVE, data, LEFT, FREE)
    QApplication.sendEvent(view.viewport(), drop)
    assert wishes == ([(moved, places)] if places else [])
    assert view.drags.edge is None
    assert not view.drags.overlay.isVisible()


@pytest.mark.parametrize(
    ("moved", "onto", "told"),
    [
        (4, 1, "Only transfers in line have a place to move to"),
        (4, 5, "Uploads and downloads wait in lines of their own"),
        (1, 4, "u1 no longer stands in line"),
    ],
)
def test_what_cannot_be_is_refused_with_its_reason(qtbot, view, moved, onto, told) -> None:
    data, at = JobInDrag(moved), point(view, onto)
    assert not over(view, data, at).isAccepted()
    assert view.drags.overlay.text == told
    with qtbot.assertNotEmitted(view.move_wanted):
        QApplication.sendEvent(view.viewport(), QDropEvent(QPointF(at), MOVE, data, LEFT, FREE))


def test_other_drags_are_nothing_to_the_list(view) -> None:
    data = QMimeData()
    data.setText("7")
    assert not over(view, data, point(view, 2)).isAccepted()
    assert not view.drags.overlay.isVisible()
    QApplication.sendEvent(view.viewport(), QDragLeaveEvent())


def test_only_who_stands_in_line_can_be_dragged(jobs) -> None:
    drags = {
        jobs.row_at(jobs.index(row, 0)).name
        for row in range(jobs.rowCount())
        if jobs.flags(jobs.index(row, 0)) & Qt.ItemFlag.ItemIsDragEnabled
    }
    assert drags == {"u2", "u3", "u4", "d5"}


# --- by keyboard


@pytest.mark.ui("14.8", "a queued job is dragged to its place in line")
@pytest.mark.parametrize(("key", "places"), [(Qt.Key.Key_Up, 1), (Qt.Key.Key_Down, -1)])
def test_alt_and_an_arrow_move_a_job_in_its_line(qtbot, view, key, places) -> None:
    view.setCurrentIndex(view.model().index_of(3))
    with qtbot.waitSignal(view.move_wanted, timeout=5000) as asked:
        qtbot.keyClick(view, key, Qt.KeyboardModifier.AltModifier)
    assert asked.args == [3, places]
    assert view.model().row_at(view.currentIndex()).job_id == 3


def test_alt_and_an_arrow_do_nothing_to_a_job_that_transfers(qtbot, view) -> None:
    view.setCurrentIndex(view.model().index_of(1))
    with qtbot.assertNotEmitted(view.move_wanted):
        qtbot.keyClick(view, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    assert view.model().row_at(view.currentIndex()).job_id == 1


def test_alt_up_leads_to_the_parent_folder_from_elsewhere_alone(
    qtbot, window, connected, client
) -> None:
    client.put_object("archive", "d/a", b"1")
    window.go(window.place.folder("d/"))
    window.jobs.add(upload(1))
    window.jobs.apply(queued(1, 1))
    view = window.transfers.list
    view.setCurrentIndex(window.jobs.index_of(1))
    window.activateWindow()
    view.setFocus()
    qtbot.waitUntil(view.hasFocus)
    with qtbot.waitSignal(view.move_wanted, timeout=5000):
        qtbot.keyClick(view, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    assert window.place.prefix == "d/"
    window.page.list.setFocus()
    qtbot.waitUntil(window.page.list.hasFocus)
    qtbot.keyClick(window.page.list, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    qtbot.waitUntil(lambda: window.place.prefix == "", timeout=10_000)


def test_the_menu_tells_the_keys(window) -> None:
    assert window.context.actions["move_up"].shortcut() == QKeySequence("Alt+Up")
    assert window.context.actions["move_down"].shortcut() == QKeySequence("Alt+Down")
