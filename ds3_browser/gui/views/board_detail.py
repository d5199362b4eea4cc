"""The job that is chosen on the board: its facts, its chunks, and what may be done with it."""

from __future__ import annotations

import enum
import itertools
from functools import partial

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtGui import QFont, QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from ds3_browser.gui import appliance_jobs, direction, format, icons, theme
from ds3_browser.gui.appliance_jobs import BoardRow, JobFacts, Part
from ds3_browser.gui.models.chunks import Chunks
from ds3_browser.gui.theme import Role
from ds3_browser.gui.views.chunk_map import ChunkMap, Legend
from ds3_browser.gui.views.labels import ElidedLabel, beside_icon, heading
from ds3_browser.protocol.records import RequestType
from ds3_browser.transfer.events import ChunkPhase, ChunkState, JobCreated

_tr = partial(QCoreApplication.translate, "board")

HEIGHT = 164
MAP_FROM = 620  # in a narrower one the map would be cut
STACKED_FROM = 760  # a narrower page has no room for three columns
LEGEND = (ChunkPhase.WAITING, ChunkPhase.NEXT, ChunkPhase.IN_CACHE)


class Room(enum.Enum):
    """How much room there is: for all, for what the list does not tell, or for the verbs alone."""

    ALL = enum.auto()
    LESS = enum.auto()
    LITTLE = enum.auto()


class BoardDetail(QFrame):
    """Wishes: `resume_wanted()`, `cancel_wanted()`.

    Priorities are actions of the whole window, given as a menu.
    """

    resume_wanted = Signal()
    cancel_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("board_detail")
        self.setProperty("look", "detail")
        self.setAccessibleName(_tr("Details of the job"))
        self._chunks = Chunks(self)
        self._numbers = itertools.count(1)  # the map tells jobs apart by numbers
        self._number: int | None = None
        self._row: BoardRow | None = None
        self._facts: JobFacts | None = None
        self._room = Room.ALL
        self._build()
        self._follow_room()
        theme.notifier().changed.connect(self._tint)
        self._tint()

    def _build(self) -> None:
        self._name = ElidedLabel(
            self, 15, QFont.Weight.DemiBold, elide=Qt.TextElideMode.ElideMiddle
        )
        self._name.setObjectName("board_job_name")
        self._id = ElidedLabel(self, 12, role=Role.SECONDARY)
        self._id.setObjectName("board_job_id")
        self._id.setFont(theme.mono_font(12))
        self._id.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._trouble = ElidedLabel(self, 12, role=Role.ERROR)
        self._trouble.setObjectName("board_job_trouble")
        self._parts = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._parts.setContentsMargins(direction.margins(12, 12, 16, 10))
        self._parts.setSpacing(24)
        self._parts.addLayout(self._build_facts(), 5)
        self._parts.addWidget(self._build_chunks(), 5)
        self._parts.addLayout(self._build_verbs(), 4)

    def _build_facts(self) -> QVBoxLayout:
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(16)
        self._grid.setVerticalSpacing(6)
        self._grid.setColumnStretch(1, 1)
        self._values: dict[str, ElidedLabel] = {}
        self._labels: dict[str, ElidedLabel] = {}
        words = {
            "objects": _tr("Objects"),
            "size": _tr("Size"),
            "seen": _tr("Last change seen"),
            "owner": _tr("Owner"),
        }
        for line, (id, text) in enumerate(words.items()):
            label = ElidedLabel(self, 12, role=Role.SECONDARY)
            label.setText(text)
            label.setMinimumWidth(label.sizeHint().width())
            value = ElidedLabel(self, 12, QFont.Weight.Medium)
            value.setObjectName(f"board_{id}")
            value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            self._grid.addWidget(label, line, 0)
            self._grid.addWidget(value, line, 1)
            self._values[id] = value
            self._labels[id] = label
        column = QVBoxLayout()
        column.setSpacing(4)
        column.addStretch(0)
        column.addWidget(self._name)
        column.addWidget(self._id)
        column.addSpacing(4)
        column.addLayout(self._grid)
        column.addWidget(self._trouble)
        column.addStretch(1)
        self._told = column
        return column

    def _build_chunks(self) -> QWidget:
        box = QWidget(self)
        self._caption = heading(box, "")
        self._caption.setObjectName("board_chunks")
        self.map = ChunkMap(self._chunks, box)
        self._legend = Legend(box)
        self._legend.setFont(theme.scaled(self.font(), 11))
        self._legend.show_phases(LEGEND)
        area = QScrollArea(box)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidgetResizable(True)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        held = QWidget()
        rows = QVBoxLayout(held)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(8)
        rows.addWidget(self.map)
        rows.addWidget(self._legend)
        rows.addStretch(1)
        area.setWidget(held)
        held.setAutoFillBackground(False)
        area.viewport().setAutoFillBackground(False)
        column = QVBoxLayout(box)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self._caption)
        column.addWidget(area, 1)
        self._chunk_box = box
        return box

    def _build_verbs(self) -> QBoxLayout:
        self._verbs = heading(self, _tr("This job"))
        self._verbs.setObjectName("board_verbs")
        self._hint = QLabel(self)
        self._hint.setObjectName("board_hint")
        self._hint.setFont(theme.scaled(self.font(), 12))
        self._hint.setWordWrap(True)
        self.resume = QPushButton(_tr("Resume here…"), self)
        self.resume.setObjectName("board_resume")
        self.resume.setProperty("look", "primary")
        self.resume.clicked.connect(self.resume_wanted)
        self.priority = QPushButton(_tr("Change priority"), self)
        self.priority.setObjectName("board_priority")
        self.cancel = QPushButton(self)
        beside_icon(self.cancel, _tr("Cancel on appliance…"))
        self.cancel.setObjectName("board_cancel")
        self.cancel.clicked.connect(self.cancel_wanted)
        first, second = QHBoxLayout(), QHBoxLayout()
        self._lines = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        for line, buttons in ((first, (self.resume, self.priority)), (second, (self.cancel,))):
            line.setSpacing(8)
            for button in buttons:
                line.addWidget(button)
            line.addStretch(1)
            self._lines.addLayout(line)
        self._lines.setSpacing(8)
        column = QVBoxLayout()
        column.setSpacing(8)
        column.addWidget(self._verbs)
        column.addWidget(self._hint)
        column.addLayout(self._lines)
        column.addStretch(1)
        return column

    def set_room(self, room: Room) -> None:
        """Leave out what the list above tells too; where it is little, all but name and verbs."""
        if room is not self._room:
            self._room = room
            self._follow_room()

    def _follow_room(self) -> None:
        room, ways = self._room, QBoxLayout.Direction
        less, little = room is not Room.ALL, room is Room.LITTLE
        for widget in (self._hint, self._id, self._verbs):
            widget.setHidden(less)
        for id in self._values:
            hidden = little or (less and id in ("size", "seen"))
            self._values[id].setHidden(hidden)
            self._labels[id].setHidden(hidden)
        self._trouble.setHidden(little and not self._trouble.text())
        self._told.setStretch(0, 1 if little else 0)  # the name beside the middle of the buttons
        self._lines.setDirection(ways.LeftToRight if little else ways.TopToBottom)
        edge = 8 if little else 12
        self._parts.setContentsMargins(direction.margins(12, edge, 16, edge - 2))
        self._show_chunks()
        self._fit()

    def _fit(self) -> None:
        """As high as it needs to be, and no button cut: where there is no room for the priority,
        the menu of the job has it."""
        narrow = self.width() < theme.row_height(self, STACKED_FROM)
        active = self._row is not None and self._row.part is Part.ACTIVE
        self.priority.setVisible(active and not (narrow and not self.resume.isHidden()))
        self._parts.setSpacing(12 if narrow else 24)
        self._parts.activate()
        needed = self._parts.sizeHint().height()
        least = theme.row_height(self, HEIGHT) if self._room is Room.ALL else 0
        self.setFixedHeight(max(least, needed))

    def _tint(self) -> None:
        self.cancel.setIcon(icons.icon("circle-x", Role.ERROR))

    def set_priorities(self, menu: QMenu) -> None:
        self.priority.setMenu(menu)

    # --- what is shown

    def show_row(self, row: BoardRow | None) -> None:
        """Show a job. What is known of its objects stays while it is the same job."""
        same = row is not None and self._row is not None and row.job.job_id == self._row.job.job_id
        self._row = row
        self.setVisible(row is not None)
        if row is None:
            self._forget()
            return
        if not same:
            self._forget()
            self._trouble.setText("")
        job = row.job
        self._name.setText(appliance_jobs.name(job))
        self._id.setText(job.job_id)
        silence = row.silence
        seen = silence.since if silence is not None and silence.changed else None
        now = appliance_jobs.now()
        self._values["size"].setText(format.size(job.original_size))
        self._values["seen"].setText(format.day_and_time(seen, now))
        self._values["owner"].setText(job.user_name or format.duration(None))
        self._show_facts()
        active = row.part is Part.ACTIVE
        self._hint.setText(self._hint_text(row))
        takes = active and not row.here and not appliance_jobs.is_appliances_own(job)
        takes = takes and not appliance_jobs.nothing_left(job)
        self._verbs.setText(_tr("Take this job over") if takes else _tr("This job"))
        self._verbs.setMinimumWidth(self._verbs.sizeHint().width())
        self.resume.setVisible(takes)
        self.cancel.setVisible(active)
        self._fit()

    def show_facts(self, job_id: str, facts: JobFacts) -> None:
        """Take the objects and chunks of a job that was looked at."""
        if self._row is None or self._row.job.job_id != job_id:
            return
        before, self._facts = self._facts, facts
        if before is None or before.chunks != facts.chunks:
            self._forget_map()
            self._number = next(self._numbers)
            self._chunks.apply(JobCreated(self._number, job_id, 1, facts.chunks))
        assert self._number is not None
        for chunk, phase in zip(facts.chunks, facts.phases, strict=True):
            fraction = 1.0 if phase is ChunkPhase.IN_CACHE else 0.0
            self._chunks.apply(ChunkState(self._number, chunk.number, phase, fraction))
        self.map.show_job(self._number)
        self._show_facts()

    def say(self, job_id: str, text: str) -> None:
        """Tell what could not be done with the job."""
        if self._row is not None and self._row.job.job_id == job_id:
            self._trouble.setText(text)
            self._trouble.setHidden(self._room is Room.LITTLE and not text)
            self._fit()

    def _show_facts(self) -> None:
        facts = self._facts
        self._show_chunks()
        if facts is None:
            self._caption.setText(_tr("Chunks"))
            self._values["objects"].setText(format.duration(None))
            return
        told = {"n": format.count(facts.objects), "there": format.count(facts.objects_in_cache)}
        words = _tr("{n}, of these {there} in cache")
        self._values["objects"].setText(words.format(**told))
        told = {"n": format.count(len(facts.chunks)), "there": format.count(facts.chunks_in_cache)}
        self._caption.setText(_tr("Chunks, {there} of {n} in cache").format(**told))
        self._caption.setMinimumWidth(self._caption.sizeHint().width())
        put = self._row is not None and self._row.job.request_type is RequestType.PUT
        phases = LEGEND if put else (LEGEND[0], LEGEND[2])
        self._legend.show_phases(phases)

    def _hint_text(self, row: BoardRow) -> str:
        if row.part is not Part.ACTIVE:
            return _tr("It has ended. The appliance forgets it 30 days later.")
        if row.here:
            return _tr("It is among the transfers of this computer.")
        if appliance_jobs.nothing_left(row.job):
            return _tr("All of it is in cache. The appliance ends the job once it is persisted.")
        if row.job.request_type is RequestType.GET:
            return _tr("Choose the folder to receive its files into.")
        if row.job.request_type is RequestType.PUT:
            return _tr(
                "Choose the folder its files came from. Names and sizes are compared with the job's"
                " list before anything is sent."
            )
        return _tr("The appliance alone runs this job.")

    def _forget(self) -> None:
        self._facts = None
        self._forget_map()
        self._caption.setText(_tr("Chunks"))

    def _forget_map(self) -> None:
        self.map.show_job(None)
        if self._number is not None:
            self._chunks.remove(self._number)
            self._number = None

    def _show_chunks(self) -> None:
        """Show the map where there is one; what the job is and what can be done come first."""
        known = self._facts is None or bool(self._facts.chunks)
        wide = self.width() >= theme.row_height(self, MAP_FROM)
        self._chunk_box.setVisible(known and wide and self._room is not Room.LITTLE)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._show_chunks()
        self._fit()
