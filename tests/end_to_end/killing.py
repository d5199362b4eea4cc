"""The kill campaign: a job's process is killed at seeded moments and started again.

Whatever the moment, the job must come to its end with every byte right, nothing that the appliance
had sent to it again, every state true, and no part file left.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from ds3_browser.protocol.client import Ds3Client
from ds3_browser.protocol.records import Credentials, Endpoint
from ds3_browser.simulator.server import Simulator
from ds3_browser.transfer.events import ObjectState
from ds3_browser.transfer.ledger import LedgerReader
from tests.transfer.scenes import wait_for_quiet

ROOT = Path(__file__).resolve().parents[2]
KIB, MIB = 1 << 10, 1 << 20
SWITCHES = {
    "min_blob": MIB,
    "policies": [{"default_blob_size": MIB}],
    "chunk_bytes": 4 * MIB,
    "chunk_blobs": 40,
    "retry_after": 1,
    "throttle_bps": 2 * MIB,
}


@dataclass(frozen=True, slots=True)
class Trial:
    """What one trial showed; `wrong` is empty where all was right."""

    kind: str
    seed: int
    kills: int
    runs: int
    seconds: float
    wrong: tuple[str, ...]


def make_tree(folder: Path, seed: int) -> dict[str, bytes]:
    """Files of mixed sizes, some of several blobs, some empty; their contents by name."""
    chance = random.Random(seed)
    files = {}
    for number in range(90):
        size = chance.choice((0, 1, 500, chance.randrange(20 * KIB)))
        files[f"small/{number % 7}/f{number:03}"] = chance.randbytes(size)
    for number in range(5):
        files[f"big {number}.mov"] = chance.randbytes(chance.randrange(MIB // 2, 5 * MIB))
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return files


def trial(simulator: Simulator, work: Path, kind: str, seed: int, most_kills: int = 3) -> Trial:
    """Run one job with kills at moments that `seed` decides, and look at what came of it."""
    began = time.monotonic()
    chance = random.Random(f"{kind} {seed}")
    simulator.reset()
    simulator.faults.set_all(SWITCHES)
    archive = work / "in" / "tree"
    files = make_tree(archive, seed)
    ledger, restored = work / "ledger" / "transfers.sqlite3", work / "out"
    _make_bucket(simulator)
    if kind == "get":
        simulator.faults.set("throttle_bps", None)
        _run(simulator, "put", work / "first" / "transfers.sqlite3", archive)
        simulator.faults.set("throttle_bps", SWITCHES["throttle_bps"])
    folder = archive if kind == "put" else restored
    twice = simulator.counters().get("blobs received twice", 0)
    kills = runs = 0
    said = ""
    while not said.startswith("ended"):
        runs += 1
        # Within this time a run starts, asks for its job and moves its bytes.
        alive_s = chance.uniform(0.01, 1.3) if kills < most_kills else None
        said = _run(simulator, kind, ledger, folder, alive_s)
        kills += not said.startswith("ended")
        wait_for_quiet(simulator)
    wrong = _wrong_in_ledger(ledger, len(files))
    if not said.startswith("ended done"):
        wrong.append(said)
    if kind == "put":
        again = simulator.counters().get("blobs received twice", 0) - twice
        wrong += [f"{again} blobs were sent again"] * bool(again)
        simulator.faults.set("throttle_bps", None)
        _run(simulator, "get", work / "check" / "transfers.sqlite3", restored)
    wrong += _wrong_files(restored / "tree", files)
    left = [path.name for path in work.rglob("*.ds3part")]
    wrong += [f"left over: {left}"] * bool(left)
    return Trial(kind, seed, kills, runs, time.monotonic() - began, tuple(wrong))


def _run(
    simulator: Simulator, kind: str, ledger: Path, folder: Path, alive_s: float | None = None
) -> str:
    """Run the job's process to its end, or kill it; its last words."""
    command = [sys.executable, str(ROOT / "tests" / "end_to_end" / "one_run.py"), kind]
    command += [simulator.url, simulator.access_id, simulator.secret_key, str(ledger), str(folder)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        process.stdout.readline()  # it begins
        try:
            said, _ = process.communicate(timeout=60 if alive_s is None else alive_s)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            said, _ = process.communicate()
            if alive_s is None:
                return "ended never"
    lines = said.splitlines()
    return lines[-1] if lines else ""


def _wrong_in_ledger(ledger: Path, objects: int) -> list[str]:
    with closing(LedgerReader(ledger)) as reader:
        counts = reader.counts(1)
    whole = (ObjectState.IN_CACHE, ObjectState.DONE)
    there = sum(counts.get(state, 0) for state in whole)
    return [] if there == objects else [f"the ledger has {counts}"]


def _wrong_files(folder: Path, files: dict[str, bytes]) -> list[str]:
    found = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.endswith(".ds3part")
    }
    names = sorted(found.keys() ^ files.keys())
    differ = sorted(name for name in found.keys() & files.keys() if found[name] != files[name])
    return [f"not in both: {names}"] * bool(names) + [f"differ: {differ}"] * bool(differ)


def _make_bucket(simulator: Simulator) -> None:
    keys = Credentials(simulator.access_id, simulator.secret_key)
    client = Ds3Client(Endpoint.parse(simulator.url), keys)
    client.create_bucket("archive")
    client.close()
