"""A raw caller for the tests of the simulator."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from ds3_browser.simulator.server import Simulator

from .raw import Raw


@pytest.fixture
def call(simulator: Simulator) -> Iterator[Raw]:
    raw = Raw(simulator.port, simulator.access_id, simulator.secret_key)
    yield raw
    raw.close()


@pytest.fixture
def bucket(call: Raw) -> str:
    return call.bucket()


@pytest.fixture
def caller(simulator: Simulator) -> Iterator[Callable[..., Raw]]:
    """Makes callers with another secret, access id or date."""
    made: list[Raw] = []

    def make(
        access_id: str = simulator.access_id,
        secret: str = simulator.secret_key,
        date: str | None = None,
    ) -> Raw:
        made.append(Raw(simulator.port, access_id, secret, date))
        return made[-1]

    yield make
    for raw in made:
        raw.close()
