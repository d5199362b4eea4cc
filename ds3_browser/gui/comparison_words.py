"""What a user reads of a comparison: its results in words, and what each rests on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial

from PySide6.QtCore import QCoreApplication

from ds3_browser.gui import format
from ds3_browser.gui.names import visible
from ds3_browser.gui.theme import Role
from ds3_browser.transfer.comparison_records import Proof, Row, Sum, Verdict, Why

_tr = partial(QCoreApplication.translate, "comparison_words")


def title(verdict: Verdict) -> str:
    match verdict:
        case Verdict.DIFFERS:
            return _tr("Differs")
        case Verdict.ONLY_HERE:
            return _tr("Only here")
        case Verdict.ONLY_THERE:
            return _tr("Only there")
        case Verdict.NOT_COMPARED:
            return _tr("Not compared")
        case Verdict.SAME:
            return _tr("Same")


def sign(verdict: Verdict) -> tuple[str, Role]:
    """The icon beside a result, and its colour."""
    match verdict:
        case Verdict.DIFFERS:
            return "circle-alert", Role.ERROR
        case Verdict.ONLY_HERE:
            return "upload", Role.ACCENT
        case Verdict.ONLY_THERE:
            return "download", Role.ACCENT
        case Verdict.NOT_COMPARED:
            return "circle-help", Role.WARNING
        case Verdict.SAME:
            return "circle-check", Role.SUCCESS


def summary(sums: Mapping[Verdict, Sum]) -> str:
    """Return `1,190 same, 3 differ, 11 only here, 0 only there`, and what was not compared."""

    def number(verdict: Verdict) -> str:
        return format.count(sums.get(verdict, Sum()).names)

    facts = {
        "same": number(Verdict.SAME),
        "differ": number(Verdict.DIFFERS),
        "here": number(Verdict.ONLY_HERE),
        "there": number(Verdict.ONLY_THERE),
        "rest": number(Verdict.NOT_COMPARED),
    }
    if sums.get(Verdict.NOT_COMPARED, Sum()).names:
        return _tr(
            "{same} same, {differ} differ, {here} only here, {there} only there,"
            " {rest} not compared"
        ).format(**facts)
    return _tr("{same} same, {differ} differ, {here} only here, {there} only there").format(**facts)


def reason(row: Row) -> str:
    """What a result rests on; empty where its own word says it."""
    match row.why:
        case Why.SIZE:
            return _tr("Another size")
        case Why.NEWER:
            return _tr("The file is newer")
        case Why.BYTES:
            return _tr("Other bytes: the checksums differ")
        case Why.ALIKE:
            return _alike(row)
        case Why.LINK:
            return _tr("A link, which is not followed")
        case Why.NOT_A_FILE:
            return _tr("A pipe, a socket or a device")
        case Why.UNREADABLE:
            return _unreadable(row.detail)
        case Why.NOT_ALLOWED:
            return _tr("No object can have this name: {words}").format(words=row.detail or "")
        case Why.UPLOADING:
            return _tr("The object is being uploaded")
        case Why.CHANGED:
            return _tr("The file changed since it was looked at")
        case Why.GONE:
            return _tr("The object is no longer there")
        case None:
            return proof(row)


def _unreadable(words: str | None) -> str:
    if words:
        return _tr("Cannot be read here: {words}").format(words=words)
    return _tr("Cannot be read here")


def _alike(row: Row) -> str:
    other = visible((row.other or "").rpartition("/")[2])
    if row.verdict is Verdict.ONLY_HERE:
        return _tr("There: {name} (case or accents)").format(name=other)
    return _tr("Here: {name} (case or accents)").format(name=other)


def proof(row: Row) -> str:
    match row.proof:
        case Proof.CHECKSUM:
            return _tr("Checksums compared")
        case Proof.NONE_TOLD:
            return _tr("The appliance has no checksum")
        case None:
            return ""


def moments(row: Row) -> tuple[datetime | None, datetime | None]:
    """When the file was changed, and when the object was stored."""
    changed = None if row.mtime_ns is None else row.mtime_ns / 1e9
    return _moment(changed), _moment(row.modified)


def _moment(seconds: float | None) -> datetime | None:
    if seconds is None or seconds != seconds:
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError):  # a disk's date may be any number
        return None
