"""Reaching an address: what it tells, and why it fails."""

from __future__ import annotations

import socket

import pytest

from ds3_browser.protocol.errors import ConnectionFailed, Unreachable
from ds3_browser.protocol.probe import reach
from ds3_browser.protocol.records import Endpoint


@pytest.fixture
def listener():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def test_reaching_tells_the_number_behind_the_name_and_how_long_it_took(listener):
    reached = reach(Endpoint("http", "localhost", listener))
    assert (reached.address, reached.port, reached.proxied) == ("127.0.0.1", listener, False)
    assert 0 <= reached.seconds < 5


def test_with_a_proxy_the_proxy_is_what_is_reached(listener):
    endpoint = Endpoint("https", "bp.invalid", 443, proxy=f"http://me:secret@127.0.0.1:{listener}")
    reached = reach(endpoint)
    assert (reached.port, reached.proxied) == (listener, True)


def test_a_closed_port_is_told_as_refused():
    port = free_port()
    with pytest.raises(ConnectionFailed) as failure:
        reach(Endpoint("http", "127.0.0.1", port))
    assert failure.value.why is Unreachable.REFUSED
    assert failure.value.where == f"127.0.0.1:{port}"


def test_a_name_nobody_knows_is_told_as_such():
    with pytest.raises(ConnectionFailed) as failure:
        reach(Endpoint("https", "no-such-appliance.invalid", 443))
    assert failure.value.why is Unreachable.NAME


def test_a_proxy_that_is_not_there_is_told_by_its_own_address():
    port = free_port()
    with pytest.raises(ConnectionFailed) as failure:
        reach(Endpoint("https", "bp.invalid", 443, proxy=f"http://me:secret@127.0.0.1:{port}"))
    assert failure.value.why is Unreachable.PROXY
    assert failure.value.where == f"127.0.0.1:{port}"
    assert "secret" not in str(failure.value)
