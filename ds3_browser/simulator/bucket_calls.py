"""Service, buckets, listings, search and deletion."""

from __future__ import annotations

import re
import sqlite3

from . import answers
from .answers import Field, element, leaf
from .calls import (
    PAGING,
    Answer,
    Call,
    Page,
    Resource,
    Route,
    Routes,
    one_or_list,
    paged,
    parse,
)
from .faults import Faults
from .policies import Policies
from .store import Refused, Row, Store
from .users import Users

BUCKET_NAME = re.compile(r"[A-Za-z0-9.\-_]{1,63}")
MAX_KEYS = 1000
MAX_DELETED_KEYS = 1000


class BucketCalls:
    def __init__(self, store: Store, policies: Policies, users: Users, faults: Faults) -> None:
        self._store = store
        self._policies = policies
        self._users = users
        self._faults = faults

    def routes(self) -> Routes:
        """The calls under `/_rest_/`."""
        return {
            "GET bucket": Route(self._show, f"data_policy_id name user_id {PAGING}"),
            "GET bucket/": Route(self._show),
            "POST bucket": Route(self._post, "name data_policy_id id protected user_id"),
            "PUT bucket/": Route(self._modify, "data_policy_id protected user_id"),
            "DELETE bucket/": Route(self._delete, "force"),
            "DELETE bucket": Route(self._delete_nothing),
            "DELETE folder/": Route(self._delete_folder, "bucket_id recursive"),
            "GET object": Route(
                self._search,
                f"bucket_id name type latest start_date end_date full_details {PAGING}",
            ),
            "GET object/": Route(self._show_object, "bucket_id"),
        }

    # --- the calls that S3 has

    def service(self, call: Call) -> Answer:
        buckets = [
            element("Bucket", {"CreationDate": answers.date(row["created"]), "Name": row["name"]})
            for row in self._rows()
        ]
        fields: dict[str, Field] = {
            "Buckets": [f"<Buckets>{''.join(buckets)}</Buckets>" if buckets else "<Buckets/>"],
            "Owner": [self._owner(call.user)],
        }
        return Answer(body=element("ListAllMyBucketsResult", fields))

    def _rows(self) -> list[sqlite3.Row]:
        return self._store.all("SELECT * FROM bucket ORDER BY name")

    def _owner(self, user: str) -> str:
        return element("Owner", {"DisplayName": user, "ID": self._users.id_of(user)})

    def create(self, call: Call) -> Answer:
        self._create(call.bucket, call.user, self._policies.default().id)
        return Answer()

    def _create(self, name: str, user: str, policy: str, *, protected: bool = False) -> None:
        if name == "_rest_":
            raise Refused(403, "AccessDenied", "The name is reserved.")
        if not BUCKET_NAME.fullmatch(name):
            raise Refused(400, "InvalidArgument", f"Not a bucket name: {name}")
        self._store.create_bucket(name, user, policy, protected=protected)

    def head(self, call: Call) -> Answer:
        self._store.bucket(call.bucket)
        return Answer()

    def delete(self, call: Call) -> Answer:
        self._store.delete_bucket(call.bucket, force=False)
        return Answer(204)

    def list_objects(self, call: Call) -> Answer:
        """One page of a bucket, the names in byte order, common prefixes counted as names.

        Asked for versions, every entry is called Version; each object here has one.
        """
        bucket = self._store.bucket(call.bucket)
        prefix, delimiter = call.text("prefix") or "", call.text("delimiter") or ""
        marker = call.text("marker") or ""
        asked = call.number("max_keys")
        max_keys = MAX_KEYS if asked is None else min(MAX_KEYS, asked)
        rows, truncated = self._store.list_page(bucket["name"], prefix, delimiter, marker, max_keys)
        owner, entry = (
            self._owner(bucket["user"]),
            "Version" if call.has("versions") else "Contents",
        )
        fields: dict[str, Field] = {
            "CommonPrefixes": [
                element("CommonPrefixes", {"Prefix": row.name}) for row in rows if row.is_prefix
            ],
            entry: [_entry(entry, row, owner) for row in rows if not row.is_prefix],
            "CreationDate": answers.date(bucket["created"]),
            "Delimiter": delimiter,
            "IsTruncated": truncated,
            "Marker": marker,
            "MaxKeys": max_keys,
            "Name": bucket["name"],
            "NextMarker": rows[-1].name if truncated and rows else None,
            "Prefix": prefix,
        }
        return Answer(body=element("ListBucketResult", fields))

    def delete_object(self, call: Call) -> Answer:
        if not call.name:
            self._store.bucket(call.bucket)
            raise Refused(400, "InvalidArgument", "An object needs a name.")
        self._store.delete_object(call.bucket, call.name, call.text("version_id"))
        return Answer(204)

    def delete_objects(self, call: Call) -> Answer:
        """Delete up to 1,000 objects. What could not be deleted is told inside the 200."""
        self._store.bucket(call.bucket)
        root = parse(call.body)
        quiet = (root.findtext("Quiet") or "").strip().lower() == "true"
        wanted = root.findall("Object")
        if len(wanted) > MAX_DELETED_KEYS:
            raise Refused(400, "InvalidArgument", f"At most {MAX_DELETED_KEYS} keys at once.")
        deleted: list[str] = []
        errors: list[str] = []
        for item in wanted:
            name, version = item.findtext("Key") or "", item.findtext("VersionId")
            try:
                self._store.delete_object(call.bucket, name, version)
            except Refused as refused:
                errors.append(_delete_error(name, refused))
            else:
                deleted.append(element("Deleted", {"Key": name}))
        fields: dict[str, Field] = {"Deleted": [] if quiet else deleted, "Error": errors}
        return Answer(body=element("DeleteResult", fields))

    # --- buckets under /_rest_/

    def _resource(self, row: sqlite3.Row) -> Resource:
        used, empty = self._store.bucket_usage(row["name"])
        return Resource(
            row["id"],
            row["name"],
            {
                "CreationDate": answers.date(row["created"]),
                "DataPolicyId": self._policies.of(row).id,
                "Empty": empty,
                "Id": row["id"],
                "LastPreferredChunkSizeInBytes": self._faults.get("chunk_bytes"),
                "LogicalUsedCapacity": used,
                "Name": row["name"],
                "Protected": bool(row["protected"]),
                "UserId": self._users.id_of(row["user"]),
            },
        )

    def _show(self, call: Call) -> Answer:
        if call.name:
            resource = self._resource(self._store.bucket(call.name))
            return Answer(body=element("Data", resource.fields))
        rows = [row for row in self._rows() if self._is_wanted(call, row)]
        return one_or_list(call, "Bucket", [self._resource(row) for row in rows])

    def _is_wanted(self, call: Call, row: sqlite3.Row) -> bool:
        name, policy, user = call.text("name"), call.text("data_policy_id"), call.text("user_id")
        own = self._policies.of(row)
        return (
            (name is None or _like(name).fullmatch(row["name"]) is not None)
            and (policy is None or policy in (own.id, own.name))
            and (user is None or user in (row["user"], self._users.id_of(row["user"])))
        )

    def _post(self, call: Call) -> Answer:
        name = call.required("name")
        protected = call.flag("protected") or False
        self._create(name, call.user, self._policy_id(call), protected=protected)
        fields = self._resource(self._store.bucket(name)).fields
        known = {k: v for k, v in fields.items() if k not in ("Empty", "LogicalUsedCapacity")}
        return Answer(201, element("Data", known))

    def _policy_id(self, call: Call) -> str:
        wanted = call.text("data_policy_id")
        if wanted is None:
            return self._policies.default().id
        found = self._policies.find(wanted)
        if found is None:
            raise Refused(404, "NotFound", f"DataPolicy not found via identifier {wanted}")
        return found.id

    def _modify(self, call: Call) -> Answer:
        with self._store.transaction() as db:
            row = self._store.bucket(call.name)
            policy = self._policy_id(call) if call.has("data_policy_id") else row["policy"]
            protected = call.flag("protected")
            db.execute(
                "UPDATE bucket SET policy = ?, protected = COALESCE(?, protected) WHERE name = ?",
                (policy, protected, row["name"]),
            )
        return Answer(body=element("Data", self._resource(self._store.bucket(row["name"])).fields))

    def _delete(self, call: Call) -> Answer:
        self._store.delete_bucket(call.name, force=call.has("force"))
        return Answer(204)

    def _delete_nothing(self, call: Call) -> Answer:
        raise Refused(400, "InvalidArgument", "A bucket needs a name.")

    def _delete_folder(self, call: Call) -> Answer:
        bucket = call.text("bucket_id")
        if bucket is None:
            raise Refused(500, "InternalError", "A folder needs a bucket.")
        self._store.delete_folder(bucket, call.name)
        return Answer(204)

    # --- objects by name

    def _search(self, call: Call) -> Answer:
        """Objects by name. `%` stands for anything, and only what ends in a slash is a folder."""
        where, values = ["1"], list[object]()
        if (bucket := call.text("bucket_id")) is not None:
            where.append("o.bucket = ?")
            values.append(self._store.bucket(bucket)["name"])
        if (name := call.text("name")) is not None:
            where.append("o.name GLOB ?" if "%" in name else "o.name = ?")
            values.append(_glob(name) if "%" in name else name)
        if (kind := call.word("type")) is not None:
            where.append(f"substr(o.name, -1) {'=' if kind == 'FOLDER' else '<>'} '/'")
        if call.flag("latest"):
            where.append("NOT o.missing")
        for name, compare in (("start_date", ">="), ("end_date", "<=")):
            if (moment := call.number(name)) is not None:
                where.append(f"o.created * 1000 {compare} ?")
                values.append(moment)
        page, full = Page.of(call), call.has("full_details")
        condition = " AND ".join(where)
        _, total = self._store.search(condition, values, 0, 0)
        offset = page.start(total)
        rows, total = self._store.search(condition, values, offset, page.length)
        described = [self._detailed(row) if full else _s3_object(row) for row in rows]
        return paged(described, total, offset)

    def _detailed(self, row: sqlite3.Row) -> str:
        blobs = self._store.blobs(row["key"])
        fields: dict[str, Field] = {
            **_object_fields(row),
            "BlobsBeingPersisted": sum(
                blob["received_at"] is not None and blob["persisted_at"] is None for blob in blobs
            ),
            "BlobsDegraded": 0,
            "BlobsInCache": sum(blob["cached"] for blob in blobs),
            "BlobsTotal": len(blobs),
            "ETag": row["etag"],
            "Owner": row["user"],
            "Size": row["size"],
        }
        return element("Object", fields)

    def _show_object(self, call: Call) -> Answer:
        bucket = self._store.bucket(call.required("bucket_id"))["name"]
        self._store.object(bucket, call.name)
        condition = "o.bucket = ? AND o.name = ?"
        rows, _ = self._store.search(condition, [bucket, call.name], 0, 1)
        return Answer(body=element("Data", _object_fields(rows[0])))


def _entry(called: str, row: Row, owner: str) -> str:
    # Written out and not built by `element`: a large bucket is listed a thousand at a time.
    etag, modified = leaf("ETag", row.etag), leaf("LastModified", answers.date(row.created))
    return (
        f"<{called}>{etag}<IsLatest>true</IsLatest>{leaf('Key', row.name)}{modified}{owner}"
        f"<Size>{row.size}</Size><StorageClass/><VersionId>{row.id}</VersionId></{called}>"
    )


def _delete_error(name: str, refused: Refused) -> str:
    code = "ObjectNotFound" if refused.status == 404 else refused.code
    return element("Error", {"Code": code, "Key": name, "Message": refused.message})


def _object_fields(row: sqlite3.Row) -> dict[str, Field]:
    return {
        "BucketId": row["bucket_id"],
        "CreationDate": answers.date(row["created"]),
        "Id": row["id"],
        "Latest": row["created"] is not None,
        "Name": row["name"],
        "Type": "FOLDER" if row["name"].endswith("/") else "DATA",
    }


def _s3_object(row: sqlite3.Row) -> str:
    return element("S3Object", _object_fields(row))


def _like(pattern: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part) for part in pattern.split("%")), re.DOTALL)


def _glob(pattern: str) -> str:
    """The same as SQLite's GLOB, which tells upper from lower case and has other wild cards."""
    return re.sub(r"[*?\[]", lambda found: f"[{found[0]}]", pattern).replace("%", "*")
