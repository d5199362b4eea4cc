"""Chunks and their map: what came last counts, the worst shows, keys move about."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QImage, QKeyEvent, QPainter

from ds3_browser.gui.models.chunks import WORST_FIRST, ChunkBlock, Chunks, chunks_a_cell, map_block
from ds3_browser.gui.views.chunk_map import SPOKEN_ORDER, ChunkMap, paint_cell
from ds3_browser.transfer.events import ChunkPhase, ChunkState, ChunkSummary, JobCreated, Persisted
from tests.gui.job_stories import NOW, created


@pytest.fixture
def chunks() -> Chunks:
    chunks = Chunks()
    chunks.apply(created(30))
    return chunks


@pytest.fixture
def chunk_map(chunks, qtbot) -> ChunkMap:
    widget = ChunkMap(chunks)
    qtbot.addWidget(widget)
    widget.show_job(1)
    widget.resize(10 * widget._pitch(), 200)
    widget.show()
    return widget


@pytest.mark.parametrize("key", [Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_End, Qt.Key.Key_F])
def test_keys_in_a_map_without_chunks_move_nothing(qtbot, key):
    """Called as it is: under Python 3.11 what it raised inside of Qt ended the process."""
    widget = ChunkMap(Chunks())
    qtbot.addWidget(widget)
    widget.show_job(1)
    widget.keyPressEvent(QKeyEvent(QEvent.Type.KeyPress, key, Qt.KeyboardModifier.NoModifier))
    assert widget._current == -1


def test_the_newest_state_of_a_chunk_counts(chunks):
    chunks.apply(ChunkState(1, 3, ChunkPhase.TRANSFERRING, 0.5))
    chunks.apply(ChunkState(1, 3, ChunkPhase.IN_CACHE, 1.0))
    assert chunks.of(1)[2].phase is ChunkPhase.IN_CACHE


def test_a_chunk_number_may_begin_anywhere(qtbot):
    chunks = Chunks()
    chunks.apply(created(3))
    chunks.apply(ChunkState(1, 77, ChunkPhase.READY, 0.0))
    assert {cell.phase for cell in chunks.of(1)} == {ChunkPhase.WAITING}


def test_a_repeated_creation_does_not_double_the_map(chunks):
    chunks.apply(created(30))
    assert len(chunks.of(1)) == 30


def test_a_part_that_gave_up_chunks_loses_their_cells_and_no_other(chunks):
    chunks.apply(ChunkState(1, 2, ChunkPhase.IN_CACHE, 1.0))
    chunks.apply(ChunkState(1, 3, ChunkPhase.FAILED, 0.0))
    chunks.apply(created(2))
    chunks.apply(JobCreated(1, "another", 1, (ChunkSummary(3, 5, 1),)))
    chunks.apply(ChunkState(1, 3, ChunkPhase.TRANSFERRING, 0.5))
    phases = [cell.phase for cell in chunks.of(1)]
    assert phases == [ChunkPhase.WAITING, ChunkPhase.IN_CACHE, ChunkPhase.TRANSFERRING]


@pytest.mark.ui("3.17", "what is persisted of single chunks is claimed only where it is known")
def test_a_persisted_job_is_green_but_for_what_failed(chunks):
    chunks.apply(ChunkState(1, 4, ChunkPhase.FAILED, 0.5))
    chunks.apply(Persisted(1, "job", NOW))
    assert chunks.counts(1) == {ChunkPhase.PERSISTED: 29, ChunkPhase.FAILED: 1}


@pytest.mark.ui("3.18", "cells of several chunks show the worst")
def test_many_chunks_share_cells_that_show_the_worst(qtbot):
    chunks = Chunks()
    chunks.apply(created(9_999))
    for number in range(1, 10_000):
        chunks.apply(ChunkState(1, number, ChunkPhase.IN_CACHE, 1.0))
    chunks.apply(ChunkState(1, 7, ChunkPhase.FAILED, 0.0))
    assert chunks_a_cell(9_999) == 5
    cells = map_block(chunks.of(1), ChunkBlock(0, 9_999, "job", 1, 1), 5)
    assert len(cells) == 2_000
    assert cells[1].phase is ChunkPhase.FAILED
    assert (cells[-1].first, cells[-1].last) == (9_995, 9_998)
    assert cells[0].phase is ChunkPhase.IN_CACHE


def test_the_map_follows_a_single_chunk(chunks, chunk_map):
    chunks.apply(ChunkState(1, 5, ChunkPhase.TRANSFERRING, 0.4))
    assert chunk_map.cells()[4].phase is ChunkPhase.TRANSFERRING
    assert chunk_map.cells()[4].fraction == 0.4


def test_a_chunk_of_another_job_leaves_the_map_alone(chunks, chunk_map):
    chunks.apply(created(30, job_id=2))
    chunks.apply(ChunkState(2, 5, ChunkPhase.FAILED, 0.0))
    assert chunk_map.cells()[4].phase is ChunkPhase.WAITING


@pytest.mark.ui("5.8", "arrows walk the chunk map and fill the inspector")
def test_arrows_home_and_end_move_the_current_cell(chunk_map, qtbot):
    chunk_map.set_current(0)
    for key, expected in (
        (Qt.Key.Key_Right, 1),
        (Qt.Key.Key_Down, 11),
        (Qt.Key.Key_Left, 10),
        (Qt.Key.Key_Up, 0),
        (Qt.Key.Key_Up, 0),
        (Qt.Key.Key_End, 29),
        (Qt.Key.Key_Home, 0),
    ):
        qtbot.keyClick(chunk_map, key)
        assert chunk_map.current() == expected


@pytest.mark.ui("12.9", "F finds the next failed chunk")
def test_f_goes_to_the_next_failed_chunk_and_round(chunks, chunk_map, qtbot):
    for number in (5, 20):
        chunks.apply(ChunkState(1, number, ChunkPhase.FAILED, 0.0))
    visited = []
    for _ in range(3):
        qtbot.keyClick(chunk_map, Qt.Key.Key_F)
        visited.append(chunk_map.current())
    assert visited == [4, 19, 4]


def test_a_press_makes_the_cell_under_it_current(chunk_map, qtbot):
    centre = chunk_map.cell_rect(13).center()
    qtbot.mouseClick(chunk_map, Qt.MouseButton.LeftButton, pos=centre)
    assert chunk_map.current() == 13


def test_every_cell_and_its_ring_is_inside_the_map_at_any_width(chunk_map):
    for width in range(100, 100 + 2 * chunk_map._pitch()):
        chunk_map.resize(width, chunk_map.heightForWidth(width))
        for position in range(30):
            ring = chunk_map.cell_rect(position).adjusted(-1, -1, 1, 1)
            assert chunk_map.rect().contains(ring), (width, position)


def test_no_cell_is_beyond_the_last(chunk_map):
    assert chunk_map.cell_at(chunk_map.cell_rect(29).center()) == 29
    assert chunk_map.cell_at(chunk_map.cell_rect(30).center()) == -1
    assert chunk_map.cell_at(QPoint(-5, 3)) == -1


@pytest.mark.ui("15.3", "the chunk map describes itself and its current cell")
def test_a_cell_says_what_it_holds(chunks, chunk_map):
    chunks.apply(ChunkState(1, 5, ChunkPhase.TRANSFERRING, 0.42))
    expected = "Chunk 5 of 30: Transferring 42 %, 64.0 GB, 9 objects"
    assert chunk_map.describe(4) == expected


@pytest.mark.ui("15.3", "the chunk map describes itself and its current cell")
def test_the_map_describes_itself_in_counts(chunks, chunk_map):
    chunks.apply(ChunkState(1, 5, ChunkPhase.FAILED, 0.0))
    chunks.apply(ChunkState(1, 6, ChunkPhase.IN_CACHE, 1.0))
    expected = "Chunks: 30. In cache 1, Failed 1, Waiting for appliance 28"
    assert chunk_map.accessibleDescription() == expected


@pytest.mark.ui("3.16", "each state of a chunk has a shape of its own")
def test_each_state_has_a_shape_of_its_own(qtbot):
    pictures = set()
    for phase in ChunkPhase:
        image = QImage(16, 16, QImage.Format.Format_ARGB32)
        image.fill(Qt.GlobalColor.transparent)
        painter = QPainter(image)
        paint_cell(painter, image.rect().toRectF(), phase, 0.5)
        painter.end()
        pictures.add(image.convertToFormat(QImage.Format.Format_Grayscale8).bits().tobytes())
    assert len(pictures) == len(ChunkPhase) - 1  # a download's Done looks like Persisted


def test_the_map_paints_without_a_word(chunk_map, qtbot):
    for number, phase in enumerate(ChunkPhase, 1):
        chunk_map._chunks.apply(ChunkState(1, number, phase, 0.5))
    assert not chunk_map.grab().isNull()


def test_a_chunk_that_is_partly_in_cache_is_filled_so_far_and_says_so(chunks, chunk_map):
    chunks.apply(ChunkState(1, 1, ChunkPhase.PARTLY_IN_CACHE, 0.25))
    assert chunk_map.describe(0).startswith("Chunk 1 of 30: Partly in cache 25 %")
    quarter = chunk_map.grab().toImage()
    chunks.apply(ChunkState(1, 1, ChunkPhase.PARTLY_IN_CACHE, 0.75))
    assert chunk_map.grab().toImage() != quarter
    assert "Partly in cache 1" in chunk_map.accessibleDescription()


def test_every_state_has_its_place_where_cells_are_folded_and_where_they_are_spoken_of() -> None:
    assert set(WORST_FIRST) == set(SPOKEN_ORDER) == set(ChunkPhase)
