"""Parts of objects, as files of their own: which bytes of which blob go where in them.

Rules of the wire: a job for a part of an object lists the whole blobs that it touches; each is read
with a Range of offsets in the object, beside the offset of the blob. A part of a blob has no
checksum anywhere.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from ds3_browser.protocol.records import Blob, Chunk


@dataclass(frozen=True, slots=True)
class Extract:
    """`length` bytes of an object from `offset` on, as a file called `file`."""

    name: str
    offset: int
    length: int
    file: str

    @property
    def end(self) -> int:
        return self.offset + self.length


class Extracts:
    """Cuts blobs to what is wanted of them, and knows where the appliance has the cut ones.

    A cut blob's offset is one in the extract's file.
    """

    def __init__(self, extracts: Iterable[Extract] = ()) -> None:
        self._of = {one.name: one for one in extracts}
        self._whole = dict[tuple[str, int], Blob]()

    def __bool__(self) -> bool:
        return bool(self._of)

    def of(self, name: str) -> Extract | None:
        return self._of.get(name)

    def cut(self, chunk: Chunk) -> Chunk:
        """A chunk as the appliance lists it, of what is wanted alone."""
        if not self._of:
            return chunk
        blobs = (self._cut(blob) for blob in chunk.blobs)
        return replace(chunk, blobs=tuple(blob for blob in blobs if blob is not None))

    def _cut(self, blob: Blob) -> Blob | None:
        wanted = self._of.get(blob.name)
        if wanted is None:
            return blob
        begin = max(blob.offset, wanted.offset)
        length = min(blob.offset + blob.length, wanted.end) - begin
        if length <= 0:
            return None
        at = begin - wanted.offset
        if length < blob.length:
            self._whole[blob.name, at] = blob
        else:  # an object that was replaced meanwhile may have been cut here
            self._whole.pop((blob.name, at), None)
        return replace(blob, offset=at, length=length)

    def whole(self, blob: Blob) -> Blob:
        """A blob as the appliance has it."""
        whole = self._whole.get((blob.name, blob.offset))
        if whole is None:
            return replace(blob, offset=self.in_object(blob))
        return replace(whole, version_id=blob.version_id)

    def in_object(self, blob: Blob) -> int:
        """Where in the object a blob begins."""
        wanted = self._of.get(blob.name)
        return blob.offset + (wanted.offset if wanted is not None else 0)

    # --- what a further run has to know

    def kept(self) -> str:
        """Where the appliance has the cut blobs, two of an object at most: for the ledger."""
        return json.dumps(
            [(name, at, whole.offset, whole.length) for (name, at), whole in self._whole.items()]
        )

    def recall(self, kept: str | None) -> None:
        rows: Sequence[tuple[str, int, int, int]] = json.loads(kept or "[]")
        for name, at, offset, length in rows:
            self._whole[name, at] = Blob(name, offset, length, None, None)
