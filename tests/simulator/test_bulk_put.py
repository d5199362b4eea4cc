"""Bulk PUT jobs: creation, planning, blobs on the wire, the end."""

from __future__ import annotations

from pathlib import Path

import pytest

from ds3_browser.simulator.server import Simulator

from .raw import Job, Raw, objects, pattern, unknown_id

MIB = 1 << 20


def start(call: Raw, body: str, query: str = "") -> tuple[int, str | None]:
    reply = call("PUT", f"/_rest_/bucket/b?operation=start_bulk_put{query}", body)
    return reply.status, reply.code if reply.status >= 400 else None


def test_a_job_lists_its_blobs_in_the_order_asked_for(call: Raw, bucket: str) -> None:
    job = call.start_put(bucket, "&name=My%20job&priority=low", z=3, a=0)
    assert [(blob.name, blob.offset, blob.length) for blob in job.blobs] == [
        ("z", 0, 3),
        ("a", 0, 0),
    ]
    assert all(blob.in_cache is False for blob in job.blobs)
    assert (
        job.attributes.items()
        >= {
            "BucketName": "b",
            "CachedSizeInBytes": "0",
            "ChunkClientProcessingOrderGuarantee": "IN_ORDER",
            "CompletedSizeInBytes": "0",
            "EntirelyInCache": "false",
            "Naked": "false",
            "Name": "My job",
            "OriginalSizeInBytes": "3",
            "Priority": "LOW",
            "RequestType": "PUT",
            "Status": "IN_PROGRESS",
            "UserName": "spectra",
        }.items()
    )


@pytest.mark.checklist("S C-22: operations and booleans count in any case")
@pytest.mark.checklist("S wire: one client writes START_BULK_PUT")
def test_operation_and_booleans_count_in_any_case(call: Raw, bucket: str) -> None:
    body = objects(("x", {"Size": 1}))
    reply = call("PUT", "/_rest_/bucket/b?operation=START_BULK_PUT&aggregating=True", body)
    assert Job.of(reply).attributes["Aggregating"] == "true"


@pytest.mark.checklist("S C-96: chunks of a new PUT job have no node")
def test_chunks_have_no_node_until_they_are_allocated(call: Raw, bucket: str) -> None:
    job = call.start_put(bucket, x=1)
    assert "NodeId" not in job.chunks[0]
    ready = Job.of(call.ready(job))
    assert ready.chunks[0]["NodeId"] == node_ids(call, job)[0]


def node_ids(call: Raw, job: Job) -> list[str]:
    nodes = call("GET", f"/_rest_/job/{job.id}").xml.iterfind("Nodes/Node")
    return [str(node.get("Id")) for node in nodes]


@pytest.mark.checklist("S C-157: every answer about a job has a node")
@pytest.mark.checklist("S wire: one client takes the first node while it reports an error")
def test_every_answer_about_a_job_has_a_node(call: Raw, bucket: str) -> None:
    job = call.start_put(bucket, x=1)
    for reply in (
        call.ready(job),
        call("PUT", f"/_rest_/job/{job.id}"),
        call("GET", "/_rest_/job"),
    ):
        assert reply.xml.find(".//Nodes/Node") is not None


@pytest.mark.checklist("S C-98: large objects are cut in blobs without gaps, from 0")
def test_large_objects_are_cut_without_gaps(call: Raw, bucket: str) -> None:
    job = call.start_put(bucket, f"&max_upload_size={10 * MIB}", x=46_000_000)
    assert [(blob.offset, blob.length) for blob in job.blobs] == [
        (n * 10 * MIB, min(10 * MIB, 46_000_000 - n * 10 * MIB)) for n in range(5)
    ]


@pytest.mark.checklist("S C-148: sizes above 2^32 and 2^53 are exact")
def test_sizes_beyond_32_and_53_bits_are_exact(
    simulator: Simulator, call: Raw, bucket: str
) -> None:
    job = call.start_put(bucket, x=400 << 30, y=400 << 30)
    assert len(job.blobs) == 14
    assert job.blobs[0].length == 68719476736
    assert job.sizes()[0] == 800 << 30
    simulator.faults.set("policies", [{"blobbing_enabled": False}])
    job = call.start_put(bucket, z=(1 << 53) + 1)
    assert (job.blobs[0].length, job.sizes()[0]) == ((1 << 53) + 1, (1 << 53) + 1)


@pytest.mark.parametrize(("size", "status"), [(10 * MIB, 200), (10 * MIB - 1, 400), (0, 400)])
def test_blobs_have_a_smallest_size(call: Raw, bucket: str, size: int, status: int) -> None:
    assert start(call, objects(("x", {"Size": 1})), f"&max_upload_size={size}")[0] == status


def test_a_policy_gives_the_blob_size_or_forbids_cutting(simulator: Simulator, call: Raw) -> None:
    simulator.faults.set("policies", [{"default_blob_size": 10}])
    call.bucket()
    assert [blob.length for blob in call.start_put("b", x=25).blobs] == [10, 10, 5]
    simulator.faults.set("policies", [{"blobbing_enabled": False}])
    job = call.start_put("b", f"&max_upload_size={10 * MIB}", y=30 * MIB)
    assert [blob.length for blob in job.blobs] == [30 * MIB]


@pytest.mark.parametrize(
    ("switch", "expected"), [("chunk_bytes", [3, 3, 3, 1]), ("chunk_blobs", [6, 4])]
)
def test_blobs_are_grouped_in_chunks(
    simulator: Simulator, call: Raw, bucket: str, switch: str, expected: list[int]
) -> None:
    simulator.faults.set(switch, 6)
    job = call.start_put(bucket, **{f"x{n}": 2 for n in range(10)})
    numbers = [blob.chunk for blob in job.blobs]
    assert numbers == sorted(numbers)
    assert [numbers.count(n) for n in sorted(set(numbers))] == expected


def test_length_is_as_good_as_size(call: Raw, bucket: str) -> None:
    assert start(call, objects(("x", {"Length": 5})))[0] == 200


@pytest.mark.checklist("S C-91: a name listed twice and an empty list are 400")
@pytest.mark.parametrize(
    "body",
    [
        "<Objects/>",
        objects(("x", {"Size": 1}), ("x", {"Size": 1})),
        objects(("x", {})),
        objects(("x", {"Size": "many"})),
        objects(("", {"Size": 1})),
        objects(("x" * 1025, {"Size": 1})),
        "<Objects",
        "",
    ],
    ids=["empty", "twice", "no size", "odd size", "no name", "long name", "no xml", "nothing"],
)
def test_a_list_that_makes_no_sense_is_refused(call: Raw, bucket: str, body: str) -> None:
    assert start(call, body)[0] == 400
    assert call("GET", "/_rest_/active_job").body == b"<Data/>"
    assert call("GET", "/b").texts("Contents/Key") == []


@pytest.mark.checklist("S C-91: more than 500,000 objects are 400")
def test_more_than_half_a_million_objects_are_refused(call: Raw, bucket: str) -> None:
    several = "".join(f'<Object Name="{n}" Size="1"/>' for n in range(500_001))
    assert start(call, f"<Objects>{several}</Objects>")[0] == 400


@pytest.mark.checklist("S C-92: a name that exists is 409 and no job is made")
def test_a_name_that_exists_fails_the_whole_job(call: Raw, bucket: str) -> None:
    call.put("/b/old")
    body = objects(("new", {"Size": 1}), ("old", {"Size": 5}))
    assert start(call, body) == (409, "OBJECT_ALREADY_EXISTS")
    assert call("GET", "/_rest_/active_job").body == b"<Data/>"
    assert call("HEAD", "/b/new").status == 404


@pytest.mark.checklist("S C-94: ignore_naming_conflicts leaves out the same name of the same size")
def test_names_with_the_same_size_can_be_left_out(call: Raw, bucket: str) -> None:
    call.put("/b/old", b"hello")
    body = objects(("new", {"Size": 1}), ("old", {"Size": 5}))
    reply = call("PUT", "/_rest_/bucket/b?operation=start_bulk_put&ignore_naming_conflicts=", body)
    assert [blob.name for blob in Job.of(reply).blobs] == ["new"]
    other = objects(("old", {"Size": 6}))
    assert start(call, other, "&ignore_naming_conflicts")[0] == 409


@pytest.mark.checklist("S C-97: CRITICAL and BACKGROUND are 403")
@pytest.mark.parametrize(
    ("priority", "status"), [("CRITICAL", 403), ("background", 403), ("ODD", 400), ("urgent", 200)]
)
def test_some_priorities_are_the_system_s(
    call: Raw, bucket: str, priority: str, status: int
) -> None:
    assert start(call, objects(("x", {"Size": 1})), f"&priority={priority}")[0] == status


def test_an_unknown_bucket_is_told(call: Raw) -> None:
    assert start(call, objects(("x", {"Size": 1}))) == (404, "NoSuchBucket")


# --- blobs


def test_the_last_blob_completes_an_object(simulator: Simulator, call: Raw, bucket: str) -> None:
    simulator.faults.set("min_blob", 1)
    job = call.start_put(bucket, "&max_upload_size=16", x=40)
    for number, blob in enumerate(reversed(job.blobs)):
        assert call("GET", "/b/x?offset=0").status == 404, f"after {number} blobs"
        body = pattern(blob.offset, blob.length)
        assert call("PUT", blob.target(bucket, job), body).status == 200
    assert call("GET", "/b").texts("Contents/Size") == ["40"]
    got = call.start_get(bucket, "x")
    assert call.get_all(bucket, got) == {"x": pattern(0, 40)}


@pytest.mark.checklist(
    "S C-158: a blob is the same in all answers of its job; only InCache changes"
)
@pytest.mark.checklist("S wire: one client polls for ever if an attribute of a blob differs")
def test_a_blob_is_the_same_in_every_answer_of_its_job(
    simulator: Simulator, call: Raw, bucket: str
) -> None:
    simulator.faults.set("min_blob", 1)
    job = call.start_put(bucket, "&max_upload_size=3", x=7, y=0)

    def facts(of: Job) -> list[tuple[object, ...]]:
        return [(b.id, b.version, b.latest, b.length, b.offset, b.name, b.chunk) for b in of.blobs]

    ready = Job.of(call.ready(job))
    chunk = job.chunks[0]["ChunkId"]
    alone = call("PUT", f"/_rest_/job_chunk/{chunk}?operation=allocate").xml
    assert [b.get("Id") for b in alone] == [b.id for b in job.blobs]
    modified = Job.of(call("PUT", f"/_rest_/job/{job.id}"))
    call.put_all(bucket, job)
    after = call.job(job)
    assert facts(ready) == facts(after) == facts(modified) == facts(job)
    assert all(blob.in_cache for blob in after.blobs)
    everything = call("GET", f"/_rest_/job/{job.id}").xml.iterfind("Objects/Object")
    assert all(blob.get("Latest") == "true" for blob in everything)


@pytest.mark.checklist("S C-69: a blob received twice is 409")
def test_a_blob_is_received_once(simulator: Simulator, call: Raw, bucket: str) -> None:
    simulator.faults.set("hold_persistence", True)
    job = call.start_put(bucket, x=5)
    call.put_all(bucket, job)
    reply = call("PUT", job.blobs[0].target(bucket, job), pattern(0, 5))
    assert (reply.status, reply.code) == (409, "OBJECT_ALREADY_EXISTS")
    counters = simulator.counters()
    assert (counters["bytes received"], counters["blobs received twice"]) == (5, 1)


@pytest.mark.checklist(
    "S C-67: a body shorter or longer than its blob is 400 and nothing is stored"
)
@pytest.mark.parametrize("length", [4, 6])
def test_a_blob_of_another_length_is_refused(call: Raw, bucket: str, length: int) -> None:
    job = call.start_put(bucket, x=5)
    assert call("PUT", job.blobs[0].target(bucket, job), b"x" * length).status == 400
    call.put_all(bucket, job)


def test_a_broken_body_leaves_nothing_and_can_be_sent_again(
    simulator: Simulator, call: Raw, bucket: str
) -> None:
    job = call.start_put(bucket, x=2 * MIB)
    simulator.faults.set("drop_connection", {"method": "PUT", "bytes": MIB})
    with pytest.raises(ConnectionError):
        call("PUT", job.blobs[0].target(bucket, job), bytes(2 * MIB))
    call.close()
    files = Path(simulator.store.folder / "blobs").rglob("*")
    assert not [path for path in files if path.is_file()]
    assert call.job(job).blobs[0].in_cache is False
    call.put_all(bucket, job)


@pytest.mark.checklist("S wire: two clients at times leave the offset out")
def test_without_an_offset_the_blob_at_0_is_meant(call: Raw, bucket: str) -> None:
    job = call.start_put(bucket, x=5)
    assert call("PUT", f"/b/x?job={job.id}", b"hello").status == 200
    got = call.start_get(bucket, "x")
    assert call("GET", f"/b/x?job={got.id}").body == b"hello"


def test_blobs_of_no_job_or_of_another_bucket_are_not_found(call: Raw, bucket: str) -> None:
    job = call.start_put(bucket, x=5)
    call.bucket("c")
    for target in (
        f"/b/x?job={unknown_id()}&offset=0",
        f"/b/y?job={job.id}&offset=0",
        f"/b/x?job={job.id}&offset=5",
        f"/c/x?job={job.id}&offset=0",
    ):
        reply = call("PUT", target, b"hello")
        assert (reply.status, reply.code) == (404, "NotFound")


def test_the_first_blob_s_metadata_is_the_object_s(
    simulator: Simulator, call: Raw, bucket: str
) -> None:
    simulator.faults.set("min_blob", 1)
    job = call.start_put(bucket, "&max_upload_size=3", x=6)
    first, second = job.blobs
    red, blue = [("x-amz-meta-colour", "red")], [("x-amz-meta-colour", "blue")]
    assert call("PUT", first.target(bucket, job), bytes(3), red).status == 200
    simulator.faults.set("strict", True)
    assert call("PUT", second.target(bucket, job), bytes(3), blue).status == 400
    simulator.faults.set("strict", False)
    assert call("PUT", second.target(bucket, job), bytes(3), blue).status == 200
    assert call("HEAD", "/b/x").headers["x-amz-meta-colour"] == "red"


@pytest.mark.checklist("S C-101: an empty object is one blob of no bytes")
def test_an_empty_object_is_a_blob_too(call: Raw, bucket: str) -> None:
    job = call.start_put(bucket, **{"dir/": 0})
    assert [(blob.offset, blob.length) for blob in job.blobs] == [(0, 0)]
    call.put_all(bucket, job)
    assert call("GET", "/b").texts("Contents/Key") == ["dir/"]


# --- sizes and the end


@pytest.mark.checklist("S C-113: a PUT job tells what is in cache and what is persisted")
def test_sizes_tell_what_is_in_cache_and_what_is_persisted(
    simulator: Simulator, call: Raw, bucket: str
) -> None:
    simulator.faults.set("hold_persistence", True)
    job = call.start_put(bucket, x=5, y=7)
    call("PUT", job.blobs[0].target(bucket, job), bytes(5))
    assert call.job(job).sizes() == (12, 5, 0)
    call("PUT", job.blobs[1].target(bucket, job), bytes(7))
    held = call.job(job)
    assert (held.sizes(), held.status) == ((12, 12, 0), "IN_PROGRESS")
    assert held.attributes["EntirelyInCache"] == "true"
    simulator.faults.set("hold_persistence", False)
    done = call.job(job)
    assert (done.sizes(), done.status) == ((12, 12, 12), "COMPLETED")


@pytest.mark.checklist("S C-111: a PUT job runs until it is persisted")
def test_a_job_is_persisted_after_its_delay(simulator: Simulator, call: Raw, bucket: str) -> None:
    simulator.faults.set("persist_delay", 100)
    job = call.start_put(bucket, x=5)
    call.put_all(bucket, job)
    assert call.job(job).status == "IN_PROGRESS"
    assert call("GET", f"/_rest_/active_job/{job.id}").status == 200
    simulator.faults.set("clock", {"offset_s": 101})
    assert call.job(job).status == "COMPLETED"
    assert call("GET", f"/_rest_/active_job/{job.id}").status == 404
    assert call("GET", f"/_rest_/completed_job/{job.id}").status == 200


def test_deleting_an_object_takes_it_out_of_its_job(
    simulator: Simulator, call: Raw, bucket: str
) -> None:
    simulator.faults.set("hold_persistence", True)
    job = call.start_put(bucket, x=5, y=7)
    call("PUT", job.blobs[0].target(bucket, job), bytes(5))
    assert call("DELETE", "/b/y").status == 204
    assert call.job(job).sizes() == (5, 5, 0)
    assert call("PUT", job.blobs[1].target(bucket, job), bytes(7)).status == 404
    simulator.faults.set("hold_persistence", False)
    assert call.job(job).status == "COMPLETED"


@pytest.mark.parametrize(
    ("sizes", "query"),
    [
        ([(1 << 63) - 1], ""),
        ([1 << 62, 1 << 62], f"&max_upload_size={1 << 62}"),
        ([30_000_000_000_000], "&max_upload_size=10485760"),
    ],
)
def test_a_job_that_could_never_be_is_refused(
    call: Raw, bucket: str, sizes: list[int], query: str
) -> None:
    """More bytes than can be counted, or more blobs than can be made: nothing is tried."""
    body = objects(*((f"f{n}", {"Size": size}) for n, size in enumerate(sizes)))
    reply = call("PUT", f"/_rest_/bucket/b?operation=start_bulk_put{query}", body)
    assert (reply.status, reply.code) == (400, "InvalidArgument")
    assert call("GET", "/b").texts("Contents/Key") == []
    assert call("GET", "/_rest_/active_job").headers["Total-Result-Count"] == "0"
