"""The appliance's check of a request's signature, over the path as it was received.

Written from the protocol alone and not shared with the client: two readings find each other's
mistakes. Sub-resources that are signed are taken from the query wherever they stand in it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime

MAX_SKEW_S = 15 * 60
_OWN = {"delete", "uploads", "versioning", "versions"}
_AWS = {
    *("acl", "lifecycle", "location", "logging", "notification", "partNumber", "policy"),
    *("requestPayment", "torrent", "uploadId", "versionId", "website"),
}


class Denied(Exception):
    """A 403: attributes `code` and `message`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def check(
    method: str,
    path: str,
    query: str,
    headers: Mapping[str, str],
    secrets: Mapping[str, str],
    *,
    now: float,
    checksum: str,
    bodyless: bool,
    lenient: bool,
) -> str:
    """Return the access id that signed. `path` and `query` are as on the request line.

    `headers` has lower-case names. Raises Denied.
    """
    scheme, _, rest = headers.get("authorization", "").partition(" ")
    access_id, _, given = rest.strip().rpartition(":")
    if scheme != "AWS" or not access_id:
        raise Denied("AccessDenied", "Access Denied: the request is not signed.")
    if access_id not in secrets:
        raise Denied("InvalidAccessKeyId", "The access id does not exist.")
    _check_date(headers.get("date", ""), now)
    resource = path + _subresources(query)
    variants = [(checksum, headers.get("content-type", ""), _amz_lines(headers))]
    if bodyless and lenient:
        variants.append(("", "", ""))
    for line, content_type, amz in variants:
        text = f"{method}\n{line}\n{content_type}\n{headers.get('date', '')}\n{amz}{resource}"
        if hmac.compare_digest(_sign(secrets[access_id], text), given):
            return access_id
    raise Denied("SignatureDoesNotMatch", "The signature does not match the request.")


def _sign(secret: str, text: str) -> str:
    mac = hmac.new(secret.encode(), text.encode("utf-8", "surrogateescape"), hashlib.sha1)
    return base64.b64encode(mac.digest()).decode("ascii")


def _check_date(text: str, now: float) -> None:
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        raise Denied("AccessDenied", "Access Denied: a Date header is required.") from None
    # `-0000` leaves the zone open; it means UTC here.
    sent = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    if abs(sent - now) > MAX_SKEW_S:
        raise Denied("RequestTimeTooSkewed", "Client clock is not synchronized with the server.")


def _amz_lines(headers: Mapping[str, str]) -> str:
    names = sorted(name for name in headers if name.startswith("x-amz-"))
    return "".join(f"{name}:{headers[name]}\n" for name in names)


def _subresources(query: str) -> str:
    pairs = (part.partition("=") for part in query.split("&") if part)
    signed = sorted((name, value) for name, _, value in pairs if _is_signed(name))
    return _joined(name if not value else f"{name}={value}" for name, value in signed)


def _is_signed(name: str) -> bool:
    return name in _OWN or name in _AWS or name.startswith("response-")


def _joined(parts: Iterable[str]) -> str:
    text = "&".join(parts)
    return f"?{text}" if text else ""
