"""Starting the program: arguments, display, one instance a data folder."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from PySide6.QtCore import QLockFile, QTimer
from PySide6.QtWidgets import QApplication, QMessageBox

from ds3_browser import __main__ as entry
from ds3_browser import app
from ds3_browser.gui.sessions import DEMO_ID

ROOT = Path(app.__file__).resolve().parent.parent


def run(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LC_ALL") if name in os.environ}
    return subprocess.run(
        [sys.executable, *arguments],
        env={**kept, "PYTHONPATH": str(ROOT), **environ},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("environ", "shown"),
    [
        ({}, False),
        ({"DISPLAY": ""}, False),
        ({"DISPLAY": ":0"}, True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, True),
        ({"QT_QPA_PLATFORM": "offscreen"}, True),
    ],
)
def test_a_display_is_looked_for_before_qt_would_abort(environ, shown):
    assert (app.no_display(environ, "linux") is None) == shown
    assert app.no_display(environ, "darwin") is None


def test_without_a_display_the_program_says_so_in_one_sentence(tmp_path):
    ended = run("-m", "ds3_browser", "--data-dir", str(tmp_path))
    assert ended.returncode == 2
    assert ended.stderr.startswith("DS3 Browser needs a display")
    assert "Traceback" not in ended.stderr


def test_the_hidden_switch_starts_the_simulator_and_no_window():
    code = (
        "import sys; from ds3_browser.__main__ import main;"
        "sys.argv[1:] = ['--run-simulator', '--help'];"
        "import atexit; atexit.register(lambda: print('PySide6' in sys.modules)); main()"
    )
    ended = run("-c", code)
    assert ended.returncode == 0
    assert "--access-key" in ended.stdout
    assert ended.stdout.splitlines()[-1] == "False"


def test_an_unknown_argument_is_refused():
    ended = run("-m", "ds3_browser", "--no-such-thing")
    assert ended.returncode == 2
    assert "unrecognized" in ended.stderr


def test_the_arguments_are_read(tmp_path):
    options = entry.parser().parse_args(
        ["--demo", "--session", "North", "--log-level", "debug", "--data-dir", str(tmp_path)]
    )
    assert (options.demo, options.session, options.log_level) == (True, "North", "DEBUG")
    assert options.data_dir == tmp_path


def test_the_demo_has_a_data_folder_of_its_own(tmp_path):
    real = app.data_folder(app.Options(data_dir=tmp_path))
    demo = app.data_folder(app.Options(data_dir=tmp_path, demo=True))
    assert real != demo
    assert demo.is_dir()


@pytest.mark.ui("15.15", "a second start brings the first one's window up")
def test_a_second_start_brings_the_first_ones_window_up_and_ends(qtbot, tmp_path):
    raised: list[bool] = []
    held = QLockFile(str(tmp_path / "lock"))
    assert held.tryLock(0)
    server = app.listen(tmp_path, lambda: raised.append(True))
    code = (
        "import sys; from pathlib import Path; from PySide6.QtCore import QCoreApplication;"
        "from ds3_browser import app; q = QCoreApplication([]);"
        "from PySide6.QtCore import QLockFile; folder = Path(sys.argv[1]);"
        "sys.exit(app.own(QLockFile(str(folder / 'lock')), folder))"
    )
    second = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(ROOT), "QT_QPA_PLATFORM": "offscreen"},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        qtbot.waitUntil(lambda: bool(raised), timeout=20_000)
        qtbot.waitUntil(lambda: second.poll() is not None, timeout=20_000)
        assert second.returncode == 0
        assert "brought up" in second.stdout.read()
    finally:
        second.kill()
        second.communicate()
        server.close()


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")
def test_a_signal_ends_the_program_in_good_order_though_a_job_is_open(tmp_path, simulator, client):
    """No question is asked of nobody; the job stays open on the appliance."""
    simulator.faults.set("cache_bytes", 0)
    client.create_bucket("archive")
    (tmp_path / "a.bin").write_bytes(b"a" * 100)
    code = (
        "import sys; from pathlib import Path; from PySide6.QtCore import QTimer\n"
        "from ds3_browser import app; from ds3_browser.gui.sessions import *\n"
        "host, port, access_id, key, data, file = sys.argv[1:]\n"
        "a = app.make_application([]); p = app.Program(a, Path(data), app.Options())\n"
        "p.show(); c = p.window.context; n = app.quit_on_signals(a)\n"
        "s = SavedSession.new('N', scheme='http', host=host, port=int(port), access_id=access_id)\n"
        "c.sessions.add(s, key); c.browsing.connect_session(s.id)\n"
        "def up(*_):\n"
        "    if c.browsing.client(s.id) and not c.queue.open_jobs():\n"
        "        c.queue.upload(s.id, 'archive', '', [file])\n"
        "c.browsing.changed.connect(up)\n"
        "def tell(event):\n"
        "    if 'Waiting' in type(event).__name__: print('WAITS', flush=True)\n"
        "c.queue.event.connect(tell)\n"
        "a.exec(); p.close(); print('CLOSED', flush=True)"
    )
    given = (simulator.host, str(simulator.port), simulator.access_id, simulator.secret_key)
    process = subprocess.Popen(
        [sys.executable, "-c", code, *given, str(tmp_path), str(tmp_path / "a.bin")],
        env={**os.environ, "PYTHONPATH": str(ROOT), "QT_QPA_PLATFORM": "offscreen"},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == "WAITS"
        process.send_signal(signal.SIGTERM)
        rest, _ = process.communicate(timeout=30)
    finally:
        process.kill()
        process.communicate()
    assert rest.splitlines()[-1] == "CLOSED"
    assert "geometry=" in (tmp_path / "settings.ini").read_text()
    assert len(list(client.active_jobs())) == 1


def test_a_folder_whose_owner_does_not_answer_is_told(qapp, tmp_path, capsys):
    held, wanted = (QLockFile(str(tmp_path / "lock")) for _ in range(2))
    assert held.tryLock(0)
    assert app.own(wanted, tmp_path, patience_s=0) == 1
    assert "does not answer" in capsys.readouterr().err


TRIES = """
import sys
from pathlib import Path
from PySide6.QtCore import QCoreApplication, QLockFile
from ds3_browser import app

class Lock(QLockFile):
    def tryLock(self, timeout):
        print("TRIES", flush=True)
        return super().tryLock(timeout)

q, folder = QCoreApplication([]), Path(sys.argv[1])
print("CODE", app.own(Lock(str(folder / "lock")), folder), flush=True)
"""


@pytest.fixture
def second_start(held, tmp_path) -> Iterator[subprocess.Popen[str]]:
    """A second start of the program that has found the first one's lock, and nobody to answer."""
    process = subprocess.Popen(
        [sys.executable, "-c", TRIES, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(ROOT), "QT_QPA_PLATFORM": "offscreen"},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert [process.stdout.readline() for _ in range(2)] == ["TRIES\n"] * 2
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.fixture
def held(tmp_path) -> Iterator[QLockFile]:
    lock = QLockFile(str(tmp_path / "lock"))
    assert lock.tryLock(0)
    yield lock
    lock.unlock()


def test_who_starts_it_twice_at_once_gets_the_one_window(qtbot, second_start, tmp_path):
    raised: list[bool] = []
    server = app.listen(tmp_path, lambda: raised.append(True))  # not any sooner
    qtbot.waitUntil(lambda: second_start.poll() is not None, timeout=20_000)
    server.close()
    assert second_start.stdout.read().endswith("CODE 0\n")
    assert raised


def test_who_starts_it_while_the_last_one_ends_gets_a_window_of_their_own(held, second_start):
    held.unlock()
    assert second_start.stdout.read().endswith("CODE None\n")


def test_a_data_folder_that_cannot_be_made_is_told_in_a_sentence(tmp_path):
    (tmp_path / "file").touch()
    where = str(tmp_path / "file" / "below")
    ended = run("-m", "ds3_browser", "--data-dir", where, QT_QPA_PLATFORM="offscreen")
    assert ended.returncode == 1
    assert "cannot write to its data folder" in ended.stderr
    assert where in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="a folder nobody writes to")
def test_a_data_folder_that_takes_no_file_is_told_in_a_sentence():
    ended = run("-m", "ds3_browser", "--data-dir", "/proc/self", QT_QPA_PLATFORM="offscreen")
    assert ended.returncode == 1
    assert "cannot write to its data folder" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="a home nobody writes to")
def test_a_home_that_takes_nothing_is_told_in_a_sentence():
    ended = run(
        "-m", "ds3_browser", HOME="/proc/self", XDG_DATA_HOME="", QT_QPA_PLATFORM="offscreen"
    )
    assert ended.returncode == 1
    assert "cannot write to its data folder" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_what_hinders_the_start_is_told_in_a_window_too(qtbot, monkeypatch, capsys):
    monkeypatch.setattr(app, "UNSEEN", ())
    seen: list[str] = []

    def close() -> None:
        box = QApplication.activeModalWidget()
        assert isinstance(box, QMessageBox)
        seen.append(box.text())
        box.accept()

    QTimer.singleShot(0, close)
    assert app.fail("There is <b>no</b> room.") == 1
    assert seen == ["There is <b>no</b> room."]
    assert "There is <b>no</b> room." in capsys.readouterr().err


def test_a_ledger_of_a_later_version_is_told_and_left_as_it_is(tmp_path):
    with closing(sqlite3.connect(tmp_path / "transfers.sqlite3")) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("CREATE TABLE schema_version (version INTEGER NOT NULL)")
        database.execute("INSERT INTO schema_version VALUES (999)")
        database.commit()
    before = (tmp_path / "transfers.sqlite3").read_bytes()
    ended = run("-m", "ds3_browser", "--data-dir", str(tmp_path), QT_QPA_PLATFORM="offscreen")
    assert ended.returncode == 1
    told = ended.stderr.partition("cannot open its list of transfers")[2]
    assert told.count(str(tmp_path / "transfers.sqlite3")) == 1, ended.stderr
    assert "Traceback" not in ended.stderr
    assert (tmp_path / "transfers.sqlite3").read_bytes() == before


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")
@pytest.mark.parametrize(
    "settings",
    [
        b"\x00\xff\xfe garbage [[[\n=\n",
        b"[window]\ngeometry=@ByteArray(nonsense)\nmain_splitter=7\n[view]\ntheme=42\n",
        b'[General]\nsessions="{\\"id\\": 5, \\"host\\": []}", "[[[[", "null"\nschema=no\n',
        b"[" * 100_000,
        None,  # a folder of this name
    ],
)
def test_the_whole_program_starts_on_broken_settings(tmp_path, settings):
    file = tmp_path / "settings.ini"
    if settings is None:
        file.mkdir()
    else:
        file.write_bytes(settings)
    process = subprocess.Popen(
        [sys.executable, "-m", "ds3_browser", "--data-dir", str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(ROOT), "QT_QPA_PLATFORM": "offscreen"},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        log = tmp_path / "log" / "ds3-browser.log"
        end = time.monotonic() + 60
        while not (log.exists() and "keychain:" in log.read_text()):
            assert process.poll() is None, process.stderr.read()
            assert time.monotonic() < end
            time.sleep(0.05)  # the looks of a test at another process
        process.send_signal(signal.SIGTERM)
        _, told = process.communicate(timeout=30)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == 0
    assert "Traceback" not in told
    assert "a fault of this program" not in log.read_text()


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")
def test_a_start_on_the_demo_brings_up_the_window_that_has_it(qtbot, tmp_path):
    """Two programs, one demo: the second start with --demo finds the first one's window."""
    program = app.Program(app.make_application(["tests"]), tmp_path, app.Options(data_dir=tmp_path))
    program.show()
    window = program.window
    try:
        window.welcome.demo.click()
        qtbot.waitUntil(lambda: window.context.browsing.client(DEMO_ID) is not None, timeout=60_000)
        window.showMinimized()
        second = subprocess.Popen(
            [sys.executable, "-m", "ds3_browser", "--demo", "--data-dir", str(tmp_path)],
            env={**os.environ, "PYTHONPATH": str(ROOT), "QT_QPA_PLATFORM": "offscreen"},
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            qtbot.waitUntil(lambda: second.poll() is not None, timeout=30_000)
            assert second.returncode == 0
            assert "brought up" in second.stdout.read()
        finally:
            second.kill()
            second.communicate()
        assert not window.isMinimized()
    finally:
        window.hide()
        program.close()
