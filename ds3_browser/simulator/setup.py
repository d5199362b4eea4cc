"""The appliance as its administrator has set it up, and what the switches add to that.

At the start there are two users, a library of two partitions with two drives and six tapes each, a
pool, one storage domain on both partitions and one data policy that keeps two copies in it. The
policies, users and ejected tapes that a switch names come and go with its value; what clients made
stays.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any  # switch values are JSON

from . import policies
from .kinds import KINDS
from .records import Record, Records
from .references import remove
from .store import Store
from .switch_values import ejected
from .users import ADMINISTRATORS, EVERYONE, new_access_id, new_secret

DOMAIN = "Tape copies"
ADMINISTRATOR_ID = "QWRtaW5pc3RyYXRvcg=="
TAPE_BYTES = 6_000_000_000_000  # of an LTO-7, uncompressed
POOL_BYTES = 100_000_000_000_000
TAPES = 6  # a partition
DRIVES = 2


class Setup:
    """`access_id` and `secret_key` are those of the user `spectra`."""

    def __init__(self, store: Store, records: Records, access_id: str, secret_key: str) -> None:
        self._store = store
        self._records = records
        self._access_id = access_id
        self._secret_key = secret_key

    def furnish(self) -> None:
        """Set up an appliance that has nothing yet. What one has it keeps, but for the keys."""
        with self._store.transaction():
            if not self._records.every("user"):
                self._add_users()
                self._add_library()
                self._add_pool()
            self._have_spectra()

    def _have_spectra(self) -> None:
        """See to it that there is a user with the keys given, who may do everything."""
        records = self._records
        user = records.find("user", fixed_id("user", "spectra")) or records.find("user", "spectra")
        if user is None:
            user = self._add("user", "spectra", Name="spectra", AuthId="", SecretKey="")
        group = records.get("group", ADMINISTRATORS, "Group")
        inside = {
            member["MemberUserId"]
            for member in records.every("group_member")
            if member["GroupId"] == group.id
        }
        if user.id not in inside:
            self._add_member(user, group)
        records.update(user, AuthId=self._access_id, SecretKey=self._secret_key)

    def _add(self, kind: str, what: str, source: str = "", **given: Any) -> Record:
        """A record with the table's defaults, and with an id that is the same each time."""
        return self._records.insert(
            kind,
            {**defaults(kind, self._store.now()), **given},
            id=fixed_id(kind, what),
            source=source,
        )

    def _add_users(self) -> None:
        self._add("group", EVERYONE, Name=EVERYONE, BuiltIn=True)
        group = self._add("group", ADMINISTRATORS, Name=ADMINISTRATORS, BuiltIn=True)
        own = ADMINISTRATOR_ID if self._access_id != ADMINISTRATOR_ID else "YWRtaW4="
        keys = {"AuthId": own, "SecretKey": new_secret()}
        user = self._add("user", "Administrator", Name="Administrator", **keys)
        self._add_member(user, group)

    def _add_member(self, user: Record, group: Record, source: str = "") -> None:
        self._add(
            "group_member",
            f"{user.name} {group.name}",
            source,
            GroupId=group.id,
            MemberUserId=user.id,
        )

    def _add_library(self) -> None:
        library = self._add(
            "tape_library",
            "library",
            Name="Simulated library",
            SerialNumber="SIMLIB01",
            ManagementUrl="http://127.0.0.1/",
        )
        domain = self._add("storage_domain", DOMAIN, Name=DOMAIN)
        for number in (1, 2):
            partition = self._add(
                "tape_partition",
                str(number),
                Name=f"Partition {number}",
                SerialNumber=f"SIMLIB01-{number}",
                LibraryId=library.id,
                DriveType="LTO7",
                ImportExportConfiguration="SUPPORTED",
                Quiesced="NO",
            )
            self._add(
                "storage_domain_member",
                str(number),
                StorageDomainId=domain.id,
                TapePartitionId=partition.id,
                TapeType="LTO7",
            )
            self._fill(partition, number)

    def _fill(self, partition: Record, number: int) -> None:
        for drive in range(1, DRIVES + 1):
            serial = f"SIMDRIVE{number}{drive}"
            self._add(
                "tape_drive",
                serial,
                SerialNumber=serial,
                MfgSerialNumber=serial,
                Type="LTO7",
                PartitionId=partition.id,
            )
        for tape in range(1, TAPES + 1):
            code = f"SIM{number}{tape:02d}L7"
            self._add(
                "tape",
                code,
                BarCode=code,
                SerialNumber=f"SIMTAPE-{number}{tape:02d}",
                PartitionId=partition.id,
                Type="LTO7",
                State="NORMAL",
                TotalRawCapacity=TAPE_BYTES,
                AvailableRawCapacity=TAPE_BYTES,
            )

    def _add_pool(self) -> None:
        partition = self._add("pool_partition", "disk", Name="Disk", Type="ONLINE")
        self._add(
            "pool",
            "Pool 1",
            Name="Pool 1",
            Guid="1000000000000001",
            Health="OK",
            Mountpoint="/pool/1",
            PartitionId=partition.id,
            PoweredOn=True,
            State="NORMAL",
            Type="ONLINE",
            ReservedCapacity=0,
            UsedCapacity=0,
            AvailableCapacity=POOL_BYTES,
            TotalCapacity=POOL_BYTES,
        )

    # --- what switches name

    def set_policies(self, described: Sequence[Mapping[str, Any]]) -> None:
        """Have exactly these policies of the switch; the first is the default of who has none."""
        with self._store.transaction():
            wanted = dict(policies.described(item) for item in described)
            for record in self._records.every("data_policy"):
                if record.source and record.id not in wanted:
                    self._drop_policy(record)
            for identifier, fields in wanted.items():
                self._put_policy(identifier, fields)
            for user in self._records.every("user"):
                ours = user.source or user.name in ("spectra", "Administrator")
                own = self._records.find("data_policy", user["DefaultDataPolicyId"] or "")
                if ours and (own is None or own.source):
                    self._records.update(user, DefaultDataPolicyId=next(iter(wanted)))

    def _put_policy(self, identifier: str, fields: Mapping[str, Any]) -> None:
        there = self._records.find("data_policy", identifier)
        if there is not None:
            self._records.update(there, **fields)
            return
        same_name = self._records.find("data_policy", fields["Name"])
        if same_name is not None:
            self._drop_policy(same_name)
        domain = self._records.find("storage_domain", DOMAIN)
        whole = {**defaults("data_policy", self._store.now()), **fields}
        self._records.insert("data_policy", whole, id=identifier, source="policies")
        for copy in (1, 2) if domain is not None else ():
            self._add(
                "data_persistence_rule",
                f"{identifier} {copy}",
                "policies",
                DataPolicyId=identifier,
                StorageDomainId=domain.id if domain is not None else None,
                IsolationLevel="STANDARD",
                Type="PERMANENT",
            )

    def _drop_policy(self, policy: Record) -> None:
        for rule in self._records.every("data_persistence_rule"):
            if rule["DataPolicyId"] == policy.id:
                self._records.delete(rule)
        remove(self._records, policy)

    def set_users(self, described: Sequence[Mapping[str, Any]]) -> None:
        """Have exactly these users of the switch, beside those that clients made."""
        with self._store.transaction():
            wanted = {item["name"]: item for item in described}
            for record in self._records.every("user"):
                if record.source and record.name not in wanted:
                    remove(self._records, record)
            for name, item in wanted.items():
                self._put_user(name, item)

    def _put_user(self, name: str, item: Mapping[str, Any]) -> None:
        taken = {user["AuthId"]: user.name for user in self._records.every("user")}
        policy = self._records.every("data_policy")
        fields = {
            "AuthId": item.get("access_id") or new_access_id(name, taken),
            "SecretKey": item.get("secret_key") or new_secret(),
        }
        user = self._records.find("user", name)
        if user is None:
            own = policy[0].id if policy else None
            user = self._add("user", name, "users", Name=name, DefaultDataPolicyId=own, **fields)
        else:
            self._records.update(user, **fields)
        group = self._records.get("group", ADMINISTRATORS, "Group")
        is_member = self._records.find("group_member", fixed_id_of_member(user, group))
        if item.get("administrator") and not is_member:
            self._add_member(user, group, "users")

    def set_ejected(self, described: Sequence[Mapping[str, Any] | str]) -> None:
        """Have exactly these tapes out of the library."""
        with self._store.transaction():
            wanted = {item["barcode"]: item for item in map(ejected, described)}
            for tape in self._records.every("tape"):
                if tape.name in wanted:
                    item = wanted[tape.name]
                    eject(
                        self._records,
                        tape,
                        self._store.now(),
                        item.get("label"),
                        item.get("location"),
                    )
                elif tape["State"] == "EJECTED":
                    bring_back(self._records, tape)


def eject(
    records: Records, tape: Record, now: float, label: str | None, location: str | None
) -> Record:
    """Take a tape out of the library, with what shall be known of where it is."""
    out = tape["State"] == "EJECTED"
    return records.update(
        tape,
        EjectDate=tape["EjectDate"] if out else now,
        EjectLabel=label,
        EjectLocation=location,
        PreviousState=tape["PreviousState"] if out else tape["State"],
        State="EJECTED",
    )


def bring_back(records: Records, tape: Record) -> Record:
    return records.update(
        tape,
        EjectDate=None,
        EjectLabel=None,
        EjectLocation=None,
        PreviousState="EJECTED",
        State="NORMAL",
    )


def defaults(kind: str, now: float) -> dict[str, Any]:
    """The fields of a new record of a kind, as far as the table says."""
    return {
        column.name: now if column.default == "now" else column.default_value
        for column in KINDS[kind].columns.values()
    }


def fixed_id(kind: str, what: str) -> str:
    """The same id for the same thing, whenever an appliance is set up."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{kind} {what}"))


def fixed_id_of_member(user: Record, group: Record) -> str:
    return fixed_id("group_member", f"{user.name} {group.name}")
