"""Data policies: what is asked of a bucket's objects. They are given by a switch.

The first policy is everybody's default, and that of buckets whose own is no longer there.
"""

from __future__ import annotations

import sqlite3
import uuid
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any  # switch values are JSON

from . import checksum

if TYPE_CHECKING:
    from .faults import Faults

DEFAULT_NAME = "Two copies on tape"
VERSIONING = ("NONE", "KEEP_LATEST", "KEEP_MULTIPLE_VERSIONS")
SYSTEM_BLOB = 64 << 30  # bytes of a blob where neither job nor policy says


@dataclass(frozen=True, slots=True)
class Policy:
    name: str = DEFAULT_NAME
    checksum_type: str = "CRC_32C"
    default_blob_size: int | None = None
    blobbing_enabled: bool = True
    end_to_end_crc_required: bool = False
    versioning: str = "NONE"
    max_versions_to_keep: int = 1000

    @property
    def id(self) -> str:
        """The same for the same name, whenever the switch is set."""
        return str(uuid.uuid5(uuid.NAMESPACE_OID, self.name))

    @property
    def blob_size(self) -> int | None:
        """Bytes of a blob where the job asks for none; None means never cut."""
        return (self.default_blob_size or SYSTEM_BLOB) if self.blobbing_enabled else None


TYPES = {
    "name": str,
    "checksum_type": str,
    "default_blob_size": int | None,
    "blobbing_enabled": bool,
    "end_to_end_crc_required": bool,
    "versioning": str,
    "max_versions_to_keep": int,
}
assert set(TYPES) == {field.name for field in fields(Policy)}


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
        policy.checksum_type in checksum.HEADERS
        and policy.versioning in VERSIONING
        and policy.max_versions_to_keep > 0
        and (policy.default_blob_size is None or policy.default_blob_size > 0)
        for policy in policies
    )


class Policies:
    """The policies that the switch holds just now."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults

    def every(self) -> list[Policy]:
        return [Policy(**item) for item in self._faults.get("policies")]

    def find(self, name_or_id: str) -> Policy | None:
        for policy in self.every():
            if name_or_id in (policy.name, policy.id):
                return policy
        return None

    def default(self) -> Policy:
        return self.every()[0]

    def of(self, bucket: sqlite3.Row) -> Policy:
        return self.find(bucket["policy"]) or self.default()
