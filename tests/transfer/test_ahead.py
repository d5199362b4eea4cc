"""Digests that are begun while the appliance makes the job."""

from __future__ import annotations

import contextlib
import io
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ds3_browser.protocol.records import ChecksumType
from ds3_browser.transfer import checksum
from ds3_browser.transfer.ahead import Ahead
from ds3_browser.transfer.digests import Digests
from ds3_browser.transfer.errors import JobCancelled
from ds3_browser.transfer.events import FailureCode, ObjectFailed, Outcome
from ds3_browser.transfer.ledger import NewObject
from ds3_browser.transfer.plan import Item
from ds3_browser.transfer.pool import SMALL, BlobPool

KIND = ChecksumType.CRC_32C
KINDS = [kind for kind in ChecksumType if kind is not ChecksumType.NONE]


@pytest.fixture
def pool() -> Iterator[BlobPool]:
    pool = BlobPool()
    yield pool
    pool.close()


def _new(path: Path) -> NewObject:
    status = path.stat()
    return NewObject(path.name, str(path), status.st_size, status.st_mtime_ns)


def _item(path: Path) -> Item:
    status = path.stat()
    return Item(path.name, str(path), status.st_size, status.st_mtime_ns)


def _never() -> None:
    pass


@pytest.mark.parametrize("kind", KINDS)
@given(
    data=st.binary(min_size=1, max_size=700),
    begun=st.integers(0, 700),
    stops=st.integers(0, 30),
    blob=st.integers(1, 700),
)
def test_what_is_begun_changes_no_digest(
    kind: ChecksumType, data: bytes, begun: int, stops: int, blob: int
) -> None:
    """Whatever was begun, wherever it was broken off, and however the file is cut into blobs."""
    looks = iter(range(stops))

    def check() -> None:
        if next(looks, None) is None:
            raise JobCancelled

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checksum, "SHARED_PIECE", 64)
        patch.setattr(checksum, "PIECE", 24)
        descriptor = os.memfd_create("x") if hasattr(os, "memfd_create") else -1
        if descriptor < 0:
            pytest.skip("no file in memory here")
        with io.FileIO(descriptor, "r+") as file:
            file.write(data)
            ahead = checksum.Begun(kind)
            with contextlib.suppress(JobCancelled):
                ahead.go_on(file, min(begun, len(data)), check)
            for begin in range(0, len(data), blob):
                part = data[begin : begin + blob]
                found = checksum.of_file(kind, file, begin, len(part), _never, None, ahead)
                assert found == checksum.of_bytes(kind, part)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_begun_is_not_read_again(kind: ChecksumType, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(os.urandom(9 << 20))
    begun, looks = checksum.Begun(kind), []
    with io.FileIO(tmp_path / "x") as file:
        begun.go_on(file, 9 << 20, _never)
        checksum.of_file(kind, file, 0, 9 << 20, lambda: looks.append(1), None, begun)
    assert looks == []


def test_nothing_is_begun_before_all_objects_are_asked_for(pool: BlobPool, tmp_path: Path) -> None:
    (tmp_path / "big").write_bytes(bytes(SMALL))
    (tmp_path / "small").write_bytes(b"x")
    ahead = Ahead(1, KIND, pool, _never)
    asked = [_new(tmp_path / "small"), _new(tmp_path / "big"), NewObject("f/", None, 0, None)]
    noted = ahead.noting(iter(asked))
    assert [next(noted) for _ in asked] == asked
    pool.hash_ahead(_never).result()
    assert not ahead._begun
    assert list(noted) == []
    pool.hash_ahead(_never).result()  # one thread: what was handed over before has ended
    begun = ahead.of(_item(tmp_path / "big"))
    assert begun is not None
    assert begun.pieces
    assert ahead.of(_item(tmp_path / "small")) is None


def test_a_file_that_cannot_be_read_is_nobodys_trouble_yet(pool: BlobPool, tmp_path: Path) -> None:
    (tmp_path / "good").write_bytes(bytes(SMALL))
    gone = NewObject("gone", str(tmp_path / "gone"), SMALL, 1)
    ahead = Ahead(1, KIND, pool, _never)
    list(ahead.noting(iter([gone, _new(tmp_path / "good")])))
    pool.hash_ahead(_never).result()
    assert ahead.of(_item(tmp_path / "good")) is not None


def test_it_stops_when_blobs_are_on_their_way(pool: BlobPool, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(bytes(4 * SMALL))
    (tmp_path / "b").write_bytes(bytes(4 * SMALL))
    reading, go_on, looks = threading.Event(), threading.Event(), []

    def check() -> None:
        looks.append(1)
        reading.set()
        assert go_on.wait(20)

    ahead = Ahead(1, ChecksumType.SHA_256, pool, check)
    list(ahead.noting(iter([_new(tmp_path / "a"), _new(tmp_path / "b")])))
    assert reading.wait(20)
    ahead.stop()
    go_on.set()
    pool.hash_ahead(_never).result()
    assert looks == [1]
    assert ahead.of(_item(tmp_path / "b")) is None


def test_a_busy_appliance_that_is_asked_again_begins_nothing_anew(
    engine, simulator, bucket: str, tmp_path: Path, monkeypatch
) -> None:
    file = tmp_path / "x.bin"
    file.write_bytes(os.urandom(3 << 20))
    begun = []
    hash_ahead = engine.pool.hash_ahead
    monkeypatch.setattr(engine.pool, "hash_ahead", lambda work: begun.append(1) or hash_ahead(work))
    monkeypatch.setattr(Digests, "begin", lambda self, transfer: self._stop_ahead())
    simulator.faults.set("fail_next", [["PUT /_rest_/bucket/*", 503, "Busy", 2]])
    simulator.faults.set("retry_after", 0)
    events = engine.run(engine.put(bucket, file))
    assert events[-1].outcome is Outcome.DONE
    assert begun == [1]


@pytest.fixture
def hashed_while_created(engine, monkeypatch) -> Callable[[Callable[[], None]], None]:
    """The appliance answers when all that is begun has ended, and something has happened."""

    def arrange(then: Callable[[], None]) -> None:
        begun: list[Future[object]] = []
        hash_ahead, start = engine.pool.hash_ahead, engine.client.start_put_job

        def noted(work: Callable[[], object]) -> Future[object]:
            begun.append(hash_ahead(work))
            return begun[-1]

        def slow(*args, **options):
            answer = start(*args, **options)
            for one in begun:
                one.result()
            assert begun
            then()
            return answer

        monkeypatch.setattr(engine.pool, "hash_ahead", noted)
        monkeypatch.setattr(engine.client, "start_put_job", slow)

    return arrange


def test_a_slow_appliance_finds_the_digests_made(
    engine, simulator, hashed_while_created, tmp_path: Path
) -> None:
    """All checksums are those of the bytes, for the appliance compares them."""
    simulator.faults.set_all({"policies": [{"default_blob_size": 2 << 20}]})
    files = [tmp_path / "up" / f"{n}.bin" for n in range(3)]
    files[0].parent.mkdir()
    for n, file in enumerate(files):
        file.write_bytes(os.urandom((5 << 20) + n))
    engine.client.create_bucket("b")
    hashed_while_created(_never)
    events = engine.run(engine.put("b", *files))
    assert events[-1].outcome is Outcome.DONE
    for file in files:
        assert engine.client.head_object("b", file.name).size == file.stat().st_size


def test_a_file_that_changes_while_the_job_is_created_is_not_sent(
    engine, hashed_while_created, tmp_path: Path
) -> None:
    file = tmp_path / "x.bin"
    file.write_bytes(bytes(3 << 20))
    engine.client.create_bucket("b")

    def change() -> None:
        file.write_bytes(os.urandom(3 << 20))
        os.utime(file, ns=(1, 1))

    hashed_while_created(change)
    events = engine.run(engine.put("b", file))
    assert events[-1].outcome is Outcome.FAILED
    (failed,) = [event for event in events if isinstance(event, ObjectFailed)]
    assert failed.failure.code is FailureCode.CHANGED


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_begun_on_other_bytes_is_digested_anew_after_a_try(
    engine, simulator, hashed_while_created, tmp_path: Path, monkeypatch, kind: ChecksumType
) -> None:
    """A file whose time does not tell that it changed: the appliance finds the checksum wrong."""
    monkeypatch.setattr("ds3_browser.transfer.loop.TRY_AGAIN_S", (0, 0, 0, 0))
    simulator.faults.set("policies", [{"checksum_type": kind.value}])
    file = tmp_path / "x.bin"
    file.write_bytes(bytes(3 << 20))
    engine.client.create_bucket("b")

    def change() -> None:
        before = file.stat()
        file.write_bytes(os.urandom(3 << 20))
        os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))

    hashed_while_created(change)
    assert engine.run(engine.put("b", file))[-1].outcome is Outcome.DONE
    events = engine.run(engine.get("b", tmp_path / "back", names=["x.bin"]))
    assert events[-1].outcome is Outcome.DONE
    assert (tmp_path / "back" / "x.bin").read_bytes() == file.read_bytes()
