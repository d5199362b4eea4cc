"""Closing failed jobs on their appliances: what is in cache is kept, the rest leaves the job."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

from ds3_browser.gui import job_tasks
from ds3_browser.gui.running import Call, Running
from ds3_browser.protocol.client import Ds3Client
from ds3_browser.transfer.errors import failure_of
from ds3_browser.transfer.events import Event, Failure, FailureCode, JobState, State

log = logging.getLogger(__name__)


class Closings:
    """`jobs` are those there are.

    `call` asks an appliance in the background; `take` is told what became of a job.
    """

    def __init__(
        self,
        jobs: Mapping[int, Running],
        clients: Callable[[str], Ds3Client | None],
        call: Call,
        take: Callable[[Event], None],
    ) -> None:
        self._jobs = jobs
        self._clients = clients
        self._call = call
        self._take = take

    def close(self, running: Running, *, forgotten: bool) -> None:
        """Close a job; `forgotten` says that nobody asked for it."""
        client = self._clients(running.row.session_id)
        if client is None:
            return
        self._call(
            client,
            partial(job_tasks.truncate, client, running.row.appliance_jobs),
            lambda _done: self._closed(running, forgotten),
            lambda error: self._not_closed(running, error),
        )

    def _closed(self, running: Running, forgotten: bool) -> None:
        job_id = running.row.job_id
        if not self._is_open(running):
            return
        running.ledger.set_end(job_id, closed=True, forgotten=forgotten)
        known = running.row.facts
        facts = replace(known, closed=True, forgotten=forgotten, not_closed=None)
        self._take(JobState(job_id, State.FAILED, None, facts))

    def _is_open(self, running: Running) -> bool:
        """Whether the job is still here, and as it was when it was asked to be closed."""
        here = self._jobs.get(running.row.job_id) is running
        return here and running.row.state is State.FAILED

    def _not_closed(self, running: Running, error: Exception) -> None:
        job_id = running.row.job_id
        log.warning("job %d could not be closed: %s", job_id, error)
        if not self._is_open(running):
            return
        if isinstance(error, LookupError):
            failure = Failure(FailureCode.REFUSED)
        else:
            failure = failure_of(error)
        facts = replace(running.row.facts, not_closed=failure)
        self._take(JobState(job_id, State.FAILED, None, facts))
