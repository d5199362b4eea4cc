"""How fast all jobs together may move bytes, shared evenly among those that have some to move.

Bytes are asked for before they are moved. Whoever has had the least of late comes first; a job with
four threads gets no more than one with one. Without a limit nobody waits here.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

SHARE_OF_A_SECOND = 4  # bytes of a quarter of a second are moved at once, at most
LOOK_S = 0.1  # how soon one who waits notices that its job is to end


class Allowance:
    """What one blob may move. What it was allowed is used up first: others want what is free."""

    __slots__ = ("_left", "_take")

    def __init__(self, take: Callable[[int], int]) -> None:
        """`take` waits for the limit, and says how many bytes may be moved."""
        self._take = take
        self._left = 0

    def of(self, wanted: int) -> int:
        if not self._left:
            self._left = self._take(wanted)
        return min(wanted, self._left)

    def moved(self, n: int) -> None:
        self._left = max(0, self._left - n)


@dataclass(slots=True, eq=False)
class _Waiter:
    job_id: int
    length: int
    number: int


class Limit:
    """One for the whole program, both directions together. Any thread may call."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._changed = threading.Condition()
        self._bytes_per_s: int | None = None
        self._free_at = 0.0  # when the next bytes may go
        self._had: dict[int, float] = {}  # bytes each waiting job has had, counted on from `_level`
        self._level = 0.0  # what the one that was served last had had before
        self._waiting: list[_Waiter] = []
        self._number = 0

    @property
    def bytes_per_s(self) -> int | None:
        return self._bytes_per_s

    def set(self, bytes_per_s: int | None) -> None:
        """Let so many bytes a second through, or as many as will go. Holds from now on."""
        if bytes_per_s is not None and bytes_per_s < 1:
            raise ValueError("A limit is at least one byte a second.")
        with self._changed:
            self._bytes_per_s = bytes_per_s
            self._free_at = self._clock()
            self._changed.notify_all()

    def take(self, job_id: int, wanted: int, check: Callable[[], None]) -> int:
        """Wait until a job may move some bytes, and say how many: at least one, up to `wanted`.

        Blocks. `check` is called every tenth of a second, and may raise.
        """
        rate = self._bytes_per_s
        if rate is None or not wanted:
            return wanted
        return self._take(job_id, min(wanted, max(1, rate // SHARE_OF_A_SECOND)), check)

    def take_all(self, job_id: int, length: int, check: Callable[[], None]) -> None:
        """Wait until a job may move all of these bytes at once."""
        if self._bytes_per_s is not None and length:
            self._take(job_id, length, check)

    def _take(self, job_id: int, length: int, check: Callable[[], None]) -> int:
        with self._changed:
            self._number += 1
            waiter = _Waiter(job_id, length, self._number)
            self._had[job_id] = max(self._had.get(job_id, 0.0), self._level)
            self._waiting.append(waiter)
            try:
                while (seconds := self._seconds_left(waiter)) > 0:
                    check()
                    self._changed.wait(min(seconds, LOOK_S))
                self._served(waiter)
            finally:
                self._waiting.remove(waiter)
                self._changed.notify_all()
        return length

    def _seconds_left(self, waiter: _Waiter) -> float:
        if self._bytes_per_s is None:
            return 0
        first = min(self._waiting, key=self._order)
        return self._free_at - self._clock() if first is waiter else LOOK_S

    def _order(self, waiter: _Waiter) -> tuple[float, int]:
        return self._had.get(waiter.job_id, self._level), waiter.number

    def _served(self, waiter: _Waiter) -> None:
        self._level = self._had.get(waiter.job_id, self._level)
        had = self._had | {waiter.job_id: self._level + waiter.length}
        self._had = {job_id: length for job_id, length in had.items() if length > self._level}
        if self._bytes_per_s is not None:
            begin = max(self._free_at, self._clock())
            self._free_at = begin + waiter.length / self._bytes_per_s
