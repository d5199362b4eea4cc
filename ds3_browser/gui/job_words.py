"""What a transfer says of itself: the words, icon and role of every state, for eye and ear.

Pure functions of a `JobRow` and a time. No sentence claims more than the events told: where the
appliance or the disk did not say why, the plainer words stand.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import assert_never

from PySide6.QtCore import QCoreApplication

from ds3_browser.gui import format, messages, wait_words
from ds3_browser.gui.job_row import JobRow
from ds3_browser.gui.messages import Doing, Message
from ds3_browser.gui.theme import Role
from ds3_browser.transfer.events import (
    Actor,
    ChunkPhase,
    FailureCode,
    ObjectState,
    State,
)

_tr = partial(QCoreApplication.translate, "job_words")
_counted = partial(format.counted, "job_words")


@dataclass(frozen=True, slots=True)
class JobWords:
    """A state as the list shows it. `icon` is a name for `icons.pixmap`."""

    text: str
    second: str
    icon: str
    role: Role


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
            words = wait_words.text(row, now), wait_words.second(row, now)
            return JobWords(*words, wait_words.icon(row), Role.WARNING)
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


def _cancelling(row: JobRow) -> str:
    if row.facts.blobs_in_flight:
        return wait_words.ending(row.facts.blobs_in_flight)
    if row.facts.files_ending:
        return _to_the_disk(row.facts.files_ending)
    return _tr("Telling the appliance")


def _to_the_disk(files: int) -> str:
    return _counted("Writing {n} files to the disk", files)


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
    if not flying and row.facts.files_ending:
        return _to_the_disk(row.facts.files_ending)
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
            _with_skipped(row, _tr("Keep the originals until it is")),
            "circle-check",
            Role.SUCCESS,
        )
    at, copies = format.moment(row.persisted.at, now), row.persisted.copies
    second = at if copies is None else _counted("{n} copies, {time}", copies, time=at)
    second = _with_skipped(row, second)
    return JobWords(_tr("Done, persisted"), second, "shield-check", Role.SUCCESS)


def _with_skipped(row: JobRow, words: str) -> str:
    """What was left out is not in the archive, and its files are not to be deleted."""
    if row.counts is None or not row.counts.skipped:
        return words
    return _tr("{n} skipped. {words}").format(n=format.count(row.counts.skipped), words=words)


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


def try_now() -> str:
    return _tr("Try now")


def _choose_folder() -> str:
    return _tr("Choose folder…")


def _edit_session() -> str:
    return _tr("Edit session…")


def _add_session() -> str:
    return _tr("Add session…")


def _for_key(row: JobRow) -> str:
    if row.needs_session:
        return _add_session()
    return _edit_session() if row.key_was_refused else _tr("Enter key…")


def resume(row: JobRow) -> str:
    """Return what the button of a paused job's wait card does."""
    if row.waits_for_key:
        return _for_key(row)
    return _choose_folder() if row.may_choose_folder else _tr("Resume")


def verb(row: JobRow) -> str:
    """Return what the button in a row does, or "" where the row has none."""
    if row.may_try_now:
        return try_now()
    if row.needs_session:
        return _add_session()
    if row.may_choose_folder:
        return _choose_folder()
    if row.waits_for_key:
        return _for_key(row)
    if row.question is not None:
        return _tr("Answer…")
    if not row.may_retry:
        return ""
    if _timed_out(row):
        return _tr("Start a new job")  # of all its objects; with their number no word would fit
    failed = row.failed_objects
    return _tr("Retry {n}").format(n=format.count(failed)) if failed else anew(row)


def anew(row: JobRow) -> str:
    """Return what is offered for a job of which all was refused."""
    return _tr("Check again…") if row.may_check_again else _tr("Try again")


def verb_tip(row: JobRow) -> str:
    """Return what a row's button does where its few words leave that open, else ""."""
    if row.may_try_now:
        return _tr("Ask at once (Ctrl+T)")
    if row.may_check_again:
        return _tr("Look at the files anew, and choose what becomes of names that are there")
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
