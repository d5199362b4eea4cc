"""Connections of urllib3 as they are needed here, and the sessions that hold them.

They send the request line byte by byte as it was signed, bodies by the shortest way, and end when
a hangup says so. This uses more of urllib3 2 and http.client than their public interfaces, and all
of it is named in `PRIVATE_ATTRIBUTES`. Where the short way to an answer's bytes is missing at run
time, the ordinary one is taken.
"""

from __future__ import annotations

import contextlib
import functools
import os
import socket
import ssl
import threading
from collections.abc import Iterator, Sequence
from http import HTTPStatus
from http import client as http_client
from typing import Any  # what urllib3 and http.client leave untyped

import requests
from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError
from urllib3.exceptions import SSLError as NoTls
from urllib3.util.ssl_ import create_urllib3_context, resolve_cert_reqs

from .bodies import PIECE, Outgoing
from .errors import ConnectionFailed, Ds3Error
from .failures import lost, unreached
from .records import Endpoint
from .tls import TlsSocket, in_large_pieces

MAX_HEADER_BYTES = 64 << 10
MAX_HEADERS = 1000
NEAR_BYTES = 256 << 10

#: What is used of urllib3 2 and http.client beside their public interfaces, as (owner, attribute).
PRIVATE_ATTRIBUTES = (
    ("http.client", "_MAXHEADERS"),
    ("http.client.HTTPConnection", "response_class"),
    ("http.client.HTTPResponse", "begin"),
    ("http.client.HTTPResponse", "fp"),
    ("io.BufferedReader of a socket", "raw._sock"),
    ("ssl.SSLSocket", "_create"),
    ("urllib3.HTTPConnection", "_dns_host"),
    ("urllib3.HTTPConnection", "_new_conn"),
    ("urllib3.HTTPConnectionPool", "ConnectionCls"),
    ("urllib3.HTTPResponse", "_fp"),
    ("urllib3.PoolManager", "pool_classes_by_scheme"),
)

# The head of an object has a header for each of its blobs, and http.client stops at 100 of them.
# The count is for the whole process; our own connections are bounded in bytes (`_BoundedLines`).
http_client._MAXHEADERS = MAX_HEADERS  # type: ignore[attr-defined]  # private to the stub


class Hangup:
    """Ends blocked sends and receives from another thread, now and for every later request.

    Any number of requests may be under one hangup. A connection that is still being made ends as
    well where the system lets go of it, as Linux does; else, and in the midst of TLS's own
    beginning, with its own time-out.
    """

    def __init__(self) -> None:
        # A request that is let go detaches its socket wherever that happens, in here as well.
        self._lock = threading.RLock()
        self._sockets: set[socket.socket] = set()
        self.fired = False

    def fire(self) -> None:
        """Shut down every socket under this object. Any thread; more than once is harmless."""
        with self._lock:
            self.fired = True
            for sock in list(self._sockets):
                _shut_down(sock)

    def attach(self, sock: socket.socket) -> None:
        """A request uses this socket from now on."""
        with self._lock:
            self._sockets.add(sock)
            if self.fired:
                _shut_down(sock)

    def detach(self, sock: socket.socket) -> None:
        """The request has ended; its socket may serve others."""
        with self._lock:
            self._sockets.discard(sock)


def _shut_down(sock: socket.socket) -> None:
    # The plain socket's method: a TLS socket's own would take its state from under its thread.
    with contextlib.suppress(OSError):
        socket.socket.shutdown(sock, socket.SHUT_RDWR)


class Flight:
    """One request on its way: what the connection that carries it has to know.

    `reached` turns true once there is a connection, with TLS where that is asked for, and tells
    what never arrived from what was lost on the way.
    """

    def __init__(
        self, endpoint: Endpoint, target: str, timeout_s: float, hangups: Sequence[Hangup]
    ) -> None:
        self.reached = False
        self._endpoint = endpoint
        self._target = target
        self._timeout_s = timeout_s
        self._hangups = hangups
        self._sock: socket.socket | None = None

    def begin(self, sock: socket.socket) -> None:
        """There is a connection: bytes may now take the request's time instead of the connect's."""
        self.reached = True
        self._sock = sock
        if sock.gettimeout() != self._timeout_s:
            sock.settimeout(self._timeout_s)
        for hangup in self._hangups:
            hangup.attach(sock)

    def end(self) -> None:
        for hangup in self._hangups:
            if self._sock is not None:
                hangup.detach(self._sock)

    @property
    def cut_off(self) -> bool:
        return any(hangup.fired for hangup in self._hangups)

    @contextlib.contextmanager
    def under_hangups(self, sock: socket.socket) -> Iterator[None]:
        """For a socket that is not yet this flight's."""
        for hangup in self._hangups:
            hangup.attach(sock)
        try:
            yield
        finally:
            for hangup in self._hangups:
                hangup.detach(sock)

    def exactly(self, url: str) -> str:
        """The request line's target as it was signed; a proxy is given the whole URL."""
        return self._target if url.startswith("/") else self._endpoint.url + self._target

    def failure(self, error: Exception, received: int = 0) -> Ds3Error:
        """Turn what requests, urllib3 or a socket raised into one of ours."""
        failed = (
            lost(self._endpoint, error, received)
            if self.reached
            else unreached(self._endpoint, error)
        )
        if isinstance(failed, ConnectionFailed):
            # Without parameters: a new secret key is one.
            failed.path = self._target.partition("?")[0]
        return failed


def open_socket(place: tuple[str, int], timeout_s: float | None, flight: Flight) -> socket.socket:
    """Connect to a host and port, under the flight's hangups. Raises OSError."""
    failed: OSError | None = None
    try:
        found = socket.getaddrinfo(*place, 0, socket.SOCK_STREAM)
    except UnicodeError as error:  # a name that no name server could be asked for
        raise socket.gaierror(socket.EAI_NONAME, "no name of a host") from error
    for family, kind, protocol, _, address in found:
        sock = socket.socket(family, kind, protocol)
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.settimeout(timeout_s)
            with flight.under_hangups(sock):
                sock.connect(address)
            _suit(sock)
            return sock
        except OSError as error:
            failed = error
            sock.close()
        if flight.cut_off:
            break
    raise failed or OSError(f"{place[0]} has no address")


def _suit(sock: socket.socket) -> None:
    """To a peer on this computer have no more on its way than the processors' caches hold.

    The system would let buffers grow to megabytes, as for a long line, and spend more time on
    bytes that lie there than on moving them. Elsewhere it knows best.
    """
    with contextlib.suppress(OSError):
        if sock.getpeername()[0] == sock.getsockname()[0]:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, NEAR_BYTES)


class _Flights(threading.local):
    """The request that the calling thread is sending, for urllib3's connection to find."""

    current: Flight | None = None


flights = _Flights()


class _BoundedLines:
    """Reads the lines of an answer's head, and no more than MAX_HEADER_BYTES of them.

    A head that breaks off is an error, where http.client would take it for a shorter one.
    """

    def __init__(self, reader: Any) -> None:
        self._reader = reader
        self._left = MAX_HEADER_BYTES

    def readline(self, limit: int = -1) -> bytes:
        most = min(limit, self._left + 1)
        line: bytes = self._reader.readline(most)
        begun = self._left < MAX_HEADER_BYTES
        self._left -= len(line)
        if self._left < 0:
            raise http_client.HTTPException(f"more than {MAX_HEADER_BYTES} bytes of headers")
        if (begun or line) and not line.endswith(b"\n") and len(line) < most:
            raise http_client.IncompleteRead(line)
        return line

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reader, name)


class BoundedResponse(http_client.HTTPResponse):
    """An answer whose head is bounded as a whole, where http.client bounds each of its lines.

    Heads that only announce one are passed over, where http.client passes over 100 alone: with any
    other taken for the answer, the answer itself would be the next request's.
    """

    def begin(self) -> None:
        reader = self.fp
        self.fp = lines = _BoundedLines(reader)  # type: ignore[assignment]  # all that it needs
        try:
            super().begin()
            while 100 <= self.status < 200:
                if self.status == HTTPStatus.SWITCHING_PROTOCOLS:
                    raise http_client.HTTPException("another protocol")
                self.headers = self.msg = None  # type: ignore[assignment]  # it begins without
                super().begin()
        finally:
            # An answer without a body has closed it by now.
            if self.fp is lines:  # type: ignore[comparison-overlap]
                self.fp = reader
        if len(set(self.headers.get_all("Content-Length", []))) > 1:
            # Two readers on the way would take two different bodies from it.
            raise http_client.HTTPException("two lengths of one body")

    def flush(self) -> None:
        """Of an answer that is let go in a cycle the reader may be closed before it.

        Python 3.13 tells what the finalizer of a file raises; http.client's would raise then.
        """
        if self.fp is None or not self.fp.closed:
            super().flush()


class _FlightMixin:
    """A connection that carries the flight of the thread it is used in."""

    sock: Any  # a socket, or None before connect
    response_class: Any = BoundedResponse

    def connect(self) -> None:
        super().connect()  # type: ignore[misc]  # of the connection class it is mixed into
        self._begin()

    def _new_conn(self) -> socket.socket:
        """As urllib3's own, but that a hangup ends it."""
        flight = flights.current
        if flight is None:
            return super()._new_conn()  # type: ignore[misc, no-any-return]
        this: Any = self
        # As the URL has it, where the zone of an address may stand behind an escaped `%`.
        host = this._dns_host.strip("[]").replace("%25", "%")
        try:
            return open_socket((host, this.port), this.timeout, flight)
        except socket.gaierror as error:
            raise NameResolutionError(this.host, this, error) from error
        except TimeoutError as error:
            raise ConnectTimeoutError(this, f"no connection to {this.host} in time") from error
        except OSError as error:
            raise NewConnectionError(this, f"no connection: {error}") from error

    def putrequest(self, method: str, url: str, *args: Any, **kwargs: Any) -> None:
        if self.sock is not None:
            self._begin()
        if flights.current is not None:
            url = flights.current.exactly(url)
        super().putrequest(method, url, *args, **kwargs)  # type: ignore[misc]

    def send(self, data: Any) -> None:
        if isinstance(data, Outgoing):
            data.send(self.sock, super().send)  # type: ignore[misc]
        else:
            super().send(data)  # type: ignore[misc]

    def _begin(self) -> None:
        if flights.current is not None:
            flights.current.begin(self.sock)


class _PlainConnection(_FlightMixin, HTTPConnection):
    pass


class _Trust:
    """What all connections to one endpoint check certificates against.

    To read the usual authorities takes 20 ms of processor time, so each file of them is read once.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._contexts: dict[tuple[Any, ...], ssl.SSLContext] = {}

    def context(self, needed: Any, file: str | None, folder: str | None) -> ssl.SSLContext:
        """One that trusts a file's and a folder's certificates. Raises urllib3's SSLError.

        A file that was replaced meanwhile is read again: it may mend what was not trusted.
        """
        try:
            version = os.stat(file).st_mtime_ns if file is not None else None
            key = (needed, file, folder, version)
            with self._lock:
                if key not in self._contexts:
                    context = create_urllib3_context(cert_reqs=resolve_cert_reqs(needed))
                    in_large_pieces(context)
                    if file or folder:
                        context.load_verify_locations(file, folder)
                    self._contexts[key] = context
                return self._contexts[key]
        except OSError as error:
            raise NoTls(error) from error


class _TlsConnection(_FlightMixin, HTTPSConnection):
    def __init__(self, *args: Any, trust: _Trust, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._trust = trust
        self._trusted = self.ca_certs, self.ca_cert_dir

    def connect(self) -> None:
        # To a proxy with TLS the connection itself needs the files as well.
        if self.proxy is None or self.proxy.scheme != "https":
            self.ssl_context = self._trust.context(self.cert_reqs, *self._trusted)
            self.ca_certs = self.ca_cert_dir = None  # it would read them again
        super().connect()
        # urllib3 warns at each request over a connection that is not verified. That it is not was
        # chosen for this endpoint, and whoever chose it sees it; other users of urllib3 in this
        # process keep their warnings.
        self.is_verified = True

    @property
    def is_connected(self) -> bool:
        # What nobody asked for would be taken for the next request's answer.
        unread = isinstance(self.sock, TlsSocket) and self.sock.has_unread
        return not unread and super().is_connected


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _PlainConnection


class _TlsPool(HTTPSConnectionPool):
    def __init__(self, *args: Any, trust: _Trust, **kwargs: Any) -> None:
        self.ConnectionCls: Any = functools.partial(_TlsConnection, trust=trust)
        super().__init__(*args, **kwargs)


class _Adapter(HTTPAdapter):
    """Large blocks, no repeats, our connections, and a pinned certificate where there is one.

    A proxy that speaks TLS has to show a certificate of its own, whatever is asked of the
    appliance's: requests would look at it only as it looks at that.
    """

    def __init__(self, endpoint: Endpoint, trust: _Trust) -> None:
        self._trust = trust
        self._proxy_trusted = endpoint.ca_file or DEFAULT_CA_BUNDLE_PATH
        self._checks_proxy = endpoint.verify or endpoint.pin is not None
        self._options: dict[str, Any] = {"blocksize": PIECE}
        self._pools = {"http": _PlainPool, "https": functools.partial(_TlsPool, trust=trust)}
        if endpoint.pin is not None:
            self._options["assert_fingerprint"] = endpoint.pin
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **{**kwargs, **self._options})
        self.poolmanager.pool_classes_by_scheme = self._pools

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        options = {**kwargs, **self._options}
        if self._checks_proxy and proxy.lower().startswith("https"):
            trusted = self._trust.context("CERT_REQUIRED", self._proxy_trusted, None)
            options["proxy_ssl_context"] = trusted
        manager = super().proxy_manager_for(proxy, **options)
        manager.pool_classes_by_scheme = self._pools
        return manager


class Sessions:
    """The sessions to one endpoint. Each serves one request at a time, from whatever thread.

    They are not kept in thread-local storage: a thread that is not Python's own, as those of Qt's
    pool, loses that after each call, and every call would begin with a new connection.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._lock = threading.Lock()
        self._idle: list[requests.Session] = []
        self._closing = Hangup()
        self._trust = _Trust()

    @property
    def closing(self) -> Hangup:
        """What `close` fires."""
        with self._lock:
            return self._closing

    @contextlib.contextmanager
    def borrowed(self) -> Iterator[tuple[requests.Session, Hangup]]:
        """The session used last, or a new one; and the hangup that `close` fires."""
        with self._lock:
            closing = self._closing
            http = self._idle.pop() if self._idle else None
        http = http or _new_session(self._endpoint, self._trust)
        try:
            yield http, closing
        finally:
            with self._lock:
                kept = closing is self._closing
                if kept:
                    self._idle.append(http)
            if not kept:
                http.close()

    def close(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
            closing, self._closing = self._closing, Hangup()
        closing.fire()
        for session in idle:
            session.close()


def _new_session(endpoint: Endpoint, trust: _Trust) -> requests.Session:
    http = requests.Session()
    # The environment's proxies do not apply, and ~/.netrc would replace our Authorization header.
    http.trust_env = False
    if endpoint.proxy:
        http.proxies = {"http": endpoint.proxy, "https": endpoint.proxy}
    if endpoint.pin is not None:
        # The pin alone decides; a chain would refuse the self-signed certificate it stands for.
        http.verify = False
    else:
        http.verify = endpoint.ca_file or endpoint.verify
    adapter = _Adapter(endpoint, trust)
    http.mount("http://", adapter)
    http.mount("https://", adapter)
    return http


class WireUnder:
    """An `answers.Wire` under an answer of urllib3: http.client's reader, and its socket."""

    def __init__(self, response: requests.Response, reader: Any, sock: socket.socket) -> None:
        self._response = response
        self._reader = reader
        self.sock = sock

    def buffered(self, most: int) -> bytes:
        held: bytes = self._reader.read1(len(self._reader.peek()[:most]))
        return held

    def done(self) -> None:
        raw: Any = self._response.raw
        raw._fp.close()
        raw.release_conn()


def wire_under(response: requests.Response) -> WireUnder | None:
    """The wire of an answer; None where its bytes must be decoded, or nothing such is found."""
    if {"Transfer-Encoding", "Content-Encoding"} & set(response.headers):
        return None
    reader = getattr(getattr(response.raw, "_fp", None), "fp", None)
    sock = getattr(getattr(reader, "raw", None), "_sock", None)
    if not isinstance(sock, socket.socket) or not hasattr(reader, "peek"):
        return None
    return WireUnder(response, reader, sock)
