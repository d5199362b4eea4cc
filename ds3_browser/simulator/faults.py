"""The switches: everything about the simulated appliance that can be set while it runs, by name.

`SWITCHES` is the whole list. A name that is not in it is refused, and so is a value of the wrong
kind; nothing is changed then. Values are JSON: the command line, the control channel and tests set
the same ones.
"""

from __future__ import annotations

import copy
import fnmatch
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any  # switch values are JSON

from .chance import Chance, is_chance
from .policies import are_policies
from .switch_values import are_ejected, are_patterns, are_rules, are_users
from .tls import CERTIFICATES

Check = Callable[[Any], bool]

_VERSION_PART = re.compile(r"[0-9]{1,4}")
_CLOCKS = {"offset_s": (-1e9, 1e9), "fixed_s": (0, 1e11)}  # some thirty years; up to year 5138


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def _or_none(check: Check) -> Check:
    return lambda value: value is None or check(value)


def _one_of(*choices: Any) -> Check:
    # 1 == True in Python, and not in JSON.
    return lambda value: any(value == c and type(value) is type(c) for c in choices)


def _is_version(value: Any) -> bool:
    parts = value.split(".") if isinstance(value, str) else []
    return 2 <= len(parts) <= 4 and all(_VERSION_PART.fullmatch(part) for part in parts)


def _is_clock(value: Any) -> bool:
    """A moment or an offset that makes one, of which there is a date."""
    if not (isinstance(value, dict) and len(value) == 1):
        return False
    ((name, seconds),) = value.items()
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return False
    least, most = _CLOCKS.get(name, (1, 0))
    return bool(least <= seconds <= most)


def _strike(**more: Check) -> Check:
    """A fault for the `nth` body of its kind and `times` in all, with what else it may say."""
    known = {"nth": _is_positive, "times": _is_positive, **more}
    return lambda value: (
        value is None
        or (
            isinstance(value, dict)
            and all(name in known and known[name](given) for name, given in value.items())
        )
    )


def _is_positive(value: Any) -> bool:
    return _is_count(value) and value > 0


def _is_status(value: Any) -> bool:
    return _is_count(value) and 300 <= value < 600


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_fail_list(value: Any) -> bool:
    checks = (_is_text, _is_status, _or_none(_is_text), _is_count)
    return isinstance(value, list) and all(
        isinstance(item, list)
        and len(item) == len(checks)
        and all(check(part) for check, part in zip(checks, item, strict=True))
        for item in value
    )


@dataclass(frozen=True, slots=True)
class Switch:
    default: Any
    check: Check
    meaning: str


SWITCHES: Mapping[str, Switch] = {
    # What it is.
    "server_version": Switch("5.8.0", _is_version, "the release it says it is, and answers like"),
    "xml_style": Switch(
        "5.x", _one_of("5.x", "old"), '"old": a namespace, nothing sorted, dates without ms'
    ),
    "strict": Switch(
        False,
        _is_flag,
        "refuses unknown parameters, and blobs of an object that differ in metadata",
    ),
    "lenient_bodyless": Switch(
        True, _is_flag, "accepts bodyless requests with unsigned checksum and metadata"
    ),
    "mgmt_port": Switch(False, _is_flag, "every call is answered as by the management port"),
    "tls": Switch(
        False,
        _one_of(False, True, *CERTIFICATES),
        f"https with a test certificate: true, or one of {', '.join(CERTIFICATES)}",
    ),
    "nodes": Switch(1, _one_of(1, 2), "data nodes in every answer about a job"),
    "clock": Switch(
        None, _or_none(_is_clock), '{"offset_s": n} beside real time, or {"fixed_s": epoch seconds}'
    ),
    "health": Switch("ok", _one_of("ok", "unhealthy"), "system_health answers 503 if unhealthy"),
    "policies": Switch(
        [{}],
        are_policies,
        "data policies, the first is everybody's: name, checksum_type, default_blob_size,"
        " blobbing_enabled, end_to_end_crc_required, versioning, max_versions_to_keep",
    ),
    "users": Switch(
        [], are_users, "users beside the two: name, access_id, secret_key, administrator"
    ),
    "acls": Switch(
        [],
        are_rules,
        'who may what where: [{"user": name, "bucket": name or null, "permission": word}, ...], or'
        ' "group" for "user"',
    ),
    # Planning and cache.
    "min_blob": Switch(10_485_760, _is_count, "smallest max_upload_size it accepts, bytes"),
    "chunk_bytes": Switch(64 << 30, _is_count, "a chunk holds at most so many bytes"),
    "chunk_blobs": Switch(20_000, _is_positive, "a chunk holds at most so many blobs"),
    "cache_bytes": Switch(None, _or_none(_is_count), "size of the cache, null for unlimited"),
    "partial_chunk": Switch(False, _is_flag, "GET chunks with mixed or absent InCache"),
    "shuffle": Switch(False, _is_flag, "chunks and blobs out of order, nodes with odd addresses"),
    "repeat_read_blobs": Switch(False, _is_flag, "job_chunk keeps listing blobs already read"),
    "retry_after": Switch(60, _is_count, "seconds in Retry-After"),
    "retry_after_missing": Switch(False, _is_flag, "leaves Retry-After out"),
    "not_allocated_status": Switch(307, _one_of(307, 503), "PUT of a blob without cache"),
    "finished_chunk_status": Switch(404, _one_of(404, 410), "job_chunk of a job that has ended"),
    "redirect_times": Switch(0, _is_count, "answers 307 so many times to blobs"),
    # Media and time.
    "tape_delay": Switch(0, _is_number, "seconds until a GET job's data on tape is in cache"),
    "tape_pace": Switch(0, _is_number, "seconds more for each further chunk of such a job"),
    "persist_delay": Switch(0, _is_number, "seconds from a blob's last byte to its persistence"),
    "hold_persistence": Switch(False, _is_flag, "nothing is persisted while it is on"),
    "eject_tape": Switch(
        [], are_ejected, 'tapes out of the library: barcodes, or {"barcode", "label", "location"}'
    ),
    "unavailable_media": Switch(
        "DISCOURAGED",
        _one_of("ALLOW", "DISCOURAGED", "DISALLOW"),
        '"DISALLOW": a job whose data is on ejected tapes alone is refused, and does not wait',
    ),
    "degraded": Switch(
        [], are_patterns, "patterns of objects that have lost a copy, as name or bucket/name"
    ),
    "suspect": Switch(
        [], are_patterns, "patterns of objects that it doubts, as name or bucket/name"
    ),
    "job_error": Switch(
        None, _or_none(_is_text), "the error message that the records of its PUT jobs have"
    ),
    "throttle_bps": Switch(None, _or_none(_is_positive), "bytes a second a connection, both ways"),
    # Faults.
    "fail_next": Switch([], _is_fail_list, '[["PUT /bucket/*", status, code or null, times], ...]'),
    "busy": Switch(0, _is_count, "job creation answers 503 so many times"),
    "drop_connection": Switch(
        None,
        _strike(method=_one_of("PUT", "GET"), bytes=_is_count),
        '{"method": "PUT", "nth": 1, "bytes": k, "times": 1}: closes the socket in mid-body',
    ),
    "early_close": Switch(
        None,
        _strike(status=_is_status, code=_or_none(_is_text)),
        '{"nth": 1, "status": 503, "times": 1}: answers a PUT before its body and closes',
    ),
    "truncate_get": Switch(
        None, _strike(bytes=_is_count), '{"nth": 1, "bytes": k, "times": 1}: GET body of k bytes'
    ),
    "corrupt_get": Switch(None, _strike(), '{"nth": 1, "times": 1}: GET with a wrong byte'),
    "blob_gone_after_read": Switch(False, _is_flag, "a second GET of a blob that was read is 404"),
    "random_faults": Switch(
        False, is_chance, '{"seed": n, "rate": 0.01}: any of these faults at random, repeatable'
    ),
    # For load.
    "discard_bodies": Switch(
        False, _is_flag, "keeps size and checksum of bodies over 1 MiB; a GET sends a pattern"
    ),
}


class UnknownSwitch(ValueError):
    """No switch of this name, or a value it cannot take. The text says which."""


class Faults:
    """The switches' values. Any thread may read and set them."""

    def __init__(self, values: Mapping[str, Any] | None = None) -> None:
        self._lock = threading.Lock()
        self._values = _defaults()
        self._seen: dict[str, int] = {}
        self._given = dict(values or {})
        self._chance = Chance()
        # Told the new value whenever their switch is set. They may read and set switches.
        self.listeners: dict[str, Callable[[Any], None]] = {}
        self.set_all(self._given)

    def get(self, name: str) -> Any:
        # Without the lock: one look at a dict is whole by itself, and this is asked often.
        return self._values[name]

    def set(self, name: str, value: Any) -> None:
        self.set_all({name: value})

    def set_all(self, values: Mapping[str, Any]) -> None:
        """Set several, all or none. Raises UnknownSwitch."""
        for name, value in values.items():
            _check(name, value)
        with self._lock:
            self._values.update(copy.deepcopy(dict(values)))
            for name in values:
                self._seen.pop(name, None)
        if "random_faults" in values:
            self._chance.reset()
        for name, listen in self.listeners.items():
            if name in values:
                listen(values[name])

    @property
    def given(self) -> Mapping[str, Any]:
        """The values it was started with, without the defaults."""
        return self._given

    def reset(self) -> None:
        """Back to the values it was started with."""
        self.set_all({**_defaults(), **self._given})

    def described(self) -> dict[str, dict[str, Any]]:
        with self._lock:
            return {
                name: {
                    "value": copy.deepcopy(self._values[name]),
                    "default": switch.default,
                    "meaning": switch.meaning,
                }
                for name, switch in SWITCHES.items()
            }

    def begin(self, method: str, path: str, query: str) -> None:
        """Hear of a request, on the thread that will serve it, before all else about it."""
        if setting := self._values["random_faults"]:
            self._chance.begin(setting, method, f"{path}?{query}")

    def strikes(self, name: str, method: str) -> dict[str, Any] | None:
        """The fault's settings if this request is one it is meant for. Counts the request."""
        if self._values["random_faults"] and self._chance.strikes(name):
            return {"times": 1}
        if self._values[name] is None:
            return None  # as nearly always, and without the lock
        with self._lock:
            fault: dict[str, Any] | None = self._values[name]
            if fault is None or fault.get("method", method) != method:
                return None
            seen = self._seen[name] = self._seen.get(name, 0) + 1
            first = fault.get("nth", 1)
            return fault if first <= seen < first + fault.get("times", 1) else None

    def count_down(self, name: str) -> bool:
        """Take one from a number of times; False when none is left."""
        if self._values["random_faults"] and self._chance.strikes(name):
            return True
        if not self._values[name]:
            return False
        with self._lock:
            left = self._values[name]
            self._values[name] = max(0, left - 1)
            return bool(left > 0)

    def failure_for(self, method: str, path: str, query: str) -> tuple[int, str | None] | None:
        """Status and code that fail_next has for a request.

        A pattern such as `GET /bucket` may match it with the query or without.
        """
        if self._values["random_faults"] and (failure := self._chance.failure()) is not None:
            return failure
        if not self._values["fail_next"]:
            return None
        requests = (f"{method} {path}", f"{method} {path}?{query}")
        with self._lock:
            for item in self._values["fail_next"]:
                pattern, status, code, times = item
                if times > 0 and any(fnmatch.fnmatchcase(text, pattern) for text in requests):
                    item[3] -= 1
                    return status, code
        return None


def _defaults() -> dict[str, Any]:
    return {name: copy.deepcopy(switch.default) for name, switch in SWITCHES.items()}


def _check(name: str, value: Any) -> None:
    if name not in SWITCHES:
        raise UnknownSwitch(f"There is no switch {name!r}.")
    if not SWITCHES[name].check(value):
        raise UnknownSwitch(f"{name} does not take {value!r}: {SWITCHES[name].meaning}.")
