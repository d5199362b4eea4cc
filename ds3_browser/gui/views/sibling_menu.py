"""The menu behind an arrow of the location bar: the buckets or folders that lie below a crumb."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtWidgets import QMenu, QWidget

from ds3_browser.gui import icons
from ds3_browser.gui.connections import Browses, RunningListing
from ds3_browser.gui.names import visible
from ds3_browser.gui.places import Place
from ds3_browser.gui.theme import Role
from ds3_browser.gui.views import menu_style
from ds3_browser.protocol.records import Listing

_tr = partial(QCoreApplication.translate, "sibling_menu")

MOST = 200


class SiblingMenu(QMenu):
    """Lists what lies below `place` while it is open, and forgets itself once closed.

    Wish: `place_chosen(Place)`.
    """

    place_chosen = Signal(object)

    def __init__(self, browsing: Browses, place: Place, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("sibling_menu")
        menu_style.quieten(self)
        self._place = place
        self._listing: RunningListing | None = None
        self._note = self.addAction("")
        self._note.setEnabled(False)
        self.aboutToHide.connect(self._end)
        if place.bucket is None:
            for bucket in browsing.connection(place.session_id).buckets[:MOST]:
                self._add(Place(place.session_id, bucket.name), "bucket")
            self._note.setText(_tr("No buckets"))
            self._note.setVisible(len(self.actions()) == 1)
            return
        self._note.setText(_tr("Loading"))
        self._listing = browsing.list_folder(place, self._page, self._listed, self._failed)

    def _add(self, place: Place, picture: str) -> None:
        action = self.addAction(visible(place.name).replace("&", "&&") or "/")
        action.setIcon(icons.icon(picture, Role.SECONDARY))
        action.triggered.connect(partial(self.place_chosen.emit, place))

    def _page(self, page: Listing) -> None:
        for prefix in page.prefixes:
            if len(self.actions()) > MOST:
                self._stop()
                self._note.setText(_tr("More in the list"))
                return
            self._add(self._place.folder(prefix), "folder")

    def _listed(self) -> None:
        self._listing = None
        self._note.setText(_tr("No folders"))
        self._note.setVisible(len(self.actions()) == 1)

    def _failed(self, error: Exception) -> None:
        self._listing = None
        self._note.setText(_tr("Could not list"))

    def _stop(self) -> None:
        if self._listing is not None:
            self._listing.stop()
            self._listing = None

    def _end(self) -> None:
        self._stop()
        self.deleteLater()
