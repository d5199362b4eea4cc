"""From what went wrong, as facts, to what the user reads.

A message says what happened, to what, and what to do about it; the one button that helps is its
remedy. Status, codes and the appliance's own words are in the details and nowhere else.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import assert_never

from PySide6.QtCore import QCoreApplication

from ds3_browser import log
from ds3_browser.gui import format
from ds3_browser.protocol.errors import (
    AccessDenied,
    BadCredentials,
    BadReply,
    Busy,
    ClockSkewed,
    Conflict,
    ConnectionFailed,
    ConnectionLost,
    Ds3Error,
    Gone,
    ManagementPort,
    NotFound,
    RequestRefused,
    ServerFault,
    TlsFailed,
    TlsFault,
    Unreachable,
)
from ds3_browser.protocol.records import DeleteError
from ds3_browser.transfer.events import MAX_TRIES, Failure, FailureCode, HeldFor
from ds3_browser.transfer.recovery import Salvaged

_tr = partial(QCoreApplication.translate, "messages")
_counted = partial(format.counted, "messages")

REDIRECTS = (301, 302, 303, 308)  # an appliance answers none of these; it has 307


class Doing(enum.Enum):
    """What was asked of the appliance when it went wrong."""

    CONNECT = "connect"
    LIST = "list"
    CREATE_BUCKET = "create bucket"
    CREATE_FOLDER = "create folder"
    DELETE = "delete"
    DELETE_BUCKET = "delete bucket"
    UPLOAD = "upload"
    DOWNLOAD = "download"
    ASK = "ask"


class Remedy(enum.Enum):
    """The one button of a message."""

    RETRY = "retry"
    TRY_NOW = "try now"
    REFRESH = "refresh"
    EDIT_SESSION = "edit session"
    LOOK_AT_CERTIFICATE = "look at the certificate"


@dataclass(frozen=True, slots=True)
class Message:
    """`text` is whole sentences. `details` are (label, value) pairs, with nothing secret."""

    text: str
    remedy: Remedy | None = None
    details: tuple[tuple[str, str], ...] = ()


def sentence(
    error: BaseException | Failure,
    *,
    doing: Doing = Doing.ASK,
    what: str | None = None,
    owner: str | None = None,
    host: str | None = None,
    at: datetime | None = None,
) -> Message:
    """Return the message of an error.

    `what` is what it happened to (a bucket's, folder's or object's name), `owner` the owner of
    that and `host` the appliance asked, where known. `at` is when it happened, for the details.
    """
    if isinstance(error, Failure):
        text = _failure(error, doing, what)
        return Message(text, _remedy_of(error.code), _failure_details(error))
    # Whoever has no list of buckets at its top, or leads to a page to log in, is no appliance.
    strange = (
        isinstance(error, BadReply)
        or (doing is Doing.CONNECT and isinstance(error, NotFound | Gone))
        or (type(error) is RequestRefused and error.refusal.status in REDIRECTS)
    )
    text = _bad_reply(host) if strange else _error(error, doing, what, owner)
    return Message(text, _remedy(error), details(error, at))


def remedy_text(remedy: Remedy) -> str:
    match remedy:
        case Remedy.RETRY:
            return _tr("Retry")
        case Remedy.TRY_NOW:
            return _tr("Try now")
        case Remedy.REFRESH:
            return _tr("Refresh")
        case Remedy.EDIT_SESSION:
            return _tr("Edit session…")
        case Remedy.LOOK_AT_CERTIFICATE:
            return _tr("Look at the certificate…")
        case _:
            assert_never(remedy)


def details(error: BaseException, at: datetime | None = None) -> tuple[tuple[str, str], ...]:
    """Return status, code, the appliance's own words, request id and time, as far as known."""
    rows: list[tuple[str, str | None]] = []
    match error:
        case RequestRefused(refusal=refusal):
            rows = [
                (_tr("Status"), str(refusal.status)),
                (_tr("Code"), refusal.code),
                (_tr("The appliance's words"), refusal.message),
                (_tr("Request"), f"{refusal.method} {refusal.path}"),
                (_tr("Request id"), refusal.request_id),
            ]
        case ConnectionFailed():
            rows = [
                (_tr("Address"), error.where),
                (_tr("Reason"), error.why.value),
                (_tr("The system's words"), error.detail),
            ]
        case _:
            rows = [(_tr("Reason"), f"{type(error).__name__}: {error}")]
    rows.append((_tr("Time"), format.iso(at or datetime.now(UTC))))
    return _told(rows)


def details_text(message: Message) -> str:
    """Return the message and its details as lines, for the clipboard."""
    return "\n".join([message.text, *(f"{label}: {value}" for label, value in message.details)])


# -- errors ---------------------------------------------------------------------------------------


def _error(error: BaseException, doing: Doing, what: str | None, owner: str | None) -> str:
    match error:
        case TlsFailed():
            return _no_secure_connection(error)
        case ConnectionLost():
            return _tr(
                "The connection to {host} was lost before the appliance had answered. Try again."
            ).format(host=_host(error))
        case ConnectionFailed(why=Unreachable.PROXY):
            return _tr("The proxy {where} lets nothing through. Check the session's proxy.").format(
                where=error.where
            )
        case ConnectionFailed():
            return _tr(
                "No appliance answers at {where}. Check the name, the port and your network."
            ).format(where=error.where)
        case ManagementPort():
            return _tr("This is the management port. Use the data path address.")
        case BadCredentials():
            return _tr("The appliance does not know this access ID or the secret key is wrong.")
        case ClockSkewed():
            return clock_differs(error.difference_s)
        case AccessDenied():
            return _no_right(doing, what, owner)
        case NotFound():
            return _no_longer_there(what)
        case Gone():
            return _tr("The appliance no longer knows this job.")
        case Conflict():
            return _conflict(doing, what)
        case Busy():
            return _busy(error.retry_after_s)
        case ServerFault():
            return _tr(
                "The appliance reported an error of its own, three times."
                " Try again, or tell its administrator."
            )
        case RequestRefused():
            return _tr("The appliance refused this. Nothing was changed.")
        case _:
            return _ours(error)


def _no_secure_connection(error: TlsFailed) -> str:
    host = _host(error)
    match error.fault:
        case TlsFault.EXPIRED:
            text = _tr("No secure connection to {host}: its certificate has expired.")
        case TlsFault.WRONG_HOST:
            text = _tr(
                "No secure connection to {host}: its certificate is made out to another name."
            )
        case TlsFault.UNTRUSTED:
            text = _tr(
                "No secure connection to {host}: its certificate is signed by nobody this"
                " computer trusts."
            )
        case TlsFault.CHANGED:
            text = _tr(
                "No secure connection to {host}: its certificate is not the one you trusted."
            )
        case TlsFault.NOT_TLS:
            text = _tr("No secure connection to {host}. This port does not speak TLS.")
        case TlsFault.OTHER:
            text = _tr("No secure connection to {host}.")
        case _:
            assert_never(error.fault)
    return text.format(host=host)


def clock_differs(difference_s: float | None) -> str:
    if difference_s is None:
        return _tr("This computer's clock differs from the appliance's. Set it, then try again.")
    return _tr(
        "This computer's clock differs by {time} from the appliance's. Set it, then try again."
    ).format(time=format.duration(abs(difference_s)))


def _no_right(doing: Doing, what: str | None, owner: str | None) -> str:
    """Name the right that is missing, and whom to ask for it where that is known."""
    if what is None or doing in (Doing.CONNECT, Doing.ASK):
        return _tr("You have no right to do this. Ask the appliance's administrator.")
    match doing:
        case Doing.LIST:
            text, right = _tr("You have no right to list {what}."), "LIST"
        case Doing.DOWNLOAD:
            text, right = _tr("You have no right to read from {what}."), "READ"
        case Doing.UPLOAD | Doing.CREATE_FOLDER:
            text, right = _tr("You may not write to {what}."), "WRITE"
        case Doing.DELETE:
            text, right = _tr("You have no right to delete in {what}."), "DELETE"
        case Doing.DELETE_BUCKET:
            text, right = _tr("You have no right to delete {what}."), "OWNER"
        case Doing.CREATE_BUCKET:
            return _tr("You have no right to create buckets. Ask the appliance's administrator.")
        case _:
            assert_never(doing)
    ask = (
        _tr("{denied} Ask its owner for {right}.")
        if owner is None
        else _tr("{denied} Ask its owner, {owner}, for {right}.")
    )
    return ask.format(denied=text.format(what=what), owner=owner, right=right)


def _no_longer_there(what: str | None) -> str:
    if what is None:
        return _tr("It is no longer there.")
    return _tr("{what} is no longer there.").format(what=what)


def _conflict(doing: Doing, what: str | None) -> str:
    if doing is Doing.CREATE_BUCKET and what is not None:
        return _tr("A bucket named {what} is there already, perhaps of another owner.").format(
            what=what
        )
    if doing is Doing.CREATE_FOLDER and what is not None:
        return _tr("{what} is there already.").format(what=what)
    if doing is Doing.DELETE_BUCKET and what is not None:
        return _tr("{what} is not empty, or a job still uses it. Nothing was deleted.").format(
            what=what
        )
    if doing is Doing.UPLOAD:
        return _already_there()
    return _tr("The appliance cannot do this now, because something else uses it.")


def _already_there() -> str:
    return _tr("Already in the bucket, and its data policy keeps no versions.")


def _busy(retry_after_s: float | None) -> str:
    if retry_after_s is None:
        return _tr("The appliance is busy. Try again in a while.")
    return _tr("The appliance is busy. Next try in {time}.").format(
        time=format.countdown(retry_after_s)
    )


def _ours(error: BaseException) -> str:
    match error:
        case OSError(strerror=str(words)):
            return _tr("This computer says: {words}.").format(words=words)
        case Ds3Error():
            return _tr("The appliance's answer could not be used.")
        case LookupError():
            return _tr("The session is not connected.")
        case ValueError():
            return _tr("This cannot be asked of the appliance: {words}").format(words=error)
        case _:
            return _tr("DS3 Browser made a mistake of its own. The log tells more.")


def unconnected(session: str | None) -> str:
    """Why nothing can be begun; `session` is its name, None where it is no longer in the list."""
    if session is None:
        return _tr("Its session was removed from the list. Nothing was begun.")
    words = _tr("{session} is not connected. Nothing was begun: connect it, then try again.")
    return words.format(session=session)


def _bad_reply(host: str | None) -> str:
    if host is None:
        return _tr(
            "The appliance did not answer like a BlackPearl."
            " Is a proxy or another server in between?"
        )
    return _tr(
        "{host} did not answer like a BlackPearl. Is a proxy or another server in between?"
    ).format(host=host)


def _host(error: ConnectionFailed) -> str:
    return error.where.rpartition(":")[0] or error.where


def _remedy(error: BaseException) -> Remedy | None:
    match error:
        case TlsFailed():
            return Remedy.LOOK_AT_CERTIFICATE
        case BadCredentials() | ManagementPort():
            return Remedy.EDIT_SESSION
        case ConnectionFailed() | Busy():
            return Remedy.TRY_NOW
        case NotFound() | Gone():
            return Remedy.REFRESH
        case AccessDenied() | Conflict():
            return None
        case _:
            return Remedy.RETRY


def not_deleted(error: DeleteError) -> str:
    """Return why one name of many could not be deleted."""
    match (error.code or "").replace("_", "").lower():
        case "accessdenied":
            return _tr("You have no right to delete it.")
        case "nosuchkey" | "notfound":
            return _tr("It is no longer there.")
        case "conflict" | "jobsconflict" | "objectinuse":
            return _tr("A job still uses it.")
        case _:
            return _tr("The appliance did not delete it.")


# -- failures of objects and jobs -----------------------------------------------------------------


def _failure(failure: Failure, doing: Doing, what: str | None) -> str:
    match failure.code:
        case FailureCode.UNREADABLE:
            return _with_words(
                failure, _tr("The file cannot be read: {words}."), _tr("The file cannot be read.")
            )
        case FailureCode.VANISHED:
            return _tr("The file is no longer there.")
        case FailureCode.CHANGED:
            return _changed(failure.difference)
        case FailureCode.NAME_NOT_ALLOWED:
            return _with_words(
                failure,
                _tr("The appliance takes no such name: {words}."),
                _tr("The appliance takes no such name."),
            )
        case FailureCode.CLASH:
            return _tr("Another file leads to the same name.")
        case FailureCode.EXISTS:
            return _already_there()
        case FailureCode.HELD:
            return _held(failure.detail)
        case FailureCode.NOT_DELETED:
            return _tr("The object it replaces could not be deleted, so it was not sent.")
        case FailureCode.NOT_FOUND:
            return _no_longer_there(what or failure.name)
        case FailureCode.OUTSIDE:
            return _outside(failure)
        case FailureCode.NO_RIGHT if what is not None and doing in (Doing.UPLOAD, Doing.DOWNLOAD):
            return _no_right(doing, what, None)
        case FailureCode.NO_RIGHT:
            return _no_right_to_transfer(what)
        case FailureCode.NOT_LISTED:
            return _no_right(Doing.LIST, what, None)
        case FailureCode.KEYS:
            return _tr("The appliance does not know this access ID or the secret key is wrong.")
        case FailureCode.CLOCK:
            return clock_differs(failure.difference)
        case FailureCode.CONNECTION:
            return _last_try(failure, _tr("Connection reset by the appliance."))
        case FailureCode.TOO_OLD:
            return _tr("The appliance brings nothing to its cache before release 5.0.")
        case FailureCode.NOT_VERIFIED:
            return _tr("The appliance has read it and doubts a copy of it. Tell its administrator.")
        case FailureCode.CHECKSUM:
            return _last_try(failure, _tr("Damaged on the way: checksum differs."))
        case FailureCode.APPLIANCE:
            return _tr(
                "The appliance reported an error of its own. Try again, or tell its administrator."
            )
        case FailureCode.REFUSED:
            if failure.name is None:
                return _tr("The appliance refused the job. Nothing was sent.")
            return _tr("The appliance refused this object.")
        case FailureCode.BAD_REPLY:
            return _bad_reply(None)
        case FailureCode.JOB_GONE:
            return _tr("The appliance no longer knows this job.")
        case FailureCode.TIMED_OUT:
            return _tr("The appliance ended the job: no activity for 24 h.")
        case FailureCode.MANAGEMENT_PORT:
            return _tr("This is the management port. Use the data path address.")
        case FailureCode.IN_THE_WAY:
            return _in_the_way(failure)
        case FailureCode.LOCAL_WRITE:
            return _cannot_write(failure)
        case FailureCode.LEFT_OUT:
            return _with_words(
                failure, _tr("Only on {words}, left out"), _tr("Only on tapes that are left out")
            )
        case FailureCode.NOTHING_TO_DO:
            return _tr("There was nothing to transfer.")
        case FailureCode.CERTIFICATE:
            return _certificate(failure)
        case FailureCode.INTERNAL:
            return _tr("DS3 Browser made a mistake of its own. The log tells more.")
        case _:
            assert_never(failure.code)


def _with_words(failure: Failure, with_words: str, without: str) -> str:
    if not failure.detail:
        return without
    return with_words.format(words=failure.detail.rstrip("."))


def _outside(failure: Failure) -> str:
    size = format.exact(failure.difference or 0)
    return _tr(
        "The object has {size} now, so it has no such part. Look it up again and choose another."
    ).format(size=size)


def _changed(difference: int | None) -> str:
    if not difference:
        return _tr("File changed since the job began.")
    told = format.size(abs(difference))
    if difference > 0:
        return _tr("File changed since the job began: {size} larger.").format(size=told)
    return _tr("File changed since the job began: {size} smaller.").format(size=told)


def _held(why: str | None) -> str:
    match why:
        case HeldFor.OTHERS.value:
            return _tr(
                "File changed, and its name is taken by the job of before, which still has parts of"
                " other failed objects. It can be sent once those are through."
            )
        case HeldFor.RELEASE.value:
            return _tr(
                "File changed, and its name is taken by the job of before, which this appliance"
                " cannot close without losing what arrived. It can be sent once that job has ended."
            )
        case _:
            return _tr(
                "File changed, and its name is taken by the job of before, which the appliance does"
                " not close now. Try again later."
            )


def _no_right_to_transfer(what: str | None) -> str:
    if what is None:
        return _tr("You have no right to do this in this bucket. Ask its owner.")
    return _tr("You have no right to do this in {what}. Ask its owner.").format(what=what)


def _last_try(failure: Failure, text: str) -> str:
    """Tell when it was last tried; whoever reads it was not there."""
    if failure.at is None:
        return text
    time = failure.at.astimezone().strftime("%H:%M:%S")
    return _tr("{text} Last try {time}").format(text=text, time=time)


def trying_again(failure: Failure, *, uploads: bool) -> str:
    """Return why a blob is being moved once more, and for which of its tries that is."""
    if failure.code is FailureCode.APPLIANCE:
        said = _tr("The appliance reported an error of its own.")
    else:
        said = _failure(replace(failure, at=None), Doing.ASK, failure.name)
    tried = min((failure.tries or 0) + 1, MAX_TRIES)
    if uploads:
        text = _tr("{text} Sent again automatically, {n} of {most}.")
    else:
        text = _tr("{text} Fetched again automatically, {n} of {most}.")
    return text.format(text=said, n=tried, most=MAX_TRIES)


def _in_the_way(failure: Failure) -> str:
    """`detail` is the name of the file in the way; without one it is a folder."""
    if failure.detail:
        return _tr("A file named {name} is in the way.").format(name=failure.detail)
    return _tr("A folder of this name is in the way.")


def _cannot_write(failure: Failure) -> str:
    if failure.path and failure.detail:
        return _tr("Cannot write to {path}: {words}.").format(
            path=failure.path, words=failure.detail.rstrip(".")
        )
    if failure.path:
        return _tr("Cannot write to {path}.").format(path=failure.path)
    return _tr("The file cannot be written.")


def _certificate(failure: Failure) -> str:
    known = {fault.value: fault for fault in TlsFault}
    match known.get(failure.detail or ""):
        case TlsFault.EXPIRED:
            return _tr("No secure connection: the appliance's certificate has expired.")
        case TlsFault.WRONG_HOST:
            return _tr("No secure connection: the certificate is made out to another name.")
        case TlsFault.UNTRUSTED:
            return _tr(
                "No secure connection: the certificate is signed by nobody this computer trusts."
            )
        case TlsFault.CHANGED:
            return _tr("No secure connection: the certificate is not the one you trusted.")
        case TlsFault.NOT_TLS:
            return _tr("No secure connection: this port does not speak TLS.")
        case _:
            return _tr("No secure connection to the appliance.")


def _remedy_of(code: FailureCode) -> Remedy | None:
    match code:
        case FailureCode.KEYS | FailureCode.MANAGEMENT_PORT:
            return Remedy.EDIT_SESSION
        case FailureCode.CERTIFICATE:
            return Remedy.LOOK_AT_CERTIFICATE
        case _:
            return None


def _failure_details(failure: Failure) -> tuple[tuple[str, str], ...]:
    return _told(
        [
            (_tr("Object"), failure.name),
            (_tr("File"), failure.path),
            (_tr("Status"), None if failure.status is None else str(failure.status)),
            (_tr("Code"), failure.appliance_code),
            (_tr("The appliance's words"), failure.appliance_message),
            (_tr("Request id"), failure.request_id),
            (_tr("Reason"), failure.detail),
            (_tr("Tries"), None if failure.tries is None else format.count(failure.tries)),
            (_tr("Time"), format.iso(failure.at)),
        ]
    )


def _told(rows: list[tuple[str, str | None]]) -> tuple[tuple[str, str], ...]:
    return tuple((label, log.redacted(value)) for label, value in rows if value)


def damage(salvaged: Salvaged) -> str:
    """Return what was brought back of a damaged list of transfers."""
    file = salvaged.file
    if not salvaged.jobs:
        told = _tr(
            "The list of transfers was damaged and nothing of it could be read. It is kept as"
            " {file}. Jobs that are open on an appliance are looked for when it is connected."
        )
        return told.format(file=file)
    if salvaged.whole:
        told = _tr(
            "The list of transfers was damaged. All of its {n} jobs could be read. The damaged"
            " file is kept as {file}."
        )
    else:
        told = _tr(
            "The list of transfers was damaged. {n} jobs could be read, others or parts of them"
            " could not. The damaged file is kept as {file}. What is open on an appliance is"
            " looked for when it is connected."
        )
    return told.format(n=format.count(salvaged.jobs), file=file)


def found_again(session: str, jobs: int) -> str:
    """Return that an appliance knew jobs which the damaged list had lost."""
    return _counted(
        "{session} has {n} open jobs of yours that this list had lost. They wait for you.",
        jobs,
        session=session,
    )
