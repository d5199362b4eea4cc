"""Where copies are: tapes and pools as data policies ask, tapes out of the library, lost copies."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import pytest

from ds3_browser.simulator.server import Simulator
from ds3_browser.simulator.setup import TAPE_BYTES

from .raw import Job, Raw, objects

PLACEMENT = "/_rest_/bucket/b?operation=get_physical_placement"
DOMAIN = quote("Tape copies")


def tapes_of(call: Raw, *names: str, query: str = "") -> list[str | None]:
    """The barcodes of the tapes that hold some objects of the bucket b."""
    reply = call("PUT", PLACEMENT + query, objects(*((name, {}) for name in names)))
    assert reply.status == 200, reply.body
    return reply.texts("Tapes/Tape/BarCode")


def pools_of(call: Raw, name: str) -> list[str | None]:
    return call("PUT", PLACEMENT, objects((name, {}))).texts("Pools/Pool/Name")


def tape(call: Raw, code: str) -> dict[str, str | None]:
    reply = call("GET", f"/_rest_/tape/{code}")
    assert reply.status == 200, reply.body
    return {str(item.tag): item.text for item in reply.xml}


def create(call: Raw, target: str) -> None:
    reply = call("POST", f"/_rest_/{target}")
    assert reply.status == 201, reply.body


def rule(call: Raw, policy: str, domain: str, more: str = "isolation_level=STANDARD") -> None:
    create(
        call,
        f"data_persistence_rule?data_policy_id={policy}&storage_domain_id={domain}"
        f"&type=PERMANENT&{more}",
    )


@pytest.fixture
def stored(call: Raw, bucket: str) -> str:
    """An object that is persisted: its name."""
    call.put("/b/o")
    return "o"


# --- where copies go


def test_two_copies_are_on_tapes_of_two_partitions(call: Raw, stored: str) -> None:
    assert tapes_of(call, stored) == ["SIM101L7", "SIM201L7"]
    held = tape(call, "SIM101L7")
    assert held["AssignedToStorageDomain"] == "true"
    assert held["StorageDomainMemberId"] is not None
    assert held["AvailableRawCapacity"] == str(TAPE_BYTES - 5)
    assert tape(call, "SIM102L7")["AssignedToStorageDomain"] == "false"


def test_what_is_not_persisted_is_nowhere(simulator: Simulator, call: Raw, bucket: str) -> None:
    simulator.faults.set("hold_persistence", True)
    call.put("/b/o")
    assert tapes_of(call, "o") == []
    target = "/_rest_/bucket/b?operation=verify_physical_placement"
    assert call("GET", target, objects(("o", {}))).status == 404
    simulator.faults.set("hold_persistence", False)
    assert call("GET", "/_rest_/cache_state").status == 200
    assert len(tapes_of(call, "o")) == 2
    assert call("GET", target, objects(("o", {}))).status == 200


def test_a_tape_is_filled_before_another_is_begun(
    simulator: Simulator, call: Raw, bucket: str
) -> None:
    simulator.faults.set("discard_bodies", True)
    call.put("/b/first")
    assert tapes_of(call, "first")[0] == "SIM101L7"
    with simulator.store.transaction() as db:
        db.execute("UPDATE copies SET used = ?", (TAPE_BYTES - 2,))
    call.put("/b/second", b"too long")
    assert tapes_of(call, "second") == ["SIM102L7", "SIM202L7"]
    assert tape(call, "SIM101L7")["FullOfData"] == "true"


def test_what_is_deleted_gives_its_room_back(call: Raw, stored: str) -> None:
    assert tapes_of(call, stored) != []
    assert call("DELETE", "/b/o").status == 204
    assert tape(call, "SIM101L7")["AvailableRawCapacity"] == str(TAPE_BYTES)


def test_a_policy_of_a_pool_puts_its_copy_there(call: Raw) -> None:
    create(call, "storage_domain?name=disk")
    create(call, "storage_domain_member?storage_domain_id=disk&pool_partition_id=Disk")
    create(call, "data_policy?name=p")
    rule(call, "p", "disk")
    rule(call, "p", DOMAIN)
    create(call, "bucket?name=b&data_policy_id=p")
    call.put("/b/o")
    assert (pools_of(call, "o"), tapes_of(call, "o")) == (["Pool 1"], ["SIM101L7"])
    assert tapes_of(call, "o", query="&storage_domain=disk") == []
    assert tapes_of(call, "o", query=f"&storage_domain={DOMAIN}") == ["SIM101L7"]
    pool = call("GET", "/_rest_/pool/Pool%201").xml
    assert (pool.findtext("UsedCapacity"), pool.findtext("AssignedToStorageDomain")) == (
        "5",
        "true",
    )


def test_isolated_buckets_have_tapes_of_their_own(call: Raw) -> None:
    create(call, "data_policy?name=p")
    rule(call, "p", DOMAIN, "isolation_level=BUCKET_ISOLATED")
    for name in ("b", "c"):
        create(call, f"bucket?name={name}&data_policy_id=p")
        call.put(f"/{name}/o")
    found = [
        call("PUT", PLACEMENT.replace("/b?", f"/{name}?"), objects(("o", {}))).texts(
            "Tapes/Tape/BarCode"
        )
        for name in ("b", "c")
    ]
    assert found == [["SIM101L7"], ["SIM102L7"]]
    own = call("GET", "/_rest_/bucket/c").xml.findtext("Id")
    assert tape(call, "SIM102L7")["BucketId"] == own
    assert call("GET", "/_rest_/tape?bucket_id=c").texts("Tape/BarCode") == ["SIM102L7"]


def test_isolated_copies_that_lack_are_made_on_tapes_of_their_own(
    simulator: Simulator, call: Raw
) -> None:
    create(call, "data_policy?name=p")
    rule(call, "p", DOMAIN)
    rule(call, "p", DOMAIN, "isolation_level=BUCKET_ISOLATED")
    every = [f"SIM{library}0{n}L7" for library in (1, 2) for n in range(1, 7)]
    simulator.faults.set("eject_tape", every[1:])

    def tapes(bucket: str) -> list[str | None]:
        target = PLACEMENT.replace("/b?", f"/{bucket}?")
        return call("PUT", target, objects(("o", {}))).texts("Tapes/Tape/BarCode")

    for name in ("b", "c"):
        create(call, f"bucket?name={name}&data_policy_id=p")
        call.put(f"/{name}/o", b"12345")
        assert tapes(name) == ["SIM101L7"]
    simulator.faults.set("eject_tape", [])
    found = [tapes(name) for name in ("b", "c")]
    assert found == [["SIM101L7", "SIM201L7"], ["SIM101L7", "SIM202L7"]]
    assert [tape(call, code)["BucketId"] for code in ("SIM201L7", "SIM202L7")] == call(
        "GET", "/_rest_/bucket"
    ).texts("Bucket/Id")
    assert call("GET", "/_rest_/degraded_blob").texts("DegradedBlob/Id") == []
    for code, bytes_there in (("SIM101L7", 10), ("SIM202L7", 5)):
        found_of = tape(call, code)
        whole, left = (found_of[f"{kind}RawCapacity"] or "" for kind in ("Total", "Available"))
        assert int(whole) - int(left) == bytes_there


def test_a_domain_without_media_keeps_nobody_waiting(call: Raw) -> None:
    create(call, "storage_domain?name=empty")
    create(call, "pool_partition?name=bare&type=ONLINE")
    create(call, "storage_domain_member?storage_domain_id=empty&pool_partition_id=bare")
    create(call, "data_policy?name=p")
    rule(call, "p", "empty")
    create(call, "bucket?name=b&data_policy_id=p")
    job = call.start_put("b", o=5)
    call.put_all("b", job)
    assert call.job(job).status == "COMPLETED"
    assert (pools_of(call, "o"), tapes_of(call, "o")) == ([], [])


def test_with_every_tape_out_of_reach_persistence_waits(
    simulator: Simulator, call: Raw, bucket: str
) -> None:
    codes = call("GET", "/_rest_/tape").texts("Tape/BarCode")
    simulator.faults.set("eject_tape", codes)
    job = call.start_put("b", o=5)
    call.put_all("b", job)
    assert call.job(job).status == "IN_PROGRESS"
    simulator.faults.set("eject_tape", codes[2:])
    assert call.job(job).status == "COMPLETED"
    assert tapes_of(call, "o") == codes[:2]


def test_a_copy_that_had_no_tape_is_told_as_lacking(
    simulator: Simulator, call: Raw, bucket: str
) -> None:
    codes = call("GET", "/_rest_/tape").texts("Tape/BarCode")
    simulator.faults.set("eject_tape", codes[1:])
    call.put("/b/o")
    assert tapes_of(call, "o") == ["SIM101L7"]
    lacking = call("GET", "/_rest_/degraded_blob?bucket_id=b")
    assert lacking.headers["Total-Result-Count"] == "1"
    details = call("GET", "/_rest_/object?bucket_id=b&full_details").xml
    assert details.findtext("Object/BlobsDegraded") == "1"
    simulator.faults.set("eject_tape", codes[8:])
    assert tapes_of(call, "o") == ["SIM101L7", "SIM201L7"]
    assert call("GET", "/_rest_/degraded_blob").headers["Total-Result-Count"] == "0"
    assert tape(call, "SIM201L7")["AvailableRawCapacity"] == str(TAPE_BYTES - 5)


def test_who_never_selects_a_member_does_not_write_to_it(call: Raw) -> None:
    first = call("GET", "/_rest_/storage_domain_member").texts("StorageDomainMember/Id")[0]
    target = f"/_rest_/storage_domain_member/{first}?write_preference=never_select"
    assert call("PUT", target).status == 200
    call.bucket("b")
    call.put("/b/o")
    found = [str(code)[:4] for code in tapes_of(call, "o")]
    assert found in (["SIM1"] * 2, ["SIM2"] * 2)


@pytest.mark.checklist("S C-128: a summary names each tape once, full details name those of a blob")
def test_a_summary_and_full_details_differ(call: Raw, bucket: str) -> None:
    call.put("/b/o")
    call.put("/b/p")
    assert tapes_of(call, "o", "p") == ["SIM101L7", "SIM201L7"]
    reply = call("PUT", f"{PLACEMENT}&full_details", objects(("o", {}), ("p", {})))
    assert [item.get("Name") for item in reply.xml] == ["o", "p"]
    path = "Object/PhysicalPlacement/Tapes/Tape/BarCode"
    assert reply.texts(path) == ["SIM101L7", "SIM201L7"] * 2
    again = call("PUT", f"{PLACEMENT}&full_details", objects(("p", {}), ("o", {}), ("p", {})))
    assert again.body == reply.body, "each once, by name"
    domain = str(call("GET", "/_rest_/storage_domain/" + DOMAIN).xml.findtext("Id")).upper()
    assert tapes_of(call, "o", query=f"&storage_domain={domain}") == ["SIM101L7", "SIM201L7"]
    nobody = call("PUT", PLACEMENT, objects(("unknown", {})))
    assert (nobody.status, len(nobody.xml.findall("Tapes/Tape"))) == (200, 0)


def test_the_blobs_on_a_tape_come_by_bucket_and_name(call: Raw, bucket: str) -> None:
    call.bucket("a")
    for name in ("/b/y", "/b/x", "/a/z"):
        call.put(name)
    target = "/_rest_/tape/SIM201L7?operation=get_physical_placement"
    reply = call("GET", target)
    assert [(item.get("Bucket"), item.get("Name")) for item in reply.xml] == [
        *(("a", "z"), ("b", "x"), ("b", "y"))
    ]
    page = call("GET", f"{target}&page_length=1&page_offset=1")
    assert [item.get("Name") for item in page.xml] == ["x"]
    behind = call("GET", f"{target}&page_start_marker={reply.xml[0].get('Id')}")
    assert [item.get("Name") for item in behind.xml] == ["x", "y"]
    assert page.headers["Page-Truncated"] == "1"
    assert call("GET", target.replace("201", "206")).xml.tag == "Data"


def test_a_member_gives_its_empty_tapes_back(call: Raw) -> None:
    create(call, "storage_domain?name=d")
    create(
        call,
        "storage_domain_member?storage_domain_id=d&tape_type=LTO7&tape_partition_id=Partition%202",
    )
    create(call, "data_policy?name=p")
    rule(call, "p", "d", "isolation_level=BUCKET_ISOLATED")
    create(call, "bucket?name=b&data_policy_id=p")
    call.put("/b/o")
    assert tapes_of(call, "o") == ["SIM201L7"]
    (member,) = call("GET", "/_rest_/storage_domain_member?storage_domain_id=d").texts("*/Id")
    assert call("DELETE", f"/_rest_/storage_domain_member/{member}").status == 409
    assert call("DELETE", "/_rest_/bucket/b?force").status == 204
    assert call("DELETE", f"/_rest_/storage_domain_member/{member}").status == 204
    assert tape(call, "SIM201L7")["AssignedToStorageDomain"] == "false"


# --- out of the library


def test_an_ejected_tape_says_where_it_is(call: Raw, stored: str) -> None:
    target = "/_rest_/tape/SIM101L7?operation=EJECT&eject_label=L%201&eject_location=shelf%203"
    reply = call("PUT", target)
    assert (reply.status, reply.xml.findtext("State")) == (200, "EJECTED")
    out = tape(call, "SIM101L7")
    assert (out["EjectLabel"], out["EjectLocation"]) == ("L 1", "shelf 3")
    assert out["EjectDate"] is not None
    assert out["PreviousState"] == "NORMAL"
    placed = call("PUT", PLACEMENT, objects((stored, {})))
    assert placed.texts("Tapes/Tape/EjectLocation") == ["shelf 3", None]
    assert call("GET", "/_rest_/tape?eject_location=shelf%25").texts("Tape/BarCode") == ["SIM101L7"]


def test_the_switch_says_which_tapes_are_out(simulator: Simulator, call: Raw) -> None:
    where = {"barcode": "SIM102L7", "label": "vault", "location": "Boulder"}
    simulator.faults.set("eject_tape", [where, "SIM103L7"])
    assert tape(call, "SIM102L7")["EjectLocation"] == "Boulder"
    assert tape(call, "SIM103L7")["State"] == "EJECTED"
    simulator.faults.set("eject_tape", [])
    back = tape(call, "SIM102L7")
    assert (back["State"], back["EjectLocation"], back["EjectDate"]) == ("NORMAL", None, None)


def test_what_is_only_on_ejected_tapes_waits_until_one_is_back(
    simulator: Simulator, call: Raw, stored: str
) -> None:
    assert call("PUT", "/_rest_/cache_filesystem?reclaim").status == 204
    codes = tapes_of(call, stored)
    simulator.faults.set("eject_tape", codes)
    job = call.start_get("b", stored)
    assert len(Job.of(call.ready(job)).blobs) == 0
    assert call("GET", "/b/o").status == 307
    simulator.faults.set("eject_tape", codes[:1])
    assert len(Job.of(call.ready(job)).blobs) == 1
    assert call.get_all("b", job) == {stored: b"hello"}


def test_an_ejected_tape_matters_not_while_the_cache_has_it(
    simulator: Simulator, call: Raw, stored: str
) -> None:
    simulator.faults.set("eject_tape", tapes_of(call, stored))
    assert call.get_all("b", call.start_get("b", stored)) == {stored: b"hello"}


def test_a_domain_may_keep_its_tapes_in(call: Raw, stored: str) -> None:
    call("PUT", f"/_rest_/storage_domain/{DOMAIN}?media_ejection_allowed=false")
    assert call("PUT", "/_rest_/tape/SIM101L7?operation=eject").status == 400
    assert tape(call, "SIM101L7")["State"] == "NORMAL"


@pytest.mark.parametrize("root", ["<Objects>", '<Objects xmlns="http://s3.amazonaws.com/">'])
def test_the_tapes_of_some_objects_can_be_ejected_at_once(
    call: Raw, stored: str, root: str
) -> None:
    target = f"/_rest_/tape?operation=eject&blobs&bucket_id=b&storage_domain={DOMAIN}"
    body = objects((stored, {})).replace("<Objects>", root)
    assert call("PUT", f"{target}&eject_location=shelf", body).status == 204
    out = call("GET", "/_rest_/tape?state=EJECTED").texts("Tape/BarCode")
    assert out == ["SIM101L7", "SIM201L7"]
    assert call("PUT", target.replace("bucket_id=b", "bucket_id=x"), objects()).status == 404


# --- lost copies


def test_the_switch_takes_a_copy_from_objects(simulator: Simulator, call: Raw, stored: str) -> None:
    call.put("/b/other")
    simulator.faults.set("degraded", ["b/o"])
    assert tapes_of(call, stored) == ["SIM101L7"]
    assert tapes_of(call, "other") == ["SIM101L7", "SIM201L7"]
    lacking = call("GET", "/_rest_/degraded_blob")
    assert lacking.headers["Total-Result-Count"] == "1"
    rules = call("GET", "/_rest_/data_persistence_rule").texts("DataPersistenceRule/Id")
    assert lacking.texts("DegradedBlob/PersistenceRuleId")[0] in rules
    details = call("GET", "/_rest_/object?name=o&full_details").xml
    assert details.findtext("Object/BlobsDegraded") == "1"
    simulator.faults.set("degraded", ["[!x]*"])
    both = call("GET", "/_rest_/degraded_blob")
    assert both.headers["Total-Result-Count"] == "2"
    first, second = both.texts("DegradedBlob/Id")
    assert str(first) < str(second)
    page = call("GET", f"/_rest_/degraded_blob?page_start_marker={first}")
    assert page.texts("DegradedBlob/Id") == [second]
    blob = both.texts("DegradedBlob/BlobId")[0]
    one = call("GET", f"/_rest_/degraded_blob?blob_id={blob}&bucket_id=b")
    assert one.headers["Total-Result-Count"] == "1"
    simulator.faults.set("degraded", [])
    assert call("GET", "/_rest_/degraded_blob").headers["Total-Result-Count"] == "0"
    assert call("GET", "/_rest_/suspect_object").headers["Total-Result-Count"] == "0"


def test_doubtful_objects_come_in_the_order_of_a_search(
    simulator: Simulator, call: Raw, bucket: str
) -> None:
    for name in ("c", "a", "b"):
        call.put(f"/b/{name}")
    simulator.faults.set("suspect", ["b/*"])
    found = call("GET", "/_rest_/suspect_object?bucket_id=b")
    assert found.texts("S3Object/Name") == ["a", "b", "c"]
    behind = call("GET", f"/_rest_/suspect_object?page_start_marker={found.xml[0].findtext('Id')}")
    assert behind.texts("S3Object/Name") == ["b", "c"]


# --- room


def test_allocated_room_is_what_is_used_and_what_is_free(call: Raw, stored: str) -> None:
    def room(query: str = "") -> tuple[int, int, int]:
        found = call("GET", f"/_rest_/capacity_summary{query}").xml.find("Tape")
        assert found is not None
        allocated, free, used = (int(item.text or "") for item in found)
        return allocated, free, used

    assert room() == (12 * TAPE_BYTES, 12 * TAPE_BYTES - 10, 10)
    of_domain = f"?storage_domain_id={DOMAIN}"
    assert room(of_domain) == (2 * TAPE_BYTES, 2 * TAPE_BYTES - 10, 10)
    assert room(f"{of_domain}&bucket_id=b")[2] == 10
    assert room("?tape_state=EJECTED") == (0, 0, 0)
    assert call("GET", "/_rest_/capacity_summary?bucket_id=b").status == 400
    assert call("GET", "/_rest_/capacity_summary?storage_domain_id=none").status == 404
    assert call("GET", "/_rest_/capacity_summary?tape_type=none").status == 400


def test_a_reclaimed_cache_holds_what_is_not_persisted(simulator: Simulator, call: Raw) -> None:
    call.bucket("b")
    call.put("/b/persisted")
    assert call("GET", "/_rest_/cache_state").status == 200
    simulator.faults.set("hold_persistence", True)
    call.put("/b/fresh")
    assert call("PUT", "/_rest_/cache_filesystem?reclaim").status == 204
    details = call("GET", "/_rest_/object?bucket_id=b&full_details").xml
    in_cache = {item.findtext("Name"): item.findtext("BlobsInCache") for item in details}
    assert in_cache == {"persisted": "0", "fresh": "1"}
    assert call("PUT", "/_rest_/cache_filesystem").status == 404


def test_placement_outlives_a_restart(tmp_path: Path) -> None:
    with Simulator(tmp_path) as first:
        call = Raw(first.port, first.access_id, first.secret_key)
        call.bucket("b")
        call.put("/b/o")
        before = tapes_of(call, "o"), tape(call, "SIM101L7")["AvailableRawCapacity"]
        call.close()
    with Simulator(tmp_path) as second:
        call = Raw(second.port, second.access_id, second.secret_key)
        assert (tapes_of(call, "o"), tape(call, "SIM101L7")["AvailableRawCapacity"]) == before
        call.close()


# --- what one can watch


def drives(call: Raw) -> dict[str | None, str | None]:
    """The barcode of the tape in each drive."""
    codes = {
        item.findtext("Id"): item.findtext("BarCode") for item in call("GET", "/_rest_/tape").xml
    }
    return {
        item.findtext("SerialNumber"): codes.get(item.findtext("TapeId"))
        for item in call("GET", "/_rest_/tape_drive").xml
    }


def test_the_tapes_last_used_are_in_the_drives(
    simulator: Simulator, call: Raw, bucket: str
) -> None:
    assert set(drives(call).values()) == {None}
    call.put("/b/o")
    assert drives(call) == {
        "SIMDRIVE11": "SIM101L7",
        "SIMDRIVE12": None,
        "SIMDRIVE21": "SIM201L7",
        "SIMDRIVE22": None,
    }
    simulator.faults.set("eject_tape", ["SIM101L7"])
    assert drives(call)["SIMDRIVE11"] is None


def test_a_tape_says_when_it_was_written_and_read(simulator: Simulator, call: Raw) -> None:
    simulator.faults.set("clock", {"fixed_s": 1_800_000_000})
    call.bucket("b")
    call.put("/b/o")
    assert tapes_of(call, "o") == ["SIM101L7", "SIM201L7"]
    written = "2027-01-15T08:00:00.000Z"
    assert tape(call, "SIM101L7")["LastModified"] == written
    simulator.faults.set_all({"clock": {"fixed_s": 1_800_000_060}, "tape_delay": 10})
    job = call.start_get("b", "o")
    assert len(Job.of(call.ready(job)).blobs) == 0
    read = tape(call, "SIM101L7")
    assert (read["LastModified"], read["LastAccessed"]) == (written, "2027-01-15T08:01:00.000Z")
    assert tape(call, "SIM201L7")["LastAccessed"] == written
    simulator.faults.set("clock", {"fixed_s": 1_800_000_080})
    assert len(Job.of(call.ready(job)).blobs) == 1
