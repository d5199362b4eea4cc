"""What the window remembers from one start to the next beside its geometry.

Columns and order of the list, where the user was in each session, and what was unfolded in the
sidebar. What is gone by then is left out alone.
"""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QObject, QTimer, Slot

from ds3_browser.gui.browsing import Browsing
from ds3_browser.gui.connections import SessionState
from ds3_browser.gui.models.ordering import SortKey
from ds3_browser.gui.models.sidebar import Kind
from ds3_browser.gui.places import Place
from ds3_browser.gui.settings import Settings
from ds3_browser.gui.views.jobs_view import JobsView
from ds3_browser.gui.views.object_list import ObjectList
from ds3_browser.gui.views.object_page import ObjectPage
from ds3_browser.gui.views.sidebar import Sidebar

TABLE, JOBS = "objects", "transfers"


class ListMemory(QObject):
    """Keeps the columns and the order of the object list."""

    def __init__(self, page: ObjectPage, settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._list: ObjectList = page.list
        self._model = page.model
        self._settings = settings
        self._restore()
        self._list.columns_chosen.connect(self._keep_columns)
        self._model.order_changed.connect(self._keep_order)

    def _restore(self) -> None:
        settings = self._settings
        self._list.restore_columns(settings.columns(TABLE), settings.widths(TABLE))
        known = {column.id for column in self._model.columns}
        order = [SortKey(*key) for key in self._settings.order(TABLE) if key[0] in known]
        if order:
            self._model.sort_by(order)

    def _keep_columns(self) -> None:
        self._settings.keep_columns(TABLE, self._list.chosen_columns)
        self._settings.keep_widths(TABLE, self._list.chosen_widths)

    def _keep_order(self) -> None:
        self._settings.keep_order(
            TABLE, [(key.column, key.descending) for key in self._model.order]
        )


class JobsMemory(QObject):
    """Keeps the columns of the transfers."""

    def __init__(self, jobs: JobsView, settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._list = jobs
        self._settings = settings
        jobs.restore_columns(settings.columns(JOBS))
        jobs.columns_chosen.connect(self._keep)

    def _keep(self) -> None:
        self._settings.keep_columns(JOBS, self._list.chosen_columns)


class PlaceMemory(QObject):
    """Keeps the last place of each session, and what is unfolded below it.

    A session that connects for the first time in this run unfolds as it was left. `return_to` says
    where one was, for who connects it on the user's behalf.
    """

    def __init__(
        self,
        sidebar: Sidebar,
        browsing: Browsing,
        settings: Settings,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._sidebar = sidebar
        self._browsing = browsing
        self._settings = settings
        self._to_unfold: dict[str, set[Place]] = {}
        sidebar.tree.expanded.connect(self._keep_open)
        sidebar.tree.collapsed.connect(self._keep_open)
        sidebar.model.rowsInserted.connect(self._unfold_soon)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(self._unfold)

    def see_place(self, place: Place) -> None:
        """The user is at a place now."""
        if place.session_id is not None and place.search is None and self._is_connected(place):
            self._settings.keep_last_place(place)

    def return_to(self, session_id: str) -> Place | None:
        """Return where the user was last in a session, if its bucket is still there."""
        place = self._settings.last_place(session_id)
        if place is None:
            return None
        buckets = self._browsing.connection(session_id).buckets
        return place if any(bucket.name == place.bucket for bucket in buckets) else None

    def forget(self, session_id: str) -> None:
        self._settings.forget_places(session_id)
        self._to_unfold.pop(session_id, None)

    def _is_connected(self, place: Place) -> bool:
        return self._browsing.connection(place.session_id).state is SessionState.CONNECTED

    @Slot(QModelIndex)
    def _keep_open(self, index: QModelIndex) -> None:
        place = self._sidebar.model.node(index).place
        session_id = place.session_id or ""
        if session_id not in self._to_unfold or not self._is_connected(place):
            return
        open_places = set(self._open_below(self._sidebar.model.index_of(Place(session_id))))
        self._settings.keep_open_places(session_id, open_places | self._to_unfold[session_id])

    def _open_below(self, parent: QModelIndex) -> list[Place]:
        model, tree = self._sidebar.model, self._sidebar.tree
        found = []
        for row in range(model.rowCount(parent)):
            index = model.index(row, 0, parent)
            if tree.isExpanded(index):
                found += [model.node(index).place, *self._open_below(index)]
        return found

    def _unfold_soon(self, *_ignored: object) -> None:
        # Later: rows may not be unfolded, and so put in, while others are being put in.
        self._soon.start(0)

    def _unfold(self) -> None:
        """Unfold what was so, as far as it is in the tree by now."""
        model, tree = self._sidebar.model, self._sidebar.tree
        for row in range(model.rowCount()):
            session_id = model.node(model.index(row, 0)).place.session_id or ""
            if not self._is_connected(Place(session_id)):
                continue
            if session_id not in self._to_unfold:
                self._to_unfold[session_id] = self._settings.open_places(session_id)
            waiting = self._to_unfold[session_id]
            for place in sorted(waiting, key=lambda place: place.location):
                index = model.index_of(place)
                if index.isValid() and model.node(index).kind in (Kind.BUCKET, Kind.FOLDER):
                    waiting.discard(place)
                    tree.setExpanded(index, True)
