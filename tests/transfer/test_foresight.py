"""What a download would meet at its target is what it does meet."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path

import pytest

from ds3_browser.transfer import foresight
from ds3_browser.transfer.events import FailureCode, ObjectState
from ds3_browser.transfer.foresight import Coming, Foreseen, foresee, seems_to_fold
from ds3_browser.transfer.get import Existing


def said(target: Path, *names: str, base: str = "") -> dict[str, list[Coming]]:
    found = [one for each in foresee([(n, 1) for n in names], str(target), base) for one in each]
    told: dict[str, list[Coming]] = {}
    for one in found:
        told.setdefault(one.name, []).append(one.coming)
    return told


def test_nothing_is_said_of_plain_names_and_an_empty_target(tmp_path: Path) -> None:
    assert said(tmp_path / "new", "d/a", "d/b/c", "d/empty/") == {}


def test_what_is_at_the_target_is_told(tmp_path: Path) -> None:
    (tmp_path / "d" / "folder").mkdir(parents=True)
    for name in ("there", "way"):
        (tmp_path / "d" / name).write_bytes(b"1")
    names = ("d/there", "d/folder", "d/way/deep/x", "d/way/", "d/folder/", "d/new")
    assert said(tmp_path, *names) == {
        "d/there": [Coming.EXISTS],
        "d/folder": [Coming.FOLDER_IN_THE_WAY],
        "d/way/deep/x": [Coming.FILE_IN_THE_WAY],
        "d/way/": [Coming.FILE_IN_THE_WAY],
    }


def test_names_that_cannot_be_as_they_are_get_others(tmp_path: Path) -> None:
    assert said(tmp_path, "d/../x", "d/x", "d//x", base="d/") == {
        "d/../x": [Coming.RENAMED],
        "d/x": [Coming.NUMBERED],
        "d//x": [Coming.NUMBERED],
    }


@pytest.mark.ui("8.2", "of two objects that lead to one path the second is numbered")
def test_names_alike_are_numbered_where_the_disk_takes_them_for_one(
    tmp_path: Path, monkeypatch
) -> None:
    names = ("d/A", "d/a", "d/caf\u00e9", "d/cafe\u0301")
    assert said(tmp_path, *names) == {}
    monkeypatch.setattr(foresight, "seems_to_fold", lambda folder: True)
    assert said(tmp_path, *names) == {"d/a": [Coming.NUMBERED], "d/cafe\u0301": [Coming.NUMBERED]}


def test_an_object_below_the_name_of_another_one_has_a_file_in_its_way(tmp_path: Path) -> None:
    assert said(tmp_path, "d/a", "d/a/b") == {"d/a/b": [Coming.FILE_IN_THE_WAY]}


def test_looking_leaves_the_target_as_it_was(tmp_path: Path) -> None:
    os.utime(tmp_path, (1, 1))
    said(tmp_path, "d/a")
    assert not seems_to_fold(str(tmp_path / "not" / "there"))
    assert tmp_path.stat().st_mtime == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.ui("8.3", "a folder or file in the way fails that object alone")
@pytest.mark.parametrize("existing", [one for one in Existing if one is not Existing.ASK])
def test_the_job_does_what_was_foreseen(
    engine, client, bucket: str, tmp_path: Path, existing: Existing
) -> None:
    names = ("d/a", "d/a/b", "d//two", "d/two", "d/there", "d/folder", "d/same")
    for name in names:
        client.put_object(bucket, name, name.encode())
    out = tmp_path / "out"
    (out / "d" / "folder").mkdir(parents=True)
    (out / "d" / "there").write_bytes(b"before")
    (out / "d" / "same").write_bytes(b"d/same")
    listed = [(one.name, one.size) for one in client.list_objects(bucket, prefix="d/").objects()]
    foreseen: dict[str, Foreseen] = {
        one.name: one for each in foresee(listed, str(out), "") for one in each
    }
    job = engine.get(bucket, out, prefixes=["d/"], existing=existing)
    engine.run(job)
    with closing(engine.reader()) as reader:
        objects = {row.name: row for row in reader.objects(job.job_id)}
    assert {name: one.coming for name, one in foreseen.items()} == {
        "d//two": Coming.RENAMED,
        "d/two": Coming.NUMBERED,
        "d/a/b": Coming.FILE_IN_THE_WAY,
        "d/there": Coming.EXISTS,
        "d/same": Coming.EXISTS,
        "d/folder": Coming.FOLDER_IN_THE_WAY,
    }
    for name in ("d//two", "d/two"):
        assert objects[name].path == foreseen[name].path
        assert Path(foreseen[name].path).read_bytes() == name.encode()
    for name in ("d/a/b", "d/folder"):
        assert objects[name].failure.code is FailureCode.IN_THE_WAY
    kept = existing is not Existing.REPLACE
    assert (out / "d" / "there").read_bytes() == (b"before" if kept else b"d/there")
    both = existing in (Existing.KEEP_BOTH, Existing.SKIP_SAME)
    assert (out / "d" / "there (2)").exists() == both
    skipped = objects["d/same"].state is ObjectState.SKIPPED
    assert skipped == (existing in (Existing.SKIP, Existing.SKIP_SAME))
