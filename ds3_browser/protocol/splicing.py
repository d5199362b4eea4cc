"""Bytes from a socket to their place by the kernel alone, through a pipe of its own.

What nobody counts or digests need not be copied into this program and out of it again. Everything
here may turn out not to be possible, at any byte: the ordinary way then goes on from there.
"""

from __future__ import annotations

import contextlib
import os
import select
import socket
import sys
from typing import TypeGuard

from .bodies import NOT_BY_THE_KERNEL, PIECE, Sink, Unseen, allowance

WORTH_IT = 1 << 20  # bytes; of fewer the most have come along with the head
_AT_ONCE = getattr(os, "SPLICE_F_NONBLOCK", 0)  # as far as the pipe is concerned

if sys.platform == "linux":
    import fcntl


class Spliced:
    """What is left of a body, on its way from `sock` into `sink`.

    `received` counts from the first byte of the body, and is what the sink has.
    """

    def __init__(self, sock: socket.socket, sink: Unseen, received: int, announced: int) -> None:
        self.received = received
        self._sock = sock
        self._sink = sink
        self._announced = announced
        self._allowed = allowance(sink)

    def receive(self) -> OSError | None:
        """Receive as much as can be had this way; what ended the connection where it ended.

        What the sink raises passes through.
        """
        try:
            out, into = os.pipe()
        except OSError:
            return None  # too many files are open: the ordinary way needs none
        try:
            return self._through(out, into)
        finally:
            os.close(out)
            os.close(into)

    def _through(self, out: int, into: int) -> OSError | None:
        size = _widened(into)
        while self.received < self._announced:
            wanted = self._allowed(min(size, self._announced - self.received))
            try:
                filled = self._fill(into, wanted)
            except OSError as error:
                return None if error.errno in NOT_BY_THE_KERNEL else error
            if not filled:
                return ConnectionResetError("ended early")
            if not self._empty(out, filled):
                break
        return None

    def _fill(self, pipe: int, wanted: int) -> int:
        """Wait for bytes, and have those in the pipe that are there; 0 at the connection's end."""
        filled = 0
        while filled < wanted:
            try:
                n = os.splice(self._sock.fileno(), pipe, wanted - filled, flags=_AT_ONCE)
            except BlockingIOError:
                if filled:
                    break  # nothing more has come, or the pipe takes no more
                _wait_until_readable(self._sock)
                continue
            except OSError:
                if filled:
                    break  # it comes again, once these are where they belong
                raise
            if not n:
                break
            filled += n
        return filled

    def _empty(self, pipe: int, filled: int) -> bool:
        """Have the sink take what is in the pipe. False where it had to see it."""
        begin = self.received
        while (left := begin + filled - self.received) > 0:
            n = self._sink.take_unseen(self.received, pipe, left)
            if not n:
                self._show(pipe, left)
                return False
            self._moved(n)
        return True

    def _show(self, pipe: int, left: int) -> None:
        while left:
            piece = os.read(pipe, left)
            left -= len(piece)
            self._sink.write_at(self.received, memoryview(piece))
            self._moved(len(piece))

    def _moved(self, n: int) -> None:
        self.received += n
        self._sink.moved(n)


def can_be_spliced(sink: Sink, sock: socket.socket, length: int) -> TypeGuard[Unseen]:
    """Whether so many bytes from a socket may go to the sink past this program."""
    if sys.platform != "linux" or not hasattr(os, "splice"):
        return False
    if length < WORTH_IT or type(sock) is not socket.socket:
        return False
    return isinstance(sink, Unseen) and sink.takes_unseen


def _widened(pipe: int) -> int:
    """Let a pipe hold a piece; how much it holds. All pipes of a user have a limit."""
    with contextlib.suppress(OSError):
        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, PIECE)
    return fcntl.fcntl(pipe, fcntl.F_GETPIPE_SZ)


def _wait_until_readable(sock: socket.socket) -> None:
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    timeout = sock.gettimeout()
    if not poll.poll(None if timeout is None else timeout * 1000):
        raise TimeoutError("timed out while receiving")
