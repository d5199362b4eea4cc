"""The service, buckets, and the listing of one."""

from __future__ import annotations

import re
import sqlite3
import uuid

from . import answers
from .access import Access
from .answers import Field, element, leaf
from .calls import (
    PAGING,
    Answer,
    Call,
    Resource,
    Route,
    Routes,
    one_or_list,
)
from .dialect import release
from .faults import Faults
from .listings import Listings, Row
from .policies import Policies
from .records import Records, missing
from .references import let_go
from .store import Refused, Store
from .users import Users
from .versions import Versions

BUCKET_NAME = re.compile(r"[A-Za-z0-9.\-_]{1,63}")
MAX_KEYS = 1000


class BucketCalls:
    def __init__(
        self,
        store: Store,
        versions: Versions,
        listings: Listings,
        records: Records,
        policies: Policies,
        users: Users,
        access: Access,
        faults: Faults,
    ) -> None:
        self._store = store
        self._versions = versions
        self._listings = listings
        self._records = records
        self._policies = policies
        self._users = users
        self._access = access
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
        }

    # --- the calls that S3 has

    def service(self, call: Call) -> Answer:
        buckets = [
            element("Bucket", {"CreationDate": answers.date(row["created"]), "Name": row["name"]})
            for row in self._rows(call.user)
        ]
        fields: dict[str, Field] = {
            "Buckets": [f"<Buckets>{''.join(buckets)}</Buckets>" if buckets else "<Buckets/>"],
            "Owner": [self._owner(call.user)],
        }
        return Answer(body=element("ListAllMyBucketsResult", fields))

    def _rows(self, user: str) -> list[sqlite3.Row]:
        """The buckets that a user may list, by name."""
        rows = self._store.all("SELECT * FROM bucket ORDER BY name")
        return [row for row in rows if self._access.may(user, row, "LIST")]

    def _owner(self, user: str) -> str:
        return element("Owner", {"DisplayName": user, "ID": self._users.id_of(user)})

    def create(self, call: Call) -> Answer:
        self._create(call.bucket, call.user, self._own_policy(call.user))
        return Answer()

    def _own_policy(self, user: str) -> str:
        """The id of the policy that a user's buckets have if nobody says otherwise."""
        policy = self._policies.default_of(user)
        if policy is None:
            raise Refused(400, "InvalidArgument", f"{user} has no default data policy.")
        return policy.id

    def _create(
        self,
        name: str,
        user: str,
        policy: str,
        *,
        identifier: str | None = None,
        protected: bool = False,
    ) -> None:
        if name == "_rest_":
            raise Refused(403, "AccessDenied", "The name is reserved.")
        if not BUCKET_NAME.fullmatch(name):
            raise Refused(400, "InvalidArgument", f"Not a bucket name: {name}")
        if self._faults.get("strict") and not self._policies.is_permanent(policy):
            message = "The data policy has no permanent persistence rule."
            raise Refused(400, "InvalidArgument", message)
        self._store.create_bucket(name, user, policy, identifier=identifier, protected=protected)

    def head(self, call: Call) -> Answer:
        self._store.bucket(call.bucket)
        return Answer()

    def delete(self, call: Call) -> Answer:
        self._drop(call.bucket, force=False)
        return Answer(204)

    def _drop(self, name_or_id: str, *, force: bool) -> None:
        with self._store.transaction():
            identifier = self._store.bucket(name_or_id)["id"]
            self._versions.delete_bucket(identifier, force=force)
            let_go(self._records, "bucket", identifier)

    def list_objects(self, call: Call) -> Answer:
        """One page of a bucket, the names in byte order, common prefixes counted as names.

        Asked for versions, every entry is called Version and all versions are there.
        """
        bucket = self._store.bucket(call.bucket)
        prefix, delimiter = call.text("prefix") or "", call.text("delimiter") or ""
        marker = call.text("marker") or ""
        asked = call.number("max_keys")
        max_keys = MAX_KEYS if asked is None else min(MAX_KEYS, asked)
        versions = call.has("versions") and release(self._faults.get("server_version")) >= (5, 0)
        page = self._listings.versions_page if versions else self._listings.page
        rows, truncated = page(bucket["name"], prefix, delimiter, marker, max_keys)
        owner = self._owner(bucket["user"])
        entry = _version if versions else _contents
        fields: dict[str, Field] = {
            "CommonPrefixes": [
                element("CommonPrefixes", {"Prefix": row.name}) for row in rows if row.is_prefix
            ],
            "Version" if versions else "Contents": [
                entry(row, owner) for row in rows if not row.is_prefix
            ],
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

    # --- buckets under /_rest_/

    def _resource(self, row: sqlite3.Row) -> Resource:
        return Resource(
            row["id"],
            row["name"],
            {
                "CreationDate": answers.date(row["created"]),
                "DataPolicyId": self._policies.of(row).id,
                "Empty": not row["objects"],
                "Id": row["id"],
                "LastPreferredChunkSizeInBytes": self._faults.get("chunk_bytes"),
                "LogicalUsedCapacity": row["used"],
                "Name": row["name"],
                "Protected": bool(row["protected"]),
                "UserId": self._users.id_of(row["user"]),
            },
        )

    def _found(self, name_or_id: str) -> sqlite3.Row:
        """A bucket named under `/_rest_/`, where an unknown one is told otherwise than by S3."""
        try:
            return self._store.bucket(name_or_id)
        except Refused:
            raise missing("Bucket", name_or_id) from None

    def _show(self, call: Call) -> Answer:
        if call.name:
            resource = self._resource(self._found(call.name))
            return Answer(body=element("Data", resource.fields))
        rows = [row for row in self._rows(call.user) if self._is_wanted(call, row)]
        return one_or_list(call, "Bucket", [self._resource(row) for row in rows])

    def _is_wanted(self, call: Call, row: sqlite3.Row) -> bool:
        name, policy, user = call.text("name"), call.text("data_policy_id"), call.text("user_id")
        return (
            (name is None or _like(name).fullmatch(row["name"]) is not None)
            and (policy is None or self._policies.find(policy) == self._policies.of(row))
            and (user is None or self._users.find(user) == self._users.find(row["user"]))
        )

    def _post(self, call: Call) -> Answer:
        name, owner = call.required("name"), self._owner_named(call) or call.user
        protected = call.flag("protected") or False
        policy = self._policy_named(call) or self._own_policy(owner)
        self._access.require_policy(call.user, policy)
        identifier = identity(call.text("id"))
        self._create(name, owner, policy, identifier=identifier, protected=protected)
        fields = self._resource(self._store.bucket(name)).fields
        known = {k: v for k, v in fields.items() if k not in ("Empty", "LogicalUsedCapacity")}
        return Answer(201, element("Data", known))

    def _policy_named(self, call: Call) -> str | None:
        wanted = call.text("data_policy_id")
        found = None if wanted is None else self._policies.find(wanted)
        if wanted is not None and found is None:
            raise missing("DataPolicy", wanted)
        return None if found is None else found.id

    def _owner_named(self, call: Call) -> str | None:
        """The user a call makes the owner of a bucket. Only an administrator names another."""
        wanted = call.text("user_id")
        found = None if wanted is None else self._users.find(wanted)
        if wanted is not None and found is None:
            raise missing("User", wanted)
        if found is not None and found.name != call.user:
            self._access.require_administrator(call.user)
        return None if found is None else found.name

    def _modify(self, call: Call) -> Answer:
        with self._store.transaction() as db:
            row = self._found(call.name)
            policy = self._policy_named(call) or row["policy"]
            if policy != row["policy"]:
                self._access.require_policy(call.user, policy)
            db.execute(
                "UPDATE bucket SET policy = ?, user = ?, protected = COALESCE(?, protected)"
                " WHERE name = ?",
                (
                    *(policy, self._owner_named(call) or row["user"]),
                    *(call.flag("protected"), row["name"]),
                ),
            )
        return Answer(body=element("Data", self._resource(self._store.bucket(row["name"])).fields))

    def _delete(self, call: Call) -> Answer:
        self._drop(self._found(call.name)["name"], force=call.has("force"))
        return Answer(204)

    def _delete_nothing(self, call: Call) -> Answer:
        raise Refused(400, "InvalidArgument", "A bucket needs a name.")


def identity(text: str | None) -> str | None:
    """A UUID that a client gives to what it creates, in its usual form."""
    try:
        return text and str(uuid.UUID(text))
    except ValueError:
        raise Refused(400, "InvalidArgument", f"Not a UUID: {text}") from None


# Written out and not built by `element`: a large bucket is listed a thousand at a time.
def _contents(row: Row, owner: str) -> str:
    return f"<Contents>{_entry(row, owner, 'true')}</Contents>"


def _version(row: Row, owner: str) -> str:
    return f"<Version>{_entry(row, owner, 'true' if row.latest else 'false')}</Version>"


def _entry(row: Row, owner: str, latest: str) -> str:
    etag, modified = leaf("ETag", row.etag), leaf("LastModified", answers.date(row.created))
    return (
        f"{etag}<IsLatest>{latest}</IsLatest>{leaf('Key', row.name)}{modified}{owner}"
        f"<Size>{row.size}</Size><StorageClass/><VersionId>{row.id}</VersionId>"
    )


def _like(pattern: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part) for part in pattern.split("%")), re.DOTALL)
