"""The pages the user has been on: back and forward, as in a browser of documents. Pure."""

from __future__ import annotations

from collections.abc import Callable

from ds3_browser.gui.places import Place

MOST = 100


class History:
    """A line of places and where in it the user stands."""

    def __init__(self, start: Place) -> None:
        self._places = [start]
        self._at = 0

    @property
    def current(self) -> Place:
        return self._places[self._at]

    @property
    def may_go_back(self) -> bool:
        return self._at > 0

    @property
    def may_go_forward(self) -> bool:
        return self._at < len(self._places) - 1

    def go(self, place: Place) -> None:
        """Add a place after the current one; what was ahead is forgotten."""
        if place == self.current:
            return
        self._places[self._at + 1 :] = [place]
        self._places = self._places[-MOST:]
        self._at = len(self._places) - 1

    def back(self) -> Place:
        self._at = max(0, self._at - 1)
        return self.current

    def forward(self) -> Place:
        self._at = min(len(self._places) - 1, self._at + 1)
        return self.current

    def holds(self, meant: Callable[[Place], bool]) -> bool:
        return any(meant(place) for place in self._places)

    def drop(self, gone: Callable[[Place], bool]) -> None:
        """Forget the places that are gone: a removed session's, a deleted folder's."""
        here = self.current
        kept = [(place, at) for at, place in enumerate(self._places) if not gone(place)]
        before = [place for place, at in kept if at <= self._at]
        self._places = [place for place, _at in kept] or [Place()]
        self._at = max(0, len(before) - 1)
        if gone(here) and not before:
            self._at = 0
