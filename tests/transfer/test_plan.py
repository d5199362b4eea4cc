"""Walks over real folders, and paths for names that mean no good."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ds3_browser.transfer.events import Failure, FailureCode
from ds3_browser.transfer.plan import (
    Item,
    Targets,
    WalkOptions,
    fitting,
    forbidden,
    numbered,
    safe_parts,
    walk,
)


def walked(*paths: Path, prefix: str = "", **options: bool) -> list[Item | Failure]:
    return list(walk([str(path) for path in paths], prefix, WalkOptions(**options)))


def names(found: list[Item | Failure]) -> list[str | None]:
    return [one.name for one in found]


def failed(found: list[Item | Failure]) -> dict[str | None, FailureCode]:
    return {one.name: one.code for one in found if isinstance(one, Failure)}


def test_files_and_folders_together_become_names_in_order(folder: Path) -> None:
    (folder / "b" / "deep").mkdir(parents=True)
    (folder / "b" / "deep" / "x").write_bytes(b"123")
    (folder / "b" / "a").touch()
    (folder / "single").write_bytes(b"1")
    found = walked(folder / "b", folder / "single", prefix="p/q/")
    assert names(found) == ["p/q/b/a", "p/q/b/deep/x", "p/q/single"]
    deep = found[1]
    assert isinstance(deep, Item)
    status = (folder / "b" / "deep" / "x").stat()
    assert (deep.path, deep.size) == (str(folder / "b" / "deep" / "x"), 3)
    assert deep.mtime_ns == status.st_mtime_ns


def test_an_empty_folder_is_an_object_of_its_own_unless_that_is_not_wanted(folder: Path) -> None:
    (folder / "x" / "empty").mkdir(parents=True)
    (found,) = walked(folder / "x")
    assert isinstance(found, Item)
    assert (found.name, found.size, found.is_folder) == ("x/empty/", 0, True)
    assert walked(folder / "x", keep_empty_folders=False) == []


def test_links_are_left_out_unless_they_are_followed(folder: Path) -> None:
    (folder / "x").mkdir()
    (folder / "x" / "file").write_bytes(b"1")
    (folder / "x" / "to-file").symlink_to(folder / "x" / "file")
    assert names(walked(folder / "x")) == ["x/file"]
    assert names(walked(folder / "x", follow_links=True)) == ["x/file", "x/to-file"]


def test_a_link_that_was_chosen_itself_is_meant(folder: Path) -> None:
    (folder / "file").write_bytes(b"12")
    (folder / "link").symlink_to(folder / "file")
    (found,) = walked(folder / "link")
    assert isinstance(found, Item)
    assert (found.name, found.size) == ("link", 2)


def test_links_that_lead_in_a_circle_end(folder: Path) -> None:
    (folder / "x" / "y").mkdir(parents=True)
    (folder / "x" / "y" / "up").symlink_to(folder / "x")
    (folder / "x" / "self").symlink_to(folder / "x" / "self")
    (folder / "x" / "file").touch()
    found = walked(folder / "x", follow_links=True)
    assert [n for n in names(found) if n not in failed(found)] == ["x/file"]
    assert failed(found) == {"x/self": FailureCode.UNREADABLE}


def test_what_cannot_be_read_or_is_gone_is_reported_and_the_rest_goes_on(folder: Path) -> None:
    (folder / "good").touch()
    os.mkfifo(folder / "pipe")
    found = walked(folder / "missing", folder)
    assert failed(found) == {
        "missing": FailureCode.VANISHED,
        f"{folder.name}/pipe": FailureCode.UNREADABLE,
    }
    assert f"{folder.name}/good" in names(found)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_files_and_folders_without_the_right_to_read_are_reported(folder: Path) -> None:
    (folder / "x" / "closed").mkdir(parents=True, mode=0)
    (folder / "x" / "secret").touch(mode=0)
    assert failed(walked(folder / "x")) == {
        "x/closed/": FailureCode.UNREADABLE,
        "x/secret": FailureCode.UNREADABLE,
    }


@pytest.mark.parametrize(
    ("raw", "rule"),
    [(b"bell\x07", "a control character"), (b"form\x0cfeed", "a control character")]
    + ([(b"latin-\xe9", "not UTF-8")] if sys.platform == "linux" else []),
)
def test_a_name_that_cannot_be_sent_is_left_out_with_its_rule(
    folder: Path, raw: bytes, rule: str
) -> None:
    os.close(os.open(os.path.join(os.fsencode(folder), raw), os.O_CREAT))
    (found,) = walked(folder)
    assert isinstance(found, Failure)
    assert (found.code, found.detail) == (FailureCode.NAME_NOT_ALLOWED, rule)


def test_a_name_may_have_tabs_and_ends_of_lines(folder: Path) -> None:
    odd = {"tab\there", "line\nbreak", "return\r", "delete\x7f", "next\x85line"}
    for name in odd:
        (folder / name).touch()
    found = walked(folder)
    assert failed(found) == {}
    assert set(names(found)) == {f"{folder.name}/{name}" for name in odd}


def test_a_name_of_more_than_1024_bytes_is_left_out(folder: Path) -> None:
    deep = folder / "/".join(["ä" * 100] * 5)
    deep.mkdir(parents=True)
    (deep / ("x" * 18)).touch()
    (deep / ("x" * 250)).touch()
    found = walked(folder / ("ä" * 100), prefix="")
    assert [isinstance(one, Failure) for one in found] == [False, True]


def test_folders_may_be_deeper_than_python_can_recurse(folder: Path) -> None:
    above = os.getcwd()
    os.chdir(folder)
    try:
        os.mkdir("d")
        os.chdir("d")
        for _ in range(480):
            os.mkdir("d")
            os.chdir("d")
        Path("file").touch()
    finally:
        os.chdir(above)
    assert names(walked(folder / "d")) == ["d/" * 481 + "file"]


def test_names_are_never_normalised(folder: Path) -> None:
    composed, decomposed = "\u00e9", "e\u0301"
    for name in (composed, decomposed):
        (folder / name).touch()
    assert set(names(walked(folder))) == {
        f"{folder.name}/{composed}",
        f"{folder.name}/{decomposed}",
    }


def test_system_files_are_left_out_on_demand(folder: Path) -> None:
    for name in (".DS_Store", "._x", "Thumbs.db", ".keep"):
        (folder / name).touch()
    assert names(walked(folder, skip_system_files=True)) == [f"{folder.name}/.keep"]


def test_the_walk_can_be_stopped_between_two_files(folder: Path) -> None:
    for number in range(100):
        (folder / str(number)).touch()
    looked = 0

    class Stop(Exception):
        pass

    def check() -> None:
        nonlocal looked
        looked += 1
        if looked == 10:
            raise Stop

    with pytest.raises(Stop):
        list(walk([str(folder)], "", WalkOptions(), check))
    assert looked == 10


@given(st.text(min_size=1))
def test_an_allowed_name_is_utf8_of_at_most_1024_bytes_and_xml_can_carry_it(
    name: str,
) -> None:
    if forbidden(name) is None:
        encoded = name.encode("utf-8")
        assert len(encoded) <= 1024
        assert not {".", ".."} & set(name.split("/"))
        assert not any(ord(c) < 32 and c not in "\t\n\r" for c in name)


# --- names to paths

_parts = st.one_of(
    st.sampled_from([".", "..", "", "C:", "con", "NUL.txt", "a", "A", "...", " ", "x:y", "\\"]),
    st.text(max_size=300),
)
_names = st.lists(_parts, min_size=1, max_size=6).map("/".join)


@pytest.mark.checklist("K C-124: no name leads out of the target")
@given(st.lists(_names, max_size=20), st.booleans(), st.sampled_from(["", "a/", "../", "/"]))
def test_no_name_leads_out_of_the_target_and_no_two_to_one_path(
    hostile: list[str], folds: bool, base: str
) -> None:
    targets = Targets("/t/target", base, folds=folds)
    files = [targets.path_for(n) for n in dict.fromkeys(hostile) if not n.endswith("/")]
    for path in files:
        assert path.startswith("/t/target/")
        assert os.path.normpath(path) == path
        assert "\x00" not in path
        assert all(len(os.fsencode(part)) <= 255 for part in path.split("/"))
    keys = [path.casefold() if folds else path for path in files]
    assert len(set(keys)) == len(keys)


@pytest.mark.checklist("K C-124: drive letters and reserved names of Windows are replaced")
@given(_names)
def test_windows_parts_name_no_device_drive_or_stream(name: str) -> None:
    for part in safe_parts(name, windows=True):
        assert part
        assert part[-1] not in " ."
        assert not set('<>:"/\\|?*') & set(part)
        assert part.split(".")[0].upper().rstrip() not in {"CON", "PRN", "AUX", "NUL", "COM1"}


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("../../etc/passwd", ["etc", "passwd"]),
        ("/absolute", ["absolute"]),
        ("a//b/./c", ["a", "b", "c"]),
        ("C:/x", ["C:", "x"]),
    ],
)
def test_climbing_and_empty_parts_are_dropped(name: str, parts: list[str]) -> None:
    assert safe_parts(name, windows=False) == parts


def test_the_second_of_two_names_for_one_path_is_numbered_before_its_extension() -> None:
    targets = Targets("/t", "p/", folds=True)
    given = ["p/a.txt", "p/A.TXT", "p//a.txt", "p/\u00e9", "p/e\u0301"]
    assert [targets.path_for(name) for name in given] == [
        *("/t/a.txt", "/t/A (2).TXT", "/t/a (3).txt", "/t/\u00e9", "/t/e\u0301 (2)")
    ]


def test_where_the_disk_tells_cases_apart_nothing_is_numbered() -> None:
    targets = Targets("/t", "", folds=False)
    assert [targets.path_for(name) for name in ("a", "A")] == ["/t/a", "/t/A"]


def test_a_folder_name_leads_to_the_folder_and_the_base_itself_to_the_target() -> None:
    targets = Targets("/t", "p/", folds=False)
    assert targets.path_for("p/x/") == "/t/x"
    assert targets.path_for("p/").rstrip("/") == "/t"


@given(st.text(min_size=1, max_size=400), st.integers(2, 10_000))
def test_a_numbered_name_fits_and_differs(name: str, number: int) -> None:
    name = fitting(name.replace("/", "_").replace("\x00", "_"))
    again = os.path.basename(numbered(f"/t/{name}", number))
    assert again != name
    assert len(os.fsencode(again)) <= 255


def test_a_long_name_is_cut_before_its_extension_between_letters() -> None:
    cut = fitting("\u00e9" * 200 + ".tar")
    assert cut.endswith("\u00e9.tar")
    assert 253 <= len(cut.encode()) <= 255
