"""A raw caller for the tests of the simulator."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from ds3_browser.simulator.server import Simulator

from .raw import Raw


@pytest.fixture
def call(simulator: Simulator) -> Iterator[Raw]:
    """A caller whose clock is the appliance's, however it is set."""
    port, clock = simulator.port, simulator.store.now
    raw = Raw(port, simulator.access_id, simulator.secret_key, clock=clock)
    yield raw
    raw.close()


@pytest.fixture
def bucket(call: Raw) -> str:
    return call.bucket()


@pytest.fixture
def caller(simulator: Simulator) -> Iterator[Callable[..., Raw]]:
    """Makes callers with another secret, access id or date; their clock is the real one."""
    made: list[Raw] = []

    def make(
        access_id: str = simulator.access_id,
        secret: str = simulator.secret_key,
        date: str | None = None,
    ) -> Raw:
        made.append(Raw(simulator.port, access_id, secret, date=date))
        return made[-1]

    yield make
    for raw in made:
        raw.close()
