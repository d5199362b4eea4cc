"""What the window's tests share: the theme as the program sets it, and a whole window."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from tests.gui.keyrings import MemoryKeyring


@pytest.fixture(autouse=True)
def _collected_in_this_thread() -> Iterator[None]:
    """As the program does: cyclic garbage with widgets in it must not end in a server's thread.

    What outlives a test is looked at no more. Signals that are connected to functions keep much of
    a window, and a thousand of them would make each collection a long one.
    """
    gc.disable()
    gc.collect()
    gc.freeze()
    yield
    gc.collect(1)
    gc.enable()


@pytest.fixture(autouse=True, scope="module")
def _nothing_left_for_other_threads() -> Iterator[None]:
    """Tests without a window come after these, and their threads collect what is left."""
    yield
    gc.collect()


@pytest.fixture(autouse=True)
def _themed(request: pytest.FixtureRequest) -> Iterator[None]:
    """Show every widget as the program does: its fonts, palette and style sheet, in light."""
    if "qtbot" not in request.fixturenames and "qapp" not in request.fixturenames:
        yield
        return
    from ds3_browser.gui import theme

    app = request.getfixturevalue("qapp")
    assert isinstance(app, QApplication)
    if theme.tokens().dark or not app.styleSheet():
        theme.apply(app, theme.Theme.LIGHT)
    yield
    if theme.tokens().dark:
        theme.apply(app, theme.Theme.LIGHT)


@pytest.fixture
def start_program(qtbot, tmp_path: Path) -> Iterator[Callable[..., object]]:
    """A function that starts the whole program in a data folder, as `app` puts it together."""
    from ds3_browser import app

    running: list[app.Program] = []

    def start(folder: Path = tmp_path / "data", **options: object) -> app.Program:
        folder.mkdir(parents=True, exist_ok=True)
        application = app.make_application(["tests"])
        program = app.Program(application, folder, app.Options(data_dir=folder, **options))
        running.append(program)
        program.show()
        qtbot.waitExposed(program.window)
        return program

    yield start
    for program in running:
        program.window.hide()
        program.close()
        program.window.deleteLater()


@pytest.fixture
def program(start_program):
    return start_program()


@pytest.fixture
def window(program):
    return program.window


@pytest.fixture
def connected(qtbot, program, simulator, bucket):
    """The window with a connected session whose bucket `archive` is listed; gives the session."""
    return connect(qtbot, program, simulator, bucket)


def connect(qtbot, program, simulator, bucket):
    from ds3_browser.gui.browsing import SessionState
    from ds3_browser.gui.places import Place
    from ds3_browser.gui.sessions import SavedSession

    session = SavedSession.new(
        "North Vault",
        scheme="http",
        host=simulator.host,
        port=simulator.port,
        access_id=simulator.access_id,
    )
    context = program.window.context
    context.sessions.add(session, simulator.secret_key)
    context.browsing.connect_session(session.id)
    qtbot.waitUntil(lambda: context.browsing.connection(session.id).state is SessionState.CONNECTED)
    program.window.go(Place(session.id, bucket))
    qtbot.waitUntil(lambda: not program.window.page.listing)
    return session


@pytest.fixture
def use() -> Iterator[Callable[[MemoryKeyring], MemoryKeyring]]:
    """A function that makes a keyring the desktop's, for this test."""
    import keyring

    before = keyring.get_keyring()

    def use_it(backend: MemoryKeyring) -> MemoryKeyring:
        keyring.set_keyring(backend)
        return backend

    yield use_it
    keyring.set_keyring(before)


@pytest.fixture
def memory(use) -> MemoryKeyring:
    """The desktop's keychain, in memory."""
    return use(MemoryKeyring())
