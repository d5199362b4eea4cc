"""The simulator as a process of its own: start, control channel, restart, end."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ds3_browser.simulator.server import Simulator

from .raw import Job, Raw, pattern

SECRET = "s3cr3t-Kx7pQ2vZ"
TOKEN = "token-1234"
MIB = 1 << 20


class Process:
    """A simulator started by the command line."""

    def __init__(self, folder: Path, *arguments: str, token: str | None = TOKEN) -> None:
        environ = os.environ | ({"DS3_SIMULATOR_TOKEN": token} if token else {})
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "ds3_browser.simulator", "--port", "0"),
                *("--data", str(folder), "--access-key", "me", "--secret-key", SECRET),
                *arguments,
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environ,
            cwd=Path(__file__).resolve().parents[2],
        )
        assert self.process.stdout is not None
        self.line = self.process.stdout.readline().decode()

    @property
    def port(self) -> int:
        return int(self.line.rsplit(":", 1)[1])

    def caller(self) -> Raw:
        return Raw(self.port, "me", SECRET)

    def control(
        self, method: str, what: str, value: object = None, token: str | None = TOKEN
    ) -> tuple[int, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        headers = {} if token is None else {"X-Simulator-Token": token}
        body = None if value is None else json.dumps(value)
        connection.request(method, f"/_simulator_/{what}", body, headers)
        response = connection.getresponse()
        text = response.read()
        connection.close()
        return response.status, json.loads(text) if response.status == 200 else text.decode()

    def close_input(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.stdin = None

    def end(self) -> tuple[int, str, str]:
        """What is left of it: exit code, output, errors. Waits for its end."""
        output, errors = self.process.communicate(timeout=10)
        return self.process.returncode, self.line + output.decode(), errors.decode()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Process]]:
    made: list[Process] = []

    def begin(*arguments: str, folder: str = "data", token: str | None = TOKEN) -> Process:
        made.append(Process(tmp_path / folder, *arguments, token=token))
        return made[-1]

    yield begin
    for each in made:
        each.process.kill()
        each.process.communicate()


def test_it_says_where_it_serves_and_then_nothing_more(start: Callable[..., Process]) -> None:
    process = start()
    assert process.line == f"READY http://127.0.0.1:{process.port}\n"
    call = process.caller()
    call.bucket()
    call.put("/b/private-name")
    assert call("GET", "/b/nothing").status == 404
    call.close()
    stranger = Raw(process.port, "me", "wrong")
    assert stranger("GET", "/").status == 403
    stranger.close()
    process.process.send_signal(signal.SIGTERM)
    code, output, errors = process.end()
    assert (code, output, errors) == (0, process.line, "")


def test_it_ends_with_its_standard_input(start: Callable[..., Process]) -> None:
    process = start("--watch-stdin")
    process.close_input()
    assert process.process.wait(10) == 0


def test_without_that_it_outlives_its_standard_input(start: Callable[..., Process]) -> None:
    process = start()
    process.close_input()
    call = process.caller()
    assert call("GET", "/").status == 200
    assert process.process.poll() is None
    call.close()


def test_it_ends_though_a_client_is_still_connected(start: Callable[..., Process]) -> None:
    process = start()
    call = process.caller()
    assert call("GET", "/").status == 200
    process.process.send_signal(signal.SIGTERM)
    assert process.process.wait(10) == 0
    call.close()


@pytest.mark.parametrize(
    ("argument", "told"),
    [
        ("colour=1", "no switch 'colour'"),
        ("retry_after=soon", "JSON"),
        ("retry_after=-1", "retry_after"),
    ],
)
def test_a_wrong_switch_at_the_start_is_told_and_ends_it(
    start: Callable[..., Process], argument: str, told: str
) -> None:
    code, output, errors = start("--set", argument).end()
    assert (code, output) == (2, "")
    assert told in errors
    assert SECRET not in errors


def test_two_do_not_share_an_archive(start: Callable[..., Process]) -> None:
    first = start()
    code, output, errors = start().end()
    assert (code, output) == (2, "")
    assert "another has it" in errors
    assert "locked" in errors
    assert "Traceback" not in errors
    call = first.caller()
    call.bucket()
    call.close()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--secret-key", ""], "--secret-key"),
        (["--access-key", ""], "--access-key"),
        (["--port", "65536"], "0 to 65535"),
        (["--port", "one"], "0 to 65535"),
        (["--data", __file__], __file__),
    ],
)
def test_what_makes_no_appliance_is_told_in_a_line(
    start: Callable[..., Process], arguments: list[str], told: str
) -> None:
    code, output, errors = start(*arguments).end()
    assert (code, output) == (2, "")
    assert told in errors.splitlines()[-1]


def test_switches_are_set_at_the_start_and_while_it_runs(start: Callable[..., Process]) -> None:
    process = start("--set", "retry_after=7", "--set", 'server_version="4.1.0"')
    status, switches = process.control("GET", "switches")
    assert status == 200
    assert switches["retry_after"] == {
        "value": 7,
        "default": 60,
        "meaning": "seconds in Retry-After",
    }
    status, switches = process.control("PUT", "switches", {"retry_after": 9, "busy": 1})
    assert (status, switches["retry_after"]["value"], switches["busy"]["value"]) == (200, 9, 1)
    call = process.caller()
    assert call("GET", "/_rest_/system_information").texts("BuildInformation/Version") == ["4.1.0"]
    call.close()


@pytest.mark.parametrize(
    "value", [{"retry_after": 5, "colour": 1}, {"retry_after": "5"}, [], "x"], ids=str
)
def test_switches_are_set_all_or_none(start: Callable[..., Process], value: object) -> None:
    process = start()
    status, text = process.control("PUT", "switches", value)
    assert (status, "Code" in text) == (400, True)
    assert process.control("GET", "switches")[1]["retry_after"]["value"] == 60


def test_the_control_channel_is_closed_without_the_token(start: Callable[..., Process]) -> None:
    process = start()
    for token in (None, "", "wrong", "töken"):
        assert process.control("GET", "switches", token=token)[0] == 403
    closed = start(folder="other", token=None)
    for token in (None, "", TOKEN):
        assert closed.control("GET", "switches", token=token)[0] == 403
    assert process.control("GET", "nothing")[0] == 404


def test_counters_and_reset(start: Callable[..., Process]) -> None:
    process = start("--set", "retry_after=7")
    call = process.caller()
    call.bucket()
    call.put("/b/a", b"hello")
    call("GET", "/b/a")
    call("GET", "/_rest_/job")
    process.control("PUT", "switches", {"retry_after": 9})
    counters = process.control("GET", "counters")[1]
    assert counters == {
        "requests PUT": 2,
        "requests PUT bucket": 1,
        "requests PUT object": 1,
        "requests GET": 2,
        "requests GET object": 1,
        "requests GET job": 1,
        "bytes received": 5,
        "blobs received": 1,
        "bytes sent": 5,
        "blobs sent": 1,
    }
    assert process.control("POST", "reset")[0] == 200
    assert process.control("GET", "counters")[1] == {}
    assert process.control("GET", "switches")[1]["retry_after"]["value"] == 7
    assert call("GET", "/").texts("Buckets/Bucket") == []
    call.close()


def test_a_bucket_is_seeded_through_the_channel(start: Callable[..., Process]) -> None:
    process = start()
    assert process.control("POST", "seed", {"bucket": "many", "objects": 3})[0] == 200
    assert process.control("POST", "seed", {"bucket": "many"})[0] == 400
    call = process.caller()
    assert len(call("GET", "/many").texts("Contents")) == 3
    call.close()


def test_objects_and_running_jobs_survive_a_restart(start: Callable[..., Process]) -> None:
    first = start("--set", "min_blob=1", "--set", "hold_persistence=true")
    call = first.caller()
    call.bucket()
    assert call("PUT", "/b/a", b"hello", [("x-amz-meta-colour", "red")]).status == 200
    put = call.start_put("b", "&max_upload_size=4", x=8)
    assert call("PUT", put.blobs[1].target("b", put), pattern(4, 4)).status == 200
    get = call.start_get("b", "a")
    before = call("GET", "/b").body
    call.close()
    first.process.kill()
    first.end()

    second = start()
    call = second.caller()
    assert call("GET", "/b").body == before
    assert call("GET", "/b/a").body == b"hello"
    assert call("HEAD", "/b/a").headers["x-amz-meta-colour"] == "red"
    assert call.get_all("b", get) == {"a": b"hello"}
    ready = Job.of(call.ready(put))
    assert [blob.in_cache for blob in ready.blobs] == [False, True]
    assert call("PUT", put.blobs[0].target("b", put), pattern(0, 4)).status == 200
    assert call("HEAD", "/b/x").headers["ETag"].endswith("-2")
    call.close()


def test_bodies_are_never_in_memory(start: Callable[..., Process], tmp_path: Path) -> None:
    process = start()
    call = process.caller()
    call.bucket()
    call.put("/b/warm", bytes(2 * MIB))
    assert len(call("GET", "/b/warm").body) == 2 * MIB
    before = peak_memory(process)
    body = bytes(96 * MIB)
    call.put("/b/big", body)
    assert call("GET", "/b/big").body == body
    assert peak_memory(process) - before < 16 * MIB
    call.close()


def peak_memory(process: Process) -> int:
    status = Path(f"/proc/{process.process.pid}/status")
    if not status.exists():
        pytest.skip("the peak of a process is read from /proc")
    (line,) = (text for text in status.read_text().splitlines() if text.startswith("VmHWM"))
    return int(line.split()[1]) << 10


def test_closing_twice_is_harmless_and_frees_the_port(tmp_path: Path) -> None:
    simulator = Simulator(tmp_path / "one")
    port = simulator.port
    simulator.close()
    simulator.close()
    with Simulator(tmp_path / "two", port=port) as again:
        assert again.port == port


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the system lets fewer wait")
def test_many_connections_may_be_opened_at_once(start: Callable[..., Process]) -> None:
    """Who finds no room in the queue is heard a second later; here nobody is taken out of it."""
    simulator = start()
    with contextlib.ExitStack() as opened:
        simulator.process.send_signal(signal.SIGSTOP)
        wires = [
            opened.enter_context(socket.create_connection(("127.0.0.1", simulator.port), 0.9))
            for _ in range(600)
        ]
        simulator.process.send_signal(signal.SIGCONT)
        for wire in wires:
            wire.settimeout(10)
            wire.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert {wire.recv(12) for wire in wires} == {b"HTTP/1.1 403"}
