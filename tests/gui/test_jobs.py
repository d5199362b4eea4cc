"""The queue with real jobs, real files and the simulator: rows, verbs, and the end of it all."""

from __future__ import annotations

import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QThread

from ds3_browser.gui.job_names import default_name, download_name
from ds3_browser.gui.job_options import Counted, DownloadOptions, UploadOptions
from ds3_browser.gui.job_row import JobRow
from ds3_browser.gui.job_tasks import ObjectsPage
from ds3_browser.gui.jobs import JobQueue
from ds3_browser.gui.models.chunks import Chunks
from ds3_browser.gui.models.jobs import JobsModel
from ds3_browser.gui.places import Place, SelectedObject, Selection
from ds3_browser.protocol.client import Ds3Client
from ds3_browser.protocol.records import Endpoint, Priority
from ds3_browser.transfer.events import (
    Cancel,
    ChunkPhase,
    FailureCode,
    ObjectState,
    State,
    WaitReason,
)
from ds3_browser.transfer.get import Existing
from ds3_browser.transfer.inspection import Inspection
from ds3_browser.transfer.ledger import Ledger, LedgerReader
from ds3_browser.transfer.plan import WalkOptions
from ds3_browser.transfer.put import PutSpec
from ds3_browser.transfer.restore_plan import RestorePlan, Where
from ds3_browser.transfer.turns import Turns
from tests.gui.job_stories import NOW
from tests.transfer.relay import Relay

SOON = 20_000  # ms; catches what hangs


class Desk:
    """A queue with the models that follow it, as the window wires them."""

    def __init__(self, ledger: Ledger, client) -> None:
        self.ledger = ledger
        self.clients = {"north": client}
        self.queue = JobQueue(ledger, Turns(), self.clients.get, lambda id: "North Vault")
        self.jobs = JobsModel()
        self.chunks = Chunks()
        self.queue.added.connect(self.jobs.add)
        self.queue.removed.connect(self.jobs.remove)
        self.queue.event.connect(self.jobs.apply)
        self.queue.event.connect(self.chunks.apply)
        self.queue.try_now_pressed.connect(self.jobs.press)
        self.queue.cache_seen.connect(self.jobs.show_cache)
        self.queue.priority_changed.connect(self.jobs.show_priority)

    def upload(self, *paths: Path, prefix: str = "", **options: object) -> int:
        chosen = UploadOptions(**options)  # type: ignore[arg-type]  # by name
        return self.queue.upload("north", "archive", prefix, map(str, paths), chosen)

    def row(self, job_id: int) -> JobRow:
        row = self.jobs.row(job_id)
        assert row is not None
        return row


@pytest.fixture
def desk(client, bucket, tmp_path) -> Iterator[Desk]:
    threads = set(threading.enumerate())
    desk = Desk(Ledger(tmp_path / "transfers.sqlite3"), client)
    yield desk
    desk.queue.close()
    left = [t.name for t in set(threading.enumerate()) - threads if t.is_alive()]
    ours = [name for name in left if name.startswith(("blob", "ledger", "persistence", "hash"))]
    assert ours == []


@pytest.fixture
def until(desk, qtbot) -> Callable[[int, State], JobRow]:
    """Wait until a job's row says a state, and return the row."""

    def wait(job_id: int, state: State, reason: WaitReason | None = None) -> JobRow:
        def told() -> bool:
            row = desk.row(job_id)
            told = not state.ended or row.outcome is not None  # the end comes after its state
            return told and row.state is state and (reason is None or row.reason is reason)

        qtbot.waitUntil(told, timeout=SOON)
        return desk.row(job_id)

    return wait


def write(folder: Path, name: str, size: int) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(bytes(range(256)) * (size // 256) + b"x" * (size % 256))
    return path


def test_the_row_is_there_at_once_and_the_objects_soon(desk, until, folder, client):
    write(folder, "a.bin", 300_000)
    write(folder, "sub/b.bin", 5)
    job_id = desk.upload(folder)
    assert desk.row(job_id).state is State.QUEUED
    row = until(job_id, State.DONE)
    assert (row.progress.objects_done, row.progress.sent) == (2, 300_005)
    names = list(client.list_objects("archive").names)
    assert names == [f"{folder.name}/a.bin", f"{folder.name}/sub/b.bin"]


def test_a_done_upload_has_all_its_chunks_in_cache_and_is_later_persisted(
    desk, until, folder, qtbot, simulator
):
    simulator.faults.set("persist_delay", 0)
    job_id = desk.upload(write(folder, "a.bin", 3000))
    until(job_id, State.DONE)
    assert {cell.phase for cell in desk.chunks.of(job_id)} <= {
        ChunkPhase.IN_CACHE,
        ChunkPhase.PERSISTED,
    }
    qtbot.waitUntil(lambda: desk.row(job_id).persisted is not None, timeout=SOON)


def test_a_full_cache_makes_the_job_wait_and_try_now_ends_the_wait(
    desk, until, folder, qtbot, simulator
):
    simulator.faults.set("cache_bytes", 1000)
    simulator.faults.set("retry_after", 60)
    job_id = desk.upload(write(folder, "a.bin", 200_000))
    row = until(job_id, State.WAITING, WaitReason.CACHE)
    qtbot.waitUntil(lambda: desk.row(job_id).wait is not None, timeout=SOON)
    simulator.faults.set("cache_bytes", 10_000_000)
    desk.queue.try_now(job_id)
    assert desk.row(job_id).pressed_at is not None
    row = until(job_id, State.DONE)
    assert row.progress.sent == 200_000


def test_a_wait_learns_whether_the_cache_is_full(desk, until, folder, qtbot, simulator):
    simulator.faults.set("cache_bytes", 1000)
    simulator.faults.set("retry_after", 60)
    job_id = desk.upload(write(folder, "a.bin", 200_000))
    until(job_id, State.WAITING, WaitReason.CACHE)
    qtbot.waitUntil(lambda: desk.row(job_id).cache is not None, timeout=SOON)
    assert desk.row(job_id).cache.total == 1000


@pytest.mark.parametrize("how", list(Cancel))
def test_a_waiting_job_can_be_cancelled(desk, until, folder, simulator, how, qtbot):
    simulator.faults.set("cache_bytes", 1000)
    simulator.faults.set("retry_after", 60)
    job_id = desk.upload(write(folder, "a.bin", 200_000))
    until(job_id, State.WAITING, WaitReason.CACHE)
    desk.queue.cancel(job_id, how)
    row = until(job_id, State.CANCELLED)
    assert not row.may_cancel


def test_a_paused_job_goes_on_when_told(desk, until, folder, simulator):
    simulator.faults.set("cache_bytes", 1000)
    simulator.faults.set("retry_after", 60)
    job_id = desk.upload(write(folder, "a.bin", 200_000))
    until(job_id, State.WAITING, WaitReason.CACHE)
    desk.queue.pause(job_id)
    assert until(job_id, State.WAITING, WaitReason.USER).paused
    simulator.faults.set("cache_bytes", 10_000_000)
    desk.queue.resume_all()
    until(job_id, State.DONE)


def test_a_download_brings_back_every_byte(desk, until, folder, tmp_path):
    source = write(folder, "sub/b.bin", 70_000)
    until(desk.upload(folder), State.DONE)
    target = tmp_path / "restored"
    job_id = desk.queue.download("north", "archive", "", [], [f"{folder.name}/"], str(target))
    row = until(job_id, State.DONE)
    assert (target / folder.name / "sub/b.bin").read_bytes() == source.read_bytes()
    assert row.target == str(target)
    assert {cell.phase for cell in desk.chunks.of(job_id)} == {ChunkPhase.DONE}


def test_a_download_skips_what_is_there_when_told(desk, until, folder, tmp_path):
    write(folder, "b.bin", 700)
    until(desk.upload(folder / "b.bin"), State.DONE)
    kept = write(tmp_path / "restored", "b.bin", 3)
    options = DownloadOptions(existing=Existing.SKIP)
    job_id = desk.queue.download("north", "archive", "", ["b.bin"], [], str(kept.parent), options)
    row = until(job_id, State.DONE)
    assert row.counts.skipped == 1
    assert kept.stat().st_size == 3


@pytest.mark.ui(
    "1.51", "the listed folder is refreshed when something of it changed, not each time"
)
def test_the_listed_folder_is_wished_for_anew_when_objects_are_in_cache(desk, until, folder, qtbot):
    with qtbot.waitSignal(desk.queue.objects_in_cache, timeout=SOON) as wished:
        desk.upload(write(folder, "a.bin", 3000), prefix="day-016/")
    assert wished.args == [Place("north", "archive", "day-016/")]


def test_pages_of_objects_come_with_their_counts(desk, until, folder, qtbot):
    for number in range(7):
        write(folder, f"{number}.bin", number)
    job_id = desk.upload(folder)
    until(job_id, State.DONE)
    pages: list[ObjectsPage] = []
    desk.queue.reading.page(job_id, pages.append, pytest.fail, offset=5)
    qtbot.waitUntil(lambda: bool(pages), timeout=SOON)
    assert [row.name.rpartition("/")[2] for row in pages[0].rows] == ["5.bin", "6.bin"]
    assert pages[0].counts == {ObjectState.IN_CACHE: 7}


@pytest.mark.ui("5.18", "clear done leaves what still needs care")
def test_clear_done_keeps_what_still_needs_care(desk, until, folder, simulator, tmp_path):
    simulator.faults.set("hold_persistence", True)
    uploaded = desk.upload(write(folder, "a.bin", 300))
    until(uploaded, State.DONE)
    target = str(tmp_path / "restored")
    downloaded = desk.queue.download("north", "archive", "", ["a.bin"], [], target)
    until(downloaded, State.DONE)
    desk.queue.clear_done()
    assert [row.job_id for row in desk.jobs.rows()] == [uploaded]


@pytest.mark.ui("5.15", "only what has ended can be removed")
def test_a_running_job_is_not_removed(desk, until, folder, simulator):
    simulator.faults.set("cache_bytes", 1000)
    job_id = desk.upload(write(folder, "a.bin", 200_000))
    until(job_id, State.WAITING)
    desk.queue.remove(job_id)
    assert desk.jobs.row(job_id) is not None
    assert [row.job_id for row in desk.queue.open_jobs()] == [job_id]


def test_closing_ends_every_thread_and_leaves_the_job_open(desk, until, folder, simulator, client):
    simulator.faults.set("cache_bytes", 1000)
    simulator.faults.set("retry_after", 60)
    job_id = desk.upload(write(folder, "a.bin", 200_000))
    until(job_id, State.WAITING)
    desk.queue.close()
    assert not [t for t in desk.queue.findChildren(QThread) if t.isRunning()]
    assert len(client.list_jobs(bucket="archive")) == 1


def test_a_session_that_is_not_connected_takes_no_job(desk, folder):
    with pytest.raises(LookupError):
        desk.queue.upload("south", "archive", "", [str(folder)])
    assert list(desk.jobs.rows()) == []


def test_files_are_counted_in_the_background(desk, folder, qtbot):
    write(folder, "a.bin", 300)
    write(folder, "sub/b.bin", 5)
    (folder / "empty").mkdir()
    counts: list[Counted] = []
    place, how = Place("north", "archive"), Inspection(WalkOptions())
    desk.queue.counting.files(place, None, (str(folder),), how, counts.append, pytest.fail)
    qtbot.waitUntil(lambda: bool(counts) and counts[-1].finished, timeout=SOON)
    counted = counts[-1]
    assert (counted.objects, counted.files, counted.folders, counted.size) == (3, 2, 1, 305)


def test_a_selection_is_counted_with_what_its_folders_hold(desk, until, folder, qtbot):
    write(folder, "a.bin", 300)
    write(folder, "b.bin", 5)
    until(desk.upload(folder), State.DONE)
    place = Place("north", "archive")
    selection = Selection(place, (SelectedObject("loose", 7),), (f"{folder.name}/",))
    plans: list[RestorePlan] = []
    desk.queue.counting.plan(selection, plans.append, pytest.fail)
    qtbot.waitUntil(lambda: bool(plans) and plans[-1].finished, timeout=SOON)
    assert (plans[-1].objects, plans[-1].size) == (3, 312)
    assert plans[-1].amount(Where.CACHE).objects == 2
    assert plans[-1].amount(Where.UNKNOWN).objects == 1  # `loose` is no longer there


def test_free_space_is_that_of_the_disk_a_folder_will_be_on(desk, tmp_path, qtbot):
    found: list[int | None] = []
    desk.queue.free_space(str(tmp_path / "not" / "yet"), found.append)
    qtbot.waitUntil(lambda: bool(found), timeout=SOON)
    assert found[0] > 0


def test_a_job_is_named_after_its_first_folder_and_the_day():
    assert default_name(("/media/dailies/", "/x"), NOW).startswith("dailies 2")


def test_a_download_is_named_after_its_first_name_and_how_many_there_are():
    assert download_name("rushes", ("day-016/A-cam/", "day-016/a.mxf")) == "A-cam + 1"
    assert download_name("rushes", ("day-016/a.mxf",)) == "a.mxf"
    assert download_name("rushes", ()) == "rushes"
    assert download_name("rushes", ("",)) == "rushes"  # the whole of it
    assert download_name("rushes", ("/", "a")) == "rushes + 1"


def test_try_now_is_not_pressed_again_while_it_rests(desk, until, folder, simulator, qtbot):
    simulator.faults.set("cache_bytes", 1000)
    simulator.faults.set("retry_after", 60)
    job_id = desk.upload(write(folder, "a.bin", 200_000))
    until(job_id, State.WAITING)
    qtbot.waitUntil(lambda: desk.row(job_id).wait is not None, timeout=SOON)
    pressed: list[int] = []
    desk.queue.try_now_pressed.connect(pressed.append)
    desk.queue.try_now(job_id)
    desk.queue.try_now(job_id)
    assert pressed == [job_id]


@pytest.mark.ui("5.3", "a press in vain is told with its time")
def test_a_press_in_vain_is_told_with_its_time(desk, until, folder, simulator, qtbot):
    simulator.faults.set("cache_bytes", 1000)
    simulator.faults.set("retry_after", 60)
    job_id = desk.upload(write(folder, "a.bin", 200_000))
    until(job_id, State.WAITING)
    qtbot.waitUntil(lambda: desk.row(job_id).wait is not None, timeout=SOON)
    desk.queue.try_now(job_id)
    qtbot.waitUntil(lambda: desk.row(job_id).asked_in_vain is not None, timeout=SOON)
    second = desk.jobs.index_of(job_id).siblingAtColumn(1)
    assert "still no chunk" in second.data(Qt.ItemDataRole.AccessibleTextRole)


def test_wrong_keys_end_a_job_with_the_reason(desk, until, folder, endpoint, simulator):
    from ds3_browser.protocol.client import Ds3Client
    from ds3_browser.protocol.records import Credentials

    wrong = Ds3Client(endpoint, Credentials(simulator.access_id, "wrong"))
    desk.clients["north"] = wrong
    row = until(desk.upload(write(folder, "a.bin", 20)), State.FAILED)
    assert row.failure.code is FailureCode.KEYS
    wrong.close()


def test_an_appliance_that_is_gone_is_waited_for(desk, until, folder, simulator):
    simulator.faults.set("busy", 5)
    row = until(desk.upload(write(folder, "a.bin", 20)), State.WAITING)
    assert row.reason is WaitReason.BUSY


@pytest.fixture
def deaf() -> Iterator[int]:
    """The port of a listener whose queue is full: connections to it neither come nor fail."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(0)
    port = listener.getsockname()[1]
    waiting = []
    for _ in range(4):
        one = socket.socket()
        one.setblocking(False)
        one.connect_ex(("127.0.0.1", port))
        waiting.append(one)
    yield port
    for one in (*waiting, listener):
        one.close()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a connect ends in its own time")
@pytest.mark.parametrize("peer", ["says nothing", "cannot be reached"])
def test_leaving_does_not_wait_for_an_appliance_that_does_not_answer(
    peer: str, simulator, credentials, deaf: int, tmp_path: Path
) -> None:
    """Whatever is being asked: how much a folder holds, or the room in the cache."""
    with Relay(simulator.port) as relay:
        url = relay.url if peer == "says nothing" else f"http://127.0.0.1:{deaf}"
        relay.silence_answer_to(b"GET /archive?")
        far = Ds3Client(Endpoint.parse(url), credentials)
        desk = Desk(Ledger(tmp_path / "ledger"), far)
        place = Place("north", "archive")
        counted: list[object] = []
        desk.queue.counting.plan(Selection(place, (), ("a/",)), counted.append, counted.append)
        desk.upload(write(tmp_path, "x", 10))
        if peer == "says nothing":
            assert relay.swallowed.wait(10)
        began = time.monotonic()
        desk.queue.close()
        assert time.monotonic() - began < 4
        far.close()
    assert counted == []


@pytest.mark.ui("5.16", "the priority of a job is changed")
def test_the_priority_of_a_running_job_changes_there_in_the_row_and_in_the_ledger(
    desk, until, folder, simulator, client, qtbot
):
    write(folder, "a.bin", 300_000)
    simulator.faults.set("throttle_bps", 100_000)
    job = desk.upload(folder)
    until(job, State.TRANSFERRING)
    with qtbot.waitSignal(desk.queue.priority_changed, timeout=SOON):
        desk.queue.set_priority(job, Priority.URGENT)
    assert [one.priority for one in client.active_jobs()] == ["URGENT"]
    assert desk.jobs.row(job).priority is Priority.URGENT
    simulator.faults.set("throttle_bps", None)
    until(job, State.DONE)
    desk.ledger.flush()
    with closing(LedgerReader(desk.ledger.path)) as reader:
        assert PutSpec.of(reader.job(job)).priority is Priority.URGENT


@pytest.mark.ui("5.16", "the priority of a job is changed")
def test_a_priority_that_the_appliance_refuses_stays_as_it_was(
    desk, until, folder, simulator, client, qtbot
):
    write(folder, "a.bin", 300_000)
    simulator.faults.set("throttle_bps", 100_000)
    job = desk.upload(folder)
    until(job, State.TRANSFERRING)
    simulator.faults.set("fail_next", [["PUT /_rest_/job/*", 403, "AccessDenied", 9]])
    with qtbot.waitSignal(desk.queue.priority_refused, timeout=SOON) as refused:
        desk.queue.set_priority(job, Priority.URGENT)
    assert refused.args[0] == job
    assert desk.jobs.row(job).priority is None
    simulator.faults.set("throttle_bps", None)
    until(job, State.DONE)
    desk.queue.set_priority(job, Priority.LOW)  # it has ended: nothing happens
    assert desk.jobs.row(job).priority is None


@pytest.mark.ui("5.17", "queued jobs move up and down")
def test_a_queued_job_goes_before_another_one(desk, until, folder, simulator):
    write(folder, "a.bin", 200_000)
    simulator.faults.set("throttle_bps", 100_000)
    desk.queue.set_limits(1, 1)
    jobs = []
    for number in range(3):
        jobs.append(desk.queue.upload("north", "archive", f"{number}/", [str(folder)]))
        until(jobs[number], State.QUEUED if number else State.TRANSFERRING)
    desk.queue.move(jobs[2], 1)
    simulator.faults.set("throttle_bps", None)
    for job in jobs:
        until(job, State.DONE)
    rows = [desk.jobs.row(job) for job in jobs]
    assert rows[2].ended <= rows[1].ended
