"""What the current cell of a chunk map holds: state, size, objects, tries, the last error.

What the map does not know of a chunk is asked for and comes a moment later: blank until then.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QPushButton, QSizePolicy, QWidget

from ds3_browser.gui import format, job_words, messages, theme
from ds3_browser.gui.models.chunks import ChunkCell, MapCell
from ds3_browser.gui.theme import Role
from ds3_browser.gui.views.labels import ElidedLabel, heading
from ds3_browser.transfer.events import MAX_TRIES, ChunkPhase, Direction
from ds3_browser.transfer.ledger_records import ChunkRow

_tr = partial(QCoreApplication.translate, "chunk_inspector")

WIDTH = 248
_ALL_SENT = (ChunkPhase.IN_CACHE, ChunkPhase.PERSISTED, ChunkPhase.DONE)
_ROWS = ("job", "size", "objects", "moved", "node", "tries")


@dataclass(frozen=True, slots=True)
class ChunksWanted:
    """What became of these chunks of a job: the first and the last number."""

    job_id: int
    first: int
    last: int


class ChunkInspector(QFrame):
    """`objects_wanted(first, last, words)`: the numbers of the chunks whose objects are to show."""

    objects_wanted = Signal(int, int, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("chunk_inspector")
        self.setProperty("look", "card")
        self._uploads = True
        self._objects: int | None = None
        self._numbers = (0, 0)
        self._row: ChunkRow | None = None
        self._build()
        self.show_nothing()
        theme.notifier().changed.connect(self._tint)

    def _build(self) -> None:
        self._title = heading(self, "")
        self._title.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._state = ElidedLabel(self, 12)
        self._state.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        grid = self._grid = QGridLayout(self)
        grid.setContentsMargins(14, 12, 14, 12)
        grid.setVerticalSpacing(7)
        grid.setColumnStretch(1, 1)
        grid.addWidget(self._title, 0, 0, 1, 2)
        grid.addWidget(self._state, 1, 0, 1, 2)
        self._names: dict[str, ElidedLabel] = {}
        self._values: dict[str, QLabel] = {}
        for row, id in enumerate(_ROWS, 2):
            name = ElidedLabel(self, 12, role=Role.SECONDARY)
            value = QLabel(self)
            value.setObjectName(f"chunk_{id}")
            value.setFont(theme.scaled(self.font(), 12))
            value.setAlignment(Qt.AlignmentFlag.AlignRight)
            grid.addWidget(name, row, 0)
            grid.addWidget(value, row, 1)
            self._names[id], self._values[id] = name, value
        below = len(_ROWS) + 2
        self._error = QLabel(self)
        self._error.setObjectName("chunk_error")
        self._error.setFont(theme.scaled(self.font(), 12))
        self._error.setTextFormat(Qt.TextFormat.PlainText)
        self._error.setWordWrap(True)
        self._error.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        grid.addWidget(self._error, below, 0, 1, 2)
        self._show = QPushButton(_tr("Show its objects"), self)
        self._show.setObjectName("show_chunk_objects")
        self._show.clicked.connect(self._wish)
        grid.addWidget(self._show, below + 1, 0, 1, 2)
        grid.setRowStretch(below + 2, 1)

    def show_nothing(self) -> None:
        self._title.setText(_tr("Choose a chunk"))
        self._state.setText("")
        for id in _ROWS:
            self._tell(id, "", "")
        self._error.hide()
        self._show.hide()

    def show_cell(self, cell: MapCell, held: list[ChunkCell], total: int, of: Direction) -> None:
        """Show one chunk, or the several that a cell stands for."""
        several = cell.first != cell.last
        if several:
            title = _tr("Chunks {n} to {last}")
            words = {"n": format.count(cell.first + 1), "last": format.count(cell.last + 1)}
        else:
            title = _tr("Chunk {n} of {total}")
            words = {"n": format.count(cell.first + 1), "total": format.count(total)}
        self._title.setText(title.format(**words))
        self._state.setText(job_words.chunk_word(cell.phase))
        failed = cell.phase is ChunkPhase.FAILED
        self._state.set_role(Role.ERROR if failed else Role.SECONDARY)
        numbers = (held[0].number, held[-1].number)
        uploads = of is Direction.PUT
        if numbers != self._numbers or uploads is not self._uploads:
            self._numbers, self._uploads = numbers, uploads
            self._forget_row()
        lengths = [one.length for one in held if one.length is not None]
        size = sum(lengths) if len(lengths) == len(held) else None
        objects = [one.objects for one in held if one.objects is not None]
        self._objects = sum(objects) if len(objects) == len(held) else None
        self._tell("size", _tr("Size"), format.size(size))
        self._tell_objects()
        self._tell("moved", _moved_word(of, cell.phase), format.size(_moved(held)))
        self._show.setText(_tr("Show their objects") if several else _tr("Show its objects"))
        self._show.show()
        self.setAccessibleName(f"{self._title.text()}: {self._state.text()}")

    def show_row(self, row: ChunkRow) -> None:
        """Take what was asked for of the chunks that are shown."""
        self._row = row
        self._tell_objects()
        tries = _tr("{n} of {most}").format(n=format.count(row.tries), most=MAX_TRIES)
        self._tell("tries", _tr("Attempts"), tries if row.tries else "")
        failure = row.failure
        if failure is None:
            text = ""
        elif row.failed:
            text = messages.sentence(failure).text
        else:
            text = messages.trying_again(failure, uploads=self._uploads)
        self._error.setText(text)
        self._error.setVisible(bool(text))
        self._tint()

    def show_node(self, name: str) -> None:
        """Take the name of the appliance's node that holds them; empty where it is not told."""
        self._tell("node", _tr("Appliance node"), name)

    def show_job(self, caption: str, appliance_job_id: str) -> None:
        """Name the job on the appliance, of a transfer that is several; nothing of others."""
        self._tell("job", caption, f"{appliance_job_id[:8]}…" if appliance_job_id else "")
        self._values["job"].setToolTip(appliance_job_id)

    def _forget_row(self) -> None:
        self._row = None
        for id in ("node", "tries"):
            self._tell(id, "", "")
        self._error.hide()

    def _tint(self) -> None:
        failed = self._row is not None and self._row.failed
        palette = self._error.palette()
        colour = theme.colour(Role.ERROR if failed else Role.WARNING)
        palette.setColor(self._error.foregroundRole(), colour)
        self._error.setPalette(palette)

    def _tell_objects(self) -> None:
        told = format.count(self._objects)
        failed = self._row.failed if self._row is not None else 0
        if failed:
            words = _tr("{n}, of these {failed} failed")
            told = words.format(n=told, failed=format.count(failed))
        self._tell("objects", _tr("Objects"), told)

    def _tell(self, id: str, name: str, value: str) -> None:
        """Fill a line; one without a value is not there."""
        self._names[id].setText(name)
        self._values[id].setText(value)
        for part in (self._names[id], self._values[id]):
            part.setVisible(bool(value))
        widest = max(name.sizeHint().width() for name in self._names.values())
        self._grid.setColumnMinimumWidth(0, widest)

    def _wish(self) -> None:
        self.objects_wanted.emit(*self._numbers, self._title.text())


def _moved_word(of: Direction, phase: ChunkPhase) -> str:
    """Where nothing moves, only the end of a verification tells more than what is in cache."""
    if of is Direction.PUT:
        return _tr("Sent")
    if of is Direction.GET:
        return _tr("Received")
    ended = phase in (ChunkPhase.DONE, ChunkPhase.FAILED)
    return _tr("Verified") if of is Direction.VERIFY and ended else _tr("In cache")


def _moved(held: list[ChunkCell]) -> int | None:
    moved = 0
    for one in held:
        if one.length is None:
            return None
        moved += one.length if one.phase in _ALL_SENT else round(one.length * one.fraction)
    return moved
