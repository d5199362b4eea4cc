"""What a comparison of files and objects is of, and what it found, as records. Pure."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Verdict(enum.Enum):
    """What a file and an object of one name are to each other."""

    DIFFERS = "differs"
    ONLY_HERE = "only here"
    ONLY_THERE = "only there"
    NOT_COMPARED = "not compared"
    SAME = "same"


class Why(enum.Enum):
    """What a verdict rests on, where its own word does not say it."""

    SIZE = "size"
    NEWER = "newer"  # of one size, but the file changed after the object was stored
    BYTES = "bytes"  # the checksums differ
    ALIKE = "alike"  # the other side has a name that differs in case or form of accents only
    LINK = "link"  # it is not followed
    NOT_A_FILE = "not a file"  # a pipe, a socket or a device
    UNREADABLE = "unreadable"  # the file, or a folder above it
    NOT_ALLOWED = "not allowed"  # no object can have the file's name
    UPLOADING = "uploading"  # the object is not whole yet
    CHANGED = "changed"  # while it was read
    GONE = "gone"  # the object, since it was listed


class Proof(enum.Enum):
    """What came of comparing checksums, for who asked for that."""

    CHECKSUM = "checksum"  # the whole of the file has the object's
    NONE_TOLD = "none told"  # the appliance has none of it


@dataclass(frozen=True, slots=True)
class Pair:
    """What is to be compared: a file and an object, or a folder and all below a prefix.

    The name of the latter ends in `/`, or is empty for a whole bucket. A folder that is `optional`
    may be missing here.
    """

    path: str
    name: str
    optional: bool = False

    @property
    def is_folder(self) -> bool:
        return not self.name or self.name.endswith("/")


@dataclass(frozen=True, slots=True)
class Row:
    """One name. `modified` is when its object was stored, in seconds since 1970, NaN unknown.

    `here` and `there` are sizes in bytes, None where that side has none. `other` is the name on the
    other side that is ALIKE. `id` counts in the order of names.
    """

    name: str
    path: str | None
    verdict: Verdict
    why: Why | None = None
    here: int | None = None
    mtime_ns: int | None = None
    there: int | None = None
    modified: float | None = None
    proof: Proof | None = None
    detail: str | None = None
    other: str | None = None
    id: int = 0

    @property
    def is_folder(self) -> bool:
        return self.name.endswith("/")


@dataclass(frozen=True, slots=True)
class Sum:
    """Names of one verdict. `here` and `there` are the bytes of their files and objects."""

    names: int = 0
    here: int = 0
    there: int = 0


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which rows: of one verdict, or of all; `contains` takes a letter of either case."""

    verdicts: frozenset[Verdict] = frozenset(Verdict)
    contains: str = ""


@dataclass(frozen=True, slots=True)
class ToRead:
    """What a comparison of bytes has still to read, and what came of it so far."""

    files: int
    size: int
    compared: int
    none_told: int
