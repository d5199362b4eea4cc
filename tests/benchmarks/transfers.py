"""Whole jobs of the engine beside curl and plain loops, on one server that does nothing else.

`transfers.py [--rounds N] [--row WORDS] [--in FOLDER] [--write FILE]`, or `--scale N...`, or
`--memory`. Both sides of a row run in every round, in shuffled order; a ratio is of the two within
one round. Printed are the quartiles. Files lie in memory where the system has a place for that, so
that the disk is nobody's limit, or else in the folder.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ds3_browser.protocol.connections import NEAR_BYTES

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
MIB, GIB = 1 << 20, 1 << 30
SMALL, SMALL_BYTES = 10_000, 4096
CERTIFICATE = ROOT / "ds3_browser" / "simulator" / "certificates" / "good.pem"


@dataclass(frozen=True, slots=True)
class Side:
    """What one side of a row took in one round; memory is the peak, None where not looked at."""

    seconds: float
    cpu_s: float
    peak_mib: float | None = None


Measure = Callable[["Scene"], Side]


@dataclass(frozen=True, slots=True)
class Row:
    """`least` and `aim` are of the ratio theirs / ours (of processor time ours / theirs).

    They are None where a row tells how near to this computer's own limit the other rows are.
    """

    name: str
    ours: Measure
    theirs: Measure
    beside: str
    least: float | None
    aim: float | None
    checksum: str = "NONE"
    tls: bool = False
    cpu: tuple[float, float] | None = None  # least, aim of ours / theirs
    their_checksum: str | None = None  # where the other side is ours as well, with another one


class Scene:
    """The files of all rows, and the sink of one of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = ""
        self.tls = False
        self.one = self._files("one", 1, GIB)
        self.eight = self._files("eight", 8, 128 * MIB)
        self.small = self._small()
        os.sync()  # a disk that still writes them would be measured as well

    def _files(self, name: str, number: int, size: int) -> Path:
        folder = self.folder / name
        folder.mkdir()
        block = os.urandom(MIB)
        for n in range(number):
            with (folder / f"{n}.bin").open("wb") as file:
                for _ in range(size // MIB):
                    file.write(block)
        return folder

    def _small(self) -> Path:
        folder = self.folder / "small"
        for n in range(SMALL):
            path = folder / f"{n // 500:03}" / f"{n:05}.bin"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(os.urandom(SMALL_BYTES))
        return folder

    @contextlib.contextmanager
    def sink(self, checksum: str, tls: bool) -> Iterator[None]:
        with a_sink(checksum, tls) as self.url:
            self.tls = tls
            yield

    @contextlib.contextmanager
    def target(self) -> Iterator[Path]:
        """A folder for a download, whose memory is at hand."""
        folder = self.folder / "out"
        folder.mkdir()
        self._have_memory()
        try:
            yield folder
        finally:
            shutil.rmtree(folder)

    def _have_memory(self) -> None:
        """Let the system's free memory be really there, where the files lie in memory.

        A virtual machine gives back what it does not use, and to get it again, a page at a time,
        takes several times as long as a download into it. So much more is written and removed
        before.
        """
        if str(self.folder.parent) != _in_memory():
            return
        with (self.folder / "removed").open("wb", buffering=0) as file:
            for _ in range(min(4 * GIB, shutil.disk_usage(self.folder).free // 2) // MIB):
                file.write(bytes(MIB))
        os.unlink(file.name)


@contextlib.contextmanager
def a_sink(checksum: str, tls: bool = False) -> Iterator[str]:
    """The URL of a sink of its own."""
    command = [sys.executable, str(HERE / "sink.py"), "--checksum", checksum]
    if tls:
        command += ["--tls", str(CERTIFICATE), str(CERTIFICATE)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, text=True, **pipes) as process:  # type: ignore[call-overload]
        try:
            yield process.stdout.readline().split()[1]
        finally:
            process.stdin.close()
            process.wait()


# --- ours ----------------------------------------------------------------------------------------


def put_job(files: str, *more: str) -> Measure:
    return lambda scene: _job(scene, "put", getattr(scene, files), *more)


def get_job(files: str, *more: str) -> Measure:
    def measure(scene: Scene) -> Side:
        source: Path = getattr(scene, files)
        _have_to_give(scene, source)
        names = scene.folder / "names"
        found = sorted(path for path in source.rglob("*") if path.is_file())
        names.write_text("\n".join(path.relative_to(source).as_posix() for path in found))
        with scene.target() as target:
            return _job(scene, "get", target, "--names", str(names), *more)

    return measure


def _have_to_give(scene: Scene, files: Path) -> None:
    """Let the sink know sizes, by an upload, and have as many bytes. It is not measured."""
    _job(scene, "put", files)
    command = ["curl", "-sfk", "-o", os.devnull, f"{scene.url}/_rest_/grow"]
    subprocess.run(command, check=True)


def _job(scene: Scene, kind: str, folder: Path, *more: str) -> Side:
    told = _told(scene.url, kind, folder, *more, *(["--unverified"] if scene.tls else []))
    return Side(told["seconds"], told["cpu_s"], told["peak_mib"])


def _told(url: str, kind: str, folder: Path, *more: str) -> dict[str, float]:
    """What one job says of itself."""
    command = [sys.executable, str(HERE / "one_job.py"), kind, url, str(folder), *more]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    told: dict[str, float] = json.loads(done.stdout)
    if told["outcome"] != "done":
        raise RuntimeError(f"the job ended {told}")
    return told


# --- theirs --------------------------------------------------------------------------------------


def curl_put(files: str, at_once: int = 1) -> Measure:
    def measure(scene: Scene) -> Side:
        paths = sorted(getattr(scene, files).iterdir())
        return _at_once(
            [
                [*_curl(scene), *_each(paths[n::at_once], lambda path: ["-T", str(path)], scene)]
                for n in range(at_once)
            ]
        )

    return measure


def curl_get(files: str, at_once: int = 1) -> Measure:
    def measure(scene: Scene) -> Side:
        source: Path = getattr(scene, files)
        _have_to_give(scene, source)
        paths = sorted(source.iterdir())
        with scene.target() as target:
            return _at_once(
                [
                    [
                        *_curl(scene),
                        *_each(
                            paths[n::at_once], lambda path: ["-o", str(target / path.name)], scene
                        ),
                    ]
                    for n in range(at_once)
                ]
            )

    return measure


def _curl(scene: Scene) -> list[str]:
    return ["curl", "-sf", "-H", "Expect:", *(["-k"] if scene.tls else [])]


def _each(paths: Sequence[Path], words: Callable[[Path], list[str]], scene: Scene) -> Iterator[str]:
    for path in paths:
        yield from (*words(path), f"{scene.url}/bench/{path.name}")


def _at_once(commands: Sequence[Sequence[str]]) -> Side:
    before, began = os.times(), time.perf_counter()
    running = [subprocess.Popen(command, stdout=subprocess.DEVNULL) for command in commands]
    codes = [process.wait() for process in running]
    seconds, after = time.perf_counter() - began, os.times()
    if any(codes):
        raise RuntimeError(f"curl ended with {codes}")
    children = after.children_user + after.children_system
    return Side(seconds, children - before.children_user - before.children_system)


def plain_loop(method: str) -> Measure:
    """`requests` as it comes, one session, one request after the other, nothing around it."""

    def measure(scene: Scene) -> Side:
        if method == "get":
            _have_to_give(scene, scene.small)
        command = [sys.executable, str(HERE / "transfers.py"), "--loop", method, scene.url]
        done = subprocess.run(
            [*command, str(scene.small)], capture_output=True, text=True, check=True
        )
        return Side(*json.loads(done.stdout))

    return measure


def run_loop(method: str, url: str, folder: Path) -> None:
    import requests

    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    names = [path.relative_to(folder).as_posix() for path in paths]
    http = requests.Session()
    before, began = os.times(), time.perf_counter()
    for path, name in zip(paths, names, strict=True):
        if method == "put":
            answer = http.put(f"{url}/bench/{name}", data=path.read_bytes())
        else:
            answer = http.get(f"{url}/bench/{name}")
            assert len(answer.content) == SMALL_BYTES
        answer.raise_for_status()
    seconds, after = time.perf_counter() - began, os.times()
    print(json.dumps([seconds, after.user + after.system - before.user - before.system]))


def bare_put(files: str, at_once: int) -> Measure:
    """Sockets and the kernel's own sending: what this computer's loopback gives at the most."""

    def measure(scene: Scene) -> Side:
        command = [sys.executable, str(HERE / "transfers.py"), "--bare", str(at_once), scene.url]
        folder = str(getattr(scene, files))
        done = subprocess.run([*command, folder], capture_output=True, text=True, check=True)
        return Side(*json.loads(done.stdout))

    return measure


def run_bare(at_once: int, url: str, folder: Path) -> None:
    host, port = url.partition("://")[2].split(":")
    paths = sorted(folder.iterdir())

    def send(mine: Sequence[Path]) -> None:
        with socket.create_connection((host, int(port))) as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, NEAR_BYTES)
            for path in mine:
                size = path.stat().st_size
                sock.sendall(f"PUT /bench/x HTTP/1.1\r\nContent-Length: {size}\r\n\r\n".encode())
                with path.open("rb") as file:
                    sock.sendfile(file)
                sock.recv(1 << 16)

    threads = [threading.Thread(target=send, args=(paths[n::at_once],)) for n in range(at_once)]
    before, began = os.times(), time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds, after = time.perf_counter() - began, os.times()
    print(json.dumps([seconds, after.user + after.system - before.user - before.system]))


ROWS = (
    Row(
        *("PUT 1 x 1 GiB", put_job("one"), curl_put("one"), "curl", 1.2, 1.5),
        cpu=(0.9, 0.6),
    ),
    Row(
        *("PUT 8 x 128 MiB in 4", put_job("eight"), curl_put("eight", 4), "4 curl", 1.25, 1.5),
        cpu=(0.9, 0.6),
    ),
    Row(
        *("PUT 8 x 128 MiB in 4", put_job("eight"), bare_put("eight", 4)),
        *("four sockets that only send", None, None),
    ),
    Row(
        *("GET 1 GiB to a new file, verified", get_job("one"), curl_get("one")),
        *("curl, which verifies nothing", 1.0, 1.5, "CRC_32C"),
    ),
    Row(
        *("GET 8 x 128 MiB in 4, verified", get_job("eight"), curl_get("eight", 4)),
        *("4 curl, which verify nothing", 1.0, 1.4, "CRC_32C"),
    ),
    Row(
        *("GET 1 GiB of a bucket without checksums", get_job("one"), curl_get("one")),
        *("curl", 1.4, 2.4),
        cpu=(0.6, 0.4),
    ),
    Row(
        *("PUT 1 x 1 GiB with CRC-32C", put_job("one"), put_job("one"), "without", 0.8, 0.95),
        checksum="CRC_32C",
        their_checksum="NONE",
    ),
    Row(
        *("PUT 8 x 128 MiB in 4 with CRC-32C", put_job("eight"), put_job("eight")),
        *("without", 0.8, 0.95),
        checksum="CRC_32C",
        their_checksum="NONE",
    ),
    Row(
        *("PUT 1 x 1 GiB with CRC-32C", put_job("one"), curl_put("one")),
        *("curl, which digests nothing", None, None, "CRC_32C"),
    ),
    Row(
        *("PUT 8 x 128 MiB in 4 with CRC-32C", put_job("eight"), curl_put("eight", 4)),
        *("4 curl, which digest nothing", None, None, "CRC_32C"),
    ),
    Row(
        *("job of 10,000 x 4 KiB up", put_job("small"), plain_loop("put")),
        *("a plain requests loop", 2.5, 15.0, "CRC_32C"),
    ),
    Row(
        *("job of 10,000 x 4 KiB down", get_job("small"), plain_loop("get")),
        *("a plain requests loop", 2.5, 10.0, "CRC_32C"),
    ),
    Row("TLS: PUT 1 GiB", put_job("one"), curl_put("one"), "curl with TLS", 0.9, 1.1, tls=True),
    Row("TLS: GET 1 GiB", get_job("one"), curl_get("one"), "curl with TLS", 0.9, 1.1, tls=True),
)


def measured(rounds: int, wanted: str, place: str | None) -> list[str]:
    """The table's lines, as they come."""
    lines = []
    with tempfile.TemporaryDirectory(prefix="ds3-bench-", dir=place) as folder:
        scene = Scene(Path(folder))
        for row in ROWS:
            if wanted.lower() not in row.name.lower():
                continue
            pairs = []
            for _ in range(rounds):
                pairs.append(_round(row, scene))
            found = _lines(row, pairs)
            print("\n".join(found), flush=True)
            lines += found
    return lines


def _round(row: Row, scene: Scene) -> tuple[Side, Side]:
    sides = [
        ("ours", row.ours, row.checksum),
        ("theirs", row.theirs, row.their_checksum or row.checksum),
    ]
    random.shuffle(sides)
    told = {}
    for name, measure, checksum in sides:
        with scene.sink(checksum, row.tls):
            told[name] = measure(scene)
    return told["ours"], told["theirs"]


def _lines(row: Row, pairs: list[tuple[Side, Side]]) -> list[str]:
    ratios = [theirs.seconds / ours.seconds for ours, theirs in pairs]
    lines = [
        f"| {row.name} | {row.beside} | {_quartiles(ratios)}"
        f" | {_goal(row.least)} | {_goal(row.aim)} |"
        f" {statistics.median(o.seconds for o, _ in pairs):.2f} s"
        f" | {statistics.median(t.seconds for _, t in pairs):.2f} s"
        f" | {max(o.peak_mib or 0 for o, _ in pairs):.0f} MiB |"
    ]
    if row.cpu is not None:
        used = [ours.cpu_s / theirs.cpu_s for ours, theirs in pairs if theirs.cpu_s]
        lines.append(
            f"| processor time of {row.name} | {row.beside} | {_quartiles(used)} |"
            f" at most {row.cpu[0]:g} | {row.cpu[1]:g} |"
            f" {statistics.median(o.cpu_s for o, _ in pairs):.2f} s"
            f" | {statistics.median(t.cpu_s for _, t in pairs):.2f} s | |"
        )
    return lines


def _goal(ratio: float | None) -> str:
    return "" if ratio is None else f"{ratio:g}"


def _quartiles(values: list[float]) -> str:
    if len(values) < 2:
        return f"{values[0]:.2f}"
    low, middle, high = statistics.quantiles(values, n=4)
    return f"**{middle:.2f}** ({low:.2f} to {high:.2f})"


def scale(counts: Sequence[int], rounds: int) -> list[str]:
    """Jobs of more and more small objects: seconds an object, up to the first byte, memory."""
    lines = []
    with tempfile.TemporaryDirectory(prefix="ds3-bench-", dir=_in_memory()) as work:
        for count in counts:
            folder = Path(work) / "files"
            for n in range(count):
                path = folder / f"{n // 1000:04}" / f"{n:07}.bin"
                if not n % 1000:
                    path.parent.mkdir(parents=True)
                path.write_bytes(n.to_bytes(8, "big") * (SMALL_BYTES // 8))
            lines += _scaled(Path(work), folder, rounds if count <= 100_000 else 1)
            print("\n".join(lines[-2:]), flush=True)
            shutil.rmtree(folder)
    return lines


def _scaled(work: Path, folder: Path, rounds: int) -> list[str]:
    names = work / "names"
    found = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.bin"))
    names.write_text("\n".join(found))
    told: dict[str, list[dict[str, float]]] = {"up": [], "down": []}
    for _ in range(rounds):
        with a_sink("CRC_32C") as url:
            told["up"].append(_told(url, "put", folder))
            (work / "out").mkdir()
            told["down"].append(_told(url, "get", work / "out", "--names", str(names)))
            shutil.rmtree(work / "out")
    return [
        f"| {len(found):,} {way} | {_median(runs, 'seconds', 1e6 / len(found)):.0f}"
        f" | {_median(runs, 'cpu_s', 1e6 / len(found)):.0f} | {_median(runs, 'first_byte_s'):.2f} s"
        f" | {max(run['peak_mib'] for run in runs):.0f} MiB |"
        for way, runs in told.items()
    ]


def _median(runs: Sequence[dict[str, float]], key: str, times: float = 1) -> float:
    return statistics.median(run[key] for run in runs) * times


def eight_at_once(rounds: int) -> list[str]:
    """Peak memory of the engine with eight blobs on their way at once."""
    lines = []
    with tempfile.TemporaryDirectory(prefix="ds3-bench-", dir=_in_memory()) as work:
        scene = Scene(Path(work))
        for name, files in (("8 x 128 MiB", "eight"), ("10,000 x 4 KiB", "small")):
            for way, measure in (("up", put_job), ("down", get_job)):
                peaks = []
                for _ in range(rounds):
                    with scene.sink("CRC_32C", tls=False):
                        peaks.append(measure(files, "--threads", "8")(scene).peak_mib or 0)
                lines.append(f"| {name} {way} | {max(peaks):.0f} MiB |")
                print(lines[-1], flush=True)
    return lines


def _in_memory() -> str | None:
    shared = Path("/dev/shm")
    return str(shared) if shared.is_dir() and os.access(shared, os.W_OK) else None


HEAD = (
    "| what | beside | times as fast, median (quartiles) | at least | aim | ours | theirs | peak |",
    "|---|---|---|---|---|---|---|---|",
)


SCALE_HEAD = (
    "| objects of 4 KiB | µs an object | of processor time | to the first byte | peak |",
    "|---|---|---|---|---|",
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--row", default="", help="only rows whose name holds these words")
    parser.add_argument("--in", dest="place", metavar="FOLDER", help="where files lie meanwhile")
    parser.add_argument("--write", type=Path, help="write the table to this file")
    parser.add_argument("--scale", type=int, nargs="+", metavar="N", help="jobs of N objects each")
    parser.add_argument("--memory", action="store_true", help="the peak with eight threads")
    parser.add_argument("--loop", nargs=3, metavar=("METHOD", "URL", "FOLDER"))
    parser.add_argument("--bare", nargs=3, metavar=("AT_ONCE", "URL", "FOLDER"))
    options = parser.parse_args()
    if options.bare:
        at_once, url, folder = options.bare
        run_bare(int(at_once), url, Path(folder))
        return 0
    if options.loop:
        method, url, folder = options.loop
        run_loop(method, url, Path(folder))
        return 0
    if options.scale:
        print("\n".join(SCALE_HEAD), flush=True)
        scale(options.scale, options.rounds)
        return 0
    if options.memory:
        eight_at_once(options.rounds)
        return 0
    print("\n".join(HEAD), flush=True)
    lines = measured(options.rounds, options.row, options.place or _in_memory())
    if options.write:
        options.write.write_text("\n".join((*HEAD, *lines)) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
