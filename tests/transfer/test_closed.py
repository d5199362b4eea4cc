"""Failed uploads that are tried again after their jobs on the appliance were closed."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from ds3_browser.protocol.client import Ds3Client
from ds3_browser.simulator.server import Simulator
from ds3_browser.transfer.events import JobCreated, ObjectState, Outcome
from tests.transfer.scenes import BLOB, is_all_there, write
from tests.transfer.test_going_on import again, counts

pytestmark = pytest.mark.usefixtures("no_rest")


def close(engine, client: Ds3Client, job) -> list[str]:
    """Close all jobs of a job, as the window does."""
    with closing(engine.reader()) as reader:
        there = [part.appliance_id for part in reader.parts(job.job_id) if part.appliance_id]
    for one in there:
        client.truncate_job(one)
    engine.ledger.set_end(job.job_id, closed=True)
    engine.ledger.set_persisted(job.job_id)
    return there


def test_what_failed_goes_into_a_job_of_its_own(
    engine, bucket: str, folder: Path, small_blobs: Simulator, client, failing
) -> None:
    write(folder / "in", a=BLOB, b=BLOB * 2, c=0)
    failing(f"b*offset={BLOB}*")
    job = engine.put(bucket, folder / "in")
    assert engine.run(job)[-1].counts.failed == 1
    (closed,) = close(engine, client, job)
    received = small_blobs.counters()["blobs received"]
    further = again(engine, job, retry=True)
    events = engine.run(further)
    assert (events[-1].outcome, events[-1].counts.done) == (Outcome.DONE, 3)
    assert small_blobs.counters()["blobs received"] - received == 2  # the first one was given up
    made = [e.appliance_job_id for e in events if isinstance(e, JobCreated)]
    assert made[0] == closed
    assert len(set(made)) == 2
    assert counts(engine, job) == {ObjectState.IN_CACHE: 3}
    with closing(engine.reader()) as reader:
        record = reader.job(job.job_id)
    assert record.persisted is None  # the other job is not
    assert is_all_there(engine, bucket, folder)


def test_a_file_that_is_another_one_by_then_is_sent_as_it_is(
    engine, bucket: str, folder: Path, client, failing
) -> None:
    write(folder / "in", a=BLOB, b=BLOB)
    failing("b*")
    job = engine.put(bucket, folder / "in")
    engine.run(job)
    close(engine, client, job)
    write(folder / "in", b=BLOB * 3 + 7)
    assert engine.run(again(engine, job, retry=True))[-1].outcome is Outcome.DONE
    assert is_all_there(engine, bucket, folder)


def test_a_closed_job_that_had_nothing_is_followed_no_more(
    engine, bucket: str, folder: Path, client, failing
) -> None:
    write(folder / "in", a=BLOB)
    failing("a*")
    job = engine.put(bucket, folder / "in")
    engine.run(job)
    (closed,) = close(engine, client, job)
    events = engine.run(again(engine, job, retry=True))
    assert events[-1].outcome is Outcome.DONE
    assert closed not in {e.appliance_job_id for e in events if isinstance(e, JobCreated)}
    assert is_all_there(engine, bucket, folder)


def test_it_may_fail_and_be_closed_and_tried_again_more_than_once(
    engine, bucket: str, folder: Path, client, failing
) -> None:
    write(folder / "in", a=BLOB, b=BLOB, c=BLOB)
    failing("b*", "c*")
    job = engine.put(bucket, folder / "in")
    assert engine.run(job)[-1].counts.failed == 2
    close(engine, client, job)
    failing("c*")
    ended = engine.run(again(engine, job, retry=True))[-1]
    assert (ended.counts.done, ended.counts.failed) == (2, 1)
    with closing(engine.reader()) as reader:
        there = [part for part in reader.parts(job.job_id) if part.state != "truncated"]
    client.truncate_job(there[-1].appliance_id)
    engine.ledger.set_end(job.job_id, closed=True)
    ended = engine.run(again(engine, job, retry=True))[-1]
    assert (ended.outcome, ended.counts.done) == (Outcome.DONE, 3)
    assert is_all_there(engine, bucket, folder)


def test_what_had_not_failed_in_a_job_that_was_refused_is_sent_too(
    engine, bucket: str, folder: Path, small_blobs: Simulator, client
) -> None:
    write(folder / "in", a=BLOB, b=BLOB, c=BLOB)
    small_blobs.faults.set("fail_next", [["PUT /archive/in/b*", 403, "InvalidAccessKeyId", 1]])
    job = engine.put(bucket, folder / "in")
    assert engine.run(job)[-1].outcome is Outcome.FAILED
    close(engine, client, job)
    ended = engine.run(again(engine, job, retry=True))[-1]
    assert (ended.outcome, ended.counts.done) == (Outcome.DONE, 3)
    assert is_all_there(engine, bucket, folder)
