"""Bring to cache and verify: the question, the row from its beginning to its end, and the board."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtWidgets import QComboBox

from ds3_browser.gui import job_cells
from ds3_browser.gui.appliance_jobs import BoardRow, Part, activity, share_of, type_of
from ds3_browser.gui.command_rules import nothing_to_stage
from ds3_browser.gui.dialogs.unattended import UnattendedDialog
from ds3_browser.gui.job_row import JobRow
from ds3_browser.gui.job_words import job_words
from ds3_browser.gui.models.chunks import ChunkCell, MapCell
from ds3_browser.gui.models.job_objects import COLUMN_OF
from ds3_browser.gui.places import Place
from ds3_browser.gui.situation import Situation
from ds3_browser.gui.views.chunk_inspector import ChunkInspector
from ds3_browser.protocol.records import GetItem, JobStatus, Priority
from ds3_browser.transfer import unattended
from ds3_browser.transfer.events import Cancel, ChunkPhase, Direction, State, WaitReason


@pytest.fixture(autouse=True)
def _asked_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unattended, "ASK_AFTER_S", (0.1,))


@pytest.fixture
def chosen(qtbot, window, connected, bucket, client):
    """Two objects on tape and a folder, all of it selected."""
    for name, size in (("in/a", 1000), ("in/b", 2000), ("in/c/d", 3000)):
        client.put_object(bucket, name, bytes(size))
    window.go(Place(connected.id, bucket, "in/"))
    qtbot.waitUntil(lambda: not window.page.listing)
    window.page.select_all()
    qtbot.waitUntil(lambda: window.context.actions["stage"].isEnabled())
    return window


def asked(qtbot, window, command: str) -> UnattendedDialog:
    window.context.actions[command].trigger()
    form = window.findChild(UnattendedDialog)
    qtbot.waitUntil(lambda: form._plan.finished, timeout=10_000)
    return form


def the_row(window) -> JobRow:
    (row,) = window.jobs.rows()
    return window.jobs.row(row.job_id)


def the_end(qtbot, window) -> JobRow:
    qtbot.waitUntil(lambda: the_row(window).ended, timeout=20_000)
    qtbot.waitUntil(lambda: the_row(window).counts is not None)
    return the_row(window)


def words(window) -> tuple[str, str]:
    row = the_row(window)
    told = job_words(row, row.state_since)
    return told.text, told.second


@pytest.mark.ui("13.27", "bring to cache and verify ask first, with objects, bytes and tapes")
@pytest.mark.parametrize(
    ("command", "priority"), [("stage", None), ("verify", Priority.LOW)], ids=["stage", "verify"]
)
def test_the_question_tells_objects_bytes_and_tapes(
    qtbot, chosen, client, command: str, priority: Priority | None
) -> None:
    client.reclaim_cache()
    form = asked(qtbot, chosen, command)
    assert form.figures._figures["objects"].text() == "3"
    assert form.figures._figures["size"].text() == "6.0 kB"
    assert form.tapes.text().startswith(("On tape SIM1", "On tapes SIM1"))
    assert form.priority() is priority
    form.reject()
    assert not chosen.jobs.rows()


def test_a_verification_reads_tapes_of_what_is_in_cache_too(qtbot, chosen) -> None:
    assert asked(qtbot, chosen, "verify").tapes.text() == "On tapes SIM101L7, SIM201L7."


def test_nothing_has_to_be_read_for_what_is_in_cache(qtbot, chosen) -> None:
    assert asked(qtbot, chosen, "stage").tapes.text() == "No tape has to be read for it."


@pytest.mark.ui("3.27", "a job that brings to cache tells how much is in cache, and nothing else")
def test_objects_are_brought_to_the_cache(qtbot, chosen, client) -> None:
    form = asked(qtbot, chosen, "stage")
    form.go_on.click()
    row = the_end(qtbot, chosen)
    assert (row.direction, row.state, row.counts.done) == (Direction.STAGE, State.DONE, 3)
    assert words(chosen) == ("Done", "3 objects in cache")
    assert job_cells.percent(row) == "100 % in cache"
    assert job_cells.glyph(row) == "hard-drive"
    assert "bring to cache" in job_cells.spoken(row, row.state_since)
    there = client.completed_job(row.appliance_jobs[0])
    assert there.request_type.value == "GET"


@pytest.mark.ui("3.28", "a verification tells how much is verified, and asks for priority Low")
def test_objects_are_verified_at_low_priority(qtbot, chosen, client) -> None:
    form = asked(qtbot, chosen, "verify")
    form.go_on.click()
    row = the_end(qtbot, chosen)
    assert (row.direction, row.state) == (Direction.VERIFY, State.DONE)
    assert words(chosen) == ("Done", "3 objects verified")
    assert job_cells.percent(row) == "100 % verified"
    assert client.get_job(row.appliance_jobs[0]).priority == "LOW"


@pytest.mark.ui("3.29", "a failed verification names its objects, and is tried again")
def test_a_failed_verification_names_its_object_and_can_be_tried_again(
    qtbot, chosen, simulator
) -> None:
    simulator.faults.set("suspect", ["in/b"])
    asked(qtbot, chosen, "verify").go_on.click()
    row = the_end(qtbot, chosen)
    assert row.state is State.FAILED
    assert words(chosen) == ("Failed", "1 of 3 objects")
    assert job_cells.percent(row) == "66 % verified"
    simulator.faults.set("suspect", [])
    chosen.context.queue.retry_failed(row.job_id)
    qtbot.waitUntil(lambda: the_row(chosen).state is State.DONE, timeout=20_000)


def test_a_wait_for_tapes_can_be_cancelled_and_not_paused(qtbot, chosen, simulator, client) -> None:
    simulator.faults.set("tape_delay", 3600)
    asked(qtbot, chosen, "stage").go_on.click()
    qtbot.waitUntil(lambda: the_row(chosen).reason is WaitReason.TAPE, timeout=20_000)
    row = the_row(chosen)
    assert not row.may_pause
    assert row.may_cancel

    chosen.context.queue.cancel(row.job_id, Cancel.DISCARD)
    row = the_end(qtbot, chosen)
    assert row.state is State.CANCELLED
    assert words(chosen) == ("Cancelled", "By you, nothing was deleted")
    assert list(client.active_jobs()) == []


@pytest.mark.parametrize("command", ["stage", "verify"])
def test_the_list_of_objects_tells_which_are_in_cache_while_it_runs(
    qtbot, chosen, simulator, client, bucket, command: str
) -> None:
    client.reclaim_cache()
    before = client.start_stage_job(bucket, [GetItem("in/b")]).job_id
    qtbot.waitUntil(lambda: client.get_job(before).status is JobStatus.COMPLETED)
    simulator.faults.set("eject_tape", [tape.bar_code for tape in client.tapes()])
    asked(qtbot, chosen, command).go_on.click()
    qtbot.waitUntil(lambda: the_row(chosen).reason is WaitReason.TAPE, timeout=20_000)
    chosen.show_job(the_row(chosen).job_id)
    table = chosen.job_page.objects.table
    parts = chosen.job_page.findChild(QComboBox, "job_objects_parts")
    told = ["All 3", "Waiting 2", "In cache 1"]
    qtbot.waitUntil(lambda: [parts.itemText(n) for n in range(parts.count())] == told)
    chosen.job_page.objects.show_part("in_cache")
    qtbot.waitUntil(lambda: table.model().index(0, 0).data() == "b")
    assert table.model().index(0, COLUMN_OF["state"]).data() == "In cache"
    assert job_cells.objects_cell(the_row(chosen))[0] == ("1" if command == "stage" else "0")


@pytest.mark.ui("6.10", "what this computer brings to cache is STAGE on the board")
def test_the_board_calls_it_stage_and_leaves_it_to_the_appliance(
    qtbot, chosen, simulator, client
) -> None:
    simulator.faults.set("tape_delay", 3600)
    asked(qtbot, chosen, "stage").go_on.click()
    qtbot.waitUntil(lambda: the_row(chosen).reason is WaitReason.TAPE, timeout=20_000)
    (listed,) = client.active_jobs()
    row = BoardRow(listed, Part.ACTIVE, here=True, mine=True, staged=True)
    assert type_of(row) == "STAGE"
    assert share_of(row) == "0 % in cache"
    assert type_of(replace(row, staged=False)) == "GET"
    assert activity(row, the_row(chosen).state_since).text == "Appliance only"
    chosen.commands.board.show(the_row(chosen).session_id)
    page = chosen.commands.board._page
    qtbot.waitUntil(lambda: any(one.staged for one in page._rows(Part.ACTIVE)), timeout=10_000)


@pytest.mark.ui("13.28", "an older release brings nothing to its cache, and the command says so")
def test_an_older_release_brings_nothing_to_its_cache(chosen) -> None:
    now = chosen.situation()
    assert now.stages is True
    assert nothing_to_stage(now) is None
    told = nothing_to_stage(replace(now, stages=False))
    assert told == "The appliance brings nothing to its cache before release 5.0."
    assert nothing_to_stage(Situation()) == "No session is chosen."


@pytest.mark.parametrize(
    ("kind", "phase", "word"),
    [
        (Direction.STAGE, ChunkPhase.PARTLY_IN_CACHE, "In cache"),
        (Direction.STAGE, ChunkPhase.FAILED, "In cache"),
        (Direction.VERIFY, ChunkPhase.PARTLY_IN_CACHE, "In cache"),
        (Direction.VERIFY, ChunkPhase.IN_CACHE, "In cache"),
        (Direction.VERIFY, ChunkPhase.DONE, "Verified"),
        (Direction.VERIFY, ChunkPhase.FAILED, "Verified"),
        (Direction.GET, ChunkPhase.DONE, "Received"),
        (Direction.PUT, ChunkPhase.IN_CACHE, "Sent"),
    ],
)
def test_the_inspector_says_of_a_chunk_only_what_is_true_of_its_kind(
    qtbot, kind: Direction, phase: ChunkPhase, word: str
) -> None:
    inspector = ChunkInspector()
    qtbot.addWidget(inspector)
    fraction = 0.5 if phase is not ChunkPhase.DONE else 1.0
    cell = ChunkCell(1, 4_000_000, 3, phase, fraction)
    inspector.show_cell(MapCell(0, 0, phase, fraction), [cell], 9, kind)
    assert inspector._names["moved"].text() == word
