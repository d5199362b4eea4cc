"""What the current cell of a chunk map holds: state, size, objects, how much of it moved."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QSizePolicy, QWidget

from ds3_browser.gui import format, job_words, theme
from ds3_browser.gui.models.chunks import ChunkCell, MapCell
from ds3_browser.gui.theme import Role
from ds3_browser.gui.views.labels import ElidedLabel, heading
from ds3_browser.transfer.events import ChunkPhase

_tr = partial(QCoreApplication.translate, "chunk_inspector")

WIDTH = 248
_ALL_SENT = (ChunkPhase.IN_CACHE, ChunkPhase.PERSISTED, ChunkPhase.DONE)


class ChunkInspector(QFrame):
    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("chunk_inspector")
        self.setProperty("look", "card")
        self._title = heading(self, "")
        self._title.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._state = ElidedLabel(self, 12)
        self._state.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._values: dict[str, QLabel] = {}
        grid = QGridLayout(self)
        grid.setContentsMargins(14, 12, 14, 12)
        grid.setVerticalSpacing(7)
        grid.setColumnStretch(1, 1)
        grid.addWidget(self._title, 0, 0, 1, 2)
        grid.addWidget(self._state, 1, 0, 1, 2)
        for row, (id, label) in enumerate(
            (("size", _tr("Size")), ("objects", _tr("Objects")), ("moved", _tr("Moved"))), 2
        ):
            name = ElidedLabel(self, 12, role=Role.SECONDARY)
            name.setText(label)
            name.setMinimumWidth(name.sizeHint().width())
            value = QLabel(self)
            value.setFont(theme.scaled(self.font(), 12))
            value.setAlignment(Qt.AlignmentFlag.AlignRight)
            grid.addWidget(name, row, 0)
            grid.addWidget(value, row, 1)
            self._values[id] = value
        grid.setRowStretch(5, 1)
        self.show_nothing()

    def show_nothing(self) -> None:
        self._title.setText(_tr("Choose a chunk"))
        self._state.setText("")
        for value in self._values.values():
            value.setText("")

    def show_cell(self, cell: MapCell, held: list[ChunkCell], total: int) -> None:
        """Show one chunk, or the several that a cell stands for."""
        if cell.first == cell.last:
            title = _tr("Chunk {n} of {total}")
            words = {"n": format.count(cell.first + 1), "total": format.count(total)}
        else:
            title = _tr("Chunks {n} to {last}")
            words = {"n": format.count(cell.first + 1), "last": format.count(cell.last + 1)}
        self._title.setText(title.format(**words))
        self._state.setText(job_words.chunk_word(cell.phase))
        failed = cell.phase is ChunkPhase.FAILED
        self._state.set_role(Role.ERROR if failed else Role.SECONDARY)
        lengths = [one.length for one in held if one.length is not None]
        size = sum(lengths) if len(lengths) == len(held) else None
        objects = [one.objects for one in held if one.objects is not None]
        number = sum(objects) if len(objects) == len(held) else None
        self._values["size"].setText(format.size(size))
        self._values["objects"].setText(format.count(number))
        self._values["moved"].setText(format.size(_moved(held)))
        self.setAccessibleName(f"{self._title.text()}: {self._state.text()}")


def _moved(held: list[ChunkCell]) -> int | None:
    moved = 0
    for one in held:
        if one.length is None:
            return None
        moved += one.length if one.phase in _ALL_SENT else round(one.length * one.fraction)
    return moved
