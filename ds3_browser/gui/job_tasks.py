"""What the queue of jobs does in the background beside transfers. Every function blocks; no Qt."""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from ds3_browser.gui.job_options import Foresight
from ds3_browser.gui.places import Selection
from ds3_browser.protocol.client import Ds3Client
from ds3_browser.protocol.errors import Conflict, Gone, NotFound
from ds3_browser.protocol.records import Priority
from ds3_browser.transfer.events import ObjectState
from ds3_browser.transfer.foresight import Coming, Foreseen, foresee
from ds3_browser.transfer.ledger import JobRecord, LedgerReader, ObjectRow
from ds3_browser.transfer.ledger_records import ChunkRow
from ds3_browser.transfer.restore_plan import Chosen

log = logging.getLogger(__name__)

TELL_EVERY_S = 0.2
MOST_FORESEEN = 500  # objects of a kind that are listed before a download

_OPEN = frozenset({ObjectState.WAITING, ObjectState.READY, ObjectState.TRANSFERRING})


@dataclass(frozen=True, slots=True)
class ObjectsPage:
    """A page of a job's objects and the counts of all its states, read in one go."""

    rows: tuple[ObjectRow, ...]
    counts: dict[ObjectState, int]


def open_names(path: Path, job_id: int, limit: int) -> list[str]:
    """The first objects of a job that have not ended."""
    with closing(LedgerReader(path)) as reader:
        return [row.name for row in reader.objects(job_id, states=_OPEN, limit=limit)]


def bringing(uploads: Sequence[tuple[Path, int, str]], names: Sequence[str]) -> tuple[str, ...]:
    """The names of those uploads, each with its ledger and id, that some of the objects are of."""
    found = []
    for path, job_id, job in uploads:
        with closing(LedgerReader(path)) as reader:
            if reader.brings(job_id, names):
                found.append(job)
    return tuple(found)


class CountStopped(Exception):
    """Nobody waits for a count any more."""


def look_at_target(
    client: Ds3Client, selection: Selection, target: str, tell: Callable[[Foresight], None]
) -> Foresight:
    """Look what a download would meet at its target. `tell` may raise at any time."""
    numbers, rows = Counter[Coming](), dict[Coming, list[Foreseen]]()
    looked_at = existing = 0
    told_at = time.monotonic()

    def foresight(*, finished: bool = False) -> Foresight:
        listed = {coming: tuple(found) for coming, found in rows.items()}
        return Foresight(target, looked_at, dict(numbers), listed, existing, finished)

    for said in foresee(chosen(selection).listed(client), target, selection.place.prefix):
        looked_at += 1
        for one in said:
            numbers[one.coming] += 1
            existing += (one.size or 0) if one.coming is Coming.EXISTS else 0
            if numbers[one.coming] <= MOST_FORESEEN:
                rows.setdefault(one.coming, []).append(one)
        if time.monotonic() - told_at >= TELL_EVERY_S:
            tell(foresight())
            told_at = time.monotonic()
    return foresight(finished=True)


def chosen(selection: Selection, versions: Mapping[str, str] | None = None) -> Chosen:
    """A selection as the engine takes it."""
    objects = tuple((one.name, one.size) for one in selection.objects)
    return Chosen(selection.place.bucket or "", objects, selection.folders, versions or {})


def read_record(path: Path, job_id: int) -> JobRecord | None:
    reader = LedgerReader(path)
    try:
        return reader.job(job_id)
    finally:
        reader.close()


def truncate(client: Ds3Client, appliance_ids: tuple[str, ...]) -> None:
    """Close jobs on the appliance. One that is gone there is closed.

    Raises LookupError where the appliance would drop what arrived.
    """
    if not client.truncates():
        raise LookupError("the appliance cannot keep part of a job")
    for appliance_id in appliance_ids:
        with contextlib.suppress(NotFound, Gone):
            client.truncate_job(appliance_id)


def free_space(folder: str) -> int | None:
    there = Path(folder)
    while not there.exists() and there != there.parent:
        there = there.parent
    if not there.is_dir() or not os.access(there, os.W_OK):
        return None
    return shutil.disk_usage(there).free


def read_page(
    path: Path,
    job_id: int,
    states: frozenset[ObjectState] | None,
    contains: str,
    chunks: tuple[int, int] | None,
    offset: int,
    limit: int,
) -> ObjectsPage:
    """Read a page of a job's objects, and how many there are in each state."""
    reader = LedgerReader(path)
    try:
        record = reader.job(job_id)
        kept = record is not None and record.persisted is not None  # told of whole jobs alone
        rows = reader.objects(
            job_id,
            states=_states_kept(states) if kept else states,
            name_contains=contains,
            chunks=chunks,
            offset=offset,
            limit=limit,
        )
        counts = reader.counts(job_id, contains, chunks)
        if kept:
            rows, counts = [row.as_persisted() for row in rows], _counts_kept(counts)
        return ObjectsPage(tuple(rows), counts)
    finally:
        reader.close()


def _states_kept(states: frozenset[ObjectState] | None) -> frozenset[ObjectState] | None:
    """The states in the ledger of what a job that is persisted has in these."""
    if states is None:
        return None
    there = {ObjectState.IN_CACHE} if ObjectState.PERSISTED in states else set()
    return states - {ObjectState.IN_CACHE} | there


def _counts_kept(counts: Mapping[ObjectState, int]) -> dict[ObjectState, int]:
    kept = dict(counts)
    if there := kept.pop(ObjectState.IN_CACHE, 0):
        kept[ObjectState.PERSISTED] = kept.get(ObjectState.PERSISTED, 0) + there
    return kept


def read_chunks(path: Path, job_id: int, first: int, last: int) -> ChunkRow:
    reader = LedgerReader(path)
    try:
        return reader.chunks(job_id, first, last)
    finally:
        reader.close()


def change_priority(client: Ds3Client, ids: Sequence[str], priority: Priority) -> None:
    """Of a split job all that are there; one that has ended meanwhile has none any more."""
    for appliance_id in ids:
        try:
            client.modify_job(appliance_id, priority=priority)
        except (NotFound, Gone, Conflict) as error:
            log.info("the priority of job %s stays: %s", appliance_id, error)
