"""Asks where the objects in view are, once they have been still for a moment, and shows it.

Only rows in view are asked for, all in one call a bucket; a call that fails removes no row.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from PySide6.QtCore import QObject, QTimer

from ds3_browser.gui.connections import Browses, Placed
from ds3_browser.gui.models.objects import ObjectsModel, PlacementWanted
from ds3_browser.gui.views.object_list import ObjectList
from ds3_browser.protocol.errors import AccessDenied

STILL_MS = 300


class Placements(QObject):
    def __init__(self, browsing: Browses, view: ObjectList, parent: QObject) -> None:
        super().__init__(parent)
        self._browsing = browsing
        self._view = view
        self._refused: set[str | None] = set()
        self._wanted = True
        self._asked: set[tuple[int, str, str]] = set()
        self._anew = False
        self._still = QTimer(self)
        self._still.setSingleShot(True)
        self._still.setInterval(STILL_MS)
        self._still.timeout.connect(self._ask)
        model = view.model()
        assert isinstance(model, ObjectsModel)
        self._model = model
        view.verticalScrollBar().valueChanged.connect(self._wait)
        view.resized.connect(self._wait)
        browsing.seen.changed.connect(self._soon)
        model.totals_changed.connect(self._soon)
        model.modelReset.connect(self._soon)
        model.layoutChanged.connect(self._soon)

    def set_wanted(self, wanted: bool) -> None:
        """Whether anything is asked; what is known already stays."""
        if wanted != self._wanted:
            self._wanted = wanted
            self.ask_anew()

    def ask_anew(self) -> None:
        """What is in view was listed again: its place may be another, and be told now."""
        self._refused.clear()
        self._asked.clear()
        self._anew = True
        self._soon()

    def _wait(self) -> None:
        """What is in view moves: wait until it is still."""
        self._still.start()

    def _soon(self, *_ignored: object) -> None:
        """Other rows came to be in view; pages that come one after another do not put it off."""
        if not self._still.isActive():
            self._still.start()

    def _ask(self) -> None:
        column = self._view.column_named("placement")
        if column is None or not self._view.isVisible() or not self._browsing.seen:
            return
        session_id = self._model.place.session_id
        anew, self._anew = self._anew, False
        for wanted in self._model.without_placement(self._view.rows_in_view(), anew=anew):
            if not self._wanted or session_id in self._refused:
                self._model.show_placements(wanted, None)
            elif new := self._not_asked(wanted):
                self._browsing.ask_placements(
                    session_id or "",
                    wanted.bucket,
                    new,
                    partial(self._show, wanted),
                    partial(self._failed, wanted),
                )

    def _not_asked(self, wanted: PlacementWanted) -> list[str]:
        """Those that no call under way, or that failed, has asked for already."""
        keys = {name: (id(wanted.rows), wanted.bucket, name) for name in wanted.names}
        new = [name for name, key in keys.items() if key not in self._asked]
        self._asked.update(keys.values())
        return new

    def _show(self, wanted: PlacementWanted, placed: Mapping[str, Placed]) -> None:
        self._model.show_placements(wanted, placed)

    def _failed(self, wanted: PlacementWanted, error: Exception) -> None:
        """Without the right to ask nothing is asked again until somebody refreshes."""
        if isinstance(error, AccessDenied):
            self._refused.add(self._model.place.session_id)
            self._model.show_placements(wanted, None)
