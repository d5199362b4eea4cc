"""A damaged ledger: what its file still says, what the appliance knows, and how jobs go on."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ds3_browser.protocol.client import Ds3Client
from ds3_browser.protocol.records import Blob, Chunk, Credentials, PutItem
from ds3_browser.transfer import recovery
from ds3_browser.transfer.events import ObjectState, Outcome, Progress, State
from ds3_browser.transfer.get import GetJob, GetSpec
from ds3_browser.transfer.ledger import JobRecord, Ledger, LedgerReader, NewObject
from ds3_browser.transfer.put import PutJob, PutSpec
from tests.transfer.conftest import Engine
from tests.transfer.scenes import BLOB, failures, same, wait_for_quiet, wait_until, write

PAGE = 4096
NAMES = 5000


def record(job_id: int, **fields: object) -> JobRecord:
    told = {"state": State.TRANSFERRING, "name": f"job {job_id}", "prefix": ""} | fields
    now = datetime.now(UTC)
    return JobRecord(
        id=job_id, kind="put", session="s", bucket="b", target=None, created=now, ended=None, **told
    )


def filled(path: Path) -> None:
    """A ledger of two jobs, one with many objects, each of one blob."""
    with closing(Ledger(path)) as ledger:
        ledger.add_job(record(1, state=State.DONE, name="ended"))
        ledger.add_job(record(2, options={"paths": ["/a"]}))
        ledger.intend(2, 0)
        found = [NewObject(f"n{n:05}", f"/a/n{n:05}", n, mtime_ns=n) for n in range(NAMES)]
        ledger.add_objects(2, found)
        blobs = tuple(Blob(one.name, 0, one.size or 0, None, None) for one in found)
        ledger.listed(2, 0, [Chunk("c", 0, None, blobs)], 0)
        ledger.created(2, 0, "there")


def tear(path: Path, *pages: int) -> None:
    content = bytearray(path.read_bytes())
    for page in pages:
        content[page * PAGE : (page + 1) * PAGE] = bytes(PAGE)
    path.write_bytes(content)


def pages_of(path: Path, text: bytes) -> list[int]:
    content = path.read_bytes()
    return [n for n in range(len(content) // PAGE) if text in content[n * PAGE : (n + 1) * PAGE]]


def test_a_torn_page_costs_its_rows_and_no_others(tmp_path: Path) -> None:
    path = tmp_path / "l"
    filled(path)
    tear(path, *pages_of(path, b"n02500")[:3])
    with closing(Ledger(path)) as ledger:
        (salvaged,) = recovery.salvage(ledger)
        assert (salvaged.jobs, salvaged.whole) == (2, False)
        with closing(LedgerReader(path)) as read:
            assert [job.name for job in read.jobs()] == ["ended", "job 2"]
            there = sum(read.counts(2).values())
            assert NAMES - 300 < there < NAMES
            assert read.job_with("there") == (2, 0)
            rows = read.objects(2, limit=NAMES)
            assert all(
                row.path == f"/a/{row.name}" and row.size == int(row.name[1:]) for row in rows
            )
            whole = [row.name for row in rows if read.blobs(2, row.name)]
            assert len(whole) > there - 600
        assert ledger.reserve_job_id() > 2
        assert recovery.salvage(ledger) == []


def test_without_its_first_page_all_the_rest_is_read(tmp_path: Path) -> None:
    path = tmp_path / "l"
    filled(path)
    tear(path, 0)
    with closing(Ledger(path)) as ledger:
        (salvaged,) = recovery.salvage(ledger)
        assert (salvaged.jobs, salvaged.whole) == (2, False)
        with closing(LedgerReader(path)) as read:
            assert read.counts(2) == {ObjectState.WAITING: NAMES}
            assert read.blobs(2, "n00007") == [(0, 7, "waiting", 0)]
    assert not list(tmp_path.glob(".reading-*"))


def test_of_a_file_that_is_something_else_nothing_is_told(tmp_path: Path) -> None:
    path = tmp_path / "l"
    path.write_bytes(b"not a database" * 1000)
    with closing(Ledger(path)) as ledger:
        (salvaged,) = recovery.salvage(ledger)
        assert (salvaged.file, salvaged.jobs, salvaged.whole) == (
            *(ledger.set_aside.name, 0),
            False,
        )


def test_what_was_interrupted_is_read_at_the_next_start(tmp_path: Path) -> None:
    path = tmp_path / "l"
    filled(path)
    tear(path, *pages_of(path, b"n02500")[:1])
    Ledger(path).close()
    with closing(Ledger(path)) as ledger:
        assert ledger.set_aside is None
        assert [one.jobs for one in recovery.salvage(ledger)] == [2]


def test_rows_that_make_no_sense_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "l"
    filled(path)
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE job SET state = 'odd' WHERE id = 1")
        db.execute("UPDATE object SET state = 'odd' WHERE name = 'n00001'")
    tear(path, *pages_of(path, b"n02500")[:1])
    with closing(Ledger(path)) as ledger:
        assert [one.jobs for one in recovery.salvage(ledger)] == [1]
        with closing(LedgerReader(path)) as read:
            assert "n00001" not in [row.name for row in read.objects(2, limit=NAMES)]


# --- with an appliance


def interrupted(engine: Engine, job: PutJob | GetJob) -> None:
    """Let a job move a part of its bytes, and quit."""
    thread, events = engine.start(job)
    wait_until(
        lambda: any(isinstance(e, Progress) and 2 * BLOB < e.sent < e.total for e in list(events))
    )
    job.interrupt()
    thread.join()
    assert events[-1].outcome is Outcome.INTERRUPTED


def lose(engine: Engine, ruin: Callable[[Path], None]) -> None:
    """Start anew over a ledger that is damaged."""
    engine.ledger.close()
    ruin(engine.ledger.path)
    engine.ledger = Ledger(engine.ledger.path)
    assert engine.ledger.set_aside is not None
    recovery.salvage(engine.ledger)


def ruin_all(path: Path) -> None:
    path.write_bytes(b"not a database" * 1000)


def go_on(engine: Engine, job_id: int) -> list:
    with closing(engine.reader()) as read:
        found = read.job(job_id)
    assert found is not None
    kind, spec = (PutJob, PutSpec) if found.kind == "put" else (GetJob, GetSpec)
    job = kind(
        spec.of(found), engine.client, engine.ledger, engine.pool, engine.turns, continued=True
    )
    return engine.run(job)


@pytest.fixture
def slow(small_blobs):
    small_blobs.faults.set("throttle_bps", 4 * BLOB)
    return small_blobs


def some_files(tmp_path: Path) -> Path:
    source = tmp_path / "src"
    write(source, a=3, big=20 * BLOB, sub__large=20 * BLOB + 5)
    return source


def test_an_upload_is_found_on_the_appliance_and_goes_on_from_the_folder_it_is_told(
    engine: Engine, bucket, tmp_path: Path, slow
) -> None:
    source = some_files(tmp_path)
    interrupted(engine, engine.put(bucket, source, prefix="p/"))
    wait_for_quiet(slow)
    lose(engine, ruin_all)
    (job_id,) = recovery.look(engine.client, engine.ledger, "s")
    with closing(engine.reader()) as read:
        found = read.job(job_id)
        assert (found.kind, found.bucket, found.name) == ("put", bucket, "up")
        assert (found.state, found.reason, found.session) == (State.WAITING, "user", "s")
        assert read.lacks_paths(job_id)
        assert read.bytes_there(job_id) >= BLOB
    slow.faults.set("throttle_bps", None)
    before = slow.counters()["bytes received"]
    there = 40 * BLOB + 8
    with closing(engine.reader()) as read:
        left = there - read.bytes_there(job_id)
    pointed = recovery.point_to(engine.ledger, job_id, str(source))
    assert pointed.missing == 0
    events = go_on(engine, job_id)
    assert events[-1].outcome is Outcome.DONE
    assert slow.counters()["bytes received"] - before <= left
    assert slow.counters().get("blobs received twice", 0) == 0
    target = tmp_path / "back"
    assert engine.run(engine.get(bucket, target, prefixes=["p/src/"], base="p/src/"))[-1]
    assert same(source, target)


def test_a_file_written_after_the_job_began_is_not_sent_in_two_parts(
    engine: Engine, bucket, tmp_path: Path, slow
) -> None:
    source = tmp_path / "src"
    write(source, big=40 * BLOB)
    interrupted(engine, engine.put(bucket, source))
    lose(engine, ruin_all)
    (job_id,) = recovery.look(engine.client, engine.ledger, "s")
    write(source, big=40 * BLOB)
    slow.faults.set("throttle_bps", None)
    assert recovery.point_to(engine.ledger, job_id, str(source)) == recovery.Pointed(0, 1)
    assert failures(go_on(engine, job_id)).keys() == {"src/big"}


def test_a_download_is_found_and_goes_where_it_is_told(
    engine: Engine, bucket, tmp_path: Path, small_blobs
) -> None:
    source = some_files(tmp_path)
    engine.run(engine.put(bucket, source))
    small_blobs.faults.set("throttle_bps", 4 * BLOB)
    interrupted(engine, engine.get(bucket, tmp_path / "old", prefixes=["src/"], base="src/"))
    lose(engine, ruin_all)
    (job_id,) = recovery.look(engine.client, engine.ledger, "s")
    small_blobs.faults.set("throttle_bps", None)
    target = tmp_path / "new"
    assert recovery.point_to(engine.ledger, job_id, str(target)).found == 3
    target.mkdir()
    assert go_on(engine, job_id)[-1].outcome is Outcome.DONE
    assert same(source, target)


def test_a_job_that_the_file_still_has_goes_on_by_itself(
    engine: Engine, bucket, tmp_path: Path, slow
) -> None:
    """Of its torn pages, the appliance's list gives back what it can."""
    source = some_files(tmp_path)
    job = engine.put(bucket, source)
    interrupted(engine, job)

    def ruin(path: Path) -> None:
        with closing(sqlite3.connect(path)) as db, db:  # as if it had been on a torn page
            db.execute(
                "DELETE FROM blob WHERE object = (SELECT id FROM object WHERE name = 'src/a')"
            )
            db.execute("DELETE FROM object WHERE name IN ('src/a', 'src/sub/large')")
        tear(path, 0)

    lose(engine, ruin)
    assert recovery.look(engine.client, engine.ledger, "s") == []
    slow.faults.set("throttle_bps", None)
    events = go_on(engine, job.job_id)
    assert events[-1].outcome is Outcome.DONE, failures(events)
    target = tmp_path / "back"
    engine.run(engine.get(bucket, target, prefixes=["src/"], base="src/"))
    assert same(source, target)


def test_jobs_of_other_users_are_theirs(
    engine: Engine, bucket, tmp_path: Path, slow, endpoint
) -> None:
    anna = {"name": "anna", "access_id": "id", "secret_key": "key"}
    slow.faults.set("users", [anna])
    rules = [{"user": "anna", "bucket": bucket, "permission": "OWNER"}]
    slow.faults.set("acls", rules)
    source = some_files(tmp_path)
    interrupted(engine, engine.put(bucket, source))
    mine, others = engine.client, Ds3Client(endpoint, Credentials("id", "key"))
    engine.client = others
    write(tmp_path / "hers", x=40 * BLOB)
    interrupted(engine, engine.put(bucket, tmp_path / "hers"))
    lose(engine, ruin_all)
    # An administrator sees both jobs.
    assert len(list(mine.active_jobs())) == 2
    (my_id,) = recovery.look(mine, engine.ledger, "s")
    (her_id,) = recovery.look(others, engine.ledger, "hers")
    with closing(engine.reader()) as read:
        assert {row.name for row in read.objects(her_id)} == {"hers/x"}
        assert "src/big" in {row.name for row in read.objects(my_id)}
    others.close()
    engine.client = mine


def leave_open(engine: Engine, bucket: str, source: Path, number: str, names: str) -> None:
    """A job on the appliance of some files, as a part of a split one that was never sent."""
    items = [PutItem(f"src/{name}", (source / name).stat().st_size) for name in names]
    engine.client.start_put_job(bucket, items, name=f"up ({number})")


def test_the_parts_of_a_split_job_come_back_as_one(
    engine: Engine, bucket, tmp_path: Path, small_blobs
) -> None:
    source = tmp_path / "src"
    write(source, **dict.fromkeys("abcd", BLOB * 2))
    for number, names in (("1 of 3", "a"), ("2 of 3", "bc"), ("3 of 3", "d")):
        leave_open(engine, bucket, source, number, names)
    lose(engine, ruin_all)
    (job_id,) = recovery.look(engine.client, engine.ledger, "s")
    with closing(engine.reader()) as read:
        assert read.job(job_id).name == "up"
        assert [part.part for part in read.parts(job_id)] == [0, 1, 2]
    recovery.point_to(engine.ledger, job_id, str(source))
    assert go_on(engine, job_id)[-1].outcome is Outcome.DONE
    engine.run(engine.get(bucket, tmp_path / "back", prefixes=["src/"], base="src/"))
    assert same(source, tmp_path / "back")


def test_parts_are_told_as_what_they_are_where_others_are_missing(
    engine: Engine, bucket, tmp_path: Path, small_blobs
) -> None:
    source = tmp_path / "src"
    write(source, **dict.fromkeys("abcd", BLOB))
    leave_open(engine, bucket, source, "2 of 3", "a")
    leave_open(engine, bucket, source, "3 of 3", "b")
    leave_open(engine, bucket, source, "4 of 5", "c")
    lose(engine, ruin_all)
    ids = recovery.look(engine.client, engine.ledger, "s")
    with closing(engine.reader()) as read:
        assert [read.job(one).name for one in ids] == ["up (2, 3 of 3)", "up (4 of 5)"]
        assert [sorted(row.name for row in read.objects(one)) for one in ids] == [
            ["src/a", "src/b"],
            ["src/c"],
        ]


def test_parts_of_two_transfers_of_one_name_are_not_mixed(
    engine: Engine, bucket, tmp_path: Path, small_blobs
) -> None:
    source = tmp_path / "src"
    write(source, **dict.fromkeys("abc", BLOB))
    leave_open(engine, bucket, source, "1 of 2", "a")
    leave_open(engine, bucket, source, "1 of 2", "b")
    leave_open(engine, bucket, source, "2 of 2", "c")
    lose(engine, ruin_all)
    ids = recovery.look(engine.client, engine.ledger, "s")
    with closing(engine.reader()) as read:
        assert [len(read.objects(one)) for one in ids] == [1, 1, 1]


def test_a_part_whose_id_was_lost_goes_home_to_its_job(
    engine: Engine, bucket, tmp_path: Path, slow
) -> None:
    source = some_files(tmp_path)
    job = engine.put(bucket, source, objects_per_job=1)
    interrupted(engine, job)

    def ruin(path: Path) -> None:
        with closing(sqlite3.connect(path)) as db, db:  # as if it had been on a torn page
            db.execute(
                "DELETE FROM appliance_job WHERE part = (SELECT MAX(part) FROM appliance_job)"
            )
        tear(path, 0)

    lose(engine, ruin)
    assert recovery.look(engine.client, engine.ledger, "s") == []
    slow.faults.set("throttle_bps", None)
    events = go_on(engine, job.job_id)
    assert events[-1].outcome is Outcome.DONE, failures(events)
    engine.run(engine.get(bucket, tmp_path / "back", prefixes=["src/"], base="src/"))
    assert same(source, tmp_path / "back")


def test_jobs_that_came_later_are_left_alone(engine: Engine, bucket, tmp_path: Path, slow) -> None:
    source = some_files(tmp_path)
    interrupted(engine, engine.put(bucket, source))
    lose(engine, ruin_all)
    write(tmp_path / "later", x=40 * BLOB)
    interrupted(engine, engine.put(bucket, tmp_path / "later"))
    assert len(recovery.look(engine.client, engine.ledger, "s")) == 1
    assert recovery.look(engine.client, engine.ledger, "s") == []


def test_the_longest_folder_of_names() -> None:
    assert recovery.common_folder(["a/b/c", "a/b/d/e"]) == "a/b/"
    assert recovery.common_folder(["a/b/c", "a/bc/d"]) == "a/"
    assert recovery.common_folder(["a/b/", "a/b/c"]) == "a/"
    assert recovery.common_folder(["x"]) == ""
    assert recovery.common_folder([]) == ""
