"""How names, paths, failures and lists of blobs stand in the ledger's columns; there and back.

No I/O. A path is kept as the bytes that the disk has, a name as text that SQLite can hold.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any  # values of SQLite and JSON

from ds3_browser.protocol.records import Chunk

from .events import Failure, FailureCode


def text_of(name: str) -> str:
    """A name that SQLite can hold. Of a file name that is not UTF-8 each odd byte is shown by its
    number, so that two names stay two.
    """
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def bytes_of(path: str | None) -> bytes | None:
    """A path as the disk has it, also where that is no UTF-8."""
    return None if path is None else path.encode("utf-8", "surrogateescape")


def path_from(stored: bytes | None) -> str | None:
    return None if stored is None else stored.decode("utf-8", "surrogateescape")


def failure_columns(failure: Failure | None) -> tuple[str | None, str | None]:
    """A failure's code, and its facts as JSON."""
    if failure is None:
        return None, None
    facts = {key: value for key, value in asdict(failure).items() if value is not None}
    facts.pop("code")
    if failure.at is not None:
        facts["at"] = failure.at.isoformat()
    return failure.code.value, json.dumps(facts)


def failure_from(code: str | None, facts: str | None) -> Failure | None:
    if code is None:
        return None
    told = json.loads(facts or "{}")
    if "at" in told:
        told["at"] = datetime.fromisoformat(told["at"])
    return Failure(FailureCode(code), **told)


class _Rows:
    """Rows made anew each time they are gone through: half a million need not be held at once."""

    def __init__(self, make: Callable[[], Iterator[Sequence[Any]]]) -> None:
        self._make = make

    def __iter__(self) -> Iterator[Sequence[Any]]:
        return self._make()


def object_rows(
    job_id: int, part: int, chunks: Sequence[Chunk], first_chunk: int
) -> Iterable[Sequence[Any]]:
    """Version and chunk of the object of each blob that the appliance listed."""
    return _Rows(
        lambda: (
            (
                *(blob.version_id or "", blob.offset, chunk.number + first_chunk),
                *(chunk.number + first_chunk, job_id, blob.name, part),
            )
            for chunk in chunks
            for blob in chunk.blobs
        )
    )


def blob_rows(
    job_id: int, part: int, chunks: Sequence[Chunk], first_chunk: int
) -> Iterable[Sequence[Any]]:
    """Place, length and chunk of each blob that the appliance listed."""
    return _Rows(
        lambda: (
            (blob.offset, blob.length, chunk.number + first_chunk, job_id, blob.name, part)
            for chunk in chunks
            for blob in chunk.blobs
        )
    )
