"""Transfers that stand in line, dragged to another place in it.

Only inside the list, and only among those of one line: uploads and downloads wait in lines of their
own. Nothing is moved here: where a drop leads goes out as a wish.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QCoreApplication, QEvent, QMimeData, QObject, QPoint, QRect, Qt
from PySide6.QtCore import Signal as QtSignal
from PySide6.QtGui import QDrag, QDragMoveEvent, QDropEvent, QPainter
from PySide6.QtWidgets import QTableView

from ds3_browser.gui import job_words, theme
from ds3_browser.gui.job_row import JobRow
from ds3_browser.gui.line_order import position_beside
from ds3_browser.gui.models.jobs import JobsModel
from ds3_browser.gui.views.drops import DropOverlay, Tip, ghost

_tr = partial(QCoreApplication.translate, "line_drags")

JOB_FORMAT = "application/x-ds3-job"


class JobInDrag(QMimeData):
    """A transfer that is being dragged inside this window."""

    def __init__(self, job_id: int) -> None:
        super().__init__()
        self.setData(JOB_FORMAT, str(job_id).encode())


@dataclass(frozen=True, slots=True)
class _Goal:
    """Where a drop leads: a place in line, 1 for the next, and the line's edge in the viewport."""

    position: int
    edge: int


class LineDrags(QObject):
    """Lets rows of a list of jobs be dragged to their place in line.

    `moved(job_id, places)`: so many places further forward, or back where negative.
    """

    moved = QtSignal(object, object)

    def __init__(self, view: QTableView, jobs: JobsModel) -> None:
        super().__init__(view)
        self._view = view
        self._jobs = jobs
        self._edge: int | None = None
        self.overlay = DropOverlay(view)
        view.setDragEnabled(True)
        view.setAcceptDrops(True)
        view.setDragDropMode(QTableView.DragDropMode.DragDrop)
        view.viewport().installEventFilter(self)

    @property
    def edge(self) -> int | None:
        """Where in the viewport a row would go in between; None while nothing is dragged."""
        return self._edge

    def begin(self, row: JobRow) -> None:
        """Drag a row until it is let go of."""
        if row.line is None:
            return
        drag = QDrag(self._view)
        drag.setMimeData(JobInDrag(row.job_id))
        drag.setPixmap(ghost(self._view, row.name))
        drag.exec(Qt.DropAction.MoveAction)
        self._end()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        match event.type():
            case QEvent.Type.DragEnter | QEvent.Type.DragMove:
                assert isinstance(event, QDragMoveEvent)
                self._consider(event)
            case QEvent.Type.DragLeave:
                self._end()
            case QEvent.Type.Drop:
                assert isinstance(event, QDropEvent)
                self._drop(event)
            case _:
                return False
        return True

    def _consider(self, event: QDragMoveEvent) -> None:
        moved = self._dragged(event.mimeData())
        if moved is None:
            event.ignore()
            return
        at = event.position().toPoint()
        goal = self._goal(moved, at)
        if goal is None:
            self._show_edge(None)
            self.overlay.show_tip(self._refusal(moved, at), None)
            event.ignore()
            return
        self._show_edge(goal.edge)
        icon = "arrow-up" if goal.position < (moved.facts.position or 0) else "arrow-down"
        self.overlay.show_tip(Tip(job_words.place_in_line(goal.position), icon=icon), None)
        event.setDropAction(Qt.DropAction.MoveAction)
        event.accept()

    def _drop(self, event: QDropEvent) -> None:
        moved = self._dragged(event.mimeData())
        goal = None if moved is None else self._goal(moved, event.position().toPoint())
        self._end()
        if moved is None or goal is None:
            event.ignore()
            return
        event.setDropAction(Qt.DropAction.MoveAction)
        event.accept()
        if places := (moved.facts.position or 0) - goal.position:
            self.moved.emit(moved.job_id, places)

    def _dragged(self, data: QMimeData) -> JobRow | None:
        """The row that is dragged, as it is by now: it may no longer stand in line."""
        told = bytes(data.data(JOB_FORMAT).data())
        return self._jobs.row(int(told)) if told.isdigit() else None

    def _goal(self, moved: JobRow, at: QPoint) -> _Goal | None:
        index = self._view.indexAt(at)
        other = self._jobs.row_at(index)
        if other is None or other.line is None or other.line is not moved.line:
            return None
        rect = self._view.visualRect(index)
        if other.job_id == moved.job_id:
            position = moved.facts.position or 0
            return _Goal(position, rect.top())
        after = at.y() > rect.center().y()
        edge = rect.bottom() + 1 if after else rect.top()
        return _Goal(position_beside(moved, other, after=after), edge)

    def _refusal(self, moved: JobRow, at: QPoint) -> Tip:
        other = self._jobs.row_at(self._view.indexAt(at))
        if moved.line is None:
            text = _tr("{job} no longer stands in line").format(job=moved.name)
        elif other is None or other.line is None:
            text = _tr("Only transfers in line have a place to move to")
        else:
            text = _tr("Uploads and downloads wait in lines of their own")
        return Tip(text, refused=True)

    def _show_edge(self, edge: int | None) -> None:
        if edge != self._edge:
            self._edge = edge
            self._view.viewport().update()

    def _end(self) -> None:
        self._show_edge(None)
        self.overlay.hide()

    def paint(self, painter: QPainter) -> None:
        """Paint the edge where the row would go in between."""
        if self._edge is not None:
            width = self._view.viewport().width()
            top = max(0, min(self._edge - 1, self._view.viewport().height() - 2))
            painter.fillRect(QRect(0, top, width, 2), theme.tokens().accent)
