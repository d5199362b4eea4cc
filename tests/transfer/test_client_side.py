"""What the protocol asks of a client that moves blobs, and no other test of the engine shows."""

from __future__ import annotations

import ast
import os
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from ds3_browser.protocol.begun import BegunPut
from ds3_browser.protocol.client import Ds3Client
from ds3_browser.protocol.errors import Conflict
from ds3_browser.protocol.records import GetItem, PutItem
from ds3_browser.transfer.events import FailureCode, ObjectFailed, Outcome
from ds3_browser.transfer.get import GetSpec
from tests.protocol.bytes_moved import Collected
from tests.transfer.conftest import Engine
from tests.transfer.scenes import BLOB, write

PACKAGE = Path(__file__).resolve().parent.parent.parent / "ds3_browser"


class Unheard(Ds3Client):
    """A client whose first blob arrives without its answer being heard, and is sent again."""

    lost = False

    def begin_put(self, *given, **named) -> BegunPut:
        begun = super().begin_put(*given, **named)
        if not self.lost:
            self.lost = True
            begun.end()
            begun = super().begin_put(*given, **named)
        return begun


class Noting(Ds3Client):
    """A client that notes the metadata of each blob."""

    def __init__(self, *given, **named) -> None:
        super().__init__(*given, **named)
        self.noted: list[tuple[str, int, tuple]] = []
        self._lock = threading.Lock()

    def begin_put(self, bucket, name, body, *, offset=None, metadata=None, **named) -> BegunPut:
        with self._lock:
            self.noted.append((name, offset, tuple(sorted((metadata or {}).items()))))
        return super().begin_put(bucket, name, body, offset=offset, metadata=metadata, **named)


@pytest.fixture
def engine_of(endpoint, credentials, tmp_path: Path) -> Iterator:
    """Makes an engine with a client of the given class."""
    made: list[Engine] = []

    def make(kind: type[Ds3Client]) -> Engine:
        made.append(Engine(tmp_path / f"ledger-{len(made)}", kind(endpoint, credentials)))
        return made[-1]

    yield make
    for engine in made:
        engine.close()
        engine.client.close()


@pytest.mark.checklist("K C-70: a blob that is a conflict and in cache is a success")
def test_a_blob_that_arrived_unheard_counts_when_it_is_sent_again(
    engine_of, bucket: str, folder: Path, small_blobs
) -> None:
    write(folder, a=2 * BLOB, b=10)
    small_blobs.faults.set("hold_persistence", True)  # else the job is over too soon
    engine = engine_of(Unheard)
    events = engine.run(engine.put(bucket, folder / "a", folder / "b"))
    assert (events[-1].outcome, events[-1].counts.done) == (Outcome.DONE, 2)


@pytest.mark.checklist("K C-70: a blob that is a conflict and not in cache fails its object")
def test_a_blob_that_is_a_conflict_and_not_there_fails_its_object_alone(
    engine, bucket: str, folder: Path, simulator
) -> None:
    write(folder, a=10, b=10)
    refused = ["PUT /archive/a*", 409, "OBJECT_ALREADY_EXISTS", 9]
    simulator.faults.set_all({"hold_persistence": True, "fail_next": [refused]})
    events = engine.run(engine.put(bucket, folder / "a", folder / "b"))
    assert (events[-1].outcome, events[-1].counts.done) == (Outcome.FAILED, 1)
    (failed,) = [e.failure for e in events if isinstance(e, ObjectFailed)]
    assert (failed.name, failed.status) == ("a", 409)
    assert failed.code in (FailureCode.EXISTS, FailureCode.REFUSED)


@pytest.mark.checklist("K C-81: every blob of an object carries the same metadata")
def test_every_blob_of_an_object_carries_the_same_metadata(
    engine_of, bucket: str, folder: Path, small_blobs
) -> None:
    write(folder, a=3 * BLOB, b=10)
    engine = engine_of(Noting)
    events = engine.run(engine.put(bucket, folder / "a", folder / "b"))
    assert events[-1].outcome is Outcome.DONE
    of_a = {metadata for name, _, metadata in engine.client.noted if name == "a"}
    assert len([name for name, *_ in engine.client.noted if name == "a"]) == 3
    assert len(of_a) == 1
    assert "ds3-last-modified-time" in dict(*of_a)


@pytest.mark.checklist("K C-102: of each blob that a part touches only the wanted bytes are read")
def test_a_part_of_an_object_is_read_from_its_blobs_by_ranges(
    client: Ds3Client, bucket: str, small_blobs
) -> None:
    whole = os.urandom(4 * BLOB)
    job = client.start_put_job(bucket, [PutItem("x", len(whole))])
    for blob in job.blobs():
        data = whole[blob.offset : blob.offset + blob.length]
        client.put_object(bucket, "x", data, job_id=job.job_id, offset=blob.offset)
    begin, length = BLOB - 100, BLOB + 300
    part = client.start_get_job(bucket, [GetItem("x", offset=begin, length=length)])
    got = bytearray()
    for blob in part.blobs():
        first, last = max(begin, blob.offset), min(begin + length, blob.offset + blob.length) - 1
        sink = Collected()
        client.get_object(
            bucket,
            "x",
            sink,
            job_id=part.job_id,
            offset=blob.offset,
            version_id=blob.version_id,
            byte_range=(first, last),
        )
        got += sink.data
    assert [blob.offset for blob in part.blobs()] == [0, BLOB, 2 * BLOB]
    assert bytes(got) == whole[begin : begin + length]


@pytest.mark.checklist("K C-168: the program reads the paged lists of jobs, never the unpaged one")
def test_the_program_never_asks_for_all_jobs_in_one_answer() -> None:
    asking = [
        f"{file.relative_to(PACKAGE)}:{node.lineno}"
        for layer in ("gui", "transfer")
        for file in sorted((PACKAGE / layer).rglob("*.py"))
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr == "list_jobs"
    ]
    assert asking == []


@pytest.mark.checklist(
    "K C-155: an overwrite or a second upload of a name in transfer is a conflict"
)
def test_a_name_that_another_job_is_receiving_is_a_conflict(client: Ds3Client, bucket: str) -> None:
    client.start_put_job(bucket, [PutItem("x", 5)])
    with pytest.raises(Conflict) as caught:
        client.start_put_job(bucket, [PutItem("x", 7)])
    assert caught.value.has_code("ObjectAlreadyExists")
    with pytest.raises(Conflict):
        client.put_object(bucket, "x", b"naked")
    client.delete_object(bucket, "x")
    assert list(client.list_objects(bucket).names) == []


def test_a_download_brings_the_version_it_was_told_to_bring(
    engine, bucket, client, tmp_path: Path, simulator
) -> None:
    simulator.faults.set("policies", [{"versioning": "KEEP_MULTIPLE_VERSIONS"}])
    client.create_bucket("kept")
    for data in (b"1", b"22", b"333"):
        client.put_object("kept", "a", data)
        client.put_object("kept", "b", data)
    listed = list(client.list_objects("kept", versions=True).objects())
    first = next(one for one in listed if one.name == "a" and one.size == 1)
    job = engine.get(
        "kept", tmp_path / "out", names=["a", "b"], versions=(("a", first.version_id),)
    )
    assert engine.run(job)[-1].counts.done == 2
    assert (tmp_path / "out" / "a").read_bytes() == b"1"
    assert (tmp_path / "out" / "b").read_bytes() == b"333"
    with closing(engine.reader()) as reader:
        assert GetSpec.of(reader.job(job.job_id)).versions == (("a", first.version_id),)


def test_a_version_that_is_gone_fails_alone(engine, client, tmp_path: Path, simulator) -> None:
    simulator.faults.set("policies", [{"versioning": "KEEP_MULTIPLE_VERSIONS"}])
    client.create_bucket("kept")
    for data in (b"first", b"second"):
        client.put_object("kept", "a", data)
    client.put_object("kept", "b", b"whole")
    old = next(o for o in client.list_objects("kept", versions=True).objects() if o.size == 5)
    client.delete_object("kept", "a", version_id=old.version_id)
    job = engine.get("kept", tmp_path, names=["a", "b"], versions=(("a", old.version_id),))
    events = engine.run(job)
    assert (events[-1].counts.done, events[-1].counts.failed) == (1, 1)
    assert not (tmp_path / "a").exists()
