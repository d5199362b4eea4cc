"""Started from right to left: margins too are mirrored, what is painted by hand, names stand as is.

That each page and form turns round while it is shown is in test_mirrored.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QLabel,
    QLineEdit,
    QWidget,
)

from ds3_browser.gui import direction, format, icons, theme
from ds3_browser.gui.names import visible
from ds3_browser.gui.places import Place
from ds3_browser.protocol.records import CacheState
from tests.gui.conftest import connect
from tests.gui.test_focus import listed, open_form

Scene = Callable[[object], QWidget]

SOON = 10_000
NEAR = 3  # pixels that rounding, borders and the letters of a word may take
RTL, LTR = Qt.LayoutDirection.RightToLeft, Qt.LayoutDirection.LeftToRight

#: An address is one in every language: its parts stand side by side from left to right.
AS_THEY_ARE = {"scheme", "host", "port", ":"}


@pytest.fixture
def turn(qapp: QApplication) -> Iterator[Callable[[Qt.LayoutDirection], None]]:
    """A function that turns all words round; they go as before afterwards."""

    def turn_to(chosen: Qt.LayoutDirection) -> None:
        qapp.setLayoutDirection(chosen)
        theme.notifier().changed.emit()  # icons and figures are asked for anew

    yield turn_to
    qapp.setLayoutDirection(LTR)
    icons.forget()


def places(top: QWidget) -> dict[str, QRect]:
    """Where each part of a window that has a name or words, and can be seen, stands in it."""
    found: dict[str, QRect] = {}
    for part in top.findChildren(QWidget):
        if not part.isVisible() or part.window() is not top or not part.width():
            continue
        words = part.text() if isinstance(part, QAbstractButton | QLabel) else ""
        named = part.objectName() or re.sub("[\u202a\u202c]", "", words)
        if not named or named.startswith("qt_") or named in AS_THEY_ARE:
            continue
        key = f"{type(part).__name__} {part.parentWidget().objectName()} {named}"
        found[key] = QRect(part.mapTo(top, QPoint()), part.size())
    return found


def still(qtbot, top: QWidget) -> dict[str, QRect]:
    """The places once nothing moves any more."""
    last: list[dict[str, QRect]] = [{}]

    def the_same() -> bool:
        last.append(places(top))
        return bool(last[-1]) and last[-1] == last[-2]

    qtbot.waitUntil(the_same, timeout=SOON)
    return last[-1]


@pytest.fixture
def assert_mirrored(qtbot, start_program, turn, tmp_path) -> Iterator[Callable[[Scene], None]]:
    """A function that makes a scene in two programs, of which one goes from right to left."""

    def compare(scene: Scene) -> None:
        first = start_program(tmp_path / "one")
        top = scene(first)
        before, size = still(qtbot, top), top.size()
        assert before
        for one in QApplication.topLevelWidgets():
            one.hide()
        turn(RTL)
        top = scene(start_program(tmp_path / "other"))
        now = still(qtbot, top)
        both = before.keys() & now.keys()  # a word may tell of another moment
        assert (top.size(), len(both) > 0.8 * len(before)) == (size, True)
        wrong = {
            name: (before[name], now[name])
            for name in both
            if abs((size.width() - before[name].right() - 1) - now[name].left()) > NEAR
        }
        assert wrong == {}

    yield compare
    for one in QApplication.topLevelWidgets():
        one.hide()


@pytest.mark.ui("15.16", "right to left mirrors every page and form")
def test_the_first_page_is_mirrored(assert_mirrored) -> None:
    def first(program) -> QWidget:
        program.window.resize(1440, 900)
        return program.window

    assert_mirrored(first)


@pytest.mark.ui("15.16", "right to left mirrors every page and form")
@pytest.mark.parametrize("size", [QSize(1440, 900), QSize(1024, 640)])
def test_the_list_with_two_panes_is_mirrored(
    qtbot, assert_mirrored, simulator, bucket, objects, folder, size
) -> None:
    def two_panes(program) -> QWidget:
        connect(qtbot, program, simulator, bucket)
        window = program.window
        window.resize(size)
        show_objects(qtbot, window)
        if size.width() > 1200:
            window.local.show_folder(str(folder))
            window.show_local(True)
        settled(qtbot, window)
        return window

    assert_mirrored(two_panes)


@pytest.mark.ui("15.16", "right to left mirrors every page and form")
def test_the_page_of_a_job_is_mirrored(
    qtbot, assert_mirrored, simulator, bucket, client, folder
) -> None:
    file = folder / "a.bin"
    file.write_bytes(bytes(1000))

    def a_job(program) -> QWidget:
        session, window = connect(qtbot, program, simulator, bucket), program.window
        window.resize(1440, 900)
        client.delete_object(bucket, "a.bin")
        job = window.context.queue.upload(session.id, bucket, "", [str(file)])
        qtbot.waitUntil(lambda: window.jobs.row(job).persisted is not None, timeout=SOON)
        window.news.hide()
        window.activateWindow()
        window.show_job(job)
        qtbot.waitUntil(window.job_page.map.hasFocus, timeout=SOON)
        qtbot.waitUntil(lambda: window.job_page.objects.table.model().rowCount() == 1, timeout=SOON)
        return window

    assert_mirrored(a_job)


@pytest.mark.ui("15.16", "right to left mirrors every page and form")
@pytest.mark.parametrize("command", ["sessions", "problems", "delete", "properties"])
def test_forms_are_mirrored(qtbot, assert_mirrored, simulator, bucket, objects, command) -> None:
    def form(program) -> QWidget:
        connect(qtbot, program, simulator, bucket)
        show_objects(qtbot, program.window)
        dialog = open_form(qtbot, program.window, command)
        settled(qtbot, program.window)
        return dialog

    assert_mirrored(form)


@pytest.fixture
def objects(client, bucket) -> None:
    for name in ("a", "b", "d/1"):
        client.put_object(bucket, name, b"1")


def show_objects(qtbot, window) -> None:
    """Select one of the objects that are listed."""
    qtbot.waitUntil(lambda: window.page.model.rowCount() == 3, timeout=SOON)
    window.page.list.selectRow(1)
    qtbot.waitUntil(window.context.actions["delete"].isEnabled, timeout=SOON)


def settled(qtbot, window) -> None:
    """Wait for all answers that what is shown waits for."""
    calls = window.context.browsing._calls._under_way
    qtbot.waitUntil(lambda: not calls, timeout=SOON)


@pytest.mark.ui("15.16", "right to left mirrors every page and form")
def test_an_address_goes_from_left_to_right_in_a_mirrored_form(
    qtbot, window, connected, turn
) -> None:
    turn(RTL)
    form = open_form(qtbot, window, "new_session")
    left = [form.findChild(QWidget, name).x() for name in ("scheme", "host", "port")]
    assert left == sorted(left)
    form.reject()


# -- what is painted by hand -----------------------------------------------------------------------


def mirrored(image: QImage) -> QImage:
    return image.flipped(Qt.Orientation.Horizontal)


def unlike(one: QImage, other: QImage) -> float:
    """Which part of the pixels differs more than the smoothing of lines does."""
    pixels = [(x, y) for x in range(one.width()) for y in range(one.height())]
    alphas = [abs(one.pixelColor(*at).alpha() - other.pixelColor(*at).alpha()) for at in pixels]
    return sum(alpha > 120 for alpha in alphas) / len(pixels)


def coloured(widget: QWidget, area: QRect, colour: QColor) -> int:
    """How many pixels of an area are of a colour."""
    image = widget.grab(area).toImage().convertToFormat(QImage.Format.Format_RGB32)
    return sum(
        image.pixelColor(x, y) == colour
        for x in range(image.width())
        for y in range(image.height())
    )


@pytest.mark.ui("15.16", "right to left mirrors every page and form")
@pytest.mark.parametrize("name", sorted(icons.POINTING))
def test_what_points_to_a_side_points_to_the_other(qapp, turn, name) -> None:
    before = icons.pixmap(name, size=24).toImage()
    turn(RTL)
    now = icons.pixmap(name, size=24).toImage()
    assert unlike(now, mirrored(before)) < 0.02
    assert unlike(now, before) > 0.03


@pytest.mark.ui("15.16", "right to left mirrors every page and form")
def test_what_points_up_stays(qapp, turn) -> None:
    before = icons.pixmap("upload", size=24).toImage()
    turn(RTL)
    assert icons.pixmap("upload", size=24).toImage() == before


@pytest.mark.ui("15.16", "right to left mirrors every page and form")
def test_names_and_figures_stand_as_they_are_among_other_words(qapp, turn) -> None:
    assert (visible("rushes/"), format.size(4_200_000)) == ("rushes/", "4.2 MB")
    turn(RTL)
    for text, told in (
        (visible("_rushes/"), "_rushes/"),
        (format.size(4_200_000), "4.2 MB"),
        (format.percent(1, 3), "33 %"),
        (format.countdown(252), "04:12"),
    ):
        assert text == f"\u202a{told}\u202c"
        assert direction.plain(text) == told
    assert visible("") == ""
    assert visible("\u202ax") == "\u202a␣x\u202c"  # a name's own mark is still shown as one


@pytest.mark.ui("15.16", "right to left mirrors every page and form")
def test_the_gauge_of_the_cache_fills_from_the_right(qtbot, window, turn) -> None:
    gauge = window.sidebar._gauge
    turn(RTL)
    gauge.show_cache("North", CacheState(1000, 250, 750, 0, None))
    qtbot.waitUntil(gauge.isVisible)
    half = gauge.width() // 2
    used = theme.tokens().chunk_in_cache
    assert coloured(gauge, QRect(half, 0, half, gauge.height()), used) > 100
    assert coloured(gauge, QRect(0, 0, half, gauge.height()), used) == 0


@pytest.mark.ui("15.16", "right to left mirrors every page and form")
def test_the_arrow_of_the_order_stands_beside_the_title(qtbot, window, connected, turn) -> None:
    window.resize(1440, 900)
    turn(RTL)
    header = window.page.list.horizontalHeader()
    qtbot.waitUntil(lambda: header.sectionViewportPosition(0) > 0)
    right = header.sectionViewportPosition(0) + header.sectionSize(0)
    ground = theme.tokens().base
    beside = QRect(right - 90, 0, 90, header.height() - 2)
    away = QRect(right - header.sectionSize(0) + 4, 0, 100, header.height() - 2)
    painted = header.viewport()
    assert coloured(painted, beside, ground) < beside.width() * beside.height()
    assert coloured(painted, away, ground) == away.width() * away.height()


@pytest.mark.ui("15.16", "right to left mirrors every page and form")
def test_signs_of_the_sidebar_stand_before_their_rows_indented(
    qtbot, window, connected, client, turn
) -> None:
    listed(qtbot, window, client)
    tree, model = window.sidebar.tree, window.sidebar.model
    archive = model.index_of(Place(connected.id, "archive"))
    tree.expand(archive)
    folder = Place(connected.id, "archive", "d/")
    qtbot.waitUntil(lambda: model.index_of(folder).isValid(), timeout=SOON)
    turn(RTL)

    def sign(place: Place) -> int:
        """The right end of what is painted behind the row's words, before its edge."""
        row = tree.visualRect(model.index_of(place))
        area = QRect(
            row.right() + 1, row.top(), tree.viewport().width() - row.right(), row.height()
        )
        image = tree.viewport().grab(area).toImage()
        ground = image.pixelColor(image.width() - 1, 0)
        columns = [
            x
            for x in range(image.width())
            for y in range(image.height())
            if image.pixelColor(x, y) != ground
        ]
        assert columns, place
        return area.left() + max(columns)

    assert sign(folder) < sign(Place(connected.id, "archive")) < tree.viewport().width()


@pytest.mark.ui("15.16", "right to left mirrors every page and form")
def test_labels_stand_where_lines_begin_whatever_their_letters_are(qtbot, qapp, turn) -> None:
    assert direction.settle(qapp, "en") is None
    aside = direction.settle(qapp, "he")
    assert aside is not None
    assert qapp.layoutDirection() is RTL
    label, other = QLabel("archive"), QLabel("12")
    qtbot.addWidget(label)
    qtbot.addWidget(other)
    other.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop)
    for one in (label, other):
        one.resize(300, 40)
        one.show()
        qtbot.waitExposed(one)
    qapp.removeEventFilter(aside)
    text, half = label.palette().windowText().color(), QRect(150, 0, 150, 40)
    assert coloured(label, half, text) > 0
    assert coloured(label, QRect(0, 0, 150, 40), text) == 0
    assert coloured(other, half, text) == 0


@pytest.mark.ui("15.16", "right to left mirrors every page and form")
def test_a_field_for_a_name_begins_at_its_side(qtbot, window, connected, turn) -> None:
    turn(RTL)
    form = open_form(qtbot, window, "new_folder")
    assert form.findChild(QLineEdit, "name").layoutDirection() is RTL
    form.reject()
