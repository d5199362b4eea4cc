"""What is done with transfers: ended, held, tried again, moved in their line, reported, shown.

The queue does it; what needs a word or a folder from somebody is asked here.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QObject
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog

from ds3_browser.gui import format
from ds3_browser.gui.dialogs.cancel_job import CancelJobDialog
from ds3_browser.gui.dialogs.questions import tell
from ds3_browser.gui.job_details import JobDetails
from ds3_browser.gui.job_row import JobRow
from ds3_browser.gui.job_tasks import ObjectsPage
from ds3_browser.gui.local_commands import LocalCommands
from ds3_browser.gui.places import Place
from ds3_browser.gui.session_commands import SessionCommands
from ds3_browser.gui.views.job_page import JobPage
from ds3_browser.gui.views.transfers_panel import TransfersPanel
from ds3_browser.protocol.records import Priority
from ds3_browser.transfer.recovery import Pointed
from ds3_browser.transfer.specs import AnySpec, PutSpec

if TYPE_CHECKING:
    from ds3_browser.gui.context import Context
    from ds3_browser.gui.main_window import MainWindow

_tr = partial(QCoreApplication.translate, "job_commands")
log = logging.getLogger(__name__)


class JobCommands(QObject):
    """`window` tells which job is the current one and is the parent of the questions."""

    def __init__(
        self,
        window: MainWindow,
        context: Context,
        sessions: SessionCommands,
        local: LocalCommands,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._context = context
        self._sessions = sessions
        self._local = local
        self._details = JobDetails(context, window.jobs)

    def table(self) -> dict[str, Callable[[], object]]:
        window, queue = self._window, self._context.queue
        return {
            "show_job": lambda: self._on_job(window.show_job),
            "show_failed": lambda: self._on_job(self._show_failed),
            "show_files": lambda: self._on_job(self._show_files),
            "try_now": lambda: self._on_job(queue.try_now),
            "pause": self._toggle_pause,
            **{
                f"priority_{priority.value.lower()}": partial(self._change_priority, priority)
                for priority in (Priority.URGENT, Priority.HIGH, Priority.NORMAL, Priority.LOW)
            },
            "move_up": lambda: self._on_job(lambda job: queue.move(job, 1)),
            "move_down": lambda: self._on_job(lambda job: queue.move(job, -1)),
            "pause_all": self._toggle_pause_all,
            "export_report": lambda: self._on_job(self.export_report),
            "copy_job_id": self._copy_id,
            "retry_failed": lambda: self._on_job(self.retry),
            "close_job": lambda: self._on_job(queue.close_job),
            "cancel_job": lambda: self._on_job(self.cancel),
            "remove_job": lambda: self._on_job(queue.remove),
            "clear_done": queue.clear_done,
        }

    def connect_panel(self, panel: TransfersPanel) -> None:
        """Connect what the transfers panel wishes to the queue."""
        queue = self._context.queue
        panel.try_now_wanted.connect(queue.try_now)
        panel.retry_wanted.connect(self.retry)
        panel.pause_wanted.connect(queue.pause)
        panel.resume_wanted.connect(self.resume)
        panel.answered.connect(queue.answer)
        panel.pause_all_wanted.connect(queue.pause_all)
        panel.resume_all_wanted.connect(queue.resume_all)
        panel.cancel_wanted.connect(self.cancel)
        panel.remove_wanted.connect(queue.remove)
        panel.move_wanted.connect(queue.move)
        panel.clear_done_wanted.connect(queue.clear_done)
        self._details.connect_transfers(panel)

    def connect_page(self, page: JobPage) -> None:
        """Connect what the page of one job wishes to the queue."""
        queue = self._context.queue
        page.try_now_wanted.connect(queue.try_now)
        page.pause_wanted.connect(queue.pause)
        page.resume_wanted.connect(self.resume)
        page.answered.connect(queue.answer)
        page.cancel_wanted.connect(self.cancel)
        page.retry_wanted.connect(self.retry)
        page.close_wanted.connect(queue.close_job)
        page.report_wanted.connect(self.export_report)
        self._details.connect_job_page(page)

    def _on_job(self, do: Callable[[int], None]) -> None:
        if (job := self._window.situation().job) is not None:
            do(job.job_id)

    def _copy_id(self) -> None:
        if (job := self._window.situation().job) is not None:
            QGuiApplication.clipboard().setText("\n".join(job.appliance_jobs))

    def export_report(self, job_id: int) -> None:
        """Ask for a file and write the job's report to it."""
        row = self._window.jobs.row(job_id)
        if row is None:
            return
        name = "".join(
            sign if sign.isprintable() and sign not in '/\\:"' else "_" for sign in row.name
        )
        folder = self._context.settings.download_folder or str(Path.home())
        file, _filter = QFileDialog.getSaveFileName(
            self._window, _tr("Export report"), str(Path(folder, f"{name}.csv")), "*.csv"
        )
        if file:
            self.write_report(job_id, Path(file))

    def write_report(self, job_id: int, file: Path) -> None:
        def fail(error: Exception) -> None:
            log.warning("the report of job %d cannot be written: %s", job_id, error)
            text = _tr("The report cannot be written to {file}.").format(file=file)
            tell(self._window, text, str(error))

        self._context.queue.reading.write_report(job_id, file, lambda number: None, fail)

    def _show_files(self, job_id: int) -> None:
        """Open the folder with a transfer's files: its target, or where the first one came from."""
        row = self._window.jobs.row(job_id)
        if row is not None and not row.uploads and row.target is not None:
            self._local.open_file(row.target)
        elif row is not None:
            failed = partial(log.error, "the objects of job %d cannot be read: %s", job_id)
            self._context.queue.reading.page(job_id, self._open_folder_of, failed, limit=1)

    def _open_folder_of(self, page: ObjectsPage) -> None:
        if page.rows and (path := page.rows[0].path) is not None:
            self._local.open_file(str(Path(path).parent))

    def _show_failed(self, job_id: int) -> None:
        if self._window.place.job != job_id:
            self._window.show_job(job_id)
        self._window.job_page.show_failed()

    def _toggle_pause(self) -> None:
        job = self._window.situation().job
        if job is not None and job.paused:
            self.resume(job.job_id)
        elif job is not None and job.may_pause:
            self._context.queue.pause(job.job_id)

    def retry(self, job_id: int) -> None:
        """Try again what failed; of an upload that names refused, look at its files anew."""
        row = self._window.jobs.row(job_id)
        if row is None or not row.may_check_again:
            self._context.queue.retry_failed(job_id)
            return
        failed = partial(log.error, "job %d cannot be read: %s", job_id)
        self._context.queue.reading.spec(job_id, partial(self._check_again, row), failed)

    def _check_again(self, row: JobRow, spec: AnySpec) -> None:
        if isinstance(spec, PutSpec):
            place = Place(row.session_id, row.bucket, row.prefix)
            self._window.commands.upload_now(spec.paths, place, spec.base)

    def resume(self, job_id: int) -> None:
        """Go on with a paused job; one found again after damage is asked for its folder first."""
        row = self._window.jobs.row(job_id)
        if row is not None and row.question is not None:
            self._window.show_job(job_id)
            return
        if row is not None and row.needs_session:
            if not row.ended:
                self._context.queue.resume(job_id)  # once its session is there and connected
            self._sessions.add_again(self._context.queue.led_to(job_id))
            return
        if row is not None and row.waits_for_key:
            sessions = self._sessions
            do = sessions.edit_session if row.key_was_refused else sessions.connect_session
            do(row.session_id)
            return
        if row is None or not row.may_choose_folder:
            self._context.queue.resume(job_id)
            return
        title = _tr("The folder with the files of {job}") if row.uploads else _tr("Download {job}")
        settings = self._context.settings
        first = settings.upload_folder if row.uploads else settings.download_folder
        folder = QFileDialog.getExistingDirectory(
            self._window, title.format(job=row.name), first or str(Path.home())
        )
        if folder:
            self.take_files_from(job_id, folder)

    def take_files_from(self, job_id: int, folder: str) -> None:
        """Go on with the files of a folder, after a word where some are not there."""
        queue = self._context.queue

        def chosen(pointed: Pointed) -> None:
            if not pointed.missing:
                queue.resume(job_id)
                return
            text = _tr(
                "{missing} of {all} files are not in {folder} as the job needs them: missing, of"
                " another size or changed since. Resume sends the others."
            )
            told = {"missing": format.count(pointed.missing), "folder": folder}
            total = format.count(pointed.missing + pointed.found)
            tell(self._window, text.format(all=total, **told))

        queue.choose_folder(job_id, folder, chosen)

    def _toggle_pause_all(self) -> None:
        now = self._window.situation()
        if now.may_pause_all:
            self._context.queue.pause_all()
        elif now.may_resume_all:
            self._context.queue.resume_all()

    def _change_priority(self, priority: Priority) -> None:
        self._on_job(lambda job: self._context.queue.set_priority(job, priority))

    def cancel(self, job_id: int) -> None:
        row = self._window.jobs.row(job_id)
        if row is None or not row.may_cancel:
            return
        may_keep = self._context.browsing.connection(row.session_id).truncates
        cancel = partial(self._context.queue.cancel, job_id)
        CancelJobDialog(row, self._window, may_keep=may_keep).ask(cancel)
