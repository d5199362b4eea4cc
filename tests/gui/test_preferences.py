"""Preferences: each holds at once, is kept, and falls back alone where broken."""

from __future__ import annotations

import logging
from datetime import datetime

import pytest
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QListWidget,
    QPushButton,
    QSpinBox,
    QWidget,
)

from ds3_browser.gui import format, theme
from ds3_browser.gui.dialogs.preferences import PreferencesDialog
from ds3_browser.gui.format import Units
from ds3_browser.gui.job_options import UploadDefaults
from ds3_browser.gui.notices import Kind
from ds3_browser.gui.settings import Settings
from ds3_browser.gui.speed import SpeedLimit, limit_at
from ds3_browser.transfer.checks import Conflict
from ds3_browser.transfer.events import State
from ds3_browser.transfer.get import Existing

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
    assert window.context.queue._appliances.blobs_at_once == 7


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


def test_where_objects_are_is_asked_only_where_that_is_wanted(
    qtbot, window, dialog, connected, client, monkeypatch
):
    browsing, asked = window.context.browsing, []
    ask = browsing.ask_placements
    monkeypatch.setattr(browsing, "ask_placements", lambda *a: asked.append(a) or ask(*a))
    client.put_object("archive", "a.bin", b"a")
    dialog.findChild(QCheckBox, "look_up_placements").click()
    assert not kept(window).look_up_placements
    window.page.refresh()
    model = window.page.model
    column = [one.id for one in model.columns].index("placement")
    qtbot.waitUntil(lambda: model.rowCount() == 1, timeout=SOON)
    qtbot.waitUntil(lambda: model.index(0, column).data() == "Not known", timeout=SOON)
    assert asked == []
    dialog.findChild(QCheckBox, "look_up_placements").click()
    qtbot.waitUntil(lambda: model.index(0, column).data() != "Not known", timeout=SOON)
    assert len(asked) == 1


@pytest.mark.parametrize(("seconds", "runs"), [(60, True), (0, False), (30, True)])
def test_caches_and_jobs_are_looked_at_as_often_as_one_wants(window, dialog, seconds, runs):
    choose(dialog, "refresh_s", 300)
    choose(dialog, "refresh_s", seconds)
    for timer in (window.gauging._timer, window.commands.board.boards._timer):
        assert timer.isActive() is runs
        assert not runs or timer.interval() == seconds * 1000


@pytest.mark.ui("9.23", "Preferences have their rooms, and hold at once")
def test_the_rooms_of_the_preferences(dialog):
    rooms = dialog.findChild(QListWidget, "rooms")
    assert [rooms.item(row).text() for row in range(rooms.count())] == [
        *("General", "Transfers", "Uploads", "Downloads", "Notifications"),
        *("Appliances", "Advanced"),
    ]
    language = dialog.findChild(QComboBox, "language")
    assert [language.itemText(n) for n in range(2)] == ["As the system", "English"]


def test_preferences_are_there_at_the_next_start(start_program, tmp_path):
    settings = Settings(tmp_path / "data" / "settings.ini")
    settings.units, settings.uploads_at_once, settings.log_level = Units.BINARY, 5, "ERROR"
    settings.blobs_at_once, settings.continue_at_start, settings.keep_awake = 6, True, False
    settings.save()
    window = start_program(tmp_path / "data").window
    assert format.size(2048) == "2.0 KiB"
    assert window.context.queue._appliances.blobs_at_once == 6
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


def test_a_limit_of_speed_holds_for_all_transfers_at_once(window, dialog):
    limit = window.context.queue._turns.limit
    assert limit.bytes_per_s is None
    dialog.findChild(QSpinBox, "speed_limit").setValue(25)
    assert limit.bytes_per_s is None
    dialog.findChild(QCheckBox, "limited").setChecked(True)
    assert limit.bytes_per_s == kept(window).speed_limit == 25_000_000
    dialog.findChild(QCheckBox, "limited").setChecked(False)
    assert limit.bytes_per_s is kept(window).speed_limit is None


@pytest.mark.parametrize(
    ("begin", "end", "holds"),
    [
        (0, 0, set(range(24))),
        (8, 18, set(range(8, 18))),
        (22, 6, {22, 23, 0, 1, 2, 3, 4, 5}),
    ],
)
def test_a_limit_holds_in_its_hours(window, begin: int, end: int, holds: set[int]):
    settings = kept(window)
    settings.speed_limit, settings.limited_from, settings.limited_until = 1000, begin, end
    assert {hour for hour in range(24) if limit_at(settings, hour)} == holds


def test_the_engine_is_told_when_an_hour_begins_or_ends(window):
    settings, told, clock = kept(window), [], [datetime(2026, 11, 26, 7, 59)]
    settings.speed_limit, settings.limited_from, settings.limited_until = 1000, 8, 18
    speed = SpeedLimit(settings, told.append, now=lambda: clock[0])
    for hour in (7, 8, 8, 17, 18):
        clock[0] = clock[0].replace(hour=hour)
        speed.apply()
    assert told == [1000, None]
    speed.deleteLater()


def test_hours_are_told_in_words(window, dialog):
    words = dialog.findChild(QWidget, "limited_hours")
    assert words.text() == "all day"
    dialog.findChild(QCheckBox, "limited").setChecked(True)
    dialog.findChild(QSpinBox, "limited_from").setValue(8)
    assert words.text() == "of this computer's time"
    assert kept(window).limited_from == 8


@pytest.mark.ui("7.12", "what a form offers at first is a preference")
def test_forms_begin_with_what_is_preferred(window, dialog):
    choose(dialog, "unlike_there", Conflict.NEW_NAME)
    choose(dialog, "like_there", Conflict.SEND)
    dialog.findChild(QCheckBox, "file_attributes").setChecked(False)
    dialog.findChild(QCheckBox, "skip_system_files").setChecked(False)
    choose(dialog, "twice", Conflict.NUMBER)
    choose(dialog, "recent", Conflict.LEAVE_OUT)
    choose(dialog, "links", Conflict.FOLLOW)
    choose(dialog, "existing", Existing.SKIP_SAME)
    assert kept(window).upload_defaults == UploadDefaults(
        Conflict.SEND,
        Conflict.NEW_NAME,
        file_attributes=False,
        skip_system_files=False,
        twice=Conflict.NUMBER,
        recent=Conflict.LEAVE_OUT,
        links=Conflict.FOLLOW,
    )
    assert kept(window).existing is Existing.SKIP_SAME
    choose(dialog, "unlike_there", None)
    assert kept(window).unlike_there is None


def test_jobs_are_split_where_one_wants(window, dialog):
    dialog.findChild(QSpinBox, "objects_per_job").setValue(1000)
    assert window.context.queue.objects_per_job == kept(window).objects_per_job == 1000


@pytest.mark.parametrize(
    ("key", "broken", "name", "usual"),
    [
        ("uploads/unlike_there", "burn", "unlike_there", None),
        ("uploads/like_there", "burn", "like_there", Conflict.LEAVE_OUT),
        ("uploads/twice", "follow", "twice", None),
        ("uploads/recent", "burn", "recent", Conflict.SEND),
        ("uploads/links", "number", "links", Conflict.SEND),
        ("downloads/existing", "burn", "existing", Existing.KEEP_BOTH),
        ("transfers/speed_limit", "-5", "speed_limit", None),
        ("transfers/speed_limit", "fast", "speed_limit", None),
        ("transfers/limited_from", "99", "limited_from", 0),
        ("transfers/objects_per_job", "0", "objects_per_job", 500_000),
    ],
)
def test_a_broken_value_falls_back_alone(tmp_path, key, broken, name, usual):
    file = tmp_path / "broken.ini"
    store = QSettings(str(file), QSettings.Format.IniFormat)
    store.setValue(key, broken)
    store.sync()
    assert getattr(Settings(file), name) == usual


def test_the_fields_of_all_pages_begin_at_one_edge(dialog) -> None:
    rooms = dialog.findChild(QListWidget, "rooms")
    edges = set()
    for row in range(rooms.count()):
        rooms.setCurrentRow(row)
        for form in dialog.findChildren(QFormLayout):
            if not form.parentWidget().isVisible():
                continue
            form.activate()
            for line in range(form.rowCount()):
                assert form.itemAt(line, QFormLayout.ItemRole.SpanningRole) is None
                edges.add(form.itemAt(line, QFormLayout.ItemRole.FieldRole).geometry().left())
    assert len(edges) == 1
