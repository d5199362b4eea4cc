"""What the tests of the wire share: a server that records, and clients for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import ds3_browser
from ds3_browser.protocol import calling
from ds3_browser.protocol.client import Ds3Client
from ds3_browser.protocol.records import Credentials, Endpoint
from ds3_browser.protocol.transport import Timeouts
from tests.protocol.recorder import Recorder

KEYS = Credentials("c3BlY3RyYQ==", "Kx7pQ2vZ")
CERTIFICATES = Path(ds3_browser.__file__).parent / "simulator" / "certificates"

ClientFor = Callable[..., Ds3Client]


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between two tries of a call there is a moment."""
    monkeypatch.setattr(calling, "PAUSES_S", (0.01, 0.05))


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    with Recorder() as recorder:
        yield recorder


@pytest.fixture
def tls_recorder() -> Iterator[Recorder]:
    """Speaks TLS with the self-signed certificate for localhost and 127.0.0.1."""
    with Recorder(certificate("good")) as recorder:
        yield recorder


def certificate(name: str) -> str:
    return str(CERTIFICATES / f"{name}.pem")


@pytest.fixture(params=[True, False], ids=["fast", "ordinary"])
def fast(request: pytest.FixtureRequest) -> bool:
    """Whether blobs take the short ways past requests; the tests hold for both."""
    return bool(request.param)


@pytest.fixture
def client_for() -> Iterator[ClientFor]:
    """Makes clients: `client_for(url, proxy=..., timeouts=...)`, closed in the end."""
    made: list[Ds3Client] = []

    def make(
        url: str,
        *,
        credentials: Credentials = KEYS,
        timeouts: Timeouts | None = None,
        fast: bool = True,
        **endpoint: object,
    ) -> Ds3Client:
        there = Endpoint.parse(url, **endpoint)  # type: ignore[arg-type]  # as each test needs it
        made.append(Ds3Client(there, credentials, timeouts=timeouts, fast=fast))
        return made[-1]

    yield make
    for client in made:
        client.close()


@pytest.fixture
def recorded(recorder: Recorder, client_for: ClientFor, fast: bool) -> Ds3Client:
    """A client of the recorder."""
    return client_for(recorder.url, fast=fast)
