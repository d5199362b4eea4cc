"""A download that asks about each file: the row says so, the dock and the job's page ask."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QCheckBox, QComboBox, QLineEdit, QPushButton, QWidget

from ds3_browser.gui import job_words
from ds3_browser.gui.dialogs.download import DownloadDialog
from ds3_browser.gui.places import Place, Selection
from ds3_browser.transfer.events import Cancel, State
from ds3_browser.transfer.get import Existing

SOON = 20_000


@pytest.fixture
def target(client, bucket, tmp_path: Path) -> Path:
    target = tmp_path / "t"
    (target / "d").mkdir(parents=True)
    for name in ("d/a", "d/b", "d/c"):
        client.put_object(bucket, name, name.encode())
        (target / name).write_bytes(b"before")
    return target


@pytest.fixture
def asking(qtbot, window, connected, bucket, target):
    """A download begun by the form, that waits for its first answer."""
    window.commands.download(Selection(Place(connected.id, bucket), folders=("d/",)))
    form = window.findChild(DownloadDialog)
    form.findChild(QLineEdit, "target_folder").setText(str(target))
    existing = form.findChild(QComboBox, "existing")
    existing.setCurrentIndex(existing.findText("Ask for each"))
    button = form.findChild(QPushButton, "download_button")
    qtbot.waitUntil(button.isEnabled, timeout=SOON)
    button.click()
    qtbot.waitUntil(lambda: asks(window) == "d/a", timeout=SOON)
    return window


def asks(window) -> str | None:
    rows = list(window.jobs.rows())
    return rows[0].question.name if rows and rows[0].question else None


def bar(inside: QWidget) -> QWidget:
    return inside.findChild(QWidget, "answer_bar")


def press(inside: QWidget, name: str) -> None:
    bar(inside).findChild(QPushButton, name).click()


def read(target: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in (target / "d").iterdir()}


@pytest.mark.ui("8.7", "a download asks for each file that exists")
def test_each_file_is_asked_about_in_the_row_and_on_the_page(qtbot, asking, target: Path) -> None:
    window = asking
    (row,) = window.jobs.rows()
    words = job_words.job_words(row, window.jobs.now())
    assert words.text == "Waiting for your answer"
    assert words.second.startswith("a is there already: 6 B of ") or words.second.startswith(
        "d/a is there already: 6 B of "
    )
    assert job_words.verb(row) == "Answer…"
    assert not row.may_try_now
    card = window.transfers.detail.findChild(QWidget, "wait_card")
    qtbot.waitUntil(lambda: bar(card).isVisibleTo(card), timeout=SOON)  # a narrow dock has none
    press(card, "answer_replace")
    qtbot.waitUntil(lambda: asks(window) == "d/b", timeout=SOON)
    window.commands.jobs.resume(row.job_id)  # what the button in the row does
    banner = window.findChild(QWidget, "wait_banner")
    qtbot.waitUntil(lambda: bar(banner).isVisible(), timeout=SOON)
    bar(banner).findChild(QCheckBox, "for_all_that_follow").setChecked(True)
    press(banner, "answer_keep_both")
    qtbot.waitUntil(lambda: [row.state for row in window.jobs.rows()] == [State.DONE], timeout=SOON)
    assert read(target) == {
        "a": "d/a",
        "b": "before",
        "c": "before",
        "b (2)": "d/b",
        "c (2)": "d/c",
    }


def test_a_job_that_asks_is_cancelled_like_any_other(qtbot, asking, target: Path) -> None:
    window = asking
    (row,) = window.jobs.rows()
    window.context.queue.cancel(row.job_id, Cancel.KEEP)
    qtbot.waitUntil(
        lambda: [row.state for row in window.jobs.rows()] == [State.CANCELLED], timeout=SOON
    )
    assert read(target) == dict.fromkeys("abc", "before")


def test_asking_may_be_what_is_chosen_at_first(window, connected, bucket) -> None:
    window.context.settings.existing = Existing.ASK
    window.commands.download(Selection(Place(connected.id, bucket), folders=("d/",)))
    form = window.findChild(DownloadDialog)
    assert form.findChild(QComboBox, "existing").currentText() == "Ask for each"
