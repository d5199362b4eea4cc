"""What an upload would meet, found before anything is sent: how much it is, and what is doubtful.

Blocks; for a thread of the pool. The disk is walked as the job will walk it, and what is in the
bucket already is listed where that may be done. Nothing is changed anywhere.
"""

from __future__ import annotations

import logging
import os
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from ds3_browser.gui import tasks
from ds3_browser.gui.job_options import Counted
from ds3_browser.gui.places import Place
from ds3_browser.protocol.client import Ds3Client
from ds3_browser.protocol.errors import AccessDenied, Ds3Error
from ds3_browser.transfer.checks import Check, Conflict
from ds3_browser.transfer.conflicts import There, pages_there
from ds3_browser.transfer.events import Failure, FailureCode
from ds3_browser.transfer.plan import Aside, WalkOptions, walk

log = logging.getLogger(__name__)

TELL_EVERY_S = 0.2
MOST_COMPARED = 200_000  # names in the bucket; more are not held in memory for a comparison

Tell = Callable[[Counted], None]


def look(
    client: Ds3Client, place: Place, paths: Sequence[str], options: WalkOptions, tell: Tell
) -> Counted:
    """Count what an upload to `place` would send. `tell` is given figures meanwhile, may raise."""
    try:
        there, listable = _names_there(client, place, paths, tell), True
    except AccessDenied as error:
        log.info("%s may not be listed: %s", place.location, error)
        there, listable = {}, False
    counted = _count(paths, place.prefix, options, there or {}, tell)
    named = Counter(os.path.basename(os.path.abspath(path)) for path in paths)
    twice = sum(number - 1 for number in named.values())
    counted = replace(counted, twice=twice, listable=listable, finished=True)
    counted = replace(counted, compared=there is not None)
    if listable and not counted.present:
        return counted
    return replace(counted, versioning=tasks.versioning(place.bucket or "", client))


def _count(
    paths: Sequence[str],
    prefix: str,
    options: WalkOptions,
    there: Mapping[str, There],
    tell: Tell,
) -> Counted:
    counted, told_at = Counted(), time.monotonic()
    links = 0

    def skip(found: Aside) -> None:
        nonlocal links
        links += found.check is Check.LINK and found.choice is Conflict.LEAVE_OUT

    for found in walk(paths, prefix, options, aside=skip):
        if isinstance(found, Failure):
            counted = _with_failure(counted, found)
        else:
            known = there.get(found.name)
            like = known is not None and known.is_like(found.size, found.mtime_ns)
            counted = replace(
                counted,
                objects=counted.objects + 1,
                folders=counted.folders + found.is_folder,
                files=counted.files + (not found.is_folder),
                size=counted.size + found.size,
                like=counted.like + like,
                unlike=counted.unlike + (known is not None and not like),
            )
        if time.monotonic() - told_at >= TELL_EVERY_S:
            told_at = time.monotonic()
            tell(counted)
    return replace(counted, links=links)


def _with_failure(counted: Counted, failure: Failure) -> Counted:
    if failure.code is FailureCode.NAME_NOT_ALLOWED:
        return replace(counted, not_allowed=counted.not_allowed + 1)
    return replace(counted, unreadable=counted.unreadable + 1)


def _names_there(
    client: Ds3Client, place: Place, paths: Sequence[str], tell: Tell
) -> dict[str, There] | None:
    """The objects that stand where the upload's would; None where there are too many to compare.

    What cannot be listed now is compared by the job. Raises AccessDenied.
    """

    list_page = partial(client.list_objects, place.bucket or "")
    found: dict[str, There] = {}
    try:
        for page in pages_there(list_page, place.prefix, paths):
            found.update((each.name, each) for each in page)
            if len(found) > MOST_COMPARED:
                return None
            tell(Counted())
    except AccessDenied:
        raise
    except Ds3Error as error:
        log.info("what is in %s cannot be compared: %s", place.location, error)
    return found
