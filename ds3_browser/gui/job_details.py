"""Answers what the dock and the page of a job ask: pages of objects, chunks, room at a target.

All of it is read in the background, and shown only where it is still wanted.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import partial

from ds3_browser.gui.context import Context
from ds3_browser.gui.job_tasks import ObjectsPage
from ds3_browser.gui.models.job_objects import ObjectsWanted
from ds3_browser.gui.models.jobs import JobsModel
from ds3_browser.gui.views.chunk_inspector import ChunksWanted
from ds3_browser.gui.views.job_page import JobPage
from ds3_browser.gui.views.transfers_panel import TransfersPanel
from ds3_browser.transfer.ledger_records import ChunkRow

log = logging.getLogger(__name__)


class JobDetails:
    def __init__(self, context: Context, jobs: JobsModel) -> None:
        self._context = context
        self._jobs = jobs

    def connect_transfers(self, panel: TransfersPanel) -> None:
        panel.page_wanted.connect(partial(self._read_objects, panel))
        panel.free_space_wanted.connect(partial(self._tell_free_space, panel))

    def connect_job_page(self, page: JobPage) -> None:
        page.page_wanted.connect(partial(self._read_objects, page))
        page.chunks_wanted.connect(partial(self._read_chunks, page))

    def _read_objects(self, panel: TransfersPanel | JobPage, wanted: ObjectsWanted) -> None:
        def show(page: ObjectsPage) -> None:
            panel.show_page(wanted, page.rows, page.counts)

        def fail(error: Exception) -> None:
            log.error("the objects of job %d cannot be read: %s", wanted.job_id, error)
            panel.page_failed(wanted)

        self._context.queue.reading.page(
            wanted.job_id,
            show,
            fail,
            states=wanted.states,
            contains=wanted.contains,
            chunks=wanted.chunks,
            offset=wanted.offset,
            limit=wanted.limit,
        )

    def _read_chunks(self, page: JobPage, wanted: ChunksWanted) -> None:
        """Read what became of some chunks, and ask the appliance for the name of their node."""
        job = self._jobs.row(wanted.job_id)

        def show(row: ChunkRow) -> None:
            page.show_chunk_row(wanted, row)
            if job is not None and len(row.nodes) == 1:
                show_name = partial(show_node, row.nodes[0])
                self._context.browsing.node_names(job.session_id, show_name)

        def show_node(node: str, names: Mapping[str, str]) -> None:
            page.show_chunk_node(wanted, names.get(node, ""))

        def fail(error: Exception) -> None:
            log.error("the chunks of job %d cannot be read: %s", wanted.job_id, error)

        self._context.queue.reading.chunks(wanted.job_id, wanted.first, wanted.last, show, fail)

    def _tell_free_space(self, panel: TransfersPanel, folder: str) -> None:
        self._context.queue.free_space(folder, partial(panel.show_free_space, folder))
