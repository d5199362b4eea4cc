"""What browsing does in the background: blocking functions over a client, told of by callables.

A long one says after each step how far it is; `tell` raises where nobody wants more of it.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice

from ds3_browser.gui.connections import Deleted, FoundPage, OnlyCopies, Placed, Tally
from ds3_browser.gui.places import Place, Selection
from ds3_browser.protocol.client import Ds3Client
from ds3_browser.protocol.errors import Conflict, Ds3Error
from ds3_browser.protocol.records import (
    DeleteError,
    FoundObject,
    Listing,
    ObjectKind,
    Owner,
    PlacedBlob,
    PutItem,
    Versioning,
)

log = logging.getLogger(__name__)

FOUND_PAGE = 200
PLACED_AT_ONCE = 500  # names a call
PAGE_EVERY_S = 0.05  # twenty pages a second: parsing at full speed would starve the window


def create_folder(bucket: str, name: str, client: Ds3Client) -> None:
    """Make an object of no bytes whose name ends in a slash, by a job as all objects are."""
    job = client.start_put_job(bucket, [PutItem(name, 0)], name=f"Folder {name}")
    try:
        client.put_object(bucket, name, b"", job_id=job.job_id, offset=0)
    except Ds3Error:
        _cancel_quietly(client, job.job_id)
        raise


def _cancel_quietly(client: Ds3Client, job_id: str) -> None:
    """An open job would lock cache for a day; what ended it is told elsewhere."""
    try:
        client.cancel_job(job_id)
    except Ds3Error as error:
        log.info("job %s of a folder stays open: %s", job_id, error)


def versioning(bucket: str, client: Ds3Client) -> Versioning | None:
    """What the bucket's data policy does with deleted objects; None where it may not be read."""
    try:
        policy = client.bucket_details(bucket).data_policy_id
        told = client.data_policy(policy).versioning if policy else None
        return told if isinstance(told, Versioning) else None
    except Ds3Error as error:
        log.info("the data policy of %s cannot be read: %s", bucket, error)
        return None


def search_page(
    place: Place, offset: int, bucket_names: Mapping[str, str], client: Ds3Client
) -> FoundPage:
    """A page of what a search finds, as a listing whose marker is where the next page begins."""
    assert place.search is not None
    # Of what is deleted the row before is looked at too: whose versions the first one is of.
    before = 1 if place.search.deleted and offset else 0
    asked = client.find_objects(
        bucket=place.bucket,
        name=f"%{place.search.text}%",
        kind=ObjectKind.DATA,
        latest=None if place.search.deleted else True,
        page_length=FOUND_PAGE + before,
        page_offset=offset - before,
    )
    page = list(islice(asked, FOUND_PAGE + before))
    newest = _newest_of_each(page, place.search.deleted)
    page = page[before:]
    # A % in the text itself would stand for anything to the appliance.
    found = [one for one in newest[before:] if one and place.search.text in one.name]
    return FoundPage(
        bucket=place.bucket or "",
        prefix=None,
        delimiter=None,
        marker=str(offset),
        next_marker=str(offset + len(page)) if len(page) == FOUND_PAGE else None,
        max_keys=FOUND_PAGE,
        truncated=len(page) == FOUND_PAGE,
        created=None,
        prefixes=(),
        names=[one.name for one in found],
        sizes=array("q", [one.size or 0 for one in found]),
        modified=array("d", [_seconds(one.created) for one in found]),
        etags=[one.etag for one in found],
        owners=[Owner(None, one.owner) for one in found],
        version_ids=[one.id for one in found],
        latest=[one.latest for one in found],
        buckets=[_bucket_of(one, place, bucket_names) for one in found],
        in_cache=[one.in_cache for one in found],
    )


def _newest_of_each(page: Sequence[FoundObject], deleted: bool) -> list[FoundObject | None]:
    """The rows themselves; of deleted objects the newest version, None for what is none.

    The versions of one name stand together, the newest first.
    """
    if not deleted:
        return list(page)
    found: list[FoundObject | None] = []
    last: tuple[str | None, str] | None = None
    for one in page:
        name = (one.bucket_id, one.name)
        found.append(one if name != last and one.latest is False else None)
        last = name
    return found


def _seconds(moment: datetime | None) -> float:
    return math.nan if moment is None else moment.timestamp()


def _bucket_of(found: FoundObject, place: Place, bucket_names: Mapping[str, str]) -> str:
    return place.bucket or bucket_names.get(found.bucket_id or "", found.bucket_id or "")


def node_names(client: Ds3Client) -> dict[str, str]:
    """The names of the appliance's nodes by their ids."""
    return {node.id: node.name for node in client.nodes()}


def bucket_names(client: Ds3Client) -> dict[str, str]:
    """The names of all buckets by their ids, which is how a search tells them."""
    return {bucket.id: bucket.name for bucket in client.buckets()}


def placements(bucket: str, names: Sequence[str], client: Ds3Client) -> dict[str, Placed]:
    """Where the copies of some objects are, each summed over its blobs."""
    return summed((one.blob.name, one) for one in client.placements(bucket, names))


def summed(blobs: Iterable[tuple[str, PlacedBlob]]) -> dict[str, Placed]:
    """Where the copies of things are that have several blobs each."""
    found: dict[str, Placed] = {}
    for key, one in blobs:
        blob, where = one.blob, one.placement
        before = found.get(key, Placed(in_cache=True))
        found[key] = Placed(
            in_cache=before.in_cache and blob.in_cache,
            tapes=_joined(before.tapes, where.tapes),
            pools=_joined(before.pools, where.pools),
            targets=_joined(before.targets, where.targets),
            replicas=_joined(before.replicas, where.replicas),
        )
    return found


def _joined(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*one, *other)))


def count(selection: Selection, client: Ds3Client, tell: Callable[[Tally], None]) -> Tally:
    """Count a selection with all that lies below its folders and buckets."""
    parts = dict.fromkeys((*selection.buckets, *selection.folders), (0, 0))
    parts |= {chosen.name: (1, chosen.size or 0) for chosen in selection.objects}
    objects, size = len(selection.objects), sum(chosen.size or 0 for chosen in selection.objects)

    def tally() -> Tally:
        return Tally(objects, size, tuple((name, *part) for name, part in parts.items()))

    for name, page in _pages(client, selection):
        n, bytes_ = parts[name]
        of_page = sum(page.sizes)
        parts[name] = (n + len(page), bytes_ + of_page)
        objects, size = objects + len(page), size + of_page
        tell(tally())
    return tally()


def only_copies(
    selection: Selection, client: Ds3Client, tell: Callable[[OnlyCopies], None]
) -> OnlyCopies:
    """Look for objects with a blob that is on no tape, pool or target: a delete ends it for good.

    Raises AccessDenied where placement may not be looked at.
    """
    so_far = OnlyCopies(0, 0)
    for bucket, names in _names(selection, client):
        found, arriving = _not_persisted(client.placements(bucket, names))
        so_far = OnlyCopies(
            so_far.looked + len(names), so_far.found + found, so_far.arriving + arriving
        )
        tell(so_far)
    return so_far


def _not_persisted(blobs: Iterable[PlacedBlob]) -> tuple[int, int]:
    """How many objects are not persisted, and how many of these are not whole in cache."""
    whole_in_cache: dict[str, bool] = {}
    for one in blobs:
        where = one.placement
        if not (where.tapes or where.pools or where.targets):
            name = one.blob.name
            whole_in_cache[name] = whole_in_cache.get(name, True) and bool(one.blob.in_cache)
    return len(whole_in_cache), sum(not whole for whole in whole_in_cache.values())


def _names(selection: Selection, client: Ds3Client) -> Iterator[tuple[str, Sequence[str]]]:
    """The names of a selection with all that lies below its folders, as many as one call takes."""
    chosen = selection.object_names
    for begin in range(0, len(chosen), PLACED_AT_ONCE):
        yield selection.place.bucket or "", chosen[begin : begin + PLACED_AT_ONCE]
    for chosen_by, page in _pages(client, selection):
        bucket = chosen_by if selection.buckets else selection.place.bucket or ""
        for begin in range(0, len(page.names), PLACED_AT_ONCE):
            yield bucket, page.names[begin : begin + PLACED_AT_ONCE]


def delete(selection: Selection, client: Ds3Client, tell: Callable[[Deleted], None]) -> Deleted:
    """Delete a selection with all that lies below its folders; buckets with all they hold.

    A bucket in which something could not be deleted stays, and the errors tell why.
    """
    names = _names_by_bucket(selection, client, tell)
    total = sum(map(len, names.values()))
    done, errors = 0, tuple[DeleteError, ...]()
    for bucket, of_bucket in names.items():
        before, failed_before = done, len(errors)
        for so_far, failed in client.delete_objects(bucket, of_bucket):
            done, errors = before + so_far, errors + failed
            tell(Deleted(done, total, errors))
        if bucket in selection.buckets and len(errors) == failed_before:
            _delete_emptied(bucket, client)
    return Deleted(done, total, errors)


def _delete_emptied(bucket: str, client: Ds3Client) -> None:
    """Delete a bucket whose objects are deleted. Where their versions are kept they go with it.

    Raises Conflict where there is something new in it, or a job uses it.
    """
    try:
        client.delete_bucket(bucket)
    except Conflict:
        kept = versioning(bucket, client) is Versioning.KEEP_MULTIPLE_VERSIONS
        if not kept or len(client.list_objects(bucket, max_keys=1)):
            raise
        client.delete_bucket(bucket, force=True)


def _names_by_bucket(
    selection: Selection, client: Ds3Client, tell: Callable[[Deleted], None]
) -> dict[str, list[str]]:
    names: dict[str, list[str]] = {bucket: [] for bucket in selection.buckets}
    if selection.place.bucket is not None:
        names[selection.place.bucket] = list(selection.object_names)
    for chosen_by, page in _pages(client, selection):
        bucket = chosen_by if selection.buckets else selection.place.bucket or ""
        names[bucket] += page.names
        tell(Deleted(0, sum(map(len, names.values()))))
    return names


def _pages(client: Ds3Client, selection: Selection) -> Iterator[tuple[str, Listing]]:
    """All pages below the chosen folders and buckets, each with what it was chosen by."""
    pause = threading.Event()  # never set: it only waits
    for chosen, bucket, prefix in _listed(selection):
        began = time.monotonic()
        for page in client.list_pages(bucket, prefix=prefix):
            yield chosen, page
            pause.wait(max(0.0, began + PAGE_EVERY_S - time.monotonic()))
            began = time.monotonic()


def _listed(selection: Selection) -> Iterator[tuple[str, str, str | None]]:
    for folder in selection.folders:
        yield folder, selection.place.bucket or "", folder
    for bucket in selection.buckets:
        yield bucket, bucket, None
