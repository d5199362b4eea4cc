#!/usr/bin/env python3
"""A newcomer's way by itself: an empty home, the demo, a folder of one's own, and it is there.

Every click is one on a widget of the real window, at its place; the folder's dialog is answered by
name, and counts as the two clicks it takes. Prints each step with its seconds, and at the end how
many clicks and seconds in all; a picture of each step goes to DIR.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

import driving
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QMenu, QToolButton, QWidget

from ds3_browser import app as program
from ds3_browser.app import Options, Program
from ds3_browser.gui.places import Place
from ds3_browser.gui.sessions import DEMO_ID
from ds3_browser.transfer.events import State

LEFT = Qt.MouseButton.LeftButton
BUCKET = "masters"
SIZE = (1440, 900)


class Newcomer:
    def __init__(self, home: Path, out: Path) -> None:
        self._out = out
        self._began = self._last = time.monotonic()
        self.clicks = 0
        self._step = 0
        options = Options(data_dir=home / "data")
        QApplication.setAttribute(Qt.ApplicationAttribute.AA_DontUseNativeDialogs)
        app = program.make_application(sys.argv[:1])
        self._program = Program(app, program.data_folder(options), options)
        self._window = self._program.window
        self._folder = home / "holiday"
        driving.write_tree(self._folder, 40)

    def go(self) -> float:
        """Walk the whole way; how many seconds it took."""
        window = self._window
        self._program.show()
        window.resize(*SIZE)
        driving.wait_for(window.isVisible, "the window")
        self._tell("the window is there")
        self._click(window.welcome.demo)
        browsing = window.context.browsing
        driving.wait_for(lambda: browsing.connection(DEMO_ID).buckets, "the demo")
        self._tell("Start the demo")
        tree, model = window.sidebar.tree, window.sidebar.model
        place = Place(DEMO_ID, BUCKET)
        driving.wait_for(lambda: model.index_of(place).isValid(), "the bucket in the sidebar")
        self._click(tree.viewport(), tree.visualRect(model.index_of(place)).center())
        driving.wait_for(lambda: window.place == place and not window.page.listing, "its list")
        self._tell(f"the bucket {BUCKET} in the sidebar")
        self._upload()
        took = time.monotonic() - self._began
        self._program.close()
        return took

    def _upload(self) -> None:
        window = self._window
        buttons = window.tool_bar.findChildren(QToolButton)
        upload = next(one for one in buttons if one.text().strip() == "Upload")
        menu = driving.Answer(self._menu, self._choose_entry)
        dialog = driving.Answer(self._dialog, self._choose_folder)
        self._click(upload)
        driving.wait_for(lambda: dialog.done, "the folder's choice")
        for answer in (menu, dialog):
            answer.check()
        driving.wait_for(lambda: list(window.jobs.rows()), "the upload's row")
        self._tell("the folder is chosen, the upload is in the list")
        (row,) = window.jobs.rows()

        def done() -> bool:
            now = window.jobs.row(row.job_id)
            return now is not None and now.state is State.DONE

        driving.wait_for(done, "the end of the upload", 120)
        driving.wait_for(lambda: "holiday/" in self._listed(), "the folder in the list")
        self._tell("the upload is done, the folder is in the list")

    def _listed(self) -> list[str]:
        model = self._window.page.model
        return [model.name(row) for row in range(model.rowCount())]

    @staticmethod
    def _menu() -> QMenu | None:
        widget = QApplication.activePopupWidget()
        return widget if isinstance(widget, QMenu) else None

    def _choose_entry(self, menu: QMenu) -> None:
        entry = next(a for a in menu.actions() if a.text().replace("&", "") == "Upload folder…")
        self._picture("menu")
        self._click(menu, menu.actionGeometry(entry).center())

    @staticmethod
    def _dialog() -> QFileDialog | None:
        widget = QApplication.activeModalWidget()
        return widget if isinstance(widget, QFileDialog) else None

    def _choose_folder(self, dialog: QFileDialog) -> None:
        """Choose in Qt's own dialog, which stands for the desktop's: the folder, and `Choose`."""
        dialog.setDirectory(str(self._folder.parent))
        dialog.selectFile(str(self._folder))
        self._picture("dialog")
        self.clicks += 2
        dialog.accept()

    def _click(self, widget: QWidget, at: QPoint | None = None) -> None:
        self.clicks += 1
        QTest.mouseClick(widget, LEFT, pos=at or widget.rect().center())

    def _tell(self, what: str) -> None:
        now = time.monotonic()
        print(f"{now - self._last:6.2f} s  {self.clicks} clicks  {what}", flush=True)
        driving.let_pass(0.3)  # for the picture alone
        self._picture(str(self._step))
        self._step += 1
        self._last = time.monotonic()

    def _picture(self, name: str) -> None:
        driving.picture(self._window).save(str(self._out / f"newcomer-{name}.png"))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path, metavar="DIR")
    out: Path = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home:
        os.environ["HOME"] = home
        newcomer = Newcomer(Path(home), out)
        took = newcomer.go()
        print(f"{took:.1f} s and {newcomer.clicks} clicks from an empty home to a finished upload")
    return 0


if __name__ == "__main__":
    sys.exit(main())
