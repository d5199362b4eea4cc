"""While nobody can look at the window, nothing is asked of the appliance but what jobs need."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest

from ds3_browser.gui.connections import SessionState
from ds3_browser.gui.places import Place
from ds3_browser.protocol.errors import ConnectionFailed, Unreachable
from ds3_browser.simulator.seeding import Seed
from ds3_browser.transfer.events import State

SOON = 20_000
MANY = 30_000


def until_quiet(qtbot, window) -> None:
    """Wait for the answers of what was asked already."""
    calls = window.context.browsing._calls._under_way
    qtbot.waitUntil(lambda: not calls, timeout=SOON)


def wish_for_all(window, session_id: str) -> None:
    """All that asks of its own accord: timers that ran out, and what a job's objects bring."""
    window.gauging._timer.timeout.emit()
    window.page.refresh_place(Place(session_id, "archive"))
    window.page._lister._soon.timeout.emit()
    window.page._placements.ask_anew()
    window.page._placements._still.timeout.emit()
    window.reconnecting.tick()


@pytest.mark.ui("1.57", "nothing is asked while the window is minimised but what jobs need")
def test_a_listing_and_all_that_is_due_wait_until_somebody_looks(
    qtbot, window, connected, simulator
):
    simulator.seed(Seed("archive", MANY, size=1))
    window.go(Place(connected.id, "archive", "elsewhere/"))
    window.go(Place(connected.id, "archive"))
    qtbot.waitUntil(lambda: window.page.model.rowCount() > 1000, timeout=SOON)
    window.showMinimized()
    until_quiet(qtbot, window)
    before, listed = simulator.counters(), window.page.model.totals().objects
    assert listed < MANY
    wish_for_all(window, connected.id)
    qtbot.waitUntil(lambda: window.page._lister._running._due, timeout=SOON)  # its pace is over
    until_quiet(qtbot, window)
    assert simulator.counters() == before
    assert window.page.listing
    window.showNormal()
    qtbot.waitUntil(lambda: window.page.model.totals().objects == MANY, timeout=SOON)
    assert window.page._lister._took_s < 20  # what it waited for a person is no time it took


@pytest.mark.ui("1.57", "nothing is asked while the window is minimised but what jobs need")
def test_what_is_listed_again_and_told_is_asked_for_when_the_window_is_back(
    qtbot, window, connected, simulator, client
):
    client.put_object("archive", "a", b"1")
    window.page.refresh()
    qtbot.waitUntil(lambda: window.page.model.rowCount() == 1, timeout=SOON)
    window.showMinimized()
    until_quiet(qtbot, window)
    client.put_object("archive", "b", b"1")
    before = simulator.counters()
    wish_for_all(window, connected.id)
    until_quiet(qtbot, window)
    assert simulator.counters() == before
    window.showNormal()
    qtbot.waitUntil(lambda: window.page.model.rowCount() == 2, timeout=SOON)
    placed = [one.id for one in window.page.model.columns].index("placement")
    told = partial(window.page.model.cell, 1, placed)
    qtbot.waitUntil(lambda: "In cache" in told().text, timeout=SOON)


@pytest.mark.ui("1.57", "nothing is asked while the window is minimised but what jobs need")
def test_a_job_goes_on_and_what_it_brought_is_listed_later(
    qtbot, window, connected, simulator, folder
):
    file = folder / "large.bin"
    file.write_bytes(bytes(300_000))
    window.showMinimized()
    until_quiet(qtbot, window)
    job = window.context.queue.upload(connected.id, "archive", "", [str(file)])
    qtbot.waitUntil(lambda: window.jobs.row(job).outcome is not None, timeout=SOON)
    assert window.jobs.row(job).state is State.DONE
    assert simulator.counters()["blobs received"] == 1
    before = simulator.counters()
    wish_for_all(window, connected.id)
    until_quiet(qtbot, window)
    assert simulator.counters() == before
    assert window.page.model.rowCount() == 0
    window.showNormal()
    qtbot.waitUntil(lambda: window.page.model.rowCount() == 1, timeout=SOON)


@pytest.mark.ui("1.57", "nothing is asked while the window is minimised but what jobs need")
def test_a_lost_appliance_is_asked_again_once_somebody_looks(qtbot, window, connected, simulator):
    browsing = window.context.browsing
    browsing.report_error(connected.id, ConnectionFailed("vault:80", Unreachable.REFUSED))
    assert browsing.connection(connected.id).state is SessionState.LOST
    window.showMinimized()
    until_quiet(qtbot, window)
    before = simulator.counters()
    clock = window.reconnecting._clock
    window.reconnecting._clock = lambda: clock() + timedelta(seconds=60)
    window.reconnecting.tick()
    until_quiet(qtbot, window)
    assert simulator.counters() == before
    window.showNormal()
    qtbot.waitUntil(
        lambda: browsing.connection(connected.id).state is SessionState.CONNECTED, timeout=SOON
    )
