"""What all tests share: one simulator, emptied before each test, and a client for it."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from ds3_browser.simulator.server import Simulator

# No test, and no program that a test starts, may touch the keychain of whoever runs it.
os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"


@pytest.fixture(autouse=True)
def _level_of_the_log() -> Iterator[None]:
    """A program that a test starts sets how much is logged; the next test begins as it was."""
    ours = logging.getLogger("ds3_browser")
    level = ours.level
    yield
    ours.setLevel(level)


@pytest.fixture(scope="session")
def _simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    with Simulator(tmp_path_factory.mktemp("appliance")) as simulator:
        yield simulator


@pytest.fixture
def simulator(_simulator: Simulator) -> Simulator:
    _simulator.reset()
    return _simulator


@pytest.fixture
def credentials(simulator: Simulator):
    from ds3_browser.protocol.records import Credentials

    return Credentials(simulator.access_id, simulator.secret_key)


@pytest.fixture
def endpoint(simulator: Simulator):
    from ds3_browser.protocol.records import Endpoint

    return Endpoint.parse(simulator.url)


@pytest.fixture
def client(endpoint, credentials):
    from ds3_browser.protocol.client import Ds3Client

    client = Ds3Client(endpoint, credentials)
    yield client
    client.close()


@pytest.fixture
def bucket(client) -> str:
    client.create_bucket("archive")
    return "archive"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder for the test's files."""
    made = tmp_path / "files"
    made.mkdir()
    return made
