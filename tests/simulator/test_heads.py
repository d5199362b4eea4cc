"""Heads as other clients write them: whole or in pieces, one behind the other, with odd ends."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Callable, Iterator

import pytest

from ds3_browser.simulator.server import Simulator

from .raw import Raw, signed


@pytest.fixture
def wire(simulator: Simulator) -> Iterator[socket.socket]:
    with contextlib.closing(socket.create_connection(("127.0.0.1", simulator.port))) as made:
        made.settimeout(10)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield made


@pytest.fixture
def head(call: Raw, bucket: str) -> Callable[..., bytes]:
    """Makes a signed head; `more` are further header lines, `end` is what ends each line."""

    def head(method: str, path: str, *more: str, end: str = "\r\n") -> bytes:
        fields = [f"{name}: {value}" for name, value in signed(call, method, path)]
        lines = [f"{method} {path} HTTP/1.1", "Host: x", *fields, *more, "", ""]
        return end.join(lines).encode("latin-1")

    return head


def statuses(wire: socket.socket, number: int) -> list[int]:
    """The statuses of so many answers, whose bodies are read as announced."""
    found = []
    with wire.makefile("rb") as answers:
        for _ in range(number):
            found.append(int(answers.readline().split()[1]))
            length = 0
            while (line := answers.readline()) != b"\r\n":
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            answers.read(length)
    return found


def test_a_head_may_come_a_byte_at_a_time(wire: socket.socket, head: Callable[..., bytes]) -> None:
    for byte in head("GET", "/"):
        wire.sendall(bytes((byte,)))
    assert statuses(wire, 1) == [200]


def test_a_default_time_out_of_the_process_is_no_matter(
    simulator: Simulator, head: Callable[..., bytes]
) -> None:
    socket.setdefaulttimeout(30)
    try:
        with contextlib.closing(socket.create_connection(("127.0.0.1", simulator.port))) as made:
            time.sleep(0.05)  # so that the simulator has to wait for the request
            made.sendall(head("GET", "/"))
            assert statuses(made, 1) == [200]
    finally:
        socket.setdefaulttimeout(None)


def test_requests_may_come_one_behind_the_other(
    wire: socket.socket, head: Callable[..., bytes], call: Raw
) -> None:
    put = head("PUT", "/b/x", "Content-Length: 5") + b"hello"
    wire.sendall(put + head("GET", "/b/x") + head("GET", "/b/none") + head("DELETE", "/b/x"))
    assert statuses(wire, 4) == [200, 200, 404, 204]


def test_an_empty_line_before_a_request_is_no_matter(
    wire: socket.socket, head: Callable[..., bytes]
) -> None:
    wire.sendall(head("PUT", "/b/x", "Content-Length: 5") + b"hello\r\n" + head("GET", "/b/x"))
    assert statuses(wire, 2) == [200, 200]
    wire.sendall(b"\r\n" + head("GET", "/"))
    assert statuses(wire, 1) == [200]


def test_lines_may_end_with_a_newline_alone_behind_the_first(
    wire: socket.socket, head: Callable[..., bytes]
) -> None:
    wire.sendall(head("GET", "/", end="\n"))
    assert statuses(wire, 1) == [200]


def test_names_of_fields_come_in_any_case_and_with_any_space(
    wire: socket.socket, head: Callable[..., bytes]
) -> None:
    text = head("PUT", "/b/x", "CONTENT-LENGTH:  3 ").decode()
    wire.sendall(text.replace("Date: ", "DATE:").replace("Host", "hOST").encode() + b"abc")
    assert statuses(wire, 1) == [200]


@pytest.mark.parametrize("more", ["no colon", "a b: c", " folded", ": no name", "x: a\rb", "x: \0"])
def test_what_is_no_field_is_refused(
    wire: socket.socket, head: Callable[..., bytes], more: str
) -> None:
    for _ in range(2):
        with contextlib.closing(socket.create_connection(wire.getpeername())) as other:
            other.sendall(head("GET", "/", more))
            assert statuses(other, 1) == [400]
    wire.sendall(head("GET", "/"))
    assert statuses(wire, 1) == [200]


@pytest.mark.parametrize(("number", "status"), [(190, 200), (200, 400)])
def test_a_head_has_a_most_of_fields(
    wire: socket.socket, head: Callable[..., bytes], number: int, status: int
) -> None:
    wire.sendall(head("GET", "/", *(f"x-{n}: y" for n in range(number))))
    assert statuses(wire, 1) == [status]


def test_the_values_of_one_name_are_joined(call: Raw, bucket: str) -> None:
    twice = [("x-amz-meta-a", "1"), ("x-amz-meta-a", "2")]
    assert call("PUT", "/b/x", b"x", twice).status == 200
    assert call("HEAD", "/b/x").headers["x-amz-meta-a"] == "1,2"


def test_a_client_that_leaves_in_a_small_body_leaves_nothing(
    wire: socket.socket, head: Callable[..., bytes], call: Raw
) -> None:
    wire.sendall(head("PUT", "/b/x", "Content-Length: 100") + b"only this")
    wire.shutdown(socket.SHUT_WR)
    assert wire.recv(1000) == b""
    assert call("GET", "/b").texts("Contents/Key") == []


@pytest.mark.parametrize(
    ("connection", "version", "stays"),
    [
        ("close, TE", "1.1", False),
        ("TE,Close", "1.1", False),
        ("TE", "1.1", True),
        ("Keep-Alive, TE", "1.0", True),
        ("TE", "1.0", False),
    ],
)
def test_a_connection_stays_as_its_client_asks(
    wire: socket.socket, head: Callable[..., bytes], connection: str, version: str, stays: bool
) -> None:
    asked = head("GET", "/", f"Connection: {connection}")
    wire.sendall(asked.replace(b"HTTP/1.1", f"HTTP/{version}".encode(), 1))
    assert statuses(wire, 1) == [200]
    if stays:
        wire.sendall(head("GET", "/"))
        assert statuses(wire, 1) == [200]
    else:
        assert wire.recv(1) == b""


def test_an_old_client_is_told_that_its_connection_stays_and_is_told_no_100(
    wire: socket.socket, head: Callable[..., bytes]
) -> None:
    """HTTP/1.0 has no connection that stays unless it is said, and no answer before the answer."""
    more = ("Connection: keep-alive", "Expect: 100-continue", "Content-Length: 1")
    wire.sendall(head("PUT", "/b/x", *more).replace(b"HTTP/1.1", b"HTTP/1.0", 1) + b"x")
    answer = wire.recv(1000)
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b"\r\nConnection: keep-alive\r\n" in answer


@pytest.mark.parametrize(
    "announced", ["Transfer-Encoding: chunked", f"Content-Length: {100 << 20}"]
)
def test_a_refused_client_that_sends_all_before_it_looks_has_its_answer(
    wire: socket.socket, head: Callable[..., bytes], announced: str
) -> None:
    """None of its bytes breaks the connection, however many they are."""
    wire.sendall(head("PUT", "/nowhere/x", announced))
    for _ in range(100):
        wire.sendall(bytes(1 << 20))
    assert statuses(wire, 1) == [411 if "chunked" in announced else 404]
    assert wire.recv(1) == b""


@pytest.mark.parametrize("length", ["9" * 5000, "9" * 20, "-1", "0x5", "\xb2", "5,5"])
def test_a_length_that_is_none_is_refused(
    wire: socket.socket, head: Callable[..., bytes], length: str
) -> None:
    wire.sendall(head("PUT", "/b/x", f"Content-Length: {length}"))
    assert statuses(wire, 1) == [400]


def test_a_refused_head_says_nothing_of_the_request_before(
    wire: socket.socket, head: Callable[..., bytes]
) -> None:
    wire.sendall(head("HEAD", "/b"))
    assert statuses(wire, 1) == [200]
    wire.sendall(head("PATCH", "/b"))
    with wire.makefile("rb") as answer:
        assert b"<Message>There is no PATCH here.</Message><Resource/>" in answer.read()


def test_letters_in_a_query_may_come_as_they_are(
    wire: socket.socket, head: Callable[..., bytes], call: Raw
) -> None:
    """As curl and shell scripts send them: in UTF-8, and not encoded."""
    call.put("/b/%C3%A9t%C3%A9")
    call.put("/b/other")
    line = "GET /b?prefix=\u00e9 HTTP/1.1".encode()
    asked = head("GET", "/b", "Connection: close").replace(b"GET /b HTTP/1.1", line, 1)
    wire.sendall(asked)
    with wire.makefile("rb") as answer:
        whole = answer.read().decode()
    assert "<Key>\u00e9t\u00e9</Key>" in whole
    assert "<Key>other</Key>" not in whole
