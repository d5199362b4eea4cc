"""Faults at random: repeatable, of every kind, and nothing is lost by them."""

from __future__ import annotations

import http.client
from collections.abc import Callable

import pytest

from ds3_browser.simulator.faults import UnknownSwitch
from ds3_browser.simulator.server import Simulator

from .raw import Job, Raw, pattern

SIZE = 200_000
LOST = (OSError, http.client.HTTPException)


def outcome(call: Raw, method: str, target: str, body: bytes = b"") -> int | str:
    """The status of an answer, or what became of it instead."""
    try:
        reply = call(method, target, body)
    except LOST:
        call.close()
        return "lost"
    if reply.headers.get("Connection") == "close":
        call.close()
    if method == "GET" and reply.status == 200 and target.startswith("/b/"):
        return "right" if reply.body == pattern(0, SIZE) else "wrong"
    return reply.status


def several(call: Raw, times: int) -> list[int | str]:
    put = [outcome(call, "PUT", f"/b/{n}", pattern(0, SIZE)) for n in range(times)]
    return put + [outcome(call, "GET", f"/b/{n}") for n in range(times)]


def test_the_same_seed_gives_the_same_faults(simulator: Simulator, call: Raw) -> None:
    found = []
    for seed in (1, 1, 2):
        simulator.reset()
        call.close()
        call.bucket()
        simulator.faults.set("random_faults", {"seed": seed, "rate": 0.3})
        found.append(several(call, 30))
    assert found[0] == found[1]
    assert found[0] != found[2]


def test_every_kind_of_fault_comes(simulator: Simulator, call: Raw, bucket: str) -> None:
    for n in range(100):
        call.put(f"/b/{n}", pattern(0, SIZE))
    simulator.faults.set("random_faults", {"seed": 3, "rate": 1})
    found = {outcome(call, "GET", f"/b/{n}") for n in range(100)}
    assert {307, 500, 503, "lost", "wrong"} <= found
    assert "right" not in found
    put = {outcome(call, "PUT", f"/b/new-{n}", pattern(0, SIZE)) for n in range(60)}
    assert put == {307, 500, 503, "lost"}


def until_200(call: Raw, method: str, target: str, body: bytes = b"") -> bytes:
    """Repeat a request until it is answered, at most a hundred times."""
    for _ in range(100):
        try:
            reply = call(method, target, body)
        except LOST:
            call.close()
            continue
        if reply.status in (200, 409):
            return reply.body
        if reply.headers.get("Connection") == "close":
            call.close()
    raise AssertionError(f"{method} {target} never came through")


def test_who_repeats_gets_through_and_finds_everything(
    simulator: Simulator, call: Raw, bucket: str, caller: Callable[..., Raw]
) -> None:
    simulator.faults.set_all(
        {"random_faults": {"seed": 5, "rate": 0.25}, "min_blob": 1, "chunk_bytes": SIZE}
    )
    body = f"<Objects><Object Name='x' Size='{SIZE}'/></Objects>"
    start = f"/_rest_/bucket/b?operation=start_bulk_put&max_upload_size={SIZE // 5}"
    created = until_200(call, "PUT", start, body.encode())
    identifier = created.decode().split('JobId="')[1].partition('"')[0]
    for offset in range(0, SIZE, SIZE // 5):
        part = pattern(offset, SIZE // 5)
        until_200(call, "PUT", f"/b/x?job={identifier}&offset={offset}", part)
    simulator.faults.set("random_faults", False)
    quiet = caller()
    assert Job.of(quiet("GET", f"/_rest_/job/{identifier}")).status == "COMPLETED"
    assert quiet.get_all("b", quiet.start_get("b", "x"))["x"] == pattern(0, SIZE)


def test_a_rate_of_nothing_does_nothing(simulator: Simulator, call: Raw, bucket: str) -> None:
    simulator.faults.set("random_faults", {"seed": 1, "rate": 0})
    assert several(call, 20) == [200] * 20 + ["right"] * 20


@pytest.mark.parametrize(
    "value", [True, None, {}, {"seed": 1}, {"seed": 1, "rate": 2}, {"seed": "x", "rate": 0.1}]
)
def test_a_chance_has_a_seed_and_a_rate(simulator: Simulator, value: object) -> None:
    with pytest.raises(UnknownSwitch):
        simulator.faults.set("random_faults", value)
