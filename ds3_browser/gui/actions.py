"""Every command of the window, made once: text, icon, keys, place in the menus, and when it works.

Menu bar, toolbar and context menus show the same actions in the orders written here. What a command
acts on is a `Situation`; `follow` takes one and sets which commands can work, with the reason as
tool tip where one cannot, and the words that change with what is selected.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

from PySide6.QtCore import QCoreApplication, QObject, Qt
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar, QWidget

from ds3_browser.gui import format, icons, theme
from ds3_browser.gui.job_row import JobRow
from ds3_browser.gui.places import Place, Selection
from ds3_browser.gui.sessions import SavedSession
from ds3_browser.gui.theme import Density, Role, Theme
from ds3_browser.transfer.events import State

_tr = partial(QCoreApplication.translate, "actions")

LINE = "-"
NOWHERE = Place()


@dataclass(frozen=True, slots=True)
class Situation:
    """What the commands would act on now.

    `session` is the one in view (or under the context menu), `target` what Open, Download, Copy and
    Delete act on, `into` the place that takes uploads and new folders.
    """

    session: SavedSession | None = None
    connected: bool = False
    connecting: bool = False
    target: Selection = field(default_factory=lambda: Selection(NOWHERE))
    into: Place = NOWHERE
    page: Place = NOWHERE
    parent: bool = False
    back: bool = False
    forward: bool = False
    listing: bool = False
    files_in_clipboard: bool = False
    local_paths: tuple[str, ...] = ()
    local_shown: bool = False
    demo_running: bool = False
    job: JobRow | None = None
    may_try_now: bool = False
    may_pause_all: bool = False
    may_resume_all: bool = False
    may_clear_done: bool = False


Reason = Callable[[Situation], str | None]
Words = Callable[[Situation], str]


@dataclass(frozen=True, slots=True)
class Command:
    """One row of the table. `reason` tells why it cannot work now, or None when it can."""

    id: str
    text: str
    icon: str | None = None
    keys: str = ""
    reason: Reason | None = None
    words: Words | None = None
    role: Role = Role.SECONDARY
    checkable: bool = False
    local_keys: bool = False  # the keys work only inside the widgets that the action is added to
    tip: str = ""  # what an icon-only button says; the text does where this is empty


def _table() -> tuple[Command, ...]:
    return (
        # File
        Command("new_session", _tr("&New session…"), "plus", "Ctrl+N"),
        Command("sessions", _tr("Sess&ions…"), "server", "Ctrl+O"),
        Command("edit_session", _tr("&Edit session…"), "edit", reason=_no_saved_session),
        Command("connect", _tr("&Connect"), "connect", "", _cannot_connect, _connect_words),
        Command("copy_endpoint", _tr("Copy en&dpoint"), "copy", reason=_no_session),
        Command("remove_session", _tr("&Remove session…"), "delete", "", _no_saved_session),
        Command("import_sessions", _tr("I&mport sessions from Eon Browser…"), "file-input"),
        Command("start_demo", _tr("&Start the demo"), "flask-conical", reason=_demo_runs),
        Command("demo_anew", _tr("Start the demo &anew"), reason=_no_demo),
        Command("quit", _tr("&Quit"), None, "Ctrl+Q"),
        # Edit
        Command("copy_names", _tr("&Copy object names"), "copy", "Ctrl+C", _nothing, _copy_words),
        Command(
            "copy_full_names",
            _tr("Copy &bucket and object names"),
            None,
            "Ctrl+Shift+C",
            _nothing_in_a_bucket,
            _copy_full_words,
        ),
        Command("copy_location", _tr("Copy &location"), None, "", _no_bucket_page),
        Command("paste_files", _tr("&Paste files"), "clipboard", "Ctrl+V", _nothing_to_paste),
        Command("select_all", _tr("Select &all"), None, "Ctrl+A", _no_list),
        Command("filter", _tr("&Filter"), "filter", "Ctrl+F", _no_list),
        Command(
            "search", _tr("&Search in bucket…"), "search", "Ctrl+Shift+F", _no_bucket_to_search
        ),
        Command("search_all", _tr("Search all b&uckets…"), None, "", _not_connected),
        Command("preferences", _tr("Pr&eferences…"), "settings", "Ctrl+,"),
        # View
        Command("local_files", _tr("&Local files"), "columns", "Ctrl+Shift+L", checkable=True),
        Command("transfers", _tr("&Transfers"), "dock", "Ctrl+J", checkable=True),
        Command("theme_system", _tr("&System"), checkable=True),
        Command("theme_light", _tr("&Light"), checkable=True),
        Command("theme_dark", _tr("&Dark"), checkable=True),
        Command("density_comfortable", _tr("&Comfortable"), checkable=True),
        Command("density_normal", _tr("&Normal"), checkable=True),
        Command("density_compact", _tr("C&ompact"), checkable=True),
        Command("contrast", _tr("&Increase contrast"), checkable=True),
        Command("problems", _tr("&Problems"), "bell"),
        Command("refresh", _tr("&Refresh"), "refresh", "F5", _not_connected),
        Command("stop_listing", _tr("St&op listing"), "stop", "", _not_listing),
        # Go
        Command("back", _tr("&Back"), "arrow-left", "Alt+Left", _no_way_back),
        Command("forward", _tr("&Forward"), "arrow-right", "Alt+Right", _no_way_forward),
        Command("parent", _tr("&Parent folder"), "arrow-up", "Alt+Up", _no_parent),
        Command("location", _tr("&Location…"), None, "Ctrl+L", _not_connected),
        Command("go_sidebar", _tr("&Sidebar"), None, "Ctrl+1"),
        Command("go_local", _tr("Local f&iles"), None, "Ctrl+2"),
        Command("go_objects", _tr("&Objects"), None, "Ctrl+3"),
        Command("go_transfers", _tr("&Transfers"), None, "Ctrl+4"),
        Command("next_pane", _tr("&Next pane"), None, "F6"),
        Command("previous_pane", _tr("Pre&vious pane"), None, "Shift+F6"),
        # Local files
        Command("upload_local", _tr("&Upload"), "upload", "", _nothing_local, _upload_local_words),
        Command("show_local", _tr("Show in &file manager"), "external", "", _no_local_pane),
        Command("new_local_folder", _tr("&New folder…"), "folder-plus", "", _no_local_pane),
        # Bucket
        Command("new_bucket", _tr("New &bucket…"), "bucket", "Ctrl+Shift+B", _not_connected),
        Command("upload_files", _tr("&Upload files…"), "upload", "Ctrl+U", _no_place),
        Command("upload_folder", _tr("Upload f&older…"), "folder-up", "Ctrl+Shift+U", _no_place),
        Command("new_folder", _tr("&New folder…"), "folder-plus", "Ctrl+Shift+N", _no_place),
        Command("bucket_properties", _tr("Bucket &properties"), "info", "", _no_bucket_in_view),
        Command(
            "delete_bucket", _tr("&Delete bucket…"), "delete", "", _no_bucket, None, Role.ERROR
        ),
        # Object
        Command("open", _tr("&Open"), "folder-open", "", _not_to_open),
        Command("download", _tr("&Download…"), "download", "Ctrl+D", _nothing_to_download),
        Command("versions", _tr("&Versions…"), "history", "", _no_single_object),
        Command("properties", _tr("&Properties"), "info", "Alt+Return", _nothing_to_tell),
        Command("folder_properties", _tr("Folder p&roperties"), "info", "", _no_bucket_page),
        Command(
            "delete",
            _tr("D&elete…"),
            "delete",
            "Del",
            _nothing_in_a_bucket,
            _delete_words,
            Role.ERROR,
            local_keys=True,
        ),
        # Transfers
        Command("show_job", _tr("Sho&w job"), "expand", "Ctrl+Shift+J", _no_job),
        Command("show_failed", _tr("Show &failed objects"), "circle-alert", "", _none_failed),
        Command("go_to_folder", _tr("&Go to folder"), "folder-open", "", _no_job),
        Command("try_now", _tr("&Try now"), "try-now", "Ctrl+T", _no_wait),
        Command("pause", _tr("&Pause"), "pause", "", _not_to_pause, _pause_words),
        *(
            Command(f"priority_{name}", words, None, "", _no_priority, checkable=True)
            for name, words in (
                ("urgent", _tr("&Urgent")),
                ("high", _tr("&High")),
                ("normal", _tr("&Normal")),
                ("low", _tr("&Low")),
            )
        ),
        Command("move_up", _tr("Move &up"), None, "", _not_queued),
        Command("move_down", _tr("Move dow&n"), None, "", _not_queued),
        Command(
            "pause_all",
            _tr("Pause &all"),
            None,
            "Ctrl+Shift+Space",
            _nothing_to_pause,
            _pause_all_words,
        ),
        Command(
            "retry_failed",
            _tr("R&etry failed"),
            "refresh",
            "Ctrl+Shift+R",
            _nothing_to_retry,
            _retry_words,
        ),
        Command("close_job", _tr("Clo&se job, keep the rest"), None, "", _not_to_close),
        Command("export_report", _tr("E&xport report…"), None, "", _no_job),
        Command("copy_job_id", _tr("Copy job &id"), "copy", "", _no_job_id),
        Command(
            "cancel_job", _tr("&Cancel job…"), "circle-x", "", _not_to_cancel, None, Role.ERROR
        ),
        Command("remove_job", _tr("&Remove from list"), None, "", _not_to_remove),
        Command("clear_done", _tr("C&lear done"), "clear-done", "", _nothing_done),
        # Help
        Command("keyboard", _tr("&Keyboard"), "keyboard"),
        Command("show_hints", _tr("Show &hints"), None, "", _no_demo),
        Command("open_log_folder", _tr("Open &log folder"), "folder"),
        Command("copy_report", _tr("Copy &diagnostic report"), "copy"),
        Command("about", _tr("&About DS3 Browser"), "info"),
    )


@dataclass(frozen=True, slots=True)
class Submenu:
    title: str
    icon: str | None
    entries: tuple[str, ...]


Entries = Sequence["str | Submenu"]


def _priorities() -> Submenu:
    return Submenu(_tr("C&hange priority"), None, PRIORITIES)


def job_menu() -> Entries:
    """Return the context menu of a transfer."""
    return (
        *("show_job", "go_to_folder", LINE, "try_now", "pause"),
        *(_priorities(), "move_up", "move_down"),
        *(LINE, "retry_failed", "show_failed", "close_job"),
        *(LINE, "export_report", "copy_job_id"),
        *(LINE, "cancel_job", "remove_job"),
    )


def _menu_bar() -> tuple[tuple[str, str, Entries], ...]:
    """Return id, title and entries of each menu."""
    densities = Submenu(
        _tr("&Density"), None, ("density_comfortable", "density_normal", "density_compact")
    )
    themes = Submenu(_tr("T&heme"), None, ("theme_system", "theme_light", "theme_dark"))
    return (
        (
            "file",
            _tr("&File"),
            (
                *("new_session", "sessions", "edit_session", "connect", "copy_endpoint"),
                *("remove_session", LINE, "import_sessions", "start_demo", "demo_anew"),
                *(LINE, Submenu(_tr("Local &files"), None, LOCAL_MENU), LINE, "quit"),
            ),
        ),
        (
            "edit",
            _tr("&Edit"),
            (
                *("copy_names", "copy_full_names", "copy_location", "paste_files"),
                *(LINE, "select_all", LINE, "filter", "search", "search_all"),
                *(LINE, "preferences"),
            ),
        ),
        (
            "view",
            _tr("&View"),
            (
                "local_files",
                "transfers",
                LINE,
                densities,
                themes,
                "contrast",
                LINE,
                "problems",
                LINE,
                "refresh",
                "stop_listing",
            ),
        ),
        (
            "go",
            _tr("&Go"),
            (
                *("back", "forward", "parent", "location", LINE),
                *("go_sidebar", "go_local", "go_objects", "go_transfers"),
                *("next_pane", "previous_pane"),
            ),
        ),
        (
            "bucket",
            _tr("&Bucket"),
            (
                *("new_bucket", LINE, "upload_files", "upload_folder", "new_folder"),
                *(LINE, "bucket_properties", "delete_bucket"),
            ),
        ),
        (
            "object",
            _tr("&Object"),
            ("open", LINE, "download", LINE, "versions", "properties", LINE, "delete"),
        ),
        (
            "transfers",
            _tr("&Transfers"),
            (
                *("show_job", "go_to_folder", LINE, "try_now", "pause", "pause_all"),
                *(_priorities(), "move_up", "move_down", LINE),
                *("retry_failed", "show_failed", "close_job", LINE, "export_report", "copy_job_id"),
                *(LINE, "cancel_job", "remove_job", "clear_done"),
            ),
        ),
        (
            "help",
            _tr("&Help"),
            ("keyboard", "show_hints", LINE, "open_log_folder", "copy_report", LINE, "about"),
        ),
    )


LOCAL_MENU = ("upload_local", LINE, "show_local", "new_local_folder")
UPLOAD_MENU = ("upload_files", "upload_folder")
SESSION_MENU = (
    *("connect", LINE, "new_bucket", "search_all", LINE, "edit_session", "copy_endpoint"),
    *(LINE, "remove_session"),
)
BUCKET_MENU = (
    *("open", "search", LINE, "upload_files", "upload_folder", "new_folder", LINE, "download"),
    *(LINE, "copy_names", "refresh", "properties", LINE, "delete_bucket"),
)
FOLDER_MENU = (
    *("open", LINE, "download", LINE, "upload_files", "upload_folder", "new_folder"),
    *(LINE, "copy_names", "copy_full_names", "refresh", "properties", LINE, "delete"),
)
OBJECT_MENU = (
    *("download", LINE, "copy_names", "copy_full_names"),
    *(LINE, "versions", "properties", LINE, "delete"),
)
SEVERAL_MENU = (
    *("download", LINE, "copy_names", "copy_full_names", LINE, "properties", LINE, "delete"),
)
BUCKETS_MENU = ("copy_names", LINE, "refresh")
EMPTY_MENU = (
    *("upload_files", "upload_folder", "new_folder", LINE, "paste_files"),
    *(LINE, "select_all", "refresh", LINE, "folder_properties"),
)
EMPTY_SEARCH_MENU = ("select_all", "refresh")
EMPTY_SESSION_MENU = ("new_bucket", LINE, "select_all", "refresh")
PRIORITIES = ("priority_urgent", "priority_high", "priority_normal", "priority_low")


def menu_for(selection: Selection) -> tuple[str, ...]:
    """Return the context menu of what is selected in a list."""
    if selection.buckets:
        return BUCKET_MENU if len(selection) == 1 else BUCKETS_MENU
    if len(selection) > 1:
        return SEVERAL_MENU
    if selection.folders:
        return FOLDER_MENU
    if selection.objects:
        return OBJECT_MENU
    if selection.place.search is not None:
        return EMPTY_SEARCH_MENU
    return EMPTY_MENU if selection.place.bucket else EMPTY_SESSION_MENU


class Actions(QObject):
    """The actions by id: `actions["upload_files"]`. What is `absent` is in no menu."""

    def __init__(self, parent: QObject | None = None, absent: frozenset[str] = frozenset()) -> None:
        super().__init__(parent)
        self._absent = absent
        self._commands = {command.id: command for command in _table()}
        self._actions = {id: self._make(command) for id, command in self._commands.items()}
        self._themes = QActionGroup(self)
        for chosen in Theme:
            self._themes.addAction(self[f"theme_{chosen.value}"])
        self._densities = QActionGroup(self)
        for density in Density:
            self._densities.addAction(self[f"density_{density.name.lower()}"])
        theme.notifier().changed.connect(self._tint)
        self._tint()
        self.follow(Situation())

    def __getitem__(self, id: str) -> QAction:
        return self._actions[id]

    def is_local(self, id: str) -> bool:
        """Whether its keys belong to some panes alone, so that others use them otherwise."""
        return self._commands[id].local_keys

    def __iter__(self) -> Iterator[str]:
        return iter(self._actions)

    def _make(self, command: Command) -> QAction:
        action = QAction(command.text, self)
        action.setObjectName(command.id)
        action.setCheckable(command.checkable)
        if command.keys:
            action.setShortcut(QKeySequence(command.keys))
        if command.local_keys:
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        return action

    def follow(self, now: Situation) -> None:
        """Set what can work in this situation, and the words that depend on it."""
        for id, command in self._commands.items():
            action = self._actions[id]
            if command.words is not None:
                action.setText(command.words(now))
            reason = None if command.reason is None else command.reason(now)
            action.setEnabled(reason is None)
            action.setToolTip(reason or self._tip(action, command))
        priority = now.job.priority if now.job is not None else None
        for name in PRIORITIES:
            chosen = priority is not None and name == f"priority_{priority.value.lower()}"
            self[name].setChecked(chosen)
        disconnects = now.connected or now.connecting
        self["connect"].setShortcut(QKeySequence("Ctrl+W") if disconnects else QKeySequence())

    def _tip(self, action: QAction, command: Command) -> str:
        text = command.tip or plain(action.text())
        keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        return f"{text} ({keys})" if keys else text

    def _tint(self) -> None:
        for id, command in self._commands.items():
            if command.icon is not None:
                checked = Role.ACCENT if command.checkable else None
                self._actions[id].setIcon(icons.icon(command.icon, command.role, checked))

    def keys(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """Return each menu's title with its commands that have keys: (words, keys)."""
        return [(plain(title), self._keys_of(entries)) for _id, title, entries in _menu_bar()]

    def _keys_of(self, entries: Entries) -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = []
        for entry in self._present(entries):
            if isinstance(entry, Submenu):
                found += self._keys_of(entry.entries)
            elif entry != LINE and (keys := self._commands[entry].keys):
                sequence = QKeySequence(keys)
                words = plain(self._commands[entry].text).rstrip("…")
                native = sequence.toString(QKeySequence.SequenceFormat.NativeText)
                found.append((words, native))
        return found

    # -- menus ----------------------------------------------------------------------------------

    def fill_menu_bar(self, bar: QMenuBar) -> None:
        for id, title, entries in _menu_bar():
            menu = self.menu(entries, bar, title)
            menu.setObjectName(f"menu_{id}")
            bar.addMenu(menu)

    def menu(self, entries: Entries, parent: QWidget, title: str = "") -> QMenu:
        """Return a menu of these actions; a disabled one tells its reason as a tool tip."""
        menu = QMenu(title, parent)
        menu.setToolTipsVisible(True)
        for entry in self._present(entries):
            if isinstance(entry, Submenu):
                menu.addMenu(self.menu(entry.entries, menu, entry.title))
            elif entry == LINE:
                menu.addSeparator()
            else:
                menu.addAction(self._actions[entry])
        return menu

    def _present(self, entries: Entries) -> list[str | Submenu]:
        """Leave out what is absent, and the lines that then part nothing."""
        present: list[str | Submenu] = []
        for entry in entries:
            if entry in self._absent or (entry == LINE and present[-1:] in ([], [LINE])):
                continue
            present.append(entry)
        return present[:-1] if present[-1:] == [LINE] else present


def plain(text: str) -> str:
    """Return a text without the mark of its mnemonic."""
    return text.replace("&&", "\0").replace("&", "").replace("\0", "&")


# -- when a command cannot work --------------------------------------------------------------------


def _no_session(now: Situation) -> str | None:
    return None if now.session is not None else _tr("No session is chosen.")


def _no_saved_session(now: Situation) -> str | None:
    if now.session is not None and now.session.demo:
        return _tr("The demo is no saved session.")
    return _no_session(now)


def _cannot_connect(now: Situation) -> str | None:
    return _no_session(now)


def _not_connected(now: Situation) -> str | None:
    if now.session is None:
        return _tr("No session is chosen.")
    if not now.connected:
        return _tr("{session} is not connected.").format(session=now.session.name)
    return None


def _demo_runs(now: Situation) -> str | None:
    return _tr("The demo runs already.") if now.demo_running else None


def _no_demo(now: Situation) -> str | None:
    return None if now.demo_running else _tr("The demo is not running.")


def _nothing(now: Situation) -> str | None:
    return None if len(now.target) else _tr("Nothing is selected.")


def _nothing_in_a_bucket(now: Situation) -> str | None:
    if not now.target.objects and not now.target.folders:
        return _tr("No object or folder is selected.")
    return _several_buckets(now)


def _several_buckets(now: Situation) -> str | None:
    """What a search found in several buckets has no one place."""
    if now.target.objects and now.target.place.bucket is None:
        return _tr("What is selected is in several buckets.")
    return None


def _nothing_to_download(now: Situation) -> str | None:
    denied = _not_connected(now)
    if denied is not None:
        return denied
    if len(now.target.buckets) > 1:
        return _tr("Choose one bucket.")
    return _nothing(now) or _several_buckets(now)


def _no_bucket_in_view(now: Situation) -> str | None:
    return _no_bucket_to_search(now)


def _no_single_object(now: Situation) -> str | None:
    if len(now.target) != 1 or not now.target.objects:
        return _tr("Choose one object.")
    return _not_connected(now)


def _nothing_to_tell(now: Situation) -> str | None:
    if len(now.target.buckets) > 1:
        return _tr("Choose one bucket.")
    return _nothing(now) or _several_buckets(now) or _not_connected(now)


def _no_bucket_to_search(now: Situation) -> str | None:
    return _not_connected(now) if bucket_of(now) or now.page.bucket else _tr("Choose a bucket.")


def _no_bucket_page(now: Situation) -> str | None:
    return None if now.page.bucket else _tr("No bucket is open.")


def _no_list(now: Situation) -> str | None:
    return _not_connected(now)


def _nothing_to_paste(now: Situation) -> str | None:
    if not now.files_in_clipboard:
        return _tr("There are no files in the clipboard.")
    return _no_place(now)


def _no_place(now: Situation) -> str | None:
    denied = _not_connected(now)
    if denied is not None:
        return denied
    return None if now.into.takes_uploads else _tr("Choose a bucket.")


def _no_bucket(now: Situation) -> str | None:
    return _not_connected(now) if bucket_of(now) else _tr("Choose a bucket.")


def _no_local_pane(now: Situation) -> str | None:
    return None if now.local_shown else _tr("The local files are not shown.")


def _nothing_local(now: Situation) -> str | None:
    if not now.local_paths:
        return _tr("No local file is selected.")
    return _no_place(now)


def _upload_local_words(now: Situation) -> str:
    if not now.into.takes_uploads:
        return _tr("&Upload")
    return _tr("&Upload to {folder}").format(folder=now.into.name.replace("&", "&&"))


def _not_to_open(now: Situation) -> str | None:
    if len(now.target) != 1 or now.target.objects:
        return _tr("Choose one folder or bucket.")
    return _not_connected(now)


def _not_listing(now: Situation) -> str | None:
    return None if now.listing else _tr("Nothing is being listed.")


def _no_way_back(now: Situation) -> str | None:
    return None if now.back else _tr("There is no page before this one.")


def _no_way_forward(now: Situation) -> str | None:
    return None if now.forward else _tr("There is no page after this one.")


def _no_parent(now: Situation) -> str | None:
    return None if now.parent else _tr("This is the top.")


def _no_job(now: Situation) -> str | None:
    return None if now.job is not None else _tr("No transfer is selected.")


def _none_failed(now: Situation) -> str | None:
    if now.job is not None and not now.job.failed_objects:
        return _tr("No object of this transfer has failed.")
    return _no_job(now)


def _no_job_id(now: Situation) -> str | None:
    if now.job is not None and not now.job.appliance_jobs:
        return _tr("The appliance has not created the job.")
    return _no_job(now)


def _no_wait(now: Situation) -> str | None:
    if now.job is not None and not now.may_try_now:
        return _tr("This transfer does not wait for a next try.")
    return _no_job(now)


def _nothing_to_retry(now: Situation) -> str | None:
    if now.job is not None and not now.job.may_retry:
        return _tr("Nothing of this transfer has failed.")
    return _no_job(now)


def _retry_words(now: Situation) -> str:
    failed = now.job.failed_objects if now.job is not None else 0
    if failed == 1:
        return _tr("R&etry 1 failed object")
    if failed:
        return _tr("R&etry {n} failed objects").format(n=format.count(failed))
    return _tr("R&etry failed")


def _not_to_close(now: Situation) -> str | None:
    if now.job is not None and not now.job.may_close:
        return _tr("This transfer has no failed job that is open on the appliance.")
    return _no_job(now)


def _no_priority(now: Situation) -> str | None:
    if now.job is not None and not now.job.may_change_priority:
        return _tr("This transfer has ended.")
    return _no_job(now)


def _not_queued(now: Situation) -> str | None:
    if now.job is not None and now.job.state is not State.QUEUED:
        return _tr("This transfer does not stand in line.")
    return _no_job(now)


def _not_to_pause(now: Situation) -> str | None:
    if now.job is not None and now.job.waits_for_key:
        return _tr("This transfer waits for other keys of its session.")
    if now.job is not None and not (now.job.may_pause or now.job.paused):
        return _tr("This transfer has ended.")
    return _no_job(now)


def _nothing_to_pause(now: Situation) -> str | None:
    if now.may_pause_all or now.may_resume_all:
        return None
    return _tr("No transfer is running.")


def _not_to_cancel(now: Situation) -> str | None:
    if now.job is not None and not now.job.may_cancel:
        return _tr("This transfer has ended, or is ending.")
    return _no_job(now)


def _not_to_remove(now: Situation) -> str | None:
    if now.job is not None and not now.job.ended:
        return _tr("This transfer has not ended.")
    return _no_job(now)


def _nothing_done(now: Situation) -> str | None:
    return None if now.may_clear_done else _tr("No transfer is done and needs nobody any more.")


def bucket_of(now: Situation) -> str | None:
    """Return the one bucket that Delete bucket would delete: the selected or the open one."""
    if now.target.buckets:
        return now.target.buckets[0] if len(now.target.buckets) == 1 else None
    return now.target.place.bucket


# -- words that change -----------------------------------------------------------------------------


def _connect_words(now: Situation) -> str:
    return _tr("Dis&connect") if now.connected or now.connecting else _tr("&Connect")


def _copy_words(now: Situation) -> str:
    target = now.target
    if target.buckets:
        return _tr("&Copy bucket name") if len(target) == 1 else _tr("&Copy bucket names")
    if len(target) != 1:
        return _tr("&Copy object names")
    return _tr("&Copy folder name") if target.folders else _tr("&Copy object name")


def _copy_full_words(now: Situation) -> str:
    target = now.target
    if len(target) != 1 or target.buckets:
        return _tr("Copy &bucket and object names")
    if target.folders:
        return _tr("Copy &bucket and folder name")
    return _tr("Copy &bucket and object name")


def _delete_words(now: Situation) -> str:
    folders, objects = len(now.target.folders), len(now.target.objects)
    match (folders, objects):
        case (0, 0):
            return _tr("D&elete…")
        case (0, 1):
            return _tr("D&elete object…")
        case (1, 0):
            return _tr("D&elete folder…")
        case (0, _):
            return _tr("D&elete {n} objects…").format(n=format.count(objects))
        case (_, 0):
            return _tr("D&elete {n} folders…").format(n=format.count(folders))
        case (1, 1):
            return _tr("D&elete 1 folder and 1 object…")
        case (1, _):
            return _tr("D&elete 1 folder and {n} objects…").format(n=format.count(objects))
        case (_, 1):
            return _tr("D&elete {n} folders and 1 object…").format(n=format.count(folders))
        case _:
            return _tr("D&elete {m} folders and {n} objects…").format(
                m=format.count(folders), n=format.count(objects)
            )


def _pause_words(now: Situation) -> str:
    if now.job is not None and now.job.paused:
        return _tr("&Resume")
    return _tr("&Pause")


def _pause_all_words(now: Situation) -> str:
    if not now.may_pause_all and now.may_resume_all:
        return _tr("Resume &all")
    return _tr("Pause &all")
