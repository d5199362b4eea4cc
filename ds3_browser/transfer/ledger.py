"""The ledger: every job, object and blob, what became of it, and what survives a crash.

Why what it says is true. One thread writes, in transactions that hold whole steps. The database is
in WAL mode with `synchronous=FULL`: a commit returns after the log was synced to the disk, so what
was committed outlives a crash of the program and of the computer. A call marked *durable* returns
after a commit that holds its own step and all that was handed over before it; the others are
committed within half a second, and a crash can only make the ledger say too little of them. Three
orders follow from that. The intent to create a job is durable before the request goes out, so an
appliance never has a job of ours that the ledger has not heard of. The appliance's id and the
blobs are durable before the first byte. And a state is written after it is true, never before: a
downloaded file is synced and has its name before it is called done.

Where the disk refuses (full, gone), durable calls raise LedgerUnwritable at once, or wait where a
job made them; the other steps are kept in memory and tried again a little later. Readers have
connections of their own, which cannot write.
"""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from pathlib import Path

from .ledger_again import AgainSteps
from .ledger_jobs import JobSteps
from .ledger_objects import BLOB_ENDED, OBJECT_ENDED, ObjectSteps
from .ledger_parts import PartSteps
from .ledger_reader import LedgerReader as LedgerReader
from .ledger_records import JobRecord as JobRecord
from .ledger_records import LedgerError as LedgerError
from .ledger_records import LedgerUnwritable as LedgerUnwritable
from .ledger_records import NewObject as NewObject
from .ledger_records import ObjectRow as ObjectRow
from .ledger_schema import prepare
from .ledger_writer import Statement, Writer


class Ledger(JobSteps, PartSteps, ObjectSteps, AgainSteps):
    """Opens or creates the file and owns the writing thread. Raises LedgerError.

    Any thread may call; what is not durable returns at once, or when the writer has caught up.
    `set_aside` is where a damaged file lies now, None if there was none. `last_written` is when
    this or an earlier program wrote last, before it was opened; None where it is new. No job gets
    an id below `first_id`, so that jobs of several ledgers can be told apart by theirs.
    """

    def __init__(self, path: Path, first_id: int = 1) -> None:
        self.path = path
        self.last_written = _last_written(path)
        highest, self.set_aside = prepare(path)
        self._ids = itertools.count(max(highest + 1, first_id))
        # A blob's end and an object's are in different tables: the former may all come first.
        super().__init__(Writer(path, (BLOB_ENDED, OBJECT_ENDED)))

    def close(self) -> None:
        """Commit what is waiting and end the thread."""
        self._writer.close()

    def reserve_job_id(self) -> int:
        """The next job's id. Touches no disk."""
        return next(self._ids)

    def bring_back(self, *statements: Statement) -> None:
        """Durable, all of it or nothing: what `recovery` knows of jobs that the ledger had lost."""
        self._durable_steps(*statements)


def _last_written(path: Path) -> datetime | None:
    files = (path, path.with_name(path.name + "-wal"))
    times = [file.stat().st_mtime for file in files if file.exists()]
    return datetime.fromtimestamp(max(times), UTC) if times else None
