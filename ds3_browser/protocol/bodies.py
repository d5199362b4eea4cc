"""The two seams that bytes of objects cross: a body on its way out, a sink for one coming in.

Nothing here knows a path: a body may lend an open file for the kernel to send from. What a body
raises is kept apart from what the connection raises, for both may be an OSError.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import socket
import struct
import time
from collections.abc import Callable, Iterator
from typing import Protocol, runtime_checkable

PIECE = 1 << 20
SENDFILE_PIECE = 2 << 20  # of a line that slows down in mid-piece nothing is heard till its end
LEAST_SENDFILE_PIECE = 64 << 10
CACHE_LINE = 64
TOLD_EVERY_S = 0.1
WAITS = 8  # of the kernel, in the time in which a byte has to move

# Not every file system lets the kernel send its files, or write to them.
NOT_BY_THE_KERNEL = (errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.ESPIPE)
_FAULTS_OF_A_FILE = (errno.EIO, errno.ESTALE)


def room(length: int, offset: int = 0) -> memoryview:
    """Memory for the bytes from an offset on, as far from a cache line as they are in their file.

    Otherwise the kernel takes up to twice as long to copy them: large allocations begin 16 bytes
    behind a cache line.
    """
    whole = bytearray(length + CACHE_LINE)
    begin = (offset - ctypes.addressof(ctypes.c_char.from_buffer(whole))) % CACHE_LINE
    return memoryview(whole)[begin : begin + length]


class Body(Protocol):
    """What a PUT sends: exactly `length` bytes. `pieces` begins anew at each call.

    `file` is (descriptor, offset) where the kernel may take the bytes itself, else None. `moved` is
    called after each piece. What `pieces` and `moved` raise ends the request and passes through.
    """

    @property
    def length(self) -> int: ...
    @property
    def file(self) -> tuple[int, int] | None: ...
    def pieces(self) -> Iterator[memoryview]: ...
    def moved(self, n: int) -> None: ...


class Sink(Protocol):
    """Where a GET's bytes go. `offset` counts from the first byte of this answer's body.

    The piece is only valid during the call. What either method raises ends the request and passes
    through.
    """

    def write_at(self, offset: int, piece: memoryview) -> None: ...
    def moved(self, n: int) -> None: ...


@runtime_checkable
class Unseen(Sink, Protocol):
    """A sink that, where it `takes_unseen`, lets the kernel put bytes in their place.

    `take_unseen` moves up to `n` bytes from a pipe, and says how many; 0 where the kernel does not
    do that here, and they are read and given to `write_at`. What it raises ends the request.
    """

    @property
    def takes_unseen(self) -> bool: ...
    def take_unseen(self, offset: int, pipe: int, n: int) -> int: ...


@runtime_checkable
class Limited(Protocol):
    """A body or a sink that does not take its bytes as fast as they go.

    `allowed` is called before each piece, may block, and says how many of the `wanted` bytes are to
    be moved next, at least one. What it raises ends the request and passes through.
    """

    def allowed(self, wanted: int) -> int: ...


def allowance(moved: Body | Sink) -> Callable[[int], int]:
    """How many bytes of it may be moved next; as many as are wanted where it sets no limit."""
    return moved.allowed if isinstance(moved, Limited) else _all_of


def _all_of(wanted: int) -> int:
    return wanted


class BodyChanged(OSError):
    """A body gave fewer or more bytes than its length: its file was changed meanwhile."""


class BodyRaised(Exception):
    """Carries what a body raised past urllib3, which takes any OSError for the connection's."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error


@contextlib.contextmanager
def _of_the_body() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        raise BodyRaised(error) from error


class Outgoing:
    """A Body as urllib3 takes it: an iterable of known length without `read`.

    With `read` it would be sent in pieces of 16 KiB at twice the processor time. Iterated over it
    gives itself, once: only the connection knows whether the kernel can send the bytes.
    `by_kernel` is false where it shall not.
    """

    def __init__(self, body: Body, by_kernel: bool = True) -> None:
        self._body = body
        self._by_kernel = by_kernel
        self._allowed = allowance(body)

    def __len__(self) -> int:
        return self._body.length

    def __iter__(self) -> Iterator[Outgoing]:
        yield self

    def send(self, sock: socket.socket, send_piece: Callable[[memoryview], None]) -> None:
        """Send all of the body: from its file to a plain socket, or else piece by piece."""
        if not self._sent_from_file(sock):
            self._send_pieces(send_piece)

    def _sent_from_file(self, sock: socket.socket) -> bool:
        """Let the kernel send. False, with nothing sent, where that is not possible."""
        file = getattr(self._body, "file", None)  # a script's body may well have none
        if not self._by_kernel or file is None or type(sock) is not socket.socket:
            return False
        if not hasattr(os, "sendfile") or not _waits_by_itself(sock):
            return False
        with _blocking(sock) as timeout:
            return self._sent_by_kernel(sock, timeout, *file)

    def _sent_by_kernel(
        self, sock: socket.socket, timeout: float | None, descriptor: int, begin: int
    ) -> bool:
        sent, most = 0, LEAST_SENDFILE_PIECE
        while sent < len(self):
            with _of_the_body():
                wanted = self._allowed(min(most, len(self) - sent))
            began = time.monotonic()
            try:
                n = _sendfile(sock, timeout, descriptor, begin + sent, wanted)
            except OSError as error:
                if sent == 0 and error.errno in NOT_BY_THE_KERNEL:
                    return False
                if error.errno in _FAULTS_OF_A_FILE or _is_no_file(error, sock):
                    raise BodyRaised(error) from error
                raise
            if n == 0:
                raise BodyRaised(BodyChanged("the file ended before the blob did"))
            sent += n
            most = _next_piece(n, time.monotonic() - began)
            with _of_the_body():
                self._body.moved(n)
        return True

    def _send_pieces(self, send_piece: Callable[[memoryview], None]) -> None:
        with _of_the_body():
            pieces = self._body.pieces()
        left = len(self)
        while left:
            with _of_the_body():
                piece = next(pieces, None)
                if piece is None or len(piece) > left:
                    raise BodyChanged("the body is not as long as was announced")
            send_piece(piece)
            left -= len(piece)
            with _of_the_body():
                self._body.moved(len(piece))


def _is_no_file(error: OSError, sock: socket.socket) -> bool:
    """Whether it is the file's descriptor that is closed or cannot be read, not the socket's."""
    return error.errno == errno.EBADF and sock.fileno() >= 0


def _next_piece(n: int, took_s: float) -> int:
    """How much to send at once after `n` bytes: nobody hears of it before all of it has gone.

    At most twice as much, for the first bytes go into a buffer at once whatever the line is like.
    """
    in_time = int(n * TOLD_EVERY_S / max(took_s, 1e-6))
    return max(LEAST_SENDFILE_PIECE, min(SENDFILE_PIECE, 2 * n, in_time))


def _sendfile(
    sock: socket.socket, timeout: float | None, descriptor: int, offset: int, wanted: int
) -> int:
    began = time.monotonic()
    while True:
        try:
            return os.sendfile(sock.fileno(), descriptor, offset, wanted)
        except BlockingIOError:
            if timeout is not None and time.monotonic() - began >= timeout:
                raise TimeoutError("timed out while sending") from None


def _waits_by_itself(sock: socket.socket) -> bool:
    """Have a call wait for room, for a part of the time that the socket's timeout says.

    Otherwise this program wakes up each time that there is a little. The kernel may wait several
    times in one call, and tells then of the bytes that went before. False where the system takes
    the time in another form.
    """
    timeout = sock.gettimeout()
    seconds = 0.0 if timeout is None else max(timeout / WAITS, 0.001)
    limit = struct.pack("@ll", int(seconds), int(seconds % 1 * 1e6))
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)
    except OSError:
        return False
    return True


@contextlib.contextmanager
def _blocking(sock: socket.socket) -> Iterator[float | None]:
    """Without the time-out that the socket has outside, which is given."""
    timeout = sock.gettimeout()
    sock.settimeout(None)
    try:
        yield timeout
    finally:
        with contextlib.suppress(OSError):  # it was closed meanwhile
            sock.settimeout(timeout)
