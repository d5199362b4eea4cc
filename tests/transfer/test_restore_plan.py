"""Where a download's objects are, before there is one; and what of it is left out."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from ds3_browser.protocol.client import Ds3Client
from ds3_browser.protocol.errors import AccessDenied, Refusal
from ds3_browser.protocol.records import Blob, Order, PlacedBlob, Placement, PutItem
from ds3_browser.simulator.seeding import Seed
from ds3_browser.simulator.server import Simulator
from ds3_browser.transfer import restore_plan
from ds3_browser.transfer.events import FailureCode, JobEnded, ObjectState, Outcome
from ds3_browser.transfer.get import GetSpec
from ds3_browser.transfer.placing import Medium
from ds3_browser.transfer.restore_plan import Alike, Amount, Chosen, RestorePlan, Where, look
from ds3_browser.transfer.tapes import TapeFacts
from tests.transfer.conftest import Engine

ALL = frozenset[str]()
SHELF = "Vault 2, shelf 4"


@pytest.fixture
def client(endpoint, credentials) -> Iterator[Ds3Client]:
    with closing(Ds3Client(endpoint, credentials)) as client:
        yield client


@pytest.fixture
def archive(simulator: Simulator, client: Ds3Client) -> tuple[list[str], list[str]]:
    """In `archive` 5 objects on two ejected tapes, 20 on two in the library, and one in cache."""
    simulator.seed(Seed("archive", 5, size=100, prefix="old/"))
    (old,) = client.placements("archive", ["old/object-0000000"])
    first, second = sorted(old.placement.tapes)
    simulator.faults.set(
        "eject_tape", [{"barcode": first, "label": "OLD A", "location": SHELF}, second]
    )
    simulator.seed(Seed("archive", 20, size=10, prefix="new/"))
    (new,) = client.placements("archive", ["new/object-0000000"])
    job = client.start_put_job("archive", [PutItem("cached", 7)], name="c")
    client.put_object("archive", "cached", b"1234567", job_id=job.job_id, offset=0)
    return [first, second], sorted(new.placement.tapes)


def planned(client: Ds3Client, chosen: Chosen) -> RestorePlan:
    return look(client, chosen, lambda plan: None)


WHOLE = Chosen("archive", prefixes=("",))


def test_where_the_data_is_is_told_each_object_once(client, archive) -> None:
    plan = planned(client, WHOLE)
    assert (plan.objects, plan.size, plan.listed, plan.looked_at) == (26, 707, True, 26)
    assert plan.finished
    assert plan.amount(Where.CACHE) == Amount(1, 7, 0)
    assert plan.amount(Where.LIBRARY) == Amount(20, 200, 1)
    assert plan.amount(Where.EJECTED) == Amount(5, 500, 1)
    assert plan.amount(Where.DISK) == plan.amount(Where.UNKNOWN) == Amount()


def test_the_tapes_to_read_are_told_the_ejected_ones_last(client, archive) -> None:
    (gone, _), (here, _) = archive
    first, last = planned(client, WHOLE).rows(ALL)
    assert (first.tape.barcode, first.objects, first.size) == (here, 20, 200)
    assert first.tape.ejected is False
    assert first.tape.partition
    assert (last.tape.barcode, last.objects, last.size) == (gone, 5, 500)
    assert (last.tape.ejected, last.tape.eject_location, last.tape.eject_label) == (
        *(True, SHELF),
        "OLD A",
    )


def test_a_tape_that_is_not_read_gives_its_objects_to_another_copy(client, archive) -> None:
    (gone, gone_too), (here, other) = archive
    plan = planned(client, WHOLE)
    without = frozenset({here})
    assert plan.left_out(without) == Amount()
    rows = {row.tape.barcode: row for row in plan.rows(without)}
    assert (rows[here].objects, rows[here].left_out) == (0, True)
    assert (rows[other].objects, rows[other].left_out) == (20, False)
    without = frozenset({gone, gone_too, here, other})
    assert plan.left_out(without) == Amount(25, 700)
    assert {row.tape.barcode: row.objects for row in plan.rows(without)} == {here: 20, gone: 5}


def test_bytes_of_a_folders_own_object_are_in_no_amount_because_none_are_fetched(
    client, bucket
) -> None:
    client.put_object(bucket, "d/", b"1234567")
    client.put_object(bucket, "d/a", b"123")
    plan = planned(client, Chosen(bucket, prefixes=("d/",)))
    assert (plan.objects, plan.size) == (2, 3)
    assert sum(plan.amount(where).size for where in Where) == plan.size


def test_objects_and_folders_that_overlap_are_counted_once(client, archive) -> None:
    names = (("new/object-0000003", 10), ("cached", 7))
    plan = planned(client, Chosen("archive", names, ("new/",)))
    assert (plan.objects, plan.size, plan.looked_at) == (21, 207, 21)


def test_of_a_name_the_version_that_is_meant_is_looked_up(client, simulator, monkeypatch) -> None:
    asked = []
    placements = client.placements

    def watched(bucket, items):
        asked.extend((item.name, item.version_id) for item in items)
        return placements(bucket, items)

    monkeypatch.setattr(client, "placements", watched)
    simulator.seed(Seed("archive", 1))
    (found,) = client.find_objects(bucket="archive", name="object-0000000")
    plan = planned(client, Chosen("archive", ((found.name, 4096),), (), {found.name: found.id}))
    assert asked == [(found.name, found.id)]
    assert plan.amount(Where.LIBRARY).objects == 1


def test_a_size_that_was_not_known_is_learned(client, archive) -> None:
    plan = planned(client, Chosen("archive", (("cached", None), ("new/object-0000000", None))))
    assert plan.size == 17


def test_a_tape_with_other_copies_all_ejected_says_so(client, archive, simulator) -> None:
    _, (here, other) = archive
    simulator.faults.set("eject_tape", [*archive[0], other])
    (row,) = [row for row in planned(client, WHOLE).rows(ALL) if row.tape.barcode == here]
    assert row.others_ejected
    assert planned(client, WHOLE).amount(Where.LIBRARY).objects == 20


def test_where_places_may_not_be_told_the_plan_says_so(client, archive, simulator) -> None:
    simulator.faults.set("fail_next", [["PUT /_rest_/bucket/*", 403, "AccessDenied", 1]])
    plan = planned(client, WHOLE)
    assert isinstance(plan.refused, AccessDenied)
    assert (plan.objects, plan.looked_at, plan.finished) == (26, 0, True)


def test_without_the_right_to_look_at_tapes_they_are_told_by_barcode(
    client, archive, simulator
) -> None:
    simulator.faults.set("fail_next", [["GET /_rest_/tape/*", 403, "AccessDenied", 99]])
    plan = planned(client, WHOLE)
    assert plan.amount(Where.EJECTED) == Amount()
    assert plan.amount(Where.LIBRARY) == Amount(25, 700, 2)
    assert {row.tape.ejected for row in plan.rows(ALL)} == {None}


def test_parts_of_an_object_may_each_need_a_tape_of_their_own() -> None:
    """Three objects in two parts, of which one part is on A alone, the other on B or C."""
    tapes = {code: TapeFacts(code, ejected=code == "B") for code in "ABC"}
    alike = (Alike(Medium.TAPE, (("A",), ("B", "C")), 3, 90, (30, 60)),)
    plan = RestorePlan(3, 90, alike=alike, tapes=tapes)
    assert plan.amount(Where.LIBRARY) == Amount(3, 90, 2)
    rows = {row.tape.barcode: (row.objects, row.size) for row in plan.rows(ALL)}
    assert rows == {"A": (3, 30), "C": (0, 60)}
    assert plan.left_out({"A"}) == Amount(3, 90)
    assert plan.left_out({"C"}) == Amount()
    assert plan.left_out({"B", "C"}) == Amount(3, 90)
    gone = replace(plan, tapes=tapes | {"A": TapeFacts("A", ejected=True)})
    assert gone.amount(Where.EJECTED) == Amount(3, 90, 2)


class Enough(Exception):
    pass


class Large:
    """An appliance with very many objects, that names them as they are asked for."""

    def __init__(self, objects: int) -> None:
        self._objects = objects

    def list_pages(self, bucket, *, prefix):
        for begin in range(0, self._objects, 1000):
            names = [f"folder/object-{n:07}" for n in range(begin, begin + 1000)]
            yield SimpleNamespace(names=names, sizes=[10] * len(names))

    def placements(self, bucket, items):
        return tuple(
            PlacedBlob(Blob(item.name, 0, 10, False, None), Placement(("A", "B"), (), ()))
            for item in items
        )

    def tape(self, code):
        raise AccessDenied(Refusal("GET", "/_rest_/tape", 403))


@pytest.mark.parametrize(("objects", "lists"), [(2000, 1), (20_000, 1), (21_000, 2)])
def test_what_is_waited_for_is_listed_once(objects: int, lists: int, monkeypatch) -> None:
    """More than that is not held in memory."""
    monkeypatch.setattr(restore_plan, "CALL_EVERY_S", 0.0)
    asked: list[str] = []
    appliance = Large(objects)
    pages = appliance.list_pages

    def list_pages(bucket, *, prefix):
        asked.append(prefix)
        return pages(bucket, prefix=prefix)

    monkeypatch.setattr(appliance, "list_pages", list_pages)
    plan = look(appliance, WHOLE, lambda plan: None)  # type: ignore[arg-type]
    assert (plan.objects, plan.looked_at) == (objects, objects)
    assert len(asked) == lists


def test_very_many_objects_are_looked_up_in_little_memory(monkeypatch) -> None:
    monkeypatch.setattr(restore_plan, "CALL_EVERY_S", 0.0)
    monkeypatch.setattr(restore_plan, "TELL_EVERY_S", 0.0)
    so_far: list[int] = []
    tracemalloc.start()
    try:
        plan = look(
            Large(48_000),  # type: ignore[arg-type] # all that is asked of one
            WHOLE,
            lambda plan: so_far.append(plan.looked_at),
        )
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (plan.objects, plan.looked_at, plan.in_background) == (48_000, 48_000, True)
    assert plan.amount(Where.LIBRARY) == Amount(48_000, 480_000, 1)
    assert sorted(set(so_far))[:3] == [0, 500, 1000]
    assert peak < 3e6  # the names alone would be more


def test_a_look_is_ended_by_whoever_is_told(client, simulator, monkeypatch) -> None:
    simulator.seed(Seed("archive", 3000))
    monkeypatch.setattr(restore_plan, "TELL_EVERY_S", 0.0)
    told = []

    def tell(plan: RestorePlan) -> None:
        told.append(plan)
        if plan.looked_at:
            raise Enough

    with pytest.raises(Enough):
        look(client, WHOLE, tell)
    assert told[-1].looked_at == 500


# --- the job -------------------------------------------------------------------------------------


def files(target: Path) -> list[str]:
    return sorted(str(path.relative_to(target)) for path in target.rglob("*") if path.is_file())


def test_what_is_on_ejected_tapes_alone_is_left_out_of_a_job(
    engine: Engine, archive, tmp_path: Path
) -> None:
    target = tmp_path / "t"
    job = engine.get("archive", target, prefixes=("old/", "new/"), without_ejected=True)
    end = engine.run(job)[-1]
    assert isinstance(end, JobEnded)
    assert (end.outcome, end.counts.done, end.counts.skipped) == (Outcome.DONE, 20, 5)
    assert len(files(target)) == 20
    with closing(engine.reader()) as reader:
        skipped = reader.objects(job.job_id, states=frozenset({ObjectState.SKIPPED}))
        assert {row.name.partition("/")[0] for row in skipped} == {"old"}
        assert {row.failure.code for row in skipped if row.failure} == {FailureCode.LEFT_OUT}
        assert skipped[0].failure is not None
        assert skipped[0].failure.detail == ", ".join(archive[0])


def test_what_has_another_copy_is_not_left_out_of_a_job(engine, archive, tmp_path: Path) -> None:
    here = archive[1][0]
    job = engine.get("archive", tmp_path / "t", prefixes=("new/",), without_tapes=(here,))
    engine.run(job)
    assert len(files(tmp_path / "t")) == 20


def test_what_is_on_no_other_tape_is_left_out_of_a_job(engine, archive, tmp_path: Path) -> None:
    both = tuple(archive[1])
    chosen = {"names": ("cached",), "prefixes": ("new/",)}
    engine.run(engine.get("archive", tmp_path / "t", **chosen, without_tapes=both))
    assert files(tmp_path / "t") == ["cached"]


def test_a_job_of_which_all_is_left_out_says_that_there_was_nothing(
    engine, archive, tmp_path: Path
) -> None:
    job = engine.get("archive", tmp_path / "t", prefixes=("old/",), without_ejected=True)
    end = engine.run(job)[-1]
    assert end.outcome is Outcome.DONE
    assert end.counts.skipped == 5


def test_what_a_job_leaves_out_survives_a_restart(engine, archive, tmp_path: Path) -> None:
    job = engine.get(
        *("archive", tmp_path / "t"),
        prefixes=("new/",),
        without_tapes=("A", "B"),
        without_ejected=True,
        order=Order.IN_ORDER,
    )
    engine.run(job)
    with closing(engine.reader()) as reader:
        record = reader.job(job.job_id)
        assert record is not None
        assert GetSpec.of(record) == job.spec


def test_a_job_is_read_in_the_order_of_its_list_where_that_is_asked(
    engine, archive, client, tmp_path: Path, monkeypatch
) -> None:
    orders = []
    start = client.start_get_job

    def started(*args, **options):
        orders.append(options["order"])
        return start(*args, **options)

    monkeypatch.setattr(client, "start_get_job", started)
    engine.run(engine.get("archive", tmp_path / "t", names=("cached",), order=Order.IN_ORDER))
    assert orders == [Order.IN_ORDER]
