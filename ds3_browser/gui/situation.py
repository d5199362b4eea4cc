"""What the commands would act on: gathered by the window, read by menus, rules and commands."""

from __future__ import annotations

from dataclasses import dataclass, field

from ds3_browser.gui.appliance_jobs import BoardRow
from ds3_browser.gui.job_row import JobRow
from ds3_browser.gui.places import Place, Selection
from ds3_browser.gui.sessions import SavedSession

NOWHERE = Place()


@dataclass(frozen=True, slots=True)
class Situation:
    """What the commands would act on now.

    `last_target` is the folder that this session last downloaded to.
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
    some_connected: bool = False
    demo_running: bool = False
    stages: bool | None = None  # whether the session's release brings to cache; None: not known
    last_target: str | None = None
    job: JobRow | None = None
    board_job: BoardRow | None = None
    may_try_now: bool = False
    may_pause_all: bool = False
    may_resume_all: bool = False
    may_clear_done: bool = False


def bucket_of(now: Situation) -> str | None:
    """Return the one bucket that Delete bucket would delete: the selected or the open one."""
    if now.target.buckets:
        return now.target.buckets[0] if len(now.target.buckets) == 1 else None
    return now.target.place.bucket
