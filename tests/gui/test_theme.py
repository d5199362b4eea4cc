"""Colours, fonts and icons."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtGui import QColor, QFontInfo, QIcon, QImage, QPalette
from PySide6.QtWidgets import (
    QComboBox,
    QLabel,
    QListWidget,
    QTableView,
    QTableWidget,
    QVBoxLayout,
    QWidget,
)

from ds3_browser import resources
from ds3_browser.gui import icons, theme
from ds3_browser.gui.dialogs.delete import DeleteDialog
from ds3_browser.gui.dialogs.new_folder import NewFolderDialog
from ds3_browser.gui.dialogs.parts import ErrorBox, FoldButton
from ds3_browser.gui.places import Place, SelectedObject, Selection
from ds3_browser.gui.theme import Role, Theme

GUI = Path(theme.__file__).parent


def contrast(one: QColor, other: QColor) -> float:
    """The contrast ratio of WCAG 2."""
    low, high = sorted(map(luminance, (one, other)))
    return (high + 0.05) / (low + 0.05)


def luminance(colour: QColor) -> float:
    parts = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (colour.redF(), colour.greenF(), colour.blueF())
    ]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


@pytest.mark.ui("4.2", "texts can be read on every ground")
@pytest.mark.parametrize("chosen", [Theme.LIGHT, Theme.DARK])
def test_texts_can_be_read_on_every_ground(qapp, chosen):
    theme.apply(qapp, chosen)
    tokens = theme.tokens()
    for role in (Role.TEXT, Role.SECONDARY, Role.FAINT, Role.ACCENT, Role.ERROR, Role.WARNING):
        for ground in (tokens.base, tokens.window, tokens.alt):
            assert contrast(theme.colour(role), ground) >= 4.5, (role, ground.name())
    for ground in (tokens.warning_box, tokens.error_box, tokens.success_box, tokens.accent_box):
        assert contrast(tokens.text, ground) >= 5.7
    assert contrast(tokens.selection_text, tokens.selection) >= 7
    assert contrast(tokens.on_accent, tokens.accent) >= 4.5
    assert contrast(tokens.base, tokens.error) >= 4.5  # the words of a button that deletes


DRAWN = {  # token: light, dark
    "text": ("#1A1E24", "#E7EAEE"),
    "secondary": ("#58616C", "#A3ACB7"),
    "faint": ("#656E7A", "#8C96A2"),
    "base": ("#FFFFFF", "#16181C"),
    "window": ("#F2F4F6", "#1D2025"),
    "alt": ("#F8F9FB", "#1A1D22"),
    "border": ("#D9DDE3", "#31363E"),
    "row_line": ("#EDEFF2", "#23272D"),
    "accent": ("#2257CC", "#84A9FF"),
    "selection": ("#DCE6FA", "#283A61"),
    "selection_text": ("#10203F", "#F3F6FC"),
    "success": ("#17733D", "#6BD096"),
    "warning": ("#875400", "#EBBB55"),
    "error": ("#B42318", "#FF8B82"),
    "chunk_in_cache": ("#5585DE", "#5F82C9"),
    "chunk_persisted": ("#2E8B57", "#4FB37C"),
    "chunk_transferring": ("#2257CC", "#84A9FF"),
    "chunk_next": ("#B7791F", "#D9A441"),
    "warning_box": ("#FFF3D9", "#332A17"),
    "error_box": ("#FDEBE9", "#3A2020"),
    "success_box": ("#E1F3E7", "#1B3326"),
}


@pytest.mark.ui("4.7", "the tokens are the colours of the design")
@pytest.mark.parametrize(("column", "chosen"), [(0, Theme.LIGHT), (1, Theme.DARK)])
def test_the_tokens_are_those_of_the_design(qapp, column, chosen):
    theme.apply(qapp, chosen)
    shown = {name: getattr(theme.tokens(), name).name().upper() for name in DRAWN}
    assert shown == {name: colours[column] for name, colours in DRAWN.items()}


@pytest.mark.ui("4.2", "texts can be read on every ground")
@pytest.mark.parametrize("chosen", [Theme.LIGHT, Theme.DARK])
def test_coloured_texts_can_be_read_where_they_stand(qapp, chosen):
    """On the tinted boxes, on a selected row, on segments, and on the ground of badges."""
    theme.apply(qapp, chosen)
    tokens = theme.tokens()
    pairs = {
        "warning on its box": (tokens.warning, tokens.warning_box),
        "error on its box": (tokens.error, tokens.error_box),
        "success on its box": (tokens.success, tokens.success_box),
        "link on its box": (tokens.accent, tokens.accent_box),
        "success on base": (tokens.success, tokens.base),
        "text on a badge": (tokens.text, tokens.track),
        "words of a segment": (tokens.secondary, tokens.segments),
        "words of the chosen segment": (tokens.text, tokens.segment),
        "warning on a selected row": (tokens.warning, tokens.selection),
        "error on a selected row": (tokens.error, tokens.selection),
        "secondary on a selected row": (tokens.secondary, tokens.selection),
    }
    weak = {
        what: round(contrast(*pair), 2) for what, pair in pairs.items() if contrast(*pair) < 4.5
    }
    assert weak == {}


@pytest.mark.ui("4.3", "chunk cells stand out from their ground")
@pytest.mark.parametrize("chosen", [Theme.LIGHT, Theme.DARK])
def test_chunk_cells_stand_out_from_their_ground(qapp, chosen):
    theme.apply(qapp, chosen)
    tokens = theme.tokens()
    for cell in (
        *(tokens.chunk_in_cache, tokens.chunk_persisted),
        *(tokens.chunk_transferring, tokens.chunk_next),
    ):
        assert contrast(cell, tokens.base) >= 3
    for ground in (tokens.base, tokens.alt, tokens.window):
        assert contrast(tokens.chunk_waiting, ground) >= 3


@pytest.mark.ui("4.4", "the palette says what the tokens say, and no colour is written elsewhere")
def test_the_palette_says_what_the_tokens_say(qapp):
    theme.apply(qapp, Theme.DARK)
    palette, tokens = qapp.palette(), theme.tokens()
    assert palette.color(QPalette.ColorRole.Base) == tokens.base
    assert palette.color(QPalette.ColorRole.Text) == tokens.text
    assert palette.color(QPalette.ColorRole.Highlight) == tokens.selection
    disabled = palette.color(QPalette.ColorGroup.Disabled, QPalette.ColorRole.Text)
    assert disabled == tokens.faint


@pytest.mark.ui("4.1", "the theme is the system's, light or dark, and changes at once")
def test_a_widget_that_is_open_changes_with_the_theme(qtbot, qapp):
    theme.apply(qapp, Theme.LIGHT)
    label = QLabel("text")
    qtbot.addWidget(label)
    label.show()
    with qtbot.waitSignal(theme.notifier().changed):
        theme.apply(qapp, Theme.DARK)
    assert label.palette().color(QPalette.ColorRole.WindowText) == theme.tokens().text


@pytest.mark.ui("4.10", "icons are tinted from the tokens")
def test_icons_are_drawn_in_the_new_colours_after_a_change(qapp):
    theme.apply(qapp, Theme.LIGHT)
    light = icons.pixmap("folder", Role.ACCENT).toImage()
    theme.apply(qapp, Theme.DARK)
    dark = icons.pixmap("folder", Role.ACCENT).toImage()
    assert strongest(light) == QColor("#2257CC")
    assert strongest(dark) == QColor("#84A9FF")


def strongest(image) -> QColor:
    """The colour of the least transparent pixel, made opaque."""
    pixels = [image.pixelColor(x, y) for x in range(image.width()) for y in range(image.height())]
    colour = max(pixels, key=QColor.alpha)
    colour.setAlpha(255)
    return colour


@pytest.mark.ui("4.10", "icons are tinted from the tokens")
def test_a_disabled_icon_is_fainter(qapp):
    icon = icons.icon("upload")
    normal = icon.pixmap(16, QIcon.Mode.Normal).toImage()
    disabled = icon.pixmap(16, QIcon.Mode.Disabled).toImage()
    assert most_opaque(disabled) < most_opaque(normal)


def most_opaque(image) -> int:
    return max(
        image.pixelColor(x, y).alpha() for x in range(image.width()) for y in range(image.height())
    )


def test_every_icon_that_the_program_names_is_shipped():
    """Names are literals behind icons.icon and icons.pixmap, and in the table of actions."""
    named = set()
    for file in GUI.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and node.args:
                function = node.func
                callee = getattr(function, "attr", getattr(function, "id", ""))
                at = 2 if callee == "Command" else 0
                if callee in ("icon", "pixmap", "Command") and len(node.args) > at:
                    named |= {
                        one.value
                        for one in ast.walk(node.args[at])
                        if isinstance(one, ast.Constant) and isinstance(one.value, str)
                    }
    assert len(named) > 30
    missing = [name for name in named if not shipped(f"icons/{name}.svg")]
    assert missing == []


def shipped(name: str) -> bool:
    try:
        return resources.path(name).is_file()
    except FileNotFoundError:
        return False


@pytest.mark.ui("4.8", "the shipped fonts stand in where no desktop sets one")
def test_the_shipped_fonts_are_used_where_no_desktop_sets_one(qapp):
    theme.apply(qapp, Theme.LIGHT)
    assert QFontInfo(qapp.font()).family() == "Inter"
    assert QFontInfo(theme.mono_font()).family() == "JetBrains Mono"


@pytest.mark.ui("4.9", "sizes and rows grow with the user's font")
def test_sizes_grow_with_the_users_font(qtbot, qapp):
    font = qapp.font()
    larger = qapp.font()
    larger.setPixelSize(26)
    try:
        qapp.setFont(larger)
        assert theme.scaled(larger, 13).pixelSize() == 26
        assert theme.scaled(larger, 19).pixelSize() == 38
        label = QLabel()
        qtbot.addWidget(label)
        assert theme.row_height(label, 28) >= 48
    finally:
        qapp.setFont(font)


@pytest.mark.ui("4.11", "licences of fonts and icons are shipped")
def test_licences_of_what_is_shipped_are_shipped():
    for name in ("icons/LICENSE", "fonts/LICENSE-Inter", "fonts/LICENSE-JetBrainsMono"):
        assert len(resources.path(name).read_text(encoding="utf-8")) > 500


def test_a_file_that_is_not_shipped_is_told_by_name():
    with pytest.raises(FileNotFoundError, match=r"nothing\.svg"):
        resources.path("icons/nothing.svg")


@pytest.mark.ui("4.4", "the palette says what the tokens say, and no colour is written elsewhere")
def test_no_colour_is_written_outside_the_table():
    """Delegates and views take tokens; a literal would stay as it is in the other theme."""
    literal = set()
    for file in GUI.rglob("*.py"):
        if file.name == "theme.py":
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                text = node.value.strip()
                if text.startswith("#") and len(text) in (4, 7, 9) and QColor(text).isValid():
                    literal.add((file.name, text))
    assert literal == set()


@pytest.mark.parametrize("kind", [QTableView, QListWidget])
def test_the_ring_of_a_boxed_table_is_not_covered_by_its_rows(qapp, qtbot, kind) -> None:
    view = kind()
    view.setProperty("look", "boxed")
    qtbot.addWidget(view)
    theme.apply(qapp, Theme.LIGHT)
    view.resize(200, 100)
    with qtbot.waitExposed(view):
        view.show()

    assert view.viewport().geometry().left() == view.viewport().geometry().top() == 2


@pytest.mark.parametrize("count", [2, 3, 10])
def test_an_opened_list_shows_all_its_rows(qtbot, count):
    form = QWidget()
    box, other = QComboBox(form), QComboBox(form)
    box.addItems([f"choice {number}" for number in range(count)])
    column = QVBoxLayout(form)
    column.addWidget(other)
    column.addWidget(box)
    qtbot.addWidget(form)
    form.show()
    form.activateWindow()
    other.setFocus()
    qtbot.waitUntil(other.hasFocus)
    height = box.sizeHint().height()
    box.setFocus()
    qtbot.waitUntil(box.hasFocus)
    assert box.sizeHint().height() == height == other.height()
    box.showPopup()
    view = box.view()
    qtbot.waitUntil(view.isVisible)
    last = view.visualRect(view.model().index(count - 1, 0))
    assert last.bottom() < view.viewport().height()
    box.hidePopup()


def pictures(widget: QWidget) -> list[QImage]:
    """The widget, and what its tables have as signs: those are drawn from pictures of their own."""
    signs = [
        table.item(row, 0).icon().pixmap(16).toImage()
        for table in widget.findChildren(QTableWidget)
        for row in range(table.rowCount())
    ]
    return [widget.grab().toImage(), *signs]


def a_new_folder(qtbot) -> QWidget:
    dialog = NewFolderDialog(Place("s", "b", "d/"), (), lambda *_: None)
    dialog.field.clearFocus()
    return dialog


def a_deletion(qtbot) -> QWidget:
    def never(*_: object) -> Callable[[], None]:
        return lambda: None

    chosen = Selection(Place("s", "b"), (SelectedObject("a.mxf", 1),), ("f/",))
    return DeleteDialog(chosen, never, never, never, never, never)


def an_error(qtbot) -> QWidget:
    ground = QWidget()
    box = ErrorBox(ground, "error")
    box.say("It is no longer there.")
    QVBoxLayout(ground).addWidget(box)
    return ground


def more_options(qtbot) -> QWidget:
    ground = QWidget()
    button = FoldButton(ground)
    button.setChecked(True)
    QVBoxLayout(ground).addWidget(button)
    return ground


@pytest.mark.ui("4.1", "the theme is the system's, light or dark, and changes at once")
@pytest.mark.parametrize("made", [a_new_folder, a_deletion, an_error, more_options])
def test_nothing_of_the_other_theme_is_left_in_a_form_that_is_open(qtbot, qapp, made) -> None:
    theme.apply(qapp, Theme.LIGHT)
    kept = made(qtbot)
    qtbot.addWidget(kept)
    before = pictures(kept)
    theme.apply(qapp, Theme.DARK)
    anew = made(qtbot)
    qtbot.addWidget(anew)
    assert pictures(kept) == pictures(anew)
    assert all(one != other for one, other in zip(before, pictures(kept), strict=True))
