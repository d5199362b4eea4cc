"""Jobs whose ledger lies on a disk that is full for a while, or takes nothing."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from ds3_browser.transfer import ledger_writer
from ds3_browser.transfer.events import (
    Cancel,
    Event,
    JobState,
    ObjectState,
    Outcome,
    State,
    WaitReason,
)
from ds3_browser.transfer.ledger import Ledger, LedgerReader, NewObject
from tests.transfer.conftest import Engine
from tests.transfer.scenes import BLOB, part_files, real_disk, same, wait_until, write
from tests.transfer.test_going_on import again, counts, moved

Full = Callable[[bool], None]


@pytest.fixture(params=["no space", "a disk that fails"])
def full(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Full:
    """Let all commits of the ledger fail, or none any more."""
    refused = {
        "no space": "database or disk is full",
        "a disk that fails": "disk I/O error",
    }
    commit = ledger_writer._execute
    is_full = False

    def execute(connection, steps) -> None:
        if is_full:
            raise sqlite3.OperationalError(refused[request.param])
        commit(connection, steps)

    def switch(on: bool) -> None:
        nonlocal is_full
        is_full = on

    monkeypatch.setattr(ledger_writer, "_execute", execute)
    monkeypatch.setattr(ledger_writer, "COMMIT_AGAIN_S", 0.1)
    return switch


def is_waiting(events: list[Event]) -> bool:
    told = [event for event in list(events) if isinstance(event, JobState)]
    return bool(told) and told[-1].reason is WaitReason.DISK


def facts_of(events: list[Event]):
    return [event.facts for event in events if isinstance(event, JobState)][-1]


def go_on(job, full: Full) -> None:
    full(False)
    job.try_now()


def test_an_upload_waits_for_the_ledgers_disk_before_it_asks_for_a_job(
    engine: Engine, bucket: str, folder: Path, tmp_path: Path, full: Full, client
) -> None:
    write(folder / "in", a=10, b=BLOB)
    full(True)
    job = engine.put(bucket, folder / "in")
    thread, events = engine.start(job)
    wait_until(lambda: is_waiting(events))
    assert facts_of(events).path == str(engine.ledger.path.parent)
    assert list(client.active_jobs()) == []
    go_on(job, full)
    thread.join(20)
    assert events[-1].outcome is Outcome.DONE
    assert counts(engine, job) == {ObjectState.IN_CACHE: 2}
    engine.run(engine.get(bucket, tmp_path / "back", prefixes=["in/"]))
    assert same(folder / "in", tmp_path / "back" / "in")


def test_a_disk_that_fills_up_in_mid_job_stops_nothing_for_good(
    engine: Engine, bucket: str, folder: Path, tmp_path: Path, full: Full, small_blobs
) -> None:
    write(folder / "in", **{f"f{number}": BLOB for number in range(40)})
    small_blobs.faults.set("throttle_bps", 8 * BLOB)
    job = engine.put(bucket, folder / "in", objects_per_job=10)
    thread, events = engine.start(job)
    wait_until(lambda: moved(events) >= BLOB * 3)
    full(True)
    small_blobs.faults.set("throttle_bps", None)
    wait_until(lambda: is_waiting(events))
    go_on(job, full)
    thread.join(20)
    assert events[-1].outcome is Outcome.DONE
    assert counts(engine, job) == {ObjectState.IN_CACHE: 40}
    with closing(engine.reader()) as reader:
        assert reader.job(job.job_id).state is State.DONE
    # The same the other way.
    down = engine.get(bucket, tmp_path / "back", prefixes=["in/"], objects_per_job=10)
    small_blobs.faults.set("throttle_bps", 8 * BLOB)
    thread, events = engine.start(down)
    wait_until(lambda: moved(events) >= BLOB * 3)
    full(True)
    small_blobs.faults.set("throttle_bps", None)
    wait_until(lambda: is_waiting(events))
    go_on(down, full)
    thread.join(20)
    assert events[-1].outcome is Outcome.DONE
    assert same(folder / "in", tmp_path / "back" / "in")
    assert part_files(tmp_path / "back") == []


@pytest.mark.parametrize("how", [None, *Cancel])
def test_a_job_that_waits_for_it_may_be_ended(
    engine: Engine, bucket: str, folder: Path, full: Full, small_blobs, client, how
) -> None:
    write(folder / "in", **{f"f{number}": BLOB for number in range(40)})
    small_blobs.faults.set_all({"throttle_bps": 8 * BLOB, "hold_persistence": True})
    job = engine.put(bucket, folder / "in", objects_per_job=10)
    thread, events = engine.start(job)
    wait_until(lambda: moved(events) >= BLOB * 3)
    full(True)
    small_blobs.faults.set("throttle_bps", None)
    wait_until(lambda: is_waiting(events))
    if how is None:
        job.interrupt()
    else:
        job.cancel(how)
    thread.join(20)
    assert events[-1].outcome is (Outcome.INTERRUPTED if how is None else Outcome.CANCELLED)
    full(False)
    if how is None:
        assert engine.run(again(engine, job))[-1].outcome is Outcome.DONE
    # What was kept in memory is in the ledger, now that there is room.
    there = {one.name for one in client.list_objects(bucket).objects() if one.etag}
    with closing(engine.reader()) as reader:
        assert reader.job(job.job_id).state is (State.DONE if how is None else State.CANCELLED)
        rows = reader.objects(job.job_id)
    assert {row.name for row in rows if row.state is ObjectState.IN_CACHE} == there


@pytest.mark.parametrize("how", [None, Cancel.KEEP])
def test_a_job_whose_ledger_another_program_holds_goes_on_afterwards_or_ends_at_once(
    engine: Engine, bucket: str, folder: Path, how
) -> None:
    write(folder / "in", a=10)
    job = engine.put(bucket, folder / "in")
    with closing(sqlite3.connect(engine.ledger.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        thread, events = engine.start(job)
        wait_until(lambda: is_waiting(events), 5)
        if how is not None:
            job.cancel(how)
            thread.join(15)
            assert not thread.is_alive()
    thread.join(15)
    assert events[-1].outcome is (Outcome.DONE if how is None else Outcome.CANCELLED)
    engine.ledger.flush()
    with closing(engine.reader()) as reader:
        record = reader.job(job.job_id)
    assert how is not None or record.state is State.DONE


def test_what_was_refused_is_written_without_being_asked(tmp_path: Path, full: Full) -> None:
    ledger = Ledger(tmp_path / "ledger")
    ledger.flush()
    full(True)
    ledger.add_objects(1, [NewObject("a", None, 1)])
    wait_until(lambda: ledger.behind)
    full(False)
    with closing(LedgerReader(ledger.path)) as reader:
        wait_until(lambda: reader.counts(1) == {ObjectState.WAITING: 1})
    ledger.close()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    with real_disk(tmp_path / "disk", 1) as disk:
        yield disk


def fill(file: Path) -> None:
    """Take all the room that there is."""
    descriptor = os.open(file, os.O_CREAT | os.O_WRONLY)
    try:
        with contextlib.suppress(OSError):
            while True:
                os.write(descriptor, bytes(4096))
    finally:
        os.close(descriptor)


def test_a_real_disk_that_is_full_is_waited_for(
    client, bucket: str, folder: Path, tmp_path: Path, small_disk: Path
) -> None:
    write(folder / "in", **{f"f{number:04}": 10 for number in range(1500)})
    engine = Engine(small_disk, client)
    fill(small_disk / "other")
    job = engine.put(bucket, folder / "in")
    thread, events = engine.start(job)
    try:
        wait_until(lambda: is_waiting(events))
        assert facts_of(events).free is not None
        subprocess.run(["mount", "-o", "remount,size=32m", str(small_disk)], check=True)
        job.try_now()
        thread.join(50)
        assert events[-1].outcome is Outcome.DONE
        assert counts(engine, job) == {ObjectState.IN_CACHE: 1500}
    finally:
        job.interrupt()
        thread.join(20)
        engine.close()
