"""Garbage with Qt objects in it is destroyed in the thread they live in."""

from __future__ import annotations

import gc
import threading

from PySide6.QtCore import QObject, QThread, QTimer

from ds3_browser.gui.collecting import Collector


class Knot:
    """A cycle that only the cyclic collection frees, with a timer of the GUI thread in it."""

    def __init__(self, freed: list[QThread]) -> None:
        self.me = self
        self.timer = QTimer()
        self.timer.destroyed.connect(lambda: freed.append(QThread.currentThread()))


def test_a_thread_that_allocates_a_lot_destroys_no_timer(qapp) -> None:
    gc.collect()
    collector = Collector()
    freed: list[QThread] = []
    try:
        Knot(freed)
        worker = threading.Thread(target=lambda: [[n] for n in range(200_000)])
        worker.start()
        worker.join()
        assert freed == []
        gc.collect()
        assert freed == [qapp.thread()]
    finally:
        collector.stop()


def test_garbage_is_collected_while_the_window_lives(qapp, qtbot) -> None:
    collector = Collector()
    try:
        freed: list[QThread] = []
        Knot(freed)
        junk = [QObject() for _ in range(3000)]
        junk.clear()
        kept = [[n] for n in range(5000)]
        qtbot.waitUntil(lambda: bool(freed), timeout=5000)
        assert kept
    finally:
        collector.stop()
    assert gc.isenabled()
