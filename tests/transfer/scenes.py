"""What the tests of the engine set up and look at: files, bytes, and events in plain words."""

from __future__ import annotations

import filecmp
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ds3_browser.simulator.server import Simulator
from ds3_browser.transfer.events import (
    FailureCode,
    JobCreated,
    JobState,
    ObjectFailed,
    Outcome,
    State,
    Waiting,
    WaitReason,
)

BLOB = 64 << 10
QUIET_S = 0.25
SMALL_BLOBS = {"policies": [{"default_blob_size": BLOB}]}


def write(folder: Path, **files: int) -> None:
    """Files of so many random bytes; `__` in a name stands for a slash."""
    for name, size in files.items():
        path = folder / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(os.urandom(size))


def same(one: Path, other: Path) -> bool:
    """Whether two folders hold the same names and bytes, all the way down."""
    pairs = [filecmp.dircmp(one, other, ignore=[])]
    while pairs:
        pair = pairs.pop()
        pairs += pair.subdirs.values()
        odd = pair.left_only + pair.right_only + pair.funny_files
        _, differing, unread = filecmp.cmpfiles(
            pair.left, pair.right, pair.common_files, shallow=False
        )
        if odd + differing + unread:
            return False
    return True


def is_all_there(engine, bucket: str, folder: Path) -> bool:
    """Whether the archive has what the folder has, byte for byte."""
    target = folder.parent / "back"
    events = engine.run(engine.get(bucket, target, prefixes=["in/"]))
    return events[-1].outcome is Outcome.DONE and same(folder / "in", target / "in")


@contextmanager
def real_disk(folder: Path, mebibytes: int) -> Iterator[Path]:
    """A disk of so much room while it is used; skips where none can be had."""
    if not sys.platform.startswith("linux"):
        pytest.skip("a tmpfs can be mounted on Linux alone")
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a tmpfs cannot be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def wait_until(true: Callable[[], bool], seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    poll = threading.Event()
    while not true():
        assert time.monotonic() < end, "it did not come to pass"
        poll.wait(0.01)


def states(events: list) -> list[State]:
    """The states told, each once where it was told several times in a row."""
    told = [e.state for e in events if isinstance(e, JobState)]
    return [s for n, s in enumerate(told) if n == 0 or s is not told[n - 1]]


def failures(events: list) -> dict[str | None, FailureCode]:
    return {e.failure.name: e.failure.code for e in events if isinstance(e, ObjectFailed)}


def waits(events: list) -> list[WaitReason]:
    return [e.reason for e in events if isinstance(e, Waiting)]


def appliance_job(events: list) -> str:
    return next(e.appliance_job_id for e in events if isinstance(e, JobCreated))


def part_files(folder: Path) -> list[Path]:
    return list(folder.rglob("*.ds3part"))


def wait_for_quiet(simulator: Simulator) -> None:
    """What a killed process had handed to its system still arrives, through the throttle.

    Until then nobody can know of it; a program is not started again that fast.
    """
    seen, since = -1, time.monotonic()
    while time.monotonic() - since < QUIET_S:
        received = simulator.counters().get("bytes received", 0)
        if received != seen:
            seen, since = received, time.monotonic()
        time.sleep(0.02)
