"""A bar with the way to where one is: crumbs that lead back, or a line to type into."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import QFont, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSizePolicy,
    QStackedLayout,
    QToolButton,
    QWidget,
)

from ds3_browser.gui import direction, icons, theme
from ds3_browser.gui.theme import Role
from ds3_browser.gui.views.tabbing import WayBack, buttons_in, has_focus, tab_before

HEIGHT = 32


class CrumbBar(QFrame):
    """What both bars share. Who has one fills `row` between `begin_row` and `end_row`."""

    def __init__(self, name: str, words: str, copy_words: str, parent: QWidget | None) -> None:
        """`name` begins the names of its parts; the words are for the bar and its button."""
        super().__init__(parent)
        self.setAccessibleName(words)
        self.setProperty("look", "card")
        self.setFixedHeight(HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._crumbs_widget = QWidget(self)
        self.row = QHBoxLayout(self._crumbs_widget)
        self.row.setContentsMargins(direction.margins(9, 0, 4, 0))
        self.row.setSpacing(0)
        self.editor = QLineEdit(self)
        self.editor.setObjectName(f"{name}_editor")
        self.editor.setAccessibleName(words)
        self.editor.setFrame(False)
        self.editor.returnPressed.connect(self._enter)
        self.editor.installEventFilter(self)
        self._way_back = WayBack()
        self.copy_button = QToolButton(self)
        self.copy_button.setObjectName(f"copy_{name}")
        self.copy_button.setAccessibleName(copy_words)
        self.copy_button.setToolTip(copy_words)
        self.copy_button.clicked.connect(self.copy)
        self._stack = QStackedLayout(self)
        self._stack.setContentsMargins(0, 0, 0, 0)
        self._stack.addWidget(self._crumbs_widget)
        self._stack.addWidget(self.editor)
        self._focused = False
        theme.notifier().changed.connect(self.show_crumbs)

    # --- what each says of itself

    def show_crumbs(self) -> None:
        """Make the row anew."""
        raise NotImplementedError

    def copy(self) -> None:
        """Put where one is into the clipboard."""
        raise NotImplementedError

    def edit(self) -> None:
        """Become a line to type into; Return goes there, Escape comes back."""
        raise NotImplementedError

    def entered(self, text: str) -> None:
        raise NotImplementedError

    def is_completing(self) -> bool:
        """Whether the focus left the line for its own completions."""
        return False

    # --- the row

    def begin_row(self, picture: str) -> None:
        """Take away the crumbs that are there and begin with an icon."""
        self._focused = has_focus(self._crumbs_widget, self.copy_button)
        while (item := self.row.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None and widget is not self.copy_button:
                widget.hide()
                widget.deleteLater()
        self.row.addWidget(self.label(picture, Role.SECONDARY, 16))

    def end_row(self) -> None:
        """The button at the end; the focus stays in the row, on where one is."""
        made = buttons_in(self.row)
        self.row.addStretch(1)
        self.copy_button.setIcon(icons.icon("copy", Role.SECONDARY))
        self.row.addWidget(self.copy_button)
        tab_before(self.copy_button, made)
        if self._focused and made:
            made[-1].setFocus(Qt.FocusReason.OtherFocusReason)

    def label(self, icon: str, role: Role, size: int) -> QLabel:
        label = QLabel(self._crumbs_widget)
        label.setPixmap(icons.pixmap(icon, role, size, self.devicePixelRatioF()))
        return label

    def button(self) -> QToolButton:
        button = QToolButton(self._crumbs_widget)
        button.setProperty("look", "crumb")
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    def crumb(self, text: str, go: Callable[..., object], *, last: bool) -> QToolButton:
        crumb = self.button()
        crumb.setText(text.replace("&", "&&"))
        crumb.setAccessibleName(text)
        crumb.setProperty("look", "here" if last else "crumb")
        weight = QFont.Weight.DemiBold if last else QFont.Weight.Normal
        crumb.setFont(theme.scaled(self.font(), 13, weight))
        crumb.clicked.connect(go)
        return crumb

    # --- the line

    def show_row(self) -> None:
        self._stack.setCurrentWidget(self._crumbs_widget)

    def begin_edit(self, text: str) -> None:
        self.editor.setText(text)
        self._way_back.remember()
        self._stack.setCurrentWidget(self.editor)
        self.editor.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.editor.selectAll()

    def _enter(self) -> None:
        self.show_row()
        self._way_back.go()
        self.entered(self.editor.text())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.editor:
            if event.type() == QEvent.Type.FocusOut and not self.is_completing():
                self.show_row()
            elif _is_escape(event):
                self.show_row()
                self._way_back.go()
                return True
        return super().eventFilter(watched, event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.edit()

    def minimumSizeHint(self) -> QSize:
        return QSize(100, HEIGHT)


def _is_escape(event: QEvent) -> bool:
    if not isinstance(event, QKeyEvent) or event.type() != QEvent.Type.KeyPress:
        return False
    return event.key() == Qt.Key.Key_Escape
