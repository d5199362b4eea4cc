"""What the switches of users, access rules, tapes and lost copies take."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any  # switch values are JSON

from .enumerations import ENUMERATIONS


def are_users(value: Any) -> bool:
    """A list of users by different names, with keys if they shall be known."""
    known = {"name": str, "access_id": str, "secret_key": str, "administrator": bool}
    return _are(value, known, lambda item: bool(item.get("name"))) and len(
        {item["name"] for item in value}
    ) == len(value)


def are_rules(value: Any) -> bool:
    """A list of access rules: a user or a group, a bucket's name or null, a permission."""
    known = {"user": str, "group": str, "bucket": str | None, "permission": str}
    return _are(
        value,
        known,
        lambda item: (
            ("user" in item) != ("group" in item)
            and str(item.get("permission")).upper() in ENUMERATIONS["BucketAclPermission"]
        ),
    )


def are_ejected(value: Any) -> bool:
    """A list of tapes out of the library: barcodes, or objects with label and location too."""
    known = {"barcode": str, "label": str | None, "location": str | None}
    return isinstance(value, list) and _are(
        [ejected(item) for item in value], known, lambda item: bool(item.get("barcode"))
    )


def ejected(item: Any) -> Any:
    """A tape as the switch names it, as an object."""
    return {"barcode": item} if isinstance(item, str) else item


def are_patterns(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) and item for item in value)


def _are(value: Any, known: Mapping[str, Any], fits: Callable[[Mapping[str, Any]], bool]) -> bool:
    return isinstance(value, list) and all(
        isinstance(item, dict)
        and all(key in known and isinstance(given, known[key]) for key, given in item.items())
        and fits(item)
        for item in value
    )
