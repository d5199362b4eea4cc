"""What a look before an upload finds on the disk and in the bucket."""

from __future__ import annotations

from pathlib import Path

import pytest

from ds3_browser.gui import looking
from ds3_browser.gui.job_options import Counted
from ds3_browser.gui.looking import look
from ds3_browser.gui.places import Place
from ds3_browser.protocol.records import Versioning
from ds3_browser.transfer import conflicts
from ds3_browser.transfer.checks import Check
from ds3_browser.transfer.inspection import Inspection
from ds3_browser.transfer.plan import WalkOptions


@pytest.fixture
def source(tmp_path: Path) -> Path:
    made = tmp_path / "take 1"
    (made / "empty").mkdir(parents=True)
    (made / "a.bin").write_bytes(b"12345")
    return made


def looked(client, *paths: Path, prefix: str = "", **options: bool) -> Counted:
    nobody = ()
    place = Place("north", "archive", prefix)
    told: list[Counted] = []
    how = Inspection(WalkOptions(**options))
    return look(
        client, place, None, [str(path) for path in paths], how, lambda names: nobody, told.append
    )


def test_nothing_is_doubtful_about_new_files(client, bucket, source) -> None:
    found = looked(client, source)
    assert (found.objects, found.files, found.folders, found.size) == (2, 1, 1, 5)
    assert found.finished
    assert not found.doubtful


def test_a_name_that_is_there_is_found_with_what_the_policy_does(client, bucket, source) -> None:
    client.put_object(bucket, "day/take 1/a.bin", b"1")
    found = looked(client, source, prefix="day/")
    assert (found.present, found.versioning) == (1, Versioning.NONE)
    assert found.doubtful
    assert (found.of(Check.LIKE).number, found.of(Check.UNLIKE).number) == (
        0,
        1,
    )  # it has another size
    client.delete_object(bucket, "day/take 1/a.bin")
    client.put_object(bucket, "day/take 1/a.bin", (source / "a.bin").read_bytes())
    assert looked(client, source, prefix="day/").of(Check.LIKE).number == 1
    assert looked(client, source).present == 0


@pytest.mark.parametrize("each", [20, 0])
def test_files_chosen_one_by_one_are_compared_too(
    client, bucket, tmp_path, monkeypatch, each
) -> None:
    monkeypatch.setattr(conflicts, "ASK_EACH", each)
    for name in ("a", "ab", "c"):
        (tmp_path / name).write_bytes(b"x")
    client.put_object(bucket, "ab", b"1")
    client.put_object(bucket, "cc", b"1")
    assert looked(client, tmp_path / "a", tmp_path / "ab", tmp_path / "c").present == 1


def test_too_many_names_to_compare_are_a_doubt(client, bucket, source, monkeypatch) -> None:
    monkeypatch.setattr(looking, "MOST_COMPARED", 1)
    for name in ("x", "y"):
        client.put_object(bucket, f"take 1/{name}", b"1")
    found = looked(client, source)
    assert not found.compared
    assert found.doubtful


def test_more_files_than_can_be_listed_are_counted(client, bucket, source, monkeypatch) -> None:
    monkeypatch.setattr(looking, "MOST_LISTED", 2)
    for number in range(5):
        (source / f"f{number}").write_bytes(b"1")
        client.put_object(bucket, f"take 1/f{number}", b"12")
    of = looked(client, source).of(Check.UNLIKE)
    assert (of.number, [row.name for row in of.rows]) == (5, ["take 1/f0", "take 1/f1"])


def test_links_names_that_are_not_allowed_and_names_chosen_twice(
    client, bucket, source, tmp_path
) -> None:
    (source / "link").symlink_to(source / "a.bin")
    (source / "with\x01control").write_bytes(b"")
    other = tmp_path / "other" / "take 1"
    other.mkdir(parents=True)
    (other / "a.bin").write_bytes(b"12")
    found = looked(client, source, other)
    numbers = {check: of.number for check, of in found.checks.items()}
    assert found.links == 1
    assert numbers[Check.NOT_ALLOWED] == numbers[Check.TWICE] == 1
    assert looked(client, source, follow_links=True).links == 0


def test_a_file_that_is_gone_cannot_be_read(client, bucket, tmp_path) -> None:
    assert looked(client, tmp_path / "nowhere").of(Check.UNREADABLE).number == 1


def test_a_bucket_that_may_not_be_listed_is_no_doubt(client, bucket, source, simulator) -> None:
    simulator.faults.set("fail_next", [["GET /archive", 403, "AccessDenied", 5]])
    found = looked(client, source)
    assert not found.doubtful
    assert (found.listable, found.versioning) == (False, Versioning.NONE)


@pytest.mark.parametrize("versioning", [Versioning.KEEP_LATEST, None])
def test_where_a_name_may_be_replaced_unseen_a_person_looks_first(
    client, bucket, source, simulator, monkeypatch, versioning
) -> None:
    monkeypatch.setattr(looking.tasks, "versioning", lambda bucket, client: versioning)
    simulator.faults.set("fail_next", [["GET /archive", 403, "AccessDenied", 5]])
    assert looked(client, source).doubtful


def test_nothing_at_all_is_a_doubt(client, bucket, tmp_path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    assert looked(client, empty, keep_empty_folders=False).doubtful
