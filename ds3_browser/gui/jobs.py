"""The queue of bulk jobs: it owns their threads, the pools, the watchers and the line of turns.

Gives events and rows to whoever shows them, takes verbs, reads pages of objects from the ledger.
Knows no model and no widget. All its methods are called in the GUI thread; none blocks but `close`.
"""

from __future__ import annotations

import logging
import os
import shutil
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from time import monotonic

from PySide6.QtCore import QDate, QLocale, QObject, Signal, Slot

from ds3_browser.gui.job_options import Counted, DownloadOptions, UploadOptions
from ds3_browser.gui.job_row import JobRow, after, pressed
from ds3_browser.gui.looking import look
from ds3_browser.gui.places import Place, Selection
from ds3_browser.gui.workers import Calls, JobThread
from ds3_browser.protocol.client import Ds3Client
from ds3_browser.transfer.events import (
    Cancel,
    Direction,
    Event,
    JobCreated,
    JobEnded,
    ObjectState,
    Outcome,
    Persisted,
    Progress,
    Waiting,
    WaitReason,
)
from ds3_browser.transfer.get import GetJob, GetSpec
from ds3_browser.transfer.ledger import Ledger, LedgerReader, ObjectRow
from ds3_browser.transfer.persistence import PersistenceWatcher
from ds3_browser.transfer.plan import WalkOptions
from ds3_browser.transfer.pool import BlobPool
from ds3_browser.transfer.put import PutJob, PutSpec
from ds3_browser.transfer.turns import Turns

log = logging.getLogger(__name__)

REFRESH_EVERY_S = 5.0  # a listed folder is listed again at most this often for one job


@dataclass(frozen=True, slots=True)
class ObjectsPage:
    """A page of a job's objects and the counts of all its states, read in one go."""

    rows: tuple[ObjectRow, ...]
    counts: dict[ObjectState, int]


@dataclass(frozen=True, slots=True)
class _Appliance:
    """What the jobs share that were started while a session was connected with one client."""

    client: Ds3Client
    pool: BlobPool
    watcher: PersistenceWatcher


@dataclass(slots=True)
class _Running:
    """What belongs to one job while this program runs."""

    job: PutJob | GetJob
    thread: JobThread
    shared: _Appliance
    row: JobRow
    refreshed_at: float = 0.0
    seen_done: int = 0


class JobQueue(QObject):
    """Signals: `added(JobRow)`, `removed(job_id)`, `event(Event)` for every event of every job,
    `try_now_pressed(job_id)`, `cache_seen(job_id, CacheState)`, `objects_in_cache(Place)` when a
    folder that may be listed has new objects. A verb for a job that is no longer here does nothing.
    """

    added = Signal(object)
    removed = Signal(object)
    event = Signal(object)  # type: ignore[assignment]  # hides a method that nobody calls
    try_now_pressed = Signal(object)
    cache_seen = Signal(object, object)
    objects_in_cache = Signal(object)
    _reported = Signal(object)
    _counted = Signal(object, object)

    def __init__(
        self,
        ledger: Ledger,
        turns: Turns,
        clients: Callable[[str], Ds3Client | None],
        session_name: Callable[[str], str] = lambda session_id: session_id,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._ledger = ledger
        self._turns = turns
        self._clients = clients
        self._session_name = session_name
        self._calls = Calls(self)
        self._jobs: dict[int, _Running] = {}
        self._appliances: list[_Appliance] = []
        self._counts: dict[object, Callable[[Counted], None]] = {}
        self._stops: list[threading.Event] = []
        self._closed = False
        # The watchers report from threads of their own; the signal brings it to this one.
        self._reported.connect(self._take)
        self._counted.connect(self._show_count)

    def upload(
        self,
        session_id: str,
        bucket: str,
        prefix: str,
        paths: Iterable[str],
        options: UploadOptions = UploadOptions(),  # noqa: B008  # frozen
    ) -> int:
        """Queue an upload of files and folders; the row is there at once. Return the job's id.

        Raises LookupError where the session has no client.
        """
        paths = tuple(paths)
        job_id = self._ledger.reserve_job_id()
        spec = PutSpec(
            job_id=job_id,
            session_id=session_id,
            bucket=bucket,
            prefix=prefix,
            paths=paths,
            name=options.name or default_name(paths, self._now()),
            priority=options.priority,
            follow_links=options.follow_links,
            keep_empty_folders=options.keep_empty_folders,
        )
        shared = self._appliance(session_id)
        job = PutJob(spec, shared.client, self._ledger, shared.pool, self._turns)
        self._start(job, shared, self._row(spec, Direction.PUT, prefix))
        return job_id

    def download(
        self,
        session_id: str,
        bucket: str,
        base_prefix: str,
        names: Iterable[str],
        prefixes: Iterable[str],
        target: str,
        options: DownloadOptions = DownloadOptions(),  # noqa: B008  # frozen
    ) -> int:
        """Queue a download of objects and whole folders to `target`. Return the job's id.

        Raises LookupError where the session has no client.
        """
        names, prefixes = tuple(names), tuple(prefixes)
        job_id = self._ledger.reserve_job_id()
        spec = GetSpec(
            job_id=job_id,
            session_id=session_id,
            bucket=bucket,
            base_prefix=base_prefix,
            names=names,
            prefixes=prefixes,
            target=target,
            name=options.name or download_name(bucket, (*prefixes, *names)),
            priority=options.priority,
            existing=options.existing,
        )
        shared = self._appliance(session_id)
        job = GetJob(spec, shared.client, self._ledger, shared.pool, self._turns)
        row = self._row(spec, Direction.GET, base_prefix)
        self._start(job, shared, replace(row, target=target))
        return job_id

    def _row(self, spec: PutSpec | GetSpec, direction: Direction, prefix: str) -> JobRow:
        now = self._now()
        return JobRow(
            job_id=spec.job_id,
            direction=direction,
            name=spec.name,
            session_id=spec.session_id,
            session_name=self._session_name(spec.session_id),
            bucket=spec.bucket,
            prefix=prefix,
            created=now,
            state_since=now,
            priority=spec.priority,
        )

    def _start(self, job: PutJob | GetJob, shared: _Appliance, row: JobRow) -> None:
        thread = JobThread(job)
        thread.event.connect(self._take)
        self._jobs[row.job_id] = _Running(job, thread, shared, row)
        self.added.emit(row)
        thread.start()

    def _appliance(self, session_id: str) -> _Appliance:
        """Return what the session's jobs share, made anew after it was connected anew."""
        client = self._clients(session_id)
        if client is None:
            raise LookupError(f"session {session_id} is not connected")
        for shared in self._appliances:
            if shared.client is client:
                return shared
        watcher = PersistenceWatcher(client, self._reported.emit)
        shared = _Appliance(client, BlobPool(), watcher)
        self._appliances.append(shared)
        return shared

    def cancel(self, job_id: int, how: Cancel) -> None:
        if (running := self._jobs.get(job_id)) is not None:
            running.job.cancel(how)

    def pause(self, job_id: int) -> None:
        """Pause; a second call ends the blobs that are still in flight."""
        if (running := self._jobs.get(job_id)) is not None:
            running.job.pause()

    def resume(self, job_id: int) -> None:
        if (running := self._jobs.get(job_id)) is not None:
            running.job.resume()

    def pause_all(self) -> None:
        for running in self._jobs.values():
            if running.row.may_pause:
                running.job.pause()

    def resume_all(self) -> None:
        for running in self._jobs.values():
            if running.row.paused:
                running.job.resume()

    def try_now(self, job_id: int) -> None:
        """Ask at once. What rests after a press is not pressed again."""
        running, now = self._jobs.get(job_id), self._now()
        if running is None or not running.row.may_try_now or running.row.rests(now):
            return
        running.row = pressed(running.row, now)
        self.try_now_pressed.emit(job_id)
        running.job.try_now()

    def remove(self, job_id: int) -> None:
        """Take an ended job out of the list; it stays in the ledger."""
        running = self._jobs.get(job_id)
        if running is None or not running.row.ended:
            return
        running.thread.wait()  # nothing but its last event can be still to come
        running.shared.watcher.forget(job_id)
        del self._jobs[job_id]
        self.removed.emit(job_id)

    def clear_done(self) -> None:
        """Remove what is done and needs nobody: no failed job, none that is not yet persisted."""
        for job_id in [id for id, running in self._jobs.items() if running.row.cleared_with_done]:
            self.remove(job_id)

    def open_jobs(self) -> tuple[JobRow, ...]:
        return tuple(running.row for running in self._jobs.values() if not running.row.ended)

    def objects_page(
        self,
        job_id: int,
        on_result: Callable[[ObjectsPage], None],
        on_error: Callable[[Exception], None],
        *,
        states: frozenset[ObjectState] | None = None,
        offset: int = 0,
        limit: int = 500,
    ) -> None:
        """Read a page of a job's objects, and the counts, from the ledger in the background."""
        read = partial(_read_page, self._ledger.path, job_id, states, offset, limit)
        self._calls.run_call(read, on_result, on_error)

    def count_files(
        self,
        place: Place,
        paths: tuple[str, ...],
        follow_links: bool,
        on_count: Callable[[Counted], None],
        on_error: Callable[[Exception], None],
    ) -> Callable[[], None]:
        """Count what an upload would send and look what is there. Return what stops it.

        Raises LookupError where the session has no client.
        """
        client = self._clients(place.session_id or "")
        if client is None:
            raise LookupError(f"session {place.session_id} is not connected")
        options = WalkOptions(follow_links=follow_links)
        return self._count(partial(look, client, place, paths, options), on_count, on_error)

    def count_objects(
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
        return self._count(partial(_count_objects, client, selection), on_count, on_error)

    def free_space(self, folder: str, on_result: Callable[[int | None], None]) -> None:
        """Learn how many bytes are free where a folder is or would be; None: not writable."""
        self._calls.run_call(partial(_free_space, folder), on_result, lambda error: on_result(None))

    def _count(
        self,
        work: Callable[[Callable[[Counted], None]], Counted],
        on_count: Callable[[Counted], None],
        on_error: Callable[[Exception], None],
    ) -> Callable[[], None]:
        token, stopped = object(), threading.Event()
        self._counts[token] = on_count
        self._stops.append(stopped)

        def tell(counted: Counted) -> None:
            if stopped.is_set():
                raise CountStopped
            self._counted.emit(token, counted)

        def stop() -> None:
            stopped.set()
            self._counts.pop(token, None)
            if stopped in self._stops:
                self._stops.remove(stopped)
            ticket.drop()

        ticket = self._calls.run_call(partial(work, tell), on_count, on_error)
        return stop

    @Slot(object, object)
    def _show_count(self, token: object, counted: Counted) -> None:
        show = self._counts.get(token)
        if show is not None:
            show(counted)

    def close(self) -> None:
        """End every run and wait for its thread; the jobs stay open on their appliances.

        Blocks until what is in flight was let go, which the transport does by closing sockets.
        """
        if self._closed:
            return
        self._closed = True
        for stop in self._stops:
            stop.set()
        for running in self._jobs.values():
            running.job.interrupt()
        for running in self._jobs.values():
            running.thread.wait()
        for shared in self._appliances:
            shared.watcher.close()
            shared.pool.close()
        self._calls.close()
        self._ledger.close()

    @Slot(object)
    def _take(self, event: Event) -> None:
        running = self._jobs.get(event.job_id)
        if running is None or self._closed:
            return
        running.row = after(running.row, event, self._now())
        self._watch(running, event)
        self.event.emit(event)
        self._refresh_listing(running, event)
        self._ask_cache(running, event)

    def _watch(self, running: _Running, event: Event) -> None:
        """Follow an upload on the appliance from its creation until it is persisted or dropped."""
        watcher = running.shared.watcher
        match event:
            case JobCreated() if running.row.uploads:
                total = sum(chunk.length for chunk in event.chunks)
                watcher.watch(event.job_id, event.appliance_job_id, total)
            case JobEnded() if event.outcome is Outcome.DONE:
                watcher.ended(event.job_id)
            case JobEnded():
                watcher.forget(event.job_id)
            case Persisted():
                watcher.forget(event.job_id)
                self._ledger.set_persisted(event.job_id)
            case _:
                pass

    def _refresh_listing(self, running: _Running, event: Event) -> None:
        """Wish for a fresh listing when an upload's objects came to be in cache."""
        row = running.row
        if not row.uploads or row.progress is None:
            return
        done = row.progress.objects_done
        ended = isinstance(event, JobEnded)
        due = monotonic() - running.refreshed_at >= REFRESH_EVERY_S
        if done > running.seen_done and (ended or (due and isinstance(event, Progress))):
            running.refreshed_at, running.seen_done = monotonic(), done
            self.objects_in_cache.emit(Place(row.session_id, row.bucket, row.prefix))

    def _ask_cache(self, running: _Running, event: Event) -> None:
        """Learn whether a wait for a chunk is one for room in the cache, where we may know it."""
        if not isinstance(event, Waiting) or event.reason is not WaitReason.CACHE:
            return
        client = running.shared.client
        self._calls.run_call(
            client.cache_state,
            partial(self.cache_seen.emit, event.job_id),
            lambda error: log.debug("the cache may not be read: %s", error),
        )

    @staticmethod
    def _now() -> datetime:
        return datetime.now(UTC)


def default_name(paths: tuple[str, ...], now: datetime) -> str:
    """Return the first file's or folder's name and the date: `dailies 22 Nov`."""
    first = paths[0].rstrip("/\\").replace("\\", "/").rpartition("/")[2] if paths else ""
    there = now.astimezone()
    day = QLocale().toString(QDate(there.year, there.month, there.day), "d MMM")
    return f"{first} {day}".strip()


def download_name(bucket: str, names: tuple[str, ...]) -> str:
    """Return the last part of the first name, and how many there are besides: `A-cam + 2`."""
    if not names:
        return bucket
    first = names[0].rstrip("/").rpartition("/")[2]
    return first if len(names) == 1 else f"{first} + {len(names) - 1}"


class CountStopped(Exception):
    """Nobody waits for a count any more."""


def _count_objects(
    client: Ds3Client, selection: Selection, tell: Callable[[Counted], None]
) -> Counted:
    objects, size = len(selection.objects), sum(one.size or 0 for one in selection.objects)
    for prefix in selection.folders:
        for page in client.list_pages(selection.place.bucket or "", prefix=prefix):
            objects, size = objects + len(page), size + sum(page.sizes)
            tell(Counted(objects=objects, files=objects, size=size))
    return Counted(objects=objects, files=objects, size=size, finished=True)


def _free_space(folder: str) -> int | None:
    there = Path(folder)
    while not there.exists() and there != there.parent:
        there = there.parent
    if not there.is_dir() or not os.access(there, os.W_OK):
        return None
    return shutil.disk_usage(there).free


def _read_page(
    path: Path, job_id: int, states: frozenset[ObjectState] | None, offset: int, limit: int
) -> ObjectsPage:
    reader = LedgerReader(path)
    try:
        rows = reader.objects(job_id, states=states, offset=offset, limit=limit)
        return ObjectsPage(tuple(rows), dict(reader.counts(job_id)))
    finally:
        reader.close()
