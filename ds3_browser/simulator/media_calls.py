"""The calls about tapes and pools that are no plain records' calls.

Ejecting tapes, what is on a tape, which blobs have lost a copy, and how much room there is.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence

from . import parameters
from .access import Access
from .answers import Field, Value, element, tag
from .calls import PAGING, Answer, Call, Page, Route, Routes, paged, paged_all, parse
from .copies import Copies
from .kinds import KINDS
from .name_calls import object_fields
from .records import Record, Records, written
from .room import Room
from .setup import eject, fixed_id
from .store import Refused, Store

# Kind, and its fields for all the room and for what is left.
_CAPACITIES = (
    ("pool", "TotalCapacity", "AvailableCapacity"),
    ("tape", "TotalRawCapacity", "AvailableRawCapacity"),
)
_SUMMARY = "pool_health pool_state pool_type tape_state tape_type"
_BLOBS = "FROM blob b JOIN object o ON o.key = b.object JOIN bucket u ON u.name = o.bucket"
_ORDER = "ORDER BY o.bucket, o.name, o.id, b.offset"


class MediaCalls:
    def __init__(
        self,
        store: Store,
        records: Records,
        copies: Copies,
        room: Room,
        access: Access,
        settle: Callable[[], None],
    ) -> None:
        self._store = store
        self._records = records
        self._copies = copies
        self._room = room
        self._access = access
        self._settle = settle

    def routes(self) -> Routes:
        return {
            "PUT tape/ eject": Route(self._eject, "eject_label eject_location"),
            "PUT tape eject": Route(
                self._eject_blobs, "blobs bucket_id storage_domain eject_label eject_location"
            ),
            "GET tape/ get_physical_placement": Route(self._blobs_on_tape, PAGING),
            "GET degraded_blob": Route(
                self._degraded,
                f"blob_id bucket_id ds3_replication_rule_id persistence_rule_id {PAGING}",
            ),
            "GET suspect_object": Route(self._suspect, f"bucket_id {PAGING}", lacks="full_details"),
            "GET capacity_summary": Route(
                self._capacity, f"bucket_id storage_domain_id {_SUMMARY}"
            ),
        }

    # --- out of the library

    def _eject(self, call: Call) -> Answer:
        self._access.require_administrator(call.user)
        self._settle()
        with self._store.transaction():
            tape = self._records.get("tape", call.name, "Tape")
            self._check_ejectable(tape)
            tape = self._put_out(tape, call)
        return Answer(body=element("Data", written(KINDS["tape"], self._room.shown(tape))))

    def _put_out(self, tape: Record, call: Call) -> Record:
        label, location = call.text("eject_label"), call.text("eject_location")
        return eject(self._records, tape, self._store.now(), label, location)

    def _check_ejectable(self, tape: Record) -> None:
        """Refuse a tape whose storage domain lets none of its media out."""
        member = self._records.find("storage_domain_member", tape["StorageDomainMemberId"] or "")
        domain = member and self._records.find("storage_domain", member["StorageDomainId"])
        if domain and not domain["MediaEjectionAllowed"]:
            message = f"The storage domain {domain.name} lets no media out."
            raise Refused(400, "InvalidArgument", message)

    def _eject_blobs(self, call: Call) -> Answer:
        """Eject the tapes of a domain that hold the objects named in the body."""
        self._access.require_administrator(call.user)
        if not call.has("blobs"):
            raise Refused(404, "NotFound", "Only the tapes of some objects can be ejected at once.")
        bucket = self._store.bucket(call.required("bucket_id"))["name"]
        members = self._members(call.required("storage_domain"))
        names = [item.get("Name") or "" for item in parse(call.body).iter("{*}Object")]
        self._settle()
        with self._store.transaction():
            tapes: dict[str, Record] = {}
            for name in names:
                blobs = self._store.all(
                    f"SELECT b.*, o.bucket, o.name {_BLOBS} WHERE o.bucket = ? AND o.name = ?",
                    bucket,
                    name,
                )
                places = [place for blob in blobs for place in self._copies.left(blob)]
                tapes |= {tape.id: tape for tape in self._copies.media(places) if _is_tape(tape)}
            for tape in tapes.values():
                if tape["StorageDomainMemberId"] in members and tape["State"] != "EJECTED":
                    self._check_ejectable(tape)
                    self._put_out(tape, call)
        return Answer(204)

    # --- what is where

    def _blobs_on_tape(self, call: Call) -> Answer:
        self._access.require_administrator(call.user)
        self._settle()
        tape = self._records.get("tape", call.name, "Tape")
        keys = ", ".join(map(str, self._copies.on(tape.id))) or "-1"
        page, where = Page.of(call), f"WHERE b.copies IN ({keys})"
        total = self._store.value(f"SELECT COUNT(*) {_BLOBS} {where}")

        def ids() -> Iterator[str]:
            return (row["id"] for row in self._store.all(f"SELECT b.id {_BLOBS} {where} {_ORDER}"))

        offset = page.start(total, ids)
        rows = self._store.all(
            f"SELECT b.*, o.bucket, o.name, o.id AS version, o.latest {_BLOBS} {where} {_ORDER}"
            " LIMIT ? OFFSET ?",
            page.length,
            offset,
        )
        return paged([_blob(row) for row in rows], total, offset)

    def _degraded(self, call: Call) -> Answer:
        """The copies that blobs should have and have not, one after another."""
        self._access.require_administrator(call.user)
        self._settle()
        bucket, rule = call.text("bucket_id"), call.text("persistence_rule_id")
        where, values = self._copies.suspicion()
        for column, wanted in (
            ("b.id", call.text("blob_id")),
            ("u.id", None if bucket is None else self._store.bucket(bucket)["id"]),
        ):
            if wanted is not None:
                where, values = f"{where} AND {column} = ?", (*values, wanted.lower())
        rows = self._store.all(
            f"SELECT b.id, b.copies, o.bucket, o.name, u.id AS bucket_id {_BLOBS} WHERE {where}",
            *values,
        )
        lacking = [
            (fixed_id("degraded_blob", f"{row['id']} {place.rule}"), row, place.rule)
            for row in rows
            for place in self._copies.lost(row)
            if rule in (None, place.rule)
        ]
        if call.text("ds3_replication_rule_id") is not None:
            lacking = []  # nothing here is replicated to other appliances
        lacking.sort(key=lambda each: each[0])
        return paged_all(
            call, [_degraded_blob(*each) for each in lacking], [each[0] for each in lacking]
        )

    def _suspect(self, call: Call) -> Answer:
        """Objects whose data is doubtful: those that a switch names."""
        self._access.require_administrator(call.user)
        bucket = call.text("bucket_id")
        where, values = self._copies.doubt()
        if bucket is not None:
            where, values = (
                f"{where} AND o.bucket = ?",
                (*values, self._store.bucket(bucket)["name"]),
            )
        rows = self._store.all(
            "SELECT o.*, u.id AS bucket_id FROM object o JOIN bucket u ON u.name = o.bucket"
            f" WHERE {where} ORDER BY o.name, o.created DESC, o.id",
            *values,
        )
        found = [element("S3Object", object_fields(row)) for row in rows]
        return paged_all(call, found, [row["id"] for row in rows])

    # --- how much there is

    def _capacity(self, call: Call) -> Answer:
        """Room on tapes and pools: of all, of a storage domain, or of a bucket in a domain."""
        self._access.require_administrator(call.user)
        self._settle()
        bucket, domain = call.text("bucket_id"), call.text("storage_domain_id")
        if bucket is not None and domain is None:
            raise Refused(400, "InvalidArgument", "A bucket_id needs a storage_domain_id.")
        members = None if domain is None else self._members(domain)
        own = None if bucket is None else self._store.bucket(bucket)["id"]
        uses, sums = self._room.uses(), dict[str, Field]()
        for kind, total, free in _CAPACITIES:
            media = [
                self._room.now(medium, uses)
                for medium in self._records.every(kind)
                if (members is None or medium["StorageDomainMemberId"] in members)
                and (own is None or medium["BucketId"] in (None, own))
                and _is_asked_for(medium, call)
            ]
            sums[KINDS[kind].element] = [_summary(kind, media, total, free)]
        return Answer(body=element("Data", sums))

    def _members(self, domain: str) -> set[str]:
        """Ids of the members of a storage domain. Raises Refused if there is no such domain."""
        own = self._records.get("storage_domain", domain, "StorageDomain").id
        return {
            member.id
            for member in self._records.every("storage_domain_member")
            if member["StorageDomainId"] == own
        }


def _is_asked_for(medium: Record, call: Call) -> bool:
    """Whether a medium is of the state, type and health that a summary is asked for."""
    for name in ("State", "Type", "Health"):
        parameter = f"{medium.kind}_{name.lower()}"
        column = KINDS[medium.kind].columns.get(name)
        text = call.text(parameter)
        if column is not None and text is not None:
            wanted = parameters.value(parameter, column.type, column.words, text)
            if medium[name] != wanted:
                return False
    return True


def _summary(kind: str, media: Sequence[Record], total: str, free: str) -> str:
    allocated = sum(medium[total] or 0 for medium in media)
    left = sum(medium[free] or 0 for medium in media)
    fields: dict[str, Field] = {
        "PhysicalAllocated": allocated,
        "PhysicalFree": left,
        "PhysicalUsed": allocated - left,
    }
    return element(KINDS[kind].element, fields)


def _degraded_blob(identifier: str, row: sqlite3.Row, rule: str) -> str:
    fields: dict[str, Field] = {
        f"{target}ReplicationRuleId": None for target in ("Azure", "Ds3", "S3")
    }
    fields |= {
        "BlobId": row["id"],
        "BucketId": row["bucket_id"],
        "Id": identifier,
        "PersistenceRuleId": rule,
    }
    return element("DegradedBlob", fields)


def _blob(row: sqlite3.Row) -> str:
    fields: dict[str, Value] = {
        "Bucket": row["bucket"],
        "Id": row["id"],
        "InCache": bool(row["cached"]),
        "Latest": bool(row["latest"]),
        "Length": row["length"],
        "Name": row["name"],
        "Offset": row["offset"],
        "VersionId": row["version"],
    }
    return tag("Object", fields)


def _is_tape(medium: Record) -> bool:
    return medium.kind == "tape"
