"""What the cells of the transfers list look like: two lines, direction tile, stacked bar, button.

Delegates paint and nothing else. Words come from `job_words`, colours from the theme.
"""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QIcon, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from ds3_browser.gui import job_cells, job_words, theme
from ds3_browser.gui.job_row import JobRow
from ds3_browser.gui.models.job_objects import COLUMN_OF as OBJECT_COLUMNS
from ds3_browser.gui.models.jobs import COLUMNS, Shown, ShownRole
from ds3_browser.gui.sessions import DEMO_ID
from ds3_browser.gui.theme import Role
from ds3_browser.gui.views.two_lines import (
    BAR,
    ICON,
    PAD,
    RowCell,
    paint_bar,
    paint_ground,
    paint_icon,
    paint_row,
    row_height,
    two_lines,
)

Index = QModelIndex | QPersistentModelIndex

FLASK = 12  # marks the demo's jobs
TILE = 26


class JobDelegate(QStyledItemDelegate):
    """Paints every column of the transfers list; `hovered` and `held` are job ids or None."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.hovered: int | None = None  # the job whose button the mouse is over
        self.held: int | None = None  # the job whose button is pressed down

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(80, row_height(option.font))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        shown = index.data(ShownRole)
        if not isinstance(shown, Shown):
            return
        painter.save()
        painter.setClipRect(option.rect, Qt.ClipOperation.IntersectClip)  # marks may be high
        paint_row(painter, option, first=index.column() == 0)
        cell = _Cell(painter, option, shown)
        match COLUMNS[index.column()].id:
            case "job":
                _paint_job(cell)
            case "state":
                self._paint_state(cell)
            case "progress":
                _paint_progress(cell)
            case "objects":
                _paint_objects(cell)
            case "rate" | "time_left":
                _paint_figure(cell, str(index.data()))
            case _:
                middle, area = Qt.TextElideMode.ElideMiddle, cell.inner()
                cell.line(area, area, str(index.data()), cell.small, cell.text_colour, middle)
        painter.restore()

    def _paint_state(self, cell: _Cell) -> None:
        words = job_words.job_words(cell.row, cell.shown.now)
        area = cell.inner()
        icon_at = QRect(area.left(), cell.first_line().top(), ICON, cell.first_line().height())
        paint_icon(cell.painter, words.icon, words.role, cell.mirrored(icon_at))
        texts = area.adjusted(ICON + 6, 0, 0, 0)
        text = button_text(cell.row)
        button = button_rect(cell.option.rect, cell.option.font, cell.option.direction, text)
        if text:
            texts.setRight(cell.mirrored(button).left() - 8)
            self._paint_button(cell, button)
        cell.line(cell.first_line(), texts, words.text, cell.strong, _word_colour(cell, words.role))
        cell.line(cell.second_line(), texts, words.second, cell.small, theme.tokens().secondary)

    def _paint_button(self, cell: _Cell, rect: QRect) -> None:
        job_id = cell.row.job_id
        resting = cell.row.rests(cell.shown.now)
        paint_button(
            cell.painter,
            rect,
            button_text(cell.row),
            cell.button_font,
            over=self.hovered == job_id and not resting,
            down=self.held == job_id and not resting,
            enabled=not resting,
        )


class _Cell(RowCell):
    """A cell of a transfer."""

    def __init__(self, painter: QPainter, option: QStyleOptionViewItem, shown: Shown) -> None:
        super().__init__(painter, option)
        self.shown = shown
        self.row: JobRow = shown.row


def state_width(font: QFont, word: str, button: str) -> int:
    """Return the width in which a state's word and its button both stand uncut."""
    strong = QFontMetrics(theme.scaled(font, 13, QFont.Weight.DemiBold))
    pressed = button_rect(QRect(0, 0, 1000, 50), font, Qt.LayoutDirection.LeftToRight, button)
    return 2 * PAD + ICON + 6 + strong.horizontalAdvance(word) + 8 + pressed.width() + 1


def button_text(row: JobRow) -> str:
    """Return what the button in the row says, or "" where the row has none."""
    return job_words.verb(row)


def button_rect(
    cell: QRect, font: QFont, direction: Qt.LayoutDirection, text: str | None = None
) -> QRect:
    """Return where the button of a state cell lies, which says `text`."""
    metrics = QFontMetrics(theme.scaled(font, 12, QFont.Weight.Medium))
    width = metrics.horizontalAdvance(text or job_words.try_now()) + 24
    height = max(25, metrics.height() + 10)
    left = cell.right() - PAD - width + 1
    top = cell.top() + (cell.height() - 1 - height) // 2
    return QStyle.visualRect(direction, cell, QRect(left, top, width, height))


def paint_button(
    painter: QPainter,
    rect: QRect,
    text: str,
    font: QFont,
    *,
    over: bool = False,
    down: bool = False,
    enabled: bool = True,
) -> None:
    tokens = theme.tokens()
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(tokens.accent if over else tokens.border)
    painter.setBrush(tokens.alt if down or not enabled else tokens.base)
    painter.drawRoundedRect(QRectF(rect).adjusted(0.5, 0.5, -0.5, -0.5), 5, 5)
    painter.setFont(font)
    painter.setPen(tokens.text if enabled else tokens.faint)
    painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, text)
    painter.restore()


class ObjectDelegate(QStyledItemDelegate):
    """Paints the objects of a job: a cell a column, or all of an object in two lines of one cell.

    `narrow` chooses the second; then only the first column is to be shown.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.narrow = False

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        painter.save()
        painter.setClipRect(option.rect, Qt.ClipOperation.IntersectClip)  # marks may be high
        paint_ground(painter, option)
        if self.narrow:
            self._painttwo_lines(painter, option, index)
        else:
            inner = option.rect.adjusted(PAD, 0, -PAD, -1)
            self._paint_cell(painter, option, index, inner, option.font)
        painter.restore()

    def _painttwo_lines(
        self, painter: QPainter, option: QStyleOptionViewItem, index: Index
    ) -> None:
        """Name and size above, state and note below."""
        small = theme.scaled(option.font, 12)
        first, second = two_lines(option.rect.adjusted(PAD, 0, -PAD, -1), option.font, small)
        size, state, note = (
            index.model().index(index.row(), OBJECT_COLUMNS[name])
            for name in ("size", "state", "note")
        )
        taken = QFontMetrics(small).horizontalAdvance(str(size.data() or "")) + 12
        self._paint_cell(painter, option, index, first.adjusted(0, 0, -taken, 0), option.font)
        right = QRect(first.right() - taken, first.top(), taken + 1, first.height())
        self._paint_cell(painter, option, size, right, small)
        self._paint_cell(painter, option, state, second, small)
        taken = QFontMetrics(small).horizontalAdvance(str(state.data() or "")) + ICON + 14
        self._paint_cell(painter, option, note, second.adjusted(taken, 0, 0, 0), small)

    def _paint_cell(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: Index,
        rect: QRect,
        font: QFont,
    ) -> None:
        tokens = theme.tokens()
        icon = index.data(Qt.ItemDataRole.DecorationRole)
        if isinstance(icon, QIcon):
            at = QRect(rect.left(), rect.top(), ICON, rect.height())
            icon.paint(painter, QStyle.visualRect(option.direction, option.rect, at))
            rect = rect.adjusted(ICON + 6, 0, 0, 0)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        colour = index.data(Qt.ItemDataRole.ForegroundRole)
        plain = tokens.selection_text if selected else tokens.text
        painter.setPen(colour if isinstance(colour, QColor) else plain)
        side = Qt.AlignmentFlag(index.data(Qt.ItemDataRole.TextAlignmentRole))
        side = QStyle.visualAlignment(option.direction, side)
        ends = Qt.TextElideMode.ElideRight
        elide = ends if index.column() else Qt.TextElideMode.ElideMiddle
        text = QFontMetrics(font).elidedText(str(index.data() or ""), elide, rect.width())
        painter.setFont(font)
        painter.drawText(QStyle.visualRect(option.direction, option.rect, rect), side, text)


def _word_colour(cell: _Cell, role: Role) -> QColor:
    """Only what asks for attention is coloured: the word of a calm state is plain text."""
    calm = role in (Role.SECONDARY, Role.ACCENT, Role.TEXT)
    return cell.text_colour if calm else theme.colour(role)


def _paint_job(cell: _Cell) -> None:
    area = cell.inner()
    tile = QRect(area.left(), 0, TILE, TILE)
    tile.moveTop(area.top() + (area.height() - TILE) // 2 + 1)
    tile = cell.mirrored(tile)
    cell.painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    cell.painter.setPen(Qt.PenStyle.NoPen)
    cell.painter.setBrush(theme.tokens().track)
    cell.painter.drawRoundedRect(tile, 5, 5)
    paint_icon(cell.painter, job_cells.glyph(cell.row), Role.TEXT, tile)
    texts = area.adjusted(TILE + 10, 0, 0, 0)
    middle = Qt.TextElideMode.ElideMiddle
    cell.line(cell.first_line(), texts, cell.row.name, cell.medium, cell.text_colour, middle)
    place = job_cells.place(cell.row)
    second = texts
    if cell.row.session_id == DEMO_ID:
        flask = QRect(0, 0, FLASK, FLASK)
        flask.moveCenter(cell.second_line().center())
        flask.moveLeft(texts.left())
        paint_icon(cell.painter, "flask-conical", Role.SECONDARY, cell.mirrored(flask), FLASK)
        second = texts.adjusted(FLASK + 4, 0, 0, 0)
    cell.line(cell.second_line(), second, place, cell.small, theme.tokens().secondary, middle)


def _paint_progress(cell: _Cell) -> None:
    area = cell.inner()
    first = cell.first_line().translated(0, -1)
    caption = job_cells.percent(cell.row)
    right = Qt.AlignmentFlag.AlignRight
    secondary = theme.tokens().secondary
    cell.line(first, area, caption, cell.small, secondary, align=right)
    taken = QFontMetrics(cell.small).horizontalAdvance(caption)
    left = area.adjusted(0, 0, -taken - 8, 0)
    cell.line(first, left, job_cells.amount(cell.row), cell.small, cell.text_colour)
    top = cell.second_line().center().y() - BAR / 2 + 1
    bar = cell.mirrored(QRect(area.left(), round(top), area.width(), BAR))
    mirrored = cell.option.direction is Qt.LayoutDirection.RightToLeft
    tokens = theme.tokens()
    ground = tokens.selection if cell.selected else tokens.base
    paint_bar(cell.painter, QRectF(bar), job_cells.stages(cell.row), mirrored, ground)


def _paint_objects(cell: _Cell) -> None:
    area, right = cell.inner(), Qt.AlignmentFlag.AlignRight
    done, total = job_cells.objects_cell(cell.row)
    if not total:
        cell.line(area, area, done, cell.body, theme.tokens().secondary, align=right)
        return
    cell.line(cell.first_line(), area, done, cell.body, cell.text_colour, align=right)
    cell.line(cell.second_line(), area, total, cell.small, theme.tokens().secondary, align=right)


def _paint_figure(cell: _Cell, text: str) -> None:
    area = cell.inner()
    known = any(letter.isdigit() for letter in text)
    colour = cell.text_colour if known else theme.tokens().secondary
    cell.line(area, area, text, cell.body, colour, align=Qt.AlignmentFlag.AlignRight)
