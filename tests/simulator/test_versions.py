"""Versions of objects: which are kept, which one a name means, how they go and come back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from ds3_browser.simulator.server import Simulator

from .raw import Job, Raw, Reply, objects, pattern, unknown_id

KEEP_ALL = {"versioning": "KEEP_MULTIPLE_VERSIONS"}
KEEP_LATEST = {"versioning": "KEEP_LATEST"}


@pytest.fixture
def keeping(simulator: Simulator, call: Raw) -> Callable[..., str]:
    """Makes a bucket whose policy keeps versions as it is told."""

    def make(**policy: Any) -> str:
        simulator.faults.set("policies", [policy or KEEP_ALL])
        return call.bucket()

    return make


def versions(call: Raw, query: str = "") -> list[tuple[str | None, str | None, str | None]]:
    """Name, id and whether it is the latest, of all versions in their order."""
    reply = call("GET", f"/b?versions{query}")
    assert reply.status == 200, reply.body
    assert reply.xml.find("Contents") is None
    return [
        (v.findtext("Key"), v.findtext("VersionId"), v.findtext("IsLatest"))
        for v in reply.xml.iterfind("Version")
    ]


def ids(call: Raw) -> list[str]:
    return [identifier or "" for _, identifier, _ in versions(call)]


def names(call: Raw) -> list[str | None]:
    return call("GET", "/b").texts("Contents/Key")


def put_several(call: Raw, name: str, *bodies: bytes) -> None:
    for body in bodies:
        call.put(f"/b/{quote(name)}", body)


# --- coming


@pytest.mark.checklist("S C-93: KEEP_MULTIPLE_VERSIONS adds a version, the newest is the latest")
@pytest.mark.checklist("S C-60: `versions` gives Version elements alone, with id and IsLatest")
def test_each_put_adds_a_version(call: Raw, keeping: Callable[..., str]) -> None:
    keeping()
    put_several(call, "x", b"one", b"two!", b"three")
    found = versions(call)
    assert [latest for _, _, latest in found] == ["true", "false", "false"]
    assert len({identifier for _, identifier, _ in found}) == 3
    assert call("GET", "/b").texts("Contents/Size") == ["5"]
    for (_, identifier, _), body in zip(found, (b"three", b"two!", b"one"), strict=True):
        assert call("GET", f"/b/x?version_id={identifier}").body == body
        head = call("HEAD", f"/b/x?version_id={identifier}")
        assert (head.headers["Content-Length"], head.headers["version-id"]) == (
            str(len(body)),
            identifier,
        )
    assert call("GET", "/b/x").body == b"three"


@pytest.mark.checklist("S C-93: no more than MaxVersionsToKeep are kept, the oldest go")
def test_the_oldest_go_when_there_are_too_many(call: Raw, keeping: Callable[..., str]) -> None:
    keeping(**KEEP_ALL, max_versions_to_keep=2)
    put_several(call, "x", b"one")
    (first,) = ids(call)
    put_several(call, "x", b"two", b"three")
    assert len(ids(call)) == 2
    assert call("GET", f"/b/x?version_id={first}").status == 404


@pytest.mark.checklist("S C-93: KEEP_LATEST replaces; by a bulk job as well")
def test_the_latest_replaces_what_was_there(call: Raw, keeping: Callable[..., str]) -> None:
    bucket = keeping(**KEEP_LATEST)
    put_several(call, "x", b"one", b"two!")
    job = call.start_put(bucket, x=5)
    assert call("GET", "/b/x").body == b"two!"
    call.put_all(bucket, job)
    assert versions(call) == [("x", job.blobs[0].version, "true")]
    assert call("GET", "/b/x").body == pattern(0, 5)


@pytest.mark.checklist("S C-92: without versioning an existing name is 409, and no job comes to be")
def test_without_versioning_a_name_is_taken(call: Raw, keeping: Callable[..., str]) -> None:
    keeping(versioning="NONE")
    put_several(call, "x", b"one")
    reply = call("PUT", "/_rest_/bucket/b?operation=start_bulk_put", objects(("x", {"Size": 9})))
    assert (reply.status, reply.code) == (409, "OBJECT_ALREADY_EXISTS")
    assert call("PUT", "/b/x", b"two").status == 409
    assert call("GET", "/_rest_/job").texts("Job") == []


@pytest.mark.checklist("S C-155: which version is the latest is decided when its data is complete")
def test_what_is_on_its_way_is_not_the_latest_yet(call: Raw, keeping: Callable[..., str]) -> None:
    bucket = keeping()
    put_several(call, "x", b"old")
    (old,) = ids(call)
    slow, fast = call.start_put(bucket, x=4), call.start_put(bucket, x=5)
    assert [latest for *_, latest in versions(call)] == ["true", "false", "false"]
    assert call("GET", "/b").texts("Contents/VersionId") == [old]
    call.put_all(bucket, fast)
    call.put_all(bucket, slow)
    assert call("GET", "/b").texts("Contents/Size") == ["4"]
    assert all(item.get("Latest") == "true" for item in blob_elements(call, fast, slow))


def blob_elements(call: Raw, *jobs: Job) -> list[Any]:
    found = []
    for job in jobs:
        found += call("GET", f"/_rest_/job/{job.id}").xml.iterfind("Objects/Object")
    assert found
    return found


def test_a_name_of_which_nothing_is_complete_is_shown_as_on_its_way(
    call: Raw, keeping: Callable[..., str]
) -> None:
    bucket = keeping()
    first, second = call.start_put(bucket, x=4), call.start_put(bucket, x=5)
    listed = call("GET", "/b").texts("Contents/VersionId")
    assert listed == [first.blobs[0].version]
    assert call("DELETE", f"/_rest_/job/{first.id}?force").status == 204
    assert call("GET", "/b").texts("Contents/VersionId") == [second.blobs[0].version]
    call.put_all(bucket, second)
    assert versions(call) == [("x", second.blobs[0].version, "true")]


def test_the_same_name_and_size_is_left_out_of_a_job_that_ignores_conflicts(
    call: Raw, keeping: Callable[..., str]
) -> None:
    bucket = keeping()
    put_several(call, "x", b"12345")
    job = call.start_put(bucket, "&ignore_naming_conflicts", x=5, y=1)
    assert [blob.name for blob in job.blobs] == ["y"]
    again = call.start_put(bucket, "&ignore_naming_conflicts", x=6)
    assert [blob.name for blob in again.blobs] == ["x"]


# --- going


@pytest.mark.checklist("S C-83: DELETE is 204; of a name without a latest version 404")
def test_deleting_a_name_leaves_its_versions(call: Raw, keeping: Callable[..., str]) -> None:
    keeping()
    put_several(call, "x", b"one", b"two")
    newest, oldest = ids(call)
    assert call("DELETE", "/b/x").status == 204
    assert names(call) == []
    assert versions(call) == [("x", newest, "false"), ("x", oldest, "false")]
    assert [call(verb, "/b/x").status for verb in ("GET", "HEAD", "DELETE")] == [404] * 3
    assert call("GET", f"/b/x?version_id={oldest}").body == b"one"
    assert call("DELETE", "/b").code == "BUCKET_NOT_EMPTY"


def test_a_deleted_name_can_be_put_again(call: Raw, keeping: Callable[..., str]) -> None:
    keeping()
    put_several(call, "x", b"one")
    call("DELETE", "/b/x")
    put_several(call, "x", b"two")
    assert [latest for *_, latest in versions(call)] == ["true", "false"]
    assert call("GET", "/b/x").body == b"two"


def test_a_version_is_deleted_for_good(call: Raw, keeping: Callable[..., str]) -> None:
    keeping()
    put_several(call, "x", b"one", b"two")
    newest, oldest = ids(call)
    assert call("DELETE", f"/b/x?version_id={oldest.upper()}").status == 204
    assert versions(call) == [("x", newest, "true")]
    assert call("GET", "/b/x").body == b"two"
    assert call("DELETE", f"/b/x?version_id={oldest}").code == "NoSuchKey"
    assert call("DELETE", f"/b/other?version_id={newest}").status == 404


def test_deleting_a_name_where_the_latest_is_kept_deletes_it_for_good(
    call: Raw, keeping: Callable[..., str]
) -> None:
    keeping(**KEEP_LATEST)
    put_several(call, "x", b"one", b"two")
    assert call("DELETE", "/b/x").status == 204
    assert versions(call) == []
    assert call("DELETE", "/b").status == 204


def test_several_are_deleted_by_version(call: Raw, keeping: Callable[..., str]) -> None:
    keeping()
    put_several(call, "x", b"one", b"two")
    newest, oldest = ids(call)
    body = "".join(
        f"<Object><Key>x</Key><VersionId>{v}</VersionId></Object>" for v in (oldest, unknown_id())
    )
    reply = call("POST", "/b?delete", f"<Delete>{body}</Delete>")
    assert reply.texts("Deleted/VersionId") == [oldest]
    assert reply.texts("Error/Code") == ["ObjectNotFound"]
    assert ids(call) == [newest]


def test_a_folder_s_versions_are_kept_when_it_is_deleted(
    call: Raw, keeping: Callable[..., str]
) -> None:
    bucket = keeping()
    for name in ("d/a", "d/b", "e"):
        call.put(f"/b/{name}")
    job = call.start_put(bucket, **{"d/new": 3})
    assert call("DELETE", "/_rest_/folder/d?bucket_id=b&recursive").status == 204
    assert names(call) == ["e"]
    assert [(name, latest) for name, _, latest in versions(call)] == [
        ("d/a", "false"),
        ("d/b", "false"),
        ("e", "true"),
    ]
    assert call("DELETE", "/_rest_/folder/d?bucket_id=b&recursive").status == 404
    assert call.job(job).sizes()[0] == 0


@pytest.mark.checklist("S C-155: DELETE of what a job still brings is 204, and it leaves the job")
def test_what_is_on_its_way_leaves_its_job_when_it_is_deleted(
    call: Raw, keeping: Callable[..., str]
) -> None:
    bucket = keeping(versioning="NONE")
    job = call.start_put(bucket, x=3, y=4)
    assert call("DELETE", "/b/x").status == 204
    assert call.job(job).sizes()[0] == 4
    assert call("PUT", job.blobs[0].target(bucket, job), b"123").status == 404
    assert call("PUT", job.blobs[1].target(bucket, job), b"1234").status == 200
    assert call.job(job).status == "COMPLETED"


@pytest.mark.checklist("S C-155: a second put of a name on its way is 409 without versioning")
def test_a_name_on_its_way_is_taken_without_versioning_and_else_not(
    simulator: Simulator, call: Raw, keeping: Callable[..., str]
) -> None:
    bucket = keeping(versioning="NONE")
    call.start_put(bucket, x=3)
    body = objects(("x", {"Size": 3}))
    start = "/_rest_/bucket/b?operation=start_bulk_put"
    assert [call("PUT", start, body).status, call("PUT", "/b/x", b"123").status] == [409, 409]
    simulator.faults.set("policies", [KEEP_LATEST])
    assert [call("PUT", start, body).status, call("PUT", "/b/x", b"123").status] == [200, 200]


# --- coming back


@pytest.mark.checklist(
    "S C-134: undelete makes the newest version the latest; 404 if there is none"
)
def test_the_newest_version_comes_back(call: Raw, keeping: Callable[..., str]) -> None:
    keeping()
    put_several(call, "x", b"one", b"two")
    newest, oldest = ids(call)
    call("DELETE", "/b/x")
    reply = call("PUT", "/_rest_/object?bucket_id=b&name=x")
    assert (reply.status, reply.xml.findtext("Id"), reply.xml.findtext("Latest")) == (
        200,
        newest,
        "true",
    )
    assert call("GET", "/b/x").body == b"two"
    other = call("PUT", f"/_rest_/object?bucket_id=b&name=x&version_id={oldest}")
    assert other.xml.findtext("Id") == oldest
    assert versions(call) == [("x", oldest, "true"), ("x", newest, "false")]
    assert call("GET", "/b/x").body == b"one"


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("bucket_id=b&name=no", 404),
        ("bucket_id=no&name=x", 404),
        ("bucket_id=b&name=x&version_id=00000000-0000-0000-0000-000000000000", 404),
        ("bucket_id=b", 400),
        ("name=x", 400),
    ],
)
@pytest.mark.checklist("S C-134: undelete of what is not there is 404")
def test_what_undelete_refuses(
    call: Raw, keeping: Callable[..., str], query: str, status: int
) -> None:
    keeping()
    put_several(call, "x", b"one")
    assert call("PUT", f"/_rest_/object?{query}").status == status


def test_undelete_is_not_there_before_release_5(
    simulator: Simulator, call: Raw, keeping: Callable[..., str]
) -> None:
    keeping()
    put_several(call, "x", b"one", b"two")
    call("DELETE", "/b/x")
    simulator.faults.set("server_version", "4.1.0")
    assert call("PUT", "/_rest_/object?bucket_id=b&name=x").status == 404
    assert call("GET", "/b?versions").texts("Version") == []


# --- in jobs


@pytest.mark.checklist("KS C-152: two versions of one name in one job are told apart by version_id")
def test_a_job_may_hold_two_versions_of_a_name(call: Raw, keeping: Callable[..., str]) -> None:
    bucket = keeping()
    put_several(call, "x", b"one", b"two!")
    newest, oldest = ids(call)
    body = objects(("x", {"VersionId": oldest}), ("x", {"VersionId": newest}))
    job = call.start(bucket, "start_bulk_get", "", body)
    assert [(blob.version, blob.length) for blob in job.blobs] == [(oldest, 3), (newest, 4)]
    latest = [item.get("Latest") for item in blob_elements(call, job)]
    assert latest == ["false", "true"]
    target = f"/b/x?job={job.id}&offset=0"
    assert call("GET", target).body == b"two!", "without an id it is the latest"
    assert call("GET", f"{target}&version_id={oldest}").body == b"one"
    assert call.job(job).status == "COMPLETED"


def test_a_version_that_no_name_means_any_more_is_read_by_a_job(
    call: Raw, keeping: Callable[..., str]
) -> None:
    bucket = keeping()
    put_several(call, "x", b"one")
    (version,) = ids(call)
    call("DELETE", "/b/x")
    gone = call("PUT", "/_rest_/bucket/b?operation=start_bulk_get", objects(("x", {})))
    assert gone.status == 404
    job = call.start(bucket, "start_bulk_get", "", objects(("x", {"VersionId": version})))
    assert call.get_all(bucket, job) == {"x": b"one"}


@pytest.mark.checklist("S C-158: Latest stays as it was in all answers of a job")
def test_what_a_job_says_of_a_version_stays(call: Raw, keeping: Callable[..., str]) -> None:
    bucket = keeping()
    put_several(call, "x", b"one")
    job = call.start_get(bucket, "x")
    put_several(call, "x", b"two")
    assert [item.get("Latest") for item in blob_elements(call, job)] == ["true"]
    ready = call.ready(job)
    assert [item.get("Latest") for item in ready.xml.iterfind("Objects/Object")] == ["true"]


def test_replacing_takes_what_a_running_job_reads(call: Raw, keeping: Callable[..., str]) -> None:
    bucket = keeping(**KEEP_LATEST)
    put_several(call, "x", b"one")
    call.put("/b/y", b"why")
    job = call.start_get(bucket, "x", "y")
    put_several(call, "x", b"two")
    assert call.job(job).sizes()[0] == 3
    assert call("GET", f"/b/x?job={job.id}&offset=0").status == 404
    assert call("GET", f"/b/y?job={job.id}&offset=0").body == b"why"
    assert call.job(job).status == "COMPLETED"


# --- in lists


def test_pages_of_versions_do_not_split_a_name(call: Raw, keeping: Callable[..., str]) -> None:
    keeping()
    for name, times in (("a", 2), ("b", 3), ("c", 1), ("d/1", 2)):
        put_several(call, name, *[b"x" * n for n in range(times)])
    found: list[list[str | None]] = []
    marker = ""
    while True:
        reply = call("GET", f"/b?versions&max_keys=2&marker={marker}")
        found.append(reply.texts("Version/Key"))
        if reply.xml.findtext("IsTruncated") != "true":
            break
        marker = reply.xml.findtext("NextMarker") or ""
    assert found == [["a", "a"], ["b", "b", "b"], ["c"], ["d/1", "d/1"]]
    folded = call("GET", "/b?versions&delimiter=/")
    assert len(folded.texts("Version")) == 6
    assert folded.texts("CommonPrefixes/Prefix") == ["d/"]


def found_ids(reply: Reply) -> list[str | None]:
    assert reply.status == 200, reply.body
    return reply.texts("S3Object/Id")


@pytest.mark.checklist("S C-149: a search is in the order of names, then the newest first")
def test_the_search_finds_all_versions_and_the_latest_alone(
    call: Raw, keeping: Callable[..., str]
) -> None:
    keeping()
    put_several(call, "x", b"one", b"two")
    put_several(call, "gone", b"one")
    newest, oldest = (identifier for name, identifier, _ in versions(call) if name == "x")
    (gone,) = (identifier for name, identifier, _ in versions(call) if name == "gone")
    call("DELETE", "/b/gone")
    search = "/_rest_/object?bucket_id=b"
    assert found_ids(call("GET", search)) == [gone, newest, oldest]
    assert found_ids(call("GET", f"{search}&latest=true")) == [newest]
    assert found_ids(call("GET", f"{search}&latest=false")) == [gone, oldest]
    assert found_ids(call("GET", f"{search}&name=x")) == [newest, oldest]
    assert call("GET", f"/_rest_/object/{oldest}?bucket_id=b").xml.findtext("Latest") == "false"
    assert call("GET", "/_rest_/object/x?bucket_id=b").xml.findtext("Id") == newest


def test_what_happened_to_versions_is_told_in_order(call: Raw, keeping: Callable[..., str]) -> None:
    keeping()
    put_several(call, "x", b"one", b"two")
    newest, oldest = ids(call)
    call("DELETE", "/b/x")
    call("DELETE", f"/b/x?version_id={oldest}")
    call("PUT", "/_rest_/object?bucket_id=b&name=x")
    history = call("GET", "/_rest_/bucket_history?bucket_id=b")
    told = list(
        zip(
            history.texts("BucketHistoryEvent/Type"),
            history.texts("BucketHistoryEvent/VersionId"),
            strict=True,
        )
    )
    assert told == [
        ("CREATE", oldest),
        ("MARK_LATEST", oldest),
        ("UNMARK_LATEST", oldest),
        ("CREATE", newest),
        ("MARK_LATEST", newest),
        ("UNMARK_LATEST", newest),
        ("DELETE", oldest),
        ("MARK_LATEST", newest),
    ]
    numbers = [int(text or "") for text in history.texts("BucketHistoryEvent/SequenceNumber")]
    assert numbers == sorted(set(numbers))
    later = call("GET", f"/_rest_/bucket_history?min_sequence_number={numbers[-2]}")
    assert later.texts("BucketHistoryEvent/Type") == ["DELETE", "MARK_LATEST"]
    assert later.headers["Total-Result-Count"] == "2"


def test_a_bucket_counts_all_versions(call: Raw, keeping: Callable[..., str]) -> None:
    keeping()
    put_several(call, "x", b"one", b"two!!")
    assert call("GET", "/_rest_/bucket/b").xml.findtext("LogicalUsedCapacity") == "8"
    _, oldest = ids(call)
    call("DELETE", f"/b/x?version_id={oldest}")
    shown = call("GET", "/_rest_/bucket/b").xml
    assert (shown.findtext("LogicalUsedCapacity"), shown.findtext("Empty")) == ("5", "false")
    assert call("DELETE", "/_rest_/bucket/b?force").status == 204
