"""Compares files with objects in the background, and tells how far it is. Knows no Qt."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from ds3_browser.gui import comparison_words, csv_files, format
from ds3_browser.gui.job_options import RowsPage, SideBySide
from ds3_browser.gui.places import Place, SelectedObject, Selection
from ds3_browser.protocol.client import Ds3Client
from ds3_browser.transfer.comparison import compare, compare_bytes
from ds3_browser.transfer.comparison_records import Chosen, Pair, Verdict
from ds3_browser.transfer.comparison_rows import ComparisonRows

TELL_EVERY_S = 0.2

REPORT = (
    *("object name", "path", "result", "reason", "size here", "size there"),
    *("changed here", "stored there", "checksum"),
)


Tell = Callable[[SideBySide], None]


def by_names(
    client: Ds3Client, bucket: str, pairs: Sequence[Pair], rows: ComparisonRows, tell: Tell
) -> SideBySide:
    """Compare names, sizes and times. `tell` is given figures meanwhile and may raise."""
    told_at = 0.0

    def check() -> None:
        nonlocal told_at
        if time.monotonic() - told_at >= TELL_EVERY_S:
            told_at = time.monotonic()
            tell(SideBySide(rows.sums()))

    compare(partial(client.list_objects, bucket), pairs, rows, check)
    return SideBySide(rows.sums(), left=rows.left_to_read(), finished=True)


def by_checksums(client: Ds3Client, bucket: str, rows: ComparisonRows, tell: Tell) -> SideBySide:
    """Compare the bytes of what seems to be the same. `tell` may raise at any time."""
    told_at = 0.0

    def read(files: int, size: int) -> None:
        nonlocal told_at
        if time.monotonic() - told_at >= TELL_EVERY_S:
            told_at = time.monotonic()
            tell(SideBySide(rows.sums(), files, size))

    compare_bytes(client, bucket, rows, read)
    return look(rows)


def look(rows: ComparisonRows) -> SideBySide:
    """What is known after a comparison of bytes was stopped."""
    return SideBySide(rows.sums(), left=rows.left_to_read(), finished=True)


def read_page(rows: ComparisonRows, chosen: Chosen, offset: int, limit: int) -> RowsPage:
    return RowsPage(tuple(rows.page(chosen, offset, limit)), rows.count(chosen))


def to_upload(rows: ComparisonRows, roots: Sequence[str]) -> list[str]:
    return rows.to_upload(roots, lambda: None)


def to_download(rows: ComparisonRows, place: Place, roots: Sequence[str]) -> Selection:
    """The objects and the whole folders that are only there."""
    names = rows.to_download(roots, lambda: None)
    alone = {name for name in names if not name.endswith("/")}
    there = rows.all(Chosen(frozenset({Verdict.ONLY_THERE})))
    objects = [SelectedObject(row.name, row.there) for row in there if row.name in alone]
    return Selection(place, objects, tuple(name for name in names if name.endswith("/")))


def write_report(rows: ComparisonRows, file: Path) -> int:
    """Write all rows as CSV; tells how many there are. Raises OSError."""
    return csv_files.write(file, REPORT, _report_rows(rows))


def _report_rows(rows: ComparisonRows) -> Iterator[Sequence[str]]:
    for row in rows.all():
        yield (
            row.name,
            row.path or "",
            comparison_words.title(row.verdict),
            comparison_words.reason(row),
            "" if row.here is None else str(row.here),
            "" if row.there is None else str(row.there),
            *map(format.iso, comparison_words.moments(row)),
            comparison_words.proof(row),
        )
