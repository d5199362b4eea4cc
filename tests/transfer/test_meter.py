"""Rate and time left from totals at given times."""

from __future__ import annotations

import pytest

from ds3_browser.transfer.meter import Meter


def fed(*samples: tuple[float, int]) -> Meter:
    meter = Meter()
    for at, total in samples:
        meter.add(at, total)
    return meter


def test_nothing_is_known_in_the_first_moments() -> None:
    meter = fed((0, 0), (0.2, 100))
    assert meter.rate(0.2) is None
    assert meter.time_left(0.2, 100) is None


def test_the_rate_is_the_mean_of_ten_seconds() -> None:
    meter = fed(*((n, 1000 * n) for n in range(20)), (20, 30_000))
    assert meter.rate(20) == pytest.approx(2000)


def test_a_first_gulp_counts_from_where_moving_began() -> None:
    assert fed((0, 0), (1, 16_000), (4, 16_000)).rate(4) == pytest.approx(4000)


def test_time_left_is_forgotten_after_ten_seconds_without_a_byte() -> None:
    meter = fed((0, 0), (4, 4000))
    assert meter.time_left(4, 2000) == pytest.approx(2)
    for second in range(5, 16):
        meter.add(second, 4000)
    assert meter.time_left(15, 2000) is None


def test_a_pause_makes_the_meter_begin_anew() -> None:
    meter = fed((0, 0), (5, 5000))
    assert not meter.fresh
    meter.pause()
    assert meter.fresh
    assert meter.rate(6) is None
