"""One listing of a folder under way: page after page, paced, until its end or `stop`.

Lives in the GUI thread; each page is asked for in the background. While nobody can look at the
window the next page waits.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Slot

from ds3_browser.gui.connections import FolderTakers, FoundPage
from ds3_browser.gui.seen import Seen
from ds3_browser.gui.workers import Ticket
from ds3_browser.protocol.records import Listing

PAGE_EVERY_MS = 50  # twenty pages a second at most: parsing at full speed would starve the window

AskPage = Callable[[str | None, Callable[[Listing], None], Callable[[Exception], None]], Ticket]


class FolderListing(QObject):
    """`done` once the end is known. Nothing comes after `stop`, nor after an end or an error."""

    def __init__(
        self,
        ask_page: AskPage,
        takers: FolderTakers,
        window: Seen,
        marker: str | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._ask_page = ask_page
        self._takers = takers
        self._window = window
        self._marker = marker
        self._seen = {marker}
        self._ticket: Ticket | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(PAGE_EVERY_MS)
        self._timer.timeout.connect(self._ask)
        self._over = False
        self._due = False
        self.done = False
        window.changed.connect(self._go_on)
        self._ask()

    def _ask(self) -> None:
        self._due = not self._window
        if not self._due:
            self._ticket = self._ask_page(self._marker, self._came, self._failed)

    @Slot(bool)
    def _go_on(self, seen: bool) -> None:
        if seen and self._due:
            self._ask()

    def _came(self, page: Listing) -> None:
        self._ticket = None
        self._marker = page.next_marker
        # Some releases tell a marker on the last page too, and a circle would have no end. Of what
        # a search finds a page may have nothing, and the next one may.
        empty = not page.names and not page.prefixes and not isinstance(page, FoundPage)
        self.done = page.next_marker is None or page.next_marker in self._seen or empty
        self._seen.add(page.next_marker)
        if not self.done:
            self._timer.start()  # before the page is taken: who takes it may stop
        self._takers.on_page(page)
        if self.done:
            self._end()
            self._takers.on_end()

    def _failed(self, error: Exception) -> None:
        self._end()
        self._takers.on_error(error)

    def stop(self) -> None:
        """Want no more of it. Harmless after the end."""
        if self._over:
            return
        if self._ticket is not None:
            self._ticket.drop()
        self._end()

    def _end(self) -> None:
        self._over = True
        self._due = False
        self._timer.stop()
        self.deleteLater()
