"""Sees whatever the GUI thread asks of a disk or of the network while a window is used.

What Python itself tells by its audit events, and the few calls that have none. What is shipped with
the program is left out: it is read from where the program itself was; and so are the drawings that
a style sheet can name only as files of the system's temporary folder. What Qt does by itself is
not seen.
"""

from __future__ import annotations

import os
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import ds3_browser

EVENTS = frozenset(
    {
        *("open", "os.listdir", "os.scandir", "os.mkdir", "os.remove", "os.rename", "os.rmdir"),
        *("os.link", "os.symlink", "os.truncate", "os.utime", "os.chmod", "os.chown"),
        *("shutil.copyfile", "shutil.move", "shutil.rmtree", "tempfile.mkstemp"),
        *("sqlite3.connect", "socket.connect", "socket.getaddrinfo", "socket.gethostbyname"),
        "subprocess.Popen",
    }
)
WITHOUT_EVENT = ("stat", "lstat", "statvfs", "access", "readlink", "fsync")
OURS = Path(ds3_browser.__file__).parent
ROOMS = tuple(str(OURS / room) for room in ("simulator", "demo.py"))  # other processes, in use
DRAWINGS = "_tinted_drawings"
SHIPPED = (str(OURS.parent), sys.prefix, sys.base_prefix, os.devnull, "__editable__")


class DiskGuard:
    """`take` gives what was asked since the last time, and by whom: one line each."""

    def __init__(self) -> None:
        self._seen: list[str] = []
        self._on = False
        sys.addaudithook(self._hear)

    @contextmanager
    def on(self, monkeypatch: Any) -> Iterator[None]:
        """Look, as long as it is open."""
        with monkeypatch.context() as patched:
            for name in WITHOUT_EVENT:
                patched.setattr(os, name, self._told(name, getattr(os, name)))
            self._on = True
            try:
                yield
            finally:
                self._on = False

    def take(self) -> list[str]:
        taken, self._seen = self._seen, []
        return taken

    def _told(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def tell(*given: Any, **named: Any) -> Any:
            self._hear(f"os.{name}", given)
            return call(*given, **named)

        return tell

    def _hear(self, event: str, given: tuple[Any, ...]) -> None:
        if not self._on or threading.current_thread() is not threading.main_thread():
            return
        if event not in EVENTS and event.removeprefix("os.") not in WITHOUT_EVENT:
            return
        if given and str(given[0]).startswith(SHIPPED):
            return
        self._on = False  # what is done to tell it
        try:
            frames = traceback.extract_stack()[:-1]
            ours = [frame for frame in frames if frame.filename.startswith(str(OURS))]
            if ours and ours[-1].name != DRAWINGS and not ours[-1].filename.startswith(ROOMS):
                who = f"{Path(ours[-1].filename).relative_to(OURS)}:{ours[-1].lineno}"
                self._seen.append(f"{event} {given[:1]} by {ours[-1].name} in {who}")
        finally:
            self._on = True
