"""Waits and ends as the row tells them: cache, tape, Try now, cancel."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from ds3_browser.gui.job_row import NeededTapes
from ds3_browser.protocol.records import JobStatus
from ds3_browser.transfer.events import State, WaitReason
from tests.end_to_end.person import Person, until
from tests.end_to_end.trees import differences

MIB = 1 << 20


def files(folder: Path, number: int, size: int) -> Path:
    source = folder / "reels"
    source.mkdir()
    for n in range(number):
        (source / f"reel-{n}.mov").write_bytes(bytes([n]) * size)
    return source


@pytest.mark.checklist(
    "K C-104: a wait is counted down while the window lives",
)
def test_a_full_cache_is_told_counted_down_and_waited_for(
    person: Person, folder: Path, simulator
) -> None:
    simulator.faults.set_all(
        {"cache_bytes": 4 * MIB, "chunk_bytes": MIB, "retry_after": 2, "hold_persistence": True}
    )
    job = person.drop(files(folder, 8, MIB))
    person.until_waiting(job, WaitReason.CACHE)
    told = set()
    until(lambda: told.add(person.says(job)) or len(told) >= 3, "a countdown")
    assert all("Waiting" in words and "next try" in words for words in told)
    assert any("No free cache" in words for words in told)
    simulator.faults.set("hold_persistence", False)
    row = person.until_done(job)
    assert row.counts.done == 8
    assert row.progress.in_cache == 8 * MIB


def test_a_slow_tape_is_told_and_waited_for(
    person: Person, folder: Path, restored: Path, simulator
) -> None:
    source = files(folder, 3, 1000)
    person.until_done(person.drop(source))
    simulator.faults.set_all({"tape_delay": 3, "retry_after": 1})
    person.go("archive")
    job = person.download(restored, "reels/")
    person.until_waiting(job, WaitReason.TAPE)
    assert "Tape not read yet" in person.says(job)
    person.until_done(job)
    assert differences(source, restored / "reels") == []


@pytest.mark.ui("11.13", "a download that needs a tape put back says which, and gives notice")
def test_an_ejected_tape_is_named_and_told_until_it_is_back(
    person: Person, folder: Path, restored: Path, simulator, client
) -> None:
    source = files(folder, 2, 1000)
    person.until_done(person.drop(source))
    names = [one.name for one in client.list_objects("archive", prefix="reels/").objects()]
    until(lambda: client.placement("archive", names).tapes, "the tapes")
    tapes = client.placement("archive", names).tapes
    client.reclaim_cache()
    simulator.faults.set_all({"tape_delay": 3600, "retry_after": 1, "eject_tape": list(tapes)})
    person.go("archive")
    job = person.download(restored, "reels/", ejected=True)
    person.until_waiting(job, WaitReason.TAPE, lambda row: row.missing_tapes)
    (missing,) = person.row(job).missing_tapes  # one of the copies is enough
    assert missing in tapes
    assert f"Put back tape {missing}" in person.says(job)
    window = person.window
    window.telling.notifying.tell()
    assert f"tape {missing} has to be put back" in window.news.text
    simulator.faults.set_all({"tape_delay": 0, "eject_tape": []})
    person.until_done(job)
    assert differences(source, restored / "reels") == []


def test_a_tape_in_the_library_is_only_slow(
    person: Person, folder: Path, restored: Path, simulator, client
) -> None:
    person.until_done(person.drop(files(folder, 2, 1000)))
    names = [one.name for one in client.list_objects("archive", prefix="reels/").objects()]
    until(lambda: len(client.placement("archive", names).tapes) >= 2, "both copies")
    one, *_others = client.placement("archive", names).tapes
    client.reclaim_cache()
    simulator.faults.set_all({"tape_delay": 3600, "retry_after": 1, "eject_tape": [one]})
    person.go("archive")
    told: list[NeededTapes] = []
    person.window.context.queue.tapes_seen.connect(lambda _job, tapes: told.append(tapes))
    job = person.download(restored, "reels/")
    until(lambda: told, "the answer about the tapes")
    assert told[0].ejected == ()
    (needed,) = told[0].barcodes
    assert needed != one  # a copy that is there is read, whatever stands first
    assert told[0].whole
    assert "Tape not read yet" in person.says(job)
    simulator.faults.set_all({"tape_delay": 0, "eject_tape": []})
    person.until_done(job)


def test_try_now_ends_a_wait_of_a_minute(person: Person, folder: Path, simulator) -> None:
    simulator.faults.set_all(
        {"cache_bytes": 2 * MIB, "chunk_bytes": MIB, "retry_after": 60, "hold_persistence": True}
    )
    job = person.drop(files(folder, 4, MIB))
    person.until_waiting(job, WaitReason.CACHE)
    simulator.faults.set("cache_bytes", None)
    began = time.monotonic()
    person.try_now()
    until(lambda: person.row(job).state is not State.WAITING, "the end of the wait", 2)
    assert time.monotonic() - began < 2
    person.until_done(job)


@pytest.mark.parametrize(
    ("button", "kept"), [("cancel_keep", True), ("cancel_discard", False)], ids=["keep", "discard"]
)
def test_cancel_in_a_blob_of_a_gibibyte(
    person: Person, folder: Path, simulator, client, button: str, kept: bool, record_property
) -> None:
    source = folder / "both"
    source.mkdir()
    (source / "a small one").write_bytes(b"small")
    with (source / "big.mov").open("wb") as file:
        file.truncate(1 << 30)
    simulator.faults.set("throttle_bps", 8 * MIB)
    job = person.drop(source)
    person.until_job(
        job, State.TRANSFERRING, that=lambda row: row.progress and row.progress.sent > MIB
    )
    there = person.row(job).appliance_jobs[0]
    person.cancel(job, button)
    began = time.monotonic()
    person.until_job(job, State.CANCELLED, that=lambda row: row.outcome)
    record_property("seconds to cancelled", round(time.monotonic() - began, 2))
    assert "Cancelled" in person.says(job)
    names = [name for page in client.list_pages("archive") for name in page.names]
    assert names == (["both/a small one"] if kept else [])
    ended = JobStatus.COMPLETED if kept else JobStatus.CANCELED
    assert client.get_job(there).status is ended


def test_a_cancelled_download_leaves_no_part_file(
    person: Person, folder: Path, restored: Path, simulator, part_files
) -> None:
    person.until_done(person.drop(files(folder, 2, 16 * MIB)))
    simulator.faults.set("throttle_bps", 2 * MIB)
    person.go("archive")
    job = person.download(restored, "reels/")
    person.until_job(
        job, State.TRANSFERRING, that=lambda row: row.progress and row.progress.sent > MIB
    )
    assert part_files()
    person.cancel(job, "cancel_keep")
    person.until_job(job, State.CANCELLED, that=lambda row: row.outcome)
    assert part_files() == []
