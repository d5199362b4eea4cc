"""The blobs of one job on the appliance, and where each of them is. Touches no disk and no wire.

A blob is `unseen` until the appliance offers its chunk, then `ready`, then `moving`; it may rest
before another try. In the end it is there, or its object has failed. Only the job's own thread
changes anything here, but for `Transfer.moved` and `checksum`, which the blob's thread writes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ds3_browser.protocol.records import Blob, Checksum, Chunk

from .events import ObjectState

BlobKey = tuple[str, str | None, int]


def key_of(blob: Blob) -> BlobKey:
    """What a blob is known by: its id means different things to different releases."""
    return blob.name, blob.version_id, blob.offset


@dataclass(slots=True, eq=False)
class Cell:
    """One chunk of the job. `number` counts on over the parts of a split job; lengths are bytes."""

    number: int
    length: int = 0
    blobs: int = 0
    objects: int = 0
    ended: int = 0
    moved: int = 0
    offered: bool = False
    failed: bool = False
    in_flight: int = 0

    @property
    def complete(self) -> bool:
        return self.ended >= self.blobs


@dataclass(slots=True, eq=False)
class ObjectInJob:
    """One object: `left` of its blobs are not there yet, `in_flight` are in threads' hands."""

    name: str
    transfers: list[Transfer] = field(default_factory=list)
    size: int = 0
    left: int = 0
    in_flight: int = 0
    tries: int = 1
    failed: bool = False


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
    """All blobs of one job on the appliance, known from the job's chunks."""

    def __init__(self, job_id: str, part: int, chunks: Sequence[Chunk], first_number: int) -> None:
        self.job_id = job_id
        self.part = part
        self.unseen: dict[BlobKey, Transfer] = {}
        self.ready: deque[Transfer] = deque()
        self.resting: list[Transfer] = []
        self.moving: set[Transfer] = set()
        self.finishing: set[ObjectInJob] = set()
        self.objects: dict[str, ObjectInJob] = {}
        self.cells = [self._cell(chunk, first_number) for chunk in chunks]

    def _cell(self, chunk: Chunk, first_number: int) -> Cell:
        cell = Cell(first_number + chunk.number)
        names = set()
        for blob in chunk.blobs:
            if key_of(blob) in self.unseen:
                continue
            names.add(blob.name)
            owner = self.objects.get(blob.name)
            if owner is None:
                owner = self.objects[blob.name] = ObjectInJob(blob.name)
            transfer = Transfer(blob, owner, cell)
            self.unseen[key_of(blob)] = transfer
            owner.transfers.append(transfer)
            owner.left += 1
            owner.size += blob.length
            cell.length += blob.length
            cell.blobs += 1
        cell.objects = len(names)
        return cell

    def recall(self, ended: Mapping[str, ObjectState]) -> None:
        """Of an earlier run: these objects have ended, and nothing of them is to be moved."""
        for name, state in ended.items():
            found = self.objects.get(name)
            if found is None:
                continue
            if state in (ObjectState.FAILED, ObjectState.CANCELLED):
                self.give_up(found)
                continue
            for transfer in found.transfers:
                if self.offer(transfer.blob) is not None:
                    self.succeeded(transfer)

    @property
    def length(self) -> int:
        """Bytes of all blobs."""
        return sum(cell.length for cell in self.cells)

    @property
    def open(self) -> bool:
        """Whether anything is left that could be moved, or is being moved."""
        return bool(self.unseen or self.ready or self.resting or self.busy)

    @property
    def busy(self) -> bool:
        return bool(self.moving or self.finishing)

    def incomplete(self, expected: Iterable[tuple[str, int | None]]) -> Iterator[ObjectInJob]:
        """Objects whose blobs do not add up to what was asked for: a name, and its size if known.

        One that the appliance does not list at all is added, without blobs.
        """
        for name, size in expected:
            found = self.objects.get(name)
            if found is None:
                found = self.objects[name] = ObjectInJob(name)
            if not found.transfers or not _whole(found, size):
                yield found

    def offer(self, blob: Blob) -> Transfer | None:
        """The appliance lists a blob; None if that is no news."""
        transfer = self.unseen.pop(key_of(blob), None)
        if transfer is not None:
            transfer.cell.offered = True
        return transfer

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

    def withdraw(self, transfer: Transfer) -> None:
        """It was not to be had: the appliance has still to offer it."""
        self.unseen[key_of(transfer.blob)] = transfer

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
        failed.failed = True
        for transfer in failed.transfers:
            transfer.cell.failed = True
            self.unseen.pop(key_of(transfer.blob), None)
        self.resting = [t for t in self.resting if t.object is not failed]

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


def _whole(found: ObjectInJob, size: int | None) -> bool:
    """Whether the blobs follow on each other from the first byte to the last."""
    if size is not None and found.size != size:
        return False
    end = 0
    for blob in _in_order(t.blob for t in found.transfers):
        if blob.offset != end:
            return False
        end += blob.length
    return True


def _in_order(blobs: Iterable[Blob]) -> list[Blob]:
    return sorted(blobs, key=lambda blob: blob.offset)
