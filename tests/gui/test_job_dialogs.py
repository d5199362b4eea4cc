"""The questions around a job: what they show, what they wait for, and what they give back."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QLabel, QLineEdit, QPushButton, QWidget

from ds3_browser.gui.dialogs.cancel_job import CancelJobDialog
from ds3_browser.gui.dialogs.download import DownloadDialog
from ds3_browser.gui.dialogs.parts import show_beside
from ds3_browser.gui.dialogs.quit import QuitDialog, Way
from ds3_browser.gui.dialogs.upload import UploadDialog
from ds3_browser.gui.job_options import Counted, DownloadOptions, UploadOptions
from ds3_browser.gui.places import Place, SelectedObject, Selection
from ds3_browser.protocol.records import Priority
from ds3_browser.transfer.events import Cancel
from ds3_browser.transfer.get import Existing
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
    dialog = UploadDialog(["/media/A014"], "rushes/day-016/", "A014 22 Nov", count)
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


@pytest.fixture
def downloading(qtbot, count, free) -> DownloadDialog:
    dialog = DownloadDialog(
        SELECTION, "A-cam", "/restore", count, lambda folder, show: show(free[0])
    )
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
    part(uploading, QComboBox, "links").setCurrentIndex(1)
    assert [asked[1] for asked in count.asked] == [False, True]
    assert count.stopped == 1


def test_the_upload_gives_back_what_was_chosen(uploading, count, qtbot):
    count.show(Counted(objects=1, files=1, finished=True))
    part(uploading, QLineEdit, "job_name").setText("reel 1")
    priority = part(uploading, QComboBox, "priority")
    priority.setCurrentIndex(priority.findData(Priority.HIGH))
    with qtbot.waitSignal(uploading.accepted, timeout=5000):
        part(uploading, QPushButton, "upload_button").click()
    assert uploading.options() == UploadOptions("reel 1", Priority.HIGH)
    assert count.stopped == 1


def test_an_emptied_name_falls_back_to_the_default(uploading):
    part(uploading, QLineEdit, "job_name").setText("  ")
    assert uploading.options().name == "A014 22 Nov"


def test_leaving_the_form_ends_the_count(uploading, count):
    uploading.reject()
    assert count.stopped == 1


def test_the_download_says_how_many_and_what_room_is_left(downloading, count):
    count.show(Counted(objects=199, size=410 * GB, finished=True))
    assert part(downloading, QPushButton, "download_button").text() == "Download 199 objects"
    assert part(downloading, QLabel, "free_space").text() == "500.0 GB free, 90.00 GB afterwards"


def test_too_little_room_is_said_and_does_not_forbid(downloading, count):
    count.show(Counted(objects=199, size=600 * GB, finished=True))
    assert part(downloading, QPushButton, "download_button").isEnabled()
    assert "600.0 GB needed" in part(downloading, QLabel, "free_space").text()


def test_a_folder_that_cannot_be_written_is_refused(downloading, free, qtbot):
    free[0] = None
    part(downloading, QLineEdit, "target_folder").setText("/nowhere")
    button = part(downloading, QPushButton, "download_button")
    qtbot.waitUntil(lambda: not button.isEnabled(), timeout=5000)
    assert part(downloading, QLabel, "free_space").text() == "Cannot write to /nowhere"


def test_the_download_gives_back_folder_and_choices(downloading):
    existing = part(downloading, QComboBox, "existing")
    assert existing.currentData() is Existing.KEEP_BOTH
    existing.setCurrentIndex(existing.findData(Existing.REPLACE))
    assert downloading.target() == "/restore"
    assert downloading.options() == DownloadOptions("A-cam", None, Existing.REPLACE)


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
    dialog = DownloadDialog(
        SELECTION, "A-cam", "/restore", count, lambda folder, show: late.append(show)
    )
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
