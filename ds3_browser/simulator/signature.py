"""The appliance's check of a request's signature, over the path as it was received.

Signed are the verb, a checksum of whatever type, the content type, the date, the `x-amz-` headers
and the path with a few sub-resources, taken from the query wherever they stand in it. Written from
the protocol alone and not shared with the client: two readings find each other's mistakes.
"""

from __future__ import annotations

import binascii
import functools
import hashlib
import hmac
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import NamedTuple

from . import checksum

MAX_SKEW_S = 15 * 60
_HMAC_BLOCK = 64  # bytes
_SIGNED = {
    # The appliance's own, then those that S3 knows.
    *("delete", "uploads", "versioning", "versions"),
    *("acl", "lifecycle", "location", "logging", "notification", "partNumber", "policy"),
    *("requestPayment", "torrent", "uploadId", "versionId", "website"),
}


class Denied(Exception):
    """A 403: attributes `code` and `message`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Signed(NamedTuple):
    """What a signature is about. `path` and `query` are as they were on the request line.

    `fields` are the headers with lower-case names, the values of repeated ones joined by commas.
    """

    method: str
    path: str
    query: str
    fields: Mapping[str, str]
    has_body: bool


def check(request: Signed, secrets: Mapping[str, str], *, now: float, lenient: bool) -> str:
    """Return the access id that signed a request. Raises Denied.

    `lenient` accepts a request without a body that has a checksum, a type or `x-amz-` headers and
    did not sign them: one of the vendor's clients sends those.
    """
    scheme, _, rest = request.fields.get("authorization", "").partition(" ")
    access_id, _, given = rest.strip().rpartition(":")
    if scheme != "AWS" or not access_id:
        raise Denied("AccessDenied", "Access Denied: the request is not signed.")
    if access_id not in secrets:
        raise Denied("InvalidAccessKeyId", "The access id does not exist.")
    _check_date(request.fields.get("x-amz-date") or request.fields.get("date", ""), now)
    secret = secrets[access_id]
    if not _matches(given, secret, _string_to_sign(request)) and not any(
        _matches(given, secret, text) for text in _other_strings(request, lenient)
    ):
        raise Denied("SignatureDoesNotMatch", "The signature does not match the request.")
    return access_id


def _other_strings(request: Signed, lenient: bool) -> Iterator[str]:
    """What else may have been signed than should be."""
    folded = {name: " ".join(value.split()) for name, value in request.fields.items()}
    if folded != request.fields:
        # One of the vendor's clients signs every run of spaces as one, and sends them all.
        yield _string_to_sign(request._replace(fields=folded))
    if lenient and not request.has_body:
        yield _bare_string_to_sign(request)


def _string_to_sign(request: Signed) -> str:
    fields = request.fields
    _, given = checksum.given(fields)
    get = fields.get
    date = "" if "x-amz-date" in fields else get("date", "")  # that one is signed below
    return (
        f"{request.method}\n{given}\n{get('content-type', '')}\n{date}\n"
        f"{_amz_lines(fields)}{request.path}{_subresources(request.query)}"
    )


def _bare_string_to_sign(request: Signed) -> str:
    date, resource = request.fields.get("date", ""), request.path + _subresources(request.query)
    return f"{request.method}\n\n\n{date}\n{resource}"


def _matches(given: str, secret: str, text: str) -> bool:
    # Bytes of a request line or a header arrive as the characters of Latin-1.
    begun, ended = _keyed(secret)
    inner, outer = begun.copy(), ended.copy()
    inner.update(text.encode("latin-1"))
    outer.update(inner.digest())
    expected = binascii.b2a_base64(outer.digest(), newline=False)
    return hmac.compare_digest(expected, given.encode("latin-1"))


@functools.lru_cache(maxsize=64)
def _keyed(secret: str) -> tuple[hashlib._Hash, hashlib._Hash]:
    """The two digests of HMAC-SHA1 with the key in them; hmac.digest is far slower each time."""
    key = secret.encode()
    if len(key) > _HMAC_BLOCK:
        key = hashlib.sha1(key).digest()
    key = key.ljust(_HMAC_BLOCK, b"\0")
    inner, outer = (bytes(byte ^ pad for byte in key) for pad in (0x36, 0x5C))
    return hashlib.sha1(inner), hashlib.sha1(outer)


def _check_date(text: str, now: float) -> None:
    try:
        sent = _moment(text)
    except (ValueError, OverflowError):
        raise Denied("AccessDenied", "Access Denied: a Date header is required.") from None
    if abs(sent - now) > MAX_SKEW_S:
        raise Denied("RequestTimeTooSkewed", "Client clock is not synchronized with the server.")


@functools.lru_cache(maxsize=64)
def _moment(text: str) -> float:
    """A Date header's moment. Those of one second are the same text, and reading it is slow."""
    moment = parsedate_to_datetime(text)
    # `-0000` leaves the zone open; it means UTC here.
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _amz_lines(fields: Mapping[str, str]) -> str:
    names = [name for name in fields if name.startswith("x-amz-")]
    if not names:
        return ""
    names.sort()
    return "".join(f"{name}:{fields[name]}\n" for name in names)


def _subresources(query: str) -> str:
    if not query:
        return ""
    pairs = (part.partition("=") for part in query.split("&") if part)
    signed = sorted((name, value) for name, _, value in pairs if _is_signed(name))
    return _joined(f"{name}={value}" if value else name for name, value in signed)


def _is_signed(name: str) -> bool:
    return name in _SIGNED or name.startswith("response-")


def _joined(parts: Iterable[str]) -> str:
    text = "&".join(parts)
    return f"?{text}" if text else ""
