"""Every command of the window, a row each: text, icon, keys, when it cannot work.

The order is the menus'; where a command stands in them is in `menus.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QCoreApplication

from ds3_browser.gui import command_rules as rules
from ds3_browser.gui.situation import Situation
from ds3_browser.gui.theme import Role

_tr = partial(QCoreApplication.translate, "command_table")

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


def commands() -> tuple[Command, ...]:
    return (
        # File
        Command("new_session", _tr("&New session…"), "plus", "Ctrl+N"),
        Command("sessions", _tr("Sess&ions…"), "server", "Ctrl+O"),
        Command("edit_session", _tr("&Edit session…"), "edit", reason=rules.no_saved_session),
        Command("connect", _tr("&Connect"), "connect", "", rules.no_session, rules.connect_words),
        Command("copy_endpoint", _tr("Copy en&dpoint"), "copy", reason=rules.no_session),
        Command("remove_session", _tr("&Remove session…"), "delete", "", rules.no_saved_session),
        Command("import_sessions", _tr("I&mport sessions from Eon Browser…"), "file-input"),
        Command("start_demo", _tr("&Start the demo"), "flask-conical", reason=rules.demo_runs),
        Command("demo_anew", _tr("Start the demo &anew"), reason=rules.no_demo),
        Command("quit", _tr("&Quit"), None, "Ctrl+Q"),
        # Edit
        Command(
            "copy_names",
            _tr("&Copy object names"),
            "copy",
            "Ctrl+C",
            rules.nothing,
            rules.copy_words,
        ),
        Command(
            "copy_full_names",
            _tr("Copy &bucket and object names"),
            None,
            "Ctrl+Shift+C",
            rules.nothing_in_a_bucket,
            rules.copy_full_words,
        ),
        Command("copy_location", _tr("Copy &location"), None, "", rules.no_bucket_page),
        Command("paste_files", _tr("&Paste files"), "clipboard", "Ctrl+V", rules.nothing_to_paste),
        Command("select_all", _tr("Select &all"), None, "Ctrl+A", rules.nothing_listed),
        Command("filter", _tr("&Filter"), "filter", "Ctrl+F", rules.not_connected),
        Command(
            "search", _tr("&Search in bucket…"), "search", "Ctrl+Shift+F", rules.no_bucket_to_search
        ),
        Command("search_all", _tr("Search all b&uckets…"), None, "", rules.not_connected),
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
        Command("refresh", _tr("&Refresh"), "refresh", "F5", rules.not_connected),
        Command("stop_listing", _tr("St&op listing"), "stop", "", rules.not_listing),
        # Go
        Command("back", _tr("&Back"), "arrow-left", "Alt+Left", rules.no_way_back),
        Command("forward", _tr("&Forward"), "arrow-right", "Alt+Right", rules.no_way_forward),
        Command("parent", _tr("&Parent folder"), "arrow-up", "Alt+Up", rules.no_parent),
        Command("location", _tr("&Location…"), None, "Ctrl+L", rules.nothing_listed),
        Command(
            "appliance_jobs",
            _tr("&Jobs on appliance"),
            "list-checks",
            "Ctrl+Shift+A",
            rules.not_connected,
        ),
        Command("go_sidebar", _tr("&Sidebar"), None, "Ctrl+1"),
        Command("go_local", _tr("Local f&iles"), None, "Ctrl+2"),
        Command("go_objects", _tr("&Objects"), None, "Ctrl+3"),
        Command("go_transfers", _tr("&Transfers"), None, "Ctrl+4"),
        Command("next_pane", _tr("&Next pane"), None, "F6"),
        Command("previous_pane", _tr("Pre&vious pane"), None, "Shift+F6"),
        # Local files
        Command(
            "upload_local",
            _tr("&Upload"),
            "upload",
            "",
            rules.nothing_local,
            rules.upload_local_words,
        ),
        Command("upload_local_to", _tr("Upload &to…"), None, "", rules.nothing_to_upload_to),
        Command("open_local", _tr("&Open"), None, "", rules.not_one_local),
        Command("show_local", _tr("Show in &file manager"), "external", "", rules.no_local_pane),
        Command(
            "compare_local",
            _tr("&Compare with this folder"),
            "compare",
            "",
            rules.nothing_beside_local,
        ),
        Command("new_local_folder", _tr("&New folder…"), "folder-plus", "", rules.no_local_pane),
        # Bucket
        Command("new_bucket", _tr("New &bucket…"), "bucket", "Ctrl+Shift+B", rules.not_connected),
        Command("upload_files", _tr("&Upload files…"), "upload", "Ctrl+U", rules.no_place),
        Command(
            "upload_folder", _tr("Upload f&older…"), "folder-up", "Ctrl+Shift+U", rules.no_place
        ),
        Command("new_folder", _tr("&New folder…"), "folder-plus", "Ctrl+Shift+N", rules.no_place),
        Command("bucket_jobs", _tr("&Jobs for this bucket"), "list-checks", "", rules.no_bucket),
        Command(
            "bucket_properties", _tr("Bucket &properties"), "info", "", rules.no_bucket_to_search
        ),
        Command(
            "delete_bucket", _tr("&Delete bucket…"), "delete", "", rules.no_bucket, None, Role.ERROR
        ),
        # Object
        Command("open", _tr("&Open"), "folder-open", "", rules.not_to_open),
        Command("download", _tr("&Download…"), "download", "Ctrl+D", rules.nothing_to_download),
        Command(
            "download_again",
            _tr("Download &again to last folder"),
            "folder-down",
            "Ctrl+Shift+D",
            rules.nothing_to_download_again,
        ),
        Command("download_part", _tr("Download pa&rt…"), None, "", rules.no_object_for_part),
        Command(
            "plan_download",
            _tr("P&lan download…"),
            "route",
            "Ctrl+Shift+P",
            rules.nothing_to_download,
        ),
        Command("stage", _tr("&Bring to cache"), "hard-drive", "", rules.nothing_to_stage),
        Command(
            "verify", _tr("&Verify on appliance…"), "shield-check", "", rules.nothing_to_download
        ),
        Command(
            "compare",
            _tr("&Compare with folder…"),
            "compare",
            "",
            rules.nothing_to_download,
            rules.compare_words,
        ),
        Command("versions", _tr("Ver&sions…"), "history", "", rules.no_single_object),
        Command("properties", _tr("&Properties"), "info", "Alt+Return", rules.nothing_to_tell),
        Command("folder_properties", _tr("Folder p&roperties"), "info", "", rules.no_bucket_page),
        Command(
            "delete",
            _tr("D&elete…"),
            "delete",
            "Del",
            rules.nothing_in_a_bucket,
            rules.delete_words,
            Role.ERROR,
            local_keys=True,
        ),
        # Transfers
        Command("show_job", _tr("Sho&w job"), "expand", "Ctrl+Shift+J", rules.no_job),
        Command("show_failed", _tr("Show &failed objects"), "circle-alert", "", rules.none_failed),
        Command("go_to_folder", _tr("&Go to folder"), "folder-open", "", rules.no_job),
        Command(
            "show_files", _tr("Show files on this co&mputer"), "folder", "", rules.no_files_here
        ),
        Command("try_now", _tr("&Try now"), "try-now", "Ctrl+T", rules.no_wait),
        Command("pause", _tr("&Pause"), "pause", "", rules.not_to_pause, rules.pause_words),
        *_priorities("priority", rules.no_priority),
        Command("move_up", _tr("Move &up"), None, "Alt+Up", rules.not_queued, local_keys=True),
        Command(
            "move_down", _tr("Move dow&n"), None, "Alt+Down", rules.not_queued, local_keys=True
        ),
        Command(
            "pause_all",
            _tr("Pause &all"),
            None,
            "Ctrl+Shift+Space",
            rules.nothing_to_pause,
            rules.pause_all_words,
        ),
        Command(
            "retry_failed",
            _tr("R&etry failed"),
            "refresh",
            "Ctrl+Shift+R",
            rules.nothing_to_retry,
            rules.retry_words,
        ),
        Command("close_job", _tr("Clo&se job, keep the rest"), None, "", rules.not_to_close),
        Command("export_report", _tr("E&xport report…"), None, "", rules.no_job),
        Command("copy_job_id", _tr("Copy job &id"), "copy", "", rules.no_job_id),
        Command("show_on_board", _tr("Show on jobs &board"), "list-checks", "", rules.not_on_board),
        *_priorities("board_priority", rules.board_job_ended),
        Command("resume_here", _tr("&Resume here…"), "play", "", rules.not_to_take_over),
        Command("go_to_bucket", _tr("&Go to bucket"), "folder-open", "", rules.no_bucket_of_board),
        Command("copy_appliance_job_id", _tr("&Copy job id"), "copy", "", rules.no_board_job),
        Command("export_object_list", _tr("&Export object list…"), None, "", rules.no_board_job),
        Command(
            "cancel_on_appliance",
            _tr("C&ancel on appliance…"),
            "circle-x",
            "",
            rules.board_job_ended,
            None,
            Role.ERROR,
        ),
        Command(
            "cancel_job", _tr("&Cancel job…"), "circle-x", "", rules.not_to_cancel, None, Role.ERROR
        ),
        Command("remove_job", _tr("&Remove from list"), None, "", rules.not_to_remove),
        Command("clear_done", _tr("C&lear done"), "clear-done", "", rules.nothing_done),
        # Help
        Command("guide", _tr("&Guide"), "book-open", "F1"),
        Command("keyboard", _tr("&Keyboard"), "keyboard"),
        Command("show_hints", _tr("Show &hints"), None, "", rules.no_demo),
        Command("open_log_folder", _tr("Open &log folder"), "folder"),
        Command("copy_report", _tr("Copy &diagnostic report"), "copy"),
        Command("about", _tr("&About DS3 Browser"), "info"),
    )


def _priorities(prefix: str, reason: Reason) -> Iterator[Command]:
    """The priorities one may ask for, as a menu's choices."""
    words = {
        "urgent": _tr("&Urgent"),
        "high": _tr("&High"),
        "normal": _tr("&Normal"),
        "low": _tr("&Low"),
    }
    for name, text in words.items():
        yield Command(f"{prefix}_{name}", text, None, "", reason, checkable=True)
