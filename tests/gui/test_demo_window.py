"""The demo in the window: its badge, its moods, its hints, and starting it anew."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from PySide6.QtCore import QLockFile
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel, QMenu, QPushButton

from ds3_browser import log
from ds3_browser.demo import MOODS, Demo
from ds3_browser.gui.browsing import SessionState
from ds3_browser.gui.dialogs.problems import ProblemsDialog
from ds3_browser.gui.dialogs.questions import Box
from ds3_browser.gui.places import Place
from ds3_browser.gui.sessions import DEMO_ID
from ds3_browser.gui.views.demo_badge import moods
from ds3_browser.gui.views.hint_strip import Hint
from ds3_browser.protocol.client import Ds3Client
from ds3_browser.protocol.errors import ConnectionFailed, Unreachable
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


def test_the_trouble_of_the_demo_leads_to_it_for_there_is_nothing_to_edit(demo_window) -> None:
    lost = ConnectionFailed("127.0.0.1:1", Unreachable.REFUSED)
    demo_window.context.browsing.report_error(DEMO_ID, lost)
    demo_window.go(Place(DEMO_ID, "masters"))
    demo_window.context.actions["problems"].trigger()
    dialog = demo_window.findChild(ProblemsDialog)
    button = dialog.findChild(QPushButton, "problem_button")
    assert button.text() == "Show session"
    button.click()
    assert demo_window.place == Place(DEMO_ID)
    dialog.close()


def upload(qtbot, window, folder: Path) -> int:
    file = folder / "mine.txt"
    file.write_bytes(b"mine" * 1000)
    queue = window.context.queue
    return queue.upload(DEMO_ID, "masters", "", [str(file)])


def choose(window, name: str) -> None:
    menu = window.badge.findChild(QMenu, "demo_moods")
    next(one for one in menu.actions() if one.objectName() == name).trigger()


@pytest.mark.ui("10.4", "each step of a newcomer ticks its hint by itself")
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


def test_a_narrow_window_tells_the_next_hint_in_whole_words(qtbot, demo_window):
    """Where not all have room, the others are signs alone, with their words as tool tip."""
    window, strip = demo_window, demo_window.hint_strip
    window.resize(1024, 640)

    def hint(of: Hint) -> QLabel:
        return strip.findChild(QLabel, f"hint_{of.value}")

    def whole(of: Hint) -> bool:
        return hint(of).isVisible() and hint(of).width() >= hint(of).sizeHint().width()

    qtbot.waitUntil(lambda: whole(Hint.BROWSE) and not hint(Hint.DOWNLOAD).isVisible())
    for done in (Hint.BROWSE, Hint.DROP, Hint.WATCH):
        strip.set_done(done)
    qtbot.waitUntil(lambda: whole(Hint.DOWNLOAD))
    window.resize(1440, 900)
    qtbot.waitUntil(lambda: all(whole(one) for one in Hint))


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


@pytest.mark.ui("10.5", "the demo can be made to wait, and fine again")
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
    box = window.findChild(Box, "question_box")
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


def test_a_demo_that_died_is_started_again_by_a_click_on_its_session(qtbot, demo_window):
    window = demo_window
    demo, browsing = window.context.demo, window.context.browsing
    demo._process.kill()
    demo._process.wait()
    window.page.refresh()
    qtbot.waitUntil(lambda: browsing.connection(DEMO_ID).state is SessionState.LOST, timeout=SOON)
    window.commands.sessions.connect_session(DEMO_ID)
    qtbot.waitUntil(
        lambda: browsing.connection(DEMO_ID).state is SessionState.CONNECTED, timeout=SOON
    )
    window.go(Place(DEMO_ID, "masters"))
    qtbot.waitUntil(lambda: window.page.model.rowCount() > 0, timeout=SOON)


def test_not_to_start_anew_is_the_default(qtbot, demo_window):
    demo_window.context.actions["demo_anew"].trigger()
    box = demo_window.findChild(Box, "question_box")
    stay = box.findChild(QPushButton, "stay")
    assert stay.isDefault()
    stay.click()
    assert demo_window.context.sessions.get(DEMO_ID) is not None


def rows_of(ledger: Path, table: str = "job") -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(f"file:{ledger}?mode=ro", uri=True)) as database:
        return database.execute(f"SELECT * FROM {table}").fetchall()


@pytest.fixture
def start_demo(qtbot, start_program):
    """A function that starts the program and, on its welcome page, the demo."""

    def start():
        program = start_program()
        window = program.window
        window.welcome.demo.click()
        browsing = window.context.browsing
        qtbot.waitUntil(
            lambda: browsing.connection(DEMO_ID).state is SessionState.CONNECTED, timeout=SOON
        )
        return program

    return start


@pytest.mark.ui("10.1", "the demo is kept from one start to the next, in a folder of its own")
def test_the_demos_jobs_and_places_lie_in_its_own_folder_and_come_back(
    qtbot, start_demo, folder, tmp_path
):
    program, data = start_demo(), tmp_path / "data"
    window = program.window
    job = upload(qtbot, window, folder)
    qtbot.waitUntil(lambda: window.jobs.row(job).state is State.DONE, timeout=SOON)
    window.go(Place(DEMO_ID, "masters", "trailers/"))
    window.hide()
    program.close()
    assert rows_of(data / "transfers.sqlite3") == []
    assert [row[0] for row in rows_of(data / "demo" / "transfers.sqlite3")] == [job]
    assert "trailers" in (data / "demo" / "settings.ini").read_text()
    assert "trailers" not in (data / "settings.ini").read_text()

    again = start_demo().window
    assert again.jobs.row(job).name.startswith("mine.txt")
    assert again.places.return_to(DEMO_ID) == Place(DEMO_ID, "masters", "trailers/")
    second = upload(qtbot, again, folder)
    assert second == job + 1
    qtbot.waitUntil(lambda: again.jobs.row(second).ended, timeout=SOON)


def test_an_open_job_of_the_demo_is_offered_when_the_demo_is_started_and_not_before(
    qtbot, start_demo, start_program, folder
):
    program = start_demo()
    window = program.window
    choose(window, "cache_full")
    qtbot.waitUntil(
        lambda: window.badge.findChild(QMenu, "demo_moods").actions()[0].isChecked(), timeout=SOON
    )
    file = folder / "large.bin"
    file.write_bytes(bytes(3 << 20))
    job = window.context.queue.upload(DEMO_ID, "masters", "", [str(file)])
    qtbot.waitUntil(lambda: window.jobs.row(job).state is State.WAITING, timeout=SOON)
    window.hide()
    program.close()
    with closing(sqlite3.connect(program._demo_folder / "transfers.sqlite3")) as database:
        assert database.execute("SELECT ended FROM job").fetchall() == [(None,)]

    again = start_program()
    with qtbot.waitSignal(again.window.context.queue.restored, timeout=SOON):
        pass
    assert list(again.window.jobs.rows()) == []
    assert not again.window.continue_bar.isVisible()
    again.window.welcome.demo.click()
    qtbot.waitUntil(again.window.continue_bar.isVisible, timeout=SOON)
    again.window.continue_bar.findChild(QPushButton, "continue_jobs").click()
    qtbot.waitUntil(lambda: again.window.jobs.row(job).state is State.DONE, timeout=2 * SOON)


@pytest.mark.ui("10.2", "starting the demo anew leaves nothing of it")
def test_starting_anew_leaves_no_trace_of_its_jobs(qtbot, demo_window, folder, tmp_path):
    window = demo_window
    job = upload(qtbot, window, folder)
    qtbot.waitUntil(lambda: window.jobs.row(job).ended, timeout=SOON)
    window.context.actions["demo_anew"].trigger()
    window.findChild(Box, "question_box").findChild(QPushButton, "go_on").click()
    browsing = window.context.browsing
    for connected in (False, True):
        qtbot.waitUntil(
            lambda now=connected: (
                now is (browsing.connection(DEMO_ID).state is SessionState.CONNECTED)
            ),
            timeout=2 * SOON,
        )
    ledger = tmp_path / "data" / "demo" / "transfers.sqlite3"
    for table in ("job", "appliance_job", "chunk", "object", "blob"):
        assert rows_of(ledger, table) == []


def test_a_demo_that_is_open_elsewhere_is_told(qtbot, start_program, tmp_path):
    (tmp_path / "data" / "demo").mkdir(parents=True)
    lock = QLockFile(str(tmp_path / "data" / "demo" / "lock"))
    assert lock.tryLock(0)
    window = start_program().window
    window.welcome.demo.click()
    qtbot.waitUntil(lambda: window.findChild(Box) is not None, timeout=SOON)
    assert "another window" in window.findChild(Box).more.text()
    assert window.context.sessions.get(DEMO_ID) is None
    assert not (tmp_path / "data" / "demo" / "archive").exists()
    window.findChild(Box).close()
    lock.unlock()


@pytest.mark.ui("10.3", "the demo is in no report of real sessions")
def test_the_demo_is_not_in_the_report_of_a_real_session(
    qtbot, demo_window, folder, tmp_path, start_program
):
    window = demo_window
    log.set_up(tmp_path / "data")
    try:
        job = upload(qtbot, window, folder)
        qtbot.waitUntil(lambda: window.jobs.row(job).ended, timeout=SOON)
        log.flush()
        written = (tmp_path / "data" / "log" / "ds3-browser.log").read_text()
        assert f"job {job}: done" in written
        window.commands.help.copy_report()
        clipboard = QGuiApplication.clipboard()
        qtbot.waitUntil(lambda: "Transfers:" in clipboard.text(), timeout=SOON)
    finally:
        log.tear_down()
    report = clipboard.text()
    assert "Transfers: none" in report
    assert str(job) not in report
    assert "Demo appliance" not in report
