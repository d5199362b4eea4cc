"""Which tapes and pools the copies of a blob are written to.

Each persistence rule of a data policy makes one copy in its storage domain, on a medium of one of
the domain's members; two copies in one domain go to different members as far as there are.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence

from .copies import Copies, Place, Use
from .policies import Policies
from .records import Record, Records
from .store import Store

NEVER = "NEVER_SELECT"
ISOLATED = "BUCKET_ISOLATED"
PREFERENCES = ("HIGH", "NORMAL", "LOW")


class Writing:
    def __init__(self, store: Store, records: Records, policies: Policies, copies: Copies) -> None:
        self._store = store
        self._records = records
        self._policies = policies
        self._copies = copies

    def choose(self, bucket: sqlite3.Row, length: int) -> tuple[bool, int | None]:
        """Whether blobs of `length` bytes can be persisted now, and the number for where they go.

        They cannot while no copy has a medium to go to though its domain has some. Where domains
        have no media at all there is nothing to wait for. Within the caller's transaction.
        """
        uses, asked = self._copies.uses(), list[Place]()
        for rule in self.rules_of(bucket):
            if any(self._media_of(member) for member in self._members(rule)):
                isolated = bucket["id"] if rule["IsolationLevel"] == ISOLATED else None
                asked.append(self._place(rule, isolated, length, uses, asked))
        if asked and not any(place.medium for place in asked):
            return False, None
        return True, self._copies.number(asked, length) if asked else None

    def mend(self) -> None:
        """Make the copies that had no medium when their blobs were persisted, where one is there.

        Within the caller's transaction.
        """
        rows = self._store.all("SELECT * FROM copies WHERE used > 0 AND instr(media, '\"\"') > 0")
        for row in rows:
            places = self._copies.of(row["key"])
            if any(rule["IsolationLevel"] == ISOLATED for rule in self._lacking(places).values()):
                for share in self._shares(row["key"]):
                    self._mend(row["key"], places, share["length"], share)
            else:
                self._mend(row["key"], places, row["used"], None)

    def _lacking(self, places: Sequence[Place]) -> dict[int, Record]:
        """The rules that ask for the copies not made, by their places."""
        rules = {
            number: self._records.find("data_persistence_rule", place.rule)
            for number, place in enumerate(places)
            if not place.medium
        }
        return {number: rule for number, rule in rules.items() if rule is not None}

    def _shares(self, key: int) -> list[sqlite3.Row]:
        """The buckets whose blobs lie so: name and id of each, and how many bytes."""
        return self._store.all(
            "SELECT bucket.name, bucket.id, SUM(b.length) AS length FROM blob b"
            " JOIN object o ON o.key = b.object JOIN bucket ON bucket.name = o.bucket"
            " WHERE b.copies = ? GROUP BY bucket.name",
            key,
        )

    def _mend(
        self, key: int, places: tuple[Place, ...], length: int, share: sqlite3.Row | None
    ) -> None:
        """Make what lacks of blobs that lie so, all of them or a bucket's share."""
        uses, now = self._copies.uses(), list(places)
        for number, rule in self._lacking(places).items():
            isolated = rule["IsolationLevel"] == ISOLATED and share is not None
            bucket = share["id"] if isolated and share is not None else None
            now[number] = self._place(rule, bucket, length, uses, now)
        if tuple(now) == places:
            return
        db, mended = self._store.db, self._copies.number(now, length)
        if share is None:
            db.execute("UPDATE blob SET copies = ? WHERE copies = ?", (mended, key))
        else:
            db.execute(
                "UPDATE blob SET copies = ? WHERE copies = ?"
                " AND object IN (SELECT o.key FROM object o WHERE o.bucket = ?)",
                (mended, key, share["name"]),
            )
        db.execute("UPDATE copies SET used = used - ? WHERE key = ?", (length, key))

    def rules_of(self, bucket: sqlite3.Row) -> list[Record]:
        """The rules that say which copies a bucket's blobs have."""
        return self._rules(self._policies.of(bucket).id)

    def _rules(self, policy: str) -> list[Record]:
        return [
            rule
            for rule in self._records.every("data_persistence_rule")
            if rule["DataPolicyId"] == policy and rule["Type"] != "RETIRED"
        ]

    def _members(self, rule: Record) -> list[Record]:
        """The members of a rule's domain that may be written to, in the order of their turns."""
        members = [
            member
            for member in self._records.every("storage_domain_member")
            if member["StorageDomainId"] == rule["StorageDomainId"]
            and member["State"] == "NORMAL"
            and member["WritePreference"] != NEVER
        ]
        members.sort(key=lambda each: PREFERENCES.index(each["WritePreference"]))
        before = sum(
            rule["StorageDomainId"] == other["StorageDomainId"]
            for other in self._rules(rule["DataPolicyId"])
            if other.place < rule.place
        )
        turn = before % len(members) if members else 0
        return [*members[turn:], *members[:turn]]

    def _media_of(self, member: Record) -> list[Record]:
        """All media a member could ever have: its own, and those of its partition nobody has."""
        kind = "tape" if member["TapePartitionId"] else "pool"
        partition = member["TapePartitionId"] or member["PoolPartitionId"]
        return [
            medium
            for medium in self._records.every(kind)
            if medium["PartitionId"] == partition
            and medium["StorageDomainMemberId"] in (None, member.id)
            and member["TapeType"] in (None, medium["Type"])
        ]

    def _place(
        self,
        rule: Record,
        bucket: str | None,
        length: int,
        uses: Mapping[str, Use],
        taken: Sequence[Place],
    ) -> Place:
        """Where a rule's copy goes, on a medium made the domain's own; on none if there is none.

        `bucket` is the id of the bucket that the medium is for alone.
        """
        others = {place.medium for place in taken}
        for member in self._members(rule):
            fit = [
                medium
                for medium in self._media_of(member)
                if medium["State"] == "NORMAL"
                and medium.id not in others
                and not medium.fields.get("WriteProtected")
                and medium["BucketId"] in (bucket, None if _is_empty(medium) else bucket)
                and _capacity(medium) - _bytes(uses, medium) >= length
            ]
            # What the domain has already is filled before another one is begun.
            fit.sort(key=lambda medium: (not medium["AssignedToStorageDomain"], medium.name))
            if fit:
                medium = self._assign(fit[0], member, bucket)
                return Place(rule.id, medium.kind, medium.id)
        return Place(rule.id, "", "")

    def _assign(self, medium: Record, member: Record, bucket: str | None) -> Record:
        if medium["AssignedToStorageDomain"] and medium["BucketId"] == bucket:
            return medium
        return self._records.update(
            medium,
            AssignedToStorageDomain=True,
            StorageDomainMemberId=member.id,
            BucketId=bucket,
        )

    def give_back(self, member: str) -> None:
        """Make the media of a storage domain's member nobody's again, those that hold nothing."""
        uses = self._copies.uses()
        for kind in ("tape", "pool"):
            for medium in self._records.every(kind):
                if medium["StorageDomainMemberId"] == member and not _bytes(uses, medium):
                    self._records.update(
                        medium,
                        AssignedToStorageDomain=False,
                        StorageDomainMemberId=None,
                        BucketId=None,
                    )


def _bytes(uses: Mapping[str, Use], medium: Record) -> int:
    return uses[medium.id].bytes if medium.id in uses else 0


def _is_empty(medium: Record) -> bool:
    return not medium["AssignedToStorageDomain"]


def _capacity(medium: Record) -> int:
    return int(medium.fields.get("TotalRawCapacity") or medium.fields.get("TotalCapacity") or 0)
