"""Objects that were replaced while a download of them was not going on: never parts of two."""

from __future__ import annotations

from pathlib import Path

import pytest

from ds3_browser.protocol.client import Ds3Client
from ds3_browser.protocol.records import RequestType
from ds3_browser.simulator.server import Simulator
from ds3_browser.transfer.events import FailureCode, Outcome, Progress
from ds3_browser.transfer.get import GetJob
from tests.transfer.conftest import Engine
from tests.transfer.scenes import BLOB, failures, write
from tests.transfer.test_going_on import again, interrupted

SIZE = BLOB * 12


def _set_up(engine: Engine, simulator: Simulator, folder: Path, **policy: str) -> bytes:
    """A bucket with an object of twelve blobs."""
    policies = [{"default_blob_size": BLOB, **policy}]
    simulator.faults.set_all({"policies": policies, "min_blob": BLOB, "retry_after": 0})
    engine.client.create_bucket("b")
    return _put(engine, folder, SIZE)


def _put(engine: Engine, folder: Path, size: int) -> bytes:
    write(folder, clip=size)
    assert engine.run(engine.put("b", folder / "clip"))[-1].outcome is Outcome.DONE
    return (folder / "clip").read_bytes()


def _interrupted(engine: Engine, simulator: Simulator, target: Path):
    simulator.faults.set("throttle_bps", BLOB * 8)
    job = engine.get("b", target, names=["clip"])
    interrupted(engine, job, BLOB * 5)
    simulator.faults.set("throttle_bps", None)
    return job


def _half_read(engine: Engine, simulator: Simulator, target: Path):
    """A download that was interrupted, and whose job the appliance has no more."""
    job = _interrupted(engine, simulator, target)
    client: Ds3Client = engine.client
    for found in list(client.active_jobs()):
        if found.request_type is RequestType.GET:
            client.cancel_job(found.job_id)
    return job


@pytest.mark.parametrize("versioning", ["NONE", "KEEP_LATEST", "KEEP_MULTIPLE_VERSIONS"])
@pytest.mark.parametrize("size", [SIZE, SIZE + BLOB, SIZE - 3 * BLOB - 100, BLOB * 4])
def test_what_was_read_of_a_replaced_object_counts_no_more(
    engine: Engine, simulator: Simulator, folder: Path, tmp_path: Path, versioning: str, size: int
) -> None:
    _set_up(engine, simulator, folder, versioning=versioning)
    job = _half_read(engine, simulator, tmp_path / "out")
    if versioning == "NONE":
        assert all(not errors for _, errors in engine.client.delete_objects("b", ["clip"]))
    data = _put(engine, folder, size)
    events = engine.run(again(engine, job))
    assert (events[-1].outcome, events[-1].counts.done) == (Outcome.DONE, 1)
    assert (tmp_path / "out" / "clip").read_bytes() == data
    told = [event for event in events if isinstance(event, Progress)]
    assert all(event.sent <= event.total for event in told[1:])
    assert (told[-1].sent, told[-1].total) == (size, size)


def test_what_was_read_of_the_same_object_is_not_read_again(
    engine: Engine, simulator: Simulator, folder: Path, tmp_path: Path
) -> None:
    data = _set_up(engine, simulator, folder)
    job = _half_read(engine, simulator, tmp_path / "out")
    before = simulator.counters()["blobs sent"]
    assert engine.run(again(engine, job))[-1].outcome is Outcome.DONE
    assert (tmp_path / "out" / "clip").read_bytes() == data
    assert simulator.counters()["blobs sent"] - before <= 9


def test_of_a_release_that_names_no_versions_nothing_is_taken_for_the_same(
    engine: Engine, simulator: Simulator, folder: Path, tmp_path: Path
) -> None:
    simulator.faults.set("server_version", "3.5.0")
    _set_up(engine, simulator, folder)
    job = _half_read(engine, simulator, tmp_path / "out")
    assert all(not errors for _, errors in engine.client.delete_objects("b", ["clip"]))
    data = _put(engine, folder, SIZE)
    assert engine.run(again(engine, job))[-1].outcome is Outcome.DONE
    assert (tmp_path / "out" / "clip").read_bytes() == data


@pytest.mark.parametrize("size", [SIZE, SIZE + 100])
def test_of_a_release_that_names_no_versions_no_other_object_is_read_beside_the_job(
    engine: Engine, simulator: Simulator, folder: Path, tmp_path: Path, size: int
) -> None:
    """The job is there, and has nothing of the object any more."""
    simulator.faults.set("server_version", "3.5.0")
    _set_up(engine, simulator, folder)
    job = _interrupted(engine, simulator, tmp_path / "out")
    assert all(not errors for _, errors in engine.client.delete_objects("b", ["clip"]))
    data = _put(engine, folder, size)
    events = engine.run(again(engine, job))
    if size == SIZE:
        assert events[-1].outcome is Outcome.DONE
        assert (tmp_path / "out" / "clip").read_bytes() == data
    else:
        assert failures(events) == {"clip": FailureCode.NOT_FOUND}
        assert not list((tmp_path / "out").iterdir())


def test_of_a_release_that_names_no_versions_an_older_object_is_read_beside_the_job(
    engine: Engine, simulator: Simulator, folder: Path, tmp_path: Path
) -> None:
    simulator.faults.set_all({"server_version": "3.5.0", "blob_gone_after_read": True})
    data = _set_up(engine, simulator, folder)
    job = _interrupted(engine, simulator, tmp_path / "out")
    before = simulator.counters()["blobs sent"]
    assert engine.run(again(engine, job))[-1].outcome is Outcome.DONE
    assert (tmp_path / "out" / "clip").read_bytes() == data
    assert simulator.counters()["blobs sent"] - before <= 9


def test_of_an_object_that_nothing_proves_no_part_is_read_behind_another_ones(
    engine: Engine, simulator: Simulator, folder: Path, tmp_path: Path, monkeypatch
) -> None:
    """It tells neither version nor checksum, and is replaced when its blob has broken off."""
    simulator.faults.set_all({"server_version": "3.5.0", "retry_after": 0})
    client: Ds3Client = engine.client
    client.create_bucket("b")
    size = 3 << 20
    _put(engine, folder, size)
    monkeypatch.setattr(client, "checksum_of_policy", lambda bucket: None)
    monkeypatch.setattr(GetJob, "_checksum_from_head", lambda job, blob: None)
    simulator.faults.set("truncate_get", {"nth": 1, "bytes": 1 << 20, "times": 1})
    probe, replaced = client.probe, list[bytes]()

    def replace() -> None:
        probe()
        if not replaced:
            assert all(not errors for _, errors in client.delete_objects("b", ["clip"]))
            replaced.append(_put(engine, folder, size))

    monkeypatch.setattr(client, "probe", replace)
    events = engine.run(engine.get("b", tmp_path / "out", names=["clip"]))
    assert (events[-1].outcome, events[-1].counts.done) == (Outcome.DONE, 1)
    assert (tmp_path / "out" / "clip").read_bytes() == replaced[0]
