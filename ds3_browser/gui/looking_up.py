"""What is known of an object or a bucket, asked in the background by several short calls.

Each call may be refused for itself; what it would have told is left out then.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TypeVar

from ds3_browser.gui import tasks
from ds3_browser.gui.connections import BucketColumns, FoundPage, Placed
from ds3_browser.gui.facts import BucketFacts, ObjectFacts
from ds3_browser.gui.job_row import NeededTapes
from ds3_browser.protocol.client import Ds3Client
from ds3_browser.protocol.errors import AccessDenied, ConnectionFailed, Ds3Error
from ds3_browser.protocol.records import BucketDetails, DataPolicy, FoundObject, GetItem, PlacedBlob
from ds3_browser.protocol.system_records import Tape
from ds3_browser.transfer.tapes import is_ejected

log = logging.getLogger(__name__)

T = TypeVar("T")

PERMANENT = "PERMANENT"
NOWHERE = Placed(None)
KNOWN_S = 60.0


def object_facts(bucket: str, name: str, client: Ds3Client) -> ObjectFacts:
    """All that is known of one object. Raises ConnectionFailed alone."""
    policy = _policy_of(bucket, client)
    blobs = _told(lambda: client.placements(bucket, [name]))
    versions = _told(lambda: _versions(bucket, name, client))
    placed = _placed(bucket, name, versions or (), client)
    barcodes = dict.fromkeys(code for one in blobs or () for code in one.placement.tapes)
    of_versions = dict.fromkeys(code for one in placed.values() for code in one.tapes)
    tapes = tapes_of(tuple(barcodes | of_versions), client)
    return ObjectFacts(
        bucket=bucket,
        name=name,
        at=datetime.now(UTC),
        head=_told(lambda: client.head_object(bucket, name)),
        versions=versions,
        blobs=_in_order(blobs),
        policy=policy,
        copies_asked=None if policy is None else _told(lambda: _copies(policy, client)),
        tapes={code: tapes[code] for code in barcodes if code in tapes},
        placed=_with_ejected(placed, {code for code, tape in tapes.items() if is_ejected(tape)}),
    )


def _placed(
    bucket: str, name: str, versions: Sequence[FoundObject], client: Ds3Client
) -> dict[str, Placed]:
    """Where the copies of each version are, by its id."""
    if not versions:
        return {}
    items = [GetItem(name, version.id) for version in versions]
    blobs = _told(lambda: client.placements(bucket, items))
    return tasks.summed((one.blob.version_id or "", one) for one in blobs or ())


def _with_ejected(placed: Mapping[str, Placed], ejected: set[str]) -> dict[str, Placed]:
    """The same places, with what is ejected."""
    return {
        key: replace(one, ejected=tuple(code for code in one.tapes if code in ejected))
        for key, one in placed.items()
    }


def bucket_facts(bucket: str, client: Ds3Client) -> BucketFacts:
    """All that is known of a bucket. Raises ConnectionFailed alone."""
    details = _told(lambda: client.bucket_details(bucket))
    return BucketFacts(
        bucket=bucket,
        at=datetime.now(UTC),
        details=details,
        policy=_policy_of(bucket, client),
        owner=_owner_of(details, client),
    )


def bucket_columns(client: Ds3Client) -> dict[str, BucketColumns]:
    """What is known of all buckets, by their names: three lists, however many buckets there are.

    Raises ConnectionFailed alone.
    """
    details = _told(lambda: list(client.buckets())) or []
    policies = _told(lambda: {one.id: one.name for one in client.data_policies()}) or {}
    owners = _told(lambda: dict[str, str | None]((one.id, one.name) for one in client.users()))
    if owners is None:  # others' names are for administrators
        own = _told(lambda: client.get_service().owner)
        owners = {} if own is None else {own.id or "": own.name}
    return {
        one.name: BucketColumns(
            owners.get(one.user_id or ""), policies.get(one.data_policy_id or ""), one.used
        )
        for one in details
    }


def _owner_of(details: BucketDetails | None, client: Ds3Client) -> str | None:
    """The name of a bucket's owner: one's own is told to everybody, others' to administrators."""
    if details is None or (owner := details.user_id) is None:
        return None
    own = _told(lambda: client.get_service().owner)
    if own is not None and own.id == owner:
        return own.name
    return _told(lambda: client.user(owner).name)


def tapes_of(barcodes: Sequence[str], client: Ds3Client) -> Mapping[str, Tape]:
    """The tapes of these barcodes; none at all where tapes may not be looked at."""
    try:
        return _tapes(barcodes, client)
    except AccessDenied:
        return {}


def _tapes(barcodes: Sequence[str], client: Ds3Client) -> Mapping[str, Tape]:
    """The tapes of these barcodes, without those that are not known. Raises AccessDenied."""
    found: dict[str, Tape] = {}
    for barcode in barcodes:
        try:
            found[barcode] = client.tape(barcode)
        except (AccessDenied, ConnectionFailed):
            raise
        except Ds3Error as error:
            log.info("tape %s cannot be looked at: %s", barcode, error)
    return found


def needed_tapes(bucket: str, names: Sequence[str], client: Ds3Client) -> NeededTapes:
    """The tapes from which these objects have to be read.

    An object needs none that is in cache, on disk or in a cloud. Of several copies one is enough:
    one on a tape that is needed anyway, else one that is not ejected. None is said to be ejected
    where tapes may not be looked at.
    """
    copies = [one.placement.tapes for one in client.placements(bucket, names) if _needs_tape(one)]
    known = tapes_of(tuple(dict.fromkeys(code for tapes in copies for code in tapes)), client)
    ejected = {code for code, tape in known.items() if is_ejected(tape)}
    needed: dict[str, None] = {}
    for tapes in sorted(copies, key=len):  # those without a choice first
        good = [code for code in tapes if code not in ejected] or tapes
        if not any(code in needed for code in good):
            needed[good[0]] = None
    return NeededTapes(tuple(needed), tuple(code for code in needed if code in ejected))


def _needs_tape(one: PlacedBlob) -> bool:
    where = one.placement
    return not one.blob.in_cache and bool(where.tapes) and not (where.pools or where.targets)


class EjectedTapes:
    """Which tapes are ejected, as it was known a minute ago at most; for one client's calls.

    Where tapes may not be looked at none is said to be, and `refused` is why.
    """

    def __init__(self) -> None:
        self._known: dict[str, tuple[float, bool]] = {}
        self.refused: AccessDenied | None = None

    def among(self, barcodes: Sequence[str], client: Ds3Client) -> set[str]:
        """Blocks: asks for those that are not known, or no longer."""
        now = time.monotonic()
        fresh = [
            one for one in barcodes if now - self._known.get(one, (-KNOWN_S, False))[0] >= KNOWN_S
        ]
        if fresh and self.refused is None:
            tapes = self._ask(fresh, client)
            self._known.update({code: (now, is_ejected(tape)) for code, tape in tapes.items()})
        return {one for one in barcodes if self._known.get(one, (0.0, False))[1]}

    def _ask(self, barcodes: Sequence[str], client: Ds3Client) -> Mapping[str, Tape]:
        try:
            return _tapes(barcodes, client)
        except AccessDenied as error:
            self.refused = error
            return {}

    def told_in(self, found: Mapping[str, Placed], client: Ds3Client) -> dict[str, Placed]:
        """The same places, with what is ejected."""
        barcodes = dict.fromkeys(code for one in found.values() for code in one.tapes)
        return _with_ejected(found, self.among(tuple(barcodes), client))


def with_ejected(page: FoundPage, ejected: EjectedTapes, client: Ds3Client) -> FoundPage:
    """Tell of what a search found which objects have a copy on an ejected tape.

    Blocks: one call a bucket, and one a tape. Raises AccessDenied where that may not be known.
    """
    placed: dict[tuple[str, str], Placed] = {}
    for bucket in dict.fromkeys(page.buckets):
        names = [name for name, of in zip(page.names, page.buckets, strict=True) if of == bucket]
        told = ejected.told_in(tasks.placements(bucket, names, client), client)
        placed |= {(bucket, name): one for name, one in told.items()}
    if ejected.refused is not None:
        raise ejected.refused
    keys = zip(page.buckets, page.names, strict=True)
    return replace(page, ejected=[bool(placed.get(key, NOWHERE).ejected) for key in keys])


def _policy_of(bucket: str, client: Ds3Client) -> DataPolicy | None:
    details = _told(lambda: client.bucket_details(bucket))
    if details is None or details.data_policy_id is None:
        return None
    policy_id = details.data_policy_id
    return _told(lambda: client.data_policy(policy_id))


def _copies(policy: DataPolicy, client: Ds3Client) -> int | None:
    rules = list(client.data_persistence_rules(data_policy_id=policy.id))
    return sum(rule.type == PERMANENT for rule in rules) or None


def _versions(bucket: str, name: str, client: Ds3Client) -> tuple[FoundObject, ...]:
    # A % in the name would stand for anything.
    found = client.find_objects(bucket=bucket, name=name)
    return tuple(one for one in found if one.name == name)


def _in_order(blobs: tuple[PlacedBlob, ...] | None) -> tuple[PlacedBlob, ...] | None:
    return None if blobs is None else tuple(sorted(blobs, key=lambda one: one.blob.offset))


def _told(ask: Callable[[], T]) -> T | None:
    """What a call tells; None where it is refused or makes no sense."""
    try:
        return ask()
    except ConnectionFailed:
        raise
    except Ds3Error as error:
        log.info("a part of the properties cannot be read: %s", error)
        return None
