"""What the window tells of its own accord: news, and what went wrong since the start."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QObject, Slot
from PySide6.QtWidgets import QApplication

from ds3_browser.gui import job_words, messages
from ds3_browser.gui.context import Context
from ds3_browser.gui.dialogs.problems import ProblemsDialog
from ds3_browser.gui.messages import Doing, Message, sentence
from ds3_browser.gui.notices import notice_of
from ds3_browser.gui.notifying import Notifying
from ds3_browser.gui.places import Place
from ds3_browser.gui.problems import Problems
from ds3_browser.transfer.events import Event, JobEnded, Outcome
from ds3_browser.transfer.recovery import Salvaged

if TYPE_CHECKING:
    from ds3_browser.gui.main_window import MainWindow

_tr = partial(QCoreApplication.translate, "telling")


class Telling(QObject):
    """Tells for one window: by the desktop or in its bar of news, and in the list of problems."""

    def __init__(self, window: MainWindow, context: Context) -> None:
        super().__init__(window)
        self._window = window
        self._context = context
        self._told_job: int | None = None
        self.problems = Problems(self)
        jobs, wanted = window.jobs, context.settings.wants_notice
        self.notifying = Notifying(jobs.rows, jobs.row, wanted, self)
        self.notifying.told.connect(self._tell_news)
        window.news.pressed.connect(self.show_told_job)

    def listen(self) -> None:
        """Take what the doers tell. The rows of jobs have to know it already."""
        context, queue = self._context, self._context.queue
        queue.event.connect(self.notifying.take)
        queue.event.connect(self._see_failure)
        queue.tapes_seen.connect(self.notifying.see_tapes)
        queue.salvaged.connect(self._tell_damage)
        queue.found_again.connect(self._tell_found)
        queue.priority_refused.connect(self._see_refused_priority)
        queue.removed.connect(self.problems.forget_job)
        context.sessions.removed.connect(self.problems.forget_session)
        context.keys.not_kept.connect(self._key_not_kept)
        context.browsing.changed.connect(self._see_trouble)
        if context.tray is not None:
            context.tray.message_clicked.connect(self.show_told_job)

    @Slot(str, str, object)
    def _tell_news(self, title: str, text: str, job_id: int) -> None:
        """Tell by the desktop's notice, or in the window where there are none."""
        self._told_job = job_id
        if self._context.settings.notice_sound:
            QApplication.beep()
        if self._context.tray is not None:
            self._context.tray.tell(title, text)
        else:
            self._window.news.say(text, _tr("Show"))

    @Slot()
    def show_told_job(self) -> None:
        self._window.bring_up()
        if self._told_job is None:
            self.show_problems()
        elif self._window.jobs.row(self._told_job) is not None:
            self._window.transfers.select_job(self._told_job)

    @Slot(object)
    def _see_failure(self, event: Event) -> None:
        row = self._window.jobs.row(event.job_id)
        if row is None or not isinstance(event, JobEnded) or event.outcome is not Outcome.FAILED:
            return
        notice = notice_of(row, event)
        refused = job_words.refusal(row)
        text = notice.text if notice is not None else row.name
        told = () if refused is None else refused.details
        self.problems.add(Message(text, None, told), job_id=event.job_id)

    def _see_refused_priority(self, job_id: int, error: Exception) -> None:
        row = self._window.jobs.row(job_id)
        if row is not None:
            told = sentence(error, what=row.name)
            text = _tr("The priority of {job} stays: {reason}")
            text = text.format(job=row.name, reason=told.text)
            self.problems.add(Message(text, None, told.details), job_id=job_id)

    def _see_trouble(self, session_id: str) -> None:
        """Remember why a session is not connected, or no longer."""
        session = self._context.sessions.get(session_id)
        error = self._context.browsing.connection(session_id).error
        if session is not None and error is not None:
            told = sentence(error, doing=Doing.CONNECT, host=session.host)
            text = _tr("{session}: {trouble}").format(session=session.name, trouble=told.text)
            message = Message(text, None, told.details)
            self.problems.add(message, session_id=session_id, fixed=session.demo)

    @Slot(str)
    def tell_fault(self, fault: str) -> None:
        """Keep a fault of this program among the problems; what it was about may be unfinished."""
        text = _tr("DS3 Browser met a fault of its own. The log and the diagnostic report have it.")
        self.problems.add(Message(text, None, ((_tr("Fault"), fault),)))

    def _key_not_kept(self) -> None:
        text = _tr(
            "The keychain did not take a secret key. It is known until the program ends, and asked"
            " for at the next start."
        )
        self.problems.add(Message(text))

    def show_problems(self) -> None:
        """Show what went wrong since the start, beside the window."""
        dialog = self._window.findChild(ProblemsDialog)
        if dialog is None:
            dialog = ProblemsDialog(self.problems, self._window)
            dialog.job_wanted.connect(self._window.transfers.select_job)
            dialog.edit_wanted.connect(self._window.commands.sessions.edit_session)
            dialog.session_wanted.connect(lambda id: self._window.go(Place(id)))
        dialog.show()
        dialog.raise_()

    @Slot(object)
    def _tell_damage(self, files: Sequence[Salvaged]) -> None:
        """Say what could be brought back of a damaged list of transfers, and what could not."""
        for one in files:
            text = messages.damage(one)
            self.problems.add(Message(text))
            self._window.news.say(text, _tr("Problems"))
        self._told_job = None

    @Slot(str, object)
    def _tell_found(self, session_id: str, job_ids: Sequence[int]) -> None:
        text = messages.found_again(self._context.sessions.name(session_id), len(job_ids))
        self.problems.add(Message(text), session_id=session_id)
        self._told_job = job_ids[-1]
        self._window.news.say(text, _tr("Show"))
