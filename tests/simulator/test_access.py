"""Who may do what: administrators, owners, and those whom an access rule lets."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ds3_browser.simulator.server import Simulator

from .raw import Raw, objects, unknown_id

Caller = Callable[..., Raw]
ALL = {"LIST", "READ", "WRITE", "DELETE", "JOB"}
DELETE_O = "<Delete><Object><Key>o</Key></Object></Delete>"

# What somebody may not do without a permission, and which permission lets him.
CALLS = {
    "list": ("GET", "/b", "", "LIST"),
    "list versions": ("GET", "/b?versions", "", "LIST"),
    "read": ("GET", "/b/o", "", "READ"),
    "look at": ("HEAD", "/b/o", "", "READ"),
    "write": ("PUT", "/b/new", "hello", "WRITE"),
    "delete": ("DELETE", "/b/o", "", "DELETE"),
    "delete a folder": ("DELETE", "/_rest_/folder/f?bucket_id=b&recursive", "", "DELETE"),
    "delete the bucket": ("DELETE", "/_rest_/bucket/b?force", "", "OWNER"),
    "delete it as S3 has it": ("DELETE", "/b", "", "OWNER"),
    "modify": ("PUT", "/_rest_/bucket/b?protected=true", "", "OWNER"),
    "show": ("GET", "/_rest_/bucket/b", "", "JOB"),
    "put job": (
        "PUT",
        "/_rest_/bucket/b?operation=start_bulk_put",
        objects(("n", {"Size": 1})),
        "WRITE",
    ),
    "get job": ("PUT", "/_rest_/bucket/b?operation=start_bulk_get", objects(("o", {})), "READ"),
    "verify job": (
        "PUT",
        "/_rest_/bucket/b?operation=START_BULK_VERIFY",
        objects(("o", {})),
        "READ",
    ),
    "stage job": ("PUT", "/_rest_/bucket/b?operation=start_bulk_stage", objects(("o", {})), "READ"),
    "search": ("GET", "/_rest_/object?bucket_id=b", "", "LIST"),
    "placement": (
        "PUT",
        "/_rest_/bucket/b?operation=get_physical_placement",
        objects(("o", {})),
        "LIST",
    ),
    "look at a job": ("GET", "/_rest_/job/{job}", "", "JOB"),
    "touch a job": ("PUT", "/_rest_/job/{job}?priority=LOW", "", "JOB"),
    "ask for chunks": ("GET", "/_rest_/job_chunk?job={job}", "", "JOB"),
    "allocate": ("PUT", "/_rest_/job_chunk/{chunk}?operation=allocate", "", "JOB"),
    "cancel": ("DELETE", "/_rest_/job/{job}?force", "", "JOB"),
    "cancel as active": ("DELETE", "/_rest_/active_job/{job}?force", "", "JOB"),
}


@pytest.fixture
def anna(simulator: Simulator, call: Raw, caller: Caller) -> Raw:
    """A user who may nothing yet. There are a bucket b of another one, o in it, and a job."""
    simulator.faults.set("users", [{"name": "anna", "access_id": "id", "secret_key": "key"}])
    call.bucket("b")
    call.put("/b/o")
    call.put("/b/f/g")
    return caller("id", "key")


@pytest.fixture
def job(call: Raw, anna: Raw) -> dict[str, str]:
    running = call.start_put("b", big=10)
    return {"job": running.id, "chunk": running.chunks[0]["ChunkId"]}


def allow(call: Raw, permission: str, more: str = "bucket_id=b&user_id=anna") -> str:
    reply = call("POST", f"/_rest_/bucket_acl?permission={permission}&{more}")
    assert reply.status == 201, reply.body
    return str(reply.xml.findtext("Id"))


@pytest.mark.parametrize("what", CALLS)
def test_a_permission_opens_what_was_closed(
    call: Raw, anna: Raw, job: dict[str, str], what: str
) -> None:
    method, target, body, permission = CALLS[what]
    refused = anna(method, target.format(**job), body)
    assert refused.status == 403
    assert method == "HEAD" or refused.code == "AccessDenied"
    for other in ALL - {permission}:
        allow(call, other)
    # Whatever the permission, it shows that there is such a bucket.
    assert anna(method, target.format(**job), body).status == (200 if what == "show" else 403)
    allow(call, permission)
    reply = anna(method, target.format(**job), body)
    assert reply.status in (200, 201, 204, 409), reply.body


@pytest.mark.parametrize("what", CALLS)
def test_an_owner_s_permission_holds_all_others(
    call: Raw, anna: Raw, job: dict[str, str], what: str
) -> None:
    method, target, body, _ = CALLS[what]
    allow(call, "OWNER")
    assert anna(method, target.format(**job), body).status in (200, 201, 204, 409)


@pytest.mark.parametrize(
    "more",
    [
        "user_id=anna",
        "group_id=Everyone",
        "bucket_id=b&group_id=Everyone",
    ],
)
def test_a_rule_may_be_of_a_group_and_of_all_buckets(call: Raw, anna: Raw, more: str) -> None:
    assert anna("GET", "/b").status == 403
    rule = allow(call, "LIST", more)
    assert anna("GET", "/b").status == 200
    assert call("DELETE", f"/_rest_/bucket_acl/{rule}").status == 204
    assert anna("GET", "/b").status == 403


def test_a_rule_of_a_group_counts_in_groups_of_groups(call: Raw, anna: Raw) -> None:
    for name in ("inner", "outer"):
        assert call("POST", f"/_rest_/group?name={name}").status == 201
    member = "/_rest_/group_member?group_id"
    call("POST", f"{member}=outer&member_group_id=inner")
    allow(call, "LIST", "bucket_id=b&group_id=outer")
    assert anna("GET", "/b").status == 403
    call("POST", f"{member}=inner&member_user_id=anna")
    assert anna("GET", "/b").status == 200


@pytest.mark.checklist("S C-40: the service lists what the user may list, and nothing else")
def test_the_service_lists_what_the_user_may_list(call: Raw, anna: Raw) -> None:
    call.bucket("a")
    assert anna("GET", "/").xml.findall("Buckets/Bucket") == []
    assert anna("GET", "/_rest_/bucket").headers["Total-Result-Count"] == "0"
    allow(call, "READ")
    assert anna("GET", "/").xml.findall("Buckets/Bucket") == []
    allow(call, "LIST")
    assert anna("GET", "/").texts("Buckets/Bucket/Name") == ["b"]
    assert anna("GET", "/_rest_/bucket").texts("Bucket/Name") == ["b"]
    assert anna("GET", "/a").status == 403
    assert call("GET", "/").texts("Buckets/Bucket/Name") == ["a", "b"]


def test_a_search_over_all_buckets_finds_what_may_be_listed(call: Raw, anna: Raw) -> None:
    call.bucket("a")
    call.put("/a/o")
    assert anna("GET", "/_rest_/object?name=o").headers["Total-Result-Count"] == "0"
    allow(call, "LIST")
    assert anna("GET", "/_rest_/object?name=o").headers["Total-Result-Count"] == "1"
    assert call("GET", "/_rest_/object?name=o").headers["Total-Result-Count"] == "2"


def test_lists_of_jobs_show_one_s_own_and_those_one_may_touch(
    call: Raw, anna: Raw, job: dict[str, str]
) -> None:
    allow(call, "WRITE")
    own = anna.start_put("b", mine=5)
    assert anna("GET", "/_rest_/active_job").texts("Job/Id") == [own.id]
    assert [item.get("JobId") for item in anna("GET", "/_rest_/job").xml] == [own.id]
    assert anna("PUT", f"/_rest_/job/{own.id}").status == 200
    allow(call, "JOB")
    assert set(anna("GET", "/_rest_/active_job").texts("Job/Id")) == {own.id, job["job"]}


def test_a_forbidden_key_of_many_is_told_inside_the_200(call: Raw, anna: Raw) -> None:
    reply = anna("POST", "/b?delete", DELETE_O)
    assert (reply.status, reply.texts("Error/Code")) == (200, ["AccessDenied"])
    allow(call, "DELETE")
    assert anna("POST", "/b?delete", DELETE_O).texts("Deleted/Key") == ["o"]


def test_what_is_not_there_is_not_found_whoever_asks(anna: Raw) -> None:
    assert anna("GET", "/none").status == 404
    assert anna("GET", f"/_rest_/job/{unknown_id()}").status == 404


def test_one_s_own_bucket_is_one_s_own(anna: Raw) -> None:
    assert anna("PUT", "/mine").status == 200
    anna.put("/mine/o")
    assert anna("GET", "/mine/o").body == b"hello"
    assert anna("DELETE", "/_rest_/bucket/mine?force").status == 204


def test_an_owner_shares_the_bucket_and_nobody_else_does(call: Raw, anna: Raw) -> None:
    assert anna("PUT", "/mine").status == 200
    more = "permission=READ&user_id=anna"
    assert anna("POST", f"/_rest_/bucket_acl?bucket_id=b&{more}").status == 403
    assert anna("POST", f"/_rest_/bucket_acl?{more}").status == 403
    reply = anna("POST", f"/_rest_/bucket_acl?bucket_id=mine&{more}")
    assert reply.status == 201
    allow(call, "LIST")
    assert anna("GET", "/_rest_/bucket_acl").texts("*/Permission") == ["READ"]
    one = f"/_rest_/bucket_acl/{reply.xml.findtext('Id')}"
    assert anna("GET", one).status == 200
    assert anna("DELETE", one).status == 204


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("GET", "tape"),
        ("GET", "tape/SIM101L7"),
        ("GET", "user/spectra"),
        ("GET", "group"),
        ("GET", "storage_domain"),
        ("GET", "capacity_summary"),
        ("GET", "cache_state"),
        ("GET", "cache_filesystem"),
        ("GET", "degraded_blob"),
        ("GET", "suspect_object"),
        ("GET", "system_failure"),
        ("PUT", "cache_filesystem?reclaim"),
        ("PUT", "tape/SIM101L7?operation=eject"),
        ("PUT", "user/spectra?operation=regenerate_secret_key"),
        ("PUT", "user/anna?name=root"),
        ("PUT", "user/nobody?name=root"),
        ("POST", "user?name=berta"),
        ("POST", "data_policy?name=p"),
        ("POST", "group?name=g"),
        ("POST", "group_member?group_id=Administrators&member_user_id=anna"),
        ("POST", "storage_domain?name=d"),
        ("PUT", "data_policy/Two%20copies%20on%20tape?name=x"),
        ("DELETE", "user/Administrator"),
        ("DELETE", "data_policy/Two%20copies%20on%20tape"),
        ("DELETE", "job?force"),
        ("DELETE", "completed_job"),
        ("POST", "bucket?name=x&user_id=spectra"),
    ],
)
def test_what_administrators_do_others_may_not(anna: Raw, method: str, target: str) -> None:
    reply = anna(method, f"/_rest_/{target}")
    assert (reply.status, reply.code) == (403, "AccessDenied")


def test_everybody_may_know_what_clients_need(anna: Raw) -> None:
    for target in ("data_policy", "system_information", "system_health", "node", "active_job"):
        assert anna("GET", f"/_rest_/{target}").status == 200
    assert anna("GET", "/_rest_/user").texts("User/Name") == ["anna"]
    assert anna("GET", "/_rest_/user/anna").xml.findtext("AuthId") == "id"
    target = "/_rest_/group/Administrators?operation=verify"
    assert anna("PUT", target).status == 204


def test_registrations_are_one_s_own(call: Raw, anna: Raw) -> None:
    target = "/_rest_/job_created_notification_registration"
    for each in (call, anna):
        assert each("POST", f"{target}?notification_end_point=http://x/").status == 201
    assert len(call("GET", target).xml) == 2
    (own,) = anna("GET", target).texts("*/Id")
    (other,) = {*call("GET", target).texts("*/Id")} - {own}
    assert anna("DELETE", f"{target}/{other}").status == 403
    assert anna("DELETE", f"{target}/{own}").status == 204


def test_a_data_policy_is_for_those_who_may_use_it(call: Raw, anna: Raw) -> None:
    assert call("POST", "/_rest_/data_policy?name=p").status == 201
    target = "/_rest_/bucket?name=x&data_policy_id=p"
    assert anna("POST", target).status == 403
    more = "/_rest_/data_policy_acl?data_policy_id=p&group_id=Everyone"
    assert call("POST", more).status == 201
    assert anna("POST", target).status == 201


def test_a_new_administrator_may_all_from_then_on(call: Raw, anna: Raw) -> None:
    assert anna("GET", "/_rest_/tape").status == 403
    target = "/_rest_/group_member?group_id=Administrators&member_user_id=anna"
    assert call("POST", target).status == 201
    assert anna("GET", "/_rest_/tape").status == 200
    assert anna("GET", "/b/o").body == b"hello"


def test_rules_of_a_switch_hold_for_buckets_to_come(
    simulator: Simulator, call: Raw, anna: Raw
) -> None:
    rules = [
        {"user": "anna", "bucket": "later", "permission": "LIST"},
        {"group": "Everyone", "bucket": "b", "permission": "read"},
    ]
    simulator.faults.set("acls", rules)
    assert anna("GET", "/b/o").status == 200
    assert anna("GET", "/later").status == 404
    call.bucket("later")
    assert anna("GET", "/later").status == 200
    listed = call("GET", "/_rest_/bucket_acl")
    assert sorted(map(str, listed.texts("*/Permission"))) == ["LIST", "READ"]
    for rule in listed.texts("*/Id"):
        assert call("GET", f"/_rest_/bucket_acl/{rule}").status == 200
        assert call("DELETE", f"/_rest_/bucket_acl/{rule}").status == 204
    assert anna("GET", "/later").status == 403
    assert simulator.faults.get("acls") == []


@pytest.mark.checklist("S C-169: a 403 on GET / has a body with a Code")
def test_a_403_on_the_service_has_a_code(caller: Caller) -> None:
    reply = caller("nobody")("GET", "/")
    assert (reply.status, reply.code) == (403, "InvalidAccessKeyId")
