"""Compares what is selected, or what is listed, with files of this computer."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QObject
from PySide6.QtWidgets import QFileDialog, QWidget

from ds3_browser.gui.comparing import look, read_page, to_download, to_upload, write_report
from ds3_browser.gui.dialogs.parts import while_open
from ds3_browser.gui.dialogs.questions import tell
from ds3_browser.gui.job_options import RowsPage
from ds3_browser.gui.names import visible
from ds3_browser.gui.places import Place, Selection
from ds3_browser.gui.views.comparison_page import (
    ComparisonCalls,
    ComparisonPage,
    OnError,
    OnProgress,
    Stop,
)
from ds3_browser.transfer.comparison_records import Chosen, Pair
from ds3_browser.transfer.comparison_rows import ComparisonRows

if TYPE_CHECKING:
    from ds3_browser.gui.context import Context
    from ds3_browser.gui.main_window import MainWindow

_tr = partial(QCoreApplication.translate, "comparison_commands")
log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Rows:
    """Those of the comparison that was begun last."""

    rows: ComparisonRows = field(default_factory=ComparisonRows)


class ComparisonCommands(QObject):
    """`window` tells what is compared and shows what was found, the last comparison alone."""

    def __init__(self, window: MainWindow, context: Context) -> None:
        super().__init__(window)
        self._window = window
        self._context = context
        self._number = 0

    def table(self) -> dict[str, Callable[[], object]]:
        return {"compare": self._compare, "compare_local": self._compare_local}

    def _compare(self) -> None:
        """Ask for the file or the folder that what is selected is compared with."""
        target = self._window.situation().target
        folder = self._context.settings.upload_folder or str(Path.home())
        if len(target) == 1 and target.objects:
            title = _tr("Compare {name} with a file").format(name=visible(target.names[0]))
            path, _filter = QFileDialog.getOpenFileName(self._window, title, folder)
        else:
            title = _tr("Compare with a folder")
            path = QFileDialog.getExistingDirectory(self._window, title, folder)
        if path:
            self._context.settings.upload_folder = str(Path(path).parent)
            self.compare(target, path)

    def _compare_local(self) -> None:
        """Compare the local and the listed folder."""
        now = self._window.situation()
        self._open(now.into, self._window.local.folder, _whole(self._window.local.folder, now.into))

    def compare(self, target: Selection, path: str) -> None:
        """Compare what is selected with a file, for one object, else with a folder."""
        place = target.place
        if target.buckets:
            place = Place(place.session_id, target.buckets[0])
        elif len(target) == 1 and target.folders:
            place = place.folder(target.folders[0])
        elif len(target) == 1 and target.objects:
            self._open(place, path, [Pair(path, target.objects[0].name)], name=target.names[0])
            return
        else:
            self._open(place, path, _selected(target, path))
            return
        self._open(place, path, _whole(path, place))

    def _open(
        self, place: Place, path: str, pairs: Sequence[Pair], name: str | None = None
    ) -> None:
        """Compare; `name` is that of one object, which nothing is sent to or fetched for."""
        queue, of = self._context.queue, _Rows()
        roots = [pair.name for pair in pairs if pair.is_folder]

        def rows(
            chosen: Chosen,
            offset: int,
            limit: int,
            on_result: Callable[[RowsPage], None],
            on_error: OnError,
        ) -> None:
            queue.read(partial(read_page, of.rows, chosen, offset, limit), on_result, on_error)

        counting = queue.counting

        def names(on_progress: OnProgress, on_error: OnError) -> Stop:
            of.rows = ComparisonRows()  # one that was stopped may still add to those of before
            return counting.names(place, pairs, of.rows, on_progress, on_error)

        def upload() -> None:
            self._upload(place, path, roots, of.rows)

        def download() -> None:
            self._download(place, path, roots, of.rows)

        calls = ComparisonCalls(
            names=names,
            checksums=lambda told, failed: counting.checksums(place, of.rows, told, failed),
            look=lambda told, failed: queue.read(partial(look, of.rows), told, failed),
            page=rows,
            export=lambda: self._export(page, place, of.rows),
            upload=upload if name is None else None,
            download=download if name is None else None,
        )
        there = place.location if name is None else f"{place.bucket}/{name}"
        prefix = place.prefix if name is None else "".join(name.rpartition("/")[:2])
        page = ComparisonPage(path, there, prefix, calls, self._window)
        page.back_wanted.connect(self._window.leave_comparison)
        self._number += 1
        self._window.show_comparison(page, Place(place.session_id, comparison=self._number))

    def _upload(
        self, place: Place, folder: str, roots: Sequence[str], rows: ComparisonRows
    ) -> None:
        """Upload what is only here, by the form's usual checks."""
        upload = partial(self._window.commands.upload_now, place=place, base=folder)
        self._context.queue.read(partial(to_upload, rows, roots), upload, _log)

    def _download(
        self, place: Place, folder: str, roots: Sequence[str], rows: ComparisonRows
    ) -> None:
        """Ask for a download of what is only there, to the folder it was compared with."""
        ask = partial(self._window.commands.download, folder=folder)
        self._context.queue.read(partial(to_download, rows, place, roots), ask, _log)

    def _export(self, page: QWidget, place: Place, rows: ComparisonRows) -> None:
        settings = self._context.settings
        name = place.name or "comparison"
        plain = "".join(s if s.isprintable() and s not in '/\\:"' else "_" for s in name)
        offered = Path(settings.download_folder or Path.home(), f"{plain} compared.csv")
        file, _filter = QFileDialog.getSaveFileName(
            page, _tr("Export report"), str(offered), "*.csv"
        )
        if file:
            self.write_report(page, rows, Path(file))

    def write_report(self, page: QWidget, rows: ComparisonRows, file: Path) -> None:
        """Write all rows to a CSV file."""

        def failed(error: Exception) -> None:
            log.warning("a comparison cannot be written: %s", error)
            text = _tr("The report cannot be written to {file}.").format(file=file)
            tell(page, text, str(error))

        self._context.queue.read(
            partial(write_report, rows, file), lambda number: None, while_open(page, failed)
        )


def _whole(folder: str, place: Place) -> list[Pair]:
    return [Pair(folder, place.prefix)]


def _selected(target: Selection, folder: str) -> list[Pair]:
    """Each selected thing and its like below a folder, which may be missing there."""
    base = target.place.prefix
    return [
        *(Pair(_below(folder, one.name, base), one.name) for one in target.objects),
        *(Pair(_below(folder, name, base), name, optional=True) for name in target.folders),
    ]


def _below(folder: str, name: str, base: str) -> str:
    """The path that a name has below a folder; none where no path of a disk has this name."""
    parts = name.removeprefix(base).removesuffix("/").split("/")
    return "" if {"", ".", ".."} & set(parts) else os.path.join(folder, *parts)


def _log(error: Exception) -> None:
    log.error("rows of a comparison cannot be read: %s", error)
