"""What is told though nobody looks: words, bundles, the bar, the tray; and being kept awake."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QApplication, QCheckBox, QLabel, QPushButton

import ds3_browser
from ds3_browser.gui.awake import Awake, wants_awake
from ds3_browser.gui.dialogs.preferences import PreferencesDialog
from ds3_browser.gui.job_row import JobRow, NeededTapes, percent_of
from ds3_browser.gui.leaving import Leaving
from ds3_browser.gui.messages import Message
from ds3_browser.gui.notices import Kind, Notice, bundled, notice_of, waits_long
from ds3_browser.gui.notifying import Notifying
from ds3_browser.gui.problems import Problems
from ds3_browser.gui.sessions import SavedSession
from ds3_browser.protocol.errors import ConnectionFailed, Unreachable
from ds3_browser.transfer.events import (
    Actor,
    Counts,
    Direction,
    Facts,
    Failure,
    FailureCode,
    JobEnded,
    JobState,
    Outcome,
    Progress,
    State,
    WaitReason,
)
from tests.gui.keyrings import LockedKeyring

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
SOON = 10_000
ROOT = Path(ds3_browser.__file__).resolve().parents[1]


def row(job_id: int = 1, state: State = State.TRANSFERRING, **given: object) -> JobRow:
    fields: dict[str, object] = {
        "job_id": job_id,
        "direction": Direction.PUT,
        "name": f"day-{job_id:03}",
        "session_id": "s",
        "session_name": "North",
        "bucket": "b",
        "prefix": "",
        "created": NOW,
        "state_since": NOW,
        "state": state,
    }
    return JobRow(**{**fields, **given})  # type: ignore[arg-type]  # the fields' own types


def ended(job_id: int, outcome: Outcome, failed: int = 0) -> JobEnded:
    counts = Counts(10 - failed, failed, 0, 0, 10)
    return JobEnded(job_id, outcome, Actor.ENGINE, counts)


def test_what_is_worth_a_notice_and_its_words():
    failed = row(counts=Counts(7, 3, 0, 0, 10))
    assert notice_of(failed, ended(1, Outcome.FAILED, 3)).text == "day-001: 3 objects failed"
    assert notice_of(row(), ended(1, Outcome.DONE)).text == "day-001: done, not yet persisted"
    download = row(direction=Direction.GET)
    assert notice_of(download, ended(1, Outcome.DONE)).text == "day-001: done"
    assert notice_of(row(), ended(1, Outcome.CANCELLED)) is None


def test_a_name_that_would_fill_the_news_is_shortened_in_its_middle():
    told = notice_of(row(name="a" * 125 + "b" * 125), ended(1, Outcome.DONE)).text
    assert told.startswith("aaaa")
    assert told.endswith("bbbb: done, not yet persisted")
    assert "…" in told
    assert len(told) < 120


def test_a_job_whose_key_is_refused_under_way_is_told_and_one_that_is_quit_is_not():
    counts = Counts(4, 0, 0, 0, 10)
    keys = Failure(FailureCode.KEYS)
    refused = JobEnded(1, Outcome.INTERRUPTED, Actor.APPLIANCE, counts, keys)
    notice = notice_of(row(state=State.WAITING, reason=WaitReason.KEY), refused)
    assert notice == Notice(Kind.NEEDS_KEY, 1, "day-001: waits for another secret key")
    assert notice_of(row(), JobEnded(1, Outcome.INTERRUPTED, Actor.ENGINE, counts)) is None


def test_a_wait_of_a_day_is_told_once_and_a_pause_never():
    long_ago = NOW - timedelta(hours=25)
    waiting = row(state=State.WAITING, reason=WaitReason.CACHE, state_since=long_ago)
    assert waits_long(waiting, NOW).kind is Kind.STILL_WAITING
    assert (
        waits_long(row(state=State.WAITING, reason=WaitReason.USER, state_since=long_ago), NOW)
        is None
    )
    assert waits_long(row(state=State.WAITING, state_since=NOW), NOW) is None


def test_several_notices_are_told_at_once_and_the_last_of_a_job_counts():
    notices = [Notice(Kind.DONE, 1, "a: done"), Notice(Kind.PERSISTED, 1, "a: persisted")]
    assert bundled(notices)[1] == "a: persisted"
    title, text = bundled([*notices, Notice(Kind.FAILED, 2, "b: failed")])
    assert "2" in title
    assert text.splitlines() == ["a: persisted", "b: failed"]


def test_a_job_that_we_closed_is_told_and_one_that_its_user_closed_is_not():
    closed = JobState(1, State.FAILED, None, Facts(closed=True, forgotten=True))
    notice = notice_of(row(state=State.FAILED, facts=closed.facts), closed)
    told = "day-001: closed after 12 h, what arrived is kept"
    assert notice == Notice(Kind.CLOSED, 1, told)
    assert notice_of(row(), JobState(1, State.FAILED, None, Facts(closed=True))) is None


def test_a_tape_that_has_to_come_back_is_told_once_until_it_was_back(qtbot, told):
    told.see_tapes(1, NeededTapes(("X9", "A1"), ("A1",)))
    with qtbot.waitSignal(told.told) as signal:
        told.tell()
    assert signal.args[1:] == ["day-001: tape A1 has to be put back", 1]
    told.see_tapes(1, NeededTapes(("X9", "A1"), ("A1",)))
    with qtbot.assertNotEmitted(told.told):
        told.tell()
    told.see_tapes(1, NeededTapes(("X9",)))
    told.see_tapes(1, NeededTapes(("X9", "A1", "A2"), ("A1", "A2")))
    with qtbot.waitSignal(told.told) as signal:
        told.tell()
    assert signal.args[1] == "day-001: 2 tapes have to be put back"


def test_notices_wait_ten_seconds_for_others(told):
    told.take(ended(1, Outcome.DONE))
    assert told._bundle.isActive()
    assert told._bundle.interval() == 10_000


@pytest.fixture
def told(qapp):
    rows = {1: row(1), 2: row(2)}
    unwanted: set[Kind] = set()
    notifying = Notifying(rows.values, rows.get, lambda kind: kind not in unwanted)
    notifying.rows, notifying.unwanted = rows, unwanted
    return notifying


@pytest.mark.ui("11.8", "notices are gathered, switched off one by one, and lead to their job")
def test_notices_are_gathered_and_told_together(qtbot, told):
    told.take(ended(1, Outcome.DONE))
    told.take(ended(2, Outcome.FAILED))
    with qtbot.waitSignal(told.told) as signal:
        told.tell()
    assert signal.args[1].count("\n") == 1
    assert signal.args[2] == 2


@pytest.mark.ui("11.8", "notices are gathered, switched off one by one, and lead to their job")
def test_what_is_switched_off_is_not_told(qtbot, told):
    told.unwanted.add(Kind.DONE)
    told.take(ended(1, Outcome.DONE))
    with qtbot.assertNotEmitted(told.told):
        told.tell()


@pytest.mark.ui("5.4", "a wait of a day is told once and never ends by itself")
def test_a_long_wait_is_told_once(qtbot, told):
    long_ago = NOW - timedelta(hours=25)
    told.rows[1] = row(1, State.WAITING, reason=WaitReason.CACHE, state_since=long_ago)
    told.look_for_waits(NOW)
    with qtbot.waitSignal(told.told):
        told.tell()
    told.look_for_waits(NOW + timedelta(minutes=1))
    with qtbot.assertNotEmitted(told.told):
        told.tell()


# -- awake -----------------------------------------------------------------------------------------


@pytest.mark.ui("5.21", "the computer is kept awake while bytes move, not in a long wait")
@pytest.mark.parametrize(
    ("one", "awake"),
    [
        (row(), True),
        (row(state=State.PREPARING), True),
        (row(state=State.DONE), False),
        (row(state=State.WAITING, reason=WaitReason.CACHE), True),
        (row(state=State.WAITING, state_since=NOW - timedelta(minutes=11)), False),
        (row(state=State.WAITING, reason=WaitReason.USER), False),
    ],
)
def test_sleep_is_kept_off_while_bytes_move_and_not_in_a_long_wait(one, awake):
    assert wants_awake([one], NOW) is awake


@pytest.mark.ui("1.31", "the status bar tells that the computer is kept awake")
def test_the_computer_is_held_awake_and_let_go_again(qtbot):
    asked: list[str] = []

    def inhibit():
        asked.append("held")
        return lambda: asked.append("let go")

    awake = Awake(inhibit)
    with qtbot.waitSignal(awake.changed):
        awake.want(True)
    awake.want(True)
    assert awake.held
    with qtbot.waitSignal(awake.changed):
        awake.want(False)
    assert asked == ["held", "let go"]
    awake.want(True)
    awake.close()  # and lets go at the end
    assert asked[2:] in ([], ["held", "let go"])


@pytest.mark.ui("11.10", "where a computer cannot be kept awake nothing is claimed")
def test_where_a_computer_cannot_be_kept_awake_nothing_is_claimed(qtbot):
    called: list[bool] = []
    awake = Awake(lambda: called.append(True))
    awake.want(True)
    qtbot.waitUntil(lambda: bool(called))
    awake.close()
    assert not awake.held


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="D-Bus is Linux's")
def test_without_a_bus_there_is_no_way_to_keep_this_computer_awake():
    nowhere = "unix:path=/nonexistent"
    code = (
        "from PySide6.QtCore import QCoreApplication; app = QCoreApplication([])\n"
        "from ds3_browser.gui.inhibitors import inhibit; print(inhibit())"
    )
    buses = {"DBUS_SESSION_BUS_ADDRESS": nowhere, "DBUS_SYSTEM_BUS_ADDRESS": nowhere}
    ended = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **buses, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert ended.stdout.strip() == "None"


@pytest.mark.ui("11.11", "the title tells how far all is")
def test_the_title_tells_how_far_all_is():
    half = Progress(1, sent=50, in_cache=0, persisted=0, total=100, objects_done=0,
                    objects_failed=0, objects_total=1)  # fmt: skip
    assert percent_of([row(progress=half), row(2, progress=half)]) == 50
    assert percent_of([row(progress=replace(half, sent=half.total))]) == 99  # not done yet
    assert percent_of([row(state=State.DONE, progress=half)]) is None
    assert percent_of([]) is None


# -- in the window ---------------------------------------------------------------------------------


class FakeTray(QObject):
    """Stands for the desktop's tray: keeps what it was told."""

    window_wanted, quit_wanted, message_clicked = Signal(), Signal(), Signal()

    def __init__(self) -> None:
        super().__init__()
        self.said: list[tuple[str, str]] = []

    def tell(self, title: str, text: str) -> None:
        self.said.append((title, text))

    def close(self) -> None:
        pass


@pytest.mark.ui("11.16", "notices are heard where that is wanted, and at first they are not")
def test_a_notice_is_heard_only_where_that_is_wanted(window, monkeypatch):
    heard: list[bool] = []
    monkeypatch.setattr(QApplication, "beep", lambda: heard.append(True))
    window.telling.notifying.told.emit("One", "done", None)
    assert heard == []
    window.commands._show_preferences()
    dialog = window.findChild(PreferencesDialog)
    dialog.findChild(QCheckBox, "notice_sound").click()
    window.telling.notifying.told.emit("One", "done", None)
    assert heard == [True]
    dialog.close()


@pytest.mark.ui("11.9", "without a tray a notice is a bar in the window")
def test_without_a_tray_a_notice_is_a_bar_whose_button_leads_to_the_job(
    qtbot, window, connected, folder
):
    file = folder / "a.txt"
    file.write_bytes(b"a")
    job = window.context.queue.upload(connected.id, "archive", "", [str(file)])
    qtbot.waitUntil(lambda: window.jobs.row(job).state is State.DONE, timeout=SOON)
    window.telling.notifying.tell()
    assert window.news.isVisible()
    assert "done, not yet persisted" in window.news.text
    window.transfers.set_collapsed(True)
    window.news.findChild(QPushButton, "news_button").click()
    assert window.transfers.current_job().job_id == job
    assert not window.transfers.collapsed
    assert not window.news.isVisible()


def test_with_a_tray_a_notice_goes_there(qtbot, monkeypatch, start_program):
    fake = FakeTray()
    monkeypatch.setattr("ds3_browser.gui.tray.find", lambda: fake)
    window = start_program().window
    window.telling.notifying.told.emit("DS3 Browser", "day-001: done", 1)
    assert fake.said == [("DS3 Browser", "day-001: done")]
    assert not window.news.isVisible()
    assert isinstance(window.leaving, Leaving)


def test_closing_leaves_a_program_in_the_tray_where_that_is_wanted(
    qtbot, qapp, monkeypatch, start_program
):
    fake = FakeTray()
    monkeypatch.setattr("ds3_browser.gui.tray.find", lambda: fake)
    window = start_program().window
    window.context.settings.to_tray = True
    window.close()
    assert not window.isVisible()
    assert not qapp.quitOnLastWindowClosed()
    fake.window_wanted.emit()
    assert window.isVisible()
    assert qapp.quitOnLastWindowClosed()
    window.leaving.quit()  # no job is open, so nothing is asked
    assert not window.isVisible()


@pytest.mark.ui("1.30", "the status bar tells failures and leads to the problems")
@pytest.mark.ui("11.7", "problems are kept, the same one once")
def test_a_failure_is_among_the_problems_and_leads_to_its_job(qtbot, window, connected):
    job = window.context.queue.upload(connected.id, "archive", "", ["/no/such/file"])
    qtbot.waitUntil(
        lambda: len(window.telling.problems.all()) > 0, timeout=SOON
    )  # the end follows its state
    (problem,) = window.telling.problems.all()
    assert problem.job_id == job
    assert window.jobs.row(job).state is State.FAILED
    window.follow()
    assert window.status_bar.findChild(QPushButton, "problems").text() == "1 job failed"
    window.context.actions["problems"].trigger()
    dialog = window.findChild(QObject, "problems_dialog")
    assert dialog.isVisible()
    assert not dialog.isModal()
    dialog.findChild(QPushButton, "problem_button").click()
    assert window.transfers.current_job().job_id == job
    window.context.queue.remove(job)
    assert window.telling.problems.all() == ()
    assert any("Nothing went wrong" in label.text() for label in dialog.findChildren(QLabel))
    dialog.close()


@pytest.mark.ui("11.7", "problems are kept, the same one once")
def test_the_same_trouble_of_a_session_is_told_once(qapp):
    problems = Problems()
    for _ in range(3):
        problems.add(Message("No appliance answers."), session_id="s")
    problems.add(Message("No appliance answers."), session_id="t")
    assert [one.session_id for one in problems.all()] == ["t", "s"]


def test_the_trouble_of_a_session_leads_to_it_until_it_is_removed(qtbot, window, connected):
    lost = ConnectionFailed("vault:80", Unreachable.REFUSED)
    window.context.browsing.report_error(connected.id, lost)
    window.context.actions["problems"].trigger()
    dialog = window.findChild(QObject, "problems_dialog")
    assert dialog.findChild(QPushButton, "problem_button").text() == "Edit session…"
    window.context.sessions.remove(connected.id)
    assert window.telling.problems.all() == ()
    dialog.close()


def waiting_upload(qtbot, window, simulator, session, folder) -> int:
    simulator.faults.set("cache_bytes", 0)
    file = folder / "a.bin"
    file.write_bytes(bytes(1000))
    job = window.context.queue.upload(session.id, "archive", "", [str(file)])
    qtbot.waitUntil(lambda: window.jobs.row(job).state is State.WAITING, timeout=SOON)
    return job


@pytest.mark.ui("5.20", "leaving with open jobs asks, and pauses them by default")
def test_quitting_with_open_jobs_pauses_them_unless_one_stays(
    qtbot, window, simulator, connected, folder
):
    job = waiting_upload(qtbot, window, simulator, connected, folder)
    assert not window.close()
    dialog = window.findChild(QObject, "quit_dialog")
    assert not dialog.findChild(QPushButton, "to_tray").isVisible()  # there is no tray
    dialog.findChild(QPushButton, "stay").click()
    assert window.isVisible()
    assert not window.close()
    dialog = [one for one in window.children() if one.objectName() == "quit_dialog"][-1]
    button = dialog.findChild(QPushButton, "pause_and_quit")
    assert button.isDefault()
    button.click()
    assert not window.isVisible()
    assert not window.jobs.row(job).ended


def test_quitting_by_cancelling_ends_the_jobs_first(qtbot, window, simulator, connected, folder):
    job = waiting_upload(qtbot, window, simulator, connected, folder)
    window.leaving.quit()
    window.findChild(QPushButton, "cancel_jobs").click()
    dialog = window.findChild(QObject, "cancel_all_dialog")
    assert dialog.findChild(QPushButton, "go_on").isDefault()
    dialog.findChild(QPushButton, "discard").click()
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=SOON)
    assert window.jobs.row(job).state is State.CANCELLED


def test_a_key_that_the_keychain_did_not_take_is_among_the_problems(qtbot, use, start_program):
    use(LockedKeyring())
    window = start_program().window
    session = SavedSession.new("North", host="bp.example", access_id="id")
    window.context.sessions.add(session, "a-key-of-mine")
    qtbot.waitUntil(lambda: bool(window.telling.problems.all()), timeout=SOON)
    (problem,) = window.telling.problems.all()
    assert "did not take a secret key" in problem.message.text
    assert "a-key-of-mine" not in str(problem)
    assert window.context.sessions.credentials(session.id) is not None
    window.follow()
    assert window.status_bar.findChild(QPushButton, "problems").text() == "1 problem"
