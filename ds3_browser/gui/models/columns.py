"""The columns of the lists one browses, declared once: title, width, text, sort key, side."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QCoreApplication

_tr = partial(QCoreApplication.translate, "columns")


@dataclass(frozen=True, slots=True)
class Column:
    """`width` None takes what is left. Under `narrow` pixels of the list the column is hidden."""

    id: str
    title: Callable[[], str]
    width: int | None
    right: bool = False
    hidden: bool = False
    narrow: int = 0


OBJECTS = (
    Column("name", lambda: _tr("Name"), None),
    Column("size", lambda: _tr("Size"), 96, right=True),
    Column("kind", lambda: _tr("Kind"), 70, narrow=960),
    Column("modified", lambda: _tr("Modified"), 160, narrow=640),
    Column("owner", lambda: _tr("Owner"), 110, narrow=960),
    Column("etag", lambda: _tr("ETag"), 220, hidden=True),
    Column("version", lambda: _tr("Version id"), 220, hidden=True),
)

BUCKETS = (
    Column("name", lambda: _tr("Name"), None),
    Column("created", lambda: _tr("Created"), 160),
)
