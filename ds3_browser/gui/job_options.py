"""What a person chooses for an upload or a download, and what a count for it found."""

from __future__ import annotations

from dataclasses import dataclass

from ds3_browser.protocol.records import Priority, Versioning
from ds3_browser.transfer.checks import Conflict
from ds3_browser.transfer.get import Existing


@dataclass(frozen=True, slots=True)
class UploadOptions:
    """What a person may choose for an upload; the defaults are those of a plain drop."""

    name: str | None = None
    priority: Priority | None = None
    follow_links: bool = False
    keep_empty_folders: bool = True
    file_attributes: bool = True
    skip_system_files: bool = False
    like_there: Conflict = Conflict.SEND
    unlike_there: Conflict = Conflict.SEND


@dataclass(frozen=True, slots=True)
class UploadDefaults:
    """What the form of an upload offers at first; None waits for a choice."""

    like_there: Conflict = Conflict.LEAVE_OUT
    unlike_there: Conflict | None = None
    file_attributes: bool = True
    skip_system_files: bool = True


@dataclass(frozen=True, slots=True)
class DownloadOptions:
    """What a person may choose for a download."""

    name: str | None = None
    priority: Priority | None = None
    existing: Existing = Existing.KEEP_BOTH


@dataclass(frozen=True, slots=True)
class Counted:
    """What a count found so far: objects the job would have (files and kept empty folders).

    Of an upload besides: what cannot be read, names that are not allowed, names chosen twice, links
    that are skipped, and names that are in the bucket already, with what its data policy does then:
    those of files `like` what is there, of the same size and not newer, and those `unlike` it.
    `compared` is False where there were too many names to look at, `listable` where this user is
    not allowed to list them: the job compares nothing either, and the data policy alone decides.
    """

    objects: int = 0
    files: int = 0
    folders: int = 0
    size: int = 0
    unreadable: int = 0
    not_allowed: int = 0
    twice: int = 0
    links: int = 0
    like: int = 0
    unlike: int = 0
    versioning: Versioning | None = None
    compared: bool = True
    listable: bool = True
    finished: bool = False

    @property
    def present(self) -> int:
        """Names that are in the bucket already."""
        return self.like + self.unlike

    @property
    def doubtful(self) -> bool:
        """Whether a person should look before anything is sent."""
        found = (self.unreadable, self.not_allowed, self.twice, self.links, self.present)
        blind = not self.listable and self.versioning is not Versioning.NONE
        return any(found) or blind or not self.compared or not self.objects
