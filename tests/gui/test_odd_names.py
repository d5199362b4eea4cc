"""Names of every script and shape, among 10,000 objects: as they are, and nothing modal."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from ds3_browser.gui.places import Place
from ds3_browser.simulator.seeding import Seed

SOON = 30_000
ODD = (
    "שלום עולם.mov",
    "مرحبا‏.wav",
    "e\u0301 combining.txt",
    "é composed.txt",
    "🎬👩\u200d🎤.mxf",
    "tab\there",
    "line\nbreak",
    "\u202egnp.exe",
    "trailing spaces  ",
    " leading",
    "日本語の名前.dpx",
    "ไทย.txt",
    "%2F+&?#=.bin",
    "<b>bold</b>.txt",
    "..",
    "x" * 900,
)
FOLDERS = ("..", "", "a b ", "לילה", "<i>")
OBJECTS = 10_000


def _fill(simulator, client) -> list[str]:
    """10,000 objects in `archive`; gives their names."""
    odd = [*ODD, *(f"{folder}/inside" for folder in FOLDERS)]
    plain = OBJECTS - len(odd)
    simulator.seed(Seed("archive", plain, size=100))
    for name in odd:
        client.put_object("archive", name, b"content")
    return odd + [f"object-{number:07}" for number in range(plain)]


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
    names = _fill(simulator, client)
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


def test_folders_with_odd_names_open(qtbot, window, connected, client):
    for folder in FOLDERS:
        client.put_object("archive", f"{folder}/inside", b"content")
    for folder in FOLDERS:
        window.go(Place(connected.id, "archive", f"{folder}/"))
        wanted = [f"{folder}/inside"]
        qtbot.waitUntil(lambda wanted=wanted: _listed(window) == wanted, timeout=SOON)
    assert QApplication.activeModalWidget() is None
