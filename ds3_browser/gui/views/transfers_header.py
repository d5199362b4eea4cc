"""The header of the transfers dock: segments with counts, rates, and what acts on all jobs."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import (
    QCoreApplication,
    QRect,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QFont,
    QPainter,
    QPaintEvent,
)
from PySide6.QtWidgets import (
    QHBoxLayout,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from ds3_browser.gui import direction, format, icons, theme
from ds3_browser.gui.job_row import Segment
from ds3_browser.gui.models.jobs import JobsModel, Summary
from ds3_browser.gui.theme import Role
from ds3_browser.gui.views.labels import ElidedLabel, beside_icon
from ds3_browser.gui.views.segments import Segments
from ds3_browser.gui.views.summary_strip import Rates

_tr = partial(QCoreApplication.translate, "transfers_header")


class TransfersHeader(QWidget):
    """The dock's header. Wishes: `segment_chosen(Segment)`, `pause_all_wanted`,
    `resume_all_wanted`, `clear_done_wanted`, `expand_wanted`, `close_wanted`.
    """

    segment_chosen = Signal(object)
    pause_all_wanted = Signal()
    resume_all_wanted = Signal()
    clear_done_wanted = Signal()
    expand_wanted = Signal()
    close_wanted = Signal()

    def __init__(self, jobs: JobsModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._wide = True
        self._resumes = False
        self._verbs: tuple[int, int, int, bool] | None = None
        self._build()
        jobs.summary_changed.connect(self._follow)
        theme.notifier().changed.connect(self._tint)
        self._follow()
        self._tint()

    def _build(self) -> None:
        title = ElidedLabel(self, 13, QFont.Weight.DemiBold)
        title.setText(_tr("Transfers"))
        title.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
        title.setMinimumWidth(title.sizeHint().width())
        self.segments = Segments(self)
        self.segments.setObjectName("transfers_segments")
        self.segments.chosen.connect(self.segment_chosen)
        self._rates = Rates(self)
        self._pause = self._button("pause_all")
        self._pause.clicked.connect(self._press_pause)
        self._clear = self._button("clear_done")
        self._clear.clicked.connect(self.clear_done_wanted)
        self._expand = self._button("expand_job")
        self._expand.setToolTip(_tr("Show the whole job (Ctrl+Shift+J)"))
        self._expand.setAccessibleName(_tr("Show the whole job"))
        self._expand.clicked.connect(self.expand_wanted)
        self._close = self._button("close_transfers")
        self._close.setToolTip(_tr("Fold the transfers to a line (Ctrl+J)"))
        self._close.setAccessibleName(_tr("Fold the transfers to a line"))
        self._close.clicked.connect(self.close_wanted)
        row = QHBoxLayout(self)
        row.setContentsMargins(direction.margins(12, 0, 8, 1))
        row.setSpacing(8)
        row.addWidget(title)
        row.addWidget(self.segments)
        row.addStretch(1)
        row.addWidget(self._rates)
        row.addSpacing(8)
        row.addWidget(self._pause)
        row.addWidget(self._clear)
        row.addWidget(self._expand)
        row.addWidget(self._close)

    def _button(self, name: str) -> QToolButton:
        button = QToolButton(self)
        button.setObjectName(name)
        button.setAutoRaise(True)
        button.setMinimumSize(28, 28)
        return button

    def set_wide(self, wide: bool) -> None:
        self._wide = wide
        self._follow()

    def show_segment(self, segment: Segment) -> None:
        self.segments.button(segment).setChecked(True)

    def _follow(self) -> None:
        summary = self._jobs.summary()
        jobs = summary.counts[Segment.ALL] > 0
        for part in (self.segments, self._pause, self._clear, self._expand):
            part.setVisible(jobs)
        self._rates.setVisible(jobs and self._wide)
        self._rates.show_rates(summary.up, summary.down)
        self._show_counts(summary)
        self._show_verbs(summary)

    def _show_counts(self, summary: Summary) -> None:
        words = {
            Segment.ALL: _tr("All {n}"),
            Segment.ACTIVE: _tr("Active {n}"),
            Segment.FAILED: _tr("Failed {n}"),
            Segment.DONE: _tr("Done {n}"),
        }
        told = [
            (part, text.format(n=format.count(summary.counts[part])))
            for part, text in words.items()
        ]
        self.segments.show_segments(told, self._jobs.segment)

    def _show_verbs(self, summary: Summary) -> None:
        verbs = (summary.may_pause, summary.may_resume, summary.may_clear, self._wide)
        if verbs == self._verbs:
            return
        self._verbs = verbs
        self._resumes = not summary.may_pause and bool(summary.may_resume)
        self._word(self._pause, _tr("Resume all") if self._resumes else _tr("Pause all"))
        self._pause.setIcon(icons.icon("play" if self._resumes else "pause", Role.SECONDARY))
        self._pause.setEnabled(bool(summary.may_pause or summary.may_resume))
        self._word(self._clear, _tr("Clear done"))
        self._clear.setEnabled(bool(summary.may_clear))

    def _word(self, button: QToolButton, text: str) -> None:
        beside_icon(button, text)
        button.setToolTip("" if self._wide else text)
        style = Qt.ToolButtonStyle
        button.setToolButtonStyle(
            style.ToolButtonTextBesideIcon if self._wide else style.ToolButtonIconOnly
        )

    def _press_pause(self) -> None:
        (self.resume_all_wanted if self._resumes else self.pause_all_wanted).emit()

    def _tint(self) -> None:
        self._clear.setIcon(icons.icon("clear-done", Role.SECONDARY))
        self._expand.setIcon(icons.icon("expand", Role.SECONDARY))
        self._close.setIcon(icons.icon("close", Role.SECONDARY))
        self._verbs = None
        self._follow()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        tokens = theme.tokens()
        painter.fillRect(self.rect(), tokens.window)
        painter.fillRect(QRect(0, self.height() - 1, self.width(), 1), tokens.border)
