"""Small blobs, many by one thread: their requests are on their way together.

A small blob takes the appliance longer to answer than it takes to send, and two threads take longer
to hand the interpreter to each other than for either. So one thread begins a few before it waits
for the first. Nothing here knows what is moved, nor where to.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Protocol

from ds3_browser.protocol.errors import ConnectionFailed, ConnectionLost, Unreachable

from .blobs import Transfer

AT_ONCE = 8
MOST = 32  # blobs in one task of a blob thread
MOST_BYTES = 1 << 20  # of all of them: they are held in memory


class NotBegun(Exception):
    """A blob was left as it was: one before it found that there is no use in trying now."""


class OnItsWay(Protocol):
    """A blob whose request was begun, until one of both is called."""

    def end(self) -> None:
        """Wait for it. Raises what went wrong."""

    def leave(self) -> None:
        """Nobody waits for it any more."""


def move_together(
    transfers: Sequence[Transfer],
    begin: Callable[[Transfer], OnItsWay],
    landed: Callable[[Transfer, Exception | None], None],
) -> None:
    """Move all of them, a few at a time; `landed` is called once for each, in their order.

    Where there is no connection to be had, or an answer never came, the others are not tried: each
    would take as long to find the same.
    """
    waiting, on_way = deque(transfers), deque[tuple[Transfer, OnItsWay]]()
    all_begun = True
    while waiting or on_way:
        while waiting and len(on_way) < AT_ONCE and all_begun:
            transfer = waiting.popleft()
            begun = _begun(begin, transfer)
            all_begun = not isinstance(begun, _Failed)
            on_way.append((transfer, begun))
        transfer, begun = on_way.popleft()
        error = attempt(begun.end)
        landed(transfer, error)
        if error is not None and _is_hopeless(error):
            break
        all_begun = all_begun or not on_way
    for transfer, begun in on_way:
        begun.leave()
        landed(transfer, error)
    for transfer in waiting:
        landed(transfer, NotBegun())


class _Failed:
    """A blob that could not be begun; `end` says why, when its turn comes."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def end(self) -> None:
        raise self._error

    def leave(self) -> None:
        """There is nothing to leave."""


def _begun(begin: Callable[[Transfer], OnItsWay], transfer: Transfer) -> OnItsWay:
    try:
        return begin(transfer)
    except Exception as error:
        return _Failed(error)


def attempt(work: Callable[[], object]) -> Exception | None:
    """Do it; what was raised goes to the loop, which raises again what it has no meaning for."""
    try:
        work()
    except Exception as error:
        return error
    return None


def _is_hopeless(error: Exception) -> bool:
    if isinstance(error, ConnectionLost):
        return error.why is Unreachable.TIMEOUT
    return isinstance(error, ConnectionFailed)
