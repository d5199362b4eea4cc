"""The client against the simulator: every call of it, over a real socket."""

from __future__ import annotations

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ds3_browser.protocol.client import Ds3Client
from ds3_browser.protocol.errors import (
    AccessDenied,
    BadCredentials,
    Busy,
    ClockSkewed,
    Conflict,
    ConnectionLost,
    ManagementPort,
    NotFound,
)
from ds3_browser.protocol.records import (
    BucketAccess,
    Checksum,
    ChecksumType,
    Credentials,
    Endpoint,
    GetItem,
    JobStatus,
    PutItem,
)
from ds3_browser.protocol.transport import Hangup
from tests.protocol.bytes_moved import Bytes, Collected, OpenFile


def fetch(client: Ds3Client, bucket: str, name: str, **options) -> bytes:
    sink = Collected()
    client.get_object(bucket, name, sink, **options)
    return bytes(sink.data)


def names(client: Ds3Client, bucket: str, **options) -> list[str]:
    return [n for page in client.list_pages(bucket, **options) for n in page.names]


@pytest.mark.checklist(
    "K C-41: no buckets are an empty list",
    "K C-46: HEAD of a bucket tells whether it exists",
)
def test_buckets_are_created_listed_and_deleted(client: Ds3Client) -> None:
    assert client.get_service().buckets == ()
    client.create_bucket("b-2")
    client.create_bucket("A-1")
    assert [b.name for b in client.get_service().buckets] == ["A-1", "b-2"]
    assert client.get_service().owner.name == "spectra"
    assert client.head_bucket("b-2") is BucketAccess.EXISTS
    client.delete_bucket("b-2")
    assert client.head_bucket("b-2") is BucketAccess.ABSENT


def test_a_bucket_that_exists_is_a_conflict(client: Ds3Client, bucket: str) -> None:
    with pytest.raises(Conflict):
        client.create_bucket(bucket)


def test_a_bucket_with_objects_is_deleted_by_force_alone(client: Ds3Client, bucket: str) -> None:
    client.put_object(bucket, "x", b"1")
    with pytest.raises(Conflict) as caught:
        client.delete_bucket(bucket)
    assert caught.value.has_code("BucketNotEmpty")
    client.delete_bucket(bucket, force=True)
    assert client.head_bucket(bucket) is BucketAccess.ABSENT


@pytest.mark.parametrize(
    "name",
    [
        "a b+c%d#e?f;g&h=i@j:k!l*m'n(o)p[q]r{s}t^u|v~w\"x<y>z",
        "back\\slash",
        "caf\u00e9 NFC",
        "cafe\u0301 NFD",
        "日本語/名前",
        "😀.mov",
        "/leading",
        "two//slashes",
        "a/./b/../c",
        "..",
        "tab\tname",
        "trailing/",
    ],
)
@pytest.mark.checklist(
    "K C-16: names of every kind come back as they went, NFC and NFD apart",
    "K C-17: names with dots and doubled slashes reach the appliance unchanged",
)
def test_an_object_name_reaches_the_appliance_as_it_is(
    client: Ds3Client, bucket: str, name: str
) -> None:
    client.put_object(bucket, name, b"here" if not name.endswith("/") else b"")
    assert names(client, bucket) == [name]
    assert client.head_object(bucket, name) is not None
    client.delete_object(bucket, name)
    assert names(client, bucket) == []


_wire_text = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff"),
    min_size=1,
    max_size=60,
)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(name=_wire_text)
def test_any_name_that_xml_can_carry_goes_through_a_bulk_job(
    client: Ds3Client, bucket: str, name: str
) -> None:
    job = client.start_put_job(bucket, [PutItem(name, 3)])
    assert [blob.name for blob in job.blobs()] == [name]
    client.put_object(bucket, name, b"abc", job_id=job.job_id, offset=0)
    assert fetch(client, bucket, name) == b"abc"
    client.delete_object(bucket, name)


@pytest.mark.parametrize("name", ["a\x00b", "bell\x07", "\ufffe", ""])
@pytest.mark.checklist(
    "K C-87: a control character in a name is refused before any request",
)
def test_a_name_that_xml_cannot_carry_is_refused_before_any_request(
    client: Ds3Client, bucket: str, name: str, simulator
) -> None:
    before = simulator.counters()
    with pytest.raises(ValueError, match="name"):
        client.start_put_job(bucket, [PutItem(name, 1)])
    assert simulator.counters() == before


@pytest.mark.checklist(
    "K C-59: names without a placeholder still give folders",
)
def test_listings_page_by_marker_and_group_by_delimiter(client: Ds3Client, bucket: str) -> None:
    for name in ("a", "d/1", "d/2", "d/3", "e/", "f", "g/h/i"):
        client.put_object(bucket, name, b"")
    page = client.list_objects(bucket, delimiter="/", max_keys=2)
    assert (list(page.names), page.prefixes, page.truncated) == (["a"], ("d/",), True)
    rest = client.list_objects(bucket, delimiter="/", marker=page.next_marker)
    assert (list(rest.names), rest.prefixes, rest.next_marker) == (["f"], ("e/", "g/"), None)
    assert names(client, bucket, max_keys=2) == ["a", "d/1", "d/2", "d/3", "e/", "f", "g/h/i"]
    assert names(client, bucket, prefix="d/", marker="d/1", max_keys=1) == ["d/2", "d/3"]


@pytest.mark.checklist(
    "K C-57: no ETag and no date mean that an object is being uploaded",
)
def test_an_object_being_received_has_no_etag_and_no_date(client: Ds3Client, bucket: str) -> None:
    client.start_put_job(bucket, [PutItem("big.mov", 10)])
    (found,) = client.list_objects(bucket).objects()
    assert found.being_uploaded
    assert found.size == 0


@pytest.mark.parametrize("size", [0, 1, 65536, (3 << 20) + 7])
def test_bytes_come_back_as_they_were_sent(client: Ds3Client, bucket: str, size: int) -> None:
    data = os.urandom(size)
    body = Bytes(data)
    client.put_object(bucket, "x", body)
    assert body.sent == size
    sink = Collected()
    reply = client.get_object(bucket, "x", sink)
    assert bytes(sink.data) == data
    assert reply.received == size
    assert reply.checksum is not None
    assert reply.checksum.type is ChecksumType.CRC_32C


def test_a_file_goes_through_the_kernel_on_plain_http(
    client: Ds3Client, bucket: str, tmp_path
) -> None:
    data = os.urandom((5 << 20) + 3)
    (tmp_path / "x").write_bytes(data)
    with (tmp_path / "x").open("rb") as file:
        body = OpenFile(file.fileno(), data)
        client.put_object(bucket, "x", body)
    assert body.sent == len(data)
    assert fetch(client, bucket, "x") == data


def test_a_connection_is_used_again_after_a_body(client: Ds3Client, bucket: str, simulator) -> None:
    client.put_object(bucket, "x", b"1" * 100_000)
    before = set(simulator._connections)  # those of earlier clients may still be closing
    for _ in range(3):
        assert len(fetch(client, bucket, "x")) == 100_000
    assert set(simulator._connections) - before == set()


def test_many_threads_at_once_each_get_their_own_bytes(client: Ds3Client, bucket: str) -> None:
    def move(number: int) -> bool:
        data = bytes([number]) * (1000 + number)
        for turn in range(10):
            client.put_object(bucket, f"{number}-{turn}", data)
            if fetch(client, bucket, f"{number}-{turn}") != data:
                return False
        return True

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(move, range(16)))
    assert len(names(client, bucket)) == 160


def test_a_wrong_checksum_is_refused_and_nothing_is_stored(client: Ds3Client, bucket: str) -> None:
    with pytest.raises(Exception, match="BadDigest"):
        client.put_object(
            bucket, "x", b"hello", checksum=Checksum(ChecksumType.CRC_32C, "AAAAAA==")
        )
    assert names(client, bucket) == []
    client.put_object(bucket, "x", b"hello", checksum=Checksum(ChecksumType.CRC_32C, "mnG7TA=="))
    head = client.head_object(bucket, "x")
    assert head is not None
    assert head.checksums == {0: "mnG7TA=="}


@pytest.mark.checklist(
    "K C-78: metadata with space, plus, percent, comma and CJK comes back",
)
def test_metadata_round_trips_with_space_plus_percent_comma_and_cjk(
    client: Ds3Client, bucket: str
) -> None:
    given = {"colour": "red one+50%", "List": ["a,b", "c"], "名": "日本", "none": ""}
    client.put_object(bucket, "x", b"1", metadata=given)
    head = client.head_object(bucket, "x")
    assert head is not None
    assert head.metadata == {"colour": ("red one+50%",), "list": ("a,b", "c"), "名": ("日本",)}


_keys = st.text(st.characters(categories=["Ll", "Nd", "Lo", "Pd"]), min_size=1, max_size=12)
_values = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(metadata=st.dictionaries(_keys.map(str.lower), st.lists(_values, min_size=1, max_size=3)))
def test_any_metadata_goes_through_an_object(
    client: Ds3Client, bucket: str, metadata: dict[str, list[str]]
) -> None:
    client.put_object(bucket, "x", b"1", metadata=metadata)
    head = client.head_object(bucket, "x")
    client.delete_object(bucket, "x")
    assert head is not None
    assert head.metadata == {key: tuple(values) for key, values in metadata.items()}


def test_a_bulk_put_and_get_move_every_blob(client: Ds3Client, bucket: str, simulator) -> None:
    simulator.faults.set("min_blob", 4)
    job = client.start_put_job(
        bucket, [PutItem("d/", 0), PutItem("d/x", 10)], name="both", max_upload_size=4
    )
    assert [(b.name, b.offset, b.length) for b in job.blobs()] == [
        ("d/", 0, 0),
        ("d/x", 0, 4),
        ("d/x", 4, 4),
        ("d/x", 8, 2),
    ]
    ready = client.chunks_ready(job.job_id, preferred=4)
    assert ready.retry_after_s == 60
    for blob in (blob for chunk in ready.chunks for blob in chunk.blobs):
        piece = b"0123456789"[blob.offset : blob.offset + blob.length]
        client.put_object(bucket, blob.name, piece, job_id=job.job_id, offset=blob.offset)
    assert client.get_job(job.job_id).status is JobStatus.COMPLETED
    assert client.completed_job(job.job_id).completed_size == 10

    back = client.start_get_job(bucket, [GetItem("d/x")])
    got = {
        blob.offset: fetch(
            client,
            bucket,
            "d/x",
            job_id=back.job_id,
            offset=blob.offset,
            version_id=blob.version_id,
        )
        for blob in back.blobs()
    }
    assert got == {0: b"0123", 4: b"4567", 8: b"89"}
    assert client.get_job(back.job_id).status is JobStatus.COMPLETED
    with pytest.raises(NotFound):
        client.chunks_ready(back.job_id)


@pytest.mark.checklist(
    "K C-65: a range is absolute in the object",
)
def test_a_range_is_absolute_in_the_object(client: Ds3Client, bucket: str) -> None:
    client.put_object(bucket, "x", b"0123456789")
    assert fetch(client, bucket, "x", offset=0, byte_range=(3, 5)) == b"345"


def test_jobs_are_listed_cancelled_and_truncated(client: Ds3Client, bucket: str) -> None:
    one = client.start_put_job(bucket, [PutItem("a", 1), PutItem("b", 1)], name="one").job_id
    two = client.start_put_job(bucket, [PutItem("c", 1)]).job_id
    assert {job.job_id for job in client.list_jobs()} == {one, two}
    assert {job.job_id for job in client.active_jobs()} == {one, two}
    client.put_object(bucket, "a", b"1", job_id=one, offset=0)
    client.truncate_job(one)
    client.cancel_job(two)
    assert names(client, bucket) == ["a"]
    assert [job.job_id for job in client.canceled_jobs()] == [two]
    assert client.completed_job(one).truncated
    with pytest.raises(NotFound):
        client.cancel_job(two)


@pytest.mark.checklist(
    "K C-85: names are deleted in batches of at most 1,000",
)
def test_many_objects_are_deleted_in_batches_and_absent_ones_are_no_error(
    client: Ds3Client, bucket: str
) -> None:
    client.put_object(bucket, "x", b"1")
    told = list(client.delete_objects(bucket, ["x", *(f"absent-{n}" for n in range(1500))]))
    assert told == [(1000, ()), (1501, ())]
    assert names(client, bucket) == []


def test_a_folder_is_deleted_with_or_without_its_slash(client: Ds3Client, bucket: str) -> None:
    for name in ("d/1", "d/e/2", "dd", "f/1"):
        client.put_object(bucket, name, b"")
    client.delete_folder(bucket, "d/")
    client.delete_folder(bucket, "f")
    client.delete_folder(bucket, "absent")
    assert names(client, bucket) == ["dd"]


def test_the_checksum_type_is_that_of_the_data_policy(client: Ds3Client, bucket: str) -> None:
    assert client.checksum_of_policy(bucket) is ChecksumType.CRC_32C
    assert client.checksum_of_policy("absent") is None


def test_system_information_and_cache_are_read(client: Ds3Client, simulator) -> None:
    simulator.faults.set("cache_bytes", 1000)
    assert client.system_information().version == "5.8.0"
    assert (client.cache_state().total, client.cache_state().used) == (1000, 0)


# --- what goes wrong


def test_a_wrong_secret_and_an_unknown_id_are_told_apart_from_a_missing_right(
    endpoint: Endpoint, credentials: Credentials
) -> None:
    for wrong in (Credentials(credentials.access_id, "no"), Credentials("who", "no")):
        client = Ds3Client(endpoint, wrong)
        with pytest.raises(BadCredentials) as caught:
            client.get_service()
        client.close()
        assert not isinstance(caught.value, AccessDenied)


@pytest.mark.checklist(
    "K C-8: a clock that is off is told with its difference, from the answer's Date",
)
def test_a_clock_that_is_off_is_told_with_its_difference(client: Ds3Client, simulator) -> None:
    simulator.faults.set("clock", {"offset_s": -1320})
    with pytest.raises(ClockSkewed) as caught:
        client.get_service()
    assert caught.value.difference_s == pytest.approx(1320, abs=5)


@pytest.mark.checklist(
    "K C-26: the management port is known by its header",
)
def test_the_management_port_is_recognised(client: Ds3Client, simulator) -> None:
    simulator.faults.set("mgmt_port", True)
    with pytest.raises(ManagementPort):
        client.get_service()


def test_busy_is_told_at_once_with_the_appliances_delay(client: Ds3Client, simulator) -> None:
    simulator.faults.set("retry_after", 7)
    simulator.faults.set("fail_next", [["GET /", 503, "SlowDown", 1]])
    with pytest.raises(Busy) as caught:
        client.get_service()
    assert caught.value.retry_after_s == 7
    client.get_service()


def test_a_fault_of_the_appliances_own_is_asked_again(client: Ds3Client, simulator) -> None:
    simulator.faults.set("fail_next", [["GET /", 500, "InternalError", 2]])
    client.get_service()
    assert simulator.counters()["requests GET"] == 3


def test_a_connection_cut_in_mid_body_is_lost(client: Ds3Client, bucket: str, simulator) -> None:
    data = os.urandom(6 << 20)
    simulator.faults.set("drop_connection", {"method": "PUT", "nth": 1, "bytes": 1 << 20})
    with pytest.raises(ConnectionLost):
        client.put_object(bucket, "x", Bytes(data))
    client.delete_object(bucket, "x")
    client.put_object(bucket, "x", Bytes(data))
    simulator.faults.set("truncate_get", {"nth": 1, "bytes": 2 << 20})
    sink = Collected()
    with pytest.raises(ConnectionLost) as caught:
        client.get_object(bucket, "x", sink)
    assert caught.value.received == len(sink.data) == 2 << 20
    assert bytes(sink.data) == data[: 2 << 20]


@pytest.mark.parametrize("direction", ["put", "get"])
def test_a_hangup_ends_a_body_that_hangs(
    client: Ds3Client, bucket: str, simulator, direction: str
) -> None:
    client.put_object(bucket, "x", Bytes(bytes(8 << 20)))
    simulator.faults.set("throttle_bps", 1 << 20)
    hangup = Hangup()
    timer = threading.Timer(0.3, hangup.fire)
    timer.start()
    began = time.monotonic()
    if direction == "put":
        move = partial(client.put_object, bucket, "y", Bytes(bytes(64 << 20)))
    else:
        move = partial(client.get_object, bucket, "x", Collected())
    with pytest.raises(ConnectionLost):
        move(hangup=hangup)
    timer.join()
    assert time.monotonic() - began < 3


def test_no_log_line_holds_a_secret(
    client: Ds3Client, bucket: str, credentials: Credentials, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("DEBUG"):
        client.put_object(bucket, "x", b"1")
        client.get_service()
        with pytest.raises(NotFound):
            client.bucket_details("absent")
    assert "/archive/x" in caplog.text
    assert credentials.secret_key not in caplog.text
    assert "AWS " not in caplog.text
