"""A transfer that is several jobs on the appliance: one row, a block of its map for each job."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import QLabel

from ds3_browser.gui import job_words
from ds3_browser.gui.models.chunks import ChunkBlock, Chunks
from ds3_browser.gui.views.chunk_layout import RIM, Grid, Layout
from ds3_browser.gui.views.chunk_map import ChunkMap, job_caption
from ds3_browser.transfer.events import (
    ChunkPhase,
    ChunkState,
    ChunkSummary,
    JobCreated,
    State,
    WaitReason,
)
from tests.gui.job_stories import NOW, state, told, upload, waiting

SOON = 20_000
GRID = Grid(size=14, pitch=17, caption=16)


def part(number: int, chunks: int, of: int = 3, first: int = 1) -> JobCreated:
    summaries = tuple(ChunkSummary(first + n, 10, 2) for n in range(chunks))
    return JobCreated(1, f"appliance-{number}", number - 1, summaries, of)


# --- words


@pytest.mark.ui("3.23", "a very large or split transfer stays one row")
def test_the_second_line_tells_which_of_its_jobs_it_has_come_to(qapp) -> None:
    row = told(upload(), part(1, 2), part(2, 2), state(State.TRANSFERRING, chunks_in_flight=1))
    assert job_words.job_words(row, NOW).second.startswith("Job 2 of 3: 1 chunk in flight")
    assert row.appliance_jobs == ("appliance-1", "appliance-2")
    row = told(row, state(State.WAITING, WaitReason.CACHE), waiting(WaitReason.CACHE))
    assert job_words.job_words(row, NOW).second == "Job 2 of 3: No chunk ready"
    row = told(row, state(State.DONE))
    assert "Job" not in job_words.job_words(row, NOW).second


def test_a_transfer_of_one_job_says_nothing_of_jobs(qapp) -> None:
    row = told(upload(), part(1, 2, of=1), state(State.TRANSFERRING, chunks_in_flight=1))
    assert "Job" not in job_words.job_words(row, NOW).second


# --- the map


@pytest.fixture
def chunks() -> Chunks:
    chunks = Chunks()
    chunks.apply(part(1, 30))
    chunks.apply(part(2, 5, first=31))
    return chunks


@pytest.fixture
def chunk_map(chunks, qtbot) -> ChunkMap:
    widget = ChunkMap(chunks)
    qtbot.addWidget(widget)
    widget.show_job(1)
    widget.resize(10 * widget._pitch() + 2, 300)
    widget.show()
    return widget


def test_each_job_is_a_block_with_its_caption(chunks, chunk_map) -> None:
    blocks = chunks.blocks(1)
    assert blocks == [
        ChunkBlock(0, 30, "appliance-1", 1, 3),
        ChunkBlock(30, 5, "appliance-2", 2, 3),
    ]
    assert [job_caption(block) for block in blocks] == ["Job 1 of 3", "Job 2 of 3"]
    last, first = chunk_map.cell_rect(29), chunk_map.cell_rect(30)
    assert first.left() == RIM
    assert first.top() - last.bottom() > chunk_map.fontMetrics().height()  # a caption stands there
    assert chunk_map.heightForWidth(chunk_map.width()) >= chunk_map.cell_rect(34).bottom()
    assert chunk_map.describe(31).endswith("Job 2 of 3")


def test_a_state_changes_the_cell_of_its_block(chunks, chunk_map) -> None:
    chunks.apply(ChunkState(1, 32, ChunkPhase.FAILED, 0.0))
    assert [n for n, cell in enumerate(chunk_map.cells()) if cell.phase is ChunkPhase.FAILED] == [
        31
    ]
    assert chunk_map.block_of(chunk_map.cells()[31]).appliance_job_id == "appliance-2"


def test_cells_of_several_chunks_do_not_reach_into_the_next_job(qtbot) -> None:
    chunks = Chunks()
    chunks.apply(part(1, 3001, of=2))
    chunks.apply(part(2, 3001, of=2, first=3002))
    widget = ChunkMap(chunks)
    qtbot.addWidget(widget)
    widget.show_job(1)
    edges = [(cell.first, cell.last) for cell in widget.cells()]
    assert edges[750] == (3000, 3000)
    assert edges[751] == (3001, 3004)
    chunks.apply(ChunkState(1, 3001, ChunkPhase.FAILED, 0.0))
    chunks.apply(ChunkState(1, 3002, ChunkPhase.READY, 0.0))
    phases = [cell.phase for cell in widget.cells()]
    assert (phases[750], phases[751]) == (ChunkPhase.FAILED, ChunkPhase.READY)
    assert [(cell.first, cell.last) for cell in widget.cells()] == edges


def test_arrows_walk_from_block_to_block(chunk_map, qtbot) -> None:
    chunk_map.set_current(28)
    visited = []
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_End, Qt.Key.Key_Right):
        qtbot.keyClick(chunk_map, key)
        visited.append(chunk_map.current())
    assert visited == [34, 24, 34, 34]


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("counts", [[30], [30, 5], [1, 1, 1], [0], [10, 21, 7]])
def test_every_cell_is_found_where_it_stands(counts, mirrored) -> None:
    layout = Layout(counts, 10 * 17 + 2, Grid(14, 17, 16, mirrored))
    rects = [layout.cell_rect(position) for position in range(layout.cells)]
    whole = QRect(0, 0, 10 * 17 + 2, layout.height)
    for position, rect in enumerate(rects):
        assert whole.contains(rect)
        assert layout.cell_at(rect.center()) == position
        assert not any(rect.intersects(other) for other in rects[:position])
    assert sum(map(len, layout.between(0, layout.height))) == layout.cells
    assert layout.cell_at(QPoint(50, layout.height + 50)) == -1


def test_only_the_cells_in_a_strip_are_painted() -> None:
    layout = Layout([30, 30], 10 * 17 + 2, GRID)
    top = layout.cell_rect(30).top()
    assert layout.between(top, top + 5) == [range(30, 40)]
    assert layout.between(0, 3) == []  # the first caption


# --- a real one


@pytest.mark.ui("3.23", "a very large or split transfer stays one row")
def test_a_transfer_of_three_jobs_is_one_row_with_one_set_of_figures(
    qtbot, window, connected, client, tmp_path
) -> None:
    source = tmp_path / "take"
    source.mkdir()
    for n in range(7):
        (source / f"{n}.bin").write_bytes(b"12345")
    window.context.queue.objects_per_job = 3
    job = window.context.queue.upload(connected.id, "archive", "", [str(source)])
    qtbot.waitUntil(lambda: window.jobs.row(job).state is State.DONE, timeout=SOON)
    assert window.jobs.rowCount() == 1
    row = window.jobs.row(job)
    assert len(row.appliance_jobs) == 3
    assert row.part == (3, 3)
    assert (row.counts.done, row.progress.total) == (7, 35)
    assert sorted(client.list_objects("archive").names) == [f"take/{n}.bin" for n in range(7)]
    blocks = window.chunks.blocks(job)
    assert [(one.number, one.of, one.appliance_job_id) for one in blocks] == [
        (number, 3, there) for number, there in enumerate(row.appliance_jobs, 1)
    ]
    window.show_job(job)
    window.job_page.map.set_current(len(window.job_page.map.cells()) - 1)
    named = window.job_page.findChild(QLabel, "chunk_job")
    assert named.text() == f"{row.appliance_jobs[2][:8]}…"
    assert named.toolTip() == row.appliance_jobs[2]
