"""A job's blobs in the hands of the pool's threads, and what came of them.

The job's own thread hands over, and takes results from a queue when it likes; what runs in the
pool's threads only moves, and wakes it. `Mover` is what an upload and a download do differently,
`Context` what all that works for one job is given.
"""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from ds3_browser.protocol.client import Ds3Client
from ds3_browser.protocol.records import Chunk
from ds3_browser.protocol.transport import Hangup

from .blobs import ObjectInJob, Transfer
from .controls import Controls
from .events import Direction, ObjectState
from .ledger import Ledger
from .pool import BlobPool
from .reporting import Reporter
from .together import MOST, MOST_BYTES, OnItsWay, attempt, move_together
from .waits import Waits

#: What became of an object: its state, or why it could not be made whole.
Ended = Callable[[ObjectInJob, ObjectState | None, Exception | None], None]


class Mover(Protocol):
    """What an upload and a download do differently. `move` and `finish` run in blob threads."""

    @property
    def direction(self) -> Direction: ...

    def as_wanted(self, chunk: Chunk) -> Chunk:
        """A chunk that the appliance lists, of those bytes alone that the job is for."""

    def before_moving(self, transfer: Transfer) -> None:
        """The blob is about to be handed to the pool; in the loop's thread."""

    def move(self, transfer: Transfer, hangup: Hangup) -> None:
        """Move one big blob. Raises what went wrong."""

    def begin(self, transfer: Transfer, hangup: Hangup) -> OnItsWay:
        """Begin on a small blob. Raises what went wrong."""

    def finish(self, found: ObjectInJob) -> ObjectState:
        """All blobs of an object are there: make it whole, and tell its path if that is another.

        Raises LocalFileError.
        """

    def finish_together(self, found: Sequence[ObjectInJob], ended: Ended) -> None:
        """The same for several; `ended` is called once for each."""

    def asks_anew(self, found: ObjectInJob) -> bool:
        """Whether an object that its job gives no more is to be asked for with another job.

        Asks the appliance whether it is there at all.
        """

    def leave(self, found: ObjectInJob) -> None:
        """The object is whole or has failed, or the run ends before: leave nothing behind."""


@dataclass(frozen=True, slots=True)
class Context:
    """What a job works with. The ledger and the pool are shared with other jobs."""

    job_id: int
    bucket: str
    client: Ds3Client
    ledger: Ledger
    pool: BlobPool
    controls: Controls
    waits: Waits
    reporter: Reporter


@dataclass(frozen=True, slots=True)
class Landed:
    """A blob's thread is through with it; no error is success.

    `finishes` where the same thread goes on to make the object whole, `cut` where our own hangup
    had ended what it did.
    """

    transfer: Transfer
    error: Exception | None
    finishes: bool
    cut: bool


@dataclass(frozen=True, slots=True)
class Finished:
    """A blob's thread made an object whole, or could not."""

    object: ObjectInJob
    state: ObjectState | None
    error: Exception | None


@dataclass(frozen=True, slots=True)
class Broken:
    """A fault of the engine in a blob's thread: what it had in hand will never land."""

    error: Exception


class Together:
    """Small blobs that one thread moves together; those in `finishing` make their objects whole."""

    def __init__(self) -> None:
        self.transfers: list[Transfer] = []
        self.finishing: set[Transfer] = set()
        self._length = 0

    def add(self, transfer: Transfer, finishes: bool) -> bool:
        """Whether it has enough now."""
        self.transfers.append(transfer)
        if finishes:
            self.finishing.add(transfer)
        self._length += transfer.blob.length
        return len(self.transfers) >= MOST or self._length >= MOST_BYTES


class Hands:
    """What one job has handed to the pool. All but what runs there is for the job's own thread.

    `results` are what came of it, in the order of their ends.
    """

    def __init__(self, mover: Mover, context: Context) -> None:
        self.results: queue.SimpleQueue[Landed | Finished | Broken] = queue.SimpleQueue()
        self._mover = mover
        self._context = context

    def move(self, transfer: Transfer, finishes: bool) -> None:
        """A big blob; where it `finishes`, its thread makes the object whole."""
        task = partial(self._run, transfer, self._context.controls.blobs, finishes)
        self._context.pool.submit(self._context.job_id, task, transfer.blob.length)

    def move_together(self, together: Together) -> None:
        """Small blobs; nothing where there are none."""
        if together.transfers:
            task = partial(self._run_several, together, self._context.controls.blobs)
            alone = self._context.client.begins_at_once
            self._context.pool.submit(self._context.job_id, task, 0, alone=alone)

    def finish(self, found: ObjectInJob) -> None:
        """An object of which all blobs are there."""
        self._context.pool.submit(self._context.job_id, partial(self._run_finish, found), 0)

    def withdraw(self) -> Iterator[Transfer | Together | ObjectInJob]:
        """Take back what no thread has begun."""
        for task in self._context.pool.withdraw(self._context.job_id):
            yield task.args[0]

    # --- in the pool's threads

    def _run(self, transfer: Transfer, hangup: Hangup, finishes: bool) -> None:
        error = attempt(lambda: self._check_and_move(transfer, hangup))
        self.results.put(Landed(transfer, error, finishes and error is None, hangup.fired))
        if error is None and finishes:
            self._run_finish(transfer.object)
        elif error is not None or self._is_awaited():
            self._context.controls.wake.set()

    def _is_awaited(self) -> bool:
        """Whether the loop should look now. It is not woken for each one of many small blobs."""
        return self._context.pool.waiting(self._context.job_id) < 2

    def _run_several(self, together: Together, hangup: Hangup) -> None:
        error = attempt(lambda: self._move_together(together, hangup))
        if error is not None:
            self.results.put(Broken(error))
            self._context.controls.wake.set()

    def _move_together(self, together: Together, hangup: Hangup) -> None:
        whole: list[ObjectInJob] = []
        trouble = False

        def begin(transfer: Transfer) -> OnItsWay:
            self._context.controls.check()
            return self._mover.begin(transfer, hangup)

        def landed(transfer: Transfer, error: Exception | None) -> None:
            nonlocal trouble
            trouble = trouble or error is not None
            finishes = error is None and transfer in together.finishing
            self.results.put(Landed(transfer, error, finishes, hangup.fired))
            if finishes:
                whole.append(transfer.object)

        def ended(found: ObjectInJob, state: ObjectState | None, error: Exception | None) -> None:
            nonlocal trouble
            trouble = trouble or error is not None
            self.results.put(Finished(found, state, error))

        move_together(together.transfers, begin, landed)
        self._mover.finish_together(whole, ended)
        if trouble or self._is_awaited():
            self._context.controls.wake.set()

    def _check_and_move(self, transfer: Transfer, hangup: Hangup) -> None:
        self._context.controls.check()
        self._mover.move(transfer, hangup)

    def _run_finish(self, found: ObjectInJob) -> None:
        states: list[ObjectState] = []
        error = attempt(lambda: states.append(self._mover.finish(found)))
        self.results.put(Finished(found, states[0] if states else None, error))
        if error is not None or self._is_awaited():
            self._context.controls.wake.set()
