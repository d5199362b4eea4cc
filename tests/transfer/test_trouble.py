"""Faults of the appliance, the wire and the files in the middle of a job."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import socket
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from ds3_browser.protocol.client import Ds3Client
from ds3_browser.protocol.errors import TlsFailed, TlsFault
from ds3_browser.protocol.records import BulkJob, Checksum, ChecksumType, Chunk
from ds3_browser.simulator import checksum as simulated
from ds3_browser.simulator.server import Simulator
from ds3_browser.transfer import checksum, part_file
from ds3_browser.transfer.events import (
    Actor,
    Facts,
    FailureCode,
    JobCreated,
    JobState,
    ObjectFailed,
    ObjectState,
    Outcome,
    Progress,
    State,
    WaitReason,
)
from ds3_browser.transfer.extracts import Extract
from ds3_browser.transfer.get import GetJob
from ds3_browser.transfer.ledger_records import UNPROVED
from ds3_browser.transfer.part_file import Target
from tests.transfer.conftest import Engine
from tests.transfer.scenes import (
    BLOB,
    appliance_job,
    failures,
    part_files,
    same,
    states,
    wait_until,
    waits,
    write,
)
from tests.transfer.test_going_on import again


def started(engine: Engine, job, events_seen) -> tuple:
    """Run a job in a thread until something was told."""
    thread, events = engine.start(job)
    wait_until(lambda: events_seen(events))
    return thread, events


def moved(n: int):
    return lambda events: any(isinstance(e, Progress) and e.sent >= n for e in events)


# --- checksums


@pytest.mark.parametrize("kind", [kind for kind in ChecksumType if kind is not ChecksumType.NONE])
@pytest.mark.parametrize("size", [0, 1000, 3 << 20])
@pytest.mark.checklist(
    "K C-71: the checksum is of the type that the bucket's data policy has",
)
def test_the_checksum_is_of_the_policys_type_both_ways(
    engine, client, simulator, folder, tmp_path, kind, size
) -> None:
    simulator.faults.set("policies", [{"checksum_type": kind.value}])
    client.create_bucket("archive")
    write(folder / "in", x=size)
    up = engine.put("archive", folder / "in")
    assert engine.run(up)[-1].outcome is Outcome.DONE
    down = engine.get("archive", tmp_path / "out", names=["in/x"])
    assert engine.run(down)[-1].outcome is Outcome.DONE
    assert same(folder / "in", tmp_path / "out" / "in")
    expected = checksum.of_bytes(kind, (folder / "in" / "x").read_bytes())
    reader = engine.reader()
    for job in (up, down):
        (row,) = reader.objects(job.job_id)
        kept = Checksum(ChecksumType(row.checksum_type), row.checksum) if row.checksum else None
        assert kept == expected
    reader.close()


@pytest.mark.checklist(
    "K C-73: the checksum of a whole blob is verified",
)
def test_a_damaged_blob_is_read_again_and_five_times_damaged_fails_alone(
    engine, bucket, folder, tmp_path, simulator, no_rest
) -> None:
    write(folder / "in", a=1000, b=1000)
    engine.run(engine.put(bucket, folder / "in"))
    simulator.faults.set("corrupt_get", {"nth": 1, "times": 4})
    assert engine.run(engine.get(bucket, tmp_path / "ok", names=["in/a"]))[-1].counts.done == 1
    simulator.faults.set("corrupt_get", {"nth": 1, "times": 5})
    events = engine.run(engine.get(bucket, tmp_path / "bad", names=["in/a"]))
    (failed,) = [e.failure for e in events if isinstance(e, ObjectFailed)]
    assert (failed.code, failed.tries, failed.name) == (FailureCode.CHECKSUM, 5, "in/a")
    assert not [path for path in (tmp_path / "bad").rglob("*") if path.is_file()]


def test_a_digest_that_the_appliance_finds_wrong_is_made_anew(
    engine, bucket, folder, simulator, no_rest
) -> None:
    write(folder, a=2 << 20)
    simulator.faults.set("fail_next", [["PUT /archive/a", 400, "BadDigest", 4]])
    assert engine.run(engine.put(bucket, folder / "a"))[-1].outcome is Outcome.DONE
    simulator.faults.set("fail_next", [["PUT /archive/b", 400, "BadDigest", 5]])
    write(folder, b=2 << 20)
    assert failures(engine.run(engine.put(bucket, folder / "b"))) == {"b": FailureCode.REFUSED}


def test_a_try_in_vain_is_known_while_the_next_one_is_waited_for(
    engine, bucket, folder, simulator, monkeypatch
) -> None:
    monkeypatch.setattr("ds3_browser.transfer.loop.TRY_AGAIN_S", (0, 0, 60, 60))
    write(folder, a=2 << 20)
    simulator.faults.set("fail_next", [["PUT /archive/a", 500, "InternalError", 3]])
    job = engine.put(bucket, folder / "a")
    thread, _events = engine.start(job)
    reader = engine.reader()

    def tried() -> bool:
        rows = reader.objects(job.job_id)
        return bool(rows) and rows[0].failure is not None and rows[0].failure.tries == 3

    wait_until(tried)
    (row,) = reader.objects(job.job_id)
    assert (row.failure.code, row.tries, row.ended) == (FailureCode.APPLIANCE, 3, None)
    found = reader.chunks(job.job_id, row.chunk, row.chunk)
    assert (found.failed, found.tries, found.failure) == (0, 4, row.failure)
    job.pause()  # a rest is no longer waited out then
    job.resume()
    job.interrupt()
    thread.join(20)
    reader.close()


def test_an_object_of_several_blobs_keeps_its_type_of_checksum(
    engine, bucket, folder, small_blobs
) -> None:
    write(folder, a=BLOB * 3)
    job = engine.put(bucket, folder / "a")
    engine.run(job)
    reader = engine.reader()
    (row,) = reader.objects(job.job_id)
    assert (row.checksum_type, row.checksum or None) == ("CRC_32C", None)
    assert [state for _, _, state, _ in reader.blobs(job.job_id, "a")] == ["done"] * 3
    reader.close()


def test_the_checksum_of_its_last_blob_is_not_told_as_that_of_an_object(
    engine, bucket, folder, small_blobs, no_rest
) -> None:
    write(folder, a=BLOB * 3)
    last = f"PUT /archive/a*offset={BLOB * 2}*"
    small_blobs.faults.set("fail_next", [[last, 500, "InternalError", 5]])
    job = engine.put(bucket, folder / "a")
    assert engine.run(job)[-1].outcome is Outcome.FAILED
    assert engine.run(again(engine, job, retry=True))[-1].outcome is Outcome.DONE
    with contextlib.closing(engine.reader()) as reader:
        (row,) = reader.objects(job.job_id)
    assert (row.checksum_type, row.checksum or None) == ("CRC_32C", None)


def test_what_came_without_a_checksum_is_not_told_as_checked(
    engine, bucket, folder, tmp_path, simulator, monkeypatch
) -> None:
    write(folder / "in", a=100, b=2 << 20, empty=0)
    engine.run(engine.put(bucket, folder / "in"))
    target = tmp_path / "out"
    events = engine.run(engine.get(bucket, target / "1", prefixes=["in/"]))
    assert (last_facts(events).unproved, unproved_kept(engine, events)) == (0, None)
    extracts = [Extract("in/b", 10, 1 << 20, "piece")]
    events = engine.run(engine.get(bucket, target / "2", names=["in/b"], extracts=extracts))
    assert (last_facts(events).unproved, unproved_kept(engine, events)) == (1, "1")
    others = dict.fromkeys(simulated.HEADERS, "X-Other")
    monkeypatch.setattr(simulated, "HEADERS", others)
    monkeypatch.setattr(GetJob, "_checksum_from_head", lambda job, blob: None)
    events = engine.run(engine.get(bucket, target / "3", prefixes=["in/"]))
    assert (last_facts(events).unproved, unproved_kept(engine, events)) == (2, "2")
    assert same(folder / "in", target / "3" / "in")


def last_facts(events: list) -> Facts:
    assert events[-1].outcome is Outcome.DONE
    return next(e for e in reversed(events) if isinstance(e, JobState)).facts


def unproved_kept(engine, events: list) -> str | None:
    with contextlib.closing(engine.reader()) as reader:
        return reader.job(events[-1].job_id).options.get(UNPROVED)


# --- broken connections


@pytest.mark.checklist(
    "K C-74: a body that breaks off is resumed with Range from the received offset"
)
@pytest.mark.checklist(
    "K C-73: the checksum of a part is not the blob's, which is verified over its parts together",
)
def test_a_download_that_breaks_off_goes_on_where_it_ended(
    engine, bucket, folder, tmp_path, simulator
) -> None:
    write(folder, a=32 << 20)
    engine.run(engine.put(bucket, folder / "a"))
    before = simulator.counters().get("bytes sent", 0)
    fault = {"method": "GET", "nth": 1, "bytes": 24 << 20, "times": 1}
    simulator.faults.set("drop_connection", fault)
    events = engine.run(engine.get(bucket, tmp_path / "out", names=["a"]))
    assert events[-1].outcome is Outcome.DONE
    assert same(folder, tmp_path / "out")
    assert simulator.counters()["bytes sent"] - before < 40 << 20


def test_damage_before_the_break_is_found_after_it(
    engine, bucket, folder, tmp_path, simulator, no_rest
) -> None:
    write(folder, a=8 << 20)
    engine.run(engine.put(bucket, folder / "a"))
    simulator.faults.set_all(
        {
            "corrupt_get": {"nth": 1, "times": 1},
            "drop_connection": {"method": "GET", "nth": 1, "bytes": 6 << 20, "times": 1},
        }
    )
    events = engine.run(engine.get(bucket, tmp_path / "out", names=["a"]))
    assert events[-1].outcome is Outcome.DONE
    assert same(folder, tmp_path / "out")


def test_a_certificate_that_changes_in_mid_job_is_told_as_why_it_waits(
    engine, bucket, folder, small_blobs, monkeypatch
) -> None:
    write(folder / "in", a=BLOB)
    chunks_ready, changed = engine.client.chunks_ready, threading.Event()

    def refuse_once(*args, **options):
        if not changed.is_set():
            changed.set()
            raise TlsFailed("here", TlsFault.CHANGED)
        return chunks_ready(*args, **options)

    monkeypatch.setattr(engine.client, "chunks_ready", refuse_once)
    events = engine.run(engine.put(bucket, folder / "in"))
    assert (events[-1].outcome, waits(events)) == (Outcome.DONE, [WaitReason.NETWORK])
    (told,) = [e.facts.failure for e in events if isinstance(e, JobState) and e.facts.failure]
    assert (told.code, told.detail) == (FailureCode.CERTIFICATE, TlsFault.CHANGED.value)


@pytest.mark.checklist("K C-75: five tries a blob, then its object has failed and the others go on")
@pytest.mark.parametrize("direction", ["up", "down"])
def test_a_connection_lost_five_times_fails_the_object_and_no_other(
    engine, bucket, folder, tmp_path, simulator, no_rest, direction
) -> None:
    write(folder / "in", a=2 << 20)
    if direction == "down":
        engine.run(engine.put(bucket, folder / "in"))
    method = "PUT" if direction == "up" else "GET"
    # The listing of the download is a GET as well, but not of an object.
    fault = {"method": method, "nth": 1, "bytes": 0, "times": 5}
    simulator.faults.set("drop_connection", fault)
    job = (
        engine.put(bucket, folder / "in")
        if direction == "up"
        else engine.get(bucket, tmp_path / "out", names=["in/a"])
    )
    events = engine.run(job)
    assert failures(events) == {"in/a": FailureCode.CONNECTION}
    assert waits(events) == []
    assert not part_files(tmp_path)


@pytest.mark.checklist("K C-75: no connection at all is no try")
def test_the_network_is_waited_for_without_using_up_tries(
    engine, bucket, folder, tmp_path, credentials, monkeypatch
) -> None:
    monkeypatch.setattr("ds3_browser.transfer.waits.BACK_OFF_S", (0.05,))
    write(folder, x=4 << 20)
    with Simulator(tmp_path / "other") as first:
        port = first.port
        client = Ds3Client(type(engine.client.endpoint).parse(first.url), credentials)
        engine.client = client
        client.create_bucket("b")
        engine.run(engine.put("b", folder / "x"))
        first.faults.set("throttle_bps", 1 << 20)
        thread, events = started(
            engine, engine.get("b", tmp_path / "out", names=["x"]), moved(1 << 19)
        )
    wait_until(lambda: len(waits(events)) > 8)
    assert set(waits(events)) == {WaitReason.NETWORK}
    with Simulator(tmp_path / "other", port=port) as second:
        thread.join(20)
        assert second.counters()["bytes sent"] < 4 << 20  # it went on where it had ended
    assert events[-1].outcome is Outcome.DONE
    client.close()
    assert same(folder, tmp_path / "out")


def test_the_network_may_be_away_while_a_folder_is_listed(
    engine, folder, tmp_path, credentials, monkeypatch
) -> None:
    monkeypatch.setattr("ds3_browser.transfer.waits.BACK_OFF_S", (0.05,))
    write(folder / "in", x=10)
    with Simulator(tmp_path / "other") as first:
        port = first.port
        client = Ds3Client(type(engine.client.endpoint).parse(first.url), credentials)
        engine.client = client
        client.create_bucket("b")
        engine.run(engine.put("b", folder / "in"))
    thread, events = started(
        engine, engine.get("b", tmp_path / "out", prefixes=["in/"]), lambda e: bool(waits(e))
    )
    with Simulator(tmp_path / "other", port=port):
        thread.join(20)
        assert events[-1].outcome is Outcome.DONE
    client.close()


# --- an appliance that is slow, odd, or says no


@pytest.mark.parametrize(
    "switches",
    [
        {"shuffle": True},
        {"strict": True},
        {"retry_after_missing": True},
        {"finished_chunk_status": 410},
        {"not_allocated_status": 503},
        {"partial_chunk": True, "repeat_read_blobs": True},
        {"xml_style": "old"},
        {"server_version": "3.2.0"},
        {"nodes": 2},
    ],
    ids=str,
)
@pytest.mark.checklist(
    "K C-121: odd texts of nodes break nothing",
    "K C-61: answers of old releases, without versions, work",
    "K C-160: blobs listed again bring nothing new",
)
def test_bytes_are_right_whatever_the_appliance_is_like(
    engine, bucket, folder, tmp_path, small_blobs, switches
) -> None:
    small_blobs.faults.set_all({"chunk_blobs": 2, "retry_after": 0, **switches})
    write(folder / "in", a=BLOB * 3 + 1, b=0, c=10)
    assert engine.run(engine.put(bucket, folder / "in"))[-1].outcome is Outcome.DONE
    events = engine.run(engine.get(bucket, tmp_path / "out", prefixes=["in/"]))
    assert events[-1].outcome is Outcome.DONE
    assert same(folder / "in", tmp_path / "out" / "in")


def test_faults_of_the_appliance_while_it_is_asked_for_chunks_are_waited_out(
    engine, bucket, folder, simulator, monkeypatch
) -> None:
    monkeypatch.setattr("ds3_browser.transfer.waits.BACK_OFF_S", (0.05,))
    write(folder, a=10)
    simulator.faults.set("fail_next", [["GET /_rest_/job_chunk", 500, "InternalError", 7]])
    events = engine.run(engine.put(bucket, folder / "a"))
    assert set(waits(events)) == {WaitReason.BUSY}
    assert events[-1].outcome is Outcome.DONE


@pytest.mark.parametrize("kind", ["put", "get"])
def test_a_blob_that_is_listed_with_another_length_is_not_waited_for(
    engine, bucket, folder, tmp_path, small_blobs, monkeypatch, kind
) -> None:
    write(folder / "in", a=BLOB * 2, b=BLOB)
    if kind == "get":
        engine.run(engine.put(bucket, folder / "in"))
    chunks_ready = engine.client.chunks_ready

    def otherwise(*args, **options):
        ready = chunks_ready(*args, **options)
        return replace(ready, chunks=tuple(map(changed, ready.chunks)))

    def changed(chunk: Chunk) -> Chunk:
        blobs = (
            replace(blob, length=blob.length - (blob.name == "in/a" and blob.offset > 0))
            for blob in chunk.blobs
        )
        return replace(chunk, blobs=tuple(blobs))

    monkeypatch.setattr(engine.client, "chunks_ready", otherwise)
    if kind == "put":
        job = engine.put(bucket, folder / "in")
    else:
        job = engine.get(bucket, tmp_path / "out", prefixes=["in/"])
    thread, events = engine.start(job)
    thread.join(10)
    job.interrupt()
    thread.join(10)
    assert failures(events) == {"in/a": FailureCode.BAD_REPLY}
    assert (events[-1].outcome, events[-1].counts.done) == (Outcome.FAILED, 1)
    assert waits(events) == []
    assert part_files(tmp_path) == []


def test_a_blob_that_must_wait_for_cache_waits_and_uses_no_try(
    engine, bucket, folder, simulator
) -> None:
    write(folder, a=10)
    simulator.faults.set_all({"redirect_times": 7, "retry_after": 60})
    job = engine.put(bucket, folder / "a")
    thread, events = engine.start(job)
    for n in range(7):
        wait_until(lambda n=n: len(waits(events)) > n)
        job.try_now()
    thread.join(10)
    assert set(waits(events)) == {WaitReason.CACHE}
    assert events[-1].outcome is Outcome.DONE


def test_keys_that_are_no_longer_accepted_end_the_job_and_not_each_object(
    engine, bucket, folder, simulator
) -> None:
    write(folder, a=10, b=10, c=10)
    simulator.faults.set("fail_next", [["PUT /archive/*", 403, "InvalidAccessKeyId", 99]])
    events = engine.run(engine.put(bucket, *folder.iterdir()))
    assert events[-1].failure.code is FailureCode.KEYS
    assert failures(events) == {}


def test_a_job_that_somebody_cancels_ends_and_says_by_whom(
    engine, bucket, folder, client, simulator, tmp_path
) -> None:
    write(folder, a=32 << 20)
    engine.run(engine.put(bucket, folder / "a"))
    simulator.faults.set("throttle_bps", 8 << 20)
    thread, events = started(
        engine, engine.get(bucket, tmp_path / "out", names=["a"]), moved(1 << 20)
    )
    client.cancel_job(appliance_job(events))
    simulator.faults.set_all(
        {"drop_connection": {"method": "GET", "nth": 1, "bytes": 0}, "throttle_bps": None}
    )
    for connection in list(simulator._connections):
        connection.shutdown(2)
    thread.join(20)
    assert not part_files(tmp_path)
    assert events[-1].outcome in (Outcome.FAILED, Outcome.DONE)


def test_an_upload_that_somebody_cancels_fails(engine, bucket, folder, client, simulator) -> None:
    write(folder, **{f"f{n}": 1 << 20 for n in range(12)})
    simulator.faults.set("throttle_bps", 2 << 20)
    thread, events = started(engine, engine.put(bucket, folder), moved(1 << 20))
    client.cancel_job(appliance_job(events))
    simulator.faults.set("throttle_bps", None)
    thread.join(20)
    assert (events[-1].outcome, events[-1].by) == (Outcome.FAILED, Actor.APPLIANCE)
    assert events[-1].failure.code is FailureCode.JOB_GONE


def test_an_upload_that_somebody_truncates_claims_nothing_that_was_not_sent(
    engine, bucket, folder, client, small_blobs
) -> None:
    small_blobs.faults.set_all(
        {"chunk_blobs": 1, "cache_bytes": BLOB * 4, "hold_persistence": True}
    )
    write(folder, a=BLOB, b=BLOB, c=BLOB, d=BLOB, e=BLOB, f=BLOB)
    job = engine.put(bucket, folder)
    thread, events = started(engine, job, lambda e: bool(waits(e)))
    client.truncate_job(appliance_job(events))
    small_blobs.faults.set_all({"cache_bytes": None, "hold_persistence": False})
    job.try_now()
    thread.join(20)
    there = {n for page in client.list_pages(bucket) for n in page.names}
    reader = engine.reader()
    told = {r.name for r in reader.objects(job.job_id) if r.state is ObjectState.IN_CACHE}
    reader.close()
    assert told == there
    assert events[-1].outcome is Outcome.FAILED


def _send(client: Ds3Client, bucket: str, job: BulkJob | str, path: Path) -> None:
    job_id = job if isinstance(job, str) else job.job_id
    client.put_object(bucket, path.name, path.read_bytes(), job_id=job_id, offset=0)


@pytest.mark.checklist(
    "K C-105: a blob that is in cache already is not sent",
)
def test_a_blob_that_is_there_already_is_not_sent_and_counts(
    engine, bucket, folder, client, simulator
) -> None:
    write(folder, a=10, b=10)
    simulator.faults.set_all({"hold_persistence": True, "redirect_times": 2, "retry_after": 60})
    job = engine.put(bucket, folder / "a", folder / "b")
    thread, events = started(engine, job, lambda e: bool(waits(e)))
    simulator.faults.set("redirect_times", 0)
    _send(client, bucket, appliance_job(events), folder / "a")
    job.try_now()
    thread.join(10)
    assert (events[-1].outcome, events[-1].counts.done) == (Outcome.DONE, 2)


def test_a_folders_worth_of_failures_is_counted_and_the_first_hundred_are_told(
    engine, bucket, folder, simulator
) -> None:
    write(folder, **{f"f{n:03}": 1 for n in range(150)})
    simulator.faults.set("fail_next", [["PUT /archive/*", 403, "AccessDenied", 150]])
    job = engine.put(bucket, folder)
    events = engine.run(job)
    assert len([e for e in events if isinstance(e, ObjectFailed)]) == 100
    assert events[-1].counts.failed == 150
    reader = engine.reader()
    assert reader.counts(job.job_id) == {ObjectState.FAILED: 150}
    reader.close()


# --- files that change under way


def test_a_file_that_grows_while_it_is_sent_fails_with_the_difference(
    engine, bucket, folder, simulator
) -> None:
    write(folder, a=8 << 20, b=10)
    simulator.faults.set("throttle_bps", 4 << 20)
    job = engine.put(bucket, folder / "a", folder / "b")
    thread, events = started(engine, job, moved(1 << 20))
    with (folder / "a").open("ab") as file:
        file.write(b"more")
    simulator.faults.set("throttle_bps", None)
    thread.join(10)
    (failed,) = [e.failure for e in events if isinstance(e, ObjectFailed)]
    assert (failed.code, failed.difference) == (FailureCode.CHANGED, 4)
    assert failed.path == str(folder / "a")
    assert events[-1].counts.done == 1


def pipe(path: Path) -> None:
    os.mkfifo(path)


def bound_socket(path: Path) -> None:
    with contextlib.chdir(path.parent), socket.socket(socket.AF_UNIX) as made:
        made.bind(path.name)  # a whole path may be too long for it


def device(path: Path) -> None:
    path.symlink_to("/dev/zero")


@pytest.mark.skipif(sys.platform == "win32", reason="has none of them")
@pytest.mark.parametrize("size", [10, 2 << 20])
@pytest.mark.parametrize("make", [pipe, bound_socket, device])
def test_a_pipe_in_the_place_of_a_file_keeps_nobody_waiting(
    engine, bucket, folder, simulator, make, size
) -> None:
    write(folder / "in", a=size, b=10)
    simulator.faults.set("busy", 1)
    job = engine.put(bucket, folder / "in")
    thread, events = started(engine, job, lambda e: bool(waits(e)))
    (folder / "in" / "a").unlink()
    make(folder / "in" / "a")
    job.try_now()
    thread.join(10)
    assert events[-1].counts.done == 1
    assert failures(events) == {"in/a": FailureCode.UNREADABLE}
    # Nor does a retry; and the file is sent once it is one again.
    (folder / "in" / "a").unlink()
    make(folder / "in" / "a")
    assert engine.run(again(engine, job, retry=True))[-1].counts.failed == 1
    (folder / "in" / "a").unlink()
    write(folder / "in", a=size + 1)
    assert engine.run(again(engine, job, retry=True))[-1].outcome is Outcome.DONE


def test_a_file_whose_time_alone_changes_fails_too(engine, bucket, folder, simulator) -> None:
    write(folder, a=10)
    simulator.faults.set("busy", 1)
    job = engine.put(bucket, folder / "a")
    thread, events = started(engine, job, lambda e: bool(waits(e)))
    os.utime(folder / "a", ns=(1, 1))
    job.try_now()
    thread.join(10)
    assert failures(events) == {"a": FailureCode.CHANGED}


@pytest.mark.parametrize("what", ["file", "folder"])
def test_what_becomes_unreadable_after_the_walk_fails_alone(
    engine, bucket, folder, simulator, what
) -> None:
    write(folder, a=10, b=10)
    simulator.faults.set("busy", 1)
    job = engine.put(bucket, folder / "a", folder / "b")
    thread, events = started(engine, job, lambda e: bool(waits(e)))
    (folder / "a").unlink()
    if what == "folder":
        (folder / "a").mkdir()
    job.try_now()
    thread.join(10)
    expected = FailureCode.VANISHED if what == "file" else FailureCode.UNREADABLE
    assert failures(events) == {"a": expected}
    assert events[-1].counts.done == 1


def test_clashing_names_send_the_first_and_tell_the_second(engine, bucket, folder, client) -> None:
    write(folder, one__x=1, two__x=2)
    job = engine.put(bucket, folder / "one" / "x", folder / "two" / "x")
    events = engine.run(job)
    (failed,) = [e.failure for e in events if isinstance(e, ObjectFailed)]
    assert (failed.code, failed.name) == (FailureCode.CLASH, "x")
    assert (failed.path, failed.detail) == (
        str(folder / "two" / "x"),
        str(folder / "one" / "x"),
    )
    head = client.head_object(bucket, "x")
    assert head.size == 1
    reader = engine.reader()
    assert {row.state for row in reader.objects(job.job_id)} == {
        ObjectState.IN_CACHE,
        ObjectState.FAILED,
    }
    reader.close()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere names are always Unicode")
def test_files_whose_names_are_not_utf8_take_no_other_ones_place(
    engine, bucket, folder, client
) -> None:
    folder.joinpath("in").mkdir()
    for name in (b"bad\xfe", b"bad\xff", "bad\ufffd".encode(), b"bad\\xfe", b"ok"):
        with open(os.fsencode(folder / "in") + b"/" + name, "wb") as file:
            file.write(name)
    job = engine.put(bucket, folder / "in")
    ended = engine.run(job)[-1]
    sent = {"in/bad\ufffd", "in/bad\\xfe", "in/ok"}
    assert {one.name for one in client.list_objects(bucket).objects()} == sent
    assert (ended.counts.done, ended.counts.failed, ended.counts.cancelled) == (3, 2, 0)
    with contextlib.closing(engine.reader()) as reader:
        rows = {row.name: row.state for row in reader.objects(job.job_id)}
    # The one that is shown as another one is called has no row of its own.
    assert rows == {
        **dict.fromkeys(sent, ObjectState.IN_CACHE),
        "in/bad\\xff": ObjectState.FAILED,
    }


def test_totals_are_of_what_can_be_sent(engine, bucket, folder) -> None:
    write(folder, one__x=100, two__x=200)
    (folder / "one" / "pipe").parent.mkdir(exist_ok=True)
    os.mkfifo(folder / "one" / "pipe")
    events = engine.run(engine.put(bucket, folder / "one", folder / "two" / "x"))
    last = [e for e in events if isinstance(e, Progress)][-1]
    assert (last.sent, last.total, last.objects_total, last.objects_failed) == (300, 300, 3, 1)
    assert states(events)[-1] is State.FAILED


# --- blobs that a download's job gives no more

#: Reads without a job.
NAKED = ["GET /archive/in/a?offset=*", "GET /archive/in/b?offset=*"]


@pytest.mark.checklist("K C-161: a blob that its job gives no more is read without it")
def test_a_blob_that_was_read_is_read_again_without_its_job(
    engine, bucket, folder, tmp_path, simulator, no_rest
) -> None:
    write(folder / "in", a=1000, b=10)
    engine.run(engine.put(bucket, folder / "in"))
    simulator.faults.set_all(
        {"blob_gone_after_read": True, "corrupt_get": {"nth": 1, "times": 1}, "retry_after": 0}
    )
    events = engine.run(engine.get(bucket, tmp_path / "out", prefixes=["in/"]))
    assert (events[-1].outcome, len([e for e in events if isinstance(e, JobCreated)])) == (
        Outcome.DONE,
        1,
    )
    assert same(folder / "in", tmp_path / "out" / "in")


@pytest.mark.checklist("K C-161: and where that is refused too, with a new job")
@pytest.mark.parametrize("status", [404, 307])
def test_a_blob_that_cannot_be_read_without_its_job_is_asked_for_with_another(
    engine, bucket, folder, tmp_path, small_blobs, no_rest, status
) -> None:
    write(folder / "in", a=BLOB * 3, b=10)
    engine.run(engine.put(bucket, folder / "in"))
    small_blobs.faults.set_all(
        {
            "blob_gone_after_read": True,
            "corrupt_get": {"nth": 1, "times": 1},
            "fail_next": [[naked, status, None, 1] for naked in NAKED],
            "retry_after": 0,
        }
    )
    job = engine.get(bucket, tmp_path / "out", prefixes=["in/"])
    events = engine.run(job)
    assert events[-1].outcome is Outcome.DONE
    assert [e.part for e in events if isinstance(e, JobCreated)] == [0, 1]
    assert failures(events) == {}
    assert same(folder / "in", tmp_path / "out" / "in")
    assert not part_files(tmp_path)
    reader = engine.reader()
    assert reader.counts(job.job_id) == {ObjectState.DONE: 2}
    reader.close()


def test_an_object_that_is_deleted_while_it_is_read_fails_alone(
    engine, bucket, folder, tmp_path, client, simulator, no_rest
) -> None:
    write(folder / "in", a=1000, b=10)
    engine.run(engine.put(bucket, folder / "in"))
    simulator.faults.set_all(
        {
            "blob_gone_after_read": True,
            "corrupt_get": {"nth": 1, "times": 1},
            "fail_next": [
                *([naked, 404, "NoSuchKey", 9] for naked in NAKED),
                ["HEAD /archive/in/*", 404, None, 9],
            ],
            "retry_after": 0,
        }
    )
    events = engine.run(engine.get(bucket, tmp_path / "out", prefixes=["in/"]))
    assert list(failures(events).values()) == [FailureCode.NOT_FOUND]
    assert (events[-1].outcome, events[-1].counts.done) == (Outcome.FAILED, 1)


def test_an_object_that_is_deleted_while_tapes_are_waited_for_is_not_waited_for_again(
    engine, bucket, folder, tmp_path, client, small_blobs, no_rest
) -> None:
    write(folder / "in", a=BLOB * 3, b=BLOB * 3)
    engine.run(engine.put(bucket, folder / "in"))
    small_blobs.faults.set_all({"tape_delay": 60, "retry_after": 60})
    job = engine.get(bucket, tmp_path / "out", prefixes=["in/"])
    thread, events = engine.start(job)
    wait_until(lambda: bool(waits(events)))
    client.delete_object(bucket, "in/a")
    small_blobs.faults.set("clock", {"offset_s": 100})
    job.try_now()
    thread.join(10)
    assert failures(events) == {"in/a": FailureCode.NOT_FOUND}
    assert (events[-1].outcome, events[-1].counts.done) == (Outcome.FAILED, 1)
    assert waits(events) == [WaitReason.TAPE]
    assert (tmp_path / "out" / "in" / "b").read_bytes() == (folder / "in" / "b").read_bytes()
    assert not part_files(tmp_path)


# --- a disk that is full, and has room again


class SmallDisk:
    """A disk of which the files that are made next find `room` bytes, until there is more."""

    def __init__(self) -> None:
        self.room = 1 << 20

    def file(self, path: str) -> io.FileIO:
        disk = self

        class OnDisk(io.FileIO):
            def write(self, piece) -> int:
                if self.tell() + len(piece) > disk.room:
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                return super().write(piece)

        return OnDisk(path, "x+")


@pytest.mark.parametrize("known_at", ["the first byte", "the middle"])
def test_a_disk_that_is_full_is_waited_for_and_the_restore_goes_on(
    engine, bucket, folder, tmp_path, monkeypatch, known_at
) -> None:
    write(folder / "in", a=6 << 20, b=10)
    engine.run(engine.put(bucket, folder / "in"))
    disk = SmallDisk()
    monkeypatch.setattr(Target, "new_file", lambda target, path: disk.file(path))
    if known_at == "the first byte":

        def allocate(file: io.FileIO, size: int) -> None:
            if size > disk.room:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr(part_file, "_allocate", allocate)
    (tmp_path / "out" / "in").mkdir(parents=True)
    job = engine.get(bucket, tmp_path / "out", prefixes=["in/"])
    thread, events = engine.start(job)
    wait_until(lambda: bool(waits(events)))
    assert waits(events) == [WaitReason.DISK]
    told = next(e for e in reversed(events) if isinstance(e, JobState)).facts
    assert told.path == str(tmp_path / "out")
    assert told.free is not None
    assert told.needed
    disk.room = 1 << 30
    job.try_now()
    thread.join(20)
    assert (events[-1].outcome, events[-1].counts.done) == (Outcome.DONE, 2)
    assert same(folder / "in", tmp_path / "out" / "in")
    assert failures(events) == {}
    assert not part_files(tmp_path)
