"""The demo in the window: its badge, its moods, its hints, and starting it anew."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QMenu, QMessageBox, QPushButton

from ds3_browser.demo import MOODS, Demo
from ds3_browser.gui.browsing import SessionState
from ds3_browser.gui.places import Place
from ds3_browser.gui.sessions import DEMO_ID
from ds3_browser.gui.views.demo_badge import moods
from ds3_browser.gui.views.hint_strip import Hint
from ds3_browser.protocol.client import Ds3Client
from ds3_browser.simulator.faults import Faults
from ds3_browser.transfer.events import State

SOON = 30_000


def test_every_mood_of_the_menu_is_one_that_the_appliance_can_have():
    assert {name for name, _words in moods()} == set(MOODS)
    for switches in MOODS.values():
        Faults().set_all(switches)


@pytest.fixture
def demo_window(qtbot, start_program):
    """The window with the demo started from its welcome page."""
    window = start_program().window
    window.resize(1440, 900)
    window.welcome.demo.click()
    browsing = window.context.browsing
    qtbot.waitUntil(
        lambda: browsing.connection(DEMO_ID).state is SessionState.CONNECTED, timeout=SOON
    )
    return window


def upload(qtbot, window, folder: Path) -> int:
    file = folder / "mine.txt"
    file.write_bytes(b"mine" * 1000)
    queue = window.context.queue
    return queue.upload(DEMO_ID, "masters", "", [str(file)])


def choose(window, name: str) -> None:
    menu = window.badge.findChild(QMenu, "demo_moods")
    next(one for one in menu.actions() if one.objectName() == name).trigger()


def test_a_newcomers_way_ticks_each_hint_by_itself(qtbot, demo_window, folder, tmp_path):
    window, strip = demo_window, demo_window.hint_strip
    assert window.badge.isVisible()
    assert strip.isVisible()
    assert not any(strip.is_done(hint) for hint in Hint)
    window.go(Place(DEMO_ID, "masters"))
    assert strip.is_done(Hint.BROWSE)
    assert not strip.is_done(Hint.DROP)
    job = upload(qtbot, window, folder)
    assert strip.is_done(Hint.DROP)
    qtbot.waitUntil(lambda: strip.is_done(Hint.WATCH), timeout=SOON)
    qtbot.waitUntil(lambda: window.jobs.row(job).state is State.DONE, timeout=SOON)
    assert not strip.is_done(Hint.DOWNLOAD)
    window.context.queue.download(DEMO_ID, "masters", "", ["mine.txt"], (), str(tmp_path))
    assert all(strip.is_done(hint) for hint in Hint)
    qtbot.waitUntil(lambda: not window.context.queue.open_jobs(), timeout=SOON)


def test_hints_that_were_hidden_stay_so_until_they_are_asked_for(qtbot, demo_window):
    window, strip = demo_window, demo_window.hint_strip
    window.go(Place(DEMO_ID, "masters"))
    strip.findChild(QPushButton, "hide_hints").click()
    assert not strip.isVisible()
    window.go(Place(DEMO_ID))
    assert not strip.isVisible()
    window.context.actions["show_hints"].trigger()
    assert strip.isVisible()
    assert not strip.is_done(Hint.BROWSE)


def test_a_mood_is_heard_by_the_appliance_and_marked(qtbot, demo_window, folder):
    window = demo_window
    choose(window, "cache_full")
    browsing = window.context.browsing
    before = browsing.connection(DEMO_ID)
    assert before.state is SessionState.CONNECTED
    menu = window.badge.findChild(QMenu, "demo_moods")
    marked = {one.objectName(): one for one in menu.actions()}
    qtbot.waitUntil(lambda: marked["cache_full"].isChecked(), timeout=SOON)
    file = folder / "large.bin"
    file.write_bytes(bytes(3 << 20))
    job = window.context.queue.upload(DEMO_ID, "masters", "", [str(file)])
    qtbot.waitUntil(lambda: window.jobs.row(job).state is State.WAITING, timeout=SOON)
    choose(window, "all_fine")
    qtbot.waitUntil(lambda: marked["all_fine"].isChecked(), timeout=SOON)

    def done_when_asked() -> bool:
        window.context.queue.try_now(job)  # the appliance hears of the mood a little later
        return window.jobs.row(job).state is State.DONE

    qtbot.waitUntil(done_when_asked, timeout=SOON)


def test_starting_anew_asks_and_leaves_neither_objects_nor_transfers(qtbot, demo_window, folder):
    window = demo_window
    job = upload(qtbot, window, folder)
    qtbot.waitUntil(lambda: window.jobs.row(job).state is State.DONE, timeout=SOON)
    choose(window, "tapes_slow")
    file = folder / "open.bin"
    file.write_bytes(bytes(1 << 20))
    choose(window, "cache_full")
    window.context.queue.upload(DEMO_ID, "masters", "", [str(file)])
    window.context.actions["demo_anew"].trigger()
    box = window.findChild(QMessageBox, "question_box")
    box.findChild(QPushButton, "go_on").click()
    browsing = window.context.browsing
    qtbot.waitUntil(
        lambda: browsing.connection(DEMO_ID).state is not SessionState.CONNECTED, timeout=SOON
    )
    qtbot.waitUntil(
        lambda: browsing.connection(DEMO_ID).state is SessionState.CONNECTED, timeout=2 * SOON
    )
    assert list(window.jobs.rows()) == []
    demo = window.context.demo
    assert isinstance(demo, Demo)
    client = Ds3Client(*demo.start())
    names = [name for page in client.list_pages("masters") for name in page.names]
    client.close()
    assert names
    assert "mine.txt" not in names


def test_not_to_start_anew_is_the_default(qtbot, demo_window):
    demo_window.context.actions["demo_anew"].trigger()
    box = demo_window.findChild(QMessageBox, "question_box")
    assert box.defaultButton().objectName() == "stay"
    box.defaultButton().click()
    assert demo_window.context.sessions.get(DEMO_ID) is not None
