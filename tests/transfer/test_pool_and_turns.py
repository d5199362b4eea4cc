"""The threads that jobs share, and the lines they stand in."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from functools import partial

import pytest

from ds3_browser.transfer.pool import SMALL, BlobPool
from ds3_browser.transfer.turns import Kind, Turns
from tests.transfer.scenes import wait_until


@pytest.fixture
def pool() -> Iterator[BlobPool]:
    pool = BlobPool()
    yield pool
    pool.close()


class Gate:
    """Tasks stop at it until it is opened; it knows who is there."""

    def __init__(self) -> None:
        self.inside: list[str] = []
        self.most: Counter[str] = Counter()
        self._open = threading.Event()
        self._lock = threading.Lock()

    def task(self, name: str) -> partial[None]:
        return partial(self._stop, name)

    def _stop(self, name: str) -> None:
        with self._lock:
            self.inside.append(name)
        self._open.wait(10)

    def open(self) -> None:
        self._open.set()


def test_big_blobs_use_all_threads_and_small_ones_two(pool: BlobPool) -> None:
    gate = Gate()
    for _ in range(6):
        pool.submit("job", gate.task("small"), SMALL - 1)
    wait_until(lambda: len(gate.inside) == 2)
    for _ in range(6):
        pool.submit("other", gate.task("big"), SMALL)
    wait_until(lambda: len(gate.inside) == 4)
    assert Counter(gate.inside) == {"small": 2, "big": 2}
    gate.open()
    wait_until(lambda: len(gate.inside) == 12)


def test_small_ones_that_go_together_use_one_thread(pool: BlobPool) -> None:
    gate = Gate()
    for _ in range(3):
        pool.submit("job", gate.task("together"), SMALL - 1, alone=True)
        pool.submit("other", gate.task("big"), SMALL)
    wait_until(lambda: len(gate.inside) == 4)
    assert Counter(gate.inside) == {"together": 1, "big": 3}
    gate.open()
    wait_until(lambda: len(gate.inside) == 6)


def test_jobs_are_served_in_turn(pool: BlobPool) -> None:
    gate, order = Gate(), []
    for _ in range(pool.size):
        pool.submit("first", gate.task("filler"), SMALL)
    wait_until(lambda: len(gate.inside) == pool.size)
    for n in range(3):
        pool.submit("a", partial(order.append, f"a{n}"), SMALL)
    for n in range(3):
        pool.submit("b", partial(order.append, f"b{n}"), SMALL)
    owners = []
    while (taken := pool._next()) is not None:
        owners.append(taken[0])
    assert owners == ["a", "b"] * 3
    gate.open()


def test_what_has_not_begun_can_be_taken_back(pool: BlobPool) -> None:
    gate = Gate()
    for n in range(6):
        pool.submit("job", gate.task(str(n)), SMALL)
    wait_until(lambda: len(gate.inside) == 4)
    assert [task.args[0] for task in pool.withdraw("job")] == ["4", "5"]
    assert pool.withdraw("job") == []
    gate.open()
    pool.wait_for("job")


def test_a_job_waits_for_its_own_tasks_alone(pool: BlobPool) -> None:
    mine, others = Gate(), Gate()
    pool.submit("me", mine.task("x"), SMALL)
    pool.submit("other", others.task("y"), SMALL)
    wait_until(lambda: bool(mine.inside and others.inside))
    waiter = threading.Thread(target=pool.wait_for, args=("me",))
    waiter.start()
    mine.open()
    waiter.join(5)
    assert not waiter.is_alive()
    others.open()


def test_a_task_is_not_lost_to_a_job_that_waits(pool: BlobPool) -> None:
    """One wake-up for a new task must reach a thread, not a job that waits for its own."""
    gates = [Gate() for _ in range(20)]
    held = Gate()
    pool.submit("held", held.task("x"), SMALL)
    waiters = [threading.Thread(target=pool.wait_for, args=("held",)) for _ in range(8)]
    for waiter in waiters:
        waiter.start()
    for gate in gates:
        gate.open()
        pool.submit("job", gate.task("x"), SMALL)
        wait_until(lambda gate=gate: bool(gate.inside), 2)
    held.open()
    for waiter in waiters:
        waiter.join(5)


def test_close_ends_the_threads_and_drops_what_has_not_begun() -> None:
    pool, ran = BlobPool(threads=1), []
    gate = Gate()
    pool.submit("a", gate.task("x"), SMALL)
    wait_until(lambda: bool(gate.inside))
    pool.submit("a", partial(ran.append, 1), SMALL)
    closer = threading.Thread(target=pool.close)
    closer.start()
    gate.open()
    closer.join(5)
    assert not closer.is_alive()
    assert ran == []


def test_a_task_that_raises_costs_no_thread(caplog: pytest.LogCaptureFixture) -> None:
    def fault() -> None:
        raise RuntimeError("a fault")

    pool, ran = BlobPool(threads=1), threading.Event()
    pool.submit("a", partial(fault), SMALL)
    pool.submit("a", partial(ran.set), SMALL)
    assert ran.wait(5)
    pool.close()
    assert "a task of a came to no end" in caplog.text


# --- turns


def nothing() -> None:
    pass


def test_places_are_given_in_the_order_of_asking() -> None:
    turns = Turns(uploads=2)
    line = [turns.join(Kind.UPLOAD, nothing) for _ in range(4)]
    assert [turn.position for turn in line] == [0, 0, 1, 2]
    line[0].leave()
    assert [turn.position for turn in line[1:]] == [0, 0, 1]


def test_kinds_do_not_stand_in_each_others_way() -> None:
    turns = Turns(uploads=1, downloads=1, walks=1)
    assert [turns.join(kind, nothing).position for kind in Kind] == [0] * len(Kind)


def test_a_place_that_was_lent_comes_back_before_all_who_queue() -> None:
    turns = Turns(uploads=1)
    lender, second, third = (turns.join(Kind.UPLOAD, nothing) for _ in range(3))
    lender.leave()
    assert second.position == 0
    lender.come_back()
    assert (lender.position, third.position) == (1, 2)
    second.leave()
    assert (lender.position, third.position) == (0, 1)


def test_come_back_with_a_place_changes_nothing() -> None:
    turns = Turns(uploads=1)
    holder, waiting = turns.join(Kind.UPLOAD, nothing), turns.join(Kind.UPLOAD, nothing)
    holder.come_back()
    assert (holder.position, waiting.position) == (0, 1)
    waiting.come_back()
    assert waiting.position == 1


def test_all_in_line_are_woken_when_it_moves() -> None:
    turns = Turns(uploads=1)
    woken: list[str] = []
    holder = turns.join(Kind.UPLOAD, nothing)
    turns.join(Kind.UPLOAD, lambda: woken.append("first"))
    turns.join(Kind.UPLOAD, lambda: woken.append("second"))
    holder.leave()
    holder.leave()
    assert set(woken) == {"first", "second"}


def test_one_in_line_goes_forward_and_back_and_all_are_told() -> None:
    turns, woken = Turns(uploads=1), Counter[str]()
    places = {
        name: turns.join(Kind.UPLOAD, partial(woken.update, [name]))
        for name in ("a", "b", "c", "d")
    }

    def line() -> list[str]:
        return sorted(places, key=lambda name: places[name].position)

    assert line() == ["a", "b", "c", "d"]
    woken.clear()
    places["d"].move(1)
    assert line() == ["a", "b", "d", "c"]
    assert set(woken) == {"b", "c", "d"}
    places["c"].move(99)
    assert line() == ["a", "c", "b", "d"]
    places["c"].move(-1)
    assert line() == ["a", "b", "c", "d"]
    places["b"].move(-99)
    assert line() == ["a", "c", "d", "b"]
    places["a"].move(1)  # it has a place already
    assert line() == ["a", "c", "d", "b"]


def test_ranks_decide_whoever_comes_first() -> None:
    turns = Turns(uploads=1)
    holder = turns.join(Kind.UPLOAD, nothing, 5)
    late, early, middle = (turns.join(Kind.UPLOAD, nothing, rank) for rank in (9, 1, 4))
    assert (holder.position, early.position, middle.position, late.position) == (0, 1, 2, 3)
    assert turns.join(Kind.UPLOAD, nothing).position == 4


def test_a_move_gives_a_rank_that_leads_to_the_same_place_again() -> None:
    turns = Turns(uploads=1)
    turns.join(Kind.UPLOAD, nothing, 1)
    line = [turns.join(Kind.UPLOAD, nothing, rank) for rank in (2, 3, 4, 5)]
    line[2].move(1)
    line[0].move(-9)
    line[3].move(9)
    assert [turn.position for turn in line] == [4, 3, 2, 1]
    again = Turns(uploads=1)
    again.join(Kind.UPLOAD, nothing, 0)
    anew = [again.join(Kind.UPLOAD, nothing, turn.rank) for turn in line]
    assert [turn.position for turn in anew] == [4, 3, 2, 1]


def test_who_lent_its_place_stands_before_all_ranks() -> None:
    turns = Turns(uploads=1)
    lender = turns.join(Kind.UPLOAD, nothing, 7)
    lender.leave()
    turns.join(Kind.UPLOAD, nothing, 8)
    lender.come_back()
    first = turns.join(Kind.UPLOAD, nothing, 1)
    assert (lender.position, first.position) == (1, 2)


def test_short_waits_run_beside_each_other_and_answer_in_order(pool: BlobPool) -> None:
    together = threading.Barrier(4, timeout=10)

    def wait(number: int) -> int:
        together.wait()
        return number

    assert pool.at_once([partial(wait, n) for n in range(4)]) == [0, 1, 2, 3]
