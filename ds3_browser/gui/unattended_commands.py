"""Has the appliance bring what is selected to its cache, or read and check it there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QObject

from ds3_browser.gui.dialogs.questions import tell
from ds3_browser.gui.dialogs.unattended import UnattendedDialog
from ds3_browser.gui.places import Place, Selection
from ds3_browser.protocol.records import Priority
from ds3_browser.transfer.events import Direction

if TYPE_CHECKING:
    from ds3_browser.gui.context import Context
    from ds3_browser.gui.main_window import MainWindow

_tr = partial(QCoreApplication.translate, "unattended_commands")


class UnattendedCommands(QObject):
    """`window` tells what is selected and is the parent of the question."""

    def __init__(self, window: MainWindow, context: Context) -> None:
        super().__init__(window)
        self._window = window
        self._context = context

    def table(self) -> dict[str, Callable[[], object]]:
        return {
            "stage": partial(self._ask_of_selection, Direction.STAGE),
            "verify": partial(self._ask_of_selection, Direction.VERIFY),
        }

    def _ask_of_selection(self, kind: Direction) -> None:
        target = self._window.situation().target
        if len(target.buckets) == 1:
            place = Place(target.place.session_id, target.buckets[0])
            target = Selection(place, folders=("",))
        self._ask(kind, target)

    def verify(self, target: Selection) -> None:
        """Ask whether the appliance shall check objects and folders, and have it do so."""
        self._ask(Direction.VERIFY, target)

    def _ask(self, kind: Direction, target: Selection) -> None:
        if target.place.bucket is None or target.place.session_id is None or not len(target):
            return
        obstacle = partial(self._context.browsing.obstacle, target.place.session_id)
        if (reason := obstacle()) is not None:
            tell(self._window, reason)
            return
        counting = self._context.queue.counting
        look = counting.plan if kind is Direction.STAGE else counting.verification
        form = UnattendedDialog.ask(
            *(kind, target, look),
            partial(self._queue, kind, target),
            self._window,
        )
        form.obstacle = obstacle

    def stage(
        self, target: Selection, versions: Mapping[str, str], priority: Priority | None
    ) -> None:
        """Have objects and folders brought to the cache that somebody has planned already."""
        self._queue(Direction.STAGE, target, priority, versions)

    def _queue(
        self,
        kind: Direction,
        target: Selection,
        priority: Priority | None,
        versions: Mapping[str, str] | None = None,
    ) -> None:
        place = target.place
        assert place.session_id is not None
        assert place.bucket is not None
        try:
            job = self._context.queue.unattended(
                *(place.session_id, kind, place.bucket, place.prefix),
                *(target.object_names, target.folders, priority, versions),
            )
        except LookupError:
            self._tell_unconnected(target)
        else:
            self._window.transfers.select_job(job)

    def _tell_unconnected(self, target: Selection) -> None:
        tell(self._window, self._context.browsing.obstacle(target.place.session_id) or "")
