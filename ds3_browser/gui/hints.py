"""Which hints a newcomer has followed: seen by what happens in the window, kept between starts."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal, Slot

from ds3_browser.gui.job_row import JobRow
from ds3_browser.gui.places import Place
from ds3_browser.gui.sessions import DEMO_ID
from ds3_browser.gui.settings import Settings
from ds3_browser.gui.views.hint_strip import Hint, HintStrip
from ds3_browser.transfer.events import State


class Hints(QObject):
    """Ticks the strip's hints and says whether it is to be seen. Signal: `changed`."""

    changed = Signal()

    def __init__(self, strip: HintStrip, settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._strip = strip
        self._settings = settings
        self._read()
        strip.hide_wanted.connect(self.hide)

    @property
    def wanted(self) -> bool:
        return not self._settings.flag("hints_hidden")

    @Slot()
    def hide(self) -> None:
        self._keep_hidden(True)

    def show(self) -> None:
        """Show the strip again, from its beginning."""
        for hint in Hint:
            self._settings.keep_flag(f"hint_{hint.value}", False)
        self._read()
        self._keep_hidden(False)

    def see_place(self, place: Place) -> None:
        if place.session_id == DEMO_ID and place.bucket is not None:
            self._tick(Hint.BROWSE)

    @Slot(object)
    def see_new_job(self, row: JobRow) -> None:
        new = row.state is State.QUEUED  # else of an earlier start
        if row.session_id == DEMO_ID and row.moves and new:
            self._tick(Hint.DROP if row.uploads else Hint.DOWNLOAD)

    def see_detail(self, row: JobRow | None, chunks_shown: bool) -> None:
        """A job's chunks are in view: of an upload, that is what was to be watched."""
        if row is not None and row.session_id == DEMO_ID and row.uploads and chunks_shown:
            self._tick(Hint.WATCH)

    def _tick(self, hint: Hint) -> None:
        if self.wanted and not self._strip.is_done(hint):
            self._strip.set_done(hint)
            self._settings.keep_flag(f"hint_{hint.value}", True)

    def _read(self) -> None:
        for hint in Hint:
            self._strip.set_done(hint, self._settings.flag(f"hint_{hint.value}"))

    def _keep_hidden(self, hidden: bool) -> None:
        self._settings.keep_flag("hints_hidden", hidden)
        self.changed.emit()
