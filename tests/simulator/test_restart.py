"""What was begun goes on after the appliance was switched off, and on after it again."""

from __future__ import annotations

import functools
import http.client
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ds3_browser.simulator.server import Simulator
from ds3_browser.simulator.store import FILE, Store

from .raw import Job, Raw, objects, pattern

SWITCHES: dict[str, Any] = {
    "min_blob": 1,
    "nodes": 2,
    "chunk_bytes": 300_000,
    "policies": [{"versioning": "KEEP_MULTIPLE_VERSIONS"}],
}


class Appliance:
    """A simulator that can be switched off and on; `call` always speaks to the one that runs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.on()

    def on(self) -> None:
        self.simulator = Simulator(self.folder, switches=SWITCHES)
        simulator = self.simulator
        self.call = Raw(
            simulator.port,
            simulator.access_id,
            simulator.secret_key,
            clock=lambda: simulator.store.now(),
        )

    def off(self) -> None:
        self.call.close()
        self.simulator.close()

    def off_and_on(self) -> None:
        self.off()
        self.on()


@pytest.fixture
def appliance(tmp_path: Path) -> Iterator[Appliance]:
    made = Appliance(tmp_path / "archive")
    yield made
    made.off()


def test_a_put_job_is_finished_after_a_restart_at_every_blob(appliance: Appliance) -> None:
    appliance.call.bucket()
    job = appliance.call.start_put("b", "&max_upload_size=100000&name=long", big=350_000, small=5)
    before = [(b.id, b.version, b.offset, b.length, b.chunk) for b in job.blobs]
    assert len({chunk["ChunkId"] for chunk in job.chunks}) > 1
    for blob in job.blobs:
        appliance.off_and_on()
        listed = appliance.call.job(job)
        now = [(b.id, b.version, b.offset, b.length, b.chunk) for b in listed.blobs]
        assert (now, listed.attributes["Name"]) == (before, "long")
        body = pattern(blob.offset, blob.length)
        assert appliance.call("PUT", blob.target("b", job), body).status == 200
        assert appliance.call("PUT", blob.target("b", job), body).status == 409
    assert appliance.call.job(job).status == "COMPLETED"
    get = appliance.call.start_get("b", "big", "small")
    for blob in get.blobs:
        appliance.off_and_on()
        reply = appliance.call("GET", blob.target("b", get))
        assert reply.body == pattern(blob.offset, blob.length)
    assert appliance.call.job(get).status == "COMPLETED"


def test_versions_and_what_was_deleted_are_there_after_a_restart(appliance: Appliance) -> None:
    call = appliance.call
    call.bucket()
    for body in (b"one", b"two", pattern(0, 100_000)):
        call.put("/b/x", body)
    call.put("/b/gone", b"bye")
    call("DELETE", "/b/gone")
    before = call("GET", "/b?versions").body
    history = call("GET", "/_rest_/bucket_history").body
    appliance.off_and_on()
    call = appliance.call
    assert call("GET", "/b?versions").body == before
    assert call("GET", "/_rest_/bucket_history").body == history
    assert call("GET", "/b/x").body == pattern(0, 100_000)
    assert call("PUT", "/_rest_/object?bucket_id=b&name=gone").status == 200
    assert call("GET", "/b/gone").body == b"bye"


def test_an_upload_in_parts_goes_on_after_a_restart(appliance: Appliance) -> None:
    call = appliance.call
    call.bucket()
    upload = call("POST", "/b/x?uploads").xml.findtext("UploadId")
    etags = []
    for number in (1, 2):
        target = f"/b/x?part_number={number}&upload_id={upload}"
        etags.append(appliance.call("PUT", target, pattern(0, 70_000)).headers["ETag"])
        appliance.off_and_on()
    parts = "".join(
        f"<Part><PartNumber>{n}</PartNumber><ETag>{etag}</ETag></Part>"
        for n, etag in enumerate(etags, 1)
    )
    body = f"<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>"
    assert appliance.call("POST", f"/b/x?upload_id={upload}", body).status == 200
    get = appliance.call.start_get("b", "x")
    assert appliance.call.get_all("b", get)["x"] == pattern(0, 70_000) * 2


@pytest.mark.parametrize("options", ["&aggregating=true", "&implicit_job_id_resolution=true"])
def test_what_kind_of_job_it_is_survives(appliance: Appliance, options: str) -> None:
    appliance.call.bucket()
    job = appliance.call.start_put("b", options, x=3)
    appliance.off_and_on()
    call = appliance.call
    if "implicit" in options:
        assert call("PUT", "/b/x", b"abc").status == 200
    else:
        assert call.start_put("b", options, y=4).id == job.id
        assert call("PUT", f"/b/x?job={job.id}", b"abc").status == 200
        assert call("PUT", f"/_rest_/job/{job.id}?close_aggregating_job").status == 200
        assert call("PUT", f"/b/y?job={job.id}", b"abcd").status == 200
    assert call.job(job).status == "COMPLETED"


def test_half_a_body_is_gone_after_a_restart(appliance: Appliance) -> None:
    call = appliance.call
    call.bucket()
    job = call.start_put("b", x=200_000)
    appliance.simulator.faults.set("drop_connection", {"method": "PUT", "bytes": 100_000})
    with pytest.raises((OSError, http.client.HTTPException)):
        call("PUT", job.blobs[0].target("b", job), pattern(0, 200_000))
    left_over = appliance.folder / "blobs" / "incoming-left"
    left_over.write_bytes(b"half")
    appliance.off_and_on()
    assert not left_over.exists()
    ready = Job.of(appliance.call.ready(job))
    assert [blob.in_cache for blob in ready.blobs] == [False]
    appliance.call.put_all("b", job)
    assert appliance.call.job(job).status == "COMPLETED"


def test_who_opens_an_archive_that_another_has_leaves_it_alone(
    appliance: Appliance, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even the files go that bodies are on their way to."""
    incoming = appliance.folder / "blobs" / "incoming-now"
    incoming.write_bytes(b"half")
    at_once = functools.partial(sqlite3.connect, timeout=0)
    monkeypatch.setattr(sqlite3, "connect", at_once)
    with pytest.raises(sqlite3.OperationalError):
        Store(appliance.folder, time.time)
    assert incoming.exists()


def test_an_archive_of_another_version_is_begun_anew(appliance: Appliance) -> None:
    appliance.call.bucket()
    appliance.call.put("/b/x", pattern(0, 100_000))
    appliance.simulator.store.db.execute("PRAGMA user_version=1")
    appliance.off_and_on()
    assert appliance.call("GET", "/").texts("Buckets/Bucket") == []
    assert (appliance.folder / FILE).exists()
    assert [p for p in (appliance.folder / "blobs").rglob("*") if p.is_file()] == []
    appliance.call.bucket()
    appliance.call.put("/b/x", b"new")


def test_the_clock_goes_on_while_it_is_off(appliance: Appliance) -> None:
    """A day that passed while it was off is a day without activity."""
    appliance.simulator.faults.set("clock", {"fixed_s": 1e9})
    appliance.call.bucket()
    body = objects(("x", {"Size": 3}))
    job = appliance.call.start("b", "start_bulk_put", "", body)
    appliance.off_and_on()
    assert appliance.call.job(job).status == "CANCELED"


def test_many_objects_are_still_counted(appliance: Appliance) -> None:
    def count() -> str | None:
        return appliance.call("GET", "/_rest_/bucket/b").xml.findtext("LogicalUsedCapacity")

    appliance.call.bucket()
    appliance.call.put("/b/x", b"12345")
    appliance.call.put("/b/x", b"123")
    assert count() == "8"
    appliance.off_and_on()
    assert count() == "8"
