"""Disks that go away, come back, fill up or take nothing, in the middle of a job."""

from __future__ import annotations

import errno
import io
import os
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from ds3_browser.transfer.events import FailureCode, JobState, Outcome, Progress, WaitReason
from ds3_browser.transfer.part_file import Target
from tests.transfer.scenes import (
    BLOB,
    failures,
    part_files,
    real_disk,
    same,
    wait_until,
    waits,
    write,
)
from tests.transfer.test_going_on import again


@pytest.fixture
def slow(small_blobs):
    small_blobs.faults.set("throttle_bps", 8 * BLOB)
    return small_blobs


def has_begun(events: list) -> bool:
    return any(isinstance(e, Progress) and 2 * BLOB < e.sent < e.total for e in list(events))


def waiting_facts(events: list):
    return next(e for e in reversed(events) if isinstance(e, JobState)).facts


def test_a_target_that_vanishes_in_mid_job_is_waited_for(
    engine, bucket, folder: Path, tmp_path: Path, slow
) -> None:
    write(folder / "in", **{f"f{n}": 6 * BLOB for n in range(12)})
    slow.faults.set("throttle_bps", None)
    engine.run(engine.put(bucket, folder / "in"))
    slow.faults.set("throttle_bps", 4 * BLOB)
    target, away = tmp_path / "disk", tmp_path / "away"
    job = engine.get(bucket, target, prefixes=["in/"])
    thread, events = engine.start(job)
    wait_until(lambda: has_begun(events))
    target.rename(away)
    wait_until(lambda: WaitReason.DISK in waits(events))
    told = waiting_facts(events)
    assert (told.path, told.free) == (str(target), None)
    assert not target.exists()  # nothing is written where the disk is not
    away.rename(target)
    slow.faults.set("throttle_bps", None)
    job.try_now()
    thread.join(20)
    assert events[-1].outcome is Outcome.DONE
    assert same(folder / "in", target / "in")
    assert not part_files(tmp_path)


def test_a_target_that_takes_nothing_is_waited_for(
    engine, bucket, folder: Path, tmp_path: Path, monkeypatch
) -> None:
    write(folder / "in", a=10, b=3 * BLOB)
    engine.run(engine.put(bucket, folder / "in"))
    writable: list[bool] = []
    make = Target.new_file

    def new_file(target: Target, path: str) -> io.FileIO:
        if not writable:
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), path)
        return make(target, path)

    monkeypatch.setattr(Target, "new_file", new_file)
    job = engine.get(bucket, tmp_path / "out", prefixes=["in/"])
    thread, events = engine.start(job)
    wait_until(lambda: WaitReason.DISK in waits(events))
    told = waiting_facts(events)
    assert (told.path, told.free) == (str(tmp_path / "out"), None)
    writable.append(True)
    job.try_now()
    thread.join(20)
    assert (events[-1].outcome, failures(events)) == (Outcome.DONE, {})
    assert same(folder / "in", tmp_path / "out" / "in")


def test_sources_that_vanish_in_mid_job_fail_and_a_retry_brings_them(
    engine, bucket, folder: Path, tmp_path: Path, slow
) -> None:
    write(folder / "in", **{f"f{n}": 6 * BLOB for n in range(12)})
    job = engine.put(bucket, folder / "in")
    thread, events = engine.start(job)
    wait_until(lambda: has_begun(events))
    (folder / "in").rename(tmp_path / "away")
    thread.join(20)
    assert events[-1].outcome is Outcome.FAILED
    assert set(failures(events).values()) == {FailureCode.VANISHED}
    assert events[-1].counts.done + events[-1].counts.failed == 12
    (tmp_path / "away").rename(folder / "in")
    slow.faults.set("throttle_bps", None)
    retried = engine.run(again(engine, job, retry=True))
    assert (retried[-1].outcome, retried[-1].counts.done) == (Outcome.DONE, 12)
    engine.run(engine.get(bucket, tmp_path / "back", prefixes=["in/"]))
    assert same(folder / "in", tmp_path / "back" / "in")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    with real_disk(tmp_path / "disk", 3) as disk:
        yield disk


def test_a_real_disk_that_fills_up_is_waited_for(
    engine, bucket, folder: Path, small_disk: Path
) -> None:
    write(folder / "in", a=2 << 20, b=10)
    engine.run(engine.put(bucket, folder / "in"))
    other = small_disk / "other"
    other.write_bytes(bytes(2 << 20))
    job = engine.get(bucket, small_disk / "out", prefixes=["in/"])
    thread, events = engine.start(job)
    wait_until(lambda: WaitReason.DISK in waits(events))
    told = waiting_facts(events)
    assert told.free is not None
    assert told.free <= 1 << 20
    other.unlink()
    job.try_now()
    thread.join(20)
    assert events[-1].outcome is Outcome.DONE
    assert same(folder / "in", small_disk / "out" / "in")
    with closing(engine.reader()) as read:
        assert read.open_parts(job.job_id) == []


def test_a_real_disk_that_becomes_read_only_is_waited_for(
    engine, bucket, folder: Path, small_disk: Path
) -> None:
    write(folder / "in", a=1 << 20, b=10)
    engine.run(engine.put(bucket, folder / "in"))
    (small_disk / "out").mkdir()
    remount = ["mount", "-o", "remount,ro", str(small_disk)]
    subprocess.run(remount, check=True, capture_output=True)
    job = engine.get(bucket, small_disk / "out", prefixes=["in/"])
    thread, events = engine.start(job)
    wait_until(lambda: WaitReason.DISK in waits(events))
    assert waiting_facts(events).path == str(small_disk / "out")
    subprocess.run([*remount[:2], "remount,rw", remount[3]], check=True, capture_output=True)
    job.try_now()
    thread.join(20)
    assert events[-1].outcome is Outcome.DONE
    assert same(folder / "in", small_disk / "out" / "in")
