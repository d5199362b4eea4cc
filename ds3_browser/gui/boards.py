"""What is known of the jobs on each session's appliance: asked for the badge, and for the board.

The badge is asked for each minute, the board in view each half minute, or as the preferences say;
nothing where nobody could look. What was known stays until another answer is there.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from PySide6.QtCore import QObject, QTimer, Signal, SignalInstance, Slot

from ds3_browser.gui import appliance_jobs, board_tasks
from ds3_browser.gui.appliance_jobs import Board, JobFacts, Part, Watch
from ds3_browser.gui.board_tasks import Names
from ds3_browser.gui.connections import Connection, SessionState
from ds3_browser.protocol.client import Ds3Client
from ds3_browser.protocol.records import ApplianceJob, Priority

log = logging.getLogger(__name__)

EVERY_MS = 30_000

OnError = Callable[[Exception], None]


class Asks(Protocol):
    """What is asked here of the doer of short calls."""

    changed: SignalInstance

    def connection(self, session_id: str | None) -> Connection: ...
    def ask(
        self,
        session_id: str,
        call: Callable[[Ds3Client], Any],
        on_result: Callable[[Any], None],
        on_error: OnError,
    ) -> object: ...


class Boards(QObject):
    """Signal: `changed(session_id)`. `is_seen` says whether anybody could look at the window."""

    changed = Signal(str)

    def __init__(
        self, browsing: Asks, is_seen: Callable[[], bool], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._browsing = browsing
        self._is_seen = is_seen
        self._boards: dict[str, Board] = {}
        self._watches: dict[str, Watch] = {}
        self._names: dict[str, Names] = {}
        self._under_way: set[tuple[str, Part]] = set()
        self._once_more: set[tuple[str, Part]] = set()
        self._shown: tuple[str, Part] | None = None
        self._connected: set[str] = set()
        self._odd = False
        self._timer = QTimer(self)
        self._timer.setInterval(EVERY_MS)
        self._timer.timeout.connect(self.tick)
        self._timer.start()
        browsing.changed.connect(self._follow)

    def board(self, session_id: str | None) -> Board:
        return self._boards.get(session_id or "", Board())

    def watch(self, session_id: str) -> Watch:
        return self._watches.setdefault(session_id, Watch())

    def active(self, session_id: str) -> int | None:
        """How many jobs run on the appliance; None where that is not known."""
        found = self.board(session_id).lists.get(Part.ACTIVE)
        return None if found is None else len(found)

    # --- when it is asked

    def see(self, session_id: str | None, part: Part = Part.ACTIVE) -> None:
        """This list of a session is in view now, or none."""
        before, self._shown = self._shown, None if session_id is None else (session_id, part)
        if session_id is None or self._shown == before:
            return
        if before is None or before[0] != session_id:
            self.refresh(session_id)
        else:
            self._ask(session_id, part)

    def refresh(self, session_id: str) -> None:
        """Ask for all three lists of a session."""
        self._ask_owner(session_id)
        for part in Part:
            self._ask(session_id, part)

    def set_refresh(self, seconds: int) -> None:
        """How often the board in view is asked for by itself, a badge half as often; 0: never."""
        if seconds:
            self._timer.start(seconds * 1000)
        else:
            self._timer.stop()

    @Slot()
    def tick(self) -> None:
        """It is time to ask again."""
        self._odd = not self._odd
        if not self._is_seen():
            return
        if self._shown is not None:
            session_id, part = self._shown
            for one in {Part.ACTIVE, part}:
                self._ask(session_id, one)
        for session_id in self._connected if self._odd else ():
            if self._shown is None or session_id != self._shown[0]:
                self._ask(session_id, Part.ACTIVE)

    @Slot(str)
    def _follow(self, session_id: str) -> None:
        """Ask when a session has come to be connected; forget it when it is no more."""
        state = self._browsing.connection(session_id).state
        if state is SessionState.CONNECTED and session_id not in self._connected:
            self._connected.add(session_id)
            self._ask(session_id, Part.ACTIVE)
        elif state not in (SessionState.CONNECTED, SessionState.LOST, SessionState.CONNECTING):
            self._connected.discard(session_id)
            self._watches.pop(session_id, None)
            self._names.pop(session_id, None)
            if self._boards.pop(session_id, None) is not None:
                self.changed.emit(session_id)

    def _ask(self, session_id: str, part: Part) -> None:
        if session_id not in self._connected:
            return
        if (session_id, part) in self._under_way:
            self._once_more.add((session_id, part))  # its answer may be older than this wish
            return
        self._under_way.add((session_id, part))
        self._browsing.ask(
            session_id,
            partial(board_tasks.jobs, part, self._names.setdefault(session_id, Names())),
            partial(self._told, session_id, part),
            partial(self._failed, session_id, part),
        )

    def _told(self, session_id: str, part: Part, jobs: tuple[ApplianceJob, ...]) -> None:
        self._answered(session_id, part)
        now, board = appliance_jobs.now(), self.board(session_id)
        if part is Part.ACTIVE:
            self.watch(session_id).see(jobs, now)
            board = replace(board, asked=now, error=None)
        self._set(session_id, replace(board, lists={**board.lists, part: jobs}))

    def _failed(self, session_id: str, part: Part, error: Exception) -> None:
        self._answered(session_id, part)
        log.info("the %s jobs of a session are not known: %s", part.value, error)
        if part is Part.ACTIVE and session_id in self._connected:
            self._set(session_id, replace(self.board(session_id), error=error))

    def _answered(self, session_id: str, part: Part) -> None:
        self._under_way.discard((session_id, part))
        if (session_id, part) in self._once_more:
            self._once_more.discard((session_id, part))
            self._ask(session_id, part)

    def _ask_owner(self, session_id: str) -> None:
        if session_id not in self._connected or self.board(session_id).owner is not None:
            return

        def told(owner: str | None) -> None:
            self._set(session_id, replace(self.board(session_id), owner=owner))

        def failed(error: Exception) -> None:
            log.info("the user of a session is not known: %s", error)

        self._browsing.ask(session_id, board_tasks.owner_name, told, failed)

    def _set(self, session_id: str, board: Board) -> None:
        if session_id in self._connected:
            self._boards[session_id] = board
            self.changed.emit(session_id)

    # --- one job

    def look(
        self,
        session_id: str,
        job_id: str,
        on_result: Callable[[JobFacts], None],
        on_error: OnError,
    ) -> None:
        """Learn a job's objects and chunks."""
        self._browsing.ask(session_id, partial(board_tasks.facts, job_id), on_result, on_error)

    def set_priority(
        self, session_id: str, job_id: str, priority: Priority, on_error: OnError
    ) -> None:
        self._change(
            session_id, partial(board_tasks.set_priority, job_id, priority), lambda: None, on_error
        )

    def cancel(
        self,
        session_id: str,
        job_id: str,
        keep: bool,
        on_done: Callable[[], None],
        on_error: OnError,
    ) -> None:
        """End a job on the appliance; `keep` what it has received completely."""
        self._change(session_id, partial(board_tasks.cancel, job_id, keep), on_done, on_error)

    def write_list(
        self,
        session_id: str,
        job_id: str,
        file: Path,
        on_done: Callable[[int], None],
        on_error: OnError,
    ) -> object:
        """Write a job's objects as CSV. What is returned has a `drop` that stops it."""
        call = partial(board_tasks.write_list, job_id, file)
        return self._browsing.ask(session_id, call, on_done, on_error)

    def _change(
        self,
        session_id: str,
        call: Callable[[Ds3Client], None],
        on_done: Callable[[], None],
        on_error: OnError,
    ) -> None:
        def done(_: object) -> None:
            self.refresh(session_id)
            on_done()

        def failed(error: Exception) -> None:
            self.refresh(session_id)  # it may have ended by itself
            on_error(error)

        self._browsing.ask(session_id, call, done, failed)
