"""What the ledger holds, as records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any  # values of JSON

from .events import Counts, Failure, ObjectState, Said, State
from .ledger_columns import failure_from

#: What an object is in that has made it.
THERE = (ObjectState.IN_CACHE, ObjectState.PERSISTED, ObjectState.DONE)

#: The options under which it is kept what the appliance says of a job.
UNPROVED = "unproved"  # how many objects of a download came without a checksum
SAID_VERIFIES, SAID_MESSAGE = "said_verifies", "said_message"


class LedgerError(Exception):
    """The ledger cannot be opened or written; the text says why. The file is left as it is."""


class LedgerUnwritable(LedgerError):
    """The disk refuses for now: it is full, read-only or gone."""


@dataclass(frozen=True, slots=True)
class JobRecord:
    """A job as the ledger has it. Times are aware UTC; `kind` is a Direction's value."""

    id: int
    kind: str
    session: str
    bucket: str
    prefix: str
    target: str | None
    name: str
    state: State
    created: datetime
    ended: datetime | None
    endpoint: str | None = None
    access_id: str | None = None
    options: Mapping[str, Any] | None = None
    reason: str | None = None
    started: datetime | None = None
    persisted: datetime | None = None
    removed: datetime | None = None

    @property
    def planned(self) -> bool:
        """Whether all objects were found."""
        return bool((self.options or {}).get("planned"))

    @property
    def verify_asked(self) -> bool:
        """Whether an upload asked for verify after write."""
        return bool((self.options or {}).get("verify"))

    @property
    def said(self) -> Said:
        """What the appliance last said of it."""
        options = self.options or {}
        verifies, message = options.get(SAID_VERIFIES), options.get(SAID_MESSAGE)
        return Said(None if verifies is None else verifies == "1", message)

    @property
    def rank(self) -> float:
        """Its place among the jobs that wait in line: as they came, but for those moved since."""
        try:
            return float((self.options or {}).get("rank") or self.id)
        except ValueError:
            return float(self.id)

    @property
    def end(self) -> Mapping[str, Any]:
        """How its last run ended: `by`, `kept`, `objects_kept`, `closed`, where that is known."""
        end: Mapping[str, Any] = (self.options or {}).get("end") or {}
        return end

    @property
    def failure(self) -> Failure | None:
        """What refused the whole job."""
        return failure_from(self.end.get("failure_code"), self.end.get("failure_facts"))


@dataclass(frozen=True, slots=True)
class ObjectRow:
    """An object of a job. `chunk` is the number of its first blob's chunk, as events have it.

    `started` is when the first of its bytes set out, as far as that is known.
    """

    name: str
    path: str | None
    size: int | None
    chunk: int | None
    state: ObjectState
    tries: int
    checksum_type: str | None
    checksum: str | None
    failure: Failure | None
    ended: datetime | None
    version: str | None
    started: datetime | None = None

    def as_persisted(self) -> ObjectRow:
        """It in a job that is persisted, which is written down of the job alone."""
        if self.state is not ObjectState.IN_CACHE:
            return self
        return replace(self, state=ObjectState.PERSISTED)


@dataclass(frozen=True, slots=True)
class NewObject:
    """An object as it is found; `state` other than WAITING for one that ends right there.

    `part` is the number of the job on the appliance that it goes into.
    """

    name: str
    path: str | None
    size: int | None
    mtime_ns: int | None = None
    state: ObjectState = ObjectState.WAITING
    failure: Failure | None = None
    part: int = 0


@dataclass(frozen=True, slots=True)
class PartRecord:
    """A job on the appliance. `appliance_id` is None where only its creation was intended.

    `state`: intended, open, moved (all its blobs were), cancelled, truncated; or the appliance has
    ended it: gone, and lost while the objects of an upload are not asked for with another job yet.
    """

    part: int
    appliance_id: str | None
    intended: datetime
    state: str


@dataclass(frozen=True, slots=True)
class CellRow:
    """One chunk's blobs, in numbers. `done` of its `blobs` are there, which are `moved` bytes.

    `given_up` of them are not, and belong to objects that have ended.
    """

    number: int
    blobs: int
    length: int
    objects: int
    done: int
    moved: int
    given_up: int


@dataclass(frozen=True, slots=True)
class ChunkRow:
    """What became of some chunks. `failed` of their objects have; `tries` is the most of a blob.

    `failure` is the last one of an object in them, tried again meanwhile or not. `nodes` are the
    appliance's ids of those that hold them, where it told.
    """

    failed: int
    tries: int
    failure: Failure | None
    nodes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KnownBlob:
    """A blob that is still to be moved, and its object: `left` of its blobs are not there yet."""

    name: str
    version: str | None
    path: str | None
    size: int
    mtime_ns: int | None
    left: int
    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class Totals:
    """Objects and bytes of a job, by what became of them. `found` are all objects."""

    found: int
    objects: Mapping[ObjectState, int]
    sizes: Mapping[ObjectState, int]

    def counts(self) -> Counts:
        return Counts(
            done=sum(self.objects.get(state, 0) for state in THERE),
            failed=self.objects.get(ObjectState.FAILED, 0),
            skipped=self.objects.get(ObjectState.SKIPPED, 0),
            cancelled=self.objects.get(ObjectState.CANCELLED, 0),
            total=self.found,
        )
