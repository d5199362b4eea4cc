"""Jobs of earlier starts: what the ledger remembers of them, as rows.

Reads the ledger in the background; knows no queue and no widget.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from ds3_browser.gui.job_row import JobRow
from ds3_browser.protocol.client import Ds3Client
from ds3_browser.protocol.records import ApplianceJob, Priority
from ds3_browser.transfer import recovery
from ds3_browser.transfer.events import (
    Actor,
    ChunkPhase,
    ChunkState,
    ChunkSummary,
    Direction,
    Event,
    Facts,
    JobCreated,
    ObjectState,
    Outcome,
    Persisted,
    Progress,
    State,
    WaitReason,
)
from ds3_browser.transfer.ledger import Ledger, LedgerReader
from ds3_browser.transfer.ledger_records import (
    THERE,
    UNPROVED,
    CellRow,
    JobRecord,
    PartRecord,
    Totals,
)
from ds3_browser.transfer.recovery import Salvaged
from ds3_browser.transfer.unattended import UNASKED

#: An open failed job is closed by us after so long without a verb of the user's.
CLOSE_AFTER = timedelta(hours=12)

_OUTCOMES = {
    State.DONE: Outcome.DONE,
    State.FAILED: Outcome.FAILED,
    State.CANCELLED: Outcome.CANCELLED,
}


@dataclass(frozen=True, slots=True)
class Remembered:
    """One job: its row, its record, and the jobs on the appliance as (id, bytes)."""

    row: JobRow
    record: JobRecord
    parts: tuple[tuple[str, int], ...]

    @property
    def to_be_persisted(self) -> bool:
        return self.row.uploads and self.row.state is State.DONE and self.row.persisted is None


@dataclass(frozen=True, slots=True)
class Restored:
    """What a start finds: the jobs, and what became of files that were damaged."""

    jobs: list[Remembered]
    salvaged: list[Salvaged]
    may_look: bool  # whether appliances may have jobs that a damaged file has lost


def restore(ledger: Ledger) -> Restored:
    """Read a damaged file first, if there is one, then all jobs."""
    salvaged = recovery.salvage(ledger)
    with closing(LedgerReader(ledger.path)) as reader:
        may_look = reader.was_damaged()
    return Restored(read(ledger.path, ledger.last_written), salvaged, may_look)


def read(path: Path, left_at: datetime | None) -> list[Remembered]:
    """All jobs that were not removed, oldest first. `left_at` is when the program last ran."""
    with closing(LedgerReader(path)) as reader:
        return [_remembered(reader, r, left_at) for r in reader.jobs() if r.removed is None]


def chunks(path: Path, job_id: int) -> list[Event]:
    """The chunks of a job that does not run, as its last run would have told them."""
    told: list[Event] = []
    with closing(LedgerReader(path)) as reader:
        record = reader.job(job_id)
        in_cache = (Direction.PUT.value, Direction.STAGE.value)
        uploads = record is not None and record.kind in in_cache
        asked_for = reader.parts_asked_for(job_id)
        for part in reader.parts(job_id):
            cells = reader.cells(job_id, part.part) if part.appliance_id is not None else []
            if not cells:
                continue
            summaries = tuple(ChunkSummary(c.number, c.length, c.objects) for c in cells)
            there, place = part.appliance_id or "", asked_for.index(part.part)
            told.append(JobCreated(job_id, there, place, summaries, len(asked_for)))
            told += [_chunk_state(job_id, cell, uploads) for cell in cells]
        if record is not None and record.persisted is not None:
            told.append(Persisted(job_id, "", record.persisted))
    return told


def _chunk_state(job_id: int, cell: CellRow, uploads: bool) -> ChunkState:
    fraction = cell.moved / cell.length if cell.length else float(cell.done == cell.blobs)
    if cell.given_up:
        phase = ChunkPhase.FAILED
    elif cell.done == cell.blobs:
        phase = ChunkPhase.IN_CACHE if uploads else ChunkPhase.DONE
    else:
        phase = ChunkPhase.READY if cell.done else ChunkPhase.WAITING
    return ChunkState(job_id, cell.number, phase, fraction)


def find_lost(client: Ds3Client, ledger: Ledger, session_id: str) -> list[Remembered]:
    """Ask an appliance for jobs that a damaged file has lost. Blocks."""
    ids = set(recovery.look(client, ledger, session_id))
    return [job for job in read(ledger.path, None) if job.row.job_id in ids] if ids else []


def take_over(
    client: Ds3Client, ledger: Ledger, session_id: str, listed: ApplianceJob
) -> tuple[int, list[Remembered]]:
    """Take a job of the appliance in; its id, and the job itself where it is new. Blocks."""
    job_id, new = recovery.take_over(client, ledger, session_id, listed)
    found = read(ledger.path, None) if new else []
    return job_id, [job for job in found if job.row.job_id == job_id]


def _remembered(reader: LedgerReader, record: JobRecord, left_at: datetime | None) -> Remembered:
    totals, parts = reader.totals(record.id), reader.parts(record.id)
    created = [part for part in parts if part.appliance_id is not None and part.state != "gone"]
    sizes = {part.part: reader.part_size(record.id, part.part) for part in created}
    row = _row(record, totals, created, left_at)
    recovered = bool((record.options or {}).get("recovered")) and row.moves
    if recovered and not row.ended and reader.lacks_paths(record.id):
        row = replace(row, facts=replace(row.facts, place_unknown=True))
    return Remembered(
        row, record, tuple((part.appliance_id or "", sizes[part.part]) for part in created)
    )


def _row(
    record: JobRecord, totals: Totals, parts: list[PartRecord], left_at: datetime | None
) -> JobRow:
    priority = (record.options or {}).get("priority")
    row = JobRow(
        job_id=record.id,
        direction=Direction(record.kind),
        name=record.name,
        session_id=record.session,
        session_name=record.session,
        bucket=record.bucket,
        prefix=record.prefix,
        created=record.created,
        state_since=record.ended or record.started or record.created,
        target=record.target,
        priority=Priority(priority) if priority else None,
        progress=_progress(record, totals),
        appliance_jobs=tuple(part.appliance_id or "" for part in parts),
        verify_asked=record.verify_asked,
        said=record.said,
    )
    if record.state.ended:
        return _ended(row, record, totals, parts)
    since = left_at or row.state_since
    facts = Facts(since=since, not_continued=True)
    return replace(row, state=State.WAITING, reason=WaitReason.USER, facts=facts, state_since=since)


def of_session(row: JobRow, record: JobRecord, name: str | None) -> JobRow:
    """The row of a job with what its session is called; None where that is no longer there."""
    if name is not None:
        found_again = row.session_gone is not None and not row.ended
        reason = WaitReason.USER if found_again else row.reason
        return replace(row, session_name=name, session_gone=None, reason=reason)
    host = urlsplit(record.endpoint or "").hostname or record.session
    reason = row.reason if row.ended else WaitReason.KEY
    return replace(row, session_name=host, session_gone=host, reason=reason)


def _ended(row: JobRow, record: JobRecord, totals: Totals, parts: list[PartRecord]) -> JobRow:
    end, persisted = record.end, None
    if record.persisted is not None and parts:
        persisted = Persisted(record.id, parts[-1].appliance_id or "", record.persisted)
    closed, forgotten = bool(end.get("closed")), bool(end.get("forgotten"))
    facts = Facts(
        kept=end.get("kept"),
        objects_kept=end.get("objects_kept"),
        doubts_unknown=bool((record.options or {}).get(UNASKED)),
        unproved=int((record.options or {}).get(UNPROVED) or 0),
        failure=record.failure,
        closed=closed,
        forgotten=forgotten,
    )
    return replace(
        row,
        state=record.state,
        facts=facts,
        outcome=_OUTCOMES[record.state],
        ended_by=Actor(end["by"]) if "by" in end else None,
        counts=totals.counts(),
        failure=record.failure,
        persisted=persisted,
    )


def _progress(record: JobRecord, totals: Totals) -> Progress | None:
    if not totals.found or not (record.planned or record.state.ended):
        return None  # how many there are is not known before all of them are
    counts = totals.counts()
    there = sum(totals.sizes.get(state, 0) for state in THERE)
    total = sum(n for state, n in totals.sizes.items() if state is not ObjectState.SKIPPED)
    upload = Direction(record.kind) is Direction.PUT
    return Progress(
        record.id,
        sent=there,
        in_cache=there,
        persisted=None if upload else there,
        total=total,
        objects_done=counts.done + counts.skipped,
        objects_failed=counts.failed,
        objects_total=counts.total,
        rate=None,
        time_left_s=None,
    )


def is_due_to_close(row: JobRow, now: datetime | None = None) -> bool:
    """Whether a failed job has been open on the appliance for too long without a verb."""
    now = now or datetime.now(UTC)
    open_there = row.state is State.FAILED and bool(row.appliance_jobs) and not row.facts.closed
    return open_there and now - row.state_since >= CLOSE_AFTER
