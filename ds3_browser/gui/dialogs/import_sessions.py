"""Sessions of Eon Browser to choose from, and what shall become of their keys."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from ds3_browser.gui import format
from ds3_browser.gui.dialogs.form import Form
from ds3_browser.gui.dialogs.parts import (
    ask,
    default_button,
    heading,
    other_button,
    set_body,
    while_open,
)
from ds3_browser.gui.eon_sessions import EonSession
from ds3_browser.gui.views.fitting import lettered
from ds3_browser.gui.views.labels import WrappedLabel

_tr = partial(QCoreApplication.translate, "import_sessions")
_counted = partial(format.counted, "import_sessions")

# (file, on_result, on_error): reads it in the background and tells how that ended
Read = Callable[
    [Path, Callable[[tuple[EonSession, ...]], None], Callable[[Exception], None]], object
]
Known = Collection[tuple[str, int, str]]  # (host, port, access id) of the sessions there are


@dataclass(frozen=True, slots=True)
class Answer:
    """What was chosen. `copy_keys` and then `remove_keys` say what becomes of the keys."""

    file: Path
    chosen: tuple[EonSession, ...]
    copy_keys: bool
    remove_keys: bool


class ImportDialog(Form):
    """Accepted with `answer()`. Without a keychain no keys are copied."""

    def __init__(
        self, file: Path, known: Known, keychain: bool, read: Read, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("import_dialog")
        self.setWindowTitle(_tr("Import sessions from Eon Browser"))
        self._file = file
        self._known = known
        self._keychain = keychain
        self._read_sessions = read
        self._found: tuple[EonSession, ...] = ()
        self._build()
        self._read(file)

    @classmethod
    def ask(
        cls,
        file: Path,
        known: Known,
        keychain: bool,
        read: Read,
        on_answer: Callable[[Answer], None],
        parent: QWidget | None = None,
    ) -> None:
        """Let sessions be chosen; `on_answer` is told what."""
        dialog = cls(file, known, keychain, read, parent)
        dialog.accepted.connect(lambda: on_answer(dialog.answer()))
        ask(dialog)

    def answer(self) -> Answer:
        chosen = tuple(one for row, one in enumerate(self._found) if self._is_chosen(row))
        copy = self._keychain and self._copy.isChecked()
        return Answer(self._file, chosen, copy, copy and self._remove.isChecked())

    def _build(self) -> None:
        self._where = WrappedLabel(self)
        self._where.setObjectName("eon_file")
        self._list = QListWidget(self)
        self._list.setObjectName("eon_sessions")
        self._list.setProperty("look", "boxed")
        self._list.setAccessibleName(_tr("Sessions of Eon Browser"))
        self._list.setMinimumHeight(160)
        self._list.itemChanged.connect(self._follow)
        clear = QLabel(_tr("Eon Browser keeps secret keys as clear text in this file."), self)
        clear.setWordWrap(True)
        self._asked = QLabel(
            _tr(
                "This computer has no keychain, so the keys are not copied; they are asked for at"
                " each start."
            ),
            self,
        )
        self._asked.setWordWrap(True)
        self._asked.setVisible(not self._keychain)
        self._copy = QCheckBox(_tr("Copy the keys to the system keychain"), self)
        self._copy.setObjectName("copy_keys")
        self._copy.setChecked(True)
        self._copy.toggled.connect(self._follow)
        self._remove = QCheckBox(
            _tr("Then remove them from Eon Browser's file (it will no longer have them)"), self
        )
        self._remove.setObjectName("remove_keys")
        for box in (self._copy, self._remove):
            box.setVisible(self._keychain)
        column = QVBoxLayout()
        column.setSpacing(12)
        column.addWidget(heading(self, _tr("Import sessions from Eon Browser")))
        column.addWidget(self._where)
        column.addWidget(self._list, 1)
        for widget in (clear, self._asked, self._copy, self._remove):
            column.addWidget(widget)
        set_body(self, column, self._build_buttons())
        self.setMinimumWidth(lettered(self, 560).width())

    def _build_buttons(self) -> QHBoxLayout:
        other = other_button(self, "choose_file", _tr("Choose file…"))
        other.clicked.connect(self._choose_file)
        cancel = other_button(self, "cancel", _tr("Cancel"))
        cancel.clicked.connect(self.reject)
        self._import = default_button(self, "import_button", _tr("Import"))
        self._import.clicked.connect(self.accept)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(other)
        row.addStretch(1)
        row.addWidget(cancel)
        row.addWidget(self._import)
        return row

    def _choose_file(self) -> None:
        file, _filter = QFileDialog.getOpenFileName(
            self,
            _tr("Choose Eon Browser's sessions"),
            str(self._file.parent),
            _tr("Sessions (*.json);;All files (*)"),
        )
        if file:
            self._read(Path(file))

    def _read(self, file: Path) -> None:
        self._file = file
        self._show(str(file), ())
        shown = while_open(self, partial(self._show, str(file)))
        self._read_sessions(file, shown, while_open(self, partial(self._fail, file)))

    def _fail(self, file: Path, error: Exception) -> None:
        if isinstance(error, FileNotFoundError):
            words = _tr("{file} is not there. Choose the file in which Eon Browser keeps sessions.")
            told = words.format(file=file)
        elif isinstance(error, OSError):
            told = _tr("{file}: {reason}").format(file=file, reason=error.strerror or _tr("no"))
        else:
            told = _tr("{file} holds no sessions of Eon Browser.").format(file=file)
        self._show(told, ())

    def _show(self, told: str, found: tuple[EonSession, ...]) -> None:
        self._found = found
        self._where.setText(told)
        self._list.clear()
        for one in self._found:
            self._list.addItem(self._item(one))
        self._follow()

    def _item(self, one: EonSession) -> QListWidgetItem:
        session = one.session
        known = (session.host, session.port, session.access_id) in self._known
        words = _tr("{name}: {address} as {access_id}").format(
            name=session.name, address=session.address, access_id=session.access_id
        )
        item = QListWidgetItem(_tr("{words}, already here").format(words=words) if known else words)
        item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
        item.setCheckState(Qt.CheckState.Unchecked if known else Qt.CheckState.Checked)
        return item

    def _is_chosen(self, row: int) -> bool:
        return self._list.item(row).checkState() is Qt.CheckState.Checked

    def _follow(self) -> None:
        count = sum(self._is_chosen(row) for row in range(self._list.count()))
        self._import.setEnabled(count > 0)
        self._import.setText(_counted("Import {n} sessions", count) if count else _tr("Import"))
        self._remove.setEnabled(self._copy.isChecked())
