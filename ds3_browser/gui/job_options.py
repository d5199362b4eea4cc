"""What a person chooses for an upload or a download, and what a count for it found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ds3_browser.protocol.records import ChecksumType, Order, Priority, Versioning
from ds3_browser.transfer.checks import Check, Conflict, FileChoice, Found
from ds3_browser.transfer.comparison_records import Row, Sum, ToRead, Verdict
from ds3_browser.transfer.foresight import Coming, Foreseen
from ds3_browser.transfer.get import Existing
from ds3_browser.transfer.tape_need import TapeCopy


@dataclass(frozen=True, slots=True)
class UploadOptions:
    """What a person may choose for an upload; the defaults are those of a plain drop."""

    name: str | None = None
    priority: Priority | None = None
    follow_links: bool = False
    keep_empty_folders: bool = True
    file_attributes: bool = True
    verify: bool = False
    skip_system_files: bool = False
    like_there: Conflict = Conflict.SEND
    unlike_there: Conflict = Conflict.SEND
    coming_there: Conflict = Conflict.SEND
    unreadable: Conflict = Conflict.FAIL
    not_allowed: Conflict = Conflict.FAIL
    twice: Conflict = Conflict.FAIL
    recent: Conflict = Conflict.SEND
    looked_at_ns: int | None = None
    files: tuple[FileChoice, ...] = ()


@dataclass(frozen=True, slots=True)
class UploadDefaults:
    """What the form of an upload offers at first; None waits for a choice.

    `links`: SEND keeps empty folders and skips links, FOLLOW follows them, LEAVE_OUT skips both.
    """

    like_there: Conflict = Conflict.LEAVE_OUT
    unlike_there: Conflict | None = None
    file_attributes: bool = True
    skip_system_files: bool = True
    twice: Conflict | None = None
    recent: Conflict = Conflict.SEND
    links: Conflict = Conflict.SEND


@dataclass(frozen=True, slots=True)
class DownloadOptions:
    """What a person may choose for a download."""

    name: str | None = None
    priority: Priority | None = None
    existing: Existing = Existing.KEEP_BOTH
    order: Order = Order.NONE
    without_tapes: tuple[str, ...] = ()
    without_ejected: bool = False


@dataclass(frozen=True, slots=True)
class Checked:
    """What one check found: how many, of how many bytes, how many of them are `objects` of the job.

    `rows` are the first of them. `names` are the different ones of files with one name.
    """

    number: int = 0
    size: int = 0
    objects: int = 0
    rows: tuple[Found, ...] = ()
    names: int = 0


@dataclass(frozen=True, slots=True)
class Counted:
    """What a count found so far: objects the job would have (files and kept empty folders).

    Of an upload besides: what each check found, the links that are skipped, what the data policy
    does with names that are in the bucket already, and when the look began. `compared` is False
    where there were too many names to look at, `listable` where this user is not allowed to list
    them: the job compares nothing either, and the data policy alone decides. `brought_by` are the
    names of this computer's uploads that are still to bring what is there in name only.
    """

    objects: int = 0
    files: int = 0
    folders: int = 0
    size: int = 0
    checks: Mapping[Check, Checked] = field(default_factory=dict)
    links: int = 0
    versioning: Versioning | None = None
    compared: bool = True
    listable: bool = True
    looked_at_ns: int | None = None
    brought_by: tuple[str, ...] = ()
    finished: bool = False

    def of(self, check: Check) -> Checked:
        return self.checks.get(check, Checked())

    @property
    def present(self) -> int:
        """Names that are in the bucket already."""
        return sum(self.of(one).number for one in (Check.LIKE, Check.UNLIKE, Check.COMING))

    @property
    def doubtful(self) -> bool:
        """Whether a person should look before anything is sent."""
        troubles = (Check.UNREADABLE, Check.NOT_ALLOWED, Check.TWICE)
        found = (*(self.of(check).number for check in troubles), self.links, self.present)
        blind = not self.listable and self.versioning is not Versioning.NONE
        return any(found) or blind or not self.compared or not self.objects


@dataclass(frozen=True, slots=True)
class Compared:
    """Files whose bytes were compared with objects of their size, by the checksums of these.

    Those that are the `same`, that are `differing`, and of which nobody can tell: the appliance has
    no checksum, or the file cannot be read or changed meanwhile.
    """

    done: int = 0
    total: int = 0
    same: tuple[Found, ...] = ()
    differing: tuple[Found, ...] = ()
    unknown: tuple[Found, ...] = ()
    finished: bool = False


@dataclass(frozen=True, slots=True)
class SideBySide:
    """How far a comparison of files and objects is.

    Of one that reads bytes: the files and bytes it has come to. `left` is what such a one would
    have still to read, known when it is `finished`.
    """

    sums: Mapping[Verdict, Sum] = field(default_factory=dict)
    files: int = 0
    size: int = 0
    left: ToRead | None = None
    finished: bool = False

    def of(self, verdict: Verdict) -> Sum:
        return self.sums.get(verdict, Sum())

    @property
    def names(self) -> int:
        return sum(one.names for one in self.sums.values())


@dataclass(frozen=True, slots=True)
class RowsPage:
    """Some rows of a comparison, and how many there are of those that were chosen."""

    rows: tuple[Row, ...]
    count: int


@dataclass(frozen=True, slots=True)
class Written:
    """How many rows of a report are written."""

    number: int = 0
    finished: bool = False


@dataclass(frozen=True, slots=True)
class Foresight:
    """What a download would meet at its target: how often what, and the first objects of each.

    `existing` is the size of all objects whose files are there already.
    """

    target: str
    looked_at: int = 0
    numbers: Mapping[Coming, int] = field(default_factory=dict)
    rows: Mapping[Coming, tuple[Foreseen, ...]] = field(default_factory=dict)
    existing: int = 0
    finished: bool = False

    def of(self, *comings: Coming) -> int:
        return sum(self.numbers.get(coming, 0) for coming in comings)


@dataclass(frozen=True, slots=True)
class BucketPolicy:
    """What a bucket's data policy does with what is sent. None is unknown, or of a type: none.

    `verifies` where it has all that is written read back; `may_verify` whether a job may ask for
    that. `tape_copies` are those of the copies that go to tape; None where that is not known.
    """

    name: str
    copies: int | None = None
    checksum_type: ChecksumType | None = None
    verifies: bool = False
    may_verify: bool = True
    tape_copies: tuple[TapeCopy, ...] | None = None
