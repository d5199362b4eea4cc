"""Where the data of a download is now, and the tapes to read: which of them, and what that leaves.

It shows a plan and keeps what is chosen; nothing is asked of an appliance here.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QCoreApplication, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QBrush,
    QColor,
    QFont,
    QGuiApplication,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QButtonGroup,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QRadioButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from ds3_browser.gui import format, icons, plan_words, theme
from ds3_browser.gui.dialogs.parts import other_button
from ds3_browser.gui.placement_words import tape_type
from ds3_browser.gui.theme import Role
from ds3_browser.gui.views.labels import ElidedLabel, beside_icon, heading
from ds3_browser.gui.views.list_header import ListHeader
from ds3_browser.transfer.restore_plan import Amount, RestorePlan, TapeRow, Where

_tr = partial(QCoreApplication.translate, "plan_pane")

ROW = 29
ROWS = 8  # in view at once
BAR = 11
TAPE, TYPE, STATE, LOCATION, OBJECTS, SIZE, NOTE = range(7)
WIDTHS = {TAPE: 144, TYPE: 66, STATE: 116, OBJECTS: 84, SIZE: 88}
ELASTIC = (LOCATION, NOTE)  # they share what is left
LEAST = 110  # of either; under that the table scrolls
RIGHT = (OBJECTS, SIZE)


class PlanPane(QWidget):
    """Signals: `changed` once other tapes are chosen; `pull_list_wanted` for the ejected ones."""

    changed = Signal()
    pull_list_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("plan_pane")
        self._plan = RestorePlan()
        self._chosen: dict[str, bool] = {}  # by barcode, where a box was clicked
        self._rows: tuple[TapeRow, ...] = ()
        self._where = _WhereCard(self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addWidget(self._where)
        column.addWidget(self._build_tapes())
        column.addWidget(self._build_ejected())
        self._fill()
        theme.notifier().changed.connect(self._fill)

    # -- what is chosen -------------------------------------------------------------------------

    def without(self) -> frozenset[str]:
        """The barcodes of all tapes that are not to be read."""
        asked = self._ask_for.isChecked()
        return frozenset(
            code
            for code, tape in self._plan.tapes.items()
            if not self._chosen.get(code, asked or not tape.ejected)
        )

    def cleared(self) -> tuple[str, ...]:
        """Those that are not to be read whatever becomes of them.

        Where places may not be told a job could not leave out anything either.
        """
        if self._plan.refused is not None:
            return ()
        without = self.without()
        if not self.without_ejected():
            return tuple(sorted(without))
        return tuple(sorted(without - self._plan.ejected()))

    def without_ejected(self) -> bool:
        """Whether no ejected tape is to be read, those included that nobody has looked at yet."""
        return self._plan.refused is None and not self._ask_for.isChecked()

    def left_out(self) -> Amount:
        return Amount() if self._plan.refused is not None else self._plan.left_out(self.without())

    def rows(self) -> Sequence[TapeRow]:
        return self._rows

    # -- building -------------------------------------------------------------------------------

    def _build_tapes(self) -> QWidget:
        self._card = QFrame(self)
        self._card.setProperty("look", "card")
        self._left_out = ElidedLabel(self._card, 12, role=Role.SECONDARY)
        self._left_out.setObjectName("left_out")
        copy = other_button(self._card, "copy_barcodes", _tr("Copy &barcodes"))
        copy.clicked.connect(self._copy)
        self._pull = other_button(
            self._card, "pull_list", _tr("Save pull &list for ejected tapes…")
        )
        self._pull.clicked.connect(self.pull_list_wanted)
        self._links = {"copy": copy, "download": self._pull}
        head = QHBoxLayout()
        head.setContentsMargins(12, 4, 4, 4)
        head.setSpacing(8)
        head.addWidget(heading(self._card, _tr("Tapes to read")))
        head.addWidget(self._left_out, 1)
        for link in self._links.values():
            link.setProperty("look", "link")
            beside_icon(link, link.text())
            head.addWidget(link)
        self._table = self._build_table()
        column = QVBoxLayout(self._card)
        column.setContentsMargins(1, 1, 1, 1)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(self._table)
        return self._card

    def _build_table(self) -> _Tapes:
        table = _Tapes(0, NOTE + 1, self._card)
        table.setObjectName("tapes")
        table.setAccessibleName(_tr("Tapes to read"))
        titles = (
            *(_tr("Tape"), _tr("Type"), _tr("State"), _tr("Location")),
            *(_tr("Objects"), _tr("Size"), _tr("Note")),
        )
        for column, text in enumerate(titles):
            title = QTableWidgetItem(text)
            right = column in RIGHT
            title.setTextAlignment(
                Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
            )
            table.setHorizontalHeaderItem(column, title)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        table.setTabKeyNavigation(False)
        table.setShowGrid(False)
        table.setWordWrap(False)
        table.setProperty("look", "rows")
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(theme.row_height(self, ROW))
        table.setHorizontalHeader(ListHeader(table))
        for column, width in WIDTHS.items():
            table.setColumnWidth(column, theme.row_height(self, width))
        table.horizontalHeader().setMinimumSectionSize(60)
        table.itemChanged.connect(self._take)
        return table

    def _build_ejected(self) -> QWidget:
        self._ejected = QFrame(self)
        self._ejected.setProperty("look", "warning-box")
        self._sign = QLabel(self._ejected)
        self._how_many = ElidedLabel(self._ejected, 13, QFont.Weight.DemiBold)
        self._how_many.setObjectName("only_ejected")
        self._until = ElidedLabel(self._ejected, 12)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self._how_many)
        words.addWidget(self._until)
        self._leave_out = QRadioButton(_tr("Leave them o&ut"), self._ejected)
        self._leave_out.setObjectName("leave_out")
        self._ask_for = QRadioButton(_tr("&Ask for them and wait"), self._ejected)
        self._ask_for.setObjectName("ask_for")
        self._leave_out.setChecked(True)
        self._ways = QButtonGroup(self)
        self._ways.addButton(self._leave_out)
        self._ways.addButton(self._ask_for)
        self._ways.buttonClicked.connect(self._choose_ejected)
        row = QHBoxLayout(self._ejected)
        row.setContentsMargins(12, 8, 12, 8)
        row.setSpacing(12)
        row.addWidget(self._sign)
        row.addLayout(words, 1)
        row.addWidget(self._leave_out)
        row.addWidget(self._ask_for)
        return self._ejected

    # -- showing --------------------------------------------------------------------------------

    def show_plan(self, plan: RestorePlan) -> None:
        self._plan = plan
        self._fill()

    def _fill(self) -> None:
        plan, without = self._plan, self.without()
        self._where.show_plan(plan)
        self._rows = plan.rows(without)
        self._card.setVisible(bool(self._rows))
        self._fill_table(without)
        out = plan.left_out(without)
        self._left_out.setText(
            plan_words.left_out(out)
            if out.objects
            else _tr("The appliance chooses among copies; each object is counted once.")
        )
        self._left_out.set_role(Role.WARNING if out.objects else Role.SECONDARY)
        only = plan.amount(Where.EJECTED)
        self._ejected.setVisible(bool(only.objects))
        self._how_many.setText(plan_words.only_ejected(only.objects))
        self._until.setText(plan_words.until_back(only.tapes))
        self._pull.setVisible(any(row.tape.ejected for row in self._rows))
        ratio = self.devicePixelRatioF()
        self._sign.setPixmap(icons.pixmap("eject", Role.WARNING, 16, ratio))
        for name, link in self._links.items():
            link.setIcon(icons.icon(name, Role.ACCENT))

    def _fill_table(self, without: frozenset[str]) -> None:
        table = self._table
        current = table.currentRow()
        blocked = table.blockSignals(True)
        table.setRowCount(len(self._rows))
        for number, row in enumerate(self._rows):
            for column, text in enumerate(_texts(row)):
                table.setItem(number, column, self._item(row, column, text, without))
        table.blockSignals(blocked)
        if 0 <= current < len(self._rows):
            table.setCurrentCell(current, TAPE)
        table.fit()
        table.viewport().update()

    def _item(
        self, row: TapeRow, column: int, text: str, without: frozenset[str]
    ) -> QTableWidgetItem:
        item = QTableWidgetItem(text)
        item.setToolTip(format.exact(row.size) if column == SIZE else text)
        if column in RIGHT:
            item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            item.setFont(theme.tabular(self.font()))
        plain = column in (TAPE, STATE, *RIGHT)
        role = Role.TEXT if plain else Role.SECONDARY
        if column == STATE and row.tape.ejected is not None:
            role = Role.WARNING if row.tape.ejected else Role.TEXT
            sign = ("eject", Role.WARNING) if row.tape.ejected else ("cassette", Role.SUCCESS)
            item.setIcon(icons.icon(*sign))
        item.setForeground(QBrush(theme.colour(role)))
        if column == TAPE:
            item.setFont(theme.mono_font(12))
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
            read = row.tape.barcode not in without
            item.setCheckState(Qt.CheckState.Checked if read else Qt.CheckState.Unchecked)
        return item

    # -- choosing -------------------------------------------------------------------------------

    def _take(self, item: QTableWidgetItem) -> None:
        if item.column() != TAPE:
            return
        row = self._rows[item.row()]
        before = self.without()
        self._chosen[row.tape.barcode] = item.checkState() is Qt.CheckState.Checked
        if row.tape.ejected:
            self._follow_boxes(before)
        self._fill()
        self.changed.emit()

    def _follow_boxes(self, before: frozenset[str]) -> None:
        """Of the ejected tapes one at least is asked for, or none: the choice below says so."""
        for code in self._plan.ejected():
            self._chosen.setdefault(code, code not in before)
        asked = any(self._chosen[code] for code in self._plan.ejected())
        (self._ask_for if asked else self._leave_out).setChecked(True)

    def _choose_ejected(self) -> None:
        for code in self._plan.ejected():
            self._chosen.pop(code, None)
        self._fill()
        self.changed.emit()

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText("\n".join(row.tape.barcode for row in self._rows))


class _Tapes(QTableWidget):
    """As high as its rows, up to `ROWS`; narrow it scrolls, and has room for that."""

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit()

    def fit(self) -> None:
        header = self.horizontalHeader()
        taken = sum(header.sectionSize(column) for column in WIDTHS)
        share = (self.viewport().width() - taken) // len(ELASTIC)
        for column in ELASTIC:
            self.setColumnWidth(column, max(theme.row_height(self, LEAST), share))
        lines = min(self.rowCount(), ROWS) * self.verticalHeader().defaultSectionSize()
        scrolls = header.length() > self.viewport().width()
        bar = self.horizontalScrollBar().sizeHint().height() if scrolls else 0
        self.setFixedHeight(lines + header.sizeHint().height() + 4 + bar)


def _texts(row: TapeRow) -> tuple[str, ...]:
    tape = row.tape
    return (
        tape.barcode,
        tape_type(tape.type),
        plan_words.state(tape),
        plan_words.location(tape),
        format.count(row.objects),
        format.size(row.size),
        plan_words.note(row),
    )


# -- where it is ----------------------------------------------------------------------------------


def _colour(where: Where) -> QColor:
    tokens = theme.tokens()
    return {
        Where.CACHE: tokens.chunk_in_cache,
        Where.DISK: tokens.accent,
        Where.LIBRARY: tokens.chunk_persisted,
        Where.EJECTED: tokens.chunk_next,
        Where.UNKNOWN: tokens.faint,
    }[where]


class _WhereCard(QFrame):
    """A bar of how much is where, and a figure for each place."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("look", "card")
        self._summary = ElidedLabel(self, 12, role=Role.SECONDARY)
        self._summary.setObjectName("plan_summary")
        self._summary.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._bar = _Bar(self)
        self._places = {where: _Place(where, self) for where in Where}
        head = QHBoxLayout()
        head.setSpacing(12)
        head.addWidget(heading(self, _tr("Where the data is now")))
        head.addWidget(self._summary, 1)
        figures = QHBoxLayout()
        figures.setSpacing(16)
        for place in self._places.values():
            figures.addWidget(place, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 10, 12, 12)
        column.setSpacing(8)
        column.addLayout(head)
        column.addWidget(self._bar)
        column.addLayout(figures)

    def show_plan(self, plan: RestorePlan) -> None:
        self._summary.setText(plan_words.summary(plan))
        amounts = {where: plan.amount(where) for where in Where}
        self._bar.show_amounts(amounts, plan.size)
        for where, place in self._places.items():
            place.setVisible(bool(amounts[where].objects))
            place.show_amount(amounts[where])


class _Place(QWidget):
    def __init__(self, where: Where, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName(f"where_{where.value}")
        self._where = where
        dot = _Dot(where, self)
        title = heading(self, plan_words.title(where))
        self._size = QLabel(self)
        self._size.setObjectName("size")
        self._size.setFont(theme.scaled(self.font(), 17, QFont.Weight.Medium))
        self._detail = ElidedLabel(self, 12, role=Role.SECONDARY)
        self._detail.setObjectName("detail")
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(7)
        grid.setVerticalSpacing(1)
        grid.addWidget(dot, 0, 0)
        grid.addWidget(title, 0, 1)
        grid.addWidget(self._size, 1, 0, 1, 2)
        grid.addWidget(self._detail, 2, 0, 1, 2)
        grid.setColumnStretch(1, 1)

    def show_amount(self, amount: Amount) -> None:
        self._size.setText(format.size3(amount.size))
        self._size.setToolTip(format.exact(amount.size))
        self._detail.setText(plan_words.detail(self._where, amount))


class _Dot(QWidget):
    def __init__(self, where: Where, parent: QWidget) -> None:
        super().__init__(parent)
        self._where = where
        self.setFixedSize(9, 9)
        theme.notifier().changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(_colour(self._where))
        painter.drawRoundedRect(self.rect(), 2, 2)


class _Bar(QWidget):
    """What was not looked at yet is left empty."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._amounts: dict[Where, Amount] = {}
        self._whole = 0
        self.setFixedHeight(BAR)
        theme.notifier().changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(200, BAR)

    def show_amounts(self, amounts: dict[Where, Amount], whole: int) -> None:
        self._amounts, self._whole = amounts, whole
        words = [
            f"{plan_words.title(where)} {format.size3(amount.size)}"
            for where, amount in amounts.items()
            if amount.objects
        ]
        self.setAccessibleName(", ".join(words))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.tokens().track)
        painter.drawRoundedRect(self.rect(), 4, 4)
        mirrored = self.layoutDirection() is Qt.LayoutDirection.RightToLeft
        whole, begin = max(1, self._whole), 0
        for where, amount in self._amounts.items():
            end = begin + amount.size
            left, right = self.width() * begin // whole, self.width() * end // whole
            begin = end
            if right <= left:
                continue
            part = QRect(left, 0, max(1, right - left - (end < whole)), BAR)
            if mirrored:
                part.moveRight(self.width() - 1 - left)
            painter.setBrush(_colour(where))
            painter.drawRoundedRect(part, 3, 3)
