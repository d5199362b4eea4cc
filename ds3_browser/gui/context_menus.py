"""The menus that panes open, and what the commands act on while one of them is open."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, QPoint, QTimer, Signal, Slot
from PySide6.QtWidgets import QMenu, QWidget

from ds3_browser.gui.actions import Actions
from ds3_browser.gui.menus import (
    BUCKET_MENU,
    FOLDER_MENU,
    LOCAL_MENU,
    SESSION_MENU,
    Entries,
    board_menu,
    job_menu,
    menu_for,
)
from ds3_browser.gui.places import Place, Selection
from ds3_browser.gui.situation import Situation
from ds3_browser.gui.views import menu_style


class ContextMenus(QObject):
    """One menu at a time. `about` is what it is about, None while none is open; `changed` tells.

    `situation` gives what the commands act on in the window, `situation_of` what they would for a
    selection and a place that takes uploads.
    """

    changed = Signal()

    def __init__(
        self,
        actions: Actions,
        situation: Callable[[], Situation],
        situation_of: Callable[[Selection, Place], Situation],
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self.about: Situation | None = None
        self._actions = actions
        self._situation = situation
        self._situation_of = situation_of
        self._window = window
        self._menu: QMenu | None = None

    @Slot(object, object)
    def open_for_selection(self, selection: Selection, at: QPoint) -> None:
        into = selection.place
        if len(selection) == 1 and selection.folders:
            into = into.folder(selection.folders[0])
        elif len(selection) == 1 and selection.buckets:
            into = Place(into.session_id, selection.buckets[0])
        self._open(menu_for(selection), self._situation_of(selection, into), at)

    @Slot(object, object)
    def open_for_place(self, place: Place, at: QPoint) -> None:
        """Open the menu of a session, bucket or folder in the sidebar."""
        entries: Entries
        if place.bucket is None:
            entries, target = SESSION_MENU, Selection(place)
        elif not place.prefix:
            entries = BUCKET_MENU
            target = Selection(Place(place.session_id), buckets=(place.bucket,))
        else:
            entries = FOLDER_MENU
            target = Selection(place.parent or place, folders=(place.prefix,))
        self._open(entries, self._situation_of(target, place), at)

    @Slot(object, object)
    def open_for_job(self, job_id: int, at: QPoint) -> None:
        self._open(job_menu(), self._situation(), at)

    @Slot(QPoint)
    def open_for_board(self, at: QPoint) -> None:
        """Open the menu of the job that is chosen on the board."""
        self._open(board_menu(), self._situation(), at)

    def _open(self, entries: Entries, about: Situation, at: QPoint) -> None:
        """Show a menu; while it is open the commands act on what it is about."""
        self.about = about
        self.changed.emit()
        menu = self._actions.menu(entries, self._window)
        menu.setObjectName("context_menu")
        menu_style.quieten(menu)
        # A menu hides before its command is triggered, which still acts on what the menu is about.
        menu.aboutToHide.connect(lambda: QTimer.singleShot(0, partial(self._closed, menu)))
        self._menu = menu
        menu.popup(at)

    def _closed(self, menu: QMenu) -> None:
        menu.deleteLater()
        if menu is self._menu:
            self._menu, self.about = None, None
            self.changed.emit()

    @Slot(object)
    def open_for_local_files(self, at: QPoint) -> None:
        self._open(LOCAL_MENU, self._situation(), at)
