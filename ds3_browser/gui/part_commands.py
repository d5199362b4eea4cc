"""Downloads a part of one object."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QObject

from ds3_browser.gui.dialogs.part import PartDialog
from ds3_browser.gui.dialogs.questions import tell
from ds3_browser.gui.job_options import DownloadOptions
from ds3_browser.gui.places import Place
from ds3_browser.transfer.extracts import Extract

if TYPE_CHECKING:
    from ds3_browser.gui.context import Context
    from ds3_browser.gui.main_window import MainWindow

_tr = partial(QCoreApplication.translate, "part_commands")


class PartCommands(QObject):
    """`window` tells of which object and is the parent of the form."""

    def __init__(self, window: MainWindow, context: Context) -> None:
        super().__init__(window)
        self._window = window
        self._context = context

    def table(self) -> dict[str, Callable[[], object]]:
        return {"download_part": self._ask}

    def _ask(self) -> None:
        target = self._window.situation().target
        if len(target.objects) != 1 or target.place.bucket is None:
            return
        chosen, settings = target.objects[0], self._context.settings
        local = self._window.local
        folder = local.folder if local.isVisible() else settings.download_folder
        form = PartDialog.ask(
            *(chosen.name, chosen.size, folder or str(Path.home()), settings.existing),
            partial(self._queue, target.place),
            self._window,
        )
        form.obstacle = partial(self._context.browsing.obstacle, target.place.session_id)

    def _queue(self, place: Place, target: str, wanted: Extract, options: DownloadOptions) -> None:
        assert place.session_id is not None
        assert place.bucket is not None
        try:
            job = self._context.queue.download(
                place.session_id,
                place.bucket,
                "".join(wanted.name.rpartition("/")[:2]),
                (wanted.name,),
                (),
                target,
                options,
                extracts=(wanted,),
            )
        except LookupError:
            tell(self._window, self._context.browsing.obstacle(place.session_id) or "")
        else:
            self._context.settings.download_folder = target
            self._window.transfers.select_job(job)
