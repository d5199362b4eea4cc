"""One signed request to the appliance, and its answer.

Requests go out byte-exact and are signed at the moment they are sent. Nothing here repeats,
redirects, reads the environment or knows a path of the user's: what becomes of an answer is the
client's and the engine's business.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import ssl
import time
import weakref
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from email.utils import formatdate
from functools import lru_cache
from http import client as http_client
from urllib.parse import quote, urlsplit

import requests
import urllib3

from . import lean
from .answers import Answer as Answer
from .answers import Failure, Wire
from .bodies import PIECE as PIECE
from .bodies import Body as Body
from .bodies import BodyChanged as BodyChanged
from .bodies import BodyRaised, Outgoing
from .bodies import Sink as Sink
from .connections import Flight, Sessions, flights, wire_under
from .connections import Hangup as Hangup
from .errors import ConnectionFailed, ConnectionLost, Unreachable
from .failures import proxy_place, unreached
from .headers import CHECKSUM_HEADERS
from .records import Checksum, Credentials, Endpoint
from .signing import authorization, string_to_sign


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds: to connect, of a short call, of a job call, and of a blob without a byte moving."""

    connect: float = 10
    call: float = 60
    job: float = 900
    blob: float = 300


@dataclass(frozen=True, slots=True)
class Request:
    """One request before it is signed.

    `path` is percent-encoded; `query` values are not, and a value of None makes a bare flag.
    `headers` are those of this request alone. `timeout_s` is the longest wait without a byte.
    `is_blob` where it moves one: there may be very many of them. `target` is path and query as
    they stand on the request line, `encoded_query` the query as it is there.
    """

    method: str
    path: str
    query: Sequence[tuple[str, str | None]] = ()
    body: Body | bytes | None = None
    content_type: str = ""
    checksum: Checksum | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    timeout_s: float = 60
    is_blob: bool = False
    encoded_query: Sequence[tuple[str, str | None]] = field(init=False)
    target: str = field(init=False)

    def __post_init__(self) -> None:
        query = [(name, None if value is None else encode(value)) for name, value in self.query]
        parts = [name if value is None else f"{name}={value}" for name, value in query]
        target = f"{self.path}?{'&'.join(parts)}" if parts else self.path
        object.__setattr__(self, "encoded_query", query)
        object.__setattr__(self, "target", target)

    @property
    def length(self) -> int:
        """Bytes of the body."""
        if self.body is None:
            return 0
        return len(self.body) if isinstance(self.body, bytes) else self.body.length


def now_s() -> int:
    """The time of the next signature."""
    return int(time.time())


@lru_cache(maxsize=4)  # of one second there may be thousands of requests
def _date(now_s: int) -> str:
    return formatdate(now_s).replace("-0000", "+0000")


_HEADER_TEXT = "".join(map(chr, range(0x21, 0x7F)))
_PLAIN = re.compile(r"[A-Za-z0-9._~/-]*").fullmatch


@lru_cache(maxsize=1024)  # a job's id is in each of its requests
def encode(text: str) -> str:
    """Percent-encode all but `A-Z a-z 0-9 - . _ ~ /`, as UTF-8 with upper-case digits."""
    if _PLAIN(text):  # `quote` takes ten times as long to find that out
        return text
    return quote(text, safe="/~-._")


_in_this_process: weakref.WeakSet[Transport] = weakref.WeakSet()


def _after_fork() -> None:
    for transport in list(_in_this_process):
        transport.leave_connections()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


class Transport:
    """Sends requests to one appliance, from any thread.

    Not `fast`, it leaves out all short ways past requests and urllib3; they are never more than a
    gain of speed.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        credentials: Credentials,
        timeouts: Timeouts,
        user_agent: str,
        *,
        fast: bool = True,
    ) -> None:
        self.endpoint = endpoint
        self.timeouts = timeouts
        self._credentials = credentials
        # An id that no header can carry goes out encoded: the appliance says it does not know it,
        # where http.client would raise an error that quotes the whole header.
        self._access_id = quote(credentials.access_id, safe=_HEADER_TEXT, errors="surrogateescape")
        self._user_agent = user_agent
        self._fast = fast
        self._sessions = Sessions(endpoint)
        self._lines = lean.Lines(endpoint, timeouts.connect)
        self._left_to_parent: list[object] = []
        _in_this_process.add(self)

    def leave_connections(self) -> None:
        """Open new ones from now on: in a forked process these are its parent's as well.

        They are kept, and neither used nor ended: two processes on one connection would read each
        other's answers.
        """
        self._left_to_parent += [self._sessions, self._lines]
        self._sessions = Sessions(self.endpoint)
        self._lines = lean.Lines(self.endpoint, self.timeouts.connect)

    def close(self) -> None:
        """End the requests under way and close all connections. A later request opens new ones."""
        self._sessions.close()
        self._lines.close()

    def refused_by_proxy(self, answered: str) -> ConnectionFailed:
        """The error for an answer that the proxy gave, and not the appliance."""
        return ConnectionFailed(proxy_place(self.endpoint), Unreachable.PROXY, answered)

    def answer(
        self, request: Request, hangup: Hangup | None = None
    ) -> contextlib.AbstractContextManager[Answer]:
        """Sign, send, and give the answer with its body unread; close it in the end.

        Blocks. Raises ConnectionFailed and its kin, BadReply for what is not HTTP. What a body
        raises passes through untouched.
        """
        if hangup is not None and hangup.fired:
            raise ConnectionLost(self.endpoint.place, Unreachable.RESET, "hung up")
        if self._goes_short(request):
            return self._short_answer(request, hangup)
        return self._ordinary_answer(request, hangup)

    def begin(
        self, request: Request, hangup: Hangup | None = None
    ) -> contextlib.AbstractContextManager[Answer]:
        """As `answer`, but what goes the short way is sent before this returns.

        Enter what it gives, or `leave` it.
        """
        asked = self.answer(request, hangup)
        if isinstance(asked, lean.Asked):
            asked.send()
        return asked

    @contextlib.contextmanager
    def _ordinary_answer(self, request: Request, hangup: Hangup | None) -> Iterator[Answer]:
        with self._sessions.borrowed() as (http, closing):
            flight = self._flight(request, closing, hangup)
            try:
                with contextlib.closing(self._send(http, request, flight)) as response:
                    yield _OrdinaryAnswer(response, flight.failure, self._fast)
            finally:
                flight.end()

    def _flight(self, request: Request, closing: Hangup, hangup: Hangup | None) -> Flight:
        hangups = (closing,) if hangup is None else (closing, hangup)
        return Flight(self.endpoint, request.target, request.timeout_s, hangups)

    @property
    def goes_short(self) -> bool:
        """Whether small blobs take the short way, where `begin` sends them."""
        return self._fast and lean.suits(self.endpoint)

    def _goes_short(self, request: Request) -> bool:
        from_memory = request.body is None or isinstance(request.body, bytes)
        return self.goes_short and request.is_blob and from_memory

    def _short_answer(
        self, request: Request, hangup: Hangup | None
    ) -> contextlib.AbstractContextManager[Answer]:
        body = request.body if isinstance(request.body, bytes) else b""
        flight = self._flight(request, self._sessions.closing, hangup)
        headers = self._headers(request)
        return self._lines.answer(request.method, request.target, headers, body, flight)

    def _send(self, http: requests.Session, request: Request, flight: Flight) -> requests.Response:
        prepared = self._prepare(request)
        adapter = http.get_adapter(self.endpoint.url)
        flights.current = flight
        try:
            # Not the session's own `send`: it would look where a redirect leads, and read its body.
            return adapter.send(
                prepared,
                stream=True,
                timeout=(self.timeouts.connect, request.timeout_s),
                verify=True if http.verify is None else http.verify,
                proxies=http.proxies,
            )
        except BodyRaised as raised:
            raise raised.error from raised.error.__cause__
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            raise flight.failure(error) from error
        finally:
            flights.current = None

    def _prepare(self, request: Request) -> requests.PreparedRequest:
        prepared = requests.PreparedRequest()
        prepared.method = request.method
        # Filled by hand: its own preparation would take `.` and `..` out of the path. Without the
        # query, which the connection adds: urllib3 logs what it is given, and a new secret key is
        # a parameter.
        prepared.url = self.endpoint.url + request.path
        prepared.headers = requests.structures.CaseInsensitiveDict(self._headers(request))
        prepared.body = _wire_body(request, self._fast)  # type: ignore[assignment]  # an iterable, too
        return prepared

    def _headers(self, request: Request) -> dict[str, str]:
        date = _date(now_s())
        headers = {
            "Host": self.endpoint.netloc,
            "Date": date,
            "User-Agent": self._user_agent,
            "Accept-Encoding": "identity",
            "Naming-Convention": "s3",
            **request.headers,
        }
        if request.content_type:
            headers["Content-Type"] = request.content_type
        if request.checksum is not None:
            headers[CHECKSUM_HEADERS[request.checksum.type]] = request.checksum.value
        if request.method in ("PUT", "POST") or request.body is not None:
            headers["Content-Length"] = str(request.length)
        headers["Authorization"] = self._authorization(request, date)
        return headers

    def _authorization(self, request: Request, date: str) -> str:
        text = string_to_sign(
            request.method,
            request.path,
            request.encoded_query,
            date=date,
            checksum=request.checksum.value if request.checksum else "",
            content_type=request.content_type,
            amz_headers=request.headers,
        )
        return authorization(self._access_id, self._credentials.secret_key, text)


class _OrdinaryAnswer(Answer):
    """An answer that came through requests. `direct` where its socket may be read past urllib3."""

    def __init__(self, response: requests.Response, failure: Failure, direct: bool) -> None:
        super().__init__(response.status_code, response.headers, failure)
        self._response = response
        self._direct = direct

    def _read_some(self, wanted: int) -> bytes:
        piece: bytes = self._response.raw.read(wanted, decode_content=False)
        return piece

    def _wire(self) -> Wire | None:
        return wire_under(self._response) if self._direct else None


def _wire_body(request: Request, by_kernel: bool) -> bytes | Outgoing | None:
    if request.body is None or isinstance(request.body, bytes):
        return request.body
    # An empty iterable would go out chunked.
    return Outgoing(request.body, by_kernel) if request.body.length else b""


@dataclass(frozen=True, slots=True)
class Certificate:
    """What an appliance shows before anything is said to it.

    `der` is the whole certificate, `fingerprint` its SHA-256 in upper-case hex.
    """

    der: bytes
    fingerprint: str


def peek_certificate(endpoint: Endpoint, timeout_s: float = 10) -> Certificate:
    """Look at the certificate, through the proxy if there is one; nothing signed is sent.

    Blocks. Raises ConnectionFailed.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        with (
            contextlib.closing(_connected(endpoint, timeout_s)) as connection,
            context.wrap_socket(connection.sock, server_hostname=endpoint.address) as secure,
        ):
            der = secure.getpeercert(binary_form=True) or b""
    except (OSError, http_client.HTTPException) as error:
        raise unreached(endpoint, error) from error
    return Certificate(der, hashlib.sha256(der).hexdigest().upper())


def _connected(endpoint: Endpoint, timeout_s: float) -> http_client.HTTPConnection:
    if endpoint.proxy is None:
        connection = http_client.HTTPConnection(endpoint.host, endpoint.port, timeout=timeout_s)
    else:
        proxy = urlsplit(endpoint.proxy)
        login = requests.utils.get_auth_from_url(endpoint.proxy)
        headers = urllib3.make_headers(proxy_basic_auth=":".join(login)) if any(login) else {}
        connection = http_client.HTTPConnection(
            proxy.hostname or "", proxy.port or 80, timeout=timeout_s
        )
        connection.set_tunnel(endpoint.host, endpoint.port, headers)
    connection.connect()
    return connection
