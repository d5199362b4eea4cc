"""Objects without a job: PUT, GET with ranges, HEAD, DELETE, checksums, metadata, names."""

from __future__ import annotations

import base64
import errno
import hashlib
import sqlite3
import zlib
from collections.abc import Callable
from urllib.parse import quote

import crc32c
import pytest

from ds3_browser.simulator import receiving
from ds3_browser.simulator.intake import FEWEST_PACKED
from ds3_browser.simulator.objects import ObjectCalls
from ds3_browser.simulator.server import Simulator
from ds3_browser.simulator.versions import Versions

from .raw import Job, Raw, objects, pattern, signed

DIGESTS: dict[str, Callable[[bytes], bytes]] = {
    "MD5": lambda data: hashlib.md5(data).digest(),
    "CRC32": lambda data: zlib.crc32(data).to_bytes(4, "big"),
    "CRC32C": lambda data: crc32c.crc32c(data).to_bytes(4, "big"),
    "SHA256": lambda data: hashlib.sha256(data).digest(),
    "SHA512": lambda data: hashlib.sha512(data).digest(),
}
TYPES = {
    "MD5": "MD5",
    "CRC_32": "CRC32",
    "CRC_32C": "CRC32C",
    "SHA_256": "SHA256",
    "SHA_512": "SHA512",
}
OF_DIGITS = {
    "MD5": "JfnnlDI7RTiF9RgfG2JNCw==",
    "CRC_32": "y/Q5Jg==",
    "CRC_32C": "4waSgw==",
    "SHA_256": "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=",
    "SHA_512": "2eZ2LdHI6vbWGzxhkvxAjU1tXxF20MKRabwk5xw/J0rSf81YEbMT1oH35V7ALXPUmclUVba1u1A6z1dPuo"
    "/+hQ==",
}


def checksum(header: str, data: bytes) -> tuple[str, str]:
    return f"Content-{header}", base64.b64encode(DIGESTS[header](data)).decode()


def stored_files(simulator: Simulator) -> int:
    return sum(path.is_file() for path in (simulator.store.folder / "blobs").rglob("*"))


@pytest.fixture
def cut(call: Raw, bucket: str, simulator: Simulator) -> Job:
    """An object of 40 bytes in blobs of 16."""
    simulator.faults.set("min_blob", 1)
    job = call.start_put(bucket, "&max_upload_size=16", x=40)
    call.put_all(bucket, job)
    return job


def test_what_was_put_is_got(call: Raw, bucket: str) -> None:
    for size in (0, 1, 5000, (1 << 20) + 17):
        body = pattern(3, size)
        call.put(f"/b/{size}", body)
        reply = call("GET", f"/b/{size}")
        assert (reply.status, reply.body == body) == (200, True)
        assert reply.headers["Content-Length"] == str(size)


@pytest.mark.checklist(
    'S C-88: a PUT without a job makes the object and a hidden job, Naked="true"'
)
def test_a_put_without_a_job_makes_a_hidden_one(call: Raw, bucket: str) -> None:
    call.put("/b/x", b"12345")
    reply = call("GET", "/_rest_/completed_job")
    assert reply.texts("CompletedJob/Naked") == ["true"]
    assert reply.texts("CompletedJob/RequestType") == ["PUT"]
    assert reply.texts("CompletedJob/OriginalSizeInBytes") == ["5"]


def test_an_object_is_not_put_twice(call: Raw, bucket: str) -> None:
    call.put("/b/x", b"one")
    reply = call("PUT", "/b/x", b"two")
    assert (reply.status, reply.code) == (409, "OBJECT_ALREADY_EXISTS")
    assert call("GET", "/b/x").body == b"one"


def test_an_object_on_its_way_by_a_job_is_not_put_over(call: Raw, bucket: str) -> None:
    call.start_put(bucket, x=3)
    assert call("PUT", "/b/x", b"two").status == 409
    assert call("GET", "/b/x").status == 404


@pytest.mark.checklist("S C-68: a PUT without Content-Length is 411")
def test_a_put_needs_a_length(simulator: Simulator, call: Raw, bucket: str) -> None:
    given = call.send("PUT", "/b/x", None, signed(call, "PUT", "/b/x"))
    assert (given.status, given.code) == (411, "MissingContentLength")


def test_a_chunked_body_is_refused(simulator: Simulator, call: Raw, bucket: str) -> None:
    chunked = [*signed(call, "PUT", "/b/x"), ("Transfer-Encoding", "chunked")]
    reply = call.send("PUT", "/b/x", None, chunked)
    assert (reply.status, reply.headers["Connection"]) == (411, "close"), "its end is unknown"


@pytest.mark.checklist("S C-18: everything behind /{bucket}/ is the name, slashes included")
@pytest.mark.parametrize(
    "name",
    [
        "a b",
        "+ %#?;&=@:!*'()[]{}^|~\"<>",
        "back\\slash",
        "caf\u00e9",
        "cafe\u0301",
        "\u65e5\u672c\u8a9e",
        "\U0001f600",
        "/lead",
        "a//b",
        "a/../b/./c",
        "dir/",
        "t\tab",
        "%2F",
        "x" * 1024,
    ],
)
def test_any_name_is_kept_as_it_is(call: Raw, bucket: str, name: str) -> None:
    target = "/b/" + quote(name, safe="/")
    call.put(target, name.encode())
    assert call("GET", "/b").texts("Contents/Key") == [name]
    assert call("GET", target).body == name.encode()
    assert call("DELETE", target).status == 204


@pytest.mark.parametrize("target", ["/b/" + "x" * 1025, "/b/a%01b", "/b/%FF"])
def test_names_that_no_answer_could_carry_are_refused(call: Raw, bucket: str, target: str) -> None:
    assert call("PUT", target, b"x").status == 400


# --- checksums


@pytest.mark.checklist(
    "S C-72: digests are base64 of the binary, CRCs big-endian; the table's values"
)
@pytest.mark.checklist("S C-11: a checksum of any type is signed in the place of the MD5")
@pytest.mark.parametrize("kind", TYPES)
def test_checksums_are_of_the_policy_s_type_and_as_the_table_says(
    simulator: Simulator, call: Raw, kind: str
) -> None:
    simulator.faults.set("policies", [{"checksum_type": kind}])
    call.bucket()
    header = checksum(TYPES[kind], b"123456789")
    assert header[1] == OF_DIGITS[kind]
    assert call("PUT", "/b/x", b"123456789", [header]).status == 200
    assert call("GET", "/b/x").headers[header[0]] == header[1]
    head = call("HEAD", "/b/x").headers
    assert head["ds3-blob-checksum-type"] == kind
    assert head["ds3-blob-checksum-offset-0"] == header[1]


@pytest.mark.checklist("S C-66: a wrong checksum is 400 and nothing is stored")
@pytest.mark.parametrize("kind", TYPES)
def test_a_wrong_checksum_leaves_nothing(simulator: Simulator, call: Raw, kind: str) -> None:
    simulator.faults.set("policies", [{"checksum_type": kind}])
    call.bucket()
    reply = call("PUT", "/b/x", b"hello", [checksum(TYPES[kind], b"other")])
    assert (reply.status, reply.code) == (400, "BadDigest")
    assert call("HEAD", "/b/x").status == 404
    assert stored_files(simulator) == 0
    assert call("PUT", "/b/x", b"hello", [checksum(TYPES[kind], b"hello")]).status == 200


def test_a_checksum_of_another_type_than_the_policy_s_is_refused(call: Raw, bucket: str) -> None:
    reply = call("PUT", "/b/x", b"hello", [checksum("MD5", b"hello")])
    assert (reply.status, reply.code) == (400, "InvalidArgument")


def test_a_full_disk_is_told_and_waited_for(
    simulator: Simulator, call: Raw, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(descriptor: int, piece: memoryview) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr(receiving, "_write", write)
        reply = call("PUT", "/b/x", bytes(100_000))
    assert (reply.status, reply.headers["Retry-After"]) == (503, "60")
    assert call("PUT", "/b/x", bytes(100_000)).status == 200
    files = [path for path in (simulator.store.folder / "blobs").rglob("*") if path.is_file()]
    assert len(files) == 1


def test_a_policy_may_ask_for_a_checksum(simulator: Simulator, call: Raw) -> None:
    simulator.faults.set("policies", [{"end_to_end_crc_required": True}])
    call.bucket()
    assert call("PUT", "/b/x", b"hello").status == 400
    assert call("PUT", "/b/x", b"hello", [checksum("CRC32C", b"hello")]).status == 200


# --- ranges


@pytest.mark.checklist("S C-63: one range is 206 with Content-Range and Accept-Ranges")
def test_one_range_is_told_and_sent(call: Raw, bucket: str) -> None:
    call.put("/b/x", pattern(0, 100))
    reply = call("GET", "/b/x", headers=[("Range", "bytes=10-19")])
    assert (reply.status, reply.body) == (206, pattern(10, 10))
    assert reply.headers["Content-Range"] == "bytes 10-19/100"
    assert reply.headers["Accept-Ranges"] == "bytes"
    assert not [name for name in reply.headers if name.startswith("Content-CRC")]


@pytest.mark.checklist("S C-64: several ranges are joined, without multipart")
def test_several_ranges_are_joined_without_a_frame(call: Raw, bucket: str) -> None:
    call.put("/b/x", pattern(0, 100))
    reply = call("GET", "/b/x", headers=[("Range", "bytes=10-19,40-40, 90-99")])
    assert (reply.status, reply.body) == (206, pattern(10, 10) + pattern(40, 1) + pattern(90, 10))
    assert reply.headers["Content-Range"] == "bytes 10-19,40-40,90-99/100"
    assert reply.headers["Content-Length"] == "21"


@pytest.mark.parametrize(
    "text", ["bytes=90-100", "bytes=5-4", "bytes=x-y", "bytes=-5", "lines=1-2"]
)
def test_a_range_outside_is_refused(call: Raw, bucket: str, text: str) -> None:
    call.put("/b/x", pattern(0, 100))
    reply = call("GET", "/b/x", headers=[("Range", text)])
    assert (reply.status, reply.code) == (416, "InvalidRange")


@pytest.mark.checklist("S C-65: ranges are absolute in the object and inside the blob")
@pytest.mark.checklist("S C-89: a ranged GET without a job reads one blob")
def test_a_range_is_absolute_in_the_object_and_inside_the_blob(call: Raw, cut: Job) -> None:
    reply = call("GET", "/b/x?offset=16", headers=[("Range", "bytes=20-29")])
    assert (reply.status, reply.body) == (206, pattern(20, 10))
    assert reply.headers["Content-Range"] == "bytes 20-29/40"
    for text in ("bytes=4-9", "bytes=15-16", "bytes=31-32"):
        assert call("GET", "/b/x?offset=16", headers=[("Range", text)]).status == 416


@pytest.mark.checklist("S C-89: a GET of a whole object of several blobs without a job is 400")
def test_an_object_of_several_blobs_is_not_got_whole_without_a_job(call: Raw, cut: Job) -> None:
    assert call("GET", "/b/x").status == 400
    assert call("GET", "/b/x?offset=32").body == pattern(32, 8)
    assert call("GET", "/b/x?offset=5").status == 404


# --- what is known of an object


@pytest.mark.checklist("S C-76: HEAD tells size, checksum type, and the checksum of each blob")
def test_head_tells_size_and_the_checksum_of_each_blob(call: Raw, cut: Job) -> None:
    head = call("HEAD", "/b/x").headers
    assert head["Content-Length"] == "40"
    for offset, length in ((0, 16), (16, 16), (32, 8)):
        expected = checksum("CRC32C", pattern(offset, length))[1]
        assert head[f"ds3-blob-checksum-offset-{offset}"] == expected
    assert head["ETag"].endswith("-3")
    assert head["creation-date"].endswith("Z")


@pytest.mark.checklist("S C-77: HEAD of nothing is 404 without a body")
def test_head_of_nothing_has_no_body(call: Raw, bucket: str) -> None:
    reply = call("HEAD", "/b/nothing")
    assert (reply.status, reply.body) == (404, b"")
    assert "x-amz-request-id" in reply.headers


@pytest.mark.checklist("S C-79: names of metadata become lower case, values stay")
def test_metadata_names_become_lower_case_and_values_stay(call: Raw, bucket: str) -> None:
    given = [
        ("X-Amz-Meta-DS3-ownerName", "anna"),
        ("x-amz-meta-title", "a%20b%2C%C3%A9"),
        ("x-amz-meta-odd", "100%, maybe"),
        ("x-amz-meta-two", "one"),
        ("x-amz-meta-two", "more"),
    ]
    assert call("PUT", "/b/x", b"x", given).status == 200
    expected = {
        "x-amz-meta-ds3-ownername": "anna",
        "x-amz-meta-title": "a%20b%2C%C3%A9",
        "x-amz-meta-odd": "100%, maybe",
        "x-amz-meta-two": "one,more",
    }
    for method in ("HEAD", "GET"):
        headers = call(method, "/b/x").headers
        assert {k: v for k, v in headers.items() if k.startswith("x-amz-meta-")} == expected


@pytest.mark.checklist("S C-153: ds3-blob-checksum-* and x-amz-meta-* are answered in lower case")
@pytest.mark.checklist("S wire: one client compares these headers exactly")
def test_names_of_headers_that_clients_compare_exactly_are_lower_case(call: Raw, cut: Job) -> None:
    names = [name for name in call("HEAD", "/b/x").headers if "checksum" in name.lower()]
    assert len(names) == 4
    assert all(name == name.lower() for name in names)


# --- deleting


@pytest.mark.checklist("S C-83: DELETE is 204, of what is missing 404")
def test_deleting_is_told_once(call: Raw, bucket: str) -> None:
    call.put("/b/x")
    assert call("DELETE", "/b/x").status == 204
    reply = call("DELETE", "/b/x")
    assert (reply.status, reply.code) == (404, "NoSuchKey")


def test_a_version_that_is_another_is_not_deleted_or_got(call: Raw, bucket: str) -> None:
    call.put("/b/x")
    version = call("HEAD", "/b/x").headers["version-id"]
    other = "00000000-0000-4000-8000-000000000000"
    for method in ("GET", "HEAD", "DELETE"):
        assert call(method, f"/b/x?version_id={other}").status == 404
    assert call("GET", f"/b/x?version_id={version.upper()}").status == 200
    assert call("DELETE", f"/b/x?version_id={version}").status == 204


@pytest.mark.checklist("S C-86: a multi-object delete is 200 even if all of it fails")
def test_many_are_deleted_at_once_and_failures_are_told_inside(call: Raw, bucket: str) -> None:
    call.put("/b/a%20b")
    body = "<Delete><Object><Key>a b</Key></Object><Object><Key>no</Key></Object></Delete>"
    reply = call("POST", "/b?delete", body)
    assert (reply.status, reply.xml.tag) == (200, "DeleteResult")
    assert reply.texts("Deleted/Key") == ["a b"]
    assert reply.texts("Error/Key") + reply.texts("Error/Code") == ["no", "ObjectNotFound"]
    again = call("POST", "/b?delete=", body)
    assert (again.status, again.texts("Error/Key")) == (200, ["a b", "no"])


def test_a_quiet_deletion_tells_failures_alone(call: Raw, bucket: str) -> None:
    call.put("/b/x")
    keys = "<Object><Key>x</Key></Object><Object><Key>no</Key></Object>"
    reply = call("POST", "/b?delete", f"<Delete><Quiet>true</Quiet>{keys}</Delete>")
    assert [child.tag for child in reply.xml] == ["Error"]


def test_more_than_a_thousand_keys_or_no_xml_is_refused(call: Raw, bucket: str) -> None:
    keys = "<Object><Key>x</Key></Object>" * 1001
    assert call("POST", "/b?delete", f"<Delete>{keys}</Delete>").status == 400
    for wrong in ("<Delete>", f"<Objects>{keys}</Objects>"):
        reply = call("POST", "/b?delete", wrong)
        assert (reply.status, reply.code) == (400, "MalformedXML")


def test_entities_in_a_body_are_not_expanded(call: Raw, bucket: str) -> None:
    call.put("/b/secret")
    body = '<!DOCTYPE d [<!ENTITY e "secret">]><Delete><Object><Key>&e;</Key></Object></Delete>'
    call("POST", "/b?delete", body)
    assert call("HEAD", "/b/secret").status == 200


@pytest.mark.checklist("S C-130: deleting a folder is 204 and takes all below it")
@pytest.mark.checklist("S wire: one client ends when a folder delete fails")
def test_a_folder_is_deleted_with_all_below_and_nothing_beside(call: Raw, bucket: str) -> None:
    for name in ("a/", "a/x", "a/y/z", "a.txt", "ab/x"):
        call.put(f"/b/{name}")
    assert call("DELETE", "/_rest_/folder/a?bucket_id=b&recursive").status == 204
    assert call("GET", "/b").texts("Contents/Key") == ["a.txt", "ab/x"]
    assert call("DELETE", "/_rest_/folder/ab/?bucketId=b&recursive").status == 204


@pytest.mark.checklist("S C-130: no match and an unknown bucket are 404")
def test_what_a_folder_deletion_refuses(call: Raw, bucket: str) -> None:
    assert call("DELETE", "/_rest_/folder/no?bucket_id=b&recursive").status == 404
    assert call("DELETE", "/_rest_/folder/no?bucket_id=nope&recursive").status == 404
    assert call("DELETE", "/_rest_/folder/no?bucket_id=&recursive").status == 500


# --- search


@pytest.mark.checklist("S C-125: % in a name stands for anything, other names are exact")
@pytest.mark.checklist("S C-126: a bucket is named by name or id; an unknown one is 404")
@pytest.mark.checklist("S C-166: FOLDER finds what ends in a slash, DATA the others")
def test_objects_are_searched_by_name(call: Raw, bucket: str) -> None:
    call.bucket("c")
    for target in ("/b/clip%201.mov", "/b/CLIP.mov", "/b/dir/", "/c/a-clip", "/b/c*ip"):
        call.put(target, b"" if target.endswith("/") else b"x")

    def names(query: str) -> list[str | None]:
        reply = call("GET", f"/_rest_/object?{query}")
        assert reply.headers["Total-Result-Count"] == str(len(reply.texts("S3Object/Name")))
        return reply.texts("S3Object/Name")

    assert names("name=%25clip%25") == ["a-clip", "clip 1.mov"]
    assert names("name=%25clip%25&bucket_id=b") == ["clip 1.mov"]
    assert names("name=clip") == []
    assert names("name=c*ip") == ["c*ip"]
    assert names("name=c*%25") == ["c*ip"]
    assert names("type=FOLDER") == ["dir/"]
    assert names("type=data&bucket_id=c") == ["a-clip"]
    assert call("GET", "/_rest_/object?bucket_id=nope").status == 404


def test_a_search_comes_in_pages(call: Raw, bucket: str) -> None:
    for n in range(5):
        call.put(f"/b/{n}")
    reply = call("GET", "/_rest_/object?page_length=2&page_offset=2")
    assert reply.texts("S3Object/Name") == ["2", "3"]
    assert (reply.headers["Total-Result-Count"], reply.headers["Page-Truncated"]) == ("5", "1")


@pytest.mark.checklist("S C-127: full details add counts of blobs, owner, size and ETag")
def test_full_details_count_blobs(simulator: Simulator, call: Raw, cut: Job) -> None:
    reply = call("GET", "/_rest_/object?full_details&name=x")
    (found,) = ({str(child.tag): child.text for child in item} for item in reply.xml)
    assert (found["BlobsTotal"], found["BlobsInCache"], found["Size"]) == ("3", "3", "40")
    assert (found["Owner"], found["Latest"], found["Type"]) == ("spectra", "true", "DATA")
    assert found["ETag"] == call("HEAD", "/b/x").headers["ETag"]


def test_one_object_is_shown_by_its_name(call: Raw, bucket: str) -> None:
    call.put("/b/a/b%20c")
    reply = call("GET", "/_rest_/object/a/b%20c?bucket_id=b")
    assert reply.texts("Name") == ["a/b c"]
    assert reply.texts("Id") == [call("HEAD", "/b/a/b%20c").headers["version-id"]]
    assert call("GET", "/_rest_/object/no?bucket_id=b").status == 404
    assert call("GET", "/_rest_/object/a/b%20c").status == 400


def test_a_body_nobody_asked_for_is_not_the_next_request(call: Raw, bucket: str) -> None:
    call.put("/b/o")
    for method, target in (("GET", "/b/o"), ("HEAD", "/b/o"), ("GET", "/"), ("DELETE", "/b/o")):
        assert call(method, target, b"GET / HTTP/1.1\r\n\r\n").status in (200, 204)
    assert call("GET", "/b").status == 200


@pytest.mark.parametrize("number", ["9" * 19, "9" * 20, "9" * 5000, "-1", "1e3", "٣"])
def test_a_number_that_is_none_is_refused(call: Raw, bucket: str, number: str) -> None:
    call.put("/b/o")
    for target in (
        f"/b?max_keys={quote(number)}",
        f"/b/o?offset={quote(number)}",
        f"/_rest_/tape?page_offset={quote(number)}",
        f"/_rest_/bucket_history?min_sequence_number={quote(number)}",
        f"/_rest_/tape?last_verified={quote(number)}x",
    ):
        assert call("GET", target).code == "InvalidArgument", target
    body = objects(("big", {"Size": number}))
    assert call("PUT", "/_rest_/bucket/b?operation=start_bulk_put", body).status == 400
    body = objects(("o", {"Offset": number, "Length": 1}))
    assert call("PUT", "/_rest_/bucket/b?operation=start_bulk_get", body).status == 400


@pytest.mark.parametrize("date", ["0001-01-01", "9" * 15, "99999-01-01", "yesterday", "-5"])
def test_a_date_that_is_none_is_refused(call: Raw, bucket: str, date: str) -> None:
    assert call("GET", f"/_rest_/object?start_date={date}").code == "InvalidArgument"
    job = call.start_put(bucket, o=5)
    assert call("PUT", f"/_rest_/job/{job.id}?created_at={date}").code == "InvalidArgument"
    assert call("GET", f"/_rest_/job/{job.id}").status == 200


def test_a_put_is_answered_with_what_came(call: Raw, bucket: str) -> None:
    """A blob's ETag is the checksum of its bytes in hex, and is not quoted."""
    expected = {"hello": "9a71bb4c", "x" * 70_000: None, "": "00000000"}
    for number, (text, etag) in enumerate(expected.items()):
        reply = call("PUT", f"/{bucket}/{number}", text.encode())
        assert (reply.status, reply.body) == (200, b"")
        assert reply.headers["ETag"] == call("HEAD", f"/{bucket}/{number}").headers["ETag"]
        assert etag is None or reply.headers["ETag"] == etag
    job = call.start_put(bucket, "&max_upload_size=10485760", long=20 << 20)
    first, second = (
        call("PUT", blob.target(bucket, job), pattern(blob.offset, blob.length)).headers["ETag"]
        for blob in job.blobs
    )
    assert first == second  # ten MiB of the same pattern
    assert call("HEAD", f"/{bucket}/long").headers["ETag"] not in (first, second)


@pytest.mark.parametrize(
    ("size", "beside"),
    [(5, 0), (5, FEWEST_PACKED), (100_000, 0)],
    ids=["a row of its own", "a file of many", "a file of its own"],
)
def test_what_is_deleted_while_it_is_asked_for_is_not_there(
    call: Raw,
    caller: Callable[..., Raw],
    bucket: str,
    monkeypatch: pytest.MonkeyPatch,
    size: int,
    beside: int,
) -> None:
    names = ["x", *(f"n{number}" for number in range(beside))]
    for name in names:
        call.put(f"/b/{name}", bytes(size))
    assert len(call("GET", "/b").texts("Contents/Key")) == len(names)
    other = caller()

    def delete(self: ObjectCalls) -> None:
        for name in names:
            assert other("DELETE", f"/b/{name}").status == 204

    monkeypatch.setattr(ObjectCalls, "_redirect", delete)
    reply = call("GET", "/b/x")
    assert (reply.status, reply.code) == (404, "NoSuchKey")


def test_a_version_deleted_while_it_is_brought_back_is_not_there(
    simulator: Simulator, call: Raw, monkeypatch: pytest.MonkeyPatch
) -> None:
    simulator.faults.set("policies", [{"versioning": "KEEP_MULTIPLE_VERSIONS"}])
    call.bucket()
    call.put("/b/x")
    undelete = Versions.undelete

    def undone(self: Versions, bucket: str, name: str, version_id: str | None) -> sqlite3.Row:
        row = undelete(self, bucket, name, version_id)
        self.delete(bucket, name, row["id"])
        return row

    monkeypatch.setattr(Versions, "undelete", undone)
    assert call("PUT", "/_rest_/object?bucket_id=b&name=x").status == 404


@pytest.mark.parametrize(
    "asked", ["0-\xb2", "\xb9-3", f"{'1' * 5000}-", f"0-{'9' * 5000}", "0-4,\xb3-"]
)
def test_what_is_no_range_is_refused(call: Raw, bucket: str, asked: str) -> None:
    call.put("/b/x")
    reply = call("GET", "/b/x", headers=[("Range", f"bytes={asked}")])
    assert (reply.status, reply.code) == (416, "InvalidRange")


def test_a_version_that_is_left_empty_is_none(call: Raw, bucket: str) -> None:
    """Some clients write an element for what they do not say; the answer has none for it."""
    call.put("/b/x")
    keys = "".join(f"<Object><Key>{key}</Key><VersionId/></Object>" for key in ("x", "y"))
    reply = call("POST", "/b?delete", f"<Delete>{keys}</Delete>")
    assert reply.texts("Deleted/Key") == ["x"]
    assert reply.texts("Error/Key") == ["y"]
    assert b"VersionId" not in reply.body


@pytest.mark.parametrize("kind", ["verify", "stage"])
def test_nobody_reads_the_blobs_of_a_job_that_moves_them_alone(
    simulator: Simulator, call: Raw, bucket: str, kind: str
) -> None:
    simulator.faults.set("tape_delay", 3600)
    call.put("/b/x")
    assert call("PUT", "/_rest_/cache_filesystem?reclaim").status == 204
    body = objects(("x", {}))
    job = call.start(bucket, f"start_bulk_{kind}", "", body)
    reply = call("GET", job.blobs[0].target(bucket, job))
    assert (reply.status, reply.code) == (400, "InvalidArgument")


def test_a_blob_moves_in_the_direction_of_its_job_alone(call: Raw, bucket: str) -> None:
    """Read by the id of the job that brings them, blobs counted as persisted, lacking ones too."""
    job = call.start_put(bucket, x=5, y=5)
    first, second = job.blobs
    for _ in ("before it came", "behind it"):
        reply = call("GET", first.target(bucket, job))
        assert (reply.status, reply.code) == (400, "InvalidArgument")
        call("PUT", first.target(bucket, job), b"hello")
    now = call.job(job)
    assert (now.status, now.sizes()) == ("IN_PROGRESS", (10, 5, 5))
    read = call.start_get(bucket, "x")
    reply = call("PUT", first.target(bucket, read), b"hello")
    assert (reply.status, reply.code) == (400, "InvalidArgument")
    assert call("PUT", second.target(bucket, job), b"hello").status == 200
    assert call.job(job).status == "COMPLETED"
