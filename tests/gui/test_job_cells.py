"""What the cells of a row read: figures, bar and time left, and the row as one sentence."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ds3_browser.gui import job_cells
from ds3_browser.transfer.events import (
    ChunkPhase,
    Outcome,
    State,
    WaitReason,
)
from tests.gui.job_stories import (
    GB,
    NOW,
    download,
    ended,
    persisting,
    progress,
    state,
    told,
    upload,
    waiting,
)


@pytest.mark.ui("2.9", "a percentage is floored, and full only at the end")
def test_the_percent_is_floored_and_full_only_when_done():
    sent = told(upload(), state(State.TRANSFERRING), progress(999, 1000))
    assert job_cells.percent(sent) == "99 %"
    everything = told(upload(), state(State.TRANSFERRING), progress(1000, 1000))
    assert job_cells.percent(everything) == "99 %"
    received = told(download(), progress(1000, 1000), ended(Outcome.DONE, done=1))
    assert job_cells.percent(received) == "100 %"


def test_a_done_upload_counts_what_is_persisted():
    row = told(upload(), progress(1000, 1000, in_cache=1000), ended(Outcome.DONE, done=1))
    row = told(row, persisting(615))
    assert job_cells.percent(row) == "61 % persisted"


@pytest.mark.ui("2.7", "time left is coarse, and unknown while waiting")
def test_time_left_is_unknown_in_the_first_three_seconds_and_while_waiting():
    row = told(upload(), state(State.TRANSFERRING), progress(5, rate=1.0, time_left_s=840))
    assert job_cells.time_left(row, NOW + timedelta(seconds=2)) == "—"
    assert job_cells.time_left(row, NOW + timedelta(seconds=3)) == "14 min"
    waits = told(row, state(State.WAITING, WaitReason.CACHE))
    assert job_cells.time_left(waits, NOW + timedelta(minutes=1)) == "—"


@pytest.mark.ui("2.8", "the time to persistence comes from its own growth")
def test_the_time_to_persistence_comes_from_its_growth():
    row = told(upload(), progress(900, 900, in_cache=900), ended(Outcome.DONE, done=1))
    row = told(row, persisting(300))
    assert job_cells.time_left(row, NOW) == "—"
    later = NOW + timedelta(minutes=5)
    row = told(row, persisting(600), now=later)
    assert job_cells.time_left(row, later) == "≈ 5 min"


@pytest.mark.ui("3.22", "the bar stacks persisted, in cache and sent")
def test_the_bar_stacks_persisted_cached_and_sent():
    row = told(upload(), progress(60, 100, in_cache=50, persisted=20))
    assert job_cells.stages(row) == (
        (0.2, ChunkPhase.PERSISTED),
        (0.5, ChunkPhase.IN_CACHE),
        (0.6, ChunkPhase.TRANSFERRING),
    )


@pytest.mark.ui("15.2", "a transfer's first cell reads the whole row")
def test_the_row_is_read_as_one_sentence():
    row = told(
        upload(),
        progress(34 * GB, failed=3),
        state(State.WAITING, WaitReason.CACHE),
        waiting(WaitReason.CACHE, 240),
    )
    expected = (
        "dailies 22 Nov, upload, waiting, next try in 4 minutes, no chunk ready, 34 percent,"
        " 3 failed"
    )
    assert job_cells.spoken(row, NOW) == expected
