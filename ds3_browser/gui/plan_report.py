"""A planned download as CSV: each object with where it is, its tapes and what becomes of it.

Blocks; for a thread of the pool. All is looked at again, so that no object is left out.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from ds3_browser.gui import csv_files
from ds3_browser.gui.job_options import DownloadOptions, Written
from ds3_browser.protocol.client import Ds3Client
from ds3_browser.transfer.foresight import Coming, Foreseen, foresee_paths
from ds3_browser.transfer.placing import Located, Medium, batches, locate
from ds3_browser.transfer.restore_plan import CALL_EVERY_S, Chosen, TapeRow, where_is
from ds3_browser.transfer.tapes import TapesAsked

PLAN = ("object name", "path", "size", "where", "tapes", "action")
PULL_LIST = ("tape", "type", "location", "label", "objects", "size")
_IN_THE_WAY = (Coming.FOLDER_IN_THE_WAY, Coming.FILE_IN_THE_WAY)

Tell = Callable[[Written], None]


def write(
    client: Ds3Client,
    chosen: Chosen,
    base_prefix: str,
    target: str,
    options: DownloadOptions,
    file: Path,
    tell: Tell,
) -> int:
    """Write a plan; how many rows it has. `tell` may raise. Raises OSError, Ds3Error."""
    rows = _rows(client, chosen, base_prefix, target, options, tell)
    return csv_files.write(file, PLAN, rows)


def _rows(
    client: Ds3Client,
    chosen: Chosen,
    base_prefix: str,
    target: str,
    options: DownloadOptions,
    tell: Tell,
) -> Iterator[Sequence[str]]:
    tapes, number = TapesAsked(client), 0
    pause = threading.Event()  # never set: it only waits
    paths = foresee_paths(chosen.listed(client), target, base_prefix)
    for batch in batches(paths):
        tell(Written(number))
        began = time.monotonic()
        objects = [(name, size) for name, size, _, _ in batch]
        located = locate(client, chosen.bucket, objects, chosen.versions)
        tapes.ask(code for one in located for codes in one.copies for code in codes)
        ejected = frozenset(code for code, tape in tapes.known.items() if tape.ejected)
        unread = ejected if options.without_ejected else frozenset[str]()
        unread |= frozenset(options.without_tapes)
        for one, (_, _, path, foreseen) in zip(located, batch, strict=True):
            number += 1
            yield (
                *(one.name, path, str(one.size), where_is(one, ejected).value),
                " ".join(sorted({code for codes in one.copies for code in codes})),
                _action(one, unread, foreseen, options),
            )
        pause.wait(max(0.0, began + CALL_EVERY_S - time.monotonic()))


def _action(
    one: Located, unread: frozenset[str], foreseen: Sequence[Foreseen], options: DownloadOptions
) -> str:
    comings = {each.coming for each in foreseen}
    if one.medium is Medium.TAPE and not one.readable(unread):
        return "left out"
    if comings & set(_IN_THE_WAY):
        return "fails"
    if Coming.EXISTS in comings:
        return options.existing.value
    return "download"


def write_pull_list(file: Path, rows: Sequence[TapeRow]) -> int:
    """Write the ejected tapes to fetch; how many there are. Blocks. Raises OSError."""
    return csv_files.write(file, PULL_LIST, (_pulled(row) for row in rows))


def _pulled(row: TapeRow) -> Sequence[str]:
    tape = row.tape
    place = (tape.eject_location or "", tape.eject_label or "")
    return (tape.barcode, tape.type or "", *place, str(row.objects), str(row.size))
