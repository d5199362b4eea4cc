"""Jobs beside plain PUT and GET: verify, stage, aggregating, implicit, allocated in advance."""

from __future__ import annotations

import pytest

from ds3_browser.simulator.server import Simulator
from ds3_browser.simulator.setup import fixed_id

from .raw import Job, Raw, objects, pattern, unknown_id

MIB = 1 << 20
START = "/_rest_/bucket/b?operation="


def advance(simulator: Simulator, seconds: float) -> None:
    simulator.faults.set("clock", {"fixed_s": simulator.store.now() + seconds})


# --- verify


def test_a_verify_job_reads_by_itself(simulator: Simulator, call: Raw, bucket: str) -> None:
    simulator.faults.set_all({"tape_delay": 30, "clock": {"fixed_s": 1e9}})
    call.put("/b/x", pattern(0, 100))
    job = call.start(bucket, "start_bulk_verify", "&name=check", objects(("x", {})))
    assert (job.attributes["RequestType"], job.attributes["Priority"]) == ("VERIFY", "LOW")
    assert (job.status, job.attributes["Name"]) == ("IN_PROGRESS", "check")
    ready = call.ready(job)
    assert (ready.status, ready.texts("Objects")) == (200, [])
    assert ready.headers["Retry-After"] == "60"
    advance(simulator, 31)
    done = call.job(job)
    assert (done.status, done.sizes()) == ("COMPLETED", (100, 100, 100))


@pytest.mark.checklist("S C-95: missing objects of a verify job are 404 with the one message")
def test_a_verify_of_what_is_not_there_is_refused(call: Raw, bucket: str) -> None:
    reply = call("PUT", f"{START}start_bulk_verify", objects(("no", {})))
    assert reply.status == 404
    message = reply.xml.findtext("Message") or ""
    assert message.startswith("Could not find requested blobs for")


# --- stage


def test_staging_brings_data_to_the_cache(simulator: Simulator, call: Raw, bucket: str) -> None:
    simulator.faults.set_all({"tape_delay": 30, "clock": {"fixed_s": 1e9}})
    call.put("/b/x", pattern(0, 100))
    job = call.start(bucket, "start_bulk_stage", "", objects(("x", {})))
    assert (job.attributes["RequestType"], job.attributes["Priority"]) == ("GET", "LOW")
    assert job.status == "IN_PROGRESS"
    advance(simulator, 31)
    assert call.job(job).status == "COMPLETED"
    completed = call("GET", "/_rest_/completed_job?request_type=get")
    assert completed.texts("CompletedJob/Id") == [job.id]


def test_staging_came_with_release_5(simulator: Simulator, call: Raw, bucket: str) -> None:
    call.put("/b/x")
    simulator.faults.set("server_version", "4.1.0")
    reply = call("PUT", f"{START}start_bulk_stage", objects(("x", {})))
    assert (reply.status, reply.code) == (404, "NotFound")


def test_whether_a_put_would_be_safe(call: Raw, bucket: str) -> None:
    safe = call("PUT", f"{START}verify_safe_to_start_bulk_put")
    assert (safe.status, safe.body) == (200, b"")
    gone = call("PUT", "/_rest_/bucket/no?operation=verify_safe_to_start_bulk_put")
    assert gone.status == 404


# --- aggregating


def test_what_is_asked_for_within_half_an_hour_joins_one_job(
    simulator: Simulator, call: Raw, bucket: str
) -> None:
    simulator.faults.set("clock", {"fixed_s": 1e9})
    first = call.start_put(bucket, "&aggregating=true", x=3)
    second = call.start_put(bucket, "&aggregating=True", y=4)
    assert second.id == first.id
    assert [(blob.name, blob.chunk) for blob in second.blobs] == [("x", 1), ("y", 2)]
    assert second.attributes["Aggregating"] == "true"
    assert second.sizes()[0] == 7
    other = call.start_put(bucket, z=1)
    assert other.id != first.id
    advance(simulator, 30 * 60 + 1)
    assert call.start_put(bucket, "&aggregating=true", late=4).id != first.id


def test_an_aggregating_job_ends_when_it_is_closed(
    simulator: Simulator, call: Raw, bucket: str
) -> None:
    simulator.faults.set("clock", {"fixed_s": 1e9})
    job = call.start_put(bucket, "&aggregating=true", x=3)
    call.put_all(bucket, job)
    assert call.job(job).status == "IN_PROGRESS"
    closed = call("PUT", f"/_rest_/job/{job.id}?close_aggregating_job")
    assert (closed.status, closed.xml.get("JobId")) == (200, job.id)
    assert call.job(job).status == "COMPLETED"
    assert call.start_put(bucket, "&aggregating=true", y=3).id != job.id


def test_an_aggregating_job_ends_by_itself_after_half_an_hour(
    simulator: Simulator, call: Raw, bucket: str
) -> None:
    simulator.faults.set("clock", {"fixed_s": 1e9})
    call.put("/b/x")
    job = call.start_get(bucket, "x", query="&aggregating=true")
    assert call.get_all(bucket, job) == {"x": b"hello"}
    assert call.job(job).status == "IN_PROGRESS"
    advance(simulator, 30 * 60 + 1)
    assert call.job(job).status == "COMPLETED"


def test_an_aggregating_put_has_its_cache_and_its_chunks_cannot_be_allocated(
    call: Raw, bucket: str
) -> None:
    job = call.start_put(bucket, "&aggregating=true", x=3)
    assert job.chunks[0]["NodeId"]
    allocate = f"/_rest_/job_chunk/{job.chunks[0]['ChunkId']}?operation=allocate"
    assert call("PUT", allocate).status == 404
    call.put_all(bucket, job)


def test_the_same_blob_does_not_join_an_aggregating_get_twice(call: Raw, bucket: str) -> None:
    call.put("/b/x")
    call.put("/b/y")
    first = call.start_get(bucket, "x", query="&aggregating=true")
    assert call.start_get(bucket, "x", query="&aggregating=true").id != first.id
    again = call.start_get(bucket, "y", query="&aggregating=true")
    assert len(again.blobs) == 2


# --- without naming the job


def test_a_job_may_be_found_by_the_blob_alone(call: Raw, bucket: str) -> None:
    job = call.start_put(bucket, "&implicit_job_id_resolution=true", x=3, y=4)
    assert call("PUT", "/b/x?offset=0", b"abc").status == 200
    assert call("PUT", "/b/y", b"abcd").status == 200
    assert call.job(job).status == "COMPLETED"
    assert call("GET", "/_rest_/completed_job").texts("CompletedJob/Naked") == ["false"]
    get = call.start_get(bucket, "x", query="&implicit_job_id_resolution=true")
    assert call("GET", "/b/x?offset=0").body == b"abc"
    assert call.job(get).status == "COMPLETED"
    assert call("GET", "/b/x").body == b"abc"


def test_a_get_without_its_job_serves_what_the_job_lists(call: Raw, bucket: str) -> None:
    call.put("/b/x")
    job = call.start_get(bucket, "x")
    assert call("GET", "/b/x?offset=0").body == b"hello"
    assert call.job(job).status == "IN_PROGRESS"


# --- cache in advance


def test_a_job_may_have_all_its_cache_in_advance(
    simulator: Simulator, call: Raw, bucket: str
) -> None:
    simulator.faults.set_all({"chunk_bytes": MIB, "cache_bytes": 3 * MIB})
    job = call.start_put(bucket, "&pre_allocate_job_space", x=MIB, y=MIB)
    assert all("NodeId" in chunk for chunk in job.chunks)
    body = objects(("u", {"Size": MIB}), ("v", {"Size": MIB}))
    refused = call("PUT", f"{START}start_bulk_put&pre_allocate_job_space", body)
    assert (refused.status, refused.headers["Retry-After"]) == (503, "60")
    assert call("GET", "/_rest_/job").texts("Job") == [None]
    assert call("GET", "/b").texts("Contents/Key") == ["x", "y"]


# --- the record of a chunk


def record(call: Raw, job: Job) -> dict[str, str | None]:
    reply = call("GET", f"/_rest_/job_chunk_dao/{job.chunks[0]['ChunkId']}")
    assert (reply.status, reply.xml.tag) == (200, "Data")
    return {str(child.tag): child.text for child in reply.xml}


def test_a_chunk_s_record_tells_how_far_it_is(simulator: Simulator, call: Raw, bucket: str) -> None:
    simulator.faults.set("hold_persistence", True)
    job = call.start_put(bucket, x=3)
    before = record(call, job)
    assert (before["BlobStoreState"], before["NodeId"]) == ("PENDING", None)
    assert (before["JobId"], before["ChunkNumber"]) == (job.id, "1")
    call.put_all(bucket, job)
    assert record(call, job)["BlobStoreState"] == "IN_PROGRESS"
    simulator.faults.set("hold_persistence", False)
    call.job(job)
    assert record(call, job)["BlobStoreState"] == "COMPLETED"
    unknown = call("GET", "/_rest_/job_chunk_dao/0f8fad5b-d9cb-469f-a165-70867728950e")
    assert unknown.status == 404


# --- changes and lists


def test_what_a_job_was_created_with_is_changed(
    simulator: Simulator, call: Raw, bucket: str
) -> None:
    simulator.faults.set("clock", {"fixed_s": 1e9})
    job = call.start_put(bucket, x=3)
    target = f"/_rest_/active_job/{job.id}?protected=true&dead_job_cleanup_allowed=FALSE"
    changed = call("PUT", f"{target}&created_at=2001-02-03T04:05:06.789Z")
    assert changed.xml.get("StartDate") == "2001-02-03T04:05:06.789Z"
    fields = call("GET", f"/_rest_/active_job/{job.id}").xml
    assert fields.findtext("Protected") == "true"
    assert fields.findtext("DeadJobCleanupAllowed") == "false"
    advance(simulator, 25 * 3600)
    assert call.job(job).status == "IN_PROGRESS"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("981173106789", "2001-02-03T04:05:06.789Z"),
        ("981173106", "2001-02-03T04:05:06.000Z"),
        ("2001-02-03T04:05:06", "2001-02-03T04:05:06.000Z"),
        ("2001-02-03T05:05:06%2B01:00", "2001-02-03T04:05:06.000Z"),
        ("yesterday", None),
    ],
)
def test_dates_are_text_or_numbers(call: Raw, bucket: str, given: str, told: str | None) -> None:
    job = call.start_put(bucket, x=3)
    reply = call("PUT", f"/_rest_/job/{job.id}?created_at={given}")
    if told is None:
        assert reply.code == "InvalidArgument"
    else:
        assert reply.xml.get("StartDate") == told


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["c", "b", "a"]),
        ("aggregating=true", ["b"]),
        ("aggregating=false", ["c", "a"]),
        ("chunk_client_processing_order_guarantee=none", ["c"]),
        ("name=%25", ["c", "b", "a"]),
        ("name=a", ["a"]),
        ("name=A", []),
        ("priority=low", ["a"]),
        ("request_type=GET", ["c"]),
        ("truncated=true", []),
        ("rechunked=2020-01-01T00:00:00.000Z", []),
        ("user_id=spectra&bucket_id=b", ["c", "b", "a"]),
        ("user_id=nobody", []),
        (f"user_id={fixed_id('user', 'spectra').upper()}", ["c", "b", "a"]),
    ],
)
def test_lists_of_jobs_are_narrowed(
    simulator: Simulator, call: Raw, bucket: str, query: str, found: list[str]
) -> None:
    simulator.faults.set("clock", {"fixed_s": 1e9})
    call.put("/b/there")
    call.start_put(bucket, "&name=a&priority=LOW", x=1)
    advance(simulator, 1)
    call.start_put(bucket, "&name=b&aggregating=true", y=1)
    advance(simulator, 1)
    call.start_get(bucket, "there", query="&name=c&chunk_client_processing_order_guarantee=NONE")
    assert call("GET", f"/_rest_/active_job?{query}").texts("Job/Name") == found


def test_cancelled_jobs_are_told_apart_by_their_cause(
    simulator: Simulator, call: Raw, bucket: str
) -> None:
    simulator.faults.set("clock", {"fixed_s": 1e9})
    idle = call.start_put(bucket, x=1)
    advance(simulator, 25 * 3600)
    ended = call.start_put(bucket, y=1)
    assert call("DELETE", f"/_rest_/active_job/{ended.id}?force").status == 204
    for asked, job in (("true", idle), ("false", ended)):
        reply = call("GET", f"/_rest_/canceled_job?canceled_due_to_timeout={asked}")
        assert reply.texts("CanceledJob/Id") == [job.id]


def test_a_page_may_begin_behind_an_id(call: Raw, bucket: str) -> None:
    jobs = [call.start_put(bucket, **{f"x{n}": 1}) for n in range(4)]
    newest_first = [job.id for job in reversed(jobs)]
    listing = "/_rest_/active_job?page_length=2"
    behind = call("GET", f"{listing}&page_start_marker={newest_first[0]}")
    assert behind.texts("Job/Id") == newest_first[1:3]
    assert behind.headers["Page-Truncated"] == "1"
    both = call("GET", f"{listing}&page_start_marker={newest_first[0]}&page_offset=1")
    assert both.code == "InvalidArgument"
    assert call("GET", f"{listing}&page_start_marker=nothing").status == 400
    last = call("GET", f"{listing}&last_page")
    assert last.texts("Job/Id") == newest_first[2:]


# --- from one appliance to another


def test_a_job_is_told_to_another_appliance_and_planned_there(
    simulator: Simulator, call: Raw, bucket: str
) -> None:
    job = call.start_put(bucket, "&max_upload_size=10485760&name=nightly", long=20 << 20, short=3)
    told = call("GET", f"/_rest_/job/{job.id}?replicate")
    assert told.status == 200
    call.bucket("there")
    call.put("/there/short", b"abc")
    target = "/_rest_/bucket/there?operation=start_bulk_put&replicate"
    reply = call("PUT", f"{target}&priority=LOW", told.body)
    planned = Job.of(reply)
    assert {blob.name for blob in planned.blobs} == {"long"}
    assert planned.sizes()[0] == 20 << 20
    assert (planned.attributes["Name"], planned.attributes["Priority"]) == ("nightly", "LOW")


def test_there_is_nothing_to_replicate_where_all_is_there(call: Raw, bucket: str) -> None:
    job = call.start_put(bucket, short=3, empty=0)
    told = call("GET", f"/_rest_/job/{job.id}?replicate").body
    call.put_all(bucket, job)
    target = f"/_rest_/bucket/{bucket}?operation=start_bulk_put&replicate"
    assert (call("PUT", target, told).status, call("GET", "/_rest_/job").body) == (204, b"<Jobs/>")


def test_what_is_no_job_is_not_replicated(call: Raw, bucket: str) -> None:
    call.put(f"/{bucket}/o")
    get = call.start_get(bucket, "o")
    assert call("GET", f"/_rest_/job/{get.id}?replicate").status == 400
    assert call("GET", f"/_rest_/job/{unknown_id()}?replicate").status == 404
    target = f"/_rest_/bucket/{bucket}?operation=start_bulk_put&replicate"
    for body in (
        b"",
        b"<Objects/>",
        b"[]",
        b'{"name": "x"}',
        b'{"name": "x", "objects": {"a": {}}}',
        b'{"name": "x", "objects": {"a": -1}}',
    ):
        reply = call("PUT", target, body)
        assert (reply.status, reply.code) == (400, "InvalidArgument")
