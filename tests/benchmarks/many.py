"""A job of very many small objects there and back, beside one of ten thousand.

Time by phase, peak memory of the engine's process, and seconds an object. The simulator is a
process of its own; what comes back is compared with what went, byte for byte.
"""

from __future__ import annotations

import argparse
import contextlib
import filecmp
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from ds3_browser.protocol.client import Ds3Client
from ds3_browser.protocol.records import Credentials, Endpoint

ROOT = Path(__file__).resolve().parents[2]
FEW, MANY = 10_000, 500_000
IN_A_FOLDER = 1000
BYTES = 200


def measure(objects: int, work: Path) -> dict[str, dict[str, float]]:
    """Figures of an upload and a download of so many objects."""
    archive, restored = work / "in", work / "out"
    make_files(archive, objects)
    restored.mkdir()
    with simulator(work / "appliance") as url:
        client = Ds3Client(Endpoint.parse(url), Credentials("bench", "key"))
        client.create_bucket("bench")
        client.close()
        figures = {
            "there": one_job("put", url, archive),
            "back": one_job("get", url, restored, "--prefix", ""),
        }
    for found in figures.values():
        if found["done"] != objects:
            raise RuntimeError(f"{found['done']} of {objects} objects")
        found["ms an object"] = found["seconds"] / objects * 1000
    compare(archive, restored)
    return figures


def make_files(folder: Path, objects: int) -> None:
    for number in range(objects):
        if number % IN_A_FOLDER == 0:
            (folder / f"{number // IN_A_FOLDER:04}").mkdir(parents=True)
        content = f"{number} ".encode() * (BYTES // 8)
        (folder / f"{number // IN_A_FOLDER:04}" / f"clip {number:07}.xml").write_bytes(content)


def compare(one: Path, other: Path) -> None:
    for folder in sorted(one.iterdir()):
        names = sorted(os.listdir(folder))
        if names != sorted(os.listdir(other / folder.name)):
            raise RuntimeError(f"{folder.name} has other names")
        same, _, _ = filecmp.cmpfiles(folder, other / folder.name, names, shallow=False)
        if same != names:
            raise RuntimeError(f"{folder.name} has other bytes")


@contextlib.contextmanager
def simulator(folder: Path) -> Iterator[str]:
    command = [sys.executable, "-m", "ds3_browser.simulator", "--data", str(folder)]
    command += ["--access-key", "bench", "--secret-key", "key", "--watch-stdin"]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield process.stdout.readline().split()[1]
        process.stdin.close()


def one_job(kind: str, url: str, folder: Path, *more: str) -> dict[str, float]:
    command = [sys.executable, "-m", "tests.benchmarks.one_job", kind, url, str(folder), *more]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("objects", type=int, nargs="*", default=[FEW, MANY])
    options = parser.parse_args()
    for objects in options.objects:
        show(objects)
    return 0


def show(objects: int) -> None:
    """Measure and print."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="ds3-many-") as work:
        for way, found in measure(objects, Path(work)).items():
            shown = "  ".join(
                f"{key} {value:.2f}" if isinstance(value, float) else f"{key} {value}"
                for key, value in found.items()
            )
            print(f"{objects:,} objects {way}: {shown}", flush=True)
    print(f"in {time.monotonic() - began:.0f} s", flush=True)


if __name__ == "__main__":
    sys.exit(main())
