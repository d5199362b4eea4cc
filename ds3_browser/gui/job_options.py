"""What a person chooses for an upload or a download, and what a count for it found."""

from __future__ import annotations

from dataclasses import dataclass

from ds3_browser.protocol.records import Priority
from ds3_browser.transfer.get import Existing


@dataclass(frozen=True, slots=True)
class UploadOptions:
    """What a person may choose for an upload; the defaults are those of a plain drop."""

    name: str | None = None
    priority: Priority | None = None
    follow_links: bool = False
    keep_empty_folders: bool = True


@dataclass(frozen=True, slots=True)
class DownloadOptions:
    """What a person may choose for a download."""

    name: str | None = None
    priority: Priority | None = None
    existing: Existing = Existing.KEEP_BOTH


@dataclass(frozen=True, slots=True)
class Counted:
    """What a count found so far: objects the job would have (files and kept empty folders)."""

    objects: int = 0
    files: int = 0
    folders: int = 0
    size: int = 0
    unreadable: int = 0
    finished: bool = False
