"""What a row says in each state, word for word."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from ds3_browser.gui import job_words, wait_words
from ds3_browser.gui.job_row import JobRow, pressed, with_cache
from ds3_browser.gui.theme import Role
from ds3_browser.protocol.errors import TlsFault
from ds3_browser.protocol.records import CacheState
from ds3_browser.transfer.events import (
    Actor,
    Facts,
    Failure,
    FailureCode,
    JobState,
    Outcome,
    Persisted,
    State,
    WaitReason,
)
from tests.gui.job_stories import (
    GB,
    NOW,
    download,
    ended,
    progress,
    state,
    told,
    upload,
    waiting,
)


def words(row: JobRow, now=NOW) -> tuple[str, str, str, Role]:
    said = job_words.job_words(row, now)
    return said.text, said.second, said.icon, said.role


@pytest.mark.ui("3.1", "queued tells its place in line")
def test_a_job_in_line_says_where_it_stands():
    row = told(upload(), state(State.QUEUED, position=2))
    assert words(row) == ("Queued", "Second in line", "clock", Role.SECONDARY)


@pytest.mark.ui("3.1", "queued tells its place in line")
def test_a_job_far_down_the_line_says_its_number():
    assert words(told(upload(), state(State.QUEUED, position=12)))[1] == "Number 12 in line"


@pytest.mark.ui("3.2", "preparing tells what is looked at and whose work it is")
def test_looking_at_files_tells_how_many():
    row = told(upload(), state(State.PREPARING, looked_at=12_300))
    expected = ("Preparing", "Looked at 12,300 files so far", "list-checks", Role.SECONDARY)
    assert words(row) == expected


@pytest.mark.ui("3.2", "preparing tells what is looked at and whose work it is")
def test_creating_the_job_is_the_appliances_work():
    row = told(upload(), state(State.PREPARING, creating=True, looked_at=12_300))
    assert words(row)[1] == "The appliance is creating the job"


@pytest.mark.ui("3.3", "a wait counts down in its word")
def test_a_wait_counts_down_in_its_word():
    row = told(upload(), state(State.WAITING, WaitReason.CACHE), waiting(WaitReason.CACHE, 252))
    assert words(row) == ("Waiting, next try 04:12", "No chunk ready", "hourglass", Role.WARNING)
    assert words(row, NOW + timedelta(seconds=10))[0] == "Waiting, next try 04:02"


@pytest.mark.ui("3.3", "a wait counts down in its word")
def test_a_countdown_that_ran_out_stays_at_zero():
    row = told(upload(), state(State.WAITING, WaitReason.CACHE), waiting(WaitReason.CACHE, 5))
    assert words(row, NOW + timedelta(seconds=9))[0] == "Waiting, next try 00:00"


@pytest.mark.ui("3.4", "an upload's wait names a full cache only when it is known")
def test_a_full_cache_is_named_only_when_the_appliance_says_so():
    row = told(upload(), state(State.WAITING, WaitReason.CACHE), waiting(WaitReason.CACHE))
    full = CacheState(total=100, used=96, available=4, unavailable=0, locked_by_jobs=10)
    assert words(with_cache(row, full))[1] == "No free cache"
    assert words(with_cache(row, replace(full, used=50)))[1] == "No chunk ready"


@pytest.mark.ui("3.5", "each wait tells its reason")
@pytest.mark.parametrize(
    ("reason", "facts", "second", "icon"),
    [
        (WaitReason.TAPE, {}, "Tape not read yet", "cassette"),
        (WaitReason.BUSY, {}, "The appliance takes no new job now", "server"),
        (
            WaitReason.DISK,
            {"path": "/restore", "free": 12 * GB, "needed": 410 * GB},
            "For disk space: 12.00 GB free at /restore, 410.0 GB needed",
            "hard-drive",
        ),
        (WaitReason.DISK, {"path": "/restore"}, "Cannot write to /restore", "hard-drive"),
        (
            WaitReason.DISK,
            {"path": "/home/anna/.local", "free": 0},
            "For disk space: 0 B free at /home/anna/.local, where the list of transfers is",
            "hard-drive",
        ),
    ],
)
def test_a_wait_tells_its_reason(reason, facts, second, icon):
    row = told(download(), state(State.WAITING, reason, **facts), waiting(reason))
    assert words(row)[1:3] == (second, icon)


@pytest.mark.ui("3.5", "each wait tells its reason")
def test_a_lost_appliance_is_told_with_the_time_it_was_lost():
    lost = state(State.WAITING, WaitReason.NETWORK, since=NOW)
    text, second, icon, _ = words(told(upload(), lost, waiting(WaitReason.NETWORK, 20)))
    assert (text, icon) == ("Waiting, next try 00:20", "unplug")
    assert second == f"Appliance not reachable since {NOW.astimezone():%H:%M}"


@pytest.mark.ui("3.6", "a pause ends its blobs and tells since when")
def test_a_paused_job_first_ends_its_blobs_and_then_says_since_when():
    ending = told(upload(), state(State.WAITING, WaitReason.USER, blobs_in_flight=4))
    assert words(ending)[:3] == ("Waiting, paused", "Ending 4 blobs", "circle-pause")
    still = told(ending, state(State.WAITING, WaitReason.USER, since=NOW))
    assert words(still)[1] == f"Paused by you at {NOW.astimezone():%H:%M}"


@pytest.mark.ui("3.7", "keys refused in mid-job name the session")
def test_keys_refused_in_mid_job_name_the_session():
    refused = Failure(FailureCode.KEYS)
    row = told(upload(), state(State.WAITING, WaitReason.KEY, failure=refused))
    expected = ("Waiting for your secret key", "North Vault no longer accepts your keys", "key")
    assert words(row)[:3] == expected


@pytest.mark.ui("3.13", "failed objects are told before the end")
def test_failed_objects_are_told_long_before_the_end():
    row = told(
        upload(),
        progress(5, failed=3),
        state(State.WAITING, WaitReason.CACHE),
        waiting(WaitReason.CACHE),
    )
    assert words(row)[1] == "No chunk ready, 3 failed"


@pytest.mark.ui("3.8", "transferring counts its chunks")
def test_transferring_counts_its_chunks():
    row = told(upload(), state(State.TRANSFERRING, chunks_in_flight=4, chunks_ready=3))
    assert words(row) == ("Transferring", "4 chunks in flight, 3 ready", "arrows", Role.ACCENT)


@pytest.mark.ui("3.9", "done claims no more than the cache until persistence is known")
def test_done_never_claims_more_than_cache():
    row = told(upload(), state(State.TRANSFERRING), ended(Outcome.DONE, done=3))
    expected = (
        "Done, not yet persisted",
        "Keep the originals until it is",
        "circle-check",
        Role.SUCCESS,
    )
    assert words(row) == expected


@pytest.mark.ui("3.9", "done claims no more than the cache until persistence is known")
def test_persisted_comes_from_the_appliance_with_copies_and_time():
    row = told(upload(), ended(Outcome.DONE, done=3), Persisted(1, "job", NOW, 2))
    text, second, icon, role = words(row)
    assert (text, icon, role) == ("Done, persisted", "shield-check", Role.SUCCESS)
    assert second.startswith("2 copies, ")


def test_what_an_upload_left_out_is_told_for_good():
    """Somebody deletes the originals of what is called persisted."""
    done = told(upload(), ended(Outcome.DONE, done=3, skipped=5))
    assert words(done)[1] == "5 skipped. Keep the originals until it is"
    assert words(told(done, Persisted(1, "job", NOW, 2)))[1].startswith("5 skipped. 2 copies, ")


@pytest.mark.ui("3.10", "a finished download tells what was checked and skipped")
def test_a_download_tells_what_was_checked_and_skipped():
    row = told(download(), ended(Outcome.DONE, done=46, skipped=4))
    assert words(row)[:2] == ("Done", "46 objects checked, 4 skipped")


def test_a_certificate_that_is_not_trusted_is_told_as_why_a_job_waits():
    changed = Failure(FailureCode.CERTIFICATE, detail=TlsFault.CHANGED.value)
    facts = Facts(since=NOW, failure=changed)
    row = told(upload(), JobState(1, State.WAITING, WaitReason.NETWORK, facts))
    assert "No secure connection: the certificate is not the one you trusted." in words(row)[:2]


@pytest.mark.parametrize(
    ("unproved", "second"),
    [
        (5, "5 objects received without a checksum"),
        (2, "3 objects checked, 2 objects received without a checksum"),
    ],
)
def test_what_came_without_a_checksum_is_not_told_as_checked(unproved: int, second: str):
    done = JobState(1, State.DONE, facts=Facts(unproved=unproved))
    row = told(download(), done, ended(Outcome.DONE, done=5))
    assert words(row)[:2] == ("Done", second)


@pytest.mark.parametrize(
    ("now", "second"),
    [
        (state(State.TRANSFERRING, chunks_in_flight=0, chunks_ready=0, files_ending=3), "3 files"),
        (state(State.CANCELLING, blobs_in_flight=0, files_ending=2), "2 files"),
    ],
)
def test_it_is_told_that_what_arrived_is_on_its_way_to_the_disk(now: JobState, second: str):
    assert words(told(download(), now))[1] == f"Writing {second} to the disk"


@pytest.mark.ui("3.11", "a cancelled job tells by whom and what was kept")
@pytest.mark.parametrize(
    ("kept", "done", "second"),
    [(True, 331, "By you, 331 objects kept"), (False, 331, "By you, nothing kept")],
)
def test_a_cancelled_upload_tells_what_was_kept(kept, done, second):
    row = told(
        upload(),
        state(State.CANCELLING, kept=kept),
        state(State.CANCELLED, kept=kept, objects_kept=done if kept else 0),
        ended(Outcome.CANCELLED, Actor.USER, done=done, cancelled=9),
    )
    assert words(row) == ("Cancelled", second, "circle-x", Role.SECONDARY)


@pytest.mark.ui("3.11", "a cancelled job tells by whom and what was kept")
def test_a_cancelled_download_keeps_what_was_received():
    row = told(download(), ended(Outcome.CANCELLED, Actor.USER, done=12, cancelled=9))
    assert words(row)[1] == "By you, 12 objects received"


@pytest.mark.ui("3.12", "a failed job tells how many, and what refused it")
def test_a_job_with_one_failed_object_is_failed_and_says_how_many():
    row = told(upload(), ended(Outcome.FAILED, done=5209, failed=3))
    assert words(row) == ("Failed", "3 of 5,212 objects", "circle-alert", Role.ERROR)


@pytest.mark.ui("3.12", "a failed job tells how many, and what refused it")
@pytest.mark.parametrize(
    ("row", "code", "second"),
    [
        (upload(), FailureCode.EXISTS, "Refused: names are already in dailies"),
        (download(), FailureCode.NOT_FOUND, "Refused: what was chosen is no longer there"),
        (upload(), FailureCode.JOB_GONE, "The appliance no longer knows this job."),
    ],
)
def test_a_refused_job_tells_why(row, code, second):
    row = told(row, ended(Outcome.FAILED, failure=Failure(code, status=409)))
    assert words(row)[:2] == ("Failed", second)
    assert ("Status", "409") in job_words.refusal(row).details


@pytest.mark.ui("5.3", "a press in vain is told with its time")
def test_asking_in_vain_is_said_once_and_only_for_a_press():
    wait = waiting(WaitReason.CACHE, asked_at=NOW - timedelta(minutes=2))
    row = told(upload(), state(State.WAITING, WaitReason.CACHE), wait)
    row = pressed(row, NOW)
    answer = waiting(WaitReason.CACHE, asked_at=NOW + timedelta(seconds=1), times=2)
    row = told(row, answer)
    at = answer.asked_at.astimezone()
    assert words(row)[1] == f"Asked at {at:%H:%M}, still no chunk"
    later = waiting(WaitReason.CACHE, asked_at=NOW + timedelta(minutes=5), times=3)
    assert words(told(row, later))[1] == "No chunk ready"


@pytest.mark.ui("5.2", "a wait card asks now, rests, and counts waits and time")
def test_try_now_rests_five_seconds():
    row = told(upload(), state(State.WAITING, WaitReason.CACHE), waiting(WaitReason.CACHE))
    row = pressed(row, NOW)
    assert row.rests(NOW + timedelta(seconds=4.9))
    assert not row.rests(NOW + timedelta(seconds=5))


def test_a_paused_job_cannot_be_asked_to_try_now():
    assert not told(upload(), state(State.WAITING, WaitReason.USER)).may_try_now


@pytest.mark.ui("5.2", "a wait card asks now, rests, and counts waits and time")
def test_the_wait_card_counts_the_waits_and_the_time():
    row = told(
        upload(),
        state(State.WAITING, WaitReason.CACHE),
        waiting(WaitReason.CACHE, times=3, total_s=600),
    )
    card = wait_words.wait_words(row, NOW + timedelta(seconds=60))
    assert card.title == "No chunk ready"
    assert card.second == "Third wait, 11 min so far"


def test_a_job_that_does_not_wait_has_no_card():
    assert wait_words.wait_words(told(upload(), state(State.TRANSFERRING)), NOW) is None


def test_a_job_that_the_appliance_dropped_is_cancelled_by_it_and_starts_anew():
    row = told(
        upload(),
        ended(Outcome.FAILED, done=0, cancelled=1204, failure=Failure(FailureCode.TIMED_OUT)),
    )
    assert words(row)[:3] == (
        *("Cancelled", "By the appliance: no activity for 24 h. Nothing was kept", "circle-x"),
    )
    assert job_words.verb(row) == "Start a new job"
    assert job_words.verb_tip(row) == "Start a new job for 1,204 objects"
