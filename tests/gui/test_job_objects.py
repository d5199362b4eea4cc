"""The objects of a job: pages come when they are looked at, and late pages are dropped."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt

from ds3_browser.gui.models.job_objects import COLUMN_OF, PAGE, JobObjectsModel, ObjectsWanted
from ds3_browser.protocol.records import ChecksumType
from ds3_browser.transfer.events import Direction, Failure, FailureCode, ObjectState
from tests.gui.job_stories import Stored


@pytest.fixture
def model(qapp, qtmodeltester) -> JobObjectsModel:
    model = JobObjectsModel()
    model.show_job(1, Direction.PUT, None, 1200)
    model.show_page(ObjectsWanted(1, None, 0), [Stored(f"{n:04}.mov") for n in range(PAGE)])
    qtmodeltester.check(model)
    return model


def cell(model: JobObjectsModel, row: int, column: str) -> str:
    return model.index(row, COLUMN_OF[column]).data()


def test_a_row_that_is_looked_at_asks_for_its_page_once(model):
    asked = []
    model.page_wanted.connect(asked.append)
    model.show_job(1, Direction.PUT, None, 1200)
    assert cell(model, 700, "object") is None
    assert cell(model, 701, "object") is None
    assert asked.count(ObjectsWanted(1, None, 500)) == 1


def test_a_page_fills_its_rows(model):
    model.show_page(ObjectsWanted(1, None, 1000), [Stored(f"{n}.wav") for n in range(200)])
    assert cell(model, 1199, "object") == "199.wav"


def test_a_page_of_another_job_is_dropped(model):
    model.show_job(2, Direction.PUT, None, 10)
    model.show_page(ObjectsWanted(1, None, 0), [Stored("late")])
    assert cell(model, 0, "object") is None


def test_a_page_read_again_changes_only_what_differs(model, qtbot):
    changed = []
    model.dataChanged.connect(lambda first, last: changed.append((first.row(), last.row())))
    rows = [Stored(f"{n:04}.mov") for n in range(PAGE)]
    rows[7] = Stored("0007.mov", state=ObjectState.IN_CACHE)
    model.show_page(ObjectsWanted(1, None, 0), rows)
    assert changed == [(7, 7)]
    assert cell(model, 7, "state") == "In cache"


def test_a_name_that_breaks_its_line_is_told_with_marks_where_the_mouse_rests(model):
    model.show_page(ObjectsWanted(1, None, 0), [Stored("line\nbreak\u202e")])
    first = model.index(0, COLUMN_OF["object"])
    for role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
        told = first.data(role)
        assert "line␊break␣" in told


LOST = Failure(FailureCode.CONNECTION, tries=1)


@pytest.mark.ui("11.14", "a blob that is moved once more says why, and for which of its tries")
@pytest.mark.parametrize(
    ("state", "told"),
    [
        (
            ObjectState.TRANSFERRING,
            "Connection reset by the appliance. Sent again automatically, 2 of 5.",
        ),
        (ObjectState.FAILED, "Connection reset by the appliance."),
        (ObjectState.CANCELLED, ""),
        (ObjectState.IN_CACHE, ""),
    ],
)
def test_the_note_tells_a_failure_that_is_not_over_with_its_try(model, state, told):
    rows = [Stored("a.mov", state=state, failure=LOST)]
    model.show_page(ObjectsWanted(1, None, 0), rows)
    assert cell(model, 0, "note") == told


def test_a_page_of_other_chunks_is_dropped(model):
    model.show_job(1, Direction.PUT, None, 1, chunks=(3, 3))
    model.show_page(ObjectsWanted(1, None, 0), [Stored("of any chunk")])
    assert cell(model, 0, "object") is None
    model.show_page(ObjectsWanted(1, None, 0, chunks=(3, 3)), [Stored("of chunk 3")])
    assert cell(model, 0, "object") == "of chunk 3"


def test_the_number_of_rows_follows_the_walk(model, qtmodeltester):
    model.set_count(1500)
    assert model.rowCount() == 1500
    model.set_count(3)
    assert model.rowCount() == 3
    qtmodeltester.check(model)


@pytest.mark.ui("3.19", "an object's note tells checksum or failure")
def test_the_note_tells_checksum_or_failure(model):
    rows = [
        Stored("a", state=ObjectState.IN_CACHE, checksum_type=ChecksumType.CRC_32C, tries=1),
        Stored("b", state=ObjectState.FAILED, failure=Failure(FailureCode.CHECKSUM, "b"), tries=5),
        Stored("c"),
        Stored("d", state=ObjectState.SKIPPED, failure=Failure(FailureCode.UNREADABLE, "d")),
    ]
    model.show_job(1, Direction.PUT, None, 4)
    model.show_page(ObjectsWanted(1, None, 0), rows)
    assert cell(model, 0, "note") == "CRC-32C sent"
    assert cell(model, 1, "note")
    assert cell(model, 1, "tries") == "5"
    assert cell(model, 2, "note") == ""
    assert cell(model, 3, "note") == "The file cannot be read."  # and was left out for that


@pytest.mark.ui("3.19", "an object's note tells checksum or failure")
def test_a_download_says_what_was_checked():
    model = JobObjectsModel()
    model.show_job(1, Direction.GET, None, 2)
    rows = [
        Stored("a", state=ObjectState.DONE, checksum_type=ChecksumType.MD5),
        Stored("b", state=ObjectState.DONE),
    ]
    model.show_page(ObjectsWanted(1, None, 0), rows)
    assert cell(model, 0, "note") == "MD5 checked"
    assert cell(model, 1, "note") == "Size checked, there is no checksum to compare"
