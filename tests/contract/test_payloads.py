"""No payload of the simulator has a field that the contract lacks, and all that it requires."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from lxml import etree

from ds3_browser.simulator.server import Simulator
from tests.simulator.raw import Job, Raw, objects, unknown_id

from .check import faults, list_faults, root_of, too_new
from .facts import facts
from .not_answered import reason
from .requests import Request, under_rest

# How to ask for what has no list of its own, or needs more than an id. `{...}` are furnished.
TARGETS = {
    "GetBucket": "/_rest_/bucket/photos",
    "GetObject": "/_rest_/object/a?bucket_id=photos",
    "GetJob": "/_rest_/job/{running}",
    "GetJobChunk": "/_rest_/job_chunk/{chunk}",
    "GetJobChunkDao": "/_rest_/job_chunk_dao/{chunk}",
    "GetJobChunksReadyForClientProcessing": "/_rest_/job_chunk?job={running}",
    "GetBlobsOnTape": "/_rest_/tape/SIM101L7?operation=get_physical_placement",
    "GetStorageDomainCapacitySummary": "/_rest_/capacity_summary?storage_domain_id=Tape copies",
    "GetBucketCapacitySummary": (
        "/_rest_/capacity_summary?storage_domain_id=Tape copies&bucket_id=photos"
    ),
    "GetObjectsWithFullDetails": "/_rest_/object?full_details&include_physical_placement",
    "VerifyPhysicalPlacementForObjects": (
        "/_rest_/bucket/photos?operation=verify_physical_placement"
    ),
    "VerifyPhysicalPlacementForObjectsWithFullDetails": (
        "/_rest_/bucket/photos?operation=verify_physical_placement&full_details"
    ),
}
# Lists that are empty in an appliance that nothing is wrong with; where one can be shown alone, it
# is shown when it was made by another test.
EMPTY = {
    *("GetAzureTargets", "GetDs3Targets", "GetS3Targets"),
    *("GetSuspectObjects", "GetSystemFailures", "GetJobCreationFailures"),
}
NEVER_ONE = {"GetAzureTarget", "GetDs3Target", "GetS3Target"}
GETS = [
    request
    for request in under_rest()
    if request.verb == "GET" and reason(request.name) is None and request.name not in NEVER_ONE
    if request.answers["200"] != "string"  # of which the contract says nothing more
]


@pytest.fixture
def call(simulator: Simulator) -> Iterator[Raw]:
    raw = Raw(simulator.port, simulator.access_id, simulator.secret_key)
    yield raw
    raw.close()


@pytest.fixture
def furnished(simulator: Simulator, call: Raw) -> dict[str, str]:
    """An appliance with one of everything, and the ids of what has no list."""
    simulator.faults.set("policies", [{"versioning": "KEEP_MULTIPLE_VERSIONS"}])
    simulator.faults.set("degraded", ["degraded"])
    call.bucket("photos")
    for name in ("a", "a", "degraded", "folder/"):
        call.put(f"/photos/{name}", b"" if name.endswith("/") else b"hello")
    done = call.start_get("photos", "a")
    call.get_all("photos", done)
    gone = call.start_put("photos", z=1)
    assert call("DELETE", f"/_rest_/job/{gone.id}?force").status == 204
    running = call.start_put("photos", big=100)
    administrator = "user_id=Administrator"
    for target in (
        "/_rest_/group?name=editors",
        "/_rest_/group_member?group_id=editors&member_user_id=Administrator",
        f"/_rest_/bucket_acl?bucket_id=photos&permission=READ&{administrator}",
        f"/_rest_/data_policy_acl?{administrator}",
    ):
        assert call("POST", target).status == 201, target
    for request in under_rest():
        if request.verb == "POST" and request.resource.endswith("notification_registration"):
            call("POST", f"{request.path}?notification_end_point=http://127.0.0.1/hook")
    return {"running": running.id, "chunk": str(running.chunks[0]["ChunkId"])}


def target_of(call: Raw, request: Request, furnished: dict[str, str]) -> str:
    if request.name in TARGETS:
        return TARGETS[request.name].format(**furnished).replace(" ", "%20")
    if not request.path.endswith("{id}"):
        return f"{request.path}?{request.query()}"
    collection = request.path.removesuffix("/{id}")
    return f"{collection}/{call('GET', collection).xml[0].findtext('Id')}"


@pytest.mark.parametrize("request_", GETS, ids=lambda request: request.name)
def test_what_is_read_has_the_contract_s_fields(
    call: Raw, furnished: dict[str, str], request_: Request
) -> None:
    target = target_of(call, request_, furnished)
    body = objects(("a", {})) if "verify_physical" in target else b""
    reply = call("GET", target, body)
    assert reply.status == 200, reply.body
    payload = request_.answers["200"]
    if payload.endswith("*"):
        assert list_faults(reply.xml, payload[:-1]) == []
        assert len(reply.xml) > 0 or request_.name in EMPTY
    else:
        assert reply.xml.tag == root_of(payload)
        assert faults(reply.xml, payload) == []


LATER = facts()["not in 3.2"]["requests"]
OLD = [request for request in GETS if f"spectrads3 {request.name}" not in LATER]


@pytest.mark.parametrize("request_", OLD, ids=lambda request: request.name)
def test_release_3_2_says_nothing_of_later_ones(
    simulator: Simulator, call: Raw, furnished: dict[str, str], request_: Request
) -> None:
    target = target_of(call, request_, furnished)
    body = objects(("a", {})) if "verify_physical" in target else b""
    simulator.faults.set_all({"server_version": "3.2.2", "policies": [{}]})
    reply = call("GET", target, body)
    assert reply.status == 200, reply.body
    payload = request_.answers["200"]
    if payload.endswith("*"):
        assert [each for item in reply.xml for each in too_new(item, payload[:-1])] == []
    else:
        assert too_new(reply.xml, payload) == []


@pytest.mark.parametrize("version", ["3.0.1", "3.2.2", "4.1.0", "5.0.0", "6.0.0"])
def test_a_release_has_the_calls_it_had(simulator: Simulator, call: Raw, version: str) -> None:
    simulator.faults.set("server_version", version)
    told = tuple(map(int, version.split(".")))
    for resource, since in (
        ("ds3_target", (3, 2)),
        ("s3_target", (3, 4)),
        ("bucket_changes_notification_registration", (5, 2)),
        ("job_creation_failed", (5, 6)),
        ("bucket_history", (5, 2)),
        ("tape", (0,)),
    ):
        status = call("GET", f"/_rest_/{resource}").status
        assert status == (200 if told >= since else 404), resource


def test_a_master_object_list_has_the_contract_s_fields(
    simulator: Simulator, call: Raw, furnished: dict[str, str]
) -> None:
    body = objects(("a", {}), ("degraded", {}))
    for operation in ("start_bulk_get", "start_bulk_verify", "start_bulk_stage"):
        reply = call("PUT", f"/_rest_/bucket/photos?operation={operation}", body)
        assert faults(reply.xml, "JobWithChunksApiBean") == []
    for target in (
        f"/_rest_/job/{furnished['running']}",
        f"/_rest_/active_job/{furnished['running']}",
    ):
        assert faults(call("PUT", target).xml, "JobWithChunksApiBean") == []
    simulator.faults.set("shuffle", True)
    reply = call("GET", f"/_rest_/job/{furnished['running']}")
    assert faults(reply.xml, "JobWithChunksApiBean") == []
    assert len(Job.of(reply).blobs) == 1


def test_physical_placement_has_the_contract_s_fields(call: Raw, furnished: dict[str, str]) -> None:
    target = "/_rest_/bucket/photos?operation=get_physical_placement"
    body = objects(("a", {}), ("degraded", {}))
    summary = call("PUT", target, body).xml
    assert faults(summary, "PhysicalPlacementApiBean") == []
    assert len(summary.findall("Tapes/Tape")) == 2
    details = call("PUT", f"{target}&full_details", body).xml
    assert faults(details, "BlobApiBeansContainer") == []


@pytest.mark.parametrize("query", ["", "?delimiter=/", "?versions", "?prefix=nothing"])
def test_a_listing_has_the_contract_s_fields(
    call: Raw, furnished: dict[str, str], query: str
) -> None:
    assert faults(call("GET", f"/photos{query}").xml, "BucketObjectsApiBean") == []


def test_the_service_has_the_contract_s_fields(call: Raw, furnished: dict[str, str]) -> None:
    assert faults(call("GET", "/").xml, "BucketsApiBean") == []


def test_what_a_deletion_of_many_answers_has_the_contract_s_fields(
    call: Raw, furnished: dict[str, str]
) -> None:
    body = "<Delete><Object><Key>a</Key></Object><Object><Key>none</Key></Object></Delete>"
    reply = call("POST", "/photos?delete", body)
    assert faults(reply.xml, "DeleteResultApiBean") == []
    assert [item.tag for item in reply.xml] == ["Deleted", "Error"]


def test_an_error_has_the_contract_s_fields(call: Raw) -> None:
    for target in ("/nowhere", "/_rest_/tape/none", "/_rest_/nothing"):
        assert faults(call("GET", target).xml, "HttpErrorResultApiBean") == []


def test_the_check_finds_what_is_wrong() -> None:
    """Each of these breaks one rule, so that the tests above can fail."""
    right = f"<Data><BuiltIn>false</BuiltIn><Id>{unknown_id()}</Id><Name>n</Name></Data>"
    assert faults(etree.fromstring(right), "Group") == []
    for old, new in (
        ("<Name>n</Name>", ""),
        ("<Name>n</Name>", "<Name>n</Name><Title>t</Title>"),
        ("false", "FALSE"),
        ("<BuiltIn>false</BuiltIn>", ""),
        ("<Data>", "<Data Id='1'>"),
        ("<Name>n</Name>", "<Name>n</Name><Name>n</Name>"),
        ("<Name>n</Name>", "<Name><b/></Name>"),
    ):
        assert faults(etree.fromstring(right.replace(old, new)), "Group") != [], new
    assert facts()["types"]["Group"]["fields"]["BuiltIn"] == "boolean=false"
