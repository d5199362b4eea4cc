"""What requests, urllib3, TLS and sockets raise, turned into one of our errors. No I/O.

No text of theirs is passed on but the system's own words: it may hold a URL with a proxy's login.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator, Sequence
from http import client as http_client
from urllib.parse import urlsplit

import urllib3

from .errors import (
    BadReply,
    ConnectionFailed,
    ConnectionLost,
    Ds3Error,
    TlsFailed,
    TlsFault,
    Unreachable,
)
from .records import Endpoint

_ENDED_TLS = (ssl.SSLEOFError, ssl.SSLZeroReturnError)
_REASONS: tuple[tuple[tuple[type[BaseException], ...], Unreachable], ...] = (
    ((socket.gaierror, urllib3.exceptions.NameResolutionError), Unreachable.NAME),
    ((ConnectionRefusedError,), Unreachable.REFUSED),
    ((ConnectionResetError, *_ENDED_TLS), Unreachable.RESET),
    # Before the time-outs: to urllib3 it is a kind of them.
    ((urllib3.exceptions.NewConnectionError,), Unreachable.NETWORK),
    ((TimeoutError, urllib3.exceptions.TimeoutError), Unreachable.TIMEOUT),
)
_ENDED_HTTP = (http_client.RemoteDisconnected, http_client.IncompleteRead)
_NOT_HTTP = (http_client.HTTPException, urllib3.exceptions.InvalidHeader)


def unreached(endpoint: Endpoint, error: Exception) -> ConnectionFailed:
    """There never was a connection: why not."""
    where, causes = endpoint.place, list(_causes(error))
    refused = _refused_by_proxy(causes)
    if refused is not None or _any(causes, urllib3.exceptions.ProxyError):
        untrusted = next((_words(each) for each in causes if isinstance(each, ssl.SSLError)), "")
        return ConnectionFailed(proxy_place(endpoint), Unreachable.PROXY, refused or untrusted)
    if any("Fingerprints did not match" in str(cause) for cause in causes):
        return TlsFailed(where, TlsFault.CHANGED)
    for cause in causes:
        if isinstance(cause, ssl.SSLError) and not isinstance(cause, _ENDED_TLS):
            return TlsFailed(where, _tls_fault(cause), _words(cause))
    if endpoint.ca_file is not None and "CA certificate bundle" in str(error):
        return TlsFailed(where, TlsFault.OTHER, "the file of trusted certificates is not there")
    why = next((why for kinds, why in _REASONS if _any(causes, *kinds)), Unreachable.NETWORK)
    return ConnectionFailed(where, why, _words(causes[-1]))


def lost(endpoint: Endpoint, error: Exception, received: int) -> Ds3Error:
    """There was a connection: it ended, stood still, or does not speak HTTP."""
    where, causes = endpoint.place, list(_causes(error))
    for cause in causes:
        if isinstance(cause, _NOT_HTTP) and not isinstance(cause, _ENDED_HTTP):
            return BadReply(f"the answer is not HTTP: {type(cause).__name__}")
    if _any(causes, TimeoutError, urllib3.exceptions.TimeoutError):
        return ConnectionLost(where, Unreachable.TIMEOUT, "", received)
    return ConnectionLost(where, Unreachable.RESET, _words(causes[-1]), received)


def _any(causes: Sequence[BaseException], *kinds: type[BaseException]) -> bool:
    return any(isinstance(cause, kinds) for cause in causes)


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


def _refused_by_proxy(causes: Sequence[BaseException]) -> str | None:
    """What the proxy answered instead of making a way through; None where it did not answer."""
    told = "Tunnel connection failed: "
    texts = (str(cause) for cause in causes)
    return next((text.removeprefix(told) for text in texts if text.startswith(told)), None)


def proxy_place(endpoint: Endpoint) -> str:
    """The proxy's address, without the login its URL may hold."""
    return urlsplit(endpoint.proxy or "").netloc.rpartition("@")[2]
