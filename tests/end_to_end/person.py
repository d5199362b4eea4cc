"""Somebody in front of the real window: events on its widgets, and waits for what they bring.

A wait ends when its condition holds; `Late` says what did not come within its time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from time import monotonic

from PySide6.QtCore import QEventLoop, QMimeData, QPoint, QPointF, Qt, QTimer, QUrl
from PySide6.QtGui import QContextMenuEvent, QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QLineEdit,
    QMenu,
    QPushButton,
    QRadioButton,
    QWidget,
)

from ds3_browser.gui.browsing import Connection, SessionState
from ds3_browser.gui.job_row import JobRow
from ds3_browser.gui.main_window import MainWindow
from ds3_browser.gui.places import Place
from ds3_browser.gui.sessions import ProxyChoice, SavedSession
from ds3_browser.protocol.records import Credentials, Endpoint
from ds3_browser.transfer.events import State, WaitReason

LOOK_EVERY_MS = 10
SOON_S = 20.0  # catches what hangs
LEFT = Qt.MouseButton.LeftButton

Answer = Callable[[QWidget], None]


class Late(AssertionError):
    """Something did not come within its time; the text says what."""


def until(condition: Callable[[], object], what: str, within_s: float = SOON_S) -> None:
    """Let the window live until a condition holds. Raises Late, and what the condition raises."""
    loop, timer = QEventLoop(), QTimer()
    ends, raised = monotonic() + within_s, []

    def look() -> None:
        try:
            if condition():
                loop.quit()
            elif monotonic() > ends:
                raise Late(f"{what}: not within {within_s:g} s")
        except Exception as error:
            raised.append(error)
            loop.quit()

    timer.timeout.connect(look)
    timer.start(LOOK_EVERY_MS)
    loop.exec()
    timer.stop()
    if raised:
        raise raised[0]


class _Answers:
    """Looks for the menus and dialogs that an act opens, in their order, and answers each."""

    def __init__(self, answers: Sequence[tuple[str, Answer]]) -> None:
        self.left = list(answers)
        self.error: Exception | None = None
        self.stopped = False
        self._look_soon()

    def _look_soon(self) -> None:
        # A timer of its own each time: one does not fire again while an answer opens what is next.
        QTimer.singleShot(LOOK_EVERY_MS, self._look)

    def _look(self) -> None:
        if self.stopped:
            return
        self._look_soon()
        opened = in_front()
        if opened is None or not self.left or opened.objectName() != self.left[0][0]:
            return
        _, answer = self.left.pop(0)
        try:
            answer(opened)
        except Exception as error:
            self.error = error
            self.left.clear()
            opened.close()


def in_front() -> QWidget | None:
    """The menu or dialog that has the user's attention."""
    popup = QApplication.activePopupWidget() or QApplication.activeModalWidget()
    return popup or next(
        (
            one
            for one in QApplication.topLevelWidgets()
            if isinstance(one, QDialog) and one.isVisible()
        ),
        None,
    )


def answering(act: Callable[[], object], *answers: tuple[str, Answer]) -> None:
    """Do what opens menus or dialogs, and answer each by its object name, in order."""
    waiting = _Answers(answers)
    try:
        act()
        until(
            lambda: waiting.error or not (waiting.left or in_front()),
            "the end of " + ", ".join(name for name, _ in answers),
        )
    finally:
        waiting.stopped = True
    if waiting.error is not None:
        raise waiting.error


def press(inside: QWidget, name: str) -> None:
    """Click a button, once it may be pressed."""
    button = inside.findChild(QPushButton, name)
    assert button is not None, f"{inside.objectName()} has no button {name}"
    until(button.isEnabled, f"the button {name}")
    QTest.mouseClick(button, LEFT)


def presses(name: str) -> Answer:
    """An answer that presses a button of the dialog."""
    return lambda dialog: press(dialog, name)


def write(inside: QWidget, name: str, text: str) -> None:
    """Put a text into a field, in place of what is there."""
    field = inside.findChild(QLineEdit, name)
    assert field is not None, f"{inside.objectName()} has no field {name}"
    field.setText(text)


def choose(words: str) -> Answer:
    """An answer that clicks an entry of the menu, by its words without their mnemonic."""

    def click(menu: QWidget) -> None:
        assert isinstance(menu, QMenu)
        entries = {one.text().replace("&", ""): one for one in menu.actions()}
        assert words in entries, f"the menu has no {words}, but {list(entries)}"
        assert entries[words].isEnabled(), f"{words}: {entries[words].toolTip()}"
        QTest.mouseClick(menu, LEFT, pos=menu.actionGeometry(entries[words]).center())

    return click


class Person:
    """One user of one window. `session` is the id of the session they connected last."""

    def __init__(self, window: MainWindow) -> None:
        self.window = window
        self.session = ""

    # --- sessions and places

    def add_session(self, endpoint: Endpoint, credentials: Credentials, name: str = "North") -> str:
        """Keep a session as the form leaves it, and ask to connect it. Return its id."""
        session = SavedSession.new(
            name,
            scheme=endpoint.scheme,
            host=endpoint.host,
            port=endpoint.port,
            access_id=credentials.access_id,
            proxy=ProxyChoice.NONE,
        )
        self.window.context.sessions.add(session, credentials.secret_key)
        self.window.commands.sessions.connect_session(session.id)
        self.window.go(Place(session.id))
        self.session = session.id
        return session.id

    def connect(self, endpoint: Endpoint, credentials: Credentials) -> str:
        """Add a session and wait until its buckets are there. Return its id."""
        session_id = self.add_session(endpoint, credentials)
        until(lambda: self.connection(session_id).state is SessionState.CONNECTED, "the connection")
        return session_id

    def connection(self, session_id: str) -> Connection:
        return self.window.context.browsing.connection(session_id)

    def go(self, bucket: str, prefix: str = "") -> None:
        """Show a bucket or folder, and wait until it is listed."""
        self.window.go(Place(self.session, bucket, prefix))
        self.until_listed()

    def until_listed(self) -> None:
        page = self.window.page
        until(lambda: not page.listing, f"the end of the listing of {page.place.location}")

    def listed(self) -> list[str]:
        """The whole names of what is listed: folders, then objects."""
        model = self.window.page.model
        return [model.name(row) for row in range(model.rowCount())]

    # --- what one does to the list

    def _at(self, name: str) -> QPoint:
        """Where a listed name stands in the list, scrolled to."""
        until(lambda: name in self.listed(), f"{name} in the list")
        view, model = self.window.page.list, self.window.page.model
        index = model.index(self.listed().index(name), 0)
        view.scrollTo(index)
        return view.visualRect(index).center()

    def select(self, *names: str) -> None:
        """Click the first, and the others with Ctrl."""
        held = Qt.KeyboardModifier.NoModifier
        for name in names:
            QTest.mouseClick(self.window.page.list.viewport(), LEFT, held, self._at(name))
            held = Qt.KeyboardModifier.ControlModifier

    def open_menu(self, name: str) -> None:
        """Right-click a row. Blocks while the menu is open."""
        viewport, at = self.window.page.list.viewport(), self._at(name)
        reason = QContextMenuEvent.Reason.Mouse
        QApplication.sendEvent(viewport, QContextMenuEvent(reason, at, viewport.mapToGlobal(at)))

    def drop(self, *paths: Path, on: QWidget | None = None, at: QPoint | None = None) -> int:
        """Drop files on the list below its rows, or elsewhere. The job's id.

        Says Upload where the form comes up because something is doubtful.
        """
        target = self.window.page.list.viewport() if on is None else on
        where = QPoint(target.width() // 2, target.height() - 4) if at is None else at
        before = set(self.jobs())

        def act() -> None:
            drop_files(paths, target, where)
            until(lambda: in_front() or set(self.jobs()) - before, "the upload or its form")
            if (form := in_front()) is not None:
                press(form, "upload_button")

        return self.begun(act)

    def download(
        self, target: Path, *names: str, existing: str = "Keep both", ejected: bool = False
    ) -> int:
        """Download rows by their context menu, answering the form. The job's id.

        With `ejected` some of it is on ejected tapes alone, and asked for.
        """

        def fill(dialog: QWidget) -> None:
            if ejected:
                box = dialog.findChild(QRadioButton, "ask_for")
                assert box is not None
                until(box.isVisible, "the choice for ejected tapes")
                QTest.mouseClick(box, LEFT)
            write(dialog, "target_folder", str(target))
            dialog.findChild(QWidget, "existing").setCurrentText(existing)  # type: ignore[attr-defined]  # a QComboBox
            press(dialog, "download_button")

        self.select(*names)
        return self.begun(
            lambda: answering(
                lambda: self.open_menu(names[-1]),
                ("context_menu", choose("Download…")),
                ("download_dialog", fill),
            )
        )

    # --- jobs

    def begun(self, act: Callable[[], object]) -> int:
        """Do what begins a job, and return its id."""
        before = set(self.jobs())
        act()
        until(lambda: set(self.jobs()) - before, "a new row in the transfers")
        (new,) = set(self.jobs()) - before
        return new

    def jobs(self) -> list[int]:
        return [row.job_id for row in self.window.jobs.rows()]

    def row(self, job_id: int) -> JobRow:
        row = self.window.jobs.row(job_id)
        assert row is not None, f"job {job_id} is not in the transfers"
        return row

    def says(self, job_id: int) -> str:
        """What a screen reader says of the job's state: its words and the line below them."""
        jobs = self.window.jobs
        index = jobs.index(jobs.index_of(job_id).row(), 1)
        return str(index.data(Qt.ItemDataRole.AccessibleTextRole))

    def until_job(
        self,
        job_id: int,
        state: State,
        reason: WaitReason | None = None,
        that: Callable[[JobRow], object] = lambda row: True,
        within_s: float = SOON_S,
    ) -> JobRow:
        """Wait until a job's row has a state, and return the row. Another end is an error."""

        def told() -> bool:
            row = self.row(job_id)
            right = row.state is state and (reason is None or row.reason is reason)
            assert right or not row.ended, f"it ended: {self.says(job_id)} {row.failure}"
            return right and bool(that(row))

        try:
            until(told, f"the job {state.value}", within_s)
        except Late as late:
            raise Late(f"{late}; it says: {self.says(job_id)}") from None
        return self.row(job_id)

    def until_waiting(
        self, job_id: int, reason: WaitReason, that: Callable[[JobRow], object] = lambda row: True
    ) -> JobRow:
        """Wait until a job waits for something, and it is known until when."""
        return self.until_job(job_id, State.WAITING, reason, lambda row: row.wait and that(row))

    def until_done(self, job_id: int, within_s: float = 60.0) -> JobRow:
        return self.until_job(job_id, State.DONE, that=lambda row: row.outcome, within_s=within_s)

    def try_now(self) -> None:
        """Press Try now at the current job, where the dock shows it."""
        until(lambda: self._try_now_buttons(), "a Try now to press")
        QTest.mouseClick(self._try_now_buttons()[0], LEFT)

    def _try_now_buttons(self) -> list[QPushButton]:
        found = self.window.transfers.findChildren(QPushButton, "try_now")
        return [button for button in found if button.isVisible() and button.isEnabled()]

    def cancel(self, job_id: int, button: str) -> None:
        """Cancel the current job and answer the question with one of its buttons."""
        self.window.transfers.select_job(job_id)
        action = self.window.actions_table["cancel_job"]
        until(action.isEnabled, "Cancel job…")
        answering(action.trigger, ("cancel_job_dialog", presses(button)))


def drop_files(paths: Sequence[Path], target: QWidget, at: QPoint) -> None:
    """Drag files over a widget and drop them, by the events that a desktop sends."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    copy, keys = Qt.DropAction.CopyAction, Qt.KeyboardModifier.NoModifier
    for kind in (QDragEnterEvent, QDragMoveEvent):
        event = kind(at, copy, data, LEFT, keys)
        QApplication.sendEvent(target, event)
        assert event.isAccepted(), "the drag is refused here"
    QApplication.sendEvent(target, QDropEvent(QPointF(at), copy, data, LEFT, keys))
