"""The page that lists a place: how a listing stands, what is kept, its arrows, its errors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest
from PySide6.QtCore import QObject, QPoint, Qt, Signal
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QApplication, QPushButton, QToolButton, QWidget

from ds3_browser.gui.connections import Connection, SessionState
from ds3_browser.gui.models.objects import Cell
from ds3_browser.gui.models.ordering import SortKey
from ds3_browser.gui.places import Place
from ds3_browser.gui.seen import Seen
from ds3_browser.gui.theme import Role
from ds3_browser.gui.views.list_delegate import shown_signs
from ds3_browser.gui.views.lister import Standing
from ds3_browser.gui.views.object_page import ObjectPage
from ds3_browser.gui.views.sibling_menu import SiblingMenu
from ds3_browser.protocol.errors import (
    AccessDenied,
    Busy,
    ConnectionFailed,
    Refusal,
    Unreachable,
)
from ds3_browser.protocol.records import Bucket, Listing
from tests.gui.test_browse import page, shown, text_of

TOP = Place("north", "archive")
REFUSAL = Refusal("GET", "/archive", 403, "AccessDenied", "no LIST", request_id="req-7")


@dataclass
class Asked:
    """A listing that was asked for; the test answers it."""

    place: Place
    page: Callable[[Listing], None]
    end: Callable[[], None]
    fail: Callable[[Exception], None]
    marker: str | None
    done: bool = False
    stopped: bool = False

    def stop(self) -> None:
        self.stopped = True


@dataclass
class _State:
    connection: Connection = field(
        default_factory=lambda: Connection(SessionState.CONNECTED, (Bucket("archive", None),))
    )


class FakeBrowsing(QObject):
    """Answers nothing by itself."""

    changed = Signal(str)
    listing_wanted = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.state = _State()
        self.seen = Seen(self)
        self.asked: list[Asked] = []

    def connection(self, session_id: str | None) -> Connection:
        return self.state.connection

    def client(self, session_id: str) -> None:
        return None

    def refresh_buckets(self, session_id: str) -> None:
        self.changed.emit(session_id)

    def list_folder(self, place, on_page, on_end, on_error, *, marker=None) -> Asked:
        self.asked.append(Asked(place, on_page, on_end, on_error, marker))
        return self.asked[-1]

    def ask_placements(self, session_id, bucket, names, on_result, on_error) -> None:
        """On a slow computer rows are still long enough to be asked about."""


@pytest.fixture
def browsing(qapp) -> FakeBrowsing:
    return FakeBrowsing()


@pytest.fixture
def listed(browsing: FakeBrowsing, qtbot) -> ObjectPage:
    made = ObjectPage(browsing)
    qtbot.addWidget(made)
    made.resize(1000, 300)
    made.show()
    qtbot.waitExposed(made)
    return made


def button(page_: QWidget, name: str) -> QPushButton:
    found = page_.findChild(QPushButton, name)
    assert found is not None
    return found


def answer(asked: Asked, *pages: Listing) -> None:
    for one in pages:
        asked.page(one)
    asked.end()


def test_a_place_of_a_session_that_is_connecting_is_listed_once_it_is_connected(
    listed, browsing
) -> None:
    browsing.state.connection = Connection(SessionState.CONNECTING)
    listed.show_place(TOP, "North Vault")
    assert browsing.asked == []
    assert text_of(listed, "instead_text") == "Connecting to North Vault"
    assert text_of(listed, "footer_totals") == ""  # nobody knows yet how many there are
    browsing.state.connection = Connection(SessionState.CONNECTED)
    browsing.changed.emit("north")
    assert [one.place for one in browsing.asked] == [TOP]


@pytest.mark.ui("11.5", "a listing that fails says why in place of its rows")
def test_a_listing_that_breaks_off_keeps_what_came_and_goes_on_from_there(listed, browsing) -> None:
    listed.show_place(TOP, "North Vault")
    first = page("a", "b")
    browsing.asked[0].page(first)
    browsing.asked[0].fail(ConnectionFailed("vault:80", Unreachable.REFUSED))
    assert shown(listed.model) == ["a", "b"]
    assert "2 so far, the listing broke off" in text_of(listed, "footer_totals")
    again = button(listed, "retry_listing")
    assert again.sizeHint().height() < listed.findChild(QWidget, "footer").height()
    again.click()
    assert browsing.asked[1].marker == first.next_marker
    answer(browsing.asked[1], page("c"))
    assert shown(listed.model) == ["a", "b", "c"]
    assert text_of(listed, "footer_totals") == "3 objects · 30 B"


@pytest.mark.ui("11.6", "a busy appliance is asked again by itself or at once")
def test_a_busy_appliance_is_asked_again_by_itself_or_at_once(listed, browsing) -> None:
    listed.show_place(TOP, "North Vault")
    browsing.asked[0].fail(Busy(replace(REFUSAL, status=503, retry_after_s=30)))
    assert text_of(listed, "instead_text").startswith("The appliance is busy. Next try in 00:")
    button(listed, "instead_button").click()
    answer(browsing.asked[1], page("a"))
    assert shown(listed.model) == ["a"]


@pytest.mark.ui("1.16", "the first page of a listing is shown at once, the footer is honest")
def test_stop_keeps_what_came_and_says_that_it_is_not_all(listed, browsing) -> None:
    listed.show_place(TOP, "North Vault")
    browsing.asked[0].page(page("a"))
    assert text_of(listed, "footer_totals") == "1 so far, still listing"
    button(listed, "stop_listing").click()
    assert browsing.asked[0].stopped
    assert text_of(listed, "footer_totals").endswith("listing stopped before the end")


@pytest.mark.ui("12.7", "Esc clears the filter, then stops the listing")
def test_escape_clears_the_filter_first_and_then_stops_the_listing(listed, browsing, qtbot) -> None:
    listed.show_place(TOP, "North Vault")
    browsing.asked[0].page(page("a"))
    listed.filter.setText("x")
    qtbot.keyClick(listed.list, Qt.Key.Key_Escape)
    assert listed.filter.text() == ""
    assert listed.listing
    qtbot.keyClick(listed.list, Qt.Key.Key_Escape)
    assert not listed.listing


@pytest.mark.ui("1.53", "a refresh keeps what is shown, selected and in view")
def test_a_refresh_that_fails_leaves_the_rows_and_says_why(listed, browsing) -> None:
    listed.show_place(TOP, "North Vault")
    answer(browsing.asked[0], page("a"))
    listed.refresh()
    assert shown(listed.model) == ["a"]
    browsing.asked[1].fail(ConnectionFailed("vault:80", Unreachable.REFUSED))
    assert shown(listed.model) == ["a"]
    assert button(listed, "retry_listing").isVisible()


@pytest.mark.ui("1.18", "late folders stand above and move nothing that is in view")
def test_folders_that_come_late_do_not_move_what_is_in_view(listed, browsing, qtbot) -> None:
    listed.show_place(TOP, "North Vault")
    names = [f"{n:04}" for n in range(500)]
    browsing.asked[0].page(page(*names))
    qtbot.waitUntil(lambda: listed.list.verticalScrollBar().maximum() > 0)
    listed.list.scrollTo(listed.model.index(300, 0), listed.list.ScrollHint.PositionAtTop)
    top = listed.model.name(listed.list.rowAt(1))
    listed.list.selectRow(listed.list.rowAt(1) + 2)
    chosen = listed.selection()
    answer(browsing.asked[0], page(prefixes=("x/", "y/", "z/")))
    assert listed.model.is_folder(2)
    assert listed.model.name(listed.list.rowAt(1)) == top
    assert listed.selection() == chosen


def test_a_filter_shows_what_it_finds_from_its_first_row(listed, browsing, qtbot) -> None:
    listed.show_place(TOP, "North Vault")
    answer(browsing.asked[0], page(*(f"{n:04}" for n in range(500))))
    bar = listed.list.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 0)
    listed.list.selectRow(450)
    bar.setValue(bar.maximum())
    listed.filter.setText("1")
    qtbot.waitUntil(lambda: listed.model.rowCount() < 500)
    assert bar.maximum() > 0
    assert bar.value() == 0
    assert listed.list.currentIndex().row() == 0


def test_a_filter_keeps_the_row_one_was_on_in_view(listed, browsing, qtbot) -> None:
    listed.show_place(TOP, "North Vault")
    answer(browsing.asked[0], page(*(f"{n:04}" for n in range(500))))
    qtbot.waitUntil(lambda: listed.list.verticalScrollBar().maximum() > 0)
    listed.list.selectRow(451)
    listed.filter.setText("1")
    qtbot.waitUntil(lambda: listed.model.rowCount() < 500)
    current = listed.list.currentIndex()
    assert listed.model.name(current.row()) == "0451"
    assert listed.list.viewport().rect().contains(listed.list.visualRect(current).center())


@pytest.mark.ui("2.16", "shift and click adds a second order")
def test_shift_click_on_a_header_adds_a_second_key(listed, browsing, qtbot) -> None:
    listed.show_place(TOP, "North Vault")
    answer(browsing.asked[0], page("b.txt", "a.txt", "c.mxf"))
    header = listed.list.horizontalHeader()

    def click(column: str, held: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        number = next(n for n, one in enumerate(listed.model.columns) if one.id == column)
        at = QPoint(header.sectionViewportPosition(number) + 8, header.height() // 2)
        qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, held, at)

    click("kind")
    click("name", Qt.KeyboardModifier.ShiftModifier)
    qtbot.mouseClick(listed.filter, Qt.MouseButton.LeftButton)  # else Shift stays held in Qt
    assert listed.model.order == (SortKey("kind"), SortKey("name"))
    assert shown(listed.model) == ["c.mxf", "a.txt", "b.txt"]
    assert listed.model.place == TOP


@pytest.mark.ui("1.37", "the crumbs lead to session, bucket and folders; arrows to their siblings")
def test_the_arrow_after_a_crumb_offers_what_lies_below_it(listed, browsing, qtbot) -> None:
    listed.show_place(TOP.folder("d/e/"), "North Vault")

    def arrows() -> list[QToolButton]:
        found = listed.location.findChildren(QToolButton, "crumb_arrow")
        return [one for one in found if one.isVisible()]

    qtbot.waitUntil(lambda: len(arrows()) == 3)
    assert [one.accessibleName() for one in arrows()] == [
        *("Buckets of North Vault", "Folders in archive", "Folders in d")
    ]
    arrows()[2].click()
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, SiblingMenu)
    answer(browsing.asked[-1], page("d/x", prefixes=("d/e/", "d/f/")))
    assert browsing.asked[-1].place == TOP.folder("d/")
    entry = next(one for one in menu.actions() if one.text() == "f")
    with qtbot.waitSignal(listed.place_chosen) as chosen:
        entry.trigger()
    assert chosen.args == [TOP.folder("d/f/")]
    menu.close()


@pytest.mark.ui("11.3", "details hold codes and no secret, and can be copied")
def test_an_error_tells_more_behind_details_and_copies_it(listed, browsing) -> None:
    listed.show_place(TOP, "North Vault")
    browsing.asked[0].fail(AccessDenied(REFUSAL))
    assert not button(listed, "instead_copy").isVisible()
    button(listed, "instead_details").click()
    assert "req-7" in text_of(listed, "instead_facts")
    button(listed, "instead_copy").click()
    assert "no LIST" in QApplication.clipboard().text()


@pytest.mark.ui(
    "1.51", "the listed folder is refreshed when something of it changed, not each time"
)
def test_a_change_is_listed_at_once_and_further_ones_not_each_time(listed, browsing, qtbot) -> None:
    listed.show_place(TOP, "North Vault")
    answer(browsing.asked[0], page("a"))
    browsing.listing_wanted.emit(TOP)
    qtbot.waitUntil(lambda: len(browsing.asked) == 2)
    answer(browsing.asked[1], page("a", "b"))
    for _ in range(5):
        browsing.listing_wanted.emit(TOP)
    QApplication.processEvents()
    assert len(browsing.asked) == 2
    assert listed._lister.standing is Standing.WHOLE


def test_signs_give_way_to_the_words_that_say_the_same(qapp):
    metrics = QFontMetrics(qapp.font())
    signs = (("hard-drive", Role.ACCENT), ("cassette", Role.SUCCESS), ("eject", Role.WARNING))
    cell = Cell("In cache, 2 tapes, 2 ejected", signs)
    words = metrics.horizontalAdvance(cell.text)
    assert shown_signs(cell, metrics, words + 100) == signs
    assert shown_signs(cell, metrics, words + 40) == signs[-1:]
    assert shown_signs(Cell("In cache", signs[:1]), metrics, 10) == signs[:1]
