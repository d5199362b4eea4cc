"""One run of a job in a process of its own, which a test may kill: prints `ended OUTCOME`.

Starts the job, or goes on with the one that the ledger has. No window.
"""

from __future__ import annotations

import argparse
import sys
from contextlib import closing
from pathlib import Path

from ds3_browser.protocol.client import Ds3Client
from ds3_browser.protocol.records import Credentials, Endpoint
from ds3_browser.transfer import loop
from ds3_browser.transfer.events import Event, JobEnded
from ds3_browser.transfer.get import GetJob, GetSpec
from ds3_browser.transfer.ledger import Ledger, LedgerReader
from ds3_browser.transfer.pool import BlobPool
from ds3_browser.transfer.put import PutJob, PutSpec
from ds3_browser.transfer.turns import Turns


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=("put", "get"))
    parser.add_argument("url")
    parser.add_argument("access_id")
    parser.add_argument("secret_key")
    parser.add_argument("ledger", type=Path)
    parser.add_argument("folder", help="what to upload, or where to restore to")
    options = parser.parse_args()
    loop.BUSY_S = 1.0
    keys = Credentials(options.access_id, options.secret_key)
    client = Ds3Client(Endpoint.parse(options.url), keys)
    ledger = Ledger(options.ledger)
    pool, turns = BlobPool(), Turns()
    with closing(LedgerReader(options.ledger)) as reader:
        known = reader.jobs()
    job: PutJob | GetJob
    if options.kind == "put":
        paths = (options.folder,)
        put = PutSpec.of(known[0]) if known else PutSpec(1, "s", "archive", "", paths, "up")
        job = PutJob(put, client, ledger, pool, turns, continued=bool(known))
    else:
        target = options.folder
        new = GetSpec(1, "s", "archive", "", (), ("",), target, "down")
        get = GetSpec.of(known[0]) if known else new
        job = GetJob(get, client, ledger, pool, turns, continued=bool(known))
    ended: list[JobEnded] = []

    def report(event: Event) -> None:
        if isinstance(event, JobEnded):
            ended.append(event)

    print("begins", flush=True)
    job.run(report)
    pool.close()
    ledger.close()
    client.close()
    print("ended", ended[0].outcome.value, ended[0].counts, ended[0].failure, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
