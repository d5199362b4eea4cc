"""The switches: everything about the simulated appliance that can be set while it runs, by name.

`SWITCHES` is the whole list. A name that is not in it is refused, and so is a value of the wrong
kind; nothing is changed then. Listeners are told after each change.
"""

from __future__ import annotations

import fnmatch
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any  # switch values are JSON

Check = Callable[[Any], bool]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def _or_none(check: Check) -> Check:
    return lambda value: value is None or check(value)


def _one_of(*choices: Any) -> Check:
    return lambda value: value in choices


def _is_version(value: Any) -> bool:
    return isinstance(value, str) and all(part.isdigit() for part in value.split("."))


def _is_clock(value: Any) -> bool:
    return (
        isinstance(value, dict) and len(value) == 1 and set(value) <= {"offset_s", "fixed_s"}
    ) and all(isinstance(v, int | float) for v in value.values())


def _is_nth(value: Any) -> bool:
    known = {"method", "nth", "times", "bytes", "status", "code"}
    return isinstance(value, dict) and set(value) <= known and _is_count(value.get("nth", 1))


def _is_fail_list(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(item, list)
        and len(item) == 4
        and isinstance(item[0], str)
        and _is_count(item[3])
        for item in value
    )


@dataclass(frozen=True, slots=True)
class Switch:
    default: Any
    check: Check
    meaning: str


SWITCHES: Mapping[str, Switch] = {
    "server_version": Switch("5.8.0", _is_version, "the release it says it is"),
    "clock": Switch(
        None, _or_none(_is_clock), '{"offset_s": n} beside real time, or {"fixed_s": epoch seconds}'
    ),
    "min_blob": Switch(10_485_760, _is_count, "smallest max_upload_size it accepts, bytes"),
    "blob_bytes": Switch(64 << 30, _is_count, "blob size where the job asks for none, bytes"),
    "chunk_bytes": Switch(64 << 30, _is_count, "a chunk holds at most so many bytes"),
    "chunk_blobs": Switch(20_000, _is_count, "a chunk holds at most so many blobs"),
    "cache_bytes": Switch(None, _or_none(_is_count), "size of the cache, null for unlimited"),
    "retry_after": Switch(60, _is_count, "seconds in Retry-After"),
    "retry_after_missing": Switch(False, _is_flag, "leaves Retry-After out"),
    "tape_delay": Switch(0, _is_number, "seconds until a GET job's data on tape is in cache"),
    "persist_delay": Switch(0, _is_number, "seconds from a blob's last byte to its persistence"),
    "hold_persistence": Switch(False, _is_flag, "nothing is persisted while it is on"),
    "finished_chunk_status": Switch(404, _one_of(404, 410), "job_chunk of a job that has ended"),
    "not_allocated_status": Switch(307, _one_of(307, 503), "PUT of a blob without cache"),
    "redirect_times": Switch(0, _is_count, "answers 307 so many times to blobs"),
    "truncate_get": Switch(
        None, _or_none(_is_nth), '{"nth": 1, "bytes": k, "times": 1}: GET body ends after k bytes'
    ),
    "corrupt_get": Switch(None, _or_none(_is_nth), '{"nth": 1, "times": 1}: GET with a wrong byte'),
    "drop_connection": Switch(
        None,
        _or_none(_is_nth),
        '{"method": "PUT", "nth": 1, "bytes": k, "times": 1}: closes the socket in mid-body',
    ),
    "early_close": Switch(
        None,
        _or_none(_is_nth),
        '{"nth": 1, "status": 503, "times": 1}: answers a PUT before its body and closes',
    ),
    "fail_next": Switch([], _is_fail_list, '[["PUT /bucket/*", status, code or null, times], ...]'),
    "partial_chunk": Switch(False, _is_flag, "GET chunks with mixed or absent InCache"),
    "blob_gone_after_read": Switch(False, _is_flag, "a second GET of a blob that was read is 404"),
    "repeat_read_blobs": Switch(False, _is_flag, "job_chunk keeps listing blobs already read"),
    "lenient_bodyless": Switch(
        True, _is_flag, "accepts bodyless requests with unsigned checksum and metadata"
    ),
    "mgmt_port": Switch(False, _is_flag, "every call is answered as by the management port"),
    "health": Switch("ok", _one_of("ok", "unhealthy"), "system_health answers 503 if unhealthy"),
    "busy": Switch(0, _is_count, "job creation answers 503 so many times"),
    "throttle_bps": Switch(None, _or_none(_is_count), "bytes a second a connection, both ways"),
}


class UnknownSwitch(ValueError):
    """No switch of this name, or a value it cannot take. The text says which."""


class Faults:
    """The switches' values. Any thread may read and set them."""

    def __init__(self, values: Mapping[str, Any] | None = None) -> None:
        self._lock = threading.Lock()
        self._listeners: list[Callable[[], None]] = []
        self._values = {name: switch.default for name, switch in SWITCHES.items()}
        self._seen: dict[str, int] = {}
        self._given = dict(values or {})
        self.set_all(self._given)

    def get(self, name: str) -> Any:
        with self._lock:
            return self._values[name]

    def set(self, name: str, value: Any) -> None:
        self.set_all({name: value})

    def set_all(self, values: Mapping[str, Any]) -> None:
        """Set several, all or none. Raises UnknownSwitch."""
        for name, value in values.items():
            _check(name, value)
        with self._lock:
            self._values.update(values)
            for name in values:
                self._seen.pop(name, None)
        for listener in self._listeners:
            listener()

    def reset(self) -> None:
        """Back to the values it was started with."""
        self.set_all({**{name: switch.default for name, switch in SWITCHES.items()}, **self._given})

    def on_change(self, listener: Callable[[], None]) -> None:
        self._listeners.append(listener)

    def described(self) -> dict[str, dict[str, Any]]:
        with self._lock:
            return {
                name: {"value": self._values[name], "default": s.default, "meaning": s.meaning}
                for name, s in SWITCHES.items()
            }

    def strikes(self, name: str, method: str) -> dict[str, Any] | None:
        """The fault's settings if this request is one it is meant for. Counts the request."""
        with self._lock:
            fault: dict[str, Any] | None = self._values[name]
            if fault is None or fault.get("method", method) != method:
                return None
            seen = self._seen[name] = self._seen.get(name, 0) + 1
            first = fault.get("nth", 1)
            return fault if first <= seen < first + fault.get("times", 1) else None

    def count_down(self, name: str) -> bool:
        """Take one from a number of times; False when none is left."""
        with self._lock:
            left = self._values[name]
            self._values[name] = max(0, left - 1)
            return bool(left > 0)

    def failure_for(self, request: str) -> tuple[int, str | None] | None:
        """Status and code that fail_next has for a request such as `GET /bucket`."""
        with self._lock:
            for item in self._values["fail_next"]:
                if item[3] > 0 and fnmatch.fnmatchcase(request, item[0]):
                    item[3] -= 1
                    return item[1], item[2]
        return None


def _check(name: str, value: Any) -> None:
    if name not in SWITCHES:
        raise UnknownSwitch(f"There is no switch {name!r}.")
    if not SWITCHES[name].check(value):
        raise UnknownSwitch(f"{name} does not take {value!r}: {SWITCHES[name].meaning}.")
