"""The blob threads of one appliance, shared by its jobs in turn, and one thread that hashes ahead.

Big blobs fill all threads. Small ones use two, or one where it has several on their way at once:
more only contend for the interpreter.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import TypeVar

SMALL = 1 << 20
THREADS = 4
THREADS_FOR_SMALL = 2
WAITERS = 16

T = TypeVar("T")
Task = partial[None]

log = logging.getLogger(__name__)


class BlobPool:
    """Runs tasks of several owners, one of each in turn.

    A task must not raise; one that does costs nobody a thread.
    """

    def __init__(self, threads: int = THREADS) -> None:
        lock = threading.Lock()
        self._work_there = threading.Condition(lock)
        self._task_ended = threading.Condition(lock)
        self._idle = 0
        self._queues: dict[Hashable, deque[tuple[Task, int]]] = {}
        self._small_running = 0
        self._running: dict[Hashable, int] = {}
        self._closed = False
        self._hasher = ThreadPoolExecutor(1, "hash-ahead")
        self._waiters = ThreadPoolExecutor(WAITERS, "sync")  # has no thread before it is asked
        self._threads = [
            threading.Thread(target=self._work, name=f"blob-{n}", daemon=True)
            for n in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    @property
    def size(self) -> int:
        return len(self._threads)

    def submit(self, owner: Hashable, task: Task, length: int, *, alone: bool = False) -> None:
        """Queue a task that moves a blob of `length` bytes.

        `alone` where a task of small blobs is as many as may run at a time.
        """
        share = (THREADS_FOR_SMALL if alone else 1) if length < SMALL else 0
        with self._work_there:
            self._queues.setdefault(owner, deque()).append((task, share))
            self._call_one()

    @property
    def idle(self) -> int:
        """How many threads have nothing to do at this moment."""
        return self._idle

    def waiting(self, owner: Hashable) -> int:
        """How many of the owner's tasks have not begun."""
        return len(self._queues.get(owner, ()))

    def hash_ahead(self, work: Callable[[], T]) -> Future[T]:
        """Run `work` in the hashing thread while other blobs are being sent."""
        return self._hasher.submit(work)

    def at_once(self, works: Sequence[Callable[[], T]]) -> list[T]:
        """Run works beside each other, and give what they give, in their order.

        They are waits for a disk, which writes down many things together in hardly more time than
        one of them, and the shares of a long digest.
        """
        return list(self._waiters.map(_run, works))

    def withdraw(self, owner: Hashable) -> list[Task]:
        """Drop the owner's tasks that have not begun, and return them."""
        with self._work_there:
            return [task for task, _ in self._queues.pop(owner, ())]

    def wait_for(self, owner: Hashable) -> None:
        """Block until none of the owner's tasks runs."""
        with self._task_ended:
            self._task_ended.wait_for(lambda: owner not in self._running)

    def close(self) -> None:
        """Drop what has not begun and wait for what has."""
        with self._work_there:
            self._closed = True
            self._queues.clear()
            self._work_there.notify_all()
        for thread in self._threads:
            thread.join()
        self._hasher.shutdown(cancel_futures=True)
        self._waiters.shutdown(cancel_futures=True)

    def _work(self) -> None:
        while (taken := self._take()) is not None:
            owner, task, share = taken
            try:
                task()
            except Exception:
                log.exception("a task of %s came to no end", owner)
            finally:
                self._ended(owner, share)

    def _take(self) -> tuple[Hashable, Task, int] | None:
        with self._work_there:
            while not self._closed:
                if (taken := self._next()) is not None:
                    owner, _, share = taken
                    self._small_running += share
                    self._running[owner] = self._running.get(owner, 0) + 1
                    self._call_one()
                    return taken
                self._idle += 1
                self._work_there.wait()
                self._idle -= 1
        return None

    def _call_one(self) -> None:
        """Wake one idle thread if there is something it may do; that one wakes the next.

        To wake all of them for each small blob would cost more than the blob.
        """
        if self._idle and self._next_owner() is not None:
            self._work_there.notify()

    def _next(self) -> tuple[Hashable, Task, int] | None:
        """The first owner's first task that may run now; the owner goes to the end of the line."""
        owner = self._next_owner()
        if owner is None:
            return None
        tasks = self._queues.pop(owner)
        task, share = tasks.popleft()
        if tasks:
            self._queues[owner] = tasks
        return owner, task, share

    def _next_owner(self) -> Hashable | None:
        no_small = self._small_running >= THREADS_FOR_SMALL
        return next(
            (o for o, tasks in self._queues.items() if not (no_small and tasks[0][1])), None
        )

    def _ended(self, owner: Hashable, share: int) -> None:
        with self._task_ended:
            self._small_running -= share
            self._running[owner] -= 1
            if not self._running[owner]:
                del self._running[owner]
                self._task_ended.notify_all()


def _run(work: Callable[[], T]) -> T:
    return work()
