"""The window among letters of half again or twice the size, on a small screen."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QApplication, QCheckBox, QListWidget, QPushButton, QSpinBox, QWidget

from ds3_browser.gui import theme
from ds3_browser.gui.dialogs.download import DownloadCalls, DownloadDialog
from ds3_browser.gui.dialogs.preferences import PreferencesDialog
from ds3_browser.gui.dialogs.upload import UploadCalls, UploadDialog
from ds3_browser.gui.models.jobs import COLUMN_OF
from ds3_browser.gui.places import Place, SelectedObject, Selection
from ds3_browser.gui.views.jobs_view import NAME
from ds3_browser.protocol.records import PutItem
from tests.gui.job_stories import upload

SMALL = (1024, 640)
SOON = 20_000


@pytest.fixture(params=[1.5, 2.0])
def letters(request, qapp: QApplication) -> Iterator[float]:
    """How much larger the letters of the desktop are, before the window is made."""
    before = qapp.font()
    larger = QFont(before)
    larger.setPixelSize(round(before.pixelSize() * request.param))
    qapp.setFont(larger)
    theme.apply(qapp, theme.Theme.LIGHT)
    yield request.param
    qapp.setFont(before)
    theme.apply(qapp, theme.Theme.LIGHT)


@pytest.fixture
def small(letters: float, window):
    window.resize(*SMALL)
    return window


def whole(within: QWidget, part: QWidget) -> bool:
    corners = (part.rect().topLeft(), part.rect().bottomRight())
    return part.isVisible() and all(within.rect().contains(part.mapTo(within, c)) for c in corners)


def test_the_toolbar_keeps_all_its_buttons(small, qtbot) -> None:
    small.resize(small.minimumWidth(), small.minimumHeight())
    bar = small.tool_bar
    parts = [bar.search, *(bar.button(name) for name in ("upload", "local_files", "transfers"))]
    qtbot.waitUntil(lambda: all(whole(bar, part) for part in parts))


@pytest.mark.parametrize("letters", [1.5], indirect=True)
@pytest.mark.parametrize("height", [900, 640, 560])
def test_the_board_has_room_for_jobs_before_the_facts_of_one(
    small, connected, client, bucket, qtbot, height
) -> None:
    for number in range(3):
        client.start_put_job(bucket, [PutItem(f"d/{number}", 4)], name=f"dailies {number}")
    small.context.actions["appliance_jobs"].trigger()
    page = small.board_page
    qtbot.waitUntil(lambda: page.model.rowCount() == 3, timeout=SOON)
    page.list.setCurrentIndex(page.model.index(1, 0))
    small.resize(small.minimumWidth(), height)
    row = page.list.verticalHeader().defaultSectionSize()
    qtbot.waitUntil(lambda: page.list.viewport().height() >= 3 * row)
    verbs = (page.detail.resume, page.detail.cancel)
    qtbot.waitUntil(lambda: all(whole(page.detail, verb) for verb in verbs))
    assert all(verb.width() >= verb.sizeHint().width() for verb in verbs)


@pytest.mark.parametrize("letters", [1.5], indirect=True)
def test_the_first_page_is_seen_without_scrolling(small, qtbot) -> None:
    view = small.welcome.viewport()
    words = [one for one in small.welcome.findChildren(QWidget) if one.isVisible()]
    qtbot.waitUntil(lambda: small.welcome.verticalScrollBar().maximum() == 0)
    assert small.welcome.horizontalScrollBar().maximum() == 0
    buttons = [one for one in words if isinstance(one, QPushButton)]
    assert len(buttons) >= 3
    assert all(whole(view, button) for button in buttons)


def test_a_transfers_name_has_room_before_other_columns(small, qtbot) -> None:
    small.jobs.add(upload())
    table = small.transfers.list
    qtbot.waitUntil(lambda: not table.isColumnHidden(COLUMN_OF["job"]))
    header = table.horizontalHeader()
    least = theme.row_height(table, NAME)
    qtbot.waitUntil(lambda: header.sectionSize(COLUMN_OF["job"]) >= 0.6 * least)
    assert header.length() <= table.viewport().width()
    assert header.sectionSize(COLUMN_OF["state"]) >= header.sectionSizeHint(COLUMN_OF["state"])


@pytest.mark.parametrize("letters", [1.5], indirect=True)
def test_a_planner_is_never_scrolled_sideways(letters, qtbot) -> None:
    selection = Selection(Place("north", "archive"), (SelectedObject("a.mxf", 10),))
    calls = DownloadCalls(*(lambda *_args: None,) * 3)
    planner = DownloadDialog(selection, "a", "/restore", calls, planned=True)
    qtbot.addWidget(planner)
    planner.resize(planner.minimumWidth(), 500)
    planner.show()
    qtbot.waitExposed(planner)
    area = planner.findChild(QWidget, "plan_pane").parentWidget().parentWidget().parentWidget()
    qtbot.waitUntil(lambda: area.horizontalScrollBar().maximum() == 0)


@pytest.mark.parametrize("letters", [1.5], indirect=True)
def test_no_words_are_cut_in_the_foot_of_an_upload(letters, qtbot) -> None:
    calls = UploadCalls(lambda *_args: lambda: None)
    form = UploadDialog(["/media/A014"], "rushes/", "A014", calls, None)
    qtbot.addWidget(form)
    boxes = [form.findChild(QCheckBox, name) for name in ("file_attributes", "checksums")]
    form.show()
    qtbot.waitExposed(form)
    boxes[1].setText("CRC-32C with each blob")
    boxes[1].show()
    form.findChild(QPushButton, "upload_button").setText("Upload 46,665 objects")
    form.resize(900, 600)
    qtbot.waitUntil(lambda: all(box.width() >= box.sizeHint().width() for box in boxes))
    assert form.width() <= 960


@pytest.mark.parametrize("letters", [1.5], indirect=True)
def test_figures_of_the_preferences_are_seen_whole(letters, qtbot, window) -> None:
    window.context.actions["preferences"].trigger()
    dialog = window.findChild(PreferencesDialog)
    dialog.findChild(QListWidget, "rooms").setCurrentRow(1)
    box = dialog.findChild(QSpinBox, "objects_per_job")
    line = box.lineEdit()
    room = line.width() - line.textMargins().left()
    assert room >= line.fontMetrics().horizontalAdvance(line.text())
