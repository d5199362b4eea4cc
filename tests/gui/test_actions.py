"""The table of commands: what can work when, and the words that follow what is selected."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from PySide6.QtWidgets import QWidget

from ds3_browser.gui.actions import Actions, plain
from ds3_browser.gui.job_row import JobRow
from ds3_browser.gui.menus import menu_for
from ds3_browser.gui.places import Place, SelectedObject, Selection
from ds3_browser.gui.sessions import SavedSession
from ds3_browser.gui.situation import Situation
from ds3_browser.transfer.events import Direction, State, WaitReason

BUCKET = Place("n", "dailies")
NORTH = SavedSession("n", "North Vault", host="bp-north.example")
ONE, TWO = SelectedObject("a", 1), SelectedObject("b", 2)
LISTED = Situation(
    session=NORTH, connected=True, target=Selection(BUCKET), into=BUCKET, page=BUCKET, parent=True
)
NOW = datetime(2026, 11, 22, tzinfo=UTC)
JOB = JobRow(1, Direction.PUT, "job", "n", "North Vault", "dailies", "", NOW, NOW)


@pytest.fixture
def actions(qapp) -> Actions:
    return Actions()


def enabled(actions: Actions, now: Situation) -> set[str]:
    actions.follow(now)
    return {id for id in actions if actions[id].isEnabled()}


def test_without_a_session_only_what_needs_none_can_work(actions):
    assert enabled(actions, Situation()) == {
        *("new_session", "sessions", "import_sessions", "start_demo", "quit"),
        *("local_files", "transfers", "problems", "preferences", "keyboard", "open_log_folder"),
        *("guide", "copy_report", "about"),
        *("theme_system", "theme_light", "theme_dark", "contrast"),
        *("density_comfortable", "density_normal", "density_compact"),
        *("go_sidebar", "go_local", "go_objects", "go_transfers"),
        *("next_pane", "previous_pane"),
    }


def test_in_a_listed_bucket_one_can_upload_but_not_download_nothing(actions):
    can = enabled(actions, LISTED)
    assert {"upload_files", "upload_folder", "new_folder", "refresh", "filter", "parent"} <= can
    assert can.isdisjoint({"download", "delete", "copy_names", "open", "paste_files", "back"})


@pytest.mark.parametrize(
    ("target", "more", "less"),
    [
        (Selection(BUCKET, (ONE,)), {"download", "delete", "copy_full_names"}, {"open"}),
        (Selection(BUCKET, (), ("d/",)), {"open", "download", "delete"}, set()),
        (Selection(BUCKET, (ONE,), ("d/",)), {"download", "delete"}, {"open"}),
        (Selection(BUCKET, (ONE,)), {"download_part", "compare"}, set()),
        (Selection(BUCKET, (), ("d/",)), {"compare"}, {"download_part"}),
        (Selection(BUCKET, (ONE,), ("d/",)), {"compare"}, {"download_part"}),
        (Selection(Place("n"), (ONE,)), set(), {"download_part", "compare"}),
        (
            Selection(Place("n"), buckets=("dailies",)),
            {"open", "download", "delete_bucket", "copy_names"},
            {"delete", "copy_full_names"},
        ),
        (
            Selection(Place("n"), buckets=("dailies", "masters")),
            {"copy_names"},
            {"open", "download", "delete_bucket"},
        ),
    ],
)
def test_what_is_selected_decides_what_can_be_done_with_it(actions, target, more, less):
    can = enabled(actions, replace(LISTED, target=target))
    assert more <= can
    assert can.isdisjoint(less)


@pytest.mark.parametrize(
    ("target", "told"),
    [
        (Selection(BUCKET, (ONE,)), "Compare with file…"),
        (Selection(BUCKET, (), ("d/",)), "Compare with folder…"),
        (Selection(BUCKET, (ONE,), ("d/",)), "Compare with folder…"),
    ],
)
def test_a_file_is_asked_for_one_object_and_else_a_folder(actions, target, told: str) -> None:
    actions.follow(replace(LISTED, target=target))
    assert actions["compare"].text().replace("&", "") == told


def test_a_session_that_is_not_connected_says_so(actions):
    actions.follow(replace(LISTED, connected=False))
    assert not actions["upload_files"].isEnabled()
    assert actions["upload_files"].toolTip() == "North Vault is not connected."


@pytest.mark.ui("13.10", "what cannot work is disabled with its reason")
def test_every_command_that_cannot_work_says_why_and_the_others_tell_their_keys(actions):
    for now in (Situation(), LISTED, replace(LISTED, job=JOB)):
        actions.follow(now)
        for id in actions:
            action = actions[id]
            assert action.toolTip(), id
            if not action.isEnabled():
                assert action.toolTip().endswith("."), (id, action.toolTip())
    assert actions["refresh"].toolTip() == "Refresh (F5)"


@pytest.mark.parametrize(
    ("objects", "folders", "told"),
    [
        (0, 0, "Delete…"),
        (1, 0, "Delete object…"),
        (3, 0, "Delete 3 objects…"),
        (0, 1, "Delete folder…"),
        (0, 2, "Delete 2 folders…"),
        (1, 1, "Delete 1 folder and 1 object…"),
        (3, 1, "Delete 1 folder and 3 objects…"),
        (1, 2, "Delete 2 folders and 1 object…"),
        (3, 2, "Delete 2 folders and 3 objects…"),
    ],
)
def test_delete_tells_what_it_would_delete(actions, objects, folders, told):
    target = Selection(
        BUCKET,
        tuple(SelectedObject(f"o{n}", 1) for n in range(objects)),
        tuple(f"f{n}/" for n in range(folders)),
    )
    actions.follow(replace(LISTED, target=target))
    assert plain(actions["delete"].text()) == told


@pytest.mark.parametrize(
    ("target", "told", "full"),
    [
        (Selection(BUCKET, (ONE,)), "Copy object name", "Copy bucket and object name"),
        (Selection(BUCKET, (ONE, TWO)), "Copy object names", "Copy bucket and object names"),
        (Selection(BUCKET, (), ("d/",)), "Copy folder name", "Copy bucket and folder name"),
        (Selection(Place("n"), buckets=("b",)), "Copy bucket name", None),
    ],
)
def test_copy_tells_what_it_would_copy(actions, target, told, full):
    actions.follow(replace(LISTED, target=target))
    assert plain(actions["copy_names"].text()) == told
    if full is not None:
        assert plain(actions["copy_full_names"].text()) == full


@pytest.mark.ui("1.33", "one action changes its words with what it acts on")
def test_connect_becomes_disconnect_and_has_its_keys_only_then(actions):
    actions.follow(replace(LISTED, connected=False))
    assert plain(actions["connect"].text()) == "Connect"
    assert actions["connect"].shortcut().isEmpty()
    actions.follow(LISTED)
    assert plain(actions["connect"].text()) == "Disconnect"
    assert actions["connect"].shortcut().toString() == "Ctrl+W"


def test_the_demo_is_no_saved_session(actions):
    demo = replace(NORTH, demo=True)
    can = enabled(actions, replace(LISTED, session=demo, demo_running=True))
    assert can.isdisjoint({"edit_session", "remove_session", "start_demo"})
    assert "demo_anew" in can


@pytest.mark.parametrize(
    ("job", "can", "cannot"),
    [
        (replace(JOB, state=State.TRANSFERRING), {"pause", "cancel_job"}, {"remove_job"}),
        (
            replace(JOB, state=State.WAITING, reason=WaitReason.USER),
            {"pause", "cancel_job"},
            {"try_now", "remove_job"},
        ),
        (replace(JOB, state=State.CANCELLING), set(), {"pause", "cancel_job", "remove_job"}),
        (replace(JOB, state=State.FAILED), {"remove_job"}, {"pause", "cancel_job"}),
        (None, set(), {"pause", "cancel_job", "remove_job", "try_now", "go_to_folder"}),
    ],
)
def test_a_jobs_state_decides_its_verbs(actions, job, can, cannot):
    now = enabled(actions, replace(LISTED, job=job))
    assert can <= now
    assert now.isdisjoint(cannot)


@pytest.mark.ui("1.33", "one action changes its words with what it acts on")
def test_pause_and_pause_all_become_resume(actions):
    paused = replace(JOB, state=State.WAITING, reason=WaitReason.USER)
    actions.follow(replace(LISTED, job=paused, may_resume_all=True))
    assert plain(actions["pause"].text()) == "Resume"
    assert plain(actions["pause_all"].text()) == "Resume all"
    actions.follow(replace(LISTED, job=paused, may_resume_all=True, may_pause_all=True))
    assert plain(actions["pause_all"].text()) == "Pause all"


def test_try_now_works_only_in_a_wait_that_asks_again(actions):
    waiting = replace(JOB, state=State.WAITING, reason=WaitReason.CACHE)
    assert "try_now" not in enabled(actions, replace(LISTED, job=waiting))
    assert "try_now" in enabled(actions, replace(LISTED, job=waiting, may_try_now=True))


@pytest.mark.ui("13.11", "what the program cannot do is in no menu")
def test_a_menu_leaves_out_what_is_absent_and_the_line_that_parts_nothing(qtbot):
    absent = {
        "download",
        "download_again",
        "download_part",
        "stage",
        "verify",
        "compare",
        "plan_download",
        "copy_names",
        "copy_full_names",
        "versions",
        "properties",
    }
    actions = Actions(absent=frozenset(absent))
    parent = QWidget()
    qtbot.addWidget(parent)
    menu = actions.menu(menu_for(Selection(BUCKET, (ONE,))), parent)
    assert [action.objectName() for action in menu.actions()] == ["delete"]


def test_plain_keeps_an_ampersand_that_is_meant():
    assert plain("&Save && close") == "Save & close"
