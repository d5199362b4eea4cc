"""Jobs that others than this start began: brought to the queue as rows, in the background.

Those of earlier starts come from the ledgers; those that a damaged ledger has lost, or that other
computers began, from their appliances.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from functools import partial

from PySide6.QtCore import QObject, Signal

from ds3_browser.gui import job_history
from ds3_browser.gui.job_history import Remembered, Restored
from ds3_browser.gui.ledgers import Ledgers
from ds3_browser.gui.running import Call
from ds3_browser.gui.workers import Calls
from ds3_browser.protocol.client import Ds3Client
from ds3_browser.protocol.records import ApplianceJob
from ds3_browser.transfer.ledger import Ledger

log = logging.getLogger(__name__)


class EarlierJobs(QObject):
    """Signals: `restored(job ids)` when those of a ledger are in the queue, of each ledger once;
    `salvaged(tuple[Salvaged])` where it was damaged; `found_again(session, job ids)`.

    `take_in` is given the ledger and its jobs. `calls` runs what waits for this disk alone, `call`
    what asks an appliance.
    """

    restored = Signal(object)
    salvaged = Signal(object)
    found_again = Signal(str, object)

    def __init__(
        self,
        ledgers: Ledgers,
        clients: Callable[[str], Ds3Client | None],
        take_in: Callable[[Ledger, Iterable[Remembered]], None],
        calls: Calls,
        call: Call,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._ledgers = ledgers
        self._clients = clients
        self._take_in = take_in
        self._calls = calls
        self._call = call
        self._lossy: list[Ledger] = []  # those that have lost jobs an appliance may know
        self._connected: set[str] = set()  # sessions that were connected at some time
        self._looked: set[str] = set()

    def restore(self) -> None:
        """Bring back the rows of earlier starts; then `restored` is told."""
        ledger = self._ledgers.usual
        self._calls.run_call(
            partial(job_history.restore, ledger),
            partial(self._take_restored, ledger),
            lambda error: log.error("no old jobs: %s", error),
        )

    def open_ledger(
        self,
        session_id: str,
        on_result: Callable[[], None],
        on_error: Callable[[Exception], None],
    ) -> None:
        """Open the ledger that a session has to itself, if any, and bring back its jobs' rows.

        Before `on_result` the session takes no jobs.
        """

        def open_it() -> tuple[Ledger, Restored] | None:
            ledger = self._ledgers.open(session_id)
            return None if ledger is None else (ledger, job_history.restore(ledger))

        def take(opened: tuple[Ledger, Restored] | None) -> None:
            if opened is not None:
                self._take_restored(*opened)
            on_result()

        self._calls.run_call(open_it, take, on_error)

    def _take_restored(self, ledger: Ledger, restored: Restored) -> None:
        self._take_in(ledger, restored.jobs)
        if restored.may_look:
            self._lossy.append(ledger)
        if restored.salvaged:
            self.salvaged.emit(tuple(restored.salvaged))
        for session_id in tuple(self._connected):
            self._find_lost(session_id)
        self.restored.emit(frozenset(job.row.job_id for job in restored.jobs))

    def connected(self, session_id: str) -> None:
        """Look for jobs that a damaged ledger has lost, now that a session's appliance answers."""
        self._connected.add(session_id)
        self._find_lost(session_id)

    def _find_lost(self, session_id: str) -> None:
        """Once for each session."""
        client = self._clients(session_id)
        if client is None or not self._lossy or session_id in self._looked:
            return
        ledger = self._ledgers.of(session_id)
        if ledger not in self._lossy:
            return
        self._looked.add(session_id)

        def show(found: list[Remembered]) -> None:
            self._take_in(ledger, found)
            if found:
                self.found_again.emit(session_id, tuple(job.row.job_id for job in found))

        def fail(error: Exception) -> None:
            log.warning("lost jobs cannot be looked for in %s: %s", session_id, error)
            self._looked.discard(session_id)

        find = partial(job_history.find_lost, client, ledger, session_id)
        self._call(client, find, show, fail)

    def take_over(
        self,
        session_id: str,
        listed: ApplianceJob,
        on_result: Callable[[int], None],
        on_error: Callable[[Exception], None],
    ) -> None:
        """Make a job of the appliance one of this computer's; it waits to be told its folder.

        Raises LookupError where the session has no client.
        """
        client, ledger = self._clients(session_id), self._ledgers.of(session_id)
        if client is None:
            raise LookupError(session_id)

        def show(taken: tuple[int, list[Remembered]]) -> None:
            job_id, new = taken
            self._take_in(ledger, new)
            on_result(job_id)

        take = partial(job_history.take_over, client, ledger, session_id, listed)
        self._call(client, take, show, on_error)
