"""The three stages of an expanded job side by side, each with amount, bar and what it is of."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QCoreApplication, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QGridLayout, QLabel, QSizePolicy, QWidget

from ds3_browser.gui import format, icons, theme
from ds3_browser.gui.job_row import JobRow
from ds3_browser.gui.models.chunks import Chunks
from ds3_browser.gui.theme import Role
from ds3_browser.gui.views.labels import ElidedLabel, heading
from ds3_browser.gui.views.stages import stages_of
from ds3_browser.transfer.events import ChunkPhase

_tr = partial(QCoreApplication.translate, "stage_cards")
_counted = partial(format.counted, "stage_cards")

ARROW = 16
GAP = 16


class StageCards(QFrame):
    """One card with the stages in the order in which a byte goes through them: beside each other,
    or one below the other where that has no room.
    """

    def __init__(self, chunks: Chunks, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("stage_cards")
        self.setProperty("look", "card")
        self._chunks = chunks
        self._stages = [_Stage(self) for _ in range(3)]
        self._arrows = [QLabel(self) for _ in range(2)]
        self._stacked = False
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._row.setContentsMargins(16, 12, 16, 14)
        self._row.setSpacing(GAP)
        for number, stage in enumerate(self._stages):
            if number:
                self._row.addWidget(self._arrows[number - 1])
            self._row.addWidget(stage, 1)
        self._tint()
        theme.notifier().changed.connect(self._tint)

    def show_row(self, row: JobRow) -> None:
        whole = row.progress.total if row.progress is not None else None
        stages = stages_of(row)
        for number, shown in enumerate(self._stages):
            shown.setVisible(number < len(stages))
        told = zip(self._stages, stages, self._captions(row, whole), strict=False)
        for stage, (icon, role, word, amount), caption in told:
            stage.show_stage(icon, role, word, amount, whole, caption)
        self._fit()

    def _fit(self) -> None:
        shown = [stage for stage in self._stages if not stage.isHidden()]
        widest = max((stage.least_width() for stage in shown), default=0)
        needed = len(shown) * widest + max(0, len(shown) - 1) * (2 * GAP + ARROW)
        margins, ways = self._row.contentsMargins(), QBoxLayout.Direction
        stacked = needed > self.width() - margins.left() - margins.right()
        if stacked != self._stacked:
            self._stacked = stacked
            self._row.setDirection(ways.TopToBottom if stacked else ways.LeftToRight)
            self._row.setSpacing(GAP // 2 if stacked else GAP)
            for stage in self._stages:
                stage.set_stacked(stacked)
        for number, arrow in enumerate(self._arrows):
            arrow.setVisible(number + 1 < len(shown) and not stacked)

    def minimumSizeHint(self) -> QSize:
        """So narrow that the stages stand one below the other."""
        size = super().minimumSizeHint()
        return size if self._stacked else QSize(0, size.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _captions(self, row: JobRow, whole: int | None) -> tuple[str, str, str]:
        of_whole = _tr("of {size}").format(size=format.size3(whole)) if whole is not None else ""
        counts = self._chunks.counts(row.job_id)
        total = len(self._chunks.of(row.job_id))
        persisted = counts[ChunkPhase.PERSISTED]
        in_cache = counts[ChunkPhase.IN_CACHE] + persisted
        done = format.count(in_cache if row.uploads else counts[ChunkPhase.DONE])
        chunks = _counted("{done} of {n} chunks", total, done=done)
        if not row.moves:
            return of_whole, "", ""
        if not row.uploads:
            return of_whole, "", chunks if total else ""
        told = _counted("{n} chunks", persisted) if persisted else ""
        return of_whole, chunks if total else "", told

    def _tint(self) -> None:
        ratio = self.devicePixelRatioF()
        for arrow in self._arrows:
            arrow.setPixmap(icons.pixmap("chevron-right", Role.FAINT, ARROW, ratio))


class _Stage(QWidget):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._shown: tuple[str, Role] = ("", Role.TEXT)
        self._icon = QLabel(self)
        self._word = heading(self, "")
        self._caption = ElidedLabel(self, 12, role=Role.SECONDARY)
        self._caption.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._amount = ElidedLabel(self, 19, QFont.Weight.DemiBold)
        self._bar = _Bar(self)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(6)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(2, 1)
        self._grid.addWidget(self._icon, 0, 0)
        self._grid.addWidget(self._word, 0, 1)
        self._grid.addWidget(self._caption, 0, 2)
        self._grid.addWidget(self._amount, 1, 0, 1, 3)
        self._grid.addWidget(self._bar, 2, 0, 1, 3)
        theme.notifier().changed.connect(self._tint)

    def least_width(self) -> int:
        """What word and amount need beside other stages."""
        head = self._icon.sizeHint().width() + 6 + self._word.sizeHint().width()
        return max(head, self._amount.sizeHint().width())

    def set_stacked(self, stacked: bool) -> None:
        """Have the amount in one line with the word; what it is of gives way."""
        self._caption.setHidden(stacked)
        self._grid.removeWidget(self._amount)
        if stacked:
            self._grid.addWidget(self._amount, 0, 2)
        else:
            self._grid.addWidget(self._amount, 1, 0, 1, 3)
        side = Qt.AlignmentFlag.AlignRight if stacked else Qt.AlignmentFlag.AlignLeft
        self._amount.setAlignment(side | Qt.AlignmentFlag.AlignVCenter)

    def show_stage(
        self,
        icon: str,
        role: Role,
        word: str,
        amount: int | None,
        whole: int | None,
        caption: str,
    ) -> None:
        if (icon, role) != self._shown:
            self._shown = (icon, role)
            self._tint()
        self._word.setText(word)
        self._word.setMinimumWidth(self._word.sizeHint().width())
        self._caption.setText(caption)
        self._amount.setText(format.size3(amount))
        self._bar.show_part(icon, (amount or 0) / whole if whole else 0.0)
        percent = format.percent(amount or 0, whole) if whole else ""
        self.setAccessibleName(f"{word} {self._amount.text()} {percent} {caption}".strip())

    def _tint(self) -> None:
        name, role = self._shown
        if name:
            self._icon.setPixmap(icons.pixmap(name, role, 16, self.devicePixelRatioF()))


class _Bar(QWidget):
    HEIGHT = 7

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._stage, self._part = "", 0.0

    def sizeHint(self) -> QSize:
        return QSize(80, self.HEIGHT)

    def show_part(self, stage: str, part: float) -> None:
        if (stage, part) != (self._stage, self._part):
            self._stage, self._part = stage, part
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.tokens().track)
        rect = QRectF(self.rect())
        painter.drawRoundedRect(rect, 3, 3)
        filled = QRectF(rect)
        filled.setWidth(rect.width() * min(1.0, max(0.0, self._part)))
        if self.layoutDirection() is Qt.LayoutDirection.RightToLeft:
            filled.moveRight(rect.right())
        painter.setBrush(self._colour())
        painter.drawRoundedRect(filled, 3, 3)

    def _colour(self) -> QColor:
        tokens = theme.tokens()
        if self._stage in ("cassette", "circle-check", "shield-check"):
            return tokens.chunk_persisted
        return tokens.chunk_in_cache if self._stage == "hard-drive" else tokens.accent
