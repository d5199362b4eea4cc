"""Where each blob of a job is, from the list that created it to its end."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ds3_browser.protocol.records import Blob
from ds3_browser.transfer.blobs import Blobs, Transfer
from ds3_browser.transfer.ledger_records import CellRow, KnownBlob


def blob(name: str, offset: int = 0, length: int = 10) -> Blob:
    return Blob(name, offset, length, False, None)


class Listed(Blobs):
    """Blobs of a job whose chunks, numbered from 1, hold what is given; `loads` counts them."""

    def __init__(self, *chunks: tuple[Blob, ...]) -> None:
        self.loads: list[int] = []
        self._held = dict(enumerate(chunks, 1))
        cells = [
            CellRow(number, len(held), sum(b.length for b in held), len(names(held)), 0, 0, 0)
            for number, held in self._held.items()
        ]
        super().__init__("job", 0, cells, self._rows, self._chunks)

    def _rows(self, number: int) -> list[KnownBlob]:
        self.loads.append(number)
        all_blobs = [b for held in self._held.values() for b in held]
        return [
            KnownBlob(
                *(b.name, None, f"/{b.name}", sum(x.length for x in all_blobs if x.name == b.name)),
                *(7, sum(1 for x in all_blobs if x.name == b.name), b.offset, b.length),
            )
            for b in self._held[number]
        ]

    def _chunks(self, name: str, offset: int | None) -> set[int]:
        return {
            number
            for number, held in self._held.items()
            if any(one.name == name and offset in (None, one.offset) for one in held)
        }

    def offered(self, one: Blob) -> Transfer | None:
        """The appliance lists one blob alone."""
        return next(iter(self.offer_chunk([one])), None)


def names(held: tuple[Blob, ...]) -> set[str]:
    return {one.name for one in held}


blobs = Listed


def moved(all_blobs: Listed, one: Blob) -> Transfer:
    transfer = all_blobs.offered(one)
    assert transfer is not None
    all_blobs.begin(transfer)
    all_blobs.land(transfer)
    all_blobs.succeeded(transfer)
    return transfer


def test_a_blob_is_news_once() -> None:
    held = blobs((blob("a"),))
    assert held.offered(blob("a")) is not None
    assert held.offered(blob("a")) is None
    assert held.offered(blob("never listed")) is None


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
    first, second = held.offered(blob("a", 20, 5)), held.offered(blob("a", 0, 20))
    assert first is not None
    assert second is not None
    assert first.object is second.object
    assert (first.object.size, first.object.left, first.object.path) == (25, 2, "/a")


def test_a_chunk_is_in_memory_from_its_first_offer_and_an_object_until_it_is_whole() -> None:
    held = blobs((blob("a"),), (blob("b"),))
    assert held.loads == []
    assert (held.length, held.awaited) == (20, True)
    transfer = moved(held, blob("a"))
    assert held.loads == [1]
    assert list(held.objects) == ["a"]
    held.forget(transfer.object)
    assert not held.objects


def test_a_blob_of_another_length_than_the_list_had_is_not_taken() -> None:
    held = blobs((blob("a", 0, 10),))
    assert held.offered(blob("a", 0, 9)) is None
    assert held.awaited


def test_what_an_earlier_run_moved_is_not_waited_for() -> None:
    over, rest = CellRow(1, 2, 20, 2, 2, 20, 0), CellRow(2, 3, 30, 3, 1, 10, 2)
    held = Blobs("job", 0, [over, rest], lambda number: [], lambda name, offset: set())
    assert not held.open
    assert [(cell.complete, cell.failed, cell.moved) for cell in held.cells] == [
        (True, False, 20),
        (False, True, 10),
    ]


def test_a_failed_object_leaves_nothing_to_move_and_marks_its_chunks() -> None:
    held = blobs((blob("a"), blob("b")), (blob("a", 10),), (blob("a", 20),))
    ready = held.offered(blob("a"))
    assert ready is not None
    held.ready.append(ready)
    held.give_up(held.objects["a"])
    assert held.next_ready() is None
    assert [cell.failed for cell in held.cells] == [True, True, True]
    moved(held, blob("b"))
    assert not held.open


def test_a_rest_ends_in_time_and_not_before() -> None:
    held = blobs((blob("a"),))
    transfer = held.offered(blob("a"))
    assert transfer is not None
    held.rest(transfer, 10.0, told=True)
    held.rouse(9.9)
    assert held.next_ready() is None
    held.rouse(10.0)
    assert held.next_ready() is transfer


def test_a_chunk_knows_its_bytes_in_flight() -> None:
    held = blobs((blob("a"), blob("b")))
    transfer = held.offered(blob("a"))
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
        offered = held.offered(one)
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
