"""Multipart uploads, and the call that finishes a blob."""

from __future__ import annotations

from pathlib import Path

import pytest

from ds3_browser.simulator.server import Simulator

from .raw import Raw, Reply, pattern, unknown_id

MIB = 1 << 20


def begin(call: Raw, name: str = "x", headers: list[tuple[str, str]] | None = None) -> str:
    reply = call("POST", f"/b/{name}?uploads", headers=headers or [])
    assert reply.status == 200, reply.body
    assert (reply.xml.tag, reply.xml.findtext("Key")) == ("InitiateMultipartUploadResult", name)
    return reply.xml.findtext("UploadId") or ""


def put_part(call: Raw, upload: str, number: int, body: bytes, name: str = "x") -> str:
    reply = call("PUT", f"/b/{name}?part_number={number}&upload_id={upload}", body)
    assert reply.status == 200, reply.body
    return reply.headers["ETag"]


def finish(call: Raw, upload: str, *parts: tuple[int, str]) -> Reply:
    inner = "".join(
        f"<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>"
        for number, etag in parts
    )
    body = f"<CompleteMultipartUpload>{inner}</CompleteMultipartUpload>"
    return call("POST", f"/b/x?upload_id={upload}", body)


def files(simulator: Simulator) -> list[Path]:
    return [path for path in (simulator.store.folder / "blobs").rglob("*") if path.is_file()]


def test_parts_become_the_blobs_of_an_object(simulator: Simulator, call: Raw, bucket: str) -> None:
    upload = begin(call, headers=[("x-amz-meta-colour", "red")])
    second = put_part(call, upload, 2, pattern(MIB, 100))
    first = put_part(call, upload, 1, pattern(0, MIB))
    assert call("GET", "/b").texts("Contents") == [], "it is not there yet"
    reply = finish(call, upload, (1, first), (2, f'"{second}"'))
    assert (reply.status, reply.xml.tag) == (200, "CompleteMultipartUploadResult")
    assert (reply.xml.findtext("ETag") or "").endswith("-2")
    head = call("HEAD", "/b/x").headers
    assert head["ETag"] == reply.xml.findtext("ETag")
    assert head["Content-Length"] == str(MIB + 100)
    assert head["x-amz-meta-colour"] == "red"
    assert {"ds3-blob-checksum-offset-0", f"ds3-blob-checksum-offset-{MIB}"} <= head.keys()
    assert call.get_all(bucket, call.start_get(bucket, "x"))["x"] == pattern(0, MIB + 100)
    assert call("GET", f"/b/x?upload_id={upload}").status == 404
    assert len(files(simulator)) == 2
    assert call("DELETE", "/b/x").status == 204
    assert files(simulator) == []


def test_a_part_put_again_replaces_the_first(simulator: Simulator, call: Raw, bucket: str) -> None:
    upload = begin(call)
    put_part(call, upload, 1, b"wrong")
    put_part(call, upload, 7, b"not listed")
    right = put_part(call, upload, 1, b"right")
    assert finish(call, upload, (1, right)).status == 200
    assert call("GET", "/b/x").body == b"right"
    assert len(files(simulator)) == 1


@pytest.mark.parametrize("parts", [[], [(2, "")], [(1, "00")], [(1, ""), (1, "")]])
def test_a_list_of_parts_that_is_wrong_is_refused(
    call: Raw, bucket: str, parts: list[tuple[int, str]]
) -> None:
    upload = begin(call)
    etag = put_part(call, upload, 1, b"hello")
    assert finish(call, upload, *((n, text or etag) for n, text in parts)).status == 400
    assert finish(call, upload, (1, etag)).status == 200


def test_an_upload_is_given_up(simulator: Simulator, call: Raw, bucket: str) -> None:
    upload = begin(call)
    etag = put_part(call, upload, 1, b"hello")
    assert call("DELETE", f"/b/x?upload_id={upload}").status == 204
    assert finish(call, upload, (1, etag)).status == 404
    assert call("PUT", f"/b/x?part_number=1&upload_id={upload}", b"x").status == 404
    assert files(simulator) == []


def test_what_a_part_refuses(call: Raw, bucket: str) -> None:
    upload = begin(call)
    target = f"/b/x?part_number=1&upload_id={upload}"
    assert call("PUT", target, b"x", [("Content-CRC32C", "AAAAAA==")]).code == "BadDigest"
    for query in (f"part_number=0&upload_id={upload}", f"upload_id={upload}"):
        assert call("PUT", f"/b/x?{query}", b"x").status == 400
    assert call("PUT", f"/b/other?part_number=1&upload_id={upload}", b"x").status == 404
    assert call("PUT", f"/b/x?part_number=1&upload_id={unknown_id()}", b"x").status == 404
    assert call("POST", "/no/x?uploads").status == 404
    call.put("/b/there")
    assert call("POST", "/b/there?uploads").status == 409


def test_uploads_and_parts_are_listed(call: Raw, bucket: str) -> None:
    uploads = {name: begin(call, name) for name in ("a/1", "a/2", "b", "c")}
    listed = call("GET", "/b?uploads&delimiter=/&max_uploads=2")
    assert listed.xml.tag == "ListMultipartUploadsResult"
    assert listed.texts("CommonPrefixes/Prefix") == ["a/"]
    assert listed.texts("Upload/UploadId") == [uploads["b"]]
    assert listed.xml.findtext("IsTruncated") == "true"
    key, identifier = (listed.xml.findtext(f"Next{n}Marker") for n in ("Key", "UploadId"))
    rest = call("GET", f"/b?uploads&key_marker={key}&upload_id_marker={identifier}")
    assert rest.texts("Upload/Key") == ["c"]
    assert call("GET", "/b?uploads&prefix=a/").texts("Upload/Key") == ["a/1", "a/2"]
    for number in (1, 2, 3):
        put_part(call, uploads["b"], number, b"x" * number, "b")
    page = call("GET", f"/b/b?upload_id={uploads['b']}&max_parts=2")
    assert (page.xml.tag, page.texts("Part/PartNumber")) == ("ListPartsResult", ["1", "2"])
    assert page.xml.findtext("NextPartNumberMarker") == "2"
    behind = call("GET", f"/b/b?upload_id={uploads['b']}&part_number_marker=2")
    assert (behind.texts("Part/PartNumber"), behind.xml.findtext("IsTruncated")) == (
        ["3"],
        "false",
    )


def test_a_bucket_goes_with_its_uploads(simulator: Simulator, call: Raw, bucket: str) -> None:
    put_part(call, begin(call), 1, b"hello")
    assert call("DELETE", "/b").status == 204
    assert files(simulator) == []


def test_release_6_has_no_multipart_uploads(simulator: Simulator, call: Raw, bucket: str) -> None:
    upload = begin(call)
    simulator.faults.set("server_version", "6.0.0")
    for method, target in (
        ("POST", "/b/x?uploads"),
        ("PUT", f"/b/x?part_number=1&upload_id={upload}"),
        ("POST", f"/b/x?upload_id={upload}"),
        ("DELETE", f"/b/x?upload_id={upload}"),
        ("GET", f"/b/x?upload_id={upload}"),
        ("GET", "/b?uploads"),
    ):
        assert call(method, target, b"x" if method == "PUT" else b"").status == 400
    assert call("GET", "/b").texts("Contents/Key") == []


def test_finishing_a_blob_needs_its_data(call: Raw, bucket: str) -> None:
    job = call.start_put(bucket, x=3, y=4)
    target = f"/b/x?job={job.id}&blob={job.blobs[0].id}&size=3"
    assert call("POST", target).status == 400
    assert call("PUT", job.blobs[0].target(bucket, job), b"abc").status == 200
    assert call("POST", target).status == 200
    for wrong in (
        f"/b/y?job={job.id}&blob={job.blobs[0].id}",
        f"/b/x?job={job.id}&blob={unknown_id()}",
        f"/b/x?job={unknown_id()}&blob={job.blobs[0].id}",
    ):
        assert call("POST", wrong).status == 404
    assert call("POST", "/b/x").status == 400


def test_a_part_s_number_of_very_many_digits_is_none(call: Raw, bucket: str) -> None:
    identifier = call("POST", "/b/x?uploads").xml.findtext("UploadId")
    part = f"<Part><PartNumber>{'1' * 5000}</PartNumber><ETag>x</ETag></Part>"
    body = f"<CompleteMultipartUpload>{part}</CompleteMultipartUpload>"
    reply = call("POST", f"/b/x?upload_id={identifier}", body)
    assert (reply.status, reply.code) == (400, "InvalidArgument")
