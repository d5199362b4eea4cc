"""The objects of one job, a page at a time: the ledger has them, this model asks for pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from PySide6.QtCore import QCoreApplication, QObject, Qt, Signal

from ds3_browser.gui import format, icons, job_words, messages
from ds3_browser.gui.models.pages import PAGE, PagedTable
from ds3_browser.gui.names import icon as icon_of
from ds3_browser.gui.names import visible
from ds3_browser.gui.theme import Role, colour
from ds3_browser.transfer.events import Direction, Failure, ObjectState

_tr = partial(QCoreApplication.translate, "job_objects")

OPEN = (ObjectState.WAITING, ObjectState.READY, ObjectState.TRANSFERRING)


class JobObject(Protocol):
    """What a row of the ledger tells of one object."""

    @property
    def name(self) -> str: ...
    @property
    def size(self) -> int | None: ...
    @property
    def chunk(self) -> int | None: ...
    @property
    def state(self) -> ObjectState: ...
    @property
    def tries(self) -> int: ...
    @property
    def checksum_type(self) -> object: ...
    @property
    def failure(self) -> Failure | None: ...


@dataclass(frozen=True, slots=True)
class ObjectsWanted:
    """A page to be read: of this job, in these states (None is all), from `offset` on.

    `contains` is what the names have in them, empty for all names; `chunks` the numbers of the
    first and last chunk that hold some of an object, None for all of them.
    """

    job_id: int
    states: frozenset[ObjectState] | None
    offset: int
    limit: int = PAGE
    contains: str = ""
    chunks: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class ObjectsSegment:
    """One button over the table: its word, and the states it shows."""

    id: str
    title: Callable[[], str]
    states: frozenset[ObjectState] | None

    def count(self, counts: Mapping[ObjectState, int]) -> int:
        states = ObjectState if self.states is None else self.states
        return sum(counts.get(state, 0) for state in states)


def _segment(id: str, title: Callable[[], str], *states: ObjectState) -> ObjectsSegment:
    return ObjectsSegment(id, title, frozenset(states) if states else None)


ALL = _segment("all", lambda: _tr("All"))
_FAILED = _segment("failed", lambda: _tr("Failed"), ObjectState.FAILED)
_WAITING = _segment("waiting", lambda: _tr("Waiting"), ObjectState.WAITING)
_TRANSFERRING = _segment("transferring", lambda: _tr("Transferring"), ObjectState.TRANSFERRING)

UPLOAD_SEGMENTS = (
    *(ALL, _FAILED, _WAITING, _TRANSFERRING),
    _segment("in_cache", lambda: _tr("In cache"), ObjectState.IN_CACHE),
    _segment("persisted", lambda: _tr("Persisted"), ObjectState.PERSISTED),
)
DOWNLOAD_SEGMENTS = (
    *(ALL, _FAILED, _WAITING, _TRANSFERRING),
    _segment("in_cache", lambda: _tr("In cache"), ObjectState.READY),
    _segment("done", lambda: _tr("Done"), ObjectState.DONE),
    _segment("skipped", lambda: _tr("Skipped"), ObjectState.SKIPPED),
)


@dataclass(frozen=True, slots=True)
class Column:
    id: str
    title: Callable[[], str]
    text: Callable[[JobObject, Direction], str]
    right: bool = False


WHY = (ObjectState.FAILED, ObjectState.SKIPPED)  # states whose failure is the reason for them


def note(row: JobObject, direction: Direction) -> str:
    """Return what the Note column says: why it is not there, or what was checked."""
    if row.failure is not None and row.state in WHY:
        return messages.sentence(row.failure).text
    if row.failure is not None and row.state in OPEN:
        return messages.trying_again(row.failure, uploads=direction is Direction.PUT)
    if not direction.moves:
        return _tr("Read and checked by the appliance") if row.state is ObjectState.DONE else ""
    kind = row.checksum_type
    words = getattr(kind, "value", kind)
    named = str(words).replace("_", "-") if words and words != "NONE" else None
    match row.state:
        case ObjectState.IN_CACHE | ObjectState.PERSISTED:
            return _tr("{type} sent").format(type=named) if named else ""
        case ObjectState.DONE if direction is Direction.GET:
            if named is None:
                return _tr("Size checked, there is no checksum to compare")
            return _tr("{type} checked").format(type=named)
        case _:
            return ""


def _chunk(row: JobObject, direction: Direction) -> str:
    return "" if row.chunk is None else format.count(row.chunk)


def _tries(row: JobObject, direction: Direction) -> str:
    return format.count(row.tries) if row.tries else ""


COLUMNS = (
    Column("object", lambda: _tr("Object"), lambda row, _: row.name),
    Column("size", lambda: _tr("Size"), lambda row, _: format.size(row.size), right=True),
    Column("chunk", lambda: _tr("Chunk"), _chunk, right=True),
    Column("state", lambda: _tr("State"), lambda row, _: job_words.object_words(row.state)[0]),
    Column("tries", lambda: _tr("Tries"), _tries, right=True),
    Column("note", lambda: _tr("Note"), note),
)
COLUMN_OF = {column.id: number for number, column in enumerate(COLUMNS)}


class JobObjectsModel(PagedTable):
    """Signal: `page_wanted(ObjectsWanted)`."""

    page_wanted = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(COLUMNS, parent)
        self._job_id: int | None = None
        self._direction = Direction.PUT
        self._prefix = ""
        self._states: frozenset[ObjectState] | None = None
        self._contains = ""
        self._chunks: tuple[int, int] | None = None

    def _cell(self, column: Column, row: JobObject, role: int) -> Any:
        match role:
            case Qt.ItemDataRole.DisplayRole if column.id == "object":
                return visible(row.name.removeprefix(self._prefix) or row.name)
            case Qt.ItemDataRole.DisplayRole:
                return column.text(row, self._direction)
            case Qt.ItemDataRole.ToolTipRole:
                told = (visible(row.name), note(row, self._direction))
                return "\n".join(part for part in told if part)
            case Qt.ItemDataRole.AccessibleTextRole:
                return self._spoken(row) if column.id == "object" else None
            case Qt.ItemDataRole.DecorationRole if column.id == "object":
                return icons.icon(icon_of(row.name), Role.SECONDARY)
            case Qt.ItemDataRole.DecorationRole if column.id == "state":
                _, icon, icon_role = job_words.object_words(row.state)
                return icons.icon(icon, icon_role)
            case Qt.ItemDataRole.ForegroundRole if column.id in ("state", "note"):
                failed = row.state is ObjectState.FAILED
                return colour(Role.ERROR if failed else _quiet(column))
            case Qt.ItemDataRole.ForegroundRole if column.id in ("chunk", "tries"):
                return colour(Role.SECONDARY)
            case _:
                return None

    def _spoken(self, row: JobObject) -> str:
        told = [visible(row.name), job_words.object_words(row.state)[0], note(row, self._direction)]
        return ", ".join(part for part in told if part)

    def show_job(
        self,
        job_id: int | None,
        direction: Direction,
        states: frozenset[ObjectState] | None,
        count: int,
        prefix: str = "",
        contains: str = "",
        chunks: tuple[int, int] | None = None,
    ) -> None:
        """Show the objects of a job in some states; blank until their pages come.

        Names are shown without `prefix`, which all of the job's objects have.
        """
        self.beginResetModel()
        self._job_id, self._direction, self._states = job_id, direction, states
        self._prefix, self._contains, self._chunks = prefix, contains, chunks
        self._blank(count)
        self.endResetModel()

    def show_page(self, wanted: ObjectsWanted, rows: Sequence[JobObject]) -> None:
        """Take a page; one for what is no longer shown is dropped."""
        if wanted != self._wanted(wanted.offset, wanted.limit):
            return
        self._take(wanted.offset, rows)

    def page_failed(self, wanted: ObjectsWanted) -> None:
        """The page could not be read: it may be asked for again."""
        self._asked.discard(wanted.offset)

    def refresh(self, first: int, last: int) -> None:
        """Ask again for the pages that hold the rows `first` to `last`."""
        for offset in range(first - first % PAGE, last + 1, PAGE):
            if 0 <= offset < len(self._rows):
                self._ask(offset)

    def _wish(self, offset: int) -> None:
        if self._job_id is not None:
            self.page_wanted.emit(self._wanted(offset))

    def _wanted(self, offset: int, limit: int = PAGE) -> ObjectsWanted | None:
        if self._job_id is None:
            return None
        return ObjectsWanted(
            self._job_id, self._states, offset, limit, self._contains, self._chunks
        )


def _quiet(column: Column) -> Role:
    return Role.TEXT if column.id == "state" else Role.SECONDARY
