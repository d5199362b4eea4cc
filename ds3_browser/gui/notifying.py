"""Gathers notices for ten seconds and tells them at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from ds3_browser.gui.job_row import JobRow, NeededTapes
from ds3_browser.gui.notices import Kind, Notice, bundled, needs_tapes, notice_of, waits_long
from ds3_browser.transfer.events import Event

BUNDLE_MS = 10_000
LOOK_EVERY_MS = 60_000


class Notifying(QObject):
    """Signal: `told(title, text, job_id)`, the last job's. `wanted` says which kinds are told."""

    told = Signal(str, str, object)

    def __init__(
        self,
        rows: Callable[[], Iterable[JobRow]],
        row: Callable[[int], JobRow | None],
        wanted: Callable[[Kind], bool],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._rows = rows
        self._row = row
        self._wanted = wanted
        self._gathered: list[Notice] = []
        self._told_waits: set[tuple[int, datetime]] = set()
        self._told_tapes: dict[int, set[str]] = {}
        self._bundle = QTimer(self)
        self._bundle.setSingleShot(True)
        self._bundle.setInterval(BUNDLE_MS)
        self._bundle.timeout.connect(self.tell)
        look = QTimer(self)
        look.setInterval(LOOK_EVERY_MS)
        look.timeout.connect(self.look_for_waits)
        look.start()

    @Slot(object)
    def take(self, event: Event) -> None:
        """Look whether an event is worth a notice; the row has to follow it first."""
        row = self._row(event.job_id)
        if row is not None and (notice := notice_of(row, event)) is not None:
            self._gather(notice)

    def look_for_waits(self, now: datetime | None = None) -> None:
        """Tell once of each wait that is a day old."""
        now = now or datetime.now(UTC)
        for row in self._rows():
            notice, wait = waits_long(row, now), (row.job_id, row.state_since)
            if notice is not None and wait not in self._told_waits:
                self._told_waits.add(wait)
                self._gather(notice)

    @Slot(object, object)
    def see_tapes(self, job_id: int, tapes: NeededTapes) -> None:
        """Tell once of each tape that somebody has to put back for a job."""
        row, told = self._row(job_id), self._told_tapes.setdefault(job_id, set())
        barcodes = tapes.ejected
        new = [one for one in barcodes if one not in told]
        told.intersection_update(barcodes)  # one that came back may be told of again
        told.update(barcodes)
        if row is not None and new:
            self._gather(needs_tapes(row, new))

    def tell(self) -> None:
        """Tell what was gathered, now."""
        self._bundle.stop()
        gathered, self._gathered = self._gathered, []
        if gathered:
            self.told.emit(*bundled(gathered), gathered[-1].job_id)

    def _gather(self, notice: Notice) -> None:
        if self._wanted(notice.kind):
            self._gathered.append(notice)
            if not self._bundle.isActive():
                self._bundle.start()
