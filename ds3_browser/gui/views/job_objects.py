"""The objects of the current job: a table of them, and what chooses a part of them.

Narrow, an object takes two lines and the parts are in a box; wide, columns and buttons.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from PySide6.QtCore import QCoreApplication, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QPushButton,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from ds3_browser.gui import format, icons, theme
from ds3_browser.gui.job_row import JobRow
from ds3_browser.gui.models.job_objects import (
    ALL,
    COLUMN_OF,
    DOWNLOAD_SEGMENTS,
    UPLOAD_SEGMENTS,
    JobObject,
    JobObjectsModel,
    ObjectsSegment,
    ObjectsWanted,
)
from ds3_browser.gui.theme import Role
from ds3_browser.gui.views.job_delegates import ObjectDelegate
from ds3_browser.gui.views.list_header import ListHeader
from ds3_browser.gui.views.segments import Segments
from ds3_browser.gui.views.two_lines import row_height
from ds3_browser.transfer.events import Direction, ObjectState

_tr = partial(QCoreApplication.translate, "job_objects")

REFRESH_MS = 1000
TYPING_MS = 200
FILTER = 190
LEAST_FILTER = 90
NARROW = 600
MIDDLE = 800  # under that what says least gives its room to names and notes
SAYS_LEAST = ("chunk", "tries")
WIDTHS = {"size": 96, "chunk": 66, "state": 124, "tries": 60}


class JobObjects(QWidget):
    """Signals: `page_wanted(ObjectsWanted)`, answered by `show_page` or `page_failed`;
    `boxed_changed(bool)`: whether `parts` is to be shown, a box that its owner places and that
    stands for the buttons of the parts where these have no room.

    Nothing is read before `open`, and what is shown is read anew once a second while it changes.
    """

    page_wanted = Signal(object)
    boxed_changed = Signal(bool)

    def __init__(self, parent: QWidget | None = None, *, indent: int = 0) -> None:
        """`indent` is how far the buttons stand from the left edge, where the table begins."""
        super().__init__(parent)
        self._indent = indent
        self._row: JobRow | None = None
        self._segment: ObjectsSegment = ALL
        self._contains = ""
        self._chunks: tuple[int, int] | None = None
        self._counts: Mapping[ObjectState, int] = {}
        self._opened = False
        self._model = JobObjectsModel(self)
        self._refresh = QTimer(self)
        self._refresh.setSingleShot(True)
        self._refresh.setInterval(REFRESH_MS)
        self._build()
        self._refresh.timeout.connect(self._read_shown)
        self._model.page_wanted.connect(self.page_wanted)
        self._segments.chosen.connect(self._show_segment)
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(TYPING_MS)
        self._typing.timeout.connect(self._follow_filter)
        self.filter.textChanged.connect(self._typing.start)
        self.parts.activated.connect(lambda: self._show_segment(self.parts.currentData()))

    @property
    def narrow(self) -> bool:
        return self._delegate.narrow

    @property
    def boxed(self) -> bool:
        """Whether a box chooses the part, and not a row of buttons."""
        return self._segments.isHidden()

    def _build(self) -> None:
        self._segments = Segments(self)
        self._segments.setObjectName("job_objects_segments")
        self.parts = QComboBox(self)
        self.parts.setObjectName("job_objects_parts")
        self.parts.setAccessibleName(_tr("Which objects"))
        self.parts.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.filter = QLineEdit(self)
        self.filter.setObjectName("job_objects_filter")
        self.filter.setAccessibleName(_tr("Filter objects"))
        self.filter.setPlaceholderText(_tr("Filter objects"))
        self.filter.setClearButtonEnabled(True)
        self._filter_icon = self.filter.addAction(
            icons.icon("filter", Role.SECONDARY), QLineEdit.ActionPosition.LeadingPosition
        )
        self.filter.setMaximumWidth(FILTER)
        self.chunk = QPushButton(self)
        self.chunk.setObjectName("objects_of_chunk")
        self.chunk.setProperty("look", "small")
        self.chunk.setToolTip(_tr("Show the objects of all chunks again"))
        self.chunk.clicked.connect(lambda: self.show_chunks(None))
        self.chunk.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 0)
        column.setSpacing(6)
        self.choice = QHBoxLayout()
        self.choice.setContentsMargins(self._indent, 0, self._indent, 0)
        self.choice.setSpacing(8)
        self.choice.addWidget(self._segments)
        self.choice.addWidget(self.chunk)
        self.choice.addStretch(1)
        self.choice.addWidget(self.filter)
        column.addLayout(self.choice)
        column.addWidget(self._build_table(), 1)
        self._size_rows()

    def _build_table(self) -> QTableView:
        self._table = QTableView(self)
        self._table.setObjectName("job_objects")
        self._table.setAccessibleName(_tr("Objects of the transfer"))
        self._delegate = ObjectDelegate(self._table)
        self._table.setItemDelegate(self._delegate)
        self._table.setModel(self._model)
        self._table.setFrameShape(QFrame.Shape.NoFrame)
        self._table.setShowGrid(False)
        self._table.setWordWrap(False)
        self._table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self._table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self._table.setTabKeyNavigation(False)
        self._table.verticalHeader().hide()
        header = ListHeader(self._table)
        self._table.setHorizontalHeader(header)
        header.setMinimumSectionSize(40)
        for name, width in WIDTHS.items():
            header.resizeSection(COLUMN_OF[name], theme.row_height(self, width))
        for name in ("object", "note"):
            header.setSectionResizeMode(COLUMN_OF[name], QHeaderView.ResizeMode.Stretch)
        return self._table

    def _size_rows(self) -> None:
        line = row_height(self.font()) if self.narrow else theme.row_height(self, 28)
        self._table.verticalHeader().setMinimumSectionSize(line)
        self._table.verticalHeader().setDefaultSectionSize(line)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._show_narrow(self.width() < theme.row_height(self, NARROW))
        if not self.narrow:
            middle = self.width() < theme.row_height(self, MIDDLE)
            for name in SAYS_LEAST:
                self._table.setColumnHidden(COLUMN_OF[name], middle)
        self.fit()

    def fit(self) -> None:
        """Have a box instead of the parts' buttons where these would press the others together."""
        margins = self.choice.contentsMargins()
        room = self.width() - margins.left() - margins.right()
        needed = -self.choice.spacing()
        for number in range(self.choice.count()):
            item = self.choice.itemAt(number)
            widget = item.widget() if item is not None else None
            if widget is self.filter:
                needed += theme.row_height(self, LEAST_FILTER) + self.choice.spacing()
            elif widget is self._segments or (widget is not None and not widget.isHidden()):
                needed += widget.sizeHint().width() + self.choice.spacing()
        boxed = self.narrow or needed > room
        if boxed != self.boxed:
            self._segments.setVisible(not boxed)
            self.boxed_changed.emit(boxed)

    def _show_narrow(self, narrow: bool) -> None:
        if narrow == self.narrow:
            return
        self._delegate.narrow = narrow
        for column in range(1, self._model.columnCount()):
            self._table.setColumnHidden(column, narrow)
        self._table.horizontalHeader().setVisible(not narrow)
        self.filter.setVisible(not narrow)
        self._size_rows()

    def show_row(self, row: JobRow | None) -> None:
        """Show the objects of a job, or none; of the same job, look whether they have changed."""
        before, self._row = self._row, row
        if row is None:
            self._model.show_job(None, Direction.PUT, None, 0)
        elif before is None or before.job_id != row.job_id:
            self._segment, self._counts = ALL, {}
            self._contains = ""
            self.filter.clear()
            self._choose_chunks(None)
            self._begin(row)
        elif self._opened and not self._refresh.isActive():
            self._refresh.start()

    def open(self) -> None:
        """The page is to be seen: read it."""
        self._opened = True
        if self._row is not None:
            self._begin(self._row)

    def close_page(self) -> None:
        """The page is not to be seen: read nothing more."""
        self._opened = False

    def show_page(
        self,
        wanted: ObjectsWanted,
        rows: Sequence[JobObject],
        counts: Mapping[ObjectState, int],
    ) -> None:
        """Take a page that was read for `page_wanted`."""
        if self._row is None or wanted.job_id != self._row.job_id:
            return
        if (wanted.contains, wanted.chunks) != (self._contains, self._chunks):
            return
        self._counts = counts
        self._show_parts(self._row)
        if self._row.persisted is not None and counts.get(ObjectState.IN_CACHE):
            self._refresh.start()  # the ledger is about to be told
        if wanted.states == self._segment.states:
            self._model.set_count(self._segment.count(counts))
            self._model.show_page(wanted, rows)

    def page_failed(self, wanted: ObjectsWanted) -> None:
        self._model.page_failed(wanted)

    @property
    def table(self) -> QTableView:
        return self._table

    def show_part(self, id: str) -> None:
        """Show a part by its id: `all`, `failed` ..."""
        self._show_segment(id)

    def show_chunks(self, chunks: tuple[int, int] | None, words: str = "") -> None:
        """Show only the objects of some chunks, by the first and last number; None shows all."""
        if self._row is None:
            return
        self._choose_chunks(chunks, words)
        self._segment = ALL
        self._begin(self._row)
        self._table.setFocus()

    def _choose_chunks(self, chunks: tuple[int, int] | None, words: str = "") -> None:
        self._chunks, self._counts = chunks, {}
        self.chunk.setText(words)
        self.chunk.setIcon(icons.icon("close", Role.SECONDARY))
        self._filter_icon.setIcon(icons.icon("filter", Role.SECONDARY))
        self.chunk.setVisible(chunks is not None)
        self.fit()

    def _show_segment(self, id: object) -> None:
        if self._row is not None:
            self._segment = next(part for part in _parts_of(self._row) if part.id == id)
            self._begin(self._row)

    def _follow_filter(self) -> None:
        """The ledger is asked anew; the parts count what the filter leaves."""
        text = self.filter.text()
        if self._row is not None and text != self._contains:
            self._contains, self._counts = text, {}
            self._begin(self._row)

    def _begin(self, row: JobRow) -> None:
        """Show a part from its first page on."""
        self._show_parts(row)
        count = self._segment.count(self._counts)
        self._model.show_job(
            *(row.job_id, row.direction, self._segment.states, count, row.prefix, self._contains),
            self._chunks,
        )
        if self._opened:
            self._read_shown()

    def _read_shown(self) -> None:
        """Read the pages that are in view; the first one where it is not known if there are any."""
        if not self._opened or self._row is None:
            return
        if not self._model.rowCount():
            wanted = ObjectsWanted(
                self._row.job_id,
                self._segment.states,
                0,
                contains=self._contains,
                chunks=self._chunks,
            )
            self.page_wanted.emit(wanted)
            return
        first = max(0, self._table.rowAt(0))
        last = self._table.rowAt(self._table.viewport().height() - 1)
        self._model.refresh(first, last if last >= 0 else self._model.rowCount() - 1)

    def _show_parts(self, row: JobRow) -> None:
        """Offer each part that has objects, and All always."""
        parts = [
            (part.id, f"{part.title()} {format.count(part.count(self._counts))}")
            for part in _parts_of(row)
            if part in (ALL, self._segment) or part.count(self._counts)
        ]
        self._segments.show_segments(parts, self._segment.id)
        shown = [
            (self.parts.itemData(number), self.parts.itemText(number))
            for number in range(self.parts.count())
        ]
        if parts != shown and not self.parts.view().isVisible():
            self.parts.clear()
            for id, text in parts:
                self.parts.addItem(text, id)
        self.parts.setCurrentIndex(self.parts.findData(self._segment.id))
        self.fit()


def _parts_of(row: JobRow) -> tuple[ObjectsSegment, ...]:
    return UPLOAD_SEGMENTS if row.uploads or row.stages else DOWNLOAD_SEGMENTS
