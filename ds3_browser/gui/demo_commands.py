"""What the commands about the demo appliance do: start it, start it anew, make it behave."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QObject, QTimer, Slot

from ds3_browser.gui.dialogs.questions import ask_first, tell
from ds3_browser.gui.job_row import JobRow
from ds3_browser.gui.places import Place
from ds3_browser.gui.sessions import DEMO_ID, SavedSession
from ds3_browser.protocol.records import Credentials, Endpoint
from ds3_browser.transfer.events import Cancel

if TYPE_CHECKING:
    from ds3_browser.gui.context import Context
    from ds3_browser.gui.main_window import MainWindow

_tr = partial(QCoreApplication.translate, "commands")

JOBS_END_WITHIN_MS = 10_000


class DemoCommands(QObject):
    """Does nothing where there is no demo appliance."""

    def __init__(self, window: MainWindow, context: Context) -> None:
        super().__init__(window)
        self._window = window
        self._context = context
        self._starting = False
        self._on_no_jobs: Callable[[], None] | None = None
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(JOBS_END_WITHIN_MS)
        self._patience.timeout.connect(self._go_on)
        context.queue.event.connect(self._job_moved)

    def table(self) -> dict[str, Callable[[], object]]:
        """Return what each action does."""
        return {"start_demo": self.start, "demo_anew": self.ask_anew}

    def start(self) -> None:
        """Start the demo appliance in the background and show its buckets."""
        demo = self._context.demo
        if demo is not None and not self._starting:
            self._starting = True
            self._context.calls.run_call(demo.start, self._started, self._failed)

    def _started(self, found: tuple[Endpoint, Credentials]) -> None:
        connect = partial(self._connect, found)
        self._context.queue.earlier.open_ledger(DEMO_ID, connect, self._failed)

    def _connect(self, found: tuple[Endpoint, Credentials]) -> None:
        self._starting = False
        endpoint, credentials = found
        session = SavedSession(
            id=DEMO_ID,
            name=_tr("Demo appliance"),
            scheme=endpoint.scheme,
            host=endpoint.host,
            port=endpoint.port,
            access_id=credentials.access_id,
            kept=False,
            demo=True,
        )
        self._context.sessions.add(session, credentials.secret_key)
        self._context.browsing.connect_session(session.id)
        self._window.go(Place(session.id))
        self._window.focus_page()

    def _failed(self, error: Exception) -> None:
        self._starting = False
        tell(self._window, _tr("The demo could not be started."), str(error))

    def make(self, mood: str) -> None:
        """Make the appliance behave as one of the badge's moods says."""
        demo = self._context.demo
        if demo is not None:
            show = partial(self._window.badge.show_mood, mood)
            self._context.calls.run_call(partial(demo.make, mood), lambda _: show(), self._not_made)

    def _not_made(self, error: Exception) -> None:
        tell(self._window, _tr("The demo appliance does not answer."), str(error))

    def ask_anew(self) -> None:
        ask_first(
            self._window,
            _tr("Start the demo anew"),
            _tr("Throw away all that the demo holds?"),
            _tr("Its buckets are made anew. What was uploaded to it, and its transfers, are gone."),
            _tr("Start anew"),
            self._start_anew,
        )

    def _start_anew(self) -> None:
        """Cancel the demo's own jobs, empty the appliance, and fill it again."""
        if self._context.demo is None or self._starting:
            return
        self._starting = True
        self._on_no_jobs = self._empty
        for row in self._open_jobs():
            self._context.queue.cancel(row.job_id, Cancel.DISCARD)
        self._patience.start()
        self._job_moved()

    def _open_jobs(self) -> list[JobRow]:
        return [row for row in self._context.queue.open_jobs() if row.session_id == DEMO_ID]

    @Slot(object)
    def _job_moved(self, _event: object = None) -> None:
        if self._on_no_jobs is not None and not self._open_jobs():
            self._go_on()

    def _go_on(self) -> None:
        self._patience.stop()
        go_on, self._on_no_jobs = self._on_no_jobs, None
        if go_on is not None:
            # Later: the end of the last job is still being told.
            QTimer.singleShot(0, self, go_on)

    def _empty(self) -> None:
        """Forget all transfers and places of the demo, then its archive."""
        demo = self._context.demo
        if demo is None:
            return
        self._context.sessions.remove(DEMO_ID)

        def again(_: object) -> None:
            self._starting = False
            self._window.badge.show_mood("all_fine")
            self.start()

        def empty() -> None:
            self._context.calls.run_call(demo.empty, again, self._failed)

        self._context.queue.forget_session(DEMO_ID, empty, self._failed)
