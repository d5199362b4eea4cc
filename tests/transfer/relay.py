"""A wire between client and simulator that can be cut, or swallow an answer."""

from __future__ import annotations

import contextlib
import socket
import threading
from types import TracebackType
from typing import Self

PIECE = 1 << 16


class Relay:
    """Passes bytes both ways. `url` is where it listens."""

    def __init__(self, port: int) -> None:
        self._to = ("127.0.0.1", port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._cut_at: list[bytes] = []
        self._swallow: list[bytes] = []
        self._silent = threading.Event()
        self.swallowed = threading.Event()
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def swallow(self, request: bytes) -> None:
        """Cut the connection when a request that holds these bytes comes, once."""
        self._cut_at.append(request)

    def swallow_answer_to(self, request: bytes) -> None:
        """Cut the connection when the answer to a request that holds these bytes comes, once."""
        self._swallow.append(request)

    def silence_answer_to(self, request: bytes) -> None:
        """Keep the answer to such a request for ever: the connection stays and says nothing."""
        self._silent.set()
        self._swallow.append(request)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            left = list(self._open)
        for sock in left:
            _cut(sock)
        for thread in self._threads:
            thread.join(5)

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._connection, args=(near,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _connection(self, near: socket.socket) -> None:
        try:
            far = socket.create_connection(self._to)
        except OSError:
            near.close()
            return
        with self._lock:
            self._open |= {near, far}
        lost = threading.Event()
        back = threading.Thread(target=self._answers, args=(far, near, lost), daemon=True)
        back.start()
        with contextlib.suppress(OSError):
            while piece := near.recv(PIECE):
                if any(_taken(self._cut_at, piece)):
                    self.swallowed.set()
                    break
                if any(_taken(self._swallow, piece)):
                    lost.set()
                far.sendall(piece)
        _cut(near)
        _cut(far)
        back.join()
        with self._lock:
            self._open -= {near, far}
        near.close()
        far.close()

    def _answers(self, far: socket.socket, near: socket.socket, lost: threading.Event) -> None:
        with contextlib.suppress(OSError):
            while piece := far.recv(PIECE):
                if lost.is_set():
                    self.swallowed.set()
                    if not self._silent.is_set():
                        break
                    continue
                near.sendall(piece)
        if not lost.is_set() or not self._silent.is_set():
            _cut(near)


def _taken(wanted: list[bytes], piece: bytes) -> list[bytes]:
    """What is wanted and here; it is wanted no more then."""
    here = [w for w in wanted if w in piece]
    for w in here:
        wanted.remove(w)
    return here


def _cut(sock: socket.socket) -> None:
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)
