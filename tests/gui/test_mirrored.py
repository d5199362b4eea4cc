"""Right to left: every page and form stands as in a mirror."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import shiboken6
from PySide6.QtCore import QEvent, QRect, Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QWidget,
)

from ds3_browser.gui.places import Place, Search
from ds3_browser.transfer.events import State
from tests.gui.test_focus import FORMS, listed, open_form

SOON = 10_000
KINDS = (QAbstractButton, QAbstractItemView, QComboBox, QLabel, QLineEdit)
STILL = 8  # looks in a row
NEAR = 12  # px: Qt mirrors what stands in a layout, and not the margins around it


@pytest.fixture
def direction(qapp: QApplication) -> Iterator[None]:
    yield
    qapp.setLayoutDirection(Qt.LayoutDirection.LeftToRight)


def places(top: QWidget) -> dict[str, QRect]:
    """Where the parts of a page or form stand in it, each by its way down from the top.

    An address, which goes from left to right in every language, is none of them.
    """
    found: dict[str, QRect] = {}
    for kind in KINDS:
        for number, part in enumerate(top.findChildren(kind)):
            if part.isVisible() and not _is_of_an_address(part):
                corner = part.mapTo(top, part.rect().topLeft())
                found[f"{type(part).__name__} {part.objectName()} {number}"] = QRect(
                    corner, part.size()
                )
    return found


def _is_of_an_address(part: QWidget) -> bool:
    form = part.parentWidget()
    scheme = None if form is None else form.findChild(QComboBox, "scheme")
    if scheme is None:
        return False
    return abs(part.geometry().center().y() - scheme.geometry().center().y()) < NEAR


def not_mirrored(before: dict[str, QRect], after: dict[str, QRect], width: int) -> list[str]:
    wrong = []
    for name, rect in before.items():
        if name in after:
            # A text may have become longer meanwhile: then it begins at the same place.
            wanted = width - rect.right() - 1
            begins = abs(after[name].right() - (width - rect.left() - 1))
            if min(abs(after[name].left() - wanted), begins) > NEAR:
                wrong.append(f"{name}: {rect} -> {after[name]}, wanted at {wanted}")
    return wrong


@pytest.mark.ui("15.16", "right to left mirrors every page and form")
@pytest.mark.parametrize("command", FORMS)
def test_every_form_stands_as_in_a_mirror(
    qtbot, qapp, window, connected, client, direction, command
) -> None:
    listed(qtbot, window, client)
    stood = []
    for each in (Qt.LayoutDirection.LeftToRight, Qt.LayoutDirection.RightToLeft):
        qapp.setLayoutDirection(each)
        dialog = open_form(qtbot, window, command)
        dialog.resize(760, 620)
        wait_until_told(qtbot, dialog)
        stood.append((still(qtbot, dialog), dialog.width()))
        dialog.reject()
        qtbot.waitUntil(lambda dialog=dialog: not is_open(dialog), timeout=SOON)
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    (before, width), (after, _width) = stood
    assert set(before) & set(after)
    assert not_mirrored(before, after, width) == []


def wait_until_told(qtbot, dialog: QWidget) -> None:
    """Properties are looked up; what is told then has other widths."""
    looked_up = dialog.findChild(QLabel, "looked_up")
    if looked_up is not None:
        qtbot.waitUntil(lambda: bool(looked_up.text()), timeout=SOON)


def still(qtbot, top: QWidget) -> dict[str, QRect]:
    """Where everything stands once nothing moves any more."""
    seen: list[dict[str, QRect]] = []

    def rests() -> bool:
        seen.append(places(top))
        return len(seen) > STILL and all(one == seen[-1] for one in seen[-STILL:])

    qtbot.waitUntil(rests, timeout=SOON)
    return seen[-1]


def is_open(dialog: QWidget) -> bool:
    return shiboken6.isValid(dialog) and dialog.isVisible()


PAGES = {
    "list": lambda window, session, job: window.go(Place(session.id, "archive")),
    "local files": lambda window, session, job: window.show_local(True),
    "buckets": lambda window, session, job: window.go(Place(session.id)),
    "search": lambda window, session, job: window.go(
        Place(session.id, "archive", search=Search("a"))
    ),
    "nothing found": lambda window, session, job: window.go(
        Place(session.id, "archive", search=Search("nowhere"))
    ),
    "job": lambda window, session, job: window.show_job(job),
    "jobs on the appliance": lambda window, session, job: window.context.actions[
        "appliance_jobs"
    ].trigger(),
}


@pytest.mark.ui("15.16", "right to left mirrors every page and form")
@pytest.mark.parametrize(
    ("page", "size"),
    [*((page, (1440, 900)) for page in PAGES), ("list", (1024, 640)), ("job", (1024, 640))],
)
def test_every_page_stands_as_in_a_mirror(
    qtbot, qapp, window, connected, client, direction, tmp_path, page, size
) -> None:
    listed(qtbot, window, client)
    file = tmp_path / "a.bin"
    file.write_bytes(b"1")
    job = window.context.queue.upload(connected.id, "archive", "", [str(file)])
    qtbot.waitUntil(lambda: window.jobs.row(job).state is State.DONE, timeout=SOON)
    window.resize(*size)
    PAGES[page](window, connected, job)
    stood = []
    for each in (Qt.LayoutDirection.LeftToRight, Qt.LayoutDirection.RightToLeft):
        qapp.setLayoutDirection(each)
        qtbot.waitUntil(lambda: not window.page.listing, timeout=SOON)
        stood.append(still(qtbot, window))
    assert len(stood[0]) > 20
    assert not_mirrored(*stood, window.width()) == []


@pytest.mark.ui("15.16", "right to left mirrors every page and form")
def test_the_welcome_page_stands_as_in_a_mirror(qtbot, qapp, window, direction) -> None:
    stood = []
    for each in (Qt.LayoutDirection.LeftToRight, Qt.LayoutDirection.RightToLeft):
        qapp.setLayoutDirection(each)
        stood.append(still(qtbot, window))
    assert len(stood[0]) > 20
    assert not_mirrored(*stood, window.width()) == []


def test_what_is_not_mirrored_is_found(qtbot, qapp, window, connected, direction) -> None:
    before = places(window)
    qapp.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    window.tool_bar.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
    QApplication.processEvents()
    assert not_mirrored(before, places(window), window.width())
