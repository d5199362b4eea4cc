"""Names in order: the pages of a bucket's listing, with versions or without, and the search.

A common prefix counts as one row, is never split over pages, and is skipped by seeking past it
instead of reading what is below.
"""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any  # values of SQLite

from .store import Store
from .versions import LAST

_COLUMNS = "name, id, size, missing, created, etag, latest"
_OF_A_NAME = "latest DESC, created DESC, key DESC"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a listing: an object, or a common prefix. `size` is 0 until all is received."""

    name: str
    is_prefix: bool
    id: str = ""
    size: int = 0
    created: float | None = None
    etag: str | None = None
    latest: bool = True


class Listings:
    def __init__(self, store: Store) -> None:
        self._store = store

    def page(
        self, bucket: str, prefix: str, delimiter: str, marker: str, max_keys: int
    ) -> tuple[Sequence[Row], bool]:
        """One page in byte order, and whether more follows."""
        with self._store.reading():
            found = itertools.islice(
                self._rows(bucket, prefix, delimiter, marker, self._listed), max(max_keys, 0) + 1
            )
            rows = list(found)
        return rows[:max_keys], len(rows) > max_keys > 0

    def versions_page(
        self, bucket: str, prefix: str, delimiter: str, marker: str, max_keys: int
    ) -> tuple[Sequence[Row], bool]:
        """One page of all versions, those of a name together, the latest and the newest first.

        A marker is a name, so the versions of one are not split over pages: a page is shorter than
        asked for, or longer if the versions of its only name are more.
        """
        rows: list[Row] = []
        with self._store.reading():
            found = self._rows(bucket, prefix, delimiter, marker, self._all_versions)
            for _, group in itertools.groupby(found, lambda row: row.name):
                of_name = list(group)
                if max_keys <= 0 or (rows and len(rows) + len(of_name) > max_keys):
                    return rows, max_keys > 0
                rows += of_name
        return rows, False

    def _rows(
        self,
        bucket: str,
        prefix: str,
        delimiter: str,
        marker: str,
        seek: Callable[[str, str, str], Iterator[sqlite3.Row]],
    ) -> Iterator[Row]:
        after: str | None = marker
        if delimiter and _common_prefix(marker, prefix, delimiter) == marker:
            # A marker that is a common prefix stands for all below it.
            after = marker + LAST
        while after is not None:
            names = seek(bucket, after, prefix)
            after = None
            for row in names:
                common = _common_prefix(row["name"], prefix, delimiter) if delimiter else None
                if common is not None:
                    yield Row(common, True)
                    after = common + LAST
                    break
                yield _row(row)

    def _listed(self, bucket: str, after: str, prefix: str) -> Iterator[sqlite3.Row]:
        return self._store.db.execute(
            f"SELECT {_COLUMNS} FROM object INDEXED BY object_listed"
            " WHERE bucket = ? AND name > ? AND name >= ? AND name < ? AND listed ORDER BY name",
            (bucket, after, prefix, prefix + LAST),
        )

    def _all_versions(self, bucket: str, after: str, prefix: str) -> Iterator[sqlite3.Row]:
        return self._store.db.execute(
            f"SELECT {_COLUMNS} FROM object INDEXED BY object_name WHERE bucket = ?"
            f" AND name > ? AND name >= ? AND name < ? ORDER BY name, {_OF_A_NAME}",
            (bucket, after, prefix, prefix + LAST),
        )

    def search(
        self, where: str, values: Sequence[Any], offset: int, limit: int
    ) -> list[sqlite3.Row]:
        """Versions of objects of all buckets: by name, the newest first, then by id."""
        return self._store.all(
            "SELECT o.*, b.id AS bucket_id, b.user FROM object o JOIN bucket b ON b.name = o.bucket"
            f" WHERE {where} ORDER BY o.name, o.created DESC, o.id LIMIT ? OFFSET ?",
            *values,
            limit,
            offset,
        )

    def count(self, where: str, values: Sequence[Any]) -> int:
        return int(self._store.value(f"SELECT COUNT(*) FROM object o WHERE {where}", *values))


def _row(found: sqlite3.Row) -> Row:
    return Row(
        name=found["name"],
        is_prefix=False,
        id=found["id"],
        size=0 if found["missing"] else found["size"],
        created=found["created"],
        etag=found["etag"],
        latest=bool(found["latest"]),
    )


def _common_prefix(name: str, prefix: str, delimiter: str) -> str | None:
    if not name.startswith(prefix):
        return None
    end = name.find(delimiter, len(prefix))
    return None if end < 0 else name[: end + len(delimiter)]
