"""The program under an X server of its own, with a real second program dragging files onto it.

Run as a process by the tests of this folder: one process has one Qt platform. The name of a scene
is its argument; it exits with 0 where all came to pass, and says what did not.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QPoint, QProcess, Qt, QTimer, Signal
from PySide6.QtWidgets import QAbstractItemView, QApplication, QWidget

from ds3_browser.app import Options, Program, make_application
from ds3_browser.gui.main_window import MainWindow
from ds3_browser.gui.places import Place
from ds3_browser.gui.views.local_pane import LocalList
from ds3_browser.protocol.client import Ds3Client
from ds3_browser.protocol.records import Credentials, Endpoint
from ds3_browser.simulator.server import Simulator
from ds3_browser.transfer.events import State
from tests.end_to_end.person import LOOK_EVERY_MS, Person, until

STEPS = 12


class Hand:
    """The mouse of the X server. The window lives on while it moves."""

    def press_at(self, at: QPoint) -> None:
        self._do("mousemove", str(at.x()), str(at.y()), "mousedown", "1")

    def move(self, start: QPoint, end: QPoint) -> None:
        """A jump would start no drag: many small moves do."""
        for step in range(1, STEPS + 1):
            at = start + (end - start) * step / STEPS
            self._do("mousemove", str(at.x()), str(at.y()))

    def nudge_until(self, seen: Callable[[], bool], at: QPoint, what: str) -> None:
        """Move by a pixel to and fro until the target has seen what is over it."""
        side = 0

        def look() -> bool:
            nonlocal side
            side = 1 - side
            self._do("mousemove", str(at.x() + side), str(at.y()))
            return seen()

        until(look, what)

    def drag(self, start: QPoint, end: QPoint) -> None:
        """Press, move in small steps, hover, release; in one go."""
        words = ["mousemove", str(start.x()), str(start.y()), "mousedown", "1"]
        for step in range(1, STEPS + 1):
            at = start + (end - start) * step / STEPS
            words += ["sleep", "0.04", "mousemove", str(at.x()), str(at.y())]
        for nudge in range(10):
            words += ["sleep", "0.05", "mousemove", str(end.x() + nudge % 2), str(end.y())]
        self._do(*words, "mouseup", "1")

    def release(self) -> None:
        self._do("mouseup", "1")

    def _do(self, *words: str) -> None:
        process = QProcess()
        process.start("xdotool", list(words))
        until(lambda: process.state() is QProcess.ProcessState.NotRunning, "xdotool")


class Neighbour(QObject):
    """The second program. `ended(action)` when its drag is over."""

    ended = Signal(str)

    def __init__(self, paths: list[Path]) -> None:
        super().__init__()
        self.ready: QPoint | None = None
        self._process = QProcess(self)
        self._process.setProcessChannelMode(QProcess.ProcessChannelMode.ForwardedErrorChannel)
        self._process.readyReadStandardOutput.connect(self._read)
        words = ["-m", "tests.xvfb.source", *map(str, paths)]
        self._process.start(sys.executable, words)
        until(lambda: self.ready is not None, "the second program")

    def _read(self) -> None:
        for line in bytes(self._process.readAllStandardOutput().data()).decode().splitlines():
            word, *rest = line.split()
            if word == "READY":
                self.ready = QPoint(int(rest[0]), int(rest[1]))
            else:
                self.ended.emit(rest[0])

    def close(self) -> None:
        self._process.kill()
        self._process.waitForFinished(5000)


class Stage:
    def __init__(self, work: Path, simulator: Simulator) -> None:
        self.hand = Hand()
        self.simulator = simulator
        self.client = Ds3Client(
            Endpoint.parse(simulator.url), Credentials(simulator.access_id, simulator.secret_key)
        )
        self.client.create_bucket("rushes")
        self.client.put_object("rushes", "day é日本/a", b"1")
        self.work = work
        self.local = work / "local"
        self.local.mkdir()
        options = Options(data_dir=work / "data")
        options.data_dir.mkdir()  # type: ignore[union-attr]  # it was given
        self.program = Program(make_application(["stage"]), options.data_dir, options)  # type: ignore[arg-type]
        self.window: MainWindow = self.program.window
        self.window.setWindowFlags(Qt.WindowType.FramelessWindowHint)
        self.program.show()
        self.window.setGeometry(0, 0, 1100, 700)
        self.person = Person(self.window)
        self.person.connect(self.client.endpoint, self.client.credentials)
        self.person.go("rushes")

    def close(self) -> None:
        self.window.hide()
        self.program.close()
        self.client.close()

    def files(self) -> list[Path]:
        """A file whose name has a space, and a folder."""
        folder = self.work / "take 1"
        (folder / "deep").mkdir(parents=True)
        (folder / "deep" / "x.bin").write_bytes(b"deep")
        file = self.work / "clip é日本 1.mov"
        file.write_bytes(b"clip")
        return [file, folder]

    def drag(self, paths: list[Path], onto: QWidget, at: QPoint, seen: Callable[[], bool]) -> str:
        """Drag from the second program onto a point of a widget; the action its drag ended with."""
        neighbour = Neighbour(paths)
        actions: list[str] = []
        neighbour.ended.connect(actions.append)
        try:
            assert neighbour.ready is not None
            target = onto.mapToGlobal(at)
            self.hand.press_at(neighbour.ready)
            try:
                self.hand.move(neighbour.ready, target)
                self.hand.nudge_until(seen, target, "the target to see the drag")
            finally:
                self.hand.release()
            until(lambda: bool(actions), "the end of the drag")
            return actions[0]
        finally:
            neighbour.close()

    def open_local(self) -> LocalList:
        """The local files beside the page, showing a folder of their own."""
        self.local.mkdir(exist_ok=True)
        self.window.show_local(True)
        self.window.local.show_folder(str(self.local))
        until(self.window.local.isVisible, "the local files")
        return self.window.local.list

    def drag_inside(
        self,
        view: QAbstractItemView,
        start: QPoint,
        onto: QWidget,
        at: QPoint,
        seen: Callable[[], bool],
    ) -> None:
        """Drag what is selected in a view of the window onto another of its widgets.

        The drag has a loop of its own, so one process moves the mouse all the way.
        """
        begin, end = view.viewport().mapToGlobal(start), onto.mapToGlobal(at)
        looks: list[bool] = []
        looking = QTimer()
        looking.timeout.connect(lambda: looks.append(seen()))
        looking.start(LOOK_EVERY_MS)
        self.hand.drag(begin, end)
        looking.stop()
        assert any(looks), "the target saw no drag"

    def must_hold(self, prefix: str) -> None:
        """The job ends well, and the appliance holds what was dropped, byte by byte."""
        until(lambda: bool(self.person.jobs()), "the job")
        job = self.person.jobs()[0]
        until(lambda: self.person.row(job).state is State.DONE, "the job's end")
        names = set(self.client.list_objects("rushes").names)
        assert {f"{prefix}clip é日本 1.mov", f"{prefix}take 1/deep/x.bin"} <= names, names


def onto_a_folder_row(stage: Stage) -> None:
    view = stage.window.page.list
    row = view.visualRect(view.model().index(0, 0)).center()
    action = stage.drag(stage.files(), view.viewport(), row, lambda: view.overlay.isVisible())
    assert action == "CopyAction", action
    stage.must_hold("day é日本/")


def onto_a_folder_of_the_sidebar(stage: Stage) -> None:
    """Hovering over the bucket opens it; the drop goes onto the folder that comes up."""
    tree, model = stage.window.sidebar.tree, stage.window.sidebar.model
    bucket = model.index_of(Place(stage.person.session, "rushes"))
    tree.setExpanded(bucket, True)
    folder = Place(stage.person.session, "rushes", "day é日本/")
    until(lambda: model.index_of(folder).isValid(), "the folder in the tree")
    at = tree.visualRect(model.index_of(folder)).center()
    action = stage.drag(stage.files(), tree.viewport(), at, lambda: tree.overlay.isVisible())
    assert action == "CopyAction", action
    stage.must_hold("day é日本/")


def hovering_opens_a_bucket_of_the_sidebar(stage: Stage) -> None:
    tree, model = stage.window.sidebar.tree, stage.window.sidebar.model
    bucket = model.index_of(Place(stage.person.session, "rushes"))
    tree.setExpanded(bucket, False)
    at = tree.visualRect(bucket).center()
    action = stage.drag(stage.files(), tree.viewport(), at, lambda: tree.isExpanded(bucket))
    assert action == "CopyAction", action
    stage.must_hold("")


def onto_a_session_is_refused(stage: Stage) -> None:
    tree, model = stage.window.sidebar.tree, stage.window.sidebar.model
    at = tree.visualRect(model.index_of(Place(stage.person.session))).center()
    action = stage.drag(stage.files(), tree.viewport(), at, lambda: tree.overlay.isVisible())
    assert action == "IgnoreAction", action
    assert stage.person.jobs() == []


def from_the_local_pane_onto_the_list(stage: Stage) -> None:
    """A drag inside the window: files of the pane onto the listed bucket."""
    for file in stage.files():
        file.rename(stage.local / file.name)
    pane, view = stage.open_local(), stage.window.page.list
    until(lambda: pane.model().rowCount() == 2, "the local files")
    pane.selectAll()
    start = pane.visualRect(pane.model().index(0, 0)).center()
    at = QPoint(200, view.viewport().height() - 40)
    stage.drag_inside(pane, start, view.viewport(), at, lambda: view.overlay.isVisible())
    stage.must_hold("")


def objects_onto_the_local_pane(stage: Stage) -> None:
    """A folder of the list dropped on the pane is downloaded there."""
    pane, view = stage.open_local(), stage.window.page.list
    view.selectRow(0)
    start = view.visualRect(view.model().index(0, 0)).center()
    at = QPoint(100, pane.viewport().height() - 40)
    stage.drag_inside(view, start, pane.viewport(), at, lambda: pane.overlay.isVisible())
    until(lambda: bool(stage.person.jobs()), "the job")
    job = stage.person.jobs()[0]
    until(lambda: stage.person.row(job).state is State.DONE, "the job's end")
    assert (stage.local / "day é日本" / "a").read_bytes() == b"1"


def objects_onto_a_bucket_are_refused(stage: Stage) -> None:
    view, tree = stage.window.page.list, stage.window.sidebar.tree
    view.selectRow(0)
    start = view.visualRect(view.model().index(0, 0)).center()
    bucket = stage.window.sidebar.model.index_of(Place(stage.person.session, "rushes"))
    at = tree.visualRect(bucket).center()
    stage.drag_inside(view, start, tree.viewport(), at, lambda: tree.overlay.isVisible())
    assert stage.person.jobs() == []


def a_queued_job_before_another(stage: Stage) -> None:
    """Of three jobs in line the last is dragged onto the upper half of the first."""
    stage.simulator.faults.set("throttle_bps", 1000)
    queue, view = stage.window.context.queue, stage.window.transfers.list
    queue.set_limits(1, 1)
    stage.files()
    folder = str(stage.work / "take 1")
    (stage.work / "take 1" / "long.bin").write_bytes(bytes(1_000_000))
    jobs: list[int] = []
    for number in range(4):
        jobs.append(queue.upload(stage.person.session, "rushes", f"{number}/", [folder]))
        wanted = State.QUEUED if number else State.TRANSFERRING
        until(lambda wanted=wanted: stage.person.row(jobs[-1]).state is wanted, "its place")
    until(lambda: _positions(stage, jobs) == [None, 1, 2, 3], "the line")
    last, first = (stage.window.jobs.index_of(jobs[number]) for number in (3, 1))
    view.setCurrentIndex(last)
    view.scrollTo(last)
    at = view.visualRect(first).topLeft() + QPoint(60, 6)
    start = view.visualRect(last).center()
    stage.drag_inside(view, start, view.viewport(), at, lambda: view.drags.edge is not None)
    until(lambda: _positions(stage, jobs) == [None, 2, 3, 1], "the new order of the line")
    rows = [stage.window.jobs.row_at(view.model().index(row, 0)) for row in range(4)]
    assert [row.job_id for row in rows if row] == [jobs[number] for number in (0, 3, 1, 2)]
    assert view.drags.edge is None


def _positions(stage: Stage, jobs: list[int]) -> list[int | None]:
    """The places in line, None for who stands in none."""
    rows = [stage.person.row(job) for job in jobs]
    return [row.facts.position if row.state is State.QUEUED else None for row in rows]


SCENES = (
    onto_a_folder_row,
    onto_a_folder_of_the_sidebar,
    hovering_opens_a_bucket_of_the_sidebar,
    onto_a_session_is_refused,
    from_the_local_pane_onto_the_list,
    objects_onto_the_local_pane,
    objects_onto_a_bucket_are_refused,
    a_queued_job_before_another,
)


def main() -> int:
    scene = next(one for one in SCENES if one.__name__ == sys.argv[1])
    with tempfile.TemporaryDirectory(prefix="ds3-stage-") as folder:
        work = Path(folder)
        with Simulator(work / "appliance") as simulator:
            stage = Stage(work, simulator)
            try:
                scene(stage)
            finally:
                stage.close()
    QApplication.processEvents()
    return 0


if __name__ == "__main__":
    sys.exit(main())
