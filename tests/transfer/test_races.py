"""Jobs that are pressed at, stopped and begun again at any moment, beside each other."""

from __future__ import annotations

from pathlib import Path

import pytest

from ds3_browser.simulator.server import Simulator
from ds3_browser.transfer import loop
from ds3_browser.transfer.events import JobState, Outcome, State
from tests.transfer.racing import SHORT_RESTS, race
from tests.transfer.scenes import same, wait_until, write


@pytest.fixture(autouse=True)
def short_rests(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, seconds in SHORT_RESTS.items():
        monkeypatch.setattr(loop, name, seconds)


@pytest.mark.parametrize("seed", range(40))
def test_whatever_is_pressed_when_the_end_is_true(
    simulator: Simulator, tmp_path: Path, seed: int
) -> None:
    wrong, told = race(simulator, tmp_path, seed)
    assert wrong == [], "\n".join(told)


def test_a_pause_at_once_that_is_taken_back_at_once_stops_nothing(
    engine, bucket: str, folder: Path, simulator: Simulator
) -> None:
    write(folder / "in", a=4 << 20, b=4 << 20)
    simulator.faults.set("throttle_bps", 4 << 20)
    job = engine.put(bucket, folder / "in")
    thread, events = engine.start(job)
    wait_until(
        lambda: any(isinstance(e, JobState) and e.state is State.TRANSFERRING for e in events)
    )
    job.pause()
    job.pause()
    job.resume()
    thread.join(30)
    assert events[-1].outcome is Outcome.DONE


def test_a_download_that_was_cut_leaves_no_job_open(
    engine, bucket: str, folder: Path, tmp_path: Path, simulator: Simulator, client
) -> None:
    write(folder / "in", a=4 << 20)
    engine.run(engine.put(bucket, folder / "in"))
    simulator.faults.set("truncate_get", {"nth": 1, "bytes": 1 << 20, "times": 1})
    job = engine.get(bucket, tmp_path / "out", prefixes=["in/"])
    assert engine.run(job)[-1].outcome is Outcome.DONE
    wait_until(lambda: not list(client.active_jobs()))
    assert same(folder / "in", tmp_path / "out" / "in")
