"""The wait card: what a job waits for, how long so far, when it asks again, and Try now."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from PySide6.QtCore import QCoreApplication, QRectF, Signal
from PySide6.QtGui import QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from ds3_browser.gui import icons, job_words, theme, wait_words
from ds3_browser.gui.job_row import JobRow
from ds3_browser.gui.theme import Role
from ds3_browser.gui.views.answer_bar import AnswerBar
from ds3_browser.gui.views.labels import ElidedLabel

_tr = partial(QCoreApplication.translate, "wait_card")


class WaitCard(QWidget):
    """Signals: `try_now_wanted()`, `resume_wanted()`, `answered(question, existing, for_all)`."""

    try_now_wanted = Signal()
    resume_wanted = Signal()
    answered = Signal(object, object, bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("wait_card")
        self._icon_name = ""
        self._build()
        theme.notifier().changed.connect(self._retint)

    def _build(self) -> None:
        self._icon = QLabel(self)
        self._title = ElidedLabel(self, 13, QFont.Weight.DemiBold)
        self._second = ElidedLabel(self, 12, role=Role.SECONDARY)
        self._countdown = QLabel(self)
        self._countdown.setObjectName("countdown")
        self._countdown.setFont(theme.tabular(theme.scaled(self.font(), 19, QFont.Weight.DemiBold)))
        self._try_now = QPushButton(job_words.try_now(), self)
        self._try_now.setObjectName("try_now")
        self._try_now.setToolTip(_tr("Ask the appliance at once (Ctrl+T)"))
        self._try_now.clicked.connect(self.try_now_wanted)
        self._resume = QPushButton(_tr("Resume"), self)
        self._resume.setObjectName("resume")
        self._resume.clicked.connect(self.resume_wanted)
        texts = QVBoxLayout()
        texts.setSpacing(1)
        texts.addWidget(self._title)
        texts.addWidget(self._second)
        self._answers = AnswerBar(self)
        self._answers.answered.connect(self.answered)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 8)
        column.setSpacing(8)
        row = QHBoxLayout()
        row.setSpacing(12)
        column.addLayout(row)
        column.addWidget(self._answers)
        row.addWidget(self._icon)
        row.addLayout(texts, 1)
        row.addWidget(self._countdown)
        row.addWidget(self._try_now)
        row.addWidget(self._resume)

    def show_wait(self, row: JobRow, now: datetime) -> None:
        """Show a job that waits. Of one that does not, nothing changes."""
        words = wait_words.wait_words(row, now)
        if words is None:
            return
        if words.icon != self._icon_name:
            self._icon_name = words.icon
            self._retint()
        self._title.setText(words.title)
        self._second.setText(words.second)
        counting = row.may_try_now
        self._countdown.setVisible(counting)
        self._countdown.setText(wait_words.countdown(row, now))
        self._try_now.setVisible(counting)
        self._try_now.setEnabled(not row.rests(now))
        self._resume.setVisible(row.paused or row.waits_for_key)
        self._resume.setText(job_words.resume(row))
        self._answers.show_question(row)
        self.setAccessibleName(words.title)
        self.setAccessibleDescription(words.second)

    def _retint(self) -> None:
        if self._icon_name:
            ratio = self.devicePixelRatioF()
            self._icon.setPixmap(icons.pixmap(self._icon_name, Role.WARNING, 20, ratio))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme.tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(tokens.warning_line)
        painter.setBrush(tokens.warning_box)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
