"""A whole bulk job in one call, for scripts: no window, no queue, no Qt.

The call blocks until the job has ended, waits and lost connections included, as long as that takes.
An interrupt ends the job on the appliance, too, and one of which something failed is closed there:
without a ledger that is kept nobody could go on with it, and until the appliance gave it up, its
names would be taken.
"""

from __future__ import annotations

import atexit
import contextlib
import io
import logging
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from queue import Empty, Queue

from ds3_browser.protocol.client import Ds3Client
from ds3_browser.protocol.errors import Ds3Error, Gone, NotFound
from ds3_browser.protocol.records import Priority
from ds3_browser.protocol.wire_xml import check_name, check_text

from .events import Cancel, Event, JobCreated, JobEnded, Outcome
from .get import GetJob, GetSpec
from .ledger import Ledger
from .plan import forbidden
from .pool import THREADS, BlobPool
from .put import PutJob, PutSpec
from .turns import Turns

log = logging.getLogger(__name__)

#: As the functions of `os` take them, texts or bytes.
AnyPath = str | bytes | os.PathLike[str] | os.PathLike[bytes]
Report = Callable[[Event], None]
Make = Callable[[Ledger, BlobPool], PutJob | GetJob]

#: How many events the engine may be ahead of who is told them.
EVENTS_AHEAD = 1000
LOOK_UP_S = 0.5
#: How long an interrupt waits for the job's end. An appliance that hangs is asked for longer.
END_S = 30.0


def put(
    client: Ds3Client,
    bucket: str,
    paths: AnyPath | Iterable[AnyPath],
    *,
    prefix: str = "",
    name: str = "Untitled",
    priority: Priority | None = None,
    report: Report | None = None,
    threads: int = THREADS,
) -> JobEnded:
    """Archive files and folders, one or several, below a prefix, which is "" or ends in `/`.

    Symbolic links inside a folder are left out; one that is named itself is followed.
    `report` is given every event, in this thread. The answer tells how it ended; an object that
    failed is no exception. The job is closed on the appliance then: objects that arrived stay, and
    what failed can be put again. Raises ValueError or TypeError for what cannot be meant, before
    anything is done. KeyboardInterrupt, and whatever `report` raises, ends the job before it goes
    on: objects that arrived completely are kept, and nothing is left open, unless the appliance
    does not answer within half a minute, or a second interrupt comes.
    """
    if isinstance(paths, io.IOBase):
        raise TypeError("Files are put by their paths, and this is an open file.")
    if isinstance(paths, Mapping):
        raise TypeError("Paths come as a list, and nothing is renamed by a mapping of them.")
    several = [paths] if isinstance(paths, (str, bytes, os.PathLike)) else paths
    given = tuple(_absolute(path) for path in several)
    if not given:
        raise ValueError("There is nothing to put: the list of paths is empty.")
    _check(client, bucket, prefix, name, priority, report, threads)
    if prefix and (rule := forbidden(prefix)):
        raise ValueError(f"No object can be below {prefix!r}: {rule}.")

    def make(ledger: Ledger, pool: BlobPool) -> PutJob:
        job_id = ledger.reserve_job_id()
        spec = PutSpec(job_id, "script", bucket, prefix, given, name, priority)
        return PutJob(spec, client, ledger, pool, Turns())

    return _run(make, client, threads, report)


def get(
    client: Ds3Client,
    bucket: str,
    target: AnyPath,
    *,
    names: Iterable[str] = (),
    prefixes: Iterable[str] = (),
    base_prefix: str = "",
    name: str = "Untitled",
    priority: Priority | None = None,
    report: Report | None = None,
    threads: int = THREADS,
) -> JobEnded:
    """Restore objects by name, and whole folders by prefix, below a local folder.

    Names lose `base_prefix` on their way to paths. A file that is there already is kept, and the
    new one gets another name. Otherwise as `put`.
    """
    names, prefixes = _several("names", names), _several("prefixes", prefixes)
    if not names and not prefixes:
        raise ValueError("There is nothing to get: neither names nor prefixes are given.")
    for one in names:
        check_name(one)
    for one in prefixes:
        check_text("prefix", one)
    _check(client, bucket, base_prefix, name, priority, report, threads)
    folder = _absolute(target)

    def make(ledger: Ledger, pool: BlobPool) -> GetJob:
        spec = GetSpec(
            ledger.reserve_job_id(),
            "script",
            bucket,
            base_prefix,
            names,
            prefixes,
            folder,
            name,
            priority,
        )
        return GetJob(spec, client, ledger, pool, Turns())

    return _run(make, client, threads, report)


def _check(
    client: Ds3Client,
    bucket: str,
    prefix: str,
    name: str,
    priority: Priority | None,
    report: Report | None,
    threads: int,
) -> None:
    if not isinstance(client, Ds3Client):
        kind = f"{type(client).__module__}.{type(client).__qualname__}"
        raise TypeError(f"A Ds3Client of ds3_browser.protocol.client is needed, not {kind}.")
    check_text("name of a bucket", bucket)
    check_text("prefix", prefix)
    check_text("name of a job", name)
    if priority is not None and not isinstance(priority, Priority):
        raise TypeError(f"A priority is a member of Priority, not {priority!r}.")
    if report is not None and not callable(report):
        raise TypeError(f"What is told of events can be called; {report!r} cannot.")
    if not isinstance(threads, int):
        raise TypeError(f"The number of threads is an int, not {threads!r}.")
    if not bucket or "/" in bucket:
        raise ValueError(f"This is no bucket's name: {bucket!r}.")
    if prefix and not prefix.endswith("/"):
        raise ValueError(f"A prefix that stands for a folder ends in a slash: {prefix!r}.")
    if threads < 1:
        raise ValueError(f"At least one thread is needed, not {threads}.")


def _several(what: str, given: Iterable[str]) -> tuple[str, ...]:
    if isinstance(given, (str, bytes)):
        raise TypeError(f"The {what} come as a list, and this is a single one: {given!r}.")
    if isinstance(given, Mapping):
        raise TypeError(f"The {what} come as a list, and nothing is renamed by a mapping of them.")
    return tuple(given)


def _absolute(path: AnyPath) -> str:
    """A path as the engine takes it. None at all is not the folder one is in: a script's variable
    that was not set would archive it.
    """
    text = os.fsdecode(path)
    if not text or "\0" in text:
        raise ValueError(f"This is no path: {text!r}. The folder one is in is '.'.")
    return os.path.abspath(text)


@contextlib.contextmanager
def _engine(threads: int) -> Iterator[tuple[Ledger, BlobPool]]:
    with (
        _temporary_folder() as folder,
        contextlib.closing(Ledger(folder / "transfers.sqlite3")) as ledger,
        contextlib.closing(BlobPool(threads)) as pool,
    ):
        yield ledger, pool


@contextlib.contextmanager
def _temporary_folder() -> Iterator[Path]:
    """A folder that is gone afterwards, or with the program if that does not wait for its job.

    Not one of `tempfile`, which lets go of its folder before it is removed: a program that ended
    meanwhile left it behind.
    """
    folder = Path(tempfile.mkdtemp(prefix="ds3-job-"))
    remove = partial(_remove, folder, os.getpid())
    atexit.register(remove)
    try:
        yield folder
    finally:
        remove()
        atexit.unregister(remove)


def _remove(folder: Path, owner: int) -> None:
    # At the end of a program its job may be writing there once more. A fork has no job.
    tries = 10 if os.getpid() == owner else 0
    while tries and folder.exists():
        shutil.rmtree(folder, ignore_errors=True)
        tries -= 1


def _run(make: Make, client: Ds3Client, threads: int, report: Report | None) -> JobEnded:
    """Run a job in a thread of its own, and report in this one.

    So an interrupt, or an error of `report`, never cuts into what the engine is just doing.
    """
    events = _Events()
    work = client.as_here(partial(_work, make, client, threads, events))
    runner = threading.Thread(target=work, name="whole-job", daemon=True)
    try:
        runner.start()
        for event in events:
            if report is not None:
                report(event)
        runner.join()
    except BaseException:
        if runner.ident is not None:
            events.end_job()
        raise
    if events.error is not None:
        raise events.error
    assert events.ended is not None
    return events.ended


def _work(make: Make, client: Ds3Client, threads: int, events: _Events) -> None:
    try:
        with _engine(threads) as (ledger, pool):
            job = make(ledger, pool)
            events.begin(job)
            job.run(events.put)
            if isinstance(job, PutJob) and events.ended is not None:
                _close_failed(client, events.ended, events.appliance_ids)
    except Exception as error:  # goes on in the thread that called
        events.error = error
    finally:
        events.put(None)


def _close_failed(client: Ds3Client, ended: JobEnded, appliance_ids: Iterable[str]) -> None:
    """Close the jobs of an upload that failed: what arrived stays, the other names are free."""
    if ended.outcome is not Outcome.FAILED:
        return
    try:
        for job_id in appliance_ids:
            with contextlib.suppress(NotFound, Gone):
                if client.truncates():
                    client.truncate_job(job_id)
    except Ds3Error as error:
        log.warning("a job that failed stays open on the appliance: %s", error)


class _Events:
    """What a running job tells, from its thread to the one that called; None ends it.

    Attributes: `ended`, the job's end, `error`, what kept it from having one, and `appliance_ids`.
    """

    def __init__(self) -> None:
        self.ended: JobEnded | None = None
        self.appliance_ids: dict[str, None] = {}
        self.error: Exception | None = None
        self._queue: Queue[Event | None] = Queue(EVENTS_AHEAD)
        self._job: PutJob | GetJob | None = None
        self._lock = threading.Lock()
        self._unwanted = self._left = self._told_all = self._over = False

    # --- from the job's thread

    def begin(self, job: PutJob | GetJob) -> None:
        with self._lock:
            self._job = job
            if self._unwanted:
                job.cancel(Cancel.KEEP)

    def put(self, event: Event | None) -> None:
        if isinstance(event, JobEnded):
            self.ended = event
        if isinstance(event, JobCreated):
            self.appliance_ids[event.appliance_job_id] = None
        self._told_all = event is None
        if not self._left:
            self._queue.put(event)

    # --- from the thread that called

    def __iter__(self) -> Iterator[Event]:
        while not self._over:
            if (event := self._next()) is not None:
                yield event

    def _next(self) -> Event | None:
        """The next event; None where none comes for a while, or ever."""
        try:
            # Not for ever: Windows would let no interrupt through.
            event = self._queue.get(timeout=LOOK_UP_S)
        except Empty:
            self._over = self._told_all  # an interrupt can lose the None
            return None
        self._over = event is None
        return event

    def end_job(self) -> None:
        """Cancel the job and wait for its end, but not for long. A further interrupt ends that."""
        with self._lock:
            self._unwanted = True
            if self._job is not None:
                self._job.cancel(Cancel.KEEP)
        until = time.monotonic() + END_S
        try:
            while not self._over and time.monotonic() < until:
                self._next()
        finally:
            if not self._over:
                log.warning("a job was left before its end: it may be open on the appliance")
            self._leave()

    def _leave(self) -> None:
        """Listen no more. The job's thread may wait for room, and ends by itself."""
        self._left = True
        with contextlib.suppress(Empty):
            while True:
                self._queue.get_nowait()
