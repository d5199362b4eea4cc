"""Objects that a download does not fetch, since they are only on tapes that nobody wants read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from ds3_browser.protocol.client import Ds3Client

from .events import Failure, FailureCode
from .placing import Located, locate
from .tapes import TapesAsked


@dataclass(frozen=True, slots=True)
class LeftOut:
    size: int
    why: Failure


class LeavingOut:
    """`without` are barcodes; with `ejected` also the tapes that are ejected by then."""

    def __init__(
        self,
        client: Ds3Client,
        bucket: str,
        versions: Mapping[str, str],
        *,
        without: Iterable[str],
        ejected: bool,
        answered: Callable[[Callable[[], list[Located]]], list[Located]],
    ) -> None:
        self._client = client
        self._bucket = bucket
        self._versions = versions
        self._without = frozenset(without)
        self._ejected = ejected
        self._answered = answered
        self._tapes = TapesAsked(client)

    def among(self, objects: Sequence[tuple[str, int | None]]) -> Mapping[str, LeftOut]:
        """Those of some objects, by name and size, that are left out. Blocks."""
        located = self._answered(partial(self._locate, objects))
        unread = self._without | {code for code, tape in self._tapes.known.items() if tape.ejected}
        return {
            one.name: LeftOut(one.size, _why(one, unread))
            for one in located
            if not one.readable(unread)
        }

    def _locate(self, objects: Sequence[tuple[str, int | None]]) -> list[Located]:
        located = locate(self._client, self._bucket, objects, self._versions)
        if self._ejected:
            self._tapes.ask(code for one in located for codes in one.copies for code in codes)
        return located


def _why(one: Located, unread: frozenset[str]) -> Failure:
    """The tapes that would be needed, as the reason."""
    lacking = next(codes for codes in one.copies if unread.issuperset(codes))
    return Failure(FailureCode.LEFT_OUT, one.name, detail=", ".join(lacking))
