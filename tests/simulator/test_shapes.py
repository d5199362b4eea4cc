"""What answers look like: sorted, plain, and as other releases would give them."""

from __future__ import annotations

import re

import pytest
from lxml import etree

from ds3_browser.simulator.server import Simulator

from .raw import Job, Raw, Reply, objects

DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


@pytest.fixture
def everything(simulator: Simulator, call: Raw, bucket: str) -> dict[str, Reply]:
    """An answer of every call that has one."""
    simulator.faults.set("hold_persistence", True)
    for name in ("a", "b/c"):
        call.put(f"/b/{name}")
    put = call.start_put(bucket, x=5, y=1)
    call.put_all(bucket, put)
    ended = call.start_put(bucket, z=5)
    call("DELETE", f"/_rest_/job/{ended.id}?force")
    running = call.start_put(bucket, u=5)
    get = call.start_get(bucket, "a")
    call.get_all(bucket, get)
    chunk = running.chunks[0]["ChunkId"]
    targets = [
        "/",
        "/b",
        "/b?delimiter=/&prefix=b",
        "/nope",
        "/_rest_/bucket",
        "/_rest_/bucket/b",
        f"/_rest_/job_chunk?job={running.id}",
        f"/_rest_/job_chunk/{chunk}",
        "/_rest_/job",
        f"/_rest_/job/{put.id}",
        "/_rest_/active_job",
        f"/_rest_/active_job/{put.id}",
        "/_rest_/completed_job",
        f"/_rest_/completed_job/{get.id}",
        "/_rest_/canceled_job",
        f"/_rest_/canceled_job/{ended.id}",
        "/_rest_/object",
        "/_rest_/object?full_details",
        "/_rest_/object/a?bucket_id=b",
        "/_rest_/data_policy",
        "/_rest_/user",
        "/_rest_/user/spectra",
        "/_rest_/node",
        "/_rest_/system_information",
        "/_rest_/system_health",
        "/_rest_/cache_state",
        "/_rest_/data_path_backend",
    ]
    found = {target: call("GET", target) for target in targets}
    found["POST"] = call("POST", "/_rest_/bucket?name=c")
    keys = "<Object><Key>a</Key></Object><Object><Key>-</Key></Object>"
    found["delete"] = call("POST", "/b?delete", f"<Delete>{keys}</Delete>")
    return found


@pytest.mark.checklist("S C-39: elements and attributes are sorted")
def test_elements_and_attributes_are_sorted(everything: dict[str, Reply]) -> None:
    for target, reply in everything.items():
        for element in reply.xml.iter():
            names = [str(child.tag) for child in element]
            assert names == sorted(names), (target, element.tag)
            attributes = [str(name) for name in element.attrib]
            assert attributes == sorted(attributes), (target, element.tag)


@pytest.mark.checklist("S C-39: there is no namespace")
def test_there_is_no_namespace_no_declaration_and_a_type(everything: dict[str, Reply]) -> None:
    for target, reply in everything.items():
        assert not reply.body.startswith(b"<?"), target
        assert b"xmlns" not in reply.body, target
        assert reply.headers["Content-Type"] == "text/xml;charset=UTF-8", target


@pytest.mark.checklist("S C-39: dates have milliseconds, booleans are small")
def test_dates_have_milliseconds_and_booleans_are_small(everything: dict[str, Reply]) -> None:
    dates = 0
    for target, reply in everything.items():
        for element in reply.xml.iter():
            for value in (element.text, *element.attrib.values()):
                text = str(value or "")
                assert text not in ("True", "False", "None"), (target, element.tag)
                if re.match(r"\d{4}-\d\d-", text):
                    assert DATE.fullmatch(text), (target, element.tag, text)
                    dates += 1
    assert dates > 20


@pytest.mark.checklist("S wire: one client checks the names of roots")
def test_roots_are_what_clients_check(everything: dict[str, Reply]) -> None:
    roots = {target: str(reply.xml.tag) for target, reply in everything.items()}
    special = {target: tag for target, tag in roots.items() if tag != "Data"}
    assert sorted(special.values()) == sorted(
        [
            "ListAllMyBucketsResult",
            *["ListBucketResult"] * 2,
            "Error",
            *["MasterObjectList"] * 2,
            "Objects",
            "Jobs",
            "DeleteResult",
        ]
    )


@pytest.mark.checklist("S C-31: every answer has an x-amz-request-id")
def test_every_answer_has_a_number_and_it_rises(call: Raw, bucket: str) -> None:
    numbers = [
        int(call(method, "/b").headers["x-amz-request-id"]) for method in ("GET", "HEAD", "DELETE")
    ]
    assert numbers == [numbers[0], numbers[0] + 1, numbers[0] + 2]


@pytest.mark.checklist(
    "S C-138: an error has Code, HttpErrorCode, Message, Resource and ResourceId"
)
@pytest.mark.checklist("S wire: one client converts HttpErrorCode without a check")
def test_an_error_tells_all_five_things(call: Raw) -> None:
    reply = call("GET", "/_rest_/bucket/nope?x=1")
    found = {str(child.tag): child.text for child in reply.xml}
    assert sorted(found) == ["Code", "HttpErrorCode", "Message", "Resource", "ResourceId"]
    assert (found["HttpErrorCode"], found["Resource"]) == ("404", "/_rest_/bucket/nope")
    assert found["ResourceId"] == reply.headers["x-amz-request-id"]


@pytest.mark.checklist("S C-169: a 403 of the service is never empty")
@pytest.mark.checklist("S wire: one client reads that body without a check")
def test_a_403_of_the_service_is_never_empty(call: Raw) -> None:
    assert call.send("GET", "/").code == "AccessDenied"


def test_what_xml_cannot_carry_is_told_otherwise(call: Raw, bucket: str) -> None:
    reply = call("GET", "/_rest_/object?bucket_id=%00%1b")
    assert (reply.code, reply.status) == ("NoSuchBucket", 404)
    assert "\ufffd\ufffd" in (reply.xml.findtext("Message") or "")
    job = call.start_put(bucket, "&name=bell%07", x=1)
    assert job.attributes["Name"] == "bell\ufffd"
    assert call("GET", "/_rest_/active_job").texts("Job/Name") == ["bell\ufffd"]


@pytest.mark.parametrize(
    "line", ["PATCH / HTTP/1.1", "GET / / HTTP/1.1", "GET /\tx HTTP/1.1", "GET / HTTP/9.9"]
)
def test_what_is_no_request_is_told_in_the_same_shape(call: Raw, line: str) -> None:
    call.connection.connect()
    assert call.connection.sock is not None
    call.connection.sock.sendall(f"{line}\r\nHost: x\r\n\r\n".encode())
    answer = call.connection.sock.makefile("rb").read()
    assert b"<Error><Code>" in answer
    assert b"<html" not in answer.lower()


# --- other releases


def at(simulator: Simulator, version: str) -> None:
    simulator.faults.set("server_version", version)


def test_the_release_is_told(simulator: Simulator, call: Raw) -> None:
    at(simulator, "4.1.2")
    reply = call("GET", "/_rest_/system_information")
    assert reply.texts("BuildInformation/Version") == ["4.1.2"]


def test_before_5_0_there_are_no_version_ids(simulator: Simulator, call: Raw, bucket: str) -> None:
    call.put("/b/a")
    at(simulator, "4.1.0")
    assert not call("GET", "/b").texts("Contents/VersionId")
    assert not call("GET", "/b").texts("Contents/IsLatest")
    assert "version-id" not in call("HEAD", "/b/a").headers
    job = call.start_get(bucket, "a")
    assert job.blobs[0].version is None
    (blob,) = call("GET", f"/_rest_/job/{job.id}").xml.iterfind("Objects/Object")
    assert blob.get("Version") == "1"


@pytest.mark.parametrize(
    ("version", "there", "gone"),
    [
        ("3.0.1", "Naked", "DeadJobCleanupAllowed"),
        ("3.4.0", "VerifyAfterWrite", "Restore"),
        ("5.4.0", "Restore", "Protected"),
        ("5.8.0", "Protected", "IomType"),
        ("6.0.0", "IomType", "Restore"),
    ],
)
def test_fields_come_with_their_release(
    simulator: Simulator, call: Raw, bucket: str, version: str, there: str, gone: str
) -> None:
    at(simulator, version)
    call.start_put(bucket, x=1)
    shown = call("GET", "/_rest_/active_job")
    assert len(shown.texts(f"Job/{there}")) == 1
    assert not shown.texts(f"Job/{gone}")
    names = [str(field.tag) for field in shown.xml[0]]
    assert names == sorted(names)


@pytest.mark.parametrize(("version", "told"), [("3.0.1", None), ("3.2.1", "b"), ("5.8.0", "b")])
def test_a_blob_names_its_bucket_since_release_3_2(
    simulator: Simulator, call: Raw, bucket: str, version: str, told: str | None
) -> None:
    call.put("/b/x")
    at(simulator, version)
    body = objects(("x", {}))
    target = "/_rest_/bucket/b?operation=get_physical_placement&full_details"
    (blob,) = call("PUT", target, body).xml
    assert blob.get("Bucket") == told
    assert call("GET", "/_rest_/bucket").texts("Bucket/Name") == ["b"]


def test_the_record_of_a_chunk_goes_with_release_6(
    simulator: Simulator, call: Raw, bucket: str
) -> None:
    chunk = call.start_put(bucket, x=1).chunks[0]["ChunkId"]
    for version, status in (("5.8.0", 200), ("6.0.0", 404)):
        at(simulator, version)
        assert call("GET", f"/_rest_/job_chunk_dao/{chunk}").status == status


def test_the_oldest_style_has_everything_else(simulator: Simulator, call: Raw, bucket: str) -> None:
    call.put("/b/a")
    call.put("/b/c/d")
    simulator.faults.set("xml_style", "old")
    reply = call("GET", "/b?delimiter=/")
    assert reply.body.startswith(b"<?xml ")
    name = etree.QName(reply.xml)
    assert (name.localname, name.namespace) == (
        "ListBucketResult",
        "http://s3.amazonaws.com/doc/2006-03-01/",
    )
    space = {"s3": str(name.namespace)}
    assert [e.text for e in reply.xml.iterfind("s3:Contents/s3:Key", space)] == ["a"]
    assert [e.text for e in reply.xml.iterfind("s3:Contents/s3:ETag", space)] == ['"9a71bb4c"']
    assert reply.xml.find("s3:Marker", space) is None
    tags = [str(child.tag) for child in reply.xml]
    assert tags != sorted(tags)
    modified = reply.xml.findtext("s3:Contents/s3:LastModified", None, space) or ""
    assert re.fullmatch(r"[^.]+:\d\dZ", modified)


def test_the_oldest_style_serves_a_whole_job(simulator: Simulator, call: Raw, bucket: str) -> None:
    simulator.faults.set_all({"xml_style": "old", "server_version": "3.0.0"})
    body = objects(("x", {"Size": 5}))
    reply = call("PUT", "/_rest_/bucket/b?operation=start_bulk_put", body)
    identifier = reply.xml.get("JobId")
    assert call("PUT", f"/b/x?job={identifier}&offset=0", b"hello").status == 200
    assert call("GET", "/b/x").body == b"hello"


# --- what the appliance is


def test_users_are_found_by_their_access_id(simulator: Simulator, call: Raw) -> None:
    assert call("GET", "/_rest_/user").texts("User/Name") == ["Administrator", "spectra"]
    mine = call("GET", f"/_rest_/user?auth_id={simulator.access_id}")
    assert mine.texts("User/Name") == ["spectra"]
    identifier = mine.texts("User/Id")[0]
    assert call("GET", f"/_rest_/user/{identifier}").texts("Name") == ["spectra"]
    assert call("GET", "/_rest_/user/nobody").code == "NotFound"
    assert call("GET", "/").texts("Owner/ID") == [identifier]


def test_there_is_a_default_policy_for_checksums_of_crc_32c(call: Raw) -> None:
    reply = call("GET", "/_rest_/data_policy")
    assert reply.texts("DataPolicy/ChecksumType") == ["CRC_32C"]
    assert reply.texts("DataPolicy/Versioning") == ["NONE"]
    identifier = call("GET", "/_rest_/user/spectra").texts("DefaultDataPolicyId")[0]
    shown = call("GET", f"/_rest_/data_policy/{identifier}")
    assert shown.texts("Name") == reply.texts("DataPolicy/Name")
    assert call("GET", "/_rest_/data_policy/nope").code == "NotFound"


def test_the_server_s_time_is_told_in_milliseconds(simulator: Simulator, call: Raw) -> None:
    simulator.faults.set("clock", {"fixed_s": 1_790_000_000.5})
    assert call("GET", "/_rest_/system_information").texts("Now") == ["1790000000500"]


def test_the_backend_tells_its_limits(simulator: Simulator, call: Raw) -> None:
    simulator.faults.set_all({"retry_after": 7, "chunk_blobs": 50})
    reply = call("GET", "/_rest_/data_path_backend")
    assert reply.texts("CacheAvailableRetryAfterInSeconds") == ["7"]
    assert reply.texts("MaxAggregatedBlobsPerChunk") == ["50"]


def test_a_node_says_where_the_server_is(simulator: Simulator, call: Raw, bucket: str) -> None:
    job = call.start_put(bucket, x=1)
    (node,) = call("GET", f"/_rest_/job/{job.id}").xml.iterfind("Nodes/Node")
    assert (node.get("EndPoint"), node.get("HttpPort")) == ("127.0.0.1", str(simulator.port))
    assert Job.of(call.ready(job)).chunks[0]["NodeId"] == node.get("Id")
