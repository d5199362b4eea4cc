"""Spans of bytes as pairs of begin and end, the end not included."""

from __future__ import annotations

from collections.abc import Iterable

Span = tuple[int, int]


def missing(wanted: Iterable[Span], seen: Iterable[Span]) -> list[Span]:
    """The parts of `wanted` that no span of `seen` covers."""
    left = [(begin, end) for begin, end in wanted if begin < end]
    for begin, end in seen:
        left = [part for span in left for part in _without(span, begin, end)]
    return left


def _without(span: Span, begin: int, end: int) -> list[Span]:
    first, last = span
    if end <= first or last <= begin:
        return [span]
    return [
        part for part in ((first, min(begin, last)), (max(end, first), last)) if part[0] < part[1]
    ]


def split(spans: Iterable[Span], at: int) -> tuple[list[Span], list[Span]]:
    """The first `at` bytes of some spans, and the rest. An empty span is part of the rest."""
    before: list[Span] = []
    behind: list[Span] = []
    for begin, end in spans:
        middle = min(end, begin + at)
        at -= middle - begin
        if begin < middle:
            before.append((begin, middle))
        if middle < end or begin == end:
            behind.append((middle, end))
    return before, behind
