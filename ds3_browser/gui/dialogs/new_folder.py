"""The form for a new folder."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QWidget

from ds3_browser.gui.dialogs.naming import Create, NameDialog
from ds3_browser.gui.dialogs.parts import ask
from ds3_browser.gui.names import visible
from ds3_browser.gui.places import Place

_tr = partial(QCoreApplication.translate, "new_folder")

LONGEST = 1024  # bytes of a whole object name


class NewFolderDialog(NameDialog):
    """Accepted when the folder is there; `name()` is its own name, without what is above it."""

    def __init__(
        self,
        place: Place,
        taken: Collection[str],
        create: Create,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(
            _tr("New folder"),
            _tr("Name"),
            _tr("It is made in {place}").format(place=visible(place.location)),
            _tr("Create folder"),
            partial(complaint, prefix=place.prefix, taken=frozenset(taken)),
            create,
            parent,
        )
        self.setObjectName("new_folder_dialog")

    @classmethod
    def ask(
        cls,
        place: Place,
        taken: Collection[str],
        create: Create,
        parent: QWidget | None = None,
    ) -> None:
        """Ask for a new folder and create it; `taken` are the folders' names that are there."""
        ask(cls(place, taken, create, parent))


def complaint(name: str, prefix: str = "", taken: Collection[str] = ()) -> str | None:
    """Return the rule for folder names that this one breaks, None if it is good."""
    if "/" in name:
        return _tr("A folder's name has no slash.")
    if name in (".", ".."):
        return _tr("No file system could restore a folder of this name.")
    if any(ord(sign) < 32 or ord(sign) == 127 for sign in name):
        return _tr("A folder's name has no control characters.")
    if len(f"{prefix}{name}/".encode()) > LONGEST:
        return _tr("With the folders above it the name is longer than 1,024 bytes.")
    if name in taken:
        return _tr("There is a folder of this name already.")
    return None
