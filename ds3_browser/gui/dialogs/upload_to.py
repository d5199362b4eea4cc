"""Asks where files of this computer are to be uploaded to: session, bucket and folder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QComboBox, QFormLayout, QLineEdit, QVBoxLayout, QWidget

from ds3_browser.gui import format
from ds3_browser.gui.dialogs.form import Form
from ds3_browser.gui.dialogs.parts import (
    Names,
    button_row,
    default_button,
    heading,
    other_button,
    set_body,
    show_beside,
)
from ds3_browser.gui.places import Place
from ds3_browser.gui.views.fitting import lettered
from ds3_browser.gui.views.menu_style import QuietLetters

_tr = partial(QCoreApplication.translate, "upload_to")

WIDTH = 520

# Connected sessions: id, name, names of their buckets.
Sessions = Sequence[tuple[str, str, Sequence[str]]]


class UploadToDialog(Form):
    """`place()` is what was chosen; a folder that is not there yet comes with its first object."""

    def __init__(
        self, paths: Sequence[str], sessions: Sessions, at_first: Place, parent: QWidget | None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("upload_to_dialog")
        self.setWindowTitle(_tr("Upload to"))
        self._sessions = sessions
        self._build([path.rstrip("/").rpartition("/")[2] or path for path in paths])
        QuietLetters(self)
        self._choose(at_first)

    @classmethod
    def ask(
        cls,
        paths: Sequence[str],
        sessions: Sessions,
        at_first: Place,
        on_chosen: Callable[[Place], None],
        parent: QWidget | None = None,
    ) -> None:
        """Ask, beside the window; `on_chosen` is told the place."""
        dialog = cls(paths, sessions, at_first, parent)
        dialog.accepted.connect(lambda: on_chosen(dialog.place()))
        show_beside(dialog)

    def place(self) -> Place:
        folder = self._folder.text().strip().strip("/")
        prefix = f"{folder}/" if folder else ""
        return Place(self._session.currentData(), self._bucket.currentText(), prefix)

    def _build(self, names: Sequence[str]) -> None:
        self._session = QComboBox(self)
        self._session.setObjectName("upload_session")
        self._bucket = QComboBox(self)
        self._bucket.setObjectName("upload_bucket")
        self._folder = QLineEdit(self)
        self._folder.setObjectName("upload_folder")
        self._folder.setPlaceholderText(_tr("the bucket's top"))
        form = QFormLayout()
        form.setVerticalSpacing(8)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow(_tr("&Session"), self._session)
        form.addRow(_tr("&Bucket"), self._bucket)
        form.addRow(_tr("&Folder"), self._folder)
        number = format.count(len(names))
        words = _tr("Upload 1 item") if len(names) == 1 else _tr("Upload {n} items")
        self._upload = default_button(self, "upload_here", words.format(n=number))
        self._upload.clicked.connect(self.accept)
        cancel = other_button(self, "cancel", _tr("Cancel"))
        cancel.clicked.connect(self.reject)
        column = QVBoxLayout()
        column.setSpacing(12)
        column.addWidget(heading(self, _tr("Where shall it go?")))
        column.addWidget(Names(names, self))
        column.addLayout(form)
        column.addStretch(1)
        set_body(self, column, button_row(cancel, self._upload))
        self.setMinimumWidth(lettered(self, WIDTH).width())
        for id, name, _buckets in self._sessions:
            self._session.addItem(name, id)
        self._session.currentIndexChanged.connect(self._show_buckets)
        self._bucket.currentIndexChanged.connect(self._follow)
        self._folder.textChanged.connect(self._follow)

    def _choose(self, place: Place) -> None:
        """Begin where the user is."""
        self._session.setCurrentIndex(max(0, self._session.findData(place.session_id)))
        self._show_buckets()
        exactly = Qt.MatchFlag.MatchExactly | Qt.MatchFlag.MatchCaseSensitive
        at = self._bucket.findText(place.bucket or "", exactly)
        self._bucket.setCurrentIndex(max(0, at))
        self._folder.setText(place.prefix.rstrip("/") if at >= 0 else "")
        self._bucket.setFocus()

    def _show_buckets(self) -> None:
        self._bucket.clear()
        number = self._session.currentIndex()
        if number >= 0:
            self._bucket.addItems(list(self._sessions[number][2]))
        self._follow()

    def _follow(self) -> None:
        """A bucket is needed, and the button says where the upload would go."""
        there = bool(self._bucket.currentText())
        self._upload.setEnabled(there)
        self._upload.setToolTip(
            "" if there else _tr("This session has no bucket that you can see.")
        )
        place = self.place()
        self._upload.setAccessibleDescription(place.location if there else "")
