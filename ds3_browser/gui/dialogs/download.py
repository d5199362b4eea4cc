"""The download form: where to, how much room there is, what becomes of files that are there.

It becomes the planner of a restore where there is more to decide than a folder: where something is
not in cache, where something is at the target already, or where it does not fit. Where the folder
is known and there is no more to decide, nobody is asked.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QSize, Qt, QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QComboBox,
    QDialog,
    QFileDialog,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QStyle,
    QVBoxLayout,
    QWidget,
)

from ds3_browser.gui import format, plan_words, theme
from ds3_browser.gui.dialogs.download_target import IN_THE_WAY, DownloadTarget
from ds3_browser.gui.dialogs.form import Form
from ds3_browser.gui.dialogs.parts import (
    MOST_NAMED,
    Figures,
    FoldButton,
    Names,
    default_button,
    heading,
    other_button,
    priority_box,
    show_beside,
    while_open,
)
from ds3_browser.gui.dialogs.plan_pane import PlanPane
from ds3_browser.gui.dialogs.upload import Stop
from ds3_browser.gui.job_options import DownloadOptions, Foresight, Written
from ds3_browser.gui.messages import sentence
from ds3_browser.gui.names import visible
from ds3_browser.gui.places import Selection
from ds3_browser.gui.theme import Role
from ds3_browser.gui.views.fitting import TallArea, fit, within_screen
from ds3_browser.gui.views.labels import ElidedLabel
from ds3_browser.gui.views.labels import heading as small_heading
from ds3_browser.gui.views.menu_style import QuietLetters
from ds3_browser.protocol.records import Order, Priority
from ds3_browser.transfer.foresight import Coming
from ds3_browser.transfer.get import Existing
from ds3_browser.transfer.restore_plan import Amount, RestorePlan, TapeRow, Where

log = logging.getLogger(__name__)

_tr = partial(QCoreApplication.translate, "download")
_counted = partial(format.counted, "download")

ASK_AFTER_MS = 300
SHOW_AFTER_MS = 600  # most looks are over by then
PLANNER_WIDTH = 960
PLANNER_LEAST = 740
EDGE = 16

# (selection, on_plan, on_error) -> what stops it
LookAtPlan = Callable[[Selection, Callable[[RestorePlan], None], Callable[[Exception], None]], Stop]
# (selection, target, on_foresight, on_error) -> what stops it
LookAtTarget = Callable[
    [Selection, str, Callable[[Foresight], None], Callable[[Exception], None]], Stop
]
# (folder, on_result: bytes free, None where the folder cannot be written)
FreeSpace = Callable[[str, Callable[[int | None], None]], None]
OnWritten = Callable[[Written], None]
OnError = Callable[[Exception], None]
# Each returns what stops it.
WritePlan = Callable[[Selection, str, DownloadOptions, Path, OnWritten, OnError], Stop]
WritePullList = Callable[[Selection, Path, Sequence[TapeRow], OnWritten, OnError], Stop]


@dataclass(frozen=True, slots=True)
class DownloadCalls:
    """What the form asks for. None is not there."""

    look: LookAtPlan
    free_space: FreeSpace
    look_at_target: LookAtTarget | None = None
    write_plan: WritePlan | None = None
    write_pull_list: WritePullList | None = None
    speeds: tuple[float, ...] = ()  # of earlier downloads, bytes a second, their waits included
    stage: Callable[[Priority | None], None] | None = None  # brings all of it to the cache
    stages: bool | None = None  # whether the appliance's release does; None is not known


class DownloadDialog(Form):
    """Accepted with `target()` and `options()`.

    Begun by `begin` it is accepted by itself when there is no more to decide than the folder; it
    comes up when there is, when the look takes its time, or when it cannot be made.
    """

    def __init__(
        self,
        selection: Selection,
        default_name: str,
        folder: str,
        calls: DownloadCalls,
        parent: QWidget | None = None,
        existing: Existing = Existing.KEEP_BOTH,
        *,
        planned: bool = False,
    ) -> None:
        """`existing` is what is chosen at first for files that are there; `planned` where all of
        the plan is to be shown, whatever there is to decide.
        """
        super().__init__(parent)
        self.setObjectName("download_dialog")
        self._selection = selection
        self._default_name = default_name
        self._calls = calls
        self._stop_looking: Stop | None = None
        self._stop_writing: Stop | None = None
        self._foresight: Foresight | None = None
        self._plan = RestorePlan()
        self._failed = False
        self._by_itself = False
        self._planned = False
        self._told = False  # something else than the estimate stands at the foot
        self._free: int | None = None
        self._looked_at: str | None = None
        self._build(folder)
        QuietLetters(self)
        self._existing.setCurrentIndex(self._existing.findData(existing))
        self._show_mode(planned)
        if not planned:
            fit(self)
        self._stop: Stop | None = calls.look(selection, self._show_plan, self._fail)
        self._look()

    @classmethod
    def ask(
        cls,
        selection: Selection,
        default_name: str,
        folder: str,
        calls: DownloadCalls,
        on_wanted: Callable[[str, DownloadOptions], None],
        parent: QWidget | None = None,
        existing: Existing = Existing.KEEP_BOTH,
        *,
        planned: bool = False,
    ) -> DownloadDialog:
        """Ask, beside the window; `on_wanted` is told folder and options."""
        dialog = cls(selection, default_name, folder, calls, parent, existing, planned=planned)
        dialog.accepted.connect(lambda: on_wanted(dialog.target(), dialog.options()))
        show_beside(dialog)
        return dialog

    @classmethod
    def begin(
        cls,
        selection: Selection,
        default_name: str,
        folder: str,
        calls: DownloadCalls,
        on_wanted: Callable[[str, DownloadOptions], None],
        parent: QWidget | None = None,
        existing: Existing = Existing.KEEP_BOTH,
    ) -> DownloadDialog:
        """Look first, and ask only where there is more to decide than the folder, which is given;
        `on_wanted` is told folder and options.
        """
        dialog = cls(selection, default_name, folder, calls, parent, existing)
        dialog.accepted.connect(lambda: on_wanted(dialog.target(), dialog.options()))
        dialog.finished.connect(dialog.deleteLater)
        dialog._by_itself = True
        dialog._show_waiting()
        QTimer.singleShot(SHOW_AFTER_MS, dialog, dialog._come_up)
        dialog._go_on()
        return dialog

    def target(self) -> str:
        return self._folder.text().strip()

    def options(self) -> DownloadOptions:
        return DownloadOptions(
            name=self._name.text().strip() or self._default_name,
            priority=self._priority.currentData(),
            existing=self._existing.currentData(),
            order=self._order.currentData(),
            without_tapes=self._pane.cleared() if self._planned else (),
            without_ejected=self._leaves_out_ejected(),
        )

    def _leaves_out_ejected(self) -> bool:
        """Only where somebody saw that there are ejected tapes, or that not all was looked at."""
        plan = self._plan
        if not self._planned or not self._pane.without_ejected():
            return False
        return not plan.finished or bool(plan.ejected())

    # -- building -------------------------------------------------------------------------------

    def _build(self, folder: str) -> None:
        content = QWidget(self)
        self._names = Names(_first(self._selection), content, len(self._selection))
        self._facts = Figures(
            (("objects", _counted("objects", 0)), ("size", _tr("in all"))), content
        )
        self._status = ElidedLabel(self, 12, role=Role.SECONDARY)
        self._status.setObjectName("count_status")
        self._status.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._pane = PlanPane(content)
        self._pane.changed.connect(self._show_choice)
        self._pane.pull_list_wanted.connect(self._choose_pull_list)
        self._target = DownloadTarget(self._selection.place.prefix, content)
        inner = QVBoxLayout(content)
        inner.setContentsMargins(EDGE, 0, EDGE, 4)
        inner.setSpacing(12)
        inner.addWidget(self._names)
        inner.addWidget(self._facts)
        inner.addWidget(self._pane)
        self._cards = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        self._cards.setSpacing(12)
        self._save_to = self._build_save_to(content, folder)
        self._cards.addWidget(self._save_to, 2)
        self._fold = FoldButton(content)
        self._fold.toggled.connect(self._show_more)
        self._cards.addWidget(self._fold)
        self._cards.addWidget(self._build_job(content), 1)
        inner.addLayout(self._cards)
        inner.addWidget(self._target, 1)
        inner.addStretch(1)
        self._existing.currentIndexChanged.connect(self._choose_existing)
        self._heading = heading(self, "")
        self._waiting = ElidedLabel(self, 12, role=Role.SECONDARY)
        self._waiting.setObjectName("begins_by_itself")
        self._waiting.hide()
        head = QVBoxLayout()
        head.setContentsMargins(16, 0, 16, 0)
        head.setSpacing(4)
        head.addWidget(self._heading)
        head.addWidget(self._waiting)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 16, 0, 0)
        column.setSpacing(12)
        column.addLayout(head)
        column.addWidget(TallArea(content, self), 1)
        column.addWidget(self._build_foot())
        self.setMinimumWidth(620)
        self._folder.setFocus()

    def _build_save_to(self, parent: QWidget, folder: str) -> QWidget:
        card = QFrame(parent)
        card.setProperty("look", "card")
        self._folder = QLineEdit(folder, card)
        self._folder.setObjectName("target_folder")
        self._folder.setAccessibleName(_tr("Save to"))
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(ASK_AFTER_MS)
        self._pause.timeout.connect(self._look)
        self._folder.textChanged.connect(self._edit)
        browse = other_button(card, "choose_folder", _tr("Choose…"))
        browse.clicked.connect(self._browse)
        self._room = ElidedLabel(card, 12, role=Role.SECONDARY)
        self._room.setObjectName("free_space")
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addWidget(self._folder, 1)
        line.addWidget(browse)
        column = QVBoxLayout(card)
        column.setContentsMargins(12, 10, 12, 12)
        column.setSpacing(8)
        column.addWidget(small_heading(card, _tr("Save to")))
        column.addLayout(line)
        column.addWidget(self._room)
        column.addLayout(self._build_existing(card))
        column.addStretch(1)
        return card

    def _build_existing(self, card: QWidget) -> QHBoxLayout:
        self._existing = QComboBox(card)
        self._existing.setObjectName("existing")
        self._existing.addItem(_tr("Keep both"), Existing.KEEP_BOTH)
        self._existing.addItem(_tr("Skip if size and checksum match"), Existing.SKIP_SAME)
        self._existing.addItem(_tr("Skip"), Existing.SKIP)
        self._existing.addItem(_tr("Replace"), Existing.REPLACE)
        self._existing.addItem(_tr("Ask for each"), Existing.ASK)
        label = QLabel(_tr("&Existing files"), card)
        label.setBuddy(self._existing)
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addWidget(label)
        line.addStretch(1)
        line.addWidget(self._existing)
        return line

    def _build_job(self, parent: QWidget) -> QWidget:
        self._more = QFrame(parent)
        self._more.setProperty("look", "card")
        self._name = QLineEdit(self._default_name, self._more)
        self._name.setCursorPosition(0)  # its beginning is what tells it apart
        self._name.setObjectName("job_name")
        self._priority = priority_box(self._more)
        self._order = QComboBox(self._more)
        self._order.setObjectName("order")
        self._order.addItem(_tr("As the appliance reads"), Order.NONE)
        self._order.addItem(_tr("In list order"), Order.IN_ORDER)
        form = QFormLayout()
        form.setVerticalSpacing(8)
        form.addRow(_tr("&Name"), self._name)
        form.addRow(_tr("&Priority"), self._priority)
        form.addRow(_tr("&Order"), self._order)
        column = QVBoxLayout(self._more)
        column.setContentsMargins(12, 10, 12, 12)
        column.setSpacing(8)
        column.addWidget(small_heading(self._more, _tr("Job")))
        column.addLayout(form)
        column.addStretch(1)
        return self._more

    def _build_foot(self) -> QWidget:
        foot = QFrame(self)
        foot.setProperty("look", "foot")
        self._save = other_button(foot, "save_plan", _tr("&Save plan…"))
        self._save.clicked.connect(self._choose_plan_file)
        self._stage = other_button(foot, "stage_button", _tr("Brin&g to cache only"))
        self._stage.clicked.connect(self._bring_to_cache)
        cancel = other_button(foot, "cancel_button", _tr("Cancel"))
        cancel.clicked.connect(self.reject)
        self._download = default_button(foot, "download_button", _tr("Download"))
        self._download.clicked.connect(self.accept)
        self._status.setParent(foot)
        row = QHBoxLayout(foot)
        row.setContentsMargins(16, 12, 16, 12)
        row.setSpacing(8)
        row.addWidget(self._save)
        row.addWidget(self._stage)
        row.addWidget(self._status, 1)
        row.addWidget(cancel)
        row.addWidget(self._download)
        return foot

    # -- the form or the planner ----------------------------------------------------------------

    def _show_mode(self, planned: bool) -> None:
        """Show all of the plan, or only what a plain download needs; a planner stays one."""
        self._planned = self._planned or planned
        place = visible(_from(self._selection) if self._planned else self._selection.place.location)
        words = (
            _tr("Plan a download from {place}") if self._planned else _tr("Download from {place}")
        )
        self.setWindowTitle(_tr("Plan download") if self._planned else _tr("Download"))
        self._heading.setText(words.format(place=place))
        for plain in (self._names, self._facts, self._fold):
            plain.setVisible(not self._planned)
        self._pane.setVisible(self._planned)
        self._save.setVisible(self._planned and self._calls.write_plan is not None)
        self._stage.setVisible(self._planned and self._calls.stage is not None)
        self._more.setVisible(self._planned or self._fold.isChecked())
        if self._planned:
            least = QSize(theme.row_height(self, PLANNER_LEAST), 0)
            self.setMinimumWidth(within_screen(self, least).width())
        self._lay_cards()
        if self._planned:
            self._fit()

    def _fit(self) -> None:
        fit(self, theme.row_height(self, PLANNER_WIDTH) if self._planned else 0)

    def _lay_cards(self) -> None:
        """Beside each other in a planner that is wide enough, else one below the other."""
        cards = (self._save_to, self._more)
        needed = sum(card.minimumSizeHint().width() for card in cards) + self._cards.spacing()
        scroll_bar = self.style().pixelMetric(QStyle.PixelMetric.PM_ScrollBarExtent)
        across = self._planned and needed <= self.width() - 2 * EDGE - scroll_bar
        direction = QBoxLayout.Direction
        self._cards.setDirection(direction.LeftToRight if across else direction.TopToBottom)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._lay_cards()

    def _plan_if_needed(self) -> None:
        """Show the plan where there is more to decide than a folder."""
        if self._planned or not self._is_simple():
            self._show_mode(True)

    def _is_simple(self) -> bool:
        plan, foresight = self._plan, self._foresight
        elsewhere = (Where.DISK, Where.LIBRARY, Where.EJECTED, Where.UNKNOWN)
        if plan.in_background or any(plan.amount(where).objects for where in elsewhere):
            return False
        if plan.refused is not None:
            return False  # where it is cannot be told
        short = self._free is not None and self._needed() > self._free
        return not short and not (foresight is not None and foresight.numbers)

    # -- without asking -------------------------------------------------------------------------

    def _go_on(self) -> None:
        """Begin where all is known and nothing is to be decided; ask as soon as something is."""
        if not self._by_itself:
            return
        plan, foresight = self._plan, self._foresight
        nothing = plan.listed and not plan.objects
        denied = self._looked_at is not None and self._free is None
        if self._failed or nothing or denied or not self._is_simple():
            self._take_over()
            self._come_up()
        elif plan.finished and foresight is not None and foresight.finished:
            self.accept()

    def _take_over(self) -> None:
        """Somebody has to choose, or does: nothing begins by itself any more."""
        if self._by_itself:
            self._by_itself = False
            self._show_waiting()

    def _come_up(self) -> None:
        if self.result() != QDialog.DialogCode.Accepted:
            self._fit()
            self.setModal(False)
            self.show()

    def _show_waiting(self) -> None:
        words = _tr("It begins by itself if all is in cache, none of it is there yet, and it fits.")
        self._waiting.setText(words)
        self._waiting.setVisible(self._by_itself)

    def _show_more(self, shown: bool) -> None:
        self._take_over()
        self._more.setVisible(shown)
        fit(self)

    # -- what is known --------------------------------------------------------------------------

    def _show_plan(self, plan: RestorePlan) -> None:
        self._plan = plan
        self._facts.show_figure("objects", format.count(plan.objects))
        self._facts.show_words("objects", _counted("objects", plan.objects))
        self._facts.show_figure("size", format.size(plan.size))
        self._pane.show_plan(plan)
        so_far = _tr("Counting, {n} so far").format(n=format.count(plan.objects))
        if not plan.listed:
            self._say(Role.SECONDARY, so_far)
        self._plan_if_needed()
        self._show_choice()
        self._go_on()

    def _show_choice(self) -> None:
        self._show_button()
        self._show_room()
        if self._plan.listed and not self._failed and not self._told:
            self._say(Role.SECONDARY, plan_words.estimate(self._needed(), self._calls.speeds))
        if self._planned:
            self._fit()

    def _fail(self, error: Exception) -> None:
        """What cannot be counted may still be asked for: the job lists it again."""
        self._failed = True
        self._show_button()
        self._say(Role.ERROR, _tr("The folder cannot be counted."))
        self._go_on()

    def _say(self, role: Role, text: str) -> None:
        self._status.set_role(role)
        self._status.setText(text)

    def _edit(self) -> None:
        self._take_over()
        self._looked_at = None
        self._forget_target()
        self._room.setText("")
        self._show_button()
        self._pause.start()

    def _look(self) -> None:
        folder = self.target()
        if folder:
            self._calls.free_space(folder, while_open(self, partial(self._show_free, folder)))

    def _show_free(self, folder: str, free: int | None) -> None:
        if folder != self.target():
            return
        self._looked_at, self._free = folder, free
        self._show_room()
        self._show_button()
        self._forget_target()
        look_at_target = self._calls.look_at_target
        if free is not None and look_at_target is not None:
            try:
                self._stop_looking = look_at_target(
                    self._selection,
                    folder,
                    while_open(self, self._show_foresight),  # it may be left before this is told
                    while_open(self, self._not_foreseen),
                )
            except LookupError as error:  # the session was left meanwhile
                self._not_foreseen(error)
        self._go_on()

    def _show_foresight(self, foresight: Foresight) -> None:
        self._foresight = foresight
        self._target.show_foresight(foresight)
        self._plan_if_needed()
        self._show_choice()
        self._go_on()

    def _not_foreseen(self, error: Exception) -> None:
        """The job looks at each file itself."""
        log.info("what is at the target cannot be foreseen: %s", error)
        if self._by_itself:
            self._take_over()
            self._come_up()

    def _forget_target(self) -> None:
        if self._stop_looking is not None:
            self._stop_looking()
            self._stop_looking = None
        self._foresight = None
        self._target.forget()

    def _choose_existing(self) -> None:
        self._take_over()
        self._target.choose(self._existing.currentData())
        self._show_room()
        self._show_button()

    def _needed(self) -> int:
        """Bytes that will be written: all, but for files that are there and skipped."""
        foresight = self._foresight
        size = self._plan.size - self._left_out().size
        if foresight is None or self._existing.currentData() is not Existing.SKIP:
            return size
        return max(0, size - foresight.existing)

    def _left_out(self) -> Amount:
        return self._pane.left_out() if self._planned else Amount()

    def _to_fetch(self) -> int:
        """How many objects will be fetched, as far as that is known before."""
        foresight = self._foresight
        objects = self._plan.objects - self._left_out().objects
        if foresight is None or not foresight.finished:
            return objects
        out = foresight.of(*IN_THE_WAY)
        if self._existing.currentData() is Existing.SKIP:
            out += foresight.of(Coming.EXISTS)
        return max(0, objects - out)

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
        elif self._plan.listed:
            words = _tr("{free} free, {left} afterwards")
        else:
            words = _tr("{free} free")
        left = format.size(max(0, self._free - needed))
        self._room.setText(words.format(free=free, needed=format.size(needed), left=left))

    def _show_button(self) -> None:
        plan = self._plan
        number = self._to_fetch()
        nothing = plan.listed and not plan.objects
        writable = self._looked_at is None or self._free is not None
        waits = not (plan.finished or self._failed or plan.in_background)
        none_left = plan.finished and 0 < plan.objects == self._left_out().objects
        able = bool(self.target()) and writable and not (nothing or waits or none_left)
        self._download.setEnabled(able)
        self._download.setToolTip(_tr("All of it is left out.") if none_left else "")
        self._download.setText(_button(number if plan.listed else 0))

        reason = self._no_stage()
        self._stage.setEnabled(not reason)
        self._stage.setToolTip(reason)

    def _no_stage(self) -> str:
        """Why nothing can be brought to the cache, or "" where it can."""
        plan = self._plan
        if self._calls.stages is False:
            return _tr("The appliance brings nothing to its cache before release 5.0.")
        if not plan.listed or not plan.objects:
            return _tr("There is nothing to bring to the cache.")
        if plan.finished and plan.amount(Where.CACHE).objects == plan.objects:
            return _tr("All of it is in cache.")
        if self._left_out().objects:
            return _tr("Objects are left out: it is all of it that is brought to the cache.")
        return ""

    def _bring_to_cache(self) -> None:
        if self._calls.stage is not None:
            self._calls.stage(self._priority.currentData())
        self.reject()

    # -- what is written ------------------------------------------------------------------------

    def _choose_pull_list(self) -> None:
        if self._stop_writing is not None:
            return
        if (file := self._file_for(_tr("Save pull list"))) is not None:
            self.save_pull_list(file)

    def save_pull_list(self, file: Path) -> None:
        """Write which ejected tapes hold what is wanted, in the background."""
        rows = [row for row in self._pane.rows() if row.tape.ejected]
        if (write := self._calls.write_pull_list) is not None:
            self._begin_writing(partial(write, self._selection, file, rows), file)

    def _choose_plan_file(self) -> None:
        if self._stop_writing is not None:
            return
        if (file := self._file_for(_tr("Save plan"))) is not None:
            self.save_plan(file)

    def save_plan(self, file: Path) -> None:
        """Write what would be done with each object, in the background."""
        if (write := self._calls.write_plan) is not None:
            what = (self._selection, self.target(), self.options(), file)
            self._begin_writing(partial(write, *what), file)

    def _begin_writing(self, begin: Callable[..., Stop], file: Path) -> None:
        self._save.setEnabled(False)
        try:
            self._stop_writing = begin(partial(self._show_written, file), self._not_written)
        except LookupError as error:  # the session was left meanwhile
            self._not_written(error)

    def _file_for(self, title: str) -> Path | None:
        path = str(Path.home() / f"{self._default_name.replace(os.sep, '-')}.csv")
        file, _filter = QFileDialog.getSaveFileName(self, title, path, _tr("CSV files (*.csv)"))
        return Path(file) if file else None

    def _show_written(self, file: Path, written: Written) -> None:
        self._told = True
        number = format.count(written.number)
        if not written.finished:
            self._say(Role.SECONDARY, _tr("Writing, {n} so far").format(n=number))
            return
        self._end_writing()
        self._say(Role.SECONDARY, _tr("{file} has {n} rows.").format(file=file.name, n=number))

    def _not_written(self, error: Exception) -> None:
        log.info("a plan cannot be saved: %s", error)
        self._told = True
        self._end_writing()
        self._say(Role.ERROR, sentence(error).text)

    def _end_writing(self) -> None:
        self._stop_writing = None
        self._save.setEnabled(True)

    def _browse(self) -> None:
        self._take_over()
        folder = QFileDialog.getExistingDirectory(self, _tr("Save to"), self.target())
        if folder:
            self._folder.setText(folder)

    def done(self, result: int) -> None:
        self._by_itself = False
        if self._stop is not None:
            self._stop()
            self._stop = None
        if self._stop_writing is not None:
            self._stop_writing()
            self._stop_writing = None
        self._forget_target()
        super().done(result)


def _button(objects: int) -> str:
    if objects < 1:
        return _tr("Download")
    return _counted("Download {n} objects", objects)


def _from(selection: Selection) -> str:
    """Where all of it is: the one folder that was chosen, else the one that was listed."""
    place = selection.place
    one = not selection.objects and len(selection.folders) == 1
    return place.folder(selection.folders[0]).location if one else place.location


def _first(selection: Selection) -> list[str]:
    """Return the first few names as the folder shows them."""
    prefix = selection.place.prefix
    return [name.removeprefix(prefix) for name in selection.first_names(MOST_NAMED)]
