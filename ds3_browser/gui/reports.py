"""The report of a job: every object with what became of it, as CSV. Blocks; knows no Qt widget."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from ds3_browser.gui import csv_files, format, messages, read_back_words
from ds3_browser.transfer.events import ObjectState
from ds3_browser.transfer.ledger import LedgerReader, ObjectRow

PAGE = 2000
HEADER = (
    *("object name", "path", "size", "state", "checksum type", "checksum", "tries", "error"),
    *("started", "finished", "version id", "verify after write", "appliance's error message"),
)


def write_report(ledger: Path, job_id: int, file: Path) -> int:
    """Write a job's report; how many objects it has. Raises OSError, LedgerError."""
    reader = LedgerReader(ledger)
    try:
        return csv_files.write(file, HEADER, _rows(reader, job_id, _of_job(reader, job_id)))
    finally:
        reader.close()


def _of_job(reader: LedgerReader, job_id: int) -> Sequence[str]:
    """What is told of the job as a whole, and so of each of its objects alike."""
    record = reader.job(job_id)
    if record is None:
        return "", ""
    verify = read_back_words.report_words(record.verify_asked, record.said)
    return verify, record.said.error_message or ""


def _rows(reader: LedgerReader, job_id: int, of_job: Sequence[str]) -> Iterator[Sequence[str]]:
    record = reader.job(job_id)
    kept = record is not None and record.persisted is not None
    offset = 0
    while page := list(reader.objects(job_id, offset=offset, limit=PAGE)):
        rows = [found.as_persisted() for found in page] if kept else page
        yield from ((*_row(found), *of_job) for found in rows)
        offset += len(page)


def _row(found: ObjectRow) -> Sequence[str]:
    """What is not known is empty. On which tapes an object is, the engine is not told."""
    why = (ObjectState.FAILED, ObjectState.SKIPPED)  # not one that is tried again
    failure = found.failure if found.state in why else None
    error = "" if failure is None else messages.sentence(failure).text
    return (
        found.name,
        found.path or "",
        "" if found.size is None else str(found.size),
        found.state.value,
        found.checksum_type or "",
        found.checksum or "",
        str(found.tries),
        error,
        format.iso(found.started),
        format.iso(found.ended),
        found.version or "",
    )
