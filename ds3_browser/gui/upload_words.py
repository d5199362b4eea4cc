"""What a user reads of an upload's checks: their names, what is chosen, and why a file is there."""

from __future__ import annotations

import math
import re
from datetime import UTC, date, datetime
from functools import partial

from PySide6.QtCore import QCoreApplication

from ds3_browser.gui import format
from ds3_browser.gui.job_options import Counted
from ds3_browser.gui.names import visible
from ds3_browser.gui.upload_choices import UploadChoices
from ds3_browser.protocol.records import Versioning
from ds3_browser.transfer.checks import Check, Conflict, Found
from ds3_browser.transfer.conflicts import new_name
from ds3_browser.transfer.plan import MAX_NAME_BYTES

# Control characters, what is no character, and bytes that are not UTF-8.
_ODD = re.compile("[\x00-\x1f\x7f\ufffe\uffff\ud800-\udfff]")

_tr = partial(QCoreApplication.translate, "upload_words")
_counted = partial(format.counted, "upload_words")


def title(check: Check) -> str:
    match check:
        case Check.UNREADABLE:
            return _tr("Cannot be read")
        case Check.NOT_ALLOWED:
            return _tr("Name not allowed")
        case Check.TWICE:
            return _tr("Same name twice")
        case Check.COMING:
            return _tr("Being uploaded")
        case Check.UNLIKE:
            return _tr("In bucket, different size or older")
        case Check.LIKE:
            return _tr("In bucket, same size")
        case Check.RECENT:
            return _tr("Changed in the last minute")
        case Check.ALIKE:
            return _tr("Names alike")
        case Check.SYSTEM:
            return _tr("System files")
        case Check.LINK:
            return _tr("Links and empty folders")
        case Check.GOOD:
            return _tr("Good to go")


def choice_words(
    check: Check, choice: Conflict, versioning: Versioning | None, *, for_all: bool = False
) -> str:
    """What a choice is called where it is chosen."""
    if check is Check.LINK and for_all:
        return _of_all_links(choice)
    match choice:
        case Conflict.SEND:
            return _send_words(check, versioning)
        case Conflict.LEAVE_OUT:
            skipped = check in (Check.LIKE, Check.SYSTEM, Check.LINK)
            return _tr("Skip") if skipped else _tr("Leave out")
        case Conflict.NEW_NAME:
            return _tr("Upload as new name")
        case Conflict.DELETE_FIRST:
            return _tr("Delete and upload…")
        case Conflict.RENAME:
            return _tr("Rename…")
        case Conflict.KEEP_FIRST:
            return _tr("Keep first")
        case Conflict.NUMBER:
            return _tr("Number them")
        case Conflict.FOLLOW:
            return _tr("Follow")
        case Conflict.FAIL:
            return _tr("List as failed")


def _of_all_links(choice: Conflict) -> str:
    if choice is Conflict.FOLLOW:
        return _tr("Follow links, keep folders")
    if choice is Conflict.LEAVE_OUT:
        return _tr("Skip links and folders")
    return _tr("Skip links, keep folders")


def _send_words(check: Check, versioning: Versioning | None) -> str:
    if check is Check.LINK:
        return _tr("Keep")
    if check not in (Check.UNLIKE, Check.LIKE):
        return _tr("Upload")
    if versioning is Versioning.KEEP_LATEST:
        return _tr("Replace")
    if versioning is Versioning.KEEP_MULTIPLE_VERSIONS:
        return _tr("Add as version")
    return _tr("Try to replace")


def done_words(found: Found, choice: Conflict | None, versioning: Versioning | None) -> str:
    """What becomes of one file, in its row."""
    if choice is None:
        return _tr("Choose…")
    if choice is Conflict.RENAME:
        return _tr("Renamed") if found.is_renamed else _tr("Cannot be renamed so")
    if choice is Conflict.DELETE_FIRST:
        return _tr("Delete and upload")
    return choice_words(found.check, choice, versioning)


def second_line(counted: Counted, choices: UploadChoices, check: Check) -> str:
    """What becomes of all that a check found."""
    if check is Check.GOOD:
        return format.size(counted.of(check).size)
    if choices.undecided(counted, check):
        return _tr("You choose what happens")
    if check is Check.ALIKE:
        return _tr("Uploaded, the appliance keeps both")
    chosen = {choices.choice(row) for row in counted.of(check).rows}
    rule = choices.rule(check)
    if check is not Check.LINK and (len(chosen) > 1 or (chosen and rule not in chosen)):
        return _tr("Chosen file by file")
    return _rule_line(check, rule or Conflict.LEAVE_OUT, choices.versioning)


def _rule_line(check: Check, rule: Conflict, versioning: Versioning | None) -> str:
    match check, rule:
        case Check.UNREADABLE, _:
            return _tr("Left out unless you fix them")
        case Check.NOT_ALLOWED, _:
            return _tr("Left out unless renamed")
        case Check.LINK, Conflict.FOLLOW:
            return _tr("Links followed, folders kept")
        case Check.LINK, Conflict.LEAVE_OUT:
            return _tr("All skipped")
        case Check.LINK, _:
            return _tr("Links skipped, folders kept")
        case Check.SYSTEM, Conflict.LEAVE_OUT:
            return _tr("Skipped: .DS_Store, Thumbs.db and others")
        case _, Conflict.LEAVE_OUT if check in (Check.LIKE, Check.SYSTEM):
            return _tr("Skipped")
        case _, Conflict.LEAVE_OUT:
            return _tr("Left out")
        case Check.TWICE, Conflict.KEEP_FIRST:
            return _tr("The first one is uploaded")
        case Check.TWICE, Conflict.NUMBER:
            return _tr("Numbered")
        case _, Conflict.NEW_NAME:
            return _tr("Uploaded as new names")
        case _, Conflict.DELETE_FIRST:
            return _tr("What is there is deleted first")
        case ((Check.LIKE | Check.UNLIKE), _):
            return choice_words(check, rule, versioning)
        case _:
            return _tr("Uploaded")


def heading(check: Check, number: int) -> str:
    """A sentence over the files of a check."""
    one, many = _headings(check)
    return one if number == 1 else many.format(n=format.count(number))


def _headings(check: Check) -> tuple[str, str]:
    match check:
        case Check.UNREADABLE:
            return _tr("1 file or folder cannot be read"), _tr(
                "{n} files or folders cannot be read"
            )
        case Check.NOT_ALLOWED:
            return (
                _tr("1 name is not allowed on the appliance"),
                _tr("{n} names are not allowed on the appliance"),
            )
        case Check.TWICE:
            return (
                _tr("1 file has the name of another one"),
                _tr("{n} files have the names of others"),
            )
        case Check.COMING:
            return (
                _tr("1 name is being uploaded already"),
                _tr("{n} names are being uploaded already"),
            )
        case Check.UNLIKE:
            return (
                _tr("1 file is in the bucket with a different size, or older"),
                _tr("{n} files are in the bucket with a different size, or older"),
            )
        case Check.LIKE:
            return (
                _tr("1 file is in the bucket with the same size"),
                _tr("{n} files are in the bucket with the same size"),
            )
        case Check.RECENT:
            return (
                _tr("1 file changed in the last minute"),
                _tr("{n} files changed in the last minute"),
            )
        case Check.ALIKE:
            return _tr("1 name is like another one"), _tr("{n} names are alike")
        case Check.SYSTEM:
            return _tr("1 system file"), _tr("{n} system files")
        case Check.LINK:
            return _tr("1 link or empty folder"), _tr("{n} links and empty folders")
        case Check.GOOD:
            return _tr("1 file is good to go"), _tr("{n} files are good to go")


def note(check: Check, choices: UploadChoices, deleted: int) -> str:
    """What one has to know of a check before one chooses; empty where nothing."""
    match check:
        case Check.LIKE | Check.UNLIKE if deleted:
            return _deleted_words(deleted)
        case Check.LIKE | Check.UNLIKE:
            return _policy_words(choices.versioning)
        case Check.COMING:
            return _coming_words(choices.brought_by)
        case Check.ALIKE:
            return _tr("A restore to a disk that takes them for one will number them.")
        case Check.RECENT:
            return _tr(
                "Somebody may still write to them. A file that changes while it is sent fails."
            )
        case Check.LINK:
            return _tr("A link that leads back to a folder it is in is never followed.")
        case Check.TWICE:
            return _tr("An object has one name: of these files only one can have it.")
        case Check.NOT_ALLOWED:
            return _tr("Names are sent as they are on disk, and never changed without a word.")
        case _:
            return ""


def _deleted_words(number: int) -> str:
    return _counted("Nobody can read these {n} objects until they are in cache again.", number)


def _coming_words(jobs: tuple[str, ...]) -> str:
    match jobs:
        case ():
            return _tr(
                "A job of somebody else is to bring them. It stands at Jobs on appliance; to send"
                " these files instead, it has to be cancelled there first."
            )
        case (job,):
            text = _tr(
                "The transfer {job} brings them. To send these files instead, cancel it first."
            )
            return text.format(job=visible(job))
        case _:
            text = _tr(
                "The transfers {jobs} bring them. To send these files instead, cancel those first."
            )
            return text.format(jobs=", ".join(map(visible, jobs)))


def _policy_words(versioning: Versioning | None) -> str:
    match versioning:
        case Versioning.NONE:
            return _tr("Objects here cannot be replaced: the data policy keeps no versions.")
        case Versioning.KEEP_LATEST:
            return _tr("The data policy keeps the latest version alone.")
        case Versioning.KEEP_MULTIPLE_VERSIONS:
            return _tr("The data policy keeps older versions.")
        case None:
            return _tr("The data policy cannot be read: the appliance may refuse to replace them.")


def detail(found: Found) -> str:
    """Why a check found a file, or what else there is to be known of it."""
    match found.check:
        case Check.NOT_ALLOWED if found.is_renamed or not found.detail:
            return found.new_name or ""
        case Check.NOT_ALLOWED if found.new_name:
            return _tr("{path} has this name.").format(path=found.detail)
        case Check.NOT_ALLOWED:
            return rule_words(found.detail or "")
        case Check.UNREADABLE | Check.TWICE:
            return found.detail or ""
        case Check.COMING:
            return _tr("Being uploaded")
        case Check.LINK:
            return _tr("Link") if found.is_link else _tr("Empty folder")
        case _:
            return ""


def rule_words(rule: str) -> str:
    match rule:
        case "a control character":
            return _tr("It has a control character.")
        case "not UTF-8":
            return _tr("It is not UTF-8.")
        case "a leading slash":
            return _tr("It begins with a slash.")
        case "a part that is . or ..":
            return _tr("A part of it is . or ..")
        case _:
            return _tr("It is longer than 1,024 bytes.")


def there_words(size: str, modified: str) -> str:
    return _tr("In the bucket: {size}, {modified}").format(size=size, modified=modified)


def moment(seconds: float | None) -> datetime | None:
    """A time in seconds since 1970 as a date; None where it is unknown."""
    if seconds is None or math.isnan(seconds):
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError):
        return None


def choice_detail(found: Found, choice: Conflict | None, same: bool) -> str:
    """What is to be added to what becomes of one file: its new name, or that nothing is lost."""
    if choice in (Conflict.RENAME, Conflict.NUMBER) and found.new_name:
        return found.new_name.rstrip("/").rpartition("/")[2]
    return _tr("The checksum is the same") if same else ""


def dated(name: str) -> str:
    """The last part of a name with today's date, as it is uploaded under a new one."""
    return new_name(name.rpartition("/")[2], date.today(), lambda _name: False)


def allowed(name: str) -> str:
    """A name that may be an object's, as near to one that may not as can be."""
    parts = (_ODD.sub("_", part) for part in name.rstrip("/").split("/"))
    kept = "/".join("_" if part in (".", "..") else part for part in parts).lstrip("/")
    while len(kept.encode()) > MAX_NAME_BYTES:
        stem, dot, extension = kept.rpartition(".")
        short = len(extension) < 16 and "/" not in extension and stem
        kept = f"{stem[:-1]}{dot}{extension}" if short else kept[:-1]
    return kept
