"""The menus' style: the letters that work with Alt are underlined only while Alt is held."""

from __future__ import annotations

from functools import cache

from PySide6.QtWidgets import (
    QApplication,
    QMenu,
    QMenuBar,
    QProxyStyle,
    QStyle,
    QStyleHintReturn,
    QStyleOption,
    QWidget,
)


class MenuStyle(QProxyStyle):
    """Set on the menu bar alone, so that no other widget's painting comes through Python."""

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


@cache
def _style() -> MenuStyle:
    """One for the whole program; a widget does not own its style."""
    style = MenuStyle("Fusion")
    style.setParent(QApplication.instance())
    return style
