"""Names of every script and shape, among 10,000 objects: as they are, and nothing modal."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QLabel, QToolTip, QWidget

from ds3_browser.gui.local_files import FileOrder, LocalFile, LocalFolder
from ds3_browser.gui.models.local_files import LocalFiles
from ds3_browser.gui.places import Place
from ds3_browser.gui.views.local_pane import LocalList
from tests.gui.odd_names import FOLDERS, ODD, fill

SOON = 30_000


def _top(name: str) -> str:
    """The row of a bucket's top that a name is listed as: itself, or its folder."""
    folder, slash, _ = name.partition("/")
    return folder + slash


def _listed(window) -> list[str]:
    model = window.page.model
    return [model.name(row) for row in range(model.rowCount())]


def test_odd_names_are_listed_as_they_are_and_open_no_box(
    qtbot, window, connected, simulator, client
):
    odd = [*ODD, *(f"{folder}/inside" for folder in FOLDERS)]
    names = fill(simulator, client, "archive", odd)
    window.page.refresh()
    expected = {_top(name) for name in names}
    qtbot.waitUntil(lambda: not window.page.listing, timeout=SOON)
    qtbot.waitUntil(lambda: len(_listed(window)) == len(expected), timeout=SOON)
    assert set(_listed(window)) == expected
    assert QApplication.activeModalWidget() is None


def test_no_name_can_turn_or_break_the_row_it_stands_in(qtbot, window, connected, client):
    for name in ODD:
        client.put_object("archive", name, b"content")
    window.page.refresh()
    qtbot.waitUntil(lambda: len(_listed(window)) == len(ODD), timeout=SOON)
    model = window.page.model
    shown = [str(model.index(row, 0).data(Qt.ItemDataRole.DisplayRole)) for row in range(len(ODD))]
    assert not [text for text in shown if set(text) & set("\t\n\u202e")]
    assert len(set(shown)) == len(ODD)


def test_a_location_that_is_entered_leads_to_a_folder_without_a_name(qtbot, window, connected):
    for text, prefix in (
        ("archive", ""),
        ("/archive/", ""),
        ("archive/a", "a/"),
        ("archive/a/", "a/"),
        ("North Vault/archive//", "/"),
        ("archive/a//", "a//"),
    ):
        window.go_to_text(text)
        assert window.place == Place(connected.id, "archive", prefix)


def test_folders_with_odd_names_open(qtbot, window, connected, client):
    for folder in FOLDERS:
        client.put_object("archive", f"{folder}/inside", b"content")
    for folder in FOLDERS:
        window.go(Place(connected.id, "archive", f"{folder}/"))
        wanted = [f"{folder}/inside"]
        qtbot.waitUntil(lambda wanted=wanted: _listed(window) == wanted, timeout=SOON)
    assert QApplication.activeModalWidget() is None


def test_marks_on_a_name_are_painted_in_its_own_row(qtbot) -> None:
    """Forty accents on one letter would stand over the rows above."""

    def pictured(second: str) -> QImage:
        model = LocalFiles()
        model.show(LocalFolder("/", (LocalFile("a", True), LocalFile(second, True)), FileOrder()))
        holder = QWidget()
        qtbot.addWidget(holder)
        view = LocalList(model, holder)
        view.resize(500, 200)
        holder.resize(500, 200)
        holder.show()
        qtbot.waitExposed(holder)
        first = view.visualRect(model.index(0, 0))
        return view.viewport().grab().toImage().copy(QRect(0, 0, 500, first.bottom()))

    assert pictured("b" + "\u0301" * 40) == pictured("b")


def test_a_tool_tip_shows_a_name_that_looks_like_html_as_it_is(qtbot) -> None:
    below = QWidget()
    qtbot.addWidget(below)
    below.show()
    QToolTip.showText(QPoint(20, 20), "<b>bold</b>.txt", below)
    (tip,) = [w for w in QApplication.topLevelWidgets() if w.inherits("QTipLabel")]
    assert isinstance(tip, QLabel)
    assert (tip.text(), tip.textFormat()) == ("<b>bold</b>.txt", Qt.TextFormat.PlainText)
    QToolTip.hideText()
