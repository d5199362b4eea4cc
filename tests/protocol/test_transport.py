"""What is on the wire, byte by byte, and what becomes of a connection that misbehaves."""

from __future__ import annotations

import importlib
import io
import os
import pickle
import re
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from email.utils import parsedate_to_datetime
from http import client as http_client
from pathlib import Path

import pytest
import urllib3

from ds3_browser.protocol import connections, transport
from ds3_browser.protocol.client import Ds3Client
from ds3_browser.protocol.connections import Flight, open_socket
from ds3_browser.protocol.errors import (
    BadReply,
    Busy,
    ConnectionFailed,
    ConnectionLost,
    ManagementPort,
    Unreachable,
)
from ds3_browser.protocol.records import Checksum, ChecksumType, Credentials, Endpoint, PutItem
from ds3_browser.protocol.transport import BodyChanged, Hangup, Timeouts
from tests.protocol.bytes_moved import Bytes, Collected, OpenFile
from tests.protocol.conftest import KEYS, ClientFor
from tests.protocol.recorder import Peer, Recorded, Recorder, reply

SOON_S = 5.0
BUCKETS = b"<ListAllMyBucketsResult><Buckets/></ListAllMyBucketsResult>"
JOB = b'<MasterObjectList JobId="j"/>'


# --- the request ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "encoded"),
    [
        ("a b", "a%20b"),
        ("+%#?;&=@:", "%2B%25%23%3F%3B%26%3D%40%3A"),
        ("!$'()*,", "%21%24%27%28%29%2A%2C"),
        ('"<>[]{}\\^`|~', "%22%3C%3E%5B%5D%7B%7D%5C%5E%60%7C~"),
        ("caf\u00e9", "caf%C3%A9"),
        ("cafe\u0301", "cafe%CC%81"),
        ("日本", "%E6%97%A5%E6%9C%AC"),
        ("😀", "%F0%9F%98%80"),
        ("tab\there", "tab%09here"),
        ("/leading", "/leading"),
        ("a//b/", "a//b/"),
        ("a/./b/../../c", "a/./b/../../c"),
        ("..", ".."),
        ("%2F%2f", "%252F%252f"),
    ],
)
@pytest.mark.checklist(
    "K C-17: doubled and leading slashes and dots in a name reach the wire unchanged",
)
def test_a_name_stands_on_the_request_line_as_it_was_signed(
    recorded: Ds3Client, recorder: Recorder, name: str, encoded: str
) -> None:
    recorded.put_object("bkt", name, b"x", job_id="j", offset=0)
    recorded.head_object("bkt", name)
    assert [request.line for request in recorder.requests] == [
        f"PUT /bkt/{encoded}?job=j&offset=0 HTTP/1.1",
        f"HEAD /bkt/{encoded} HTTP/1.1",
    ]


@pytest.mark.checklist(
    "K C-19: a space is %20 in path and query, never a plus",
)
def test_query_values_are_encoded_and_flags_are_bare(
    recorded: Ds3Client, recorder: Recorder
) -> None:
    recorder.answer(reply(200, b"<ListBucketResult/>"), reply(200, JOB), reply(200, JOB))
    recorded.list_objects("b", prefix="a b/+", delimiter="/", marker="é", max_keys=5)
    recorded.start_put_job("b", [PutItem("x", 1)], name="My & job", force=True)
    recorded.start_put_job("b", [PutItem("x", 1)], verify_after_write=True)
    assert [request.target for request in recorder.requests] == [
        "/b?prefix=a%20b/%2B&delimiter=/&marker=%C3%A9&max_keys=5",
        "/_rest_/bucket/b?operation=start_bulk_put&name=My%20%26%20job&force",
        "/_rest_/bucket/b?operation=start_bulk_put&verify_after_write=true",
    ]


@pytest.mark.checklist(
    "K C-25: Accept-Encoding is identity",
)
def test_every_request_carries_the_headers_of_the_protocol(
    recorded: Ds3Client, recorder: Recorder
) -> None:
    recorder.answer(reply(200, BUCKETS))
    recorded.get_service()
    recorded.put_object("b", "x", b"hello", checksum=Checksum(ChecksumType.CRC_32, "NhCmhg=="))
    service, put = recorder.requests
    for request in (service, put):
        assert request.header("Host") == f"127.0.0.1:{recorder.port}"
        assert request.header("Accept-Encoding") == "identity"
        assert request.header("Naming-Convention") == "s3"
        assert re.fullmatch(
            r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d \+0000",
            request.header("Date") or "",
        )
        assert (request.header("Authorization") or "").startswith(f"AWS {KEYS.access_id}:")
        assert request.header("Transfer-Encoding") is None
        assert request.header("Expect") is None
    assert service.header("Content-Type") is None
    assert service.header("Content-Length") is None
    assert put.header("Content-Type") == "application/octet-stream"
    assert put.header("Content-CRC32") == "NhCmhg=="
    assert put.body == b"hello"


@pytest.mark.parametrize("body", [b"", Bytes(b"")])
@pytest.mark.checklist(
    "K C-3: nothing is ever sent chunked, empty bodies and iterables included",
    "K C-4: an empty body and no body of a PUT or POST announce their length of 0",
)
def test_an_empty_body_has_a_length_and_is_never_chunked(
    recorded: Ds3Client, recorder: Recorder, body: bytes | Bytes
) -> None:
    recorded.put_object("b", "folder/", body)
    recorder.answer(reply(200, JOB), reply(200), reply(201, b"<Data><Name>new</Name></Data>"))
    recorded.modify_job("j")
    recorded.create_default_bucket("new")
    recorded.create_bucket("new")
    for request in recorder.requests:
        assert request.header("Content-Length") == "0"
        assert request.header("Transfer-Encoding") is None


@pytest.mark.checklist("K C-5: the date is English with +0000 whatever the locale is")
def test_the_date_is_english_whatever_the_locale(
    recorded: Ds3Client, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def strftime(*given: object) -> str:
        raise AssertionError("the words of strftime are those of the locale")

    monkeypatch.setattr(time, "strftime", strftime)
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    time.tzset()
    recorded.probe()
    monkeypatch.undo()
    time.tzset()
    date = recorder.requests[0].header("Date") or ""
    days, months = "Mon|Tue|Wed|Thu|Fri|Sat|Sun", "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
    assert re.fullmatch(rf"({days}), \d\d ({months}) \d{{4}} \d\d:\d\d:\d\d \+0000", date)
    assert abs(parsedate_to_datetime(date).timestamp() - time.time()) < 60


@pytest.mark.checklist(
    "K C-15: every try has a date and a signature of its own",
)
def test_each_try_is_signed_anew(
    recorded: Ds3Client, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = iter(range(1784020080, 1784020083))
    monkeypatch.setattr(transport, "now_s", lambda: next(seconds))
    recorder.answer(reply(500), reply(500), reply(200, BUCKETS))
    recorded.get_service()
    dates = [request.header("Date") for request in recorder.requests]
    signatures = {request.header("Authorization") for request in recorder.requests}
    assert dates == [f"Tue, 14 Jul 2026 09:08:0{second} +0000" for second in range(3)]
    assert len(signatures) == 3


@pytest.mark.checklist(
    "K C-23: ~/.netrc is not read",
)
def test_netrc_does_not_replace_the_signature(
    recorded: Ds3Client, recorder: Recorder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    recorded.probe()
    assert (recorder.requests[0].header("Authorization") or "").startswith("AWS ")


def test_an_access_id_no_header_can_carry_is_asked_for_without_being_quoted(
    recorder: Recorder, client_for: ClientFor
) -> None:
    client_for(recorder.url, credentials=Credentials("anna\r\nX: é", "key")).probe()
    authorization = recorder.requests[0].header("Authorization") or ""
    assert authorization.startswith("AWS anna%0D%0AX:%20%C3%A9:")


# --- the answer ----------------------------------------------------------------------------------


@pytest.mark.checklist(
    "K C-24: no redirect is followed",
)
def test_a_redirect_leads_nowhere(recorded: Ds3Client, recorder: Recorder) -> None:
    with Recorder() as elsewhere:
        for where in (elsewhere.url, "http://[broken", "/other"):
            recorder.answer(reply(307, Location=where, Retry_After="9"))
            with pytest.raises(Busy) as caught:
                recorded.put_object("b", "x", b"1")
            assert caught.value.retry_after_s == 9
        recorder.answer(reply(301, Location=elsewhere.url))
        with pytest.raises(ManagementPort):
            recorded.get_service()
        assert elsewhere.connections == 0
    assert len(recorder.requests) == 4


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabcdef",
        b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\nabcdef",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n",
    ],
)
def test_a_body_is_received_however_it_is_framed(
    recorded: Ds3Client, recorder: Recorder, answer: bytes
) -> None:
    recorder.answer(answer)
    sink = Collected()
    assert recorded.get_object("b", "x", sink).received == 6
    assert bytes(sink.data) == b"abcdef"


def test_a_body_that_ends_with_its_connection_is_received(
    recorded: Ds3Client, recorder: Recorder
) -> None:
    def until_the_end(peer: Peer, request: Recorded) -> None:
        peer.send(b"HTTP/1.1 200 OK\r\n\r\nabcdef")
        peer.sock.close()

    recorder.answer(until_the_end)
    sink = Collected()
    assert recorded.get_object("b", "x", sink).received == 6


def test_a_connection_serves_again_after_every_kind_of_answer(
    recorded: Ds3Client, recorder: Recorder, fast: bool
) -> None:
    recorder.answer(reply(200, BUCKETS), reply(404), reply(404, b"<Error/>"), reply(204))
    recorded.get_service()
    assert recorded.head_object("b", "x") is None
    recorded.delete_object("b", "x")
    recorded.delete_object("b", "x")
    recorder.answer(reply(200, b"0123456789"), reply(200, b""), reply(307))
    for _ in range(2):
        recorded.get_object("b", "x", Collected())
    with pytest.raises(Busy):
        recorded.put_object("b", "x", b"1")
    recorder.answer(reply(200, length=7))  # to HEAD, which has no body
    assert recorded.head_object("b", "x") is not None
    # On the short way blobs have one of their own, which the refusal has ended.
    assert recorder.connections == (2 if fast else 1)
    recorded.put_object("b", "x", b"1")
    recorded.put_object("b", "x", b"1")
    assert recorder.connections == (3 if fast else 1)


def test_threads_that_come_and_go_share_one_connection(
    recorded: Ds3Client, recorder: Recorder
) -> None:
    for _ in range(4):
        thread = threading.Thread(target=recorded.probe)
        thread.start()
        thread.join()
    assert len(recorder.requests) == 4
    assert recorder.connections == 1


FORKING = """
import os, sys
from ds3_browser.protocol.client import Ds3Client
from ds3_browser.protocol.records import Credentials, Endpoint
client = Ds3Client(Endpoint.parse(sys.argv[1]), Credentials("id", "key"))
client.put_object("b", "x", b"1")
client.probe()
child = os.fork()
client.put_object("b", "x", b"1")
client.probe()
if child:
    assert os.waitpid(child, 0)[1] == 0
    client.put_object("b", "x", b"1")
    client.probe()
client.close()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_forked_process_has_connections_of_its_own(recorder: Recorder) -> None:
    """On one connection two processes would read each other's answers."""
    command = [sys.executable, "-W", "error", "-c", FORKING, recorder.url]
    root = Path(connections.__file__).parent.parent.parent
    environ = os.environ | {"PYTHONPATH": str(root)}
    done = subprocess.run(command, env=environ, timeout=30, check=False, capture_output=True)
    assert done.returncode == 0, done.stderr
    assert recorder.connections == 4  # of each process, one for calls and one for blobs
    assert len(recorder.requests) == 8


def test_a_client_can_be_sent_to_another_process(recorder: Recorder, client_for: ClientFor) -> None:
    """And one that is copied has connections of its own, which its own end closes."""
    timeouts = Timeouts(call=7)
    client = client_for(recorder.url, timeouts=timeouts, fast=False)
    client.probe()
    with pickle.loads(pickle.dumps(client)) as there:
        there.probe()
        assert (there.endpoint, there.credentials) == (client.endpoint, client.credentials)
        assert (there._timeouts, there.begins_at_once) == (timeouts, False)
    client.probe()
    assert recorder.connections == 2


def test_what_comes_beyond_the_announced_length_reaches_nobody(
    recorded: Ds3Client, recorder: Recorder
) -> None:
    recorder.answer(reply(200, b"abcdef-and-more", length=6), reply(200, BUCKETS))
    sink = Collected()
    recorded.get_object("b", "x", sink)
    assert bytes(sink.data) == b"abcdef"
    assert recorded.get_service().buckets == ()


def test_the_head_of_an_object_of_many_blobs_is_read(
    recorded: Ds3Client, recorder: Recorder
) -> None:
    many = {f"ds3_blob_checksum_offset_{n}": "AAAAAA==" for n in range(400)}
    recorder.answer(reply(200, length=400, ds3_blob_checksum_type="CRC_32", **many))
    head = recorded.head_object("b", "x")
    assert head is not None
    assert len(head.checksums) == 400


def _endless_lines(peer: Peer, request: Recorded) -> None:
    peer.send(b"HTTP/1.1 200 OK\r\n")
    while True:
        peer.send(b"X-Filler: " + b"y" * 1000 + b"\r\n")


def _endless_line(peer: Peer, request: Recorded) -> None:
    peer.send(b"HTTP/1.1 200 OK\r\nX-Filler: ")
    while True:
        peer.send(b"y" * 65536)


@pytest.mark.parametrize(
    "act",
    [
        _endless_lines,
        _endless_line,
        b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
    ],
)
def test_what_is_not_a_bounded_http_answer_is_a_bad_reply(
    recorded: Ds3Client, recorder: Recorder, act: bytes | Callable[[Peer, Recorded], None]
) -> None:
    recorder.answer(act)
    with pytest.raises(BadReply):
        recorded.get_service()
    assert len(recorder.requests) == 1


# --- what breaks ---------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [Bytes, OpenFile])
def test_an_answer_that_comes_before_the_body_was_read_is_heard(
    recorded: Ds3Client, recorder: Recorder, tmp_path: Path, kind: type[Bytes]
) -> None:
    def at_once(peer: Peer, request: Recorded) -> None:
        peer.send(reply(503, Retry_After="7"))
        peer.sock.close()

    recorder.answer(at_once)
    data = bytes(32 << 20)
    with _file(tmp_path, data) as file, pytest.raises(Busy) as caught:
        recorded.put_object(
            "b", "x", kind(data) if kind is Bytes else OpenFile(file.fileno(), data)
        )
    assert caught.value.retry_after_s == 7
    recorded.put_object("b", "x", b"1")


@pytest.mark.parametrize("kind", [Bytes, OpenFile])
def test_a_put_whose_connection_is_cut_is_lost(
    recorded: Ds3Client, recorder: Recorder, tmp_path: Path, kind: type[Bytes]
) -> None:
    def cut(peer: Peer, request: Recorded) -> None:
        peer.more()
        peer.reset()

    recorder.answer(cut)
    data = bytes(32 << 20)
    with _file(tmp_path, data) as file, pytest.raises(ConnectionLost) as caught:
        recorded.put_object(
            "b", "x", kind(data) if kind is Bytes else OpenFile(file.fileno(), data)
        )
    assert caught.value.why is Unreachable.RESET
    assert len(recorder.requests) == 1


def _chunked(peer: Peer, request: Recorded) -> None:
    peer.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n9\r\n")
    peer.sock.close()


def _short(peer: Peer, request: Recorded) -> None:
    peer.send(reply(200, b"abc", length=1 << 30))
    peer.sock.close()


@pytest.mark.parametrize(("act", "received"), [(_short, 3), (_chunked, 0)])
def test_a_get_that_ends_early_is_lost_and_tells_what_arrived(
    recorded: Ds3Client,
    recorder: Recorder,
    act: Callable[[Peer, Recorded], None],
    received: int,
) -> None:
    recorder.answer(act)
    sink = Collected()
    with pytest.raises(ConnectionLost) as caught:
        recorded.get_object("b", "x", sink)
    assert caught.value.received == len(sink.data) == received


def test_a_listing_that_ends_early_is_asked_for_again(
    recorded: Ds3Client, recorder: Recorder
) -> None:
    recorder.answer(_short, reply(200, BUCKETS))
    recorded.get_service()
    assert len(recorder.requests) == 2


def test_an_appliance_that_says_nothing_times_out_and_is_not_asked_again(
    recorder: Recorder, client_for: ClientFor
) -> None:
    recorder.answer(lambda peer, request: peer.wait())
    client = client_for(recorder.url, timeouts=Timeouts(call=0.2))
    with pytest.raises(ConnectionLost) as caught:
        client.get_service()
    assert caught.value.why is Unreachable.TIMEOUT
    assert len(recorder.requests) == 1


@pytest.mark.parametrize("kind", [Bytes, OpenFile])
def test_a_body_may_stand_still_for_longer_than_a_connect_may_take(
    recorder: Recorder, client_for: ClientFor, tmp_path: Path, kind: type[Bytes]
) -> None:
    def hesitate(peer: Peer, request: Recorded) -> None:
        peer.recorder.over.wait(0.6)
        peer.read_body(request)
        peer.send(reply())

    recorder.answer(hesitate)
    data = os.urandom(16 << 20)
    client = client_for(recorder.url, timeouts=Timeouts(connect=0.2, blob=10))
    with _file(tmp_path, data) as file:
        client.put_object("b", "x", kind(data) if kind is Bytes else OpenFile(file.fileno(), data))
    assert recorder.requests[0].body == data


@pytest.mark.parametrize("kind", [Bytes, OpenFile])
def test_a_body_that_nobody_takes_times_out(
    recorder: Recorder, client_for: ClientFor, tmp_path: Path, kind: type[Bytes]
) -> None:
    recorder.answer(lambda peer, request: peer.wait())
    data = bytes(16 << 20)
    client = client_for(recorder.url, timeouts=Timeouts(blob=0.2))
    with _file(tmp_path, data) as file, pytest.raises(ConnectionLost) as caught:
        client.put_object("b", "x", kind(data) if kind is Bytes else OpenFile(file.fileno(), data))
    assert caught.value.why is Unreachable.TIMEOUT


def test_nobody_at_the_address_is_no_lost_connection(client_for: ClientFor) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(ConnectionFailed) as caught:
        client_for(f"http://127.0.0.1:{port}").probe()
    assert caught.value.why is Unreachable.REFUSED
    assert caught.value.where == f"127.0.0.1:{port}"
    assert not isinstance(caught.value, ConnectionLost)


def test_a_name_that_leads_nowhere_is_told_as_such(client_for: ClientFor) -> None:
    with pytest.raises(ConnectionFailed) as caught:
        client_for("http://no-such-appliance.invalid").probe()
    assert caught.value.why is Unreachable.NAME


# --- hanging up ----------------------------------------------------------------------------------


def _stall_put(peer: Peer, request: Recorded) -> None:
    peer.wait()


def _stall_get(peer: Peer, request: Recorded) -> None:
    peer.send(reply(200, b"abc", length=1 << 30))
    peer.wait()


@pytest.mark.parametrize("direction", ["put", "put file", "get"])
def test_a_hangup_ends_what_blocks_and_leaves_the_client_usable(
    recorded: Ds3Client, recorder: Recorder, tmp_path: Path, direction: str
) -> None:
    data = bytes(32 << 20)
    hangup = Hangup()
    sink = Collected()
    failures: list[BaseException] = []

    def move() -> None:
        try:
            with _file(tmp_path, data) as file:
                if direction == "get":
                    recorded.get_object("b", "x", sink, hangup=hangup)
                else:
                    body = Bytes(data) if direction == "put" else OpenFile(file.fileno(), data)
                    recorded.put_object("b", "x", body, hangup=hangup)
        except ConnectionLost as error:
            failures.append(error)

    recorder.answer(_stall_get if direction == "get" else _stall_put)
    thread = threading.Thread(target=move)
    thread.start()
    _wait_for(lambda: bool(recorder.requests))
    hangup.fire()
    hangup.fire()
    thread.join(SOON_S)
    assert not thread.is_alive()
    assert len(failures) == 1
    recorded.probe()


def test_one_hangup_ends_the_requests_of_several_threads(
    recorded: Ds3Client, recorder: Recorder
) -> None:
    hangup = Hangup()
    ended = []

    def fetch() -> None:
        try:
            recorded.get_object("b", "x", Collected(), hangup=hangup)
        except ConnectionLost:
            ended.append(True)

    recorder.answer(reply(200, b"abc"), _stall_get, _stall_get, _stall_get)
    recorded.get_object("b", "x", Collected(), hangup=hangup)  # its end takes no other with it
    threads = [threading.Thread(target=fetch) for _ in range(3)]
    for thread in threads:
        thread.start()
    _wait_for(lambda: len(recorder.requests) == 4)
    hangup.fire()
    for thread in threads:
        thread.join(SOON_S)
    assert len(ended) == 3


def test_under_a_hangup_that_has_fired_nothing_is_sent(
    recorded: Ds3Client, recorder: Recorder
) -> None:
    hangup = Hangup()
    hangup.fire()
    with pytest.raises(ConnectionLost):
        recorded.put_object("b", "x", b"1", hangup=hangup)
    with pytest.raises(ConnectionLost), recorded.under(hangup):
        recorded.get_service()
    assert recorder.connections == 0


def test_work_for_another_thread_is_under_the_hangup_of_this_one(
    recorded: Ds3Client, recorder: Recorder
) -> None:
    hangup, failures = Hangup(), list[Exception]()
    with recorded.under(hangup):
        work = recorded.as_here(recorded.get_service)

    def ask() -> None:
        try:
            work()
        except ConnectionLost as error:
            failures.append(error)

    hangup.fire()
    thread = threading.Thread(target=ask)
    thread.start()
    thread.join(SOON_S)
    assert len(failures) == 1
    assert recorder.connections == 0


def test_a_hangup_of_a_request_that_has_ended_harms_no_later_one(
    recorded: Ds3Client, recorder: Recorder
) -> None:
    hangup = Hangup()
    recorded.put_object("b", "x", b"1", hangup=hangup)
    hangup.fire()
    recorded.put_object("b", "x", b"1")
    assert recorder.connections == 1


def test_closing_the_client_ends_a_call_under_way_once_and_for_all(
    recorded: Ds3Client, recorder: Recorder
) -> None:
    failures = []

    def ask() -> None:
        try:
            recorded.get_service()
        except ConnectionLost as error:
            failures.append(error)

    recorder.answer(_stall_put)
    thread = threading.Thread(target=ask)
    thread.start()
    _wait_for(lambda: bool(recorder.requests))
    recorded.close()
    thread.join(SOON_S)
    assert len(failures) == 1
    assert len(recorder.requests) == 1
    recorded.probe()


# --- bodies and sinks ----------------------------------------------------------------------------


def test_the_kernel_and_pieces_send_the_same_bytes(
    recorded: Ds3Client, recorder: Recorder, tmp_path: Path, fast: bool
) -> None:
    data = os.urandom((9 << 20) + 7)
    with _file(tmp_path, b"before" + data + b"after") as file:
        from_file = OpenFile(file.fileno(), data, offset=6)
        recorded.put_object("b", "x", from_file)
        in_pieces = Bytes(data, piece=100_000)
        recorded.put_object("b", "x", in_pieces)
    assert from_file.in_pieces is not fast
    assert from_file.sent == in_pieces.sent == len(data)
    assert [request.body == data for request in recorder.requests] == [True, True]


def test_without_sendfile_a_file_goes_out_in_pieces(
    recorded: Ds3Client, recorder: Recorder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "sendfile")
    data = os.urandom(3 << 20)
    with _file(tmp_path, data) as file:
        body = Bytes(data)
        body.file = (file.fileno(), 0)
        recorded.put_object("b", "x", body)
    assert recorder.requests[0].body == data
    assert body.sent == len(data)


def test_a_file_that_the_kernel_cannot_send_goes_out_in_pieces(
    recorded: Ds3Client, recorder: Recorder
) -> None:
    reading, writing = os.pipe()
    try:
        body = Bytes(b"from elsewhere")
        body.file = (reading, 0)
        recorded.put_object("b", "x", body)
    finally:
        os.close(reading)
        os.close(writing)
    assert recorder.requests[0].body == b"from elsewhere"


class Raising(Bytes):
    """A body that fails: in its pieces, or when it is told of what has moved."""

    def __init__(self, error: Exception, where: str) -> None:
        super().__init__(bytes(4 << 20))
        self._error = error
        self._where = where

    def pieces(self):
        yield memoryview(self.data)[: 1 << 20]
        if self._where == "pieces":
            raise self._error
        yield from list(super().pieces())[1:]

    def moved(self, n: int) -> None:
        if self._where == "moved":
            raise self._error


@pytest.mark.parametrize("where", ["pieces", "moved"])
@pytest.mark.parametrize(
    "error",
    [PermissionError(1, "no"), BrokenPipeError(32, "gone"), TimeoutError("late"), KeyError("x")],
)
def test_what_a_body_raises_passes_through_untouched(
    recorded: Ds3Client, recorder: Recorder, error: Exception, where: str
) -> None:
    with pytest.raises(type(error)) as caught:
        recorded.put_object("b", "x", Raising(error, where))
    assert caught.value is error
    recorded.put_object("b", "x", b"1")
    assert b"1" in [request.body for request in recorder.requests]


class RaisingSink(Collected):
    def __init__(self, error: Exception) -> None:
        super().__init__()
        self._error = error

    def write_at(self, offset: int, piece: memoryview) -> None:
        raise self._error


@pytest.mark.parametrize(
    "error", [OSError(28, "No space left on device"), TimeoutError("late"), ConnectionError("nfs")]
)
def test_what_a_sink_raises_passes_through_untouched(
    recorded: Ds3Client, recorder: Recorder, error: Exception
) -> None:
    recorder.answer(reply(200, b"abc"), reply(200, b"abc"))
    with pytest.raises(type(error)) as caught:
        recorded.get_object("b", "x", RaisingSink(error))
    assert caught.value is error
    recorded.get_object("b", "x", Collected())


class Lying(Bytes):
    """Announces another length than it has."""

    def __init__(self, data: bytes, length: int) -> None:
        super().__init__(data)
        self.length = length


@pytest.mark.parametrize("length", [99, 101])
def test_a_body_of_another_length_is_never_sent_as_if_it_were_right(
    recorded: Ds3Client, recorder: Recorder, length: int
) -> None:
    with pytest.raises(BodyChanged):
        recorded.put_object("b", "x", Lying(bytes(100), length))
    recorded.probe()


def test_a_file_that_became_shorter_is_told_as_such(
    recorded: Ds3Client, recorder: Recorder, tmp_path: Path
) -> None:
    with _file(tmp_path, bytes(100)) as file, pytest.raises(BodyChanged):
        recorded.put_object("b", "x", OpenFile(file.fileno(), bytes(200)))


def test_a_file_that_cannot_be_read_is_no_lost_connection(
    recorded: Ds3Client, tmp_path: Path
) -> None:
    descriptor = os.open(tmp_path / "only written", os.O_WRONLY | os.O_CREAT)
    try:
        with pytest.raises(OSError, match="Bad file descriptor"):
            recorded.put_object("b", "n", OpenFile(descriptor, bytes(100)))
    finally:
        os.close(descriptor)


def test_an_appliance_that_is_silent_after_a_file_times_out(
    recorder: Recorder, client_for: ClientFor, tmp_path: Path, fast: bool
) -> None:
    def say_nothing(peer: Peer, request: Recorded) -> None:
        peer.read_body(request)
        peer.wait()

    recorder.answer(say_nothing)
    data = os.urandom(3 << 20)
    client = client_for(recorder.url, fast=fast, timeouts=Timeouts(blob=0.3))
    with _file(tmp_path, data) as file, pytest.raises(ConnectionLost) as caught:
        client.put_object("b", "x", OpenFile(file.fileno(), data))
    assert caught.value.why is Unreachable.TIMEOUT
    assert recorder.requests[0].body == data


@pytest.mark.parametrize("fast", [True], indirect=True)
def test_an_appliance_that_takes_no_more_of_a_file_times_out_in_time(
    recorder: Recorder, client_for: ClientFor, tmp_path: Path, fast: bool
) -> None:
    recorder.answer(lambda peer, _request: peer.wait())
    data = bytes(64 << 20)
    client = client_for(recorder.url, fast=fast, timeouts=Timeouts(blob=1))
    began = time.monotonic()
    with _file(tmp_path, data) as file, pytest.raises(ConnectionLost) as caught:
        client.put_object("b", "x", OpenFile(file.fileno(), data))
    assert caught.value.why is Unreachable.TIMEOUT
    assert 1 <= time.monotonic() - began < 4


def test_a_system_that_takes_time_in_another_form_is_sent_pieces(
    recorded: Ds3Client, recorder: Recorder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "SO_SNDTIMEO", -1)  # refused, as a time of the wrong size is
    data = os.urandom(3 << 20)
    with _file(tmp_path, data) as file:
        recorded.put_object("b", "x", OpenFile(file.fileno(), data))
    assert recorder.requests[0].body == data


@pytest.mark.parametrize("fast", [True], indirect=True)
def test_of_a_file_on_a_fast_line_no_step_is_long_where_it_slows_down(
    recorded: Ds3Client, recorder: Recorder, tmp_path: Path
) -> None:
    """At a hundred kilobytes a second the longest takes twenty seconds."""
    steps: list[int] = []

    class Noting(OpenFile):
        def moved(self, n: int) -> None:
            super().moved(n)
            steps.append(n)

    data = bytes(40 << 20)
    with _file(tmp_path, data) as file:
        recorded.put_object("b", "x", Noting(file.fileno(), data))
    assert sum(steps) == len(data)
    assert max(steps) <= 2 << 20


@pytest.mark.parametrize("fast", [True], indirect=True)
def test_a_file_on_a_slow_line_is_told_of_in_small_steps(
    recorded: Ds3Client, recorder: Recorder, tmp_path: Path
) -> None:
    """At 4 MiB a second; what lies in the sockets' buffers is told of at once."""
    steps: list[tuple[float, int]] = []

    class Timed(OpenFile):
        def moved(self, n: int) -> None:
            super().moved(n)
            steps.append((time.monotonic(), n))

    def take_slowly(peer: Peer, request: Recorded) -> None:
        peer.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 << 10)
        while len(peer.buffer) < len(data) and peer.more():
            peer.recorder.over.wait(1 / 64)
        peer.send(reply())

    data = os.urandom(4 << 20)
    recorder.answer(take_slowly)
    with _file(tmp_path, data) as file:
        recorded.put_object("b", "x", Timed(file.fileno(), data))
    assert sum(n for _, n in steps) == len(data)
    assert max(n for _, n in steps) <= 2 << 20
    assert len(steps) > 8


def test_a_sink_gets_big_pieces_and_every_byte(recorded: Ds3Client, recorder: Recorder) -> None:
    data = os.urandom((5 << 20) + 11)
    recorder.answer(reply(200, data))
    sink = Collected()
    recorded.get_object("b", "x", sink)
    assert bytes(sink.data) == data
    assert max(sink.pieces) == 1 << 20
    assert sum(sink.pieces) == len(data)


@pytest.mark.parametrize("fast", [True], indirect=True)
def test_slow_bytes_are_handed_over_before_a_piece_is_full(
    recorded: Ds3Client, recorder: Recorder
) -> None:
    first = threading.Event()

    class Telling(Collected):
        def moved(self, n: int) -> None:
            super().moved(n)
            first.set()

    def drip(peer: Peer, request: Recorded) -> None:
        peer.send(reply(length=4 << 20))
        peer.send(bytes(20_000))
        assert first.wait(SOON_S)
        peer.send(bytes((4 << 20) - 20_000))

    recorder.answer(drip)
    sink = Telling()
    assert recorded.get_object("b", "x", sink).received == 4 << 20
    assert first.is_set()


# --- the ways under urllib3 ----------------------------------------------------------------------


def test_every_private_attribute_in_use_is_still_there() -> None:
    """If this fails, urllib3 or http.client changed under `protocol/connections.py`: see to it that
    big bodies still take the short way, or that the ordinary one is taken, then change the list.
    """
    connection = http_client.HTTPConnection("127.0.0.1")
    near, far = socket.socketpair()
    with near, far:
        far.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx")
        under = http_client.HTTPResponse(near)
        under.begin()
        answer = urllib3.HTTPResponse(body=under, preload_content=False)
        owners = {
            "http.client": http_client,
            "http.client.HTTPConnection": connection,
            "http.client.HTTPResponse": under,
            "io.BufferedReader of a socket": under.fp,
            "ssl.SSLSocket": ssl.SSLSocket,
            "urllib3.HTTPConnection": urllib3.connection.HTTPConnection("127.0.0.1"),
            "urllib3.HTTPConnectionPool": urllib3.HTTPConnectionPool,
            "urllib3.HTTPResponse": answer,
            "urllib3.PoolManager": urllib3.PoolManager(),
        }
        for owner, path in connections.PRIVATE_ATTRIBUTES:
            found = owners[owner]
            for name in path.split("."):
                assert hasattr(found, name), f"{owner} has no {path} any more"
                found = getattr(found, name)
        assert isinstance(under.fp, io.BufferedReader)
        under.close()


def test_the_list_of_private_attributes_is_complete() -> None:
    source = Path(importlib.import_module(connections.__name__).__file__ or "").read_text()
    named = {name for _, path in connections.PRIVATE_ATTRIBUTES for name in path.split(".")}
    used = set(re.findall(r"(?:raw|reader|http_client|manager)\.(_\w+)", source))
    used |= set(re.findall(r'getattr\([^"]*"(_\w+)"', source))
    assert used <= named


@pytest.mark.parametrize("missing", ["_fp", "fp", "_sock"])
def test_where_the_short_way_is_missing_the_ordinary_one_is_taken(
    recorded: Ds3Client, recorder: Recorder, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    def found(thing: object, name: str, *default: object) -> object:
        return None if name == missing else getattr(thing, name, *default)

    monkeypatch.setattr(connections, "getattr", found, raising=False)
    data = os.urandom((2 << 20) + 5)
    recorder.answer(reply(200, data), _short)
    sink = Collected()
    recorded.get_object("b", "x", sink)
    assert bytes(sink.data) == data
    with pytest.raises(ConnectionLost) as caught:
        recorded.get_object("b", "x", Collected())
    assert caught.value.received == 3


# --- what the tests need -------------------------------------------------------------------------


def _file(folder: Path, data: bytes) -> io.BufferedReader:
    path = folder / "body"
    path.write_bytes(data)
    return path.open("rb")


def _wait_for(condition: Callable[[], bool]) -> None:
    """Wait for what another thread does; five seconds are enough for that."""
    ticker = threading.Event()
    for _ in range(500):
        if condition():
            return
        ticker.wait(0.01)
    raise AssertionError("it did not happen")


class _Ends:
    """A socket by its two ends, that keeps what is set."""

    def __init__(self, here: str, there: str) -> None:
        self._here, self._there = here, there
        self.options: list[tuple[int, int, int]] = []

    def getsockname(self) -> tuple[str, int]:
        return self._here, 1

    def getpeername(self) -> tuple[str, int]:
        return self._there, 2

    def setsockopt(self, *option: int) -> None:
        self.options.append(option)


def test_only_to_a_peer_on_this_computer_little_is_on_its_way() -> None:
    """A long line needs all that the system gives."""
    far, near = _Ends("192.0.2.7", "192.0.2.8"), _Ends("192.0.2.7", "192.0.2.7")
    connections._suit(far)
    connections._suit(near)
    assert far.options == []
    assert near.options == [(socket.SOL_SOCKET, socket.SO_SNDBUF, connections.NEAR_BYTES)]


def test_a_connection_to_this_computer_is_suited_to_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        place = listening.getsockname()
        flight = Flight(Endpoint.parse(f"http://127.0.0.1:{place[1]}"), "/", 10.0, ())
        with socket.create_connection(place) as set_by_hand:
            set_by_hand.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, connections.NEAR_BYTES)
            wanted = set_by_hand.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)
        with open_socket(place, 10.0, flight) as sock:
            assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) == wanted


# --- blobs on their way that nobody waits for ----------------------------------------------------


@pytest.mark.parametrize("under_hangup", [False, True])
def test_a_blob_on_its_way_that_is_let_go_holds_no_connection(
    recorder: Recorder, client_for: ClientFor, under_hangup: bool
) -> None:
    ended = threading.Event()

    def until_the_end(peer: Peer, request: Recorded) -> None:
        while peer.more():
            pass
        ended.set()

    recorder.answer(until_the_end)
    hangup = Hangup() if under_hangup else None
    client_for(recorder.url).begin_get("b", "n", hangup=hangup)
    assert ended.wait(SOON_S)


def test_a_blob_let_go_while_others_are_cut_off_ends_with_them(
    recorder: Recorder, client_for: ClientFor, monkeypatch: pytest.MonkeyPatch
) -> None:
    hangup, client = Hangup(), client_for(recorder.url)
    on_way = [client.begin_get("b", str(n), hangup=hangup) for n in range(3)]
    shut_down = connections._shut_down

    def letting_go(sock: socket.socket) -> None:
        on_way.clear()  # as a collection of garbage may, wherever it begins
        shut_down(sock)

    monkeypatch.setattr(connections, "_shut_down", letting_go)
    hangup.fire()
    client.put_object("b", "n", b"x")
    assert "/b/n" in [request.target for request in recorder.requests]


# --- addresses that only one network of this computer knows --------------------------------------


@pytest.fixture
def here() -> Iterator[Recorder]:
    """At an address of IPv6, in the zone of the loop that leads back to this computer."""
    try:
        recorder = Recorder(host="::1")
    except OSError:
        pytest.skip("this computer has no IPv6")
    with recorder:
        yield recorder


@pytest.mark.parametrize("escaped", ["%", "%25"])
def test_an_address_with_a_zone_is_reached_and_the_zone_stays_here(
    here: Recorder, client_for: ClientFor, fast: bool, escaped: str
) -> None:
    client = client_for(f"http://[::1{escaped}1]:{here.port}", fast=fast)
    client.probe()
    client.put_object("b", "n", b"x")
    hosts = [request.header("Host") for request in here.requests]
    assert hosts == [f"[::1]:{here.port}"] * 2


def test_an_address_with_a_zone_is_told_in_brackets(here: Recorder, client_for: ClientFor) -> None:
    client = client_for(f"http://[::1%1]:{here.port}")
    here.close()
    with pytest.raises(ConnectionFailed) as caught:
        client.put_object("b", "n", b"x")
    assert caught.value.where == f"[::1%1]:{here.port}"
