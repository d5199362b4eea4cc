"""Multipart uploads, as far as releases up to 5.8 have them: parts become the blobs of an object.

An upload is an intent and its parts, each with an ETag. Completing it makes the object; until then
no listing shows it. Release 6.0 has none of this.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lxml import etree

from . import answers
from .answers import Field, element
from .bodies import Exchange
from .calls import Answer, Call, parse
from .faults import Faults
from .intake import Intake
from .planning import JobRequest, Planner
from .policies import Policies
from .receiving import Received, Receiving, begin_put, sent_metadata
from .store import Refused, Store, new_id
from .transfers import Transfers
from .users import Users

UPLOADS_PARAMETERS = "uploads delimiter key_marker max_uploads prefix upload_id_marker"
PARTS_PARAMETERS = "upload_id max_parts part_number_marker"
MAX_LISTED = 1000
MAX_PART = 10_000


@dataclass(frozen=True, slots=True)
class Part:
    number: int
    etag: str


class MultipartCalls:
    def __init__(
        self,
        store: Store,
        planner: Planner,
        transfers: Transfers,
        intake: Intake,
        receiving: Receiving,
        policies: Policies,
        users: Users,
        faults: Faults,
    ) -> None:
        self._store = store
        self._planner = planner
        self._transfers = transfers
        self._intake = intake
        self._receiving = receiving
        self._policies = policies
        self._users = users
        self._faults = faults

    # --- an upload

    def initiate(self, exchange: Exchange, call: Call) -> None:
        place = self._intake.check(call.bucket, call.name, 0)
        identifier, metadata = new_id(), json.dumps(sent_metadata(exchange))
        with self._store.transaction() as db:
            db.execute(
                "INSERT INTO upload (id, bucket, name, user, created, metadata)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (identifier, place.bucket, call.name, call.user, self._store.now(), metadata),
            )
        fields: dict[str, Field] = {
            "Bucket": place.bucket,
            "Key": call.name,
            "UploadId": identifier,
        }
        exchange.send(Answer(body=element("InitiateMultipartUploadResult", fields)))

    def put_part(self, exchange: Exchange, call: Call) -> None:
        length = begin_put(exchange, self._faults)
        upload, number = self._upload(call), call.number("part_number")
        if number is None or not 0 < number <= MAX_PART:
            raise Refused(400, "InvalidArgument", f"A part_number is 1 to {MAX_PART}.")
        policy = self._policies.of(self._store.bucket(call.bucket))
        with self._receiving.body(exchange, policy, length) as received:
            self._keep(upload, number, length, received)
        exchange.send(Answer(headers={"ETag": received.checksum.hex()}))

    def _keep(self, upload: sqlite3.Row, number: int, length: int, received: Received) -> None:
        """Keep a part, in the place of one that had its number."""
        identifier = new_id()
        with self._store.transaction() as db:
            if self._store.one("SELECT 1 FROM upload WHERE key = ?", upload["key"]) is None:
                raise _unknown(upload["id"])
            self._remove_parts("upload = ? AND number = ?", upload["key"], number)
            db.execute(
                "INSERT INTO part (upload, number, id, length, checksum_type, checksum, kept,"
                " modified) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    *(upload["key"], number, identifier, length, received.checksum_type),
                    *(received.checksum, received.kept, self._store.now()),
                ),
            )
            self._store.keep_body(received.body, identifier)

    def _upload(self, call: Call) -> sqlite3.Row:
        identifier = call.required("upload_id")
        row = self._store.one(
            "SELECT * FROM upload WHERE id = ? AND bucket = ? AND name = ?",
            identifier.lower(),
            self._store.bucket(call.bucket)["name"],
            call.name,
        )
        if row is None:
            raise _unknown(identifier)
        return row

    def abort(self, call: Call) -> Answer:
        self._end(self._upload(call))
        return Answer(204)

    def _end(self, upload: sqlite3.Row) -> None:
        with self._store.transaction() as db:
            self._remove_parts("upload = ?", upload["key"])
            db.execute("DELETE FROM upload WHERE key = ?", (upload["key"],))

    def _remove_parts(self, where: str, *values: object) -> None:
        for part in self._store.all(f"SELECT id FROM part WHERE {where}", *values):
            self._store.remove_file(part["id"])
        self._store.db.execute(f"DELETE FROM part WHERE {where}", values)

    # --- its end

    def complete(self, call: Call) -> Answer:
        """Make the object of the parts that the body lists, in the order of their numbers."""
        wanted = [_part(item) for item in parse(call.body).iter("{*}Part")]
        with self._store.transaction():
            upload = self._upload(call)
            parts = self._listed(upload, wanted)
            request = JobRequest(upload["bucket"], call.user, naked=True)
            place = self._intake.check(upload["bucket"], call.name, 0)
            lengths = [part["length"] for part in parts]
            blobs = self._planner.create_cut(request, call.name, lengths)
            metadata = json.loads(upload["metadata"])
            for blob, part in zip(blobs, parts, strict=True):
                kept = None if part["kept"] == "nowhere" else self._store.blob_path(part["id"])
                received = Received(part["checksum_type"], part["checksum"], metadata, kept)
                self._transfers.blob_received(blob, received)
            self._end(upload)
            etag = self._store.value(
                "SELECT etag FROM object WHERE bucket = ? AND name = ? AND latest",
                place.bucket,
                call.name,
            )
        fields: dict[str, Field] = {
            "Bucket": place.bucket,
            "ETag": etag,
            "Key": call.name,
            "Location": f"/{place.bucket}/{call.name}",
        }
        return Answer(body=element("CompleteMultipartUploadResult", fields))

    def _listed(self, upload: sqlite3.Row, wanted: Sequence[Part]) -> list[sqlite3.Row]:
        numbers = [part.number for part in wanted]
        if not wanted or numbers != sorted(set(numbers)):
            raise Refused(400, "InvalidPartOrder", "Parts are listed once, by rising numbers.")
        there = {part["number"]: part for part in self._parts(upload)}
        for part in wanted:
            found = there.get(part.number)
            if found is None or part.etag.strip('"') != found["checksum"].hex():
                raise Refused(400, "InvalidPart", f"There is no such part: {part.number}")
        self._remove_others(upload, numbers)
        return [there[number] for number in numbers]

    def _remove_others(self, upload: sqlite3.Row, numbers: Iterable[int]) -> None:
        listed = ", ".join(map(str, numbers))
        self._remove_parts(f"upload = ? AND number NOT IN ({listed})", upload["key"])

    def _parts(self, upload: sqlite3.Row) -> list[sqlite3.Row]:
        query = "SELECT * FROM part WHERE upload = ? ORDER BY number"
        return self._store.all(query, upload["key"])

    # --- lists

    def list_uploads(self, call: Call) -> Answer:
        """The uploads of a bucket by name and id, those with a common prefix as one."""
        bucket = self._store.bucket(call.bucket)["name"]
        prefix, delimiter = call.text("prefix") or "", call.text("delimiter") or ""
        key, identifier = call.text("key_marker") or "", call.text("upload_id_marker") or ""
        asked = call.number("max_uploads")
        most = MAX_LISTED if asked is None else min(MAX_LISTED, asked)
        prefixes: list[str] = []
        found: list[sqlite3.Row] = []
        truncated = False
        for row in self._store.all(
            "SELECT * FROM upload WHERE bucket = ? AND (name > ? OR (name = ? AND id > ?))"
            " ORDER BY name, id",
            *(bucket, key, key, identifier or "\U0010ffff"),
        ):
            if not row["name"].startswith(prefix):
                continue
            end = row["name"].find(delimiter, len(prefix)) if delimiter else -1
            common = row["name"][: end + len(delimiter)] if end >= 0 else None
            if common is not None and common in prefixes:
                continue
            if len(found) + len(prefixes) >= most:
                truncated = True
                break
            if common is not None:
                prefixes.append(common)
            else:
                found.append(row)
        last = found[-1] if truncated and found else None
        fields: dict[str, Field] = {
            "Bucket": bucket,
            "CommonPrefixes": [element("CommonPrefixes", {"Prefix": each}) for each in prefixes],
            "Delimiter": delimiter,
            "IsTruncated": truncated,
            "KeyMarker": key,
            "MaxUploads": most,
            "NextKeyMarker": None if last is None else last["name"],
            "NextUploadIdMarker": None if last is None else last["id"],
            "Prefix": prefix,
            "Upload": [element("Upload", self._described(row)) for row in found],
            "UploadIdMarker": identifier,
        }
        return Answer(body=element("ListMultipartUploadsResult", fields))

    def _described(self, upload: sqlite3.Row) -> dict[str, Field]:
        return {
            "Initiated": answers.date(upload["created"]),
            "Key": upload["name"],
            "Owner": [self._owner(upload["user"])],
            "UploadId": upload["id"],
        }

    def _owner(self, user: str) -> str:
        return element("Owner", {"DisplayName": user, "ID": self._users.id_of(user)})

    def list_parts(self, call: Call) -> Answer:
        upload = self._upload(call)
        marker, asked = call.number("part_number_marker") or 0, call.number("max_parts")
        most = MAX_LISTED if asked is None else min(MAX_LISTED, asked)
        behind = [part for part in self._parts(upload) if part["number"] > marker]
        shown = behind[:most]
        truncated = len(behind) > len(shown)
        fields: dict[str, Field] = {
            "Bucket": upload["bucket"],
            "IsTruncated": truncated,
            "Key": upload["name"],
            "MaxParts": most,
            "NextPartNumberMarker": shown[-1]["number"] if truncated and shown else 0,
            "Owner": [self._owner(upload["user"])],
            "Part": [element("Part", _described(part)) for part in shown],
            "PartNumberMarker": marker,
            "UploadId": upload["id"],
        }
        return Answer(body=element("ListPartsResult", fields))


def _described(part: sqlite3.Row) -> dict[str, Field]:
    return {
        "ETag": part["checksum"].hex(),
        "LastModified": answers.date(part["modified"]),
        "PartNumber": part["number"],
    }


def _part(item: etree._Element) -> Part:
    number, etag = item.findtext("{*}PartNumber") or "", item.findtext("{*}ETag") or ""
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        raise Refused(400, "InvalidArgument", f"Not the number of a part: {number}")
    return Part(int(number), etag.strip())


def _unknown(identifier: str) -> Refused:
    return Refused(404, "NoSuchUpload", f"The upload does not exist: {identifier}")
