"""What clients did is added up of what each thread counted."""

from __future__ import annotations

import threading

from ds3_browser.simulator.counters import Counters


def in_a_thread(*steps: object) -> None:
    def run() -> None:
        for step in steps:
            assert callable(step)
            step()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()


def test_all_threads_count_together() -> None:
    counters = Counters()
    threads = [
        threading.Thread(target=lambda: [counters.count("x", 2) for _ in range(5000)])
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    counters.count("y")
    for thread in threads:
        thread.join()
    assert counters.all() == {"x": 40_000, "y": 1}


def test_what_a_thread_counted_outlives_it_once() -> None:
    counters = Counters()
    in_a_thread(lambda: counters.count("x"), counters.end)
    in_a_thread(lambda: counters.count("x"), counters.end, lambda: counters.count("x"))
    assert counters.all() == {"x": 3}


def test_what_was_counted_before_a_reset_is_gone() -> None:
    counters = Counters()
    counters.count("x", 7)
    in_a_thread(lambda: counters.count("y"), counters.clear, counters.end)
    counters.count("x")
    assert counters.all() == {"x": 1}
