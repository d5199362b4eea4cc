"""Service and buckets, by the calls that S3 has and by those under `/_rest_/`."""

from __future__ import annotations

import uuid

import pytest

from ds3_browser.simulator.server import Simulator

from .raw import Raw, unknown_id


def fields(call: Raw, target: str) -> dict[str, str | None]:
    reply = call("GET", target)
    assert reply.status == 200, reply.body
    return {str(child.tag): child.text for child in reply.xml}


@pytest.mark.checklist("S C-40: the service lists buckets by name")
def test_the_service_lists_buckets_by_name_and_their_owner(call: Raw) -> None:
    assert call("GET", "/").body.startswith(b"<ListAllMyBucketsResult><Buckets/><Owner>")
    for name in ("b", "B", "a.b-c_d"):
        call.bucket(name)
    reply = call("GET", "/")
    assert reply.texts("Buckets/Bucket/Name") == ["B", "a.b-c_d", "b"]
    assert reply.texts("Owner/DisplayName") == ["spectra"]


@pytest.mark.checklist(
    "S C-43: a bucket may have any name of 1 to 63 letters, digits, dots, dashes, underscores"
)
@pytest.mark.parametrize("name", ["a", "A-b.c_9", "x" * 63])
def test_a_bucket_may_be_called_so(call: Raw, name: str) -> None:
    assert call("PUT", f"/{name}").status == 200
    assert call("HEAD", f"/{name}").status == 200


@pytest.mark.checklist("S C-43: any other name is refused")
@pytest.mark.checklist("S C-42: a bad bucket name is 400")
@pytest.mark.parametrize("name", ["bad:bucket", "x" * 64, "a%20b", "%C3%A9", "b/"])
def test_a_bucket_may_not_be_called_so(call: Raw, name: str) -> None:
    assert call("PUT", f"/{name}").status == 400


@pytest.mark.checklist("S C-43: names of buckets are case-sensitive")
def test_names_of_buckets_are_case_sensitive(call: Raw) -> None:
    call.bucket("films")
    assert call("HEAD", "/Films").status == 404
    call.bucket("Films")


@pytest.mark.checklist("S C-43: _rest_ is no bucket")
def test_the_name_of_the_other_calls_is_reserved(call: Raw) -> None:
    assert call("POST", "/_rest_/bucket?name=_rest_").status == 403


@pytest.mark.checklist("S C-42: a bucket that exists is 409")
def test_a_bucket_that_exists_cannot_be_created_again(call: Raw, bucket: str) -> None:
    for reply in (call("PUT", "/b"), call("POST", "/_rest_/bucket?name=b")):
        assert (reply.status, reply.code) == (409, "BucketAlreadyExists")


def test_a_missing_bucket_is_told_by_every_call(call: Raw) -> None:
    assert call("HEAD", "/nope").status == 404
    for method, target in (
        ("GET", "/nope"),
        ("DELETE", "/nope"),
        ("GET", "/_rest_/bucket/nope"),
        ("DELETE", "/_rest_/bucket/nope"),
        ("GET", "/nope/x"),
        ("PUT", "/nope/x"),
        ("POST", "/nope?delete"),
    ):
        reply = call(method, target, b"<Delete/>" if method == "POST" else b"")
        code = "NotFound" if target.startswith("/_rest_/bucket/") else "NoSuchBucket"
        assert (reply.status, reply.code) == (404, code), (method, target)


@pytest.mark.checklist("S C-45: a bucket that is not empty is 409, with force 204")
def test_only_an_empty_bucket_goes_without_force(call: Raw, bucket: str) -> None:
    call.put("/b/x")
    for target in ("/b", "/_rest_/bucket/b"):
        reply = call("DELETE", target)
        assert (reply.status, reply.code) == (409, "BUCKET_NOT_EMPTY")
    assert call("DELETE", "/b/x").status == 204
    assert call("DELETE", "/b").status == 204
    assert call("HEAD", "/b").status == 404


@pytest.mark.checklist("S C-21: a flag counts by its presence, whatever its value")
@pytest.mark.parametrize("flag", ["force", "force=", "force=False", "FORCE=x"])
def test_a_flag_counts_by_its_presence(call: Raw, bucket: str, flag: str) -> None:
    call.put("/b/x")
    assert call("DELETE", f"/_rest_/bucket/b?{flag}").status == 204
    assert call("GET", "/b").status == 404


@pytest.mark.checklist(
    "S C-44: POST bucket is 201 with Data; it needs a name and a policy that exists"
)
@pytest.mark.checklist("S wire: POST is 201 with Data, DELETE 204")
def test_creating_under_rest_tells_what_was_created(call: Raw) -> None:
    reply = call("POST", "/_rest_/bucket?name=films&protected=TRUE")
    assert (reply.status, reply.xml.tag) == (201, "Data")
    assert reply.xml.find("LogicalUsedCapacity") is None
    made = {str(child.tag): child.text for child in reply.xml}
    found = fields(call, "/_rest_/bucket/films")
    assert made.items() <= found.items()
    assert (found["Protected"], found["Empty"]) == ("true", "true")
    assert call("POST", "/_rest_/bucket").status == 400


@pytest.mark.checklist("S C-47: a bucket is found by its name and by its id")
def test_a_bucket_is_found_by_name_and_by_id(call: Raw, bucket: str) -> None:
    by_name = fields(call, "/_rest_/bucket/b")
    identifier = by_name["Id"] or ""
    assert uuid.UUID(identifier)
    assert fields(call, f"/_rest_/bucket/{identifier}") == by_name
    assert fields(call, f"/_rest_/bucket/{identifier.upper()}") == by_name


def test_a_bucket_tells_what_it_holds(call: Raw, bucket: str) -> None:
    call.put("/b/x", b"12345")
    found = fields(call, "/_rest_/bucket/b")
    assert (found["LogicalUsedCapacity"], found["Empty"]) == ("5", "false")


def test_a_bucket_s_policy_is_chosen_and_changed(simulator: Simulator, call: Raw) -> None:
    simulator.faults.set("policies", [{"name": "one"}, {"name": "two", "checksum_type": "MD5"}])
    assert call("POST", "/_rest_/bucket?name=b&data_policy_id=two").status == 201
    two = fields(call, "/_rest_/data_policy/two")
    assert fields(call, "/_rest_/bucket/b")["DataPolicyId"] == two["Id"]
    assert call("PUT", "/_rest_/bucket/b?data_policy_id=one").status == 200
    one = fields(call, "/_rest_/data_policy/one")
    assert fields(call, "/_rest_/bucket/b")["DataPolicyId"] == one["Id"]
    assert call("POST", "/_rest_/bucket?name=c&data_policy_id=three").status == 404
    assert call("PUT", "/_rest_/bucket/b?data_policy_id=three").status == 404


@pytest.mark.checklist("S C-48: paged lists carry Total-Result-Count and Page-Truncated, spelt so")
@pytest.mark.checklist("S wire: one client looks for the paging headers in exactly this spelling")
def test_lists_come_in_pages_with_the_two_headers(call: Raw) -> None:
    for name in "dacbe":
        call.bucket(name)
    first = call("GET", "/_rest_/bucket?page_length=2")
    assert first.texts("Bucket/Name") == ["a", "b"]
    assert (first.headers["Total-Result-Count"], first.headers["Page-Truncated"]) == ("5", "3")
    last = call("GET", "/_rest_/bucket?page_length=2&page_offset=4")
    assert last.texts("Bucket/Name") == ["e"]
    assert (last.headers["Total-Result-Count"], last.headers["Page-Truncated"]) == ("5", "0")
    assert call("GET", "/_rest_/bucket?page_length=2&last_page").texts("Bucket/Name") == ["e"]
    assert call("GET", "/_rest_/bucket?page_offset=9").body == b"<Data/>"


def test_a_list_is_narrowed_by_name(call: Raw) -> None:
    for name in ("films", "film-archive", "sound"):
        call.bucket(name)
    assert call("GET", "/_rest_/bucket?name=film%25").texts("Bucket/Name") == [
        "film-archive",
        "films",
    ]
    assert call("GET", "/_rest_/bucket?name=film").texts("Bucket/Name") == []


@pytest.mark.checklist("S C-143: a slash behind a collection changes nothing")
@pytest.mark.checklist("S wire: some clients write a slash behind every collection")
def test_a_slash_behind_a_collection_changes_nothing(call: Raw, bucket: str) -> None:
    assert call("GET", "/_rest_/bucket/").body == call("GET", "/_rest_/bucket").body


@pytest.mark.checklist("S C-150: empty bucket names are 400, an empty one before an object 404")
@pytest.mark.parametrize(
    ("method", "target", "status"),
    [
        ("PUT", "/", 400),
        ("DELETE", "/", 400),
        ("HEAD", "/", 400),
        ("DELETE", "/_rest_/bucket/", 400),
        ("HEAD", "//name", 404),
        ("DELETE", "/b/", 400),
        ("DELETE", "/nope/", 404),
        ("HEAD", "/nope/", 404),
        ("HEAD", "/b/", 200),
    ],
)
def test_empty_names_are_refused(
    call: Raw, bucket: str, method: str, target: str, status: int
) -> None:
    assert call(method, target).status == status


@pytest.mark.checklist("S C-167: calls that are left out are 404 NotFound")
@pytest.mark.parametrize(
    "target",
    [
        "/_rest_/tape_density_directive",
        f"/_rest_/blob_store_task/{unknown_id()}",
        "/_rest_/",
        "/_rest_",
    ],
)
def test_calls_that_it_does_not_have_are_not_found(call: Raw, target: str) -> None:
    for method in ("GET", "PUT", "POST", "DELETE"):
        reply = call(method, target)
        assert (reply.status, reply.code) == (404, "NotFound")


def test_the_jobs_of_a_bucket_go_with_it(call: Raw, bucket: str) -> None:
    """Whatever they are and whatever became of them; a bucket of the same name has none of them."""
    call.put("/b/x")
    read = call.start_get(bucket, "x")
    call.get_all(bucket, read)
    gone = call.start_put(bucket, y=5)
    assert call("DELETE", f"/_rest_/job/{gone.id}?force").status == 204
    running = [call.start_put(bucket, z=5), call.start_get(bucket, "x")]
    assert call("DELETE", "/_rest_/bucket/b?force").status == 204
    call.bucket(bucket)
    for job in (read, gone, *running):
        assert call("GET", f"/_rest_/job/{job.id}").status == 404
    for kept in ("active_job", "completed_job", "canceled_job"):
        assert call("GET", f"/_rest_/{kept}").headers["Total-Result-Count"] == "0"
    assert call("PUT", running[0].blobs[0].target(bucket, running[0]), b"hello").status == 404


def test_an_id_means_the_same_in_any_case(call: Raw, bucket: str) -> None:
    found = fields(call, "/_rest_/bucket/b")
    policy, owner = str(found["DataPolicyId"]).upper(), str(found["UserId"]).upper()
    for query, names in (
        (f"data_policy_id={policy}&user_id={owner}", ["b"]),
        ("user_id=Administrator", []),
        ("data_policy_id=none", []),
    ):
        assert call("GET", f"/_rest_/bucket?{query}").texts("Bucket/Name") == names
    assert call("GET", f"/_rest_/bucket/{str(found['Id']).upper()}").status == 200
