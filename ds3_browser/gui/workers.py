"""The adapter between plain blocking Python and Qt: the only file that crosses threads.

A bulk job runs in a `JobThread`, a short call in a pool behind `Calls.run_call`, calls that must
keep their order in a `CallsInTurn`, and those that may never end in `CallsApart`. What they bring
arrives in the GUI thread.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from typing import Any, Protocol  # results are whatever the call gives

from PySide6.QtCore import QObject, QRunnable, QThread, QThreadPool, Signal, Slot

from ds3_browser.transfer.events import (
    Actor,
    Counts,
    Event,
    Failure,
    FailureCode,
    JobEnded,
    Outcome,
)

log = logging.getLogger(__name__)

THREADS = 8


class RunsAndReports(Protocol):
    """What a JobThread runs: a bulk job of the engine."""

    job_id: int

    def run(self, report: Callable[[Event], None]) -> None: ...


class JobThread(QThread):
    """Runs one bulk job. `event(Event)` carries each event; exactly one JobEnded is among them.

    Its owner keeps it until `wait` has returned.
    """

    event = Signal(object)  # type: ignore[assignment]  # hides a method that nobody calls

    def __init__(self, job: RunsAndReports, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._job = job

    def run(self) -> None:
        try:
            self._job.run(self.event.emit)
        except Exception:
            # An exception that leaves here is lost, and the row would say "running" for ever.
            log.exception("job %d ended by a fault of this program", self._job.job_id)
            failure = Failure(FailureCode.INTERNAL)
            counts = Counts(0, 0, 0, 0, 0)
            ended = JobEnded(self._job.job_id, Outcome.FAILED, Actor.ENGINE, counts, failure)
            self.event.emit(ended)


class Ticket:
    """Stands for one call under way. `drop` it, and its answer goes to nobody.

    Once it was delivered or dropped it holds nothing any more: the thread of the call may be the
    last to let go of it, and what a widget's method belongs to must not end in that thread.
    """

    def __init__(
        self, on_result: Callable[[Any], None], on_error: Callable[[Exception], None]
    ) -> None:
        self._takers: tuple[Callable[[Any], None], Callable[[Exception], None]] | None
        self._takers = on_result, on_error

    @property
    def dropped(self) -> bool:
        return self._takers is None

    def drop(self) -> None:
        self._takers = None

    def deliver(self, result: Any, error: Exception | None) -> None:
        """Called in the GUI thread."""
        takers, self._takers = self._takers, None
        if takers is None:
            return
        on_result, on_error = takers
        if error is None:
            on_result(result)
        else:
            on_error(error)


class _Call(QRunnable):
    def __init__(
        self,
        fn: Callable[[], Any],
        ticket: Ticket,
        ended: Callable[[Ticket, object, Exception | None], None],
    ) -> None:
        super().__init__()
        self._fn = fn
        self._ticket = ticket
        self._ended = ended

    def run(self) -> None:
        result, error = None, None
        if not self._ticket.dropped:
            try:
                result = self._fn()
            except Exception as raised:
                error = raised
                log.debug("a call in the background failed", exc_info=True)
        self._ended(self._ticket, result, error)


class Calls(QObject):
    """Short calls in a pool of threads. For the GUI thread alone; nothing blocks but `close`.

    `on_result` or `on_error` is called in the GUI thread, once, unless the ticket was dropped.
    """

    _ended = Signal(object, object, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(THREADS)
        self._under_way: set[Ticket] = set()
        self._ended.connect(self._deliver)

    def run_call(
        self,
        fn: Callable[[], Any],
        on_result: Callable[[Any], None],
        on_error: Callable[[Exception], None],
    ) -> Ticket:
        """Run `fn` in the background and bring what comes of it."""
        ticket = Ticket(on_result, on_error)
        self._under_way.add(ticket)
        self._pool.start(_Call(fn, ticket, self._ended.emit))
        return ticket

    def close(self) -> None:
        """Drop what is under way and wait for its threads."""
        for ticket in self._under_way:
            ticket.drop()
        self._pool.clear()
        self._pool.waitForDone()

    @Slot(object, object, object)
    def _deliver(self, ticket: Ticket, result: object, error: Exception | None) -> None:
        self._under_way.discard(ticket)
        ticket.deliver(result, error)


class CallsInTurn(QObject):
    """Calls one after the other, in one thread of their own that may wait for a person.

    For the GUI thread alone. The thread does not hold up the end of the program: a question of the
    desktop that nobody answers would.
    """

    _ended = Signal(object, object, object)

    def __init__(self, name: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._ended.connect(self._deliver)
        self._waiting: queue.SimpleQueue[tuple[Callable[[], Any], Ticket] | None]
        self._waiting = queue.SimpleQueue()
        self._under_way: set[Ticket] = set()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def run_call(
        self,
        fn: Callable[[], Any],
        on_result: Callable[[Any], None],
        on_error: Callable[[Exception], None],
    ) -> Ticket:
        """Run `fn` when those before it have ended, and bring what comes of it."""
        ticket = Ticket(on_result, on_error)
        self._under_way.add(ticket)
        self._waiting.put((fn, ticket))
        return ticket

    def close(self, within_s: float) -> None:
        """Let what is waiting be done, for so long; nothing is delivered any more."""
        self._closed.set()
        self._waiting.put(None)
        self._thread.join(within_s)
        for ticket in self._under_way:
            ticket.drop()
        self._under_way.clear()
        if self._thread.is_alive():
            _left_waiting.append(self)

    def _run(self) -> None:
        while (waiting := self._waiting.get()) is not None:
            fn, ticket = waiting
            result, error = None, None
            try:
                result = fn()
            except Exception as raised:
                error = raised
            if not self._closed.is_set():
                self._ended.emit(ticket, result, error)
            del fn, ticket, waiting, result, error  # nothing of a call outlives it here

    @Slot(object, object, object)
    def _deliver(self, ticket: Ticket, result: object, error: Exception | None) -> None:
        self._under_way.discard(ticket)
        if not self._closed.is_set():
            ticket.deliver(result, error)


class CallsApart(QObject):
    """Calls that may never end, each in a thread of its own: to disks, of which one may be gone.

    For the GUI thread alone. None waits for another, and the end of the program for none.
    """

    _ended = Signal(object, object, object)

    def __init__(self, name: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self._ended.connect(self._deliver)
        self._under_way: dict[Ticket, threading.Thread] = {}
        self._closed = threading.Event()

    def run_call(
        self,
        fn: Callable[[], Any],
        on_result: Callable[[Any], None],
        on_error: Callable[[Exception], None],
    ) -> Ticket:
        """Run `fn` at once and bring what comes of it."""
        ticket = Ticket(on_result, on_error)
        thread = threading.Thread(target=self._run, args=(fn, ticket), name=self._name, daemon=True)
        self._under_way[ticket] = thread
        thread.start()
        return ticket

    def close(self) -> None:
        """Let go of what is under way; nothing is delivered any more."""
        self._closed.set()
        for ticket in self._under_way:
            ticket.drop()
        if any(thread.is_alive() for thread in self._under_way.values()):
            _left_waiting.append(self)
        self._under_way.clear()

    def _run(self, fn: Callable[[], Any], ticket: Ticket) -> None:
        result, error = None, None
        try:
            result = fn()
        except Exception as raised:
            error = raised
        if not self._closed.is_set():
            self._ended.emit(ticket, result, error)

    @Slot(object, object, object)
    def _deliver(self, ticket: Ticket, result: object, error: Exception | None) -> None:
        self._under_way.pop(ticket, None)
        if not self._closed.is_set():
            ticket.deliver(result, error)


#: Those whose thread still waited, for a person or a disk, when they were closed. Their thread must
#: not be the last to let go of them: what Qt has of them would end in it.
_left_waiting: list[CallsInTurn | CallsApart] = []
