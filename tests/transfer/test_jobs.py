"""Uploads and downloads against the simulator: bytes, states, waits and ends."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from ds3_browser.protocol.client import Ds3Client
from ds3_browser.protocol.records import JobStatus
from ds3_browser.simulator.server import Simulator
from ds3_browser.transfer.events import (
    Actor,
    Cancel,
    ChunkPhase,
    ChunkState,
    FailureCode,
    JobCreated,
    JobEnded,
    JobState,
    ObjectFailed,
    ObjectState,
    Outcome,
    Progress,
    State,
    Waiting,
    WaitReason,
)
from ds3_browser.transfer.get import Existing
from tests.transfer.scenes import (
    BLOB,
    SMALL_BLOBS,
    failures,
    same,
    states,
    wait_until,
    write,
)


def test_what_goes_up_comes_down_byte_for_byte(
    engine, bucket: str, folder: Path, tmp_path: Path, small_blobs
) -> None:
    sizes = {"none": 0, "one": 1, "less": BLOB - 1, "blob": BLOB, "more": BLOB + 1}
    write(folder / "in", **sizes, a__b__big=(3 << 20) + 11, **{"a b+c%d": 5})
    (folder / "in" / "empty" / "er").mkdir(parents=True)
    up = engine.run(engine.put(bucket, folder / "in", prefix="p/"))
    assert up[-1].outcome is Outcome.DONE
    assert up[-1].counts.done == 8
    down = engine.run(engine.get(bucket, tmp_path / "out", prefixes=["p/in/"], base="p/"))
    assert down[-1].outcome is Outcome.DONE
    assert same(folder / "in", tmp_path / "out" / "in")
    assert (tmp_path / "out" / "in" / "empty" / "er").is_dir()


def test_times_and_permissions_come_back(engine, bucket: str, folder: Path, tmp_path: Path) -> None:
    write(folder, x=10)
    (folder / "x").chmod(0o640)
    os.utime(folder / "x", ns=(1_700_000_000_123_000_000, 1_600_000_000_456_000_000))
    engine.run(engine.put(bucket, folder / "x"))
    engine.run(engine.get(bucket, tmp_path / "out", names=["x"]))
    status = (tmp_path / "out" / "x").stat()
    assert (status.st_mtime_ns, status.st_mode & 0o777) == (1_600_000_000_456_000_000, 0o640)


def test_the_states_and_chunks_of_an_upload_are_told_as_they_are(
    engine, bucket: str, folder: Path, small_blobs
) -> None:
    small_blobs.faults.set("chunk_bytes", BLOB * 2)
    write(folder, x=BLOB * 4)
    events = engine.run(engine.put(bucket, folder / "x"))
    assert states(events) == [State.PREPARING, State.TRANSFERRING, State.DONE]
    (created,) = [e for e in events if isinstance(e, JobCreated)]
    assert [chunk.length for chunk in created.chunks] == [BLOB * 2, BLOB * 2]
    last = {e.number: e.phase for e in events if isinstance(e, ChunkState)}
    assert set(last.values()) == {ChunkPhase.IN_CACHE}
    final = [e for e in events if isinstance(e, Progress)][-1]
    assert (final.sent, final.in_cache, final.total) == (BLOB * 4,) * 3
    assert (final.objects_done, final.objects_total) == (1, 1)


def test_the_ledger_tells_the_truth_after_a_run(engine, bucket: str, folder: Path) -> None:
    write(folder, good=10)
    (folder / "gone").symlink_to(folder / "nowhere")
    job = engine.put(bucket, folder / "good", folder / "gone")
    ended = engine.run(job)[-1]
    assert (ended.outcome, ended.counts.done, ended.counts.failed) == (Outcome.FAILED, 1, 1)
    reader = engine.reader()
    (record,) = reader.jobs()
    rows = {row.name: row for row in reader.objects(job.job_id)}
    reader.close()
    assert record.state is State.FAILED
    assert rows["good"].state is ObjectState.IN_CACHE
    assert rows["good"].checksum_type == "CRC_32C"
    assert rows["gone"].state is ObjectState.FAILED
    assert rows["gone"].failure.code is FailureCode.VANISHED


def test_a_cache_smaller_than_the_job_makes_it_wait_and_go_on(
    engine, bucket: str, folder: Path, small_blobs
) -> None:
    small_blobs.faults.set_all(
        {"cache_bytes": BLOB * 4, "chunk_bytes": BLOB, "retry_after": 1, "persist_delay": 0.5}
    )
    write(folder, x=BLOB * 12)
    events = engine.run(engine.put(bucket, folder / "x"))
    waits = [e for e in events if isinstance(e, Waiting)]
    assert {w.reason for w in waits} == {WaitReason.CACHE}
    assert waits[0].retry_after_s == 1
    assert events[-1].outcome is Outcome.DONE


def test_try_now_ends_a_long_wait(engine, bucket: str, folder: Path, small_blobs) -> None:
    small_blobs.faults.set_all(
        {"cache_bytes": BLOB * 2, "chunk_bytes": BLOB, "hold_persistence": True}
    )
    write(folder, x=BLOB * 4)
    job = engine.put(bucket, folder / "x")
    thread, events = engine.start(job)
    wait_until(lambda: any(isinstance(e, Waiting) for e in events))
    small_blobs.faults.set("cache_bytes", None)
    began = time.monotonic()
    job.try_now()
    thread.join(10)
    assert time.monotonic() - began < 2
    assert events[-1].outcome is Outcome.DONE


@pytest.mark.checklist(
    "K C-104: an empty list of chunks is waited on for as long as the appliance says",
)
def test_a_slow_tape_makes_a_download_wait(
    engine, bucket: str, folder: Path, tmp_path: Path, simulator: Simulator
) -> None:
    write(folder, x=1000)
    engine.run(engine.put(bucket, folder / "x"))
    simulator.faults.set_all({"tape_delay": 1.5, "retry_after": 1})
    events = engine.run(engine.get(bucket, tmp_path / "out", names=["x"]))
    assert WaitReason.TAPE in {e.reason for e in events if isinstance(e, Waiting)}
    assert events[-1].outcome is Outcome.DONE
    assert same(folder, tmp_path / "out")


@pytest.mark.parametrize("how", Cancel)
def test_cancel_in_mid_blob_tells_the_appliance_and_ends_soon(
    engine, bucket: str, folder: Path, client: Ds3Client, simulator: Simulator, how: Cancel
) -> None:
    write(folder, small=10)
    with (folder / "zbig").open("wb") as file:
        file.truncate(1 << 30)
    simulator.faults.set("throttle_bps", 4 << 20)
    job = engine.put(bucket, folder / "small", folder / "zbig")
    thread, events = engine.start(job)
    wait_until(lambda: any(isinstance(e, Progress) and e.sent > 1 << 20 for e in events))
    began = time.monotonic()
    job.cancel(how)
    thread.join(10)
    assert time.monotonic() - began < 5
    assert events[-1].outcome is Outcome.CANCELLED
    assert events[-1].by is Actor.USER
    names = [n for page in client.list_pages(bucket) for n in page.names]
    assert names == (["small"] if how is Cancel.KEEP else [])
    (created,) = [e for e in events if isinstance(e, JobCreated)]
    status = client.get_job(created.appliance_job_id).status
    assert status is (JobStatus.COMPLETED if how is Cancel.KEEP else JobStatus.CANCELED)


@pytest.mark.checklist("K C-123: a download goes to a temporary name")
def test_cancel_of_a_download_leaves_no_part_file(
    engine, bucket: str, folder: Path, tmp_path: Path, simulator: Simulator
) -> None:
    write(folder, big=32 << 20, small=10)
    engine.run(engine.put(bucket, folder / "big", folder / "small"))
    simulator.faults.set("throttle_bps", 4 << 20)
    job = engine.get(bucket, tmp_path / "out", names=["big", "small"])
    thread, events = engine.start(job)
    wait_until(lambda: any(isinstance(e, Progress) and e.sent > 1 << 20 for e in events))
    job.cancel(Cancel.DISCARD)
    thread.join(10)
    assert events[-1].outcome is Outcome.CANCELLED
    assert not list((tmp_path / "out").glob("*.ds3part"))
    assert not (tmp_path / "out" / "big").exists()


def test_an_interrupt_leaves_the_job_open_on_the_appliance(
    engine, bucket: str, folder: Path, client: Ds3Client, simulator: Simulator
) -> None:
    write(folder, big=32 << 20)
    simulator.faults.set("throttle_bps", 1 << 20)
    job = engine.put(bucket, folder / "big")
    thread, events = engine.start(job)
    wait_until(lambda: any(isinstance(e, Progress) and e.sent > 0 for e in events))
    job.interrupt()
    thread.join(10)
    assert events[-1].outcome is Outcome.INTERRUPTED
    assert [j.status for j in client.list_jobs()] == [JobStatus.IN_PROGRESS]


def test_pause_holds_and_resume_goes_on(engine, bucket: str, folder: Path, simulator) -> None:
    write(folder, **{f"f{n}": 4 << 20 for n in range(8)})
    simulator.faults.set("throttle_bps", 16 << 20)
    job = engine.put(bucket, folder)
    thread, events = engine.start(job)
    wait_until(lambda: any(isinstance(e, Progress) and e.sent > 0 for e in events))
    job.pause()
    wait_until(
        lambda: any(
            isinstance(e, JobState) and e.reason is WaitReason.USER and e.facts.since
            for e in events
        )
    )
    held = [e for e in events if isinstance(e, Progress)][-1].sent
    assert held < 8 * (4 << 20)
    simulator.faults.set("throttle_bps", None)
    job.resume()
    thread.join(20)
    assert events[-1].outcome is Outcome.DONE


@pytest.mark.parametrize(
    "fault",
    [
        ("drop_connection", {"method": "PUT", "nth": 2, "bytes": 1000, "times": 2}),
        ("early_close", {"nth": 2, "status": 503, "times": 1}),
        ("redirect_times", 3),
        ("fail_next", [["PUT /archive/*", 500, "InternalError", 2]]),
        ("busy", 1),
    ],
)
@pytest.mark.checklist(
    "K C-110: a 307 leads to the same request again, signed anew, its body from the start",
)
def test_an_upload_survives(
    engine, bucket: str, folder: Path, tmp_path: Path, small_blobs, fault
) -> None:
    small_blobs.faults.set("retry_after", 0)
    write(folder / "in", a=BLOB * 3, b=10, c=1 << 20)
    small_blobs.faults.set(*fault)
    assert engine.run(engine.put(bucket, folder / "in"))[-1].outcome is Outcome.DONE
    engine.run(engine.get(bucket, tmp_path / "out", prefixes=["in/"]))
    assert same(folder / "in", tmp_path / "out" / "in")


@pytest.mark.parametrize(
    "fault",
    [
        ("drop_connection", {"method": "GET", "nth": 2, "bytes": 1000, "times": 2}),
        ("truncate_get", {"nth": 1, "bytes": 5000, "times": 3}),
        ("corrupt_get", {"nth": 1, "times": 2}),
        ("redirect_times", 3),
        ("partial_chunk", True),
        ("repeat_read_blobs", True),
        ("blob_gone_after_read", True),
    ],
)
@pytest.mark.checklist(
    "K C-160: a list of chunks without anything new is waited on, never taken as the end",
    "K C-105: every blob of a returned chunk is fetched, whatever its InCache",
)
def test_a_download_survives(
    engine, bucket: str, folder: Path, tmp_path: Path, small_blobs, fault
) -> None:
    write(folder / "in", a=BLOB * 3, b=10, c=1 << 20)
    engine.run(engine.put(bucket, folder / "in"))
    small_blobs.faults.set("retry_after", 0)
    small_blobs.faults.set(*fault)
    events = engine.run(engine.get(bucket, tmp_path / "out", prefixes=["in/"]))
    assert events[-1].outcome is Outcome.DONE
    assert same(folder / "in", tmp_path / "out" / "in")


def test_one_objects_trouble_stops_no_other(engine, bucket: str, folder: Path, simulator) -> None:
    write(folder, a=10, b=10, c=10)
    simulator.faults.set("fail_next", [["PUT /archive/b", 403, "AccessDenied", 9]])
    events = engine.run(engine.put(bucket, *(folder / n for n in "abc")))
    assert failures(events) == {"b": FailureCode.NO_RIGHT}
    assert (events[-1].outcome, events[-1].counts.done) == (Outcome.FAILED, 2)


def test_a_blob_is_tried_five_times(
    engine, bucket: str, folder: Path, simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ds3_browser.transfer.loop.TRY_AGAIN_S", (0, 0, 0, 0))
    write(folder, a=10, b=10)
    simulator.faults.set("fail_next", [["PUT /archive/a", 500, "InternalError", 99]])
    events = engine.run(engine.put(bucket, folder / "a", folder / "b"))
    assert failures(events) == {"a": FailureCode.APPLIANCE}
    (failed,) = [e.failure for e in events if isinstance(e, ObjectFailed)]
    assert (failed.tries, failed.status) == (5, 500)


def test_a_job_of_a_name_that_exists_is_refused_and_sends_nothing(
    engine, bucket: str, folder: Path, client: Ds3Client
) -> None:
    client.put_object(bucket, "a", b"there")
    write(folder, a=10)
    events = engine.run(engine.put(bucket, folder / "a"))
    assert events[-1].failure.code is FailureCode.EXISTS
    assert states(events)[-1] is State.FAILED
    assert [n for page in client.list_pages(bucket) for n in page.names] == ["a"]


def test_a_file_that_becomes_shorter_while_it_is_sent_fails_as_changed(
    engine, bucket: str, folder: Path, simulator: Simulator
) -> None:
    (folder / "a").touch()
    os.truncate(folder / "a", 32 << 20)
    simulator.faults.set("throttle_bps", 4 << 20)
    thread, events = engine.start(engine.put(bucket, folder / "a"))
    wait_until(lambda: any(isinstance(e, Progress) and e.sent for e in events))
    os.truncate(folder / "a", 1 << 20)
    thread.join(30)
    assert failures(events) == {"a": FailureCode.CHANGED}


def test_a_file_that_changes_or_vanishes_after_the_walk_fails_alone(
    engine, bucket: str, folder: Path, simulator: Simulator
) -> None:
    write(folder, a=10, b=10, c=10)
    simulator.faults.set_all({"busy": 1, "retry_after": 60})
    job = engine.put(bucket, *(folder / n for n in "abc"))
    thread, events = engine.start(job)
    wait_until(lambda: any(isinstance(e, Waiting) for e in events))
    (folder / "a").write_bytes(b"longer than before")
    (folder / "b").unlink()
    job.try_now()
    thread.join(10)
    assert failures(events) == {"a": FailureCode.CHANGED, "b": FailureCode.VANISHED}
    assert events[-1].counts.done == 1


def test_an_appliance_that_goes_and_comes_back_is_waited_for(
    engine, folder: Path, tmp_path: Path, small_blobs
) -> None:
    with Simulator(tmp_path / "other", switches=SMALL_BLOBS) as first:
        port = first.port
        client = Ds3Client(type(engine.client.endpoint).parse(first.url), engine.client.credentials)
        engine.client = client
        client.create_bucket("b")
        write(folder, x=BLOB * 40)
        first.faults.set("throttle_bps", BLOB * 4)
        thread, events = engine.start(engine.put("b", folder / "x"))
        wait_until(lambda: any(isinstance(e, Progress) and e.sent > BLOB for e in events))
    wait_until(lambda: any(isinstance(e, Waiting) for e in events))
    assert next(e.reason for e in events if isinstance(e, Waiting)) is WaitReason.NETWORK
    with Simulator(tmp_path / "other", port=port, switches=SMALL_BLOBS):
        thread.join(20)
        assert events[-1].outcome is Outcome.DONE
        engine.run(engine.get("b", tmp_path / "out", names=["x"]))
    client.close()
    assert same(folder, tmp_path / "out")


@pytest.mark.checklist("K C-124: remote names cannot escape the target folder")
def test_hostile_names_stay_below_the_target(
    engine, bucket: str, client: Ds3Client, tmp_path: Path
) -> None:
    hostile = ["../up", "/etc/absolute", "a/../../b", "..", "x//y", "./z"]
    for name in hostile:
        client.put_object(bucket, name, name.encode())
    target = tmp_path / "deep" / "target"
    events = engine.run(engine.get(bucket, target, prefixes=[""]))
    assert events[-1].outcome is Outcome.DONE
    found = {p.relative_to(tmp_path) for p in tmp_path.rglob("*") if p.is_file()}
    inside = {p for p in found if p.parts[:2] == ("deep", "target")}
    assert len(inside) == len(hostile)
    assert {p for p in found - inside if "transfers" not in p.name} == set()


def test_an_existing_file_is_never_overwritten_unasked(
    engine, bucket: str, client: Ds3Client, tmp_path: Path
) -> None:
    client.put_object(bucket, "x.txt", b"theirs")
    target = tmp_path / "out"
    target.mkdir()
    for existing, expected in (
        (Existing.SKIP, {"x.txt": b"mine"}),
        (Existing.KEEP_BOTH, {"x.txt": b"mine", "x (2).txt": b"theirs"}),
        (Existing.REPLACE, {"x.txt": b"theirs", "x (2).txt": b"theirs"}),
    ):
        if existing is Existing.SKIP:
            (target / "x.txt").write_bytes(b"mine")
        ended = engine.run(engine.get(bucket, target, names=["x.txt"], existing=existing))[-1]
        assert ended.outcome is Outcome.DONE
        assert {p.name: p.read_bytes() for p in target.iterdir()} == expected


def test_an_object_called_like_a_part_file_is_no_part_of_another_one(
    engine, bucket: str, client: Ds3Client, tmp_path: Path, simulator: Simulator
) -> None:
    """Somebody has archived what a crash had left; by chance the job has the same number."""
    clip, left = os.urandom(3 << 20), os.urandom(100)
    job = engine.get(bucket, tmp_path / "out", prefixes=[""], existing=Existing.REPLACE)
    part = f"clip.{job.job_id}.ds3part"
    client.put_object(bucket, "clip", clip)
    client.put_object(bucket, part, left)
    simulator.faults.set("throttle_bps", 3 << 20)
    assert engine.run(job)[-1].outcome is Outcome.DONE
    found = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    assert found == {"clip": clip, f"clip.{job.job_id} (2).ds3part": left}


def test_a_file_is_skipped_as_the_same_only_with_size_and_checksums(
    engine, bucket: str, folder: Path, tmp_path: Path, small_blobs
) -> None:
    write(folder / "in", same=BLOB * 2 + 5, size=100, bytes=BLOB * 2, absent=7)
    engine.run(engine.put(bucket, folder / "in"))
    target = tmp_path / "out" / "in"
    target.mkdir(parents=True)
    (target / "same").write_bytes((folder / "in" / "same").read_bytes())
    (target / "size").write_bytes(b"shorter")
    changed = bytearray((folder / "in" / "bytes").read_bytes())
    changed[-1] ^= 1
    (target / "bytes").write_bytes(changed)
    job = engine.get(bucket, tmp_path / "out", prefixes=["in/"], existing=Existing.SKIP_SAME)
    ended = engine.run(job)[-1]
    assert (ended.outcome, ended.counts.done, ended.counts.skipped) == (Outcome.DONE, 3, 1)
    assert sorted(path.name for path in target.iterdir()) == [
        *("absent", "bytes", "bytes (2)", "same", "size", "size (2)"),
    ]
    assert (target / "size").read_bytes() == b"shorter"
    assert (target / "bytes").read_bytes() == changed
    for name in ("bytes", "size"):
        assert (target / f"{name} (2)").read_bytes() == (folder / "in" / name).read_bytes()


def test_a_folder_in_the_way_fails_that_object_alone(
    engine, bucket: str, client: Ds3Client, tmp_path: Path
) -> None:
    client.put_object(bucket, "x", b"1")
    client.put_object(bucket, "y", b"1")
    (tmp_path / "out" / "x").mkdir(parents=True)
    events = engine.run(engine.get(bucket, tmp_path / "out", names=["x", "y"]))
    assert failures(events) == {"x": FailureCode.IN_THE_WAY}
    assert (tmp_path / "out" / "y").read_bytes() == b"1"
    assert not list((tmp_path / "out").glob("*.ds3part"))


def test_a_third_upload_stands_in_line(engine, bucket: str, folder: Path, simulator) -> None:
    write(folder, a=4 << 20, b=4 << 20, c=10)
    simulator.faults.set("throttle_bps", 2 << 20)
    running = [engine.start(engine.put(bucket, folder / n)) for n in "ab"]
    for _, events in running:
        wait_until(lambda events=events: State.TRANSFERRING in states(events))
    thread, events = engine.start(engine.put(bucket, folder / "c"))
    wait_until(lambda: any(isinstance(e, JobState) and e.facts.position == 1 for e in events))
    assert states(events)[-1] is State.QUEUED
    simulator.faults.set("throttle_bps", None)
    for each, told in [*running, (thread, events)]:
        each.join(10)
        assert told[-1].outcome is Outcome.DONE


def test_a_fault_of_the_engine_still_ends_the_run(engine, bucket: str, folder: Path) -> None:
    write(folder, x=1)
    job = engine.put(bucket, folder / "x")
    engine.pool.submit = None
    ended = engine.run(job)[-1]
    assert isinstance(ended, JobEnded)
    assert ended.failure.code is FailureCode.INTERNAL


def test_a_fault_in_a_blobs_thread_ends_the_run_and_no_other(
    engine, bucket: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fault(*_: object) -> None:
        raise RuntimeError("a fault")

    write(folder, **{f"f{n}": 10 for n in range(100)})
    paths = [folder / f"f{n}" for n in range(100)]
    job = engine.put(bucket, *paths)
    monkeypatch.setattr(job, "finish_together", fault)
    thread, events = engine.start(job)
    thread.join(20)
    assert isinstance(events[-1], JobEnded)
    assert events[-1].failure.code is FailureCode.INTERNAL
    sound = engine.run(engine.put(bucket, *paths, prefix="again/"))
    assert (sound[-1].outcome, sound[-1].counts.done) == (Outcome.DONE, 100)


def test_nothing_chosen_is_told(engine, bucket: str, tmp_path: Path) -> None:
    ended = engine.run(engine.get(bucket, tmp_path / "out", prefixes=["nothing/"]))[-1]
    assert ended.failure.code is FailureCode.NOTHING_TO_DO


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a small disk")
def test_a_full_disk_is_waited_for(engine, bucket: str, client: Ds3Client, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    if os.system(f"mount -t tmpfs -o size=2m tmpfs '{disk}' 2>/dev/null"):
        pytest.skip("a small disk cannot be mounted here")
    try:
        (disk / "filler").write_bytes(bytes(1 << 20))
        client.put_object(bucket, "x", bytes(3 << 19))
        job = engine.get(bucket, disk, names=["x"])
        thread, events = engine.start(job)
        wait_until(lambda: any(isinstance(e, Waiting) for e in events))
        assert [e.reason for e in events if isinstance(e, Waiting)] == [WaitReason.DISK]
        (disk / "filler").unlink()
        job.try_now()
        thread.join(10)
        assert events[-1].outcome is Outcome.DONE
        assert (disk / "x").stat().st_size == 3 << 19
    finally:
        os.system(f"umount '{disk}'")


def test_chunks_that_end_at_once_are_followed_by_the_next_without_a_wait(
    engine, bucket: str, folder: Path, small_blobs
) -> None:
    small_blobs.faults.set("chunk_bytes", BLOB)
    write(folder, x=BLOB * 30)
    events = engine.run(engine.put(bucket, folder / "x"))
    assert [e for e in events if isinstance(e, Waiting)] == []
    assert events[-1].outcome is Outcome.DONE


@pytest.mark.checklist("K C-118: a release before 3.2 is never asked to keep part of a job")
@pytest.mark.parametrize("version", ["5.8.0", "3.0.0"])
def test_keep_is_never_said_to_an_appliance_that_would_drop_all(
    engine, bucket: str, folder: Path, small_blobs: Simulator, version: str
) -> None:
    small_blobs.faults.set_all({"server_version": version, "throttle_bps": BLOB * 16})
    write(folder / "archive", a=BLOB, b=BLOB * 40)
    job = engine.put(bucket, folder / "archive")
    thread, events = engine.start(job)
    wait_until(lambda: any(isinstance(e, Progress) and e.objects_done for e in events))
    job.cancel(Cancel.KEEP)
    thread.join(10)
    assert events[-1].outcome is Outcome.CANCELLED
    told = small_blobs.counters().get("requests DELETE job", 0)
    assert told == (1 if version == "5.8.0" else 0)


@pytest.mark.parametrize("verify", [True, False])
def test_an_upload_is_verified_after_it_is_written_where_one_asks(
    engine, bucket: str, folder: Path, client: Ds3Client, simulator: Simulator, verify: bool
) -> None:
    simulator.faults.set("hold_persistence", True)  # the job is active till then, and tells it
    write(folder, x=10)
    assert engine.run(engine.put(bucket, folder / "x", verify=verify))[-1].outcome is Outcome.DONE
    (job,) = client.active_jobs()
    told = client._call("GET", f"/_rest_/active_job/{job.job_id}")
    word = b"true" if verify else b"false"
    assert b"<VerifyAfterWrite>" + word + b"</VerifyAfterWrite>" in told


@pytest.mark.parametrize("names", [["a", "b"], ["b", "a", "b", "a"], ["a", "a", "b"]])
def test_names_given_one_by_one_are_fetched_once_each_and_leave_memory(
    engine, bucket: str, tmp_path: Path, names: list[str]
) -> None:
    write(tmp_path / "in", a=10, b=20)
    engine.run(engine.put(bucket, tmp_path / "in" / "a", tmp_path / "in" / "b"))
    job = engine.get(bucket, tmp_path / "out", names=names)
    ended = engine.run(job)[-1]
    assert (ended.outcome, ended.counts.total) == (Outcome.DONE, 2)
    assert same(tmp_path / "in", tmp_path / "out")
    assert job.spec.names == ()


def test_a_run_whose_ledger_is_closed_under_it_still_tells_its_end(
    engine, bucket: str, folder: Path, simulator: Simulator
) -> None:
    write(folder, a=4 << 20)
    simulator.faults.set("throttle_bps", 2 << 20)
    job = engine.put(bucket, folder / "a")
    thread, events = engine.start(job)
    wait_until(lambda: any(isinstance(event, JobCreated) for event in events))
    engine.ledger.close()
    job.cancel(Cancel.KEEP)
    thread.join(20)
    assert not thread.is_alive()
    assert isinstance(events[-1], JobEnded)
    assert events[-1].outcome is Outcome.FAILED
