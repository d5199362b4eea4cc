"""What is dragged and pasted: what a drag offers, what is said under it, what opens under it."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QMetaType, QMimeData, QPoint, QPointF, QSysInfo, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QWidget

from ds3_browser.gui.places import Place, SelectedObject, Selection
from ds3_browser.gui.views.drops import ObjectsInDrag, dragged_paths

SOON = 10_000
COPY, LEFT = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
FREE = Qt.KeyboardModifier.NoModifier


def enter(widget: QWidget, at: QPoint, data: QMimeData) -> QDragMoveEvent:
    QApplication.sendEvent(widget, QDragEnterEvent(at, COPY, data, LEFT, FREE))
    event = QDragMoveEvent(at, COPY, data, LEFT, FREE)
    QApplication.sendEvent(widget, event)
    return event


def files(*paths: str) -> QMimeData:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(path) for path in paths])
    return data


@pytest.fixture
def objects(connected):
    """A drag of two objects of the list."""
    place = Place(connected.id, "archive", "d/")
    yield ObjectsInDrag(Selection(place, (SelectedObject("d/a", 1), SelectedObject("d/b", 1))))
    ObjectsInDrag.current = None


@pytest.mark.ui("14.7", "objects leave the window with no made-up path")
def test_objects_in_a_drag_carry_no_path(objects) -> None:
    assert not objects.hasUrls()
    assert not objects.hasText()
    assert b"archive" not in b"".join(bytes(objects.data(one).data()) for one in objects.formats())


@pytest.mark.ui("14.9", "the target is outlined and the tip tells where, then what is done first")
def test_the_tip_of_a_drag_tells_what_and_where(window, connected, client, qtbot) -> None:
    client.put_object("archive", "day-1/a", b"1")
    window.context.actions["refresh"].trigger()
    qtbot.waitUntil(lambda: window.page.model.rowCount() == 1, timeout=SOON)
    view = window.page.list
    empty = QPoint(50, view.viewport().height() - 5)
    event = enter(view.viewport(), empty, files("/tmp/A", "/tmp/B", "/tmp/C"))
    assert event.isAccepted()
    assert event.dropAction() is COPY
    assert view.overlay.text == "Upload 3 items to archive/"
    assert view.overlay._tip.second == ("Release to check names and sizes before anything is sent")
    assert view.overlay.outlined == view.rect()
    row = view.visualRect(view.model().index(0, 0))
    enter(view.viewport(), row.center(), files("/tmp/A"))
    assert view.overlay.text == "Upload A to archive/day-1/"
    assert view.overlay.outlined.height() == row.height()
    QApplication.sendEvent(view.viewport(), QDragLeaveEvent())
    assert not view.overlay.isVisible()


@pytest.mark.ui("14.9", "the target is outlined and the tip tells where, then what is done first")
def test_the_tip_follows_the_rows_that_scroll_under_a_still_mouse(
    window, connected, client, qtbot
) -> None:
    for number in range(60):
        client.put_object("archive", f"day-{number:02}/a", b"1")
    window.context.actions["refresh"].trigger()
    qtbot.waitUntil(lambda: window.page.model.rowCount() == 60, timeout=SOON)
    view = window.page.list
    edge = QPoint(50, view.viewport().height() - 2)
    enter(view.viewport(), edge, files("/tmp/A"))
    told, bar = view.overlay.text, view.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.value() == bar.maximum(), timeout=SOON)
    assert told != view.overlay.text == "Upload A to archive/day-59/"
    under = view.visualRect(view.indexAt(edge))
    assert view.overlay.outlined.top() == view.viewport().mapTo(view, under.topLeft()).y()
    QApplication.sendEvent(view.viewport(), QDragLeaveEvent())


@pytest.mark.ui("14.5", "objects on a bucket are refused with the reason")
def test_objects_over_the_list_are_refused_with_the_way_to_go(window, objects) -> None:
    view = window.page.list
    event = enter(view.viewport(), QPoint(50, 50), objects)
    assert not event.isAccepted()
    assert view.overlay.text == "Drop in the local files pane, or use Download (Ctrl+D)"
    assert view.overlay._tip.refused


@pytest.mark.ui("14.11", "objects held over the button of the local files open them")
def test_objects_held_over_the_button_open_the_local_files(qtbot, window, objects) -> None:
    button = window.tool_bar.button("local_files")
    assert not window.local.isVisible()
    event = enter(button, button.rect().center(), objects)
    assert not event.isAccepted()
    qtbot.waitUntil(window.local.isVisible, timeout=SOON)


@pytest.mark.ui("14.11", "objects held over the button of the local files open them")
@pytest.mark.parametrize("end", ["left", "dropped"])
def test_a_drag_that_passes_the_button_opens_nothing(qtbot, window, objects, end) -> None:
    button = window.tool_bar.button("local_files")
    enter(button, button.rect().center(), objects)
    at = QPointF(button.rect().center())
    event = QDragLeaveEvent() if end == "left" else QDropEvent(at, COPY, objects, LEFT, FREE)
    QApplication.sendEvent(button, event)
    opens = window.tool_bar.findChild(QWidget, "local_files_button").children()
    timers = [one for each in opens for one in each.children() if hasattr(one, "isActive")]
    assert timers
    assert not any(one.isActive() for one in timers)


@pytest.mark.ui("14.10", "the clipboard's files are uploaded as if dropped")
def test_files_in_the_clipboard_are_uploaded_as_if_dropped(
    qtbot, window, connected, client, tmp_path: Path
) -> None:
    folder = tmp_path / "take 1"
    folder.mkdir()
    (folder / "x é日本.bin").write_bytes(b"deep")
    QApplication.clipboard().setMimeData(files(str(folder)))
    paste = window.context.actions["paste_files"]
    qtbot.waitUntil(paste.isEnabled, timeout=SOON)
    paste.trigger()
    qtbot.waitUntil(
        lambda: list(client.list_objects("archive").names) == ["take 1/x é日本.bin"], timeout=SOON
    )
    QApplication.clipboard().clear()


class Asked(QMimeData):
    """What a program holds in the clipboard, counting how often it is asked for it."""

    times = 0

    def retrieveData(self, mimetype: str, preferred: QMetaType) -> object:
        self.times += 1
        return super().retrieveData(mimetype, preferred)


def test_who_holds_the_clipboard_is_asked_once_after_each_change(
    qtbot, window, connected, tmp_path: Path
) -> None:
    held = Asked()
    held.setUrls([QUrl.fromLocalFile(str(tmp_path))])
    QApplication.clipboard().setMimeData(held)
    paste = window.context.actions["paste_files"]
    qtbot.waitUntil(paste.isEnabled, timeout=SOON)
    asked = held.times
    assert asked
    for _ in range(3):
        window.follow()
    assert held.times == asked
    QApplication.clipboard().setText("words")
    qtbot.waitUntil(lambda: not paste.isEnabled(), timeout=SOON)
    QApplication.clipboard().clear()


def test_a_drag_of_what_lies_elsewhere_is_refused_as_a_whole_and_says_why(
    window, connected
) -> None:
    mixed = QMimeData()
    mixed.setUrls([QUrl.fromLocalFile("/tmp/A"), QUrl("sftp://nas/B")])
    view = window.page.list
    event = enter(view.viewport(), QPoint(50, 50), mixed)
    assert not event.isAccepted()
    assert view.overlay.text == "Only files of this computer can be uploaded"
    assert dragged_paths(mixed) == []
    QApplication.sendEvent(view.viewport(), QDragLeaveEvent())


@pytest.mark.parametrize("host", ["", "localhost", QSysInfo.machineHostName()])
def test_a_file_may_be_told_with_the_name_of_this_computer(host: str) -> None:
    data = QMimeData()
    data.setUrls([QUrl(f"file://{host}/media/A%20014")])
    assert dragged_paths(data) == ["/media/A 014"]
