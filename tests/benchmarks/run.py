"""Figures of this program on this computer: the window's liveliness, transfers beside curl, cancel.

Not tests: nothing here passes or fails. The simulator is a process of its own, as in the demo. Two
cores share all of it, so only figures of one run are compared.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from array import array
from collections.abc import Callable
from pathlib import Path

import many  # beside this script, as are the next two
from appliance import measured as measure_appliance
from PySide6.QtCore import QEventLoop, Qt, QTimer
from reading import measured as measure_reading

from ds3_browser import app as program
from ds3_browser.app import Options, Program
from ds3_browser.demo import Demo
from ds3_browser.gui.models.ordering import SortKey
from ds3_browser.gui.places import Place
from ds3_browser.protocol.records import Listing, Owner
from ds3_browser.simulator.server import Simulator
from ds3_browser.transfer import loop
from ds3_browser.transfer.events import Cancel, State

MIB = 1 << 20
FIRST_SEED = 1000  # the tests have those below
EVERY_MS = 5
IDLE_S = 5
STREAM_BYTES = 768 * MIB
ROWS, PAGE = 1_000_000, 1000
SMALL, SMALL_BYTES = 10_000, 4096
SCROLL_EVERY_MS = 16
FREE = {
    "cache_bytes": None,
    "chunk_bytes": 64 << 30,
    "persist_delay": 0,
    "tape_delay": 0,
    "throttle_bps": None,
    "policies": [{"default_blob_size": 64 << 30}],
}


class Bench:
    def __init__(self, work: Path) -> None:
        self._work = work
        options = Options(data_dir=work / "data", demo=True)
        app = program.make_application(["bench"])
        self._program = Program(app, program.data_folder(options), options)
        self.window = self._program.window
        self._program.show()
        self.window.resize(1440, 900)
        browsing, sessions = self.window.context.browsing, self.window.context.sessions
        wait_for(lambda: any(browsing.connection(s.id).buckets for s in sessions.all()))
        self._session = sessions.all()[0].id
        self._demo = self.window.context.demo
        assert isinstance(self._demo, Demo)
        self._demo.set_switches(FREE)
        self.window.go(Place(self._session, "masters"))

    def close(self) -> None:
        self.window.hide()
        self._program.close()

    def liveliness(self) -> dict[str, dict[str, float]]:
        """Lateness of a 5 ms timer in the GUI thread, idle and with two streams each way."""
        idle = late(lambda: False, IDLE_S)
        first = [self._upload(f"up-{n}", STREAM_BYTES) for n in range(2)]
        self._until_ended(first)
        moving = [self._upload(f"again-{n}", STREAM_BYTES) for n in range(2)]
        moving += [self._download(f"up-{n}/") for n in range(2)]
        busy = late(lambda: all(self._ended(job) for job in moving), 120)
        return {"idle": idle, "two up, two down": busy}

    def small_objects(self) -> dict[str, dict[str, float]]:
        """The same lateness while a job of many small objects goes up, and comes back."""
        folder = self._work / "small"
        for number in range(SMALL):
            path = folder / f"{number // 500:03}" / f"{number:05}.xml"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(bytes(SMALL_BYTES))
        queue = self.window.context.queue
        up = queue.upload(self._session, "masters", "", [str(folder)])
        going = late(lambda: self._ended(up), 120)
        down = self._download("small/")
        coming = late(lambda: self._ended(down), 120)
        return {"10,000 small up": going, "10,000 small down": coming}

    def scrolling(self) -> dict[str, dict[str, float]]:
        """The same lateness while a list of a million rows is scrolled, idle and with uploads."""
        page = self.window.page
        model, bar = page.model, page.list.verticalScrollBar()
        model.begin(Place(self._session, "a-million"))
        for number in range(ROWS // PAGE):
            model.add_page(a_page(number * PAGE))
        model.settle()
        scroll = QTimer()
        scroll.setInterval(SCROLL_EVERY_MS)
        step = max(1, bar.maximum() // 1500)
        scroll.timeout.connect(lambda: bar.setValue((bar.value() + step) % bar.maximum()))
        scroll.start()
        idle = late(lambda: False, IDLE_S)
        moving = [self._upload(f"beside-a-million-{n}", STREAM_BYTES) for n in range(2)]
        busy = late(lambda: all(self._ended(job) for job in moving), 120)
        scroll.stop()
        ordering = self._while_ordering()
        self.window.go(Place(self._session, "masters"))
        return {"scrolling": idle, "and two up": busy, "ordering by size": ordering}

    def _while_ordering(self) -> dict[str, float]:
        model = self.window.page.model
        model.sort_by([SortKey("size", descending=True)])
        return late(lambda: not model.is_sorting, 60)

    def cancel(self) -> dict[str, float]:
        """From the word to Cancelled, within a blob of 1 GiB; seconds, five times."""
        self._demo.set_switches({"throttle_bps": 64 * MIB})
        taken = []
        for n in range(5):
            job = self._upload(f"cancel-{n}", 1 << 30, sparse=True)
            wait_for(lambda job=job: (p := self._row(job).progress) and p.sent > 8 * MIB)
            began = time.perf_counter()
            self.window.context.queue.cancel(job, Cancel.DISCARD)
            wait_for(lambda job=job: self._row(job).state is State.CANCELLED)
            taken.append(time.perf_counter() - began)
        self._demo.set_switches(FREE)
        return {"median": statistics.median(taken), "max": max(taken)}

    def beside_curl(self, rounds: int = 5) -> dict[str, float]:
        """A job of one file of 512 MiB beside curl -T of it to the same server, in turn."""
        if shutil.which("curl") is None:
            return {}
        ratios = []
        for n in range(rounds):
            began = time.perf_counter()
            self._until_ended([self._upload(f"beside-{n}", 512 * MIB)])
            ours = time.perf_counter() - began
            file = self._work / f"beside-{n}" / "0.mov"
            ratios.append(self._curl(file, f"curl-{n}") / ours)
        return {"median": statistics.median(ratios), "min": min(ratios), "max": max(ratios)}

    def _curl(self, file: Path, name: str) -> float:
        """Seconds of a plain PUT by curl, signed by us."""
        from ds3_browser.protocol.signing import authorization, string_to_sign

        client = self.window.context.browsing.client(self._session)
        assert client is not None
        date = time.strftime("%a, %d %b %Y %H:%M:%S +0000", time.gmtime())
        path = f"/masters/{name}"
        text = string_to_sign("PUT", path, [], date=date)
        keys = client.credentials
        signature = authorization(keys.access_id, keys.secret_key, text)
        headers = ("Date: " + date, "Authorization: " + signature, "Expect:", "Content-Type:")
        words = [word for header in headers for word in ("-H", header)]
        command = ["curl", "-sf", "-T", str(file), *words, client.endpoint.url + path]
        began = time.perf_counter()
        thread_run(command)
        return time.perf_counter() - began

    def _upload(self, name: str, size: int, *, sparse: bool = False) -> int:
        folder = self._work / name
        folder.mkdir()
        with (folder / "0.mov").open("wb") as file:
            if sparse:
                file.truncate(size)
            else:
                for _ in range(size // MIB):
                    file.write(bytes(MIB))
        queue = self.window.context.queue
        return queue.upload(self._session, "masters", "", [str(folder)])

    def _download(self, prefix: str) -> int:
        target = str(self._work / "restored")
        queue = self.window.context.queue
        return queue.download(self._session, "masters", "", (), (prefix,), target)

    def _row(self, job: int):  # type: ignore[no-untyped-def]  # a JobRow
        row = self.window.jobs.row(job)
        assert row is not None
        return row

    def _ended(self, job: int) -> bool:
        return bool(self._row(job).ended)

    def _until_ended(self, jobs: list[int]) -> None:
        wait_for(lambda: all(self._ended(job) for job in jobs))


def a_page(first: int) -> Listing:
    """A page of a listing as the appliance would give it."""
    numbers = range(first, first + PAGE)
    return Listing(
        bucket="a-million",
        prefix=None,
        delimiter="/",
        marker=None,
        next_marker=None,
        max_keys=PAGE,
        truncated=True,
        created=None,
        prefixes=(),
        names=[f"A{n:07}_261121_R2KQ.mxf" for n in numbers],
        sizes=array("q", [n * 7919 % 1_000_003 * 40_000 for n in numbers]),
        modified=array("d", [1.7e9 + n for n in numbers]),
        etags=["e"] * PAGE,
        owners=[Owner("1", "ingest-03")] * PAGE,
        version_ids=[None] * PAGE,
        latest=[True] * PAGE,
    )


def thread_run(command: list[str]) -> None:
    """Run a command while the window lives."""
    codes: list[int] = []
    thread = threading.Thread(
        target=lambda: codes.append(subprocess.run(command, check=False).returncode)
    )
    thread.start()
    wait_for(lambda: bool(codes))
    thread.join()
    if codes != [0]:
        raise RuntimeError(f"curl ended with {codes[0]}")


def wait_for(true: Callable[[], object], seconds: float = 180) -> None:
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            raise TimeoutError
        loop = QEventLoop()
        QTimer.singleShot(10, loop.quit)
        loop.exec()


def late(done: Callable[[], bool], seconds: float) -> dict[str, float]:
    """Milliseconds by which a precise 5 ms timer comes late: p50, p99, max."""
    lateness: list[float] = []
    due = [time.perf_counter() + EVERY_MS / 1000]

    def tick() -> None:
        now = time.perf_counter()
        lateness.append(max(0.0, now - due[0]) * 1000)
        due[0] = now + EVERY_MS / 1000

    timer = QTimer()
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.setInterval(EVERY_MS)
    timer.timeout.connect(tick)
    timer.start()
    end = time.monotonic() + seconds
    wait_for(lambda: done() or time.monotonic() > end, seconds + 10)
    timer.stop()
    lateness.sort()
    return {
        "p50": lateness[len(lateness) // 2],
        "p99": lateness[int(len(lateness) * 0.99)],
        "max": lateness[-1],
        "seconds": seconds - max(0.0, end - time.monotonic()),
    }


def campaign(kills: int) -> int:
    """Kill uploads and downloads in turn until there were so many kills; 1 if one went wrong."""
    sys.path.insert(0, str(many.ROOT))
    from tests.end_to_end.killing import trial

    killed = runs = seed = 0
    wrong = []
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="ds3-kills-") as folder:
        work = Path(folder)
        with Simulator(work / "appliance") as simulator:
            while killed < kills:
                kind = ("put", "get")[seed % 2]
                (work / str(seed)).mkdir()
                found = trial(simulator, work / str(seed), kind, FIRST_SEED + seed)
                shutil.rmtree(work / str(seed))
                seed, killed, runs = seed + 1, killed + found.kills, runs + found.runs
                if found.wrong:
                    wrong.append(found)
                    print(f"{kind} with seed {found.seed}: {'; '.join(found.wrong)}", flush=True)
                if seed % 10 == 0:
                    print(f"{killed} kills in {seed} jobs, {len(wrong)} wrong", flush=True)
    print(f"{killed} kills in {seed} jobs and {runs} runs, {time.monotonic() - began:.0f} s")
    print(f"{len(wrong)} of the jobs came to a wrong end")
    return 1 if wrong else 0


def races(count: int) -> int:
    """Run so many races of `tests/transfer/racing.py`; 1 if one went wrong."""
    sys.path.insert(0, str(many.ROOT))
    from tests.transfer.racing import SHORT_RESTS, race

    for name, seconds in SHORT_RESTS.items():
        setattr(loop, name, seconds)
    lost = 0
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="ds3-races-") as folder:
        work = Path(folder)
        with Simulator(work / "appliance") as simulator:
            for seed in range(FIRST_SEED, FIRST_SEED + count):
                (work / str(seed)).mkdir()
                wrong, told = race(simulator, work / str(seed), seed)
                shutil.rmtree(work / str(seed))
                if wrong:
                    lost += 1
                    print(f"race {seed}:", *wrong, *told, sep="\n", flush=True)
    print(f"{count} races, {lost} with a wrong end, {time.monotonic() - began:.0f} s")
    return 1 if lost else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="write the figures to this file as well")
    parser.add_argument("--kills", type=int, metavar="N", help="kill jobs N times, and no more")
    parser.add_argument("--races", type=int, metavar="N", help="run N races, and no more")
    parser.add_argument("--many", action="store_true", help="500,000 objects there and back")
    options = parser.parse_args()
    if options.kills:
        return campaign(options.kills)
    if options.races:
        return races(options.races)
    if options.many:
        for objects in (many.FEW, many.MANY):
            many.show(objects)
        return 0
    with tempfile.TemporaryDirectory(prefix="ds3-bench-") as folder:
        bench = Bench(Path(folder))
        try:
            figures = {
                "lateness of a 5 ms timer, ms": bench.liveliness() | bench.small_objects(),
                "the same over a list of a million rows, ms": bench.scrolling(),
                "cancel in a blob of 1 GiB, s": bench.cancel(),
                "PUT of 512 MiB as a job, speed beside curl -T": bench.beside_curl(),
                **measure_reading(),
                **measure_appliance(),
            }
        finally:
            bench.close()
    for name, found in figures.items():
        print(name)
        for key, value in found.items():
            shown = value if isinstance(value, dict) else {"": value}
            print(f"  {key:<20}", "  ".join(f"{k} {v:.2f}" for k, v in shown.items()))
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
