"""Where an object is, in words and signs: in cache, on how many tapes, how many are ejected."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QCoreApplication

from ds3_browser.gui import format
from ds3_browser.gui.connections import Placed
from ds3_browser.gui.theme import Role

_tr = partial(QCoreApplication.translate, "placement")
_counted = partial(format.counted, "placement")

Sign = tuple[str, Role]


@dataclass(frozen=True, slots=True)
class PlacementWords:
    """A text, the signs before it by name and role, and the role of the text."""

    text: str
    signs: tuple[Sign, ...]
    role: Role = Role.TEXT


def tape_type(type: str | None) -> str:
    """Return `LTO-8` for LTO8, as it is written on the tapes themselves."""
    words = re.sub(r"^LTO(?=M?\d)", "LTO-", type or format.UNKNOWN)
    return words.replace("_", " ")


def being_uploaded() -> PlacementWords:
    return PlacementWords(_tr("Being uploaded"), (("arrow-up", Role.ACCENT),), Role.SECONDARY)


def deleted() -> PlacementWords:
    return PlacementWords(_tr("Deleted"), (("delete", Role.SECONDARY),), Role.SECONDARY)


def not_known() -> PlacementWords:
    return PlacementWords(_tr("Not known"), (("circle-help", Role.SECONDARY),), Role.SECONDARY)


def placement_words(placed: Placed) -> PlacementWords:
    """Return `In cache, 2 tapes` and its signs; what is nowhere that is told is not known."""
    words, signs = list[str](), list[Sign]()
    if placed.in_cache:
        words.append(_tr("In cache"))
        signs.append(("hard-drive", Role.ACCENT))
    if placed.tapes:
        words.append(_counted("{n} tapes", len(placed.tapes)))
        signs.append(("cassette", Role.SUCCESS))
    if placed.ejected:
        words.append(_tr("{n} ejected").format(n=format.count(len(placed.ejected))))
        signs.append(("eject", Role.WARNING))
    if placed.pools:
        words.append(_counted("{n} disk pools", len(placed.pools)))
        signs.append(("disk-pool", Role.SECONDARY))
    if clouds := len(placed.targets) - len(placed.replicas):
        words.append(_counted("{n} cloud targets", clouds))
        signs.append(("cloud", Role.SECONDARY))
    if placed.replicas:
        words.append(_tr("replicated") if words else _tr("Replicated"))
        signs.append(("server", Role.SECONDARY))
    if not words:
        return not_known()
    role = Role.WARNING if placed.ejected else Role.TEXT
    return PlacementWords(_tr(", ").join(words), tuple(signs), role)
