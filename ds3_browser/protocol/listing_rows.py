"""The rows of a listing in the one layout that appliances write, read without an XML tree.

A large bucket is thousands of pages of a thousand rows, and a tree of them takes four times as
long as all else. So rows are read by a pattern that must fit to the letter: the elements in their
order, no entity, no control character, plain dates and numbers. The first row that does not fit,
and whatever stands around the rows, goes to the XML reader, which says the same of all of them.
"""

from __future__ import annotations

import math
import re
from array import array
from collections.abc import Callable
from datetime import datetime

from .records import Owner

NO_OWNER = Owner(None, None)

_CHARACTER = "[^<>&\x00-\x1f\ud800-\udfff\ufffe\uffff]"
_TEXT = f"{_CHARACTER}*"
# Well below the limit of a name, even of four bytes a character.
_NAME = f"{_CHARACTER}{{1,1000}}"
_DATE = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
_SIZE = r"[0-9]{1,18}"


def _leaf(name: str, text: str) -> str:
    return f"(?:<{name}>({text})</{name}>|<{name}/>)"


def _row(name: str) -> Callable[[str, int], re.Match[str] | None]:
    parts = (
        f"<{name}>",
        _leaf("ETag", _TEXT),
        f"(?:{_leaf('IsLatest', 'true|false')})?",
        f"<Key>({_NAME})</Key>",
        _leaf("LastModified", _DATE),
        "<Owner>",
        _leaf("DisplayName", _TEXT),
        _leaf("ID", _TEXT),
        "</Owner>",
        f"<Size>({_SIZE})</Size>",
        _leaf("StorageClass", _TEXT),
        f"(?:{_leaf('VersionId', _TEXT)})?",
        f"</{name}>",
    )
    return re.compile("".join(parts), re.ASCII).match


_ROWS = (_row("Contents"), _row("Version"))
_BEFORE = re.compile(
    r"(?:<\?xml [^<>]*\?>)?\s*<ListBucketResult>"
    f"(?:<CommonPrefixes><Prefix>{_NAME}</Prefix></CommonPrefixes>)*"
)


class Rows:
    """The objects of a page on their way into a `Listing`: a column for each fact."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.sizes = array("q")
        self.modified = array("d")
        self.etags: list[str | None] = []
        self.owners: list[Owner] = []
        self.version_ids: list[str | None] = []
        self.latest: list[bool] = []
        self._owners: dict[tuple[str | None, str | None], Owner] = {}

    def add(
        self,
        name: str,
        size: int,
        modified: float,
        etag: str | None,
        owner: tuple[str | None, str | None],
        version_id: str | None,
        latest: bool,
    ) -> None:
        """One row. `owner` is id and name; `modified` is seconds since 1970, NaN for unknown."""
        self.names.append(name)
        self.sizes.append(size)
        self.modified.append(modified)
        self.etags.append((etag or "").strip('"') or None)
        known = self._owners.get(owner)
        self.owners.append(known or self._owners.setdefault(owner, Owner(*owner)))
        self.version_ids.append(version_id or None)
        self.latest.append(latest)


def take_rows(data: bytes, rows: Rows) -> bytes:
    """Read what rows there are in the usual layout; give the answer without them."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return data
    before = _BEFORE.match(text)
    if before is None:
        return data
    begin = end = before.end()
    for match in _ROWS:
        while (row := match(text, end)) is not None:
            if not _add(rows, row):
                break
            end = row.end()
    return data if end == begin else (text[:begin] + text[end:]).encode()


def _add(rows: Rows, row: re.Match[str]) -> bool:
    """Add a row; False where its date is none, as the 30th of February."""
    etag, latest, name, date, owner, owner_id, size, _, version = row.groups()
    try:
        modified = math.nan if date is None else datetime.fromisoformat(date).timestamp()
    except ValueError:
        return False
    rows.add(
        name,
        int(size),
        modified,
        etag,
        (owner_id or None, owner or None),
        version,
        latest != "false",
    )
    return True
