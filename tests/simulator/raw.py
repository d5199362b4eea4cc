"""A caller that knows the wire and nothing of the client: http.client and its own signature."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import time
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from email.utils import formatdate
from xml.sax.saxutils import quoteattr

from lxml import etree

CHECKSUMS = ("content-md5", "content-crc32", "content-crc32c", "content-sha256", "content-sha512")
SUBRESOURCES = ("delete", "uploads", "versioning", "versions")

Headers = Iterable[tuple[str, str]]


@dataclass(frozen=True)
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def xml(self) -> etree._Element:
        return etree.fromstring(self.body)

    @property
    def code(self) -> str | None:
        return self.xml.findtext("Code") if self.body else None

    def texts(self, path: str) -> list[str | None]:
        return [element.text for element in self.xml.iterfind(path)]


def string_to_sign(method: str, target: str, headers: Headers, date: str) -> str:
    path, _, query = target.partition("?")
    lower: dict[str, str] = {}
    for name, value in headers:
        key = name.lower()
        lower[key] = f"{lower[key]},{value}" if key in lower else value
    signed = sorted(
        part.rstrip("=") for part in query.split("&") if part.partition("=")[0] in SUBRESOURCES
    )
    amz = "".join(f"{k}:{lower[k]}\n" for k in sorted(lower) if k.startswith("x-amz-"))
    checksum = next((lower[name] for name in CHECKSUMS if name in lower), "")
    resource = path + ("?" + "&".join(signed) if signed else "")
    return f"{method}\n{checksum}\n{lower.get('content-type', '')}\n{date}\n{amz}{resource}"


def signature(secret: str, text: str) -> str:
    mac = hmac.new(secret.encode(), text.encode("latin-1"), hashlib.sha1)
    return base64.b64encode(mac.digest()).decode()


class Raw:
    """One connection to the simulator. `call(method, target, body, headers)` signs and sends.

    `target` goes on the request line as it is. `clock` gives the time that requests are dated,
    unless `date` does, word by word.
    """

    def __init__(
        self,
        port: int,
        access_id: str,
        secret: str,
        *,
        clock: Callable[[], float] = time.time,
        date: str | None = None,
    ) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        self.access_id = access_id
        self.secret = secret
        self.clock = clock
        self.date = date

    def __call__(
        self, method: str, target: str, body: bytes | str = b"", headers: Headers = ()
    ) -> Reply:
        data = body.encode() if isinstance(body, str) else body
        given = list(headers)
        date = self.date or formatdate(self.clock(), usegmt=True)
        text = string_to_sign(method, target, given, date)
        signed = f"AWS {self.access_id}:{signature(self.secret, text)}"
        return self.send(method, target, data, [*given, ("Date", date), ("Authorization", signed)])

    def send(
        self, method: str, target: str, body: bytes | None = b"", headers: Headers = ()
    ) -> Reply:
        """Send exactly these headers, and a Content-Length unless the body is None."""
        self.connection.putrequest(method, target, skip_accept_encoding=True)
        for name, value in headers:
            self.connection.putheader(name, value)
        if body is not None and (body or method in ("PUT", "POST")):
            self.connection.putheader("Content-Length", str(len(body)))
        self.connection.endheaders(body or None)
        return self.answer()

    def answer(self) -> Reply:
        response = self.connection.getresponse()
        return Reply(response.status, dict(response.getheaders()), response.read())

    def close(self) -> None:
        self.connection.close()

    # --- what most tests begin with

    def bucket(self, name: str = "b") -> str:
        assert self("PUT", f"/{name}").status == 200
        return name

    def put(self, target: str, body: bytes = b"hello") -> None:
        reply = self("PUT", target, body)
        assert reply.status == 200, reply.body

    def start_put(self, bucket: str, query: str = "", **sizes: int) -> Job:
        body = objects(*((name, {"Size": size}) for name, size in sizes.items()))
        return self.start(bucket, "start_bulk_put", query, body)

    def start_get(self, bucket: str, *names: str, query: str = "") -> Job:
        return self.start(bucket, "start_bulk_get", query, objects(*((name, {}) for name in names)))

    def start(self, bucket: str, operation: str, query: str, body: str) -> Job:
        reply = self("PUT", f"/_rest_/bucket/{bucket}?operation={operation}{query}", body)
        assert reply.status == 200, reply.body
        return Job.of(reply)

    def ready(self, job: Job | str, query: str = "") -> Reply:
        identifier = job if isinstance(job, str) else job.id
        return self("GET", f"/_rest_/job_chunk?job={identifier}{query}")

    def job(self, job: Job) -> Job:
        reply = self("GET", f"/_rest_/job/{job.id}")
        assert reply.status == 200, reply.body
        return Job.of(reply)

    def put_all(self, bucket: str, job: Job) -> None:
        """Send every blob of a PUT job: each byte is its offset's last byte."""
        for blob in job.blobs:
            reply = self("PUT", blob.target(bucket, job), pattern(blob.offset, blob.length))
            assert reply.status == 200, reply.body

    def get_all(self, bucket: str, job: Job) -> dict[str, bytes]:
        found: dict[str, bytes] = {}
        for blob in sorted(job.blobs, key=lambda blob: blob.offset):
            reply = self("GET", blob.target(bucket, job))
            assert reply.status == 200, reply.body
            found[blob.name] = found.get(blob.name, b"") + reply.body
        return found


@dataclass(frozen=True)
class Blob:
    id: str
    name: str
    offset: int
    length: int
    version: str | None
    latest: str | None
    in_cache: bool | None
    chunk: int

    def target(self, bucket: str, job: Job) -> str:
        return f"/{bucket}/{self.name}?job={job.id}&offset={self.offset}"


@dataclass(frozen=True)
class Job:
    """A MasterObjectList: its attributes, and its blobs with their chunks' numbers."""

    attributes: dict[str, str]
    blobs: tuple[Blob, ...]
    chunks: tuple[dict[str, str], ...]

    @property
    def id(self) -> str:
        return self.attributes["JobId"]

    @property
    def status(self) -> str:
        return self.attributes["Status"]

    def sizes(self) -> tuple[int, int, int]:
        """Original, cached and completed bytes."""
        names = ("OriginalSizeInBytes", "CachedSizeInBytes", "CompletedSizeInBytes")
        original, cached, completed = (int(self.attributes[name]) for name in names)
        return original, cached, completed

    @classmethod
    def of(cls, reply: Reply) -> Job:
        root = reply.xml
        assert root.tag == "MasterObjectList", reply.body
        chunks = root.findall("Objects")
        blobs = tuple(
            Blob(
                id=item.get("Id", ""),
                name=item.get("Name", ""),
                offset=int(item.get("Offset", "")),
                length=int(item.get("Length", "")),
                version=item.get("VersionId"),
                latest=item.get("Latest"),
                in_cache={"true": True, "false": False, None: None}[item.get("InCache")],
                chunk=int(chunk.get("ChunkNumber", "")),
            )
            for chunk in chunks
            for item in chunk
        )
        return cls(_attributes(root), blobs, tuple(_attributes(chunk) for chunk in chunks))


def _attributes(element: etree._Element) -> dict[str, str]:
    return {str(name): str(value) for name, value in element.attrib.items()}


def signed(call: Raw, method: str, path: str) -> list[tuple[str, str]]:
    """The headers that sign a request which has none besides, and is sent by hand."""
    date = formatdate(usegmt=True)
    given = signature(call.secret, f"{method}\n\n\n{date}\n{path}")
    return [("Date", date), ("Authorization", f"AWS {call.access_id}:{given}")]


def objects(*items: tuple[str, dict[str, int | str]]) -> str:
    """The body of a bulk request: name and further attributes of each object."""
    inner = "".join(
        f"<Object Name={quoteattr(name)}"
        + "".join(f" {key}={quoteattr(str(value))}" for key, value in more.items())
        + "/>"
        for name, more in items
    )
    return f"<Objects>{inner}</Objects>"


def pattern(offset: int, length: int) -> bytes:
    return (bytes(range(256)) * (length // 256 + 2))[offset % 256 :][:length]


def unknown_id() -> str:
    return str(uuid.uuid4())
