"""What a download does with answers that are not as they were announced, and with slow lines."""

from __future__ import annotations

import io
import os
import threading
import time
from pathlib import Path

import pytest

from ds3_browser.protocol.client import Ds3Client
from ds3_browser.protocol.errors import ConnectionLost, Unreachable
from ds3_browser.protocol.records import Blob, BlobReply, ChecksumType, Endpoint
from ds3_browser.protocol.transport import Sink
from ds3_browser.transfer import checksum
from ds3_browser.transfer.blobs import Cell, ObjectInJob, Transfer
from ds3_browser.transfer.controls import Controls
from ds3_browser.transfer.errors import JobCancelled
from ds3_browser.transfer.events import Cancel, JobState, Outcome, State
from ds3_browser.transfer.part_file import PartFile, Target
from ds3_browser.transfer.receiving import BlobSink, Received
from tests.transfer.relay import Relay
from tests.transfer.scenes import BLOB, part_files, same, wait_until, write
from tests.transfer.test_going_on import again, interrupted, slow

__all__ = ["slow"]


class _Odd(Ds3Client):
    """Once does something odd behind the last byte of a blob; `asked` are the ranges of GETs."""

    def __init__(self, client: Ds3Client, odd: str) -> None:
        super().__init__(client.endpoint, client.credentials)
        self.odd: str | None = odd
        self.asked: list[object] = []

    def get_object(self, bucket: str, name: str, sink: Sink, **how: object) -> BlobReply:
        self.asked.append(how["byte_range"])
        reply = super().get_object(bucket, name, sink, **how)
        odd, self.odd = self.odd, None
        if odd == "more":
            sink.write_at(reply.received, memoryview(b"more"))
        elif odd == "lost":
            raise ConnectionLost(self.endpoint.netloc, Unreachable.RESET, "", reply.received)
        return reply


@pytest.mark.parametrize("digests", [True, False], ids=["digested", "unseen"])
@pytest.mark.parametrize("odd", ["more", "lost"])
def test_a_blob_that_is_there_and_did_not_end_well_is_begun_anew(
    engine, bucket, client, simulator, folder: Path, tmp_path: Path, no_rest, digests, odd
) -> None:
    write(folder, a=3 << 20)
    engine.run(engine.put(bucket, folder / "a"))
    engine.client = strange = _Odd(client, odd)
    if not digests:
        refused = ["GET /_rest_/data_policy/*", 403, "AccessDenied", 9]
        simulator.faults.set("fail_next", [refused])
    events = engine.run(engine.get(bucket, tmp_path / "out", names=["a"]))
    assert events[-1].outcome is Outcome.DONE
    assert same(folder, tmp_path / "out")
    assert strange.asked == [None, None]
    strange.close()


@pytest.mark.parametrize("digests", [True, False], ids=["digested", "unseen"])
def test_a_blob_that_cannot_be_verified_at_once_is_not_read_again(
    engine, bucket, folder: Path, tmp_path: Path, simulator, no_rest, digests
) -> None:
    """A body that broke off: the checksum of the whole is in the object's head alone."""
    write(folder, a=8 << 20)
    engine.run(engine.put(bucket, folder / "a"))
    cut = {"method": "GET", "nth": 1, "bytes": 6 << 20, "times": 1}
    faults = [[f"HEAD /{bucket}/a", 500, None, 6]]
    if not digests:
        faults.append(["GET /_rest_/data_policy/*", 403, "AccessDenied", 9])
    simulator.faults.set_all({"drop_connection": cut, "fail_next": faults})
    events = engine.run(engine.get(bucket, tmp_path / "out", names=["a"]))
    assert events[-1].outcome is Outcome.DONE
    assert same(folder, tmp_path / "out")
    assert simulator.counters()["bytes sent"] < 9 << 20


def test_a_cancel_ends_the_question_for_a_checksum(
    engine, bucket, folder: Path, tmp_path: Path, simulator
) -> None:
    """An appliance that says nothing is waited for a minute."""
    write(folder, a=8 << 20)
    engine.run(engine.put(bucket, folder / "a"))
    simulator.faults.set(
        "drop_connection", {"method": "GET", "nth": 1, "bytes": 6 << 20, "times": 1}
    )
    with Relay(simulator.port) as relay:
        client = engine.client
        engine.client = Ds3Client(Endpoint.parse(relay.url), client.credentials)
        relay.silence_answer_to(f"HEAD /{bucket}/a".encode())
        job = engine.get(bucket, tmp_path / "out", names=["a"])
        thread, events = engine.start(job)
        assert relay.swallowed.wait(20)
        began = time.monotonic()
        job.cancel(Cancel.DISCARD)
        thread.join(20)
        assert events[-1].outcome is Outcome.CANCELLED
        assert time.monotonic() - began < 10
        engine.client.close()
        engine.client = client


class _Narrow(io.FileIO):
    """A file on a disk that takes a little of all it is given."""

    def write(self, piece: bytes | bytearray | memoryview) -> int:
        return super().write(bytes(memoryview(piece)[:1000]))


def test_the_beginning_of_a_small_file_is_written_whole(
    engine, bucket, folder: Path, tmp_path: Path, simulator, no_rest, monkeypatch
) -> None:
    """What is not digested again must be in the file as it came."""
    write(folder, a=100_000)
    engine.run(engine.put(bucket, folder / "a"))
    monkeypatch.setattr(Target, "new_file", lambda target, path: _Narrow(path, "x+"))
    (tmp_path / "out").mkdir()
    fault = {"method": "GET", "nth": 1, "bytes": 60_000, "times": 1}
    simulator.faults.set("drop_connection", fault)
    events = engine.run(engine.get(bucket, tmp_path / "out", names=["a"]))
    assert events[-1].outcome is Outcome.DONE
    assert same(folder, tmp_path / "out")


@pytest.fixture
def transfer(tmp_path: Path) -> Transfer:
    blob = Blob("a", 0, 4 << 20, None, None)
    return Transfer(blob, ObjectInJob("a", str(tmp_path / "a"), blob.length), Cell(0))


@pytest.fixture
def part(tmp_path: Path, transfer: Transfer) -> PartFile:
    target = Target.found(str(tmp_path))
    return PartFile(target, str(tmp_path / "a"), 1, transfer.blob.length)


def test_a_slow_line_takes_no_more_of_the_limit_than_it_moves(
    transfer: Transfer, part: PartFile
) -> None:
    taken: list[int] = []

    def take(wanted: int) -> int:
        taken.append(min(wanted, 1 << 20))
        return taken[-1]

    with part.opened() as file:
        sink = BlobSink(part, file, transfer, Received(None), Controls(), take)
        drop, moved = bytes(10_000), 0
        while moved < 2_000_000:
            n = min(len(drop), sink.allowed(1 << 20))
            sink.write_at(moved, memoryview(drop)[:n])
            sink.moved(n)
            moved += n
    assert moved <= sum(taken) <= moved + (1 << 20)


def test_a_blob_that_is_read_back_ends_with_its_job(transfer: Transfer, part: PartFile) -> None:
    """Of a policy that could not be read; the appliance tells a checksum all the same."""
    controls, received, data = Controls(), Received(None), os.urandom(transfer.blob.length)
    with part.opened() as file:
        sink = BlobSink(part, file, transfer, received, controls, lambda wanted: wanted)
        sink.write_at(0, memoryview(data))
        whole = received.checksum(ChecksumType.MD5, file, transfer.blob, controls.check)
        assert whole == checksum.of_bytes(ChecksumType.MD5, data)
        controls.interrupt()
        with pytest.raises(JobCancelled):
            received.checksum(ChecksumType.MD5, file, transfer.blob, controls.check)


@pytest.mark.skipif(not os.path.exists("/proc/self/mem"), reason="no file that cannot be read")
def test_a_part_file_that_cannot_be_read_back_is_begun_anew(
    engine, bucket, folder: Path, tmp_path: Path, slow
) -> None:
    slow.faults.set("throttle_bps", None)
    write(folder, a=BLOB * 12)
    engine.run(engine.put(bucket, folder / "a"))
    slow.faults.set("throttle_bps", BLOB * 8)
    job = engine.get(bucket, tmp_path / "out", names=["a"])
    interrupted(engine, job, BLOB * 5)
    (part,) = part_files(tmp_path / "out")
    part.unlink()
    part.symlink_to("/proc/self/mem")  # its first page is nobody's: an error of the disk
    slow.faults.set("throttle_bps", None)
    assert engine.run(again(engine, job))[-1].outcome is Outcome.DONE
    assert same(folder, tmp_path / "out")


def test_it_is_told_that_a_file_is_on_its_way_to_the_disk(
    engine, bucket, folder: Path, tmp_path: Path, monkeypatch
) -> None:
    """Nothing can hurry that, or end it."""
    write(folder, a=3 << 20)
    engine.run(engine.put(bucket, folder / "a"))
    fsync, begun, goes_on = os.fsync, threading.Event(), threading.Event()

    def slow_disk(descriptor: int) -> None:
        begun.set()
        assert goes_on.wait(20)
        fsync(descriptor)

    def told() -> list[tuple[State, int | None, int | None]]:
        states = [event for event in events if isinstance(event, JobState)]
        return [(s.state, s.facts.blobs_in_flight, s.facts.files_ending) for s in states]

    monkeypatch.setattr("ds3_browser.transfer.part_file.os.fsync", slow_disk)
    job = engine.get(bucket, tmp_path / "out", names=["a"])
    thread, events = engine.start(job)
    assert begun.wait(10)
    wait_until(lambda: told()[-1] == (State.TRANSFERRING, None, 1))
    job.cancel(Cancel.DISCARD)
    wait_until(lambda: told()[-1] == (State.CANCELLING, 0, 1))
    goes_on.set()
    thread.join(20)
    assert events[-1].outcome is Outcome.CANCELLED
    assert (State.CANCELLING, None, None) in told()  # and then the appliance is told
