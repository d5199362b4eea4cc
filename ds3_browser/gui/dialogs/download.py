"""The download form: where to, how much room there is, what becomes of files that are there."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QCoreApplication, QTimer
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from ds3_browser.gui import format
from ds3_browser.gui.dialogs.download_target import IN_THE_WAY, DownloadTarget
from ds3_browser.gui.dialogs.parts import (
    Figures,
    Names,
    button_row,
    default_button,
    fold_button,
    heading,
    other_button,
    priority_box,
    show_beside,
    show_fold,
    while_open,
)
from ds3_browser.gui.dialogs.upload import Stop
from ds3_browser.gui.job_options import Counted, DownloadOptions, Foresight
from ds3_browser.gui.names import visible
from ds3_browser.gui.places import Selection
from ds3_browser.gui.theme import Role
from ds3_browser.gui.views.fitting import grow
from ds3_browser.gui.views.labels import ElidedLabel
from ds3_browser.transfer.foresight import Coming
from ds3_browser.transfer.get import Existing

log = logging.getLogger(__name__)

_tr = partial(QCoreApplication.translate, "download")
_counted = partial(format.counted, "download")

ASK_AFTER_MS = 300

# (selection, on_count, on_error) -> what stops it
CountObjects = Callable[[Selection, Callable[[Counted], None], Callable[[Exception], None]], Stop]
# (selection, target, on_foresight, on_error) -> what stops it
LookAtTarget = Callable[
    [Selection, str, Callable[[Foresight], None], Callable[[Exception], None]], Stop
]
# (folder, on_result: bytes free, None where the folder cannot be written)
FreeSpace = Callable[[str, Callable[[int | None], None]], None]


class DownloadDialog(QDialog):
    """Accepted with `target()` and `options()`."""

    def __init__(
        self,
        selection: Selection,
        default_name: str,
        folder: str,
        count: CountObjects,
        free_space: FreeSpace,
        parent: QWidget | None = None,
        existing: Existing = Existing.KEEP_BOTH,
        look_at_target: LookAtTarget | None = None,
    ) -> None:
        """`existing` is what is chosen at first for files that are there."""
        super().__init__(parent)
        self.setObjectName("download_dialog")
        self.setWindowTitle(_tr("Download"))
        self._selection = selection
        self._default_name = default_name
        self._free_space = free_space
        self._look_at_target = look_at_target
        self._stop_looking: Stop | None = None
        self._foresight: Foresight | None = None
        self._counted = Counted()
        self._free: int | None = None
        self._looked_at: str | None = None
        self._build(folder)
        self._existing.setCurrentIndex(self._existing.findData(existing))
        self._stop: Stop | None = count(selection, self._show_count, self._fail)
        self._look()

    @classmethod
    def ask(
        cls,
        selection: Selection,
        default_name: str,
        folder: str,
        count: CountObjects,
        free_space: FreeSpace,
        on_wanted: Callable[[str, DownloadOptions], None],
        parent: QWidget | None = None,
        existing: Existing = Existing.KEEP_BOTH,
        look_at_target: LookAtTarget | None = None,
    ) -> None:
        """Ask, beside the window; `on_wanted` is told folder and options."""
        dialog = cls(
            *(selection, default_name, folder, count, free_space, parent, existing),
            look_at_target=look_at_target,
        )
        dialog.accepted.connect(lambda: on_wanted(dialog.target(), dialog.options()))
        show_beside(dialog)

    def target(self) -> str:
        return self._folder.text().strip()

    def options(self) -> DownloadOptions:
        return DownloadOptions(
            name=self._name.text().strip() or self._default_name,
            priority=self._priority.currentData(),
            existing=self._existing.currentData(),
        )

    def _build(self, folder: str) -> None:
        self._facts = Figures((("objects", _tr("objects")), ("size", _tr("in all"))), self)
        self._status = ElidedLabel(self, 12, role=Role.SECONDARY)
        self._status.setObjectName("count_status")
        self._room = ElidedLabel(self, 12, role=Role.SECONDARY)
        self._room.setObjectName("free_space")
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 16)
        column.setSpacing(12)
        title = _tr("Download from {place}").format(place=visible(self._selection.place.location))
        column.addWidget(heading(self, title))
        column.addWidget(Names(_chosen(self._selection), self))
        column.addWidget(self._facts)
        column.addWidget(self._status)
        column.addLayout(self._build_form(folder))
        self._target = DownloadTarget(self._selection.place.prefix, self)
        self._existing.currentIndexChanged.connect(self._choose_existing)
        column.addWidget(self._target, 1)
        column.addWidget(self._build_fold())
        column.addWidget(self._build_more())
        column.addStretch(1)
        column.addLayout(self._build_buttons())
        self.setMinimumWidth(620)
        self._folder.setFocus()

    def _build_form(self, folder: str) -> QFormLayout:
        self._folder = QLineEdit(folder, self)
        self._folder.setObjectName("target_folder")
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(ASK_AFTER_MS)
        self._pause.timeout.connect(self._look)
        self._folder.textChanged.connect(self._edit)
        browse = other_button(self, "choose_folder", _tr("Choose…"))
        browse.clicked.connect(self._browse)
        self._existing = QComboBox(self)
        self._existing.setObjectName("existing")
        self._existing.addItem(_tr("Keep both"), Existing.KEEP_BOTH)
        self._existing.addItem(_tr("Skip if size and checksum match"), Existing.SKIP_SAME)
        self._existing.addItem(_tr("Skip"), Existing.SKIP)
        self._existing.addItem(_tr("Replace"), Existing.REPLACE)
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addWidget(self._folder, 1)
        line.addWidget(browse)
        form = QFormLayout()
        form.setVerticalSpacing(8)
        label = QLabel(_tr("&Save to:"), self)
        label.setBuddy(self._folder)
        form.addRow(label, line)
        form.addRow("", self._room)
        form.addRow(_tr("&Existing files:"), self._existing)
        return form

    def _build_fold(self) -> QWidget:
        self._fold = fold_button(self)
        self._fold.toggled.connect(self._show_more)
        return self._fold

    def _build_more(self) -> QWidget:
        self._more = QWidget(self)
        self._name = QLineEdit(self._default_name, self._more)
        self._name.setObjectName("job_name")
        self._priority = priority_box(self._more)
        form = QFormLayout(self._more)
        form.setContentsMargins(0, 0, 0, 0)
        form.addRow(_tr("Job &name:"), self._name)
        form.addRow(_tr("&Priority:"), self._priority)
        self._more.hide()
        return self._more

    def _build_buttons(self) -> QHBoxLayout:
        self._download = default_button(self, "download_button", _tr("Download"))
        self._download.clicked.connect(self.accept)
        cancel = other_button(self, "cancel_button", _tr("Cancel"))
        cancel.clicked.connect(self.reject)
        return button_row(cancel, self._download)

    def _show_more(self, shown: bool) -> None:
        show_fold(self._fold, shown)
        self._more.setVisible(shown)

    def _show_count(self, counted: Counted) -> None:
        self._counted = counted
        self._facts.show_figure("objects", format.count(counted.objects))
        self._facts.show_figure("size", format.size(counted.size))
        so_far = _tr("Counting, {n} so far").format(n=format.count(counted.objects))
        self._say(Role.SECONDARY, "" if counted.finished else so_far)
        self._show_button()
        self._show_room()

    def _fail(self, error: Exception) -> None:
        """What cannot be counted may still be asked for: the job lists it again."""
        self._say(Role.ERROR, _tr("The folder cannot be counted."))

    def _say(self, role: Role, text: str) -> None:
        self._status.set_role(role)
        self._status.setText(text)
        self._status.setVisible(bool(text))

    def _edit(self) -> None:
        self._looked_at = None
        self._forget_target()
        self._room.setText("")
        self._show_button()
        self._pause.start()

    def _look(self) -> None:
        folder = self.target()
        if folder:
            self._free_space(folder, while_open(self, partial(self._show_free, folder)))

    def _show_free(self, folder: str, free: int | None) -> None:
        if folder != self.target():
            return
        self._looked_at, self._free = folder, free
        self._show_room()
        self._show_button()
        self._forget_target()
        if free is not None and self._look_at_target is not None:
            try:
                self._stop_looking = self._look_at_target(
                    self._selection, folder, self._show_foresight, self._not_foreseen
                )
            except LookupError as error:  # the session was left meanwhile
                self._not_foreseen(error)

    def _show_foresight(self, foresight: Foresight) -> None:
        self._foresight = foresight
        self._target.show_foresight(foresight)
        self._show_room()
        self._show_button()
        grow(self)

    def _not_foreseen(self, error: Exception) -> None:
        """The job looks at each file itself."""
        log.info("what is at the target cannot be foreseen: %s", error)

    def _forget_target(self) -> None:
        if self._stop_looking is not None:
            self._stop_looking()
            self._stop_looking = None
        self._foresight = None
        self._target.forget()

    def _choose_existing(self) -> None:
        self._target.choose(self._existing.currentData())
        self._show_room()
        self._show_button()

    def _needed(self) -> int:
        """Bytes that will be written: all, but for files that are there and skipped."""
        foresight = self._foresight
        if foresight is None or self._existing.currentData() is not Existing.SKIP:
            return self._counted.size
        return max(0, self._counted.size - foresight.existing)

    def _to_fetch(self) -> int:
        """How many objects will be fetched, as far as that is known before."""
        foresight = self._foresight
        if foresight is None or not foresight.finished:
            return self._counted.objects
        out = foresight.of(*IN_THE_WAY)
        if self._existing.currentData() is Existing.SKIP:
            out += foresight.of(Coming.EXISTS)
        return self._counted.objects - out

    def _show_room(self) -> None:
        if self._looked_at is None:
            return
        if self._free is None:
            self._room.set_role(Role.ERROR)
            self._room.setText(_tr("Cannot write to {folder}").format(folder=self._looked_at))
            return
        needed = self._needed()
        short = needed > self._free
        self._room.set_role(Role.WARNING if short else Role.SECONDARY)
        free = format.size(self._free)
        if short:
            words = _tr("{free} free, {needed} needed. The job waits when the disk is full.")
        elif self._counted.finished:
            words = _tr("{free} free, {left} afterwards")
        else:
            words = _tr("{free} free")
        left = format.size(max(0, self._free - needed))
        self._room.setText(words.format(free=free, needed=format.size(needed), left=left))

    def _show_button(self) -> None:
        nothing = self._counted.finished and not self._counted.objects
        writable = self._looked_at is None or self._free is not None
        self._download.setEnabled(bool(self.target()) and not nothing and writable)
        self._download.setText(_button(self._to_fetch() if self._counted.finished else 0))

    def _browse(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, _tr("Save to"), self.target())
        if folder:
            self._folder.setText(folder)

    def done(self, result: int) -> None:
        if self._stop is not None:
            self._stop()
            self._stop = None
        self._forget_target()
        super().done(result)


def _button(objects: int) -> str:
    if objects < 1:
        return _tr("Download")
    return _counted("Download {n} objects", objects)


def _chosen(selection: Selection) -> list[str]:
    """Return the names as the folder shows them."""
    return [name.removeprefix(selection.place.prefix) for name in selection.names]
