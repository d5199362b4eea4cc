"""Back and forward through the pages."""

from __future__ import annotations

import pytest

from ds3_browser.gui.history import History
from ds3_browser.gui.places import Place

NORTH, DAILIES, FOLDER = Place("n"), Place("n", "dailies"), Place("n", "dailies", "day-1/")
SOUTH = Place("s")


def walked(*places: Place) -> History:
    history = History(Place())
    for place in places:
        history.go(place)
    return history


@pytest.mark.ui("1.15", "back and forward walk through the pages")
def test_back_and_forward_walk_the_same_line():
    history = walked(NORTH, DAILIES, FOLDER)
    assert [history.back(), history.back()] == [DAILIES, NORTH]
    assert history.forward() == DAILIES
    assert history.may_go_forward


def test_going_somewhere_new_forgets_what_was_ahead():
    history = walked(NORTH, DAILIES, FOLDER)
    history.back()
    history.go(SOUTH)
    assert not history.may_go_forward
    assert history.back() == DAILIES


def test_going_where_one_is_adds_nothing():
    history = walked(NORTH, NORTH)
    assert history.back() == Place()
    assert not history.may_go_back


def test_the_ends_are_firm():
    history = walked(NORTH)
    assert history.forward() == NORTH
    assert (history.back(), history.back()) == (Place(), Place())


def test_places_that_are_gone_are_passed_over():
    history = walked(NORTH, DAILIES, SOUTH, FOLDER)
    history.drop(lambda place: place.session_id == "n")
    assert history.current == SOUTH
    assert history.back() == Place()
    assert history.forward() == SOUTH


def test_a_history_of_which_nothing_is_left_starts_anew():
    history = History(NORTH)
    history.drop(lambda place: True)
    assert history.current == Place()
    assert not history.may_go_back
    assert not history.may_go_forward
