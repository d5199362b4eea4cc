"""The style of menus and forms: letters that work with Alt are underlined only while it is held."""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QLabel,
    QMenu,
    QMenuBar,
    QProxyStyle,
    QStyle,
    QStyleHintReturn,
    QStyleOption,
    QWidget,
)


class MenuStyle(QProxyStyle):
    """Set on what has such letters alone, so that no other painting comes through Python."""

    underlined = False

    def styleHint(
        self,
        hint: QStyle.StyleHint,
        option: QStyleOption | None = None,
        widget: QWidget | None = None,
        returnData: QStyleHintReturn | None = None,  # noqa: N803  # Qt's name
    ) -> int:
        if hint is QStyle.StyleHint.SH_UnderlineShortcut:
            return int(self.underlined)
        return super().styleHint(hint, option, widget, returnData)


def quieten(menu: QMenuBar | QMenu) -> None:
    """Underline no letters in this menu or bar until `underline` says so."""
    menu.setStyle(_style())


def underline(bar: QMenuBar, shown: bool) -> None:
    _style().underlined = shown
    bar.update()


class QuietLetters(QObject):
    """Keeps the letters of a form's labels and buttons plain until Alt is held in it."""

    def __init__(self, form: QWidget) -> None:
        super().__init__(form)
        lettered: list[QLabel | QAbstractButton] = [*form.findChildren(QLabel)]
        lettered += form.findChildren(QAbstractButton)
        self._lettered = [widget for widget in lettered if "&" in widget.text()]
        for widget in self._lettered:
            widget.setStyle(_style())
        form.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.WindowDeactivate:
            self._underline(False)
        elif isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Alt:
            self._underline(event.type() is QEvent.Type.KeyPress)
        return super().eventFilter(watched, event)

    def _underline(self, shown: bool) -> None:
        if _style().underlined is not shown:
            _style().underlined = shown
            for widget in self._lettered:
                widget.update()


@cache
def _style() -> MenuStyle:
    """One for the whole program; a widget does not own its style."""
    style = MenuStyle("Fusion")
    style.setParent(QApplication.instance())
    return style
