"""A job that goes on in a further run: nothing is moved again, nothing is forgotten."""

from __future__ import annotations

import contextlib
import shutil
import threading
from contextlib import closing
from pathlib import Path

import pytest

from ds3_browser.protocol.client import Ds3Client
from ds3_browser.protocol.errors import Conflict, NotFound, Refusal, ServerFault
from ds3_browser.protocol.records import Endpoint, RequestType
from ds3_browser.simulator.server import Simulator
from ds3_browser.transfer import part_file
from ds3_browser.transfer.events import (
    Actor,
    Cancel,
    Event,
    FailureCode,
    JobCreated,
    JobEnded,
    JobState,
    ObjectState,
    Outcome,
    Progress,
    WaitReason,
)
from ds3_browser.transfer.get import Existing, GetJob, GetSpec
from ds3_browser.transfer.put import PutJob, PutSpec
from tests.transfer.relay import Relay
from tests.transfer.scenes import BLOB, same, wait_for_quiet, wait_until, waits, write


def moved(events: list[Event]) -> int:
    return max((e.sent for e in events if isinstance(e, Progress)), default=0)


def interrupted(engine, job: PutJob | GetJob, at: int) -> list[Event]:
    """Run a job until it has moved so many bytes, and quit."""
    thread, events = engine.start(job)
    wait_until(lambda: moved(events) >= at)
    job.interrupt()
    thread.join(10)
    assert events[-1].outcome is Outcome.INTERRUPTED
    return events


def again(engine, job: PutJob | GetJob, **how: bool) -> PutJob | GetJob:
    """The same job as the ledger has it, for one more run."""
    with closing(engine.reader()) as reader:
        record = reader.job(job.job_id)
    kinds = (PutJob, PutSpec) if isinstance(job, PutJob) else (GetJob, GetSpec)
    return kinds[0](
        kinds[1].of(record),
        *(engine.client, engine.ledger, engine.pool, engine.turns),
        **(how or {"continued": True}),
    )


def counts(engine, job) -> dict[ObjectState, int]:
    with closing(engine.reader()) as reader:
        return reader.counts(job.job_id)


@pytest.fixture
def slow(small_blobs: Simulator) -> Simulator:
    small_blobs.faults.set_all({"throttle_bps": BLOB * 2, "retry_after": 0})
    return small_blobs


@pytest.mark.checklist(
    "K C-115: an upload that goes on sends only blobs that the job lists as not in cache",
    "K C-114: the job's record is on disk before the first byte",
)
def test_an_upload_goes_on_and_sends_nothing_again(
    engine, bucket: str, folder: Path, tmp_path: Path, slow: Simulator
) -> None:
    write(folder / "in", big=BLOB * 20 + 5, small=10, none=0, **{f"f{n}": BLOB for n in range(8)})
    job = engine.put(bucket, folder / "in")
    interrupted(engine, job, BLOB * 6)
    wait_for_quiet(slow)
    slow.faults.set("throttle_bps", None)
    before = slow.counters()["bytes received"]
    events = engine.run(again(engine, job))
    assert events[-1].outcome is Outcome.DONE
    assert events[-1].counts.done == events[-1].counts.total == 11
    total = BLOB * 28 + 15
    assert slow.counters()["bytes received"] - before < total - BLOB * 4
    assert slow.counters().get("blobs received twice", 0) == 0
    assert counts(engine, job) == {ObjectState.IN_CACHE: 11}
    last = [e for e in events if isinstance(e, Progress)][-1]
    assert (last.sent, last.total) == (total, total)
    engine.run(engine.get(bucket, tmp_path / "out", prefixes=[""]))
    assert same(folder / "in", tmp_path / "out" / "in")


def test_a_download_goes_on_and_fetches_what_is_missing(
    engine, bucket: str, folder: Path, tmp_path: Path, slow: Simulator
) -> None:
    write(folder / "in", big=BLOB * 20 + 5, small=10, none=0, **{f"f{n}": BLOB for n in range(8)})
    slow.faults.set("throttle_bps", None)
    engine.run(engine.put(bucket, folder / "in"))
    slow.faults.set("throttle_bps", BLOB * 12)
    job = engine.get(bucket, tmp_path / "out", prefixes=[""])
    interrupted(engine, job, BLOB * 8)
    slow.faults.set("throttle_bps", None)
    before = slow.counters()["bytes sent"]
    events = engine.run(again(engine, job))
    assert events[-1].outcome is Outcome.DONE
    assert slow.counters()["bytes sent"] - before < BLOB * 28
    assert same(folder / "in", tmp_path / "out" / "in")
    assert counts(engine, job) == {ObjectState.DONE: 11}


def test_no_more_is_told_as_received_than_was_in_cache(
    engine, bucket: str, folder: Path, tmp_path: Path, small_blobs: Simulator
) -> None:
    write(folder / "in", a=BLOB * 9, b=BLOB * 3 + 1)
    engine.run(engine.put(bucket, folder / "in"))
    small_blobs.faults.set_all({"throttle_bps": BLOB * 6, "chunk_blobs": 2, "retry_after": 0})
    job = engine.get(bucket, tmp_path / "out", prefixes=["in/"])
    interrupted(engine, job, BLOB * 4)
    wait_for_quiet(small_blobs)
    small_blobs.faults.set("throttle_bps", None)
    events = engine.run(again(engine, job))
    told = [(e.sent, e.in_cache) for e in events if isinstance(e, Progress)]
    assert all(sent <= in_cache for sent, in_cache in told)
    assert told[-1] == (BLOB * 12 + 1, BLOB * 12 + 1)


def test_what_is_in_a_part_file_is_trusted_only_with_its_digest(
    engine, bucket: str, folder: Path, tmp_path: Path, slow: Simulator
) -> None:
    write(folder, big=BLOB * 16)
    slow.faults.set("throttle_bps", None)
    engine.run(engine.put(bucket, folder / "big"))
    slow.faults.set("throttle_bps", BLOB * 12)
    job = engine.get(bucket, tmp_path / "out", names=["big"])
    interrupted(engine, job, BLOB * 8)
    slow.faults.set("throttle_bps", None)
    part = tmp_path / "out" / f"big.{job.job_id}.ds3part"
    with part.open("r+b") as file:
        file.seek(100)
        byte = file.read(1)
        file.seek(100)
        file.write(bytes([byte[0] ^ 1]))
    assert engine.run(again(engine, job))[-1].outcome is Outcome.DONE
    assert (tmp_path / "out" / "big").read_bytes() == (folder / "big").read_bytes()
    assert not part.exists()


def test_a_file_that_was_in_place_when_the_program_died_is_not_doubled(
    engine, bucket: str, folder: Path, tmp_path: Path, slow: Simulator
) -> None:
    write(folder, a=BLOB * 10, b=BLOB * 10)
    slow.faults.set("throttle_bps", None)
    engine.run(engine.put(bucket, folder / "a", folder / "b"))
    slow.faults.set("throttle_bps", BLOB * 12)
    job = engine.get(bucket, tmp_path / "out", names=["a", "b"], existing=Existing.KEEP_BOTH)
    interrupted(engine, job, BLOB)
    slow.faults.set("throttle_bps", None)
    shutil.copy(folder / "a", tmp_path / "out" / "a")  # renamed, and the ledger not yet told
    assert engine.run(again(engine, job))[-1].outcome is Outcome.DONE
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a", "b"]


@pytest.mark.parametrize("how", ["cancel", "pause"])
def test_a_long_comparison_with_a_file_in_place_ends_with_its_job(
    engine, bucket: str, folder: Path, tmp_path: Path, slow: Simulator, monkeypatch, how: str
) -> None:
    slow.faults.set("throttle_bps", None)
    write(folder, a=BLOB * 48)
    engine.run(engine.put(bucket, folder / "a"))
    slow.faults.set("throttle_bps", BLOB * 24)
    first = engine.get(bucket, tmp_path / "out", names=["a"])
    interrupted(engine, first, BLOB)
    slow.faults.set("throttle_bps", None)
    shutil.copy(folder / "a", tmp_path / "out" / "a")
    with monkeypatch.context() as patch:
        patch.setattr(part_file, "COMPARED_AT_ONCE", 1)
        job = again(engine, first)
        thread, events = engine.start(job)
        wait_until(lambda: moved(events) == BLOB * 48)
        if how == "pause":
            job.pause()
            job.pause()
            wait_until(lambda: _is_paused(events), 3)
        else:
            job.cancel(Cancel.KEEP)
            thread.join(3)
    job.resume()
    thread.join(10)
    expected = Outcome.CANCELLED if how == "cancel" else Outcome.DONE
    assert (events[-1].outcome, events[-1].counts.done) == (expected, int(how == "pause"))
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["a"]


def _is_paused(events: list[Event]) -> bool:
    """Whether it rests, and no thread has anything of it in hand."""
    last = next(e for e in reversed(events) if isinstance(e, JobState))
    return last.reason is WaitReason.USER and not last.facts.blobs_in_flight


def test_a_job_whose_creation_was_not_answered_is_found_and_adopted(
    engine, bucket: str, folder: Path, simulator: Simulator, client
) -> None:
    write(folder / "in", a=10, b=20)
    job = engine.put(bucket, folder / "in")
    ask = client.start_put_job
    asked = threading.Event()

    def die_after_asking(*args, **options):
        ask(*args, **options)
        asked.set()
        job.interrupt()
        raise engine_died

    engine_died = RuntimeError("the program dies here")
    client.start_put_job = die_after_asking
    thread, _ = engine.start(job)
    thread.join(10)
    assert asked.is_set()
    client.start_put_job = ask
    with closing(engine.reader()) as reader:
        assert [part.state for part in reader.parts(job.job_id)] == ["intended"]
    _open_again(engine, job)
    assert engine.run(again(engine, job))[-1].outcome is Outcome.DONE
    assert len(client.list_jobs()) <= 1
    assert simulator.counters()["requests PUT bucket"] >= 1
    assert len(list(client.active_jobs())) + len(list(client.completed_jobs())) == 1


def _open_again(engine, job) -> None:
    """As a crash leaves a job: nothing of it has ended."""
    engine.ledger._put("UPDATE object SET state='waiting', ended=NULL WHERE job=?", (job.job_id,))


def test_a_job_that_was_still_being_planned_is_planned_anew(
    engine, bucket: str, folder: Path
) -> None:
    write(folder / "in", a=10, b=20)
    job = engine.put(bucket, folder / "in")
    engine.ledger.add_job(job._record())
    engine.ledger.add_objects(
        job.job_id, list(job._plan())[:1]
    )  # and here the program died; meanwhile the folder has changed
    write(folder / "in", c=30)
    events = engine.run(again(engine, job))
    assert events[-1].outcome is Outcome.DONE
    assert events[-1].counts.done == 3


def test_a_split_job_goes_on_in_the_part_it_had_come_to(
    engine, bucket: str, folder: Path, slow: Simulator, client
) -> None:
    write(folder / "in", **{f"f{n:02}": BLOB for n in range(20)})
    job = engine.put(bucket, folder / "in", objects_per_job=8)
    interrupted(engine, job, BLOB * 10)
    wait_for_quiet(slow)
    slow.faults.set("throttle_bps", None)
    events = engine.run(again(engine, job))
    assert events[-1].outcome is Outcome.DONE
    assert events[-1].counts.done == 20
    assert slow.counters().get("blobs received twice", 0) == 0
    assert len(client.list_objects(bucket)) == 20
    names = {j.name for j in (*client.active_jobs(), *client.completed_jobs())}
    assert names == {f"up ({n} of 3)" for n in (1, 2, 3)}


@pytest.mark.checklist("K C-116: an object whose file changed size or time is not gone on with")
def test_a_file_that_changed_meanwhile_fails_alone(
    engine, bucket: str, folder: Path, slow: Simulator
) -> None:
    write(folder / "in", a=BLOB * 12, b=BLOB * 12)
    job = engine.put(bucket, folder / "in")
    interrupted(engine, job, BLOB * 2)
    slow.faults.set("throttle_bps", None)
    write(folder / "in", b=BLOB * 12)
    events = engine.run(again(engine, job))
    assert events[-1].outcome is Outcome.FAILED
    assert (events[-1].counts.done, events[-1].counts.failed) == (1, 1)
    with closing(engine.reader()) as reader:
        (failed,) = reader.failed(job.job_id)
    assert (failed.name, failed.failure.code) == ("in/b", FailureCode.CHANGED)


def test_a_job_that_the_appliance_has_dropped_says_so(
    engine, bucket: str, folder: Path, slow: Simulator, client
) -> None:
    write(folder / "in", a=BLOB * 12)
    job = engine.put(bucket, folder / "in")
    interrupted(engine, job, BLOB * 2)
    for found in client.list_jobs():
        client.cancel_job(found.job_id)
    ended = engine.run(again(engine, job))[-1]
    assert isinstance(ended, JobEnded)
    assert ended.outcome is Outcome.FAILED
    assert ended.failure is not None
    assert ended.failure.code is FailureCode.JOB_GONE


@pytest.mark.checklist(
    "K C-108: no more chunks after all blobs is success; before, GET job decides"
)
def test_an_upload_that_the_appliance_has_whole_is_done_at_once(
    engine, bucket: str, folder: Path, simulator: Simulator
) -> None:
    write(folder / "in", a=10, b=0)
    job = engine.put(bucket, folder / "in")
    assert engine.run(job)[-1].outcome is Outcome.DONE
    _open_again(engine, job)
    before = simulator.counters()["blobs received"]
    assert engine.run(again(engine, job))[-1].outcome is Outcome.DONE
    assert simulator.counters()["blobs received"] == before
    assert counts(engine, job) == {ObjectState.IN_CACHE: 2}


def test_a_download_to_a_disk_that_is_away_waits_for_it(
    engine, bucket: str, folder: Path, tmp_path: Path, slow: Simulator
) -> None:
    write(folder, a=BLOB * 12)
    slow.faults.set("throttle_bps", None)
    engine.run(engine.put(bucket, folder / "a"))
    slow.faults.set("throttle_bps", BLOB * 12)
    job = engine.get(bucket, tmp_path / "disk", names=["a"])
    interrupted(engine, job, BLOB)
    slow.faults.set("throttle_bps", None)
    (tmp_path / "disk").rename(tmp_path / "unplugged")
    more = again(engine, job)
    thread, events = engine.start(more)
    wait_until(lambda: any(isinstance(e, JobState) and e.reason is WaitReason.DISK for e in events))
    (tmp_path / "unplugged").rename(tmp_path / "disk")
    more.try_now()
    thread.join(10)
    assert events[-1].outcome is Outcome.DONE
    assert (tmp_path / "disk" / "a").read_bytes() == (folder / "a").read_bytes()


@pytest.mark.parametrize("how", Cancel)
def test_a_job_may_be_cancelled_instead_of_going_on(
    engine, bucket: str, folder: Path, tmp_path: Path, slow: Simulator, client, how: Cancel
) -> None:
    write(folder, a=BLOB * 12)
    slow.faults.set("throttle_bps", None)
    engine.run(engine.put(bucket, folder / "a"))
    slow.faults.set("throttle_bps", BLOB * 2)
    down = engine.get(bucket, tmp_path / "out", names=["a"])
    interrupted(engine, down, BLOB * 3)
    write(folder / "in", b=BLOB * 48)  # more than can be on its way at once
    up = engine.put(bucket, folder / "in")
    interrupted(engine, up, BLOB * 3)
    slow.faults.set("throttle_bps", None)
    for job in (down, up):
        more = again(engine, job)
        more.cancel(how)
        assert engine.run(more)[-1].outcome is Outcome.CANCELLED
    assert list((tmp_path / "out").iterdir()) == []
    assert counts(engine, down) == counts(engine, up) == {ObjectState.CANCELLED: 1}
    assert [job.request_type.value for job in client.active_jobs()] in ([], ["PUT"])
    assert [o.name for o in client.list_objects(bucket).objects()] == ["a"]


def test_what_a_job_had_brought_before_it_was_discarded_is_told_as_kept(
    engine, bucket: str, folder: Path, slow: Simulator, client
) -> None:
    write(folder / "in", a=BLOB, b=BLOB * 48)  # more than can be on its way at once
    job = engine.put(bucket, folder / "in")
    interrupted(engine, job, BLOB)
    slow.faults.set("throttle_bps", None)
    for row in engine.reader().to_move(job.job_id):  # as if its last answers had been lost
        content = (folder / row.name).read_bytes()
        for at in range(0, len(content), BLOB):
            with contextlib.suppress(Conflict, NotFound):
                client.begin_put(
                    *(bucket, row.name, content[at : at + BLOB]),
                    job_id=engine.reader().parts(job.job_id)[0].appliance_id,
                    offset=at,
                ).end()
    more = again(engine, job)
    more.cancel(Cancel.DISCARD)
    events = engine.run(more)
    assert events[-1].outcome is Outcome.CANCELLED
    assert events[-1].counts.done == 2
    assert counts(engine, job) == {ObjectState.IN_CACHE: 2}
    facts = [e.facts for e in events if isinstance(e, JobState)][-1]
    assert (facts.kept, facts.objects_kept) == (True, 2)


@pytest.mark.parametrize("how", Cancel)
def test_an_upload_that_is_cancelled_claims_what_is_there_and_no_more(
    engine, bucket: str, folder: Path, slow: Simulator, client, how: Cancel
) -> None:
    slow.faults.set("hold_persistence", True)
    write(folder / "in", **{f"f{number}": BLOB for number in range(40)})
    job = engine.put(bucket, folder / "in", objects_per_job=8)
    thread, events = engine.start(job)
    wait_until(lambda: moved(events) >= BLOB * 12)
    job.cancel(how)
    thread.join(20)
    there = {one.name for one in client.list_objects(bucket).objects() if one.etag}
    with closing(engine.reader()) as reader:
        rows = reader.objects(job.job_id)
    assert {row.name for row in rows if row.state is ObjectState.IN_CACHE} == there
    assert events[-1].counts.done == len(there)
    assert (len(there) > 0) is (how is Cancel.KEEP)


def test_failed_objects_of_an_upload_are_sent_in_the_job_that_is_still_open(
    engine, bucket: str, folder: Path, small_blobs: Simulator, client, no_rest
) -> None:
    write(folder / "in", a=BLOB * 2, b=BLOB, c=10)
    small_blobs.faults.set("fail_next", [["PUT /archive/in/b*", 500, "InternalError", 5]])
    job = engine.put(bucket, folder / "in")
    ended = engine.run(job)[-1]
    assert (ended.outcome, ended.counts.failed) == (Outcome.FAILED, 1)
    received = small_blobs.counters()["blobs received"]
    ended = engine.run(again(engine, job, retry=True))[-1]
    assert (ended.outcome, ended.counts.done, ended.counts.failed) == (Outcome.DONE, 3, 0)
    assert small_blobs.counters()["blobs received"] - received <= 2
    assert small_blobs.counters().get("blobs received twice", 0) == 0
    assert counts(engine, job) == {ObjectState.IN_CACHE: 3}
    assert len(list(client.active_jobs())) + len(list(client.completed_jobs())) == 1


def test_a_failed_object_of_a_download_is_fetched_again(
    engine, bucket: str, folder: Path, tmp_path: Path, small_blobs: Simulator, no_rest
) -> None:
    write(folder, a=BLOB, b=10)
    engine.run(engine.put(bucket, folder / "a", folder / "b"))
    small_blobs.faults.set("fail_next", [["GET /archive/a*", 500, "InternalError", 5]])
    job = engine.get(bucket, tmp_path / "out", names=["a", "b"])
    assert engine.run(job)[-1].counts.failed == 1
    ended = engine.run(again(engine, job, retry=True))[-1]
    assert (ended.outcome, ended.counts.done) == (Outcome.DONE, 2)
    assert (tmp_path / "out" / "a").read_bytes() == (folder / "a").read_bytes()


def test_a_job_that_was_refused_is_asked_for_again(
    engine, bucket: str, folder: Path, client
) -> None:
    write(folder / "in", a=10, b=10)
    for name in ("in/a", "in/b"):
        client.put_object(bucket, name, b"older")
    job = engine.put(bucket, folder / "in")
    ended = engine.run(job)[-1]
    assert ended.failure is not None
    assert ended.failure.code is FailureCode.EXISTS
    with closing(engine.reader()) as reader:
        assert reader.job(job.job_id).failure.code is FailureCode.EXISTS
    client.delete_folder(bucket, "in")
    ended = engine.run(again(engine, job, retry=True))[-1]
    assert (ended.outcome, ended.counts.done) == (Outcome.DONE, 2)


def test_after_a_refusal_nothing_is_looked_for_and_what_is_free_is_sent(
    engine, bucket: str, folder: Path, client
) -> None:
    write(folder / "in", a=10, b=10)
    for name in ("in/a", "in/b"):
        client.put_object(bucket, name, b"older")
    job = engine.put(bucket, folder / "in")
    assert engine.run(job)[-1].failure.code is FailureCode.EXISTS
    with closing(engine.reader()) as reader:
        assert reader.parts(job.job_id) == []
    events = engine.run(again(engine, job, retry=True))
    assert events[-1].failure.code is FailureCode.EXISTS
    assert waits(events) == []
    client.delete_object(bucket, "in/a")
    ended = engine.run(again(engine, job, retry=True))[-1]
    assert (ended.counts.done, ended.counts.failed, ended.failure) == (1, 1, None)


def test_a_job_that_was_made_behind_a_gateway_that_gave_up_is_found_by_a_retry(
    engine, bucket: str, folder: Path, client, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folder / "in", a=10, b=10)
    ask = client.start_put_job

    def made_and_not_told(*args, **options):
        ask(*args, **options)
        raise ServerFault(Refusal("PUT", "/_rest_/bucket/archive", 504))

    job = engine.put(bucket, folder / "in")
    with monkeypatch.context() as patch:
        patch.setattr(client, "start_put_job", made_and_not_told)
        assert engine.run(job)[-1].outcome is Outcome.FAILED
    (made,) = client.active_jobs()
    events = engine.run(again(engine, job, retry=True))
    assert (events[-1].outcome, events[-1].counts.done) == (Outcome.DONE, 2)
    assert {e.appliance_job_id for e in events if isinstance(e, JobCreated)} == {made.job_id}


def test_names_that_were_taken_are_asked_for_again_in_another_job(
    engine, bucket: str, folder: Path, client
) -> None:
    write(folder / "in", a=10, b=10, c=10)
    client.put_object(bucket, "in/a", b"older")
    client.put_object(bucket, "in/c", b"older")
    job = engine.put(bucket, folder / "in")
    ended = engine.run(job)[-1]
    assert (ended.outcome, ended.counts.done, ended.counts.failed) == (Outcome.FAILED, 1, 2)
    client.delete_object(bucket, "in/a")
    ended = engine.run(again(engine, job, retry=True))[-1]
    assert (ended.outcome, ended.counts.done, ended.counts.failed) == (Outcome.FAILED, 2, 1)
    client.delete_object(bucket, "in/c")
    ended = engine.run(again(engine, job, retry=True))[-1]
    assert (ended.outcome, ended.counts.done, ended.counts.failed) == (Outcome.DONE, 3, 0)


def test_a_file_that_could_not_be_read_is_sent_by_a_retry(
    engine, bucket: str, folder: Path, client
) -> None:
    write(folder / "in", a=10)
    (folder / "in" / "b").symlink_to(folder / "later")
    job = engine.put(bucket, folder / "in", follow_links=True)
    ended = engine.run(job)[-1]
    assert (ended.counts.done, ended.counts.failed) == (1, 1)
    (folder / "later").write_bytes(b"there now")
    ended = engine.run(again(engine, job, retry=True))[-1]
    assert (ended.outcome, ended.counts.done) == (Outcome.DONE, 2)
    assert client.head_object(bucket, "in/b").size == 9


def test_a_download_whose_job_the_appliance_has_ended_asks_for_the_rest(
    engine, bucket: str, folder: Path, tmp_path: Path, slow: Simulator, client
) -> None:
    write(folder / "in", a=BLOB * 12, b=BLOB * 3)
    slow.faults.set("throttle_bps", None)
    engine.run(engine.put(bucket, folder / "in"))
    slow.faults.set("throttle_bps", BLOB * 8)
    job = engine.get(bucket, tmp_path / "out", prefixes=["in/"])
    interrupted(engine, job, BLOB * 5)
    (found,) = client.active_jobs()
    client.cancel_job(found.job_id)
    slow.faults.set("throttle_bps", None)
    before = slow.counters()["blobs sent"]
    ended = engine.run(again(engine, job))[-1]
    assert isinstance(ended, JobEnded)
    assert (ended.outcome, ended.counts.done) == (Outcome.DONE, 2)
    assert same(folder / "in", tmp_path / "out" / "in")
    # What was proved to be here was not read again, and the new job does not wait for it.
    assert slow.counters()["blobs sent"] - before < 15
    assert not list(client.active_jobs())
    assert not list((tmp_path / "out").rglob("*.ds3part"))


def test_a_job_that_the_appliance_dropped_for_want_of_activity_says_why(
    engine, bucket: str, folder: Path, slow: Simulator, client
) -> None:
    write(folder / "in", a=BLOB * 12)
    job = engine.put(bucket, folder / "in")
    interrupted(engine, job, BLOB * 2)
    day = 24 * 3600
    slow.store.db.execute("UPDATE job SET active = active - ?", (day + 60,))
    slow.store.db.commit()
    ended = engine.run(again(engine, job))[-1]
    assert isinstance(ended, JobEnded)
    assert (ended.outcome, ended.by) == (Outcome.FAILED, Actor.APPLIANCE)
    assert ended.failure is not None
    assert ended.failure.code is FailureCode.TIMED_OUT
    # The time-out dropped all of it: a retry sends all of it with a new job.
    slow.faults.set("throttle_bps", None)
    ended = engine.run(again(engine, job, retry=True))[-1]
    assert (ended.outcome, ended.counts.done) == (Outcome.DONE, 1)
    engine.run(engine.get(bucket, folder.parent / "out", prefixes=["in/"]))
    assert same(folder / "in", folder.parent / "out" / "in")


def test_a_job_that_was_asked_for_before_a_restart_is_cancelled_without_going_on(
    engine, bucket: str, folder: Path, tmp_path: Path, simulator: Simulator
) -> None:
    """Its creation was not answered: nobody knows its id."""

    def open_there() -> list[str]:
        return [job.job_id for job in client.active_jobs() if job.request_type is RequestType.GET]

    write(folder / "in", a=1000)
    engine.run(engine.put(bucket, folder / "in"))
    client = engine.client
    with Relay(simulator.port) as relay:
        engine.client = Ds3Client(Endpoint.parse(relay.url), client.credentials)
        relay.silence_answer_to(b"operation=start_bulk_get")
        job = engine.get(bucket, tmp_path / "out", names=["in/a"])
        thread, events = engine.start(job)
        assert relay.swallowed.wait(10)
        job.interrupt()
        thread.join(10)
        assert events[-1].outcome is Outcome.INTERRUPTED
        engine.client.close()
    engine.client = client
    assert len(open_there()) == 1
    further = again(engine, job)
    further.cancel(Cancel.DISCARD)
    assert engine.run(further)[-1].outcome is Outcome.CANCELLED
    assert open_there() == []
