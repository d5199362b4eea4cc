"""The upload form: what was chosen, where it goes, how much it is, what each check found, options.

It looks before it shows itself: where nothing is doubtful the upload begins without it. Files are
looked at in the background by the callables that are given; nothing is read here.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QSize, QTimer
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QCheckBox,
    QDialog,
    QFileDialog,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ds3_browser.gui import format
from ds3_browser.gui.dialogs.checks_pane import ChecksPane
from ds3_browser.gui.dialogs.doubts import Doubts, doubts
from ds3_browser.gui.dialogs.form import Form
from ds3_browser.gui.dialogs.parts import (
    Figures,
    FoldButton,
    ask,
    default_button,
    heading,
    other_button,
    priority_box,
    while_open,
)
from ds3_browser.gui.dialogs.questions import ask_first
from ds3_browser.gui.fact_words import checksum_word
from ds3_browser.gui.job_options import (
    BucketPolicy,
    Compared,
    Counted,
    UploadDefaults,
    UploadOptions,
    Written,
)
from ds3_browser.gui.names import visible
from ds3_browser.gui.placement_words import tape_type
from ds3_browser.gui.theme import Role
from ds3_browser.gui.upload_choices import UploadChoices
from ds3_browser.gui.views.labels import ElidedLabel
from ds3_browser.gui.views.menu_style import QuietLetters
from ds3_browser.transfer.checks import Found
from ds3_browser.transfer.inspection import Inspection
from ds3_browser.transfer.specs import MAX_OBJECTS_PER_JOB
from ds3_browser.transfer.tape_need import TapeCopy, tapes_needed

_tr = partial(QCoreApplication.translate, "upload")
_counted = partial(format.counted, "upload")

SHOW_AFTER_MS = 600  # most counts are over by then
SIZE = QSize(1080, 720)
MOST_NAMED = 6
MARGIN = 40  # what stays free of a small screen

Stop = Callable[[], None]
OnError = Callable[[Exception], None]
# (paths, how, on_count, on_error) -> what stops it
CountFiles = Callable[[tuple[str, ...], Inspection, Callable[[Counted], None], OnError], Stop]
# (rows, on_progress, on_error) -> what stops it
CompareFiles = Callable[[Sequence[Found], Callable[[Compared], None], OnError], Stop]
# (paths, choices, file, on_progress, on_error) -> what stops it
WriteReport = Callable[
    [tuple[str, ...], UploadChoices, Path, Callable[[Written], None], OnError], Stop
]


@dataclass(frozen=True, slots=True)
class UploadCalls:
    """What is done in the background for the form. What is None is not offered."""

    count: CountFiles
    compare: CompareFiles | None = None
    write_report: WriteReport | None = None
    ask_policy: Callable[[Callable[[BucketPolicy | None], None]], object] | None = None


class UploadDialog(Form):
    """Accepted with `options()`. `Upload` waits until the count has ended.

    Begun by `begin` it is accepted by itself when nothing was found that a person should see; it
    comes up when something was, when the count takes its time, or when it cannot be made.
    """

    def __init__(
        self,
        paths: Sequence[str],
        place: str,
        default_name: str,
        calls: UploadCalls,
        parent: QWidget | None = None,
        usual: UploadDefaults = UploadDefaults(),  # noqa: B008  # frozen
        prefix: str = "",
        objects_per_job: int = MAX_OBJECTS_PER_JOB,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("upload_dialog")
        self.setWindowTitle(_tr("Upload"))
        self._paths = tuple(paths)
        self._default_name = default_name
        self._calls = calls
        self._objects_per_job = objects_per_job
        self._choices = UploadChoices(usual)
        self._counted = Counted()
        self._stop: Stop | None = None
        self._stop_other: Stop | None = None  # of what compares or writes
        self._by_itself = False
        self._asked_policy = False
        self._tape_copies: tuple[TapeCopy, ...] | None = None
        self._looked = False  # once to the end
        self._untouched = True  # nothing is shown yet
        self._build(place, prefix, usual)
        QuietLetters(self)
        self._start_count()

    @classmethod
    def begin(
        cls,
        paths: Sequence[str],
        place: str,
        default_name: str,
        calls: UploadCalls,
        on_wanted: Callable[[UploadOptions], None],
        parent: QWidget | None = None,
        usual: UploadDefaults = UploadDefaults(),  # noqa: B008  # frozen
        prefix: str = "",
        objects_per_job: int = MAX_OBJECTS_PER_JOB,
    ) -> UploadDialog:
        """Look at what was chosen and ask where that is needed; `on_wanted` is told the options."""
        dialog = cls(paths, place, default_name, calls, parent, usual, prefix, objects_per_job)
        dialog._by_itself = True
        dialog.accepted.connect(lambda: on_wanted(dialog.options()))
        dialog.finished.connect(dialog.deleteLater)
        QTimer.singleShot(SHOW_AFTER_MS, dialog, dialog._come_up)
        return dialog

    @classmethod
    def ask(
        cls,
        paths: Sequence[str],
        place: str,
        default_name: str,
        calls: UploadCalls,
        on_wanted: Callable[[UploadOptions], None],
        parent: QWidget | None = None,
        usual: UploadDefaults = UploadDefaults(),  # noqa: B008  # frozen
        prefix: str = "",
        objects_per_job: int = MAX_OBJECTS_PER_JOB,
    ) -> UploadDialog:
        """Ask for the options even where nothing is doubtful; `on_wanted` is told them."""
        dialog = cls(paths, place, default_name, calls, parent, usual, prefix, objects_per_job)
        dialog.accepted.connect(lambda: on_wanted(dialog.options()))
        ask(dialog)
        return dialog

    def options(self) -> UploadOptions:
        plain = UploadOptions(
            name=self._name.text().strip() or self._default_name,
            priority=self._priority.currentData(),
            file_attributes=self._attributes.isChecked(),
            verify=self._verify.isEnabled() and self._verify.isChecked(),
        )
        return self._choices.options(self._counted, plain)

    # -- building -------------------------------------------------------------------------------

    def _build(self, place: str, prefix: str, usual: UploadDefaults) -> None:
        self._facts = Figures(
            (
                ("files", _counted("files", 0)),
                ("size", _tr("in all")),
                ("folders", _counted("empty folders", 0)),
                ("jobs", self._jobs_words()),
                ("copies", _tr("by the data policy")),
                ("tapes", _tr("all copies")),
            ),
            self,
        )
        self._status = ElidedLabel(self, 12, role=Role.SECONDARY)
        self._status.setObjectName("count_status")
        self._told = ElidedLabel(self, 12, role=Role.SECONDARY)
        self._told.setObjectName("told")
        self._doubts = Doubts(self)
        self._checks = ChecksPane(self._choices, prefix, self)
        self._checks.changed.connect(self._choose)
        self._checks.look_wanted.connect(self._look_again)
        self._checks.compare_wanted.connect(self._compare)
        chosen = ElidedLabel(self, 12, role=Role.SECONDARY)
        chosen.setText(", ".join(map(visible, self._paths[:MOST_NAMED])))
        body = QVBoxLayout()
        body.setContentsMargins(24, 18, 24, 12)
        body.setSpacing(10)
        body.addWidget(heading(self, _tr("Upload to {place}").format(place=visible(place))))
        body.addWidget(chosen)
        body.addWidget(self._facts)
        body.addWidget(self._status)
        body.addWidget(self._doubts)
        body.addWidget(self._checks, 1)
        line = QHBoxLayout()
        line.setSpacing(12)
        line.addWidget(self._build_fold())
        line.addWidget(self._told, 1)
        body.addLayout(line)
        body.addWidget(self._build_more())
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(body, 1)
        column.addWidget(self._build_foot(usual))
        self.setMinimumSize(760, 420)
        self._fit()

    def _fit(self) -> None:
        """As large as it likes to be, if the window it is shown before is that large."""
        parent = self.parentWidget()
        size = SIZE
        if parent is not None:
            room = parent.window().size() - QSize(MARGIN, MARGIN)
            size = size.boundedTo(room.expandedTo(self.minimumSize()))
        self.resize(size)

    def _jobs_words(self) -> str:
        limit = format.count(self._objects_per_job)
        return _tr("limit {n} objects").format(n=limit)

    def _build_fold(self) -> QToolButton:
        self._fold = FoldButton(self)
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
        form.addRow(_tr("Job &name"), self._name)
        form.addRow(_tr("&Priority"), self._priority)
        self._verify = QCheckBox(_tr("&Verify after write"), self._more)
        self._verify.setObjectName("verify_after_write")
        self._verify.setToolTip(
            _tr("The appliance reads every copy back once it is written, and checks it.")
        )
        self._verify.clicked.connect(self._take_over)
        form.addRow("", self._verify)
        self._more.hide()
        return self._more

    def _build_foot(self, usual: UploadDefaults) -> QWidget:
        foot = QFrame(self)
        foot.setProperty("look", "foot")
        self._save = other_button(foot, "save_report", _tr("&Save report…"))
        self._save.setToolTip(_tr("A list of every file and what will be done with it, as CSV"))
        self._save.setVisible(self._calls.write_report is not None)
        self._save.clicked.connect(self._choose_file)
        self._attributes = QCheckBox(_tr("&Keep file times and owners"), foot)
        self._attributes.setObjectName("file_attributes")
        self._attributes.setChecked(usual.file_attributes)
        self._attributes.clicked.connect(self._take_over)
        self._checksums = QCheckBox(foot)
        self._checksums.setObjectName("checksums")
        self._checksums.setChecked(True)
        self._checksums.setEnabled(False)
        self._checksums.setToolTip(_tr("Every blob is sent with its checksum, always."))
        self._checksums.hide()
        self._upload = default_button(foot, "upload_button", _tr("Upload"))
        self._upload.clicked.connect(self._go_on)
        cancel = other_button(foot, "cancel_button", _tr("Cancel"))
        cancel.clicked.connect(self.reject)
        row = QHBoxLayout(foot)
        row.setContentsMargins(24, 12, 24, 12)
        row.setSpacing(12)
        row.addWidget(self._save)
        self._boxes = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._boxes.setSpacing(12)
        self._boxes.addWidget(self._attributes)
        self._boxes.addWidget(self._checksums)
        row.addLayout(self._boxes)
        row.addStretch(1)
        row.addWidget(cancel)
        row.addWidget(self._upload)
        self._upload.ensurePolished()
        self._foot = row
        return foot

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._lay_foot()

    def _lay_foot(self) -> None:
        """Where the foot is too narrow for its words its boxes stand one below the other."""
        way = QBoxLayout.Direction
        self._boxes.setDirection(way.LeftToRight)
        if self._foot.sizeHint().width() > self.width():
            self._boxes.setDirection(way.TopToBottom)

    def showEvent(self, event: QShowEvent) -> None:
        """Nobody asks for the data policy of an upload that begins by itself."""
        super().showEvent(event)
        if self._calls.ask_policy is not None and not self._asked_policy:
            self._asked_policy = True
            with contextlib.suppress(LookupError):  # the session was left meanwhile
                self._calls.ask_policy(while_open(self, self._show_policy))

    def _show_policy(self, policy: BucketPolicy | None) -> None:
        if policy is None:
            return
        if policy.copies is not None:
            one = policy.copies == 1
            words = _tr("1 copy") if one else _tr("{n} copies").format(n=policy.copies)
            self._facts.show_figure("copies", words)
        self._facts.show_words("copies", _tr("policy {name}").format(name=policy.name))
        self._tape_copies = policy.tape_copies
        self._show_tapes()
        kind = checksum_word(policy.checksum_type)
        self._checksums.setText(_tr("{type} with each blob").format(type=kind))
        self._checksums.setVisible(bool(kind))
        self._lay_foot()
        if policy.verifies:
            self._verify.setChecked(True)
            self._verify.setEnabled(False)
            asks = _tr("The data policy {name} asks for it.").format(name=policy.name)
            self._verify.setToolTip(asks)
        elif not policy.may_verify:
            self._verify.setChecked(False)
            self._verify.setEnabled(False)
            self._verify.setToolTip(_tr("This appliance's release cannot: 3.4 or newer does."))

    def _show_tapes(self) -> None:
        """An estimate; absent where nothing goes to tape, or nothing is known of the tapes."""
        copies = self._tape_copies or ()
        self._facts.show_part("tapes", bool(copies))
        number = tapes_needed(self._counted.size, copies)
        self._facts.show_figure("tapes", _counted("≈ {n} tapes", number))
        types = sorted({tape_type(copy.type) for copy in copies if copy.type})
        if types:
            words = _tr("{types}, all copies").format(types=", ".join(types))
            self._facts.show_words("tapes", words)

    # -- looking --------------------------------------------------------------------------------

    def _take_over(self) -> None:
        """Somebody is choosing: nothing begins by itself any more."""
        self._by_itself = False

    def _come_up(self) -> None:
        if self.result() != QDialog.DialogCode.Accepted:
            self.setModal(False)
            self.show()

    def _show_more(self, shown: bool) -> None:
        self._take_over()
        self._more.setVisible(shown)

    def _look_again(self) -> None:
        self._take_over()
        self._start_count()

    def _start_count(self) -> None:
        """Count anew; what a count for other options still reports is not shown."""
        self._end_count()
        self._show_figures(Counted())
        try:
            self._stop = self._calls.count(
                self._paths, self._choices.inspection(), self._show, self._fail
            )
        except LookupError as error:  # the session was left meanwhile
            if not self._looked:
                raise
            self._fail(error)

    def _end_count(self) -> None:
        if self._stop is not None:
            self._stop()
            self._stop = None

    def _show(self, counted: Counted) -> None:
        self._show_figures(counted)
        if not counted.finished:
            return
        self._looked = True
        self._choices.take(counted)
        self._checks.show_counted(counted)
        self._doubts.show_doubts(doubts(counted))
        self._show_button()
        if self._untouched:
            self._checks.begin_with()
            self._untouched = False
        if self._by_itself:
            if counted.doubtful or self._to_send() != counted.objects:
                self._come_up()
            else:
                self.accept()

    def _show_figures(self, counted: Counted) -> None:
        self._counted = counted
        self._facts.show_figure("files", format.count(counted.files))
        self._facts.show_words("files", _counted("files", counted.files))
        self._facts.show_figure("folders", format.count(counted.folders))
        self._facts.show_words("folders", _counted("empty folders", counted.folders))
        self._facts.show_figure("size", format.size(counted.size))
        jobs = -(-counted.objects // self._objects_per_job)
        words = _counted("{n} jobs", jobs)
        self._facts.show_figure("jobs", words)
        self._show_tapes()
        self._say(Role.SECONDARY, self._status_text(counted))
        self._show_button()

    def _show_button(self) -> None:
        reason = self._reason()
        self._upload.setEnabled(not reason)
        self._upload.setToolTip(reason)
        self._upload.setText(self._button())
        self._lay_foot()

    def _choose(self) -> None:
        self._take_over()
        self._show_button()

    def _go_on(self) -> None:
        """Upload; ask before something is deleted for it."""
        deleted = self._choices.deleted(self._counted)
        if not deleted:
            self.accept()
            return
        ask_first(
            self,
            _tr("Delete and upload"),
            _counted("Delete {n} objects, and upload their files then?", deleted),
            _tr("Nobody can read what is deleted until the new object is in cache."),
            _tr("Delete and upload"),
            self.accept,
        )

    # -- bytes, and the report ------------------------------------------------------------------

    def _compare(self, rows: Sequence[Found]) -> None:
        """Compare files with what is there; pressed again it stops."""
        self._take_over()
        if self._stop_other is not None:
            self._end_other()
            self._tell(_tr("Stopped. What was compared is kept."))
        elif self._calls.compare is not None:
            compare = partial(self._calls.compare, rows, self._show_compared, self._other_failed)
            self._begin_other(compare)
            self._checks.show_comparing(self._stop_other is not None)

    def _show_compared(self, compared: Compared) -> None:
        self._choices.compared(compared.same, compared.differing)
        done, total = format.count(compared.done), format.count(compared.total)
        if not compared.finished:
            self._tell(_tr("Compared {done} of {total}").format(done=done, total=total))
            return
        self._end_other()
        self._tell(_compared_words(compared))
        if compared.differing:
            self._start_count()
        else:
            self._checks.show_choices()

    def _choose_file(self) -> None:
        if self._stop_other is not None:
            return
        name = f"{self._default_name.replace(os.sep, '-')}.csv"
        path = str(Path.home() / name)
        file, _filter = QFileDialog.getSaveFileName(
            self, _tr("Save report"), path, _tr("CSV files (*.csv)")
        )
        if file:
            self.save_report(Path(file))

    def save_report(self, file: Path) -> None:
        """Write what would be done with every file, in the background."""
        if self._calls.write_report is None or self._stop_other is not None:
            return
        self._take_over()
        self._save.setEnabled(False)
        shown = partial(self._show_written, file)
        chosen = self._choices.copy()
        write = partial(self._calls.write_report, self._paths, chosen, file, shown)
        self._begin_other(partial(write, self._other_failed))

    def _begin_other(self, begin: Callable[[], Stop]) -> None:
        try:
            self._stop_other = begin()
        except LookupError as error:  # the session was left meanwhile
            self._other_failed(error)

    def _show_written(self, file: Path, written: Written) -> None:
        number = format.count(written.number)
        if not written.finished:
            self._tell(_tr("Writing, {n} so far").format(n=number))
            return
        self._end_other()
        self._tell(_tr("{file} has {n} rows.").format(file=file.name, n=number))

    def _other_failed(self, error: Exception) -> None:
        self._end_other()
        self._told.set_role(Role.ERROR)
        self._told.setText(_tr("It did not work: {reason}").format(reason=error))

    def _tell(self, text: str) -> None:
        self._told.set_role(Role.SECONDARY)
        self._told.setText(text)

    def _end_other(self) -> None:
        if self._stop_other is not None:
            self._stop_other()
            self._stop_other = None
        self._save.setEnabled(True)
        self._checks.show_comparing(False)

    # -- the button -----------------------------------------------------------------------------

    def _reason(self) -> str:
        """Why the upload cannot begin; empty where it can."""
        counted = self._counted
        undecided = self._choices.all_undecided(counted)
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
        return self._choices.to_send(self._counted)

    def _button(self) -> str:
        number = self._to_send()
        if not self._counted.finished or number < 1:
            return _tr("Upload")
        return _counted("Upload {n} objects", number)

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
        self._end_other()
        super().done(result)


def _compared_words(compared: Compared) -> str:
    words = _tr("{same} have the bytes of the object, {differing} differ.").format(
        same=format.count(len(compared.same)), differing=format.count(len(compared.differing))
    )
    if not compared.unknown:
        return words
    return _tr("{words} {n} cannot be told: no checksum, or no reading.").format(
        words=words, n=format.count(len(compared.unknown))
    )
