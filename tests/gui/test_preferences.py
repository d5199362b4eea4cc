"""Preferences: each holds at once, is kept, and falls back alone where broken."""

from __future__ import annotations

import logging

import pytest
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QCheckBox, QComboBox, QPushButton, QSpinBox

from ds3_browser.gui import format, theme
from ds3_browser.gui.dialogs.preferences import PreferencesDialog
from ds3_browser.gui.format import Units
from ds3_browser.gui.notices import Kind
from ds3_browser.gui.settings import Settings
from ds3_browser.transfer.events import State

SOON = 10_000


@pytest.fixture(autouse=True)
def _usual():
    level = logging.getLogger("ds3_browser").level
    yield
    format.set_units(Units.DECIMAL)
    logging.getLogger("ds3_browser").setLevel(level)


@pytest.fixture
def dialog(window) -> PreferencesDialog:
    window.context.actions["preferences"].trigger()
    found = window.findChild(PreferencesDialog)
    assert found.isVisible()
    assert not found.isModal()
    return found


def choose(dialog, name: str, value: object) -> None:
    box = dialog.findChild(QComboBox, name)
    box.setCurrentIndex(box.findData(value))


def kept(window) -> Settings:
    return window.context.settings


@pytest.mark.ui("2.2", "sizes can be binary, and are never mixed")
def test_sizes_are_told_in_the_units_one_wants_everywhere_at_once(window, dialog):
    assert format.size(38_210_000_000) == "38.21 GB"
    choose(dialog, "units", Units.BINARY)
    assert format.size(38_210_000_000) == "35.59 GiB"
    assert format.size(1023) == "1,023 B"
    assert format.size(1024) == "1.0 KiB"
    assert kept(window).units is Units.BINARY


def test_the_theme_changes_at_once_and_the_menu_follows(window, dialog):
    choose(dialog, "theme", theme.Theme.DARK)
    assert theme.tokens().dark
    assert window.context.actions["theme_dark"].isChecked()
    assert kept(window).theme is theme.Theme.DARK


@pytest.mark.ui("3.24", "places limit how many transfer at once, and are given back in waits")
def test_more_uploads_at_once_let_one_go_that_stood_in_line(
    qtbot, window, dialog, simulator, connected, folder
):
    simulator.faults.set("cache_bytes", 0)
    jobs = []
    for number in range(3):
        file = folder / f"{number}.bin"
        file.write_bytes(bytes(100))
        jobs.append(window.context.queue.upload(connected.id, "archive", "", [str(file)]))
    last = jobs[-1]
    qtbot.waitUntil(
        lambda: sum(window.jobs.row(job).state is State.WAITING for job in jobs) == 2, timeout=SOON
    )
    queued = next(job for job in jobs if window.jobs.row(job).state is State.QUEUED)
    dialog.findChild(QSpinBox, "uploads_at_once").setValue(3)
    qtbot.waitUntil(lambda: window.jobs.row(queued).state is State.WAITING, timeout=SOON)
    assert kept(window).uploads_at_once == 3
    assert last in jobs
    for job in jobs:
        window.context.queue.pause(job)


def test_blobs_in_parallel_are_those_of_the_next_connection(window, dialog):
    dialog.findChild(QSpinBox, "blobs_at_once").setValue(7)
    assert window.context.queue.blobs_at_once == 7


def test_the_log_is_as_talkative_as_one_wants(window, dialog):
    choose(dialog, "log_level", "DEBUG")
    assert logging.getLogger("ds3_browser").isEnabledFor(logging.DEBUG)
    choose(dialog, "log_level", "WARNING")
    assert not logging.getLogger("ds3_browser").isEnabledFor(logging.INFO)


@pytest.mark.ui("11.8", "notices are gathered, switched off one by one, and lead to their job")
def test_notices_are_switched_off_one_by_one(window, dialog):
    dialog.findChild(QCheckBox, "notice_done").setChecked(False)
    assert not kept(window).wants_notice(Kind.DONE)
    assert kept(window).wants_notice(Kind.FAILED)


@pytest.mark.ui("11.9", "without a tray a notice is a bar in the window")
def test_without_a_tray_its_preference_is_absent(dialog, qtbot, window):
    assert dialog.findChild(QCheckBox, "to_tray") is None
    other = PreferencesDialog(kept(window), True)
    qtbot.addWidget(other)
    assert other.findChild(QCheckBox, "to_tray") is not None


def test_the_form_of_an_upload_is_shown_always_where_that_is_wanted(
    qtbot, window, dialog, connected, folder
):
    choose(dialog, "always_check", True)
    file = folder / "a.bin"
    file.write_bytes(b"a")
    window.commands.upload_now([str(file)], window.place)
    form = [one for one in window.children() if one.objectName() == "upload_dialog"][-1]
    assert form.isVisible()
    button = form.findChild(QPushButton, "upload_button")
    qtbot.waitUntil(button.isEnabled, timeout=SOON)
    assert form.isVisible()  # it waits for a person although nothing is doubtful
    form.reject()


def test_preferences_are_there_at_the_next_start(start_program, tmp_path):
    settings = Settings(tmp_path / "data" / "settings.ini")
    settings.units, settings.uploads_at_once, settings.log_level = Units.BINARY, 5, "ERROR"
    settings.blobs_at_once, settings.continue_at_start, settings.keep_awake = 6, True, False
    settings.save()
    window = start_program(tmp_path / "data").window
    assert format.size(2048) == "2.0 KiB"
    assert window.context.queue.blobs_at_once == 6
    assert not logging.getLogger("ds3_browser").isEnabledFor(logging.WARNING)
    again = Settings(tmp_path / "data" / "settings.ini")
    assert (again.uploads_at_once, again.continue_at_start, again.keep_awake) == (5, True, False)


@pytest.mark.ui("15.11", "a broken value falls back alone")
@pytest.mark.parametrize("broken", ["many", "0", "-3", "4000", ""])
def test_a_broken_number_falls_back_alone(qapp, tmp_path, broken):
    file = tmp_path / "settings.ini"
    store = QSettings(str(file), QSettings.Format.IniFormat)
    store.setValue("transfers/uploads", broken)
    store.setValue("transfers/downloads", "5")
    store.sync()
    settings = Settings(file)
    assert settings.uploads_at_once == 2
    assert settings.downloads_at_once == 5


def test_the_command_line_s_log_level_stands_above_the_kept_one(start_program, tmp_path):
    settings = Settings(tmp_path / "data" / "settings.ini")
    settings.log_level = "ERROR"
    settings.save()
    start_program(tmp_path / "data", log_level="DEBUG")
    assert logging.getLogger("ds3_browser").isEnabledFor(logging.DEBUG)
