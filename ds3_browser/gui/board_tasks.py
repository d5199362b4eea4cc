"""What the jobs board asks of an appliance: blocking functions over a client."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

from ds3_browser.gui import csv_files
from ds3_browser.gui.appliance_jobs import MOST, JobFacts, Part
from ds3_browser.protocol.client import Ds3Client
from ds3_browser.protocol.errors import RequestRefused
from ds3_browser.protocol.records import ApplianceJob, Chunk, Priority, RequestType
from ds3_browser.transfer.events import ChunkPhase, ChunkSummary

log = logging.getLogger(__name__)


class Names:
    """The names behind the ids that a list of jobs has: buckets', and users' as far as one may.

    Kept for a session, and asked for again where an id is not known. One thread at a time.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._buckets: dict[str, str] = {}
        self._users: dict[str, str] = {}
        self._asked_in_vain: set[str] = set()

    def put_into(self, jobs: Sequence[ApplianceJob], client: Ds3Client) -> tuple[ApplianceJob, ...]:
        """Fill in the names that the appliance did not tell. Blocks."""
        with self._lock:
            if self._lacks(self._buckets, (job.bucket_id for job in jobs if not job.bucket)):
                self._buckets = _told(lambda: {one.id: one.name for one in client.buckets()})
            if self._lacks(self._users, (job.user_id for job in jobs if not job.user_name)):
                self._users = _told(lambda: _user_names(client))
            known = {*self._buckets, *self._users}
            ids = {id for job in jobs for id in (job.bucket_id, job.user_id) if id}
            self._asked_in_vain |= ids - known
            return tuple(self._named(job) for job in jobs)

    def _lacks(self, known: dict[str, str], ids: Iterable[str | None]) -> bool:
        return any(id and id not in known and id not in self._asked_in_vain for id in ids)

    def _named(self, job: ApplianceJob) -> ApplianceJob:
        bucket = job.bucket or self._buckets.get(job.bucket_id or "")
        user = job.user_name or self._users.get(job.user_id or "")
        if (bucket, user) == (job.bucket, job.user_name):
            return job
        return replace(job, bucket=bucket, user_name=user)


def _user_names(client: Ds3Client) -> dict[str, str]:
    """Everybody's for who may list users, else one's own."""
    owner = client.get_service().owner
    own = {owner.id: owner.name} if owner.id and owner.name else {}
    return own | _told(lambda: {one.id: one.name for one in client.users() if one.name})


def _told(ask: Callable[[], dict[str, str]]) -> dict[str, str]:
    try:
        return ask()
    except RequestRefused as error:
        log.info("names of jobs are not told: %s", error)
        return {}


def jobs(part: Part, names: Names, client: Ds3Client) -> tuple[ApplianceJob, ...]:
    """The newest jobs of one list; one more than MOST where there are more."""
    match part:
        case Part.ACTIVE:
            found = client.active_jobs()
        case Part.COMPLETED:
            found = client.completed_jobs()
        case Part.CANCELLED:
            found = client.canceled_jobs()
    return names.put_into(tuple(islice(found, MOST + 1)), client)


def owner_name(client: Ds3Client) -> str | None:
    """The name of the user that asks."""
    return client.get_service().owner.name


def facts(job_id: str, client: Ds3Client) -> JobFacts:
    """Read a job's chunks as they come. Raises NotFound once the appliance has forgotten it."""
    here: dict[str, bool] = {}  # whether all of an object's pieces are in cache
    chunks: dict[int, tuple[ChunkSummary, bool]] = {}

    def take(chunk: Chunk) -> None:
        for blob in chunk.blobs:
            here[blob.name] = here.get(blob.name, True) and bool(blob.in_cache)
        names = {blob.name for blob in chunk.blobs}
        length = sum(blob.length for blob in chunk.blobs)
        whole = all(blob.in_cache for blob in chunk.blobs)
        chunks[chunk.number] = (ChunkSummary(chunk.number, length, len(names)), whole)

    job = client.get_job(job_id, take=take)
    ordered = [chunks[number] for number in sorted(chunks)]
    return JobFacts(
        objects=len(here),
        objects_in_cache=sum(here.values()),
        chunks=tuple(summary for summary, _ in ordered),
        phases=tuple(_phases([whole for _, whole in ordered], job.request_type)),
    )


def _phases(in_cache: list[bool], kind: RequestType | str | None) -> Iterator[ChunkPhase]:
    """What is not in cache waits; of an upload the first of it is the next to come."""
    waiting = ChunkPhase.NEXT if kind is RequestType.PUT else ChunkPhase.WAITING
    for whole in in_cache:
        yield ChunkPhase.IN_CACHE if whole else waiting
        waiting = waiting if whole else ChunkPhase.WAITING


def set_priority(job_id: str, priority: Priority, client: Ds3Client) -> None:
    client.modify_job(job_id, priority=priority, take=lambda chunk: None)


def cancel(job_id: str, keep: bool, client: Ds3Client) -> None:
    """End a job for whoever runs it; `keep` what is completely received."""
    (client.truncate_job if keep else client.cancel_job)(job_id)


def write_list(job_id: str, file: Path, client: Ds3Client) -> int:
    """Write a job's objects as CSV; how many there are. Raises OSError too."""
    sizes: dict[str, int] = {}
    here: dict[str, bool] = {}

    def take(chunk: Chunk) -> None:
        for blob in chunk.blobs:
            sizes[blob.name] = sizes.get(blob.name, 0) + blob.length
            here[blob.name] = here.get(blob.name, True) and bool(blob.in_cache)

    client.get_job(job_id, take=take)
    rows = ((name, str(sizes[name]), "yes" if here[name] else "no") for name in sizes)
    return csv_files.write(file, ("object", "size", "in cache"), rows)
