"""Answers about what an appliance holds and is: XML to records.

Most of them are read by the records' own fields: `bar_code` is what `BarCode` tells, unless the
field names another element.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import (
    Any,  # what a field holds, which only its record knows
    TypeVar,
    get_args,
    get_type_hints,
)

from lxml import etree

from .errors import BadReply
from .job_xml import read_blob
from .records import (
    CacheState,
    FoundObject,
    ObjectKind,
    PlacedBlob,
    Placement,
    SystemInformation,
)
from .wire_xml import (
    attributes_of,
    checked_name,
    expect,
    number_of,
    parse_bool,
    parse_date,
    parse_int,
    read,
    text_of,
    word_of,
)

R = TypeVar("R")
Read = Callable[[etree._Element], Any]


def read_one(kind: type[R], data: bytes) -> R:
    """Read the one resource that an answer holds."""
    return read_fields(kind, expect(read(data), "Data"))


def read_all(kind: type[R], data: bytes) -> list[R]:
    """Read a page of resources, whatever their element is called."""
    return [read_fields(kind, element) for element in expect(read(data), "Data")]


def read_fields(kind: type[R], element: etree._Element) -> R:
    """Fill a record from an element's children. What is not told is None, in a text that has to
    be there the empty one.
    """
    readers = _readers(kind)  # type: ignore[arg-type]  # a class can be hashed
    return kind(**{name: read_field(element) for name, read_field in readers.items()})


@functools.cache
def _readers(kind: Any) -> dict[str, Read]:
    hints = get_type_hints(kind)
    return {
        field.name: _reader(hints[field.name], field.metadata.get("wire") or _camel(field.name))
        for field in fields(kind)
    }


def _camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def _reader(hint: Any, path: str) -> Read:
    # Of an enumeration or text, which is what an unknown word is, the enumeration is first.
    kind = next(kind for kind in get_args(hint) or (hint,) if kind is not type(None))
    optional = kind is not hint
    if is_dataclass(kind):
        return lambda element: _nested(kind, element.find(path))
    if isinstance(kind, type) and issubclass(kind, Enum):
        return lambda element: word_of(kind, element.findtext(path))
    parse = _PARSERS[kind]
    if optional:
        return lambda element: parse(element.findtext(path))
    unknown = kind()
    return lambda element: parse(element.findtext(path)) or unknown


def _nested(kind: Any, element: etree._Element | None) -> Any:
    return None if element is None or not len(element) else read_fields(kind, element)


def _parse_float(text: str | None) -> float | None:
    if not text:
        return None
    try:
        value = float(text)
    except ValueError as error:
        raise BadReply(f"not a number: {text[:40]!r}") from error
    if not math.isfinite(value):
        raise BadReply(f"not a number: {text[:40]!r}")
    return value


_PARSERS: dict[Any, Callable[[str | None], Any]] = {
    str: lambda text: text or None,
    int: parse_int,
    bool: parse_bool,
    float: _parse_float,
    datetime: parse_date,
}


def read_system_information(data: bytes) -> SystemInformation:
    root = expect(read(data), "Data")
    now = number_of(root, "Now")
    return SystemInformation(
        version=text_of(root, "BuildInformation/Version"),
        branch=text_of(root, "BuildInformation/Branch"),
        revision=text_of(root, "BuildInformation/Revision"),
        api_version=text_of(root, "ApiVersion"),
        serial_number=text_of(root, "SerialNumber"),
        now=None if now is None else _moment(now),
    )


def _moment(milliseconds: int) -> datetime | None:
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def read_found_objects(data: bytes) -> list[FoundObject]:
    """Read a page of a search, with full details or without."""
    return [_found_object(element) for element in expect(read(data), "Data")]


def read_found_object(data: bytes) -> FoundObject:
    return _found_object(expect(read(data), "Data"))


def _found_object(element: etree._Element) -> FoundObject:
    return FoundObject(
        id=text_of(element, "Id") or "",
        bucket_id=text_of(element, "BucketId"),
        name=checked_name(element.findtext("Name")),
        kind=word_of(ObjectKind, text_of(element, "Type")),
        latest=parse_bool(text_of(element, "Latest")) is not False,
        created=parse_date(text_of(element, "CreationDate")),
        size=number_of(element, "Size"),
        owner=text_of(element, "Owner"),
        etag=(text_of(element, "ETag") or "").strip('"') or None,
        blobs=number_of(element, "BlobsTotal"),
        blobs_in_cache=number_of(element, "BlobsInCache"),
        blobs_degraded=number_of(element, "BlobsDegraded"),
        blobs_being_persisted=number_of(element, "BlobsBeingPersisted"),
    )


def read_placement(data: bytes) -> Placement:
    return _placement(expect(read(data), "Data"))


def _placement(element: etree._Element) -> Placement:
    def named(path: str, name: str) -> list[str]:
        return [text for each in element.iterfind(path) if (text := text_of(each, name))]

    replicas = named("Ds3Targets/Ds3Target", "Name")
    clouds = [
        name
        for path in ("S3Targets/S3Target", "AzureTargets/AzureTarget")
        for name in named(path, "Name")
    ]
    return Placement(
        tapes=tuple(named("Tapes/Tape", "BarCode")),
        pools=tuple(named("Pools/Pool", "Name")),
        targets=(*replicas, *clouds),
        replicas=tuple(replicas),
    )


def read_placed_blobs(data: bytes) -> tuple[PlacedBlob, ...]:
    return tuple(_placed_blob(e) for e in expect(read(data), "Data").iterfind("Object"))


def _placed_blob(element: etree._Element) -> PlacedBlob:
    placement = element.find("PhysicalPlacement")
    where = Placement((), (), ()) if placement is None else _placement(placement)
    return PlacedBlob(read_blob(attributes_of(element)), where)


def read_cache_state(data: bytes) -> CacheState:
    systems = list(expect(read(data), "Data").iterfind("Filesystems"))

    def total(name: str) -> int:
        return sum(number_of(system, name) or 0 for system in systems)

    locked = [number_of(system, "JobLockedCacheInBytes") for system in systems]
    return CacheState(
        total=total("TotalCapacityInBytes"),
        used=total("UsedCapacityInBytes"),
        available=total("AvailableCapacityInBytes"),
        unavailable=total("UnavailableCapacityInBytes"),
        locked_by_jobs=None if None in locked else sum(n or 0 for n in locked),
    )
