"""What a job reports while it runs. Frozen records, absolute totals, facts instead of sentences.

A merged or repeated event is harmless: each carries totals, none an increment. Exactly one
`JobEnded` comes out of a run, and nothing after it.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from datetime import datetime

from .turns import Kind

MAX_TRIES = 5  # of one blob in one run, whatever the causes


class Direction(enum.Enum):
    """What a job does. STAGE and VERIFY are the appliance's own work: no byte comes or goes."""

    PUT = "put"
    GET = "get"
    STAGE = "stage"
    VERIFY = "verify"

    @property
    def moves(self) -> bool:
        """Whether this program moves the bytes."""
        return self in (Direction.PUT, Direction.GET)


class State(enum.Enum):
    """What a job is doing. Persisted is no state: it is learned later from the appliance."""

    QUEUED = "queued"
    PREPARING = "preparing"
    WAITING = "waiting"
    TRANSFERRING = "transferring"
    CANCELLING = "cancelling"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"

    @property
    def ended(self) -> bool:
        return self in (State.DONE, State.CANCELLED, State.FAILED)


class WaitReason(enum.Enum):
    """Why a job waits. The value is kept in the ledger."""

    CACHE = "cache"
    TAPE = "tape"
    NETWORK = "network"
    BUSY = "busy"
    DISK = "disk"
    KEY = "key"
    USER = "user"
    ANSWER = "answer"  # a person is asked what to do with a file that is there


class Outcome(enum.Enum):
    """How a run ended. INTERRUPTED: the program quits; the job stays open on the appliance."""

    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


class Actor(enum.Enum):
    USER = "user"
    APPLIANCE = "appliance"
    ENGINE = "engine"


class Cancel(enum.Enum):
    """The two meanings of cancel: keep what is completely in cache, or discard all of it."""

    KEEP = "keep"
    DISCARD = "discard"


class ObjectState(enum.Enum):
    """What is true of one object of a job. The value is kept in the ledger.

    READY is in the appliance's cache, and still to be checked there: of a verification.
    """

    WAITING = "waiting"
    READY = "ready"
    TRANSFERRING = "transferring"
    IN_CACHE = "in cache"
    PERSISTED = "persisted"
    DONE = "done"
    SKIPPED = "skipped"
    FAILED = "failed"
    CANCELLED = "cancelled"


class ChunkPhase(enum.Enum):
    """What a chunk cell shows. DONE is a download's word for what an upload calls PERSISTED."""

    WAITING = "waiting"
    NEXT = "next"
    READY = "ready"
    TRANSFERRING = "transferring"
    PARTLY_IN_CACHE = "partly in cache"  # of a job that moves nothing here
    IN_CACHE = "in cache"
    PERSISTED = "persisted"
    DONE = "done"
    FAILED = "failed"


class FailureCode(enum.Enum):
    """Why an object, or a whole job, did not make it. The value is kept in the ledger."""

    UNREADABLE = "unreadable"  # the file cannot be opened or read; detail: the system's words
    VANISHED = "vanished"  # the file was there at the walk and is gone
    CHANGED = "changed"  # size or mtime differ from the walk's; difference: bytes
    NAME_NOT_ALLOWED = "name not allowed"  # detail: which rule
    CLASH = "clash"  # two files would become one object, or two objects one path
    EXISTS = "exists"  # 409: already in the bucket, and the policy keeps no versions
    HELD = "held"  # the file is another one now, and an open job holds its name; detail: HeldFor
    NOT_DELETED = "not deleted"  # what the object replaces could not be deleted, so it was not sent
    NOT_FOUND = "not found"  # 404 of a bucket or object
    NO_RIGHT = "no right"  # 403
    OUTSIDE = "outside"  # the object ends before the part that was asked for; difference: its size
    NOT_LISTED = "not listed"  # 403 to a listing: what a chosen folder holds may not be seen
    KEYS = "keys"  # 403: access id or secret key not accepted
    CLOCK = "clock"  # 403: difference: seconds
    CONNECTION = "connection"  # lost five times
    TOO_OLD = "too old"  # the appliance's release does not bring to cache by itself
    NOT_VERIFIED = "not verified"  # the appliance doubts a copy after it has read it
    CHECKSUM = "checksum"  # differed five times
    APPLIANCE = "appliance"  # 500, 502, 504
    REFUSED = "refused"  # any other refusal
    BAD_REPLY = "bad reply"  # the answer made no sense
    JOB_GONE = "job gone"  # 404, 410: the appliance no longer knows the job
    TIMED_OUT = "timed out"  # the appliance dropped the job: nothing moved for 24 h
    MANAGEMENT_PORT = "management port"  # it takes no bulk jobs
    IN_THE_WAY = "in the way"  # a folder where the file should be, or the other way round
    LOCAL_WRITE = "local write"  # the target cannot be written, not for want of space
    LEFT_OUT = (
        "left out"  # by choice: it is only on tapes that are not read; detail: their barcodes
    )
    NOTHING_TO_DO = "nothing to do"  # no file, no object
    CERTIFICATE = "certificate"  # no secure connection; detail: the TLS fault's value
    INTERNAL = "internal"  # a fault of ours; the traceback is in the log


class HeldFor(enum.Enum):
    """Why a job on the appliance is not closed for the sake of a name that it holds.

    OTHERS: it has parts of other failed objects, which would be lost. RELEASE: the appliance's
    release cannot close a job and keep what arrived. APPLIANCE: it refused to.
    """

    OTHERS = "others"
    RELEASE = "release"
    APPLIANCE = "appliance"


@dataclass(frozen=True, slots=True)
class Failure:
    """The facts of one failure; `gui/messages.py` makes the sentence."""

    code: FailureCode
    name: str | None = None
    path: str | None = None
    detail: str | None = None
    difference: int | None = None
    tries: int | None = None
    at: datetime | None = None
    status: int | None = None
    appliance_code: str | None = None
    appliance_message: str | None = None
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """An object whose file is there already: of `size` bytes, the file of `here` and `modified`."""

    name: str
    path: str
    size: int | None
    here: int
    modified: float


@dataclass(frozen=True, slots=True)
class Facts:
    """What the second line of a row may tell of a state. All optional, None is not known."""

    position: int | None = None  # in line, 1 is next; QUEUED
    line: Kind | None = None  # which line that is; QUEUED
    looked_at: int | None = None  # files or names so far; PREPARING
    creating: bool = False  # the appliance is creating the job; PREPARING
    chunks_in_flight: int | None = None
    chunks_ready: int | None = None
    blobs_in_flight: int | None = None  # still ending; CANCELLING, and WAITING by the user
    files_ending: int | None = None  # here as a whole, and on their way to the disk; of a download
    objects_kept: int | None = None  # CANCELLED
    kept: bool | None = None  # CANCELLED: KEEP or DISCARD was told to the appliance
    since: datetime | None = None
    not_continued: bool = False  # WAITING by the user: of an earlier start, not yet told to go on
    place_unknown: bool = False  # WAITING by the user: found again, but not where its files are
    not_closed: Failure | None = None  # FAILED: why the appliance did not close the job
    doubts_unknown: bool = False  # DONE: what a verification found wrong may not be asked
    unproved: int = 0  # DONE: objects of a download of which the appliance told no checksum
    closed: bool = False  # FAILED: the job there is closed, and what arrived is kept
    forgotten: bool = False  # FAILED: closed because nobody looked after it for 12 h
    path: str | None = None  # WAITING for disk space: where
    free: int | None = None  # bytes free there
    needed: int | None = None  # bytes needed there
    #: FAILED: what refused the whole job; NETWORK: why no connection is to be had, where that is
    #: known to be another reason than a way that leads nowhere.
    failure: Failure | None = None
    question: Question | None = None  # WAITING for an answer


@dataclass(frozen=True, slots=True)
class Event:
    """What all events carry: the ledger's id of the job."""

    job_id: int


@dataclass(frozen=True, slots=True)
class JobState(Event):
    """At each change of state, and when the facts of a state change (at most 5 a second)."""

    state: State
    reason: WaitReason | None = None
    facts: Facts = field(default_factory=Facts)


@dataclass(frozen=True, slots=True)
class Waiting(Event):
    """At each answer that makes the job wait. Comes right after the JobState of the wait.

    `until` is when it asks again by itself, `asked_at` when it last asked, both aware UTC. `times`
    counts the waits of this run, this one included; `total_s` is the time waited before this one.
    `retry_after_s` is what the appliance asked for, None where the delay is our own.
    """

    reason: WaitReason
    until: datetime
    asked_at: datetime
    times: int
    total_s: float
    retry_after_s: float | None = None


@dataclass(frozen=True, slots=True)
class JobCreated(Event):
    """The appliance has created the job: its id and its chunks, in the appliance's order.

    `part` is which of the transfer's jobs there it is, from 0; `parts` how many it has, so far.
    Told again where the job has fewer than before; none where it is there no more.
    """

    appliance_job_id: str
    part: int
    chunks: tuple[ChunkSummary, ...]
    parts: int = 1


@dataclass(frozen=True, slots=True)
class ChunkSummary:
    number: int
    length: int
    objects: int


@dataclass(frozen=True, slots=True)
class Progress(Event):
    """Totals, at most five a second, and a last one before `JobEnded`.

    All amounts are bytes. Of an upload: `sent` counts complete blobs and what is in flight,
    `in_cache` what the appliance confirmed, `persisted` what it says is on final storage (None
    until asked). Of a download: `sent` is received, `in_cache` loaded in the appliance's cache
    (None until known), `persisted` is received, checked and renamed. Of a job that moves nothing
    all three are what is in cache, or was checked, as the appliance tells it. `rate` is bytes a
    second over the last 10 s, `time_left_s` comes from the last 30 s; both None where unknown.
    """

    sent: int
    in_cache: int | None
    persisted: int | None
    total: int
    objects_done: int
    objects_failed: int
    objects_total: int
    rate: float | None = None
    time_left_s: float | None = None


@dataclass(frozen=True, slots=True)
class ChunkState(Event):
    """One chunk's cell; `fraction` (0 to 1) of its bytes moved, or came to be in the appliance's
    cache where nothing moves here. Newest wins, 5 rounds a second.
    """

    number: int
    phase: ChunkPhase
    fraction: float


@dataclass(frozen=True, slots=True)
class ObjectFailed(Event):
    """One object failed for good. The first 100 of a run; all are in the ledger and the counts."""

    failure: Failure


@dataclass(frozen=True, slots=True)
class Counts:
    done: int
    failed: int
    skipped: int
    cancelled: int
    total: int


@dataclass(frozen=True, slots=True)
class JobEnded(Event):
    """The end of a run. `failure` tells what ended the whole job, None if single objects failed."""

    outcome: Outcome
    by: Actor
    counts: Counts
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class PersistenceProgress(Event):
    """From the watcher: so many of the job's bytes are on final storage by now."""

    appliance_job_id: str
    persisted: int
    total: int


@dataclass(frozen=True, slots=True)
class Said:
    """What the records of a job's jobs on the appliance say of it.

    `verifies_writes`: whether all of them have verify after write. `error_message` is the first
    that one of them has, empty where none has any. Both are None where that is not told.
    """

    verifies_writes: bool | None = None
    error_message: str | None = None


@dataclass(frozen=True, slots=True)
class ApplianceSaid(Event):
    """From the watcher: the appliance says something else of the job than before.

    What is None was not told now, and takes nothing back.
    """

    said: Said


@dataclass(frozen=True, slots=True)
class Persisted(Event):
    """From the watcher, not from a run: every byte is on final storage as the data policy asks."""

    appliance_job_id: str
    at: datetime
    copies: int | None = None
