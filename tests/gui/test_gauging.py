"""The gauge of the cache: there as soon as the session is, and gone where it may not be known."""

from __future__ import annotations

import pytest

from ds3_browser.gui.views.sidebar import CacheGauge
from ds3_browser.protocol.records import CacheState

SOON = 20_000


@pytest.mark.ui("1.11", "the cache of the session in view is told below the tree")
def test_the_gauge_is_there_once_the_session_in_view_is_connected(
    qtbot, simulator, connected, window
):
    simulator.faults.set("cache_bytes", 400_000_000)
    gauge = window.sidebar._gauge
    window.gauging._ask()
    qtbot.waitUntil(gauge.isVisible, timeout=SOON)
    assert "free of 400 MB" in gauge.accessibleName()


def test_a_connected_session_is_asked_without_being_told_to(qtbot, simulator, connected, window):
    qtbot.waitUntil(
        lambda: window.context.browsing.connection(connected.id).cache is not None, timeout=SOON
    )


@pytest.mark.ui("1.52", "the cache is asked in time, and not while nobody can look")
def test_it_is_asked_again_in_time_but_not_while_nobody_can_look(
    qtbot, simulator, connected, window
):
    browsing = window.context.browsing
    qtbot.waitUntil(lambda: browsing.connection(connected.id).cache is not None, timeout=SOON)
    asked: list[str] = []
    window.gauging._browsing = type(
        "Browsing",
        (),
        {"connection": browsing.connection, "ask_cache": staticmethod(asked.append)},
    )
    window.gauging._timer.timeout.emit()
    assert asked == [connected.id]
    window.showMinimized()
    window.gauging._timer.timeout.emit()
    assert asked == [connected.id]
    window.showNormal()
    assert asked == [connected.id, connected.id]


def test_a_cache_that_holds_more_than_it_may_is_full_and_no_more(qtbot) -> None:
    gauge = CacheGauge()
    qtbot.addWidget(gauge)
    gauge.resize(260, 70)
    overfull = CacheState(1000, used=96_000, available=0, unavailable=0, locked_by_jobs=9000)
    gauge.show_cache("North", overfull)
    gauge.show()
    assert "100 % used" in gauge.accessibleName()
    image = gauge.grab().toImage()
    beside = image.pixelColor(252, 5)  # within the gauge, to the right of its bar
    assert all(image.pixelColor(252, y) == beside for y in range(5, 65))
