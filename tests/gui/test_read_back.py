"""What an upload's page and report tell of verify after write: never more than was told."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import pytest

from ds3_browser.gui.job_options import UploadOptions
from ds3_browser.gui.job_row import JobRow, after
from ds3_browser.gui.read_back_words import MOST_SHOWN, read_back, report_words
from ds3_browser.gui.theme import Role
from ds3_browser.transfer.events import ApplianceSaid, Outcome, Persisted, Said, State
from tests.gui.job_stories import NOW, download, ended, told, upload

SOON = 10_000

NOTHING = Said()

ASKED = "Verify after write was asked for."
HAS_IT = "Verify after write was asked for, and the appliance's job has it."
NO_RESULT = "The appliance tells no result of it, only an error message if there is one."
CLEAN = "All is persisted, without an error message; the appliance tells no result."


def row(*, asked: bool = True, said: Said = NOTHING, persisted: bool = False) -> JobRow:
    found = told(replace(upload(), verify_asked=asked), ApplianceSaid(1, said))
    if persisted:
        found = told(found, ended(Outcome.DONE, done=3), Persisted(1, "job", NOW))
    return found


@pytest.mark.parametrize(
    ("found", "words", "role"),
    [
        (row(), f"{ASKED} {NO_RESULT}", Role.SECONDARY),
        (row(said=Said(True, "")), f"{HAS_IT} {NO_RESULT}", Role.SECONDARY),
        (row(said=Said(True, ""), persisted=True), f"{HAS_IT} {CLEAN}", Role.SECONDARY),
        (row(said=Said(None, ""), persisted=True), f"{ASKED} {CLEAN}", Role.SECONDARY),
        # Persisted, and nobody has heard whether there was an error.
        (row(persisted=True), f"{ASKED} {NO_RESULT}", Role.SECONDARY),
        (
            row(said=Said(False, "")),
            "Verify after write was asked for, but the appliance's job does not have it.",
            Role.WARNING,
        ),
        (
            row(asked=False, said=Said(True, "")),
            f"The appliance's job has verify after write. {NO_RESULT}",
            Role.SECONDARY,
        ),
        (
            row(said=Said(True, "a copy\n is bad"), persisted=True),
            f"{HAS_IT} The appliance says of this job: a copy is bad",
            Role.WARNING,
        ),
        (
            row(asked=False, said=Said(False, "no tape")),
            "The appliance says of this job: no tape",
            Role.WARNING,
        ),
    ],
)
def test_it_says_what_was_asked_for_and_what_was_told(
    found: JobRow, words: str, role: Role
) -> None:
    said = read_back(found)
    assert said is not None
    assert (said.text, said.role) == (words, role)


def test_nothing_is_said_where_there_is_nothing_to_say() -> None:
    assert read_back(row(asked=False)) is None
    assert read_back(row(asked=False, said=Said(False, ""), persisted=True)) is None
    assert read_back(replace(download(), said=Said(True, "x"))) is None


def test_what_is_not_told_now_takes_nothing_back() -> None:
    found = row(said=Said(True, "bad"))
    assert after(found, ApplianceSaid(1, Said(None, None)), NOW).said == Said(True, "bad")
    assert after(found, ApplianceSaid(1, Said(None, "")), NOW).said == Said(True, "")


def test_a_long_message_is_cut() -> None:
    found = read_back(row(asked=False, said=Said(None, "x" * 10_000)))
    assert found is not None
    assert len(found.text) < MOST_SHOWN + 100
    assert found.text.endswith("…")


@pytest.mark.parametrize(
    ("asked", "said", "words"),
    [
        (True, Said(), "asked for"),
        (True, Said(True, ""), "asked for, in the appliance's job"),
        (True, Said(False, ""), "asked for, not in the appliance's job"),
        (False, Said(True, ""), "in the appliance's job"),
        (False, Said(False, ""), ""),
        (False, Said(), ""),
    ],
)
def test_a_report_says_it_in_few_words(asked: bool, said: Said, words: str) -> None:
    assert report_words(asked, said) == words


def test_the_page_and_the_report_follow_what_the_appliance_says(
    qtbot, window, connected, simulator, tmp_path: Path
) -> None:
    simulator.faults.set_all({"hold_persistence": True, "job_error": "a copy is bad"})
    (tmp_path / "a.bin").write_bytes(b"12345")
    queue = window.context.queue
    paths = [str(tmp_path / "a.bin")]
    job = queue.upload(connected.id, "archive", "", paths, UploadOptions(verify=True))
    window.show_job(job)
    label = window.job_page._read_back
    assert label.isVisible()
    assert label.text() == f"{ASKED} {NO_RESULT}"
    words = f"{HAS_IT} The appliance says of this job: a copy is bad"
    qtbot.waitUntil(lambda: label.text() == words, timeout=SOON)
    queue._jobs[job].ledger.flush()
    file = tmp_path / "report.csv"
    window.commands.jobs.write_report(job, file)
    qtbot.waitUntil(file.exists, timeout=SOON)
    lines = list(csv.reader(file.read_text(encoding="utf-8-sig").splitlines()))
    assert lines[1][11:] == ["asked for, in the appliance's job", "a copy is bad"]
    simulator.faults.set_all({"hold_persistence": False, "job_error": None})
    qtbot.waitUntil(lambda: label.text() == f"{HAS_IT} {CLEAN}", timeout=2 * SOON)
    assert window.jobs.row(job).state is State.DONE


def test_a_job_of_an_earlier_start_has_it_still(qtbot, window, connected, tmp_path: Path) -> None:
    from ds3_browser.gui import job_history

    (tmp_path / "a.bin").write_bytes(b"12345")
    queue = window.context.queue
    paths = [str(tmp_path / "a.bin")]
    job = queue.upload(connected.id, "archive", "", paths, UploadOptions(verify=True))
    qtbot.waitUntil(lambda: window.jobs.row(job).persisted is not None, timeout=2 * SOON)
    ledger = queue._jobs[job].ledger
    ledger.flush()
    (found,) = [one.row for one in job_history.read(ledger.path, None) if one.row.job_id == job]
    words = read_back(found)
    assert words is not None
    assert words.text.endswith(CLEAN)
