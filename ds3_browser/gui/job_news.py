"""What is worth asking an appliance while a job runs: its cache, the tapes a download waits for.

And which folders have new objects. Asked when an event gives reason to, in the background.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from functools import partial
from time import monotonic

from PySide6.QtCore import QObject, Signal

from ds3_browser.gui import job_tasks
from ds3_browser.gui.job_row import NeededTapes
from ds3_browser.gui.looking_up import needed_tapes
from ds3_browser.gui.places import Place
from ds3_browser.gui.running import Call, Running
from ds3_browser.transfer.events import Event, JobEnded, Progress, Waiting, WaitReason

log = logging.getLogger(__name__)

LOOKED_AT_FOR_TAPES = 200  # objects of a job, the first that wait
TAPES_EVERY_S = 60.0  # the tapes of one waiting job are asked about at most this often
REFRESH_EVERY_S = 5.0  # a listed folder is listed again at most this often for one job


class JobNews(QObject):
    """Signals: `cache_seen(job_id, CacheState)`, `tapes_seen(job_id, NeededTapes)`, and
    `objects_in_cache(Place)` when a folder that may be listed has new objects.

    `call` asks an appliance in the background.
    """

    cache_seen = Signal(object, object)
    tapes_seen = Signal(object, object)
    objects_in_cache = Signal(object)

    def __init__(self, call: Call, parent: QObject) -> None:
        super().__init__(parent)
        self._call = call

    def follow(self, running: Running, event: Event) -> None:
        self._refresh_listing(running, event)
        self._ask_cache(running, event)
        self._ask_tapes(running, event)

    def _refresh_listing(self, running: Running, event: Event) -> None:
        """Wish for a fresh listing when an upload's objects came to be in cache."""
        row = running.row
        if not (row.uploads or row.stages) or row.progress is None:
            return
        done = row.progress.objects_done
        ended = isinstance(event, JobEnded)
        due = monotonic() - running.refreshed_at >= REFRESH_EVERY_S
        if done > running.seen_done and (ended or (due and isinstance(event, Progress))):
            running.refreshed_at, running.seen_done = monotonic(), done
            self.objects_in_cache.emit(Place(row.session_id, row.bucket, row.prefix))

    def _ask_cache(self, running: Running, event: Event) -> None:
        """Learn whether a wait for a chunk is one for room in the cache, where we may know it."""
        if not isinstance(event, Waiting) or event.reason is not WaitReason.CACHE:
            return
        if running.shared is None:
            return
        client = running.shared.client
        self._call(
            client,
            client.cache_state,
            partial(self.cache_seen.emit, event.job_id),
            lambda error: log.debug("the cache may not be read: %s", error),
        )

    def _ask_tapes(self, running: Running, event: Event) -> None:
        """Learn which tapes a download waits for, and which of them somebody has to put back."""
        if not isinstance(event, Waiting) or event.reason is not WaitReason.TAPE:
            return
        asked = running.tapes_asked_at
        if running.shared is None or (asked is not None and monotonic() - asked < TAPES_EVERY_S):
            return
        running.tapes_asked_at = monotonic()
        client, row, path = running.shared.client, running.row, running.ledger.path

        def find() -> NeededTapes:
            names = job_tasks.open_names(path, row.job_id, LOOKED_AT_FOR_TAPES)
            found = needed_tapes(row.bucket, names, client) if names else NeededTapes(())
            return replace(found, whole=len(names) < LOOKED_AT_FOR_TAPES)

        self._call(
            client,
            find,
            partial(self.tapes_seen.emit, row.job_id),
            lambda error: log.info("the tapes of job %d are not known: %s", row.job_id, error),
        )
