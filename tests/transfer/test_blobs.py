"""Where each blob of a job is, from the list that created it to its end."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ds3_browser.protocol.records import Blob, Chunk
from ds3_browser.transfer.blobs import Blobs, Transfer


def blob(name: str, offset: int = 0, length: int = 10) -> Blob:
    return Blob(name, offset, length, False, None)


def blobs(*chunks: tuple[Blob, ...], first: int = 0) -> Blobs:
    listed = [Chunk(f"id{n}", n, None, held) for n, held in enumerate(chunks, 1)]
    return Blobs("job", 0, listed, first)


def moved(all_blobs: Blobs, one: Blob) -> Transfer:
    transfer = all_blobs.offer(one)
    assert transfer is not None
    all_blobs.begin(transfer)
    all_blobs.land(transfer)
    all_blobs.succeeded(transfer)
    return transfer


def incomplete(all_blobs: Blobs, **sizes: int | None) -> list[str]:
    return [found.name for found in all_blobs.incomplete(sizes.items())]


def test_a_blob_is_news_once() -> None:
    held = blobs((blob("a"),))
    assert held.offer(blob("a")) is not None
    assert held.offer(blob("a")) is None
    assert held.offer(blob("never listed")) is None


def test_a_blob_listed_twice_is_one() -> None:
    held = blobs((blob("a"), blob("a")), (blob("a"),))
    assert held.length == 10
    assert held.objects["a"].left == 1


def test_a_job_is_open_until_all_is_there() -> None:
    held = blobs((blob("a"),), (blob("b"),))
    moved(held, blob("a"))
    assert held.open
    moved(held, blob("b"))
    assert not held.open
    assert all(cell.complete for cell in held.cells)


@pytest.mark.checklist(
    "K C-99: blobs of one object may lie in several chunks, in any order",
)
def test_blobs_of_one_object_may_lie_in_any_chunks_and_order() -> None:
    held = blobs((blob("a", 20, 5), blob("b")), (blob("a", 0, 20),))
    assert held.objects["a"].size == 25
    assert incomplete(held, a=25, b=10) == []


@pytest.mark.parametrize(
    "listed",
    [
        (),
        (blob("a", 0, 9),),
        (blob("a", 0, 5), blob("a", 6, 4)),
        (blob("a", 0, 6), blob("a", 5, 5)),
        (blob("a", 1, 10),),
        (blob("a", 0, 11),),
    ],
)
def test_an_object_whose_blobs_do_not_add_up_is_found(listed: tuple[Blob, ...]) -> None:
    assert incomplete(blobs(listed, (blob("b"),)), a=10, b=10) == ["a"]


def test_an_unknown_size_is_what_the_blobs_say() -> None:
    assert incomplete(blobs((blob("a", 0, 7),)), a=None) == []


def test_a_failed_object_leaves_nothing_to_move_and_marks_its_chunks() -> None:
    held = blobs((blob("a"), blob("b")), (blob("a", 10),), (blob("a", 20),))
    ready = held.offer(blob("a"))
    assert ready is not None
    held.ready.append(ready)
    held.give_up(held.objects["a"])
    assert held.next_ready() is None
    assert [cell.failed for cell in held.cells] == [True, True, True]
    moved(held, blob("b"))
    assert not held.open


def test_a_rest_ends_in_time_and_not_before() -> None:
    held = blobs((blob("a"),))
    transfer = held.offer(blob("a"))
    assert transfer is not None
    held.rest(transfer, 10.0, told=True)
    held.rouse(9.9)
    assert held.next_ready() is None
    held.rouse(10.0)
    assert held.next_ready() is transfer


def test_chunks_count_on_over_the_parts_of_a_job() -> None:
    assert [cell.number for cell in blobs((blob("a"),), (blob("b"),), first=7).cells] == [8, 9]


def test_a_chunk_knows_its_bytes_in_flight() -> None:
    held = blobs((blob("a"), blob("b")))
    transfer = held.offer(blob("a"))
    assert transfer is not None
    held.begin(transfer)
    transfer.moved = 4
    (cell,) = held.cells
    assert (held.in_flight(cell), held.chunks_in_flight(), held.chunks_ready()) == (4, 1, 0)
    held.land(transfer)
    assert (held.in_flight(cell), held.chunks_in_flight(), held.chunks_ready()) == (0, 0, 1)


@given(st.data())
def test_whatever_happens_each_blob_ends_once(data: st.DataObject) -> None:
    """Any order of offers, tries, rests and failures ends, with every blob there or given up."""
    names = data.draw(st.lists(st.sampled_from("abc"), min_size=1, max_size=8))
    listed = tuple(blob(name, 10 * n) for n, name in enumerate(names))
    held = blobs(listed[::2], listed[1::2])
    there: list[Transfer] = []
    for one in data.draw(st.permutations(listed)):
        offered = held.offer(one)
        if offered is not None:
            held.ready.append(offered)
        while transfer := held.next_ready():
            held.begin(transfer)
            held.land(transfer)
            match data.draw(st.sampled_from(["there", "rest", "fail"])):
                case "there":
                    held.succeeded(transfer)
                    there.append(transfer)
                case "rest":
                    held.rest(transfer, 0.0, told=False)
                case "fail":
                    held.give_up(transfer.object)
        held.rouse(0.0)
    while transfer := held.next_ready():
        held.succeeded(transfer)
        there.append(transfer)
    assert not held.open
    assert len(set(there)) == len(there)
    for found in held.objects.values():
        assert found.failed or found.left == 0
