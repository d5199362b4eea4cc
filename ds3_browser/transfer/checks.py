"""What may be doubtful about a file that is to be sent, and what may be chosen for it.

Pure words: the walk, the look before an upload and the job itself all mean the same by them.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

NEWER_BY_S = 1.0  # dates of the appliance have no more than milliseconds, some disks seconds
RECENT_S = 60  # a file that changed so shortly before the look may still be written


class Check(enum.Enum):
    """What was found about a file, the worst first; each file has one. Kept in the ledger."""

    UNREADABLE = "unreadable"
    NOT_ALLOWED = "not allowed"
    TWICE = "twice"  # another file has its name, byte for byte
    COMING = "coming"  # its name is in the bucket, and another job is still to bring its bytes
    UNLIKE = "unlike"  # its name is in the bucket: of another size, or older
    LIKE = "like"  # its name is in the bucket, of the same size and not older
    RECENT = "recent"
    ALIKE = "alike"  # its name differs from another one's in case or in the form of accents only
    SYSTEM = "system"
    LINK = "link"  # a link, or an empty folder
    GOOD = "good"


class Conflict(enum.Enum):
    """What to do with a file that a check found. Kept in the ledger.

    SEND it under its name all the same: for a name that is in the bucket, what that means is the
    data policy's. DELETE_FIRST deletes the object immediately before the job that brings the new
    one is created. FAIL sends nothing, and lists the file as failed.

    Of two files with one name, KEEP_FIRST sends the first alone, LEAVE_OUT neither.
    """

    SEND = "send"
    LEAVE_OUT = "leave out"
    NEW_NAME = "new name"  # its own with the date
    DELETE_FIRST = "delete first"
    RENAME = "rename"  # to a name that was typed
    KEEP_FIRST = "keep first"
    NUMBER = "number"
    FOLLOW = "follow"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class FileChoice:
    """What was chosen for one file; it holds for what `check` found, and for nothing else."""

    path: str
    check: Check
    choice: Conflict
    name: str | None = None  # the object's, of RENAME


@dataclass(frozen=True, slots=True)
class There:
    """An object that is in the bucket already. `modified` is seconds since 1970, NaN unknown.

    Of one that is `coming` a job has made the name, and not all its bytes are there.
    """

    name: str
    size: int
    modified: float
    coming: bool = False

    def is_like(self, size: int | None, mtime_ns: int | None) -> bool:
        """Whether a file may be what is there: of the same size, and not newer."""
        newer = mtime_ns is not None and mtime_ns / 1e9 > self.modified + NEWER_BY_S
        return size == self.size and not newer


@dataclass(frozen=True, slots=True)
class Found:
    """One file, link or folder, and the worst that is to be said of it.

    `is_object` says whether the walk gives an object for it, as things are chosen. `detail` is the
    rule, the system's words, or the path of the file that has the name already; `new_name` the one
    it would have by a number, or was given.
    """

    check: Check
    name: str
    path: str
    size: int | None = None
    mtime_ns: int | None = None
    there: There | None = None
    detail: str | None = None
    new_name: str | None = None
    is_object: bool = True
    is_link: bool = False
    is_renamed: bool = False
    choice: Conflict | None = None  # of what the walk itself decides

    @property
    def is_folder(self) -> bool:
        return self.name.endswith("/")


class Choices:
    """The choices for single files. A file may have several, each for another check: one that got
    another name may be found in the bucket under that."""

    def __init__(self, choices: Iterable[FileChoice] = ()) -> None:
        self._of: Mapping[tuple[str, Check], FileChoice] = {
            (one.path, one.check): one for one in choices
        }

    def __bool__(self) -> bool:
        return bool(self._of)

    def of(self, path: str | None, check: Check) -> FileChoice | None:
        return self._of.get((path or "", check))

    def chosen(self, path: str | None, check: Check, usual: Conflict) -> Conflict:
        """What becomes of a file: what was chosen for it, else what is `usual`."""
        chosen = self.of(path, check)
        return usual if chosen is None else chosen.choice

    def any_of(self, check: Check) -> bool:
        return any(one.check is check for one in self._of.values())


def is_recent(mtime_ns: int | None, looked_at_ns: int | None) -> bool:
    """Whether a file changed in the last minute before somebody looked, or since."""
    if not mtime_ns or looked_at_ns is None:
        return False
    return mtime_ns >= looked_at_ns - RECENT_S * 1_000_000_000
