"""Parts of objects: the bytes that were asked for, and no others."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ds3_browser.protocol.records import Blob, Chunk
from ds3_browser.transfer.events import FailureCode, ObjectState, Outcome, Progress, WaitReason
from ds3_browser.transfer.extracts import Extract, Extracts
from ds3_browser.transfer.get import Existing
from tests.transfer.scenes import BLOB, waits, write
from tests.transfer.test_going_on import again, counts, interrupted, slow

__all__ = ["slow"]

SIZE = BLOB * 4 + 1000


@pytest.fixture
def clip(engine, bucket: str, folder: Path, small_blobs) -> bytes:
    """An object of five blobs."""
    write(folder, clip=SIZE)
    assert engine.run(engine.put(bucket, folder / "clip", prefix="in/"))[-1].outcome is Outcome.DONE
    return (folder / "clip").read_bytes()


def part(engine, bucket: str, target: Path, offset: int, length: int, **options):
    wanted = Extract("in/clip", offset, length, "clip part")
    return engine.get(bucket, target, names=["in/clip"], base="in/", extracts=(wanted,), **options)


@pytest.mark.parametrize(
    ("offset", "length"),
    [
        (0, 1),
        (0, SIZE),
        (0, BLOB),
        (BLOB, BLOB),
        (BLOB - 1, 2),
        (10, BLOB // 2),
        (100, BLOB * 3),
        (BLOB * 3 + 5, BLOB + 995),
        (SIZE - 1, 1),
    ],
)
def test_the_bytes_that_were_asked_for_arrive_and_no_others(
    engine, bucket: str, tmp_path: Path, clip: bytes, offset: int, length: int
) -> None:
    job = part(engine, bucket, tmp_path / "out", offset, length)
    events = engine.run(job)
    assert (events[-1].outcome, events[-1].counts.done) == (Outcome.DONE, 1)
    assert [one.name for one in (tmp_path / "out").iterdir()] == ["clip part"]
    assert (tmp_path / "out" / "clip part").read_bytes() == clip[offset : offset + length]
    last = [e for e in events if isinstance(e, Progress)][-1]
    assert (last.sent, last.total) == (length, length)
    with closing(engine.reader()) as reader:
        (row,) = reader.objects(job.job_id)
    assert row.size == length


def test_a_part_moves_no_more_than_its_bytes(
    engine, bucket: str, tmp_path: Path, clip: bytes, small_blobs
) -> None:
    before = small_blobs.counters().get("bytes sent", 0)
    engine.run(part(engine, bucket, tmp_path / "out", BLOB - 500, 1000))
    assert small_blobs.counters()["bytes sent"] - before == 1000


@pytest.mark.parametrize("broken_off", [False, True])
def test_a_long_part_that_nothing_proves_is_right_as_well(
    engine, bucket: str, folder: Path, tmp_path: Path, simulator, broken_off: bool
) -> None:
    write(folder, clip=12 << 20)
    engine.run(engine.put(bucket, folder / "clip", prefix="in/"))
    if broken_off:
        fault = {"method": "GET", "nth": 1, "bytes": 6 << 20, "times": 1}
        simulator.faults.set("drop_connection", fault)
    events = engine.run(part(engine, bucket, tmp_path / "out", 1001, 9 << 20))
    assert events[-1].outcome is Outcome.DONE
    found, wanted = (tmp_path / "out" / "clip part").read_bytes(), (folder / "clip").read_bytes()
    assert found == wanted[1001 : 1001 + (9 << 20)]


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EINVAL])
def test_a_disk_that_takes_no_long_part_is_waited_for_or_written_otherwise(
    engine, bucket: str, folder: Path, tmp_path: Path, monkeypatch, code: int
) -> None:
    """EINVAL: the file system knows no way past the program. ENOSPC is a full disk."""
    write(folder, clip=12 << 20)
    engine.run(engine.put(bucket, folder / "clip", prefix="in/"))
    monkeypatch.setattr("ds3_browser.transfer.loop.DISK_S", 0.1)
    splice, refused = os.splice, []

    def refusing(one: int, other: int, *more, **options) -> int:
        into_a_file = stat.S_ISREG(os.fstat(other).st_mode)
        if into_a_file and len(refused) < 2:
            refused.append(code)
            raise OSError(code, os.strerror(code))
        return splice(one, other, *more, **options)

    monkeypatch.setattr(os, "splice", refusing)
    events = engine.run(part(engine, bucket, tmp_path / "out", 1001, 9 << 20))
    assert events[-1].outcome is Outcome.DONE
    assert (WaitReason.DISK in waits(events)) is (code == errno.ENOSPC and bool(refused))
    found, wanted = (tmp_path / "out" / "clip part").read_bytes(), (folder / "clip").read_bytes()
    assert found == wanted[1001 : 1001 + (9 << 20)]


def test_a_part_ends_its_job_on_the_appliance(
    engine, bucket: str, tmp_path: Path, clip: bytes, client
) -> None:
    engine.run(part(engine, bucket, tmp_path / "out", 100, BLOB * 2))
    assert not list(client.active_jobs())


def test_nothing_claims_a_checksum_for_a_part_of_a_blob(
    engine, bucket: str, tmp_path: Path, clip: bytes
) -> None:
    cut, whole = (
        part(engine, bucket, tmp_path / "a", 5, 10),
        part(engine, bucket, tmp_path / "b", BLOB, BLOB),
    )
    engine.run(cut)
    engine.run(whole)
    with closing(engine.reader()) as reader:
        assert reader.objects(cut.job_id)[0].checksum_type is None
        assert reader.objects(whole.job_id)[0].checksum_type is not None


@pytest.mark.parametrize("offset", [SIZE, SIZE - 5])
def test_a_part_that_the_object_does_not_have_is_refused_with_its_size(
    engine, bucket: str, tmp_path: Path, clip: bytes, offset: int, client
) -> None:
    ended = engine.run(part(engine, bucket, tmp_path / "out", offset, 10))[-1]
    assert ended.outcome is Outcome.FAILED
    assert (ended.failure.code, ended.failure.difference) == (FailureCode.OUTSIDE, SIZE)
    assert not list((tmp_path / "out").iterdir())
    assert not list(client.active_jobs())


def test_a_part_does_not_take_the_times_of_the_whole(
    engine, bucket: str, folder: Path, tmp_path: Path, small_blobs
) -> None:
    write(folder, clip=BLOB * 2)
    os.utime(folder / "clip", (1_500_000_000, 1_500_000_000))
    engine.run(engine.put(bucket, folder / "clip", prefix="in/"))
    engine.run(part(engine, bucket, tmp_path / "out", 0, 100))
    assert (tmp_path / "out" / "clip part").stat().st_mtime > 1_600_000_000


@pytest.mark.parametrize("existing", [one for one in Existing if one is not Existing.ASK])
def test_a_file_that_is_there_is_treated_as_chosen(
    engine, bucket: str, tmp_path: Path, clip: bytes, existing: Existing
) -> None:
    write(tmp_path / "out", **{"clip part": 7})
    before = (tmp_path / "out" / "clip part").read_bytes()
    engine.run(part(engine, bucket, tmp_path / "out", 0, 100, existing=existing))
    found = {one.name: one.read_bytes() for one in (tmp_path / "out").iterdir()}
    match existing:
        case Existing.SKIP:
            assert found == {"clip part": before}
        case Existing.REPLACE:
            assert found == {"clip part": clip[:100]}
        case _:
            assert found == {"clip part": before, "clip part (2)": clip[:100]}


def test_a_part_goes_on_after_a_restart(
    engine, bucket: str, folder: Path, tmp_path: Path, slow
) -> None:
    slow.faults.set("throttle_bps", None)
    write(folder, clip=BLOB * 20)
    engine.run(engine.put(bucket, folder / "clip", prefix="in/"))
    slow.faults.set("throttle_bps", BLOB * 12)
    offset, length = BLOB // 2, BLOB * 18
    job = part(engine, bucket, tmp_path / "out", offset, length)
    interrupted(engine, job, BLOB * 8)
    slow.faults.set("throttle_bps", None)
    before = slow.counters()["bytes sent"]
    assert engine.run(again(engine, job))[-1].outcome is Outcome.DONE
    assert slow.counters()["bytes sent"] - before < BLOB * 16
    data = (folder / "clip").read_bytes()[offset : offset + length]
    assert (tmp_path / "out" / "clip part").read_bytes() == data
    assert counts(engine, job) == {ObjectState.DONE: 1}
    assert not list((tmp_path / "out").rglob("*.ds3part"))


def test_the_rest_of_a_part_is_had_though_its_job_is_no_more(
    engine, bucket: str, folder: Path, tmp_path: Path, slow, client
) -> None:
    slow.faults.set("throttle_bps", None)
    write(folder, clip=BLOB * 12)
    engine.run(engine.put(bucket, folder / "clip", prefix="in/"))
    slow.faults.set("throttle_bps", BLOB * 8)
    offset, length = BLOB // 3, BLOB * 11
    job = part(engine, bucket, tmp_path / "out", offset, length)
    interrupted(engine, job, BLOB * 5)
    (found,) = client.active_jobs()
    client.cancel_job(found.job_id)
    slow.faults.set("throttle_bps", None)
    assert engine.run(again(engine, job))[-1].outcome is Outcome.DONE
    data = (folder / "clip").read_bytes()[offset : offset + length]
    assert (tmp_path / "out" / "clip part").read_bytes() == data


def test_a_body_that_breaks_off_goes_on_inside_the_part(
    engine, bucket: str, folder: Path, tmp_path: Path, simulator
) -> None:
    write(folder, clip=6 << 20)
    engine.run(engine.put(bucket, folder / "clip", prefix="in/"))
    cut = {"method": "GET", "nth": 1, "bytes": 1_500_000, "times": 2}
    simulator.faults.set("drop_connection", cut)
    offset, length = 1_234_567, 4_000_000
    assert (
        engine.run(part(engine, bucket, tmp_path / "out", offset, length))[-1].outcome
        is Outcome.DONE
    )
    data = (folder / "clip").read_bytes()[offset : offset + length]
    assert (tmp_path / "out" / "clip part").read_bytes() == data


def test_a_cancelled_part_leaves_no_file(
    engine, bucket: str, folder: Path, tmp_path: Path, slow, client
) -> None:
    from ds3_browser.transfer.events import Cancel
    from tests.transfer.scenes import wait_until
    from tests.transfer.test_going_on import moved

    slow.faults.set("throttle_bps", None)
    write(folder, clip=BLOB * 12)
    engine.run(engine.put(bucket, folder / "clip", prefix="in/"))
    slow.faults.set("throttle_bps", BLOB * 8)
    job = part(engine, bucket, tmp_path / "out", 5, BLOB * 11)
    thread, events = engine.start(job)
    wait_until(lambda: moved(events) >= BLOB)
    job.cancel(Cancel.DISCARD)
    thread.join(10)
    assert events[-1].outcome is Outcome.CANCELLED
    assert not list((tmp_path / "out").iterdir())
    assert not list(client.active_jobs())


@given(
    st.lists(st.integers(1, 9), min_size=1, max_size=8),
    st.integers(0, 60),
    st.integers(1, 60),
)
def test_cut_blobs_are_the_part_without_a_gap(lengths: list[int], offset: int, length: int) -> None:
    size = sum(lengths)
    offset %= size
    length = min(length, size - offset)
    begins = [sum(lengths[:n]) for n in range(len(lengths))]
    blobs = tuple(
        Blob("o", begin, of, True, "v") for begin, of in zip(begins, lengths, strict=True)
    )
    extracts = Extracts([Extract("o", offset, length, "f")])
    cut = extracts.cut(Chunk("c", 0, None, blobs)).blobs
    at = 0
    later = Extracts([Extract("o", offset, length, "f")])
    later.recall(extracts.kept())
    for blob in cut:
        assert blob.offset == at
        at += blob.length
        # A further run knows as well where the appliance has it.
        for known in (extracts, later):
            whole = known.whole(blob)
            assert (whole.offset, whole.length) in zip(begins, lengths, strict=True)
            begin = known.in_object(blob)
            assert whole.offset <= begin
            assert begin + blob.length <= whole.offset + whole.length
    assert at == length


def test_a_blob_that_is_whole_now_is_not_cut_as_one_before_was() -> None:
    extracts = Extracts([Extract("x", 10, 30, "x")])
    extracts.cut(Chunk("c", 0, None, (Blob("x", 0, 100, None, "old"),)))
    assert extracts.whole(Blob("x", 0, 30, None, None)).length == 100
    replaced = tuple(Blob("x", at, 10, None, "new") for at in range(0, 50, 10))
    wanted = extracts.cut(Chunk("c", 0, None, replaced)).blobs
    assert [(blob.offset, blob.length) for blob in wanted] == [(0, 10), (10, 10), (20, 10)]
    assert [extracts.whole(blob) for blob in wanted] == list(replaced[1:4])
