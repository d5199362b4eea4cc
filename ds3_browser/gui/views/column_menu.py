"""The menu of a list's columns: which are shown, and all as they were at first."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QCoreApplication, QPoint
from PySide6.QtWidgets import QMenu, QWidget

from ds3_browser.gui.views import menu_style

_tr = partial(QCoreApplication.translate, "column_menu")


@dataclass(frozen=True, slots=True)
class Entry:
    """A column of a list. `may_hide` where it is not one that is always shown."""

    id: str
    title: str
    shown: bool
    may_hide: bool


def fill(
    menu: QMenu,
    columns: Iterable[Entry],
    choose: Callable[[str, bool], None],
    reset: Callable[[], None],
) -> None:
    """Make a menu of the columns that there are now; `choose` is told an id and if it is shown."""
    menu.clear()
    for column in columns:
        action = menu.addAction(column.title)
        action.setCheckable(True)
        action.setChecked(column.shown)
        action.setEnabled(column.may_hide)
        action.toggled.connect(partial(choose, column.id))
    menu.addSeparator()
    menu.addAction(_tr("Reset columns"), reset)


def popup(parent: QWidget, at: QPoint, fill_it: Callable[[QMenu], None]) -> None:
    """Open it at a point of the screen."""
    menu = QMenu(parent)
    menu.setObjectName("columns_menu")
    menu_style.quieten(menu)
    fill_it(menu)
    menu.aboutToHide.connect(menu.deleteLater)
    menu.popup(at)
