"""What the ledger keeps, and what it does when the disk does not want to."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any  # facts of a record

import pytest

from ds3_browser.protocol.records import Blob, Checksum, ChecksumType, Chunk
from ds3_browser.transfer.events import Failure, FailureCode, ObjectState, State
from ds3_browser.transfer.ledger import (
    JobRecord,
    Ledger,
    LedgerError,
    LedgerReader,
    NewObject,
)
from ds3_browser.transfer.ledger_records import ChunkRow

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 3, 2, 10, 20, tzinfo=UTC)


def record(job_id: int, **facts: Any) -> JobRecord:
    kept = JobRecord(
        id=job_id,
        kind="put",
        session="s",
        bucket="b",
        prefix="p/",
        target=None,
        name="n",
        state=State.PREPARING,
        created=NOW,
        ended=None,
    )
    return replace(kept, **facts)


def chunks(*held: tuple[Blob, ...]) -> list[Chunk]:
    return [Chunk(f"c{n}", n, None, blobs) for n, blobs in enumerate(held, 1)]


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    ledger = Ledger(tmp_path / "new" / "transfers.sqlite3")
    yield ledger
    ledger.close()


@pytest.fixture
def read(ledger: Ledger) -> Iterator[LedgerReader]:
    with closing(LedgerReader(ledger.path)) as reader:
        yield reader


def test_a_job_is_there_for_readers_when_the_call_returns(ledger, read) -> None:
    job_id = ledger.reserve_job_id()
    kept = record(job_id, endpoint="https://x", access_id="id", options={"paths": ["\udce9"]})
    ledger.add_job(kept)
    assert read.jobs() == [kept]


def test_states_bring_their_times(ledger, read) -> None:
    ledger.add_job(record(1))
    ledger.set_state(1, State.TRANSFERRING)
    (running,) = read.jobs()
    assert running.started is not None
    assert running.ended is None
    ledger.set_state(1, State.FAILED, "refused")
    (over,) = read.jobs()
    assert (over.state, over.reason, over.started) == (State.FAILED, "refused", running.started)
    assert over.ended is not None


def test_ids_are_reserved_without_the_disk_and_go_on_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "l"
    with closing(Ledger(path)) as ledger:
        assert [ledger.reserve_job_id() for _ in range(3)] == [1, 2, 3]
        ledger.add_job(record(3))
    with closing(Ledger(path)) as ledger:
        assert ledger.reserve_job_id() == 4


def test_intent_id_chunks_and_blobs_are_kept_in_their_order(ledger, read) -> None:
    ledger.add_job(record(1))
    ledger.add_objects(1, [NewObject("a", "/a", 30), NewObject("c", "/c", 1)])
    ledger.intend(1, 0)
    assert [(p.part, p.appliance_id, p.state) for p in read.parts(1)] == [(0, None, "intended")]
    first, rest = Blob("a", 0, 20, None, "v"), Blob("a", 20, 10, None, "v")
    listed = chunks((first, Blob("c", 0, 1, None, "w")), (rest,))
    ledger.listed(1, 0, listed, first_chunk=10)
    assert [(p.part, p.appliance_id, p.state) for p in read.parts(1)] == [(0, None, "intended")]
    ledger.created(1, 0, "appliance-id")
    assert [(p.part, p.appliance_id, p.state) for p in read.parts(1)] == [
        (0, "appliance-id", "open")
    ]
    assert read.knows_appliance_job("appliance-id")
    assert not read.knows_appliance_job("another")
    assert read.blobs(1, "a") == [(0, 20, "waiting", 0), (20, 10, "waiting", 0)]
    assert [(row.name, row.chunk) for row in read.objects(1)] == [("a", 11), ("c", 11)]
    ledger.blob_ended(1, "a", 20, 2, Checksum(ChecksumType.CRC_32C, "mnG7TA=="))
    ledger.flush()
    assert read.blobs(1, "a")[1] == (20, 10, "done", 2)


def test_an_objects_end_is_told_with_all_its_facts(ledger, read) -> None:
    ledger.add_job(record(1))
    ledger.add_objects(1, [NewObject(name, f"/{name}", 1) for name in "abc"])
    digest = Checksum(ChecksumType.MD5, "x==")
    failure = Failure(FailureCode.CHANGED, "b", "/b", "d", -3, 5, NOW, 400, "Code", "words", "7")
    ledger.object_ended(1, "a", ObjectState.DONE, tries=2, checksum=digest, path="/a (2)")
    ledger.object_ended(1, "b", ObjectState.FAILED, failure=failure, started=NOW, durable=True)
    rows = {row.name: row for row in read.objects(1)}
    assert next(iter(rows)) == "b"  # what failed comes first
    assert (rows["b"].failure, rows["b"].started) == (failure, NOW)
    a = rows["a"]
    assert (a.state, a.tries, a.checksum_type, a.checksum) == (ObjectState.DONE, 2, "MD5", "x==")
    assert a.path == "/a (2)"
    assert rows["c"].state is ObjectState.WAITING
    assert read.counts(1) == dict.fromkeys(
        (ObjectState.DONE, ObjectState.FAILED, ObjectState.WAITING), 1
    )


def test_an_object_keeps_when_its_first_bytes_set_out(ledger, read) -> None:
    ledger.add_objects(1, [NewObject("a", None, 1)])
    ledger.object_begun(1, "a", NOW)
    ledger.object_held(1, "a")
    ledger.object_begun(1, "a", datetime.now(UTC))
    ledger.object_ended(1, "a", ObjectState.IN_CACHE, started=datetime.now(UTC))
    ledger.flush()
    assert read.objects(1)[0].started == NOW


def test_begun_and_held_objects_change_back_and_forth_until_they_end(ledger, read) -> None:
    ledger.add_objects(1, [NewObject("a", None, 1)])
    for step, state in (
        (lambda: ledger.object_begun(1, "a", NOW), ObjectState.TRANSFERRING),
        (lambda: ledger.object_held(1, "a"), ObjectState.WAITING),
        (lambda: ledger.object_ended(1, "a", ObjectState.IN_CACHE), ObjectState.IN_CACHE),
        (lambda: ledger.object_begun(1, "a", NOW), ObjectState.IN_CACHE),
        (lambda: ledger.end_open_objects(1, ObjectState.CANCELLED), ObjectState.IN_CACHE),
        (lambda: ledger.discard_objects(1, 0), ObjectState.CANCELLED),
    ):
        step()
        ledger.flush()
        assert read.objects(1)[0].state is state


def test_pages_are_filtered_by_state_and_name(ledger, read) -> None:
    ledger.add_objects(1, [NewObject(f"n{number:03}", None, 1) for number in range(100)])
    ledger.object_ended(1, "n050", ObjectState.DONE)
    ledger.flush()
    page = read.objects(1, states=frozenset({ObjectState.WAITING}), offset=50, limit=2)
    assert [row.name for row in page] == ["n051", "n052"]
    assert [row.name for row in read.objects(1, name_contains="n05", limit=1)] == ["n050"]


@pytest.mark.parametrize("path", ["/x/\udce9", "/x/\u00e9", "/x/new\nline"])
def test_paths_come_back_as_the_disk_has_them(ledger, read, path: str) -> None:
    ledger.add_objects(1, [NewObject("bad \udce9 name", path, 1)])
    ledger.flush()
    (row,) = read.objects(1)
    assert row.path == path
    assert row.name.isprintable()


def test_a_reader_cannot_write(read) -> None:
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        read._db.execute("DELETE FROM job")


def test_a_wrong_step_is_left_out_and_the_others_are_kept(ledger, read) -> None:
    ledger.add_job(record(1))
    ledger.add_objects(1, [NewObject("kept", None, 1)])
    with pytest.raises(LedgerError):
        ledger.add_job(record(1))  # an id that is taken
    ledger.add_objects(1, [NewObject("kept too", None, 1)])
    ledger.flush()
    assert [row.name for row in read.objects(1)] == ["kept", "kept too"]


def test_a_ledger_of_another_version_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "l"
    Ledger(path).close()
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE schema_version SET version = 99")
    before = path.read_bytes()
    with pytest.raises(LedgerError, match="99"):
        Ledger(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("damage", ["another file", "torn in the middle"])
def test_a_damaged_ledger_is_set_aside_whole_and_a_new_one_begun(
    tmp_path: Path, damage: str
) -> None:
    path = tmp_path / "l"
    with closing(Ledger(path)) as ledger:
        ledger.add_job(record(1))
        ledger.add_objects(1, [NewObject(f"name {n}", None, n) for n in range(2000)])
    content = bytearray(path.read_bytes())
    if damage == "another file":
        content = bytearray(b"not a database" * 100)
    else:
        content[len(content) // 2 : len(content) // 2 + 8192] = bytes(8192)
    path.write_bytes(content)
    with closing(Ledger(path)) as again:
        assert again.set_aside is not None
        assert again.set_aside.read_bytes() == content
        again.add_job(record(1))
    with closing(Ledger(path)) as sound:
        assert sound.set_aside is None


def test_a_ledger_of_the_first_version_is_brought_up_to_date(tmp_path: Path) -> None:
    path = tmp_path / "l"
    with closing(sqlite3.connect(path)) as db, db:
        db.executescript(FIRST_VERSION)
    with closing(Ledger(path)) as ledger:
        assert ledger.reserve_job_id() == 3
        ledger.remove_job(2)
    with closing(LedgerReader(path)) as read:
        created, not_created = read.jobs()
        assert (created.name, created.planned, created.removed) == ("dailies", True, None)
        assert created.options == {"paths": ["/a"], "planned": 1}
        assert (not_created.planned, not_created.removed is None) == (False, False)
        assert [(row.name, row.started) for row in read.objects(1)] == [("x", None)]
        assert [part.appliance_id for part in read.parts(1)] == ["id"]


@pytest.mark.parametrize(
    "held",
    [
        (),
        (Blob("a", 0, 9, None, None),),
        (Blob("a", 0, 5, None, None), Blob("a", 6, 4, None, None)),
        (Blob("a", 0, 6, None, None), Blob("a", 5, 5, None, None)),
        (Blob("a", 1, 10, None, None),),
        (Blob("a", 0, 11, None, None),),
    ],
)
def test_an_object_whose_blobs_do_not_add_up_is_found(ledger, read, held) -> None:
    ledger.add_objects(1, [NewObject("a", None, 10), NewObject("b", None, 3)])
    ledger.listed(1, 0, chunks((Blob("b", 0, 3, None, None),), held), 0)
    assert read.not_whole(1, 0, as_planned=True) == ["a"]


def test_what_has_no_file_yet_has_the_size_that_its_blobs_come_to(ledger, read) -> None:
    sizes = (("shrunk", 99), ("grown", 1), ("unknown", None))
    ledger.add_objects(1, [NewObject(name, None, size) for name, size in sizes])
    ledger.add_objects(1, [NewObject("a file", "/a", 99, mtime_ns=5)])
    names = ("shrunk", "grown", "unknown", "a file")
    held = [Blob(name, at, 10, None, None) for name in names for at in (10, 0)]
    ledger.listed(1, 0, chunks(tuple(held)), 0)
    ledger.created(1, 0, "id")
    assert [row.size for row in read.objects(1)] == [20, 20, 20, 99]
    assert read.not_whole(1, 0, as_planned=False) == []
    assert read.not_whole(1, 0, as_planned=True) == ["a file"]


def test_blobs_in_any_order_and_chunks_add_up(ledger, read) -> None:
    ledger.add_objects(1, [NewObject("a", None, 25)])
    late, early = Blob("a", 20, 5, None, None), Blob("a", 0, 20, None, None)
    ledger.listed(1, 0, chunks((late,), (early,)), 0)
    assert read.not_whole(1, 0, as_planned=True) == []
    assert [blob.offset for number in (1, 2) for blob in read.blobs_to_move(1, number)] == [20, 0]
    assert read.chunks_of(1, "a", None) == {1, 2}
    assert read.chunks_of(1, "a", 20) == {1}
    assert [(cell.number, cell.length) for cell in read.cells(1, 0)] == [(1, 5), (2, 20)]


def test_chunks_tell_their_failures_tries_and_nodes(ledger, read) -> None:
    ledger.add_objects(1, [NewObject(name, None, 20) for name in "abc"])
    blobs = {(name, at): Blob(name, at, 10, None, None) for name in "abc" for at in (0, 10)}
    held = [(blobs["a", 0], blobs["b", 0]), (blobs["a", 10], blobs["b", 10]), (blobs["c", 0],)]
    listed = [Chunk(f"c{n}", n, f"node {min(n, 2)}", one) for n, one in enumerate(held, 1)]
    ledger.listed(1, 0, listed, 0)
    assert read.chunks(1, 1, 1) == ChunkRow(0, 0, None, ("node 1",))
    assert read.chunks(1, 1, 3).nodes == ("node 1", "node 2")

    lost = Failure(FailureCode.CONNECTION, "a", tries=1, at=NOW)
    ledger.blob_tried(1, "a", 10, lost)
    differs = Failure(FailureCode.CHECKSUM, "a", tries=2, at=NOW + timedelta(seconds=1))
    ledger.blob_tried(1, "a", 10, differs)
    ledger.flush()
    assert read.chunks(1, 2, 2) == ChunkRow(0, 3, differs, ("node 2",))  # the third is under way
    assert read.chunks(1, 3, 3) == ChunkRow(0, 0, None, ("node 2",))

    ledger.blob_ended(1, "a", 10, 3, None)
    ledger.blob_ended(1, "a", 0, 1, None)
    ledger.object_ended(1, "a", ObjectState.IN_CACHE, tries=3)
    failure = Failure(FailureCode.VANISHED, "b")
    ledger.object_ended(1, "b", ObjectState.FAILED, failure=failure, durable=True)
    assert read.chunks(1, 2, 2) == ChunkRow(1, 3, failure, ("node 2",))


def test_the_nodes_of_a_later_part_are_found_by_its_own_numbers(ledger, read) -> None:
    ledger.add_objects(1, [NewObject("a", None, 1), NewObject("b", None, 1, part=1)])
    for part, name in enumerate("ab"):
        blob = Blob(name, 0, 1, None, None)
        first = read.first_chunk(1, part)
        ledger.listed(1, part, [Chunk(f"c{part}", 1, f"node of {name}", (blob,))], first)
        ledger.flush()
    numbers = {row.name: row.chunk for row in read.objects(1)}
    assert numbers == {"a": 1, "b": 3}
    assert read.chunks(1, 1, 1).nodes == ("node of a",)
    assert read.chunks(1, 3, 3).nodes == ("node of b",)


def test_a_new_run_and_a_retry_have_all_tries_ahead(ledger, read) -> None:
    ledger.add_objects(1, [NewObject(name, None, 10) for name in "ab"])
    ledger.listed(1, 0, chunks((Blob("a", 0, 10, None, None),), (Blob("b", 0, 10, None, None),)), 0)
    for name in "ab":
        ledger.blob_tried(1, name, 0, Failure(FailureCode.CONNECTION, name, tries=4))
    five = Failure(FailureCode.CONNECTION, "b", tries=5)
    ledger.blob_tried(1, "b", 0, five)
    ledger.object_ended(1, "b", ObjectState.FAILED, tries=5, failure=five, durable=True)
    assert (read.chunks(1, 1, 1).tries, read.chunks(1, 2, 2).tries) == (5, 5)
    ledger.hold_open_objects(1)
    ledger.flush()
    assert read.chunks(1, 1, 1) == ChunkRow(0, 0, None, ())
    assert read.chunks(1, 2, 2) == ChunkRow(1, 5, five, ())  # it has ended and stays so
    ledger.retry(1, ["b"])
    ledger.flush()
    assert read.chunks(1, 2, 2) == ChunkRow(0, 0, None, ())


def test_objects_are_found_by_any_chunk_that_holds_some_of_them(ledger, read) -> None:
    ledger.add_objects(1, [NewObject(name, None, 20) for name in ("ab", "b", "c")])
    ledger.add_objects(2, [NewObject("of another job", None, 20)])
    held = (
        (Blob("ab", 0, 10, None, None),),
        (Blob("ab", 10, 10, None, None), Blob("b", 0, 9, None, None)),
    )
    ledger.listed(1, 0, chunks(*held), 0)
    ledger.listed(2, 0, chunks((), (Blob("of another job", 0, 20, None, None),)), 0)
    ledger.flush()

    def names(first: int, last: int, **wanted: Any) -> list[str]:
        return [row.name for row in read.objects(1, chunks=(first, last), **wanted)]

    assert names(1, 1) == ["ab"]
    assert names(2, 2) == names(1, 2) == ["ab", "b"]
    assert names(3, 9) == []
    assert names(2, 2, name_contains="a") == ["ab"]
    assert names(2, 2, states=frozenset({ObjectState.WAITING}), limit=1, offset=1) == ["b"]
    assert read.counts(1, "b", (2, 2)) == {ObjectState.WAITING: 2}
    assert read.counts(1, "c", (2, 2)) == {}


def test_a_chunk_is_read_without_reading_the_whole_job(ledger, read) -> None:
    ledger.add_objects(1, [NewObject(f"{n}", None, 10) for n in range(20_000)])
    held = [
        tuple(Blob(f"{n}", 0, 10, None, None) for n in range(first, first + 10))
        for first in range(0, 20_000, 10)
    ]
    ledger.listed(1, 0, chunks(*held), 0)
    ledger.flush()
    for ask in (lambda: read.blobs_to_move(1, 700), lambda: read.chunks(1, 700, 700)):
        steps: list[None] = []
        read._db.set_progress_handler(lambda steps=steps: steps.append(None), 100)
        ask()
        read._db.set_progress_handler(None, 0)
        assert len(steps) < 100  # of 100 instructions each; all objects would take ten times that


def test_what_the_appliance_lists_no_more_is_there_and_what_it_lists_open_is_not(
    ledger, read
) -> None:
    ledger.add_objects(1, [NewObject(name, None, 1) for name in "abc"])
    one = {name: Blob(name, 0, 1, None, None) for name in "abc"}
    ledger.listed(1, 0, chunks(tuple(one.values())), 0)
    ledger.object_ended(1, "c", ObjectState.IN_CACHE)
    ledger.unlist(1, 0)
    listed = (Blob("a", 0, 1, True, None), Blob("c", 0, 1, False, None))
    ledger.listed_again(1, 0, chunks(listed))
    ledger.keep_unlisted(1, 0)
    assert [blob.name for blob in read.blobs_to_move(1, 1)] == ["c"]
    assert read.counts(1) == {ObjectState.WAITING: 3}
    assert [found.name for found in read.objects_to_finish(1, 0)] == ["a", "b"]


def test_after_close_nothing_is_lost_and_nothing_more_is_taken(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "l")
    ledger.add_objects(1, [NewObject(str(n), None, n) for n in range(5000)])
    ledger.close()
    with closing(LedgerReader(ledger.path)) as read:
        assert read.counts(1) == {ObjectState.WAITING: 5000}
    with pytest.raises(LedgerError):
        ledger.flush()
    ledger.close()


def test_many_threads_may_write_at_once(ledger, read) -> None:
    def add(job_id: int) -> None:
        for n in range(200):
            ledger.add_objects(job_id, [NewObject(str(n), None, n)])
        ledger.flush()

    threads = [threading.Thread(target=add, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [read.counts(n) for n in range(6)] == [{ObjectState.WAITING: 200}] * 6


def test_the_files_of_a_ledger_are_for_its_user_alone(ledger) -> None:
    assert ledger.path.stat().st_mode & 0o077 == 0


def test_what_was_durable_outlives_a_kill(tmp_path: Path) -> None:
    """A process of its own writes, says how far it is, and is killed in the middle."""
    source = f"""
        import sys
        from pathlib import Path
        from ds3_browser.transfer.events import ObjectState
        from ds3_browser.transfer.ledger import Ledger, NewObject
        ledger = Ledger(Path({str(tmp_path / "l")!r}))
        for n in range(1_000_000):
            ledger.add_objects(1, [NewObject(str(n), None, n)])
            ledger.object_ended(1, str(n), ObjectState.DONE, durable=True)
            print(n, flush=True)
    """
    child = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(source)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    for line in child.stdout:
        if int(line) >= 20:
            break
    child.send_signal(signal.SIGKILL)
    told = int((child.stdout.read().splitlines() or [line])[-1])
    child.wait()
    child.stdout.close()
    with closing(LedgerReader(tmp_path / "l")) as read:
        done = read.counts(1)[ObjectState.DONE]
    assert done >= told + 1
    Ledger(tmp_path / "l").close()


def test_a_full_disk_is_told_to_who_waits_and_nothing_hangs_or_is_lost(tmp_path: Path) -> None:
    """In a process of its own, whose files may not grow beyond a limit for a while."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.transfer.full_ledger", str(tmp_path / "l")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["refused", "accepted", "3000"]


# As the first release of the schema had it, with a job that was created and one that was not.
FIRST_VERSION = """
CREATE TABLE schema_version (version INTEGER NOT NULL);
INSERT INTO schema_version VALUES (1);
CREATE TABLE job (
    id INTEGER PRIMARY KEY, kind TEXT NOT NULL, session TEXT NOT NULL, endpoint TEXT,
    access_id TEXT, bucket TEXT NOT NULL, prefix TEXT NOT NULL, target TEXT, name TEXT NOT NULL,
    options TEXT,
    state TEXT NOT NULL, reason TEXT, created TEXT NOT NULL, started TEXT, ended TEXT,
    persisted TEXT);
CREATE TABLE appliance_job (
    job INTEGER NOT NULL, part INTEGER NOT NULL, appliance_id TEXT, intended TEXT NOT NULL,
    state TEXT NOT NULL, last_activity TEXT, persisted TEXT, PRIMARY KEY (job, part));
CREATE TABLE chunk (
    job INTEGER NOT NULL, part INTEGER NOT NULL, number INTEGER NOT NULL, appliance_id TEXT,
    node TEXT, PRIMARY KEY (job, part, number));
CREATE TABLE object (
    id INTEGER PRIMARY KEY, job INTEGER NOT NULL, part INTEGER NOT NULL, name TEXT NOT NULL,
    version TEXT NOT NULL DEFAULT '', path BLOB, size INTEGER, mtime_ns INTEGER, chunk INTEGER,
    state TEXT NOT NULL, tries INTEGER NOT NULL DEFAULT 0, checksum_type TEXT, checksum TEXT,
    error_code TEXT, error_facts TEXT, ended TEXT, UNIQUE (job, name, version));
CREATE INDEX object_state ON object (job, state);
CREATE TABLE blob (
    object INTEGER NOT NULL, "offset" INTEGER NOT NULL, length INTEGER NOT NULL, chunk INTEGER,
    state TEXT NOT NULL, tries INTEGER NOT NULL DEFAULT 0, checksum TEXT,
    PRIMARY KEY (object, "offset")) WITHOUT ROWID;
INSERT INTO job (id, kind, session, bucket, prefix, name, options, state, created) VALUES
    (1, 'put', 's', 'b', '', 'dailies', '{"paths": ["/a"]}', 'transferring', '2026-01-02T03:04:05'),
    (2, 'put', 's', 'b', '', 'rushes', '{"paths": ["/a"]}', 'preparing', '2026-01-02T03:04:05');
INSERT INTO appliance_job VALUES (1, 0, 'id', '2026-01-02T03:04:05', 'open', NULL, NULL);
INSERT INTO object (job, part, name, state) VALUES (1, 0, 'x', 'waiting');
"""


def test_who_hands_over_many_rows_goes_no_further_than_the_writer(ledger, read) -> None:
    ledger.add_job(record(1))
    handed_over: list[int] = []

    def plan() -> None:
        for batch in range(100):
            names = range(batch * 1000, (batch + 1) * 1000)
            ledger.add_objects(1, [NewObject(f"{n:06}", f"/t/{n}", 1) for n in names])
            handed_over.append(batch)

    planning = threading.Thread(target=plan)
    with closing(sqlite3.connect(ledger.path)) as holding:
        holding.execute("BEGIN IMMEDIATE")
        planning.start()
        planning.join(1)
        assert planning.is_alive()
        assert 0 < len(handed_over) < 50
        holding.rollback()
    planning.join(30)
    assert not planning.is_alive()
    ledger.flush()
    assert read.totals(1).found == 100_000
