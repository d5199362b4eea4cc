"""What the queue holds of each job while the program runs, and what jobs of an appliance share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any  # results are whatever the call gives

from ds3_browser.gui.job_row import JobRow
from ds3_browser.gui.workers import JobThread
from ds3_browser.protocol.client import Ds3Client
from ds3_browser.transfer.events import Event
from ds3_browser.transfer.get import GetJob
from ds3_browser.transfer.ledger import JobRecord, Ledger
from ds3_browser.transfer.persistence import PersistenceWatcher
from ds3_browser.transfer.pool import THREADS, BlobPool
from ds3_browser.transfer.put import PutJob
from ds3_browser.transfer.specs import AnySpec, GetSpec, PutSpec, UnattendedSpec
from ds3_browser.transfer.turns import Turns
from ds3_browser.transfer.unattended import UnattendedJob

#: A job of any kind, for one run.
AnyJob = PutJob | GetJob | UnattendedJob

#: (client, fn, on_result, on_error): runs `fn`, which calls the appliance, in the background
Call = Callable[
    [Ds3Client, Callable[[], Any], Callable[[Any], None], Callable[[Exception], None]], object
]


@dataclass(frozen=True, slots=True)
class Appliance:
    """What the jobs share that were started while a session was connected with one client."""

    client: Ds3Client
    pool: BlobPool
    watcher: PersistenceWatcher

    def job_of(
        self,
        spec: AnySpec,
        ledger: Ledger,
        turns: Turns,
        *,
        continued: bool = False,
        retry: bool = False,
    ) -> AnyJob:
        """Make a job for one run: its first, or one that goes on or tries again what failed."""
        of_all = (self.client, ledger, self.pool, turns)
        match spec:
            case PutSpec():
                return PutJob(spec, *of_all, continued=continued, retry=retry)
            case GetSpec():
                return GetJob(spec, *of_all, continued=continued, retry=retry)
            case UnattendedSpec():
                return UnattendedJob(spec, *of_all, continued=continued, retry=retry)


class Appliances:
    """The appliances that jobs are or were transferred with, each with one pool and one watcher.

    `report` takes what the watchers tell, in threads of theirs. `blobs_at_once` is how many blobs
    an appliance is given at once, for those connected from now on.
    """

    def __init__(
        self, clients: Callable[[str], Ds3Client | None], report: Callable[[Event], None]
    ) -> None:
        self._clients = clients
        self._report = report
        self._known: list[Appliance] = []
        self.blobs_at_once = THREADS

    def of(self, session_id: str) -> Appliance:
        """Return what the session's jobs share, made anew after it was connected anew.

        Raises LookupError where the session has no client.
        """
        client = self._clients(session_id)
        if client is None:
            raise LookupError(f"session {session_id} is not connected")
        for shared in self._known:
            if shared.client is client:
                return shared
        watcher = PersistenceWatcher(client, self._report)
        shared = Appliance(client, BlobPool(self.blobs_at_once), watcher)
        self._known.append(shared)
        return shared

    def close(self) -> None:
        """End watchers and pools, and wait for their threads."""
        for shared in self._known:
            shared.watcher.close()
            shared.pool.close()


@dataclass(slots=True)
class Running:
    """What belongs to one job while this program runs. `ledger` is the one that has it.

    `job`, `thread` and `shared` are those of its last run here, None before the first. `wish` is
    what waits for its session to be connected.
    """

    row: JobRow
    ledger: Ledger
    job: AnyJob | None = None
    thread: JobThread | None = None
    shared: Appliance | None = None
    record: JobRecord | None = None
    wish: Callable[[], None] | None = None
    tapes_asked_at: float | None = None
    refreshed_at: float = 0.0
    seen_done: int = 0

    @property
    def runs(self) -> bool:
        return self.thread is not None and self.job is not None and not self.row.ended
