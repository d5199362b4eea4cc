"""Paths to object names, and object names to paths. Looks at the disk, changes nothing on it.

Up: a dropped file `x` becomes `prefix + x`, a dropped folder `d` the names `prefix + d/...`, as
they are on disk, never normalised; an empty folder becomes an object `d/` of no bytes. Down: a
name is hostile input, so it can only lead to a path below the target.
"""

from __future__ import annotations

import errno
import os
import re
import stat
import sys
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from .checks import Check, Choices, Conflict
from .events import Failure, FailureCode

MAX_NAME_BYTES = 1024
MAX_PART_BYTES = 255
SYSTEM_FILES = {".DS_Store", "Thumbs.db", "desktop.ini"}

# Those that no request for a job can carry. Tabs and ends of lines can be sent.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_NOT_UTF8 = re.compile("[\ud800-\udfff]")
_WINDOWS_FORBIDDEN = re.compile(r'[<>:"\\|?*\x00-\x1f]')
_WINDOWS_RESERVED = re.compile(
    r"(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?", re.IGNORECASE
)

NOT_REGULAR = "not a regular file"  # a pipe, a socket or a device


@dataclass(frozen=True, slots=True)
class Item:
    """One object to send. A kept empty folder has no bytes and a name that ends in `/`."""

    name: str
    path: str
    size: int
    mtime_ns: int
    alike: bool = False  # it stands beside a name that differs in case or form of accents only

    @property
    def is_folder(self) -> bool:
        return self.name.endswith("/")


@dataclass(frozen=True, slots=True)
class WalkOptions:
    follow_links: bool = False
    keep_empty_folders: bool = True
    skip_system_files: bool = False
    find_alike: bool = False


@dataclass(frozen=True, slots=True)
class Aside:
    """Something the walk came across that is no object itself, and what becomes of it."""

    check: Check
    name: str
    path: str
    size: int | None
    mtime_ns: int | None
    choice: Conflict


def walk(
    paths: Sequence[str],
    prefix: str,
    options: WalkOptions,
    check: Callable[[], None] = lambda: None,
    aside: Callable[[Aside], None] = lambda found: None,
    choices: Choices = Choices(),  # noqa: B008  # never changed
    base: str | None = None,
) -> Iterator[Item | Failure]:
    """What the paths hold, in the order of their names, which `name_of` tells.

    `check` is called at each and may raise.

    `aside` is told links, system files and empty folders that are left out, links that are
    followed, and folders with names alike. `choices` for single ones go before the options.

    Nothing is raised for a file: what cannot be sent comes as a Failure. Holds the names of one
    folder a level, and nothing of what it has given.
    """
    paths = [os.path.abspath(path) for path in paths]
    names = [name_of(path, prefix, base) for path in paths]
    alike = alike_names(names) if options.find_alike else frozenset()
    for path, name in zip(paths, names, strict=True):
        check()
        try:
            # A link that was chosen itself is meant.
            status = os.stat(path)
        except OSError as error:
            yield unreadable(path, error, name)
            continue
        if stat.S_ISDIR(status.st_mode):
            yield from _Walk(options, check, aside, choices).folder(path, name + "/", status)
        else:
            yield _file(path, name, status, alike=name in alike)


def name_of(path: str, prefix: str, base: str | None = None) -> str:
    """The name of a file that was chosen: below `base`, where there is one, all of its path."""
    if base is None:
        return prefix + os.path.basename(path)
    return prefix + os.path.relpath(path, base).replace(os.sep, "/")


def alike_names(names: Iterable[str]) -> frozenset[str]:
    """Those of some different names that a disk may take for one: by case, by form of accents."""
    folded = dict[str, str]()
    found = set[str]()
    for name in set(names):
        first = folded.setdefault(folds_to(name), name)
        if first != name:
            found.update((first, name))
    return frozenset(found)


def folds_to(name: str) -> str:
    """What a name is on a disk that knows neither case nor forms of accents."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


@dataclass(slots=True)
class _Level:
    """A folder that is being gone through; `names` are still to come, the next one last."""

    path: str
    prefix: str
    identity: tuple[int, int]
    names: list[str]
    alike: frozenset[str]


class _Walk:
    """Goes through one folder and all below it, without recursion: folders may be very deep."""

    def __init__(
        self,
        options: WalkOptions,
        check: Callable[[], None],
        aside: Callable[[Aside], None],
        choices: Choices,
    ) -> None:
        self._options = options
        self._check = check
        self._aside = aside
        self._choices = choices
        self._levels: list[_Level] = []

    def folder(self, path: str, prefix: str, status: os.stat_result) -> Iterator[Item | Failure]:
        yield from self._enter(path, prefix, status)
        while self._levels:
            level = self._levels[-1]
            if not level.names:
                self._levels.pop()
                continue
            self._check()
            name = level.names.pop()
            alike = name in level.alike
            yield from self._entry(os.path.join(level.path, name), level.prefix + name, alike)

    def _enter(self, path: str, prefix: str, status: os.stat_result) -> Iterator[Item | Failure]:
        try:
            names = sorted(os.listdir(path), reverse=True)
        except OSError as error:
            yield unreadable(path, error, prefix)
            return
        self._check()
        if names:
            alike = alike_names(names) if self._options.find_alike else frozenset()
            self._levels.append(_Level(path, prefix, _identity(status), names, alike))
            return
        usual = Conflict.SEND if self._options.keep_empty_folders else Conflict.LEAVE_OUT
        if self._choices.chosen(path, Check.LINK, usual) is Conflict.LEAVE_OUT:
            self._aside(Aside(Check.LINK, prefix, path, None, None, Conflict.LEAVE_OUT))
        else:
            yield _name_failure(prefix, path) or Item(prefix, path, 0, 0)

    def _entry(self, path: str, name: str, alike: bool) -> Iterator[Item | Failure]:
        try:
            status = os.lstat(path)
            if self._is_left_out(path, status):
                size, mtime_ns = status.st_size, status.st_mtime_ns
                out = Conflict.LEAVE_OUT
                self._aside(Aside(Check.SYSTEM, name, path, size, mtime_ns, out))
                return
            if stat.S_ISLNK(status.st_mode):
                usual = Conflict.FOLLOW if self._options.follow_links else Conflict.LEAVE_OUT
                choice = self._choices.chosen(path, Check.LINK, usual)
                self._aside(Aside(Check.LINK, name, path, None, status.st_mtime_ns, choice))
                if choice is not Conflict.FOLLOW:
                    return
                status = os.stat(path)
        except OSError as error:
            yield unreadable(path, error, name)
            return
        if not stat.S_ISDIR(status.st_mode):
            yield _file(path, name, status, alike=alike)
        elif not self._lies_in(status):  # else a link to a folder above it, which would never end
            if alike:
                self._aside(Aside(Check.ALIKE, name + "/", path, None, None, Conflict.SEND))
            yield from self._enter(path, name + "/", status)

    def _is_left_out(self, path: str, status: os.stat_result) -> bool:
        """Whether this is a system file, and nobody wants it."""
        if stat.S_ISDIR(status.st_mode) or not is_system_file(os.path.basename(path)):
            return False
        skip = self._options.skip_system_files
        usual = Conflict.LEAVE_OUT if skip else Conflict.SEND
        return self._choices.chosen(path, Check.SYSTEM, usual) is Conflict.LEAVE_OUT

    def _lies_in(self, status: os.stat_result) -> bool:
        return any(level.identity == _identity(status) for level in self._levels)


def _identity(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino


def is_system_file(name: str) -> bool:
    return name in SYSTEM_FILES or name.startswith("._")


def _file(path: str, name: str, status: os.stat_result, *, alike: bool = False) -> Item | Failure:
    if not stat.S_ISREG(status.st_mode):
        return Failure(FailureCode.UNREADABLE, name, path, NOT_REGULAR)
    if not os.access(path, os.R_OK):
        return Failure(FailureCode.UNREADABLE, name, path, os.strerror(errno.EACCES))
    found = Item(name, path, status.st_size, status.st_mtime_ns, alike)
    return _name_failure(name, path) or found


def renamed(failed: Failure, name: str) -> Item | Failure:
    """The file whose own name is not allowed, with another one."""
    path = failed.path or ""
    try:
        status = os.stat(path)
    except OSError as error:
        return unreadable(path, error, name)
    if stat.S_ISDIR(status.st_mode):
        name = name.rstrip("/") + "/"
        return _name_failure(name, path) or Item(name, path, 0, 0)
    return _file(path, name, status)


def _name_failure(name: str, path: str) -> Failure | None:
    rule = forbidden(name)
    return Failure(FailureCode.NAME_NOT_ALLOWED, name, path, rule) if rule else None


def forbidden(name: str) -> str | None:
    """The rule that keeps a name from being an object's, or None."""
    if _NOT_UTF8.search(name):
        return "not UTF-8"
    if _CONTROL.search(name):
        return "a control character"
    if len(name.encode()) > MAX_NAME_BYTES:
        return f"over {MAX_NAME_BYTES} bytes"
    if name.startswith("/"):
        return "a leading slash"
    if {".", ".."} & set(name.split("/")):
        return "a part that is . or .."
    return None


def unreadable(path: str, error: OSError, name: str | None = None) -> Failure:
    """What an error of the disk means for a file that was to be sent."""
    gone = isinstance(error, FileNotFoundError)
    code = FailureCode.VANISHED if gone else FailureCode.UNREADABLE
    return Failure(code, name, path, error.strerror)


# --- the way back --------------------------------------------------------------------------------


class Targets:
    """Gives each object of a download a path of its own below `target`.

    Two names that lead to one path are told apart by ` (2)` before the extension of the later one;
    with `folds`, paths are one that differ in case or composition only, as the target's disk takes
    them. Not thread-safe.
    """

    def __init__(self, target: str, base_prefix: str, *, folds: bool) -> None:
        self._target = target
        self._base = base_prefix
        self._folds = folds
        # Hashes, for half a million paths take much room. Two that are one by chance would only
        # number a file that need not be.
        self._taken: set[int] = set()

    def path_for(self, name: str) -> str:
        """The path for an object; a folder's name leads to the folder, which may be the target."""
        parts = safe_parts(name.removeprefix(self._base))
        if name.endswith("/"):
            return os.path.join(self._target, *parts)
        path = os.path.join(self._target, *(parts or ["unnamed"]))
        candidate, number = path, 2
        while self._key(candidate) in self._taken:
            candidate = numbered(path, number)
            number += 1
        self._taken.add(self._key(candidate))
        return candidate

    def file_above(self, path: str) -> str | None:
        """An object's file that a folder above this path would have to be."""
        above = os.path.dirname(path)
        while len(above) > len(self._target):
            if self._key(above) in self._taken:
                return above
            above = os.path.dirname(above)
        return None

    def _key(self, path: str) -> int:
        return hash(folds_to(path) if self._folds else path)


def safe_parts(name: str, *, windows: bool | None = None) -> list[str]:
    """The parts of a path below a target: nothing that climbs, starts anew or names a device."""
    windows = sys.platform == "win32" if windows is None else windows
    parts = [part for part in name.split("/") if part not in ("", ".", "..")]
    return [_windows_part(part) if windows else _posix_part(part) for part in parts]


def _posix_part(part: str) -> str:
    return fitting(part.replace("\x00", "_"))


def _windows_part(part: str) -> str:
    part = _WINDOWS_FORBIDDEN.sub("_", part).rstrip(" .") or "_"
    return fitting(f"_{part}" if _WINDOWS_RESERVED.fullmatch(part) else part)


def numbered(path: str, number: int) -> str:
    """The path with ` (number)` before its extension."""
    folder, name = os.path.split(path)
    stem, extension = os.path.splitext(name)
    return os.path.join(folder, fitting(stem, f" ({number}){extension}"))


def fitting(name: str, ending: str = "") -> str:
    """A file name with an ending, cut before the ending to what disks take: 255 bytes."""
    room = MAX_PART_BYTES - len(os.fsencode(ending))
    encoded = os.fsencode(name)
    if len(encoded) <= room:
        return name + ending
    if not ending:
        stem, extension = os.path.splitext(name)
        if 0 < len(os.fsencode(extension)) <= 16:
            return fitting(stem, extension)
    return encoded[: max(0, room)].decode("utf-8", "ignore") + ending
