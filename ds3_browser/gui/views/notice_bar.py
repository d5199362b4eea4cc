"""The bar at the top of a page: what is wrong with this session, and the one button that helps."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from PySide6.QtCore import QCoreApplication, QSize, Qt, Signal
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ds3_browser.gui import direction, icons, messages, theme
from ds3_browser.gui.messages import Message, Remedy
from ds3_browser.gui.theme import Role

_tr = partial(QCoreApplication.translate, "notice_bar")


class NoticeBar(QFrame):
    """Shows one message until it is closed or replaced; nothing fades away by itself.

    Wishes: `remedy_wanted(Remedy)`; `closed` when the user put it away.
    """

    remedy_wanted = Signal(object)
    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("notice")
        self.setAccessibleName(_tr("Notice"))
        self._message: Message | None = None
        self._build()
        theme.notifier().changed.connect(self._tint)
        self.hide()

    @property
    def message(self) -> Message | None:
        return self._message

    def show_message(self, message: Message, role: Role = Role.ERROR) -> None:
        """Show a message in the colours of a warning or an error."""
        self._message = message
        self._role = role
        self.setProperty("look", "warning-box" if role is Role.WARNING else "error-box")
        self.style().unpolish(self)
        self.style().polish(self)
        self._text.setText(message.text)
        self.setAccessibleDescription(message.text)
        self._remedy.setVisible(message.remedy is not None)
        if message.remedy is not None:
            self._remedy.setText(messages.remedy_text(message.remedy))
        self._more.setVisible(bool(message.details))
        self._more.setChecked(False)
        self._fill_details(message)
        self._tint()
        self.show()

    def set_text(self, text: str) -> None:
        """Change the words of the message that is shown: a countdown goes on."""
        if self._message is not None:
            self._message = replace(self._message, text=text)
            self._text.setText(text)

    def clear(self) -> None:
        self._message = None
        self.hide()

    def _build(self) -> None:
        self._icon = QLabel(self)
        self._text = QLabel(self)
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setWordWrap(True)
        self._text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._more = QPushButton(_tr("Details"), self)
        self._more.setObjectName("notice_details")
        self._more.setProperty("look", "link")
        self._more.setCheckable(True)
        self._more.toggled.connect(self._show_details)
        self._remedy = QPushButton(self)
        self._remedy.setObjectName("notice_remedy")
        self._remedy.clicked.connect(self._want_remedy)
        self._close = QToolButton(self)
        self._close.setObjectName("notice_close")
        self._close.setToolTip(_tr("Put away"))
        self._close.setAccessibleName(_tr("Put away"))
        self._close.setIconSize(QSize(16, 16))
        self._close.clicked.connect(self._put_away)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self._icon)
        row.addWidget(self._text, 1)
        row.addWidget(self._more)
        row.addWidget(self._remedy)
        row.addWidget(self._close)
        column = QVBoxLayout(self)
        column.setContentsMargins(direction.margins(12, 4, 6, 4))
        column.setSpacing(4)
        column.addLayout(row)
        column.addWidget(self._build_details())

    def _build_details(self) -> QWidget:
        self._details = QWidget(self)
        self._rows = QGridLayout()
        self._rows.setHorizontalSpacing(12)
        self._rows.setVerticalSpacing(2)
        self._rows.setColumnStretch(1, 1)
        copy = QPushButton(_tr("Copy"), self._details)
        copy.setObjectName("notice_copy")
        copy.clicked.connect(self._copy)
        box = QHBoxLayout(self._details)
        box.setContentsMargins(direction.margins(24, 0, 0, 4))
        box.addLayout(self._rows, 1)
        box.addWidget(copy, 0, Qt.AlignmentFlag.AlignBottom)
        self._details.hide()
        return self._details

    def _fill_details(self, message: Message) -> None:
        while (item := self._rows.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        for number, (label, value) in enumerate(message.details):
            name, text = QLabel(label, self._details), QLabel(value, self._details)
            text.setTextFormat(Qt.TextFormat.PlainText)
            text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            text.setWordWrap(True)
            for one in (name, text):
                one.setFont(theme.scaled(self.font(), 12))
            self._rows.addWidget(name, number, 0, Qt.AlignmentFlag.AlignTop)
            self._rows.addWidget(text, number, 1)

    def _show_details(self, shown: bool) -> None:
        self._details.setVisible(shown)

    def _copy(self) -> None:
        if self._message is not None:
            QApplication.clipboard().setText(messages.details_text(self._message))

    def _want_remedy(self) -> None:
        if self._message is not None and isinstance(self._message.remedy, Remedy):
            self.remedy_wanted.emit(self._message.remedy)

    def _put_away(self) -> None:
        self.clear()
        self.closed.emit()

    def _tint(self) -> None:
        if self._message is None:
            return
        ratio = self.devicePixelRatioF()
        name = "warning" if self._role is Role.WARNING else "circle-alert"
        self._icon.setPixmap(icons.pixmap(name, self._role, 16, ratio))
        self._close.setIcon(icons.icon("close", Role.SECONDARY))
