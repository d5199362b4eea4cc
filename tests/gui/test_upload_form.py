"""The upload form against an appliance: what is chosen in it is what arrives, byte for byte."""

from __future__ import annotations

import csv
import os
from datetime import date
from pathlib import Path

import pytest
from PySide6.QtCore import QItemSelectionModel, Qt
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QDialog,
    QLabel,
    QLineEdit,
    QListView,
    QMenu,
    QPushButton,
    QTableView,
    QToolButton,
)

from ds3_browser.gui import job_words, looking
from ds3_browser.gui.dialogs.form import Form
from ds3_browser.gui.dialogs.questions import Box
from ds3_browser.gui.dialogs.upload import UploadDialog
from ds3_browser.gui.places import Place, Selection
from ds3_browser.protocol.records import PutItem
from ds3_browser.transfer.checks import Check
from ds3_browser.transfer.events import State
from tests.transfer.test_checks import made
from tests.transfer.test_conflicts import content, names

SOON = 20_000


def today() -> str:
    """Asked for when it is needed: the suite may run over midnight."""
    return date.today().isoformat()


@pytest.fixture
def form(qtbot, window, connected, bucket):
    """A function that begins an upload and gives its form once all is looked at."""

    def begin(*paths: Path) -> UploadDialog:
        window.context.settings.always_check = True
        window.commands.upload_now([str(path) for path in paths], Place(connected.id, bucket))
        dialog = window.findChild(UploadDialog)
        looked(qtbot, dialog)
        return dialog

    return begin


def looked(qtbot, dialog: UploadDialog) -> None:
    status = dialog.findChild(QLabel, "count_status")
    qtbot.waitUntil(lambda: "Counting" not in status.text(), timeout=SOON)


def go_to(dialog: UploadDialog, check: Check) -> None:
    view = dialog.findChild(QListView, "checks")
    row = view.model().row_of(check)
    assert row >= 0, check
    view.setCurrentIndex(view.model().index(row))


def rows(dialog: UploadDialog) -> dict[str, str]:
    """The files that are shown, and what becomes of each."""
    model = dialog.findChild(QTableView, "check_files").model()
    last = model.columnCount() - 1
    return {model.index(n, 0).data(): model.index(n, last).data() for n in range(model.rowCount())}


def choose(qtbot, dialog: UploadDialog, words: str, *files: str) -> None:
    """Choose for some files, by the keyboard's way to the menu."""
    table = dialog.findChild(QTableView, "check_files")
    listed = list(rows(dialog))
    table.clearSelection()
    for file in files:
        index = table.model().index(listed.index(file), 0)
        how = QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows
        table.selectionModel().select(index, how)
    qtbot.keyClick(table, Qt.Key.Key_Space)
    menu = dialog.findChildren(QMenu, "choices_menu")[-1]
    action = next(action for action in menu.actions() if action.text() == words)
    menu.close()
    action.trigger()


def choose_all(dialog: UploadDialog, words: str) -> None:
    box = dialog.findChild(QComboBox, "for_all")
    box.setCurrentIndex(box.findText(words))
    box.activated.emit(box.currentIndex())


def button(dialog: UploadDialog) -> QPushButton:
    return dialog.findChild(QPushButton, "upload_button")


def done(qtbot, window) -> None:
    jobs = window.context.queue
    qtbot.waitUntil(
        lambda: [r.row.state for r in jobs._jobs.values()] == [State.DONE], timeout=SOON
    )


def test_a_folder_that_is_still_uploading_is_told_so_with_its_transfer(
    qtbot, window, form, simulator, client, bucket, tmp_path
) -> None:
    simulator.faults.set("cache_bytes", 1000)
    source = made(tmp_path / "day-016", a=b"a" * 9_000, b=b"b" * 9_000)
    first = form(source)
    first.findChild(QLineEdit, "job_name").setText("A-cam")
    button(first).click()
    row = next(iter(window.context.queue._jobs.values()))
    qtbot.waitUntil(lambda: row.row.state is State.WAITING, timeout=SOON)
    qtbot.waitUntil(lambda: window.findChild(UploadDialog) is None, timeout=SOON)
    dialog = form(source)
    go_to(dialog, Check.COMING)
    table = dialog.findChild(QTableView, "check_files").model()
    coming = [table.index(n, 0).data() for n in range(table.rowCount())]
    assert coming == ["a", "b"]
    assert (table.index(0, 2).data(), table.index(0, 3).data()) == ("Being uploaded", "Leave out")
    note = dialog.findChild(QLabel, "check_note").text()
    told = "The transfer A-cam brings them. To send these files instead, cancel it first."
    assert note == told
    assert not button(dialog).isEnabled()
    assert button(dialog).toolTip() == "All of it is left out."


@pytest.mark.ui("3.25", "an inline button is in the row of what can be helped")
def test_an_upload_that_names_refused_is_looked_at_again(
    qtbot, window, connected, client, bucket, tmp_path
) -> None:
    source = made(tmp_path / "d", a=b"newer", b=b"b")
    client.put_object(bucket, "d/a", b"old")
    client.put_object(bucket, "d/b", b"old")
    job = window.context.queue.upload(connected.id, bucket, "", [str(source)])  # as it is
    qtbot.waitUntil(lambda: window.jobs.row(job).state is State.FAILED, timeout=SOON)
    assert job_words.verb(window.jobs.row(job)) == "Check again…"
    window.transfers.retry_wanted.emit(job)
    qtbot.waitUntil(lambda: window.findChild(UploadDialog) is not None, timeout=SOON)
    dialog = window.findChild(UploadDialog)
    qtbot.waitUntil(dialog.isVisible, timeout=SOON)
    looked(qtbot, dialog)
    assert rows(dialog) == dict.fromkeys(("a", "b"), "Choose…")


def test_names_that_a_job_of_somebody_else_is_to_bring_lead_to_the_board(
    form, client, bucket, tmp_path
) -> None:
    client.start_put_job(bucket, [PutItem("d/a", 9)], name="theirs")
    dialog = form(made(tmp_path / "d", a=b"a" * 9, g=b"g"))
    note = dialog.findChild(QLabel, "check_note").text()
    assert note.startswith("A job of somebody else is to bring them.")
    assert button(dialog).text() == "Upload 1 object"


@pytest.mark.ui("7.3", "each file of a check has a choice, and all have one")
def test_each_file_in_the_bucket_goes_its_own_way(
    qtbot, window, form, client, bucket, tmp_path
) -> None:
    source = made(tmp_path / "d", **{f"f{n}": b"newer %d" % n for n in range(4)}, g=b"g")
    for n in range(4):
        client.put_object(bucket, f"d/f{n}", b"old")
    dialog = form(source)
    assert rows(dialog) == dict.fromkeys(("f0", "f1", "f2", "f3"), "Choose…")
    choose(qtbot, dialog, "Upload as new name", "f0")
    assert button(dialog).toolTip() == "3 files need a choice."
    choose_all(dialog, "Leave out")
    choose(qtbot, dialog, "Upload as new name", "f1")
    choose(qtbot, dialog, "Delete and upload…", "f2", "f3")
    assert rows(dialog) == {
        "f0": "Leave out",
        "f1": "Upload as new name",
        "f2": "Delete and upload",
        "f3": "Delete and upload",
    }
    assert button(dialog).text() == "Upload 4 objects"
    button(dialog).click()
    dialog.findChild(Box, "question_box").findChild(QPushButton, "go_on").click()
    done(qtbot, window)
    sent = {name: content(client, bucket, name) for name in names(client, bucket)}
    assert sent == {
        "d/f0": b"old",
        "d/f1": b"old",
        f"d/f1 ({today()})": b"newer 1",
        "d/f2": b"newer 2",
        "d/f3": b"newer 3",
        "d/g": b"g",
    }


@pytest.mark.ui("7.5", "of files with one name the first is kept, all numbered, or none sent")
def test_files_with_one_name_are_numbered_and_the_button_waits_for_it(
    qtbot, window, form, client, bucket, tmp_path
) -> None:
    one = made(tmp_path / "1" / "d", a=b"first", b=b"b")
    two = made(tmp_path / "2" / "d", a=b"second", c=b"c")
    dialog = form(one, two)
    assert (button(dialog).isEnabled(), button(dialog).toolTip()) == (
        False,
        "1 file needs a choice.",
    )
    choose_all(dialog, "Leave out")
    assert button(dialog).text() == "Upload 2 objects"  # neither of the two
    choose_all(dialog, "Number them")
    assert button(dialog).text() == "Upload 4 objects"
    button(dialog).click()
    done(qtbot, window)
    sent = {name: content(client, bucket, name) for name in names(client, bucket)}
    assert sent == {"d/a": b"first", "d/a (2)": b"second", "d/b": b"b", "d/c": b"c"}


@pytest.mark.ui("7.6", "a name that is not allowed is typed anew")
def test_a_name_that_is_not_allowed_is_given_another_one(
    qtbot, window, form, client, bucket, tmp_path
) -> None:
    source = made(tmp_path / "d", **{"a\vb": b"bytes", "c\vd": b"left", "e": b"e"})
    dialog = form(source)
    assert set(rows(dialog).values()) == {"Leave out"}
    choose(qtbot, dialog, "Rename…", "a\vb")
    question = dialog.findChild(QDialog, "rename_dialog")
    field = question.findChild(QLineEdit, "name")
    assert field.text() == "d/a_b"
    qtbot.keyClicks(field, "d/./x")
    assert not question.findChild(QPushButton, "create").isEnabled()
    field.clear()
    qtbot.keyClicks(field, "d/given")
    question.findChild(QPushButton, "create").click()
    looked(qtbot, dialog)
    assert rows(dialog) == {"a\vb": "Renamed", "c\vd": "Leave out"}
    assert button(dialog).text() == "Upload 2 objects"
    button(dialog).click()
    done(qtbot, window)
    assert names(client, bucket) == ["d/e", "d/given"]
    assert content(client, bucket, "d/given") == b"bytes"


def test_a_typed_name_that_is_in_the_bucket_has_its_own_choice(
    qtbot, window, form, client, bucket, tmp_path
) -> None:
    client.put_object(bucket, "d/given", b"older and longer")
    source = made(tmp_path / "d", **{"a\vb": b"bytes", "e": b"e"})
    dialog = form(source)
    choose(qtbot, dialog, "Rename…", "a\vb")
    question = dialog.findChild(QDialog, "rename_dialog")
    question.findChild(QLineEdit, "name").clear()
    qtbot.keyClicks(question.findChild(QLineEdit, "name"), "d/given")
    question.findChild(QPushButton, "create").click()
    looked(qtbot, dialog)
    assert button(dialog).toolTip() == "1 file needs a choice."
    go_to(dialog, Check.UNLIKE)
    choose(qtbot, dialog, "Upload as new name", "given")
    dialog.findChild(QPushButton, "look_again").click()
    looked(qtbot, dialog)
    assert button(dialog).text() == "Upload 2 objects"
    button(dialog).click()
    done(qtbot, window)
    assert content(client, bucket, "d/given") == b"older and longer"
    assert content(client, bucket, f"d/given ({today()})") == b"bytes"


def test_a_session_that_is_left_meanwhile_is_told_in_the_form(
    qtbot, window, connected, form, tmp_path
) -> None:
    dialog = form(made(tmp_path / "d", **{"a\vb": b"bytes", "e": b"e"}))
    window.context.browsing.disconnect_session(connected.id)
    dialog.findChild(QPushButton, "look_again").click()
    status = dialog.findChild(QLabel, "count_status")
    assert status.text().startswith("The files cannot be counted")
    dialog.save_report(tmp_path / "plan.csv")
    assert dialog.findChild(QLabel, "told").text().startswith("It did not work")
    assert not button(dialog).isEnabled()


@pytest.mark.ui("7.7", "what cannot be read is looked at again")
def test_what_cannot_be_read_is_looked_at_again(
    qtbot, window, form, client, bucket, tmp_path
) -> None:
    source = made(tmp_path / "d", a=b"a")
    os.mkfifo(source / "pipe")
    dialog = form(source)
    assert rows(dialog) == {"pipe": "Leave out"}
    (source / "pipe").unlink()
    made(source, pipe=b"now a file")
    dialog.findChild(QPushButton, "look_again").click()
    looked(qtbot, dialog)
    assert button(dialog).text() == "Upload 2 objects"
    button(dialog).click()
    done(qtbot, window)
    assert content(client, bucket, "d/pipe") == b"now a file"


@pytest.mark.ui("7.8", "files of the same size are compared by checksums, off the window")
def test_bytes_of_files_of_the_same_size_are_compared(
    qtbot, window, form, client, bucket, tmp_path
) -> None:
    source = made(tmp_path / "d", same=b"12345", other=b"54321")
    for name in ("same", "other"):
        client.put_object(bucket, f"d/{name}", b"12345")
    dialog = form(source)
    go_to(dialog, Check.LIKE)
    dialog.findChild(QPushButton, "compare_checksums").click()
    told = dialog.findChild(QLabel, "told")
    qtbot.waitUntil(
        lambda: told.text() == "1 have the bytes of the object, 1 differ.", timeout=SOON
    )
    looked(qtbot, dialog)
    assert button(dialog).toolTip() == "1 file needs a choice."
    go_to(dialog, Check.UNLIKE)
    assert list(rows(dialog)) == ["other"]
    choose_all(dialog, "Delete and upload…")
    button(dialog).click()
    dialog.findChild(Box, "question_box").findChild(QPushButton, "go_on").click()
    done(qtbot, window)
    assert content(client, bucket, "d/other") == b"54321"
    assert content(client, bucket, "d/same") == b"12345"


@pytest.mark.ui("7.8", "files of the same size are compared by checksums, off the window")
def test_a_comparison_is_stopped_in_its_midst(
    qtbot, window, form, client, bucket, tmp_path, monkeypatch
) -> None:
    monkeypatch.setattr(looking, "TELL_EVERY_S", 0.0)
    source = made(tmp_path / "d", **{f"f{n}": b"12345" for n in range(300)})
    for n in range(300):
        client.put_object(bucket, f"d/f{n}", b"12345")
    dialog = form(source)
    go_to(dialog, Check.LIKE)
    compare = dialog.findChild(QPushButton, "compare_checksums")
    told = dialog.findChild(QLabel, "told")
    compare.click()
    qtbot.waitUntil(lambda: told.text().startswith("Compared"), timeout=SOON)
    compare.click()
    assert told.text() == "Stopped. What was compared is kept."
    assert compare.text() == "C&ompare checksum"


@pytest.mark.ui("7.6", "a name that is not allowed is typed anew")
def test_names_that_are_not_utf8_are_shown_and_given_others(
    qtbot, window, form, client, bucket, tmp_path
) -> None:
    source = made(tmp_path / "d", a=b"a")
    bad = os.path.join(os.fsencode(str(source)), b"caf\xe9.mxf")
    Path(os.fsdecode(bad)).write_bytes(b"latin")
    dialog = form(source)
    dialog.grab()
    (shown,) = rows(dialog)
    assert shown.startswith("caf")
    choose(qtbot, dialog, "Rename…", shown)
    question = dialog.findChild(QDialog, "rename_dialog")
    assert question.findChild(QLineEdit, "name").text() == "d/caf_.mxf"
    question.findChild(QPushButton, "create").click()
    looked(qtbot, dialog)
    file = tmp_path / "plan.csv"
    dialog.save_report(file)
    qtbot.waitUntil(file.exists, timeout=SOON)
    button(dialog).click()
    done(qtbot, window)
    assert content(client, bucket, "d/caf_.mxf") == b"latin"


@pytest.mark.ui("7.9", "system files, links and empty folders are chosen one by one")
def test_system_files_and_folders_are_chosen_one_by_one(
    qtbot, window, form, client, bucket, tmp_path
) -> None:
    source = made(tmp_path / "d", **{".DS_Store": b"1", "Thumbs.db": b"2"})
    for folder in ("kept", "left"):
        (source / folder).mkdir()
    dialog = form(source)
    assert button(dialog).text() == "Upload 2 objects"
    go_to(dialog, Check.SYSTEM)
    choose(qtbot, dialog, "Upload", "Thumbs.db")
    looked(qtbot, dialog)
    go_to(dialog, Check.LINK)
    choose(qtbot, dialog, "Skip", "left/")
    looked(qtbot, dialog)
    assert rows(dialog) == {"kept/": "Keep", "left/": "Skip"}
    button(dialog).click()
    done(qtbot, window)
    assert names(client, bucket) == ["d/Thumbs.db", "d/kept/"]


@pytest.mark.ui("7.3", "each file of a check has a choice, and all have one")
def test_the_choice_for_all_covers_more_files_than_are_listed(
    qtbot, window, form, client, bucket, tmp_path, monkeypatch
) -> None:
    monkeypatch.setattr(looking, "MOST_LISTED", 2)
    source = made(tmp_path / "d", **{f"f{n}": b"newer %d" % n for n in range(5)})
    for n in range(5):
        client.put_object(bucket, f"d/f{n}", b"old")
    dialog = form(source)
    assert dialog.findChild(QLabel, "check_foot").text() == (
        "The first 2 are listed; what is chosen for all holds for all 5."
    )
    choose_all(dialog, "Leave out")
    assert button(dialog).toolTip() == "All of it is left out."
    choose_all(dialog, "Upload as new name")
    choose(qtbot, dialog, "Leave out", "f1")
    assert button(dialog).text() == "Upload 4 objects"
    button(dialog).click()
    done(qtbot, window)
    new = [name for name in names(client, bucket) if today() in name]
    assert new == [f"d/f{n} ({today()})" for n in (0, 2, 3, 4)]


@pytest.mark.ui("7.10", "the report of a look has every file and what will be done with it")
def test_the_report_has_every_file_and_what_will_be_done_with_it(
    qtbot, window, form, client, bucket, tmp_path, monkeypatch
) -> None:
    monkeypatch.setattr(looking, "MOST_LISTED", 1)
    source = made(tmp_path / "d", **{"f0": b"newer", "f1": b"newer", "=g": b"g", "x\vy": b""})
    for n in range(2):
        client.put_object(bucket, f"d/f{n}", b"old")
    dialog = form(source)
    go_to(dialog, Check.UNLIKE)
    choose_all(dialog, "Upload as new name")
    file = tmp_path / "plan.csv"
    dialog.save_report(file)
    told = dialog.findChild(QLabel, "told")
    qtbot.waitUntil(lambda: told.text() == "plan.csv has 4 rows.", timeout=SOON)
    with file.open(encoding="utf-8-sig", newline="") as text:
        header, *written = csv.reader(text)
    assert header == list(looking.REPORT)
    found = {row[0]: ", ".join(row[2:6]) for row in written}
    assert found == {
        "d/f0": f"5, In bucket, different size or older, Upload as new name, d/f0 ({today()})",
        "d/f1": f"5, In bucket, different size or older, Upload as new name, d/f1 ({today()})",
        "d/=g": "1, Good to go, Upload, ",
        "d/x\vy": ", Name not allowed, Leave out, ",
    }
    assert names(client, bucket) == ["d/f0", "d/f1"]  # nothing was done


@pytest.mark.ui("7.13", "the form tells copies, policy and checksum")
def test_the_form_tells_the_data_policy(qtbot, form, client, bucket, tmp_path) -> None:
    policy = client.data_policy(client.bucket_details(bucket).data_policy_id)
    dialog = form(made(tmp_path / "d", a=b"a"))
    box = dialog.findChild(QCheckBox, "checksums")
    qtbot.waitUntil(box.isVisible, timeout=SOON)
    assert box.text() == "CRC-32C with each blob"
    assert (box.isChecked(), box.isEnabled()) == (True, False)
    told = {label.text() for label in dialog.findChildren(QLabel)}
    assert f"policy {policy.name}" in told
    rules = list(client.data_persistence_rules(data_policy_id=policy.id))
    assert ("1 copy" if len(rules) == 1 else f"{len(rules)} copies") in told


@pytest.mark.ui("7.15", "an upload tells how many tapes it takes")
def test_how_many_tapes_it_takes_is_told_with_their_type(qtbot, form, tmp_path) -> None:
    dialog = form(made(tmp_path / "d", a=b"a"))
    qtbot.waitUntil(lambda: "≈ 2 tapes" in visible_words(dialog), timeout=SOON)
    assert "LTO-7, all copies" in visible_words(dialog)


def test_of_tapes_that_may_not_be_looked_at_nothing_is_said(
    qtbot, form, client, bucket, tmp_path, simulator
) -> None:
    simulator.faults.set("fail_next", [["GET /_rest_/tape", 403, "AccessDenied", 9]])
    dialog = form(made(tmp_path / "d", a=b"a"))
    qtbot.waitUntil(lambda: "2 copies" in visible_words(dialog), timeout=SOON)
    assert not [words for words in visible_words(dialog) if "≈" in words or "all copies" in words]


def visible_words(dialog: UploadDialog) -> set[str]:
    return {label.text() for label in dialog.findChildren(QLabel) if label.isVisible()}


@pytest.mark.ui("7.16", "an upload may be verified after it is written, if the policy does not ask")
def test_what_is_written_may_be_verified(qtbot, form, client, bucket, tmp_path) -> None:
    dialog = form(made(tmp_path / "d", a=b"a"))
    box = dialog.findChild(QCheckBox, "verify_after_write")
    dialog.findChild(QToolButton, "more_options").click()
    assert (box.isVisible(), box.isEnabled(), box.isChecked()) == (True, True, False)
    assert not dialog.options().verify
    box.click()
    assert dialog.options().verify


@pytest.mark.ui("7.16", "an upload may be verified after it is written, if the policy does not ask")
@pytest.mark.parametrize(
    ("release", "asks", "checked", "words"),
    [
        ("5.8.0", True, True, "asks for it"),
        ("3.2.2", False, False, "3.4 or newer"),
    ],
)
def test_what_decides_whether_it_is_verified_is_told(
    qtbot, form, client, bucket, tmp_path, simulator, release, asks, checked, words
) -> None:
    if asks:
        policy = client.bucket_details(bucket).data_policy_id
        client.modify_data_policy(policy, default_verify_after_write=True)
    simulator.faults.set("server_version", release)
    dialog = form(made(tmp_path / "d", a=b"a"))
    box = dialog.findChild(QCheckBox, "verify_after_write")
    qtbot.waitUntil(lambda: not box.isEnabled(), timeout=SOON)
    assert box.isChecked() is checked
    assert words in box.toolTip()
    assert not dialog.options().verify  # the policy's own wish is not ours to send


@pytest.mark.ui("7.14", "the form is used by keyboard alone")
def test_every_part_of_the_form_is_reached_by_tab(qtbot, form, tmp_path) -> None:
    source = made(tmp_path / "d", **{"a": b"a", ".DS_Store": b""})
    dialog = form(source)
    go_to(dialog, Check.SYSTEM)
    dialog.activateWindow()
    dialog.findChild(QListView, "checks").setFocus()
    reached = set[str]()
    for _ in range(20):
        focused = QApplication.focusWidget()
        if focused is not None:
            reached.add(focused.objectName())
        qtbot.keyClick(focused or dialog, Qt.Key.Key_Tab)
    assert reached >= {
        *("checks", "for_all", "check_files", "more_options", "save_report"),
        *("file_attributes", "cancel_button", "upload_button"),
    }


def test_a_form_whose_session_was_left_stays_with_all_that_was_chosen(
    qtbot, window, connected, form, simulator, tmp_path: Path
) -> None:
    file = tmp_path / "a.bin"
    file.write_bytes(b"1")
    dialog = form(file)
    name = dialog.findChild(QLineEdit, "job_name")
    name.setText("reel 1")
    browsing, upload = window.context.browsing, dialog.findChild(QPushButton, "upload_button")
    browsing.disconnect_session(connected.id)
    upload.click()
    told = dialog.findChild(Box)
    assert told.text.text().startswith("North Vault is not connected.")
    told.accept()
    assert dialog.isVisible()
    assert not window.jobs.rows()
    browsing.connect_session(connected.id)
    qtbot.waitUntil(lambda: browsing.client(connected.id) is not None, timeout=SOON)
    upload.click()
    (row,) = window.jobs.rows()
    assert row.name == "reel 1"


def test_a_form_whose_session_was_removed_says_so(
    qtbot, window, connected, form, tmp_path: Path
) -> None:
    file = tmp_path / "a.bin"
    file.write_bytes(b"1")
    dialog = form(file)
    window.context.sessions.remove(connected.id)
    dialog.findChild(QPushButton, "upload_button").click()
    words = "Its session was removed from the list. Nothing was begun."
    assert dialog.findChild(Box).text.text() == words
    dialog.reject()


def test_what_cannot_be_begun_leaves_no_form_behind(window, connected, tmp_path: Path) -> None:
    window.context.browsing.disconnect_session(connected.id)
    place = Place(connected.id, "archive")
    window.commands.upload_now([str(tmp_path)], place)
    window.commands.download_to(Selection(place, folders=("",)), str(tmp_path))
    window.commands.unattended.verify(Selection(place, folders=("",)))
    assert window.findChildren(Form) == []
