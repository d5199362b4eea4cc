"""The list of what the window promises: whole, without contradictions, and as the tests say."""

from __future__ import annotations

from tests import ui_promises


def test_the_page_is_what_the_tests_say() -> None:
    written = ui_promises.PAGE.read_text(encoding="utf-8")
    assert written == ui_promises.page(), "write it anew: python tests/ui_promises.py"


def test_numbers_have_no_gaps() -> None:
    """A promise that a test no longer holds goes back to those that are open, not out of sight."""
    numbers = [tuple(map(int, number.split("."))) for number in ui_promises.promises()]
    for section in ui_promises.SECTIONS:
        places = [place for one, place in numbers if one == section]
        assert places == list(range(1, len(places) + 1)), section
    assert {section for section, _ in numbers} == set(ui_promises.SECTIONS)


def test_what_is_open_is_held_by_no_test() -> None:
    assert ui_promises.OPEN.keys().isdisjoint(each.number for each in ui_promises.held())
