"""The conformance checklist: every item has a test, and the page is what the tests say."""

from __future__ import annotations

from tests import checklist


def test_every_item_of_the_checklist_is_shown_by_a_test() -> None:
    missing = checklist.wanted() - checklist.covered()
    assert not missing, sorted(missing, key=lambda each: each[1])


def test_the_page_is_what_the_tests_say() -> None:
    written = checklist.PAGE.read_text(encoding="utf-8")
    assert written == checklist.page(), "write it anew: python tests/checklist.py"
