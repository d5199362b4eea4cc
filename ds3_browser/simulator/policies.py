"""Data policies: what is asked of a bucket's objects. Clients make them, and so does a switch.

A bucket whose policy is no longer there has the first of those that are.
"""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any  # switch values are JSON

from . import checksum
from .records import Record, Records

ADMINISTRATOR = "Administrator"
DEFAULT_NAME = "Two copies on tape"
VERSIONING = ("NONE", "KEEP_LATEST", "KEEP_MULTIPLE_VERSIONS")
SYSTEM_BLOB = 64 << 30  # bytes of a blob where neither job nor policy says


@dataclass(frozen=True, slots=True)
class Policy:
    """A data policy. `id` is, for one that a switch makes, the same for the same name."""

    name: str = DEFAULT_NAME
    checksum_type: str = "CRC_32C"
    default_blob_size: int | None = None
    blobbing_enabled: bool = True
    end_to_end_crc_required: bool = False
    versioning: str = "NONE"
    max_versions_to_keep: int = 1000
    default_put_job_priority: str = "NORMAL"
    default_get_job_priority: str = "HIGH"
    default_verify_job_priority: str = "LOW"
    always_minimize_spanning_across_media: bool = False
    default_verify_after_write: bool = False
    id: str = ""

    @property
    def blob_size(self) -> int | None:
        """Bytes of a blob where the job asks for none; None means never cut."""
        return (self.default_blob_size or SYSTEM_BLOB) if self.blobbing_enabled else None

    def default_priority(self, kind: str) -> str:
        """The priority of a job of this kind, PUT, GET or VERIFY, that asks for none."""
        return {
            "PUT": self.default_put_job_priority,
            "GET": self.default_get_job_priority,
        }.get(kind, self.default_verify_job_priority)

    def job_options(self, kind: str) -> dict[str, bool]:
        """What a job of this kind is told if nobody says otherwise, by names in answers."""
        if kind != "PUT":
            return {}
        return {
            "MinimizeSpanningAcrossMedia": self.always_minimize_spanning_across_media,
            "VerifyAfterWrite": self.default_verify_after_write,
        }


# What the switch may say of a policy.
TYPES = {
    "name": str,
    "checksum_type": str,
    "default_blob_size": int | None,
    "blobbing_enabled": bool,
    "end_to_end_crc_required": bool,
    "versioning": str,
    "max_versions_to_keep": int,
}
_FIELDS = {
    field.name: "".join(part.capitalize() for part in field.name.split("_"))
    for field in fields(Policy)
}


def are_policies(value: Any) -> bool:
    """Whether a switch's value describes at least one policy, and each by another name."""
    if not (isinstance(value, list) and value and all(isinstance(item, dict) for item in value)):
        return False
    fit = all(
        key in TYPES and isinstance(given, TYPES[key])
        for item in value
        for key, given in item.items()
    )
    return fit and _make_sense([Policy(**item) for item in value])


def _make_sense(policies: list[Policy]) -> bool:
    return len({policy.name for policy in policies}) == len(policies) and all(
        policy.name
        and policy.checksum_type in checksum.HEADERS
        and policy.versioning in VERSIONING
        and policy.max_versions_to_keep > 0
        and (policy.default_blob_size is None or policy.default_blob_size > 0)
        for policy in policies
    )


def described(item: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """The id of a policy that the switch describes, and what it says as a record's fields."""
    policy = Policy(**item)
    names = (name for name in _FIELDS if name in TYPES)
    return policy_id(policy.name), {_FIELDS[name]: getattr(policy, name) for name in names}


def policy_id(name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, name))


class Policies:
    """The policies there are just now."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._known: tuple[int, dict[str, Policy]] = (-1, {})

    def _by_id(self) -> dict[str, Policy]:
        generation, known = self._known
        if generation != self._records.generation:
            generation = self._records.generation
            known = {each.id: _policy(each) for each in self._records.every("data_policy")}
            self._known = (generation, known)
        return known

    def every(self) -> list[Policy]:
        return list(self._by_id().values())

    def find(self, name_or_id: str) -> Policy | None:
        record = self._records.find("data_policy", name_or_id)
        return None if record is None else _policy(record)

    def default(self) -> Policy:
        """What a bucket has that no policy is left of: the first there is, or the plainest."""
        return next(iter(self._by_id().values()), Policy())

    def default_of(self, user: str) -> Policy | None:
        """What a bucket of a user has, if nobody says otherwise. `user` is a name or an id.

        Who still has the policy of the start follows `Administrator`: clients set the default by
        that name and make buckets as whoever's keys they were given.
        """
        own = self._default_record(user)
        if own is not None and own.source:
            administrators = self._default_record(ADMINISTRATOR)
            own = own if administrators is None or administrators.source else administrators
        return None if own is None else _policy(own)

    def _default_record(self, user: str) -> Record | None:
        record = self._records.find("user", user)
        default = None if record is None else record["DefaultDataPolicyId"]
        return None if default is None else self._records.find("data_policy", default)

    def is_permanent(self, policy: str) -> bool:
        """Whether a rule of a policy, given by its id, keeps a copy for good."""
        return any(
            rule["DataPolicyId"] == policy and rule["Type"] == "PERMANENT"
            for rule in self._records.every("data_persistence_rule")
        )

    def of(self, bucket: sqlite3.Row) -> Policy:
        return self._by_id().get(bucket["policy"]) or self.default()


def _policy(record: Record) -> Policy:
    return Policy(**{name: record[field] for name, field in _FIELDS.items()})
