"""What the appliance knows of one object or bucket, put together from several short calls.

Plain records. A part that may not be read is None; what stays is told all the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from ds3_browser.gui.connections import Placed
from ds3_browser.protocol.records import (
    BucketDetails,
    DataPolicy,
    FoundObject,
    ObjectHead,
    PlacedBlob,
)
from ds3_browser.protocol.system_records import Tape


@dataclass(frozen=True, slots=True)
class ObjectFacts:
    """One object. `copies_asked` is how many permanent copies the data policy wants.

    `placed` is where the copies of its versions are, by their ids; without those not told.
    """

    bucket: str
    name: str
    at: datetime
    head: ObjectHead | None
    versions: tuple[FoundObject, ...] | None
    blobs: tuple[PlacedBlob, ...] | None
    policy: DataPolicy | None
    copies_asked: int | None
    tapes: Mapping[str, Tape] = field(default_factory=dict)
    placed: Mapping[str, Placed] = field(default_factory=dict)

    @property
    def latest(self) -> FoundObject | None:
        """The version that is told when nobody asks for one."""
        return next((one for one in self.versions or () if one.latest), None)

    @property
    def media(self) -> tuple[str, ...]:
        """The barcodes and names of all media that hold any of it, each once."""
        found: dict[str, None] = {}
        for blob in self.blobs or ():
            where = blob.placement
            found.update(dict.fromkeys((*where.tapes, *where.pools, *where.targets)))
        return tuple(found)

    @property
    def copies(self) -> int | None:
        """How many whole copies there are on media; None where that is not told."""
        if self.blobs is None:
            return None
        return min((len(_media(one)) for one in self.blobs), default=0)


def _media(blob: PlacedBlob) -> tuple[str, ...]:
    where = blob.placement
    return (*where.tapes, *where.pools, *where.targets)


@dataclass(frozen=True, slots=True)
class BucketFacts:
    bucket: str
    at: datetime
    details: BucketDetails | None
    policy: DataPolicy | None
    owner: str | None = None  # by name
