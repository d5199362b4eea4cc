"""What all tests share: one simulator, emptied before each test, and a client for it."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ds3_browser.simulator.server import Simulator

# No test, and no program that a test starts, may touch the keychain of whoever runs it.
os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"

ROOT = Path(__file__).resolve().parent.parent


def pytest_sessionstart() -> None:
    """Compile the translations, as dev.py and the wheel build do: English has its plurals there."""
    script = ROOT / "packaging" / "build_resources.py"
    subprocess.run([sys.executable, str(script)], check=True, stdout=subprocess.DEVNULL)


@pytest.fixture(scope="session")
def _speaks(qapp) -> None:
    """What a program's start does before its window is made."""
    from ds3_browser.gui import languages

    languages.speak()


@pytest.fixture(autouse=True)
def _speaks_english(request: pytest.FixtureRequest) -> None:
    """Every test that has an application has it speak."""
    if "qapp" in request.fixturenames:
        request.getfixturevalue("_speaks")


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
