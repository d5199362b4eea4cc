"""The client against canned answers: what it asks, what it makes of errors, when it asks again."""

from __future__ import annotations

import dataclasses
import logging
import traceback
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from ds3_browser.protocol import calling, job_calls
from ds3_browser.protocol.client import Ds3Client, from_environment
from ds3_browser.protocol.errors import (
    AccessDenied,
    BadCredentials,
    BadReply,
    Busy,
    ClockSkewed,
    Conflict,
    ConnectionLost,
    Ds3Error,
    Gone,
    ManagementPort,
    NotFound,
    RequestRefused,
    ServerFault,
)
from ds3_browser.protocol.records import (
    BucketAccess,
    ChecksumType,
    Credentials,
    DeleteItem,
    Endpoint,
    GetItem,
    JobStatus,
    Order,
    Priority,
    PutItem,
)
from ds3_browser.protocol.releases import Feature
from ds3_browser.protocol.system_records import TargetKind
from tests.protocol.bytes_moved import Collected
from tests.protocol.recorder import Act, Peer, Recorded, Recorder, reply

BUCKETS = b"<ListAllMyBucketsResult><Buckets/></ListAllMyBucketsResult>"
JOB = b'<MasterObjectList JobId="j"/>'


def error(code: str, message: str = "", status: int = 400) -> bytes:
    return (
        f"<Error><Code>{code}</Code><HttpErrorCode>{status}</HttpErrorCode><Message>{message}"
        "</Message><Resource>/x</Resource><ResourceId>578</ResourceId></Error>"
    ).encode()


# --- errors --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, error("InvalidArgument"), RequestRefused),
        (401, b"", AccessDenied),
        (403, b"", AccessDenied),
        (403, error("AccessDenied"), AccessDenied),
        (403, error("InvalidAccessKeyId"), BadCredentials),
        (403, error("SIGNATURE_DOES_NOT_MATCH"), BadCredentials),
        (403, error("RequestTimeTooSkewed"), ClockSkewed),
        (403, error("Forbidden", "Client clock is off"), ClockSkewed),
        (404, error("NoSuchBucket"), NotFound),
        (409, error("OBJECT_ALREADY_EXISTS"), Conflict),
        (410, b"", Gone),
        (301, b"", ManagementPort),
        (307, b"", Busy),
        (429, b"", Busy),
        (503, error("SlowDown"), Busy),
        (418, b"", RequestRefused),
    ],
)
def test_a_status_and_its_code_mean_one_error(
    recorded: Ds3Client, recorder: Recorder, status: int, body: bytes, kind: type[RequestRefused]
) -> None:
    recorder.answer(reply(status, body, x_amz_request_id="42"))
    with pytest.raises(RequestRefused) as caught:
        recorded.get_service()
    assert type(caught.value) is kind
    assert caught.value.status == status
    assert caught.value.refusal.request_id == "42"


@pytest.mark.parametrize("status", [500, 502, 504])
@pytest.mark.checklist(
    "K C-137: 500, 502 and 504 are asked again, twice",
)
def test_a_fault_of_the_appliance_is_told_after_three_tries(
    recorded: Ds3Client, recorder: Recorder, status: int
) -> None:
    recorder.answer(*[reply(status)] * 3)
    with pytest.raises(ServerFault):
        recorded.get_service()
    assert len(recorder.requests) == 3


def test_the_facts_of_an_error_are_kept(recorded: Ds3Client, recorder: Recorder) -> None:
    recorder.answer(reply(404, error("NotFound", "not found via 'x'", 404), x_amz_request_id="9"))
    with pytest.raises(NotFound) as caught:
        recorded.bucket_details("x")
    facts = caught.value.refusal
    assert (facts.method, facts.path) == ("GET", "/_rest_/bucket/x")
    assert (facts.code, facts.message) == ("NotFound", "not found via 'x'")
    assert (facts.resource, facts.resource_id, facts.request_id) == ("/x", "578", "9")
    assert facts.body.startswith("<Error>")


@pytest.mark.checklist(
    "K C-136: codes are compared without case and underscores",
)
def test_codes_are_compared_without_case_and_underscores(
    recorded: Ds3Client, recorder: Recorder
) -> None:
    recorder.answer(reply(409, error("BUCKET_NOT_EMPTY")))
    with pytest.raises(Conflict) as caught:
        recorded.delete_bucket("b")
    assert caught.value.has_code("BucketNotEmpty", "Other")
    assert not caught.value.has_code("BucketAlreadyExists")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html><body><h1>502 Proxy</h1></html>",
        b"<Error><Code>NotFo",
        b"\xff\xfe\x00broken",
        b"<Error/>",
        b'<!DOCTYPE Error [<!ENTITY x "y">]><Error><Code>&x;</Code></Error>',
        b"x" * 200_000,
    ],
)
@pytest.mark.checklist(
    "K C-135: an error body that is empty, HTML, broken or huge is no second error",
)
def test_an_error_body_of_any_kind_is_no_second_error(
    recorded: Ds3Client, recorder: Recorder, body: bytes
) -> None:
    recorder.answer(reply(409, body))
    with pytest.raises(Conflict) as caught:
        recorded.create_bucket("b")
    assert caught.value.code is None
    assert len(caught.value.refusal.body) <= 2048
    recorded.probe()


def test_an_error_body_that_breaks_off_is_no_second_error(
    recorded: Ds3Client, recorder: Recorder
) -> None:
    def broken_off(peer: Peer, request: Recorded) -> None:
        peer.send(reply(404, b"<Error>", length=500))
        peer.sock.close()

    recorder.answer(broken_off)
    with pytest.raises(NotFound):
        recorded.bucket_details("x")


@pytest.mark.checklist(
    "K C-26: the management port is known by its header, and by 301",
)
def test_the_management_port_is_known_by_its_header(
    recorded: Ds3Client, recorder: Recorder
) -> None:
    header = {"spectra-data-path-request-made-on-management-path": "1"}
    recorder.answer(reply(404, **header), reply(404, **header))
    with pytest.raises(ManagementPort):
        recorded.head_object("b", "x")
    with pytest.raises(ManagementPort):
        recorded.delete_object("b", "x")


def test_a_clock_that_is_off_is_known_by_the_date_where_there_is_no_body(
    recorded: Ds3Client, recorder: Recorder
) -> None:
    ahead = format_datetime(datetime.now(UTC) + timedelta(hours=2), usegmt=True)
    recorder.answer(reply(403, Date=ahead), reply(403, Date=format_datetime(datetime.now(UTC))))
    with pytest.raises(ClockSkewed) as caught:
        recorded.head_bucket("b")
    assert caught.value.difference_s == pytest.approx(-7200, abs=5)
    assert recorded.head_bucket("b") is BucketAccess.FORBIDDEN


@pytest.mark.parametrize(("text", "seconds"), [("7", 7), ("soon", None), ("99999", 600)])
def test_the_time_to_wait_comes_with_the_error(
    recorded: Ds3Client, recorder: Recorder, text: str, seconds: float | None
) -> None:
    recorder.answer(reply(503, Retry_After=text))
    with pytest.raises(Busy) as caught:
        recorded.get_service()
    assert caught.value.retry_after_s == seconds
    assert len(recorder.requests) == 1


# --- asking again --------------------------------------------------------------------------------


def reset(peer: Peer, request: Recorded) -> None:
    peer.reset()


def test_a_call_whose_connection_was_reset_is_made_again(
    recorded: Ds3Client, recorder: Recorder
) -> None:
    recorder.answer(reset, reset, reply(200, BUCKETS))
    recorded.get_service()
    assert [request.line for request in recorder.requests] == ["GET / HTTP/1.1"] * 3


def test_a_client_that_was_closed_once_asks_again_as_before(
    recorded: Ds3Client, recorder: Recorder
) -> None:
    recorded.close()
    recorder.answer(reset, reply(500), reply(200, BUCKETS))
    recorded.get_service()
    assert len(recorder.requests) == 3


@pytest.mark.parametrize("answer", [reply(500), reset], ids=["fault", "lost"])
def test_a_client_that_is_closed_asks_no_more(
    recorded: Ds3Client, recorder: Recorder, answer: Act, caplog: pytest.LogCaptureFixture
) -> None:
    class Closing(logging.Handler):
        """Closes the client while the call is about to wait for its next try."""

        def emit(self, record: logging.LogRecord) -> None:
            if record.getMessage().startswith("asked again"):
                recorded.close()

    monitored = logging.getLogger("ds3_browser.protocol.calling")
    closing = Closing()
    recorder.answer(*[answer] * 3)
    monitored.addHandler(closing)
    try:
        with caplog.at_level(logging.INFO, monitored.name), pytest.raises(Ds3Error):
            recorded.get_service()
    finally:
        monitored.removeHandler(closing)
    assert len(recorder.requests) == 1


@pytest.mark.checklist(
    "K C-137: what creates, ends or carries a body is sent once",
)
def test_what_creates_ends_or_carries_a_body_is_sent_once(
    recorded: Ds3Client, recorder: Recorder
) -> None:
    for call in (
        lambda: recorded.create_bucket("b"),
        lambda: recorded.put_object("b", "x", b"1"),
        lambda: recorded.start_put_job("b", [PutItem("x", 1)]),
        lambda: recorded.start_get_job("b", [GetItem("x")]),
        lambda: recorded.modify_job("j"),
        lambda: recorded.cancel_job("j"),
        lambda: recorded.truncate_job("j"),
        lambda: list(recorded.delete_objects("b", ["x"])),
        lambda: recorded.get_object("b", "x", Collected()),
        recorded.probe,
    ):
        recorder.requests.clear()
        recorder.answer(reply(500))
        with pytest.raises(ServerFault):
            call()
        recorder.answer(reset)
        with pytest.raises(ConnectionLost):
            call()
        assert len(recorder.requests) == 2


# --- requests ------------------------------------------------------------------------------------


@pytest.mark.checklist(
    "K C-90: a bulk request has Name and Size to put, Name alone to get",
)
def test_jobs_are_asked_for_as_the_protocol_says(recorded: Ds3Client, recorder: Recorder) -> None:
    recorder.answer(*[reply(200, JOB)] * 4, reply(204), reply(204), reply(200, JOB))
    recorded.start_put_job(
        "b", [PutItem("a&b", 1), PutItem("d/", 0)], priority=Priority.LOW, max_upload_size=10 << 20
    )
    recorded.start_get_job("b", [GetItem("a", "v"), GetItem("c", None, 5, 10)], order=Order.NONE)
    recorded.chunks_ready("j", preferred=10)
    recorded.modify_job("j", priority=Priority.URGENT, name="n")
    recorded.cancel_job("j")
    recorded.truncate_job("j")
    recorded.get_job("j")
    assert [(request.line.split(" ")[0], request.target) for request in recorder.requests] == [
        (
            "PUT",
            "/_rest_/bucket/b?operation=start_bulk_put&priority=LOW&max_upload_size=10485760",
        ),
        (
            "PUT",
            "/_rest_/bucket/b?operation=start_bulk_get&chunk_client_processing_order_guarantee=NONE",
        ),
        ("GET", "/_rest_/job_chunk?job=j&preferred_number_of_chunks=10"),
        ("PUT", "/_rest_/job/j?priority=URGENT&name=n"),
        ("DELETE", "/_rest_/job/j?force"),
        ("DELETE", "/_rest_/job/j"),
        ("GET", "/_rest_/job/j"),
    ]
    assert recorder.requests[0].body == (
        b'<Objects><Object Name="a&amp;b" Size="1"/><Object Name="d/" Size="0"/></Objects>'
    )
    assert recorder.requests[1].body == (
        b'<Objects><Object Name="a" VersionId="v"/>'
        b'<Object Name="c" Offset="5" Length="10"/></Objects>'
    )
    assert recorder.requests[0].header("Content-Type") == "application/xml"


@pytest.mark.checklist(
    "K C-152: a blob is asked for with the version that its job lists",
)
def test_blobs_are_asked_for_with_job_offset_version_and_range(
    recorded: Ds3Client, recorder: Recorder
) -> None:
    whole = reply(200, b"abc", Content_CRC32="NSRBwg==")
    part = reply(206, b"bc", Content_CRC32="NSRBwg==")
    recorder.answer(whole, part)
    reply_1 = recorded.get_object("b", "x", Collected(), job_id="j", offset=7, version_id="v")
    reply_2 = recorded.get_object(
        "b", "x", Collected(), job_id="j", offset=7, version_id="v", byte_range=(8, 9)
    )
    assert {request.target for request in recorder.requests} == {"/b/x?job=j&offset=7&version_id=v"}
    assert [request.header("Range") for request in recorder.requests] == [None, "bytes=8-9"]
    assert reply_1.checksum is not None
    assert reply_2.checksum is None


def test_the_same_metadata_headers_are_sent_and_signed(
    recorded: Ds3Client, recorder: Recorder
) -> None:
    recorded.put_object("b", "x", b"1", metadata={"Ds3-OS": "Linux", "b": ["1", "2"]})
    (request,) = recorder.requests
    assert request.header("x-amz-meta-ds3-os") == "Linux"
    assert request.header("x-amz-meta-b") == "1,2"


@pytest.mark.checklist(
    "K C-87: a name that XML cannot carry is refused before any request",
)
def test_nothing_is_sent_for_names_that_cannot_be(recorded: Ds3Client, recorder: Recorder) -> None:
    for name in ("", "bell\x07", "\x00", "\ud800", "\ufffe"):
        for call in (
            lambda n: recorded.put_object("b", n, b"1"),
            lambda n: recorded.get_object("b", n, Collected()),
            lambda n: recorded.delete_object("b", n),
            lambda n: recorded.start_put_job("b", [PutItem(n, 1)]),
            lambda n: recorded.start_get_job("b", [GetItem(n)]),
            lambda n: list(recorded.delete_objects("b", [n])),
        ):
            with pytest.raises(ValueError, match="name"):
                call(name)
    with pytest.raises(ValueError, match="bucket"):
        recorded.put_object("", "x", b"1")
    with pytest.raises(ValueError, match="folder"):
        recorded.delete_folder("b", "/")
    with pytest.raises(ValueError, match="job"):
        recorded.cancel_job("")
    assert recorder.requests == []


# --- pages ---------------------------------------------------------------------------------------


def page(
    *names: str, marker: str | None = None, truncated: bool = True, folders: str = ""
) -> bytes:
    rows = "".join(f"<Contents><Key>{name}</Key><Size>1</Size></Contents>" for name in names)
    common = f"<CommonPrefixes><Prefix>{folders}</Prefix></CommonPrefixes>" if folders else ""
    following = f"<NextMarker>{marker}</NextMarker>" if marker else "<NextMarker/>"
    return (
        f"<ListBucketResult>{common}{rows}<IsTruncated>{str(truncated).lower()}</IsTruncated>"
        f"{following}</ListBucketResult>"
    ).encode()


def test_pages_follow_the_marker_to_the_end(recorded: Ds3Client, recorder: Recorder) -> None:
    recorder.answer(
        reply(200, page("a", "b", marker="opaque+1")), reply(200, page("c", truncated=False))
    )
    assert [list(found.names) for found in recorded.list_pages("b")] == [["a", "b"], ["c"]]
    assert [request.target for request in recorder.requests] == ["/b", "/b?marker=opaque%2B1"]


@pytest.mark.checklist(
    "K C-54: a truncated page without a marker goes on from its last name or prefix",
)
def test_a_truncated_page_without_a_marker_goes_on_from_its_last_row(
    recorded: Ds3Client, recorder: Recorder
) -> None:
    recorder.answer(
        reply(200, page("a", "b", folders="c/")),
        reply(200, page("d", "e", folders="c1/")),
        reply(200, page("f", truncated=False)),
    )
    list(recorded.list_pages("b", delimiter="/"))
    assert [request.target for request in recorder.requests] == [
        "/b?delimiter=/",
        "/b?delimiter=/&marker=c/",
        "/b?delimiter=/&marker=e",
    ]


def test_a_page_that_names_the_next_is_not_the_last(
    recorded: Ds3Client, recorder: Recorder
) -> None:
    untold = page("a", marker="m").replace(b"<IsTruncated>true</IsTruncated>", b"")
    recorder.answer(reply(200, untold), reply(200, page("b", truncated=False)))
    assert [list(found.names) for found in recorded.list_pages("x")] == [["a"], ["b"]]


def test_prefixes_may_stand_together_or_be_none(recorded: Ds3Client, recorder: Recorder) -> None:
    common = b"<CommonPrefixes/><CommonPrefixes><Prefix>a/</Prefix><Prefix>b/</Prefix>"
    body = b"<ListBucketResult>" + common + b"</CommonPrefixes></ListBucketResult>"
    recorder.answer(reply(200, body))
    assert recorded.list_objects("x", delimiter="/").prefixes == ("a/", "b/")


@pytest.mark.parametrize(
    ("circle", "listed"),
    [
        ([page("a", marker="a"), page("a", marker="a")], ["a"]),
        ([page("a", marker="a"), page("a", marker="b"), page("c")], ["a"]),
        ([page("a", marker="a"), page("b", marker="b"), page("a", marker="a")], ["a", "b", "a"]),
        ([page("a", marker="a"), page(marker="b")], ["a"]),
        ([page(folders="a/", marker="a/"), page(folders="a/", marker="b")], []),
    ],
)
@pytest.mark.checklist("K C-55: a listing ends at a page that brings nothing new")
def test_an_appliance_that_leads_in_a_circle_is_left(
    recorded: Ds3Client, recorder: Recorder, circle: list[bytes], listed: list[str]
) -> None:
    recorder.answer(*[reply(200, one) for one in circle])
    assert [name for found in recorded.list_pages("b") for name in found.names] == listed
    assert len(recorder.requests) == min(len(circle), 3 if len(listed) == 3 else 2)


def version(name: str, identifier: str) -> str:
    return f"<Version><Key>{name}</Key><Size>1</Size><VersionId>{identifier}</VersionId></Version>"


def test_versions_split_over_two_pages_are_listed_once(
    recorded: Ds3Client, recorder: Recorder
) -> None:
    def versions(*rows: str, truncated: bool) -> bytes:
        told = "<IsTruncated>true</IsTruncated><NextMarker>m</NextMarker>" if truncated else ""
        return f"<ListBucketResult>{told}{''.join(rows)}</ListBucketResult>".encode()

    recorder.answer(
        reply(200, versions(version("a", "1"), version("b", "3"), truncated=True)),
        reply(200, versions(version("b", "3"), version("b", "2"), truncated=False)),
    )
    found = [row for page in recorded.list_pages("x", versions=True) for row in page.objects()]
    assert [(row.name, row.version_id) for row in found] == [("a", "1"), ("b", "3"), ("b", "2")]
    assert [request.target for request in recorder.requests] == [
        "/x?versions",
        "/x?marker=m&versions",
    ]


def jobs(*ids: str) -> bytes:
    return f"<Data>{''.join(f'<Job><Id>{i}</Id></Job>' for i in ids)}</Data>".encode()


@pytest.mark.checklist(
    "K C-49: lists are paged by item until the total, whose header may be in any case",
)
def test_lists_are_paged_by_item_until_the_total_was_seen(
    recorded: Ds3Client, recorder: Recorder
) -> None:
    recorder.answer(
        reply(200, jobs("1", "2"), total_result_count="3"),
        reply(500),
        reply(200, jobs("3"), Total_Result_Count="3"),
    )
    assert [job.job_id for job in recorded.active_jobs()] == ["1", "2", "3"]
    assert [request.target for request in recorder.requests] == [
        "/_rest_/active_job",
        "/_rest_/active_job?page_offset=2",
        "/_rest_/active_job?page_offset=2",
    ]


@pytest.mark.checklist(
    "K C-50: without paging headers a list is a single page",
)
def test_a_list_without_paging_headers_is_a_single_page(
    recorded: Ds3Client, recorder: Recorder
) -> None:
    recorder.answer(reply(200, jobs("1")), reply(200, b"<Data/>"))
    assert len(list(recorded.active_jobs())) == 1
    assert list(recorded.canceled_jobs()) == []


def test_a_list_that_repeats_itself_ends(recorded: Ds3Client, recorder: Recorder) -> None:
    recorder.answer(*[reply(200, jobs("1"), Total_Result_Count="1000000")] * 2)
    assert len(list(recorded.active_jobs())) == 1
    assert len(recorder.requests) == 2


# --- answers -------------------------------------------------------------------------------------


def test_an_answer_beyond_its_limit_is_a_bad_reply(
    recorded: Ds3Client, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    exact = page("a" * 100, truncated=False)
    monkeypatch.setattr(calling, "MAX_REPLY", len(exact))
    monkeypatch.setattr(job_calls, "MAX_JOB_REPLY", len(exact))
    recorder.answer(reply(200, exact), reply(200, exact + b" "), reply(200, JOB + b" " * 999))
    recorded.list_objects("b")
    with pytest.raises(BadReply, match="longer"):
        recorded.list_objects("b")
    with pytest.raises(BadReply, match="longer"):
        recorded.get_job("j")
    recorded.probe()


@pytest.mark.parametrize("body", [b"", b"<html/>", b"<ListAllMyBucketsResult>"])
def test_success_without_its_declared_body_is_a_bad_reply(
    recorded: Ds3Client, recorder: Recorder, body: bytes
) -> None:
    recorder.answer(reply(200, body), reply(200, body))
    with pytest.raises(BadReply):
        recorded.get_service()
    with pytest.raises(BadReply):
        recorded.start_put_job("b", [PutItem("x", 1)])


CHUNKS = (
    b'<MasterObjectList JobId="j"><Objects ChunkId="done" ChunkNumber="0"/>'
    b'<Objects ChunkId="c" ChunkNumber="1"><Object InCache="false" Length="68719476736" Name="x"'
    b' Offset="9007199254740993"/></Objects></MasterObjectList>'
)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [({}, 60), ({"Retry_After": "10"}, 10), ({"Retry_After": "?"}, 60), ({"retry_after": "0"}, 1)],
)
@pytest.mark.checklist(
    "K C-106: a chunk without blobs is passed over",
    "K C-148: lengths and offsets beyond a float are exact",
    "K C-122: a wait that is missing or garbage is a minute",
)
def test_ready_chunks_come_with_the_time_to_ask_again(
    recorded: Ds3Client, recorder: Recorder, headers: dict[str, str], seconds: float
) -> None:
    recorder.answer(reply(200, CHUNKS, **headers))
    ready = recorded.chunks_ready("j")
    assert ready.retry_after_s == seconds
    (chunk,) = ready.chunks  # one without blobs is a finished one
    assert (chunk.blobs[0].length, chunk.blobs[0].offset) == (68719476736, 9007199254740993)


@pytest.mark.parametrize(("status", "kind"), [(404, NotFound), (410, Gone)])
def test_a_job_without_chunks_left_is_told_by_its_status(
    recorded: Ds3Client, recorder: Recorder, status: int, kind: type[RequestRefused]
) -> None:
    recorder.answer(reply(status))
    with pytest.raises(kind):
        recorded.chunks_ready("j")


@pytest.mark.checklist(
    "K C-36: a word that is not known is kept as text",
    "K C-147: IomType in place of Restore, and new words, are no trouble",
)
def test_lists_of_jobs_differ_in_their_elements_alone(
    recorded: Ds3Client, recorder: Recorder
) -> None:
    completed = (
        b"<Data><CompletedJob><BucketId>b</BucketId><CreatedAt>2026-03-02T10:20:00.000Z</CreatedAt>"
        b"<DateCompleted>2026-03-02T10:24:11.000Z</DateCompleted><Id>1</Id><Name>GET</Name>"
        b"<OriginalSizeInBytes>9007199254740993</OriginalSizeInBytes><Priority>ODD</Priority>"
        b"<RequestType>GET</RequestType><IomType>NO</IomType></CompletedJob></Data>"
    )
    canceled = (
        b"<Data><CanceledDueToTimeout>true</CanceledDueToTimeout>"
        b"<DateCanceled>2026-03-02T10:24:11.000Z</DateCanceled><Id>2</Id></Data>"
    )
    every = (
        b'<Jobs><Job BucketName="b" JobId="3" RequestType="STAGE" Status="COMPLETED"'
        b' CachedSizeInBytes="5"><Nodes><Node EndPoint="NOT_INITIALIZED_YET"/></Nodes></Job></Jobs>'
    )
    recorder.answer(reply(200, completed), reply(200, canceled), reply(200, every))
    (one,) = recorded.completed_jobs()
    assert (one.status, one.original_size, one.priority) == (
        JobStatus.COMPLETED,
        9007199254740993,
        "ODD",
    )
    assert one.ended == datetime(2026, 3, 2, 10, 24, 11, tzinfo=UTC)
    two = recorded.canceled_job("2")
    assert (two.status, two.timed_out) == (JobStatus.CANCELED, True)
    (three,) = recorded.list_jobs(bucket="b")
    assert (three.job_id, three.request_type, three.cached_size) == ("3", "STAGE", 5)


DETAILS = b"<Data><DataPolicyId>p</DataPolicyId><Id>1</Id><Name>b</Name></Data>"


def policy(kind: str) -> bytes:
    return f"<Data><ChecksumType>{kind}</ChecksumType><Id>p</Id><Name>n</Name></Data>".encode()


@pytest.mark.parametrize(
    ("kind", "found"),
    [("MD5", ChecksumType.MD5), ("SHA_512", ChecksumType.SHA_512), ("NONE", None), ("NEW", None)],
)
def test_the_checksum_type_is_the_policys_and_the_policy_is_asked_once(
    recorded: Ds3Client, recorder: Recorder, kind: str, found: ChecksumType | None
) -> None:
    recorder.answer(reply(200, DETAILS), reply(200, policy(kind)), reply(200, DETAILS))
    assert recorded.checksum_of_policy("b") is found
    assert recorded.checksum_of_policy("b") is found
    assert [request.target for request in recorder.requests] == [
        "/_rest_/bucket/b",
        "/_rest_/data_policy/p",
        "/_rest_/bucket/b",
    ]


def test_a_policy_that_may_not_be_read_is_asked_for_again(
    recorded: Ds3Client, recorder: Recorder
) -> None:
    recorder.answer(reply(200, DETAILS), reply(403), reply(200, DETAILS), reply(503))
    assert recorded.checksum_of_policy("b") is None
    with pytest.raises(Busy):
        recorded.checksum_of_policy("b")


@pytest.mark.checklist(
    "K C-84: names of a multi-delete that were gone already are no errors",
    "K C-85: what a multi-delete could not delete is told by name",
)
def test_names_that_were_gone_already_are_no_errors_of_a_delete(
    recorded: Ds3Client, recorder: Recorder
) -> None:
    answers = "".join(
        f"<Error><Code>{code}</Code><Key>{code}</Key><Message>m</Message></Error>"
        for code in ("ObjectNotFound", "NO_SUCH_KEY", "AccessDenied")
    )
    recorder.answer(reply(200, f"<DeleteResult>{answers}</DeleteResult>".encode()))
    ((so_far, errors),) = recorded.delete_objects("b", ["a&b", "c\td"])
    assert so_far == 2
    assert [(found.name, found.code) for found in errors] == [("AccessDenied", "AccessDenied")]
    (request,) = recorder.requests
    assert request.target == "/b?delete"
    assert request.body == (
        b"<Delete><Quiet>true</Quiet><Object><Key>a&amp;b</Key></Object>"
        b"<Object><Key>c&#9;d</Key></Object></Delete>"
    )


# --- ranges --------------------------------------------------------------------------------------

RANGES = [(1048576, 1048578), (7340032, 7340033)]


@pytest.mark.checklist("K C-65: ranges are absolute in the object, both ends included")
def test_several_ranges_come_in_one_answer_and_go_to_their_places(
    recorded: Ds3Client, recorder: Recorder
) -> None:
    told = "bytes 1048576-1048578,7340032-7340033/53026319"
    recorder.answer(reply(206, b"abcde", Content_Range=told, Content_CRC32="AAAAAA=="))
    placed: dict[int, bytes] = {}

    class Sink(Collected):
        def write_at(self, offset: int, piece: memoryview) -> None:
            placed[offset] = bytes(piece)

    sink = Sink()
    answer = recorded.get_ranges("b", "x", RANGES, sink, job_id="j", offset=1048576)
    assert placed == {1048576: b"abc", 7340032: b"de"}
    assert (answer.received, answer.checksum) == (5, None)
    (request,) = recorder.requests
    assert request.header("Range") == "bytes=1048576-1048578,7340032-7340033"
    assert request.target == "/b/x?job=j&offset=1048576"


def test_a_range_that_arrives_in_small_pieces_goes_to_its_places(
    recorded: Ds3Client, recorder: Recorder
) -> None:
    """Ranges next to each other, in any order, whatever the pieces are."""
    ranges = [(30, 39), (0, 9), (10, 10)]
    whole = bytearray(40)

    class Sink(Collected):
        def write_at(self, offset: int, piece: memoryview) -> None:
            whole[offset : offset + len(piece)] = piece

    def slowly(peer: Peer, request: Recorded) -> None:
        peer.send(reply(206, b"", length=21))
        for letter in b"abcdefghijABCDEFGHIJ!":
            peer.send(bytes([letter]))

    recorder.answer(slowly)
    recorded.get_ranges("b", "x", iter(ranges), Sink())
    assert recorder.requests[0].header("Range") == "bytes=30-39,0-9,10-10"
    assert whole == b"ABCDEFGHIJ!" + bytes(19) + b"abcdefghij"
    with pytest.raises(ValueError, match="range"):
        recorded.get_ranges("b", "x", iter([]), Sink())


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        (200, b"0123456789", None),  # the whole object: a server that knows no ranges
        (206, b"01", None),
        (206, b"0123", None),
        (206, b"012", "bytes 5-7/10"),
        (206, b"012", "bytes 3-5,7-8/10"),
    ],
)
def test_other_bytes_than_were_asked_for_never_reach_the_sink(
    recorded: Ds3Client, recorder: Recorder, status: int, body: bytes, told: str | None
) -> None:
    recorder.answer(reply(status, body, **({"Content_Range": told} if told else {})))
    sink = Collected()
    with pytest.raises(BadReply):
        recorded.get_object("b", "x", sink, byte_range=(3, 5))
    assert bytes(sink.data) == b""
    recorded.probe()


# --- single calls --------------------------------------------------------------------------------


def test_booleans_are_words_in_lower_case(recorded: Ds3Client, recorder: Recorder) -> None:
    recorder.answer(reply(200, JOB))
    recorded.start_put_job("b", [PutItem("x", 1)], verify_after_write=True, protected=False)
    assert recorder.requests[0].target == (
        "/_rest_/bucket/b?operation=start_bulk_put&verify_after_write=true&protected=false"
    )


def test_a_cancel_and_a_truncation_differ_by_force(recorded: Ds3Client, recorder: Recorder) -> None:
    """On one of them depends whether what was sent is kept."""
    recorder.answer(*[reply(204)] * 4)
    recorded.cancel_job("j")
    recorded.truncate_job("j")
    recorded.cancel_all_jobs(bucket="b")
    recorded.truncate_all_jobs(bucket="b")
    assert [request.line.rpartition(" ")[0] for request in recorder.requests] == [
        "DELETE /_rest_/job/j?force",
        "DELETE /_rest_/job/j",
        "DELETE /_rest_/job?bucket_id=b&force",
        "DELETE /_rest_/job?bucket_id=b",
    ]


def test_a_call_about_placement_names_objects_in_its_body(
    recorded: Ds3Client, recorder: Recorder
) -> None:
    recorder.answer(*[reply(200, b"<Data/>")] * 2)
    recorded.placement("b", ["a&b", GetItem("c", "v")])
    recorded.verified_placement("b", ["a"])
    put, get = recorder.requests
    assert (
        put.body == b'<Objects><Object Name="a&amp;b"/><Object Name="c" VersionId="v"/></Objects>'
    )
    assert get.line.startswith("GET /_rest_/bucket/b?operation=verify_physical_placement ")
    assert get.body == b'<Objects><Object Name="a"/></Objects>'
    assert get.header("Content-Length") == str(len(get.body))


def test_a_version_is_deleted_by_its_id(recorded: Ds3Client, recorder: Recorder) -> None:
    error = (
        b"<Error><Code>AccessDenied</Code><Key>a</Key><Message>m</Message>"
        b"<VersionId>v</VersionId></Error>"
    )
    recorder.answer(reply(200, b"<DeleteResult>" + error + b"</DeleteResult>"))
    ((_, errors),) = recorded.delete_objects("b", [DeleteItem("a", "v"), "c"])
    assert recorder.requests[0].body == (
        b"<Delete><Quiet>true</Quiet><Object><Key>a</Key><VersionId>v</VersionId></Object>"
        b"<Object><Key>c</Key></Object></Delete>"
    )
    assert [(each.name, each.version_id) for each in errors] == [("a", "v")]


def test_who_and_what_all_calls_are_about_is_never_left_out_by_mistake(
    recorded: Ds3Client, recorder: Recorder
) -> None:
    for about_all in (
        lambda: recorded.cancel_all_jobs(bucket=""),
        lambda: recorded.truncate_all_jobs(bucket=""),
        lambda: recorded.create_bucket_acl("OWNER", bucket="", user_id="u"),
        lambda: recorded.create_bucket_acl("OWNER", bucket="b"),
        lambda: recorded.create_bucket_acl("OWNER", bucket="b", user_id="u", group_id="g"),
        lambda: recorded.create_data_policy_acl(data_policy_id="p"),
        lambda: recorded.create_group_member("g"),
        lambda: recorded.eject_copies("", ["n"], storage_domain="d"),
        lambda: recorded.delete_user(""),
    ):
        with pytest.raises(ValueError, match=r"empty|needed|needs"):
            about_all()
    assert recorder.requests == []


@pytest.mark.parametrize("missing_ok", [True, False])
@pytest.mark.checklist("K C-84: what is gone already counts as deleted, unless one asks to know")
def test_what_is_gone_already_is_deleted_or_not_found(
    recorded: Ds3Client, recorder: Recorder, missing_ok: bool
) -> None:
    deletes = [
        lambda: recorded.delete_bucket("b", missing_ok=missing_ok),
        lambda: recorded.delete_object("b", "x", missing_ok=missing_ok),
        lambda: recorded.delete_folder("b", "f", missing_ok=missing_ok),
        lambda: recorded.delete_user("u", missing_ok=missing_ok),
    ]
    recorder.answer(*[reply(404)] * len(deletes))
    for delete in deletes:
        if missing_ok:
            delete()
        else:
            with pytest.raises(NotFound):
                delete()
    assert len(recorder.requests) == len(deletes)


def test_a_delete_that_tells_of_what_is_missing_is_tried_once(
    recorded: Ds3Client, recorder: Recorder
) -> None:
    """A second try would take what the first one deleted for missing."""
    recorder.answer(reply(500), reply(404))
    with pytest.raises(ServerFault):
        recorded.delete_object("b", "x", missing_ok=False)


def test_membership_is_told_by_the_answer_s_body(recorded: Ds3Client, recorder: Recorder) -> None:
    recorder.answer(reply(200, b"<Data><Id>g</Id><Name>n</Name></Data>"), reply(204))
    assert recorded.is_member("g", user_id="u") is True
    assert recorded.is_member("g") is False


@pytest.mark.checklist("K C-30: a secret key that is a parameter is in no log line")
def test_a_key_that_is_sent_is_not_logged(
    recorded: Ds3Client, recorder: Recorder, caplog: pytest.LogCaptureFixture
) -> None:
    recorder.answer(reply(201, b"<Data><Id>1</Id><Name>n</Name></Data>"), reply(409))
    with caplog.at_level("DEBUG"):
        recorded.create_user("n", secret_key="s3cr3t")
        with pytest.raises(Conflict) as caught:
            recorded.modify_user("n", secret_key="s3cr3t")
    assert [request.target for request in recorder.requests] == [
        "/_rest_/user?name=n&secret_key=s3cr3t",
        "/_rest_/user/n?secret_key=s3cr3t",
    ]
    assert "/_rest_/user" in caplog.text
    assert "s3cr3t" not in f"{caplog.text}{caught.value}{caught.value.refusal}"


@pytest.mark.checklist("K C-129: keys of users and targets are in no repr and in no log line")
def test_keys_in_answers_are_not_shown(
    recorded: Ds3Client, recorder: Recorder, caplog: pytest.LogCaptureFixture
) -> None:
    user = b"<Data><AuthId>a</AuthId><Id>1</Id><Name>n</Name><SecretKey>s3cr3t</SecretKey></Data>"
    target = b"<Data><Id>1</Id><AdminSecretKey>s3cr3t</AdminSecretKey><AccountKey>s3cr3t"
    target += (
        b"</AccountKey><SecretKey>s3cr3t</SecretKey><ProxyPassword>s3cr3t</ProxyPassword></Data>"
    )
    recorder.answer(reply(200, user), *[reply(200, target)] * 3)
    with caplog.at_level("DEBUG"):
        told = recorded.regenerate_secret_key("n")
        targets = [recorded.target(kind, "t") for kind in TargetKind]
    assert told.secret_key == "s3cr3t"
    assert "s3cr3t" not in repr([told, *targets]) + caplog.text
    assert not any("s3cr3t" in map(str, dataclasses.astuple(each)) for each in targets)


# --- releases ------------------------------------------------------------------------------------


def system(version: str) -> bytes:
    build = f"<BuildInformation><Version>{version}</Version></BuildInformation>"
    return f"<Data>{build}</Data>".encode()


@pytest.mark.parametrize(
    ("version", "release"),
    [
        ("5.8.0", (5, 8)),
        ("6.0.0.123", (6, 0)),
        ("3.2", (3, 2)),
        ("3.0.1", (3, 0)),
        ("10.11.12", (10, 11)),
        ("", (3, 2)),
        ("UNKNOWN", (3, 2)),
        ("9" * 40, (3, 2)),
    ],
)
@pytest.mark.checklist("K C-132: the release is read from the version, and tells what it knows")
def test_a_release_tells_what_it_knows(
    recorded: Ds3Client, recorder: Recorder, version: str, release: tuple[int, int]
) -> None:
    recorder.answer(reply(200, system(version)))
    known = {feature for feature in Feature if recorded.knows(feature)}
    assert known == {feature for feature in Feature if feature.since <= release}
    assert len(recorder.requests) == 1


def test_a_release_that_may_not_be_read_is_taken_for_the_oldest_and_asked_once(
    recorded: Ds3Client, recorder: Recorder
) -> None:
    recorder.answer(reply(403))
    assert recorded.knows(Feature.TRUNCATE)
    assert not recorded.knows(Feature.VERSIONS)
    assert len(recorder.requests) == 1


def test_a_release_that_could_not_be_asked_for_is_asked_for_again(
    recorded: Ds3Client, recorder: Recorder
) -> None:
    recorder.answer(reply(503), reply(200, system("5.8.0")))
    with pytest.raises(Busy):
        recorded.knows(Feature.VERSIONS)
    assert recorded.knows(Feature.VERSIONS)


@pytest.mark.checklist("K C-97: only the priorities of clients can be asked for")
def test_a_priority_of_the_appliances_own_cannot_be_asked_for() -> None:
    assert {each.name for each in Priority} == {"URGENT", "HIGH", "NORMAL", "LOW"}
    with pytest.raises(ValueError, match="CRITICAL"):
        Priority("CRITICAL")


# --- the environment -----------------------------------------------------------------------------

ENVIRON = {
    "DS3_ENDPOINT": "bp.example:8080",
    "DS3_ACCESS_KEY": " id ",
    "DS3_SECRET_KEY": "key",
    "http_proxy": "http://proxy:3128",
}


@pytest.mark.checklist(
    "K C-28: DS3_ENDPOINT, DS3_ACCESS_KEY and DS3_SECRET_KEY are read",
)
def test_the_environment_gives_endpoint_keys_and_proxy() -> None:
    endpoint, credentials = from_environment(ENVIRON)
    assert (endpoint.url, endpoint.proxy) == ("https://bp.example:8080", "http://proxy:3128")
    assert credentials == Credentials("id", "key")


@pytest.mark.parametrize(
    ("changed", "url", "proxy"),
    [
        ({"DS3_ENDPOINT": "http://bp/"}, "http://bp", "http://proxy:3128"),
        ({"http_proxy": "proxy:3128"}, "https://bp.example:8080", "http://proxy:3128"),
        ({"http_proxy": ""}, "https://bp.example:8080", None),
        ({"DS3_ENDPOINT": "[fd00::1]:80"}, "https://[fd00::1]:80", "http://proxy:3128"),
        ({"DS3_ENDPOINT": "[FE80::1%Eth0]:80"}, "https://[fe80::1%25Eth0]:80", "http://proxy:3128"),
        ({"DS3_ENDPOINT": "HTTP://BP:80"}, "http://bp", "http://proxy:3128"),
        ({"DS3_ENDPOINT": "bücher.example"}, "https://xn--bcher-kva.example", "http://proxy:3128"),
    ],
)
@pytest.mark.checklist(
    "K C-28: an endpoint is a host, a host and port, or a URL",
)
def test_the_environment_may_say_it_in_other_ways(
    changed: dict[str, str], url: str, proxy: str | None
) -> None:
    endpoint, _ = from_environment({**ENVIRON, **changed})
    assert (endpoint.url, endpoint.proxy) == (url, proxy)


@pytest.mark.parametrize(
    ("endpoint", "no_proxy", "direct"),
    [
        ("bp.example", "", False),
        ("bp.example", "other.example, bp.example", True),
        ("bp.example", "other bp.example", True),
        ("bp.example", "bp.example.", True),
        ("bp.example.", "bp.example", True),
        ("bp.example", ".example", True),
        ("bp.example", "*.example", True),
        ("bp.example", "p.example", False),
        ("bp.example", "*", True),
        ("bp.example", "other, *", True),
        ("bp.example:8080", "BP.example:8080", True),
        ("bp.example:8080", "bp.example:80", False),
        ("10.1.2.3", "192.168.0.0/16, 10.0.0.0/8", True),
        ("10.1.2.3", "10.1.3.0/24", False),
        ("[fd00::1]:80", "fd00::/8", True),
        ("[fd00::1]:80", "[fd00::1]", True),
        ("[fd00::1]:80", "[fd00::1]:80", True),
        ("[fd00::1]:80", "[fd00::1]:81", False),
        ("[fe80::1%eth0]:80", "fe80::1", True),
        ("127.0.0.1:8080", "", True),
        ("http://localhost", "", True),
        ("[::1]:8080", "", True),
    ],
)
def test_the_environments_proxy_is_not_for_every_host(
    endpoint: str, no_proxy: str, direct: bool
) -> None:
    there, _ = from_environment({**ENVIRON, "DS3_ENDPOINT": endpoint, "no_proxy": no_proxy})
    assert (there.proxy is None) is direct


def test_what_needs_no_proxy_may_stand_in_capitals() -> None:
    there, _ = from_environment({**ENVIRON, "NO_PROXY": "bp.example"})
    assert there.proxy is None


@pytest.mark.parametrize("escaped", ["%", "%25"])
def test_a_url_s_zone_is_the_system_s(escaped: str) -> None:
    there = Endpoint.parse(f"http://[fe80::1{escaped}eth0]:8080")
    assert there.host == "fe80::1%eth0"
    assert Endpoint.parse(there.url) == there
    assert there.place == "[fe80::1%eth0]:8080"
    assert there.netloc == "[fe80::1]:8080"


@pytest.mark.parametrize("name", ["DS3_ENDPOINT", "DS3_ACCESS_KEY", "DS3_SECRET_KEY"])
def test_what_is_missing_in_the_environment_is_named(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        from_environment({**ENVIRON, name: " "})


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("ftp://bp", "http"),
        ("http://", "host"),
        ("http://bp/path", "nothing more"),
        ("http://me:secret@bp", "nothing more"),
        ("bp:port", "port"),
        ("bp:99999", "port"),
        ("[::1", "host"),
        ("two words", "host"),
        ("two\nlines", "host"),
        ("http://bp\t.example", "host"),
        ("bp\u202e.example", "host"),
        ("bp:0", "port"),
        ("::1", "brackets"),
        ("http://fd00::1", "brackets"),
        ("http://me:secret#word@bp", "host or port"),
        ("", "host"),
    ],
)
def test_what_is_no_endpoint_is_refused_with_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence) as caught:
        Endpoint.parse(text)
    assert "secret" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    ("scheme", "host", "port"),
    [
        ("HTTP", "bp", 80),
        ("ftp", "bp", 80),
        ("http", "bp", 0),
        ("http", "bp", "80"),
    ],
)
def test_an_endpoint_made_of_its_parts_is_looked_at(scheme: str, host: str, port: int) -> None:
    with pytest.raises(ValueError, match="An endpoint"):
        Endpoint(scheme, host, port)


@pytest.mark.parametrize("variable", ["DS3_ENDPOINT", "http_proxy"])
def test_a_variable_that_cannot_be_used_is_named(variable: str) -> None:
    with pytest.raises(ValueError, match=f"^{variable} cannot be used. A"):
        from_environment({**ENVIRON, variable: "ftp://two words"})


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: Endpoint.parse(None), "text, not from NoneType"),
        (lambda: Endpoint.parse(b"bp"), "text, not from bytes"),
        (lambda: Credentials("id", None), "texts"),
        (lambda: Credentials(b"id", "key"), "texts"),
        (lambda: Ds3Client("http://bp", Credentials("id", "key")), "Endpoint.parse reads a text"),
        (lambda: Ds3Client(Endpoint.parse("bp"), ("id", "key")), "Credentials are needed"),
        (
            lambda: Ds3Client(Endpoint.parse("bp"), Credentials("id", "key"), timeouts=5),
            "Timeouts, not 5",
        ),
    ],
)
def test_what_makes_no_client_is_refused_with_a_sentence(
    call: Callable[[], object], words: str
) -> None:
    with pytest.raises(TypeError, match=words):
        call()
