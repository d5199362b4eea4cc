"""What a transfer says of itself: the words, icon and role of every state, for eye and ear.

Pure functions of a `JobRow` and a time. No sentence claims more than the events told: where the
appliance or the disk did not say why, the plainer words stand.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import assert_never

from PySide6.QtCore import QCoreApplication

from ds3_browser.gui import format, messages
from ds3_browser.gui.job_row import JobRow
from ds3_browser.gui.messages import Doing, Message
from ds3_browser.gui.names import visible
from ds3_browser.gui.theme import Role
from ds3_browser.transfer.events import (
    Actor,
    ChunkPhase,
    FailureCode,
    ObjectState,
    State,
    WaitReason,
)

_tr = partial(QCoreApplication.translate, "job_words")
_counted = partial(format.counted, "job_words")

FULL_CACHE = 0.9  # of the whole; from here on "no chunk" is told as "no free cache"


@dataclass(frozen=True, slots=True)
class JobWords:
    """A state as the list shows it. `icon` is a name for `icons.pixmap`."""

    text: str
    second: str
    icon: str
    role: Role


@dataclass(frozen=True, slots=True)
class WaitWords:
    """What the wait card says: what for, and how often and how long so far."""

    title: str
    second: str
    icon: str


def job_words(row: JobRow, now: datetime) -> JobWords:
    """Return the state's words; failed objects are told before the end, not hours later."""
    words = quiet_words(row, now)
    failed = row.failed_objects
    second = words.second
    if failed and not row.ended:
        told = _tr("{n} failed").format(n=format.count(failed))
        second = f"{second}, {told}" if second else told
    if row.part is not None and row.state in (State.TRANSFERRING, State.WAITING):
        second = _of_part(row.part, second)
    return replace(words, second=second)


def _of_part(part: tuple[int, int], second: str) -> str:
    """`Job 2 of 3: No free cache`, of a transfer that is several jobs on the appliance."""
    number, of = (format.count(one) for one in part)
    if not second:
        return _tr("Job {n} of {of}").format(n=number, of=of)
    return _tr("Job {n} of {of}: {told}").format(n=number, of=of, told=second)


def quiet_words(row: JobRow, now: datetime) -> JobWords:
    """Return the state's words without the objects that failed meanwhile."""
    match row.state:
        case State.QUEUED:
            return JobWords(_tr("Queued"), _queued(row), "clock", Role.SECONDARY)
        case State.PREPARING:
            return JobWords(_tr("Preparing"), _preparing(row), "list-checks", Role.SECONDARY)
        case State.WAITING:
            return JobWords(
                _waiting(row, now), _waiting_second(row, now), _wait_icon(row), Role.WARNING
            )
        case State.TRANSFERRING:
            return JobWords(*_at_work(row), Role.ACCENT)
        case State.CANCELLING:
            return JobWords(_tr("Cancelling"), _cancelling(row), "cancelling", Role.SECONDARY)
        case State.DONE:
            return _done(row, now)
        case State.CANCELLED:
            return JobWords(_tr("Cancelled"), _cancelled(row), "circle-x", Role.SECONDARY)
        case State.FAILED if _timed_out(row):
            return JobWords(_tr("Cancelled"), _failed(row), "circle-x", Role.SECONDARY)
        case State.FAILED:
            return JobWords(_tr("Failed"), _failed(row), "circle-alert", Role.ERROR)
        case _:
            assert_never(row.state)


def _queued(row: JobRow) -> str:
    position = row.facts.position
    return "" if position is None else place_in_line(position)


def place_in_line(position: int) -> str:
    """`Second in line`; 1 is the next."""
    ordinals = (
        *(_tr("First in line"), _tr("Second in line"), _tr("Third in line")),
        *(_tr("Fourth in line"), _tr("Fifth in line")),
    )
    if 1 <= position <= len(ordinals):
        return ordinals[position - 1]
    return _tr("Number {n} in line").format(n=format.count(position))


def _preparing(row: JobRow) -> str:
    if row.facts.creating:
        return _tr("The appliance is creating the job")
    looked_at = row.facts.looked_at
    if looked_at is None:
        return ""
    if row.uploads:
        return _counted("Looked at {n} files so far", looked_at)
    return _counted("Looked at {n} objects so far", looked_at)


def _waiting(row: JobRow, now: datetime) -> str:
    if row.reason is WaitReason.USER:
        return _tr("Waiting, paused")
    if row.reason is WaitReason.KEY:
        return _tr("Waiting for your secret key")
    if row.reason is WaitReason.ANSWER:
        return _tr("Waiting for your answer")
    if row.wait is None:
        return _tr("Waiting")
    return _tr("Waiting, next try {time}").format(time=countdown(row, now))


def longest_wait() -> str:
    """Return the word of a long wait, for the column to be wide enough for it."""
    return _tr("Waiting, next try {time}").format(time=format.countdown(600))


def countdown(row: JobRow, now: datetime) -> str:
    """Return the time until it asks by itself as `04:12`, or "" where nothing counts down."""
    return "" if row.wait is None else format.countdown(int(seconds_to_wait(row, now) or 0))


def seconds_to_wait(row: JobRow, now: datetime) -> float | None:
    """Return the seconds until it asks by itself, never below 0; None where nothing counts down."""
    return None if row.wait is None else max(0.0, (row.wait.until - now).total_seconds())


def _waiting_second(row: JobRow, now: datetime) -> str:
    if row.asked_in_vain is not None:
        return asked_in_vain(row, now)
    facts = row.facts
    match row.reason:
        case WaitReason.CACHE:
            return _tr("No free cache") if cache_is_full(row) else _tr("No chunk ready")
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


def cache_is_full(row: JobRow) -> bool:
    """Whether the appliance itself says that its cache is full."""
    cache = row.cache
    return cache is not None and cache.total > 0 and cache.used >= FULL_CACHE * cache.total


def asked_in_vain(row: JobRow, now: datetime) -> str:
    """Say that Try now was pressed and brought nothing, or "" where it was not pressed."""
    if row.asked_in_vain is None:
        return ""
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
    if row.key_was_refused:
        return _tr("{session} no longer accepts your keys").format(session=row.session_name)
    return _tr("For {session}").format(session=row.session_name)


def _paused(row: JobRow, now: datetime) -> str:
    if row.facts.blobs_in_flight:
        return _ending(row.facts.blobs_in_flight)
    since = row.facts.since or row.state_since
    if row.facts.place_unknown:
        if row.uploads:
            return _tr("Where are its files?")
        return _tr("Where shall it go?")
    if row.facts.not_continued:
        return _tr("Not continued since {time}").format(time=format.moment(since, now))
    return _tr("Paused by you at {time}").format(time=format.moment(since, now))


def _ending(blobs: int) -> str:
    return _counted("Ending {n} blobs", blobs)


def _tapes(row: JobRow) -> str:
    missing = row.missing_tapes
    if not missing:
        return _tr("Tape not read yet")
    if len(missing) == 1:
        return _tr("Put back tape {barcode}").format(barcode=missing[0])
    text = _tr("Put back {n} tapes: {barcodes}")
    return text.format(n=format.count(len(missing)), barcodes=", ".join(missing))


def _cancelling(row: JobRow) -> str:
    blobs = row.facts.blobs_in_flight
    return _ending(blobs) if blobs else _tr("Telling the appliance")


def _wait_icon(row: JobRow) -> str:
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


def _at_work(row: JobRow) -> tuple[str, str, str]:
    """Word, second line and icon; of what the appliance does alone, no more than that."""
    if row.stages:
        return _tr("Bringing to cache"), _tr("Nothing comes to this computer"), "hard-drive"
    if row.verifies:
        return _tr("Verifying"), _tr("Nothing comes to this computer"), "shield"
    return _tr("Transferring"), _transferring(row), "arrows"


def _transferring(row: JobRow) -> str:
    flying, ready = row.facts.chunks_in_flight, row.facts.chunks_ready
    if flying is None:
        return ""
    told = _counted("{n} chunks in flight", flying)
    if ready is None:
        return told
    return _tr("{in_flight}, {n} ready").format(in_flight=told, n=format.count(ready))


def _done(row: JobRow, now: datetime) -> JobWords:
    if row.stages:
        return JobWords(_tr("Done"), _in_cache(row), "circle-check", Role.SUCCESS)
    if row.verifies:
        return JobWords(_tr("Done"), _verified(row), "shield-check", Role.SUCCESS)
    if not row.uploads:
        return JobWords(_tr("Done"), _checked(row), "circle-check", Role.SUCCESS)
    if row.persisted is None:
        return JobWords(
            _tr("Done, not yet persisted"),
            _tr("Keep the originals until it is"),
            "circle-check",
            Role.SUCCESS,
        )
    at, copies = format.moment(row.persisted.at, now), row.persisted.copies
    second = at if copies is None else _counted("{n} copies, {time}", copies, time=at)
    return JobWords(_tr("Done, persisted"), second, "shield-check", Role.SUCCESS)


def _in_cache(row: JobRow) -> str:
    return _counted("{n} objects in cache", row.counts.done) if row.counts is not None else ""


def _verified(row: JobRow) -> str:
    """Say less where nobody could ask what the appliance doubts after it has read."""
    if row.counts is None:
        return ""
    if row.facts.doubts_unknown:
        return _counted("{n} objects read; what was found is for administrators", row.counts.done)
    return _counted("{n} objects verified", row.counts.done)


def _checked(row: JobRow) -> str:
    if row.counts is None:
        return ""
    parts, unproved = [], min(row.facts.unproved, row.counts.done)
    checked = row.counts.done - unproved
    if checked or not (row.counts.skipped or unproved):
        parts.append(_counted("{n} objects checked", checked))
    if unproved:
        parts.append(_counted("{n} objects received without a checksum", unproved))
    if row.counts.skipped:
        parts.append(_tr("{n} skipped").format(n=format.count(row.counts.skipped)))
    return ", ".join(parts)


def _cancelled(row: JobRow) -> str:
    """Of an upload tell what the appliance keeps, of a download what was received and stays."""
    done = row.counts.done if row.counts is not None else None
    if row.ended_by is not Actor.USER:
        return _cancelled_by_others(done)
    if not row.moves:
        return _tr("By you, nothing was deleted")
    if not row.uploads:
        return _received(done)
    if row.facts.kept is None:
        return _tr("By you, but the appliance may still have the job")
    return _kept(row.facts.objects_kept if row.facts.kept else 0)


def _kept(objects: int | None) -> str:
    if objects is None:
        return _tr("By you")
    if not objects:
        return _tr("By you, nothing kept")
    return _counted("By you, {n} objects kept", objects)


def _received(objects: int | None) -> str:
    if not objects:
        return _tr("By you, nothing received")
    return _counted("By you, {n} objects received", objects)


def _cancelled_by_others(kept: int | None) -> str:
    """Claim no more than that it was not this computer: who did it is not told by the wire."""
    if kept is None:
        return _tr("On the appliance")
    if not kept:
        return _tr("On the appliance. Nothing was kept")
    return _counted("On the appliance. {n} objects were kept", kept)


def _timed_out(row: JobRow) -> bool:
    return row.failure is not None and row.failure.code is FailureCode.TIMED_OUT


def _failed(row: JobRow) -> str:
    if _timed_out(row):
        if row.uploads:
            return _tr("By the appliance: no activity for 24 h. Nothing was kept")
        return _tr("By the appliance: no activity for 24 h")
    told = refusal(row)
    if told is None and row.facts.not_closed is not None:
        return _not_closed(row)
    if told is not None:
        return told.text
    failed = row.failed_objects
    total = row.counts.total if row.counts is not None else failed
    if total == 1:
        return _tr("1 of 1 object")
    text = _tr("{failed} of {total} objects")
    if row.facts.closed and row.facts.forgotten:
        text = _tr(
            "Closed by DS3 Browser after 12 h: {failed} of {total} objects, the rest is kept"
        )
    elif row.facts.closed:
        text = _tr("{failed} of {total} objects, the rest is kept")
    return text.format(failed=format.count(failed), total=format.count(total))


def _not_closed(row: JobRow) -> str:
    """Say that the appliance did not close the job as it was asked to, and why."""
    failure = row.facts.not_closed
    assert failure is not None
    failed = format.count(row.failed_objects)
    if failure.code is FailureCode.EXISTS or failure.code is FailureCode.REFUSED:
        told = _tr("{n} failed. The appliance cannot keep part of this job. Nothing was changed.")
        return told.format(n=failed)
    why = messages.sentence(failure, what=row.bucket).text
    return _tr("{n} failed. The job is not closed: {why}").format(n=failed, why=why)


def refusal(row: JobRow) -> Message | None:
    """Return what ended the whole job, with its details; None where single objects failed."""
    failure = row.failure
    if failure is None:
        return None
    doing = Doing.UPLOAD if row.uploads else Doing.DOWNLOAD
    message = messages.sentence(failure, doing=doing, what=row.bucket)
    match failure.code:
        case FailureCode.EXISTS:
            text = _tr("Refused: names are already in {bucket}").format(bucket=row.bucket)
        case FailureCode.NOT_FOUND if not row.uploads:
            text = _tr("Refused: what was chosen is no longer there")
        case _:
            text = message.text
    return replace(message, text=text, remedy=None)


def wait_words(row: JobRow, now: datetime) -> WaitWords | None:
    """Return what the wait card says, or None where no card stands: only waits have one."""
    if row.state is not State.WAITING:
        return None
    return WaitWords(_wait_title(row), _wait_second(row, now), _wait_icon(row))


def _wait_title(row: JobRow) -> str:
    match row.reason:
        case WaitReason.CACHE:
            return _tr("Waiting for cache space") if cache_is_full(row) else _tr("No chunk ready")
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
            text = _tr("The appliance asked us to come back in {time} (Retry-After).")
            told.append(text.format(time=asked))
    if (cache := row.cache) is not None and cache.total:
        text = _tr("The cache on {session} is {percent} used: {data} of data, {free} free.")
        told.append(
            text.format(
                session=row.session_name,
                percent=format.percent(cache.used, cache.total),
                data=format.size3(cache.used, cache.total),
                free=format.size3(cache.available, cache.total),
            )
        )
    second = _wait_second(row, now)
    if second and not second.endswith("."):
        second = f"{second}."
    return " ".join([*told, second]).strip()


def _wait_second(row: JobRow, now: datetime) -> str:
    if row.asked_in_vain is not None:
        return asked_in_vain(row, now)
    wait = row.wait
    if wait is None:
        return _waiting_second(row, now)
    so_far = wait.total_s + max(0.0, (now - wait.asked_at).total_seconds())
    return _nth_wait(wait.times).format(time=format.duration(so_far))


def _nth_wait(times: int) -> str:
    nth = (
        *(_tr("First wait, {time} so far"), _tr("Second wait, {time} so far")),
        *(_tr("Third wait, {time} so far"), _tr("Fourth wait, {time} so far")),
        _tr("Fifth wait, {time} so far"),
    )
    if 1 <= times <= len(nth):
        return nth[times - 1]
    return _tr("Wait {n}, {{time}} so far").format(n=format.count(times))


def try_now() -> str:
    return _tr("Try now")


def choose_folder() -> str:
    return _tr("Choose folder…")


def edit_session() -> str:
    return _tr("Edit session…")


def for_key(row: JobRow) -> str:
    return edit_session() if row.key_was_refused else _tr("Enter key…")


def resume(row: JobRow) -> str:
    """Return what the button of a paused job's wait card does."""
    if row.waits_for_key:
        return for_key(row)
    return choose_folder() if row.may_choose_folder else _tr("Resume")


def verb(row: JobRow) -> str:
    """Return what the button in a row does, or "" where the row has none."""
    if row.may_try_now:
        return try_now()
    if row.may_choose_folder:
        return choose_folder()
    if row.waits_for_key:
        return for_key(row)
    if row.question is not None:
        return _tr("Answer…")
    if not row.may_retry:
        return ""
    if _timed_out(row):
        return _tr("Start a new job")  # of all its objects; with their number no word would fit
    failed = row.failed_objects
    return _tr("Retry {n}").format(n=format.count(failed)) if failed else _tr("Try again")


def verb_tip(row: JobRow) -> str:
    """Return what a row's button does where its few words leave that open, else ""."""
    if row.may_try_now:
        return _tr("Ask at once (Ctrl+T)")
    if row.may_retry and _timed_out(row) and row.counts is not None:
        return _counted("Start a new job for {n} objects", row.counts.failed + row.counts.cancelled)
    return ""


def chunk_word(phase: ChunkPhase) -> str:
    match phase:
        case ChunkPhase.WAITING:
            return _tr("Waiting for appliance")
        case ChunkPhase.NEXT:
            return _tr("Next")
        case ChunkPhase.READY:
            return _tr("Ready")
        case ChunkPhase.TRANSFERRING:
            return _tr("Transferring")
        case ChunkPhase.PARTLY_IN_CACHE:
            return _tr("Partly in cache")
        case ChunkPhase.IN_CACHE:
            return _tr("In cache")
        case ChunkPhase.PERSISTED:
            return _tr("Persisted")
        case ChunkPhase.DONE:
            return _tr("Done")
        case ChunkPhase.FAILED:
            return _tr("Failed")
        case _:
            assert_never(phase)


def object_words(state: ObjectState) -> tuple[str, str, Role]:
    """Return word, icon and role of an object's state in a job."""
    match state:
        case ObjectState.WAITING:
            return _tr("Waiting"), "clock", Role.SECONDARY
        case ObjectState.TRANSFERRING:
            return _tr("Transferring"), "arrows", Role.ACCENT
        case ObjectState.READY | ObjectState.IN_CACHE:
            return _tr("In cache"), "hard-drive", Role.ACCENT
        case ObjectState.PERSISTED:
            return _tr("Persisted"), "cassette", Role.SUCCESS
        case ObjectState.DONE:
            return _tr("Done"), "circle-check", Role.SUCCESS
        case ObjectState.SKIPPED:
            return _tr("Skipped"), "circle-check", Role.SECONDARY
        case ObjectState.FAILED:
            return _tr("Failed"), "circle-alert", Role.ERROR
        case ObjectState.CANCELLED:
            return _tr("Cancelled"), "circle-x", Role.SECONDARY
        case _:
            assert_never(state)
