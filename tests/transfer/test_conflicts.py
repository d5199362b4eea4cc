"""Uploads of names that are in the bucket already."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pytest

from ds3_browser.protocol.errors import Busy, Refusal
from ds3_browser.protocol.records import PutItem
from ds3_browser.transfer import conflicts
from ds3_browser.transfer.checks import Conflict, There
from ds3_browser.transfer.conflicts import new_name
from ds3_browser.transfer.events import FailureCode, JobEnded, ObjectFailed, ObjectState, Outcome
from tests.transfer.scenes import BLOB, wait_for_quiet, write
from tests.transfer.test_going_on import again, interrupted

OLD = b"what was there before"


def today() -> str:
    """Asked for when it is needed: the suite may run over midnight."""
    return date.today().isoformat()


def names(client, bucket: str) -> list[str]:
    return [one.name for one in client.list_objects(bucket).objects()]


def content(client, bucket: str, name: str) -> bytes:
    from tests.protocol.bytes_moved import Collected

    sink = Collected()
    client.get_object(bucket, name, sink)
    return bytes(sink.data)


@pytest.fixture
def there(client, bucket: str, folder: Path) -> Path:
    """Ten files here; `in/f1` has another size there, `in/f2` the same and is not older."""
    write(folder / "in", **{f"f{n}": 100 + n for n in range(10)})
    client.put_object(bucket, "in/f1", OLD)
    client.put_object(bucket, "in/f2", (folder / "in" / "f2").read_bytes())
    client.put_object(bucket, "in/other", b"nobody sends this")
    return folder / "in"


def test_one_name_that_is_there_does_not_stop_the_others(
    engine, client, bucket: str, there: Path
) -> None:
    events = engine.run(engine.put(bucket, there))
    assert (events[-1].outcome, events[-1].counts.done) == (Outcome.FAILED, 8)
    failed = {e.failure.name: e.failure.code for e in events if isinstance(e, ObjectFailed)}
    assert failed == {"in/f1": FailureCode.EXISTS, "in/f2": FailureCode.EXISTS}
    assert content(client, bucket, "in/f1") == OLD


def test_a_job_of_nothing_but_such_names_is_refused(engine, client, bucket: str, there) -> None:
    events = engine.run(engine.put(bucket, there / "f1", prefix="in/"))
    ended = events[-1]
    assert isinstance(ended, JobEnded)
    assert ended.outcome is Outcome.FAILED
    assert ended.failure is not None
    assert ended.failure.code is FailureCode.EXISTS
    assert (ended.failure.name, ended.failure.status) == ("in/f1", 409)
    assert content(client, bucket, "in/f1") == OLD


def test_what_may_be_there_is_left_out_and_the_rest_is_new_by_name(
    engine, client, bucket: str, there: Path
) -> None:
    job = engine.put(bucket, there, like_there=Conflict.LEAVE_OUT, unlike_there=Conflict.NEW_NAME)
    events = engine.run(job)
    assert events[-1].outcome is Outcome.DONE
    assert (events[-1].counts.done, events[-1].counts.skipped) == (9, 1)
    assert f"in/f1 ({today()})" in names(client, bucket)
    assert content(client, bucket, "in/f1") == OLD
    assert content(client, bucket, f"in/f1 ({today()})") == (there / "f1").read_bytes()


@pytest.mark.parametrize(
    ("coming", "sent"), [(Conflict.LEAVE_OUT, ()), (Conflict.NEW_NAME, ("in/f3 ({today})",))]
)
def test_what_another_job_is_still_to_bring_has_its_own_choice(
    engine, client, bucket: str, folder: Path, coming: Conflict, sent: tuple[str, ...]
) -> None:
    write(folder / "in", f3=103, f4=104)
    client.start_put_job(bucket, [PutItem("in/f3", 103)], name="theirs")
    job = engine.put(bucket, folder / "in", unlike_there=Conflict.DELETE_FIRST, coming_there=coming)
    events = engine.run(job)
    assert events[-1].outcome is Outcome.DONE
    wanted = ["in/f3", *(name.format(today=today()) for name in sent), "in/f4"]
    assert sorted(names(client, bucket)) == sorted(wanted)
    assert [job.name for job in client.active_jobs()] == ["theirs"]


def test_what_is_replaced_is_deleted_when_all_others_are_there(
    engine, client, bucket: str, there: Path, simulator
) -> None:
    job = engine.put(
        bucket, there, like_there=Conflict.LEAVE_OUT, unlike_there=Conflict.DELETE_FIRST
    )
    events = engine.run(job)
    assert events[-1].outcome is Outcome.DONE
    assert content(client, bucket, "in/f1") == (there / "f1").read_bytes()
    assert len(names(client, bucket)) == 11
    made = {j.name for j in (*client.active_jobs(), *client.completed_jobs())}
    assert {name for name in made if name and name.startswith("up")} == {
        "up (1 of 2)",
        "up (2 of 2)",
    }


def test_a_job_that_was_interrupted_still_replaces_what_it_was_to_replace(
    engine, client, bucket: str, there: Path, small_blobs
) -> None:
    write(there, big=BLOB * 12)
    job = engine.put(
        bucket, there, like_there=Conflict.LEAVE_OUT, unlike_there=Conflict.DELETE_FIRST
    )
    small_blobs.faults.set("throttle_bps", BLOB * 2)
    interrupted(engine, job, BLOB * 3)
    wait_for_quiet(small_blobs)
    assert content(client, bucket, "in/f1") == OLD
    small_blobs.faults.set("throttle_bps", None)
    events = engine.run(again(engine, job))
    assert events[-1].outcome is Outcome.DONE
    assert content(client, bucket, "in/f1") == (there / "f1").read_bytes()
    assert small_blobs.counters().get("blobs received twice", 0) == 0


def test_what_cannot_be_deleted_is_not_sent_and_stays(
    engine, client, bucket: str, there: Path, simulator
) -> None:
    write(there, f3=500)
    client.put_object(bucket, "in/f3", OLD)
    simulator.faults.set("fail_next", [[f"POST /{bucket}*", 403, "AccessDenied", 9]])
    job = engine.put(
        bucket, there, like_there=Conflict.LEAVE_OUT, unlike_there=Conflict.DELETE_FIRST
    )
    events = engine.run(job)
    assert events[-1].outcome is Outcome.FAILED
    assert content(client, bucket, "in/f1") == content(client, bucket, "in/f3") == OLD
    reader = engine.reader()
    found = reader.counts(job.job_id)
    reader.close()
    assert found[ObjectState.IN_CACHE] == 7


@pytest.mark.parametrize(
    ("code", "spoil"),
    [
        (FailureCode.VANISHED, lambda file: file.unlink()),
        (FailureCode.CHANGED, lambda file: file.write_bytes(b"cut short")),
    ],
)
def test_nothing_is_deleted_for_a_file_that_went_away_or_changed(
    engine, client, bucket: str, there: Path, monkeypatch: pytest.MonkeyPatch, code, spoil
) -> None:
    write(there, f3=500)
    client.put_object(bucket, "in/f3", OLD)
    job = engine.put(
        bucket, there, like_there=Conflict.LEAVE_OUT, unlike_there=Conflict.DELETE_FIRST
    )
    compare = job._compare

    def late(to_move: int) -> None:
        compare(to_move)
        spoil(there / "f1")

    monkeypatch.setattr(job, "_compare", late)
    events = engine.run(job)
    assert (events[-1].outcome, events[-1].counts.done) == (Outcome.FAILED, 8)
    (failed,) = [e.failure for e in events if isinstance(e, ObjectFailed)]
    assert (failed.name, failed.code) == ("in/f1", code)
    assert content(client, bucket, "in/f1") == OLD
    assert content(client, bucket, "in/f3") == (there / "f3").read_bytes()


def test_where_no_file_is_left_nothing_is_deleted(
    engine, client, bucket: str, there: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = engine.put(bucket, there / "f1", prefix="in/", unlike_there=Conflict.DELETE_FIRST)
    compare = job._compare

    def late(to_move: int) -> None:
        compare(to_move)
        (there / "f1").unlink()

    monkeypatch.setattr(job, "_compare", late)
    events = engine.run(job)
    assert events[-1].outcome is Outcome.FAILED
    assert events[-1].failure is not None
    assert events[-1].failure.code is FailureCode.VANISHED
    assert [e.failure.code for e in events if isinstance(e, ObjectFailed)] == [FailureCode.VANISHED]
    assert content(client, bucket, "in/f1") == OLD


def test_nothing_is_deleted_before_the_others_have_their_job(
    engine, client, bucket: str, there: Path, simulator
) -> None:
    simulator.faults.set("fail_next", [[f"PUT /_rest_/bucket/{bucket}*", 403, "AccessDenied", 9]])
    job = engine.put(bucket, there, unlike_there=Conflict.DELETE_FIRST)
    events = engine.run(job)
    assert events[-1].outcome is Outcome.FAILED
    assert content(client, bucket, "in/f1") == OLD


def test_a_name_that_comes_while_others_are_compared_fails_alone(
    engine, client, bucket: str, there: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = engine.put(bucket, there, like_there=Conflict.LEAVE_OUT, unlike_there=Conflict.NEW_NAME)
    compare = job._compare

    def late(to_move: int) -> None:
        compare(to_move)
        client.put_object(bucket, "in/f7", OLD)

    monkeypatch.setattr(job, "_compare", late)
    events = engine.run(job)
    assert (events[-1].outcome, events[-1].counts.done) == (Outcome.FAILED, 8)
    (failed,) = [e.failure for e in events if isinstance(e, ObjectFailed)]
    assert (failed.name, failed.code) == ("in/f7", FailureCode.EXISTS)
    assert content(client, bucket, "in/f7") == OLD


def test_where_nothing_may_be_listed_the_refusal_is_the_one_for_names(
    engine, client, bucket: str, there: Path, simulator
) -> None:
    simulator.faults.set("fail_next", [[f"GET /{bucket}*", 403, "AccessDenied", 9]])
    ended = engine.run(engine.put(bucket, there))[-1]
    assert isinstance(ended, JobEnded)
    assert ended.failure is not None
    assert ended.failure.code is FailureCode.EXISTS
    simulator.faults.set("fail_next", [])
    assert content(client, bucket, "in/f1") == OLD


def test_comparing_waits_for_an_appliance_that_is_busy(
    engine, client, bucket: str, there: Path, simulator
) -> None:
    simulator.faults.set("retry_after", 0)
    simulator.faults.set("fail_next", [[f"GET /{bucket}*", 503, "SlowDown", 1]])
    job = engine.put(bucket, there, like_there=Conflict.LEAVE_OUT, unlike_there=Conflict.LEAVE_OUT)
    events = engine.run(job)
    assert (events[-1].outcome, events[-1].counts.skipped) == (Outcome.DONE, 2)


def test_files_chosen_one_by_one_are_compared_as_well(
    engine, client, bucket: str, there: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for each in (conflicts.ASK_EACH, 2):
        monkeypatch.setattr(conflicts, "ASK_EACH", each)
        job = engine.put(
            bucket,
            *(there / f"f{n}" for n in (1, 2, 4, 5)),
            prefix="in/",
            like_there=Conflict.LEAVE_OUT,
            unlike_there=Conflict.LEAVE_OUT,
        )
        events = engine.run(job)
        assert events[-1].outcome is Outcome.DONE
        client.delete_object(bucket, "in/f4")
        client.delete_object(bucket, "in/f5")
        assert events[-1].counts.skipped == 2


def test_a_newer_file_of_the_same_size_is_not_what_is_there(
    engine, client, bucket: str, there: Path
) -> None:
    stamp = there.stat().st_mtime + 3600
    os.utime(there / "f2", (stamp, stamp))
    job = engine.put(bucket, there, like_there=Conflict.LEAVE_OUT, unlike_there=Conflict.NEW_NAME)
    events = engine.run(job)
    assert (events[-1].counts.done, events[-1].counts.skipped) == (10, 0)
    assert f"in/f2 ({today()})" in names(client, bucket)


@pytest.mark.parametrize(
    ("size", "modified", "mtime_ns", "like"),
    [
        (10, 100.0, 100_000_000_000, True),
        (10, 100.0, 100_900_000_000, True),
        (10, 100.0, 101_100_000_000, False),
        (11, 100.0, 1, False),
        (10, float("nan"), 1, True),
        (10, 100.0, None, True),
    ],
)
def test_what_a_file_may_be(size: int, modified: float, mtime_ns: int | None, like: bool) -> None:
    assert There("a", 10, modified).is_like(size, mtime_ns) is like


def test_new_names_have_the_date_before_the_extension_and_then_a_number() -> None:
    day = date(2026, 11, 22)
    taken: set[str] = set()
    for wanted in (
        "a/A014C003 (2026-11-22).mxf",
        "a/A014C003 (2026-11-22) (2).mxf",
        "a/A014C003 (2026-11-22) (3).mxf",
    ):
        found = new_name("a/A014C003.mxf", day, taken.__contains__)
        assert found == wanted
        taken.add(found)
    assert new_name("plain", day, taken.__contains__) == "plain (2026-11-22)"


def test_what_came_after_the_deletion_is_not_deleted_as_well(
    engine, client, bucket: str, there: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The appliance is busy after the deletion, and meanwhile somebody sends the name."""
    job = engine.put(
        bucket, there, like_there=Conflict.LEAVE_OUT, unlike_there=Conflict.DELETE_FIRST
    )
    create, asked = job._create, []

    def late(objects, name, listing) -> str:
        asked.append(name)
        if len(asked) == 2:  # the first part was created, the second was deleted for
            client.put_object(bucket, "in/f1", b"somebody else's")
            raise Busy(Refusal("PUT", "/", 503, retry_after_s=0.1))
        return create(objects, name, listing)

    monkeypatch.setattr(job, "_create", late)
    events = engine.run(job)
    assert events[-1].outcome is Outcome.FAILED
    assert len(asked) >= 3
    assert content(client, bucket, "in/f1") == b"somebody else's"


def test_files_below_a_base_keep_their_way_from_there(
    engine, client, bucket: str, folder: Path
) -> None:
    write(folder, a=3, b__c=4, b__d__e=5, f__g=6)
    paths = [folder / "a", folder / "b" / "d", folder / "f" / "g"]
    (folder / "empty" / "in").mkdir(parents=True)
    paths.append(folder / "empty" / "in")
    events = engine.run(engine.put(bucket, *paths, prefix="p/", base=str(folder)))
    assert events[-1].outcome is Outcome.DONE
    assert names(client, bucket) == ["p/a", "p/b/d/e", "p/empty/in/", "p/f/g"]
    assert content(client, bucket, "p/b/d/e") == (folder / "b/d/e").read_bytes()


@pytest.mark.parametrize("number", [3, conflicts.ASK_EACH + 1])
def test_what_is_there_is_looked_for_where_files_below_a_base_would_go(
    engine, client, bucket: str, folder: Path, number: int
) -> None:
    write(folder, **{f"{where}__f{n:02}": 9 for n in range(number) for where in ("x", "y__z")})
    client.put_object(bucket, "p/x/f01", OLD)
    client.put_object(bucket, "p/y/z/f02", OLD)
    client.put_object(bucket, "p/f00", b"of no file of this upload")
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    job = engine.put(bucket, *paths, prefix="p/", base=str(folder), unlike_there=Conflict.LEAVE_OUT)
    ended = engine.run(job)[-1]
    assert (ended.outcome, ended.counts.skipped) == (Outcome.DONE, 2)
    assert ended.counts.done == 2 * number - 2
    assert content(client, bucket, "p/x/f01") == content(client, bucket, "p/y/z/f02") == OLD


def test_files_below_a_base_are_planned_anew_to_the_same_names(
    engine, client, bucket: str, folder: Path
) -> None:
    write(folder, a=3, b__c=4)
    job = engine.put(bucket, folder / "a", folder / "b" / "c", prefix="p/", base=str(folder))
    engine.ledger.add_job(job._record())
    engine.ledger.flush()
    ended = engine.run(again(engine, job))[-1]
    assert ended.outcome is Outcome.DONE
    assert names(client, bucket) == ["p/a", "p/b/c"]
