"""The upload form: what was chosen, where it goes, how much it is, what is doubtful, the options.

It looks before it shows itself: where nothing is doubtful the upload begins without it. Files are
counted in the background by the callable that is given; nothing is read here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QCoreApplication, QTimer
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ds3_browser.gui import format
from ds3_browser.gui.dialogs.doubts import Doubts, doubts
from ds3_browser.gui.dialogs.parts import (
    Figures,
    Names,
    ask,
    button_row,
    default_button,
    fold_button,
    heading,
    other_button,
    priority_box,
    show_fold,
)
from ds3_browser.gui.dialogs.present import Present
from ds3_browser.gui.dialogs.questions import ask_first
from ds3_browser.gui.job_options import Counted, UploadDefaults, UploadOptions
from ds3_browser.gui.theme import Role
from ds3_browser.gui.views.labels import ElidedLabel
from ds3_browser.transfer.checks import Conflict
from ds3_browser.transfer.plan import WalkOptions

_tr = partial(QCoreApplication.translate, "upload")

SHOW_AFTER_MS = 600  # most counts are over by then

Stop = Callable[[], None]
# (paths, options, on_count, on_error) -> what stops it
CountFiles = Callable[
    [tuple[str, ...], WalkOptions, Callable[[Counted], None], Callable[[Exception], None]], Stop
]


class UploadDialog(QDialog):
    """Accepted with `options()`. `Upload` waits until the count has ended.

    Begun by `begin` it is accepted by itself when nothing was found that a person should see; it
    comes up when something was, when the count takes its time, or when it cannot be made.
    """

    def __init__(
        self,
        paths: Sequence[str],
        place: str,
        default_name: str,
        count: CountFiles,
        parent: QWidget | None = None,
        usual: UploadDefaults = UploadDefaults(),  # noqa: B008  # frozen
    ) -> None:
        super().__init__(parent)
        self.setObjectName("upload_dialog")
        self.setWindowTitle(_tr("Upload"))
        self._paths = tuple(paths)
        self._default_name = default_name
        self._usual = usual
        self._count = count
        self._counted = Counted()
        self._stop: Stop | None = None
        self._by_itself = False
        self._build(place)
        self._start_count()

    @classmethod
    def begin(
        cls,
        paths: Sequence[str],
        place: str,
        default_name: str,
        count: CountFiles,
        on_wanted: Callable[[UploadOptions], None],
        parent: QWidget | None = None,
        usual: UploadDefaults = UploadDefaults(),  # noqa: B008  # frozen
    ) -> None:
        """Look at what was chosen and ask where that is needed; `on_wanted` is told the options."""
        dialog = cls(paths, place, default_name, count, parent, usual)
        dialog._by_itself = True
        dialog.accepted.connect(lambda: on_wanted(dialog.options()))
        dialog.finished.connect(dialog.deleteLater)
        QTimer.singleShot(SHOW_AFTER_MS, dialog, dialog._come_up)

    @classmethod
    def ask(
        cls,
        paths: Sequence[str],
        place: str,
        default_name: str,
        count: CountFiles,
        on_wanted: Callable[[UploadOptions], None],
        parent: QWidget | None = None,
        usual: UploadDefaults = UploadDefaults(),  # noqa: B008  # frozen
    ) -> None:
        """Ask for the options even where nothing is doubtful; `on_wanted` is told them."""
        dialog = cls(paths, place, default_name, count, parent, usual)
        dialog.accepted.connect(lambda: on_wanted(dialog.options()))
        ask(dialog)

    def options(self) -> UploadOptions:
        listable = self._counted.listable
        return UploadOptions(
            name=self._name.text().strip() or self._default_name,
            priority=self._priority.currentData(),
            follow_links=bool(self._links.currentData()),
            file_attributes=self._attributes.isChecked(),
            skip_system_files=self._usual.skip_system_files,
            like_there=self._present.like() if listable else Conflict.SEND,
            unlike_there=self._present.unlike() if listable else Conflict.SEND,
        )

    def _build(self, place: str) -> None:
        self._facts = Figures(
            (("files", _tr("files")), ("folders", _tr("folders")), ("size", _tr("in all"))), self
        )
        self._status = ElidedLabel(self, 12, role=Role.SECONDARY)
        self._status.setObjectName("count_status")
        self._doubts = Doubts(self)
        self._present = Present(self, self._usual.like_there, self._usual.unlike_there)
        self._present.changed.connect(self._choose)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 16)
        column.setSpacing(12)
        column.addWidget(heading(self, _tr("Upload to {place}").format(place=place)))
        column.addWidget(Names(self._paths, self))
        column.addWidget(self._facts)
        column.addWidget(self._status)
        column.addWidget(self._doubts)
        column.addWidget(self._present)
        column.addLayout(self._build_links())
        column.addWidget(self._build_fold())
        column.addWidget(self._build_more())
        column.addStretch(1)
        column.addLayout(self._build_buttons())
        self.setMinimumWidth(520)

    def _build_links(self) -> QFormLayout:
        self._links = QComboBox(self)
        self._links.setObjectName("links")
        self._links.addItem(_tr("Skip"), False)
        self._links.addItem(_tr("Follow"), True)
        self._links.currentIndexChanged.connect(self._start_count)
        self._links.activated.connect(self._take_over)
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.FieldsStayAtSizeHint)
        form.addRow(_tr("&Links:"), self._links)
        self._attributes = QCheckBox(_tr("&Keep file times and owners"), self)
        self._attributes.setObjectName("file_attributes")
        self._attributes.setChecked(self._usual.file_attributes)
        self._attributes.clicked.connect(self._take_over)
        form.addRow("", self._attributes)
        return form

    def _build_fold(self) -> QToolButton:
        self._fold = fold_button(self)
        self._fold.toggled.connect(self._show_more)
        return self._fold

    def _build_more(self) -> QWidget:
        self._more = QWidget(self)
        self._name = QLineEdit(self._default_name, self._more)
        self._name.setObjectName("job_name")
        self._name.textEdited.connect(self._take_over)
        self._priority = priority_box(self._more)
        form = QFormLayout(self._more)
        form.setContentsMargins(0, 0, 0, 0)
        form.addRow(_tr("Job &name:"), self._name)
        form.addRow(_tr("&Priority:"), self._priority)
        self._more.hide()
        return self._more

    def _build_buttons(self) -> QHBoxLayout:
        self._upload = default_button(self, "upload_button", _tr("Upload"))
        self._upload.clicked.connect(self._go_on)
        cancel = other_button(self, "cancel_button", _tr("Cancel"))
        cancel.clicked.connect(self.reject)
        return button_row(cancel, self._upload)

    def _take_over(self) -> None:
        """Somebody is choosing: nothing begins by itself any more."""
        self._by_itself = False

    def _come_up(self) -> None:
        if self.result() != QDialog.DialogCode.Accepted:
            self.setModal(False)
            self.show()

    def _show_more(self, shown: bool) -> None:
        self._take_over()
        show_fold(self._fold, shown)
        self._more.setVisible(shown)

    def _start_count(self) -> None:
        """Count anew; what a count for other options still reports is not shown."""
        self._end_count()
        self._show(Counted())
        follow = bool(self._links.currentData())
        options = WalkOptions(follow, True, self._usual.skip_system_files)
        self._stop = self._count(self._paths, options, self._show, self._fail)

    def _end_count(self) -> None:
        if self._stop is not None:
            self._stop()
            self._stop = None

    def _show(self, counted: Counted) -> None:
        self._facts.show_figure("files", format.count(counted.files))
        self._facts.show_figure("folders", format.count(counted.folders))
        self._facts.show_figure("size", format.size(counted.size))
        self._counted = counted
        self._present.show_counted(counted if counted.finished else Counted())
        self._show_button()
        self._say(Role.SECONDARY, self._status_text(counted))
        self._doubts.show_doubts(doubts(counted) if counted.finished else ())
        if counted.finished and self._by_itself:
            if counted.doubtful:
                self._come_up()
            else:
                self.accept()

    def _show_button(self) -> None:
        reason = self._reason()
        self._upload.setEnabled(not reason)
        self._upload.setToolTip(reason)
        self._upload.setText(self._button())

    def _choose(self) -> None:
        self._take_over()
        self._show_button()

    def _go_on(self) -> None:
        """Upload; ask before something is deleted for it."""
        deleted = self._present.deleted()
        if not deleted:
            self.accept()
            return
        number = format.count(deleted)
        one = deleted == 1
        ask_first(
            self,
            _tr("Delete and upload"),
            _tr("Delete 1 object, and upload its file then?")
            if one
            else _tr("Delete {n} objects, and upload their files then?").format(n=number),
            _tr("Nobody can read what is deleted until the new object is in cache."),
            _tr("Delete and upload"),
            self.accept,
        )

    def _reason(self) -> str:
        """Why the upload cannot begin; empty where it can."""
        counted, undecided = self._counted, self._present.undecided()
        if not counted.finished:
            return _tr("The files are still being counted.")
        if not counted.objects:
            return _tr("There is nothing here to upload.")
        if undecided:
            one = _tr("1 file needs a choice.")
            return (
                one
                if undecided == 1
                else _tr("{n} files need a choice.").format(n=format.count(undecided))
            )
        return "" if self._to_send() else _tr("All of it is left out.")

    def _to_send(self) -> int:
        return self._counted.objects - self._present.left_out()

    def _button(self) -> str:
        number = self._to_send()
        if not self._counted.finished or number < 1:
            return _tr("Upload")
        if number == 1:
            return _tr("Upload 1 object")
        return _tr("Upload {n} objects").format(n=format.count(number))

    def _status_text(self, counted: Counted) -> str:
        if counted.finished:
            return "" if counted.objects else _tr("There is nothing here to upload.")
        text = _tr("Counting, {n} so far").format(n=format.count(counted.files))
        if not self._by_itself:
            return text
        return _tr("{counting}. It begins by itself if nothing is doubtful.").format(counting=text)

    def _fail(self, error: Exception) -> None:
        self._say(Role.ERROR, _tr("The files cannot be counted: {reason}").format(reason=error))
        if self._by_itself:
            self._come_up()

    def _say(self, role: Role, text: str) -> None:
        self._status.set_role(role)
        self._status.setText(text)
        self._status.setVisible(bool(text))

    def done(self, result: int) -> None:
        self._end_count()
        super().done(result)
