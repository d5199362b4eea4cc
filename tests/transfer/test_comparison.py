"""Files and objects side by side, and what is told of each name."""

from __future__ import annotations

import os
import tempfile
import unicodedata
from array import array
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ds3_browser.protocol.errors import BadReply, ConnectionLost, Unreachable
from ds3_browser.protocol.records import Listing, Owner
from ds3_browser.transfer.checks import There
from ds3_browser.transfer.checksum import PIECE
from ds3_browser.transfer.comparison import (
    Here,
    compare,
    compare_bytes,
    files_below,
    side_by_side,
)
from ds3_browser.transfer.comparison_records import Chosen, Pair, Proof, Row, Verdict, Why
from ds3_browser.transfer.comparison_rows import ComparisonRows
from ds3_browser.transfer.errors import LocalFileError
from ds3_browser.transfer.events import FailureCode
from tests.transfer.scenes import write

LATER = 4_000_000_000.0


@pytest.fixture
def rows() -> Iterator[ComparisonRows]:
    made = ComparisonRows()
    yield made
    made.close()


def run(client, bucket: str, rows: ComparisonRows, *pairs: Pair) -> dict[str, Row]:
    from functools import partial

    compare(partial(client.list_objects, bucket), pairs, rows, lambda: None)
    return {row.name: row for row in rows.all()}


def read_bytes(client, bucket: str, rows: ComparisonRows) -> dict[str, Row]:
    compare_bytes(client, bucket, rows, lambda files, size: None)
    return {row.name: row for row in rows.all()}


def counted(rows: ComparisonRows) -> dict[Verdict, int]:
    return {verdict: of.names for verdict, of in rows.sums().items() if of.names}


def age(*paths: Path) -> None:
    """Files as they are when they were written long before they were sent."""
    for path in paths:
        os.utime(path, (1_600_000_000, 1_600_000_000))


@pytest.fixture
def both(client, bucket: str, folder: Path) -> Path:
    """A folder and what is below `in/`: two the same, two that differ, one here and two there."""
    write(folder, same=10, **{"sub/same": 20, "differs": 5, "sub/newer": 7, "here": 3})
    for name in ("same", "sub/same"):
        client.put_object(bucket, f"in/{name}", (folder / name).read_bytes())
    client.put_object(bucket, "in/differs", b"another size")
    client.put_object(bucket, "in/sub/newer", b"x" * 7)
    client.put_object(bucket, "in/sub/there", b"12")
    client.put_object(bucket, "in/there", b"123")
    client.put_object(bucket, "other", b"not below the folder")
    age(*(folder / name for name in ("same", "sub/same", "differs", "here")))
    os.utime(folder / "sub/newer", (LATER, LATER))
    return folder


def test_each_name_has_its_verdict(client, bucket: str, both: Path, rows) -> None:
    found = run(client, bucket, rows, Pair(str(both), "in/"))
    assert {name: (row.verdict, row.why) for name, row in found.items()} == {
        "in/differs": (Verdict.DIFFERS, Why.SIZE),
        "in/here": (Verdict.ONLY_HERE, None),
        "in/same": (Verdict.SAME, None),
        "in/sub/newer": (Verdict.DIFFERS, Why.NEWER),
        "in/sub/same": (Verdict.SAME, None),
        "in/sub/there": (Verdict.ONLY_THERE, None),
        "in/there": (Verdict.ONLY_THERE, None),
    }
    assert list(found) == sorted(found)
    differing = found["in/differs"]
    assert (differing.here, differing.there) == (5, 12)
    assert differing.path == str(both / "differs")
    sums = rows.sums()
    assert (sums[Verdict.ONLY_THERE].names, sums[Verdict.ONLY_THERE].there) == (2, 5)
    assert sums[Verdict.SAME].here == 30


def test_nothing_is_read_from_tape(client, bucket: str, both: Path, rows, simulator) -> None:
    before = simulator.counters()
    run(client, bucket, rows, Pair(str(both), "in/"))
    read_bytes(client, bucket, rows)
    asked = {
        what: number - before.get(what, 0)
        for what, number in simulator.counters().items()
        if what.startswith("requests") and number != before.get(what)
    }
    heads, pages = 3, 1
    assert asked == {
        "requests GET": pages,
        "requests GET bucket": pages,
        "requests HEAD": heads,
        "requests HEAD object": heads,
    }
    assert not client.list_jobs()


def test_bytes_are_compared_by_the_checksums_of_the_appliance(
    client, bucket: str, both: Path, rows
) -> None:
    (both / "sub/newer").write_bytes(b"x" * 7)
    os.utime(both / "sub/newer", (LATER, LATER))
    (both / "same").write_bytes(b"y" * 10)
    age(both / "same")
    run(client, bucket, rows, Pair(str(both), "in/"))
    left = rows.left_to_read()
    assert (left.files, left.size) == (3, 37)
    found = read_bytes(client, bucket, rows)
    verdicts = {name: (row.verdict, row.why, row.proof) for name, row in found.items()}
    assert verdicts["in/sub/newer"] == (Verdict.SAME, None, Proof.CHECKSUM)
    assert verdicts["in/sub/same"] == (Verdict.SAME, None, Proof.CHECKSUM)
    assert verdicts["in/same"] == (Verdict.DIFFERS, Why.BYTES, Proof.CHECKSUM)
    assert counted(rows)[Verdict.SAME] == 2
    assert rows.left_to_read().files == 0


def test_a_comparison_of_bytes_goes_on_where_it_was_left(
    client, bucket: str, both: Path, rows
) -> None:
    run(client, bucket, rows, Pair(str(both), "in/"))
    told = list[tuple[int, int]]()

    def broken(files: int, size: int) -> None:
        told.append((files, size))
        if files:
            raise ConnectionLost("cut off", Unreachable.RESET)

    with pytest.raises(ConnectionLost):
        compare_bytes(client, bucket, rows, broken)
    assert rows.left_to_read().files >= 2
    left = rows.left_to_read()
    told.clear()
    compare_bytes(client, bucket, rows, lambda files, size: told.append((files, size)))
    assert told[-1] == (left.files, left.size)
    assert rows.left_to_read().files == 0


def test_large_files_are_told_piece_by_piece_and_many_are_read_at_once(
    client, bucket: str, folder: Path, rows
) -> None:
    write(folder, big=5 * PIECE + 7, **{f"f{n:02}": 9 for n in range(30)})
    for path in folder.iterdir():
        client.put_object(bucket, f"in/{path.name}", path.read_bytes())
    age(*folder.iterdir())
    run(client, bucket, rows, Pair(str(folder), "in/"))
    told = list[tuple[int, int]]()
    compare_bytes(client, bucket, rows, lambda files, size: told.append((files, size)))
    assert told == sorted(told)
    assert told[-1] == (31, 5 * PIECE + 7 + 270)
    assert len({size for _, size in told if size}) >= 35
    assert rows.sums()[Verdict.SAME].names == 31
    assert rows.left_to_read().compared == 31


def test_a_file_that_changes_while_it_is_read_is_not_compared(
    client, bucket: str, both: Path, rows
) -> None:
    run(client, bucket, rows, Pair(str(both), "in/"))
    write(both, same=11)
    (both / "sub/same").unlink()
    client.delete_object(bucket, "in/sub/newer")
    found = read_bytes(client, bucket, rows)
    not_compared = {n: r.why for n, r in found.items() if r.verdict is Verdict.NOT_COMPARED}
    assert not_compared == {
        "in/same": Why.CHANGED,
        "in/sub/newer": Why.GONE,
        "in/sub/same": Why.UNREADABLE,
    }


def test_a_pipe_in_a_files_place_holds_nothing_up(client, bucket: str, both: Path, rows) -> None:
    run(client, bucket, rows, Pair(str(both), "in/"))
    (both / "same").unlink()
    os.mkfifo(both / "same")
    assert read_bytes(client, bucket, rows)["in/same"].why is Why.CHANGED


def test_links_are_told_and_not_followed(client, bucket: str, folder: Path, rows) -> None:
    write(folder, file=4, **{"real/x": 3})
    (folder / "link").symlink_to("real")
    (folder / "dead").symlink_to("nowhere")
    for name in ("link/x", "link.txt", "real/x"):
        client.put_object(bucket, f"in/{name}", b"abc")
    age(folder / "real/x")
    found = run(client, bucket, rows, Pair(str(folder), "in/"))
    assert (found["in/link"].verdict, found["in/link"].why) == (Verdict.NOT_COMPARED, Why.LINK)
    assert found["in/dead"].why is Why.LINK
    # What is below a folder that nobody looked into is not missing here.
    assert (found["in/link/x"].verdict, found["in/link/x"].why) == (Verdict.NOT_COMPARED, Why.LINK)
    assert found["in/link.txt"].verdict is Verdict.ONLY_THERE
    assert found["in/real/x"].verdict is Verdict.SAME


def test_a_folder_that_cannot_be_read_says_nothing_of_what_is_there(
    client, bucket: str, folder: Path, rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folder, **{"closed/x": 3, "open/x": 3})
    for name in ("closed/x", "closed/y", "open/y"):
        client.put_object(bucket, f"in/{name}", b"abc")
    scan = os.scandir

    def refused(path: str) -> object:
        if os.path.basename(path) == "closed":
            raise PermissionError(13, "Permission denied", path)
        return scan(path)

    monkeypatch.setattr(os, "scandir", refused)
    found = run(client, bucket, rows, Pair(str(folder), "in/"))
    assert {n: (r.verdict, r.why) for n, r in found.items()} == {
        "in/closed/": (Verdict.NOT_COMPARED, Why.UNREADABLE),
        "in/closed/x": (Verdict.NOT_COMPARED, Why.UNREADABLE),
        "in/closed/y": (Verdict.NOT_COMPARED, Why.UNREADABLE),
        "in/open/x": (Verdict.ONLY_HERE, None),
        "in/open/y": (Verdict.ONLY_THERE, None),
    }
    assert found["in/closed/x"].detail == "Permission denied"


def test_a_folder_that_is_not_there_is_told_and_not_taken_for_an_empty_one(
    client, bucket: str, folder: Path, rows
) -> None:
    client.put_object(bucket, "in/x", b"abc")
    with pytest.raises(LocalFileError) as told:
        run(client, bucket, rows, Pair(str(folder / "gone"), "in/"))
    assert told.value.code is FailureCode.VANISHED


def test_empty_folders_are_objects_and_full_ones_are_not(
    client, bucket: str, folder: Path, rows
) -> None:
    for name in ("empty", "kept", "full"):
        (folder / name).mkdir()
    write(folder, **{"full/x": 1})
    age(folder / "full/x")
    client.put_object(bucket, "in/kept/", b"")
    client.put_object(bucket, "in/full/", b"")
    client.put_object(bucket, "in/full/x", b"1")
    client.put_object(bucket, "in/gone/", b"")
    client.put_object(bucket, "in/", b"")
    found = run(client, bucket, rows, Pair(str(folder), "in/"))
    assert {name: row.verdict for name, row in found.items()} == {
        "in/empty/": Verdict.ONLY_HERE,
        "in/full/": Verdict.SAME,
        "in/full/x": Verdict.SAME,
        "in/gone/": Verdict.ONLY_THERE,
        "in/kept/": Verdict.SAME,
    }
    assert rows.to_upload(["in/"], lambda: None) == [str(folder / "empty")]


def test_names_that_differ_in_case_or_form_alone_are_told_as_such(
    client, bucket: str, folder: Path, rows
) -> None:
    composed, taken_apart = "caf\u00e9", unicodedata.normalize("NFD", "caf\u00e9")
    write(folder, **{"Clip.mov": 3, composed: 3, "plain": 3})
    client.put_object(bucket, "in/clip.mov", b"abc")
    client.put_object(bucket, f"in/{taken_apart}", b"abc")
    found = run(client, bucket, rows, Pair(str(folder), "in/"))
    here, there = found["in/Clip.mov"], found["in/clip.mov"]
    assert (here.verdict, here.why, here.other) == (
        Verdict.ONLY_HERE,
        Why.ALIKE,
        "in/clip.mov",
    )
    assert (there.verdict, there.why, there.other) == (
        Verdict.ONLY_THERE,
        Why.ALIKE,
        "in/Clip.mov",
    )
    assert found[f"in/{composed}"].other == f"in/{taken_apart}"
    assert found["in/plain"].why is None


def test_names_that_no_object_can_have_are_not_offered(
    client, bucket: str, folder: Path, rows
) -> None:
    write(folder, good=1)
    (folder / "bell\a").write_bytes(b"1")
    raw = os.path.join(os.fsencode(folder), b"caf\xe9")
    with open(raw, "wb") as file:
        file.write(b"1")
    run(client, bucket, rows, Pair(str(folder), "in/"))
    why = {row.path: row.why for row in rows.all()}
    assert why[os.fsdecode(raw)] is Why.NOT_ALLOWED
    assert why[str(folder / "bell\a")] is Why.NOT_ALLOWED
    assert rows.to_upload(["in/"], lambda: None) == [str(folder / "good")]


def test_one_file_is_compared_with_one_object_of_another_name(
    client, bucket: str, folder: Path, rows
) -> None:
    write(folder, mine=9)
    age(folder / "mine")
    client.put_object(bucket, "in/theirs", (folder / "mine").read_bytes())
    client.put_object(bucket, "in/theirs too", b"x")
    run(client, bucket, rows, Pair(str(folder / "mine"), "in/theirs"))
    (row,) = read_bytes(client, bucket, rows).values()
    assert (row.verdict, row.proof) == (Verdict.SAME, Proof.CHECKSUM)


@pytest.mark.parametrize("number", [3, 40])
def test_what_is_selected_is_compared_and_nothing_beside_it(
    client, bucket: str, folder: Path, rows, number: int
) -> None:
    write(folder, **{f"f{n:02}": 2 for n in range(number)}, beside=2, **{"d/x": 2, "e/x": 2})
    for n in range(1, number):
        client.put_object(bucket, f"in/f{n:02}", b"12")
    client.put_object(bucket, "in/d/y", b"12")
    client.put_object(bucket, "in/e/x", b"12")
    age(*(folder / f"f{n:02}" for n in range(number)))
    pairs = [Pair(str(folder / f"f{n:02}"), f"in/f{n:02}") for n in range(number)]
    pairs += [Pair(str(folder / "d"), "in/d/"), Pair(str(folder / "lost"), "in/lost")]
    found = run(client, bucket, rows, *pairs)
    assert set(found) == {*(f"in/f{n:02}" for n in range(number)), "in/d/x", "in/d/y"}
    assert counted(rows) == {
        Verdict.SAME: number - 1,
        Verdict.ONLY_HERE: 2,
        Verdict.ONLY_THERE: 1,
    }


def test_whole_folders_are_offered_instead_of_what_they_hold(
    client, bucket: str, folder: Path, rows
) -> None:
    write(
        folder,
        a=1,
        **{"new/1": 1, "new/deep/2": 1, "mixed/3": 1, "mixed/new/4": 1, "mixed/new/5": 1},
    )
    client.put_object(bucket, "in/mixed/there", b"x")
    run(client, bucket, rows, Pair(str(folder), "in/"))
    paths = [os.path.relpath(path, folder) for path in rows.to_upload(["in/"], lambda: None)]
    assert paths == ["a", "mixed/3", "mixed/new", "new"]


def test_whole_folders_that_are_only_there_are_told_by_their_names(
    client, bucket: str, folder: Path, rows
) -> None:
    write(folder, **{"mixed/here": 1})
    for name in ("a", "new/1", "new/deep/2", "mixed/3", "mixed/new/4", "mixed/new/5", "made/"):
        client.put_object(bucket, f"in/{name}", b"" if name.endswith("/") else b"x")
    run(client, bucket, rows, Pair(str(folder), "in/"))
    assert rows.to_download(["in/"], lambda: None) == [
        *("in/a", "in/made/", "in/mixed/3", "in/mixed/new/", "in/new/"),
    ]
    # Of objects that were selected alone nobody knows what stands beside them.
    assert rows.to_download([], lambda: None) == [
        *("in/a", "in/made/", "in/mixed/3", "in/mixed/new/4", "in/mixed/new/5"),
        *("in/new/1", "in/new/deep/2"),
    ]


def test_a_folder_of_which_files_were_selected_alone_is_not_offered_whole(
    client, bucket: str, folder: Path, rows
) -> None:
    write(folder, **{"d/1": 1, "d/2": 1})
    client.put_object(bucket, "in/x", b"1")
    run(client, bucket, rows, Pair(str(folder / "d/1"), "in/d/1"))
    assert rows.to_upload([], lambda: None) == [str(folder / "d/1")]


def test_rows_are_chosen_by_verdict_and_by_what_is_in_their_names(
    client, bucket: str, both: Path, rows
) -> None:
    run(client, bucket, rows, Pair(str(both), "in/"))
    some = Chosen(frozenset({Verdict.SAME, Verdict.ONLY_THERE}), "SUB/")
    assert [row.name for row in rows.page(some, 0, 10)] == ["in/sub/there", "in/sub/same"]
    assert [row.name for row in rows.page(some, 1, 10)] == ["in/sub/same"]
    assert rows.count(some) == 2
    assert rows.count(Chosen()) == 7


def test_an_object_that_is_still_being_uploaded_is_not_compared(folder: Path, rows) -> None:
    write(folder, begun=0)
    page = listing(("in/begun", 0), ("in/too", 0), modified=float("nan"))
    compare(lambda **how: page, [Pair(str(folder), "in/")], rows, lambda: None)
    found = {row.name: (row.verdict, row.why) for row in rows.all()}
    assert found == {
        "in/begun": (Verdict.NOT_COMPARED, Why.UPLOADING),
        "in/too": (Verdict.ONLY_THERE, Why.UPLOADING),
    }


def test_a_listing_in_no_order_is_told_and_not_believed(folder: Path, rows) -> None:
    page = listing(("in/b", 1), ("in/a", 1))
    with pytest.raises(BadReply):
        compare(lambda **how: page, [Pair(str(folder), "in/")], rows, lambda: None)


def test_a_comparison_can_be_stopped_at_any_name(client, bucket: str, both: Path, rows) -> None:
    class Stopped(Exception):
        pass

    def stop() -> None:
        raise Stopped

    with pytest.raises(Stopped):
        compare(lambda **how: listing(), [Pair(str(both), "in/")], rows, stop)


def listing(*objects: tuple[str, int], modified: float = LATER) -> Listing:
    names = [name for name, _ in objects]
    n = len(names)
    return Listing(
        *("archive", None, None, None, None, None, False, None, ()),
        names,
        array("q", (size for _, size in objects)),
        array("d", [modified] * n),
        [None] * n,
        [Owner(None, None)] * n,
        [None] * n,
        [True] * n,
    )


# --- any folder, any listing ---------------------------------------------------------------------

PARTS = st.text(st.sampled_from("ab.-/0Zé\U0001f600\uffee"), min_size=1, max_size=6)
NAMES = st.dictionaries(PARTS, st.integers(0, 2), max_size=12)


@given(NAMES, NAMES)
def test_side_by_side_is_what_sets_say(here: dict[str, int], there: dict[str, int]) -> None:
    pairs = list(
        side_by_side(
            [Here(name, name, here[name]) for name in sorted(here)],
            [There(name, there[name], 0.0) for name in sorted(there)],
        )
    )
    assert [(a or b).name for a, b in pairs] == sorted(here.keys() | there.keys())  # type: ignore[union-attr]
    assert {a.name for a, b in pairs if a and b} == here.keys() & there.keys()
    assert {a.name for a, b in pairs if a and not b} == here.keys() - there.keys()


FILE_NAMES = st.lists(
    st.text(st.sampled_from("ab.-0Z~é\U0001f600\uffee\udce9"), min_size=1, max_size=3).filter(
        lambda part: part not in (".", "..")
    ),
    min_size=1,
    max_size=4,
).map("/".join)


@settings(max_examples=60, deadline=None)
@given(st.sets(FILE_NAMES, max_size=12), st.sets(FILE_NAMES, max_size=12))
def test_any_folder_and_any_listing_come_to_what_they_hold(
    files: set[str], objects: set[str]
) -> None:
    objects = {name for name in objects if "\udce9" not in name}
    with tempfile.TemporaryDirectory() as folder:
        made = {name for name in sorted(files) if _made(folder, name)}
        walked = [one.name for one in files_below(folder, "in/", lambda: None)]
        assert walked == sorted(walked)
        assert {name for name in walked if not name.endswith("/")} == {f"in/{n}" for n in made}
        rows = ComparisonRows()
        page = listing(*((f"in/{name}", 1) for name in sorted(objects)))
        compare(lambda **how: page, [Pair(folder, "in/")], rows, lambda: None)
        sums = rows.sums()
        assert sums[Verdict.SAME].names == len(made & objects)
        assert sums[Verdict.ONLY_HERE].names == len(made - objects)
        assert sums[Verdict.ONLY_THERE].names == len(objects - made)
        assert rows.count(Chosen()) == len(made | objects)
        chosen = rows.to_upload(["in/"], lambda: None)
        assert _files_at(chosen) == {
            os.path.join(folder, name) for name in made - objects if "\udce9" not in name
        } or any("\udce9" in name for name in made)
        rows.close()


def _made(folder: str, name: str) -> bool:
    path = os.path.join(folder, name)
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "xb") as file:
            file.write(b"1")
    except (FileExistsError, NotADirectoryError, IsADirectoryError):
        return False
    return True


def _files_at(paths: list[str]) -> set[str]:
    found = {path for path in paths if os.path.isfile(path)}
    for path in paths:
        found |= {os.path.join(above, name) for above, _, names in os.walk(path) for name in names}
    return found
