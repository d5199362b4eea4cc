"""What is asked of an appliance about tapes, and what follows from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest

from ds3_browser.gui.job_row import NeededTapes
from ds3_browser.gui.looking_up import needed_tapes
from ds3_browser.protocol.errors import AccessDenied, Refusal
from ds3_browser.protocol.records import Blob, PlacedBlob, Placement


@dataclass
class Library:
    """An appliance with some blobs on tapes, of which it tells the state or refuses to."""

    copies: list[tuple[str, ...]]
    ejected: set[str] = field(default_factory=set)
    refuses: bool = False
    cached: bool = False
    asked: list[str] = field(default_factory=list)

    def placements(self, bucket, names):
        return tuple(
            PlacedBlob(Blob(f"o{n}", 0, 1, self.cached, None), Placement(tapes, (), ()))
            for n, tapes in enumerate(self.copies)
        )

    def tape(self, barcode):
        self.asked.append(barcode)
        if self.refuses:
            raise AccessDenied(Refusal("GET", "/_rest_/tape", 403))
        return SimpleNamespace(state="EJECTED" if barcode in self.ejected else "NORMAL")


def needed(library: Library) -> NeededTapes:
    return needed_tapes("archive", ["o"], library)


@pytest.mark.parametrize(
    ("copies", "ejected", "barcodes", "missing"),
    [
        ([("A",), ("A",), ("B",)], set(), ("A", "B"), ()),
        ([("A", "B"), ("B",)], set(), ("B",), ()),  # one copy is enough: that on a needed tape
        ([("A", "B")], {"A"}, ("B",), ()),  # and one that is not ejected
        ([("A", "B")], {"A", "B"}, ("A",), ("A",)),
        ([("A",), ("A", "B")], {"A"}, ("A", "B"), ("A",)),  # the second is read from B meanwhile
        ([()], set(), (), ()),
    ],
)
def test_each_object_needs_one_of_its_copies(copies, ejected, barcodes, missing) -> None:
    assert needed(Library(copies, ejected)) == NeededTapes(barcodes, missing)


def test_each_tape_is_asked_about_once() -> None:
    library = Library([("A", "B")] * 200)
    needed(library)
    assert library.asked == ["A", "B"]


def test_what_is_in_cache_needs_no_tape() -> None:
    library = Library([("A",)], cached=True)
    assert needed(library) == NeededTapes(())
    assert library.asked == []


def test_without_the_right_to_look_at_tapes_none_is_said_to_be_ejected() -> None:
    library = Library([("A",), ("B",)], {"A"}, refuses=True)
    assert needed(library) == NeededTapes(("A", "B"))
