"""What a download has to read, before there is one: from cache, from disks, from which tapes.

`look` asks the appliance in the background and tells how far it is; a `RestorePlan` is what is
known so far. Objects that lie alike are counted together, so a plan stays small however many there
are. The appliance alone decides which copy it reads: each object is counted once, by the fewest
tapes that are needed.
"""

from __future__ import annotations

import enum
import itertools
import logging
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from ds3_browser.protocol.client import Ds3Client
from ds3_browser.protocol.errors import ConnectionFailed, Ds3Error

from .placing import Located, Medium, batches, locate, readable
from .tapes import TapeFacts, TapesAsked

log = logging.getLogger(__name__)

BACKGROUND = 20_000  # more objects than that are not waited for
CALL_EVERY_S = 0.05  # twenty calls a second: reading at full speed would starve the window
TELL_EVERY_S = 0.2


@dataclass(frozen=True, slots=True)
class Chosen:
    """What to download of a bucket: objects by name and size, and folders by their prefixes.

    The whole bucket is the folder of an empty prefix. Of a name in `versions`, by the id of a
    version, that one is meant.
    """

    bucket: str
    objects: tuple[tuple[str, int | None], ...] = ()
    prefixes: tuple[str, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    all_copies: bool = False

    def listed(self, client: Ds3Client) -> Iterator[tuple[str, int | None]]:
        """Name and size of all of it, each once, in the order in which a job plans it. Blocks.

        Of a folder's own object no bytes are fetched, whatever somebody put into it.
        """
        seen = set[str]()
        may_repeat = len(self.objects) + len(self.prefixes) > 1
        for name, size in itertools.chain(self.objects, self._below(client)):
            if may_repeat:
                if name in seen:
                    continue
                seen.add(name)
            yield name, 0 if name.endswith("/") else size

    def _below(self, client: Ds3Client) -> Iterator[tuple[str, int | None]]:
        for prefix in self.prefixes:
            for page in client.list_pages(self.bucket, prefix=prefix):
                yield from zip(page.names, page.sizes, strict=True)


class Where(enum.Enum):
    """Where an object is now, as it matters for reading it; the fastest first."""

    CACHE = "cache"
    DISK = "disk"
    LIBRARY = "library"  # on a tape that the appliance can fetch by itself
    EJECTED = "ejected"  # a part of it is on ejected tapes only
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Amount:
    """So many objects of so many bytes, on so many different tapes."""

    objects: int = 0
    size: int = 0
    tapes: int = 0


@dataclass(frozen=True, slots=True)
class Alike:
    """Objects that lie alike, see `Located`."""

    medium: Medium
    copies: tuple[tuple[str, ...], ...]
    objects: int
    size: int
    lengths: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class TapeRow:
    """A tape to read: the objects counted at it. `left_out` where these are not fetched without it.

    `others_ejected` where there are further copies of them, all on ejected tapes.
    """

    tape: TapeFacts
    objects: int
    size: int
    left_out: bool = False
    others_ejected: bool = False


@dataclass(frozen=True, slots=True)
class RestorePlan:
    """What is known so far of a download. `objects` and `size` are those of all of it, listed so
    far or, with `listed`, altogether; `looked_at` those whose place is known.

    `refused` is why no more places are told.
    """

    objects: int = 0
    size: int = 0
    listed: bool = False
    looked_at: int = 0
    alike: tuple[Alike, ...] = ()
    tapes: Mapping[str, TapeFacts] = field(default_factory=dict)
    refused: Ds3Error | None = None
    finished: bool = False
    at: datetime | None = None

    @property
    def in_background(self) -> bool:
        """Whether there are too many to wait for."""
        return self.objects > BACKGROUND

    def ejected(self) -> frozenset[str]:
        return frozenset(code for code, tape in self.tapes.items() if tape.ejected)

    def amount(self, where: Where) -> Amount:
        """How much is there, and on how many tapes, of all that was looked at."""
        ejected = self.ejected()
        found = [one for one in self.alike if where_is(one, ejected) is where]
        tapes = {
            code
            for one, codes in self._read_from(frozenset())
            if where_is(one, ejected) is where
            for code in codes
        }
        return _sum(found, len(tapes))

    def left_out(self, without: Collection[str]) -> Amount:
        """What is not fetched when these tapes are not read: what is on no other one."""
        return _sum(one for one in self.alike if not readable(one.copies, without))

    def rows(self, without: frozenset[str]) -> tuple[TapeRow, ...]:
        """The tapes to read when these are not, and these themselves; the ejected ones last."""
        ejected = self.ejected()
        found: dict[str, TapeRow] = {}
        for code in {code for _, codes in self._read_from(frozenset()) for code in codes}:
            found[code] = TapeRow(self.tapes.get(code) or TapeFacts(code), 0, 0, code in without)
        alone: dict[str, bool] = {}
        for one, codes in self._read_from(without):
            for number, (code, length) in enumerate(zip(codes, one.lengths, strict=True)):
                facts = self.tapes.get(code) or TapeFacts(code)
                before = found.get(code) or TapeRow(facts, 0, 0, code in without)
                objects = before.objects + (0 if number else one.objects)
                others = set(one.copies[number]) - {code}
                alone[code] = alone.get(code, True) and bool(others) and others <= ejected
                found[code] = TapeRow(
                    *(facts, objects, before.size + length, code in without),
                    others_ejected=alone[code] and code not in ejected,
                )
        return tuple(
            sorted(found.values(), key=lambda row: (bool(row.tape.ejected), row.tape.barcode))
        )

    def _read_from(self, without: Collection[str]) -> Iterator[tuple[Alike, tuple[str, ...]]]:
        """For all that needs tapes, the one that each part is counted at.

        One in the library before one that is ejected; then one that is needed anyway.
        """
        ejected = self.ejected()
        needed = set[str]()

        def rank(code: str) -> tuple[bool, bool, bool, str]:
            return code in without, code in ejected, code not in needed, code

        on_tape = (one for one in self.alike if one.copies)
        for one in sorted(on_tape, key=lambda one: (max(map(len, one.copies)), one.copies)):
            codes = tuple(min(choice, key=rank) for choice in one.copies)
            needed.update(codes)
            yield one, codes


def where_is(one: Alike | Located, ejected: Collection[str]) -> Where:
    """Where objects are when these tapes are ejected."""
    match one.medium:
        case Medium.CACHE:
            return Where.CACHE
        case Medium.DISK:
            return Where.DISK
        case Medium.TAPE:
            return Where.LIBRARY if readable(one.copies, ejected) else Where.EJECTED
        case Medium.UNKNOWN:
            return Where.UNKNOWN


def _sum(found: Iterable[Alike], tapes: int = 0) -> Amount:
    found = list(found)
    return Amount(sum(one.objects for one in found), sum(one.size for one in found), tapes)


# --- looking -------------------------------------------------------------------------------------

Tell = Callable[[RestorePlan], None]


def look(client: Ds3Client, chosen: Chosen, tell: Tell) -> RestorePlan:
    """Count what was chosen, then ask where it is. Blocks; `tell` is given what is known so far,
    some five times a second, and may raise to end it.

    Raises Ds3Error where it cannot be listed; where places may not be told the plan says so.
    """
    looking = _Looking(client, chosen, tell)
    looking.count()
    looking.ask()
    return looking.plan(finished=True)


class _Looking:
    def __init__(self, client: Ds3Client, chosen: Chosen, tell: Tell) -> None:
        self._client = client
        self._chosen = chosen
        self._tell = tell
        self._told_at = time.monotonic()
        self._objects = self._size = self._looked_at = 0
        self._listed = False
        self._kept: list[tuple[str, int | None]] | None = []  # None where it is too long
        self._refused: Ds3Error | None = None
        self._alike: dict[tuple[Medium, tuple[tuple[str, ...], ...]], Alike] = {}
        self._tapes = TapesAsked(client)

    def plan(self, *, finished: bool = False) -> RestorePlan:
        return RestorePlan(
            self._objects,
            self._size,
            self._listed,
            self._looked_at,
            tuple(self._alike.values()),
            dict(self._tapes.known),
            self._refused,
            finished,
            datetime.now(UTC),
        )

    def count(self) -> None:
        for name, size in self._chosen.listed(self._client):
            self._objects += 1
            self._size += size or 0
            self._keep(name, size)
            self._tell_sometimes()
        self._listed = True
        self._tell(self.plan())

    def _keep(self, name: str, size: int | None) -> None:
        """A list that is waited for is asked for once; a longer one is not held."""
        if self._kept is not None:
            self._kept.append((name, size))
            if len(self._kept) > BACKGROUND:
                self._kept = None

    def ask(self) -> None:
        listed = self._chosen.listed(self._client) if self._kept is None else self._kept
        pause = threading.Event()  # never set: it only waits
        for batch in batches(listed):
            began = time.monotonic()
            try:
                located = locate(
                    *(self._client, self._chosen.bucket, batch, self._chosen.versions),
                    all_copies=self._chosen.all_copies,
                )
            except ConnectionFailed:
                raise
            except Ds3Error as error:
                log.info("where %s is cannot be looked up: %s", self._chosen.bucket, error)
                self._refused = error
                return
            for (_, size), one in zip(batch, located, strict=True):
                self._add(one)
                self._size += one.size if size is None else 0  # it was not known before
            self._looked_at += len(located)
            self._tell_sometimes()
            pause.wait(max(0.0, began + CALL_EVERY_S - time.monotonic()))

    def _add(self, one: Located) -> None:
        key = one.medium, one.copies
        before = self._alike.get(key)
        if before is None:
            self._tapes.ask(code for codes in one.copies for code in codes)
            self._alike[key] = Alike(one.medium, one.copies, 1, one.size, one.lengths)
            return
        lengths = tuple(map(sum, zip(before.lengths, one.lengths, strict=True)))
        size = before.size + one.size
        self._alike[key] = Alike(one.medium, one.copies, before.objects + 1, size, lengths)

    def _tell_sometimes(self) -> None:
        if time.monotonic() - self._told_at >= TELL_EVERY_S:
            self._told_at = time.monotonic()
            self._tell(self.plan())
