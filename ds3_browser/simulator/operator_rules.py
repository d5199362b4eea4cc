"""What single kinds of records ask for beyond the table: who may, what fits together, what follows.

Everything here refuses or completes; keeping is the caller's, who holds a transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any  # a value is as many types as a record's fields are

from .access import SOURCE, Access
from .calls import Call
from .dialect import release
from .faults import Faults
from .kinds import KINDS, Kind, snake
from .records import Record, Records, missing
from .store import Refused, Store
from .users import Users, new_access_id, new_secret
from .writing import Writing

Fields = Mapping[str, Any]

# Fields of which a record has exactly one.
_EITHER = {
    "bucket_acl": ("UserId", "GroupId"),
    "data_policy_acl": ("UserId", "GroupId"),
    "group_member": ("MemberUserId", "MemberGroupId"),
    "storage_domain_member": ("PoolPartitionId", "TapePartitionId"),
}
# Numbers that are at least so large.
_LEAST = {
    "DefaultBlobSize": 1,
    "MaxVersionsToKeep": 1,
    "MinimumDaysToRetain": 1,
    "MaxBuckets": 0,
    "MaxTapeFragmentationPercent": 0,
    "MaximumAutoVerificationFrequencyInDays": 1,
    "AutoCompactionThreshold": 0,
    "AutoEjectMediaFullThreshold": 0,
}


class Rules:
    def __init__(
        self,
        store: Store,
        records: Records,
        users: Users,
        access: Access,
        writing: Writing,
        faults: Faults,
    ) -> None:
        self._store = store
        self._records = records
        self._users = users
        self._access = access
        self._writing = writing
        self._faults = faults
        self._creations: Mapping[str, Callable[[Fields, Call], Fields]] = {
            "group_member": self._new_group_member,
            "storage_domain_member": self._new_domain_member,
            "user": self._new_user,
        }

    # --- what a user may see and touch

    def every(self, kind: str, call: Call) -> list[Record]:
        """The records of a kind that the caller may know of. Raises Refused if there are none."""
        records = self._access.rules() if kind == "bucket_acl" else self._records.every(kind)
        if KINDS[kind].open or self._access.is_administrator(call.user):
            return records
        if not _has_own(kind):
            self._access.require_administrator(call.user)
        return [record for record in records if self._is_own(record, call.user)]

    def find(self, kind: str, call: Call) -> Record:
        """The record a call names. Raises Refused if there is none, or none for this user."""
        found = self._records.find(kind, call.name)
        if found is None and kind == "bucket_acl":
            wanted = call.name.lower()
            found = next((each for each in self._access.rules() if each.id == wanted), None)
        administrator = self._access.is_administrator(call.user)
        reading = KINDS[kind].open and call.method == "GET"
        if not (administrator or reading or (found and self._may_touch(found, call))):
            self._access.require_administrator(call.user)
        if found is None:
            raise missing(KINDS[kind].element, call.name)
        return found

    def _may_touch(self, record: Record, call: Call) -> bool:
        return self._is_own(record, call.user) and (record.kind != "user" or call.method == "GET")

    def _is_own(self, record: Record, user: str) -> bool:
        if record.kind == "user":
            return record.name == user
        if record.kind == "bucket_acl":
            return record["BucketId"] is not None and self._owns(user, record["BucketId"])
        return bool(record.fields.get("UserId") == self._users.id_of(user))

    def _owns(self, user: str, bucket_id: str) -> bool:
        row = self._store.one("SELECT * FROM bucket WHERE id = ?", bucket_id)
        return row is not None and self._access.may(user, row, "OWNER")

    def id_of(self, kind: str, text: str) -> str:
        """The id of what a parameter names. Raises Refused if there is none."""
        if kind in ("bucket", "job"):
            column = "name" if kind == "bucket" else "id"
            found: str | None = self._store.value(
                f"SELECT id FROM {kind} WHERE id = ? OR {column} = ?", text.lower(), text
            )
            if found is None:
                raise missing(kind.capitalize(), text)
            return found
        return self._records.get(kind, text, KINDS[kind].element).id

    # --- lists

    def also_asked(self, kind: str) -> str:
        return "bucket partition storage_domain sort_by" if kind == "tape" else ""

    def also_fits(self, kind: str, call: Call) -> Callable[[Record], bool]:
        """What the list of tapes can be asked for beside its fields."""
        if kind != "tape":
            return lambda _: True
        wanted: list[tuple[str, set[str | None]]] = []
        if (bucket := call.text("bucket")) is not None:
            wanted.append(("BucketId", {self.id_of("bucket", bucket)}))
        if (partition := call.text("partition")) is not None:
            wanted.append(("PartitionId", {self.id_of("tape_partition", partition)}))
        if (domain := call.text("storage_domain")) is not None:
            members = self._records.every("storage_domain_member")
            own = self.id_of("storage_domain", domain)
            ids: set[str | None] = {each.id for each in members if each["StorageDomainId"] == own}
            wanted.append(("StorageDomainMemberId", ids))
        return lambda record: all(record[name] in values for name, values in wanted)

    def order(self, kind: Kind, call: Call) -> tuple[str, ...]:
        text = call.text("sort_by") if kind.resource == "tape" else None
        if text is None:
            return kind.order
        down, name = text.startswith("-"), text.lstrip("-+")
        for column in kind.columns.values():
            if snake(column.name) == snake(name).replace("__", "_"):
                return (f"-{column.name}",) if down and column.type == "long" else (column.name,)
        raise Refused(400, "InvalidArgument", f"Tapes are not sorted by {name}.")

    # --- creation

    def before_creation(self, kind: str, fields: Fields, call: Call) -> Fields:
        """The fields a new record will have. Raises Refused if it may not be."""
        self._may_create(kind, fields, call)
        _check_numbers(fields)
        self._check_release(fields)
        if either := _EITHER.get(kind):
            if sum(fields[name] is not None for name in either) != 1:
                names = " or ".join(snake(name) for name in either)
                raise Refused(400, "InvalidArgument", f"Either {names} is required.")
            self._check_unlike(kind, fields)
        if kind.endswith("notification_registration"):
            return {**fields, "UserId": self._users.id_of(call.user)}
        complete = self._creations.get(kind)
        return fields if complete is None else complete(fields, call)

    def _may_create(self, kind: str, fields: Fields, call: Call) -> None:
        if kind.endswith("notification_registration"):
            return
        own = (
            kind == "bucket_acl"
            and fields["BucketId"]
            and self._owns(call.user, fields["BucketId"])
        )
        if not own:
            self._access.require_administrator(call.user)

    def _check_unlike(self, kind: str, fields: Fields) -> None:
        """Refuse a record that says what another one says already."""
        told = [name for name, column in KINDS[kind].columns.items() if column.refers_to]
        told += [name for name in ("Permission", "TapeType") if name in fields]
        for other in self._records.every(kind):
            if all(other[name] == fields[name] for name in told):
                raise Refused(409, "Conflict", f"There is one already: {other.id}")

    def _new_domain_member(self, fields: Fields, _: Call) -> Fields:
        if (fields["TapePartitionId"] is None) != (fields["TapeType"] is None):
            raise Refused(400, "InvalidArgument", "tape_partition_id and tape_type go together.")
        return fields

    def _new_group_member(self, fields: Fields, _: Call) -> Fields:
        group, member = fields["GroupId"], fields["MemberGroupId"]
        if member is not None and group in {member, *self._members_of(member)}:
            raise Refused(409, "Conflict", "A group cannot be a member of itself.")
        return fields

    def _members_of(self, group: str) -> set[str]:
        """Ids of the groups in a group, at whatever depth."""
        members = self._records.every("group_member")
        found: set[str] = set()
        while more := {
            each["MemberGroupId"] for each in members if each["GroupId"] in {group, *found}
        } - {None, *found}:
            found |= more
        return found

    def _new_user(self, fields: Fields, _: Call) -> Fields:
        return {
            **fields,
            "AuthId": new_access_id(fields["Name"], self._users.secrets),
            "SecretKey": fields["SecretKey"] or new_secret(),
        }

    # --- change and deletion

    def before_change(self, record: Record, changes: Fields, call: Call) -> Fields:
        """The fields that will change. Raises Refused if they may not."""
        _check_numbers(changes)
        self._check_release(changes)
        self._check_built_in(record)
        if record.kind == "user" and (name := changes.get("Name")) not in (None, record.name):
            for table in ("bucket", "job"):
                self._store.db.execute(
                    f"UPDATE {table} SET user = ? WHERE user = ?", (name, record.name)
                )
        return changes

    def before_deletion(self, record: Record, call: Call) -> None:
        self._check_built_in(record)
        if record.source == SOURCE:
            self._access.forget_switched(record)
        used_as = {"user": ("user", record.name), "data_policy": ("policy", record.id)}
        if record.kind in used_as:
            column, value = used_as[record.kind]
            query = f"SELECT name FROM bucket WHERE {column} = ?"
            if (bucket := self._store.value(query, value)) is not None:
                raise Refused(409, "Conflict", f"The bucket {bucket} needs it.")
        if record.kind == "user":
            self._forget_jobs_of(record.name)
        if record.kind == "storage_domain_member":
            self._writing.give_back(record.id)
        if record.kind == "user" and record.name == call.user:
            raise Refused(409, "Conflict", "Nobody can delete himself.")

    def _forget_jobs_of(self, user: str) -> None:
        """The jobs of a user that have ended go with him. Raises Refused while one runs."""
        running = "SELECT id FROM job WHERE user = ? AND status = 'IN_PROGRESS'"
        if (job := self._store.value(running, user)) is not None:
            raise Refused(409, "Conflict", f"The job {job} needs it.")
        self._store.forget_jobs("user = ?", user)

    def _check_built_in(self, record: Record) -> None:
        if record.kind == "group" and record["BuiltIn"]:
            raise Refused(403, "AccessDenied", f"The group is built in: {record.name}")

    def _check_release(self, fields: Fields) -> None:
        old = release(self._faults.get("server_version")) < (5, 0)
        if old and fields.get("Versioning") == "KEEP_MULTIPLE_VERSIONS":
            raise Refused(400, "InvalidArgument", "This release keeps no versions.")


def _has_own(kind: str) -> bool:
    """Whether users see their own records of a kind, though not those of others."""
    return kind in ("user", "bucket_acl") or kind.endswith("notification_registration")


def _check_numbers(fields: Fields) -> None:
    for name, least in _LEAST.items():
        value = fields.get(name)
        if value is not None and value < least:
            raise Refused(400, "InvalidArgument", f"{snake(name)} is at least {least}.")
