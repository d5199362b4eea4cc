"""Blobs on their way: requests that were sent, or will be when somebody waits for them.

Where the short way leads they are sent at once, so that one thread can have several on their way.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from .calling import MAX_REPLY, Accepted
from .errors import BadReply
from .headers import read_checksum, read_etag, read_metadata
from .records import BlobReply
from .transport import Answer, Sink

#: First and last byte of an object, both included.
Range = tuple[int, int]


class _Begun:
    """A request on its way. What nobody holds any more is left."""

    __slots__ = ("_accepted",)

    def __init__(self, accepted: Accepted) -> None:
        self._accepted: Accepted | None = accepted

    def leave(self) -> None:
        """Nobody waits for it any more: its connection is closed. Harmless after the end."""
        accepted, self._accepted = self._accepted, None
        if accepted is not None:
            accepted.leave()

    def _taken(self) -> Accepted:
        """What there is to wait for, once: asked again it would be another request."""
        accepted, self._accepted = self._accepted, None
        if accepted is None:
            raise ValueError("This request was waited for or left already: begin another one.")
        return accepted


class BegunPut(_Begun):
    """A blob on its way to the appliance, until its `end` or its `leave`; one of both is called."""

    __slots__ = ()

    def end(self) -> None:
        """Wait for the answer. Raises what `put_object` raises."""
        with self._taken() as answer:
            answer.whole(MAX_REPLY)


class BegunGet(_Begun):
    """A blob that was asked for, until `receive` or `leave`; one of both is called."""

    __slots__ = ("_ranges",)

    def __init__(self, accepted: Accepted, ranges: tuple[Range, ...]) -> None:
        super().__init__(accepted)
        self._ranges = ranges

    def receive(self, sink: Sink) -> BlobReply:
        """Wait for its bytes. Raises what `get_object` raises."""
        check_sink(sink)
        ranges = self._ranges
        with self._taken() as answer:
            packed = answer.headers.get("Content-Encoding", "identity")
            if packed.strip().lower() not in ("", "identity"):
                raise BadReply(f"the object was packed on the way: {packed[:40]}")
            if ranges:
                _check_ranges(answer, ranges)
            received = answer.receive(sink)
            whole = not ranges and answer.status != 206
            return BlobReply(
                received=received,
                checksum=read_checksum(answer.headers) if whole else None,
                etag=read_etag(answer.headers),
                metadata=read_metadata(answer.headers),
            )


def check_sink(sink: object) -> None:
    """Before the request: what a job sends once, it does not send again."""
    if not hasattr(sink, "write_at") or not hasattr(sink, "moved"):
        kind = type(sink).__name__
        raise TypeError(
            f"What takes bytes has write_at and moved; {kind} has not."
            " FileSink makes a sink of an open file."
        )


def ranges_text(ranges: Sequence[Range]) -> str:
    return ",".join(f"{first}-{last}" for first, last in ranges)


def _check_ranges(answer: Answer, ranges: Sequence[Range]) -> None:
    """Raise BadReply where other bytes are to come than were asked for: none has come yet."""
    wanted, length = ranges_text(ranges), sum(last - first + 1 for first, last in ranges)
    if answer.length != length:
        raise BadReply(f"{answer.length} bytes are announced for ranges of {length}")
    told = re.fullmatch(r"bytes[ =](.*)/(\d+|\*)", answer.headers.get("Content-Range", "").strip())
    if told is not None and told[1].replace(" ", "") != wanted:
        raise BadReply(f"the ranges {told[1][:100]} are announced for {wanted[:100]}")
