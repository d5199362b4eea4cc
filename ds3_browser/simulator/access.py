"""Who may do what: administrators everything, owners everything in their buckets, others as told.

An access rule gives a user or a group one permission in one bucket, or in all. OWNER holds all the
others, JOB the jobs that others have in the bucket. Rules come from clients and from a switch.
"""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any  # switch values are JSON

from .faults import Faults
from .records import Record, Records
from .store import Refused, Store
from .users import ADMINISTRATORS, Users

SOURCE = "acls"


@dataclass(frozen=True, slots=True)
class _Rights:
    """What one user may. Permissions are by the bucket's id, those in all buckets under None."""

    administrator: bool
    permissions: Mapping[str | None, frozenset[str]]
    policies: frozenset[str | None]


class Access:
    def __init__(self, store: Store, records: Records, users: Users, faults: Faults) -> None:
        self._store = store
        self._records = records
        self._users = users
        self._faults = faults
        self._known: tuple[int, dict[str, _Rights]] = (-1, {})

    # --- asking

    def is_administrator(self, user: str) -> bool:
        return self._rights(user).administrator

    def may(self, user: str, bucket: sqlite3.Row, permission: str | None) -> bool:
        """Whether a user has a permission in a bucket; None stands for any of them."""
        rights = self._rights(user)
        if rights.administrator or bucket["user"] == user:
            return True
        if not rights.permissions:
            return False
        given = rights.permissions.get(bucket["id"], frozenset()) | rights.permissions.get(
            None, frozenset()
        )
        return bool(given) if permission is None else bool(given & {permission, "OWNER"})

    def buckets_of(self, user: str, permission: str) -> list[str] | None:
        """The names of the buckets where a user has a permission; None stands for all."""
        if self.is_administrator(user):
            return None
        rows = self._store.all("SELECT * FROM bucket")
        return [row["name"] for row in rows if self.may(user, row, permission)]

    def require(self, user: str, bucket: sqlite3.Row, permission: str | None) -> None:
        """Refuse, with 403, who has not this permission."""
        if not self.may(user, bucket, permission):
            what = f"the permission {permission}" if permission else "a permission"
            raise Refused(403, "AccessDenied", f"You have not {what} in {bucket['name']}.")

    def require_administrator(self, user: str) -> None:
        if not self.is_administrator(user):
            raise Refused(403, "AccessDenied", "Only an administrator may do this.")

    def require_policy(self, user: str, policy: str) -> None:
        """Refuse who may not give this data policy to a bucket. One's default is one's own."""
        rights = self._rights(user)
        if not (rights.administrator or rights.policies & {policy, None}):
            raise Refused(403, "AccessDenied", "You may not use this data policy.")

    # --- what follows from the records

    def _rights(self, user: str) -> _Rights:
        if self._faults.get(SOURCE):
            return self._find(user)  # its buckets may come and go without a word to us
        generation, known = self._known
        if generation != self._records.generation:
            generation, known = self._records.generation, {}
            self._known = (generation, known)
        rights = known.get(user)
        if rights is None:
            rights = known[user] = self._find(user)
        return rights

    def _find(self, user: str) -> _Rights:
        record = self._records.find("user", user)
        if record is None:
            return _Rights(False, {}, frozenset())
        groups = self._users.groups_of(record.id)
        administrators = self._records.find("group", ADMINISTRATORS)
        permissions: dict[str | None, frozenset[str]] = {}
        for rule in self.rules():
            if _means(rule, record.id, groups):
                had = permissions.get(rule["BucketId"], frozenset())
                permissions[rule["BucketId"]] = had | {rule["Permission"]}
        policies = {
            rule["DataPolicyId"]
            for rule in self._records.every("data_policy_acl")
            if _means(rule, record.id, groups)
        }
        own = record["DefaultDataPolicyId"]
        return _Rights(
            administrators is not None and administrators.id in groups,
            permissions,
            frozenset(policies | ({own} if own else set())),
        )

    def rules(self) -> list[Record]:
        """Access rules of buckets: those that clients made, and those of the switch that apply."""
        switched = [self._of_switch(rule) for rule in self._faults.get(SOURCE)]
        return [*self._records.every("bucket_acl"), *(each for each in switched if each)]

    def _of_switch(self, rule: Mapping[str, Any]) -> Record | None:
        """A rule of the switch as a record; None while its bucket, user or group is not there."""
        bucket_id = None
        if rule.get("bucket") is not None:
            bucket_id = self._store.value("SELECT id FROM bucket WHERE name = ?", rule["bucket"])
        named = [self._id(kind, rule.get(kind)) for kind in ("user", "group")]
        if named == [None, None] or (bucket_id is None and rule.get("bucket") is not None):
            return None
        fields = {
            "BucketId": bucket_id,
            "GroupId": named[1],
            "Permission": rule["permission"].upper(),
            "UserId": named[0],
        }
        identifier = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{SOURCE} {fields}"))
        return Record("bucket_acl", identifier, 0, SOURCE, {**fields, "Id": identifier})

    def _id(self, kind: str, name: str | None) -> str | None:
        found = None if name is None else self._records.find(kind, name)
        return None if found is None else found.id

    def forget_switched(self, record: Record) -> None:
        """Take a rule out of the switch that made it."""
        kept = [
            rule
            for rule in self._faults.get(SOURCE)
            if (found := self._of_switch(rule)) is None or found.id != record.id
        ]
        self._faults.set(SOURCE, kept)


def _means(rule: Record, user_id: str, groups: frozenset[str]) -> bool:
    return rule["UserId"] == user_id or rule["GroupId"] in groups
