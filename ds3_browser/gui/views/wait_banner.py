"""The wait of an expanded job: a ring that runs down, its reason, and what is known of it."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from PySide6.QtCore import QCoreApplication, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFont, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from ds3_browser.gui import icons, job_words, theme, wait_words
from ds3_browser.gui.job_row import JobRow
from ds3_browser.gui.theme import Role
from ds3_browser.gui.views.answer_bar import AnswerBar
from ds3_browser.gui.views.labels import ElidedLabel, beside_icon
from ds3_browser.transfer.events import WaitReason

_tr = partial(QCoreApplication.translate, "wait_banner")


# Waits that other jobs on the appliance may be the cause of.
_OF_THE_APPLIANCE = (WaitReason.CACHE, WaitReason.TAPE, WaitReason.BUSY)


class WaitBanner(QFrame):
    """Signals: `try_now_wanted()`, `resume_wanted()`, `board_wanted()`,
    `answered(question, existing, for_all)`.
    """

    try_now_wanted = Signal()
    resume_wanted = Signal()
    board_wanted = Signal()
    answered = Signal(object, object, bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("wait_banner")
        self.setProperty("look", "warning-box")
        self._ring = _Ring(self)
        self._title = ElidedLabel(self, 15, QFont.Weight.DemiBold)
        self._facts = QLabel(self)
        self._facts.setObjectName("wait_facts")
        self._facts.setTextFormat(Qt.TextFormat.PlainText)
        self._facts.setWordWrap(True)
        self._try_now = QPushButton(self)
        beside_icon(self._try_now, job_words.try_now())
        self._try_now.setObjectName("banner_try_now")
        self._try_now.setToolTip(_tr("Ask the appliance at once (Ctrl+T)"))
        self._try_now.clicked.connect(self.try_now_wanted)
        self._resume = QPushButton(_tr("Resume"), self)
        self._resume.setObjectName("banner_resume")
        self._resume.clicked.connect(self.resume_wanted)
        self._board = QPushButton(_tr("Show jobs on appliance"), self)
        self._board.setObjectName("banner_board")
        self._board.setProperty("look", "link")
        self._board.setToolTip(_tr("Which jobs keep cache locked, and whose they are"))
        self._board.clicked.connect(self.board_wanted)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self._try_now)
        buttons.addWidget(self._resume)
        buttons.addWidget(self._board)
        buttons.addStretch(1)
        self._answers = AnswerBar(self)
        self._answers.answered.connect(self.answered)
        texts = QVBoxLayout()
        texts.setSpacing(5)
        texts.addWidget(self._title)
        texts.addWidget(self._facts)
        texts.addWidget(self._answers)
        texts.addLayout(buttons)
        row = QHBoxLayout(self)
        row.setContentsMargins(18, 14, 18, 12)
        row.setSpacing(18)
        row.addWidget(self._ring, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(texts, 1)
        theme.notifier().changed.connect(self._tint)
        self._tint()

    def show_wait(self, row: JobRow, now: datetime) -> None:
        """Show a job that waits. Of one that does not, nothing changes."""
        words = wait_words.wait_words(row, now)
        if words is None:
            return
        self._title.setText(words.title)
        self._facts.setText(wait_words.wait_facts(row, now))
        counting = row.may_try_now
        self._ring.show_left(wait_words.countdown(row, now), _part_left(row, now), words.icon)
        self._try_now.setVisible(counting)
        self._try_now.setEnabled(not row.rests(now))
        self._resume.setVisible(row.paused or row.waits_for_key)
        self._resume.setText(job_words.resume(row))
        self._answers.show_question(row)
        self._board.setVisible(row.reason in _OF_THE_APPLIANCE)
        self.setAccessibleName(words.title)
        self.setAccessibleDescription(self._facts.text())

    def _tint(self) -> None:
        self._try_now.setIcon(icons.icon("refresh", Role.SECONDARY))


def _part_left(row: JobRow, now: datetime) -> float | None:
    """How much of the wait is left, of 1; None where it has no end that is known."""
    if not row.may_try_now or row.wait is None or row.wait.until is None:
        return None
    whole = (row.wait.until - row.wait.asked_at).total_seconds()
    left = (row.wait.until - now).total_seconds()
    return min(1.0, max(0.0, left / whole)) if whole > 0 else 0.0


class _Ring(QWidget):
    SIDE = 68
    PEN = 4

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        side = theme.row_height(self, self.SIDE)
        self.setFixedSize(side, side)
        self._text, self._icon = "", ""
        self._part: float | None = None

    def sizeHint(self) -> QSize:
        return QSize(self.SIDE, self.SIDE)

    def show_left(self, text: str, part: float | None, icon: str) -> None:
        if (text, part, icon) != (self._text, self._part, self._icon):
            self._text, self._part, self._icon = text, part, icon
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme.tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = QRectF(self.rect()).adjusted(3, 3, -3, -3)
        painter.setPen(QPen(tokens.warning_line, self.PEN))
        painter.drawEllipse(rect)
        if self._part is None:
            picture = icons.pixmap(self._icon, Role.WARNING, 24, self.devicePixelRatioF())
            painter.drawPixmap(
                self.rect().center().x() - 11, self.rect().center().y() - 11, picture
            )
            return
        painter.setPen(QPen(tokens.warning, self.PEN))
        # From the top, as a clock's hand goes; sixteenths of a degree.
        painter.drawArc(rect, 90 * 16, -round(360 * 16 * self._part))
        size = 15 if len(self._text) <= 5 else 12
        painter.setFont(theme.tabular(theme.scaled(self.font(), size, QFont.Weight.DemiBold)))
        painter.setPen(tokens.text)
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self._text)
