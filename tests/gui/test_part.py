"""A part of one object: what is asked for, what cannot be, and the file that comes of it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ds3_browser.gui.dialogs.part import PartDialog, proposed
from ds3_browser.gui.places import Place
from ds3_browser.transfer.events import State
from ds3_browser.transfer.extracts import Extract
from ds3_browser.transfer.get import Existing

SIZE = 53_026_319


@pytest.fixture
def form(qtbot, tmp_path: Path) -> PartDialog:
    dialog = PartDialog("in/clip.mov", SIZE, str(tmp_path), Existing.KEEP_BOTH)
    qtbot.addWidget(dialog)
    dialog.show()
    return dialog


def type_in(form: PartDialog, name: str, text: str) -> None:
    field = getattr(form, f"_{name}")
    field.setText(text)
    field.textEdited.emit(text)


def asked(form: PartDialog) -> tuple[int, int] | None:
    wanted = form.extract()
    return None if wanted is None else (wanted.offset, wanted.length)


@pytest.mark.ui("8.8", "of one object a range of bytes is asked for, or percent")
def test_bytes_or_percent_are_asked_for(form: PartDialog) -> None:
    assert asked(form) == (0, SIZE)
    type_in(form, "first", "1,048,576")
    type_in(form, "last", "6 291 455")
    assert asked(form) == (1_048_576, 5_242_880)
    assert form._told.text() == ("5.2 MB (5,242,880 bytes), from byte 1,048,576 to byte 6,291,455")
    assert form.extract() == Extract(
        "in/clip.mov", 1_048_576, 5_242_880, "clip (bytes 1048576-6291455).mov"
    )
    type_in(form, "to", "50")
    assert form.by_percent.isChecked()
    assert asked(form) == (0, -(-SIZE // 2))
    type_in(form, "from", "99,5 %")
    type_in(form, "to", "100")
    assert asked(form) == (SIZE * 995 // 1000, SIZE - SIZE * 995 // 1000)


@pytest.mark.ui("8.9", "a part that the object does not have is told in the form, with its size")
@pytest.mark.parametrize(
    ("field", "text", "told"),
    [
        ("last", str(SIZE), "The object has 53,026,319 bytes: the last one is number 53,026,318."),
        ("last", "nine", "Type two whole numbers, the first byte and the last."),
        ("first", "-1", "Type two whole numbers, the first byte and the last."),
        ("first", "", "Type two whole numbers, the first byte and the last."),
        ("last", "9" * 30, "Type two whole numbers, the first byte and the last."),
        ("from", "10", "The part ends where it begins, or before."),
        ("to", "100.1", "Type two percentages, from 0 to 100."),
        ("to", "most", "Type two percentages, from 0 to 100."),
        ("file", "a/b", "No file here can have this name."),
        ("file", "..", "No file here can have this name."),
    ],
)
def test_what_cannot_be_is_told_in_the_form(form, field: str, text: str, told: str) -> None:
    type_in(form, field, text)
    assert form._told.text() == told
    assert not form._download.isEnabled()


def test_a_range_that_ends_before_it_begins_is_told(form: PartDialog) -> None:
    type_in(form, "first", "11")
    type_in(form, "last", "10")
    assert form._told.text() == "The first byte comes after the last."


def test_a_name_that_was_typed_stays(form: PartDialog) -> None:
    type_in(form, "file", "mine.mov")
    type_in(form, "first", "7")
    assert form.extract().file == "mine.mov"


@pytest.mark.parametrize(("size", "told"), [(None, "still being uploaded"), (0, "is empty")])
def test_an_object_without_bytes_has_no_part(qtbot, tmp_path, size, told: str) -> None:
    dialog = PartDialog("x", size, str(tmp_path))
    qtbot.addWidget(dialog)
    assert told in dialog._told.text()
    assert not dialog._download.isEnabled()


def test_the_smallest_share_is_a_byte(qtbot, tmp_path: Path) -> None:
    dialog = PartDialog("x", 3, str(tmp_path))
    qtbot.addWidget(dialog)
    type_in(dialog, "to", "0.000001")
    assert asked(dialog) == (0, 1)


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("a/clip.mov", "clip (bytes 0-9).mov"),
        ("clip", "clip (bytes 0-9)"),
        ("..", "part (bytes 0-9)"),
    ],
)
def test_the_file_is_named_for_its_bytes(name: str, file: str) -> None:
    assert proposed(name, 0, 10) == file


@pytest.mark.ui("8.10", "a part arrives as a file of its own, and says that nothing proves it")
def test_a_part_is_downloaded_and_says_that_it_has_no_checksum(
    qtbot, window, connected, bucket, client, tmp_path: Path
) -> None:
    data = os.urandom(100_000)
    client.put_object(bucket, "in/clip.mov", data)
    window.context.settings.download_folder = str(tmp_path / "out")
    window.go(Place(connected.id, bucket, "in/"))
    qtbot.waitUntil(lambda: not window.page.listing)
    window.page.select_all()
    qtbot.waitUntil(lambda: window.context.actions["download_part"].isEnabled())
    window.context.actions["download_part"].trigger()
    form = window.findChild(PartDialog)
    assert "no checksum" in form.findChild(object, "part_note").text()
    type_in(form, "first", "1000")
    type_in(form, "last", "50999")
    form._download.click()
    saved = tmp_path / "out" / "clip (bytes 1000-50999).mov"
    qtbot.waitUntil(saved.is_file, timeout=20_000)
    assert saved.read_bytes() == data[1000:51_000]
    (row,) = window.jobs.rows()
    qtbot.waitUntil(lambda: window.jobs.row(row.job_id).state is State.DONE)
