"""What headers say: pure functions over the headers of a request or an answer.

User metadata travels percent-encoded as UTF-8 in `x-amz-meta-` headers. The appliance lower-cases
their names and keeps the values; tools that do not encode are read as well as can be.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from urllib.parse import quote, unquote

from .errors import BadReply
from .records import Checksum, ChecksumType, ObjectHead
from .wire_xml import parse_date

log = logging.getLogger(__name__)

CHECKSUM_HEADERS = {
    ChecksumType.MD5: "Content-MD5",
    ChecksumType.CRC_32: "Content-CRC32",
    ChecksumType.CRC_32C: "Content-CRC32C",
    ChecksumType.SHA_256: "Content-SHA256",
    ChecksumType.SHA_512: "Content-SHA512",
}
METADATA_PREFIX = "x-amz-meta-"
BLOB_CHECKSUM_PREFIX = "ds3-blob-checksum-offset-"
MAX_METADATA_BYTES = 8 << 10
RETRY_AFTER_RANGE_S = (1.0, 600.0)

#: User metadata: a text, or several for one key.
Metadata = Mapping[str, str | Sequence[str]]

_ACCESS_LIST = f"{METADATA_PREFIX}ds3-dacl"
_KEY_TEXT = "!#$&'*-.^_`|~"
# A comma is not among them: it parts the values of one key.
_VALUE_TEXT = _KEY_TEXT + '()<>@;:"/\\[]?={}'
_PLAIN_VALUE = re.compile(rf"[A-Za-z0-9{re.escape(_VALUE_TEXT)}]*").fullmatch


def metadata_headers(metadata: Metadata) -> dict[str, str]:
    """Write user metadata: keys in lower case, values joined by commas.

    Empty values are left out, for the appliance keeps none. So is what would be too much for one
    request: access lists first, then the longest. Raises ValueError for a key that is empty, or
    there twice: capitals do not tell keys apart. Raises TypeError for what is no text.
    """
    if not isinstance(metadata, Mapping):
        raise TypeError(f"Metadata are a mapping, not {type(metadata).__name__}.")
    headers: dict[str, str] = {}
    for key, given in metadata.items():
        if not isinstance(key, str):
            raise TypeError(f"A key of the metadata is a text, not {key!r}.")
        if isinstance(given, str):
            text = _encoded(given)
        else:
            text = ",".join(_encoded(value) for value in _texts(key, given) if value)
        name = _metadata_name(key)
        if name == METADATA_PREFIX or name in headers:
            why = "there twice" if name in headers else "empty"
            raise ValueError(f"A key of the metadata is {why}: {key!r}.")
        if text:
            headers[name] = text
    if sum(map(len, headers)) + sum(map(len, headers.values())) > MAX_METADATA_BYTES // 2:
        return _reduced(headers)
    return headers


def _texts(key: str, given: Sequence[str]) -> Sequence[str]:
    if isinstance(given, (list, tuple)) and all(isinstance(each, str) for each in given):
        return given
    raise TypeError(f"The metadata {key!r} is a text or a list of texts, not {given!r}.")


def _reduced(headers: dict[str, str]) -> dict[str, str]:
    def length(name: str) -> int:
        return len(f"{name}: {headers[name]}\r\n")

    total = sum(map(length, headers))
    for name in sorted(
        headers, key=lambda name: (name == _ACCESS_LIST, length(name)), reverse=True
    ):
        if total <= MAX_METADATA_BYTES:
            break
        log.warning("metadata left out, there is too much of it: %s", name)
        total -= length(name)
        del headers[name]
    return headers


@lru_cache(maxsize=256)  # the same few with each object
def _metadata_name(key: str) -> str:
    return METADATA_PREFIX + quote(key.lower(), safe=_KEY_TEXT, errors="surrogateescape")


def _encoded(text: str) -> str:
    if _PLAIN_VALUE(text):  # `quote` takes ten times as long to find that out
        return text
    # Names of owners may hold bytes that are not UTF-8, which Python keeps as surrogates.
    return quote(text, safe=_VALUE_TEXT, errors="surrogateescape")


def read_metadata(headers: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Read user metadata; what is not well encoded stays as it came."""
    found = {}
    for name, value in headers.items():
        if name.lower().startswith(METADATA_PREFIX):
            key = _decoded(name[len(METADATA_PREFIX) :].lower()).lower()
            found[key] = tuple(_decoded(part.strip()) for part in value.split(","))
    return found


def _decoded(text: str) -> str:
    text = _as_utf8(text)
    if re.search("%(?![0-9A-Fa-f]{2})", text):
        return text
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError:
        return text


def _as_utf8(text: str) -> str:
    """Read raw bytes beyond ASCII, which http.client takes for Latin-1, as UTF-8 if they are."""
    try:
        return text.encode("latin-1").decode()
    except UnicodeError:
        return text


def read_etag(headers: Mapping[str, str]) -> str | None:
    return headers.get("ETag", "").strip('"') or None


def read_checksum(headers: Mapping[str, str]) -> Checksum | None:
    """The checksum of the whole blob, of whichever type came."""
    for kind, name in CHECKSUM_HEADERS.items():
        if value := headers.get(name):
            return Checksum(kind, value)
    return None


def read_object_head(headers: Mapping[str, str]) -> ObjectHead:
    """Read what HEAD tells of an object. Raises BadReply where it does not even tell the size."""
    size = read_count(headers.get("Content-Length"))
    if size is None:
        raise BadReply("the size of the object is missing")
    kind = headers.get("ds3-blob-checksum-type", "").upper()
    return ObjectHead(
        size=size,
        etag=read_etag(headers),
        created=parse_date(headers.get("creation-date")),
        version_id=headers.get("version-id"),
        checksum_type=ChecksumType(kind) if kind in ChecksumType.__members__ else None,
        checksums=_blob_checksums(headers),
        metadata=read_metadata(headers),
    )


def _blob_checksums(headers: Mapping[str, str]) -> dict[int, str]:
    found = {}
    for name, value in headers.items():
        if name.lower().startswith(BLOB_CHECKSUM_PREFIX):
            offset = read_count(name[len(BLOB_CHECKSUM_PREFIX) :])
            if offset is not None:
                found[offset] = value
    return found


def read_count(text: str | None) -> int | None:
    """A number of bytes or items; None for anything but up to 19 decimal digits."""
    text = (text or "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else None


def read_retry_after(text: str | None, now: datetime) -> float | None:
    """Seconds to wait, given as a number or a date, held to 1..600; None for anything else."""
    text = (text or "").strip()
    if text.isascii() and text.isdigit():
        seconds = float(text[:9])
    elif (moment := read_http_date(text)) is not None:
        seconds = (moment - now).total_seconds()
    else:
        return None
    shortest, longest = RETRY_AFTER_RANGE_S
    return min(max(seconds, shortest), longest)


def clock_difference(server_date: str | None, now: datetime) -> float | None:
    """Seconds this computer's clock is ahead of the appliance's; None where that sent no date."""
    moment = read_http_date(server_date)
    return None if moment is None else (now - moment).total_seconds()


def read_http_date(text: str | None) -> datetime | None:
    """An aware datetime; no zone means UTC. None for what is no date."""
    try:
        moment = parsedate_to_datetime(text or "")
    except (ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
