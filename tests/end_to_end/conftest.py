"""The whole program as its composition root puts it together, and somebody in front of it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from ds3_browser import app
from ds3_browser.protocol.client import Ds3Client
from ds3_browser.protocol.records import Credentials, Endpoint
from tests.end_to_end.person import Person, in_front


@pytest.fixture
def program(qapp: QApplication, tmp_path: Path) -> Iterator[app.Program]:
    """The program in a data folder of its own. It ends as the user ends it, without a left-over."""
    before = set(threading.enumerate())
    folder = tmp_path / "data"
    folder.mkdir()
    program = app.Program(app.make_application([]), folder, app.Options(data_dir=folder))
    program.show()
    program.window.resize(1440, 900)
    yield program
    assert in_front() is None, "a dialog was left open"
    program.window.hide()
    program.close()
    program.window.deleteLater()
    left = [t.name for t in set(threading.enumerate()) - before if t.is_alive()]
    assert [name for name in left if name.startswith(("blob", "hash", "ledger", "pers"))] == []


@pytest.fixture
def window(program: app.Program):
    return program.window


@pytest.fixture
def someone(window, client: Ds3Client) -> Iterator[Person]:
    """A person before the window who has no session yet. At the end no job may say it runs."""
    someone = Person(window)
    yield someone
    running = [someone.says(job) for job in someone.jobs() if not someone.row(job).ended]
    assert running == [], "jobs were left running"


@pytest.fixture
def person(someone: Person, endpoint: Endpoint, credentials: Credentials, bucket: str) -> Person:
    """A person who has connected the simulator and looks at its one bucket, `archive`."""
    someone.connect(endpoint, credentials)
    someone.go(bucket)
    return someone


@pytest.fixture
def restored(tmp_path: Path) -> Path:
    """The empty folder that downloads go to."""
    folder = tmp_path / "restored"
    folder.mkdir()
    return folder


@pytest.fixture
def part_files(tmp_path: Path) -> Callable[[], list[Path]]:
    """What downloads in progress have left below the test's folder."""
    return lambda: list(tmp_path.rglob("*.ds3part"))
