"""The blobs of one job on the appliance, and where each of them is. Touches no disk and no wire.

A chunk is only a cell, in numbers, until the appliance offers it; then its blobs are loaded. A blob
is `unseen` until it is offered, then `ready`, then `moving`; it may rest before another try. In the
end it is there, or its object has failed. An object is forgotten once it is whole, so that a job of
very many objects holds only those that are on their way. Only the job's own thread changes anything
here, but for `Transfer.moved` and `checksum`, which the blob's thread writes.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from ds3_browser.protocol.records import Blob, Checksum

from .ledger_records import CellRow, KnownBlob

BlobKey = tuple[str, int]


def key_of(blob: Blob) -> BlobKey:
    """What a blob of a job is known by: its id means different things to different releases."""
    return blob.name, blob.offset


@dataclass(slots=True, eq=False)
class Cell:
    """One chunk of the job. `number` counts on over the parts of a split job; lengths are bytes.

    Of its `blobs`, `ended` are there and `given_up` belong to objects that have failed. `loaded`
    where the blobs that are left have been taken into memory. `cached` bytes in `cached_blobs` are
    in the appliance's cache, of a job that moves nothing here.
    """

    number: int
    length: int = 0
    blobs: int = 0
    objects: int = 0
    ended: int = 0
    given_up: int = 0
    moved: int = 0
    offered: bool = False
    failed: bool = False
    in_flight: int = 0
    loaded: bool = False
    cached: int = 0
    cached_blobs: int = 0

    @classmethod
    def of(cls, row: CellRow) -> Cell:
        cell = cls(row.number, row.length, row.blobs, row.objects, row.done)
        cell.given_up, cell.moved = row.given_up, row.moved
        cell.failed, cell.offered = row.given_up > 0, row.done > 0
        return cell

    @property
    def complete(self) -> bool:
        return self.ended >= self.blobs

    @property
    def over(self) -> bool:
        """Whether nothing of it will move any more."""
        return self.ended + self.given_up >= self.blobs


@dataclass(slots=True, eq=False)
class ObjectInJob:
    """One object: `left` of its blobs are not there yet, `in_flight` are in threads' hands.

    `aside` where another job of the same run will bring what is left; it counts as `failed` here.
    `size` is bytes of the whole object, `path` its file, `mtime_ns` that file's time as planned.
    `transfers` are its blobs that are loaded; `started` is when the first of them was begun.
    `status` is of the file that the first blob of an upload was read from; blobs' threads set it.
    """

    name: str
    path: str | None = None
    size: int = 0
    mtime_ns: int | None = None
    transfers: list[Transfer] = field(default_factory=list)
    left: int = 0
    in_flight: int = 0
    started: datetime | None = None
    tries: int = 1
    failed: bool = False
    aside: bool = False
    status: os.stat_result | None = None


@dataclass(slots=True, eq=False)
class Transfer:
    """One blob of this run. `moved` bytes of it are over, `tries` have failed.

    `told_to_wait` where the appliance asked for the rest before the next try. `outside` where the
    blob is to be read without its job, which has given it once already; `probed` where that was
    tried in vain.
    """

    blob: Blob
    object: ObjectInJob
    cell: Cell
    tries: int = 0
    not_before: float = 0.0
    told_to_wait: bool = False
    outside: bool = False
    probed: bool = False
    moved: int = 0
    checksum: Checksum | None = None


class Blobs:
    """All blobs of one job on the appliance.

    `load` gives the blobs of a chunk that are not there yet; `chunks_of` the numbers of the chunks
    that an object's blobs lie in, or those of one blob where its offset is given.
    """

    def __init__(
        self,
        job_id: str,
        part: int,
        cells: Iterable[CellRow],
        load: Callable[[int], Iterable[KnownBlob]],
        chunks_of: Callable[[str, int | None], set[int]],
    ) -> None:
        self.job_id = job_id
        self.part = part
        self.cells = [Cell.of(row) for row in cells]
        self.unseen: dict[BlobKey, Transfer] = {}
        self.ready: deque[Transfer] = deque()
        self.resting: list[Transfer] = []
        self.moving: set[Transfer] = set()
        self.finishing: set[ObjectInJob] = set()
        self.objects: dict[str, ObjectInJob] = {}
        self._load = load
        self._chunks_of = chunks_of
        self._by_number = {cell.number: cell for cell in self.cells}
        self._not_loaded = sum(1 for cell in self.cells if not cell.over)

    @property
    def length(self) -> int:
        """Bytes of all blobs."""
        return sum(cell.length for cell in self.cells)

    @property
    def awaited(self) -> bool:
        """Whether there are blobs that the appliance has not offered."""
        return bool(self.unseen or self._not_loaded)

    @property
    def on_offer(self) -> bool:
        """Whether there are blobs that the appliance has offered and that are not there yet."""
        return bool(self.ready or self.resting or self.moving)

    @property
    def open(self) -> bool:
        """Whether anything is left that could be moved, or is being moved."""
        return bool(self.awaited or self.on_offer or self.finishing)

    @property
    def busy(self) -> bool:
        return bool(self.moving or self.finishing)

    def most_in_a_chunk(self) -> int:
        return max((cell.blobs for cell in self.cells), default=0)

    # --- what comes into memory, and goes

    def load_all(self) -> None:
        for cell in self.cells:
            self._take_in(cell)

    def _take_in(self, cell: Cell) -> None:
        if cell.loaded or cell.over:
            return
        cell.loaded = True
        self._not_loaded -= 1
        for row in self._load(cell.number):
            self._add(row, cell)

    def _add(self, row: KnownBlob, cell: Cell) -> None:
        owner = self.object_of(row)
        if owner.failed:
            cell.given_up += 1
            cell.failed = True
            return
        transfer = Transfer(Blob(row.name, row.offset, row.length, None, row.version), owner, cell)
        self.unseen[key_of(transfer.blob)] = transfer
        owner.transfers.append(transfer)

    def object_of(self, row: KnownBlob) -> ObjectInJob:
        """The object of a blob, made where it is not in memory."""
        owner = self.objects.get(row.name)
        if owner is None:
            owner = ObjectInJob(row.name, row.path, row.size, row.mtime_ns)
            owner.left = row.left
            self.objects[row.name] = owner
        return owner

    def forget(self, whole: ObjectInJob) -> None:
        """The object is whole, and nothing more will be asked of it."""
        self.objects.pop(whole.name, None)

    # --- a blob's way

    def offer_chunk(self, blobs: Sequence[Blob]) -> list[Transfer]:
        """The appliance lists a chunk; what of it is news."""
        if blobs and self._not_loaded and key_of(blobs[0]) not in self.unseen:
            self._load_offered(blobs)
        offered = (self.offer(blob) for blob in blobs)
        return [transfer for transfer in offered if transfer is not None]

    def _load_offered(self, blobs: Sequence[Blob]) -> None:
        """Take in the chunk that blobs are of."""
        if (cell := self.cell_of(blobs)) is not None:
            self._take_in(cell)

    def cell_of(self, blobs: Sequence[Blob]) -> Cell | None:
        """The chunk that blobs are of, by the first of them that is still this job's.

        Its own number is not used: it counts anew in each part of a split job.
        """
        for blob in blobs:
            numbers = self._chunks_of(blob.name, blob.offset) & self._by_number.keys()
            if numbers:
                return self._by_number[min(numbers)]
        return None

    def _load_chunks(self, numbers: Iterable[int]) -> None:
        for number in numbers:
            if (cell := self._by_number.get(number)) is not None:
                self._take_in(cell)

    def offer(self, blob: Blob) -> Transfer | None:
        """The appliance lists a blob of a chunk that is loaded; None if that is no news."""
        transfer = self.unseen.get(key_of(blob))
        if transfer is None or transfer.blob.length != blob.length:
            return None
        if blob.version_id != transfer.blob.version_id:
            transfer.blob = replace(transfer.blob, version_id=blob.version_id)
        return self.take(transfer)

    def of_other_lengths(self, blobs: Sequence[Blob]) -> set[ObjectInJob]:
        """The objects of which the appliance lists blobs that are not as long as they were."""
        listed = ((self.unseen.get(key_of(blob)), blob) for blob in blobs)
        return {t.object for t, blob in listed if t is not None and t.blob.length != blob.length}

    def take(self, transfer: Transfer) -> Transfer:
        """An unseen blob is one no more."""
        del self.unseen[key_of(transfer.blob)]
        transfer.cell.offered = True
        return transfer

    def withdraw(self, transfer: Transfer) -> None:
        """It was not to be had: the appliance has still to offer it."""
        self.unseen[key_of(transfer.blob)] = transfer

    def next_ready(self) -> Transfer | None:
        """Take a blob that may be moved now."""
        while self.ready:
            transfer = self.ready.popleft()
            if not transfer.object.failed:
                return transfer
        return None

    def begin(self, transfer: Transfer) -> None:
        self.moving.add(transfer)
        transfer.object.in_flight += 1
        transfer.cell.in_flight += 1

    def land(self, transfer: Transfer) -> None:
        """The blob's thread is through with it, whatever came of it."""
        self.moving.discard(transfer)
        transfer.object.in_flight -= 1
        transfer.cell.in_flight -= 1

    def succeeded(self, transfer: Transfer) -> None:
        """The blob is there."""
        transfer.moved = 0
        transfer.object.left -= 1
        transfer.object.tries = max(transfer.object.tries, transfer.tries + 1)
        transfer.cell.ended += 1
        transfer.cell.moved += transfer.blob.length

    def back(self, transfer: Transfer) -> None:
        """To be moved as soon as may be."""
        self.ready.appendleft(transfer)

    def rest(self, transfer: Transfer, until: float, *, told: bool) -> None:
        """To be moved again, but not before a moment of the monotonic clock."""
        transfer.not_before, transfer.told_to_wait = until, told
        self.resting.append(transfer)

    def rouse(self, now: float) -> None:
        """Whatever has rested long enough is ready."""
        if self.resting:
            self.ready.extend(t for t in self.resting if t.not_before <= now)
            self.resting = [t for t in self.resting if t.not_before > now]

    def give_up(self, failed: ObjectInJob) -> None:
        """None of the object's blobs is begun any more."""
        if failed.left > len(failed.transfers):
            # Its other blobs lie in chunks that nobody may ever offer for their sake.
            self._load_chunks(self._chunks_of(failed.name, None))
        failed.failed = True
        for transfer in failed.transfers:
            transfer.cell.failed = transfer.cell.failed or not failed.aside
            transfer.cell.given_up += 1
            self.unseen.pop(key_of(transfer.blob), None)
        self.resting = [t for t in self.resting if t.object is not failed]

    # --- what is told of them

    def in_flight(self, cell: Cell) -> int:
        """Bytes of a chunk that are on their way."""
        return sum(t.moved for t in self.moving if t.cell is cell) if cell.in_flight else 0

    def chunks_in_flight(self) -> int:
        return sum(1 for cell in self.cells if cell.in_flight)

    def chunks_ready(self) -> int:
        """Chunks offered of which nothing moves now and something is left."""
        return sum(1 for c in self.cells if c.offered and not c.in_flight and not c.complete)

    def first_not_offered(self) -> Cell | None:
        """What a job that is given its chunks in order waits for."""
        return next((cell for cell in self.cells if not cell.offered and not cell.complete), None)
