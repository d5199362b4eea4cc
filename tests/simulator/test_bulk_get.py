"""Bulk GET jobs: what they list, what is ready, what counts as read, how they end."""

from __future__ import annotations

import pytest

from ds3_browser.simulator.server import Simulator

from .raw import Job, Raw, objects, pattern, unknown_id

RANGE = "Range"


def start_get(call: Raw, *items: tuple[str, dict[str, int | str]], query: str = "") -> Job:
    return call.start("b", "start_bulk_get", query, objects(*items))


@pytest.fixture
def stored(simulator: Simulator, call: Raw, bucket: str) -> Job:
    """x: 40 bytes in blobs of 16; y: one blob of 5."""
    simulator.faults.set("min_blob", 1)
    job = call.start_put(bucket, "&max_upload_size=16", x=40, y=5)
    call.put_all(bucket, job)
    return job


def test_what_went_in_comes_out(call: Raw, bucket: str, stored: Job) -> None:
    job = call.start_get(bucket, "y", "x")
    assert [blob.name for blob in job.blobs] == ["y", "x", "x", "x"]
    assert job.attributes.items() >= {"RequestType": "GET", "Priority": "HIGH"}.items()
    assert call.get_all(bucket, job) == {"x": pattern(0, 40), "y": pattern(0, 5)}


@pytest.mark.checklist("S C-112: a GET job is completed with its last blob")
def test_a_job_is_completed_as_soon_as_all_is_read(call: Raw, bucket: str, stored: Job) -> None:
    """Asked at once after the last byte, over and over: the answer must not come too early."""
    for _ in range(20):
        job = call.start_get(bucket, "x", "y")
        assert call.job(job).status == "IN_PROGRESS"
        call.get_all(bucket, job)
        assert call.job(job).status == "COMPLETED"


def test_a_large_blob_completes_its_job_as_soon(call: Raw, bucket: str) -> None:
    call.put("/b/big", bytes(3 << 20))
    job = call.start_get(bucket, "big")
    call.get_all(bucket, job)
    assert call.job(job).status == "COMPLETED"


@pytest.mark.checklist("S C-113: a GET job tells what is loaded and what was sent")
def test_sizes_tell_what_is_loaded_and_what_was_sent(
    simulator: Simulator, call: Raw, bucket: str, stored: Job
) -> None:
    job = call.start_get(bucket, "x", "y")
    assert call.job(job).sizes() == (45, 45, 0)
    call("GET", job.blobs[0].target(bucket, job))
    assert call.job(job).sizes() == (45, 45, 16)
    call.get_all(bucket, job)
    assert call.job(job).sizes() == (45, 45, 45)


@pytest.mark.checklist("S C-95: missing objects are 404, `Could not find requested blobs for`")
@pytest.mark.checklist("S wire: one client reads this message and tries without them")
def test_missing_objects_are_named_in_the_one_message_that_clients_read(
    call: Raw, bucket: str, stored: Job
) -> None:
    body = objects(("x", {}), ("no", {}))
    reply = call("PUT", "/_rest_/bucket/b?operation=start_bulk_get", body)
    message = reply.xml.findtext("Message") or ""
    assert (reply.status, message) == (404, "Could not find requested blobs for no")
    call.start_put(bucket, coming=5)
    for name, more in (("coming", {}), ("x", {"VersionId": unknown_id()})):
        body = objects((name, dict[str, int | str](more)))
        assert call("PUT", "/_rest_/bucket/b?operation=start_bulk_get", body).status == 404


@pytest.mark.checklist("S C-156: a partial get lists each touched blob once")
@pytest.mark.checklist("S wire: a blob listed twice hangs one client")
def test_a_partial_get_lists_each_touched_blob_once(call: Raw, stored: Job) -> None:
    job = start_get(
        call,
        ("x", {"Offset": 2, "Length": 3}),
        ("x", {"Offset": 7, "Length": 2}),
        ("x", {"Offset": 15, "Length": 2}),
    )
    assert [(blob.offset, blob.length) for blob in job.blobs] == [(0, 16), (16, 16)]


def test_a_partial_get_is_read_when_all_its_ranges_were_sent(
    call: Raw, bucket: str, stored: Job
) -> None:
    job = start_get(call, ("x", {"Offset": 2, "Length": 3}), ("x", {"Offset": 30, "Length": 4}))
    assert len(job.blobs) == 3
    for blob, text in zip(job.blobs, ("2-4", "30-31", "32-33"), strict=True):
        assert call.job(job).status == "IN_PROGRESS"
        target = blob.target(bucket, job)
        assert call("GET", target, headers=[(RANGE, f"bytes={text}")]).status == 206
    assert call.job(job).status == "COMPLETED"


def test_an_empty_blob_is_read_though_its_connection_is_lost_behind_it(
    simulator: Simulator, call: Raw, bucket: str
) -> None:
    """Its head is all of it: who reads it cannot know of anything that is missing."""
    call.put("/b/none", b"")
    job = start_get(call, ("none", {}))
    simulator.faults.set("drop_connection", {"method": "GET"})
    assert call("GET", job.blobs[0].target(bucket, job)).status == 200
    call.close()
    simulator.faults.set("drop_connection", None)
    assert call.job(job).status == "COMPLETED"


def test_a_blob_with_two_ranges_is_read_when_both_were_sent(
    call: Raw, bucket: str, stored: Job
) -> None:
    job = start_get(call, ("x", {"Offset": 1, "Length": 2}), ("x", {"Offset": 5, "Length": 2}))
    (blob,) = job.blobs
    for text, status in (("1-2", "IN_PROGRESS"), ("5-6", "COMPLETED")):
        target = blob.target(bucket, job)
        assert call("GET", target, headers=[(RANGE, f"bytes={text}")]).status == 206
        assert call.job(job).status == status


def test_a_blob_read_in_two_parts_is_read(call: Raw, bucket: str, stored: Job) -> None:
    job = call.start_get(bucket, "y")
    target = job.blobs[0].target(bucket, job)
    assert call("GET", target, headers=[(RANGE, "bytes=0-2")]).status == 206
    assert call.job(job).status == "IN_PROGRESS"
    assert call("GET", target, headers=[(RANGE, "bytes=2-4")]).status == 206
    assert call.job(job).status == "COMPLETED"


def test_a_broken_blob_that_was_resumed_is_read(
    simulator: Simulator, call: Raw, bucket: str
) -> None:
    call.put("/b/big", pattern(0, 1 << 20))
    job = call.start_get(bucket, "big")
    simulator.faults.set("truncate_get", {"bytes": 300_000})
    target = job.blobs[0].target(bucket, job)
    with pytest.raises(Exception, match="IncompleteRead"):
        call("GET", target)
    call.close()
    assert call.job(job).status == "IN_PROGRESS"
    rest = call("GET", target, headers=[(RANGE, f"bytes=300000-{(1 << 20) - 1}")])
    assert rest.body == pattern(300_000, (1 << 20) - 300_000)
    assert call.job(job).status == "COMPLETED"


def test_an_empty_object_is_read_by_its_get(call: Raw, bucket: str) -> None:
    call.put("/b/empty", b"")
    job = call.start_get(bucket, "empty")
    assert call.job(job).status == "IN_PROGRESS"
    assert call("GET", job.blobs[0].target(bucket, job)).body == b""
    assert call.job(job).status == "COMPLETED"


@pytest.mark.checklist("S C-159: ready chunks leave out what was sent completely")
@pytest.mark.checklist("S wire: what is listed again is taken as the end by one client")
def test_ready_chunks_leave_out_what_was_read(
    simulator: Simulator, call: Raw, bucket: str, stored: Job
) -> None:
    simulator.faults.set("chunk_bytes", 32)
    job = call.start_get(bucket, "x", "y")
    assert [blob.offset for blob in Job.of(call.ready(job)).blobs] == [0, 16, 32, 0]
    call("GET", job.blobs[0].target(bucket, job))
    assert [blob.offset for blob in Job.of(call.ready(job)).blobs] == [16, 32, 0]
    call("GET", job.blobs[1].target(bucket, job))
    assert len(Job.of(call.ready(job)).chunks) == 1, "a chunk that was read is not listed empty"
    assert [blob.offset for blob in call.job(job).blobs] == [0, 16, 32, 0], "the job still lists it"


def test_ready_chunks_are_at_most_as_many_as_preferred(
    simulator: Simulator, call: Raw, bucket: str, stored: Job
) -> None:
    simulator.faults.set("chunk_blobs", 1)
    job = call.start_get(bucket, "x", "y")
    assert len(Job.of(call.ready(job, "&preferred_number_of_chunks=2")).chunks) == 2
    assert len(Job.of(call.ready(job)).chunks) == 4


@pytest.mark.checklist("S C-103: every list of ready chunks has Retry-After, a full one too")
@pytest.mark.checklist("S wire: without Retry-After one client asks again at once for ever")
def test_every_list_of_ready_chunks_says_when_to_ask_again(
    simulator: Simulator, call: Raw, bucket: str, stored: Job
) -> None:
    job = call.start_get(bucket, "x")
    assert call.ready(job).headers["Retry-After"] == "60"
    simulator.faults.set("retry_after", 7)
    assert call.ready(job).headers["Retry-After"] == "7"
    simulator.faults.set("retry_after_missing", True)
    assert "Retry-After" not in call.ready(job).headers


@pytest.mark.checklist(
    "S C-107: chunks of a job that ended are 404, or 410 without a body by switch"
)
@pytest.mark.parametrize(("status", "body"), [(404, True), (410, False)])
def test_a_job_that_ended_has_no_chunks(
    simulator: Simulator, call: Raw, bucket: str, stored: Job, status: int, body: bool
) -> None:
    simulator.faults.set("finished_chunk_status", status)
    job = call.start_get(bucket, "y")
    call.get_all(bucket, job)
    reply = call.ready(job)
    assert (reply.status, bool(reply.body)) == (status, body)
    unknown = call.ready(unknown_id())
    assert (unknown.status, unknown.code) == (404, "NotFound")


@pytest.mark.checklist("S C-163: a job's id in the place of a chunk's is its first chunk")
@pytest.mark.checklist("S wire: two clients ask for a chunk by the job's id")
def test_one_chunk_is_shown_by_its_id_and_the_first_by_the_job_s(
    simulator: Simulator, call: Raw, bucket: str, stored: Job
) -> None:
    simulator.faults.set("chunk_blobs", 1)
    job = call.start_get(bucket, "x")
    for chunk in job.chunks:
        shown = call("GET", f"/_rest_/job_chunk/{chunk['ChunkId']}").xml
        assert (shown.tag, shown.get("ChunkNumber")) == ("Objects", chunk["ChunkNumber"])
    first = call("GET", f"/_rest_/job_chunk/{job.id}").xml
    assert first.get("ChunkId") == job.chunks[0]["ChunkId"]
    assert call("GET", f"/_rest_/job_chunk/{unknown_id()}").status == 404


def test_one_of_the_ready_chunks_can_be_asked_for(
    simulator: Simulator, call: Raw, bucket: str, stored: Job
) -> None:
    simulator.faults.set("chunk_blobs", 1)
    job = call.start_get(bucket, "x")
    wanted = job.chunks[1]["ChunkId"]
    reply = Job.of(call.ready(job, f"&job_chunk={wanted}"))
    assert [chunk["ChunkId"] for chunk in reply.chunks] == [wanted]


def test_the_version_asked_for_has_to_be_the_blob_s(call: Raw, bucket: str, stored: Job) -> None:
    job = call.start_get(bucket, "y")
    blob = job.blobs[0]
    target = blob.target(bucket, job)
    assert call("GET", f"{target}&version_id={unknown_id()}").status == 404
    assert call("GET", f"{target}&version_id={blob.version}").status == 200


@pytest.mark.parametrize("in_order", ["NONE", "in_order"])
def test_the_order_asked_for_is_told_back(
    call: Raw, bucket: str, stored: Job, in_order: str
) -> None:
    query = f"&chunk_client_processing_order_guarantee={in_order}"
    job = call.start_get(bucket, "x", query=query)
    assert job.attributes["ChunkClientProcessingOrderGuarantee"] == in_order.upper()


def test_a_deleted_object_leaves_the_job_that_reads_it(call: Raw, bucket: str, stored: Job) -> None:
    job = call.start_get(bucket, "x", "y")
    call("GET", job.blobs[0].target(bucket, job))
    assert call("DELETE", "/b/x").status == 204
    assert call.job(job).sizes() == (5, 5, 0)
    assert call("GET", job.blobs[1].target(bucket, job)).status == 404
    call("GET", job.blobs[3].target(bucket, job))
    assert call.job(job).status == "COMPLETED"
