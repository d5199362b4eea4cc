"""Counts what a transfer would move before there is one, in the background, until it is stopped."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Protocol, TypeVar  # results are whatever the call gives

from PySide6.QtCore import QObject, Signal, Slot

from ds3_browser.gui import job_tasks, plan_report
from ds3_browser.gui.comparing import by_checksums, by_names
from ds3_browser.gui.job_options import (
    BucketPolicy,
    Compared,
    Counted,
    DownloadOptions,
    Foresight,
    SideBySide,
    Written,
)
from ds3_browser.gui.looking import bucket_policy, compare, look, write_report
from ds3_browser.gui.places import Place, Selection
from ds3_browser.gui.upload_choices import UploadChoices
from ds3_browser.gui.workers import Ticket
from ds3_browser.protocol.client import Ds3Client
from ds3_browser.transfer import restore_plan
from ds3_browser.transfer.checks import Found
from ds3_browser.transfer.comparison_records import Pair
from ds3_browser.transfer.comparison_rows import ComparisonRows
from ds3_browser.transfer.inspection import Inspection
from ds3_browser.transfer.restore_plan import RestorePlan, TapeRow

T = TypeVar("T")


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
    """The counts under way. `clients` gives that of a connected session.

    `bringing` gives what tells, in the background, which uploads to a place bring some names.
    """

    _counted = Signal(object, object)

    def __init__(
        self,
        clients: Callable[[str], Ds3Client | None],
        call: Call,
        bringing: Callable[[Place], Callable[[Sequence[str]], tuple[str, ...]]],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._clients = clients
        self._call = call
        self._bringing = bringing
        self._counts: dict[object, Callable[[Any], None]] = {}
        self._stops: list[threading.Event] = []
        self._counted.connect(self._show)

    def files(
        self,
        place: Place,
        base: str | None,
        paths: tuple[str, ...],
        how: Inspection,
        on_count: Callable[[Counted], None],
        on_error: Callable[[Exception], None],
    ) -> Callable[[], None]:
        """Count what an upload would send and look what is there. Return what stops it.

        `base` is the folder that the place stands for, None where each path is alone.

        Raises LookupError where the session has no client.
        """
        client = self._client(place)
        work = partial(look, client, place, base, paths, how, self._bringing(place))
        return self._count(client, work, on_count, on_error)

    def plan(
        self,
        selection: Selection,
        on_plan: Callable[[RestorePlan], None],
        on_error: Callable[[Exception], None],
        versions: Mapping[str, str] | None = None,
    ) -> Callable[[], None]:
        """Count what a download would fetch and look where it is. Return what stops it.

        Raises LookupError where the session has no client.
        """
        client = self._client(selection.place)

        def work(tell: Callable[[RestorePlan], None]) -> RestorePlan:
            return restore_plan.look(client, job_tasks.chosen(selection, versions), tell)

        return self._count(client, work, on_plan, on_error)

    def verification(
        self,
        selection: Selection,
        on_plan: Callable[[RestorePlan], None],
        on_error: Callable[[Exception], None],
    ) -> Callable[[], None]:
        """Count what would be verified and look where all its copies are. Return what stops it.

        Raises LookupError where the session has no client.
        """
        client = self._client(selection.place)

        def work(tell: Callable[[RestorePlan], None]) -> RestorePlan:
            chosen = replace(job_tasks.chosen(selection), all_copies=True)
            return restore_plan.look(client, chosen, tell)

        return self._count(client, work, on_plan, on_error)

    def write_plan(
        self,
        selection: Selection,
        target: str,
        options: DownloadOptions,
        file: Path,
        on_progress: Callable[[Written], None],
        on_error: Callable[[Exception], None],
        versions: Mapping[str, str] | None = None,
    ) -> Callable[[], None]:
        """Write what a download would do with each object. Return what stops it.

        Raises LookupError where the session has no client.
        """
        client = self._client(selection.place)
        prefix = selection.place.prefix

        def work(tell: Callable[[Written], None]) -> Written:
            chosen = job_tasks.chosen(selection, versions)
            number = plan_report.write(client, chosen, prefix, target, options, file, tell)
            return Written(number, finished=True)

        return self._count(client, work, on_progress, on_error)

    def write_pull_list(
        self,
        selection: Selection,
        file: Path,
        rows: Sequence[TapeRow],
        on_progress: Callable[[Written], None],
        on_error: Callable[[Exception], None],
    ) -> Callable[[], None]:
        """Write which tapes somebody has to put back for a download. Return what stops it.

        Raises LookupError where the session has no client.
        """

        def work(tell: Callable[[Written], None]) -> Written:
            return Written(plan_report.write_pull_list(file, rows), finished=True)

        return self._count(self._client(selection.place), work, on_progress, on_error)

    def target(
        self,
        selection: Selection,
        target: str,
        on_foresight: Callable[[Foresight], None],
        on_error: Callable[[Exception], None],
    ) -> Callable[[], None]:
        """Look what a download would meet at its target. Return what stops it.

        Raises LookupError where the session has no client.
        """
        client = self._client(selection.place)
        look_at = partial(job_tasks.look_at_target, client, selection, target)
        return self._count(client, look_at, on_foresight, on_error)

    def policy(self, place: Place, on_result: Callable[[BucketPolicy | None], None]) -> Ticket:
        """Learn what the data policy of a bucket does; None where it cannot be read.

        Raises LookupError where the session has no client.
        """
        client = self._client(place)
        ask = partial(bucket_policy, client, place)
        return self._call(client, ask, on_result, lambda error: on_result(None))

    def compare(
        self,
        place: Place,
        rows: Sequence[Found],
        on_progress: Callable[[Compared], None],
        on_error: Callable[[Exception], None],
    ) -> Callable[[], None]:
        """Compare the bytes of files with objects of their size. Return what stops it.

        `on_progress` is told at last what is finished. Raises LookupError where the session has no
        client.
        """
        client = self._client(place)
        return self._count(client, partial(compare, client, place, rows), on_progress, on_error)

    def names(
        self,
        place: Place,
        pairs: Sequence[Pair],
        rows: ComparisonRows,
        on_progress: Callable[[SideBySide], None],
        on_error: Callable[[Exception], None],
    ) -> Callable[[], None]:
        """Compare files and objects by names, sizes and times. Return what stops it.

        `on_progress` is told at last what is finished. Raises LookupError where the session has no
        client.
        """
        client = self._client(place)
        work = partial(by_names, client, place.bucket or "", pairs, rows)
        return self._count(client, work, on_progress, on_error)

    def checksums(
        self,
        place: Place,
        rows: ComparisonRows,
        on_progress: Callable[[SideBySide], None],
        on_error: Callable[[Exception], None],
    ) -> Callable[[], None]:
        """Compare the bytes of what seems to be the same. Return what stops it.

        `on_progress` is told at last what is finished. Raises LookupError where the session has no
        client.
        """
        client = self._client(place)
        work = partial(by_checksums, client, place.bucket or "", rows)
        return self._count(client, work, on_progress, on_error)

    def write_report(
        self,
        place: Place,
        base: str | None,
        paths: tuple[str, ...],
        choices: UploadChoices,
        file: Path,
        on_progress: Callable[[Written], None],
        on_error: Callable[[Exception], None],
    ) -> Callable[[], None]:
        """Write what an upload would do with each file. Return what stops it.

        Raises LookupError where the session has no client.
        """
        client = self._client(place)

        def work(tell: Callable[[Written], None]) -> Written:
            told = (place, base, paths, choices, file)
            number = write_report(client, *told, lambda n: tell(Written(n)))
            return Written(number, finished=True)

        return self._count(client, work, on_progress, on_error)

    def _client(self, place: Place) -> Ds3Client:
        client = self._clients(place.session_id or "")
        if client is None:
            raise LookupError(f"session {place.session_id} is not connected")
        return client

    def _count(
        self,
        client: Ds3Client,
        work: Callable[[Callable[[T], None]], T],
        on_count: Callable[[T], None],
        on_error: Callable[[Exception], None],
    ) -> Callable[[], None]:
        token, stopped = object(), threading.Event()
        self._counts[token] = on_count
        self._stops.append(stopped)

        def tell(counted: T) -> None:
            if stopped.is_set():
                raise job_tasks.CountStopped
            self._counted.emit(token, counted)

        def end() -> None:
            self._counts.pop(token, None)
            if stopped in self._stops:
                self._stops.remove(stopped)

        def at_last(show: Callable[[Any], None], told: Any) -> None:
            end()
            show(told)

        def stop() -> None:
            stopped.set()
            end()
            ticket.drop()

        shown, failed = partial(at_last, on_count), partial(at_last, on_error)
        ticket = self._call(client, partial(work, tell), shown, failed)
        return stop

    @Slot(object, object)
    def _show(self, token: object, counted: object) -> None:
        show = self._counts.get(token)
        if show is not None:
            show(counted)

    def close(self) -> None:
        """Stop all; nobody is told any more."""
        for stop in self._stops:
            stop.set()
