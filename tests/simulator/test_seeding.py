"""A bucket filled with very many objects at once."""

from __future__ import annotations

import pytest

from ds3_browser.simulator.seeding import Seed
from ds3_browser.simulator.server import Simulator
from ds3_browser.simulator.store import Refused

from .raw import Raw, pattern

MIB = 1 << 20


def test_seeded_objects_are_listed_and_read(simulator: Simulator, call: Raw) -> None:
    simulator.seed(Seed("many", 25_000, size=5000, per_folder=1000, prefix="a/"))
    folders = call("GET", "/many?delimiter=/&prefix=a/").texts("CommonPrefixes/Prefix")
    assert folders == [f"a/folder-{n:05}/" for n in range(25)]
    page = call("GET", "/many?prefix=a/folder-00024/&max_keys=2")
    assert page.texts("Contents/Key") == [
        "a/folder-00024/object-0024000",
        "a/folder-00024/object-0024001",
    ]
    bucket = call("GET", "/_rest_/bucket/many").xml
    assert bucket.findtext("LogicalUsedCapacity") == str(25_000 * 5000)
    name = "a/folder-00003/object-0003007"
    assert call("GET", f"/many/{name}").body == pattern(0, 5000)
    job = call.start_get("many", name)
    reply = call("GET", job.blobs[0].target("many", job))
    assert reply.body == pattern(0, 5000)
    head = call("HEAD", f"/many/{name}").headers
    assert reply.headers["Content-CRC32C"] == head["ds3-blob-checksum-offset-0"]
    assert call.job(job).status == "COMPLETED"


def test_the_checksum_of_a_seeded_object_is_that_of_its_bytes(
    simulator: Simulator, call: Raw
) -> None:
    simulator.faults.set("policies", [{"checksum_type": "MD5"}])
    simulator.seed(Seed("many", 1, size=2 * MIB + 5))
    body = call("GET", "/many/object-0000000").body
    assert call("PUT", "/many/again", body).status == 200
    etags = [call("HEAD", f"/many/{name}").headers["ETag"] for name in ("again", "object-0000000")]
    assert etags[0] == etags[1]


def test_seeded_objects_are_deleted_and_searched_like_others(
    simulator: Simulator, call: Raw
) -> None:
    simulator.seed(Seed("many", 100))
    simulator.seed(Seed("many", 100, prefix="more/"))
    found = call("GET", "/_rest_/object?bucket_id=many&page_length=1")
    assert found.headers["Total-Result-Count"] == "200"
    assert call("DELETE", "/_rest_/folder/more?bucket_id=many&recursive").status == 204
    assert call("DELETE", "/many").status == 409
    assert call("DELETE", "/_rest_/bucket/many?force").status == 204
    assert simulator.store.value("SELECT COUNT(*) FROM blob") == 0


def test_names_that_are_there_are_not_seeded_again(simulator: Simulator, call: Raw) -> None:
    simulator.seed(Seed("many", 10))
    with pytest.raises(Refused) as refused:
        simulator.seed(Seed("many", 20))
    assert refused.value.status == 409
    assert len(call("GET", "/many").texts("Contents")) == 10
    call.put("/many/x")
    assert call("GET", "/_rest_/bucket/many").xml.findtext("LogicalUsedCapacity") == "40965"


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"bucket": "b"},
        {"bucket": "b", "objects": 0},
        {"bucket": "b", "objects": -1},
        {"bucket": "b", "objects": True},
        {"bucket": "b", "objects": "1"},
        {"bucket": "b", "objects": 1, "size": -1},
        {"bucket": "b", "objects": 1, "colour": "red"},
        {"bucket": "b", "objects": 10**12},
    ],
    ids=str,
)
def test_what_makes_no_sense_is_not_seeded(asked: dict[str, object]) -> None:
    with pytest.raises(Refused) as refused:
        Seed.of(asked)
    assert refused.value.status == 400
