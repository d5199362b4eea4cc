"""The form for a new folder on this computer."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QWidget

from ds3_browser.gui.dialogs.naming import Create, NameDialog
from ds3_browser.gui.dialogs.parts import ask

_tr = partial(QCoreApplication.translate, "new_local_folder")


class NewLocalFolderDialog(NameDialog):
    """Accepted when the folder is there."""

    def __init__(self, folder: str, create: Create, parent: QWidget | None = None) -> None:
        super().__init__(
            _tr("New folder on this computer"),
            _tr("Name"),
            _tr("It is made in {folder}").format(folder=folder),
            _tr("Create folder"),
            complaint,
            create,
            parent,
        )
        self.setObjectName("new_local_folder_dialog")

    @classmethod
    def ask(cls, folder: str, create: Create, parent: QWidget | None = None) -> None:
        ask(cls(folder, create, parent))


def complaint(name: str) -> str | None:
    """Return the rule that a name breaks, None if it is good."""
    if "/" in name or name in (".", ".."):
        return _tr("A folder's name has no slash, and is not a dot or two.")
    return None
