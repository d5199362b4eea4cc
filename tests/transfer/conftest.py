"""Jobs as the window makes them, without the window."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ds3_browser.protocol import calling, headers
from ds3_browser.protocol.client import Ds3Client
from ds3_browser.simulator.server import Simulator
from ds3_browser.transfer import loop, waits
from ds3_browser.transfer.events import Event, JobEnded
from ds3_browser.transfer.get import GetJob, GetSpec
from ds3_browser.transfer.ledger import Ledger, LedgerReader
from ds3_browser.transfer.pool import BlobPool
from ds3_browser.transfer.put import PutJob, PutSpec
from ds3_browser.transfer.turns import Turns
from tests.transfer.scenes import SMALL_BLOBS


class Engine:
    """Makes jobs that share a ledger, a pool and the turns, and keeps their events."""

    def __init__(self, folder: Path, client) -> None:
        self.client = client
        self.ledger = Ledger(folder / "transfers.sqlite3")
        self.pool = BlobPool()
        self.turns = Turns()
        self._readers = list[LedgerReader]()

    def put(self, bucket: str, *paths: Path, prefix: str = "", **options) -> PutJob:
        job_id = self.ledger.reserve_job_id()
        spec = PutSpec(job_id, "s", bucket, prefix, tuple(map(str, paths)), "up", **options)
        return PutJob(spec, self.client, self.ledger, self.pool, self.turns)

    def get(
        self, bucket: str, target: Path, *, names=(), prefixes=(), base="", **options
    ) -> GetJob:
        job_id = self.ledger.reserve_job_id()
        spec = GetSpec(
            job_id, "s", bucket, base, tuple(names), tuple(prefixes), str(target), "d", **options
        )
        return GetJob(spec, self.client, self.ledger, self.pool, self.turns)

    def run(self, job: PutJob | GetJob) -> list[Event]:
        """Run a job to its end; its events, the last one its only JobEnded."""
        events: list[Event] = []
        job.run(events.append)
        assert [e for e in events if isinstance(e, JobEnded)] == events[-1:]
        return events

    def start(self, job: PutJob | GetJob) -> tuple[threading.Thread, list[Event]]:
        """Run a job in a thread of its own; the list fills while it runs."""
        events: list[Event] = []
        thread = threading.Thread(target=job.run, args=(events.append,))
        thread.start()
        return thread, events

    def reader(self) -> LedgerReader:
        """One that sees all that was handed over; it is closed with the engine, if not before."""
        self.ledger.flush()
        self._readers.append(LedgerReader(self.ledger.path))
        return self._readers[-1]

    def close(self) -> None:
        for reader in self._readers:
            reader.close()
        self.pool.close()
        self.ledger.close()


@pytest.fixture(params=[True, False], ids=["fast", "ordinary"])
def client(request: pytest.FixtureRequest, endpoint, credentials) -> Iterator[Ds3Client]:
    """With the short ways past requests, and without them."""
    client = Ds3Client(endpoint, credentials, fast=request.param)
    yield client
    client.close()


@pytest.fixture
def engine(client, tmp_path: Path) -> Iterator[Engine]:
    engine = Engine(tmp_path, client)
    yield engine
    engine.close()


@pytest.fixture
def small_blobs(simulator: Simulator) -> Simulator:
    simulator.faults.set_all(SMALL_BLOBS)
    return simulator


@pytest.fixture(autouse=True)
def _short_rests(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rests are a fraction of what they are in the program, but there. `retry_after` 0 is one."""
    monkeypatch.setattr(calling, "PAUSES_S", (0.01, 0.05))
    monkeypatch.setattr(headers, "RETRY_AFTER_RANGE_S", (0.1, 600.0))
    monkeypatch.setattr(waits, "BACK_OFF_S", (0.1, 0.2, 0.4, 0.8))
    monkeypatch.setattr(loop, "TRY_AGAIN_S", (0.1, 0.2, 0.4, 0.8))


@pytest.fixture
def no_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tries follow each other at once."""
    monkeypatch.setattr(loop, "TRY_AGAIN_S", (0, 0, 0, 0))


@pytest.fixture
def failing(small_blobs: Simulator) -> Callable[..., None]:
    """Let each try of blobs whose request is like one of these fail, in one run."""

    def fail(*requests: str) -> None:
        rules = [[f"PUT /archive/in/{one}", 500, "InternalError", 5] for one in requests]
        small_blobs.faults.set("fail_next", rules)

    return fail
