"""Certificates that are trusted or not, pins, proxies, and what none of them may give away."""

from __future__ import annotations

import hashlib
import logging
import os
import select
import socket
import ssl
from pathlib import Path

import pytest

from ds3_browser.protocol.errors import (
    BadReply,
    ConnectionFailed,
    ConnectionLost,
    TlsFailed,
    TlsFault,
    Unreachable,
)
from ds3_browser.protocol.records import Endpoint
from ds3_browser.protocol.transport import Hangup, peek_certificate
from tests.protocol.bytes_moved import Bytes, Collected, OpenFile
from tests.protocol.conftest import KEYS, ClientFor, certificate
from tests.protocol.recorder import Peer, Recorded, Recorder, reply

LOGIN = "anna:pr0xy-secret"


def fingerprint(name: str) -> str:
    text = Path(certificate(name)).read_text()
    begin, end = text.index("-----BEGIN CERT"), text.index("-----BEGIN PRIV")
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(text[begin:end].strip())).hexdigest()


# --- certificates --------------------------------------------------------------------------------


@pytest.mark.checklist(
    "K C-29: certificates are verified unless the session says otherwise",
)
def test_a_certificate_nobody_vouches_for_is_refused_by_default(
    tls_recorder: Recorder, client_for: ClientFor
) -> None:
    with pytest.raises(TlsFailed) as caught:
        client_for(tls_recorder.url).probe()
    assert caught.value.fault is TlsFault.UNTRUSTED
    assert tls_recorder.requests == []


@pytest.mark.checklist(
    "K C-29: a session may bring its own certificates to trust",
)
def test_a_file_of_trusted_certificates_is_enough(
    tls_recorder: Recorder, client_for: ClientFor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", certificate("changed"))
    client_for(tls_recorder.url, ca_file=certificate("good")).probe()
    assert len(tls_recorder.requests) == 1


@pytest.mark.checklist(
    "K C-29: a session may switch verification off",
)
def test_without_verification_nothing_is_checked_and_nobody_is_warned(
    tls_recorder: Recorder, client_for: ClientFor
) -> None:
    client_for(tls_recorder.url, verify=False).probe()
    assert len(tls_recorder.requests) == 1


@pytest.mark.parametrize(
    ("name", "fault"), [("expired", TlsFault.EXPIRED), ("wrong-host", TlsFault.WRONG_HOST)]
)
def test_what_is_wrong_with_a_certificate_is_told(
    client_for: ClientFor, name: str, fault: TlsFault
) -> None:
    with Recorder(certificate(name)) as recorder, pytest.raises(TlsFailed) as caught:
        client_for(recorder.url, ca_file=certificate(name)).probe()
    assert caught.value.fault is fault
    assert recorder.requests == []


def test_a_pinned_certificate_is_accepted_without_anybody_to_vouch(client_for: ClientFor) -> None:
    for name in ("good", "wrong-host"):
        with Recorder(certificate(name)) as recorder:
            client_for(recorder.url, pin=fingerprint(name)).probe()
            assert len(recorder.requests) == 1


def test_another_certificate_than_the_pinned_one_is_sent_nothing(
    tls_recorder: Recorder, client_for: ClientFor
) -> None:
    with pytest.raises(TlsFailed) as caught:
        client_for(tls_recorder.url, pin=fingerprint("changed")).probe()
    assert caught.value.fault is TlsFault.CHANGED
    assert tls_recorder.requests == []


def test_a_missing_file_of_certificates_is_told(
    tls_recorder: Recorder, client_for: ClientFor, tmp_path: Path
) -> None:
    with pytest.raises(TlsFailed) as caught:
        client_for(tls_recorder.url, ca_file=str(tmp_path / "none.pem")).probe()
    assert caught.value.fault is TlsFault.OTHER


def test_a_file_that_holds_no_certificate_is_told_till_it_does(
    tls_recorder: Recorder, client_for: ClientFor, tmp_path: Path
) -> None:
    trusted = tmp_path / "trusted.pem"
    trusted.write_text("nothing of the kind")
    client = client_for(tls_recorder.url, ca_file=str(trusted))
    with pytest.raises(TlsFailed) as caught:
        client.probe()
    assert caught.value.fault is TlsFault.OTHER
    trusted.write_text(Path(certificate("good")).read_text())
    client.probe()


def test_another_file_of_trusted_certificates_in_its_place_counts_at_once(
    tls_recorder: Recorder, client_for: ClientFor, tmp_path: Path
) -> None:
    trusted = tmp_path / "trusted.pem"
    trusted.write_text(Path(certificate("changed")).read_text())
    client = client_for(tls_recorder.url, ca_file=str(trusted))
    with pytest.raises(TlsFailed) as caught:
        client.probe()
    assert caught.value.fault is TlsFault.UNTRUSTED
    trusted.write_text(Path(certificate("good")).read_text())
    os.utime(trusted, (1, 1))
    client.probe()


def test_trusted_certificates_are_read_once_for_all_connections_of_a_client(
    tls_recorder: Recorder, client_for: ClientFor, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[object] = []
    really = ssl.SSLContext.load_verify_locations

    def load(context: ssl.SSLContext, *given: object) -> None:
        read.append(given)
        really(context, *given)  # type: ignore[arg-type]  # as it came

    monkeypatch.setattr(ssl.SSLContext, "load_verify_locations", load)
    tls_recorder.answer(*[reply(Connection="close")] * 3)
    client = client_for(tls_recorder.url, ca_file=certificate("good"))
    for _ in range(3):
        client.probe()
    assert tls_recorder.connections == 3
    assert len(read) == 1


def test_a_plain_server_behind_https_is_told(recorder: Recorder, client_for: ClientFor) -> None:
    def plainly(peer: Peer) -> None:
        peer.more()
        peer.send(reply(400))

    recorder.talk = plainly  # type: ignore[method-assign]  # before it reads a head
    with pytest.raises(TlsFailed) as caught:
        client_for(recorder.url.replace("http", "https")).probe()
    assert caught.value.fault is TlsFault.NOT_TLS


def test_a_secure_server_behind_http_gives_no_traceback(
    tls_recorder: Recorder, client_for: ClientFor
) -> None:
    with pytest.raises((BadReply, ConnectionLost)):
        client_for(tls_recorder.url.replace("https", "http")).probe()


def test_the_zone_of_an_address_is_in_no_certificate() -> None:
    try:
        recorder = Recorder(certificate("good"), host="::1")
    except OSError:
        pytest.skip("this computer has no IPv6")
    with recorder:
        seen = peek_certificate(Endpoint.parse(f"https://[::1%1]:{recorder.port}"))
    assert seen.fingerprint.lower() == fingerprint("good")


def test_looking_at_a_certificate_sends_no_request(tls_recorder: Recorder) -> None:
    seen = peek_certificate(Endpoint.parse(tls_recorder.url))
    assert seen.fingerprint == fingerprint("good").upper()
    assert hashlib.sha256(seen.der).hexdigest().upper() == seen.fingerprint
    assert tls_recorder.requests == []


def test_looking_where_nobody_is_fails_like_a_request() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(ConnectionFailed) as caught:
        peek_certificate(Endpoint.parse(f"https://127.0.0.1:{port}"))
    assert caught.value.why is Unreachable.REFUSED


# --- bodies over TLS -----------------------------------------------------------------------------


def test_bodies_cross_a_secure_connection_unchanged(
    tls_recorder: Recorder, client_for: ClientFor, tmp_path: Path
) -> None:
    data = bytes(range(256)) * 12_345
    (tmp_path / "x").write_bytes(data)
    client = client_for(tls_recorder.url, verify=False)
    with (tmp_path / "x").open("rb") as file:
        body = Bytes(data)
        body.file = (file.fileno(), 0)  # which the kernel cannot encrypt
        client.put_object("b", "x", body)
    assert tls_recorder.requests[0].body == data
    assert body.sent == len(data)
    tls_recorder.answer(reply(200, data))
    sink = Collected()
    client.get_object("b", "x", sink)
    assert bytes(sink.data) == data
    assert tls_recorder.connections == 1


def test_a_secure_answer_that_ends_early_is_lost(
    tls_recorder: Recorder, client_for: ClientFor
) -> None:
    def short(peer: Peer, request: Recorded) -> None:
        peer.send(reply(200, b"abc", length=1 << 20))
        peer.sock.close()

    tls_recorder.answer(short)
    sink = Collected()
    with pytest.raises(ConnectionLost) as caught:
        client_for(tls_recorder.url, verify=False).get_object("b", "x", sink)
    assert caught.value.received == len(sink.data) == 3


def test_a_hangup_ends_a_secure_connection_as_well(
    tls_recorder: Recorder, client_for: ClientFor
) -> None:
    hangup = Hangup()

    class FiresOnce(Collected):
        def moved(self, n: int) -> None:
            hangup.fire()

    def stall(peer: Peer, request: Recorded) -> None:
        peer.send(reply(200, b"abc", length=1 << 30))
        peer.wait()

    tls_recorder.answer(stall)
    client = client_for(tls_recorder.url, verify=False)
    with pytest.raises(ConnectionLost):
        client.get_object("b", "x", FiresOnce(), hangup=hangup)


# --- proxies -------------------------------------------------------------------------------------


@pytest.mark.checklist(
    "K C-23: a proxy of the environment counts only where the session asks for it",
)
def test_a_proxy_of_the_environment_does_not_apply(
    recorder: Recorder, client_for: ClientFor, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    client_for(recorder.url).probe()
    assert recorder.requests[0].target == "/"


def test_through_a_proxy_the_whole_url_is_sent_as_it_was_signed(
    recorder: Recorder, client_for: ClientFor, tmp_path: Path
) -> None:
    client = client_for("http://bp.invalid:8080", proxy=f"http://{LOGIN}@127.0.0.1:{recorder.port}")
    (tmp_path / "x").write_bytes(b"hello")
    with (tmp_path / "x").open("rb") as file:
        client.put_object("b", "a/../b//c d", OpenFile(file.fileno(), b"hello"), job_id="j")
    (request,) = recorder.requests
    assert request.target == "http://bp.invalid:8080/b/a/../b//c%20d?job=j"
    assert request.header("Host") == "bp.invalid:8080"
    assert (request.header("Proxy-Authorization") or "").startswith("Basic ")
    assert request.body == b"hello"


def _tunnel(peer: Peer, request: Recorded) -> None:
    """What a proxy does on CONNECT: bytes both ways until one side ends."""
    host, port = request.target.split(":")
    with socket.create_connection((host, int(port))) as onward:
        peer.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
        ways = {peer.sock: onward, onward: peer.sock}
        while True:
            for came in select.select(list(ways), [], [], 10)[0]:
                data = came.recv(65536)
                if not data:
                    peer.sock.close()
                    return
                ways[came].sendall(data)


def test_through_a_proxy_a_secure_connection_reaches_the_appliance_itself(
    recorder: Recorder, tls_recorder: Recorder, client_for: ClientFor
) -> None:
    recorder.answer(_tunnel, _tunnel)
    proxy = f"http://{LOGIN}@127.0.0.1:{recorder.port}"
    client_for(tls_recorder.url, proxy=proxy, pin=fingerprint("good")).probe()
    assert recorder.requests[0].line.startswith("CONNECT ")
    assert recorder.requests[0].target == f"127.0.0.1:{tls_recorder.port}"
    assert recorder.requests[0].header("Authorization") is None
    assert tls_recorder.requests[0].target == "/"
    assert tls_recorder.requests[0].header("Proxy-Authorization") is None
    seen = peek_certificate(Endpoint.parse(tls_recorder.url, proxy=proxy))
    assert seen.fingerprint == fingerprint("good").upper()
    assert (recorder.requests[1].header("Proxy-Authorization") or "").startswith("Basic ")


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("named", [{}, {"pin": fingerprint("changed")}])
def test_a_proxy_s_login_goes_to_no_proxy_that_nobody_vouches_for(
    tls_recorder: Recorder, client_for: ClientFor, scheme: str, named: dict[str, str]
) -> None:
    proxy = f"https://{LOGIN}@127.0.0.1:{tls_recorder.port}"
    with pytest.raises(ConnectionFailed, match="certificate verify failed") as caught:
        client_for(f"{scheme}://bp.invalid", proxy=proxy, **named).probe()
    assert (caught.value.why, caught.value.where) == (Unreachable.PROXY, proxy.partition("@")[2])
    assert tls_recorder.requests == []


@pytest.mark.parametrize("named", [{"ca_file": certificate("good")}, {"verify": False}])
def test_a_secure_proxy_that_is_trusted_is_gone_through(
    tls_recorder: Recorder, client_for: ClientFor, named: dict[str, object]
) -> None:
    proxy = f"https://{LOGIN}@127.0.0.1:{tls_recorder.port}"
    client_for("http://bp.invalid", proxy=proxy, **named).probe()
    assert tls_recorder.requests[0].target == "http://bp.invalid/"


def test_a_pin_is_the_appliance_s_and_not_its_proxy_s(
    tls_recorder: Recorder, client_for: ClientFor
) -> None:
    tls_recorder.answer(reply(502))
    proxy = f"https://{LOGIN}@127.0.0.1:{tls_recorder.port}"
    trusted = {"ca_file": certificate("good"), "pin": fingerprint("changed")}
    with pytest.raises(ConnectionFailed, match="502"):
        client_for("https://bp.invalid", proxy=proxy, **trusted).probe()
    assert tls_recorder.requests[0].line.startswith("CONNECT bp.invalid:443 ")


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_wants_another_login_is_told_as_the_proxy(
    recorder: Recorder, client_for: ClientFor, scheme: str
) -> None:
    recorder.answer(reply(407, b"<html>" + LOGIN.encode()))
    client = client_for(f"{scheme}://bp.invalid", proxy=f"http://{LOGIN}@127.0.0.1:{recorder.port}")
    with pytest.raises(ConnectionFailed) as caught:
        client.probe()
    assert caught.value.why is Unreachable.PROXY
    assert caught.value.where == f"127.0.0.1:{recorder.port}"
    assert "407" in caught.value.detail


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_is_not_there_is_told_without_its_login(
    client_for: ClientFor, scheme: str, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    proxy = f"http://{LOGIN}@127.0.0.1:{port}"
    client = client_for(f"{scheme}://bp.invalid", proxy=proxy)
    with caplog.at_level(logging.DEBUG), pytest.raises(ConnectionFailed) as caught:
        client.probe()
    assert caught.value.why is Unreachable.PROXY
    assert caught.value.where == f"127.0.0.1:{port}"
    error: BaseException | None = caught.value
    while error is not None:
        assert "pr0xy" not in f"{error}{error!r}"
        error = error.__cause__ or error.__context__
    assert "pr0xy" not in caplog.text


@pytest.mark.checklist(
    "K C-30: secrets are in no log line and no exception",
)
def test_nothing_logged_at_any_level_holds_a_secret(
    recorder: Recorder, client_for: ClientFor, caplog: pytest.LogCaptureFixture
) -> None:
    client = client_for(recorder.url)
    recorder.answer(reply(403), reply(500), reply(500), reply(500))
    with caplog.at_level(logging.DEBUG):
        client.head_bucket("b")
        with pytest.raises(Exception, match="500") as caught:
            client.get_service()
    assert "HEAD /b: 403" in caplog.text
    for text in (caplog.text, str(caught.value), repr(caught.value), repr(client.credentials)):
        assert KEYS.secret_key not in text
        assert "AWS " not in text
