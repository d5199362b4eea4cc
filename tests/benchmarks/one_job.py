"""One whole job of the engine, measured: `one_job.py put|get URL FOLDER` prints JSON.

A process of its own, so that its memory and processor time are the engine's and nobody else's. All
of a job is in it: walk or list, creation, ledger, chunks, blobs, progress. No window.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import tempfile
import time
from pathlib import Path

from ds3_browser.protocol.client import Ds3Client
from ds3_browser.protocol.records import Credentials, Endpoint
from ds3_browser.transfer.events import Event, JobEnded, JobState, State
from ds3_browser.transfer.get import GetJob, GetSpec
from ds3_browser.transfer.ledger import Ledger
from ds3_browser.transfer.pool import BlobPool
from ds3_browser.transfer.put import PutJob, PutSpec
from ds3_browser.transfer.turns import Turns


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=("put", "get"))
    parser.add_argument("url")
    parser.add_argument("folder", type=Path, help="what to upload, or where to restore to")
    parser.add_argument("--names", type=Path, help="a file of object names, one a line (get)")
    parser.add_argument("--prefix", help="restore all below it, instead of names (get)")
    parser.add_argument("--unverified", action="store_true", help="any TLS certificate will do")
    parser.add_argument("--threads", type=int, default=4)
    options = parser.parse_args()
    endpoint = Endpoint.parse(options.url, verify=not options.unverified)
    client = Ds3Client(endpoint, Credentials("bench", "key"))
    moments: dict[str, float] = {}
    ended: list[JobEnded] = []

    def report(event: Event) -> None:
        if isinstance(event, JobState):
            phase = "creating" if event.facts.creating else event.state.value
            moments.setdefault(phase, time.perf_counter())
        if isinstance(event, JobEnded):
            ended.append(event)

    with tempfile.TemporaryDirectory(prefix="ds3-bench-") as work:
        ledger = Ledger(Path(work) / "transfers.sqlite3")
        pool = BlobPool(options.threads)
        base_kib = _peak_kib()
        before, began = os.times(), time.perf_counter()
        if options.kind == "put":
            paths = tuple(str(path) for path in sorted(options.folder.iterdir()))
            put = PutSpec(ledger.reserve_job_id(), "bench", "bench", "", paths, "bench")
            PutJob(put, client, ledger, pool, Turns()).run(report)
        else:
            names = tuple(options.names.read_text().splitlines()) if options.names else ()
            prefixes = () if options.prefix is None else (options.prefix,)
            target = str(options.folder)
            get = GetSpec(
                ledger.reserve_job_id(), "bench", "bench", "", names, prefixes, target, "bench"
            )
            GetJob(get, client, ledger, pool, Turns()).run(report)
        seconds, after = time.perf_counter() - began, os.times()
        pool.close()
        ledger.close()
        client.close()
    moving = moments.get(State.TRANSFERRING.value)
    created = moments.get("creating")
    figures = {
        "seconds": seconds,
        "cpu_s": after.user + after.system - before.user - before.system,
        "peak_mib": _peak_kib() / 1024,
        "base_mib": base_kib / 1024,
        "plan_s": None if created is None else created - began,
        "creation_s": None if moving is None or created is None else moving - created,
        "first_byte_s": None if moving is None else moving - began,
        "outcome": ended[0].outcome.value,
        "failed": ended[0].counts.failed,
        "done": ended[0].counts.done,
    }
    print(json.dumps(figures))


def _peak_kib() -> int:
    """Resident at the peak. Not `ru_maxrss` where /proc tells: that begins with the parent's."""
    status = Path("/proc/self/status")
    found = re.search(r"VmHWM:\s+(\d+)", status.read_text()) if status.exists() else None
    return int(found[1]) if found else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


if __name__ == "__main__":
    main()
