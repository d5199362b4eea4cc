"""What one does with the local files: upload from them, download to them, open them elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QObject, QTimer, QUrl
from PySide6.QtGui import QDesktopServices

from ds3_browser.gui import local_files
from ds3_browser.gui.dialogs.new_local_folder import NewLocalFolderDialog
from ds3_browser.gui.dialogs.upload_to import UploadToDialog
from ds3_browser.gui.messages import Message
from ds3_browser.gui.places import Place, Selection
from ds3_browser.gui.sessions import SavedSession
from ds3_browser.protocol.records import Bucket

if TYPE_CHECKING:
    from ds3_browser.gui.context import Context
    from ds3_browser.gui.main_window import MainWindow

_tr = partial(QCoreApplication.translate, "local_commands")

DownloadTo = Callable[[Selection, str], None]


class LocalCommands(QObject):
    """`window` tells what it acts on; `download` begins one without asking for its folder."""

    def __init__(self, window: MainWindow, context: Context, download: DownloadTo) -> None:
        super().__init__(window)
        self._window = window
        self._context = context
        self._download = download

    def table(self) -> dict[str, Callable[[], object]]:
        return {
            "upload_local": self._upload,
            "upload_local_to": self._upload_to,
            "open_local": self._window.local.open_selected,
            "show_local": self._show,
            "new_local_folder": self._new_folder,
        }

    def take_upload(self, place: Place) -> bool:
        """Upload what is selected in the pane; False where there is nothing to take."""
        paths = self._window.situation().local_paths
        if not paths:
            return False
        self._window.commands.upload_now(paths, place)
        return True

    def take_download(self, selection: Selection) -> bool:
        """Download to the folder of the pane; False where it is not shown."""
        local = self._window.local
        if not local.isVisible() or not local.folder or selection.buckets:
            return False
        self._download(selection, local.folder)
        return True

    def take_drop(self, selection: Selection, folder: str) -> None:
        """Download what was dropped, once the drop itself has ended: its source waits for that."""
        QTimer.singleShot(0, self, partial(self._download, selection, folder))

    def _upload(self) -> None:
        self.take_upload(self._window.situation().into)

    def connected_sessions(self) -> list[SavedSession]:
        browsing = self._context.browsing
        return [one for one in self._context.sessions.all() if browsing.client(one.id) is not None]

    def _upload_to(self) -> None:
        """Ask for session, bucket and folder first."""
        now = self._window.situation()
        sessions = [
            (one.id, one.name, [bucket.name for bucket in self._buckets(one)])
            for one in self.connected_sessions()
        ]
        if now.local_paths and sessions:
            upload = partial(self._window.commands.upload_now, now.local_paths)
            UploadToDialog.ask(now.local_paths, sessions, now.into, upload, self._window)

    def _buckets(self, session: SavedSession) -> Sequence[Bucket]:
        return self._context.browsing.connection(session.id).buckets

    def open_file(self, path: str) -> None:
        """Open a file with the program that the desktop has for it."""
        QDesktopServices.openUrl(QUrl.fromLocalFile(path))

    def _show(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(self._window.local.folder))

    def _new_folder(self) -> None:
        NewLocalFolderDialog.ask(self._window.local.folder, self._make, self._window)

    def _make(
        self, name: str, on_done: Callable[[], None], on_error: Callable[[Message], None]
    ) -> None:
        def done(_made: None) -> None:
            self._window.local.look_again()
            on_done()

        def fail(error: Exception) -> None:
            reason = getattr(error, "strerror", None) or str(error)
            text = _tr("{name} cannot be made: {reason}.").format(name=name, reason=reason)
            on_error(Message(text))

        make = partial(local_files.make_folder, self._window.local.folder, name)
        self._context.disk.run_call(make, done, fail)
