"""Where the copies of objects are, as answers tell it: physical placement.

A summary names each medium once; full details name the media of each blob.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable, Iterable, Sequence

from lxml import etree

from . import checksum
from .answers import Value, element, tag
from .calls import Answer, Call, Route, Routes, parse
from .media import Copy, Media
from .store import Refused, Store
from .versions import Versions

TARGETS = ("AzureTargets", "Ds3Targets", "S3Targets")
_ID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")


class Placement:
    def __init__(
        self, store: Store, versions: Versions, media: Media, settle: Callable[[], None]
    ) -> None:
        self._store = store
        self._settle = settle
        self._versions = versions
        self._media = media

    def routes(self) -> Routes:
        knows = "full_details storage_domain"
        return {
            "PUT bucket/ get_physical_placement": Route(self._get, knows),
            "GET bucket/ verify_physical_placement": Route(self._verify, knows),
            "GET blob_persistence": Route(self._persistence, since=(3, 2)),
        }

    def degraded(self, blobs: Sequence[sqlite3.Row]) -> int:
        """How many of an object's blobs lack a copy that they had."""
        return self._media.degraded([blob["key"] for blob in blobs])

    def described(
        self, row: sqlite3.Row, blobs: Sequence[sqlite3.Row], domain: str | None = None
    ) -> list[str]:
        """Each blob of an object with its media."""
        placed = self._media.placement([blob["key"] for blob in blobs])
        return [
            tag(
                "Object",
                _attributes(row, blob),
                [_placement("PhysicalPlacement", _within(placed.get(blob["key"], ()), domain))],
            )
            for blob in blobs
        ]

    def _get(self, call: Call) -> Answer:
        """The media of the objects asked for; those that are not there are left out."""
        return self._answer(call, [row for row in self._asked(call) if row is not None])

    def _verify(self, call: Call) -> Answer:
        """As `_get`, and a refusal if one of the objects is missing or has no medium."""
        rows = self._asked(call)
        domain = call.text("storage_domain")
        if any(row is None or not self._is_placed(row, domain) for row in rows):
            raise Refused(404, "NotFound", "An object is missing or has no placement.")
        return self._answer(call, [row for row in rows if row is not None])

    def _persistence(self, call: Call) -> Answer:
        """What is known of blobs, whose ids stand in the body in whatever form, as JSON.

        The contract says that both are text, and no more. What appliances tell each other so is
        understood by another simulator alone.
        """
        asked = {found.lower() for found in _ID.findall(call.body.decode(errors="replace"))}
        if not asked:
            raise Refused(400, "InvalidArgument", "The body has no blob's id.")
        self._settle()
        blobs = self._store.all(
            "SELECT * FROM blob WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id",
            json.dumps(sorted(asked)),
        )
        placed = self._media.placement([blob["key"] for blob in blobs])
        told = [
            {
                "id": blob["id"],
                "checksum_type": blob["checksum_type"],
                "checksum": blob["checksum"] and checksum.text(blob["checksum"]),
                "in_cache": bool(blob["cached"]),
                "persisted": blob["persisted_at"] is not None,
                "media": [copy.name for copy in placed.get(blob["key"], ())],
            }
            for blob in blobs
        ]
        return Answer(body=json.dumps({"blobs": told}))

    def _asked(self, call: Call) -> list[sqlite3.Row | None]:
        bucket = self._store.bucket(call.name)["name"]
        return [self._one(bucket, item) for item in parse(call.body).iter("{*}Object")]

    def _one(self, bucket: str, item: etree._Element) -> sqlite3.Row | None:
        return self._versions.one(bucket, item.get("Name") or "", item.get("VersionId"))

    def _is_placed(self, row: sqlite3.Row, domain: str | None) -> bool:
        keys = [blob["key"] for blob in self._versions.blobs(row["key"])]
        placed = self._media.placement(keys)
        return all(_within(placed.get(key, ()), domain) for key in keys)

    def _answer(self, call: Call, rows: Sequence[sqlite3.Row]) -> Answer:
        """Each object once, in the order of all lists of blobs, whatever that of the request."""
        domain = call.text("storage_domain")
        rows = sorted({row["id"]: row for row in rows}.values(), key=_by_name)
        if call.has("full_details"):
            inner = [
                each
                for row in rows
                for each in self.described(row, self._versions.blobs(row["key"]), domain)
            ]
            return Answer(body=tag("Data", {}, inner))
        keys = [blob["key"] for row in rows for blob in self._versions.blobs(row["key"])]
        copies = [copy for found in self._media.placement(keys).values() for copy in found]
        return Answer(body=_placement("Data", _within(copies, domain)))


def _by_name(row: sqlite3.Row) -> tuple[str, str]:
    return row["name"], row["id"]


def _attributes(row: sqlite3.Row, blob: sqlite3.Row) -> dict[str, Value]:
    return {
        "Bucket": row["bucket"],
        "Id": blob["id"],
        "InCache": bool(blob["cached"]),
        "Latest": bool(row["latest"]),
        "Length": blob["length"],
        "Name": row["name"],
        "Offset": blob["offset"],
        "VersionId": row["id"],
    }


def _within(copies: Iterable[Copy], domain: str | None) -> list[Copy]:
    """The copies in a storage domain, given by its name or its id; all of them without one."""
    if domain is None:
        return list(copies)
    return [copy for copy in copies if domain in copy.domain or domain.lower() == copy.domain[1]]


def _placement(name: str, copies: Iterable[Copy]) -> str:
    """The media of some copies, each once, by kind and in the order of their names."""
    media = {copy.id: copy for copy in copies}
    fields: dict[str, Value | list[str]] = dict.fromkeys(TARGETS)
    for kind in ("Pool", "Tape"):
        found = [
            element(kind, copy.fields)
            for copy in sorted(media.values(), key=lambda copy: copy.name)
            if copy.kind == kind
        ]
        fields[f"{kind}s"] = [f"<{kind}s>{''.join(found)}</{kind}s>" if found else f"<{kind}s/>"]
    return element(name, fields)
