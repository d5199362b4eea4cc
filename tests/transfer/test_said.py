"""What the appliance says of an upload beside its amounts: verify after write, an error message."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from ds3_browser.protocol.client import Ds3Client
from ds3_browser.simulator.server import Simulator
from ds3_browser.transfer import persistence
from ds3_browser.transfer.events import (
    ApplianceSaid,
    Event,
    JobCreated,
    Outcome,
    Persisted,
    Said,
)
from ds3_browser.transfer.ledger import JobRecord
from ds3_browser.transfer.persistence import PersistenceWatcher
from ds3_browser.transfer.put import PutJob
from tests.transfer.scenes import wait_until, write


@contextmanager
def watched(engine, job: PutJob) -> Iterator[tuple[list[Event], Callable[[], list[Said]]]]:
    """The job is run to its end; what its watcher tells then, and what of that was said."""
    told: list[Event] = []
    with closing(PersistenceWatcher(engine.client, told.append, first_s=0.05)) as watcher:
        events = engine.run(job)
        assert events[-1].outcome is Outcome.DONE
        for event in events:
            if isinstance(event, JobCreated):
                total = sum(chunk.length for chunk in event.chunks)
                watcher.watch(event.job_id, event.appliance_job_id, total)
        watcher.ended(job.job_id)
        yield told, lambda: [event.said for event in told if isinstance(event, ApplianceSaid)]


@pytest.mark.parametrize("asked", [True, False])
def test_a_running_job_says_whether_it_verifies_and_a_persisted_one_that_it_has_no_error(
    engine, bucket: str, folder: Path, simulator: Simulator, asked: bool
) -> None:
    simulator.faults.set("hold_persistence", True)
    write(folder / "in", a=10)
    job = engine.put(bucket, folder / "in", verify=asked)
    with watched(engine, job) as (told, said):
        wait_until(lambda: bool(said()))
        assert said() == [Said(asked, "")]
        simulator.faults.set("hold_persistence", False)
        wait_until(lambda: isinstance(told[-1], Persisted))
        assert said() == [Said(asked, "")]


def test_an_error_message_is_told_and_so_that_it_is_gone(
    engine, bucket: str, folder: Path, simulator: Simulator
) -> None:
    simulator.faults.set_all({"hold_persistence": True, "job_error": " a copy\nis bad "})
    write(folder / "in", a=10)
    with watched(engine, engine.put(bucket, folder / "in", verify=True)) as (_told, said):
        wait_until(lambda: bool(said()))
        simulator.faults.set("job_error", None)
        wait_until(lambda: len(said()) == 2)
        assert said() == [Said(True, "a copy\nis bad"), Said(True, "")]


def test_it_is_told_before_the_persistence_that_it_belongs_to(
    engine, bucket: str, folder: Path, simulator: Simulator
) -> None:
    simulator.faults.set_all({"persist_delay": 0, "job_error": "a copy is bad"})
    write(folder / "in", a=10)
    with watched(engine, engine.put(bucket, folder / "in", verify=True)) as (told, _said):
        wait_until(lambda: bool(told) and isinstance(told[-1], Persisted))
    # No record of a job that has ended tells whether it verified.
    assert told[0] == ApplianceSaid(told[-1].job_id, Said(None, "a copy is bad"))


def test_a_release_that_cannot_verify_says_nothing_of_it(
    engine, bucket: str, folder: Path, simulator: Simulator
) -> None:
    simulator.faults.set_all({"hold_persistence": True, "server_version": "3.2.1"})
    write(folder / "in", a=10)
    with watched(engine, engine.put(bucket, folder / "in")) as (_told, said):
        wait_until(lambda: bool(said()))
        assert said() == [Said(None, "")]


@pytest.mark.parametrize(
    ("parts", "together"),
    [
        ([Said(True, ""), Said(True, "")], Said(True, "")),
        ([Said(True, ""), Said(False, "")], Said(False, "")),
        ([Said(True, ""), Said(None, None)], Said(True, None)),
        ([Said(None, None), Said(None, "bad")], Said(None, "bad")),
        ([Said()], Said()),
    ],
)
def test_of_several_jobs_there_is_said_only_what_holds_for_all(
    parts: list[Said], together: Said
) -> None:
    assert persistence._together(parts) == together


def test_it_outlives_a_restart(engine, bucket: str, folder: Path, client: Ds3Client) -> None:
    write(folder / "in", a=10)
    job = engine.put(bucket, folder / "in", verify=True)
    engine.run(job)
    assert _record(engine, job).said == Said()
    for said in (Said(True, "bad"), Said(False, ""), Said(None, None)):
        engine.ledger.keep_said(job.job_id, said)
        engine.ledger.flush()
        assert _record(engine, job).said == said
    assert _record(engine, job).verify_asked


def _record(engine, job: PutJob) -> JobRecord:
    with closing(engine.reader()) as reader:
        record = reader.job(job.job_id)
    assert record is not None
    return record


def test_a_fault_in_what_hears_of_it_ends_no_watcher(engine, bucket: str, folder: Path) -> None:
    told: list[Event] = []

    def report(event: Event) -> None:
        told.append(event)
        if len(told) == 1:
            raise RuntimeError("nobody could take it")

    write(folder / "in", a=10)
    job = engine.put(bucket, folder / "in")
    created = next(event for event in engine.run(job) if isinstance(event, JobCreated))
    with closing(
        PersistenceWatcher(engine.client, report, first_s=0.05, running_s=0.05)
    ) as watcher:
        watcher.watch(job.job_id, created.appliance_job_id, 10)
        wait_until(lambda: bool(told))
        watcher.ended(job.job_id)
        wait_until(lambda: isinstance(told[-1], Persisted))
