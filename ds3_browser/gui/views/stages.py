"""The three stages of a job in figures: sent, in cache, persisted, each with its share."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QSizePolicy, QWidget

from ds3_browser.gui import format, icons, theme
from ds3_browser.gui.job_row import JobRow
from ds3_browser.gui.theme import Role
from ds3_browser.gui.views.labels import ElidedLabel

_tr = partial(QCoreApplication.translate, "stages")


class Stages(QWidget):
    """Side by side, in the order in which a byte goes through them."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("stages")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        self._figures = [_Figure(self) for _ in range(3)]
        for figure in self._figures:
            row.addWidget(figure, 1)

    def show_row(self, row: JobRow) -> None:
        progress = row.progress
        whole = progress.total if progress is not None else None
        stages = stages_of(row)
        for number, figure in enumerate(self._figures):
            figure.setVisible(number < len(stages))
            if number < len(stages):
                figure.show_stage(*stages[number], whole)


def stages_of(row: JobRow) -> tuple[tuple[str, Role, str, int | None], ...]:
    """Return icon, role, word and amount of each stage."""
    sent = row.progress.sent if row.progress is not None else None
    in_cache = row.progress.in_cache if row.progress is not None else None
    if row.uploads:
        return (
            ("arrow-up", Role.ACCENT, _tr("Sent"), sent),
            ("hard-drive", Role.ACCENT, _tr("In cache"), in_cache),
            ("cassette", Role.SUCCESS, _tr("Persisted"), row.persisted_amount),
        )
    if row.stages:
        return (("hard-drive", Role.ACCENT, _tr("In cache"), in_cache),)
    if row.verifies:
        return (("shield-check", Role.SUCCESS, _tr("Verified"), row.persisted_amount),)
    return (
        ("hard-drive", Role.ACCENT, _tr("Loaded in cache"), in_cache),
        ("arrow-down", Role.ACCENT, _tr("Received"), sent),
        ("circle-check", Role.SUCCESS, _tr("Checked"), row.persisted_amount),
    )


class _Figure(QWidget):
    """Icon and word, below them the amount and its share of the whole."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown: tuple[str, Role] = ("", Role.TEXT)
        self._icon = QLabel(self)
        self._word = ElidedLabel(self, 12, role=Role.SECONDARY)
        self._amount = ElidedLabel(self, 15, QFont.Weight.DemiBold)
        self._share = ElidedLabel(self, 12, role=Role.SECONDARY)
        head = QHBoxLayout()
        head.setSpacing(6)
        head.addWidget(self._icon)
        head.addWidget(self._word, 1)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(6)
        grid.setVerticalSpacing(2)
        grid.addLayout(head, 0, 0, 1, 2)
        for column, label in enumerate((self._amount, self._share)):
            label.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
            label.setAlignment(Qt.AlignmentFlag.AlignBottom)
            grid.addWidget(label, 1, column, Qt.AlignmentFlag.AlignBottom)
        grid.setColumnStretch(1, 1)
        theme.notifier().changed.connect(self._tint)

    def show_stage(
        self, icon: str, role: Role, word: str, part: int | None, whole: int | None
    ) -> None:
        if (icon, role) != self._shown:
            self._shown = (icon, role)
            self._tint()
        self._word.setText(word)
        self._amount.setText(format.size3(part))
        known = part is not None and whole
        self._share.setText(format.percent(part or 0, whole or 1) if known else "")
        for label in (self._amount, self._share):
            label.setMinimumWidth(label.sizeHint().width())
        self.setAccessibleName(f"{word} {self._amount.text()} {self._share.text()}".strip())

    def _tint(self) -> None:
        name, role = self._shown
        if name:
            self._icon.setPixmap(icons.pixmap(name, role, 14, self.devicePixelRatioF()))
