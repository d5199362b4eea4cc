"""Figures as the user reads them."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
from PySide6.QtCore import QDate, QLocale

from ds3_browser.gui import format

KB, MB, GB, TB = 10**3, 10**6, 10**9, 10**12


@pytest.fixture(autouse=True)
def _english_in_paris(monkeypatch):
    """A locale and a zone of the tests' own, whatever the computer has."""
    before = QLocale()
    QLocale.setDefault(QLocale("en_GB"))
    monkeypatch.setenv("TZ", "Europe/Paris")
    time.tzset()
    yield
    QLocale.setDefault(before)
    monkeypatch.undo()
    time.tzset()


@pytest.mark.ui("2.1", "sizes are decimal, with the decimals of their unit")
@pytest.mark.parametrize(
    ("amount", "told"),
    [
        (None, "—"),
        (0, "0 B"),
        (1, "1 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (412_600, "412.6 kB"),
        (999_949, "999.9 kB"),
        (999_950, "1.0 MB"),
        (12_345_678, "12.3 MB"),
        (999_949_999, "999.9 MB"),
        (999_950_000, "1.00 GB"),
        (38_210_000_000, "38.21 GB"),
        (99_994_999_999, "99.99 GB"),
        (99_995_000_000, "100.0 GB"),
        (884_200_000_000, "884.2 GB"),
        (999_949_999_999, "999.9 GB"),
        (999_950_000_000, "1.00 TB"),
        (2_410_000_000_000, "2.41 TB"),
        (5 * 1000**6, "5.00 EB"),
        (123_456 * 1000**6, "123,456.0 EB"),
    ],
)
def test_a_size_has_the_decimals_of_its_unit(amount, told):
    assert format.size(amount) == told


@pytest.mark.ui("2.3", "gauges show three figures, parts the decimals of their whole")
@pytest.mark.parametrize(
    ("amount", "told"),
    [
        (None, "—"),
        (999, "999 B"),
        (576 * GB, "576 GB"),
        (1_340 * GB, "1.34 TB"),
        (72 * TB, "72.0 TB"),
        (999_600_000_000, "1.00 TB"),
        (64_040_000_000, "64.0 GB"),
    ],
)
def test_a_gauge_shows_three_figures(amount, told):
    assert format.size3(amount) == told


@pytest.mark.ui("2.3", "gauges show three figures, parts the decimals of their whole")
@pytest.mark.parametrize(
    ("part", "told"), [(59_500 * GB, "59.5 TB"), (9_600 * GB, "9.6 TB"), (2_900 * GB, "2.9 TB")]
)
def test_a_part_has_unit_and_decimals_of_its_whole(part, told):
    assert format.size3(part, 72 * TB) == told


@pytest.mark.ui("2.4", "pairs share the larger unit")
@pytest.mark.parametrize(
    ("part", "whole", "told"),
    [
        (260 * GB, 3_920 * GB, "0.26 of 3.92 TB"),
        (1_470 * GB, 2_410 * GB, "1.47 of 2.41 TB"),
        (196 * GB, 196_400 * MB, "196.0 of 196.4 GB"),
        (0, 10 * KB, "0.0 of 10.0 kB"),
        (0, 0, "0 of 0 B"),
        (None, 3_920 * GB, "— of 3.92 TB"),
        (5, None, "5 B of —"),
    ],
)
def test_a_pair_shares_the_larger_unit(part, whole, told):
    assert format.pair(part, whole) == told


@pytest.mark.ui("2.6", "a rate is a size a second")
@pytest.mark.parametrize(
    ("per_second", "told"), [(None, "—"), (0, "0 B/s"), (1.12e9, "1.12 GB/s"), (0.4, "0 B/s")]
)
def test_a_rate_is_a_size_a_second(per_second, told):
    assert format.rate(per_second) == told


@pytest.mark.ui("2.9", "a percentage is floored, and full only at the end")
@pytest.mark.parametrize(
    ("part", "whole", "told"),
    [
        (0, 100, "0 %"),
        (999, 1000, "99 %"),
        (1000, 1000, "100 %"),
        (612, 1000, "61 %"),
        (0, 0, "0 %"),
    ],
)
def test_a_percentage_is_rounded_down(part, whole, told):
    assert format.percent(part, whole) == told


@pytest.mark.ui("2.7", "time left is coarse, and unknown while waiting")
@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (None, "—"),
        (0, "under 1 min"),
        (59.9, "under 1 min"),
        (60, "1 min"),
        (14 * 60, "14 min"),
        (59.6 * 60, "1 h"),
        (3 * 3600 + 12 * 60, "3 h 10 min"),
        (23.99 * 3600, "1 d"),
        (52 * 3600, "2 d 4 h"),
    ],
)
def test_time_left_is_no_finer_than_it_deserves(seconds, told):
    assert format.time_left(seconds) == told


def test_a_duration_that_is_known_keeps_its_minutes():
    assert format.duration(3 * 3600 + 12 * 60) == "3 h 12 min"
    assert format.duration(11 * 60 + 20) == "11 min"


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0, "00:00"), (-3, "00:00"), (0.2, "00:01"), (252, "04:12"), (3852, "1:04:12")],
)
def test_a_countdown_shows_zero_only_at_its_end(seconds, told):
    assert format.countdown(seconds) == told


@pytest.mark.ui(
    "2.10", "dates are local, with the locale's months, short where the year is this one"
)
def test_a_date_is_told_in_the_local_zone():
    assert format.date(datetime(2026, 11, 21, 7, 12, tzinfo=UTC)) == "21 Nov 2026, 08:12"
    assert format.date(None) == "—"


def test_an_hour_that_the_clocks_skip_shifts_no_date():
    """02:30 does not exist in Paris on 29 March 2026; 00:30 UTC is 01:30 there."""
    assert format.date(datetime(2026, 3, 29, 0, 30, tzinfo=UTC)) == "29 Mar 2026, 01:30"
    assert format.date(datetime(2026, 3, 29, 1, 30, tzinfo=UTC)) == "29 Mar 2026, 03:30"


@pytest.mark.ui(
    "2.10", "dates are local, with the locale's months, short where the year is this one"
)
def test_a_moment_leaves_out_what_is_the_same_as_now():
    now = datetime(2026, 11, 22, 22, 50, tzinfo=UTC)
    assert format.moment(now - timedelta(minutes=9), now) == "23:41"
    assert format.moment(now - timedelta(days=1), now) == "21 Nov, 23:50"
    assert format.moment(datetime(2025, 11, 22, 22, 10, tzinfo=UTC), now) == "22 Nov 2025, 23:10"


@pytest.mark.ui(
    "2.10", "dates are local, with the locale's months, short where the year is this one"
)
def test_month_names_are_the_locales():
    QLocale.setDefault(QLocale("de_DE"))
    assert format.date(datetime(2026, 12, 1, 8, tzinfo=UTC)) == "1 Dez. 2026, 09:00"
    assert format.count(12_300) == "12.300"
    assert format.size(38_210_000_000) == "38,21 GB"


def test_where_no_locale_is_set_thousands_still_have_separators():
    QLocale.setDefault(QLocale.c())
    assert format.count(12_300) == "12,300"


@pytest.mark.ui("2.5", "exact bytes and UTC times are in tool tips")
def test_tool_tips_tell_every_byte_and_the_time_in_utc(qapp):
    assert format.exact(38_210_000_001) == "38,210,000,001 bytes"
    assert format.exact(1) == "1 byte"
    assert format.iso(datetime(2026, 11, 21, 8, 12, 3, tzinfo=UTC)) == "2026-11-21T08:12:03Z"
    assert format.day(QDate(2035, 2, 1)) == "1 Feb 2035"
