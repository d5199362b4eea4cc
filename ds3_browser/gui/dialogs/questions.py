"""The two small boxes: something that is told, and a question before what cannot be taken back."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QMessageBox, QWidget

from ds3_browser.gui.dialogs.parts import ask

_tr = partial(QCoreApplication.translate, "commands")


def tell(parent: QWidget, text: str, more: str = "") -> None:
    """Say what was asked for and cannot be done."""
    box = QMessageBox(QMessageBox.Icon.NoIcon, _tr("DS3 Browser"), text, parent=parent)
    box.setInformativeText(more)
    box.addButton(_tr("Close"), QMessageBox.ButtonRole.AcceptRole)
    box.setObjectName("notice_box")
    ask(box)


def ask_first(
    parent: QWidget, title: str, question: str, more: str, verb: str, on_yes: Callable[[], object]
) -> None:
    """Ask before something that cannot be taken back. Not to do it is the default."""
    box = QMessageBox(QMessageBox.Icon.NoIcon, title, question, parent=parent)
    box.setObjectName("question_box")
    box.setInformativeText(more)
    stay = box.addButton(_tr("Cancel"), QMessageBox.ButtonRole.RejectRole)
    go_on = box.addButton(verb, QMessageBox.ButtonRole.AcceptRole)
    stay.setObjectName("stay")
    go_on.setObjectName("go_on")
    box.setDefaultButton(stay)
    go_on.clicked.connect(lambda: on_yes())
    ask(box)
