"""What is said of a planned download: where its objects are, and which tapes it reads."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial

from PySide6.QtCore import QCoreApplication

from ds3_browser.gui import format
from ds3_browser.protocol.errors import AccessDenied
from ds3_browser.transfer.restore_plan import Amount, RestorePlan, TapeRow, Where
from ds3_browser.transfer.tapes import TapeFacts

_tr = partial(QCoreApplication.translate, "plan_words")
_counted = partial(format.counted, "plan_words")


def title(where: Where) -> str:
    match where:
        case Where.CACHE:
            return _tr("In cache")
        case Where.DISK:
            return _tr("On disk or in a cloud")
        case Where.LIBRARY:
            return _tr("On tapes in the library")
        case Where.EJECTED:
            return _tr("On ejected tapes only")
        case Where.UNKNOWN:
            return _tr("Not known")


def detail(where: Where, amount: Amount) -> str:
    """The line below the bytes: how many objects, and what that means."""
    if where is Where.CACHE:
        return _counted("{n} objects, can start at once", amount.objects)
    if amount.tapes:
        return _on_tapes(amount)
    return _counted("{n} objects", amount.objects)


def _on_tapes(amount: Amount) -> str:
    objects = _counted("{n} objects", amount.objects)
    tapes = _counted("{n} tapes", amount.tapes)
    return _tr("{objects} on {tapes}").format(objects=objects, tapes=tapes)


def summary(plan: RestorePlan) -> str:
    """All of it in a line, and how far the look is."""
    if isinstance(plan.refused, AccessDenied):
        return _tr("You may not look up where the data is.")
    if plan.refused is not None:
        return _tr("Where the data is could not be looked up.")
    if not plan.objects and not plan.finished:
        return ""  # it is being counted
    if not plan.finished:
        looked_at, objects = format.count(plan.looked_at), format.count(plan.objects)
        return _tr("looked at {n} of {total}").format(n=looked_at, total=objects)
    facts = [_counted("{n} objects", plan.objects), format.size3(plan.size)]
    if tapes := plan.amount(Where.LIBRARY).tapes + plan.amount(Where.EJECTED).tapes:
        facts.append(_counted("{n} tapes", tapes))
    if plan.at is not None:
        at = format.moment(plan.at, datetime.now(UTC))
        facts.append(_tr("looked up at {time}").format(time=at))
    return " · ".join(facts)


def state(tape: TapeFacts) -> str:
    if tape.ejected is None:
        return _tr("Not known")
    return _tr("Ejected") if tape.ejected else _tr("In library")


def location(tape: TapeFacts) -> str:
    if tape.ejected:
        return tape.eject_location or ""
    name = tape.partition or ""
    # What an administrator calls `Partition 1` is not said to be one twice.
    named = not name or name.casefold().startswith(_tr("Partition").casefold())
    return name if named else _tr("Partition {name}").format(name=name)


def note(row: TapeRow) -> str:
    if row.tape.in_drive:
        return _tr("In a drive now")
    if row.others_ejected:
        return _tr("Second copies are ejected")
    if row.tape.ejected and row.tape.eject_label:
        return _tr("Label: {label}").format(label=row.tape.eject_label)
    return ""


def only_ejected(objects: int) -> str:
    return _counted("{n} objects are only on ejected tapes", objects)


def until_back(tapes: int) -> str:
    return _counted("They cannot be read until {n} tapes are back in the library.", tapes)


def left_out(amount: Amount) -> str:
    left_out = _counted("{n} objects are left out", amount.objects)
    return f"{left_out}, {format.size3(amount.size)}"


def estimate(size: int, speeds: Sequence[float]) -> str:
    """How much there is to fetch, and how long it takes if it goes as these, in bytes a second."""
    amount = format.size3(size)
    quick, slow = (size / max(speeds), size / min(speeds)) if speeds else (0.0, 0.0)
    short, long = format.time_left(quick), format.time_left(slow)
    if short == long:
        return amount
    return _tr("{size}, about {short} to {long}").format(size=amount, short=short, long=long)
