"""What the cells of a transfer read: figures, bar, time left, and the row as a sentence."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from PySide6.QtCore import QCoreApplication

from ds3_browser.gui import format
from ds3_browser.gui.job_row import JobRow
from ds3_browser.gui.job_words import job_words, quiet_words
from ds3_browser.gui.names import visible
from ds3_browser.gui.wait_words import seconds_to_wait
from ds3_browser.transfer.events import ChunkPhase, State

_tr = partial(QCoreApplication.translate, "job_cells")


def amount(row: JobRow) -> str:
    """Return `1.47 of 2.41 TB`, or the whole once all of it moved; unknown is a dash."""
    progress = row.progress
    if progress is None:
        return format.size(None)
    if row.state is State.DONE or progress.sent >= progress.total:
        return format.size(progress.total)
    return format.pair(progress.sent, progress.total)


def percent(row: JobRow) -> str:
    """Return the caption at the right of the bar: floored, 100 % only when done."""
    progress = row.progress
    if progress is None:
        return ""
    if row.state is State.DONE and row.uploads:
        return _percent_persisted(row)
    return _done_words(row).format(percent=_percent_done(row))


def _percent_done(row: JobRow) -> str:
    progress = row.progress
    if row.state is State.DONE:
        return format.percent(1, 1)
    if progress is None or not progress.total:
        return format.percent(0, 1)
    reached = progress.sent if row.moves else row.persisted_amount or 0
    part = min(reached, progress.total)
    floored = format.percent(part, progress.total)
    return floored if part < progress.total else format.percent(99, 100)


def _done_words(row: JobRow) -> str:
    """What the percentage is of; of what moves, the column says it."""
    if row.stages:
        return _tr("{percent} in cache")
    return _tr("{percent} verified") if row.verifies else "{percent}"


def _percent_persisted(row: JobRow) -> str:
    progress, part = row.progress, row.persisted_amount
    if row.persisted is not None:
        return _tr("{percent} persisted").format(percent=format.percent(1, 1))
    if part is None or progress is None or not progress.total:
        return ""
    if part >= progress.total:  # told in bytes, and not yet as the policy asks
        return _tr("{percent} persisted").format(percent=format.percent(99, 100))
    return _tr("{percent} persisted").format(percent=format.percent(part, progress.total))


def stages(row: JobRow) -> tuple[tuple[float, ChunkPhase], ...]:
    """Return the stacked bar from the left: each end as a fraction of the whole, ascending.

    PERSISTED (of a download: here and checked), IN_CACHE, then TRANSFERRING for what is sent and
    not yet confirmed. A download loads into the cache before it receives, so there the cache lies
    outermost.
    """
    progress = row.progress
    if progress is None:
        return ()
    if not progress.total:
        return ((1.0, _last_phase(row)),) if row.state is State.DONE else ()
    persisted, in_cache = row.persisted_amount or 0, progress.in_cache or 0
    if not row.moves:
        done = in_cache if row.stages else persisted
        return ((min(1.0, done / progress.total), _last_phase(row)),)
    if row.uploads:
        ends = (
            (persisted, ChunkPhase.PERSISTED),
            (max(in_cache, persisted), ChunkPhase.IN_CACHE),
            (max(progress.sent, in_cache, persisted), ChunkPhase.TRANSFERRING),
        )
    else:
        ends = (
            (persisted, ChunkPhase.DONE),
            (max(progress.sent, persisted), ChunkPhase.TRANSFERRING),
            (max(in_cache, progress.sent, persisted), ChunkPhase.IN_CACHE),
        )
    return tuple((min(1.0, end / progress.total), phase) for end, phase in ends)


def _last_phase(row: JobRow) -> ChunkPhase:
    if row.stages:
        return ChunkPhase.IN_CACHE
    if not row.uploads:
        return ChunkPhase.DONE
    return ChunkPhase.PERSISTED if row.persisted is not None else ChunkPhase.IN_CACHE


def objects_cell(row: JobRow) -> tuple[str, str]:
    """Return the two lines `194` and `of 318`."""
    progress = row.progress
    if progress is None:
        return format.count(None), ""
    total = _tr("of {n}").format(n=format.count(progress.objects_total))
    return format.count(progress.objects_done), total


def time_left(row: JobRow, now: datetime) -> str:
    """Return the time left, `≈ 9 min` where it is an estimate of the appliance's work."""
    told = format.time_left(row.time_left_s(now))
    estimated = row.state is State.DONE and told != format.time_left(None)
    return _tr("≈ {time}").format(time=told) if estimated else told


def place(row: JobRow) -> str:
    """Return `bucket/prefix`, the second line of the job cell."""
    return visible(f"{row.bucket}/{row.prefix}")


def errand(row: JobRow) -> str:
    """Return the sentence under the name in the detail."""
    if row.uploads:
        return _tr("Upload to {place}").format(place=place(row))
    if row.stages:
        return _tr("Bring {place} to the appliance's cache").format(place=place(row))
    if row.verifies:
        return _tr("Verify {place} on the appliance").format(place=place(row))
    return _tr("Download from {place}").format(place=place(row))


def spoken(row: JobRow, now: datetime) -> str:
    """Return the row as one sentence, for readers of the screen: tables expose no rows."""
    kind = _kind(row)
    second = quiet_words(row, now).second
    told = [row.name, kind, _spoken_state(row, now), _inside(second), _spoken_percent(row)]
    if row.failed_objects and not row.ended:
        told.append(_tr("{n} failed").format(n=format.count(row.failed_objects)))
    if row.state is State.TRANSFERRING and row.time_left_s(now) is not None:
        told.append(_tr("{time} left").format(time=time_left(row, now)))
    return ", ".join(part for part in told if part)


def _kind(row: JobRow) -> str:
    if row.stages:
        return _tr("bring to cache")
    if row.verifies:
        return _tr("verification")
    return _tr("upload") if row.uploads else _tr("download")


def glyph(row: JobRow) -> str:
    """Return the icon of a job's kind."""
    if row.stages:
        return "hard-drive"
    if row.verifies:
        return "shield"
    return "arrow-up" if row.uploads else "arrow-down"


def _spoken_state(row: JobRow, now: datetime) -> str:
    seconds = seconds_to_wait(row, now)
    if row.state is not State.WAITING or seconds is None:
        return _inside(job_words(row, now).text)
    return ", ".join((_tr("waiting"), spoken_countdown(seconds)))


def _spoken_percent(row: JobRow) -> str:
    return percent(row).replace(" %", _tr(" percent"))


def _inside(sentence: str) -> str:
    """Return a sentence as it stands inside another one."""
    return sentence[:1].lower() + sentence[1:]


def spoken_countdown(seconds: float) -> str:
    """Return a wait in whole minutes, in seconds below one: nobody listens to a ticking clock."""
    if seconds >= 90:
        return _tr("next try in {n} minutes").format(n=round(seconds / 60))
    if seconds >= 60:
        return _tr("next try in 1 minute")
    return _tr("next try in {n} seconds").format(n=int(seconds))


def announcement(row: JobRow, now: datetime) -> str:
    """Return what is announced when a job changes its state."""
    told = _tr("{job}: {state}").format(job=row.name, state=_spoken_state(row, now))
    second = job_words(row, now).second
    return f"{told}. {second}" if second else told
