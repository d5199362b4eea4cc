"""A whole bulk job in one call, for scripts: no window, no queue, no Qt.

The call blocks until the job has ended, waits and lost connections included, as long as that takes.
Nothing of it outlives the call: a job that is to survive a crash needs a ledger that is kept.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from ds3_browser.protocol.client import Ds3Client
from ds3_browser.protocol.records import Priority

from .events import Event, JobEnded
from .get import GetJob, GetSpec
from .ledger import Ledger
from .pool import THREADS, BlobPool
from .put import PutJob, PutSpec
from .turns import Turns

Report = Callable[[Event], None]


def put(
    client: Ds3Client,
    bucket: str,
    paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    *,
    prefix: str = "",
    name: str = "Untitled",
    priority: Priority | None = None,
    report: Report | None = None,
    threads: int = THREADS,
) -> JobEnded:
    """Archive files and folders, one or several, below a prefix, which is "" or ends in `/`.

    `report` is given every event, in this thread. The answer tells how it ended; an object that
    failed is no exception, and the job stays open on the appliance then. Raises ValueError for
    what cannot be meant, before anything is done.
    """
    several = [paths] if isinstance(paths, (str, os.PathLike)) else paths
    given = tuple(os.path.abspath(path) for path in several)
    if not given:
        raise ValueError("There is nothing to put: the list of paths is empty.")
    _check(bucket, prefix, threads)
    with _engine(threads) as (ledger, pool):
        job_id = ledger.reserve_job_id()
        spec = PutSpec(job_id, "script", bucket, prefix, given, name, priority)
        return _run(PutJob(spec, client, ledger, pool, Turns()), report)


def get(
    client: Ds3Client,
    bucket: str,
    target: str | os.PathLike[str],
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
    _check(bucket, base_prefix, threads)
    with _engine(threads) as (ledger, pool):
        spec = GetSpec(
            ledger.reserve_job_id(),
            "script",
            bucket,
            base_prefix,
            names,
            prefixes,
            os.path.abspath(target),
            name,
            priority,
        )
        return _run(GetJob(spec, client, ledger, pool, Turns()), report)


def _check(bucket: str, prefix: str, threads: int) -> None:
    if not bucket or "/" in bucket:
        raise ValueError(f"This is no bucket's name: {bucket!r}.")
    if prefix and not prefix.endswith("/"):
        raise ValueError(f"A prefix that stands for a folder ends in a slash: {prefix!r}.")
    if threads < 1:
        raise ValueError(f"At least one thread is needed, not {threads}.")


def _several(what: str, given: Iterable[str]) -> tuple[str, ...]:
    if isinstance(given, (str, bytes)):
        raise TypeError(f"The {what} come as a list, and this is a single one: {given!r}.")
    return tuple(given)


@contextlib.contextmanager
def _engine(threads: int) -> Iterator[tuple[Ledger, BlobPool]]:
    with tempfile.TemporaryDirectory(prefix="ds3-job-") as folder:
        ledger = Ledger(Path(folder) / "transfers.sqlite3")
        pool = BlobPool(threads)
        try:
            yield ledger, pool
        finally:
            pool.close()
            ledger.close()


def _run(job: PutJob | GetJob, report: Report | None) -> JobEnded:
    ended: list[JobEnded] = []

    def tell(event: Event) -> None:
        if isinstance(event, JobEnded):
            ended.append(event)
        if report is not None:
            report(event)

    try:
        job.run(tell)
    except KeyboardInterrupt:
        job.interrupt()
        raise
    return ended[0]
