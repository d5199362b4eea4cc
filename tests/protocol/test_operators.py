"""The client's calls about set-up, media, versions and job kinds, against the simulator."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ds3_browser.protocol.client import Ds3Client
from ds3_browser.protocol.errors import AccessDenied, Conflict, NotFound, RequestRefused
from ds3_browser.protocol.records import (
    ChecksumType,
    Credentials,
    DeleteItem,
    Endpoint,
    GetItem,
    JobStatus,
    ObjectKind,
    PutItem,
    RequestType,
    Versioning,
)
from ds3_browser.protocol.system_records import NotificationKind, TargetKind
from tests.protocol.bytes_moved import Collected

NO_ID = "0f8fad5b-d9cb-469f-a165-70867728950e"


@pytest.fixture
def versioned(client: Ds3Client) -> str:
    """A bucket whose policy keeps versions, made by the whole chain of set-up."""
    domain = client.create_storage_domain("second copy")
    partition = client.create_pool_partition("disks", "ONLINE")
    client.add_pool_partition(domain.id, partition.id, write_preference="NORMAL")
    policy = client.create_data_policy(
        "keeps versions",
        versioning=Versioning.KEEP_MULTIPLE_VERSIONS,
        checksum_type=ChecksumType.MD5,
        max_versions_to_keep=10,
    )
    client.create_data_persistence_rule(policy.id, domain.id)
    client.create_bucket("versions", data_policy_id=policy.name)
    return "versions"


def fetch(client: Ds3Client, bucket: str, name: str, **options) -> bytes:
    sink = Collected()
    client.get_object(bucket, name, sink, **options)
    return bytes(sink.data)


# --- set-up --------------------------------------------------------------------------------------


def test_the_chain_of_set_up_is_made_read_and_taken_apart(client: Ds3Client) -> None:
    domain = client.create_storage_domain("copies", media_ejection_allowed=True)
    partition = client.create_pool_partition("disks", "NEARLINE")
    member = client.add_pool_partition("copies", "disks")
    policy = client.create_data_policy("mine", checksum_type=ChecksumType.SHA_256)
    rule = client.create_data_persistence_rule("mine", "copies", type="PERMANENT")
    assert client.storage_domain("copies") == client.storage_domain(domain.id) == domain
    assert client.pool_partition("disks") == partition
    assert client.storage_domain_member(member.id).pool_partition_id == partition.id
    assert client.data_policy(policy.id).checksum_type is ChecksumType.SHA_256
    assert (rule.data_policy_id, rule.type) == (policy.id, "PERMANENT")
    assert [each.id for each in client.data_persistence_rules(data_policy_id="mine")] == [rule.id]
    assert domain in list(client.storage_domains())
    assert [each.id for each in client.storage_domain_members(storage_domain_id="copies")] == [
        member.id
    ]
    client.delete_data_persistence_rule(rule.id)
    client.delete_data_policy("mine")
    client.delete_storage_domain_member(member.id)
    client.delete_pool_partition(partition.id)
    client.delete_storage_domain(domain.id)
    with pytest.raises(NotFound):
        client.storage_domain(domain.id)
    client.delete_storage_domain(domain.id)
    with pytest.raises(NotFound):
        client.delete_storage_domain(domain.id, missing_ok=False)


def test_settings_of_buckets_and_policies_are_changed_one_by_one(
    client: Ds3Client, bucket: str
) -> None:
    before = client.bucket_details(bucket)
    after = client.modify_bucket(bucket, protected=True)
    assert (before.protected, after.protected) == (False, True)
    assert after.data_policy_id == before.data_policy_id
    assert [each.name for each in client.buckets()] == [bucket]
    policy = client.data_policy(str(before.data_policy_id))
    changed = client.modify_data_policy(policy.id, default_blob_size=1 << 30)
    assert (changed.default_blob_size, changed.name) == (1 << 30, policy.name)
    assert [each.id for each in client.data_policies(name=policy.name)] == [policy.id]


def test_users_come_with_their_keys_and_go(client: Ds3Client, endpoint: Endpoint) -> None:
    made = client.create_user("anna")
    assert made.secret_key
    assert made.secret_key not in repr(made)
    (found,) = client.users(auth_id=made.auth_id)
    assert found.id == made.id
    renewed = client.regenerate_secret_key("anna")
    assert renewed.secret_key != made.secret_key
    assert client.modify_user("anna", name="anne").name == "anne"
    anne = Ds3Client(endpoint, Credentials(str(made.auth_id), str(renewed.secret_key)))
    try:
        assert anne.get_service().owner.name == "anne"
    finally:
        anne.close()
    client.delete_user("anne")
    with pytest.raises(NotFound):
        client.user("anne")


def test_groups_have_members_and_permissions(client: Ds3Client, bucket: str) -> None:
    user = client.create_user("anna")
    group = client.create_group("crew")
    assert not client.is_member("crew", user_id=user.id)
    member = client.create_group_member("crew", member_user_id="anna")
    assert client.is_member("crew", user_id=user.id)
    assert [each.id for each in client.group_members(group_id=group.id)] == [member.id]
    acl = client.create_bucket_acl("READ", bucket=bucket, group_id="crew")
    assert (acl.permission, acl.group_id, acl.user_id) == ("READ", group.id, None)
    assert [each.id for each in client.bucket_acls(bucket=bucket)] == [acl.id]
    every = client.create_bucket_acl("LIST", user_id="anna")
    assert client.bucket_acl(every.id).bucket_id is None
    use = client.create_data_policy_acl(user_id="anna")
    assert client.data_policy_acl(use.id).user_id == user.id
    client.delete_data_policy_acl(use.id)
    client.delete_bucket_acl(acl.id)
    client.delete_group_member(member.id)
    assert client.modify_group("crew", name="team").name == "team"
    client.delete_group("team")
    assert "team" not in [each.name for each in client.groups()]


def test_who_has_no_right_is_told_so(client: Ds3Client, bucket: str, endpoint: Endpoint) -> None:
    anna = client.create_user("anna")
    hers = Ds3Client(endpoint, Credentials(str(anna.auth_id), str(anna.secret_key)))
    try:
        with pytest.raises(AccessDenied):
            hers.list_objects(bucket)
        client.create_bucket_acl("LIST", bucket=bucket, user_id="anna")
        assert len(hers.list_objects(bucket)) == 0
    finally:
        hers.close()


@pytest.mark.parametrize("kind", NotificationKind)
def test_notifications_of_every_kind_are_registered(
    client: Ds3Client, kind: NotificationKind
) -> None:
    made = client.create_registration(kind, "http://127.0.0.1:9/hook")
    assert (made.end_point, made.http_method) == ("http://127.0.0.1:9/hook", "POST")
    assert client.registration(kind, made.id) == made
    assert [each.id for each in client.registrations(kind)] == [made.id]
    client.delete_registration(kind, made.id)
    assert list(client.registrations(kind)) == []


# --- the appliance -------------------------------------------------------------------------------


def test_the_appliance_shows_its_parts(client: Ds3Client, bucket: str) -> None:
    client.put_object(bucket, "x", bytes(1000))
    (node, *_) = client.nodes()
    assert (client.node(node.id).name, client.node(node.name).id) == (node.name, node.id)
    assert client.system_health().free_space == "NORMAL"
    assert client.data_path_backend().retry_after_s is not None
    capacity = client.capacity_summary()
    assert capacity.tape is not None or capacity.pool is not None
    for summary in (capacity.tape, capacity.pool):
        if summary is not None and None not in (summary.allocated, summary.used, summary.free):
            assert summary.allocated == (summary.used or 0) + (summary.free or 0)
    (filesystem, *_) = client.cache_filesystems()
    assert client.cache_filesystem(filesystem.id) == filesystem
    assert client.cache_state().used >= 1000
    assert list(client.system_failures()) == []


def test_media_are_listed_and_found_by_id_and_name(client: Ds3Client) -> None:
    for every, one, name in (
        (client.tapes(), client.tape, "bar_code"),
        (client.tape_partitions(), client.tape_partition, "name"),
        (client.tape_drives(), client.tape_drive, "id"),
        (client.tape_libraries(), client.tape_library, "name"),
        (client.pools(), client.pool, "name"),
        (client.pool_partitions(), client.pool_partition, "name"),
    ):
        found = list(every)
        for each in found[:2]:
            assert one(each.id) == one(getattr(each, name)) == each
    for kind in TargetKind:
        assert list(client.targets(kind)) == []
        with pytest.raises(NotFound):
            client.target(kind, NO_ID)


def test_copies_are_found_on_their_media(client: Ds3Client, bucket: str) -> None:
    client.put_object(bucket, "a", bytes(100))
    client.put_object(bucket, "b", bytes(100))
    where = client.placement(bucket, ["a", "unknown"])
    assert where.tapes or where.pools
    placed = client.placements(bucket, ["a", GetItem("b")])
    assert sorted(each.blob.name for each in placed) == ["a", "b"]
    assert placed[0].placement.tapes == where.tapes
    assert client.verified_placement(bucket, ["a"]) == where
    assert len(client.verified_placements(bucket, ["a", "b"])) == 2
    with pytest.raises(NotFound):
        client.verified_placement(bucket, ["unknown"])
    for bar_code in where.tapes:
        assert "a" in {each.blob.name for each in client.blobs_on_tape(client.tape(bar_code).id)}


def test_a_tape_is_taken_out_with_its_notes(client: Ds3Client, bucket: str) -> None:
    client.put_object(bucket, "a", bytes(100))
    tapes = client.placement(bucket, ["a"]).tapes
    if not tapes:
        pytest.fail("the simulator's default policy has no copy on tape")
    ejected = client.eject_tape(
        client.tape(tapes[0]).id, eject_label="shelf 3", eject_location="vault"
    )
    assert (ejected.eject_label, ejected.eject_location) == ("shelf 3", "vault")


# --- objects and versions ------------------------------------------------------------------------


def test_versions_are_listed_read_deleted_and_brought_back(
    client: Ds3Client, versioned: str
) -> None:
    client.put_object(versioned, "x", b"first")
    client.put_object(versioned, "x", b"second!")
    rows = [row for page in client.list_pages(versioned, versions=True) for row in page.objects()]
    assert [(row.name, row.size, row.latest) for row in rows] == [
        ("x", 7, True),
        ("x", 5, False),
    ]
    newest, oldest = (row.version_id for row in rows)
    assert fetch(client, versioned, "x", version_id=oldest) == b"first"
    head = client.head_object(versioned, "x", version_id=oldest)
    assert head is not None
    assert head.size == 5
    client.delete_object(versioned, "x")
    assert list(client.list_objects(versioned).names) == []
    back = client.undelete_object(versioned, "x")
    assert (back.id, back.latest) == (newest, True)
    assert fetch(client, versioned, "x") == b"second!"
    assert list(client.delete_objects(versioned, [DeleteItem("x", oldest)])) == [(1, ())]
    assert [found.id for found in client.find_objects(bucket=versioned)] == [newest]
    with pytest.raises(NotFound):
        client.undelete_object(versioned, "never there")


@pytest.mark.checklist("K C-152: two versions of one name in one job are told apart")
def test_two_versions_of_a_name_in_one_job_are_told_apart(
    client: Ds3Client, versioned: str
) -> None:
    client.put_object(versioned, "x", b"first")
    client.put_object(versioned, "x", b"second!")
    found = list(client.find_objects(bucket=versioned, name="x"))
    job = client.start_get_job(versioned, [GetItem("x", version_id=each.id) for each in found])
    got = {
        blob.version_id: fetch(
            *(client, versioned, "x"),
            job_id=job.job_id,
            offset=blob.offset,
            version_id=blob.version_id,
        )
        for blob in job.blobs()
    }
    assert got == {each.id: b"second!" if each.latest else b"first" for each in found}


def test_a_search_knows_kinds_names_and_times(client: Ds3Client, bucket: str) -> None:
    before = datetime.now(UTC) - timedelta(hours=1)
    for name in ("clips/", "clips/a.mov", "clips/b.mov", "c%d"):
        client.put_object(bucket, name, b"" if name.endswith("/") else b"12345")

    def names(**wanted) -> list[str]:
        return [found.name for found in client.find_objects(bucket=bucket, **wanted)]

    assert names(kind=ObjectKind.FOLDER) == ["clips/"]
    assert names(name="%.mov") == ["clips/a.mov", "clips/b.mov"]
    assert names(name="%.mov", page_length=1) == ["clips/a.mov", "clips/b.mov"]
    assert names(page_offset=3) == names()[3:]
    assert names(created_until=before) == []
    assert len(names(created_from=before)) == 4
    (found,) = client.find_objects(name="clips/a.mov")
    assert (found.size, found.kind, found.in_cache) == (5, ObjectKind.DATA, True)
    (plain,) = client.find_objects(name="clips/a.mov", full_details=False)
    assert (plain.id, plain.size, plain.in_cache) == (found.id, None, None)
    assert client.object_details(bucket, "clips/a.mov").id == found.id
    with pytest.raises(NotFound):
        client.object_details(bucket, "absent")


def test_what_happened_to_objects_is_told(client: Ds3Client, bucket: str) -> None:
    client.put_object(bucket, "x", b"1")
    client.delete_object(bucket, "x")
    events = list(client.bucket_history(bucket=bucket))
    assert [event.type for event in events if event.type in ("CREATE", "DELETE")] == [
        "CREATE",
        "DELETE",
    ]
    later = client.bucket_history(bucket=bucket, from_number=events[-1].sequence_number)
    assert [event.sequence_number for event in later][:1] == [events[-1].sequence_number]
    assert list(client.suspect_objects(bucket=bucket)) == []
    assert list(client.degraded_blobs(bucket=bucket)) == []


def test_several_ranges_of_an_object_come_to_their_places(client: Ds3Client, bucket: str) -> None:
    client.put_object(bucket, "x", bytes(range(256)))
    whole = bytearray(256)

    class Sink(Collected):
        def write_at(self, offset: int, piece: memoryview) -> None:
            whole[offset : offset + len(piece)] = piece

    client.get_ranges(bucket, "x", [(3, 5), (250, 255), (100, 100)], Sink(), offset=0)
    expected = bytearray(256)
    expected[3:6], expected[250:], expected[100] = bytes([3, 4, 5]), bytes(range(250, 256)), 100
    assert whole == expected


# --- jobs ----------------------------------------------------------------------------------------


def test_verify_and_stage_move_nothing(client: Ds3Client, bucket: str) -> None:
    client.put_object(bucket, "x", b"12345")
    verify = client.start_verify_job(bucket, [GetItem("x")], name="check")
    assert (verify.request_type, verify.name) == (RequestType.VERIFY, "check")
    stage = client.start_stage_job(bucket, [GetItem("x")])
    assert stage.job_id != verify.job_id
    for job in (verify, stage):
        assert client.get_job(job.job_id).status in (JobStatus.IN_PROGRESS, JobStatus.COMPLETED)
    client.check_put_is_safe(bucket)
    with pytest.raises(NotFound):
        client.start_verify_job(bucket, [GetItem("absent")])


def test_a_chunk_is_allocated_and_looked_at(client: Ds3Client, bucket: str) -> None:
    job = client.start_put_job(bucket, [PutItem("x", 5), PutItem("y", 7)])
    (planned,) = job.chunks
    allocated = client.allocate_chunk(planned.chunk_id)
    assert {blob.name for blob in allocated.blobs} == {"x", "y"}
    assert client.chunk(planned.chunk_id).chunk_id == planned.chunk_id
    state = client.chunk_state(planned.chunk_id)
    assert (state.job_id, state.number) == (job.job_id, planned.number)
    assert state.state in ("PENDING", "IN_PROGRESS", "COMPLETED")


def test_jobs_that_gather_take_more_until_they_are_closed(client: Ds3Client, bucket: str) -> None:
    one = client.start_put_job(bucket, [PutItem("x", 5)], aggregating=True)
    two = client.start_put_job(bucket, [PutItem("y", 7)], aggregating=True)
    assert one.job_id == two.job_id
    client.close_aggregating_job(one.job_id)
    three = client.start_put_job(bucket, [PutItem("z", 7)], aggregating=True)
    assert three.job_id != one.job_id


def test_all_jobs_are_ended_together_and_their_lists_cleared(client: Ds3Client) -> None:
    client.create_bucket("one")
    client.create_bucket("two")
    mine = client.start_put_job("one", [PutItem("x", 5)], name="mine").job_id
    other = client.start_put_job("two", [PutItem("x", 5)]).job_id
    assert [job.job_id for job in client.active_jobs(bucket="one")] == [mine]
    assert [job.job_id for job in client.active_jobs(name="mine")] == [mine]
    assert list(client.active_jobs(request_type=RequestType.GET)) == []
    client.cancel_all_jobs(bucket="one", request_type=RequestType.PUT)
    assert [job.job_id for job in client.active_jobs()] == [other]
    assert [job.job_id for job in client.canceled_jobs(bucket="one")] == [mine]
    client.truncate_all_jobs()
    assert list(client.active_jobs()) == []
    client.clear_canceled_jobs()
    client.clear_completed_jobs()
    assert [*client.canceled_jobs(), *client.completed_jobs()] == []
    assert list(client.job_creation_failures()) == []


def test_a_bucket_the_way_s3_makes_it_takes_the_default_policy(client: Ds3Client) -> None:
    client.create_default_bucket("plain")
    assert client.bucket_details("plain").data_policy_id
    with pytest.raises(Conflict):
        client.create_default_bucket("plain")
    with pytest.raises(RequestRefused):
        client.create_default_bucket("bad:name")
