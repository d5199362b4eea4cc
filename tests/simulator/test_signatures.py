"""Requests are let in by their signature over what was received, and by nothing else."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import formatdate

import pytest

from ds3_browser.simulator.server import Simulator

from .raw import Headers, Raw, signature, string_to_sign

MOMENT = datetime(2026, 7, 14, 9, 8, 7, tzinfo=UTC).timestamp()
DATE = "Tue, 14 Jul 2026 09:08:07 +0000"
OCTETS = ("Content-Type", "application/octet-stream")
XML = ("Content-Type", "application/xml")
JOB = "0f8fad5b-d9cb-469f-a165-70867728950e"
CLIP = "/archive-01/rushes/day%201/clip.mov"
BLOB = f"/archive-01/rushes/day1/clip.mov?job={JOB}&offset=1048576"
MODIFIED = ("x-amz-meta-ds3-last-modified-time", "1700000000123")
LINUX = ("x-amz-meta-ds3-os", "Linux")
MD5 = ("Content-MD5", "XUFAKrxLKna5cZ2REBfFkg==")
CRC = ("Content-CRC32", "NhCmhg==")

Vector = tuple[str, str, list[tuple[str, str]], str]

# Signed as the protocol says, with the date's zone written +0000.
AS_THE_PROTOCOL_SAYS: list[Vector] = [
    ("GET", "/", [], "43heVAolTOXTyfmmHSM2sxLlwhs="),
    (
        "GET",
        "/archive-01?delimiter=/&max_keys=250&prefix=rushes/day%201/",
        [],
        "vN9dcB8eTngJL8ltmYANgW5hx4Q=",
    ),
    ("PUT", f"{CLIP}?job={JOB}&offset=0", [MD5, OCTETS], "TICNEdN54skWGecGXplcW16TW6U="),
    (
        "PUT",
        f"{CLIP}?job={JOB}&offset=0",
        [
            OCTETS,
            ("x-amz-meta-colour", "red%20one"),
            ("x-amz-meta-colour", "green"),
            MODIFIED,
            LINUX,
        ],
        "O95TolcMBZXPBMqiR2Pg5g/Dcq4=",
    ),
    ("POST", "/archive-01?delete", [XML], "Kc3o/kxXjl/baRSDbjpX9XMYY6o="),
    ("GET", "/archive-01?versions&prefix=a", [], "DDDA9r2Vq/wf/+QwWzUVPFuiI4g="),
    ("GET", "/archive-01/%C3%9Cn%C3%AF%20a%2Bb%25c.mov", [], "uTsKCPJvbV1/Z6iKtg5fRoknDro="),
    (
        "PUT",
        "/_rest_/bucket/archive-01?operation=start_bulk_put&force",
        [XML],
        "xXiT2A2RjHD3Xn/DUnONjCgG1Z4=",
    ),
    ("DELETE", f"/_rest_/job/{JOB}?force", [], "0Lmtn9W4LLfwKtBBu/Pz8Q9Nqbs="),
    ("PUT", "/archive-01/empty/", [OCTETS], "9t7VcsOj2Mx0TFQbA5F1nYzfyVQ="),
    ("GET", "/archive-01?uploads", [], "TOGW0K1GaT81mYsji6omrHkTFrM="),
    ("HEAD", CLIP, [], "VLqDjwSJMlHzrhz+gV+x5AUD5S4="),
    ("PUT", "/archive-01/x", [CRC, OCTETS], "Ydx8Cf/9Yc1PRmFFv1MzF9iUM1Q="),
]

# As one of the vendor's clients sends them, with the zone written -0000.
AS_ANOTHER_CLIENT_SENDS: list[Vector] = [
    ("GET", "/", [], "l63ufQ2OgP4ZixjeG7eAfyP3ks4="),
    (
        "GET",
        "/archive-01?delimiter=/&max_keys=250&prefix=rushes/day%201/",
        [],
        "kg6NKzuQqplVgTvao+Wqj7R5sSw=",
    ),
    (
        "GET",
        "/archive-01?marker=a%2Bb%26c%3Dd/%C3%A9.mov&prefix=a",
        [],
        "kg6NKzuQqplVgTvao+Wqj7R5sSw=",
    ),
    ("GET", "/archive-01?versions=True", [], "xa9laXwYcjoDQuD6pr5Q33dUxgI="),
    ("PUT", BLOB, [OCTETS], "CQ7lJcD5Po8LTJwhKNxIQLSDjOg="),
    (
        "PUT",
        BLOB,
        [OCTETS, LINUX, MODIFIED, ("x-amz-meta-colour", "red,green")],
        "eOVVW3P92UY+ICe5hvC1qjl823k=",
    ),
    ("PUT", BLOB, [OCTETS, MD5], "QybclXI2/RT5ABCs3e/6CC2J3ck="),
    ("PUT", BLOB, [OCTETS, CRC], "6XCfICyOvWNE38PuH2BrF41O9Ww="),
    ("POST", "/archive-01?delete", [OCTETS], "VYJTsO/+jvIaFS3flOwSJK9bL/k="),
    (
        "GET",
        "/archive-01/%C3%9Cn%C3%AF%20%C3%A7%C3%B8d%C3%A9/%E6%97%A5%E6%9C%AC%E8%AA%9E%20a%2Bb%25c"
        f"%23d%3Fe%3Bf%3Dg%26h.mov?job={JOB}&offset=0",
        [],
        "0BLgsQ+8oJN0wlaQ9c0JpTCLWmI=",
    ),
    (
        "DELETE",
        "/archive-01/clip.mov?version_id=8e2c5f7a-0000-4000-8000-000000000001",
        [],
        "RUbWuJ5S4HbSc6kv+YbXqLiWp88=",
    ),
    (
        "PUT",
        "/_rest_/bucket/archive-01?operation=start_bulk_put&force=True&name=My%20job",
        [OCTETS],
        "qYL5Oy1zanfpjGia5mb3Y0ksgtU=",
    ),
    (
        "GET",
        f"/_rest_/job_chunk?job={JOB}&preferred_number_of_chunks=10",
        [],
        "aN9cXNMcCC08WgkZNZZvpFDCGzM=",
    ),
    (
        "GET",
        "/_rest_/object?bucket_id=archive-01&latest=True&name=%25clip%25&page_length=100"
        "&page_offset=0",
        [],
        "SCfNjLuwJtw18JnfKQ5cA+oNPOE=",
    ),
    ("POST", "/archive-01/big.bin?uploads", [], "EU8lw3fXLr9CnBRvCKYN8ndUC5U="),
    (
        "DELETE",
        "/_rest_/folder/rushes/day1?bucket_id=archive-01&recursive",
        [],
        "iFDowI8C2pOs4irv8r4sA/a9j/8=",
    ),
    ("HEAD", CLIP, [], "CN0vyX6n16Pn8wju5R3ekotaOoA="),
]


@pytest.fixture
def then(simulator: Simulator) -> Simulator:
    """The appliance at the moment of the vectors, and strict about what is signed."""
    simulator.faults.set_all({"clock": {"fixed_s": MOMENT}, "lenient_bodyless": False})
    return simulator


def send(call: Raw, vector: Vector, date: str, given: str) -> int:
    method, target, headers, _ = vector
    authorization = ("Authorization", f"AWS {call.access_id}:{given}")
    return call.send(method, target, b"", [*headers, ("Date", date), authorization]).status


@pytest.mark.checklist("S C-1: the published vectors of the signature are reproduced")
@pytest.mark.checklist(
    "S C-13: x-amz- headers are signed in lower case, sorted, one a line; none leave no blank line"
)
@pytest.mark.parametrize("vector", AS_THE_PROTOCOL_SAYS, ids=lambda v: f"{v[0]} {v[1][:40]}")
def test_what_is_signed_by_the_rules_is_let_in(then: Simulator, call: Raw, vector: Vector) -> None:
    assert send(call, vector, DATE, vector[3]) != 403


@pytest.mark.checklist("S C-2: what a real client captured whole has sent is let in")
@pytest.mark.parametrize("vector", AS_ANOTHER_CLIENT_SENDS, ids=lambda v: f"{v[0]} {v[1][:40]}")
def test_what_another_client_sends_is_let_in(then: Simulator, call: Raw, vector: Vector) -> None:
    assert send(call, vector, DATE.replace("+", "-"), vector[3]) != 403


@pytest.mark.parametrize("vector", AS_THE_PROTOCOL_SAYS, ids=lambda v: f"{v[0]} {v[1][:40]}")
def test_the_same_signature_for_anything_else_is_refused(
    then: Simulator, call: Raw, vector: Vector
) -> None:
    method, target, headers, given = vector
    other = ("HEAD" if method == "GET" else "GET", target, headers, given)
    assert send(call, other, DATE, given) == 403
    elsewhere = target.replace("archive-01", "archive-02") if len(target) > 1 else "/other"
    if "_rest_/job" not in target:
        assert send(call, (method, elsewhere, headers, given), DATE, given) == 403
    assert send(call, vector, DATE.replace(":07", ":08"), given) == 403
    assert send(call, (method, target, [*headers, LINUX], given), DATE, given) == 403


@pytest.mark.checklist("S C-9: job, offset, prefix, operation and version_id are not signed")
@pytest.mark.parametrize(
    "query", ["job=1&offset=0", "prefix=a", "operation=x", "version_id=1", "force", "max_keys=1"]
)
def test_parameters_are_not_signed(then: Simulator, call: Raw, query: str) -> None:
    given = signature(call.secret, f"GET\n\n\n{DATE}\n/b/x")
    assert send(call, ("GET", f"/b/x?{query}", [], given), DATE, given) != 403


@pytest.mark.checklist(
    "S C-10: delete, uploads and versions are signed, wherever they stand in the query"
)
@pytest.mark.parametrize("query", ["delete", "uploads", "versions", "versioning=NONE"])
def test_some_subresources_are_signed_wherever_they_stand(
    then: Simulator, call: Raw, query: str
) -> None:
    plain = signature(call.secret, f"GET\n\n\n{DATE}\n/b")
    with_it = signature(call.secret, f"GET\n\n\n{DATE}\n/b?{query}")
    for target in (f"/b?{query}", f"/b?prefix=a&{query}", f"/b?{query}&prefix=a"):
        assert send(call, ("GET", target, [], ""), DATE, plain) == 403
        assert send(call, ("GET", target, [], ""), DATE, with_it) != 403


@pytest.mark.checklist("S C-144: versioning is signed on calls about data policies too")
def test_versioning_is_signed_as_a_parameter_of_a_policy_too(then: Simulator, call: Raw) -> None:
    target = "/_rest_/data_policy?name=p&versioning=NONE"
    given = signature(call.secret, f"POST\n\n\n{DATE}\n/_rest_/data_policy?versioning=NONE")
    assert send(call, ("POST", target, [], ""), DATE, given) != 403


@pytest.mark.checklist("S C-144: `?delete=` is accepted signed as `?delete`")
def test_delete_with_an_equals_sign_is_signed_without_it(then: Simulator, call: Raw) -> None:
    given = signature(call.secret, f"POST\n\n\n{DATE}\n/b?delete")
    assert send(call, ("POST", "/b?delete=", [], ""), DATE, given) != 403


@pytest.mark.checklist("S C-12: the path is verified raw, as it was received")
def test_the_path_is_signed_as_it_was_sent(bucket: str, call: Raw) -> None:
    for path in ("/b/a+b!c(1)", "/b/a%2Bb%21c%282%29", "/b//x//y/", "/b/%C3%A9"):
        call.put(path)
        assert call("GET", path).body == b"hello"


def test_another_spelling_of_a_signed_path_is_refused(then: Simulator, call: Raw) -> None:
    given = signature(call.secret, f"GET\n\n\n{DATE}\n/b/a%2Bb")
    assert send(call, ("GET", "/b/a+b", [], ""), DATE, given) == 403
    assert send(call, ("GET", "/b/a%2bb", [], ""), DATE, given) == 403


@pytest.mark.checklist("S C-6: a Date in any zone is read: +0000, -0000, GMT, UTC and offsets")
@pytest.mark.parametrize(
    "zone", ["+0000", "-0000", "GMT", "UTC", "+0100", "-0730"], ids=lambda zone: f"zone {zone}"
)
def test_any_zone_of_the_date_is_read(
    simulator: Simulator, caller: Callable[..., Raw], zone: str
) -> None:
    hours = {"+0100": 1.0, "-0730": -7.5}.get(zone, 0.0)
    simulator.faults.set("clock", {"fixed_s": MOMENT - hours * 3600})
    assert caller(date=DATE.replace("+0000", zone))("GET", "/").status == 200


@pytest.mark.checklist(
    'S C-7: a Date off by more than 15 minutes is RequestTimeTooSkewed, and says "Client clock"'
)
@pytest.mark.parametrize("minutes", [-16, 16])
def test_a_clock_that_is_off_is_told_with_the_server_s_time(
    simulator: Simulator, caller: Callable[..., Raw], minutes: int
) -> None:
    simulator.faults.set("clock", {"offset_s": minutes * 60})
    reply = caller()("GET", "/")
    assert (reply.status, reply.code) == (403, "RequestTimeTooSkewed")
    assert "Client clock" in (reply.xml.findtext("Message") or "")
    assert "Date" in reply.headers


@pytest.mark.parametrize("minutes", [-14, 14])
def test_a_quarter_of_an_hour_is_borne(
    simulator: Simulator, caller: Callable[..., Raw], minutes: int
) -> None:
    simulator.faults.set("clock", {"offset_s": minutes * 60})
    assert caller()("GET", "/").status == 200


@pytest.mark.checklist("S C-14: wrong secret, unknown id and no signature have a code each")
def test_each_reason_for_a_403_has_its_code(caller: Callable[..., Raw], call: Raw) -> None:
    assert caller(secret="wrong")("GET", "/").code == "SignatureDoesNotMatch"
    assert caller(access_id="nobody")("GET", "/").code == "InvalidAccessKeyId"
    assert call.send("GET", "/", headers=[("Date", DATE)]).code == "AccessDenied"
    v4 = ("Authorization", "AWS4-HMAC-SHA256 Credential=x")
    assert call.send("GET", "/", headers=[("Date", DATE), v4]).code == "AccessDenied"
    assert caller(date="yesterday")("GET", "/").code == "AccessDenied"


@pytest.mark.checklist("S C-143: names of request headers count in any case")
@pytest.mark.checklist("S wire: one client sends DATE and HOST")
def test_header_names_count_in_any_case(simulator: Simulator, call: Raw) -> None:
    simulator.faults.set("clock", {"fixed_s": MOMENT})
    headers: Headers = [("X-AMZ-META-OS", "Linux"), ("content-TYPE", "a/b")]
    text = string_to_sign("PUT", "/b", headers, DATE)
    authorization = ("AUTHORIZATION", f"AWS {call.access_id}:{signature(call.secret, text)}")
    assert call.send("PUT", "/b", b"", [*headers, ("DATE", DATE), authorization]).status == 200


@pytest.mark.checklist(
    "S C-145: a bodyless PUT whose checksum and metadata are unsigned is let in, or 403 by switch"
)
@pytest.mark.parametrize(("lenient", "status"), [(True, 200), (False, 403)])
def test_unsigned_headers_without_a_body_are_a_matter_of_leniency(
    simulator: Simulator, call: Raw, bucket: str, lenient: bool, status: int
) -> None:
    simulator.faults.set_all({"clock": {"fixed_s": MOMENT}, "lenient_bodyless": lenient})
    given = signature(call.secret, f"PUT\n\n\n{DATE}\n/b/empty")
    crc = ("Content-CRC32C", "AAAAAA==")
    headers = [crc, OCTETS, LINUX]
    assert send(call, ("PUT", "/b/empty", headers, ""), DATE, given) == status
    if lenient:
        simulator.faults.set("clock", None)
        assert call("HEAD", "/b/empty").headers["x-amz-meta-ds3-os"] == "Linux"


@pytest.mark.checklist("S wire: one client signs runs of spaces in metadata as one space")
def test_metadata_may_be_signed_with_its_spaces_folded(
    simulator: Simulator, call: Raw, bucket: str
) -> None:
    sent, folded = ("x-amz-meta-title", "two  spaces"), ("x-amz-meta-title", "two spaces")
    date = formatdate(usegmt=True)
    for signed_as, status in ((folded, 200), (("x-amz-meta-title", "none"), 403)):
        text = string_to_sign("PUT", "/b/x", [signed_as], date)
        given = f"AWS {call.access_id}:{signature(call.secret, text)}"
        headers = [sent, ("Date", date), ("Authorization", given)]
        assert call.send("PUT", "/b/x", b"hello", headers).status == status
    assert call("HEAD", "/b/x").headers["x-amz-meta-title"] == "two  spaces"


def test_unsigned_headers_with_a_body_are_refused(
    simulator: Simulator, call: Raw, bucket: str
) -> None:
    simulator.faults.set("clock", {"fixed_s": MOMENT})
    given = signature(call.secret, f"PUT\n\n\n{DATE}\n/b/x")
    authorization = ("Authorization", f"AWS {call.access_id}:{given}")
    reply = call.send("PUT", "/b/x", b"data", [LINUX, ("Date", DATE), authorization])
    assert (reply.status, reply.code) == (403, "SignatureDoesNotMatch")


@pytest.mark.parametrize("length", [1, 64, 65, 200])
def test_a_secret_may_have_any_length(
    simulator: Simulator, caller: Callable[..., Raw], length: int
) -> None:
    secret = "é" + "x" * (length - 1)
    user = {"name": "ada", "access_id": "ada", "secret_key": secret, "administrator": True}
    simulator.faults.set("users", [user])
    assert caller("ada", secret)("GET", "/").status == 200
    assert caller("ada", f"{secret}x")("GET", "/").status == 403


def test_a_date_of_amazon_s_own_stands_for_the_usual_one(
    simulator: Simulator, caller: Callable[..., Raw]
) -> None:
    """`x-amz-date` is signed among its kind, and the line of the date is empty, as S3 has it."""
    raw = caller()
    for seconds, status, code in ((0, 200, None), (-3600, 403, "RequestTimeTooSkewed")):
        given = formatdate(time.time() + seconds, usegmt=True)
        text = f"GET\n\n\n\nx-amz-date:{given}\n/"
        signed = f"AWS {raw.access_id}:{signature(raw.secret, text)}"
        for more in ([], [("Date", formatdate(usegmt=True))]):
            headers = [("X-Amz-Date", given), ("Authorization", signed), *more]
            reply = raw.send("GET", "/", None, headers)
            assert (reply.status, reply.xml.findtext("Code")) == (status, code)


@pytest.mark.parametrize("zone", ["+9999999999999999999999", "-2500", "+99999999"])
def test_a_zone_that_is_none_is_refused(caller: Callable[..., Raw], zone: str) -> None:
    reply = caller(date=f"Tue, 14 Jul 2026 09:08:07 {zone}")("GET", "/")
    assert (reply.status, reply.code) in ((403, "AccessDenied"), (403, "RequestTimeTooSkewed"))
