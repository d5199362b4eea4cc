"""Lists one place into a model: first page at once, later ones behind, and again on demand.

Says how it stands; what is shown of that is the page's. A listing again never blanks what is
shown, a failed one keeps what came, and an appliance that is busy is asked again by itself.
"""

from __future__ import annotations

import enum
import math
import time

from PySide6.QtCore import QObject, QTimer, Signal

from ds3_browser.gui.connections import Browses, RunningListing
from ds3_browser.gui.models.objects import ObjectsModel
from ds3_browser.gui.models.rows import Rows
from ds3_browser.gui.places import Place
from ds3_browser.protocol.errors import Busy
from ds3_browser.protocol.records import Listing

AGAIN_AFTER_S = 5.0  # between two listings that nobody asked for
AGAIN_SHARE = 4  # and at most a quarter of the time is spent on them
BUSY_S = 30.0  # where the appliance does not say when to come back


class Standing(enum.Enum):
    """How a listing stands. WHOLE: all that is there is known."""

    LISTING = "listing"
    WHOLE = "whole"
    STOPPED = "stopped"
    FAILED = "failed"
    BUSY = "busy"  # asked again by itself
    AGAIN = "again"  # being listed again, and what is shown stays


class Lister(QObject):
    """`error` tells why a listing failed; after a refresh it may stand beside whole rows.

    Signal: `changed()`, and once a second while the appliance is busy.
    """

    changed = Signal()

    def __init__(self, browsing: Browses, model: ObjectsModel, parent: QObject) -> None:
        super().__init__(parent)
        self._browsing = browsing
        self._model = model
        self._running: RunningListing | None = None
        self._fresh: Rows | None = None
        self._marker: str | None = None
        self._began = self._took_s = self._unseen_before = 0.0
        self._again_at = -math.inf  # when it was last listed again without anybody's asking
        self._ask_at = 0.0
        self.standing = Standing.WHOLE
        self._before = Standing.WHOLE  # what is listed again stood so
        self.error: Exception | None = None
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(self._refresh_now)
        self._countdown = QTimer(self)
        self._countdown.setInterval(1000)
        self._countdown.timeout.connect(self._count_down)

    @property
    def running(self) -> bool:
        return self._running is not None

    @property
    def seconds_left(self) -> float:
        """Until a busy appliance is asked again."""
        return max(0.0, self._ask_at - time.monotonic())

    # --- wishes

    def list(self, place: Place) -> None:
        """Show another place, from its first page on."""
        self._drop()
        self._soon.stop()
        self._model.begin(place)
        self._marker = None
        self._go_on()

    def show_nothing(self, place: Place) -> None:
        """Show a place that is not listed here."""
        self._drop()
        self._soon.stop()
        self._model.begin(place)
        self._stand(Standing.WHOLE)

    def retry(self) -> None:
        """Go on where a listing failed or was stopped; list again what is whole."""
        if self.standing in (Standing.WHOLE, Standing.AGAIN):
            self.refresh()
        else:
            self._drop()
            self._go_on()

    def refresh(self) -> None:
        """List again; what is shown stays until the new listing is whole."""
        if self.standing is Standing.LISTING:
            return  # the first listing is still coming
        self._drop()
        self._soon.stop()
        totals = self._model.totals()
        if self.standing is Standing.WHOLE or totals.objects or totals.folders:
            self._again()
        else:
            self._marker = None
            self._go_on()

    def refresh_soon(self) -> None:
        """List again because objects were changed: not at once again and again."""
        if not self._soon.isActive():
            pause = max(AGAIN_AFTER_S, AGAIN_SHARE * self._took_s)
            since = time.monotonic() - self._again_at
            self._soon.start(int(1000 * max(0.0, pause - since)))

    def stop(self) -> None:
        """Want no more; what came so far stays."""
        if self._running is None and self.standing is not Standing.BUSY:
            return
        again = self.standing is Standing.AGAIN
        self._drop()
        self._model.settle()
        self._stand(self._before if again else Standing.STOPPED)

    # --- listing

    def _go_on(self) -> None:
        self.error = None
        self._start(Standing.LISTING, self._marker)

    def _again(self) -> None:
        if self.standing is not Standing.AGAIN:
            self._before = self.standing
        self.error = None
        self._fresh = Rows(self._model.place)
        self._start(Standing.AGAIN, None)

    def _start(self, standing: Standing, marker: str | None) -> None:
        self._began, self._unseen_before = time.monotonic(), self._browsing.seen.unseen_s
        self._running = self._browsing.list_folder(
            self._model.place, self._page, self._end, self._failed, marker=marker
        )
        self._stand(standing)

    def _refresh_now(self) -> None:
        if self.standing in (Standing.LISTING, Standing.AGAIN, Standing.BUSY):
            self._soon.start(int(1000 * AGAIN_AFTER_S))
        else:
            self._again_at = time.monotonic()
            self.refresh()

    def _page(self, page: Listing) -> None:
        if self._fresh is not None:
            self._fresh.add(page)
        else:
            self._marker = page.next_marker
            self._model.add_page(page)

    def _end(self) -> None:
        self._running = None
        self._took_s = time.monotonic() - self._began - self._unseen_s()
        fresh, self._fresh = self._fresh, None
        if fresh is not None:
            self._model.replace(fresh)
        else:
            self._model.settle()
        self._stand(Standing.WHOLE)

    def _failed(self, error: Exception) -> None:
        self._running = None
        again = self.standing is Standing.AGAIN
        self._fresh = None
        self._model.settle()
        if isinstance(error, Busy) and not again:
            self._ask_at = time.monotonic() + (error.retry_after_s or BUSY_S)
            self._countdown.start()
            self._stand(Standing.BUSY)
            return
        self.error = error
        self._stand(self._before if again else Standing.FAILED)

    def _count_down(self) -> None:
        if self.seconds_left:
            self.changed.emit()
        else:
            self._drop()
            self._go_on()

    def _unseen_s(self) -> float:
        """For how long this listing has waited because nobody could look."""
        return self._browsing.seen.unseen_s - self._unseen_before

    def _drop(self) -> None:
        self._countdown.stop()
        if self._running is not None:
            self._running.stop()
        self._running, self._fresh = None, None

    def _stand(self, standing: Standing) -> None:
        self.standing = standing
        self.changed.emit()
