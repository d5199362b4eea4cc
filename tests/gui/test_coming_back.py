"""Back from a page that stands apart, the list is as it was left."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from ds3_browser.gui.job_options import DownloadOptions
from ds3_browser.gui.places import Place, Selection

SOON = 10_000


@pytest.fixture
def scrolled(qtbot, window, connected, client, bucket):
    """A long list with a filter, an object in its midst selected and in view; its first row."""
    for number in range(80):
        client.put_object(bucket, f"many/{number:03}.bin", b"1")
    window.go(Place(connected.id, bucket, "many/"))
    view = window.page.list
    qtbot.waitUntil(lambda: window.page.model.rowCount() == 80, timeout=SOON)
    window.page.filter.setText("bin")
    view.selectRow(60)
    view.scrollTo(window.page.model.index(60, 0), view.ScrollHint.PositionAtCenter)
    return view.rowAt(0)


def is_as_it_was(qtbot, window, first_row: int) -> None:
    """At once, and when it has been listed again."""
    view = window.page.list
    for settled in (False, True):
        if settled:
            qtbot.waitUntil(lambda: not window.page.listing, timeout=SOON)
        assert window.page.filter.text() == "bin"
        assert [one.name for one in window.page.selection().objects] == ["many/060.bin"]
        assert view.rowAt(0) == first_row


WAYS_BACK = {
    "button": lambda qtbot, window, page: page.back.click(),
    "Alt+Left": lambda qtbot, window, page: window.context.actions["back"].trigger(),
    "Escape": lambda qtbot, window, page: qtbot.keyClick(page.table, Qt.Key.Key_Escape),
}


@pytest.mark.ui("13.29", "a comparison is a page: back from it the list stands as it was left")
@pytest.mark.parametrize("way", WAYS_BACK)
def test_back_from_a_comparison_the_list_stands_as_it_was(
    qtbot, window, connected, bucket, folder, scrolled, way
) -> None:
    chosen = Selection(Place(connected.id, bucket), folders=("many/",))
    window.commands.comparisons.compare(chosen, str(folder))
    page = window.comparison
    qtbot.waitUntil(lambda: page.model.rowCount() == 80, timeout=SOON)
    assert page.isVisible()
    assert not window.tool_bar.isVisible()
    assert window.transfers.isVisible()
    WAYS_BACK[way](qtbot, window, page)
    assert window.on_object_page
    assert window.tool_bar.isVisible()
    is_as_it_was(qtbot, window, scrolled)
    assert QApplication.focusWidget() is window.page.list


def test_back_from_the_jobs_on_the_appliance_the_list_stands_as_it_was(
    qtbot, window, connected, scrolled
) -> None:
    window.context.actions["appliance_jobs"].trigger()
    assert window.on_board
    window.go_back()
    is_as_it_was(qtbot, window, scrolled)


def test_back_from_a_transfer_the_list_stands_as_it_was(
    qtbot, window, connected, bucket, scrolled, tmp_path
) -> None:
    place = (connected.id, bucket, "many/")
    job = window.context.queue.download(
        *(*place, ("many/001.bin",), (), str(tmp_path / "t"), DownloadOptions())
    )
    qtbot.waitUntil(lambda: window.jobs.row(job) is not None and window.jobs.row(job).ended)
    window.show_job(job)
    assert window.on_job_page
    window.leave_job()
    is_as_it_was(qtbot, window, scrolled)


def test_what_is_new_in_the_list_is_there_after_coming_back(
    qtbot, window, connected, client, bucket, scrolled
) -> None:
    window.context.actions["appliance_jobs"].trigger()
    client.put_object(bucket, "many/new.bin", b"1")
    window.go_back()
    qtbot.waitUntil(lambda: window.page.model.rowCount() == 81, timeout=SOON)
    assert [one.name for one in window.page.selection().objects] == ["many/060.bin"]


def test_another_place_is_listed_from_its_beginning(
    qtbot, window, connected, bucket, scrolled
) -> None:
    window.context.actions["appliance_jobs"].trigger()
    window.go(Place(connected.id, bucket))
    assert window.page.filter.text() == ""
    qtbot.waitUntil(lambda: window.page.model.rowCount() == 1, timeout=SOON)
    assert not len(window.page.selection())


def test_what_acts_on_the_list_does_not_where_it_is_not_shown(
    qtbot, window, connected, scrolled
) -> None:
    window.context.actions["appliance_jobs"].trigger()
    window.follow()
    for name in ("select_all", "location"):
        action = window.context.actions[name]
        assert not action.isEnabled()
        assert action.toolTip() == "No list of objects is shown."
    window.go_back()
    assert window.context.actions["select_all"].isEnabled()


def test_the_list_of_a_session_that_was_left_meanwhile_is_no_longer_shown(
    qtbot, window, connected, client, bucket, scrolled
) -> None:
    window.context.actions["appliance_jobs"].trigger()
    window.context.browsing.disconnect_session(connected.id)
    window.go_back()
    qtbot.waitUntil(lambda: window.page.model.rowCount() == 0, timeout=SOON)
    client.put_object(bucket, "many/new.bin", b"1")
    window.commands.sessions.connect_session(connected.id)
    qtbot.waitUntil(lambda: window.page.model.rowCount() == 81, timeout=SOON)
