"""The transfers list: one row a job, replaced whole at each event.

Holds the records and tells the truth about what changed. Knows neither the queue nor the ledger:
rows come by `add`, events by `apply`. One timer ticks, and only while something counts down.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, NamedTuple

from PySide6.QtCore import (
    QAbstractTableModel,
    QCoreApplication,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    QTimer,
    Signal,
    Slot,
)

from ds3_browser.gui import appliance_jobs, format, job_cells, job_words, line_order, wait_words
from ds3_browser.gui.job_row import (
    JobRow,
    NeededTapes,
    Segment,
    after,
    pressed,
    with_cache,
    with_tapes,
)
from ds3_browser.gui.names import visible
from ds3_browser.protocol.records import CacheState, Priority
from ds3_browser.transfer.events import Direction, Event, State

Index = QModelIndex | QPersistentModelIndex

_tr = partial(QCoreApplication.translate, "jobs")

ShownRole = Qt.ItemDataRole.UserRole + 1  # what the delegates paint from, a `Shown`


class Shown(NamedTuple):
    """A row and the time at which it is shown."""

    row: JobRow
    now: datetime


@dataclass(frozen=True, slots=True)
class Column:
    """One column: what its cell reads, and which part of a row it depends on.

    `facts` gives what the cell is made of: while that is equal, the cell has not changed.
    """

    id: str
    title: Callable[[], str]
    text: Callable[[JobRow, datetime], str]
    spoken: Callable[[JobRow, datetime], str]
    facts: Callable[[JobRow], object]
    right: bool = False
    hidden: bool = False  # until somebody chooses it


def _progress_text(row: JobRow, now: datetime) -> str:
    told, part = job_cells.amount(row), job_cells.percent(row)
    return f"{told}, {part}" if part else told


def _objects_text(row: JobRow, now: datetime) -> str:
    return " ".join(part for part in job_cells.objects_cell(row) if part)


def _rate(row: JobRow, now: datetime) -> str:
    return format.rate(row.rate)


def _state(row: JobRow, now: datetime) -> str:
    return job_words.job_words(row, now).text


def _name(row: JobRow, now: datetime) -> str:
    return row.name


def _state_spoken(row: JobRow, now: datetime) -> str:
    words = job_words.job_words(row, now)
    return f"{words.text}, {words.second}" if words.second else words.text


def _state_facts(row: JobRow) -> object:
    return (
        *(row.state, row.reason, row.facts, row.wait, row.pressed_at, row.asked_in_vain),
        *(row.cache, row.persisted, row.counts, row.failure, row.failed_objects),
    )


def _bar_facts(row: JobRow) -> object:
    progress = row.progress
    moved = None if progress is None else (progress.sent, progress.in_cache, progress.total)
    return row.state, moved, row.persisted_amount, row.persisted


def _object_facts(row: JobRow) -> object:
    progress = row.progress
    return None if progress is None else (progress.objects_done, progress.objects_total)


def _time_facts(row: JobRow) -> object:
    left = None if row.progress is None else row.progress.time_left_s
    return row.state, left, row.persisted_seen, row.persisted


def _started(row: JobRow, now: datetime) -> str:
    return format.date(row.created)


def _priority(row: JobRow, now: datetime) -> str:
    return appliance_jobs.priority_word(row.priority.value if row.priority is not None else None)


def _session(row: JobRow, now: datetime) -> str:
    return visible(row.session_name)


def _job_id(row: JobRow, now: datetime) -> str:
    """The appliance's id; of several jobs the beginning of the first, and how many more."""
    first, *others = row.appliance_jobs or (format.UNKNOWN,)
    return f"{first[:8]}… +{format.count(len(others))}" if others else first


COLUMNS = (
    Column("job", lambda: _tr("Job"), _name, job_cells.spoken, lambda row: (row.name, row.prefix)),
    Column("state", lambda: _tr("State"), _state, _state_spoken, _state_facts),
    Column("progress", lambda: _tr("Progress"), _progress_text, _progress_text, _bar_facts),
    Column(
        "objects", lambda: _tr("Objects"), _objects_text, _objects_text, _object_facts, right=True
    ),
    Column("rate", lambda: _tr("Rate"), _rate, _rate, lambda row: row.rate, True),
    Column(
        "time_left",
        lambda: _tr("Time left"),
        job_cells.time_left,
        job_cells.time_left,
        _time_facts,
        True,
    ),
    *(
        Column(id, title, text, text, facts, hidden=True)
        for id, title, text, facts in (
            ("started", lambda: _tr("Started"), _started, lambda row: row.created),
            ("priority", lambda: _tr("Priority"), _priority, lambda row: row.priority),
            ("session", lambda: _tr("Session"), _session, lambda row: row.session_name),
            ("job_id", lambda: _tr("Job id"), _job_id, lambda row: row.appliance_jobs),
        )
    ),
)
COLUMN_OF = {column.id: number for number, column in enumerate(COLUMNS)}


@dataclass(frozen=True, slots=True)
class Summary:
    """What the header and the strip tell of all jobs, shown or not."""

    counts: dict[Segment, int]
    transferring: int
    preparing: int
    waiting: int
    queued: int
    failed: int
    next_try_s: float | None
    up: float
    down: float
    may_pause: int
    may_resume: int
    may_clear: int


class JobsModel(QAbstractTableModel):
    """Rows are jobs in the order in which they were made, those in line in the line's order.

    Signals: `row_changed(JobRow)` for each replaced record, shown or not; `state_changed(JobRow)`
    when its state or reason became another one; `ticked()` each second while something counts
    down; `summary_changed()` when what `summary()` gives may differ.
    """

    row_changed = Signal(object)
    state_changed = Signal(object)
    summary_changed = Signal()
    ticked = Signal()

    def __init__(
        self, parent: QObject | None = None, clock: Callable[[], datetime] | None = None
    ) -> None:
        super().__init__(parent)
        self._clock = clock or (lambda: datetime.now(UTC))
        self._rows: dict[int, JobRow] = {}
        self._order: list[int] = []
        self._shown: list[int] = []
        self._segment = Segment.ALL
        self._ticker = QTimer(self)
        self._ticker.setSingleShot(True)
        self._ticker.setTimerType(Qt.TimerType.PreciseTimer)
        self._ticker.timeout.connect(self._tick)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  # Qt's signature
        return 0 if parent.isValid() else len(self._shown)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(COLUMNS)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # Qt's type
        if not index.isValid():
            return None
        row = self._rows[self._shown[index.row()]]
        if role == ShownRole:
            return Shown(row, self.now())
        column = COLUMNS[index.column()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return column.text(row, self.now())
            case Qt.ItemDataRole.AccessibleTextRole:
                return column.spoken(row, self.now())
            case Qt.ItemDataRole.TextAlignmentRole:
                return _alignment(column)
            case Qt.ItemDataRole.ToolTipRole:
                return self._tool_tip(column, row)
            case _:
                return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        row = self.row_at(index)
        drags = row is not None and row.line is not None
        return super().flags(index) | (
            Qt.ItemFlag.ItemIsDragEnabled if drags else Qt.ItemFlag.NoItemFlags
        )

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:  # Qt's type
        if orientation is not Qt.Orientation.Horizontal or not 0 <= section < len(COLUMNS):
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[section].title()
        return _alignment(COLUMNS[section]) if role == Qt.ItemDataRole.TextAlignmentRole else None

    def now(self) -> datetime:
        """Return the time all of the window shows: whole seconds, turning with `ticked`.

        So a countdown reads the same wherever it stands, whenever a part of it is painted.
        """
        return self._clock().replace(microsecond=0)

    def row(self, job_id: int) -> JobRow | None:
        return self._rows.get(job_id)

    def rows(self) -> Iterable[JobRow]:
        return self._rows.values()

    def row_at(self, index: Index) -> JobRow | None:
        return self._rows[self._shown[index.row()]] if index.isValid() else None

    def index_of(self, job_id: int) -> QModelIndex:
        """Return the index of a job's first cell, an invalid one while the segment hides it."""
        if job_id not in self._shown:
            return QModelIndex()
        return self.index(self._shown.index(job_id), 0)

    def words_beside_buttons(self) -> set[tuple[str, str]]:
        """The words of states that have a button in the rows shown, each with what that says.

        Those that count down are left out: theirs are as wide as the longest wait.
        """
        rows = [self._rows[job_id] for job_id in self._shown]
        pressed = [row for row in rows if job_words.verb(row) and not row.may_try_now]
        return {(job_words.job_words(row, self.now()).text, job_words.verb(row)) for row in pressed}

    @property
    def segment(self) -> Segment:
        return self._segment

    def summary(self) -> Summary:
        rows = list(self._rows.values())
        tries = [wait_words.seconds_to_wait(row, self.now()) for row in rows]
        moving = [row for row in rows if row.rate]
        return Summary(
            counts={part: sum(map(part.holds, rows)) for part in Segment},
            transferring=_count(rows, State.TRANSFERRING),
            preparing=_count(rows, State.PREPARING),
            waiting=_count(rows, State.WAITING),
            queued=_count(rows, State.QUEUED),
            failed=_count(rows, State.FAILED),
            next_try_s=min((wait for wait in tries if wait is not None), default=None),
            up=sum(row.rate or 0 for row in moving if row.direction is Direction.PUT),
            down=sum(row.rate or 0 for row in moving if row.direction is Direction.GET),
            may_pause=sum(row.may_pause for row in rows),
            may_resume=sum(row.paused for row in rows),
            may_clear=sum(row.cleared_with_done for row in rows),
        )

    def show_segment(self, segment: Segment) -> None:
        if segment is self._segment:
            return
        self.beginResetModel()
        self._segment = segment
        self._shown = [one for one in self._order if segment.holds(self._rows[one])]
        self.endResetModel()

    @Slot(object)
    def add(self, row: JobRow) -> None:
        """Add a new job at the end. A job that is known already is replaced."""
        if row.job_id in self._rows:
            self._replace(row)
            return
        self._rows[row.job_id] = row
        self._order.append(row.job_id)
        if self._segment.holds(row):
            self._show(row.job_id)
        self._arrange()
        self.summary_changed.emit()
        self._tick_while_needed()

    @Slot(object)
    def apply(self, event: Event) -> None:
        """Take an event of a job. One of a job that was removed meanwhile is dropped."""
        row = self._rows.get(event.job_id)
        if row is not None:
            self._replace(after(row, event, self._clock()))

    @Slot(object)
    def press(self, job_id: int) -> None:
        """Note that the user asked a waiting job to try now."""
        row = self._rows.get(job_id)
        if row is not None and row.may_try_now:
            self._replace(pressed(row, self._clock()))

    @Slot(object, object)
    def show_priority(self, job_id: int, priority: Priority) -> None:
        """Note that a job has another priority now."""
        row = self._rows.get(job_id)
        if row is not None:
            self._replace(replace(row, priority=priority))

    def show_cache(self, job_id: int, cache: CacheState) -> None:
        """Note what the appliance says of its cache, for a job that waits for room in it."""
        row = self._rows.get(job_id)
        if row is not None:
            self._replace(with_cache(row, cache))

    def show_tapes(self, job_id: int, tapes: NeededTapes) -> None:
        """Note which tapes a waiting download needs."""
        row = self._rows.get(job_id)
        if row is not None:
            self._replace(with_tapes(row, tapes))

    @Slot(object)
    def remove(self, job_id: int) -> None:
        if job_id not in self._rows:
            return
        self._hide(job_id)
        self._order.remove(job_id)
        del self._rows[job_id]
        self.summary_changed.emit()
        self._tick_while_needed()

    def _replace(self, row: JobRow) -> None:
        old = self._rows[row.job_id]
        if row == old:
            return
        self._rows[row.job_id] = row
        shown, belongs = row.job_id in self._shown, self._segment.holds(row)
        if shown and belongs:
            self._tell_changed(old, row)
        elif shown:
            self._hide(row.job_id)
        elif belongs:
            self._show(row.job_id)
        if (row.line, row.facts.position) != (old.line, old.facts.position):
            self._arrange()
        self.row_changed.emit(row)
        if (row.state, row.reason, row.persisted) != (old.state, old.reason, old.persisted):
            self.state_changed.emit(row)
        self.summary_changed.emit()
        self._tick_while_needed()

    def _tell_changed(self, old: JobRow, new: JobRow) -> None:
        """Emit one `dataChanged` over the span of cells that look different now."""
        changed = [i for i, column in enumerate(COLUMNS) if column.facts(old) != column.facts(new)]
        if not changed:
            return
        number = self._shown.index(new.job_id)
        # The first cell reads the whole row to those who listen, so it changes for them too.
        if changed[0] != 0:
            first = self.index(number, 0)
            self.dataChanged.emit(first, first, [Qt.ItemDataRole.AccessibleTextRole, ShownRole])
        self.dataChanged.emit(self.index(number, changed[0]), self.index(number, changed[-1]))

    def _show(self, job_id: int) -> None:
        """Insert a job where the order of all puts it among those shown."""
        order = {shown: number for number, shown in enumerate(self._order)}
        place = sum(order[shown] < order[job_id] for shown in self._shown)
        self.beginInsertRows(QModelIndex(), place, place)
        self._shown.insert(place, job_id)
        self.endInsertRows()

    def _hide(self, job_id: int) -> None:
        if job_id not in self._shown:
            return
        place = self._shown.index(job_id)
        self.beginRemoveRows(QModelIndex(), place, place)
        self._shown.pop(place)
        self.endRemoveRows()

    def _arrange(self) -> None:
        """Put the jobs in line in the line's order, each move told for itself."""
        self._order = line_order.arranged([self._rows[one] for one in self._order])
        shown = set(self._shown)
        wanted = [one for one in self._order if one in shown]
        for to, job_id in enumerate(wanted):
            at = self._shown.index(job_id)
            if at != to:  # then it stands further down: those above are in their places
                self.beginMoveRows(QModelIndex(), at, at, QModelIndex(), to)
                self._shown.insert(to, self._shown.pop(at))
                self.endMoveRows()

    def _tick_while_needed(self) -> None:
        needed = any(row.wait is not None for row in self._rows.values())
        if needed and not self._ticker.isActive():
            self._ticker.start(1000 - self._clock().microsecond // 1000)
        elif not needed and self._ticker.isActive():
            self._ticker.stop()

    def _tick(self) -> None:
        state = COLUMN_OF["state"]
        for number, job_id in enumerate(self._shown):
            if self._rows[job_id].wait is not None:
                index = self.index(number, state)
                self.dataChanged.emit(index, index, [Qt.ItemDataRole.DisplayRole])
        self.ticked.emit()
        self._tick_while_needed()

    def _tool_tip(self, column: Column, row: JobRow) -> str | None:
        progress = row.progress
        match column.id:
            case "job":
                return f"{row.name}\n{job_cells.place(row)}"
            case "state":
                words = job_words.job_words(row, self.now())
                return f"{words.text}\n{words.second}".strip()
            case "progress" if progress is not None:
                return _tr("{part} of {whole} bytes").format(
                    part=format.count(progress.sent), whole=format.count(progress.total)
                )
            case "started":
                return format.iso(row.created)
            case "session":
                return visible(row.session_name)
            case "job_id":
                return "\n".join(row.appliance_jobs) or None
            case _:
                return None


def _count(rows: list[JobRow], state: State) -> int:
    return sum(row.state is state for row in rows)


def _alignment(column: Column) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if column.right else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter
