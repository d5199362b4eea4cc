"""What is worth a notice though nobody looks: a job failed, is done, is persisted, still waits.

Pure: rows and events in, words out.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from PySide6.QtCore import QCoreApplication

from ds3_browser.gui import format
from ds3_browser.gui.job_row import JobRow
from ds3_browser.transfer.events import (
    Event,
    Failure,
    FailureCode,
    JobEnded,
    JobState,
    Outcome,
    Persisted,
    State,
)

_tr = partial(QCoreApplication.translate, "notices")
_counted = partial(format.counted, "notices")

LONG_WAIT = timedelta(hours=24)
LONGEST_NAME = 80


class Kind(enum.Enum):
    """What a notice is about; the value names it in the settings."""

    FAILED = "failed"
    DONE = "done"
    PERSISTED = "persisted"
    STILL_WAITING = "still_waiting"
    CLOSED = "closed"
    NEEDS_TAPE = "needs_tape"
    NEEDS_KEY = "needs_key"


@dataclass(frozen=True, slots=True)
class Notice:
    kind: Kind
    job_id: int
    text: str


def notice_of(row: JobRow, event: Event) -> Notice | None:
    """Return what is to be told of an event, None if nothing is. The row is as after the event."""
    match event:
        case JobEnded() if event.outcome is Outcome.FAILED:
            return Notice(Kind.FAILED, row.job_id, _failed(row))
        case JobEnded() if event.outcome is Outcome.DONE:
            return Notice(Kind.DONE, row.job_id, _done(row).format(job=_name(row)))
        case JobEnded(failure=Failure(code=FailureCode.KEYS)):
            text = _tr("{job}: waits for another secret key").format(job=_name(row))
            return Notice(Kind.NEEDS_KEY, row.job_id, text)
        case JobState(state=State.FAILED) if event.facts.closed and event.facts.forgotten:
            text = _tr("{job}: closed after 12 h, what arrived is kept").format(job=_name(row))
            return Notice(Kind.CLOSED, row.job_id, text)
        case Persisted():
            text = _tr("{job}: persisted").format(job=_name(row))
            return Notice(Kind.PERSISTED, row.job_id, text)
        case _:
            return None


def _name(row: JobRow) -> str:
    """The job's name, shortened in its middle where it would push the news aside."""
    if len(row.name) <= LONGEST_NAME:
        return row.name
    half = LONGEST_NAME // 2
    return f"{row.name[:half]}…{row.name[-half:]}"


def _done(row: JobRow) -> str:
    if row.stages:
        return _tr("{job}: in the appliance's cache")
    if row.verifies and row.facts.doubts_unknown:
        return _tr("{job}: read by the appliance")
    if row.verifies:
        return _tr("{job}: verified")
    return _tr("{job}: done, not yet persisted") if row.uploads else _tr("{job}: done")


def waits_long(row: JobRow, now: datetime) -> Notice | None:
    """Return what is to be told of a job that still waits after a day, by itself and not paused."""
    if row.state is not State.WAITING or row.paused or now - row.state_since < LONG_WAIT:
        return None
    text = _tr("{job}: still waiting, 24 h so far").format(job=_name(row))
    return Notice(Kind.STILL_WAITING, row.job_id, text)


def needs_tapes(row: JobRow, barcodes: Sequence[str]) -> Notice:
    """Return what is to be told of a download that waits for ejected tapes."""
    if len(barcodes) == 1:
        text = _tr("{job}: tape {barcode} has to be put back")
        text = text.format(job=_name(row), barcode=barcodes[0])
    else:
        text = _counted("{job}: {n} tapes have to be put back", len(barcodes), job=_name(row))
    return Notice(Kind.NEEDS_TAPE, row.job_id, text)


def bundled(notices: Sequence[Notice]) -> tuple[str, str]:
    """Return title and text of several notices told at once. The last of a job counts."""
    last = {notice.job_id: notice for notice in notices}
    texts = [notice.text for notice in last.values()]
    if len(texts) == 1:
        return _tr("DS3 Browser"), texts[0]
    return _counted("DS3 Browser: {n} transfers", len(texts)), "\n".join(texts)


def _failed(row: JobRow) -> str:
    failed = row.failed_objects
    if not failed:
        return _tr("{job}: failed").format(job=_name(row))
    return _counted("{job}: {n} objects failed", failed, job=_name(row))
