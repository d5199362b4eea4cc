"""Files and objects compared: how many are what, which they are, and what may be done about it.

It shows what it is given, a page of rows at a time; what it wants to know and to do are calls.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QFont, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QBoxLayout,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QTableView,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ds3_browser.gui import comparison_words, direction, format, icons, messages, theme
from ds3_browser.gui.dialogs.parts import while_open
from ds3_browser.gui.job_options import RowsPage, SideBySide
from ds3_browser.gui.messages import Doing
from ds3_browser.gui.models.comparison import COLUMN_OF, ComparisonModel
from ds3_browser.gui.models.pages import PAGE
from ds3_browser.gui.names import visible
from ds3_browser.gui.theme import Role
from ds3_browser.gui.views.instead import Help, Instead, InsteadOfRows
from ds3_browser.gui.views.job_delegates import ObjectDelegate
from ds3_browser.gui.views.labels import ElidedLabel, beside_icon
from ds3_browser.gui.views.list_header import ListHeader
from ds3_browser.gui.views.page_head import PageHead, Upright
from ds3_browser.gui.views.segments import Segments
from ds3_browser.transfer.comparison_records import Chosen, ToRead, Verdict
from ds3_browser.transfer.errors import LocalFileError
from ds3_browser.transfer.events import FailureCode

log = logging.getLogger(__name__)

_tr = partial(QCoreApplication.translate, "comparison")
_counted = partial(format.counted, "comparison")

TYPING_MS = 200
FILTER = 210
LEAST = QSize(360, 240)
PAD = 16
LOW = 420  # of the page's height: under that the words and margins leave the room to the rows
WIDTHS = {"result": 132, "here": 92, "there": 92, "changed": 154, "stored": 154}
LESS_FROM = 1000  # of the page: narrower, dates give way
NO_NOTE = 640  # under that the names need the room of the notes
FILTER_EDGES = 74  # of the filter beside its words
ALL = "all"

Stop = Callable[[], None]
OnProgress = Callable[[SideBySide], None]
OnError = Callable[[Exception], None]


@dataclass(frozen=True, slots=True)
class ComparisonCalls:
    """What the page asks for and has done. `look` tells what is known after something was stopped.

    `upload` and `download` are None where that makes no sense. The first three give what stops them
    or raise LookupError where the session was left.
    """

    names: Callable[[OnProgress, OnError], Stop]
    checksums: Callable[[OnProgress, OnError], Stop]
    look: Callable[[OnProgress, OnError], object]
    page: Callable[[Chosen, int, int, Callable[[RowsPage], None], OnError], object]
    export: Callable[[], None]
    upload: Callable[[], None] | None = None
    download: Callable[[], None] | None = None


class ComparisonPage(QWidget):
    """Compares as soon as it is made, until `end`. Wishes: `back_wanted()`."""

    back_wanted = Signal()

    def __init__(
        self,
        here: str,
        there: str,
        prefix: str,
        calls: ComparisonCalls,
        parent: QWidget | None = None,
    ) -> None:
        """`here` is the path of the file or folder, `there` the place; `prefix` all names have."""
        super().__init__(parent)
        self.setObjectName("comparison_page")
        self.setAccessibleName(_tr("Comparison"))
        self.setProperty("look", "page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setMinimumSize(LEAST)
        self._calls = calls
        self._stop: Stop | None = None
        self._reads = False  # bytes are being read
        self._known = SideBySide()
        self._to_read = ToRead(0, 0, 0, 0)
        self._error: Instead | None = None
        self._verdict: Verdict | None = None
        self._begun = False  # its rows are complete and shown
        self._ticket = 0
        self.model = ComparisonModel(prefix, self)
        self._build(here, there)
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(TYPING_MS)
        self._typing.timeout.connect(self._show_rows)
        self.filter.textChanged.connect(self._typing.start)
        self.model.page_wanted.connect(self._read_page)
        self._tint()
        theme.notifier().changed.connect(self._tint)
        self.compare()

    # --- building

    def _build(self, here: str, there: str) -> None:
        self._summary = ElidedLabel(self, 15, QFont.Weight.DemiBold)
        self._summary.setObjectName("comparison_summary")
        self._summary.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._status = ElidedLabel(self, 12, role=Role.SECONDARY)
        self._status.setObjectName("comparison_status")
        words = _tr("{here} compared with {there}")
        self._words = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        self._words.addWidget(self._summary)
        self._words.addWidget(self._status, 1)
        body = self._body = QVBoxLayout()
        body.addLayout(self._words)
        body.addLayout(self._build_choice())
        body.addWidget(self._build_table(), 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        head = self._build_head(words.format(here=visible(here), there=visible(there)))
        column.addWidget(head)
        column.addLayout(body, 1)
        column.addWidget(self._build_foot())
        self.setTabOrder(self.back, self.again)

    def _build_head(self, words: str) -> QWidget:
        head = PageHead(self)
        self.back = QToolButton(head)
        self.back.setObjectName("back_from_comparison")
        beside_icon(self.back, _tr("Back"))
        self.back.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.back.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.back.setToolTip(_tr("Back to the page you came from (Alt+Left)"))
        self.back.clicked.connect(self.back_wanted)
        title = ElidedLabel(head, 17, QFont.Weight.DemiBold, elide=Qt.TextElideMode.ElideMiddle)
        title.setObjectName("comparison_title")
        title.setText(words)
        self.again = QToolButton(head)
        self.again.setObjectName("compare_again")
        self.again.setAccessibleName(_tr("Compare again"))
        self.again.setToolTip(_tr("Compare again (F5)"))
        self.again.setIconSize(QSize(16, 16))
        self.again.clicked.connect(self.compare)
        row = QHBoxLayout(head)
        row.setContentsMargins(direction.margins(12, 0, PAD, 1))
        row.setSpacing(10)
        row.addWidget(self.back)
        row.addWidget(Upright(head))
        row.addWidget(title, 1)
        row.addWidget(self.again)
        return head

    def _build_choice(self) -> QHBoxLayout:
        self.segments = Segments(self)
        self.segments.setObjectName("comparison_segments")
        self.segments.chosen.connect(self._choose)
        self.segments.box.setAccessibleName(_tr("Which names"))
        self.filter = QLineEdit(self)
        self.filter.setObjectName("comparison_filter")
        self.filter.setAccessibleName(_tr("Filter names"))
        self.filter.setPlaceholderText(_tr("Filter names"))
        self.filter.setClearButtonEnabled(True)
        self._filter_icon = self.filter.addAction(
            icons.icon("filter", Role.SECONDARY), QLineEdit.ActionPosition.LeadingPosition
        )
        self.filter.setMaximumWidth(theme.row_height(self, FILTER))
        whole = self.filter.fontMetrics().horizontalAdvance(self.filter.placeholderText())
        self.filter.setMinimumWidth(whole + FILTER_EDGES)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.segments)
        row.addStretch(1)
        row.addWidget(self.filter, 1)
        return row

    def _build_table(self) -> QTableView:
        self.table = QTableView(self)
        self.table.setObjectName("comparison_rows")
        self.table.setAccessibleName(_tr("What was compared"))
        self.table.setModel(self.model)
        self.table.setShowGrid(False)
        self.table.setWordWrap(False)
        self.table.setProperty("look", "boxed")
        self.table.setItemDelegate(ObjectDelegate(self.table))
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setTabKeyNavigation(False)
        line = theme.row_height(self, 28)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setMinimumSectionSize(line)
        self.table.verticalHeader().setDefaultSectionSize(line)
        header = ListHeader(self.table)
        self.table.setHorizontalHeader(header)
        for name, width in WIDTHS.items():
            header.resizeSection(COLUMN_OF[name], theme.row_height(self, width))
        for name in ("name", "reason"):
            header.setSectionResizeMode(COLUMN_OF[name], QHeaderView.ResizeMode.Stretch)
        self._instead = InsteadOfRows(self.table.viewport())
        self._instead.wanted.connect(self._help)
        self.table.viewport().installEventFilter(self)
        return self.table

    def _build_foot(self) -> QWidget:
        """The buttons: in one line, or in two where that has no room."""
        foot = QFrame(self)
        foot.setProperty("look", "foot")
        self.read = _button(foot, "compare_checksums", _tr("Compare checksums"))
        self.read.clicked.connect(self._compare_bytes)
        self.export = _button(foot, "export_comparison", _tr("Export report…"))
        self.export.clicked.connect(lambda: self._calls.export())
        self.stop = _button(foot, "stop_comparison", _tr("Stop"))
        self.stop.clicked.connect(self._stop_it)
        self.download = _button(foot, "download_only_there", _tr("Download…"))
        self.upload = _button(foot, "upload_only_here", _tr("Upload"))
        self.upload.setDefault(True)  # it looks so: Return presses what has the focus
        self.upload.setFont(theme.scaled(self.font(), 13, QFont.Weight.DemiBold))
        for button, do in (
            (self.download, self._calls.download),
            (self.upload, self._calls.upload),
        ):
            if do is not None:
                button.clicked.connect(partial(_without_argument, do))
        looks, acts = QHBoxLayout(), QHBoxLayout()
        for button in (self.read, self.export):
            looks.addWidget(button)
        looks.addStretch(1)
        acts.addStretch(1)
        for button in (self.stop, self.download, self.upload):
            acts.addWidget(button)
        self._lines = QBoxLayout(QBoxLayout.Direction.LeftToRight, foot)
        for line in (self._lines, looks, acts):
            line.setSpacing(8)
        self._lines.addLayout(looks, 1)
        self._lines.addLayout(acts)
        return foot

    def _buttons(self) -> list[QPushButton]:
        return [self.read, self.export, self.stop, self.download, self.upload]

    def _tint(self) -> None:
        self.back.setIcon(icons.icon("arrow-left", Role.SECONDARY))
        self.again.setIcon(icons.icon("refresh", Role.SECONDARY))
        self._filter_icon.setIcon(icons.icon("filter", Role.SECONDARY))

    # --- comparing

    def compare(self) -> None:
        """Begin with the names, anew where that was done before."""
        self._let_go()
        self._to_read = ToRead(0, 0, 0, 0)
        self.model.begin(0)
        self._ticket += 1
        self._error, self._begun, self._reads = None, False, False
        self._known = SideBySide()
        self._start(self._calls.names)

    def _compare_bytes(self) -> None:
        self._reads = True
        self._start(self._calls.checksums)

    def _start(self, begin: Callable[[OnProgress, OnError], Stop]) -> None:
        try:
            self._stop = begin(while_open(self, self._take), while_open(self, self._fail))
        except LookupError:
            self._stop = None
            self._error = Instead(_tr("The session is no longer connected."))
        self._show()

    def _take(self, known: SideBySide) -> None:
        self._known = known
        if known.finished:
            self._let_go()
            self._to_read = known.left or self._to_read
            self._reads = False
        if known.finished and not self._begun:
            self._begun = True
            self._show()
            self._show_rows()
        elif self._begun:
            self._show()
            self._refresh_rows()
        else:
            self._show()

    def _fail(self, error: Exception) -> None:
        log.warning("the comparison broke off: %s", error)
        self._let_go()
        self._error = _told(error)
        if self._reads:
            self._look_again()
        self._show()

    def _stop_it(self) -> None:
        """What was found is kept of bytes; a comparison of names is nothing before its end."""
        self._let_go()
        if self._reads:
            self._look_again()
        else:
            self._error = Instead(_tr("The comparison was stopped."), Help.RETRY, _tr("Begin anew"))
        self._show()

    def _let_go(self) -> None:
        """Of what is under way, or has just ended: it is told nobody any more."""
        if self._stop is not None:
            self._stop()
            self._stop = None

    def _look_again(self) -> None:
        self._reads = False
        self._calls.look(while_open(self, self._take), while_open(self, self._fail))

    # --- what is shown

    def _show(self) -> None:
        running = self._stop is not None
        known = self._known
        self._summary.setText(comparison_words.summary(known.sums) if self._begun else "")
        self._summary.setVisible(self._begun)
        self._status.set_role(Role.SECONDARY)
        self._status.setText(self._status_words())
        if self._begun and self._error is not None:
            self._status.set_role(Role.ERROR)
            self._status.setText(self._error.text)
        self._show_parts()
        self.stop.setVisible(running)
        self.again.setVisible(self._begun and not running)
        self.read.setText(_read_words(self._to_read))
        left = self._to_read.files > 0
        self.read.setVisible(self._begun and not running and left)
        self.export.setEnabled(self._begun and not running and known.names > 0)
        here, there = known.of(Verdict.ONLY_HERE).names, known.of(Verdict.ONLY_THERE).names
        self.upload.setText(_tr("Upload the {n}").format(n=format.count(here)))
        self.download.setText(_tr("Download the {n}…").format(n=format.count(there)))
        self.upload.setVisible(self._begun and here > 0 and self._calls.upload is not None)
        self.download.setVisible(self._begun and there > 0 and self._calls.download is not None)
        self._fit()
        self._say_instead()

    def _status_words(self) -> str:
        known, left = self._known, self._to_read
        if not self._begun:
            return ""
        if self._reads:
            return _tr("Reading files: {files} of {all}, {read} of {size}").format(
                files=format.count(known.files),
                all=format.count(left.files),
                read=format.size(known.size),
                size=format.size(left.size),
            )
        told = [_tr("Names, sizes and times were compared. Nothing was read from tape.")]
        if left.compared:
            told = [
                _tr("Names, sizes and times were compared."),
                _counted("The checksums of {n} files were compared as well.", left.compared),
            ]
        if left.none_told:
            told.append(_counted("The appliance has no checksum of {n} objects.", left.none_told))
        return " ".join(told)

    def _show_parts(self) -> None:
        """Offer each result that there is, and All always."""
        words: list[tuple[object, str]] = [
            (ALL, _tr("All {n}").format(n=format.count(self._known.names)))
        ]
        for verdict in Verdict:
            number = self._known.of(verdict).names
            if number or verdict is self._verdict:
                words.append((verdict, f"{comparison_words.title(verdict)} {format.count(number)}"))
        current = self._verdict or ALL
        self.segments.show_segments(words, current)
        self.filter.setEnabled(self._begun)
        self._fit()

    def _fit(self) -> None:
        """Have a box instead of the segments where these leave the filter no room, and the buttons
        in two lines where one is too short."""
        shown = [button for button in self._buttons() if not button.isHidden()]
        needed = sum(button.sizeHint().width() + self._lines.spacing() for button in shown)
        way = QBoxLayout.Direction
        room = self.width() - 2 * PAD
        fits = needed <= room
        self._lines.setDirection(way.LeftToRight if fits else way.TopToBottom)
        self.segments.setVisible(self._begun)
        self.segments.fit(room - 8 - self.filter.minimumWidth())
        narrow = self.width() < theme.row_height(self, LESS_FROM)
        for name in ("changed", "stored"):
            self.table.setColumnHidden(COLUMN_OF[name], narrow)
        # What a note says is in the tip of its row as well.
        self.table.setColumnHidden(
            COLUMN_OF["reason"], self.width() < theme.row_height(self, NO_NOTE)
        )

    def _choose(self, id: object) -> None:
        self._verdict = id if isinstance(id, Verdict) else None
        self._show_parts()
        self._show_rows()

    def _chosen(self) -> Chosen:
        verdicts = frozenset(Verdict if self._verdict is None else (self._verdict,))
        return Chosen(verdicts, self.filter.text())

    def _show_rows(self) -> None:
        """Read the first page of what is chosen, which tells as well how many rows there are."""
        if not self._begun:
            return
        self._ticket += 1
        self.model.begin(0)
        self._read_page(0)

    def _refresh_rows(self) -> None:
        first = max(0, self.table.rowAt(0))
        last = self.table.rowAt(self.table.viewport().height() - 1)
        self.model.refresh(first, last if last >= 0 else self.model.rowCount() - 1)
        if not self.model.rowCount():
            self._read_page(0)

    def _read_page(self, offset: int) -> None:
        ticket = self._ticket

        def take(page: RowsPage) -> None:
            if ticket == self._ticket:
                self.model.show_page(offset, page.rows, page.count)
                self._say_instead()

        def fail(error: Exception) -> None:
            log.error("rows of a comparison cannot be read: %s", error)
            if ticket == self._ticket:
                self.model.page_failed(offset)

        self._calls.page(
            self._chosen(), offset, PAGE, while_open(self, take), while_open(self, fail)
        )

    def _say_instead(self) -> None:
        self._instead.say_or_hide(self._what_instead())

    def _what_instead(self) -> Instead | None:
        if not self._begun:
            if self._error is not None:
                return self._error
            number = self._known.names
            if not number:
                return Instead(_tr("Comparing names, sizes and times…"))
            return Instead(_counted("Comparing names, sizes and times: {n} so far", number))
        if self.model.rowCount():
            return None
        if not self._known.names:
            return Instead(_tr("There is nothing to compare, neither here nor there."))
        if text := self.filter.text():
            words = _tr("No name contains “{text}”.").format(text=text)
            return Instead(words, Help.CLEAR_FILTER, _tr("Clear filter"))
        return None

    def _help(self, help: Help) -> None:
        match help:
            case Help.RETRY:
                self.compare()
            case Help.CLEAR_FILTER:
                self.filter.clear()
            case _:
                pass

    def focus_filter(self) -> None:
        self.filter.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.filter.selectAll()

    def end(self) -> None:
        """Nobody looks at it any more: what is under way is stopped."""
        self._let_go()

    # --- what Qt calls

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and not self._instead.isHidden():
            self._instead.setGeometry(self.table.viewport().rect())
        return super().eventFilter(watched, event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()
        self._set_low(self.height() < theme.row_height(self, LOW))

    def _set_low(self, low: bool) -> None:
        ways, edge = QBoxLayout.Direction, 6 if low else 12
        self._words.setDirection(ways.LeftToRight if low else ways.TopToBottom)
        self._words.setSpacing(16 if low else 10)
        self._body.setContentsMargins(PAD, edge, PAD, edge)
        self._body.setSpacing(6 if low else 10)
        self._lines.setContentsMargins(PAD, edge, PAD, edge)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Return presses the button with the focus; Escape clears the filter, else goes back."""
        pressed = self.focusWidget()
        match event.key():
            case Qt.Key.Key_Return | Qt.Key.Key_Enter if isinstance(pressed, QAbstractButton):
                pressed.click()
            case Qt.Key.Key_Escape if self.filter.text():
                self.filter.clear()
            case Qt.Key.Key_Escape:
                self.back_wanted.emit()
            case _:
                super().keyPressEvent(event)


def _button(foot: QWidget, name: str, words: str) -> QPushButton:
    button = QPushButton(words, foot)
    button.setObjectName(name)
    button.ensurePolished()
    button.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
    return button


def _read_words(left: ToRead) -> str:
    """The button tells what it costs: so much is read from this computer's disk."""
    if left.compared:
        return _tr("Compare the rest (reads {size} here)").format(size=format.size(left.size))
    return _tr("Compare checksums (reads {size} here)").format(size=format.size(left.size))


def _told(error: Exception) -> Instead:
    if isinstance(error, LocalFileError):
        path = visible(error.path)
        if error.code is FailureCode.VANISHED:
            words = _tr("{path} is no longer there.").format(path=path)
        else:
            told = _tr("{path} cannot be read: {words}.")
            words = told.format(path=path, words=error.detail or "")
        return Instead(words, Help.RETRY, _tr("Try again"))
    said = messages.sentence(error, doing=Doing.LIST)
    return Instead(said.text, Help.RETRY, _tr("Try again"), said.details)


def _without_argument(do: Callable[[], None], _checked: bool = False) -> None:
    do()
