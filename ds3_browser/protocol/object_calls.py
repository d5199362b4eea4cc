"""Objects: their bytes, what is known of them, search, placement and deletion."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from . import listing_xml, system_xml, wire_xml
from .calling import Calls, flags, given, object_path, rest_path
from .errors import NotFound
from .headers import (
    Metadata,
    metadata_headers,
    read_checksum,
    read_etag,
    read_metadata,
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
from .transport import Body, Hangup, Request, Sink

MAX_KEYS_PER_DELETE = 1000


class ObjectCalls(Calls):
    """Calls about objects."""

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
        body: Body | bytes,
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
        request = Request(
            "PUT",
            object_path(bucket, name),
            given(job=job_id, offset=offset),
            body=body,
            content_type="application/octet-stream",
            checksum=checksum,
            headers=metadata_headers(metadata or {}),
            timeout_s=self._timeouts.blob,
            is_blob=True,
        )
        self._exchange(request, hangup)

    def get_object(
        self,
        bucket: str,
        name: str,
        sink: Sink,
        *,
        job_id: str | None = None,
        offset: int | None = None,
        version_id: str | None = None,
        byte_range: tuple[int, int] | None = None,
        hangup: Hangup | None = None,
    ) -> BlobReply:
        """Receive a blob, or with `byte_range` (absolute, both ends included) a part of it.

        One try. Raises ConnectionLost with the number of bytes the sink has, when the body ends
        before its announced length; Busy where the data is not in cache; NotFound, Gone.
        """
        headers = {"Range": f"bytes={byte_range[0]}-{byte_range[1]}"} if byte_range else {}
        request = Request(
            "GET",
            object_path(bucket, name),
            given(job=job_id, offset=offset, version_id=version_id),
            headers=headers,
            timeout_s=self._timeouts.blob,
            is_blob=True,
        )
        with self._answer(request, hangup) as answer:
            received = answer.receive(sink)
            whole = byte_range is None and answer.status != 206
            return BlobReply(
                received=received,
                checksum=read_checksum(answer.headers) if whole else None,
                etag=read_etag(answer.headers),
                metadata=read_metadata(answer.headers),
            )

    def delete_object(
        self, bucket: str, name: str, *, version_id: str | None = None, missing_ok: bool = True
    ) -> None:
        """Delete an object, or one version of it for good."""
        self._delete(object_path(bucket, name), given(version_id=version_id), missing_ok)

    def delete_objects(
        self, bucket: str, items: Iterable[str | DeleteItem]
    ) -> Iterator[tuple[int, tuple[DeleteError, ...]]]:
        """Delete in batches of 1000; after each: how many so far, and what failed in it.

        A name alone is its latest version. One that is gone already is success. A new batch is sent
        when the next item is wanted.
        """
        waiting = (DeleteItem(item) if isinstance(item, str) else item for item in items)
        so_far = 0
        while batch := list(islice(waiting, MAX_KEYS_PER_DELETE)):
            so_far += len(batch)
            body = wire_xml.write_delete(batch)
            reply = self._call_once("POST", object_path(bucket), [("delete", None)], body)
            errors = listing_xml.read_delete_result(reply)
            yield so_far, tuple(error for error in errors if not _is_gone(error))

    def delete_folder(self, bucket: str, prefix: str, *, missing_ok: bool = True) -> None:
        """Delete all objects below a folder, named with or without its slash.

        Raises ValueError for no folder: that is the bucket.
        """
        path = rest_path("folder", prefix.removesuffix("/"))
        self._delete(path, [("bucket_id", bucket), ("recursive", None)], missing_ok)

    # --- search and placement

    def find_objects(
        self,
        *,
        bucket: str | None = None,
        name: str | None = None,
        kind: ObjectKind | None = None,
        latest: bool | None = None,
        page_length: int | None = None,
        page_offset: int | None = None,
    ) -> Iterator[FoundObject]:
        """Search for objects, in one bucket or in all; `%` in the name stands for any text.

        In the appliance's order: by name, the versions of one name newest first. `page_length` is
        how many are asked for at a time, `page_offset` how many are skipped. Raises NotFound for a
        bucket that is not there.
        """
        query = [
            *given(bucket_id=bucket, name=name, type=kind.value if kind else None, latest=latest),
            *flags(full_details=True),
        ]
        return self._paged(
            "/_rest_/object",
            system_xml.read_found_objects,
            query,
            length=page_length,
            offset=page_offset or 0,
        )

    def placement(self, bucket: str, names: Iterable[str]) -> Placement:
        """Find out which media hold the copies of objects. Unknown names are left out."""
        body = wire_xml.write_get_items([GetItem(name) for name in names])
        query = [("operation", "get_physical_placement")]
        return system_xml.read_placement(
            self._call_once("PUT", rest_path("bucket", bucket), query, body)
        )

    def placements(self, bucket: str, names: Iterable[str]) -> tuple[PlacedBlob, ...]:
        """The same, for each blob on its own."""
        body = wire_xml.write_get_items([GetItem(name) for name in names])
        query = [("operation", "get_physical_placement"), *flags(full_details=True)]
        reply = self._call_once("PUT", rest_path("bucket", bucket), query, body)
        return system_xml.read_placed_blobs(reply)


def _is_gone(error: DeleteError) -> bool:
    code = (error.code or "").replace("_", "").lower()
    return "notfound" in code or "nosuchkey" in code
