"""Connections under TLS whose bytes cross the system in large pieces.

`ssl.SSLSocket` asks the system twice for each record of 16 KiB, once for its head and once for the
rest, and sends each by itself. Here TLS works on memory, and what is encrypted goes to the system
and comes from it in pieces of many records.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import time
from typing import Any  # what the socket module leaves untyped

from .bodies import room

SENT_AT_ONCE = 512 << 10  # bytes
RECEIVED_AT_ONCE = 192 << 10  # they are copied once more, while they are in a cache


def in_large_pieces(context: ssl.SSLContext) -> None:
    """Let the sockets that this context wraps be of the kind here, if it makes them as is known."""
    if hasattr(ssl.SSLSocket, "_create"):
        context.sslsocket_class = TlsSocket  # type: ignore[assignment]  # has what its users need


class TlsSocket(socket.socket):
    """A connected socket under TLS, made by `SSLContext.wrap_socket`, which shakes hands.

    It is used by one thread at a time; another one may shut it down by the plain socket's method.
    Raises what `ssl.SSLSocket` does. An end that the other side did not announce is an end.
    """

    def __init__(
        self,
        sock: socket.socket,
        context: ssl.SSLContext,
        server_side: bool,
        server_hostname: str | None,
    ) -> None:
        """Take the place of `sock`, which is detached, and shake hands."""
        if context.check_hostname and not server_hostname:
            raise ValueError("without a host's name its certificate cannot be checked")
        super().__init__(sock.family, sock.type, sock.proto, fileno=sock.fileno())
        timeout_s = sock.gettimeout()
        sock.detach()
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._encrypted = room(RECEIVED_AT_ONCE)
        self._ended = False
        try:
            self._tls = context.wrap_bio(
                self._incoming, self._outgoing, server_side, server_hostname
            )
            self._shake_hands(timeout_s)
            self.settimeout(timeout_s)
        except BaseException:
            self.close()
            raise

    @classmethod
    def _create(
        cls,
        sock: socket.socket,
        context: ssl.SSLContext,
        server_side: bool = False,
        server_hostname: str | None = None,
        **_: object,
    ) -> TlsSocket:
        """What `SSLContext.wrap_socket` calls."""
        return cls(sock, context, server_side, server_hostname)

    def _shake_hands(self, timeout_s: float | None) -> None:
        """In so many seconds altogether, however the other side spreads them."""
        until = None if timeout_s is None else time.monotonic() + timeout_s
        while True:
            self.settimeout(None if until is None else max(until - time.monotonic(), 0.001))
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                self._receive_more()
            except ssl.SSLError:
                with contextlib.suppress(OSError):
                    self._flush()  # it tells the other side why
                raise
            else:
                self._flush()
                return

    @property
    def has_unread(self) -> bool:
        """Whether more has come than was asked for."""
        return bool(self._incoming.pending or self._tls.pending())

    def getpeercert(self, binary_form: bool = False) -> Any:
        return self._tls.getpeercert(binary_form)

    def version(self) -> str | None:
        return self._tls.version()

    def recv(self, size: int, flags: int = 0) -> bytes:
        memory = bytearray(size)
        return bytes(memory[: self.recv_into(memory, size, flags)])

    def recv_into(self, buffer: Any, nbytes: int = 0, flags: int = 0) -> int:
        """Decrypt as much as has come, or wait for more; 0 at the end."""
        _without(flags)
        with memoryview(buffer).cast("B") as whole, whole[: nbytes or len(whole)] as view:
            received = 0
            while received < len(view) and not self._ended:
                if not self.has_unread:
                    if received:
                        break
                    self._receive_more()
                try:
                    n = self._tls.read(len(view) - received, view[received:])
                except ssl.SSLWantReadError:  # of a record there is a part
                    if received:
                        break
                    self._receive_more()
                except ssl.SSLEOFError:
                    self._ended = True
                else:
                    assert isinstance(n, int)  # where there is a buffer
                    self._ended = not n
                    received += n
            return received

    def send(self, data: Any, flags: int = 0) -> int:
        """Encrypt and send a part of the data; how much that was."""
        _without(flags)
        with memoryview(data).cast("B") as view:
            sent = 0
            while sent < len(view) and self._outgoing.pending < SENT_AT_ONCE:
                try:
                    sent += self._tls.write(view[sent : sent + SENT_AT_ONCE])
                except ssl.SSLWantReadError:
                    self._receive_more()
            self._flush()
            return sent

    def sendall(self, data: Any, flags: int = 0) -> None:
        with memoryview(data).cast("B") as view:
            sent = 0
            while sent < len(view):
                sent += self.send(view[sent:], flags)

    def _flush(self) -> None:
        if self._outgoing.pending:
            super().sendall(self._outgoing.read())

    def _receive_more(self) -> None:
        self._flush()  # the other side may wait for it
        n = super().recv_into(self._encrypted)
        if n:
            self._incoming.write(self._encrypted[:n])
        else:
            self._incoming.write_eof()


def _without(flags: int) -> None:
    if flags:
        raise ValueError("under TLS there are no flags")
