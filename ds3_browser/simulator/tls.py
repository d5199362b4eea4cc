"""https with certificates that are for tests alone; their keys are public."""

from __future__ import annotations

import functools
import socket
import ssl
from pathlib import Path

_FOLDER = Path(__file__).with_name("certificates")
_FILES = {
    "self-signed": "good.pem",
    "expired": "expired.pem",
    "wrong-host": "wrong-host.pem",
    "changed": "changed.pem",
}
CERTIFICATES = tuple(_FILES)


@functools.cache
def _context(certificate: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(_FOLDER / _FILES[certificate])
    return context


def wrapped(connection: socket.socket, certificate: str | bool) -> ssl.SSLSocket:
    """A connection that speaks TLS; its handshake is left to the thread that will serve it."""
    context = _context(certificate if isinstance(certificate, str) else "self-signed")
    return context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
