"""What the window remembers: left, and found again at the next start; repaired where broken."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PySide6.QtCore import (
    QByteArray,
    QCoreApplication,
    QEvent,
    QPoint,
    QPointF,
    QSettings,
    QSize,
    Qt,
)
from PySide6.QtGui import QGuiApplication, QMouseEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QPushButton

from ds3_browser import app
from ds3_browser.gui import job_words, theme
from ds3_browser.gui.dialogs.secret_key import SecretKeyDialog
from ds3_browser.gui.dialogs.sessions import SessionsDialog
from ds3_browser.gui.models.jobs import COLUMN_OF
from ds3_browser.gui.models.ordering import SortKey
from ds3_browser.gui.places import Place
from ds3_browser.gui.sessions import ProxyChoice, SavedSession
from ds3_browser.gui.settings import Settings
from ds3_browser.gui.theme import Density
from ds3_browser.gui.views.transfers_panel import EMPTY_HEIGHT
from ds3_browser.transfer.events import State
from ds3_browser.transfer.ledger_writer import Statement, Writer
from tests.gui.job_stories import upload
from tests.gui.keyrings import ClearTextKeyring

SOON = 10_000
really_put_durable = Writer.put_durable


@pytest.fixture(autouse=True)
def _usual_looks(qapp):
    yield
    theme.set_density(Density.NORMAL)
    theme.set_contrast(qapp, False)


@pytest.fixture
def data(tmp_path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def restart(qtbot, data):
    """A function that ends the window as the user does and starts the program again."""
    running: list[app.Program] = []

    def end() -> None:
        while running:
            program = running.pop()
            program.window.close()
            program.close()
            program.window.deleteLater()
            QCoreApplication.sendPostedEvents(program.window, QEvent.Type.DeferredDelete)

    def start_it(**options):
        end()
        data.mkdir(exist_ok=True)
        application = app.make_application(["tests"])
        running.append(app.Program(application, data, app.Options(data_dir=data, **options)))
        running[0].show()
        qtbot.waitExposed(running[0].window)
        return running[0].window

    yield start_it
    end()


@pytest.fixture
def session(simulator) -> SavedSession:
    return SavedSession.new(
        "North Vault",
        scheme="http",
        host=simulator.host,
        port=simulator.port,
        access_id=simulator.access_id,
        proxy=ProxyChoice.NONE,
        connect_at_start=True,
    )


def shown_columns(window) -> list[str]:
    listed, columns = window.page.list, window.page.model.columns
    return [one.id for n, one in enumerate(columns) if not listed.isColumnHidden(n)]


@pytest.mark.ui("15.10", "columns, order, places and density come back")
def test_columns_and_order_come_back(restart):
    window = restart()
    window.page.list.choose_column("etag", True)
    window.page.list.choose_column("kind", False)
    window.transfers.list.choose_column("priority", True)
    window.page.model.sort_by((SortKey("size", True), SortKey("name")))
    window = restart()
    assert "etag" in shown_columns(window)
    assert "kind" not in shown_columns(window)
    assert not window.transfers.list.isColumnHidden(COLUMN_OF["priority"])
    assert window.page.model.order == (SortKey("size", True), SortKey("name"))
    window.page.list.reset_columns()
    assert "etag" not in shown_columns(restart())


@pytest.mark.ui("15.10", "columns, order, places and density come back")
def test_a_column_stays_as_wide_as_it_was_made(qtbot, restart, session, simulator, bucket):
    def listed(window):
        window.go(Place(session.id, bucket))
        qtbot.waitUntil(lambda: window.page.place.bucket == bucket, timeout=SOON)
        return window.page.list

    window = restart()
    window.context.sessions.add(session, simulator.secret_key)
    table = listed(window)
    size = next(n for n, one in enumerate(window.page.model.columns) if one.id == "size")
    at_first = table.columnWidth(size)
    with qtbot.waitSignal(table.columns_chosen):
        drag_edge(qtbot, table.horizontalHeader(), size, 60)
    assert table.columnWidth(size) == at_first + 60
    window.resize(window.width() - 100, window.height())
    assert table.columnWidth(size) == at_first + 60
    assert table.horizontalHeader().length() <= table.viewport().width()
    table = listed(restart())
    assert table.columnWidth(size) == at_first + 60
    table.reset_columns()
    assert table.columnWidth(size) == at_first


def drag_edge(qtbot, header, section: int, by: int) -> None:
    """Make a column wider with the mouse."""
    view, left = header.viewport(), Qt.MouseButton.LeftButton
    edge = QPoint(header.sectionViewportPosition(section) + header.sectionSize(section) - 1, 8)
    qtbot.mouseMove(view, edge)
    qtbot.mousePress(view, left, pos=edge)
    for step in range(0, by + 1, 20):
        to = edge + QPoint(step, 0)
        move = QMouseEvent(
            QEvent.Type.MouseMove,
            QPointF(to),
            QPointF(view.mapToGlobal(to)),
            Qt.MouseButton.NoButton,
            left,
            Qt.KeyboardModifier.NoModifier,
        )
        QApplication.sendEvent(view, move)
    qtbot.mouseRelease(view, left, pos=edge + QPoint(by, 0))


@pytest.mark.ui("15.11", "a broken value falls back alone")
@pytest.mark.parametrize("kept", ["{", "[1]", '[["size"]]', '[["no-such-column", true]]', "3"])
def test_a_broken_order_falls_back_alone(restart, data, kept):
    window = restart()
    window.page.list.choose_column("etag", True)
    assert window.close()
    store = QSettings(str(data / "settings.ini"), QSettings.Format.IniFormat)
    store.setValue("window/order/objects", kept)
    store.sync()
    window = restart()
    assert window.page.model.order == ()
    assert "etag" in shown_columns(window)


@pytest.mark.ui("15.10", "columns, order, places and density come back")
def test_the_next_start_is_where_one_was_and_unfolded_as_it_was(
    qtbot, memory, restart, simulator, client, session
):
    client.create_bucket("rushes")
    for name in ("day-1/A/clip", "day-1/B/clip", "day-2/A/clip"):
        client.put_object("rushes", name, b"x")
    window = restart()
    window.context.sessions.add(session, simulator.secret_key)
    window.commands.sessions.connect_session(session.id)
    here = Place(session.id, "rushes", "day-1/B/")
    tree, model = window.sidebar.tree, window.sidebar.model
    qtbot.waitUntil(lambda: model.index_of(Place(session.id, "rushes")).isValid(), timeout=SOON)
    tree.setExpanded(model.index_of(Place(session.id, "rushes")), True)
    other = Place(session.id, "rushes", "day-2/")
    qtbot.waitUntil(lambda: model.index_of(other).isValid(), timeout=SOON)
    tree.setExpanded(model.index_of(other), True)
    window.go(here)
    qtbot.waitUntil(lambda: model.index_of(here).isValid(), timeout=SOON)

    window = restart()
    qtbot.waitUntil(lambda: window.place == here, timeout=SOON)
    tree, model = window.sidebar.tree, window.sidebar.model
    qtbot.waitUntil(
        lambda: model.index_of(other).isValid() and tree.isExpanded(model.index_of(other)),
        timeout=SOON,
    )


def test_a_bucket_that_is_gone_leaves_one_at_its_session(
    qtbot, memory, restart, simulator, client, session
):
    client.create_bucket("gone")
    window = restart()
    window.context.sessions.add(session, simulator.secret_key)
    window.commands.sessions.connect_session(session.id)
    browsing = window.context.browsing
    qtbot.waitUntil(lambda: bool(browsing.connection(session.id).buckets), timeout=SOON)
    window.go(Place(session.id, "gone"))
    qtbot.waitUntil(lambda: not window.page.listing, timeout=SOON)
    client.delete_bucket("gone")
    client.create_bucket("other")
    window = restart()
    browsing = window.context.browsing
    qtbot.waitUntil(lambda: bool(browsing.connection(session.id).buckets), timeout=SOON)
    assert window.place == Place(session.id)


def test_places_of_a_removed_session_are_forgotten(restart, data, session):
    settings = Settings(data / "settings.ini")
    settings.keep_last_place(Place(session.id, "rushes", "day-1/"))
    settings.save()
    window = restart()
    window.context.sessions.add(session)
    window.context.sessions.remove(session.id)
    assert window.context.settings.last_place(session.id) is None


@pytest.mark.ui("1.50", "rows come in three densities")
def test_rows_are_as_dense_as_they_were_left(restart):
    window = restart()
    usual = window.page.list.verticalHeader().defaultSectionSize()
    window.context.actions["density_compact"].trigger()
    dense = window.page.list.verticalHeader().defaultSectionSize()
    assert dense < usual
    window = restart()
    assert window.page.list.verticalHeader().defaultSectionSize() == dense
    assert window.context.actions["density_compact"].isChecked()
    window.context.actions["density_comfortable"].trigger()
    assert window.page.list.verticalHeader().defaultSectionSize() > usual


@pytest.mark.ui("4.5", "increased contrast makes lines stronger")
def test_more_contrast_makes_lines_stronger_and_is_kept(restart):
    window = restart()
    border = theme.tokens().border
    window.context.actions["contrast"].trigger()
    assert theme.tokens().border == theme.tokens().faint != border
    assert theme.tokens().row_line == border
    window = restart()
    assert window.context.actions["contrast"].isChecked()
    assert theme.tokens().row_line == border


@pytest.mark.ui("15.12", "a window on a screen that is gone comes back")
def test_a_window_left_on_a_screen_that_is_gone_comes_back_onto_one(restart):
    window = restart()
    window.move(60_000, 40_000)
    window = restart()
    room = QGuiApplication.primaryScreen().availableGeometry()
    assert room.contains(window.geometry().center())


@pytest.mark.ui("15.11", "a broken value falls back alone")
@pytest.mark.parametrize("state", [b"", b"rubbish", bytes(66)], ids=["none", "text", "zeros"])
def test_a_broken_geometry_gives_a_window_of_the_usual_size(restart, data, state):
    restart().close()
    settings = Settings(data / "settings.ini")
    settings.keep_window_state("geometry", QByteArray(state))
    settings.save()
    window = restart()
    assert window.isVisible()
    assert window.size().width() >= QSize(900, 560).width()


@pytest.mark.ui("15.13", "a switch forgets how the window looked and nothing else")
def test_reset_window_forgets_how_it_looked_and_nothing_else(restart, session):
    window = restart()
    window.context.sessions.add(session)
    window.page.list.choose_column("etag", True)
    window.transfers.set_collapsed(True)
    window = restart(reset_window=True)
    assert "etag" not in shown_columns(window)
    assert not window.transfers.collapsed
    assert window.context.sessions.get(session.id) is not None


def open_job(qtbot, restart, simulator, client, session, folder) -> int:
    """Leave a program whose one upload waits for cache; the job's id."""
    client.create_bucket("archive")
    simulator.faults.set("cache_bytes", 0)
    file = folder / "a.bin"
    file.write_bytes(bytes(1000))
    window = restart()
    window.context.sessions.add(session, simulator.secret_key)
    window.commands.sessions.connect_session(session.id)
    browsing = window.context.browsing
    qtbot.waitUntil(lambda: bool(browsing.connection(session.id).buckets), timeout=SOON)
    job = window.context.queue.upload(session.id, "archive", "", [str(file)])
    qtbot.waitUntil(lambda: window.jobs.row(job).state is State.WAITING, timeout=SOON)
    return job


@pytest.mark.ui("3.26", "a transfer that waits for a key says whose, and asks for it")
def test_a_job_that_goes_on_without_a_keychain_asks_for_its_sessions_key(
    qtbot, use, restart, simulator, client, session, folder
):
    session = replace(session, connect_at_start=False)
    job = open_job(qtbot, restart, simulator, client, session, folder)
    simulator.faults.set("cache_bytes", None)
    use(ClearTextKeyring())
    window = restart()
    qtbot.waitUntil(window.continue_bar.isVisible, timeout=SOON)
    window.continue_bar.continue_wanted.emit()
    qtbot.waitUntil(lambda: window.findChild(SecretKeyDialog) is not None, timeout=SOON)
    row = window.jobs.row(job)
    words = job_words.job_words(row, datetime.now(UTC))
    assert (words.text, words.second) == ("Waiting for your secret key", "For North Vault")
    assert job_words.verb(row) == "Enter key…"
    window.findChild(SecretKeyDialog).reject()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert window.jobs.row(job).waits_for_key
    window.commands.jobs.resume(job)
    qtbot.waitUntil(lambda: window.findChild(SecretKeyDialog) is not None, timeout=SOON)
    dialog = window.findChild(SecretKeyDialog)
    dialog.findChild(QLineEdit, "secret_key").setText(simulator.secret_key)
    dialog.findChild(QPushButton, "connect_button").click()
    qtbot.waitUntil(lambda: window.jobs.row(job).state is State.DONE, timeout=2 * SOON)
    assert [name for page in client.list_pages("archive") for name in page.names] == ["a.bin"]


@pytest.mark.parametrize("asked", [True, False])
def test_jobs_go_on_and_their_session_is_connected_for_that(
    qtbot, memory, restart, simulator, client, session, folder, asked
):
    session = replace(session, connect_at_start=False)
    job = open_job(qtbot, restart, simulator, client, session, folder)
    settings = Settings(folder.parent / "data" / "settings.ini")
    settings.continue_at_start = not asked
    settings.save()
    simulator.faults.set("cache_bytes", None)
    window = restart()
    if asked:
        qtbot.waitUntil(window.continue_bar.isVisible, timeout=SOON)
        assert window.context.browsing.client(session.id) is None
        window.continue_bar.continue_wanted.emit()
    qtbot.waitUntil(
        lambda: (row := window.jobs.row(job)) is not None and row.state is State.DONE,
        timeout=2 * SOON,
    )
    assert not window.continue_bar.isVisible() or asked
    assert [name for page in client.list_pages("archive") for name in page.names] == ["a.bin"]


def test_a_height_of_the_transfers_that_nobody_chose_is_no_choice_at_the_next_start(
    restart, qtbot
) -> None:
    window = restart()
    qtbot.waitUntil(lambda: window.transfers.height() == EMPTY_HEIGHT)
    window.jobs.add(upload(1))
    wanted = window.transfers.preferred_height(window.height())
    qtbot.waitUntil(lambda: window.transfers.height() == wanted > EMPTY_HEIGHT)
    window = restart()  # without that job: the demo has gone with its own
    qtbot.waitUntil(lambda: window.transfers.height() == EMPTY_HEIGHT)


def test_a_height_of_the_transfers_that_was_chosen_stays_also_when_jobs_come(
    restart, qtbot
) -> None:
    window = restart()
    total = sum(window.main.sizes())
    window.main.moveSplitter(total - 180, 1)
    window.main.splitterMoved.emit(total - 180, 1)
    chosen = window.transfers.height()
    window = restart()
    qtbot.waitUntil(lambda: window.transfers.height() == chosen)
    window.jobs.add(upload(1))
    QCoreApplication.processEvents()
    assert window.transfers.height() == chosen


def nobody_waits_here(writer: Writer, *statements: Statement) -> None:
    """In place of `put_durable`: the window's thread does not wait for the disk."""
    assert threading.current_thread() is not threading.main_thread()
    really_put_durable(writer, *statements)


def told_of_gone(window, job: int) -> str:
    """What the row of a job says beside the words of every job whose session is gone."""
    row = window.jobs.row(job)
    words = job_words.job_words(row, datetime.now(UTC))
    assert words.text == "Waiting for your secret key"
    assert (job_words.verb(row), row.may_cancel) == ("Add session…", False)
    assert words.second.startswith(row.session_name)
    return words.second


@pytest.mark.ui("3.26", "a transfer that waits for a key says whose, and asks for it")
def test_a_job_of_a_session_that_was_removed_says_so_and_goes_on_once_it_is_added_again(
    qtbot, use, restart, simulator, client, session, folder, monkeypatch
):
    session = replace(session, connect_at_start=False)
    job = open_job(qtbot, restart, simulator, client, session, folder)
    simulator.faults.set("cache_bytes", None)
    window = restart()
    qtbot.waitUntil(lambda: window.jobs.row(job) is not None, timeout=SOON)
    window.context.sessions.remove(session.id)
    assert told_of_gone(window, job) == f"{simulator.host} is no longer among your sessions"
    window = restart()
    qtbot.waitUntil(lambda: window.jobs.row(job) is not None, timeout=SOON)
    assert told_of_gone(window, job) == f"{simulator.host} is no longer among your sessions"
    assert not window.context.queue.to_go_on()
    window.commands.jobs.resume(job)
    qtbot.waitUntil(lambda: window.findChild(SessionsDialog) is not None, timeout=SOON)
    dialog = window.findChild(SessionsDialog)
    host, access_id = (dialog.findChild(QLineEdit, name) for name in ("host", "access_id"))
    assert (host.text(), access_id.text()) == (simulator.host, simulator.access_id)
    dialog.reject()
    monkeypatch.setattr(Writer, "put_durable", nobody_waits_here)
    other = replace(session, id="another", access_id="somebody else")
    window.context.sessions.add(other, simulator.secret_key)
    assert window.jobs.row(job).needs_session
    window.context.sessions.add(replace(session, id="added again"), simulator.secret_key)
    row = window.jobs.row(job)
    assert (row.session_id, row.session_name, row.paused) == ("added again", "North Vault", True)
    assert window.context.browsing.connect_session("added again")
    qtbot.waitUntil(lambda: window.jobs.row(job).state is State.DONE, timeout=2 * SOON)
    row = restart().jobs.row
    qtbot.waitUntil(lambda: row(job) is not None, timeout=SOON)
    assert row(job).session_id == "added again"


def test_a_job_whose_session_is_gone_for_good_can_be_taken_out_of_the_list(
    qtbot, use, restart, simulator, client, session, folder
):
    session = replace(session, connect_at_start=False)
    job = open_job(qtbot, restart, simulator, client, session, folder)
    window = restart()
    qtbot.waitUntil(lambda: window.jobs.row(job) is not None, timeout=SOON)
    window.context.queue.remove(job)
    assert window.jobs.row(job) is not None  # it could still go on
    window.context.sessions.remove(session.id)
    window.transfers.select_job(job)
    qtbot.keyClick(window.transfers.list, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: window.jobs.row(job) is None)
