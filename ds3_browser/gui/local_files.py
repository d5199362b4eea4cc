"""A folder of this computer as it was at one moment: its files, and the room on its disk.

`look_at` blocks, for ever where a network drive is gone: it is called in the background alone.
"""

from __future__ import annotations

import os
import shutil
import stat
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any  # sort keys of any one kind

from ds3_browser.gui.names import ending, natural


@dataclass(frozen=True, slots=True)
class LocalFile:
    """A file or a folder; a link is what it leads to. `modified` is seconds since 1970."""

    name: str
    folder: bool
    size: int | None = None
    modified: float | None = None


@dataclass(frozen=True, slots=True)
class FileOrder:
    """By what files are ordered: `name`, `size`, `kind` or `modified`."""

    column: str = "name"
    descending: bool = False


@dataclass(frozen=True, slots=True)
class LocalFolder:
    """`files` stand in the order that was wished for. `took_s` is how long the look took."""

    path: str
    files: tuple[LocalFile, ...]
    order: FileOrder
    free: int | None = None
    total: int | None = None
    took_s: float = 0.0


def look_at(path: str, order: FileOrder) -> LocalFolder:
    """List a folder. Raises OSError, and ValueError for what is no path at all."""
    began = time.monotonic()
    with os.scandir(path) as entries:
        files = arranged((_file(entry) for entry in entries), order)
    try:
        disk = shutil.disk_usage(path)
    except OSError:
        return LocalFolder(path, files, order, took_s=time.monotonic() - began)
    took_s = time.monotonic() - began
    return LocalFolder(path, files, order, disk.free, disk.total, took_s)


def make_folder(parent: str, name: str) -> None:
    """Raises OSError."""
    os.mkdir(os.path.join(parent, name))


def arranged(files: Iterable[LocalFile], order: FileOrder) -> tuple[LocalFile, ...]:
    """Return files in an order; folders come first, and equal ones stand by their names."""
    by_name = sorted(files, key=lambda file: (natural(file.name), file.name))
    by_name.sort(key=_key(order.column), reverse=order.descending)
    by_name.sort(key=lambda file: not file.folder)
    return tuple(by_name)


def _key(column: str) -> Callable[[LocalFile], Any]:
    match column:
        case "size":
            return lambda file: -1 if file.size is None else file.size
        case "kind":
            return lambda file: "" if file.folder else ending(file.name)
        case "modified":
            return lambda file: float("-inf") if file.modified is None else file.modified
        case _:
            return lambda file: natural(file.name)


def _file(entry: os.DirEntry[str]) -> LocalFile:
    try:
        found = entry.stat()
    except OSError:  # a link that leads nowhere, or a file that has just gone
        return LocalFile(entry.name, False)
    if stat.S_ISDIR(found.st_mode):
        return LocalFile(entry.name, True, None, found.st_mtime)
    return LocalFile(entry.name, False, found.st_size, found.st_mtime)
