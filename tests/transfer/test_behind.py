"""What changes behind an upload's back: the file on its disk, or the job on the appliance.

None of it may be told as there when it is not.
"""

from __future__ import annotations

import contextlib
import os
import threading
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from ds3_browser.protocol.errors import ConnectionLost, Ds3Error, Unreachable
from ds3_browser.protocol.records import Chunk, JobStatus
from ds3_browser.simulator.server import Simulator
from ds3_browser.transfer.events import Cancel, FailureCode, JobCreated, ObjectState, Outcome
from tests.transfer.scenes import BLOB, failures, is_all_there, wait_for_quiet, waits, write
from tests.transfer.test_going_on import again, counts, interrupted

BIG = 2 << 20

pytestmark = pytest.mark.usefixtures("no_rest")


@pytest.fixture
def big_blobs(simulator: Simulator) -> Simulator:
    simulator.faults.set("policies", [{"default_blob_size": BIG}])
    return simulator


def there(client, bucket: str) -> set[str]:
    return {one.name for one in client.list_objects(bucket).objects() if one.etag}


def interrupted_there(engine, simulator: Simulator, job) -> None:
    """Some of the job is there, some is not, and nothing is on its way."""
    simulator.faults.set("throttle_bps", BLOB * 8)
    interrupted(engine, job, BLOB * 24)
    simulator.faults.set("throttle_bps", None)
    wait_for_quiet(simulator)


# --- the file


def test_a_file_that_changed_as_its_last_byte_went_is_not_done_by_a_retry(
    engine, bucket: str, folder: Path, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folder / "in", a=3 << 20, b=10)
    job = engine.put(bucket, folder / "in")
    put_object = engine.client.put_object

    def put_and_change(*args, **options):
        put_object(*args, **options)
        write(folder / "in", a=3 << 20)

    with monkeypatch.context() as patch:
        patch.setattr(engine.client, "put_object", put_and_change)
        assert failures(engine.run(job)) == {"in/a": FailureCode.CHANGED}
    events = engine.run(again(engine, job, retry=True))
    assert events[-1].outcome is Outcome.FAILED
    assert failures(events) == {"in/a": FailureCode.CHANGED}


def test_a_name_that_a_changed_file_has_taken_is_told_as_there_by_each_retry(
    engine, bucket: str, folder: Path, client, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folder / "in", a=3 << 20, b=10)
    job = engine.put(bucket, folder / "in")
    put_object = engine.client.put_object

    def put_and_change(*args, **options):
        put_object(*args, **options)
        write(folder / "in", a=5)

    with monkeypatch.context() as patch:
        patch.setattr(engine.client, "put_object", put_and_change)
        assert failures(engine.run(job)) == {"in/a": FailureCode.CHANGED}
    for _ in range(2):
        events = engine.run(again(engine, job, retry=True))
        assert failures(events) == {"in/a": FailureCode.EXISTS}
        assert (events[-1].counts.done, events[-1].counts.failed) == (1, 1)
        assert waits(events) == []
    client.delete_object(bucket, "in/a")
    assert engine.run(again(engine, job, retry=True))[-1].outcome is Outcome.DONE
    assert is_all_there(engine, bucket, folder)


def test_an_object_is_not_made_of_two_files_where_an_answer_was_lost(
    engine, bucket: str, folder: Path, big_blobs: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folder / "in", a=BIG * 2, b=10)
    job = engine.put(bucket, folder / "in")
    put_object = engine.client.put_object

    arrived = threading.Event()

    def lose_the_answer(*args, **options):
        if not options["offset"]:
            with contextlib.suppress(Ds3Error):  # it has it after the first time
                put_object(*args, **options)
            arrived.set()
        assert arrived.wait(10)
        raise ConnectionLost("here", next(iter(Unreachable)))

    with monkeypatch.context() as patch:
        patch.setattr(engine.client, "put_object", lose_the_answer)
        assert failures(engine.run(job)) == {"in/a": FailureCode.CONNECTION}
    write(folder / "in", a=BIG * 2)
    events = engine.run(again(engine, job, retry=True))
    assert failures(events) == {"in/a": FailureCode.CHANGED}
    # What the job has of the other file is known now: it is given up, and all is sent anew.
    assert engine.run(again(engine, job, retry=True))[-1].outcome is Outcome.DONE
    assert is_all_there(engine, bucket, folder)


def test_a_file_as_long_and_as_old_that_took_the_place_of_one_is_another(
    engine, bucket: str, folder: Path, big_blobs: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folder / "in", a=BIG * 24)
    path = folder / "in" / "a"
    write(folder, other=BIG * 24)
    planned = path.stat()
    os.utime(folder / "other", ns=(planned.st_atime_ns, planned.st_mtime_ns))
    job = engine.put(bucket, folder / "in")
    put_object = engine.client.put_object

    def put_and_replace(*args, **options):
        put_object(*args, **options)
        with contextlib.suppress(FileNotFoundError):  # once
            (folder / "other").rename(path)

    monkeypatch.setattr(engine.client, "put_object", put_and_replace)
    assert failures(engine.run(job)) == {"in/a": FailureCode.CHANGED}


# --- the job


def test_an_earlier_version_is_not_taken_for_what_a_closed_job_did_not_get(
    engine, folder: Path, simulator: Simulator, client
) -> None:
    policy = {"default_blob_size": BLOB, "versioning": "KEEP_MULTIPLE_VERSIONS"}
    simulator.faults.set("policies", [{**policy, "max_versions_to_keep": 10}])
    client.create_bucket("archive")
    write(folder / "in", a=BLOB, b=BLOB * 60)
    assert engine.run(engine.put("archive", folder / "in"))[-1].outcome is Outcome.DONE
    write(folder / "in", a=BLOB, b=BLOB * 60)
    job = engine.put("archive", folder / "in")
    interrupted_there(engine, simulator, job)
    for found in client.active_jobs():
        client.truncate_job(found.job_id)
    events = engine.run(again(engine, job))
    assert (events[-1].outcome, events[-1].counts.done) == (Outcome.FAILED, 1)
    assert failures(events) == {"in/b": FailureCode.JOB_GONE}


@pytest.mark.parametrize("how", ["go on", "cancel"])
def test_empty_objects_that_a_closed_job_did_not_get_are_sent_or_not_told_as_there(
    engine, bucket: str, folder: Path, small_blobs: Simulator, client, how: str
) -> None:
    small_blobs.faults.set("hold_persistence", how == "go on")
    write(folder / "in", a=BLOB, z=0)
    (folder / "in" / "folder").mkdir()
    refused = [[f"PUT /archive/in/{one}*", 403, "InvalidAccessKeyId", 1] for one in ("z", "folder")]
    small_blobs.faults.set("fail_next", refused)
    job = engine.put(bucket, folder / "in")
    assert engine.run(job)[-1].counts.done == 1
    small_blobs.faults.set("fail_next", [])
    for found in client.active_jobs():
        client.truncate_job(found.job_id)
    more = again(engine, job, retry=True)
    if how == "cancel":
        more.cancel(Cancel.KEEP)
    ended = engine.run(more)[-1]
    sent = {"in/z", "in/folder/"} if how == "go on" else set()
    assert there(client, bucket) == {"in/a", *sent}
    assert ended.counts.done == 1 + len(sent)
    assert counts(engine, job)[ObjectState.IN_CACHE] == 1 + len(sent)


def test_an_object_that_the_cache_has_lost_is_counted_once(
    engine, bucket: str, folder: Path, small_blobs: Simulator, client, monkeypatch
) -> None:
    write(folder / "in", **{f"f{n:02}": BLOB for n in range(60)})
    job = engine.put(bucket, folder / "in")
    interrupted_there(engine, small_blobs, job)
    modify_job = client.modify_job

    def without_the_first(job_id: str, *, take):
        def tell(chunk: Chunk) -> None:
            blobs = (replace(b, in_cache=b.in_cache and b.name != "in/f00") for b in chunk.blobs)
            take(replace(chunk, blobs=tuple(blobs)))

        return modify_job(job_id, take=tell)

    monkeypatch.setattr(client, "modify_job", without_the_first)
    ended = engine.run(again(engine, job))[-1]
    assert (ended.outcome, ended.counts.done, ended.counts.total) == (Outcome.DONE, 60, 60)


def time_out(simulator: Simulator) -> None:
    """Nobody was heard of the open jobs for a day."""
    simulator.store.db.execute("UPDATE job SET active = active - ?", (25 * 3600,))
    simulator.store.db.commit()


def test_what_a_job_had_brought_that_somebody_cancelled_is_sent_again(
    engine, bucket: str, folder: Path, small_blobs: Simulator, client
) -> None:
    write(folder / "in", **{f"f{n:02}": BLOB for n in range(60)})
    job = engine.put(bucket, folder / "in")
    interrupted_there(engine, small_blobs, job)
    for found in client.active_jobs():
        client.cancel_job(found.job_id)
    ended = engine.run(again(engine, job))[-1]
    assert ended.outcome is Outcome.FAILED
    assert there(client, bucket) == set()
    assert (ended.counts.done, ended.counts.cancelled) == (0, 60)
    assert counts(engine, job) == {ObjectState.CANCELLED: 60}
    ended = engine.run(again(engine, job, retry=True))[-1]
    assert (ended.outcome, ended.counts.done) == (Outcome.DONE, 60)
    assert is_all_there(engine, bucket, folder)


def test_what_a_job_had_brought_that_is_unknown_there_is_looked_for(
    engine, bucket: str, folder: Path, small_blobs: Simulator, client
) -> None:
    write(folder / "in", **{f"f{n:02}": BLOB for n in range(60)})
    job = engine.put(bucket, folder / "in")
    interrupted_there(engine, small_blobs, job)
    for found in client.active_jobs():
        client.truncate_job(found.job_id)
    kept = there(client, bucket)
    client.delete_object(bucket, "in/f00")
    small_blobs.store.db.execute("UPDATE job SET id = 'another'")
    small_blobs.store.db.commit()
    ended = engine.run(again(engine, job))[-1]
    assert ended.failure.code is FailureCode.JOB_GONE
    received = small_blobs.counters()["blobs received"]
    ended = engine.run(again(engine, job, retry=True))[-1]
    assert ended.counts.done >= 60 - len(kept)
    assert "in/f00" in there(client, bucket)
    assert small_blobs.counters()["blobs received"] - received <= 60 - len(kept) + 1


@pytest.mark.parametrize("end", ["cancel", "time out"])
def test_the_parts_of_a_split_job_that_are_there_are_left_when_one_is_lost(
    engine, bucket: str, folder: Path, small_blobs: Simulator, client, end: str
) -> None:
    small_blobs.faults.set("fail_next", [["PUT /archive/in/f01*", 500, "InternalError", 5]])
    write(folder / "in", **{f"f{n:02}": BLOB for n in range(80)})
    job = engine.put(bucket, folder / "in", objects_per_job=20)
    interrupted_there(engine, small_blobs, job)
    if end == "time out":
        for found in client.active_jobs():
            if found.name == "up (1 of 4)":
                client.truncate_job(found.job_id)
        time_out(small_blobs)
    else:
        for found in client.active_jobs():
            if found.name == "up (2 of 4)":
                client.cancel_job(found.job_id)
    ended = engine.run(again(engine, job))[-1]
    assert (ended.outcome, ended.counts.done, ended.counts.failed) == (Outcome.FAILED, 19, 1)
    assert len(there(client, bucket)) == 19
    received = small_blobs.counters()["blobs received"]
    events = engine.run(again(engine, job, retry=True))
    assert (events[-1].outcome, events[-1].counts.done) == (Outcome.DONE, 80)
    assert not failures(events)
    assert small_blobs.counters()["blobs received"] - received == 61
    assert is_all_there(engine, bucket, folder)


@pytest.mark.parametrize("end", ["cancelled", "unknown", "timed out"])
def test_one_retry_is_enough_where_the_job_is_gone_meanwhile(
    engine, bucket: str, folder: Path, small_blobs: Simulator, client, failing, end: str
) -> None:
    write(folder / "in", **{f"f{n}": BLOB for n in range(8)}, z=0)
    failing("f3", "f4")
    job = engine.put(bucket, folder / "in", objects_per_job=6)
    assert failures(engine.run(job)) == dict.fromkeys(("in/f3", "in/f4"), FailureCode.APPLIANCE)
    write(folder / "in", f4=BLOB)
    (folder / "in" / "f4").rename(folder / "f4")  # is away when it is tried again
    (there_before,) = [one for one in client.active_jobs() if one.name == "up (1 of 2)"]
    if end == "cancelled":
        client.cancel_job(there_before.job_id)
    elif end == "unknown":
        client.truncate_job(there_before.job_id)
        small_blobs.store.db.execute(
            "UPDATE job SET id = 'another' WHERE id = ?", (there_before.job_id,)
        )
        small_blobs.store.db.commit()
    else:
        time_out(small_blobs)
    events = engine.run(again(engine, job, retry=True))
    assert events[-1].outcome is Outcome.FAILED
    assert set(failures(events)) <= {"in/f4"}
    assert counts(engine, job) == {ObjectState.IN_CACHE: 8, ObjectState.FAILED: 1}
    (folder / "f4").rename(folder / "in" / "f4")
    assert engine.run(again(engine, job, retry=True))[-1].outcome is Outcome.DONE
    assert is_all_there(engine, bucket, folder)


def test_what_was_cancelled_there_after_it_was_closed_is_sent_again(
    engine, bucket: str, folder: Path, small_blobs: Simulator, client, failing
) -> None:
    """The file that failed has changed: its job is closed, with what it has, for another one."""
    small_blobs.faults.set("hold_persistence", True)
    write(folder / "in", a=BLOB, b=BLOB, z=0)
    failing("b", "b", "b")
    job = engine.put(bucket, folder / "in")
    engine.run(job)
    write(folder / "in", b=BLOB * 2)
    assert set(failures(engine.run(again(engine, job, retry=True)))) == {"in/b"}
    closed = min(client.active_jobs(), key=lambda one: one.name or "")
    assert closed.truncated
    client.cancel_job(closed.job_id)
    assert there(client, bucket) == set()
    small_blobs.faults.set("fail_next", [])
    assert engine.run(again(engine, job, retry=True))[-1].outcome is Outcome.DONE
    assert is_all_there(engine, bucket, folder)


@pytest.mark.parametrize("all_of_them", [False, True], ids=["a part", "all"])
def test_what_was_cancelled_there_after_its_last_byte_is_not_told_as_there_by_a_retry(
    engine, bucket: str, folder: Path, small_blobs: Simulator, client, failing, all_of_them: bool
) -> None:
    small_blobs.faults.set("hold_persistence", True)
    write(folder / "in", **{f"f{n}": BLOB for n in range(6)})
    failing("f5")
    job = engine.put(bucket, folder / "in", objects_per_job=3)
    assert set(failures(engine.run(job))) == {"in/f5"}
    for one in client.active_jobs():
        if all_of_them or one.name == "up (1 of 2)":
            client.cancel_job(one.job_id)
    ended = engine.run(again(engine, job))[-1]
    kept = 0 if all_of_them else 2
    assert (ended.outcome, ended.counts.done) == (Outcome.FAILED, kept)
    assert len(there(client, bucket)) == kept
    assert counts(engine, job).get(ObjectState.IN_CACHE, 0) == kept
    assert engine.run(again(engine, job, retry=True))[-1].outcome is Outcome.DONE
    assert is_all_there(engine, bucket, folder)


def test_only_jobs_that_were_made_count_in_the_names_of_a_split_one(
    engine, bucket: str, folder: Path, small_blobs: Simulator, client
) -> None:
    write(folder / "in", **{f"f{n}": BLOB for n in range(6)})
    client.put_object(bucket, "in/f5", b"somebody else's")
    job = engine.put(bucket, folder / "in", objects_per_job=2)
    engine.run(job)
    for _ in range(3):
        assert failures(engine.run(again(engine, job, retry=True))) in (
            {"in/f5": FailureCode.EXISTS},
            {},
        )
    client.delete_object(bucket, "in/f5")
    events = engine.run(again(engine, job, retry=True))
    assert events[-1].outcome is Outcome.DONE
    names = {one.name for one in (*client.active_jobs(), *client.completed_jobs())}
    names.discard("Untitled")  # somebody else's
    assert names == {"up (1 of 3)", "up (2 of 3)", "up (3 of 3)", "up (4 of 4)"}
    told = [one for one in events if isinstance(one, JobCreated)]
    assert (told[-1].part, told[-1].parts) == (3, 4)


def test_what_a_closed_job_did_not_get_is_sent_by_a_retry(
    engine, bucket: str, folder: Path, small_blobs: Simulator, client
) -> None:
    write(folder / "in", **{f"f{n:02}": BLOB for n in range(60)}, z=0)
    (folder / "in" / "zz").mkdir()
    job = engine.put(bucket, folder / "in")
    interrupted_there(engine, small_blobs, job)
    for found in client.active_jobs():
        client.truncate_job(found.job_id)
    ended = engine.run(again(engine, job))[-1]
    assert ended.counts.done == len(there(client, bucket)) < 60
    ended = engine.run(again(engine, job, retry=True))[-1]
    assert (ended.outcome, ended.counts.done) == (Outcome.DONE, 62)
    assert there(client, bucket) >= {"in/z", "in/zz/"}
    assert is_all_there(engine, bucket, folder)


def unknown(client) -> None:
    """What is said of a job that the appliance has not: 404."""
    client.active_job("00000000-0000-0000-0000-000000000000")


def ended_too_early(client, monkeypatch: pytest.MonkeyPatch, chunks: int) -> None:
    """From so many chunks on the appliance says that the job has ended, with all of its bytes."""
    chunks_ready, get_job, modify_job = client.chunks_ready, client.get_job, client.modify_job
    offered = list[Chunk]()

    def some_ready(job_id: str, **how):
        if len(offered) >= chunks:
            unknown(client)
        answer = chunks_ready(job_id, **how)
        offered.extend(answer.chunks[:chunks])
        return replace(answer, chunks=answer.chunks[:chunks])

    def ended(job_id: str, **how):
        return replace(get_job(job_id), status=JobStatus.COMPLETED, chunks=())

    def changed(job_id: str, **how):
        return ended(job_id) if "take" in how else modify_job(job_id, **how)

    monkeypatch.setattr(client, "chunks_ready", some_ready)
    monkeypatch.setattr(client, "get_job", ended)
    monkeypatch.setattr(client, "modify_job", changed)


@pytest.mark.parametrize("how", ["at once", "goes on", "cancelled"])
def test_a_job_that_says_too_early_that_it_has_all_is_not_believed(
    engine, bucket: str, folder: Path, small_blobs: Simulator, client, monkeypatch, how: str
) -> None:
    small_blobs.faults.set_all({"chunk_blobs": 2, "hold_persistence": True})
    write(folder / "in", **{f"f{n:02}": BLOB for n in range(40)}, g=BLOB * 6, z=0)
    job = engine.put(bucket, folder / "in")
    if how == "at once":
        ended_too_early(client, monkeypatch, 2)
        ended = engine.run(job)[-1]
    else:
        interrupted_there(engine, small_blobs, job)
        ended_too_early(client, monkeypatch, 0)
        more = again(engine, job)
        if how == "cancelled":
            monkeypatch.setattr(client, "truncate_job", lambda job_id: unknown(client))
            more.cancel(Cancel.KEEP)
        ended = engine.run(more)[-1]
    with closing(engine.reader()) as reader:
        rows = reader.objects(job.job_id)
    assert {row.name for row in rows if row.state is ObjectState.IN_CACHE} == there(client, bucket)
    assert ended.outcome is (Outcome.CANCELLED if how == "cancelled" else Outcome.FAILED)
    assert 0 < ended.counts.done < 42


def test_an_object_is_not_lost_because_a_connection_was(
    engine,
    bucket: str,
    folder: Path,
    small_blobs: Simulator,
    client,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("ds3_browser.transfer.waits.BACK_OFF_S", (0.05,))
    write(folder / "in", **{f"f{n:02}": BLOB for n in range(60)})
    job = engine.put(bucket, folder / "in")
    interrupted_there(engine, small_blobs, job)
    for found in client.active_jobs():
        client.truncate_job(found.job_id)
    head_object, looks = client.head_object, list[str]()

    def lose_the_first(bucket: str, name: str):
        head = head_object(bucket, name)
        if head is not None and head.etag and not looks:
            looks.append(name)
            raise ConnectionLost("here", next(iter(Unreachable)))
        return head

    monkeypatch.setattr(client, "head_object", lose_the_first)
    get_job = client.get_job

    def without_what_arrived(job_id: str, *, take):  # as it lists a job whose chunks have ended
        def tell(chunk: Chunk) -> None:
            take(replace(chunk, blobs=tuple(b for b in chunk.blobs if not b.in_cache)))

        return get_job(job_id, take=tell)

    monkeypatch.setattr(client, "get_job", without_what_arrived)
    ended = engine.run(again(engine, job))[-1]
    assert looks
    assert ended.counts.done == len(there(client, bucket)) > 0
