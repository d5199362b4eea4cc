"""Every switch does what it says, and nothing else is a switch."""

from __future__ import annotations

import http.client
import socket
import ssl
import time

import pytest

from ds3_browser.simulator.faults import SWITCHES, Faults, UnknownSwitch
from ds3_browser.simulator.server import Simulator

from .raw import Job, Raw, objects, pattern, signed

MIB = 1 << 20
REFUSED = {
    "server_version": ["", "5", "five", 5, None, "5.\xb2", f"5.{'8' * 5000}", "5.", "1.2.3.4.5"],
    "xml_style": ["new", None],
    "strict": [0, 1, "true", None],
    "tls": ["letsencrypt", 1],
    "nodes": [0, 3, True, 1.0],
    "clock": [
        *({}, {"offset_s": "1"}, {"offset_s": 1, "fixed_s": 1}, 5),
        *({"fixed_s": 1e20}, {"fixed_s": -1}, {"offset_s": -1e18}, {"offset_s": float("nan")}),
        *({"fixed_s": True}, {"moved_s": 1}),
    ],
    "health": ["bad", None],
    "policies": [
        [],
        {},
        [{"checksum_type": "SHA1"}],
        [{"colour": "red"}],
        [{"name": "a"}, {"name": "a"}],
        [{"default_blob_size": 0}],
        [{"default_blob_size": -5}],
    ],
    "min_blob": [-1, None, 1.5, True],
    "chunk_blobs": [0],
    "cache_bytes": [-1, "1"],
    "retry_after": [-1, None, "60"],
    "not_allocated_status": [200, "307"],
    "finished_chunk_status": [403],
    "tape_delay": [-1, "3", None, True],
    "throttle_bps": [0, -1],
    "fail_next": [None, ["GET /"], [["GET /", 200, None, 1]], [["GET /", 500, 5, 1]]],
    "drop_connection": [{"nth": 0}, {"method": "POST"}, {"bytes": -1}, {"colour": 1}, 5],
    "early_close": [{"status": 200}, {"bytes": 5}],
    "truncate_get": [{"method": "GET"}],
    "corrupt_get": [{"bytes": 1}],
    "discard_bodies": [None],
}
BAD = [(name, value) for name, values in REFUSED.items() for value in values]


@pytest.mark.parametrize(("name", "value"), BAD, ids=lambda given: repr(given)[:40])
def test_a_value_of_the_wrong_kind_changes_nothing(name: str, value: object) -> None:
    faults = Faults()
    with pytest.raises(UnknownSwitch, match=name):
        faults.set_all({"retry_after": 1, name: value} if name != "retry_after" else {name: value})
    assert faults.described() == Faults().described()


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(UnknownSwitch, match="no switch 'blob_size'"):
        Faults({"blob_size": 1})


def test_every_default_is_a_value_its_switch_takes() -> None:
    Faults({name: switch.default for name, switch in SWITCHES.items()})


def test_a_reset_goes_back_to_what_was_given_at_the_start() -> None:
    faults = Faults({"retry_after": 5, "fail_next": [["GET /", 500, None, 1]]})
    assert faults.failure_for("GET", "/", "") == (500, None)
    faults.set_all({"retry_after": 9, "busy": 3})
    faults.reset()
    assert (faults.get("retry_after"), faults.get("busy")) == (5, 0)
    assert faults.failure_for("GET", "/", "") == (500, None)


def test_setting_a_fault_counts_from_the_first_again() -> None:
    faults = Faults({"corrupt_get": {"nth": 2, "times": 2}})
    struck = [faults.strikes("corrupt_get", "GET") is not None for _ in range(5)]
    assert struck == [False, True, True, False, False]
    faults.set("corrupt_get", {"nth": 1})
    assert faults.strikes("corrupt_get", "GET") is not None


# --- faults of single requests


def test_requests_fail_by_their_pattern(simulator: Simulator, call: Raw, bucket: str) -> None:
    simulator.faults.set(
        "fail_next",
        [["PUT /b/*", 503, "SlowDown", 2], ["GET /b*prefix=x*", 500, None, 1]],
    )
    first = call("PUT", "/b/a", b"hello")
    assert (first.status, first.code, first.headers["Retry-After"]) == (503, "SlowDown", "60")
    assert call("PUT", "/b/a", b"hello").status == 503
    assert call("PUT", "/b/a", b"hello").status == 200
    assert call("GET", "/b").status == 200
    broken = call("GET", "/b?prefix=x")
    assert (broken.status, broken.body) == (500, b"")
    assert "Retry-After" not in broken.headers
    assert call("GET", "/b?prefix=x").status == 200


def test_blobs_are_sent_away_as_often_as_asked(
    simulator: Simulator, call: Raw, bucket: str
) -> None:
    simulator.faults.set("redirect_times", 2)
    assert [call("PUT", "/b/a", b"hello").status for _ in range(3)] == [307, 307, 200]
    simulator.faults.set("redirect_times", 1)
    assert [call("GET", "/b/a").status for _ in range(2)] == [307, 200]


@pytest.mark.checklist("S C-27: a switch plays the management port")
def test_the_management_port_says_so_in_a_header(simulator: Simulator, call: Raw) -> None:
    simulator.faults.set("mgmt_port", True)
    reply = call("GET", "/")
    assert reply.status == 404
    assert "Spectra-Data-Path-Request-Made-On-Management-Path" in reply.headers


def test_job_creation_is_busy_as_often_as_asked(
    simulator: Simulator, call: Raw, bucket: str
) -> None:
    simulator.faults.set("busy", 1)
    target, body = "/_rest_/bucket/b?operation=start_bulk_put", objects(("x", {"Size": 1}))
    first = call("PUT", target, body)
    assert (first.status, first.headers["Retry-After"]) == (503, "60")
    assert call("PUT", target, body).status == 200


@pytest.mark.checklist("S C-133: system_health is 200 or 503 by switch")
def test_health_is_a_switch(simulator: Simulator, call: Raw) -> None:
    assert call("GET", "/_rest_/system_health").status == 200
    simulator.faults.set("health", "unhealthy")
    assert call("GET", "/_rest_/system_health").status == 503


def test_a_body_is_cut_short_though_its_length_is_told(
    simulator: Simulator, call: Raw, bucket: str
) -> None:
    call.put("/b/a", bytes(1000))
    simulator.faults.set("truncate_get", {"nth": 2, "bytes": 300})
    assert len(call("GET", "/b/a").body) == 1000
    with pytest.raises(http.client.IncompleteRead) as cut:
        call("GET", "/b/a")
    assert (len(cut.value.partial), cut.value.expected) == (300, 700)
    call.close()
    assert len(call("GET", "/b/a").body) == 1000


def test_a_byte_is_wrong_and_the_checksum_is_right(
    simulator: Simulator, call: Raw, bucket: str
) -> None:
    for size in (5, 3 * MIB):
        body = pattern(0, size)
        call.put(f"/b/{size}", body)
        simulator.faults.set("corrupt_get", {"nth": 1})
        wrong, right = call("GET", f"/b/{size}"), call("GET", f"/b/{size}")
        assert right.body == body
        assert sum(a != b for a, b in zip(wrong.body, body, strict=True)) == 1
        assert wrong.headers["Content-CRC32C"] == right.headers["Content-CRC32C"]


def test_the_connection_is_lost_in_the_middle_of_a_body(
    simulator: Simulator, call: Raw, bucket: str
) -> None:
    call.put("/b/a", bytes(MIB))
    simulator.faults.set("drop_connection", {"method": "GET", "bytes": 1000})
    with pytest.raises(http.client.IncompleteRead) as cut:
        call("GET", "/b/a")
    assert len(cut.value.partial) == 1000
    call.close()
    simulator.faults.set("drop_connection", {"method": "PUT", "bytes": 1000})
    with pytest.raises(ConnectionError):
        call("PUT", "/b/c", bytes(MIB))
    call.close()
    assert call("HEAD", "/b/c").status == 404
    assert simulator.counters()["bytes received"] == MIB + 1000


def test_an_answer_may_come_before_the_body_was_read(
    simulator: Simulator, call: Raw, bucket: str
) -> None:
    simulator.faults.set("early_close", {"nth": 1, "status": 503})
    headers = [*signed(call, "PUT", "/b/a"), ("Content-Length", str(1 << 30))]
    reply = call.send("PUT", "/b/a", None, headers)
    assert (reply.status, reply.headers["Connection"]) == (503, "close")
    assert simulator.counters().get("bytes received") is None


def test_a_refused_small_body_is_read_and_the_connection_stays(call: Raw, bucket: str) -> None:
    assert call("PUT", "/nope/a", bytes(MIB)).status == 404
    before = call.connection.sock
    assert call("GET", "/b").status == 200
    assert call.connection.sock is before


@pytest.mark.checklist("S C-146: Expect: 100-continue is answered at once")
@pytest.mark.checklist("S wire: libcurl waits a second for 100 Continue")
@pytest.mark.parametrize("body", [b"", b"x"])
def test_a_caller_that_asks_before_its_body_is_answered_at_once(
    call: Raw, bucket: str, body: bytes
) -> None:
    """libcurl asks so with every body, and waits a second for the answer."""
    call.close()
    call.connection.connect()
    assert call.connection.sock is not None
    lines = ["PUT /b/a HTTP/1.1", "Host: x", f"Content-Length: {len(body)}", "Expect: 100-continue"]
    lines += [f"{name}: {value}" for name, value in signed(call, "PUT", "/b/a")]
    call.connection.sock.sendall("\r\n".join([*lines, "", ""]).encode())
    call.connection.sock.settimeout(5)
    assert call.connection.sock.recv(1000).startswith(b"HTTP/1.1 100 Continue\r\n\r\n")


# --- what is read, and in which shape


def test_a_blob_that_was_read_may_be_gone(simulator: Simulator, call: Raw, bucket: str) -> None:
    simulator.faults.set_all({"blob_gone_after_read": True, "min_blob": 1})
    put = call.start_put(bucket, "&max_upload_size=4", x=8)
    call.put_all(bucket, put)
    job = call.start_get(bucket, "x")
    first, second = (blob.target(bucket, job) for blob in job.blobs)
    assert [call("GET", first).status, call("GET", first).status] == [200, 404]
    assert call("GET", second).status == 200
    ended = call("GET", second)
    assert (ended.status, ended.body) == (410, b""), "the job ended with it"
    assert call("GET", "/b/x?offset=4").status == 200, "without the job it is there"


def test_without_that_switch_a_blob_is_sent_again(call: Raw, bucket: str) -> None:
    call.put("/b/x")
    job = call.start_get(bucket, "x")
    target = job.blobs[0].target(bucket, job)
    assert [call("GET", target).status for _ in range(3)] == [200, 200, 200]


def test_blobs_already_read_may_be_listed_again(
    simulator: Simulator, call: Raw, bucket: str
) -> None:
    simulator.faults.set("repeat_read_blobs", True)
    for name in "xy":
        call.put(f"/b/{name}")
    job = call.start_get(bucket, "x", "y")
    call("GET", job.blobs[0].target(bucket, job))
    assert [blob.name for blob in Job.of(call.ready(job)).blobs] == ["x", "y"]


def test_chunks_of_a_get_may_be_unsure_of_their_cache(
    simulator: Simulator, call: Raw, bucket: str
) -> None:
    simulator.faults.set("partial_chunk", True)
    for name in "xy":
        call.put(f"/b/{name}")
    job = call.start_get(bucket, "x", "y")
    assert [blob.in_cache for blob in Job.of(call.ready(job)).blobs] == [None, False]
    assert call.get_all(bucket, job) == {"x": b"hello", "y": b"hello"}


def test_chunks_and_blobs_may_come_in_any_order(
    simulator: Simulator, call: Raw, bucket: str
) -> None:
    simulator.faults.set_all({"shuffle": True, "chunk_blobs": 20, "hold_persistence": True})
    job = call.start_put(bucket, **{f"{n:03}": 1 for n in range(100)})
    names = [blob.name for blob in job.blobs]
    assert names != sorted(names)
    assert sorted(names) == [f"{n:03}" for n in range(100)]
    nodes = list(call("GET", f"/_rest_/job/{job.id}").xml.iterfind("Nodes/Node"))
    assert [node.get("EndPoint") for node in nodes] == [
        "FAILED_TO_DETERMINE_DATAPATH_IP_ADDRESS",
        "NOT_INITIALIZED_YET",
    ]
    call.put_all(bucket, job)


def test_two_nodes_share_the_chunks(simulator: Simulator, call: Raw, bucket: str) -> None:
    simulator.faults.set_all({"nodes": 2, "chunk_blobs": 1})
    job = Job.of(call.ready(call.start_put(bucket, x=1, y=1)))
    assert len({chunk["NodeId"] for chunk in job.chunks}) == 2
    nodes = call("GET", "/_rest_/node")
    assert set(nodes.texts("Node/Id")) == {chunk["NodeId"] for chunk in job.chunks}
    assert nodes.texts("Node/DataPathHttpPort") == [str(simulator.port)] * 2


def test_strict_refuses_parameters_that_a_call_does_not_have(
    simulator: Simulator, call: Raw, bucket: str
) -> None:
    call.put("/b/x")
    simulator.faults.set("strict", True)
    for target in ("/b?colour=red", "/b/x?colour=red", "/?colour", "/_rest_/bucket/b?colour"):
        assert call("GET", target).status == 400
    for target in ("/b?max-keys=5&versions", "/b/x?offset=0", "/_rest_/bucket?pageLength=1"):
        assert call("GET", target).status == 200


# --- time


def test_a_throttle_slows_both_ways_and_lets_go_at_once(
    simulator: Simulator, call: Raw, bucket: str
) -> None:
    simulator.faults.set("throttle_bps", 2 * MIB)
    begin = time.monotonic()
    call.put("/b/a", bytes(MIB))
    middle = time.monotonic()
    assert len(call("GET", "/b/a").body) == MIB
    end = time.monotonic()
    assert middle - begin > 0.4
    assert end - middle > 0.4
    simulator.faults.set("throttle_bps", None)
    assert len(call("GET", "/b/a").body) == MIB
    assert time.monotonic() - end < 0.4


# --- bodies that are not kept


def test_large_bodies_are_not_kept_and_their_checksum_is(
    simulator: Simulator, call: Raw, bucket: str
) -> None:
    simulator.faults.set("discard_bodies", True)
    call.put("/b/large", pattern(0, 3 * MIB))
    call.put("/b/small", b"hello")
    call.put("/b/middle", bytes(MIB - 1))
    files = (simulator.store.folder / "blobs").rglob("*")
    sizes = [path.stat().st_size for path in files if path.is_file()]
    assert sizes == [MIB - 1], "the small one is with the facts"
    reply = call("GET", "/b/large")
    assert reply.body == pattern(0, 3 * MIB), "each byte is its offset's last byte"
    assert "Content-CRC32C" in reply.headers
    ranged = call("GET", "/b/large", headers=[("Range", f"bytes={MIB + 7}-{MIB + 300}")])
    assert ranged.body == pattern(MIB + 7, 294)
    assert call("GET", "/b/small").body == b"hello"


# --- https


@pytest.mark.parametrize("certificate", [True, "self-signed", "changed", "expired", "wrong-host"])
def test_https_with_the_certificate_asked_for(
    simulator: Simulator, call: Raw, certificate: str | bool
) -> None:
    simulator.faults.set("tls", certificate)
    assert simulator.url.startswith("https://")
    context = ssl.create_default_context()
    with pytest.raises(ssl.SSLCertVerificationError):
        https(call, simulator, context)("GET", "/")
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    caller = https(call, simulator, context)
    caller.bucket()
    caller.put("/b/a", pattern(0, MIB))
    assert caller("GET", "/b/a").body == pattern(0, MIB)
    caller.close()


def https(call: Raw, simulator: Simulator, context: ssl.SSLContext) -> Raw:
    caller = Raw(simulator.port, call.access_id, call.secret)
    caller.connection = http.client.HTTPSConnection(
        "127.0.0.1", simulator.port, timeout=10, context=context
    )
    return caller


def test_the_certificates_are_what_their_names_say(simulator: Simulator) -> None:
    seen = {}
    for name in ("self-signed", "changed", "expired", "wrong-host"):
        simulator.faults.set("tls", name)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        with (
            socket.create_connection(("127.0.0.1", simulator.port), 5) as plain,
            context.wrap_socket(plain) as secure,
        ):
            seen[name] = secure.getpeercert(binary_form=True)
    assert len(set(seen.values())) == 4
