"""The jobs on appliances: what is shown of them, and what is done with them."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QObject, Qt, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog

from ds3_browser.gui import appliance_jobs, messages
from ds3_browser.gui.appliance_jobs import BoardRow, Part
from ds3_browser.gui.boards import Boards
from ds3_browser.gui.dialogs.cancel_job import CancelOnApplianceDialog
from ds3_browser.gui.dialogs.questions import tell
from ds3_browser.gui.job_row import JobRow
from ds3_browser.gui.menus import BOARD_PRIORITIES
from ds3_browser.gui.messages import Doing
from ds3_browser.gui.places import Place
from ds3_browser.gui.situation import bucket_of
from ds3_browser.protocol.errors import NotFound
from ds3_browser.protocol.records import Priority, RequestType
from ds3_browser.transfer.events import Cancel

if TYPE_CHECKING:
    from ds3_browser.gui.context import Context
    from ds3_browser.gui.context_menus import ContextMenus
    from ds3_browser.gui.main_window import MainWindow
    from ds3_browser.gui.views.board_page import BoardPage

_tr = partial(QCoreApplication.translate, "board")
log = logging.getLogger(__name__)


class BoardCommands(QObject):
    """Keeps the board's page in line with what is known, and the numbers in the sidebar.

    `cancel_transfer` is told a transfer of this computer: its own question knows more of it.
    """

    def __init__(
        self, window: MainWindow, context: Context, cancel_transfer: Callable[[int], None]
    ) -> None:
        super().__init__(window)
        self._window = window
        self._context = context
        self._cancel_transfer = cancel_transfer
        self.boards = Boards(context.browsing, partial(bool, context.browsing.seen), self)
        self._session_id: str | None = None  # whose board is in view
        self._on_page: str | None = None  # whose the page has, in view or behind another page
        self.boards.changed.connect(self._changed)
        context.browsing.changed.connect(self._changed)
        window.jobs.summary_changed.connect(self._show)

    def table(self) -> dict[str, Callable[[], object]]:
        return {
            "appliance_jobs": self._open,
            "bucket_jobs": self._open_for_bucket,
            "show_on_board": self._show_transfer,
            **{
                f"board_priority_{priority.value.lower()}": partial(self._set_priority, priority)
                for priority in (Priority.URGENT, Priority.HIGH, Priority.NORMAL, Priority.LOW)
            },
            "resume_here": self._resume_here,
            "go_to_bucket": self._go_to_bucket,
            "copy_appliance_job_id": self._copy_id,
            "export_object_list": self._export,
            "cancel_on_appliance": self._cancel,
        }

    def connect_page(self, page: BoardPage, menus: ContextMenus) -> None:
        page.refresh_wanted.connect(self._refresh)
        page.part_wanted.connect(self._see_part)
        page.look_wanted.connect(self._look)
        page.resume_wanted.connect(self._resume_here)
        page.cancel_wanted.connect(self._cancel)
        page.menu_wanted.connect(menus.open_for_board)
        page.current_altered.connect(self._window.follow_soon)
        page.set_priorities(self._context.actions.menu(BOARD_PRIORITIES, page))

    @property
    def _page(self) -> BoardPage:
        return self._window.board_page

    # -- what is shown --------------------------------------------------------------------------

    def see(self, place: Place) -> None:
        """The window shows this place now."""
        session = self._context.sessions.get(place.session_id) if place.board else None
        before, self._on_page = self._on_page, None if session is None else session.id
        self._session_id = self._on_page
        if session is None:
            self._page.leave()
        elif session.id != before:
            self._page.begin(session.name)
        self.boards.see(self._session_id, self._page.part)
        self._show()

    def cover(self) -> None:
        """Another page stands before the board, which stays as it is and asks for nothing."""
        self._session_id = None
        self._page.leave()
        self.boards.see(None)

    def show(self, session_id: str, text: str = "", job_id: str | None = None) -> None:
        """Show a session's board: the jobs that a text is in, or from one job on."""
        session = self._context.sessions.get(session_id)
        if session is None:
            return
        self._window.go(Place(session_id, board=True))
        self._page.begin(session.name, text, job_id)
        self._show()
        self._page.list.setFocus(Qt.FocusReason.OtherFocusReason)

    def job_in_view(self, transfer: JobRow | None) -> BoardRow | None:
        """The appliance's job that is chosen: the board's, else the first of the transfer."""
        if self._session_id is not None:
            return self._page.current()
        if transfer is None or not transfer.appliance_jobs:
            return None
        running = self.boards.board(transfer.session_id).lists.get(Part.ACTIVE, ())
        found = next((one for one in running if one.job_id in transfer.appliance_jobs), None)
        return None if found is None else BoardRow(found, Part.ACTIVE, here=True, mine=True)

    @Slot(str)
    def _changed(self, session_id: str) -> None:
        self._window.sidebar.show_jobs(session_id, self.boards.active(session_id))
        if session_id == self._session_id:
            self._show()

    def _show(self, *_ignored: object) -> None:
        if (session_id := self._session_id) is None:
            return
        here = {
            appliance_id
            for row in self._window.jobs.rows()
            if row.session_id == session_id and not row.ended
            for appliance_id in row.appliance_jobs
        }
        cache = self._context.browsing.connection(session_id).cache
        board, watch = self.boards.board(session_id), self.boards.watch(session_id)
        staged = {
            appliance_id
            for row in self._window.jobs.rows()
            if row.session_id == session_id and row.stages
            for appliance_id in row.appliance_jobs
        }
        self._page.show_board(board, here, watch, cache, staged)

    @Slot()
    def _refresh(self) -> None:
        if self._session_id is not None:
            self.boards.refresh(self._session_id)

    @Slot(object)
    def _see_part(self, part: Part) -> None:
        self.boards.see(self._session_id, part)

    @Slot(str)
    def _look(self, job_id: str) -> None:
        page = self._page

        def failed(error: Exception) -> None:
            log.info("job %s cannot be looked at: %s", job_id, error)
            if not isinstance(error, LookupError):
                page.detail.say(job_id, _words(error))

        if self._session_id is not None:
            self.boards.look(self._session_id, job_id, partial(page.show_facts, job_id), failed)

    # -- where one goes -------------------------------------------------------------------------

    def _open(self) -> None:
        if (session := self._window.situation().session) is not None:
            self.show(session.id)

    def _open_for_bucket(self) -> None:
        now = self._window.situation()
        bucket = bucket_of(now) or now.page.bucket
        if now.session is not None and bucket is not None:
            self.show(now.session.id, bucket)

    def _show_transfer(self) -> None:
        if (job := self._window.situation().job) is not None:
            self.show_transfer(job.job_id)

    @Slot(object)
    def show_transfer(self, job_id: int) -> None:
        """Show the board of a transfer's appliance, at the first of its jobs there."""
        row = self._window.jobs.row(job_id)
        if row is not None:
            there = row.appliance_jobs[0] if row.appliance_jobs else None
            self.show(row.session_id, job_id=there)

    def _go_to_bucket(self) -> None:
        row, session_id = self._chosen()
        if row is not None and session_id is not None and row.job.bucket is not None:
            self._window.go(Place(session_id, row.job.bucket))

    # -- what is done ---------------------------------------------------------------------------

    def _chosen(self) -> tuple[BoardRow | None, str | None]:
        """The chosen job, and the session it is on."""
        now = self._window.situation()
        on = self._session_id or (now.job.session_id if now.job is not None else None)
        return now.board_job, on

    @Slot()
    def _resume_here(self) -> None:
        """Ask where the files of the chosen job are, or shall be, and go on with it here."""
        row, session_id = self._chosen()
        if row is None or session_id is None:
            return
        uploads = row.job.request_type is RequestType.PUT
        title = _tr("The folder that the files of {job} came from")
        if not uploads:
            title = _tr("The folder to receive {job} into")
        settings = self._context.settings
        first = settings.upload_folder if uploads else settings.download_folder
        folder = QFileDialog.getExistingDirectory(
            self._window, title.format(job=appliance_jobs.name(row.job)), first or str(Path.home())
        )
        if folder:
            self.take_over(session_id, row, folder)

    def take_over(self, session_id: str, row: BoardRow, folder: str) -> None:
        """Make a job one of this computer's transfers, with its files in a folder."""

        def taken(job_id: int) -> None:
            self._window.transfers.set_collapsed(False)
            self._window.transfers.select_job(job_id)
            known = self._window.jobs.row(job_id)
            if known is not None and known.may_choose_folder:
                self._window.commands.jobs.take_files_from(job_id, folder)
            elif known is not None and known.paused:
                self._context.queue.resume(job_id)
            self.boards.refresh(session_id)

        try:
            self._context.queue.earlier.take_over(
                session_id, row.job, taken, partial(self._failed, row)
            )
        except LookupError:
            log.info("the session of job %s is not connected", row.job.job_id)

    def _copy_id(self) -> None:
        row, _ = self._chosen()
        if row is not None:
            QGuiApplication.clipboard().setText(row.job.job_id)

    def _set_priority(self, priority: Priority) -> None:
        row, session_id = self._chosen()
        if row is None or session_id is None:
            return
        transfer = self._transfer(row)
        if transfer is not None:
            self._context.queue.set_priority(transfer.job_id, priority)  # it keeps what it asked
        failed = partial(self._failed, row)
        self.boards.set_priority(session_id, row.job.job_id, priority, failed)

    @Slot()
    def _cancel(self) -> None:
        row, session_id = self._chosen()
        if row is None or session_id is None or row.part is not Part.ACTIVE:
            return
        transfer = self._transfer(row)
        if transfer is not None and transfer.may_cancel:
            self._cancel_transfer(transfer.job_id)
            return

        def cancel(how: Cancel) -> None:
            keep = how is Cancel.KEEP
            failed = partial(self._failed, row)
            self.boards.cancel(session_id, row.job.job_id, keep, lambda: None, failed)

        may_keep = self._context.browsing.connection(session_id).truncates
        CancelOnApplianceDialog(row, self._window, may_keep=may_keep).ask(cancel)

    def _transfer(self, row: BoardRow) -> JobRow | None:
        """The transfer of this computer that runs a job."""
        rows = self._window.jobs.rows()
        return next(
            (one for one in rows if not one.ended and row.job.job_id in one.appliance_jobs), None
        )

    def _failed(self, row: BoardRow, error: Exception) -> None:
        log.warning("job %s cannot be changed: %s", row.job.job_id, error)
        self._page.detail.say(row.job.job_id, _words(error))

    def _export(self) -> None:
        row, session_id = self._chosen()
        if row is None or session_id is None:
            return
        name = appliance_jobs.name(row.job)
        plain = "".join(s if s.isprintable() and s not in '/\\:"' else "_" for s in name)
        folder = self._context.settings.download_folder or str(Path.home())
        file, _filter = QFileDialog.getSaveFileName(
            self._window, _tr("Export object list"), str(Path(folder, f"{plain}.csv")), "*.csv"
        )
        if file:
            self.write_list(session_id, row, Path(file))

    def write_list(self, session_id: str, row: BoardRow, file: Path) -> None:
        """Write the objects of a job, as the appliance lists them, to a CSV file."""

        def failed(error: Exception) -> None:
            log.warning("the objects of job %s cannot be written: %s", row.job.job_id, error)
            text = _tr("The object list cannot be written to {file}.").format(file=file)
            tell(self._window, text, str(error))

        self.boards.write_list(session_id, row.job.job_id, file, lambda number: None, failed)


def _words(error: Exception) -> str:
    if isinstance(error, NotFound):
        return _tr("The appliance no longer knows this job.")
    return messages.sentence(error, doing=Doing.ASK).text
