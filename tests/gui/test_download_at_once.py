"""Downloads to a folder that is known: they begin at once, or ask where there is more to decide."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QComboBox, QLabel, QLineEdit, QPushButton, QWidget

from ds3_browser.gui.dialogs.download import DownloadCalls, DownloadDialog
from ds3_browser.gui.job_options import DownloadOptions, Foresight
from ds3_browser.gui.places import Place, SelectedObject, Selection
from ds3_browser.gui.views.drops import ObjectsInDrag
from ds3_browser.gui.views.fitting import TallArea
from ds3_browser.protocol.errors import Refusal, ServerFault
from ds3_browser.protocol.records import PutItem
from ds3_browser.simulator.seeding import Seed
from ds3_browser.transfer.events import State
from ds3_browser.transfer.foresight import Coming
from ds3_browser.transfer.get import Existing
from ds3_browser.transfer.placing import Medium
from ds3_browser.transfer.restore_plan import Alike, RestorePlan
from ds3_browser.transfer.tapes import TapeFacts
from tests.gui.job_stories import GB
from tests.gui.test_local_pane import drop
from tests.gui.test_window import rows_of, states

SOON = 20_000


@pytest.fixture
def listed(qtbot, window, connected, simulator, client, tmp_path: Path) -> Path:
    """`cached` and the folder `old/`, which is on tape alone, in the list; the target, empty."""
    simulator.seed(Seed("archive", 3, size=100, prefix="old/"))
    job = client.start_put_job("archive", [PutItem("cached", 7)], name="c")
    client.put_object("archive", "cached", b"1234567", job_id=job.job_id, offset=0)
    window.page.refresh()
    qtbot.waitUntil(lambda: set(rows_of(window)) == {"old/", "cached"}, timeout=SOON)
    target = tmp_path / "target"
    target.mkdir()
    return target


Way = Callable[[str], None]


def again(qtbot, window, session: str, target: Path) -> Way:
    def begin(name: str) -> None:
        window.context.settings.keep_last_target(session, str(target))
        trigger(qtbot, window, "download_again", name)

    return begin


def with_the_pane(qtbot, window, session: str, target: Path) -> Way:
    show_pane(qtbot, window, target)
    return lambda name: trigger(qtbot, window, "download", name)


def by_a_drop(qtbot, window, session: str, target: Path) -> Way:
    show_pane(qtbot, window, target)

    def begin(name: str) -> None:
        folders = (name,) if name.endswith("/") else ()
        objects = () if folders else (SelectedObject(name, 7),)
        chosen = Selection(Place(session, "archive"), objects, folders)
        view = window.local.list
        drop(view, QPoint(20, view.viewport().height() - 20), ObjectsInDrag(chosen))

    return begin


def show_pane(qtbot, window, target: Path) -> None:
    window.context.actions["local_files"].trigger()
    window.local.show_folder(str(target))
    qtbot.waitUntil(lambda: window.local.folder == str(target), timeout=SOON)


def trigger(qtbot, window, action: str, name: str) -> None:
    window.page.list.selectRow(rows_of(window).index(name))
    window.follow()
    assert window.context.actions[action].isEnabled()
    window.context.actions[action].trigger()


@pytest.fixture(params=[again, with_the_pane, by_a_drop])
def begin(request, qtbot, window, connected, listed) -> Way:
    return request.param(qtbot, window, connected.id, listed)


def form_of(window) -> DownloadDialog:
    return window.findChild(DownloadDialog)


def planner(qtbot, window) -> DownloadDialog:
    """The planner, once it is open."""
    form = form_of(window)
    qtbot.waitUntil(form.findChild(QWidget, "plan_pane").isVisible, timeout=SOON)
    return form


def folder_of(form: DownloadDialog) -> str:
    return form.findChild(QLineEdit, "target_folder").text()


@pytest.mark.ui("8.11", "a download to a known folder begins at once, and asks where it has to")
def test_what_is_in_cache_and_not_there_begins_at_once(
    qtbot, window, listed, begin, monkeypatch
) -> None:
    shown: list[DownloadDialog] = []
    monkeypatch.setattr("ds3_browser.gui.dialogs.download.SHOW_AFTER_MS", SOON)
    monkeypatch.setattr(DownloadDialog, "showEvent", lambda form, event: shown.append(form))
    begin("cached")
    qtbot.waitUntil(lambda: states(window) == [State.DONE], timeout=SOON)
    assert (listed / "cached").read_bytes() == b"1234567"
    assert shown == []
    qtbot.waitUntil(lambda: form_of(window) is None, timeout=SOON)


@pytest.mark.ui("8.11", "a download to a known folder begins at once, and asks where it has to")
def test_the_planner_opens_for_a_file_that_is_there(qtbot, window, listed, begin) -> None:
    (listed / "cached").write_bytes(b"before")
    begin("cached")
    qtbot.waitUntil(lambda: form_of(window) is not None, timeout=SOON)
    form = planner(qtbot, window)
    assert folder_of(form) == str(listed)
    assert states(window) == []
    box = form.findChild(QComboBox, "existing")
    box.setCurrentIndex(box.findData(Existing.SKIP))
    qtbot.waitUntil(form.findChild(QPushButton, "download_button").isEnabled, timeout=SOON)
    form.findChild(QPushButton, "download_button").click()
    qtbot.waitUntil(lambda: states(window) == [State.DONE], timeout=SOON)
    assert [path.name for path in listed.iterdir()] == ["cached"]
    assert (listed / "cached").read_bytes() == b"before"


@pytest.mark.ui("8.11", "a download to a known folder begins at once, and asks where it has to")
def test_the_planner_opens_for_what_is_on_tape(qtbot, window, listed, begin) -> None:
    begin("old/")
    qtbot.waitUntil(lambda: form_of(window) is not None, timeout=SOON)
    form = planner(qtbot, window)
    assert folder_of(form) == str(listed)
    where = form.findChild(QWidget, "where_library").findChild(QLabel, "detail")
    qtbot.waitUntil(lambda: where.text().startswith("3 objects on "), timeout=SOON)
    form.reject()
    assert states(window) == []
    assert list(listed.iterdir()) == []


def test_a_session_that_was_left_is_told(qtbot, window, connected, listed, monkeypatch) -> None:
    told: list[str] = []
    monkeypatch.setattr("ds3_browser.gui.commands.tell", lambda _window, text: told.append(text))
    chosen = Selection(Place("nobody", "archive"), (SelectedObject("cached", 7),))
    window.commands.download_to(chosen, str(listed))
    assert told == ["Its session was removed from the list. Nothing was begun."]


# -- without an appliance --------------------------------------------------------------------------


CACHED = Alike(Medium.CACHE, (), 3, 3 * GB, ())
ALL_IN_CACHE = RestorePlan(3, 3 * GB, True, 3, (CACHED,), finished=True)
NOTHING_THERE = Foresight("/restore", 3, finished=True)


class Looks:
    """What the form asks for, answered by the test; `free` is that of the target's disk."""

    def __init__(self) -> None:
        self.free: int | None = 500 * GB
        self.wanted: list[tuple[str, DownloadOptions]] = []
        self.form: DownloadDialog

    def calls(self) -> DownloadCalls:
        return DownloadCalls(self._plan, lambda _, show: show(self.free), self._target)

    def _plan(self, selection, show, fail):
        self.show_plan, self.fail_plan = show, fail
        return lambda: None

    def _target(self, selection, target, show, fail):
        self.show_target, self.fail_target = show, fail
        return lambda: None

    def begin(self, parent: QWidget) -> None:
        selection = Selection(Place("north", "rushes"), folders=("d/",))
        DownloadDialog.begin(
            *(selection, "d", "/restore", self.calls()),
            lambda target, options: self.wanted.append((target, options)),
            parent,
        )
        (self.form,) = parent.findChildren(DownloadDialog)


@pytest.fixture
def looks(qtbot) -> Looks:
    return Looks()


@pytest.fixture
def parent(qtbot) -> QWidget:
    parent = QWidget()
    qtbot.addWidget(parent)
    return parent


@pytest.mark.parametrize("last", ["plan", "target"])
def test_it_waits_for_both_looks(looks, parent, last) -> None:
    looks.begin(parent)
    if last == "plan":
        looks.show_target(NOTHING_THERE)
        looks.show_plan(RestorePlan(3, 3 * GB, True, 2, (CACHED,)))
        assert looks.wanted == []
        looks.show_plan(ALL_IN_CACHE)
    else:
        looks.show_plan(ALL_IN_CACHE)
        looks.show_target(Foresight("/restore", 2))
        assert looks.wanted == []
        looks.show_target(NOTHING_THERE)
    assert [target for target, _ in looks.wanted] == ["/restore"]
    assert not looks.form.isVisible()


@pytest.mark.parametrize(
    "plan",
    [
        RestorePlan(listed=True, finished=True),
        RestorePlan(
            *(3, 3 * GB, True, 0, (), {}),
            ServerFault(Refusal("PUT", "/_rest_/bucket/b", 500)),
            finished=True,
        ),
        RestorePlan(
            3, 501 * GB, True, 3, (Alike(Medium.CACHE, (), 3, 501 * GB, ()),), finished=True
        ),
        RestorePlan(
            *(3, 3 * GB, True, 3, (Alike(Medium.TAPE, (("A",),), 3, 3 * GB, (3 * GB,)),)),
            {"A": TapeFacts("A", ejected=True)},
            finished=True,
        ),
        RestorePlan(20_001, 3 * GB, False, 0),
    ],
    ids=["nothing", "not told", "no room", "ejected", "very many"],
)
def test_it_comes_up_at_once_where_something_is_to_be_decided(looks, parent, plan) -> None:
    looks.begin(parent)
    looks.show_target(NOTHING_THERE)
    looks.show_plan(plan)
    assert looks.form.isVisible()
    assert looks.wanted == []
    looks.show_plan(ALL_IN_CACHE)  # somebody sees it now
    assert looks.wanted == []


def test_a_name_that_becomes_another_is_shown(looks, parent) -> None:
    looks.begin(parent)
    looks.show_plan(ALL_IN_CACHE)
    looks.show_target(Foresight("/restore", 3, {Coming.RENAMED: 1}, finished=True))
    assert looks.form.isVisible()
    assert looks.wanted == []


def test_what_cannot_be_counted_is_asked_about(looks, parent) -> None:
    looks.begin(parent)
    looks.fail_plan(OSError("gone"))
    assert looks.form.isVisible()
    assert looks.form.findChild(QLabel, "count_status").text() == "The folder cannot be counted."
    assert looks.wanted == []


def test_a_target_that_cannot_be_looked_at_is_asked_about(looks, parent) -> None:
    looks.begin(parent)
    looks.show_plan(ALL_IN_CACHE)
    looks.fail_target(OSError("gone"))
    assert looks.form.isVisible()
    assert looks.wanted == []


def test_a_folder_that_cannot_be_written_is_told(looks, parent) -> None:
    looks.free = None
    looks.begin(parent)
    looks.show_plan(ALL_IN_CACHE)
    assert looks.form.isVisible()
    assert looks.form.findChild(QLabel, "free_space").text() == "Cannot write to /restore"
    assert looks.wanted == []


@pytest.fixture
def waiting(qtbot, looks, parent, monkeypatch) -> Looks:
    """A look that took its time: the form has come up by itself."""
    monkeypatch.setattr("ds3_browser.gui.dialogs.download.SHOW_AFTER_MS", 0)
    looks.begin(parent)
    qtbot.waitUntil(looks.form.isVisible, timeout=SOON)
    return looks


def test_a_long_look_shows_the_form_which_begins_by_itself(qtbot, waiting) -> None:
    line = waiting.form.findChild(QLabel, "begins_by_itself")
    assert line.isVisible()
    assert line.text().startswith("It begins by itself if all is in cache")
    area = waiting.form.findChild(TallArea)
    qtbot.waitUntil(lambda: area.verticalScrollBar().maximum() == 0, timeout=SOON)
    waiting.show_target(NOTHING_THERE)
    waiting.show_plan(ALL_IN_CACHE)
    assert [target for target, _ in waiting.wanted] == ["/restore"]
    assert not waiting.form.isVisible()


def test_who_chooses_something_begins_it_too(waiting) -> None:
    box = waiting.form.findChild(QComboBox, "existing")
    box.setCurrentIndex(box.findData(Existing.REPLACE))
    waiting.show_target(NOTHING_THERE)
    waiting.show_plan(ALL_IN_CACHE)
    assert not waiting.form.findChild(QLabel, "begins_by_itself").isVisible()
    assert waiting.wanted == []
    waiting.form.findChild(QPushButton, "download_button").click()
    ((target, options),) = waiting.wanted
    assert (target, options.existing) == ("/restore", Existing.REPLACE)


def test_a_form_that_was_left_begins_nothing(qtbot, waiting, parent) -> None:
    waiting.form.reject()
    waiting.show_target(NOTHING_THERE)
    waiting.show_plan(ALL_IN_CACHE)
    qtbot.waitUntil(lambda: not parent.findChildren(DownloadDialog), timeout=SOON)
    assert waiting.wanted == []
