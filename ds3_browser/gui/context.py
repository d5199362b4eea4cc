"""What the composition root hands to the window, and the window to its commands."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ds3_browser.gui.actions import Actions
from ds3_browser.gui.awake import Awake
from ds3_browser.gui.browsing import Browsing
from ds3_browser.gui.jobs import JobQueue
from ds3_browser.gui.keys import Keys
from ds3_browser.gui.sessions import Sessions
from ds3_browser.gui.settings import Settings
from ds3_browser.gui.taskbar import Taskbar
from ds3_browser.gui.tray import Tray
from ds3_browser.gui.workers import Calls, CallsApart
from ds3_browser.protocol.records import Credentials, Endpoint


class Demo(Protocol):
    """The demo appliance; its methods block and are called in the background."""

    def start(self) -> tuple[Endpoint, Credentials]: ...
    def make(self, mood: str) -> None: ...
    def empty(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Context:
    """All that is there before the window is."""

    settings: Settings
    sessions: Sessions
    keys: Keys
    browsing: Browsing
    queue: JobQueue
    calls: Calls
    disk: CallsApart  # whatever asks a disk, that the window may wait for none
    actions: Actions
    log_folder: Path
    awake: Awake
    taskbar: Taskbar
    tray: Tray | None = None
    demo: Demo | None = None
    environment: bool = False
