"""The client held to the facts of the contract: what it asks, and what it reads of answers."""

from __future__ import annotations

import contextlib
import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any

import pytest

from ds3_browser.protocol import job_xml, listing_xml, system_records, system_xml
from ds3_browser.protocol.client import Ds3Client
from ds3_browser.protocol.records import (
    BucketDetails,
    ChecksumType,
    Credentials,
    DataPolicy,
    DeleteItem,
    Endpoint,
    GetItem,
    JobStatus,
    ObjectKind,
    Order,
    Priority,
    PutItem,
    RequestType,
    Versioning,
)
from ds3_browser.protocol.system_records import NotificationKind, TargetKind
from ds3_browser.protocol.transport import Hangup, Request
from ds3_browser.protocol.wire_xml import read_error
from tests.contract.facts import facts
from tests.contract.samples import DATE, LONG, UUID, sample
from tests.protocol.bytes_moved import Collected

# --- what it asks --------------------------------------------------------------------------------


class Asked(Exception):
    """Carries a request away from the client that was about to send it."""

    def __init__(self, request: Request) -> None:
        super().__init__()
        self.request = request


class Asking(Ds3Client):
    """A client whose requests are looked at and never sent."""

    def __init__(self) -> None:
        super().__init__(Endpoint.parse("appliance.example"), Credentials("id", "key"))

    @contextlib.contextmanager
    def _answer(self, request: Request, hangup: Hangup | None = None) -> Iterator[Any]:
        raise Asked(request)
        yield

    _begun = _answer


def asked(call: Callable[[Ds3Client], object]) -> Request:
    try:
        answer = call(Asking())
        if inspect.isgenerator(answer):
            next(answer)
    except Asked as asking:
        return asking.request
    raise AssertionError("nothing was asked")


@dataclass(frozen=True)
class Fact:
    name: str
    required: frozenset[str]
    known: frozenset[str]


def facts_of(request: Request) -> list[Fact]:
    """The contract's requests with this verb, path and operation."""
    operation = dict(request.query).get("operation")
    found = []
    for name, fact in facts()["requests"].items():
        verb, path = fact["call"].split()
        pattern = re.escape(path)
        for part, text in (("bucket", "[^/]+"), ("object", ".+"), ("id", ".+")):
            pattern = pattern.replace(re.escape(f"{{{part}}}"), text)
        amazon = not request.path.startswith("/_rest_/")
        if (
            name.startswith("amazons3") is amazon
            and verb == request.method
            and re.fullmatch(pattern, request.path)
            and fact.get("operation") == operation
        ):
            required = frozenset(fact.get("required", {}))
            found.append(Fact(name, required, required | frozenset(fact.get("optional", {}))))
    return found


def fitting(request: Request) -> list[Fact]:
    given = {name for name, _ in request.query} - {"operation"}
    return [each for each in facts_of(request) if each.required <= given <= each.known]


WHEN = datetime(2026, 3, 2, tzinfo=UTC)
GET, PUT = [GetItem("n", "v", 0, 5)], [PutItem("n", 5)]
JOB_FILTERS: dict[str, Any] = {
    "bucket": "b",
    "name": "n",
    "request_type": RequestType.PUT,
    "user_id": "u",
}
PAGES: dict[str, Any] = {"prefix": "p", "delimiter": "/", "marker": "m", "max_keys": 5}
BLOB: dict[str, Any] = {"job_id": "j", "offset": 0}
POLICY: dict[str, Any] = {
    "versioning": Versioning.KEEP_LATEST,
    "max_versions_to_keep": 5,
    "blobbing_enabled": True,
    "default_blob_size": 5,
    "end_to_end_crc_required": False,
    "default_put_job_priority": Priority.LOW,
    "default_get_job_priority": Priority.LOW,
    "default_verify_job_priority": Priority.LOW,
    "default_verify_after_write": True,
    "always_force_put_job_creation": True,
    "always_minimize_spanning_across_media": True,
}
EJECT = {"eject_label": "l", "eject_location": "o"}
USER: dict[str, Any] = {"default_data_policy_id": "p", "max_buckets": 5, "secret_key": "s"}
KIND = NotificationKind.JOB_COMPLETED


def call(name: str, /, *given: Any, **named: Any) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
    return name, given, named


#: Every method that asks, with all it can be given; several times where it asks different things.
CALLS = [
    call("get_service"),
    call("service_and_clock"),
    call("probe"),
    call("create_bucket", "b", data_policy_id="p", user_id="u", protected=True),
    call("create_default_bucket", "b"),
    call("head_bucket", "b"),
    call("bucket_details", "b"),
    call("buckets", name="n", data_policy_id="p", user_id="u"),
    call("modify_bucket", "b", data_policy_id="p", user_id="u", protected=False),
    call("delete_bucket", "b", force=True, missing_ok=False),
    call("checksum_of_policy", "b"),
    call("list_objects", "b", **PAGES, versions=True),
    call("list_pages", "b", **PAGES, versions=True),
    call("head_object", "b", "n", version_id="v"),
    call("put_object", "b", "n", b"x", **BLOB),
    call("get_object", "b", "n", Collected(), **BLOB, version_id="v", cached_only=True),
    call("get_object", "b", "n", Collected(), **BLOB, byte_range=(0, 5)),
    call("get_ranges", "b", "n", [(0, 5)], Collected(), **BLOB, version_id="v"),
    call("delete_object", "b", "n", version_id="v", missing_ok=False),
    call("delete_objects", "b", ["n", DeleteItem("m", "v")]),
    call("delete_folder", "b", "f", missing_ok=False),
    call(
        "find_objects",
        bucket="b",
        name="n",
        kind=ObjectKind.DATA,
        latest=True,
        created_from=WHEN,
        created_until=WHEN,
        full_details=True,
        page_length=5,
        page_offset=5,
    ),
    call("find_objects", full_details=False),
    call("object_details", "b", "n/m"),
    call("undelete_object", "b", "n", version_id="v"),
    *(
        call(name, "b", ["n", GetItem("m", "v")], storage_domain="d")
        for name in ("placement", "placements", "verified_placement", "verified_placements")
    ),
    call("bucket_history", bucket="b", from_number=5),
    call("suspect_objects", bucket="b"),
    call("degraded_blobs", bucket="b", persistence_rule_id="r"),
    call(
        "start_put_job",
        "b",
        PUT,
        name="n",
        priority=Priority.LOW,
        max_upload_size=5,
        force=True,
        ignore_naming_conflicts=True,
        verify_after_write=True,
        aggregating=True,
        minimize_spanning_across_media=True,
        implicit_job_id_resolution=True,
        pre_allocate_job_space=True,
        dead_job_cleanup_allowed=True,
        protected=True,
    ),
    call(
        "start_get_job",
        "b",
        GET,
        name="n",
        priority=Priority.LOW,
        order=Order.IN_ORDER,
        aggregating=True,
        implicit_job_id_resolution=True,
        dead_job_cleanup_allowed=True,
        protected=True,
    ),
    call("start_verify_job", "b", GET, name="n", priority=Priority.LOW, aggregating=True),
    call("start_stage_job", "b", GET, name="n", priority=Priority.LOW),
    call("check_put_is_safe", "b"),
    call("chunks_ready", "j", preferred=5),
    call("allocate_chunk", "c"),
    call("chunk", "c"),
    call("chunk_state", "c"),
    call("get_job", "j"),
    call(
        "modify_job",
        "j",
        priority=Priority.LOW,
        name="n",
        dead_job_cleanup_allowed=True,
        protected=True,
    ),
    call("close_aggregating_job", "j"),
    call("cancel_job", "j"),
    call("truncate_job", "j"),
    call("cancel_all_jobs", bucket="b", request_type=RequestType.GET),
    call("truncate_all_jobs", bucket="b", request_type=RequestType.GET),
    call("list_jobs", bucket="b"),
    call("active_job", "j"),
    call("completed_job", "j"),
    call("canceled_job", "j"),
    call("active_jobs", **JOB_FILTERS),
    call("completed_jobs", **JOB_FILTERS),
    call("canceled_jobs", **JOB_FILTERS),
    call("clear_completed_jobs"),
    call("clear_canceled_jobs"),
    call("job_creation_failures", user_name="u"),
    call("delete_job_creation_failure", "f", missing_ok=False),
    call("data_policies", name="n"),
    call("data_policy", "p"),
    call("create_data_policy", "n", checksum_type=ChecksumType.MD5, **POLICY),
    call("modify_data_policy", "p", name="n", **POLICY),
    call("delete_data_policy", "p", missing_ok=False),
    call("data_persistence_rules", data_policy_id="p", storage_domain_id="d"),
    call("data_persistence_rule", "r"),
    call(
        "create_data_persistence_rule",
        "p",
        "d",
        type="TEMPORARY",
        isolation_level="STANDARD",
        minimum_days_to_retain=5,
    ),
    call("delete_data_persistence_rule", "r", missing_ok=False),
    call("data_policy_acls", data_policy_id="p", user_id="u", group_id="g"),
    call("data_policy_acl", "a"),
    call("create_data_policy_acl", data_policy_id="p", user_id="u"),
    call("create_data_policy_acl", data_policy_id="p", group_id="g"),
    call("create_data_policy_acl", user_id="u"),
    call("create_data_policy_acl", group_id="g"),
    call("delete_data_policy_acl", "a", missing_ok=False),
    call("storage_domains", name="n"),
    call("storage_domain", "d"),
    call(
        "create_storage_domain",
        "n",
        write_optimization="CAPACITY",
        ltfs_file_naming="OBJECT_ID",
        media_ejection_allowed=True,
        secure_media_allocation=True,
    ),
    call("delete_storage_domain", "d", missing_ok=False),
    call("storage_domain_members", storage_domain_id="d"),
    call("storage_domain_member", "m"),
    call("add_pool_partition", "d", "p", write_preference="LOW"),
    call(
        "add_tape_partition",
        "d",
        "p",
        "LTO8",
        write_preference="LOW",
        auto_compaction_threshold=5,
    ),
    call("delete_storage_domain_member", "m", missing_ok=False),
    call("capacity_summary"),
    call("capacity_summary", storage_domain_id="d"),
    call("capacity_summary", bucket="b", storage_domain_id="d"),
    call(
        "tapes",
        bar_code="c",
        state="NORMAL",
        type="LTO8",
        bucket="b",
        partition_id="p",
        full_of_data=True,
        write_protected=True,
        **EJECT,
    ),
    call("tape", "t"),
    call("blobs_on_tape", "t"),
    call("eject_tape", "t", **EJECT),
    call("eject_copies", "b", ["n", GetItem("m")], storage_domain="d", **EJECT),
    call("tape_partitions", name="n"),
    call("tape_partition", "p"),
    call("tape_drives", partition_id="p", state="NORMAL"),
    call("tape_drive", "d"),
    call("tape_libraries", name="n"),
    call("tape_library", "l"),
    call("pools", name="n", state="NORMAL", type="ONLINE", bucket="b", partition_id="p"),
    call("pool", "p"),
    call("pool_partitions", name="n"),
    call("pool_partition", "p"),
    call("create_pool_partition", "n", "ONLINE"),
    call("delete_pool_partition", "p", missing_ok=False),
    *(call("targets", kind) for kind in TargetKind),
    *(call("target", kind, "t") for kind in TargetKind),
    call("system_information"),
    call("system_health"),
    call("system_failures", type="DATABASE_RUNNING_OUT_OF_SPACE"),
    call("nodes"),
    call("node", "n"),
    call("cache_state"),
    call("cache_filesystems", node_id="n"),
    call("cache_filesystem", "c"),
    call("reclaim_cache"),
    call("data_path_backend"),
    call("users", name="n", auth_id="a"),
    call("user", "u"),
    call("create_user", "n", **USER),
    call("modify_user", "u", name="n", **USER),
    call("regenerate_secret_key", "u"),
    call("delete_user", "u", missing_ok=False),
    call("groups", name="n"),
    call("group", "g"),
    call("create_group", "n"),
    call("modify_group", "g", name="n"),
    call("delete_group", "g", missing_ok=False),
    call("is_member", "g", user_id="u"),
    call("group_members", group_id="g", member_user_id="u", member_group_id="h"),
    call("group_member", "m"),
    call("create_group_member", "g", member_user_id="u"),
    call("create_group_member", "g", member_group_id="h"),
    call("delete_group_member", "m", missing_ok=False),
    call("bucket_acls", bucket="b", user_id="u", group_id="g", permission="READ"),
    call("bucket_acl", "a"),
    *(call("create_bucket_acl", "READ", bucket=b, user_id="u") for b in ("b", None)),
    *(call("create_bucket_acl", "READ", bucket=b, group_id="g") for b in ("b", None)),
    call("delete_bucket_acl", "a", missing_ok=False),
    *(call("registrations", kind, user_id="u") for kind in NotificationKind),
    *(call("registration", kind, "r") for kind in NotificationKind),
    *(call("delete_registration", kind, "r", missing_ok=False) for kind in NotificationKind),
    *(
        call(
            "create_registration",
            kind,
            "http://x",
            http_method="POST",
            format="XML",
            naming_convention="CONSTANT",
        )
        for kind in NotificationKind
    ),
    call("create_registration", KIND, "http://x", job_id="j"),
    call("create_registration", NotificationKind.BUCKET_CHANGES, "http://x", bucket="b"),
]
#: What a method is given that does not show in the request's line, or not asks at all.
NOT_ASKED = {"hangup", "checksum", "metadata", "missing_ok", "take"}
#: `begin_put` and `begin_get` are what `put_object` and `get_object` call.
NOT_CALLS = {"close", "under", "as_here", "knows", "truncates", "begin_put", "begin_get"}


def made(name: str, given: tuple[Any, ...], named: dict[str, Any]) -> Request:
    return asked(lambda client: getattr(client, name)(*given, **named))


@pytest.mark.parametrize(("name", "given", "named"), CALLS, ids=lambda value: str(value)[:40])
def test_a_request_exists_with_its_verb_path_and_parameters(
    name: str, given: tuple[Any, ...], named: dict[str, Any]
) -> None:
    request = made(name, given, named)
    assert fitting(request), f"{request.method} {request.target}"


def methods() -> dict[str, inspect.Signature]:
    members = inspect.getmembers(Ds3Client, inspect.isfunction)
    return {
        name: inspect.signature(function)
        for name, function in members
        if not name.startswith("_") and name not in NOT_CALLS
    }


def test_every_method_and_every_argument_is_held_to_the_contract() -> None:
    given: dict[str, set[str]] = {}
    for name, positional, named in CALLS:
        bound = methods()[name].bind(None, *positional, **named)
        given.setdefault(name, set()).update(bound.arguments)
    missing = {
        f"{name} {argument}"
        for name, signature in methods().items()
        for argument in {*signature.parameters} - NOT_ASKED - given.get(name, set())
    }
    assert missing == set()


@pytest.mark.parametrize(("name", "given", "named"), CALLS, ids=lambda value: str(value)[:40])
@pytest.mark.parametrize("nothing", [None, ""])
def test_what_a_call_needs_cannot_be_left_out(
    name: str, given: tuple[Any, ...], named: dict[str, Any], nothing: str | None
) -> None:
    """A variable of a script that was not set would ask for another thing, or for all there are."""
    signature = methods()[name]
    for argument in signature.bind(None, *given, **named).arguments:
        parameter = signature.parameters[argument]
        if parameter.default is inspect.Parameter.empty and parameter.annotation == "str":
            bound = signature.bind(None, *given, **named)
            bound.arguments[argument] = nothing
            with pytest.raises((TypeError, ValueError)):
                made(name, bound.args[1:], bound.kwargs)


#: Calls whose resource or operation is younger than release 3.2, as their docstrings say.
YOUNG_CALLS = {
    *("start_stage_job", "undelete_object", "bucket_history", "job_creation_failures"),
    *("delete_job_creation_failure", "close_aggregating_job", "targets", "target", "eject_copies"),
    *("registrations", "registration", "create_registration", "delete_registration"),
}


def test_without_options_release_3_2_knows_every_request() -> None:
    unknown = facts()["not in 3.2"]
    seen = set()
    for name, given, named in CALLS:
        if name in YOUNG_CALLS or name in seen:
            continue
        seen.add(name)
        parameters = methods()[name].parameters
        needed = {
            key: value
            for key, value in named.items()
            if parameters[key].default is inspect.Parameter.empty
            or key in ("user_id", "group_id", "member_user_id")
        }
        request = made(name, given, needed)
        sent = {parameter for parameter, _ in request.query}
        assert any(
            fact.name not in unknown["requests"]
            and not sent & {*unknown["parameters"].get(fact.name, ())}
            for fact in fitting(request)
        ), f"{name}: {request.method} {request.target}"


@pytest.mark.checklist("K C-154: offers no rename, move or copy, for the appliance has none")
def test_no_call_renames_moves_or_copies() -> None:
    assert [name for name in methods() if re.search("rename|move|copy(?!.*eject)", name)] == []
    for name, given, named in CALLS:
        headers = made(name, given, named).headers
        assert not any("copy-source" in header.lower() for header in headers)


@pytest.mark.checklist("K C-20: a flag that is off is absent; none is ever sent with a value")
def test_a_flag_is_sent_bare_or_not_at_all() -> None:
    off = {"force": False, "versions": False, "cached_only": False, "full_details": False}
    for name, given, named in CALLS:
        request = made(name, given, named)
        kinds = {}
        for fact in fitting(request):
            described = facts()["requests"][fact.name]
            kinds |= {**described.get("required", {}), **described.get("optional", {})}
        for parameter, value in request.query:
            if parameter != "operation":
                assert (kinds[parameter] == "void") is (value is None), f"{name} {parameter}"
        without = made(name, given, named | {key: off[key] for key in off if key in named})
        assert not {parameter for parameter, _ in without.query} & {
            key for key in off if key in named
        }


# --- what it reads -------------------------------------------------------------------------------

#: The payload type of each record that is read by its fields' names.
PAYLOADS: dict[type, tuple[str, ...]] = {
    BucketDetails: ("Bucket",),
    DataPolicy: ("DataPolicy",),
    system_records.BucketAcl: ("BucketAcl",),
    system_records.BucketEvent: ("BucketHistoryEvent",),
    system_records.CacheFilesystem: ("CacheFilesystem",),
    system_records.Capacity: ("StorageDomainCapacitySummary",),
    system_records.CapacitySummary: ("CapacitySummaryContainer",),
    system_records.ChunkState: ("JobChunk",),
    system_records.DataPathBackend: ("DataPathBackend",),
    system_records.DataPersistenceRule: ("DataPersistenceRule",),
    system_records.DataPolicyAcl: ("DataPolicyAcl",),
    system_records.DegradedBlob: ("DegradedBlob",),
    system_records.Group: ("Group",),
    system_records.GroupMember: ("GroupMember",),
    system_records.JobCreationFailure: ("JobCreationFailed",),
    system_records.Node: ("Node",),
    system_records.Pool: ("Pool",),
    system_records.PoolPartition: ("PoolPartition",),
    system_records.StorageDomain: ("StorageDomain",),
    system_records.StorageDomainMember: ("StorageDomainMember",),
    system_records.SystemFailure: ("SystemFailure",),
    system_records.SystemHealth: ("HealthVerificationResult",),
    system_records.Tape: ("Tape",),
    system_records.TapeDrive: ("TapeDrive",),
    system_records.TapeLibrary: ("TapeLibrary",),
    system_records.TapePartition: ("TapePartition",),
    system_records.Target: ("Ds3Target", "S3Target", "AzureTarget"),
    system_records.User: ("User",),
    system_records.Registration: (
        "JobCompletedNotificationRegistration",
        "JobCreatedNotificationRegistration",
        "JobCreationFailedNotificationRegistration",
        "S3ObjectCachedNotificationRegistration",
        "S3ObjectPersistedNotificationRegistration",
        "S3ObjectLostNotificationRegistration",
        "BucketChangesNotificationRegistration",
        "SystemFailureNotificationRegistration",
        "TapeFailureNotificationRegistration",
        "TapePartitionFailureNotificationRegistration",
        "PoolFailureNotificationRegistration",
        "StorageDomainFailureNotificationRegistration",
    ),
}


def unread(*records: Any, but: tuple[str, ...] = ()) -> set[str]:
    """The fields that none of the records has learnt."""
    learnt = {
        field.name
        for record in records
        for field in fields(record)
        if getattr(record, field.name) not in (None, "", False, (), 0)
    }
    return {field.name for field in fields(records[0])} - learnt - {*but}


def test_every_record_of_the_set_up_is_held_to_the_contract() -> None:
    kinds = {each for each in vars(system_records).values() if hasattr(each, "__slots__")}
    assert {kind for kind in kinds if hasattr(kind, "__dataclass_fields__")} <= set(PAYLOADS)


@pytest.mark.parametrize(("kind", "payloads"), PAYLOADS.items(), ids=lambda each: str(each)[:60])
def test_every_field_of_a_record_is_one_of_the_contract(
    kind: type, payloads: tuple[str, ...]
) -> None:
    records = [system_xml.read_one(kind, sample(each, "Data").encode()) for each in payloads]
    assert unread(*records) == set()


@pytest.mark.parametrize(("kind", "payloads"), PAYLOADS.items(), ids=lambda each: str(each)[:60])
@pytest.mark.checklist("K C-34: what an older release leaves out is None")
def test_a_record_of_an_older_release_is_read(kind: type, payloads: tuple[str, ...]) -> None:
    for payload in payloads:
        if payload not in facts()["not in 3.2"]["types"]:
            system_xml.read_one(kind, sample(payload, "Data", old=True).encode())
    empty = system_xml.read_one(kind, b"<Data/>")
    assert all(getattr(empty, field.name) in (None, "", False) for field in fields(empty))


def test_numbers_beyond_a_float_and_times_are_exact() -> None:
    tape = system_xml.read_one(system_records.Tape, sample("Tape", "Data").encode())
    assert (tape.id, tape.total) == (UUID, LONG)
    assert tape.last_verified == datetime.fromisoformat(DATE)


def test_the_answers_of_amazons_side_are_read_whole() -> None:
    service = listing_xml.read_service(sample("BucketsApiBean", "ListAllMyBucketsResult").encode())
    assert unread(service) == unread(service.owner) == unread(service.buckets[0]) == set()
    page = sample("BucketObjectsApiBean", "ListBucketResult").encode()
    listing = listing_xml.read_listing(page, "b")
    assert unread(listing) == set()
    for stored in listing.objects():
        assert unread(stored) == set()
    (error,) = listing_xml.read_delete_result(
        sample("DeleteResultApiBean", "DeleteResult").encode()
    )
    assert unread(error) == set()
    told = read_error(sample("HttpErrorResultApiBean", "Error").encode())
    assert set(told) == {"Code", "HttpErrorCode", "Message", "Resource", "ResourceId"}


def test_the_answers_about_jobs_are_read_whole() -> None:
    job = job_xml.read_bulk_job([sample("JobWithChunksApiBean", "MasterObjectList").encode()])
    assert unread(job) == set()
    (chunk,) = job.chunks
    assert unread(chunk) == unread(chunk.blobs[0]) == set()
    chunk = job_xml.read_chunk(sample("JobChunkApiBean", "Objects").encode())
    assert unread(chunk) == set()
    (listed,) = job_xml.read_jobs(sample("JobsApiBean", "X").encode()[3:-4])
    ended = ("ended", "truncated", "timed_out", "bucket_id")
    assert unread(listed, but=(*ended, "verifies_writes", "error_message")) == set()
    jobs = [
        job_xml.read_appliance_job(sample(payload, "Data").encode(), JobStatus.COMPLETED)
        for payload in ("Job", "CompletedJob", "CanceledJob")
    ]
    told = (("ended",), ("timed_out", "verifies_writes"), ("verifies_writes",))
    for job_of_a_list, unknown in zip(jobs, told, strict=True):
        assert unread(job_of_a_list, but=("bucket", "user_name", *unknown)) == set()


def test_the_answers_about_objects_and_the_appliance_are_read_whole() -> None:
    detailed = system_xml.read_found_object(sample("DetailedS3Object", "Data").encode())
    assert unread(detailed) == set()
    plain = system_xml.read_found_object(sample("S3Object", "Data").encode())
    details = ("size", "owner", "etag")
    counts = ("blobs", "blobs_in_cache", "blobs_degraded", "blobs_being_persisted")
    assert unread(plain, but=(*details, *counts)) == set()
    placement = system_xml.read_placement(sample("PhysicalPlacementApiBean", "Data").encode())
    assert unread(placement) == set()
    assert len(placement.targets) == 3
    assert len(placement.replicas) == 1
    (placed,) = system_xml.read_placed_blobs(sample("BlobApiBeansContainer", "Data").encode())
    assert unread(placed) == unread(placed.blob) == unread(placed.placement) == set()
    system = sample("SystemInformationApiBean", "Data").replace(str(LONG), "1772446800000")
    assert unread(system_xml.read_system_information(system.encode())) == set()
    cache = system_xml.read_cache_state(sample("CacheInformation", "Data").encode())
    assert unread(cache) == set()
