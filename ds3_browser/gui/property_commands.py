"""Properties: of what is selected, of the listed folder, of its bucket. One window shows them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from ds3_browser.gui.dialogs.properties import Asks, PropertiesWindow
from ds3_browser.gui.dialogs.questions import ask_first
from ds3_browser.gui.places import Place, Selection
from ds3_browser.gui.situation import bucket_of

if TYPE_CHECKING:
    from ds3_browser.gui.context import Context
    from ds3_browser.gui.main_window import MainWindow


class PropertyCommands(QObject):
    """`window` tells what it acts on and is the parent of the properties."""

    def __init__(
        self,
        window: MainWindow,
        context: Context,
        download_version: Callable[[Selection, str], None],
        verify: Callable[[Selection], None],
    ) -> None:
        super().__init__(window)
        self._window = window
        browsing = context.browsing
        self._asks = Asks(
            object_facts=browsing.object_facts,
            bucket_facts=browsing.bucket_facts,
            count=browsing.count,
            download_version=download_version,
            delete_version=browsing.delete_version,
            undelete=browsing.undelete,
            verify=verify,
            ask_before=partial(ask_first, window),
            write=context.disk.run_call,
        )
        self._shown: PropertiesWindow | None = None

    def table(self) -> dict[str, Callable[[], object]]:
        return {
            "properties": self._of_selection,
            "versions": partial(self._of_selection, "versions"),
            "folder_properties": self._of_page,
            "bucket_properties": self._of_bucket,
        }

    def follow(self, selection: Selection) -> None:
        """Open properties go with the selection."""
        if self._shown is not None:
            self._shown.follow(selection)

    def show(self, selection: Selection, page: str | None = None) -> None:
        if self._shown is None:
            self._shown = PropertiesWindow(self._asks, self._window)
        self._shown.show_selection(selection)
        if page is not None:
            self._shown.show_page(page)
        self._shown.show()
        self._shown.raise_()

    def _of_selection(self, page: str | None = None) -> None:
        self.show(self._window.situation().target, page)

    def _of_page(self) -> None:
        """The listed folder's, or the bucket's at its top."""
        place = self._window.situation().page
        if place.prefix and place.parent is not None:
            self.show(Selection(place.parent, folders=(place.prefix,)))
        elif place.bucket is not None:
            self._show_bucket(place.session_id, place.bucket)

    def _of_bucket(self) -> None:
        now = self._window.situation()
        bucket = bucket_of(now) or now.page.bucket
        if bucket is not None:
            self._show_bucket(now.target.place.session_id or now.page.session_id, bucket)

    def _show_bucket(self, session_id: str | None, bucket: str) -> None:
        self.show(Selection(Place(session_id), buckets=(bucket,)))
