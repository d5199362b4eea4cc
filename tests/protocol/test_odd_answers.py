"""Answers to a blob that few servers give: read alike on the short way and on the ordinary one."""

from __future__ import annotations

import socket
import time

import pytest

from ds3_browser.protocol.client import Ds3Client
from ds3_browser.protocol.connections import BoundedResponse
from ds3_browser.protocol.errors import BadReply, ConnectionLost, NotFound
from tests.protocol.bytes_moved import Collected
from tests.protocol.recorder import Peer, Recorded, Recorder, reply

CONTENT = bytes(range(256)) * 40


def received(client: Ds3Client) -> bytes:
    sink = Collected()
    assert client.get_object("b", "x", sink).received == len(sink.data)
    return bytes(sink.data)


def raw(head: str, body: bytes = b"") -> bytes:
    return head.replace("\n", "\r\n").encode("latin-1") + b"\r\n\r\n" + body


@pytest.mark.parametrize(
    "answer",
    [
        reply(200, CONTENT),
        raw(f"HTTP/1.1 200 OK\ncontent-length:{len(CONTENT)}", CONTENT),
        raw(f"HTTP/1.1 200\nContent-Length: {len(CONTENT)}", CONTENT),
        raw(f"HTTP/1.0 200 OK\nContent-Length: {len(CONTENT)}", CONTENT),
        raw(f"HTTP/1.1 206 Part\nContent-Length: {len(CONTENT)}\nA: 1\nA: 2", CONTENT),
        raw(f"HTTP/1.1 200 OK\nA: 1\n  folded\nContent-Length: {len(CONTENT)}", CONTENT),
        raw("HTTP/1.1 100 Continue") + reply(200, CONTENT),
        raw("HTTP/1.1 102 Processing") * 3 + reply(200, CONTENT),
        raw("HTTP/1.1 103 Early Hints\nLink: </x>") + reply(200, CONTENT),
        reply(200, CONTENT).replace(b"\r\n", b"\n", 3),
        raw(
            "HTTP/1.1 200 OK\nTransfer-Encoding: chunked",
            b"2800\r\n" + CONTENT + b"\r\n0\r\n\r\n",
        ),
    ],
    ids=["plain", "lower", "bare", "1.0", "twice", "folded", "100", "102", "103", "LF", "chunked"],
)
def test_a_body_comes_whole_whatever_the_head(
    recorded: Ds3Client, recorder: Recorder, answer: bytes
) -> None:
    recorder.answer(answer, reply(200, b"next"))
    assert received(recorded) == CONTENT
    assert received(recorded) == b"next"


def test_a_body_without_a_length_ends_with_the_connection(
    recorded: Ds3Client, recorder: Recorder
) -> None:
    def close_after(peer: Peer, request: Recorded) -> None:
        peer.send(raw("HTTP/1.1 200 OK", CONTENT))
        peer.sock.close()

    recorder.answer(close_after)
    assert received(recorded) == CONTENT


@pytest.mark.parametrize("status", [102, 103, 150])
def test_an_answer_that_was_announced_is_not_the_next_request_s(
    recorded: Ds3Client, recorder: Recorder, status: int
) -> None:
    def announce(peer: Peer, request: Recorded) -> None:
        peer.send(raw(f"HTTP/1.1 {status} Wait"))
        time.sleep(0.02)  # so that it comes by itself
        peer.send(reply(200, b"one"))

    recorder.answer(announce, reply(200, b"two"), announce, reply(204))
    assert [received(recorded), received(recorded)] == [b"one", b"two"]
    recorded.put_object("b", "x", b"1")
    recorded.delete_object("b", "x", missing_ok=False)


def test_another_protocol_is_not_spoken(recorded: Ds3Client, recorder: Recorder) -> None:
    recorder.answer(raw("HTTP/1.1 101 Switching Protocols\nUpgrade: h2c"), reply(200, b"next"))
    with pytest.raises(BadReply):
        received(recorded)
    assert received(recorded) == b"next"


def test_a_head_may_come_a_byte_at_a_time(recorded: Ds3Client, recorder: Recorder) -> None:
    def slowly(peer: Peer, request: Recorded) -> None:
        for byte in reply(200, b"abc", ETag="x"):
            peer.send(bytes([byte]))
            time.sleep(0.0005)

    recorder.answer(slowly)
    assert received(recorded) == b"abc"


@pytest.mark.parametrize(
    "answer",
    [
        b"SMTP ready\r\n\r\n",
        b"\x16\x03\x01\r\n\r\n\r\n\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
        raw("HTTP/1.1 200 OK\n" + "\n".join(f"A-{n}: {'x' * 1000}" for n in range(100))),
        raw("HTTP/1.1 200 OK\nA: " + "x" * 100_000),
    ],
    ids=["another protocol", "TLS", "no status", "many headers", "one huge header"],
)
def test_what_is_not_http_is_told_as_such(
    recorded: Ds3Client, recorder: Recorder, answer: bytes
) -> None:
    def say(peer: Peer, request: Recorded) -> None:
        peer.send(answer)
        peer.sock.close()

    recorder.answer(say)
    with pytest.raises(BadReply):
        received(recorded)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Le",
        raw(f"HTTP/1.1 200 OK\nContent-Length: {len(CONTENT)}", CONTENT[:-1]),
        raw(f"HTTP/1.1 200 OK\nContent-Length: {len(CONTENT)}\nA: 1\nA: 2", CONTENT[:-1]),
        raw("HTTP/1.1 200 OK\nTransfer-Encoding: chunked", b"2800\r\n" + CONTENT[:-1]),
    ],
    ids=["nothing", "half a head", "short", "short and odd", "half a chunk"],
)
def test_what_breaks_off_is_lost_and_the_next_request_is_not(
    recorded: Ds3Client, recorder: Recorder, answer: bytes
) -> None:
    def cut(peer: Peer, request: Recorded) -> None:
        peer.send(answer)
        peer.sock.close()

    recorder.answer(cut, reply(200, b"next"))
    with pytest.raises((ConnectionLost, BadReply)):
        received(recorded)
    assert received(recorded) == b"next"


def test_a_refusal_has_its_facts(recorded: Ds3Client, recorder: Recorder) -> None:
    body = b"<Error><Code>NoSuchKey</Code><Message>gone</Message></Error>"
    recorder.answer(reply(404, body, x_amz_request_id="77"))
    with pytest.raises(NotFound) as caught:
        received(recorded)
    assert (caught.value.refusal.code, caught.value.refusal.request_id) == ("NoSuchKey", "77")


def test_a_connection_closed_while_idle_is_replaced_unnoticed(
    recorded: Ds3Client, recorder: Recorder
) -> None:
    def last(peer: Peer, request: Recorded) -> None:
        peer.send(reply(200, b"one"))
        peer.sock.close()

    recorder.answer(last, reply(200, b"two"))
    assert received(recorded) == b"one"
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            assert received(recorded) == b"two"
            break
        except ConnectionLost:  # it had not come to be closed yet
            recorder.answer(reply(200, b"two"))
    assert recorder.connections == 2


def test_nothing_of_a_connection_that_said_close_is_used_again(
    recorded: Ds3Client, recorder: Recorder
) -> None:
    recorder.answer(reply(200, b"one", Connection="close"), reply(200, b"two"))
    assert [received(recorded), received(recorded)] == [b"one", b"two"]
    assert recorder.connections == 2


def test_an_answer_whose_reader_was_collected_before_it_closes_quietly() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(raw("HTTP/1.1 200 OK\nContent-Length: 5"))
        answer = BoundedResponse(ours)
        answer.begin()
        answer.fp.close()  # as the collector may, of an answer that nobody read to its end
        answer.close()
    assert answer.closed
