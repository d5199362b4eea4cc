"""The form for a part of one object: which bytes, or which percentage, and the file they go to."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QFormLayout,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from ds3_browser.gui import format
from ds3_browser.gui.dialogs.form import Form
from ds3_browser.gui.dialogs.parts import (
    button_row,
    default_button,
    heading,
    other_button,
    priority_box,
    set_body,
    show_beside,
)
from ds3_browser.gui.job_options import DownloadOptions
from ds3_browser.gui.names import visible
from ds3_browser.gui.theme import Role
from ds3_browser.gui.views.fitting import lettered
from ds3_browser.gui.views.labels import ElidedLabel
from ds3_browser.gui.views.menu_style import QuietLetters
from ds3_browser.transfer.extracts import Extract
from ds3_browser.transfer.get import Existing
from ds3_browser.transfer.plan import safe_parts

_tr = partial(QCoreApplication.translate, "part")

_BETWEEN_DIGITS = re.compile(r"[\s.,'’_\u00a0\u202f]")
_PERCENT = re.compile(r"(\d{1,3})(?:[.,](\d{1,6}))?\s*%?")

OnWanted = Callable[[str, Extract, DownloadOptions], None]


class PartDialog(Form):
    """Accepted with `target()`, `extract()` and `options()`."""

    def __init__(
        self,
        name: str,
        size: int | None,
        folder: str,
        existing: Existing = Existing.KEEP_BOTH,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("part_dialog")
        self.setWindowTitle(_tr("Download part"))
        self._name = name
        self._size = size
        self._renamed = False  # the file's name was typed
        self._build(folder)
        QuietLetters(self)
        self._existing.setCurrentIndex(self._existing.findData(existing))
        self._follow()

    @classmethod
    def ask(
        cls,
        name: str,
        size: int | None,
        folder: str,
        existing: Existing,
        on_wanted: OnWanted,
        parent: QWidget | None = None,
    ) -> PartDialog:
        """Ask, beside the window; `on_wanted` is told the folder, the part and the options."""
        dialog = cls(name, size, folder, existing, parent)

        def accepted() -> None:
            if (wanted := dialog.extract()) is not None:
                on_wanted(dialog.target(), wanted, dialog.options())

        dialog.accepted.connect(accepted)
        show_beside(dialog)
        return dialog

    def target(self) -> str:
        return self._folder.text().strip()

    def extract(self) -> Extract | None:
        """The part that is asked for; None while there is none."""
        span = self._span()
        if isinstance(span, str):
            return None
        begin, end = span
        return Extract(self._name, begin, end - begin, self._file.text().strip())

    def options(self) -> DownloadOptions:
        return DownloadOptions(
            name=self._file.text().strip(),
            priority=self._priority.currentData(),
            existing=self._existing.currentData(),
        )

    # --- building

    def _build(self, folder: str) -> None:
        column = QVBoxLayout()
        column.setSpacing(12)
        last = self._name.rpartition("/")[2]
        column.addWidget(heading(self, _tr("Download part of {name}").format(name=visible(last))))
        size = ElidedLabel(self, 12, role=Role.SECONDARY)
        size.setObjectName("part_size")
        size.setText(self._size_words())
        column.addWidget(size)
        column.addLayout(self._build_range())
        self._told = ElidedLabel(self, 12)
        self._told.setObjectName("part_told")
        column.addWidget(self._told)
        column.addLayout(self._build_form(folder))
        note = QLabel(
            _tr(
                "The appliance has no checksum of a part: its length is checked, but nothing proves"
                " all of its bytes."
            ),
            self,
        )
        note.setObjectName("part_note")
        note.setWordWrap(True)
        column.addWidget(note)
        column.addStretch(1)
        cancel = other_button(self, "cancel_button", _tr("Cancel"))
        cancel.clicked.connect(self.reject)
        self._download = default_button(self, "download_button", _tr("Download part"))
        self._download.clicked.connect(self.accept)
        set_body(self, column, button_row(cancel, self._download))
        self.setMinimumWidth(lettered(self, 600).width())
        self._first.setFocus()
        self._first.selectAll()

    def _build_range(self) -> QGridLayout:
        self.by_bytes = QRadioButton(_tr("&Bytes"), self)
        self.by_bytes.setObjectName("part_by_bytes")
        self.by_percent = QRadioButton(_tr("Per&cent"), self)
        self.by_percent.setObjectName("part_by_percent")
        self.by_bytes.setChecked(True)
        size = self._size or 0
        self._first = self._number("part_first", "0", _tr("First byte, counted from 0"))
        self._last = self._number("part_last", str(max(0, size - 1)), _tr("Last byte"))
        self._from = self._number("part_from", "0", _tr("From percent"))
        self._to = self._number("part_to", "10", _tr("To percent"))
        grid = QGridLayout()
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(8)
        for row, (choice, begin, word, end, unit) in enumerate(
            (
                (self.by_bytes, self._first, _tr("to"), self._last, _tr("counted from 0")),
                (self.by_percent, self._from, _tr("to"), self._to, "%"),
            )
        ):
            grid.addWidget(choice, row, 0)
            grid.addWidget(begin, row, 1)
            grid.addWidget(QLabel(word, self), row, 2)
            grid.addWidget(end, row, 3)
            grid.addWidget(QLabel(unit, self), row, 4)
        grid.setColumnStretch(1, 1)
        grid.setColumnStretch(3, 1)
        self.by_bytes.toggled.connect(self._follow)
        return grid

    def _number(self, name: str, text: str, words: str) -> QLineEdit:
        field = QLineEdit(text, self)
        field.setObjectName(name)
        field.setAccessibleName(words)
        field.textEdited.connect(partial(self._edited, name))
        return field

    def _build_form(self, folder: str) -> QFormLayout:
        self._folder = QLineEdit(folder, self)
        self._folder.setObjectName("target_folder")
        self._folder.textChanged.connect(self._follow)
        browse = other_button(self, "choose_folder", _tr("Choose…"))
        browse.clicked.connect(self._browse)
        self._file = QLineEdit(self)
        self._file.setObjectName("part_file")
        self._file.textEdited.connect(self._rename)
        self._existing = QComboBox(self)
        self._existing.setObjectName("existing")
        self._existing.addItem(_tr("Keep both"), Existing.KEEP_BOTH)
        self._existing.addItem(_tr("Skip if it has the same bytes"), Existing.SKIP_SAME)
        self._existing.addItem(_tr("Skip"), Existing.SKIP)
        self._existing.addItem(_tr("Replace"), Existing.REPLACE)
        self._existing.addItem(_tr("Ask"), Existing.ASK)
        self._priority = priority_box(self)
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addWidget(self._folder, 1)
        line.addWidget(browse)
        form = QFormLayout()
        form.setVerticalSpacing(8)
        label = QLabel(_tr("&Save to"), self)
        label.setBuddy(self._folder)
        form.addRow(label, line)
        form.addRow(_tr("&File name"), self._file)
        form.addRow(_tr("&Existing file"), self._existing)
        form.addRow(_tr("&Priority"), self._priority)
        return form

    def _browse(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, _tr("Save to"), self.target())
        if folder:
            self._folder.setText(folder)

    # --- what is asked for

    def _edited(self, name: str, _text: str) -> None:
        (self.by_bytes if name in ("part_first", "part_last") else self.by_percent).setChecked(True)
        self._follow()

    def _rename(self, text: str) -> None:
        self._renamed = bool(text.strip())
        self._follow()

    def _follow(self, *_ignored: object) -> None:
        """Tell what is asked for, or why nothing can be; name the file accordingly."""
        span = self._span()
        if not isinstance(span, str) and not self._renamed:
            self._file.setText(proposed(self._name, *span))
        trouble = span if isinstance(span, str) else self._trouble()
        self._told.set_role(Role.ERROR if trouble else Role.SECONDARY)
        self._told.setText(trouble or self._part_words())
        self._download.setEnabled(not trouble)

    def _trouble(self) -> str:
        """Why the part cannot be saved as it is asked for; empty where it can."""
        file = self._file.text().strip()
        if not self.target():
            return _tr("Choose a folder to save to.")
        if not file:
            return _tr("The file needs a name.")
        if safe_parts(file) != [file]:
            return _tr("No file here can have this name.")
        return ""

    def _span(self) -> tuple[int, int] | str:
        """Where the part begins and ends, or why there is none."""
        if self._size is None:
            return _tr("The object is still being uploaded, its size is not known.")
        if not self._size:
            return _tr("The object is empty, it has no part.")
        return self._bytes(self._size) if self.by_bytes.isChecked() else self._percent(self._size)

    def _bytes(self, size: int) -> tuple[int, int] | str:
        first, last = _whole_number(self._first.text()), _whole_number(self._last.text())
        if first is None or last is None:
            return _tr("Type two whole numbers, the first byte and the last.")
        if first > last:
            return _tr("The first byte comes after the last.")
        if last >= size:
            told = _tr("The object has {size} bytes: the last one is number {last}.")
            return told.format(size=format.count(size), last=format.count(size - 1))
        return first, last + 1

    def _percent(self, size: int) -> tuple[int, int] | str:
        begin, end = _share(self._from.text()), _share(self._to.text())
        if begin is None or end is None:
            return _tr("Type two percentages, from 0 to 100.")
        if begin >= end:
            return _tr("The part ends where it begins, or before.")
        first, behind = size * begin // _ALL, -(-size * end // _ALL)
        return first, max(behind, first + 1)

    def _size_words(self) -> str:
        if self._size is None:
            return ""
        return _tr("The object has {size} ({exact}).").format(
            size=format.size(self._size), exact=format.exact(self._size)
        )

    def _part_words(self) -> str:
        span = self._span()
        if isinstance(span, str):
            return ""
        begin, end = span
        return _tr("{size} ({exact}), from byte {first} to byte {last}").format(
            size=format.size(end - begin),
            exact=format.exact(end - begin),
            first=format.count(begin),
            last=format.count(end - 1),
        )


_ALL = 100_000_000  # of what percentages with six decimals are parts


def _whole_number(text: str) -> int | None:
    digits = _BETWEEN_DIGITS.sub("", text)
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 19 else None


def _share(text: str) -> int | None:
    """A percentage in millionths of a percent; None where it is none from 0 to 100."""
    found = _PERCENT.fullmatch(text.strip())
    if found is None:
        return None
    share = int(found[1]) * 1_000_000 + int((found[2] or "").ljust(6, "0"))
    return share if share <= _ALL else None


def proposed(name: str, begin: int, end: int) -> str:
    """The file's name for a part: `clip (bytes 0-99).mov`."""
    last = (safe_parts(name) or ["part"])[-1]
    stem, ending = os.path.splitext(last)
    return f"{stem} (bytes {begin}-{end - 1}){ending}"
