"""Jobs that the appliance does by itself: brought into its cache, or read and checked."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from ds3_browser.protocol.client import Ds3Client
from ds3_browser.protocol.errors import BadReply
from ds3_browser.protocol.records import (
    ApplianceJob,
    BulkJob,
    Chunk,
    Credentials,
    Endpoint,
    Priority,
)
from ds3_browser.simulator.server import Simulator
from ds3_browser.transfer import unattended
from ds3_browser.transfer.blobs import Blobs
from ds3_browser.transfer.events import (
    Cancel,
    ChunkPhase,
    ChunkState,
    Direction,
    Event,
    FailureCode,
    JobCreated,
    JobEnded,
    JobState,
    ObjectState,
    Outcome,
    Progress,
    State,
    WaitReason,
)
from ds3_browser.transfer.ledger import JobRecord, Ledger, LedgerReader
from ds3_browser.transfer.ledger_records import CellRow
from ds3_browser.transfer.listed_cache import LISTED_A_SECOND, PUT_OFF_S, ListedCache
from ds3_browser.transfer.unattended import UnattendedJob, UnattendedSpec
from tests.transfer.relay import Relay
from tests.transfer.scenes import (
    BLOB,
    SMALL_BLOBS,
    appliance_job,
    failures,
    states,
    wait_until,
    waits,
    write,
)

KINDS = [Direction.STAGE, Direction.VERIFY]
both = pytest.mark.parametrize("kind", KINDS, ids=["stage", "verify"])


@pytest.fixture(autouse=True)
def _asked_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unattended, "ASK_AFTER_S", (0.05,))


@pytest.fixture
def client(endpoint: Endpoint, credentials: Credentials) -> Iterator[Ds3Client]:
    """Such jobs move no bytes here, so that one kind of client will do."""
    with closing(Ds3Client(endpoint, credentials)) as client:
        yield client


@pytest.fixture
def archive(engine, bucket: str, folder: Path, simulator: Simulator) -> str:
    """Four objects on tape, none of them in cache."""
    write(folder / "in", a=1000, b=2000, c__d=3000, c__e=0)
    engine.run(engine.put(bucket, folder / "in"))
    simulator.faults.set("persist_delay", 0)
    engine.client.bucket_details(bucket)
    return bucket


def made(engine, kind: Direction, bucket: str, names=(), prefixes=("",), **more) -> UnattendedJob:
    spec = UnattendedSpec(
        *(engine.ledger.reserve_job_id(), "s", kind, bucket, ""),
        *(tuple(names), tuple(prefixes), "by hand"),
        **more,
    )
    return UnattendedJob(spec, engine.client, engine.ledger, engine.pool, engine.turns)


def record_of(engine, job: UnattendedJob) -> JobRecord:
    with closing(engine.reader()) as reader:
        record = reader.job(job.job_id)
    assert record is not None
    return record


def again(engine, job: UnattendedJob, **how: bool) -> UnattendedJob:
    return UnattendedJob(
        UnattendedSpec.of(record_of(engine, job)),
        *(engine.client, engine.ledger, engine.pool, engine.turns),
        **(how or {"continued": True}),
    )


def object_states(engine, job: UnattendedJob) -> dict[ObjectState, int]:
    with closing(engine.reader()) as reader:
        return {state: n for state, n in reader.counts(job.job_id).items() if n}


def last_progress(events: list[Event]) -> Progress:
    return [event for event in events if isinstance(event, Progress)][-1]


@both
def test_folders_and_objects_are_done_there_and_nothing_comes_here(
    engine, archive: str, simulator: Simulator, kind: Direction
) -> None:
    sent = simulator.counters().get("bytes sent", 0)
    job = made(engine, kind, archive, ["in/a", "in/b"], ["in/c/"], priority=Priority.LOW)
    events = engine.run(job)
    end = events[-1]
    assert (end.outcome, end.counts.done, end.counts.total) == (Outcome.DONE, 4, 4)
    told = last_progress(events)
    assert (told.in_cache, told.persisted, told.total) == (6000, 6000, 6000)
    state = ObjectState.IN_CACHE if kind is Direction.STAGE else ObjectState.DONE
    assert object_states(engine, job) == {state: 4}
    assert simulator.counters().get("bytes sent", 0) == sent
    there = engine.client.get_job(appliance_job(events))
    assert there.priority == "LOW"
    assert there.name == "by hand"


@both
def test_a_wait_for_tapes_is_told_and_ends(
    engine, archive: str, simulator: Simulator, kind: Direction
) -> None:
    simulator.faults.set("tape_delay", 3600)
    job = made(engine, kind, archive)
    thread, events = engine.start(job)
    wait_until(lambda: WaitReason.TAPE in waits(events))
    assert last_progress(events).sent == 0
    simulator.faults.set("tape_delay", 0)
    thread.join(10)
    assert events[-1].outcome is Outcome.DONE


@both
@pytest.mark.parametrize(
    "how",
    [
        {"busy": 2},
        {"fail_next": [["GET /_rest_/job/*", 500, None, 6]]},
        {"tape_delay": 1, "fail_next": [["GET /_rest_/active_job/*", 500, None, 6]]},
    ],
)
def test_a_busy_or_failing_appliance_is_asked_again(
    engine, archive: str, simulator: Simulator, kind: Direction, how: dict
) -> None:
    simulator.faults.set_all({"retry_after": 0, **how})
    events = engine.run(made(engine, kind, archive))
    assert events[-1].outcome is Outcome.DONE
    assert WaitReason.BUSY in waits(events)


@both
def test_an_answer_that_cannot_be_read_does_not_end_it(
    engine, archive: str, simulator: Simulator, monkeypatch, kind: Direction
) -> None:
    monkeypatch.setattr("ds3_browser.transfer.waits.BACK_OFF_S", (0.05,))
    simulator.faults.set("tape_delay", 1)
    ask, unread = engine.client.active_job, [1, 1]

    def garbled(job_id: str) -> ApplianceJob:
        if unread:
            unread.pop()
            raise BadReply("not XML")
        return ask(job_id)

    monkeypatch.setattr(engine.client, "active_job", garbled)
    events = engine.run(made(engine, kind, archive))
    assert not unread
    assert events[-1].outcome is Outcome.DONE


@both
def test_it_is_followed_without_its_list_where_that_cannot_be_read(
    engine, archive: str, simulator: Simulator, monkeypatch, kind: Direction
) -> None:
    simulator.faults.set("tape_delay", 1)
    ask, unread = engine.client.get_job, [1]

    def garbled(job_id: str, **named) -> BulkJob:
        if unread:
            unread.pop()
            raise BadReply("not XML")
        return ask(job_id, **named)

    monkeypatch.setattr(engine.client, "get_job", garbled)
    events = engine.run(made(engine, kind, archive))
    assert not unread
    assert events[-1].outcome is Outcome.DONE
    assert WaitReason.TAPE in waits(events)
    assert WaitReason.BUSY not in waits(events)


@both
def test_a_cancel_ends_the_job_there(
    engine, archive: str, simulator: Simulator, kind: Direction
) -> None:
    simulator.faults.set("tape_delay", 3600)
    job = made(engine, kind, archive)
    thread, events = engine.start(job)
    wait_until(lambda: WaitReason.TAPE in waits(events))
    job.cancel(Cancel.DISCARD)
    thread.join(10)
    assert events[-1].outcome is Outcome.CANCELLED
    assert object_states(engine, job) == {ObjectState.CANCELLED: 4}
    assert list(engine.client.active_jobs()) == []


@both
def test_it_goes_on_after_a_restart_with_the_same_job(
    engine, archive: str, simulator: Simulator, kind: Direction
) -> None:
    simulator.faults.set("tape_delay", 3600)
    job = made(engine, kind, archive)
    thread, events = engine.start(job)
    wait_until(lambda: WaitReason.TAPE in waits(events))
    job.interrupt()
    thread.join(10)
    assert events[-1].outcome is Outcome.INTERRUPTED
    simulator.faults.set("tape_delay", 0)
    more = engine.run(again(engine, job))
    assert more[-1].outcome is Outcome.DONE
    assert more[-1].counts.done == 4
    assert appliance_job(more) == appliance_job(events)


@both
def test_a_job_that_ended_meanwhile_is_known_to_have_ended(
    engine, archive: str, simulator: Simulator, kind: Direction
) -> None:
    simulator.faults.set("tape_delay", 3600)
    job = made(engine, kind, archive)
    thread, events = engine.start(job)
    wait_until(lambda: WaitReason.TAPE in waits(events))
    job.interrupt()
    thread.join(10)
    simulator.faults.set("tape_delay", 0)
    there = appliance_job(events)
    wait_until(lambda: engine.client.get_job(there).status.name == "COMPLETED")
    more = engine.run(again(engine, job))
    assert more[-1].outcome is Outcome.DONE
    assert last_progress(more).sent == 6000


@both
def test_a_job_cancelled_there_by_others_has_failed_and_can_be_asked_anew(
    engine, archive: str, simulator: Simulator, kind: Direction
) -> None:
    simulator.faults.set("tape_delay", 3600)
    job = made(engine, kind, archive)
    thread, events = engine.start(job)
    wait_until(lambda: WaitReason.TAPE in waits(events))
    engine.client.cancel_job(appliance_job(events))
    thread.join(10)
    assert events[-1].outcome is Outcome.FAILED
    assert events[-1].failure.code is FailureCode.JOB_GONE
    simulator.faults.set("tape_delay", 0)
    more = engine.run(again(engine, job, retry=True))
    assert more[-1].outcome is Outcome.DONE
    assert more[-1].counts.done == 4


def test_a_failed_verification_names_its_object_and_reads_it_again_on_retry(
    engine, archive: str, simulator: Simulator
) -> None:
    simulator.faults.set("suspect", ["in/b"])
    job = made(engine, Direction.VERIFY, archive)
    events = engine.run(job)
    assert events[-1].outcome is Outcome.FAILED
    assert failures(events) == {"in/b": FailureCode.NOT_VERIFIED}
    assert object_states(engine, job) == {ObjectState.DONE: 3, ObjectState.FAILED: 1}
    assert last_progress(events).persisted == 4000
    simulator.faults.set("suspect", [])
    more = engine.run(again(engine, job, retry=True))
    assert more[-1].outcome is Outcome.DONE
    assert object_states(engine, job) == {ObjectState.DONE: 4}
    asked_for = [e.appliance_job_id for e in more if isinstance(e, JobCreated)]
    assert asked_for[-1] != appliance_job(events)


def test_it_is_told_where_doubts_may_not_be_asked(
    engine, archive: str, simulator: Simulator
) -> None:
    simulator.faults.set("fail_next", [["GET /_rest_/suspect_object*", 403, "AccessDenied", 9]])
    events = engine.run(made(engine, Direction.VERIFY, archive))
    assert events[-1].outcome is Outcome.DONE
    done = [e for e in events if isinstance(e, JobState) and e.state is State.DONE]
    assert done[-1].facts.doubts_unknown


@both
def test_missing_names_fail_and_the_others_go_on(engine, archive: str, kind: Direction) -> None:
    events = engine.run(made(engine, kind, archive, ["in/a", "in/gone"], []))
    assert events[-1].outcome is Outcome.FAILED
    assert failures(events) == {"in/gone": FailureCode.NOT_FOUND}
    assert events[-1].counts.done == 1


@both
def test_keys_refused_leave_the_job_for_other_keys(
    engine, archive: str, simulator: Simulator, kind: Direction
) -> None:
    simulator.faults.set("tape_delay", 3600)
    job = made(engine, kind, archive)
    job.waits_for_key = True
    thread, events = engine.start(job)
    wait_until(lambda: WaitReason.TAPE in waits(events))
    simulator.faults.set("fail_next", [["GET /_rest_/active_job/*", 403, "InvalidAccessKeyId", 1]])
    thread.join(10)
    assert events[-1].outcome is Outcome.INTERRUPTED
    assert states(events)[-1] is State.WAITING
    simulator.faults.set("tape_delay", 0)
    assert engine.run(again(engine, job))[-1].outcome is Outcome.DONE


@pytest.fixture
def relay(simulator: Simulator) -> Iterator[Relay]:
    with Relay(simulator.port) as relay:
        yield relay


@both
def test_an_appliance_that_is_away_is_waited_for(
    engine, archive: str, simulator: Simulator, credentials, relay: Relay, kind: Direction
) -> None:
    simulator.faults.set("tape_delay", 3600)
    with closing(Ds3Client(Endpoint.parse(relay.url), credentials)) as engine.client:
        thread, events = engine.start(made(engine, kind, archive))

        def told() -> bool:
            relay.swallow(b"/active_job/")
            return WaitReason.NETWORK in waits(events)

        wait_until(told)
        simulator.faults.set("tape_delay", 0)
        thread.join(20)
    assert events[-1].outcome is Outcome.DONE
    assert WaitReason.NETWORK in waits(events)


@both
def test_a_creation_whose_answer_is_lost_makes_no_second_job(
    engine, archive: str, simulator: Simulator, credentials, relay: Relay, kind: Direction
) -> None:
    simulator.faults.set("tape_delay", 2)
    relay.swallow_answer_to(b"operation=start_bulk_")
    with closing(Ds3Client(Endpoint.parse(relay.url), credentials)) as client:
        mine, engine.client = engine.client, client
        events = engine.run(made(engine, kind, archive))
    assert relay.swallowed.is_set()
    assert events[-1].outcome is Outcome.DONE
    made_there = [one for one in mine.completed_jobs() if one.name == "by hand"]
    assert [one.job_id for one in made_there] == [appliance_job(events)]


@both
def test_more_objects_than_a_job_takes_become_several(
    engine, archive: str, kind: Direction
) -> None:
    events = engine.run(made(engine, kind, archive, objects_per_job=3))
    assert events[-1].outcome is Outcome.DONE
    assert events[-1].counts.done == 4
    assert (last_progress(events).sent, last_progress(events).total) == (6000, 6000)


def test_staging_is_refused_by_a_release_that_does_not_know_it(
    engine, archive: str, simulator: Simulator
) -> None:
    simulator.faults.set("server_version", "4.1.2")
    job = made(engine, Direction.STAGE, archive)
    with closing(Ds3Client(engine.client.endpoint, engine.client.credentials)) as job._client:
        events = engine.run(job)
    assert events[-1].outcome is Outcome.FAILED
    assert events[-1].failure.code is FailureCode.TOO_OLD


def test_a_job_that_was_killed_goes_on(
    engine, archive: str, simulator: Simulator, tmp_path: Path
) -> None:
    """A process of its own asks for the job, and is killed while it waits for tapes."""
    simulator.faults.set("tape_delay", 3600)
    ledger = tmp_path / "killed" / "transfers.sqlite3"
    ledger.parent.mkdir()
    code = f"""
from pathlib import Path
from ds3_browser.protocol.client import Ds3Client
from ds3_browser.protocol.records import Credentials, Endpoint
from ds3_browser.transfer.events import Direction, Waiting
from ds3_browser.transfer.ledger import Ledger
from ds3_browser.transfer.pool import BlobPool
from ds3_browser.transfer.turns import Turns
from ds3_browser.transfer.unattended import UnattendedJob, UnattendedSpec
keys = Credentials({simulator.access_id!r}, {simulator.secret_key!r})
client = Ds3Client(Endpoint.parse({simulator.url!r}), keys)
ledger = Ledger(Path({str(ledger)!r}))
job_id, kind = ledger.reserve_job_id(), Direction.STAGE
spec = UnattendedSpec(job_id, "s", kind, "archive", "", (), ("",), "by hand")
tell = lambda event: isinstance(event, Waiting) and print(spec.job_id, flush=True)
UnattendedJob(spec, client, ledger, BlobPool(), Turns()).run(tell)
"""
    child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, env=os.environ)
    assert child.stdout is not None
    job_id = int(child.stdout.readline())
    child.send_signal(signal.SIGKILL)
    child.wait(10)
    child.stdout.close()
    simulator.faults.set("tape_delay", 0)
    left = Ledger(ledger)
    try:
        with closing(LedgerReader(left.path)) as reader:
            record = reader.job(job_id)
        job = UnattendedJob(
            UnattendedSpec.of(record),
            *(engine.client, left, engine.pool, engine.turns),
            continued=True,
        )
        events: list[Event] = []
        job.run(events.append)
    finally:
        left.close()
    assert isinstance(events[-1], JobEnded)
    assert events[-1].outcome is Outcome.DONE
    assert events[-1].counts.done == 4
    made_there = [one for one in engine.client.completed_jobs() if one.name == "by hand"]
    assert len(made_there) == 1


@both
def test_what_was_deleted_meanwhile_is_named_and_counts_as_nothing(
    engine, archive: str, simulator: Simulator, kind: Direction
) -> None:
    simulator.faults.set("tape_delay", 3600)
    thread, events = engine.start(made(engine, kind, archive))
    wait_until(lambda: WaitReason.TAPE in waits(events))
    engine.client.delete_object(archive, "in/b")
    simulator.faults.set("tape_delay", 0)
    thread.join(10)
    assert events[-1].outcome is Outcome.FAILED
    assert failures(events) == {"in/b": FailureCode.NOT_FOUND}
    told = last_progress(events)
    assert (told.in_cache, told.persisted, told.objects_done) == (4000, 4000, 3)


# --- cells that change while it runs


@pytest.fixture
def slow(engine, archive: str, simulator: Simulator) -> str:
    """Nothing is in cache; each chunk is one blob, and comes a moment after the one before."""
    engine.client.reclaim_cache()
    simulator.faults.set_all({"chunk_blobs": 1, "tape_pace": 0.4, "tape_delay": 0.4})
    return archive


def cells_told(events: list[Event]) -> list[tuple[int, ChunkPhase, float]]:
    return [(e.number, e.phase, e.fraction) for e in events if isinstance(e, ChunkState)]


@both
def test_each_chunk_is_told_to_be_in_cache_when_it_is(engine, slow: str, kind: Direction) -> None:
    events = engine.run(made(engine, kind, slow))
    assert events[-1].outcome is Outcome.DONE
    told = cells_told(events)
    numbers = sorted({number for number, _, _ in told})
    assert len(numbers) == 4
    in_cache = [number for number, phase, _ in told if phase is ChunkPhase.IN_CACHE]
    assert in_cache[:3] == numbers[:3]
    # One after the other, and not all at the end.
    amounts = [e.in_cache for e in events if isinstance(e, Progress)]
    assert len({amount for amount in amounts if amount is not None}) >= 4
    first = next(n for n, e in enumerate(events) if isinstance(e, ChunkState))
    assert any(isinstance(e, Progress) and e.sent < e.total for e in events[first:])
    last = {number: phase for number, phase, _ in told}
    end = ChunkPhase.IN_CACHE if kind is Direction.STAGE else ChunkPhase.DONE
    assert last == dict.fromkeys(numbers, end)


@both
def test_each_object_is_told_to_be_in_cache_when_it_is(engine, slow: str, kind: Direction) -> None:
    seen: list[tuple[int, int, int]] = []
    job = made(engine, kind, slow)
    in_cache = ObjectState.IN_CACHE if kind is Direction.STAGE else ObjectState.READY

    def look(event: Event) -> None:
        if isinstance(event, ChunkState) and event.phase is ChunkPhase.IN_CACHE:
            found = object_states(engine, job)
            seen.append((found.get(in_cache, 0), found.get(ObjectState.WAITING, 0), done[-1]))
        elif isinstance(event, Progress):
            done.append(event.objects_done)

    done = [0]
    job.run(look)
    stages = kind is Direction.STAGE
    assert seen[:3] == [(n, 4 - n, n if stages else 0) for n in (1, 2, 3)]
    end = ObjectState.IN_CACHE if stages else ObjectState.DONE
    assert (object_states(engine, job), done[-1]) == ({end: 4}, 4)


@both
def test_an_object_of_several_blobs_is_in_cache_with_the_last_of_them(
    engine, bucket: str, folder: Path, simulator: Simulator, kind: Direction
) -> None:
    simulator.faults.set_all({**SMALL_BLOBS, "chunk_blobs": 1})
    write(folder / "in", a=3 * BLOB)
    engine.run(engine.put(bucket, folder / "in"))
    simulator.faults.set("persist_delay", 0)
    engine.client.bucket_details(bucket)
    engine.client.reclaim_cache()
    simulator.faults.set_all({"tape_pace": 0.4, "tape_delay": 0.4})
    job = made(engine, kind, bucket)
    seen: list[dict[ObjectState, int]] = []

    def look(event: Event) -> None:
        if isinstance(event, ChunkState) and event.phase is ChunkPhase.IN_CACHE:
            seen.append(object_states(engine, job))

    job.run(look)
    assert seen[:2] == [{ObjectState.WAITING: 1}] * 2
    end = ObjectState.IN_CACHE if kind is Direction.STAGE else ObjectState.DONE
    assert object_states(engine, job) == {end: 1}


def partly_in_cache(engine, archive: str, simulator: Simulator, kind: Direction):
    """A job that runs, one of whose objects is in cache and the others on ejected tapes."""
    engine.client.reclaim_cache()
    engine.run(made(engine, Direction.STAGE, archive, ["in/a"], []))
    simulator.faults.set("eject_tape", [tape.bar_code for tape in engine.client.tapes()])
    job = made(engine, kind, archive)
    thread, events = engine.start(job)
    wait_until(lambda: bool(cells_told(events)))
    return job, thread, events


@both
def test_what_leaves_the_cache_again_waits_again(
    engine, archive: str, simulator: Simulator, kind: Direction
) -> None:
    job, thread, events = partly_in_cache(engine, archive, simulator, kind)
    in_cache = ObjectState.IN_CACHE if kind is Direction.STAGE else ObjectState.READY
    assert object_states(engine, job)[in_cache] >= 1
    job.interrupt()
    thread.join(10)
    engine.client.reclaim_cache()
    went_on = again(engine, job)
    thread, events = engine.start(went_on)
    wait_until(lambda: WaitReason.TAPE in waits(events))
    assert in_cache not in object_states(engine, job)
    assert last_progress(events).objects_done == 0
    went_on.cancel(Cancel.DISCARD)
    thread.join(10)
    assert object_states(engine, job) == {ObjectState.CANCELLED: 4}


def test_what_was_in_cache_of_a_job_cancelled_there_counts_as_nothing(
    engine, archive: str, simulator: Simulator
) -> None:
    job, thread, events = partly_in_cache(engine, archive, simulator, Direction.STAGE)
    assert last_progress(events).objects_done > 0
    engine.client.cancel_job(appliance_job(events))
    thread.join(10)
    counts = events[-1].counts
    assert (counts.done, counts.cancelled) == (0, 4)
    assert object_states(engine, job) == {ObjectState.CANCELLED: 4}


def test_in_cache_is_not_yet_verified(engine, slow: str, simulator: Simulator) -> None:
    thread, events = engine.start(made(engine, Direction.VERIFY, slow))
    wait_until(lambda: bool(cells_told(events)))
    assert {phase for _, phase, _ in cells_told(events)} == {ChunkPhase.IN_CACHE}
    thread.join(10)
    done = [n for n, e in enumerate(events) if isinstance(e, ChunkState)]
    ended = [n for n in done if events[n].phase is ChunkPhase.DONE]
    told = [n for n, e in enumerate(events) if isinstance(e, Progress) and e.sent == e.total]
    assert min(ended) > min(told)


@both
def test_the_list_is_asked_for_only_when_the_amounts_have_changed(
    engine, slow: str, monkeypatch: pytest.MonkeyPatch, kind: Direction
) -> None:
    asked: list[str] = []

    def counted(call: str) -> None:
        ask = getattr(engine.client, call)

        def noted(*given, **named):
            asked.append(call)
            return ask(*given, **named)

        monkeypatch.setattr(engine.client, call, noted)

    counted("active_job")
    counted("get_job")
    events = engine.run(made(engine, kind, slow))
    assert events[-1].outcome is Outcome.DONE
    amounts = {e.in_cache for e in events if isinstance(e, Progress)}
    assert asked[0] == "get_job"
    assert asked.count("get_job") <= len(amounts) + 1  # the end is one more
    assert asked.count("active_job") > asked.count("get_job")


@both
def test_a_chunk_that_is_partly_in_cache_is_told_to_be(
    engine, archive: str, simulator: Simulator, kind: Direction
) -> None:
    _job, thread, events = partly_in_cache(engine, archive, simulator, kind)
    ((_, phase, fraction),) = cells_told(events)
    assert (phase, round(fraction, 4)) == (ChunkPhase.PARTLY_IN_CACHE, round(1 / 6, 4))
    simulator.faults.set("eject_tape", [])
    thread.join(10)
    assert events[-1].outcome is Outcome.DONE
    assert cells_told(events)[-1][1:] == (
        ChunkPhase.IN_CACHE if kind is Direction.STAGE else ChunkPhase.DONE,
        1.0,
    )


@both
def test_where_the_list_does_not_tell_what_is_in_cache_nothing_is_claimed(
    engine, slow: str, simulator: Simulator, kind: Direction
) -> None:
    simulator.faults.set("partial_chunk", True)
    events = engine.run(made(engine, kind, slow))
    assert events[-1].outcome is Outcome.DONE
    first = next(n for n, e in enumerate(events) if isinstance(e, ChunkState))
    told = [e for e in events[:first] if isinstance(e, Progress)]
    assert told[-1].sent == told[-1].total  # the end, of which each chunk is told


@both
def test_the_chunks_of_a_second_job_are_told_as_its_own(engine, slow: str, kind: Direction) -> None:
    events = engine.run(made(engine, kind, slow, objects_per_job=2))
    assert events[-1].outcome is Outcome.DONE
    jobs = {e.appliance_job_id: {c.number for c in e.chunks} for e in events if is_created(e)}
    one, other = jobs.values()
    assert not one & other
    told = {number for number, phase, _ in cells_told(events) if phase is ChunkPhase.IN_CACHE}
    assert told >= one
    assert told & other


def is_created(event: Event) -> bool:
    return isinstance(event, JobCreated)


def test_a_long_list_is_asked_for_rarely(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr("ds3_browser.transfer.listed_cache.time.monotonic", lambda: now)
    kept: list[Chunk] = []
    cells = [CellRow(number, LISTED_A_SECOND * 5, 1, 1, 0, 0, 0) for number in range(2)]
    listed = ListedCache(
        Blobs("job", 0, cells, lambda chunk: (), lambda name, offset: set()), kept.append
    )
    assert not listed.is_due(None)
    now += 10
    assert listed.is_due(None)
    listed.looked((10, 0))
    now += 9
    assert not listed.is_due((11, 0))
    now += 1
    assert listed.is_due((11, 0))
    assert not listed.is_due((10, 0))


def test_a_short_list_is_asked_for_at_once_and_one_that_cannot_be_read_is_put_off(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 100.0
    monkeypatch.setattr("ds3_browser.transfer.listed_cache.time.monotonic", lambda: now)
    kept: list[Chunk] = []
    cells = [CellRow(0, 100, 1, 1, 0, 0, 0)]
    listed = ListedCache(
        Blobs("job", 0, cells, lambda chunk: (), lambda name, offset: set()), kept.append
    )
    assert listed.is_due(None)
    listed.put_off()
    now += PUT_OFF_S - 1
    assert not listed.is_due((1, 1))
    now += 1
    assert listed.is_due((1, 1))
