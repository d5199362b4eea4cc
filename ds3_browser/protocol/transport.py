"""Byte-exact requests, signed at the moment they are sent, and the fast ways for big bodies.

One `requests.Session` (always called `http`) a thread. Nothing here repeats, redirects, reads the
environment or knows a path of the user's: it sends one request and hands its answer back.
Big bodies avoid copies through private attributes of urllib3 2 and http.client, all named in
`PRIVATE_ATTRIBUTES`; where one is missing the ordinary way is taken.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import select
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any, Protocol
from urllib.parse import quote, urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool

from .errors import ConnectionFailed, ConnectionLost, TlsFailed, TlsFault, Unreachable
from .records import Checksum, ChecksumType, Credentials, Endpoint
from .signing import authorization, string_to_sign

PIECE = 1 << 20
SENDFILE_PIECE = 8 << 20
FLUSH_AFTER_S = 0.25
MAX_HEADER_BYTES = 64 << 10

#: What the fast paths take from urllib3 2 and http.client beside their public interfaces.
PRIVATE_ATTRIBUTES = (
    "HTTPResponse._fp: the http.client answer under a urllib3 answer",
    "HTTPResponse.fp.raw._sock: the socket under an http.client answer",
    "HTTPConnectionPool.ConnectionCls: the class a pool makes its connections of",
)


class Body(Protocol):
    """What a PUT sends. `pieces` starts anew from the first byte at each call.

    `file` is (descriptor, offset) where the bytes may be handed to the kernel, else None. `moved`
    is called after each piece and may raise to end the request.
    """

    @property
    def length(self) -> int: ...
    @property
    def file(self) -> tuple[int, int] | None: ...
    def pieces(self) -> Iterator[memoryview]: ...
    def moved(self, n: int) -> None: ...


class Sink(Protocol):
    """Where a GET's bytes go. `offset` counts from the first byte of this answer's body."""

    def write_at(self, offset: int, piece: memoryview) -> None: ...
    def moved(self, n: int) -> None: ...


class Hangup:
    """Ends blocked sends and receives from another thread, now and for every later request.

    Several threads may have a request under one hangup, each of them one at a time.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sockets: dict[int, socket.socket] = {}
        self.fired = False

    def fire(self) -> None:
        """Shut down every socket under this object. Any thread; more than once is harmless."""
        with self._lock:
            self.fired = True
            for sock in self._sockets.values():
                _shut_down(sock)

    def attach(self, sock: socket.socket) -> None:
        """Put the socket of the calling thread's request under this object."""
        with self._lock:
            self._sockets[threading.get_ident()] = sock
            if self.fired:
                _shut_down(sock)

    def detach(self) -> None:
        """Forget the socket of the calling thread's request, which has ended."""
        with self._lock:
            self._sockets.pop(threading.get_ident(), None)


def _shut_down(sock: socket.socket) -> None:
    # The plain socket's method: a TLS socket's own would pull its state from under the thread.
    with contextlib.suppress(OSError):
        socket.socket.shutdown(sock, socket.SHUT_RDWR)


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
    """

    method: str
    path: str
    query: Sequence[tuple[str, str | None]] = ()
    body: Body | bytes | None = None
    content_type: str = ""
    checksum: Checksum | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    timeout_s: float = 60

    @property
    def encoded_query(self) -> list[tuple[str, str | None]]:
        return [(name, None if value is None else encode(value)) for name, value in self.query]

    @property
    def target(self) -> str:
        """Path and query as they stand on the request line."""
        parts = [name if value is None else f"{name}={value}" for name, value in self.encoded_query]
        return f"{self.path}?{'&'.join(parts)}" if parts else self.path


CHECKSUM_HEADERS = {
    ChecksumType.MD5: "Content-MD5",
    ChecksumType.CRC_32: "Content-CRC32",
    ChecksumType.CRC_32C: "Content-CRC32C",
    ChecksumType.SHA_256: "Content-SHA256",
    ChecksumType.SHA_512: "Content-SHA512",
}


def encode(text: str) -> str:
    """Percent-encode all but `A-Z a-z 0-9 - . _ ~ /`, as UTF-8 with upper-case digits."""
    return quote(text, safe="/~-._")


class Transport:
    """Sends requests to one appliance. Any thread may; each has a session of its own."""

    def __init__(
        self, endpoint: Endpoint, credentials: Credentials, timeouts: Timeouts, user_agent: str
    ) -> None:
        self.endpoint = endpoint
        self.timeouts = timeouts
        self._credentials = credentials
        self._user_agent = user_agent
        self._local = threading.local()
        self._lock = threading.Lock()
        self._sessions: list[requests.Session] = []

    @property
    def http(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "http", None)
        if session is None:
            session = self._local.http = _new_session(self.endpoint)
            with self._lock:
                self._sessions.append(session)
        return session

    def close(self) -> None:
        with self._lock:
            sessions, self._sessions = self._sessions, []
        for session in sessions:
            session.close()
        self._local = threading.local()

    def send(self, request: Request, hangup: Hangup | None = None) -> requests.Response:
        """Sign and send; the answer's body is still unread. Raises ConnectionFailed and its kin.

        What a Body's `pieces` or `moved` raises passes through untouched. The caller closes the
        answer, and tells `hangup` to detach when the body has been read.
        """
        prepared = self._prepare(request)
        with _watched_by(hangup):
            try:
                return self.http.send(
                    prepared,
                    stream=True,
                    allow_redirects=False,
                    timeout=(self.timeouts.connect, request.timeout_s),
                )
            except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
                raise self.failure(error) from error

    def failure(self, error: Exception, received: int = 0) -> ConnectionFailed:
        """Turn what requests, urllib3 or a socket raised into one of ours."""
        return _failure(self.endpoint, error, received)

    def _prepare(self, request: Request) -> requests.PreparedRequest:
        headers = self._headers(request)
        prepared = requests.PreparedRequest()
        prepared.method = request.method
        # Set after all preparation: requests would take `.` and `..` out of the path.
        prepared.url = self.endpoint.url + request.target
        prepared.headers = requests.structures.CaseInsensitiveDict(headers)
        prepared.body = _wire_body(request.body, self.endpoint)  # type: ignore[assignment]  # iterable
        prepared.hooks = requests.hooks.default_hooks()
        prepared._cookies = requests.cookies.RequestsCookieJar()  # type: ignore[attr-defined]  # read by send
        return prepared

    def _headers(self, request: Request) -> dict[str, str]:
        date = formatdate(localtime=False).replace("-0000", "+0000")
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
        if request.method in ("PUT", "POST"):
            headers["Content-Length"] = str(_length(request.body))
        text = string_to_sign(
            request.method,
            request.path,
            request.encoded_query,
            date=date,
            checksum=request.checksum.value if request.checksum else "",
            content_type=request.content_type,
            amz_headers=request.headers,
        )
        headers["Authorization"] = authorization(
            self._credentials.access_id, self._credentials.secret_key, text
        )
        return headers


def _length(body: Body | bytes | None) -> int:
    if body is None:
        return 0
    return len(body) if isinstance(body, bytes) else body.length


def _wire_body(body: Body | bytes | None, endpoint: Endpoint) -> bytes | _Pieces | None:
    if body is None or isinstance(body, bytes):
        return body
    # An empty iterable would go out chunked.
    return _Pieces(body, plain=endpoint.scheme == "http") if body.length else b""


class _Pieces:
    """A Body as urllib3 takes it: iterable, of known length, without `read`.

    With `read` it would be sent in pieces of 16 KiB at twice the processor time.
    """

    def __init__(self, body: Body, plain: bool) -> None:
        self._body = body
        self._plain = plain

    def __len__(self) -> int:
        return self._body.length

    def __iter__(self) -> Iterator[memoryview | _FileSpan]:
        if self._plain and self._body.file is not None and hasattr(os, "sendfile"):
            yield _FileSpan(self._body, *self._body.file)
            return
        for piece in self._body.pieces():
            yield piece
            self._body.moved(len(piece))


class _FileSpan:
    """Stands in an iterable body for bytes that the kernel copies from a file to the socket."""

    def __init__(self, body: Body, descriptor: int, offset: int) -> None:
        self._body = body
        self._descriptor = descriptor
        self._offset = offset

    def send_to(self, sock: socket.socket) -> None:
        position, end = self._offset, self._offset + self._body.length
        while position < end:
            try:
                sent = os.sendfile(
                    sock.fileno(), self._descriptor, position, min(SENDFILE_PIECE, end - position)
                )
            except BlockingIOError:
                _wait_until_writable(sock)
                continue
            if sent == 0:
                raise ConnectionAbortedError("the file ended before the blob did")
            position += sent
            self._body.moved(sent)


def _wait_until_writable(sock: socket.socket) -> None:
    poll = select.poll()
    poll.register(sock, select.POLLOUT)
    timeout = sock.gettimeout()
    if not poll.poll(None if timeout is None else timeout * 1000):
        raise TimeoutError("timed out while sending")


# The hangup of the request that this thread is sending, for the connection to find.
_sending = threading.local()


@contextlib.contextmanager
def _watched_by(hangup: Hangup | None) -> Iterator[None]:
    _sending.hangup = hangup
    try:
        yield
    finally:
        _sending.hangup = None


def _attach(sock: socket.socket | None) -> None:
    hangup: Hangup | None = getattr(_sending, "hangup", None)
    if hangup is not None and sock is not None:
        hangup.attach(sock)


class _WatchedMixin:
    """A connection that shows its socket to the hangup of the request it carries."""

    sock: Any  # a socket, or None before connect
    _reached = False

    def connect(self) -> None:
        super().connect()  # type: ignore[misc]  # the connection class it is mixed into
        self._reached = True
        _attach(self.sock)

    def putrequest(self, *args: Any, **kwargs: Any) -> None:
        _attach(self.sock)
        super().putrequest(*args, **kwargs)  # type: ignore[misc]

    def send(self, data: Any) -> None:
        if isinstance(data, _FileSpan):
            data.send_to(self.sock)
        else:
            super().send(data)  # type: ignore[misc]


class _PlainConnection(_WatchedMixin, HTTPConnection):
    pass


class _TlsConnection(_WatchedMixin, urllib3.connection.HTTPSConnection):
    pass


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _PlainConnection


class _TlsPool(urllib3.connectionpool.HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


_POOLS = {"http": _PlainPool, "https": _TlsPool}


class _Adapter(HTTPAdapter):
    """Large blocks, no repeats, our connections, and a pinned certificate where there is one."""

    def __init__(self, pin: str | None) -> None:
        self._pin = pin
        super().__init__(pool_connections=2, pool_maxsize=2, max_retries=0)

    def _pool_options(self) -> dict[str, Any]:
        options: dict[str, Any] = {"blocksize": PIECE}
        if self._pin is not None:
            options["assert_fingerprint"] = self._pin
        return options

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **{**kwargs, **self._pool_options()})
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **{**kwargs, **self._pool_options()})
        manager.pool_classes_by_scheme = _POOLS
        return manager


def _new_session(endpoint: Endpoint) -> requests.Session:
    http = requests.Session()
    # The environment's proxies do not apply, and ~/.netrc would replace our Authorization header.
    http.trust_env = False
    if endpoint.proxy:
        http.proxies = {"http": endpoint.proxy, "https": endpoint.proxy}
    if endpoint.pin is not None:
        # The pin alone decides; a chain would refuse the self-signed certificate it stands for.
        http.verify = False
    elif endpoint.ca_file is not None:
        http.verify = endpoint.ca_file
    else:
        http.verify = endpoint.verify
    adapter = _Adapter(endpoint.pin)
    http.mount("http://", adapter)
    http.mount("https://", adapter)
    return http


def receive(response: requests.Response, sink: Sink) -> int:
    """Hand the answer's body to the sink in pieces of up to 1 MiB and return its length.

    Reads straight from the socket where the answer is plain HTTP with a length. Raises OSError or
    urllib3's errors when the connection breaks; the bytes before that are with the sink.
    """
    announced = content_length(response)
    sock = _plain_socket(response) if announced is not None else None
    if sock is None or announced is None:
        return _receive_through_urllib3(response, sink)
    return _receive_from_socket(response, sock, announced, sink)


def content_length(response: requests.Response) -> int | None:
    text = response.headers.get("Content-Length", "")
    return int(text) if text.isascii() and text.isdigit() else None


def _plain_socket(response: requests.Response) -> socket.socket | None:
    """The socket under the answer, or None where bytes must be decoded on the way."""
    if {"Transfer-Encoding", "Content-Encoding"} & set(response.headers):
        return None
    buffered = getattr(getattr(response.raw, "_fp", None), "fp", None)
    sock = getattr(getattr(buffered, "raw", None), "_sock", None)
    return sock if type(sock) is socket.socket and hasattr(buffered, "peek") else None


def _receive_from_socket(
    response: requests.Response, sock: socket.socket, announced: int, sink: Sink
) -> int:
    under: Any = response.raw._fp  # http.client's answer; see PRIVATE_ATTRIBUTES
    received = 0
    if announced:
        held = under.fp.peek()[:announced]
        under.fp.read(len(held))
        with memoryview(held) as piece:
            received = _hand_over(sink, 0, piece)
    buffer = memoryview(bytearray(min(PIECE, max(announced, 1))))
    while received < announced:
        wanted = min(len(buffer), announced - received)
        filled = _fill(sock, buffer[:wanted])
        if filled == 0:
            raise ConnectionResetError(f"ended after {received} of {announced} bytes")
        received += _hand_over(sink, received, buffer[:filled])
    under.length = 0
    under._close_conn()
    response.raw.release_conn()
    return received


def _fill(sock: socket.socket, view: memoryview) -> int:
    """Read until the view is full, the connection ends, or a slow quarter of a second is over."""
    filled, began = 0, time.monotonic()
    while filled < len(view):
        n = sock.recv_into(view[filled:], 0, socket.MSG_WAITALL)
        filled += n
        if n == 0 or time.monotonic() - began > FLUSH_AFTER_S:
            break
    return filled


def _receive_through_urllib3(response: requests.Response, sink: Sink) -> int:
    received = 0
    while piece := response.raw.read(PIECE, decode_content=False):
        received += _hand_over(sink, received, memoryview(piece))
    announced = content_length(response)
    if announced is not None and received < announced:
        raise ConnectionResetError(f"ended after {received} of {announced} bytes")
    return received


def _hand_over(sink: Sink, offset: int, piece: memoryview) -> int:
    if piece:
        sink.write_at(offset, piece)
        sink.moved(len(piece))
    return len(piece)


@dataclass(frozen=True, slots=True)
class Certificate:
    """What an appliance shows before anything is said to it. `der` is the whole certificate."""

    der: bytes
    fingerprint: str


def peek_certificate(endpoint: Endpoint, timeout_s: float = 10) -> Certificate:
    """Look at the certificate; nothing signed is sent. Blocks. Raises ConnectionFailed."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        with (
            socket.create_connection((endpoint.host, endpoint.port), timeout_s) as plain,
            context.wrap_socket(plain, server_hostname=endpoint.host) as secure,
        ):
            der = secure.getpeercert(binary_form=True) or b""
    except OSError as error:
        raise _failure(endpoint, error, 0) from error
    return Certificate(der, hashlib.sha256(der).hexdigest().upper())


def _failure(endpoint: Endpoint, error: Exception, received: int) -> ConnectionFailed:
    where = f"{endpoint.host}:{endpoint.port}"
    causes = list(_causes(error))
    tls = next((c for c in causes if isinstance(c, ssl.SSLError)), None)
    if tls is not None and not isinstance(tls, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return TlsFailed(where, _tls_fault(tls), _words(tls))
    if any("Fingerprints did not match" in str(c) for c in causes):
        return TlsFailed(where, TlsFault.CHANGED)
    if any(isinstance(c, urllib3.exceptions.ProxyError) for c in causes):
        return ConnectionFailed(_proxy_place(endpoint), Unreachable.PROXY)
    if any(isinstance(c, socket.gaierror | urllib3.exceptions.NameResolutionError) for c in causes):
        return ConnectionFailed(where, Unreachable.NAME)
    if any(isinstance(c, ConnectionRefusedError) for c in causes):
        return ConnectionFailed(where, Unreachable.REFUSED)
    # A kind of ConnectTimeoutError to urllib3, so it is looked at first.
    if any(isinstance(c, urllib3.exceptions.NewConnectionError) for c in causes):
        return ConnectionFailed(where, Unreachable.NETWORK, _words(causes[-1]))
    if any(isinstance(c, urllib3.exceptions.ConnectTimeoutError) for c in causes):
        return ConnectionFailed(where, Unreachable.TIMEOUT)
    if any(isinstance(c, TimeoutError | urllib3.exceptions.TimeoutError) for c in causes):
        return ConnectionLost(where, Unreachable.TIMEOUT, "", received)
    return ConnectionLost(where, Unreachable.RESET, _words(causes[-1]), received)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what lies under it, in requests', urllib3's and Python's ways of nesting."""
    seen: set[int] = set()
    waiting: list[BaseException] = [error]
    while waiting:
        current = waiting.pop(0)
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        under = [getattr(current, "reason", None), current.__cause__, current.__context__]
        waiting += [u for u in (*under, *current.args) if isinstance(u, BaseException)]


def _tls_fault(error: ssl.SSLError) -> TlsFault:
    text = str(error).lower()
    if "expired" in text:
        return TlsFault.EXPIRED
    if "hostname mismatch" in text or "ip address mismatch" in text:
        return TlsFault.WRONG_HOST
    if "certificate verify failed" in text:
        return TlsFault.UNTRUSTED
    if "wrong_version_number" in text or "wrong version number" in text or "http request" in text:
        return TlsFault.NOT_TLS
    return TlsFault.OTHER


def _words(error: BaseException) -> str:
    """The system's words alone: an error's full text may hold a URL with a proxy's login."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return type(error).__name__


def _proxy_place(endpoint: Endpoint) -> str:
    parts = urlsplit(endpoint.proxy or "")
    return f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)
