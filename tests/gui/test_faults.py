"""Faults of the program itself: told, in the log, without secrets; the program goes on."""

from __future__ import annotations

import faulthandler
import logging
import subprocess
import sys
import threading

import pytest
from PySide6.QtCore import QTimer

from ds3_browser import log
from ds3_browser.gui.faults import CRASH_FILE, Faults


@pytest.fixture
def faults(qapp, tmp_path):
    before = sys.excepthook
    folder = log.set_up(tmp_path)
    faults = Faults(folder)
    yield faults
    faults.close()
    log.tear_down()
    assert sys.excepthook is before
    if not faulthandler.is_enabled():
        faulthandler.enable()


def fail() -> None:
    raise ZeroDivisionError("by nobody")


def test_a_fault_here_or_in_a_thread_is_told_and_the_program_goes_on(qtbot, faults, tmp_path):
    with qtbot.waitSignal(faults.happened, timeout=20_000) as told:
        QTimer.singleShot(0, fail)
    assert told.args == ["ZeroDivisionError: by nobody"]
    thread = threading.Thread(target=fail)
    with qtbot.waitSignal(faults.happened, timeout=20_000):
        thread.start()
    thread.join()
    lasting: list[bool] = []
    QTimer.singleShot(0, lambda: lasting.append(True))
    qtbot.waitUntil(lambda: bool(lasting))
    log.flush()
    written = (tmp_path / "log" / "ds3-browser.log").read_text()
    assert written.count("a fault of this program") == 2
    assert "in fail" in written


def test_the_window_has_it_among_the_problems(window):
    window.telling.tell_fault("KeyError: 'x'")
    (problem,) = window.telling.problems.all()
    assert "fault of its own" in problem.message.text
    assert ("Fault", "KeyError: 'x'") in problem.message.details


def test_a_crash_leaves_the_place_in_the_code(tmp_path):
    code = (
        "import sys, os, signal; from pathlib import Path\n"
        "from PySide6.QtCore import QCoreApplication; a = QCoreApplication([])\n"
        "from ds3_browser.gui.faults import Faults; f = Faults(Path(sys.argv[1]))\n"
        "def here(): os.kill(os.getpid(), signal.SIGSEGV)\n"
        "here()"
    )
    ended = subprocess.run([sys.executable, "-c", code, str(tmp_path)], timeout=60, check=False)
    assert ended.returncode != 0
    assert "in here" in (tmp_path / CRASH_FILE).read_text()


def test_without_a_folder_for_crashes_the_hooks_are_there(qapp, tmp_path, caplog):
    caplog.set_level(logging.INFO)
    faults = Faults(tmp_path / "missing")
    faults.close()
    assert "crashes leave no trace" in caplog.text
