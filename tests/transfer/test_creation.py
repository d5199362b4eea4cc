"""Creations that are refused, put off, lost on the way, or ended while they are under way."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ds3_browser.protocol.client import Ds3Client
from ds3_browser.protocol.errors import ConnectionLost, Unreachable
from ds3_browser.protocol.records import BulkJob, Credentials, Endpoint, JobStatus, PutItem
from ds3_browser.simulator.server import Simulator
from ds3_browser.transfer.events import (
    Actor,
    Cancel,
    FailureCode,
    JobCreated,
    Outcome,
    State,
    WaitReason,
)
from ds3_browser.transfer.turns import Kind
from tests.protocol.bytes_moved import Collected
from tests.transfer.conftest import Engine
from tests.transfer.relay import Relay
from tests.transfer.scenes import (
    appliance_job,
    failures,
    same,
    states,
    wait_until,
    waits,
    write,
)

PUT_CREATION = b"operation=start_bulk_put"
GET_CREATION = b"operation=start_bulk_get"


@pytest.fixture
def relay(simulator: Simulator) -> Iterator[Relay]:
    with Relay(simulator.port) as relay:
        yield relay


@pytest.fixture
def far(relay: Relay, credentials: Credentials, engine: Engine) -> Iterator[Engine]:
    """The engine with a client that speaks through the relay."""
    near, engine.client = engine.client, Ds3Client(Endpoint.parse(relay.url), credentials)
    yield engine
    engine.client.close()
    engine.client = near


def all_jobs(client: Ds3Client) -> list[str]:
    lists = (client.active_jobs(), client.completed_jobs(), client.canceled_jobs())
    return [job.job_id for jobs in lists for job in jobs]


def test_an_upload_whose_creation_was_not_answered_is_found_and_not_made_twice(
    far, relay, client, bucket, folder, tmp_path
) -> None:
    write(folder / "in", a=100, b=2000)
    relay.swallow_answer_to(PUT_CREATION)
    events = far.run(far.put(bucket, folder / "in"))
    assert relay.swallowed.is_set()
    assert events[-1].outcome is Outcome.DONE
    assert waits(events) == [WaitReason.NETWORK]
    assert all_jobs(client) == [appliance_job(events)]
    far.run(far.get(bucket, tmp_path / "out", prefixes=["in/"]))
    assert same(folder / "in", tmp_path / "out" / "in")


def test_a_download_whose_creation_was_not_answered_is_found_as_well(
    far, relay, client, bucket, folder, tmp_path
) -> None:
    write(folder, a=100)
    up = appliance_job(far.run(far.put(bucket, folder / "a")))
    relay.swallow_answer_to(GET_CREATION)
    events = far.run(far.get(bucket, tmp_path / "out", names=["a"]))
    assert events[-1].outcome is Outcome.DONE
    assert sorted(all_jobs(client)) == sorted([up, appliance_job(events)])


@pytest.fixture
def kept(engine, simulator, client, folder) -> str:
    """A bucket that keeps versions, where the same names may be asked for twice."""
    simulator.faults.set("policies", [{"versioning": "KEEP_LATEST"}])
    client.create_bucket("kept")
    write(folder / "in", a=100, b=0)
    engine.run(engine.put("kept", folder / "in"))
    return "kept"


@pytest.mark.parametrize("kind", ["put", "get"])
def test_a_job_like_ours_that_came_late_may_be_anybodys_and_is_left_alone(
    engine, kept: str, client, folder, tmp_path, monkeypatch, kind
) -> None:
    ask = getattr(client, f"start_{kind}_job")
    late: list[Callable[[], BulkJob]] = []
    theirs: list[BulkJob] = []

    def make(bucket: str, items, *, take, **options):
        items = list(items)
        if not late:
            late.append(lambda: ask(bucket, items, **options))
            raise ConnectionLost("here", Unreachable.RESET)
        theirs.append(late[0]())  # what was looked for in vain is there now; who asked for it?
        return ask(bucket, items, take=take, **options)

    monkeypatch.setattr(client, f"start_{kind}_job", make)
    if kind == "put":
        events = engine.run(engine.put(kept, folder / "in"))
    else:
        events = engine.run(engine.get(kept, tmp_path / "out", prefixes=["in/"]))
    assert (events[-1].outcome, events[-1].counts.done) == (Outcome.DONE, 2)
    assert appliance_job(events) in {job.job_id for job in client.completed_jobs()}
    assert [job.job_id for job in client.active_jobs()] == [theirs[0].job_id]
    assert list(client.canceled_jobs()) == []


@pytest.mark.parametrize("kind", ["put", "get"])
@pytest.mark.parametrize("how", ["of another user", "bytes have moved"])
def test_a_job_that_cannot_be_ours_is_neither_taken_nor_ended(
    engine, kept: str, simulator, client, folder, tmp_path, endpoint, monkeypatch, kind, how
) -> None:
    """It has our name and objects; our own request never arrived."""
    simulator.faults.set("users", [{"name": "anna", "access_id": "id", "secret_key": "key"}])
    rules = [{"user": "anna", "bucket": kept, "permission": "OWNER"}]
    simulator.faults.set("acls", rules)
    anna = Ds3Client(endpoint, Credentials("id", "key"))
    their_client = anna if how == "of another user" else client
    ask = getattr(their_client, f"start_{kind}_job")
    own = getattr(client, f"start_{kind}_job")
    theirs: list[BulkJob] = []

    def make(bucket: str, items, *, take, **options):
        items = list(items)
        if theirs:
            return own(bucket, items, take=take, **options)
        theirs.append(ask(bucket, items, **options))
        if how == "bytes have moved":
            job_id, name = theirs[0].job_id, "in/a"
            if kind == "put":
                client.put_object(bucket, name, bytes(100), job_id=job_id, offset=0)
            else:
                client.get_object(bucket, name, Collected(), job_id=job_id, offset=0)
        raise ConnectionLost("here", Unreachable.RESET)

    monkeypatch.setattr(client, f"start_{kind}_job", make)
    if kind == "put":
        events = engine.run(engine.put(kept, folder / "in"))
    else:
        events = engine.run(engine.get(kept, tmp_path / "out", prefixes=["in/"]))
    assert (events[-1].outcome, events[-1].counts.done) == (Outcome.DONE, 2)
    assert appliance_job(events) != theirs[0].job_id
    assert [job.job_id for job in client.active_jobs()] == [theirs[0].job_id]
    anna.close()


def test_somebody_elses_job_is_not_taken_for_a_lost_one(far, relay, client, bucket, folder) -> None:
    """The request never arrived; a job of the same name and size is another's."""
    write(folder, a=100)
    theirs = client.start_put_job(bucket, [PutItem("theirs", 100)], name="up")
    relay.swallow(PUT_CREATION)
    events = far.run(far.put(bucket, folder / "a"))
    assert relay.swallowed.is_set()
    assert events[-1].outcome is Outcome.DONE
    assert appliance_job(events) != theirs.job_id
    assert client.active_job(theirs.job_id).cached_size == 0


@pytest.mark.parametrize("how", Cancel)
def test_a_cancel_while_the_appliance_creates_the_job_ends_at_once_and_leaves_no_job(
    far, relay, client, bucket, folder, how
) -> None:
    write(folder, a=100)
    relay.silence_answer_to(PUT_CREATION)
    job = far.put(bucket, folder / "a")
    thread, events = far.start(job)
    assert relay.swallowed.wait(10)
    began = time.monotonic()
    job.cancel(how)
    thread.join(10)
    assert time.monotonic() - began < 3
    assert events[-1].outcome is Outcome.CANCELLED
    assert not list(client.active_jobs())
    assert not [e for e in events if isinstance(e, JobCreated)]


def test_a_busy_appliance_is_waited_for_as_long_as_it_says(
    engine, bucket, folder, simulator
) -> None:
    write(folder, a=10)
    simulator.faults.set_all({"busy": 2, "retry_after": 1})
    began = time.monotonic()
    events = engine.run(engine.put(bucket, folder / "a"))
    assert time.monotonic() - began >= 2
    assert waits(events) == [WaitReason.BUSY] * 2
    assert states(events)[:3] == [State.PREPARING, State.WAITING, State.PREPARING]
    assert events[-1].outcome is Outcome.DONE


@pytest.mark.parametrize("verb", ["cancel", "pause and cancel", "interrupt"])
def test_a_wait_for_a_busy_appliance_can_be_ended(engine, bucket, folder, simulator, verb) -> None:
    write(folder, a=10)
    simulator.faults.set("busy", 9)
    job = engine.put(bucket, folder / "a")
    thread, events = engine.start(job)
    wait_until(lambda: bool(waits(events)))
    if verb == "pause and cancel":
        job.pause()
        wait_until(lambda: getattr(events[-1], "reason", None) is WaitReason.USER)
    began = time.monotonic()
    job.interrupt() if verb == "interrupt" else job.cancel(Cancel.KEEP)
    thread.join(10)
    assert time.monotonic() - began < 2
    ended = Outcome.INTERRUPTED if verb == "interrupt" else Outcome.CANCELLED
    assert events[-1].outcome is ended


def test_a_paused_job_asks_for_nothing_until_it_goes_on(engine, bucket, folder, simulator) -> None:
    write(folder, a=10)
    simulator.faults.set_all({"busy": 1, "retry_after": 60})
    job = engine.put(bucket, folder / "a")
    thread, events = engine.start(job)
    wait_until(lambda: bool(waits(events)))
    job.pause()
    wait_until(lambda: getattr(events[-1], "reason", None) is WaitReason.USER)
    asked = simulator.counters()["requests PUT"]
    thread.join(0.5)
    assert simulator.counters()["requests PUT"] == asked
    assert engine.turns.join(Kind.UPLOAD, lambda: None).position == 0  # its place is free
    job.resume()
    thread.join(10)
    assert events[-1].outcome is Outcome.DONE


@pytest.mark.parametrize(
    ("status", "code", "told"),
    [
        (403, "AccessDenied", FailureCode.NO_RIGHT),
        (403, "InvalidAccessKeyId", FailureCode.KEYS),
        (500, "InternalError", FailureCode.APPLIANCE),
        (400, "InvalidArgument", FailureCode.REFUSED),
    ],
)
def test_a_refused_creation_ends_the_job_with_the_appliances_words(
    engine, bucket, folder, simulator, status, code, told
) -> None:
    write(folder, a=10)
    simulator.faults.set("fail_next", [["PUT /_rest_/bucket/*", status, code, 1]])
    ended = engine.run(engine.put(bucket, folder / "a"))[-1]
    assert (ended.outcome, ended.by) == (Outcome.FAILED, Actor.APPLIANCE)
    assert (ended.failure.code, ended.failure.status) == (told, status)
    assert ended.failure.appliance_code == code
    assert ended.counts.cancelled == 1


def test_a_bucket_that_is_gone_refuses_uploads_and_downloads(
    engine, bucket, client, folder, tmp_path
) -> None:
    write(folder, a=10)
    client.delete_bucket(bucket)
    for job in (
        engine.put(bucket, folder / "a"),
        engine.get(bucket, tmp_path / "out", names=["a"]),
        engine.get(bucket, tmp_path / "out", prefixes=["a"]),
    ):
        assert engine.run(job)[-1].failure.code is FailureCode.NOT_FOUND


def test_objects_that_are_gone_fail_and_the_others_are_restored(
    engine, bucket, client, tmp_path
) -> None:
    for name in "ab":
        client.put_object(bucket, name, b"1")
    job = engine.get(bucket, tmp_path / "out", names=["gone", "a", "b", "gone too"])
    events = engine.run(job)
    assert failures(events) == dict.fromkeys(("gone", "gone too"), FailureCode.NOT_FOUND)
    assert (events[-1].outcome, events[-1].counts.done) == (Outcome.FAILED, 2)
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["a", "b"]


def test_a_part_of_which_all_is_gone_stops_no_other(
    engine, bucket: str, client: Ds3Client, tmp_path: Path
) -> None:
    for n in range(6):
        client.put_object(bucket, f"f{n}", b"x")
    names = [f"f{n}" for n in range(6)]
    for name in names[2:4]:
        client.delete_object(bucket, name)
    job = engine.get(bucket, tmp_path / "out", names=names, objects_per_job=2)
    events = engine.run(job)
    assert failures(events) == dict.fromkeys(names[2:4], FailureCode.NOT_FOUND)
    assert (events[-1].counts.done, events[-1].counts.failed, events[-1].failure) == (4, 2, None)


def test_a_download_of_one_object_that_is_gone_says_so(engine, bucket, tmp_path) -> None:
    ended = engine.run(engine.get(bucket, tmp_path / "out", names=["gone"]))[-1]
    assert (ended.failure.code, ended.failure.name) == (FailureCode.NOT_FOUND, "gone")


def test_the_intent_is_in_the_ledger_before_the_appliance_is_asked(
    engine, bucket, folder, simulator
) -> None:
    write(folder, a=10)
    simulator.faults.set("busy", 9)
    job = engine.put(bucket, folder / "a")
    thread, events = engine.start(job)
    wait_until(lambda: bool(waits(events)))
    reader = engine.reader()
    assert [(p.part, p.appliance_id, p.state) for p in reader.parts(job.job_id)] == [
        (0, None, "intended")
    ]
    reader.close()
    job.cancel(Cancel.DISCARD)
    thread.join(10)


def test_the_checksum_type_is_asked_for_again_after_a_fault(
    engine, bucket, folder, simulator, client
) -> None:
    """A policy that cannot be read for a moment must not make a job without checksums."""
    write(folder, a=10)
    simulator.faults.set("retry_after", 0)
    simulator.faults.set("fail_next", [["GET /_rest_/data_policy*", 503, "SlowDown", 1]])
    job = engine.put(bucket, folder / "a")
    events = engine.run(job)
    assert waits(events) == [WaitReason.BUSY]
    reader = engine.reader()
    assert reader.objects(job.job_id)[0].checksum_type == "CRC_32C"
    reader.close()


# --- jobs too large for one job on the appliance


@pytest.mark.checklist(
    "K C-100: more objects than one job may have become several jobs",
)
def test_a_job_too_large_for_the_appliance_becomes_several_and_stays_one(
    engine, bucket, client, folder, tmp_path
) -> None:
    write(folder / "in", **{f"f{n:02}": 10 + n for n in range(10)})
    job = engine.put(bucket, folder / "in", objects_per_job=4)
    events = engine.run(job)
    created = [e for e in events if isinstance(e, JobCreated)]
    assert [e.part for e in created] == [0, 1, 2]
    numbers = [chunk.number for e in created for chunk in e.chunks]
    assert len(set(numbers)) == len(numbers)
    names = [client.get_job(e.appliance_job_id).name for e in created]
    assert names == ["up (1 of 3)", "up (2 of 3)", "up (3 of 3)"]
    assert (events[-1].outcome, events[-1].counts.done) == (Outcome.DONE, 10)
    down = engine.run(engine.get(bucket, tmp_path / "out", prefixes=["in/"], objects_per_job=3))
    assert down[-1].counts.done == 10
    assert same(folder / "in", tmp_path / "out" / "in")


def test_a_cancel_that_discards_ends_all_parts_of_a_job(
    engine, bucket, client, folder, simulator
) -> None:
    write(folder, **{f"f{n}": 10 for n in range(4)}, z=32 << 20)
    simulator.faults.set_all({"throttle_bps": 4 << 20, "hold_persistence": True})
    job = engine.put(bucket, *sorted(folder.iterdir()), objects_per_job=2)
    thread, events = engine.start(job)
    wait_until(lambda: len([e for e in events if isinstance(e, JobCreated)]) == 3)
    job.cancel(Cancel.DISCARD)
    thread.join(10)
    ids = [e.appliance_job_id for e in events if isinstance(e, JobCreated)]
    assert {client.get_job(one).status for one in ids} == {JobStatus.CANCELED}
    assert not [n for page in client.list_pages(bucket) for n in page.names]
