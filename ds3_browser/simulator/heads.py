"""The heads of requests and of answers: a line, then fields, an empty line.

Read and written by hand, since what http.server takes for them is most of a small request's time.
"""

from __future__ import annotations

import functools
import re
import time
from http import HTTPStatus
from typing import NamedTuple, Protocol

from .store import Refused

MAX_LINE = 1 << 16  # bytes
MAX_FIELDS = 200
METHODS = ("GET", "PUT", "POST", "DELETE", "HEAD")
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"

_LINE = re.compile(rb"([A-Z]+) (\S+) HTTP/1\.([01])\r?\n")
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_BEGINNINGS = {int(s): f"HTTP/1.1 {int(s)} {s.phrase}\r\n" for s in HTTPStatus}


class Lines(Protocol):
    def readline(self, size: int = -1, /) -> bytes: ...
    def peek(self, size: int = 0, /) -> bytes: ...
    def read(self, size: int = -1, /) -> bytes: ...


class Head(NamedTuple):
    """A request's head. `path` and `query` are raw, their bytes as characters of Latin-1.

    `fields` have lower-case names; the values of repeated ones are joined by commas.
    """

    method: str
    path: str
    query: str
    fields: dict[str, str]
    keeps_alive: bool
    is_old: bool  # of HTTP/1.0


def read(lines: Lines) -> Head | None:
    """The next head of a connection, None at its end. Raises Refused for what is none."""
    at_hand = _at_hand(lines)
    if at_hand is not None:
        match = _request_line(at_hand[0] + b"\r\n")
        return _head(match, _few_fields(at_hand[1:]))
    line = lines.readline(MAX_LINE + 1)
    if line == b"\r\n":
        line = lines.readline(MAX_LINE + 1)  # some clients end a body with an empty line
    if not line:
        return None
    match = _request_line(line)
    fields = _fields(lines)
    return None if fields is None else _head(match, fields)


def _at_hand(lines: Lines) -> list[bytes] | None:
    """The lines of a head that has come in one piece, as nearly all do; taken if they are given."""
    block = lines.peek()
    end = block.find(b"\r\n\r\n")
    if (
        end <= 0
        or block.startswith(b"\r\n")
        or block.count(b"\n", 0, end) != block.count(b"\r\n", 0, end)
    ):
        return None
    lines.read(end + 4)
    return block[:end].split(b"\r\n")


def _request_line(line: bytes) -> re.Match[bytes]:
    match = _LINE.fullmatch(line)
    if match is None:
        raise Refused(400, "InvalidArgument", "Not a request.")
    return match


def _head(match: re.Match[bytes], fields: dict[str, str]) -> Head:
    method, target = match[1].decode("ascii"), match[2].decode("latin-1")
    if method not in METHODS:
        raise Refused(501, "NotImplemented", f"There is no {method} here.")
    path, _, query = _without_host(target).partition("?")
    asked, is_old = fields.get("connection", "").lower(), match[3] == b"0"
    options = {option.strip() for option in asked.split(",")}
    keeps_alive = "close" not in options and (not is_old or "keep-alive" in options)
    return Head(method, path, query, fields, keeps_alive, is_old)


def _without_host(target: str) -> str:
    """What follows the host of a target; those who speak to a proxy name it."""
    if target.startswith("/"):
        return target
    scheme, separator, rest = target.partition("://")
    host, slash, path = rest.partition("/")
    if scheme not in ("http", "https") or not (separator and host):
        raise Refused(400, "InvalidArgument", "Not a path.")
    return slash + path or "/"


def _fields(lines: Lines) -> dict[str, str] | None:
    """The fields up to the empty line, None if the connection ends before it."""
    fields: dict[str, str] = {}
    for _ in range(MAX_FIELDS):
        line = lines.readline(MAX_LINE + 1)
        if line in (b"\r\n", b"\n"):
            return fields
        if not line:
            return None
        if len(line) > MAX_LINE:
            raise Refused(400, "InvalidArgument", "Not a header field.")
        name, value = _field(line)
        fields[name] = f"{fields[name]},{value}" if name in fields else value
    raise _too_many()


def _few_fields(lines: list[bytes]) -> dict[str, str]:
    fields: dict[str, str] = {}
    if len(lines) >= MAX_FIELDS:
        raise _too_many()
    for line in lines:
        name, value = _field(line)
        fields[name] = f"{fields[name]},{value}" if name in fields else value
    return fields


def _too_many() -> Refused:
    return Refused(400, "InvalidArgument", f"There are more than {MAX_FIELDS} header fields.")


@functools.lru_cache(maxsize=256)
def _field(line: bytes) -> tuple[str, str]:
    """A field's name and value. Most are the same in every request of a connection."""
    name, colon, value = line.decode("latin-1").partition(":")
    if not colon or not _NAME.fullmatch(name):
        raise Refused(400, "InvalidArgument", "Not a header field.")
    value = value.strip()
    if "\r" in value or "\0" in value:
        raise Refused(400, "InvalidArgument", "Not a header field.")
    return name.lower(), value


def written(status: int, fields: str) -> bytes:
    """An answer's head. `fields` are lines."""
    beginning = _BEGINNINGS.get(status) or f"HTTP/1.1 {status} \r\n"
    return f"{beginning}{fields}\r\n".encode("latin-1")


@functools.lru_cache(maxsize=4)
def date(second: int) -> str:
    """A moment as the Date field tells it, in English whatever the locale."""
    moment = time.gmtime(second)
    day = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")[moment.tm_wday]
    months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    return (
        f"{day}, {moment.tm_mday:02} {months[moment.tm_mon - 1]} {moment.tm_year}"
        f" {moment.tm_hour:02}:{moment.tm_min:02}:{moment.tm_sec:02} GMT"
    )
