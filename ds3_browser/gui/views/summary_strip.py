"""The transfers folded to one line: what is not zero, the rates, and the button that opens them."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtGui import QFont, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QToolButton, QWidget

from ds3_browser.gui import format, icons, theme
from ds3_browser.gui.job_row import Segment
from ds3_browser.gui.models.jobs import JobsModel, Summary
from ds3_browser.gui.theme import Role
from ds3_browser.gui.views.labels import ElidedLabel, beside_icon

_tr = partial(QCoreApplication.translate, "summary_strip")


SIGNS = {  # as the states have them in the list
    "transferring": ("arrows", Role.ACCENT),
    "preparing": ("list-checks", Role.SECONDARY),
    "waiting": ("hourglass", Role.WARNING),
    "queued": ("clock", Role.SECONDARY),
    "failed": ("circle-alert", Role.ERROR),
    "done": ("circle-check", Role.SUCCESS),
}


class Rates(QWidget):
    """The sums of all jobs: an arrow up with what is sent, an arrow down with what is received."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        self._icons: dict[str, QLabel] = {}
        self._shown: tuple[float, float] | None = None
        self._up = self._add(row, "arrow-up")
        row.addSpacing(6)
        self._down = self._add(row, "arrow-down")
        theme.notifier().changed.connect(self._tint)
        self._tint()

    def _add(self, row: QHBoxLayout, icon: str) -> ElidedLabel:
        self._icons[icon] = QLabel(self)
        label = ElidedLabel(self, 12, role=Role.SECONDARY)
        label.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
        row.addWidget(self._icons[icon])
        row.addWidget(label)
        return label

    def show_rates(self, up: float, down: float) -> None:
        if (up, down) == self._shown:
            return
        self._shown = (up, down)
        for label, rate in ((self._up, up), (self._down, down)):
            label.setText(format.rate(rate))
            label.setMinimumWidth(label.sizeHint().width())
        self.setAccessibleName(
            _tr("Sending {up}, receiving {down}").format(up=format.rate(up), down=format.rate(down))
        )

    def _tint(self) -> None:
        for name, label in self._icons.items():
            label.setPixmap(icons.pixmap(name, Role.SECONDARY, 14, self.devicePixelRatioF()))


class SummaryStrip(QWidget):
    """Signal: `open_wanted(Segment)`, the part of the list that was pressed."""

    open_wanted = Signal(object)

    def __init__(self, jobs: JobsModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("transfers_strip")
        self._jobs = jobs
        self._build()
        jobs.summary_changed.connect(self._follow)
        jobs.ticked.connect(self._follow)
        theme.notifier().changed.connect(self._tint)
        self._tint()

    def _build(self) -> None:
        title = ElidedLabel(self, 13, QFont.Weight.DemiBold)
        title.setText(_tr("Transfers"))
        title.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
        self._none = ElidedLabel(self, 12, role=Role.SECONDARY)
        self._none.setText(_tr("No transfers"))
        self._none.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
        self._parts = {
            name: self._part(name, segment)
            for name, segment in (
                ("transferring", Segment.ACTIVE),
                ("preparing", Segment.ACTIVE),
                ("waiting", Segment.ACTIVE),
                ("queued", Segment.ACTIVE),
                ("failed", Segment.FAILED),
                ("done", Segment.DONE),
            )
        }
        self._rates = Rates(self)
        self._open = QToolButton(self)
        self._open.setObjectName("open_transfers")
        self._open.setAutoRaise(True)
        self._open.setFixedSize(28, 28)
        self._open.setToolTip(_tr("Show the transfers (Ctrl+J)"))
        self._open.setAccessibleName(_tr("Show the transfers"))
        self._open.clicked.connect(lambda: self.open_wanted.emit(Segment.ALL))
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 0, 12, 0)
        row.setSpacing(12)
        row.addWidget(title)
        row.addWidget(self._none)
        for part in self._parts.values():
            row.addWidget(part)
        row.addStretch(1)
        row.addWidget(self._rates)
        row.addWidget(self._open)

    def _part(self, name: str, segment: Segment) -> QToolButton:
        button = QToolButton(self)
        button.setObjectName(f"strip_{name}")
        button.setAutoRaise(True)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setFont(theme.scaled(self.font(), 12))
        button.clicked.connect(lambda: self.open_wanted.emit(segment))
        return button

    def showEvent(self, event: QShowEvent) -> None:
        self._follow()
        super().showEvent(event)

    def _follow(self) -> None:
        if self.isHidden():
            return
        summary = self._jobs.summary()
        words = _words(summary)
        for name, button in self._parts.items():
            beside_icon(button, words.get(name, ""))
            button.setVisible(name in words)
        self._none.setVisible(not words)
        self._rates.show_rates(summary.up, summary.down)

    def _tint(self) -> None:
        self._open.setIcon(icons.icon("chevron-up", Role.SECONDARY))
        for name, button in self._parts.items():
            button.setIcon(icons.icon(*SIGNS[name]))


def _words(summary: Summary) -> dict[str, str]:
    """Return what is not zero, each as its button says it."""
    told = {}
    if summary.transferring:
        told["transferring"] = _tr("{n} transferring").format(n=format.count(summary.transferring))
    if summary.preparing:
        told["preparing"] = _tr("{n} preparing").format(n=format.count(summary.preparing))
    if summary.waiting:
        told["waiting"] = _tr("{n} waiting").format(n=format.count(summary.waiting))
        if summary.next_try_s is not None:
            told["waiting"] = _tr("{n} waiting, next in {time}").format(
                n=format.count(summary.waiting), time=format.countdown(int(summary.next_try_s))
            )
    if summary.queued:
        told["queued"] = _tr("{n} queued").format(n=format.count(summary.queued))
    if summary.failed:
        told["failed"] = _tr("{n} failed").format(n=format.count(summary.failed))
    if not told and summary.counts[Segment.DONE]:
        told["done"] = _tr("{n} done").format(n=format.count(summary.counts[Segment.DONE]))
    return told
