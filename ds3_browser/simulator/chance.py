"""Faults at random, repeatable: what the switch `random_faults` does to a request.

Which fault strikes depends on the seed, the request line and how often that line was seen, and on
nothing else: not on the clock, nor on what other connections do meanwhile. A request that is
repeated rolls anew, so that it comes through in the end.
"""

from __future__ import annotations

import random
import threading
from typing import Any  # switch values are JSON

# What may strike which requests, beside a failure before the request was looked at.
_ANY = ("fail_next",)
_BODY_IN = ("drop_connection", "early_close", "redirect_times")
_BODY_OUT = ("drop_connection", "truncate_get", "corrupt_get", "redirect_times")
_CREATION = ("busy",)
FAILURES: tuple[tuple[int, str | None], ...] = (
    (500, "InternalError"),
    (503, "SlowDown"),
    (503, None),
)


def is_chance(value: Any) -> bool:
    """Whether a switch's value is `false`, or a seed and a rate from 0 to 1."""
    if value is False:
        return True
    if not (isinstance(value, dict) and set(value) == {"seed", "rate"}):
        return False
    seed, rate = value["seed"], value["rate"]
    return type(seed) is int and type(rate) in (int, float) and 0 <= rate <= 1


class Chance:
    """The fault that strikes the request which a thread serves just now."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: dict[str, int] = {}
        self._request = threading.local()

    def reset(self) -> None:
        with self._lock:
            self._seen.clear()

    def begin(self, setting: Any, method: str, target: str) -> None:
        """Roll for a request, on the thread that will serve it."""
        self._request.fault = None
        line = f"{method} {target}"
        with self._lock:
            times = self._seen[line] = self._seen.get(line, 0) + 1
        roll = random.Random(f"{setting['seed']} {line} {times}")
        if roll.random() < setting["rate"]:
            self._request.fault = roll.choice(_possible(method, target))
            self._request.roll = roll

    def strikes(self, name: str) -> bool:
        """Whether this fault is the one; it strikes once."""
        if getattr(self._request, "fault", None) != name:
            return False
        self._request.fault = None
        return True

    def failure(self) -> tuple[int, str | None] | None:
        """Status and code if the request is to fail before it was looked at."""
        return self._request.roll.choice(FAILURES) if self.strikes("fail_next") else None


def _possible(method: str, target: str) -> tuple[str, ...]:
    of_object = not target.startswith("/_rest_/") and target.count("/") > 1
    if of_object and method == "PUT":
        return _ANY + _BODY_IN
    if of_object and method == "GET":
        return _ANY + _BODY_OUT
    return _ANY + (_CREATION if "operation=start_bulk" in target.lower() else ())
