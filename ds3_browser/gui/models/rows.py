"""What is listed of one place, kept as columns: no object a row, because there may be a million.

Rows only ever come; a fresh listing of the same place is another `Rows`. Order and filter are not
known here.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TypeVar, overload

from ds3_browser.gui.connections import BucketColumns, FoundPage, Placed
from ds3_browser.gui.names import ending
from ds3_browser.gui.places import ManyObjects, Place, SelectedObject
from ds3_browser.protocol.records import Bucket, Listing, Owner

T = TypeVar("T")

NOTHING_KNOWN = BucketColumns(None, None, None)
MANY = 1000  # chosen objects, from which on they are not made before they are looked at


class Rows:
    """Columns of equal length. `modified` is seconds since 1970, NaN where unknown.

    `folders` are whole prefixes; on the page of a session they are the names of its buckets, and
    `created` has one value for each of those; `bucket_columns` what is known of them besides, by
    their names. `size` is that of all objects together. Of what a
    search found `buckets` and `in_cache` are told; `placements` has what is known of some rows,
    None where it may not be known. `uploading` are the rows of objects that are still to arrive.
    """

    def __init__(self, place: Place) -> None:
        self.place = place
        self.skip = len(place.prefix)
        self.folders: list[str] = []
        self.created: array[float] = array("d")
        self.bucket_columns: Mapping[str, BucketColumns] = {}
        self.names: list[str] = []
        self.sizes: array[int] = array("q")
        self.modified: array[float] = array("d")
        self.etags: list[str | None] = []
        self.owners: list[Owner] = []
        self.versions: list[str | None] = []
        self.buckets: list[str] = []
        self.in_cache: list[bool | None] = []
        self.ejected: list[bool] = []
        self.placements: dict[int, Placed | None] = {}
        self.uploading: set[int] = set()
        self.size = 0
        self._known: set[str] = set()

    @classmethod
    def of_buckets(cls, place: Place, buckets: Iterable[Bucket]) -> Rows:
        rows = cls(place)
        for bucket in buckets:
            rows.folders.append(bucket.name)
            created = bucket.created
            rows.created.append(math.nan if created is None else created.timestamp())
        return rows

    def add(self, page: Listing) -> None:
        """Add what a page brings that is not here yet."""
        for folder in page.prefixes:
            if folder not in self._known:
                self._known.add(folder)
                self.folders.append(folder)
        first, out = len(self.names), self._left_out(page)
        self.names += _without(page.names, out)
        self.sizes.extend(_without(page.sizes, out))
        self.modified.extend(_without(page.modified, out))
        self.etags += _without(page.etags, out)
        self.owners += _without(page.owners, out)
        self.versions += _without(page.version_ids, out)
        if isinstance(page, FoundPage):
            self.buckets += _without(page.buckets, out)
            self.in_cache += _without(page.in_cache, out)
            self.ejected += _without(page.ejected, out)
        self.size += sum(self.sizes[first:])
        self.uploading |= {row for row in range(first, len(self.names)) if self._uploads(row)}

    def _left_out(self, page: Listing) -> set[int]:
        """The folder's own placeholder, which is not in itself, and a last row told again."""
        out = set()
        if self.place.search is None and self.place.prefix in page.names:
            out.add(page.names.index(self.place.prefix))
        last = (self.names[-1], self.versions[-1]) if self.names else None
        if page.names and (page.names[0], page.version_ids[0]) == last:
            out.add(0)
        return out

    def __len__(self) -> int:
        return len(self.folders) + len(self.names)

    def same_names(self, other: Rows) -> bool:
        return self.folders == other.folders and self.names == other.names

    def own_name(self, row: int) -> str:
        if self.place.search is not None:
            return _last_part(self.names[row])
        return self.names[row][self.skip :]

    def own_names(self, first: int, last: int) -> list[str]:
        """The own names of the objects from `first` to before `last`."""
        if self.place.search is not None:
            return [_last_part(name) for name in self.names[first:last]]
        return [name[self.skip :] for name in self.names[first:last]]

    def bucket_of(self, row: int) -> str | None:
        return self.buckets[row] if self.buckets else self.place.bucket

    def folder_of(self, row: int) -> str:
        """The prefix a found object stands in."""
        name = self.names[row]
        return name[: len(name) - len(_last_part(name))]

    def take_placements(self, before: Rows) -> None:
        """Keep what was known of the same names; a fresh listing does not tell it."""
        self.bucket_columns = before.bucket_columns
        known = {
            (before.bucket_of(row), before.names[row]): placed
            for row, placed in before.placements.items()
        }
        if not known:
            return
        for row, name in enumerate(self.names):
            key = (self.bucket_of(row), name)
            if key in known:
                self.placements[row] = known[key]

    def wanted(self, row: int) -> bool:
        """Whether a found object is what the search asks for beyond its name."""
        search = self.place.search
        if search is None or not search.narrows:
            return True
        day = self.modified_at(row)
        there = None if day is None else day.astimezone().date()
        return not (
            (search.ending and ending(self.names[row]) != search.ending.casefold().lstrip("."))
            or (search.newer is not None and (there is None or there < search.newer))
            or (search.older is not None and (there is None or there > search.older))
            or (search.larger is not None and (self.size_of(row) or 0) <= search.larger)
            or (search.in_cache and not self.in_cache[row])
            or (search.ejected and not self.ejected[row])
        )

    def bucket_known(self, row: int) -> BucketColumns:
        """What is known of a bucket besides its name and date."""
        return self.bucket_columns.get(self.folders[row], NOTHING_KNOWN)

    def own_folder(self, row: int) -> str:
        return self.folders[row][self.skip :]

    def _uploads(self, row: int) -> bool:
        return self.etags[row] is None and math.isnan(self.modified[row])

    def being_uploaded(self, row: int) -> bool:
        return row in self.uploading

    def size_of(self, row: int) -> int | None:
        return None if self.being_uploaded(row) else self.sizes[row]

    def size_together(self, rows: Sequence[int]) -> int | None:
        """The bytes of some objects, which may be very many; None where one's is not known."""
        if self.uploading and not self.uploading.isdisjoint(rows):
            return None
        return self.size if len(rows) == len(self.names) else sum(map(self.sizes.__getitem__, rows))

    def modified_at(self, row: int) -> datetime | None:
        return moment(self.modified[row])

    def chosen(self, rows: array[int]) -> Sequence[SelectedObject]:
        """Return some objects by their rows; very many are made only when they are looked at."""
        many = Chosen(self, rows)
        return many if len(rows) > MANY else tuple(many)


class Chosen(ManyObjects):
    """Objects of a listing, each made when it is looked at."""

    def __init__(self, rows: Rows, chosen: array[int]) -> None:
        self._rows = rows
        self._chosen = chosen

    def __len__(self) -> int:
        return len(self._chosen)

    @overload
    def __getitem__(self, at: int) -> SelectedObject: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[SelectedObject]: ...
    def __getitem__(self, at: int | slice) -> SelectedObject | Sequence[SelectedObject]:
        if isinstance(at, slice):
            return Chosen(self._rows, self._chosen[at])
        row = self._chosen[at]
        return SelectedObject(self._rows.names[row], self._rows.size_of(row))

    def __iter__(self) -> Iterator[SelectedObject]:
        rows = self._rows
        return (SelectedObject(rows.names[row], rows.size_of(row)) for row in self._chosen)

    def names(self) -> list[str]:
        return list(map(self._rows.names.__getitem__, self._chosen))

    def size(self) -> int | None:
        return self._rows.size_together(self._chosen)


def _last_part(name: str) -> str:
    """The part after the last slash; a folder's own name keeps its slash."""
    return name[name.rfind("/", 0, -1) + 1 :]


def moment(seconds: float) -> datetime | None:
    return None if math.isnan(seconds) else datetime.fromtimestamp(seconds, UTC)


def _without(column: Sequence[T], rows: set[int]) -> Iterable[T]:
    return [one for row, one in enumerate(column) if row not in rows] if rows else column
