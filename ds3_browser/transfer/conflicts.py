"""Names of an upload that are in the bucket already: which they are, and what becomes of each.

What is there is listed a page at a time and looked up in the ledger, so that neither half a million
names here nor there are held in memory. Rules of the appliance: a bucket whose data policy keeps no
versions refuses a whole job for one name that is there (409).
"""

from __future__ import annotations

import enum
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from ds3_browser.protocol.records import Listing

from .plan import numbered

ASK_EACH = 20  # files chosen one by one, up to which each is asked for alone
NEWER_BY_S = 1.0  # dates of the appliance have no more than milliseconds, some disks seconds


class Conflict(enum.Enum):
    """What to do with a file whose name is there already.

    SEND it under its name all the same: what that means is the data policy's. DELETE_FIRST deletes
    the object immediately before the job that brings the new one is created.
    """

    SEND = "send"
    LEAVE_OUT = "leave out"
    NEW_NAME = "new name"
    DELETE_FIRST = "delete first"


@dataclass(frozen=True, slots=True)
class There:
    """An object that is in the bucket already. `modified` is seconds since 1970, NaN unknown."""

    name: str
    size: int
    modified: float

    def is_like(self, size: int | None, mtime_ns: int | None) -> bool:
        """Whether a file may be what is there: of the same size, and not newer."""
        newer = mtime_ns is not None and mtime_ns / 1e9 > self.modified + NEWER_BY_S
        return size == self.size and not newer


class ListPage(Protocol):
    """Gives one page of a bucket. Blocks."""

    def __call__(
        self,
        *,
        prefix: str | None = None,
        delimiter: str | None = None,
        marker: str | None = None,
        max_keys: int | None = None,
    ) -> Listing: ...


def pages_there(list_page: ListPage, prefix: str, paths: Sequence[str]) -> Iterator[list[There]]:
    """What stands where the files and folders at `paths` would go, a page at a time.

    Raises what `list_page` raises.
    """
    files = list[str]()
    for path in map(os.path.abspath, paths):
        name = prefix + os.path.basename(path)
        if os.path.isdir(path):
            yield from _pages(list_page, f"{name}/", None)
        else:
            files.append(name)
    if len(files) > ASK_EACH:
        yield from _pages(list_page, prefix or None, "/")
        return
    for name in files:  # the name itself comes first among those that begin with it
        yield _there(list_page(prefix=name, max_keys=1))


def _pages(list_page: ListPage, prefix: str | None, delimiter: str | None) -> Iterator[list[There]]:
    marker: str | None = None
    while True:
        page = list_page(prefix=prefix, delimiter=delimiter, marker=marker)
        yield _there(page)
        if page.next_marker is None or page.next_marker == marker:
            return
        marker = page.next_marker


def _there(page: Listing) -> list[There]:
    return [There(*each) for each in zip(page.names, page.sizes, page.modified, strict=True)]


def new_name(name: str, today: date, is_taken: Callable[[str], bool]) -> str:
    """The name with the date before its extension, and a number where that is taken as well."""
    folder, slash, last = name.rpartition("/")
    stem, extension = os.path.splitext(last)
    dated = f"{folder}{slash}{stem} ({today.isoformat()}){extension}"
    wanted, number = dated, 2
    while is_taken(wanted):
        wanted = f"{folder}{slash}{numbered(dated.rpartition('/')[2], number)}"
        number += 1
    return wanted
