"""Reads the ledger in the background, for who shows a job's objects or exports them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from ds3_browser.gui import job_tasks, reports
from ds3_browser.gui.job_tasks import ObjectsPage
from ds3_browser.gui.workers import Calls
from ds3_browser.transfer.events import ObjectState
from ds3_browser.transfer.ledger_records import ChunkRow
from ds3_browser.transfer.specs import AnySpec, spec_of


class JobReading:
    """What is read of a job in its ledger, over connections of its own.

    `ledger_of` tells a job's file.
    """

    def __init__(self, ledger_of: Callable[[int], Path], calls: Calls) -> None:
        self._ledger_of = ledger_of
        self._calls = calls

    def page(
        self,
        job_id: int,
        on_result: Callable[[ObjectsPage], None],
        on_error: Callable[[Exception], None],
        *,
        states: frozenset[ObjectState] | None = None,
        contains: str = "",
        chunks: tuple[int, int] | None = None,
        offset: int = 0,
        limit: int = 500,
    ) -> None:
        """Read a page of a job's objects, and the counts, from the ledger in the background.

        Both are of the objects that have `contains` in their names and lie in these chunks.
        """
        path = self._ledger_of(job_id)
        read = partial(job_tasks.read_page, path, job_id, states, contains, chunks, offset, limit)
        self._calls.run_call(read, on_result, on_error)

    def chunks(
        self,
        job_id: int,
        first: int,
        last: int,
        on_result: Callable[[ChunkRow], None],
        on_error: Callable[[Exception], None],
    ) -> None:
        """Read what became of the chunks from one number to another, in the background."""
        read = partial(job_tasks.read_chunks, self._ledger_of(job_id), job_id, first, last)
        self._calls.run_call(read, on_result, on_error)

    def spec(
        self,
        job_id: int,
        on_result: Callable[[AnySpec], None],
        on_error: Callable[[Exception], None],
    ) -> None:
        """Read what a job was asked to do, in the background."""

        def read() -> AnySpec:
            record = job_tasks.read_record(self._ledger_of(job_id), job_id)
            if record is None:
                raise LookupError(job_id)
            return spec_of(record)

        self._calls.run_call(read, on_result, on_error)

    def write_report(
        self,
        job_id: int,
        file: Path,
        on_result: Callable[[int], None],
        on_error: Callable[[Exception], None],
    ) -> None:
        """Write a job's objects as CSV in the background; tells how many there are."""
        write = partial(reports.write_report, self._ledger_of(job_id), job_id, file)
        self._calls.run_call(write, on_result, on_error)
