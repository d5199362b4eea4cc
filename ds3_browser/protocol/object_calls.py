"""Objects: their bytes, what is known of them, search, placement and deletion."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice

from . import listing_xml, system_xml, wire_xml
from .begun import BegunGet, BegunPut, Range, check_sink, ranges_text
from .calling import (
    Calls,
    Query,
    bucket_path,
    flags,
    given,
    needed,
    object_path,
    rest_path,
    rest_path_of_name,
    word_in,
)
from .errors import NotFound
from .headers import (
    CHECKSUM_HEADERS,
    Metadata,
    metadata_headers,
    read_object_head,
)
from .records import (
    BlobReply,
    Checksum,
    DeleteError,
    DeleteItem,
    FoundObject,
    GetItem,
    ObjectHead,
    ObjectKind,
    PlacedBlob,
    Placement,
)
from .system_records import BucketEvent, DegradedBlob
from .transport import Body, Hangup, Request, Sink

MAX_KEYS_PER_DELETE = 1000

#: Bytes in memory.
Buffer = bytes | bytearray | memoryview


class ObjectCalls(Calls):
    """Calls about objects."""

    @property
    def begins_at_once(self) -> bool:
        """Whether `begin_put` of bytes in memory, and `begin_get`, send before they return."""
        return self._transport.goes_short

    def head_object(
        self, bucket: str, name: str, *, version_id: str | None = None
    ) -> ObjectHead | None:
        """Size, checksums and metadata of an object; None where there is none."""
        request = self._request("HEAD", object_path(bucket, name), given(version_id=version_id))

        def ask() -> ObjectHead:
            with self._answer(request) as answer:
                answer.whole(0)
                return read_object_head(answer.headers)

        try:
            return self._repeated(ask)
        except NotFound:
            return None

    def put_object(
        self,
        bucket: str,
        name: str,
        body: Body | Buffer,
        *,
        job_id: str | None = None,
        offset: int | None = None,
        checksum: Checksum | None = None,
        metadata: Metadata | None = None,
        hangup: Hangup | None = None,
    ) -> None:
        """Send one blob of a job, or a whole object without one. One try, never repeated here.

        Raises Busy where the chunk has no cache yet, Conflict where the blob or object is there
        already, NotFound or Gone where the job is not, ConnectionLost within the body.
        """
        self.begin_put(
            bucket,
            name,
            body,
            job_id=job_id,
            offset=offset,
            checksum=checksum,
            metadata=metadata,
            hangup=hangup,
        ).end()

    def begin_put(
        self,
        bucket: str,
        name: str,
        body: Body | Buffer,
        *,
        job_id: str | None = None,
        offset: int | None = None,
        checksum: Checksum | None = None,
        metadata: Metadata | None = None,
        hangup: Hangup | None = None,
    ) -> BegunPut:
        """As `put_object`, without waiting for the answer where the way is short.

        So one thread can have several on their way. Everywhere else it is sent by `end`.
        """
        if checksum is not None and not isinstance(checksum, Checksum):
            raise TypeError(f"A checksum is a Checksum, which knows its type, not {checksum!r}.")
        if checksum is not None and checksum.type not in CHECKSUM_HEADERS:
            raise ValueError(f"There is no header for a checksum of type {checksum.type.value}.")
        request = Request(
            "PUT",
            object_path(bucket, name),
            given(job=job_id, offset=offset),
            body=_sendable(body),
            content_type="application/octet-stream",
            checksum=checksum,
            headers=metadata_headers(metadata) if metadata else {},
            timeout_s=self._timeouts.blob,
            is_blob=True,
        )
        return BegunPut(self._begun(request, hangup))

    def get_object(
        self,
        bucket: str,
        name: str,
        sink: Sink,
        *,
        job_id: str | None = None,
        offset: int | None = None,
        version_id: str | None = None,
        byte_range: Range | None = None,
        cached_only: bool = False,
        hangup: Hangup | None = None,
    ) -> BlobReply:
        """Receive a blob, or with `byte_range` (absolute, both ends included) a part of it.

        One try. `cached_only`, known from release 5.3 on, asks for no tape to be read. The bytes
        are not compared with the checksum that came with them: the reply has it. Raises
        ConnectionLost with the number of bytes the sink has, when the body ends before its
        announced length; BadReply where another part is announced than was asked for; Busy where
        the data is not in cache; NotFound, Gone.
        """
        check_sink(sink)
        return self.begin_get(
            bucket,
            name,
            job_id=job_id,
            offset=offset,
            version_id=version_id,
            byte_range=byte_range,
            cached_only=cached_only,
            hangup=hangup,
        ).receive(sink)

    def begin_get(
        self,
        bucket: str,
        name: str,
        *,
        job_id: str | None = None,
        offset: int | None = None,
        version_id: str | None = None,
        byte_range: Range | None = None,
        cached_only: bool = False,
        hangup: Hangup | None = None,
    ) -> BegunGet:
        """As `get_object`, without waiting for the answer where the way is short.

        So one thread can have several on their way. Everywhere else `receive` asks.
        """
        query = [
            *given(job=job_id, offset=offset, version_id=version_id),
            *flags(cached_only=cached_only),
        ]
        ranges = () if byte_range is None else (byte_range,)
        _check_asked(ranges)
        return self._begun_get(object_path(bucket, name), query, ranges, hangup)

    def get_ranges(
        self,
        bucket: str,
        name: str,
        ranges: Iterable[Range],
        sink: Sink,
        *,
        job_id: str | None = None,
        offset: int | None = None,
        version_id: str | None = None,
        hangup: Hangup | None = None,
    ) -> BlobReply:
        """Receive several parts of one blob in one request, each an absolute range.

        Unlike that of `get_object`, the sink is given the bytes at their offsets in the object.
        They come in the order of the ranges. Raises what `get_object` raises, and ValueError for
        no range at all.
        """
        asked = tuple(ranges)
        if not asked:
            raise ValueError("At least one range is needed.")
        _check_asked(asked)
        check_sink(sink)
        query = given(job=job_id, offset=offset, version_id=version_id)
        path = object_path(bucket, name)
        return self._begun_get(path, query, asked, hangup).receive(_Placed(sink, asked))

    def _begun_get(
        self, path: str, query: Query, ranges: tuple[Range, ...], hangup: Hangup | None
    ) -> BegunGet:
        request = Request(
            "GET",
            path,
            query,
            headers={"Range": f"bytes={ranges_text(ranges)}"} if ranges else {},
            timeout_s=self._timeouts.blob,
            is_blob=True,
        )
        return BegunGet(self._begun(request, hangup), ranges)

    def delete_object(
        self, bucket: str, name: str, *, version_id: str | None = None, missing_ok: bool = True
    ) -> None:
        """Delete an object, or one version of it for good."""
        self._delete(object_path(bucket, name), given(version_id=version_id), missing_ok)

    def delete_objects(
        self, bucket: str, items: Iterable[str | DeleteItem]
    ) -> Iterator[tuple[int, tuple[DeleteError, ...]]]:
        """Delete in batches of 1000; after each: how many so far, and what failed in it.

        A name alone is its latest version. One that is gone already is success. Nothing is sent
        before the first item is wanted, and a new batch only when the next one is.
        """
        wire_xml.check_list(items)
        waiting = (DeleteItem(item) if isinstance(item, str) else item for item in items)
        return self._deleted(bucket, waiting)

    def _deleted(
        self, bucket: str, waiting: Iterator[DeleteItem]
    ) -> Iterator[tuple[int, tuple[DeleteError, ...]]]:
        so_far = 0
        while batch := list(islice(waiting, MAX_KEYS_PER_DELETE)):
            so_far += len(batch)
            body = wire_xml.write_delete(batch)
            reply = self._call_once("POST", bucket_path(bucket), [("delete", None)], body)
            errors = listing_xml.read_delete_result(reply)
            yield so_far, tuple(error for error in errors if not _is_gone(error))

    def delete_folder(self, bucket: str, prefix: str, *, missing_ok: bool = True) -> None:
        """Delete all objects below a folder, named with or without its slash.

        Raises ValueError for no folder: that is the bucket.
        """
        wire_xml.check_text("prefix of a folder", prefix)
        path = rest_path_of_name("folder", prefix.removesuffix("/"))
        query = [*needed(bucket_id=bucket), *flags(recursive=True)]
        self._delete(path, query, missing_ok)

    # --- search

    def find_objects(
        self,
        *,
        bucket: str | None = None,
        name: str | None = None,
        kind: ObjectKind | None = None,
        latest: bool | None = None,
        created_from: datetime | None = None,
        created_until: datetime | None = None,
        full_details: bool = True,
        page_length: int | None = None,
        page_offset: int | None = None,
    ) -> Iterator[FoundObject]:
        """Search for objects, in one bucket or in all; `%` in the name stands for any text.

        An appliance may take `_` for any character, too: look at the names that come.
        In the appliance's order: by name, the versions of one name newest first. Times are known
        from release 5.0 on. Sizes, owners and the state of copies come with `full_details` alone.
        `page_length` is how many are asked for at a time, `page_offset` how many are skipped.
        Raises NotFound for a bucket that is not there.
        """
        query = [
            *given(
                bucket_id=bucket,
                name=name,
                type=word_in(kind),
                latest=latest,
                start_date=_milliseconds(created_from),
                end_date=_milliseconds(created_until),
            ),
            *flags(full_details=full_details),
        ]
        return self._paged(
            "/_rest_/object",
            system_xml.read_found_objects,
            query,
            length=page_length,
            offset=page_offset or 0,
        )

    def object_details(self, bucket: str, name: str) -> FoundObject:
        """What the appliance knows of one object, without its bytes. Raises NotFound."""
        path = rest_path_of_name("object", wire_xml.check_name(name))
        return system_xml.read_found_object(self._call("GET", path, needed(bucket_id=bucket)))

    def undelete_object(
        self, bucket: str, name: str, *, version_id: str | None = None
    ) -> FoundObject:
        """Make the newest version of a deleted object, or the given one, the latest again.

        Known from release 5.0 on. Raises NotFound where there is no version.
        """
        wire_xml.check_name(name)
        query = [*needed(bucket_id=bucket, name=name), *given(version_id=version_id)]
        return system_xml.read_found_object(self._call_once("PUT", "/_rest_/object", query))

    # --- placement

    def placement(
        self, bucket: str, items: Iterable[str | GetItem], *, storage_domain: str | None = None
    ) -> Placement:
        """Find out which media hold the copies of objects. Unknown names are left out."""
        return system_xml.read_placement(
            self._placed("PUT", bucket, "get_physical_placement", items, storage_domain)
        )

    def placements(
        self, bucket: str, items: Iterable[str | GetItem], *, storage_domain: str | None = None
    ) -> tuple[PlacedBlob, ...]:
        """The media that hold the copies of objects, for each blob on its own."""
        return system_xml.read_placed_blobs(
            self._placed("PUT", bucket, "get_physical_placement", items, storage_domain, True)
        )

    def verified_placement(
        self, bucket: str, items: Iterable[str | GetItem], *, storage_domain: str | None = None
    ) -> Placement:
        """The media of objects, all of which have to be on some. Raises NotFound for one not."""
        return system_xml.read_placement(
            self._placed("GET", bucket, "verify_physical_placement", items, storage_domain)
        )

    def verified_placements(
        self, bucket: str, items: Iterable[str | GetItem], *, storage_domain: str | None = None
    ) -> tuple[PlacedBlob, ...]:
        """The media of objects, all of which have to be on some, for each blob on its own."""
        return system_xml.read_placed_blobs(
            self._placed("GET", bucket, "verify_physical_placement", items, storage_domain, True)
        )

    def _placed(
        self,
        method: str,
        bucket: str,
        operation: str,
        items: Iterable[str | GetItem],
        storage_domain: str | None,
        full_details: bool = False,
    ) -> bytes:
        query = [
            ("operation", operation),
            *given(storage_domain=storage_domain),
            *flags(full_details=full_details),
        ]
        body = wire_xml.write_get_items(items)
        return self._call_once(method, rest_path("bucket", bucket), query, body)

    # --- what happened to objects

    def bucket_history(
        self, *, bucket: str | None = None, from_number: int | None = None
    ) -> Iterator[BucketEvent]:
        """What became of objects, by sequence number. Known from release 5.2 on."""
        query = given(bucket_id=bucket, min_sequence_number=from_number)
        return self._all(BucketEvent, "bucket_history", query)

    def suspect_objects(self, *, bucket: str | None = None) -> Iterator[FoundObject]:
        """Objects whose copies are in doubt."""
        return self._paged(
            "/_rest_/suspect_object", system_xml.read_found_objects, given(bucket_id=bucket)
        )

    def degraded_blobs(
        self, *, bucket: str | None = None, persistence_rule_id: str | None = None
    ) -> Iterator[DegradedBlob]:
        """Blobs that have lost a copy."""
        query = given(bucket_id=bucket, persistence_rule_id=persistence_rule_id)
        return self._all(DegradedBlob, "degraded_blob", query)


def _is_gone(error: DeleteError) -> bool:
    code = (error.code or "").replace("_", "").lower()
    return "notfound" in code or "nosuchkey" in code


def _sendable(body: Body | Buffer) -> Body | bytes:
    if isinstance(body, bytes):
        return body
    if isinstance(body, (bytearray, memoryview)):
        return bytes(body)
    if not all(hasattr(body, name) for name in ("length", "pieces", "moved")):
        kind = type(body).__name__
        raise TypeError(
            f"What is sent is bytes, or has length, pieces and moved; {kind} is neither."
            " FilePart makes a body of an open file."
        )
    if not isinstance(body.length, int) or body.length < 0:
        raise ValueError(f"The length of a body is a number of bytes, not {body.length!r}.")
    return body


def _check_asked(ranges: Sequence[Range]) -> None:
    for asked in ranges:
        if not (isinstance(asked, (tuple, list)) and [type(each) for each in asked] == [int, int]):
            raise TypeError(f"A range is its first and its last byte, as (0, 99), not {asked!r}.")
        first, last = asked
        if not 0 <= first <= last:
            raise ValueError(f"A range is its first and its last byte, not {first} and {last}.")


def _milliseconds(moment: datetime | None) -> int | None:
    if moment is None:
        return None
    if not isinstance(moment, datetime):
        raise TypeError(f"A time is a datetime, not {moment!r}.")
    return round(moment.timestamp() * 1000)


class _Placed:
    """A sink for ranges that come one behind the other: puts each at its place in the object."""

    def __init__(self, sink: Sink, ranges: Sequence[Range]) -> None:
        self._sink = sink
        self._spans: list[tuple[int, int, int]] = []  # from and to in the answer, shift to object
        begin = 0
        for first, last in ranges:
            end = begin + last - first + 1
            self._spans.append((begin, end, first - begin))
            begin = end
        self.moved = sink.moved

    def write_at(self, offset: int, piece: memoryview) -> None:
        end = offset + len(piece)
        for begin, until, shift in self._spans:
            here, there = max(begin, offset), min(until, end)
            if here < there:
                self._sink.write_at(here + shift, piece[here - offset : there - offset])
