"""Drives the real window as a person would: drops, menus, dialogs, waits, pictures.

For the tour, the screenshots and the end-to-end tests. Waiting is always for a state, in an event
loop that leaves the interpreter to the jobs' threads in between.
"""

from __future__ import annotations

import filecmp
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import TypeVar

from PySide6.QtCore import QEventLoop, QMimeData, QPoint, QPointF, QRect, Qt, QTimer, QUrl
from PySide6.QtGui import (
    QContextMenuEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QPainter,
    QPalette,
    QPixmap,
)
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QDialog,
    QLineEdit,
    QMenu,
    QPushButton,
    QWidget,
)

POLL_MS = 10

T = TypeVar("T", bound=QWidget)


class Late(Exception):
    """What was waited for did not come within its limit."""


def wait_for(true: Callable[[], object], what: str, seconds: float = 30) -> None:
    """Let the window live until `true`. Raises Late."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            raise Late(f"{what}: not within {seconds:.0f} s")
        let_pass(POLL_MS / 1000)


def let_pass(seconds: float) -> None:
    """Let the window live for a while."""
    loop = QEventLoop()
    QTimer.singleShot(int(seconds * 1000), loop.quit)
    loop.exec()


def drag_over(view: QAbstractItemView, at: QPoint, paths: list[str]) -> QMimeData:
    """Begin a drag of files over a view and hold it there; keep what is returned until it ends."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(path) for path in paths])
    actions, buttons = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    none = Qt.KeyboardModifier.NoModifier
    for kind in (QDragEnterEvent, QDragMoveEvent):
        QApplication.sendEvent(view.viewport(), kind(at, actions, data, buttons, none))
    return data


def leave(view: QAbstractItemView) -> None:
    """Drag away what is over a view."""
    QApplication.sendEvent(view.viewport(), QDragLeaveEvent())


def drop(view: QAbstractItemView, at: QPoint, paths: list[str]) -> None:
    """Drop files on a view, by the events that the desktop would bring."""
    data = drag_over(view, at, paths)
    event = QDropEvent(
        QPointF(at),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(view.viewport(), event)


def empty_spot(view: QAbstractItemView) -> QPoint:
    """A point of a list below its last row, or its last row's where the list is full."""
    return QPoint(view.viewport().width() // 2, view.viewport().height() - 4)


def open_dialog(name: str = "") -> QDialog | None:
    """The dialog of this name (any, if none is given) that is open."""
    for widget in QApplication.topLevelWidgets():
        if isinstance(widget, QDialog) and widget.isVisible() and name in ("", widget.objectName()):
            return widget
    return None


def press_default(of: QDialog) -> None:
    """Press the dialog's default button once it can be pressed."""
    button = next(b for b in of.findChildren(QPushButton) if b.isDefault())
    wait_for(button.isEnabled, f"{button.text()} of {of.objectName()}")
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def type_into(of: QWidget, name: str, text: str) -> None:
    field = of.findChild(QLineEdit, name)
    assert field is not None, name
    field.setText(text)


class Answer:
    """What will be done once a dialog or menu is open.

    `check` raises what the doing raised: it would be lost in the event loop.
    """

    def __init__(self, opened: Callable[[], T | None], do: Callable[[T], None]) -> None:
        self._opened = opened
        self._do = do
        self._raised: BaseException | None = None
        self.done = False
        self._timer = QTimer()
        self._timer.setInterval(POLL_MS)
        self._timer.timeout.connect(self._look)
        self._timer.start()

    def _look(self) -> None:
        widget = self._opened()
        if widget is None:
            return
        self._timer.stop()
        try:
            self._do(widget)
        except BaseException as error:
            self._raised = error
            widget.close()
        self.done = True

    def check(self) -> None:
        self._timer.stop()
        if self._raised is not None:
            raise self._raised


def answer_dialog(name: str, do: Callable[[QDialog], None]) -> Answer:
    """Act on the dialog of this name as soon as it is open."""
    return Answer(lambda: open_dialog(name), do)


def open_context_menu(view: QAbstractItemView, at: QPoint, do: Callable[[QMenu], None]) -> None:
    """Right-click, and act on the menu that opens. Returns when the menu has closed."""
    answer = Answer(_popup, do)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, view.viewport().mapToGlobal(at))
    QApplication.sendEvent(view.viewport(), event)
    wait_for(lambda: answer.done and _popup() is None, "the menu's end")
    answer.check()


def _popup() -> QMenu | None:
    widget = QApplication.activePopupWidget()
    return widget if isinstance(widget, QMenu) else None


def choose(menu: QMenu, beginning: str) -> None:
    """Choose a menu's entry by how its text begins, with the keyboard."""
    action = next(a for a in menu.actions() if a.text().replace("&", "").startswith(beginning))
    assert action.isEnabled(), beginning
    menu.setActiveAction(action)
    QTest.keyClick(menu, Qt.Key.Key_Return)


def picture(window: QWidget) -> QPixmap:
    """The window with the dialogs and menus that stand before it, as one would see it."""
    shot = window.grab()
    painter = QPainter(shot)
    for widget in QApplication.topLevelWidgets():
        if widget is not window and widget.isVisible() and widget.windowType() != _TOOL_TIP:
            at = widget.mapToGlobal(QPoint()) - window.mapToGlobal(QPoint())
            painter.drawPixmap(at, widget.grab())
            if widget.isWindow():  # the frame that a desktop would draw
                painter.setPen(widget.palette().color(QPalette.ColorRole.Mid))
                painter.drawRect(QRect(at, widget.size()).adjusted(-1, -1, 0, 0))
    painter.end()
    return shot


_TOOL_TIP = Qt.WindowType.ToolTip


# --- trees of files ------------------------------------------------------------------------------


def write_tree(folder: Path, files: int, *, seed: int = 1, largest: int = 200_000) -> int:
    """A seeded tree: deep folders, empty ones, empty files; how many bytes it has."""
    random = Random(seed)
    folders = [folder]
    folder.mkdir(parents=True, exist_ok=True)
    total = 0
    for number in range(files):
        if random.random() < 0.06:
            made = random.choice(folders[-8:]) / f"folder {len(folders):03}"
            made.mkdir(exist_ok=True)
            folders.append(made)
        size = random.choice((0, 1, 17, 4096, random.randrange(1, largest)))
        path = random.choice(folders) / f"file-{number:05}.dat"
        path.write_bytes(random.randbytes(size))
        total += size
    (folder / "an empty folder" / "in another").mkdir(parents=True)
    return total


def differences(one: Path, other: Path) -> list[str]:
    """What differs between two trees, empty folders included; bytes are compared."""
    found = []
    waiting = [Path()]
    while waiting:
        at = waiting.pop()
        here, there = _entries(one / at), _entries(other / at)
        found += [f"only on one side: {at / name}" for name in here.keys() ^ there.keys()]
        for name in here.keys() & there.keys():
            if here[name] != there[name]:
                found.append(f"file and folder: {at / name}")
            elif here[name]:
                waiting.append(at / name)
            elif not filecmp.cmp(one / at / name, other / at / name, shallow=False):
                found.append(f"differ: {at / name}")
    return found


def _entries(folder: Path) -> dict[str, bool]:
    return {path.name: path.is_dir() for path in folder.iterdir()}
