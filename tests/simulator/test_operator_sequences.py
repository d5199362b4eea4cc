"""Sequences nobody thought of: whatever clients make, change and delete, it stays one appliance."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ds3_browser.simulator.kinds import KINDS
from ds3_browser.simulator.server import Simulator

from .raw import Raw

# Texts that a client may send where a name, a number or a word is wanted.
ODD = [
    *("", "a", "B", "a b", "%", "%25", "é", "名", "x" * 300, "null", "None", "'; --", "<a>&"),
    *("0", "-1", "1", "2147483648", "9" * 30, "1e5", "true", "False", "NONE", "permanent"),
    *("spectra", "Everyone", "Tape copies", "Disk", "Two copies on tape", "Partition 1", "LTO7"),
    *("NORMAL", "READ", "ONLINE", "STANDARD", "2026-03-02T10:15:42.000Z", "\x00", "\n", "b"),
]
RESOURCES = sorted(KINDS)
PARAMETERS = sorted({c.parameter for kind in KINDS.values() for c in kind.columns.values()})

# What does make something, or takes it away, out of few names: these meet again and again.
SENSE = [
    ("POST", "storage_domain?name=d{}"),
    ("POST", "pool_partition?name=p{}&type=ONLINE"),
    ("POST", "storage_domain_member?pool_partition_id=p{}&storage_domain_id=d{}"),
    ("POST", "storage_domain_member?pool_partition_id=Disk&storage_domain_id=d{}"),
    (
        "POST",
        "storage_domain_member?tape_partition_id=Partition%201&tape_type=LTO7&storage_domain_id=d{}",
    ),
    ("POST", "data_policy?name=x{}&versioning=KEEP_LATEST"),
    (
        "POST",
        "data_persistence_rule?data_policy_id=x{}&storage_domain_id=d{}&type=PERMANENT"
        "&isolation_level=STANDARD",
    ),
    ("POST", "data_policy_acl?data_policy_id=x{}&group_id=g{}"),
    ("POST", "bucket?name=b{}&data_policy_id=x{}"),
    ("POST", "bucket_acl?bucket_id=b{}&permission=READ&user_id=u{}"),
    ("POST", "user?name=u{}&default_data_policy_id=x{}"),
    ("POST", "group?name=g{}"),
    ("POST", "group_member?group_id=g{}&member_user_id=u{}"),
    ("POST", "group_member?group_id=g{}&member_group_id=g{}"),
    ("PUT", "bucket/b{}?data_policy_id=x{}&user_id=u{}"),
    ("PUT", "user/u{}?name=u{}"),
    ("PUT", "tape/SIM10{}L7?operation=eject"),
    ("GET", "data_policy"),
    ("GET", "cache_state"),
    ("DELETE", "storage_domain/d{}"),
    ("DELETE", "pool_partition/p{}"),
    ("DELETE", "pool_partition/Disk"),
    ("DELETE", "data_policy/x{}"),
    ("DELETE", "bucket/b{}?force"),
    ("DELETE", "user/u{}"),
    ("DELETE", "group/g{}"),
    ("DELETE", "storage_domain_member/*"),
    ("DELETE", "data_persistence_rule/*"),
]
sense = st.tuples(st.sampled_from(SENSE), st.integers(1, 2), st.integers(1, 2))

step = st.tuples(
    st.sampled_from(["GET", "GET", "POST", "POST", "PUT", "DELETE"]),
    st.sampled_from(RESOURCES),
    st.sampled_from(
        ["", "", "a", "B", "spectra", "Tape copies", "Two copies on tape", "Disk", "*"]
    ),
    st.dictionaries(st.sampled_from(PARAMETERS), st.sampled_from(ODD), max_size=5),
)


@pytest.fixture(scope="module")
def appliance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    with Simulator(tmp_path_factory.mktemp("appliance")) as simulator:
        yield simulator


def check_references(simulator: Simulator) -> None:
    """Whatever a record refers to is there."""
    for kind in KINDS.values():
        for record in simulator.records.every(kind.resource):
            assert set(record.fields) == set(kind.columns)
            for column in kind.columns.values():
                named = record[column.name]
                if named is None or column.refers_to in (None, "job"):
                    continue
                if column.refers_to == "bucket":
                    found = simulator.store.one("SELECT 1 FROM bucket WHERE id = ?", named)
                else:
                    found = simulator.records.find(str(column.refers_to), named)
                assert found is not None, (record, column.name)


@given(steps=st.lists(step, min_size=1, max_size=15))
@settings(max_examples=60, deadline=None)
def test_whatever_is_sent_is_answered_and_refers_to_what_is_there(
    appliance: Simulator, steps: list[tuple[str, str, str, dict[str, str]]]
) -> None:
    appliance.reset()
    with closing(Raw(appliance.port, appliance.access_id, appliance.secret_key)) as call:
        send_all(appliance, call, steps)
        assert call("GET", "/_rest_/cache_state").status == 200
        assert call("GET", "/b/o").status in (200, 307)
    check_references(appliance)


def send_all(
    appliance: Simulator, call: Raw, steps: list[tuple[str, str, str, dict[str, str]]]
) -> None:
    call.bucket("b")
    call.put("/b/o")
    for method, resource, named, given_ in steps:
        ids = [record.id for record in appliance.records.every(resource)]
        which = (ids[0] if ids else "none") if named == "*" else named
        if resource == "user" and method != "GET" and which in ("spectra", *ids[1:2]):
            continue  # whoever changes the key he signs with is out
        path = f"/_rest_/{resource}" + (f"/{quote(which)}" if which else "")
        query = "&".join(f"{name}={quote(value)}" for name, value in given_.items())
        reply = call(method, f"{path}?{query}")
        assert reply.status in (200, 201, 204, 400, 403, 404, 409), (method, path, reply.body)
        if reply.body:
            assert reply.xml.tag in ("Data", "Error")


@given(steps=st.lists(sense, min_size=5, max_size=40))
@settings(max_examples=60, deadline=None)
def test_whatever_is_made_and_deleted_it_stays_one_appliance(
    appliance: Simulator, steps: list[tuple[tuple[str, str], int, int]]
) -> None:
    appliance.reset()
    with closing(Raw(appliance.port, appliance.access_id, appliance.secret_key)) as call:
        make_and_delete(appliance, call, steps)
        assert call("GET", "/_rest_/cache_state").status == 200
    check_references(appliance)
    used = appliance.store.value("SELECT SUM(length) FROM blob WHERE copies IS NOT NULL")
    assert (appliance.store.value("SELECT SUM(used) FROM copies") or 0) == (used or 0)


def make_and_delete(
    appliance: Simulator, call: Raw, steps: list[tuple[tuple[str, str], int, int]]
) -> None:
    for (method, target), *numbers in steps:
        resource = target.partition("/")[0]
        last = appliance.records.every(resource)[-1:] if "*" in target else []
        target = target.format(*numbers, 1).replace("*", last[0].id if last else "none")
        reply = call(method, f"/_rest_/{target}")
        assert reply.status in (200, 201, 204, 404, 409), (method, target, reply.body)
        for number in (1, 2):
            call("PUT", f"/b{number}/{len(target)}", b"hello")


def test_many_at_once_make_and_delete_the_same(appliance: Simulator) -> None:
    appliance.reset()
    statuses: list[int] = []
    wrong: list[object] = []

    def run(number: int) -> None:
        call = Raw(appliance.port, appliance.access_id, appliance.secret_key)
        for turn in range(25):
            name = f"p{(number + turn) % 3}"
            made = call("POST", f"/_rest_/data_policy?name={name}").status
            listed = call("GET", "/_rest_/data_policy")
            gone = call("DELETE", f"/_rest_/data_policy/{name}").status
            found = listed.texts("DataPolicy/Name")
            if len(found) != len(set(found)) or made not in (201, 409) or gone not in (204, 404):
                wrong.append((made, gone, found))
            statuses.append(made)
        call.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert (wrong, len(statuses)) == ([], 150)
    left = [record.name for record in appliance.records.every("data_policy")]
    assert left == ["Two copies on tape"]


def test_policies_may_change_while_objects_come_in(appliance: Simulator) -> None:
    appliance.reset()
    call = Raw(appliance.port, appliance.access_id, appliance.secret_key)
    call.bucket("b")
    ended, failed = threading.Event(), list[int]()

    def put() -> None:
        own = Raw(appliance.port, appliance.access_id, appliance.secret_key)
        number = 0
        while not ended.is_set():
            number += 1
            reply = own("PUT", f"/b/{threading.get_ident()}-{number}", b"hello")
            if reply.status != 200:
                failed.append(reply.status)
        own.close()

    threads = [threading.Thread(target=put) for _ in range(3)]
    for thread in threads:
        thread.start()
    policy = quote("Two copies on tape")
    rules = call("GET", "/_rest_/data_persistence_rule").texts("*/Id")
    for turn in range(20):
        call("PUT", f"/_rest_/data_policy/{policy}?checksum_type={('MD5', 'SHA_512')[turn % 2]}")
        kind = ("TEMPORARY", "PERMANENT", "RETIRED")[turn % 3]
        call("PUT", f"/_rest_/data_persistence_rule/{rules[0]}?type={kind}")
        call("PUT", f"/_rest_/tape/SIM10{turn % 6 + 1}L7?operation=eject")
        assert call("GET", "/_rest_/tape").status == 200
    ended.set()
    for thread in threads:
        thread.join(30)
    assert failed == []
    sizes = appliance.store.value("SELECT SUM(length) FROM blob WHERE copies IS NOT NULL")
    assert appliance.store.value("SELECT SUM(used) FROM copies") == sizes
    call.close()


def test_what_a_refused_call_began_is_taken_back(tmp_path: Path) -> None:
    """A deletion that is refused half way leaves all as it was, here and after a restart."""
    with Simulator(tmp_path) as simulator:
        call = Raw(simulator.port, simulator.access_id, simulator.secret_key)
        for target in (
            "storage_domain?name=d",
            "pool_partition?name=p&type=ONLINE",
            "storage_domain_member?pool_partition_id=Disk&storage_domain_id=d",
            "data_policy?name=x",
            "data_persistence_rule?data_policy_id=x&storage_domain_id=d&type=PERMANENT"
            "&isolation_level=STANDARD",
            "bucket?name=b&data_policy_id=x",
        ):
            assert call("POST", f"/_rest_/{target}").status == 201, target
        call.put("/b/o")
        assert call("GET", "/_rest_/cache_state").status == 200
        before = [call("GET", f"/_rest_/{kind}").body for kind in RESOURCES]
        # The pool is the member's, so the partition's deletion fails after it let go of the pool.
        assert call("DELETE", "/_rest_/pool_partition/Disk").status == 409
        assert [call("GET", f"/_rest_/{kind}").body for kind in RESOURCES] == before
        call.close()
    with Simulator(tmp_path) as simulator:
        call = Raw(simulator.port, simulator.access_id, simulator.secret_key)
        assert [call("GET", f"/_rest_/{kind}").body for kind in RESOURCES] == before
        call.close()
