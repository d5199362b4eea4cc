"""The columns of the lists one browses, declared once: title, width, side, when they are hidden."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QCoreApplication

_tr = partial(QCoreApplication.translate, "columns")


@dataclass(frozen=True, slots=True)
class Column:
    """`width` None takes what is left; such a column cannot be hidden.

    Where the list is under `narrow` pixels wide the column gives way, unless the user chose it.
    """

    id: str
    title: Callable[[], str]
    width: int | None
    right: bool = False
    hidden: bool = False
    narrow: int = 0
    tip: Callable[[], str] = str


OBJECTS = (
    Column("name", lambda: _tr("Name"), None),
    Column("size", lambda: _tr("Size"), 96, right=True),
    Column("kind", lambda: _tr("Kind"), 70, narrow=960),
    Column("placement", lambda: _tr("Placement"), 216, narrow=460),  # of words with one sign
    Column(
        "modified",
        lambda: _tr("Modified"),
        160,
        narrow=640,
        tip=lambda: _tr(
            "When the appliance stored it. The file's own time is in Properties, Metadata."
        ),
    ),
    Column("owner", lambda: _tr("Owner"), 96, narrow=960),
    Column("etag", lambda: _tr("ETag"), 220, hidden=True),
    Column("version", lambda: _tr("Version id"), 220, hidden=True),
)

FOUND = (
    Column("name", lambda: _tr("Name"), None),
    Column("bucket", lambda: _tr("Bucket"), 120, narrow=640),
    Column("folder", lambda: _tr("Folder"), 240, narrow=800),
    Column("size", lambda: _tr("Size"), 96, right=True),
    Column("placement", lambda: _tr("Placement"), 176, narrow=720),
    Column("created", lambda: _tr("Created"), 160, narrow=960),
    Column("owner", lambda: _tr("Owner"), 96, narrow=1060),
)

BUCKETS = (
    Column("name", lambda: _tr("Name"), None),
    Column("created", lambda: _tr("Created"), 160),
    Column("bucket_owner", lambda: _tr("Owner"), 110, hidden=True),
    Column("policy", lambda: _tr("Data policy"), 160, hidden=True),
    Column(
        "used",
        lambda: _tr("Used"),
        96,
        right=True,
        hidden=True,
        tip=lambda: _tr("The sizes of its objects together, each once however many copies it has."),
    ),
)
BUCKETS_ASKED = frozenset(("bucket_owner", "policy", "used"))  # a listing tells none of these
