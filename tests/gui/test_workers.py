"""What crosses threads lets go of the window's objects in the window's own thread."""

from __future__ import annotations

import gc
import threading
import weakref

from PySide6.QtCore import QObject

from ds3_browser.gui.workers import Calls, CallsInTurn, Ticket


class Taker(QObject):
    """Remembers in which thread it ended."""

    def __init__(self, ended_in: list[str]) -> None:
        super().__init__()
        self.took: list[object] = []
        weakref.finalize(self, lambda: ended_in.append(threading.current_thread().name))

    def take(self, result: object) -> None:
        self.took.append(result)


def test_a_ticket_holds_nobody_once_it_was_delivered_or_dropped(qapp):
    for end in (lambda ticket: ticket.deliver(1, None), Ticket.drop):
        ended: list[str] = []
        taker = Taker(ended)
        ticket = Ticket(taker.take, taker.take)
        end(ticket)
        del taker
        gc.collect()
        assert ended == ["MainThread"]
        assert ticket.dropped


def test_what_waited_for_an_answer_ends_in_the_windows_thread(qtbot):
    ended: list[str] = []
    answer = threading.Event()
    calls = CallsInTurn("slow")
    taker = Taker(ended)
    calls.run_call(lambda: answer.wait(20), taker.take, taker.take)
    thread = calls._thread
    calls.close(0.01)
    del taker, calls
    gc.collect()
    assert ended == ["MainThread"]
    answer.set()
    thread.join(5)
    assert not thread.is_alive()
    assert ended == ["MainThread"]


def test_the_pools_threads_let_go_of_nobody_either(qtbot):
    ended: list[str] = []
    calls = Calls()
    for _ in range(50):
        taker = Taker(ended)
        calls.run_call(lambda: 1, taker.take, taker.take)
        qtbot.waitUntil(lambda it=taker: bool(it.took))
        del taker
    calls.close()
    gc.collect()
    assert set(ended) == {"MainThread"}
    assert len(ended) == 50
