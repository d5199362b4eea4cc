"""Objects by their names and ids: search, deletion, undelete, and what happened to them."""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Callable, Iterator, Sequence

from lxml import etree

from . import answers
from .access import Access
from .answers import Field, element
from .calls import PAGING, Answer, Call, Page, Route, Routes, glob, paged, parse
from .listings import Listings
from .placement import Placement
from .store import Refused, Store
from .versions import Versions

MAX_DELETED_KEYS = 1000
_KINDS = ("DATA", "FOLDER")


class NameCalls:
    def __init__(
        self,
        store: Store,
        versions: Versions,
        listings: Listings,
        placement: Placement,
        access: Access,
        settle: Callable[[], None],
    ) -> None:
        self._store = store
        self._versions = versions
        self._listings = listings
        self._placement = placement
        self._access = access
        self._settle = settle

    def routes(self) -> Routes:
        return {
            "DELETE folder/": Route(self._delete_folder, "bucket_id recursive"),
            "GET object": Route(
                self._search,
                "bucket_id name type latest start_date end_date full_details"
                f" include_physical_placement folder version {PAGING}",
            ),
            "GET object/": Route(self._show, "bucket_id"),
            "PUT object": Route(self._undelete, "bucket_id name version_id", since=(5, 0)),
            "GET bucket_history": Route(
                self._history, f"bucket_id min_sequence_number {PAGING}", since=(5, 2)
            ),
        }

    # --- deletion

    def delete(self, call: Call) -> Answer:
        if not call.name:
            self._store.bucket(call.bucket)
            raise Refused(400, "InvalidArgument", "An object needs a name.")
        self._versions.delete(call.bucket, call.name, call.text("version_id"))
        return Answer(204)

    def delete_several(self, call: Call) -> Answer:
        """Delete up to 1,000 objects. What could not be deleted is told inside the 200."""
        bucket = self._store.bucket(call.bucket)
        root = parse(call.body)
        if etree.QName(root).localname != "Delete":
            raise Refused(400, "MalformedXML", "The body is not a Delete.")
        quiet = (root.findtext("{*}Quiet") or "").strip().lower() == "true"
        wanted = root.findall("{*}Object")
        if len(wanted) > MAX_DELETED_KEYS:
            raise Refused(400, "InvalidArgument", f"At most {MAX_DELETED_KEYS} keys at once.")
        deleted: list[str] = []
        errors: list[str] = []
        for item in wanted:
            name, version = item.findtext("{*}Key") or "", item.findtext("{*}VersionId") or None
            try:
                self._access.require(call.user, bucket, "DELETE")
                self._versions.delete(bucket["name"], name, version)
            except Refused as refused:
                errors.append(_delete_error(name, version, refused))
            else:
                deleted.append(_named("Deleted", {"Key": name}, version))
        fields: dict[str, Field] = {"Deleted": [] if quiet else deleted, "Error": errors}
        return Answer(body=element("DeleteResult", fields))

    def _delete_folder(self, call: Call) -> Answer:
        bucket = call.text("bucket_id")
        if bucket is None:
            raise Refused(500, "InternalError", "A folder needs a bucket.")
        self._versions.delete_folder(bucket, call.name)
        return Answer(204)

    def _undelete(self, call: Call) -> Answer:
        bucket = self._store.bucket(call.required("bucket_id"))["name"]
        row = self._versions.undelete(bucket, call.required("name"), call.text("version_id"))
        return self._one(row["id"])

    # --- search

    def _search(self, call: Call) -> Answer:
        """Objects by name. `%` stands for anything, and only what ends in a slash is a folder."""
        condition, values = self._condition(call)
        page, total = Page.of(call), self._listings.count(condition, values)

        def ids() -> Iterator[str]:
            return (row["id"] for row in self._listings.search(condition, values, 0, -1))

        offset = page.start(total, ids)
        rows = self._listings.search(condition, values, offset, page.length)
        if call.has("full_details"):
            self._settle()
            placed = call.has("include_physical_placement")
            return paged([self._detailed(row, placed) for row in rows], total, offset)
        return paged([element("S3Object", object_fields(row)) for row in rows], total, offset)

    def _condition(self, call: Call) -> tuple[str, Sequence[object]]:
        where, values = ["1"], list[object]()
        if (bucket := call.text("bucket_id")) is not None:
            where.append("o.bucket = ?")
            values.append(self._store.bucket(bucket)["name"])
        elif (seen := self._access.buckets_of(call.user, "LIST")) is not None:
            where.append("o.bucket IN (SELECT value FROM json_each(?))")
            values.append(json.dumps(seen))
        if (name := call.text("name")) is not None:
            where.append("o.name GLOB ?" if "%" in name else "o.name = ?")
            values.append(glob(name) if "%" in name else name)
        if (kind := call.word("type")) is not None:
            if kind not in _KINDS:
                raise Refused(400, "InvalidArgument", f"Not a type of objects: {kind}")
            where.append(f"substr(o.name, -1) {'=' if kind == 'FOLDER' else '<>'} '/'")
        if (latest := call.flag("latest")) is not None:
            where.append("o.latest" if latest else "NOT o.latest")
        for parameter, compare in (("start_date", ">="), ("end_date", "<=")):
            if (moment := call.date(parameter)) is not None:
                where.append(f"o.created {compare} ?")
                values.append(moment)
        return " AND ".join(where), values

    def _detailed(self, row: sqlite3.Row, placed: bool) -> str:
        blobs = self._versions.blobs(row["key"])
        fields: dict[str, Field] = {
            **object_fields(row),
            "BlobsBeingPersisted": sum(
                blob["received_at"] is not None and blob["persisted_at"] is None for blob in blobs
            ),
            "BlobsDegraded": self._placement.degraded(blobs),
            "BlobsInCache": sum(blob["cached"] for blob in blobs),
            "BlobsTotal": len(blobs),
            "ETag": row["etag"],
            "Owner": row["user"],
            "Size": row["size"],
        }
        if placed:
            inner = self._placement.described(row, blobs)
            fields["Blobs"] = [f"<Blobs>{''.join(inner)}</Blobs>" if inner else "<Blobs/>"]
        return element("Object", fields)

    def _show(self, call: Call) -> Answer:
        """One object, by its name or by the id of a version."""
        bucket = self._store.bucket(call.required("bucket_id"))["name"]
        row = self._versions.one(bucket, call.name) or self._store.one(
            "SELECT id FROM object WHERE bucket = ? AND id = ?", bucket, call.name.lower()
        )
        return self._one((row or self._versions.find(bucket, call.name))["id"])

    def _one(self, version: str) -> Answer:
        found = self._listings.search("o.id = ?", [version], 0, 1)
        if not found:
            raise Refused(404, "NoSuchKey", "The version was deleted just now.")
        return Answer(body=element("Data", object_fields(found[0])))

    # --- history

    def _history(self, call: Call) -> Answer:
        """What happened to versions, in the order it did."""
        where, values = ["number >= ?"], list[object]([call.number("min_sequence_number") or 0])
        if (bucket := call.text("bucket_id")) is not None:
            where.append("bucket = ?")
            values.append(self._store.bucket(bucket)["name"])
        elif (seen := self._access.buckets_of(call.user, "LIST")) is not None:
            where.append("bucket IN (SELECT value FROM json_each(?))")
            values.append(json.dumps(seen))
        condition, page = " AND ".join(where), Page.of(call)
        total = self._store.value(f"SELECT COUNT(*) FROM history WHERE {condition}", *values)
        query = f"SELECT * FROM history WHERE {condition} ORDER BY number LIMIT ? OFFSET ?"

        def ids() -> Iterator[str]:
            return (_event_id(row["number"]) for row in self._store.all(query, *values, -1, 0))

        offset = page.start(total, ids)
        rows = self._store.all(query, *values, page.length, offset)
        return paged([self._event(row) for row in rows], total, offset)

    def _event(self, row: sqlite3.Row) -> str:
        fields: dict[str, Field] = {
            "BucketId": self._store.value("SELECT id FROM bucket WHERE name = ?", row["bucket"]),
            "Id": _event_id(row["number"]),
            "ObjectCreationDate": answers.date(row["created"]),
            "ObjectName": row["name"],
            "SequenceNumber": row["number"],
            "Type": row["kind"],
            "VersionId": row["version"],
        }
        return element("BucketHistoryEvent", fields)


def object_fields(row: sqlite3.Row) -> dict[str, Field]:
    return {
        "BucketId": row["bucket_id"],
        "CreationDate": answers.date(row["created"]),
        "Id": row["id"],
        "Latest": bool(row["latest"]),
        "Name": row["name"],
        "Type": "FOLDER" if row["name"].endswith("/") else "DATA",
    }


def _named(tag: str, fields: dict[str, Field], version: str | None) -> str:
    return element(tag, fields if version is None else {**fields, "VersionId": version})


def _delete_error(name: str, version: str | None, refused: Refused) -> str:
    code = "ObjectNotFound" if refused.status == 404 else refused.code
    return _named("Error", {"Code": code, "Key": name, "Message": refused.message}, version)


def _event_id(number: int) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, str(number)))
