"""The limit of speed that all jobs share."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from ds3_browser.transfer.errors import JobCancelled
from ds3_browser.transfer.events import Cancel, Outcome, Progress
from ds3_browser.transfer.limit import Limit
from tests.transfer.scenes import same, wait_until, write

KIB = 1 << 10


def nothing() -> None:
    """There is nothing to look at."""


def test_without_a_limit_nobody_waits() -> None:
    limit = Limit()
    assert limit.take(1, 1 << 30, nothing) == 1 << 30
    limit.take_all(1, 1 << 30, nothing)


def test_a_limit_of_nothing_is_no_limit() -> None:
    with pytest.raises(ValueError, match="one byte"):
        Limit().set(0)


def test_no_more_than_a_part_of_a_second_is_moved_at_once() -> None:
    limit = Limit()
    limit.set(1000)
    assert limit.take(1, 1 << 20, nothing) == 250
    assert limit.take(1, 7, nothing) == 7
    assert limit.take(1, 0, nothing) == 0


def test_bytes_go_as_fast_as_the_limit_says() -> None:
    limit, began = Limit(), time.monotonic()
    limit.set(100 * KIB)
    for _ in range(6):
        limit.take_all(1, 10 * KIB, nothing)
    # The sixth may go when the five before it have had their time.
    assert 0.5 <= time.monotonic() - began < 3


def test_one_who_waits_goes_on_when_the_limit_is_lifted() -> None:
    limit, through = Limit(), threading.Event()
    limit.set(1)
    limit.take_all(1, 1000, nothing)

    def take() -> None:
        limit.take_all(1, 1000, nothing)
        through.set()

    thread = threading.Thread(target=take)
    thread.start()
    assert not through.wait(0.2)
    limit.set(None)
    assert through.wait(5)
    thread.join()


def test_one_who_waits_notices_that_its_job_is_to_end() -> None:
    limit, ends = Limit(), threading.Event()
    limit.set(1)
    limit.take_all(1, 1000, nothing)

    def check() -> None:
        if ends.is_set():
            raise JobCancelled

    threading.Timer(0.1, ends.set).start()
    with pytest.raises(JobCancelled):
        limit.take_all(1, 1000, check)
    limit.set(None)
    limit.take_all(2, 1000, nothing)  # nobody waits for the one that has left


def test_jobs_share_evenly_however_many_threads_they_have() -> None:
    limit, had, over = Limit(), {1: 0, 2: 0}, threading.Event()
    limit.set(200 * KIB)

    def take(job_id: int) -> None:
        while not over.is_set():
            length = limit.take(job_id, 8 * KIB, nothing)
            if not over.is_set():
                had[job_id] += length

    threads = [threading.Thread(target=take, args=(job_id,)) for job_id in (1, 1, 1, 1, 2)]
    for thread in threads:
        thread.start()
    threading.Event().wait(1)
    over.set()
    limit.set(None)
    for thread in threads:
        thread.join()
    assert had[2] > 0.3 * sum(had.values()), had


@pytest.mark.parametrize("sizes", [{"big": 3 << 20}, {f"f{n}": 96 << 10 for n in range(32)}])
def test_jobs_keep_to_it_and_bring_every_byte(
    engine, bucket: str, folder: Path, tmp_path: Path, simulator, sizes: dict[str, int]
) -> None:
    """3 MiB at 4 MiB a second, up and down."""
    write(folder / "in", **sizes)
    engine.turns.limit.set(4 << 20)
    began = time.monotonic()
    assert engine.run(engine.put(bucket, folder / "in"))[-1].outcome is Outcome.DONE
    up = time.monotonic()
    down = engine.get(bucket, tmp_path / "out", prefixes=["in/"])
    assert engine.run(down)[-1].outcome is Outcome.DONE
    assert same(folder / "in", tmp_path / "out" / "in")
    # What is moved last is not waited for: a quarter of a second, or one small object.
    assert up - began > 0.45
    assert time.monotonic() - up > 0.45


def test_a_job_at_a_crawl_is_cancelled_at_once(engine, bucket: str, folder: Path) -> None:
    write(folder / "in", big=3 << 20)
    engine.turns.limit.set(1000)
    job = engine.put(bucket, folder / "in")
    thread, events = engine.start(job)
    wait_until(lambda: any(isinstance(e, Progress) and e.sent for e in events))
    job.cancel(Cancel.DISCARD)
    thread.join(5)
    assert not thread.is_alive()
    assert events[-1].outcome is Outcome.CANCELLED
