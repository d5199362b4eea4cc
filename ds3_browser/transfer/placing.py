"""Where objects can be read from: the appliance's answers about blobs, put together by object.

An object needs tapes for those of its blobs that are neither in cache nor on disks or clouds; each
of these may be read from any tape that holds a copy of it.
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeVar

from ds3_browser.protocol.client import Ds3Client
from ds3_browser.protocol.records import GetItem, PlacedBlob

T = TypeVar("T")

AT_ONCE = 500  # names a call


class Medium(enum.Enum):
    """Where an object is read from; of blobs in several places the slowest."""

    CACHE = "cache"
    DISK = "disk"  # a pool, a cloud, another appliance
    TAPE = "tape"
    UNKNOWN = "unknown"  # the appliance tells no place


@dataclass(frozen=True, slots=True)
class Located:
    """An object. `copies` are the barcodes to choose from for each part that has to be read from
    tape, each choice once, and `lengths` how many bytes there are to each.
    """

    name: str
    size: int
    medium: Medium
    copies: tuple[tuple[str, ...], ...] = ()
    lengths: tuple[int, ...] = ()

    def readable(self, without: Collection[str]) -> bool:
        """Whether it can be read, all of it, when these tapes are not."""
        return readable(self.copies, without)


def readable(copies: Iterable[Iterable[str]], without: Collection[str]) -> bool:
    """Whether one tape at least is left of each choice, when these are not read."""
    return all(any(code not in without for code in codes) for codes in copies)


def locate(
    client: Ds3Client,
    bucket: str,
    objects: Sequence[tuple[str, int | None]],
    versions: Mapping[str, str],
    *,
    all_copies: bool = False,
) -> list[Located]:
    """Ask where some objects are, by name and size, in one call. Blocks.

    Of a name in `versions` that version is meant. A folder's own name holds no bytes: nothing is
    asked of it. With `all_copies` what is in cache counts like what is not. Raises Ds3Error.
    """
    asked = [GetItem(name, versions.get(name)) for name, _ in objects if not name.endswith("/")]
    found: dict[str, _Blobs] = {}
    for one in client.placements(bucket, asked) if asked else ():
        found.setdefault(one.blob.name, _Blobs(all_copies)).add(one)
    return [_located(name, size, found.get(name)) for name, size in objects]


def _located(name: str, size: int | None, blobs: _Blobs | None) -> Located:
    if name.endswith("/"):
        return Located(name, 0, Medium.CACHE)
    if blobs is None:
        return Located(name, size or 0, Medium.UNKNOWN)
    size = blobs.length if size is None else size
    # Sorted, so that objects that lie alike are alike.
    copies = tuple(sorted(blobs.copies))
    lengths = tuple(blobs.copies[codes] for codes in copies)
    return Located(name, size, blobs.medium, copies, lengths)


@dataclass(slots=True)
class _Blobs:
    """What was told of one object's blobs."""

    all_copies: bool = False
    length: int = 0
    medium: Medium = Medium.CACHE
    copies: dict[tuple[str, ...], int] = field(default_factory=dict)

    def add(self, one: PlacedBlob) -> None:
        blob, where = one.blob, one.placement
        self.length += blob.length
        if blob.in_cache and not self.all_copies:
            return
        if where.pools or where.targets:
            self._worst(Medium.DISK)
        elif where.tapes:
            self._worst(Medium.TAPE)
            codes = tuple(sorted(set(where.tapes)))
            self.copies[codes] = self.copies.get(codes, 0) + blob.length
        else:
            self._worst(Medium.UNKNOWN)

    def _worst(self, medium: Medium) -> None:
        media = list(Medium)
        self.medium = max(self.medium, medium, key=media.index)


def batches(items: Iterable[T], size: int = AT_ONCE) -> Iterator[list[T]]:
    items = iter(items)
    while batch := list(islice(items, size)):
        yield batch
