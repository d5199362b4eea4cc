"""AWS signature version 2 as Spectra S3 uses it: pure functions, no clock, no I/O.

The string to sign is verb, checksum, content type and date, a line each, then the x-amz headers,
then the resource. A checksum of any type fills the line that AWS calls Content-MD5. The resource
is the percent-encoded path exactly as on the request line, with the sub-resources that are signed.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Iterable, Mapping, Sequence

SIGNED_SUBRESOURCES = ("delete", "uploads", "versioning", "versions")


def string_to_sign(
    method: str,
    path: str,
    query: Sequence[tuple[str, str | None]],
    *,
    date: str,
    checksum: str = "",
    content_type: str = "",
    amz_headers: Mapping[str, str] | None = None,
) -> str:
    """Compose what is signed. `path` is encoded; `query` holds encoded values, None for a flag."""
    head = f"{method}\n{checksum}\n{content_type}\n{date}\n"
    return head + _amz_lines(amz_headers or {}) + path + _subresources(query)


def sign(secret_key: str, text: str) -> str:
    """Base64 of HMAC-SHA1 over the string to sign."""
    # What was no UTF-8 in the environment or a file comes as surrogates.
    key = secret_key.encode(errors="surrogateescape")
    digest = hmac.digest(key, text.encode(), "sha1")
    return base64.b64encode(digest).decode("ascii")


def authorization(access_id: str, secret_key: str, text: str) -> str:
    return f"AWS {access_id}:{sign(secret_key, text)}"


def _amz_lines(headers: Mapping[str, str]) -> str:
    lowered = [(name.lower(), value) for name, value in headers.items()]
    lowered.sort()
    return "".join([f"{name}:{value}\n" for name, value in lowered if name.startswith("x-amz-")])


def _subresources(query: Iterable[tuple[str, str | None]]) -> str:
    signed = [(name, value) for name, value in query if name in SIGNED_SUBRESOURCES]
    if not signed:
        return ""
    signed.sort()
    return "?" + "&".join([name if not value else f"{name}={value}" for name, value in signed])
