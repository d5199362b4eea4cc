"""XML as it is on the wire: reading elements, and writing the bodies of requests. No I/O.

Rules it follows: namespaces, order and unknown names do not matter; an empty element is the same
as a missing one; dates come in several forms and mean UTC; a word that is not known stays text.
A DTD or an entity is refused, and so is whatever exceeds the limits below: `BadReply`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from enum import Enum
from itertools import islice
from typing import TypeVar
from xml.sax.saxutils import escape

from lxml import etree

from .errors import BadReply
from .records import DeleteItem, GetItem, PutItem

MAX_DEPTH = 32
MAX_NAME_BYTES = 4 << 10

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NEEDS_ESCAPE = re.compile('[&<>"\t\n\r]')
E = TypeVar("E", bound=Enum)


# --- reading: elements ---------------------------------------------------------------------------


def read(data: bytes) -> etree._Element:
    """Parse a whole answer. Raises BadReply for anything that is not plain, bounded XML."""
    parser = etree.XMLParser(
        # Whatever a document says of itself, it is UTF-8: one rule less to get around.
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        # In pieces, for without huge_tree libxml2 takes no more than 10 MB at once. It is left out
        # because it would lift libxml2's own limits on depth and growth.
        for begin in range(0, len(data), _FEED):
            parser.feed(data[begin : begin + _FEED])
        root: etree._Element = parser.close()
    except etree.XMLSyntaxError as error:
        raise BadReply(f"not XML: {error.msg}") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise BadReply("a document type is not accepted")
    if _DEEPER(root):
        raise BadReply(f"elements are nested deeper than {MAX_DEPTH}")
    if b"xmlns" in data:
        _drop_namespaces(root)
    return root


_FEED = 1 << 20
_DEEPER = etree.XPath("boolean(" + "/*" * (MAX_DEPTH + 1) + ")")


def _drop_namespaces(root: etree._Element) -> None:
    for element in root.iter():
        element.tag = etree.QName(element).localname


def expect(root: etree._Element, *names: str) -> etree._Element:
    if root.tag not in names:
        raise BadReply(f"the answer begins with {root.tag}, not {' or '.join(names)}")
    return root


def text_of(parent: etree._Element, name: str) -> str | None:
    """Text of a child; None where it is missing or empty."""
    return parent.findtext(name) or None


def number_of(parent: etree._Element, name: str) -> int | None:
    return parse_int(text_of(parent, name))


def parse_int(text: str | None) -> int | None:
    if not text:
        return None
    try:
        value = int(text)
    except ValueError as error:
        raise BadReply(f"not a number: {text[:40]!r}") from error
    if not -(1 << 63) <= value < 1 << 63:
        raise BadReply(f"not a 64-bit number: {text[:40]!r}")
    return value


def parse_bool(text: str | None) -> bool | None:
    return None if not text else text.strip().lower() == "true"


def parse_date(text: str | None) -> datetime | None:
    """Read any of the date forms seen in answers; no zone means UTC. None for what is no date."""
    try:
        moment = datetime.fromisoformat((text or "").strip())
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def parse_size(text: str | None) -> int:
    """A number of bytes, 0 where it is not told. Raises BadReply for less than nothing."""
    size = parse_int(text) or 0
    if size < 0:
        raise BadReply(f"not a size: {size}")
    return size


def word_of(kind: type[E], text: str | None) -> E | str | None:
    """A word of an enumeration; one that this program does not know stays text."""
    if not text or not text.strip():
        return None
    try:
        return kind(text.strip().upper())
    except ValueError:
        return text.strip()


def checked_name(text: str | None) -> str:
    """A name that an answer has to tell. Raises BadReply for none, and beyond the limit."""
    if not text:
        raise BadReply("a name is missing")
    # No character has more than four bytes, so most names need not be encoded to be measured.
    if len(text) > MAX_NAME_BYTES // 4 and len(text.encode()) > MAX_NAME_BYTES:
        raise BadReply(f"a name is longer than {MAX_NAME_BYTES} bytes")
    return text


def attributes_of(element: etree._Element) -> dict[str, str]:
    return {str(name): str(value) for name, value in element.attrib.items()}


def read_error(body: bytes) -> dict[str, str]:
    """What an error body tells, by element name; empty for one that tells nothing. Never fails."""
    try:
        root = read(body)
    except (BadReply, etree.LxmlError, ValueError):
        return {}
    if root.tag != "Error":
        return {}
    return {str(child.tag): child.text for child in root if child.text}


# --- writing -------------------------------------------------------------------------------------


def check_text(what: str, given: object) -> None:
    """Raise TypeError for what is no text: its spelling would be sent, or something else asked."""
    if not isinstance(given, str):
        raise TypeError(f"The {what} is a text, not {type(given).__name__}.")


def check_list(items: object) -> None:
    """Raise TypeError for what is no list of objects, as a single name."""
    if isinstance(items, (str, bytes)):
        raise TypeError("Names of objects come as a list, and this is a single one.")
    if not isinstance(items, Iterable):
        raise TypeError(f"Objects come as a list, not as {type(items).__name__}.")


def check_name(name: str) -> str:
    """Return the name. Raises ValueError for one that XML 1.0 cannot carry, or an empty one."""
    check_text("name of an object", name)
    if not name:
        raise ValueError("An object name cannot be empty.")
    if _FORBIDDEN.search(name):
        raise ValueError(f"The name {name!r} holds a character that cannot be sent.")
    return name


def _attribute(text: str) -> str:
    if not _NEEDS_ESCAPE.search(text):
        return text
    quoted = {'"': "&quot;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;"}
    return escape(text, quoted)


def write_put_items(items: Iterable[PutItem]) -> bytes:
    """The body that asks for a PUT job.

    Raises ValueError for a name or a size that is none, TypeError for what is no PutItem.
    """
    check_list(items)
    return _write_objects(_put_item(item) for item in items)


def _put_item(item: PutItem) -> str:
    _check_item(item, PutItem)
    if not isinstance(item.size, int) or isinstance(item.size, bool) or item.size < 0:
        raise ValueError(f"The size of {item.name!r} is no number of bytes: {item.size!r}.")
    return f'<Object Name="{_attribute(check_name(item.name))}" Size="{item.size}"/>'


def write_get_items(items: Iterable[str | GetItem]) -> bytes:
    """The body that names objects, or parts of them. A name alone is a whole object.

    Raises ValueError for a name that cannot be sent and a part that is none, TypeError for a
    single name in place of a list.
    """
    check_list(items)
    return _write_objects(
        _get_item(GetItem(item) if isinstance(item, str) else item) for item in items
    )


def _check_item(item: object, kind: type) -> None:
    if not isinstance(item, kind):
        raise TypeError(f"What a list of objects holds is a {kind.__name__}, not {item!r}.")


def _get_item(item: GetItem) -> str:
    _check_item(item, GetItem)
    parts = [f'<Object Name="{_attribute(check_name(item.name))}"']
    if item.offset is not None or item.length is not None:
        if item.offset is None or item.length is None or min(item.offset, item.length) < 0:
            raise ValueError(
                f"A part of {item.name!r} has an offset and a length,"
                f" not {item.offset} and {item.length}."
            )
        parts.append(f'Offset="{item.offset}" Length="{item.length}"')
    if item.version_id is not None:
        check_text("version of an object", item.version_id)
        parts.append(f'VersionId="{_attribute(item.version_id)}"')
    return " ".join(parts) + "/>"


def _write_objects(elements: Iterator[str]) -> bytes:
    pieces = [b"<Objects>"]
    # Bytes as soon as may be: a list of half a million is not in memory as text as well.
    while batch := "".join(islice(elements, 1000)):
        pieces.append(batch.encode())
    return b"".join([*pieces, b"</Objects>"])


def write_delete(items: Iterable[DeleteItem]) -> bytes:
    objects = "".join(f"<Object>{_delete_item(item)}</Object>" for item in items)
    return f"<Delete><Quiet>true</Quiet>{objects}</Delete>".encode()


def _delete_item(item: DeleteItem) -> str:
    _check_item(item, DeleteItem)
    key = f"<Key>{_attribute(check_name(item.name))}</Key>"
    if item.version_id is None:
        return key
    check_text("version of an object", item.version_id)
    return f"{key}<VersionId>{_attribute(item.version_id)}</VersionId>"
