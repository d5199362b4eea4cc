"""The questions around a job: what they show, what they wait for, and what they give back."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QComboBox,
    QLabel,
    QLineEdit,
    QListView,
    QPushButton,
    QTableWidget,
    QToolButton,
    QWidget,
)

from ds3_browser.gui.dialogs.cancel_job import CancelJobDialog
from ds3_browser.gui.dialogs.download import DownloadCalls, DownloadDialog
from ds3_browser.gui.dialogs.parts import show_beside
from ds3_browser.gui.dialogs.questions import Box
from ds3_browser.gui.dialogs.quit import QuitDialog, Way
from ds3_browser.gui.dialogs.upload import UploadCalls, UploadDialog
from ds3_browser.gui.job_options import (
    Checked,
    Counted,
    DownloadOptions,
    Foresight,
    UploadDefaults,
    UploadOptions,
)
from ds3_browser.gui.places import Place, SelectedObject, Selection
from ds3_browser.protocol.records import Priority, Versioning
from ds3_browser.transfer.checks import Check, Conflict
from ds3_browser.transfer.events import Cancel
from ds3_browser.transfer.foresight import Coming, Foreseen
from ds3_browser.transfer.get import Existing
from ds3_browser.transfer.placing import Medium
from ds3_browser.transfer.restore_plan import Alike, RestorePlan
from tests.gui.job_stories import GB, download, progress, told, upload


@dataclass
class Count:
    """What a dialog asked to be counted; the test tells it the figures."""

    asked: list[tuple[object, ...]] = field(default_factory=list)
    stopped: int = 0

    def __call__(self, *asked):
        *what, self.show, self.fail = asked
        self.asked.append(tuple(what))
        return self.stop

    def stop(self) -> None:
        self.stopped += 1


@pytest.fixture
def count() -> Count:
    return Count()


@pytest.fixture
def uploading(qtbot, count) -> UploadDialog:
    dialog = UploadDialog(["/media/A014"], "rushes/day-016/", "A014 22 Nov", UploadCalls(count))
    qtbot.addWidget(dialog)
    dialog.show()
    return dialog


SELECTION = Selection(
    Place("north", "rushes", "day-016/"),
    (SelectedObject("day-016/a.mxf", 5),),
    ("day-016/A-cam/",),
)


@pytest.fixture
def free() -> list[int | None]:
    return [500 * GB]


def planning(count):
    """What was counted, all of it in cache."""

    def plan(of: Counted) -> RestorePlan:
        alike = (Alike(Medium.CACHE, (), of.objects, of.size, ()),)
        done = of.finished
        return RestorePlan(of.objects, of.size, done, of.objects, alike, finished=done)

    return lambda selection, show, fail: count(selection, lambda of: show(plan(of)), fail)


@pytest.fixture
def downloading(qtbot, count, free) -> DownloadDialog:
    calls = DownloadCalls(planning(count), lambda folder, show: show(free[0]))
    dialog = DownloadDialog(SELECTION, "A-cam", "/restore", calls)
    qtbot.addWidget(dialog)
    dialog.show()
    return dialog


def part(dialog: QWidget, kind: type, name: str):
    found = dialog.findChild(kind, name)
    assert found is not None, name
    return found


def test_upload_waits_for_the_count_and_then_says_how_many(uploading, count):
    button = part(uploading, QPushButton, "upload_button")
    count.show(Counted(objects=12_300, files=12_300))
    assert (button.isEnabled(), button.text()) == (False, "Upload")
    assert part(uploading, QLabel, "count_status").text() == "Counting, 12,300 so far"
    count.show(Counted(objects=46_665, files=46_600, folders=65, finished=True))
    assert (button.isEnabled(), button.text()) == (True, "Upload 46,665 objects")


def test_an_upload_of_nothing_cannot_be_started(uploading, count):
    count.show(Counted(finished=True))
    assert not part(uploading, QPushButton, "upload_button").isEnabled()


def test_following_links_counts_anew(uploading, count):
    count.show(Counted(objects=1, files=1, checks={Check.LINK: Checked(2)}, finished=True))
    go_to(uploading, Check.LINK)
    choose_all(uploading, "Follow links, keep folders")
    assert [asked[1].walk.follow_links for asked in count.asked] == [False, True]
    assert count.stopped == 1


def test_the_upload_gives_back_what_was_chosen(uploading, count, qtbot):
    count.show(Counted(objects=1, files=1, finished=True))
    part(uploading, QLineEdit, "job_name").setText("reel 1")
    priority = part(uploading, QComboBox, "priority")
    priority.setCurrentIndex(priority.findData(Priority.HIGH))
    with qtbot.waitSignal(uploading.accepted, timeout=5000):
        part(uploading, QPushButton, "upload_button").click()
    assert uploading.options() == UploadOptions(
        "reel 1",
        Priority.HIGH,
        skip_system_files=True,
        like_there=Conflict.LEAVE_OUT,
        unlike_there=Conflict.LEAVE_OUT,
        coming_there=Conflict.LEAVE_OUT,
        not_allowed=Conflict.LEAVE_OUT,
    )
    assert count.stopped == 1


def there(like: int, unlike: int, versioning: Versioning | None) -> Counted:
    checks = {Check.LIKE: Checked(like), Check.UNLIKE: Checked(unlike), Check.GOOD: Checked(100)}
    return Counted(
        objects=100,
        files=100,
        checks={check: of for check, of in checks.items() if of.number},
        versioning=versioning,
        finished=True,
    )


def go_to(dialog: QWidget, check: Check) -> bool:
    """Show the files of a check; False where there is no such row."""
    view = part(dialog, QListView, "checks")
    row = view.model().row_of(check)
    if row >= 0:
        view.setCurrentIndex(view.model().index(row))
    return row >= 0


def offered(dialog: QWidget, check: Check) -> list[str]:
    if not go_to(dialog, check):
        return []
    box = part(dialog, QComboBox, "for_all")
    return [box.itemText(n) for n in range(box.count())] if box.isVisibleTo(dialog) else []


def choose_all(dialog: QWidget, words: str) -> None:
    box = part(dialog, QComboBox, "for_all")
    row = box.findText(words)
    assert row >= 0, words
    box.setCurrentIndex(row)
    box.activated.emit(row)


@pytest.mark.ui("7.4", "what may be done with a name that is there is the data policy's")
@pytest.mark.parametrize(
    ("versioning", "choices"),
    [
        (Versioning.NONE, ["Upload as new name", "Leave out", "Delete and upload…"]),
        (Versioning.KEEP_LATEST, ["Replace", "Upload as new name", "Leave out"]),
        (Versioning.KEEP_MULTIPLE_VERSIONS, ["Add as version", "Upload as new name", "Leave out"]),
        (None, ["Upload as new name", "Leave out", "Try to replace"]),
    ],
)
def test_what_differs_from_what_is_there_needs_a_choice(uploading, count, versioning, choices):
    button = part(uploading, QPushButton, "upload_button")
    count.show(there(10, 14, versioning))
    assert offered(uploading, Check.UNLIKE) == choices
    assert offered(uploading, Check.LIKE)[0] == "Skip"
    assert (button.isEnabled(), button.toolTip()) == (False, "14 files need a choice.")
    go_to(uploading, Check.UNLIKE)
    choose_all(uploading, "Upload as new name")
    assert (button.isEnabled(), button.text()) == (True, "Upload 90 objects")
    options = uploading.options()
    assert (options.like_there, options.unlike_there) == (Conflict.LEAVE_OUT, Conflict.NEW_NAME)


def test_where_nothing_may_be_listed_the_job_compares_nothing(uploading, count):
    count.show(
        Counted(objects=2, files=2, size=9, versioning=Versioning.KEEP_LATEST, finished=True)
    )
    assert uploading.options().unlike_there is Conflict.LEAVE_OUT
    counted = Counted(objects=2, files=2, size=9, listable=False, finished=True)
    count.show(replace(counted, versioning=Versioning.KEEP_LATEST))
    assert uploading.options().like_there is Conflict.SEND
    assert uploading.options().unlike_there is Conflict.SEND
    (text,) = uploading.findChild(QWidget, "doubts").texts()
    assert text == "You may not list this bucket. What has the same name there is replaced."


def test_without_such_names_there_is_nothing_to_choose(uploading, count):
    count.show(there(0, 0, None))
    assert offered(uploading, Check.UNLIKE) == offered(uploading, Check.LIKE) == []
    count.show(there(3, 0, Versioning.NONE))
    assert offered(uploading, Check.UNLIKE) == []
    assert offered(uploading, Check.LIKE) == ["Skip", "Upload as new name", "Delete and upload…"]
    assert part(uploading, QPushButton, "upload_button").text() == "Upload 97 objects"


def test_an_upload_of_which_all_is_there_has_nothing_to_do(uploading, count):
    count.show(there(100, 0, Versioning.NONE))
    button = part(uploading, QPushButton, "upload_button")
    assert (button.isEnabled(), button.toolTip()) == (False, "All of it is left out.")


@pytest.mark.ui("7.11", "nothing is deleted for an upload without a question")
def test_nothing_is_deleted_without_a_question(uploading, count, qtbot):
    count.show(there(0, 14, Versioning.NONE))
    go_to(uploading, Check.UNLIKE)
    choose_all(uploading, "Delete and upload…")
    assert part(uploading, QWidget, "check_note").text() == (
        "Nobody can read these 14 objects until they are in cache again."
    )
    part(uploading, QPushButton, "upload_button").click()
    question = part(uploading, Box, "question_box")
    assert question.text.text() == "Delete 14 objects, and upload their files then?"
    stay = part(question, QPushButton, "stay")
    assert stay.isDefault()
    stay.click()
    assert uploading.isVisible()
    part(uploading, QPushButton, "upload_button").click()
    question = uploading.findChildren(Box, "question_box")[-1]
    with qtbot.waitSignal(uploading.accepted, timeout=5000):
        part(question, QPushButton, "go_on").click()
    assert uploading.options().unlike_there is Conflict.DELETE_FIRST


def test_the_form_begins_with_what_is_preferred(qtbot, count):
    usual = UploadDefaults(Conflict.SEND, Conflict.LEAVE_OUT, False, False)
    dialog = UploadDialog(["/media/A014"], "rushes/", "A014", UploadCalls(count), None, usual)
    qtbot.addWidget(dialog)
    dialog.show()
    count.show(there(1, 2, Versioning.KEEP_LATEST))
    options = dialog.options()
    assert (options.like_there, options.unlike_there) == (Conflict.SEND, Conflict.LEAVE_OUT)
    assert not options.file_attributes
    assert not count.asked[0][1].walk.skip_system_files
    count.show(there(1, 2, Versioning.NONE))  # there is no sending over it here
    assert dialog.options().like_there is Conflict.LEAVE_OUT


@pytest.mark.ui("7.1", "where something is doubtful the form comes before anything is sent")
def test_an_upload_that_leaves_files_out_does_not_begin_by_itself(qtbot, count):
    usual = UploadDefaults(recent=Conflict.LEAVE_OUT)
    told = []
    window = QWidget()
    qtbot.addWidget(window)
    calls = UploadCalls(count)
    UploadDialog.begin(["/media/A014"], "rushes/", "A014", calls, told.append, window, usual)
    recent = {Check.RECENT: Checked(3)}
    count.show(Counted(objects=5, files=5, checks=recent, looked_at_ns=1, finished=True))
    dialog = window.findChild(UploadDialog)
    assert dialog.isVisible()
    assert told == []
    part(dialog, QPushButton, "upload_button").click()
    (options,) = told
    assert (options.recent, options.looked_at_ns) == (Conflict.LEAVE_OUT, 1)


def test_an_emptied_name_falls_back_to_the_default(uploading):
    part(uploading, QLineEdit, "job_name").setText("  ")
    assert uploading.options().name == "A014 22 Nov"


def test_leaving_the_form_ends_the_count(uploading, count):
    uploading.reject()
    assert count.stopped == 1


@pytest.mark.ui("8.4", "free space is told before and after")
def test_the_download_says_how_many_and_what_room_is_left(downloading, count):
    count.show(Counted(objects=199, size=410 * GB, finished=True))
    assert part(downloading, QPushButton, "download_button").text() == "Download 199 objects"
    assert part(downloading, QLabel, "free_space").text() == "500.0 GB free, 90.00 GB afterwards"


def test_too_little_room_is_said_and_does_not_forbid(downloading, count):
    count.show(Counted(objects=199, size=600 * GB, finished=True))
    assert part(downloading, QPushButton, "download_button").isEnabled()
    assert "600.0 GB needed" in part(downloading, QLabel, "free_space").text()


def test_a_folder_that_cannot_be_written_is_refused(downloading, count, free, qtbot):
    free[0] = None
    part(downloading, QLineEdit, "target_folder").setText("/nowhere")
    count.show(Counted(objects=1, size=1, finished=True))
    room = part(downloading, QLabel, "free_space")
    qtbot.waitUntil(lambda: room.text() == "Cannot write to /nowhere", timeout=5000)
    assert not part(downloading, QPushButton, "download_button").isEnabled()


def test_the_download_gives_back_folder_and_choices(downloading):
    existing = part(downloading, QComboBox, "existing")
    assert existing.currentData() is Existing.KEEP_BOTH
    existing.setCurrentIndex(existing.findData(Existing.REPLACE))
    assert downloading.target() == "/restore"
    assert downloading.options() == DownloadOptions("A-cam", None, Existing.REPLACE)


@dataclass
class Target:
    """What a form wants to know of its target; the test tells it."""

    asked: list[str] = field(default_factory=list)
    stopped: int = 0

    def __call__(self, _selection, target, show, _fail):
        self.show = show
        self.asked.append(target)
        return self.stop

    def stop(self) -> None:
        self.stopped += 1


def foreseen(coming: Coming, *names: str) -> tuple[Foreseen, ...]:
    return tuple(Foreseen(coming, f"day-016/{n}", f"/restore/{n} (2)", 5 * GB) for n in names)


def happens(dialog: QWidget) -> list[str]:
    table = part(dialog, QTableWidget, "target_objects")
    return [table.item(row, 1).text() for row in range(table.rowCount())]


@pytest.mark.ui("8.1", "what a download meets at its target is listed beforehand")
def test_what_is_at_the_target_is_listed_before_the_download(qtbot, count):
    target = Target()
    dialog = DownloadDialog(
        *(SELECTION, "A-cam", "/restore"),
        DownloadCalls(planning(count), lambda folder, show: show(500 * GB), target),
    )
    qtbot.addWidget(dialog)
    dialog.show()
    count.show(Counted(objects=20, size=100 * GB, finished=True))
    assert not part(dialog, QWidget, "download_target").isVisible()
    rows = {
        Coming.EXISTS: foreseen(Coming.EXISTS, "a.mxf", "b.mxf"),
        Coming.NUMBERED: foreseen(Coming.NUMBERED, "c"),
        Coming.FOLDER_IN_THE_WAY: foreseen(Coming.FOLDER_IN_THE_WAY, "d"),
    }
    numbers = {coming: len(of) for coming, of in rows.items()}
    target.show(Foresight("/restore", 20, numbers, rows, 10 * GB, finished=True))
    assert part(dialog, QLabel, "target_line").text() == (
        "1 object has something in its way. 1 object gets another name."
        " 2 objects already exist there."
    )
    assert happens(dialog) == [
        "It fails: a folder of this name is in the way.",
        "Saved as c (2)",
        *("Exists: the new one is numbered",) * 2,
    ]
    assert part(dialog, QPushButton, "download_button").text() == "Download 19 objects"
    existing = part(dialog, QComboBox, "existing")
    existing.setCurrentIndex(existing.findData(Existing.SKIP))
    assert happens(dialog)[2:] == ["Exists: skipped"] * 2
    assert part(dialog, QPushButton, "download_button").text() == "Download 17 objects"
    assert part(dialog, QLabel, "free_space").text() == "500.0 GB free, 410.0 GB afterwards"
    part(dialog, QLineEdit, "target_folder").setText("/other")
    assert not part(dialog, QWidget, "download_target").isVisible()
    qtbot.waitUntil(lambda: target.asked == ["/restore", "/other"], timeout=5000)
    assert target.stopped == 1
    dialog.reject()
    assert target.stopped == 2


def test_a_count_that_failed_leaves_the_download_possible(downloading, count):
    count.fail(OSError("gone"))
    assert part(downloading, QPushButton, "download_button").isEnabled()


@pytest.mark.ui("5.13", "cancelling an upload has two named choices and goes on by default")
def test_cancelling_an_upload_has_two_named_choices_and_goes_on_by_default(qtbot):
    dialog = CancelJobDialog(told(upload(), progress(5, done=331)))
    qtbot.addWidget(dialog)
    dialog.show()
    assert part(dialog, QPushButton, "cancel_keep").text() == "Keep what is in cache"
    assert part(dialog, QPushButton, "cancel_discard").text() == "Discard all of it"
    assert part(dialog, QPushButton, "go_on").isDefault()
    qtbot.keyClick(dialog, Qt.Key.Key_Return)
    assert dialog.choice is None


@pytest.mark.parametrize("how", list(Cancel))
def test_return_presses_the_button_that_has_the_keyboard_and_not_the_default_one(qtbot, how):
    dialog = CancelJobDialog(upload())
    qtbot.addWidget(dialog)
    dialog.show()
    button = part(dialog, QPushButton, f"cancel_{how.value}")
    button.setFocus()
    qtbot.keyClick(button, Qt.Key.Key_Return)
    assert dialog.choice is how


def test_return_on_cancel_sends_nothing(qtbot, uploading, count):
    count.show(Counted(objects=1, files=1, finished=True))
    cancel = part(uploading, QPushButton, "cancel_button")
    cancel.setFocus()
    with qtbot.assertNotEmitted(uploading.accepted), qtbot.waitSignal(uploading.rejected):
        qtbot.keyClick(cancel, Qt.Key.Key_Enter)


def test_return_unfolds_more_options_and_in_a_field_it_downloads(qtbot, downloading, count):
    count.show(Counted(objects=2, size=GB, finished=True))
    fold = part(downloading, QToolButton, "more_options")
    fold.setFocus()
    with qtbot.assertNotEmitted(downloading.accepted):
        qtbot.keyClick(fold, Qt.Key.Key_Return)
    assert fold.isChecked()
    folder = part(downloading, QLineEdit, "target_folder")
    folder.setFocus()
    with qtbot.waitSignal(downloading.accepted):
        qtbot.keyClick(folder, Qt.Key.Key_Return)


@pytest.mark.parametrize("how", list(Cancel))
def test_the_choice_of_cancelling_is_given_back(qtbot, how):
    dialog = CancelJobDialog(upload())
    qtbot.addWidget(dialog)
    part(dialog, QPushButton, f"cancel_{how.value}").click()
    assert dialog.choice is how


@pytest.mark.ui("5.14", "cancelling a download has one choice")
def test_cancelling_a_download_has_one_choice(qtbot):
    dialog = CancelJobDialog(download())
    qtbot.addWidget(dialog)
    assert dialog.findChild(QPushButton, "cancel_discard") is None
    part(dialog, QPushButton, "cancel_keep").click()
    assert dialog.choice is Cancel.KEEP


@pytest.mark.ui("5.20", "leaving with open jobs asks, and pauses them by default")
def test_leaving_has_three_ways_and_one_to_stay(qtbot):
    ways: list[Way] = []
    dialog = QuitDialog([upload(1), upload(2)], True, ways.append)
    qtbot.addWidget(dialog)
    dialog.show()
    texts = {one.text(): one for one in dialog.findChildren(QPushButton)}
    assert set(texts) == {
        *("Pause and quit", "Keep going in the tray", "Cancel jobs…", "Don't quit"),
    }
    assert texts["Pause and quit"].isDefault()
    texts["Don't quit"].click()
    assert ways == []
    for words in ("Pause and quit", "Keep going in the tray", "Cancel jobs…"):
        texts[words].click()
    assert ways == [Way.PAUSE, Way.TRAY, Way.CANCEL]


def test_an_answer_that_comes_after_the_form_was_left_is_dropped(qtbot, count):
    late = []
    calls = DownloadCalls(planning(count), lambda folder, show: late.append(show))
    dialog = DownloadDialog(SELECTION, "A-cam", "/restore", calls)
    show_beside(dialog)
    with qtbot.waitSignal(dialog.destroyed):
        dialog.reject()
    late[0](500 * GB)


@pytest.mark.ui("5.13", "cancelling an upload has two named choices and goes on by default")
@pytest.mark.checklist("K C-118: Cancel tells keep from discard; below release 3.2 only discard")
def test_keeping_is_not_offered_where_the_appliance_would_drop_all(qtbot):
    dialog = CancelJobDialog(told(upload(), progress(5, done=331)), may_keep=False)
    qtbot.addWidget(dialog)
    assert not part(dialog, QPushButton, "cancel_keep").isEnabled()
    assert part(dialog, QPushButton, "cancel_discard").isEnabled()
    download_dialog = CancelJobDialog(download(), may_keep=False)
    qtbot.addWidget(download_dialog)
    assert part(download_dialog, QPushButton, "cancel_keep").isEnabled()
