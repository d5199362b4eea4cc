"""Failed uploads whose files are others by the time they are tried again."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from ds3_browser.simulator.server import Simulator
from ds3_browser.transfer.events import (
    Cancel,
    Event,
    FailureCode,
    HeldFor,
    JobCreated,
    JobState,
    ObjectState,
    Outcome,
    Persisted,
    State,
)
from ds3_browser.transfer.persistence import PersistenceWatcher
from tests.transfer.scenes import BLOB, failures, is_all_there, wait_until, write
from tests.transfer.test_going_on import again, counts, interrupted

pytestmark = pytest.mark.usefixtures("no_rest")


def held_for(engine, job) -> dict[str, str | None]:
    with closing(engine.reader()) as reader:
        rows = reader.objects(job.job_id, states=frozenset({ObjectState.FAILED}))
    codes = {row.name: row.failure.code for row in rows if row.failure is not None}
    assert set(codes.values()) <= {FailureCode.HELD}
    return {row.name: row.failure.detail for row in rows if row.failure is not None}


def test_a_file_of_another_size_is_sent_once_its_name_is_free(
    engine, bucket: str, folder: Path, small_blobs: Simulator, client, failing
) -> None:
    write(folder / "in", a=BLOB, b=BLOB * 2, c=0)
    failing("b*offset=0*")
    job = engine.put(bucket, folder / "in")
    assert engine.run(job)[-1].counts.failed == 1
    write(folder / "in", b=BLOB * 3 + 1)
    received = small_blobs.counters()["blobs received"]
    ended = engine.run(again(engine, job, retry=True))[-1]
    assert (ended.outcome, ended.counts.done, ended.counts.failed) == (Outcome.DONE, 3, 0)
    assert small_blobs.counters()["blobs received"] - received == 4
    assert counts(engine, job) == {ObjectState.IN_CACHE: 3}
    assert is_all_there(engine, bucket, folder)
    assert list(client.active_jobs()) == []


def test_a_file_that_changed_between_its_blobs_is_sent_anew_from_its_first_byte(
    engine, bucket: str, folder: Path, failing
) -> None:
    write(folder / "in", a=BLOB * 2, b=10)
    failing(f"a*offset={BLOB}*")
    job = engine.put(bucket, folder / "in")
    assert engine.run(job)[-1].counts.failed == 1
    write(folder / "in", a=BLOB * 2)  # as long as before, and other bytes
    ended = engine.run(again(engine, job, retry=True))[-1]
    assert (ended.outcome, ended.counts.done) == (Outcome.DONE, 2)
    assert is_all_there(engine, bucket, folder)


def test_a_job_that_has_nothing_is_given_up_for_it(
    engine, bucket: str, folder: Path, small_blobs: Simulator, client, failing
) -> None:
    small_blobs.faults.set("server_version", "3.0.0")
    write(folder / "in", a=BLOB)
    failing("a*")
    job = engine.put(bucket, folder / "in")
    assert engine.run(job)[-1].counts.failed == 1
    (before,) = client.active_jobs()
    write(folder / "in", a=BLOB + 1)
    assert engine.run(again(engine, job, retry=True))[-1].outcome is Outcome.DONE
    assert before.job_id not in {one.job_id for one in client.active_jobs()}
    assert is_all_there(engine, bucket, folder)


def test_a_release_that_would_lose_what_arrived_is_not_asked_to_close_the_job(
    engine, bucket: str, folder: Path, small_blobs: Simulator, client, failing
) -> None:
    small_blobs.faults.set("server_version", "3.0.0")
    write(folder / "in", a=BLOB, b=BLOB)
    failing("b*offset=0*")
    job = engine.put(bucket, folder / "in")
    engine.run(job)
    write(folder / "in", b=BLOB + 1)
    events = engine.run(again(engine, job, retry=True))
    assert (events[-1].outcome, events[-1].counts.done) == (Outcome.FAILED, 1)
    assert failures(events) == {"in/b": FailureCode.HELD}
    assert held_for(engine, job) == {"in/b": HeldFor.RELEASE.value}
    assert client.head_object(bucket, "in/a").size == BLOB
    # The appliance is brought up to date: now it may be asked.
    small_blobs.faults.set("server_version", "5.8.0")
    assert engine.run(again(engine, job, retry=True))[-1].outcome is Outcome.DONE
    assert is_all_there(engine, bucket, folder)


def test_parts_of_other_failed_objects_are_not_given_up_for_a_name(
    engine, bucket: str, folder: Path, small_blobs: Simulator, failing
) -> None:
    write(folder / "in", a=10, b=BLOB, c=BLOB * 3)
    failing("b*", f"c*offset={BLOB * 2}*")
    job = engine.put(bucket, folder / "in")
    assert engine.run(job)[-1].counts.failed == 2
    write(folder / "in", b=5)
    failing(f"c*offset={BLOB * 2}*")
    events = engine.run(again(engine, job, retry=True))
    assert failures(events)["in/b"] is FailureCode.HELD
    assert events[-1].counts.done == 1
    received = small_blobs.counters()["blobs received"]
    ended = engine.run(again(engine, job, retry=True))[-1]
    assert (ended.outcome, ended.counts.done) == (Outcome.DONE, 3)
    assert small_blobs.counters()["blobs received"] - received == 2  # one of each
    assert is_all_there(engine, bucket, folder)


def test_an_appliance_that_does_not_close_the_job_is_asked_again_by_the_next_retry(
    engine, bucket: str, folder: Path, small_blobs: Simulator, failing
) -> None:
    write(folder / "in", a=10, b=BLOB)
    failing("b*offset=0*")
    job = engine.put(bucket, folder / "in")
    engine.run(job)
    write(folder / "in", b=BLOB + 1)
    small_blobs.faults.set("fail_next", [["DELETE /_rest_/job/*", 409, "JobsConflict", 1]])
    ended = engine.run(again(engine, job, retry=True))[-1]
    assert (ended.outcome, ended.counts.failed) == (Outcome.FAILED, 1)
    assert held_for(engine, job) == {"in/b": HeldFor.APPLIANCE.value}
    write(folder / "in", b=BLOB + 2)
    assert engine.run(again(engine, job, retry=True))[-1].outcome is Outcome.DONE
    assert is_all_there(engine, bucket, folder)


def test_what_failed_for_another_reason_is_asked_for_anew_once_the_job_is_closed(
    engine, bucket: str, folder: Path, failing
) -> None:
    write(folder / "in", a=BLOB, b=BLOB, c=BLOB)
    failing("a*", "c*")
    job = engine.put(bucket, folder / "in")
    assert engine.run(job)[-1].counts.failed == 2
    write(folder / "in", a=1)
    failing("c*")
    ended = engine.run(again(engine, job, retry=True))[-1]
    assert (ended.counts.done, ended.counts.failed) == (2, 1)
    assert engine.run(again(engine, job, retry=True))[-1].outcome is Outcome.DONE
    assert is_all_there(engine, bucket, folder)


def test_each_part_of_a_split_job_frees_its_own_names(
    engine, bucket: str, folder: Path, small_blobs: Simulator, failing
) -> None:
    write(folder / "in", **dict.fromkeys("abcdef", BLOB))
    failing("a*", "d*", "f*")
    job = engine.put(bucket, folder / "in", objects_per_job=2)
    assert engine.run(job)[-1].counts.failed == 3
    write(folder / "in", a=BLOB + 1, d=BLOB - 1, f=0)
    small_blobs.faults.set("fail_next", [["DELETE /_rest_/job/*", 409, "JobsConflict", 1]])
    ended = engine.run(again(engine, job, retry=True))[-1]
    assert (ended.counts.done, ended.counts.failed) == (5, 1)
    assert engine.run(again(engine, job, retry=True))[-1].outcome is Outcome.DONE
    assert is_all_there(engine, bucket, folder)


def test_the_program_may_end_between_the_two_jobs(
    engine, bucket: str, folder: Path, small_blobs: Simulator, failing
) -> None:
    write(folder / "in", a=10, b=BLOB)
    failing("b*offset=0*")
    job = engine.put(bucket, folder / "in")
    engine.run(job)
    write(folder / "in", b=BLOB * 16)
    small_blobs.faults.set("throttle_bps", BLOB * 2)
    more = again(engine, job, retry=True)
    interrupted(engine, more, BLOB)
    small_blobs.faults.set("throttle_bps", None)
    assert engine.run(again(engine, more))[-1].outcome is Outcome.DONE
    assert is_all_there(engine, bucket, folder)


def test_it_may_end_before_the_name_is_free(engine, bucket: str, folder: Path, failing) -> None:
    write(folder / "in", a=10, b=BLOB)
    failing("b*offset=0*")
    job = engine.put(bucket, folder / "in")
    engine.run(job)
    write(folder / "in", b=BLOB * 2)
    more = again(engine, job, retry=True)
    more.pause()
    thread, events = engine.start(more)
    wait_until(lambda: any(isinstance(e, JobState) and e.state is State.WAITING for e in events))
    more.interrupt()
    thread.join(10)
    assert events[-1].outcome is Outcome.INTERRUPTED
    assert engine.run(again(engine, more))[-1].outcome is Outcome.DONE
    assert is_all_there(engine, bucket, folder)


def test_discarding_it_takes_what_the_closed_job_has_as_well(
    engine, bucket: str, folder: Path, small_blobs: Simulator, client, failing
) -> None:
    small_blobs.faults.set("hold_persistence", True)
    write(folder / "in", a=10, b=BLOB)
    failing("b*offset=0*")
    job = engine.put(bucket, folder / "in")
    engine.run(job)
    write(folder / "in", b=BLOB * 16)
    small_blobs.faults.set("throttle_bps", BLOB * 2)
    more = again(engine, job, retry=True)
    interrupted(engine, more, BLOB)
    last = again(engine, more)
    last.cancel(Cancel.DISCARD)
    assert engine.run(last)[-1].outcome is Outcome.CANCELLED
    assert list(client.list_objects(bucket).objects()) == []


def test_it_is_persisted_when_the_closed_job_and_the_other_one_are(
    engine, bucket: str, folder: Path, small_blobs: Simulator, client, failing
) -> None:
    for lost in ("whole", "part"):
        name = f"in-{lost}"
        write(folder / name, **({"b": BLOB} if lost == "whole" else {"a": 10, "b": BLOB}))
        small_blobs.faults.set("fail_next", [[f"PUT /archive/{name}/b*", 500, None, 5]])
        job = engine.put(bucket, folder / name)
        engine.run(job)
        write(folder / name, b=BLOB + 1)
        told: list[Event] = []
        watcher = PersistenceWatcher(client, told.append, first_s=0.05)
        try:
            for event in engine.run(again(engine, job, retry=True)):
                if isinstance(event, JobCreated) and event.chunks:
                    total = sum(chunk.length for chunk in event.chunks)
                    watcher.watch(event.job_id, event.appliance_job_id, total)
                elif isinstance(event, JobCreated):
                    watcher.leave_out(event.job_id, event.appliance_job_id)
            watcher.ended(job.job_id)
            wait_until(lambda told=told: bool(told) and isinstance(told[-1], Persisted))
        finally:
            watcher.close()


def test_a_job_that_timed_out_meanwhile_is_begun_anew_once(
    engine, bucket: str, folder: Path, small_blobs: Simulator, failing
) -> None:
    write(folder / "in", a=BLOB, b=BLOB)
    failing("b*offset=0*")
    job = engine.put(bucket, folder / "in")
    engine.run(job)
    small_blobs.store.db.execute("UPDATE job SET active = active - ?", (25 * 3600,))
    small_blobs.store.db.commit()
    write(folder / "in", b=BLOB * 2)
    failing("b*offset=0*")
    ended = engine.run(again(engine, job, retry=True))[-1]
    assert (ended.counts.done, ended.counts.failed, ended.failure) == (1, 1, None)
    received = small_blobs.counters()["blobs received"]
    assert engine.run(again(engine, job, retry=True))[-1].outcome is Outcome.DONE
    assert small_blobs.counters()["blobs received"] - received == 1  # of `b`, which had one
    assert is_all_there(engine, bucket, folder)
