"""A whole job in one call: what cannot be meant is refused, and a single path is enough.

Interrupted, or by an error of who is told, it ends on the appliance as well.
"""

from __future__ import annotations

import io
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ds3_browser.protocol.client import Ds3Client
from ds3_browser.protocol.records import Credentials, Endpoint
from ds3_browser.simulator.server import Simulator
from ds3_browser.transfer import whole
from ds3_browser.transfer.events import (
    Event,
    JobCreated,
    JobEnded,
    JobState,
    Outcome,
    State,
    Waiting,
    WaitReason,
)

Call = Callable[[Ds3Client, str], object]


@pytest.mark.parametrize("kind", [str, Path, os.fsencode])
def test_a_single_path_is_put_and_got_back(
    client: Ds3Client, bucket: str, folder: Path, kind: Callable[[Path], whole.AnyPath]
) -> None:
    (folder / "rushes").mkdir()
    (folder / "rushes" / "a.mov").write_bytes(b"frames")
    ended = whole.put(client, bucket, kind(folder / "rushes"))
    assert ended.outcome is Outcome.DONE
    assert list(client.list_objects(bucket).names) == ["rushes/a.mov"]
    assert whole.get(client, bucket, kind(folder / "back"), names=["rushes/a.mov"]).counts.done == 1
    assert (folder / "back" / "rushes" / "a.mov").read_bytes() == b"frames"


@pytest.mark.parametrize(
    ("call", "error", "word"),
    [
        (lambda c, b: whole.put(c, b, []), ValueError, "nothing to put"),
        (lambda c, b: whole.put(c, "", ["x"]), ValueError, "bucket"),
        (lambda c, b: whole.put(c, f"{b}/2026", ["x"]), ValueError, "2026"),
        (lambda c, b: whole.put(c, b, ["x"], prefix="2026"), ValueError, "slash"),
        (lambda c, b: whole.put(c, b, ["x"], threads=0), ValueError, "thread"),
        (lambda c, b: whole.get(c, b, "back"), ValueError, "nothing to get"),
        (lambda c, b: whole.get(c, b, "back", names="a.mov"), TypeError, "names"),
        (lambda c, b: whole.get(c, b, "back", prefixes="2026/"), TypeError, "prefixes"),
        (lambda c, b: whole.get(c, "", "back", names=["x"]), ValueError, "bucket"),
        (
            lambda c, b: whole.get(c, b, "back", names=["x"], base_prefix="2026"),
            ValueError,
            "slash",
        ),
        (lambda c, b: whole.get(c, b, "back", names=["x"], threads=0), ValueError, "thread"),
        (lambda c, b: whole.put(b, b, "x"), TypeError, "Ds3Client.*not builtins.str"),
        (lambda c, b: whole.put(c, b"films", "x"), TypeError, "bucket is a text, not bytes"),
        (lambda c, b: whole.put(c, b, ""), ValueError, "no path.*'.'"),
        (lambda c, b: whole.put(c, b, "a\0b"), ValueError, "no path"),
        (lambda c, b: whole.put(c, b, io.BytesIO(b"x")), TypeError, "open file"),
        (lambda c, b: whole.put(c, b, {"x": "y"}), TypeError, "renamed"),
        (lambda c, b: whole.get(c, b, "back", names={"x": "y"}), TypeError, "renamed"),
        (lambda c, b: whole.put(c, b, "x", prefix=None), TypeError, "prefix is a text"),
        (lambda c, b: whole.put(c, b, "x", prefix="../"), ValueError, "a part that is"),
        (lambda c, b: whole.put(c, b, "x", prefix="\ud800/"), ValueError, "not UTF-8"),
        (lambda c, b: whole.put(c, b, "x", name=None), TypeError, "job is a text"),
        (lambda c, b: whole.put(c, b, "x", priority="HIGH"), TypeError, "Priority, not 'HIGH'"),
        (lambda c, b: whole.put(c, b, "x", report=[]), TypeError, "called"),
        (lambda c, b: whole.put(c, b, "x", threads=2.0), TypeError, "threads"),
        (lambda c, b: whole.get(c, b, "", names=["x"]), ValueError, "no path"),
        (lambda c, b: whole.get(c, b, "back", names=[""]), ValueError, "empty"),
        (lambda c, b: whole.get(c, b, "back", names=[b"x"]), TypeError, "object is a text"),
        (lambda c, b: whole.get(c, b, "back", prefixes=[5]), TypeError, "prefix is a text"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_anything_is_done(
    client: Ds3Client,
    bucket: str,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    simulator: Simulator,
    call: Call,
    error: type[Exception],
    word: str,
) -> None:
    monkeypatch.chdir(folder)
    before = simulator.counters()
    with pytest.raises(error, match=word):
        call(client, bucket)
    assert simulator.counters() == before
    assert list(folder.iterdir()) == []


MINE = KeyboardInterrupt, RuntimeError


def at(state: State, error: type[BaseException]) -> Callable[[Event], None]:
    """A `report` that raises once: when the job comes into a state."""
    errors = [error]

    def report(event: Event) -> None:
        if isinstance(event, JobState) and event.state is state and errors:
            raise errors.pop()

    return report


@pytest.fixture
def files(folder: Path) -> Path:
    (folder / "rushes").mkdir()
    for number in range(3):
        (folder / "rushes" / f"{number}.mov").write_bytes(bytes(4_000_000))
    return folder / "rushes"


@pytest.fixture
def left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[object]]:
    """What a call has left in this process: temporary files, and threads of its own."""
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    before = set(threading.enumerate())

    def found() -> list[object]:
        threads = set(threading.enumerate()) - before
        mine = [each for each in threads if each.name.startswith(("blob-", "hash", "sync"))]
        return [*mine, *(tmp_path / "temporary").iterdir()]

    return found


@pytest.mark.parametrize("error", MINE)
@pytest.mark.parametrize("state", [State.PREPARING, State.TRANSFERRING])
def test_an_upload_that_is_interrupted_leaves_no_job_and_its_names_are_free(
    client: Ds3Client,
    bucket: str,
    files: Path,
    simulator: Simulator,
    left: Callable[[], list[object]],
    error: type[BaseException],
    state: State,
) -> None:
    simulator.faults.set("throttle_bps", 200_000)
    with pytest.raises(error):
        whole.put(client, bucket, files, report=at(state, error))
    assert list(client.active_jobs()) == []
    assert left() == []
    simulator.faults.set("throttle_bps", None)
    assert whole.put(client, bucket, files).outcome is Outcome.DONE


def test_an_upload_that_is_interrupted_while_it_waits_leaves_no_job(
    client: Ds3Client, bucket: str, files: Path, simulator: Simulator
) -> None:
    simulator.faults.set("cache_bytes", 1)
    with pytest.raises(KeyboardInterrupt):
        whole.put(client, bucket, files, report=at(State.WAITING, KeyboardInterrupt))
    assert list(client.active_jobs()) == []


@pytest.mark.parametrize("error", MINE)
def test_a_download_that_is_interrupted_leaves_no_job_and_no_part_of_a_file(
    client: Ds3Client,
    bucket: str,
    files: Path,
    simulator: Simulator,
    left: Callable[[], list[object]],
    error: type[BaseException],
) -> None:
    whole.put(client, bucket, files)
    simulator.faults.set("throttle_bps", 200_000)
    target = files.parent / "back"
    with pytest.raises(error):
        whole.get(
            client, bucket, target, prefixes=["rushes/"], report=at(State.TRANSFERRING, error)
        )
    assert list(client.active_jobs()) == []
    assert left() == []
    assert [path for path in target.rglob("*") if path.is_file()] == []


def test_an_error_of_who_is_told_of_the_end_is_raised_too(
    client: Ds3Client, bucket: str, files: Path, left: Callable[[], list[object]]
) -> None:
    def report(event: Event) -> None:
        if isinstance(event, JobEnded):
            raise RuntimeError("of the script")

    with pytest.raises(RuntimeError, match="of the script"):
        whole.put(client, bucket, files, report=report)
    assert left() == []
    assert len(client.list_objects(bucket)) == 3


def test_who_is_told_is_told_in_the_thread_that_called(
    client: Ds3Client, bucket: str, files: Path
) -> None:
    threads = set()
    whole.put(client, bucket, files, report=lambda _: threads.add(threading.current_thread()))
    assert threads == {threading.current_thread()}


def test_what_failed_of_an_upload_can_be_put_again_and_the_rest_is_there(
    client: Ds3Client, bucket: str, files: Path
) -> None:
    def vanish(event: Event) -> None:
        if isinstance(event, JobCreated):
            (files / "1.mov").unlink(missing_ok=True)

    ended = whole.put(client, bucket, files, report=vanish)
    assert (ended.outcome, ended.counts.done, ended.counts.failed) == (Outcome.FAILED, 2, 1)
    assert list(client.active_jobs()) == []
    (files / "1.mov").write_bytes(b"here again")
    ended = whole.put(client, bucket, files / "1.mov", prefix="rushes/")
    assert ended.outcome is Outcome.DONE
    sizes = {each.name: each.size for each in client.list_objects(bucket).objects()}
    assert sizes == {"rushes/0.mov": 4_000_000, "rushes/1.mov": 10, "rushes/2.mov": 4_000_000}


@pytest.fixture
def deaf(
    client: Ds3Client, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[Callable[[], object]], None]]:
    """The appliance hangs when it is told of a job's end. Takes what is called then."""
    heard = threading.Event()
    calls: list[Callable[[], object]] = []
    truncate = client.truncate_job

    def truncate_late(job_id: str) -> None:
        for call in calls:
            call()
        heard.wait(50)
        truncate(job_id)

    monkeypatch.setattr(client, "truncate_job", truncate_late)
    yield calls.append
    heard.set()
    for thread in threading.enumerate():
        if thread.name == "whole-job":
            thread.join(50)
            assert not thread.is_alive()
    assert list(client.active_jobs()) == []


def test_an_interrupt_does_not_wait_long_for_an_appliance_that_hangs(
    client: Ds3Client,
    bucket: str,
    files: Path,
    simulator: Simulator,
    deaf: object,
    monkeypatch: pytest.MonkeyPatch,
    left: Callable[[], list[object]],
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(whole, "END_S", 0.5)
    simulator.faults.set("throttle_bps", 200_000)
    with pytest.raises(KeyboardInterrupt):
        whole.put(client, bucket, files, report=at(State.TRANSFERRING, KeyboardInterrupt))
    assert len(list(client.active_jobs())) == 1
    assert "may be open" in caplog.text


def test_a_second_interrupt_does_not_wait(
    client: Ds3Client,
    bucket: str,
    files: Path,
    simulator: Simulator,
    deaf: Callable[[Callable[[], object]], None],
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    # Tests that a shell runs in the background would not be interrupted.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    request.addfinalizer(lambda: signal.signal(signal.SIGINT, before))
    monkeypatch.setattr(whole, "END_S", 1000)
    deaf(lambda: signal.raise_signal(signal.SIGINT))
    simulator.faults.set("throttle_bps", 200_000)
    with pytest.raises(KeyboardInterrupt) as second:
        whole.put(client, bucket, files, report=at(State.TRANSFERRING, RuntimeError))
    assert isinstance(second.value.__context__, RuntimeError)
    assert len(list(client.active_jobs())) == 1


ENDS_MEANWHILE = """
import shutil, sys, threading
from ds3_browser.protocol.client import Ds3Client, from_environment
from ds3_browser.transfer import events, whole

remove, cleaning = shutil.rmtree, threading.Event()

def slow(*args, **kwargs):
    if threading.current_thread().name == "whole-job":
        cleaning.set()
        threading.Event().wait()
    remove(*args, **kwargs)

def report(event):
    if isinstance(event, events.JobEnded):
        assert cleaning.wait(30)
        sys.exit("enough")

shutil.rmtree, whole.END_S = slow, 0
whole.put(Ds3Client(*from_environment()), sys.argv[1], sys.argv[2], report=report)
"""


def test_a_program_that_ends_while_its_job_does_leaves_no_temporary_file(
    simulator: Simulator, bucket: str, files: Path, tmp_path: Path
) -> None:
    (tmp_path / "temporary").mkdir()
    keys = {"DS3_ACCESS_KEY": simulator.access_id, "DS3_SECRET_KEY": simulator.secret_key}
    ended = subprocess.run(
        [sys.executable, "-c", ENDS_MEANWHILE, bucket, str(files)],
        env={
            **os.environ,
            **keys,
            "DS3_ENDPOINT": simulator.url,
            "TMPDIR": str(tmp_path / "temporary"),
        },
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ended.stderr.splitlines()[-1] == "enough"
    assert list((tmp_path / "temporary").iterdir()) == []


def test_an_interrupt_before_there_is_a_job_asks_the_appliance_nothing(
    client: Ds3Client, bucket: str, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    monkeypatch.setattr(client, "truncates", lambda: asked.append(1))
    with pytest.raises(KeyboardInterrupt):
        whole.put(client, bucket, files, report=at(State.PREPARING, KeyboardInterrupt))
    assert asked == []


def test_names_with_tabs_and_ends_of_lines_come_back(
    client: Ds3Client, bucket: str, folder: Path
) -> None:
    odd = {"tab\there", "line\nbreak", "end\n", "return\r"}
    (folder / "in").mkdir()
    for name in odd:
        (folder / "in" / name).write_bytes(name.encode())
    assert whole.put(client, bucket, folder / "in").outcome is Outcome.DONE
    assert whole.get(client, bucket, folder / "out", prefixes=["in/"]).outcome is Outcome.DONE
    back = {path.name: path.read_bytes() for path in (folder / "out" / "in").iterdir()}
    assert back == {name: name.encode() for name in odd}


def test_a_link_is_followed_where_it_is_named_and_left_out_of_a_folder(
    client: Ds3Client, bucket: str, files: Path
) -> None:
    (files / "link.mov").symlink_to(files / "0.mov")
    assert whole.put(client, bucket, files).counts.total == 3
    assert whole.put(client, bucket, files / "link.mov", prefix="alone/").counts.done == 1
    names = set(client.list_objects(bucket).names)
    assert names == {"rushes/0.mov", "rushes/1.mov", "rushes/2.mov", "alone/link.mov"}


def test_an_appliance_that_cannot_be_reached_is_waited_for_not_unsaid(
    credentials: Credentials, files: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    waits = []

    def report(event: Event) -> None:
        if isinstance(event, Waiting):
            waits.append(event.reason)
            if len(waits) == 2:
                raise RuntimeError("enough")

    with (
        Ds3Client(Endpoint("http", "127.0.0.1", port), credentials) as client,
        pytest.raises(RuntimeError, match="enough"),
    ):
        whole.put(client, "films", files, report=report)
    assert waits == [WaitReason.NETWORK] * 2
    told = [each.getMessage() for each in caplog.records if each.levelname == "WARNING"]
    assert len(told) == 1
    assert f"no connection to 127.0.0.1:{port}" in told[0]
