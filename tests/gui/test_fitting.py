"""Forms that make room for what comes to be shown in them."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QSize
from PySide6.QtWidgets import QDialog, QFrame, QLabel, QVBoxLayout, QWidget

from ds3_browser.gui.views import fitting
from ds3_browser.gui.views.fitting import TallArea, fit, within_screen


class Form(QDialog):
    """A card in a card, with a part that grows."""

    def __init__(self) -> None:
        super().__init__()
        content = QWidget(self)
        outer = QFrame(content)
        card = QFrame(outer)
        self.late = QLabel("x", card)
        self.late.setFixedHeight(10)
        for inner, around in ((self.late, card), (card, outer), (outer, content)):
            QVBoxLayout(around).addWidget(inner)
        self.area = TallArea(content, self)
        QVBoxLayout(self).addWidget(self.area)
        self.setMinimumWidth(300)


@pytest.fixture
def form(qtbot) -> Form:
    form = Form()
    qtbot.addWidget(form)
    fit(form)
    form.show()
    qtbot.waitExposed(form)
    return form


def test_a_form_is_as_high_as_what_has_just_come_into_it(form: Form, qtbot) -> None:
    form.late.setFixedHeight(150)
    fit(form)
    qtbot.waitUntil(lambda: form.late.height() == 150)
    assert form.area.verticalScrollBar().maximum() == 0


def test_a_form_that_grows_stays_on_its_screen(form: Form) -> None:
    screen = form.screen().availableGeometry()
    form.move(screen.right() - form.width() - 20, screen.bottom() - form.height() - 20)
    form.late.setFixedHeight(150)
    fit(form, 600)
    assert form.width() == 600
    assert screen.contains(form.frameGeometry())


def test_a_form_that_has_room_stays_where_it_is(form: Form) -> None:
    form.move(30, 40)
    form.late.setFixedHeight(150)
    fit(form, 400)
    assert (form.x(), form.y()) == (30, 40)


def test_no_form_begins_larger_than_its_screen(form: Form) -> None:
    room = form.screen().availableSize()
    within = within_screen(form, QSize(room.width() // 2, room.height() * 2))
    assert within.width() == room.width() // 2
    assert within.height() < room.height()


def test_no_widget_is_asked_for_its_screen_which_python_would_end_with_it() -> None:
    sources = Path(fitting.__file__).parents[1].rglob("*.py")
    asking = [one.name for one in sources if ".screen()" in one.read_text(encoding="utf-8")]
    assert asking == []
