"""What an appliance has when its administrator has set it up, and what clients add to that."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest

from ds3_browser.simulator.server import Simulator

from .raw import Raw, objects

# The chain that each client's own tests begin with: a call, and what it needs of those before.
CHAIN = (
    ("storage_domain", "name=domain"),
    ("pool_partition", "name=partition&type=online"),
    (
        "storage_domain_member",
        "pool_partition_id={pool_partition}&storage_domain_id={storage_domain}",
    ),
    ("data_policy", "name=policy&versioning=KEEP_LATEST&checksum_type=md5"),
    (
        "data_persistence_rule",
        "data_policy_id={data_policy}&isolation_level=standard"
        "&storage_domain_id={storage_domain}&type=permanent",
    ),
    ("bucket", "name=bucket&data_policy_id={data_policy}"),
)
NAMES = {"storage_domain": "domain", "pool_partition": "partition", "data_policy": "policy"}


def create(call: Raw, target: str) -> str:
    """Create something; its id."""
    reply = call("POST", f"/_rest_/{target}")
    assert reply.status == 201, reply.body
    assert reply.xml.tag == "Data"
    return str(reply.xml.findtext("Id"))


def names(call: Raw, target: str, field: str = "Name") -> list[str | None]:
    return call("GET", f"/_rest_/{target}").texts(f"*/{field}")


@pytest.mark.checklist("S C-164: the set-up chain is 201, 200, 204 and then 404")
@pytest.mark.checklist("S wire: the chain that clients' own tests begin with")
@pytest.mark.parametrize("by_name", [False, True])
def test_the_set_up_chain_can_be_made_and_taken_down(call: Raw, by_name: bool) -> None:
    known: dict[str, str] = {}
    for resource, query in CHAIN:
        identifier = create(call, f"{resource}?{query.format(**known)}")
        known[resource] = NAMES.get(resource, identifier) if by_name else identifier
        assert call("GET", f"/_rest_/{resource}/{known[resource]}").status == 200
    for resource, _ in reversed(CHAIN):
        target = f"/_rest_/{resource}/{known[resource]}"
        assert call("DELETE", target).status == 204
        assert call("GET", target).status == 404
        assert call("DELETE", target).code == "NotFound"


@pytest.mark.checklist("S C-165: at start there is a user Administrator, a domain and a policy")
def test_at_the_start_it_is_set_up(call: Raw) -> None:
    assert names(call, "user") == ["Administrator", "spectra"]
    assert names(call, "storage_domain") == ["Tape copies"]
    assert names(call, "data_policy") == ["Two copies on tape"]
    assert names(call, "tape_partition") == ["Partition 1", "Partition 2"]
    assert names(call, "pool_partition") == ["Disk"]
    assert names(call, "pool") == ["Pool 1"]
    assert len(names(call, "tape", "BarCode")) == 12
    assert len(names(call, "tape_drive", "SerialNumber")) == 4
    assert len(names(call, "storage_domain_member", "TapePartitionId")) == 2
    rules = call("GET", "/_rest_/data_persistence_rule").texts("*/Type")
    assert rules == ["PERMANENT", "PERMANENT"]
    policy = call("GET", "/_rest_/data_policy/Two%20copies%20on%20tape").xml
    assert (policy.findtext("ChecksumType"), policy.findtext("Versioning")) == ("CRC_32C", "NONE")
    assert call("GET", "/").texts("Buckets/Bucket") == []


@pytest.mark.checklist("S C-165: a user's default data policy can be set, by names")
@pytest.mark.checklist("S wire: a bucket without a policy has its user's default")
def test_a_bucket_without_a_policy_has_its_owner_s_default(call: Raw) -> None:
    create(call, "data_policy?name=other")
    target = "/_rest_/user/spectra?default_data_policy_id=other"
    assert call("PUT", target).status == 200
    call.bucket("mine")
    other = call("GET", "/_rest_/data_policy/other").xml.findtext("Id")
    assert call("GET", "/_rest_/bucket/mine").xml.findtext("DataPolicyId") == other
    create(call, "bucket?name=administrators&user_id=Administrator")
    found = call("GET", "/_rest_/bucket/administrators").xml.findtext("DataPolicyId")
    assert found != other


@pytest.mark.checklist("S wire: clients set the default policy of Administrator, by that name")
def test_who_chose_no_policy_follows_administrator(call: Raw) -> None:
    create(call, "data_policy?name=other&checksum_type=MD5")
    target = "/_rest_/user/Administrator?default_data_policy_id=other"
    assert call("PUT", target).status == 200
    call.bucket("b")
    right = [("Content-MD5", "XUFAKrxLKna5cZ2REBfFkg==")]
    assert call("PUT", "/b/o", b"hello", right).status == 200
    assert call("DELETE", "/_rest_/bucket/b?force").status == 204
    assert call("DELETE", "/_rest_/data_policy/other").status == 204
    call.bucket("b")
    own = call("GET", "/_rest_/user/spectra").xml.findtext("DefaultDataPolicyId")
    assert call("GET", "/_rest_/bucket/b").xml.findtext("DataPolicyId") == own


def test_without_a_default_policy_a_bucket_has_to_be_given_one(call: Raw) -> None:
    assert call("PUT", "/_rest_/user/spectra?default_data_policy_id=").status == 200
    assert call("PUT", "/b").status == 400
    assert call("POST", "/_rest_/bucket?name=b").status == 400
    create(call, "bucket?name=b&data_policy_id=" + quote("Two copies on tape"))


def test_a_deleted_policy_is_nobody_s_default_any_more(call: Raw) -> None:
    create(call, "data_policy?name=other")
    call("PUT", "/_rest_/user/Administrator?default_data_policy_id=other")
    assert call("DELETE", "/_rest_/data_policy/other").status == 204
    user = call("GET", "/_rest_/user/Administrator").xml
    assert user.findtext("DefaultDataPolicyId") == ""


def test_the_policy_of_a_client_counts(call: Raw) -> None:
    create(call, "data_policy?name=p&checksum_type=SHA_256&end_to_end_crc_required=true")
    create(call, "bucket?name=b&data_policy_id=p")
    assert call("PUT", "/b/o", b"hello").status == 400
    right = [("Content-SHA256", "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=")]
    assert call("PUT", "/b/o", b"hello", right).status == 200
    assert call("GET", "/b/o").headers["Content-SHA256"] == right[0][1]
    assert call("PUT", "/_rest_/data_policy/p?end_to_end_crc_required=false").status == 200
    assert call("PUT", "/b/other", b"hello").status == 200


def test_the_blob_size_of_a_policy_cuts_objects(call: Raw) -> None:
    create(call, "data_policy?name=p&default_blob_size=4")
    create(call, "bucket?name=b&data_policy_id=p")
    assert [blob.length for blob in call.start_put("b", o=10).blobs] == [4, 4, 2]
    assert call("PUT", "/_rest_/data_policy/p?blobbing_enabled=False").status == 200
    assert [blob.length for blob in call.start_put("b", whole=10).blobs] == [10]


def test_a_policy_s_priorities_and_options_are_those_of_its_jobs(call: Raw) -> None:
    create(
        call,
        "data_policy?name=p&default_put_job_priority=low&default_get_job_priority=URGENT"
        "&default_verify_job_priority=HIGH&default_verify_after_write=true",
    )
    create(call, "bucket?name=b&data_policy_id=p")
    put = call.start_put("b", o=5)
    call.put_all("b", put)
    shown = call("GET", f"/_rest_/active_job/{call.start_put('b', other=5).id}").xml
    assert (shown.findtext("Priority"), shown.findtext("VerifyAfterWrite")) == ("LOW", "true")
    assert put.attributes["Priority"] == "LOW"
    assert call.start_get("b", "o").attributes["Priority"] == "URGENT"
    assert call.start_get("b", "o", query="&priority=normal").attributes["Priority"] == "NORMAL"
    body = objects(("o", {}))
    assert call.start("b", "start_bulk_verify", "", body).attributes["Priority"] == "HIGH"


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 400),
        ("name=", 400),
        ("name=p&versioning=SOMETIMES", 400),
        ("name=p&checksum_type=MD4", 400),
        ("name=p&default_blob_size=0", 400),
        ("name=p&default_blob_size=-5", 400),
        ("name=p&default_blob_size=99999999999999999999", 400),
        ("name=p&max_versions_to_keep=0", 400),
        ("name=p&max_versions_to_keep=4294967296", 400),
        ("name=p&blobbing_enabled=perhaps", 400),
        ("name=Two%20copies%20on%20tape", 409),
    ],
)
def test_a_policy_that_makes_no_sense_is_refused(call: Raw, query: str, status: int) -> None:
    assert call("POST", f"/_rest_/data_policy?{query}").status == status
    assert names(call, "data_policy") == ["Two copies on tape"]


def test_what_is_in_use_cannot_be_deleted(call: Raw) -> None:
    call.bucket("b")
    for target in (
        f"data_policy/{quote('Two copies on tape')}",
        f"storage_domain/{quote('Tape copies')}",
        "user/spectra",
    ):
        reply = call("DELETE", f"/_rest_/{target}")
        assert (reply.status, reply.code) == (409, "Conflict"), target


def test_what_hangs_on_something_goes_with_it(call: Raw) -> None:
    create(call, "user?name=anna")
    create(call, "group?name=editors")
    create(call, "group_member?group_id=editors&member_user_id=anna")
    call.bucket("b")
    create(call, "bucket_acl?bucket_id=b&permission=READ&user_id=anna")
    assert call("DELETE", "/_rest_/user/anna").status == 204
    assert names(call, "bucket_acl", "Permission") == []
    members = call("GET", "/_rest_/group_member?group_id=editors")
    assert members.headers["Total-Result-Count"] == "0"


def test_the_jobs_of_a_user_go_with_him_but_for_those_that_run(
    call: Raw, caller: Callable[..., Raw]
) -> None:
    made = call("POST", "/_rest_/user?name=anna")
    anna = caller(made.xml.findtext("AuthId"), made.xml.findtext("SecretKey"))
    call.bucket("b")
    create(call, "bucket_acl?bucket_id=b&permission=OWNER&user_id=anna")
    done, runs = anna.start_put("b", a=1), anna.start_put("b", b=1)
    anna.put_all("b", done)
    reply = call("DELETE", "/_rest_/user/anna")
    assert (reply.status, reply.code) == (409, "Conflict")
    assert runs.id in reply.body.decode()
    anna.put_all("b", runs)
    assert call("DELETE", "/_rest_/user/anna").status == 204
    assert names(call, "completed_job") == []
    assert call("GET", "/b").texts("Contents/Key") == ["a", "b"]


def test_a_rule_goes_with_its_bucket(call: Raw) -> None:
    create(call, "user?name=anna")
    call.bucket("b")
    create(call, "bucket_acl?bucket_id=b&permission=READ&user_id=anna")
    assert call("DELETE", "/_rest_/bucket/b").status == 204
    assert names(call, "bucket_acl", "Permission") == []


# --- users and groups


def test_a_new_user_can_sign_at_once_and_no_more_with_an_old_secret(
    call: Raw, caller: Callable[..., Raw]
) -> None:
    reply = call("POST", "/_rest_/user?name=anna")
    keys = reply.xml.findtext("AuthId"), reply.xml.findtext("SecretKey")
    anna = caller(*keys)
    assert anna("GET", "/").xml.findtext("Owner/DisplayName") == "anna"
    reply = anna("PUT", "/_rest_/user/anna?operation=regenerate_secret_key")
    assert reply.xml.findtext("SecretKey") != keys[1]
    assert anna("GET", "/").code == "SignatureDoesNotMatch"
    assert caller(keys[0], reply.xml.findtext("SecretKey"))("GET", "/").status == 200
    assert call("DELETE", "/_rest_/user/anna").status == 204
    assert anna("GET", "/").code == "InvalidAccessKeyId"


def test_a_user_can_be_given_an_id_and_a_secret(call: Raw, caller: Callable[..., Raw]) -> None:
    identifier = "0d2b1c55-74f2-41e6-8d1e-002590c31f18"
    reply = call("POST", f"/_rest_/user?name=anna&id={identifier}&secret_key=abc")
    assert reply.xml.findtext("Id") == identifier
    assert caller(reply.xml.findtext("AuthId"), "abc")("GET", "/").status == 200
    assert call("POST", f"/_rest_/user?name=other&id={identifier}").status == 409
    assert call("POST", "/_rest_/user?name=other&id=none").status == 400


def test_a_renamed_user_keeps_its_buckets(call: Raw) -> None:
    policy = quote("Two copies on tape")
    create(call, f"user?name=anna&default_data_policy_id={policy}")
    create(call, "bucket?name=b&user_id=anna")
    assert call("PUT", "/_rest_/user/anna?name=berta").status == 200
    owner = call("GET", "/_rest_/user/berta").xml.findtext("Id")
    assert call("GET", "/_rest_/bucket/b").xml.findtext("UserId") == owner
    assert call("GET", "/_rest_/user/anna").code == "NotFound"


def test_the_same_name_for_two_is_a_conflict(call: Raw) -> None:
    create(call, "user?name=anna")
    assert call("POST", "/_rest_/user?name=anna").status == 409
    assert call("PUT", "/_rest_/user/anna?name=spectra").status == 409
    assert call("PUT", "/_rest_/user/anna?name=anna").status == 200


def test_membership_counts_through_groups(call: Raw) -> None:
    create(call, "user?name=anna")
    create(call, "group?name=editors")
    create(call, "group?name=staff")
    create(call, "group_member?group_id=staff&member_group_id=editors")
    target = "/_rest_/group/staff?operation=verify&user_id=anna"
    assert call("PUT", target).status == 204
    create(call, "group_member?group_id=editors&member_user_id=anna")
    assert call("PUT", target).xml.findtext("Name") == "staff"


def test_a_group_is_no_member_of_itself(call: Raw) -> None:
    for name in ("a", "b", "c"):
        create(call, f"group?name={name}")
    create(call, "group_member?group_id=a&member_group_id=b")
    create(call, "group_member?group_id=b&member_group_id=c")
    for group, member in (("c", "a"), ("a", "a"), ("a", "b")):
        target = f"/_rest_/group_member?group_id={group}&member_group_id={member}"
        assert call("POST", target).status == 409


def test_built_in_groups_stay(call: Raw) -> None:
    assert names(call, "group?built_in=true") == ["Administrators", "Everyone"]
    assert call("DELETE", "/_rest_/group/Everyone").status == 403
    assert call("PUT", "/_rest_/group/Administrators?name=x").status == 403


@pytest.mark.parametrize(
    "target",
    [
        "group_member?group_id=Everyone",
        "group_member?group_id=Everyone&member_user_id=spectra&member_group_id=Everyone",
        "bucket_acl?permission=READ",
        "bucket_acl?user_id=spectra",
        "bucket_acl?user_id=spectra&permission=SOME",
        "bucket_acl?user_id=spectra&group_id=Everyone&permission=READ",
        "data_policy_acl",
        "storage_domain_member?storage_domain_id=Tape%20copies",
        "storage_domain_member?storage_domain_id=Tape%20copies&tape_partition_id=Partition%201",
        "data_persistence_rule?data_policy_id=Two%20copies%20on%20tape&type=PERMANENT",
        "pool_partition?name=p",
        "pool_partition?name=p&type=FLOPPY",
        "job_created_notification_registration",
    ],
)
def test_what_lacks_a_part_is_refused(call: Raw, target: str) -> None:
    assert call("POST", f"/_rest_/{target}").status == 400


@pytest.mark.parametrize(
    "target",
    [
        "group_member?group_id=none&member_user_id=spectra",
        "bucket_acl?permission=READ&user_id=none",
        "bucket_acl?permission=READ&user_id=spectra&bucket_id=none",
        "job_completed_notification_registration?notification_end_point=x&job_id=none",
        "user?name=anna&default_data_policy_id=none",
    ],
)
def test_what_refers_to_nothing_is_not_found(call: Raw, target: str) -> None:
    reply = call("POST", f"/_rest_/{target}")
    assert (reply.status, reply.code) == (404, "NotFound")


# --- lists


@pytest.mark.checklist("S C-47: what has a name is found by it, by its id, and in any case by that")
@pytest.mark.parametrize(
    "resource", ["user", "group", "data_policy", "storage_domain", "pool_partition", "node", "pool"]
)
def test_an_id_is_a_uuid_or_a_name(call: Raw, resource: str) -> None:
    first = call("GET", f"/_rest_/{resource}").xml[0]
    name, identifier = str(first.findtext("Name")), str(first.findtext("Id"))
    for way in (quote(name), identifier, identifier.upper()):
        shown = call("GET", f"/_rest_/{resource}/{way}")
        assert shown.status == 200
        assert shown.xml.findtext("Id") == identifier
    assert call("GET", f"/_rest_/{resource}/{quote(name)}x").code == "NotFound"


@pytest.mark.checklist("S C-149: tapes come by state, then by type, then by barcode")
def test_words_of_an_enumeration_sort_as_they_are_declared(simulator: Simulator, call: Raw) -> None:
    simulator.faults.set("eject_tape", ["SIM101L7"])
    codes = names(call, "tape", "BarCode")
    assert codes[-1] == "SIM101L7"
    assert codes[:-1] == sorted(str(code) for code in codes[:-1])
    assert names(call, "tape?sort_by=bar_code", "BarCode")[0] == "SIM101L7"


@pytest.mark.checklist("S C-149: what has a name comes by name, what has no order by its id")
def test_lists_have_their_order(call: Raw) -> None:
    for name in ("zebra", "Ant", "ant"):
        create(call, f"data_policy?name={name}")
        create(call, f"group?name={name}")
        create(call, f"group_member?group_id={name}&member_user_id=spectra")
    assert names(call, "data_policy") == ["Ant", "Two copies on tape", "ant", "zebra"]
    members = names(call, "group_member", "Id")
    assert members == sorted(map(str, members))


@pytest.mark.checklist("S C-48: a page says how many there are, and how many follow")
@pytest.mark.checklist("S C-149: pages of a list fit together")
def test_pages_of_a_list_fit_together(call: Raw) -> None:
    whole = names(call, "tape", "BarCode")
    found: list[str | None] = []
    for offset in range(0, 12, 5):
        reply = call("GET", f"/_rest_/tape?page_length=5&page_offset={offset}")
        assert reply.headers["Total-Result-Count"] == "12"
        assert reply.headers["Page-Truncated"] == str(max(0, 12 - offset - 5))
        found += reply.texts("Tape/BarCode")
    assert found == whole
    last = call("GET", "/_rest_/tape?page_length=5&last_page")
    assert last.texts("Tape/BarCode") == whole[10:]
    marker = call("GET", "/_rest_/tape").texts("Tape/Id")[4]
    after = call("GET", f"/_rest_/tape?page_length=5&page_start_marker={marker}")
    assert after.texts("Tape/BarCode") == whole[5:10]
    both = call("GET", f"/_rest_/tape?page_offset=1&page_start_marker={marker}")
    assert both.status == 400


@pytest.mark.parametrize(
    ("target", "count"),
    [
        ("tape?bar_code=SIM101L7", 1),
        ("tape?bar_code=SIM1%25", 6),
        ("tape?bar_code=%25L7", 12),
        ("tape?bar_code=sim101l7", 0),
        ("tape?partition_id=Partition%202", 6),
        ("tape?partition=Partition%202&state=normal", 6),
        ("tape?state=EJECTED", 0),
        ("tape?assigned_to_storage_domain=True", 0),
        ("tape?type=LTO7&write_protected=false", 12),
        ("tape?last_verified=2026-03-02T10:15:42.000Z", 0),
        ("tape?storage_domain=Tape%20copies", 0),
        ("tape_drive?partition_id=Partition%201", 2),
        ("pool?type=ONLINE&health=ok&powered_on=TRUE", 1),
        ("user?name=spec%25", 1),
        ("user?auth_id=none", 0),
        ("data_policy?checksum_type=crc_32c", 1),
        ("data_policy?end_to_end_crc_required=true", 0),
        ("data_persistence_rule?data_policy_id=Two%20copies%20on%20tape", 2),
        ("storage_domain_member?tape_type=LTO7", 2),
        ("bucket?data_policy_id=Two%20copies%20on%20tape", 0),
        ("s3_target?name=x", 0),
    ],
)
def test_a_list_can_be_asked_for_some(call: Raw, target: str, count: int) -> None:
    reply = call("GET", f"/_rest_/{target}")
    assert reply.status == 200, reply.body
    assert (len(reply.xml), reply.headers["Total-Result-Count"]) == (count, str(count))


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("tape?state=BROKEN", 400),
        ("tape?full_of_data=perhaps", 400),
        ("tape?last_verified=yesterday", 400),
        ("tape?sort_by=colour", 400),
        ("tape?partition_id=none", 404),
        ("tape?bucket_id=none", 404),
        ("data_persistence_rule?storage_domain_id=none", 404),
    ],
)
def test_a_list_is_not_asked_for_nonsense(call: Raw, target: str, status: int) -> None:
    assert call("GET", f"/_rest_/{target}").status == status


# --- notification registrations


@pytest.mark.parametrize(
    "what",
    [
        *("job_created", "job_completed", "job_creation_failed", "object_cached", "object_lost"),
        *("object_persisted", "bucket_changes", "system_failure", "tape_failure", "pool_failure"),
        *("tape_partition_failure", "storage_domain_failure"),
    ],
)
def test_registrations_are_kept(call: Raw, what: str) -> None:
    target = f"/_rest_/{what}_notification_registration"
    end_point = quote("http://127.0.0.1:9/hook?a=b&c=d", safe="")
    reply = call("POST", f"{target}?notification_end_point={end_point}&format=json")
    assert reply.status == 201
    assert reply.xml.findtext("NotificationEndPoint") == "http://127.0.0.1:9/hook?a=b&c=d"
    assert reply.xml.findtext("Format") == "JSON"
    own = call("GET", "/_rest_/user/spectra").xml.findtext("Id")
    assert call("GET", target).texts("*/UserId") == [own]
    one = f"{target}/{reply.xml.findtext('Id')}"
    assert call("GET", one).xml.findtext("NumberOfFailuresSinceLastSuccess") == "0"
    assert call("DELETE", one).status == 204
    assert call("GET", one).status == 404


# --- it lasts


def test_a_restart_keeps_all_of_it(tmp_path: Path) -> None:
    lists = ("user", "data_policy", "tape", "bucket_acl", "group", "pool_partition")
    with Simulator(tmp_path) as first:
        call = Raw(first.port, first.access_id, first.secret_key)
        for target in ("group?name=g", "pool_partition?name=p&type=NEARLINE", "user?name=anna"):
            create(call, target)
        call.bucket("b")
        call.put("/b/o")
        create(call, "data_policy?name=new")
        create(call, "bucket_acl?bucket_id=b&group_id=g&permission=LIST")
        assert call("PUT", "/_rest_/tape/SIM101L7?operation=eject&eject_label=x").status == 200
        before = [call("GET", f"/_rest_/{name}").body for name in lists]
        call.close()
    with Simulator(tmp_path) as second:
        call = Raw(second.port, second.access_id, second.secret_key)
        assert [call("GET", f"/_rest_/{name}").body for name in lists] == before
        call.close()


def test_other_keys_at_a_restart_are_those_of_the_user(tmp_path: Path) -> None:
    with Simulator(tmp_path):
        pass
    with Simulator(tmp_path, access_id="other", secret_key="secret") as second:
        call = Raw(second.port, "other", "secret")
        assert call("GET", "/").xml.findtext("Owner/DisplayName") == "spectra"
        call.close()


@pytest.mark.parametrize("change", ["delete", "rename"])
def test_the_keys_given_are_somebody_s_at_every_start(tmp_path: Path, change: str) -> None:
    with Simulator(tmp_path) as first:
        call = Raw(first.port, first.access_id, first.secret_key)
        user = create(call, "user?name=boss&secret_key=key")
        create(call, f"group_member?group_id=Administrators&member_user_id={user}")
        boss = Raw(first.port, "Ym9zcw==", "key")
        if change == "delete":
            assert boss("DELETE", "/_rest_/user/spectra").status == 204
            assert call("GET", "/").status == 403
        else:
            assert boss("PUT", "/_rest_/user/spectra?name=other&secret_key=new").status == 200
        for each in (call, boss):
            each.close()
    with Simulator(tmp_path) as second:
        call = Raw(second.port, second.access_id, second.secret_key)
        assert call("GET", "/_rest_/tape").status == 200
        assert len(names(call, "user")) == 3
        call.close()


def test_a_reset_forgets_what_clients_made(simulator: Simulator, call: Raw) -> None:
    create(call, "data_policy?name=other")
    assert call("PUT", "/_rest_/tape/SIM101L7?operation=eject").status == 200
    simulator.reset()
    assert names(call, "data_policy") == ["Two copies on tape"]
    assert names(call, "tape?state=EJECTED", "BarCode") == []


def test_users_of_a_switch_come_and_go(
    simulator: Simulator, call: Raw, caller: Callable[..., Raw]
) -> None:
    anna = {"name": "anna", "access_id": "id", "secret_key": "key", "administrator": True}
    simulator.faults.set("users", [anna])
    assert caller("id", "key")("GET", "/_rest_/user").texts("User/Name")[1] == "anna"
    simulator.faults.set("users", [])
    assert caller("id", "key")("GET", "/").status == 403
    assert names(call, "user") == ["Administrator", "spectra"]


def test_policies_of_a_switch_come_and_go_beside_those_of_clients(
    simulator: Simulator, call: Raw
) -> None:
    create(call, "data_policy?name=mine")
    simulator.faults.set("policies", [{"name": "one"}, {"name": "two", "checksum_type": "MD5"}])
    assert names(call, "data_policy") == ["mine", "one", "two"]
    call.bucket("b")
    one = call("GET", "/_rest_/data_policy/one").xml.findtext("Id")
    assert call("GET", "/_rest_/bucket/b").xml.findtext("DataPolicyId") == one
    simulator.faults.set("policies", [{"name": "two"}])
    assert names(call, "data_policy") == ["mine", "two"]


def test_a_strict_appliance_wants_a_permanent_rule(simulator: Simulator, call: Raw) -> None:
    create(call, "data_policy?name=bare")
    simulator.faults.set("strict", True)
    assert call("POST", "/_rest_/bucket?name=b&data_policy_id=bare").status == 400
    create(
        call,
        "data_persistence_rule?data_policy_id=bare&storage_domain_id=Tape%20copies"
        "&type=PERMANENT&isolation_level=STANDARD",
    )
    create(call, "bucket?name=b&data_policy_id=bare")


def test_what_xml_cannot_carry_is_refused_in_xml(call: Raw) -> None:
    assert call("POST", "/_rest_/group?name=a%00b").code == "InvalidArgument"
    assert call("GET", "/_rest_/group/a%01b").code == "NotFound"
    assert call("GET", "/b%02").code == "NoSuchBucket"
    assert call("GET", "/_rest_/tape?state=%0b").code == "InvalidArgument"
