"""Scripts written for the original Python SDK, version 1: their calls, and what they give."""

from __future__ import annotations

import gc
import os
import pickle
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from ds3_browser import ds3
from ds3_browser.ds3 import files
from ds3_browser.protocol.records import Endpoint
from ds3_browser.protocol.transport import peek_certificate
from ds3_browser.simulator.server import Simulator
from tests.protocol.recorder import Peer, Recorded, Recorder, reply

BOOKS = {"beowulf.txt": 294, "sherlock_holmes.txt": 581, "tale_of_two_cities.txt": 776}
NO_JOB = "0f8fad5b-d9cb-469f-a165-70867728950e"


@pytest.fixture
def client(simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> ds3.Ds3Client:
    monkeypatch.setenv("DS3_ENDPOINT", simulator.url.removeprefix("http://"))
    monkeypatch.setenv("DS3_ACCESS_KEY", simulator.access_id)
    monkeypatch.setenv("DS3_SECRET_KEY", simulator.secret_key)
    monkeypatch.delenv("http_proxy", raising=False)
    return ds3.createClientFromEnv()


@pytest.fixture
def books(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of a few small files, which is the current one."""
    for name, size in BOOKS.items():
        (folder / name).write_bytes(os.urandom(size))
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def canned(recorder: Recorder) -> ds3.Ds3Client:
    return ds3.Ds3Client(recorder.url, ds3.Credentials("id", "secret"))


@pytest.fixture
def recorder():
    with Recorder() as recorder:
        yield recorder


def archive(client: ds3.Ds3Client, prefix: str = "", metadata=None, names=None) -> None:
    """The loop of a script: plan, allocate each chunk, put each of its objects."""
    client.putBucket("books")
    paths = {prefix + name: name for name in names or BOOKS}
    sizes = [(name, os.stat(path).st_size) for name, path in paths.items()]
    plan = client.putBulk("books", sizes)
    for chunk in plan.chunks:
        allocated = client.allocateChunk(chunk.chunkId)
        for obj in allocated.chunk.objects:
            client.putObject(
                "books", obj.name, obj.offset, obj.length, plan.jobId, paths[obj.name], metadata
            )


def refused(call, *given, **named) -> ds3.Ds3Error:
    with pytest.raises(ds3.Ds3Error) as caught:
        call(*given, **named)
    assert caught.value.reason
    return caught.value


# --- connecting ----------------------------------------------------------------------------------


def test_the_environment_makes_a_client_whose_credentials_can_be_read(client, simulator) -> None:
    assert client.credentials.accessKey == simulator.access_id
    assert client.credentials.secretKey == simulator.secret_key
    assert simulator.secret_key not in repr(client.credentials)
    assert client.getService() == []


def test_a_client_that_is_let_go_closes_its_connections(simulator, canned, recorder) -> None:
    client = ds3.Ds3Client(recorder.url, canned.credentials)
    gone = threading.Event()

    def notice(peer: Peer, request: Recorded) -> None:
        peer.send(reply(200, b"<ListAllMyBucketsResult/>"))
        while peer.more():
            pass
        gone.set()

    recorder.answer(notice)
    client.getService()
    assert not gone.is_set()
    del client
    gc.collect()
    assert gone.wait(5)


def test_an_environment_without_an_endpoint_is_an_error_that_names_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("DS3_ENDPOINT", raising=False)
    error = refused(ds3.createClientFromEnv)
    assert "DS3_ENDPOINT" in error.reason
    assert (error.statusCode, error.statusMessage, error.message) == (None, None, None)


def test_a_client_made_by_hand_goes_through_its_proxy(recorder: Recorder) -> None:
    keys = ds3.Credentials("id", "secret")
    client = ds3.Ds3Client("appliance.example:8080", keys, f"127.0.0.1:{recorder.port}")
    recorder.answer(reply(200, b"<ListAllMyBucketsResult><Buckets/></ListAllMyBucketsResult>"))
    assert client.getService() == []
    assert recorder.requests[0].target == "http://appliance.example:8080/"


def test_an_endpoint_says_whose_certificate_is_trusted(simulator: Simulator) -> None:
    simulator.faults.set("tls", True)
    keys = ds3.Credentials(simulator.access_id, simulator.secret_key)
    url = simulator.url.replace("http:", "https:")
    assert "certificate" in refused(ds3.Ds3Client(url, keys).getService).reason
    pinned = replace(Endpoint.parse(url), pin=peek_certificate(Endpoint.parse(url)).fingerprint)
    assert ds3.Ds3Client(pinned, keys).getService() == []


def test_an_endpoint_may_have_a_proxy_of_its_own_or_another(recorder: Recorder) -> None:
    there, keys = Endpoint.parse("http://vault"), ds3.Credentials("id", "secret")
    recorder.answer(*[reply(200, b"<ListAllMyBucketsResult/>")] * 2)
    ds3.Ds3Client(replace(there, proxy=recorder.url), keys).getService()
    ds3.Ds3Client(there, keys, f"127.0.0.1:{recorder.port}").getService()
    assert [each.target for each in recorder.requests] == ["http://vault/"] * 2


def test_wrong_keys_are_an_error_with_the_appliance_s_words(simulator: Simulator) -> None:
    client = ds3.Ds3Client(simulator.url, ds3.Credentials(simulator.access_id, "wrong"))
    error = refused(client.getService)
    assert (error.statusCode, error.statusMessage) == (403, "Forbidden")
    assert error.message


def test_nobody_at_the_endpoint_is_an_error_without_a_status() -> None:
    error = refused(ds3.Ds3Client("127.0.0.1:1", ds3.Credentials("a", "b")).getService)
    assert (error.statusCode, error.message) == (None, None)


# --- buckets -------------------------------------------------------------------------------------


def test_a_bucket_comes_and_goes(client) -> None:
    client.putBucket("books")
    (listed,) = client.getService()
    assert listed.name == "books"
    assert listed.creationDate.endswith("Z")
    client.headBucket("books")
    client.deleteBucket("books")
    assert client.getService() == []


def test_a_bucket_twice_and_one_that_is_not_there_are_told_by_status(client) -> None:
    client.putBucket("books")
    assert refused(client.putBucket, "books").statusCode == 409
    assert refused(client.putBucket, "bad:name").statusCode == 400
    for call in (client.headBucket, client.getBucket, client.deleteBucket):
        assert refused(call, "absent").statusCode == 404


def test_a_bucket_with_objects_is_not_deleted(client, books) -> None:
    archive(client)
    assert refused(client.deleteBucket, "books").statusCode == 409


def test_an_empty_bucket_says_so(client) -> None:
    client.putBucket("books")
    page = client.getBucket("books")
    assert (page.name, page.objects, page.commonPrefixes) == ("books", [], [])
    assert (page.isTruncated, page.maxKeys) == (False, 1000)
    assert (page.marker, page.nextMarker, page.delimiter, page.prefix) == (None,) * 4
    assert page.creationDate is not None


def test_an_object_is_listed_with_its_owner(client, books) -> None:
    archive(client)
    objects = client.getBucket("books").objects
    assert {each.name: each.size for each in objects} == BOOKS
    assert all(each.etag and each.owner.name and each.owner.id for each in objects)


def test_a_prefix_and_a_delimiter_give_common_prefixes(client, books) -> None:
    archive(client, prefix="old/english/")
    page = client.getBucket("books", delimiter="/")
    assert (page.objects, page.commonPrefixes, page.delimiter) == ([], ["old/"], "/")
    page = client.getBucket("books", prefix="old/english/s", delimiter="/")
    assert [each.name for each in page.objects] == ["old/english/sherlock_holmes.txt"]
    assert page.prefix == "old/english/s"


def test_pages_of_two_follow_their_markers(client) -> None:
    client.putBucket("books")
    plan = client.putBulk("books", ((f"file{n:02}", 0) for n in range(5)))
    client.allocateChunk(plan.chunks[0].chunkId)
    for n in range(5):
        client.putObject("books", f"file{n:02}", 0, 0, plan.jobId)
    pages = [client.getBucket("books", maxKeys=2)]
    while pages[-1].nextMarker is not None:
        pages.append(client.getBucket("books", None, pages[-1].nextMarker, None, 2))
    assert [len(page.objects) for page in pages] == [2, 2, 1]
    assert [page.isTruncated for page in pages] == [True, True, False]
    assert pages[1].marker == "file01"
    assert [page.maxKeys for page in pages] == [2, 2, 2]


# --- bulk ----------------------------------------------------------------------------------------


def test_a_bulk_put_tells_its_plan(client, books) -> None:
    client.putBucket("books")
    plan = client.putBulk("books", BOOKS.items())
    assert (plan.bucketName, plan.requestType, plan.status) == ("books", "PUT", "IN_PROGRESS")
    assert (plan.cachedSize, plan.originalSize) == (0, sum(BOOKS.values()))
    assert all((plan.jobId, plan.startDate, plan.userId, plan.userName))
    (chunk,) = plan.chunks
    assert isinstance(chunk.chunkNumber, int)
    assert {(each.name, each.length, each.offset) for each in chunk.objects} == {
        (name, size, 0) for name, size in BOOKS.items()
    }
    assert not any(each.inCache for each in chunk.objects)


@pytest.mark.parametrize("ordered", [True, False])
def test_a_bulk_get_brings_back_what_was_put(client, books: Path, ordered: bool) -> None:
    archive(client)
    names = (each.name for each in client.getBucket("books").objects)
    plan = client.getBulk("books", names, ordered)
    waiting = {chunk.chunkId for chunk in plan.chunks}
    while waiting:
        available = client.getAvailableChunks(plan.jobId)
        assert available.bulkPlan.jobId == plan.jobId
        assert available.retryAfter >= 1
        for chunk in available.bulkPlan.chunks:
            waiting.remove(chunk.chunkId)
            for obj in chunk.objects:
                client.getObject("books", obj.name, obj.offset, plan.jobId, f"{obj.name}.back")
    for name in BOOKS:
        assert (books / f"{name}.back").read_bytes() == (books / name).read_bytes()
    assert client.getJob(plan.jobId).status == "COMPLETED"


@pytest.mark.parametrize(("ordering", "word"), [((), "IN_ORDER"), ((False,), "NONE")])
def test_the_order_of_chunks_is_asked_for(canned, recorder, ordering, word) -> None:
    recorder.answer(reply(200, b'<MasterObjectList JobId="j"/>'))
    canned.getBulk("b", ["a"], *ordering)
    asked = f"chunk_client_processing_order_guarantee={word}"
    assert asked in recorder.requests[0].target


def test_a_file_of_another_name_is_sent_in_the_blobs_of_the_plan(
    client, simulator: Simulator, books: Path
) -> None:
    simulator.faults.set("policies", [{"default_blob_size": 200}])
    (books / "local").write_bytes(bytes(range(256)) * 2)
    client.putBucket("books")
    plan = client.putBulk("books", [("remote/ä b", 512)])
    blobs = [obj for chunk in plan.chunks for obj in chunk.objects]
    assert [(each.offset, each.length) for each in blobs] == [(0, 200), (200, 200), (400, 112)]
    for chunk in plan.chunks:
        client.allocateChunk(chunk.chunkId)
    for each in blobs:
        client.putObject("books", each.name, each.offset, each.length, plan.jobId, "local")
    assert [each.size for each in client.getBucket("books").objects] == [512]
    plan = client.getBulk("books", ["remote/ä b"])
    client.getAvailableChunks(plan.jobId)
    for each in reversed(blobs):
        client.getObject("books", each.name, each.offset, plan.jobId, "back")
    assert (books / "back").read_bytes() == (books / "local").read_bytes()


def test_a_blob_leaves_the_rest_of_its_file(canned, recorder, books: Path) -> None:
    (books / "there").write_bytes(b"0123456789")
    recorder.answer(reply(200, b"abc", x_amz_meta_colour="red,green"))
    metadata = canned.getObject("b", "there", 4, NO_JOB)
    assert (books / "there").read_bytes() == b"0123abc789"
    assert metadata == {"colour": ["red", "green"]}


@pytest.mark.parametrize("name", ["{here}/motd", "../motd", "a/../../motd", ".."])
def test_an_object_s_name_leads_to_no_file_outside_of_the_folder(
    canned, recorder, books: Path, name: str
) -> None:
    name = name.format(here=books)
    error = refused(canned.getObject, "b", name, 0, NO_JOB)
    assert (error.statusCode, "realFileName" in error.reason) == (400, True)
    assert recorder.requests == []
    recorder.answer(reply(200, b"there"))
    canned.getObject("b", name, 0, NO_JOB, str(books / "said"))
    assert (books / "said").read_bytes() == b"there"


def test_a_get_that_is_refused_leaves_no_file(canned, recorder, books: Path) -> None:
    recorder.answer(reply(404))
    assert refused(canned.getObject, "b", "n", 0, NO_JOB, "new").statusCode == 404
    assert not (books / "new").exists()


def test_an_empty_blob_makes_its_file(canned, recorder, books: Path) -> None:
    recorder.answer(reply(200))
    canned.getObject("b", "n", 0, NO_JOB, "new")
    assert (books / "new").read_bytes() == b""


def test_a_blob_that_is_not_ready_is_offered_again_from_its_first_byte(
    canned, recorder, books: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "PAUSES_S", (0, 0, 0, 0))
    (books / "n").write_bytes(b"0123456789")
    recorder.answer(reply(307), reply(307), reply(200))
    canned.putObject("b", "n", 2, 5, NO_JOB)
    assert [request.body for request in recorder.requests] == [b"23456"] * 3
    recorder.answer(*[reply(307)] * 5)
    assert refused(canned.putObject, "b", "n", 2, 5, NO_JOB).statusCode == 307


def test_no_chunk_yet_is_an_empty_plan_and_a_wait(canned, recorder) -> None:
    recorder.answer(reply(200, b'<MasterObjectList JobId="j"/>', Retry_After="300"))
    available = canned.getAvailableChunks("j")
    assert (available.bulkPlan.chunks, available.retryAfter) == ([], 300)


def test_a_chunk_without_cache_is_none_and_a_wait(canned, recorder) -> None:
    recorder.answer(reply(503, Retry_After="17"))
    allocated = canned.allocateChunk("c")
    assert (allocated.chunk, allocated.retryAfter) == (None, 17)
    assert recorder.requests[0].line.startswith("PUT /_rest_/job_chunk/c?operation=allocate ")


def test_a_missing_local_file_is_the_system_s_own_error(client, books) -> None:
    with pytest.raises(FileNotFoundError):
        client.putObject("books", "absent", 0, 4, NO_JOB)


def test_a_local_file_that_is_too_short_is_an_error_and_no_object(client, books) -> None:
    client.putBucket("books")
    plan = client.putBulk("books", [("beowulf.txt", 1000)])
    client.allocateChunk(plan.chunks[0].chunkId)
    with pytest.raises(OSError, match=r"beowulf.txt has \d+ bytes, and 1000 from 0 are wanted"):
        client.putObject("books", "beowulf.txt", 0, 1000, plan.jobId)


def test_an_existing_object_and_a_missing_one_are_told_by_status(client, books) -> None:
    archive(client)
    assert refused(client.putBulk, "books", [("beowulf.txt", 1)]).statusCode == 409
    assert refused(client.getBulk, "books", ["absent"]).statusCode == 404
    assert refused(client.putBulk, "nowhere", [("a", 1)]).statusCode == 404


# --- metadata ------------------------------------------------------------------------------------


def test_metadata_goes_and_comes_as_lists(client, books) -> None:
    given = {"name1": ["a", "b"], "name2": "c d+%", "name3": ("é, ü",), "none": []}
    archive(client, metadata=given)
    expected = {"name1": ["a", "b"], "name2": ["c d+%"], "name3": ["é, ü"]}
    assert client.headObject("books", "beowulf.txt") == expected
    plan = client.getBulk("books", ["beowulf.txt"])
    client.getAvailableChunks(plan.jobId)
    assert client.getObject("books", "beowulf.txt", 0, plan.jobId, "back") == expected


@pytest.mark.parametrize(
    ("metadata", "text"),
    [
        ({"a": 1}, "expected instance of type str, got instance of type int"),
        ({"a": ["b", None]}, "expected instance of type str, got instance of type NoneType"),
        ({1: "a"}, "expected instance of type str, got instance of type int"),
        (["a"], "expected instance of type dict, got instance of type list"),
    ],
)
def test_metadata_of_wrong_types_is_not_sent(canned, recorder, books, metadata, text) -> None:
    with pytest.raises(TypeError, match=f"^{text}$"):
        canned.putObject("b", "beowulf.txt", 0, 4, NO_JOB, None, metadata)
    assert recorder.requests == []


# --- objects -------------------------------------------------------------------------------------


def test_head_and_delete_of_an_absent_object_are_404(client) -> None:
    client.putBucket("books")
    assert refused(client.headObject, "books", "absent").statusCode == 404
    assert refused(client.deleteObject, "books", "absent").statusCode == 404


def test_objects_are_deleted_one_by_one_and_together(client, books) -> None:
    archive(client)
    client.deleteObject("books", "beowulf.txt")
    client.deleteObjects("books", (name for name in ("sherlock_holmes.txt", "absent")))
    assert [each.name for each in client.getBucket("books").objects] == ["tale_of_two_cities.txt"]
    assert refused(client.deleteObjects, "nowhere", ["a"]).statusCode == 404


def test_a_name_that_could_not_be_deleted_is_told(canned, recorder) -> None:
    recorder.answer(
        reply(
            200,
            b"<DeleteResult><Error><Code>AccessDenied</Code><Key>a</Key><Message>no</Message>"
            b"</Error></DeleteResult>",
        )
    )
    assert refused(canned.deleteObjects, "b", ["a"]).reason == "Not deleted: a (AccessDenied: no)"


@pytest.mark.parametrize("name", ["old", "old/"])
def test_a_folder_is_deleted_with_or_without_its_slash(client, books, name: str) -> None:
    archive(client, prefix="old/")
    client.deleteFolder("books", name)
    assert client.getBucket("books").objects == []
    assert refused(client.deleteFolder, "books", name).statusCode == 404
    assert refused(client.deleteFolder, "nowhere", name).statusCode == 404


NAMES = ["ünï/日本語", "a b+c%d#e?f;g&h=i", "object!@#$%^&*_-+=with()[]{}symbols", "quo'te\"<>"]


def test_names_of_all_kinds_come_back(client, books) -> None:
    client.putBucket("books")
    plan = client.putBulk("books", [(name, 294) for name in NAMES])
    client.allocateChunk(plan.chunks[0].chunkId)
    for name in NAMES:
        client.putObject("books", name, 0, 294, plan.jobId, "beowulf.txt")
    assert sorted(each.name for each in client.getBucket("books").objects) == sorted(NAMES)
    for name in NAMES:
        assert client.headObject("books", name) == {}
        client.deleteObject("books", name)


# --- search and placement ------------------------------------------------------------------------


def test_a_search_tells_of_each_object(client, books) -> None:
    archive(client)
    found = client.getObjects(bucketName="books")
    assert {each.name: each.size for each in found} == BOOKS
    assert {each.type for each in found} == {"DATA"}
    assert {each.version for each in found} == {"1"}
    assert len({each.bucketId for each in found}) == 1
    assert all(each.id and each.owner and each.lastModified for each in found)


def test_a_search_is_narrowed_by_each_of_its_arguments(client, books) -> None:
    archive(client)
    client.putBucket("empty")
    first, *_ = everything = client.getObjects()

    def names(**given) -> list[str]:
        return [each.name for each in client.getObjects(**given)]

    assert names(bucketName="empty") == []
    assert names(name="beowulf.txt") == ["beowulf.txt"]
    assert names(name="%of%") == ["tale_of_two_cities.txt"]
    assert names(objId=first.id) == [first.name]
    assert names(objType="FOLDER") == []
    assert len(names(objType="DATA")) == len(everything)
    assert len(names(version=1)) == len(everything)
    assert names(version="7") == []
    assert names(creationDate="1999-01-01T00:00:00.000Z") == []
    assert first.name in names(creationDate=first.lastModified)


def test_an_underscore_of_a_search_is_itself(canned, recorder) -> None:
    rows = "".join(
        f"<Object><Id>{n}</Id><Name>{name}</Name></Object>"
        for n, name in enumerate(("a_b", "axb", "a_c", "a_bb"))
    )
    answer = reply(200, f"<Data>{rows}</Data>".encode())
    recorder.answer(answer, answer, answer)
    assert [each.name for each in canned.getObjects("b", name="a_b")] == ["a_b"]
    assert [each.name for each in canned.getObjects("b", name="a_b%")] == ["a_b", "a_bb"]
    (last,) = canned.getObjects("b", name="a_%", pageOffset=2, pageLength=5)
    assert last.name == "a_bb"
    assert "page_offset" not in recorder.requests[2].target


def test_a_search_is_cut_in_pages(client, books) -> None:
    archive(client)
    everything = client.getObjects()
    assert client.getObjects(pageLength=2) == everything[:2]
    assert client.getObjects(pageLength=2, pageOffset=2) == everything[2:]
    assert client.getObjects(version=1, pageLength=1, pageOffset=1) == everything[1:2]


def test_versions_of_a_name_count_from_the_oldest(canned, recorder) -> None:
    def row(name: str, identifier: str) -> str:
        return f"<Object><Id>{identifier}</Id><BucketId>b</BucketId><Name>{name}</Name></Object>"

    page = row("a", "x") + row("a", "y") + row("a", "z") + row("b", "w")
    recorder.answer(*[reply(200, f"<Data>{page}</Data>".encode())] * 3)
    found = canned.getObjects()
    assert [(each.id, each.version) for each in found] == list(zip("xyzw", "3211", strict=True))
    assert [each.id for each in canned.getObjects(version=2)] == ["y"]
    assert [each.id for each in canned.getObjects(version="z")] == ["z"]


def test_an_unknown_bucket_of_a_search_is_404(client) -> None:
    assert refused(client.getObjects, bucketName="nowhere").statusCode == 404


TAPES = b"<Tapes><Tape><BarCode>T1</BarCode></Tape><Tape><BarCode>T2</BarCode></Tape></Tapes>"


def test_placement_is_the_barcodes_of_tapes(canned, recorder) -> None:
    blob = b'<Object Name="a" Offset="%d"><PhysicalPlacement>' + TAPES + b"</PhysicalPlacement>"
    recorder.answer(
        reply(200, b"<Data>" + TAPES + b"</Data>"),
        reply(200, b"<Data>" + (blob + b"</Object>") % 0 + (blob + b"</Object>") % 9 + b"</Data>"),
        reply(200, b"<Data><Tapes/></Data>"),
        reply(200, b"<Data/>"),
    )
    assert canned.getPhysicalPlacement("b", ["a"]) == ["T1", "T2"]
    assert canned.getPhysicalPlacement("b", iter(["a"]), True) == ["T1", "T2"]
    assert canned.getPhysicalPlacement("b", ["unknown"]) == []
    assert canned.getPhysicalPlacement("b", ["unknown"], fullDetails=True) == []
    targets = [request.target for request in recorder.requests]
    summary = "/_rest_/bucket/b?operation=get_physical_placement"
    assert targets == [summary, f"{summary}&full_details"] * 2


# --- jobs and the appliance ----------------------------------------------------------------------


def test_a_job_is_listed_kept_and_cancelled(client, books) -> None:
    client.putBucket("books")
    plan = client.putBulk("books", [("a", 5)])
    assert client.getJob(plan.jobId) == plan
    (listed,) = client.getJobs()
    assert (listed.jobId, listed.bucketName, listed.chunks) == (plan.jobId, "books", [])
    assert (listed.userId, listed.status) == (plan.userId, "IN_PROGRESS")
    assert client.putJob(plan.jobId).jobId == plan.jobId
    assert client.deleteJob(plan.jobId) is None
    assert client.getJobs() == []
    assert client.getJob(plan.jobId).status == "CANCELED"
    assert refused(client.deleteJob, plan.jobId).statusCode == 404


def test_a_kind_of_job_that_is_not_known_is_told_by_its_word(canned, recorder) -> None:
    recorder.answer(reply(200, b'<MasterObjectList JobId="j" RequestType="STAGE"/>'))
    assert canned.getJob("j").requestType == "STAGE"


def test_an_unknown_job_is_404(client) -> None:
    for call in (client.getJob, client.putJob, client.deleteJob, client.getAvailableChunks):
        assert refused(call, NO_JOB).statusCode in (404, 410)


def test_the_appliance_tells_of_itself(client) -> None:
    told = client.getSystemInformation()
    assert told.apiVersion
    assert told.serialNumber
    assert told.buildInformation.version == "5.8.0"
    assert told.buildInformation.branch
    assert told.buildInformation.revision
    assert client.verifySystemHealth().msRequiredToVerifyDataPlannerHealth >= 0


# --- arguments -----------------------------------------------------------------------------------


def calls(client: ds3.Ds3Client) -> list:
    """Every call with a bucket name, as a function of it."""
    return [
        client.getBucket,
        client.headBucket,
        client.putBucket,
        client.deleteBucket,
        lambda b: client.headObject(b, "n"),
        lambda b: client.deleteObject(b, "n"),
        lambda b: client.deleteObjects(b, ["n"]),
        lambda b: client.deleteFolder(b, "n"),
        lambda b: client.putBulk(b, [("n", 1)]),
        lambda b: client.getBulk(b, ["n"]),
        lambda b: client.putObject(b, "n", 0, 1, NO_JOB),
        lambda b: client.getObject(b, "n", 0, NO_JOB),
        lambda b: client.getPhysicalPlacement(b, ["n"]),
    ]


def test_an_empty_bucket_name_is_refused_without_a_request(canned, recorder) -> None:
    for call in calls(canned):
        assert refused(call, "").statusCode == 400
    assert recorder.requests == []


@pytest.mark.parametrize(("given", "kind"), [(1234, "int"), (None, "NoneType"), (b"b", "bytes")])
def test_a_bucket_name_of_another_type_is_refused(canned, recorder, given, kind: str) -> None:
    for call in calls(canned):
        with pytest.raises(TypeError) as caught:
            call(given)
        text = f"expected instance of type str, got instance of type {kind}"
        assert str(caught.value) == text
    assert recorder.requests == []


def test_each_argument_has_a_type(canned, recorder) -> None:
    wrong = [
        lambda: ds3.Credentials("a", 5),
        lambda: ds3.Ds3Client(5, canned.credentials),
        lambda: ds3.Ds3Client("x", canned.credentials, 5),
        lambda: canned.getBucket("b", 5),
        lambda: canned.getBucket("b", nextMarker=5),
        lambda: canned.getBucket("b", delimiter=5),
        lambda: canned.headObject("b", 5),
        lambda: canned.deleteObject("b", 5),
        lambda: canned.deleteFolder("b", 5),
        lambda: canned.deleteObjects("b", [5]),
        lambda: canned.putBulk("b", [(5, 5)]),
        lambda: canned.getBulk("b", [5]),
        lambda: canned.getPhysicalPlacement("b", [5]),
        lambda: canned.putObject("b", 5, 0, 0, "j"),
        lambda: canned.putObject("b", "n", 0, 0, 5),
        lambda: canned.putObject("b", "n", 0, 0, "j", 5),
        lambda: canned.getObject("b", 5, 0, "j"),
        lambda: canned.getObject("b", "n", 0, 5),
        lambda: canned.getObject("b", "n", 0, "j", 5),
        lambda: canned.getJob(5),
        lambda: canned.putJob(5),
        lambda: canned.deleteJob(5),
        lambda: canned.getAvailableChunks(5),
        lambda: canned.allocateChunk(5),
        lambda: canned.getObjects(5),
        lambda: canned.getObjects(name=5),
        lambda: canned.getObjects(creationDate=5),
        lambda: canned.getObjects(objId=5),
        lambda: canned.getObjects(objType=5),
    ]
    for call in wrong:
        with pytest.raises(TypeError) as caught:
            call()
        assert str(caught.value) == "expected instance of type str, got instance of type int"
    numbers = [
        lambda: canned.getBucket("b", maxKeys="5"),
        lambda: canned.getObjects(pageLength="5"),
        lambda: canned.getObjects(pageOffset="5"),
        lambda: canned.putBulk("b", [("n", "5")]),
        lambda: canned.putObject("b", "n", "0", 0, "j"),
        lambda: canned.putObject("b", "n", 0, "0", "j"),
        lambda: canned.getObject("b", "n", "0", "j"),
    ]
    for call in numbers:
        with pytest.raises(TypeError) as caught:
            call()
        assert str(caught.value) == "expected instance of type int, got instance of type str"
    for call in (canned.getBulk, canned.putBulk, canned.deleteObjects):
        with pytest.raises(TypeError, match=r"^expected instance of type list, got .* type str$"):
            call("b", "name")
    with pytest.raises(TypeError, match=r"^expected instance of type tuple, got .* type str$"):
        canned.putBulk("b", ["ab"])
    assert recorder.requests == []


@pytest.mark.parametrize(
    "call",
    [
        lambda c: c.putBulk("b", [("a", -1)]),
        lambda c: c.putObject("b", "a", -1, 5, "job"),
        lambda c: c.putObject("b", "a", 0, -5, "job"),
        lambda c: c.getObject("b", "a", -1, "job"),
        lambda c: c.getBucket("b", maxKeys=-1),
        lambda c: c.getObjects("b", pageLength=-1),
        lambda c: c.getObjects("b", pageOffset=-1),
    ],
)
def test_less_than_nothing_is_refused_without_a_request(canned, recorder, call) -> None:
    error = refused(call, canned)
    assert error.statusCode == 400
    assert "less than nothing: -" in error.reason
    assert recorder.requests == []


def test_yes_and_no_are_no_numbers(canned, recorder) -> None:
    with pytest.raises(TypeError, match="int"):
        canned.putBulk("b", [("a", True)])
    assert recorder.requests == []


def test_what_is_no_date_finds_nothing_and_says_so(canned, recorder) -> None:
    assert "yesterday" in refused(canned.getObjects, "b", creationDate="yesterday").reason
    assert recorder.requests == []


def test_keys_that_were_read_from_a_file_have_no_end_of_line(simulator: Simulator) -> None:
    keys = ds3.Credentials(simulator.access_id + "\n", f" {simulator.secret_key}\r\n")
    assert ds3.Ds3Client(simulator.url, keys).getService() == []


@pytest.mark.parametrize(
    "proxy", ["::::", "http://", "socks5://vault:1080", "ftp://vault:1", "a b"]
)
def test_what_is_no_proxy_is_told_at_once(proxy: str) -> None:
    error = refused(ds3.Ds3Client, "vault", ds3.Credentials("id", "secret"), proxy)
    assert "proxy" in error.reason


def test_an_error_goes_from_one_process_to_another(client) -> None:
    error = refused(client.headBucket, "nowhere")
    there = pickle.loads(pickle.dumps(error))
    assert (there.reason, there.statusCode, str(there)) == (error.reason, 404, str(error))


@pytest.mark.parametrize("empty", [[], (), iter(())], ids=["list", "tuple", "iterator"])
def test_an_empty_list_is_refused_without_a_request(canned, recorder, empty) -> None:
    for call in (
        canned.putBulk,
        canned.getBulk,
        canned.deleteObjects,
        canned.getPhysicalPlacement,
    ):
        assert "list is empty" in refused(call, "b", empty).reason
    assert recorder.requests == []


def test_an_object_to_put_is_two_things(canned, recorder) -> None:
    with pytest.raises(TypeError, match=r"its size, and this is \('a', 1, 2\)"):
        canned.putBulk("b", [("a", 1, 2)])
    assert recorder.requests == []


def test_an_impossible_object_name_is_refused_without_a_request(canned, recorder) -> None:
    for name in ("a\0b", "\x07"):
        assert refused(canned.headObject, "b", name).statusCode == 400
        assert refused(canned.deleteObject, "b", name).statusCode == 400
    for name in ("", "a\0b"):
        assert refused(canned.putBulk, "b", [(name, 1)]).statusCode == 400
        assert refused(canned.getBulk, "b", [name]).statusCode == 400
    assert recorder.requests == []


def test_an_empty_object_name_is_refused_as_the_appliance_would(client) -> None:
    client.putBucket("books")
    for bucket, status in (("books", 400), ("nowhere", 404), ("", 400)):
        for call in (client.headObject, client.deleteObject, client.deleteFolder):
            assert refused(call, bucket, "").statusCode == status
        assert refused(client.deleteFolder, bucket, "/").statusCode == status
        assert refused(client.getObject, bucket, "", 0, NO_JOB, "x").statusCode == status
        assert refused(client.putObject, bucket, "", 0, 5, NO_JOB, "x").statusCode == status


def test_types_are_looked_at_before_names(canned, recorder) -> None:
    for call in (
        lambda: canned.headObject("", 5),
        lambda: canned.deleteObject("", 5),
        lambda: canned.deleteFolder("", 5),
        lambda: canned.deleteObjects("", [5]),
        lambda: canned.getBulk("", [5]),
        lambda: canned.putBulk("", [(5, 5)]),
        lambda: canned.putObject("", "n", 0, 0, 5),
        lambda: canned.getObject("", "", 0, 5),
    ):
        with pytest.raises(TypeError):
            call()
    assert recorder.requests == []


def test_objects_that_were_only_planned_are_listed_in_pages_and_cleared(client) -> None:
    """As scripts do that take a bulk request for the making of empty objects."""
    client.putBucket("books")
    client.putBulk("books", [(f"file{n}", 0) for n in range(15)])
    page = client.getBucket("books", maxKeys=5)
    assert [each.name for each in page.objects][4] == "file12"
    page = client.getBucket("books", nextMarker=page.nextMarker, maxKeys=5)
    assert [each.name for each in page.objects][4] == "file4"
    page = client.getBucket("books", nextMarker=page.nextMarker, maxKeys=5)
    assert [each.name for each in page.objects][4] == "file9"
    assert page.nextMarker is None
    for each in client.getBucket("books").objects:
        client.deleteObject("books", each.name)
    client.deleteBucket("books")


def test_names_in_lists_may_be_bytes_and_lists_any_iterable(canned, recorder) -> None:
    recorder.answer(*[reply(200, b'<MasterObjectList JobId="j"/>')] * 2)
    canned.getBulk("b", {"é".encode(): 1})
    canned.putBulk("b", ([name, 7] for name in ["a"]))
    bodies = [request.body.decode() for request in recorder.requests]
    assert bodies == [
        '<Objects><Object Name="é"/></Objects>',
        '<Objects><Object Name="a" Size="7"/></Objects>',
    ]


@pytest.mark.parametrize("kind", ["CRC_32C", "CRC_32", "MD5", "SHA_256", "SHA_512"])
def test_bytes_that_were_damaged_on_their_way_are_told(
    client: ds3.Ds3Client, simulator: Simulator, books: Path, kind: str
) -> None:
    simulator.faults.set("policies", [{"checksum_type": kind}])
    archive(client)
    plan = client.getBulk("books", list(BOOKS))
    simulator.faults.set("corrupt_get", {"nth": 1, "times": 1})
    with pytest.raises(ds3.Ds3Error, match="at 0 were damaged"):
        client.getObject("books", "beowulf.txt", 0, plan.jobId, "back")
    client.getObject("books", "beowulf.txt", 0, plan.jobId, "back")
    assert (books / "back").read_bytes() == (books / "beowulf.txt").read_bytes()


@pytest.mark.skipif(not os.path.exists(os.devnull) or os.name == "nt", reason="a device as a file")
def test_an_object_may_go_where_nothing_can_be_read_again(
    client: ds3.Ds3Client, books: Path
) -> None:
    archive(client)
    plan = client.getBulk("books", list(BOOKS))
    assert client.getObject("books", "beowulf.txt", 0, plan.jobId, os.devnull) == {}


# --- files, processes ----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [str, os.fsencode, Path], ids=["text", "bytes", "path"])
def test_a_local_file_is_named_as_open_takes_it(client, books: Path, kind) -> None:
    archive(client)
    plan = client.getBulk("books", ["beowulf.txt"])
    client.getObject("books", "beowulf.txt", 0, plan.jobId, kind(str(books / "back")))
    assert (books / "back").read_bytes() == (books / "beowulf.txt").read_bytes()
    client.deleteObject("books", "beowulf.txt")
    plan = client.putBulk("books", [("beowulf.txt", 294)])
    client.putObject("books", "beowulf.txt", 0, 294, plan.jobId, kind(str(books / "back")))
    assert client.getBucket("books", prefix="beo").objects[0].size == 294


@pytest.mark.parametrize("name", ["no/such/folder", "", "there", "there/", "beowulf.txt/x"])
def test_a_blob_that_nothing_can_take_is_not_asked_for(
    canned, recorder, books: Path, name: str
) -> None:
    (books / "there").mkdir()
    with pytest.raises(OSError, match="directory"):
        canned.getObject("b", "n", 0, NO_JOB, name)
    assert recorder.requests == []


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="everything may be written here")
def test_a_blob_that_may_not_be_written_is_not_asked_for(canned, recorder, books: Path) -> None:
    books.chmod(0o500)
    try:
        with pytest.raises(PermissionError):
            canned.getObject("b", "n", 0, NO_JOB, "back")
    finally:
        books.chmod(0o700)
    assert recorder.requests == []


def test_a_client_goes_from_one_process_to_another(client) -> None:
    client.putBucket("books")
    there = pickle.loads(pickle.dumps(client))
    assert [bucket.name for bucket in there.getService()] == ["books"]
