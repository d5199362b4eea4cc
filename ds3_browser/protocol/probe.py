"""The first step of a connection test: is there anybody at this address? Nothing is sent."""

from __future__ import annotations

import socket
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

from .errors import ConnectionFailed, Unreachable
from .failures import proxy_place
from .records import Endpoint

CONNECT_TIMEOUT_S = 10.0


@dataclass(frozen=True, slots=True)
class Reached:
    """A connection was made. `address` is the number the name led to; `proxied` when it is the
    proxy's, which then does the rest of the way.
    """

    address: str
    port: int
    seconds: float
    proxied: bool


def reach(endpoint: Endpoint, timeout_s: float = CONNECT_TIMEOUT_S) -> Reached:
    """Resolve the name and connect, to the proxy where there is one. Blocks.

    Raises ConnectionFailed.
    """
    host, port = _first_stop(endpoint)
    where = endpoint.place if endpoint.proxy is None else proxy_place(endpoint)
    began = time.monotonic()
    try:
        with socket.create_connection((host, port), timeout_s) as connection:
            seconds = time.monotonic() - began
            address = str(connection.getpeername()[0])
    except UnicodeError as error:  # a name that no name server could be asked for
        why = Unreachable.NAME if endpoint.proxy is None else Unreachable.PROXY
        raise ConnectionFailed(where, why, "no name of a host") from error
    except OSError as error:
        raise ConnectionFailed(where, _why(error, endpoint), _words(error)) from error
    return Reached(address, port, seconds, endpoint.proxy is not None)


def _first_stop(endpoint: Endpoint) -> tuple[str, int]:
    if endpoint.proxy is None:
        return endpoint.host, endpoint.port
    parts = urlsplit(endpoint.proxy)
    return parts.hostname or "", parts.port or 80


def _why(error: OSError, endpoint: Endpoint) -> Unreachable:
    if endpoint.proxy is not None:
        return Unreachable.PROXY
    match error:
        case socket.gaierror():
            return Unreachable.NAME
        case ConnectionRefusedError():
            return Unreachable.REFUSED
        case TimeoutError():
            return Unreachable.TIMEOUT
        case _:
            return Unreachable.NETWORK


def _words(error: OSError) -> str:
    return error.strerror or type(error).__name__
