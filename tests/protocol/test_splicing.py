"""Bytes that the kernel puts in their place: the same bytes and errors as any other way."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ds3_browser.protocol.client import Ds3Client
from ds3_browser.protocol.errors import ConnectionLost, Unreachable
from ds3_browser.protocol.transport import Hangup, Timeouts
from tests.protocol.conftest import ClientFor, certificate
from tests.protocol.recorder import Peer, Recorded, Recorder, reply

SOON_S = 5.0
DATA = os.urandom((5 << 20) + 123)

pytestmark = pytest.mark.skipif(not hasattr(os, "splice"), reason="this system does not splice")


class Blind:
    """A sink over a file that need not see what goes into it."""

    takes_unseen = True

    def __init__(self, file: io.FileIO) -> None:
        self.seen = 0
        self.unseen = 0
        self.told = 0
        self._file = file

    @property
    def data(self) -> bytes:
        return os.pread(self._file.fileno(), 1 << 30, 0)

    def write_at(self, offset: int, piece: memoryview) -> None:
        assert offset == self.seen + self.unseen
        assert os.pwrite(self._file.fileno(), piece, offset) == len(piece)
        self.seen += len(piece)

    def take_unseen(self, offset: int, pipe: int, n: int) -> int:
        assert offset == self.seen + self.unseen
        taken = os.splice(pipe, self._file.fileno(), n, offset_dst=offset)
        self.unseen += taken
        return taken

    def moved(self, n: int) -> None:
        self.told += n


@pytest.fixture
def file(tmp_path: Path) -> Iterator[io.FileIO]:
    with io.FileIO(str(tmp_path / "target"), "x+") as file:
        yield file


def test_the_kernel_receives_the_same_bytes(
    recorded: Ds3Client, recorder: Recorder, file: io.FileIO, fast: bool
) -> None:
    recorder.answer(reply(200, DATA), reply(200, b"next"))
    sink = Blind(file)
    assert recorded.get_object("b", "x", sink).received == len(DATA)
    assert sink.data == DATA
    assert sink.told == sink.seen + sink.unseen == len(DATA)
    assert (sink.unseen > len(DATA) // 2) is fast
    recorded.get_object("b", "x", Blind(file))
    assert recorder.connections == 1  # what was spliced leaves the connection as good as new


def test_a_small_body_takes_no_pipe(
    recorded: Ds3Client, recorder: Recorder, file: io.FileIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "pipe")
    recorder.answer(reply(200, DATA[:9000]))
    sink = Blind(file)
    recorded.get_object("b", "x", sink)
    assert sink.data == DATA[:9000]


def test_what_wants_to_see_its_bytes_sees_all_of_them(
    recorded: Ds3Client, recorder: Recorder, file: io.FileIO
) -> None:
    recorder.answer(reply(200, DATA))
    sink = Blind(file)
    sink.takes_unseen = False
    recorded.get_object("b", "x", sink)
    assert (sink.seen, sink.data) == (len(DATA), DATA)


@pytest.mark.parametrize("after", [0, 2 << 20])
def test_a_file_that_the_kernel_cannot_write_is_written_in_pieces(
    recorded: Ds3Client, recorder: Recorder, file: io.FileIO, after: int
) -> None:
    class Refusing(Blind):
        def take_unseen(self, offset: int, pipe: int, n: int) -> int:
            return 0 if offset >= after else super().take_unseen(offset, pipe, min(n, 100_000))

    recorder.answer(reply(200, DATA))
    sink = Refusing(file)
    assert recorded.get_object("b", "x", sink).received == len(DATA)
    assert sink.data == DATA
    assert sink.told == len(DATA)


@pytest.mark.parametrize("missing", ["splice", "pipe", "room in pipes"])
def test_where_the_kernel_cannot_the_ordinary_way_goes_on(
    recorded: Ds3Client,
    recorder: Recorder,
    file: io.FileIO,
    monkeypatch: pytest.MonkeyPatch,
    missing: str,
) -> None:
    if missing == "splice":
        monkeypatch.delattr(os, "splice")
    elif missing == "pipe":
        monkeypatch.setattr(os, "pipe", _failing(errno.EMFILE))
    else:
        monkeypatch.setattr("fcntl.F_SETPIPE_SZ", -1)  # a pipe stays as narrow as it was
    recorder.answer(reply(200, DATA))
    sink = Blind(file)
    recorded.get_object("b", "x", sink)
    assert sink.data == DATA


def test_a_socket_that_cannot_be_spliced_is_read(
    recorded: Ds3Client, recorder: Recorder, file: io.FileIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "splice", _failing(errno.EINVAL))
    recorder.answer(reply(200, DATA))
    sink = Blind(file)
    recorded.get_object("b", "x", sink)
    assert (sink.seen, sink.data) == (len(DATA), DATA)


def test_over_tls_bytes_are_seen(
    tls_recorder: Recorder, client_for: ClientFor, file: io.FileIO
) -> None:
    client = client_for(tls_recorder.url, ca_file=certificate("good"))
    tls_recorder.answer(reply(200, DATA))
    sink = Blind(file)
    client.get_object("b", "x", sink)
    assert (sink.seen, sink.data) == (len(DATA), DATA)


def _cut(peer: Peer, request: Recorded) -> None:
    peer.send(reply(200, DATA[: 3 << 20], length=len(DATA)))
    peer.sock.close()


def test_what_breaks_off_is_in_its_place_and_counted(
    recorded: Ds3Client, recorder: Recorder, file: io.FileIO
) -> None:
    recorder.answer(_cut)
    sink = Blind(file)
    with pytest.raises(ConnectionLost) as caught:
        recorded.get_object("b", "x", sink)
    assert caught.value.received == sink.told == 3 << 20
    assert sink.data == DATA[: 3 << 20]


def _stall(peer: Peer, request: Recorded) -> None:
    peer.send(reply(200, DATA[: 2 << 20], length=len(DATA)))
    peer.wait()


def test_an_appliance_that_stops_in_mid_body_times_out(
    recorder: Recorder, client_for: ClientFor, file: io.FileIO, fast: bool
) -> None:
    client = client_for(recorder.url, fast=fast, timeouts=Timeouts(blob=0.3))
    recorder.answer(_stall)
    sink = Blind(file)
    with pytest.raises(ConnectionLost) as caught:
        client.get_object("b", "x", sink)
    assert caught.value.why is Unreachable.TIMEOUT
    assert sink.data == DATA[: caught.value.received]
    assert caught.value.received == 2 << 20


def test_a_hangup_ends_what_waits_for_bytes(
    recorded: Ds3Client, recorder: Recorder, file: io.FileIO
) -> None:
    recorder.answer(_stall)
    hangup, failures, there = Hangup(), list[ConnectionLost](), threading.Event()

    class Telling(Blind):
        def moved(self, n: int) -> None:
            super().moved(n)
            if self.told > 1 << 20:
                there.set()

    def move() -> None:
        try:
            recorded.get_object("b", "x", Telling(file), hangup=hangup)
        except ConnectionLost as error:
            failures.append(error)

    thread = threading.Thread(target=move)
    thread.start()
    assert there.wait(SOON_S)
    hangup.fire()
    thread.join(SOON_S)
    assert len(failures) == 1


@pytest.mark.parametrize("fast", [True], indirect=True)
@pytest.mark.parametrize("raised", [OSError(errno.ENOSPC, "full"), TimeoutError("nfs")])
def test_what_the_sink_raises_passes_through_and_no_pipe_stays(
    recorded: Ds3Client, recorder: Recorder, file: io.FileIO, raised: Exception
) -> None:
    class Full(Blind):
        def take_unseen(self, offset: int, pipe: int, n: int) -> int:
            raise raised

    before = _pipes()
    for _ in range(3):
        recorder.answer(reply(200, DATA))
        with pytest.raises(type(raised)) as caught:
            recorded.get_object("b", "x", Full(file))
        assert caught.value is raised
    assert _pipes() == before


def _pipes() -> int:
    descriptors = Path("/proc/self/fd")
    found = 0
    for descriptor in descriptors.iterdir():
        with contextlib.suppress(OSError):  # that of the listing itself
            found += os.readlink(descriptor).startswith("pipe:")
    return found


def test_a_limited_sink_gets_no_more_than_it_allows(
    recorded: Ds3Client, recorder: Recorder, file: io.FileIO
) -> None:
    class Limited(Blind):
        def allowed(self, wanted: int) -> int:
            assert wanted > 0
            return min(wanted, 70_000)

        def moved(self, n: int) -> None:
            super().moved(n)
            most.append(n)

    most: list[int] = []
    recorder.answer(reply(200, DATA))
    sink = Limited(file)
    recorded.get_object("b", "x", sink)
    assert sink.data == DATA
    assert max(most[1:]) <= 70_000


def _failing(code: int) -> Callable[..., None]:
    def fail(*_: object, **__: object) -> None:
        raise OSError(code, os.strerror(code))

    return fail
