"""Which ledger has which session's jobs: the user's own, or one that a session keeps for itself.

The demo's jobs lie in its own folder, so that nothing of it is ever among the user's. A ledger of
a session's own is opened when that session is first used.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

from ds3_browser.transfer.ledger import Ledger

#: Jobs of other ledgers than the user's have ids from here, so that no two jobs share one.
OTHER_IDS = 1 << 40


class Ledgers:
    """`open_own` says how the ledger of a session that has its own is opened. Any thread may call.

    `close` ends all of them.
    """

    def __init__(self, usual: Ledger, open_own: Mapping[str, Callable[[], Ledger]]) -> None:
        self.usual = usual
        self._open_own = open_own
        self._own: dict[str, Ledger] = {}
        self._lock = threading.Lock()
        self._closed = False

    def of(self, session_id: str) -> Ledger:
        """Return where a session's jobs are kept. Raises LookupError before it was opened."""
        if session_id not in self._open_own:
            return self.usual
        return self._own[session_id]

    def all_of(self, session_id: str) -> list[Ledger]:
        """Return each ledger that may know jobs of a session."""
        own = self._own.get(session_id)
        return [self.usual] if own is None else [self.usual, own]

    def open(self, session_id: str) -> Ledger | None:
        """Open a session's own ledger and return it; None where there is nothing new to open.

        Blocks. Raises LedgerError.
        """
        with self._lock:
            if self._closed or session_id not in self._open_own or session_id in self._own:
                return None
            opened = self._own[session_id] = self._open_own[session_id]()
            return opened

    def close(self) -> None:
        with self._lock:
            self._closed = True
            for ledger in (self.usual, *self._own.values()):
                ledger.close()
