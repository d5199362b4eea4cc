"""The queue of bulk jobs: it owns their threads, the pools, the watchers and the line of turns.

Gives events and rows to whoever shows them, and takes verbs. Knows no model and no widget. All its
methods are called in the GUI thread; none blocks but `close`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any  # results are whatever the call gives

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from ds3_browser.gui import job_history, job_tasks
from ds3_browser.gui.closings import Closings
from ds3_browser.gui.counting import Counting
from ds3_browser.gui.earlier import EarlierJobs
from ds3_browser.gui.job_history import Remembered
from ds3_browser.gui.job_names import default_name, download_name
from ds3_browser.gui.job_news import JobNews
from ds3_browser.gui.job_options import DownloadOptions, UploadOptions
from ds3_browser.gui.job_reading import JobReading
from ds3_browser.gui.job_row import JobRow, after, pressed
from ds3_browser.gui.ledgers import Ledgers
from ds3_browser.gui.places import Place
from ds3_browser.gui.running import AnyJob, Appliance, Appliances, Running
from ds3_browser.gui.sessions import SavedSession
from ds3_browser.gui.workers import Calls, JobThread, Ticket
from ds3_browser.protocol.client import Ds3Client
from ds3_browser.protocol.records import Priority
from ds3_browser.protocol.transport import Hangup
from ds3_browser.transfer import recovery
from ds3_browser.transfer.events import (
    ApplianceSaid,
    Cancel,
    Direction,
    Event,
    Facts,
    JobCreated,
    JobEnded,
    JobState,
    Outcome,
    Persisted,
    Question,
    State,
    WaitReason,
)
from ds3_browser.transfer.extracts import Extract
from ds3_browser.transfer.get import GetJob
from ds3_browser.transfer.ledger import JobRecord, Ledger
from ds3_browser.transfer.part_file import Existing
from ds3_browser.transfer.recovery import Pointed
from ds3_browser.transfer.specs import (
    MAX_OBJECTS_PER_JOB,
    AnySpec,
    GetSpec,
    PutSpec,
    UnattendedSpec,
    spec_of,
)
from ds3_browser.transfer.turns import Kind, Turns

log = logging.getLogger(__name__)

LOOK_FOR_FORGOTTEN_MS = 600_000


class JobQueue(QObject):
    """Signals: `restored(int)` when the jobs of earlier starts are there, of each ledger once: how
    many of its jobs could go on; `salvaged(tuple[Salvaged])` where a damaged ledger was read,
    `found_again(session, job ids)` where an appliance knew jobs that it had lost;
    `chunks_remembered(events)` for `read_chunks`; `added(JobRow)`,
    `removed(job_id)`, `event(Event)` for every event of every job,
    `try_now_pressed(job_id)`, `cache_seen(job_id, CacheState)`, `tapes_seen(job_id,
    NeededTapes)` of a download that waits for them, `objects_in_cache(Place)` when a
    folder that may be listed has new objects, `priority_changed(job_id, Priority)` and
    `priority_refused(job_id, Exception)`. A verb for a job that is no longer here does nothing.
    """

    restored = Signal(int)
    salvaged = Signal(object)
    found_again = Signal(str, object)
    chunks_remembered = Signal(object)
    added = Signal(object)
    removed = Signal(object)
    event = Signal(object)  # type: ignore[assignment]  # hides a method that nobody calls
    try_now_pressed = Signal(object)
    cache_seen = Signal(object, object)
    tapes_seen = Signal(object, object)
    objects_in_cache = Signal(object)
    priority_changed = Signal(object, object)
    priority_refused = Signal(object, object)
    _reported = Signal(object)

    def __init__(
        self,
        ledger: Ledger,
        turns: Turns,
        clients: Callable[[str], Ds3Client | None],
        session_name: Callable[[str], str | None] = lambda session_id: session_id,
        own_ledgers: Mapping[str, Callable[[], Ledger]] = MappingProxyType({}),
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._ledgers = Ledgers(ledger, own_ledgers)
        self._turns = turns
        self._clients = clients
        self._session_name = session_name
        self._calls = Calls(self)
        self._hangup = Hangup()
        self._jobs: dict[int, Running] = {}
        # The watchers report from threads of their own; the signal brings it to this one.
        self._appliances = Appliances(clients, self._reported.emit)
        self.reading = JobReading(self._file_of, self._calls)
        self.counting = Counting(clients, self._call, self._bringing, self)
        self._closings = Closings(self._jobs, clients, self._call, self._take)
        self._news = JobNews(self._call, self)
        self._news.cache_seen.connect(self.cache_seen)
        self._news.tapes_seen.connect(self.tapes_seen)
        self._news.objects_in_cache.connect(self.objects_in_cache)
        self.earlier = EarlierJobs(
            self._ledgers, clients, self._take_in, self._calls, self._call, self
        )
        self.earlier.restored.connect(self._tell_restored)
        self.earlier.salvaged.connect(self.salvaged)
        self.earlier.found_again.connect(self.found_again)
        self._closed = False
        self._chunks_read: set[int] = set()
        self.objects_per_job = MAX_OBJECTS_PER_JOB  # of jobs that are queued from now on
        self._reported.connect(self._take)
        self._closing = QTimer(self)
        self._closing.setInterval(LOOK_FOR_FORGOTTEN_MS)
        self._closing.timeout.connect(self.close_forgotten)
        self._closing.start()

    def upload(
        self,
        session_id: str,
        bucket: str,
        prefix: str,
        paths: Iterable[str],
        options: UploadOptions = UploadOptions(),  # noqa: B008  # frozen
        base: str | None = None,
    ) -> int:
        """Queue an upload of files and folders; the row is there at once. Return the job's id.

        `base` is the folder that the prefix stands for, None where each path is alone.

        Raises LookupError where the session has no client.
        """
        paths, ledger = tuple(paths), self._ledgers.of(session_id)
        job_id = ledger.reserve_job_id()
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
            file_attributes=options.file_attributes,
            verify=options.verify,
            skip_system_files=options.skip_system_files,
            like_there=options.like_there,
            unlike_there=options.unlike_there,
            coming_there=options.coming_there,
            unreadable=options.unreadable,
            not_allowed=options.not_allowed,
            twice=options.twice,
            recent=options.recent,
            looked_at_ns=options.looked_at_ns,
            base=base,
            files=options.files,
            objects_per_job=self.objects_per_job,
        )
        row = self._row(spec, Direction.PUT, prefix)
        self._start(spec, ledger, replace(row, verify_asked=spec.verify))
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
        versions: Mapping[str, str] | None = None,
        extracts: Sequence[Extract] = (),
    ) -> int:
        """Queue a download of objects and whole folders to `target`. Return the job's id.

        Of names in `versions`, which gives the id of a version, that one is meant; of those in
        `extracts` only a part.

        Raises LookupError where the session has no client.
        """
        names, prefixes, ledger = tuple(names), tuple(prefixes), self._ledgers.of(session_id)
        job_id = ledger.reserve_job_id()
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
            order=options.order,
            without_tapes=options.without_tapes,
            without_ejected=options.without_ejected,
            versions=tuple((versions or {}).items()),
            extracts=tuple(extracts),
            objects_per_job=self.objects_per_job,
        )
        row = self._row(spec, Direction.GET, base_prefix)
        self._start(spec, ledger, replace(row, target=target))
        return job_id

    def unattended(
        self,
        session_id: str,
        kind: Direction,
        bucket: str,
        base_prefix: str,
        names: Iterable[str],
        prefixes: Iterable[str],
        priority: Priority | None = None,
        versions: Mapping[str, str] | None = None,
    ) -> int:
        """Have the appliance bring objects and folders to its cache (Direction.STAGE), or read and
        check them (VERIFY). Nothing comes here. Return the job's id.

        Raises LookupError where the session has no client.
        """
        names, prefixes, ledger = tuple(names), tuple(prefixes), self._ledgers.of(session_id)
        spec = UnattendedSpec(
            job_id=ledger.reserve_job_id(),
            session_id=session_id,
            kind=kind,
            bucket=bucket,
            base_prefix=base_prefix,
            names=names,
            prefixes=prefixes,
            name=download_name(bucket, (*prefixes, *names)),
            priority=priority,
            versions=tuple((versions or {}).items()),
            objects_per_job=self.objects_per_job,
        )
        self._start(spec, ledger, self._row(spec, kind, base_prefix))
        return spec.job_id

    def _row(self, spec: AnySpec, direction: Direction, prefix: str) -> JobRow:
        now = self._now()
        return JobRow(
            job_id=spec.job_id,
            direction=direction,
            name=spec.name,
            session_id=spec.session_id,
            session_name=self._session_name(spec.session_id) or spec.session_id,
            bucket=spec.bucket,
            prefix=prefix,
            created=now,
            state_since=now,
            priority=spec.priority,
        )

    def _start(self, spec: AnySpec, ledger: Ledger, row: JobRow) -> None:
        shared = self._appliances.of(row.session_id)
        job = shared.job_of(spec, ledger, self._turns)
        running = self._jobs[row.job_id] = Running(row, ledger)
        self.added.emit(row)
        self._run(running, job, shared)

    def _run(self, running: Running, job: AnyJob, shared: Appliance) -> None:
        job.waits_for_key = True
        thread = JobThread(job)
        thread.event.connect(self._take)
        running.job, running.thread, running.shared = job, thread, shared
        thread.start()

    # -- jobs of earlier starts -----------------------------------------------------------------

    def _take_in(self, ledger: Ledger, remembered: Iterable[Remembered]) -> None:
        for old in remembered:
            if old.row.job_id in self._jobs:
                continue
            name = self._session_name(old.row.session_id)
            row = job_history.of_session(old.row, old.record, name)
            running = self._jobs[row.job_id] = Running(row, ledger, record=old.record)
            self.added.emit(row)
            if old.to_be_persisted:
                running.wish = partial(self._watch_again, running, old.parts)

    @Slot(str)
    def lose_session(self, session_id: str) -> None:
        """A session is no longer among the saved ones. What runs goes on to its end."""
        name = self._session_name(session_id)
        for running in self._jobs.values():
            if running.row.session_id == session_id and running.record and not running.runs:
                running.row = job_history.of_session(running.row, running.record, name)
                self.added.emit(running.row)

    @Slot(object)
    def find_session(self, session: SavedSession) -> None:
        """Give a session the jobs of one that is gone, and led to the same appliance as the same
        user."""
        leads_to = (session.direct_endpoint.url, session.access_id)
        for job_id, running in self._jobs.items():
            record = running.record
            gone = running.row.session_gone is not None and record is not None
            if record is None or not gone or (record.endpoint, record.access_id) != leads_to:
                continue
            running.ledger.give_to_session(job_id, session.id)
            running.record = replace(record, session=session.id)
            row = replace(running.row, session_id=session.id)
            running.row = job_history.of_session(row, running.record, session.name)
            self.added.emit(running.row)

    def led_to(self, job_id: int) -> tuple[str, str] | None:
        """The address and the access id of a job's session; None where they are not known."""
        running = self._jobs.get(job_id)
        record = running.record if running is not None else None
        if record is None or not record.endpoint:
            return None
        return record.endpoint, record.access_id or ""

    @Slot(object)
    def _tell_restored(self, ids: frozenset[int]) -> None:
        self.look_again()
        self.close_forgotten()
        self.restored.emit(sum(row.job_id in ids for row in self.to_go_on()))

    def choose_folder(self, job_id: int, folder: str, on_result: Callable[[Pointed], None]) -> None:
        """Say where the files of a job are that was found again; then it can go on."""
        running = self._jobs.get(job_id)
        if running is None or not running.row.may_choose_folder:
            return

        def read() -> tuple[Pointed, JobRecord | None]:
            pointed = recovery.point_to(running.ledger, job_id, folder)
            return pointed, job_tasks.read_record(running.ledger.path, job_id)

        def show(result: tuple[Pointed, JobRecord | None]) -> None:
            pointed, running.record = result
            facts = replace(running.row.facts, place_unknown=False)
            target = None if running.row.uploads else folder
            running.row = replace(running.row, target=target)
            self._take(JobState(job_id, State.WAITING, WaitReason.USER, facts))
            on_result(pointed)

        self._calls.run_call(
            read, show, lambda error: log.error("job %d, its folder: %s", job_id, error)
        )

    def to_go_on(self) -> tuple[JobRow, ...]:
        """The jobs that an earlier start left open, and nobody has told yet to go on."""
        return tuple(
            running.row
            for running in self._jobs.values()
            if running.row.facts.not_continued
            and not running.row.facts.place_unknown
            and running.row.session_gone is None
            and running.job is None
            and running.wish is None
        )

    def go_on(self, job_ids: Iterable[int]) -> None:
        """Go on with jobs of an earlier start, now or when their sessions are connected."""
        known = [self._jobs[job_id] for job_id in job_ids if job_id in self._jobs]
        for running in sorted(known, key=_rank):
            if not running.row.may_choose_folder:
                job_id = running.row.job_id
                self._when_connected(job_id, partial(self._go_on, job_id))

    def look_again(self, session_id: str = "") -> None:
        """Do what has waited for a session to be connected."""
        if session_id:
            self.earlier.connected(session_id)
        for running in sorted(self._jobs.values(), key=_rank):
            if running.wish is not None and self._clients(running.row.session_id) is not None:
                wish, running.wish = running.wish, None
                wish()

    def wait_for_key(self, session_id: str) -> None:
        """Jobs that shall go on once a session is connected say that this waits for its key."""
        for running in self._jobs.values():
            row = running.row
            if row.session_id == session_id and running.wish and row.facts.not_continued:
                facts = Facts(since=self._now())
                self._take(JobState(row.job_id, State.WAITING, WaitReason.KEY, facts))

    def _when_connected(self, job_id: int, wish: Callable[[], None]) -> None:
        if (running := self._jobs.get(job_id)) is not None and not running.runs:
            running.wish = wish
            self.look_again()

    def _go_on(self, job_id: int, *, retry: bool = False, cancel: Cancel | None = None) -> None:
        running = self._jobs.get(job_id)
        if running is None or running.runs or self._closed:
            return
        begin = partial(self._begin_again, running, retry, cancel)
        if running.record is not None:
            begin(running.record)
            return
        self._calls.run_call(
            partial(job_tasks.read_record, running.ledger.path, job_id),
            begin,
            lambda error: log.error("job %d cannot be read: %s", job_id, error),
        )

    def _begin_again(
        self, running: Running, retry: bool, cancel: Cancel | None, record: JobRecord | None
    ) -> None:
        if record is None or running.runs or self._closed:
            return
        if running.thread is not None:
            running.thread.wait()  # it has told its end already
        shared = self._appliances.of(record.session)
        job = shared.job_of(
            *(spec_of(record), running.ledger, self._turns), continued=not retry, retry=retry
        )
        if cancel is not None:
            job.cancel(cancel)
        job.stand_in_line(None if retry else record.rank)
        self._take(JobState(record.id, State.QUEUED))
        self._run(running, job, shared)

    def _watch_again(self, running: Running, parts: tuple[tuple[str, int], ...]) -> None:
        """Learn when an upload of an earlier start is persisted."""
        shared = running.shared = self._appliances.of(running.row.session_id)
        for appliance_id, size in parts:
            shared.watcher.watch(running.row.job_id, appliance_id, size)
        shared.watcher.ended(running.row.job_id)

    # -- failed jobs ----------------------------------------------------------------------------

    def retry_failed(self, job_id: int) -> None:
        """Try the failed objects again: in the same job while it is open on the appliance."""
        running = self._jobs.get(job_id)
        if running is not None and running.row.may_retry:
            self._when_connected(job_id, partial(self._go_on, job_id, retry=True))

    def close_job(self, job_id: int) -> None:
        """Close a failed job on the appliance: what is in cache is kept, the rest leaves it."""
        self._close(job_id, forgotten=False)

    def close_forgotten(self) -> None:
        """Close failed jobs that nobody has looked after for 12 h, before the appliance drops them.

        Its own time-out of 24 h would take what arrived with it.
        """
        for running in list(self._jobs.values()):
            if running.row.may_close and job_history.is_due_to_close(running.row, self._now()):
                self._close(running.row.job_id, forgotten=True)

    def _close(self, job_id: int, *, forgotten: bool) -> None:
        running = self._jobs.get(job_id)
        if running is not None and running.row.may_close:
            close = partial(self._closings.close, running, forgotten=forgotten)
            self._when_connected(job_id, close)

    def set_blobs_at_once(self, number: int) -> None:
        """How many blobs an appliance is given at once, for those connected from now on."""
        self._appliances.blobs_at_once = number

    def set_speed(self, bytes_per_s: int | None) -> None:
        """How fast all jobs together may move bytes, from now on; None for as fast as it goes."""
        self._turns.limit.set(bytes_per_s)

    def set_limits(self, uploads: int, downloads: int) -> None:
        """Let so many jobs transfer at once; those that do already go on."""
        self._turns.set_limit(Kind.UPLOAD, uploads)
        self._turns.set_limit(Kind.DOWNLOAD, downloads)

    def cancel(self, job_id: int, how: Cancel) -> None:
        running = self._jobs.get(job_id)
        if running is None or running.row.ended:
            return
        if running.runs and running.job is not None:
            running.job.cancel(how)
        else:
            self._when_connected(job_id, partial(self._go_on, job_id, cancel=how))

    def pause(self, job_id: int) -> None:
        """Pause; a second call ends the blobs that are still in flight."""
        running = self._jobs.get(job_id)
        if running is not None and running.job is not None:
            running.job.pause()

    def resume(self, job_id: int) -> None:
        """Go on after a pause, or with a job of an earlier start."""
        running = self._jobs.get(job_id)
        if running is None:
            return
        if running.job is None:
            self.go_on([job_id])
        else:
            running.job.resume()

    def pause_all(self) -> None:
        for running in self._jobs.values():
            if running.row.may_pause and running.job is not None:
                running.job.pause()

    def resume_all(self) -> None:
        for running in self._jobs.values():
            if running.row.paused and running.job is not None:
                running.job.resume()

    def answer(
        self, job_id: int, question: Question, existing: Existing, for_all: bool = False
    ) -> None:
        """Say what a download does with a file that is there, or with all that follow."""
        running = self._jobs.get(job_id)
        if running is not None and isinstance(running.job, GetJob):
            running.job.answer(question, existing, for_all=for_all)

    def try_now(self, job_id: int) -> None:
        """Ask at once. What rests after a press is not pressed again."""
        running, now = self._jobs.get(job_id), self._now()
        if running is None or not running.row.may_try_now or running.row.rests(now):
            return
        if running.job is None:
            return
        running.row = pressed(running.row, now)
        self.try_now_pressed.emit(job_id)
        running.job.try_now()

    def move(self, job_id: int, places: int) -> None:
        """Let a queued job go before so many others, or behind them where negative."""
        running = self._jobs.get(job_id)
        if running is not None and running.job is not None:
            running.job.move_in_line(places)

    def set_priority(self, job_id: int, priority: Priority) -> None:
        """Change the priority of a job, of all its jobs on the appliance and those to come.

        `priority_changed` follows, or `priority_refused` with what the appliance said.
        """
        running = self._jobs.get(job_id)
        if running is None or not running.row.may_change_priority:
            return
        client = self._clients(running.row.session_id)
        ids = running.row.appliance_jobs
        if client is None and ids:
            return
        if client is None or not ids:
            self._changed_priority(job_id, priority)
            return
        self._call(
            client,
            partial(job_tasks.change_priority, client, ids, priority),
            lambda _done: self._changed_priority(job_id, priority),
            lambda error: self.priority_refused.emit(job_id, error),
        )

    def _changed_priority(self, job_id: int, priority: Priority) -> None:
        running = self._jobs.get(job_id)
        if running is None or self._closed:
            return
        if running.job is not None:
            running.job.priority = priority
        running.row = replace(running.row, priority=priority)
        running.ledger.set_option(job_id, "priority", priority.value)
        self.priority_changed.emit(job_id, priority)

    def remove(self, job_id: int) -> None:
        """Take a job out of the list that may be; it stays in the ledger."""
        running = self._jobs.get(job_id)
        if running is None or not running.row.may_remove:
            return
        if running.thread is not None:
            running.thread.wait()  # nothing but its last event can be still to come
        if running.shared is not None:
            running.shared.watcher.forget(job_id)
        del self._jobs[job_id]
        running.ledger.remove_job(job_id)
        self.removed.emit(job_id)

    def forget_session(
        self,
        session_id: str,
        on_result: Callable[[], None],
        on_error: Callable[[Exception], None],
    ) -> None:
        """Forget all jobs of a session for good; what still runs is interrupted.

        The ledger is written in the background. Its appliance is not told of anything.
        """
        for job_id in [id for id, one in self._jobs.items() if one.row.session_id == session_id]:
            running = self._jobs.pop(job_id)
            if running.thread is not None and running.job is not None:
                running.job.interrupt()
                running.thread.wait()
            if running.shared is not None:
                running.shared.watcher.forget(job_id)
            self.removed.emit(job_id)

        def forget() -> None:
            for ledger in self._ledgers.all_of(session_id):
                ledger.forget_session(session_id)

        self._calls.run_call(forget, lambda _done: on_result(), on_error)

    def clear_done(self) -> None:
        """Remove what is done and needs nobody: no failed job, none that is not yet persisted."""
        for job_id in [id for id, running in self._jobs.items() if running.row.cleared_with_done]:
            self.remove(job_id)

    def _bringing(self, place: Place) -> Callable[[Sequence[str]], tuple[str, ...]]:
        """What tells which uploads to a place's bucket are to bring some names. It blocks."""
        open_jobs = tuple(
            (running.ledger.path, job_id, running.row.name)
            for job_id, running in self._jobs.items()
            if running.row.brings_to(place.session_id, place.bucket)
        )
        return partial(job_tasks.bringing, open_jobs)

    def open_jobs(self) -> tuple[JobRow, ...]:
        """The jobs that run, or wait, in this program."""
        return tuple(running.row for running in self._jobs.values() if running.runs)

    def _file_of(self, job_id: int) -> Path:
        """Return the file of the ledger that has a job, also of one that was removed here."""
        running = self._jobs.get(job_id)
        return (self._ledgers.usual if running is None else running.ledger).path

    def read_chunks(self, job_id: int) -> None:
        """Tell the chunks of a job of an earlier start, from the ledger, in the background."""
        running = self._jobs.get(job_id)
        if running is None or running.job is not None or job_id in self._chunks_read:
            return
        self._chunks_read.add(job_id)

        def show(events: list[Event]) -> None:
            if running.job is None and not self._closed:  # a run tells its own
                self.chunks_remembered.emit(tuple(events))

        self._calls.run_call(
            partial(job_history.chunks, running.ledger.path, job_id),
            show,
            lambda error: log.error("the chunks of job %d cannot be read: %s", job_id, error),
        )

    def free_space(self, folder: str, on_result: Callable[[int | None], None]) -> None:
        """Learn how many bytes are free where a folder is or would be; None: not writable."""
        self._calls.run_call(
            partial(job_tasks.free_space, folder), on_result, lambda error: on_result(None)
        )

    def read(
        self,
        fn: Callable[[], Any],
        on_result: Callable[[Any], None],
        on_error: Callable[[Exception], None],
    ) -> Ticket:
        """Run what waits for this disk alone in the background."""
        return self._calls.run_call(fn, on_result, on_error)

    def _call(
        self,
        client: Ds3Client,
        fn: Callable[[], Any],
        on_result: Callable[[Any], None],
        on_error: Callable[[Exception], None],
    ) -> Ticket:
        """Run `fn`, which calls an appliance, in the background; the queue's end cuts it off."""

        def under_hangup() -> Any:
            with client.under(self._hangup):
                return fn()

        return self._calls.run_call(under_hangup, on_result, on_error)

    def close(self) -> None:
        """End every run and wait for its thread; the jobs stay open on their appliances.

        Blocks until what is in flight was let go, which the transport does by closing sockets.
        """
        if self._closed:
            return
        self._closed = True
        self._closing.stop()
        self.counting.close()
        self._hangup.fire()
        threads = [running.thread for running in self._jobs.values()]
        for running in self._jobs.values():
            if running.job is not None:
                running.job.interrupt()
        for thread in threads:
            if thread is not None:
                thread.wait()
        self._appliances.close()
        self._calls.close()
        self._ledgers.close()

    @Slot(object)
    def _take(self, event: Event) -> None:
        running = self._jobs.get(event.job_id)
        if running is None or self._closed:
            return
        before, running.row = running.row, after(running.row, event, self._now())
        _log_state(before, running.row)
        self._watch(running, event)
        self._wait_for_key(running, event)
        self.event.emit(event)
        self._news.follow(running, event)

    def _watch(self, running: Running, event: Event) -> None:
        """Follow an upload on the appliance from its creation until it is persisted or dropped."""
        if running.shared is None:
            return
        watcher = running.shared.watcher
        match event:
            case JobCreated() if running.row.uploads and not event.chunks:
                watcher.leave_out(event.job_id, event.appliance_job_id)
            case JobCreated() if running.row.uploads:
                total = sum(chunk.length for chunk in event.chunks)
                watcher.watch(event.job_id, event.appliance_job_id, total)
            case JobEnded() if event.outcome is Outcome.DONE:
                watcher.ended(event.job_id)
            case JobEnded():
                watcher.forget(event.job_id)
            case ApplianceSaid():
                running.ledger.keep_said(event.job_id, running.row.said)
            case Persisted():
                watcher.forget(event.job_id)
                running.ledger.set_persisted(event.job_id)
            case _:
                pass

    def _wait_for_key(self, running: Running, event: Event) -> None:
        """A job whose keys were refused goes on once its session has other ones."""
        if not isinstance(event, JobEnded) or running.row.reason is not WaitReason.KEY:
            return
        refused = running.shared.client if running.shared is not None else None
        running.job = running.record = None
        running.wish = partial(self._go_on_with_other_key, running, refused)

    def _go_on_with_other_key(self, running: Running, refused: Ds3Client | None) -> None:
        if self._clients(running.row.session_id) is refused:
            running.wish = partial(self._go_on_with_other_key, running, refused)
        else:
            self._go_on(running.row.job_id)

    @staticmethod
    def _now() -> datetime:
        return datetime.now(UTC)


def _log_state(before: JobRow, row: JobRow) -> None:
    """One line for each state of a job; what is in its way is in the engine's own lines."""
    if (row.state, row.reason) != (before.state, before.reason):
        reason = f", {row.reason.value}" if row.reason is not None else ""
        log.info("job %d: %s%s", row.job_id, row.state.value, reason)


def _rank(running: Running) -> float:
    """The place among the jobs that wait."""
    return float(running.row.job_id) if running.record is None else running.record.rank
