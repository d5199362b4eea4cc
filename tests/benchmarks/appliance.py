"""Figures of the simulator beside a bare server of the same kind that does nothing.

Both are Python with a thread a connection, in a process of their own, and are asked by the same
callers in turn, so that only the quotient of one run means something. The bare one is http.server
as it comes, but for HTTP/1.1, a buffered answer and no Nagle.

    python -m tests.benchmarks.appliance [--json FILE]
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import hashlib
import hmac
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.utils import formatdate
from pathlib import Path

MIB = 1 << 20
SMALL = 4096  # bytes
STREAM = 1 << 30  # bytes
TEN_GB = 10 << 30  # bytes
ROUNDS = 5
ROUNDS_OF_SMALL = 9  # what is large is kept, and more of it than memory holds measures the disk
ROUND_S = 1.5
CALLERS = 2
ID, SECRET, TOKEN = "bench", "secret", "token"
PIECE = bytes(MIB)

BARE = """
import contextlib, os, sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 1 << 16
    piece = memoryview(bytearray(1 << 20))

    def log_message(self, *words):
        pass

    def do_PUT(self):
        left = int(self.headers["Content-Length"])
        with self.file() as file:
            while left:
                n = self.rfile.readinto(self.piece[:left])
                left -= n
                if file:
                    file.write(self.piece[:n])
        self.answer(0)

    def file(self):
        if not self.path.startswith("/kept/"):
            return contextlib.nullcontext()
        return open(os.path.join(folder, self.path.rpartition("/")[2]), "wb", buffering=0)

    def do_GET(self):
        self.answer(int(self.path.rpartition("-")[2]))

    def answer(self, length):
        self.send_response(200)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        for _ in range(length >> 20):
            self.wfile.write(self.piece)
        self.wfile.write(self.piece[: length & (1 << 20) - 1])

folder = sys.argv[1]
server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(f"READY http://127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
"""


class Caller:
    """One connection; signs as the appliance asks, and throws away what it gets."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._answers = self._socket.makefile("rb", 1 << 16)
        self._piece = memoryview(bytearray(MIB))

    def __call__(self, method: str, path: str, length: int = 0) -> None:
        head = self._head(method, path, length)
        first = PIECE[: min(length, 1 << 16)]
        self._socket.sendall(head + first)
        left = length - len(first)
        while left:
            self._socket.sendall(PIECE[: min(left, MIB)])
            left -= min(left, MIB)
        self._take_answer()

    def _head(self, method: str, path: str, length: int) -> bytes:
        date = formatdate(usegmt=True)
        text = f"{method}\n\n\n{date}\n{path.partition('?')[0]}".encode()
        signature = base64.b64encode(hmac.new(SECRET.encode(), text, hashlib.sha1).digest())
        return (
            f"{method} {path} HTTP/1.1\r\nHost: bench\r\nDate: {date}\r\nUser-Agent: bench\r\n"
            f"Accept-Encoding: identity\r\nNaming-Convention: s3\r\nContent-Length: {length}\r\n"
            f"Authorization: AWS {ID}:{signature.decode()}\r\n\r\n"
        ).encode()

    def _take_answer(self) -> None:
        status, left = self._answers.readline().split(b" ", 2)[1], 0
        while (line := self._answers.readline()) not in (b"\r\n", b""):
            if line.lower().startswith(b"content-length:"):
                left = int(line.split(b":")[1])
        if status != b"200":
            raise RuntimeError(f"status {status!r}: {self._answers.read(left)[:500]!r}")
        while left:
            left -= self._answers.readinto(self._piece[:left])  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Server:
    process: subprocess.Popen[str]
    port: int

    def cpu_s(self) -> float:
        """Processor seconds that it has taken so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident_mib(self) -> float:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
        return int(line.split()[1]) / 1024


@contextlib.contextmanager
def serving(*command: str) -> Iterator[Server]:
    environment = {**os.environ, "DS3_SIMULATOR_TOKEN": TOKEN}
    with subprocess.Popen(
        [sys.executable, *command], stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout is not None
        try:
            yield Server(process, int(process.stdout.readline().rpartition(":")[2]))
        finally:
            process.kill()


def simulator(folder: Path, *switches: str) -> contextlib.AbstractContextManager[Server]:
    keys = ("--access-key", ID, "--secret-key", SECRET)
    given = [word for switch in switches for word in ("--set", switch)]
    return serving("-m", "ds3_browser.simulator", "--data", str(folder), *keys, *given)


def a_second(port: int, request: Callable[[Caller, int, int], None]) -> tuple[float, float]:
    """Requests a second of a few callers at once, and all of them.

    `request` gets a caller's number and its turn.
    """
    done = [0] * CALLERS
    end = time.perf_counter() + ROUND_S

    def call(number: int) -> None:
        caller = Caller(port)
        while time.perf_counter() < end:
            request(caller, number, done[number])
            done[number] += 1

    threads = [threading.Thread(target=call, args=(n,)) for n in range(CALLERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(done) / ROUND_S, sum(done)


def mib_a_second(port: int, method: str, path: str, size: int) -> tuple[float, float]:
    caller = Caller(port)
    begin = time.perf_counter()
    caller(method, path, size if method == "PUT" else 0)
    return size / MIB / (time.perf_counter() - begin), size / MIB


def in_turn(
    bare: Server,
    ours: Server,
    measure: Callable[[int, int], tuple[float, float]],
    rounds: int = ROUNDS,
) -> dict[str, float]:
    """Medians of both servers, and of their quotient, measured in turn.

    `measure` takes a port and the turn and gives a speed and how much was done. `cpu` is the
    quotient of the processor time that each took for as much: others on the computer disturb it
    less than the clock.
    """
    speeds: list[tuple[float, float]] = []
    costs: list[tuple[float, float]] = []
    for turn in range(rounds):
        both = []
        for server in (bare, ours):
            before = server.cpu_s()
            speed, done = measure(server.port, turn)
            both.append((speed, (server.cpu_s() - before) / done))
        speeds.append((both[0][0], both[1][0]))
        costs.append((both[0][1], both[1][1]))
    return {
        "bare": statistics.median(pair[0] for pair in speeds),
        "simulator": statistics.median(pair[1] for pair in speeds),
        "quotient": statistics.median(pair[1] / pair[0] for pair in speeds),
        "cpu": statistics.median(pair[0] / max(pair[1], 1e-9) for pair in costs),
    }


def small(work: Path, bare: Server) -> dict[str, dict[str, float]]:
    """Requests of 4 KiB a second: objects that are got, and objects that are put without a job."""

    def get(port: int, turn: int) -> tuple[float, float]:
        return a_second(port, lambda call, n, k: call("GET", f"/b/o-{SMALL}"))

    def put(port: int, turn: int) -> tuple[float, float]:
        return a_second(port, lambda call, n, k: call("PUT", f"/b/{turn}-{n}-{k}", SMALL))

    with simulator(work / "small") as ours:
        Caller(ours.port)("PUT", "/b")
        Caller(ours.port)("PUT", f"/b/o-{SMALL}", SMALL)
        return {
            "GET of 4 KiB a second": in_turn(bare, ours, get, ROUNDS_OF_SMALL),
            "PUT of 4 KiB a second": in_turn(bare, ours, put, ROUNDS_OF_SMALL),
        }


def streams(
    work: Path, bare: Server, bucket: str, *switches: str
) -> tuple[dict[str, float], dict[str, float]]:
    """One large object in and out, MiB a second, with its CRC-32C computed on the way in.

    The bare server writes what goes to `kept` to a file, as the simulator does, and nothing else.
    """

    def put(port: int, turn: int) -> tuple[float, float]:
        return mib_a_second(port, "PUT", f"/{bucket}/{turn}-{STREAM}", STREAM)

    def get(port: int, turn: int) -> tuple[float, float]:
        return mib_a_second(port, "GET", f"/{bucket}/{turn}-{STREAM}", STREAM)

    with simulator(work / bucket, *switches) as ours:
        Caller(ours.port)("PUT", f"/{bucket}")
        return in_turn(bare, ours, put), in_turn(bare, ours, get)


def memory(work: Path) -> dict[str, float]:
    """Resident MiB of the simulator before and after 10 GB in and out."""
    with simulator(work / "memory", "discard_bodies=true") as ours:
        caller = Caller(ours.port)
        caller("PUT", "/m")
        caller("PUT", f"/m/first-{STREAM}", STREAM)
        caller("GET", f"/m/first-{STREAM}")
        before = ours.resident_mib()
        for turn in range(TEN_GB // STREAM):
            caller("PUT", f"/m/{turn}-{STREAM}", STREAM)
            caller("GET", f"/m/{turn}-{STREAM}")
        after = ours.resident_mib()
    return {"before": before, "after": after, "quotient": after / before}


def measured() -> dict[str, dict[str, float]]:
    with (
        tempfile.TemporaryDirectory(prefix="appliance-bench-") as folder,
        serving("-c", BARE, folder) as bare,
    ):
        work = Path(folder)
        put, got = streams(work, bare, "streamed", "discard_bodies=true")
        kept_put, kept_got = streams(work, bare, "kept")
        return {
            **small(work, bare),
            "PUT of 1 GiB that is not kept, MiB a second": put,
            "GET of 1 GiB that was not kept, MiB a second": got,
            "PUT of 1 GiB to a file, MiB a second": kept_put,
            "GET of 1 GiB from a file, MiB a second": kept_got,
            "resident after 10 GB each way, MiB": memory(work),
        }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="write the figures to this file as well")
    options = parser.parse_args()
    figures = measured()
    for name, found in figures.items():
        print(f"{name:<48}", "  ".join(f"{key} {value:.2f}" for key, value in found.items()))
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
