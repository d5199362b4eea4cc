"""What can go wrong on this side of the wire, and what an error means for the user.

Ds3Error
  ChecksumMismatch     the bytes that arrived are not those that were sent
  LocalFileError       a file of the user's cannot be read or written
    DiskUnusable       the disk is full, read-only or gone: no object's fault, the job waits
JobCancelled           not an error: ends what a job is doing, quietly
JobRefused             not an object's trouble but the whole job's; carries its Failure
NothingLeft            all objects of a part have failed before its job was asked for
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from ds3_browser.protocol.errors import (
    AccessDenied,
    BadCredentials,
    BadReply,
    ClockSkewed,
    Conflict,
    ConnectionFailed,
    Ds3Error,
    Gone,
    ManagementPort,
    NotFound,
    RequestRefused,
    ServerFault,
    TlsFailed,
)

from .events import Failure, FailureCode


class ChecksumMismatch(Ds3Error):
    """`name` and the offset of the blob whose bytes are not what they should be."""

    def __init__(self, name: str, offset: int) -> None:
        super().__init__(f"the checksum of {name} at {offset} differs")
        self.name = name
        self.offset = offset


class LocalFileError(Ds3Error):
    """`code` says what it means for the object; `detail` is the system's own words."""

    def __init__(
        self,
        code: FailureCode,
        path: str,
        detail: str | None = None,
        difference: int | None = None,
    ) -> None:
        super().__init__(f"{path}: {code.value}{': ' + detail if detail else ''}")
        self.code = code
        self.path = path
        self.detail = detail
        self.difference = difference


class DiskUnusable(LocalFileError):
    """`path` is the folder; `free` is bytes where the disk is full, None where it cannot be used.

    `needed` is bytes that were asked for at once, as far as that is known.
    """

    def __init__(self, path: str, detail: str, free: int | None, needed: int | None = None) -> None:
        super().__init__(FailureCode.LOCAL_WRITE, path, detail)
        self.free = free
        self.needed = needed


class JobCancelled(Exception):
    """The job was told to end: by the user, or because the program quits."""


class NothingLeft(Exception):
    """No object of a part is left to ask for; the others of the job go on."""


class JobRefused(Exception):
    """The whole job cannot go on."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.code.value)
        self.failure = failure


class JobDropped(JobRefused):
    """The appliance has cancelled the job, and dropped what an upload had brought with it."""


_CODES: tuple[tuple[type[Exception], FailureCode], ...] = (
    (ChecksumMismatch, FailureCode.CHECKSUM),
    (TlsFailed, FailureCode.CERTIFICATE),
    (ConnectionFailed, FailureCode.CONNECTION),
    (ManagementPort, FailureCode.MANAGEMENT_PORT),
    (BadCredentials, FailureCode.KEYS),
    (ClockSkewed, FailureCode.CLOCK),
    (AccessDenied, FailureCode.NO_RIGHT),
    (NotFound, FailureCode.NOT_FOUND),
    (Gone, FailureCode.NOT_FOUND),
    (Conflict, FailureCode.EXISTS),
    (ServerFault, FailureCode.APPLIANCE),
    (BadReply, FailureCode.BAD_REPLY),
    (RequestRefused, FailureCode.REFUSED),
)


def failure_of(
    error: Exception, name: str | None = None, *, code: FailureCode | None = None
) -> Failure:
    """The facts of an error, of an object where it is named. `code` where more is known of it."""
    if isinstance(error, LocalFileError):
        return Failure(error.code, name, error.path, error.detail, error.difference)
    if isinstance(error, OSError):
        return Failure(FailureCode.LOCAL_WRITE, name, error.filename, error.strerror)
    found = code or next((c for kind, c in _CODES if isinstance(error, kind)), FailureCode.INTERNAL)
    failure = Failure(found, name, detail=_detail(error), at=datetime.now(UTC))
    if isinstance(error, ClockSkewed) and error.difference_s is not None:
        failure = replace(failure, difference=round(error.difference_s))
    if isinstance(error, RequestRefused):
        failure = _with_answer(failure, error)
    return failure


def _detail(error: Exception) -> str | None:
    if isinstance(error, TlsFailed):
        return error.fault.value
    return str(error) if isinstance(error, BadReply) else None


def _with_answer(failure: Failure, error: RequestRefused) -> Failure:
    told = error.refusal
    return replace(
        failure,
        status=told.status,
        appliance_code=told.code,
        appliance_message=told.message,
        request_id=told.request_id,
    )
