"""Counts what a transfer would move before there is one, in the background, until it is stopped."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import Any, Protocol  # results are whatever the call gives

from PySide6.QtCore import QObject, Signal, Slot

from ds3_browser.gui import job_tasks
from ds3_browser.gui.job_options import Counted
from ds3_browser.gui.looking import look
from ds3_browser.gui.places import Place, Selection
from ds3_browser.gui.workers import Ticket
from ds3_browser.protocol.client import Ds3Client
from ds3_browser.transfer.plan import WalkOptions


class Call(Protocol):
    """Runs what asks an appliance in the background."""

    def __call__(
        self,
        client: Ds3Client,
        fn: Callable[[], Any],
        on_result: Callable[[Any], None],
        on_error: Callable[[Exception], None],
    ) -> Ticket: ...


class Counting(QObject):
    """The counts under way. `clients` gives that of a connected session."""

    _counted = Signal(object, object)

    def __init__(
        self,
        clients: Callable[[str], Ds3Client | None],
        call: Call,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._clients = clients
        self._call = call
        self._counts: dict[object, Callable[[Counted], None]] = {}
        self._stops: list[threading.Event] = []
        self._counted.connect(self._show)

    def files(
        self,
        place: Place,
        paths: tuple[str, ...],
        options: WalkOptions,
        on_count: Callable[[Counted], None],
        on_error: Callable[[Exception], None],
    ) -> Callable[[], None]:
        """Count what an upload would send and look what is there. Return what stops it.

        Raises LookupError where the session has no client.
        """
        client = self._clients(place.session_id or "")
        if client is None:
            raise LookupError(f"session {place.session_id} is not connected")
        work = partial(look, client, place, paths, options)
        return self._count(client, work, on_count, on_error)

    def objects(
        self,
        selection: Selection,
        on_count: Callable[[Counted], None],
        on_error: Callable[[Exception], None],
    ) -> Callable[[], None]:
        """Count what a download would fetch, in the background. Return what stops it.

        Raises LookupError where the session has no client.
        """
        client = self._clients(selection.place.session_id or "")
        if client is None:
            raise LookupError(f"session {selection.place.session_id} is not connected")
        return self._count(
            client, partial(job_tasks.count_objects, client, selection), on_count, on_error
        )

    def _count(
        self,
        client: Ds3Client,
        work: Callable[[Callable[[Counted], None]], Counted],
        on_count: Callable[[Counted], None],
        on_error: Callable[[Exception], None],
    ) -> Callable[[], None]:
        token, stopped = object(), threading.Event()
        self._counts[token] = on_count
        self._stops.append(stopped)

        def tell(counted: Counted) -> None:
            if stopped.is_set():
                raise job_tasks.CountStopped
            self._counted.emit(token, counted)

        def stop() -> None:
            stopped.set()
            self._counts.pop(token, None)
            if stopped in self._stops:
                self._stops.remove(stopped)
            ticket.drop()

        ticket = self._call(client, partial(work, tell), on_count, on_error)
        return stop

    @Slot(object, object)
    def _show(self, token: object, counted: Counted) -> None:
        show = self._counts.get(token)
        if show is not None:
            show(counted)

    def close(self) -> None:
        """Stop all; nobody is told any more."""
        for stop in self._stops:
            stop.set()
