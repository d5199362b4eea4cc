"""What is known of a session, and what a pane may ask of who browses for it.

Plain records and protocols: panes and the doer that answers them never import each other.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol  # Any: Qt's bound signals, whose type PySide does not give

from ds3_browser.gui.places import Place
from ds3_browser.gui.seen import Seen
from ds3_browser.protocol.client import Ds3Client
from ds3_browser.protocol.records import Bucket, CacheState, DeleteError, Listing


class SessionState(enum.Enum):
    NOT_CONNECTED = "not connected"
    CONNECTING = "connecting"
    CONNECTED = "connected"
    SIGN_IN_FAILED = "sign-in failed"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class BucketColumns:
    """What the further columns of a list of buckets tell; None where it may not be known."""

    owner: str | None
    policy: str | None
    used: int | None


@dataclass(frozen=True, slots=True)
class Connection:
    """What is known of one session. `error` tells why it is not, or no longer, connected.

    `truncates` where its appliance can end a job and keep what arrived; False until that is known.
    `stages` where its release can bring objects to its cache by itself; None until that is known.
    `bucket_columns` what is known of its buckets by their names; None until somebody asks for it.
    """

    state: SessionState = SessionState.NOT_CONNECTED
    buckets: tuple[Bucket, ...] = ()
    error: Exception | None = None
    cache: CacheState | None = None
    truncates: bool = False
    stages: bool | None = None
    bucket_columns: Mapping[str, BucketColumns] | None = None


@dataclass(frozen=True, slots=True)
class Tally:
    """A count so far: objects, their bytes, and for each chosen name its own (objects, bytes)."""

    objects: int
    size: int
    parts: tuple[tuple[str, int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Deleted:
    """A deletion so far: how many names were asked for, and those that could not be deleted."""

    done: int
    total: int
    errors: tuple[DeleteError, ...] = ()


@dataclass(frozen=True, slots=True)
class OnlyCopies:
    """A look so far for objects that have no other copy than the one in cache.

    `looked` objects were looked at, `found` of them have none; of these `arriving` are not whole
    in cache either.
    """

    looked: int
    found: int
    arriving: int = 0


@dataclass(frozen=True, slots=True)
class FoundPage(Listing):
    """A page of a search: for each name also its bucket, and whether it is in cache if known.

    `ejected` whether a copy of it is on an ejected tape; empty where that was not asked for.
    """

    buckets: Sequence[str]
    in_cache: Sequence[bool | None]
    ejected: Sequence[bool] = ()


@dataclass(frozen=True, slots=True)
class Placed:
    """Where an object's copies are. `in_cache` None: not told; tapes by their barcodes."""

    in_cache: bool | None
    tapes: tuple[str, ...] = ()
    ejected: tuple[str, ...] = ()
    pools: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    replicas: tuple[str, ...] = ()  # those of the targets that are other appliances


@dataclass(frozen=True, slots=True)
class FolderTakers:
    """Who takes what a listing brings: each page, then the end or an error."""

    on_page: Callable[[Listing], None]
    on_end: Callable[[], None]
    on_error: Callable[[Exception], None]


class RunningListing(Protocol):
    """One listing under way. `done` once its end is known."""

    done: bool

    def stop(self) -> None: ...


class Browses(Protocol):
    """What panes ask. `changed(session_id)` and `listing_wanted(Place)` are signals.

    `seen` is whether anybody can look at what is shown; a listing waits until somebody can.
    """

    changed: Any
    listing_wanted: Any
    seen: Seen

    def connection(self, session_id: str | None) -> Connection: ...
    def client(self, session_id: str) -> Ds3Client | None: ...
    def connect_session(self, session_id: str) -> bool: ...
    def refresh_buckets(self, session_id: str) -> None: ...
    def ask_cache(self, session_id: str) -> None: ...
    def ask_bucket_columns(self, session_id: str) -> None: ...
    def list_folder(
        self,
        place: Place,
        on_page: Callable[[Listing], None],
        on_end: Callable[[], None],
        on_error: Callable[[Exception], None],
        *,
        marker: str | None = None,
    ) -> RunningListing: ...
    def ask_placements(
        self,
        session_id: str,
        bucket: str,
        names: Sequence[str],
        on_result: Callable[[Mapping[str, Placed]], None],
        on_error: Callable[[Exception], None],
    ) -> None: ...
