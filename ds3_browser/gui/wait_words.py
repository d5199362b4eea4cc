"""What a transfer says while it waits: for what, since when, until when, in its row and its card.

Pure functions of a `JobRow` and a time. No sentence claims more than the events told: where the
appliance or the disk did not say why, the plainer words stand.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import assert_never

from PySide6.QtCore import QCoreApplication

from ds3_browser.gui import format, messages
from ds3_browser.gui.job_row import JobRow
from ds3_browser.gui.names import visible
from ds3_browser.transfer.events import State, WaitReason

_tr = partial(QCoreApplication.translate, "wait_words")
_counted = partial(format.counted, "wait_words")

FULL_CACHE = 0.9  # of the whole; from here on "no chunk" is told as "no free cache"


@dataclass(frozen=True, slots=True)
class WaitWords:
    """What the wait card says: what for, and how often and how long so far."""

    title: str
    second: str
    icon: str


def wait_words(row: JobRow, now: datetime) -> WaitWords | None:
    """Return what the wait card says, or None where no card stands: only waits have one."""
    if row.state is not State.WAITING:
        return None
    return WaitWords(_title(row), _so_far(row, now), icon(row))


def _title(row: JobRow) -> str:
    match row.reason:
        case WaitReason.CACHE:
            return _tr("Waiting for cache space") if _cache_is_full(row) else _tr("No chunk ready")
        case WaitReason.TAPE if row.missing_tapes:
            return _tr("Waiting for an ejected tape")
        case WaitReason.TAPE:
            return _tr("Waiting for tape")
        case WaitReason.NETWORK:
            return _tr("Appliance not reachable")
        case WaitReason.BUSY:
            return _tr("The appliance is busy")
        case WaitReason.DISK:
            return _tr("Waiting for disk space")
        case WaitReason.KEY:
            return _tr("Waiting for your secret key")
        case WaitReason.ANSWER:
            return _tr("Waiting for your answer")
        case WaitReason.USER if row.may_choose_folder:
            return _tr("Found on the appliance")
        case WaitReason.USER:
            return _tr("Paused")
        case None:
            return _tr("Waiting")
        case _:
            assert_never(row.reason)


def wait_facts(row: JobRow, now: datetime) -> str:
    """Return what is known of a wait: what the appliance asked, how full it is, how long so far."""
    told = []
    wait = row.wait
    if row.may_try_now and wait is not None and wait.until is not None:
        asked = format.duration((wait.until - wait.asked_at).total_seconds())
        asks = row.moves or wait.retry_after_s is not None
        if asks and row.reason in (WaitReason.CACHE, WaitReason.TAPE, WaitReason.BUSY):
            told.append(
                _tr("The appliance asked us to come back in {time} (Retry-After).").format(
                    time=asked
                )
            )
    if (cache := row.cache) is not None and cache.total:
        filled = _tr("The cache on {session} is {percent} used: {data} of data, {free} free.")
        told.append(
            filled.format(
                session=row.session_name,
                percent=format.percent(cache.used, cache.total),
                data=format.size3(cache.used, cache.total),
                free=format.size3(cache.available, cache.total),
            )
        )
    so_far = _so_far(row, now)
    if so_far and not so_far.endswith("."):
        so_far = f"{so_far}."
    if row.paused and row.appliance_jobs and not row.facts.place_unknown:
        so_far = f"{so_far} {_idle()}"
    return " ".join([*told, so_far]).strip()


def _idle() -> str:
    return _tr("The appliance may end a job that was idle for a day.")


def _so_far(row: JobRow, now: datetime) -> str:
    """The how manieth wait it is and how long it took, or what came of Try now."""
    if row.asked_in_vain is not None:
        return _asked_in_vain(row, now)
    wait = row.wait
    if wait is None:
        return second(row, now)
    seconds = wait.total_s + max(0.0, (now - wait.asked_at).total_seconds())
    return _nth_wait(wait.times).format(time=format.duration(seconds))


def _nth_wait(times: int) -> str:
    nth = (
        *(_tr("First wait, {time} so far"), _tr("Second wait, {time} so far")),
        *(_tr("Third wait, {time} so far"), _tr("Fourth wait, {time} so far")),
        _tr("Fifth wait, {time} so far"),
    )
    if 1 <= times <= len(nth):
        return nth[times - 1]
    return _tr("Wait {n}, {{time}} so far").format(n=format.count(times))


def longest_wait() -> str:
    """Return the word of a long wait, for the column to be wide enough for it."""
    return _tr("Waiting, next try {time}").format(time=format.countdown(600))


def countdown(row: JobRow, now: datetime) -> str:
    """Return the time until it asks by itself as `04:12`, or "" where nothing counts down."""
    return "" if row.wait is None else format.countdown(int(seconds_to_wait(row, now) or 0))


def seconds_to_wait(row: JobRow, now: datetime) -> float | None:
    """Return the seconds until it asks by itself, never below 0; None where nothing counts down."""
    return None if row.wait is None else max(0.0, (row.wait.until - now).total_seconds())


def text(row: JobRow, now: datetime) -> str:
    """Return the word of a waiting row, with the time until it asks by itself."""
    if row.reason is WaitReason.USER:
        return _tr("Waiting, paused")
    if row.reason is WaitReason.KEY:
        return _tr("Waiting for your secret key")
    if row.reason is WaitReason.ANSWER:
        return _tr("Waiting for your answer")
    if row.wait is None:
        return _tr("Waiting")
    return _tr("Waiting, next try {time}").format(time=countdown(row, now))


def second(row: JobRow, now: datetime) -> str:
    """Return what a waiting row waits for."""
    if row.asked_in_vain is not None:
        return _asked_in_vain(row, now)
    facts = row.facts
    match row.reason:
        case WaitReason.CACHE:
            return _tr("No free cache") if _cache_is_full(row) else _tr("No chunk ready")
        case WaitReason.TAPE:
            return _tapes(row)
        case WaitReason.NETWORK if facts.failure is not None:
            return messages.sentence(facts.failure).text
        case WaitReason.NETWORK:
            since = format.moment(facts.since or row.state_since, now)
            return _tr("Appliance not reachable since {time}").format(time=since)
        case WaitReason.BUSY:
            return _tr("The appliance takes no new job now")
        case WaitReason.DISK:
            return _disk(row)
        case WaitReason.KEY:
            return _key(row)
        case WaitReason.ANSWER:
            return _question(row, now)
        case WaitReason.USER:
            return _paused(row, now)
        case None:
            return ""
        case _:
            assert_never(row.reason)


def _cache_is_full(row: JobRow) -> bool:
    """Whether the appliance itself says that its cache is full."""
    cache = row.cache
    return cache is not None and cache.total > 0 and cache.used >= FULL_CACHE * cache.total


def _asked_in_vain(row: JobRow, now: datetime) -> str:
    """Say that Try now was pressed and brought nothing."""
    assert row.asked_in_vain is not None
    time = format.moment(row.asked_in_vain, now)
    match row.reason:
        case WaitReason.NETWORK:
            return _tr("Asked at {time}, still not reachable").format(time=time)
        case WaitReason.BUSY:
            return _tr("Asked at {time}, still busy").format(time=time)
        case WaitReason.DISK:
            return _tr("Looked at {time}, still no space").format(time=time)
        case _ if not row.moves:
            return _tr("Asked at {time}, nothing new").format(time=time)
        case _:
            return _tr("Asked at {time}, still no chunk").format(time=time)


def _question(row: JobRow, now: datetime) -> str:
    question = row.question
    if question is None:
        return ""
    modified = datetime.fromtimestamp(question.modified, UTC)
    return _tr("{name} is there already: {here} of {time}, in the bucket {size}").format(
        name=visible(question.name.removeprefix(row.prefix)),
        here=format.size(question.here),
        time=format.moment(modified, now),
        size=format.size(question.size),
    )


def _disk(row: JobRow) -> str:
    facts = row.facts
    path = facts.path or row.target or ""
    if facts.free is None:
        return _tr("Cannot write to {path}").format(path=path)
    if facts.needed is None:
        return _tr("For disk space: {free} free at {path}, where the list of transfers is").format(
            free=format.size(facts.free), path=path
        )
    return _tr("For disk space: {free} free at {path}, {needed} needed").format(
        free=format.size(facts.free), path=path, needed=format.size(facts.needed)
    )


def _key(row: JobRow) -> str:
    if row.session_gone is not None:
        return _tr("{host} is no longer among your sessions").format(host=row.session_gone)
    if row.key_was_refused:
        return _tr("{session} no longer accepts your keys").format(session=row.session_name)
    return _tr("For {session}").format(session=row.session_name)


def _paused(row: JobRow, now: datetime) -> str:
    if row.facts.blobs_in_flight:
        return ending(row.facts.blobs_in_flight)
    since = row.facts.since or row.state_since
    if row.facts.place_unknown:
        if row.uploads:
            return _tr("Where are its files?")
        return _tr("Where shall it go?")
    if row.facts.not_continued:
        return _tr("Not continued since {time}").format(time=format.moment(since, now))
    return _tr("Paused by you at {time}").format(time=format.moment(since, now))


def ending(blobs: int) -> str:
    """Return what a job does that is paused or cancelled while so many blobs are in flight."""
    return _counted("Ending {n} blobs", blobs)


def _tapes(row: JobRow) -> str:
    missing = row.missing_tapes
    if not missing:
        return _tr("Tape not read yet")
    if len(missing) == 1:
        return _tr("Put back tape {barcode}").format(barcode=missing[0])
    several = _tr("Put back {n} tapes: {barcodes}")
    return several.format(n=format.count(len(missing)), barcodes=", ".join(missing))


def icon(row: JobRow) -> str:
    """Return what stands for the reason of a wait: a name for `icons.pixmap`."""
    match row.reason:
        case WaitReason.TAPE:
            return "cassette"
        case WaitReason.NETWORK:
            return "unplug"
        case WaitReason.BUSY:
            return "server"
        case WaitReason.DISK:
            return "hard-drive"
        case WaitReason.KEY:
            return "key"
        case WaitReason.ANSWER:
            return "circle-help"
        case WaitReason.USER:
            return "circle-pause"
        case WaitReason.CACHE | None:
            return "hourglass"
        case _:
            assert_never(row.reason)
