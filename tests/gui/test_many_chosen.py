"""Very many objects chosen: the window makes none of them one by one, only its threads do."""

from __future__ import annotations

import threading
from array import array
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from PySide6.QtGui import QGuiApplication

from ds3_browser.gui.models.rows import Rows
from ds3_browser.gui.places import ManyObjects, Place, SelectedObject, Selection
from tests.gui.test_browse import page

MANY, FEW = 5000, 501  # a form names 500
SOON = 10_000


class Watched(ManyObjects):
    """As many as somebody may choose, counting those that are made in this thread."""

    def __init__(self) -> None:
        self.made_here = 0
        self._here = threading.get_ident()

    def __len__(self) -> int:
        return MANY

    def __getitem__(self, at):
        self.made_here += threading.get_ident() == self._here
        return SelectedObject(f"object-{range(MANY)[at]:04}", 1)

    def __iter__(self) -> Iterator[SelectedObject]:
        return (self[at] for at in range(MANY))

    def names(self) -> Sequence[str]:
        return [f"object-{number:04}" for number in range(MANY)]

    def size(self) -> int:
        return MANY


@pytest.mark.parametrize(
    "command", ["download", "download at once", "stage", "verify", "delete", "properties", "copy"]
)
def test_a_command_makes_no_more_of_them_than_it_names(
    window, connected, tmp_path: Path, monkeypatch, command: str
) -> None:
    many = Watched()
    selection = Selection(Place(connected.id, "archive"), many)
    monkeypatch.setattr(window, "_selected", selection)
    monkeypatch.setattr(window, "_select_anew", lambda: None)
    commands = window.commands
    match command:
        case "download":
            commands.download(selection)
        case "download at once":
            commands.download_to(selection, str(tmp_path))
        case "stage":
            commands.unattended.stage(selection, {}, None)
        case "verify":
            commands.unattended.verify(selection)
        case "delete":
            commands._ask_delete(selection)
        case "properties":
            commands.properties.show(selection)
        case "copy":
            commands._copy_names()
            assert QGuiApplication.clipboard().text().count("\n") == MANY - 1
    assert many.made_here < FEW


def test_names_and_sizes_are_told_together() -> None:
    rows = Rows(Place("s", "archive"))
    rows.add(page(*(f"o-{number:04}" for number in range(MANY))))
    chosen = rows.chosen(array("I", range(0, MANY, 2)))
    assert isinstance(chosen, ManyObjects)
    assert list(chosen.names()) == [one.name for one in chosen]
    assert chosen.size() == sum(one.size or 0 for one in chosen)
