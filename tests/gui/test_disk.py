"""The window's thread asks no disk and no network while the window is used, whatever one does."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from ds3_browser.gui.places import Place
from ds3_browser.transfer.events import State
from tests.gui.conftest import connect
from tests.gui.disk_guard import DiskGuard
from tests.gui.test_window import rows_of, states

SOON = 15_000

#: They ask by the desktop's own dialogs, start another program, or end this one.
LEFT_OUT = frozenset(
    {
        *("quit", "guide", "open_log_folder", "show_local", "show_files", "open_local"),
        *("upload_files", "upload_folder", "export_report", "export_list", "start_demo"),
        "demo_anew",
    }
)


@pytest.fixture(scope="module")
def guard() -> DiskGuard:
    return DiskGuard()


def test_the_guard_sees_what_the_windows_thread_asks(guard, monkeypatch, tmp_path: Path) -> None:
    from ds3_browser.gui import local_files

    with guard.on(monkeypatch):
        local_files.look_at(str(tmp_path), local_files.FileOrder())
    asked = " ".join(guard.take())
    assert "os.scandir" in asked
    assert "os.statvfs" in asked


@pytest.mark.timeout(180)
def test_no_command_asks_a_disk_in_the_windows_thread(
    qtbot, guard, start_program, simulator, bucket, client, tmp_path: Path, monkeypatch
) -> None:
    folder = tmp_path / "files"
    (folder / "deep").mkdir(parents=True)
    (folder / "a.bin").write_bytes(b"1" * 1000)
    client.put_object("archive", "there.bin", b"12345")
    program = start_program()
    window = program.window
    with guard.on(monkeypatch):
        session = connect(qtbot, program, simulator, bucket)
        actions = window.context.actions
        actions["local_files"].trigger()
        window.local.show_folder(str(folder))
        qtbot.waitUntil(lambda: window.local.folder == str(folder), timeout=SOON)
        window.local.list.selectAll()
        window.context.queue.upload(session.id, bucket, "", [str(folder)])
        qtbot.waitUntil(lambda: states(window) == [State.DONE], timeout=SOON)
        qtbot.waitUntil(lambda: "files/" in rows_of(window), timeout=SOON)
        window.page.list.selectRow(0)
        qtbot.waitUntil(actions["download"].isEnabled, timeout=SOON)
        asked = guard.take()
        for id in actions:
            if id in LEFT_OUT or not actions[id].isEnabled():
                continue
            actions[id].trigger()
            _settle(qtbot, window, Place(session.id, bucket))
            asked += [f"{id}: {line}" for line in guard.take()]
    assert asked == []


def _settle(qtbot, window, place: Place) -> None:
    """Let what was begun go on for some turns, close what it opened, and go back."""
    for _ in range(20):
        QApplication.sendPostedEvents()
        QApplication.processEvents()
    for widget in QApplication.topLevelWidgets():
        popup = widget.windowType() == Qt.WindowType.Popup
        if widget is not window and widget.isVisible() and not popup:
            widget.close()
    window.go(place)
    qtbot.waitUntil(lambda: not window.page.listing, timeout=SOON)
    if window.page.model.rowCount():
        window.page.list.selectRow(0)
