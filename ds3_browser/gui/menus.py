"""In which order commands stand in the menu bar and in the context menus.

Ids alone: `actions.py` makes the menus of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QCoreApplication

from ds3_browser.gui.places import Selection

_tr = partial(QCoreApplication.translate, "menus")

LINE = "-"


@dataclass(frozen=True, slots=True)
class Submenu:
    title: str
    icon: str | None
    entries: Entries
    id: str = ""


Entries = Sequence["str | Submenu"]


def _priorities() -> Submenu:
    return Submenu(_tr("C&hange priority"), None, PRIORITIES)


def job_menu() -> Entries:
    """Return the context menu of a transfer."""
    return (
        *("show_job", "go_to_folder", "show_files", LINE, "try_now", "pause"),
        *(_priorities(), "move_up", "move_down"),
        *(LINE, "retry_failed", "show_failed", "close_job"),
        *(LINE, "export_report", "copy_job_id", "show_on_board"),
        *(LINE, "cancel_job", "remove_job"),
    )


def board_menu() -> Entries:
    """Return the context menu of a job on the board."""
    return (
        *("resume_here", Submenu(_tr("C&hange priority"), None, BOARD_PRIORITIES)),
        *(LINE, "go_to_bucket", "copy_appliance_job_id", "export_object_list"),
        *(LINE, "cancel_on_appliance"),
    )


def menu_bar() -> tuple[tuple[str, str, Entries], ...]:
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
                Submenu(_tr("Colu&mns"), None, (), "columns"),  # filled when it is opened
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
                *("back", "forward", "parent", "location", LINE, "appliance_jobs", LINE),
                *("go_sidebar", "go_local", "go_objects", "go_transfers"),
                *("next_pane", "previous_pane"),
            ),
        ),
        (
            "bucket",
            _tr("&Bucket"),
            (
                *("new_bucket", LINE, "upload_files", "upload_folder", "new_folder"),
                *(LINE, "bucket_jobs", LINE, "bucket_properties", "delete_bucket"),
            ),
        ),
        (
            "object",
            _tr("&Object"),
            (
                "open",
                LINE,
                "download",
                "download_again",
                "download_part",
                "plan_download",
                "stage",
                LINE,
                "verify",
                "compare",
                LINE,
                "versions",
                "properties",
                LINE,
                "delete",
            ),
        ),
        (
            "transfers",
            _tr("&Transfers"),
            (
                *("show_job", "go_to_folder", "show_files", LINE, "try_now", "pause"),
                "pause_all",
                *(_priorities(), "move_up", "move_down", LINE),
                *("retry_failed", "show_failed", "close_job", LINE, "export_report", "copy_job_id"),
                *("show_on_board", LINE, Submenu(_tr("Appliance &job"), None, board_menu())),
                *(LINE, "cancel_job", "remove_job", "clear_done"),
                *(LINE, Submenu(_tr("C&olumns"), None, (), "jobs_columns")),
            ),
        ),
        (
            "help",
            _tr("&Help"),
            (
                *("guide", "keyboard", "show_hints", LINE),
                *("open_log_folder", "copy_report", LINE, "about"),
            ),
        ),
    )


LOCAL_MENU = (
    *("upload_local", "upload_local_to", LINE, "open_local", "show_local", "new_local_folder"),
    *(LINE, "compare_local"),
)
UPLOAD_MENU = ("upload_files", "upload_folder")
SESSION_MENU = (
    *(
        "connect",
        LINE,
        "appliance_jobs",
        "new_bucket",
        "search_all",
        LINE,
        "edit_session",
        "copy_endpoint",
    ),
    *(LINE, "remove_session"),
)
BUCKET_MENU = (
    *("open", "search", LINE, "upload_files", "upload_folder", "new_folder", LINE),
    *("download", "download_again", "plan_download"),
    *(LINE, "bucket_jobs", "copy_names", "refresh", "properties", LINE, "delete_bucket"),
)
FOLDER_MENU = (
    *(
        "open",
        LINE,
        "download",
        "download_again",
        "plan_download",
        "stage",
        LINE,
        "upload_files",
        "upload_folder",
        "new_folder",
    ),
    *(LINE, "verify", "compare"),
    *(LINE, "copy_names", "copy_full_names", "refresh", "properties", LINE, "delete"),
)
OBJECT_MENU = (
    *("download", "download_again", "download_part", "plan_download", "stage"),
    *(LINE, "verify", "compare"),
    *(LINE, "copy_names", "copy_full_names"),
    *(LINE, "versions", "properties", LINE, "delete"),
)
SEVERAL_MENU = (
    *("download", "download_again", "plan_download", "stage"),
    *(LINE, "verify", "compare"),
    *(LINE, "copy_names", "copy_full_names"),
    *(LINE, "properties", LINE, "delete"),
)
BUCKETS_MENU = ("copy_names", LINE, "refresh")
EMPTY_MENU = (
    *("upload_files", "upload_folder", "new_folder", LINE, "paste_files"),
    *(LINE, "select_all", "refresh", LINE, "folder_properties"),
)
EMPTY_SEARCH_MENU = ("select_all", "refresh")
EMPTY_SESSION_MENU = ("new_bucket", LINE, "select_all", "refresh")
BOARD_PRIORITIES = (
    *("board_priority_urgent", "board_priority_high"),
    *("board_priority_normal", "board_priority_low"),
)
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
