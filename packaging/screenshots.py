#!/usr/bin/env python3
"""Pictures of the program in use, made by driving it: for the README, and for looking at.

Light and dark, at 1440x900 and 1024x640, go to DIR; the README's own picture to docs/images, where
nothing else is asked for. Larger letters, a finer screen and reading from right to left are.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from functools import partial
from pathlib import Path

import driving
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QDialog, QMenu

from ds3_browser import app as program
from ds3_browser.app import Options, Program
from ds3_browser.demo import Demo
from ds3_browser.gui import theme
from ds3_browser.gui.dialogs.properties import PropertiesWindow
from ds3_browser.gui.main_window import MainWindow
from ds3_browser.gui.places import Place
from ds3_browser.gui.theme import Theme
from ds3_browser.transfer.events import State

ROOT = Path(__file__).resolve().parent.parent
README_PICTURE = ROOT / "docs" / "images" / "main.png"
SIZES = ((1440, 900), (1024, 640))
MIB = 1 << 20
BUCKET, FOLDER = "rushes-2026", "day-016/A-cam/"
CHOSEN = ("A016C003", "A016C004", "A016C005")  # the objects that are selected


#: The longest names there may be, and letters of several scripts: nothing may be pushed aside.
ODD_NAMES = (
    "a" * 250 + ".mxf",
    "映画の日々" * 8 + ".mov",
    "مشهد ١٢ من الفيلم الأخير.mov",
    "take 🎬🎥 night.wav",
    "a.b" + "\u0301" * 40 + ".txt",
)


class Pictures:
    def __init__(
        self, window: MainWindow, app: QApplication, work: Path, out: Path, readme: bool
    ) -> None:
        self._window = window
        self._app = app
        self._work = work
        self._out = out
        self._readme = readme
        self._demo = window.context.demo
        assert isinstance(self._demo, Demo)

    def save(self, name: str) -> None:
        """The window as it is, in both themes and sizes."""
        for chosen in (Theme.LIGHT, Theme.DARK):
            theme.apply(self._app, chosen)
            for width, height in SIZES:
                self._window.resize(width, height)
                driving.let_pass(0.25)
                file = self._out / f"{name}-{chosen.value}-{width}x{height}.png"
                driving.picture(self._window).save(str(file))
        theme.apply(self._app, Theme.LIGHT)
        self._window.resize(*SIZES[0])
        driving.let_pass(0.25)

    def take_all(self) -> None:
        self.save("welcome")
        self._connect()
        self._fill_the_transfers()
        self._window.hints.hide()
        self._window.news.hide()
        self._window.context.browsing.ask_cache(self._session)
        driving.let_pass(1)
        if self._readme:
            README_PICTURE.parent.mkdir(parents=True, exist_ok=True)
            driving.picture(self._window).save(str(README_PICTURE))
        self.save("main")
        view = self._window.page.list
        data = driving.drag_over(view, driving.empty_spot(view), [str(self._work / "rushes")])
        self.save("drag")
        driving.leave(view)
        del data
        self._menu_and_dialogs()
        self._properties()
        self._doubtful_upload()
        self._two_panes()
        self._board()
        self._jobs_on_a_page()
        self._empty()
        self._odd_names()

    def _empty(self) -> None:
        """What stands in place of rows: nothing found, nothing left by a filter."""
        window = self._window
        window.go(Place(self._session, BUCKET, FOLDER))
        driving.wait_for(lambda: not window.page.listing, "the folder")
        window.page.filter.setText("B007")
        driving.let_pass(0.5)
        self.save("filter-finds-none")
        window.page.filter.clear()

    def _odd_names(self) -> None:
        """Names of all lengths and scripts, on both sides and among the transfers."""
        window = self._window
        folder = self._work / "odd"
        folder.mkdir()
        for number, name in enumerate(ODD_NAMES):
            (folder / name).write_bytes(bytes(1000 * number))
        demo = self._demo
        assert isinstance(demo, Demo)
        demo.set_switches({"throttle_bps": None, "cache_bytes": 480 * MIB})
        queue = window.context.queue
        job = queue.upload(self._session, "masters", "", [str(folder / name) for name in ODD_NAMES])
        self._until(job, lambda row: row.state is State.DONE)
        window.go(Place(self._session, "masters"))
        driving.wait_for(lambda: window.page.model.rowCount() > 3, "the odd names")
        window.show_local(True)
        window.local.show_folder(str(folder))
        driving.let_pass(1)
        window.page.list.select_rows([2])
        window.local.list.selectAll()
        driving.let_pass(0.5)
        self.save("odd-names")
        window.show_local(False)
        window.show_job(job)
        driving.let_pass(1)
        self.save("odd-names-job")
        window.leave_job()
        window.go(Place(self._session, "masters"))
        driving.wait_for(lambda: not window.page.listing, "the odd names")
        names = [window.page.model.name(row) for row in range(window.page.model.rowCount())]
        window.page.list.select_rows([n for n, name in enumerate(names) if name in ODD_NAMES])
        driving.wait_for(window.actions_table["download"].isEnabled, "what is selected")
        for name in ("properties", "download", "delete"):
            answer = driving.Answer(driving.open_dialog, self._picture_and_close(f"odd-{name}"))
            window.actions_table[name].trigger()
            driving.wait_for(partial(getattr, answer, "done"), name)
            answer.check()

    def _properties(self) -> None:
        """Each page of the properties of an object."""
        window = self._window
        self._choose_rows(("A016C003",))
        window.actions_table["properties"].trigger()
        driving.wait_for(lambda: driving.open_dialog("properties"), "the properties")
        dialog = driving.open_dialog("properties")
        assert isinstance(dialog, PropertiesWindow)
        for page in ("general", "metadata", "versions", "placement"):
            dialog.show_page(page)
            driving.let_pass(1)
            self._themes(f"properties-{page}")
        dialog.close()

    def _doubtful_upload(self) -> None:
        """The form that comes up because names are in the bucket already."""
        place = Place(self._session, BUCKET, FOLDER)
        again = [str(self._work / "rushes"), str(self._work / "gone")]
        self._window.commands.upload(again, place)
        driving.wait_for(lambda: driving.open_dialog(), "the form of the upload")
        driving.let_pass(2)
        self._themes("upload")
        dialog = driving.open_dialog()
        assert dialog is not None
        dialog.reject()

    def _two_panes(self) -> None:
        """Local files beside the list, and dragged over it."""
        window = self._window
        window.show_local(True)
        window.local.show_folder(str(self._work))
        driving.let_pass(1)
        view = window.page.list
        data = driving.drag_over(view, driving.empty_spot(view), [str(self._work / "rushes")])
        self.save("two-panes")
        driving.leave(view)
        del data
        window.show_local(False)

    def _board(self) -> None:
        """All jobs on the appliance, one of them chosen."""
        window = self._window
        window.actions_table["appliance_jobs"].trigger()
        board = window.board_page
        driving.wait_for(lambda: board.model.rowCount() > 1, "the jobs of the appliance")
        board.list.setCurrentIndex(board.model.index(1, 0))
        driving.let_pass(1)
        self.save("board")
        window.go_back()

    def _jobs_on_a_page(self) -> None:
        """A transfer that waits for cache, one that waits for a tape, and one that moves."""
        for name, job in self._told.items():
            self._window.show_job(job)
            driving.let_pass(1.5)
            self.save(f"job-{name}")
        self._window.leave_job()

    def _choose_rows(self, beginnings: tuple[str, ...]) -> None:
        view, model = self._window.page.list, self._window.page.model
        names = [model.name(row).removeprefix(FOLDER) for row in range(model.rowCount())]
        view.select_rows([n for n, name in enumerate(names) if name.startswith(beginnings)])
        driving.let_pass(0.5)

    def _themes(self, name: str) -> None:
        """The window with what stands before it, in both themes."""
        for chosen in (Theme.LIGHT, Theme.DARK):
            theme.apply(self._app, chosen)
            for width, height in SIZES:
                self._window.resize(width, height)
                driving.let_pass(0.25)
                file = self._out / f"{name}-{chosen.value}-{width}x{height}.png"
                driving.picture(self._window).save(str(file))
        theme.apply(self._app, Theme.LIGHT)
        self._window.resize(*SIZES[0])

    def _connect(self) -> None:
        window = self._window
        window.commands.demo.start()
        browsing, sessions = window.context.browsing, window.context.sessions
        driving.wait_for(
            lambda: any(browsing.connection(s.id).buckets for s in sessions.all()), "the demo"
        )
        self._session = sessions.all()[0].id
        place = Place(self._session, BUCKET, FOLDER)
        window.go(place)
        page = window.page
        driving.wait_for(lambda: page.place == place and not page.listing, "the folder")
        self._choose_rows(CHOSEN)

    def _fill_the_transfers(self) -> None:
        """Jobs in the states one meets: persisted, waiting for cache and for a tape, under way."""
        queue, demo = self._window.context.queue, self._demo
        assert isinstance(demo, Demo)
        small = self._files("location sound", 30, MIB // 8)
        first = queue.upload(self._session, "sound-library", "2026-11/", [small])
        self._until(first, lambda row: row.persisted is not None)
        missing = self._work / "gone"
        missing.symlink_to(self._work / "nowhere")
        queue.upload(self._session, "news-archive", "2026/wk-48/", [small, str(missing)])
        demo.set_switches({"cache_bytes": 100 * MIB, "hold_persistence": True, "tape_delay": 600})
        demo.set_switches({"retry_after": 252})
        waits = queue.upload(
            self._session, "masters", "dailies/", [self._files("dailies", 20, 8 * MIB)]
        )
        self._until(waits, lambda row: row.state is State.WAITING)
        tape = queue.download(
            self._session, "masters", "", (), ("feature-films/",), str(self._work / "restore")
        )
        self._until(tape, lambda row: row.state is State.WAITING)
        demo.set_switches({"cache_bytes": 480 * MIB, "throttle_bps": MIB})
        moving = queue.upload(self._session, BUCKET, FOLDER, [self._files("rushes", 24, 4 * MIB)])
        self._until(moving, lambda row: row.progress is not None and row.progress.sent > 9 * MIB)
        self._told = {"cache": waits, "tape": tape, "moving": moving}
        self._window.transfers.select_job(moving)
        driving.let_pass(4)

    def _files(self, name: str, number: int, size: int) -> str:
        folder = self._work / name
        folder.mkdir()
        for n in range(1, number + 1):
            (folder / f"A017C{n:03}.mxf").write_bytes(bytes(size))
        return str(folder)

    def _until(self, job: int, true: object) -> None:
        assert callable(true)
        driving.wait_for(lambda: true(self._window.jobs.row(job)), f"job {job}")

    def _menu_and_dialogs(self) -> None:
        window = self._window
        view = window.page.list
        self._choose_rows(CHOSEN)
        chosen = view.selectionModel().selectedRows()[0]
        view.scrollTo(chosen)
        at = view.visualRect(chosen).center()
        driving.open_context_menu(view, at, self._picture_and_close("context-menu"))
        for name, command in (
            ("download", "download"),
            ("planner", "plan_download"),
            ("delete", "delete"),
            ("session", "new_session"),
            ("new-bucket", "new_bucket"),
            ("new-folder", "new_folder"),
            ("preferences", "preferences"),
            ("problems", "problems"),
            ("keyboard", "keyboard"),
            ("about", "about"),
            ("cancel-job", "cancel_job"),
        ):
            action = window.actions_table[command]
            if not action.isEnabled():
                continue
            answer = driving.Answer(driving.open_dialog, self._picture_and_close(name))
            action.trigger()
            driving.wait_for(partial(getattr, answer, "done"), name)
            answer.check()

    def _picture_and_close(self, name: str):  # type: ignore[no-untyped-def]  # of a menu or a dialog
        def take(widget: QMenu | QDialog) -> None:
            self._themes(name)
            widget.close()

        return take


def grow(app: QApplication, letters: float) -> None:
    """Let the desktop's letters be larger, as the user's own would be."""
    theme.apply(app, Theme.LIGHT)
    font = app.font()
    font.setPixelSize(round(font.pixelSize() * letters))
    app.setFont(font)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    default = ROOT / "build" / "screenshots"
    parser.add_argument("out", type=Path, metavar="DIR", nargs="?", default=default)
    parser.add_argument("--letters", type=float, default=1, help="how much larger: 1.5")
    parser.add_argument("--ratio", default="1", help="pixels a point: 2 on a fine screen")
    parser.add_argument("--mirrored", action="store_true", help="from right to left")
    options = parser.parse_args()
    out: Path = options.out
    out.mkdir(parents=True, exist_ok=True)
    os.environ["QT_SCALE_FACTOR"] = options.ratio
    app = program.make_application(sys.argv[:1])
    usual = not options.mirrored and options.letters == 1 and options.ratio == "1"
    with tempfile.TemporaryDirectory(prefix="ds3-pictures-") as folder:
        work = Path(folder)
        start = Options(data_dir=work / "data")
        grow(app, options.letters)
        running = Program(app, program.data_folder(start), start)
        theme.apply(app, Theme.LIGHT)
        if options.mirrored:
            app.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
        try:
            running.show()
            running.window.move(QPoint(0, 0))
            running.window.resize(*SIZES[0])
            Pictures(running.window, app, work, out, usual).take_all()
        finally:
            running.window.hide()
            running.close()
    print(f"The pictures are in {out}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
