"""The signature against published vectors, byte for byte."""

import pytest

from ds3_browser.protocol.records import Credentials, Endpoint
from ds3_browser.protocol.signing import authorization, sign, string_to_sign
from ds3_browser.protocol.transport import Request, encode

SECRET = "Kx7pQ2vZ"
DATE = "Tue, 14 Jul 2026 09:08:07 +0000"
JOB = "0f8fad5b-d9cb-469f-a165-70867728950e"
OCTETS = "application/octet-stream"
CLIP = "/archive-01/rushes/day%201/clip.mov"

VECTORS = {
    "A1": (("GET", "/"), f"GET\n\n\n{DATE}\n/", "43heVAolTOXTyfmmHSM2sxLlwhs="),
    "A2": (
        ("GET", "/archive-01", {"delimiter": "/", "max_keys": "250", "prefix": "rushes/day 1/"}),
        f"GET\n\n\n{DATE}\n/archive-01",
        "vN9dcB8eTngJL8ltmYANgW5hx4Q=",
    ),
    "A3": (
        ("PUT", CLIP, {"job": JOB, "offset": "0"}, "XUFAKrxLKna5cZ2REBfFkg==", OCTETS),
        f"PUT\nXUFAKrxLKna5cZ2REBfFkg==\n{OCTETS}\n{DATE}\n{CLIP}",
        "TICNEdN54skWGecGXplcW16TW6U=",
    ),
    "A4": (
        (
            "PUT",
            CLIP,
            {"job": JOB, "offset": "0"},
            "",
            OCTETS,
            {
                "x-amz-meta-ds3-os": "Linux",
                "x-amz-meta-colour": "red%20one,green",
                "x-amz-meta-ds3-last-modified-time": "1700000000123",
            },
        ),
        f"PUT\n\n{OCTETS}\n{DATE}\nx-amz-meta-colour:red%20one,green\n"
        "x-amz-meta-ds3-last-modified-time:1700000000123\nx-amz-meta-ds3-os:Linux\n" + CLIP,
        "O95TolcMBZXPBMqiR2Pg5g/Dcq4=",
    ),
    "A5": (
        ("POST", "/archive-01", {"delete": None}, "", "application/xml"),
        f"POST\n\napplication/xml\n{DATE}\n/archive-01?delete",
        "Kc3o/kxXjl/baRSDbjpX9XMYY6o=",
    ),
    "A6": (
        ("GET", "/archive-01", {"versions": None, "prefix": "a"}),
        f"GET\n\n\n{DATE}\n/archive-01?versions",
        "DDDA9r2Vq/wf/+QwWzUVPFuiI4g=",
    ),
    "A7": (
        ("GET", "/archive-01/" + encode("Ünï a+b%c.mov")),
        f"GET\n\n\n{DATE}\n/archive-01/%C3%9Cn%C3%AF%20a%2Bb%25c.mov",
        "uTsKCPJvbV1/Z6iKtg5fRoknDro=",
    ),
    "A8": (
        (
            "PUT",
            "/_rest_/bucket/archive-01",
            {"operation": "start_bulk_put", "force": None},
            "",
            "application/xml",
        ),
        f"PUT\n\napplication/xml\n{DATE}\n/_rest_/bucket/archive-01",
        "xXiT2A2RjHD3Xn/DUnONjCgG1Z4=",
    ),
    "A9": (
        ("DELETE", f"/_rest_/job/{JOB}", {"force": None}),
        f"DELETE\n\n\n{DATE}\n/_rest_/job/{JOB}",
        "0Lmtn9W4LLfwKtBBu/Pz8Q9Nqbs=",
    ),
    "A10": (
        ("PUT", "/archive-01/empty/", {}, "", OCTETS),
        f"PUT\n\n{OCTETS}\n{DATE}\n/archive-01/empty/",
        "9t7VcsOj2Mx0TFQbA5F1nYzfyVQ=",
    ),
    "A11": (
        ("GET", "/archive-01", {"uploads": None}),
        f"GET\n\n\n{DATE}\n/archive-01?uploads",
        "TOGW0K1GaT81mYsji6omrHkTFrM=",
    ),
    "A12": (("HEAD", CLIP), f"HEAD\n\n\n{DATE}\n{CLIP}", "VLqDjwSJMlHzrhz+gV+x5AUD5S4="),
    "A13": (
        ("PUT", "/archive-01/x", {}, "NhCmhg==", OCTETS),
        f"PUT\nNhCmhg==\n{OCTETS}\n{DATE}\n/archive-01/x",
        "Ydx8Cf/9Yc1PRmFFv1MzF9iUM1Q=",
    ),
}


@pytest.mark.parametrize("name", VECTORS)
@pytest.mark.checklist(
    "K C-1: every vector of requests and their signatures is reproduced byte for byte",
    "K C-9: job, offset, prefix, operation and force are not signed",
    "K C-10: delete, uploads and versions are signed",
    "K C-11: a checksum of any type fills the line of the MD5",
)
def test_every_vector_of_set_a_is_reproduced(name: str) -> None:
    (method, path, query, checksum, content_type, headers), text, signature = _padded(VECTORS[name])
    request = Request(method, path, tuple(query.items()))
    made = string_to_sign(
        method,
        path,
        request.encoded_query,
        date=DATE,
        checksum=checksum,
        content_type=content_type,
        amz_headers=headers,
    )
    assert made == text
    assert sign(SECRET, made) == signature


def _padded(vector):
    call, text, signature = vector
    defaults = ("GET", "/", {}, "", "", {})
    return (*call, *defaults[len(call) :]), text, signature


AWS_KEY = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"


@pytest.mark.parametrize(
    ("key", "method", "content_type", "date", "resource", "signature"),
    [
        (
            AWS_KEY,
            "GET",
            "",
            "Tue, 27 Mar 2007 19:36:42 +0000",
            "/johnsmith/photos/puppy.jpg",
            "bWq2s1WEIj+Ydj0vQ697zp+IXMU=",
        ),
        (
            AWS_KEY,
            "PUT",
            "image/jpeg",
            "Tue, 27 Mar 2007 21:15:45 +0000",
            "/johnsmith/photos/puppy.jpg",
            "MyyxeRY7whkBe+bq8fHCL/2kKUg=",
        ),
    ],
)
def test_published_signatures_are_reproduced(
    key, method, content_type, date, resource, signature
) -> None:
    text = string_to_sign(method, resource, [], date=date, content_type=content_type)
    assert sign(key, text) == signature
    assert authorization("id", key, text) == f"AWS id:{signature}"


@pytest.mark.checklist(
    "K C-13: x-amz- headers are signed in lower case, sorted, one a line; none is no line",
)
def test_only_x_amz_headers_of_many_are_signed() -> None:
    text = string_to_sign(
        "PUT",
        "/bucket10240012288/client00obj000019-000010000012",
        [("job", JOB), ("offset", "0")],
        date="Thu, 31 Mar 2016 18:08:30 +0000",
        checksum="dnkIhVaDL873NHQcAx5AIA==",
        content_type="application/xml; charset=ISO-8859-1",
        amz_headers={
            "x-amz-meta-etag": "7679088556832fcef734741c031e4020",
            "Naming-Convention": "s3",
            "Accept": "*/*",
        },
    )
    assert sign("BYY65vje", text) == "/FDHtkaFgjSVVgBfNfTAwrhdpCc="


@pytest.mark.checklist("K C-13: x-amz- headers are signed in the order of their lower-case names")
def test_x_amz_headers_are_signed_in_the_order_of_their_names() -> None:
    headers = {"X-Amz-Meta-B": "2", "x-amz-meta-c": "3", "Other": "0", "x-amz-meta-a": "1"}
    text = string_to_sign("PUT", "/b/x", [], date="D", amz_headers=headers)
    assert text == "PUT\n\n\nD\nx-amz-meta-a:1\nx-amz-meta-b:2\nx-amz-meta-c:3\n/b/x"
    assert string_to_sign("GET", "/", [], date="D", amz_headers={}) == "GET\n\n\nD\n/"


@pytest.mark.checklist(
    "K C-30: a secret key is in no repr",
)
def test_a_secret_key_shows_in_no_repr() -> None:
    credentials = Credentials("spectra", "hush-hush")
    endpoint = Endpoint.parse("bp:8080", proxy="http://anna:hush-hush@proxy:3128")
    assert "hush" not in repr(credentials) + repr(endpoint) + str(credentials) + str(endpoint)
