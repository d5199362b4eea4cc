"""Small blobs that one thread moves together."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from ds3_browser.protocol.client import Ds3Client
from ds3_browser.protocol.errors import (
    ConnectionFailed,
    ConnectionLost,
    Refusal,
    ServerFault,
    Unreachable,
)
from ds3_browser.protocol.records import Blob, Credentials, Endpoint
from ds3_browser.protocol.transport import Timeouts
from ds3_browser.transfer import get
from ds3_browser.transfer.blobs import Cell, ObjectInJob, Transfer
from ds3_browser.transfer.errors import LocalFileError
from ds3_browser.transfer.events import FailureCode, JobState, ObjectState, Outcome, State
from ds3_browser.transfer.part_file import PartFile
from ds3_browser.transfer.together import AT_ONCE, NotBegun, move_together
from tests.transfer.scenes import same, wait_until, write

TIMED_OUT = ConnectionLost("there", Unreachable.TIMEOUT)
LOST = ConnectionLost("there", Unreachable.RESET)
AWAY = ConnectionFailed("there", Unreachable.REFUSED)
FAULT = ServerFault(Refusal("PUT", "/b/x", 500))


class Story:
    """Blobs that end as they are told to; what is done to them is noted."""

    def __init__(self, number: int) -> None:
        self.transfers = [
            Transfer(Blob(str(n), 0, 1, None, None), ObjectInJob(str(n)), Cell(0))
            for n in range(number)
        ]
        self.at_begin: dict[int, Exception] = {}
        self.at_end: dict[int, Exception] = {}
        self.on_way: set[int] = set()
        self.most_on_way = 0
        self.begun: list[int] = []
        self.left: list[int] = []
        self.landed: list[tuple[int, Exception | None]] = []

    def run(self) -> Story:
        move_together(self.transfers, self._begin, self._landed)
        return self

    def _begin(self, transfer: Transfer) -> One:
        number = int(transfer.blob.name)
        if number in self.at_begin:
            raise self.at_begin[number]
        self.begun.append(number)
        self.on_way.add(number)
        self.most_on_way = max(self.most_on_way, len(self.on_way))
        return One(self, number)

    def _landed(self, transfer: Transfer, error: Exception | None) -> None:
        self.landed.append((int(transfer.blob.name), error))


class One:
    def __init__(self, story: Story, number: int) -> None:
        self._story = story
        self._number = number

    def end(self) -> None:
        self._story.on_way.remove(self._number)
        if self._number in self._story.at_end:
            raise self._story.at_end[self._number]

    def leave(self) -> None:
        self._story.on_way.remove(self._number)
        self._story.left.append(self._number)


def test_a_few_are_on_their_way_at_once_and_land_in_their_order() -> None:
    story = Story(3 * AT_ONCE).run()
    assert story.most_on_way == AT_ONCE
    assert story.landed == [(n, None) for n in range(3 * AT_ONCE)]


@pytest.mark.parametrize("error", [FAULT, LOST])
def test_one_that_fails_does_not_stop_the_others(error: Exception) -> None:
    story = Story(20)
    story.at_end[3] = error
    story.run()
    assert story.landed == [(n, error if n == 3 else None) for n in range(20)]


def test_one_that_cannot_be_begun_lands_in_its_turn() -> None:
    story = Story(20)
    story.at_begin[5] = FAULT
    story.run()
    assert story.landed == [(n, FAULT if n == 5 else None) for n in range(20)]
    assert story.begun == [n for n in range(20) if n != 5]


def test_without_a_connection_the_rest_is_not_tried() -> None:
    story = Story(20)
    story.at_begin[2] = AWAY
    story.run()
    assert story.begun == [0, 1]
    assert story.landed[:3] == [(0, None), (1, None), (2, AWAY)]
    assert [number for number, _ in story.landed] == list(range(20))
    assert all(isinstance(error, NotBegun) for _, error in story.landed[3:])


def test_after_an_answer_that_never_came_nobody_waits_for_the_others() -> None:
    story = Story(20)
    story.at_end[1] = TIMED_OUT
    story.run()
    assert not story.on_way
    assert story.left == list(range(2, 1 + AT_ONCE))
    assert story.landed[: 1 + AT_ONCE] == [(0, None)] + [
        (n, TIMED_OUT) for n in range(1, 1 + AT_ONCE)
    ]
    assert all(isinstance(error, NotBegun) for _, error in story.landed[1 + AT_ONCE :])


# --- over the wire


def served(serve: Callable[[socket.socket], None]) -> tuple[str, socket.socket]:
    """A server that gives each connection to a thread; its URL, and what to close in the end."""
    listening = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        while True:
            try:
                sock, _ = listening.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(sock,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return f"http://127.0.0.1:{listening.getsockname()[1]}", listening


def test_a_blob_is_sent_before_the_answer_to_the_one_before_it() -> None:
    """The server answers nobody before it has heard three."""
    heard = threading.Barrier(3, timeout=10)

    def serve(sock: socket.socket) -> None:
        with sock:
            sock.recv(64 << 10)
            heard.wait()
            sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            sock.recv(1)

    url, listening = served(serve)
    client = Ds3Client(Endpoint.parse(url), Credentials("id", "key"))
    with listening:
        begun = [client.begin_put("b", str(n), b"x", job_id="j", offset=0) for n in range(3)]
        for one in begun:
            one.end()
    client.close()


def test_one_that_was_left_does_not_lend_its_connection_to_another() -> None:
    connections: list[bytes] = []

    def serve(sock: socket.socket) -> None:
        with sock:
            while heard := sock.recv(64 << 10):
                connections.append(heard.split()[1])
                if b"/late" not in heard:
                    sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    url, listening = served(serve)
    client = Ds3Client(Endpoint.parse(url), Credentials("id", "key"), timeouts=Timeouts(blob=5))
    with listening:
        client.begin_put("b", "late", b"x").leave()
        client.put_object("b", "x", b"x")
        client.put_object("b", "y", b"x")
    client.close()
    assert connections == [b"/b/late", b"/b/x", b"/b/y"]


def test_connections_lost_under_many_small_objects_cost_none_of_them(
    engine, bucket: str, folder: Path, tmp_path: Path, simulator, no_rest
) -> None:
    write(folder / "in", **{f"f{n:03}": 1000 + n for n in range(100)})
    simulator.faults.set("drop_connection", {"method": "PUT", "nth": 5, "bytes": 100, "times": 9})
    events = engine.run(engine.put(bucket, folder / "in"))
    assert (events[-1].outcome, events[-1].counts.done) == (Outcome.DONE, 100)
    simulator.faults.set("truncate_get", {"nth": 5, "bytes": 100, "times": 9})
    events = engine.run(engine.get(bucket, tmp_path / "out", prefixes=["in/"]))
    assert (events[-1].outcome, events[-1].counts.done) == (Outcome.DONE, 100)
    assert same(folder / "in", tmp_path / "out" / "in")


def test_one_of_many_small_files_that_changed_fails_alone(
    engine, bucket: str, folder: Path, simulator, client
) -> None:
    write(folder / "in", **{f"f{n:03}": 100 for n in range(50)})
    job = engine.put(bucket, folder / "in")
    simulator.faults.set_all({"busy": 1, "retry_after": 1})
    thread, events = engine.start(job)
    wait_until(lambda: any(isinstance(e, JobState) and e.state is State.WAITING for e in events))
    (folder / "in" / "f007").write_bytes(b"other")
    thread.join(20)
    assert (events[-1].outcome, events[-1].counts.done) == (Outcome.FAILED, 49)
    reader = engine.reader()
    (failed,) = reader.failed(job.job_id)
    assert (failed.name, failed.state) == ("in/f007", ObjectState.FAILED)
    reader.close()


@pytest.mark.parametrize("slow", [0.0, 99.0])
def test_of_files_synced_together_one_that_fails_stops_no_other(
    engine, bucket: str, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, slow: float
) -> None:
    """Beside each other where a disk is slow, one by one where it is not."""
    monkeypatch.setattr(get, "SLOW_SYNC_S", slow)
    write(folder / "in", **{f"f{n:03}": 100 for n in range(40)})
    engine.run(engine.put(bucket, folder / "in"))
    real = PartFile.sync

    def sync(part: PartFile) -> None:
        if part.path.endswith(("f000", "f007")):
            raise LocalFileError(FailureCode.LOCAL_WRITE, part.path, "cannot be synced")
        real(part)

    monkeypatch.setattr(PartFile, "sync", sync)
    events = engine.run(engine.get(bucket, tmp_path / "out", prefixes=["in/"]))
    assert (events[-1].counts.done, events[-1].counts.failed) == (38, 2)
    assert len([path for path in (tmp_path / "out").rglob("*") if path.is_file()]) == 38
