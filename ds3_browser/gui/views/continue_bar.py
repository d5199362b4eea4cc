"""The bar after a start: jobs of the last one are open, shall they go on?"""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QWidget

from ds3_browser.gui import format

_tr = partial(QCoreApplication.translate, "continue_bar")
_counted = partial(format.counted, "continue_bar")


class ContinueBar(QFrame):
    """Wishes: `continue_wanted()`. Either answer puts it away."""

    continue_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("continue_bar")
        self.setProperty("look", "warning-box")
        self._question = QLabel(self)
        self._question.setObjectName("continue_question")
        self._question.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._go_on = QPushButton(_tr("Continue"), self)
        self._go_on.setObjectName("continue_jobs")
        self._go_on.clicked.connect(self._continue)
        self._not_now = QPushButton(_tr("Not now"), self)
        self._not_now.setObjectName("continue_not_now")
        self._not_now.clicked.connect(self.hide)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 6, 12, 6)
        row.setSpacing(8)
        row.addWidget(self._question, 1)
        row.addWidget(self._go_on)
        row.addWidget(self._not_now)

    def offer(self, jobs: int) -> None:
        """Ask about so many jobs; none asks nothing."""
        text = _counted("Continue {n} jobs?", jobs)
        self._question.setText(text)
        self.setAccessibleName(text)
        self.setVisible(jobs > 0)

    def _continue(self) -> None:
        self.hide()
        self.continue_wanted.emit()
