"""Records that travel between the layers: what the appliance said, as Python values.

Frozen and slotted. "Unknown" is None, and a word that no enumeration here has stays text. Sizes and
offsets are bytes, times are aware UTC datetimes.
Nothing here reads XML, opens a socket or knows a local path.
"""

from __future__ import annotations

import enum
import math
import re
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import accumulate
from typing import overload
from urllib.parse import urlsplit

DEFAULT_PORTS = {"http": 80, "https": 443}
_FINGERPRINT = re.compile("[0-9A-Fa-f]{64}").fullmatch


def told_by(element: str) -> dict[str, str]:
    """Metadata of a field whose element has another name."""
    return {"wire": element}


@dataclass(frozen=True, slots=True)
class Credentials:
    """An access id and its secret key. The key never shows in a repr."""

    access_id: str
    secret_key: str = field(repr=False)

    def __post_init__(self) -> None:
        if not isinstance(self.access_id, str) or not isinstance(self.secret_key, str):
            raise TypeError("An access id and a secret key are texts.")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where an appliance's data path is, and how to get there.

    `host` is a name or an address, without brackets; behind a `%` stands the zone of an address
    that only one of this computer's networks knows, as in `fe80::1%eth0`. `proxy` is a URL and may
    hold a login, so it stays out of the repr. `ca_file` names a bundle to trust instead of the
    system's, for the appliance and for a proxy that speaks TLS; `pin` is the SHA-256 of the one
    certificate to accept of the appliance (hex, no colons). `verify` False accepts any certificate.
    """

    scheme: str
    host: str
    port: int
    proxy: str | None = field(default=None, repr=False)
    ca_file: str | None = None
    pin: str | None = None
    verify: bool = True

    def __post_init__(self) -> None:
        if self.scheme not in DEFAULT_PORTS:
            raise ValueError(f"An endpoint's scheme is http or https, not {self.scheme!r}.")
        if not isinstance(self.port, int) or not 0 < self.port < 65536:
            raise ValueError(f"An endpoint's port is a number from 1 to 65535, not {self.port!r}.")

    @property
    def url(self) -> str:
        """Scheme, host and port; the port only if it is not the scheme's default."""
        return f"{self.scheme}://{self._at(self.host.replace('%', '%25'))}"

    @property
    def netloc(self) -> str:
        """Host and port as the appliance is told them: zones are this computer's own."""
        return self._at(self.address)

    @property
    def address(self) -> str:
        """The host without a zone."""
        return self.host.partition("%")[0]

    @property
    def place(self) -> str:
        """Host and port for who reads them, always with the port."""
        return f"{bracketed(self.host)}:{self.port}"

    def _at(self, host: str) -> str:
        default = self.port == DEFAULT_PORTS[self.scheme]
        return bracketed(host) if default else f"{bracketed(host)}:{self.port}"

    @classmethod
    def parse(
        cls,
        text: str,
        *,
        default_scheme: str = "https",
        proxy: str | None = None,
        ca_file: str | None = None,
        pin: str | None = None,
        verify: bool = True,
    ) -> Endpoint:
        """Read `host`, `host:port` or a URL. Raises ValueError with a sentence.

        `proxy` is a URL, or a host and port, which means http.
        """
        if not isinstance(text, str):
            raise TypeError(f"An endpoint is read from a text, not from {type(text).__name__}.")
        text = text.strip()
        if any(each.isspace() or not each.isprintable() for each in text):
            # urlsplit would leave out some of them, and lead to another host.
            raise ValueError("An endpoint's host has no space or line break in it.")
        try:
            parts = urlsplit(text if "://" in text else f"{default_scheme}://{text}")
            host = _without_escape(_plain_host(parts.hostname or ""))
            port = parts.port
        except ValueError:
            # Not from that error, which may tell a password that stands where a port would.
            if "::" in text and "[" not in text:
                raise ValueError("An IPv6 address stands in brackets, as [::1]:443.") from None
            raise ValueError("An endpoint's host or port cannot be read.") from None
        if parts.scheme not in DEFAULT_PORTS:
            raise ValueError(f"An endpoint begins with http or https, not {parts.scheme!r}.")
        if parts.username or parts.password or parts.query or parts.fragment:
            raise ValueError("An endpoint is a scheme, a host and a port, nothing more.")
        if parts.path.strip("/"):
            raise ValueError("An endpoint is a scheme, a host and a port, nothing more.")
        if not host:
            raise ValueError("An endpoint needs a host.")
        if port == 0:
            raise ValueError("An endpoint's port is 1 to 65535.")
        if port is None:
            port = DEFAULT_PORTS[parts.scheme]
        if pin is not None and not _FINGERPRINT(pin.replace(":", "")):
            raise ValueError("A pin is a certificate's SHA-256, 64 hexadecimal digits.")
        return cls(parts.scheme, host, port, _proxy_url(proxy), ca_file, pin, verify)


def _proxy_url(text: str | None) -> str | None:
    if not text or not text.strip():
        return None
    url = text.strip() if "://" in text else f"http://{text.strip()}"
    try:
        parts = urlsplit(url)
        usable = parts.scheme in DEFAULT_PORTS and bool(parts.hostname) and parts.port != 0
        usable = usable and not any(each.isspace() for each in url)
    except ValueError:
        usable = False
    if not usable:
        # Not the text itself, which may hold a login.
        raise ValueError(
            "A proxy is a host and port or a URL that begins with http;"
            " in its login, characters such as # and / stand as %23 and %2F."
        )
    return url


def bracketed(host: str) -> str:
    """A host as it stands before a port."""
    return f"[{host}]" if ":" in host else host


def _without_escape(host: str) -> str:
    """An IPv6 address as the system takes it: in a URL its zone may stand behind `%25`."""
    return host.replace("%25", "%", 1) if ":" in host else host


def _plain_host(host: str) -> str:
    """The host as it stands in a request, which has room for ASCII alone."""
    return host if host.isascii() else host.encode("idna").decode("ascii")


class ChecksumType(enum.Enum):
    """Checksum types of a data policy; the value is the wire's word."""

    NONE = "NONE"
    MD5 = "MD5"
    CRC_32 = "CRC_32"
    CRC_32C = "CRC_32C"
    SHA_256 = "SHA_256"
    SHA_512 = "SHA_512"


class Versioning(enum.Enum):
    NONE = "NONE"
    KEEP_LATEST = "KEEP_LATEST"
    KEEP_MULTIPLE_VERSIONS = "KEEP_MULTIPLE_VERSIONS"


class Priority(enum.Enum):
    """Priorities a client may ask for; CRITICAL and BACKGROUND are the appliance's own."""

    URGENT = "URGENT"
    HIGH = "HIGH"
    NORMAL = "NORMAL"
    LOW = "LOW"


class Order(enum.Enum):
    """The order in which a GET job's chunks come: as the appliance reads, or as listed."""

    NONE = "NONE"
    IN_ORDER = "IN_ORDER"


class BucketAccess(enum.Enum):
    """What HEAD says of a bucket. All three are answers, none is an error."""

    EXISTS = "exists"
    FORBIDDEN = "forbidden"
    ABSENT = "absent"


class RequestType(enum.Enum):
    PUT = "PUT"
    GET = "GET"
    VERIFY = "VERIFY"


class ObjectKind(enum.Enum):
    """DATA, or FOLDER for a name that ends in `/` and stands for an empty folder."""

    DATA = "DATA"
    FOLDER = "FOLDER"


class JobStatus(enum.Enum):
    IN_PROGRESS = "IN_PROGRESS"
    COMPLETED = "COMPLETED"
    CANCELED = "CANCELED"


@dataclass(frozen=True, slots=True)
class Owner:
    id: str | None
    name: str | None


@dataclass(frozen=True, slots=True)
class Bucket:
    name: str
    created: datetime | None


@dataclass(frozen=True, slots=True)
class Service:
    """The answer of GET service: the buckets this user may see, and who the user is."""

    buckets: tuple[Bucket, ...]
    owner: Owner


@dataclass(frozen=True, slots=True)
class BucketDetails:
    """A bucket and its settings. `used` is the sum of its objects' sizes."""

    id: str
    name: str
    created: datetime | None = field(metadata=told_by("CreationDate"))
    data_policy_id: str | None
    user_id: str | None
    used: int | None = field(metadata=told_by("LogicalUsedCapacity"))
    empty: bool | None
    protected: bool
    last_preferred_chunk_size: int | None = field(metadata=told_by("LastPreferredChunkSizeInBytes"))


@dataclass(frozen=True, slots=True)
class DataPolicy:
    """What is asked of a bucket's objects. `max_versions_to_keep` is None below release 5.0."""

    id: str
    name: str
    created: datetime | None = field(metadata=told_by("CreationDate"))
    checksum_type: ChecksumType | str | None
    versioning: Versioning | str | None
    max_versions_to_keep: int | None
    blobbing_enabled: bool | None
    default_blob_size: int | None
    end_to_end_crc_required: bool
    default_put_job_priority: str | None
    default_get_job_priority: str | None
    default_verify_job_priority: str | None
    default_verify_after_write: bool
    rebuild_priority: str | None
    always_force_put_job_creation: bool
    always_minimize_spanning_across_media: bool


@dataclass(frozen=True, slots=True)
class StoredObject:
    """One object of a listing. `etag` and `modified` are both None while it is being uploaded."""

    name: str
    size: int
    modified: datetime | None
    etag: str | None
    owner: Owner
    version_id: str | None
    latest: bool

    @property
    def being_uploaded(self) -> bool:
        return self.etag is None and self.modified is None


@dataclass(frozen=True, slots=True)
class Prefix:
    """A common prefix of a listing: what the user sees as a folder. Ends with the delimiter."""

    name: str


class Texts(Sequence[str | None]):
    """A column of short texts, kept as one: a third of the memory of a list of them.

    An empty text is None.
    """

    __slots__ = ("_ends", "_text")

    def __init__(self, texts: Iterable[str | None]) -> None:
        parts = [text or "" for text in texts]
        self._text = "".join(parts)
        self._ends = array("Q", accumulate(map(len, parts)))

    def __len__(self) -> int:
        return len(self._ends)

    @overload
    def __getitem__(self, row: int) -> str | None: ...
    @overload
    def __getitem__(self, row: slice) -> Sequence[str | None]: ...
    def __getitem__(self, row: int | slice) -> str | Sequence[str | None] | None:
        if isinstance(row, slice):
            return [self[each] for each in range(*row.indices(len(self)))]
        end = self._ends[row]
        begin = self._ends[row - 1] if row not in (0, -len(self)) else 0
        return self._text[begin:end] or None

    def __iter__(self) -> Iterator[str | None]:
        begin = 0
        for end in self._ends:
            yield self._text[begin:end] or None
            begin = end


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of a bucket, kept as columns: a million rows must stay small.

    All columns have the same length. `modified` is seconds since 1970 UTC, NaN where unknown.
    `next_marker` is None on the last page, also where the appliance claimed otherwise without one.
    """

    bucket: str
    prefix: str | None
    delimiter: str | None
    marker: str | None
    next_marker: str | None
    max_keys: int | None
    truncated: bool
    created: datetime | None
    prefixes: tuple[str, ...]
    names: Sequence[str]
    sizes: array[int]
    modified: array[float]
    etags: Sequence[str | None]
    owners: Sequence[Owner]
    version_ids: Sequence[str | None]
    latest: Sequence[bool]

    def __len__(self) -> int:
        return len(self.names)

    def object(self, row: int) -> StoredObject:
        seconds = self.modified[row]
        return StoredObject(
            name=self.names[row],
            size=self.sizes[row],
            modified=None if math.isnan(seconds) else datetime.fromtimestamp(seconds, UTC),
            etag=self.etags[row],
            owner=self.owners[row],
            version_id=self.version_ids[row],
            latest=self.latest[row],
        )

    def objects(self) -> Iterator[StoredObject]:
        return (self.object(row) for row in range(len(self)))

    def without_repeats_of(self, before: Listing) -> Listing:
        """This page without the rows and prefixes that the page before it had already."""
        known = set(zip(before.names, before.version_ids, strict=True))
        rows = zip(self.names, self.version_ids, strict=True)
        kept = [row for row, which in enumerate(rows) if which not in known]
        prefixes = tuple(each for each in self.prefixes if each not in before.prefixes)
        if len(kept) == len(self) and len(prefixes) == len(self.prefixes):
            return self
        return replace(
            self,
            prefixes=prefixes,
            names=[self.names[row] for row in kept],
            sizes=array("q", (self.sizes[row] for row in kept)),
            modified=array("d", (self.modified[row] for row in kept)),
            etags=[self.etags[row] for row in kept],
            owners=[self.owners[row] for row in kept],
            version_ids=[self.version_ids[row] for row in kept],
            latest=[self.latest[row] for row in kept],
        )


@dataclass(frozen=True, slots=True)
class ObjectHead:
    """The answer of HEAD object. `checksums` maps a blob's offset to its base64 digest."""

    size: int
    etag: str | None
    created: datetime | None
    version_id: str | None
    checksum_type: ChecksumType | None
    checksums: dict[int, str]
    metadata: dict[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Checksum:
    """A digest as the wire carries it: base64 of its bytes, CRCs as four bytes big-endian."""

    type: ChecksumType
    value: str


@dataclass(frozen=True, slots=True)
class BlobReply:
    """What came with the bytes of a GET object.

    `received` is the number of body bytes handed to the sink, always all that were announced.
    `checksum` covers the whole blob and is None on a ranged answer or where the policy has none.
    """

    received: int
    checksum: Checksum | None
    etag: str | None
    metadata: dict[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class PutItem:
    """One object of a bulk PUT request. A folder is a name that ends in `/`, of size 0."""

    name: str
    size: int


@dataclass(frozen=True, slots=True)
class GetItem:
    """One object of a bulk GET request, whole or (both given) a part of it."""

    name: str
    version_id: str | None = None
    offset: int | None = None
    length: int | None = None


@dataclass(frozen=True, slots=True)
class Blob:
    """A byte range of one object in a job. Known by (name, version_id, offset), never by an id."""

    name: str
    offset: int
    length: int
    in_cache: bool | None
    version_id: str | None


@dataclass(frozen=True, slots=True)
class Chunk:
    """A group of blobs the appliance makes ready together. `number` only orders, from 0 or 1."""

    chunk_id: str
    number: int
    node_id: str | None
    blobs: tuple[Blob, ...]


@dataclass(frozen=True, slots=True)
class BulkJob:
    """A job with its chunks: the appliance's answer to a creation, and of GET job."""

    job_id: str
    bucket: str | None
    request_type: RequestType | str | None
    status: JobStatus
    name: str | None
    priority: str | None
    started: datetime | None
    user_id: str | None
    user_name: str | None
    original_size: int | None
    cached_size: int | None
    completed_size: int | None
    chunks: tuple[Chunk, ...]

    def blobs(self) -> Iterator[Blob]:
        return (blob for chunk in self.chunks for blob in chunk.blobs)


@dataclass(frozen=True, slots=True)
class ChunksReady:
    """The chunks that may be moved now, and when to ask again.

    `retry_after_s` is between 1 and 600, 60 where the appliance gave none that can be read.
    An empty `chunks` means wait; it is never the end of a job. `job` is the answer as a whole,
    which lists the same chunks.
    """

    chunks: tuple[Chunk, ...]
    retry_after_s: float
    job: BulkJob


@dataclass(frozen=True, slots=True)
class ApplianceJob:
    """A row of the appliance's own job lists, without its chunks.

    `verifies_writes` is whether what the job brings is read back once it is written; None where
    that is not told, as of jobs that have ended. `error_message` is empty where there is none, and
    None where the list has no such field.
    """

    job_id: str
    status: JobStatus
    bucket_id: str | None
    bucket: str | None
    name: str | None
    request_type: RequestType | str | None
    priority: str | None
    user_id: str | None
    user_name: str | None
    created: datetime | None
    ended: datetime | None
    original_size: int | None
    cached_size: int | None
    completed_size: int | None
    truncated: bool
    timed_out: bool
    verifies_writes: bool | None = None
    error_message: str | None = None


@dataclass(frozen=True, slots=True)
class DeleteItem:
    """One object of a multi-object delete, or one version of it."""

    name: str
    version_id: str | None = None


@dataclass(frozen=True, slots=True)
class DeleteError:
    """One name that a multi-object delete could not remove."""

    name: str
    version_id: str | None
    code: str | None
    message: str | None


@dataclass(frozen=True, slots=True)
class FoundObject:
    """One version of an object, as a search finds it. `id` is the id of the version.

    `created` is None while it is being received.
    """

    id: str
    bucket_id: str | None
    name: str
    kind: ObjectKind | str | None
    latest: bool
    created: datetime | None
    size: int | None
    owner: str | None
    etag: str | None
    blobs: int | None
    blobs_in_cache: int | None
    blobs_degraded: int | None
    blobs_being_persisted: int | None

    @property
    def in_cache(self) -> bool | None:
        """Whether all of it is on the appliance's disk; None where that was not told."""
        return None if self.blobs is None else self.blobs_in_cache == self.blobs


@dataclass(frozen=True, slots=True)
class Placement:
    """The media that hold copies: barcodes of tapes, names of pools and of targets.

    `replicas` are those of the targets that are other appliances; the rest are clouds.
    """

    tapes: tuple[str, ...]
    pools: tuple[str, ...]
    targets: tuple[str, ...]
    replicas: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PlacedBlob:
    """A blob and where its copies are."""

    blob: Blob
    placement: Placement


@dataclass(frozen=True, slots=True)
class SystemInformation:
    """Which appliance this is; `version`, `branch` and `revision` are its software's."""

    version: str | None
    branch: str | None
    revision: str | None
    api_version: str | None
    serial_number: str | None
    now: datetime | None


@dataclass(frozen=True, slots=True)
class CacheState:
    """Sums over the appliance's cache file systems."""

    total: int
    used: int
    available: int
    unavailable: int
    locked_by_jobs: int | None
