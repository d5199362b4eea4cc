"""The download form against an appliance: what it lists beforehand is what is on the disk then."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QPushButton,
    QTableWidget,
    QWidget,
)

from ds3_browser.gui.dialogs.download import DownloadDialog
from ds3_browser.gui.places import Place, Selection
from ds3_browser.transfer.get import Existing

SOON = 20_000


@pytest.fixture
def form(qtbot, window, connected, client, bucket, tmp_path):
    """The form of a download of folder `d` to a target where some of it is, all looked at."""
    for name in ("d/there", "d/new", "d//odd", "d/way/x", "d/folder"):
        client.put_object(bucket, name, name.encode())
    target = tmp_path / "out"
    (target / "d" / "folder").mkdir(parents=True)
    (target / "d" / "there").write_bytes(b"before")
    (target / "d" / "way").write_bytes(b"a file")
    window.commands.download(Selection(Place(connected.id, bucket), folders=("d/",)))
    dialog = window.findChild(DownloadDialog)
    field = dialog.findChild(QLineEdit, "target_folder")
    field.clear()
    qtbot.keyClicks(field, str(target))
    qtbot.waitUntil(dialog.findChild(QWidget, "download_target").isVisible, timeout=SOON)
    return dialog


def listed(dialog: DownloadDialog) -> dict[str, str]:
    table = dialog.findChild(QTableWidget, "target_objects")
    return {table.item(row, 0).text(): table.item(row, 1).text() for row in range(table.rowCount())}


@pytest.mark.ui("8.1", "what a download meets at its target is listed beforehand")
@pytest.mark.parametrize(
    ("existing", "words", "objects", "there"),
    [
        (Existing.KEEP_BOTH, "Exists: the new one is numbered", 3, b"before"),
        (Existing.SKIP, "Exists: skipped", 2, b"before"),
        (Existing.REPLACE, "Exists: replaced", 3, b"d/there"),
        (
            *(Existing.SKIP_SAME, "Exists: skipped if it is the same, else both are kept"),
            *(3, b"before"),
        ),
    ],
)
def test_what_is_listed_beforehand_is_what_happens(
    qtbot, window, form, tmp_path: Path, existing, words, objects, there
) -> None:
    box = form.findChild(QComboBox, "existing")
    box.setCurrentIndex(box.findData(existing))
    assert listed(form) == {
        "d/folder": "It fails: a folder of this name is in the way.",
        "d/way/x": "It fails: a file named way is in the way.",
        "d//odd": "Saved as d/odd",
        "d/there": words,
    }
    button = form.findChild(QPushButton, "download_button")
    assert button.text() == f"Download {objects} objects"
    assert "afterwards" in form.findChild(QLabel, "free_space").text()
    button.click()
    jobs = window.context.queue
    qtbot.waitUntil(lambda: [r.row.ended for r in jobs._jobs.values()] == [True], timeout=SOON)
    found = {
        str(path.relative_to(tmp_path / "out")): path.read_bytes()
        for path in (tmp_path / "out").rglob("*")
        if path.is_file()
    }
    both = {"d/there (2)": b"d/there"}
    numbered = existing in (Existing.KEEP_BOTH, Existing.SKIP_SAME)
    assert found == {
        "d/way": b"a file",
        "d/odd": b"d//odd",
        "d/new": b"d/new",
        "d/there": there,
        **(both if numbered else {}),
    }


@pytest.mark.ui("8.5", "the form is used by keyboard alone, also that of a download")
def test_every_part_of_the_form_is_reached_by_tab(qtbot, form) -> None:
    form.activateWindow()
    form.findChild(QLineEdit, "target_folder").setFocus()
    reached = set[str]()
    for _ in range(24):
        focused = QApplication.focusWidget()
        reached.add(focused.objectName() if focused is not None else "")
        qtbot.keyClick(focused or form, Qt.Key.Key_Tab)
    assert reached >= {
        *("target_folder", "choose_folder", "existing", "target_objects"),
        *("job_name", "priority", "order"),
        *("save_plan", "cancel_button", "download_button"),
    }
