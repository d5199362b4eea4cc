"""What the commands about sessions do: ask what they are, connect them, forget them.

A secret key that is not known is taken from the keychain, or else asked for; neither stops the
window.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from PySide6.QtCore import QCoreApplication, QObject, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from ds3_browser.gui import connecting, eon_sessions, format
from ds3_browser.gui.connections import SessionState
from ds3_browser.gui.dialogs.import_sessions import Answer as ImportAnswer
from ds3_browser.gui.dialogs.import_sessions import ImportDialog
from ds3_browser.gui.dialogs.questions import ask_first, tell
from ds3_browser.gui.dialogs.secret_key import SecretKeyDialog
from ds3_browser.gui.dialogs.sessions import Answer, Choice, SessionsDialog, key_note
from ds3_browser.gui.eon_sessions import EonSession
from ds3_browser.gui.messages import Message, Remedy, details
from ds3_browser.gui.places import Place
from ds3_browser.gui.sessions import ProxyChoice, SavedSession, from_endpoint
from ds3_browser.gui.situation import Situation
from ds3_browser.protocol.client import from_environment
from ds3_browser.protocol.records import Endpoint

if TYPE_CHECKING:
    from ds3_browser.gui.context import Context
    from ds3_browser.gui.main_window import MainWindow

_tr = partial(QCoreApplication.translate, "commands")
_counted = partial(format.counted, "session_commands")


class SessionCommands(QObject):
    """One method a command. `window` tells what it acts on and is the parent of its questions."""

    def __init__(self, window: MainWindow, context: Context) -> None:
        super().__init__(window)
        self._window = window
        self._context = context
        self._looked_up: set[str] = set()  # sessions whose keys are being looked for
        self._keys_to_ask: list[str] = []

    def table(self) -> dict[str, Callable[[], object]]:
        """Return what each action does."""
        return {
            "new_session": self.new_session,
            "sessions": self.show_sessions,
            "edit_session": self._edit_session,
            "connect": self._toggle_connection,
            "copy_endpoint": self._copy_endpoint,
            "remove_session": self._remove_session,
            "import_sessions": self.import_sessions,
        }

    def _now(self) -> Situation:
        return self._window.situation()

    # -- the dialog -----------------------------------------------------------------------------

    def new_session(self) -> None:
        self._show_dialog(None)

    def show_sessions(self) -> None:
        """Show all sessions, the one in view first."""
        self._show_dialog(self._now().session or next(iter(self._context.sessions.all()), None))

    def edit_session(self, session_id: str) -> None:
        if (session := self._context.sessions.get(session_id)) is not None:
            self._show_dialog(session)

    def use_environment(self) -> None:
        """Fill the form with what the environment names."""
        try:
            endpoint, credentials = from_environment()
        except ValueError as error:
            tell(self._window, _tr("The environment's appliance cannot be used."), str(error))
            return
        name = self._context.sessions.free_name(endpoint.host)
        session = from_endpoint(endpoint, credentials.access_id, name)
        self._show_dialog(session, credentials.secret_key)

    def add_again(self, led_to: tuple[str, str] | None) -> None:
        """Fill the form with the address and access id of a session that was removed."""
        if led_to is None:
            self.new_session()
            return
        url, access_id = led_to
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or (80 if parts.scheme == "http" else 443)
        endpoint = Endpoint(parts.scheme, host, port)
        session = from_endpoint(endpoint, access_id, self._context.sessions.free_name(host))
        self._show_dialog(replace(session, proxy=ProxyChoice.SYSTEM))

    def _edit_session(self) -> None:
        if (session := self._now().session) is not None:
            self._show_dialog(session)

    def _show_dialog(self, first: SavedSession | None, secret_key: str = "") -> None:
        dialog = SessionsDialog.ask(
            self._context.sessions,
            partial(connecting.start_test, self._context.calls),
            self._ask_to_remove,
            self._keep,
            self._context.keys.name,
            first,
            secret_key,
            self._window,
        )
        state = None if first is None else self._context.browsing.connection(first.id).state
        if state is SessionState.SIGN_IN_FAILED:
            dialog.want_key()

    def _keep(self, answer: Answer) -> None:
        session, sessions = answer.session, self._context.sessions
        for other in answer.others:
            sessions.add(other.session, other.credentials.secret_key)
        if not session.demo:
            sessions.add(session, answer.credentials.secret_key)
        if answer.choice is Choice.CONNECT:
            self._context.browsing.connect_session(session.id)
            self._window.go(Place(session.id))

    # -- Eon Browser's sessions -----------------------------------------------------------------

    def import_sessions(self) -> None:
        """Let sessions of Eon Browser's file be chosen, and take them over."""
        known = {(one.host, one.port, one.access_id) for one in self._context.sessions.all()}
        keychain = self._context.keys.name is not None
        file = eon_sessions.usual_file()
        ImportDialog.ask(file, known, keychain, self._read_eon, self._take_over, self._window)

    def _read_eon(
        self,
        file: Path,
        on_result: Callable[[tuple[EonSession, ...]], None],
        on_error: Callable[[Exception], None],
    ) -> None:
        self._context.disk.run_call(partial(eon_sessions.read_sessions, file), on_result, on_error)

    def _take_over(self, answer: ImportAnswer) -> None:
        sessions, keys = self._context.sessions, self._context.keys
        kept: list[EonSession] = []

        def found_again(one: EonSession, last: bool, secret_key: str | None) -> None:
            if secret_key and secret_key == one.secret_key:
                kept.append(one)
            if last:
                self._remove_keys(answer, tuple(kept))

        for one in answer.chosen:
            session = replace(one.session, name=sessions.free_name(one.session.name))
            if answer.copy_keys:
                sessions.add(session, one.secret_key)
            else:
                sessions.add(replace(session, proxy_password=""))
            if answer.remove_keys:
                # Gone from there only once the keychain has proved to have it.
                last = one is answer.chosen[-1]
                keys.read(session.id, partial(found_again, one, last))

    def _remove_keys(self, answer: ImportAnswer, kept: tuple[EonSession, ...]) -> None:
        def failed(error: Exception) -> None:
            told = _tr("The keys could not be removed from Eon Browser's file.")
            tell(self._window, told, str(error))

        if len(kept) < len(answer.chosen):
            failed(LookupError(_tr("The keychain did not take all of them.")))
        remove = partial(eon_sessions.remove_keys, answer.file, kept)
        self._context.calls.run_call(remove, lambda _: None, failed)

    # -- connecting -----------------------------------------------------------------------------

    def connect_session(self, session_id: str) -> None:
        """Connect; a key that is not known yet is taken from the keychain, or else asked for."""
        session = self._context.sessions.get(session_id)
        if session is not None and session.demo:
            self._window.commands.demo.start()  # it may be at another port by now
            return
        if self._context.browsing.connect_session(session_id) or session_id in self._looked_up:
            return
        self._looked_up.add(session_id)
        self._context.sessions.look_up(session_id, partial(self._connect_or_ask, session_id))

    def connect_at_start(self, name: str | None) -> None:
        """Connect the sessions that want it, and the one that the command line named."""
        sessions = self._context.sessions
        wanted = [session.id for session in sessions.all() if session.connect_at_start]
        if name is not None:
            named = next((one for one in sessions.all() if one.name == name), None)
            if named is None:
                tell(self._window, _tr("There is no session named {name}.").format(name=name))
            else:
                wanted = [named.id, *(id for id in wanted if id != named.id)]
        if wanted and self._context.settings.return_at_start:
            self._window.return_to(wanted[0])
        elif wanted:
            self._window.go(Place(wanted[0]))
        for session_id in wanted:  # once the window is shown
            QTimer.singleShot(0, self, partial(self.connect_session, session_id))

    def enter_key(self, session_id: str) -> None:
        """Ask for a session's secret key, and connect with it. The window stays usable.

        Several are asked for one after the other.
        """
        if session_id not in self._keys_to_ask:
            self._keys_to_ask.append(session_id)
            if len(self._keys_to_ask) == 1:
                self._ask_next_key()

    def _connect_or_ask(self, session_id: str) -> None:
        self._looked_up.discard(session_id)
        session = self._context.sessions.get(session_id)
        if session is not None and not self._context.browsing.connect_session(session_id):
            self._context.queue.wait_for_key(session_id)
            self.enter_key(session_id)

    def _ask_next_key(self) -> None:
        while self._keys_to_ask:
            session = self._context.sessions.get(self._keys_to_ask[0])
            if session is not None:
                note = key_note(self._context.keys.name)
                dialog = SecretKeyDialog(session, note, self._window)
                dialog.entered.connect(partial(self._take_key, session.id))
                dialog.finished.connect(self._key_answered)
                dialog.finished.connect(dialog.deleteLater)
                dialog.show()
                return
            self._keys_to_ask.pop(0)

    def _take_key(self, session_id: str, secret_key: str) -> None:
        session = self._context.sessions.get(session_id)
        if session is not None:
            self._context.sessions.add(session, secret_key)
            self._context.browsing.connect_session(session_id)

    def _key_answered(self, _result: int) -> None:
        self._keys_to_ask.pop(0)
        self._ask_next_key()

    def _toggle_connection(self) -> None:
        now = self._now()
        if now.session is None:
            return
        if now.connected or now.connecting:
            self._context.browsing.disconnect_session(now.session.id)
            left = now.session.id
            self._window.leave(lambda place: place.session_id == left and bool(place.bucket))
        else:
            self.connect_session(now.session.id)
            self._window.go(Place(now.session.id))

    # -- a lost appliance -----------------------------------------------------------------------

    def lost_message(self, session: SavedSession, error: Exception | None) -> Message:
        """Return what stands above the page of a session whose appliance is gone."""
        reconnecting = self._window.reconnecting
        lost = reconnecting.lost(session.id)
        now = datetime.now(UTC)
        text = _tr("Lost connection to {session} at {time}. Trying again in {countdown}.").format(
            session=session.name,
            time=format.moment(lost.since if lost is not None else now, now),
            countdown=format.countdown(reconnecting.seconds_left(session.id)),
        )
        return Message(text, Remedy.TRY_NOW, () if error is None else details(error))

    def remedy(self, remedy: Remedy) -> None:
        """Do what a message's button says, for the session in view."""
        session_id = self._window.place.session_id or ""
        match remedy:
            case Remedy.EDIT_SESSION | Remedy.LOOK_AT_CERTIFICATE:
                self.edit_session(session_id)
            case _:
                self._window.reconnecting.try_now(session_id)

    # -- the rest -------------------------------------------------------------------------------

    def _remove_session(self) -> None:
        if (session := self._now().session) is not None:
            self._ask_to_remove(session, self._window, lambda: None)

    def _ask_to_remove(
        self, session: SavedSession, parent: QWidget, on_removed: Callable[[], None]
    ) -> None:
        def remove() -> None:
            self._context.sessions.remove(session.id)
            on_removed()

        rows = self._window.jobs.rows()
        number = sum(row.session_id == session.id and not row.ended for row in rows)
        more = _tr("Nothing on the appliance changes. Its address and keys are forgotten here.")
        if number:
            more += "\n\n" + _counted(
                "{n} transfers are not finished. To resume one, add the session again.", number
            )
        ask_first(
            parent,
            _tr("Remove session"),
            _tr("Remove {name} from the list?").format(name=session.name),
            more,
            _tr("Remove session"),
            remove,
        )

    def _copy_endpoint(self) -> None:
        if (session := self._now().session) is not None:
            QGuiApplication.clipboard().setText(session.direct_endpoint.url)
