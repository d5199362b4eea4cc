"""The simulator's calls are the contract's: all of them, but for those left out on purpose."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

import pytest

from ds3_browser.simulator.calls import plain
from ds3_browser.simulator.server import Simulator
from tests.simulator.raw import Raw, unknown_id

from .not_answered import NOT_ANSWERED, reason
from .requests import Request, under_rest

REQUESTS = {request.name: request for request in under_rest()}
ANSWERED = [request for name, request in REQUESTS.items() if reason(name) is None]
LEFT_OUT = [request for name, request in REQUESTS.items() if reason(name) is not None]
# Parameters of releases whose contract is not among the facts: old ones, and 6.0.
OF_OTHERS = {"GET object": {"folder", "version"}, "GET job/": {"summary"}}


@pytest.fixture
def call(simulator: Simulator) -> Iterator[Raw]:
    raw = Raw(simulator.port, simulator.access_id, simulator.secret_key)
    yield raw
    raw.close()


def known(simulator: Simulator, wanted: str) -> set[str]:
    return {plain(name) for name in simulator.router.under_rest[wanted].knows.split()}


@pytest.mark.parametrize("request_", ANSWERED, ids=lambda request: request.name)
def test_a_request_has_a_call_that_knows_its_parameters(
    simulator: Simulator, request_: Request
) -> None:
    assert request_.wanted in simulator.router.under_rest
    named = {plain(name) for name in (*request_.required, *request_.optional)}
    assert named <= known(simulator, request_.wanted)


def test_a_call_is_one_of_the_contract_and_so_are_its_parameters(simulator: Simulator) -> None:
    of_calls: dict[str, set[str]] = {}
    for request in REQUESTS.values():
        names = of_calls.setdefault(request.wanted, set())
        names |= {plain(name) for name in (*request.required, *request.optional)}
    for wanted in simulator.router.under_rest:
        if wanted == "DELETE bucket":  # a bucket without a name, refused as the appliance does
            continue
        assert wanted in of_calls
        assert known(simulator, wanted) <= of_calls[wanted] | OF_OTHERS.get(wanted, set()), wanted


@pytest.mark.checklist("S C-167: calls left out on purpose answer 404 NotFound")
@pytest.mark.parametrize("request_", LEFT_OUT, ids=lambda request: request.name)
def test_a_request_left_out_on_purpose_is_not_found(call: Raw, request_: Request) -> None:
    target = request_.path.replace("{id}", unknown_id())
    reply = call(request_.verb, f"{target}?{request_.query()}", b"<Objects/>")
    assert (reply.status, reply.code) == (404, "NotFound")


def test_each_reason_is_about_a_request() -> None:
    for pattern in NOT_ANSWERED:
        assert any(fnmatchcase(name, pattern) for name in REQUESTS), pattern
