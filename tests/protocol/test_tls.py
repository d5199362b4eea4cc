"""Sockets under TLS, with `ssl.SSLSocket` at the other end."""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from ds3_browser.protocol.client import Ds3Client
from ds3_browser.protocol.tls import SENT_AT_ONCE, TlsSocket, in_large_pieces
from tests.protocol.bytes_moved import Collected
from tests.protocol.conftest import ClientFor, certificate
from tests.protocol.recorder import Recorder, reply

Work = Callable[[ssl.SSLSocket], None]


def trusting(name: str = "good") -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=certificate(name))
    in_large_pieces(context)
    return context


@contextmanager
def peer_of(serve: Callable[[socket.socket], None]) -> Iterator[socket.socket]:
    """One end of a connection, to a thread that serves the other one and closes it."""
    near, far = socket.socketpair()
    near.settimeout(20)
    far.settimeout(20)

    def run() -> None:
        with far:
            serve(far)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield near
    finally:
        near.close()
        thread.join()


@contextmanager
def connected(work: Work, context: ssl.SSLContext | None = None) -> Iterator[TlsSocket]:
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate("good"))

    def serve(plain: socket.socket) -> None:
        with server.wrap_socket(plain, server_side=True) as sock:
            work(sock)

    with peer_of(serve) as near:
        wrapped = (context or trusting()).wrap_socket(near, server_hostname="127.0.0.1")
        with wrapped as sock:
            assert isinstance(sock, TlsSocket)
            yield sock


def test_where_contexts_make_sockets_in_another_way_they_are_the_usual_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delattr(ssl.SSLSocket, "_create")
    assert trusting().sslsocket_class is ssl.SSLSocket


def received(sock: socket.socket, most: int) -> bytes:
    found, memory = bytearray(), memoryview(bytearray(most))
    while n := sock.recv_into(memory):
        found += memory[:n]
    return bytes(found)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("size", [1, 16_384, SENT_AT_ONCE - 1, 3 * SENT_AT_ONCE + 17])
@pytest.mark.parametrize("most", [1000, 1 << 20])
def test_bytes_cross_unchanged_both_ways(version: ssl.TLSVersion, size: int, most: int) -> None:
    data = os.urandom(size)
    came = bytearray()

    def echo(sock: ssl.SSLSocket) -> None:
        while len(came) < size:
            came.extend(sock.recv(1 << 16))
        sock.sendall(came)

    context = trusting()
    context.minimum_version = context.maximum_version = version
    with connected(echo, context) as sock:
        sock.sendall(memoryview(data))
        assert received(sock, most) == data


@pytest.mark.parametrize("announced", [True, False])
def test_what_came_before_the_end_is_there_and_the_end_is_an_end(announced: bool) -> None:
    def say(sock: ssl.SSLSocket) -> None:
        sock.sendall(b"all")
        if announced:
            sock.settimeout(0)
            with contextlib.suppress(OSError):  # it does not wait for our end
                sock.unwrap()

    with connected(say) as sock:
        assert received(sock, 100) == b"all"
        assert sock.recv(1) == b""


def test_nothing_that_comes_is_a_time_out() -> None:
    over = threading.Event()
    with connected(lambda sock: over.wait(20) and None) as sock:
        sock.settimeout(0.05)
        with pytest.raises(TimeoutError):
            sock.recv(1)
        over.set()


def test_a_certificate_that_is_refused_is_told_to_the_other_side() -> None:
    told: list[ssl.SSLError] = []

    def serve(plain: socket.socket) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate("good"))
        with pytest.raises(ssl.SSLError) as caught:
            context.wrap_socket(plain, server_side=True).recv(1)
        told.append(caught.value)

    with peer_of(serve) as near, pytest.raises(ssl.SSLCertVerificationError):
        trusting("changed").wrap_socket(near, server_hostname="127.0.0.1")
    assert "unknown ca" in str(told[0])
    assert near.fileno() < 0


def test_a_name_that_was_not_given_is_not_taken_for_a_checked_one() -> None:
    with (
        peer_of(lambda plain: None) as near,
        pytest.raises(ValueError, match="cannot be checked"),
    ):
        trusting().wrap_socket(near)


def test_shaking_hands_takes_no_longer_than_the_time_out_however_it_drips() -> None:
    over = threading.Event()

    def drip(plain: socket.socket) -> None:
        plain.sendall(b"\x16\x03\x03\x40\x00")  # of a record of 16 KiB the head
        while not over.wait(0.02):
            plain.sendall(b"\x02")

    with peer_of(drip) as near:
        near.settimeout(0.2)
        with pytest.raises(TimeoutError):
            trusting().wrap_socket(near, server_hostname="127.0.0.1")
        over.set()


def test_what_nobody_asked_for_is_not_the_next_request_s_answer(
    tls_recorder: Recorder, client_for: ClientFor
) -> None:
    client: Ds3Client = client_for(tls_recorder.url, verify=False)
    tls_recorder.answer(reply(200, b"a") + bytes(50_000), reply(200, b"b"))
    sinks = [Collected(), Collected()]
    for sink in sinks:
        client.get_object("b", "x", sink)
    assert [bytes(sink.data) for sink in sinks] == [b"a", b"b"]
    assert tls_recorder.connections == 2
