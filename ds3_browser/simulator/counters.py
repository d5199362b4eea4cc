"""What clients did, counted by the threads that serve them and added up when somebody asks.

Each thread counts for itself: counting happens several times a request, and none of it waits.
"""

from __future__ import annotations

import threading


class _Ours(threading.local):
    """A thread's own counts. `round` says since which reset they are."""

    round: int = -1
    counts: dict[str, int]


class Counters:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._round = 0
        self._ended: dict[str, int] = {}
        self._running: list[dict[str, int]] = []
        self._ours = _Ours()

    def count(self, name: str, n: int = 1) -> None:
        ours = self._ours
        if ours.round != self._round:
            self._begin(ours)
        counts = ours.counts
        counts[name] = counts.get(name, 0) + n

    def _begin(self, ours: _Ours) -> None:
        with self._lock:
            ours.counts = {}
            ours.round = self._round
            self._running.append(ours.counts)

    def end(self) -> None:
        """Hand over what the calling thread has counted: it ends, or counts no more for long."""
        ours = self._ours
        with self._lock:
            if ours.round == self._round:
                self._running = [counts for counts in self._running if counts is not ours.counts]
                _add(self._ended, ours.counts)
        ours.round = -1

    def all(self) -> dict[str, int]:
        with self._lock:
            found = dict(self._ended)
            for counts in self._running:
                _add(found, dict(counts))  # a copy: its thread goes on counting
            return found

    def clear(self) -> None:
        with self._lock:
            self._round += 1
            self._ended, self._running = {}, []


def _add(to: dict[str, int], counts: dict[str, int]) -> None:
    for name, n in counts.items():
        to[name] = to.get(name, 0) + n
