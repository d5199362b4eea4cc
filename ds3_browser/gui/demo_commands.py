"""What the commands about the demo appliance do: start it, start it anew, make it behave."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QObject

from ds3_browser.gui.dialogs.questions import ask_first, tell
from ds3_browser.gui.places import Place
from ds3_browser.gui.sessions import DEMO_ID, SavedSession
from ds3_browser.protocol.records import Credentials, Endpoint

if TYPE_CHECKING:
    from ds3_browser.gui.main_window import Context, MainWindow

_tr = partial(QCoreApplication.translate, "commands")


class DemoCommands(QObject):
    """Does nothing where there is no demo appliance."""

    def __init__(self, window: MainWindow, context: Context) -> None:
        super().__init__(window)
        self._window = window
        self._context = context
        self._starting = False

    def table(self) -> dict[str, Callable[[], object]]:
        """Return what each action does."""
        return {"start_demo": self.start, "demo_anew": self._ask_anew}

    def start(self) -> None:
        """Start the demo appliance in the background and show its buckets."""
        demo = self._context.demo
        if demo is not None and not self._starting:
            self._starting = True
            self._context.calls.run_call(demo.start, self._started, self._failed)

    def _started(self, found: tuple[Endpoint, Credentials]) -> None:
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

    def _failed(self, error: Exception) -> None:
        self._starting = False
        tell(self._window, _tr("The demo could not be started."), str(error))

    def _ask_anew(self) -> None:
        ask_first(
            self._window,
            _tr("Start the demo anew"),
            _tr("Throw away all that the demo holds?"),
            _tr("Its buckets, and what was uploaded to them, are made anew."),
            _tr("Start anew"),
            self._start_anew,
        )

    def _start_anew(self) -> None:
        demo = self._context.demo
        if demo is None or self._starting:
            return
        self._context.sessions.remove(DEMO_ID)
        self._starting = True

        def again(_: object) -> None:
            self._starting = False
            self.start()

        self._context.calls.run_call(demo.empty, again, self._failed)
