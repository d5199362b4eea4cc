"""Appliances of all releases from 3.2 to 6.0, and what is older still: their answers are read."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ds3_browser.protocol import job_xml, listing_xml, system_xml
from ds3_browser.protocol.client import Ds3Client
from ds3_browser.protocol.records import (
    DataPolicy,
    GetItem,
    JobStatus,
    Owner,
    PutItem,
    RequestType,
    StoredObject,
    Versioning,
)
from ds3_browser.protocol.releases import Feature
from ds3_browser.protocol.system_records import Tape
from ds3_browser.protocol.wire_xml import read_error
from ds3_browser.simulator.server import Simulator
from tests.protocol import payloads
from tests.protocol.bytes_moved import Collected

RYAN = Owner("ryan", "ryan")


@pytest.mark.checklist("K C-32: the namespaces of release 1 are passed over")
def test_release_1_lists_its_buckets_in_a_namespace() -> None:
    service = listing_xml.read_service(payloads.SERVICE_1)
    assert [bucket.name for bucket in service.buckets] == ["testBucket2", "bulkTest"]
    assert service.buckets[1].created == datetime(2013, 12, 11, 23, 20, 9, 250000, tzinfo=UTC)
    assert service.owner == RYAN


@pytest.mark.checklist("K C-61: objects without IsLatest and VersionId are the latest")
def test_release_1_lists_objects_with_quoted_etags_and_no_versions() -> None:
    listing = listing_xml.read_listing(payloads.LISTING_1, "remoteTest16")
    text, big = listing.objects()
    assert text == StoredObject(
        name="user/hduser/gutenberg/20417.txt.utf-8",
        size=674570,
        modified=datetime(2014, 1, 3, 13, 26, 47, tzinfo=UTC),
        etag="8B19F3F41868106382A677C3435BDCE5",
        owner=RYAN,
        version_id=None,
        latest=True,
    )
    assert (big.size, big.etag, big.owner) == (9007199254740993, "7f7d0f1f4b-6", Owner(None, None))
    assert (listing.next_marker, listing.prefix, listing.marker) == (None, None, None)


def test_release_1_tells_little_of_a_job() -> None:
    job = job_xml.read_bulk_job([payloads.JOB_1[:100], payloads.JOB_1[100:]])
    assert (job.status, job.request_type) == (JobStatus.IN_PROGRESS, RequestType.GET)
    assert (job.name, job.original_size, job.user_name) == (None, None, None)
    assert [(blob.name, blob.offset, blob.length) for blob in job.blobs()] == [
        ("file1", 0, 256),
        ("file2 & é", 256, 1202),
    ]
    assert [(blob.in_cache, blob.version_id) for blob in job.blobs()] == [(None, None)] * 2


def test_release_3_2_lists_what_is_arriving() -> None:
    listing = listing_xml.read_listing(payloads.LISTING_3_2, "coll")
    assert (listing.prefixes, list(listing.names)) == (("movies/",), ["music.mp3", "arriving.mp3"])
    assert [row.being_uploaded for row in listing.objects()] == [False, True]
    assert listing.next_marker == "music.mp3"


@pytest.mark.checklist("K C-121: a node whose address is a word breaks nothing")
def test_release_3_2_numbers_versions_and_may_not_know_its_address() -> None:
    job = job_xml.read_bulk_job([payloads.JOB_3_2])
    first, finished = job.chunks
    assert (first.blobs[0].version_id, first.node_id) == (None, None)
    assert (finished.blobs, finished.node_id) == ((), "782ee70f")


@pytest.mark.checklist("K C-147: release 6.0 is read: IomType, unknown elements, new words")
def test_release_6_0_has_new_elements_and_words() -> None:
    (before,) = job_xml.read_appliance_jobs(payloads.ACTIVE_JOBS_5_8, JobStatus.IN_PROGRESS)
    (after,) = job_xml.read_appliance_jobs(payloads.ACTIVE_JOBS_6_0, JobStatus.IN_PROGRESS)
    assert (before.priority, after.priority) == ("NORMAL", "WHENEVER")
    assert (after.job_id, after.request_type) == (before.job_id, RequestType.PUT)


@pytest.mark.checklist("K C-36: words of a tape that no release knew before are kept as text")
def test_release_6_0_has_new_tapes() -> None:
    (tape,) = system_xml.read_all(Tape, payloads.TAPES_6_0)
    assert (tape.type, tape.state) == ("LTO10P", "eject_from_ee_pending")
    assert (tape.full_of_data, tape.write_protected) == (False, True)
    assert (tape.eject_date, tape.bucket_id, tape.role) == (None, None, None)
    assert tape.last_accessed == datetime(2026, 2, 4, 6, 53, 8, 236000, tzinfo=UTC)


def test_words_of_a_later_release_are_kept_as_text_wherever_they_stand() -> None:
    policy = (
        b"<Data><ChecksumType>BLAKE3</ChecksumType><Versioning> keep_latest </Versioning></Data>"
    )
    told = system_xml.read_one(DataPolicy, policy)
    assert (told.checksum_type, told.versioning) == ("BLAKE3", Versioning.KEEP_LATEST)
    found = system_xml.read_found_object(b"<Data><Name>n</Name><Type>Link</Type></Data>")
    assert found.kind == "Link"
    job = job_xml.read_bulk_job([b'<MasterObjectList JobId="j" RequestType="STAGE" Status="ODD"/>'])
    assert (job.request_type, job.status) == ("STAGE", JobStatus.IN_PROGRESS)


def test_an_appliance_may_not_know_itself() -> None:
    known = system_xml.read_system_information(payloads.SYSTEM_3_2)
    assert (known.version, known.now) == ("3.2.2.5", None)
    unknown = system_xml.read_system_information(payloads.SYSTEM_UNKNOWN)
    assert (unknown.version, unknown.branch, unknown.now) == (None, None, None)


def test_an_error_of_today_is_read_whole() -> None:
    told = read_error(payloads.ERROR_5_8)
    assert (told["Code"], told["HttpErrorCode"], told["ResourceId"]) == ("NotFound", "404", "578")


# --- alive ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "switches",
    [
        {"server_version": "3.0.1"},
        {"server_version": "3.2.0"},
        {"server_version": "4.1.0"},
        {"server_version": "5.0.0"},
        {"server_version": "5.8.0"},
        {"server_version": "6.0.0"},
        {"xml_style": "old", "server_version": "3.2.0"},
        {"xml_style": "old"},
        {"shuffle": True, "nodes": 2},
        {"strict": True},
        {"strict": True, "server_version": "3.2.0"},
    ],
    ids=str,
)
def test_an_appliance_of_any_release_is_spoken_to(
    client: Ds3Client, simulator: Simulator, switches: dict[str, object]
) -> None:
    """What every program does, sent without options: strict, it refuses what it does not know."""
    simulator.faults.set_all(switches)
    client.create_bucket("archive")
    assert client.get_service().buckets[0].created is not None
    job = client.start_put_job("archive", [PutItem("d/x", 5), PutItem("d/y", 3)])
    for blob in client.chunks_ready(job.job_id).chunks[0].blobs:
        client.put_object(
            "archive", blob.name, b"x" * blob.length, job_id=job.job_id, offset=blob.offset
        )
    (page,) = client.list_pages("archive", prefix="d/")
    assert sorted((row.name, row.size, row.latest) for row in page.objects()) == [
        ("d/x", 5, True),
        ("d/y", 3, True),
    ]
    assert (page.version_ids[0] is not None) == client.knows(Feature.VERSIONS)
    job = client.start_get_job("archive", [GetItem("d/x")])
    (blob,) = (blob for chunk in client.chunks_ready(job.job_id).chunks for blob in chunk.blobs)
    sink = Collected()
    client.get_object(
        *("archive", "d/x", sink),
        job_id=job.job_id,
        offset=blob.offset,
        version_id=blob.version_id,
    )
    assert bytes(sink.data) == b"xxxxx"
    assert client.get_job(job.job_id).status is JobStatus.COMPLETED
    assert client.bucket_details("archive").data_policy_id is not None
    assert client.checksum_of_policy("archive") is not None
    assert len(list(client.find_objects(bucket="archive"))) == 2
    assert len(list(client.completed_jobs())) == 2
    client.placement("archive", ["d/x"])
    assert client.head_object("archive", "d/x") is not None
    assert list(client.delete_objects("archive", ["d/x"])) == [(1, ())]
    client.delete_folder("archive", "d")
    client.delete_bucket("archive")


def test_the_release_of_an_appliance_is_known(client: Ds3Client, simulator: Simulator) -> None:
    simulator.faults.set("server_version", "3.0.1")
    assert not client.knows(Feature.TRUNCATE)
    assert not client.knows(Feature.VERSIONS)
