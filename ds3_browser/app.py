"""The composition root: the only place where everything is put together.

One instance a data folder: a second start brings the first one's window up and ends.
"""

from __future__ import annotations

import hashlib
import importlib
import logging
import os
import signal
import socket
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Protocol

from PySide6.QtCore import QCoreApplication, QLockFile, QSocketNotifier, QStandardPaths, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtNetwork import QLocalServer, QLocalSocket
from PySide6.QtWidgets import QApplication, QMessageBox

from ds3_browser import __version__, log
from ds3_browser.gui import direction, icons, languages, theme, tray
from ds3_browser.gui.actions import Actions
from ds3_browser.gui.awake import Awake
from ds3_browser.gui.browsing import Browsing
from ds3_browser.gui.collecting import Collector
from ds3_browser.gui.commands import environment_is_set
from ds3_browser.gui.context import Context
from ds3_browser.gui.dialogs import guide
from ds3_browser.gui.faults import Faults
from ds3_browser.gui.folders import Folders
from ds3_browser.gui.jobs import JobQueue
from ds3_browser.gui.keys import Keys
from ds3_browser.gui.ledgers import OTHER_IDS
from ds3_browser.gui.main_window import MainWindow
from ds3_browser.gui.sessions import DEMO_ID, SavedSession, Sessions
from ds3_browser.gui.settings import Settings
from ds3_browser.gui.taskbar import Taskbar
from ds3_browser.gui.workers import Calls, CallsApart
from ds3_browser.protocol.records import Credentials, Endpoint
from ds3_browser.transfer.ledger import Ledger, LedgerError
from ds3_browser.transfer.turns import Turns

ORGANISATION = "ds3-browser"
APPLICATION = "DS3 Browser"
DEMO_FOLDER = "demo"
SETTINGS = "settings.ini"
LEDGER = "transfers.sqlite3"
ANSWER_MS = 1000
AGAIN_MS = 100
PATIENCE_S = 10.0
UNSEEN = ("offscreen", "minimal")  # platforms on which nobody could close a window

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line said."""

    demo: bool = False
    session: str | None = None
    log_level: str | None = None  # None: as the preferences say
    reset_window: bool = False
    data_dir: Path | None = None


class Demo(Protocol):
    """The demo appliance: a process of its own that ends with the window."""

    def start(self) -> tuple[Endpoint, Credentials]:
        """Start it, fill it if it is new, and return how to reach it. Blocks some seconds."""

    def make(self, mood: str) -> None:
        """Make it behave as one of the moods in its badge's menu. Blocks."""

    def empty(self) -> None:
        """Throw away all it holds, and stop it. Blocks."""

    def stop(self) -> None: ...


def main(options: Options) -> int:
    """Run the program to its end and return the exit code."""
    if (trouble := no_display(os.environ)) is not None:
        print(trouble, file=sys.stderr)
        return 2
    app = make_application(sys.argv[:1])
    try:
        folder = data_folder(options)
    except OSError as error:
        return fail(no_data_folder(error))
    log.set_up(folder, options.log_level or "INFO")
    logger.info("DS3 Browser %s, data in %s", __version__, folder)
    lock = QLockFile(str(folder / "lock"))
    lock.setStaleLockTime(0)
    if (code := own(lock, folder)) is not None:
        return code
    try:
        program = Program(app, folder, options)
    except LedgerError as error:
        logger.error("the ledger cannot be opened: %s", error)
        return fail(no_ledger(error))
    faults = Faults(folder / "log")
    faults.happened.connect(program.window.telling.tell_fault)
    program.show()
    notifier = quit_on_signals(app)
    try:
        return app.exec()
    finally:
        if notifier is not None:
            notifier.setEnabled(False)
        program.close()
        faults.close()
        lock.unlock()
        log.tear_down()


def fail(text: str) -> int:
    """Say why the program cannot start: where it was started, and in a window. Return its code.

    Started from a desktop's menu nobody reads what is printed.
    """
    print(text, file=sys.stderr)
    if QGuiApplication.platformName() not in UNSEEN:
        box = QMessageBox(QMessageBox.Icon.NoIcon, APPLICATION, text)
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.addButton(QCoreApplication.translate("app", "Close"), QMessageBox.ButtonRole.AcceptRole)
        box.exec()
    return 1


def no_display(environ: Mapping[str, str], platform: str = sys.platform) -> str | None:
    """Return a sentence if there is nothing to show a window on: Qt itself would abort."""
    if not platform.startswith("linux"):
        return None
    if any(environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")):
        return None
    return (
        "DS3 Browser needs a display, and neither DISPLAY nor WAYLAND_DISPLAY is set."
        " Start it inside a desktop, or set QT_QPA_PLATFORM=offscreen for a test."
    )


def make_application(arguments: list[str]) -> QApplication:
    """Return the application, named, with its icon and its theme's fonts to come."""
    existing = QApplication.instance()
    app = existing if isinstance(existing, QApplication) else QApplication(arguments)
    app.setOrganizationName(ORGANISATION)
    app.setApplicationName(APPLICATION)
    app.setApplicationVersion(__version__)
    app.setDesktopFileName(ORGANISATION)
    app.setWindowIcon(icons.app_icon())
    return app


def data_folder(options: Options) -> Path:
    """Return where everything is kept; the demo has a folder of its own inside it."""
    if options.data_dir is not None:
        folder = options.data_dir
    else:
        where = QStandardPaths.StandardLocation.AppDataLocation
        folder = Path(QStandardPaths.writableLocation(where))
    folder = folder / DEMO_FOLDER if options.demo else folder
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder):  # a disk that is read-only or full says so here
        pass
    return folder.resolve()


def no_data_folder(error: OSError) -> str:
    """Return what to read where nothing can be kept: without a ledger no job would be safe."""
    return (
        f"DS3 Browser cannot write to its data folder: {error}."
        " Make room or allow writing there, or choose another folder with --data-dir."
    )


def no_ledger(error: LedgerError) -> str:
    """Return what to read where the list of transfers cannot be opened; it is left as it is.

    The error names its file.
    """
    return (
        f"DS3 Browser cannot open its list of transfers. {error}."
        " Nothing in it was changed. Choose another data folder with --data-dir to work meanwhile."
    )


def quit_on_signals(app: QApplication) -> QSocketNotifier | None:
    """End in good order on Ctrl+C and SIGTERM: jobs are interrupted and stay open.

    Python runs a signal's handler only between its own instructions, of which an idle window has
    none; so the signal also writes to a socket that Qt watches.
    """
    if os.name != "posix":
        return None
    ours, pythons = socket.socketpair()
    for end in (ours, pythons):
        end.setblocking(False)
    signal.set_wakeup_fd(pythons.fileno(), warn_on_full_buffer=False)
    for number in (signal.SIGINT, signal.SIGTERM):
        # Not `quit`: that would close the window first, which asks where jobs are open.
        signal.signal(number, lambda *_: app.exit())
    notifier = QSocketNotifier(ours.fileno(), QSocketNotifier.Type.Read, app)
    # The lambda keeps both ends open as long as the notifier lives.
    notifier.activated.connect(lambda *_: (ours.recv(64), pythons.fileno()))
    return notifier


class Program:
    """All parts of a running program, and the order in which they end."""

    def __init__(self, app: QApplication, folder: Path, options: Options) -> None:
        self._options = options
        self._collector = Collector()
        self._demo_folder = folder if options.demo else folder / DEMO_FOLDER
        self._settings = open_settings(folder, self._demo_folder)
        direction.settle(app, languages.speak(self._settings.language))
        if options.reset_window:
            self._settings.forget_window()
        theme.set_density(self._settings.density)
        theme.set_contrast(app, self._settings.contrast)
        theme.apply(app, self._settings.theme)
        self._folders = Folders(self._settings)
        self._keys = Keys()
        self._sessions = Sessions(self._settings, self._keys)
        self._browsing = Browsing(self._sessions)
        self._queue = JobQueue(
            Ledger(folder / LEDGER, OTHER_IDS if options.demo else 1),
            Turns(),
            self._browsing.client,
            self._sessions.name_if_known,
            {} if options.demo else {DEMO_ID: self._open_demo_ledger},
        )
        self._calls = Calls()
        self._disk = CallsApart("disk")
        self._awake = Awake()
        self._taskbar = Taskbar()
        self._tray = tray.find()
        self._demo_lock = None if options.demo else QLockFile(str(self._demo_folder / "lock"))
        self._demo = load_demo(self._demo_folder, self._claim_demo)
        absent = frozenset() if self._demo is not None else frozenset({"start_demo", "demo_anew"})
        absent |= frozenset() if guide.is_there() else frozenset({"guide"})
        self.window = MainWindow(
            Context(
                settings=self._settings,
                sessions=self._sessions,
                keys=self._keys,
                browsing=self._browsing,
                queue=self._queue,
                calls=self._calls,
                disk=self._disk,
                awake=self._awake,
                taskbar=self._taskbar,
                tray=self._tray,
                actions=Actions(absent=absent),
                log_folder=folder / "log",
                demo=self._demo,
                environment=environment_is_set(),
            )
        )
        self.window.commands.apply_preferences()
        if options.log_level is not None:
            logging.getLogger("ds3_browser").setLevel(options.log_level)
        self._servers = [listen(folder, self.window.bring_up)]
        self._sessions.added.connect(self._demo_added)
        self._folders.looked.connect(self.window.show_local_folder)

    def _open_demo_ledger(self) -> Ledger:
        return Ledger(self._demo_folder / LEDGER, OTHER_IDS)

    def _claim_demo(self) -> bool:
        """Whether the demo's folder is this program's, which it then is till its end."""
        if self._demo_lock is None or self._demo_lock.isLocked():
            return True
        self._demo_lock.setStaleLockTime(0)
        return self._demo_lock.tryLock(0)

    def _demo_added(self, session: SavedSession) -> None:
        """From now on a start with `--demo` brings this window up."""
        if session.demo and self._demo_lock is not None and len(self._servers) == 1:
            self._servers.append(listen(self._demo_folder, self.window.bring_up))

    def show(self) -> None:
        self.window.restore_geometry()
        self.window.show()
        self.window.focus_page()
        self._queue.earlier.restore()
        self._folders.look()
        self._keys.look()
        if self._options.demo and self._demo is not None:
            self.window.commands.demo.start()
        self.window.commands.sessions.connect_at_start(self._options.session)

    def close(self) -> None:
        """End threads and processes; each part is waited for."""
        self.window.keep_geometry()
        for server in self._servers:
            server.close()
        self._queue.close()
        self._browsing.close()
        self._calls.close()
        self._disk.close()
        self._keys.close()
        self._awake.close()
        self._taskbar.close()
        self._folders.close()
        if self._tray is not None:
            self._tray.close()
        if self._demo is not None:
            self._demo.stop()
        if self._demo_lock is not None:
            self._demo_lock.unlock()
        self._settings.save()
        self._collector.stop()


def open_settings(folder: Path, demo_folder: Path) -> Settings:
    """Return the settings; where the user was in the demo is in the demo's own."""
    own = {} if demo_folder == folder else {DEMO_ID: demo_folder / SETTINGS}
    return Settings(folder / SETTINGS, own)


def load_demo(folder: Path, claim: Callable[[], bool]) -> Demo | None:
    """Return the demo appliance that keeps its archive below `folder`, None where it is absent."""
    try:
        demo = importlib.import_module("ds3_browser.demo")
    except ModuleNotFoundError:
        return None
    made: Demo = demo.Demo(folder, claim)
    return made


def listen(folder: Path, bring_up: Callable[[], None]) -> QLocalServer:
    """Wait for a second start of the program, which wants the window."""
    server = QLocalServer()
    server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
    QLocalServer.removeServer(server_name(folder))
    if not server.listen(server_name(folder)):
        logger.warning("a second start will not find this one: %s", server.errorString())

    def connected() -> None:
        while (connection := server.nextPendingConnection()) is not None:
            connection.disconnected.connect(connection.deleteLater)
            connection.write(b"here\n")
            connection.disconnectFromServer()
            bring_up()

    server.newConnection.connect(connected)
    return server


def own(lock: QLockFile, folder: Path, patience_s: float = PATIENCE_S) -> int | None:
    """Make the data folder ours, or bring up who has it. Return the exit code, None where ours.

    Who has it may still be starting, and answers soon, or be ending, and leaves it to us.
    """
    end = monotonic() + patience_s
    while not lock.tryLock(AGAIN_MS):  # waits so long
        if raise_the_other(folder):
            print("DS3 Browser is running already; its window was brought up.")
            return 0
        if monotonic() > end:
            return fail("DS3 Browser is running already, but does not answer.")
    return None


def raise_the_other(folder: Path) -> bool:
    """Ask the instance that has this data folder to show its window; whether it did."""
    connection = QLocalSocket()
    connection.connectToServer(server_name(folder))
    answered = connection.waitForConnected(ANSWER_MS) and connection.waitForReadyRead(ANSWER_MS)
    connection.abort()
    return answered


def server_name(folder: Path) -> str:
    """Return a short name: the folder's own would be too long for a socket on some systems."""
    return f"ds3-browser-{hashlib.sha256(str(folder).encode()).hexdigest()[:16]}"
