"""The transfers list as a model: it tells the truth about changes, and only about changes."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt

from ds3_browser.gui.job_row import Segment
from ds3_browser.gui.models.jobs import COLUMN_OF, COLUMNS, JobsModel
from ds3_browser.transfer.events import Outcome, State, WaitReason
from tests.gui.job_stories import Clock, ended, progress, state, upload, waiting


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def model(clock, qtmodeltester) -> JobsModel:
    model = JobsModel(clock=clock)
    model.add(upload(1, "first"))
    qtmodeltester.check(model)
    return model


def shown(model: JobsModel) -> list[str]:
    return [model.index(row, 0).data() for row in range(model.rowCount())]


def changes(model: JobsModel) -> list[set[str]]:
    """Collect the columns of each `dataChanged` that concerns what is seen."""
    seen: list[set[str]] = []

    def note(first, last, roles):
        if not roles or Qt.ItemDataRole.DisplayRole in roles:
            seen.append({COLUMNS[n].id for n in range(first.column(), last.column() + 1)})

    model.dataChanged.connect(note)
    return seen


def test_a_job_appears_at_the_end(model):
    model.add(upload(2, "second"))
    assert shown(model) == ["first", "second"]


def test_progress_changes_its_cells_and_no_other(model):
    model.apply(state(State.TRANSFERRING))
    seen = changes(model)
    model.apply(progress(5, in_cache=None))
    assert seen == [{"progress", "objects"}]


def test_a_repeated_event_changes_nothing(model):
    model.apply(state(State.TRANSFERRING))
    model.apply(progress(5))
    seen = changes(model)
    model.apply(progress(5))
    model.apply(state(State.TRANSFERRING))
    assert seen == []


def test_an_event_of_a_removed_job_is_dropped(model):
    model.remove(1)
    model.apply(progress(5))
    assert shown(model) == []


def test_a_job_leaves_active_when_it_ends(model, qtmodeltester):
    model.add(upload(2, "second"))
    model.show_segment(Segment.ACTIVE)
    model.apply(ended(Outcome.DONE, done=1))
    assert shown(model) == ["second"]
    model.show_segment(Segment.DONE)
    assert shown(model) == ["first"]
    qtmodeltester.check(model)


def test_a_job_that_joins_a_segment_stands_in_the_order_of_making(model):
    model.add(upload(2, "second"))
    model.show_segment(Segment.FAILED)
    model.apply(ended(Outcome.FAILED, failed=1, job_id=2))
    model.apply(ended(Outcome.FAILED, failed=1, job_id=1))
    assert shown(model) == ["first", "second"]


@pytest.mark.ui("1.41", "segments of the transfers count all, active, failed and done")
def test_segments_count_all_jobs_shown_or_not(model):
    model.add(upload(2))
    model.add(upload(3))
    model.apply(ended(Outcome.FAILED, failed=1, job_id=2))
    model.apply(ended(Outcome.CANCELLED, job_id=3))
    model.show_segment(Segment.FAILED)
    assert model.summary().counts == {
        Segment.ALL: 3,
        Segment.ACTIVE: 1,
        Segment.FAILED: 1,
        Segment.DONE: 0,
    }


@pytest.mark.ui("1.42", "the header sums the rates of what transfers")
def test_rates_are_those_of_jobs_that_transfer(model):
    model.apply(state(State.TRANSFERRING))
    model.apply(progress(5, rate=100.0))
    assert model.summary().up == 100.0
    model.apply(state(State.WAITING, WaitReason.CACHE))
    assert model.summary().up == 0


@pytest.mark.ui("4.12", "countdowns turn once a second, and only while there is one")
def test_the_second_hand_turns_only_while_something_counts_down(model, qtbot):
    model.apply(state(State.WAITING, WaitReason.CACHE))
    seen = changes(model)
    with qtbot.waitSignal(model.ticked, timeout=5000):
        model.apply(waiting(WaitReason.CACHE))
    assert {"state"} in seen
    model.apply(state(State.TRANSFERRING))
    with qtbot.assertNotEmitted(model.ticked, wait=0):
        pass
    assert not model._ticker.isActive()


def test_all_that_is_shown_in_one_second_shows_the_same_countdown(model, clock):
    model.apply(state(State.WAITING, WaitReason.CACHE))
    model.apply(waiting(WaitReason.CACHE, 60))
    clock.forward(10.2)
    early = model.index(0, COLUMN_OF["state"]).data()
    clock.forward(0.7)
    assert model.index(0, COLUMN_OF["state"]).data() == early == "Waiting, next try 00:50"


def test_try_now_is_noted_in_the_row(model, clock):
    model.apply(state(State.WAITING, WaitReason.CACHE))
    model.apply(waiting(WaitReason.CACHE))
    model.press(1)
    assert model.row(1).rests(clock.now)


def test_a_job_that_does_not_wait_takes_no_press(model):
    model.apply(state(State.TRANSFERRING))
    model.press(1)
    assert model.row(1).pressed_at is None


@pytest.mark.ui("15.2", "a transfer's first cell reads the whole row")
def test_the_first_cell_reads_the_whole_row(model):
    model.apply(state(State.QUEUED, position=1))
    spoken = model.index(0, 0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert spoken == "first, upload, queued, first in line"


@pytest.mark.ui("2.12", "figures stand right")
def test_figures_stand_right(model):
    alignment = model.index(0, COLUMN_OF["rate"]).data(Qt.ItemDataRole.TextAlignmentRole)
    assert alignment & Qt.AlignmentFlag.AlignRight


def test_a_new_state_is_told_once(model, qtbot):
    told = []
    model.state_changed.connect(told.append)
    model.apply(state(State.TRANSFERRING, chunks_in_flight=1))
    model.apply(state(State.TRANSFERRING, chunks_in_flight=2))
    assert [row.state for row in told] == [State.TRANSFERRING]
