"""The texts of errors, for logs and scripts; and errors that cross to another process."""

from __future__ import annotations

import base64
import hmac
import os
import pickle

import pytest

from ds3_browser.protocol.client import Ds3Client
from ds3_browser.protocol.errors import (
    BadCredentials,
    BadReply,
    Busy,
    ClockSkewed,
    Conflict,
    ConnectionFailed,
    ConnectionLost,
    Ds3Error,
    ManagementPort,
    NotFound,
    Refusal,
    TlsFailed,
    TlsFault,
    Unreachable,
    refused,
)
from ds3_browser.protocol.records import Credentials, Endpoint
from ds3_browser.protocol.transport import Timeouts
from tests.protocol.conftest import ClientFor
from tests.protocol.recorder import Peer, Recorded, Recorder, reply


def answer(status: int, path: str = "/films/a", **told: object) -> Refusal:
    return Refusal("GET", path, status, **told)  # type: ignore[arg-type]  # as each test needs it


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (
            refused(answer(404, code="NoSuchKey", message="It is gone.", request_id="7")),
            "GET /films/a was answered 404 NoSuchKey, request 7: It is gone.",
        ),
        (refused(answer(409)), "GET /films/a was answered 409"),
        (
            refused(answer(403, code="SignatureDoesNotMatch")),
            "GET /films/a was answered 403 SignatureDoesNotMatch"
            " (the access id or the secret key is wrong)",
        ),
        (
            refused(answer(403, code="RequestTimeTooSkewed"), clock_difference_s=-4000.4),
            "GET /films/a was answered 403 RequestTimeTooSkewed"
            " (this computer's clock is 4,000 s behind the appliance's)",
        ),
        (
            refused(answer(403, code="RequestTimeTooSkewed"), clock_difference_s=1000.0),
            "GET /films/a was answered 403 RequestTimeTooSkewed"
            " (this computer's clock is 1,000 s ahead of the appliance's)",
        ),
        (
            refused(answer(403, code="RequestTimeTooSkewed")),
            "GET /films/a was answered 403 RequestTimeTooSkewed (this computer's clock is wrong)",
        ),
        (
            refused(answer(503, retry_after_s=30.0)),
            "GET /films/a was answered 503 (try again in 30 s)",
        ),
        (refused(answer(307)), "GET /films/a was answered 307 (try again later)"),
        (
            refused(answer(404), management=True),
            "GET /films/a was answered 404"
            " (this is the management address: take that of the data path)",
        ),
        (
            ConnectionFailed("vault:80", Unreachable.NAME, "Name or service not known"),
            "no connection to vault:80: no host has this name (Name or service not known)",
        ),
        (
            ConnectionLost("vault:80", Unreachable.RESET, "", 1_048_576),
            "lost the connection to vault:80: the connection was ended after 1,048,576 bytes",
        ),
        (
            ConnectionLost("vault:80", Unreachable.TIMEOUT),
            "lost the connection to vault:80: it took too long",
        ),
        (
            TlsFailed("vault:443", TlsFault.EXPIRED),
            "no secure connection to vault:443: its certificate has expired",
        ),
    ],
)
def test_an_error_says_what_happened_to_what_and_what_helps(error: Ds3Error, text: str) -> None:
    assert str(error) == text


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/films/%C3%9Cn%C3%AF%20a%2Bb%25c.mov", "/films/Ünï a+b%c.mov"),
        ("/films/two%0Alines", "/films/two%0Alines"),
        ("/films/%FF", "/films/%FF"),
        ("/films/%E2%80%AEgnp", "/films/%E2%80%AEgnp"),
    ],
)
def test_a_name_is_shown_as_it_is_where_a_line_can_hold_it(path: str, shown: str) -> None:
    assert str(refused(answer(404, path))) == f"GET {shown} was answered 404"


def test_a_name_without_end_does_not_fill_the_log() -> None:
    text = str(refused(answer(404, f"/films/{'x' * 80_000}.mov")))
    assert len(text) < 500
    assert "/films/x" in text
    assert ".mov was answered 404" in text


def test_words_of_the_appliance_stay_on_their_line() -> None:
    told = answer(404, code="No\nKey", message="gone\r\nINFO all is well\x1b[2J" + "x" * 60_000)
    text = str(refused(told))
    assert text.startswith("GET /films/a was answered 404 No Key: gone INFO all is well [2Jxx")
    assert text.isprintable()
    assert len(text) < 600
    assert refused(told).refusal.message == told.message


@pytest.mark.parametrize(
    "error",
    [
        refused(answer(404, code="NoSuchKey")),
        refused(answer(409)),
        refused(answer(503, retry_after_s=30.0)),
        refused(answer(403, code="SignatureDoesNotMatch")),
        refused(answer(403, code="RequestTimeTooSkewed"), clock_difference_s=-4000.0),
        refused(answer(404), management=True),
        ConnectionFailed("vault:80", Unreachable.REFUSED, "Connection refused"),
        ConnectionLost("vault:80", Unreachable.RESET, "ended early", 17),
        TlsFailed("vault:443", TlsFault.UNTRUSTED, "words"),
        BadReply("not XML"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_error_goes_from_one_process_to_another(error: Ds3Error) -> None:
    there = pickle.loads(pickle.dumps(error))
    assert type(there) is type(error)
    assert str(there) == str(error)
    assert vars(there) == vars(error)


def test_kinds_of_errors_are_those_that_are_pickled() -> None:
    assert isinstance(refused(answer(409)), Conflict)
    assert isinstance(refused(answer(404)), NotFound)
    assert isinstance(refused(answer(503)), Busy)
    assert isinstance(refused(answer(301)), ManagementPort)
    assert isinstance(refused(answer(403, code="InvalidAccessKeyId")), BadCredentials)
    assert isinstance(refused(answer(403, code="RequestTimeTooSkewed")), ClockSkewed)


def test_a_lost_connection_says_for_which_object(
    recorder: Recorder, client_for: ClientFor, fast: bool
) -> None:
    def hang_up(peer: Peer, request: Recorded) -> None:
        peer.read_body(request)
        peer.reset()

    client = client_for(recorder.url, fast=fast)
    recorder.answer(hang_up)
    with pytest.raises(ConnectionLost) as lost:
        client.put_object("films", "día 1.mov", b"12345", job_id="j", offset=0)
    assert f"to 127.0.0.1:{recorder.port} for /films/día 1.mov: " in str(lost.value)


def test_what_is_not_there_says_for_which_object(client_for: ClientFor, fast: bool) -> None:
    client = client_for("http://127.0.0.1:1", fast=fast, timeouts=Timeouts(connect=2))
    with pytest.raises(ConnectionFailed) as failed:
        client.put_object("films", "a.mov", b"12345")
    assert str(failed.value).startswith(
        "no connection to 127.0.0.1:1 for /films/a.mov: nothing takes connections at this port"
    )


def test_a_secret_that_is_a_parameter_is_in_no_text(
    recorded: Ds3Client, recorder: Recorder
) -> None:
    recorder.answer(lambda peer, _: peer.reset(), reply(500), reply(500), reply(500))
    for _ in range(2):
        with pytest.raises(Ds3Error) as failed:
            recorded.modify_user("anna", secret_key="Zk3tWq9B")
        assert "Zk3tWq9B" not in str(failed.value)
        assert "Zk3tWq9B" not in repr(failed.value)


@pytest.mark.parametrize("proxy", ["::::", "http://", "socks5://me:pw@vault:1080", "http://a:x"])
def test_what_is_no_proxy_is_refused_without_its_login(proxy: str) -> None:
    with pytest.raises(ValueError, match="proxy") as refused:
        Endpoint.parse("vault", proxy=proxy)
    assert "pw" not in str(refused.value)


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ("proxy.example:3128", "http://proxy.example:3128"),
        ("http://me:pw@proxy.example", "http://me:pw@proxy.example"),
        ("https://proxy.example:3129", "https://proxy.example:3129"),
        (" ", None),
        ("", None),
        (None, None),
    ],
)
def test_a_proxy_is_a_url_or_a_host_and_port(given: str | None, url: str | None) -> None:
    assert Endpoint.parse("vault", proxy=given).proxy == url


@pytest.mark.parametrize("host", ["two..dots", ".dot", "x" * 300])
def test_a_name_that_nobody_could_be_asked_for_is_no_connection(
    client_for: ClientFor, fast: bool, host: str
) -> None:
    client = client_for(f"http://{host}", fast=fast)
    for call in (client.get_service, lambda: client.put_object("films", "a", b"1")):
        with pytest.raises(ConnectionFailed) as failed:
            call()
        assert failed.value.why is Unreachable.NAME


@pytest.mark.parametrize("pin", ["", "zz", "ab" * 16, "ab" * 33, "zz" * 32])
def test_a_pin_that_is_none_is_refused_at_once(pin: str) -> None:
    with pytest.raises(ValueError, match="pin"):
        Endpoint.parse("vault", pin=pin)
    assert Endpoint.parse("vault", pin=":".join(["aB"] * 32)).pin is not None


def test_keys_that_are_not_utf_8_are_sent_as_they_were(
    recorder: Recorder, client_for: ClientFor, fast: bool
) -> None:
    keys = Credentials(os.fsdecode(b"anna\xff"), os.fsdecode(b"hush\xfe"))
    recorder.answer(reply(200))
    client_for(recorder.url, credentials=keys, fast=fast).put_object("films", "a", b"")
    request = recorder.requests[0]
    text = f"PUT\n\napplication/octet-stream\n{request.header('Date')}\n/films/a"
    digest = hmac.digest(b"hush\xfe", text.encode(), "sha1")
    signature = base64.b64encode(digest).decode()
    assert request.header("Authorization") == f"AWS anna%FF:{signature}"
