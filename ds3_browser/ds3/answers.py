"""Records of the client as scripts know them. Pure functions."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import groupby

from ds3_browser.protocol.records import Blob, BulkJob, Chunk, FoundObject, Owner, StoredObject
from ds3_browser.protocol.wire_xml import parse_date

from .records import Ds3BulkObject, Ds3BulkPlan, Ds3Chunk, Ds3Object, Ds3Owner, Ds3SearchObject


def date(moment: datetime | None) -> str | None:
    """A time as the appliance writes it."""
    if moment is None:
        return None
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def word(told: enum.Enum | str | None) -> str | None:
    return str(told.value) if isinstance(told, enum.Enum) else told


def same_date(text: str | None, wanted: str) -> bool:
    moment = parse_date(text)
    return moment is not None and moment == parse_date(wanted)


def matches(name: str, wanted: str) -> bool:
    """Whether a name is the wanted one, in which `%` stands for any text."""
    pattern = ".*".join(re.escape(part) for part in wanted.split("%"))
    return re.fullmatch(pattern, name, re.DOTALL) is not None


def lists(metadata: dict[str, tuple[str, ...]]) -> dict[str, list[str]]:
    return {name: list(values) for name, values in metadata.items()}


def listed(stored: StoredObject) -> Ds3Object:
    return Ds3Object(stored.name, stored.size, stored.etag, owner(stored.owner))


def owner(told: Owner) -> Ds3Owner:
    return Ds3Owner(told.name, told.id)


def plan(job: BulkJob, chunks: Iterable[Chunk] | None = None) -> Ds3BulkPlan:
    return Ds3BulkPlan(
        bucketName=job.bucket,
        jobId=job.job_id,
        startDate=date(job.started),
        userId=job.user_id,
        userName=job.user_name,
        requestType=word(job.request_type),
        status=job.status.value,
        cachedSize=job.cached_size,
        originalSize=job.original_size,
        chunks=[chunk(each) for each in (job.chunks if chunks is None else chunks)],
    )


def chunk(told: Chunk) -> Ds3Chunk:
    return Ds3Chunk(
        chunkId=told.chunk_id,
        chunkNumber=told.number,
        nodeId=told.node_id,
        serverId=told.node_id,
        objects=[blob(each) for each in told.blobs],
    )


def blob(told: Blob) -> Ds3BulkObject:
    return Ds3BulkObject(told.name, told.length, told.offset, told.in_cache)


def numbered(found: Iterable[FoundObject]) -> Iterator[Ds3SearchObject]:
    """Search results with the number of their version; those of one name come newest first."""
    for _, group in groupby(found, lambda each: (each.bucket_id, each.name)):
        versions = list(group)
        for number, each in zip(range(len(versions), 0, -1), versions, strict=True):
            yield Ds3SearchObject(
                name=each.name,
                id=each.id,
                bucketId=each.bucket_id,
                size=each.size,
                owner=each.owner,
                lastModified=date(each.created),
                storageClass=None,
                type=word(each.kind),
                version=str(number),
            )
