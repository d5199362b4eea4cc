"""Names of an upload that are in the bucket already: which they are, and what becomes of each.

What is there is listed a page at a time and looked up in the ledger, so that neither half a million
names here nor there are held in memory. Rules of the appliance: a bucket whose data policy keeps no
versions refuses a whole job for one name that is there (409).
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Protocol

from ds3_browser.protocol.records import Listing

from .checks import There
from .plan import name_of, numbered

ASK_EACH = 20  # files chosen one by one, up to which each is asked for alone


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


def pages_there(
    list_page: ListPage, prefix: str, paths: Sequence[str], base: str | None = None
) -> Iterator[list[There]]:
    """What stands where the files and folders at `paths` would go, a page at a time.

    Raises what `list_page` raises.
    """
    files = dict[str, list[str]]()
    for path in map(os.path.abspath, paths):
        name = name_of(path, prefix, base)
        if os.path.isdir(path):
            yield from pages_below(list_page, f"{name}/", None)
        else:
            files.setdefault("".join(name.rpartition("/")[:2]), []).append(name)
    for folder, names in files.items():
        if len(names) > ASK_EACH:
            yield from pages_below(list_page, folder or None, "/")
            continue
        for name in names:  # the name itself comes first among those that begin with it
            yield _there(list_page(prefix=name, max_keys=1))


def pages_below(
    list_page: ListPage, prefix: str | None, delimiter: str | None
) -> Iterator[list[There]]:
    """The objects below a prefix, a page at a time; with a delimiter, those of one folder alone."""
    marker: str | None = None
    while True:
        page = list_page(prefix=prefix, delimiter=delimiter, marker=marker)
        yield _there(page)
        if page.next_marker is None or page.next_marker == marker:
            return
        marker = page.next_marker


def _there(page: Listing) -> list[There]:
    rows = zip(page.names, page.sizes, page.modified, page.etags, strict=True)
    return [
        There(name, size, modified, coming=etag is None and math.isnan(modified))
        for name, size, modified, etag in rows
    ]


def new_name(name: str, today: date, is_taken: Callable[[str], bool]) -> str:
    """The name with the date before its extension, and a number where that is taken as well."""
    folder, slash, last = name.rpartition("/")
    stem, extension = os.path.splitext(last)
    dated = f"{folder}{slash}{stem} ({today.isoformat()}){extension}"
    wanted, number = dated, 2
    while is_taken(wanted):
        wanted = numbered_name(dated, number)
        number += 1
    return wanted


def numbered_name(name: str, number: int) -> str:
    """An object name with ` (number)` before its extension."""
    folder, slash, last = name.rpartition("/")
    return f"{folder}{slash}{numbered(last, number)}"


class SameNames:
    """Finds the files of one upload that lead to one name; in the order they are found.

    Names are one below each chosen path. So of those alone are names remembered that are below
    paths with one last part, and names that somebody gave; the rest cannot meet.
    """

    def __init__(self, paths: Sequence[str], prefix: str, base: str | None = None) -> None:
        self._prefix = prefix
        self._roots = dict[str, list[str]]()
        for path in map(os.path.abspath, paths):
            if base is None:
                self._roots.setdefault(os.path.basename(path), []).append(path)
            else:  # in one folder no two paths lead to one name
                first = name_of(path, "", base).partition("/")[0]
                self._roots[first] = [os.path.join(base, first)]
        self._taken = dict[str, str]()

    def first(self, name: str, path: str) -> str | None:
        """The path of the file that has this name already; None where it is this one's now."""
        known = self._taken.get(name)
        if known is None and len(self._roots.get(self._parts(name)[0], ())) > 1:
            self._taken[name] = path
        return known

    def give(self, name: str, path: str) -> str | None:
        """Give a file another name. The path of a file that has it, or will have it, if any."""
        known = self._taken.get(name)
        if known is not None and known != path:
            return known
        for there in self._on_disk(name):
            if there != path:
                return there
        self._taken[name] = path
        return None

    def number(self, name: str, path: str, is_there: Callable[[str], bool]) -> str:
        """Give a file the first numbered name that no other file has, nor the bucket."""
        number = 2
        while is_there(wanted := numbered_name(name, number)) or self.give(wanted, path):
            number += 1
        return wanted

    def _parts(self, name: str) -> list[str]:
        return name.removeprefix(self._prefix).split("/")

    def _on_disk(self, name: str) -> Iterator[str]:
        chosen, *rest = self._parts(name)
        for root in self._roots.get(chosen, ()):
            path = os.path.join(root, *rest)
            if os.path.lexists(path):
                yield path
