"""Which rows of a listing are shown and in what order, worked out in slices.

One call of `sorted` over a million rows would stop the window for a second, in any thread: the C
code never gives way. So what takes long is a generator that yields every few thousand rows.
"""

from __future__ import annotations

import math
import time
from array import array
from bisect import bisect_right
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any  # sort keys of any one kind

from PySide6.QtCore import QCollator, QLocale, QObject, Qt, QTimer

from ds3_browser.gui.models.rows import Rows
from ds3_browser.gui.names import ending, natural

Steps = Generator[None, None, "Arrangement"]
Key = Callable[[int], Any]

SLICE_S = 0.008
FIRST_SLICE_S = 0.03  # most lists are done within it, before anybody has seen them unordered
STEP = 1000  # rows between two looks at the clock
SAMPLE = 1024
COLLATED = 20_000  # rows up to which names are compared by the user's language


@dataclass(frozen=True, slots=True)
class SortKey:
    column: str
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Arrangement:
    """Rows to show, as indexes into the columns; `looked_at` says how many were considered.

    `place_of` is the inverse of `objects`: where a row of the columns stands.
    """

    folders: array[int]
    objects: array[int]
    looked_at_folders: int
    looked_at_objects: int
    place_of: array[int]


class Slices(QObject):
    """Works on one arrangement, a few milliseconds at a time, between what the user does."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._steps: Steps | None = None
        self._done: Callable[[Arrangement], None] | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._go_on)

    @property
    def running(self) -> bool:
        return self._steps is not None

    def start(self, steps: Steps, done: Callable[[Arrangement], None]) -> None:
        """Begin anew; `done` is called at once where there is little to do, else later."""
        self.stop()
        self._steps, self._done = steps, done
        self._work(FIRST_SLICE_S)
        if self.running:
            self._timer.start()

    def stop(self) -> None:
        self._timer.stop()
        self._steps, self._done = None, None

    def _go_on(self) -> None:
        self._work(SLICE_S)

    def _work(self, seconds: float) -> None:
        steps, done = self._steps, self._done
        assert steps is not None
        assert done is not None
        end = time.perf_counter() + seconds
        try:
            while time.perf_counter() < end:
                next(steps)
        except StopIteration as stop:
            self.stop()
            done(stop.value)


def arrange(rows: Rows, wanted: str, order: Sequence[SortKey]) -> Steps:
    """Filter by a part of the own name in any case, then order; folders stay by themselves."""
    n_folders, n_objects = len(rows.folders), len(rows.names)
    folders = matching_folders(rows, wanted, 0)
    yield
    objects = array("I")
    for begin in range(0, n_objects, STEP):
        objects += matching(rows, wanted, begin, min(begin + STEP, n_objects))
        yield
    for by in reversed(order):
        if (folder_key := _folder_key(rows, by.column)) is not None:
            folders = yield from _sorted(folders, folder_key, by.descending)
        if rows.names:
            key = _key(rows, by.column, objects)
            objects = yield from _sorted(objects, key, by.descending)
    place_of = yield from _inverse(objects, n_objects)
    return Arrangement(folders, objects, n_folders, n_objects, place_of)


def matching(rows: Rows, wanted: str, first: int, last: int) -> array[int]:
    """The objects from `first` to before `last` whose own name holds a text."""
    search = rows.place.search
    if search is not None and search.narrows:
        found = (n for n in range(first, last) if rows.wanted(n))
        wanted = wanted.casefold()
        return array("I", [n for n in found if wanted in rows.own_name(n).casefold()])
    if not wanted:
        return array("I", range(first, last))
    wanted, own = wanted.casefold(), rows.own_names(first, last)
    return array("I", [n for n, name in enumerate(own, first) if wanted in name.casefold()])


def matching_folders(rows: Rows, wanted: str, first: int) -> array[int]:
    wanted, last = wanted.casefold(), len(rows.folders)
    return array("I", [n for n in range(first, last) if wanted in rows.own_folder(n).casefold()])


# --- sort keys


def _folder_key(rows: Rows, column: str) -> Key | None:
    """Folders have a name, buckets more; by anything else they stay as they are."""
    if column == "name":
        by_name = _name_key(rows.folders)
        return lambda row: by_name(rows.own_folder(row))
    if column == "created":
        return lambda row: _known(rows.created[row])
    if column == "bucket_owner":
        return lambda row: (rows.bucket_known(row).owner or "").casefold()
    if column == "policy":
        return lambda row: (rows.bucket_known(row).policy or "").casefold()
    if column == "used":
        return lambda row: _or_less(rows.bucket_known(row).used)
    return None


def _key(rows: Rows, column: str, shown: array[int]) -> Key:
    names = rows.names
    match column:
        case "size":
            return lambda row: -1 if rows.being_uploaded(row) else rows.sizes[row]
        case "modified" | "created":
            return lambda row: _known(rows.modified[row])
        case "bucket":
            return lambda row: rows.buckets[row]
        case "folder":
            return lambda row: natural(rows.folder_of(row))
        case "placement":
            return lambda row: _placement_key(rows, row)
        case "kind":
            return lambda row: ending(names[row])
        case "owner":
            return lambda row: (rows.owners[row].name or "").casefold()
        case "etag":
            return lambda row: rows.etags[row] or ""
        case "version":
            return lambda row: rows.versions[row] or ""
        case _:
            by_name = _name_key(names if len(shown) == len(names) else [names[n] for n in shown])
            return lambda row: by_name(rows.own_name(row))


def _placement_key(rows: Rows, row: int) -> tuple[bool, int, int]:
    """In cache first, then by how many tapes are in the library; what is not known comes last."""
    placed = rows.placements.get(row)
    if placed is None:
        return (True, 1, 0)
    return (not placed.in_cache, len(placed.ejected), -len(placed.tapes))


def _or_less(size: int | None) -> int:
    return -1 if size is None else size


def _known(seconds: float) -> float:
    """What is not known comes first."""
    return -math.inf if math.isnan(seconds) else seconds


def _name_key(names: Sequence[str]) -> Callable[[str], Any]:
    """Order as the user's language does, where it matters and is not too slow; else `natural`."""
    if len(names) > COLLATED or all(name.isascii() for name in names):
        return natural
    collator = QCollator(QLocale())
    collator.setNumericMode(True)
    collator.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
    return collator.sortKey


# --- sorting


def _sorted(rows: array[int], key: Key, descending: bool) -> Generator[None, None, array[int]]:
    """Sort stably by a key. A sample splits many rows into parts that are sorted one by one."""
    if descending:  # backwards there and back, so that equal ones keep their order
        rows = rows[::-1]
    keys: list[Any] = []
    for begin in range(0, len(rows), STEP):
        keys += map(key, rows[begin : begin + STEP])
        yield
    order = array("I")
    parts = yield from _parts(keys)
    for part in parts:
        part.sort(key=keys.__getitem__)
        for begin in range(0, len(part), STEP):
            order.extend([rows[n] for n in part[begin : begin + STEP]])
            yield
    return order[::-1] if descending else order


def _parts(keys: list[Any]) -> Generator[None, None, list[list[int]]]:
    """Split positions into parts of which each has keys not above those of the next."""
    if len(keys) <= STEP:
        return [list(range(len(keys)))]
    random = Random(1)
    sample = sorted(keys[random.randrange(len(keys))] for _ in range(SAMPLE))
    distinct = [one for n, one in enumerate(sample) if not n or sample[n - 1] < one]
    # Few values (kinds, owners): a part for each value and one for what lies between two.
    few = len(distinct) < SAMPLE // 8
    pivots = distinct if few else sample[:: SAMPLE // 128]
    parts: list[list[int]] = [[] for _ in range(len(pivots) + 1)]
    for begin in range(0, len(keys), STEP):
        for n in range(begin, min(begin + STEP, len(keys))):
            parts[bisect_right(pivots, keys[n])].append(n)
        yield
    return parts


def _inverse(order: array[int], length: int) -> Generator[None, None, array[int]]:
    place_of = array("I", bytes(4 * length))
    for begin in range(0, len(order), STEP):
        for at in range(begin, min(begin + STEP, len(order))):
            place_of[order[at]] = at
        yield
    return place_of
