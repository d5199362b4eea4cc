"""What an upload would meet, found before anything is sent: how much it is, and what is doubtful.

Blocks; for a thread of the pool. The disk is walked as the job will walk it, and what is in the
bucket already is listed where that may be done. Nothing is changed anywhere.
"""

from __future__ import annotations

import io
import logging
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from pathlib import Path

from ds3_browser.gui import csv_files, format, tasks, upload_words
from ds3_browser.gui.job_options import BucketPolicy, Checked, Compared, Counted
from ds3_browser.gui.places import Place
from ds3_browser.gui.upload_choices import UploadChoices
from ds3_browser.protocol.client import Ds3Client
from ds3_browser.protocol.errors import AccessDenied, Ds3Error
from ds3_browser.protocol.records import ChecksumType
from ds3_browser.protocol.releases import Feature, release_of
from ds3_browser.protocol.system_records import DataPersistenceRule
from ds3_browser.transfer import checksum
from ds3_browser.transfer.checks import Check, Conflict, Found, There
from ds3_browser.transfer.conflicts import new_name, pages_there
from ds3_browser.transfer.inspection import Inspection, inspect
from ds3_browser.transfer.tape_need import TapeCopy, tape_copies

log = logging.getLogger(__name__)

TELL_EVERY_S = 0.2
MOST_COMPARED = 200_000  # names in the bucket; more are not held in memory for a comparison
MOST_LISTED = 10_000  # files of one check that can be chosen one by one; the choice for all has all

PERMANENT = "PERMANENT"  # the type of a rule that keeps a copy for good

REPORT = ("object name", "path", "size", "check", "action", "new name", "reason")

Tell = Callable[[Counted], None]


def look(
    client: Ds3Client,
    place: Place,
    base: str | None,
    paths: Sequence[str],
    how: Inspection,
    bringing: Callable[[Sequence[str]], tuple[str, ...]],
    tell: Tell,
) -> Counted:
    """Count what an upload to `place` would send. `tell` is given figures meanwhile, may raise.

    `base` is the folder that the place stands for, None where each path is alone. `bringing` tells
    which uploads are to bring some names.
    """
    looked_at_ns = time.time_ns()
    there, listable = _what_is_there(client, place, base, paths, lambda: tell(Counted()))
    found = _Tally()
    told_at = time.monotonic()
    for one in inspect(paths, place.prefix, how, there or {}, looked_at_ns, base=base):
        found.add(one)
        if time.monotonic() - told_at >= TELL_EVERY_S:
            tell(found.counted())
            told_at = time.monotonic()
    counted = found.counted(with_rows=True)
    coming = [row.there.name for row in counted.of(Check.COMING).rows if row.there is not None]
    counted = replace(
        counted,
        brought_by=bringing(coming) if coming else (),
        listable=listable,
        compared=there is not None,
        looked_at_ns=looked_at_ns,
        finished=True,
    )
    if listable and not counted.present:
        return counted
    return replace(counted, versioning=tasks.versioning(place.bucket or "", client))


@dataclass(slots=True)
class _OfCheck:
    number: int = 0
    size: int = 0
    objects: int = 0
    rows: list[Found] = field(default_factory=list)
    names: set[str] = field(default_factory=set)


class _Tally:
    """What was found so far, by its check."""

    def __init__(self) -> None:
        self._of = {check: _OfCheck() for check in Check}
        self._objects = self._folders = self._size = self._links = 0

    def add(self, found: Found) -> None:
        of = self._of[found.check]
        of.number += 1
        of.size += found.size or 0
        if found.check is Check.TWICE:
            of.names.add(found.name)
        if len(of.rows) < MOST_LISTED:
            of.rows.append(found)
        sendable = found.check not in (Check.UNREADABLE, Check.NOT_ALLOWED) or found.is_renamed
        if found.is_object and sendable:
            of.objects += 1
            self._objects += 1
            self._folders += found.is_folder
            self._size += found.size or 0
        self._links += found.is_link and found.choice is not Conflict.FOLLOW

    def counted(self, *, with_rows: bool = False) -> Counted:
        checks = {
            check: Checked(
                *(of.number, of.size, of.objects),
                tuple(of.rows) if with_rows else (),
                len(of.names),
            )
            for check, of in self._of.items()
            if of.number
        }
        return Counted(
            objects=self._objects,
            files=self._objects - self._folders,
            folders=self._folders,
            size=self._size,
            checks=checks,
            links=self._links,
        )


def _what_is_there(
    client: Ds3Client,
    place: Place,
    base: str | None,
    paths: Sequence[str],
    check: Callable[[], None],
) -> tuple[dict[str, There] | None, bool]:
    """The objects that stand where the upload's would, and whether this user may list them.

    None where there are too many to compare. What cannot be listed now is compared by the job.
    `check` is called at each page and may raise.
    """
    list_page = partial(client.list_objects, place.bucket or "")
    found: dict[str, There] = {}
    try:
        for page in pages_there(list_page, place.prefix, paths, base):
            found.update((each.name, each) for each in page)
            if len(found) > MOST_COMPARED:
                return None, True
            check()
    except AccessDenied as error:
        log.info("%s may not be listed: %s", place.location, error)
        return {}, False
    except Ds3Error as error:
        log.info("what is in %s cannot be compared: %s", place.location, error)
    return found, True


def bucket_policy(client: Ds3Client, place: Place) -> BucketPolicy | None:
    """What the data policy of a bucket does; None where this user may not read it."""
    try:
        policy_id = client.bucket_details(place.bucket or "").data_policy_id
        if policy_id is None:
            return None
        policy = client.data_policy(policy_id)
    except Ds3Error as error:
        log.info("the data policy of %s cannot be read: %s", place.location, error)
        return None
    kind = policy.checksum_type
    if not isinstance(kind, ChecksumType) or kind is ChecksumType.NONE:
        kind = None
    rules = _permanent(client, policy.id)
    return BucketPolicy(
        *(policy.name, len(rules) or None, kind),
        verifies=policy.default_verify_after_write,
        may_verify=_may_verify(client),
        tape_copies=_tape_copies(client, rules),
    )


def _may_verify(client: Ds3Client) -> bool:
    """Whether the appliance's release takes the wish; one that does not tell it is asked anyway."""
    try:
        version = client.system_information().version
    except Ds3Error as error:
        log.info("the release of the appliance cannot be read: %s", error)
        return True
    return not version or Feature.VERIFY_AFTER_WRITE.known_to(release_of(version))


def _permanent(client: Ds3Client, policy_id: str) -> list[DataPersistenceRule]:
    """The rules that keep a copy for good; none where they may not be read."""
    try:
        rules = list(client.data_persistence_rules(data_policy_id=policy_id))
    except Ds3Error as error:
        log.info("the copies of a data policy cannot be read: %s", error)
        return []
    return [rule for rule in rules if rule.type == PERMANENT]


def _tape_copies(
    client: Ds3Client, rules: Sequence[DataPersistenceRule]
) -> tuple[TapeCopy, ...] | None:
    try:
        return tape_copies(client, rules)
    except Ds3Error as error:
        log.info("the tapes of a data policy cannot be looked at: %s", error)
        return None


# --- bytes ---------------------------------------------------------------------------------------


def compare(
    client: Ds3Client, place: Place, rows: Sequence[Found], tell: Callable[[Compared], None]
) -> Compared:
    """Compare files with the objects of their size, by checksums. `tell` may raise at any time."""
    found: dict[bool | None, list[Found]] = {True: [], False: [], None: []}
    told_at = 0.0

    def compared(*, finished: bool = False) -> Compared:
        done = sum(map(len, found.values()))
        same, differing, unknown = (tuple(found[known]) for known in (True, False, None))
        return Compared(done, len(rows), same, differing, unknown, finished)

    def check() -> None:
        nonlocal told_at
        if time.monotonic() - told_at >= TELL_EVERY_S:
            told_at = time.monotonic()
            tell(compared())

    for row in rows:
        check()
        found[_is_same(client, place.bucket or "", row, check)].append(row)
    return compared(finished=True)


def _is_same(client: Ds3Client, bucket: str, row: Found, check: Callable[[], None]) -> bool | None:
    """Whether a file has an object's bytes; None where nobody can tell."""
    try:
        head = client.head_object(bucket, row.there.name if row.there else row.name)
        if head is None:
            return None
        with io.FileIO(row.path) as file:
            if not _is_as_seen(row, file):
                return None
            if row.size != head.size:
                return False
            same = checksum.has_bytes_of(head, file, check)
            return same if _is_as_seen(row, file) else None
    except (Ds3Error, OSError) as error:
        log.info("%s cannot be compared: %s", row.path, error)
        return None


def _is_as_seen(row: Found, file: io.FileIO) -> bool:
    status = os.fstat(file.fileno())
    return (status.st_size, status.st_mtime_ns) == (row.size, row.mtime_ns)


# --- the report ----------------------------------------------------------------------------------


def write_report(
    client: Ds3Client,
    place: Place,
    base: str | None,
    paths: Sequence[str],
    choices: UploadChoices,
    file: Path,
    check: Callable[[int], None],
) -> int:
    """Write what an upload would do with each file, as CSV; tells how many there are.

    Looks again at all, so that files are in it that no list has. `check` is told how many rows
    there are so far and may raise. Raises OSError.
    """
    there, _ = _what_is_there(client, place, base, paths, lambda: check(0))
    rows = _report_rows(place, base, paths, choices, there or {}, check)
    return csv_files.write(file, REPORT, rows)


def _report_rows(
    place: Place,
    base: str | None,
    paths: Sequence[str],
    choices: UploadChoices,
    there: dict[str, There],
    check: Callable[[int], None],
) -> Iterator[Sequence[str]]:
    today = date.today()
    looked_at_ns = choices.looked_at_ns or time.time_ns()
    found = inspect(paths, place.prefix, choices.inspection(), there, looked_at_ns, base=base)
    for number, one in enumerate(found, 1):
        if number % 1000 == 1:
            check(number)
        choice = choices.choice(one)
        new = one.new_name if choice in (Conflict.RENAME, Conflict.NUMBER) else None
        if choice is Conflict.NEW_NAME:
            new = new_name(one.name, today, lambda name: name in there)
        yield (
            *(one.name, one.path, "" if one.size is None else str(one.size)),
            upload_words.title(one.check),
            upload_words.done_words(one, choice, choices.versioning),
            new or "",
            _reason(one),
        )


def _reason(found: Found) -> str:
    if found.there is not None and not found.there.coming:
        size, modified = found.there.size, format.iso(upload_words.moment(found.there.modified))
        return upload_words.there_words(format.exact(size), modified)
    return upload_words.detail(found)
