"""Jobs looked at, changed and ended: lists, priorities, cancel, truncate, idle jobs."""

from __future__ import annotations

import pytest

from ds3_browser.simulator.server import Simulator

from .raw import Job, Raw, unknown_id

DAY = 24 * 3600


@pytest.fixture
def half(simulator: Simulator, call: Raw, bucket: str) -> Job:
    """A job with one object received, one received in half and one not at all."""
    simulator.faults.set_all({"min_blob": 1, "hold_persistence": True})
    job = call.start_put(bucket, "&max_upload_size=4", whole=4, part=8, none=4)
    for blob in job.blobs[:2]:
        assert call("PUT", blob.target(bucket, job), bytes(4)).status == 200
    return job


def names(call: Raw) -> list[str | None]:
    return call("GET", "/b").texts("Contents/Key")


# --- cancel


@pytest.mark.checklist("S C-117: with force a PUT job is cancelled")
@pytest.mark.parametrize("resource", ["job", "active_job"])
@pytest.mark.parametrize("flag", ["force", "force=", "force=False"])
def test_cancelling_drops_all_that_came(call: Raw, half: Job, resource: str, flag: str) -> None:
    assert call("DELETE", f"/_rest_/{resource}/{half.id}?{flag}").status == 204
    assert names(call) == []
    assert call("DELETE", f"/_rest_/{resource}/{half.id}?{flag}").status == 404


@pytest.mark.checklist("S C-119: cancelling twice is 404; the job is among the cancelled at once")
@pytest.mark.checklist("S C-162: a cancelled job leaves the list and can be looked at")
@pytest.mark.checklist("S wire: cancel is 204, then 404; the job stays readable")
def test_a_cancelled_job_is_found_where_cancelled_jobs_are(call: Raw, half: Job) -> None:
    call("DELETE", f"/_rest_/job/{half.id}?force")
    assert call("GET", "/_rest_/job").texts("Job") == []
    assert call("GET", f"/_rest_/active_job/{half.id}").status == 404
    shown = call("GET", f"/_rest_/canceled_job/{half.id}")
    assert shown.texts("CanceledDueToTimeout") == ["false"]
    assert shown.texts("OriginalSizeInBytes") + shown.texts("CachedSizeInBytes") == ["16", "8"]
    assert call("GET", "/_rest_/canceled_job").texts("CanceledJob/Id") == [half.id]
    assert call.job(half).status == "CANCELED"


def test_blobs_of_a_cancelled_job_are_refused(call: Raw, bucket: str, half: Job) -> None:
    call("DELETE", f"/_rest_/job/{half.id}?force")
    assert call("PUT", half.blobs[3].target(bucket, half), bytes(4)).status == 404
    assert call.ready(half).status == 404


def test_cancelling_a_get_leaves_the_objects(call: Raw, bucket: str) -> None:
    call.put("/b/x")
    job = call.start_get(bucket, "x")
    assert call("DELETE", f"/_rest_/job/{job.id}?force").status == 204
    assert names(call) == ["x"]
    assert call("GET", job.blobs[0].target(bucket, job)).status == 404


def test_unknown_jobs_are_not_found(call: Raw) -> None:
    for method, resource in (
        ("GET", "job"),
        ("PUT", "job"),
        ("DELETE", "job"),
        ("GET", "active_job"),
        ("GET", "completed_job"),
        ("GET", "canceled_job"),
    ):
        reply = call(method, f"/_rest_/{resource}/{unknown_id()}")
        assert (reply.status, reply.code) == (404, "NotFound")


def test_all_jobs_of_a_bucket_are_cancelled_at_once(
    simulator: Simulator, call: Raw, half: Job
) -> None:
    call.bucket("c")
    other = call.start_put("c", x=1)
    assert call("DELETE", "/_rest_/job?force&bucket_id=b").status == 204
    assert call.job(half).status == "CANCELED"
    assert call.job(other).status == "IN_PROGRESS"


# --- truncate


@pytest.mark.checklist("S C-117: without force a PUT job is truncated")
@pytest.mark.parametrize("resource", ["job", "active_job"])
def test_truncating_keeps_whole_objects_and_goes_on(
    simulator: Simulator, call: Raw, half: Job, resource: str
) -> None:
    assert call("DELETE", f"/_rest_/{resource}/{half.id}").status == 204
    assert names(call) == ["whole"]
    job = call.job(half)
    assert (job.status, job.sizes()) == ("IN_PROGRESS", (4, 4, 0))
    assert [blob.name for blob in job.blobs] == ["whole"]
    assert call("GET", f"/_rest_/active_job/{half.id}").texts("Truncated") == ["true"]
    simulator.faults.set("hold_persistence", False)
    assert call.job(half).status == "COMPLETED"


def test_blobs_left_out_by_truncating_are_refused(call: Raw, bucket: str, half: Job) -> None:
    call("DELETE", f"/_rest_/job/{half.id}")
    assert call("PUT", half.blobs[3].target(bucket, half), bytes(4)).status == 404
    call.put("/b/none")


def test_truncating_a_job_with_nothing_whole_ends_it(call: Raw, bucket: str) -> None:
    job = call.start_put(bucket, x=5)
    assert call("DELETE", f"/_rest_/job/{job.id}").status == 204
    assert call("GET", f"/_rest_/active_job/{job.id}").status == 404
    assert call.job(job).status == "CANCELED"
    assert names(call) == []


@pytest.mark.checklist("S C-117: release 3.0 cancels where later ones truncate")
def test_release_3_0_cancels_where_later_ones_truncate(
    simulator: Simulator, call: Raw, half: Job
) -> None:
    simulator.faults.set("server_version", "3.0.1")
    assert call("DELETE", f"/_rest_/job/{half.id}").status == 204
    assert call.job(half).status == "CANCELED"
    assert names(call) == []


# --- changes


@pytest.mark.parametrize("resource", ["job", "active_job"])
def test_name_and_priority_are_changed(call: Raw, half: Job, resource: str) -> None:
    reply = call("PUT", f"/_rest_/{resource}/{half.id}?priority=urgent&name=other")
    attributes = Job.of(reply).attributes
    assert (attributes["Priority"], attributes["Name"]) == ("URGENT", "other")
    assert call("PUT", f"/_rest_/{resource}/{half.id}?priority=CRITICAL").status == 403
    assert Job.of(call("PUT", f"/_rest_/{resource}/{half.id}")).attributes["Name"] == "other"


# --- idle jobs


@pytest.mark.checklist("S C-120: a day without activity cancels, CanceledDueToTimeout")
def test_a_day_without_activity_cancels(simulator: Simulator, call: Raw, half: Job) -> None:
    simulator.faults.set("clock", {"offset_s": DAY - 60})
    assert call.job(half).status == "IN_PROGRESS"
    simulator.faults.set("clock", {"offset_s": DAY + 60})
    assert call.job(half).status == "CANCELED"
    shown = call("GET", f"/_rest_/canceled_job/{half.id}")
    assert shown.texts("CanceledDueToTimeout") == ["true"]
    assert names(call) == []


@pytest.mark.checklist("S C-120: activity begins the day anew")
@pytest.mark.parametrize("by", ["modifying", "a blob"])
def test_activity_begins_the_day_anew(
    simulator: Simulator, call: Raw, bucket: str, half: Job, by: str
) -> None:
    simulator.faults.set("clock", {"offset_s": DAY - 60})
    if by == "a blob":
        call("PUT", half.blobs[2].target(bucket, half), bytes(4))
    else:
        call("PUT", f"/_rest_/job/{half.id}")
    simulator.faults.set("clock", {"offset_s": DAY + 60})
    assert call.job(half).status == "IN_PROGRESS"
    simulator.faults.set("clock", {"offset_s": 2 * DAY})
    assert call.job(half).status == "CANCELED"


def test_looking_at_a_job_is_no_activity(simulator: Simulator, call: Raw, half: Job) -> None:
    simulator.faults.set("clock", {"offset_s": DAY - 60})
    call.job(half)
    call.ready(half)
    simulator.faults.set("clock", {"offset_s": DAY + 60})
    assert call.job(half).status == "CANCELED"


def test_a_job_that_is_all_in_cache_is_not_idle(
    simulator: Simulator, call: Raw, bucket: str
) -> None:
    simulator.faults.set("hold_persistence", True)
    job = call.start_put(bucket, x=5)
    call.put_all(bucket, job)
    simulator.faults.set("clock", {"offset_s": 3 * DAY})
    assert call.job(job).status == "IN_PROGRESS"


@pytest.mark.parametrize("option", ["dead_job_cleanup_allowed=false", "protected=true"])
def test_a_job_can_be_spared(simulator: Simulator, call: Raw, bucket: str, option: str) -> None:
    job = call.start_put(bucket, f"&{option}", x=5)
    simulator.faults.set("clock", {"offset_s": 3 * DAY})
    assert call.job(job).status == "IN_PROGRESS"


# --- lists


def test_the_list_of_running_jobs_has_the_attributes_of_a_job(call: Raw, half: Job) -> None:
    (shown,) = call("GET", "/_rest_/job").xml.iterfind("Job")
    assert dict(shown.attrib) == call.job(half).attributes
    assert shown.find("Objects") is None


@pytest.mark.checklist("S C-126: jobs of an unknown bucket are an empty list")
@pytest.mark.checklist("S wire: an unknown bucket_id in the list of jobs is no error")
@pytest.mark.parametrize("bucket_id", ["nope", unknown_id()])
def test_jobs_of_an_unknown_bucket_are_none(call: Raw, half: Job, bucket_id: str) -> None:
    reply = call("GET", f"/_rest_/job?bucket_id={bucket_id}")
    assert (reply.status, reply.body) == (200, b"<Jobs/>")
    assert call("GET", f"/_rest_/active_job?bucket_id={bucket_id}").body == b"<Data/>"


def test_jobs_of_a_bucket_are_found_by_its_name_and_id(call: Raw, half: Job) -> None:
    identifier = call("GET", "/_rest_/bucket/b").texts("Id")[0]
    for bucket_id in ("b", identifier):
        found = call("GET", f"/_rest_/active_job?bucket_id={bucket_id}")
        assert found.texts("Job/Id") == [half.id]


@pytest.mark.checklist("S C-149: lists of jobs come newest first")
def test_lists_come_newest_first_and_in_pages(simulator: Simulator, call: Raw, bucket: str) -> None:
    made = []
    for n in range(5):
        simulator.faults.set("clock", {"offset_s": n})
        made.append(call.start_put(bucket, **{f"x{n}": 1}).id)
    page = call("GET", "/_rest_/active_job?page_length=2&page_offset=1")
    assert page.texts("Job/Id") == [made[3], made[2]]
    assert (page.headers["Total-Result-Count"], page.headers["Page-Truncated"]) == ("5", "2")
    for n, job in enumerate((made[3], made[0], made[4])):
        simulator.faults.set("clock", {"offset_s": 10 + n})
        call("DELETE", f"/_rest_/job/{job}?force")
    ended = call("GET", "/_rest_/canceled_job").texts("CanceledJob/Id")
    assert ended == [made[4], made[0], made[3]]


def test_lists_are_narrowed(call: Raw, bucket: str) -> None:
    call.put("/b/x")
    put = call.start_put(bucket, "&name=up&priority=LOW", y=1)
    get = call.start_get(bucket, "x")

    def found(query: str) -> list[str | None]:
        return call("GET", f"/_rest_/active_job?{query}").texts("Job/Id")

    assert found("request_type=GET") == [get.id]
    assert found("name=up") == found("priority=low") == [put.id]
    assert len(found("user_id=spectra")) == 2
    assert found("user_id=Administrator") == found("truncated=true") == []


@pytest.mark.parametrize(
    "wrong",
    [
        *("priority=SOON", "request_type=POST", "aggregating=perhaps", "truncated=2"),
        "chunk_client_processing_order_guarantee=ANY",
    ],
)
def test_a_list_is_not_narrowed_by_what_there_is_not(call: Raw, half: Job, wrong: str) -> None:
    for resource in ("active_job", "completed_job", "canceled_job"):
        if not wrong.startswith("aggregating") or resource == "active_job":
            reply = call("GET", f"/_rest_/{resource}?{wrong}")
            assert (reply.status, reply.code) == (400, "InvalidArgument")


def test_nothing_is_ended_by_a_kind_of_job_there_is_not(call: Raw, half: Job) -> None:
    assert call("DELETE", "/_rest_/job?force&request_type=ALL").status == 400
    assert call.job(half).status == "IN_PROGRESS"


@pytest.mark.checklist("S wire: aggregating and the name of a job are told back")
def test_options_of_a_job_are_told_back(call: Raw, bucket: str) -> None:
    job = call.start_put(bucket, "&verify_after_write=True&aggregating=true", x=1)
    shown = call("GET", f"/_rest_/active_job/{job.id}")
    assert shown.texts("VerifyAfterWrite") + shown.texts("Aggregating") == ["true", "true"]
    assert shown.texts("ImplicitJobIdResolution") == ["false"]
    reply = call("PUT", "/_rest_/bucket/b?operation=start_bulk_put&aggregating=maybe")
    assert reply.status == 400


def test_history_is_cleared(simulator: Simulator, call: Raw, half: Job) -> None:
    simulator.faults.set("hold_persistence", False)
    call("DELETE", f"/_rest_/job/{half.id}?force")
    call.put("/b/x")
    for resource in ("canceled_job", "completed_job"):
        assert call("GET", f"/_rest_/{resource}").headers["Total-Result-Count"] == "1"
        assert call("DELETE", f"/_rest_/{resource}").status == 204
        assert call("GET", f"/_rest_/{resource}").body == b"<Data/>"
    assert call("GET", "/b/x").body == b"hello"
    assert call("GET", f"/_rest_/job/{half.id}").status == 404


# --- as release 6.0 tells it


def test_release_6_tells_how_far_each_copy_is(simulator: Simulator, call: Raw, bucket: str) -> None:
    simulator.faults.set_all({"server_version": "6.0.0", "chunk_blobs": 1})
    job = call.start_put(bucket, one=1, two=1)
    assert call("PUT", job.blobs[0].target(bucket, job), b"1").status == 200
    summary = call("GET", f"/_rest_/job/{job.id}?summary").xml
    assert (summary.tag, summary.get("JobId"), summary.get("Status")) == (
        *("JobSummary", job.id),
        "IN_PROGRESS",
    )
    copies = summary.findall("Destinations/Destination")
    assert [copy.findtext("Name") for copy in copies] == ["Tape copies"] * 2
    for copy in copies:
        chunks = [
            [chunk.get("ChunkId") for chunk in copy.findall(f"{state}/JobChunk")]
            for state in ("Complete", "Incomplete")
        ]
        assert chunks == [[chunk["ChunkId"]] for chunk in job.chunks]
    assert summary.findtext("Summary") == "1 of 2 bytes are persisted"


def test_a_chunk_is_complete_with_all_of_its_blobs(
    simulator: Simulator, call: Raw, bucket: str
) -> None:
    simulator.faults.set("server_version", "6.0.0")
    job = call.start_put(bucket, one=1, two=1)
    for blob, complete in zip(job.blobs, (0, 2), strict=True):
        assert call("PUT", blob.target(bucket, job), b"1").status == 200
        summary = call("GET", f"/_rest_/job/{job.id}?summary").xml
        assert len(summary.findall("Destinations/Destination/Complete/JobChunk")) == complete


def test_what_brings_nothing_has_no_destination(
    simulator: Simulator, call: Raw, bucket: str
) -> None:
    simulator.faults.set("server_version", "6.0.0")
    call.put(f"/{bucket}/o")
    job = call.start_get(bucket, "o")
    summary = call("GET", f"/_rest_/job/{job.id}?summary").xml
    assert (summary.tag, len(summary.findall("Destinations/*"))) == ("JobSummary", 0)


def test_earlier_releases_know_no_summary(call: Raw, bucket: str) -> None:
    job = call.start_put(bucket, one=1)
    assert call("GET", f"/_rest_/job/{job.id}?summary").xml.tag == "MasterObjectList"
