"""What each command does: it asks where a question is due, and tells the doer.

The window says what a command acts on. All questions are dialogs that get callables and never a
client.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QObject, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QFileDialog

from ds3_browser.gui import format, theme
from ds3_browser.gui.board_commands import BoardCommands
from ds3_browser.gui.comparison_commands import ComparisonCommands
from ds3_browser.gui.demo_commands import DemoCommands
from ds3_browser.gui.dialogs.delete import DeleteDialog
from ds3_browser.gui.dialogs.download import DownloadCalls, DownloadDialog
from ds3_browser.gui.dialogs.new_bucket import NewBucketDialog
from ds3_browser.gui.dialogs.new_folder import NewFolderDialog
from ds3_browser.gui.dialogs.preferences import PreferencesDialog
from ds3_browser.gui.dialogs.questions import tell
from ds3_browser.gui.dialogs.upload import UploadCalls, UploadDialog
from ds3_browser.gui.help_commands import HelpCommands
from ds3_browser.gui.job_commands import JobCommands
from ds3_browser.gui.job_names import default_name, download_name
from ds3_browser.gui.job_options import DownloadOptions, UploadOptions
from ds3_browser.gui.job_row import download_speeds
from ds3_browser.gui.local_commands import LocalCommands
from ds3_browser.gui.messages import Doing, Message, sentence
from ds3_browser.gui.names import visible
from ds3_browser.gui.part_commands import PartCommands
from ds3_browser.gui.places import Place, Selection
from ds3_browser.gui.property_commands import PropertyCommands
from ds3_browser.gui.session_commands import SessionCommands
from ds3_browser.gui.situation import Situation, bucket_of
from ds3_browser.gui.speed import SpeedLimit
from ds3_browser.gui.theme import Density, Theme
from ds3_browser.gui.unattended_commands import UnattendedCommands
from ds3_browser.gui.views.drops import clipboard_paths
from ds3_browser.protocol.client import from_environment
from ds3_browser.protocol.errors import AccessDenied
from ds3_browser.protocol.records import DataPolicy

if TYPE_CHECKING:
    from ds3_browser.gui.context import Context
    from ds3_browser.gui.main_window import MainWindow

_tr = partial(QCoreApplication.translate, "commands")


class Commands(QObject):
    """One method a command. `window` tells what it acts on and is the parent of its questions."""

    def __init__(self, window: MainWindow, context: Context) -> None:
        super().__init__(window)
        self._window = window
        self._context = context
        self.sessions = SessionCommands(window, context)
        self.demo = DemoCommands(window, context)
        self.unattended = UnattendedCommands(window, context)
        self.properties = PropertyCommands(window, context, self.download, self.unattended.verify)
        self.help = HelpCommands(window, context)
        self.local = LocalCommands(window, context, self.download_to)
        self.jobs = JobCommands(window, context, self.sessions, self.local)
        self.board = BoardCommands(window, context, self.jobs.cancel)
        self.comparisons = ComparisonCommands(window, context)
        self.parts = PartCommands(window, context)
        self._speed = SpeedLimit(context.settings, context.queue.set_speed, self)
        self._connect_actions()

    def _connect_actions(self) -> None:
        window = self._window
        table: dict[str, Callable[[], object]] = {
            **self.sessions.table(),
            **self.demo.table(),
            **self.board.table(),
            **self.properties.table(),
            **self.local.table(),
            **self.jobs.table(),
            **self.comparisons.table(),
            **self.parts.table(),
            **self.unattended.table(),
            **self.help.table(),
            "quit": window.leaving.quit,
            "problems": window.telling.show_problems,
            "copy_names": self._copy_names,
            "copy_full_names": self._copy_full_names,
            "copy_location": lambda: self._copy(window.place.location),
            "paste_files": self._paste,
            "select_all": window.page.select_all,
            "filter": window.focus_filter,
            "search": self._search,
            "search_all": self._search_all,
            "transfers": window.toggle_transfers,
            "refresh": self._refresh,
            "stop_listing": window.page.stop,
            "back": window.go_back,
            "forward": window.go_forward,
            "parent": window.go_to_parent,
            "location": window.page.edit_location,
            "local_files": window.toggle_local,
            "go_sidebar": window.focus_sidebar,
            "go_local": window.focus_local,
            "go_objects": window.focus_page,
            "go_transfers": window.focus_transfers,
            "next_pane": window.next_pane,
            "previous_pane": partial(window.next_pane, -1),
            "new_bucket": self._new_bucket,
            "upload_files": lambda: self.choose_files(self._now().into),
            "upload_folder": lambda: self.choose_folder(self._now().into),
            "new_folder": self._new_folder,
            "delete_bucket": self._delete_bucket,
            "open": self._open,
            "download": self._download,
            "download_again": self._download_again,
            "plan_download": self._plan_download,
            "delete": self._delete,
            "go_to_folder": self._go_to_folder,
            "preferences": self._show_preferences,
        }
        for id, do in table.items():
            self._context.actions[id].triggered.connect(partial(_without_argument, do))
        for chosen in Theme:
            action = self._context.actions[f"theme_{chosen.value}"]
            action.triggered.connect(partial(_without_argument, partial(self.show_theme, chosen)))
            action.setChecked(chosen is self._context.settings.theme)

        for density in Density:
            action = self._context.actions[f"density_{density.name.lower()}"]
            action.triggered.connect(
                partial(_without_argument, partial(self.show_density, density))
            )
            action.setChecked(density is self._context.settings.density)
        contrast = self._context.actions["contrast"]
        contrast.setChecked(self._context.settings.contrast)
        contrast.toggled.connect(self.show_contrast)

    def _now(self) -> Situation:
        return self._window.situation()

    # -- going and copying ----------------------------------------------------------------------

    def _open(self) -> None:
        target = self._now().target
        if target.buckets:
            self._window.go(Place(target.place.session_id, target.buckets[0]))
        elif target.folders:
            self._window.go(target.place.folder(target.folders[0]))

    def _refresh(self) -> None:
        now = self._now()
        if now.page.board and now.page.session_id is not None:
            self.board.boards.refresh(now.page.session_id)
            return
        if now.page.comparison is not None and self._window.comparison is not None:
            self._window.comparison.compare()
            return
        place = now.into if now.into.session_id else now.page
        self._window.sidebar.refresh(place)
        if place.bucket is None or place == self._window.place:
            self._window.page.refresh()

    def _go_to_folder(self) -> None:
        job = self._now().job
        if job is not None:
            self._window.go(Place(job.session_id, job.bucket, job.prefix))

    def _search(self) -> None:
        now = self._now()
        session_id = now.target.place.session_id or now.page.session_id
        self._window.tool_bar.search.begin(Place(session_id, bucket_of(now) or now.page.bucket))

    def _search_all(self) -> None:
        if (session := self._now().session) is not None:
            self._window.tool_bar.search.begin(Place(session.id))

    def _copy_names(self) -> None:
        self._copy("\n".join(self._now().target.names))

    def _copy_full_names(self) -> None:
        target = self._now().target
        self._copy("\n".join(f"{target.place.bucket}/{name}" for name in target.names))

    def _copy(self, text: str) -> None:
        QGuiApplication.clipboard().setText(text)

    # -- uploads and downloads ------------------------------------------------------------------

    def choose_files(self, place: Place) -> None:
        """Upload what is selected in the local files, else what is chosen in a dialog."""
        if self.local.take_upload(place):
            return
        files, _filter = QFileDialog.getOpenFileNames(
            self._window,
            _tr("Upload files to {place}").format(place=visible(place.location)),
            self._context.settings.upload_folder or str(Path.home()),
        )
        if files:
            self._context.settings.upload_folder = str(Path(files[0]).parent)
            self.upload_now(files, place)

    def choose_folder(self, place: Place) -> None:
        folder = QFileDialog.getExistingDirectory(
            self._window,
            _tr("Upload a folder to {place}").format(place=visible(place.location)),
            self._context.settings.upload_folder or str(Path.home()),
        )
        if folder:
            self._context.settings.upload_folder = str(Path(folder).parent)
            self.upload_now([folder], place)

    def upload(self, paths: Sequence[str], place: Place) -> None:
        """Upload what was dropped, once the drop itself has ended: its source waits for that."""
        QTimer.singleShot(0, partial(self.upload_now, list(paths), place))

    def upload_now(self, paths: Sequence[str], place: Place, base: str | None = None) -> None:
        """Look at what an upload would send, ask where something is doubtful, and queue it.

        `base` is the folder that the place stands for, None where each path is alone.
        """
        if place.bucket is None or place.session_id is None or not paths:
            return
        if self._is_unconnected(place):
            return
        queue, settings = self._context.queue, self._context.settings
        name = default_name(tuple(paths), datetime.now(UTC))
        calls = UploadCalls(
            partial(queue.counting.files, place, base),
            partial(queue.counting.compare, place),
            partial(queue.counting.write_report, place, base),
            partial(queue.counting.policy, place),
        )
        queue_it = partial(self._queue_upload, place, paths, base=base)
        begin = UploadDialog.ask if settings.always_check else UploadDialog.begin
        form = begin(
            *(paths, place.location, name, calls, queue_it, self._window),
            settings.upload_defaults,
            place.prefix,
            queue.objects_per_job,
        )
        form.obstacle = partial(self._context.browsing.obstacle, place.session_id)

    def _queue_upload(
        self,
        place: Place,
        paths: Sequence[str],
        options: UploadOptions,
        base: str | None = None,
    ) -> None:
        assert place.session_id is not None
        assert place.bucket is not None
        queue = self._context.queue
        try:
            job = queue.upload(place.session_id, place.bucket, place.prefix, paths, options, base)
        except LookupError:
            self._is_unconnected(place)
        else:
            self._window.transfers.select_job(job)

    def _is_unconnected(self, place: Place) -> bool:
        """Whether nothing can be begun with a place's session, which is told then."""
        reason = self._context.browsing.obstacle(place.session_id)
        if reason is not None:
            tell(self._window, reason)
        return reason is not None

    def _paste(self) -> None:
        self.upload_now(clipboard_paths(), self._now().into)

    def download(
        self,
        selection: Selection,
        version: str | None = None,
        folder: str | None = None,
        *,
        planned: bool = False,
    ) -> None:
        """Ask where to and how, and queue a download; of one object the version of this id.

        `folder` is what is offered at first, else the last one. With `planned` the form shows all
        of the plan, whatever there is to decide.
        """
        folder = folder or self._context.settings.download_folder or str(Path.home())
        ask = partial(DownloadDialog.ask, planned=planned)
        self._show_download(ask, selection, folder, version)

    def download_to(self, selection: Selection, folder: str) -> None:
        """Queue a download to a folder, and ask where there is more to decide than that."""
        self._show_download(DownloadDialog.begin, selection, folder)

    def _show_download(
        self,
        show: Callable[..., DownloadDialog],  # its `ask` or `begin`
        selection: Selection,
        folder: str,
        version: str | None = None,
    ) -> None:
        selection = _with_all_of_a_bucket(selection)
        if not _can_be_downloaded(selection) or self._is_unconnected(selection.place):
            return
        queue = self._context.queue
        versions = _versions(selection, version)
        calls = DownloadCalls(
            partial(queue.counting.plan, versions=versions),
            queue.free_space,
            queue.counting.target,
            partial(queue.counting.write_plan, versions=versions),
            queue.counting.write_pull_list,
            download_speeds(self._window.jobs.rows(), selection.place.session_id),
            partial(self.unattended.stage, selection, versions),
            self._window.situation().stages,
        )
        form = show(
            *(selection, _name_of_download(selection), folder, calls),
            partial(self._queue_download, selection, version=version),
            self._window,
            self._context.settings.existing,
        )
        form.obstacle = partial(self._context.browsing.obstacle, selection.place.session_id)

    def _plan_download(self) -> None:
        self.download(self._now().target, planned=True)

    def _queue_download(
        self,
        selection: Selection,
        target: str,
        options: DownloadOptions,
        version: str | None = None,
    ) -> None:
        place = selection.place
        assert place.session_id is not None
        assert place.bucket is not None
        try:
            job = self._context.queue.download(
                place.session_id,
                place.bucket,
                place.prefix,
                selection.object_names,
                selection.folders,
                target,
                options,
                _versions(selection, version),
            )
        except LookupError:
            self._is_unconnected(place)
        else:
            self._context.settings.download_folder = target
            self._context.settings.keep_last_target(place.session_id, target)
            self._window.transfers.select_job(job)

    def _download(self) -> None:
        """Download to the local files' folder where they are shown, else ask for one."""
        target = self._now().target
        if not self.local.take_download(target):
            self.download(target)

    def _download_again(self) -> None:
        """Download to the folder that the session last downloaded to, without asking for it."""
        now = self._now()
        if now.last_target is not None:
            self.download_to(now.target, now.last_target)

    # -- making and deleting --------------------------------------------------------------------

    def new_bucket(self, session_id: str) -> None:
        browsing = self._context.browsing

        def create(
            name: str,
            policy: str | None,
            on_done: Callable[[], None],
            on_error: Callable[[Message], None],
        ) -> None:
            tell = partial(_tell_error, on_error, Doing.CREATE_BUCKET, name)
            browsing.create_bucket(session_id, name, policy, on_done, tell)

        def policies(on_result: Callable[[Sequence[DataPolicy]], None]) -> None:
            browsing.data_policies(session_id, on_result, lambda error: on_result(()))

        def created(name: str) -> None:
            self._window.go(Place(session_id, name))

        NewBucketDialog.ask(create, policies, created, self._window)

    def _new_bucket(self) -> None:
        if (session := self._now().session) is not None:
            self.new_bucket(session.id)

    def _new_folder(self) -> None:
        place = self._now().into
        shown = place == self._window.place
        taken = self._folder_names() if shown else ()

        def create(
            name: str, on_done: Callable[[], None], on_error: Callable[[Message], None]
        ) -> None:
            def fail(error: Exception) -> None:
                what = place.bucket if isinstance(error, AccessDenied) else name
                on_error(sentence(error, doing=Doing.CREATE_FOLDER, what=what))

            self._context.browsing.create_folder(place, name, lambda folder: on_done(), fail)

        NewFolderDialog.ask(place, taken, create, self._window)

    def _folder_names(self) -> list[str]:
        """Return the names of the folders that are listed; they stand above all objects."""
        model, prefix = self._window.page.model, self._window.place.prefix
        folders = []
        for row in range(model.rowCount()):
            if not model.is_folder(row):
                break
            folders.append(model.folder(row).removeprefix(prefix).rstrip("/"))
        return folders

    def _delete(self) -> None:
        target = self._now().target
        if target.objects or target.folders:
            self._ask_delete(target)

    def _delete_bucket(self) -> None:
        now = self._now()
        bucket = bucket_of(now)
        if bucket is not None and now.session is not None:
            self._ask_delete(Selection(Place(now.session.id), buckets=(bucket,)))

    def _ask_delete(self, selection: Selection) -> None:
        browsing = self._context.browsing
        place = selection.place
        if selection.buckets:
            place = Place(place.session_id, selection.buckets[0])
        DeleteDialog.ask(
            selection,
            browsing.count,
            browsing.delete,
            browsing.only_copies,
            partial(browsing.keeps_versions, place),
            self._context.calls.run_call,
            partial(self._window.leave, partial(_is_below, selection)),
            self._window,
        )

    # -- the rest -------------------------------------------------------------------------------

    def show_theme(self, chosen: Theme) -> None:
        """Show the window in a theme, at once, and remember it."""
        self._context.settings.theme = chosen
        app = QApplication.instance()
        if isinstance(app, QApplication):
            theme.apply(app, chosen)
        self._context.actions[f"theme_{chosen.value}"].setChecked(True)

    def show_density(self, density: Density) -> None:
        """Show lists with higher or lower rows, at once, and remember it."""
        self._context.settings.density = density
        theme.set_density(density)
        self._context.actions[f"density_{density.name.lower()}"].setChecked(True)

    def show_contrast(self, strong: bool) -> None:
        """Show borders and lines stronger, at once, and remember it."""
        self._context.settings.contrast = strong
        app = QApplication.instance()
        if isinstance(app, QApplication):
            theme.set_contrast(app, strong)

    def _show_preferences(self) -> None:
        dialog = self._window.findChild(PreferencesDialog)
        if dialog is None:
            tray = self._context.tray is not None
            dialog = PreferencesDialog(self._context.settings, tray, self._window)
            dialog.changed.connect(self.apply_preferences)
            dialog.theme_wanted.connect(self.show_theme)
            dialog.log_folder_wanted.connect(self.help.open_log_folder)
            dialog.report_wanted.connect(self.help.copy_report)
            dialog.finished.connect(dialog.deleteLater)
        dialog.show()
        dialog.raise_()

    def apply_preferences(self) -> None:
        """Do as the settings say, now."""
        settings, queue = self._context.settings, self._context.queue
        queue.set_limits(settings.uploads_at_once, settings.downloads_at_once)
        queue.set_blobs_at_once(settings.blobs_at_once)
        queue.objects_per_job = settings.objects_per_job
        self._speed.apply()
        self._window.gauging.set_refresh(settings.refresh_s)
        self.board.boards.set_refresh(settings.refresh_s)
        self._window.page.look_up_placements(settings.look_up_placements)
        logging.getLogger("ds3_browser").setLevel(settings.log_level)
        if settings.units is not format.units():
            format.set_units(settings.units)
            theme.notifier().changed.emit()  # sizes are told anew


def environment_is_set() -> bool:
    """Whether the environment names an appliance and keys that can be used."""
    try:
        from_environment(os.environ)
    except ValueError:
        return False
    return True


def _without_argument(do: Callable[[], object], _told: object = None) -> None:
    """Call without what Qt hands over: a button's state, a dialog's result."""
    do()


def _with_all_of_a_bucket(selection: Selection) -> Selection:
    """A bucket that is chosen stands for all that is in it."""
    if len(selection.buckets) != 1:
        return selection
    place = Place(selection.place.session_id, selection.buckets[0])
    return Selection(place, folders=("",))


def _can_be_downloaded(selection: Selection) -> bool:
    place = selection.place
    return place.bucket is not None and place.session_id is not None and bool(len(selection))


def _versions(selection: Selection, version: str | None) -> dict[str, str]:
    return {} if version is None else {one.name: version for one in selection.objects}


def _name_of_download(selection: Selection) -> str:
    return download_name(selection.place.bucket or "", selection.names)


def _is_below(selection: Selection, place: Place) -> bool:
    """Whether a place lies in what was deleted."""
    if place.session_id != selection.place.session_id or place.bucket is None:
        return False
    if selection.buckets:
        return place.bucket in selection.buckets
    inside = place.bucket == selection.place.bucket
    return inside and any(place.prefix.startswith(folder) for folder in selection.folders)


def _tell_error(tell: Callable[[Message], None], doing: Doing, what: str, error: Exception) -> None:
    tell(sentence(error, doing=doing, what=what))
