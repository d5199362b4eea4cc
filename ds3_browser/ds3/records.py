"""What calls take and give, under the names that the original SDK had for it."""

from __future__ import annotations

from dataclasses import dataclass, field

from . import arguments


@dataclass(frozen=True, slots=True)
class Credentials:
    """An access key and its secret key. The secret one never shows in a repr."""

    accessKey: str
    secretKey: str = field(repr=False)

    def __post_init__(self) -> None:
        arguments.text(self.accessKey)
        arguments.text(self.secretKey)


@dataclass(frozen=True, slots=True)
class Ds3Bucket:
    """A bucket. `creationDate` is the appliance's text."""

    name: str
    creationDate: str | None


@dataclass(frozen=True, slots=True)
class Ds3Owner:
    """Whose something is."""

    name: str | None
    id: str | None


@dataclass(frozen=True, slots=True)
class Ds3Object:
    """An object of a listing, `size` in bytes."""

    name: str
    size: int
    etag: str | None
    owner: Ds3Owner


@dataclass(frozen=True, slots=True)
class Ds3BucketDetails:
    """One page of a bucket. `nextMarker` is None on the last one."""

    name: str
    creationDate: str | None
    objects: list[Ds3Object]
    commonPrefixes: list[str]
    isTruncated: bool
    marker: str | None
    nextMarker: str | None
    delimiter: str | None
    maxKeys: int
    prefix: str | None


@dataclass(frozen=True, slots=True)
class Ds3BulkObject:
    """A blob: `length` bytes from `offset` of the object."""

    name: str
    length: int
    offset: int
    inCache: bool | None


@dataclass(frozen=True, slots=True)
class Ds3Chunk:
    """A group of blobs that the appliance makes ready together."""

    chunkId: str
    chunkNumber: int
    nodeId: str | None
    serverId: str | None
    objects: list[Ds3BulkObject]


@dataclass(frozen=True, slots=True)
class Ds3BulkPlan:
    """A job. Words such as `status` are the appliance's own: IN_PROGRESS, COMPLETED, CANCELED."""

    bucketName: str | None
    jobId: str
    startDate: str | None
    userId: str | None
    userName: str | None
    requestType: str | None
    status: str
    cachedSize: int | None
    originalSize: int | None
    chunks: list[Ds3Chunk]


@dataclass(frozen=True, slots=True)
class Ds3AvailableChunks:
    """The chunks that can be moved now, and after how many seconds to ask for more."""

    bulkPlan: Ds3BulkPlan
    retryAfter: int


@dataclass(frozen=True, slots=True)
class Ds3AllocatedChunk:
    """The chunk, or None and after how many seconds to ask again."""

    chunk: Ds3Chunk | None
    retryAfter: int


@dataclass(frozen=True, slots=True)
class Ds3SearchObject:
    """An object as a search finds it. The versions of a name count from "1", the oldest."""

    name: str
    id: str
    bucketId: str | None
    size: int | None
    owner: str | None
    lastModified: str | None
    storageClass: str | None
    type: str | None
    version: str


@dataclass(frozen=True, slots=True)
class Ds3BuildInformation:
    """The appliance's software."""

    branch: str | None
    revision: str | None
    version: str | None


@dataclass(frozen=True, slots=True)
class Ds3SystemInformation:
    """Which appliance this is."""

    apiVersion: str | None
    serialNumber: str | None
    buildInformation: Ds3BuildInformation


@dataclass(frozen=True, slots=True)
class Ds3SystemHealth:
    """How long it took the appliance to find out that it is well, in milliseconds."""

    msRequiredToVerifyDataPlannerHealth: int | None
