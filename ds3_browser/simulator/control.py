"""The control channel: switches, counters, reset and seeding, for whoever started the simulator.

It answers a caller on this computer that knows the token, and nobody when there is none.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Mapping
from typing import Any, Protocol  # what is asked for is JSON

from .calls import Answer
from .faults import Faults, UnknownSwitch
from .seeding import Seed
from .store import Refused

PATH = "/_simulator_/"


class Controlled(Protocol):
    """What the channel reaches of the appliance."""

    faults: Faults

    def counters(self) -> Mapping[str, int]: ...

    def reset(self) -> None: ...

    def seed(self, asked: Seed) -> None: ...


def check(caller: str, token: str | None, given: str) -> None:
    """Refuse everybody but a caller on this computer that gives the token."""
    known = bool(token) and hmac.compare_digest(str(token).encode(), given.encode())
    if caller != "127.0.0.1" or not known:
        raise Refused(403, "AccessDenied", "The control channel is closed.")


def answer(appliance: Controlled, method: str, what: str, body: bytes) -> Answer:
    """Do what was asked on the channel, after `check`. Raises Refused."""
    calls: Mapping[tuple[str, str], Callable[[], object]] = {
        ("GET", "switches"): appliance.faults.described,
        ("PUT", "switches"): lambda: _set_switches(appliance.faults, body),
        ("GET", "counters"): appliance.counters,
        ("POST", "reset"): appliance.reset,
        ("POST", "seed"): lambda: appliance.seed(Seed.of(_asked(body))),
    }
    call = calls.get((method, what))
    if call is None:
        raise Refused(404, "NotFound", "The control channel has no such thing.")
    return Answer(200, json.dumps(call()))


def _set_switches(faults: Faults, body: bytes) -> object:
    try:
        faults.set_all(_asked(body))
    except UnknownSwitch as error:
        raise Refused(400, "InvalidArgument", str(error)) from error
    return faults.described()


def _asked(body: bytes) -> dict[str, Any]:
    try:
        values = json.loads(body)
    except ValueError as error:
        raise Refused(400, "InvalidArgument", str(error)) from error
    if not isinstance(values, dict):
        raise Refused(400, "InvalidArgument", "What is asked for comes as names and values.")
    return values
