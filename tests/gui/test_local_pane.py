"""The local files beside the objects: what is shown, dragged, dropped, and the keys' far end."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QDesktopServices, QDrag, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QComboBox, QLineEdit, QPushButton, QWidget

from ds3_browser.gui.dialogs.new_local_folder import NewLocalFolderDialog
from ds3_browser.gui.dialogs.upload_to import UploadToDialog
from ds3_browser.gui.models.local_files import LocalFiles
from ds3_browser.gui.places import Place, SelectedObject, Selection
from ds3_browser.gui.views.drops import ObjectsInDrag, dragged_objects
from ds3_browser.transfer.events import State
from tests.gui.test_window import plain, rows_of, states

SOON = 10_000


@pytest.fixture
def shown(qtbot, window, connected, tmp_path: Path):
    """The window with its local pane on a folder that holds a folder and two files."""
    folder = tmp_path / "offload"
    (folder / "take 1").mkdir(parents=True)
    (folder / "take 1" / "x.bin").write_bytes(b"deep")
    for name, size in (("b.mov", 2000), ("a\tb.txt", 5)):
        (folder / name).write_bytes(b"." * size)
    window.context.actions["local_files"].trigger()
    window.local.show_folder(str(folder))
    qtbot.waitUntil(lambda: len(names(window)) == 3, timeout=SOON)
    return window


def names(window) -> list[str]:
    model = window.local.list.model()
    return [model.index(row, 0).data() for row in range(model.rowCount())]


def at(qtbot, window, folder: Path) -> None:
    qtbot.waitUntil(lambda: window.local.folder == str(folder), timeout=SOON)


def select(window, name: str) -> None:
    view = window.local.list
    row = names(window).index(name)
    view.setCurrentIndex(view.model().index(row, 0))


def test_folders_come_first_and_files_are_told_in_our_words(shown) -> None:
    assert names(shown)[0] == "take 1"
    assert "a␉b.txt" in names(shown)
    view = shown.local.list
    row = names(shown).index("b.mov")
    assert view.model().index(row, 1).data() == "2.0 kB"
    assert view.model().index(0, 1).data() == ""


@pytest.mark.ui("1.25", "local files have a path to type, a way up, and the room left")
def test_the_footer_tells_items_and_room(qtbot, shown) -> None:
    footer = shown.local.findChild(QWidget, "local_totals")
    qtbot.waitUntil(lambda: footer.text().startswith("3 items · "), timeout=SOON)
    assert " free of " in footer.text()


@pytest.mark.ui("1.25", "local files have a path to type, a way up, and the room left")
def test_return_opens_a_folder_and_the_button_leads_up_again(qtbot, shown, tmp_path) -> None:
    select(shown, "take 1")
    qtbot.keyClick(shown.local.list, Qt.Key.Key_Return)
    at(qtbot, shown, tmp_path / "offload" / "take 1")
    shown.local.findChild(QWidget, "local_up").click()
    at(qtbot, shown, tmp_path / "offload")


def test_the_keys_that_select_and_copy_are_the_local_files_where_they_have_the_focus(
    qtbot, shown, client, tmp_path
) -> None:
    client.put_object("archive", "object", b"1")
    shown.page.refresh()
    qtbot.waitUntil(lambda: rows_of(shown) == ["object"], timeout=SOON)
    shown.activateWindow()
    shown.focus_local()
    qtbot.waitUntil(shown.local.list.hasFocus, timeout=SOON)
    qtbot.keyClick(shown.local.list, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert len(shown.local.selected_paths()) == 3
    assert not len(shown.page.selection())
    shown.local.list.clearSelection()
    select(shown, "b.mov")
    qtbot.keyClick(shown.local.list, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    copied, path = QApplication.clipboard().mimeData(), str(tmp_path / "offload" / "b.mov")
    assert [url.toLocalFile() for url in copied.urls()] == [path]
    assert copied.text() == path


def test_very_many_selected_files_are_read_by_ranges(qtbot, shown, tmp_path, monkeypatch) -> None:
    many = tmp_path / "many"
    many.mkdir()
    for number in range(300):
        (many / f"{number:03}").touch()
    shown.local.show_folder(str(many))
    qtbot.waitUntil(lambda: shown.local.list.model().rowCount() == 300, timeout=SOON)
    shown.local.list.selectAll()
    asked: list[int] = []
    flags = LocalFiles.flags
    monkeypatch.setattr(LocalFiles, "flags", lambda *of: (asked.append(1), flags(*of))[1])
    assert len(shown.local.selected_paths()) == 300
    assert shown.local.selected_paths()[7] == str(many / "007")
    shown.local._tell()
    assert not asked


def test_what_is_dragged_goes_as_a_name_and_a_number_not_as_whole_rows(shown, monkeypatch) -> None:
    begun: list[QDrag] = []
    monkeypatch.setattr(QDrag, "exec", lambda drag, _actions: begun.append(drag))
    shown.local.list.selectAll()
    shown.local.list.startDrag(Qt.DropAction.CopyAction)
    (drag,) = begun
    assert len(drag.mimeData().urls()) == 3
    line = shown.local.list.visualRect(shown.local.list.model().index(0, 0)).height()
    assert drag.pixmap().height() / drag.pixmap().devicePixelRatioF() < 2 * line


@pytest.mark.ui("1.25", "local files have a path to type, a way up, and the room left")
def test_a_typed_path_is_gone_to_and_a_wrong_one_changes_nothing(qtbot, shown, tmp_path) -> None:
    shown.local.path.edit()
    editor = shown.local.findChild(QLineEdit, "path_editor")
    editor.setText(str(tmp_path / "nowhere"))
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    footer = shown.local.findChild(QWidget, "local_totals")
    reason = f"{tmp_path / 'nowhere'} cannot be read: No such file or directory."
    qtbot.waitUntil(lambda: footer.text() == reason, timeout=SOON)
    assert shown.local.folder == str(tmp_path / "offload")
    editor.setText(str(tmp_path))
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    at(qtbot, shown, tmp_path)
    qtbot.waitUntil(lambda: " free of " in footer.text(), timeout=SOON)


@pytest.mark.ui("1.27", "upload and download use the open local pane as the far end")
def test_upload_takes_what_is_selected_in_the_pane(qtbot, shown, connected) -> None:
    select(shown, "take 1")
    actions = shown.context.actions
    qtbot.waitUntil(actions["upload_local"].isEnabled, timeout=SOON)
    assert plain(actions["upload_local"].text()) == "Upload to archive"
    actions["upload_files"].trigger()
    qtbot.waitUntil(lambda: states(shown) == [State.DONE], timeout=3 * SOON)
    qtbot.waitUntil(lambda: rows_of(shown) == ["take 1/"], timeout=SOON)


@pytest.mark.ui("1.27", "upload and download use the open local pane as the far end")
def test_download_goes_to_the_panes_folder(qtbot, shown, connected, client) -> None:
    client.put_object("archive", "c.bin", b"12345")
    shown.page.refresh()
    qtbot.waitUntil(lambda: rows_of(shown) == ["c.bin"], timeout=SOON)
    shown.page.list.selectRow(0)
    qtbot.waitUntil(shown.context.actions["download"].isEnabled, timeout=SOON)
    shown.context.actions["download"].trigger()
    qtbot.waitUntil(lambda: states(shown) == [State.DONE], timeout=3 * SOON)
    qtbot.waitUntil(lambda: "c.bin" in names(shown), timeout=SOON)


def drop(view, at: QPoint, data) -> QDropEvent:
    how = (Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton)
    free = Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(view.viewport(), QDragEnterEvent(at, *how, free))
    dropped = QDropEvent(QPointF(at), *how, free)
    QApplication.sendEvent(view.viewport(), dropped)
    return dropped


@pytest.mark.ui("14.4", "objects on the local pane are downloaded there")
def test_objects_dropped_on_a_folder_row_are_downloaded_into_it(
    qtbot, shown, connected, client, tmp_path
) -> None:
    client.put_object("archive", "d/c.bin", b"12345")
    chosen = Selection(Place(connected.id, "archive", "d/"), (SelectedObject("d/c.bin", 5),))
    view = shown.local.list
    at = view.visualRect(view.model().index(0, 0)).center()
    drop(view, at, ObjectsInDrag(chosen))
    qtbot.waitUntil(lambda: states(shown) == [State.DONE], timeout=3 * SOON)
    assert (tmp_path / "offload" / "take 1" / "c.bin").read_bytes() == b"12345"
    assert not view.overlay.isVisible()


@pytest.mark.ui("14.5", "objects on a bucket are refused with the reason")
def test_objects_dropped_on_a_bucket_are_refused_with_the_reason(qtbot, shown, connected) -> None:
    chosen = Selection(Place(connected.id, "archive"), (SelectedObject("c", 5),))
    data = ObjectsInDrag(chosen)
    assert dragged_objects(data) == chosen
    tree = shown.sidebar.tree
    at = tree.visualRect(shown.sidebar.model.index_of(Place(connected.id, "archive"))).center()
    how = (Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton)
    free = Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(tree.viewport(), QDragEnterEvent(at, *how, free))
    assert tree.overlay.text == "Drop in the local files pane, or use Download (Ctrl+D)"
    drop(tree, at, data)
    assert states(shown) == []


@pytest.mark.ui("14.6", "files from elsewhere are not taken by the local pane")
def test_files_from_elsewhere_are_not_taken_by_the_pane(shown) -> None:
    from PySide6.QtCore import QMimeData, QUrl

    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile("/etc/hostname")])
    event = drop(shown.local.list, QPoint(20, 100), data)
    assert not event.isAccepted()


@pytest.mark.ui("1.26", "nothing is changed on this computer's disk but a new folder")
def test_a_new_folder_is_made_and_a_taken_name_is_told_in_the_form(qtbot, shown, tmp_path) -> None:
    shown.context.actions["new_local_folder"].trigger()
    form = shown.findChild(NewLocalFolderDialog)
    qtbot.keyClicks(form.findChild(QLineEdit, "name"), "take 1")
    form.findChild(QPushButton, "create").click()
    note = form.findChild(QWidget, "note")
    qtbot.waitUntil(lambda: "cannot be made" in note.text(), timeout=SOON)
    field = form.findChild(QLineEdit, "name")
    field.clear()
    qtbot.keyClicks(field, "take 2")
    form.findChild(QPushButton, "create").click()
    qtbot.waitUntil(lambda: "take 2" in names(shown), timeout=SOON)
    assert (tmp_path / "offload" / "take 2").is_dir()


@pytest.mark.ui("12.10", "panes are walked with one key, the local one with them")
def test_the_pane_is_one_of_those_that_are_walked(qtbot, shown) -> None:
    shown.activateWindow()
    shown.context.actions["go_sidebar"].trigger()
    seen = []
    for _ in range(4):
        shown.next_pane()
        seen.append(QApplication.focusWidget())
    expected = [shown.local.list, shown.page.list, shown.transfers.list, shown.sidebar.tree]
    assert seen == expected


@pytest.mark.ui("15.10", "columns, order, places and density come back")
def test_pane_and_folder_come_back_at_the_next_start(qtbot, shown, start_program, tmp_path) -> None:
    shown.close()
    second = start_program(tmp_path / "data").window
    assert second.local.isVisible()
    qtbot.waitUntil(lambda: second.local.folder == str(tmp_path / "offload"))


@pytest.mark.ui("13.9", "the menu of local files")
def test_open_goes_into_a_folder_and_hands_a_file_to_the_desktop(
    qtbot, shown, tmp_path, monkeypatch
) -> None:
    action = shown.context.actions["open_local"]
    select(shown, "take 1")
    qtbot.waitUntil(action.isEnabled, timeout=SOON)
    action.trigger()
    at(qtbot, shown, tmp_path / "offload" / "take 1")
    shown.local.show_folder(str(tmp_path / "offload"))
    at(qtbot, shown, tmp_path / "offload")
    opened: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.toLocalFile()))
    select(shown, "b.mov")
    qtbot.waitUntil(action.isEnabled, timeout=SOON)
    action.trigger()
    assert opened == [str(tmp_path / "offload" / "b.mov")]
    shown.local.list.selectAll()
    qtbot.waitUntil(lambda: not action.isEnabled(), timeout=SOON)
    assert action.toolTip() == "Choose one file or folder."


@pytest.mark.ui("13.9", "the menu of local files")
def test_upload_to_asks_for_session_bucket_and_folder_first(qtbot, shown, client) -> None:
    client.create_bucket("zweiter")
    shown.context.browsing.refresh_buckets(shown.place.session_id)
    qtbot.waitUntil(
        lambda: len(shown.context.browsing.connection(shown.place.session_id).buckets) == 2,
        timeout=SOON,
    )
    select(shown, "take 1")
    action = shown.context.actions["upload_local_to"]
    qtbot.waitUntil(action.isEnabled, timeout=SOON)
    action.trigger()
    dialog = shown.findChild(UploadToDialog)
    bucket = dialog.findChild(QComboBox, "upload_bucket")
    assert bucket.currentText() == "archive"  # where one is
    assert dialog.findChild(QComboBox, "upload_session").currentText() == "North Vault"
    bucket.setCurrentText("zweiter")
    dialog.findChild(QLineEdit, "upload_folder").setText("/day é/deep/")
    dialog.findChild(QPushButton, "upload_here").click()
    qtbot.waitUntil(lambda: states(shown) == [State.DONE], timeout=SOON)
    assert list(client.list_objects("zweiter").names) == ["day é/deep/take 1/x.bin"]


def test_upload_to_says_why_a_session_without_buckets_is_no_place(qtbot) -> None:
    chosen: list[Place] = []
    sessions = [("n", "North", ["a", "b"]), ("s", "South", [])]
    dialog = UploadToDialog(["/x/y"], sessions, Place("n", "b", "d/e/"), None)
    qtbot.addWidget(dialog)
    dialog.accepted.connect(lambda: chosen.append(dialog.place()))
    dialog.show()
    assert dialog.place() == Place("n", "b", "d/e/")
    upload = dialog.findChild(QPushButton, "upload_here")
    dialog.findChild(QComboBox, "upload_session").setCurrentIndex(1)
    assert not upload.isEnabled()
    assert upload.toolTip() == "This session has no bucket that you can see."
    dialog.findChild(QComboBox, "upload_session").setCurrentIndex(0)
    assert upload.isEnabled()
    dialog.findChild(QLineEdit, "upload_folder").clear()
    upload.click()
    assert chosen == [Place("n", "a", "")]
