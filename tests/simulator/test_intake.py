"""Objects that come without a job are in a journal before they are in the tables."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import quote

import pytest

from ds3_browser.simulator import intake
from ds3_browser.simulator.packs import Packs
from ds3_browser.simulator.server import Simulator
from ds3_browser.simulator.store import FILE, JOURNAL

from .raw import Raw


def rows(simulator: Simulator) -> int:
    """How many objects are in the tables, whatever waits."""
    found = simulator.store.written("SELECT COUNT(*) FROM object")
    assert found is not None
    return int(found[0])


@pytest.fixture
def put(call: Raw, bucket: str) -> Callable[..., None]:
    def put(*names: str) -> None:
        for name in names:
            call.put(f"/{bucket}/{quote(name)}", name.encode() * 7)

    return put


def copied(simulator: Simulator, folder: Path) -> Path:
    """The archive as it would be left by a kill at this moment."""
    shutil.copytree(simulator.store.folder / "blobs", folder / "blobs")
    for file in (FILE, f"{FILE}-wal", JOURNAL):
        source = simulator.store.folder / file
        if source.exists():
            (folder / file).write_bytes(source.read_bytes())
    return folder


def found(folder: Path) -> dict[str, bytes]:
    """What a simulator on this archive has, by name."""
    with Simulator(folder) as after:
        call = Raw(after.port, after.access_id, after.secret_key)
        names = [name or "" for name in call("GET", "/b").texts("Contents/Key")]
        bodies = {name: call("GET", f"/b/{name}").body for name in names}
        call.close()
    return bodies


def test_small_objects_are_written_to_the_tables_together(
    simulator: Simulator, call: Raw, put: Callable[..., None]
) -> None:
    put("one", "two", "three")
    assert rows(simulator) == 0
    assert call("GET", "/b").texts("Contents/Key") == ["one", "three", "two"]
    assert rows(simulator) == 3


def test_many_small_objects_do_not_wait_for_a_reader(
    simulator: Simulator, put: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "MOST_WAITING", 3)
    put("a", "b", "c", "d")
    assert rows(simulator) == 3


@pytest.fixture
def packed(simulator: Simulator, call: Raw, put: Callable[..., None]) -> list[str]:
    """The names of objects whose bodies are in one file."""
    names = [f"n{number:02}" for number in range(intake.FEWEST_PACKED)]
    put(*names)
    assert call("GET", "/b").texts("Contents/Key") == names
    return names


def packs(simulator: Simulator) -> list[Path]:
    return list((simulator.store.folder / "blobs").glob("pack-*"))


def test_small_objects_that_came_together_lie_in_one_file(
    simulator: Simulator, call: Raw, packed: list[str]
) -> None:
    assert len(packs(simulator)) == 1
    assert [call("GET", f"/b/{name}").body for name in packed] == [
        name.encode() * 7 for name in packed
    ]
    assert call("GET", "/b/n03", headers=[("Range", "bytes=3-5")]).body == b"n03"


def test_a_file_of_many_goes_with_the_last_of_them(
    simulator: Simulator, call: Raw, packed: list[str]
) -> None:
    for name in packed[1:]:
        assert call("DELETE", f"/b/{name}").status == 204
    assert call("GET", f"/b/{packed[0]}").body == packed[0].encode() * 7
    call("DELETE", f"/b/{packed[0]}")
    assert packs(simulator) == []


def test_a_file_of_many_takes_more(
    simulator: Simulator,
    call: Raw,
    put: Callable[..., None],
    packed: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def add(*prefixes: str) -> None:
        for prefix in prefixes:
            put(*(prefix + name for name in packed))
            assert call("GET", "/b").status == 200

    add("more", "most")
    assert len(packs(simulator)) == 1
    monkeypatch.setattr("ds3_browser.simulator.packs.LARGE", 1)
    add("last", "new")
    assert len(packs(simulator)) == 2
    for name in call("GET", "/b").texts("Contents/Key"):
        assert call("GET", f"/b/{name}").body == (name or "").encode() * 7
    for name in packed:
        for prefix in ("", "more", "most", "last"):
            assert call("DELETE", f"/b/{prefix}{name}").status == 204
    assert len(packs(simulator)) == 1
    assert call("GET", "/b/newn03").body == b"newn03" * 7


def test_a_file_of_many_goes_with_its_bucket(
    simulator: Simulator, call: Raw, packed: list[str]
) -> None:
    assert call("DELETE", "/_rest_/bucket/b?force").status == 204
    assert packs(simulator) == []


def test_a_file_of_many_outlives_a_restart_and_a_lost_one_does_not(
    simulator: Simulator, packed: list[str], tmp_path: Path
) -> None:
    folder = copied(simulator, tmp_path / "left")
    (folder / "blobs" / "pack-77").write_bytes(b"of a killed process")
    with Simulator(folder) as after:
        assert len(packs(after)) == 1
        again = Raw(after.port, after.access_id, after.secret_key)
        assert again("GET", "/b/n05").body == b"n05" * 7
        again.close()


def test_a_journal_that_had_to_grow_outlives_a_kill(
    simulator: Simulator,
    put: Callable[..., None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(intake, "GROWTH", 500)
    names = [f"n{number:02}" for number in range(intake.FEWEST_PACKED)]
    put(*names)
    assert rows(simulator) == 0
    left = found(copied(simulator, tmp_path / "left"))
    assert left == {name: name.encode() * 7 for name in names}


def test_what_came_is_told_in_the_order_it_came(call: Raw, put: Callable[..., None]) -> None:
    put("b", "a")
    events = call("GET", "/_rest_/bucket_history?bucket_id=b").xml
    told = [(event.findtext("ObjectName"), event.findtext("Type")) for event in events]
    assert told == [(name, kind) for name in "ba" for kind in ("CREATE", "MARK_LATEST")]


def test_what_waits_is_there_for_every_call(
    simulator: Simulator, call: Raw, put: Callable[..., None]
) -> None:
    simulator.faults.set("hold_persistence", True)
    put("x")
    assert call("PUT", "/b/x", b"again").status == 409
    assert call("HEAD", "/b/x").headers["Content-Length"] == "7"
    put("y")
    jobs = call("GET", "/_rest_/job?full_details").xml
    assert len(jobs.findall("Job")) == 2
    put("z")
    assert call("DELETE", "/b").status == 409


def test_what_was_answered_outlives_a_kill(
    simulator: Simulator, put: Callable[..., None], tmp_path: Path
) -> None:
    put("one", "two")
    bodies = {name: name.encode() * 7 for name in ("one", "two")}
    left = copied(simulator, tmp_path / "left")
    assert found(left) == bodies
    assert found(left) == bodies  # and is not brought twice


def test_half_an_entry_is_none(
    simulator: Simulator, put: Callable[..., None], tmp_path: Path
) -> None:
    put("one", "torn")
    left = copied(simulator, tmp_path / "left")
    os.truncate(left / JOURNAL, (left / JOURNAL).read_bytes().index(b"torn" * 7) + 20)
    assert set(found(left)) == {"one"}


def test_a_kill_between_writing_and_clearing_brings_nothing_twice(
    simulator: Simulator,
    call: Raw,
    put: Callable[..., None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(intake.Journal, "clear", lambda self: None)
    put("one", "two")
    assert call("GET", "/b").status == 200
    left = copied(simulator, tmp_path / "left")
    monkeypatch.undo()
    put("three")
    assert call("GET", "/b").status == 200  # so that nothing is left in the journal
    assert set(found(left)) == {"one", "two"}


def test_what_was_deleted_stays_away_though_the_journal_still_has_its_bytes(
    simulator: Simulator, call: Raw, put: Callable[..., None], tmp_path: Path
) -> None:
    simulator.faults.set("clock", {"fixed_s": 1_800_000_000})  # dates of one length
    put("first", "second", "third")
    assert call("DELETE", "/b/first").status == 204
    assert call("DELETE", "/b/third").status == 204
    assert set(found(copied(simulator, tmp_path / "left"))) == {"second"}
    put("fifth")  # as long as the first, so that what follows in the file is whole
    assert set(found(copied(simulator, tmp_path / "later"))) == {"second", "fifth"}


def test_a_full_disk_is_no_success(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "GROWTH", 500)

    def full(file: int, data: bytes, at: int) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with Simulator(tmp_path / "full") as simulator:
        call = Raw(simulator.port, simulator.access_id, simulator.secret_key)
        call.bucket()
        call.put("/b/one", b"1")
        with monkeypatch.context() as patch:
            patch.setattr(os, "pwrite", full)
            reply = call("PUT", "/b/two", b"x" * 500)
            assert (reply.status, reply.code) == (503, "SlowDown")
            call.put("/b/three", b"3")  # for which there is room left
        assert set(found(copied(simulator, tmp_path / "left"))) == {"one", "three"}
        call.put("/b/two", b"x" * 500)
        assert call("GET", "/b").texts("Contents/Key") == ["one", "three", "two"]
        call.close()


def test_a_disk_that_is_full_for_a_while_loses_nothing(
    simulator: Simulator,
    call: Raw,
    put: Callable[..., None],
    packed: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names = ["more" + name for name in packed]
    put(*names)
    with monkeypatch.context() as patch:
        patch.setattr(simulator.store, "packs", Full(simulator.store.packs))
        patch.setattr(intake, "MOST_WAITING", 1)
        put("yet another")  # for which the journal has room
        for _ in range(2):
            reply = call("GET", "/b")
            assert (reply.status, reply.code) == (503, "SlowDown")
    names.append("yet another")
    assert call("GET", "/b").texts("Contents/Key") == sorted([*names, *packed])
    assert [call("GET", f"/b/{quote(name)}").body for name in names] == [
        name.encode() * 7 for name in names
    ]


class Full:
    """Packs on a disk that is full after a part of what is to be kept."""

    def __init__(self, packs: Packs) -> None:
        self._packs = packs

    def keep(self, bodies: Sequence[bytes], new_key: Callable[[], int]) -> tuple[int, int]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(os, "pwrite", half(os.pwrite))
            patch.setattr(os, "write", half(os.write))
            return self._packs.keep(bodies, new_key)


def half(write: Callable[..., int]) -> Callable[..., int]:
    """Writes half of what is given, once, and finds no room from then on."""
    times = []

    def some(file: int, data: memoryview, *at: int) -> int:
        times.append(1)
        if len(times) > 1:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(file, data[: len(data) // 2], *at)

    return some


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], None]:
    """Has something done between the look at a request and its body's end."""

    def meanwhile(do: Callable[[], object]) -> None:
        check, left = intake.Intake.check, [do]

        def checked(self: intake.Intake, bucket: str, name: str, length: int) -> object:
            row = check(self, bucket, name, length)
            if left:
                left.pop()()
            return row

        monkeypatch.setattr(intake.Intake, "check", checked)

    return meanwhile


@pytest.mark.parametrize("size", [1, 100_000])
def test_of_two_of_a_name_at_once_one_comes(
    simulator: Simulator,
    call: Raw,
    caller: Callable[..., Raw],
    bucket: str,
    meanwhile: Callable[[Callable[[], object]], None],
    size: int,
) -> None:
    other = caller()
    meanwhile(lambda: other.put("/b/x", b"o" * size))
    assert call("PUT", "/b/x", b"x").status == 409
    assert call("GET", "/b/x").body == b"o" * size


def test_a_bucket_that_went_while_the_body_came_is_missed(
    simulator: Simulator,
    call: Raw,
    caller: Callable[..., Raw],
    bucket: str,
    meanwhile: Callable[[Callable[[], object]], None],
) -> None:
    other = caller()
    meanwhile(lambda: other("DELETE", "/b"))
    reply = call("PUT", "/b/x", b"x")
    assert (reply.status, reply.code) == (404, "NoSuchBucket")
