"""Leaving and coming back: what the queue and the window make of jobs of an earlier start."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QPushButton

from ds3_browser.gui import job_history, job_words, messages, wait_words
from ds3_browser.protocol.client import Ds3Client
from ds3_browser.transfer import loop
from ds3_browser.transfer.events import Cancel, Direction, JobEnded, State, WaitReason
from ds3_browser.transfer.ledger import Ledger
from ds3_browser.transfer.ledger_records import NewObject
from ds3_browser.transfer.specs import GetSpec, record_of
from tests.gui.test_jobs import SOON, Desk, write

SLOW = 1 << 20


@pytest.fixture
def desks(client, bucket, tmp_path) -> Iterator[Callable[[], Desk]]:
    """Starts the queue anew over the same ledger, after ending the one before."""
    open_: list[Desk] = []

    def start() -> Desk:
        for desk in open_:
            desk.queue.close()
        open_.append(Desk(Ledger(tmp_path / "transfers.sqlite3"), client))
        return open_[-1]

    yield start
    for desk in open_:
        desk.queue.close()


def restored(desk: Desk, qtbot) -> int:
    """Bring the old jobs back; how many could go on."""
    with qtbot.waitSignal(desk.queue.restored, timeout=SOON) as signal:
        desk.queue.earlier.restore()
    return int(signal.args[0])


def until(desk: Desk, qtbot, job_id: int, state: State):
    def told() -> bool:
        row = desk.row(job_id)
        return row.state is state and (not state.ended or row.outcome is not None)

    qtbot.waitUntil(told, timeout=SOON)
    return desk.row(job_id)


@pytest.fixture
def slow(simulator):
    simulator.faults.set_all({"throttle_bps": SLOW, "policies": [{"default_blob_size": SLOW // 4}]})
    return simulator


def begin_and_quit(desks, qtbot, folder: Path) -> tuple[int, Desk]:
    """An upload that had moved something when the program was left, and the next start."""
    desk = desks()
    job_id = desk.upload(write(folder, "big.mov", 3 * SLOW))
    qtbot.waitUntil(
        lambda: (p := desk.row(job_id).progress) is not None and p.sent > SLOW // 2, timeout=SOON
    )
    return job_id, desks()


@pytest.mark.ui("5.19", "after a start open jobs go on when told")
def test_an_open_job_waits_to_be_told_and_goes_on(desks, qtbot, folder, slow, client):
    job_id, desk = begin_and_quit(desks, qtbot, folder)
    assert restored(desk, qtbot) == 1
    row = desk.row(job_id)
    assert (row.state, row.reason) == (State.WAITING, WaitReason.USER)
    words = job_words.job_words(row, desk.queue._now())
    assert words.text == "Waiting, paused"
    assert words.second.startswith("Not continued since ")
    assert row.session_name == "North Vault"
    slow.faults.set("throttle_bps", None)
    desk.queue.go_on([job_id])
    row = until(desk, qtbot, job_id, State.DONE)
    assert row.progress.sent == 3 * SLOW
    assert client.head_object("archive", "big.mov").size == 3 * SLOW
    assert desk.queue.to_go_on() == ()


def test_the_order_of_queued_jobs_outlives_a_restart(desks, qtbot, folder, slow, client):
    desk = desks()
    desk.queue.set_limits(1, 1)
    ids = [desk.upload(write(folder, "a.mov", 20 * SLOW))]
    until(desk, qtbot, ids[0], State.TRANSFERRING)
    for place, name in enumerate("bc", 1):
        ids.append(desk.upload(write(folder, f"{name}.mov", SLOW)))
        qtbot.waitUntil(
            lambda place=place: desk.row(ids[place]).facts.position == place, timeout=SOON
        )
    desk.queue.move(ids[2], 1)
    qtbot.waitUntil(lambda: desk.row(ids[2]).facts.position == 1, timeout=SOON)
    desk = desks()
    desk.queue.set_limits(1, 1)
    restored(desk, qtbot)
    ended: list[int] = []
    desk.queue.event.connect(
        lambda event: ended.append(event.job_id) if isinstance(event, JobEnded) else None
    )
    slow.faults.set("throttle_bps", None)
    desk.queue.go_on(reversed(ids))
    qtbot.waitUntil(lambda: len(ended) == 3, timeout=SOON)
    assert ended == [ids[0], ids[2], ids[1]]


def test_it_may_be_cancelled_instead(desks, qtbot, folder, slow, client):
    job_id, desk = begin_and_quit(desks, qtbot, folder)
    restored(desk, qtbot)
    slow.faults.set("throttle_bps", None)
    desk.queue.cancel(job_id, Cancel.DISCARD)
    until(desk, qtbot, job_id, State.CANCELLED)
    assert list(client.active_jobs()) == []


def test_without_its_session_it_waits_for_it(desks, qtbot, folder, slow, client):
    job_id, desk = begin_and_quit(desks, qtbot, folder)
    restored(desk, qtbot)
    slow.faults.set("throttle_bps", None)
    desk.clients.clear()
    desk.queue.go_on([job_id])
    assert desk.row(job_id).state is State.WAITING
    assert desk.queue.to_go_on() == ()
    desk.clients["north"] = client
    desk.queue.look_again()
    until(desk, qtbot, job_id, State.DONE)


def test_ended_jobs_are_there_as_they_ended_and_persistence_is_still_learned(
    desks, qtbot, folder, simulator
):
    simulator.faults.set("hold_persistence", True)
    desk = desks()
    done = desk.upload(write(folder, "a.bin", 3000))
    until(desk, qtbot, done, State.DONE)
    gone = desk.upload(write(folder, "gone.bin", 10))
    until(desk, qtbot, gone, State.DONE)
    refused = desk.upload(write(folder, "a.bin", 3001))
    until(desk, qtbot, refused, State.FAILED)
    said = job_words.job_words(desk.row(refused), desk.queue._now())
    desk.queue.remove(gone)
    desk = desks()
    assert restored(desk, qtbot) == 0
    assert desk.jobs.row(gone) is None
    row = desk.row(done)
    assert (row.state, row.counts.done, row.progress.total) == (State.DONE, 1, 3000)
    assert row.persisted is None
    assert job_words.job_words(desk.row(refused), desk.queue._now()) == said
    simulator.faults.set("hold_persistence", False)
    qtbot.waitUntil(lambda: desk.row(done).persisted is not None, timeout=SOON)
    desk = desks()
    restored(desk, qtbot)
    assert desk.row(done).persisted is not None


def fail_one(desk: Desk, qtbot, folder: Path, simulator, monkeypatch) -> int:
    monkeypatch.setattr(loop, "TRY_AGAIN_S", (0, 0, 0, 0))
    simulator.faults.set("fail_next", [["PUT /archive/files/b*", 500, "InternalError", 5]])
    write(folder, "a.bin", 10)
    write(folder, "b.bin", 10)
    job_id = desk.upload(folder)
    until(desk, qtbot, job_id, State.FAILED)
    return job_id


@pytest.mark.ui("5.12", "retry works in the same job while it is open")
def test_a_failed_object_is_retried_from_the_row(desks, qtbot, folder, simulator, monkeypatch):
    desk = desks()
    job_id = fail_one(desk, qtbot, folder, simulator, monkeypatch)
    assert job_words.verb(desk.row(job_id)) == "Retry 1"
    desk.queue.retry_failed(job_id)
    row = until(desk, qtbot, job_id, State.DONE)
    assert (row.counts.done, row.counts.failed) == (2, 0)
    assert job_words.verb(row) == ""


def test_a_failed_job_of_an_earlier_start_is_retried_too(
    desks, qtbot, folder, simulator, monkeypatch
):
    job_id = fail_one(desks(), qtbot, folder, simulator, monkeypatch)
    desk = desks()
    restored(desk, qtbot)
    desk.queue.retry_failed(job_id)
    assert until(desk, qtbot, job_id, State.DONE).counts.done == 2


@pytest.mark.ui("3.14", "a failed job stays open, can be closed, and is closed in time")
def test_a_failed_job_can_be_closed_and_the_rest_is_kept(
    desks, qtbot, folder, simulator, client, monkeypatch
):
    desk = desks()
    job_id = fail_one(desk, qtbot, folder, simulator, monkeypatch)
    desk.queue.close_job(job_id)
    qtbot.waitUntil(lambda: desk.row(job_id).facts.closed, timeout=SOON)
    words = job_words.job_words(desk.row(job_id), desk.queue._now())
    assert words.second == "1 of 2 objects, the rest is kept"
    assert not desk.row(job_id).may_close
    assert list(client.list_objects("archive").names) == ["files/a.bin"]
    desk = desks()
    restored(desk, qtbot)
    assert desk.row(job_id).facts.closed


@pytest.mark.parametrize("restart", [False, True], ids=["at once", "after a restart"])
def test_what_failed_in_a_job_that_was_closed_is_retried_in_another_one(
    desks, qtbot, folder, simulator, client, monkeypatch, restart
):
    desk = desks()
    job_id = fail_one(desk, qtbot, folder, simulator, monkeypatch)
    (first,) = desk.row(job_id).appliance_jobs
    desk.queue.close_job(job_id)
    qtbot.waitUntil(lambda: desk.row(job_id).facts.closed, timeout=SOON)
    if restart:
        desk = desks()
        restored(desk, qtbot)
    assert job_words.verb(desk.row(job_id)) == "Retry 1"
    desk.queue.retry_failed(job_id)
    row = until(desk, qtbot, job_id, State.DONE)
    assert (row.counts.done, row.counts.failed) == (2, 0)
    assert len(set(row.appliance_jobs) - {first}) == 1
    assert sorted(client.list_objects("archive").names) == ["files/a.bin", "files/b.bin"]
    assert not row.facts.closed


def test_a_job_that_the_appliance_does_not_close_says_so_in_its_row(
    desks, qtbot, folder, simulator, monkeypatch
):
    desk = desks()
    job_id = fail_one(desk, qtbot, folder, simulator, monkeypatch)
    simulator.faults.set("fail_next", [["DELETE /_rest_/job/*", 409, "Conflict", 1]])
    desk.queue.close_job(job_id)
    qtbot.waitUntil(lambda: desk.row(job_id).facts.not_closed is not None, timeout=SOON)
    assert job_words.job_words(desk.row(job_id), desk.queue._now()).second == (
        "1 failed. The appliance cannot keep part of this job. Nothing was changed."
    )
    assert job_words.verb(desk.row(job_id)) == "Retry 1"
    desk.queue.close_job(job_id)
    qtbot.waitUntil(lambda: desk.row(job_id).facts.closed, timeout=SOON)
    assert "the rest is kept" in job_words.job_words(desk.row(job_id), desk.queue._now()).second


@pytest.mark.ui("3.14", "a failed job stays open, can be closed, and is closed in time")
def test_a_failed_job_that_nobody_looked_after_is_closed_in_time(
    desks, qtbot, folder, simulator, monkeypatch
):
    job_id = fail_one(desks(), qtbot, folder, simulator, monkeypatch)
    monkeypatch.setattr(job_history, "CLOSE_AFTER", job_history.CLOSE_AFTER * 0)
    desk = desks()
    restored(desk, qtbot)
    qtbot.waitUntil(lambda: desk.row(job_id).facts.closed, timeout=SOON)
    told = "Closed by DS3 Browser after 12 h: 1 of 2 objects, the rest is kept"
    assert job_words.job_words(desk.row(job_id), desk.queue._now()).second == told
    desk.queue.close()
    desk = desks()
    restored(desk, qtbot)
    assert job_words.job_words(desk.row(job_id), desk.queue._now()).second == told


def test_one_that_was_forgotten_while_the_program_runs_is_closed_too(
    desks, qtbot, folder, simulator, monkeypatch
):
    desk = desks()
    job_id = fail_one(desk, qtbot, folder, simulator, monkeypatch)
    desk.queue._closing.timeout.emit()
    assert not desk.row(job_id).facts.closed
    monkeypatch.setattr(job_history, "CLOSE_AFTER", job_history.CLOSE_AFTER * 0)
    assert desk.queue._closing.isActive()
    desk.queue._closing.timeout.emit()
    qtbot.waitUntil(lambda: desk.row(job_id).facts.closed, timeout=SOON)


@pytest.mark.ui("5.19", "after a start open jobs go on when told")
def test_the_window_asks_once_and_goes_on(qtbot, connected, window, folder, slow):
    queue = window.context.queue
    job_id = queue.upload(connected.id, "archive", "", [str(write(folder, "big", 2 * SLOW))])
    qtbot.waitUntil(
        lambda: (p := window.jobs.row(job_id).progress) is not None and p.sent > SLOW // 2,
        timeout=SOON,
    )
    assert not window.continue_bar.isVisible()
    window.continue_bar.offer(2)
    assert window.continue_bar.isVisible()
    wanted = []
    window.continue_bar.continue_wanted.connect(lambda: wanted.append(True))
    window.continue_bar.findChild(QPushButton, "continue_jobs").click()
    assert wanted == [True]
    assert not window.continue_bar.isVisible()
    slow.faults.set("throttle_bps", None)


def ruin(desk: Desk) -> Path:
    """End a queue and damage its ledger."""
    desk.queue.close()
    path = desk.queue._ledgers.usual.path
    path.write_bytes(b"not a database" * 1000)
    return path


def test_a_job_of_a_damaged_ledger_is_found_and_asks_where_its_files_are(
    desks, qtbot, folder, slow, client
):
    job_id, desk = begin_and_quit(desks, qtbot, folder)
    ruin(desk)
    desk = desks()
    with qtbot.waitSignal(desk.queue.salvaged, timeout=SOON) as told:
        assert restored(desk, qtbot) == 0
    assert messages.damage(told.args[0][0]).startswith("The list of transfers was damaged and not")
    with qtbot.waitSignal(desk.queue.found_again, timeout=SOON) as found:
        desk.queue.look_again("north")
    (job_id,) = found.args[1]
    assert messages.found_again("North Vault", 1) == (
        "North Vault has 1 open job of yours that this list had lost. It waits for you."
    )
    row = desk.row(job_id)
    words = job_words.job_words(row, desk.queue._now())
    assert (words.text, words.second) == (*("Waiting, paused", "Where are its files?"),)
    assert job_words.verb(row) == "Choose folder…"
    assert wait_words.wait_words(row, desk.queue._now()).title == "Found on the appliance"
    desk.queue.resume(job_id)
    assert desk.row(job_id).may_choose_folder
    slow.faults.set("throttle_bps", None)
    pointed = []
    desk.queue.choose_folder(job_id, str(folder), pointed.append)
    qtbot.waitUntil(lambda: bool(pointed), timeout=SOON)
    assert (pointed[0].found, pointed[0].missing) == (1, 0)
    desk.queue.resume(job_id)
    row = until(desk, qtbot, job_id, State.DONE)
    assert client.head_object("archive", "big.mov").size == 3 * SLOW


def test_a_job_found_again_may_be_cancelled(desks, qtbot, folder, slow, client):
    job_id, desk = begin_and_quit(desks, qtbot, folder)
    ruin(desk)
    desk = desks()
    restored(desk, qtbot)
    with qtbot.waitSignal(desk.queue.found_again, timeout=SOON) as found:
        desk.queue.look_again("north")
    (job_id,) = found.args[1]
    desk.queue.cancel(job_id, Cancel.DISCARD)
    until(desk, qtbot, job_id, State.CANCELLED)
    assert list(client.active_jobs()) == []


def test_keys_refused_in_mid_job_make_it_wait_and_other_ones_let_it_go_on(
    desks, qtbot, folder, slow, client, endpoint, credentials
):
    desk = desks()
    job_id = desk.upload(write(folder, "big.mov", 3 * SLOW))
    qtbot.waitUntil(
        lambda: (p := desk.row(job_id).progress) is not None and p.sent > SLOW // 2, timeout=SOON
    )
    slow.faults.set("fail_next", [["* /*", 403, "InvalidAccessKeyId", 99]])
    qtbot.waitUntil(lambda: desk.row(job_id).outcome is not None, timeout=SOON)
    row = desk.row(job_id)
    words = job_words.job_words(row, desk.queue._now())
    assert (words.text, words.second, job_words.verb(row)) == (
        *("Waiting for your secret key", "North Vault no longer accepts your keys"),
        "Edit session…",
    )
    slow.faults.set_all({"fail_next": [], "throttle_bps": None})
    desk.queue.look_again("north")
    assert desk.row(job_id).waits_for_key  # the same keys are not tried again and again
    other = Ds3Client(endpoint, credentials)
    desk.clients["north"] = other
    desk.queue.look_again("north")
    row = until(desk, qtbot, job_id, State.DONE)
    assert row.progress.sent == 3 * SLOW
    assert client.head_object("archive", "big.mov").size == 3 * SLOW
    assert slow.counters().get("blobs received twice", 0) == 0
    other.close()


def test_the_chunks_of_an_ended_job_of_an_earlier_start_are_shown(desks, qtbot, folder, simulator):
    simulator.faults.set_all({"policies": [{"default_blob_size": 1000}], "chunk_bytes": 2000})
    desk = desks()
    job_id = desk.upload(write(folder, "a.bin", 7500))
    until(desk, qtbot, job_id, State.DONE)
    shown = [(c.number, c.length, c.phase) for c in desk.chunks.of(job_id)]
    assert len(shown) > 1
    desk = desks()
    restored(desk, qtbot)
    assert desk.chunks.of(job_id) == []
    with qtbot.waitSignal(desk.queue.chunks_remembered, timeout=SOON) as told:
        desk.queue.read_chunks(job_id)
    for event in told.args[0]:
        desk.chunks.apply(event)
    assert [(c.number, c.length, c.phase) for c in desk.chunks.of(job_id)] == shown


@pytest.mark.parametrize("kind", [Direction.STAGE, Direction.VERIFY], ids=["stage", "verify"])
def test_what_the_appliance_does_alone_is_followed_on(
    desks, qtbot, simulator, client, bucket, kind
):
    client.put_object(bucket, "a", b"1234")
    simulator.faults.set("tape_delay", 3600)
    desk = desks()
    job_id = desk.queue.unattended("north", kind, bucket, "", ["a"], [])
    qtbot.waitUntil(lambda: bool(desk.row(job_id).appliance_jobs), timeout=SOON)
    (there,) = desk.row(job_id).appliance_jobs
    desk = desks()
    assert restored(desk, qtbot) == 1
    row = desk.row(job_id)
    assert (row.direction, row.reason, row.may_resume) == (kind, WaitReason.USER, True)
    simulator.faults.set("tape_delay", 0)
    desk.queue.go_on([job_id])
    row = until(desk, qtbot, job_id, State.DONE)
    assert row.appliance_jobs == (there,)
    assert row.counts.done == 1


def test_what_nobody_could_ask_of_a_verification_is_still_said_later(
    desks, qtbot, simulator, client, bucket
):
    client.put_object(bucket, "a", b"1234")
    simulator.faults.set("fail_next", [["GET /_rest_/suspect_object*", 403, "AccessDenied", 9]])
    desk = desks()
    job_id = desk.queue.unattended("north", Direction.VERIFY, bucket, "", ["a"], [])
    until(desk, qtbot, job_id, State.DONE)
    desk = desks()
    restored(desk, qtbot)
    row = desk.row(job_id)
    told = job_words.job_words(row, desk.queue._now())
    assert told.second == "1 object read; what was found is for administrators"


def test_how_many_there_are_is_not_told_of_a_job_that_was_left_while_it_planned(tmp_path) -> None:
    ledger = Ledger(tmp_path / "transfers.sqlite3")
    spec = GetSpec(ledger.reserve_job_id(), "s", "archive", "", ("a", "b"), (), "/to", "a + 1")
    ledger.add_job(record_of(spec, "http://there", "anna"))
    ledger.add_objects(spec.job_id, [NewObject("a", "/to/a", 1)])
    ledger.flush()
    (before,) = job_history.read(ledger.path, None)
    ledger.add_objects(spec.job_id, [NewObject("b", "/to/b", 1)])
    ledger.set_planned(spec.job_id)
    ledger.flush()
    (after,) = job_history.read(ledger.path, None)
    ledger.close()
    assert before.row.progress is None
    assert after.row.progress is not None
    assert after.row.progress.objects_total == 2
