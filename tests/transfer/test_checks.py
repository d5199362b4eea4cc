"""What a look finds about each file, and that the job does with it what was chosen."""

from __future__ import annotations

import os
import time
from contextlib import closing
from pathlib import Path

import pytest

from ds3_browser.transfer.checks import Check, Conflict, FileChoice, Found, There
from ds3_browser.transfer.events import FailureCode, ObjectState, Outcome
from ds3_browser.transfer.inspection import Inspection, inspect
from ds3_browser.transfer.ledger import NewObject
from ds3_browser.transfer.plan import WalkOptions, alike_names
from ds3_browser.transfer.put import PutSpec
from tests.transfer.scenes import failures
from tests.transfer.test_conflicts import content, names
from tests.transfer.test_going_on import again

LONG_AGO = 1_700_000_000


def made(folder: Path, **files: bytes) -> Path:
    """Files with these bytes that did not change lately; `__` in a name stands for a slash."""
    for name, written in files.items():
        path = folder / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(written)
        os.utime(path, (LONG_AGO, LONG_AGO))
    return folder


def looked(*paths: Path, there: dict[str, There] | None = None, **how: object) -> list[Found]:
    inspection = Inspection(**how)  # type: ignore[arg-type]  # as the test has it
    return list(inspect([str(p) for p in paths], "", inspection, there or {}, time.time_ns()))


def checks(found: list[Found]) -> dict[str, Check]:
    return {one.name: one.check for one in found}


@pytest.fixture
def twice(folder: Path) -> tuple[Path, Path]:
    """Two folders of one name: both have `a.mxf`, the second a `b (2).mxf` and a `b.mxf` too."""
    one = made(folder / "one" / "day", **{"a.mxf": b"first", "b.mxf": b"b", "c": b"c"})
    two = made(folder / "two" / "day", **{"a.mxf": b"second!", "b.mxf": b"bb", "b (2).mxf": b"own"})
    return one, two


@pytest.mark.ui("7.2", "each file has one check, the worst that is to be said of it")
def test_each_file_has_the_worst_check(folder: Path) -> None:
    made(folder / "d", **{"same": b"12", "other": b"1", "good": b"", "A.wav": b"", "a.wav": b""})
    made(folder / "d", **{"with\vtab": b"", ".DS_Store": b""})
    (folder / "d" / "fresh").write_bytes(b"now")
    (folder / "d" / "empty").mkdir()
    (folder / "d" / "link").symlink_to(folder / "d" / "good")
    os.mkfifo(folder / "d" / "pipe")
    there = {f"d/{n}": There(f"d/{n}", 2, float(LONG_AGO + 5)) for n in ("same", "other")}
    assert checks(looked(folder / "d", there=there)) == {
        "d/with\vtab": Check.NOT_ALLOWED,
        "d/pipe": Check.UNREADABLE,
        "d/same": Check.LIKE,
        "d/other": Check.UNLIKE,
        "d/good": Check.GOOD,
        "d/A.wav": Check.ALIKE,
        "d/a.wav": Check.ALIKE,
        "d/fresh": Check.RECENT,
        "d/empty/": Check.LINK,
        "d/link": Check.LINK,
        "d/.DS_Store": Check.SYSTEM,
    }


def test_a_file_with_other_bytes_than_the_object_of_its_size_is_unlike_it(folder: Path) -> None:
    path = made(folder / "d", same=b"12") / "same"
    there = {"d/same": There("d/same", 2, float(LONG_AGO + 5))}
    seen = (str(path), path.stat().st_mtime_ns)
    (found,) = looked(folder / "d", there=there, differing={seen})
    assert found.check is Check.UNLIKE
    os.utime(path, (LONG_AGO + 1, LONG_AGO + 1))  # another file now, of which nothing is known
    (found,) = looked(folder / "d", there=there, differing={seen})
    assert found.check is Check.LIKE


def test_system_files_that_are_left_out_are_seen_and_are_no_objects(folder: Path) -> None:
    made(folder / "d", **{"Thumbs.db": b"", "a": b""})
    kept, left = (
        {one.name: one.is_object for one in looked(folder / "d", walk=WalkOptions(False, True, s))}
        for s in (False, True)
    )
    assert (kept["d/Thumbs.db"], left["d/Thumbs.db"]) == (True, False)


def test_one_link_is_followed_and_one_folder_left_out(folder: Path) -> None:
    made(folder / "far", x=b"x")
    (folder / "d" / "empty").mkdir(parents=True)
    for name in ("to-far", "other"):
        (folder / "d" / name).symlink_to(folder / "far")
    follow = FileChoice(str(folder / "d" / "to-far"), Check.LINK, Conflict.FOLLOW)
    leave = FileChoice(str(folder / "d" / "empty"), Check.LINK, Conflict.LEAVE_OUT)
    found = {one.name: one.is_object for one in looked(folder / "d", files=(follow, leave))}
    assert found == {"d/to-far": False, "d/to-far/x": True, "d/other": False, "d/empty/": False}


def test_names_alike_are_those_that_a_disk_may_take_for_one() -> None:
    assert alike_names(["a", "A", "b", "caf\u00e9", "cafe\u0301", "stra\u00dfe"]) == {
        *("a", "A", "caf\u00e9", "cafe\u0301"),
    }


def test_folders_with_names_alike_are_told_once(folder: Path) -> None:
    made(folder / "d", Day__x=b"", day__y=b"")
    assert checks(looked(folder / "d")) == {
        "d/Day/": Check.ALIKE,
        "d/day/": Check.ALIKE,
        "d/Day/x": Check.GOOD,
        "d/day/y": Check.GOOD,
    }


# --- and then the job


def test_of_two_files_with_one_name_the_second_fails_where_nobody_chose(
    engine, client, bucket: str, twice
) -> None:
    events = engine.run(engine.put(bucket, *twice))
    assert set(failures(events).values()) == {FailureCode.CLASH}
    assert content(client, bucket, "day/a.mxf") == b"first"


def test_of_two_files_with_one_name_the_first_is_kept(engine, client, bucket: str, twice) -> None:
    events = engine.run(engine.put(bucket, *twice, twice=Conflict.KEEP_FIRST))
    assert events[-1].outcome is Outcome.DONE
    assert (events[-1].counts.done, events[-1].counts.skipped) == (4, 2)
    assert content(client, bucket, "day/a.mxf") == b"first"


def test_of_two_files_with_one_name_neither_is_sent(engine, client, bucket: str, twice) -> None:
    events = engine.run(engine.put(bucket, *twice, twice=Conflict.LEAVE_OUT))
    assert events[-1].outcome is Outcome.DONE
    assert names(client, bucket) == ["day/b (2).mxf", "day/c"]


def test_files_with_one_name_are_numbered_past_what_is_here_and_there(
    engine, client, bucket: str, twice
) -> None:
    client.put_object(bucket, "day/a (2).mxf", b"older")
    seen = {one.name: one.new_name for one in looked(*twice) if one.check is Check.TWICE}
    assert seen == {"day/a.mxf": "day/a (2).mxf", "day/b.mxf": "day/b (3).mxf"}
    events = engine.run(engine.put(bucket, *twice, twice=Conflict.NUMBER))
    assert events[-1].outcome is Outcome.DONE
    sent = {name: content(client, bucket, name) for name in names(client, bucket)}
    assert sent == {
        "day/a.mxf": b"first",
        "day/a (2).mxf": b"older",
        "day/a (3).mxf": b"second!",
        "day/b.mxf": b"b",
        "day/b (2).mxf": b"own",
        "day/b (3).mxf": b"bb",
        "day/c": b"c",
    }


def test_one_of_two_is_numbered_and_the_other_left_out(engine, client, bucket: str, twice) -> None:
    one = FileChoice(str(twice[1] / "a.mxf"), Check.TWICE, Conflict.NUMBER)
    engine.run(engine.put(bucket, *twice, twice=Conflict.KEEP_FIRST, files=(one,)))
    assert content(client, bucket, "day/a (2).mxf") == b"second!"
    assert "day/b (3).mxf" not in names(client, bucket)


def test_a_file_whose_name_is_not_allowed_goes_under_another_one(
    engine, client, bucket: str, folder: Path
) -> None:
    source = made(folder / "d", **{"with\vtab": b"bytes", "next\vtab": b"left", "a": b"a"})
    new = FileChoice(str(source / "with\vtab"), Check.NOT_ALLOWED, Conflict.RENAME, "d/with tab")
    job = engine.put(bucket, source, not_allowed=Conflict.LEAVE_OUT, files=(new,))
    events = engine.run(job)
    assert events[-1].outcome is Outcome.DONE
    assert content(client, bucket, "d/with tab") == b"bytes"
    with closing(engine.reader()) as reader:
        (left,) = reader.objects(job.job_id, states={ObjectState.SKIPPED})
    assert left.failure.code is FailureCode.NAME_NOT_ALLOWED


def test_no_file_is_renamed_to_what_another_one_has(
    engine, client, bucket: str, folder: Path
) -> None:
    source = made(folder / "d", **{"with\vtab": b"bytes", "z": b"z"})
    new = FileChoice(str(source / "with\vtab"), Check.NOT_ALLOWED, Conflict.RENAME, "d/z")
    events = engine.run(engine.put(bucket, source, files=(new,)))
    assert failures(events) == {"d/z": FailureCode.CLASH}
    assert content(client, bucket, "d/z") == b"z"


def test_what_cannot_be_read_is_left_out_where_somebody_saw_it(
    engine, client, bucket: str, folder: Path
) -> None:
    source = made(folder / "d", a=b"a")
    os.mkfifo(source / "pipe")
    assert engine.run(engine.put(bucket, source))[-1].outcome is Outcome.FAILED
    client.delete_object(bucket, "d/a")
    job = engine.put(bucket, source, unreadable=Conflict.LEAVE_OUT)
    events = engine.run(job)
    assert (events[-1].outcome, events[-1].counts.skipped) == (Outcome.DONE, 1)


def test_recent_files_are_left_out_but_for_one(engine, client, bucket: str, folder: Path) -> None:
    source = made(folder / "d", old=b"old")
    for name in ("new", "newer"):
        (source / name).write_bytes(b"now")
    one = FileChoice(str(source / "newer"), Check.RECENT, Conflict.SEND)
    job = engine.put(
        bucket, source, recent=Conflict.LEAVE_OUT, looked_at_ns=time.time_ns(), files=(one,)
    )
    assert engine.run(job)[-1].outcome is Outcome.DONE
    assert names(client, bucket) == ["d/newer", "d/old"]


def test_each_file_that_is_there_goes_its_own_way(
    engine, client, bucket: str, folder: Path
) -> None:
    source = made(folder / "d", **{f"f{n}": b"long %d" % n for n in range(5)})
    for n in range(5):
        client.put_object(bucket, f"d/f{n}", b"old")
    chosen = {1: Conflict.DELETE_FIRST, 2: Conflict.NEW_NAME}
    files = tuple(FileChoice(str(source / f"f{n}"), Check.UNLIKE, c) for n, c in chosen.items())
    wrong = FileChoice(str(source / "f3"), Check.RECENT, Conflict.SEND)  # not what was found
    job = engine.put(
        *(bucket, source),
        like_there=Conflict.LEAVE_OUT,
        unlike_there=Conflict.LEAVE_OUT,
        files=(*files, wrong),
    )
    events = engine.run(job)
    assert events[-1].outcome is Outcome.DONE
    today = time.strftime("%Y-%m-%d")
    assert content(client, bucket, "d/f1") == b"long 1"
    assert content(client, bucket, "d/f2") == b"old"
    assert content(client, bucket, f"d/f2 ({today})") == b"long 2"
    assert content(client, bucket, "d/f3") == b"old"
    assert len(names(client, bucket)) == 6


def test_choices_are_kept_with_the_job_whatever_bytes_a_path_has(
    engine, bucket: str, folder: Path
) -> None:
    odd = os.fsdecode(os.fsencode(str(folder)) + b"/\xff\xfe tab\t")
    files = (
        FileChoice(odd, Check.NOT_ALLOWED, Conflict.RENAME, "d/\u00e9"),
        FileChoice(f"{folder}/x", Check.UNLIKE, Conflict.DELETE_FIRST),
    )
    job = engine.put(
        *(bucket, made(folder / "d", a=b"a")),
        unreadable=Conflict.LEAVE_OUT,
        not_allowed=Conflict.LEAVE_OUT,
        twice=Conflict.NUMBER,
        recent=Conflict.LEAVE_OUT,
        looked_at_ns=time.time_ns(),
        files=files,
    )
    engine.run(job)
    with closing(engine.reader()) as reader:
        record = reader.job(job.job_id)
    assert PutSpec.of(record) == job.spec


def test_a_job_that_was_killed_while_it_planned_goes_by_the_same_choices(
    engine, client, bucket: str, twice
) -> None:
    job = engine.put(bucket, *twice, twice=Conflict.NUMBER)
    engine.ledger.add_job(job._record())
    engine.ledger.add_objects(job.job_id, [NewObject("day/a.mxf", str(twice[0] / "a.mxf"), 5)])
    engine.ledger.flush()
    events = engine.run(again(engine, job))
    assert events[-1].outcome is Outcome.DONE
    assert content(client, bucket, "day/a (2).mxf") == b"second!"
    assert len(names(client, bucket)) == 6
