"""Paths to object names, and object names to paths. Looks at the disk, changes nothing on it.

Up: a dropped file `x` becomes `prefix + x`, a dropped folder `d` the names `prefix + d/...`, as
they are on disk, never normalised; an empty folder becomes an object `d/` of no bytes. Down: a
name is hostile input, so it can only lead to a path below the target.
"""

from __future__ import annotations

import os
import re
import stat
import sys
import tempfile
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from .events import Failure, FailureCode

MAX_NAME_BYTES = 1024
_CONTROL = re.compile("[\x00-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_WINDOWS_FORBIDDEN = re.compile(r'[<>:"\\|?*\x00-\x1f]')
_WINDOWS_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)
SYSTEM_FILES = {".DS_Store", "Thumbs.db", "desktop.ini"}


@dataclass(frozen=True, slots=True)
class Item:
    """One object to send. A kept empty folder has no bytes and a name that ends in `/`."""

    name: str
    path: str
    size: int
    mtime_ns: int

    @property
    def is_folder(self) -> bool:
        return self.name.endswith("/")


@dataclass(frozen=True, slots=True)
class WalkOptions:
    follow_links: bool = False
    keep_empty_folders: bool = True
    skip_system_files: bool = False


def walk(
    paths: Sequence[str],
    prefix: str,
    options: WalkOptions,
    check: Callable[[], None] = lambda: None,
) -> Iterator[Item | Failure]:
    """What the paths hold, in the order of their names. `check` is called at each and may raise.

    Nothing is raised for a file: what cannot be sent comes as a Failure.
    """
    for path in paths:
        check()
        path = path.rstrip("/") or "/"
        name = prefix + os.path.basename(path)
        try:
            # A link that was chosen itself is meant.
            status = os.stat(path)
        except OSError as error:
            yield unreadable(path, error, name)
            continue
        if stat.S_ISDIR(status.st_mode):
            yield from _walk_folder(path, name + "/", options, check, (_identity(status),))
        else:
            yield _file(path, name, status)


def _walk_folder(
    folder: str,
    prefix: str,
    options: WalkOptions,
    check: Callable[[], None],
    above: tuple[tuple[int, int], ...],
) -> Iterator[Item | Failure]:
    try:
        with os.scandir(folder) as entries:
            found = sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        yield unreadable(folder, error, prefix)
        return
    if not found and options.keep_empty_folders:
        failure = _name_failure(prefix, folder)
        yield failure or Item(prefix, folder, 0, 0)
    for entry in found:
        check()
        if options.skip_system_files and _is_system_file(entry.name):
            continue
        if entry.is_symlink() and not options.follow_links:
            continue
        yield from _walk_entry(entry, prefix + entry.name, options, check, above)


def _walk_entry(
    entry: os.DirEntry[str],
    name: str,
    options: WalkOptions,
    check: Callable[[], None],
    above: tuple[tuple[int, int], ...],
) -> Iterator[Item | Failure]:
    try:
        status = entry.stat()
    except OSError as error:
        yield unreadable(entry.path, error, name)
        return
    if not stat.S_ISDIR(status.st_mode):
        yield _file(entry.path, name, status)
    elif _identity(status) not in above:  # a link to a folder it lies in would never end
        here = (*above, _identity(status))
        yield from _walk_folder(entry.path, name + "/", options, check, here)


def _identity(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino


def _is_system_file(name: str) -> bool:
    return name in SYSTEM_FILES or name.startswith("._")


def _file(path: str, name: str, status: os.stat_result) -> Item | Failure:
    if not stat.S_ISREG(status.st_mode):
        return Failure(FailureCode.UNREADABLE, name, path, "not a regular file")
    if not os.access(path, os.R_OK):
        return Failure(FailureCode.UNREADABLE, name, path, os.strerror(13))
    return _name_failure(name, path) or Item(name, path, status.st_size, status.st_mtime_ns)


def _name_failure(name: str, path: str) -> Failure | None:
    rule = forbidden(name)
    return Failure(FailureCode.NAME_NOT_ALLOWED, name, path, rule) if rule else None


def forbidden(name: str) -> str | None:
    """The rule that keeps a name from being an object's, or None."""
    if _CONTROL.search(name):
        return "a control character"
    if len(name.encode("utf-8", "surrogatepass")) > MAX_NAME_BYTES:
        return f"over {MAX_NAME_BYTES} bytes"
    if name.startswith("/"):
        return "a leading slash"
    if {".", ".."} & set(name.split("/")):
        return "a part that is . or .."
    return None


def unreadable(path: str, error: OSError, name: str | None = None) -> Failure:
    gone = isinstance(error, FileNotFoundError)
    code = FailureCode.VANISHED if gone else FailureCode.UNREADABLE
    return Failure(code, name, path, error.strerror)


# --- the way back --------------------------------------------------------------------------------


class Targets:
    """Gives each object of a download a path of its own below `target`.

    Two names that lead to one path, on this disk, are told apart by ` (2)` before the extension of
    the later one. Not thread-safe; one job's loop owns it.
    """

    def __init__(self, target: Path, base_prefix: str, *, folds: bool | None = None) -> None:
        self._target = target
        self._base = base_prefix
        self._folds = folds_names(target) if folds is None else folds
        self._taken: set[str] = set()

    def path_for(self, name: str) -> Path:
        """The path for an object; a folder's name leads to the folder itself."""
        parts = safe_parts(name.removeprefix(self._base)) or ["unnamed"]
        path = self._target.joinpath(*parts)
        if name.endswith("/"):
            return path
        number = 2
        candidate = path
        while self._key(candidate) in self._taken:
            candidate = numbered(path, number)
            number += 1
        self._taken.add(self._key(candidate))
        return candidate

    def _key(self, path: Path) -> str:
        text = str(path)
        return unicodedata.normalize("NFC", text).casefold() if self._folds else text


def safe_parts(name: str, *, windows: bool | None = None) -> list[str]:
    """The parts of a path below a target: nothing that climbs, starts anew or names a device."""
    windows = sys.platform == "win32" if windows is None else windows
    parts = [part for part in name.split("/") if part not in ("", ".", "..")]
    return [_windows_part(part) for part in parts] if windows else [_posix_part(p) for p in parts]


def _posix_part(part: str) -> str:
    return part.replace("\x00", "_")


def _windows_part(part: str) -> str:
    part = _WINDOWS_FORBIDDEN.sub("_", part).rstrip(" .") or "_"
    return f"_{part}" if _WINDOWS_RESERVED.fullmatch(part) else part


def numbered(path: Path, number: int) -> Path:
    """The path with ` (number)` before its extension."""
    return path.with_name(f"{path.stem} ({number}){path.suffix}")


def folds_names(folder: Path) -> bool:
    """Whether the disk takes names that differ in case for one. Tried with a file of our own."""
    try:
        with tempfile.NamedTemporaryFile(prefix="ds3-Case-", dir=folder) as file:
            return os.path.exists(os.path.join(folder, os.path.basename(file.name).swapcase()))
    except OSError:
        return False
