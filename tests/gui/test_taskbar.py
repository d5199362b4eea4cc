"""Progress at the taskbar over D-Bus, against a dock of our own on a private bus."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import ds3_browser
from ds3_browser.gui.taskbar import Taskbar

ROOT = Path(ds3_browser.__file__).resolve().parents[1]

# A dock that listens to launcher entries, where `listens`, and a program that tells it.
SCRIPT = """
import os, sys
from PySide6.QtCore import QTimer
from PySide6.QtGui import QGuiApplication
from jeepney import MatchRule, MessageType
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import open_dbus_connection
from ds3_browser.gui.taskbar import LISTENER, Taskbar

listens = sys.argv[1] == "listens"
dock = open_dbus_connection(os.environ["DBUS_SESSION_BUS_ADDRESS"])
rule = MatchRule(type="signal", interface="com.canonical.Unity.LauncherEntry", member="Update")
dock.send_and_get_reply(message_bus.AddMatch(rule))
if listens:
    dock.send_and_get_reply(message_bus.RequestName(LISTENER))

app = QGuiApplication([])
app.setDesktopFileName("ds3-browser")
taskbar = Taskbar()
seen = []

def told(count):
    while len(seen) < count:
        message = dock.receive(timeout=20)
        fields = message.header.fields
        if message.header.message_type is MessageType.signal and "Update" in fields.values():
            name, values = message.body
            seen.append((name, values["progress"][1], values["progress-visible"][1]))

taskbar.show(34)
if not listens:
    QTimer.singleShot(1000, app.quit)
    app.exec()
    taskbar.close()
    print("there", taskbar.there)
    sys.exit(0)
taskbar.changed.connect(app.quit)
app.exec()
print("there", taskbar.there)
taskbar.show(35)
taskbar.close()
told(3)
print(*seen, sep="\\n")
"""


def run_script(tmp_path: Path, how: str) -> list[str]:
    if shutil.which("dbus-run-session") is None:
        assert "CI" not in os.environ, "apt-get install dbus"
        pytest.skip("dbus-run-session is missing: apt-get install dbus")
    pytest.importorskip("jeepney", reason="comes with keyring on Linux")
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    environ = {key: value for key, value in os.environ.items() if not key.startswith("DBUS_")}
    ended = subprocess.run(
        ["dbus-run-session", "--", sys.executable, str(script), how],
        env={**environ, "PYTHONPATH": str(ROOT), "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.splitlines()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="D-Bus is Linux's")
@pytest.mark.ui("11.15", "progress is at the taskbar where the desktop shows it, else in the title")
def test_a_dock_that_listens_is_told_how_far_it_is_and_when_it_ends(tmp_path):
    name = "application://ds3-browser.desktop"
    assert run_script(tmp_path, "listens") == [
        "there True",
        str((name, 0.34, True)),
        str((name, 0.35, True)),
        str((name, 0.0, False)),
    ]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="D-Bus is Linux's")
def test_where_nobody_listens_nothing_is_claimed(tmp_path):
    assert run_script(tmp_path, "nobody") == ["there False"]


@pytest.mark.ui("11.15", "progress is at the taskbar where the desktop shows it, else in the title")
def test_the_title_tells_it_only_where_the_taskbar_does_not(
    qtbot, window, connected, simulator, folder, monkeypatch
):
    shown: list[int | None] = []
    monkeypatch.setattr(Taskbar, "show", lambda self, percent: shown.append(percent))
    simulator.faults.set("cache_bytes", 0)
    file = folder / "a.bin"
    file.write_bytes(b"a" * 1000)
    window.context.queue.upload(connected.id, "archive", "", [str(file)])
    qtbot.waitUntil(lambda: "%" in window.windowTitle(), timeout=20_000)
    assert shown[-1] == 0
    window.context.taskbar._take(True)
    assert "%" not in window.windowTitle()
    window.context.taskbar._take(False)
    assert "%" in window.windowTitle()
