"""From bytes to rate and time left. Pure: the clock is given, nothing is read.

The rate is the mean of the last 10 s, the time left comes from the mean of the last 30 s; both are
None where they are not known: in the first 3 s, and after 10 s without a byte.
"""

from __future__ import annotations

from collections import deque

INTERVAL_S = 0.2
RATE_WINDOW_S = 10.0
LEFT_WINDOW_S = 30.0
KNOWN_AFTER_S = 3.0
FORGOTTEN_AFTER_S = 10.0


class Meter:
    """Fed with absolute totals, at most five a second."""

    def __init__(self) -> None:
        self._samples: deque[tuple[float, int]] = deque()
        self._moved_at: float | None = None

    @property
    def fresh(self) -> bool:
        """Whether nothing was added yet, or not since a pause."""
        return not self._samples

    def due(self, now: float) -> bool:
        """Whether a fifth of a second has passed since the last sample."""
        return not self._samples or now - self._samples[-1][0] >= INTERVAL_S

    def add(self, now: float, total: int) -> None:
        if self._samples and total > self._samples[-1][1]:
            self._moved_at = now
        self._samples.append((now, total))
        while self._samples[0][0] < now - LEFT_WINDOW_S:
            self._samples.popleft()

    def pause(self) -> None:
        """Forget what was: a wait is no slow transfer."""
        self._samples.clear()
        self._moved_at = None

    def rate(self, now: float) -> float | None:
        """Bytes a second over the last 10 s."""
        return self._mean(now, RATE_WINDOW_S, 0.5)

    def time_left(self, now: float, missing: int) -> float | None:
        """Seconds until `missing` bytes have moved, as things went in the last 30 s."""
        if self._moved_at is None or now - self._moved_at > FORGOTTEN_AFTER_S:
            return None
        rate = self._mean(now, LEFT_WINDOW_S, KNOWN_AFTER_S)
        return missing / rate if rate else None

    def _mean(self, now: float, window_s: float, least_s: float) -> float | None:
        within = [sample for sample in self._samples if sample[0] >= now - window_s]
        if len(within) < 2 or within[-1][0] - within[0][0] < least_s:
            return None
        (began, first), (ended, last) = within[0], within[-1]
        return max(0.0, (last - first) / (ended - began))
