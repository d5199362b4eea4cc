"""Big answers read by the client: `reading.py` prints the figures as JSON; no window.

A bucket of a million objects is listed from the simulator, a process of its own, and kept as the
window keeps it. A job answer of 500,000 blobs is read from bytes. Each is measured in a process of
its own, so that memory over the base is that of the answer alone.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from ds3_browser.protocol import job_xml
from ds3_browser.protocol.client import Ds3Client
from ds3_browser.protocol.records import Credentials, Endpoint

ROOT = Path(__file__).resolve().parent.parent.parent
OBJECTS, BLOBS, BLOBS_A_CHUNK, PIECE = 1_000_000, 500_000, 20_000, 1 << 20
KEYS = Credentials("bench", "key")
TOKEN = "bench"
BUCKET = "a-million"


def listing(url: str) -> dict[str, float]:
    """List all of a bucket, page by page, and keep every page."""
    client = Ds3Client(Endpoint.parse(url), KEYS)
    client.probe()
    base, cpu, began = _peak_mib(), time.process_time(), time.perf_counter()
    pages = list(client.list_pages(BUCKET))
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    count = sum(len(page) for page in pages)
    client.close()
    return {
        "keys": count,
        "keys/s": count / seconds,
        "keys/s of our processor time": count / cpu,
        "MiB over the base": _peak_mib() - base,
    }


def job_answer() -> dict[str, float]:
    """Read a job of half a million blobs, of as many objects, in chunks of 20,000."""
    for _ in _job_pieces():
        """Once in vain: making the answer is not what is measured."""
    base, cpu, began = _peak_mib(), time.process_time(), time.perf_counter()
    making = making_cpu = 0.0

    def pieces() -> Iterator[bytes]:
        nonlocal making, making_cpu
        source = _job_pieces()
        while True:
            at, cpu_at = time.perf_counter(), time.process_time()
            piece = next(source, None)
            making += time.perf_counter() - at
            making_cpu += time.process_time() - cpu_at
            if piece is None:
                return
            yield piece

    job = job_xml.read_bulk_job(pieces())
    seconds = time.perf_counter() - began - making
    cpu = time.process_time() - cpu - making_cpu
    return {
        "blobs": sum(len(chunk.blobs) for chunk in job.chunks),
        "seconds": seconds,
        "seconds of our processor time": cpu,
        "MiB over the base": _peak_mib() - base,
    }


def _job_pieces() -> Iterator[bytes]:
    yield b'<MasterObjectList JobId="0f8fad5b-d9cb-469f-a165-70867728950e">'
    for chunk in range(BLOBS // BLOBS_A_CHUNK):
        numbers = range(chunk * BLOBS_A_CHUNK, (chunk + 1) * BLOBS_A_CHUNK)
        head = f'<Objects ChunkId="33a7ed12-d7b7-4f85-ac67-{chunk:012}" ChunkNumber="{chunk}">'
        text = head + "".join(_blob(n) for n in numbers) + "</Objects>"
        data = text.encode()
        for begin in range(0, len(data), PIECE):
            yield data[begin : begin + PIECE]
    yield b"</MasterObjectList>"


def _blob(n: int) -> str:
    return (
        f'<Object Id="eee15242-d7c1-44dc-b352-{n:012}" InCache="false" Latest="true"'
        f' Length="10485760" Name="rushes/day-{n // 100:05}/clip-{n:07}.mov" Offset="0"'
        f' VersionId="2af042b1-4543-4e88-a4f9-{n:012}"/>'
    )


def _peak_mib() -> float:
    """Resident at the peak. Not `ru_maxrss` where /proc tells: that begins with the parent's."""
    status = Path("/proc/self/status")
    found = re.search(r"VmHWM:\s+(\d+)", status.read_text()) if status.exists() else None
    peak = int(found[1]) if found else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1024


def measured() -> dict[str, dict[str, float]]:
    """Both figures, each from a process of its own."""
    with tempfile.TemporaryDirectory(prefix="ds3-bench-") as folder:
        simulator = _start_simulator(Path(folder))
        assert simulator.stdout is not None
        try:
            url = simulator.stdout.readline().split()[1]
            _fill(url)
            found = _alone("listing", url)
        finally:
            simulator.terminate()
            simulator.wait()
            simulator.stdout.close()
    return {
        f"list {OBJECTS:,} objects": found,
        f"read a job of {BLOBS:,} blobs": _alone("job"),
    }


def _start_simulator(folder: Path) -> subprocess.Popen[str]:
    keys = ("--access-key", KEYS.access_id, "--secret-key", KEYS.secret_key)
    return subprocess.Popen(
        [sys.executable, "-m", "ds3_browser.simulator", "--data", str(folder), *keys],
        cwd=ROOT,
        env=os.environ | {"DS3_SIMULATOR_TOKEN": TOKEN},
        stdout=subprocess.PIPE,
        text=True,
    )


def _fill(url: str) -> None:
    client = Ds3Client(Endpoint.parse(url), KEYS)
    client.create_bucket(BUCKET)
    client.close()
    seed = {"bucket": BUCKET, "objects": OBJECTS, "per_folder": 1000}
    request = urllib.request.Request(
        f"{url}/_simulator_/seed",
        data=json.dumps(seed).encode(),
        headers={"X-Simulator-Token": TOKEN},
        method="POST",
    )
    urllib.request.urlopen(request, timeout=600).close()


def _alone(*words: str) -> dict[str, float]:
    command = [sys.executable, "-m", "tests.benchmarks.reading", *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("all", "listing", "job"), nargs="?", default="all")
    parser.add_argument("url", nargs="?", help="where a bucket of a million objects is")
    options = parser.parse_args()
    match options.what:
        case "listing":
            print(json.dumps(listing(options.url)))
        case "job":
            print(json.dumps(job_answer()))
        case _:
            print(json.dumps(measured(), indent=1))


if __name__ == "__main__":
    main()
