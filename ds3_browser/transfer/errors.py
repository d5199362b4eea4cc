"""What can go wrong on this side of the wire, and the one signal that is no error.

Ds3Error
  ChecksumMismatch   the bytes that arrived are not those that were sent
  LocalFileError     a file of the user's cannot be read or written
JobCancelled         not an error: ends what a job is doing, quietly
JobRefused           not an object's trouble but the whole job's; carries its Failure
"""

from __future__ import annotations

from ds3_browser.protocol.errors import Ds3Error

from .events import Failure, FailureCode


class ChecksumMismatch(Ds3Error):
    """`name` and the offset of the blob whose digest differs."""

    def __init__(self, name: str, offset: int) -> None:
        super().__init__(f"the checksum of {name} at {offset} differs")
        self.name = name
        self.offset = offset


class LocalFileError(Ds3Error):
    """`code` says what it means for the object; `detail` is the system's own words."""

    def __init__(
        self, code: FailureCode, path: str, detail: str = "", difference: int | None = None
    ) -> None:
        super().__init__(f"{path}: {code.value} {detail}".rstrip())
        self.code = code
        self.path = path
        self.detail = detail
        self.difference = difference


class NoSpace(LocalFileError):
    """The disk is full: the job waits, no object fails."""


class JobCancelled(Exception):
    """The job was told to end: by the user, or because the program quits."""


class JobRefused(Exception):
    """The whole job cannot go on."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.code.value)
        self.failure = failure
