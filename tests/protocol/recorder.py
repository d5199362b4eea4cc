"""A server of bare sockets: it keeps what came byte by byte, and answers what a test tells it.

It knows neither the simulator nor the client, so it shows what is on the wire and nothing else.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self


@dataclass
class Recorded:
    """One request: its line and headers as they came, and its body as far as it was read."""

    line: str
    headers: list[tuple[str, str]]
    body: bytes = b""

    def header(self, name: str) -> str | None:
        """The one value of a header; None where it did not come."""
        values = [value for key, value in self.headers if key.lower() == name.lower()]
        assert len(values) < 2, f"{name} came {len(values)} times"
        return values[0] if values else None

    @property
    def target(self) -> str:
        return self.line.split(" ")[1]


@dataclass
class Peer:
    """The server's end of one connection, for a test that answers by hand."""

    sock: socket.socket
    recorder: Recorder
    buffer: bytearray = field(default_factory=bytearray)

    def read_head(self) -> Recorded | None:
        """The next request up to its blank line; None where the client has gone."""
        while b"\r\n\r\n" not in self.buffer:
            if not self.more():
                return None
        head, _, rest = bytes(self.buffer).partition(b"\r\n\r\n")
        self.buffer = bytearray(rest)
        line, *lines = head.decode("latin-1").split("\r\n")
        pairs = (line.partition(": ") for line in lines)
        request = Recorded(line, [(name, value) for name, _, value in pairs])
        self.recorder.requests.append(request)
        return request

    def read_body(self, request: Recorded) -> None:
        length = int(request.header("Content-Length") or 0)
        while len(self.buffer) < length and self.more():
            pass
        request.body = bytes(self.buffer[:length])
        del self.buffer[:length]

    def more(self) -> bool:
        came = self.sock.recv(1 << 16)
        self.buffer += came
        return bool(came)

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def reset(self) -> None:
        """End the connection with a reset instead of an orderly close."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def wait(self) -> None:
        """Do nothing until the test is over."""
        self.recorder.over.wait(30)


#: What is done with one request: an answer to send once it was read, or a function that is given
#: the connection with the request's body still unread.
Act = bytes | Callable[[Peer, Recorded], None]


def reply(
    status: int = 200, body: bytes = b"", *, length: int | None = None, **headers: str
) -> bytes:
    """The bytes of an answer. `length` is what it announces, if that is to differ from the body."""
    lines = [f"HTTP/1.1 {status} Whatever"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    lines += [f"Content-Length: {len(body) if length is None else length}", "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


class Recorder:
    """Serves from the moment it is made; `requests` is what came, `connections` how many.

    Requests are answered by `acts` in turn, and with an empty 200 once there are none left.
    """

    def __init__(self, certificate: str | None = None, host: str = "127.0.0.1") -> None:
        self.requests: list[Recorded] = []
        self.connections = 0
        self.acts: deque[Act] = deque()
        self.over = threading.Event()
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._tls: ssl.SSLContext | None = None
        if certificate is not None:
            self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._tls.load_cert_chain(certificate)
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listener = socket.create_server((host, 0), family=family)
        self.port: int = self._listener.getsockname()[1]
        self._start(self._accept)

    @property
    def scheme(self) -> str:
        return "http" if self._tls is None else "https"

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}"

    def answer(self, *acts: Act) -> None:
        self.acts.extend(acts)

    def _start(self, run: Callable[..., None], *given: object) -> None:
        thread = threading.Thread(target=run, args=given, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(sock)
            self._start(self._serve, sock)

    def _serve(self, sock: socket.socket) -> None:
        with contextlib.suppress(OSError), contextlib.closing(sock):
            if self._tls is not None:
                sock = self._tls.wrap_socket(sock, server_side=True)
                self._open.append(sock)
            with contextlib.closing(sock):
                self.talk(Peer(sock, self))

    def talk(self, peer: Peer) -> None:
        """All requests of one connection."""
        while (request := peer.read_head()) is not None:
            act = self.acts.popleft() if self.acts else reply()
            if callable(act):
                act(peer, request)
                if peer.sock.fileno() < 0:
                    return
            else:
                peer.read_body(request)
                peer.send(act)

    def close(self) -> None:
        self.over.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for sock in self._open:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(sock, socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()
