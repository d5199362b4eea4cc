"""Figures as the user reads them: sizes, rates, times, dates.

Sizes are decimal SI (kB is 1,000 bytes), or binary where the user wants it. What is not known is an
em dash. Nothing here reads a clock: who calls gives the time.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from PySide6.QtCore import QCoreApplication, QDate, QDateTime, QLocale, QTime, QTimeZone

from ds3_browser.gui.direction import as_it_is

_tr = partial(QCoreApplication.translate, "format")

UNKNOWN = "—"
LAST_STEP = 6
MINUTE, HOUR = 60, 3600
MILLION = 1_000_000


class Units(enum.Enum):
    """How sizes are told: (the step from unit to unit, their names). Never mixed."""

    DECIMAL = (1000, ("B", "kB", "MB", "GB", "TB", "PB", "EB"))
    BINARY = (1024, ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"))

    @property
    def base(self) -> int:
        return self.value[0]

    @property
    def names(self) -> tuple[str, ...]:
        return self.value[1]


class _State:
    units = Units.DECIMAL


def units() -> Units:
    return _State.units


def set_units(units: Units) -> None:
    """Tell sizes in these units from now on; who shows some asks again."""
    _State.units = units


def size(amount: int | None) -> str:
    """Return `412.6 kB`, `38.21 GB`, `884.2 GB`: for tables and sentences."""
    if amount is None:
        return UNKNOWN
    step = _step(amount, _table_decimals)
    return as_it_is(f"{_in_unit(amount, step, _table_decimals(amount, step))} {_unit(step)}")


def size3(amount: int | None, whole: int | None = None) -> str:
    """Return three figures, `576 GB`, `1.34 TB`: for gauges, cards and captions.

    As a part it has unit and decimals of its whole: of `72.0 TB` `9.6 TB`.
    """
    if amount is None:
        return UNKNOWN
    measure = amount if whole is None else whole
    step = _step(measure, _three_figures)
    return as_it_is(f"{_in_unit(amount, step, _three_figures(measure, step))} {_unit(step)}")


def pair(part: int | None, whole: int | None) -> str:
    """Return both in the larger one's unit and decimals: `0.26 of 3.92 TB`."""
    if part is None or whole is None:
        return _tr("{part} of {whole}").format(part=size(part), whole=size(whole))
    larger = max(part, whole)
    step = _step(larger, _table_decimals)
    decimals = _table_decimals(larger, step)
    return _tr("{part} of {whole}").format(
        part=_in_unit(part, step, decimals),
        whole=as_it_is(f"{_in_unit(whole, step, decimals)} {_unit(step)}"),
    )


def exact(amount: int | None) -> str:
    """Return every byte, `38,210,000,000 bytes`: for tool tips."""
    if amount is None:
        return UNKNOWN
    return counted("format", "{n} bytes", amount)


def rate(bytes_per_s: float | None) -> str:
    """Return `1.12 GB/s`; `0 B/s` when nothing moves."""
    return UNKNOWN if bytes_per_s is None else as_it_is(f"{size(round(bytes_per_s))}/s")


def count(number: int | None) -> str:
    return UNKNOWN if number is None else _locale().toString(number)


def percent(part: int, whole: int) -> str:
    """Return a whole percentage, rounded down, so that 100 % is said of all alone. Never more."""
    return as_it_is(f"{count(min(part, whole) * 100 // whole if whole > 0 else 0)} %")


def time_left(seconds: float | None) -> str:
    """Return an estimate no finer than it deserves: above an hour the minutes are tens."""
    if seconds is None:
        return UNKNOWN
    if seconds > HOUR - MINUTE / 2:
        seconds = round(seconds / (10 * MINUTE)) * 10 * MINUTE
    return duration(seconds)


def duration(seconds: float | None) -> str:
    """Return `under 1 min`, `14 min`, `3 h 12 min`, `2 d 4 h`."""
    if seconds is None:
        return UNKNOWN
    if seconds < MINUTE:
        return _tr("under 1 min")
    minutes = round(seconds / MINUTE)
    if minutes < 60:
        return _tr("{n} min").format(n=count(minutes))
    if minutes < 24 * 60:
        return _two(_tr("{n} h"), minutes // 60, _tr("{n} min"), minutes % 60)
    hours = round(seconds / HOUR)
    return _two(_tr("{n} d"), hours // 24, _tr("{n} h"), hours % 24)


def countdown(seconds: float) -> str:
    """Return `04:12` or `1:04:12`; it shows 00:00 only when nothing is left."""
    whole = max(0, math.ceil(seconds))
    hours, rest = divmod(whole, HOUR)
    clock = f"{rest // MINUTE:02d}:{rest % MINUTE:02d}"
    return as_it_is(f"{hours}:{clock}" if hours else clock)


def date(moment: datetime | None) -> str:
    """Return `21 Nov 2026, 08:12` in this computer's zone."""
    return UNKNOWN if moment is None else _local(moment, _tr("d MMM yyyy, HH:mm"))


def day(day: QDate) -> str:
    """Return `3 Feb 2025`."""
    return as_it_is(_locale().toString(day, _tr("d MMM yyyy")))


def moment(moment: datetime | None, now: datetime) -> str:
    """Return a time inside a sentence: `22:41` of today, `22 Nov, 23:10` of this year."""
    if moment is None:
        return UNKNOWN
    there, here = moment.astimezone(), now.astimezone()
    if there.date() == here.date():
        return _local(moment, _tr("HH:mm"))
    if there.year == here.year:
        return _local(moment, _tr("d MMM, HH:mm"))
    return date(moment)


def day_and_time(moment: datetime | None, now: datetime) -> str:
    """Return `Today, 22:31` or `Yesterday, 16:55` in this computer's zone, else the date."""
    if moment is None:
        return UNKNOWN
    days = (now.astimezone().date() - moment.astimezone().date()).days
    if days == 0:
        return _tr("Today, {time}").format(time=_local(moment, _tr("HH:mm")))
    if days == 1:
        return _tr("Yesterday, {time}").format(time=_local(moment, _tr("HH:mm")))
    return date(moment)


def iso(moment: datetime | None) -> str:
    """Return `2026-11-21T08:12:00Z`: for tool tips and exports."""
    return "" if moment is None else f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def counted(context: str, text: str, number: int, **facts: object) -> str:
    """Return a text that depends on a number, in the form that the language has for it.

    In the text, as in all of ours, the number stands as {n}, and others by their names.
    """
    # Qt takes 32 bits; which form it is depends on the last digits of what is larger.
    form = number if number < MILLION else MILLION + number % MILLION
    told = QCoreApplication.translate(context, text, "", form)
    return told.format(n=count(number), **facts)


def _step(amount: int, decimals_of: Callable[[int, int], int]) -> int:
    """Return the unit's number; one up where rounding would show a thousand of it."""
    step = 0
    while step < LAST_STEP and amount >= _State.units.base ** (step + 1):
        step += 1
    decimals = decimals_of(amount, step)
    if step < LAST_STEP and _scaled(amount, step, decimals) >= _State.units.base * 10**decimals:
        step += 1
    return step


def _table_decimals(amount: int, step: int) -> int:
    if step < 3:
        return min(step, 1)
    return 2 if _scaled(amount, step, 2) < 10000 else 1


def _three_figures(amount: int, step: int) -> int:
    if step == 0:
        return 0
    if _scaled(amount, step, 2) < 1000:
        return 2
    return 1 if _scaled(amount, step, 1) < 1000 else 0


def _scaled(amount: int, step: int, decimals: int) -> int:
    """Return the amount in units of 10^-decimals of its unit, rounded half up."""
    unit: int = _State.units.base**step
    doubled: int = amount * 10**decimals * 2
    return (doubled + unit) // (2 * unit)


def _unit(step: int) -> str:
    return _State.units.names[step]


def _in_unit(amount: int, step: int, decimals: int) -> str:
    return _locale().toString(_scaled(amount, step, decimals) / 10**decimals, "f", decimals)


def _two(first_text: str, first: int, second_text: str, second: int) -> str:
    told = first_text.format(n=count(first))
    return f"{told} {second_text.format(n=count(second))}" if second else told


def _local(moment: datetime, pattern: str) -> str:
    """Format the wall clock's time. It is passed as UTC, so that no hour is skipped twice."""
    there = moment.astimezone()
    day = QDate(there.year, there.month, there.day)
    time = QTime(there.hour, there.minute, there.second)
    return as_it_is(_locale().toString(QDateTime(day, time, QTimeZone.utc()), pattern))


def _locale() -> QLocale:
    """Return the user's locale; where none is set ("C", without separators), English."""
    locale = QLocale()
    return QLocale("en_US") if locale.language() is QLocale.Language.C else locale
